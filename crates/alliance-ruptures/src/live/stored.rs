//! The states of live and lagged rules as they are stored.

use serde::{Deserialize, Serialize};

use super::{Counts, LaggedRule, LiveRule, check_score, needs_the_future, require_spread};
use crate::rule::{Episodes, Levels};
use crate::series::MOST_SESSIONS;
use crate::{Episode, Rule, RuptureError, ScoreScale, Spread};

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
        if is_sound { Ok(Self { rule, scale, unit, levels, episodes, span, counts }) } else { Err(damaged()) }
    }
}

fn damaged() -> RuptureError {
    let problem = "this is not a state that a live rule of this version has stored; replay the history";
    RuptureError::InvalidOption { option: "state", problem: problem.into() }
}

/// A number that may be NaN.
#[derive(Serialize, Deserialize)]
struct Number(#[serde(with = "nan_as_none")] f64);

#[derive(Serialize, Deserialize)]
pub(super) struct StoredLag {
    layout: u32,
    rule: Rule,
    scale: ScoreScale,
    lag: usize,
    pooled_within: Number,
    between: Number,
    first_scores: Number,
    first: Option<i64>,
    scores: Vec<Number>,
}

impl From<LaggedRule> for StoredLag {
    fn from(late: LaggedRule) -> Self {
        let LaggedRule { rule, spread, scale, lag, scores, span } = late;
        Self {
            layout: LAYOUT,
            rule,
            scale,
            lag,
            pooled_within: Number(spread.pooled_within),
            between: Number(spread.between),
            first_scores: Number(spread.first),
            first: span.map(|(first, _)| first),
            scores: scores.into_iter().map(Number).collect(),
        }
    }
}

impl TryFrom<StoredLag> for LaggedRule {
    type Error = RuptureError;

    fn try_from(stored: StoredLag) -> Result<Self, RuptureError> {
        let StoredLag { layout, rule, scale, lag, pooled_within, between, first_scores, first, scores } =
            stored;
        let rule = rule.checked()?;
        let spread = Spread::new(pooled_within.0, between.0, first_scores.0);
        require_spread(&rule, Some(&spread))?;
        let after_first = scores.len().checked_sub(1);
        let span = match (first, after_first) {
            (None, None) => None,
            (Some(first), Some(after)) => {
                Some((first, first.checked_add_unsigned(after as u64).ok_or_else(damaged)?))
            }
            _ => return Err(damaged()),
        };
        let is_known =
            |score: &Number| check_score(Some(score.0).filter(|score| !score.is_nan()), scale).is_ok();
        let is_sound = layout == LAYOUT
            && ScoreScale::new(scale.lowest, scale.highest).is_ok()
            && scores.len() <= MOST_SESSIONS
            && scores.iter().all(is_known);
        if !is_sound {
            return Err(damaged());
        }
        let scores = scores.into_iter().map(|score| score.0).collect();
        Ok(Self { rule, spread, scale, lag, scores, span })
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
