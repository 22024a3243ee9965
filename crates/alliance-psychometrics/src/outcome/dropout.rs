//! One row per client and session at risk of leaving.

use std::fmt;

use crate::PsychometricsError;
use crate::groups::Groups;
use crate::sessions::SessionTable;

/// More session numbers between a client's first and last are taken for an error in them.
const MOST_SESSIONS: i64 = 100_000;

/// How a client's treatment stands after their last session. The definition of dropout is the caller's; see
/// [`endings_by_length`] for another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ending {
    /// The client left: did not come to the session after the last one.
    Dropout,
    /// Treatment ended as planned after the last session: no dropout, and no censoring either.
    Planned,
    /// Treatment goes on, or was not followed further: censored after the last session.
    Ongoing,
}

/// What becomes of planned ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PlannedEnds {
    /// They are an event of their own in the session after the last: for rates of both kinds of end.
    #[default]
    Competing,
    /// The client is no longer at risk after the last session: for the hazard of dropout among those whose treatment was
    /// to go on.
    NoLongerAtRisk,
}

/// What happened in a session at risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PeriodEvent {
    /// The client came, or is still in treatment.
    Stayed,
    /// The client left before this session.
    Dropout,
    /// Treatment had ended as planned.
    Planned,
}

/// Sessions at risk, clients by rising code, sessions rising.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct PersonPeriods {
    /// Client's code.
    pub client: Vec<u32>,
    /// Session number.
    pub session: Vec<i64>,
    /// What happened.
    pub event: Vec<PeriodEvent>,
    /// Each column of the table as it was `lag` sessions before; NaN if it is missing.
    pub predictors: Vec<Vec<f64>>,
    /// Clients with a session at risk.
    pub clients: usize,
    /// Clients with one session who did not leave after it: never at risk.
    pub clients_never_at_risk: usize,
}

impl fmt::Debug for PersonPeriods {
    // Who left when is nobody's business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PersonPeriods")
            .field("rows", &self.session.len())
            .field("clients", &self.clients)
            .finish_non_exhaustive()
    }
}

/// Clients at risk in a session, and those who left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LifeTableRow {
    /// Session number.
    pub session: i64,
    /// Clients at risk.
    pub at_risk: usize,
    /// Dropouts.
    pub dropouts: usize,
    /// Planned ends.
    pub planned: usize,
}

impl PersonPeriods {
    /// 1 for a dropout, else 0: the response of a hazard model.
    pub fn dropout(&self) -> Vec<f64> {
        self.event.iter().map(|event| f64::from(u8::from(*event == PeriodEvent::Dropout))).collect()
    }

    /// Clients at risk and ends by session, sessions rising.
    pub fn life_table(&self) -> Vec<LifeTableRow> {
        let mut order: Vec<(i64, PeriodEvent)> =
            self.session.iter().copied().zip(self.event.iter().copied()).collect();
        order.sort_by_key(|(session, _)| *session);
        let mut rows: Vec<LifeTableRow> = Vec::new();
        for (session, event) in order {
            if rows.last().is_none_or(|row| row.session != session) {
                rows.push(LifeTableRow { session, at_risk: 0, dropouts: 0, planned: 0 });
            }
            if let Some(row) = rows.last_mut() {
                row.at_risk += 1;
                row.dropouts += usize::from(event == PeriodEvent::Dropout);
                row.planned += usize::from(event == PeriodEvent::Planned);
            }
        }
        rows
    }
}

/// The endings as they are if dropout is defined by the number of sessions: whoever ended, as planned or not, after fewer
/// than `least` sessions dropped out, and nobody else did.
///
/// Definitions of dropout disagree, and rates with them (Swift and Greenberg 2012, Journal of Consulting and Clinical
/// Psychology 80): report both. `sessions[i]` is how many sessions client `i` had; treatments that go on stay so.
///
/// # Errors
///
/// `length-mismatch`.
pub fn endings_by_length(
    endings: &[Ending],
    sessions: &[usize],
    least: usize,
) -> Result<Vec<Ending>, PsychometricsError> {
    if endings.len() != sessions.len() {
        return Err(PsychometricsError::LengthMismatch { what: "endings and numbers of sessions" });
    }
    let by_length = |(ending, sessions): (&Ending, &usize)| match ending {
        Ending::Ongoing => Ending::Ongoing,
        Ending::Dropout | Ending::Planned if *sessions < least => Ending::Dropout,
        Ending::Dropout | Ending::Planned => Ending::Planned,
    };
    Ok(endings.iter().zip(sessions).map(by_length).collect())
}

/// When each client's time ended, for [`incidence`](super::incidence): in the session after their last one if they left
/// or treatment ended, and at their last one if it goes on. NaN for a client without a row.
///
/// These times and the rows of [`person_periods`] say the same if all clients begin with one session number: a client counts
/// as at risk in the same sessions. Whoever begins later counts here from the beginning, there from the session after
/// their first.
///
/// # Errors
///
/// `length-mismatch`.
pub fn ending_times(
    table: &SessionTable<'_>,
    clients: &[u32],
    endings: &[Ending],
) -> Result<Vec<f64>, PsychometricsError> {
    if clients.len() != endings.len() {
        return Err(PsychometricsError::LengthMismatch { what: "clients and endings" });
    }
    let lasts: Vec<Option<i64>> =
        table.client_rows().map(|rows| rows.last().map(|row| table.session(*row))).collect();
    let time = |(client, ending): (&u32, &Ending)| {
        let place = table.client_codes().binary_search(client).ok()?;
        let last = (*lasts.get(place)?)? as f64;
        Some(if *ending == Ending::Ongoing { last } else { last + 1.0 })
    };
    Ok(clients.iter().zip(endings).map(|each| time(each).unwrap_or(f64::NAN)).collect())
}

