//! The chance of leaving in a session.

use alliance_psychometrics::outcome::{HazardLink, HazardTime, discrete_time_hazard};
use alliance_psychometrics::{Columns, PsychometricsError};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::psychometrics::estimate::facts;
use crate::psychometrics::from_psychometrics;
use crate::scoring::read;

/// What the model is told.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct HazardFields {
    link: String,
    time: String,
    confidence: f64,
}

fn option(option: &'static str, problem: &str) -> PsychometricsError {
    PsychometricsError::InvalidOption { option, problem: problem.to_owned() }
}

impl HazardFields {
    fn link(&self) -> Result<HazardLink, PsychometricsError> {
        match self.link.as_str() {
            "logit" => Ok(HazardLink::Logit),
            "cloglog" => Ok(HazardLink::ComplementaryLogLog),
            _ => Err(option("link", "choose `logit` or `cloglog`")),
        }
    }

    fn time(&self) -> Result<HazardTime, PsychometricsError> {
        match self.time.as_str() {
            "constant" => Ok(HazardTime::Constant),
            "linear" => Ok(HazardTime::Linear),
            "logarithm" => Ok(HazardTime::Logarithm),
            "each-session" => Ok(HazardTime::EachSession),
            _ => Err(option("time", "choose `constant`, `linear`, `logarithm` or `each-session`")),
        }
    }
}

/// A discrete-time hazard of events (1, 0, NaN) on predictors and the session, in this order.
///
/// `sessions`: session numbers each coefficient after those of the predictors stands for, None where it is a line.
#[pyfunction]
pub(crate) fn dropout_hazard(
    py: Python<'_>,
    events: PyBuffer<f64>,
    predictors: Vec<PyBuffer<f64>>,
    sessions: PyBuffer<i64>,
    clusters: Option<PyBuffer<u32>>,
    options: HazardFields,
) -> PyResult<Bound<'_, PyDict>> {
    let (events, sessions) = (read(&events)?, read(&sessions)?);
    let predictors = predictors.iter().map(read).collect::<PyResult<Vec<_>>>()?;
    let clusters = clusters.as_ref().map(read).transpose()?;
    let fitted = py.detach(|| {
        let of_time = options.time()?.columns(sessions);
        let columns: Vec<&[f64]> =
            predictors.into_iter().chain(of_time.iter().map(|(_, column)| column.as_slice())).collect();
        let columns = Columns::new(&columns)?;
        let model = discrete_time_hazard(events, &columns, options.link()?, clusters, options.confidence)?;
        Ok((model, of_time.into_iter().map(|(session, _)| session).collect::<Vec<_>>()))
    });
    let (model, of_time) = fitted.map_err(|error| from_psychometrics(py, &error))?;
    let result = PyDict::new(py);
    let (coefficients, ratios) = (PyList::empty(py), PyList::empty(py));
    for (coefficient, ratio) in model.coefficients.iter().zip(&model.ratios()) {
        coefficients.append(facts(py, coefficient)?)?;
        ratios.append(facts(py, ratio)?)?;
    }
    result.set_item("coefficients", coefficients)?;
    result.set_item("ratios", ratios)?;
    result.set_item("p_values", &model.p_values)?;
    result.set_item("sessions", of_time)?;
    result.set_item("deviance", model.deviance)?;
    result.set_item("rows_used", model.rows_used)?;
    result.set_item("rows_dropped", model.rows_dropped)?;
    result.set_item("events", model.events)?;
    result.set_item("clusters", model.clusters)?;
    result.set_item("status", model.status.as_str())?;
    Ok(result)
}
