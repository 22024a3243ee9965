//! The registry of error codes holds every code of this crate, and each message says what to do.

#![allow(clippy::unwrap_used)]

use alliance_psychometrics::change::{
    BaselineSample, ChangeMethod, Direction, DropReference, DropRule, DropThreshold, ReliableChange,
    ScoreDistribution, growth_change, jacobson_truax_false_alarms, session_drops,
};
use alliance_psychometrics::mixed::MixedModel;
use alliance_psychometrics::outcome::{
    ClientCancellations, Ending, HazardLink, MeanThrough, Measured, PlannedEnds, TrajectoryOptions, Trend,
    attendance, disaggregate, discrete_time_hazard, earlier_mean, incidence, lagged, log_rank,
    person_periods, session_difference, trajectories, wilson,
};
use alliance_psychometrics::sessions::{
    ItemMeans, SessionTable, crossed_generalizability, multilevel_alpha, nested_generalizability,
    rater_contrast, session_icc, stability,
};
use alliance_psychometrics::synthesis::{
    MetaOptions, TauEstimator, compare_overlapping_correlations, correlation_effects, egger_test,
    fisher_z_interval, leave_one_out, meta_analysis, meta_correlations, meta_regression,
    three_level_analysis,
};
use alliance_psychometrics::{Bootstrap, Columns, Level, PsychometricsError};

#[test]
fn every_refusal_has_its_code_and_message() {
    let score = [4.0, 5.0, 4.5, 6.0, 6.5, 6.0];
    let infinite = [4.0, 5.0, f64::INFINITY, 6.0, 6.5, 6.0];
    let client = [1, 1, 2, 2, 3, 3];
    let therapist = [1, 1, 1, 2, 2, 2];
    let session = [1, 2, 1, 2, 1, 2];
    let none = Columns::new(&[]).unwrap();
    let one = Columns::new(&[&score]).unwrap();
    let two = Columns::new(&[&score, &score]).unwrap();
    let model = || MixedModel::new(&score, &none, &client).unwrap();
    let table = SessionTable::new(&client, &session, &one).unwrap();
    let pair = SessionTable::new(&client, &session, &two).unwrap();
    let bootstrap = Bootstrap::new(100, 1).unwrap();
    for (error, code, part) in [
        (Columns::new(&[&score, &[1.0]]).unwrap_err(), "length-mismatch", "columns need one element per row"),
        (Columns::new(&[&infinite]).unwrap_err(), "not-finite", "(rows 2)"),
        (MixedModel::new(&infinite, &none, &client).unwrap_err(), "not-finite", "a missing value is NaN"),
        (MixedModel::new(&score, &none, &[1]).unwrap_err(), "length-mismatch", "groups"),
        (model().nested_in(&therapist).unwrap_err(), "not-nested", "(rows 3); if ids start anew"),
        (model().nested_in(&[1]).unwrap_err(), "length-mismatch", "outer groups"),
        (
            model().fit().coefficient(1, Level::OneSession, 0.95).unwrap_err(),
            "invalid-option",
            "one of the fixed effects",
        ),
        (
            model().fit().contrast(&[1.0, 0.0], Level::OneSession, 0.95).unwrap_err(),
            "invalid-option",
            "one for each fixed effect",
        ),
        (
            model().fit().contrast(&[1.0], Level::OneSession, 1.0).unwrap_err(),
            "invalid-option",
            "confidence: must lie between 0 and 1",
        ),
        (SessionTable::new(&client, &[1; 6], &one).unwrap_err(), "repeated-session", "3 rows repeat"),
        (SessionTable::new(&client, &[1], &one).unwrap_err(), "length-mismatch", "sessions"),
        (session_icc(&table, Some(&therapist), 0.95).unwrap_err(), "not-nested", "(rows 3)"),
        (session_icc(&table, Some(&[1]), 0.95).unwrap_err(), "length-mismatch", "therapists"),
        (session_icc(&pair, None, 0.95).unwrap_err(), "invalid-option", "one column"),
        (session_icc(&table, None, f64::NAN).unwrap_err(), "invalid-option", "confidence"),
        (crossed_generalizability(&pair, 0.0).unwrap_err(), "invalid-option", "confidence"),
        (
            nested_generalizability(&pair, ItemMeans::InError, 2.0).unwrap_err(),
            "invalid-option",
            "confidence",
        ),
        (multilevel_alpha(&pair, -1.0, None).unwrap_err(), "invalid-option", "confidence"),
        (rater_contrast(&table, 0.95, &bootstrap).unwrap_err(), "invalid-option", "two columns"),
        (stability(&score, &[1.0], 0.95).unwrap_err(), "length-mismatch", "columns"),
        (Bootstrap::new(10, 1).unwrap_err(), "invalid-option", "resamples"),
        (bootstrap.with_threads(0).unwrap_err(), "invalid-option", "at least one thread"),
    ] {
        is_registered(&error, code, part);
    }
}

