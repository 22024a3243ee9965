//! Detectors of every kind: worked numbers, what must hold for any series, chance rates, storage.

#![allow(clippy::unwrap_used, clippy::panic)]

use alliance_ruptures::agreement::agreement;
use alliance_ruptures::charts::{
    AnhojDetector, AnhojOptions, Baseline, ChartDetector, ChartOptions, ChartSignal, CusumOptions,
    EwmaExponent, EwmaOptions, Gaps as ChartGaps, IndividualsChart, RunRule, RunRules, SigmaMethod,
    TrendAdjustment, anhoj_runs,
};
use alliance_ruptures::segments::{
    Criterion, DropUnit, LevelDetector, LevelTest, Misfit, NoiseScale, NormalGamma, OnlineChangePoint,
    OnlineDetector, OptimalPartition, Penalty, ProductDetector, SegmentCost, SegmentDetector, SegmentPenalty,
    Segmentation, episodes_of_segments,
};
use alliance_ruptures::sudden::{ShiftDirection, Stability, SuddenOptions, SuddenRule};
use alliance_ruptures::{
    ClientClass, Detection, Detector, NotAssessed, Orientation, Reference, Repair, Resolution, Rule,
    ScoreScale, Series, Spread, Tolerance, Unit, detect, detect_with,
};
use alliance_statistics::Generator;
use proptest::collection::vec;
use proptest::prelude::*;

const NAN: f64 = f64::NAN;

/// The worked series of the rupture dossier, section 1.9; sessions there count from 1.
const WORKED: [f64; 16] = [5.4, 5.6, 5.7, 5.5, 4.2, 5.3, 5.8, 5.9, NAN, 5.7, 4.6, 4.4, 4.5, 5.6, 5.9, 6.0];

fn scale() -> ScoreScale {
    ScoreScale::new(1.0, 7.0).unwrap()
}

fn one(scores: &[f64]) -> Series {
    Series::new(scores.to_vec(), vec![0, scores.len()], scale()).unwrap()
}

/// Flagged sessions of the worked series, counted from 1.
fn flagged(rule: impl Into<Detector>) -> Vec<usize> {
    places(&detect(&one(&WORKED), rule).flagged).into_iter().map(|place| place + 1).collect()
}

fn places(flags: &[bool]) -> Vec<usize> {
    flags.iter().enumerate().filter_map(|(place, flag)| flag.then_some(place)).collect()
}

fn chart(signal: ChartSignal) -> ChartDetector {
    ChartDetector::new(ChartOptions::default(), signal).unwrap()
}

/// With the mean moving range, which the worked numbers of section 3 rest on.
fn with_mean_range(signal: ChartSignal) -> ChartDetector {
    let options = ChartOptions::default().with_sigma(SigmaMethod::MeanMovingRange);
    ChartDetector::new(options, signal).unwrap()
}

fn sudden(direction: ShiftDirection, orientation: Orientation, cutoff: f64) -> SuddenRule {
    let mut options = SuddenOptions::new(direction, orientation, Some(cutoff));
    options.proportion = None;
    SuddenRule::new(options).unwrap()
}

#[test]
fn charts_give_the_worked_numbers() {
    let found = detect(&one(&WORKED), with_mean_range(ChartSignal::Beyond(2.0)));
    assert_eq!(places(&found.flagged), [4, 11]);
    assert!((found.reference[0] - 5.34).abs() < 1e-12);
    assert!((found.limit(0, 0) - 4.467).abs() < 5e-4, "{}", found.limit(0, 0));
    assert!((found.dyads[0].unit - 0.4364).abs() < 5e-5);
    assert!(found.reference[8].is_nan() && found.limit(0, 8).is_nan());

    let bridged =
        ChartOptions::default().with_sigma(SigmaMethod::MeanMovingRange).with_gaps(ChartGaps::Bridge);
    assert_eq!(flagged(ChartDetector::new(bridged, ChartSignal::Beyond(2.0)).unwrap()), [5, 12, 13]);
    assert_eq!(flagged(chart(ChartSignal::Beyond(3.0))), [5, 11, 12, 13]);
    let cusum = |h| with_mean_range(ChartSignal::Cusum(CusumOptions::new(0.5, h).unwrap()));
    assert_eq!(flagged(cusum(4.0)), [13]);
    assert!(flagged(cusum(5.0)).is_empty());
    assert!(flagged(with_mean_range(ChartSignal::Ewma(EwmaOptions::default()))).is_empty());
}

