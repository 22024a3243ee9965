//! Clients' slopes over three or more sessions.

use alliance_psychometrics::change::{GrowthChange, growth_change as growth};
use alliance_psychometrics::mixed::Component;
use alliance_psychometrics::{Estimate, Level};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::{UNKNOWN, direction, place};
use crate::psychometrics::estimate::named;
use crate::psychometrics::from_psychometrics;
use crate::scoring::{read, write};

/// Each client's slope in a mixed model, and the model. Time counts from `origin`, where the intercept lies.
///
/// Written per client: `columns`, a block of rows used, own slope, its standard error, z of the own slope, deviation from
/// the average slope and z of that; `own` and `deviation`, the places of the classes.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "one array per kind of column")]
pub(crate) fn growth_change(
    py: Python<'_>,
    scores: PyBuffer<f64>,
    time: PyBuffer<f64>,
    origin: f64,
    clients: PyBuffer<u32>,
    higher_is_better: bool,
    confidence: f64,
    mut columns: PyBuffer<f64>,
    mut own: PyBuffer<u8>,
    mut deviation: PyBuffer<u8>,
) -> PyResult<Bound<'_, PyDict>> {
    let (scores, time, clients) = (read(&scores)?, read(&time)?, read(&clients)?);
    let (columns, own, deviation) = (write(&mut columns)?, write(&mut own)?, write(&mut deviation)?);
    let count = own.len();
    let time: Vec<f64> = time.iter().map(|time| time - origin).collect();
    let found = py.detach(|| growth(scores, &time, clients, direction(higher_is_better), confidence));
    let found = found.map_err(|error| from_psychometrics(py, &error))?;
    columns.fill(f64::NAN);
    // Sessions are counted whether or not the model could be estimated.
    if let Some(sessions) = columns.get_mut(..count) {
        sessions.fill(0.0);
        for (code, (score, time)) in clients.iter().zip(scores.iter().zip(&time)) {
            if let Some(to) = sessions.get_mut(*code as usize).filter(|_| !score.is_nan() && !time.is_nan()) {
                *to += 1.0;
            }
        }
    }
    own.fill(UNKNOWN);
    deviation.fill(UNKNOWN);
    for client in &found.clients {
        let row = client.client as usize;
        let values = [
            client.own_slope,
            client.standard_error,
            client.own_z,
            client.deviation_from_average,
            client.deviation_z,
        ];
        for (column, value) in (1..).zip(values) {
            if let Some(to) = columns.get_mut(column * count + row) {
                *to = value;
            }
        }
        for (column, class) in [(&mut *own, client.own_class), (&mut *deviation, client.deviation_class)] {
            if let Some(to) = column.get_mut(row) {
                *to = place(class);
            }
        }
    }
    growth_facts(py, &found)
}

fn growth_facts<'py>(py: Python<'py>, found: &GrowthChange) -> PyResult<Bound<'py, PyDict>> {
    let fit = &found.fit;
    let result = PyDict::new(py);
    let with_rows =
        |estimate: Estimate| estimate.with_rows(fit.group_count(), fit.rows_used(), fit.rows_dropped());
    let component = |component, method| {
        let estimate = Estimate::new(fit.variance(component), Level::BetweenClients, method)
            .with_standard_error(fit.variance_standard_error(component));
        let status = if estimate.value.is_nan() { fit.status() } else { estimate.status };
        with_rows(estimate.with_status(status))
    };
    let mut average = found.average_slope.clone();
    if average.value.is_nan() {
        average = average.with_status(fit.status());
    }
    let mut intercept = found.average_intercept.clone();
    if intercept.value.is_nan() {
        intercept = intercept.with_status(fit.status());
    }
    let mut residual = component(Component::Residual, "variance of residuals, REML");
    residual.level = Level::WithinClient;
    result.set_item(
        "estimates",
        named(
            py,
            &[
                ("average_slope", &with_rows(average)),
                ("average_intercept", &with_rows(intercept)),
                ("intercept_variance", &component(Component::Intercept, "variance of intercepts, REML")),
                ("slope_variance", &component(Component::Slope, "variance of slopes, REML")),
                (
                    "intercept_slope_covariance",
                    &component(Component::InterceptSlope, "covariance of intercepts and slopes, REML"),
                ),
                ("residual_variance", &residual),
            ],
        )?,
    )?;
    result.set_item("status", found.status().as_str())?;
    result.set_item("critical_value", found.critical_value)?;
    result.set_item("deviance", fit.deviance())?;
    Ok(result)
}
