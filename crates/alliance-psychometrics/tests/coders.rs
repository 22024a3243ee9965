//! Agreement of coders against statsmodels, krippendorff and irrCAC, and against itself.

#![allow(clippy::unwrap_used)]

mod common;

use alliance_psychometrics::coders::{
    CodedUnits, CoderOptions, Coefficient, MarkerOptions, Metric, Weights, marker_agreement, model_agreement,
};
use alliance_psychometrics::icc::{intraclass_correlations, intraclass_correlations_by_reml};
use alliance_psychometrics::{Bootstrap, Columns, Estimate, Status};
use common::{close, vectors};
use proptest::prelude::*;
use serde_json::Value;

const NAN: f64 = f64::NAN;
const METRICS: [(Metric, &str); 4] = [
    (Metric::Nominal, "nominal"),
    (Metric::Ordinal, "ordinal"),
    (Metric::Interval, "interval"),
    (Metric::Ratio, "ratio"),
];

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|cell| cell.as_f64().unwrap_or(NAN)).collect()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn columns(codes: &[Vec<f64>]) -> Columns<'_> {
    Columns::new(&codes.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap()
}

fn codes_of(case: &Value) -> Vec<Vec<f64>> {
    case["codes"].as_array().unwrap().iter().map(numbers).collect()
}

fn units_of(case: &Value, codes: &[Vec<f64>]) -> CodedUnits {
    let categories = numbers(&case["categories"]);
    if categories.is_empty() {
        CodedUnits::new(&columns(codes))
    } else {
        CodedUnits::with_categories(&columns(codes), &categories).unwrap()
    }
}

#[track_caller]
fn assert_close(found: f64, expected: &Value, what: &str) {
    let expected = expected.as_f64().unwrap();
    assert!(close(found, expected, 1e-9), "{what}: {found} instead of {expected}");
}

#[test]
fn kappas_agree_with_statsmodels() {
    let vectors = vectors("coders");
    let mut checked = 0;
    for case in vectors["cases"].as_array().unwrap() {
        let (codes, name) = (codes_of(case), case["name"].as_str().unwrap());
        let units = units_of(case, &codes);
        let mut kinds = vec![
            (Weights::Unweighted, "unweighted"),
            (Weights::Linear, "linear"),
            (Weights::Quadratic, "quadratic"),
        ];
        if case["disagreement"].is_array() {
            kinds.push((Weights::Disagreement(numbers(&case["disagreement"])), "disagreement"));
        }
        for (weights, key) in kinds {
            let expected = &case["expected"]["kappa"][key];
            if expected.is_null() {
                continue;
            }
            let found = units.kappa(0, 1, &weights, CoderOptions::default()).unwrap();
            assert_close(found.kappa.value, &expected["kappa"], &format!("{name}, {key}"));
            assert_close(found.kappa.standard_error, &expected["se"], &format!("{name}, {key}, error"));
            assert_close(
                found.null_standard_error,
                &expected["null_se"],
                &format!("{name}, {key}, null error"),
            );
            if key == "unweighted" {
                assert_close(found.maximum, &expected["maximum"], &format!("{name}, maximum"));
            }
            checked += 1;
        }
    }
    assert!(checked >= 28);
}

#[test]
fn coefficients_of_many_coders_agree_with_statsmodels_and_irrcac() {
    let vectors = vectors("coders");
    for case in vectors["cases"].as_array().unwrap() {
        let (codes, expected) = (codes_of(case), &case["expected"]["whole"]);
        if expected.is_null() {
            continue;
        }
        let units = units_of(case, &codes);
        let name = case["name"].as_str().unwrap();
        let options = CoderOptions::default();
        let fleiss = units.fleiss_kappa(options).unwrap();
        assert_close(fleiss.value, &expected["fleiss"], name);
        assert_close(
            fleiss.standard_error,
            &expected["fleiss_se"],
            &format!("{name}, error of Fleiss's kappa"),
        );
        assert_close(units.randolph_kappa(options).unwrap().value, &expected["randolph"], name);
        let ac1 = units.gwet(&Weights::Unweighted, options).unwrap();
        assert_close(ac1.value, &expected["gwet"]["value"], name);
        assert_close(ac1.standard_error, &expected["gwet"]["se"], &format!("{name}, error of AC1"));
        let ac2 = units.gwet(&Weights::Quadratic, options).unwrap();
        assert_close(ac2.value, &expected["gwet_quadratic"]["value"], name);
        assert_close(ac2.standard_error, &expected["gwet_quadratic"]["se"], &format!("{name}, error of AC2"));
        assert_close(units.percent_agreement(options).unwrap().value, &expected["gwet"]["percent"], name);
        let interval = ac1.interval.unwrap();
        let shown = numbers(&expected["gwet_interval"]);
        // irrCAC cuts the interval at 1.
        assert!(
            close(interval.low, shown[0], 1e-9) && close(interval.high.min(1.0), shown[1], 1e-9),
            "{name}"
        );
    }
}

