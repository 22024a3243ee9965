//! One effect size as another.

use crate::distributions::{normal, normal_cumulative};
use crate::estimate::check_confidence;
use crate::{Estimate, Level, PsychometricsError, Status};

/// Nodes of the integral over true correlations.
const NODES: i32 = 400;
/// Standard deviations on each side that it covers.
const REACH: f64 = 8.0;

/// Fisher's z of a correlation, atanh(r); NaN for |r| = 1 and beyond, where it is not defined.
pub fn fisher_z(r: f64) -> f64 {
    if r > -1.0 && r < 1.0 { libm::atanh(r) } else { f64::NAN }
}

/// The correlation of a Fisher's z.
pub fn r_from_fisher_z(z: f64) -> f64 {
    libm::tanh(z)
}

/// A correlation of `n` pairs with Fisher's interval, tanh(z ± q / sqrt(n - 3)); its standard error is that of r,
/// (1 - r^2) / sqrt(n - 3).
///
/// Undefined for |r| >= 1 and for three pairs or fewer.
///
/// # Errors
///
/// `invalid-option` unless `0 < confidence < 1`.
pub fn fisher_z_interval(r: f64, n: f64, confidence: f64) -> Result<Estimate, PsychometricsError> {
    check_confidence(confidence)?;
    let method = "Fisher's z";
    let z = fisher_z(r);
    if z.is_nan() {
        return Ok(Estimate::undefined(Status::Undefined, Level::OneSession, method));
    }
    if n.is_nan() || n <= 3.0 {
        return Ok(Estimate::undefined(Status::TooFewUnits, Level::OneSession, method));
    }
    let error = 1.0 / (n - 3.0).sqrt();
    let reach = normal(0.5 + confidence / 2.0) * error;
    Ok(Estimate::new(r, Level::OneSession, method)
        .with_standard_error((1.0 - r * r) * error)
        .with_interval(r_from_fisher_z(z - reach), r_from_fisher_z(z + reach), confidence)
        .with_rows(n as usize, n as usize, 0))
}

/// Cohen's d of a correlation, 2 r / sqrt(1 - r^2) (groups of equal size); NaN for |r| >= 1.
///
/// ```
/// use alliance_psychometrics::synthesis::{d_from_r, r_from_d};
///
/// assert!((d_from_r(0.278) - 0.578_82).abs() < 5e-6);
/// assert!((r_from_d(0.62) - 0.296_10).abs() < 5e-6);
/// ```
pub fn d_from_r(r: f64) -> f64 {
    if r > -1.0 && r < 1.0 { 2.0 * r / ((1.0 - r) * (1.0 + r)).sqrt() } else { f64::NAN }
}

/// The correlation of a Cohen's d of two groups of equal size, d / sqrt(d^2 + 4).
pub fn r_from_d(d: f64) -> f64 {
    d / libm::hypot(d, 2.0)
}

/// The correlation of a Cohen's d of two groups of these sizes, d / sqrt(d^2 + a), a = (n1 + n2)^2 / (n1 n2).
pub fn r_from_d_of_groups(d: f64, first: f64, second: f64) -> f64 {
    let a = (first + second) * (first + second) / (first * second);
    if first > 0.0 && second > 0.0 { d / (d * d + a).sqrt() } else { f64::NAN }
}

/// Cohen's d of an odds ratio, ln(OR) sqrt(3) / pi (Hasselblad and Hedges 1995); NaN unless it is above 0.
pub fn d_from_odds_ratio(odds_ratio: f64) -> f64 {
    if odds_ratio > 0.0 { libm::log(odds_ratio) * 3.0_f64.sqrt() / std::f64::consts::PI } else { f64::NAN }
}

/// The odds ratio of a Cohen's d, exp(d pi / sqrt(3)).
pub fn odds_ratio_from_d(d: f64) -> f64 {
    libm::exp(d * std::f64::consts::PI / 3.0_f64.sqrt())
}

/// Share of variance, r^2: of r = .26 it is 6.8 %.
pub fn variance_explained(r: f64) -> f64 {
    r * r
}

/// Success rates of two halves that a correlation amounts to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BinomialEffectSize {
    /// .5 + r / 2.
    pub higher: f64,
    /// .5 - r / 2.
    pub lower: f64,
}

/// Binomial effect size display (Rosenthal and Rubin 1982): rates of success above and below the median of the predictor.
pub fn binomial_effect_size(r: f64) -> BinomialEffectSize {
    BinomialEffectSize { higher: 0.5 + r / 2.0, lower: 0.5 - r / 2.0 }
}

/// Common language effect size: chance that a member of the higher group exceeds one of the lower, Phi(d / sqrt(2)).
pub fn common_language_effect_size(d: f64) -> f64 {
    normal_cumulative(d / std::f64::consts::SQRT_2)
}

/// A correlation without error of measurement, r / sqrt(reliability of x times reliability of y).
///
/// A value beyond 1 is given as it is, with status `OutOfRange`. Undefined for a reliability of 0 or less.
///
/// ```
/// use alliance_psychometrics::synthesis::disattenuate;
///
/// assert!((disattenuate(0.26, 0.77, 0.90).value - 0.3123).abs() < 5e-5);
/// ```
pub fn disattenuate(r: f64, reliability_x: f64, reliability_y: f64) -> Estimate {
    let method = "corrected for attenuation";
    let defined = reliability_x > 0.0 && reliability_y > 0.0;
    if !defined {
        return Estimate::undefined(Status::Undefined, Level::OneSession, method);
    }
    let value = r / (reliability_x * reliability_y).sqrt();
    Estimate::new(value, Level::OneSession, method).expected_within(-1.0, 1.0)
}

/// Mean of true correlations whose Fisher's z are normal with mean `z` and variance `tau_squared`: the integral of tanh.
///
/// tanh(z) itself is the median. Simpson's rule.
pub fn mean_correlation(z: f64, tau_squared: f64) -> f64 {
    if tau_squared.is_nan() || tau_squared <= 0.0 {
        return if tau_squared == 0.0 { r_from_fisher_z(z) } else { f64::NAN };
    }
    let tau = tau_squared.sqrt();
    let step = 2.0 * REACH / f64::from(NODES);
    let (mut sum, mut total) = (0.0, 0.0);
    for node in 0..=NODES {
        let x = -REACH + f64::from(node) * step;
        let simpson = match node {
            0 | NODES => 1.0,
            node if node % 2 == 1 => 4.0,
            _ => 2.0,
        };
        let weight = simpson * libm::exp(-0.5 * x * x);
        sum += weight * r_from_fisher_z(z + tau * x);
        total += weight;
    }
    sum / total
}
