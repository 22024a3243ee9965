//! What a change must gain to be accepted.

use super::{NotAssessed, SegmentCost};
use crate::RuptureError;

/// Median of the range of two standard normal values, as printed in tables of control chart constants (d4).
const MEDIAN_RANGE_OF_TWO: f64 = 0.954;

/// Penalty per change in units of -2 log likelihood, for one parameter per segment (the level).
///
/// Formulas of the R package `changepoint` with p = 1 and n the number of scored sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Criterion {
    /// Schwarz, the change point itself not counted: p ln n.
    Sic0,
    /// Schwarz: (p + 1) ln n.
    Sic,
    /// Modified Schwarz: (p + 2) ln n. The part of Zhang and Siegmund's (2007) criterion that depends on segment lengths is not in it.
    Mbic,
    /// Akaike: 2 (p + 1).
    Aic,
    /// Hannan and Quinn: 2 (p + 1) ln ln n; 0 below three sessions, where it would be negative.
    HannanQuinn,
}

impl Criterion {
    /// The penalty for `observed` scored sessions; 0 without any.
    ///
    /// ```
    /// use alliance_ruptures::segments::Criterion;
    ///
    /// assert!((Criterion::Sic.value(15) - 2.0 * 15_f64.ln()).abs() < 1e-12);
    /// ```
    pub fn value(self, observed: usize) -> f64 {
        let log = libm::log(observed.max(1) as f64);
        match self {
            Self::Sic0 => log,
            Self::Sic => 2.0 * log,
            Self::Mbic => 3.0 * log,
            Self::Aic => 4.0,
            Self::HannanQuinn if observed < 3 => 0.0,
            Self::HannanQuinn => 4.0 * libm::log(log),
        }
    }
}

/// Where the noise sigma comes from that brings a criterion into the units of the cost.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum NoiseSigma {
    /// Median moving range of the series over 0.954: hardly moved by the changes looked for.
    MedianMovingRange,
    /// A known or pooled standard deviation within segments, in score units.
    Known(f64),
}

/// Penalty per change.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Penalty {
    /// In the units of the cost.
    Value(f64),
    /// A criterion, brought into the units of the cost with a noise sigma.
    ///
    /// Factor: sigma^2 for L2; sigma / (2 sqrt 2) for L1 (half the scale of the Laplace
    /// distribution with this standard deviation, our derivation); 1 for rank and
    /// censored normal costs, which are in units of -2 log likelihood already.
    Criterion(Criterion, NoiseSigma),
}

impl Default for Penalty {
    /// `Mbic` (the default of R's `changepoint`) with sigma from the median moving range.
    fn default() -> Self {
        Self::Criterion(Criterion::Mbic, NoiseSigma::MedianMovingRange)
    }
}

impl Penalty {
    pub(super) fn validate(self) -> Result<Self, RuptureError> {
        let problem = match self {
            Self::Value(value) if !(value.is_finite() && value >= 0.0) => {
                "the penalty must be finite and not negative"
            }
            Self::Criterion(_, NoiseSigma::Known(sigma)) if !(sigma.is_finite() && sigma > 0.0) => {
                "the noise sigma must be finite and above 0"
            }
            _ => return Ok(self),
        };
        Err(RuptureError::InvalidOption { option: "penalty", problem: problem.into() })
    }

    /// In the units of the cost, for one series with `observed` scores.
    pub(super) fn in_units_of(
        self,
        cost: &SegmentCost,
        scores: &[f64],
        observed: usize,
        buffer: &mut Vec<f64>,
    ) -> Result<f64, NotAssessed> {
        let (criterion, noise) = match self {
            Self::Value(value) => return Ok(value),
            Self::Criterion(criterion, noise) => (criterion, noise),
        };
        let value = criterion.value(observed);
        if matches!(cost, SegmentCost::Rank | SegmentCost::CensoredNormal { .. }) {
            return Ok(value);
        }
        let sigma = match noise {
            NoiseSigma::Known(sigma) => sigma,
            NoiseSigma::MedianMovingRange => {
                let sigma = moving_range_sigma(scores, buffer);
                // A constant series has no change whatever the penalty; 0 is as good as any.
                if !(sigma > 0.0 || constant(scores)) {
                    return Err(NotAssessed::NoSigma);
                }
                sigma.max(0.0)
            }
        };
        Ok(match cost {
            SegmentCost::L1 => value * sigma / (2.0 * std::f64::consts::SQRT_2),
            _ => value * sigma * sigma,
        })
    }
}

/// Noise sigma from the median moving range: median |y(t) - y(t-1)| / 0.954 over adjacent sessions that both have a score.
///
/// A moving range does not see the level, so one shift spoils one range only, and the
/// median does not follow it. NaN if no two adjacent sessions have a score; 0 if
/// more than half of the ranges are zero. See Wheeler's individuals charts.
///
/// ```
/// use alliance_ruptures::segments::median_moving_range_sigma;
///
/// let sigma = median_moving_range_sigma(&[5.0, 5.2, 5.0, 3.0, 5.1, 5.3]);
/// assert!((sigma - 0.2 / 0.954).abs() < 1e-12);
/// ```
pub fn median_moving_range_sigma(scores: &[f64]) -> f64 {
    moving_range_sigma(scores, &mut Vec::new())
}

pub(super) fn moving_range_sigma(scores: &[f64], ranges: &mut Vec<f64>) -> f64 {
    ranges.clear();
    let pairs = scores.iter().zip(scores.iter().skip(1));
    ranges.extend(pairs.map(|(before, after)| (after - before).abs()).filter(|range| !range.is_nan()));
    let middle = ranges.len() / 2;
    if ranges.is_empty() {
        return f64::NAN;
    }
    let even = ranges.len().is_multiple_of(2);
    let (below, median, _) = ranges.select_nth_unstable_by(middle, f64::total_cmp);
    let upper = *median;
    let lower = if even { below.iter().copied().fold(0.0, f64::max) } else { upper };
    (lower + 0.5 * (upper - lower)) / MEDIAN_RANGE_OF_TWO
}

fn constant(scores: &[f64]) -> bool {
    let mut observed = scores.iter().filter(|score| !score.is_nan());
    let first = observed.next();
    observed.all(|score| Some(score) == first)
}