fn is_registered(error: &PsychometricsError, code: &str, part: &str) {
    assert_eq!(error.code(), code, "{error}");
    assert!(error.to_string().contains(part), "{error} lacks {part:?}");
    let registered = include_str!("../../errors.toml").contains(&format!("code = \"{code}\""));
    assert!(registered, "{code} is not registered");
}

#[test]
fn change_refuses_what_cannot_be() {
    let (higher, nan) = (Direction::HigherIsBetter, f64::NAN);
    let before = BaselineSample::new(40.0, 7.5, 0.8).unwrap();
    let rule = |method| ReliableChange::new(method, before, higher);
    let sound = || rule(ChangeMethod::JacobsonTruax).unwrap();
    let score = [4.0, 5.0];
    let table = SessionTable::new(&[1, 1], &[1, 2], &Columns::new(&[&score]).unwrap()).unwrap();
    let hageman = |correlation| ChangeMethod::HagemanArrindell {
        mean_after: 50.0,
        standard_deviation_after: 7.0,
        correlation,
    };
    let option = "invalid-option";
    for (error, code, part) in [
        (BaselineSample::new(nan, 7.5, 0.8).unwrap_err(), option, "mean: a finite number"),
        (BaselineSample::new(40.0, -1.0, 0.8).unwrap_err(), option, "standard_deviation"),
        (
            BaselineSample::new(40.0, 7.5, -0.1).unwrap_err(),
            option,
            "reliability: a finite number of at least 0",
        ),
        (ScoreDistribution::new(40.0, nan).unwrap_err(), option, "standard_deviation"),
        (rule(ChangeMethod::HsuLinnLord { mean_after: nan }).unwrap_err(), option, "mean_after"),
        (
            rule(ChangeMethod::NunnallyKotsch { reliability_after: nan }).unwrap_err(),
            option,
            "reliability_after",
        ),
        (rule(hageman(1.5)).unwrap_err(), option, "correlation: from -1 to 1"),
        (sound().with_confidence(1.0).unwrap_err(), option, "confidence"),
        (sound().with_range(7.0, 1.0).unwrap_err(), option, "lowest: below the highest score"),
        (sound().assess(&score, &[1.0]).unwrap_err(), "length-mismatch", "columns"),
        (sound().assess(&score, &[1.0, f64::INFINITY]).unwrap_err(), "not-finite", "(rows 1)"),
        (
            growth_change(&score, &[1.0], &[1, 1], higher, 0.95).unwrap_err(),
            "length-mismatch",
            "fixed effects",
        ),
        (growth_change(&score, &score, &[1, 1], higher, 0.0).unwrap_err(), option, "confidence"),
        (jacobson_truax_false_alarms(1.0, 0.6, 0.0, 12, 0.95).unwrap_err(), option, "reliability"),
        (jacobson_truax_false_alarms(0.9, 1.0, 0.0, 12, 0.95).unwrap_err(), option, "icc"),
        (jacobson_truax_false_alarms(0.9, 0.6, 1.0, 12, 0.95).unwrap_err(), option, "autocorrelation"),
        (session_drops(&table, 1, &DropRule::default()).unwrap_err(), option, "column: one of the table's"),
        (
            DropRule::default().with_reference(DropReference::RunningMean, 0).unwrap_err(),
            option,
            "least_sessions",
        ),
        (
            DropRule::default().with_threshold(DropThreshold::Practical { points: -1.0 }).unwrap_err(),
            option,
            "points",
        ),
        (DropRule::default().with_pooled_standard_deviation(nan).unwrap_err(), option, "within"),
        (DropRule::default().with_confidence(2.0).unwrap_err(), option, "confidence"),
    ] {
        is_registered(&error, code, part);
    }
}

