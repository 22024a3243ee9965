//! Correlations of several studies, by Fisher's z and back.

use super::convert::{fisher_z, mean_correlation, r_from_fisher_z};
use super::meta::{MetaAnalysis, MetaOptions, meta_analysis};
use crate::{Columns, Estimate, Interval, PsychometricsError, Status};

/// A [`MetaAnalysis`] of Fisher's z, with its results as correlations.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MetaCorrelations {
    /// In Fisher's z.
    pub fisher_z: MetaAnalysis,
    /// Back as correlation, tanh: the median true correlation.
    pub correlation: Estimate,
    /// Mean true correlation, the integral of tanh over the distribution of true z; lower in size than the median.
    pub mean_correlation: f64,
    /// Where the true correlation of a further study would lie.
    pub prediction: Option<Interval>,
}

/// Mean of correlations by Fisher's z with variance 1 / (n - 3).
///
/// A study with a missing value (NaN) is left out. A correlation of -1 or 1 has no Fisher's z, and one of three pairs or
/// fewer no variance: with such a study all is `Undefined`, and a note says how many there are, so that whoever leaves
/// them out does it knowingly.
///
/// # Errors
///
/// `length-mismatch`, `not-finite`; `invalid-option` unless all correlations lie in -1 to 1 and `0 < confidence < 1`.
///
/// ```
/// use alliance_psychometrics::synthesis::{MetaOptions, meta_correlations};
///
/// let found = meta_correlations(&[0.32, 0.21, 0.25, 0.30], &[60.0, 110.0, 45.0, 82.0], &MetaOptions::default())?;
/// assert!((found.correlation.value - 0.26).abs() < 0.01);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn meta_correlations(
    correlations: &[f64],
    sizes: &[f64],
    options: &MetaOptions,
) -> Result<MetaCorrelations, PsychometricsError> {
    let given = correlation_effects(correlations, sizes)?;
    let mut fisher = meta_analysis(&given.effects, &given.variances, options)?;
    if let Some(problem) = given.problem() {
        fisher = MetaAnalysis::undefined(Status::Undefined, correlations.len(), options);
        fisher.effect = fisher.effect.with_note(problem);
    }
    Ok(MetaCorrelations::of(fisher))
}

/// Fisher's z of correlations with their variances; NaN where a study has none.
#[derive(Debug, Clone, PartialEq)]
pub struct CorrelationEffects {
    /// Fisher's z.
    pub effects: Vec<f64>,
    /// 1 / (n - 3).
    pub variances: Vec<f64>,
    /// Studies with values but without Fisher's z or its variance: correlations of -1 or 1, three pairs or fewer.
    pub unusable: usize,
}

impl CorrelationEffects {
    /// What to say if there are unusable studies.
    pub fn problem(&self) -> Option<String> {
        let have = if self.unusable == 1 { "study has" } else { "studies have" };
        (self.unusable > 0).then(|| {
            format!(
                "{} {have} a correlation of -1 or 1 or three pairs or fewer, and so no Fisher's z",
                self.unusable
            )
        })
    }
}

/// Fisher's z of correlations with their variances, for an analysis of your own.
///
/// # Errors
///
/// `length-mismatch`, `not-finite`; `invalid-option` unless all correlations lie in -1 to 1.
pub fn correlation_effects(
    correlations: &[f64],
    sizes: &[f64],
) -> Result<CorrelationEffects, PsychometricsError> {
    Columns::new(&[correlations, sizes])?;
    if correlations.iter().any(|r| r.abs() > 1.0) {
        return Err(PsychometricsError::option("correlations", "from -1 to 1"));
    }
    let (mut effects, mut variances, mut unusable) = (Vec::new(), Vec::new(), 0);
    for (r, n) in correlations.iter().zip(sizes) {
        let is_missing = r.is_nan() || n.is_nan();
        let is_usable = r.abs() < 1.0 && *n > 3.0;
        unusable += usize::from(!is_missing && !is_usable);
        effects.push(if is_usable { fisher_z(*r) } else { f64::NAN });
        variances.push(if is_usable { 1.0 / (n - 3.0) } else { f64::NAN });
    }
    Ok(CorrelationEffects { effects, variances, unusable })
}

/// An estimate in Fisher's z back as a correlation.
pub fn as_correlation(fisher_z: &Estimate) -> Estimate {
    let mut correlation = fisher_z.clone();
    correlation.value = r_from_fisher_z(fisher_z.value);
    // First-order: dr/dz = 1 - r^2.
    correlation.standard_error *= 1.0 - correlation.value * correlation.value;
    correlation.interval = fisher_z.interval.map(back);
    correlation
}

fn back(interval: Interval) -> Interval {
    Interval { low: r_from_fisher_z(interval.low), high: r_from_fisher_z(interval.high), ..interval }
}

impl MetaCorrelations {
    fn of(fisher: MetaAnalysis) -> Self {
        let tau_squared = if fisher.tau_squared.value.is_nan() { 0.0 } else { fisher.tau_squared.value };
        Self {
            correlation: as_correlation(&fisher.effect),
            mean_correlation: mean_correlation(fisher.effect.value, tau_squared),
            prediction: fisher.prediction.map(back),
            fisher_z: fisher,
        }
    }
}
