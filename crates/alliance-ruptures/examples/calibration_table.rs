//! How often rules calibrated to 5 % of clients fire on fresh clients to whom nothing happened, where the null model was not
//! written for the generator, with and without ruptures in the sample that rules are calibrated on. Prints the tables of
//! `docs/concepts/chance.md`: mean over samples of the percentage of clients flagged, and its SD, for the resistant fit; for the
//! fit as observed the lowest and the highest mean of the six rules.
//!
//! ```text
//! cargo run --release -p alliance-ruptures --example calibration_table -- 40 16
//! ```

#![allow(clippy::unwrap_used)]

use alliance_ruptures::chance::{ChanceOptions, Depths, Fit, NullModel, Per, calibrate};
use alliance_ruptures::simulate::{Noise, Simulation};
use alliance_ruptures::{Reference, Rule, ScoreScale, Series, Spread, Unit, detect_with};

/// Samples are drawn with seeds from here on, none of which any choice in the model was made on.
const SAMPLE_SEED: u64 = 6_000_000;
const FRESH_SEED: u64 = 7_000_000;
/// Fresh clients.
const FRESH: usize = 8_000;
/// Simulated clients of a calibration.
const CLIENTS: usize = 3_000;

fn scale() -> ScoreScale {
    ScoreScale::new(1.0, 7.0).unwrap().with_step(1.0 / 12.0).unwrap()
}

/// Equal volatility, normal noise.
fn equal(dyads: usize, sessions: usize) -> Simulation {
    let mut null = Simulation::null_gaussian(dyads, sessions);
    null.scale = Some(scale());
    null
}

/// Log-normal volatility, t3 noise, lattice with ceiling.
fn unequal(dyads: usize, sessions: usize) -> Simulation {
    let mut null = Simulation::null_unequal_ceiling(dyads, sessions);
    null.scale = Some(scale());
    null.clients.noise = Noise::StudentT(3.0);
    null
}

fn autocorrelated(dyads: usize, sessions: usize) -> Simulation {
    let mut null = unequal(dyads, sessions);
    null.clients.autocorrelation = 0.3;
    null.growth.early_rise = 0.3;
    null
}

/// The simulator's defaults without ruptures: trends and random walks of single clients, gaps, dropout.
fn quiet(dyads: usize, sessions: usize) -> Simulation {
    Simulation::new(dyads, sessions).without_ruptures()
}

/// Chance that is skewed: dips of one or two sessions that are no ruptures.
fn dips(dyads: usize, sessions: usize) -> Simulation {
    let mut skewed = Simulation::new(dyads, sessions);
    skewed.ruptures.hazard = 0.0;
    skewed
}

fn half(dyads: usize, sessions: usize) -> Simulation {
    let mut ruptured = Simulation::new(dyads, sessions);
    ruptured.ruptures.hazard *= 0.5;
    ruptured
}

fn double(dyads: usize, sessions: usize) -> Simulation {
    let mut ruptured = Simulation::new(dyads, sessions);
    ruptured.ruptures.hazard *= 2.0;
    ruptured
}

/// Slow declines and falls that are never repaired, no others.
fn lasting(dyads: usize, sessions: usize) -> Simulation {
    let mut ruptured = Simulation::new(dyads, sessions);
    (ruptured.ruptures.v, ruptured.ruptures.u) = (0.0, 0.0);
    ruptured
}

fn unequal_ruptured(dyads: usize, sessions: usize) -> Simulation {
    let defaults = Simulation::new(dyads, sessions);
    let mut ruptured = unequal(dyads, sessions);
    (ruptured.ruptures, ruptured.nuisance) = (defaults.ruptures, defaults.nuisance);
    ruptured
}

fn without_ruptures(simulation: Simulation) -> Simulation {
    simulation.without_ruptures()
}

