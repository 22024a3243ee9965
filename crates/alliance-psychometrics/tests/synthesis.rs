//! Syntheses of correlations against metafor; conversions and comparisons against R.

#![allow(clippy::unwrap_used)]

mod common;

use alliance_psychometrics::synthesis::{
    MetaOptions, MissingSide, PredictionDegrees, StandardErrors, TauEstimator, binomial_effect_size,
    common_language_effect_size, compare_overlapping_correlations, correlation_effects, d_from_odds_ratio,
    d_from_r, disattenuate, egger_test, fisher_z, fisher_z_interval, hunter_schmidt, leave_one_cluster_out,
    leave_one_out, mean_correlation, meta_analysis, meta_correlations, meta_regression, odds_ratio_from_d,
    r_from_d, r_from_d_of_groups, r_from_fisher_z, study_weights, three_level_analysis, trim_and_fill,
    variance_explained,
};
use alliance_psychometrics::{Columns, Status};
use common::{close, vectors};
use proptest::prelude::*;
use serde_json::Value;

const CLOSED_FORM: f64 = 1e-9;

const ESTIMATORS: [TauEstimator; 8] = [
    TauEstimator::CommonEffect,
    TauEstimator::DerSimonianLaird,
    TauEstimator::RestrictedMaximumLikelihood,
    TauEstimator::MaximumLikelihood,
    TauEstimator::PauleMandel,
    TauEstimator::HunterSchmidt,
    TauEstimator::SidikJonkman,
    TauEstimator::Hedges,
];

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap_or(f64::NAN)).collect()
}

fn number(case: &Value, name: &str) -> f64 {
    case[name].as_f64().unwrap_or(f64::NAN)
}

fn cases(kind: &str) -> Vec<Value> {
    let all = vectors("synthesis");
    let found: Vec<Value> =
        all["cases"].as_array().unwrap().iter().filter(|case| case["kind"] == kind).cloned().collect();
    assert!(!found.is_empty());
    found
}

/// Effects and variances.
fn data(name: &str) -> (Vec<f64>, Vec<f64>) {
    let case = &cases("data")[0];
    if name == "molloy" {
        let (r, n) = molloy();
        (r.iter().map(|r| fisher_z(*r)).collect(), n.iter().map(|n| 1.0 / (n - 3.0)).collect())
    } else {
        (numbers(&case[format!("{name}_y")]), numbers(&case[format!("{name}_v")]))
    }
}

fn molloy() -> (Vec<f64>, Vec<f64>) {
    let case = &cases("data")[0];
    (numbers(&case["molloy_r"]), numbers(&case["molloy_n"]))
}

fn wald(estimator: TauEstimator) -> MetaOptions {
    MetaOptions {
        estimator,
        standard_errors: StandardErrors::Normal,
        prediction: PredictionDegrees::Normal,
        confidence: 0.95,
    }
}

fn agree(found: Option<alliance_psychometrics::Interval>, expected: &Value, tolerance: f64, id: &str) {
    let (found, expected) = (found.unwrap(), numbers(expected));
    assert!(close(found.low, expected[0], tolerance), "{id}: {} {}", found.low, expected[0]);
    assert!(close(found.high, expected[1], tolerance), "{id}: {} {}", found.high, expected[1]);
}

