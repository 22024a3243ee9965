//! Simulated clinics whose ruptures are known.
//!
//! A [`Simulation`] draws scores and the truth behind them. What else such a clinic writes down is drawn from the finished
//! scores, each from streams of its own: item answers ([`ItemForm`]), [appointments](Attendance), reports after the
//! session ([`PostSession`]), [codes](Coding) of some sessions and [symptoms](SymptomCourse).

mod answers;
mod appointments;
mod check;
mod codes;
mod dyad;
mod options;
mod presets;
mod ratings;
mod rescale;
mod rupture;
mod self_reports;
mod simulated;
mod streams;
mod symptoms;

pub use answers::{Answers, ItemForm, Rater};
pub use appointments::Attendance;
pub use codes::{CodedSample, Codes, Coding};
pub use options::{
    Clients, Depth, Dropout, Growth, Missing, Noise, Nuisance, Ruptures, SessionCount, TherapistRater,
};
pub use ratings::{ResolutionRating, StrengthRating};
pub use rupture::{PlantedRupture, RuptureEnd, RuptureShape, RuptureType};
pub use self_reports::{PostSession, Reporting, SelfReports};
pub use simulated::{Dip, Simulated, SimulatedClient, Truth};
pub use symptoms::SymptomCourse;

use std::thread;

use crate::{Orientation, RuptureError, ScoreScale};

/// Planned sessions from which more than one thread is worth it.
const SESSIONS_WORTH_THREADS: usize = 100_000;

/// A clinic to be simulated: dyads of a client and a therapist, session by session.
///
/// The client's rating at session t (counted from 0) is
///
/// ```text
/// level + growth(t) + walk(t) + within_sd * w(t) - deficit(t) - nuisance(t)
/// w(t) = a w(t-1) + sqrt(1 - a^2) e(t),   w(0) = e(0),   e with SD 1
/// ```
///
/// put on the lattice of the scale and clipped to its range. The deficit is that of the
/// planted ruptures, the nuisance that of dips which are none. See [`TherapistRater`] for
/// the therapist's rating. The defaults are those of the pilot generator of our methods
/// dossier (rupture-methods 9.6), filled up from the published anchors of statistics G2
/// and G3 and, where it says so, by guesses: [`PROVENANCE`](Self::PROVENANCE). Together they give, over 16 sessions,
/// 47 % of clients with a rupture (46 % in statistics G3), 19 % dropout, an intraclass correlation of
/// session scores of .64, and correlations of client and therapist of .40 between and .35 within dyads.
///
/// Two adversarial nulls to try: a steep [`Growth`] under a ceiling, and a large
/// `within_log_sd` (volatile but stable clients), both [`without_ruptures`](Self::without_ruptures).
///
/// ```
/// use alliance_ruptures::simulate::Simulation;
///
/// let mut simulation = Simulation::new(60, 16);
/// simulation.ruptures.hazard = 0.08;
/// let clinic = simulation.run(20_260_101)?;
/// assert_eq!(clinic.dyads(), 60);
///
/// // What was planted stands beside what was observed.
/// for rupture in &clinic.truth.ruptures {
///     let deficit = &clinic.truth.deficit[clinic.sessions(rupture.dyad)];
///     assert_eq!(deficit[rupture.nadir], rupture.depth);
/// }
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Simulation {
    /// Number of dyads. Default 60.
    pub dyads: usize,
    /// How many consecutive dyads share a therapist. Default 6.
    pub dyads_per_therapist: usize,
    /// Planned sessions. Default 16.
    pub sessions: SessionCount,
    /// Scale of the client's form, in points of the item mean, higher being better. Ratings become the nearest
    /// possible score, so its highest is the ceiling. Default 1 to 7 in steps of 1/12; `None` for continuous scores
    /// without floor and ceiling.
    pub scale: Option<ScoreScale>,
    /// Levels and volatility.
    pub clients: Clients,
    /// Growth.
    pub growth: Growth,
    /// Planted ruptures.
    pub ruptures: Ruptures,
    /// Dips that are no ruptures.
    pub nuisance: Nuisance,
    /// Missing forms and sessions.
    pub missing: Missing,
    /// Dropout.
    pub dropout: Dropout,
    /// The therapist's ratings.
    pub therapist: TherapistRater,
}

impl Default for Simulation {
    fn default() -> Self {
        Self {
            dyads: 60,
            dyads_per_therapist: 6,
            sessions: SessionCount::Fixed(16),
            scale: Some(ScoreScale {
                lowest: 1.0,
                highest: 7.0,
                step: Some(1.0 / 12.0),
                orientation: Orientation::HigherIsBetter,
            }),
            clients: Clients::default(),
            growth: Growth::default(),
            ruptures: Ruptures::default(),
            nuisance: Nuisance::default(),
            missing: Missing::default(),
            dropout: Dropout::default(),
            therapist: TherapistRater::default(),
        }
    }
}

impl Simulation {
    /// Where the defaults come from.
    pub const PROVENANCE: &str = "plausible, not estimated";

    /// The most planned sessions of all dyads together.
    pub const MOST_SESSIONS: usize = 100_000_000;

    /// The defaults, with this many dyads and planned sessions.
    pub fn new(dyads: usize, sessions: usize) -> Self {
        Self { dyads, sessions: SessionCount::Fixed(sessions), ..Self::default() }
    }

    /// Draws the clinic: all cores from 100 000 sessions on, one below.
    ///
    /// The same seed and options give the same numbers on every platform and with any number of threads: each
    /// dyad has streams of its own. Its noise, ruptures, attendance and therapist have separate streams, so that
    /// changing one of them leaves the others as they are: with the hazard of ruptures at 0, the same seed gives the
    /// same clients without ruptures.
    ///
    /// # Errors
    ///
    /// `invalid-option`, with the name of the option and what it may be.
    pub fn run(&self, seed: u64) -> Result<Simulated, RuptureError> {
        let sessions = self.dyads.saturating_mul(self.sessions.most());
        let threads = if sessions < SESSIONS_WORTH_THREADS {
            1
        } else {
            thread::available_parallelism().map_or(1, usize::from)
        };
        self.run_with_threads(seed, threads)
    }

    /// As [`run`](Self::run), with this many threads.
    ///
    /// # Errors
    ///
    /// As for `run`.
    pub fn run_with_threads(&self, seed: u64, threads: usize) -> Result<Simulated, RuptureError> {
        self.check()?;
        let each = self.dyads.div_ceil(threads.clamp(1, self.dyads.max(1))).max(1);
        let mut parts = if each >= self.dyads {
            vec![dyad::draw(self, seed, 0..self.dyads)]
        } else {
            thread::scope(|scope| {
                let running: Vec<_> = (0..self.dyads)
                    .step_by(each)
                    .map(|first| {
                        let dyads = first..(first + each).min(self.dyads);
                        scope.spawn(move || dyad::draw(self, seed, dyads))
                    })
                    .collect();
                running
                    .into_iter()
                    .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                    .collect()
            })
        }
        .into_iter();
        let mut clinic = parts.next().unwrap_or_else(|| Simulated::empty(self, seed));
        for part in parts {
            clinic.append(part);
        }
        Ok(clinic)
    }
}