#[test]
fn alphas_agree_with_krippendorff() {
    let vectors = vectors("coders");
    for case in vectors["cases"].as_array().unwrap() {
        let codes = codes_of(case);
        let units = units_of(case, &codes);
        for (metric, key) in METRICS {
            let found = units.krippendorff(metric, CoderOptions::default()).unwrap();
            assert_close(
                found.value,
                &case["expected"]["krippendorff"][key],
                &format!("{} {key}", case["name"]),
            );
        }
    }
}

/// Distances held fixed as in irrCAC; for the ordinal metric, whose distances are counts of codes, a jackknife.
#[test]
fn errors_of_alpha_agree_with_irrcac_and_the_jackknife() {
    let vectors = vectors("coders");
    for case in vectors["cases"].as_array().unwrap() {
        let codes = codes_of(case);
        let units = units_of(case, &codes);
        for (metric, key) in METRICS {
            let expected = &case["expected"]["alpha_errors"][key];
            let found = units.krippendorff(metric, CoderOptions::default()).unwrap();
            let what = format!("{} {key}", case["name"]);
            if metric == Metric::Ordinal {
                let (error, jackknife) = (found.standard_error, number(&expected["jackknife"]));
                let apart = (error - jackknife).abs();
                assert!(apart <= 1.5 / found.units as f64 * jackknife, "{what}: {error} {jackknife}");
            } else {
                assert_close(found.standard_error, &expected["se"], &what);
                assert_close(found.interval.unwrap().low, &expected["low"], &what);
                assert_eq!(found.degrees_of_freedom, found.units as f64 - 1.0);
            }
        }
    }
}

/// Ordinal distances move with the codes: a unit more or less, among a thousand copies of all, changes alpha by its
/// share of the variance.
#[test]
fn the_error_of_ordinal_alpha_counts_moving_distances() {
    const COPIES: usize = 500;
    let codes = noisy(3, 25, 3);
    let alpha_with = |left_out: Option<usize>, put_in: Option<usize>| {
        let column = |column: &Vec<f64>| -> Vec<f64> {
            let copies = (0..column.len()).flat_map(|unit| {
                let count = COPIES - usize::from(left_out == Some(unit)) + usize::from(put_in == Some(unit));
                std::iter::repeat_n(column[unit], count)
            });
            copies.collect()
        };
        let columns_with: Vec<Vec<f64>> = codes.iter().map(column).collect();
        let units = CodedUnits::new(&columns(&columns_with));
        units.krippendorff(Metric::Ordinal, CoderOptions::default()).unwrap().value
    };
    let influence =
        |unit| 0.5 * COPIES as f64 * (alpha_with(None, Some(unit)) - alpha_with(Some(unit), None));
    let squares: f64 = (0..25).map(influence).map(|moved| moved * moved).sum();
    let expected = (squares * 25.0 / 24.0).sqrt();
    let found =
        CodedUnits::new(&columns(&codes)).krippendorff(Metric::Ordinal, CoderOptions::default()).unwrap();
    assert!((found.standard_error / expected - 1.0).abs() < 1e-3, "{} {expected}", found.standard_error);
}

/// With two categories every metric says the same or not.
#[test]
fn two_categories_have_one_alpha_and_one_error() {
    let codes: Vec<Vec<f64>> =
        noisy(3, 60, 4).iter().map(|c| c.iter().map(|code| (code % 2.0).round() + 1.0).collect()).collect();
    let units = CodedUnits::new(&columns(&codes));
    let found = METRICS.map(|(metric, _)| units.krippendorff(metric, CoderOptions::default()).unwrap());
    for estimate in &found {
        assert!(close(estimate.value, found[0].value, 1e-12));
        assert!(close(estimate.standard_error, found[0].standard_error, 1e-12));
    }
}

