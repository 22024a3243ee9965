//! Scoring.

use std::borrow::Cow;

use alliance_scoring as scoring;
use alliance_scoring::{
    AlreadyReversed, Column, Entry, ItemSpread, Labels, Metric, MissingRule, Place, ScaleOutput,
    ScoringError, ScoringOptions, Unverified,
};
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::columns::{Given, HeldColumn, borrow_all, unsupported, view_all};
use crate::error::{coded, from_scoring};
use crate::instrument::Instrument;

/// What Python says about scoring, as plain values.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Options {
    scales: Option<Vec<String>>,
    min_share: Option<f64>,
    min_answered: Option<u16>,
    entry: String,
    already_reversed: Option<Vec<u16>>,
    all_reversed: bool,
    missing_codes: Vec<f64>,
    accept_unverified: bool,
}

impl Options {
    pub(crate) fn resolve(self) -> Result<ScoringOptions, ScoringError> {
        let mut options = ScoringOptions::default();
        options.scales = self.scales;
        options.missing = match (self.min_share, self.min_answered) {
            (Some(share), _) => MissingRule::share(share)?,
            (None, Some(count)) => MissingRule::answered(count)?,
            (None, None) => MissingRule::Complete,
        };
        options.entry = if self.entry == "position" { Entry::Position } else { Entry::Printed };
        options.already_reversed = match (self.all_reversed, self.already_reversed) {
            (true, _) => AlreadyReversed::All,
            (false, Some(items)) => AlreadyReversed::Items(items),
            (false, None) => AlreadyReversed::Nothing,
        };
        options.missing_codes = self.missing_codes;
        options.unverified = if self.accept_unverified { Unverified::Accept } else { Unverified::Refuse };
        Ok(options)
    }
}

/// A form and its options, ready to score.
#[pyclass(frozen, module = "alliance._native")]
pub(crate) struct Scorer {
    scorer: scoring::Scorer,
}

/// Name, items, required answers, level, weakest part.
type ScaleFacts = (String, u16, u16, &'static str, String);

#[pymethods]
impl Scorer {
    #[new]
    fn new(py: Python<'_>, instrument: &Instrument, options: Options) -> PyResult<Self> {
        let scorer = options.resolve().and_then(|options| scoring::Scorer::new(&instrument.form, &options));
        scorer.map(|scorer| Self { scorer }).map_err(|error| from_scoring(py, &error))
    }

    fn scales(&self) -> Vec<ScaleFacts> {
        let each = self.scorer.scales().iter();
        each.map(|scale| {
            (
                scale.name.clone(),
                scale.items,
                scale.required,
                scale.level.as_str(),
                scale.weakest_part.clone(),
            )
        })
        .collect()
    }

    /// Name, level and deciding part of each scale that is left out.
    fn left_out(&self) -> Vec<(String, &'static str, String)> {
        let each = self.scorer.left_out().iter();
        each.map(|scale| (scale.scale.clone(), scale.level.as_str(), scale.part.clone())).collect()
    }

    /// Scores columns into numpy arrays of shape (scales, rows) and, for the bitmap, (scales, bytes).
    #[allow(clippy::too_many_arguments)]
    fn score<'py>(
        &self,
        py: Python<'py>,
        columns: Vec<Given<'py>>,
        labels: Vec<(String, f64)>,
        missing: Vec<String>,
        mut means: PyBuffer<f64>,
        mut answered: PyBuffer<u8>,
        mut defined: PyBuffer<u8>,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let labels = Labels::new(labels, missing);
        let held = borrow_all(py, columns, &labels)?;
        let columns = view_all(py, &held)?;
        let scales = self.scorer.scales().len();
        let outputs = outputs(&mut means, &mut answered, &mut defined, scales)?;
        let summary = py.detach(|| self.scorer.score_into(&columns, outputs, threads));
        let summary = summary.map_err(|error| from_scoring(py, &error))?;
        let result = PyDict::new(py);
        let counts: Vec<_> =
            summary.counts.iter().map(|count| (count.complete, count.prorated, count.not_scored)).collect();
        let spread: Vec<_> = summary.spread.iter().map(|spread| (spread.variance, spread.forms)).collect();
        result.set_item("counts", counts)?;
        result.set_item("spread", spread)?;
        Ok(result)
    }
}

