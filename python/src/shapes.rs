//! Shapes of courses and their clusters.

use alliance_ruptures::shape::{Clusters, CourseShape, ShapeDesign, cluster, mean_courses, shapes};
use alliance_ruptures::{RuptureError, ScoreScale, Series};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;

use crate::ruptures::from_ruptures;
use crate::scoring::{read, write};

/// The shape of each dyad's course, and groups of them.
#[pyclass(frozen, module = "alliance._native")]
pub(crate) struct CourseShapes {
    series: Series,
    shapes: Vec<CourseShape>,
    clusters: Clusters,
}

/// Observed sessions, level, linear, quadratic, residual SD, status, cluster.
type ShapeFacts = (usize, f64, f64, f64, f64, &'static str, Option<usize>);

#[pymethods]
impl CourseShapes {
    #[new]
    fn new(
        py: Python<'_>,
        dyads: PyBuffer<u32>,
        sessions: PyBuffer<i64>,
        scores: PyBuffer<f64>,
        range: (f64, f64),
        first_sessions: Option<u16>,
        clusters: usize,
    ) -> PyResult<Self> {
        let (dyads, sessions, scores) = (read(&dyads)?, read(&sessions)?, read(&scores)?);
        let found = py.detach(|| {
            let scale = ScoreScale::new(range.0, range.1)?;
            let (series, _) = Series::from_rows(dyads, sessions, scores, scale)?;
            let design = first_sessions.map_or(ShapeDesign::AllSessions, ShapeDesign::FirstSessions);
            let shapes = shapes(&series, design)?;
            let clusters = cluster(&shapes, clusters)?;
            Ok(Self { series, shapes, clusters })
        });
        found.map_err(|error: RuptureError| from_ruptures(py, &error))
    }

    fn clients(&self) -> Vec<ShapeFacts> {
        let each = self.shapes.iter().zip(&self.clusters.of);
        each.map(|(shape, cluster)| {
            (
                shape.observed,
                shape.level,
                shape.linear,
                shape.quadratic,
                shape.residual_sd,
                shape.status.as_str(),
                *cluster,
            )
        })
        .collect()
    }

    /// Clients, mean level, linear and quadratic of each cluster.
    fn clusters(&self) -> Vec<(usize, f64, f64, f64)> {
        let each = self.clusters.shapes.iter();
        each.map(|shape| (shape.clients, shape.level, shape.linear, shape.quadratic)).collect()
    }

    /// Share of variance between clusters.
    fn between(&self) -> f64 {
        self.clusters.between
    }

    /// Mean score of each session, and how many clients have one, for each cluster.
    fn courses(&self) -> Vec<(Vec<f64>, Vec<usize>)> {
        let found = mean_courses(&self.series, &self.clusters.of, self.clusters.shapes.len());
        found.into_iter().map(|course| (course.mean, course.observed)).collect()
    }

    /// Where each dyad's sessions start in the column of scores.
    fn offsets(&self) -> Vec<usize> {
        self.series.offsets().to_vec()
    }

    /// Fills an array with the scores of all sessions, gaps included.
    fn fill_scores(&self, mut scores: PyBuffer<f64>) -> PyResult<()> {
        for (to, from) in write(&mut scores)?.iter_mut().zip(self.series.scores()) {
            *to = *from;
        }
        Ok(())
    }
}
