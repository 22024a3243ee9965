//! Control charts against a second implementation in Python, a slow twin, and what must hold for any series.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::PathBuf;

use alliance_ruptures::Orientation::{self, HigherIsBetter, LowerIsBetter};
use alliance_ruptures::charts::{
    AnhojOptions, AnhojRuns, Autocorrelation, Baseline, ChartFitter, ChartOptions, CusumOptions,
    EwmaExponent, EwmaOptions, Gaps, IndividualsChart, NotAssessable, RunRule, RunRules, RunSignal,
    SigmaMethod, TrendAdjustment, anhoj_runs,
};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

const TOLERANCE: f64 = 1e-9;

fn vectors() -> Value {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests");
    let text = fs::read_to_string(folder.join("vectors/control-charts.json")).unwrap();
    let vectors: Value = serde_json::from_str(&text).unwrap();
    let script = folder.join("..").join(vectors["script"].as_str().unwrap());
    assert!(script.exists(), "{} has no script that made it", script.display());
    vectors
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|number| number.as_f64().unwrap_or(f64::NAN)).collect()
}

fn sessions(list: &Value) -> Vec<usize> {
    list.as_array().unwrap().iter().map(|session| session.as_u64().unwrap() as usize).collect()
}

fn gaps(name: &Value) -> Gaps {
    if name == "bridge" { Gaps::Bridge } else { Gaps::BreakPair }
}

fn options(case: &Value) -> ChartOptions {
    let stated = &case["options"];
    let baseline = match stated["baseline"].as_u64() {
        None => Baseline::AllObserved,
        Some(count) => Baseline::FirstObserved(count as usize),
    };
    let sigma = match stated["sigma"].as_str().unwrap() {
        "mean" => SigmaMethod::MeanMovingRange,
        "screened" => SigmaMethod::ScreenedMovingRange,
        _ => SigmaMethod::MedianMovingRange,
    };
    let trend = match stated["trend"].as_str().unwrap() {
        "none" => TrendAdjustment::None,
        "ols" => TrendAdjustment::Ols,
        _ => TrendAdjustment::TheilSen,
    };
    let autocorrelation =
        if stated["autocorrelation"] == true { Autocorrelation::Correct } else { Autocorrelation::Ignore };
    ChartOptions::default()
        .with_baseline(baseline)
        .unwrap()
        .with_min_sessions(stated["min_sessions"].as_u64().unwrap() as usize)
        .unwrap()
        .with_sigma(sigma)
        .with_gaps(gaps(&stated["gaps"]))
        .with_trend(trend)
        .with_autocorrelation(autocorrelation)
}

fn orientation(case: &Value) -> Orientation {
    if case["options"]["orientation"] == "higher" { HigherIsBetter } else { LowerIsBetter }
}

fn pair(list: &Value) -> (f64, f64) {
    let number = |position: usize| list[position].as_str().unwrap().parse().unwrap();
    (number(0), number(1))
}

fn close(found: f64, expected: f64) -> bool {
    (found.is_nan() && expected.is_nan()) || (found - expected).abs() <= TOLERANCE * expected.abs().max(1.0)
}

fn assert_close(found: &[f64], expected: &[f64], place: &str) {
    assert_eq!(found.len(), expected.len(), "{place}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(close(*found, *expected), "{place}: {found} {expected}");
    }
}

fn all_rules() -> RunRules {
    RunRule::ALL.into_iter().fold(RunRules::none(), RunRules::with)
}

