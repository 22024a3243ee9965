//! Courses from rows in any order, shared by all who look at them.

use std::sync::Arc;

use alliance_ruptures::{Courses, RuptureError, ScoreScale, Spread, detect_with};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;

use crate::appointments::courses;
use crate::ruptures::{Detected, RuleFields, from_ruptures, require_on_scale};
use crate::scoring::read;

/// Session series of dyads, with the row each session came from.
#[pyclass(frozen, module = "alliance._native")]
pub(crate) struct DyadSeries {
    courses: Arc<Courses>,
    spread: Spread,
}

#[pymethods]
impl DyadSeries {
    #[new]
    #[pyo3(signature = (dyads, sessions, scores, range, appointments=None))]
    fn new(
        py: Python<'_>,
        dyads: PyBuffer<u32>,
        sessions: PyBuffer<i64>,
        scores: PyBuffer<f64>,
        range: (f64, f64),
        appointments: Option<PyBuffer<u8>>,
    ) -> PyResult<Self> {
        let (dyads, sessions, scores) = (read(&dyads)?, read(&sessions)?, read(&scores)?);
        let codes = appointments.as_ref().map(read).transpose()?;
        let ordered = py.detach(|| {
            let scale = ScoreScale::new(range.0, range.1)?;
            let courses = courses(dyads, sessions, scores, codes, scale)?;
            let spread = Spread::of(courses.series());
            Ok(Self { courses: Arc::new(courses), spread })
        });
        ordered.map_err(|error: RuptureError| from_ruptures(py, &error))
    }

    /// What a rule finds.
    fn detect(&self, py: Python<'_>, rule: RuleFields, threads: Option<usize>) -> PyResult<Detected> {
        let detected = py.detach(|| {
            let rule = rule.rule()?;
            let series = self.courses.series();
            require_on_scale(&rule, series.scale())?;
            let found = detect_with(series, &rule, &self.spread, threads);
            Ok(Detected { courses: self.courses.clone(), found })
        });
        detected.map_err(|error: RuptureError| from_ruptures(py, &error))
    }

    /// Standard deviations in points: pooled within clients, of clients' means, of clients' first scores.
    fn spread(&self) -> (f64, f64, f64) {
        (self.spread.pooled_within, self.spread.between, self.spread.first)
    }
}
