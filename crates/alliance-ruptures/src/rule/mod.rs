//! Rules: what counts as a fall, from what, how far, and what counts as its repair.
//!
//! Every criterion rule of the literature is one point in the space of [`Rule`]'s fields
//! (Gumz et al. 2012 give the fullest discussion). A rule says nothing about how often it
//! fires by chance; that depends on the data it is used on.

mod episode;
mod judge;
mod reference;
mod spread;

pub use episode::{Censoring, ClientClass, Episode, EpisodeRule, Resolution, Shape};
pub use spread::Spread;

pub(crate) use episode::{Change, Episodes};
pub(crate) use judge::RuleJudge;
pub(crate) use reference::Levels;
pub(crate) use spread::{DEVIATION_TO_SD, Differences, Moments, median, unit_in_points};

use crate::RuptureError;

/// Whether two numbers are the same, or both not there.
pub(crate) fn same_or_both_nan(one: f64, other: f64) -> bool {
    one == other || one.is_nan() && other.is_nan()
}

/// From what a fall is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Reference {
    /// The highest of the last observed sessions, as many as the fall may take.
    Previous,
    /// Mean of all the client's sessions: retrospective.
    PersonMean,
    /// Median of all the client's sessions: retrospective.
    PersonMedian,
    /// Mean of the earlier sessions that were not flagged.
    RunningMean,
    /// Median of the earlier sessions that were not flagged.
    RunningMedian,
    /// Best of the earlier sessions that were not flagged.
    RunningMaximum,
    /// The client's own straight line over all sessions: retrospective.
    Trend,
    /// Mean of the first observed sessions, this many.
    Baseline(u16),
    /// A fixed score.
    Fixed(f64),
}

/// In what a fall is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Unit {
    /// Points of the score.
    Points,
    /// Percent of the scale's width.
    Pomp,
    /// The client's own standard deviation.
    OwnSd,
    /// Standard deviation of the client's residuals around an own straight line.
    OwnResidualSd,
    /// Standard deviation within clients, pooled over all of them.
    PooledWithinSd,
    /// The client's own standard deviation, shrunk to the pooled one.
    ///
    /// `sqrt((v * pooled^2 + SS) / (v + df))` with `v` prior degrees of freedom.
    ShrunkenSd,
    /// The larger of own and pooled (Gumz et al. 2012): the stricter of the two.
    StricterOfOwnAndPooled,
    /// Standard deviation of the clients' means.
    BetweenPersonSd,
    /// Standard error of a difference by measurement error alone, for a scale of this reliability (0 to 1):
    /// `sqrt(2) * SD * sqrt(1 - r)` with the SD of the clients' first scores (Jacobson & Truax 1991).
    DifferenceError(f64),
    /// Mean moving range / 1.128.
    MovingRange,
    /// Median moving range / 0.954.
    MedianMovingRange,
    /// Median absolute deviation x 1.4826.
    MedianAbsoluteDeviation,
}

/// Whether a fall of exactly the threshold counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Comparison {
    /// It does.
    AtLeast,
    /// It does not.
    MoreThan,
}

/// How near to a level a score must come to count as back.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Tolerance {
    /// Within this many points.
    Points(f64),
    /// Within this many units of the rule.
    Units(f64),
}

/// What counts as the repair of a rupture.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Repair {
    /// Nothing is asked: an episode is a run of flagged sessions.
    NotAsked,
    /// Back to the last score before the fall.
    ReturnToPrevious(Tolerance),
    /// Back to the reference at the onset.
    ReturnToReference(Tolerance),
    /// This share of the fall regained, above 0 and at most 1.
    RegainShare(f64),
    /// A rise from the nadir by this many units.
    Rise(f64),
    /// A score beyond the middle between the onset and the score before it: the reversal of a sudden shift.
    Reversal,
}

/// What a session without a score does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Gaps {
    /// The sessions on both sides count as neighbours.
    Bridge,
    /// They do not: no fall is measured across a gap, and a gap ends an episode as censored.
    Break,
    /// The missing score counts as lying on the line between its neighbours; it is never flagged itself.
    Interpolate,
}

/// What becomes of episodes that follow each other without a repair between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Overlap {
    /// They are one.
    Merge,
    /// Only the first counts.
    First,
    /// Only the deepest counts.
    Deepest,
}

/// A rule.
///
/// ```
/// use alliance_ruptures::{Reference, Rule, ScoreScale, Series, Unit, detect};
///
/// let scores = vec![5.4, 5.6, 5.7, 5.5, 4.2, 5.3, 5.8];
/// let series = Series::new(scores, vec![0, 7], ScoreScale::new(1.0, 7.0)?)?;
/// let rule = Rule::new(Reference::Previous, Unit::Points, 1.0)?;
/// let found = detect(&series, &rule);
/// assert_eq!(found.episodes_of(0)[0].onset, 4);
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Rule {
    /// From what a fall is measured.
    pub reference: Reference,
    /// In what it is measured.
    pub unit: Unit,
    /// How many units it takes, above 0; 0 only from a fixed reference.
    pub threshold: f64,
    /// Whether exactly so many count.
    pub comparison: Comparison,
    /// Sessions a fall from [`Reference::Previous`] may take.
    pub fall_sessions: u16,
    /// What counts as repair.
    pub repair: Repair,
    /// Observed sessions after the nadir within which the repair must come.
    pub repair_window: u16,
    /// Observed sessions a client needs to be assessed.
    pub least_sessions: u16,
    /// Unflagged sessions a running reference needs before it flags anything.
    pub history: u16,
    /// What a session without a score does.
    pub gaps: Gaps,
    /// What becomes of episodes without a repair between them.
    pub overlap: Overlap,
    /// Degrees of freedom that the pooled standard deviation counts for in [`Unit::ShrunkenSd`].
    pub prior_degrees: f64,
}

