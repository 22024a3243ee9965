//! Live updates, and rules held against a criterion and against each other.

#![allow(missing_docs, clippy::unwrap_used)]

use alliance_ruptures::accuracy::{AccuracyOptions, detection_accuracy};
use alliance_ruptures::agreement::agreement;
use alliance_ruptures::live::{LaggedRule, LiveRule};
use alliance_ruptures::{Reference, Repair, Rule, ScoreScale, Series, Unit, detect};
use alliance_statistics::Generator;
use divan::{Bencher, counter::ItemsCount};

fn main() {
    divan::main();
}

fn scale() -> ScoreScale {
    ScoreScale::new(1.0, 7.0).unwrap()
}

/// Scores with some 3 % missing, in dyads of 20 sessions.
fn scores(count: usize) -> Vec<f64> {
    let mut random = Generator::stream(1, 0);
    let score = |random: &mut Generator| (5.5 + 0.6 * random.normal()).clamp(1.0, 7.0);
    (0..count).map(|_| if random.bernoulli(0.03) { f64::NAN } else { score(&mut random) }).collect()
}

fn rule(reference: Reference, points: f64) -> Rule {
    let mut rule = Rule::new(reference, Unit::Points, points).unwrap();
    rule.repair = Repair::RegainShare(0.5);
    rule
}

const REFERENCES: [(&str, Reference); 5] = [
    ("previous", Reference::Previous),
    ("running_mean", Reference::RunningMean),
    ("running_median", Reference::RunningMedian),
    ("running_maximum", Reference::RunningMaximum),
    ("fixed", Reference::Fixed(5.0)),
];

/// Updates of one client of 1 000 sessions; an item is one update.
#[divan::bench(args = REFERENCES.map(|(name, _)| name))]
fn thousand_updates(bencher: Bencher, name: &str) {
    let reference = REFERENCES.iter().find(|(known, _)| *known == name).unwrap().1;
    let scores = scores(1_000);
    let live = LiveRule::new(&rule(reference, 1.0), None, scale()).unwrap();
    bencher.counter(ItemsCount::new(scores.len())).with_inputs(|| live.clone()).bench_values(|mut live| {
        let sessions = (0_i64..).zip(&scores);
        let flags =
            sessions.filter(|(at, score)| live.update(*at, Some(**score)).unwrap().is_flagged).count();
        (flags, live)
    });
}

/// Updates with a lag of a client of 20 sessions; an item is one update.
#[divan::bench]
fn lagged_updates(bencher: Bencher) {
    let scores = scores(20);
    let late = LaggedRule::new(&rule(Reference::PersonMean, 1.0), None, scale(), 3).unwrap();
    bencher.counter(ItemsCount::new(scores.len())).with_inputs(|| late.clone()).bench_values(|mut late| {
        (0_i64..).zip(&scores).map(|(at, score)| late.update(at, Some(*score)).unwrap().len()).sum::<usize>()
    });
}

fn series(dyads: usize) -> Series {
    Series::new(scores(20 * dyads), (0..=dyads).map(|dyad| 20 * dyad).collect(), scale()).unwrap()
}

/// 1 000 dyads of 20 sessions against a criterion, with 2 000 bootstrap samples.
#[divan::bench]
fn accuracy_of_thousand_dyads(bencher: Bencher) {
    let series = series(1_000);
    let flagged = detect(&series, &rule(Reference::Previous, 1.0)).flagged;
    let mut random = Generator::stream(2, 0);
    let coded: Vec<_> = flagged.iter().map(|_| Some(random.bernoulli(0.1))).collect();
    let options = AccuracyOptions::default();
    bencher.bench(|| detection_accuracy(&flagged, &coded, series.offsets(), &options).unwrap());
}

/// 40 rules on 10 000 dyads of 20 sessions.
#[divan::bench]
fn agreement_of_forty_rules(bencher: Bencher) {
    let series = series(10_000);
    let found: Vec<_> = (1..=40)
        .map(|points| detect(&series, &rule(Reference::Previous, f64::from(points) / 20.0)))
        .collect();
    bencher.bench(|| agreement(&found, series.offsets()).unwrap());
}
