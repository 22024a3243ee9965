//! Rules and other detectors on 100 000 dyads of 20 sessions, and sudden gains on one.

#![allow(missing_docs, clippy::unwrap_used)]

use alliance_ruptures::charts::{
    AnhojDetector, AnhojOptions, ChartDetector, ChartOptions, ChartSignal, CusumOptions, EwmaOptions,
    RunRules,
};
use alliance_ruptures::segments::{
    DropUnit, LevelDetector, LevelTest, OnlineDetector, ProductDetector, SegmentDetector, Segmentation,
};
use alliance_ruptures::simulate::Simulation;
use alliance_ruptures::sudden::{ShiftDirection, SuddenOptions, SuddenRule, SuddenShifts};
use alliance_ruptures::{
    Appointment, Courses, Detector, Orientation, Reference, Repair, Rule, ScoreScale, Series, Spread,
    Tolerance, Unit, detect_with,
};
use divan::{Bencher, counter::ItemsCount};

fn main() {
    divan::main();
}

fn clinic() -> Series {
    let clinic = Simulation::new(100_000, 20).run(1).unwrap();
    Series::new(clinic.client, clinic.offsets, ScoreScale::new(-50.0, 50.0).unwrap()).unwrap()
}

const RULES: [(Reference, Unit); 4] = [
    (Reference::Previous, Unit::OwnSd),
    (Reference::PersonMean, Unit::PooledWithinSd),
    (Reference::RunningMean, Unit::ShrunkenSd),
    (Reference::Trend, Unit::OwnResidualSd),
];

#[divan::bench(args = [0, 1, 2, 3], sample_count = 10, sample_size = 1)]
fn rule_with_episodes(bencher: Bencher<'_, '_>, which: usize) {
    let series = clinic();
    let spread = Spread::of(&series);
    let mut rule = Rule::new(RULES[which].0, RULES[which].1, 1.5).unwrap();
    rule.repair = Repair::ReturnToReference(Tolerance::Units(0.25));
    bencher
        .counter(ItemsCount::new(series.len()))
        .bench_local(|| detect_with(divan::black_box(&series), &rule, &spread, Some(2)));
}

const DETECTORS: [&str; 11] = [
    "individuals",
    "western-electric",
    "cusum",
    "ewma",
    "anhoj",
    "sudden-loss",
    "segments-optimal",
    "segments-binary",
    "online",
    "local-level",
    "product",
];

fn named(name: &str) -> Detector {
    let chart = |signal| ChartDetector::new(ChartOptions::default(), signal).unwrap().into();
    match name {
        "individuals" => chart(ChartSignal::Beyond(3.0)),
        "western-electric" => chart(ChartSignal::RunRules(RunRules::western_electric())),
        "cusum" => chart(ChartSignal::Cusum(CusumOptions::default())),
        "ewma" => chart(ChartSignal::Ewma(EwmaOptions::default())),
        "anhoj" => AnhojDetector::new(AnhojOptions::default()).into(),
        "sudden-loss" => {
            let mut options =
                SuddenOptions::new(ShiftDirection::Loss, Orientation::HigherIsBetter, Some(1.0));
            options.proportion = None;
            SuddenRule::new(options).unwrap().into()
        }
        "segments-optimal" => SegmentDetector::new(2.0, DropUnit::Sigmas).unwrap().into(),
        "segments-binary" => {
            let mut segments = SegmentDetector::new(2.0, DropUnit::Sigmas).unwrap();
            segments.segmentation = Segmentation::Binary;
            segments.into()
        }
        "online" => OnlineDetector::new(0.9).unwrap().into(),
        "local-level" => LevelDetector::new(LevelTest::Outlier, 3.0).unwrap().into(),
        _ => ProductDetector::new(0.9).unwrap().into(),
    }
}

#[divan::bench(args = DETECTORS, sample_count = 5, sample_size = 1)]
fn detector_with_episodes(bencher: Bencher<'_, '_>, which: &str) {
    let series = clinic();
    let spread = Spread::of(&series);
    let detector = named(which);
    bencher
        .counter(ItemsCount::new(series.len()))
        .bench_local(|| detect_with(divan::black_box(&series), detector, &spread, Some(2)));
}

/// What detectors that pool take from a sample.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn spread_of_the_sample(bencher: Bencher<'_, '_>) {
    let series = clinic();
    bencher.counter(ItemsCount::new(series.len())).bench_local(|| Spread::of(divan::black_box(&series)));
}

#[divan::bench]
fn sudden_gain_of_one_client(bencher: Bencher<'_, '_>) {
    let scores = [35.0, 37.0, 34.0, 23.0, 24.0, 21.0, 29.0, 17.0, 11.0, 11.0, 10.0, 7.0];
    let rule =
        SuddenRule::new(SuddenOptions::new(ShiftDirection::Gain, Orientation::LowerIsBetter, Some(7.0)))
            .unwrap();
    let mut found = SuddenShifts::default();
    bencher.bench_local(|| {
        rule.detect_into(divan::black_box(&scores), &mut found);
        found.events.len()
    });
}

/// Rows of 100 000 dyads, one in eight sessions not held: forms, and forms with an appointment for each session.
fn rows(
    series: &Series,
    with_appointments: bool,
) -> (Vec<u32>, Vec<i64>, Vec<f64>, Vec<Option<Appointment>>) {
    let (mut dyads, mut sessions, mut scores, mut appointments) = (vec![], vec![], vec![], vec![]);
    for (dyad, run) in (0_u32..).zip(series.runs()) {
        for (session, score) in (1_i64..).zip(run) {
            let word = if session % 8 == 0 { Appointment::NoShow } else { Appointment::Attended };
            let form = word.is_held().then_some((*score, None));
            let appointment = with_appointments.then_some((f64::NAN, Some(word)));
            for (score, appointment) in form.into_iter().chain(appointment) {
                dyads.push(dyad);
                sessions.push(session);
                scores.push(score);
                appointments.push(appointment);
            }
        }
    }
    (dyads, sessions, scores, appointments)
}

#[divan::bench(args = [false, true], sample_count = 10, sample_size = 1)]
fn courses(bencher: Bencher<'_, '_>, with_appointments: bool) {
    let series = clinic();
    let (dyads, sessions, scores, words) = rows(&series, with_appointments);
    let words = with_appointments.then_some(&words[..]);
    bencher.counter(ItemsCount::new(dyads.len())).bench_local(|| {
        Courses::from_rows(divan::black_box(&dyads), &sessions, &scores, words, series.scale())
    });
}
