//! Omega total of one factor, with the fit of the factor that it stands on.

use super::factors::{Extraction, Factors, extract};
use super::{Form, OmegaInterval};
use crate::distributions::chi_square_upper;
use crate::estimate::check_confidence;
use crate::linear::Symmetric;
use crate::{Estimate, PsychometricsError, Status};

/// Omega of a form: the share of the variance of the sum that one common factor makes.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Omega {
    /// `(sum l)^2 / ((sum l)^2 + sum u)` of the answers as they are added: loadings and uniquenesses times the items'
    /// standard deviations and variances.
    pub raw: Estimate,
    /// The same of standardized answers.
    pub standardized: Estimate,
    /// `(sum l)^2` over the observed variance of the sum.
    pub raw_observed: Estimate,
    /// The same of standardized answers.
    pub standardized_observed: Estimate,
    /// Standardized loadings; NaN for constant items.
    pub loadings: Vec<f64>,
    /// Standardized uniquenesses, .005 or more; NaN for constant items.
    pub uniquenesses: Vec<f64>,
    /// How well one factor fits. Where it does not, omega and alpha both speak of a model that is not there.
    pub fit: ModelFit,
}

/// How well a factor model fits the correlations.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ModelFit {
    /// Sample size times the likelihood discrepancy at the solution, as lavaan has it; NaN for a singular matrix.
    pub chi_square: f64,
    /// Its degrees of freedom.
    pub degrees_of_freedom: f64,
    /// Its upper tail area; NaN without degrees of freedom.
    pub p_value: f64,
    /// Root mean square error of approximation, `sqrt(max(0, chi^2 - df) / (df n))`; NaN without degrees of freedom.
    pub rmsea: f64,
    /// Comparative fit index against independent items; NaN without degrees of freedom.
    pub cfi: f64,
}

impl ModelFit {
    pub(super) const UNKNOWN: Self = Self {
        chi_square: f64::NAN,
        degrees_of_freedom: f64::NAN,
        p_value: f64::NAN,
        rmsea: f64::NAN,
        cfi: f64::NAN,
    };

    /// The fit of loadings and uniquenesses to the correlations of `n` rows.
    pub(super) fn new(correlations: &Symmetric, solution: &Factors, n: f64) -> Self {
        let size = correlations.size();
        let count = solution.loadings.first().map_or(0, Vec::len);
        let row = |item: usize| solution.loadings.get(item).map(Vec::as_slice).unwrap_or_default();
        let implied = Symmetric::from_fn(size, |one, other| {
            let common: f64 = row(one).iter().zip(row(other)).map(|(left, right)| left * right).sum();
            let own =
                if one == other { solution.uniquenesses.get(one).copied().unwrap_or(f64::NAN) } else { 0.0 };
            common + own
        });
        let (Some(observed), Some(implied)) = (correlations.cholesky(), implied.cholesky()) else {
            return Self::UNKNOWN;
        };
        let inverse = implied.inverse();
        let trace: f64 = (0..size)
            .map(|one| {
                (0..size).map(|other| correlations.at(one, other) * inverse.at(one, other)).sum::<f64>()
            })
            .sum();
        let discrepancy = implied.log_determinant() - observed.log_determinant() + trace - size as f64;
        let chi_square = n * discrepancy.max(0.0);
        let (k, m) = (size as f64, count as f64);
        let degrees = ((k - m) * (k - m) - (k + m)) / 2.0;
        if degrees <= 0.0 {
            return Self { chi_square, degrees_of_freedom: degrees, ..Self::UNKNOWN };
        }
        let excess = (chi_square - degrees).max(0.0);
        let of_independence = -n * observed.log_determinant() - k * (k - 1.0) / 2.0;
        let most = excess.max(of_independence);
        Self {
            chi_square,
            degrees_of_freedom: degrees,
            p_value: chi_square_upper(chi_square, degrees),
            rmsea: (excess / (degrees * n)).sqrt(),
            cfi: if most > 0.0 { 1.0 - excess / most } else { 1.0 },
        }
    }
}

const RAW: &str = "omega total, one factor";
const STANDARDIZED: &str = "standardized omega total, one factor";
const RAW_OBSERVED: &str = "omega total, one factor, observed variance";
const STANDARDIZED_OBSERVED: &str = "standardized omega total, one factor, observed variance";

