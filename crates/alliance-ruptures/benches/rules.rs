//! Rules on 100 000 dyads of 20 sessions, and sudden gains on one.

#![allow(missing_docs, clippy::unwrap_used)]

use alliance_ruptures::simulate::Simulation;
use alliance_ruptures::sudden::{ShiftDirection, SuddenOptions, SuddenRule, SuddenShifts};
use alliance_ruptures::{
    Orientation, Reference, Repair, Rule, ScoreScale, Series, Spread, Tolerance, Unit, detect_with,
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
