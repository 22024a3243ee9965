//! Moving ranges, and sigma from them.

use super::options::SigmaMethod;
use super::{Gaps, median_of};

/// Mean range of two normal observations in units of sigma, as qicharts2 rounds it.
const D2: f64 = 1.128;
/// Median range of two normal observations: sqrt(2) times the normal quantile of 0.75, rounded likewise.
const MEDIAN_RANGE: f64 = 0.954;
/// Upper limit of a range of two in units of the mean range, D4.
pub(super) const D4: f64 = 3.267;

/// Fills `ranges` with the moving range of each session, NaN where it has none.
pub(super) fn moving_ranges(deviations: &[f64], gaps: Gaps, ranges: &mut Vec<f64>) {
    ranges.clear();
    let mut last = f64::NAN;
    for deviation in deviations {
        ranges.push((deviation - last).abs());
        if !deviation.is_nan() || gaps == Gaps::BreakPair {
            last = *deviation;
        }
    }
}

/// What the moving ranges of a baseline give.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    /// How many moving ranges there are.
    pub(super) count: usize,
    /// Their plain mean.
    pub(super) mean: f64,
    /// The mean, screened mean or median sigma is taken from.
    pub(super) estimate: f64,
    pub(super) sigma: f64,
}

/// Sigma from the moving ranges of a baseline. `scratch` is overwritten.
pub(super) fn spread(ranges: &[f64], method: SigmaMethod, scratch: &mut Vec<f64>) -> Spread {
    let known = || ranges.iter().copied().filter(|range| !range.is_nan());
    let mean_below = |limit: f64| {
        let kept = || known().filter(move |range| *range < limit);
        kept().sum::<f64>() / kept().count() as f64
    };
    let count = known().count();
    let mean = known().sum::<f64>() / count as f64;
    let (estimate, unit) = match method {
        SigmaMethod::MeanMovingRange => (mean, D2),
        // Of ranges that are all zero none lies below the limit; their mean is zero either way.
        SigmaMethod::ScreenedMovingRange if mean == 0.0 => (mean, D2),
        SigmaMethod::ScreenedMovingRange => (mean_below(D4 * mean), D2),
        SigmaMethod::MedianMovingRange => {
            scratch.clear();
            scratch.extend(known());
            (median_of(scratch), MEDIAN_RANGE)
        }
    };
    Spread { count, mean, estimate, sigma: estimate / unit }
}
