//! Intraclass correlations against R's psych and against themselves.

#![allow(clippy::unwrap_used)]

mod common;

use alliance_psychometrics::form::{AlphaInterval, Form, Missing};
use alliance_psychometrics::icc::{
    IntraclassCorrelations, intraclass_correlations, intraclass_correlations_by_reml,
};
use alliance_psychometrics::{Columns, Estimate, Level, Status};
use common::{Lehmer, close, panel_a, vectors};
use proptest::prelude::*;
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|cell| cell.as_f64().unwrap_or(f64::NAN)).collect()
}

fn correlations(columns: &[Vec<f64>]) -> IntraclassCorrelations {
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    intraclass_correlations(&Columns::new(&slices).unwrap(), 0.95).unwrap()
}

fn by_reml(columns: &[Vec<f64>]) -> IntraclassCorrelations {
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    intraclass_correlations_by_reml(&Columns::new(&slices).unwrap(), 0.95).unwrap()
}

/// In the order of psych: single and then average, each one-way, agreement, consistency.
fn in_order(found: &IntraclassCorrelations) -> [&Estimate; 6] {
    let (one, agreement, consistency) = (&found.one_way, &found.agreement, &found.consistency);
    [
        &one.single,
        &agreement.single,
        &consistency.single,
        &one.average,
        &agreement.average,
        &consistency.average,
    ]
}

#[test]
fn six_forms_and_intervals_agree_with_psych() {
    let vectors = vectors("icc");
    for case in vectors["cases"].as_array().unwrap() {
        let columns: Vec<Vec<f64>> = case["columns"].as_array().unwrap().iter().map(numbers).collect();
        let found = correlations(&columns);
        let (values, low, high) = (numbers(&case["values"]), numbers(&case["low"]), numbers(&case["high"]));
        // Numbers near a million lose digits in psych's sums of squares.
        let tolerance = if case["name"] == "far from 0" { 1e-6 } else { 1e-9 };
        for (place, estimate) in in_order(&found).into_iter().enumerate() {
            let name = format!("{} {}", case["name"], estimate.method);
            assert!(
                close(estimate.value, values[place], tolerance),
                "{name}: {} {}",
                estimate.value,
                values[place]
            );
            let interval = estimate.interval.unwrap();
            assert!(close(interval.low, low[place], tolerance), "{name}: {} {}", interval.low, low[place]);
            assert!(
                close(interval.high, high[place], tolerance),
                "{name}: {} {}",
                interval.high,
                high[place]
            );
            assert_eq!(estimate.rows_used as u64, case["rows"].as_u64().unwrap());
            assert_eq!(estimate.status == Status::OutOfRange, !(0.0..=1.0).contains(&estimate.value));
        }
    }
}

/// The interval of ICC(A,k) is the single one stepped up, as in psych and pingouin, which is `McGraw` and Wong's; irr's is
/// another, because it puts the average's coefficient into the single form's degrees of freedom.
#[test]
fn the_interval_of_the_agreement_of_means_is_the_single_one_stepped_up() {
    let vectors = vectors("icc");
    let case = &vectors["cases"][0];
    let columns: Vec<Vec<f64>> = case["columns"].as_array().unwrap().iter().map(numbers).collect();
    let interval = correlations(&columns).agreement.average.interval.unwrap();
    assert!((interval.low - 0.071_137).abs() < 1e-6 && (interval.high - 0.927_232).abs() < 1e-6);
    let other = numbers(&case["agreement_average_irr"]);
    assert!((interval.low - other[0]).abs() > 1e-3);
}

/// Trap 12: one number, four names. ICC(A,1) of the client and therapist means of panel A is not ICC(C,1).
#[test]
fn trap_12_agreement_is_not_consistency() {
    let rows = panel_a();
    let mean = |value: fn(&common::PanelRow) -> f64| -> Vec<f64> {
        rows.chunks(8).map(|client| client[..4].iter().map(value).sum::<f64>() / 4.0).collect()
    };
    let columns = [mean(common::PanelRow::mean), mean(|row| row.rated)];
    let found = correlations(&columns);
    let expected = [
        (&found.one_way.single, "ICC(1)", 0.554_507_2, 0.352_762_2, 0.707_268_5),
        (&found.agreement.single, "ICC(A,1)", 0.568_150_4, 0.341_963_9, 0.726_243_9),
        (&found.consistency.single, "ICC(C,1)", 0.605_220_1, 0.416_703_8, 0.743_826_6),
    ];
    for (estimate, name, value, low, high) in expected {
        let interval = estimate.interval.unwrap();
        assert_eq!(estimate.method, name);
        assert!((estimate.value - value).abs() < 1e-7, "{name}");
        assert!((interval.low - low).abs() < 1e-7 && (interval.high - high).abs() < 1e-7, "{name}");
    }
}

