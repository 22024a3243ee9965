//! What must hold for any form: order, shift and scale, complete data under every way with missing answers.

#![allow(clippy::unwrap_used)]

mod common;

use alliance_psychometrics::form::{
    Alpha, AlphaInterval, Extraction, Form, Groups, Missing, OmegaInterval, SplitOptions,
};
use alliance_psychometrics::{Columns, Level, Status};
use common::close;
use proptest::prelude::*;

fn form(columns: &[Vec<f64>], missing: Missing) -> Form<'_> {
    let columns = Columns::new(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
    Form::new(&columns, missing, Level::OneSession)
}

fn alpha(columns: &[Vec<f64>]) -> Alpha {
    form(columns, Missing::Listwise).alpha(AlphaInterval::default(), 0.95).unwrap()
}

/// Answers of 2 to 7 items by 3 to 40 people, some of them missing.
fn answers(missing: u32) -> impl Strategy<Value = Vec<Vec<f64>>> {
    (2_usize..8, 3_usize..40).prop_flat_map(move |(items, rows)| {
        let answer = prop_oneof![20 => (1_u8..8).prop_map(f64::from), missing => Just(f64::NAN)];
        proptest::collection::vec(proptest::collection::vec(answer, rows), items)
    })
}

fn same(one: f64, other: f64) -> bool {
    close(one, other, 1e-8)
}

/// The definition, row by row in plain loops.
fn slow_covariance(one: &[f64], other: &[f64], complete: &[usize]) -> f64 {
    let n = complete.len() as f64;
    let mean = |column: &[f64]| complete.iter().map(|row| column[*row]).sum::<f64>() / n;
    let (left, right) = (mean(one), mean(other));
    complete.iter().map(|row| (one[*row] - left) * (other[*row] - right)).sum::<f64>() / (n - 1.0)
}

proptest! {
    #[test]
    fn order_shift_and_scale_do_not_matter(columns in answers(1), shift in -100.0..100.0_f64, scale in 0.1..30.0_f64) {
        let found = alpha(&columns);
        let turned: Vec<Vec<f64>> =
            columns.iter().rev().map(|column| column.iter().rev().map(|value| shift + scale * value).collect()).collect();
        let other = alpha(&turned);
        prop_assert!(same(found.raw.value, other.raw.value));
        prop_assert!(same(found.standardized.value, other.standardized.value));
        prop_assert!(same(found.raw.standard_error, other.raw.standard_error));
        prop_assert_eq!(found.raw.rows_used, other.raw.rows_used);
        for (one, other) in found.items.iter().zip(other.items.iter().rev()) {
            prop_assert!(same(one.item_rest_correlation, other.item_rest_correlation));
            prop_assert!(same(one.alpha_without, other.alpha_without));
        }
    }

    #[test]
    fn covariances_are_the_definition(columns in answers(1)) {
        let found = form(&columns, Missing::Listwise);
        let complete: Vec<usize> = (0..columns[0].len()).filter(|row| columns.iter().all(|c| !c[*row].is_nan())).collect();
        prop_assert_eq!(found.rows_used(), complete.len());
        if complete.len() > 1 {
            for (i, one) in columns.iter().enumerate() {
                for (j, other) in columns.iter().enumerate() {
                    prop_assert!(close(found.covariance(i, j), slow_covariance(one, other, &complete), 1e-12));
                }
            }
        }
    }

    #[test]
    fn without_a_missing_answer_all_ways_agree(columns in answers(0)) {
        let listwise = form(&columns, Missing::Listwise);
        for missing in [Missing::Pairwise, Missing::ExpectationMaximisation] {
            let other = form(&columns, missing);
            for i in 0..columns.len() {
                prop_assert!(same(listwise.mean(i), other.mean(i)));
                for j in 0..columns.len() {
                    prop_assert!(same(listwise.covariance(i, j), other.covariance(i, j)));
                }
            }
        }
    }

    #[test]
    fn alpha_is_the_mean_of_guttman_over_all_equal_splits(columns in answers(0)) {
        let found = form(&columns, Missing::Listwise);
        let splits = found.split_half(SplitOptions::default()).unwrap();
        let raw = alpha(&columns).raw.value;
        if columns.len() % 2 == 0 && raw.is_finite() {
            prop_assert!(same(splits.guttman.mean, raw), "{} {raw}", splits.guttman.mean);
            prop_assert!(splits.guttman.minimum <= splits.guttman.median && splits.guttman.median <= splits.guttman.maximum);
        }
    }

    #[test]
    fn without_an_item_is_a_form_of_the_others(columns in answers(0)) {
        let found = alpha(&columns);
        if columns.len() > 2 {
            for (item, statistics) in found.items.iter().enumerate() {
                let mut others = columns.clone();
                others.remove(item);
                let other = alpha(&others);
                prop_assert!(same(statistics.alpha_without, other.raw.value) || other.raw.status == Status::ZeroVariance);
            }
        }
    }

    #[test]
    fn nothing_panics_and_nothing_undefined_looks_defined(
        columns in proptest::collection::vec(
            proptest::collection::vec(prop_oneof![Just(f64::NAN), Just(3.0), Just(1e300), -2.0..2.0_f64], 0..7), 0..7)
    ) {
        let rows = columns.iter().map(Vec::len).min().unwrap_or(0);
        let columns: Vec<Vec<f64>> = columns.into_iter().map(|column| column[..rows].to_vec()).collect();
        for missing in [Missing::Listwise, Missing::Pairwise, Missing::ExpectationMaximisation] {
            let form = form(&columns, missing);
            let alpha = form.alpha(AlphaInterval::default(), 0.95).unwrap();
            let minres = form.omega(Extraction::MinimumResiduals, OmegaInterval::default(), 0.95).unwrap();
            let likelihood = form.omega(Extraction::MaximumLikelihood, OmegaInterval::default(), 0.95).unwrap();
            let hierarchical = form.hierarchical_omega(&Groups::Found(2), 0.95, None).unwrap();
            let half = form.split_half(SplitOptions::default().with_most_splits(5)).unwrap();
            let subscale = if columns.len() > 1 { Some(form.subscales(&[vec![0, 1]]).unwrap().remove(0)) } else { None };
            let mut all = vec![alpha.raw, alpha.standardized, alpha.lambda_6, minres.raw, likelihood.raw, hierarchical.hierarchical,
                half.odd_even.guttman, half.odd_even.horst];
            all.extend(subscale.map(|subscale| subscale.from_total));
            for estimate in all {
                prop_assert!(estimate.value.is_finite() || estimate.status != Status::Defined, "{}", estimate.method);
            }
        }
    }
}