#[test]
fn syntheses_refuse_what_cannot_be() {
    let options = MetaOptions::default();
    let wrong = MetaOptions { confidence: 1.0, ..options };
    let moment = MetaOptions { estimator: TauEstimator::DerSimonianLaird, ..options };
    let none = Columns::new(&[]).unwrap();
    let two_rows = Columns::new(&[&[1.0, 2.0]]).unwrap();
    let option = "invalid-option";
    for (error, code, part) in [
        (meta_analysis(&[0.1], &[0.1, 0.2], &options).unwrap_err(), "length-mismatch", "columns"),
        (meta_analysis(&[f64::INFINITY], &[0.1], &options).unwrap_err(), "not-finite", "(rows 0)"),
        (meta_analysis(&[0.1], &[0.0], &options).unwrap_err(), option, "variances: above 0"),
        (meta_analysis(&[0.1], &[0.1], &wrong).unwrap_err(), option, "confidence"),
        (meta_correlations(&[1.1], &[30.0], &options).unwrap_err(), option, "correlations: from -1 to 1"),
        (correlation_effects(&[1.1], &[30.0]).unwrap_err(), option, "correlations: from -1 to 1"),
        (
            meta_regression(&[0.1], &[0.1], &two_rows, &options).unwrap_err(),
            "length-mismatch",
            "effects and moderators",
        ),
        (
            three_level_analysis(&[0.1], &[0.1], &[], &none, &options).unwrap_err(),
            "length-mismatch",
            "effects and clusters",
        ),
        (three_level_analysis(&[0.1], &[0.1], &[1], &none, &moment).unwrap_err(), option, "REML or ML"),
        (leave_one_out(&[0.1], &[-1.0], &options).unwrap_err(), option, "variances"),
        (egger_test(&[0.1], &[0.1], 0.0).unwrap_err(), option, "confidence"),
        (fisher_z_interval(0.1, 30.0, 1.0).unwrap_err(), option, "confidence"),
        (compare_overlapping_correlations(0.1, 2.0, 0.1, 50.0, 0.95).unwrap_err(), option, "r_zy"),
    ] {
        is_registered(&error, code, part);
    }
}

#[test]
fn outcome_refuses_what_cannot_be() {
    let score = [4.0, 5.0, 6.0];
    let one = Columns::new(&[&score]).unwrap();
    let table = SessionTable::new(&[1, 1, 2], &[1, 2, 1], &one).unwrap();
    let (after, option) = (Measured::AfterSession, "invalid-option");
    let courses = |column, time: &[f64], window| {
        let options = TrajectoryOptions { window, ..TrajectoryOptions::default() };
        trajectories(&table, column, time, &options).unwrap_err()
    };
    let hazard =
        |events: &[f64]| discrete_time_hazard(events, &one, HazardLink::Logit, None, 0.95).unwrap_err();
    for (error, code, part) in [
        (disaggregate(&score, &[1], None, Trend::Kept).unwrap_err(), "length-mismatch", "scores, clients"),
        (
            disaggregate(&score, &[1, 1, 2], Some(&[1, 2, 2]), Trend::Kept).unwrap_err(),
            "not-nested",
            "if ids start anew",
        ),
        (session_difference(after, after, 0).unwrap_err(), option, "lag: at least 1"),
        (lagged(&table, 1, after, after, 1).unwrap_err(), option, "column"),
        (earlier_mean(&table, 1, MeanThrough::ThisSession).unwrap_err(), option, "column"),
        (courses(1, &score, 3), option, "column"),
        (courses(0, &[1.0], 3), "length-mismatch", "sessions and times"),
        (courses(0, &score, 0), option, "window"),
        (
            attendance(&[], &[1], &[], ClientCancellations::NotKept, 0.95, None).unwrap_err(),
            "length-mismatch",
            "appointments",
        ),
        (wilson(3, 2, 0.95).unwrap_err(), option, "successes"),
        (
            person_periods(&table, 0, &[1, 2], &[Ending::Ongoing; 2], PlannedEnds::Competing).unwrap_err(),
            option,
            "lag",
        ),
        (
            person_periods(&table, 1, &[1], &[Ending::Ongoing], PlannedEnds::Competing).unwrap_err(),
            option,
            "endings: one for each client",
        ),
        (hazard(&[0.0]), "length-mismatch", "events and predictors"),
        (hazard(&[0.0, 1.0, 0.5]), option, "events: 0 or 1"),
        (incidence(&[1.0], &[], 0.95).unwrap_err(), "length-mismatch", "times and ends"),
        (log_rank(&[1.0], &[], &[]).unwrap_err(), "length-mismatch", "times and groups"),
    ] {
        is_registered(&error, code, part);
    }
}
