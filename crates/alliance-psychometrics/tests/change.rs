//! Reliable change and session drops against worked examples, lme4 and a published package's output.

#![allow(clippy::unwrap_used)]

mod common;

use alliance_psychometrics::change::{
    BaselineSample, ChangeClass, ChangeMethod, Cutoff, Direction, DropReference, DropRule, DropThreshold,
    ReferenceGroups, ReliableChange, ScoreDistribution, ScorePairs, growth_change,
    jacobson_truax_false_alarms, session_drops,
};
use alliance_psychometrics::form::{AlphaInterval, Form, Missing};
use alliance_psychometrics::sessions::SessionTable;
use alliance_psychometrics::{Columns, Level, Status};
use alliance_statistics::Generator;
use common::{PanelRow, close, panel_a, vectors};
use proptest::prelude::*;
use serde_json::Value;

const CLOSED_FORM: f64 = 1e-9;
const ITERATIVE: f64 = 1e-5;

fn number(case: &Value, name: &str) -> f64 {
    case[name].as_f64().unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap_or(f64::NAN)).collect()
}

fn cases(kind: &str) -> Vec<Value> {
    let all = vectors("change");
    let found: Vec<Value> =
        all["cases"].as_array().unwrap().iter().filter(|case| case["kind"] == kind).cloned().collect();
    assert!(!found.is_empty());
    found
}

fn rows_of(panel: &str) -> Vec<PanelRow> {
    let is_kept = |row: &PanelRow| {
        (row.client * row.client + 5 * row.session * row.session + 3 * row.client * row.session) % 13
            > row.client % 7
    };
    panel_a().into_iter().filter(|row| panel == "panel-a" || is_kept(row)).collect()
}

struct Series {
    client: Vec<u32>,
    session: Vec<i64>,
    time: Vec<f64>,
    score: Vec<f64>,
}

impl Series {
    fn of(panel: &str) -> Self {
        let rows = rows_of(panel);
        Self {
            client: rows.iter().map(|row| row.client as u32).collect(),
            session: rows.iter().map(|row| row.session as i64).collect(),
            time: rows.iter().map(|row| row.session as f64 - 1.0).collect(),
            score: rows.iter().map(PanelRow::mean).collect(),
        }
    }

    fn table(&self) -> SessionTable<'_> {
        SessionTable::new(&self.client, &self.session, &Columns::new(&[&self.score]).unwrap()).unwrap()
    }
}

fn methods(
    mean_after: f64,
    reliability_after: f64,
    standard_deviation_after: f64,
    r: f64,
) -> [ChangeMethod; 6] {
    [
        ChangeMethod::JacobsonTruax,
        ChangeMethod::GulliksenLordNovick,
        ChangeMethod::HsuLinnLord { mean_after },
        ChangeMethod::EdwardsNunnally,
        ChangeMethod::NunnallyKotsch { reliability_after },
        ChangeMethod::HagemanArrindell { mean_after, standard_deviation_after, correlation: r },
    ]
}

/// The worked example of Jacobson and Truax: mean 40, standard deviation 7.5, reliability .80.
fn worked(method: ChangeMethod) -> ReliableChange {
    let before = BaselineSample::new(40.0, 7.5, 0.80).unwrap();
    ReliableChange::new(method, before, Direction::HigherIsBetter).unwrap()
}

#[test]
fn six_indices_agree_with_the_worked_example_and_the_package() {
    for case in cases("indices") {
        let before = BaselineSample::new(
            number(&case, "mean_before"),
            number(&case, "sd_before"),
            number(&case, "reliability"),
        )
        .unwrap();
        let all = methods(
            number(&case, "mean_after"),
            number(&case, "reliability_after"),
            number(&case, "sd_after"),
            number(&case, "correlation"),
        );
        let (first, second) = (numbers(&case["before"]), numbers(&case["after"]));
        for (place, method) in all.into_iter().enumerate() {
            let rule = ReliableChange::new(method, before, Direction::HigherIsBetter).unwrap();
            assert_eq!(rule.status(), Status::Defined);
            for (row, expected) in case["indices"].as_array().unwrap().iter().enumerate() {
                let found = rule.index(first[row], second[row]);
                let expected = numbers(expected)[place];
                assert!(close(found, expected, CLOSED_FORM), "{} {row}: {found} {expected}", method.as_str());
            }
            let sem = rule.standard_error_of_measurement();
            assert!(close(sem.value, number(&case, "sem"), CLOSED_FORM));
            assert!(close(rule.standard_error_of_difference().value, number(&case, "s_diff"), CLOSED_FORM));
            if let ChangeMethod::HagemanArrindell { .. } = method {
                let expected = number(&case, "reliability_of_differences");
                assert!(close(rule.reliability_of_differences().value, expected, CLOSED_FORM));
                assert!((rule.critical_value() - 1.644_853_626_951_47).abs() < 1e-12);
            } else {
                assert_eq!(rule.reliability_of_differences().status, Status::Undefined);
                assert!((rule.critical_value() - 1.959_963_984_540_05).abs() < 1e-12);
            }
        }
    }
    let case = &cases("indices")[0];
    let rule = worked(ChangeMethod::JacobsonTruax);
    assert!(close(rule.minimal_detectable_change().value, number(case, "mdc_95"), CLOSED_FORM));
    let at_90 = rule.with_confidence(0.90).unwrap();
    assert!(close(at_90.minimal_detectable_change().value, number(case, "mdc_90"), CLOSED_FORM));
    let hageman = worked(methods(50.0, 0.8, 7.5, 0.5)[5]);
    let index = hageman.hageman_arrindell_cutoff_index(47.5, 50.0);
    assert!(close(index, number(case, "cutoff_index"), CLOSED_FORM));
    assert!(worked(ChangeMethod::JacobsonTruax).hageman_arrindell_cutoff_index(47.5, 50.0).is_nan());
}