/// Whole answers are multiplied as integers, halves of them as decimals: the same covariances, over block ends and gaps.
#[test]
fn whole_numbers_and_decimals_take_two_ways_to_one_covariance() {
    let mut random = common::Lehmer(17);
    let rows = 2 * 1_024 + 300;
    let mut columns: Vec<Vec<f64>> =
        (0..5).map(|_| (0..rows).map(|_| (random.uniform() * 7.0).floor()).collect()).collect();
    for with_gap in [false, true] {
        if with_gap {
            columns[3][1_500] = f64::NAN;
            columns[0][rows - 1] = f64::NAN;
        }
        let halves: Vec<Vec<f64>> =
            columns.iter().map(|column| column.iter().map(|value| value / 2.0).collect()).collect();
        let (whole, halves) = (form(&columns, Missing::Listwise), form(&halves, Missing::Listwise));
        assert_eq!(
            (whole.rows_used(), halves.rows_used()),
            if with_gap { (rows - 2, rows - 2) } else { (rows, rows) }
        );
        for i in 0..5 {
            for j in 0..5 {
                assert_eq!(whole.covariance(i, j), 4.0 * halves.covariance(i, j));
            }
        }
    }
}

#[test]
fn sampled_splits_follow_their_seed() {
    let mut random = common::Lehmer(3);
    let columns: Vec<Vec<f64>> = (0..20).map(|_| (0..60).map(|_| random.normal()).collect()).collect();
    let form = form(&columns, Missing::Listwise);
    let options = SplitOptions::default().with_most_splits(200);
    let found = form.split_half(options).unwrap();
    assert_eq!((found.splits, found.is_exhaustive), (200, false));
    assert_eq!(found.guttman, form.split_half(options).unwrap().guttman);
    assert_ne!(found.guttman, form.split_half(options.with_seed(2)).unwrap().guttman);
    assert!(form.split_half(options.with_most_splits(0)).is_err());
}

#[test]
fn groups_must_be_sound() {
    let columns: Vec<Vec<f64>> =
        (0..6).map(|item| (0..9).map(|row| f64::from((row * item) % 5)).collect()).collect();
    let form = form(&columns, Missing::Listwise);
    for groups in
        [vec![vec![0, 1], vec![1, 2]], vec![vec![0, 9], vec![1]], vec![vec![0, 1], vec![]], vec![vec![0, 1]]]
    {
        assert_eq!(
            form.hierarchical_omega(&Groups::Known(groups), 0.95, None).unwrap_err().code(),
            "invalid-option"
        );
    }
    assert!(form.subscales(&[vec![0, 0]]).is_err() && form.subscales(&[vec![]]).is_err());
    // Subscales may share items.
    assert_eq!(form.subscales(&[vec![0, 1, 2], vec![2, 3]]).unwrap().len(), 2);
}
