//! Does one study, or the small ones, carry the result?

use super::heterogeneity::Studies;
use super::meta::{MetaAnalysis, MetaOptions, checked, put_together};
use crate::distributions::student_t;
use crate::{Estimate, Level, PsychometricsError, Status};

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
            let others = Studies {
                effects: without(place, &studies.effects),
                variances: without(place, &studies.variances),
            };
            LeftOut { row, analysis: put_together(&others, effects.len() - 1, options) }
        })
        .collect())
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
