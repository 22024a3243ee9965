//! Reliability of a form: 1 000 and 100 000 rows of twelve items. `tests/oracles/time_reliability.py` times pingouin and psych.

#![allow(missing_docs, clippy::unwrap_used)]

use alliance_psychometrics::form::{
    AlphaInterval, Extraction, Form, Groups, Missing, OmegaInterval, OrdinalRule, SplitOptions,
    ordinal_reliability,
};
use alliance_psychometrics::{Columns, Level};
use alliance_statistics::Generator;
use divan::{Bencher, black_box, counter::ItemsCount};

fn main() {
    divan::main();
}

fn answers(rows: usize, missing: f64) -> Vec<Vec<f64>> {
    let mut random = Generator::stream(1, 0);
    let level: Vec<f64> = (0..rows).map(|_| random.normal()).collect();
    (0..12)
        .map(|_| {
            let mut answer = |level: &f64| {
                if random.bernoulli(missing) {
                    f64::NAN
                } else {
                    (4.5 + level + random.normal()).floor().clamp(1.0, 7.0)
                }
            };
            level.iter().map(&mut answer).collect()
        })
        .collect()
}

fn with_columns(columns: &[Vec<f64>], run: impl FnOnce(&Columns<'_>)) {
    run(&Columns::new(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap());
}

const SIZES: [usize; 2] = [1_000, 100_000];

#[divan::bench(args = SIZES)]
fn alpha_with_interval_and_drop_one(bencher: Bencher<'_, '_>, rows: usize) {
    let columns = answers(rows, 0.0);
    bencher.counter(ItemsCount::new(rows)).bench(|| {
        with_columns(&columns, |items| {
            let form = Form::new(items, Missing::Listwise, Level::OneSession);
            black_box(form.alpha(AlphaInterval::DistributionFree, 0.95).unwrap());
        });
    });
}

#[divan::bench(args = SIZES)]
fn alpha_with_feldt(bencher: Bencher<'_, '_>, rows: usize) {
    let columns = answers(rows, 0.0);
    bencher.counter(ItemsCount::new(rows)).bench(|| {
        with_columns(&columns, |items| {
            let form = Form::new(items, Missing::Listwise, Level::OneSession);
            black_box(form.alpha(AlphaInterval::Feldt, 0.95).unwrap());
        });
    });
}

#[divan::bench(args = [(Missing::Listwise, 100_000), (Missing::Pairwise, 100_000), (Missing::ExpectationMaximisation, 100_000)])]
fn alpha_with_a_twentieth_missing(bencher: Bencher<'_, '_>, (missing, rows): (Missing, usize)) {
    let columns = answers(rows, 0.05);
    bencher.counter(ItemsCount::new(rows)).bench(|| {
        with_columns(&columns, |items| {
            let form = Form::new(items, missing, Level::OneSession);
            black_box(form.alpha(AlphaInterval::Feldt, 0.95).unwrap());
        });
    });
}

#[divan::bench(args = SIZES, consts = [true, false])]
fn omega_total<const MINRES: bool>(bencher: Bencher<'_, '_>, rows: usize) {
    let columns = answers(rows, 0.0);
    let extraction = if MINRES { Extraction::MinimumResiduals } else { Extraction::MaximumLikelihood };
    bencher.counter(ItemsCount::new(rows)).bench(|| {
        with_columns(&columns, |items| {
            black_box(
                Form::new(items, Missing::Listwise, Level::OneSession)
                    .omega(extraction, OmegaInterval::default(), 0.95)
                    .unwrap(),
            );
        });
    });
}

#[divan::bench(args = SIZES)]
fn omega_hierarchical(bencher: Bencher<'_, '_>, rows: usize) {
    let columns = answers(rows, 0.0);
    bencher.counter(ItemsCount::new(rows)).bench(|| {
        with_columns(&columns, |items| {
            let form = Form::new(items, Missing::Listwise, Level::OneSession);
            black_box(form.hierarchical_omega(&Groups::Found(3), 0.95, None).unwrap());
        });
    });
}

#[divan::bench]
fn all_462_splits(bencher: Bencher<'_, '_>) {
    let columns = answers(1_000, 0.0);
    bencher.bench(|| {
        with_columns(&columns, |items| {
            let form = Form::new(items, Missing::Listwise, Level::OneSession);
            black_box(form.split_half(SplitOptions::default()).unwrap());
        });
    });
}

#[divan::bench(args = [1_000])]
fn ordinal_alpha_and_omega(bencher: Bencher<'_, '_>, rows: usize) {
    let columns = answers(rows, 0.0);
    bencher.counter(ItemsCount::new(rows)).bench(|| {
        with_columns(&columns, |items| {
            black_box(ordinal_reliability(items, OrdinalRule::none(), Level::OneSession));
        });
    });
}