impl Rule {
    /// A rule with these three choices and otherwise one-session falls, no repair asked, a window of three
    /// sessions, three sessions of history and gaps bridged.
    ///
    /// # Errors
    ///
    /// `invalid-option` unless the threshold is finite and above 0 and the reference sound.
    pub fn new(reference: Reference, unit: Unit, threshold: f64) -> Result<Self, RuptureError> {
        let rule = Self {
            reference,
            unit,
            threshold,
            comparison: Comparison::AtLeast,
            fall_sessions: 1,
            repair: Repair::NotAsked,
            repair_window: 3,
            least_sessions: 3,
            history: 3,
            gaps: Gaps::Bridge,
            overlap: Overlap::Merge,
            // The middle of the 4 to 6 that `statistics` C5 advises.
            prior_degrees: 5.0,
        };
        rule.checked()
    }

    /// The rule to take where nothing speaks for another one: two shrunken standard deviations below the mean of the
    /// client's earlier unflagged sessions; repaired when back within half of one, within three sessions.
    ///
    /// It was chosen by a benchmark on simulated clinics, `examples/rule_benchmark.rs`, whose numbers stand in the
    /// documentation under "The default rule". There, with the same threshold in every clinic, it flags about 2 of 100
    /// sessions without ruptures. On data of your own, [`calibrate`](crate::chance::calibrate) sets the threshold
    /// better.
    ///
    /// ```
    /// use alliance_ruptures::{Reference, Rule, Unit};
    ///
    /// let rule = Rule::recommended();
    /// assert_eq!((rule.reference, rule.unit, rule.threshold), (Reference::RunningMean, Unit::ShrunkenSd, 2.0));
    /// assert_eq!(rule.checked()?, rule);
    /// # Ok::<(), alliance_ruptures::RuptureError>(())
    /// ```
    pub fn recommended() -> Self {
        Self {
            reference: Reference::RunningMean,
            unit: Unit::ShrunkenSd,
            threshold: 2.0,
            comparison: Comparison::AtLeast,
            fall_sessions: 1,
            repair: Repair::ReturnToReference(Tolerance::Units(0.5)),
            repair_window: 3,
            least_sessions: 3,
            history: 1,
            gaps: Gaps::Bridge,
            overlap: Overlap::Merge,
            prior_degrees: 5.0,
        }
    }

    /// The rule itself if its fields are within their ranges.
    ///
    /// # Errors
    ///
    /// `invalid-option` naming the field and what is allowed.
    pub fn checked(self) -> Result<Self, RuptureError> {
        let require = |holds: bool, option: &'static str, problem: &str| {
            if holds { Ok(()) } else { Err(RuptureError::InvalidOption { option, problem: problem.into() }) }
        };
        // A fixed level is its own threshold; from any other reference a fall of 0 is no fall.
        let least = if matches!(self.reference, Reference::Fixed(_)) { 0.0 } else { f64::MIN_POSITIVE };
        require(
            self.threshold.is_finite() && self.threshold >= least,
            "threshold",
            "a threshold is finite and above 0; 0 only from a fixed reference",
        )?;
        require(self.fall_sessions >= 1, "fall_sessions", "a fall takes at least one session")?;
        require(self.history >= 1, "history", "a running reference needs at least one session")?;
        require(
            self.prior_degrees.is_finite() && self.prior_degrees >= 0.0,
            "prior_degrees",
            "prior degrees of freedom are finite and not negative",
        )?;
        if let Unit::DifferenceError(reliability) = self.unit {
            require((0.0..1.0).contains(&reliability), "unit", "a reliability is at least 0 and below 1")?;
        }
        match self.reference {
            Reference::Baseline(first) => {
                require(first >= 1, "reference", "a baseline has at least one session")?;
            }
            Reference::Fixed(score) => require(score.is_finite(), "reference", "a fixed score is finite")?,
            _ => {}
        }
        self.episode_rule().checked()?;
        Ok(self)
    }

    /// What makes episodes of the sessions the rule flags.
    pub fn episode_rule(&self) -> EpisodeRule {
        EpisodeRule {
            repair: self.repair,
            repair_window: Some(self.repair_window),
            gaps: self.gaps,
            overlap: self.overlap,
        }
    }

    /// Whether the rule's unit is pooled over the clients of a sample.
    pub fn pools(&self) -> bool {
        matches!(
            self.unit,
            Unit::PooledWithinSd
                | Unit::ShrunkenSd
                | Unit::StricterOfOwnAndPooled
                | Unit::BetweenPersonSd
                | Unit::DifferenceError(_)
        )
    }

    /// Whether the verdict on a session rests on later sessions too.
    pub fn is_retrospective(&self) -> bool {
        let reference =
            matches!(self.reference, Reference::PersonMean | Reference::PersonMedian | Reference::Trend);
        let unit = matches!(
            self.unit,
            Unit::OwnSd
                | Unit::OwnResidualSd
                | Unit::ShrunkenSd
                | Unit::StricterOfOwnAndPooled
                | Unit::MovingRange
                | Unit::MedianMovingRange
                | Unit::MedianAbsoluteDeviation
        );
        reference || unit || self.gaps == Gaps::Interpolate
    }

    /// Whether a fall of `fall` points in units of `unit` points is far enough.
    #[inline]
    pub(crate) fn is_reached(&self, fall: f64, unit: f64) -> bool {
        // Scores are sums divided by counts: allow for their rounding, far below any step of a scale.
        const ROUNDING: f64 = 1e-9;
        let limit = self.threshold * unit;
        match self.comparison {
            Comparison::AtLeast => fall >= limit - ROUNDING,
            Comparison::MoreThan => fall > limit + ROUNDING,
        }
    }
}