#[test]
fn segments_give_the_worked_numbers() {
    let mut segments = SegmentDetector::new(1.0, DropUnit::Points).unwrap();
    segments.penalty = SegmentPenalty::Value(0.516);
    let found = detect(&one(&WORKED), segments);
    assert_eq!(places(&found.flagged), [4, 10, 11, 12]);
    // The first session has nothing before it; ruptures are held against the level before them.
    assert!(found.reference[0].is_nan() && (found.reference[1] - 5.55).abs() < 1e-12);
    assert!((found.reference[4] - 5.55).abs() < 1e-12 && (found.reference[5] - 5.675).abs() < 1e-12);
    let [dip, plateau] = found.episodes_of(0) else { panic!() };
    assert_eq!((dip.onset, dip.nadir, dip.recovery, dip.last), (4, 4, Some(5), 5));
    assert_eq!((plateau.onset, plateau.nadir, plateau.recovery, plateau.length()), (10, 11, Some(13), 3));
    assert_eq!(found.dyads[0].class, ClientClass::Repaired);

    segments.penalty = SegmentPenalty::Value(1.032);
    assert!(flagged(segments).is_empty(), "5.456 to 4.5 is less than a point");
    segments.threshold = 0.9;
    assert_eq!(flagged(segments), [11, 12, 13]);
    segments.min_segment = 2;
    segments.threshold = 0.5;
    segments.penalty = SegmentPenalty::Value(0.516);
    assert_eq!(flagged(segments), [5, 6, 11, 12, 13], "two sessions at least smear the dip");
}

#[test]
fn posteriors_see_the_fall_and_the_plateau() {
    // Sigma as in section 3, since one client alone makes no pool.
    let sigma = NoiseScale::Known(0.21);
    let mut online = OnlineDetector::new(0.7).unwrap();
    online.noise = sigma;
    assert_eq!(flagged(online), [5, 11]);
    let mut product = ProductDetector::new(0.7).unwrap();
    product.noise = sigma;
    assert_eq!(flagged(product), [5, 11]);
    // The variances of section 4.5: R .04, Q .01.
    let mut level = LevelDetector::new(LevelTest::Innovation, 3.0).unwrap();
    (level.noise, level.drift) = (NoiseScale::Known(0.045_f64.sqrt()), Some(1.0 / 9.0));
    assert_eq!(flagged(level), [5, 11, 12]);
    level.test = LevelTest::Outlier;
    assert_eq!(flagged(level)[0], 5);
    level.test = LevelTest::Shift;
    assert!(flagged(level).contains(&11));
}

#[test]
fn a_loss_that_lasts_is_sudden_and_a_v_is_not() {
    let loss = sudden(ShiftDirection::Loss, Orientation::HigherIsBetter, 0.55);
    assert_eq!(flagged(loss), [11]);
    let gain = sudden(ShiftDirection::Gain, Orientation::HigherIsBetter, 0.55);
    assert_eq!(flagged(gain), [14]);
    let found = detect(&one(&WORKED), gain);
    assert_eq!(found.orientation, Orientation::LowerIsBetter, "a gain is a fall under the other orientation");
    assert!((found.episodes_of(0)[0].magnitude - 1.5).abs() < 1e-12, "from 4.5 up to 6.0");
}

#[test]
fn reversals_repair_sudden_shifts() {
    // Section 2.4: the program it speaks of misses this reversal in session 5.
    let wide = ScoreScale::new(0.0, 63.0).unwrap().with_orientation(Orientation::LowerIsBetter);
    let gain = sudden(ShiftDirection::Gain, Orientation::LowerIsBetter, 7.0);
    let look = |scores: &[f64]| {
        let series = Series::new(scores.to_vec(), vec![0, scores.len()], wide).unwrap();
        let found = detect(&series, gain);
        (found.episodes[0].onset, found.episodes[0].recovery, found.episodes[0].resolution)
    };
    let reversed = [30.0, 31.0, 30.0, 18.0, 26.0, 17.0, 18.0, 17.0, 16.0];
    assert_eq!(look(&reversed), (3, Some(4), Resolution::Repaired));
    // Half of it exactly is no reversal (30 - 18, half-way 24), and with sessions to come the gain lasts.
    let kept = [30.0, 31.0, 30.0, 18.0, 24.0, 17.0, 18.0];
    assert_eq!(look(&kept), (3, None, Resolution::Unrepaired));
    let late = [30.0, 31.0, 30.0, 18.0, 17.0, 18.0, 17.0, 16.0, 17.0, 25.0];
    assert_eq!(look(&late), (3, Some(9), Resolution::Repaired), "a reversal may come at any time");
}

#[test]
fn charts_repair_within_a_multiple_of_sigma() {
    let series = one(&[5.5, 5.7, 5.4, 5.6, 5.5, 5.7, 4.2, 5.2, 5.3, 5.4, 5.6, 5.5]);
    let mut shewhart = chart(ChartSignal::Beyond(3.0));
    let resolve = |chart: &ChartDetector| {
        let found = detect(&series, chart);
        (found.episodes[0].onset, found.episodes[0].recovery, found.episodes[0].resolution)
    };
    assert_eq!(resolve(&shewhart), (6, Some(9), Resolution::Repaired), "back on the centre line, 5.383");
    shewhart.episodes.repair_window = Some(2);
    assert_eq!(resolve(&shewhart), (6, None, Resolution::Unrepaired));
    shewhart.episodes.repair = Repair::ReturnToReference(Tolerance::Units(1.0));
    assert_eq!(resolve(&shewhart), (6, Some(7), Resolution::Repaired), "within one sigma");
}