#[test]
fn edwards_nunnally_leaves_a_band_about_the_regressed_score() {
    // Two standard errors of measurement, as Speer has it.
    let rule = worked(ChangeMethod::EdwardsNunnally).with_confidence(0.954_499_736_103_642).unwrap();
    let band = rule.unchanged_range(32.5).unwrap();
    assert!((band.low - 27.291_796_07).abs() < 1e-8 && (band.high - 40.708_203_93).abs() < 1e-8);
    for method in methods(50.0, 0.8, 7.5, 0.5) {
        let rule = worked(method);
        let band = rule.unchanged_range(32.5).unwrap();
        assert!((rule.index(32.5, band.high) - rule.critical_value()).abs() < 1e-12, "{}", method.as_str());
        assert!((rule.index(32.5, band.low) + rule.critical_value()).abs() < 1e-12, "{}", method.as_str());
    }
}

/// Trap 23: `clinicalsignificance` takes the clinical group's standard deviation for cut-off b.
#[test]
fn trap_23_cutoff_b_uses_the_functional_standard_deviation() {
    let groups = |low, high| {
        ReferenceGroups::new(
            ScoreDistribution::new(40.0, low).unwrap(),
            ScoreDistribution::new(60.0, high).unwrap(),
        )
    };
    let example = groups(7.5, 7.5).cutoffs(Direction::HigherIsBetter);
    assert_eq!((example.a, example.b, example.c), (55.0, 45.0, 50.0));
    let unequal = groups(7.5, 5.0).cutoffs(Direction::HigherIsBetter);
    assert_eq!((unequal.a, unequal.b), (55.0, 50.0));
    assert!((unequal.c - (7.5 * 60.0 + 5.0 * 40.0) / 12.5).abs() < 1e-12);
    let symptoms = ReferenceGroups::new(
        ScoreDistribution::new(20.0, 4.0).unwrap(),
        ScoreDistribution::new(8.0, 2.0).unwrap(),
    )
    .cutoffs(Direction::LowerIsBetter);
    assert_eq!((symptoms.a, symptoms.b, symptoms.c), (12.0, 12.0, 12.0));
    assert!(groups(0.0, 0.0).cutoffs(Direction::HigherIsBetter).c.is_nan());
}

#[test]
fn nobody_recovers_without_two_reference_groups() {
    let (before, after) = ([32.5, 32.5, 52.0, 47.5, f64::NAN], [47.5, 52.0, 64.0, 32.5, 40.0]);
    let rule = worked(ChangeMethod::JacobsonTruax);
    let found = rule.assess(&before, &after).unwrap();
    let classes = |found: &alliance_psychometrics::change::ReliableChanges| {
        found.clients.iter().map(|client| client.class).collect::<Vec<_>>()
    };
    let (better, worse) = (Some(ChangeClass::Improved), Some(ChangeClass::Deteriorated));
    assert_eq!(classes(&found), [better, better, better, worse, None]);
    assert_eq!(found.count(ChangeClass::Recovered), 0);
    let groups = ReferenceGroups::new(
        ScoreDistribution::new(40.0, 7.5).unwrap(),
        ScoreDistribution::new(60.0, 7.5).unwrap(),
    );
    let with = rule.with_reference_groups(&groups, Cutoff::C).assess(&before, &after).unwrap();
    // The second crosses 50; the third began beyond it.
    assert_eq!(classes(&with), [better, Some(ChangeClass::Recovered), better, worse, None]);
}

#[test]
fn direction_turns_classes_around() {
    let before = BaselineSample::new(40.0, 7.5, 0.80).unwrap();
    let rule = ReliableChange::new(ChangeMethod::JacobsonTruax, before, Direction::LowerIsBetter).unwrap();
    let found = rule.assess(&[47.5, 32.5], &[32.5, 47.5]).unwrap();
    assert_eq!(found.clients[0].class, Some(ChangeClass::Improved));
    assert_eq!(found.clients[1].class, Some(ChangeClass::Deteriorated));
}

#[test]
fn a_client_near_the_ceiling_cannot_improve_detectably() {
    let rule = worked(ChangeMethod::JacobsonTruax).with_range(0.0, 60.0).unwrap();
    let limited = |rule: &ReliableChange, score: f64| {
        rule.assess(&[score], &[score]).unwrap().clients[0].ceiling_limited
    };
    // 1.96 standard errors of the difference are 9.297.
    assert!(limited(&rule, 51.0) && !limited(&rule, 50.0));
    let before = BaselineSample::new(40.0, 7.5, 0.80).unwrap();
    let symptoms = ReliableChange::new(ChangeMethod::JacobsonTruax, before, Direction::LowerIsBetter)
        .unwrap()
        .with_range(0.0, 60.0)
        .unwrap();
    assert!(limited(&symptoms, 9.0) && !limited(&symptoms, 10.0));
    assert!(!limited(&worked(ChangeMethod::JacobsonTruax), 60.0));
}

