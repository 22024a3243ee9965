//! Errors of the crates as Python exceptions, chosen by their code.

use alliance_instruments::InstrumentError;
use alliance_scoring::{Place, ScoringError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The exception of `alliance.errors` that belongs to a code.
fn exception(py: Python<'_>, code: &str, message: String, place: Option<&Place>) -> PyErr {
    let build = || -> PyResult<PyErr> {
        let details = PyDict::new(py);
        if let Some(place) = place {
            details.set_item("column", &place.column)?;
            details.set_item("rows", &place.rows)?;
            details.set_item("count", place.count)?;
        }
        let error =
            py.import("alliance.errors")?.call_method("from_code", (code, message), Some(&details))?;
        Ok(PyErr::from_value(error))
    };
    build().unwrap_or_else(|error| error)
}

/// An exception for a code of the Python layer itself.
pub(crate) fn coded(py: Python<'_>, code: &str, message: String, place: Option<&Place>) -> PyErr {
    exception(py, code, message, place)
}

pub(crate) fn from_instrument(py: Python<'_>, error: &InstrumentError) -> PyErr {
    exception(py, error.code(), error.to_string(), None)
}

pub(crate) fn from_scoring(py: Python<'_>, error: &ScoringError) -> PyErr {
    exception(py, error.code(), error.to_string(), error.place())
}