#[test]
fn better_shifts_are_falls_under_the_other_orientation() {
    let up = one(&[4.0, 4.1, 3.9, 4.0, 4.1, 6.0, 4.0, 4.1, 3.9, 4.0]);
    let turned = Series::new(
        up.scores().to_vec(),
        up.offsets().to_vec(),
        scale().with_orientation(Orientation::LowerIsBetter),
    );
    let shewhart = chart(ChartSignal::Beyond(3.0));
    assert!(places(&detect(&up, shewhart).flagged).is_empty());
    assert_eq!(places(&detect(&turned.unwrap(), shewhart).flagged), [5]);
}

#[test]
fn every_reason_is_told() {
    use NotAssessed::{
        NoMovingRange, NoReference, NoUnit, TooFewMovingRanges, TooFewOffMedian, TooFewSessions,
    };
    let because = |rule: Detector, scores: &[f64]| {
        let found = detect(&one(scores), rule).dyads[0];
        assert_eq!(found.class == ClientClass::NotAssessed, found.not_assessed.is_some());
        found.not_assessed
    };
    let shewhart = Detector::from(chart(ChartSignal::Beyond(3.0)));
    assert_eq!(because(shewhart, &[5.0; 4]), Some(TooFewSessions { observed: 4, needed: 8 }));
    assert_eq!(because(shewhart, &[5.0; 9]), Some(NoUnit));
    assert_eq!(because(shewhart, &[5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 4.0, 4.0]), Some(NoMovingRange));
    let gappy = [5.0, NAN, 5.5, NAN, 5.0, NAN, 5.5, NAN, 5.0, NAN, 5.5, NAN, 5.0, NAN, 5.5];
    assert_eq!(because(shewhart, &gappy), Some(TooFewMovingRanges));
    let runs = AnhojDetector::new(AnhojOptions::default()).into();
    assert_eq!(because(runs, &[5.0, 4.0, 6.0, 5.0, 5.0]), Some(TooFewOffMedian));
    let rule = Rule::new(Reference::Baseline(4), Unit::Points, 1.0).unwrap().into();
    assert_eq!(because(rule, &[5.0; 4]), Some(NoReference));
    assert_eq!(because(rule, &[5.0; 2]), Some(TooFewSessions { observed: 2, needed: 3 }));
    assert_eq!(because(rule, &[5.0; 5]), None);
    let loss = sudden(ShiftDirection::Loss, Orientation::HigherIsBetter, 1.0).into();
    assert_eq!(because(loss, &[5.0, 4.0, 3.0]), Some(NoReference));
    let own = Rule::new(Reference::Previous, Unit::OwnSd, 1.0).unwrap().into();
    assert_eq!(because(own, &[5.0; 9]), Some(NoUnit));
    for detector in [
        Detector::from(OnlineDetector::new(0.5).unwrap()),
        ProductDetector::new(0.5).unwrap().into(),
        LevelDetector::new(LevelTest::Shift, 3.0).unwrap().into(),
        SegmentDetector::new(1.0, DropUnit::Sigmas).unwrap().into(),
    ] {
        assert_eq!(because(detector, &[5.0; 9]), Some(NoUnit), "{detector:?}");
        assert_eq!(
            because(detector, &[5.0; 2]),
            Some(TooFewSessions { observed: 2, needed: 4 }),
            "{detector:?}"
        );
    }
}

