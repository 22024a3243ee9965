//! Mixed models by restricted maximum likelihood, unbalanced: up to 12 sessions per client, a sixth of them missing.
//!
//! The same rows for lme4: `Rscript tests/oracles/time_sessions.R`.

#![allow(missing_docs, clippy::unwrap_used)]

use alliance_psychometrics::Columns;
use alliance_psychometrics::mixed::{MixedModel, SlopeCovariance};
use alliance_statistics::Generator;
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

struct Panel {
    client: Vec<u32>,
    therapist: Vec<u32>,
    time: Vec<f64>,
    within: Vec<f64>,
    score: Vec<f64>,
}

fn panel(clients: u32, sessions: u32) -> Panel {
    let mut panel = Panel { client: vec![], therapist: vec![], time: vec![], within: vec![], score: vec![] };
    for client in 0..clients {
        let mut random = Generator::stream(1, u64::from(client));
        let (level, slope) = (0.7 * random.normal(), 0.05 + 0.05 * random.normal());
        for session in 0..sessions {
            let (within, noise) = (random.normal(), random.normal());
            if random.bernoulli(1.0 / 6.0) {
                continue;
            }
            panel.client.push(client);
            panel.therapist.push(client / 10);
            panel.time.push(f64::from(session));
            panel.within.push(within);
            panel.score.push(5.0 + level + slope * f64::from(session) + 0.2 * within + 0.5 * noise);
        }
    }
    panel
}

#[divan::bench(args = [1_000, 10_000])]
fn random_intercept(bencher: Bencher<'_, '_>, clients: u32) {
    let panel = panel(clients, 12);
    let fixed = Columns::new(&[&panel.time, &panel.within]).unwrap();
    bencher.counter(ItemsCount::new(panel.score.len())).bench_local(|| {
        MixedModel::new(black_box(&panel.score), &fixed, &panel.client).unwrap().fit().deviance()
    });
}

#[divan::bench(args = [1_000, 10_000])]
fn intercept_and_slope(bencher: Bencher<'_, '_>, clients: u32) {
    let panel = panel(clients, 12);
    let fixed = Columns::new(&[&panel.time, &panel.within]).unwrap();
    bencher.counter(ItemsCount::new(panel.score.len())).bench_local(|| {
        let model = MixedModel::new(black_box(&panel.score), &fixed, &panel.client).unwrap();
        model.with_slope(&panel.time, SlopeCovariance::Correlated).unwrap().fit().deviance()
    });
}

#[divan::bench(args = [1_000, 10_000])]
fn clients_in_therapists(bencher: Bencher<'_, '_>, clients: u32) {
    let panel = panel(clients, 12);
    let fixed = Columns::new(&[&panel.time, &panel.within]).unwrap();
    bencher.counter(ItemsCount::new(panel.score.len())).bench_local(|| {
        let model = MixedModel::new(black_box(&panel.score), &fixed, &panel.client).unwrap();
        model.nested_in(&panel.therapist).unwrap().fit().deviance()
    });
}
