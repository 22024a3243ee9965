//! Effects of studies regressed on what distinguishes the studies.

use super::design::{Design, cell};
use super::heterogeneity::Studies;
use super::meta::{MetaOptions, Spread, StandardErrors, checked, quantile};
use crate::distributions::{chi_square_upper, fisher_f_upper, normal_two_sided, student_t_two_sided};
use crate::linear::Symmetric;
use crate::{Columns, Estimate, Level, PsychometricsError, Status};

/// A coefficient of a meta-regression with its test against 0.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Coefficient {
    /// The coefficient.
    pub estimate: Estimate,
    /// Its z or t.
    pub statistic: f64,
    /// Its two-sided p.
    pub p_value: f64,
}

/// Test that no moderator matters.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ModeratorTest {
    /// Chi-square, or F where the denominator has degrees of freedom.
    pub statistic: f64,
    /// Number of moderators.
    pub numerator_degrees: f64,
    /// Infinite for chi-square.
    pub denominator_degrees: f64,
    /// Chance of a larger statistic if no moderator matters.
    pub p_value: f64,
}

/// Effects regressed on moderators, and how much they vary beyond them.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MetaRegression {
    /// How.
    pub options: MetaOptions,
    /// The intercept, then one for each moderator.
    pub coefficients: Vec<Coefficient>,
    /// Test of all moderators together.
    pub moderators: ModeratorTest,
    /// Variance between studies that the moderators leave, interval by the profile of Q.
    pub tau_squared: Estimate,
    /// I^2 of what is left, in percent.
    pub i_squared: Estimate,
    /// H^2 of what is left.
    pub h_squared: f64,
    /// Percent of the variance between studies that the moderators take away, not below 0 (Raudenbush 2009).
    pub r_squared: f64,
    /// Cochran's Q of what is left.
    pub q: f64,
    /// Its degrees of freedom, studies less coefficients.
    pub q_degrees: f64,
    /// Chance of a larger Q if the moderators explain all true differences.
    pub q_p: f64,
}

/// Regresses effects on moderators, one column each and one row per study (Viechtbauer 2010, Journal of Statistical
/// Software 36(3)).
///
/// With Knapp-Hartung, coefficients have t of studies less coefficients. A study with a missing value is left out.
/// `NotPositiveDefinite` if a moderator is constant or a combination of others, `TooFewUnits` unless there are more
/// studies than coefficients.
///
/// # Errors
///
/// `length-mismatch`, `not-finite`; `invalid-option` for a variance of 0 or less, or unless `0 < confidence < 1`.
///
/// ```
/// use alliance_psychometrics::Columns;
/// use alliance_psychometrics::synthesis::{MetaOptions, meta_regression};
///
/// let (effects, variances) = ([0.30, 0.10, 0.45, 0.22, 0.35], [0.010, 0.020, 0.015, 0.012, 0.020]);
/// let year = [2004.0, 2001.0, 2011.0, 2003.0, 2009.0];
/// let found = meta_regression(&effects, &variances, &Columns::new(&[&year])?, &MetaOptions::default())?;
/// assert!(found.coefficients[1].estimate.value > 0.0);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn meta_regression(
    effects: &[f64],
    variances: &[f64],
    moderators: &Columns<'_>,
    options: &MetaOptions,
) -> Result<MetaRegression, PsychometricsError> {
    checked(effects, variances, options)?;
    let size = moderators.count() + 1;
    let studies = match studies_with(effects, variances, moderators)? {
        Ok((_, studies)) => studies,
        Err(status) => return Ok(MetaRegression::undefined(status, size, effects.len(), options)),
    };
    let (used, dropped) = (studies.effects.len(), effects.len() - studies.effects.len());
    let tau_squared = studies.tau_squared(options.estimator);
    let sums = studies.at(tau_squared);
    let degrees = studies.degrees();
    let (scale, test_degrees) = match options.standard_errors {
        StandardErrors::Normal => (1.0, f64::INFINITY),
        StandardErrors::KnappHartung => (sums.spread / degrees, degrees),
    };
    let regression = Fixed {
        values: studies.design.coefficients(&sums.coefficients),
        covariance: studies.design.covariance(&sums.inverse),
        scale,
        degrees: test_degrees,
    };
    let spread = Spread::new(&studies, tau_squared, options);
    let alone = Studies::new(studies.effects.clone(), studies.variances.clone());
    let before = alone.tau_squared(options.estimator);
    let (q, q_p) = studies.q();
    let rows = |estimate: Estimate| estimate.with_rows(used, used, dropped);
    Ok(MetaRegression {
        options: *options,
        coefficients: regression.coefficients(options, rows),
        moderators: regression.moderators(),
        tau_squared: rows(spread.variance),
        i_squared: rows(spread.share),
        h_squared: spread.ratio,
        r_squared: if before > 0.0 { (100.0 * (1.0 - tau_squared / before)).max(0.0) } else { f64::NAN },
        q,
        q_degrees: degrees,
        q_p,
    })
}