#[test]
fn without_error_of_measurement_the_rule_is_undefined() {
    for (deviation, reliability) in [(7.5, 1.0), (7.5, 1.2), (0.0, 0.8)] {
        let before = BaselineSample::new(40.0, deviation, reliability).unwrap();
        for method in methods(50.0, 0.8, 7.5, 0.5) {
            let rule = ReliableChange::new(method, before, Direction::HigherIsBetter).unwrap();
            assert_eq!(rule.status(), Status::Undefined, "{}", method.as_str());
            let found = rule.assess(&[40.0], &[60.0]).unwrap();
            assert!(found.clients[0].index.is_nan() && found.clients[0].class.is_none());
            assert_eq!(found.status, Status::Undefined);
            assert!(rule.minimal_detectable_change().value.is_nan());
            assert_eq!(rule.unchanged_range(40.0), None);
        }
    }
    // Differences that are all error.
    let negative = worked(ChangeMethod::HagemanArrindell {
        mean_after: 50.0,
        standard_deviation_after: 7.5,
        correlation: 0.9,
    });
    assert_eq!(negative.status(), Status::Undefined);
    assert!(negative.reliability_of_differences().value < 0.0);
    assert_eq!(negative.reliability_of_differences().status, Status::OutOfRange);
    let missing = worked(ChangeMethod::JacobsonTruax).assess(&[f64::NAN], &[40.0]).unwrap();
    assert_eq!(missing.status, Status::AllMissing);
    assert_eq!(worked(ChangeMethod::JacobsonTruax).assess(&[], &[]).unwrap().status, Status::AllMissing);
    let low = BaselineSample::new(40.0, 7.5, 0.4).unwrap();
    let rule = ReliableChange::new(ChangeMethod::JacobsonTruax, low, Direction::HigherIsBetter).unwrap();
    assert_eq!(rule.assess(&[40.0], &[41.0]).unwrap().notes.len(), 1);
}

#[test]
fn slopes_agree_with_lme4_and_both_questions_are_answered() {
    for case in cases("growth") {
        let series = Series::of(case["panel"].as_str().unwrap());
        let found =
            growth_change(&series.score, &series.time, &series.client, Direction::HigherIsBetter, 0.95)
                .unwrap();
        let column = |name: &str| numbers(&case[name]);
        assert!(close(found.average_slope.value, number(&case, "slope"), ITERATIVE));
        assert!(close(found.average_slope.standard_error, number(&case, "slope_se"), ITERATIVE));
        assert!(close(found.fit.deviance(), number(&case, "reml"), 1e-7));
        let (deviations, sds) = (column("deviation"), column("sd"));
        let (deviation_z, own_z) = (column("deviation_z"), column("own_z"));
        assert_eq!(found.clients.len(), deviations.len());
        for (place, client) in found.clients.iter().enumerate() {
            assert_eq!(f64::from(client.client), column("clients")[place]);
            assert!(close(client.deviation_from_average, deviations[place], ITERATIVE));
            assert!(close(client.standard_error, sds[place], ITERATIVE));
            assert!(close(client.deviation_z, deviation_z[place], 1e-3));
            assert!(close(client.own_z, own_z[place], 1e-3));
        }
        if case["panel"] == "panel-a" {
            let beyond = |class: fn(&alliance_psychometrics::change::ClientGrowth) -> Option<ChangeClass>| {
                found.clients.iter().filter(|client| class(client) != Some(ChangeClass::Unchanged)).count()
            };
            assert_eq!(beyond(|client| client.deviation_class) as f64, number(&case, "beyond_deviation"));
            assert_eq!(beyond(|client| client.own_class) as f64, number(&case, "beyond_own"));
        }
    }
}

#[test]
fn slopes_need_clients_and_sessions() {
    let status = |score: &[f64], time: &[f64], client: &[u32]| {
        growth_change(score, time, client, Direction::HigherIsBetter, 0.95).unwrap().status()
    };
    assert_eq!(status(&[], &[], &[]), Status::AllMissing);
    assert_eq!(status(&[f64::NAN; 2], &[0.0, 1.0], &[1, 2]), Status::AllMissing);
    assert_eq!(status(&[1.0, 2.0, 3.0], &[0.0, 1.0, 2.0], &[1, 1, 1]), Status::TooFewUnits);
    let constant = growth_change(
        &[4.0; 12],
        &[0.0, 1.0, 2.0].repeat(4),
        &[1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4],
        Direction::HigherIsBetter,
        0.95,
    )
    .unwrap();
    assert_eq!(constant.status(), Status::ZeroVariance);
    assert_eq!(constant.count(ChangeClass::Unchanged), 0);
}