impl Form<'_> {
    /// Omega total of one factor (`McDonald` 1999, Test Theory), with its interval.
    ///
    /// Between 0 and 1 with the model's own variance as denominator. Constant items are left out, with a note; three items
    /// that vary are the least, and fit only with four. [`Status::Heywood`] marks a solution whose uniqueness stopped at
    /// .005, [`Status::NotPositiveDefinite`] maximum likelihood on a singular matrix. The two coefficients over the
    /// observed variance have an interval by [`OmegaInterval::Bootstrap`] only.
    ///
    /// # Errors
    ///
    /// `invalid-option` unless `confidence` lies between 0 and 1.
    pub fn omega(
        &self,
        extraction: Extraction,
        interval: OmegaInterval,
        confidence: f64,
    ) -> Result<Omega, PsychometricsError> {
        check_confidence(confidence)?;
        Ok(self.with_omega_interval(self.one_factor(extraction), extraction, interval, confidence))
    }

    /// Omega without its interval.
    pub(super) fn one_factor(&self, extraction: Extraction) -> Omega {
        let constant = self.constant_items();
        let varying: Vec<usize> = (0..self.items()).filter(|item| !constant.contains(item)).collect();
        let part = self.of_items(&varying);
        let obstacle = self.obstacle(3).or_else(|| part.obstacle(3));
        if let Some(status) = obstacle {
            let status = if status == Status::TooFewItems && self.items() >= 3 && self.total_variance() == 0.0
            {
                Status::ZeroVariance
            } else {
                status
            };
            return self.without_omega(status);
        }
        let correlations = part.moments.covariances.to_correlation();
        let Some(solution) = extract(&correlations, 1, extraction) else {
            return self.without_omega(Status::NotPositiveDefinite);
        };
        let deviations: Vec<f64> = part.moments.covariances.diagonal().map(f64::sqrt).collect();
        let ones = vec![1.0; varying.len()];
        let spread = |values: &mut dyn Iterator<Item = f64>| {
            let mut places = vec![f64::NAN; self.items()];
            for (item, value) in varying.iter().zip(values) {
                if let Some(place) = places.get_mut(*item) {
                    *place = value;
                }
            }
            places
        };
        let loading = |item: &Vec<f64>| item.first().copied().unwrap_or(f64::NAN);
        let negative: Vec<usize> = varying
            .iter()
            .zip(&solution.loadings)
            .filter(|(_, item)| loading(item) < 0.0)
            .map(|(item, _)| *item)
            .collect();
        let estimate = |weights: &[f64], observed: Option<f64>, method| {
            let common: f64 =
                solution.loadings.iter().zip(weights).map(|(item, weight)| loading(item) * weight).sum();
            let unique: f64 = solution
                .uniquenesses
                .iter()
                .zip(weights)
                .map(|(unique, weight)| unique * weight * weight)
                .sum();
            let common = common * common;
            let mut result =
                self.estimate(common / observed.unwrap_or(common + unique), method).expected_within(0.0, 1.0);
            if solution.is_heywood {
                result = result.with_status(Status::Heywood).with_note("a uniqueness stopped at .005");
            }
            if !solution.is_settled || self.moments.status == Status::NotConverged {
                result = result.with_status(Status::NotConverged);
            }
            if !constant.is_empty() {
                result =
                    result.with_note(format!("without items {}, which do not vary", self.listed(&constant)));
            }
            if !negative.is_empty() {
                result =
                    result.with_note(format!("items {} load against the others", self.listed(&negative)));
            }
            result
        };
        Omega {
            raw: estimate(&deviations, None, RAW),
            standardized: estimate(&ones, None, STANDARDIZED),
            raw_observed: estimate(&deviations, Some(part.total_variance()), RAW_OBSERVED),
            standardized_observed: estimate(&ones, Some(correlations.sum()), STANDARDIZED_OBSERVED),
            loadings: spread(&mut solution.loadings.iter().map(loading)),
            uniquenesses: spread(&mut solution.uniquenesses.iter().copied()),
            fit: ModelFit::new(&correlations, &solution, self.moments.rows_used as f64),
        }
    }

    fn without_omega(&self, status: Status) -> Omega {
        let nothing = vec![f64::NAN; self.items()];
        Omega {
            raw: self.undefined(status, RAW),
            standardized: self.undefined(status, STANDARDIZED),
            raw_observed: self.undefined(status, RAW_OBSERVED),
            standardized_observed: self.undefined(status, STANDARDIZED_OBSERVED),
            loadings: nothing.clone(),
            uniquenesses: nothing,
            fit: ModelFit::UNKNOWN,
        }
    }
}
