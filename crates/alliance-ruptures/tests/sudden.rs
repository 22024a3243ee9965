//! Sudden gains and losses: reference numbers, counter-examples, properties.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::path::PathBuf;

use alliance_ruptures::Orientation;
use alliance_ruptures::sudden::{
    Choose, Compat, Criterion, CriticalT, IntervalCounts, ProportionStatus, Reversed, ShiftDirection,
    Stability, SuddenOptions, SuddenRule, SuddenShift, SuddenShifts, Unassessable, reliable_change_cutoff,
};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

fn vectors() -> Value {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests");
    let text = fs::read_to_string(folder.join("vectors/sudden-gains.json")).unwrap();
    let vectors: Value = serde_json::from_str(&text).unwrap();
    let script = folder.join("..").join(vectors["script"].as_str().unwrap());
    assert!(script.exists(), "{} has no script that made it", script.display());
    vectors
}

fn case<'a>(vectors: &'a Value, id: &str) -> &'a Value {
    vectors["cases"].as_array().unwrap().iter().find(|case| case["id"] == id).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

/// Scores of a case, one row per person.
fn rows(vectors: &Value, case: &Value) -> Vec<Vec<f64>> {
    let table = |name: &str, from: usize| -> Vec<Vec<f64>> {
        let rows = vectors["data"][name].as_array().unwrap();
        rows.iter().map(|row| row.as_array().unwrap()[from..].iter().map(number).collect()).collect()
    };
    match case["data"].as_str() {
        Some("bdi-sessions") => table("bdi", 1),
        Some(name) => table(name, 0),
        None => {
            let rows = case["scores"].as_array().unwrap();
            rows.iter().map(|row| row.as_array().unwrap().iter().map(number).collect()).collect()
        }
    }
}

fn rule(case: &Value) -> SuddenRule {
    let given = &case["rule"];
    let decimal = |name: &str| given[name].as_str().map(|text| text.parse().unwrap());
    let direction = if given["direction"] == "gain" { ShiftDirection::Gain } else { ShiftDirection::Loss };
    let orientation = if given["orientation"] == "lower" {
        Orientation::LowerIsBetter
    } else {
        Orientation::HigherIsBetter
    };
    let mut options = SuddenOptions::new(direction, orientation, decimal("cutoff"));
    options.proportion = decimal("proportion");
    options.best_score = decimal("best");
    options.stability = match given["stability"].as_str().unwrap() {
        "tang-derubeis" => Stability::TangDeRubeis,
        "true-t" => Stability::TrueT,
        "gaynor-2003" => Stability::Gaynor2003,
        "kelly-2005" => Stability::Kelly2005,
        "off" => Stability::Off,
        other => panic!("unknown stability {other}"),
    };
    options.critical = match decimal("constant") {
        Some(value) => CriticalT::Constant(value),
        None => CriticalT::Adjusted { alpha: number(&given["alpha"]) },
    };
    options.baseline_first = given["baseline_first"].as_bool().unwrap();
    options.compat = if given["mode"] == "compat" { Compat::SuddenGains072 } else { Compat::Corrected };
    SuddenRule::new(options).unwrap()
}

fn sign_of(criterion: Criterion) -> char {
    match criterion {
        Criterion::Off => '-',
        Criterion::Met => '1',
        Criterion::NotMet => '0',
        Criterion::NotAssessable(_) => '?',
    }
}

fn criteria(found: &SuddenShifts) -> [String; 4] {
    let text = |of: fn(&alliance_ruptures::sudden::Interval) -> Criterion| {
        found.intervals.iter().map(|interval| sign_of(of(interval))).collect()
    };
    [text(|of| of.size), text(|of| of.proportion), text(|of| of.stability), text(|of| of.verdict)]
}

fn assert_close(found: f64, expected: &Value, what: &str) {
    let expected = number(expected);
    let same =
        found.is_nan() && expected.is_nan() || (found - expected).abs() <= 1e-9 * expected.abs().max(1.0);
    assert!(same, "{what}: {found} instead of {expected}");
}

