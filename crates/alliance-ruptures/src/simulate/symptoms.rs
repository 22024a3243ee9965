//! A symptom score before each session.

use super::Simulated;
use super::check::{correlation, points, require, spread};
use super::ratings::range;
use super::streams::{Part, stream};
use crate::RuptureError;

/// A symptom total before each session, lower being better.
///
/// The total before session t (counted from 0) is the whole number nearest to
///
/// ```text
/// level + change * t + per_alliance * a(t) + within_sd * w(t)
/// w(t) = c w(t-1) + sqrt(1 - c^2) e(t),   w(0) = e(0),   e standard normal
/// ```
///
/// clipped to the range. `a(t)` is how far the client's rating of the session, before lattice and ceiling,
/// lies above their own course, in hundredths of the range of the alliance form: symptoms and alliance move
/// together, and which comes first is not said. Under the defaults of [`Simulation`](super::Simulation) the observed scores correlate within
/// clients by about -.2 (small and negative in 17 studies, statistics G3). Clients with a better alliance improve faster.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct SymptomCourse {
    /// Lowest possible total, a whole number. Default 0.
    pub lowest: f64,
    /// Highest possible total, a whole number. Default 27: nine items from 0 to 3.
    pub highest: f64,
    /// Mean before the first session. Default 14, a guess.
    pub mean: f64,
    /// SD between clients before the first session. Default 4.5, a guess.
    pub between_sd: f64,
    /// Mean change per session. Default -0.35, a guess.
    pub change: f64,
    /// SD of the change between clients. Default 0.25, a guess.
    pub change_sd: f64,
    /// Correlation over clients of this change with the level of the alliance. Default -0.28 (.278 of alliance and outcome, higher
    /// being better in both, over 295 samples, statistics 4).
    pub change_correlation: f64,
    /// Points by which the total moves with a hundredth of the alliance's range. Default -0.06, set to give the
    /// correlation above.
    pub per_alliance: f64,
    /// SD within a client beside that. Default 2.2, a guess.
    pub within_sd: f64,
    /// Autocorrelation of it. Default 0.3, a guess.
    pub autocorrelation: f64,
}

impl Default for SymptomCourse {
    fn default() -> Self {
        Self {
            lowest: 0.0,
            highest: 27.0,
            mean: 14.0,
            between_sd: 4.5,
            change: -0.35,
            change_sd: 0.25,
            change_correlation: -0.28,
            per_alliance: -0.06,
            within_sd: 2.2,
            autocorrelation: 0.3,
        }
    }
}

impl SymptomCourse {
    fn check(&self) -> Result<(), RuptureError> {
        let whole = self.lowest.fract() == 0.0 && self.highest.fract() == 0.0;
        let bounded = self.lowest < self.highest && self.lowest.abs().max(self.highest.abs()) <= 10_000.0;
        let allowed = "the lowest total must be below the highest, both whole numbers from -10000 to 10000";
        require(whole && bounded, "symptoms.range", allowed)?;
        let within = (self.lowest..=self.highest).contains(&self.mean);
        require(within, "symptoms.mean", "must lie between the lowest and the highest total")?;
        spread("symptoms.between_sd", self.between_sd)?;
        points("symptoms.change", self.change)?;
        spread("symptoms.change_sd", self.change_sd)?;
        correlation("symptoms.change_correlation", self.change_correlation)?;
        points("symptoms.per_alliance", self.per_alliance)?;
        spread("symptoms.within_sd", self.within_sd)?;
        require(self.autocorrelation.abs() < 1.0, "symptoms.autocorrelation", "must be between -1 and 1")
    }

    /// The total before each planned session of the clinic, NaN where the session was not held or the form is missing.
    ///
    /// # Errors
    ///
    /// `invalid-option` for options that make no sense, or a clinic without a scale.
    pub fn draw(&self, clinic: &Simulated) -> Result<Vec<f64>, RuptureError> {
        self.check()?;
        let hundredth = range(clinic)? / 100.0;
        let options = &clinic.simulation;
        let (own, shared) = (options.clients.between_sd, options.clients.between_therapists_sd);
        let levels_sd = (own * own + shared * shared).sqrt();
        let fresh = (1.0 - self.autocorrelation * self.autocorrelation).sqrt();
        let own_change = (1.0 - self.change_correlation * self.change_correlation).sqrt();
        let mut totals = Vec::with_capacity(clinic.held.len());
        for (dyad, client) in clinic.truth.clients.iter().enumerate() {
            let mut random = stream(clinic.seed, Part::Symptoms, dyad);
            let alliance = (client.level - options.clients.mean) / levels_sd.max(f64::MIN_POSITIVE);
            let level = self.mean + self.between_sd * random.normal();
            let change = self.change
                + self.change_sd * (self.change_correlation * alliance + own_change * random.normal());
            let mut disturbance: Option<f64> = None;
            let sessions = clinic.sessions(dyad);
            let (held, ratings) = (clinic.held.get(sessions.clone()), clinic.truth.rating.get(sessions));
            let course = held.unwrap_or_default().iter().zip(ratings.unwrap_or_default());
            for (session, (held, rating)) in course.enumerate() {
                let shock = random.normal();
                let missing = random.bernoulli(options.missing.symptoms);
                let now = disturbance.map_or(shock, |last| self.autocorrelation * last + fresh * shock);
                disturbance = Some(now);
                let expected =
                    client.level + client.growth * session as f64 + options.growth.early_rise_at(session);
                let above = (rating - expected) / hundredth;
                let total =
                    level + change * session as f64 + self.per_alliance * above + self.within_sd * now;
                let present = *held && !missing;
                totals.push(if present { total.round().clamp(self.lowest, self.highest) } else { f64::NAN });
            }
        }
        Ok(totals)
    }
}
