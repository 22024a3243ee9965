//! A table of numbers as columns, checked once.

use std::fmt;

use crate::PsychometricsError;
use crate::error::MOST_ROWS;
use crate::vectors::{Scan, scan};

/// Columns of equal length, one per item, rater or variable; a missing value is NaN.
///
/// ```
/// use alliance_psychometrics::Columns;
///
/// let (first, second) = ([4.0, 5.0, f64::NAN], [3.0, 5.0, 2.0]);
/// let items = Columns::new(&[&first, &second])?;
/// assert_eq!((items.count(), items.rows(), items.complete_rows()), (2, 3, 2));
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Columns<'a> {
    values: Vec<&'a [f64]>,
    names: Vec<String>,
    rows: usize,
}

impl fmt::Debug for Columns<'_> {
    // The values are somebody's answers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Columns")
            .field("count", &self.count())
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

/// Counts infinite values.
struct CountInfinite<'a>(&'a [f64]);

impl Scan for CountInfinite<'_> {
    type Found = u64;

    #[allow(clippy::inline_always)] // See `Scan`.
    #[inline(always)]
    fn run(self) -> u64 {
        // Without a branch, so that it takes several values at a time.
        self.0.iter().map(|value| u64::from(value.abs() == f64::INFINITY)).sum()
    }
}

impl<'a> Columns<'a> {
    /// These columns.
    ///
    /// # Errors
    ///
    /// `length-mismatch` unless all are of one length; `not-finite` for infinite values.
    pub fn new(columns: &[&'a [f64]]) -> Result<Self, PsychometricsError> {
        let rows = columns.first().map_or(0, |column| column.len());
        if columns.iter().any(|column| column.len() != rows) {
            return Err(PsychometricsError::LengthMismatch { what: "columns" });
        }
        for (position, column) in columns.iter().enumerate() {
            let count = scan(CountInfinite(column)) as usize;
            if count > 0 {
                let infinite =
                    (0..).zip(*column).filter(|(_, value)| value.is_infinite()).map(|(row, _)| row);
                let rows = infinite.take(MOST_ROWS).collect();
                return Err(PsychometricsError::NotFinite { column: position, rows, count });
            }
        }
        Ok(Self { values: columns.to_vec(), names: Vec::new(), rows })
    }

    /// The same with names of the columns, by which notes call them; without names they are counted from 0.
    ///
    /// # Errors
    ///
    /// `length-mismatch` unless there is one name per column.
    pub fn with_names(self, names: &[String]) -> Result<Self, PsychometricsError> {
        if names.len() != self.values.len() {
            return Err(PsychometricsError::LengthMismatch { what: "columns and their names" });
        }
        Ok(Self { names: names.to_vec(), ..self })
    }

    /// The name of a column, or its position.
    pub(crate) fn name(&self, column: usize) -> String {
        self.names.get(column).cloned().unwrap_or_else(|| column.to_string())
    }

    /// Columns of equal length whose values were looked at before, such as a sample of their rows.
    pub(crate) fn of_finite(columns: Vec<&'a [f64]>) -> Self {
        let rows = columns.first().map_or(0, |column| column.len());
        Self { values: columns, names: Vec::new(), rows }
    }

    /// Number of columns.
    pub fn count(&self) -> usize {
        self.values.len()
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Rows without a missing value.
    pub fn complete_rows(&self) -> usize {
        (0..self.rows).filter(|row| self.is_complete(*row)).count()
    }

    /// One column; empty if there is no such one.
    pub fn column(&self, column: usize) -> &'a [f64] {
        self.values.get(column).copied().unwrap_or_default()
    }

    /// All columns.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'a [f64]> + '_ {
        self.values.iter().copied()
    }

    /// Whether a row has no missing value.
    pub fn is_complete(&self, row: usize) -> bool {
        self.values.iter().all(|column| column.get(row).is_some_and(|value| !value.is_nan()))
    }
}
