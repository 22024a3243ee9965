//! Each score as the client's deviation in this session, the client's level and the therapist's.

use std::fmt;

use super::lag::{MeanThrough, earlier_mean};
use crate::groups::Groups;
use crate::sessions::SessionTable;
use crate::{Columns, PsychometricsError, Status};

/// A line through fewer sessions leaves no residual.
const LEAST_FOR_LINE: usize = 3;

/// What becomes of a client's own trend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Trend<'a> {
    /// It stays in the within part, which then mixes growth with fluctuation.
    Kept,
    /// The within part is the residual from the client's own line on this time (Curran and Bauer 2011, Annual Review of
    /// Psychology 62). A client with fewer than three sessions, or all at one time, has none (NaN).
    Removed(&'a [f64]),
}

/// Scores taken apart, row by row: score = grand mean + therapist + between + within (+ trend, if removed).
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Disaggregation {
    /// Score less the client's mean, or less the client's own line; 0 for a client's only session.
    pub within: Vec<f64>,
    /// Client's mean less the grand mean; with therapists, less the therapist's mean.
    pub between: Vec<f64>,
    /// Therapist's mean less the grand mean, if therapists were given.
    pub therapist: Option<Vec<f64>>,
    /// Mean of clients' means (of therapists' means, if given).
    pub grand_mean: f64,
    /// Clients with a score.
    pub clients: usize,
    /// Clients with one score: they tell of differences between clients only.
    pub single_session_clients: usize,
    /// Rows with a within part.
    pub rows_used: usize,
    /// Rows without: missing, or of a client without a line.
    pub rows_dropped: usize,
    /// `AllMissing` without a score, `ZeroVariance` if no score differs from its client's mean (or line).
    pub status: Status,
}

impl fmt::Debug for Disaggregation {
    // The rows are somebody's scores.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disaggregation")
            .field("clients", &self.clients)
            .field("rows_used", &self.rows_used)
            .field("rows_dropped", &self.rows_dropped)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// Takes scores apart into what is within clients and what is between them (and their therapists).
///
/// A client's mean holds all their sessions, also later ones: this describes, it does not predict; for that there is
/// [`disaggregate_so_far`]. Clients count alike in a therapist's mean, whatever the number of their sessions (Baldwin, Wampold and
/// Imel 2007, Journal of Consulting and Clinical Psychology 75).
///
/// # Errors
///
/// `length-mismatch`, `not-finite`; `not-nested` if a client has two therapists.
///
/// ```
/// use alliance_psychometrics::outcome::{Trend, disaggregate};
///
/// let parts = disaggregate(&[4.0, 6.0, 2.0, 4.0], &[1, 1, 2, 2], None, Trend::Kept)?;
/// assert_eq!(parts.within, [-1.0, 1.0, -1.0, 1.0]);
/// assert_eq!(parts.between, [1.0, 1.0, -1.0, -1.0]);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn disaggregate(
    scores: &[f64],
    clients: &[u32],
    therapists: Option<&[u32]>,
    trend: Trend<'_>,
) -> Result<Disaggregation, PsychometricsError> {
    Columns::new(&[scores])?;
    let time = match trend {
        Trend::Kept => None,
        Trend::Removed(time) => Some(time),
    };
    let lengths = [Some(clients.len()), therapists.map(<[u32]>::len), time.map(<[f64]>::len)];
    if lengths.into_iter().flatten().any(|length| length != scores.len()) {
        return Err(PsychometricsError::LengthMismatch { what: "scores, clients, therapists and time" });
    }
    if let Some(time) = time {
        Columns::new(&[time])?;
    }
    let has_value = |row: usize| scores.get(row).is_some_and(|score| !score.is_nan());
    let groups = Groups::new(clients, has_value);
    let score = |row: &usize| scores.get(*row).copied().unwrap_or(f64::NAN);
    let means: Vec<f64> = groups.iter().map(|rows| mean(rows.iter().map(score))).collect();
    // Therapists of clients, and the means of their clients' means.
    let outer = therapists.map(|therapists| groups.outer_of(therapists)).transpose()?;
    let (levels, grand_mean) = match &outer {
        None => (None, mean(means.iter().copied())),
        Some(outer) => {
            let of_therapist = Groups::new(outer, |_| true);
            let client_mean = |client: &usize| means.get(*client).copied().unwrap_or(f64::NAN);
            let mut levels = vec![f64::NAN; means.len()];
            let mut therapist_means = Vec::with_capacity(of_therapist.count());
            for clients in of_therapist.iter() {
                let level = mean(clients.iter().map(client_mean));
                therapist_means.push(level);
                for client in clients {
                    if let Some(place) = levels.get_mut(*client) {
                        *place = level;
                    }
                }
            }
            (Some(levels), mean(therapist_means.into_iter()))
        }
    };
    let unknown = || vec![f64::NAN; scores.len()];
    let (mut within, mut between, mut therapist) = (unknown(), unknown(), levels.as_ref().map(|_| unknown()));
    let mut varies = false;
    for (client, (rows, client_mean)) in groups.iter().zip(&means).enumerate() {
        let level =
            levels.as_ref().map_or(grand_mean, |levels| levels.get(client).copied().unwrap_or(f64::NAN));
        let line = time.map(|time| Line::of(rows, scores, time));
        // Equal scores differ from their mean by rounding only.
        let constant = rows.iter().all(|row| score(row) == score(&rows[0]));
        for row in rows {
            let part = match &line {
                Some(line) => line.residual(score(row), time.and_then(|time| time.get(*row)).copied()),
                None if constant => 0.0,
                None => score(row) - client_mean,
            };
            varies |= part.is_finite() && part != 0.0;
            set(&mut within, *row, part);
            set(&mut between, *row, client_mean - level);
            if let Some(therapist) = &mut therapist {
                set(therapist, *row, level - grand_mean);
            }
        }
    }
    let rows_used = within.iter().filter(|part| !part.is_nan()).count();
    Ok(Disaggregation {
        rows_used,
        rows_dropped: scores.len() - rows_used,
        clients: groups.count(),
        single_session_clients: groups.iter().filter(|rows| rows.len() == 1).count(),
        status: match () {
            () if groups.count() == 0 => Status::AllMissing,
            () if !varies => Status::ZeroVariance,
            () => Status::Defined,
        },
        within,
        between,
        therapist,
        grand_mean,
    })
}

