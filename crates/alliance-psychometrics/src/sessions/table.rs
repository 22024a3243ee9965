//! One row per client and session.

use std::fmt;

use crate::error::MOST_ROWS;
use crate::groups::Groups;
use crate::{Columns, PsychometricsError};

/// Values of clients' sessions, in any row order: one column per item or rater, a missing value being NaN.
///
/// Sessions have numbers, not positions: a session without a row leaves a gap. No client has the same session twice.
///
/// ```
/// use alliance_psychometrics::Columns;
/// use alliance_psychometrics::sessions::SessionTable;
///
/// let score = [4.0, 5.5, 5.0, 6.0];
/// let table = SessionTable::new(&[7, 7, 3, 3], &[1, 2, 2, 1], &Columns::new(&[&score])?)?;
/// assert_eq!(table.clients(), 2);
/// // Each client's value at the two sessions, clients by rising code.
/// assert_eq!(table.pairs(0, 1, 2), (vec![6.0, 4.0], vec![5.0, 5.5]));
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
#[derive(Clone)]
pub struct SessionTable<'a> {
    pub(super) values: Columns<'a>,
    pub(super) sessions: &'a [i64],
    /// Rows of each client in the order of their sessions.
    pub(super) groups: Groups,
}

impl fmt::Debug for SessionTable<'_> {
    // Who came when is nobody's business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionTable")
            .field("clients", &self.clients())
            .field("rows", &self.values.rows())
            .field("columns", &self.values.count())
            .finish_non_exhaustive()
    }
}

impl<'a> SessionTable<'a> {
    /// Row `i` is session `session[i]` of client `client[i]`.
    ///
    /// # Errors
    ///
    /// `length-mismatch`; `repeated-session` if a client has the same session twice.
    pub fn new(client: &[u32], session: &'a [i64], values: &Columns<'a>) -> Result<Self, PsychometricsError> {
        let rows = values.rows();
        if client.len() != rows || session.len() != rows {
            return Err(PsychometricsError::LengthMismatch { what: "clients, sessions and columns" });
        }
        let number = |row: usize| session.get(row).copied().unwrap_or_default();
        let groups = Groups::new(client, |_| true).ordered_by(number);
        let mut repeated: Vec<usize> = groups
            .iter()
            .flat_map(|rows| {
                rows.windows(2).filter(|pair| number(pair[0]) == number(pair[1])).map(|pair| pair[1])
            })
            .collect();
        if !repeated.is_empty() {
            repeated.sort_unstable();
            let count = repeated.len();
            repeated.truncate(MOST_ROWS);
            return Err(PsychometricsError::RepeatedSession { rows: repeated, count });
        }
        Ok(Self { values: values.clone(), sessions: session, groups })
    }

    /// Number of clients, with or without values.
    pub fn clients(&self) -> usize {
        self.groups.count()
    }

    /// The values of a column at two sessions, for each client with both; clients by rising code.
    pub fn pairs(&self, column: usize, first: i64, second: i64) -> (Vec<f64>, Vec<f64>) {
        let values = self.values.column(column);
        let at = |rows: &[usize], session: i64| {
            let row = rows.iter().find(|row| self.session(**row) == session)?;
            values.get(*row).copied().filter(|value| !value.is_nan())
        };
        self.groups.iter().filter_map(|rows| Some((at(rows, first)?, at(rows, second)?))).unzip()
    }

    /// Each client's value of a column at a session, NaN without one; clients by rising code.
    pub fn values_at(&self, column: usize, session: i64) -> Vec<f64> {
        let at = |rows: &[usize]| {
            let row = rows.iter().find(|row| self.session(**row) == session);
            row.map_or(f64::NAN, |row| self.value(*row, column))
        };
        self.groups.iter().map(at).collect()
    }

    /// Each client's first and last value of a column, clients by rising code: NaN without a value, and a last one only
    /// if there are two.
    pub fn first_and_last(&self, column: usize) -> (Vec<f64>, Vec<f64>) {
        let ends = |rows: &[usize]| {
            let mut values = rows.iter().map(|row| self.value(*row, column)).filter(|value| !value.is_nan());
            (values.next().unwrap_or(f64::NAN), values.next_back().unwrap_or(f64::NAN))
        };
        self.groups.iter().map(ends).unzip()
    }

    /// Number of columns.
    pub(crate) fn column_count(&self) -> usize {
        self.values.count()
    }

    /// Number of rows.
    pub(crate) fn row_count(&self) -> usize {
        self.values.rows()
    }

    /// Clients' codes, rising.
    pub(crate) fn client_codes(&self) -> &[u32] {
        self.groups.codes()
    }

    /// Rows of each client in the order of their sessions, clients by rising code.
    pub(crate) fn client_rows(&self) -> impl ExactSizeIterator<Item = &[usize]> + '_ {
        self.groups.iter()
    }

    pub(crate) fn session(&self, row: usize) -> i64 {
        self.sessions.get(row).copied().unwrap_or_default()
    }

    pub(crate) fn value(&self, row: usize, column: usize) -> f64 {
        self.values.column(column).get(row).copied().unwrap_or(f64::NAN)
    }
}
