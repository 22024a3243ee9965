//! Outcome on the alliance within and between clients.

use alliance_psychometrics::mixed::{Component, MixedFit};
use alliance_psychometrics::outcome::{Disaggregation, Trend, WithinBetween, within_between_model};
use alliance_psychometrics::sessions::{SessionTable, session_icc};
use alliance_psychometrics::{Columns, Estimate, Level, PsychometricsError, Status};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::levels::{Lag, Rows};
use crate::psychometrics::estimate::facts;
use crate::psychometrics::from_psychometrics;
use crate::scoring::read;

/// What the models are told.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct ModelFields {
    lag: Option<Lag>,
    reliability: Option<f64>,
    confidence: f64,
}

/// Two models: clients' own trends kept in the alliance, and taken out of it.
#[pyfunction]
#[allow(clippy::too_many_arguments)]
pub(crate) fn within_between(
    py: Python<'_>,
    outcome: PyBuffer<f64>,
    scores: PyBuffer<f64>,
    clients: PyBuffer<u32>,
    sessions: PyBuffer<i64>,
    therapists: Option<PyBuffer<u32>>,
    time: PyBuffer<f64>,
    covariates: Vec<PyBuffer<f64>>,
    options: ModelFields,
) -> PyResult<Bound<'_, PyDict>> {
    let (outcome, time) = (read(&outcome)?, read(&time)?);
    let therapists = therapists.as_ref().map(read).transpose()?;
    let rows =
        Rows { scores: read(&scores)?, clients: read(&clients)?, sessions: read(&sessions)?, therapists };
    let others = covariates.iter().map(read).collect::<PyResult<Vec<_>>>()?;
    let found = py.detach(|| {
        let columns: Vec<&[f64]> = std::iter::once(time).chain(others).collect();
        let covariates = Columns::new(&columns)?;
        let reliability = reliability(rows, &options)?;
        let models = [Trend::Kept, Trend::Removed(time)]
            .into_iter()
            .map(|trend| {
                let parts = earlier(rows.parts(false, trend)?, rows, &options)?;
                let model = within_between_model(
                    outcome,
                    &parts,
                    &covariates,
                    rows.clients,
                    rows.therapists,
                    options.confidence,
                )?;
                let corrected = at_true_levels(&model, &reliability)?;
                Ok((model, corrected))
            })
            .collect::<Result<Vec<_>, PsychometricsError>>()?;
        Ok((models, reliability))
    });
    let (models, reliability) = found.map_err(|error| from_psychometrics(py, &error))?;
    let result = PyDict::new(py);
    let listed = PyList::empty(py);
    for (model, corrected) in &models {
        listed.append(describe(py, model, corrected)?)?;
    }
    result.set_item("models", listed)?;
    result.set_item("reliability", facts(py, &reliability)?)?;
    Ok(result)
}

/// The parts as they were before each row's outcome.
fn earlier(
    mut parts: Disaggregation,
    rows: Rows<'_>,
    options: &ModelFields,
) -> Result<Disaggregation, PsychometricsError> {
    let Some(lag) = &options.lag else { return Ok(parts) };
    let columns: Vec<&[f64]> = [Some(&parts.within), Some(&parts.between), parts.therapist.as_ref()]
        .into_iter()
        .flatten()
        .map(Vec::as_slice)
        .collect();
    let columns = Columns::new(&columns)?;
    let table = SessionTable::new(rows.clients, rows.sessions, &columns)?;
    let (within, between) = (lag.of(&table, 0)?, lag.of(&table, 1)?);
    let therapist = parts.therapist.as_ref().map(|_| lag.of(&table, 2)).transpose()?;
    (parts.within, parts.between, parts.therapist) = (within, between, therapist);
    Ok(parts)
}

/// The reliability of clients' means: as given, or from the scores.
fn reliability(rows: Rows<'_>, options: &ModelFields) -> Result<Estimate, PsychometricsError> {
    let level = Level::BetweenClients;
    if let Some(given) = options.reliability {
        return Ok(Estimate::new(given, level, "given"));
    }
    let columns = Columns::new(&[rows.scores])?;
    let table = SessionTable::new(rows.clients, rows.sessions, &columns)?;
    let found = session_icc(&table, rows.therapists, options.confidence)?;
    if rows.therapists.is_none() {
        return Ok(found.mean_of_sessions);
    }
    // Between clients of one therapist: the therapist's part is in the therapist's mean.
    let error = found.residual.value / found.sessions;
    let value = found.client.value / (found.client.value + error);
    Ok(Estimate::new(value, level, "variances, REML").with_rows(found.clients, found.residual.rows_used, 0))
}

/// The effect between clients corrected for unreliable means; undefined without a reliability above 0.
fn at_true_levels(model: &WithinBetween, reliability: &Estimate) -> Result<Estimate, PsychometricsError> {
    if reliability.value > 0.0 && reliability.value <= 1.0 {
        return model.between_at_true_levels(reliability.value);
    }
    if reliability.method == "given" {
        // Refused, with the range it may have.
        return model.between_at_true_levels(reliability.value);
    }
    let undefined = Estimate::undefined(Status::Undefined, Level::BetweenClients, "mixed model, REML");
    Ok(undefined.with_note("clients' means have no reliability above 0"))
}

fn describe<'py>(
    py: Python<'py>,
    model: &WithinBetween,
    corrected: &Estimate,
) -> PyResult<Bound<'py, PyDict>> {
    let one = PyDict::new(py);
    let effects = [
        ("intercept", Some(&model.intercept)),
        ("within", Some(&model.within)),
        ("between", Some(&model.between)),
        ("contextual", Some(&model.contextual)),
        ("between_at_true_levels", Some(corrected)),
        ("therapist", model.therapist.as_ref()),
    ];
    let p_values = PyDict::new(py);
    for (name, estimate) in effects {
        if let Some(estimate) = estimate {
            one.set_item(name, facts(py, estimate)?)?;
            p_values.set_item(name, estimate.t_test(0.0))?;
        }
    }
    let covariates = PyList::empty(py);
    let of_covariates = PyList::empty(py);
    for estimate in &model.covariates {
        covariates.append(facts(py, estimate)?)?;
        of_covariates.append(estimate.t_test(0.0))?;
    }
    one.set_item("covariates", covariates)?;
    p_values.set_item("covariates", of_covariates)?;
    one.set_item("p_values", p_values)?;
    for (name, component, level) in [
        ("client_variance", Component::Intercept, Level::BetweenClients),
        ("therapist_variance", Component::Outer, Level::BetweenTherapists),
        ("residual_variance", Component::Residual, Level::WithinClient),
    ] {
        if component != Component::Outer || model.therapist.is_some() {
            one.set_item(name, facts(py, &variance(&model.fit, component, level))?)?;
        }
    }
    one.set_item("deviance", model.fit.deviance())?;
    one.set_item("status", model.fit.status().as_str())?;
    one.set_item("rows_used", model.fit.rows_used())?;
    one.set_item("rows_dropped", model.fit.rows_dropped())?;
    one.set_item("clients", model.fit.group_count())?;
    one.set_item("therapists", model.fit.outer_effects().len())?;
    Ok(one)
}

fn variance(fit: &MixedFit, component: Component, level: Level) -> Estimate {
    let value = fit.variance(component);
    if value.is_nan() {
        return Estimate::undefined(fit.status(), level, "mixed model, REML");
    }
    Estimate::new(value, level, "mixed model, REML")
        .with_standard_error(fit.variance_standard_error(component))
        .with_rows(fit.group_count(), fit.rows_used(), fit.rows_dropped())
        .with_status(fit.status())
}
