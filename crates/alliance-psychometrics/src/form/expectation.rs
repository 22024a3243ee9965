//! Means and covariances under a normal distribution from rows with missing answers: the EM algorithm.

use std::collections::BTreeMap;

use super::moments::Moments;
use crate::linear::Symmetric;
use crate::{Columns, Status};

const MOST_ITERATIONS: usize = 10_000;

/// Change of a mean or covariance, in standard deviations, below which the iteration has settled.
const SETTLED: f64 = 1e-10;

/// What the rows with one pattern of answered items add up to.
struct Pattern {
    observed: Vec<usize>,
    missing: Vec<usize>,
    rows: f64,
    /// Sums and products of the differences of the observed items from the origin.
    sums: Vec<f64>,
    products: Symmetric,
}

/// The iteration costs by the pattern of missing answers, not by the row.
pub(super) fn expectation_maximisation(columns: &Columns<'_>) -> Moments {
    let size = columns.count();
    let (origin, scale) = origin_and_scale(columns);
    let patterns = patterns(columns, &origin, &scale);
    let rows_used: usize = patterns.iter().map(|pattern| pattern.rows as usize).sum();
    let n = rows_used as f64;
    let mut status = Moments::status_of(columns, rows_used);
    let mut means = vec![0.0; size];
    let mut covariances = Symmetric::from_fn(size, |row, column| f64::from(u8::from(row == column)));
    if columns.iter().any(|column| column.iter().all(|value| value.is_nan())) && status == Status::Defined {
        status = Status::AllMissing;
    }
    if status == Status::Defined {
        status = Status::NotConverged;
        for _ in 0..MOST_ITERATIONS {
            let Some((next_means, next)) = step(&patterns, &means, &covariances, n) else {
                status = Status::NotPositiveDefinite;
                break;
            };
            let moved = means.iter().zip(&next_means).map(|(one, next)| (one - next).abs());
            let changed = (0..size).flat_map(|row| (0..=row).map(move |column| (row, column)));
            let changed =
                changed.map(|(row, column)| (covariances.at(row, column) - next.at(row, column)).abs());
            let change = moved.chain(changed).fold(0.0, f64::max);
            (means, covariances) = (next_means, next);
            if change < SETTLED {
                status = Status::Defined;
                break;
            }
        }
    }
    let scale_of = |item: usize| scale.get(item).copied().unwrap_or(f64::NAN);
    let covariances = Symmetric::from_fn(size, |row, column| {
        covariances.at(row, column) * scale_of(row) * scale_of(column) * n / (n - 1.0)
    });
    let means =
        means.iter().zip(&origin).zip(&scale).map(|((mean, origin), scale)| origin + scale * mean).collect();
    Moments { means, covariances, rows_used, rows_dropped: columns.rows() - rows_used, status }
}

/// Mean and standard deviation of the answers to each item; a constant item has scale 1.
fn origin_and_scale(columns: &Columns<'_>) -> (Vec<f64>, Vec<f64>) {
    let of_column = |column: &[f64]| {
        let answers = || column.iter().copied().filter(|value| !value.is_nan());
        let n = answers().count() as f64;
        let first = answers().next().unwrap_or(0.0);
        let mean = first + answers().map(|value| value - first).sum::<f64>() / n.max(1.0);
        let squares: f64 = answers().map(|value| (value - mean) * (value - mean)).sum();
        let deviation = (squares / n.max(1.0)).sqrt();
        (mean, if deviation > 0.0 { deviation } else { 1.0 })
    };
    columns.iter().map(of_column).unzip()
}

