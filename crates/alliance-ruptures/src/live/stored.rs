//! The state of a live rule as it is stored.

use serde::{Deserialize, Serialize};

use super::{Counts, LiveRule, needs_the_future};
use crate::rule::{Episodes, Levels};
use crate::{Episode, Rule, RuptureError, ScoreScale};

/// Raised when a stored state of an earlier version can no longer be read.
const LAYOUT: u32 = 1;

/// More sessions than anybody has: counts of sessions stay far from their ends.
const MOST_SPAN: u64 = 1 << 53;

#[derive(Serialize, Deserialize)]
pub(super) struct Stored {
    layout: u32,
    rule: Rule,
    scale: ScoreScale,
    unit: f64,
    levels: Levels,
    episodes: Episodes,
    span: Option<(i64, i64)>,
    counts: Counts,
}

impl From<LiveRule> for Stored {
    fn from(live: LiveRule) -> Self {
        let LiveRule { rule, scale, unit, levels, episodes, span, counts } = live;
        Self { layout: LAYOUT, rule, scale, unit, levels, episodes, span, counts }
    }
}

impl TryFrom<Stored> for LiveRule {
    type Error = RuptureError;

    // A stored state may have been edited, cut or written by another version: parse it.
    fn try_from(stored: Stored) -> Result<Self, RuptureError> {
        let Stored { layout, rule, scale, unit, levels, episodes, span, counts } = stored;
        let rule = rule.checked()?;
        if let Some(reason) = needs_the_future(&rule) {
            return Err(RuptureError::NotLive { reason });
        }
        let orientation = scale.orientation;
        let sessions = span.map_or(0, |(first, last)| (first.abs_diff(last) as usize).saturating_add(1));
        let fits = |episode: Option<&Episode>| {
            episode.is_none_or(|episode| {
                episode.onset <= episode.nadir
                    && episode.nadir <= episode.last
                    && episode.last < sessions
                    && episode.recovery.is_none()
            })
        };
        let is_sound = layout == LAYOUT
            && ScoreScale::new(scale.lowest, scale.highest).is_ok()
            && unit.is_finite()
            && unit > 0.0
            && span.is_none_or(|(first, last)| first <= last && first.abs_diff(last) <= MOST_SPAN)
            && levels.fits(&rule, orientation)
            && episodes.fits(&rule.episode_rule(), orientation, unit)
            && fits(episodes.current())
            && fits(episodes.unfinished())
            && counts.flagged <= counts.evaluable
            && counts.evaluable <= counts.observed
            && counts.observed <= sessions
            && counts.repaired.saturating_add(counts.unrepaired) <= counts.episodes
            && counts.episodes <= sessions;
        if is_sound {
            Ok(Self { rule, scale, unit, levels, episodes, span, counts })
        } else {
            let problem =
                "this is not a state that a live rule of this version has stored; replay the history";
            Err(RuptureError::InvalidOption { option: "state", problem: problem.into() })
        }
    }
}

/// Numbers that may be NaN: JSON has no NaN.
pub(crate) mod nan_as_none {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    // The signature is serde's.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub(crate) fn serialize<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        (!number.is_nan()).then_some(*number).serialize(serializer)
    }

    pub(crate) fn deserialize<'a, D: Deserializer<'a>>(deserializer: D) -> Result<f64, D::Error> {
        Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
    }
}
