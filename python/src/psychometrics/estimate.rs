//! Estimates as plain facts.

use alliance_psychometrics::Estimate;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The fields of `alliance.Estimate`.
pub(crate) fn facts<'py>(py: Python<'py>, estimate: &Estimate) -> PyResult<Bound<'py, PyDict>> {
    let fields = PyDict::new(py);
    fields.set_item("value", estimate.value)?;
    fields.set_item("standard_error", estimate.standard_error)?;
    let ends = estimate.interval.map_or([f64::NAN; 3], |ends| [ends.low, ends.high, ends.confidence]);
    for (name, end) in ["low", "high", "confidence"].into_iter().zip(ends) {
        fields.set_item(name, end)?;
    }
    fields.set_item("degrees_of_freedom", estimate.degrees_of_freedom)?;
    fields.set_item("level", estimate.level.as_str())?;
    fields.set_item("method", estimate.method)?;
    fields.set_item("units", estimate.units)?;
    fields.set_item("rows_used", estimate.rows_used)?;
    fields.set_item("rows_dropped", estimate.rows_dropped)?;
    fields.set_item("status", estimate.status.as_str())?;
    fields.set_item("notes", &estimate.notes)?;
    Ok(fields)
}

/// The same under names, in their order.
pub(crate) fn named<'py>(py: Python<'py>, estimates: &[(&str, &Estimate)]) -> PyResult<Bound<'py, PyDict>> {
    let all = PyDict::new(py);
    for (name, estimate) in estimates {
        all.set_item(name, facts(py, estimate)?)?;
    }
    Ok(all)
}