/// One of every kind, with options of every kind.
fn detectors() -> Vec<Detector> {
    let options = ChartOptions::default().with_min_sessions(3).unwrap();
    let frozen = options.with_baseline(Baseline::FirstObserved(4)).unwrap();
    let mut charts = Vec::new();
    for chart in [
        options,
        frozen,
        options.with_trend(TrendAdjustment::Ols).with_sigma(SigmaMethod::MeanMovingRange),
        options.with_trend(TrendAdjustment::TheilSen).with_gaps(ChartGaps::Bridge),
    ] {
        for signal in [
            ChartSignal::Beyond(1.5),
            ChartSignal::RunRules(RunRules::western_electric()),
            ChartSignal::RunRules(RunRules::none().with(RunRule::Nelson3).with(RunRule::Nelson6)),
            ChartSignal::Cusum(CusumOptions::new(0.5, 1.5).unwrap()),
            ChartSignal::Ewma(EwmaOptions::new(0.3, 1.0).unwrap()),
            ChartSignal::Ewma(EwmaOptions::default().with_exponent(EwmaExponent::Elapsed)),
        ] {
            charts.push(Detector::from(ChartDetector::new(chart, signal).unwrap()));
        }
    }
    let mut others: Vec<Detector> = vec![
        AnhojDetector::new(AnhojOptions::default().with_min_useful(2).unwrap()).into(),
        Rule::new(Reference::RunningMean, Unit::ShrunkenSd, 1.0).unwrap().into(),
        Rule::new(Reference::Previous, Unit::Points, 1.0).unwrap().into(),
        Rule::new(Reference::PersonMean, Unit::OwnSd, 1.0).unwrap().into(),
        sudden(ShiftDirection::Loss, Orientation::HigherIsBetter, 0.5).into(),
    ];
    for misfit in [Misfit::L1, Misfit::L2, Misfit::Rank, Misfit::CensoredNormal] {
        for (segmentation, noise) in [
            (Segmentation::Optimal, NoiseScale::default()),
            (Segmentation::Binary, NoiseScale::MedianMovingRange),
            (Segmentation::Optimal, NoiseScale::Pooled),
            (Segmentation::Binary, NoiseScale::Known(0.5)),
        ] {
            let mut segments = SegmentDetector::new(0.5, DropUnit::Sigmas).unwrap();
            (segments.misfit, segments.segmentation, segments.noise) = (misfit, segmentation, noise);
            segments.penalty = SegmentPenalty::Criterion(Criterion::Sic0);
            segments.min_segment = if noise == NoiseScale::Pooled { 2 } else { 1 };
            others.push(segments.into());
        }
    }
    for noise in [NoiseScale::Pooled, NoiseScale::default(), NoiseScale::Known(0.4)] {
        let mut online = OnlineDetector::new(0.3).unwrap();
        online.noise = noise;
        others.push(online.into());
        let mut product = ProductDetector::new(0.3).unwrap();
        product.noise = noise;
        others.push(product.into());
        for test in [LevelTest::Innovation, LevelTest::Outlier, LevelTest::Shift] {
            let mut level = LevelDetector::new(test, 1.0).unwrap();
            level.noise = noise;
            level.drift = (noise != NoiseScale::Pooled).then_some(0.2);
            others.push(level.into());
        }
    }
    charts.extend(others);
    charts
}

/// Quarters from 1 to 7, some missing: sums and differences of a few are exact.
fn score() -> impl Strategy<Value = f64> {
    prop_oneof![9 => (4_u8..=28).prop_map(|quarters| f64::from(quarters) / 4.0), 1 => Just(NAN)]
}

/// Series whose clients have no session at all, a constant one, or some.
fn series() -> impl Strategy<Value = Series> {
    let run = prop_oneof![
        1 => vec(Just(5.25), 0..7),
        2 => vec(score(), 0..7),
        4 => vec(score(), 7..24),
    ];
    vec(run, 1..7).prop_map(|runs| {
        let mut offsets = vec![0];
        for run in &runs {
            offsets.push(offsets.last().unwrap() + run.len());
        }
        Series::new(runs.concat(), offsets, scale()).unwrap()
    })
}

fn without_dyad(series: &Series, left_out: usize) -> Series {
    let runs: Vec<&[f64]> =
        series.runs().enumerate().filter(|(dyad, _)| *dyad != left_out).map(|(_, run)| run).collect();
    let mut offsets = vec![0];
    for run in &runs {
        offsets.push(offsets.last().unwrap() + run.len());
    }
    Series::new(runs.concat(), offsets, series.scale()).unwrap()
}

/// NaN is as good as NaN.
fn bits(numbers: &[f64]) -> Vec<u64> {
    numbers.iter().map(|number| if number.is_nan() { u64::MAX } else { number.to_bits() }).collect()
}

fn assert_same(one: &Detection, other: &Detection, place: &Detector) {
    assert_eq!(bits(&one.reference), bits(&other.reference), "{place:?}");
    assert_eq!(one.flagged, other.flagged, "{place:?}");
    assert_eq!(one.episodes, other.episodes, "{place:?}");
    assert_eq!(one.offsets, other.offsets, "{place:?}");
    let facts = |found: &Detection| {
        let each = found.dyads.iter();
        let each =
            each.map(|dyad| (dyad.observed, dyad.evaluable, dyad.flagged, dyad.class, dyad.not_assessed));
        each.collect::<Vec<_>>()
    };
    assert_eq!(facts(one), facts(other), "{place:?}");
}

