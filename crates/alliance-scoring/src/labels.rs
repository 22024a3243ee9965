//! Text answers as numbers: exact labels and declared missing texts, nothing else.

use std::collections::{HashMap, HashSet};
use std::fmt;

/// What text answers mean.
///
/// Exact: case and spaces count, and every text must be listed. Implement
/// [`AnswerSource`](crate::AnswerSource) with it to score a column of text where it lies.
///
/// ```
/// use alliance_scoring::Labels;
///
/// let labels = Labels::new([("never", 1.0), ("always", 7.0)], ["no answer"]);
/// assert_eq!(labels.number("always"), 7.0);
/// assert!(labels.number("no answer").is_nan());
/// assert_eq!(labels.number("Always"), f64::INFINITY);
/// ```
#[derive(Clone, Default)]
pub struct Labels {
    numbers: HashMap<String, f64>,
    missing: HashSet<String>,
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Labels")
            .field("numbers", &self.numbers.len())
            .field("missing", &self.missing.len())
            .finish()
    }
}

impl Labels {
    /// Labels with their numbers, and texts that mean a missing answer.
    pub fn new<T: Into<String>, M: Into<String>>(
        numbers: impl IntoIterator<Item = (T, f64)>,
        missing: impl IntoIterator<Item = M>,
    ) -> Self {
        Self {
            numbers: numbers.into_iter().map(|(text, number)| (text.into(), number)).collect(),
            missing: missing.into_iter().map(Into::into).collect(),
        }
    }

    /// The number of a text answer: NaN if it is declared missing, positive infinity if it is not listed.
    pub fn number(&self, text: &str) -> f64 {
        if self.missing.contains(text) {
            return f64::NAN;
        }
        self.numbers.get(text).copied().unwrap_or(f64::INFINITY)
    }
}