/// Trap 6: the reliable change index is no detector of ruptures.
#[test]
fn trap_6_jacobson_truax_flags_most_clients_by_chance() {
    for case in cases("false-alarms") {
        let column = |name: &str| numbers(&case[name]);
        let (reliability, autocorrelation) = (column("reliability"), column("autocorrelation"));
        for place in 0..reliability.len() {
            let (r, phi) = (reliability[place], autocorrelation[place]);
            let found = jacobson_truax_false_alarms(r, number(&case, "icc"), phi, 12, 0.95).unwrap();
            assert!(close(found.per_step, column("step")[place], CLOSED_FORM));
            assert!(close(found.per_client, column("client")[place], CLOSED_FORM));
            assert!((found.expected - 11.0 * found.per_step).abs() < 1e-12);
        }
    }
    let alarms = |r: f64| jacobson_truax_false_alarms(r, 0.65, 0.0, 12, 0.95).unwrap().per_client;
    // A better questionnaire makes it worse.
    assert!(alarms(0.80) < alarms(0.90) && alarms(0.90) < alarms(0.95));
    // On a panel without ruptures, the default flags fewer sessions than the band of measurement.
    let series = Series::of("panel-a");
    let by_default = session_drops(&series.table(), 0, &DropRule::default()).unwrap();
    let measurement = DropRule::default()
        .with_threshold(DropThreshold::Measurement { standard_error_of_measurement: 0.29 })
        .unwrap();
    let by_measurement = session_drops(&series.table(), 0, &measurement).unwrap();
    assert_eq!(by_default.judged, by_measurement.judged);
    assert!(by_measurement.flagged > 2 * by_default.flagged.max(1));
    // And it says so: what fluctuation alone brings, session by session and for whole clients.
    assert!(by_measurement.expected_by_chance > 2.0 * by_default.expected_by_chance);
    assert!(by_measurement.clients_expected_by_chance > 1.5 * by_default.clients_expected_by_chance);
    assert_eq!(jacobson_truax_false_alarms(0.9, 0.65, 0.0, 1, 0.95).unwrap().per_client, 0.0);
}

#[test]
fn drops_agree_with_the_definition() {
    for case in cases("drops") {
        let series = Series::of(case["panel"].as_str().unwrap());
        let rule = DropRule::default()
            .with_threshold(DropThreshold::Fluctuation { prior_degrees: number(&case, "prior") })
            .unwrap();
        let found = session_drops(&series.table(), 0, &rule).unwrap();
        assert_eq!(found.status, Status::Defined);
        assert!(close(found.pooled_standard_deviation.value, number(&case, "pooled"), CLOSED_FORM));
        for (client, expected) in found.clients.iter().zip(numbers(&case["shrunken"])) {
            assert!(close(client.shrunken, expected, CLOSED_FORM));
        }
        assert_eq!(found.judged as f64, number(&case, "judged"));
        let judged = || found.rows.iter().filter(|row| row.is_drop.is_some());
        for (row, expected) in judged().zip(numbers(&case["references"])) {
            assert!(close(row.reference, expected, CLOSED_FORM));
        }
        for (row, expected) in judged().zip(numbers(&case["thresholds"])) {
            assert!(close(row.threshold, expected, CLOSED_FORM));
        }
        let flagged: Vec<f64> = (0..found.rows.len())
            .filter(|row| found.rows[*row].is_drop == Some(true))
            .map(|row| f64::from(series.client[row]) * 100.0 + series.session[row] as f64)
            .collect();
        assert_eq!(flagged, numbers(&case["flagged"]));
        assert_eq!(found.flagged, flagged.len());
        assert!((found.expected_by_chance - 0.05 * found.judged as f64).abs() < 1e-10);
        let by_client: Vec<usize> = found.clients.iter().map(|client| client.judged).collect();
        assert_eq!(by_client.iter().sum::<usize>(), found.judged);
        assert_eq!(found.clients_judged, by_client.iter().filter(|judged| **judged > 0).count());
        let at_least_one: f64 = by_client.iter().map(|judged| 1.0 - 0.95_f64.powi(*judged as i32)).sum();
        assert!((found.clients_expected_by_chance - at_least_one).abs() < 1e-10);
        let with_a_flag = found.clients.iter().filter(|client| client.flagged > 0).count();
        assert_eq!(
            (found.clients_flagged, found.clients.iter().map(|client| client.flagged).sum()),
            (with_a_flag, found.flagged)
        );
    }
}