/// The memory of a writable, contiguous array of a checked shape.
fn rows_of<T: pyo3::buffer::Element>(buffer: &mut PyBuffer<T>, scales: usize) -> PyResult<(&mut [T], usize)> {
    let whole = buffer.as_slice_ptr().filter(|_| !buffer.readonly());
    let (Some(whole), [found, columns]) = (whole, buffer.shape()) else {
        return Err(PyValueError::new_err("a writable, contiguous array of two dimensions is needed"));
    };
    if *found != scales {
        return Err(PyValueError::new_err("the array needs one row per scale"));
    }
    // SAFETY: the array was made for this call and nobody else holds it; the buffer outlives the slice.
    Ok((unsafe { &mut *whole.as_ptr() }, *columns))
}

fn outputs<'b>(
    means: &'b mut PyBuffer<f64>,
    answered: &'b mut PyBuffer<u8>,
    defined: &'b mut PyBuffer<u8>,
    scales: usize,
) -> PyResult<Vec<ScaleOutput<'b>>> {
    let (means, rows) = rows_of(means, scales)?;
    let (answered, _) = rows_of(answered, scales)?;
    let (defined, bytes) = rows_of(defined, scales)?;
    if rows == 0 {
        return Ok((0..scales).map(|_| ScaleOutput::new(&mut [], &mut [])).collect());
    }
    let each = means.chunks_mut(rows).zip(answered.chunks_mut(rows)).zip(defined.chunks_mut(bytes.max(1)));
    Ok(each
        .map(|((mean, answered), defined)| ScaleOutput::new(mean, answered).with_defined(defined))
        .collect())
}

fn metric_of(name: &str) -> PyResult<Metric> {
    match name {
        "mean" => Ok(Metric::Mean),
        "sum" => Ok(Metric::Sum),
        "pomp" => Ok(Metric::Pomp),
        _ => Err(PyValueError::new_err("the metric is mean, sum or pomp")),
    }
}

pub(crate) fn read<T: pyo3::buffer::Element>(buffer: &PyBuffer<T>) -> PyResult<&[T]> {
    let whole = buffer.as_slice_ptr().ok_or_else(|| PyValueError::new_err("a contiguous array is needed"))?;
    // SAFETY: the buffer is held while the slice is read; scores are frozen once made.
    Ok(unsafe { &*whole.as_ptr().cast_const() })
}

pub(crate) fn write<T: pyo3::buffer::Element>(buffer: &mut PyBuffer<T>) -> PyResult<&mut [T]> {
    let whole = buffer.as_slice_ptr().filter(|_| !buffer.readonly());
    let whole = whole.ok_or_else(|| PyValueError::new_err("a writable, contiguous array is needed"))?;
    // SAFETY: the array was made for this call and nobody else holds it.
    Ok(unsafe { &mut *whole.as_ptr() })
}

/// Item means of one scale in another metric.
#[pyfunction]
pub(crate) fn view(
    py: Python<'_>,
    means: PyBuffer<f64>,
    mut out: PyBuffer<f64>,
    metric: &str,
    items: u16,
    range: (f64, f64),
) -> PyResult<()> {
    let metric = metric_of(metric)?;
    let (means, out) = (read(&means)?, write(&mut out)?);
    py.detach(|| {
        for (value, mean) in out.iter_mut().zip(means) {
            *value = metric.of_mean(*mean, items, range.0, range.1);
        }
    });
    Ok(())
}

/// Status of each score of one scale: 0 complete, 1 prorated, 2 not scored.
#[pyfunction]
pub(crate) fn statuses(
    py: Python<'_>,
    means: PyBuffer<f64>,
    answered: PyBuffer<u8>,
    mut out: PyBuffer<u8>,
    items: u16,
) -> PyResult<()> {
    let (means, answered, out) = (read(&means)?, read(&answered)?, write(&mut out)?);
    py.detach(|| {
        for ((status, mean), answered) in out.iter_mut().zip(means).zip(answered) {
            *status = if mean.is_nan() { 2 } else { u8::from(u16::from(*answered) != items) };
        }
    });
    Ok(())
}