#[test]
fn eight_estimators_agree_with_metafor() {
    for case in cases("meta") {
        let id = case["id"].as_str().unwrap();
        let (effects, variances) = data(case["data"].as_str().unwrap());
        let estimator = *ESTIMATORS.iter().find(|estimator| estimator.as_str() == case["estimator"]).unwrap();
        let tolerance = 1e-8;
        let options = wald(estimator);
        let found = meta_analysis(&effects, &variances, &options).unwrap();
        let check = |what: &str, value: f64| {
            assert!(close(value, number(&case, what), tolerance), "{id} {what}: {value} {}", case[what]);
        };
        check("effect", found.effect.value);
        check("se", found.effect.standard_error);
        check("statistic", found.statistic);
        check("p", found.p_value);
        check("tau2", found.tau_squared.value);
        check("q", found.q);
        check("q_p", found.q_p);
        agree(found.effect.interval, &case["interval"], tolerance, id);
        if estimator != TauEstimator::CommonEffect {
            check("i2", found.i_squared.value);
            check("h2", found.h_squared);
            check("tau2_se", found.tau_squared.standard_error);
            agree(found.prediction, &case["prediction_normal"], tolerance, id);
            // metafor searches up to tau^2 = 100 and to a tolerance.
            if numbers(&case["tau2_interval"])[1] < 99.0 {
                agree(found.tau_squared.interval, &case["tau2_interval"], 1e-6, id);
                agree(found.i_squared.interval, &case["i2_interval"], 1e-5, id);
            }
        }
        let options = MetaOptions {
            standard_errors: StandardErrors::KnappHartung,
            prediction: PredictionDegrees::StudiesLessOne,
            ..options
        };
        let found = meta_analysis(&effects, &variances, &options).unwrap();
        check("knha_effect", found.effect.value);
        check("knha_se", found.effect.standard_error);
        check("knha_p", found.p_value);
        agree(found.effect.interval, &case["knha_interval"], tolerance, id);
        if estimator != TauEstimator::CommonEffect {
            agree(found.prediction, &case["prediction_knha"], tolerance, id);
        }
    }
}

fn moderators(case: &Value) -> Vec<Vec<f64>> {
    case["moderators"].as_array().unwrap().iter().map(numbers).collect()
}

fn columns(columns: &[Vec<f64>]) -> Columns<'_> {
    Columns::new(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap()
}

fn estimator_of(case: &Value) -> TauEstimator {
    *ESTIMATORS.iter().find(|estimator| estimator.as_str() == case["estimator"]).unwrap()
}

#[test]
fn regressions_on_moderators_agree_with_metafor() {
    let all = cases("regression");
    assert_eq!(all.len(), 16);
    for case in all {
        let id = case["id"].as_str().unwrap();
        let (effects, variances) = (numbers(&case["effects"]), numbers(&case["variances"]));
        let given = moderators(&case);
        let options = wald(estimator_of(&case));
        let found = meta_regression(&effects, &variances, &columns(&given), &options).unwrap();
        let check = |what: &str, value: f64| {
            assert!(close(value, number(&case, what), 1e-7), "{id} {what}: {value} {}", case[what]);
        };
        let check_all = |what: &str, values: Vec<f64>| {
            let expected = numbers(&case[what]);
            assert_eq!(values.len(), expected.len());
            for (value, expected) in values.into_iter().zip(expected) {
                assert!(close(value, expected, 1e-7), "{id} {what}: {value} {expected}");
            }
        };
        let each = |pick: fn(&alliance_psychometrics::synthesis::Coefficient) -> f64| -> Vec<f64> {
            found.coefficients.iter().map(pick).collect()
        };
        check_all("coefficients", each(|c| c.estimate.value));
        check_all("se", each(|c| c.estimate.standard_error));
        check_all("p", each(|c| c.p_value));
        check_all("low", each(|c| c.estimate.interval.unwrap().low));
        check("tau2", found.tau_squared.value);
        check("q", found.q);
        check("q_p", found.q_p);
        check("qm", found.moderators.statistic);
        check("qm_p", found.moderators.p_value);
        if options.estimator != TauEstimator::CommonEffect {
            check("i2", found.i_squared.value);
            check("h2", found.h_squared);
            check("r2", found.r_squared);
            agree(found.tau_squared.interval, &case["tau2_interval"], 1e-6, id);
        }
        if case["tau2_se"].is_number() {
            check("tau2_se", found.tau_squared.standard_error);
        }
        let options = MetaOptions { standard_errors: StandardErrors::KnappHartung, ..options };
        let found = meta_regression(&effects, &variances, &columns(&given), &options).unwrap();
        check_all("knha_se", found.coefficients.iter().map(|c| c.estimate.standard_error).collect());
        check_all("knha_p", found.coefficients.iter().map(|c| c.p_value).collect());
        check_all("knha_low", found.coefficients.iter().map(|c| c.estimate.interval.unwrap().low).collect());
        check("knha_f", found.moderators.statistic);
        check("knha_f_p", found.moderators.p_value);
    }
}

