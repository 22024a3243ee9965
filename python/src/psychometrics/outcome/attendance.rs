//! Who came to their appointments.

use alliance_psychometrics::outcome::{Appointment, ClientCancellations, attendance as rates};
use alliance_psychometrics::{Bootstrap, PsychometricsError};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::psychometrics::estimate::facts;
use crate::psychometrics::from_psychometrics;
use crate::scoring::read;

/// What each word for an appointment means for attendance; a code is a place in them, from 1.
const WORDS: [(&str, Appointment); 8] = [
    ("cancelled-by-therapist", Appointment::CancelledByProvider),
    ("cancelled-by-client", Appointment::CancelledByClient),
    ("no-show", Appointment::NoShow),
    ("dropout", Appointment::NoShow),
    ("attended", Appointment::Attended),
    ("late", Appointment::Attended),
    ("planned-end", Appointment::Attended),
    ("cancelled-late", Appointment::CancelledLate),
];

/// The words, those of a study's appointments first.
#[pyfunction]
pub(crate) fn attendance_words() -> Vec<&'static str> {
    WORDS.map(|(word, _)| word).to_vec()
}

/// What rates are told.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct AttendanceFields {
    client_cancellations_count: bool,
    confidence: f64,
    resamples: Option<usize>,
    seed: u64,
    threads: Option<usize>,
}

/// Rates of attendance, and counts of absences.
#[pyfunction]
pub(crate) fn attendance(
    py: Python<'_>,
    codes: PyBuffer<u8>,
    clients: PyBuffer<u32>,
    order: PyBuffer<i64>,
    options: AttendanceFields,
) -> PyResult<Bound<'_, PyDict>> {
    let (codes, clients, order) = (read(&codes)?, read(&clients)?, read(&order)?);
    let found = py.detach(|| {
        let unknown =
            || PsychometricsError::InvalidOption { option: "status", problem: "unknown code".to_owned() };
        let kind = |code: &u8| {
            WORDS.get(usize::from(*code).wrapping_sub(1)).map(|(_, kind)| *kind).ok_or_else(unknown)
        };
        let appointments = codes.iter().map(kind).collect::<Result<Vec<_>, _>>()?;
        let bootstrap = match options.resamples {
            None => None,
            Some(resamples) => Some(match options.threads {
                None => Bootstrap::new(resamples, options.seed)?,
                Some(threads) => Bootstrap::new(resamples, options.seed)?.with_threads(threads)?,
            }),
        };
        let cancellations = if options.client_cancellations_count {
            ClientCancellations::NotKept
        } else {
            ClientCancellations::LeftOut
        };
        rates(&appointments, clients, order, cancellations, options.confidence, bootstrap.as_ref())
    });
    let found = found.map_err(|error| from_psychometrics(py, &error))?;
    let result = PyDict::new(py);
    result.set_item("all", facts(py, &found.all)?)?;
    result.set_item("first", facts(py, &found.first)?)?;
    result.set_item("follow_up", facts(py, &found.follow_up)?)?;
    result.set_item("by_clients", found.all_by_clients.map(|rate| facts(py, &rate)).transpose()?)?;
    result.set_item("no_shows", found.no_shows)?;
    result.set_item("late_cancellations", found.late_cancellations)?;
    result.set_item("client_cancellations", found.client_cancellations)?;
    result.set_item("provider_cancellations", found.provider_cancellations)?;
    Ok(result)
}
