//! Courses from rows in any order, shared by all who look at them.

use std::sync::Arc;

use alliance_ruptures::{Courses, RuptureError, ScoreScale, Spread, detect_with};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::appointments::courses;
use crate::detectors::{detector, orientation};
use crate::ruptures::{ANY_SCORE, Detected, from_ruptures, require_on_scale};
use crate::scoring::read;

/// Session series of dyads, with the row each session came from.
#[pyclass(frozen, module = "alliance._native")]
pub(crate) struct DyadSeries {
    courses: Arc<Courses>,
    spread: Spread,
    range: Option<(f64, f64)>,
}

#[pymethods]
impl DyadSeries {
    #[new]
    #[pyo3(signature = (dyads, sessions, scores, range, worse_is_lower, appointments=None))]
    fn new(
        py: Python<'_>,
        dyads: PyBuffer<u32>,
        sessions: PyBuffer<i64>,
        scores: PyBuffer<f64>,
        range: Option<(f64, f64)>,
        worse_is_lower: bool,
        appointments: Option<PyBuffer<u8>>,
    ) -> PyResult<Self> {
        let (dyads, sessions, scores) = (read(&dyads)?, read(&sessions)?, read(&scores)?);
        let codes = appointments.as_ref().map(read).transpose()?;
        let ordered = py.detach(|| {
            let (lowest, highest) = range.unwrap_or((-ANY_SCORE, ANY_SCORE));
            let scale = ScoreScale::new(lowest, highest)?.with_orientation(orientation(worse_is_lower));
            let courses = courses(dyads, sessions, scores, codes, scale)?;
            let spread = Spread::of(courses.series());
            Ok(Self { courses: Arc::new(courses), spread, range })
        });
        ordered.map_err(|error: RuptureError| from_ruptures(py, &error))
    }

    /// What a rule finds.
    fn detect(&self, py: Python<'_>, rule: &Bound<'_, PyDict>, threads: Option<usize>) -> PyResult<Detected> {
        let rule = detector(rule, self.courses.series().scale().orientation)?;
        require_on_scale(&rule, self.range).map_err(|error| from_ruptures(py, &error))?;
        let found = py.detach(|| detect_with(self.courses.series(), rule, &self.spread, threads));
        Ok(Detected { courses: self.courses.clone(), found })
    }

    /// Standard deviations in points: pooled within clients, of clients' means, of clients' first scores.
    fn spread(&self) -> (f64, f64, f64) {
        (self.spread.pooled_within, self.spread.between, self.spread.first)
    }
}