/// Complete studies with their rows, or why there is no regression.
///
/// # Errors
///
/// `length-mismatch` unless moderators have one row per study.
pub(super) fn studies_with(
    effects: &[f64],
    variances: &[f64],
    moderators: &Columns<'_>,
) -> Result<Result<(Vec<usize>, Studies), Status>, PsychometricsError> {
    if moderators.count() > 0 && moderators.rows() != effects.len() {
        return Err(PsychometricsError::LengthMismatch { what: "effects and moderators" });
    }
    let is_complete = |row: &usize| {
        !cell(effects, *row).is_nan()
            && !cell(variances, *row).is_nan()
            && (moderators.count() == 0 || moderators.is_complete(*row))
    };
    let rows: Vec<usize> = (0..effects.len()).filter(is_complete).collect();
    if rows.is_empty() {
        return Ok(Err(Status::AllMissing));
    }
    if rows.len() <= moderators.count() + 1 {
        return Ok(Err(Status::TooFewUnits));
    }
    let kept = |values: &[f64]| -> Vec<f64> { rows.iter().map(|row| cell(values, *row)).collect() };
    let design = match Design::new(moderators, &rows) {
        Ok(design) => design,
        Err(status) => return Ok(Err(status)),
    };
    let studies = Studies { effects: kept(effects), variances: kept(variances), design };
    Ok(Ok((rows, studies)))
}

/// Coefficients with their covariance, and what their tests rest on.
pub(super) struct Fixed {
    pub(super) values: Vec<f64>,
    pub(super) covariance: Symmetric,
    /// Factor of the covariance.
    pub(super) scale: f64,
    /// Infinite for the normal distribution.
    pub(super) degrees: f64,
}

impl Fixed {
    pub(super) fn coefficients(
        &self,
        options: &MetaOptions,
        rows: impl Fn(Estimate) -> Estimate,
    ) -> Vec<Coefficient> {
        let describe = |(place, value): (usize, &f64)| {
            let error = (self.scale * self.covariance.at(place, place)).sqrt();
            let reach = quantile(0.5 + options.confidence / 2.0, self.degrees) * error;
            let mut estimate = rows(Estimate::new(*value, Level::BetweenStudies, options.estimator.as_str()))
                .with_standard_error(error)
                .with_interval(value - reach, value + reach, options.confidence);
            if self.degrees.is_finite() {
                estimate = estimate.with_degrees_of_freedom(self.degrees);
            }
            let statistic = if error > 0.0 { value / error } else { f64::NAN };
            let p_value = if self.degrees.is_finite() {
                student_t_two_sided(statistic, self.degrees)
            } else {
                normal_two_sided(statistic)
            };
            Coefficient { estimate, statistic, p_value }
        };
        self.values.iter().enumerate().map(describe).collect()
    }

    /// Wald's test of all but the intercept.
    pub(super) fn moderators(&self) -> ModeratorTest {
        let slopes: Vec<usize> = (1..self.values.len()).collect();
        let values = self.values.get(1..).unwrap_or_default();
        let count = slopes.len() as f64;
        let chi_square = match self.covariance.part(&slopes).cholesky() {
            Some(cholesky) if count > 0.0 => {
                cholesky.solve_lower(values).iter().map(|value| value * value).sum::<f64>() / self.scale
            }
            _ => f64::NAN,
        };
        let (statistic, p_value) = if self.degrees.is_finite() {
            (chi_square / count, fisher_f_upper(chi_square / count, count, self.degrees))
        } else {
            (chi_square, chi_square_upper(chi_square, count))
        };
        let p_value = if statistic.is_nan() { f64::NAN } else { p_value };
        ModeratorTest { statistic, numerator_degrees: count, denominator_degrees: self.degrees, p_value }
    }
}

impl ModeratorTest {
    pub(super) const NONE: Self = Self {
        statistic: f64::NAN,
        numerator_degrees: f64::NAN,
        denominator_degrees: f64::NAN,
        p_value: f64::NAN,
    };
}

impl Coefficient {
    /// An estimate with its z or t and its p.
    pub fn new(estimate: Estimate, statistic: f64, p_value: f64) -> Self {
        Self { estimate, statistic, p_value }
    }

    pub(super) fn undefined(status: Status, rows: usize, options: &MetaOptions) -> Self {
        let estimate = Estimate::undefined(status, Level::BetweenStudies, options.estimator.as_str());
        Self { estimate: estimate.with_rows(0, 0, rows), statistic: f64::NAN, p_value: f64::NAN }
    }
}

impl MetaRegression {
    fn undefined(status: Status, size: usize, rows: usize, options: &MetaOptions) -> Self {
        let none = |method| Estimate::undefined(status, Level::BetweenStudies, method).with_rows(0, 0, rows);
        Self {
            options: *options,
            coefficients: vec![Coefficient::undefined(status, rows, options); size],
            moderators: ModeratorTest::NONE,
            tau_squared: none(options.estimator.as_str()),
            i_squared: none("I^2"),
            h_squared: f64::NAN,
            r_squared: f64::NAN,
            q: f64::NAN,
            q_degrees: f64::NAN,
            q_p: f64::NAN,
        }
    }
}
