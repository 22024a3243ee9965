//! Each client's course in a few numbers.

use alliance_psychometrics::Columns;
use alliance_psychometrics::outcome::{
    OwnThreshold, Trajectory, TrajectoryOptions, trajectories as summaries,
};
use alliance_psychometrics::sessions::SessionTable;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;

use crate::psychometrics::from_psychometrics;
use crate::scoring::{read, write};

type Number = fn(&Trajectory) -> f64;

const NUMBERS: [(&str, Number); 17] = [
    ("sessions", |course| course.sessions as f64),
    ("mean", |course| course.mean),
    ("standard_deviation", |course| course.standard_deviation),
    ("slope", |course| course.slope),
    ("slope_standard_error", |course| course.slope_standard_error),
    ("area", |course| course.area),
    ("time_above", |course| course.time_above),
    ("sessions_above", |course| course.sessions_above),
    ("lowest", |course| course.lowest),
    ("lowest_session", |course| course.lowest_session as f64),
    ("mean_square_successive_difference", |course| course.mean_square_successive_difference),
    ("early", |course| course.early),
    ("final", |course| course.last),
    ("early_to_final", |course| course.early_to_last),
    ("autocorrelation", |course| course.autocorrelation),
    ("autocorrelation_bias", |course| course.autocorrelation_bias),
    ("autocorrelation_is_readable", |course| f64::from(u8::from(course.autocorrelation_is_readable))),
];

/// Names of the numbers, in the order in which [`trajectories`] fills them in.
#[pyfunction]
pub(crate) fn trajectory_numbers() -> Vec<&'static str> {
    NUMBERS.map(|(name, _)| name).to_vec()
}

/// Fills a block, one row per number and one column per client; clients are numbered from 0 without gaps.
///
/// A client without a session keeps what stands there.
#[pyfunction]
#[allow(clippy::too_many_arguments)]
pub(crate) fn trajectories(
    py: Python<'_>,
    scores: PyBuffer<f64>,
    clients: PyBuffer<u32>,
    sessions: PyBuffer<i64>,
    time: PyBuffer<f64>,
    window: usize,
    threshold: Option<f64>,
    mut block: PyBuffer<f64>,
) -> PyResult<()> {
    let (scores, clients) = (read(&scores)?, read(&clients)?);
    let (sessions, time) = (read(&sessions)?, read(&time)?);
    let threshold = threshold.map_or(OwnThreshold::EarlyMean, OwnThreshold::Value);
    let found = py.detach(|| {
        let columns = Columns::new(&[scores])?;
        let table = SessionTable::new(clients, sessions, &columns)?;
        summaries(&table, 0, time, &TrajectoryOptions { window, threshold })
    });
    let found = found.map_err(|error| from_psychometrics(py, &error))?;
    let block = write(&mut block)?;
    let across = block.len() / NUMBERS.len();
    if across > 0 {
        for (row, (_, number)) in block.chunks_exact_mut(across).zip(NUMBERS) {
            for course in &found {
                if let Some(place) = row.get_mut(course.client as usize) {
                    *place = number(course);
                }
            }
        }
    }
    Ok(())
}
