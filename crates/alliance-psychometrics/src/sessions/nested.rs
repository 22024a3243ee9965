//! Clients with sessions of their own: the usual case.

use super::table::SessionTable;
use super::variances::{GROUP, NestedRows, NestedVariances, OUTER, RESIDUAL};
use crate::estimate::check_confidence;
use crate::{Estimate, Level, PsychometricsError, Status};

/// What becomes of items that are harder to agree with than others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ItemMeans {
    /// Differences between items' means count as error, as in R's `psych` and in three-level models of items in
    /// sessions.
    #[default]
    InError,
    /// Items' means over all rows are taken out first (in mixed models as fixed effects): everybody answers the same
    /// items, so that their difficulty is no error.
    Removed,
}

/// Variance components of clients, sessions within clients and the rest, with the coefficients made of them.
///
/// `P`, `T(P)` and `E` are the three components; `K` is the harmonic mean of sessions per client, `m` that of items
/// per session.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NestedGeneralizability {
    /// Number of clients.
    pub clients: usize,
    /// K: harmonic mean of the number of sessions per client.
    pub sessions: f64,
    /// m: harmonic mean of the number of items answered per session.
    pub items: f64,
    /// P: clients' levels.
    pub client: Estimate,
    /// T(P): sessions within clients.
    pub session: Estimate,
    /// E: items within sessions.
    pub residual: Estimate,
    /// P / (P + T(P) + E/m): a client's level from one session.
    pub one_session: Estimate,
    /// `R_kRn` = P / (P + T(P)/K + E/(Km)): a client's level from the mean of the sessions.
    pub mean_of_sessions: Estimate,
    /// `R_Cn` = T(P) / (T(P) + E/m): changes of a client between sessions. Nezlek's reliability of occasions is the
    /// same.
    pub change: Estimate,
    pub(super) variances: [f64; 3],
}

/// Components and coefficients for clients whose sessions are not aligned with each other's.
///
/// Balanced and complete tables are estimated from mean squares, which may make a component negative (status
/// `OutOfRange`; in coefficients it counts as 0, with a note); all others by REML of sessions within clients
/// with [`MixedModel`](crate::mixed::MixedModel). A row (session) is used if it has at least one answer.
///
/// Cranford et al. (2006, Personality and Social Psychology Bulletin 32, 917-929); Nezlek (2017, Journal of Research
/// in Personality 69, 149-155). In R: `psych::multilevel.reliability` (`RkRn`, `Rcn`), or `lme4::lmer(answer ~ 1 + (1
/// | client/session))`.
///
/// # Errors
///
/// `invalid-option` unless `0 < confidence < 1`.
///
/// ```
/// use alliance_psychometrics::Columns;
/// use alliance_psychometrics::sessions::{ItemMeans, SessionTable, nested_generalizability};
///
/// let first = [2.0, 3.0, 6.0, 3.0, 5.0, 6.0];
/// let second = [3.0, 3.0, 6.0, 4.0, 7.0, 7.0];
/// let table = SessionTable::new(&[1, 1, 2, 2, 3, 3], &[1, 2, 1, 2, 1, 2], &Columns::new(&[&first, &second])?)?;
/// let found = nested_generalizability(&table, ItemMeans::InError, 0.95)?;
/// // Balanced: one less the mean square of sessions over that of clients.
/// assert!((found.mean_of_sessions.value - (1.0 - 2.25 / (37.0 / 3.0))).abs() < 1e-9);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn nested_generalizability(
    table: &SessionTable<'_>,
    items: ItemMeans,
    confidence: f64,
) -> Result<NestedGeneralizability, PsychometricsError> {
    check_confidence(confidence)?;
    let (rows, used) = long_rows(table, items);
    let clients = table
        .groups
        .iter()
        .filter(|rows| {
            rows.iter().any(|row| (0..table.values.count()).any(|item| !table.value(*row, item).is_nan()))
        })
        .count();
    let mut found = rows.variances(clients, used, table.values.rows() - used)?;
    if found.components.status == Status::TooFewUnits && rows.group.len() == used && clients >= 2 {
        found.components.status = Status::TooFewItems;
    }
    Ok(NestedGeneralizability::new(&found, clients, confidence))
}

impl NestedGeneralizability {
    fn new(found: &NestedVariances, clients: usize, confidence: f64) -> Self {
        let NestedVariances { components, squares, groups: k, rows: m } = found;
        let ratio = |numerator: [f64; 3], denominator: [f64; 3], level, exact: [usize; 2]| {
            let exact = squares.map(|squares| exact.map(|place| squares[place]));
            components.ratio(&numerator, &denominator, level, confidence, exact)
        };
        let one_session =
            components.ratio(&[1.0, 0.0, 0.0], &[1.0, 1.0, 1.0 / m], Level::BetweenClients, confidence, None);
        Self {
            clients,
            sessions: *k,
            items: *m,
            client: components.component(OUTER, Level::BetweenClients),
            session: components.component(GROUP, Level::WithinClient),
            residual: components.component(RESIDUAL, Level::WithinClient),
            one_session,
            mean_of_sessions: ratio(
                [1.0, 0.0, 0.0],
                [1.0, 1.0 / k, 1.0 / (k * m)],
                Level::BetweenClients,
                [OUTER, GROUP],
            ),
            change: ratio([0.0, 1.0, 0.0], [0.0, 1.0, 1.0 / m], Level::WithinClient, [GROUP, RESIDUAL]),
            variances: std::array::from_fn(|place| components.values[place].max(0.0)),
        }
    }
}

/// One row per answer, and how many sessions have one.
fn long_rows(table: &SessionTable<'_>, items: ItemMeans) -> (NestedRows, usize) {
    let (mut response, mut group, mut outer, mut kind) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut used = 0;
    for (client, rows) in (0_u32..).zip(table.groups.iter()) {
        for row in rows {
            let before = response.len();
            for item in 0..table.values.count() {
                let value = table.value(*row, item);
                if !value.is_nan() {
                    response.push(value);
                    group.push(used);
                    outer.push(client);
                    kind.push(item);
                }
            }
            used += u32::from(response.len() > before);
        }
    }
    let kind = (items == ItemMeans::Removed).then_some(kind);
    (NestedRows { response, group, outer: Some(outer), kind, kinds: table.values.count() }, used as usize)
}
