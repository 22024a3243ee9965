//! Each client's course in a few numbers.

use std::fmt;

use super::lag::check_column;
use crate::sessions::SessionTable;
use crate::{Columns, PsychometricsError};

/// Fewer sessions make a lag-1 autocorrelation unreadable.
const LEAST_FOR_AUTOCORRELATION: usize = 10;

/// Above what a client's time is counted.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum OwnThreshold {
    /// The client's own mean of the first sessions (the window).
    #[default]
    EarlyMean,
    /// A value the caller has.
    Value(f64),
}

/// How trajectories are summarised.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrajectoryOptions {
    /// Sessions in the early and in the final window.
    pub window: usize,
    /// Above what time is counted.
    pub threshold: OwnThreshold,
}

impl Default for TrajectoryOptions {
    /// Windows of three sessions; time above the client's own early mean.
    fn default() -> Self {
        Self { window: 3, threshold: OwnThreshold::default() }
    }
}

/// One client's course; NaN where there are too few sessions.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Trajectory {
    /// The client's code.
    pub client: u32,
    /// Sessions with a value and a time.
    pub sessions: usize,
    /// Mean.
    pub mean: f64,
    /// Standard deviation (n - 1).
    pub standard_deviation: f64,
    /// Slope of the client's own line, per unit of time.
    pub slope: f64,
    /// Its standard error; NaN with two sessions.
    pub slope_standard_error: f64,
    /// Area under the course by trapezoids, over its duration: the mean over time.
    pub area: f64,
    /// Share of the time above the threshold, the course being straight between sessions.
    pub time_above: f64,
    /// Share of the sessions above the threshold.
    pub sessions_above: f64,
    /// Lowest value.
    pub lowest: f64,
    /// Number of the (first) session with it.
    pub lowest_session: i64,
    /// Mean squared difference of successive sessions: instability. Only sessions whose numbers follow each other.
    pub mean_square_successive_difference: f64,
    /// Mean of the first sessions (the window, if the client has as many).
    pub early: f64,
    /// Mean of the last sessions, likewise.
    pub last: f64,
    /// Last less early; NaN unless the windows do not overlap.
    pub early_to_last: f64,
    /// Lag-1 autocorrelation, over sessions whose numbers follow each other.
    pub autocorrelation: f64,
    /// About how much it is too low or too high for want of sessions, -(1 + 3 r) / T (Marriott and Pope 1954).
    pub autocorrelation_bias: f64,
    /// Whether there are sessions enough (ten) to read it for one client.
    pub autocorrelation_is_readable: bool,
}

impl fmt::Debug for Trajectory {
    // Somebody's course.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trajectory").finish_non_exhaustive()
    }
}

/// Courses of all clients with a value in column `column`, codes rising. `time` has one value per row: session number less one,
/// days, or phase.
///
/// # Errors
///
/// `length-mismatch`, `not-finite`; `invalid-option` for a window of 0 sessions or a column the table does not have.
///
/// ```
/// use alliance_psychometrics::Columns;
/// use alliance_psychometrics::outcome::{OwnThreshold, TrajectoryOptions, trajectories};
/// use alliance_psychometrics::sessions::SessionTable;
///
/// let score = [4.0, 5.0, 3.0, 6.0, 6.0];
/// let table = SessionTable::new(&[1; 5], &[1, 2, 3, 4, 5], &Columns::new(&[&score])?)?;
/// let options = TrajectoryOptions { window: 2, threshold: OwnThreshold::Value(4.5) };
/// let course = &trajectories(&table, 0, &[0.0, 1.0, 2.0, 3.0, 4.0], &options)?[0];
/// assert_eq!((course.lowest, course.lowest_session), (3.0, 3));
/// assert_eq!((course.early, course.last, course.early_to_last), (4.5, 6.0, 1.5));
/// assert!((course.sessions_above - 0.6).abs() < 1e-12);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn trajectories(
    table: &SessionTable<'_>,
    column: usize,
    time: &[f64],
    options: &TrajectoryOptions,
) -> Result<Vec<Trajectory>, PsychometricsError> {
    check_column(table, column)?;
    Columns::new(&[time])?;
    if time.len() != table.row_count() {
        return Err(PsychometricsError::LengthMismatch { what: "sessions and times" });
    }
    if options.window == 0 {
        return Err(PsychometricsError::option("window", "at least one session"));
    }
    if matches!(options.threshold, OwnThreshold::Value(value) if !value.is_finite()) {
        return Err(PsychometricsError::option("threshold", "a finite number"));
    }
    let mut points = Vec::new();
    let mut found = Vec::with_capacity(table.clients());
    for (rows, client) in table.client_rows().zip(table.client_codes()) {
        points.clear();
        points.extend(rows.iter().filter_map(|row| {
            let point = Point {
                session: table.session(*row),
                time: time.get(*row).copied()?,
                value: table.value(*row, column),
            };
            (!point.value.is_nan() && !point.time.is_nan()).then_some(point)
        }));
        if !points.is_empty() {
            found.push(summary(*client, &points, options));
        }
    }
    Ok(found)
}

