//! Clinics of our methods dossier.

use super::{Clients, Dropout, Growth, Missing, Noise, Simulation};
use crate::{Orientation, ScoreScale};

impl Simulation {
    /// No ruptures, nothing missing, normal scores: the generator "gauss" of table 1.8 of our methods dossier.
    ///
    /// Levels with SD 0.6 around 5.5, SD 0.35 within every client, independent normal disturbances, continuous
    /// scores, no ceiling, no growth. The mean does not matter without a ceiling.
    ///
    /// ```
    /// use alliance_ruptures::simulate::Simulation;
    ///
    /// let clinic = Simulation::null_gaussian(1000, 16).run(1)?;
    /// assert!(clinic.truth.ruptures.is_empty() && clinic.client.iter().all(|score| score.is_finite()));
    /// # Ok::<(), alliance_ruptures::RuptureError>(())
    /// ```
    pub fn null_gaussian(dyads: usize, sessions: usize) -> Self {
        let mut null = Self::new(dyads, sessions).without_ruptures().without_gaps();
        null.scale = None;
        null.growth = Growth { mean: 0.0, sd: 0.0, early_rise: 0.0, walk_sd: 0.0, ..null.growth };
        null.clients = Clients {
            mean: 5.5,
            between_sd: 0.6,
            between_therapists_sd: 0.0,
            within_sd: 0.35,
            within_log_sd: 0.0,
            noise: Noise::Normal,
            autocorrelation: 0.0,
        };
        null
    }

    /// No ruptures, but unequally volatile clients near the ceiling: the generator "hetero+ceil" of table 1.8.
    ///
    /// As [`null_gaussian`](Self::null_gaussian), with levels around 6.1, the SD within clients log-normal (median
    /// 0.30, log-SD 0.4) and scores clipped to 1 to 7.
    pub fn null_unequal_ceiling(dyads: usize, sessions: usize) -> Self {
        let mut null = Self::null_gaussian(dyads, sessions);
        null.scale = Some(ScoreScale {
            lowest: 1.0,
            highest: 7.0,
            step: None,
            orientation: Orientation::HigherIsBetter,
        });
        null.clients = Clients { mean: 6.1, within_sd: 0.30, within_log_sd: 0.4, ..null.clients };
        null
    }

    /// The generator of the pilot benchmark 9.6 of our methods dossier, as far as that describes it.
    ///
    /// The dossier has mean levels of 5.5 (no ceiling) and 6.1 (about 15 % of scores at the ceiling). Against the
    /// defaults there is no early rise, no therapist effect, no nuisance and no dropout, all
    /// missing forms are missing at random (12 %), and the therapist tracks every rupture. The dossier does not say
    /// when ruptures could begin; from the fourth session on gives its number of episodes (about 170 in 400 dyads
    /// of 12 sessions, 370 of 24).
    pub fn pilot(dyads: usize, sessions: usize, mean: f64) -> Self {
        let mut pilot = Self::new(dyads, sessions);
        pilot.clients.mean = mean;
        pilot.clients.between_therapists_sd = 0.0;
        pilot.growth.early_rise = 0.0;
        pilot.ruptures.earliest = 3;
        pilot.nuisance.hazard = 0.0;
        pilot.missing = Missing { forms: 0.12, ..Missing::none() };
        pilot.dropout = Dropout::none();
        pilot.therapist.noise_correlation = 0.0;
        pilot.therapist.seen = 1.0;
        pilot.therapist.false_alarms = 0.0;
        pilot
    }

    /// The same clinic without ruptures, nuisance dips and therapists' false alarms: a null of the user's own.
    #[must_use]
    pub fn without_ruptures(mut self) -> Self {
        self.ruptures.hazard = 0.0;
        self.nuisance.hazard = 0.0;
        self.therapist.false_alarms = 0.0;
        self
    }

    /// The same clinic with every session held, every form filled in, and nobody dropping out.
    #[must_use]
    pub fn without_gaps(mut self) -> Self {
        self.missing = Missing::none();
        self.dropout = Dropout::none();
        self
    }
}
