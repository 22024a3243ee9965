//! What a simulation gives: the observations, and the truth beside them.

use std::fmt;
use std::ops::Range;

use super::{PlantedRupture, Simulation};

/// A simulated clinic: one element per planned session, dyad after dyad.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Simulated {
    /// The options it was drawn with; their defaults are [plausible, not estimated](Simulation::PROVENANCE).
    pub simulation: Simulation,
    /// The seed.
    pub seed: u64,
    /// Dyad i has the sessions `offsets[i]..offsets[i + 1]`; one more element than dyads.
    pub offsets: Vec<usize>,
    /// The client's scores, NaN where the form is missing or the session was not held.
    pub client: Vec<f64>,
    /// The therapist's scores, likewise.
    pub therapist: Vec<f64>,
    /// Whether the session was held.
    pub held: Vec<bool>,
    /// Per dyad, the first session the client no longer came to, if they dropped out; it and all later ones are not held.
    pub dropout: Vec<Option<usize>>,
    /// Per dyad, the therapist, counted from 0.
    pub therapist_of: Vec<usize>,
    /// What happened behind the scores.
    pub truth: Truth,
}

/// What happened behind the scores. Events are in the order of dyads and, within them, of their kind's ends.
#[derive(Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Truth {
    /// Per session, how far a rupture lowers the client's rating, in points before lattice and ceiling; goes on through
    /// sessions that are not held; NaN after dropout.
    pub deficit: Vec<f64>,
    /// Per session, how far a dip that is no rupture lowers it, likewise.
    pub nuisance_deficit: Vec<f64>,
    /// Per session, the client's rating before lattice and ceiling, lowered by both; likewise.
    pub rating: Vec<f64>,
    /// The planted ruptures.
    pub ruptures: Vec<PlantedRupture>,
    /// Dips of the client's rating that are no ruptures.
    pub nuisance: Vec<Dip>,
    /// Dips of the therapist's rating where the client has no rupture.
    pub false_alarms: Vec<Dip>,
    /// Per dyad, the parameters of the client.
    pub clients: Vec<SimulatedClient>,
}

/// A dip that is no rupture. Sessions are positions in the dyad's series.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Dip {
    /// The dyad.
    pub dyad: usize,
    /// First session; it is always held.
    pub onset: usize,
    /// How many planned sessions it lasts within the series.
    pub sessions: usize,
    /// Depth in points, the same throughout.
    pub depth: f64,
}

/// The parameters of one client.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct SimulatedClient {
    /// Level in the first session, in points.
    pub level: f64,
    /// Linear growth per session, in points.
    pub growth: f64,
    /// SD around the course, in points.
    pub within_sd: f64,
    /// The therapist's level for this client, in points.
    pub therapist_level: f64,
}

impl Simulated {
    pub(super) fn empty(simulation: &Simulation, seed: u64) -> Self {
        Self {
            simulation: simulation.clone(),
            seed,
            offsets: vec![0],
            client: Vec::new(),
            therapist: Vec::new(),
            held: Vec::new(),
            dropout: Vec::new(),
            therapist_of: Vec::new(),
            truth: Truth::default(),
        }
    }

    /// Number of dyads.
    pub fn dyads(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Where a dyad's sessions lie in the columns; an empty range for a dyad that does not exist.
    pub fn sessions(&self, dyad: usize) -> Range<usize> {
        match (self.offsets.get(dyad), self.offsets.get(dyad.saturating_add(1))) {
            (Some(start), Some(end)) => *start..*end,
            _ => 0..0,
        }
    }

    /// The client's scores of one dyad; empty for a dyad that does not exist.
    pub fn client_scores(&self, dyad: usize) -> &[f64] {
        self.client.get(self.sessions(dyad)).unwrap_or_default()
    }

    /// The therapist's scores of one dyad; empty for a dyad that does not exist.
    pub fn therapist_scores(&self, dyad: usize) -> &[f64] {
        self.therapist.get(self.sessions(dyad)).unwrap_or_default()
    }

    /// Adds the dyads that follow these; their events already carry their numbers.
    pub(super) fn append(&mut self, next: Self) {
        let start = self.client.len();
        self.offsets.extend(next.offsets.iter().skip(1).map(|offset| start + offset));
        self.client.extend(next.client);
        self.therapist.extend(next.therapist);
        self.held.extend(next.held);
        self.dropout.extend(next.dropout);
        self.therapist_of.extend(next.therapist_of);
        self.truth.deficit.extend(next.truth.deficit);
        self.truth.nuisance_deficit.extend(next.truth.nuisance_deficit);
        self.truth.rating.extend(next.truth.rating);
        self.truth.ruptures.extend(next.truth.ruptures);
        self.truth.nuisance.extend(next.truth.nuisance);
        self.truth.false_alarms.extend(next.truth.false_alarms);
        self.truth.clients.extend(next.truth.clients);
    }
}

impl fmt::Debug for Simulated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulated")
            .field("seed", &self.seed)
            .field("dyads", &self.dyads())
            .field("sessions", &self.client.len())
            .field("truth", &self.truth)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Truth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Truth")
            .field("ruptures", &self.ruptures.len())
            .field("nuisance", &self.nuisance.len())
            .field("false_alarms", &self.false_alarms.len())
            .finish_non_exhaustive()
    }
}
