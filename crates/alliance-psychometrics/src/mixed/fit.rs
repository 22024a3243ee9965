//! An estimated mixed model.

use super::estimation::State;
use super::information::Information;
use super::model::{Likelihood, MixedModel};
use super::reduced::Reduced;
use super::square::{Square, sandwich};
use crate::distributions::student_t;
use crate::estimate::check_confidence;
use crate::linear::Symmetric;
use crate::{Estimate, Level, PsychometricsError, Status};

/// A variance (or covariance) of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Component {
    /// Variance of the residuals.
    Residual,
    /// Variance of the groups' intercepts.
    Intercept,
    /// Variance of the groups' slopes.
    Slope,
    /// Covariance of the groups' intercepts and slopes.
    InterceptSlope,
    /// Variance of the outer groups' intercepts.
    Outer,
}

impl Component {
    pub(super) const ALL: [Self; 5] =
        [Self::Residual, Self::Intercept, Self::Slope, Self::InterceptSlope, Self::Outer];
}

/// Variances in the order of [`Component::ALL`], from the residual one and relative covariances in the user's units.
pub(super) fn components<const Q: usize>(
    residual: f64,
    group: &Square<Q>,
    outer: f64,
) -> [f64; Component::ALL.len()] {
    let slope = group.get(1).map_or([0.0; 2], |row| [row[0], row[1]]);
    [residual, group[0][0] * residual, slope[1] * residual, slope[0] * residual, outer * residual]
}

/// Empirical Bayes estimate (BLUP) of one group's deviation from the fixed part.
#[derive(Clone, Copy, PartialEq)]
pub struct GroupEffect {
    /// The group's code.
    pub code: u32,
    /// Deviation of its intercept, the outer group's deviation left out.
    pub intercept: f64,
    /// Deviation of its slope; 0 without a random slope.
    pub slope: f64,
    /// Variance of the intercept given the rows, fixed effects and variances taken as known.
    pub intercept_variance: f64,
    /// The same of the slope; 0 without one.
    pub slope_variance: f64,
    /// The same, covariance of both; 0 without a slope.
    pub covariance: f64,
}

/// Empirical Bayes estimate (BLUP) of an outer group's deviation.
#[derive(Clone, Copy, PartialEq)]
pub struct OuterEffect {
    /// The outer group's code.
    pub code: u32,
    /// Deviation of its intercept.
    pub intercept: f64,
    /// Variance of it given the rows, fixed effects and variances taken as known.
    pub intercept_variance: f64,
}

impl std::fmt::Debug for GroupEffect {
    // Somebody's level.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GroupEffect").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for OuterEffect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OuterEffect").finish_non_exhaustive()
    }
}

/// An estimated [`MixedModel`].
///
/// With the statuses `Defined`, `Boundary` (a variance of 0, or a correlation of -1 or 1) and `NotConverged` all
/// numbers are there; with any other status all are NaN and there are no effects.
#[derive(Clone, PartialEq)]
pub struct MixedFit {
    likelihood: Likelihood,
    status: Status,
    rows_used: usize,
    rows_dropped: usize,
    deviance: f64,
    coefficients: Vec<f64>,
    covariance: Symmetric,
    components: [f64; Component::ALL.len()],
    component_covariance: Symmetric,
    /// For Satterthwaite's method; see `Information`.
    parameters: Symmetric,
    slopes: Vec<Symmetric>,
    groups: Vec<GroupEffect>,
    outers: Vec<OuterEffect>,
}

impl std::fmt::Debug for MixedFit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MixedFit")
            .field("status", &self.status)
            .field("deviance", &self.deviance)
            .field("coefficients", &self.coefficients)
            .field("components", &self.components)
            .field("groups", &self.groups.len())
            .field("rows_used", &self.rows_used)
            .finish_non_exhaustive()
    }
}

impl MixedFit {
    pub(super) fn undefined(model: &MixedModel<'_>, status: Status) -> Self {
        let count = model.fixed.count() + 1;
        let unknown = |size| Symmetric::from_fn(size, |_, _| f64::NAN);
        Self {
            likelihood: model.likelihood,
            status,
            rows_used: 0,
            rows_dropped: model.response.len(),
            deviance: f64::NAN,
            coefficients: vec![f64::NAN; count],
            covariance: unknown(count),
            components: [f64::NAN; Component::ALL.len()],
            component_covariance: unknown(Component::ALL.len()),
            parameters: Symmetric::zeros(0),
            slopes: Vec::new(),
            groups: Vec::new(),
            outers: Vec::new(),
        }
    }

    pub(super) fn new<const Q: usize>(
        model: &MixedModel<'_>,
        reduced: &Reduced<Q>,
        state: &State<Q>,
        status: Status,
        information: Information,
        (groups, outers): (Vec<GroupEffect>, Vec<OuterEffect>),
    ) -> Self {
        let residual = state.solution.residual_variance();
        let back = |matrix: &Symmetric| reduced.covariance_of_coefficients(matrix);
        Self {
            likelihood: model.likelihood,
            status,
            rows_used: reduced.rows,
            rows_dropped: model.response.len() - reduced.rows,
            deviance: state.solution.deviance,
            coefficients: reduced.coefficients(&state.solution.coefficients),
            covariance: back(&state.solution.covariance(residual)),
            components: components(
                residual,
                &sandwich(&reduced.to_users_units(), &state.relative.group),
                state.relative.outer,
            ),
            component_covariance: information.components,
            parameters: information.parameters,
            slopes: information.slopes.iter().map(back).collect(),
            groups,
            outers,
        }
    }

    /// Whether the model could be estimated, and lies inside its range.
    pub fn status(&self) -> Status {
        self.status
    }

