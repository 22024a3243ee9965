//! Reliable change of clients with three or more sessions: their slopes in a mixed model.

use std::fmt;

use super::{ChangeClass, Direction};
use crate::distributions::normal;
use crate::estimate::check_confidence;
use crate::groups::Groups;
use crate::mixed::{MixedFit, MixedModel, SlopeCovariance};
use crate::{Columns, Estimate, Level, PsychometricsError, Status};

/// With fewer rows a client's slope is the others' slope.
const LEAST_ROWS: usize = 3;

/// One client's slope.
#[derive(Clone, PartialEq)]
pub struct ClientGrowth {
    /// The client's code.
    pub client: u32,
    /// Rows of the client that were used.
    pub rows: usize,
    /// Empirical Bayes estimate of the slope less the average slope.
    pub deviation_from_average: f64,
    /// Standard deviation of a client's slope given the rows, with fixed effects and variances taken as known.
    pub standard_error: f64,
    /// Does the client grow differently from the average? What the R package `clinicalsignificance` tests.
    pub deviation_z: f64,
    /// The client's own slope: the average slope and the deviation.
    pub own_slope: f64,
    /// Does the client grow? What "this client changed" means. The error of the average slope is not in it.
    pub own_z: f64,
    /// What the client's own slope amounts to; none with fewer than three rows, or without a slope variance.
    pub own_class: Option<ChangeClass>,
    /// How the slope compares with the average: `Improved` is reliably better than average.
    pub deviation_class: Option<ChangeClass>,
}

impl fmt::Debug for ClientGrowth {
    // Somebody's slope.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientGrowth").finish_non_exhaustive()
    }
}

/// Slopes of all clients.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GrowthChange {
    /// Clients by rising code; empty if the model could not be estimated.
    pub clients: Vec<ClientGrowth>,
    /// The average slope, with Satterthwaite's degrees of freedom.
    pub average_slope: Estimate,
    /// Average score where time is 0.
    pub average_intercept: Estimate,
    /// The model: score on time, intercepts and slopes of clients correlated, REML.
    pub fit: MixedFit,
    /// What a z must exceed.
    pub critical_value: f64,
}

impl GrowthChange {
    /// Clients whose own slope is of a class.
    pub fn count(&self, class: ChangeClass) -> usize {
        self.clients.iter().filter(|client| client.own_class == Some(class)).count()
    }
}

/// Reliable change by each client's slope (HLM method): score on time with random intercept and slope, by REML.
///
/// Two questions are answered and named: does the client's slope differ from the average slope, and does it differ from 0?
/// Users mean the second; published software tests the first. Both divide by the conditional standard deviation of the
/// slope. A client is classified with three or more rows; with a slope variance of 0 (status `Boundary`) all slopes are
/// the average one and nobody is.
///
/// # Errors
///
/// `length-mismatch`, `not-finite`; `invalid-option` unless `0 < confidence < 1`.
///
/// ```
/// use alliance_psychometrics::change::{ChangeClass, Direction, growth_change};
///
/// let score = [1.0, 2.1, 2.9, 4.2, 3.0, 2.9, 3.1, 3.0, 5.0, 4.2, 3.1, 1.8, 2.0, 2.4, 3.1, 3.4];
/// let time = [0.0, 1.0, 2.0, 3.0].repeat(4);
/// let client = [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4];
/// let change = growth_change(&score, &time, &client, Direction::HigherIsBetter, 0.95)?;
/// assert_eq!(change.clients[0].own_class, Some(ChangeClass::Improved));
/// assert_eq!(change.clients[1].own_class, Some(ChangeClass::Unchanged));
/// assert_eq!(change.clients[2].own_class, Some(ChangeClass::Deteriorated));
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn growth_change(
    score: &[f64],
    time: &[f64],
    client: &[u32],
    direction: Direction,
    confidence: f64,
) -> Result<GrowthChange, PsychometricsError> {
    check_confidence(confidence)?;
    let model = MixedModel::new(score, &Columns::new(&[time])?, client)?
        .with_slope(time, SlopeCovariance::Correlated)?;
    let fit = model.fit();
    let critical = normal(0.5 + confidence / 2.0);
    let average = fit.coefficient(1, Level::WithinClient, confidence)?;
    let average_intercept = fit.coefficient(0, Level::BetweenClients, confidence)?;
    let is_complete =
        |row: usize| [score, time].iter().all(|column| column.get(row).is_some_and(|value| !value.is_nan()));
    let groups = Groups::new(client, is_complete);
    let clients = fit
        .group_effects()
        .iter()
        .zip(groups.iter())
        .map(|(effect, rows)| {
            let standard_error = effect.slope_variance.sqrt();
            let z = |slope: f64| if standard_error > 0.0 { slope / standard_error } else { f64::NAN };
            let own_slope = average.value + effect.slope;
            let class = |z: f64| {
                (rows.len() >= LEAST_ROWS).then(|| ChangeClass::of_index(z, critical, direction)).flatten()
            };
            let (deviation_z, own_z) = (z(effect.slope), z(own_slope));
            ClientGrowth {
                client: effect.code,
                rows: rows.len(),
                deviation_from_average: effect.slope,
                standard_error,
                deviation_z,
                own_slope,
                own_z,
                own_class: class(own_z),
                deviation_class: class(deviation_z),
            }
        })
        .collect();
    Ok(GrowthChange { clients, average_slope: average, average_intercept, critical_value: critical, fit })
}

impl GrowthChange {
    /// Whether the model could be estimated.
    pub fn status(&self) -> Status {
        self.fit.status()
    }
}