fn assert_event(found: &SuddenShift, expected: &Value, what: &str) {
    assert_eq!(found.session as u64, expected["session"].as_u64().unwrap(), "{what}");
    assert_eq!(found.post, found.session + 1);
    for k in 0..3 {
        assert_close(found.before[k], &expected["before"][k], what);
        assert_close(found.after[k], &expected["after"][k], what);
    }
    assert_close(found.magnitude, &expected["magnitude"], what);
    assert_close(found.change_proportion, &expected["change_proportion"], what);
    let undefined =
        !matches!(found.proportion_status, ProportionStatus::Defined | ProportionStatus::OppositeChange);
    assert_eq!(undefined, expected["change_proportion"].is_null(), "{what}");
    assert_close(found.reversal_value, &expected["reversal_value"], what);
    let reversed = match found.reversed {
        Reversed::Yes => "yes",
        Reversed::No => "no",
        Reversed::NotObserved => "not-observed",
    };
    assert_eq!(reversed, expected["reversed"], "{what}");
}

const CHOICES: [Choose; 4] = [Choose::First, Choose::Last, Choose::Smallest, Choose::Largest];

#[test]
fn every_interval_and_event_agrees_with_the_vectors() {
    let vectors = vectors();
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 50);
    let mut found = SuddenShifts::default();
    for case in cases {
        let id = case["id"].as_str().unwrap();
        let rule = rule(case);
        let mut counts = IntervalCounts::default();
        let (mut events, mut people, mut several, mut reversals) = (0, 0, 0, 0);
        let each = case["each"].as_array().unwrap();
        let rows = rows(&vectors, case);
        assert_eq!(rows.len(), each.len());
        for (person, (scores, expected)) in rows.iter().zip(each).enumerate() {
            let what = format!("{id}, row {person}");
            rule.detect_into(scores, &mut found);
            let signs: Vec<&str> =
                expected["criteria"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
            assert_eq!(criteria(&found).as_slice(), signs, "{what}");
            let list = expected["events"].as_array().unwrap();
            assert_eq!(found.events.len(), list.len(), "{what}");
            for (event, expected) in found.events.iter().zip(list) {
                assert_event(event, expected, &what);
            }
            for (k, choose) in CHOICES.into_iter().enumerate() {
                let chosen = found.chosen(choose).map(|event| event.session as u64);
                assert_eq!(chosen, expected["chosen"][k].as_u64(), "{what}, {choose:?}");
            }
            counts += found.counts;
            events += found.events.len();
            people += usize::from(!found.events.is_empty());
            several += usize::from(found.events.len() > 1);
            reversals += found.events.iter().filter(|event| event.reversed == Reversed::Yes).count();
        }
        let expected = |name: &str| case[name].as_u64().unwrap() as usize;
        assert_eq!(
            (counts.total, counts.testable, counts.available),
            (expected("total"), expected("testable"), expected("available")),
            "{id}"
        );
        assert_eq!(
            (events, people, several, reversals),
            (expected("events"), expected("people"), expected("several"), expected("reversals")),
            "{id}"
        );
    }
}

/// The figures that the package's tests and the dossier print, typed here once more.
#[test]
fn printed_figures_of_sgdata() {
    let vectors = vectors();
    let printed = [
        ("default", 24),
        ("criterion-3-off", 30),
        ("criterion-1-off", 30),
        ("criterion-2-off", 26),
        ("constant", 26),
        ("cutoff-5", 29),
        ("alpha-01", 17),
        ("baseline", 26),
        ("losses", 3),
    ];
    for (name, events) in printed {
        for mode in ["", "-compat"] {
            assert_eq!(case(&vectors, &format!("sgdata-{name}{mode}"))["events"], events, "{name}{mode}");
        }
    }
    assert_eq!(case(&vectors, "sgdata-true-t")["events"], 27);

    let default = case(&vectors, "sgdata-default-compat");
    let rule = rule(default);
    let gains: Vec<SuddenShifts> = rows(&vectors, default).iter().map(|row| rule.detect(row)).collect();
    let sizes: Vec<f64> =
        gains.iter().flat_map(|person| &person.events).map(|event| event.magnitude).collect();
    let mean = sizes.iter().sum::<f64>() / sizes.len() as f64;
    let squares: f64 = sizes.iter().map(|size| (size - mean).powi(2)).sum();
    assert_eq!((sizes.len(), format!("{mean:.2}").as_str()), (24, "11.00"));
    assert_eq!(format!("{:.2}", (squares / 23.0).sqrt()), "3.43");
    // By person, earliest gain: 3 of 15 reversed, mean size 11.4.
    let first: Vec<&SuddenShift> = gains.iter().filter_map(|person| person.chosen(Choose::First)).collect();
    assert_eq!(first.len(), 15);
    assert_eq!(first.iter().filter(|event| event.reversed == Reversed::Yes).count(), 3);
    let mean = first.iter().map(|event| event.magnitude).sum::<f64>() / 15.0;
    assert!((mean - 11.4).abs() < 1e-12);
}

