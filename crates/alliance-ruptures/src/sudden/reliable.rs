//! A cut-off from the reliability of the measure.

use crate::RuptureError;

/// Normal deviate of the reliable change index, two-tailed at .05.
const DEVIATE: f64 = 1.96;

/// How far two scores of one person differ by measurement error alone. All in points of the score.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ReliableChange {
    /// SEM = SD sqrt(1 - reliability).
    pub standard_error_of_measurement: f64,
    /// sqrt(2) SEM.
    pub standard_error_of_difference: f64,
    /// 1.96 sqrt(2) SEM: the smallest change called reliable.
    pub cutoff: f64,
}

/// The smallest change that measurement error would exceed in 5 % of unchanged persons only.
///
/// `standard_deviation` is that of a reference sample, usually before treatment, and
/// `reliability` that of the same score. Jacobson and Truax (1991, doi:10.1037/0022-006X.59.1.12).
///
/// ```
/// use alliance_ruptures::sudden::reliable_change_cutoff;
///
/// let change = reliable_change_cutoff(10.5, 0.961).unwrap();
/// assert!((change.cutoff - 5.7477).abs() < 5e-5);
/// ```
///
/// # Errors
///
/// `invalid-option` unless the standard deviation is finite and above 0 and the reliability in 0 to 1.
pub fn reliable_change_cutoff(
    standard_deviation: f64,
    reliability: f64,
) -> Result<ReliableChange, RuptureError> {
    if !(standard_deviation.is_finite() && standard_deviation > 0.0) {
        return Err(RuptureError::InvalidOption {
            option: "standard_deviation",
            problem: "must be finite and above 0".into(),
        });
    }
    if !(0.0..=1.0).contains(&reliability) {
        return Err(RuptureError::InvalidOption {
            option: "reliability",
            problem: "must lie between 0 and 1".into(),
        });
    }
    let standard_error_of_measurement = standard_deviation * (1.0 - reliability).sqrt();
    let standard_error_of_difference = std::f64::consts::SQRT_2 * standard_error_of_measurement;
    Ok(ReliableChange {
        standard_error_of_measurement,
        standard_error_of_difference,
        cutoff: DEVIATE * standard_error_of_difference,
    })
}