#[test]
fn three_levels_agree_with_metafor() {
    let all = cases("three-level");
    assert_eq!(all.len(), 6);
    for case in all {
        let id = case["id"].as_str().unwrap();
        let (effects, variances) = (numbers(&case["effects"]), numbers(&case["variances"]));
        let clusters: Vec<u32> = numbers(&case["clusters"]).iter().map(|code| *code as u32).collect();
        let given = moderators(&case);
        let options = wald(estimator_of(&case));
        let fit = |options: &MetaOptions| {
            three_level_analysis(&effects, &variances, &clusters, &columns(&given), options).unwrap()
        };
        let found = fit(&options);
        // metafor's optimizer stops at about eight digits of the variances, and a little above 0.
        let near = |what: &str, value: f64, expected: f64| {
            assert!(close(value, expected, 1e-5), "{id} {what}: {value} {expected}");
        };
        for (place, coefficient) in found.coefficients.iter().enumerate() {
            let of = |what: &str| numbers(&case[what])[place];
            near("coefficient", coefficient.estimate.value, of("coefficients"));
            near("error", coefficient.estimate.standard_error, of("se"));
            near("low", coefficient.estimate.interval.unwrap().low, of("low"));
            near("p", coefficient.p_value, of("p"));
        }
        for (what, component) in [("between", &found.between_clusters), ("within", &found.within_clusters)] {
            let expected = number(&case, what);
            if expected < 1e-9 {
                assert_eq!((component.value, component.status), (0.0, Status::Boundary), "{id}");
            } else {
                near(what, component.value, expected);
                assert_eq!(component.status, Status::Defined);
            }
        }
        for (what, component) in
            [("between_interval", &found.between_clusters), ("within_interval", &found.within_clusters)]
        {
            // metafor profiles with its own optimizer, which stops early.
            let (interval, expected) = (component.interval.unwrap(), numbers(&case[what]));
            for (end, expected) in [(interval.low, expected[0]), (interval.high, expected[1])] {
                assert!(
                    close(end, expected, 1e-4) || (end - expected).abs() < 1e-7,
                    "{id} {what}: {end} {expected}"
                );
            }
        }
        near("q", found.q, number(&case, "q"));
        let t = fit(&MetaOptions {
            standard_errors: StandardErrors::KnappHartung,
            prediction: PredictionDegrees::StudiesLessOne,
            ..options
        });
        for (place, coefficient) in t.coefficients.iter().enumerate() {
            near("t", coefficient.estimate.interval.unwrap().low, numbers(&case["t_low"])[place]);
            assert_eq!(coefficient.estimate.degrees_of_freedom, number(&case, "degrees"));
        }
        if given.is_empty() {
            agree(found.prediction, &case["prediction_normal"], 1e-5, id);
            let (between, within) = (found.between_clusters.value, found.within_clusters.value);
            let weights = study_weights(&variances, Some(&clusters), between, within);
            for (weight, expected) in weights.iter().zip(numbers(&case["weights"])) {
                near("weight", *weight, expected);
            }
            agree(t.prediction, &case["prediction_less_one"], 1e-5, id);
            assert!(found.moderators.statistic.is_nan());
        } else {
            near("qm", found.moderators.statistic, number(&case, "qm"));
            near("qm_p", found.moderators.p_value, number(&case, "qm_p"));
            assert!(found.prediction.is_none());
        }
        if case["without"].is_array() {
            let none = columns(&[]);
            let left = leave_one_cluster_out(&effects, &variances, &clusters, &none, &options).unwrap();
            for (left, expected) in left.iter().zip(numbers(&case["without"])) {
                near("without", left.analysis.coefficients[0].estimate.value, expected);
                assert_eq!(left.analysis.clusters, found.clusters - 1);
                assert_eq!(left.analysis.between_clusters.rows_dropped, 0);
            }
            assert_eq!(left.len(), found.clusters);
        }
    }
}

