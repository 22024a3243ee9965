//! Does one study, or the small ones, carry the result?

use super::heterogeneity::Studies;
use super::meta::{MetaAnalysis, MetaOptions, checked, put_together};
use super::three_level::{Intervals, ThreeLevelAnalysis, analyse};
use crate::distributions::student_t;
use crate::{Columns, Estimate, Level, PsychometricsError, Status};

/// Below this many studies the test of small studies has next to no power.
const FEW_STUDIES: usize = 10;

/// The analysis without one study.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftOut {
    /// Row of the study left out, from 0.
    pub row: usize,
    /// The analysis of the others.
    pub analysis: MetaAnalysis,
}

/// The analysis without each study in turn; studies with a missing value are not among them.
///
/// # Errors
///
/// As [`meta_analysis`](super::meta_analysis).
pub fn leave_one_out(
    effects: &[f64],
    variances: &[f64],
    options: &MetaOptions,
) -> Result<Vec<LeftOut>, PsychometricsError> {
    let studies = checked(effects, variances, options)?;
    let rows = effects
        .iter()
        .zip(variances)
        .enumerate()
        .filter(|(_, (effect, variance))| !effect.is_nan() && !variance.is_nan())
        .map(|(row, _)| row);
    let without = |left: usize, values: &[f64]| -> Vec<f64> {
        values.iter().enumerate().filter(|(place, _)| *place != left).map(|(_, value)| *value).collect()
    };
    Ok(rows
        .enumerate()
        .map(|(place, row)| {
            let others = Studies::new(without(place, &studies.effects), without(place, &studies.variances));
            LeftOut { row, analysis: put_together(&others, effects.len() - 1, options) }
        })
        .collect())
}

/// The three-level analysis without one cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterLeftOut {
    /// Code of the cluster left out.
    pub cluster: u32,
    /// The analysis of the others.
    pub analysis: ThreeLevelAnalysis,
}

/// The three-level analysis without each cluster in turn, in the order of the codes; variances come without intervals.
///
/// # Errors
///
/// As [`three_level_analysis`](super::three_level_analysis).
pub fn leave_one_cluster_out(
    effects: &[f64],
    variances: &[f64],
    clusters: &[u32],
    moderators: &Columns<'_>,
    options: &MetaOptions,
) -> Result<Vec<ClusterLeftOut>, PsychometricsError> {
    let mut codes = clusters.to_vec();
    codes.sort_unstable();
    codes.dedup();
    let without = |left: u32| {
        let stays: Vec<bool> = clusters.iter().map(|cluster| *cluster != left).collect();
        let kept = |values: &[f64]| -> Vec<f64> {
            values.iter().zip(&stays).filter(|(_, stays)| **stays).map(|(value, _)| *value).collect()
        };
        let columns: Vec<Vec<f64>> = moderators.iter().map(kept).collect();
        let columns = Columns::new(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
        let others: Vec<u32> = clusters.iter().copied().filter(|cluster| *cluster != left).collect();
        let analysis =
            analyse(&kept(effects), &kept(variances), &others, &columns, options, Intervals::LeftOut)?;
        Ok(ClusterLeftOut { cluster: left, analysis })
    };
    analyse(effects, variances, clusters, moderators, options, Intervals::LeftOut)?;
    codes.into_iter().map(without).collect()
}

/// Egger's test of small studies (1997): slope of the effect on its standard error, weighted by inverse variance, with
/// t of k - 2 degrees of freedom. Positive: small studies report larger effects.
///
/// It is the weighted regression with a multiplicative dispersion (`regtest(..., model = "lm")` in metafor). With fewer than
/// ten studies it has next to no power, which a note repeats.
///
/// # Errors
///
/// As [`meta_analysis`](super::meta_analysis).
pub fn egger_test(
    effects: &[f64],
    variances: &[f64],
    confidence: f64,
) -> Result<Estimate, PsychometricsError> {
    let studies = checked(effects, variances, &MetaOptions { confidence, ..MetaOptions::default() })?;
    let count = studies.effects.len();
    let method = "Egger, weighted regression";
    let level = Level::BetweenStudies;
    let describe = |estimate: Estimate| {
        let estimate = estimate.with_rows(count, count, effects.len() - count);
        if count < FEW_STUDIES {
            estimate.with_note("fewer than ten studies: next to no power, and no evidence of absence")
        } else {
            estimate
        }
    };
    if count < 3 {
        let status = if count == 0 { Status::AllMissing } else { Status::TooFewUnits };
        return Ok(describe(Estimate::undefined(status, level, method)));
    }
    let rows = || {
        studies
            .effects
            .iter()
            .zip(&studies.variances)
            .map(|(effect, variance)| (*effect, variance.sqrt(), 1.0 / variance))
    };
    let weights: f64 = rows().map(|(_, _, weight)| weight).sum();
    let mean = |value: fn(f64, f64) -> f64| {
        rows().map(|(effect, error, weight)| weight * value(effect, error)).sum::<f64>() / weights
    };
    let (mean_effect, mean_error) = (mean(|effect, _| effect), mean(|_, error| error));
    let (mut squares, mut products) = (0.0, 0.0);
    for (effect, error, weight) in rows() {
        squares += weight * (error - mean_error) * (error - mean_error);
        products += weight * (error - mean_error) * (effect - mean_effect);
    }
    // Standard errors that differ by rounding only are equal.
    if squares <= 1e-20 * weights * mean_error * mean_error {
        return Ok(describe(Estimate::undefined(Status::ZeroVariance, level, method)));
    }
    let slope = products / squares;
    let residual: f64 = rows()
        .map(|(effect, error, weight)| weight * (effect - mean_effect - slope * (error - mean_error)).powi(2))
        .sum();
    let degrees = count as f64 - 2.0;
    let error = (residual / degrees / squares).sqrt();
    let reach = student_t(0.5 + confidence / 2.0, degrees) * error;
    Ok(describe(
        Estimate::new(slope, level, method)
            .with_standard_error(error)
            .with_interval(slope - reach, slope + reach, confidence)
            .with_degrees_of_freedom(degrees),
    ))
}

/// On which side of the mean studies are suspected to be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MissingSide {
    /// Small effects: the usual suspicion, with effects coded positive.
    Left,
    /// Large effects.
    Right,
}