/// Numbers of the dossier that the packages do not give.
#[test]
fn indices_of_the_two_by_two_table() {
    let vectors = vectors("coders");
    let case = |name: &str| {
        vectors["cases"].as_array().unwrap().iter().find(|case| case["name"] == name).unwrap().clone()
    };
    let two = case("two by two");
    let found =
        units_of(&two, &codes_of(&two)).kappa(0, 1, &Weights::Unweighted, CoderOptions::default()).unwrap();
    for (value, expected) in [
        (found.kappa.value, 0.4),
        (found.prevalence_adjusted, 0.4),
        (found.maximum, 0.8),
        (found.prevalence_index, 0.1),
        (found.bias_index, 0.1),
    ] {
        assert!((value - expected).abs() < 1e-12);
    }
    assert!(
        (found.kappa.standard_error - 0.1270).abs() < 5e-5
            && (found.null_standard_error - 0.1386).abs() < 5e-5
    );
    let fleiss = case("Fleiss 1971");
    let units = units_of(&fleiss, &codes_of(&fleiss));
    assert!((units.fleiss_null_standard_error() - 0.016_965_069_2).abs() < 1e-10);
    let agreement = units.percent_agreement(CoderOptions::default()).unwrap().value;
    assert!((agreement - 0.378_021_978).abs() < 1e-9);
}

#[test]
fn light_is_the_mean_of_the_pairs() {
    let vectors = vectors("coders");
    let case = vectors["cases"]
        .as_array()
        .unwrap()
        .iter()
        .find(|case| case["name"] == "three coders, four categories")
        .unwrap();
    let codes = codes_of(case);
    let units = units_of(case, &codes);
    let pair =
        |one, other| units.kappa(one, other, &Weights::Linear, CoderOptions::default()).unwrap().kappa.value;
    let light = units.light_kappa(&Weights::Linear, CoderOptions::default()).unwrap();
    assert!((light.value - (pair(0, 1) + pair(0, 2) + pair(1, 2)) / 3.0).abs() < 1e-12);
}

/// Trap 10: both coders constant. Percent agreement is 1, everything corrected for chance is undefined.
#[test]
fn trap_10_agreement_without_variation_is_not_reliability() {
    let constant = vec![vec![3.0; 8], vec![3.0; 8]];
    let options = CoderOptions::default();
    for units in [
        CodedUnits::new(&columns(&constant)),
        CodedUnits::with_categories(&columns(&constant), &[1.0, 2.0, 3.0]).unwrap(),
    ] {
        let agreement = units.percent_agreement(options).unwrap();
        assert_eq!((agreement.value, agreement.status), (1.0, Status::Defined));
        let mut found = vec![
            units.kappa(0, 1, &Weights::Unweighted, options).unwrap().kappa,
            units.kappa(0, 1, &Weights::Quadratic, options).unwrap().kappa,
            units.light_kappa(&Weights::Unweighted, options).unwrap(),
            units.fleiss_kappa(options).unwrap(),
        ];
        found.extend(METRICS.map(|(metric, _)| units.krippendorff(metric, options).unwrap()));
        for estimate in found {
            assert!(estimate.value.is_nan(), "{}", estimate.method);
            assert_eq!(estimate.status, Status::Undefined, "{}", estimate.method);
        }
    }
    let one_category = CodedUnits::new(&columns(&constant));
    assert_eq!(one_category.gwet(&Weights::Unweighted, options).unwrap().status, Status::Undefined);
    assert_eq!(one_category.randolph_kappa(options).unwrap().status, Status::Undefined);
}

/// Trap 21: a matrix of weights is agreement in one program and disagreement in another; here each has its name, and the
/// wrong kind is refused.
#[test]
fn trap_21_agreement_and_disagreement_weights_are_told_apart() {
    let codes = [vec![1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 2.0], vec![1.0, 2.0, 2.0, 1.0, 3.0, 3.0, 1.0]];
    let units = CodedUnits::new(&columns(&codes));
    let kappa = |weights: &Weights| units.kappa(0, 1, weights, CoderOptions::default());
    let disagreement = vec![0.0, 1.0, 4.0, 1.0, 0.0, 1.0, 4.0, 1.0, 0.0];
    let agreement = disagreement.iter().map(|weight| 1.0 - weight / 4.0).collect::<Vec<_>>();
    let quadratic = kappa(&Weights::Quadratic).unwrap();
    assert!(
        (kappa(&Weights::Disagreement(disagreement.clone())).unwrap().kappa.value - quadratic.kappa.value)
            .abs()
            < 1e-12
    );
    assert!(
        (kappa(&Weights::Agreement(agreement.clone())).unwrap().kappa.value - quadratic.kappa.value).abs()
            < 1e-12
    );
    assert!(kappa(&Weights::Agreement(disagreement)).is_err());
    assert!(kappa(&Weights::Disagreement(agreement)).is_err());
    assert!(kappa(&Weights::Agreement(vec![1.0; 4])).is_err());
}