#[test]
fn critical_values_and_reliable_change_agree() {
    let vectors = vectors();
    for row in vectors["critical_t"].as_array().unwrap() {
        let (alpha, freedom, t) = (number(&row[0]), row[1].as_u64().unwrap() as usize, number(&row[2]));
        // The criterion turns from not met to met where the shift passes t times the pooled SD.
        let mut options = SuddenOptions::new(ShiftDirection::Gain, Orientation::LowerIsBetter, None);
        options.proportion = None;
        options.critical = CriticalT::Adjusted { alpha };
        let rule = SuddenRule::new(options).unwrap();
        let spread: [f64; 3] = [10.0, 12.0, 11.0];
        let (before, after) = (if freedom == 4 { 3 } else { 2 }, if freedom >= 3 { 3 } else { 2 });
        // 10, 12 and 10, 12, 11 both have squares of 2 about their mean, and the mean 11.
        let limit = t * (4.0 / freedom as f64).sqrt();
        for (factor, met) in [(1.0 - 1e-8, false), (1.0 + 1e-8, true)] {
            let mut scores = vec![f64::NAN; 6];
            for k in 0..before {
                scores[2 - k] = spread[k];
            }
            for k in 0..after {
                scores[3 + k] = spread[k] - limit * factor;
            }
            let interval = rule.detect(&scores).intervals[1];
            assert_eq!(interval.stability.is_met(), met, "alpha {alpha}, {freedom} degrees, {factor}");
        }
    }
    for row in vectors["cutoffs"].as_array().unwrap() {
        let found = reliable_change_cutoff(number(&row["sd"]), number(&row["reliability"])).unwrap();
        assert_close(found.standard_error_of_measurement, &row["sem"], "SEM");
        assert_close(found.standard_error_of_difference, &row["difference"], "SE of the difference");
        assert_close(found.cutoff, &row["cutoff"], "cut-off");
    }
    let found = reliable_change_cutoff(10.5, 0.961).unwrap();
    assert!((found.standard_error_of_measurement - 2.0736).abs() < 5e-5);
    assert!((found.standard_error_of_difference - 2.9325).abs() < 5e-5);
    assert!((found.cutoff - 5.7477).abs() < 5e-5);
    for (sd, reliability) in [(0.0, 0.5), (f64::NAN, 0.5), (f64::INFINITY, 0.5), (1.0, 1.1), (1.0, f64::NAN)]
    {
        assert_eq!(reliable_change_cutoff(sd, reliability).unwrap_err().code(), "invalid-option");
    }
}

