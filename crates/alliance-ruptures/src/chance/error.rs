//! Why there is no chance rate.

use thiserror::Error;

use crate::RuptureError;

/// Why a null model, a chance rate or a calibrated rule cannot be given.
///
/// Messages hold counts and rates, never a score.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ChanceError {
    /// Too few clients with long enough series.
    #[error("cannot be fitted: {dyads} dyads have {sessions} or more scored sessions; it takes {needed}")]
    TooFewDyads {
        /// Dyads that are long enough.
        dyads: usize,
        /// Scored sessions a dyad needs.
        sessions: usize,
        /// Dyads it takes.
        needed: usize,
    },
    /// Scores do not vary within clients.
    #[error(
        "cannot be fitted: {varying} of {dyads} dyads with enough sessions have scores that vary; it takes {needed}"
    )]
    NoVariation {
        /// Dyads whose scores vary.
        varying: usize,
        /// Dyads that are long enough.
        dyads: usize,
        /// Dyads it takes.
        needed: usize,
    },
    /// The rule has no threshold to move: a fixed score is its own, run rules have none.
    #[error("not calibratable: the rule has no threshold that could be moved")]
    NoThreshold,
    /// No client or session can be flagged at all, whatever the threshold.
    #[error("not calibratable: the rule can assess no session of series like these")]
    NothingAssessed,
    /// No threshold gives a rate as low.
    #[error("not calibratable: no threshold gives a rate of {wanted} or less; the lowest is {lowest:.4}")]
    NotAttainable {
        /// The rate that was wanted, in words of the caller.
        wanted: f64,
        /// Lowest rate any threshold gives.
        lowest: f64,
    },
    /// An option is outside its range.
    #[error(transparent)]
    Option(#[from] RuptureError),
}

impl ChanceError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooFewDyads { .. } | Self::NoVariation { .. } => "cannot-be-fitted",
            Self::NoThreshold | Self::NothingAssessed | Self::NotAttainable { .. } => "not-calibratable",
            Self::Option(error) => error.code(),
        }
    }
}
