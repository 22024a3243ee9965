//! What can be wrong with a request or with the answers.

use alliance_instruments::Level;
use thiserror::Error;

/// Why no scores were computed.
///
/// Messages name columns, row positions counted from 0, counts and the allowed
/// set. They never hold an answer, except one of the usual missing codes.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ScoringError {
    /// No key is known for what was asked.
    #[error(
        "`{instrument}` cannot be scored: its {part} is not known here. The key in print: {key_in_print}. Supply it \
         with `with_key`, or an own instrument file."
    )]
    KeyNeeded {
        /// Id of the form.
        instrument: String,
        /// What is not known.
        part: String,
        /// Where the key stands.
        key_in_print: String,
    },
    /// The key is derived, contested or recalled, and that was not accepted.
    #[error(
        "the key of `{instrument}` is unverified for {scales}; weakest part: {part}. {gap} The key in print: \
         {key_in_print}. Compare, then supply the key with `with_key`, or accept this one with `accept_unverified`."
    )]
    UnverifiedKey {
        /// Id of the form.
        instrument: String,
        /// Names of the scales concerned.
        scales: String,
        /// Weakest part of the key.
        part: String,
        /// What the catalog says is not known.
        gap: String,
        /// Where the key stands.
        key_in_print: String,
    },
    /// The response range is not known.
    #[error("the response range of `{instrument}` is not known here; state it with `with_range`")]
    RangeNeeded {
        /// Id of the form.
        instrument: String,
    },
    /// The form has no such scale.
    #[error("`{instrument}` has no scale `{scale}`; it has {}", names(known))]
    UnknownScale {
        /// Id of the form.
        instrument: String,
        /// Scale that was asked for.
        scale: String,
        /// Scales of the form.
        known: Vec<String>,
    },
    /// An option is outside its range.
    #[error("{option}: {problem}")]
    InvalidOption {
        /// Name of the option.
        option: &'static str,
        /// What is allowed.
        problem: String,
    },
    /// A declared missing code is a possible answer.
    #[error(
        "a declared missing code is a possible answer of `{instrument}` ({min} to {max}); answers cannot be told from \
         missing ones"
    )]
    LegalMissingCode {
        /// Id of the form.
        instrument: String,
        /// Lowest answer.
        min: f64,
        /// Highest answer.
        max: f64,
    },
    /// The number of columns is not the number of items.
    #[error("`{instrument}` has {expected} items, but {found} {} given", if *found == 1 { "column was" } else { "columns were" })]
    WrongColumnCount {
        /// Id of the form.
        instrument: String,
        /// Number of items.
        expected: usize,
        /// Number of columns.
        found: usize,
    },
    /// Columns differ in length.
    #[error("column `{column}` has {found} rows, the first column has {expected}")]
    LengthMismatch {
        /// Column concerned.
        column: String,
        /// Rows of the first column.
        expected: usize,
        /// Rows of this column.
        found: usize,
    },
    /// Answers outside the response scale.
    #[error("{}", out_of_range(place, *min, *max, *hint))]
    OutOfRange {
        /// Where.
        place: Place,
        /// Lowest answer.
        min: f64,
        /// Highest answer.
        max: f64,
        /// The usual missing code found there, if it is one.
        hint: Option<i32>,
    },
    /// Answers between two response points.
    #[error("{place} lies between two answers of the scale {min} to {max} in steps of {step}", place = place.says("answer"))]
    OffStep {
        /// Where.
        place: Place,
        /// Lowest answer.
        min: f64,
        /// Highest answer.
        max: f64,
        /// Distance of neighbouring answers.
        step: f64,
    },
    /// Infinite answers.
    #[error("{place} is infinite; a missing answer is null or NaN", place = place.says("answer"))]
    NotFinite {
        /// Where.
        place: Place,
    },
    /// Text where a number belongs.
    #[error(
        "{place} is text. Give `labels` with a number for every text answer, or declare it in `missing_codes`; text is \
         never guessed at",
        place = place.says("cell")
    )]
    TextAnswer {
        /// Where.
        place: Place,
    },
}

impl ScoringError {
    /// Stable code, listed in `crates/errors.toml`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::KeyNeeded { .. } => "key-needed",
            Self::UnverifiedKey { .. } => "unverified-key",
            Self::RangeNeeded { .. } => "range-needed",
            Self::UnknownScale { .. } => "unknown-scale",
            Self::InvalidOption { .. } => "invalid-option",
            Self::LegalMissingCode { .. } => "legal-missing-code",
            Self::WrongColumnCount { .. } => "wrong-column-count",
            Self::LengthMismatch { .. } => "length-mismatch",
            Self::OutOfRange { hint: None, .. } => "out-of-range",
            Self::OutOfRange { hint: Some(_), .. } => "undeclared-missing-code",
            Self::OffStep { .. } => "off-step",
            Self::NotFinite { .. } => "not-finite",
            Self::TextAnswer { .. } => "text-answer",
        }
    }

    /// Where in the data, for errors about answers.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::OutOfRange { place, .. }
            | Self::OffStep { place, .. }
            | Self::NotFinite { place }
            | Self::TextAnswer { place } => Some(place),
            _ => None,
        }
    }
}

/// Most row positions a message names.
pub(crate) const MOST_ROWS: usize = 5;

/// A column with the rows concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// Column.
    pub column: String,
    /// The first rows concerned, counted from 0; at most five.
    pub rows: Vec<usize>,
    /// How many rows are concerned.
    pub count: usize,
}

impl Place {
    /// An empty place in a column.
    pub fn in_column(column: &str) -> Self {
        Self { column: column.to_owned(), rows: Vec::new(), count: 0 }
    }

    /// Adds a row.
    pub fn add(&mut self, row: usize) {
        if self.rows.len() < MOST_ROWS {
            self.rows.push(row);
        }
        self.count += 1;
    }

    /// "column `x`, row 3: the answer", or "column `x`, rows 3, 4, ...: each of 7 answers".
    pub fn says(&self, what: &str) -> String {
        let rows: Vec<String> = self.rows.iter().map(ToString::to_string).collect();
        let rows = rows.join(", ");
        if self.count == 1 {
            return format!("column `{}`, row {rows}: the {what}", self.column);
        }
        let more = if self.count > self.rows.len() { ", ..." } else { "" };
        format!("column `{}`, rows {rows}{more}: each of {} {what}s", self.column, self.count)
    }
}

fn out_of_range(place: &Place, min: f64, max: f64, hint: Option<i32>) -> String {
    let found = place.says("answer");
    match hint {
        None => format!(
            "{found} is outside {min} to {max}. If the form was given with another range, say so with `with_range`"
        ),
        Some(0) => format!(
            "{found} is 0, outside {min} to {max}: were blanks exported as 0? If so, declare it: `missing_codes=[0]`"
        ),
        Some(code) => format!(
            "{found} is {code}, outside {min} to {max} and a usual missing code. If it is one, declare it: \
             `missing_codes=[{code}]`"
        ),
    }
}

fn names(known: &[String]) -> String {
    if known.is_empty() {
        "none".into()
    } else {
        known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    }
}

/// A scale that was left out because its key is not sufficiently attested.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeftOut {
    /// Name of the scale.
    pub scale: String,
    /// Its level.
    pub level: Level,
    /// The part of the key that decides the level.
    pub part: String,
}