#[test]
fn charts_agree_with_the_python_twin() {
    let (mut charts, mut without) = (0, 0);
    for case in vectors()["cases"].as_array().unwrap() {
        let place = case["id"].as_str().unwrap();
        let scores = numbers(&case["scores"]);
        let chart = match IndividualsChart::new(&scores, &options(case)) {
            Ok(chart) => chart,
            Err(reason) => {
                assert_eq!(case["not_assessable"], reason.code(), "{place}");
                without += 1;
                continue;
            }
        };
        assert!(case.get("not_assessable").is_none(), "{place}");
        charts += 1;
        let worse = orientation(case);
        let observed = case["baseline_sessions"].as_u64().unwrap() as usize;
        assert_eq!(chart.baseline_sessions(), observed, "{place}");
        assert_eq!(chart.is_provisional(), observed < 12, "{place}");
        assert_eq!(
            chart.moving_range_count() as u64,
            case["moving_range_count"].as_u64().unwrap(),
            "{place}"
        );
        for (name, found) in [
            ("slope", chart.slope()),
            ("sigma", chart.sigma()),
            ("autocorrelation", chart.autocorrelation()),
            ("moving_range_estimate", chart.moving_range_estimate()),
            ("moving_range_limit", chart.moving_range_limit()),
        ] {
            assert!(close(found, case[name].as_f64().unwrap()), "{place} {name}: {found} {}", case[name]);
        }
        let centre: Vec<f64> = (0..scores.len()).map(|session| chart.centre(session)).collect();
        assert_close(&centre, &numbers(&case["centre"]), place);
        assert_close(chart.moving_ranges(), &numbers(&case["moving_ranges"]), place);
        assert_eq!(chart.moving_range_signals(), sessions(&case["moving_range_signals"]), "{place}");
        for multiple in ["0", "1", "2", "3"] {
            let found = chart.beyond(multiple.parse().unwrap(), worse).unwrap();
            assert_eq!(found, sessions(&case["beyond"][multiple]), "{place} beyond {multiple}");
        }

        let rules = all_rules().with_gaps(gaps(&case["options"]["run_gaps"]));
        let signals = chart.run_rules(&rules, worse);
        for rule in RunRule::ALL {
            let found: Vec<usize> =
                signals.iter().filter(|signal| signal.rule == rule).map(|signal| signal.session).collect();
            let expected = case["runs"].get(rule.name()).map_or(Vec::new(), sessions);
            assert_eq!(found, expected, "{place} {}", rule.name());
        }

        let (k, h) = pair(&case["options"]["cusum"]);
        let cusum = chart.cusum(&CusumOptions::new(k, h).unwrap(), worse);
        assert_close(&cusum.path, &numbers(&case["cusum"]["path"]), place);
        let found: Vec<Vec<usize>> =
            cusum.signals.iter().map(|signal| vec![signal.session, signal.onset]).collect();
        let expected: Vec<Vec<usize>> =
            case["cusum"]["signals"].as_array().unwrap().iter().map(sessions).collect();
        assert_eq!(found, expected, "{place} cusum");

        let (lambda, width) = pair(&case["options"]["ewma"]);
        let elapsed = case["options"]["exponent"] == "elapsed";
        let exponent = if elapsed { EwmaExponent::Elapsed } else { EwmaExponent::Observed };
        let ewma = chart.ewma(&EwmaOptions::new(lambda, width).unwrap().with_exponent(exponent), worse);
        assert_close(&ewma.path, &numbers(&case["ewma"]["path"]), place);
        let lower: Vec<f64> = ewma.limits.iter().map(|limits| limits.lower).collect();
        let upper: Vec<f64> = ewma.limits.iter().map(|limits| limits.upper).collect();
        assert_close(&lower, &numbers(&case["ewma"]["lower"]), place);
        assert_close(&upper, &numbers(&case["ewma"]["upper"]), place);
        assert_eq!(ewma.signals, sessions(&case["ewma"]["signals"]), "{place} ewma");
    }
    assert!(charts > 100 && without > 10, "{charts} charts, {without} without");
}

#[test]
fn anhoj_runs_agree_with_the_python_twin() {
    let vectors = vectors();
    for case in vectors["cases"].as_array().unwrap() {
        let place = case["id"].as_str().unwrap();
        let expected = &case["anhoj"];
        let found = anhoj_runs(&numbers(&case["scores"]), orientation(case), &AnhojOptions::default());
        let runs = match found {
            Ok(runs) => runs,
            Err(reason) => {
                assert_eq!(expected["not_assessable"], reason.code(), "{place}");
                continue;
            }
        };
        assert!(close(runs.median, expected["median"].as_f64().unwrap()), "{place}");
        for (name, found) in [
            ("useful", runs.useful),
            ("longest_run", runs.longest_run),
            ("longest_worse_run", runs.longest_worse_run),
            ("longest_run_limit", runs.longest_run_limit),
            ("crossings", runs.crossings),
            ("crossings_limit", runs.crossings_limit),
        ] {
            assert_eq!(Some(found as u64), expected[name].as_u64(), "{place} {name}");
        }
        assert_eq!(runs.signals, sessions(&expected["signals"]), "{place}");
    }
}

