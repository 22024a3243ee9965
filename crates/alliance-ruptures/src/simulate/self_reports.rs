//! What client and therapist say after the session.

use std::fmt;

use super::check::share;
use super::ratings::{Moment, ResolutionRating, StrengthRating, moments};
use super::streams::{Part, stream};
use super::{Rater, Simulated};
use crate::RuptureError;

/// How readily a rater says that there was a rupture.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Reporting {
    /// Chance of a yes in a session with a rupture; for the therapist, with one that they see.
    pub sensitivity: f64,
    /// Chance of a yes in any other session.
    pub false_yes: f64,
}

/// A questionnaire after the session: was there a rupture, how strong was it, how far was it resolved?
///
/// It is filled in together with the alliance form of the same rater. Strength and resolution are asked after a yes only.
/// A therapist who does not [see](super::TherapistRater::seen) a rupture answers as if there were none; one who has a
/// false alarm answers as if there were one.
///
/// Published rates of sessions with a yes are 19 to 42 % for clients (read in another author's description) and 43 to
/// 56 % for therapists (recalled; rupture-methods 6). Under the defaults of [`Simulation`](super::Simulation) these
/// defaults give 22 and 45 %; how those parts into true and false ones is a guess.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct PostSession {
    /// The client's yes. Default: sensitivity 0.7, false yes 0.18.
    pub client: Reporting,
    /// The therapist's yes. Default: sensitivity 0.8, false yes 0.42.
    pub therapist: Reporting,
    /// Strength.
    pub intensity: StrengthRating,
    /// Resolution by the end of the session.
    pub resolution: ResolutionRating,
}

impl Default for PostSession {
    fn default() -> Self {
        Self {
            client: Reporting { sensitivity: 0.7, false_yes: 0.18 },
            therapist: Reporting { sensitivity: 0.8, false_yes: 0.42 },
            intensity: StrengthRating::default(),
            resolution: ResolutionRating::default(),
        }
    }
}

/// Simulated reports: one element per report, in the order of dyads and sessions, the client's first.
#[derive(Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct SelfReports {
    /// The session, as a position in the columns of the clinic.
    pub sessions: Vec<usize>,
    /// Whose report.
    pub raters: Vec<Rater>,
    /// Whether there was a rupture.
    pub ruptures: Vec<bool>,
    /// How strong it was, from 1 to 5, after a yes.
    pub intensities: Vec<Option<u8>>,
    /// How far it was resolved, from 1 to 5, after a yes.
    pub resolutions: Vec<Option<u8>>,
}

impl fmt::Debug for SelfReports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SelfReports").field("reports", &self.sessions.len()).finish_non_exhaustive()
    }
}

impl PostSession {
    fn check(&self) -> Result<(), RuptureError> {
        share("post_session.client_sensitivity", self.client.sensitivity)?;
        share("post_session.client_false_yes", self.client.false_yes)?;
        share("post_session.therapist_sensitivity", self.therapist.sensitivity)?;
        share("post_session.therapist_false_yes", self.therapist.false_yes)?;
        self.intensity.check("post_session.intensity")?;
        self.resolution.check("post_session.resolution")
    }

    /// Draws the reports of both raters, from streams of their own.
    ///
    /// # Errors
    ///
    /// `invalid-option` for options that make no sense, or a clinic without a scale.
    pub fn draw(&self, clinic: &Simulated) -> Result<SelfReports, RuptureError> {
        self.check()?;
        let of_client = moments(clinic)?;
        let of_therapist = as_seen_by_therapist(clinic, &of_client);
        let mut drawn = SelfReports::default();
        for dyad in 0..clinic.dyads() {
            let mut client_random = stream(clinic.seed, Part::ClientReports, dyad);
            let mut therapist_random = stream(clinic.seed, Part::TherapistReports, dyad);
            for session in clinic.sessions(dyad) {
                for (rater, random, reporting, moments, forms) in [
                    (Rater::Client, &mut client_random, self.client, &of_client, &clinic.client),
                    (
                        Rater::Therapist,
                        &mut therapist_random,
                        self.therapist,
                        &of_therapist,
                        &clinic.therapist,
                    ),
                ] {
                    let (Some(moment), Some(form)) = (moments.get(session), forms.get(session)) else {
                        continue;
                    };
                    let yes = if moment.in_rupture() { reporting.sensitivity } else { reporting.false_yes };
                    // Drawn whatever is said, so that one report does not change the next.
                    let said = random.bernoulli(yes);
                    let intensity = self.intensity.draw(random, *moment);
                    let resolution = self.resolution.draw(random, *moment);
                    if form.is_finite() {
                        drawn.sessions.push(session);
                        drawn.raters.push(rater);
                        drawn.ruptures.push(said);
                        drawn.intensities.push(said.then_some(intensity));
                        drawn.resolutions.push(said.then_some(resolution));
                    }
                }
            }
        }
        Ok(drawn)
    }
}

/// The same moments without the ruptures that the therapist does not see, and with their false alarms.
fn as_seen_by_therapist(clinic: &Simulated, moments: &[Moment]) -> Vec<Moment> {
    let mut seen = moments.to_vec();
    for rupture in clinic.truth.ruptures.iter().filter(|rupture| !rupture.seen_by_therapist) {
        let sessions = clinic.sessions(rupture.dyad);
        let until = rupture.recovery.map_or(sessions.end, |recovery| sessions.start.saturating_add(recovery));
        let hidden = seen.get_mut(sessions.start.saturating_add(rupture.onset)..until);
        hidden.unwrap_or_default().fill(Moment { tenths: 0.0, goes_on: false });
    }
    let tenth = clinic.simulation.scale.map_or(1.0, |scale| (scale.highest - scale.lowest) / 10.0);
    for dip in &clinic.truth.false_alarms {
        if let Some(moment) = seen.get_mut(clinic.sessions(dip.dyad).start.saturating_add(dip.onset)) {
            moment.tenths = dip.depth / tenth;
        }
    }
    seen
}