/// Jacobson and Truax as a rule for drops: each session against the one before, two-sided error of the difference. The
/// flags to expect are those of the formula, also where sessions resemble the one before.
#[test]
fn jacobson_truax_as_a_drop_rule_says_its_false_alarms() {
    let (icc, alpha) = (0.65_f64, 0.90_f64);
    for phi in [0.0, 0.3_f64] {
        let (mut client, mut session, mut score) = (vec![], vec![], vec![]);
        for one in 0..2000 {
            let mut random = Generator::stream(21, u64::from(one));
            let level = icc.sqrt() * random.normal();
            let mut within = random.normal();
            for nth in 1..=12 {
                client.push(one);
                session.push(nth);
                score.push(level + (1.0 - icc).sqrt() * within);
                within = phi * within + (1.0 - phi * phi).sqrt() * random.normal();
            }
        }
        let table = SessionTable::new(&client, &session, &Columns::new(&[&score]).unwrap()).unwrap();
        let error = (1.0 - alpha).sqrt();
        let rule = DropRule::default()
            .with_threshold(DropThreshold::Measurement { standard_error_of_measurement: error })
            .unwrap()
            .with_reference(DropReference::PreviousSession, 1)
            .unwrap()
            .with_confidence(0.975)
            .unwrap();
        let found = session_drops(&table, 0, &rule).unwrap();
        let sample = BaselineSample::new(0.0, 1.0, alpha).unwrap();
        let jacobson =
            ReliableChange::new(ChangeMethod::JacobsonTruax, sample, Direction::HigherIsBetter).unwrap();
        let by_index = (1..score.len())
            .filter(|row| client[*row] == client[row - 1])
            .filter(|row| jacobson.index(score[row - 1], score[*row]) < -jacobson.critical_value())
            .count();
        assert_eq!((found.flagged, found.judged), (by_index, 2000 * 11));
        let said = jacobson_truax_false_alarms(alpha, icc, phi, 12, 0.95).unwrap();
        let difference = (2.0 * (1.0 - icc) * (1.0 - phi)).sqrt();
        assert!((found.successive_difference.value - difference).abs() < 0.01);
        // Each client's own spread, shrunk: where all clients fluctuate alike that gives a little less than the formula.
        assert!((found.expected_by_chance / found.judged as f64 - said.per_step).abs() < 0.008);
        assert!((found.clients_expected_by_chance / 2000.0 - said.per_client).abs() < 0.04);
        assert!((found.flagged as f64 / found.expected_by_chance - 1.0).abs() < 0.05, "{phi}");
    }
}

/// Calm and restless clients together: the flags to expect are those of each client's own spread, not of the pool's.
#[test]
fn flags_by_chance_know_that_clients_differ() {
    let (mut client, mut session, mut score) = (vec![], vec![], vec![]);
    for one in 0..2000 {
        let mut random = Generator::stream(22, u64::from(one));
        let spread = if one % 4 == 0 { 1.0 } else { 0.3 };
        for nth in 1..=12 {
            client.push(one);
            session.push(nth);
            score.push(spread * random.normal());
        }
    }
    let table = SessionTable::new(&client, &session, &Columns::new(&[&score]).unwrap()).unwrap();
    for reference in [DropReference::PreviousSession, DropReference::RunningMean] {
        let rule = DropRule::default()
            .with_threshold(DropThreshold::Practical { points: 1.0 })
            .unwrap()
            .with_reference(reference, 1)
            .unwrap();
        let found = session_drops(&table, 0, &rule).unwrap();
        let ratio = found.flagged as f64 / found.expected_by_chance;
        assert!((0.75..1.1).contains(&ratio), "{ratio}");
        // The pool's spread would say half as many again.
        let pooled = found.successive_difference.value;
        let one_spread = found.judged as f64 * 0.5 * (1.0 - normal_error(1.0 / (pooled * 2.0_f64.sqrt())));
        assert!(reference == DropReference::RunningMean || one_spread > 1.4 * found.flagged as f64);
    }
}

/// The error function, by the trapezoid rule.
fn normal_error(x: f64) -> f64 {
    let step = x / 1000.0;
    let height = |place: u32| (-(f64::from(place) * step).powi(2)).exp();
    let inner: f64 = (1..1000).map(height).sum();
    2.0 / std::f64::consts::PI.sqrt() * step * (inner + 0.5 * (height(0) + height(1000)))
}

/// Trap 8: what comes after a session has no part in its reference.
#[test]
fn trap_8_a_reference_never_holds_later_sessions() {
    let series = Series::of("panel-a");
    let mut changed = series.score.clone();
    for (score, session) in changed.iter_mut().zip(&series.session) {
        if *session > 6 {
            *score += 3.0;
        }
    }
    let table =
        SessionTable::new(&series.client, &series.session, &Columns::new(&[&changed]).unwrap()).unwrap();
    for reference in
        [DropReference::RunningMean, DropReference::RunningMedian, DropReference::PreviousSession]
    {
        let rule = DropRule::default().with_reference(reference, 3).unwrap();
        let one = session_drops(&series.table(), 0, &rule).unwrap();
        let other = session_drops(&table, 0, &rule).unwrap();
        for row in (0..changed.len()).filter(|row| series.session[*row] <= 6) {
            let (one, other) = (one.rows[row], other.rows[row]);
            assert!(one.reference == other.reference || one.reference.is_nan());
            assert_eq!(one.drop.to_bits(), other.drop.to_bits());
        }
    }
}

