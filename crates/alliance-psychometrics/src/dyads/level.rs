//! Do two ratings order dyads alike, and do they agree on the level?

use super::pairs::{PairMoments, checked, correlation_estimate};
use crate::distributions::normal;
use crate::estimate::check_confidence;
use crate::{Estimate, Level, PsychometricsError, Status};

/// Pairs below which any two points make a line.
const FEWEST: usize = 3;

/// Association and agreement of two ratings of the same dyads.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LevelAgreement {
    /// Pearson's correlation: is the order alike? A difference in level or scale does not count.
    pub correlation: Estimate,
    /// Lin's concordance correlation (divisor n): how near are the pairs to the line of equality?
    pub concordance: Estimate,
    /// `atanh` of the concordance, on which its interval is made; NaN at -1 and 1.
    pub concordance_z: f64,
    /// Standard error of `concordance_z`; NaN where there is no interval.
    pub concordance_z_standard_error: f64,
    /// Bias correction `C_b`, from 0 to 1: concordance = correlation × `C_b`.
    pub bias_correction: f64,
    /// Scale shift v: first SD by second SD.
    pub scale_shift: f64,
    /// Location shift u: difference of means in units of the geometric mean of the SDs.
    pub location_shift: f64,
    /// Double-entry intraclass correlation: the two roles as exchangeable.
    pub double_entry: Estimate,
}

/// Association (Pearson) and agreement on the level (Lin's concordance, double-entry ICC) of paired ratings.
///
/// One pair per dyad: of one session, or means of each dyad; `level` says which. A pair with a missing value is left
/// out. ICC(A,1), which for two raters is close to the concordance, belongs to the intraclass correlations.
///
/// ```text
/// rho_c = 2 s_xy / (s_x² + s_y² + (mean x - mean y)²) = r C_b,  C_b = 2 / (v + 1/v + u²)
/// ```
///
/// with n as divisor, as Lin (1989, Biometrics 45, 255-268) has it; n - 1 changes the fifth digit in small samples. The interval is that of
/// Fisher's z with Lin's variance, divisor n - 2. Fewer than three pairs are `TooFewUnits`, since two points
/// always lie on a line; a rating that does not vary makes correlation and concordance `ZeroVariance`.
///
/// # Errors
///
/// `length-mismatch`, `not-finite`; `invalid-option` unless `0 < confidence < 1`.
///
/// ```
/// use alliance_psychometrics::Level;
/// use alliance_psychometrics::dyads::level_agreement;
///
/// // The therapist sees what the client sees, one point lower.
/// let found = level_agreement(&[5.0, 6.0, 4.0, 7.0], &[4.0, 5.0, 3.0, 6.0], Level::OneSession, 0.95)?;
/// assert!((found.correlation.value - 1.0).abs() < 1e-12);
/// assert!((found.concordance.value - 5.0 / 7.0).abs() < 1e-12);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn level_agreement(
    first: &[f64],
    second: &[f64],
    level: Level,
    confidence: f64,
) -> Result<LevelAgreement, PsychometricsError> {
    check_confidence(confidence)?;
    checked(first, second)?;
    let moments = PairMoments::new(first.iter().copied().zip(second.iter().copied()));
    let rows =
        |estimate: Estimate| estimate.with_rows(moments.count, moments.count, first.len() - moments.count);
    let status = match moments.count {
        0 => Some(Status::AllMissing),
        1..FEWEST => Some(Status::TooFewUnits),
        _ => None,
    };
    if let Some(status) = status {
        let undefined = |method| rows(Estimate::undefined(status, level, method));
        return Ok(LevelAgreement {
            correlation: undefined(PEARSON),
            concordance: undefined(LIN),
            concordance_z: f64::NAN,
            concordance_z_standard_error: f64::NAN,
            bias_correction: f64::NAN,
            scale_shift: f64::NAN,
            location_shift: f64::NAN,
            double_entry: undefined(DOUBLE_ENTRY),
        });
    }
    let n = moments.count as f64;
    let r = moments.correlation();
    let deviations = moments.squares.map(|squares| (squares / n).sqrt());
    let geometric = (deviations[0] * deviations[1]).sqrt();
    let (scale_shift, location_shift) = if r.is_nan() {
        (f64::NAN, f64::NAN)
    } else {
        (deviations[0] / deviations[1], moments.difference() / geometric)
    };
    let bias_correction = 2.0 / (scale_shift + 1.0 / scale_shift + location_shift * location_shift);
    let lin = Lin { value: moments.concordance(), r, bias_correction, location_shift };
    let z_error = lin.z_variance(n).sqrt();
    let double_entry = moments.double_entry();
    let double_entry = if double_entry.is_nan() {
        Estimate::undefined(Status::ZeroVariance, level, DOUBLE_ENTRY)
    } else {
        Estimate::new(double_entry, level, DOUBLE_ENTRY)
    };
    Ok(LevelAgreement {
        correlation: rows(correlation_estimate(r, n - 3.0, level, PEARSON, confidence)),
        concordance: rows(lin.estimate(z_error, level, confidence)),
        concordance_z: if lin.value.abs() < 1.0 { libm::atanh(lin.value) } else { f64::NAN },
        concordance_z_standard_error: z_error,
        bias_correction,
        scale_shift,
        location_shift,
        double_entry: rows(double_entry),
    })
}

const PEARSON: &str = "Pearson, Fisher z";
const LIN: &str = "Lin's concordance, Fisher z";
const DOUBLE_ENTRY: &str = "double-entry ICC";

struct Lin {
    value: f64,
    r: f64,
    bias_correction: f64,
    location_shift: f64,
}

impl Lin {
    /// Lin's variance of z, written without division by r; NaN for perfect agreement, where it is 0 by 0.
    fn z_variance(&self, n: f64) -> f64 {
        let (c, shift) = (self.bias_correction, self.location_shift * self.location_shift);
        let squared = self.value * self.value;
        let rest = 1.0 - squared;
        if !(n > 2.0 && rest > 0.0) {
            return f64::NAN;
        }
        let variance = (1.0 - self.r * self.r) * c * c / rest
            + 2.0 * squared * c * (1.0 - self.value) * shift / (rest * rest)
            - squared * c * c * shift * shift / (2.0 * rest * rest);
        variance.max(0.0) / (n - 2.0)
    }

    fn estimate(&self, z_error: f64, level: Level, confidence: f64) -> Estimate {
        if self.value.is_nan() {
            return Estimate::undefined(Status::ZeroVariance, level, LIN);
        }
        let estimate = Estimate::new(self.value, level, LIN);
        if z_error.is_nan() {
            return estimate.with_note("perfect agreement: no interval");
        }
        let z = libm::atanh(self.value);
        let reach = normal(0.5 + 0.5 * confidence) * z_error;
        estimate.with_standard_error(z_error * (1.0 - self.value * self.value)).with_interval(
            libm::tanh(z - reach),
            libm::tanh(z + reach),
            confidence,
        )
    }
}
