//! Whether groups leave at one rate.

use super::incidence::{EndKind, ordered};
use crate::distributions::chi_square_upper;
use crate::groups::Groups;
use crate::linear::Symmetric;
use crate::{PsychometricsError, Status};

/// More groups are no groups but clients.
const MOST_GROUPS: usize = 1000;

/// One group of a log-rank test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogRankGroup {
    /// The group's code.
    pub code: u32,
    /// Clients with a time.
    pub clients: usize,
    /// Events.
    pub observed: f64,
    /// Events to expect if all groups have one hazard.
    pub expected: f64,
}

/// A log-rank test.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LogRank {
    /// Chi-square; NaN where it is undefined.
    pub chi_square: f64,
    /// Groups in which an event could be expected, less one.
    pub degrees_of_freedom: usize,
    /// Upper tail of the chi-square.
    pub p_value: f64,
    /// The groups, codes rising.
    pub groups: Vec<LogRankGroup>,
    /// `TooFewUnits` with fewer than two groups, `ZeroVariance` without an event while two groups are followed.
    pub status: Status,
}

/// Log-rank test of two or more groups (Mantel 1966; Peto and Peto 1972). A competing end counts as censored: the hazards
/// of the event are compared.
///
/// A client with a missing time is left out. In R: `survival::survdiff(Surv(time, event) ~ group)`.
///
/// # Errors
///
/// `length-mismatch`, `not-finite`; `invalid-option` for more than 1000 groups.
///
/// ```
/// use alliance_psychometrics::outcome::{EndKind, log_rank};
///
/// let end = [EndKind::Event, EndKind::Event, EndKind::Event, EndKind::Censored];
/// let test = log_rank(&[1.0, 2.0, 3.0, 4.0], &end, &[1, 1, 2, 2])?;
/// assert_eq!((test.groups[0].observed, test.degrees_of_freedom), (2.0, 1));
/// assert!((test.groups[0].expected - 5.0 / 6.0).abs() < 1e-12);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn log_rank(time: &[f64], end: &[EndKind], groups: &[u32]) -> Result<LogRank, PsychometricsError> {
    if groups.len() != time.len() {
        return Err(PsychometricsError::LengthMismatch { what: "times and groups" });
    }
    let is_followed = |row: usize| time.get(row).is_some_and(|time| !time.is_nan());
    let of_group = Groups::new(groups, is_followed);
    let place_of = |code: u32| of_group.codes().binary_search(&code).unwrap_or_default();
    let marked: Vec<(EndKind, usize)> =
        end.iter().copied().zip(groups.iter().map(|code| place_of(*code))).collect();
    let ends = ordered(time, &marked)?;
    let count = of_group.count();
    if count > MOST_GROUPS {
        return Err(PsychometricsError::option("groups", "at most 1000"));
    }
    let mut at_risk: Vec<f64> = of_group.iter().map(|rows| rows.len() as f64).collect();
    let mut found: Vec<LogRankGroup> = of_group
        .codes()
        .iter()
        .zip(of_group.iter())
        .map(|(code, rows)| LogRankGroup { code: *code, clients: rows.len(), observed: 0.0, expected: 0.0 })
        .collect();
    let mut covariance = Symmetric::zeros(count);
    let mut all = ends.len() as f64;
    for tied in ends.chunk_by(|one, other| one.0 == other.0) {
        let events = tied.iter().filter(|(_, (end, _))| *end == EndKind::Event).count() as f64;
        if events > 0.0 {
            let spread = if all > 1.0 { events * (all - events) / (all - 1.0) } else { 0.0 };
            let share = |place: usize| at_risk.get(place).map_or(0.0, |count| count / all);
            for (place, group) in found.iter_mut().enumerate() {
                group.expected += events * share(place);
            }
            for row in 0..count {
                for column in 0..=row {
                    let own = if row == column { share(row) } else { 0.0 };
                    let cell = covariance.at(row, column) + spread * (own - share(row) * share(column));
                    covariance.set(row, column, cell);
                }
            }
        }
        for (_, (end, place)) in tied {
            if let Some(group) = found.get_mut(*place).filter(|_| *end == EndKind::Event) {
                group.observed += 1.0;
            }
            if let Some(count) = at_risk.get_mut(*place) {
                *count -= 1.0;
            }
        }
        all -= tied.len() as f64;
    }
    // A group that nobody was at risk in when events happened says nothing; the last of the others follows from the rest.
    let mut kept: Vec<usize> =
        (0..count).filter(|place| found.get(*place).is_some_and(|group| group.expected > 0.0)).collect();
    kept.pop();
    let differences: Vec<f64> = kept
        .iter()
        .map(|place| found.get(*place).map_or(f64::NAN, |group| group.observed - group.expected))
        .collect();
    let factor = if kept.is_empty() { None } else { covariance.part(&kept).cholesky() };
    let chi_square = factor.map_or(f64::NAN, |factor| {
        factor.solve(&differences).iter().zip(&differences).map(|(one, other)| one * other).sum()
    });
    let status = match () {
        () if count < 2 => Status::TooFewUnits,
        () if chi_square.is_nan() => Status::ZeroVariance,
        () => Status::Defined,
    };
    Ok(LogRank {
        chi_square,
        degrees_of_freedom: kept.len(),
        p_value: chi_square_upper(chi_square, kept.len() as f64),
        groups: found,
        status,
    })
}
