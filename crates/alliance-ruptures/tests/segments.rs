//! Change points against ruptures, statsmodels and brute force, and their invariants.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use alliance_ruptures::segments::{
    BinarySegmentation, Criterion, InitialLevel, KnownSigma, LocalLevel, LocalLevelResult, NoiseSigma,
    NormalGamma, NotAssessed, OnlineChangePoint, OptimalPartition, Partition, Penalty, ProductPartition,
    SegmentCost, SegmentOutcome, SegmentPrior, SegmentScratch, episodes_of_segments,
    median_moving_range_sigma,
};
use alliance_ruptures::{Orientation, RuptureError};
use proptest::prelude::*;
use serde_json::Value;

const VECTORS: &str = include_str!("../../../tests/vectors/change-points.json");

fn cases(kind: &str) -> Vec<Value> {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    let found: Vec<Value> = cases.iter().filter(|case| case["kind"] == kind).cloned().collect();
    assert!(!found.is_empty(), "no case of kind {kind}");
    found
}

/// Numbers with null as NaN.
fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|item| item.as_f64().unwrap_or(f64::NAN)).collect()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn count(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

fn counts(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(count).collect()
}

#[track_caller]
fn close(found: f64, expected: f64, tolerance: f64, what: &str) {
    let near = (found - expected).abs() <= tolerance * expected.abs().max(1.0);
    assert!(near || (found.is_nan() && expected.is_nan()), "{what}: {found} instead of {expected}");
}

#[track_caller]
fn all_close(found: impl IntoIterator<Item = f64>, expected: &[f64], tolerance: f64, what: &str) {
    let found: Vec<f64> = found.into_iter().collect();
    assert_eq!(found.len(), expected.len(), "{what}");
    for (session, (found, expected)) in found.iter().zip(expected).enumerate() {
        close(*found, *expected, tolerance, &format!("{what}, session {session}"));
    }
}

fn cost_named(name: &str) -> SegmentCost {
    match name {
        "l1" => SegmentCost::L1,
        "l2" => SegmentCost::L2,
        "rank" => SegmentCost::Rank,
        _ => panic!("cost {name}"),
    }
}

/// Ends of the segments counted in scored sessions, as in the vectors.
fn ends(partition: &Partition) -> Vec<usize> {
    let observed = partition.segments.iter().map(|segment| segment.observed);
    observed
        .scan(0, |end, count| {
            *end += count;
            Some(*end)
        })
        .collect()
}

const NAN: f64 = f64::NAN;
const WORKED: [f64; 16] = [5.4, 5.6, 5.7, 5.5, 4.2, 5.3, 5.8, 5.9, NAN, 5.7, 4.6, 4.4, 4.5, 5.6, 5.9, 6.0];

#[test]
fn optimal_partitions_are_those_of_ruptures() {
    let mut scratch = SegmentScratch::new();
    let (mut compared, mut untied) = (0, 0);
    for case in cases("optimal") {
        let id = case["id"].as_str().unwrap();
        let cost = cost_named(case["cost"].as_str().unwrap());
        let detector = OptimalPartition::new(cost, Penalty::Value(number(&case["penalty"]))).unwrap();
        let detector = detector.with_min_segment(count(&case["min_segment"])).unwrap();
        let partition = detector.partition_with(&numbers(&case["scores"]), &mut scratch).unwrap();
        assert_eq!(ends(partition), counts(&case["ends"]), "{id}");
        close(partition.cost, number(&case["total"]), 1e-9, id);
        close(partition.penalised_cost(), number(&case["penalised"]), 1e-9, id);
        for (class, found) in case["ruptures"].as_object().unwrap() {
            let theirs = number(&found["penalised"]);
            assert!(partition.penalised_cost() <= theirs + 1e-9, "{id}, {class}");
            if found["optimal"] == true {
                close(partition.penalised_cost(), theirs, 1e-9, id);
                if case["tied"] == false {
                    assert_eq!(ends(partition), counts(&found["ends"]), "{id}, {class}");
                    untied += 1;
                }
            }
            compared += 1;
        }
    }
    assert!(compared > 500 && untied > 400, "{compared} {untied}");
}

#[test]
fn binary_segmentation_is_that_of_ruptures() {
    for case in cases("binary") {
        let id = case["id"].as_str().unwrap();
        let cost = cost_named(case["cost"].as_str().unwrap());
        let detector = BinarySegmentation::new(cost, Penalty::Value(number(&case["penalty"]))).unwrap();
        let detector = detector.with_min_segment(count(&case["min_segment"])).unwrap();
        let partition = detector.partition(&numbers(&case["scores"])).unwrap();
        assert_eq!(ends(&partition), counts(&case["ends"]), "{id}");
        if case["tied"] == false {
            assert_eq!(ends(&partition), counts(&case["ruptures"]["binseg"]["ends"]), "{id}");
        }
    }
}

#[test]
fn censored_partitions_are_those_of_scipy() {
    for case in cases("censored") {
        let id = case["id"].as_str().unwrap();
        let cost = SegmentCost::CensoredNormal {
            sigma: number(&case["sigma"]),
            lowest: number(&case["lowest"]),
            highest: number(&case["highest"]),
        };
        let detector = OptimalPartition::new(cost, Penalty::Value(number(&case["penalty"]))).unwrap();
        let partition = detector.partition(&numbers(&case["scores"])).unwrap();
        assert_eq!(ends(&partition), counts(&case["ends"]), "{id}");
        close(partition.penalised_cost(), number(&case["penalised"]), 1e-9, id);
        let levels = partition.segments.iter().map(|segment| segment.level);
        all_close(levels, &numbers(&case["levels"]), 1e-5, id);
    }
}

#[test]
fn printed_partitions_of_the_worked_series() {
    for case in cases("printed") {
        let penalty = Penalty::Value(number(&case["penalty"]));
        let detector = OptimalPartition::new(SegmentCost::L2, penalty).unwrap();
        let detector = detector.with_min_segment(count(&case["min_segment"])).unwrap();
        let partition = detector.partition(&numbers(&case["scores"])).unwrap();
        let printed = case["segments"].as_array().unwrap();
        assert_eq!(partition.segments.len(), printed.len());
        for (segment, printed) in partition.segments.iter().zip(printed) {
            assert_eq!((segment.start + 1, segment.end), (count(&printed[0]), count(&printed[1])));
            close(segment.mean, number(&printed[2]), 0.000_51, "mean");
        }
    }
}

#[test]
fn segments_of_the_worked_series_are_two_resolved_ruptures() {
    let detector = OptimalPartition::new(SegmentCost::L2, Penalty::Value(0.516)).unwrap();
    let segments = detector.partition(&WORKED).unwrap().segments;
    let episodes = episodes_of_segments(&segments, 0.75, 0.25, Orientation::HigherIsBetter).unwrap();
    let found: Vec<_> = episodes.iter().map(|e| (e.onset, e.end, e.next, e.outcome)).collect();
    let resolved = SegmentOutcome::Resolved;
    assert_eq!(found, [(4, 5, Some(5), resolved), (10, 13, Some(13), resolved)]);
    close(episodes[0].magnitude, 1.35, 1e-12, "magnitude");
    // The series as a symptom score: what fell is an improvement, and nothing rose by so much from a level that stood.
    let turned: Vec<f64> = WORKED.iter().map(|score| 10.0 - score).collect();
    let segments = detector.partition(&turned).unwrap().segments;
    let again = episodes_of_segments(&segments, 0.75, 0.25, Orientation::LowerIsBetter).unwrap();
    assert_eq!(again.iter().map(|e| (e.onset, e.end)).collect::<Vec<_>>(), [(4, 5), (10, 13)]);
}

#[test]
fn episodes_end_resolved_unresolved_or_censored() {
    let detector = OptimalPartition::new(SegmentCost::L2, Penalty::Value(0.01)).unwrap();
    let outcomes = |scores: &[f64]| {
        let segments = detector.partition(scores).unwrap().segments;
        let episodes = episodes_of_segments(&segments, 1.0, 0.25, Orientation::HigherIsBetter).unwrap();
        episodes.iter().map(|e| (e.onset, e.end, e.nadir, e.outcome)).collect::<Vec<_>>()
    };
    assert_eq!(outcomes(&[5.0, 5.0, 4.0, 4.75]), [(2, 3, 2, SegmentOutcome::Resolved)]);
    assert_eq!(outcomes(&[5.0, 5.0, 4.0, 4.5]), [(2, 3, 2, SegmentOutcome::Unresolved)]);
    assert_eq!(outcomes(&[5.0, 5.0, 4.0, 3.0]), [(2, 4, 3, SegmentOutcome::Censored)]);
    assert_eq!(outcomes(&[3.0, 5.0, 5.0, 5.0]), []);
    // 5.1 - 4.1 is a little less than 1 in doubles.
    assert_eq!(outcomes(&[5.1, 4.1, 5.1]).len(), 1);
    for (delta, tolerance) in [(0.0, 0.0), (NAN, 0.0), (1.0, -0.1), (1.0, NAN)] {
        let refused = episodes_of_segments(&[], delta, tolerance, Orientation::HigherIsBetter);
        assert_eq!(refused.unwrap_err().code(), "invalid-option");
    }
}

#[test]
fn criteria_and_sigma() {
    let case = &cases("criteria")[0];
    let names = ["sic0", "sic", "mbic", "aic", "hannan-quinn"];
    let criteria = [Criterion::Sic0, Criterion::Sic, Criterion::Mbic, Criterion::Aic, Criterion::HannanQuinn];
    for (name, criterion) in names.iter().zip(criteria) {
        close(criterion.value(count(&case["observed"])), number(&case["values"][name]), 1e-14, name);
        assert!((0..5).all(|observed| criterion.value(observed) >= 0.0));
    }
    let case = &cases("moving-range")[0];
    let sigma = median_moving_range_sigma(&numbers(&case["scores"]));
    close(sigma, number(&case["sigma"]), 1e-14, "sigma");
    let penalty = Penalty::Criterion(Criterion::Sic, NoiseSigma::MedianMovingRange);
    let found = OptimalPartition::new(SegmentCost::L2, penalty).unwrap().partition(&WORKED).unwrap();
    close(found.penalty, 2.0 * 15_f64.ln() * sigma * sigma, 1e-14, "penalty");
    let known = Penalty::Criterion(Criterion::Sic0, NoiseSigma::Known(0.4364));
    let found = OptimalPartition::new(SegmentCost::L2, known).unwrap().partition(&WORKED).unwrap();
    assert_eq!(found.changes().collect::<Vec<_>>(), [4, 5, 10, 13]);
    assert!(median_moving_range_sigma(&[1.0, NAN, 2.0]).is_nan());
    assert_eq!(median_moving_range_sigma(&[2.0, 1.0, 4.0]), 2.0 / 0.954);
}

fn prior_of(case: &Value) -> SegmentPrior {
    let prior = &case["prior"];
    if prior["kappa"].is_null() {
        let known =
            KnownSigma::new(number(&prior["mean"]), number(&prior["level_sd"]), number(&prior["sigma"]));
        SegmentPrior::KnownSigma(known.unwrap())
    } else {
        SegmentPrior::NormalGamma(normal_gamma(prior))
    }
}

fn normal_gamma(prior: &Value) -> NormalGamma {
    let of = |name: &str| number(&prior[name]);
    NormalGamma::new(of("mean"), of("kappa"), of("alpha"), of("beta")).unwrap()
}

#[test]
fn product_posterior_is_the_sum_over_all_partitions() {
    for case in cases("product") {
        let id = case["id"].as_str().unwrap();
        let detector = ProductPartition::new(prior_of(&case), number(&case["change_probability"])).unwrap();
        let posterior = detector.posterior(&numbers(&case["scores"])).unwrap();
        close(posterior.log_evidence, number(&case["log_evidence"]), 1e-9, id);
        all_close(posterior.change_after, &numbers(&case["change_after"]), 1e-9, id);
        all_close(posterior.level, &numbers(&case["level"]), 1e-9, id);
    }
}

#[test]
fn online_run_lengths_are_those_of_the_recursion() {
    for case in cases("online") {
        let id = case["id"].as_str().unwrap();
        let detector = OnlineChangePoint::new(normal_gamma(&case["prior"]), number(&case["hazard"])).unwrap();
        let mut state = detector.start();
        for (score, expected) in numbers(&case["scores"]).iter().zip(case["steps"].as_array().unwrap()) {
            let step = state.update(*score);
            let runs = numbers(&expected["run_lengths"]);
            all_close(state.run_length_probabilities(), &runs, 1e-9, id);
            close(step.short_run, runs[0] + runs[1], 1e-9, id);
            close(step.expected, number(&expected["expected"]), 1e-9, id);
        }
    }
    let vague = NormalGamma::new(5.5, 1.0, 3.0, 0.12).unwrap();
    let steps = OnlineChangePoint::new(vague, 0.1).unwrap().run(&WORKED);
    close(steps[4].short_run, 0.78, 0.005, "session 5");
}

fn model_of(case: &Value) -> LocalLevel {
    let initial = &case["initial"];
    let initial = if initial.is_null() {
        InitialLevel::Diffuse
    } else {
        InitialLevel::Known { mean: number(&initial["mean"]), variance: number(&initial["variance"]) }
    };
    LocalLevel::new(number(&case["noise"]), number(&case["drift"]), initial).unwrap()
}

fn same_level(found: &LocalLevelResult, case: &Value) {
    let id = case["id"].as_str().unwrap();
    let sessions = &found.sessions;
    let expected = |name: &str| numbers(&case[name]);
    let (u, smoothed) = (expected("standardised_innovation"), expected("smoothed"));
    all_close(sessions.iter().map(|s| s.standardised_innovation), &u, 1e-9, id);
    all_close(sessions.iter().map(|s| s.smoothed), &smoothed, 1e-9, id);
    let variance = expected("smoothed_variance");
    all_close(sessions.iter().map(|s| s.smoothed_variance), &variance, 1e-9, id);
    all_close(sessions.iter().map(|s| s.outlier), &expected("outlier"), 1e-8, id);
    all_close(sessions.iter().map(|s| s.shift), &expected("shift"), 1e-8, id);
    close(found.log_likelihood, number(&case["log_likelihood"]), 1e-9, id);
}

#[test]
fn local_level_is_that_of_statsmodels() {
    for case in cases("local-level") {
        let found = model_of(&case).run(&numbers(&case["scores"])).unwrap();
        same_level(&found, &case);
    }
    let model = LocalLevel::new(0.04, 0.01, InitialLevel::Known { mean: 5.5, variance: 0.25 }).unwrap();
    let sessions = model.run(&WORKED).unwrap().sessions;
    for (session, printed) in [(5, -5.27), (7, 2.62), (11, -3.97), (12, -3.12), (14, 3.39)] {
        close(sessions[session - 1].standardised_innovation, printed, 0.0051, "printed");
    }
    // The tests tell the dip of session 5 from the shifts at 11 and 14.
    let (dip, down, up) = (sessions[4], sessions[10], sessions[13]);
    assert!(dip.outlier < -5.0 && dip.outlier < dip.shift - 2.0);
    assert!(down.shift < -4.0 && down.shift < down.outlier - 1.0);
    assert!(up.shift > 5.0 && up.shift > up.outlier + 3.0);
}

#[test]
fn nile_flow() {
    let case = &cases("local-level-fit")[0];
    let scores = numbers(&case["scores"]);
    let fitted = LocalLevel::fit(&scores).unwrap();
    close(fitted.noise_variance(), number(&case["noise"]), 1e-5, "noise");
    close(fitted.drift_variance(), number(&case["drift"]), 1e-5, "drift");
    assert_eq!(fitted.noise_variance().round(), 15_099.0);
    assert_eq!(fitted.drift_variance().round(), 1469.0);
    same_level(&model_of(case).run(&scores).unwrap(), case);
    // No other variances are more likely.
    let best = fitted.run(&scores).unwrap().log_likelihood;
    for (noise, drift) in [(1.01, 1.0), (0.99, 1.0), (1.0, 1.05), (1.0, 0.95)] {
        let (noise, drift) = (noise * fitted.noise_variance(), drift * fitted.drift_variance());
        let other = LocalLevel::new(noise, drift, InitialLevel::Diffuse).unwrap();
        assert!(other.run(&scores).unwrap().log_likelihood < best);
    }
}

#[test]
fn what_cannot_be_assessed_is_said() {
    let least = OptimalPartition::default();
    let few = |observed, needed| Some(NotAssessed::TooFewObserved { observed, needed });
    assert_eq!(least.partition(&[]).err(), few(0, 2));
    assert_eq!(least.partition(&[NAN, 5.0, NAN]).err(), few(1, 2));
    assert_eq!(least.with_min_segment(3).unwrap().partition(&WORKED[..5]).err(), few(5, 6));
    // More than half of the steps are zero, but not all.
    assert_eq!(least.partition(&[5.0, 5.0, 5.0, 5.0, 3.0]).err(), Some(NotAssessed::NoSigma));
    assert_eq!(least.partition(&[5.0, NAN, 4.0]).err(), Some(NotAssessed::NoSigma));
    let constant = least.partition(&[5.1; 9]).unwrap();
    assert_eq!((constant.change_count(), constant.cost, constant.segments[0].mean), (0, 0.0, 5.1));
    assert_eq!(least.partition(&[1e300, -1e300, 0.0]).err(), Some(NotAssessed::OutOfRange));
    assert_eq!(least.partition(&[1.0, f64::INFINITY, 0.0]).err(), Some(NotAssessed::OutOfRange));
    assert_eq!(LocalLevel::fit(&[5.0; 9]).err(), Some(NotAssessed::Constant));
    assert_eq!(LocalLevel::fit(&[5.0, 4.0, 5.0]).err(), few(3, 4));
    // A change without noise: two constant halves under a penalty of nothing.
    let free = OptimalPartition::new(SegmentCost::L2, Penalty::Value(0.0)).unwrap();
    assert_eq!(free.partition(&[5.1, 5.1, 4.3, 4.3]).unwrap().changes().collect::<Vec<_>>(), [2]);
    // Everything at the ceiling says only "at least".
    let cost = SegmentCost::CensoredNormal { sigma: 0.3, lowest: 1.0, highest: 5.0 };
    let ceiling = OptimalPartition::new(cost, Penalty::Value(1.0)).unwrap().partition(&[5.0; 6]).unwrap();
    assert_eq!((ceiling.cost, ceiling.segments[0].level), (0.0, 5.0));
}

#[test]
fn ties_go_to_the_earliest() {
    // One change may stand before or after the middle.
    let detector = OptimalPartition::new(SegmentCost::L2, Penalty::Value(0.1)).unwrap();
    let partition = detector.partition(&[1.0, 2.0, 3.0]).unwrap();
    assert_eq!(partition.changes().collect::<Vec<_>>(), [1, 2]);
    let dearer = OptimalPartition::new(SegmentCost::L2, Penalty::Value(0.75)).unwrap();
    assert_eq!(dearer.partition(&[1.0, 2.0, 3.0]).unwrap().changes().collect::<Vec<_>>(), [1]);
    // Cost 0.5 with no change and with one: the fewest.
    let even = OptimalPartition::new(SegmentCost::L2, Penalty::Value(0.5)).unwrap();
    assert_eq!(even.partition(&[1.0, 2.0]).unwrap().change_count(), 0);
}

#[test]
fn options_outside_their_range_are_refused() {
    let refused = |result: Option<RuptureError>| assert_eq!(result.unwrap().code(), "invalid-option");
    for penalty in [-1.0, NAN, f64::INFINITY] {
        refused(OptimalPartition::new(SegmentCost::L2, Penalty::Value(penalty)).err());
        refused(BinarySegmentation::new(SegmentCost::L2, Penalty::Value(penalty)).err());
    }
    let known = Penalty::Criterion(Criterion::Sic, NoiseSigma::Known(0.0));
    refused(OptimalPartition::new(SegmentCost::L2, known).err());
    for (sigma, lowest, highest) in [(0.0, 1.0, 7.0), (NAN, 1.0, 7.0), (1.0, 7.0, 1.0), (1.0, NAN, 7.0)] {
        let cost = SegmentCost::CensoredNormal { sigma, lowest, highest };
        refused(OptimalPartition::new(cost, Penalty::default()).err());
    }
    refused(OptimalPartition::default().with_min_segment(0).err());
    refused(BinarySegmentation::default().with_min_segment(0).err());
    refused(NormalGamma::new(5.0, 0.0, 1.0, 1.0).err());
    refused(NormalGamma::pooled(5.0, -0.3, 0.6, 20.0).err());
    refused(KnownSigma::new(5.0, 0.6, f64::INFINITY).err());
    let known = SegmentPrior::KnownSigma(KnownSigma::new(5.0, 0.6, 0.3).unwrap());
    refused(ProductPartition::new(known, 1.0).err());
    let prior = NormalGamma::pooled(5.0, 0.3, 0.6, 20.0).unwrap();
    refused(OnlineChangePoint::new(prior, 0.0).err());
    refused(OnlineChangePoint::new(prior, 0.1).unwrap().with_longest_run(1).err());
    refused(LocalLevel::new(0.0, 0.0, InitialLevel::Diffuse).err());
    refused(LocalLevel::new(1.0, NAN, InitialLevel::Diffuse).err());
    let initial = InitialLevel::Known { mean: 5.0, variance: -1.0 };
    refused(LocalLevel::new(1.0, 1.0, initial).err());
}

#[test]
fn results_do_not_show_scores() {
    let partition = OptimalPartition::default().partition(&WORKED).unwrap();
    let prior = NormalGamma::pooled(5.5, 0.3, 0.6, 20.0).unwrap();
    let mut state = OnlineChangePoint::new(prior, 0.1).unwrap().start();
    let step = state.update(4.2);
    let level = LocalLevel::new(0.04, 0.01, InitialLevel::Diffuse).unwrap().run(&[4.2, 4.2]).unwrap();
    let known = SegmentPrior::NormalGamma(prior);
    let posterior = ProductPartition::new(known, 0.1).unwrap().posterior(&[4.2, 4.2]).unwrap();
    let shown = format!("{:?} {state:?} {step:?} {level:?} {posterior:?}", partition.segments);
    assert!(!shown.contains("4.2"), "{shown}");
}

/// Scores on a coarse lattice, some missing: ties are common.
fn series(longest: usize) -> impl Strategy<Value = Vec<f64>> {
    let score = prop_oneof![4 => (4..=28_i32).prop_map(|step| f64::from(step) / 4.0), 1 => Just(NAN)];
    prop::collection::vec(score, 0..=longest)
}

fn any_score() -> impl Strategy<Value = f64> {
    prop_oneof![
        3 => (1..=7_i32).prop_map(f64::from),
        1 => Just(NAN),
        1 => any::<f64>(),
        1 => prop_oneof![Just(1e300), Just(-1e300), Just(f64::INFINITY), Just(5e-324), Just(f64::MAX)],
    ]
}

/// Costs that know no bounds of the scale.
fn free_cost() -> impl Strategy<Value = SegmentCost> {
    prop_oneof![Just(SegmentCost::L1), Just(SegmentCost::L2), Just(SegmentCost::Rank)]
}

fn any_cost() -> impl Strategy<Value = SegmentCost> {
    let censored = SegmentCost::CensoredNormal { sigma: 0.4, lowest: 1.0, highest: 7.0 };
    prop_oneof![3 => free_cost(), 1 => Just(censored)]
}

/// Cost of a segment, worked out slowly.
fn slow_cost(cost: SegmentCost, observed: &[f64], start: usize, end: usize) -> f64 {
    let part = &observed[start..end];
    let mean = part.iter().sum::<f64>() / part.len() as f64;
    match cost {
        SegmentCost::L1 => {
            let around = |middle: &f64| part.iter().map(|score| (score - middle).abs()).sum();
            part.iter().map(around).fold(f64::INFINITY, f64::min)
        }
        SegmentCost::L2 => part.iter().map(|score| (score - mean).powi(2)).sum(),
        SegmentCost::Rank => {
            let centred = |score: &f64| {
                let below = observed.iter().filter(|other| *other < score).count() as f64;
                let above = observed.iter().filter(|other| *other > score).count() as f64;
                (below - above) / 2.0
            };
            let variance = observed.iter().map(|s| centred(s).powi(2)).sum::<f64>() / observed.len() as f64;
            let middle = part.iter().map(centred).sum::<f64>() / part.len() as f64;
            if variance == 0.0 { 0.0 } else { -(part.len() as f64) * middle * middle / variance }
        }
        _ => panic!("censored costs are checked against scipy"),
    }
}

fn outcome_of(scores: &[f64], cost: SegmentCost, least: usize) {
    let penalties = [Penalty::Value(0.0), Penalty::Value(1.0), Penalty::Value(1e308), Penalty::default()];
    for penalty in penalties {
        let optimal = OptimalPartition::new(cost, penalty).unwrap().with_min_segment(least).unwrap();
        let binary = BinarySegmentation::new(cost, penalty).unwrap().with_min_segment(least).unwrap();
        for partition in [optimal.partition(scores), binary.partition(scores)].into_iter().flatten() {
            assert!(partition.penalised_cost().is_finite());
            let observed: usize = partition.segments.iter().map(|segment| segment.observed).sum();
            assert_eq!(observed, scores.iter().filter(|score| !score.is_nan()).count());
            assert!(partition.segments.iter().all(|s| s.observed >= least && s.level.is_finite()));
            let mut from = 0;
            for segment in &partition.segments {
                assert!(segment.start >= from && segment.end > segment.start);
                from = segment.end;
            }
            assert!(from <= scores.len());
            for orientation in [Orientation::HigherIsBetter, Orientation::LowerIsBetter] {
                episodes_of_segments(&partition.segments, 0.5, 0.1, orientation).unwrap();
            }
        }
    }
}

proptest! {
    #[test]
    fn nothing_panics(scores in prop::collection::vec(any_score(), 0..=9), cost in any_cost(), least in 1..4_usize) {
        outcome_of(&scores, cost, least);
        let gamma = NormalGamma::pooled(5.0, 0.3, 0.6, 20.0).unwrap();
        let known = KnownSigma::new(5.0, 0.6, 0.3).unwrap();
        for prior in [SegmentPrior::NormalGamma(gamma), SegmentPrior::KnownSigma(known)] {
            if let Ok(found) = ProductPartition::new(prior, 0.1).unwrap().posterior(&scores) {
                prop_assert!(found.change_after.iter().all(|p| (0.0..=1.0).contains(p)));
                prop_assert!(found.level.iter().all(|level| level.is_finite()));
                prop_assert!(found.log_evidence.is_finite());
            }
        }
        for step in OnlineChangePoint::new(gamma, 0.1).unwrap().run(&scores) {
            prop_assert!((0.0..=1.0).contains(&step.change) && (0.0..=1.0).contains(&step.short_run));
            prop_assert!(step.expected.is_finite());
        }
        let mut models = vec![
            LocalLevel::new(0.04, 0.01, InitialLevel::Diffuse).unwrap(),
            LocalLevel::new(0.0, 0.01, InitialLevel::Known { mean: 5.0, variance: 0.0 }).unwrap(),
            LocalLevel::new(0.04, 0.0, InitialLevel::Known { mean: 5.0, variance: 0.2 }).unwrap(),
        ];
        models.extend(LocalLevel::fit(&scores).ok());
        for model in models {
            if let Ok(found) = model.run(&scores) {
                prop_assert_eq!(found.sessions.len(), scores.len());
                prop_assert!(found.log_likelihood.is_finite());
            }
        }
    }

    #[test]
    fn no_partition_is_cheaper(scores in series(9), cost in free_cost(), quarters in 0..12_u32, least in 1..4_usize) {
        let penalty = f64::from(quarters) / 4.0;
        let detector = OptimalPartition::new(cost, Penalty::Value(penalty)).unwrap();
        let Ok(partition) = detector.with_min_segment(least).unwrap().partition(&scores) else { return Ok(()) };
        let observed: Vec<f64> = scores.iter().copied().filter(|score| !score.is_nan()).collect();
        // Every way to cut, as bits; the chosen one is the first of the cheapest in the order of the tie rule.
        let mut best: Option<(f64, Vec<usize>)> = None;
        for cuts in 0..1_u32 << (observed.len() - 1) {
            let mut bounds: Vec<usize> = (1..observed.len()).filter(|at| cuts >> (at - 1) & 1 == 1).collect();
            bounds.push(observed.len());
            let pairs: Vec<(usize, usize)> =
                std::iter::once(0).chain(bounds.iter().copied()).zip(bounds.iter().copied()).collect();
            if pairs.iter().any(|(from, to)| to - from < least) {
                continue;
            }
            let total: f64 = pairs.iter().map(|(from, to)| slow_cost(cost, &observed, *from, *to)).sum();
            let total = total + penalty * (bounds.len() - 1) as f64;
            let better = best.as_ref().is_none_or(|(least, ends)| {
                total < least - 1e-9
                    || (total < least + 1e-9 && (bounds.len(), &bounds) < (ends.len(), ends))
            });
            if better {
                best = Some((total, bounds));
            }
        }
        let (total, bounds) = best.unwrap();
        prop_assert!((partition.penalised_cost() - total).abs() < 1e-9);
        prop_assert_eq!(ends(&partition), bounds);
    }

    #[test]
    fn optimal_is_no_dearer_than_greedy(scores in series(40), cost in any_cost(), quarters in 0..20_u32) {
        let penalty = Penalty::Value(f64::from(quarters) / 4.0);
        let optimal = OptimalPartition::new(cost, penalty).unwrap().partition(&scores);
        let binary = BinarySegmentation::new(cost, penalty).unwrap().partition(&scores);
        if let (Ok(optimal), Ok(binary)) = (optimal, binary) {
            prop_assert!(optimal.penalised_cost() <= binary.penalised_cost() + 1e-7);
        }
    }

    #[test]
    fn a_shift_of_all_scores_moves_no_change(scores in series(40), twelfths in -60..60_i32, cost in free_cost()) {
        let moved: Vec<f64> = scores.iter().map(|score| score + f64::from(twelfths) / 12.0).collect();
        for penalty in [Penalty::Value(0.5), Penalty::default()] {
            let detector = OptimalPartition::new(cost, penalty).unwrap();
            let found = |scores: &[f64]| detector.partition(scores).map(|p| p.changes().collect::<Vec<_>>());
            // Sigma of the moved series is rounded too, so only a penalty that is given keeps every tie.
            if let Penalty::Value(_) = penalty {
                prop_assert_eq!(found(&scores), found(&moved));
            } else {
                prop_assert_eq!(found(&scores).is_ok(), found(&moved).is_ok());
            }
        }
        let by = f64::from(twelfths) / 12.0;
        let known = |mean| SegmentPrior::KnownSigma(KnownSigma::new(mean, 0.6, 0.3).unwrap());
        let before = ProductPartition::new(known(5.0), 0.1).unwrap().posterior(&scores);
        let after = ProductPartition::new(known(5.0 + by), 0.1).unwrap().posterior(&moved);
        if let (Ok(before), Ok(after)) = (before, after) {
            for (before, after) in before.change_after.iter().zip(&after.change_after) {
                prop_assert!((before - after).abs() < 1e-8);
            }
        }
    }

    #[test]
    fn rank_partitions_depend_on_order_only(scores in series(30)) {
        let detector = OptimalPartition::new(SegmentCost::Rank, Penalty::Value(4.0)).unwrap();
        let found = |scores: &[f64]| detector.partition(scores).map(|p| p.changes().collect::<Vec<_>>());
        let bent: Vec<f64> = scores.iter().map(|score| score.exp()).collect();
        prop_assert_eq!(found(&scores), found(&bent));
    }

    #[test]
    fn missing_sessions_move_positions_only(scores in series(30)) {
        let observed: Vec<f64> = scores.iter().copied().filter(|score| !score.is_nan()).collect();
        let detector = OptimalPartition::new(SegmentCost::L2, Penalty::Value(0.5)).unwrap();
        if let (Ok(gappy), Ok(whole)) = (detector.partition(&scores), detector.partition(&observed)) {
            prop_assert_eq!(ends(&gappy), ends(&whole));
            prop_assert!(gappy.changes().all(|session| !scores[session].is_nan()));
        }
    }

    #[test]
    fn a_used_scratch_changes_nothing(first in series(20), second in series(20), cost in any_cost()) {
        let detector = OptimalPartition::new(cost, Penalty::Value(0.5)).unwrap();
        let mut scratch = SegmentScratch::new();
        let _ = detector.partition_with(&first, &mut scratch);
        prop_assert_eq!(detector.partition_with(&second, &mut scratch).cloned(), detector.partition(&second));
    }

    #[test]
    fn probabilities_are_probabilities(scores in series(60), longest in 2..50_usize) {
        let prior = NormalGamma::pooled(4.0, 0.5, 1.0, 10.0).unwrap();
        let detector = OnlineChangePoint::new(prior, 0.1).unwrap().with_longest_run(longest).unwrap();
        let mut state = detector.start();
        for score in &scores {
            let step = state.update(*score);
            let total: f64 = state.run_length_probabilities().sum();
            prop_assert!((total - 1.0).abs() < 1e-12);
            prop_assert!(state.run_length_probabilities().all(|p| (0.0..=1.0).contains(&p)));
            prop_assert!(state.run_length_probabilities().count() <= longest + 1);
            prop_assert!((0.0..=1.0).contains(&step.change));
        }
        if let Ok(found) = ProductPartition::new(SegmentPrior::NormalGamma(prior), 0.1).unwrap().posterior(&scores) {
            prop_assert!(found.change_after.iter().all(|p| (0.0..=1.0).contains(p)));
            prop_assert_eq!(found.change_after.last(), Some(&0.0));
        }
    }

    #[test]
    fn online_batch_is_streaming(scores in series(60), pause in 0..60_usize) {
        let prior = NormalGamma::pooled(4.0, 0.5, 1.0, 10.0).unwrap();
        let detector = OnlineChangePoint::new(prior, 0.1).unwrap();
        let batch = detector.run(&scores);
        let mut state = detector.start();
        let mut streamed = Vec::new();
        for (session, score) in scores.iter().enumerate() {
            if session == pause {
                // A state that was kept and taken up again.
                let kept = state.clone();
                prop_assert_eq!(&kept, &state);
                state = kept;
            }
            streamed.push(state.update(*score));
        }
        prop_assert_eq!(batch, streamed);
        prop_assert_eq!(state.sessions(), scores.len() as u64);
    }

    #[test]
    fn turning_a_series_over_turns_the_tests(scores in series(30)) {
        let model = LocalLevel::new(0.3, 0.1, InitialLevel::Diffuse).unwrap();
        let turned: Vec<f64> = scores.iter().map(|score| -score).collect();
        if let (Ok(found), Ok(turned)) = (model.run(&scores), model.run(&turned)) {
            prop_assert!((found.log_likelihood - turned.log_likelihood).abs() < 1e-9);
            for (found, turned) in found.sessions.iter().zip(&turned.sessions) {
                let opposite = |a: f64, b: f64| (a + b).abs() < 1e-9 || (a.is_nan() && b.is_nan());
                prop_assert!(opposite(found.outlier, turned.outlier) && opposite(found.shift, turned.shift));
                prop_assert!(found.smoothed_variance >= 0.0);
            }
        }
    }
}
