//! How often Jacobson-Truax flags a drop when nothing but usual fluctuation happens.

use crate::PsychometricsError;
use crate::distributions::{normal, normal_cumulative};
use crate::estimate::check_confidence;

/// Chances of a false flag.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FalseAlarms {
    /// That a session is flagged as lower than the one before.
    pub per_step: f64,
    /// That a client is flagged at least once, steps taken as independent.
    pub per_client: f64,
    /// Flags to expect for each client.
    pub expected: f64,
}

/// Chances that the Jacobson-Truax band, used from session to session, flags a drop of a client who only fluctuates.
///
/// Scores have variance 1, of which `icc` lies between clients; the rest is what sessions of one client differ by,
/// with correlation `autocorrelation` from one to the next. The band is z sqrt(2 (1 - reliability)), two-sided; only drops
/// count.
///
/// # Errors
///
/// `invalid-option` unless `0 <= reliability < 1`, `0 <= icc < 1`, `-1 < autocorrelation < 1`, `0 < confidence < 1`.
///
/// ```
/// use alliance_psychometrics::change::jacobson_truax_false_alarms;
///
/// let found = jacobson_truax_false_alarms(0.90, 0.65, 0.0, 12, 0.95)?;
/// assert_eq!(((found.per_step * 1000.0).round(), (found.per_client * 100.0).round()), (147.0, 83.0));
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn jacobson_truax_false_alarms(
    reliability: f64,
    icc: f64,
    autocorrelation: f64,
    sessions: usize,
    confidence: f64,
) -> Result<FalseAlarms, PsychometricsError> {
    check_confidence(confidence)?;
    if !(0.0..1.0).contains(&reliability) {
        return Err(PsychometricsError::option("reliability", "from 0 to below 1"));
    }
    if !(0.0..1.0).contains(&icc) {
        return Err(PsychometricsError::option("icc", "from 0 to below 1"));
    }
    if !(autocorrelation > -1.0 && autocorrelation < 1.0) {
        return Err(PsychometricsError::option("autocorrelation", "between -1 and 1"));
    }
    let band = normal(0.5 + confidence / 2.0) * (2.0 * (1.0 - reliability)).sqrt();
    let fluctuation = (2.0 * (1.0 - icc) * (1.0 - autocorrelation)).sqrt();
    let per_step = normal_cumulative(-band / fluctuation);
    let steps = sessions.saturating_sub(1) as f64;
    // 1 - (1 - p)^steps, without the loss of digits for small p.
    let per_client = -libm::expm1(steps * libm::log1p(-per_step));
    Ok(FalseAlarms { per_step, per_client, expected: steps * per_step })
}
