//! Why a dyad has no verdict.

/// Why a detector says nothing about a dyad. A defined answer, not a fault of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotAssessedBecause {
    /// Fewer observed sessions than the detector asks for.
    TooFewSessions,
    /// Scores do not vary, or too few are there to say how much, so that the unit of the detector is not defined.
    NoVariation,
    /// The sessions are enough, but none of them has a reference: no history, or never the neighbours it takes.
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

impl NotAssessedBecause {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooFewSessions => "too-few-sessions",
            Self::NoVariation => "no-variation",
            Self::NoReference => "no-reference",
            Self::TooFewMovingRanges => "too-few-moving-ranges",
            Self::NoMovingRange => "no-moving-range",
            Self::TooFewOffMedian => "too-few-off-median",
            Self::OutOfRange => "out-of-range",
        }
    }
}