/// Makes the table of sessions at risk for a discrete-time analysis of dropout.
///
/// A client is at risk from the session after the first to the last session, and, having left, in the session after
/// it: that is where the dropout stands. Predictors of a session are the table's columns `lag` sessions before, by
/// number: the rating made in the session after which the client left is the last that can foretell it. A rating of
/// the session at risk itself is not to be had here: whoever left has none. Nor should a column hold means over all
/// sessions, which know how long the client stayed; [`earlier_mean`](super::earlier_mean) gives those of sessions so
/// far.
///
/// Each client of the table has one row in `clients` and `endings`. A client's last session is the highest number
/// with a row, with or without a value.
///
/// # Errors
///
/// `length-mismatch`; `invalid-option` for lag 0, a client without an ending or with
/// two, or session numbers more than 100 000 apart.
///
/// ```
/// use alliance_psychometrics::Columns;
/// use alliance_psychometrics::outcome::{Ending, PeriodEvent, PlannedEnds, person_periods};
/// use alliance_psychometrics::sessions::SessionTable;
///
/// let alliance = [5.0, 4.0, 5.5, 6.0];
/// let table = SessionTable::new(&[1, 1, 2, 2], &[1, 2, 1, 2], &Columns::new(&[&alliance])?)?;
/// let endings = [Ending::Dropout, Ending::Ongoing];
/// let periods = person_periods(&table, 1, &[1, 2], &endings, PlannedEnds::Competing)?;
/// assert_eq!(periods.session, [2, 3, 2]);
/// assert_eq!(periods.predictors[0], [5.0, 4.0, 5.5]);
/// assert_eq!(periods.event[1], PeriodEvent::Dropout);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn person_periods(
    table: &SessionTable<'_>,
    lag: u32,
    clients: &[u32],
    endings: &[Ending],
    planned: PlannedEnds,
) -> Result<PersonPeriods, PsychometricsError> {
    if lag == 0 {
        return Err(PsychometricsError::option(
            "lag",
            "at least 1: a predictor is measured before the outcome",
        ));
    }
    if clients.len() != endings.len() {
        return Err(PsychometricsError::LengthMismatch { what: "clients and endings" });
    }
    let of_client = Groups::new(clients, |_| true);
    if of_client.iter().any(|rows| rows.len() > 1) {
        return Err(PsychometricsError::option("endings", "one for each client"));
    }
    let ending = |client: u32| {
        let place = of_client.codes().binary_search(&client).ok()?;
        endings.get(*of_client.rows(place).first()?).copied()
    };
    let mut found = PersonPeriods {
        client: Vec::new(),
        session: Vec::new(),
        event: Vec::new(),
        predictors: vec![Vec::new(); table.column_count()],
        clients: 0,
        clients_never_at_risk: 0,
    };
    for (rows, client) in table.client_rows().zip(table.client_codes()) {
        let Some(ending) = ending(*client) else {
            return Err(PsychometricsError::option("endings", "one for each client"));
        };
        let number = |row: Option<&usize>| row.map_or(0, |row| table.session(*row));
        let (first, last) = (number(rows.first()), number(rows.last()));
        let apart = last.checked_sub(first).is_none_or(|apart| apart > MOST_SESSIONS);
        if apart || last == i64::MAX {
            return Err(PsychometricsError::option("sessions", "numbers at most 100000 apart for a client"));
        }
        let after_last = match (ending, planned) {
            (Ending::Dropout, _) => Some(PeriodEvent::Dropout),
            (Ending::Planned, PlannedEnds::Competing) => Some(PeriodEvent::Planned),
            (Ending::Planned, PlannedEnds::NoLongerAtRisk) | (Ending::Ongoing, _) => None,
        };
        let stayed = (first + 1..=last).map(|session| (session, PeriodEvent::Stayed));
        let before = found.session.len();
        let mut earlier = rows.iter().peekable();
        for (session, event) in stayed.chain(after_last.map(|event| (last + 1, event))) {
            let wanted = session.saturating_sub(i64::from(lag));
            while earlier.peek().is_some_and(|row| table.session(**row) < wanted) {
                earlier.next();
            }
            let source = earlier.peek().filter(|row| table.session(***row) == wanted);
            found.client.push(*client);
            found.session.push(session);
            found.event.push(event);
            for (column, predictor) in found.predictors.iter_mut().enumerate() {
                predictor.push(source.map_or(f64::NAN, |row| table.value(**row, column)));
            }
        }
        if found.session.len() > before {
            found.clients += 1;
        } else {
            found.clients_never_at_risk += 1;
        }
    }
    Ok(found)
}