/// Clients who only fluctuate are flagged about as often as said; differences of sessions by Jacobson-Truax as often as its
/// formula says.
#[test]
fn flags_by_chance_come_as_often_as_said() {
    let (mut client, mut session, mut score) = (vec![], vec![], vec![]);
    let (icc, alpha) = (0.65_f64, 0.90_f64);
    for one in 0..4000 {
        let mut random = Generator::stream(11, u64::from(one));
        let level = icc.sqrt() * random.normal();
        for nth in 1..=12 {
            client.push(one);
            session.push(nth);
            score.push(level + (1.0 - icc).sqrt() * random.normal());
        }
    }
    let table = SessionTable::new(&client, &session, &Columns::new(&[&score]).unwrap()).unwrap();
    let drops = session_drops(&table, 0, &DropRule::default()).unwrap();
    let rate = drops.flagged as f64 / drops.judged as f64;
    // A client's own drop is in their standard deviation too, which takes a little from the nominal 5 %.
    assert!((0.04..0.05).contains(&rate), "{rate}");
    assert!((drops.pooled_standard_deviation.value - 0.35_f64.sqrt()).abs() < 0.005);
    let sample = BaselineSample::new(0.0, 1.0, alpha).unwrap();
    let rule = ReliableChange::new(ChangeMethod::JacobsonTruax, sample, Direction::HigherIsBetter).unwrap();
    let flagged: Vec<bool> =
        score.windows(2).map(|pair| rule.index(pair[0], pair[1]) < -rule.critical_value()).collect();
    let steps: Vec<&[bool]> = flagged.chunks(12).map(|steps| &steps[..11]).collect();
    let said = jacobson_truax_false_alarms(alpha, icc, 0.0, 12, 0.95).unwrap();
    let per_step = steps.iter().map(|steps| steps.iter().filter(|flag| **flag).count()).sum::<usize>();
    assert!((per_step as f64 / (11.0 * 4000.0) - said.per_step).abs() < 0.005);
    // Successive differences are correlated, so that fewer clients are flagged than if they were not.
    let clients = steps.iter().filter(|steps| steps.contains(&true)).count() as f64 / 4000.0;
    assert!(clients > 0.75 && (clients - said.per_client).abs() < 0.08, "{clients}");
}

/// Answers of twelve five-point items by the graded-response model with the parameters of the methods dossier (section
/// G2): therapists, clients, early growth, and sessions that follow each other with correlation .3. No rupture.
fn answers_without_ruptures(clients: u32) -> Vec<[f64; 12]> {
    const DISCRIMINATION: [f64; 12] = [2.2, 2.6, 1.8, 2.4, 2.0, 2.6, 1.6, 2.2, 2.4, 1.8, 2.6, 2.0];
    const SHIFT: [f64; 12] = [-0.3, 0.1, 0.3, 0.0, -0.2, 0.2, 0.4, -0.1, 0.1, -0.4, 0.0, 0.2];
    const THRESHOLDS: [f64; 4] = [-2.6, -1.7, -0.8, 0.5];
    let mut forms = Vec::new();
    for client in 0..clients {
        let of_therapist = 0.05_f64.sqrt() * Generator::stream(13, u64::from(client / 10)).normal();
        let mut random = Generator::stream(12, u64::from(client));
        let level = of_therapist + 0.6_f64.sqrt() * random.normal();
        let (spread, carried) = (0.3_f64.sqrt(), 0.3);
        let mut within = spread * random.normal();
        for session in 0..12 {
            let growth = 0.35 * (1.0 - (-f64::from(session) / 3.0).exp());
            let theta = level + growth + within;
            let answer = |item: usize, uniform: f64| {
                let at_least = |threshold: f64| {
                    1.0 / (1.0 + (-DISCRIMINATION[item] * (theta - threshold - SHIFT[item])).exp())
                };
                1.0 + THRESHOLDS.iter().filter(|threshold| uniform < at_least(**threshold)).count() as f64
            };
            forms.push(std::array::from_fn(|item| answer(item, random.uniform())));
            within = carried * within + spread * (1.0 - carried * carried).sqrt() * random.normal();
        }
    }
    forms
}

/// Trap 6 from items up: with alpha .93 and nothing but fluctuation, Jacobson-Truax flags 13 % of the steps and three
/// quarters of the clients; the change that exceeds usual fluctuation flags 1.4 % and 14 % (methods dossier, C5).
#[test]
fn trap_6_a_good_questionnaire_makes_jacobson_truax_flag_more() {
    let forms = answers_without_ruptures(4000);
    let score: Vec<f64> = forms.iter().map(|form| form.iter().sum::<f64>() / 12.0).collect();
    let first: Vec<&[f64; 12]> = forms.iter().step_by(12).collect();
    let items: Vec<Vec<f64>> = (0..12).map(|item| first.iter().map(|form| form[item]).collect()).collect();
    let columns: Vec<&[f64]> = items.iter().map(Vec::as_slice).collect();
    let form = Form::new(&Columns::new(&columns).unwrap(), Missing::Listwise, Level::OneSession);
    let alpha = form.alpha(AlphaInterval::Feldt, 0.95).unwrap().raw.value;
    let of_first: Vec<f64> = score.iter().step_by(12).copied().collect();
    let mean = of_first.iter().sum::<f64>() / 4000.0;
    let deviation =
        (of_first.iter().map(|score| (score - mean) * (score - mean)).sum::<f64>() / 3999.0).sqrt();
    assert!((alpha - 0.926).abs() < 0.005 && (deviation - 0.75).abs() < 0.02, "{alpha} {deviation}");
    let client: Vec<u32> = (0..4000).flat_map(|client| [client; 12]).collect();
    let session: Vec<i64> = (0..4000).flat_map(|_| 1..=12).collect();
    let table = SessionTable::new(&client, &session, &Columns::new(&[&score]).unwrap()).unwrap();
    let within = session_drops(&table, 0, &DropRule::default()).unwrap().pooled_standard_deviation.value;
    assert!((within - 0.42).abs() < 0.01, "{within}");
    // The same rule, once with error of measurement as its unit, once with usual fluctuation.
    let rates = |standard_error: f64| {
        let reliability = 1.0 - (standard_error / deviation).powi(2);
        let sample = BaselineSample::new(mean, deviation, reliability).unwrap();
        let rule =
            ReliableChange::new(ChangeMethod::JacobsonTruax, sample, Direction::HigherIsBetter).unwrap();
        let is_flagged = |pair: &[f64]| rule.index(pair[0], pair[1]) < -rule.critical_value();
        let flagged: Vec<Vec<bool>> =
            score.chunks(12).map(|own| own.windows(2).map(is_flagged).collect()).collect();
        let steps = flagged.iter().flatten().filter(|flag| **flag).count() as f64 / (4000.0 * 11.0);
        (steps, flagged.iter().filter(|own| own.contains(&true)).count() as f64 / 4000.0)
    };
    let (steps, clients) = rates(deviation * (1.0 - alpha).sqrt());
    assert!((steps - 0.128).abs() < 0.01 && (clients - 0.76).abs() < 0.03, "{steps} {clients}");
    let (steps, clients) = rates(within);
    assert!((steps - 0.014).abs() < 0.004 && (clients - 0.14).abs() < 0.03, "{steps} {clients}");
}