/// Runs of so many scores off the median, half of them on either side as far as possible.
fn halves(useful: usize) -> AnhojRuns {
    let mut scores = vec![5.0; 2];
    scores.extend((0..useful).map(|session| if session % 2 == 0 { 4.0 } else { 6.0 }));
    anhoj_runs(&scores, HigherIsBetter, &AnhojOptions::default().with_min_useful(1).unwrap()).unwrap()
}

#[test]
fn the_binomial_quantile_is_exact() {
    let limits = sessions(&vectors()["crossings_limits"]);
    assert!(limits.len() > 500);
    for (trials, limit) in limits.iter().enumerate() {
        let runs = halves(trials + 1);
        assert_eq!((runs.useful, runs.crossings_limit), (trials + 1, *limit));
        assert_eq!(runs.longest_run_limit, ((trials + 1) as f64).log2().round() as usize + 3);
    }
    let runs = halves(100_000);
    // Normal approximation.
    let expected = 49_999.5 - 1.644_853_627 * f64::from(99_999).sqrt() / 2.0;
    assert!((runs.crossings_limit as f64 - expected).abs() <= 1.0, "{}", runs.crossings_limit);
    assert_eq!(runs.longest_run_limit, 17 + 3);
}

const WORKED: [f64; 16] =
    [5.4, 5.6, 5.7, 5.5, 4.2, 5.3, 5.8, 5.9, f64::NAN, 5.7, 4.6, 4.4, 4.5, 5.6, 5.9, 6.0];

#[test]
fn the_worked_series_returns() {
    let options = ChartOptions::default().with_sigma(SigmaMethod::MeanMovingRange);
    let chart = IndividualsChart::new(&WORKED, &options).unwrap();
    assert_eq!(chart.beyond(2.0, HigherIsBetter).unwrap(), [4, 11]);
    // 5.3 is below the centre line 5.34, and within one sigma of it.
    assert_eq!(chart.first_return(4, 0.0, HigherIsBetter), Ok(Some(6)));
    assert_eq!(chart.first_return(4, 1.0, HigherIsBetter), Ok(Some(5)));
    assert_eq!(chart.first_return(15, 0.0, HigherIsBetter), Ok(None));
    assert_eq!(chart.first_return(usize::MAX, 0.0, HigherIsBetter), Ok(None));
    for multiple in [f64::NAN, f64::INFINITY, -1.0] {
        assert_eq!(chart.beyond(multiple, HigherIsBetter).unwrap_err().code(), "invalid-option");
    }
    assert!(!format!("{chart:?} {:?}", chart.cusum(&CusumOptions::default(), HigherIsBetter)).contains("5."));
}

#[test]
fn options_name_what_is_allowed() {
    let refused = [
        ChartOptions::default().with_baseline(Baseline::FirstObserved(2)).unwrap_err(),
        ChartOptions::default().with_min_sessions(2).unwrap_err(),
        CusumOptions::new(f64::NAN, 4.0).unwrap_err(),
        CusumOptions::new(0.5, 0.0).unwrap_err(),
        EwmaOptions::new(0.0, 3.0).unwrap_err(),
        EwmaOptions::new(0.2, f64::INFINITY).unwrap_err(),
        AnhojOptions::default().with_min_useful(0).unwrap_err(),
    ];
    assert!(refused.iter().all(|error| error.code() == "invalid-option"));
}