    /// Which likelihood was maximised.
    pub fn likelihood(&self) -> Likelihood {
        self.likelihood
    }

    /// Complete rows.
    pub fn rows_used(&self) -> usize {
        self.rows_used
    }

    /// Rows with a missing value; all rows if the model could not be estimated.
    pub fn rows_dropped(&self) -> usize {
        self.rows_dropped
    }

    /// -2 log likelihood, restricted or full, with all constants, as lme4 gives it.
    pub fn deviance(&self) -> f64 {
        self.deviance
    }

    /// Fixed effects: the intercept, then one for each column.
    pub fn coefficients(&self) -> &[f64] {
        &self.coefficients
    }

    /// Covariance of two estimated fixed effects; NaN for one that is not there.
    pub fn coefficient_covariance(&self, one: usize, other: usize) -> f64 {
        self.covariance.at(one, other)
    }

    /// Standard error of a fixed effect; NaN for one that is not there.
    pub fn coefficient_standard_error(&self, place: usize) -> f64 {
        self.covariance.at(place, place).sqrt()
    }

    /// Rows less fixed effects.
    pub fn residual_degrees_of_freedom(&self) -> f64 {
        self.rows_used as f64 - self.coefficients.len() as f64
    }

    /// A weighted sum of fixed effects with its standard error and t interval.
    ///
    /// The degrees of freedom are Satterthwaite's: 2 v^2 / Var(v) for the variance v of the sum, with the covariance
    /// of the variances from the observed information (as lmerTest gives them; Kuznetsova, Brockhoff and Christensen
    /// 2017, Journal of Statistical Software 82(13)); a variance at 0 counts as known.
    ///
    /// # Errors
    ///
    /// `invalid-option` unless there is one weight for each coefficient and `0 < confidence < 1`.
    pub fn contrast(
        &self,
        weights: &[f64],
        level: Level,
        confidence: f64,
    ) -> Result<Estimate, PsychometricsError> {
        if weights.len() != self.coefficients.len() {
            return Err(PsychometricsError::option("weights", "one for each fixed effect"));
        }
        check_confidence(confidence)?;
        let method = match self.likelihood {
            Likelihood::Restricted => "mixed model, REML",
            Likelihood::Full => "mixed model, ML",
        };
        let value: f64 = weights.iter().zip(&self.coefficients).map(|(weight, value)| weight * value).sum();
        if value.is_nan() {
            return Ok(Estimate::undefined(self.status, level, method).with_rows(0, 0, self.rows_dropped));
        }
        let standard_error = quadratic(&self.covariance, weights).sqrt();
        let degrees = self.satterthwaite(weights);
        let reach = student_t(0.5 + confidence / 2.0, degrees) * standard_error;
        let estimate = Estimate::new(value, level, method)
            .with_standard_error(standard_error)
            .with_interval(value - reach, value + reach, confidence)
            .with_degrees_of_freedom(degrees)
            .with_rows(self.groups.len(), self.rows_used, self.rows_dropped);
        Ok(match self.status {
            // Where a variance lies at the end of its range, a fixed effect does not.
            Status::Boundary => {
                estimate.with_note("a variance of the model was estimated as 0 and is taken as known")
            }
            status => estimate.with_status(status),
        })
    }

    /// One fixed effect as a [contrast](Self::contrast).
    ///
    /// # Errors
    ///
    /// `invalid-option` if there is no such effect, or unless `0 < confidence < 1`.
    pub fn coefficient(
        &self,
        place: usize,
        level: Level,
        confidence: f64,
    ) -> Result<Estimate, PsychometricsError> {
        if place >= self.coefficients.len() {
            return Err(PsychometricsError::option("place", "one of the fixed effects"));
        }
        let weights: Vec<f64> =
            (0..self.coefficients.len()).map(|other| f64::from(u8::from(other == place))).collect();
        self.contrast(&weights, level, confidence)
    }

    fn satterthwaite(&self, weights: &[f64]) -> f64 {
        let variance = quadratic(&self.covariance, weights);
        let steps: Vec<f64> = self.slopes.iter().map(|slope| quadratic(slope, weights)).collect();
        let spread = quadratic(&self.parameters, &steps);
        if spread > 0.0 { 2.0 * variance * variance / spread } else { f64::NAN }
    }

    /// A variance or covariance: 0 for one the model does not have.
    pub fn variance(&self, component: Component) -> f64 {
        self.components[component as usize]
    }

    /// Standard error of a variance or covariance.
    ///
    /// From the observed information of the likelihood in all variances (balanced data: that of mean squares,
    /// 2 MS^2 / df). 0 for a variance at its boundary or one the model does not have, the others being
    /// given it; a symmetric interval made of it is poor unless there are many groups.
    pub fn variance_standard_error(&self, component: Component) -> f64 {
        self.variance_covariance(component, component).sqrt()
    }

    /// Covariance of two estimated variances, for functions of them.
    pub fn variance_covariance(&self, one: Component, other: Component) -> f64 {
        self.component_covariance.at(one as usize, other as usize)
    }

    /// Number of groups.
    pub fn group_count(&self) -> usize {
        self.groups.len()
    }

    /// Empirical Bayes estimates of the groups, codes rising.
    pub fn group_effects(&self) -> &[GroupEffect] {
        &self.groups
    }

    /// Empirical Bayes estimates of the outer groups, codes rising; empty without them.
    pub fn outer_effects(&self) -> &[OuterEffect] {
        &self.outers
    }
}

/// v' M v.
fn quadratic(matrix: &Symmetric, vector: &[f64]) -> f64 {
    let row = |row: usize| matrix.row(row).iter().zip(vector).map(|(a, b)| a * b).sum::<f64>();
    vector.iter().enumerate().map(|(place, weight)| weight * row(place)).sum()
}
