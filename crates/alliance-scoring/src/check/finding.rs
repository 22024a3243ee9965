//! What a check found.

use crate::ScoringError;
use crate::error::Place;

macro_rules! finding_codes {
    ($($(#[$meta:meta])* $name:ident = $code:literal,)*) => {
        /// What a finding is about.
        ///
        /// Codes that [`ScoringError`] has too mean the same there; [`BlankAsZero`](Self::BlankAsZero) is one of
        /// its undeclared missing codes, set apart because what went wrong is known.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum FindingCode { $($(#[$meta])* $name,)* }

        impl FindingCode {
            /// All codes.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable code, in kebab-case.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }
        }
    };
}

finding_codes! {
    /// No key is known for the form.
    KeyNeeded = "key-needed",
    /// The key is derived, contested or recalled, and that was not accepted.
    UnverifiedKey = "unverified-key",
    /// The response range is not known.
    RangeNeeded = "range-needed",
    /// The form has no scale of this name.
    UnknownScale = "unknown-scale",
    /// An option is outside its range.
    InvalidOption = "invalid-option",
    /// A declared missing code is a possible answer.
    LegalMissingCode = "legal-missing-code",
    /// The number of columns is not the number of items.
    WrongColumnCount = "wrong-column-count",
    /// Columns differ in length.
    LengthMismatch = "length-mismatch",
    /// Most answers are outside the range, but could be sums of a scale.
    LooksLikeTotals = "looks-like-totals",
    /// Answers outside the range fit the range of another form of the family.
    OtherRange = "other-range",
    /// The answers fit another form of the same length better.
    OtherForm = "other-form",
    /// Answers outside the response range.
    OutOfRange = "out-of-range",
    /// A usual missing code that was not declared.
    UndeclaredMissingCode = "undeclared-missing-code",
    /// Zeros where the lowest answer is above 0.
    BlankAsZero = "blank-as-zero",
    /// Answers between two response points.
    OffStep = "off-step",
    /// Infinite answers.
    NotFinite = "not-finite",
    /// Text where a number belongs.
    TextAnswer = "text-answer",
    /// Forms that lack some answers.
    MissingAnswers = "missing-answers",
    /// Forms without any answer.
    AllMissing = "all-missing",
    /// Forms with the same answer to all items.
    StraightLine = "straight-line",
    /// Forms with the best answer to all items.
    AllMaximum = "all-maximum",
    /// An item that runs against the rest of its scale.
    NegativeItemRest = "negative-item-rest",
    /// Somebody else's totals are what the key gives.
    TotalsReproduced = "totals-reproduced",
    /// Somebody else's totals come neither from the key nor from a small change of it.
    TotalsDiffer = "totals-differ",
    /// No row has both a total and all items of its scale.
    TotalsNotCompared = "totals-not-compared",
    /// A small change of the key reproduces somebody else's totals.
    KeyVariant = "key-variant",
}

impl FindingCode {
    fn of_error(error: &ScoringError) -> Self {
        match error {
            ScoringError::KeyNeeded { .. } => Self::KeyNeeded,
            ScoringError::UnverifiedKey { .. } => Self::UnverifiedKey,
            ScoringError::RangeNeeded { .. } => Self::RangeNeeded,
            ScoringError::UnknownScale { .. } => Self::UnknownScale,
            ScoringError::InvalidOption { .. } => Self::InvalidOption,
            ScoringError::LegalMissingCode { .. } => Self::LegalMissingCode,
            ScoringError::WrongColumnCount { .. } => Self::WrongColumnCount,
            ScoringError::LengthMismatch { .. } => Self::LengthMismatch,
            ScoringError::OutOfRange { hint: None, .. } => Self::OutOfRange,
            ScoringError::OutOfRange { hint: Some(0), min, .. } if *min > 0.0 => Self::BlankAsZero,
            ScoringError::OutOfRange { hint: Some(_), .. } => Self::UndeclaredMissingCode,
            ScoringError::OffStep { .. } => Self::OffStep,
            ScoringError::NotFinite { .. } => Self::NotFinite,
            ScoringError::TextAnswer { .. } => Self::TextAnswer,
        }
    }
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// Worth knowing; may well be genuine.
    Note,
    /// Scores would be computed and may be wrong.
    Warning,
    /// Scoring refuses such data or such a request.
    Error,
}

impl Severity {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing that was seen.
///
/// Nothing in it holds an answer, except one of the usual missing codes.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Finding {
    /// What it is about.
    pub code: FindingCode,
    /// How much it matters.
    pub severity: Severity,
    /// What was seen and what to do.
    pub message: String,
    /// Column concerned, if it is about one.
    pub column: Option<String>,
    /// The first rows concerned, counted from 0; at most five.
    pub rows: Vec<usize>,
    /// How many rows are concerned, or answers where the finding is about all columns.
    pub count: usize,
    /// Scale concerned, if it is about one.
    pub scale: Option<String>,
    /// Numbers of the items concerned, counted from 1.
    pub items: Vec<u16>,
}

impl Finding {
    pub(super) fn new(code: FindingCode, severity: Severity, message: String) -> Self {
        let rows = Vec::new();
        let items = Vec::new();
        Self { code, severity, message, column: None, rows, count: 0, scale: None, items }
    }

    /// What scoring would refuse with.
    pub(super) fn of_error(error: &ScoringError) -> Self {
        let finding = Self::new(FindingCode::of_error(error), Severity::Error, error.to_string());
        match error.place() {
            Some(place) => finding.in_column(&place.column).at(place),
            None => finding,
        }
    }

    pub(super) fn in_column(mut self, column: &str) -> Self {
        self.column = Some(column.to_owned());
        self
    }

    /// Takes the rows and their number, not the column.
    pub(super) fn at(mut self, place: &Place) -> Self {
        self.rows.clone_from(&place.rows);
        self.count = place.count;
        self
    }

    pub(super) fn counting(mut self, count: usize) -> Self {
        self.count = count;
        self
    }

    pub(super) fn of_scale(mut self, scale: &str) -> Self {
        self.scale = Some(scale.to_owned());
        self
    }

    pub(super) fn of_items(mut self, items: impl IntoIterator<Item = u16>) -> Self {
        self.items = items.into_iter().collect();
        self
    }
}

/// "row 3", or "rows 3, 4, 8, ..." for more than are listed.
pub(super) fn rows_in_words(place: &Place) -> String {
    let rows: Vec<String> = place.rows.iter().map(ToString::to_string).collect();
    let more = if place.count > place.rows.len() { ", ..." } else { "" };
    let noun = if place.count == 1 { "row" } else { "rows" };
    format!("{noun} {}{more}", rows.join(", "))
}

/// "item 3", or "items 3, 4 and 8".
pub(super) fn items_in_words(items: &[u16]) -> String {
    let words: Vec<String> = items.iter().map(ToString::to_string).collect();
    match words.split_last() {
        Some((last, [])) => format!("item {last}"),
        Some((last, first)) => format!("items {} and {last}", first.join(", ")),
        None => "no items".into(),
    }
}