/// A category that nobody used keeps its place on the scale, if it is given.
#[test]
fn an_unused_category_counts_for_weights_only() {
    let codes = [vec![1.0, 1.0, 2.0, 4.0, 4.0, 2.0], vec![1.0, 2.0, 2.0, 4.0, 2.0, 1.0]];
    let used = CodedUnits::new(&columns(&codes));
    let given = CodedUnits::with_categories(&columns(&codes), &[1.0, 2.0, 3.0, 4.0]).unwrap();
    let kappa = |units: &CodedUnits, weights: Weights| {
        units.kappa(0, 1, &weights, CoderOptions::default()).unwrap().kappa.value
    };
    assert!((kappa(&used, Weights::Unweighted) - kappa(&given, Weights::Unweighted)).abs() < 1e-12);
    assert!((kappa(&used, Weights::Linear) - kappa(&given, Weights::Linear)).abs() > 1e-3);
}

#[test]
fn degenerate_codes_have_a_status() {
    let options = CoderOptions::default();
    let statuses = |codes: &[Vec<f64>]| {
        let units = CodedUnits::new(&columns(codes));
        let found = [
            units.kappa(0, 1, &Weights::Unweighted, options).unwrap().kappa,
            units.light_kappa(&Weights::Unweighted, options).unwrap(),
            units.fleiss_kappa(options).unwrap(),
            units.randolph_kappa(options).unwrap(),
            units.gwet(&Weights::Unweighted, options).unwrap(),
            units.krippendorff(Metric::Ordinal, options).unwrap(),
            units.percent_agreement(options).unwrap(),
        ];
        for estimate in &found {
            assert!(estimate.value.is_nan() && estimate.interval.is_none(), "{}", estimate.method);
        }
        let first = found[0].status;
        assert!(found.iter().all(|estimate| estimate.status == first), "{:?}", found.map(|e| e.status));
        first
    };
    assert_eq!(statuses(&[]), Status::TooFewItems);
    assert_eq!(statuses(&[vec![1.0, 2.0]]), Status::TooFewItems);
    assert_eq!(statuses(&[vec![], vec![]]), Status::TooFewUnits);
    assert_eq!(statuses(&[vec![1.0], vec![2.0]]), Status::TooFewUnits);
    assert_eq!(statuses(&[vec![NAN; 3], vec![NAN; 3]]), Status::AllMissing);
    assert_eq!(statuses(&[vec![1.0, NAN], vec![NAN, 2.0]]), Status::AllMissing);
}

#[test]
fn perfect_agreement_is_one() {
    let codes = vec![vec![1.0, 2.0, 3.0, 2.0, 1.0]; 3];
    let units = CodedUnits::new(&columns(&codes));
    let options = CoderOptions::default();
    let mut found = vec![
        units.kappa(0, 1, &Weights::Linear, options).unwrap().kappa,
        units.fleiss_kappa(options).unwrap(),
        units.gwet(&Weights::Unweighted, options).unwrap(),
    ];
    found.extend(METRICS.map(|(metric, _)| units.krippendorff(metric, options).unwrap()));
    for estimate in found {
        assert!(
            (estimate.value - 1.0).abs() < 1e-12 && estimate.status == Status::Defined,
            "{}",
            estimate.method
        );
    }
}

