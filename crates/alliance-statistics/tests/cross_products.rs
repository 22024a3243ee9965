//! The one-pass moments against a slow, obvious twin.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use alliance_statistics::CrossProducts;
use proptest::prelude::*;

fn accumulate(rows: &[Vec<f64>], columns: usize) -> CrossProducts {
    let mut products = CrossProducts::new(columns);
    for row in rows {
        products.add_row(row);
    }
    products
}

fn column(rows: &[Vec<f64>], column: usize) -> Vec<f64> {
    rows.iter().map(|row| row[column]).collect()
}

/// Two passes: means first.
fn covariance(x: &[f64], y: &[f64]) -> f64 {
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let (mean_x, mean_y) = (mean(x), mean(y));
    let products: f64 = x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    products / (x.len() as f64 - 1.0)
}

fn correlation(x: &[f64], y: &[f64]) -> f64 {
    covariance(x, y) / (covariance(x, x) * covariance(y, y)).sqrt()
}

/// Rows of 1 to 6 columns of answers 1 to 7.
fn forms() -> impl Strategy<Value = (usize, Vec<Vec<f64>>)> {
    (1_usize..=6).prop_flat_map(|columns| {
        let row = prop::collection::vec((1_u8..=7).prop_map(f64::from), columns);
        (Just(columns), prop::collection::vec(row, 2..60))
    })
}

proptest! {
    #[test]
    fn moments_agree_with_two_passes((columns, rows) in forms(), offset in -1e6..1e6_f64) {
        let moved: Vec<Vec<f64>> = rows.iter().map(|row| row.iter().map(|v| v + offset).collect()).collect();
        let products = accumulate(&moved, columns);
        prop_assert_eq!(products.count(), rows.len());
        for left in 0..columns {
            let x = column(&rows, left);
            let mean = x.iter().sum::<f64>() / x.len() as f64 + offset;
            prop_assert!((products.mean(left) - mean).abs() <= 1e-9 * mean.abs().max(1.0));
            for right in 0..columns {
                let y = column(&rows, right);
                let expected = covariance(&x, &y);
                prop_assert!((products.covariance(left, right) - expected).abs() <= 1e-8);
                let expected = correlation(&x, &y);
                let found = products.correlation(left, right);
                let varies = |v: &[f64]| v.iter().any(|value| *value != v[0]);
                if varies(&x) && varies(&y) {
                    prop_assert!((found - expected).abs() <= 1e-8, "{found} {expected}");
                    prop_assert!((-1.0..=1.0).contains(&found));
                } else if offset == 0.0 {
                    prop_assert!(found.is_nan());
                }
            }
        }
    }

    #[test]
    fn item_rest_is_the_correlation_with_the_weighted_sum(
        (columns, rows) in forms(),
        weights in prop::collection::vec(prop::sample::select(vec![1.0, -1.0, 0.0]), 6),
    ) {
        let weights = &weights[..columns];
        let products = accumulate(&rows, columns);
        for item in 0..columns {
            let own: Vec<f64> = rows.iter().map(|row| weights[item] * row[item]).collect();
            let rest: Vec<f64> = rows
                .iter()
                .map(|row| {
                    let all: f64 = row.iter().zip(weights).map(|(value, weight)| value * weight).sum();
                    all - row[item] * weights[item]
                })
                .collect();
            let found = products.item_rest_correlation(item, weights);
            let varies = |v: &[f64]| v.iter().any(|value| *value != v[0]);
            if varies(&own) && varies(&rest) {
                prop_assert!((found - correlation(&own, &rest)).abs() <= 1e-9);
            } else {
                prop_assert!(found.is_nan());
            }
        }
    }

    #[test]
    fn incomplete_rows_change_nothing((columns, rows) in forms(), at in 0_usize..6, bad in prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY])) {
        let clean = accumulate(&rows, columns);
        let mut mixed = CrossProducts::new(columns);
        for row in &rows {
            let mut broken = row.clone();
            broken[at % columns] = bad;
            prop_assert!(!mixed.add_row(&broken));
            prop_assert!(!mixed.add_row(&row[1..]));
            prop_assert!(mixed.add_row(row));
        }
        for left in 0..columns {
            for right in 0..columns {
                prop_assert_eq!(clean.covariance(left, right), mixed.covariance(left, right));
            }
        }
    }

    #[test]
    fn any_numbers_and_positions_are_survived(
        columns in 0_usize..4,
        rows in prop::collection::vec(prop::collection::vec(any::<f64>(), 0..4), 0..7),
        weights in prop::collection::vec(any::<f64>(), 0..4),
    ) {
        let products = accumulate(&rows, columns);
        for left in 0..5 {
            let _ = (products.mean(left), products.item_rest_correlation(left, &weights));
            for right in 0..5 {
                let found = products.correlation(left, right);
                prop_assert!(found.is_nan() || (-1.0..=1.0).contains(&found));
                if products.count() < 2 || left.max(right) >= columns {
                    prop_assert!(found.is_nan() && products.covariance(left, right).is_nan());
                }
            }
        }
    }
}

#[test]
fn an_offset_of_a_thousand_million_costs_nothing() {
    let products = accumulate(&[vec![1e9 + 4.0], vec![1e9 + 7.0], vec![1e9 + 13.0], vec![1e9 + 16.0]], 1);
    assert_eq!(products.variance(0), 30.0);
}

#[test]
fn what_does_not_vary_has_no_correlation() {
    // The rest is 0.1 + 0.2 - 0.3 and the like: constant but for rounding.
    let rows: Vec<Vec<f64>> =
        (0..40).map(|row| f64::from(row) * 0.1).map(|value| vec![value.sin(), value, 0.3 - value]).collect();
    let products = accumulate(&rows, 3);
    assert!(products.item_rest_correlation(0, &[1.0, 1.0, 1.0]).is_nan());
    assert!(products.item_rest_correlation(0, &[1.0, 1.0, 0.0]).is_finite());
    assert!(products.item_rest_correlation(0, &[0.0, 1.0, 0.0]).is_nan());
    assert_eq!(accumulate(&[vec![0.1], vec![0.1]], 1).variance(0), 0.0);
}

#[test]
fn debug_shows_no_row() {
    let shown = format!("{:?}", accumulate(&[vec![123.5], vec![678.5]], 1));
    assert!(shown.contains("columns: 1") && !shown.contains("123") && !shown.contains("678"), "{shown}");
}
