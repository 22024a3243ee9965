//! Forms and appointments as courses.

use alliance_ruptures::{Appointment, Courses, RuptureError, ScoreScale};
use pyo3::prelude::*;

/// Words for appointments. Code 1 is the first of them; 0 is no appointment.
#[pyfunction]
pub(crate) fn appointment_words() -> Vec<&'static str> {
    Appointment::ALL.map(Appointment::as_str).to_vec()
}

/// The code of an appointment.
pub(crate) fn code(appointment: Option<Appointment>) -> u8 {
    let place = appointment.and_then(|this| Appointment::ALL.iter().position(|known| *known == this));
    place.map_or(0, |place| place as u8 + 1)
}

/// Courses from rows, each a form (code 0) or an appointment; without codes every row is a form.
pub(crate) fn courses(
    dyads: &[u32],
    sessions: &[i64],
    scores: &[f64],
    codes: Option<&[u8]>,
    scale: ScoreScale,
) -> Result<Courses, RuptureError> {
    let appointments: Option<Vec<_>> = codes.map(|codes| {
        let known = |code: &u8| Appointment::ALL.get(usize::from(*code).wrapping_sub(1)).copied();
        codes.iter().map(known).collect()
    });
    Courses::from_rows(dyads, sessions, scores, appointments.as_deref(), scale)
}