#[test]
fn wrong_requests_are_refused_without_naming_a_code() {
    let codes = [vec![1.0, 2.0, 77.0], vec![1.0, 2.0, 2.0]];
    let table = columns(&codes);
    let error = CodedUnits::with_categories(&table, &[1.0, 2.0]).unwrap_err();
    assert_eq!(error.code(), "invalid-option");
    let text = error.to_string();
    assert!(text.contains("coder 0") && text.contains("rows 2") && !text.contains("77"));
    assert!(CodedUnits::with_categories(&table, &[1.0, 1.0, 2.0, 77.0]).is_err());
    let units = CodedUnits::new(&table);
    assert!(units.kappa(0, 2, &Weights::Unweighted, CoderOptions::default()).is_err());
    assert!(units.kappa(1, 1, &Weights::Unweighted, CoderOptions::default()).is_err());
    assert!(units.krippendorff(Metric::Nominal, CoderOptions::default().with_confidence(2.0)).is_err());
    assert!(Bootstrap::new(0, 1).is_err());
}

fn noisy(coders: usize, units: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut random = common::Lehmer(seed);
    let truth: Vec<f64> = (0..units).map(|_| (random.uniform() * 4.0).floor()).collect();
    (0..coders)
        .map(|_| {
            truth
                .iter()
                .map(|code| if random.uniform() < 0.3 { (random.uniform() * 4.0).floor() } else { *code })
                .collect()
        })
        .collect()
}

#[test]
fn the_bootstrap_does_not_depend_on_threads_and_covers_the_analytic_error() {
    let codes = noisy(2, 200, 5);
    let units = CodedUnits::new(&columns(&codes));
    let with = |bootstrap: Bootstrap| {
        let options = CoderOptions::default().with_bootstrap(bootstrap);
        let kappa = units.kappa(0, 1, &Weights::Unweighted, options).unwrap().kappa;
        (
            kappa,
            units.krippendorff(Metric::Ordinal, options).unwrap(),
            units.gwet(&Weights::Unweighted, options).unwrap(),
        )
    };
    let found = with(Bootstrap::new(500, 9).unwrap().with_threads(1).unwrap());
    assert_eq!(
        format!("{found:?}"),
        format!("{:?}", with(Bootstrap::new(500, 9).unwrap().with_threads(7).unwrap()))
    );
    assert_ne!(found.0.interval, with(Bootstrap::new(500, 10).unwrap()).0.interval);
    let analytic = units.kappa(0, 1, &Weights::Unweighted, CoderOptions::default()).unwrap().kappa;
    assert!((found.0.standard_error / analytic.standard_error - 1.0).abs() < 0.15);
    let analytic = units.gwet(&Weights::Unweighted, CoderOptions::default()).unwrap();
    assert!((found.2.standard_error / analytic.standard_error - 1.0).abs() < 0.15);
    let interval = found.1.interval.unwrap();
    assert!(interval.low < found.1.value && found.1.value < interval.high);
}

#[test]
fn a_marker_has_its_row() {
    let first = vec![0.0, 2.0, 1.0, 0.0, 3.0, 0.0, 1.0, 0.0, NAN, 4.0];
    let second = vec![0.0, 1.0, 1.0, 0.0, 3.0, 1.0, 0.0, 0.0, 0.0, 5.0];
    let codes = [first, second];
    let row = marker_agreement(&columns(&codes), MarkerOptions::default()).unwrap();
    assert_eq!((row.sessions, row.non_zero_sessions), (10, 6));
    // Of nine sessions coded by both, two disagree on presence.
    assert!((row.presence_agreement.value - 7.0 / 9.0).abs() < 1e-12);
    let presence: Vec<Vec<f64>> = codes
        .iter()
        .map(|c| c.iter().map(|x| if x.is_nan() { NAN } else { f64::from(u8::from(*x > 0.0)) }).collect())
        .collect();
    let present = CodedUnits::new(&columns(&presence));
    let kappa = present.kappa(0, 1, &Weights::Unweighted, CoderOptions::default()).unwrap().kappa;
    assert!((row.presence_kappa.value - kappa.value).abs() < 1e-12);
    // One session has one code: no complete rows only, but all of them by REML.
    let counts = intraclass_correlations_by_reml(&columns(&codes), 0.95).unwrap();
    // As text, NaN is NaN.
    assert_eq!(format!("{:?}", row.counts), format!("{counts:?}"));
    let complete: Vec<Vec<f64>> = codes.iter().map(|c| c.iter().take(8).copied().collect()).collect();
    let row_of_complete = marker_agreement(&columns(&complete), MarkerOptions::default()).unwrap();
    let by_mean_squares = intraclass_correlations(&columns(&complete), 0.95).unwrap();
    assert_eq!(format!("{:?}", row_of_complete.counts), format!("{by_mean_squares:?}"));
    assert!(
        row.log_counts.agreement.single.value < 1.0
            && row.log_counts.agreement.single.value != row.counts.agreement.single.value
    );
    assert!(row.count_alpha.value < 1.0);
}

