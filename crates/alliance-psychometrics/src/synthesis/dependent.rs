//! Two correlations of the same clients that share a variable.

use super::convert::{fisher_z, r_from_fisher_z};
use crate::distributions::{normal, normal_two_sided};
use crate::estimate::check_confidence;
use crate::{Estimate, Level, PsychometricsError, Status};

/// Comparison of r(x, y) and r(z, y) in one sample, such as client's and therapist's alliance with outcome.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DependentComparison {
    /// r(x, y) - r(z, y), with the interval of Zou (2007), which needs no test.
    pub difference: Estimate,
    /// Dunn and Clark's z (1969) with Fisher's z of each.
    pub dunn_clark_z: f64,
    /// Its two-sided p.
    pub dunn_clark_p: f64,
    /// The same as Steiger (1980) has it, with both correlations replaced by their mean in the covariance.
    pub steiger_z: f64,
    /// Its two-sided p.
    pub steiger_p: f64,
    /// Meng, Rosenthal and Rubin's z (1992).
    pub meng_z: f64,
    /// Its two-sided p.
    pub meng_p: f64,
}

/// Compares two correlations with a shared variable y: `r_xy`, `r_zy`, and `r_xz` between the two predictors, of `n` clients.
///
/// Dunn and Clark (1969, Journal of the American Statistical Association 64), Steiger (1980, Psychological Bulletin 87),
/// Meng, Rosenthal and Rubin (1992, Psychological Bulletin 111), Zou (2007, Psychological Methods 12).
///
/// Undefined if a correlation of the two is -1 or 1, or the three cannot belong to one sample (`NotPositiveDefinite`);
/// `TooFewUnits` for three clients or fewer.
///
/// # Errors
///
/// `invalid-option` unless the correlations lie in -1 to 1 and `0 < confidence < 1`.
pub fn compare_overlapping_correlations(
    r_xy: f64,
    r_zy: f64,
    r_xz: f64,
    n: f64,
    confidence: f64,
) -> Result<DependentComparison, PsychometricsError> {
    check_confidence(confidence)?;
    for (option, r) in [("r_xy", r_xy), ("r_zy", r_zy), ("r_xz", r_xz)] {
        if !(-1.0..=1.0).contains(&r) {
            return Err(PsychometricsError::option(option, "from -1 to 1"));
        }
    }
    let (z_x, z_z) = (fisher_z(r_xy), fisher_z(r_zy));
    let determinant = 1.0 - r_xy * r_xy - r_zy * r_zy - r_xz * r_xz + 2.0 * r_xy * r_zy * r_xz;
    let refused = match () {
        () if n.is_nan() || n <= 3.0 => Some(Status::TooFewUnits),
        () if z_x.is_nan() || z_z.is_nan() => Some(Status::Undefined),
        () if determinant < -1e-12 => Some(Status::NotPositiveDefinite),
        () => None,
    };
    let method = "dependent correlations, Zou";
    let level = Level::BetweenClients;
    if let Some(status) = refused {
        return Ok(DependentComparison {
            difference: Estimate::undefined(status, level, method),
            dunn_clark_z: f64::NAN,
            dunn_clark_p: f64::NAN,
            steiger_z: f64::NAN,
            steiger_p: f64::NAN,
            meng_z: f64::NAN,
            meng_p: f64::NAN,
        });
    }
    let gap = (z_x - z_z) * (n - 3.0).sqrt();
    let mean = 0.5 * (r_xy + r_zy);
    let z = |first: f64, second: f64| gap / (2.0 - 2.0 * shared(first, second, r_xz)).sqrt();
    let (dunn_clark_z, steiger_z) = (z(r_xy, r_zy), z(mean, mean));
    let mean_square = 0.5 * (r_xy * r_xy + r_zy * r_zy);
    let f = (0.5 * (1.0 - r_xz) / (1.0 - mean_square)).min(1.0);
    let h = (1.0 - f * mean_square) / (1.0 - mean_square);
    let meng_z = gap / (2.0 * (1.0 - r_xz) * h).sqrt();
    // Zou: limits of each correlation, joined with their correlation.
    let reach = normal(0.5 + confidence / 2.0) / (n - 3.0).sqrt();
    let limits = |z: f64| (r_from_fisher_z(z - reach), r_from_fisher_z(z + reach));
    let ((low_x, high_x), (low_z, high_z)) = (limits(z_x), limits(z_z));
    let together = shared(r_xy, r_zy, r_xz);
    let side =
        |one: f64, other: f64| (one * one + other * other - 2.0 * together * one * other).max(0.0).sqrt();
    let difference = r_xy - r_zy;
    let estimate = Estimate::new(difference, level, method)
        .with_interval(
            difference - side(r_xy - low_x, high_z - r_zy),
            difference + side(high_x - r_xy, r_zy - low_z),
            confidence,
        )
        .with_rows(n as usize, n as usize, 0);
    Ok(DependentComparison {
        difference: estimate,
        dunn_clark_z,
        dunn_clark_p: normal_two_sided(dunn_clark_z),
        steiger_z,
        steiger_p: normal_two_sided(steiger_z),
        meng_z,
        meng_p: normal_two_sided(meng_z),
    })
}

/// Correlation of two sample correlations with a shared variable (Pearson and Filon 1898).
fn shared(first: f64, second: f64, between: f64) -> f64 {
    let (one, other) = (first * first, second * second);
    let top = between * (1.0 - one - other) - 0.5 * first * second * (1.0 - one - other - between * between);
    top / ((1.0 - one) * (1.0 - other))
}