fn patterns(columns: &Columns<'_>, origin: &[f64], scale: &[f64]) -> Vec<Pattern> {
    let size = columns.count();
    let mut found: BTreeMap<Vec<bool>, Pattern> = BTreeMap::new();
    let mut key = vec![false; size];
    let mut row_values = Vec::with_capacity(size);
    for row in 0..columns.rows() {
        row_values.clear();
        for (((column, there), origin), scale) in columns.iter().zip(&mut key).zip(origin).zip(scale) {
            let value = column.get(row).copied().unwrap_or(f64::NAN);
            *there = !value.is_nan();
            if *there {
                row_values.push((value - origin) / scale);
            }
        }
        if row_values.is_empty() {
            continue;
        }
        if !found.contains_key(&key) {
            let (observed, missing): (Vec<usize>, Vec<usize>) =
                (0..size).partition(|item| key.get(*item) == Some(&true));
            let sums = vec![0.0; observed.len()];
            let products = Symmetric::zeros(observed.len());
            found.insert(key.clone(), Pattern { observed, missing, rows: 0.0, sums, products });
        }
        if let Some(pattern) = found.get_mut(&key) {
            pattern.rows += 1.0;
            for ((place, value), sum) in row_values.iter().enumerate().zip(&mut pattern.sums) {
                *sum += value;
                for (other, second) in row_values.iter().take(place + 1).enumerate() {
                    let product = pattern.products.at(place, other) + value * second;
                    pattern.products.set(place, other, product);
                }
            }
        }
    }
    found.into_values().collect()
}

fn get(values: &[f64], place: usize) -> f64 {
    values.get(place).copied().unwrap_or(f64::NAN)
}

/// Expected sums given the observed answers, and the means and covariances they make.
fn step(
    patterns: &[Pattern],
    means: &[f64],
    covariances: &Symmetric,
    n: f64,
) -> Option<(Vec<f64>, Symmetric)> {
    let size = means.len();
    let mut sums = vec![0.0; size];
    let mut products = Symmetric::zeros(size);
    for pattern in patterns {
        let Pattern { observed, missing, rows, .. } = pattern;
        // Regression of every item on the observed ones: themselves for the observed.
        let factor = if missing.is_empty() { None } else { Some(covariances.part(observed).cholesky()?) };
        let weights_of = |item: usize| -> Vec<f64> {
            let right: Vec<f64> = observed.iter().map(|other| covariances.at(item, *other)).collect();
            factor.as_ref().map(|factor| factor.solve(&right)).unwrap_or_default()
        };
        let regressions: Vec<(usize, Vec<f64>)> =
            missing.iter().map(|item| (*item, weights_of(*item))).collect();
        let centre: Vec<f64> = observed.iter().map(|item| get(means, *item)).collect();
        let deviation: Vec<f64> =
            pattern.sums.iter().zip(&centre).map(|(sum, mean)| sum - rows * mean).collect();
        let about = Symmetric::from_fn(observed.len(), |one, other| {
            pattern.products.at(one, other)
                - get(&pattern.sums, one) * get(&centre, other)
                - get(&centre, one) * get(&pattern.sums, other)
                + rows * get(&centre, one) * get(&centre, other)
        });
        let weigh =
            |weights: &[f64], values: &[f64]| -> f64 { weights.iter().zip(values).map(|(w, v)| w * v).sum() };
        let mut add = |row: usize, column: usize, value: f64| {
            products.set(row, column, products.at(row, column) + value);
        };
        for (one, item) in observed.iter().enumerate() {
            for (other, second) in observed.iter().take(one + 1).enumerate() {
                add(*item, *second, about.at(one, other));
            }
            for (absent, weights) in &regressions {
                add(*absent, *item, weigh(weights, about.row(one)));
            }
        }
        for (place, (item, weights)) in regressions.iter().enumerate() {
            let through: Vec<f64> = (0..observed.len()).map(|one| weigh(weights, about.row(one))).collect();
            for (second, second_weights) in regressions.iter().take(place + 1) {
                let observed_covariances: Vec<f64> =
                    observed.iter().map(|other| covariances.at(*item, *other)).collect();
                let left = covariances.at(*item, *second) - weigh(second_weights, &observed_covariances);
                add(*item, *second, weigh(second_weights, &through) + rows * left);
            }
        }
        for (item, value) in observed.iter().zip(&deviation) {
            if let Some(sum) = sums.get_mut(*item) {
                *sum += value;
            }
        }
        for (item, weights) in &regressions {
            if let Some(sum) = sums.get_mut(*item) {
                *sum += weigh(weights, &deviation);
            }
        }
    }
    let shift: Vec<f64> = sums.iter().map(|sum| sum / n).collect();
    let next = Symmetric::from_fn(size, |row, column| {
        products.at(row, column) / n - get(&shift, row) * get(&shift, column)
    });
    Some((means.iter().zip(&shift).map(|(mean, shift)| mean + shift).collect(), next))
}
