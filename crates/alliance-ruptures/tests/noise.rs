//! What rules do on pure noise: table 1.8 of the rupture dossier, recomputed with the engine.
//!
//! 20 000 clients per cell, no ruptures; entries are percentages of clients with an event. Two samples
//! of that size differ by more than 3 sqrt(2) standard errors once in thousands.

#![allow(clippy::unwrap_used)]

use alliance_ruptures::charts::{ChartDetector, ChartOptions, ChartSignal, RunRule, RunRules, SigmaMethod};
use alliance_ruptures::simulate::Simulation;
use alliance_ruptures::sudden::{ShiftDirection, Stability, SuddenOptions, SuddenRule};
use alliance_ruptures::{
    Comparison, Detector, Orientation, Reference, Repair, Resolution, Rule, ScoreScale, Series, Spread,
    Tolerance, Unit, detect,
};

const CLIENTS: usize = 20_000;

/// Sessions, then the share of clients on equally and on unequally volatile clients.
type Cells = [(usize, f64, f64); 3];

fn noise(sessions: usize, is_unequal: bool, seed: u64) -> Series {
    let simulation = if is_unequal {
        Simulation::null_unequal_ceiling(CLIENTS, sessions)
    } else {
        Simulation::null_gaussian(CLIENTS, sessions)
    };
    let clinic = simulation.run(seed).unwrap();
    let scale = ScoreScale::new(-50.0, 50.0).unwrap();
    Series::new(clinic.client, clinic.offsets, scale).unwrap()
}

fn assert_table(name: &str, cells: Cells, share: impl Fn(&Series) -> f64) {
    for (sessions, gauss, unequal) in cells {
        for (is_unequal, printed) in [(false, gauss), (true, unequal)] {
            let found = 100.0 * share(&noise(sessions, is_unequal, 1));
            let p = (printed / 100.0_f64).clamp(0.0005, 0.9995);
            let error = 100.0 * (p * (1.0 - p) / CLIENTS as f64).sqrt();
            // The table is printed to one decimal.
            let room = 3.0 * 2.0_f64.sqrt() * error + 0.05;
            assert!(
                (found - printed).abs() <= room,
                "{name}, {sessions} sessions, {is_unequal}: {found} for {printed}"
            );
        }
    }
}

/// Share of clients with a flagged session.
fn flagging(rule: impl Into<Detector>) -> impl Fn(&Series) -> f64 {
    let rule = rule.into();
    move |series| {
        let found = detect(series, rule);
        found.dyads.iter().filter(|dyad| dyad.flagged > 0).count() as f64 / CLIENTS as f64
    }
}

#[test]
fn falls_from_the_session_before() {
    let previous = |unit, threshold| flagging(Rule::new(Reference::Previous, unit, threshold).unwrap());
    assert_table(
        "1 own SD",
        [(8, 97.0, 95.2), (16, 100.0, 98.6), (30, 100.0, 99.2)],
        previous(Unit::OwnSd, 1.0),
    );
    assert_table(
        "1.5 own SD",
        [(8, 84.3, 83.0), (16, 97.9, 96.8), (30, 100.0, 99.1)],
        previous(Unit::OwnSd, 1.5),
    );
    assert_table(
        "2 own SD",
        [(8, 56.2, 56.2), (16, 82.5, 82.8), (30, 96.6, 96.3)],
        previous(Unit::OwnSd, 2.0),
    );
    let stricter = Unit::StricterOfOwnAndPooled;
    assert_table(
        "1 stricter",
        [(8, 91.6, 76.9), (16, 99.5, 90.2), (30, 100.0, 94.7)],
        previous(stricter, 1.0),
    );
    assert_table(
        "2 stricter",
        [(8, 38.8, 27.7), (16, 69.7, 48.8), (30, 91.3, 65.0)],
        previous(stricter, 2.0),
    );
    assert_table(
        "1 point",
        [(8, 14.5, 12.2), (16, 28.4, 20.9), (30, 47.3, 30.1)],
        previous(Unit::Points, 1.0),
    );
}

