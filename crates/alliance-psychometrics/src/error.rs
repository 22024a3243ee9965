//! What can be wrong with a table or a request.

use thiserror::Error;

/// Most row positions a message names.
pub(crate) const MOST_ROWS: usize = 5;

/// Why a table or an option was refused.
///
/// A statistic that is undefined on sound data is no error but an [`Estimate`](crate::Estimate) with a status. Messages
/// name options, columns, rows counted from 0 and counts, never a value or an id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PsychometricsError {
    /// An option is outside its range.
    #[error("{option}: {problem}")]
    InvalidOption {
        /// Name of the option.
        option: &'static str,
        /// What is allowed.
        problem: String,
    },
    /// Columns of one table differ in length.
    #[error("{what} need one element per row each")]
    LengthMismatch {
        /// What differs.
        what: &'static str,
    },
    /// Infinite values.
    #[error("column {column}: {count} values are infinite (rows {}); a missing value is NaN", listed(rows, *count))]
    NotFinite {
        /// Position of the column, from 0.
        column: usize,
        /// First rows concerned.
        rows: Vec<usize>,
        /// How many.
        count: usize,
    },
    /// Groups that lie in several outer groups.
    #[error(
        "{count} rows name another outer group than earlier rows of the same group (rows {}); if ids start anew in \
         each outer group, such as clients numbered per therapist, make them unique",
        listed(rows, *count)
    )]
    NotNested {
        /// First rows concerned.
        rows: Vec<usize>,
        /// How many.
        count: usize,
    },
    /// Rows that repeat the unit of another row.
    #[error(
        "{count} rows repeat the client and session of another row (rows {}); if ids start anew in each outer group, \
         such as clients numbered per therapist, make them unique",
        listed(rows, *count)
    )]
    RepeatedSession {
        /// First rows concerned.
        rows: Vec<usize>,
        /// How many.
        count: usize,
    },
}

impl PsychometricsError {
    /// Stable code, listed in `crates/errors.toml`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidOption { .. } => "invalid-option",
            Self::LengthMismatch { .. } => "length-mismatch",
            Self::NotFinite { .. } => "not-finite",
            Self::NotNested { .. } => "not-nested",
            Self::RepeatedSession { .. } => "repeated-session",
        }
    }

    /// An option outside its range.
    pub(crate) fn option(option: &'static str, problem: &str) -> Self {
        Self::InvalidOption { option, problem: problem.to_owned() }
    }
}

fn listed(rows: &[usize], count: usize) -> String {
    let shown = rows.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if count > rows.len() { format!("{shown}, ...") } else { shown }
}