#[test]
fn a_rare_marker_has_no_intraclass_correlation() {
    let mut first = vec![0.0; 30];
    let mut second = vec![0.0; 30];
    for session in [3, 9, 20, 25] {
        first[session] = 1.0;
        second[session] = 1.0;
    }
    let row = marker_agreement(&columns(&[first, second]), MarkerOptions::default()).unwrap();
    assert_eq!(row.non_zero_sessions, 4);
    assert!(row.counts.agreement.single.value.is_nan());
    assert!(row.counts.agreement.single.notes[0].contains("4 sessions, fewer than 5"));
    assert_eq!(row.presence_kappa.value, 1.0);
    let never = marker_agreement(&columns(&[vec![0.0; 9], vec![0.0; 9]]), MarkerOptions::default()).unwrap();
    assert_eq!(never.presence_agreement.value, 1.0);
    assert!(
        never.presence_kappa.value.is_nan()
            && never.presence_alpha.value.is_nan()
            && never.count_alpha.value.is_nan()
    );
    assert!(never.presence_ac1.notes[0].contains("by definition"));
    assert!(marker_agreement(&columns(&[vec![-1.0], vec![0.0]]), MarkerOptions::default()).is_err());
}

#[test]
fn a_model_is_held_against_human_agreement() {
    let mut codes = noisy(4, 150, 11);
    let model = codes.pop().unwrap();
    let humans = columns(&codes);
    let coefficient = Coefficient::Kappa(Weights::Unweighted);
    let bootstrap = Bootstrap::new(300, 3).unwrap();
    let found = model_agreement(&humans, &model, None, &coefficient, bootstrap, 0.95).unwrap();
    assert_eq!((found.between_humans.len(), found.with_model.len()), (3, 3));
    let mean = |pairs: &[alliance_psychometrics::coders::PairAgreement]| {
        pairs.iter().map(|pair| pair.agreement.value).sum::<f64>() / pairs.len() as f64
    };
    assert!((found.mean_between_humans.value - mean(&found.between_humans)).abs() < 1e-12);
    assert!((found.mean_with_model.value - mean(&found.with_model)).abs() < 1e-12);
    let difference = found.mean_with_model.value - found.mean_between_humans.value;
    assert!((found.difference.value - difference).abs() < 1e-12);
    let interval = found.difference.interval.unwrap();
    assert!(interval.low < 0.0 && 0.0 < interval.high, "the model codes as people do: {interval:?}");
    // A model that guesses agrees less.
    let guesses: Vec<f64> = model.iter().enumerate().map(|(unit, _)| f64::from((unit % 4) as u8)).collect();
    for coefficient in
        [coefficient, Coefficient::PercentAgreement, Coefficient::Krippendorff(Metric::Nominal)]
    {
        let worse =
            model_agreement(&humans, &guesses, Some(&[0.0, 1.0, 2.0, 3.0]), &coefficient, bootstrap, 0.95)
                .unwrap();
        assert!(worse.difference.interval.unwrap().high < 0.0);
        assert_eq!(worse.difference.status, Status::Defined);
    }
    assert!(
        model_agreement(&columns(&codes[..1]), &model, None, &Coefficient::PercentAgreement, bootstrap, 0.95)
            .is_err()
    );
    assert!(
        model_agreement(&humans, &model[1..], None, &Coefficient::PercentAgreement, bootstrap, 0.95).is_err()
    );
}

