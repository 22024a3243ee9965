//! How many are still there, and how the others ended.

use crate::distributions::{chi_square_upper, normal};
use crate::estimate::check_confidence;
use crate::{Columns, Interval, PsychometricsError, Status};

/// How a client's time ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndKind {
    /// The event of interest, such as dropout.
    Event,
    /// An event that makes the first impossible, such as a planned end.
    Competing,
    /// Not followed further.
    Censored,
}

/// One time at which somebody had an event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IncidenceRow {
    /// Time.
    pub time: f64,
    /// Clients still followed just before it.
    pub at_risk: usize,
    /// Events.
    pub events: usize,
    /// Competing events.
    pub competing: usize,
    /// Share without an event of any kind after this time (Kaplan and Meier 1958).
    pub remaining: f64,
    /// Its standard error (Greenwood 1926).
    pub remaining_standard_error: f64,
    /// Its interval on the scale of its logarithm, not above 1; none at 0.
    pub interval: Option<Interval>,
    /// Share with the event up to this time (Aalen and Johansen 1978). Without competing events it is 1 - `remaining`;
    /// with them, 1 less a Kaplan-Meier curve that censors them would be too high.
    pub incidence: f64,
    /// Share with a competing event.
    pub competing_incidence: f64,
}

/// Shares remaining and ended, at each time with an event.
///
/// `time[i]` is when client `i` ended as `end[i]` says; a client with a missing time is left out. Censored at a time counts as
/// at risk at it.
///
/// # Errors
///
/// `length-mismatch`, `not-finite`; `invalid-option` unless `0 < confidence < 1`.
///
/// ```
/// use alliance_psychometrics::outcome::{EndKind, incidence};
///
/// let end = [EndKind::Event, EndKind::Competing, EndKind::Event, EndKind::Censored];
/// let rows = incidence(&[2.0, 3.0, 4.0, 5.0], &end, 0.95)?;
/// assert_eq!((rows[2].remaining, rows[2].incidence, rows[2].competing_incidence), (0.25, 0.5, 0.25));
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn incidence(
    time: &[f64],
    end: &[EndKind],
    confidence: f64,
) -> Result<Vec<IncidenceRow>, PsychometricsError> {
    check_confidence(confidence)?;
    let ends = ordered(time, end)?;
    let z = normal(0.5 + confidence / 2.0);
    let (mut remaining, mut incidence, mut competing_incidence, mut greenwood) = (1.0, 0.0, 0.0, 0.0);
    let mut rows = Vec::new();
    let mut at_risk = ends.len();
    for tied in ends.chunk_by(|one, other| one.0 == other.0) {
        let count = |kind| tied.iter().filter(|(_, end)| *end == kind).count();
        let (events, competing) = (count(EndKind::Event), count(EndKind::Competing));
        if events + competing > 0 {
            let n = at_risk as f64;
            let ended = (events + competing) as f64;
            incidence += remaining * events as f64 / n;
            competing_incidence += remaining * competing as f64 / n;
            remaining *= (n - ended) / n;
            greenwood += ended / (n * (n - ended));
            let of_logarithm = f64::sqrt(greenwood);
            let standard_error = if remaining > 0.0 { remaining * of_logarithm } else { f64::NAN };
            let reach = libm::exp(z * of_logarithm);
            rows.push(IncidenceRow {
                time: tied[0].0,
                at_risk,
                events,
                competing,
                remaining,
                remaining_standard_error: standard_error,
                interval: (remaining > 0.0).then(|| Interval {
                    low: remaining / reach,
                    high: (remaining * reach).min(1.0),
                    confidence,
                }),
                incidence,
                competing_incidence,
            });
        }
        at_risk -= tied.len();
    }
    Ok(rows)
}

/// A log-rank test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogRank {
    /// Chi-square of 1 degree of freedom; NaN where it is undefined.
    pub chi_square: f64,
    /// Its upper tail.
    pub p_value: f64,
    /// Events in the first group.
    pub observed: f64,
    /// Events to expect there if both groups have one hazard.
    pub expected: f64,
    /// `TooFewUnits` if a group is empty, `ZeroVariance` without an event while both groups are followed.
    pub status: Status,
}

/// Log-rank test of two groups (Mantel 1966): clients with `in_first` against the others. A competing end counts as censored:
/// the hazards of the event are compared.
///
/// # Errors
///
/// `length-mismatch`, `not-finite`.
pub fn log_rank(time: &[f64], end: &[EndKind], in_first: &[bool]) -> Result<LogRank, PsychometricsError> {
    if in_first.len() != time.len() {
        return Err(PsychometricsError::LengthMismatch { what: "times and groups" });
    }
    let marked: Vec<(EndKind, bool)> = end.iter().copied().zip(in_first.iter().copied()).collect();
    let ends = ordered(time, &marked)?;
    let firsts = ends.iter().filter(|(_, (_, first))| *first).count();
    let (mut all, mut first) = (ends.len() as f64, firsts as f64);
    let (mut observed, mut expected, mut variance) = (0.0, 0.0, 0.0);
    for tied in ends.chunk_by(|one, other| one.0 == other.0) {
        let events = tied.iter().filter(|(_, (end, _))| *end == EndKind::Event);
        let (count, in_first) =
            (events.clone().count() as f64, events.filter(|(_, (_, first))| *first).count() as f64);
        let share = first / all;
        observed += in_first;
        expected += count * share;
        if all > 1.0 {
            variance += count * share * (1.0 - share) * (all - count) / (all - 1.0);
        }
        all -= tied.len() as f64;
        first -= tied.iter().filter(|(_, (_, first))| *first).count() as f64;
    }
    let status = match () {
        () if firsts == 0 || firsts == ends.len() => Status::TooFewUnits,
        () if variance > 0.0 => Status::Defined,
        () => Status::ZeroVariance,
    };
    let chi_square =
        if status == Status::Defined { (observed - expected).powi(2) / variance } else { f64::NAN };
    Ok(LogRank { chi_square, p_value: chi_square_upper(chi_square, 1.0), observed, expected, status })
}

/// Times without the missing ones, rising, each with what belongs to it.
fn ordered<T: Copy>(time: &[f64], with: &[T]) -> Result<Vec<(f64, T)>, PsychometricsError> {
    Columns::new(&[time])?;
    if time.len() != with.len() {
        return Err(PsychometricsError::LengthMismatch { what: "times and ends" });
    }
    let mut pairs: Vec<(f64, T)> =
        time.iter().copied().zip(with.iter().copied()).filter(|(time, _)| !time.is_nan()).collect();
    pairs.sort_by(|one, other| one.0.total_cmp(&other.0));
    Ok(pairs)
}
