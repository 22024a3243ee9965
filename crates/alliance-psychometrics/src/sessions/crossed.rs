//! Clients at the same sessions with the same items.

use super::components::{Components, MeanSquare};
use super::table::SessionTable;
use crate::estimate::check_confidence;
use crate::{Estimate, Level, PsychometricsError, Status};

const METHOD: &str = "mean squares, crossed";
/// Sums of squares below this share of the sum of squared values are rounding.
const ROUNDING: f64 = 1e-28;

// Mean squares and components, in this order.
const CLIENT: usize = 0;
const SESSION: usize = 1;
const ITEM: usize = 2;
const CLIENT_SESSION: usize = 3;
const CLIENT_ITEM: usize = 4;
const SESSION_ITEM: usize = 5;
const RESIDUAL: usize = 6;

/// Variance components of clients, sessions and items, all crossed, and Cranford's coefficients.
///
/// Components are as estimated, negative ones too (status `OutOfRange`); coefficients count negative ones as 0 and
/// say so in a note (status `Boundary` where that makes them 0 or 1). `P`, `PT`, ... are the components of client, client × session, ...; `K` is the number
/// of sessions, `m` that of items.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CrossedGeneralizability {
    /// Number of clients.
    pub clients: usize,
    /// Number of sessions, the same for all clients.
    pub sessions: usize,
    /// Number of items.
    pub items: usize,
    /// P: clients' levels.
    pub client: Estimate,
    /// T: sessions.
    pub session: Estimate,
    /// I: items.
    pub item: Estimate,
    /// PT: clients' changes.
    pub client_session: Estimate,
    /// PI: clients' habits with items.
    pub client_item: Estimate,
    /// TI: items' habits at sessions.
    pub session_item: Estimate,
    /// E: the rest.
    pub residual: Estimate,
    /// `R_1F` = (P + PI/m) / (P + PI/m + E/m): a client's level from one session, the session being the same for all
    /// and its effect no error.
    pub one_fixed_session: Estimate,
    /// `R_kF` = (P + PI/m) / (P + PI/m + E/(Km)): the same from the mean of all sessions.
    pub mean_of_fixed_sessions: Estimate,
    /// `R_1R` = (P + PI/m) / (P + PI/m + T + PT + E/m): from one session, any.
    pub one_random_session: Estimate,
    /// `R_kR` = (P + PI/m) / (P + PI/m + T/K + PT/K + E/(Km)): from the mean of as many sessions, any.
    pub mean_of_random_sessions: Estimate,
    /// `R_C` = PT / (PT + E/m): changes of a client between sessions.
    pub change: Estimate,
}

/// Components and coefficients for clients that all have the same sessions and every item.
///
/// Cranford, Shrout, Iida, Rafaeli, Yip and Bolger (2006, Personality and Social Psychology Bulletin 32, 917-929);
/// standard errors of components from 2 MS² / df. In R: `psych::multilevel.reliability`.
///
/// Every coefficient is `Undefined` unless each client has each session with every item: unequal sessions are what
/// [`nested_generalizability`](super::nested_generalizability) is for. Fewer than two items give `TooFewItems`, fewer
/// than two clients or sessions `TooFewUnits`.
///
/// # Errors
///
/// `invalid-option` unless `0 < confidence < 1`.
pub fn crossed_generalizability(
    table: &SessionTable<'_>,
    confidence: f64,
) -> Result<CrossedGeneralizability, PsychometricsError> {
    check_confidence(confidence)?;
    let (clients, items) = (table.clients(), table.values.count());
    let sessions = table.groups.rows(0).len();
    let found = mean_squares(table, sessions);
    let (components, squares) = match found {
        Ok(squares) => (of_squares(table, sessions, &squares), Some(squares)),
        Err(status) => (Components::undefined(7, status, METHOD, table.values.rows()), None),
    };
    let (k, m) = (sessions as f64, items as f64);
    let level = |place: usize| match place {
        CLIENT | CLIENT_ITEM => Level::BetweenClients,
        _ => Level::WithinClient,
    };
    let component = |place: usize| components.component(place, level(place));
    let signal = [(CLIENT, 1.0), (CLIENT_ITEM, 1.0 / m)];
    let between = |noise: &[(usize, f64)]| {
        let numerator = weights(&signal);
        let denominator = weights(&[&signal, noise].concat());
        components.ratio(&numerator, &denominator, Level::BetweenClients, confidence, None)
    };
    let incomplete = |estimate: Estimate| match estimate.status {
        Status::Undefined => estimate.with_note("not every client has every session with every item"),
        _ => estimate,
    };
    let change = components.ratio(
        &weights(&[(CLIENT_SESSION, 1.0)]),
        &weights(&[(CLIENT_SESSION, 1.0), (RESIDUAL, 1.0 / m)]),
        Level::WithinClient,
        confidence,
        squares.map(|squares| [squares[CLIENT_SESSION], squares[RESIDUAL]]),
    );
    Ok(CrossedGeneralizability {
        clients,
        sessions,
        items,
        client: incomplete(component(CLIENT)),
        session: incomplete(component(SESSION)),
        item: incomplete(component(ITEM)),
        client_session: incomplete(component(CLIENT_SESSION)),
        client_item: incomplete(component(CLIENT_ITEM)),
        session_item: incomplete(component(SESSION_ITEM)),
        residual: incomplete(component(RESIDUAL)),
        one_fixed_session: incomplete(between(&[(RESIDUAL, 1.0 / m)])),
        mean_of_fixed_sessions: incomplete(between(&[(RESIDUAL, 1.0 / (k * m))])),
        one_random_session: incomplete(between(&[
            (SESSION, 1.0),
            (CLIENT_SESSION, 1.0),
            (RESIDUAL, 1.0 / m),
        ])),
        mean_of_random_sessions: incomplete(between(&[
            (SESSION, 1.0 / k),
            (CLIENT_SESSION, 1.0 / k),
            (RESIDUAL, 1.0 / (k * m)),
        ])),
        change: incomplete(change),
    })
}

