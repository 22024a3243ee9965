//! What was known before.

use crate::PsychometricsError;
use crate::sessions::SessionTable;

/// When in a session something was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measured {
    /// Before it, as symptoms often are.
    BeforeSession,
    /// After it, as the alliance mostly is.
    AfterSession,
}

/// Sessions back that lag `lag` means: the `lag`-th measurement of the predictor before that of the outcome.
///
/// An alliance rated after the session precedes symptoms rated before the next one: lag 1 is one session back. A predictor
/// rated before a session precedes an outcome rated after the same session: lag 1 is the same session.
///
/// # Errors
///
/// `invalid-option` for lag 0, which would not be strictly earlier.
///
/// ```
/// use alliance_psychometrics::outcome::{Measured, session_difference};
///
/// assert_eq!(session_difference(Measured::AfterSession, Measured::BeforeSession, 1)?, 1);
/// assert_eq!(session_difference(Measured::AfterSession, Measured::AfterSession, 1)?, 1);
/// assert_eq!(session_difference(Measured::BeforeSession, Measured::AfterSession, 1)?, 0);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn session_difference(
    predictor: Measured,
    outcome: Measured,
    lag: u32,
) -> Result<i64, PsychometricsError> {
    if lag == 0 {
        return Err(PsychometricsError::option(
            "lag",
            "at least 1: a predictor is measured before the outcome",
        ));
    }
    let same_session = predictor == Measured::BeforeSession && outcome == Measured::AfterSession;
    Ok(i64::from(lag) - i64::from(same_session))
}

/// For each row, the predictor (column `column`) as it was `lag` measurements before the outcome of this session.
///
/// Sessions are found by their number, not by their row: if the session in question has no row, or no value, the result
/// is NaN.
///
/// # Errors
///
/// `invalid-option` for lag 0 or a column the table does not have.
///
/// ```
/// use alliance_psychometrics::Columns;
/// use alliance_psychometrics::outcome::{Measured, lagged};
/// use alliance_psychometrics::sessions::SessionTable;
///
/// // Session 3 is missing.
/// let alliance = [5.0, 5.5, 6.0];
/// let table = SessionTable::new(&[1, 1, 1], &[1, 2, 4], &Columns::new(&[&alliance])?)?;
/// let before = lagged(&table, 0, Measured::AfterSession, Measured::BeforeSession, 1)?;
/// assert!(before[0].is_nan() && before[1] == 5.0 && before[2].is_nan());
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn lagged(
    table: &SessionTable<'_>,
    column: usize,
    predictor: Measured,
    outcome: Measured,
    lag: u32,
) -> Result<Vec<f64>, PsychometricsError> {
    let difference = session_difference(predictor, outcome, lag)?;
    check_column(table, column)?;
    let mut found = vec![f64::NAN; table.row_count()];
    for rows in table.client_rows() {
        // Rows stand in the order of their sessions: both ends move forward only.
        let mut earlier = rows.iter().peekable();
        for row in rows {
            let Some(wanted) = table.session(*row).checked_sub(difference) else { continue };
            while earlier.peek().is_some_and(|other| table.session(**other) < wanted) {
                earlier.next();
            }
            let source = earlier.peek().filter(|other| table.session(***other) == wanted);
            if let (Some(source), Some(place)) = (source, found.get_mut(*row)) {
                *place = table.value(**source, column);
            }
        }
    }
    Ok(found)
}

/// For each row, how much time has passed since the session that [`lagged`] takes its value from; column `column` of the
/// table is the time of each session, such as days.
///
/// Lags count sessions as equally far apart. Where they are not, this says how far apart they were.
///
/// # Errors
///
/// As [`lagged`].
///
/// ```
/// use alliance_psychometrics::Columns;
/// use alliance_psychometrics::outcome::{Measured, time_passed};
/// use alliance_psychometrics::sessions::SessionTable;
///
/// let days = [0.0, 7.0, 28.0];
/// let table = SessionTable::new(&[1; 3], &[1, 2, 3], &Columns::new(&[&days])?)?;
/// let passed = time_passed(&table, 0, Measured::AfterSession, Measured::BeforeSession, 1)?;
/// assert!(passed[0].is_nan() && passed[1..] == [7.0, 21.0]);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn time_passed(
    table: &SessionTable<'_>,
    column: usize,
    predictor: Measured,
    outcome: Measured,
    lag: u32,
) -> Result<Vec<f64>, PsychometricsError> {
    let mut found = lagged(table, column, predictor, outcome, lag)?;
    for (row, time) in found.iter_mut().enumerate() {
        *time = table.value(row, column) - *time;
    }
    Ok(found)
}

/// Up to where a mean of earlier sessions goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MeanThrough {
    /// The session before this one: for an outcome of this session.
    PreviousSession,
    /// This session: for an outcome measured after it.
    ThisSession,
}

/// For each row, the mean of the client's sessions up to the one before, or to this one: what was known then.
///
/// NaN where there is no session yet. The client's mean over all sessions, which describes but must not predict, is part of
/// [`disaggregate`](super::disaggregate).
///
/// # Errors
///
/// `invalid-option` for a column the table does not have.
pub fn earlier_mean(
    table: &SessionTable<'_>,
    column: usize,
    through: MeanThrough,
) -> Result<Vec<f64>, PsychometricsError> {
    check_column(table, column)?;
    let mut found = vec![f64::NAN; table.row_count()];
    for rows in table.client_rows() {
        let (mut sum, mut count) = (0.0, 0_u32);
        for row in rows {
            let value = table.value(*row, column);
            let before = sum / f64::from(count);
            if !value.is_nan() {
                sum += value;
                count += 1;
            }
            if let Some(place) = found.get_mut(*row) {
                *place = match through {
                    MeanThrough::PreviousSession => before,
                    MeanThrough::ThisSession => sum / f64::from(count),
                };
            }
        }
    }
    Ok(found)
}

pub(super) fn check_column(table: &SessionTable<'_>, column: usize) -> Result<(), PsychometricsError> {
    if column < table.column_count() {
        Ok(())
    } else {
        Err(PsychometricsError::option("column", "one of the table's columns"))
    }
}
