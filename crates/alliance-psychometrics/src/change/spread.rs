//! By how much the sessions of clients vary, of one and of all.

use crate::sessions::SessionTable;
use crate::{Estimate, Level, Status};

/// Sums of squares of one client's sessions.
pub(super) struct Spread {
    /// Sessions with a value.
    pub(super) sessions: usize,
    /// About their mean.
    squares: f64,
    /// Of the differences of successive ones.
    steps: f64,
}

impl Spread {
    pub(super) fn of(table: &SessionTable<'_>, column: usize, rows: &[usize]) -> Self {
        let values = || rows.iter().map(|row| table.value(*row, column)).filter(|value| !value.is_nan());
        let sessions = values().count();
        let mean = values().sum::<f64>() / sessions as f64;
        let squares = values().map(|value| (value - mean) * (value - mean)).sum();
        let steps: f64 = values().zip(values().skip(1)).map(|(one, next)| (next - one) * (next - one)).sum();
        // Equal values differ from their mean by rounding only.
        Self { sessions, squares: if steps == 0.0 { 0.0 } else { squares }, steps }
    }

    fn degrees(&self) -> f64 {
        self.sessions.saturating_sub(1) as f64
    }

    /// Standard deviation; NaN for one session.
    pub(super) fn own(&self) -> f64 {
        if self.sessions > 1 { (self.squares / self.degrees()).sqrt() } else { f64::NAN }
    }

    /// The same shrunk to that of all clients, which counts for `prior` degrees of freedom.
    pub(super) fn shrunken(&self, pooled: f64, prior: f64) -> f64 {
        self.shrink(self.squares, pooled, prior)
    }

    /// Root mean square of the steps, shrunk likewise.
    pub(super) fn shrunken_step(&self, pooled: f64, prior: f64) -> f64 {
        self.shrink(self.steps, pooled, prior)
    }

    fn shrink(&self, squares: f64, pooled: f64, prior: f64) -> f64 {
        let of_all = if prior > 0.0 { prior * pooled * pooled } else { 0.0 };
        ((of_all + squares) / (prior + self.degrees())).sqrt()
    }
}

/// The standard deviation within clients.
pub(super) fn pooled_deviation(spreads: &[Spread], rows: usize, given: Option<f64>) -> Estimate {
    if let Some(given) = given {
        return described(Estimate::new(given, Level::WithinClient, "given"), spreads, rows);
    }
    let method = "pooled within clients";
    described(root_mean_square(spreads, |spread| spread.squares, method), spreads, rows)
}

/// Root mean square difference of successive sessions.
pub(super) fn successive_difference(spreads: &[Spread]) -> Estimate {
    let method = "root mean square successive difference";
    let used = spreads.iter().map(|spread| spread.sessions).sum();
    described(root_mean_square(spreads, |spread| spread.steps, method), spreads, used)
}

fn root_mean_square(spreads: &[Spread], squares: fn(&Spread) -> f64, method: &'static str) -> Estimate {
    let degrees: f64 = spreads.iter().map(Spread::degrees).sum();
    if spreads.iter().all(|spread| spread.sessions == 0) {
        return Estimate::undefined(Status::AllMissing, Level::WithinClient, method);
    }
    if degrees == 0.0 {
        return Estimate::undefined(Status::TooFewUnits, Level::WithinClient, method);
    }
    let variance = spreads.iter().map(squares).sum::<f64>() / degrees;
    let status = if variance > 0.0 { Status::Defined } else { Status::ZeroVariance };
    Estimate::new(variance.sqrt(), Level::WithinClient, method)
        .with_degrees_of_freedom(degrees)
        .with_status(status)
}

fn described(estimate: Estimate, spreads: &[Spread], rows: usize) -> Estimate {
    let clients = spreads.iter().filter(|spread| spread.sessions > 1).count();
    let used: usize = spreads.iter().map(|spread| spread.sessions).sum();
    estimate.with_rows(clients, used, rows - used)
}