#[test]
fn what_cannot_be_assessed_says_why() {
    let chart = |scores: &[f64]| IndividualsChart::new(scores, &ChartOptions::default()).map(|_| ());
    for length in 0..7 {
        let too_few = NotAssessable::TooFewSessions { observed: length, needed: 8 };
        assert_eq!(chart(&vec![5.0; length]), Err(too_few));
    }
    assert_eq!(chart(&[f64::NAN; 20]), Err(NotAssessable::TooFewSessions { observed: 0, needed: 8 }));
    assert_eq!(chart(&[0.1; 11]), Err(NotAssessable::Constant));
    assert_eq!(
        chart(&[7.0, 7.0, 7.0, 7.0, 7.0, 6.0, 7.0, 7.0, 7.0]),
        Err(NotAssessable::NoMovingRange),
        "more than half of the moving ranges are zero"
    );
    let mut huge = [f64::MAX; 9];
    huge[3] = -f64::MAX;
    assert_eq!(chart(&huge), Err(NotAssessable::NotFinite));
    let mut infinite = WORKED;
    infinite[2] = f64::INFINITY;
    assert_eq!(chart(&infinite), Err(NotAssessable::NotFinite));
    assert_eq!(NotAssessable::Constant.to_string(), "all scores are equal");
    let frozen = ChartOptions::default().with_baseline(Baseline::FirstObserved(10)).unwrap();
    assert_eq!(
        IndividualsChart::new(&WORKED[..9], &frozen).map(|_| ()),
        Err(NotAssessable::TooFewSessions { observed: 8, needed: 10 })
    );
}

/// The rules, session by session from their wording, with no memory of what went before.
fn twin(points: &[(usize, f64)]) -> Vec<(usize, RunRule)> {
    let mut fired = Vec::new();
    for now in 0..points.len() {
        let last = |count: usize| -> Option<Vec<f64>> {
            let from = (now + 1).checked_sub(count)?;
            Some(points[from..=now].iter().map(|(_, bad)| *bad).collect())
        };
        let steps = |count: usize| {
            last(count).map(|bad| bad.windows(2).map(|two| two[1] - two[0]).collect::<Vec<f64>>())
        };
        let all = |count, holds: fn(f64) -> bool| last(count).is_some_and(|bad| bad.into_iter().all(holds));
        let some = |count, of, multiple| {
            let bad = last(of).unwrap_or_default();
            points[now].1 > multiple && bad.into_iter().filter(|bad| *bad > multiple).count() >= count
        };
        let turning = |steps: Vec<f64>| steps.windows(2).all(|two| two[0] * two[1] < 0.0);
        for (rule, fires) in [
            (RunRule::WesternElectric1, points[now].1 > 3.0),
            (RunRule::WesternElectric2, some(2, 3, 2.0)),
            (RunRule::WesternElectric3, some(4, 5, 1.0)),
            (RunRule::WesternElectric4, all(8, |bad| bad > 0.0)),
            (RunRule::Nelson1, points[now].1 > 3.0),
            (RunRule::Nelson2, all(9, |bad| bad > 0.0)),
            (RunRule::Nelson3, steps(6).is_some_and(|steps| steps.iter().all(|step| *step > 0.0))),
            (RunRule::Nelson4, steps(14).is_some_and(turning)),
            (RunRule::Nelson5, some(2, 3, 2.0)),
            (RunRule::Nelson6, some(4, 5, 1.0)),
            (RunRule::Nelson7, all(15, |bad| bad.abs() <= 1.0)),
            (
                RunRule::Nelson8,
                all(8, |bad| bad.abs() > 1.0) && !all(8, |bad| bad > 0.0) && !all(8, |bad| bad < 0.0),
            ),
        ] {
            if fires {
                fired.push((points[now].0, rule));
            }
        }
    }
    fired
}

fn any_options() -> impl Strategy<Value = ChartOptions> {
    let baseline = prop_oneof![Just(Baseline::AllObserved), (3_usize..20).prop_map(Baseline::FirstObserved)];
    let sigma = prop::sample::select(vec![
        SigmaMethod::MeanMovingRange,
        SigmaMethod::ScreenedMovingRange,
        SigmaMethod::MedianMovingRange,
    ]);
    let trend =
        prop::sample::select(vec![TrendAdjustment::None, TrendAdjustment::Ols, TrendAdjustment::TheilSen]);
    (baseline, sigma, trend, any::<bool>(), any::<bool>(), 3_usize..10).prop_map(
        |(baseline, sigma, trend, bridge, corrected, min_sessions)| {
            ChartOptions::default()
                .with_baseline(baseline)
                .unwrap()
                .with_min_sessions(min_sessions)
                .unwrap()
                .with_sigma(sigma)
                .with_trend(trend)
                .with_gaps(if bridge { Gaps::Bridge } else { Gaps::BreakPair })
                .with_autocorrelation(if corrected {
                    Autocorrelation::Correct
                } else {
                    Autocorrelation::Ignore
                })
        },
    )
}

