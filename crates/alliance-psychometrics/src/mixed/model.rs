//! What is to be fitted.

use super::fit::MixedFit;
use crate::{Columns, PsychometricsError};

/// Which likelihood is maximised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Likelihood {
    /// Restricted maximum likelihood (REML): variance components without the bias that estimating the fixed effects
    /// brings. Deviances of models with different fixed effects cannot be compared.
    #[default]
    Restricted,
    /// Maximum likelihood (ML).
    Full,
}

/// Whether a group's intercept and slope vary together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SlopeCovariance {
    /// Their covariance is estimated.
    Correlated,
    /// Their covariance is 0 where the slope's variable is 0.
    Uncorrelated,
}

/// A linear mixed model of one grouping factor, or of two that are nested.
///
/// The intercept is always there, as coefficient 0; coefficient `i` belongs to column `i - 1` of `fixed`.
///
/// ```
/// use alliance_psychometrics::mixed::{Component, MixedModel};
/// use alliance_psychometrics::{Columns, Status};
///
/// // Three clients, three sessions each.
/// let score = [4.0, 5.0, 4.5, 6.0, 6.5, 6.0, 5.0, 5.0, 5.5];
/// let client = [1, 1, 1, 2, 2, 2, 3, 3, 3];
/// let fit = MixedModel::new(&score, &Columns::new(&[])?, &client)?.fit();
/// assert_eq!(fit.status(), Status::Defined);
/// assert!((fit.coefficients()[0] - 47.5 / 9.0).abs() < 1e-9);
/// // Balanced, so that the residual variance is the mean square within clients: (0.5 + 1/6 + 1/6) / 6.
/// assert!((fit.variance(Component::Residual) - 5.0 / 36.0).abs() < 1e-9);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
#[derive(Clone)]
pub struct MixedModel<'a> {
    pub(super) response: &'a [f64],
    pub(super) fixed: Columns<'a>,
    pub(super) groups: &'a [u32],
    pub(super) slope: Option<(&'a [f64], SlopeCovariance)>,
    pub(super) outer: Option<&'a [u32]>,
    pub(super) likelihood: Likelihood,
}

impl std::fmt::Debug for MixedModel<'_> {
    // The values are somebody's scores.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MixedModel")
            .field("rows", &self.response.len())
            .field("fixed", &self.fixed.count())
            .field("slope", &self.slope.map(|(_, covariance)| covariance))
            .field("nested", &self.outer.is_some())
            .field("likelihood", &self.likelihood)
            .finish_non_exhaustive()
    }
}

impl<'a> MixedModel<'a> {
    /// `response` with an intercept, the columns `fixed` and a random intercept per group. A missing value is NaN.
    ///
    /// # Errors
    ///
    /// `length-mismatch` unless all have one element per row (no columns at all are fine); `not-finite` if a response
    /// is infinite.
    pub fn new(
        response: &'a [f64],
        fixed: &Columns<'a>,
        groups: &'a [u32],
    ) -> Result<Self, PsychometricsError> {
        Columns::new(&[response])?;
        if groups.len() != response.len() || (fixed.count() > 0 && fixed.rows() != response.len()) {
            return Err(PsychometricsError::LengthMismatch { what: "response, fixed effects and groups" });
        }
        Ok(Self {
            response,
            fixed: fixed.clone(),
            groups,
            slope: None,
            outer: None,
            likelihood: Likelihood::default(),
        })
    }

    /// The same with a random slope for this variable, which most often is one of the fixed columns too.
    ///
    /// # Errors
    ///
    /// `length-mismatch`, `not-finite`.
    pub fn with_slope(
        self,
        variable: &'a [f64],
        covariance: SlopeCovariance,
    ) -> Result<Self, PsychometricsError> {
        Columns::new(&[variable])?;
        self.same_length(variable.len(), "response and slope")?;
        Ok(Self { slope: Some((variable, covariance)), ..self })
    }

    /// The same with an intercept for each outer group, of which every group lies in one.
    ///
    /// # Errors
    ///
    /// `length-mismatch`; `not-nested` if a group's rows (those with values) name more than one outer group.
    pub fn nested_in(self, outer: &'a [u32]) -> Result<Self, PsychometricsError> {
        self.same_length(outer.len(), "response and outer groups")?;
        crate::groups::Groups::new(self.groups, |row| self.is_complete(row)).outer_of(outer)?;
        Ok(Self { outer: Some(outer), ..self })
    }

    /// The same by another likelihood.
    #[must_use]
    pub fn with_likelihood(self, likelihood: Likelihood) -> Self {
        Self { likelihood, ..self }
    }

    /// Estimates the model.
    ///
    /// Data that cannot carry it give a fit without values whose status says why: `AllMissing` without a complete
    /// row; `TooFewUnits` for fewer than two groups, not more rows than random effects or fixed effects, or outer
    /// groups of one group each; `ZeroVariance` if random and fixed effects reproduce every row (`TooFewUnits` if
    /// rows vary within groups and there are no more of them than effects);
    /// `NotPositiveDefinite` if a fixed column is a combination of others.
    #[must_use]
    pub fn fit(&self) -> MixedFit {
        super::estimation::fit(self)
    }

    pub(super) fn is_complete(&self, row: usize) -> bool {
        let number = |values: &[f64]| values.get(row).is_some_and(|value| !value.is_nan());
        number(self.response)
            && self.slope.is_none_or(|(variable, _)| number(variable))
            && self.fixed.iter().all(number)
    }

    fn same_length(&self, length: usize, what: &'static str) -> Result<(), PsychometricsError> {
        if length == self.response.len() { Ok(()) } else { Err(PsychometricsError::LengthMismatch { what }) }
    }
}
