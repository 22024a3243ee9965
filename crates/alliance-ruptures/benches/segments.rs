//! Change points of one client with 20 sessions (40 where said).
//!
//! `ruptures` 1.1.10 as a Python loop, and a loop written for numba: `python3 tests/oracles/change_points.py --time`.

#![allow(missing_docs, clippy::unwrap_used)]

use alliance_ruptures::segments::{
    BinarySegmentation, Criterion, InitialLevel, KnownSigma, LocalLevel, NoiseSigma, NormalGamma,
    OnlineChangePoint, OptimalPartition, Penalty, ProductPartition, SegmentCost, SegmentPrior,
    SegmentScratch,
};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

/// Clients that take turns, so that no branch is learnt by heart.
const CLIENTS: u64 = 256;

/// Twelfths with a dip somewhere, from a small generator: the bench needs no better one.
fn series(sessions: usize, client: u64) -> Vec<f64> {
    let mut state = client;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let (dip, length) = (next(sessions as u64) as usize, next(4) as usize);
    (0..sessions)
        .map(|session| {
            let fallen = if (dip..dip + length).contains(&session) { 14.0 } else { 0.0 };
            (58.0 + next(6) as f64 + next(6) as f64 - fallen) / 12.0
        })
        .collect()
}

fn clients(sessions: usize) -> impl FnMut() -> Vec<f64> {
    let all: Vec<_> = (0..CLIENTS).map(|client| series(sessions, client)).collect();
    let mut turns = all.into_iter().cycle();
    move || turns.next().unwrap()
}

fn optimal(bencher: Bencher<'_, '_>, detector: OptimalPartition, sessions: usize) {
    let mut scratch = SegmentScratch::new();
    bencher
        .with_inputs(clients(sessions))
        .bench_local_refs(|scores| detector.partition_with(black_box(scores), &mut scratch).unwrap().cost);
}

/// All clients in one measurement: divide by 256.
#[divan::bench(sample_count = 1000)]
fn optimal_l2_256_clients(bencher: Bencher<'_, '_>) {
    let detector = OptimalPartition::new(SegmentCost::L2, Penalty::Value(0.5)).unwrap();
    let all: Vec<_> = (0..CLIENTS).map(|client| series(20, client)).collect();
    let mut scratch = SegmentScratch::new();
    bencher.counter(ItemsCount::new(CLIENTS)).bench_local(|| {
        black_box(&all)
            .iter()
            .map(|scores| detector.partition_with(scores, &mut scratch).unwrap().change_count())
            .sum::<usize>()
    });
}

/// No change anywhere: the longest search.
#[divan::bench(args = [20, 40])]
fn optimal_l2_no_change(bencher: Bencher<'_, '_>, sessions: usize) {
    optimal(bencher, OptimalPartition::new(SegmentCost::L2, Penalty::Value(50.0)).unwrap(), sessions);
}

#[divan::bench(args = [20, 40])]
fn optimal_l2(bencher: Bencher<'_, '_>, sessions: usize) {
    optimal(bencher, OptimalPartition::new(SegmentCost::L2, Penalty::Value(0.5)).unwrap(), sessions);
}

#[divan::bench]
fn optimal_l2_mbic(bencher: Bencher<'_, '_>) {
    let penalty = Penalty::Criterion(Criterion::Mbic, NoiseSigma::MedianMovingRange);
    optimal(bencher, OptimalPartition::new(SegmentCost::L2, penalty).unwrap(), 20);
}

#[divan::bench]
fn optimal_l1(bencher: Bencher<'_, '_>) {
    optimal(bencher, OptimalPartition::new(SegmentCost::L1, Penalty::Value(0.3)).unwrap(), 20);
}

#[divan::bench]
fn optimal_rank(bencher: Bencher<'_, '_>) {
    optimal(bencher, OptimalPartition::new(SegmentCost::Rank, Penalty::Value(4.0)).unwrap(), 20);
}

#[divan::bench]
fn optimal_censored(bencher: Bencher<'_, '_>) {
    let cost = SegmentCost::CensoredNormal { sigma: 0.25, lowest: 1.0, highest: 5.5 };
    optimal(bencher, OptimalPartition::new(cost, Penalty::Value(4.0)).unwrap(), 20);
}

#[divan::bench]
fn binary_l2(bencher: Bencher<'_, '_>) {
    let detector = BinarySegmentation::new(SegmentCost::L2, Penalty::Value(0.5)).unwrap();
    let mut scratch = SegmentScratch::new();
    bencher
        .with_inputs(clients(20))
        .bench_local_refs(|scores| detector.partition_with(black_box(scores), &mut scratch).unwrap().cost);
}

#[divan::bench]
fn product_posterior(bencher: Bencher<'_, '_>) {
    let prior = SegmentPrior::KnownSigma(KnownSigma::new(5.3, 0.7, 0.25).unwrap());
    let detector = ProductPartition::new(prior, 0.1).unwrap();
    let scores = series(20, 7);
    bencher.bench_local(|| detector.posterior(black_box(&scores)).unwrap().log_evidence);
}

/// One live update in the twentieth session, and in a state that is full.
#[divan::bench(args = [20, 100])]
fn online_update(bencher: Bencher<'_, '_>, sessions: usize) {
    let prior = NormalGamma::pooled(5.3, 0.25, 0.7, 20.0).unwrap();
    let mut state = OnlineChangePoint::new(prior, 0.1).unwrap().start();
    for score in series(sessions - 1, 7) {
        state.update(score);
    }
    bencher.with_inputs(|| state.clone()).bench_local_refs(|state| state.update(black_box(5.25)).change);
}

#[divan::bench]
fn local_level(bencher: Bencher<'_, '_>) {
    let model = LocalLevel::new(0.04, 0.01, InitialLevel::Diffuse).unwrap();
    let scores = series(20, 7);
    bencher.bench_local(|| model.run(black_box(&scores)).unwrap().log_likelihood);
}

#[divan::bench]
fn local_level_fit(bencher: Bencher<'_, '_>) {
    let scores = series(20, 7);
    bencher.bench_local(|| LocalLevel::fit(black_box(&scores)).unwrap().drift_variance());
}