/// A name, what samples are drawn from, and what makes of it the clients to whom nothing happened.
type Population = (&'static str, fn(usize, usize) -> Simulation, fn(Simulation) -> Simulation);

const POPULATIONS: [Population; 10] = [
    ("equal", equal, without_ruptures),
    ("unequal", unequal, without_ruptures),
    ("autocorrelated", autocorrelated, without_ruptures),
    ("drifting", quiet, without_ruptures),
    ("dips", dips, std::convert::identity),
    ("**half**", half, without_ruptures),
    ("**ruptured**", Simulation::new, without_ruptures),
    ("**double**", double, without_ruptures),
    ("**lasting**", lasting, without_ruptures),
    ("**unequal**", unequal_ruptured, without_ruptures),
];

/// A to F.
fn rules() -> [Rule; 6] {
    let rule = |reference, unit, threshold| Rule::new(reference, unit, threshold).unwrap();
    [
        rule(Reference::Previous, Unit::Points, 1.0),
        rule(Reference::RunningMean, Unit::PooledWithinSd, 2.0),
        rule(Reference::RunningMean, Unit::ShrunkenSd, 2.0),
        rule(Reference::PersonMean, Unit::Points, 1.0),
        rule(Reference::PersonMean, Unit::OwnSd, 2.0),
        rule(Reference::Previous, Unit::StricterOfOwnAndPooled, 2.0),
    ]
}

fn series(simulation: &Simulation, seed: u64) -> Series {
    let clinic = simulation.run(seed).unwrap();
    Series::new(clinic.client, clinic.offsets, scale()).unwrap()
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

fn sd(numbers: &[f64]) -> f64 {
    let mean = mean(numbers);
    let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
    (squares / (numbers.len() as f64 - 1.0)).sqrt()
}

/// Percentage of the fresh clients that each rule, calibrated on each sample, flags; and how many samples had falls set apart.
fn realised(samples: &[Series], fresh: &Series, fit: Fit) -> (Vec<Vec<f64>>, usize) {
    let spread = Spread::of(fresh);
    let mut realised = vec![Vec::new(); rules().len()];
    let mut set_apart = 0;
    let mut options = ChanceOptions::default();
    (options.clients, options.depths) = (CLIENTS, Depths::Points(Vec::new()));
    for (replicate, sample) in samples.iter().enumerate() {
        let model = NullModel::fit_with(sample, fit).unwrap();
        set_apart += usize::from(model.falls().is_some());
        options.seed = replicate as u64 + 1;
        for (rule, rates) in rules().iter().zip(&mut realised) {
            let rule = calibrate(rule, &model, 0.05, Per::Client, &options).unwrap().rule;
            let found = detect_with(fresh, &rule, &spread, None);
            let assessed = found.dyads.iter().filter(|dyad| dyad.evaluable > 0).count();
            let flagged = found.dyads.iter().filter(|dyad| dyad.flagged > 0).count();
            rates.push(100.0 * flagged as f64 / assessed as f64);
        }
    }
    (realised, set_apart)
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<usize>().unwrap());
    let replicates = arguments.next().unwrap_or(40) as u64;
    let sessions = arguments.next().unwrap_or(16);
    println!("| {sessions} sessions | dyads | A | B | C | D | E | F | as observed | set apart |");
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for (name, generator, undisturbed) in POPULATIONS {
        let fresh = series(&undisturbed(generator(FRESH, sessions)), FRESH_SEED);
        for dyads in [60, 400] {
            let samples: Vec<Series> = (0..replicates)
                .map(|replicate| series(&generator(dyads, sessions), SAMPLE_SEED + replicate))
                .collect();
            let (resistant, set_apart) = realised(&samples, &fresh, Fit::ResistantToFalls);
            let (as_observed, _) = realised(&samples, &fresh, Fit::AsObserved);
            let cells: Vec<String> =
                resistant.iter().map(|rates| format!("{:.1} ({:.1})", mean(rates), sd(rates))).collect();
            let means: Vec<f64> = as_observed.iter().map(|rates| mean(rates)).collect();
            let lowest = means.iter().copied().fold(f64::INFINITY, f64::min);
            let highest = means.iter().copied().fold(0.0, f64::max);
            let share = 100.0 * set_apart as f64 / replicates as f64;
            println!(
                "| {name} | {dyads} | {} | {lowest:.1} to {highest:.1} | {share:.0} % |",
                cells.join(" | ")
            );
        }
    }
}