#[test]
fn mean_squares_and_degrees_of_shrout_and_fleiss() {
    let vectors = vectors("icc");
    let columns: Vec<Vec<f64>> =
        vectors["cases"][0]["columns"].as_array().unwrap().iter().map(numbers).collect();
    let found = correlations(&columns);
    assert!((found.mean_squares.targets - 11.241_666_67).abs() < 1e-8);
    assert!((found.mean_squares.raters - 32.486_111_11).abs() < 1e-8);
    assert!((found.mean_squares.residual - 1.019_444_44).abs() < 1e-8);
    assert!((found.agreement.single.degrees_of_freedom - 4.785_143_862).abs() < 1e-8);
}

/// Components of REML, complete and with two cells missing (lme4), from the dossier.
#[test]
fn components_give_the_same_forms() {
    let complete = IntraclassCorrelations::from_components(2.555_562_8, 5.244_450_8, 1.019_443_4, 4);
    assert!((complete.agreement.single.value - 0.289_763_78).abs() < 1e-6);
    assert!((complete.consistency.average.value - 0.909_315_54).abs() < 1e-6);
    let holed = IntraclassCorrelations::from_components(2.940_208_04, 4.550_562_26, 0.931_407_02, 4);
    assert!((holed.agreement.single.value - 0.349_103_08).abs() < 1e-7);
    assert!((holed.consistency.single.value - 0.759_426_749).abs() < 1e-8);
    assert_eq!(holed.one_way.single.status, Status::Undefined);
}

/// Values of lme4's components, intervals from their covariance.
#[test]
fn forms_of_incomplete_ratings_agree_with_lme4() {
    let vectors = vectors("icc");
    for case in vectors["incomplete"].as_array().unwrap() {
        let columns: Vec<Vec<f64>> = case["columns"].as_array().unwrap().iter().map(numbers).collect();
        let found = by_reml(&columns);
        let (values, low, high) = (numbers(&case["values"]), numbers(&case["low"]), numbers(&case["high"]));
        for (place, estimate) in in_order(&found).into_iter().enumerate() {
            let name = format!("{} {}", case["name"], estimate.method);
            let interval = estimate.interval.unwrap();
            for (found, expected) in
                [(estimate.value, values[place]), (interval.low, low[place]), (interval.high, high[place])]
            {
                assert!(close(found, expected, 1e-5), "{name}: {found} {expected}");
            }
            assert_eq!((estimate.status, estimate.rows_used), (Status::Defined, columns[0].len()), "{name}");
        }
    }
}

/// Without a missing rating and with positive components there is one answer, ends included.
#[test]
fn nothing_missing_leaves_mean_squares_and_reml_alike() {
    let vectors = vectors("icc");
    for case in vectors["cases"].as_array().unwrap() {
        let columns: Vec<Vec<f64>> = case["columns"].as_array().unwrap().iter().map(numbers).collect();
        let (one, other) = (correlations(&columns), by_reml(&columns));
        let is_inside = in_order(&one).iter().all(|estimate| estimate.status == Status::Defined)
            && one.mean_squares.raters > one.mean_squares.residual;
        if one.one_way.single.rows_dropped > 0 || !is_inside {
            continue;
        }
        for (one, other) in in_order(&one).into_iter().zip(in_order(&other)) {
            let (ends, other_ends) = (one.interval.unwrap(), other.interval.unwrap());
            assert!(close(one.value, other.value, 1e-7), "{} {}", case["name"], one.method);
            assert!(close(ends.low, other_ends.low, 1e-5) && close(ends.high, other_ends.high, 1e-5));
        }
    }
}

