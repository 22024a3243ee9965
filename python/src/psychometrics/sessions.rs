//! Reliability across sessions.

use alliance_psychometrics::sessions::{
    Contrast, CrossedGeneralizability, DecisionRow, ItemMeans, MultilevelAlpha, NestedGeneralizability,
    RaterContrast, SessionIcc, SessionTable, Stability, crossed_generalizability, multilevel_alpha,
    nested_generalizability, rater_contrast as contrast, session_icc, stability, times_needed as needed,
};
use alliance_psychometrics::{Bootstrap, Columns, PsychometricsError};
use alliance_scoring::Labels;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::estimate::{facts, named};
use super::{NumberColumns, columns_of, from_psychometrics, unknown_choice};
use crate::columns::{Given, borrow_all};
use crate::scoring::read;

/// Which form each column of answers belongs to: client (or dyad), session, and therapist where that is known.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct SessionIds {
    client: PyBuffer<u32>,
    session: PyBuffer<i64>,
    therapist: Option<PyBuffer<u32>>,
}

/// What the caller chose.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct SessionOptions {
    item_means: String,
    confidence: f64,
    /// Of clients, for the alphas; none for intervals without a bootstrap.
    resamples: Option<usize>,
    seed: u64,
}

struct Found {
    nested: NestedGeneralizability,
    crossed: CrossedGeneralizability,
    alpha: MultilevelAlpha,
    icc: SessionIcc,
}

/// Variance components, their coefficients, alphas and intraclass correlations.
///
/// Reversed items are turned.
#[pyfunction]
pub(crate) fn session_reliability<'py>(
    py: Python<'py>,
    items: Vec<Given<'py>>,
    ids: SessionIds,
    options: SessionOptions,
) -> PyResult<Bound<'py, PyDict>> {
    let item_means = match options.item_means.as_str() {
        "in-error" => ItemMeans::InError,
        "removed" => ItemMeans::Removed,
        _ => return Err(unknown_choice(py, "item_means", &["in-error", "removed"])),
    };
    let labels = Labels::default();
    let held = borrow_all(py, items, &labels)?;
    let items = NumberColumns::of(py, &held)?;
    let columns = items.columns(py)?;
    let (client, session) = (read(&ids.client)?, read(&ids.session)?);
    let therapist = ids.therapist.as_ref().map(read).transpose()?;
    let found = py.detach(|| -> Result<Found, PsychometricsError> {
        let bootstrap =
            options.resamples.map(|resamples| Bootstrap::new(resamples, options.seed)).transpose()?;
        let table = SessionTable::new(client, session, &columns)?;
        let means = means_of_complete_rows(&columns);
        let scores = Columns::new(&[&means])?;
        let confidence = options.confidence;
        Ok(Found {
            nested: nested_generalizability(&table, item_means, confidence)?,
            crossed: crossed_generalizability(&table, confidence)?,
            alpha: multilevel_alpha(&table, confidence, bootstrap.as_ref())?,
            icc: session_icc(&SessionTable::new(client, session, &scores)?, therapist, confidence)?,
        })
    });
    let Found { nested, crossed, alpha, icc } = found.map_err(|error| from_psychometrics(py, &error))?;
    let result = PyDict::new(py);
    result.set_item("sizes", (nested.clients, nested.sessions, nested.items))?;
    let coefficients = [
        ("r_krn", &nested.mean_of_sessions),
        ("r_1rn", &nested.one_session),
        ("r_cn", &nested.change),
        ("r_kf", &crossed.mean_of_fixed_sessions),
        ("r_1f", &crossed.one_fixed_session),
        ("r_kr", &crossed.mean_of_random_sessions),
        ("r_1r", &crossed.one_random_session),
        ("r_c", &crossed.change),
        ("within_alpha", &alpha.within),
        ("between_alpha", &alpha.between),
        ("pooled_alpha", &alpha.pooled),
        ("standard_error_of_measurement", &alpha.standard_error_of_measurement),
        ("icc", &icc.one_session),
        ("icc_of_mean", &icc.mean_of_sessions),
    ];
    result.set_item("coefficients", named(py, &coefficients)?)?;
    let of_therapists = icc.same_therapist.as_ref();
    result.set_item("therapist_icc", of_therapists.map(|share| facts(py, share)).transpose()?)?;
    let nested_components =
        [("client", &nested.client), ("session", &nested.session), ("residual", &nested.residual)];
    result.set_item("nested", named(py, &nested_components)?)?;
    let crossed_components = [
        ("client", &crossed.client),
        ("session", &crossed.session),
        ("item", &crossed.item),
        ("client_session", &crossed.client_session),
        ("client_item", &crossed.client_item),
        ("session_item", &crossed.session_item),
        ("residual", &crossed.residual),
    ];
    result.set_item("crossed", named(py, &crossed_components)?)?;
    let scores = named(py, &[("client", &icc.client), ("residual", &icc.residual)])?;
    if let Some(therapist) = &icc.therapist {
        scores.set_item("therapist", facts(py, therapist)?)?;
    }
    result.set_item("scores", scores)?;
    let of_items = PyList::empty(py);
    for estimate in &alpha.item_icc {
        of_items.append(facts(py, estimate)?)?;
    }
    result.set_item("item_icc", of_items)?;
    Ok(result)
}

