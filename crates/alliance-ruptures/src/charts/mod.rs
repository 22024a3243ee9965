//! Control charts of one client's session scores.
//!
//! [`IndividualsChart`] puts a centre line and limits round a series (individuals and moving range chart, `XmR`);
//! on it stand the run rules of Western Electric and Nelson, [`Cusum`] and [`Ewma`]. [`anhoj_runs`] needs only
//! the median.
//!
//! A chart in hand can be read: a series that is too short, constant or otherwise unfit gives no chart but a
//! [`NotAssessable`] that says why. The *worse side* is below the centre line where a higher score is better and
//! above it where a lower one is. Sessions are positions in the slice; NaN is a missing session.
//!
//! Formulas follow the R packages qcc (commit af35099) and qicharts2 (commit 1b9487e); control charts were
//! proposed for ruptures by Eubanks-Carter, Gorman and Muran (2012, Psychotherapy Research 22, 621-637).
//! Limits over a whole series look back: only a chart with a frozen baseline uses the past alone.
//! [`ChartDetector`] and [`AnhojDetector`] make a [`Detector`](crate::Detector) of a chart.

mod anhoj;
mod cusum;
mod detector;
mod ewma;
mod individuals;
mod options;
mod run_rules;
mod sigma;
mod trend;

pub use anhoj::{AnhojOptions, AnhojRuns, anhoj_runs};
pub use cusum::{Cusum, CusumOptions, CusumSignal};
pub use detector::{AnhojDetector, ChartDetector, ChartSignal};
pub use ewma::{Ewma, EwmaExponent, EwmaOptions};
pub use individuals::{ChartFitter, IndividualsChart, Limits};
pub use options::{Autocorrelation, Baseline, ChartOptions, Gaps, SigmaMethod, TrendAdjustment};
pub use run_rules::{RunRule, RunRules, RunSignal};

use thiserror::Error;

use crate::{NotAssessed, Orientation};

/// Why a series has no chart. A defined answer, not a fault of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum NotAssessable {
    /// Fewer observed sessions, or baseline sessions, than needed.
    #[error("{observed} observed sessions, at least {needed} are needed")]
    TooFewSessions {
        /// Observed sessions, of the baseline if it is frozen.
        observed: usize,
        /// Sessions needed.
        needed: usize,
    },
    /// Missing sessions leave too few moving ranges.
    #[error("{found} moving ranges, at least {needed} are needed")]
    TooFewMovingRanges {
        /// Moving ranges between sessions of the baseline.
        found: usize,
        /// Moving ranges needed.
        needed: usize,
    },
    /// Too few scores differ from the median.
    #[error("{found} sessions off the median, at least {needed} are needed")]
    TooFewOffMedian {
        /// Sessions off the median.
        found: usize,
        /// Sessions needed.
        needed: usize,
    },
    /// All observed scores, of the baseline if it is frozen, are equal.
    #[error("all scores are equal")]
    Constant,
    /// The scores differ, but the moving range estimate is zero.
    ///
    /// With [`SigmaMethod::MedianMovingRange`]: half of the moving ranges or more are zero;
    /// [`SigmaMethod::MeanMovingRange`] may do. With a trend adjustment: the scores lie on a line.
    #[error("the moving range estimate is zero although scores differ")]
    NoMovingRange,
    /// A score is infinite, or the scores are so large that sums overflow.
    #[error("scores are infinite or too large to add up")]
    NotFinite,
}

impl NotAssessable {
    /// Stable code of the reason.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooFewSessions { .. } => "too-few-sessions",
            Self::TooFewMovingRanges { .. } => "too-few-moving-ranges",
            Self::TooFewOffMedian { .. } => "too-few-off-median",
            Self::Constant => "constant",
            Self::NoMovingRange => "no-moving-range",
            Self::NotFinite => "not-finite",
        }
    }
}

impl From<NotAssessable> for NotAssessed {
    fn from(reason: NotAssessable) -> Self {
        match reason {
            NotAssessable::TooFewSessions { observed, needed } => Self::TooFewSessions { observed, needed },
            NotAssessable::TooFewMovingRanges { .. } => Self::TooFewMovingRanges,
            NotAssessable::TooFewOffMedian { .. } => Self::TooFewOffMedian,
            NotAssessable::Constant => Self::NoUnit,
            NotAssessable::NoMovingRange => Self::NoMovingRange,
            NotAssessable::NotFinite => Self::OutOfRange,
        }
    }
}

/// Distances within this many sigma count as equal, so that a score on a line or limit is
/// not beyond it because of a rounding error.
const TOLERANCE: f64 = 1e-9;

/// A standardised deviation turned so that positive is worse. Everything charted is symmetric about the centre line.
fn badness(deviation: f64, orientation: Orientation) -> f64 {
    match orientation {
        Orientation::HigherIsBetter => -deviation,
        Orientation::LowerIsBetter => deviation,
    }
}

/// Median of numbers, which are put in order; NaN of none.
fn median_of(numbers: &mut [f64]) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    let half = numbers.len() / 2;
    let upper = numbers.get(half).copied().unwrap_or(f64::NAN);
    if numbers.len() % 2 == 1 {
        return upper;
    }
    let lower = half.checked_sub(1).and_then(|below| numbers.get(below)).copied().unwrap_or(f64::NAN);
    f64::midpoint(lower, upper)
}
