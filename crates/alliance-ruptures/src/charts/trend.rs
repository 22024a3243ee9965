//! The line about which a series is charted, and the autocorrelation round it.

use super::options::TrendAdjustment;
use super::{Gaps, median_of};

/// Highest autocorrelation a correction uses: sigma grows at most by 1/sqrt(0.1).
const MOST_AUTOCORRELATION: f64 = 0.9;

/// A straight line on the session position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    pub(super) intercept: f64,
    pub(super) slope: f64,
}

impl Line {
    pub(super) fn at(self, session: usize) -> f64 {
        self.intercept + self.slope * session as f64
    }
}

/// Observed sessions and their scores.
fn observed(scores: &[f64]) -> impl Iterator<Item = (usize, f64)> + Clone {
    scores.iter().copied().enumerate().filter(|(_, score)| !score.is_nan())
}

/// The centre line of a baseline. `scratch` is overwritten.
pub(super) fn fit_line(scores: &[f64], trend: TrendAdjustment, scratch: &mut Vec<f64>) -> Line {
    match trend {
        TrendAdjustment::None => {
            Line { intercept: mean(observed(scores).map(|(_, score)| score)), slope: 0.0 }
        }
        TrendAdjustment::Ols => least_squares(scores),
        TrendAdjustment::TheilSen => theil_sen(scores, scratch),
    }
}

fn mean(numbers: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = numbers.fold((0.0, 0_usize), |(sum, count), number| (sum + number, count + 1));
    sum / count as f64
}

fn least_squares(scores: &[f64]) -> Line {
    let mid = mean(observed(scores).map(|(session, _)| session as f64));
    let level = mean(observed(scores).map(|(_, score)| score));
    let (product, square) = observed(scores).fold((0.0, 0.0), |(product, square), (session, score)| {
        let from_mid = session as f64 - mid;
        (product + from_mid * (score - level), square + from_mid * from_mid)
    });
    let slope = product / square;
    Line { intercept: level - slope * mid, slope }
}

fn theil_sen(scores: &[f64], scratch: &mut Vec<f64>) -> Line {
    scratch.clear();
    for (session, score) in observed(scores) {
        let earlier = observed(scores).take_while(|(before, _)| *before < session);
        scratch.extend(earlier.map(|(before, was)| (score - was) / (session - before) as f64));
    }
    let slope = median_of(scratch);
    scratch.clear();
    scratch.extend(observed(scores).map(|(session, score)| score - slope * session as f64));
    Line { intercept: median_of(scratch), slope }
}

/// Fewest sessions from which the autocorrelation is estimated: its correction divides by n less 3 or 4.
pub(super) fn fewest_for_autocorrelation(trend: TrendAdjustment) -> usize {
    if trend == TrendAdjustment::None { 5 } else { 6 }
}

/// Lag-1 autocorrelation of the deviations of a baseline, corrected for its length and kept in 0 to 0.9.
///
/// `unit` is any positive number of the size of a deviation; it keeps squares from overflowing.
pub(super) fn autocorrelation(deviations: &[f64], unit: f64, gaps: Gaps, trend: TrendAdjustment) -> f64 {
    let mut last: Option<(usize, f64)> = None;
    let (mut products, mut pairs, mut squares, mut count) = (0.0, 0_usize, 0.0, 0_usize);
    for (session, deviation) in observed(deviations) {
        let deviation = deviation / unit;
        if let Some((before, was)) = last
            && (gaps == Gaps::Bridge || before + 1 == session)
        {
            products += was * deviation;
            pairs += 1;
        }
        squares += deviation * deviation;
        count += 1;
        last = Some((session, deviation));
    }
    let n = count as f64;
    let raw = (products / pairs as f64) / (squares / n);
    // The expectation of `raw` is about rho - (1 + 3 rho)/n, about a line rho - (2 + 4 rho)/n: solved for rho.
    let corrected = match trend {
        TrendAdjustment::None => (n * raw + 1.0) / (n - 3.0),
        TrendAdjustment::Ols | TrendAdjustment::TheilSen => (n * raw + 2.0) / (n - 4.0),
    };
    corrected.clamp(0.0, MOST_AUTOCORRELATION)
}