/// What the methods dossier of this project printed of `dat.konstantopoulos2011`.
#[test]
fn konstantopoulos_is_what_was_printed() {
    let case = cases("three-level").into_iter().find(|case| case["id"] == "schools REML").unwrap();
    let clusters: Vec<u32> = numbers(&case["clusters"]).iter().map(|code| *code as u32).collect();
    let options = wald(TauEstimator::RestrictedMaximumLikelihood);
    let (effects, variances) = (numbers(&case["effects"]), numbers(&case["variances"]));
    let found = three_level_analysis(&effects, &variances, &clusters, &columns(&[]), &options).unwrap();
    let effect = &found.coefficients[0].estimate;
    let interval = effect.interval.unwrap();
    for (value, printed) in [
        (found.between_clusters.value, 0.065_062),
        (found.within_clusters.value, 0.032_737),
        (effect.value, 0.184_713),
        (effect.standard_error, 0.084_556),
        (interval.low, 0.018_987),
        (interval.high, 0.350_440),
        (found.q, 578.864_018),
    ] {
        assert!((value - printed).abs() < 1e-6, "{value} {printed}");
    }
    // Taken as independent, the mean looks surer than it is.
    let alone = meta_analysis(&effects, &variances, &options).unwrap();
    assert!(alone.effect.standard_error < 0.6 * effect.standard_error);
}

#[test]
fn what_cannot_be_regressed_or_nested_has_a_status() {
    let options = MetaOptions::default();
    let (effects, variances) = ([0.1, 0.3, 0.2, 0.5], [0.02, 0.01, 0.03, 0.02]);
    let regression = |x: &[f64]| {
        let found = meta_regression(&effects, &variances, &Columns::new(&[x]).unwrap(), &options).unwrap();
        assert_eq!(found.coefficients.len(), 2);
        found.coefficients[1].estimate.status
    };
    assert_eq!(regression(&[2.0; 4]), Status::NotPositiveDefinite);
    assert_eq!(regression(&[f64::NAN; 4]), Status::AllMissing);
    assert_eq!(regression(&[1.0, 2.0, f64::NAN, f64::NAN]), Status::TooFewUnits);
    assert_eq!(regression(&[1.0, 2.0, 4.0, f64::NAN]), Status::Defined);
    let nested = |clusters: &[u32]| {
        let found = three_level_analysis(&effects, &variances, clusters, &columns(&[]), &options).unwrap();
        (found.coefficients[0].estimate.status, found.coefficients[0].estimate.notes.len())
    };
    assert_eq!(nested(&[1, 1, 1, 1]), (Status::TooFewUnits, 0));
    assert_eq!(nested(&[1, 2, 3, 4]), (Status::Undefined, 1));
    assert_eq!(nested(&[1, 1, 2, 3]).0, Status::Defined);
    let none: [f64; 0] = [];
    let empty = three_level_analysis(&none, &none, &[], &columns(&[]), &options).unwrap();
    assert_eq!(empty.coefficients[0].estimate.status, Status::AllMissing);
    let unusable = correlation_effects(&[0.3, 1.0, f64::NAN, 0.2], &[30.0, 20.0, 10.0, 3.0]).unwrap();
    assert_eq!(unusable.unusable, 2);
    assert!(unusable.effects[0] == fisher_z(0.3) && unusable.effects[1..].iter().all(|z| z.is_nan()));
}