/// How often each interval of thirty targets, four raters and a fifth of the ratings missing holds the truth: with the
/// same raters for all targets, or raters drawn anew for each.
fn coverage(same_raters: bool) -> [f64; 6] {
    const SAMPLES: usize = 300;
    let (of_targets, of_raters, noise): (f64, f64, f64) = (1.0, 0.5, 0.6);
    let errors = [of_raters + noise, of_raters + noise, noise];
    let mut random = Lehmer(20_261_126);
    let mut held = [0_usize; 6];
    for _ in 0..SAMPLES {
        let targets: Vec<f64> = (0..30).map(|_| of_targets.sqrt() * random.normal()).collect();
        let columns: Vec<Vec<f64>> = (0..4)
            .map(|_| {
                let own = of_raters.sqrt() * random.normal();
                let mut rating = |target: &f64| {
                    let level = if same_raters { own } else { of_raters.sqrt() * random.normal() };
                    let value = target + level + noise.sqrt() * random.normal();
                    if random.uniform() < 0.2 { f64::NAN } else { value }
                };
                targets.iter().map(&mut rating).collect()
            })
            .collect();
        for (place, estimate) in in_order(&by_reml(&columns)).into_iter().enumerate() {
            let raters = if place < 3 { 1.0 } else { 4.0 };
            let truth = of_targets / (of_targets + errors[place % 3] / raters);
            let holds = estimate.interval.is_some_and(|ends| (ends.low..=ends.high).contains(&truth));
            held[place] += usize::from(holds);
        }
    }
    held.map(|count| count as f64 / SAMPLES as f64)
}

#[test]
fn intervals_of_incomplete_ratings_cover_the_truth() {
    let found = coverage(true);
    for (place, name) in [(1, "agreement"), (2, "consistency"), (4, "agreement, k"), (5, "consistency, k")] {
        assert!((0.925..=0.975).contains(&found[place]), "{name}: {found:?}");
    }
    // The one-way form speaks of raters drawn anew, and of raters who are the same for all it is too sure.
    assert!(found[0] < 0.9, "{found:?}");
    let found = coverage(false);
    for place in [0, 3] {
        assert!((0.925..=0.975).contains(&found[place]), "one way: {found:?}");
    }
}

#[test]
fn incomplete_ratings_without_an_answer_say_why() {
    let status = |columns: &[Vec<f64>]| {
        let found = by_reml(columns);
        for estimate in in_order(&found) {
            assert!(estimate.value.is_nan() && estimate.interval.is_none());
        }
        (found.one_way.single.status, found.agreement.single.status)
    };
    let nan = f64::NAN;
    assert_eq!(status(&[]), (Status::TooFewItems, Status::TooFewItems));
    assert_eq!(status(&[vec![1.0, 2.0]]), (Status::TooFewItems, Status::TooFewItems));
    assert_eq!(status(&[vec![nan; 3], vec![nan; 3]]), (Status::AllMissing, Status::AllMissing));
    assert_eq!(status(&[vec![1.0], vec![2.0]]), (Status::TooFewUnits, Status::TooFewUnits));
    assert_eq!(status(&[vec![4.0; 5], vec![4.0; 5]]), (Status::ZeroVariance, Status::ZeroVariance));
    // Everybody rated by one rater each: nothing tells targets from raters.
    assert_eq!(
        status(&[vec![1.0, 2.0, nan, nan], vec![nan, nan, 3.0, 4.0]]),
        (Status::TooFewUnits, Status::TooFewUnits)
    );
    let one = vec![1.0, 2.0, 4.0, 7.0];
    let agreed = by_reml(&[one.clone(), one]);
    assert_eq!(agreed.agreement.single.status, Status::ZeroVariance);
    // Targets that differ less than their ratings: a variance of 0 without an interval.
    let none = by_reml(&[vec![1.0, 5.0, 2.0, 4.0, 3.0, 3.0], vec![5.0, 1.0, 4.5, 2.0, 3.0, nan]]);
    let estimate = &none.consistency.single;
    assert_eq!((estimate.value, estimate.status), (0.0, Status::Boundary));
    assert!(estimate.interval.is_none() && estimate.notes[0].contains("no interval"));
    // Raters whose means do not differ: agreement has the interval of the one-way form.
    let level = by_reml(&[vec![1.0, 2.0, 3.0, 4.0, 5.0, nan], vec![2.0, 1.0, 4.0, 3.0, 5.0, 6.0]]);
    assert_eq!(level.agreement.single.status, Status::Boundary);
    assert_eq!(level.consistency.single.status, Status::Defined);
    let (one, other) = (level.agreement.single.interval.unwrap(), level.one_way.single.interval.unwrap());
    assert!(close(one.low, other.low, 1e-5) && close(one.high, other.high, 1e-5));
    let table = Columns::new(&[]).unwrap();
    assert_eq!(intraclass_correlations_by_reml(&table, 1.0).unwrap_err().code(), "invalid-option");
}