/// Standard error of each score of one scale from its missing items, on the item mean.
#[pyfunction]
pub(crate) fn item_spread_error(
    py: Python<'_>,
    means: PyBuffer<f64>,
    answered: PyBuffer<u8>,
    mut out: PyBuffer<f64>,
    items: u16,
    variance: f64,
) -> PyResult<()> {
    let (means, answered, out) = (read(&means)?, read(&answered)?, write(&mut out)?);
    let spread = ItemSpread::of_variance(variance);
    py.detach(|| {
        for ((error, mean), answered) in out.iter_mut().zip(means).zip(answered) {
            *error =
                if mean.is_nan() { f64::NAN } else { spread.standard_error(u16::from(*answered), items) };
        }
    });
    Ok(())
}

/// Totals of one scale as item means; gives how many there are.
#[pyfunction]
#[allow(clippy::too_many_arguments)]
pub(crate) fn totals_to_means(
    py: Python<'_>,
    totals: Given<'_>,
    mut means: PyBuffer<f64>,
    mut answered: PyBuffer<u8>,
    mut defined: PyBuffer<u8>,
    metric: &str,
    items: u16,
    range: (f64, f64),
) -> PyResult<usize> {
    let name = metric;
    let metric = metric_of(name)?;
    let labels = Labels::default();
    let held = HeldColumn::borrow(py, totals, &labels)?;
    let column = held.column().ok_or_else(|| unsupported(py, &held.name, "its memory layout"))?;
    let (means, answered, defined) = (write(&mut means)?, write(&mut answered)?, write(&mut defined)?);
    let low = metric.of_mean(range.0, items, range.0, range.1);
    let high = metric.of_mean(range.1, items, range.0, range.1);
    let mut stray = Place::in_column(&held.name);
    let mut text = Place::in_column(&held.name);
    let mut present = 0;
    defined.fill(0);
    column.for_each_block(|first, block| {
        let rows = means.iter_mut().zip(answered.iter_mut()).skip(first);
        for ((row, total), (mean, answered)) in (first..).zip(block).zip(rows) {
            if total.is_nan() {
                (*mean, *answered) = (f64::NAN, 0);
                continue;
            }
            if total.is_infinite() && column.reads_cells() {
                text.add(row);
            } else if !(low..=high).contains(total) {
                stray.add(row);
            }
            *mean = metric.to_mean(*total, items, range.0, range.1);
            *answered = items as u8;
            present += 1;
            if let Some(byte) = defined.get_mut(row / 8) {
                *byte |= 1 << (row % 8);
            }
        }
    });
    if text.count > 0 {
        return Err(from_scoring(py, &ScoringError::TextAnswer { place: text }));
    }
    if stray.count > 0 {
        let message = format!(
            "{} is outside {low} to {high}, the {name} of {items} items; is the metric or the form another one?",
            stray.says("total")
        );
        return Err(coded(py, "out-of-range", message, Some(&stray)));
    }
    Ok(present)
}

/// A column of numbers, NaN where missing, into an array.
#[pyfunction]
pub(crate) fn read_numbers(py: Python<'_>, given: Given<'_>, mut out: PyBuffer<f64>) -> PyResult<()> {
    let labels = Labels::default();
    let held = HeldColumn::borrow(py, given, &labels)?;
    let column = held.column().ok_or_else(|| unsupported(py, &held.name, "its memory layout"))?;
    let out = write(&mut out)?;
    read_into(py, &column, out)
}

/// Writes a column's numbers, NaN where missing; refuses text.
fn read_into(py: Python<'_>, column: &Column<'_>, out: &mut [f64]) -> PyResult<()> {
    let mut text = Place::in_column(column.name());
    column.for_each_block(|first, block| {
        for ((row, to), from) in (first..).zip(out.iter_mut().skip(first)).zip(block) {
            if from.is_infinite() && column.reads_cells() {
                text.add(row);
            }
            *to = *from;
        }
    });
    if text.count > 0 {
        return Err(from_scoring(py, &ScoringError::TextAnswer { place: text }));
    }
    Ok(())
}

/// A column's numbers, where they lie if that can be, NaN where missing; refuses text.
pub(crate) fn numbers<'a>(py: Python<'_>, column: &Column<'a>) -> PyResult<Cow<'a, [f64]>> {
    if let Some(values) = column.side_by_side() {
        return Ok(Cow::Borrowed(values));
    }
    let mut values = vec![0.0; column.len()];
    read_into(py, column, &mut values)?;
    Ok(Cow::Owned(values))
}
