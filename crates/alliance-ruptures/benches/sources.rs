//! Codes, discrepancy and occurrence of a clinic of 10 000 clients with 20 sessions each.

#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::{HashMap, HashSet};

use alliance_ruptures::codes::{CodeRows, Combine, Family, combine_codes};
use alliance_ruptures::discrepancy::{SessionRuns, congruence, discrepancy};
use alliance_ruptures::occurrence::Occurrence;
use alliance_statistics::Generator;
use divan::{Bencher, counter::ItemsCount};

const CLIENTS: usize = 10_000;
const SESSIONS: usize = 20;
const ROWS_PER_SESSION: usize = 5;

fn main() {
    divan::main();
}

/// Session, coder and marker of a million rows in any order.
fn rows() -> (Vec<u32>, Vec<u32>, Vec<Option<Family>>) {
    let mut generator = Generator::stream(1, 0);
    let mut sessions: Vec<u32> =
        (0..CLIENTS * SESSIONS * ROWS_PER_SESSION).map(|row| (row / ROWS_PER_SESSION) as u32).collect();
    generator.shuffle(&mut sessions);
    let coders = sessions.iter().map(|_| generator.below(3) as u32).collect();
    let markers = [None, Some(Family::Withdrawal), Some(Family::Confrontation), Some(Family::Other)];
    let markers = sessions.iter().map(|_| markers[generator.below(4)]).collect();
    (sessions, coders, markers)
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn codes_to_sessions(bencher: Bencher<'_, '_>) {
    let (sessions, coders, markers) = rows();
    let rows = CodeRows {
        sessions: &sessions,
        coders: Some(&coders),
        segments: None,
        markers: &markers,
        significance: None,
        resolution: None,
    };
    bencher
        .counter(ItemsCount::new(sessions.len()))
        .bench_local(|| combine_codes(divan::black_box(&rows), Combine::Mean { share: 0.5 }).unwrap());
}

/// What one would write: per session, the coders and those who found a withdrawal.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn codes_to_sessions_with_hash_maps(bencher: Bencher<'_, '_>) {
    let (sessions, coders, markers) = rows();
    bencher.counter(ItemsCount::new(sessions.len())).bench_local(|| {
        let mut found: HashMap<u32, [HashSet<u32>; 3]> = HashMap::new();
        for ((session, coder), marker) in sessions.iter().zip(&coders).zip(&markers) {
            let sets = found.entry(*session).or_default();
            sets[0].insert(*coder);
            match marker {
                Some(Family::Withdrawal) => sets[1].insert(*coder),
                Some(Family::Confrontation) => sets[2].insert(*coder),
                _ => false,
            };
        }
        found.values().filter(|sets| 2 * sets[1].len() >= sets[0].len()).count()
    });
}

/// Scores of both raters, session numbers and offsets.
fn dyads() -> (Vec<f64>, Vec<f64>, Vec<i64>, Vec<usize>) {
    let mut generator = Generator::stream(2, 0);
    let mut draw = || (0..CLIENTS * SESSIONS).map(|_| generator.normal()).collect::<Vec<f64>>();
    let (client, therapist) = (draw(), draw());
    let numbers = (0..CLIENTS * SESSIONS).map(|row| (row % SESSIONS) as i64).collect();
    (client, therapist, numbers, (0..=CLIENTS).map(|client| client * SESSIONS).collect())
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn discrepancy_of_dyads(bencher: Bencher<'_, '_>) {
    let (client, therapist, numbers, offsets) = dyads();
    let runs = SessionRuns::new(&numbers, &offsets).unwrap();
    bencher
        .counter(ItemsCount::new(numbers.len()))
        .bench_local(|| discrepancy(divan::black_box(&client), &therapist, runs).unwrap());
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn moving_congruence_of_dyads(bencher: Bencher<'_, '_>) {
    let (client, therapist, numbers, offsets) = dyads();
    let runs = SessionRuns::new(&numbers, &offsets).unwrap();
    bencher
        .counter(ItemsCount::new(numbers.len()))
        .bench_local(|| congruence(divan::black_box(&client), &therapist, runs, 5).unwrap());
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn occurrence_of_an_indicator(bencher: Bencher<'_, '_>) {
    let mut generator = Generator::stream(3, 0);
    let states: Vec<Option<bool>> =
        (0..CLIENTS * SESSIONS).map(|_| Some(generator.bernoulli(0.19))).collect();
    let offsets: Vec<usize> = (0..=CLIENTS).map(|client| client * SESSIONS).collect();
    bencher
        .counter(ItemsCount::new(states.len()))
        .bench_local(|| Occurrence::of(divan::black_box(&states), &offsets).unwrap());
}
