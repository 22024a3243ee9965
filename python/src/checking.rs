//! The key doctor.

use alliance_scoring as scoring;
use alliance_scoring::{Labels, Totals};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::columns::{Given, borrow_all, view_all};
use crate::error::from_scoring;
use crate::instrument::Instrument;
use crate::scoring::Options;

/// Everything that looks wrong with columns of answers.
#[pyfunction]
pub(crate) fn check<'py>(
    py: Python<'py>,
    columns: Vec<Given<'py>>,
    instrument: &Instrument,
    options: Options,
    labels: Vec<(String, f64)>,
    missing: Vec<String>,
    totals: Vec<(String, Given<'py>)>,
) -> PyResult<Vec<Bound<'py, PyDict>>> {
    let options = options.resolve().map_err(|error| from_scoring(py, &error))?;
    let labels = Labels::new(labels, missing);
    let held = borrow_all(py, columns, &labels)?;
    let columns = view_all(py, &held)?;
    let (scales, given): (Vec<_>, Vec<_>) = totals.into_iter().unzip();
    let no_labels = Labels::default();
    let held_totals = borrow_all(py, given, &no_labels)?;
    let totals: Vec<Totals<'_>> = scales
        .into_iter()
        .zip(view_all(py, &held_totals)?)
        .map(|(scale, column)| Totals { scale, column })
        .collect();
    let findings = py.detach(|| scoring::check(&columns, &instrument.form, &options, &totals));
    let each = findings.into_iter().map(|finding| {
        let entry = PyDict::new(py);
        entry.set_item("code", finding.code.as_str())?;
        entry.set_item("severity", finding.severity.as_str())?;
        entry.set_item("message", finding.message)?;
        entry.set_item("column", finding.column)?;
        entry.set_item("rows", finding.rows)?;
        entry.set_item("count", finding.count)?;
        entry.set_item("scale", finding.scale)?;
        entry.set_item("items", finding.items)?;
        Ok(entry)
    });
    each.collect()
}
