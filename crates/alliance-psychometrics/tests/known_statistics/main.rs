//! Every statistic that the methods dossier computed, as it was printed there, in one list that must be gone through
//! to the end: a value without a test fails, and so does a test without a value.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod agreement;
#[path = "../common/mod.rs"]
mod common;
mod outcomes;
mod reliability;

use std::collections::BTreeMap;

use alliance_psychometrics::{Columns, Estimate};
use common::vectors;
use serde_json::Value;

/// What a case's identity is found to be.
type Found = Vec<(&'static str, Vec<f64>)>;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|cell| cell.as_f64().unwrap_or(f64::NAN)).collect()
}

fn as_columns(columns: &[Vec<f64>]) -> Columns<'_> {
    Columns::new(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap()
}

/// Columns of a list of lists.
fn columns_of(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(numbers).collect()
}

/// The case that has this value.
fn case(topic: &str, list: &str, key: &str, value: &str) -> Value {
    let all = vectors(topic);
    all[list].as_array().unwrap().iter().find(|case| case[key] == value).unwrap().clone()
}

fn with_interval(estimate: &Estimate) -> Vec<f64> {
    let interval = estimate.interval.unwrap();
    vec![estimate.value, interval.low, interval.high]
}

fn with_error(estimate: &Estimate) -> [f64; 2] {
    [estimate.value, estimate.standard_error]
}

/// How far a value may lie from what is printed: half a unit of the last decimal or the tolerance; counts are exact.
fn allowed(printed: &str, tolerance: f64) -> f64 {
    let Some((_, decimals)) = printed.split_once('.') else { return 0.0 };
    let expected: f64 = printed.parse().unwrap();
    (0.500_01 * 10_f64.powi(-(decimals.len() as i32))).max(tolerance * expected.abs().max(1.0))
}

#[test]
fn every_statistic_of_the_dossier_is_found_again() {
    let mut found: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (identity, values) in
        reliability::found().into_iter().chain(agreement::found()).chain(outcomes::found())
    {
        assert!(found.insert(identity, values).is_none(), "{identity} stands twice");
    }
    let all = vectors("known-statistics");
    let mut wrong = Vec::new();
    for case in all["cases"].as_array().unwrap() {
        let identity = case["id"].as_str().unwrap();
        let Some(values) = found.remove(identity) else {
            wrong.push(format!("{identity}: not found"));
            continue;
        };
        let printed = case["printed"].as_array().unwrap();
        if values.len() != printed.len() {
            wrong.push(format!("{identity}: {} values for {}", values.len(), printed.len()));
        }
        let tolerance = case["tolerance"].as_f64().unwrap();
        for (value, printed) in values.iter().zip(printed) {
            let text = printed.as_str().unwrap();
            let expected: f64 = text.parse().unwrap();
            if (value - expected).abs() > allowed(text, tolerance) || value.is_nan() {
                wrong.push(format!("{identity}: {value} is not {text}"));
            }
        }
    }
    wrong.extend(found.keys().map(|identity| format!("{identity}: has no printed value")));
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
