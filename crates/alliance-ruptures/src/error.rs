//! What can be wrong with a series or a request.

use thiserror::Error;

/// Most row positions a message names.
pub(crate) const MOST_ROWS: usize = 5;

/// Why a series or a rule was refused.
///
/// Messages name options, positions counted from 0 and counts, never a score, an id or a date.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RuptureError {
    /// An option is outside its range.
    #[error("{option}: {problem}")]
    InvalidOption {
        /// Name of the option.
        option: &'static str,
        /// What is allowed.
        problem: String,
    },
    /// The runs of a series do not fit its scores.
    #[error("offsets start at 0, never fall and end at the number of scores")]
    InvalidOffsets,
    /// Columns of a table differ in length.
    #[error("dyads, sessions, scores and appointments need one element per row each, endings one per dyad")]
    LengthMismatch,
    /// Infinite scores.
    #[error("{count} scores are infinite (rows {}); a missing score is NaN", listed(rows, *count))]
    NotFinite {
        /// First rows concerned.
        rows: Vec<usize>,
        /// How many.
        count: usize,
    },
    /// Scores off the scale.
    #[error("{count} scores are outside {lowest} to {highest} (rows {})", listed(rows, *count))]
    OutOfRange {
        /// First rows concerned.
        rows: Vec<usize>,
        /// How many.
        count: usize,
        /// Lowest possible score.
        lowest: String,
        /// Highest possible score.
        highest: String,
    },
    /// A dyad has a session twice.
    #[error("{count} rows repeat a session of the same dyad (rows {})", listed(rows, *count))]
    RepeatedSession {
        /// First rows that repeat one.
        rows: Vec<usize>,
        /// How many.
        count: usize,
    },
    /// Codes that were said to be one coder's consensus are of several coders.
    #[error(
        "{count} sessions have codes of more than one coder (rows {}); a consensus is one coding per session",
        listed(rows, *count)
    )]
    SeveralCoders {
        /// A row of each of the first sessions concerned, of a coder who is not the session's first.
        rows: Vec<usize>,
        /// How many sessions.
        count: usize,
    },
    /// Session numbers of one dyad lie too far apart.
    #[error("the session numbers of a dyad span more than {most}; number its sessions from 1")]
    SessionSpan {
        /// Largest span.
        most: usize,
    },
    /// A session came at or before one that was taken already.
    #[error(
        "the session is not after the last one taken; a late or corrected form needs a replay of the history"
    )]
    OutOfOrder,
    /// A preset file is malformed.
    #[error("rule preset `{id}`: {problem}")]
    InvalidPreset {
        /// Id of the preset, as far as known.
        id: String,
        /// What is wrong.
        problem: String,
    },
    /// No preset has this id.
    #[error("there is no rule preset `{id}`; there are {known}")]
    UnknownPreset {
        /// Id that was asked for.
        id: String,
        /// Ids of all presets.
        known: String,
    },
    /// The rule needs sessions that have not happened yet.
    #[error("this rule cannot run session by session: {reason}")]
    NotLive {
        /// What it needs of the future.
        reason: &'static str,
    },
}

impl RuptureError {
    /// Stable code, listed in `crates/errors.toml`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidOption { .. } => "invalid-option",
            Self::InvalidOffsets => "invalid-offsets",
            Self::LengthMismatch => "length-mismatch",
            Self::NotFinite { .. } => "not-finite",
            Self::OutOfRange { .. } => "out-of-range",
            Self::RepeatedSession { .. } => "repeated-session",
            Self::SeveralCoders { .. } => "several-coders",
            Self::SessionSpan { .. } => "session-span",
            Self::OutOfOrder => "out-of-order",
            Self::InvalidPreset { .. } => "invalid-preset",
            Self::UnknownPreset { .. } => "unknown-preset",
            Self::NotLive { .. } => "not-live",
        }
    }

    /// The first rows for which `is_wrong` holds, and how many there are.
    pub(crate) fn rows_where(scores: &[f64], is_wrong: impl Fn(f64) -> bool) -> Option<(Vec<usize>, usize)> {
        let wrong = || scores.iter().enumerate().filter(|(_, score)| is_wrong(**score)).map(|(row, _)| row);
        let count = wrong().count();
        (count > 0).then(|| (wrong().take(MOST_ROWS).collect(), count))
    }
}

fn listed(rows: &[usize], count: usize) -> String {
    let shown = rows.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if count > rows.len() { format!("{shown}, ...") } else { shown }
}
