//! Why a dyad has no verdict.

/// Why a detector says nothing about a dyad. A defined answer, not a fault of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotAssessed {
    /// Fewer observed sessions than the detector asks for.
    TooFewSessions {
        /// Observed sessions.
        observed: usize,
        /// Sessions the detector needs.
        needed: usize,
    },
    /// The unit of the detector is not defined: the scores do not vary, or there are too few of them to tell.
    NoUnit,
    /// No observed session has a reference: the history it needs comes too late or never, or never its neighbours.
    NoReference,
    /// Missing sessions leave too few moving ranges.
    TooFewMovingRanges,
    /// Scores differ, but so many moving ranges are zero that sigma is too.
    NoMovingRange,
    /// Too few scores differ from the median.
    TooFewOffMedian,
    /// Scores are so large that sums or squares overflow.
    OutOfRange,
}

impl NotAssessed {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooFewSessions { .. } => "too-few-sessions",
            Self::NoUnit => "no-unit",
            Self::NoReference => "no-reference",
            Self::TooFewMovingRanges => "too-few-moving-ranges",
            Self::NoMovingRange => "no-moving-range",
            Self::TooFewOffMedian => "too-few-off-median",
            Self::OutOfRange => "out-of-range",
        }
    }
}