/// What holds for every answer.
fn assert_sound(series: &Series, detector: &Detector) {
    let found = detect(series, detector);
    let orientation = found.orientation;
    for (dyad, told) in found.dyads.iter().enumerate() {
        let span = series.offsets()[dyad]..series.offsets()[dyad + 1];
        let run = series.dyad(dyad);
        let (reference, flags) = (&found.reference[span.clone()], &found.flagged[span.clone()]);
        assert_eq!(told.class == ClientClass::NotAssessed, told.not_assessed.is_some(), "{detector:?}");
        assert_eq!(told.observed, run.iter().filter(|score| !score.is_nan()).count());
        assert_eq!(told.flagged, flags.iter().filter(|flag| **flag).count());
        assert!(told.flagged <= told.evaluable && told.evaluable <= told.observed, "{detector:?} {told:?}");
        assert!(told.not_assessed.is_none() || told.flagged == 0);
        for (place, score) in run.iter().enumerate() {
            let limit = found.limit(dyad, span.start + place);
            assert!(!flags[place] || !(score.is_nan() || reference[place].is_nan()), "{detector:?}");
            if flags[place] && !matches!(detector, Detector::Segments(_)) {
                assert!(orientation.fall(reference[place], *score) > 0.0, "{detector:?}");
            }
            // A limit is what it says: beyond it, and only there unless run rules look at more, a session is flagged.
            if !limit.is_nan() && !score.is_nan() && told.not_assessed.is_none() {
                let beyond = orientation.fall(limit, *score);
                assert!(flags[place] || beyond < 1e-6, "{detector:?}: {beyond} beyond and not flagged");
                let is_exact = !matches!(detector, Detector::Chart(chart) if matches!(chart.signal, ChartSignal::RunRules(_)));
                assert!(!flags[place] || !is_exact || beyond > -1e-6, "{detector:?}: {beyond} and flagged");
            }
        }
        let mut last = None;
        for episode in found.episodes_of(dyad) {
            assert!(flags[episode.onset] && episode.onset <= episode.nadir && episode.nadir <= episode.last);
            assert!(episode.last < run.len() && last.is_none_or(|last| episode.onset >= last));
            assert!(episode.recovery.is_none_or(|back| back == episode.last && back > episode.nadir));
            assert_eq!(episode.recovery.is_some(), episode.resolution == Resolution::Repaired);
            assert!(episode.magnitude > 0.0, "{detector:?}");
            last = Some(episode.onset + 1);
        }
        assert_eq!(told.flagged > 0, !found.episodes_of(dyad).is_empty(), "{detector:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn answers_are_sound_and_the_same_for_any_number_of_threads(series in series()) {
        for detector in detectors() {
            assert_sound(&series, &detector);
            let spread = Spread::of(&series);
            let [single, several] = [1, 3].map(|threads| detect_with(&series, detector, &spread, Some(threads)));
            assert_same(&single, &several, &detector);
        }
    }

    #[test]
    fn other_dyads_matter_only_to_detectors_that_pool(series in series(), left_out in 0_usize..7) {
        let left_out = left_out % series.dyads();
        let rest = without_dyad(&series, left_out);
        let dyads = (0..series.dyads()).filter(|dyad| *dyad != left_out);
        for detector in detectors().into_iter().filter(|detector| !detector.pools()) {
            let (whole, found) = (detect(&series, detector), detect(&rest, detector));
            for (place, dyad) in dyads.clone().enumerate() {
                let of = |found: &Detection, series: &Series, dyad: usize| {
                    let span = series.offsets()[dyad]..series.offsets()[dyad + 1];
                    (bits(&found.reference[span.clone()]), found.flagged[span].to_vec(), found.episodes_of(dyad).to_vec())
                };
                prop_assert_eq!(of(&whole, &series, dyad), of(&found, &rest, place), "{:?}", detector);
            }
        }
    }

    #[test]
    fn what_does_not_look_back_is_not_moved_by_later_sessions(scores in vec(score(), 6..24), upto in 0_usize..24) {
        let whole = one(&scores);
        let spread = Spread::of(&whole);
        let first = one(&scores[..upto.min(scores.len())]);
        let mut compared = 0;
        for detector in detectors().into_iter().filter(|detector| !detector.is_retrospective()) {
            let early = detect_with(&first, detector, &spread, Some(1));
            if early.dyads[0].not_assessed.is_none() {
                let late = detect_with(&whole, detector, &spread, Some(1));
                prop_assert_eq!(&early.flagged[..], &late.flagged[..first.len()], "{:?}", detector);
                compared += 1;
            }
        }
        prop_assert!(compared > 0 || upto < 12);
    }

    #[test]
    fn the_mirror_image_has_the_same_flags(series in series()) {
        let mirrored: Vec<f64> = series.scores().iter().map(|score| 8.0 - score).collect();
        let turned = scale().with_orientation(Orientation::LowerIsBetter);
        let mirrored = Series::new(mirrored, series.offsets().to_vec(), turned).unwrap();
        for detector in detectors() {
            let reflected = match detector {
                Detector::Sudden(_) => sudden(ShiftDirection::Loss, Orientation::LowerIsBetter, 0.5).into(),
                other => other,
            };
            let (here, there) = (detect(&series, detector), detect(&mirrored, reflected));
            prop_assert_eq!(&here.flagged, &there.flagged, "{:?}", detector);
            prop_assert_eq!(here.episodes.len(), there.episodes.len());
        }
    }

    #[test]
    fn flags_are_those_of_the_methods_themselves(scores in vec(score(), 0..24)) {
        let series = one(&scores);
        let options = ChartOptions::default().with_min_sessions(3).unwrap();
        let flags = |signal| places(&detect(&series, ChartDetector::new(options, signal).unwrap()).flagged);
        let worse = Orientation::HigherIsBetter;
        if let Ok(chart) = IndividualsChart::new(&scores, &options) {
            prop_assert_eq!(flags(ChartSignal::Beyond(1.5)), chart.beyond(1.5, worse).unwrap());
            let below = chart.beyond(0.0, worse).unwrap();
            let and_below = |mut sessions: Vec<usize>| {
                sessions.dedup();
                sessions.retain(|session| below.contains(session));
                sessions
            };
            let rules = RunRules::western_electric().with(RunRule::Nelson3);
            let signals = chart.run_rules(&rules, worse).iter().map(|signal| signal.session).collect();
            prop_assert_eq!(flags(ChartSignal::RunRules(rules)), and_below(signals));
            let cusum = CusumOptions::new(0.5, 1.5).unwrap();
            let signals: Vec<usize> = chart.cusum(&cusum, worse).signals.iter().map(|signal| signal.session).collect();
            let found = flags(ChartSignal::Cusum(cusum));
            prop_assert_eq!(found.first(), signals.first(), "the first signal is always on the worse side");
            prop_assert_eq!(found, and_below(signals));
            let ewma = EwmaOptions::new(0.3, 1.0).unwrap();
            let signals = chart.ewma(&ewma, worse).signals;
            let found = flags(ChartSignal::Ewma(ewma));
            prop_assert_eq!(found.first(), signals.first());
            prop_assert_eq!(found, and_below(signals));
        }
        let least = AnhojOptions::default().with_min_useful(2).unwrap();
        let runs = anhoj_runs(&scores, worse, &least).map(|runs| runs.signals).unwrap_or_default();
        prop_assert_eq!(places(&detect(&series, AnhojDetector::new(least)).flagged), runs);

        let loss = sudden(ShiftDirection::Loss, worse, 0.5);
        let events: Vec<usize> = loss.detect(&scores).events.iter().map(|event| event.post).collect();
        prop_assert_eq!(places(&detect(&series, loss).flagged), events);

        let mut segments = SegmentDetector::new(0.5, DropUnit::Points).unwrap();
        (segments.penalty, segments.least_sessions) = (SegmentPenalty::Value(0.4), 2);
        let method = OptimalPartition::new(SegmentCost::L2, Penalty::Value(0.4)).unwrap();
        if let Ok(partition) = method.partition(&scores) {
            let ruptures = episodes_of_segments(&partition.segments, 0.5, 0.0, worse).unwrap();
            let inside = |place: &usize| ruptures.iter().any(|rupture| (rupture.onset..rupture.end).contains(place));
            let expected: Vec<usize> = (0..scores.len()).filter(|place| inside(place) && !scores[*place].is_nan()).collect();
            prop_assert_eq!(places(&detect(&series, segments).flagged), expected);
        }

        let mut online = OnlineDetector::new(0.3).unwrap();
        online.noise = NoiseScale::Known(0.4);
        let known: Vec<f64> = scores.iter().copied().filter(|score| !score.is_nan()).collect();
        if known.len() >= 4 {
            let prior = NormalGamma::pooled(known[..3].iter().sum::<f64>() / 3.0, 0.4, 0.8, 20.0).unwrap();
            let steps = OnlineChangePoint::new(prior, 0.1).unwrap().run(&scores);
            let third = (0..scores.len()).filter(|place| !scores[*place].is_nan()).nth(2).unwrap();
            let expected: Vec<usize> = (third + 1..scores.len())
                .filter(|place| steps[*place].change >= 0.3 && scores[*place] < steps[*place - 1].expected - 1e-9)
                .collect();
            prop_assert_eq!(places(&detect(&series, online).flagged), expected);
        }
    }

    #[test]
    fn huge_scores_and_nonsense_fields_panic_nowhere(scores in vec(prop_oneof![Just(NAN), -1e300_f64..1e300, Just(1e300), Just(-1e300), Just(0.0)], 0..14), wild in prop_oneof![Just(NAN), Just(f64::INFINITY), Just(-1.0), Just(0.0), Just(1e300)]) {
        let huge = ScoreScale::new(-1e300, 1e300).unwrap();
        let series = Series::new(scores.clone(), vec![0, scores.len()], huge).unwrap();
        for detector in detectors() {
            detect(&series, detector);
            // Fields that are public can be set to anything; `checked` would have refused.
            let wrong: Detector = match detector {
                Detector::Rule(mut rule) => { rule.threshold = wild; rule.into() }
                Detector::Segments(mut segments) => { (segments.threshold, segments.tolerance, segments.min_segment) = (wild, wild, 0); segments.into() }
                Detector::Online(mut online) => { (online.threshold, online.shift, online.hazard) = (wild, wild, wild); online.into() }
                Detector::Product(mut product) => { (product.threshold, product.shift, product.change) = (wild, wild, wild); product.into() }
                Detector::Level(mut level) => { (level.threshold, level.drift) = (wild, Some(wild)); level.into() }
                Detector::Chart(mut chart) => { chart.signal = ChartSignal::Beyond(wild); chart.into() }
                other => other,
            };
            detect(&series, wrong);
        }
    }
}

mod chance {
    use alliance_ruptures::chance::{ChanceOptions, Depths, NullModel, Per, calibrate, chance_rate};
    use alliance_ruptures::simulate::Simulation;

    use super::*;

    fn model() -> NullModel {
        let lattice = scale().with_step(1.0 / 12.0).unwrap();
        let clinic = Simulation::new(60, 14).without_ruptures().run(3).unwrap();
        NullModel::fit(&Series::new(clinic.client, clinic.offsets, lattice).unwrap()).unwrap()
    }

    fn options(clients: usize) -> ChanceOptions {
        let mut options = ChanceOptions::default();
        (options.clients, options.bootstrap) = (clients, 0);
        options.depths = Depths::PooledSds(vec![4.0]);
        options
    }

    #[test]
    fn every_detector_with_a_threshold_is_calibrated_below_the_wanted_rate() {
        let (model, options) = (model(), options(400));
        for detector in detectors() {
            if detector.threshold().is_none() {
                let refused = calibrate(detector, &model, 0.05, Per::Client, &options).unwrap_err();
                assert_eq!(refused.code(), "not-calibratable", "{detector:?}");
                continue;
            }
            let found = calibrate(detector, &model, 0.05, Per::Client, &options).unwrap();
            assert!(found.attained.rate <= 0.05, "{detector:?}: {:?}", found.attained);
            assert!(found.next_rate > 0.05 || found.attained.rate == found.next_rate, "{detector:?}");
            let again = chance_rate(found.rule, &model, &options).unwrap();
            assert_eq!(again.per_client.rate, found.attained.rate, "{detector:?}");
            let mut kept = found.rule.with_threshold(0.5).unwrap();
            assert_eq!(kept, detector.with_threshold(0.5).unwrap(), "nothing but the threshold changes");
            kept = kept.without_repair();
            assert_eq!(kept.threshold(), Some(0.5));
            assert!(found.sentence().contains("if nothing had happened"));
        }
    }

    #[test]
    fn rates_do_not_depend_on_threads_and_deep_falls_are_found() {
        let model = model();
        let (mut single, mut several) = (options(400), options(400));
        (single.threads, several.threads) = (Some(1), Some(3));
        single.bootstrap = 2;
        several.bootstrap = 2;
        for detector in detectors() {
            let [one, other] =
                [&single, &several].map(|options| chance_rate(detector, &model, options).unwrap());
            let rates = |rate: &alliance_ruptures::chance::ChanceRate| {
                format!("{:?}", (rate.per_client, rate.per_session, rate.classes, rate.per_hundred_sessions))
            };
            assert_eq!(rates(&one), rates(&other), "{detector:?}");
        }
        let shewhart = chart(ChartSignal::Beyond(3.0));
        let found = calibrate(shewhart, &model, 0.05, Per::Client, &options(2_000)).unwrap();
        assert!(found.recall[1].one_session.rate > 5.0 * found.recall[0].one_session.rate);
    }

    #[test]
    fn a_gain_has_the_chance_of_the_loss_in_the_mirror() {
        // Without ruptures, ceiling or growth a gain is as likely as a loss.
        let clinic = Simulation::null_gaussian(400, 16).run(5).unwrap();
        let wide = ScoreScale::new(-50.0, 50.0).unwrap();
        let model = NullModel::fit(&Series::new(clinic.client, clinic.offsets, wide).unwrap()).unwrap();
        let rate = |direction| {
            let mut options = SuddenOptions::new(direction, Orientation::HigherIsBetter, Some(0.5));
            (options.proportion, options.stability) = (None, Stability::TangDeRubeis);
            let rule = SuddenRule::new(options).unwrap();
            let found = chance_rate(rule, &model, &self::options(20_000)).unwrap().per_client;
            let set = calibrate(rule, &model, 0.01, Per::Client, &self::options(4_000)).unwrap();
            (found, set.recall[1].three_sessions.rate)
        };
        let ((gain, gains_found), (loss, losses_found)) =
            (rate(ShiftDirection::Gain), rate(ShiftDirection::Loss));
        let error = gain.monte_carlo_error.hypot(loss.monte_carlo_error);
        assert!((gain.rate - loss.rate).abs() < 4.0 * error + 0.01, "{gain:?} {loss:?}");
        assert!(gains_found > 0.15 && losses_found > 0.15, "planted towards the side looked at");
    }
}

/// Pooled sigma and share of the drift of simulated local levels: known variances are recovered.
#[test]
fn noise_and_drift_of_a_sample_are_recovered() {
    for (noise, drift) in [(0.04_f64, 0.0_f64), (0.04, 0.01), (0.01, 0.02)] {
        let mut random = Generator::stream(7, 0);
        let mut scores = Vec::new();
        for _ in 0..4_000 {
            let mut level = 5.0;
            for session in 0..14 {
                level += drift.sqrt() * random.normal();
                // Every seventh form is missing.
                let score = level + noise.sqrt() * random.normal();
                scores.push(if session % 7 == 3 { NAN } else { score });
            }
        }
        let offsets = (0..=4_000).map(|dyad| 14 * dyad).collect();
        let wide = ScoreScale::new(-50.0, 50.0).unwrap();
        let spread = Spread::of(&Series::new(scores, offsets, wide).unwrap());
        let variance = noise + drift / 2.0;
        assert!((spread.moving_range / variance.sqrt() - 1.0).abs() < 0.01, "{spread:?}");
        assert!((spread.drift_share - drift / 2.0 / variance).abs() < 0.02, "{spread:?}");
    }
}

#[test]
fn detectors_of_different_kinds_can_be_compared() {
    let series = one(&WORKED);
    let mut rule = Rule::new(Reference::PersonMean, Unit::OwnSd, 1.0).unwrap();
    rule.repair = Repair::ReturnToReference(Tolerance::Points(0.0));
    let found = [detect(&series, rule), detect(&series, chart(ChartSignal::Beyond(3.0)))];
    let agreed = agreement(&found, series.offsets()).unwrap();
    assert_eq!(agreed.kappa(0, 1), 1.0);
    assert_eq!(agreed.alike(0, 1), 1.0);
}

#[test]
fn unsound_detectors_are_refused() {
    let refused = |detector: Detector| detector.checked().unwrap_err().code();
    let mut shewhart = chart(ChartSignal::Beyond(3.0));
    for multiple in [0.0, -1.0, NAN, f64::INFINITY] {
        shewhart.signal = ChartSignal::Beyond(multiple);
        assert_eq!(refused(shewhart.into()), "invalid-option");
    }
    for rules in [RunRules::none(), RunRules::none().with(RunRule::Nelson7), RunRules::nelson()] {
        shewhart.signal = ChartSignal::RunRules(rules);
        assert_eq!(refused(shewhart.into()), "invalid-option");
    }
    let mut runs = AnhojDetector::new(AnhojOptions::default());
    runs.episodes.repair_window = Some(0);
    assert_eq!(refused(runs.into()), "invalid-option");
    assert!(SegmentDetector::new(0.0, DropUnit::Points).is_err());
    assert!(OnlineDetector::new(1.0).is_err() && ProductDetector::new(0.0).is_err());
    assert!(LevelDetector::new(LevelTest::Shift, NAN).is_err());
    let fixed = Detector::from(Rule::new(Reference::Fixed(4.0), Unit::Points, 0.0).unwrap());
    assert_eq!(fixed.threshold(), None);
    assert!(fixed.with_threshold(1.0).is_err());
    assert!(Detector::from(OnlineDetector::new(0.5).unwrap()).with_threshold(1.5).is_err());
}

#[cfg(feature = "serde")]
#[test]
fn detectors_are_stored_and_read_back_checked() {
    for detector in detectors() {
        let text = serde_json::to_string(&detector).unwrap();
        assert_eq!(serde_json::from_str::<Detector>(&text).unwrap(), detector, "{text}");
    }
    let online = serde_json::to_value(Detector::from(OnlineDetector::new(0.5).unwrap())).unwrap();
    let shewhart = serde_json::to_value(Detector::from(chart(ChartSignal::Beyond(3.0)))).unwrap();
    for (mut stored, path, wrong) in [
        (online.clone(), "/Online/threshold", 2.0),
        (online, "/Online/shift", 0.0),
        (shewhart.clone(), "/Chart/signal/Beyond", -3.0),
        (shewhart, "/Chart/chart/min_sessions", 1.0),
    ] {
        let place = stored.pointer_mut(path).unwrap();
        *place = if place.is_u64() { serde_json::json!(1) } else { serde_json::json!(wrong) };
        assert!(serde_json::from_value::<Detector>(stored).is_err(), "{path}");
    }
}