/// One session.
#[derive(Clone, Copy)]
struct Point {
    session: i64,
    time: f64,
    value: f64,
}

fn mean_of(points: &[Point]) -> f64 {
    points.iter().map(|point| point.value).sum::<f64>() / points.len() as f64
}

fn summary(client: u32, points: &[Point], options: &TrajectoryOptions) -> Trajectory {
    let count = points.len();
    let n = count as f64;
    let first = points.first().map_or(f64::NAN, |point| point.value);
    let mean = if points.iter().all(|point| point.value == first) { first } else { mean_of(points) };
    let mean_time = points.iter().map(|point| point.time).sum::<f64>() / n;
    let (mut squares, mut time_squares, mut products) = (0.0, 0.0, 0.0);
    for point in points {
        squares += (point.value - mean) * (point.value - mean);
        time_squares += (point.time - mean_time) * (point.time - mean_time);
        products += (point.value - mean) * (point.time - mean_time);
    }
    let slope = if time_squares > 0.0 { products / time_squares } else { f64::NAN };
    let residual: f64 =
        points.iter().map(|point| (point.value - mean - slope * (point.time - mean_time)).powi(2)).sum();
    let slope_standard_error =
        if count > 2 { (residual / (n - 2.0) / time_squares).sqrt() } else { f64::NAN };
    let early = mean_of(points.get(..options.window.min(count)).unwrap_or(points));
    let last = mean_of(points.get(count.saturating_sub(options.window)..).unwrap_or(points));
    let threshold = match options.threshold {
        OwnThreshold::EarlyMean => early,
        OwnThreshold::Value(value) => value,
    };
    let above = points.iter().filter(|point| point.value > threshold).count() as f64;
    let lowest =
        points.iter().fold(points[0], |low, point| if point.value < low.value { *point } else { low });
    let (area, time_above) = over_time(points, threshold);
    let (mut pairs, mut differences, mut lagged) = (0.0, 0.0, 0.0);
    for pair in points.windows(2).filter(|pair| pair[0].session.checked_add(1) == Some(pair[1].session)) {
        pairs += 1.0;
        differences += (pair[1].value - pair[0].value).powi(2);
        lagged += (pair[0].value - mean) * (pair[1].value - mean);
    }
    let autocorrelation = if pairs > 0.0 && squares > 0.0 { lagged / squares } else { f64::NAN };
    Trajectory {
        client,
        sessions: count,
        mean,
        standard_deviation: if count > 1 { (squares / (n - 1.0)).sqrt() } else { f64::NAN },
        slope,
        slope_standard_error,
        area,
        time_above,
        sessions_above: above / n,
        lowest: lowest.value,
        lowest_session: lowest.session,
        mean_square_successive_difference: if pairs > 0.0 { differences / pairs } else { f64::NAN },
        early,
        last,
        early_to_last: if count >= options.window.saturating_mul(2) { last - early } else { f64::NAN },
        autocorrelation,
        autocorrelation_bias: -(1.0 + 3.0 * autocorrelation) / n,
        autocorrelation_is_readable: count >= LEAST_FOR_AUTOCORRELATION && !autocorrelation.is_nan(),
    }
}

/// Mean over time by trapezoids, and share of the time above a threshold; NaN without duration.
fn over_time(points: &[Point], threshold: f64) -> (f64, f64) {
    let (mut duration, mut area, mut above) = (0.0, 0.0, 0.0);
    for pair in points.windows(2) {
        let span = pair[1].time - pair[0].time;
        let (one, other) = (pair[0].value - threshold, pair[1].value - threshold);
        duration += span;
        area += span * 0.5 * (pair[0].value + pair[1].value);
        above += span
            * match (one > 0.0, other > 0.0) {
                (true, true) => 1.0,
                (false, false) => 0.0,
                (true, false) => one / (one - other),
                (false, true) => other / (other - one),
            };
    }
    // Times that do not rise with the sessions are no course.
    if duration > 0.0 && points.windows(2).all(|pair| pair[1].time >= pair[0].time) {
        (area / duration, above / duration)
    } else {
        (f64::NAN, f64::NAN)
    }
}
