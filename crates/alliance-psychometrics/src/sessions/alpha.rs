//! Alpha within clients, between clients, and of rows put together: three numbers.

use super::components::{MeanSquare, exact_interval};
use super::table::SessionTable;
use crate::estimate::check_confidence;
use crate::linear::Symmetric;
use crate::{Bootstrap, Estimate, Level, PsychometricsError, Status};

const METHOD: &str = "alpha of covariances";
/// A variance below this share of the mean square of the values is rounding.
const ROUNDING: f64 = 1e-26;

/// Alpha of the items at three levels.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MultilevelAlpha {
    /// Number of clients with a complete row.
    pub clients: usize,
    /// Complete rows.
    pub rows: usize,
    /// Alpha within clients: of the changes between sessions.
    pub within: Estimate,
    /// Alpha between clients: of the clients' true levels, free of the fluctuation within them, so that it is not the
    /// reliability of an observed mean (that is `R_kRn`).
    pub between: Estimate,
    /// Alpha of all rows put together: neither of the two.
    pub pooled: Estimate,
    /// Standard error of measurement of one session's item mean: its SD within clients times √(1 - alpha within).
    pub standard_error_of_measurement: Estimate,
    /// ICC(1) of each item: its share of variance between clients.
    pub item_icc: Vec<Estimate>,
}

/// Alpha from the covariance matrices within and between clients, by moments.
///
/// ```text
/// S_W = ΣΣ (x - x̄_j)(x - x̄_j)' / (N - J)
/// S_B = (MS_B - S_W) / n0     MS_B = Σ n_j (x̄_j - x̄)(x̄_j - x̄)' / (J - 1)     n0 = (N - Σ n_j² / N) / (J - 1)
/// ```
///
/// Geldhof, Preacher and Zyphur (2014, Psychological Methods 19, 72-91). Rows with a missing item are left out. The
/// interval of `within` is Feldt's (1965, Psychometrika 30, 357-370) with N - J degrees of freedom, exact for normal
/// scores and parallel items; `between`, `pooled` and the items have intervals only with a `bootstrap`, which draws
/// clients and then serves `within` too. A client with constant answers or one session counts like any other.
///
/// # Errors
///
/// `invalid-option` unless `0 < confidence < 1`.
///
/// ```
/// use alliance_psychometrics::sessions::{SessionTable, multilevel_alpha};
/// use alliance_psychometrics::{Columns, Level};
///
/// let first = [2.0, 3.0, 6.0, 4.0, 5.0, 6.0];
/// let second = [3.0, 3.0, 6.0, 4.0, 6.0, 7.0];
/// let table = SessionTable::new(&[1, 1, 2, 2, 3, 3], &[1, 2, 1, 2, 1, 2], &Columns::new(&[&first, &second])?)?;
/// let alpha = multilevel_alpha(&table, 0.95, None)?;
/// assert_eq!(alpha.within.level, Level::WithinClient);
/// assert!(alpha.between.value > alpha.pooled.value);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn multilevel_alpha(
    table: &SessionTable<'_>,
    confidence: f64,
    bootstrap: Option<&Bootstrap>,
) -> Result<MultilevelAlpha, PsychometricsError> {
    check_confidence(confidence)?;
    let moments = Moments::new(table);
    let rows = |estimate: Estimate| {
        estimate.with_rows(moments.clients.len(), moments.rows, table.values.rows() - moments.rows)
    };
    let items = moments.items;
    let levels = match moments.levels(&(0..moments.clients.len()).collect::<Vec<usize>>()) {
        Ok(levels) => levels,
        Err(status) => {
            let without = |level| rows(Estimate::undefined(status, level, METHOD));
            return Ok(MultilevelAlpha {
                clients: moments.clients.len(),
                rows: moments.rows,
                within: without(Level::WithinClient),
                between: without(Level::BetweenClients),
                pooled: without(Level::PooledRows),
                standard_error_of_measurement: without(Level::WithinClient),
                item_icc: vec![without(Level::BetweenClients); items],
            });
        }
    };
    let found = levels.statistics(moments.rounding());
    let ratio_level = |place: usize| match place {
        WITHIN | SEM => Level::WithinClient,
        POOLED => Level::PooledRows,
        _ => Level::BetweenClients,
    };
    let replicates = bootstrap.map(|bootstrap| {
        let all = bootstrap.replicates(moments.clients.len(), |drawn| {
            moments.levels(drawn).map_or_else(
                |_| vec![f64::NAN; FIRST_ITEM + items],
                |levels| levels.statistics(moments.rounding()),
            )
        });
        (bootstrap, all)
    });
    let estimate = |place: usize| {
        let value = found[place];
        let level = ratio_level(place);
        let highest = if place == SEM { f64::INFINITY } else { 1.0 };
        let estimate = if place < FIRST_ITEM && items < 2 {
            Estimate::undefined(Status::TooFewItems, level, METHOD)
        } else if value.is_nan() {
            Estimate::undefined(Status::ZeroVariance, level, METHOD)
        } else {
            Estimate::new(value, level, METHOD).expected_within(0.0, highest)
        };
        match &replicates {
            Some((bootstrap, all)) => bootstrap.describe(
                rows(estimate),
                all.iter().map(|of| of[place]).collect(),
                confidence,
                "clients",
            ),
            None => rows(estimate),
        }
    };
    let mut within = estimate(WITHIN);
    if bootstrap.is_none() && within.value.is_finite() {
        let degrees = (moments.rows - moments.clients.len()) as f64;
        // 1 - alpha is a ratio of two mean squares, as in the analysis of variance of Feldt.
        let between_rows = MeanSquare { value: 1.0, degrees };
        let residual = MeanSquare { value: 1.0 - within.value, degrees: degrees * (items as f64 - 1.0) };
        let (low, high) = exact_interval([between_rows, residual], confidence);
        within = within.with_interval(low, high, confidence).with_degrees_of_freedom(degrees);
    }
    Ok(MultilevelAlpha {
        clients: moments.clients.len(),
        rows: moments.rows,
        within,
        between: estimate(BETWEEN),
        pooled: estimate(POOLED),
        standard_error_of_measurement: estimate(SEM),
        item_icc: (0..items).map(|item| estimate(FIRST_ITEM + item)).collect(),
    })
}