/// The definition with its matrix of coincidences, for two values at a time.
fn krippendorff_slowly(codes: &[Vec<f64>], metric: Metric) -> f64 {
    let units = codes.first().map_or(0, Vec::len);
    let mut values: Vec<f64> = codes.iter().flatten().copied().filter(|code| !code.is_nan()).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    let mut coincidences = vec![vec![0.0; values.len()]; values.len()];
    let place = |code: f64| values.iter().position(|value| *value == code).unwrap();
    for unit in 0..units {
        let there: Vec<usize> =
            codes.iter().map(|c| c[unit]).filter(|code| !code.is_nan()).map(place).collect();
        for (i, one) in there.iter().enumerate() {
            for (j, other) in there.iter().enumerate() {
                if i != j {
                    coincidences[*one][*other] += 1.0 / (there.len() as f64 - 1.0);
                }
            }
        }
    }
    let n_c: Vec<f64> = coincidences.iter().map(|row| row.iter().sum()).collect();
    let n: f64 = n_c.iter().sum();
    let distance = |c: usize, k: usize| match metric {
        Metric::Nominal => f64::from(u8::from(c != k)),
        Metric::Ordinal => {
            let (low, high) = (c.min(k), c.max(k));
            (n_c[low..=high].iter().sum::<f64>() - f64::midpoint(n_c[low], n_c[high])).powi(2)
        }
        Metric::Interval => (values[c] - values[k]).powi(2),
        _ if values[c] == values[k] => 0.0,
        _ => ((values[c] - values[k]) / (values[c] + values[k])).powi(2),
    };
    let (mut observed, mut expected) = (0.0, 0.0);
    for c in 0..values.len() {
        for k in 0..values.len() {
            observed += coincidences[c][k] * distance(c, k);
            expected += n_c[c] * n_c[k] * distance(c, k) / (n - 1.0);
        }
    }
    1.0 - observed / expected
}

fn some_codes() -> impl Strategy<Value = Vec<Vec<f64>>> {
    (2_usize..5, 0_usize..14).prop_flat_map(|(coders, units)| {
        let code = prop_oneof![1 => Just(NAN), 5 => (1_u8..6).prop_map(f64::from)];
        proptest::collection::vec(proptest::collection::vec(code, units), coders)
    })
}

fn all_coefficients(units: &CodedUnits) -> Vec<Estimate> {
    let options = CoderOptions::default();
    let mut found: Vec<Estimate> =
        METRICS.iter().map(|(metric, _)| units.krippendorff(*metric, options).unwrap()).collect();
    found.push(units.light_kappa(&Weights::Unweighted, options).unwrap());
    found.push(units.fleiss_kappa(options).unwrap());
    found.push(units.gwet(&Weights::Unweighted, options).unwrap());
    found.push(units.percent_agreement(options).unwrap());
    found
}

fn same(one: &Estimate, other: &Estimate) -> bool {
    close(one.value, other.value, 1e-9)
        && close(one.standard_error, other.standard_error, 1e-7)
        && one.status == other.status
}

proptest! {
    #[test]
    fn the_fast_alpha_is_the_definition(codes in some_codes()) {
        let units = CodedUnits::new(&columns(&codes));
        for (metric, key) in METRICS {
            let found = units.krippendorff(metric, CoderOptions::default()).unwrap();
            if found.value.is_finite() {
                let expected = krippendorff_slowly(&codes, metric);
                prop_assert!(close(found.value, expected, 1e-9), "{key}: {} {expected}", found.value);
            }
        }
    }

    #[test]
    fn order_of_units_and_coders_does_not_matter(codes in some_codes()) {
        let turned: Vec<Vec<f64>> = codes.iter().rev().map(|column| column.iter().rev().copied().collect()).collect();
        let (one, other) = (CodedUnits::new(&columns(&codes)), CodedUnits::new(&columns(&turned)));
        for (one, other) in all_coefficients(&one).iter().zip(&all_coefficients(&other)) {
            prop_assert!(same(one, other), "{} {} {}", one.method, one.value, other.value);
        }
    }

    #[test]
    fn names_of_categories_do_not_matter_to_nominal_coefficients(codes in some_codes()) {
        let renamed: Vec<Vec<f64>> =
            codes.iter().map(|column| column.iter().map(|code| [0.0, 40.0, -3.0, 7.5, 1e6, 2.0].get(*code as usize).map_or(NAN, |name| if code.is_nan() { NAN } else { *name })).collect()).collect();
        let (one, other) = (CodedUnits::new(&columns(&codes)), CodedUnits::new(&columns(&renamed)));
        let nominal = |units: &CodedUnits| { let mut all = all_coefficients(units); all.drain(1..4); all };
        for (one, other) in nominal(&one).iter().zip(&nominal(&other)) {
            prop_assert!(same(one, other), "{} {} {}", one.method, one.value, other.value);
        }
    }

    #[test]
    fn scale_does_not_matter_to_interval_alpha_nor_a_factor_to_ratio(codes in some_codes(), shift in -50.0..50.0_f64, scale in 0.2..20.0_f64) {
        let change = |by: &dyn Fn(f64) -> f64| -> Vec<Vec<f64>> { codes.iter().map(|column| column.iter().map(|code| by(*code)).collect()).collect() };
        let alpha = |codes: &[Vec<f64>], metric| CodedUnits::new(&columns(codes)).krippendorff(metric, CoderOptions::default()).unwrap();
        let moved = change(&|code| shift + scale * code);
        prop_assert!(same(&alpha(&codes, Metric::Interval), &alpha(&moved, Metric::Interval)));
        prop_assert!(same(&alpha(&codes, Metric::Ordinal), &alpha(&moved, Metric::Ordinal)));
        prop_assert!(same(&alpha(&codes, Metric::Ratio), &alpha(&change(&|code| scale * code), Metric::Ratio)));
    }

    #[test]
    fn nothing_panics_and_nothing_undefined_looks_defined(
        codes in proptest::collection::vec(proptest::collection::vec(prop_oneof![Just(NAN), Just(1.0), Just(-2.5), (0_u8..4).prop_map(f64::from)], 0..5), 0..5)
    ) {
        let rows = codes.iter().map(Vec::len).min().unwrap_or(0);
        let codes: Vec<Vec<f64>> = codes.into_iter().map(|column| column[..rows].to_vec()).collect();
        for estimate in all_coefficients(&CodedUnits::new(&columns(&codes))) {
            prop_assert!(estimate.value.is_finite() || estimate.status != Status::Defined);
            prop_assert!(estimate.rows_used + estimate.rows_dropped == rows);
        }
    }
}