#[test]
fn reliable_falls() {
    // 1.96 sqrt(2) SEM with a SEM of .71 and of one standard deviation within clients.
    let reliable = |share: f64| {
        let threshold = 1.96 * 2.0_f64.sqrt() * share;
        flagging(Rule::new(Reference::Previous, Unit::PooledWithinSd, threshold).unwrap())
    };
    assert_table("SEM .71", [(8, 48.1, 36.9), (16, 75.7, 54.6), (30, 93.4, 67.2)], reliable(0.71));
    assert_table("SEM 1", [(8, 16.6, 17.0), (16, 31.9, 28.2), (30, 52.7, 39.1)], reliable(1.0));
}

#[test]
fn scores_below_the_persons_own_mean() {
    let mean = |unit, threshold| {
        let mut rule = Rule::new(Reference::PersonMean, unit, threshold).unwrap();
        rule.comparison = Comparison::MoreThan;
        flagging(rule)
    };
    assert_table("2 own SD", [(8, 6.0, 11.0), (16, 26.1, 33.9), (30, 52.2, 59.3)], mean(Unit::OwnSd, 2.0));
    assert_table(
        "XmR 2 as a rule",
        [(8, 12.7, 18.5), (16, 28.7, 36.4), (30, 50.1, 57.3)],
        mean(Unit::MovingRange, 2.0),
    );
}

#[test]
fn control_charts() {
    let options = ChartOptions::default().with_sigma(SigmaMethod::MeanMovingRange);
    let chart = |signal| flagging(ChartDetector::new(options, signal).unwrap());
    assert_table(
        "XmR 2",
        [(8, 12.7, 18.5), (16, 28.7, 36.4), (30, 50.1, 57.3)],
        chart(ChartSignal::Beyond(2.0)),
    );
    assert_table("XmR 3", [(8, 0.8, 3.7), (16, 1.7, 7.1), (30, 3.8, 11.2)], chart(ChartSignal::Beyond(3.0)));
    let run_rule = |rule| chart(ChartSignal::RunRules(RunRules::none().with(rule)));
    assert_table(
        "Western Electric 2",
        [(8, 0.5, 0.7), (16, 1.4, 2.8), (30, 2.7, 5.1)],
        run_rule(RunRule::WesternElectric2),
    );
    assert_table(
        "Western Electric 4",
        [(8, 0.0, 0.0), (16, 0.5, 0.4), (30, 2.4, 2.2)],
        run_rule(RunRule::WesternElectric4),
    );
}

#[test]
fn sudden_losses() {
    let share = |stability| {
        move |series: &Series| {
            let spread = Spread::of(series);
            // A reliable change with a SEM of .71 standard deviations within clients.
            let cutoff = 1.96 * 2.0_f64.sqrt() * 0.71 * spread.pooled_within;
            let mut options =
                SuddenOptions::new(ShiftDirection::Loss, Orientation::HigherIsBetter, Some(cutoff));
            options.proportion = None;
            options.stability = stability;
            flagging(SuddenRule::new(options).unwrap())(series)
        }
    };
    let usual = [(8, 2.1, 1.9), (16, 5.1, 4.7), (30, 10.2, 8.7)];
    assert_table("as in suddengains", usual, share(Stability::TangDeRubeis));
    let t_test = [(8, 3.2, 2.9), (16, 8.3, 7.3), (30, 16.8, 14.1)];
    assert_table("t test", t_test, share(Stability::TrueT));
}

#[test]
fn chance_repairs_most_of_what_it_breaks() {
    let mut rule = Rule::new(Reference::Previous, Unit::OwnSd, 2.0).unwrap();
    rule.repair = Repair::ReturnToPrevious(Tolerance::Units(1.0));
    let found = detect(&noise(16, false, 3), &rule);
    let share = |wanted| {
        found.episodes.iter().filter(|episode| episode.resolution == wanted).count() as f64
            / found.episodes.len() as f64
    };
    assert!(share(Resolution::Repaired) > 0.6, "{}", share(Resolution::Repaired));
    assert!(share(Resolution::Unrepaired) < 0.25, "{}", share(Resolution::Unrepaired));
}
