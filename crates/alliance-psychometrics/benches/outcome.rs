//! Change, outcome and syntheses for 10 000 clients with 12 sessions each, a sixth of them missing.
//!
//! What a user would pick instead, on such rows: `python tests/oracles/time_outcome.py` (pandas, statsmodels).

#![allow(missing_docs, clippy::unwrap_used)]

use alliance_psychometrics::Columns;
use alliance_psychometrics::change::{
    BaselineSample, ChangeMethod, Direction, DropReference, DropRule, ReliableChange, growth_change,
    session_drops,
};
use alliance_psychometrics::outcome::{
    Ending, HazardLink, MeanThrough, Measured, PlannedEnds, TrajectoryOptions, Trend, disaggregate,
    discrete_time_hazard, earlier_mean, lagged, person_periods, trajectories, within_between_model,
};
use alliance_psychometrics::sessions::SessionTable;
use alliance_psychometrics::synthesis::{MetaOptions, meta_correlations};
use alliance_statistics::Generator;
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

const CLIENTS: u32 = 10_000;

struct Rows {
    client: Vec<u32>,
    session: Vec<i64>,
    time: Vec<f64>,
    alliance: Vec<f64>,
    symptoms: Vec<f64>,
}

impl Rows {
    fn new() -> Self {
        let mut rows =
            Self { client: vec![], session: vec![], time: vec![], alliance: vec![], symptoms: vec![] };
        for client in 0..CLIENTS {
            let mut random = Generator::stream(4, u64::from(client));
            let (level, slope) = (random.normal(), 0.05 + 0.05 * random.normal());
            for session in 1..=12 {
                let change = 0.6 * random.normal() + slope * f64::from(session);
                let error = random.normal();
                if random.bernoulli(1.0 / 6.0) {
                    continue;
                }
                rows.client.push(client);
                rows.session.push(i64::from(session));
                rows.time.push(f64::from(session) - 1.0);
                rows.alliance.push(5.0 + level + change);
                rows.symptoms.push(20.0 - 2.0 * level - change + error);
            }
        }
        rows
    }

    fn table(&self) -> SessionTable<'_> {
        let columns = Columns::new(&[&self.alliance, &self.symptoms]).unwrap();
        SessionTable::new(&self.client, &self.session, &columns).unwrap()
    }
}

/// Parts of 100 000 sessions, the lagged alliance and the mean of the sessions before.
#[divan::bench]
fn parts_lag_and_earlier_mean(bencher: Bencher<'_, '_>) {
    let rows = Rows::new();
    bencher.bench(|| {
        let table = rows.table();
        let parts = disaggregate(black_box(&rows.alliance), &rows.client, None, Trend::Kept).unwrap();
        let lag = lagged(&table, 0, Measured::AfterSession, Measured::BeforeSession, 1).unwrap();
        let before = earlier_mean(&table, 0, MeanThrough::PreviousSession).unwrap();
        (parts.grand_mean, lag.len(), before.len())
    });
}

/// The within part as residuals from each client's own line.
#[divan::bench]
fn parts_without_trend(bencher: Bencher<'_, '_>) {
    let rows = Rows::new();
    bencher.bench(|| {
        disaggregate(black_box(&rows.alliance), &rows.client, None, Trend::Removed(&rows.time))
            .unwrap()
            .rows_used
    });
}

/// Symptoms on the alliance within and between clients, and time.
#[divan::bench]
fn within_between(bencher: Bencher<'_, '_>) {
    let rows = Rows::new();
    let parts = disaggregate(&rows.alliance, &rows.client, None, Trend::Kept).unwrap();
    let time = Columns::new(&[&rows.time]).unwrap();
    bencher.bench(|| {
        within_between_model(black_box(&rows.symptoms), &parts, &time, &rows.client, None, 0.95)
            .unwrap()
            .within
            .value
    });
}

/// Sixteen numbers for each client.
#[divan::bench]
fn courses(bencher: Bencher<'_, '_>) {
    let rows = Rows::new();
    let table = rows.table();
    bencher.bench(|| {
        trajectories(black_box(&table), 0, &rows.time, &TrajectoryOptions::default()).unwrap().len()
    });
}

/// Drops against the client's own sessions.
#[divan::bench(args = [DropReference::RunningMean, DropReference::RunningMedian])]
fn drops(bencher: Bencher<'_, '_>, reference: DropReference) {
    let rows = Rows::new();
    let table = rows.table();
    let rule = DropRule::default().with_reference(reference, 3).unwrap();
    bencher.bench(|| session_drops(black_box(&table), 0, &rule).unwrap().flagged);
}

/// Jacobson-Truax of 10 000 clients.
#[divan::bench]
fn reliable_change(bencher: Bencher<'_, '_>) {
    let before: Vec<f64> = (0..CLIENTS).map(|client| 20.0 + f64::from(client % 31)).collect();
    let after: Vec<f64> = before.iter().rev().copied().collect();
    let sample = BaselineSample::new(35.0, 9.0, 0.88).unwrap();
    let rule = ReliableChange::new(ChangeMethod::JacobsonTruax, sample, Direction::LowerIsBetter).unwrap();
    bencher.bench(|| rule.assess(black_box(&before), &after).unwrap().clients.len());
}

/// Slopes of all clients by REML.
#[divan::bench(sample_count = 20)]
fn slopes(bencher: Bencher<'_, '_>) {
    let rows = Rows::new();
    bencher.bench(|| {
        let score = black_box(&rows.alliance);
        growth_change(score, &rows.time, &rows.client, Direction::HigherIsBetter, 0.95).unwrap().clients.len()
    });
}

/// Sessions at risk with the alliance of the session before, and their hazard.
#[divan::bench]
fn dropout_table_and_hazard(bencher: Bencher<'_, '_>) {
    let rows = Rows::new();
    let table = rows.table();
    let clients: Vec<u32> = (0..CLIENTS).collect();
    let kind = |client: &u32| match client % 3 {
        0 => Ending::Dropout,
        1 => Ending::Planned,
        _ => Ending::Ongoing,
    };
    let endings: Vec<Ending> = clients.iter().map(kind).collect();
    bencher.bench(|| {
        let planned = PlannedEnds::Competing;
        let periods = person_periods(black_box(&table), 1, &clients, &endings, planned).unwrap();
        let predictors = Columns::new(&[&periods.predictors[0]]).unwrap();
        discrete_time_hazard(&periods.dropout(), &predictors, HazardLink::Logit, None, 0.95).unwrap().deviance
    });
}

/// Three hundred correlations, REML with Knapp-Hartung and Q-profile.
#[divan::bench]
fn synthesis_of_300_correlations(bencher: Bencher<'_, '_>) {
    let mut random = Generator::stream(6, 0);
    let r: Vec<f64> = (0..300).map(|_| libm::tanh(0.28 + 0.17 * random.normal())).collect();
    let n: Vec<f64> = (0..300).map(|study| 30.0 + f64::from(study % 90)).collect();
    bencher
        .bench(|| meta_correlations(black_box(&r), &n, &MetaOptions::default()).unwrap().correlation.value);
}
