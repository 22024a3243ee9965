//! Everything that flags sessions, as one type: rules, control charts, change points, sudden shifts.
//!
//! A [`Detector`] looks for scores towards the worse end of the scale and always answers with a [`Detection`]: a
//! reference and a flag for each session, and for each dyad its episodes. To look towards the better end, turn the
//! scale's orientation round ([`ScoreScale::with_orientation`]); scores are never negated.
//!
//! | detector | flags | reference |
//! |---|---|---|
//! | [`Rule`] | a score a threshold below the reference | as the rule says |
//! | [`ChartDetector`] | what a control chart signals on the worse side | centre line |
//! | [`AnhojDetector`] | unusually long runs on the worse side | median |
//! | [`SegmentDetector`] | all sessions of a segment below the one before | level of the last segment that was no rupture |
//! | [`OnlineDetector`] | a probable change for the worse, from the past alone | expected score |
//! | [`ProductDetector`] | a probable change for the worse, from the whole series | level before |
//! | [`LevelDetector`] | a shock to the worse in the local level model | expected score |
//! | [`SuddenRule`] | the first session after a sudden shift | the session before |
//!
//! But for segments, a flagged session's score is worse than its reference.

mod counts;
mod detect;
mod not_assessed;
mod threshold;

pub use counts::DetectionCounts;
pub use detect::{Detection, DyadDetection, detect, detect_with};
pub use not_assessed::NotAssessed;

pub(crate) use detect::{Judge, Judged, LimitKind, Verdicts};
pub(crate) use threshold::ThresholdRange;

use crate::charts::{AnhojDetector, ChartDetector, ChartSignal};
use crate::rule::RuleJudge;
use crate::segments::{LevelDetector, LevelTest, OnlineDetector, ProductDetector, SegmentDetector};
use crate::sudden::SuddenRule;
use crate::{EpisodeRule, Orientation, Repair, Rule, RuptureError, ScoreScale, Spread};

/// Differences within this count as none: rounding, far below any step of a scale.
pub(crate) const ROUNDING: f64 = 1e-9;

/// A rule or any other way to flag sessions. See the [module](self) for what each flags.
///
/// ```
/// use alliance_ruptures::charts::{ChartDetector, ChartOptions, ChartSignal};
/// use alliance_ruptures::detector::Detector;
/// use alliance_ruptures::{Reference, Rule, Unit};
///
/// let rule = Detector::from(Rule::new(Reference::RunningMean, Unit::ShrunkenSd, 2.0)?);
/// assert!(rule.pools() && rule.is_retrospective());
/// let chart = Detector::from(ChartDetector::new(ChartOptions::default(), ChartSignal::Beyond(3.0))?);
/// assert_eq!(chart.with_threshold(2.5)?.threshold(), Some(2.5));
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Unchecked"))]
#[non_exhaustive]
pub enum Detector {
    /// A fall below a reference.
    Rule(Rule),
    /// A control chart with limits.
    Chart(ChartDetector),
    /// Runs about the median.
    Anhoj(AnhojDetector),
    /// Segments of one level.
    Segments(SegmentDetector),
    /// Bayesian online change points.
    Online(OnlineDetector),
    /// The posterior over all partitions.
    Product(ProductDetector),
    /// A drifting level with shock tests.
    Level(LevelDetector),
    /// Sudden gains or losses.
    Sudden(SuddenRule),
}

macro_rules! from {
    ($($variant:ident($kind:ty)),*) => {$(
        impl From<$kind> for Detector {
            fn from(detector: $kind) -> Self {
                Self::$variant(detector)
            }
        }

        impl From<&$kind> for Detector {
            fn from(detector: &$kind) -> Self {
                Self::$variant(*detector)
            }
        }
    )*

        /// A detector as it was stored, which says what it likes.
        #[cfg(feature = "serde")]
        #[derive(serde::Deserialize)]
        enum Unchecked {
            $($variant($kind)),*
        }

        #[cfg(feature = "serde")]
        impl TryFrom<Unchecked> for Detector {
            type Error = RuptureError;

            fn try_from(stored: Unchecked) -> Result<Self, RuptureError> {
                match stored {
                    $(Unchecked::$variant(detector) => Self::$variant(detector),)*
                }
                .checked()
            }
        }
    };
}

from! {
    Rule(Rule), Chart(ChartDetector), Anhoj(AnhojDetector), Segments(SegmentDetector), Online(OnlineDetector),
    Product(ProductDetector), Level(LevelDetector), Sudden(SuddenRule)
}

impl From<&Self> for Detector {
    fn from(detector: &Self) -> Self {
        *detector
    }
}

