//! Whose ratings are more stable?

use super::table::SessionTable;
use crate::estimate::check_confidence;
use crate::{Bootstrap, Estimate, Level, PsychometricsError, Status};

/// One statistic of two raters, and its difference.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Contrast {
    /// Of the first rater.
    pub first: Estimate,
    /// Of the second rater.
    pub second: Estimate,
    /// First less second.
    pub difference: Estimate,
}

/// How two raters' series of the same sessions differ.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RaterContrast {
    /// Clients with a session that both rated.
    pub clients: usize,
    /// Sessions that both rated.
    pub sessions: usize,
    /// ICC(1): the share of variance between clients; high if the rater sees little change.
    pub icc: Contrast,
    /// Standard deviation of a client's sessions about their mean.
    pub within_deviation: Contrast,
    /// Root mean square of the change from one session to the next (of numbers that follow each other).
    pub successive_change: Contrast,
    /// Average change per session: the slope on the session number within clients.
    pub slope: Contrast,
}

const METHOD: &str = "common sessions";
const STATISTICS: usize = 4;

/// Compares the stability of two raters' scores on the sessions that both rated.
///
/// The table has the first rater's scores as its first column and the second's as its second. Moments of each client
/// are made once, from them ICC(1) = (MSB - MSW) / (MSB + (n0 - 1) MSW) with n0 = (N - Σ `n_j²` / N) / (J - 1), the
/// pooled within SD, the root mean square successive difference and the pooled within slope; standard errors and
/// intervals come from drawing clients. A missing session is a gap: sessions 3 and 5 do not follow each other.
///
/// # Errors
///
/// `invalid-option` unless the table has two columns and `0 < confidence < 1`.
pub fn rater_contrast(
    table: &SessionTable<'_>,
    confidence: f64,
    bootstrap: &Bootstrap,
) -> Result<RaterContrast, PsychometricsError> {
    check_confidence(confidence)?;
    if table.values.count() != 2 {
        return Err(PsychometricsError::option("table", "two columns, one for each rater"));
    }
    let clients: Vec<[Series; 2]> = table.groups.iter().filter_map(|rows| series(table, rows)).collect();
    let sessions = clients.iter().map(|[first, _]| first.count).sum::<f64>();
    let of = |clients: &mut dyn Iterator<Item = &[Series; 2]>| {
        let mut sums = [Sums::default(); 2];
        for client in clients {
            sums.iter_mut().zip(client).for_each(|(sum, series)| sum.add(series));
        }
        sums.map(|sums| sums.statistics())
    };
    let found = of(&mut clients.iter());
    let replicates = bootstrap
        .replicates(clients.len(), |drawn| of(&mut drawn.iter().filter_map(|client| clients.get(*client))));
    let repeated = sessions > clients.len() as f64;
    // The other statistics lack a value without two sessions of a client, or two that follow each other, alone.
    let status = |place: usize| match clients.len() {
        0 => Status::AllMissing,
        2.. if place == ICC && repeated => Status::ZeroVariance,
        _ => Status::TooFewUnits,
    };
    let contrast = |place: usize, level: Level, lowest: f64| {
        let describe = |value: &dyn Fn(&[[f64; STATISTICS]; 2]) -> f64, lowest: f64| {
            let own = value(&found);
            let estimate = if own.is_nan() || clients.len() < 2 {
                Estimate::undefined(status(place), level, METHOD)
            } else {
                Estimate::new(own, level, METHOD).expected_within(lowest, f64::INFINITY)
            };
            let rows =
                estimate.with_rows(clients.len(), sessions as usize, table.values.rows() - sessions as usize);
            bootstrap.describe(rows, replicates.iter().map(value).collect(), confidence, "clients")
        };
        Contrast {
            first: describe(&|of| of[0][place], lowest),
            second: describe(&|of| of[1][place], lowest),
            difference: describe(&|of| of[0][place] - of[1][place], f64::NEG_INFINITY),
        }
    };
    Ok(RaterContrast {
        clients: clients.len(),
        sessions: sessions as usize,
        icc: contrast(ICC, Level::BetweenClients, 0.0),
        within_deviation: contrast(DEVIATION, Level::WithinClient, 0.0),
        successive_change: contrast(SUCCESSIVE, Level::WithinClient, 0.0),
        slope: contrast(SLOPE, Level::WithinClient, f64::NEG_INFINITY),
    })
}

