//! Polychoric correlations, ordinal alpha and omega against R.

#![allow(clippy::unwrap_used)]

mod common;

use alliance_psychometrics::form::{
    AlphaInterval, Form, Missing, OrdinalRule, Polychoric, ordinal_reliability, polychoric,
};
use alliance_psychometrics::{Columns, Level, Status};
use common::{close, vectors};
use proptest::prelude::*;
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|cell| cell.as_f64().unwrap_or(f64::NAN)).collect()
}

fn of_table(table: &[f64], columns: usize) -> Polychoric {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for (place, count) in table.iter().enumerate() {
        for _ in 0..*count as usize {
            first.push((place / columns) as f64);
            second.push((place % columns) as f64);
        }
    }
    polychoric(&first, &second, Level::OneSession).unwrap()
}

fn case(name: &str) -> Value {
    vectors("polychoric")["tables"]
        .as_array()
        .unwrap()
        .iter()
        .find(|case| case["name"] == name)
        .unwrap()
        .clone()
}

#[test]
fn correlations_agree_with_r() {
    for case in vectors("polychoric")["tables"].as_array().unwrap() {
        let found = of_table(&numbers(&case["table"]), case["columns"].as_u64().unwrap() as usize);
        let name = case["name"].as_str().unwrap();
        let agrees = |found: f64, key: &str, tolerance: f64| {
            assert!(
                close(found, case[key].as_f64().unwrap(), tolerance),
                "{name} {key}: {found} {}",
                case[key]
            );
        };
        assert_eq!(found.correlation.status, Status::Defined);
        agrees(found.correlation.value, "rho", 1e-8);
        agrees(found.correlation.standard_error, "se", 1e-7);
        agrees(found.negative_log_likelihood, "nll", 1e-10);
        for (found, key) in [(&found.first_thresholds, "first"), (&found.second_thresholds, "second")] {
            assert!(
                found.iter().zip(numbers(&case[key])).all(|(one, other)| close(*one, other, 1e-12)),
                "{name} {key}"
            );
        }
    }
}

/// Trap 17: half an answer put into every empty cell moves the correlation; it is not done here.
#[test]
fn trap_17_empty_cells_are_not_filled() {
    let case = case("many empty cells");
    let found = of_table(&numbers(&case["table"]), 4).correlation.value;
    let corrected = case["corrected"].as_f64().unwrap();
    assert!(close(found, case["rho"].as_f64().unwrap(), 1e-8));
    assert!((found - corrected).abs() > 0.01, "{found} {corrected}");
}