/// Takes scores apart as they could be taken apart then: each client's level is the mean of their sessions so far.
///
/// score = grand mean + between + within in every row, as in [`disaggregate`], with `between` moving from session to session. No
/// number holds a later session of the client: the grand mean, the same in every row, is that of clients' first
/// scores. With [`MeanThrough::PreviousSession`] a client's first score has no parts (NaN); with
/// [`MeanThrough::ThisSession`] it is all `between`.
///
/// # Errors
///
/// `invalid-option` for a column the table does not have.
///
/// ```
/// use alliance_psychometrics::Columns;
/// use alliance_psychometrics::outcome::{MeanThrough, disaggregate_so_far};
/// use alliance_psychometrics::sessions::SessionTable;
///
/// let alliance = [4.0, 6.0, 2.0, 4.0];
/// let table = SessionTable::new(&[1, 1, 2, 2], &[1, 2, 1, 2], &Columns::new(&[&alliance])?)?;
/// let parts = disaggregate_so_far(&table, 0, MeanThrough::ThisSession)?;
/// assert_eq!(parts.within, [0.0, 1.0, 0.0, 1.0]);
/// assert_eq!(parts.between, [1.0, 2.0, -1.0, 0.0]);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn disaggregate_so_far(
    table: &SessionTable<'_>,
    column: usize,
    through: MeanThrough,
) -> Result<Disaggregation, PsychometricsError> {
    let mut between = earlier_mean(table, column, through)?;
    let score = |row: &usize| table.value(*row, column);
    let scored = |rows: &[usize]| rows.iter().filter(|row| !score(row).is_nan()).count();
    let firsts: Vec<f64> =
        table.client_rows().filter_map(|rows| rows.iter().map(score).find(|score| !score.is_nan())).collect();
    let clients = firsts.len();
    let grand_mean = mean(firsts.into_iter());
    let mut within = vec![f64::NAN; between.len()];
    let mut varies = false;
    for (row, (level, part)) in between.iter_mut().zip(&mut within).enumerate() {
        let score = score(&row);
        *part = score - *level;
        // Where there is no score there are no parts; a mean of equal scores differs from them by rounding only.
        if part.is_nan() {
            *level = f64::NAN;
        } else if part.abs() <= 1e-14 * score.abs() {
            *part = 0.0;
        }
        varies |= *part != 0.0 && !part.is_nan();
        *level -= grand_mean;
    }
    let rows_used = within.iter().filter(|part| !part.is_nan()).count();
    Ok(Disaggregation {
        rows_used,
        rows_dropped: within.len() - rows_used,
        clients,
        single_session_clients: table.client_rows().filter(|rows| scored(rows) == 1).count(),
        status: match () {
            () if clients == 0 => Status::AllMissing,
            () if !varies => Status::ZeroVariance,
            () => Status::Defined,
        },
        within,
        between,
        therapist: None,
        grand_mean,
    })
}

fn set(values: &mut [f64], row: usize, value: f64) {
    if let Some(place) = values.get_mut(row) {
        *place = value;
    }
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

/// A client's own line.
struct Line {
    mean: f64,
    mean_time: f64,
    /// NaN without a line.
    slope: f64,
    scale: f64,
}

impl Line {
    fn of(rows: &[usize], scores: &[f64], time: &[f64]) -> Self {
        let points = || {
            rows.iter().filter_map(|row| {
                let time = time.get(*row).copied().filter(|time| !time.is_nan())?;
                Some((time, scores.get(*row).copied()?))
            })
        };
        let count = points().count();
        let mean_time = points().map(|(time, _)| time).sum::<f64>() / count as f64;
        let mean = points().map(|(_, score)| score).sum::<f64>() / count as f64;
        let (mut squares, mut products, mut scale) = (0.0, 0.0, 0.0_f64);
        for (time, score) in points() {
            squares += (time - mean_time) * (time - mean_time);
            products += (time - mean_time) * (score - mean);
            scale = scale.max(score.abs());
        }
        let slope = if count >= LEAST_FOR_LINE && squares > 0.0 { products / squares } else { f64::NAN };
        Self { mean, mean_time, slope, scale }
    }

    fn residual(&self, score: f64, time: Option<f64>) -> f64 {
        let residual = score - self.mean - self.slope * (time.unwrap_or(f64::NAN) - self.mean_time);
        // Rounding of a perfect line is no variation.
        if residual.abs() <= 1e-14 * self.scale { 0.0 } else { residual }
    }
}
