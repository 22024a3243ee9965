//! How often a rule fires by chance, and rules set to a wanted rate.

use alliance_ruptures::chance::{
    self, ChanceError, ChanceOptions, ChanceRate, Depths, Estimate, Fit, Per, calibrate, chance_rate,
};
use alliance_ruptures::{Rule, ScoreScale, Series};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::coded;
use crate::ruptures::{RuleFields, from_ruptures, unknown};
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
    fn rule(py: Python<'_>, rule: &RuleFields) -> PyResult<Rule> {
        rule.rule().map_err(|error| from_ruptures(py, &error))
    }
}

#[pymethods]
impl NullModel {
    #[new]
    fn new(
        py: Python<'_>,
        dyads: PyBuffer<u32>,
        sessions: PyBuffer<i64>,
        scores: PyBuffer<f64>,
        range: (f64, f64),
        step: Option<f64>,
        fit: &str,
    ) -> PyResult<Self> {
        let fit = match fit {
            "resistant-to-falls" => Fit::ResistantToFalls,
            "as-observed" => Fit::AsObserved,
            _ => return Err(from_ruptures(py, &unknown("fit", "choose resistant-to-falls or as-observed"))),
        };
        let (dyads, sessions, scores) = (read(&dyads)?, read(&sessions)?, read(&scores)?);
        let fitted = py.detach(|| {
            let mut scale = ScoreScale::new(range.0, range.1)?;
            if let Some(step) = step {
                scale = scale.with_step(step)?;
            }
            let (series, _) = Series::from_rows(dyads, sessions, scores, scale)?;
            chance::NullModel::fit_with(&series, fit)
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
        for (name, value) in [("onsets", found.onsets), ("depth", found.depth), ("sessions", found.sessions)]
        {
            falls.set_item(name, value)?;
        }
        Ok(Some(falls))
    }

    fn chance_rate<'py>(
        &self,
        py: Python<'py>,
        rule: RuleFields,
        options: ChanceFields,
    ) -> PyResult<Bound<'py, PyDict>> {
        let rule = Self::rule(py, &rule)?;
        let options = options.options();
        let found = py.detach(|| chance_rate(&rule, &self.model, &options));
        let found: ChanceRate = found.map_err(|error| from_chance(py, &error))?;
        let rates = PyDict::new(py);
        rates.set_item("dyads", found.dyads)?;
        rates.set_item("clients", found.clients)?;
        rates.set_item("assessed", found.assessed)?;
        rates.set_item("sentence", found.sentence())?;
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

    fn calibrate<'py>(
        &self,
        py: Python<'py>,
        rule: RuleFields,
        rate: f64,
        per: &str,
        options: ChanceFields,
    ) -> PyResult<Bound<'py, PyDict>> {
        let rule = Self::rule(py, &rule)?;
        let per = match per {
            "client" => Per::Client,
            "session" => Per::Session,
            _ => return Err(from_ruptures(py, &unknown("per", "choose client or session"))),
        };
        let options = options.options();
        let found = py.detach(|| calibrate(&rule, &self.model, rate, per, &options));
        let found = found.map_err(|error| from_chance(py, &error))?;
        let calibration = PyDict::new(py);
        calibration.set_item("threshold", found.rule.threshold)?;
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