// Statistics of a resample, in this order.
const WITHIN: usize = 0;
const BETWEEN: usize = 1;
const POOLED: usize = 2;
const SEM: usize = 3;
const FIRST_ITEM: usize = 4;

/// What of each client's rows the matrices need.
struct Moments {
    items: usize,
    rows: usize,
    clients: Vec<ClientMoments>,
    /// Mean of squared values, as they came.
    size: f64,
}

struct ClientMoments {
    count: f64,
    /// Means of the items, less those of all rows.
    mean: Vec<f64>,
    /// Cross products about the means.
    products: Symmetric,
}

/// The three covariance matrices.
struct Levels {
    within: Symmetric,
    between: Symmetric,
    pooled: Symmetric,
}

impl Moments {
    fn new(table: &SessionTable<'_>) -> Self {
        let items = table.values.count();
        let complete = |row: &&usize| items > 0 && table.values.is_complete(**row);
        let rows = || table.groups.iter().flatten().filter(complete);
        let count = rows().count();
        let mut grand = vec![0.0; items];
        let mut size = 0.0;
        for row in rows() {
            for (item, sum) in grand.iter_mut().enumerate() {
                let value = table.value(*row, item);
                *sum += value / count as f64;
                size += value * value / (count * items) as f64;
            }
        }
        let clients = table
            .groups
            .iter()
            .map(|rows| rows.iter().filter(complete).copied().collect::<Vec<usize>>())
            .filter(|rows| !rows.is_empty())
            .map(|rows| {
                let count = rows.len() as f64;
                let mean: Vec<f64> = (0..items)
                    .map(|item| {
                        rows.iter().map(|row| table.value(*row, item) - grand[item]).sum::<f64>() / count
                    })
                    .collect();
                let about = |row: usize, item: usize| table.value(row, item) - grand[item] - mean[item];
                let products = Symmetric::from_fn(items, |one, other| {
                    rows.iter().map(|row| about(*row, one) * about(*row, other)).sum()
                });
                ClientMoments { count, mean, products }
            })
            .collect();
        Self { items, rows: count, clients, size }
    }

    fn rounding(&self) -> f64 {
        ROUNDING * self.size
    }

    /// Covariance matrices of these clients, each as often as it is named.
    fn levels(&self, clients: &[usize]) -> Result<Levels, Status> {
        let named = || clients.iter().filter_map(|client| self.clients.get(*client));
        let (mut rows, mut squared, mut units) = (0.0, 0.0, 0.0);
        let mut grand = vec![0.0; self.items];
        for client in named() {
            units += 1.0;
            rows += client.count;
            squared += client.count * client.count;
            grand.iter_mut().zip(&client.mean).for_each(|(sum, mean)| *sum += client.count * mean);
        }
        if rows == 0.0 {
            return Err(Status::AllMissing);
        }
        if units < 2.0 || rows <= units {
            return Err(Status::TooFewUnits);
        }
        for sum in &mut grand {
            *sum /= rows;
        }
        let (mut within, mut among) = (Symmetric::zeros(self.items), Symmetric::zeros(self.items));
        for client in named() {
            for one in 0..self.items {
                for other in 0..=one {
                    within.set(one, other, within.at(one, other) + client.products.at(one, other));
                    let about = (client.mean[one] - grand[one]) * (client.mean[other] - grand[other]);
                    among.set(one, other, among.at(one, other) + client.count * about);
                }
            }
        }
        let of = |cell: &dyn Fn(usize, usize) -> f64| Symmetric::from_fn(self.items, cell);
        let size = (rows - squared / rows) / (units - 1.0);
        let covariance = of(&|one, other| within.at(one, other) / (rows - units));
        Ok(Levels {
            between: of(&|one, other| {
                (among.at(one, other) / (units - 1.0) - covariance.at(one, other)) / size
            }),
            pooled: of(&|one, other| (within.at(one, other) + among.at(one, other)) / (rows - 1.0)),
            within: covariance,
        })
    }
}

impl Levels {
    fn statistics(&self, rounding: f64) -> Vec<f64> {
        let items = self.within.size() as f64;
        let alpha = |matrix: &Symmetric| {
            let total = matrix.sum();
            let sound = total > rounding * items * items;
            if sound { items / (items - 1.0) * (1.0 - matrix.trace() / total) } else { f64::NAN }
        };
        let within = alpha(&self.within);
        let mut statistics = vec![
            within,
            alpha(&self.between),
            alpha(&self.pooled),
            (self.within.sum() * (1.0 - within)).sqrt() / items,
        ];
        statistics.extend(self.between.diagonal().zip(self.within.diagonal()).map(|(between, within)| {
            if within > rounding { between / (between + within) } else { f64::NAN }
        }));
        statistics
    }
}
