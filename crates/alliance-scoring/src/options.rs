//! What the caller decides about scoring.

use crate::ScoringError;

/// When a scale is scored although answers are missing.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum MissingRule {
    /// Only when every item of the scale is answered.
    Complete,
    /// When at least this share of the scale's items is answered, above 0 and at most 1.
    ///
    /// The score is then the mean of the answered items. A total is given only
    /// if no scale of the form's partition is empty.
    ProrateShare(f64),
    /// When at least this many of the scale's items are answered, or all if it has fewer.
    ProrateAnswered(u16),
}

/// Tolerance of a share times a count, so that 0.7 of 10 items is 7 and not 8.
const SHARE_TOLERANCE: f64 = 1e-9;

impl MissingRule {
    /// Prorating by share.
    ///
    /// # Errors
    ///
    /// `invalid-option` unless `0 < min_share <= 1`.
    pub fn share(min_share: f64) -> Result<Self, ScoringError> {
        if min_share > 0.0 && min_share <= 1.0 {
            Ok(Self::ProrateShare(min_share))
        } else {
            Err(ScoringError::InvalidOption {
                option: "min_share",
                problem: "the share of answered items must be above 0 and at most 1".into(),
            })
        }
    }

    /// Prorating by count.
    ///
    /// # Errors
    ///
    /// `invalid-option` for 0.
    pub fn answered(min_answered: u16) -> Result<Self, ScoringError> {
        if min_answered > 0 {
            Ok(Self::ProrateAnswered(min_answered))
        } else {
            Err(ScoringError::InvalidOption {
                option: "min_answered",
                problem: "at least one item must be answered".into(),
            })
        }
    }

    /// How many of `items` must be answered: the smallest count that fulfils the rule, never rounded down.
    pub fn required(self, items: u16) -> u16 {
        match self {
            Self::Complete => items,
            Self::ProrateShare(share) => {
                let needed = (share * f64::from(items) - SHARE_TOLERANCE).ceil().max(1.0);
                (needed as u16).min(items)
            }
            Self::ProrateAnswered(count) => count.min(items),
        }
    }
}

/// How answers were typed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Entry {
    /// The number printed beside the chosen answer.
    #[default]
    Printed,
    /// The position of the chosen answer on the page, left to right: items that
    /// are printed highest first are turned round.
    Position,
}

/// Which reversed items the answers already have reversed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum AlreadyReversed {
    /// None: raw answers.
    #[default]
    Nothing,
    /// All of the form's reversed items.
    All,
    /// These item numbers.
    Items(Vec<u16>),
}

/// Whether an unverified key may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Unverified {
    /// No: refuse it.
    #[default]
    Refuse,
    /// Yes: the result carries a note.
    Accept,
}

/// Everything a [`Scorer`](crate::Scorer) needs besides the form.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ScoringOptions {
    /// Scales to score; `None` for all whose evidence suffices.
    pub scales: Option<Vec<String>>,
    /// Missing-answer rule.
    pub missing: MissingRule,
    /// How answers were typed in.
    pub entry: Entry,
    /// What is already reversed.
    pub already_reversed: AlreadyReversed,
    /// Numbers that mean "missing".
    pub missing_codes: Vec<f64>,
    /// Whether an unverified key may be used.
    pub unverified: Unverified,
}

impl Default for ScoringOptions {
    fn default() -> Self {
        Self {
            scales: None,
            missing: MissingRule::Complete,
            entry: Entry::default(),
            already_reversed: AlreadyReversed::default(),
            missing_codes: Vec::new(),
            unverified: Unverified::default(),
        }
    }
}

/// In which unit a score is shown. All three are views of the item mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Metric {
    /// Mean of the items, on the response scale.
    Mean,
    /// Mean times the number of items.
    Sum,
    /// Percentage of the maximum possible: 100 (mean - min) / (max - min) (Cohen et al. 1999).
    Pomp,
}

impl Metric {
    /// The score in this unit.
    #[inline]
    pub fn of_mean(self, mean: f64, items: u16, min: f64, max: f64) -> f64 {
        match self {
            Self::Mean => mean,
            Self::Sum => whole_if_rounded(mean * f64::from(items)),
            Self::Pomp => 100.0 * (mean - min) / (max - min),
        }
    }

    /// The item mean of a score in this unit.
    #[inline]
    pub fn to_mean(self, score: f64, items: u16, min: f64, max: f64) -> f64 {
        match self {
            Self::Mean => score,
            Self::Sum => score / f64::from(items),
            Self::Pomp => min + score * (max - min) / 100.0,
        }
    }
}

/// A mean times its count can miss a whole sum by a rounding error; then the whole number is meant.
#[inline]
fn whole_if_rounded(sum: f64) -> f64 {
    let whole = sum.round();
    if (sum - whole).abs() <= 4.0 * f64::EPSILON * sum.abs() { whole } else { sum }
}