/// Trap 13: the degrees of freedom of the prediction interval are stated, and I^2 is no variance explained.
#[test]
fn trap_13_the_prediction_interval_says_which_quantile_it_has() {
    let (effects, variances) = data("molloy");
    let interval = |prediction| {
        let options = MetaOptions { prediction, ..wald(TauEstimator::RestrictedMaximumLikelihood) };
        let found = meta_analysis(&effects, &variances, &options).unwrap();
        (found.prediction.unwrap(), found.prediction_degrees, found.i_squared)
    };
    let (normal, degrees, share) = interval(PredictionDegrees::Normal);
    assert!(degrees.is_infinite());
    let (less_two, degrees, _) = interval(PredictionDegrees::StudiesLessTwo);
    assert_eq!(degrees, 14.0);
    assert!(less_two.low < normal.low && less_two.high > normal.high);
    let case = cases("meta").into_iter().find(|case| case["id"] == "molloy REML").unwrap();
    agree(Some(less_two), &case["prediction_k2"], 1e-8, "k - 2");
    assert_eq!(PredictionDegrees::default(), PredictionDegrees::StudiesLessTwo);
    assert!((share.value - 61.7297).abs() < 1e-3);
    // The share is of the variance of effects; the correlation itself explains 2.2 %.
    let (r, n) = molloy();
    let found = meta_correlations(&r, &n, &MetaOptions::default()).unwrap();
    assert!((variance_explained(found.correlation.value) - 0.0221).abs() < 5e-5);
}

/// Trap 11: correlations are averaged as Fisher's z with weights, and |r| = 1 has none.
#[test]
fn trap_11_correlations_go_through_fisher_z() {
    let (r, n) = molloy();
    let printed = [(0.148_805, 0.087_833, 0.208_666), (0.148_492, 0.088_293, 0.207_611)];
    for (estimator, (value, low, high)) in
        [TauEstimator::RestrictedMaximumLikelihood, TauEstimator::DerSimonianLaird].into_iter().zip(printed)
    {
        let found = meta_correlations(&r, &n, &wald(estimator)).unwrap();
        let interval = found.correlation.interval.unwrap();
        // Printed with metafor's default tolerances.
        assert!((found.correlation.value - value).abs() < 1e-5);
        assert!((interval.low - low).abs() < 1e-5 && (interval.high - high).abs() < 1e-5);
        // The plain mean of the sixteen is .159; the mean of true correlations lies below their median.
        assert!((found.correlation.value - r.iter().sum::<f64>() / 16.0).abs() > 0.005);
        assert!(found.mean_correlation < found.correlation.value);
    }
    let with_one = meta_correlations(&[0.3, 1.0, 0.2], &[40.0, 20.0, 50.0], &MetaOptions::default()).unwrap();
    assert_eq!(with_one.correlation.status, Status::Undefined);
    assert!(with_one.correlation.value.is_nan() && with_one.correlation.notes[0].starts_with("1 study has"));
    assert!(fisher_z(1.0).is_nan() && fisher_z(-1.0).is_nan() && d_from_r(1.0).is_nan());
    assert_eq!(fisher_z_interval(1.0, 20.0, 0.95).unwrap().status, Status::Undefined);
    assert_eq!(fisher_z_interval(0.5, 3.0, 0.95).unwrap().status, Status::TooFewUnits);
    let tiny = meta_correlations(&[0.3, 0.2], &[40.0, 3.0], &MetaOptions::default()).unwrap();
    assert_eq!(tiny.correlation.status, Status::Undefined);
}

/// Trap 14: tests of small studies say that they have no power.
#[test]
fn trap_14_few_studies_are_remarked() {
    let (effects, variances) = data("molloy");
    let case = &cases("bias")[0];
    let egger = egger_test(&effects, &variances, 0.95).unwrap();
    assert!(close(egger.value, number(case, "egger"), CLOSED_FORM));
    assert!(close(egger.standard_error, number(case, "egger_se"), CLOSED_FORM));
    assert!(close(egger.value / egger.standard_error, number(case, "egger_t"), CLOSED_FORM));
    assert_eq!(egger.degrees_of_freedom, 14.0);
    assert!(egger.notes.is_empty());
    let few = egger_test(&effects[..9], &variances[..9], 0.95).unwrap();
    assert!(few.notes[0].contains("fewer than ten studies"));
    assert_eq!(egger_test(&effects[..2], &variances[..2], 0.95).unwrap().status, Status::TooFewUnits);
    assert_eq!(egger_test(&[0.1, 0.2, 0.4], &[0.1; 3], 0.95).unwrap().status, Status::ZeroVariance);
    assert_eq!(egger_test(&[], &[], 0.95).unwrap().status, Status::AllMissing);
}

