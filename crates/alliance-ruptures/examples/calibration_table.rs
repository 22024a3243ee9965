//! How often rules calibrated to 5 % of clients fire on fresh data, where the null model was not written for the
//! generator. Prints Markdown: mean over replicates of the percentage of clients flagged, and its SD. "ruptured" calibrates on
//! data with ruptures and is realised on the same clients without.
//!
//! ```text
//! cargo run --release -p alliance-ruptures --example calibration_table -- 100
//! ```

#![allow(clippy::unwrap_used)]

use alliance_ruptures::chance::{ChanceOptions, NullModel, Per, calibrate};
use alliance_ruptures::simulate::{Noise, Simulation};
use alliance_ruptures::{Orientation, Reference, Rule, ScoreScale, Series, Spread, Unit, detect_with};

fn scale() -> ScoreScale {
    ScoreScale::new(1.0, 7.0)
        .unwrap()
        .with_step(1.0 / 12.0)
        .unwrap()
        .with_orientation(Orientation::HigherIsBetter)
}

fn gauss(dyads: usize, sessions: usize) -> Simulation {
    let mut null = Simulation::null_gaussian(dyads, sessions);
    null.scale = Some(scale());
    null
}

/// Log-normal volatility, t3 noise, lattice with ceiling.
fn wild(dyads: usize, sessions: usize) -> Simulation {
    let mut null = Simulation::null_unequal_ceiling(dyads, sessions);
    null.scale = Some(scale());
    null.clients.noise = Noise::StudentT(3.0);
    null
}

fn wild_ar(dyads: usize, sessions: usize) -> Simulation {
    let mut null = wild(dyads, sessions);
    null.clients.autocorrelation = 0.3;
    null.growth.early_rise = 0.3;
    null
}

/// The simulator's defaults without ruptures: slopes and random walks of single clients, gaps, dropout.
fn default(dyads: usize, sessions: usize) -> Simulation {
    Simulation::new(dyads, sessions).without_ruptures()
}

/// With ruptures in the sample the rule is calibrated on.
fn ruptured(dyads: usize, sessions: usize) -> Simulation {
    Simulation::new(dyads, sessions)
}

fn series(simulation: &Simulation, seed: u64) -> Series {
    let clinic = simulation.run(seed).unwrap();
    Series::new(clinic.client, clinic.offsets, scale()).unwrap()
}

type Generator = fn(usize, usize) -> Simulation;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let replicates: u64 = arguments.next().and_then(|count| count.parse().ok()).unwrap_or(40);
    let only = arguments.next();
    let rules = [
        ("previous, points", Rule::new(Reference::Previous, Unit::Points, 1.0).unwrap()),
        ("running mean, pooled SD", Rule::new(Reference::RunningMean, Unit::PooledWithinSd, 2.0).unwrap()),
        ("running mean, shrunken SD", Rule::new(Reference::RunningMean, Unit::ShrunkenSd, 2.0).unwrap()),
        ("person mean, points", Rule::new(Reference::PersonMean, Unit::Points, 1.0).unwrap()),
        ("person mean, own SD", Rule::new(Reference::PersonMean, Unit::OwnSd, 2.0).unwrap()),
        (
            "previous, max(own, pooled)",
            Rule::new(Reference::Previous, Unit::StricterOfOwnAndPooled, 2.0).unwrap(),
        ),
    ];
    let generators: [(&str, Generator); 5] = [
        ("gauss", gauss),
        ("wild", wild),
        ("wild-ar", wild_ar),
        ("default", default),
        ("ruptured", ruptured),
    ];
    let header: Vec<&str> = rules.iter().map(|(name, _)| *name).collect();
    println!("| generator | dyads | sessions | {} |", header.join(" | "));
    println!("|---|---|---|{}", "---|".repeat(rules.len()));
    let mut options = ChanceOptions::default();
    options.clients = 4_000;
    options.depths = alliance_ruptures::chance::Depths::Points(Vec::new());
    for (name, generator) in generators {
        if only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        for dyads in [60, 400] {
            for sessions in [8, 16, 30] {
                let simulation = generator(dyads, sessions);
                let fresh = generator(4_000, sessions).without_ruptures();
                let mut realised = vec![Vec::new(); rules.len()];
                for replicate in 0..replicates {
                    let model = NullModel::fit(&series(&simulation, 10_000 + replicate)).unwrap();
                    let new = series(&fresh, 90_000 + replicate);
                    options.seed = replicate + 1;
                    for ((_, rule), rates) in rules.iter().zip(&mut realised) {
                        let rule = calibrate(rule, &model, 0.05, Per::Client, &options).unwrap().rule;
                        let found = detect_with(&new, &rule, &Spread::of(&new), None);
                        let assessed = found.dyads.iter().filter(|dyad| dyad.evaluable > 0).count();
                        let flagged = found.dyads.iter().filter(|dyad| dyad.flagged > 0).count();
                        rates.push(100.0 * flagged as f64 / assessed as f64);
                    }
                }
                let cells: Vec<String> = realised
                    .iter()
                    .map(|rates| {
                        let n = rates.len() as f64;
                        let mean = rates.iter().sum::<f64>() / n;
                        let sd =
                            (rates.iter().map(|rate| (rate - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
                        format!("{mean:.1} (SD {sd:.1})")
                    })
                    .collect();
                println!("| {name} | {dyads} | {sessions} | {} |", cells.join(" | "));
            }
        }
    }
}