#[test]
fn a_sample_of_pairs_says_what_it_is_like() {
    let nan = f64::NAN;
    let found = ScorePairs::of(&[0.1, 0.1, nan, 0.1], &[4.0, nan, 5.0, 6.0]).unwrap();
    assert_eq!((found.before.count, found.before.mean, found.before.standard_deviation), (3, 0.1, 0.0));
    assert_eq!((found.after.count, found.after.mean, found.after.standard_deviation), (3, 5.0, 1.0));
    assert!(found.pairs == 2 && found.correlation.is_nan());
    let none = ScorePairs::of(&[], &[]).unwrap();
    assert!(none.before.mean.is_nan() && none.before.standard_deviation.is_nan() && none.pairs == 0);
    let one = ScorePairs::of(&[3.0], &[4.0]).unwrap();
    assert!(one.before.mean == 3.0 && one.before.standard_deviation.is_nan() && one.correlation.is_nan());
    assert_eq!(ScorePairs::of(&[1.0], &[]).unwrap_err().code(), "length-mismatch");
    let rows = panel_a();
    let at = |session: usize| -> Vec<f64> {
        rows.iter().filter(|row| row.session == session).map(PanelRow::mean).collect()
    };
    let found = ScorePairs::of(&at(1), &at(8)).unwrap();
    let by_stability = alliance_psychometrics::sessions::stability(&at(1), &at(8), 0.95).unwrap();
    assert!(close(found.correlation, by_stability.correlation.value, CLOSED_FORM));
    assert!(close(found.after.mean - found.before.mean, by_stability.mean_change.value, CLOSED_FORM));
}

#[test]
fn references_and_the_three_thresholds_do_what_they_say() {
    let score = [5.0, 6.0, 1.0, f64::NAN, 5.0, 4.0];
    let table_of = |score: &'static [f64]| {
        SessionTable::new(&[1; 6], &[1, 2, 3, 4, 5, 6], &Columns::new(&[score]).unwrap()).unwrap()
    };
    let table = table_of(Box::leak(Box::new(score)));
    let practical = DropRule::default().with_threshold(DropThreshold::Practical { points: 1.0 }).unwrap();
    for (reference, expected, sessions) in [
        (DropReference::RunningMean, 4.25, 4),
        (DropReference::RunningMedian, 5.0, 4),
        (DropReference::PreviousSession, 5.0, 1),
    ] {
        let rule = practical.clone().with_reference(reference, 2).unwrap();
        let found = session_drops(&table, 0, &rule).unwrap();
        let last = found.rows[5];
        assert_eq!((last.reference, last.sessions, last.threshold), (expected, sessions, 1.0));
        assert_eq!(last.is_drop, Some(expected - 4.0 >= 1.0));
        assert_eq!(found.rows[1].is_drop, None);
        assert_eq!(found.rows[3].is_drop, None);
    }
    let upward = practical.with_direction(Direction::LowerIsBetter);
    let found = session_drops(&table, 0, &upward).unwrap();
    assert!((found.rows[4].drop - 1.0).abs() < 1e-12);
    assert_eq!(found.rows[4].is_drop, Some(true));
}