impl Detector {
    /// The detector itself if its fields are within their ranges.
    ///
    /// # Errors
    ///
    /// `invalid-option` naming the field and what is allowed.
    pub fn checked(self) -> Result<Self, RuptureError> {
        Ok(match self {
            Self::Rule(rule) => rule.checked()?.into(),
            Self::Chart(chart) => chart.checked()?.into(),
            Self::Anhoj(runs) => runs.checked()?.into(),
            Self::Segments(segments) => segments.checked()?.into(),
            Self::Online(online) => online.checked()?.into(),
            Self::Product(product) => product.checked()?.into(),
            Self::Level(level) => level.checked()?.into(),
            Self::Sudden(sudden) => SuddenRule::new(*sudden.options())?.into(),
        })
    }

    /// Whether the verdict on a session rests on later sessions too.
    pub fn is_retrospective(&self) -> bool {
        match self {
            Self::Rule(rule) => rule.is_retrospective(),
            Self::Chart(chart) => chart.is_retrospective(),
            Self::Online(online) => online.is_retrospective(),
            Self::Level(level) => level.is_retrospective(),
            Self::Anhoj(_) | Self::Segments(_) | Self::Product(_) | Self::Sudden(_) => true,
        }
    }

    /// Whether it takes numbers pooled over the clients of a sample, so that the verdict on one rests on the others.
    pub fn pools(&self) -> bool {
        match self {
            Self::Rule(rule) => rule.pools(),
            Self::Segments(segments) => segments.pools(),
            Self::Online(online) => online.pools(),
            Self::Product(product) => product.pools(),
            Self::Level(level) => level.pools(),
            Self::Chart(_) | Self::Anhoj(_) | Self::Sudden(_) => false,
        }
    }

    /// The orientation of the scale under which what is looked for is a fall: the scale's own. Sudden shifts have a
    /// direction of their own.
    pub fn orientation(&self, scale: ScoreScale) -> Orientation {
        match self {
            Self::Sudden(sudden) => sudden.falls_under(),
            _ => scale.orientation,
        }
    }

    /// What makes episodes of the flagged sessions. Segments do that by themselves and have none.
    pub fn episode_rule(&self) -> EpisodeRule {
        match self {
            Self::Rule(rule) => rule.episode_rule(),
            Self::Chart(chart) => chart.episodes,
            Self::Anhoj(runs) => runs.episodes,
            Self::Online(online) => online.episodes,
            Self::Product(product) => product.episodes,
            Self::Level(level) => level.episodes,
            Self::Segments(_) => EpisodeRule::default(),
            // A reversal may come at any time (Tang and DeRubeis 1999).
            Self::Sudden(_) => {
                EpisodeRule { repair: Repair::Reversal, repair_window: None, ..EpisodeRule::default() }
            }
        }
    }

    /// The same detector without a repair asked: it flags the same sessions.
    #[must_use]
    pub fn without_repair(mut self) -> Self {
        let none = EpisodeRule { repair: Repair::NotAsked, ..self.episode_rule() };
        match &mut self {
            Self::Rule(rule) => rule.repair = Repair::NotAsked,
            Self::Chart(chart) => chart.episodes = none,
            Self::Anhoj(runs) => runs.episodes = none,
            Self::Online(online) => online.episodes = none,
            Self::Product(product) => product.episodes = none,
            Self::Level(level) => level.episodes = none,
            Self::Segments(_) | Self::Sudden(_) => {}
        }
        self
    }

    pub(crate) fn limit_kind(&self) -> LimitKind {
        match self {
            Self::Rule(rule) => LimitKind::Units(rule.threshold),
            Self::Chart(chart) => match chart.signal {
                ChartSignal::Beyond(multiple) => LimitKind::Units(multiple),
                ChartSignal::Cusum(_) | ChartSignal::Ewma(_) => LimitKind::Own,
                ChartSignal::RunRules(rules) if rules.has_action_limit() => LimitKind::Units(3.0),
                ChartSignal::RunRules(_) => LimitKind::None,
            },
            Self::Level(LevelDetector { test: LevelTest::Innovation, .. }) => LimitKind::Own,
            _ => LimitKind::None,
        }
    }

    /// Makes it ready for many dyads.
    pub(crate) fn judge<'d>(&'d self, spread: &'d Spread, scale: ScoreScale) -> Box<dyn Judge + 'd> {
        match self {
            Self::Rule(rule) => Box::new(RuleJudge::new(rule, spread, scale)),
            Self::Chart(chart) => chart.judge(scale.orientation),
            Self::Anhoj(runs) => runs.judge(scale.orientation),
            Self::Segments(segments) => segments.judge(spread, scale),
            Self::Online(online) => online.judge(spread, scale.orientation),
            Self::Product(product) => product.judge(spread, scale.orientation),
            Self::Level(level) => level.judge(spread, scale.orientation),
            Self::Sudden(sudden) => sudden.judge(),
        }
    }
}
