//! The shape of a client's whole course: level, linear growth, curvature and what is left over.
//!
//! Shapes describe courses and flag no session. Stiles et al. 2004 fitted such curves to every client and clustered
//! them; Kivlighan & Shaughnessy 2000 clustered contrasts over four sessions into stable, linear and quadratic growth.

mod clusters;
mod ward;

pub use clusters::{ClusterShape, Clusters, MeanCourse, cluster, mean_courses};
pub use ward::{MOST_POINTS, Merge, ward, ward_groups};

use crate::{RuptureError, Series};

/// Observed sessions a curve over all sessions needs.
const LEAST_FOR_CURVE: usize = 5;

/// What a shape is fitted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ShapeDesign {
    /// All observed sessions, at least five, by least squares.
    AllSessions,
    /// A client's first sessions, this many and none missing, by orthogonal polynomial contrasts. At least 3; 4 in
    /// Kivlighan & Shaughnessy 2000.
    FirstSessions(u16),
}

/// Whether a client has a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ShapeStatus {
    /// It was fitted.
    Fitted,
    /// All scores are the same: a flat line without anything left over.
    Constant,
    /// There are too few sessions, or one of the first is missing.
    TooFewSessions,
}

impl ShapeStatus {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fitted => "fitted",
            Self::Constant => "constant",
            Self::TooFewSessions => "too-few-sessions",
        }
    }
}

/// The shape of one client's course. Its numbers are NaN where there are too few sessions.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct CourseShape {
    /// Sessions it rests on.
    pub observed: usize,
    /// Mean score.
    pub level: f64,
    /// Slope in points per session at the mean session; with contrasts, the normalised linear contrast in points.
    pub linear: f64,
    /// Curvature in points per squared session; with contrasts, the normalised quadratic contrast in points. Positive
    /// where the course sags in the middle, as a U does.
    pub quadratic: f64,
    /// Standard deviation of the residuals, with n - 3; NaN for three sessions.
    pub residual_sd: f64,
    /// Whether there is a shape.
    pub status: ShapeStatus,
}

/// The shape of each dyad's course.
///
/// Over all sessions, least squares of
///
/// ```text
/// y = level + linear (t - mean t) + quadratic ((t - mean t)^2 - mean of (t - mean t)^2) + e
/// ```
///
/// with t the position of a session in the series, gaps counted, and means over the observed sessions. Over the first
/// sessions, scores times orthogonal polynomial contrasts of length 1: (-3, -1, 1, 3) / sqrt(20) and
/// (1, -1, -1, 1) / 2 for four.
///
/// ```
/// use alliance_ruptures::shape::{ShapeDesign, shapes};
/// use alliance_ruptures::{ScoreScale, Series};
///
/// let series = Series::new(vec![6.0, 5.0, 4.0, 5.0, 6.0], vec![0, 5], ScoreScale::new(1.0, 7.0)?)?;
/// let sagging = shapes(&series, ShapeDesign::AllSessions)?[0];
/// assert!(sagging.linear.abs() < 1e-12 && sagging.quadratic > 0.0);
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
///
/// # Errors
///
/// `invalid-option` for contrasts over fewer than 3 sessions.
pub fn shapes(series: &Series, design: ShapeDesign) -> Result<Vec<CourseShape>, RuptureError> {
    if matches!(design, ShapeDesign::FirstSessions(count) if count < 3) {
        let problem = "contrasts need at least 3 sessions".into();
        return Err(RuptureError::InvalidOption { option: "first_sessions", problem });
    }
    Ok(series.runs().map(|run| CourseShape::of(run, design)).collect())
}