/// Scores with shifts that last, so that run rules have something to find, and one in eight missing.
fn series() -> impl Strategy<Value = Vec<f64>> {
    let score = prop_oneof![7 => (0.0..1.0).prop_map(Some), 1 => Just(None)];
    vec((score, 0_u8..12), 0..60).prop_map(|sessions| {
        let mut level = 5.0;
        sessions
            .into_iter()
            .map(|(score, change)| {
                if change == 0 {
                    level = if level == 5.0 { 4.2 } else { 5.0 };
                }
                score.map_or(f64::NAN, |score| level + score)
            })
            .collect()
    })
}

/// Any doubles at all.
fn anything() -> impl Strategy<Value = Vec<f64>> {
    let score = prop_oneof![
        any::<f64>(),
        Just(f64::NAN),
        Just(7.0),
        Just(1.0),
        Just(f64::MAX),
        Just(5e-324),
        -10.0..10.0
    ];
    vec(score, 0..30)
}

/// Kind, session, start or onset.
type Signal = (String, usize, usize);

/// Every signal a chart gives.
fn signals(chart: &IndividualsChart, worse: Orientation) -> Vec<Signal> {
    let mut found = Vec::new();
    for multiple in [1.0, 2.0, 3.0] {
        let beyond = chart.beyond(multiple, worse).unwrap();
        found.extend(beyond.into_iter().map(|session| (format!("beyond {multiple}"), session, 0)));
    }
    for gaps in [Gaps::Bridge, Gaps::BreakPair] {
        let runs = chart.run_rules(&all_rules().with_gaps(gaps), worse);
        found.extend(runs.into_iter().map(|RunSignal { session, rule, start, .. }| {
            (format!("{} {gaps:?}", rule.name()), session, start)
        }));
    }
    let cusum = chart.cusum(&CusumOptions::new(0.5, 2.0).unwrap(), worse);
    found.extend(cusum.signals.into_iter().map(|signal| ("cusum".into(), signal.session, signal.onset)));
    for exponent in [EwmaExponent::Elapsed, EwmaExponent::Observed] {
        let ewma = chart.ewma(&EwmaOptions::new(0.3, 2.0).unwrap().with_exponent(exponent), worse);
        found.extend(ewma.signals.into_iter().map(|session| ("ewma".into(), session, 0)));
    }
    found.extend(chart.moving_range_signals().into_iter().map(|session| ("range".into(), session, 0)));
    found
}

/// Everything found in a series, or why nothing was.
fn everything(
    scores: &[f64],
    options: &ChartOptions,
    worse: Orientation,
) -> (Result<Vec<Signal>, NotAssessable>, Result<Vec<usize>, NotAssessable>) {
    let chart = IndividualsChart::new(scores, options).map(|chart| signals(&chart, worse));
    (chart, anhoj_runs(scores, worse, &AnhojOptions::default()).map(|runs| runs.signals))
}