#[test]
fn reasons_are_given() {
    let nan = f64::NAN;
    let options = SuddenOptions::new(ShiftDirection::Gain, Orientation::LowerIsBetter, Some(7.0));
    let verdicts = |options: SuddenOptions, scores: &[f64]| {
        let found = SuddenRule::new(options).unwrap().detect(scores);
        found.intervals.iter().map(|interval| interval.verdict).collect::<Vec<_>>()
    };
    let cannot = Criterion::NotAssessable;
    assert_eq!(verdicts(options, &[30.0, nan, 10.0, 10.0]), [cannot(Unassessable::BeforeMissing)]);
    assert_eq!(verdicts(options, &[30.0, 30.0, nan, 10.0]), [cannot(Unassessable::AfterMissing)]);
    assert_eq!(verdicts(options, &[nan, 30.0, 10.0, 10.0]), [cannot(Unassessable::TooFewBefore)]);
    assert_eq!(verdicts(options, &[30.0, 30.0, 10.0, nan]), [cannot(Unassessable::TooFewAfter)]);
    // Too small a change is none, whatever cannot be seen.
    assert_eq!(verdicts(options, &[30.0, 30.0, 29.0, nan]), [Criterion::NotMet]);
    assert_eq!(verdicts(options, &[-30.0, -30.0, -50.0, -50.0]), [cannot(Unassessable::BeyondBestScore)]);

    let mut kelly = options;
    kelly.stability = Stability::Kelly2005;
    let found = SuddenRule::new(kelly).unwrap().detect(&[5.4; 6]);
    assert!(found.intervals.iter().all(|interval| interval.stability == cannot(Unassessable::NoSpread)));
    let mut gaynor = options;
    gaynor.stability = Stability::Gaynor2003;
    assert_eq!(verdicts(gaynor, &[30.0, 30.0, 10.0, 10.0]), [cannot(Unassessable::TooFewAfter)]);
    // More than half is lost in N + 2: N + 3 does not matter any more.
    assert_eq!(verdicts(gaynor, &[30.0, 30.0, 10.0, 20.5]), [Criterion::NotMet]);
    assert!(verdicts(gaynor, &[30.0, 30.0, 10.0, 20.0, 20.0])[0].is_met());
}

#[test]
fn options_outside_their_range_are_refused() {
    type Change<'a> = &'a dyn Fn(&mut SuddenOptions);
    let lower = SuddenOptions::new(ShiftDirection::Gain, Orientation::LowerIsBetter, Some(7.0));
    let refused: [(&str, Change); 17] = [
        ("cutoff", &|of| of.cutoff = Some(0.0)),
        ("cutoff", &|of| of.cutoff = Some(-7.0)),
        ("cutoff", &|of| of.cutoff = Some(f64::NAN)),
        ("cutoff", &|of| (of.cutoff, of.proportion, of.stability) = (None, None, Stability::Off)),
        ("proportion", &|of| of.proportion = Some(25.0)),
        ("proportion", &|of| of.proportion = Some(0.0)),
        ("proportion", &|of| of.proportion = Some(f64::NAN)),
        ("best_score", &|of| of.best_score = Some(f64::INFINITY)),
        ("best_score", &|of| of.orientation = Orientation::HigherIsBetter),
        ("critical", &|of| of.critical = CriticalT::Adjusted { alpha: 0.0 }),
        ("critical", &|of| of.critical = CriticalT::Adjusted { alpha: 5.0 }),
        ("critical", &|of| of.critical = CriticalT::Adjusted { alpha: f64::NAN }),
        ("critical", &|of| of.critical = CriticalT::Constant(0.0)),
        ("critical", &|of| of.critical = CriticalT::Constant(f64::INFINITY)),
        ("compat", &|of| (of.compat, of.stability) = (Compat::SuddenGains072, Stability::TrueT)),
        ("compat", &|of| (of.compat, of.best_score) = (Compat::SuddenGains072, Some(0.0))),
        ("compat", &|of| {
            of.compat = Compat::SuddenGains072;
            (of.orientation, of.proportion) = (Orientation::HigherIsBetter, None);
        }),
    ];
    for (k, (option, change)) in refused.into_iter().enumerate() {
        let mut options = lower;
        change(&mut options);
        let error = SuddenRule::new(options).unwrap_err();
        assert_eq!(error.code(), "invalid-option");
        assert!(error.to_string().starts_with(option), "{k}: {error}");
    }
}

/// A rule of every kind, criterion 2 only where it can be.
fn any_rule() -> impl Strategy<Value = SuddenRule> {
    let stability = prop_oneof![
        4 => Just(Stability::TangDeRubeis),
        1 => Just(Stability::TrueT),
        1 => Just(Stability::Gaynor2003),
        1 => Just(Stability::Kelly2005),
        1 => Just(Stability::Off),
    ];
    let critical = prop_oneof![
        Just(CriticalT::default()),
        Just(CriticalT::Adjusted { alpha: 0.2 }),
        Just(CriticalT::Constant(1.0)),
    ];
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (stability, critical, flags, 1..8_u8).prop_filter_map(
        "no criterion, or one that the program does not have",
        |(stability, critical, (loss, higher, proportion, compat, baseline_first), cutoff)| {
            let direction = if loss { ShiftDirection::Loss } else { ShiftDirection::Gain };
            let orientation = if higher { Orientation::HigherIsBetter } else { Orientation::LowerIsBetter };
            let mut options =
                SuddenOptions::new(direction, orientation, (cutoff > 1).then(|| f64::from(cutoff)));
            options.proportion = proportion.then_some(0.25);
            options.best_score = higher.then_some(20.0);
            options.stability = stability;
            options.critical = critical;
            options.baseline_first = baseline_first;
            options.compat = if compat { Compat::SuddenGains072 } else { Compat::Corrected };
            SuddenRule::new(options).ok()
        },
    )
}

