//! Scores within and between clients, and as they were before.

use alliance_psychometrics::outcome::{
    Disaggregation, MeanThrough, Measured, Trend, disaggregate as take_apart, disaggregate_so_far,
    lagged as lag_scores, session_difference, time_passed,
};
use alliance_psychometrics::sessions::SessionTable;
use alliance_psychometrics::{Columns, PsychometricsError};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::psychometrics::from_psychometrics;
use crate::scoring::{read, write};

/// One score per row, and whose it is.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) scores: &'a [f64],
    pub(super) clients: &'a [u32],
    pub(super) sessions: &'a [i64],
    pub(super) therapists: Option<&'a [u32]>,
}

impl Rows<'_> {
    /// The scores taken apart; with `so_far` as they could be then.
    pub(super) fn parts(&self, so_far: bool, trend: Trend<'_>) -> Result<Disaggregation, PsychometricsError> {
        // A session that a client has twice is refused in any case.
        let columns = Columns::new(&[self.scores])?;
        let table = SessionTable::new(self.clients, self.sessions, &columns)?;
        if so_far {
            disaggregate_so_far(&table, 0, MeanThrough::ThisSession)
        } else {
            take_apart(self.scores, self.clients, self.therapists, trend)
        }
    }
}

/// Takes scores apart; fills one array per part.
#[pyfunction]
#[allow(clippy::too_many_arguments)]
pub(crate) fn disaggregate(
    py: Python<'_>,
    scores: PyBuffer<f64>,
    clients: PyBuffer<u32>,
    sessions: PyBuffer<i64>,
    therapists: Option<PyBuffer<u32>>,
    time: Option<PyBuffer<f64>>,
    so_far: bool,
    mut within: PyBuffer<f64>,
    mut between: PyBuffer<f64>,
    mut therapist: Option<PyBuffer<f64>>,
) -> PyResult<Bound<'_, PyDict>> {
    let therapists = therapists.as_ref().map(read).transpose()?;
    let rows =
        Rows { scores: read(&scores)?, clients: read(&clients)?, sessions: read(&sessions)?, therapists };
    let trend = time.as_ref().map(read).transpose()?.map_or(Trend::Kept, Trend::Removed);
    let found = py.detach(|| rows.parts(so_far, trend)).map_err(|error| from_psychometrics(py, &error))?;
    write(&mut within)?.copy_from_slice(&found.within);
    write(&mut between)?.copy_from_slice(&found.between);
    if let (Some(out), Some(levels)) = (&mut therapist, &found.therapist) {
        write(out)?.copy_from_slice(levels);
    }
    let facts = PyDict::new(py);
    facts.set_item("grand_mean", found.grand_mean)?;
    facts.set_item("clients", found.clients)?;
    facts.set_item("single_session_clients", found.single_session_clients)?;
    facts.set_item("rows_used", found.rows_used)?;
    facts.set_item("rows_dropped", found.rows_dropped)?;
    facts.set_item("status", found.status.as_str())?;
    Ok(facts)
}

/// When something was measured, by its word.
fn measured(option: &'static str, word: &str) -> Result<Measured, PsychometricsError> {
    match word {
        "before" => Ok(Measured::BeforeSession),
        "after" => Ok(Measured::AfterSession),
        _ => Err(PsychometricsError::InvalidOption {
            option,
            problem: "choose `before` or `after`".to_owned(),
        }),
    }
}

/// When predictor and outcome were measured, and how many measurements lie between.
#[derive(FromPyObject)]
pub(crate) struct Lag(String, String, u32);

impl Lag {
    /// The column of a table as it was then.
    pub(super) fn of(&self, table: &SessionTable<'_>, column: usize) -> Result<Vec<f64>, PsychometricsError> {
        let (predictor, outcome) = self.measured()?;
        lag_scores(table, column, predictor, outcome, self.2)
    }

    /// The time since then, from a column of times.
    fn passed(&self, table: &SessionTable<'_>, column: usize) -> Result<Vec<f64>, PsychometricsError> {
        let (predictor, outcome) = self.measured()?;
        time_passed(table, column, predictor, outcome, self.2)
    }

    pub(super) fn sessions_back(&self) -> Result<i64, PsychometricsError> {
        let (predictor, outcome) = self.measured()?;
        session_difference(predictor, outcome, self.2)
    }

    fn measured(&self) -> Result<(Measured, Measured), PsychometricsError> {
        Ok((measured("measured", &self.0)?, measured("outcome_measured", &self.1)?))
    }
}

/// Fills an array with the score some measurements before each row's, and one with the time since, if times are given;
/// gives how many sessions back that is.
#[pyfunction]
#[allow(clippy::too_many_arguments)]
pub(crate) fn lagged(
    py: Python<'_>,
    scores: PyBuffer<f64>,
    clients: PyBuffer<u32>,
    sessions: PyBuffer<i64>,
    time: Option<PyBuffer<f64>>,
    lag: Lag,
    mut out: PyBuffer<f64>,
    mut passed: Option<PyBuffer<f64>>,
) -> PyResult<i64> {
    let (scores, clients, sessions) = (read(&scores)?, read(&clients)?, read(&sessions)?);
    let time = time.as_ref().map(read).transpose()?;
    let found = py.detach(|| {
        let columns: Vec<&[f64]> = std::iter::once(scores).chain(time).collect();
        let columns = Columns::new(&columns)?;
        let table = SessionTable::new(clients, sessions, &columns)?;
        let since = time.map(|_| lag.passed(&table, 1)).transpose()?;
        Ok((lag.of(&table, 0)?, since, lag.sessions_back()?))
    });
    let (values, since, back) = found.map_err(|error| from_psychometrics(py, &error))?;
    write(&mut out)?.copy_from_slice(&values);
    if let (Some(out), Some(since)) = (&mut passed, &since) {
        write(out)?.copy_from_slice(since);
    }
    Ok(back)
}
