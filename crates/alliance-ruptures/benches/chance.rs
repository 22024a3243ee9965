//! Chance rates: the null model's fit, 100 000 simulated clients x 16 sessions, bootstrap, calibration.

#![allow(missing_docs, clippy::unwrap_used)]

use alliance_ruptures::chance::{ChanceOptions, Fit, NullModel, Per, calibrate, chance_rate};
use alliance_ruptures::simulate::Simulation;
use alliance_ruptures::{Reference, Rule, ScoreScale, Series, Unit};
use divan::{Bencher, counter::ItemsCount};

fn main() {
    divan::main();
}

fn sample(dyads: usize) -> Series {
    let clinic = Simulation::new(dyads, 16).without_gaps().run(1).unwrap();
    let scale = ScoreScale::new(1.0, 7.0).unwrap().with_step(1.0 / 12.0).unwrap();
    Series::new(clinic.client, clinic.offsets, scale).unwrap()
}

fn options(clients: usize, bootstrap: usize) -> ChanceOptions {
    let mut options = ChanceOptions::default();
    (options.clients, options.bootstrap) = (clients, bootstrap);
    options
}

fn rule(unit: Unit) -> Rule {
    Rule::new(Reference::RunningMean, unit, 2.0).unwrap()
}

#[divan::bench(args = [60, 400, 10_000])]
fn fit(bencher: Bencher<'_, '_>, dyads: usize) {
    let sample = sample(dyads);
    bencher.bench(|| NullModel::fit(&sample).unwrap());
}

#[divan::bench(args = [60, 400, 10_000])]
fn fit_as_observed(bencher: Bencher<'_, '_>, dyads: usize) {
    let sample = sample(dyads);
    bencher.bench(|| NullModel::fit_with(&sample, Fit::AsObserved).unwrap());
}

#[divan::bench]
fn rate_100_000_clients_points(bencher: Bencher<'_, '_>) {
    let model = NullModel::fit(&sample(60)).unwrap();
    bencher
        .counter(ItemsCount::new(100_000_u32))
        .bench(|| chance_rate(&rule(Unit::Points), &model, &options(100_000, 0)).unwrap());
}

#[divan::bench(args = [60, 400])]
fn rate_100_000_clients_shrunken(bencher: Bencher<'_, '_>, dyads: usize) {
    let model = NullModel::fit(&sample(dyads)).unwrap();
    bencher
        .counter(ItemsCount::new(100_000_u32))
        .bench(|| chance_rate(&rule(Unit::ShrunkenSd), &model, &options(100_000, 0)).unwrap());
}

#[divan::bench(args = [60, 400])]
fn rate_with_100_refits(bencher: Bencher<'_, '_>, dyads: usize) {
    let model = NullModel::fit(&sample(dyads)).unwrap();
    bencher.bench(|| chance_rate(&rule(Unit::ShrunkenSd), &model, &options(20_000, 100)).unwrap());
}

#[divan::bench]
fn calibrated(bencher: Bencher<'_, '_>) {
    let model = NullModel::fit(&sample(60)).unwrap();
    bencher.bench(|| {
        calibrate(&rule(Unit::ShrunkenSd), &model, 0.05, Per::Client, &options(20_000, 0)).unwrap()
    });
}