#[test]
fn drops_of_degenerate_tables_have_a_status() {
    let find = |client: &[u32], score: &[f64]| {
        let session: Vec<i64> = (0..).take(score.len()).collect();
        let table = SessionTable::new(client, &session, &Columns::new(&[score]).unwrap()).unwrap();
        session_drops(&table, 0, &DropRule::default()).unwrap()
    };
    assert_eq!(find(&[], &[]).status, Status::AllMissing);
    assert_eq!(find(&[1, 2], &[4.0, 5.0]).successive_difference.status, Status::TooFewUnits);
    assert_eq!(find(&[1, 1], &[4.0, 4.0]).successive_difference.status, Status::ZeroVariance);
    assert_eq!(find(&[1, 1], &[f64::NAN; 2]).status, Status::AllMissing);
    assert_eq!(find(&[1, 2, 3], &[4.0, 5.0, 6.0]).status, Status::TooFewUnits);
    let constant = find(&[1; 5], &[0.1; 5]);
    assert_eq!(constant.status, Status::ZeroVariance);
    assert_eq!(constant.pooled_standard_deviation.status, Status::ZeroVariance);
    assert!(constant.rows.iter().all(|row| row.is_drop.is_none()));
    let one = find(&[1; 5], &[4.0, 5.0, 4.0, 5.0, 1.0]);
    assert_eq!((one.status, one.flagged), (Status::Defined, 1));
    // A pool from elsewhere serves a single client.
    let score = [4.0; 5];
    let table = SessionTable::new(&[1; 5], &[1, 2, 3, 4, 5], &Columns::new(&[&score]).unwrap()).unwrap();
    let rule = DropRule::default().with_pooled_standard_deviation(0.5).unwrap();
    let found = session_drops(&table, 0, &rule).unwrap();
    assert!((found.clients[0].shrunken - (5.0 * 0.25_f64 / 9.0).sqrt()).abs() < 1e-12);
    assert_eq!((found.judged, found.flagged, found.status), (2, 0, Status::Defined));
}

proptest! {
    /// Shifting and scaling scores with their reference sample changes no index; turning the scale turns its sign.
    #[test]
    fn indices_do_not_depend_on_the_scale(x in 20.0..60.0_f64, y in 20.0..60.0_f64, shift in -50.0..50.0_f64, scale in 0.1..10.0_f64) {
        for (plain, moved) in methods(50.0, 0.8, 7.5, 0.5).into_iter().zip(methods(50.0 * scale + shift, 0.8, 7.5 * scale, 0.5)) {
            let before = BaselineSample::new(40.0 * scale + shift, 7.5 * scale, 0.8).unwrap();
            let rule = ReliableChange::new(moved, before, Direction::HigherIsBetter).unwrap();
            let (one, other) = (worked(plain).index(x, y), rule.index(x * scale + shift, y * scale + shift));
            prop_assert!((one - other).abs() < 1e-8);
        }
    }

    /// Neither the order of the rows nor the names of clients matter, nor a shift of all scores.
    #[test]
    fn drops_do_not_depend_on_order_or_names(turn in 0_usize..480, shift in -4_i32..4) {
        let series = Series::of("panel-a");
        let place = |row: usize| (row * 7 + turn) % 480;
        let pick = |row: usize| place(row);
        let client: Vec<u32> = (0..480).map(|row| 1000 - series.client[pick(row)]).collect();
        let session: Vec<i64> = (0..480).map(|row| series.session[pick(row)] * 3 - 20).collect();
        let score: Vec<f64> = (0..480).map(|row| series.score[pick(row)] + f64::from(shift)).collect();
        let table = SessionTable::new(&client, &session, &Columns::new(&[&score]).unwrap()).unwrap();
        let moved = session_drops(&table, 0, &DropRule::default()).unwrap();
        let plain = session_drops(&series.table(), 0, &DropRule::default()).unwrap();
        prop_assert_eq!(moved.flagged, plain.flagged);
        for row in 0..480 {
            prop_assert_eq!(moved.rows[row].is_drop, plain.rows[pick(row)].is_drop);
        }
    }

    /// Whatever is missing, however few or equal the values: an answer, and counts that fit.
    #[test]
    fn gaps_and_ties_never_panic(values in proptest::collection::vec(proptest::option::of(0_u8..4), 0..40), clients in 1_u32..5, which in 0_usize..3) {
        let score: Vec<f64> = values.iter().map(|value| value.map_or(f64::NAN, f64::from)).collect();
        let client: Vec<u32> = (0..score.len() as u32).map(|row| row % clients).collect();
        let session: Vec<i64> = (0..score.len() as i64).collect();
        let table = SessionTable::new(&client, &session, &Columns::new(&[&score]).unwrap()).unwrap();
        let reference = [DropReference::RunningMean, DropReference::RunningMedian, DropReference::PreviousSession][which];
        let rule = DropRule::default().with_reference(reference, 1).unwrap();
        let found = session_drops(&table, 0, &rule).unwrap();
        prop_assert_eq!(found.judged, found.rows.iter().filter(|row| row.is_drop.is_some()).count());
        prop_assert_eq!(found.flagged, found.rows.iter().filter(|row| row.is_drop == Some(true)).count());
        prop_assert_eq!(found.judged > 0, found.status == Status::Defined);
        let time: Vec<f64> = session.iter().map(|session| *session as f64).collect();
        let growth = growth_change(&score, &time, &client, Direction::HigherIsBetter, 0.95).unwrap();
        prop_assert!(growth.clients.iter().all(|client| client.own_class.is_none() || client.rows >= 3));
        let assessed = worked(ChangeMethod::JacobsonTruax).assess(&score, &score).unwrap();
        prop_assert_eq!(assessed.count(ChangeClass::Unchanged), values.iter().flatten().count());
    }
}