/// Trim-and-fill: how the result would be if the funnel were symmetric.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TrimAndFill {
    /// Studies suspected to be missing, L0 of Duval and Tweedie.
    pub filled: usize,
    /// The analysis with mirror images of the most extreme studies put in.
    pub analysis: MetaAnalysis,
}

/// Steps after which trimming is given up.
const MOST_TRIMS: usize = 100;

/// Trim-and-fill by L0 (Duval and Tweedie 2000, Biometrics 56): a look at what asymmetry could do, not a correction.
///
/// With fewer than ten studies a note says that next to nothing can be concluded; `NotConverged` if the number of
/// studies does not settle.
///
/// # Errors
///
/// As [`meta_analysis`](super::meta_analysis).
pub fn trim_and_fill(
    effects: &[f64],
    variances: &[f64],
    side: MissingSide,
    options: &MetaOptions,
) -> Result<TrimAndFill, PsychometricsError> {
    let studies = checked(effects, variances, options)?;
    let sign = if side == MissingSide::Left { 1.0 } else { -1.0 };
    let mut sorted: Vec<(f64, f64)> =
        studies.effects.iter().map(|effect| sign * effect).zip(studies.variances.iter().copied()).collect();
    sorted.sort_by(|one, other| one.0.total_cmp(&other.0));
    let count = sorted.len();
    let analyse = |rows: &[(f64, f64)]| {
        let (effects, variances) = rows.iter().copied().unzip();
        put_together(&Studies::new(effects, variances), rows.len(), options)
    };
    let (mut filled, mut centre, mut settled) = (0, f64::NAN, false);
    for _ in 0..MOST_TRIMS {
        centre = analyse(sorted.get(..count - filled).unwrap_or_default()).effect.value;
        let next = suspected(&sorted, centre);
        settled = next == filled;
        if settled {
            break;
        }
        filled = next;
    }
    let extremes = sorted.get(count - filled..).unwrap_or_default();
    let mirrored: Vec<(f64, f64)> =
        sorted.iter().copied().chain(extremes.iter().map(|(y, v)| (2.0 * centre - y, *v))).collect();
    let back: Vec<(f64, f64)> = mirrored.into_iter().map(|(y, v)| (sign * y, v)).collect();
    let mut analysis = analyse(&back);
    analysis.effect.rows_dropped = effects.len() - count;
    if !settled && count > 0 {
        analysis.effect = analysis.effect.with_status(Status::NotConverged);
    }
    if count < FEW_STUDIES {
        analysis.effect =
            analysis.effect.with_note("fewer than ten studies: next to nothing can be concluded");
    }
    Ok(TrimAndFill { filled, analysis })
}

/// L0 of effects in rising order about a centre, rounded and at least 0.
fn suspected(sorted: &[(f64, f64)], centre: f64) -> usize {
    let mut distances: Vec<f64> = sorted.iter().map(|(effect, _)| effect - centre).collect();
    // Ties keep the order of the effects.
    distances.sort_by(|one, other| one.abs().total_cmp(&other.abs()));
    let ranks: f64 = (1_u32..)
        .zip(&distances)
        .filter(|(_, distance)| **distance > 0.0)
        .map(|(rank, _)| f64::from(rank))
        .sum();
    let k = sorted.len() as f64;
    let estimate = (4.0 * ranks - k * (k + 1.0)) / (2.0 * k - 1.0);
    // All studies but one can be trimmed at most.
    (estimate.round().max(0.0) as usize).min(sorted.len().saturating_sub(1))
}
