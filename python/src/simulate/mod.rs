//! Simulated clinics.

mod options;
mod records;

use alliance_ruptures::RuptureError;
use alliance_ruptures::simulate::Rater;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::ruptures::from_ruptures;
use crate::tables::{Table, to_python};
use options::ClinicFields;
use records::Ids;

fn draw(fields: &ClinicFields, seed: u64) -> Result<Vec<(&'static str, Table)>, RuptureError> {
    let clinic = fields.simulation()?.run(seed)?;
    let client = fields.client_form.form().draw(&clinic, Rater::Client)?;
    let therapist = fields.therapist_form.form().draw(&clinic, Rater::Therapist)?;
    let codes = fields.coding().draw(&clinic)?;
    let ids = Ids::of(&clinic);
    Ok(vec![
        ("client_forms", ids.answers(&fields.client_form, &client)),
        ("therapist_forms", ids.answers(&fields.therapist_form, &therapist)),
        ("appointments", ids.appointments(&fields.attendance().draw(&clinic)?)),
        ("self_reports", ids.self_reports(&fields.post_session().draw(&clinic)?)),
        ("codes", ids.codes(&codes)),
        ("symptoms", ids.symptoms(&fields.symptoms().draw(&clinic)?)),
        ("ruptures", ids.ruptures()),
        ("sessions", ids.sessions(&client, &therapist, &codes)),
        ("clients", ids.clients()),
        ("dips", ids.dips()),
    ])
}

/// All tables of a simulated clinic.
#[pyfunction]
pub(crate) fn simulate(py: Python<'_>, options: ClinicFields, seed: u64) -> PyResult<Bound<'_, PyDict>> {
    let tables = py.detach(|| draw(&options, seed)).map_err(|error| from_ruptures(py, &error))?;
    to_python(py, tables)
}