#[test]
fn alpha_and_omega_of_latent_responses_agree_with_r() {
    let vectors = vectors("polychoric");
    let columns: Vec<Vec<f64>> = vectors["form"]["columns"].as_array().unwrap().iter().map(numbers).collect();
    let items = Columns::new(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
    let found = ordinal_reliability(&items, OrdinalRule::default(), Level::OneSession);
    for (found, expected) in found.correlations.iter().zip(numbers(&vectors["form"]["correlations"])) {
        assert!(close(*found, expected, 1e-8));
    }
    assert!(close(found.alpha.value, vectors["form"]["alpha"].as_f64().unwrap(), 1e-8));
    assert!(close(found.omega.value, vectors["form"]["omega"].as_f64().unwrap(), 1e-6));
    assert_eq!(
        (found.alpha.rows_used, found.alpha.status, found.omega.status),
        (400, Status::Defined, Status::Defined)
    );
}

/// Trap 5: the reliability of latent responses is no basis for the error of observed scores.
#[test]
fn trap_5_ordinal_alpha_gives_no_error_of_measurement() {
    let vectors = vectors("polychoric");
    let columns: Vec<Vec<f64>> = vectors["form"]["columns"].as_array().unwrap().iter().map(numbers).collect();
    let items = Columns::new(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
    let ordinal = ordinal_reliability(&items, OrdinalRule::default(), Level::OneSession);
    let form = Form::new(&items, Missing::Listwise, Level::OneSession);
    for reliability in [&ordinal.alpha, &ordinal.omega] {
        assert!(
            reliability.notes.iter().any(|note| note.contains("not for a standard error of measurement"))
        );
        let error = form.standard_error_of_measurement(reliability);
        assert!(error.value.is_nan() && error.status == Status::Undefined);
    }
    let alpha = form.alpha(AlphaInterval::Feldt, 0.95).unwrap().raw;
    assert!(ordinal.alpha.value > alpha.value);
    assert!(form.standard_error_of_measurement(&alpha).value > 0.0);
}

#[test]
fn thin_or_crowded_categories_are_refused_unless_asked() {
    let spread: Vec<f64> = (0..100).map(|row| f64::from(row % 4)).collect();
    let crowded: Vec<f64> = (0..100).map(|row| if row < 70 { 4.0 } else { f64::from(row % 3) }).collect();
    let thin: Vec<f64> = (0..100).map(|row| if row < 5 { 1.0 } else { f64::from(2 + row % 3) }).collect();
    let items = Columns::new(&[&spread, &crowded, &thin, &spread]).unwrap();
    let found = ordinal_reliability(&items, OrdinalRule::default(), Level::OneSession);
    assert_eq!(found.refused_items, [1, 2]);
    assert_eq!(found.alpha.status, Status::Undefined);
    assert!(
        found.alpha.notes[0].contains("items 1, 2") && found.correlations.iter().all(|cell| cell.is_nan())
    );
    let asked = ordinal_reliability(&items, OrdinalRule::none(), Level::OneSession);
    assert!(asked.alpha.value.is_finite());
}

#[test]
fn perfect_association_lies_at_the_boundary() {
    let found = of_table(&[20.0, 0.0, 0.0, 0.0, 20.0, 0.0, 0.0, 0.0, 20.0], 3);
    assert_eq!(found.correlation.status, Status::Boundary);
    assert!(found.correlation.value > 0.99 && found.correlation.value < 1.0);
}

#[test]
fn an_indefinite_matrix_is_smoothed_and_says_so() {
    // Agreement of the first with the second and the second with the third, but not of the first with the third.
    let first: Vec<f64> = (0..60).map(|row| f64::from(row % 2)).collect();
    let second: Vec<f64> = (0..60).map(|row| f64::from(u8::from(row % 2 == 1 || row % 4 == 0))).collect();
    let third: Vec<f64> = (0..60).map(|row| f64::from(u8::from(row % 4 == 0 || row % 12 == 1))).collect();
    let items = Columns::new(&[&first, &second, &third]).unwrap();
    let found = ordinal_reliability(&items, OrdinalRule::none(), Level::OneSession);
    assert!(found.smallest_eigenvalue < 0.0, "{}", found.smallest_eigenvalue);
    assert_eq!(found.alpha.status, Status::NotPositiveDefinite);
    assert!(found.alpha.notes.iter().any(|note| note.contains("nearest correlation")));
    assert!((found.correlations[0] - 1.0).abs() < 1e-12);
}

#[test]
fn degenerate_answers_have_a_status() {
    let status = |columns: &[&[f64]]| {
        let found =
            ordinal_reliability(&Columns::new(columns).unwrap(), OrdinalRule::none(), Level::OneSession);
        assert!(found.alpha.value.is_nan() && found.omega.value.is_nan());
        found.alpha.status
    };
    assert_eq!(status(&[]), Status::TooFewItems);
    assert_eq!(status(&[&[1.0, 2.0]]), Status::TooFewItems);
    assert_eq!(status(&[&[], &[]]), Status::TooFewUnits);
    assert_eq!(status(&[&[1.0], &[2.0]]), Status::TooFewUnits);
    assert_eq!(status(&[&[f64::NAN; 2], &[1.0, 2.0]]), Status::AllMissing);
    assert_eq!(status(&[&[1.0; 5], &[1.0, 2.0, 1.0, 2.0, 1.0]]), Status::ZeroVariance);
    assert_eq!(
        polychoric(&[1.0; 5], &[2.0; 5], Level::OneSession).unwrap().correlation.status,
        Status::ZeroVariance
    );
    assert!(polychoric(&[1.0], &[], Level::OneSession).is_err());
    // Two items: alpha, but no factor.
    let (one, other) = ([1.0, 2.0, 1.0, 2.0, 2.0, 1.0], [1.0, 2.0, 1.0, 2.0, 1.0, 2.0]);
    let two =
        ordinal_reliability(&Columns::new(&[&one, &other]).unwrap(), OrdinalRule::none(), Level::OneSession);
    assert!(two.alpha.value.is_finite());
    assert_eq!(two.omega.status, Status::TooFewItems);
}

#[test]
fn an_empty_corner_is_the_end_of_the_range_whatever_way_the_variable_is_turned() {
    for (table, end) in [([1.0, 1.0, 0.0, 1.0], 0.9999), ([0.0, 1.0, 1.0, 1.0], -0.9999)] {
        let found = of_table(&table, 2).correlation;
        assert_eq!((found.status, found.value), (Status::Boundary, end));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn turning_a_variable_turns_the_sign_and_order_does_not_matter(
        pairs in proptest::collection::vec((0_u8..4, 0_u8..3), 2..60)
    ) {
        let (first, second): (Vec<f64>, Vec<f64>) = pairs.iter().map(|(a, b)| (f64::from(*a), f64::from(*b))).unzip();
        let turned: Vec<f64> = first.iter().map(|value| -value).collect();
        let rho = |one: &[f64], other: &[f64]| polychoric(one, other, Level::OneSession).unwrap().correlation;
        let found = rho(&first, &second);
        if found.status == Status::Defined {
            prop_assert!((found.value + rho(&turned, &second).value).abs() < 1e-6);
            prop_assert!((found.value - rho(&second, &first).value).abs() < 1e-6);
            prop_assert!(found.value.abs() <= 1.0 && found.standard_error > 0.0);
        } else {
            prop_assert!(found.value.is_nan() || found.status == Status::Boundary);
        }
    }
}
