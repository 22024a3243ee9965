//! What the documentation says of the recommended rule, on clinics that its benchmark did not draw.

#![allow(clippy::unwrap_used)]

use alliance_ruptures::simulate::{Simulated, Simulation};
use alliance_ruptures::{Detection, Reference, Rule, ScoreScale, Series, Unit, detect};

/// 1 000 dyads of 16 sessions, as in the benchmark: no nuisance dips.
fn clinic(log_sd: f64) -> Simulation {
    let mut clinic = Simulation::new(1_000, 16);
    clinic.nuisance.hazard = 0.0;
    clinic.clients.within_log_sd = log_sd;
    clinic
}

fn found(simulation: &Simulation, rule: &Rule) -> (Simulated, Detection) {
    let drawn = simulation.run(77).unwrap();
    let scale = ScoreScale::new(1.0, 7.0).unwrap();
    let series = Series::new(drawn.client.clone(), drawn.offsets.clone(), scale).unwrap();
    (drawn, detect(&series, rule))
}

/// Flagged sessions per 100 scored ones, where nothing happens.
fn alarms(log_sd: f64, rule: &Rule) -> f64 {
    let (_, detection) = found(&clinic(log_sd).without_ruptures(), rule);
    let (flagged, observed) = detection
        .dyads
        .iter()
        .fold((0, 0), |(flagged, observed), dyad| (flagged + dyad.flagged, observed + dyad.observed));
    100.0 * f64::from(u32::try_from(flagged).unwrap()) / f64::from(u32::try_from(observed).unwrap())
}

#[test]
fn its_false_alarms_do_not_hang_on_how_unequal_clients_are() {
    let rates = [0.0, 0.35, 0.7].map(|log_sd| alarms(log_sd, &Rule::recommended()));
    assert!(rates.iter().all(|rate| (1.0..=3.0).contains(rate)), "{rates:?}");
    // A threshold in points that gives as many on average does not keep it.
    let mut points = Rule::recommended();
    points.unit = Unit::Points;
    points.threshold = 0.83;
    let rates = [0.0, 0.35, 0.7].map(|log_sd| alarms(log_sd, &points));
    assert!(rates[2] > 3.0 * rates[0], "{rates:?}");
}

#[test]
fn it_finds_half_of_the_planted_ruptures() {
    for log_sd in [0.0, 0.35, 0.7] {
        let (drawn, detection) = found(&clinic(log_sd), &Rule::recommended());
        let ruptures = drawn.truth.ruptures.iter().map(|rupture| {
            let start = drawn.sessions(rupture.dyad).start;
            let end = rupture.recovery.unwrap_or(16).min(rupture.onset + 6);
            start + rupture.onset..start + end
        });
        let visible = ruptures.filter(|own| drawn.client[own.clone()].iter().any(|score| !score.is_nan()));
        let hits: Vec<bool> = visible.map(|own| detection.flagged[own].contains(&true)).collect();
        let share = hits.iter().filter(|hit| **hit).count() as f64 / hits.len() as f64;
        assert!(hits.len() > 300 && (0.42..0.68).contains(&share), "{log_sd}: {share} of {}", hits.len());
    }
}

#[test]
fn one_earlier_session_is_history_enough() {
    let rule = Rule::recommended();
    assert_eq!((rule.reference, rule.history), (Reference::RunningMean, 1));
    let series = Series::new(
        vec![5.0, 2.0, 5.0, 5.1, 4.9, 5.0, 5.1, 4.8],
        vec![0, 8],
        ScoreScale::new(1.0, 7.0).unwrap(),
    );
    assert!(detect(&series.unwrap(), &rule).flagged[1]);
}
