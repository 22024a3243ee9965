//! Correlation of the normal variables that ordered answers are thought to be cut from.

use super::bivariate_normal::{cumulative, density};
use crate::distributions::normal;
use crate::{Columns, Estimate, Level, PsychometricsError, Status};

/// Correlations beyond which an estimate counts as having run to the end of its range.
const MOST_CORRELATION: f64 = 0.9999;
const MOST_STEPS: usize = 100;
const SETTLED: f64 = 1e-13;
/// Difference of negative log-likelihoods that rounding can make.
const NO_WORSE: f64 = 1e-9;
/// Step of the numerical second derivative.
const NEAR: f64 = 2e-5;

/// A polychoric correlation with the thresholds it rests on.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Polychoric {
    /// The correlation; its standard error, from the observed information, takes the thresholds as known.
    pub correlation: Estimate,
    /// Thresholds of the first variable, one fewer than its categories.
    pub first_thresholds: Vec<f64>,
    /// Thresholds of the second.
    pub second_thresholds: Vec<f64>,
    /// Negative log-likelihood at the estimate.
    pub negative_log_likelihood: f64,
}

/// Category of each answer and where the latent variable is cut.
#[derive(Debug, Clone)]
pub(super) struct Cut {
    pub(super) places: Vec<usize>,
    pub(super) counts: Vec<f64>,
    pub(super) thresholds: Vec<f64>,
}

impl Cut {
    /// The categories are the values that occur; the thresholds the normal quantiles of their cumulative shares.
    pub(super) fn new(answers: &[f64]) -> Self {
        let mut values = answers.to_vec();
        values.sort_by(f64::total_cmp);
        values.dedup();
        let mut counts = vec![0.0; values.len()];
        let places = answers
            .iter()
            .map(|answer| {
                let place = values.partition_point(|value| value < answer);
                if let Some(count) = counts.get_mut(place) {
                    *count += 1.0;
                }
                place
            })
            .collect();
        let n = answers.len() as f64;
        let mut below = 0.0;
        let mut thresholds: Vec<f64> = counts
            .iter()
            .map(|count| {
                below += count;
                normal(below / n)
            })
            .collect();
        thresholds.pop();
        Self { places, counts, thresholds }
    }

    pub(super) fn categories(&self) -> usize {
        self.counts.len()
    }

    /// A threshold counted from 0, with minus infinity first and infinity last.
    fn bound(&self, place: usize) -> f64 {
        match place.checked_sub(1) {
            None => f64::NEG_INFINITY,
            Some(place) => self.thresholds.get(place).copied().unwrap_or(f64::INFINITY),
        }
    }
}

pub(super) struct Fit {
    pub(super) correlation: f64,
    standard_error: f64,
    negative_log_likelihood: f64,
    is_at_end: bool,
}

/// Log-likelihood, its derivative and expected curvature at a correlation.
struct Point {
    negative_log_likelihood: f64,
    slope: f64,
    information: f64,
}

