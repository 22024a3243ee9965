//! How far numbers can be trusted: one module per family of the crate `alliance-psychometrics`.

pub(crate) mod change;
pub(crate) mod coders;
pub(crate) mod dyads;
pub(crate) mod estimate;
pub(crate) mod form;
pub(crate) mod outcome;
pub(crate) mod sessions;
pub(crate) mod synthesis;

use std::borrow::Cow;

use alliance_psychometrics::{Columns, Level, PsychometricsError};
use alliance_scoring::Place;
use pyo3::prelude::*;

use crate::columns::{HeldColumn, view_all};
use crate::error::coded;
use crate::scoring::numbers;

/// Columns of numbers of the caller's frame, where they lie if that can be.
pub(crate) struct NumberColumns<'h> {
    names: Vec<String>,
    values: Vec<Cow<'h, [f64]>>,
}

impl<'h> NumberColumns<'h> {
    pub(crate) fn of(py: Python<'_>, held: &'h [HeldColumn<'_>]) -> PyResult<Self> {
        let columns = view_all(py, held)?;
        let values = columns.iter().map(|column| numbers(py, column)).collect::<PyResult<_>>()?;
        Ok(Self { names: columns.iter().map(|column| column.name().to_owned()).collect(), values })
    }

    /// As a table whose notes call the columns by their names.
    pub(crate) fn columns(&self, py: Python<'_>) -> PyResult<Columns<'_>> {
        let values: Vec<&[f64]> = self.values.iter().map(AsRef::as_ref).collect();
        let named = Columns::new(&values).and_then(|columns| columns.with_names(&self.names));
        named.map_err(|error| match &error {
            PsychometricsError::NotFinite { column, rows, count } => {
                let mut place = Place::in_column(self.names.get(*column).map_or("", String::as_str));
                place.rows.clone_from(rows);
                place.count = *count;
                let message = format!("{} is infinite; a missing one is null or NaN", place.says("number"));
                coded(py, error.code(), message, Some(&place))
            }
            _ => from_psychometrics(py, &error),
        })
    }
}

/// An error of the crate as a Python exception.
pub(crate) fn from_psychometrics(py: Python<'_>, error: &PsychometricsError) -> PyErr {
    coded(py, error.code(), error.to_string(), None)
}

/// The error for a word that is none of those an option takes.
pub(crate) fn unknown_choice(py: Python<'_>, option: &str, choices: &[&str]) -> PyErr {
    coded(py, "invalid-option", format!("{option}: choose `{}`", choices.join("`, `")), None)
}

/// The columns of a block with one contiguous row per column.
pub(crate) fn columns_of(block: &[f64], columns: usize) -> Vec<&[f64]> {
    let rows = block.len().checked_div(columns).unwrap_or_default();
    (0..columns).map(|column| block.get(column * rows..(column + 1) * rows).unwrap_or_default()).collect()
}

/// What the rows of a table are.
pub(crate) fn level_of_rows(rows: &str) -> Level {
    if rows == "one-session" { Level::OneSession } else { Level::PooledRows }
}