/// Whole scores from 0 to 20 in plateaus, so that shifts occur; some missing.
fn any_series() -> impl Strategy<Value = Vec<f64>> {
    let score = (0..=20_u8, -2..=2_i8, 0..8_u8, 1..5_usize);
    vec(score, 0..8).prop_map(|plateaus| {
        let mut scores = Vec::new();
        for (level, noise, missing, length) in plateaus {
            for k in 0..length {
                let score = (f64::from(level) + f64::from(noise) * (k % 2) as f64).clamp(0.0, 20.0);
                scores.push(if missing == k as u8 { f64::NAN } else { score });
            }
        }
        scores
    })
}

/// The sessions of the shifts and what is said about each, with scores left out.
fn said(found: &SuddenShifts) -> Vec<(usize, u64, Reversed)> {
    // Magnitudes in 1e-9 points: those of whole scores do not depend on where the scale begins.
    let points = |shift: &SuddenShift| (shift.magnitude.abs() * 1e9).round() as u64;
    found.events.iter().map(|shift| (shift.session, points(shift), shift.reversed)).collect()
}

fn with(rule: &SuddenRule, change: impl Fn(&mut SuddenOptions)) -> SuddenRule {
    let mut options = *rule.options();
    change(&mut options);
    SuddenRule::new(options).unwrap()
}

