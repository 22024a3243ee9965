//! Outcome on the alliance within and between clients.

use super::disaggregation::Disaggregation;
use crate::groups::Groups;
use crate::mixed::{MixedFit, MixedModel};
use crate::{Columns, Estimate, Level, PsychometricsError};

/// Effects of the alliance at each level.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct WithinBetween {
    /// Outcome at a mean alliance, covariates 0.
    pub intercept: Estimate,
    /// Of a session one point better than usual for the client.
    pub within: Estimate,
    /// Of a client one point better than others (with therapists: than the therapist's others).
    pub between: Estimate,
    /// Between less within: what a client's level tells beyond single sessions.
    pub contextual: Estimate,
    /// Of a therapist whose clients' mean is one point better, if therapists were given.
    pub therapist: Option<Estimate>,
    /// Of the covariates, in their order; one that is constant within every client speaks of differences between them.
    pub covariates: Vec<Estimate>,
    /// The model.
    pub fit: MixedFit,
    confidence: f64,
}

impl WithinBetween {
    /// The effect between clients as it would be if their means were their true levels.
    ///
    /// Observed means are unreliable, which draws the effect between towards the effect within: its expectation is
    /// r b + (1 - r) w. `reliability` (r) of a client's mean is taken as known, such as omega between, `R_kRn`, or T ICC /
    /// (1 + (T - 1) ICC) (Lüdtke and others 2008, Psychological Methods 13).
    ///
    /// # Errors
    ///
    /// `invalid-option` unless `0 < reliability <= 1`.
    pub fn between_at_true_levels(&self, reliability: f64) -> Result<Estimate, PsychometricsError> {
        if !(reliability > 0.0 && reliability <= 1.0) {
            return Err(PsychometricsError::option("reliability", "above 0 and not above 1"));
        }
        let mut weights = vec![0.0; self.fit.coefficients().len()];
        let share = [1.0 - 1.0 / reliability, 1.0 / reliability];
        weights.iter_mut().skip(1).zip(share).for_each(|(weight, value)| *weight = value);
        self.fit.contrast(&weights, Level::BetweenClients, self.confidence)
    }
}

/// Outcome on the alliance within and between clients, with random intercepts of clients (and therapists), by REML.
///
/// `outcome = b0 + w within + b between (+ t therapist) + covariates + u_client (+ v_therapist) + e`. The effect within
/// equals that of a regression with a dummy variable for each client if all clients have the same sessions, else nearly. Give time among the covariates, and report the
/// model with and without the trend removed from the alliance ([`Trend`](super::Trend)): results can differ much.
///
/// # Errors
///
/// `length-mismatch`, `not-finite`; `not-nested` if a client has two therapists; `invalid-option` unless `0 < confidence < 1`.
///
/// ```
/// use alliance_psychometrics::Columns;
/// use alliance_psychometrics::outcome::{Trend, disaggregate, within_between_model};
///
/// let alliance = [4.0, 5.0, 4.5, 6.0, 6.5, 5.5, 5.0, 5.5, 5.2];
/// let symptoms = [14.0, 11.0, 13.0, 9.0, 7.0, 10.0, 12.0, 11.0, 10.5];
/// let client = [1, 1, 1, 2, 2, 2, 3, 3, 3];
/// let parts = disaggregate(&alliance, &client, None, Trend::Kept)?;
/// let model = within_between_model(&symptoms, &parts, &Columns::new(&[])?, &client, None, 0.95)?;
/// assert!(model.within.value < -2.0 && model.between.value < -1.0);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn within_between_model(
    outcome: &[f64],
    parts: &Disaggregation,
    covariates: &Columns<'_>,
    clients: &[u32],
    therapists: Option<&[u32]>,
    confidence: f64,
) -> Result<WithinBetween, PsychometricsError> {
    let levels = parts.therapist.as_deref();
    let columns: Vec<&[f64]> = [parts.within.as_slice(), parts.between.as_slice()]
        .into_iter()
        .chain(levels)
        .chain(covariates.iter())
        .collect();
    let fixed = Columns::new(&columns)?;
    let mut model = MixedModel::new(outcome, &fixed, clients)?;
    if let Some(therapists) = therapists {
        model = model.nested_in(therapists)?;
    }
    let fit = model.fit();
    let first_covariate = if levels.is_some() { 4 } else { 3 };
    let contextual: Vec<f64> =
        (0..=columns.len()).map(|place| [0.0, -1.0, 1.0].get(place).copied().unwrap_or(0.0)).collect();
    Ok(WithinBetween {
        intercept: fit.coefficient(0, Level::BetweenClients, confidence)?,
        within: fit.coefficient(1, Level::WithinClient, confidence)?,
        between: fit.coefficient(2, Level::BetweenClients, confidence)?,
        contextual: fit.contrast(&contextual, Level::BetweenClients, confidence)?,
        therapist: match levels {
            Some(_) => Some(fit.coefficient(3, Level::BetweenTherapists, confidence)?),
            None => None,
        },
        covariates: (first_covariate..)
            .zip(covariates.iter())
            .map(|(place, column)| fit.coefficient(place, level_of(column, clients), confidence))
            .collect::<Result<_, PsychometricsError>>()?,
        fit,
        confidence,
    })
}

/// Of what a covariate's effect speaks.
fn level_of(column: &[f64], clients: &[u32]) -> Level {
    let value = |row: &usize| column.get(*row).copied().unwrap_or(f64::NAN);
    let groups = Groups::new(clients, |row| !value(&row).is_nan());
    let varies = groups.iter().any(|rows| rows.windows(2).any(|pair| value(&pair[0]) != value(&pair[1])));
    if varies { Level::WithinClient } else { Level::BetweenClients }
}