proptest! {
    #[test]
    fn run_rules_equal_the_slow_twin(scores in series(), higher in any::<bool>(), bridge in any::<bool>()) {
        let Ok(chart) = IndividualsChart::new(&scores, &ChartOptions::default()) else { return Ok(()) };
        let (worse, sign) = if higher { (HigherIsBetter, -1.0) } else { (LowerIsBetter, 1.0) };
        let points: Vec<(usize, f64)> = (0..scores.len())
            .map(|session| (session, sign * chart.standardised(session)))
            .filter(|(_, bad)| !bad.is_nan())
            .collect();
        let gaps = if bridge { Gaps::Bridge } else { Gaps::BreakPair };
        let stretches = points.chunk_by(|a, b| bridge || a.0 + 1 == b.0);
        let mut expected: Vec<(usize, RunRule)> = stretches.flat_map(twin).collect();
        expected.sort_unstable();
        let found = chart.run_rules(&all_rules().with_gaps(gaps), worse);
        prop_assert!(found.iter().all(|signal| signal.start <= signal.session));
        let found: Vec<(usize, RunRule)> =
            found.into_iter().map(|signal| (signal.session, signal.rule)).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn a_shift_or_another_unit_changes_no_signal(
        scores in series(), options in any_options(), by in -50.0..50.0_f64, times in 0.01..100.0_f64,
    ) {
        let moved: Vec<f64> = scores.iter().map(|score| times * score + by).collect();
        prop_assert_eq!(everything(&moved, &options, HigherIsBetter), everything(&scores, &options, HigherIsBetter));
        if let (Ok(chart), Ok(other)) = (IndividualsChart::new(&scores, &options), IndividualsChart::new(&moved, &options)) {
            prop_assert!((other.sigma() - times * chart.sigma()).abs() < 1e-9 * other.sigma());
            prop_assert!((other.centre(2) - (times * chart.centre(2) + by)).abs() < 1e-9 * (times * 10.0 + by.abs()));
        }
    }

    #[test]
    fn reflected_scores_signal_in_the_other_orientation(scores in series(), options in any_options()) {
        let reflected: Vec<f64> = scores.iter().map(|score| -score).collect();
        prop_assert_eq!(everything(&reflected, &options, LowerIsBetter), everything(&scores, &options, HigherIsBetter));
    }

    #[test]
    fn missing_sessions_at_the_end_change_nothing(scores in series(), options in any_options(), more in 0_usize..9) {
        let mut longer = scores.clone();
        longer.extend(vec![f64::NAN; more]);
        prop_assert_eq!(everything(&longer, &options, HigherIsBetter), everything(&scores, &options, HigherIsBetter));
    }

    #[test]
    fn a_frozen_chart_knows_the_past_only(scores in series(), options in any_options(), later in series()) {
        let options = options.with_baseline(Baseline::FirstObserved(10)).unwrap();
        let Ok(chart) = IndividualsChart::new(&scores, &options) else { return Ok(()) };
        let longer = [scores.as_slice(), &later].concat();
        let other = IndividualsChart::new(&longer, &options).unwrap();
        let past: Vec<_> = signals(&other, HigherIsBetter).into_iter().filter(|one| one.1 < scores.len()).collect();
        prop_assert_eq!(past, signals(&chart, HigherIsBetter));
    }

    #[test]
    fn a_constant_series_signals_nothing_and_says_why(
        score in -10.0..10.0, held in vec(prop::bool::weighted(0.9), 0..40), options in any_options(),
    ) {
        let scores: Vec<f64> = held.iter().map(|held| if *held { score } else { f64::NAN }).collect();
        let options = options.with_baseline(Baseline::AllObserved).unwrap();
        let (chart, runs) = everything(&scores, &options, HigherIsBetter);
        prop_assert!(chart.is_err());
        prop_assert!(runs.is_err());
        if scores.iter().filter(|score| !score.is_nan()).count() >= 25 {
            let says_why = matches!(chart, Err(NotAssessable::Constant | NotAssessable::TooFewMovingRanges { .. }));
            prop_assert!(says_why);
            prop_assert_eq!(runs, Err(NotAssessable::Constant));
        }
    }

    #[test]
    fn any_input_is_answered_and_no_missing_session_signals(
        scores in anything(), options in any_options(), higher in any::<bool>(),
    ) {
        let worse = if higher { HigherIsBetter } else { LowerIsBetter };
        let (chart, runs) = everything(&scores, &options, worse);
        for (_, session, start) in chart.unwrap_or_default() {
            prop_assert!(!scores[session].is_nan() && start <= session);
        }
        prop_assert!(runs.unwrap_or_default().into_iter().all(|session| !scores[session].is_nan()));
        if let Ok(chart) = IndividualsChart::new(&scores, &options) {
            prop_assert!(chart.sigma() > 0.0 && chart.sigma().is_finite());
            prop_assert!(chart.centre(0).is_finite() && (0.0..=0.9).contains(&chart.autocorrelation()));
        }
    }

    #[test]
    fn a_fitter_forgets_the_series_before(first in anything(), scores in series(), options in any_options()) {
        let mut fitter = ChartFitter::new(&options);
        let _ = fitter.fit(&first);
        let again = fitter.fit(&scores).map(|chart| signals(chart, HigherIsBetter));
        prop_assert_eq!(again, IndividualsChart::new(&scores, &options).map(|chart| signals(&chart, HigherIsBetter)));
    }
}