proptest! {
    #[test]
    fn no_input_panics_and_no_event_lacks_a_number(
        rule in any_rule(),
        scores in vec(prop_oneof![
            4 => (0..=20_u8).prop_map(f64::from),
            2 => Just(f64::NAN),
            1 => -1e9..1e9_f64,
            1 => prop_oneof![Just(1e300), Just(-1e300), Just(f64::MIN_POSITIVE), Just(f64::INFINITY), Just(f64::MAX), Just(f64::MIN)],
        ], 0..12),
    ) {
        let found = rule.detect(&scores);
        prop_assert_eq!(found.intervals.len(), scores.len().saturating_sub(3));
        prop_assert!(found.counts.available <= found.intervals.len());
        for event in &found.events {
            // A missing score never makes a shift.
            prop_assert!(scores[event.session].is_finite() && scores[event.post].is_finite());
            prop_assert!(!event.magnitude.is_nan() && !event.reversal_value.is_nan());
            if rule.options().compat == Compat::Corrected {
                prop_assert!(event.magnitude > 0.0);
            }
        }
        for interval in &found.intervals {
            prop_assert!(interval.verdict != Criterion::Off);
            let shifts = found.events.iter().filter(|event| event.session == interval.session).count();
            prop_assert_eq!(shifts, usize::from(interval.verdict.is_met()));
        }
        for choose in CHOICES {
            prop_assert_eq!(found.chosen(choose).is_none(), found.events.is_empty());
        }
    }

    #[test]
    fn short_and_empty_series_have_no_shift(rule in any_rule(), sessions in 0..=6_usize, score in 0..=20_u8) {
        prop_assert!(rule.detect(&vec![f64::NAN; sessions]).events.is_empty());
        let constant = rule.detect(&vec![f64::from(score) / 12.0; sessions]);
        // The program calls a score that stays at 0 a fall of a quarter of 0, and has no other criterion to object.
        if rule.options().compat == Compat::Corrected {
            prop_assert!(constant.events.is_empty());
        }
        if sessions < 4 {
            prop_assert!(constant.intervals.is_empty());
        }
    }

    /// A gain on one scale is a loss of the same scores read the other way round, and a gain of the reflected ones.
    #[test]
    fn gains_and_losses_mirror_each_other(rule in any_rule(), scores in any_series()) {
        let rule = with(&rule, |of| {
            of.compat = Compat::Corrected;
            of.cutoff = of.cutoff.or(Some(1.0));
            of.proportion = None;
        });
        let turned = |orientation| match orientation {
            Orientation::HigherIsBetter => Orientation::LowerIsBetter,
            Orientation::LowerIsBetter => Orientation::HigherIsBetter,
        };
        let opposite = |direction| match direction {
            ShiftDirection::Gain => ShiftDirection::Loss,
            ShiftDirection::Loss => ShiftDirection::Gain,
        };
        let expected = said(&rule.detect(&scores));
        let relabelled = with(&rule, |of| {
            of.direction = opposite(of.direction);
            of.orientation = turned(of.orientation);
        });
        prop_assert_eq!(&said(&relabelled.detect(&scores)), &expected);
        let reflected: Vec<f64> = scores.iter().map(|score| 20.0 - score).collect();
        let other_scale = with(&rule, |of| of.orientation = turned(of.orientation));
        prop_assert_eq!(&said(&other_scale.detect(&reflected)), &expected);
        let other_direction = with(&rule, |of| of.direction = opposite(of.direction));
        prop_assert_eq!(&said(&other_direction.detect(&reflected)), &expected);
    }

    /// With the best score reflected too, so does criterion 2.
    #[test]
    fn the_best_score_makes_criterion_2_reflect(rule in any_rule(), scores in any_series()) {
        let lower = with(&rule, |of| {
            of.compat = Compat::Corrected;
            of.proportion = Some(0.25);
            of.orientation = Orientation::LowerIsBetter;
            of.best_score = None;
        });
        let higher = with(&lower, |of| {
            of.orientation = Orientation::HigherIsBetter;
            of.best_score = Some(20.0);
        });
        let reflected: Vec<f64> = scores.iter().map(|score| 20.0 - score).collect();
        let (lower, higher) = (lower.detect(&scores), higher.detect(&reflected));
        prop_assert_eq!(said(&lower), said(&higher));
        prop_assert_eq!(lower.intervals, higher.intervals);
    }

    #[test]
    fn a_constant_added_to_all_scores_changes_nothing(rule in any_rule(), scores in any_series(), by in -1000..1000_i32) {
        let rule = with(&rule, |of| {
            of.compat = Compat::Corrected;
            of.cutoff = of.cutoff.or(Some(1.0));
            of.proportion = None;
        });
        let moved: Vec<f64> = scores.iter().map(|score| score + f64::from(by)).collect();
        let (here, there) = (rule.detect(&scores), rule.detect(&moved));
        prop_assert_eq!(said(&here), said(&there));
        prop_assert_eq!(here.intervals, there.intervals);
    }

    /// The same scores as item means of twelve items: rounding does not move a verdict.
    #[test]
    fn item_means_say_what_sums_say(rule in any_rule(), scores in any_series()) {
        let sums = with(&rule, |of| of.compat = Compat::Corrected);
        let means = with(&sums, |of| {
            of.cutoff = of.cutoff.map(|cutoff| cutoff / 12.0);
            of.best_score = of.best_score.map(|best| best / 12.0);
        });
        let divided: Vec<f64> = scores.iter().map(|score| score / 12.0).collect();
        prop_assert_eq!(sums.detect(&scores).intervals, means.detect(&divided).intervals);
    }

    /// The two modes differ only where they are said to.
    #[test]
    fn corrected_gains_are_those_of_the_program(rule in any_rule(), scores in any_series()) {
        let corrected = with(&rule, |of| {
            of.compat = Compat::Corrected;
            (of.direction, of.orientation) = (ShiftDirection::Gain, Orientation::LowerIsBetter);
            of.best_score = None;
            of.cutoff = of.cutoff.or(Some(1.0));
            if of.stability != Stability::Off {
                of.stability = Stability::TangDeRubeis;
            }
        });
        let compat = with(&corrected, |of| of.compat = Compat::SuddenGains072);
        let (corrected, compat) = (corrected.detect(&scores), compat.detect(&scores));
        let sessions = |found: &SuddenShifts| found.events.iter().map(|event| event.session).collect::<Vec<_>>();
        prop_assert_eq!(sessions(&corrected), sessions(&compat));
    }
}