#[test]
fn leaving_one_out_agrees_with_metafor() {
    let (effects, variances) = data("molloy");
    let expected = numbers(&cases("bias")[0]["without"]);
    let found = leave_one_out(&effects, &variances, &MetaOptions::default()).unwrap();
    assert_eq!(found.len(), 16);
    for (place, left) in found.iter().enumerate() {
        assert_eq!(left.row, place);
        assert!(close(left.analysis.effect.value, expected[place], 1e-8));
        assert_eq!(left.analysis.effect.units, 15);
    }
    // A missing study is not among them, and rows keep their numbers.
    let gap = leave_one_out(&[0.1, f64::NAN, 0.3], &[0.1; 3], &MetaOptions::default()).unwrap();
    assert_eq!(gap.iter().map(|left| left.row).collect::<Vec<_>>(), [0, 2]);
    assert_eq!(gap[0].analysis.effect.value, 0.3);
}

#[test]
fn trim_and_fill_agrees_with_metafor() {
    for case in cases("trim") {
        let (effects, variances) = (numbers(&case["data"]), numbers(&case["variances"]));
        let side = if case["side"] == "left" { MissingSide::Left } else { MissingSide::Right };
        let options = wald(TauEstimator::RestrictedMaximumLikelihood);
        let found = trim_and_fill(&effects, &variances, side, &options).unwrap();
        assert_eq!(found.filled as f64, number(&case, "filled"), "{}", case["id"]);
        assert!(close(found.analysis.effect.value, number(&case, "effect"), 1e-8), "{}", case["id"]);
        assert!(close(found.analysis.effect.standard_error, number(&case, "se"), 1e-8));
        assert!(found.analysis.effect.notes.is_empty());
    }
    let options = MetaOptions::default();
    for count in 0..4 {
        let (effects, variances) = ([0.1, 0.3, 0.9], [0.02, 0.01, 0.3]);
        let found =
            trim_and_fill(&effects[..count.min(3)], &variances[..count.min(3)], MissingSide::Left, &options)
                .unwrap();
        assert!(found.filled <= count && !found.analysis.effect.notes.is_empty());
    }
}

#[test]
fn hunter_and_schmidt_take_correlations_as_they_are() {
    let (r, n) = molloy();
    let case = &cases("hunter-schmidt")[0];
    let found = hunter_schmidt(&r, &n);
    assert!(close(found.mean.value, number(case, "mean"), CLOSED_FORM));
    assert!(close(found.observed_variance, number(case, "observed"), CLOSED_FORM));
    assert!(close(found.error_variance, number(case, "error"), CLOSED_FORM));
    assert!(close(found.true_variance, number(case, "true"), CLOSED_FORM));
    assert_eq!(hunter_schmidt(&[], &[]).mean.status, Status::AllMissing);
}

#[test]
fn effect_sizes_agree_with_their_formulas() {
    let case = &cases("conversions")[0];
    for (r, d) in numbers(&case["r"]).into_iter().zip(numbers(&case["d"])) {
        assert!(close(d_from_r(r), d, CLOSED_FORM) && close(r_from_d(d), r, CLOSED_FORM));
    }
    for (odds, d) in numbers(&case["odds"]).into_iter().zip(numbers(&case["d_odds"])) {
        assert!(close(d_from_odds_ratio(odds), d, CLOSED_FORM));
        assert!(close(odds_ratio_from_d(d), odds, CLOSED_FORM));
    }
    let sizes = numbers(&case["sizes"]);
    let unequal = r_from_d_of_groups(number(case, "d_groups"), sizes[0], sizes[1]);
    assert!(close(unequal, number(case, "r_groups"), CLOSED_FORM));
    assert!((r_from_d_of_groups(0.62, 50.0, 50.0) - r_from_d(0.62)).abs() < 1e-12);
    assert!(close(common_language_effect_size(0.579), number(case, "cles"), CLOSED_FORM));
    assert!(close(mean_correlation(0.3, 0.05), number(case, "integral"), CLOSED_FORM));
    assert!(close(disattenuate(0.26, 0.77, 0.90).value, number(case, "disattenuated"), CLOSED_FORM));
    assert_eq!(mean_correlation(0.3, 0.0), r_from_fisher_z(0.3));
    // What published syntheses of the alliance say fits together.
    assert_eq!((variance_explained(0.26) * 1000.0).round(), 68.0);
    assert_eq!((d_from_r(0.278) * 1000.0).round(), 579.0);
    assert_eq!((r_from_fisher_z(0.30) * 1000.0).round(), 291.0);
    let rates = binomial_effect_size(0.26);
    assert!((rates.higher - 0.63).abs() < 1e-12 && (rates.lower - 0.37).abs() < 1e-12);
    assert_eq!(disattenuate(0.9, 0.5, 0.5).status, Status::OutOfRange);
    assert_eq!(disattenuate(0.3, 0.0, 0.9).status, Status::Undefined);
    assert!(d_from_odds_ratio(0.0).is_nan() && r_from_d_of_groups(1.0, 0.0, 5.0).is_nan());
}

