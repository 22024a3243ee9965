//! Sessions lower than the same client's sessions before, and how often the reliable change index would flag them.

use alliance_psychometrics::change::{
    DropReference, DropRule, DropThreshold, ScorePairs, SessionDrops,
    jacobson_truax_false_alarms as false_alarms, session_drops as drops,
};
use alliance_psychometrics::sessions::SessionTable;
use alliance_psychometrics::{Columns, PsychometricsError};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::{UNKNOWN, direction};
use crate::psychometrics::estimate::named;
use crate::psychometrics::{from_psychometrics, unknown_choice};
use crate::scoring::{read, write};

/// What the caller chose.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct DropOptions {
    threshold: String,
    /// Its number: prior degrees of freedom, error of measurement, points.
    number: Option<f64>,
    /// In place of the error of measurement, with the standard deviation of first sessions.
    reliability: Option<f64>,
    reference: String,
    least_sessions: usize,
    higher_is_better: bool,
    confidence: f64,
    pooled_standard_deviation: Option<f64>,
}

impl DropOptions {
    /// Error of measurement, given or from the reliability; NaN if there is none.
    fn error_of_measurement(&self, table: &SessionTable<'_>) -> Result<f64, PsychometricsError> {
        let (first, last) = table.first_and_last(0);
        let spread = ScorePairs::of(&first, &last)?.before.standard_deviation;
        Ok(match (self.number, self.reliability) {
            (Some(given), _) => given,
            (None, Some(reliability)) => spread * (1.0 - reliability).sqrt(),
            (None, None) => f64::NAN,
        })
    }

    fn rule(&self, py: Python<'_>, error: f64) -> PyResult<DropRule> {
        let number = self.number.unwrap_or(f64::NAN);
        let threshold = match self.threshold.as_str() {
            "fluctuation" => DropThreshold::Fluctuation { prior_degrees: number },
            "measurement" | "jacobson-truax" => {
                // By an error of 0 no session is judged.
                let error = if error.is_nan() { 0.0 } else { error };
                DropThreshold::Measurement { standard_error_of_measurement: error }
            }
            "practical" => DropThreshold::Practical { points: number },
            _ => {
                let known = ["fluctuation", "measurement", "practical", "jacobson-truax"];
                return Err(unknown_choice(py, "threshold", &known));
            }
        };
        let reference = match self.reference.as_str() {
            "running-mean" => DropReference::RunningMean,
            "running-median" => DropReference::RunningMedian,
            "previous-session" => DropReference::PreviousSession,
            _ => {
                let known = ["running-mean", "running-median", "previous-session"];
                return Err(unknown_choice(py, "reference", &known));
            }
        };
        let rule = || {
            let rule = DropRule::default()
                .with_threshold(threshold)?
                .with_reference(reference, self.least_sessions)?
                .with_direction(direction(self.higher_is_better))
                .with_confidence(self.confidence)?;
            match self.pooled_standard_deviation {
                Some(within) => rule.with_pooled_standard_deviation(within),
                None => Ok(rule),
            }
        };
        rule().map_err(|error| from_psychometrics(py, &error))
    }
}

/// Sessions lower than the client's sessions before.
///
/// Written per row: `rows`, a block of reference, drop and threshold; `is_drop` (0, 1, 255). Per client: `clients`, a block
/// of sessions, sessions judged, sessions flagged, own and shrunken standard deviation.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "one array per kind of column")]
pub(crate) fn session_drops(
    py: Python<'_>,
    scores: PyBuffer<f64>,
    codes: PyBuffer<u32>,
    numbers: PyBuffer<i64>,
    options: DropOptions,
    mut rows: PyBuffer<f64>,
    mut is_drop: PyBuffer<u8>,
    mut clients: PyBuffer<f64>,
) -> PyResult<Bound<'_, PyDict>> {
    let (scores, codes, numbers) = (read(&scores)?, read(&codes)?, read(&numbers)?);
    let (rows, is_drop, clients) = (write(&mut rows)?, write(&mut is_drop)?, write(&mut clients)?);
    let raised = |error: PsychometricsError| from_psychometrics(py, &error);
    let columns = Columns::new(&[scores]).map_err(raised)?;
    let table = SessionTable::new(codes, numbers, &columns).map_err(raised)?;
    let needs_error = ["measurement", "jacobson-truax"].contains(&options.threshold.as_str());
    let error = if needs_error { options.error_of_measurement(&table).map_err(raised)? } else { f64::NAN };
    let rule = options.rule(py, error)?;
    let found = py.detach(|| drops(&table, 0, &rule)).map_err(raised)?;
    fill_drops(&found, rows, is_drop, clients);
    let result = PyDict::new(py);
    result.set_item(
        "estimates",
        named(
            py,
            &[
                ("pooled_standard_deviation", &found.pooled_standard_deviation),
                ("successive_difference", &found.successive_difference),
            ],
        )?,
    )?;
    result.set_item("status", found.status.as_str())?;
    result.set_item("standard_error_of_measurement", error)?;
    for (name, count) in [
        ("judged", found.judged),
        ("flagged", found.flagged),
        ("clients_judged", found.clients_judged),
        ("clients_flagged", found.clients_flagged),
    ] {
        result.set_item(name, count)?;
    }
    result.set_item("expected_by_chance", found.expected_by_chance)?;
    result.set_item("clients_expected_by_chance", found.clients_expected_by_chance)?;
    Ok(result)
}

fn fill_drops(found: &SessionDrops, rows: &mut [f64], is_drop: &mut [u8], clients: &mut [f64]) {
    let count = found.rows.len();
    for (row, session) in found.rows.iter().enumerate() {
        for (place, value) in [session.reference, session.drop, session.threshold].into_iter().enumerate() {
            if let Some(to) = rows.get_mut(place * count + row) {
                *to = value;
            }
        }
    }
    for (to, session) in is_drop.iter_mut().zip(&found.rows) {
        *to = session.is_drop.map_or(UNKNOWN, u8::from);
    }
    let count = found.clients.len();
    for (row, client) in found.clients.iter().enumerate() {
        let values = [
            client.sessions as f64,
            client.judged as f64,
            client.flagged as f64,
            client.own,
            client.shrunken,
        ];
        for (place, value) in values.into_iter().enumerate() {
            if let Some(to) = clients.get_mut(place * count + row) {
                *to = value;
            }
        }
    }
}

/// Chance of a flag per session and per client, and flags to expect for each client.
#[pyfunction]
pub(crate) fn jacobson_truax_false_alarms(
    py: Python<'_>,
    reliability: f64,
    icc: f64,
    autocorrelation: f64,
    sessions: usize,
    confidence: f64,
) -> PyResult<(f64, f64, f64)> {
    let found = false_alarms(reliability, icc, autocorrelation, sessions, confidence);
    let found = found.map_err(|error| from_psychometrics(py, &error))?;
    Ok((found.per_step, found.per_client, found.expected))
}