impl CourseShape {
    fn of(run: &[f64], design: ShapeDesign) -> Self {
        match design {
            ShapeDesign::AllSessions => Self::fitted(run, LEAST_FOR_CURVE),
            ShapeDesign::FirstSessions(count) => {
                let count = usize::from(count);
                let first = run.get(..count).unwrap_or(run);
                let shape = Self::fitted(first, count);
                // The coefficients of orthogonal regressors, times the lengths of these.
                let time = TimeMoments::of(first);
                let linear = shape.linear * time.linear_squares.sqrt();
                Self { linear, quadratic: shape.quadratic * time.quadratic_squares.sqrt(), ..shape }
            }
        }
    }

    fn fitted(run: &[f64], least: usize) -> Self {
        let time = TimeMoments::of(run);
        let points = || observed(run);
        let observed = points().count();
        if observed < least {
            let none = f64::NAN;
            return Self {
                observed,
                level: none,
                linear: none,
                quadratic: none,
                residual_sd: none,
                status: ShapeStatus::TooFewSessions,
            };
        }
        let first = points().next().map_or(f64::NAN, |(_, score)| score);
        if points().all(|(_, score)| score == first) {
            let flat = Self { observed, level: first, linear: 0.0, quadratic: 0.0, ..Self::flat() };
            return Self { residual_sd: if observed > 3 { 0.0 } else { f64::NAN }, ..flat };
        }
        let level = points().map(|(_, score)| score).sum::<f64>() / observed as f64;
        let (by_linear, by_quadratic) = points().fold((0.0, 0.0), |(linear, quadratic), (session, score)| {
            let (x, z) = time.regressors(session);
            (linear + x * (score - level), quadratic + z * (score - level))
        });
        // Two equations; with sessions spaced evenly and none missing the regressors are orthogonal.
        let determinant =
            time.linear_squares * time.quadratic_squares - time.cross_products * time.cross_products;
        let linear = (by_linear * time.quadratic_squares - by_quadratic * time.cross_products) / determinant;
        let quadratic = (by_quadratic * time.linear_squares - by_linear * time.cross_products) / determinant;
        let residual = |(session, score): (usize, f64)| {
            let (x, z) = time.regressors(session);
            score - level - linear * x - quadratic * z
        };
        let squares: f64 = points().map(residual).map(|left| left * left).sum();
        let degrees = observed as f64 - 3.0;
        let residual_sd = if degrees > 0.0 { (squares / degrees).sqrt() } else { f64::NAN };
        Self { observed, level, linear, quadratic, residual_sd, status: ShapeStatus::Fitted }
    }

    fn flat() -> Self {
        Self {
            observed: 0,
            level: f64::NAN,
            linear: 0.0,
            quadratic: 0.0,
            residual_sd: 0.0,
            status: ShapeStatus::Constant,
        }
    }
}

/// Observed sessions and their scores.
fn observed(run: &[f64]) -> impl Iterator<Item = (usize, f64)> + Clone {
    run.iter().copied().enumerate().filter(|(_, score)| !score.is_nan())
}

/// Where the observed sessions of a course lie, for regressions on them.
struct TimeMoments {
    mean: f64,
    mean_square: f64,
    linear_squares: f64,
    quadratic_squares: f64,
    cross_products: f64,
}

impl TimeMoments {
    fn of(run: &[f64]) -> Self {
        let count = observed(run).count() as f64;
        let mean = observed(run).map(|(session, _)| session as f64).sum::<f64>() / count;
        let linear_squares: f64 =
            observed(run).map(|(session, _)| (session as f64 - mean) * (session as f64 - mean)).sum();
        let mut time = Self {
            mean,
            mean_square: linear_squares / count,
            linear_squares,
            quadratic_squares: 0.0,
            cross_products: 0.0,
        };
        for (session, _) in observed(run) {
            let (x, z) = time.regressors(session);
            time.quadratic_squares += z * z;
            time.cross_products += x * z;
        }
        time
    }

    /// The session from the mean one, and the square of that from its mean.
    fn regressors(&self, session: usize) -> (f64, f64) {
        let x = session as f64 - self.mean;
        (x, x * x - self.mean_square)
    }
}
