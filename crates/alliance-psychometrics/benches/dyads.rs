//! Dyads: 10 000 dyads with 12 sessions, unless the name says otherwise.
//!
//! pingouin's `rm_corr` on 50 and 200 dyads: `python tests/oracles/dyads_pingouin.py --time`; it cannot take 10 000.

#![allow(missing_docs, clippy::unwrap_used)]

use alliance_psychometrics::dyads::{
    Centre, NullDistribution, TruthBiasModel, actor_partner_over_sessions, dyad_means, level_agreement,
    limits_of_agreement, observed_region, one_with_many, profile_agreement, repeated_concordance,
    repeated_measures_correlation, response_surface, team_agreement, truth_and_bias,
};
use alliance_psychometrics::{Columns, Level};
use alliance_statistics::Generator;
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

const DYADS: u32 = 10_000;
const SESSIONS: u32 = 12;

/// Two ratings of dyads' sessions that share level and changes.
struct Rows {
    dyad: Vec<u32>,
    session: Vec<u32>,
    first: Vec<f64>,
    second: Vec<f64>,
}

impl Rows {
    fn new() -> Self {
        Self::of(DYADS)
    }

    fn of(dyads: u32) -> Self {
        let mut rows = Self { dyad: vec![], session: vec![], first: vec![], second: vec![] };
        for dyad in 0..dyads {
            let mut random = Generator::stream(3, u64::from(dyad));
            let level = random.normal();
            for session in 0..SESSIONS {
                let change = random.normal();
                rows.dyad.push(dyad);
                rows.session.push(session);
                rows.first.push(5.0 + level + 0.6 * change + 0.5 * random.normal());
                rows.second.push(4.5 + 0.5 * level + 0.4 * change + 0.5 * random.normal());
            }
        }
        rows
    }
}

#[divan::bench(args = [50, 200, 10_000])]
fn repeated_measures_correlation_x_12(bencher: Bencher<'_, '_>, dyads: u32) {
    let rows = Rows::of(dyads);
    bencher.bench_local(|| {
        let rows = black_box(&rows);
        repeated_measures_correlation(&rows.first, &rows.second, &rows.dyad, 0.95).unwrap().correlation.value
    });
}

#[divan::bench]
fn profiles_with_distinctive_10_000_x_12(bencher: Bencher<'_, '_>) {
    let rows = Rows::new();
    bencher.bench_local(|| {
        let rows = black_box(&rows);
        let points = Some(&rows.session[..]);
        profile_agreement(&rows.first, &rows.second, &rows.dyad, points, 0.95).unwrap().correlation.value
    });
}

#[divan::bench]
fn truth_and_bias_10_000_x_12(bencher: Bencher<'_, '_>) {
    let rows = Rows::new();
    let model = TruthBiasModel::default();
    bencher.bench_local(|| {
        let rows = black_box(&rows);
        truth_and_bias(&rows.second, &rows.first, &rows.dyad, &model).unwrap().temporal_congruence.value
    });
}

#[divan::bench]
fn limits_with_slope_10_000_x_12(bencher: Bencher<'_, '_>) {
    let rows = Rows::new();
    bencher.bench_local(|| {
        let rows = black_box(&rows);
        limits_of_agreement(&rows.first, &rows.second, Some(&rows.dyad), 1.96, 0.95).unwrap().upper.value
    });
}

#[divan::bench]
fn level_agreement_120_000_pairs(bencher: Bencher<'_, '_>) {
    let rows = Rows::new();
    bencher.bench_local(|| {
        let rows = black_box(&rows);
        level_agreement(&rows.first, &rows.second, Level::PooledRows, 0.95).unwrap().concordance.value
    });
}

#[divan::bench]
fn repeated_concordance_10_000_x_12(bencher: Bencher<'_, '_>) {
    let rows = Rows::new();
    bencher.bench_local(|| {
        let rows = black_box(&rows);
        repeated_concordance(&rows.first, &rows.second, &rows.dyad, 0.95).unwrap().same_session.value
    });
}

#[divan::bench]
fn actor_partner_over_sessions_10_000_x_12(bencher: Bencher<'_, '_>) {
    let rows = Rows::new();
    let sessions: Vec<i64> = rows.session.iter().map(|session| i64::from(*session)).collect();
    bencher.bench_local(|| {
        let rows = black_box(&rows);
        actor_partner_over_sessions(&rows.first, &rows.second, &rows.dyad, &sessions, 0.95)
            .unwrap()
            .first
            .actor
            .value
    });
}

#[divan::bench]
fn dyad_means_10_000_x_12(bencher: Bencher<'_, '_>) {
    let rows = Rows::new();
    bencher.bench_local(|| {
        let rows = black_box(&rows);
        let ratings = Columns::new(&[&rows.first, &rows.second]).unwrap();
        dyad_means(&ratings, &rows.dyad).unwrap().means.len()
    });
}

#[divan::bench]
fn observed_region_120_000_rows(bencher: Bencher<'_, '_>) {
    let rows = Rows::new();
    bencher.bench_local(|| {
        let rows = black_box(&rows);
        observed_region(&rows.first, &rows.second).unwrap().len()
    });
}

#[divan::bench]
fn response_surface_120_000_rows(bencher: Bencher<'_, '_>) {
    let rows = Rows::new();
    let outcome: Vec<f64> = rows.first.iter().zip(&rows.second).map(|(x, y)| x - (x - y) * (x - y)).collect();
    bencher.bench_local(|| {
        let rows = black_box(&rows);
        let centre = Centre::Value(5.0);
        response_surface(&rows.first, &rows.second, &outcome, centre, 0.95).unwrap().surface[3].value
    });
}

#[divan::bench]
fn teams_10_000_of_12_with_2_items(bencher: Bencher<'_, '_>) {
    let rows = Rows::new();
    bencher.bench_local(|| {
        let rows = black_box(&rows);
        let items = Columns::new(&[&rows.first, &rows.second]).unwrap();
        team_agreement(&items, &rows.dyad, 7, NullDistribution::Uniform, 0.95).unwrap().one_member.value
    });
}

#[divan::bench]
fn one_with_many_10_000_x_12(bencher: Bencher<'_, '_>) {
    let rows = Rows::new();
    bencher.bench_local(|| {
        let rows = black_box(&rows);
        one_with_many(&rows.first, &rows.second, &rows.dyad).unwrap().dyadic.covariance.value
    });
}