#[test]
fn dependent_correlations_agree_with_their_formulas() {
    for case in cases("dependent") {
        let r = |name: &str| number(&case, name);
        let found = compare_overlapping_correlations(r("r_xy"), r("r_zy"), r("r_xz"), r("n"), 0.95).unwrap();
        assert!(close(found.dunn_clark_z, r("dunn_clark"), CLOSED_FORM));
        assert!(close(found.steiger_z, r("steiger"), CLOSED_FORM));
        assert!(close(found.meng_z, r("meng"), CLOSED_FORM));
        agree(found.difference.interval, &case["zou"], CLOSED_FORM, "zou");
        // Turned around, all change sign.
        let turned = compare_overlapping_correlations(r("r_zy"), r("r_xy"), r("r_xz"), r("n"), 0.95).unwrap();
        assert!((turned.meng_z + found.meng_z).abs() < 1e-12 && turned.steiger_p == found.steiger_p);
    }
    let status = |x, y, z, n| compare_overlapping_correlations(x, y, z, n, 0.95).unwrap().difference.status;
    assert_eq!(status(0.9, -0.9, 0.9, 50.0), Status::NotPositiveDefinite);
    assert_eq!(status(1.0, 0.3, 0.3, 50.0), Status::Undefined);
    assert_eq!(status(0.4, 0.3, 0.3, 3.0), Status::TooFewUnits);
    assert_eq!(status(0.4, 0.3, 0.3, f64::NAN), Status::TooFewUnits);
}

#[test]
fn none_one_and_two_studies_have_a_status() {
    let options = MetaOptions::default();
    let none = meta_analysis(&[], &[], &options).unwrap();
    assert_eq!((none.effect.status, none.tau_squared.status), (Status::AllMissing, Status::AllMissing));
    let missing = meta_correlations(&[f64::NAN; 2], &[40.0; 2], &options).unwrap();
    assert_eq!(missing.correlation.status, Status::AllMissing);
    let one = meta_analysis(&[0.3, f64::NAN], &[0.01, 0.02], &options).unwrap();
    assert_eq!((one.effect.value, one.effect.rows_dropped), (0.3, 1));
    assert_eq!(one.tau_squared.status, Status::TooFewUnits);
    assert!(one.effect.interval.is_none() && one.prediction.is_none() && one.q_p.is_nan());
    let wald_one = meta_analysis(&[0.3], &[0.01], &wald(TauEstimator::DerSimonianLaird)).unwrap();
    assert!((wald_one.effect.standard_error - 0.1).abs() < 1e-12 && wald_one.prediction.is_none());
    let two = meta_analysis(&[0.1, 0.6], &[0.02, 0.03], &options).unwrap();
    assert!(two.prediction.is_none() && two.tau_squared.notes[0].starts_with("two studies"));
    for estimator in ESTIMATORS {
        let equal = meta_analysis(&[0.2; 4], &[0.01; 4], &wald(estimator)).unwrap();
        let knapp_hartung = MetaOptions { estimator, ..options };
        let without_error = meta_analysis(&[0.2; 4], &[0.01; 4], &knapp_hartung).unwrap();
        assert!((without_error.effect.value - 0.2).abs() < 1e-12);
        assert!(without_error.p_value.is_nan() || without_error.p_value < 1e-6);
        assert!((equal.effect.value - 0.2).abs() < 1e-12 && equal.tau_squared.value.abs() < 1e-12);
        if estimator != TauEstimator::CommonEffect {
            assert_eq!(equal.tau_squared.status, Status::Boundary, "{}", estimator.as_str());
        }
    }
}