/// Quadratic weights make kappa the intraclass correlation of agreement, up to a term of order 1 / n.
#[test]
fn quadratic_kappa_is_nearly_the_intraclass_correlation() {
    let codes = noisy(2, 5_000, 21);
    let kappa = CodedUnits::new(&columns(&codes))
        .kappa(0, 1, &Weights::Quadratic, CoderOptions::default())
        .unwrap()
        .kappa;
    let correlation = intraclass_correlations(&columns(&codes), 0.95).unwrap().agreement.single;
    assert!((kappa.value - correlation.value).abs() < 1e-3);
}

/// More categories than a table of patterns holds: the same answers.
#[test]
fn many_categories_take_the_long_way_to_the_same_numbers() {
    let codes: Vec<Vec<f64>> = noisy(3, 400, 8)
        .iter()
        .map(|c| c.iter().enumerate().map(|(u, code)| code + (u % 100) as f64 * 0.25).collect())
        .collect();
    let units = CodedUnits::new(&columns(&codes));
    assert!((units.categories().len() + 1).pow(3) > 1 << 16);
    for (metric, _) in METRICS {
        let found = units.krippendorff(metric, CoderOptions::default()).unwrap().value;
        assert!(close(found, krippendorff_slowly(&codes, metric), 1e-9));
    }
}

/// A table of a hundred thousand measurements squared would fill the memory.
#[test]
fn measurements_are_not_tabled() {
    let codes: Vec<Vec<f64>> = (0..2)
        .map(|coder| (0..100_000).map(|unit| f64::from(unit) * 0.37 + f64::from(coder)).collect())
        .collect();
    let units = CodedUnits::new(&columns(&codes));
    let options = CoderOptions::default();
    let kappa = units.kappa(0, 1, &Weights::Quadratic, options).unwrap().kappa;
    let found = [
        kappa,
        units.light_kappa(&Weights::Unweighted, options).unwrap(),
        units.fleiss_kappa(options).unwrap(),
        units.gwet(&Weights::Unweighted, options).unwrap(),
        units.percent_agreement(options).unwrap(),
    ];
    for estimate in found {
        assert_eq!((estimate.status, estimate.rows_used), (Status::Undefined, 100_000));
        assert!(estimate.notes[0].contains("measurements"));
    }
    assert!(units.fleiss_null_standard_error().is_nan());
    assert_eq!(units.krippendorff(Metric::Interval, options).unwrap().status, Status::Defined);
    let model = Coefficient::Kappa(Weights::Unweighted);
    let table = columns(&codes);
    assert!(model_agreement(&table, &codes[0], None, &model, Bootstrap::new(100, 1).unwrap(), 0.95).is_err());
}
