//! Flags of a rule against a criterion.

use alliance_ruptures::accuracy::{self, AccuracyOptions, Estimate};
use alliance_ruptures::{Courses, RuptureError};
use alliance_scoring::{Labels, Place};
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_schema::DataType;
use pyo3::buffer::{ElementType, PyBuffer, PyUntypedBuffer};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyList};

use crate::columns::{Given, HeldColumn, read_stream, unsupported};
use crate::error::coded;
use crate::ruptures::{Detected, from_ruptures, unknown};
use crate::scoring::{read, write};

const NO: u8 = 0;
const YES: u8 = 1;
const NOT_CODED: u8 = 2;

/// Reads a column of yes and no: 1, 0, or 2 where there is nothing.
#[pyfunction]
pub(crate) fn read_yes_no(py: Python<'_>, given: Given<'_>, mut out: PyBuffer<u8>) -> PyResult<()> {
    let (name, values, mask) = given;
    let out = write(&mut out)?;
    if let Some(codes) = arrow_booleans(py, &name, &values)? {
        out.iter_mut().zip(codes).for_each(|(to, code)| *to = code);
        return Ok(());
    }
    let labels = Labels::default();
    let held = HeldColumn::borrow(py, (name, without_booleans(py, values)?, mask), &labels)?;
    let column = held.column().ok_or_else(|| unsupported(py, &held.name, "its memory layout"))?;
    let mut wrong = Place::in_column(&held.name);
    column.for_each_block(|first, block| {
        for ((row, to), cell) in (first..).zip(out.iter_mut().skip(first)).zip(block) {
            *to = match cell {
                cell if cell.is_nan() => NOT_CODED,
                0.0 => NO,
                1.0 => YES,
                _ => {
                    wrong.add(row);
                    NOT_CODED
                }
            };
        }
    });
    if wrong.count == 0 {
        return Ok(());
    }
    let message = format!(
        "{} is neither yes nor no; give true and false, or 1 and 0, and null where nothing was coded",
        wrong.says("cell")
    );
    Err(coded(py, "out-of-range", message, Some(&wrong)))
}

/// The codes of a column of Arrow booleans, if it is one.
fn arrow_booleans(py: Python<'_>, name: &str, values: &Bound<'_, PyAny>) -> PyResult<Option<Vec<u8>>> {
    if values.is_instance_of::<PyList>() || !values.hasattr("__arrow_c_stream__")? {
        return Ok(None);
    }
    let arrays = read_stream(py, name, values)?;
    if arrays.iter().any(|array| *array.data_type() != DataType::Boolean) {
        return Ok(None);
    }
    let cells = arrays.iter().flat_map(AsArray::as_boolean);
    Ok(Some(cells.map(|cell| cell.map_or(NOT_CODED, u8::from)).collect()))
}

/// The same values with 1 and 0 for true and false.
fn without_booleans<'py>(py: Python<'py>, values: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    if let Ok(cells) = values.cast::<PyList>() {
        let numbers = PyList::empty(py);
        for cell in cells.iter() {
            match cell.cast::<PyBool>() {
                Ok(answer) => numbers.append(u8::from(answer.is_true()))?,
                Err(_) => numbers.append(cell)?,
            }
        }
        return Ok(numbers.into_any());
    }
    let is_boolean = PyUntypedBuffer::get(&values)
        .is_ok_and(|buffer| ElementType::from_format(buffer.format()) == ElementType::Bool);
    if is_boolean { values.call_method1("view", ("uint8",)) } else { Ok(values) }
}

/// How flags are held against a criterion, as plain values.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct AccuracyFields {
    tolerance: (usize, usize),
    resamples: usize,
    level: f64,
    seed: u64,
}

/// A criterion of some rows of the caller's as one of sessions.
struct Criterion<'a> {
    /// Position in the series of the session each row is about; negative for none.
    places: &'a [i64],
    codes: &'a [u8],
}

impl Criterion<'_> {
    fn rows(&self) -> impl Iterator<Item = (usize, usize, bool)> {
        let rows = self.places.iter().zip(self.codes).enumerate();
        rows.filter_map(|(row, (place, code))| match code {
            &YES | &NO => usize::try_from(*place).ok().map(|place| (row, place, *code == YES)),
            _ => None,
        })
    }

    fn of_sessions(&self, sessions: usize) -> Vec<Option<bool>> {
        let mut coded = vec![None; sessions];
        for (_, place, is_yes) in self.rows() {
            if let Some(session) = coded.get_mut(place) {
                *session = Some(is_yes);
            }
        }
        coded
    }

    /// The weight of each session, from that of its row; others have weight 1.
    fn weights(&self, weights: &[f64], sessions: usize) -> Result<Vec<f64>, RuptureError> {
        let mut of_sessions = vec![1.0; sessions];
        let mut unsound = 0;
        for (row, place, _) in self.rows() {
            let weight = weights.get(row).copied().unwrap_or(f64::NAN);
            unsound += usize::from(!(weight.is_finite() && weight >= 0.0));
            if let Some(of_session) = of_sessions.get_mut(place) {
                *of_session = weight;
            }
        }
        if unsound == 0 {
            return Ok(of_sessions);
        }
        let problem = format!("{unsound} coded rows have no weight that is finite and not negative");
        Err(unknown("weights", &problem))
    }
}

