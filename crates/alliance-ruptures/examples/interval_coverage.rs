//! How often the 95 % interval of the fit holds the flag rate of the population, for samples of 60 dyads. Prints the table of
//! `docs/concepts/chance.md`.
//!
//! ```text
//! cargo run --release -p alliance-ruptures --example interval_coverage -- 60
//! ```

#![allow(clippy::unwrap_used)]

use alliance_ruptures::chance::{ChanceOptions, NullModel, chance_rate};
use alliance_ruptures::simulate::{Noise, Simulation};
use alliance_ruptures::{Reference, Rule, ScoreScale, Series, Spread, Unit, detect_with};

/// Samples are drawn with seeds from here on, none of which any choice in the model was made on.
const SAMPLE_SEED: u64 = 4_000_000;
const POPULATION_SEED: u64 = 5_000_000;
const POPULATION: usize = 20_000;
const DYADS: usize = 60;
const SESSIONS: usize = 16;

fn scale() -> ScoreScale {
    ScoreScale::new(1.0, 7.0).unwrap().with_step(1.0 / 12.0).unwrap()
}

fn equal(dyads: usize) -> Simulation {
    let mut null = Simulation::null_gaussian(dyads, SESSIONS);
    null.scale = Some(scale());
    null
}

fn unequal(dyads: usize) -> Simulation {
    let mut null = Simulation::null_unequal_ceiling(dyads, SESSIONS);
    null.scale = Some(scale());
    null.clients.noise = Noise::StudentT(3.0);
    null
}

fn quiet(dyads: usize) -> Simulation {
    Simulation::new(dyads, SESSIONS).without_ruptures()
}

fn ruptured(dyads: usize) -> Simulation {
    Simulation::new(dyads, SESSIONS)
}

fn series(simulation: &Simulation, seed: u64) -> Series {
    let clinic = simulation.run(seed).unwrap();
    Series::new(clinic.client, clinic.offsets, scale()).unwrap()
}

/// A name, and what samples of so many dyads are drawn from.
type Population = (&'static str, fn(usize) -> Simulation);

fn main() {
    let samples: u64 = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(60);
    let rule = |reference, unit, threshold| Rule::new(reference, unit, threshold).unwrap();
    let rules = [
        ("previous, 1 point", rule(Reference::Previous, Unit::Points, 1.0)),
        ("running mean, 3 shrunken SD", rule(Reference::RunningMean, Unit::ShrunkenSd, 3.0)),
        ("previous, 2 own SD", rule(Reference::Previous, Unit::OwnSd, 2.0)),
    ];
    let generators: [Population; 4] =
        [("equal", equal), ("unequal", unequal), ("drifting", quiet), ("**ruptured**", ruptured)];
    println!("| generator | rule | rate | mean estimate | mean width | held | rate below | rate above |");
    println!("|---|---|---|---|---|---|---|---|");
    for (name, generator) in generators {
        let population = series(&generator(POPULATION).without_ruptures(), POPULATION_SEED);
        let spread = Spread::of(&population);
        for (rule_name, rule) in &rules {
            let found = detect_with(&population, rule, &spread, None);
            let assessed = found.dyads.iter().filter(|dyad| dyad.evaluable > 0).count();
            let flagged = found.dyads.iter().filter(|dyad| dyad.flagged > 0).count();
            let rate = flagged as f64 / assessed as f64;
            let (mut estimates, mut width, mut below, mut above) = (0.0, 0.0, 0, 0);
            for sample in 0..samples {
                let model = NullModel::fit(&series(&generator(DYADS), SAMPLE_SEED + sample)).unwrap();
                let mut options = ChanceOptions::default();
                (options.clients, options.seed) = (2_000, sample + 1);
                let estimate = chance_rate(rule, &model, &options).unwrap().per_client;
                let (low, high) = estimate.fit_interval.unwrap();
                estimates += estimate.rate;
                width += high - low;
                below += u64::from(rate < low);
                above += u64::from(rate > high);
            }
            let of_samples = |sum: f64| 100.0 * sum / samples as f64;
            println!(
                "| {name} | {rule_name} | {:.1} | {:.1} | {:.1} | {:.0} % | {:.0} % | {:.0} % |",
                100.0 * rate,
                of_samples(estimates),
                of_samples(width),
                of_samples((samples - below - above) as f64),
                of_samples(below as f64),
                of_samples(above as f64),
            );
        }
    }
}
