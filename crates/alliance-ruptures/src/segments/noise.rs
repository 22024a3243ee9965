//! How far a client's scores lie around a level that stays.

use super::penalty::moving_range_sigma;
use crate::rule::Differences;
use crate::{NotAssessed, RuptureError, Spread};

/// Where the standard deviation of scores around an unchanged level comes from, from which priors and penalties are made.
///
/// All but a known one rest on moving ranges, the differences of neighbouring sessions, which a shift of the level hardly moves. A vague or
/// wrong value costs more than in long series: 8 to 40 sessions do not tell noise from change by themselves.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum NoiseScale {
    /// The client's median moving range over 0.954: zero, and so undefined, where scores often repeat.
    MedianMovingRange,
    /// Mean moving range over all clients / 1.128: [`Spread::moving_range`].
    Pooled,
    /// The same of the client alone, shrunk to that of all, which counts for so many moving ranges:
    /// `sqrt((v pooled^2 + n own^2) / (v + n))` with n own moving ranges.
    Shrunken(f64),
    /// Known, in points.
    Known(f64),
}

impl Default for NoiseScale {
    /// Shrunken, the pooled one counting for five moving ranges.
    fn default() -> Self {
        Self::Shrunken(5.0)
    }
}

impl NoiseScale {
    pub(super) fn checked(self) -> Result<(), RuptureError> {
        let problem = match self {
            Self::Shrunken(degrees) if !(degrees.is_finite() && degrees >= 0.0) => {
                "the moving ranges that the pooled value counts for are finite and not negative"
            }
            Self::Known(sigma) if !(sigma.is_finite() && sigma > 0.0) => {
                "a known sigma is finite and above 0"
            }
            _ => return Ok(()),
        };
        Err(RuptureError::InvalidOption { option: "noise", problem: problem.into() })
    }

    pub(super) fn pools(self) -> bool {
        matches!(self, Self::Pooled | Self::Shrunken(_))
    }

    pub(super) fn is_retrospective(self) -> bool {
        matches!(self, Self::MedianMovingRange | Self::Shrunken(_))
    }

    /// In points, above 0. `ranges` is overwritten.
    pub(super) fn sigma(
        self,
        run: &[f64],
        spread: &Spread,
        ranges: &mut Vec<f64>,
    ) -> Result<f64, NotAssessed> {
        let sigma = match self {
            Self::Known(sigma) => sigma,
            Self::Pooled => spread.moving_range,
            Self::Shrunken(degrees) => {
                let mut own = Differences::default();
                own.take(run);
                // Without a moving range of its own, a client has the pooled sigma.
                let own_squares = if own.count > 0.0 { own.count * own.sd().powi(2) } else { 0.0 };
                ((degrees * spread.moving_range.powi(2) + own_squares) / (degrees + own.count)).sqrt()
            }
            Self::MedianMovingRange => {
                let sigma = moving_range_sigma(run, ranges);
                let mut known = run.iter().filter(|score| !score.is_nan());
                let first = known.next();
                if sigma == 0.0 && known.any(|score| Some(score) != first) {
                    return Err(NotAssessed::NoMovingRange);
                }
                sigma
            }
        };
        if sigma.is_infinite() {
            Err(NotAssessed::OutOfRange)
        } else if sigma > 0.0 {
            Ok(sigma)
        } else {
            Err(NotAssessed::NoUnit)
        }
    }
}