const ICC: usize = 0;
const DEVIATION: usize = 1;
const SUCCESSIVE: usize = 2;
const SLOPE: usize = 3;

/// Moments of one rater's scores of one client.
#[derive(Clone, Copy)]
struct Series {
    count: f64,
    mean: f64,
    /// Sum of squares about the mean, and what of it is rounding.
    squares: f64,
    rounding: f64,
    /// Sums of squared session numbers and of products with scores, about their means.
    time_squares: f64,
    time_products: f64,
    /// Squared differences of following sessions, and how many.
    successive: f64,
    steps: f64,
}

/// Both raters' moments of the sessions that both rated, if there are any.
fn series(table: &SessionTable<'_>, rows: &[usize]) -> Option<[Series; 2]> {
    let common: Vec<usize> = rows
        .iter()
        .copied()
        .filter(|row| !table.value(*row, 0).is_nan() && !table.value(*row, 1).is_nan())
        .collect();
    let count = common.len() as f64;
    let origin = table.session(*common.first()?);
    let times: Vec<f64> = common.iter().map(|row| table.session(*row).wrapping_sub(origin) as f64).collect();
    let mean_time = times.iter().sum::<f64>() / count;
    Some([0, 1].map(|rater| {
        let scores: Vec<f64> = common.iter().map(|row| table.value(*row, rater)).collect();
        let mean = scores.iter().sum::<f64>() / count;
        let mut series = Series {
            count,
            mean,
            squares: 0.0,
            rounding: 0.0,
            time_squares: 0.0,
            time_products: 0.0,
            successive: 0.0,
            steps: 0.0,
        };
        for (score, time) in scores.iter().zip(&times) {
            series.squares += (score - mean) * (score - mean);
            series.rounding += 1e-28 * score * score;
            series.time_squares += (time - mean_time) * (time - mean_time);
            series.time_products += (time - mean_time) * (score - mean);
        }
        for (scores, times) in scores.windows(2).zip(times.windows(2)) {
            if times[1] - times[0] == 1.0 {
                series.successive += (scores[1] - scores[0]) * (scores[1] - scores[0]);
                series.steps += 1.0;
            }
        }
        series
    }))
}

/// Sums over clients.
#[derive(Clone, Copy, Default)]
struct Sums {
    clients: f64,
    rows: f64,
    rows_squared: f64,
    /// Of means, about the first client's.
    origin: f64,
    mean: f64,
    mean_squares: f64,
    squares: f64,
    rounding: f64,
    time_squares: f64,
    time_products: f64,
    successive: f64,
    steps: f64,
}

impl Sums {
    fn add(&mut self, series: &Series) {
        if self.clients == 0.0 {
            self.origin = series.mean;
        }
        let mean = series.mean - self.origin;
        self.clients += 1.0;
        self.rows += series.count;
        self.rows_squared += series.count * series.count;
        self.mean += series.count * mean;
        self.mean_squares += series.count * mean * mean;
        self.squares += series.squares;
        self.rounding += series.rounding;
        self.time_squares += series.time_squares;
        self.time_products += series.time_products;
        self.successive += series.successive;
        self.steps += series.steps;
    }

    fn statistics(&self) -> [f64; STATISTICS] {
        let between = (self.mean_squares - self.mean * self.mean / self.rows) / (self.clients - 1.0);
        let within = self.squares / (self.rows - self.clients);
        let size = (self.rows - self.rows_squared / self.rows) / (self.clients - 1.0);
        let varies = self.squares > self.rounding;
        let icc = (between - within) / (between + (size - 1.0) * within);
        let ratio = |above: f64, below: f64| if below > 0.0 { above / below } else { f64::NAN };
        let mut statistics = [f64::NAN; STATISTICS];
        statistics[ICC] = if varies && self.clients > 1.0 { icc } else { f64::NAN };
        statistics[DEVIATION] = if self.rows > self.clients { within.sqrt() } else { f64::NAN };
        statistics[SUCCESSIVE] = ratio(self.successive, self.steps).sqrt();
        statistics[SLOPE] = ratio(self.time_products, self.time_squares);
        statistics
    }
}
