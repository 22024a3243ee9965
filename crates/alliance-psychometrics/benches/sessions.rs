//! Reliability across sessions for 200 clients, 10 sessions, 6 items: all components and coefficients.
//!
//! R's lme4 and psych on such rows: `Rscript tests/oracles/time_sessions.R psych`, which takes minutes.

#![allow(missing_docs, clippy::unwrap_used)]

use alliance_psychometrics::sessions::{
    ItemMeans, SessionTable, crossed_generalizability, multilevel_alpha, nested_generalizability,
    rater_contrast, session_icc,
};
use alliance_psychometrics::{Bootstrap, Columns};
use alliance_statistics::Generator;
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

struct Rows {
    client: Vec<u32>,
    session: Vec<i64>,
    columns: Vec<Vec<f64>>,
}

impl Rows {
    /// Levels, changes and items' error; with gaps a sixth of the rows and a twentieth of the answers missing.
    fn new(clients: u32, items: usize, gaps: bool) -> Self {
        let mut rows = Self { client: vec![], session: vec![], columns: vec![vec![]; items] };
        for client in 0..clients {
            let mut random = Generator::stream(2, u64::from(client));
            let level = random.normal();
            for session in 1..=10 {
                let change = 0.6 * random.normal();
                if gaps && random.bernoulli(1.0 / 6.0) {
                    continue;
                }
                rows.client.push(client);
                rows.session.push(session);
                for column in &mut rows.columns {
                    let answer = level + change + random.normal();
                    column.push(if gaps && random.bernoulli(0.05) { f64::NAN } else { answer });
                }
            }
        }
        rows
    }

    fn columns(&self) -> Columns<'_> {
        Columns::new(&self.columns.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap()
    }

    fn table(&self) -> SessionTable<'_> {
        SessionTable::new(&self.client, &self.session, &self.columns()).unwrap()
    }
}

/// Crossed and nested components, all coefficients, three alphas: from the rows.
#[divan::bench]
fn everything_balanced_200_x_10_x_6(bencher: Bencher<'_, '_>) {
    let rows = Rows::new(200, 6, false);
    bencher.bench_local(|| {
        let table = black_box(&rows).table();
        let crossed = crossed_generalizability(&table, 0.95).unwrap().change.value;
        let nested = nested_generalizability(&table, ItemMeans::InError, 0.95).unwrap().change.value;
        crossed + nested + multilevel_alpha(&table, 0.95, None).unwrap().within.value
    });
}

/// The same with gaps: nested components by REML.
#[divan::bench]
fn everything_with_gaps_200_x_10_x_6(bencher: Bencher<'_, '_>) {
    let rows = Rows::new(200, 6, true);
    bencher.bench_local(|| {
        let table = black_box(&rows).table();
        let nested = nested_generalizability(&table, ItemMeans::InError, 0.95).unwrap().change.value;
        nested + multilevel_alpha(&table, 0.95, None).unwrap().within.value
    });
}

/// Item means as fixed effects.
#[divan::bench]
fn nested_with_gaps_items_removed_200_x_10_x_6(bencher: Bencher<'_, '_>) {
    let rows = Rows::new(200, 6, true);
    bencher.bench_local(|| {
        nested_generalizability(&black_box(&rows).table(), ItemMeans::Removed, 0.95).unwrap().change.value
    });
}

#[divan::bench]
fn alphas_with_2000_resamples_200_x_10_x_6(bencher: Bencher<'_, '_>) {
    let rows = Rows::new(200, 6, false);
    let bootstrap = Bootstrap::new(2000, 1).unwrap().with_threads(1).unwrap();
    bencher.bench_local(|| {
        multilevel_alpha(&black_box(&rows).table(), 0.95, Some(&bootstrap)).unwrap().between.standard_error
    });
}

#[divan::bench]
fn rater_contrast_with_2000_resamples_200_x_10(bencher: Bencher<'_, '_>) {
    let rows = Rows::new(200, 2, false);
    let bootstrap = Bootstrap::new(2000, 1).unwrap().with_threads(1).unwrap();
    bencher.bench_local(|| {
        rater_contrast(&black_box(&rows).table(), 0.95, &bootstrap).unwrap().icc.difference.standard_error
    });
}

#[divan::bench(args = [200, 10_000])]
fn icc_with_gaps(bencher: Bencher<'_, '_>, clients: u32) {
    let rows = Rows::new(clients, 1, true);
    bencher.bench_local(|| session_icc(&black_box(&rows).table(), None, 0.95).unwrap().one_session.value);
}
