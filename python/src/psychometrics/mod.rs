//! How far numbers can be trusted: one module per family of the crate `alliance-psychometrics`.

pub(crate) mod estimate;
pub(crate) mod form;
pub(crate) mod outcome;

use alliance_psychometrics::{Level, PsychometricsError};
use pyo3::prelude::*;

use crate::error::coded;

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