pub(super) fn fit(first: &Cut, second: &Cut) -> Fit {
    let (rows, columns) = (first.categories(), second.categories());
    let mut table = vec![0.0; rows * columns];
    for (row, column) in first.places.iter().zip(&second.places) {
        if let Some(cell) = table.get_mut(row * columns + column) {
            *cell += 1.0;
        }
    }
    let n: f64 = table.iter().sum();
    let at = |rho: f64| {
        // Cumulative probabilities at the corners of the cells, and their derivatives.
        let corners: Vec<(f64, f64)> = (0..=rows)
            .flat_map(|row| (0..=columns).map(move |column| (row, column)))
            .map(|(row, column)| {
                let (h, k) = (first.bound(row), second.bound(column));
                (cumulative(h, k, rho), density(h, k, rho))
            })
            .collect();
        let corner = |row: usize, column: usize| {
            corners.get(row * (columns + 1) + column).copied().unwrap_or((0.0, 0.0))
        };
        let mut point = Point { negative_log_likelihood: 0.0, slope: 0.0, information: 0.0 };
        for (place, count) in table.iter().enumerate() {
            let (row, column) = (place / columns, place % columns);
            let corners = [(1, 1, 1.0), (0, 1, -1.0), (1, 0, -1.0), (0, 0, 1.0)]
                .map(|(down, right, sign)| (corner(row + down, column + right), sign));
            let probability =
                corners.iter().map(|((cumulative, _), sign)| sign * cumulative).sum::<f64>().max(1e-300);
            let slope: f64 = corners.iter().map(|((_, density), sign)| sign * density).sum();
            if *count > 0.0 {
                point.negative_log_likelihood -= count * libm::log(probability);
                point.slope += count * slope / probability;
            }
            // A cell of no probability tells nothing.
            if probability > 1e-290 {
                point.information += n * slope * slope / probability;
            }
        }
        point
    };
    let (mut low, mut high) = (-MOST_CORRELATION, MOST_CORRELATION);
    let mut rho = 0.0;
    let mut point = at(rho);
    for _ in 0..MOST_STEPS {
        if point.slope > 0.0 {
            low = rho;
        } else {
            high = rho;
        }
        let step = rho + point.slope / point.information;
        let next = if step > low && step < high { step } else { f64::midpoint(low, high) };
        let moved = (next - rho).abs();
        rho = next;
        point = at(rho);
        if moved < SETTLED || high - low < SETTLED {
            break;
        }
    }
    // With an empty corner the likelihood rises to a plateau, where the search stops at a place that rounding chooses.
    let end = MOST_CORRELATION.copysign(rho);
    let at_end = at(end);
    let is_at_end = at_end.negative_log_likelihood <= point.negative_log_likelihood + NO_WORSE;
    if is_at_end {
        (rho, point) = (end, at_end);
    }
    // Observed information, from the exact slopes on both sides; the expected one where that is not positive.
    let observed = (at(rho - NEAR).slope - at(rho + NEAR).slope) / (2.0 * NEAR);
    let information = if observed > 0.0 && !is_at_end { observed } else { point.information };
    Fit {
        correlation: rho,
        standard_error: 1.0 / information.sqrt(),
        negative_log_likelihood: point.negative_log_likelihood,
        is_at_end,
    }
}

const METHOD: &str = "polychoric correlation, two-step maximum likelihood";

/// Polychoric correlation of two ordered variables, from the rows that have both (Olsson 1979, Psychometrika 44, 443-460).
///
/// Two steps: thresholds from the margins, then the correlation that makes the table most likely. Empty cells are taken
/// as they are: psych adds 0.5 to them unless told `correct = 0` and gives another number. With two categories each it is
/// the tetrachoric correlation. Between -1 and 1; [`Status::Boundary`] where the likelihood rises towards
/// 1 or -1. Categories are the values that occur.
///
/// # Errors
///
/// `length-mismatch` unless both have one value per row, `not-finite` for infinite values.
pub fn polychoric(first: &[f64], second: &[f64], level: Level) -> Result<Polychoric, PsychometricsError> {
    let columns = Columns::new(&[first, second])?;
    let (one, other): (Vec<f64>, Vec<f64>) =
        first.iter().zip(second).filter(|(one, other)| !one.is_nan() && !other.is_nan()).unzip();
    let (rows, dropped) = (one.len(), columns.rows() - one.len());
    let cuts = (Cut::new(&one), Cut::new(&other));
    let status = match rows {
        0 if columns.rows() > 0 => Some(Status::AllMissing),
        0 | 1 => Some(Status::TooFewUnits),
        _ if cuts.0.categories() < 2 || cuts.1.categories() < 2 => Some(Status::ZeroVariance),
        _ => None,
    };
    let (correlation, negative_log_likelihood) = if let Some(status) = status {
        (Estimate::undefined(status, level, METHOD), f64::NAN)
    } else {
        let fit = fit(&cuts.0, &cuts.1);
        let estimate = Estimate::new(fit.correlation, level, METHOD).with_standard_error(fit.standard_error);
        let estimate = if fit.is_at_end { estimate.with_status(Status::Boundary) } else { estimate };
        (estimate, fit.negative_log_likelihood)
    };
    Ok(Polychoric {
        correlation: correlation.with_rows(rows, rows, dropped),
        first_thresholds: cuts.0.thresholds,
        second_thresholds: cuts.1.thresholds,
        negative_log_likelihood,
    })
}