fn weights(places: &[(usize, f64)]) -> [f64; 7] {
    let mut weights = [0.0; 7];
    for (place, weight) in places {
        weights[*place] += weight;
    }
    weights
}

/// Mean squares of the seven sources; a status if there are too few units, a cell is missing or nothing varies.
fn mean_squares(table: &SessionTable<'_>, sessions: usize) -> Result<[MeanSquare; 7], Status> {
    let (clients, items) = (table.clients(), table.values.count());
    if table.values.complete_rows() == 0 {
        return Err(Status::AllMissing);
    }
    if items < 2 {
        return Err(Status::TooFewItems);
    }
    if clients < 2 {
        return Err(Status::TooFewUnits);
    }
    let first: Vec<i64> = table.groups.rows(0).iter().map(|row| table.session(*row)).collect();
    let aligned =
        table.groups.iter().all(|rows| rows.iter().map(|row| table.session(*row)).eq(first.iter().copied()));
    if !aligned || table.values.complete_rows() < table.values.rows() {
        return Err(Status::Undefined);
    }
    if sessions < 2 {
        return Err(Status::TooFewUnits);
    }
    let (p, t, i) = (clients as f64, sessions as f64, items as f64);
    // The values about their grand mean: client by client, session by session, item by item.
    let order = || table.groups.iter().flatten();
    let mut cells: Vec<f64> = order()
        .flat_map(|row| table.values.iter().map(|column| column.get(*row).copied().unwrap_or(f64::NAN)))
        .collect();
    let grand = cells.iter().sum::<f64>() / cells.len() as f64;
    let rounding = ROUNDING * cells.iter().map(|value| value * value).sum::<f64>();
    for value in &mut cells {
        *value -= grand;
    }
    // Means over what a margin leaves out.
    let (mut of_client, mut of_session, mut of_item) =
        (vec![0.0; clients], vec![0.0; sessions], vec![0.0; items]);
    let (mut of_client_session, mut of_client_item) =
        (vec![0.0; clients * sessions], vec![0.0; clients * items]);
    let mut of_session_item = vec![0.0; sessions * items];
    let places =
        || (0..clients).flat_map(|c| (0..sessions).flat_map(move |s| (0..items).map(move |k| (c, s, k))));
    for ((c, s, k), value) in places().zip(&cells) {
        of_client[c] += value / (t * i);
        of_session[s] += value / (p * i);
        of_item[k] += value / (p * t);
        of_client_session[c * sessions + s] += value / i;
        of_client_item[c * items + k] += value / t;
        of_session_item[s * items + k] += value / p;
    }
    let mut sums = [0.0; 7];
    for ((c, s, k), value) in places().zip(&cells) {
        let (client, session, item) = (of_client[c], of_session[s], of_item[k]);
        let client_session = of_client_session[c * sessions + s] - client - session;
        let client_item = of_client_item[c * items + k] - client - item;
        let session_item = of_session_item[s * items + k] - session - item;
        let residual = value - client - session - item - client_session - client_item - session_item;
        let effects = [client, session, item, client_session, client_item, session_item, residual];
        sums.iter_mut().zip(effects).for_each(|(sum, effect)| *sum += effect * effect);
    }
    if sums[RESIDUAL] <= rounding {
        return Err(Status::ZeroVariance);
    }
    let degrees = [
        p - 1.0,
        t - 1.0,
        i - 1.0,
        (p - 1.0) * (t - 1.0),
        (p - 1.0) * (i - 1.0),
        (t - 1.0) * (i - 1.0),
        (p - 1.0) * (t - 1.0) * (i - 1.0),
    ];
    Ok(std::array::from_fn(|place| MeanSquare {
        value: sums[place] / degrees[place],
        degrees: degrees[place],
    }))
}

/// Components from the expected mean squares of three crossed random factors.
fn of_squares(table: &SessionTable<'_>, sessions: usize, squares: &[MeanSquare; 7]) -> Components {
    let (p, t, i) = (table.clients() as f64, sessions as f64, table.values.count() as f64);
    let main = |own: usize, one: usize, other: usize, times: f64| {
        weights(&[(own, 1.0 / times), (one, -1.0 / times), (other, -1.0 / times), (RESIDUAL, 1.0 / times)])
    };
    let pair = |own: usize, times: f64| weights(&[(own, 1.0 / times), (RESIDUAL, -1.0 / times)]);
    let rows = [
        main(CLIENT, CLIENT_SESSION, CLIENT_ITEM, t * i),
        main(SESSION, CLIENT_SESSION, SESSION_ITEM, p * i),
        main(ITEM, CLIENT_ITEM, SESSION_ITEM, p * t),
        pair(CLIENT_SESSION, i),
        pair(CLIENT_ITEM, t),
        pair(SESSION_ITEM, p),
        weights(&[(RESIDUAL, 1.0)]),
    ];
    let rows: Vec<&[f64]> = rows.iter().map(<[f64; 7]>::as_slice).collect();
    let (values, covariance) = Components::of_mean_squares(&rows, squares);
    Components {
        values,
        covariance,
        status: Status::Defined,
        method: METHOD,
        units: table.clients(),
        rows_used: table.values.rows(),
        rows_dropped: 0,
    }
}
