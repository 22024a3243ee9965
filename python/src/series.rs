//! Series in any row order, shared by all who look at them.

use std::sync::Arc;

use alliance_ruptures::{RuptureError, ScoreScale, Series, Spread, detect_with};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;

use crate::ruptures::{Detected, RuleFields, from_ruptures, require_on_scale};
use crate::scoring::read;

/// Session series of dyads, with the row each session came from.
#[pyclass(frozen, module = "alliance._native")]
pub(crate) struct DyadSeries {
    series: Arc<Series>,
    rows: Arc<[Option<usize>]>,
    spread: Spread,
}

#[pymethods]
impl DyadSeries {
    #[new]
    fn new(
        py: Python<'_>,
        dyads: PyBuffer<u32>,
        sessions: PyBuffer<i64>,
        scores: PyBuffer<f64>,
        range: (f64, f64),
    ) -> PyResult<Self> {
        let (dyads, sessions, scores) = (read(&dyads)?, read(&sessions)?, read(&scores)?);
        let ordered = py.detach(|| {
            let scale = ScoreScale::new(range.0, range.1)?;
            let (series, rows) = Series::from_rows(dyads, sessions, scores, scale)?;
            let spread = Spread::of(&series);
            Ok(Self { series: Arc::new(series), rows: rows.into(), spread })
        });
        ordered.map_err(|error: RuptureError| from_ruptures(py, &error))
    }

    /// What a rule finds.
    fn detect(&self, py: Python<'_>, rule: RuleFields, threads: Option<usize>) -> PyResult<Detected> {
        let detected = py.detach(|| {
            let rule = rule.rule()?;
            require_on_scale(&rule, self.series.scale())?;
            let found = detect_with(&self.series, &rule, &self.spread, threads);
            Ok(Detected { series: self.series.clone(), rows: self.rows.clone(), found })
        });
        detected.map_err(|error: RuptureError| from_ruptures(py, &error))
    }

    /// Standard deviations in points: pooled within clients, of clients' means, of clients' first scores.
    fn spread(&self) -> (f64, f64, f64) {
        (self.spread.pooled_within, self.spread.between, self.spread.first)
    }
}