proptest! {
    /// Order and unit of the effects do not matter, and with no variance between studies all models are the common one.
    #[test]
    fn analyses_do_not_depend_on_order_or_unit(
        rows in proptest::collection::vec((-1.0..1.0_f64, 0.005..0.3_f64), 2..12),
        scale in 0.1..10.0_f64,
        which in 0_usize..8,
    ) {
        let options = wald(ESTIMATORS[which]);
        let (effects, variances): (Vec<f64>, Vec<f64>) = rows.iter().copied().unzip();
        let plain = meta_analysis(&effects, &variances, &options).unwrap();
        let turned = meta_analysis(
            &effects.iter().rev().map(|y| -scale * y).collect::<Vec<_>>(),
            &variances.iter().rev().map(|v| scale * scale * v).collect::<Vec<_>>(),
            &options,
        ).unwrap();
        prop_assert!(close(-scale * plain.effect.value, turned.effect.value, 1e-6));
        prop_assert!(close(scale * scale * plain.tau_squared.value, turned.tau_squared.value, 1e-6));
        prop_assert!(close(plain.q, turned.q, 1e-8));
        if plain.tau_squared.value == 0.0 {
            let common = meta_analysis(&effects, &variances, &wald(TauEstimator::CommonEffect)).unwrap();
            prop_assert_eq!(plain.effect.value, common.effect.value);
            prop_assert_eq!(plain.effect.standard_error, common.effect.standard_error);
        }
        prop_assert!(plain.effect.status == Status::Defined);
    }

    /// Three levels: order and unit do not matter, the search settles, and a regression on a shifted moderator keeps its slope.
    #[test]
    fn three_levels_do_not_depend_on_order_or_unit(
        rows in proptest::collection::vec((-1.0..1.0_f64, 0.005..0.3_f64, 0_u32..5, -2.0..2.0_f64), 6..20),
        scale in 0.1..10.0_f64,
    ) {
        let options = MetaOptions::default();
        let fit = |rows: &[(f64, f64, u32, f64)], scale: f64, shift: f64| {
            let effects: Vec<f64> = rows.iter().map(|row| scale * row.0).collect();
            let variances: Vec<f64> = rows.iter().map(|row| scale * scale * row.1).collect();
            let clusters: Vec<u32> = rows.iter().map(|row| row.2).collect();
            let moderator = [rows.iter().map(|row| row.3 + shift).collect::<Vec<f64>>()];
            three_level_analysis(&effects, &variances, &clusters, &columns(&moderator), &options).unwrap()
        };
        let plain = fit(&rows, 1.0, 0.0);
        prop_assume!(plain.clusters > 1);
        prop_assert!(plain.coefficients[0].estimate.status == Status::Defined);
        let turned: Vec<_> = rows.iter().rev().copied().collect();
        let other = fit(&turned, scale, 100.0);
        let close_to_zero = |value: f64| value.abs() < 1e-9;
        prop_assert!(close(scale * plain.coefficients[1].estimate.value, other.coefficients[1].estimate.value, 1e-5));
        for (one, other) in [
            (plain.between_clusters.value, other.between_clusters.value / (scale * scale)),
            (plain.within_clusters.value, other.within_clusters.value / (scale * scale)),
        ] {
            prop_assert!(close(one, other, 1e-4) || close_to_zero(one - other), "{} {}", one, other);
        }
    }
}