/// The mean of each row that has every item; NaN for the others.
fn means_of_complete_rows(columns: &Columns<'_>) -> Vec<f64> {
    let mut means = vec![0.0; columns.rows()];
    for column in columns.iter() {
        for (mean, value) in means.iter_mut().zip(column) {
            *mean += value / columns.count() as f64;
        }
    }
    means
}

/// Sessions, items, reliability between clients and within a client, for each number of sessions with each of items.
#[pyfunction]
pub(crate) fn decision_rows(
    variances: [f64; 3],
    sessions: Vec<usize>,
    items: Vec<usize>,
) -> Vec<(usize, usize, f64, f64)> {
    let row = |sessions: usize, items: usize| {
        let row = DecisionRow::new(variances, sessions, items);
        (sessions, items, row.between_clients, row.within_client)
    };
    sessions.iter().flat_map(|sessions| items.iter().map(move |items| row(*sessions, *items))).collect()
}

/// Fewest parallel parts of one reliability whose mean reaches a target.
#[pyfunction]
pub(crate) fn times_needed(single: f64, target: f64) -> Option<usize> {
    needed(single, target)
}

/// Stability of each rater's values from one session to another: number of clients and estimates.
///
/// `values` is a block of raters x units.
#[pyfunction]
pub(crate) fn session_stability(
    py: Python<'_>,
    values: PyBuffer<f64>,
    raters: usize,
    ids: SessionIds,
    sessions: (i64, i64),
    confidence: f64,
) -> PyResult<Bound<'_, PyList>> {
    let block = read(&values)?;
    let (client, session) = (read(&ids.client)?, read(&ids.session)?);
    let found = py.detach(|| -> Result<Vec<Stability>, PsychometricsError> {
        let table = SessionTable::new(client, session, &Columns::new(&columns_of(block, raters))?)?;
        (0..raters)
            .map(|rater| {
                let (first, second) = table.pairs(rater, sessions.0, sessions.1);
                stability(&first, &second, confidence)
            })
            .collect()
    });
    let raters = PyList::empty(py);
    for found in found.map_err(|error| from_psychometrics(py, &error))? {
        let estimates = [
            ("agreement", &found.agreement),
            ("consistency", &found.consistency),
            ("correlation", &found.correlation),
            ("standard_error_of_measurement", &found.standard_error_of_measurement),
            ("mean_change", &found.mean_change),
        ];
        raters.append((found.clients, named(py, &estimates)?))?;
    }
    Ok(raters)
}

/// Stability of two raters' series of the same sessions: numbers of clients and sessions, and contrasts by name.
///
/// `values` is a block of two raters x units.
#[pyfunction]
pub(crate) fn rater_contrast(
    py: Python<'_>,
    values: PyBuffer<f64>,
    ids: SessionIds,
    confidence: f64,
    resamples: usize,
    seed: u64,
) -> PyResult<(usize, usize, Bound<'_, PyDict>)> {
    let block = read(&values)?;
    let (client, session) = (read(&ids.client)?, read(&ids.session)?);
    let found = py.detach(|| -> Result<RaterContrast, PsychometricsError> {
        let bootstrap = Bootstrap::new(resamples, seed)?;
        let table = SessionTable::new(client, session, &Columns::new(&columns_of(block, 2))?)?;
        contrast(&table, confidence, &bootstrap)
    });
    let found = found.map_err(|error| from_psychometrics(py, &error))?;
    let contrasts = PyDict::new(py);
    for (name, Contrast { first, second, difference, .. }) in [
        ("icc", &found.icc),
        ("within_deviation", &found.within_deviation),
        ("successive_change", &found.successive_change),
        ("slope", &found.slope),
    ] {
        let sides = [("first", first), ("second", second), ("difference", difference)];
        contrasts.set_item(name, named(py, &sides)?)?;
    }
    Ok((found.clients, found.sessions, contrasts))
}