#[test]
fn degenerate_ratings_have_a_status() {
    let status = |columns: &[Vec<f64>]| {
        let found = correlations(columns);
        for estimate in in_order(&found) {
            assert!(estimate.value.is_nan() && estimate.interval.is_none());
        }
        found.agreement.single.status
    };
    assert_eq!(status(&[]), Status::TooFewItems);
    assert_eq!(status(&[vec![1.0, 2.0, 3.0]]), Status::TooFewItems);
    assert_eq!(status(&[vec![], vec![]]), Status::TooFewUnits);
    assert_eq!(status(&[vec![1.0], vec![2.0]]), Status::TooFewUnits);
    assert_eq!(status(&[vec![f64::NAN; 3], vec![1.0; 3]]), Status::AllMissing);
    assert_eq!(status(&[vec![4.0; 5], vec![4.0; 5]]), Status::ZeroVariance);
    // Raters differ, targets do not.
    assert_eq!(status(&[vec![3.0; 5], vec![4.7; 5]]), Status::ZeroVariance);
}

/// Two raters who mirror each other: all means are one, and every rating differs. From sums of squares by hand.
#[test]
fn raters_that_mirror_each_other_disagree() {
    let found = correlations(&[vec![1.0, 2.0, 3.0, 4.0, 5.0], vec![5.0, 4.0, 3.0, 2.0, 1.0]]);
    for (form, value) in [(&found.one_way, -1.0), (&found.agreement, -5.0 / 3.0), (&found.consistency, -1.0)]
    {
        assert!(close(form.single.value, value, 1e-12), "{form:?}");
        assert!(form.single.status == Status::OutOfRange && form.single.interval.is_none());
    }
    assert_eq!(found.consistency.average.status, Status::ZeroVariance);
    assert!(found.consistency.average.value.is_nan());
}

#[test]
fn perfect_agreement_is_one_and_a_constant_offset_is_not() {
    let one = vec![1.0, 2.0, 4.0, 7.0];
    let same = correlations(&[one.clone(), one.clone()]);
    for estimate in in_order(&same) {
        assert_eq!((estimate.value, estimate.status), (1.0, Status::Defined));
    }
    let shifted = one.iter().map(|value| value + 1.0).collect();
    let found = correlations(&[one, shifted]);
    assert_eq!(found.consistency.single.value, 1.0);
    assert!(found.agreement.single.value < 1.0);
}

fn ratings() -> impl Strategy<Value = Vec<Vec<f64>>> {
    (2_usize..5, 3_usize..12).prop_flat_map(|(raters, targets)| {
        proptest::collection::vec(proptest::collection::vec(-5.0..5.0_f64, targets), raters)
    })
}

proptest! {
    #[test]
    fn consistency_of_means_is_alpha_of_the_raters(columns in ratings()) {
        let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let table = Columns::new(&slices).unwrap();
        let alpha = Form::new(&table, Missing::Listwise, Level::BetweenRaters).alpha(AlphaInterval::Feldt, 0.95).unwrap();
        let found = correlations(&columns);
        prop_assert!((alpha.raw.value - found.consistency.average.value).abs() < 1e-9 * alpha.raw.value.abs().max(1.0));
        let (one, other) = (alpha.raw.interval.unwrap(), found.consistency.average.interval.unwrap());
        // The step up of a single bound below -1/(k-1) has no meaning; Feldt's interval is the same elsewhere.
        if other.low > -50.0 && other.low < other.high {
            prop_assert!((one.low - other.low).abs() < 1e-6 * one.low.abs().max(1.0));
        }
    }

    #[test]
    fn order_and_scale_do_not_matter(columns in ratings(), shift in -100.0..100.0_f64, scale in 0.1..50.0_f64) {
        let found = correlations(&columns);
        let changed: Vec<Vec<f64>> = columns.iter().rev().map(|column| column.iter().rev().map(|value| shift + scale * value).collect()).collect();
        let other = correlations(&changed);
        for (one, other) in in_order(&found).into_iter().zip(in_order(&other)) {
            prop_assert!((one.value - other.value).abs() < 1e-7 * one.value.abs().max(1.0), "{} {}", one.value, other.value);
        }
    }

    #[test]
    fn nothing_panics(columns in proptest::collection::vec(proptest::collection::vec(prop_oneof![Just(f64::NAN), Just(2.0), -3.0..3.0_f64], 0..6), 0..4)) {
        let rows = columns.iter().map(Vec::len).min().unwrap_or(0);
        let columns: Vec<Vec<f64>> = columns.into_iter().map(|column| column[..rows].to_vec()).collect();
        for estimate in in_order(&correlations(&columns)).into_iter().chain(in_order(&by_reml(&columns))) {
            prop_assert!(estimate.value.is_finite() || estimate.status != Status::Defined);
        }
    }
}
