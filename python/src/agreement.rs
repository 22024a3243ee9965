//! What rules found in the same series, side by side.

use alliance_ruptures::{ClientClass, Detection, agreement as agreements};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::ruptures::{Detected, from_ruptures};

/// What a rule found in all dyads it could assess, and how many dyads are of each class.
#[pyfunction]
pub(crate) fn counts<'py>(py: Python<'py>, detected: &Detected) -> PyResult<Bound<'py, PyDict>> {
    let (counts, classes) = py.detach(|| (detected.found.counts(), detected.found.classes()));
    let named = PyDict::new(py);
    for (name, count) in [
        ("assessed", counts.assessed),
        ("with_episode", counts.with_episode),
        ("observed", counts.observed),
        ("evaluable", counts.evaluable),
        ("flagged", counts.flagged),
        ("episodes", counts.episodes),
        ("repaired", counts.repaired),
        ("unrepaired", counts.unrepaired),
    ] {
        named.set_item(name, count)?;
    }
    let of_class = PyDict::new(py);
    for (class, count) in ClientClass::ALL.iter().zip(classes) {
        of_class.set_item(class.as_str(), count)?;
    }
    named.set_item("classes", of_class)?;
    Ok(named)
}

/// Kappa and its sessions, share of dyads classed alike and their number: of rules i and j at `i * rules + j`.
type AgreementFacts = (Vec<f64>, Vec<usize>, Vec<f64>, Vec<usize>);

/// Agreement of every two rules on one series.
#[pyfunction]
pub(crate) fn agreement(py: Python<'_>, detected: Vec<Py<Detected>>) -> PyResult<AgreementFacts> {
    let found: Vec<&Detection> = detected.iter().map(|each| &each.get().found).collect();
    let offsets = detected.first().map_or(&[][..], |first| first.get().courses.series().offsets());
    let agreed = py.detach(|| agreements::agreement(&found, offsets));
    let agreed = agreed.map_err(|error| from_ruptures(py, &error))?;
    Ok((agreed.kappa, agreed.sessions, agreed.alike, agreed.dyads))
}
