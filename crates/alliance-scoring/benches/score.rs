//! Scoring WAI-SR forms: 12 items, 2 % missing, three subscales and the total, prorated at 75 %.
//!
//! `bare_loop` is the same arithmetic written out by hand for this one key and
//! element type, without range check, bitmap or counts: the price of the general kernel.

#![allow(missing_docs, clippy::unwrap_used, clippy::needless_range_loop)]

use alliance_scoring::{
    Answers, Chunk, Column, FormScore, MissingRule, ScaleOutput, Scorer, ScoringOptions, Validity,
};
use divan::{Bencher, counter::ItemsCount};

fn main() {
    divan::main();
}

const ITEMS: usize = 12;
const ROWS: [usize; 3] = [10_000, 1_000_000, 10_000_000];

/// A small generator: the bench needs no better one.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

struct Answered {
    integers: Vec<Vec<i8>>,
    floats: Vec<Vec<f64>>,
    bitmaps: Vec<Vec<u8>>,
}

fn answers(rows: usize) -> Answered {
    let mut state = 1;
    let mut data = Answered { integers: Vec::new(), floats: Vec::new(), bitmaps: Vec::new() };
    for _ in 0..ITEMS {
        let mut bitmap = vec![0; rows.div_ceil(8)];
        let integers: Vec<i8> = (0..rows).map(|_| 1 + (next(&mut state) % 5) as i8).collect();
        let mut floats: Vec<f64> = integers.iter().map(|answer| f64::from(*answer)).collect();
        for (row, answer) in floats.iter_mut().enumerate() {
            if next(&mut state).is_multiple_of(50) {
                *answer = f64::NAN;
            } else {
                bitmap[row / 8] |= 1 << (row % 8);
            }
        }
        data.integers.push(integers);
        data.floats.push(floats);
        data.bitmaps.push(bitmap);
    }
    data
}

fn scorer() -> Scorer {
    let form = alliance_instruments::instrument("wai-sr-client").unwrap();
    let mut options = ScoringOptions::default();
    options.missing = MissingRule::share(0.75).unwrap();
    options.scales = Some(["goal", "task", "bond", "total"].map(String::from).to_vec());
    Scorer::new(&form, &options).unwrap()
}

fn score(bencher: Bencher<'_, '_>, rows: usize, columns: &[Column<'_>]) {
    let scorer = scorer();
    let mut means = vec![0.0; 4 * rows];
    let mut answered = vec![0; 4 * rows];
    bencher.counter(ItemsCount::new(rows)).bench_local(|| {
        let outputs = means
            .chunks_mut(rows)
            .zip(answered.chunks_mut(rows))
            .map(|(mean, answered)| ScaleOutput::new(mean, answered))
            .collect();
        scorer.score_into(columns, outputs, None).unwrap()
    });
}

#[divan::bench(args = ROWS, sample_count = 5, sample_size = 1)]
fn int8(bencher: Bencher<'_, '_>, rows: usize) {
    let data = answers(rows);
    let columns: Vec<Column<'_>> = data
        .integers
        .iter()
        .zip(&data.bitmaps)
        .map(|(answers, bytes)| {
            let validity = Validity::Bitmap { bytes, offset: 0 };
            Column::new("item", vec![Chunk::new(Answers::I8((&answers[..]).into()), validity).unwrap()])
        })
        .collect();
    score(bencher, rows, &columns);
}

#[divan::bench(args = ROWS, sample_count = 5, sample_size = 1)]
fn float64(bencher: Bencher<'_, '_>, rows: usize) {
    let data = answers(rows);
    let columns: Vec<Column<'_>> =
        data.floats.iter().map(|answers| Column::new("item", vec![Chunk::from(&answers[..])])).collect();
    score(bencher, rows, &columns);
}

#[divan::bench(args = ROWS, sample_count = 5, sample_size = 1)]
fn bare_loop_int8(bencher: Bencher<'_, '_>, rows: usize) {
    const SCALES: [[usize; 4]; 3] = [[3, 5, 7, 10], [0, 1, 9, 11], [2, 4, 6, 8]];
    let data = answers(rows);
    let mut out = vec![vec![0.0; rows]; 4];
    bencher.counter(ItemsCount::new(rows)).bench_local(|| {
        for row in 0..rows {
            let (mut sum, mut count) = (0_i32, 0_i32);
            for (scale, items) in SCALES.iter().enumerate() {
                let (mut part, mut answered) = (0_i32, 0_i32);
                for item in items {
                    let valid = i32::from(data.bitmaps[*item][row / 8] >> (row % 8) & 1);
                    part += i32::from(data.integers[*item][row]) * valid;
                    answered += valid;
                }
                sum += part;
                count += answered;
                out[scale][row] =
                    if answered >= 3 { f64::from(part) / f64::from(answered) } else { f64::NAN };
            }
            out[3][row] = if count >= 9 { f64::from(sum) / f64::from(count) } else { f64::NAN };
        }
    });
    divan::black_box(&out);
}

#[divan::bench]
fn one_form(bencher: Bencher<'_, '_>) {
    let scorer = scorer();
    let answers = [4.0, 5.0, 3.0, 4.0, f64::NAN, 5.0, 5.0, 3.0, 4.0, 4.0, 5.0, 4.0];
    let mut scores = [FormScore::default(); 4];
    bencher.bench_local(|| {
        scorer.score_form(divan::black_box(&answers), &mut scores).unwrap();
        scores
    });
}
