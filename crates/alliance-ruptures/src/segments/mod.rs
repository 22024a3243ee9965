//! Change points: where one client's level shifts.
//!
//! | Question | Answer |
//! |---|---|
//! | which sessions belong together? | [`OptimalPartition`] (exact), [`BinarySegmentation`] (greedy) |
//! | which of these stretches are ruptures? | [`episodes_of_segments`] |
//! | how sure is a change after each session? | [`ProductPartition`] (exact posterior) |
//! | did something change just now? | [`OnlineChangePoint`] (live) |
//! | one odd session or a lasting shift? | [`LocalLevel`] (shock tests) |
//!
//! Each of these takes one client's scores as a slice with one element per
//! session, NaN where it is missing, and answers with positions in that slice.
//! [`SegmentDetector`], [`OnlineDetector`], [`ProductDetector`] and [`LevelDetector`] make a
//! [`Detector`](crate::Detector) of them: numbers pooled over a sample, flags, episodes.

mod binary;
mod censored;
mod cost;
mod detector;
mod dynamic;
mod episodes;
mod local_level;
mod local_level_fit;
mod marginal;
mod noise;
mod online;
mod partition;
mod penalty;
mod posterior;
mod product;

use std::fmt;

pub use binary::BinarySegmentation;
pub use cost::SegmentCost;
pub use detector::{DropUnit, Misfit, SegmentDetector, SegmentPenalty, Segmentation};
pub use episodes::{SegmentEpisode, SegmentOutcome, episodes_of_segments};
pub use local_level::{InitialLevel, LevelSession, LocalLevel, LocalLevelResult};
pub use marginal::{KnownSigma, NormalGamma, SegmentPrior};
pub use noise::NoiseScale;
pub use online::{OnlineChangePoint, OnlineState, OnlineStep};
pub use partition::{OptimalPartition, Partition, Segment, SegmentScratch};
pub use penalty::{Criterion, NoiseSigma, Penalty, median_moving_range_sigma};
pub use posterior::{LevelDetector, LevelTest, OnlineDetector, ProductDetector};
pub use product::{ProductPartition, ProductPosterior};

/// Why a series has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotAssessed {
    /// Too few sessions have a score.
    TooFewObserved {
        /// Sessions with a score.
        observed: usize,
        /// Sessions with a score that are needed.
        needed: usize,
    },
    /// The scores do not vary, so no variance can be estimated.
    Constant,
    /// Scores vary, but more than half of the moving ranges are zero or none exists: no sigma.
    NoSigma,
    /// A score is infinite, or sums of squares exceed the range of a double.
    OutOfRange,
}

impl From<NotAssessed> for crate::NotAssessed {
    fn from(reason: NotAssessed) -> Self {
        match reason {
            NotAssessed::TooFewObserved { observed, needed } => Self::TooFewSessions { observed, needed },
            NotAssessed::Constant => Self::NoUnit,
            NotAssessed::NoSigma => Self::NoMovingRange,
            NotAssessed::OutOfRange => Self::OutOfRange,
        }
    }
}

impl fmt::Display for NotAssessed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFewObserved { observed, needed } => {
                write!(f, "{observed} sessions have a score, {needed} are needed")
            }
            Self::Constant => f.write_str("the scores do not vary"),
            Self::NoSigma => f.write_str("the median moving range is zero or undefined"),
            Self::OutOfRange => f.write_str("scores are infinite or too large to square"),
        }
    }
}
