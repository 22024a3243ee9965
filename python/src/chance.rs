//! How often a rule fires by chance, and rules set to a wanted rate.

use alliance_ruptures::chance::{
    self, ChanceError, ChanceOptions, ChanceRate, Depths, Estimate, Fit, Per, calibrate, chance_rates,
};
use alliance_ruptures::{Detector, ScoreScale};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::appointments::courses;
use crate::detectors::{detector, orientation};
use crate::error::coded;
use crate::ruptures::{from_ruptures, unknown};
use crate::scoring::read;

fn from_chance(py: Python<'_>, error: &ChanceError) -> PyErr {
    coded(py, error.code(), error.to_string(), None)
}

/// How much is simulated, as plain values.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct ChanceFields {
    clients: usize,
    seed: u64,
    bootstrap: usize,
    sessions: Option<usize>,
    threads: Option<usize>,
    depths: Vec<f64>,
}

impl ChanceFields {
    fn options(self) -> ChanceOptions {
        let mut options = ChanceOptions::default();
        options.clients = self.clients;
        options.seed = self.seed;
        options.bootstrap = self.bootstrap;
        options.sessions = self.sessions;
        options.threads = self.threads;
        options.depths = Depths::PooledSds(self.depths);
        options
    }
}

/// Rate, Monte-Carlo error, and the interval of the fit.
type EstimateFacts = (f64, f64, Option<(f64, f64)>);

fn facts(estimate: &Estimate) -> EstimateFacts {
    (estimate.rate, estimate.monte_carlo_error, estimate.fit_interval)
}

/// A model without ruptures, fitted to series.
#[pyclass(frozen, module = "alliance._native")]
pub(crate) struct NullModel {
    model: chance::NullModel,
}

impl NullModel {
    fn rule(&self, rule: &Bound<'_, PyDict>) -> PyResult<Detector> {
        detector(rule, self.model.scale().orientation)
    }
}

#[pymethods]
impl NullModel {
    #[new]
    #[pyo3(signature = (dyads, sessions, scores, range, step, worse_is_lower, fit, appointments=None))]
    #[expect(clippy::too_many_arguments, reason = "columns come one by one")]
    fn new(
        py: Python<'_>,
        dyads: PyBuffer<u32>,
        sessions: PyBuffer<i64>,
        scores: PyBuffer<f64>,
        range: (f64, f64),
        step: Option<f64>,
        worse_is_lower: bool,
        fit: &str,
        appointments: Option<PyBuffer<u8>>,
    ) -> PyResult<Self> {
        let fit = match fit {
            "resistant-to-falls" => Fit::ResistantToFalls,
            "as-observed" => Fit::AsObserved,
            _ => return Err(from_ruptures(py, &unknown("fit", "choose resistant-to-falls or as-observed"))),
        };
        let (dyads, sessions, scores) = (read(&dyads)?, read(&sessions)?, read(&scores)?);
        let codes = appointments.as_ref().map(read).transpose()?;
        let fitted = py.detach(|| {
            let mut scale = ScoreScale::new(range.0, range.1)?.with_orientation(orientation(worse_is_lower));
            if let Some(step) = step {
                scale = scale.with_step(step)?;
            }
            // Dyads that only have appointments say nothing about scores.
            let courses = courses(dyads, sessions, scores, codes, scale)?;
            chance::NullModel::fit_with(&courses.series().of_scored_dyads(), fit)
        });
        fitted.map(|model| Self { model }).map_err(|error: ChanceError| from_chance(py, &error))
    }

    fn parameters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let found = self.model.parameters();
        let parameters = PyDict::new(py);
        for (name, value) in [
            ("level", found.level),
            ("level_sd", found.level_sd),
            ("early_rise", found.early_rise),
            ("growth", found.growth),
            ("volatility", found.volatility),
            ("volatility_log_sd", found.volatility_log_sd),
            ("autocorrelation", found.autocorrelation),
            ("tail_h", found.tail_h),
        ] {
            parameters.set_item(name, value)?;
        }
        Ok(parameters)
    }

    fn falls<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let Some(found) = self.model.falls() else { return Ok(None) };
        let falls = PyDict::new(py);
        for (name, value) in [
            ("onsets", found.onsets),
            ("depth", found.depth),
            ("depth_sd", found.depth_sd),
            ("sessions", found.sessions),
        ] {
            falls.set_item(name, value)?;
        }
        Ok(Some(falls))
    }

    /// Rates of several rules; the refits for the interval are made once for all.
    fn chance_rates<'py>(
        &self,
        py: Python<'py>,
        rules: Vec<Bound<'py, PyDict>>,
        options: ChanceFields,
    ) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let rules: Vec<Detector> = rules.iter().map(|rule| self.rule(rule)).collect::<PyResult<_>>()?;
        let options = options.options();
        let found = py.detach(|| chance_rates(&rules, &self.model, &options));
        let found = found.map_err(|error| from_chance(py, &error))?;
        found.iter().map(|found| rate_facts(py, found)).collect()
    }

    fn calibrate<'py>(
        &self,
        py: Python<'py>,
        rule: &Bound<'py, PyDict>,
        rate: f64,
        per: &str,
        options: ChanceFields,
    ) -> PyResult<Bound<'py, PyDict>> {
        let rule = self.rule(rule)?;
        let per = match per {
            "client" => Per::Client,
            "session" => Per::Session,
            _ => return Err(from_ruptures(py, &unknown("per", "choose client or session"))),
        };
        let options = options.options();
        let found = py.detach(|| calibrate(rule, &self.model, rate, per, &options));
        let found = found.map_err(|error| from_chance(py, &error))?;
        let calibration = PyDict::new(py);
        calibration.set_item("threshold", found.rule.threshold())?;
        calibration.set_item("attained", facts(&found.attained))?;
        calibration.set_item("next_rate", found.next_rate)?;
        calibration.set_item("sentence", found.sentence())?;
        let recall: Vec<_> = found
            .recall
            .iter()
            .map(|recall| {
                (recall.points, recall.pooled_sds, recall.one_session.rate, recall.three_sessions.rate)
            })
            .collect();
        calibration.set_item("recall", recall)?;
        Ok(calibration)
    }
}

fn rate_facts<'py>(py: Python<'py>, found: &ChanceRate) -> PyResult<Bound<'py, PyDict>> {
    let rates = PyDict::new(py);
    rates.set_item("dyads", found.dyads)?;
    rates.set_item("clients", found.clients)?;
    rates.set_item("assessed", found.assessed)?;
    rates.set_item("sentence", found.sentence())?;
    rates.set_item("model_sentence", found.model_sentence())?;
    for (name, estimate) in [
        ("sessions flagged", &found.per_session),
        ("clients flagged", &found.per_client),
        ("episodes per 100 sessions", &found.per_hundred_sessions),
        ("episodes repaired", &found.repaired),
    ] {
        rates.set_item(name, facts(estimate))?;
    }
    let classes = PyDict::new(py);
    for (class, estimate) in &found.classes {
        classes.set_item(class.as_str(), facts(estimate))?;
    }
    rates.set_item("classes", classes)?;
    rates.set_item("by_volatility", found.by_volatility.each_ref().map(facts))?;
    Ok(rates)
}