/// Positions in the series of places among all sessions; -1 for sessions that were not held.
fn in_series(courses: &Courses, places: &[i64]) -> Vec<i64> {
    let mut held = 0..;
    let positions: Vec<i64> = courses
        .states()
        .iter()
        .map(|state| if state.is_in_series() { held.next().unwrap_or(-1) } else { -1 })
        .collect();
    let position = |place: &i64| usize::try_from(*place).ok().and_then(|place| positions.get(place)).copied();
    places.iter().map(|place| position(place).unwrap_or(-1)).collect()
}

/// Estimate, ends of its interval, share of bootstrap samples that do not define it.
type EstimateFacts = (f64, f64, f64, f64);

fn facts(estimate: &Estimate) -> EstimateFacts {
    (estimate.value, estimate.low, estimate.high, estimate.undefined)
}

/// Holds flags, and onsets of episodes where they are coded, against a criterion.
///
/// `places`: row of each row of the criterion in the table of sessions, -1 for none; `codes`, `onsets`: as [`read_yes_no`] gives them;
/// `weights`: one per row.
#[pyfunction]
pub(crate) fn detection_accuracy<'py>(
    py: Python<'py>,
    detected: &Detected,
    places: PyBuffer<i64>,
    codes: PyBuffer<u8>,
    onsets: Option<PyBuffer<u8>>,
    weights: Option<PyBuffer<f64>>,
    options: AccuracyFields,
) -> PyResult<Bound<'py, PyDict>> {
    let (places, codes) = (read(&places)?, read(&codes)?);
    let onsets = onsets.as_ref().map(read).transpose()?;
    let weights = weights.as_ref().map(read).transpose()?;
    let (found, offsets) = (&detected.found, detected.courses.series().offsets());
    let accuracies = py.detach(|| {
        let places = &in_series(&detected.courses, places)[..];
        let criterion = Criterion { places, codes };
        let mut given = AccuracyOptions::default();
        (given.tolerance, given.resamples) = (options.tolerance, options.resamples);
        (given.level, given.seed) = (options.level, options.seed);
        let sessions = found.flagged.len();
        given.weights = weights.map(|weights| criterion.weights(weights, sessions)).transpose()?;
        let ruptures = criterion.of_sessions(sessions);
        let sessions = accuracy::detection_accuracy(&found.flagged, &ruptures, offsets, &given)?;
        let onsets = onsets.map(|codes| {
            let onsets = Criterion { places, codes }.of_sessions(ruptures.len());
            accuracy::onset_accuracy(found, &onsets, offsets, &given)
        });
        Ok((sessions, onsets.transpose()?))
    });
    let (sessions, onsets) = accuracies.map_err(|error: RuptureError| from_ruptures(py, &error))?;
    let measures = PyDict::new(py);
    measures.set_item("sensitivity", facts(&sessions.sensitivity))?;
    measures.set_item("precision", facts(&sessions.precision))?;
    measures.set_item("specificity", facts(&sessions.specificity))?;
    measures.set_item("kappa", facts(&sessions.kappa))?;
    let counts = PyDict::new(py);
    for (name, count) in [
        ("dyads", sessions.counts.dyads),
        ("coded", sessions.counts.coded),
        ("ruptures", sessions.counts.ruptures),
        ("found", sessions.counts.found),
        ("flags", sessions.counts.flags),
        ("undecided", sessions.counts.undecided),
        ("true_flags", sessions.counts.true_flags),
        ("false_flags", sessions.counts.false_flags),
        ("quiet", sessions.counts.quiet),
    ] {
        counts.set_item(name, count)?;
    }
    measures.set_item("counts", counts)?;
    let of_onsets = onsets.map(|onsets| {
        let named = PyDict::new(py);
        named.set_item("sensitivity", facts(&onsets.sensitivity))?;
        named.set_item("precision", facts(&onsets.precision))?;
        named.set_item("error", facts(&onsets.error))?;
        named.set_item("absolute_error", facts(&onsets.absolute_error))?;
        named.set_item("delay", facts(&onsets.delay))?;
        named.set_item("ruptures", onsets.ruptures)?;
        named.set_item("episodes", onsets.episodes)?;
        named.set_item("undecided", onsets.undecided)?;
        named.set_item("matched", onsets.matches.len())?;
        Ok::<_, PyErr>(named)
    });
    measures.set_item("onsets", of_onsets.transpose()?)?;
    Ok(measures)
}
