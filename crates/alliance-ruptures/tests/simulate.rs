//! Simulated clinics: reproducible, as planted, and as the options say.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use alliance_ruptures::simulate::{
    Depth, Dropout, Missing, Noise, RuptureEnd, RuptureShape, SessionCount, Simulated, Simulation,
};
use alliance_ruptures::{Orientation, RuptureError, ScoreScale};
use proptest::prelude::*;

/// Everything a clinic holds, folded into one number.
fn checksum(clinic: &Simulated) -> u64 {
    let truth = &clinic.truth;
    let bits = |value: &f64| if value.is_nan() { 1 } else { value.to_bits() };
    let number = |position: usize| position as u64;
    let columns = [&clinic.client, &clinic.therapist, &truth.deficit, &truth.nuisance_deficit];
    let mut parts: Vec<u64> = columns.into_iter().flatten().map(bits).collect();
    parts.extend(clinic.held.iter().map(|held| u64::from(*held)));
    parts.extend(clinic.offsets.iter().chain(&clinic.therapist_of).map(|value| number(*value)));
    parts.extend(clinic.dropout.iter().map(|dropout| dropout.map_or(u64::MAX, number)));
    for rupture in &truth.ruptures {
        parts.extend([rupture.dyad, rupture.onset, rupture.nadir].map(number));
        parts.extend([rupture.recovery.map_or(u64::MAX, number), bits(&rupture.depth)]);
        parts.extend([rupture.shape as u64, rupture.end as u64, u64::from(rupture.seen_by_therapist)]);
    }
    for dip in truth.nuisance.iter().chain(&truth.false_alarms) {
        parts.extend([dip.dyad, dip.onset, dip.sessions].map(number));
        parts.push(bits(&dip.depth));
    }
    for client in &truth.clients {
        let parameters = [client.level, client.growth, client.within_sd, client.therapist_level];
        parts.extend(parameters.map(|value| bits(&value)));
    }
    parts.into_iter().fold(0xcbf2_9ce4_8422_2325, |sum: u64, part| {
        (sum.rotate_left(23) ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    })
}

fn scale(lowest: f64, highest: f64, step: Option<f64>) -> ScoreScale {
    let mut scale = ScoreScale::new(0.0, 1.0).unwrap();
    (scale.lowest, scale.highest, scale.step) = (lowest, highest, step);
    scale
}

fn varied(dyads: usize) -> Simulation {
    let mut simulation = Simulation::new(dyads, 0);
    simulation.sessions = SessionCount::Between(0, 20);
    simulation
}

/// The promise of the same numbers everywhere: a change here is a breaking change.
#[test]
fn numbers_are_pinned() {
    let sums = [
        varied(300).run(1),
        Simulation::null_gaussian(100, 16).run(2),
        Simulation::null_unequal_ceiling(100, 16).run(3),
        Simulation::pilot(100, 24, 6.1).run(4),
    ]
    .map(|clinic| checksum(&clinic.unwrap()));
    let pinned =
        [0x37ac_b763_7cae_508d, 0x5603_0579_ba04_2ce8, 0x0c3a_0531_fa51_3043, 0x769c_c015_d039_34b3_u64];
    assert_eq!(sums, pinned, "{sums:x?}");
}

#[test]
fn threads_do_not_matter_and_seeds_do() {
    let simulation = varied(101);
    let one = simulation.run(7).unwrap();
    for threads in [0, 2, 3, 50, 101, 1000] {
        let many = simulation.run_with_threads(7, threads).unwrap();
        assert_eq!(checksum(&one), checksum(&many), "{threads} threads");
    }
    assert_ne!(checksum(&one), checksum(&simulation.run(8).unwrap()));
    // A dyad does not depend on how many others there are.
    let fewer = varied(40).run(7).unwrap();
    for dyad in 0..40 {
        let bits = |clinic: &Simulated| {
            clinic.client_scores(dyad).iter().map(|score| score.to_bits()).collect::<Vec<_>>()
        };
        assert_eq!(bits(&one), bits(&fewer));
    }
    // And no two dyads are alike.
    let null = Simulation::null_gaussian(200, 10).run(7).unwrap();
    for dyad in 1..200 {
        assert_ne!(null.client_scores(0), null.client_scores(dyad));
    }
}

/// A clinic with many events whose scores are not rounded, clipped or missing.
fn eventful() -> Simulation {
    let mut simulation = Simulation::new(2000, 20).without_gaps();
    simulation.scale = None;
    simulation.ruptures.hazard = 0.1;
    simulation.nuisance.hazard = 0.05;
    simulation
}

/// Scores differ from those of the same clinic without ruptures by what was planted, and nothing else.
#[test]
fn scores_are_lowered_by_what_was_planted() {
    let mut simulation = eventful();
    simulation.therapist.noise_sd = 0.0;
    let clinic = simulation.run(3).unwrap();
    let null = simulation.clone().without_ruptures().run(3).unwrap();
    let truth = &clinic.truth;
    assert!(null.truth.ruptures.is_empty() && null.truth.nuisance.is_empty());
    assert!(null.truth.deficit.iter().all(|deficit| *deficit == 0.0));

    // The therapist follows half of what is seen, nothing of the rest, and has dips of their own.
    let mut of_therapist = vec![0.0; clinic.client.len()];
    for rupture in truth.ruptures.iter().filter(|rupture| rupture.seen_by_therapist) {
        let from = clinic.offsets[rupture.dyad];
        let sessions = from + rupture.onset..from + rupture.recovery.unwrap_or(20);
        for (lowered, deficit) in of_therapist[sessions.clone()].iter_mut().zip(&truth.deficit[sessions]) {
            *lowered = 0.5 * deficit;
        }
    }
    for dip in &truth.false_alarms {
        let session = clinic.offsets[dip.dyad] + dip.onset;
        assert_eq!(truth.deficit[session], 0.0);
        of_therapist[session] = dip.depth;
    }
    for (session, of_therapist) in of_therapist.iter().enumerate() {
        let planted = truth.deficit[session] + truth.nuisance_deficit[session];
        let lowered = null.client[session] - clinic.client[session];
        assert!((lowered - planted).abs() < 1e-12, "{lowered} {planted}");
        let lowered = null.therapist[session] - clinic.therapist[session];
        assert!((lowered - of_therapist).abs() < 1e-12, "{lowered} {of_therapist}");
    }
}

#[test]
fn ruptures_take_their_course() {
    let clinic = eventful().run(3).unwrap();
    let truth = &clinic.truth;
    let mut explained = vec![0_usize; clinic.client.len()];
    for rupture in &truth.ruptures {
        let deficit = &truth.deficit[clinic.sessions(rupture.dyad)];
        let until = rupture.recovery.unwrap_or(deficit.len());
        let course = &deficit[rupture.onset..until];
        let start = clinic.offsets[rupture.dyad];
        explained[start + rupture.onset..start + until].iter_mut().for_each(|count| *count += 1);
        assert!(rupture.onset >= 1);
        assert_eq!(deficit[rupture.nadir], rupture.depth);
        assert!(course.iter().all(|value| *value > 0.0 && *value <= rupture.depth));
        assert!(deficit[rupture.onset..rupture.nadir].iter().all(|value| *value < rupture.depth));
        let repaired = rupture.end == RuptureEnd::Repaired;
        assert_eq!(repaired, rupture.recovery.is_some());
        if let Some(recovery) = rupture.recovery {
            assert!(deficit[recovery] == 0.0 && rupture.depth >= 0.5);
        }
        match rupture.shape {
            RuptureShape::V => assert_eq!((course.len(), rupture.nadir), (1, rupture.onset)),
            RuptureShape::U => {
                assert!(course.len() <= 4 && (course.len() >= 2 || !repaired));
                assert!(course.windows(2).all(|pair| pair[1] < pair[0]));
                if repaired {
                    assert!((course[course.len() - 1] - 0.5 * rupture.depth).abs() < 1e-12);
                }
            }
            RuptureShape::SlowDecline => {
                assert!(course.len() <= 6 && (course.len() >= 3 || !repaired));
                assert!(course.windows(2).all(|pair| pair[1] > pair[0]));
                assert_eq!(rupture.nadir, until - 1);
            }
            RuptureShape::Unrepaired => {
                assert_eq!(rupture.end, RuptureEnd::Unrepaired);
                assert!(course.iter().all(|value| *value == rupture.depth));
            }
            _ => panic!("a new shape"),
        }
    }
    for (count, deficit) in explained.iter().zip(&truth.deficit) {
        assert_eq!(*count, usize::from(*deficit > 0.0));
    }
    let mut explained = vec![0.0; clinic.client.len()];
    for dip in &truth.nuisance {
        let start = clinic.offsets[dip.dyad] + dip.onset;
        assert!((1..=2).contains(&dip.sessions) && dip.depth >= 0.3);
        explained[start..start + dip.sessions].fill(dip.depth);
    }
    assert_eq!(explained, truth.nuisance_deficit);
}

fn near(found: f64, expected: f64, standard_error: f64) {
    assert!((found - expected).abs() < 4.5 * standard_error, "{found} for {expected}, SE {standard_error}");
}

/// A share out of a number of trials.
fn near_share(found: usize, of: usize, expected: f64) {
    let of = of as f64;
    near(found as f64 / of, expected, (expected * (1.0 - expected) / of).sqrt());
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / count
}

#[test]
fn ruptures_come_in_the_stated_shares() {
    let clinic = Simulation::new(6000, 30).without_gaps().run(5).unwrap();
    let ruptures = &clinic.truth.ruptures;
    let shares = [
        (RuptureShape::V, 0.45),
        (RuptureShape::U, 0.30),
        (RuptureShape::SlowDecline, 0.15),
        (RuptureShape::Unrepaired, 0.10),
    ];
    for (shape, share) in shares {
        near_share(ruptures.iter().filter(|rupture| rupture.shape == shape).count(), ruptures.len(), share);
    }
    near_share(ruptures.iter().filter(|rupture| rupture.seen_by_therapist).count(), ruptures.len(), 0.6);
    // 0.5 + gamma(3, 0.3): mean 1.4, variance 0.27.
    let sudden = || ruptures.iter().filter(|rupture| rupture.shape != RuptureShape::SlowDecline);
    near(mean(sudden().map(|rupture| rupture.depth)), 1.4, (0.27 / sudden().count() as f64).sqrt());

    // At risk: sessions from the second on without a rupture that are not sessions of repair.
    let mut spared = 0;
    for dyad in 0..clinic.dyads() {
        let deficit = &clinic.truth.deficit[clinic.sessions(dyad)];
        spared += deficit.windows(2).filter(|pair| pair[0] == 0.0 && pair[1] == 0.0).count();
    }
    near_share(ruptures.len(), spared + ruptures.len(), 0.05);
}

#[test]
fn clients_vary_as_stated() {
    let mut simulation = Simulation::new(4000, 1);
    simulation.clients.between_therapists_sd = 0.3;
    let clinic = simulation.run(11).unwrap();
    let clients = &clinic.truth.clients;
    let n = 4000_f64;
    let log_sd = |dyad: usize| clients[dyad].within_sd.ln() - 0.30_f64.ln();
    let level = |dyad: usize| clients[dyad].level - 5.5;
    near(mean((0..4000).map(level)), 0.0, (0.36 / n + 0.09 * 6.0 / n).sqrt());
    near(mean((0..4000).map(|dyad| level(dyad).powi(2))), 0.45, 0.45 * (6.0 / n).sqrt());
    near(mean(clients.iter().map(|client| client.growth)), 0.015, 0.02 / n.sqrt());
    near(mean((0..4000).map(log_sd)), 0.0, 0.35 / n.sqrt());
    near(mean((0..4000).map(|dyad| log_sd(dyad).powi(2))), 0.1225, 0.1225 * (2.0 / n).sqrt());
    let gap = mean(clients.iter().map(|client| client.therapist_level - client.level));
    near(gap, -0.4, 0.6 * (1.3 / n).sqrt());
    // Client and therapist share the therapist's effect, and 0.35 of the rest.
    let shared = mean((0..4000).map(|dyad| level(dyad) * (clients[dyad].therapist_level - 5.1)));
    near(shared, 0.09 + 0.35 * 0.36, 0.45 * (6.0 / n).sqrt());
    // Clients of one therapist resemble each other by the therapist's variance.
    let pairs = (0..3999).filter(|dyad| clinic.therapist_of[*dyad] == clinic.therapist_of[*dyad + 1]);
    near(mean(pairs.map(|dyad| level(dyad) * level(dyad + 1))), 0.09, 0.45 / (n / 3.0).sqrt());
    assert_eq!(clinic.therapist_of[3999], 666);
}

#[test]
fn sessions_vary_as_stated() {
    let mut simulation = Simulation::new(4000, 40).without_ruptures().without_gaps();
    simulation.scale = None;
    simulation.growth.walk_sd = 0.0;
    let clinic = simulation.run(11).unwrap();
    let disturbances: Vec<Vec<f64>> = (0..4000)
        .map(|dyad| {
            let client = clinic.truth.clients[dyad];
            let course = |t: f64| client.level + client.growth * t + 0.15 * (1.0 - (-t / 3.0).exp());
            let scores = clinic.client_scores(dyad).iter().enumerate();
            scores.map(|(t, score)| (score - course(t as f64)) / client.within_sd).collect()
        })
        .collect();
    let of = 160_000_f64;
    let power = |power: i32| mean(disturbances.iter().flatten().map(|value| value.powi(power)));
    near(power(1), 0.0, 1.4 / of.sqrt());
    near(power(2), 1.0, 2.4 / of.sqrt());
    let lagged = disturbances.iter().flat_map(|series| series.windows(2).map(|pair| pair[0] * pair[1]));
    near(mean(lagged), 0.3, 1.4 / of.sqrt());
    // Kurtosis 6 of t with 6 degrees of freedom, brought nearer to 3 by the autocorrelation.
    assert!((4.5..7.0).contains(&power(4)), "{}", power(4));

    // The random walk adds a variance of 0.06^2 a session.
    simulation.growth.walk_sd = 0.06;
    let walking = simulation.run(11).unwrap();
    let walked = |dyad: usize| walking.client_scores(dyad)[39] - clinic.client_scores(dyad)[39];
    let variance = 39.0 * 0.0036;
    near(mean((0..4000).map(|dyad| walked(dyad).powi(2))), variance, variance * (2.0 / 4000_f64).sqrt());
}

#[test]
fn missing_forms_and_sessions_are_as_many_as_stated() {
    let mut simulation = Simulation::new(5000, 20);
    simulation.dropout = Dropout::none();
    simulation.ruptures.hazard = 0.1;
    let clinic = simulation.run(2).unwrap();
    // Sessions, held, forms; otherwise and after a session with a deficit.
    let mut counts = [[0_usize; 3]; 2];
    let (mut held, mut therapist_forms) = (0, 0);
    for dyad in 0..clinic.dyads() {
        let range = clinic.sessions(dyad);
        assert!(clinic.held[range.start]);
        for session in range.start + 1..range.end {
            let count = &mut counts[usize::from(clinic.truth.deficit[session - 1] > 0.0)];
            let forms = [!clinic.client[session].is_nan(), !clinic.therapist[session].is_nan()];
            assert!(clinic.held[session] || forms == [false; 2]);
            count[0] += 1;
            count[1] += usize::from(clinic.held[session]);
            count[2] += usize::from(forms[0]);
            held += usize::from(clinic.held[session]);
            therapist_forms += usize::from(forms[1]);
        }
    }
    for (count, added) in counts.iter().zip([0.0, 0.1]) {
        near_share(count[1], count[0], 0.90 - added);
        near_share(count[2], count[1], 0.88 - added);
    }
    near_share(therapist_forms, held, 0.92);
}

#[test]
fn dropouts_are_as_many_as_stated() {
    let clinic = Simulation::new(8000, 20).run(4).unwrap();
    let mut unrepaired = vec![None; 8000];
    for rupture in clinic.truth.ruptures.iter().filter(|rupture| rupture.shape == RuptureShape::Unrepaired) {
        unrepaired[rupture.dyad] = Some(rupture.onset);
    }
    // Sessions at risk and dropouts, without and with an unrepaired rupture.
    let mut counts = [[0_usize; 2]; 2];
    for (dyad, dropout) in clinic.dropout.iter().enumerate() {
        for session in 1..=dropout.unwrap_or(19) {
            let count = &mut counts[usize::from(unrepaired[dyad].is_some_and(|onset| onset < session))];
            count[0] += 1;
            count[1] += usize::from(*dropout == Some(session));
        }
        let gone = clinic.offsets[dyad] + dropout.unwrap_or(20)..clinic.offsets[dyad + 1];
        assert!(gone.len() < 20);
        for session in gone {
            assert!(!clinic.held[session] && clinic.client[session].is_nan());
            assert!(clinic.therapist[session].is_nan() && clinic.truth.deficit[session].is_nan());
        }
    }
    near_share(counts[0][1], counts[0][0], 0.012);
    near_share(counts[1][1], counts[1][0], 0.092);
    for rupture in &clinic.truth.ruptures {
        let until = clinic.dropout[rupture.dyad].unwrap_or(20);
        assert!(rupture.onset < until && rupture.nadir < until);
        assert!(rupture.recovery.is_none_or(|recovery| recovery < until));
        let end = match (rupture.recovery, rupture.shape) {
            (Some(_), _) => RuptureEnd::Repaired,
            (None, RuptureShape::Unrepaired) => RuptureEnd::Unrepaired,
            (None, _) if until < 20 => RuptureEnd::DroppedOut,
            (None, _) => RuptureEnd::SeriesEnded,
        };
        assert_eq!(rupture.end, end);
    }
}

#[test]
fn scores_lie_on_the_lattice() {
    let clinic = Simulation::new(500, 20).run(6).unwrap();
    let scores: Vec<f64> =
        clinic.client.iter().chain(&clinic.therapist).copied().filter(|score| !score.is_nan()).collect();
    for score in &scores {
        // To the last bit the mean of twelve items.
        let sum = (score * 12.0).round();
        assert_eq!(*score, sum / 12.0);
        assert!((12.0..=84.0).contains(&sum));
    }
    assert!(scores.contains(&7.0));
    // Steps that do not divide a point, and another form for the therapist.
    let mut coarse = Simulation::new(200, 20);
    coarse.scale = Some(scale(0.0, 10.0, Some(2.5)));
    coarse.clients.between_sd = 3.0;
    coarse.therapist.scale = Some(scale(1.0, 5.0, Some(0.1)));
    let clinic = coarse.run(6).unwrap();
    let mut seen: Vec<f64> = clinic.client.iter().copied().filter(|score| !score.is_nan()).collect();
    seen.sort_by(f64::total_cmp);
    seen.dedup();
    assert_eq!(seen, [0.0, 2.5, 5.0, 7.5, 10.0]);
    for score in clinic.therapist.iter().filter(|score| !score.is_nan()) {
        assert!((1.0..=5.0).contains(score) && (score * 10.0 - (score * 10.0).round()).abs() < 1e-9);
    }
}

/// Percentage of clients for whom a rule fires.
fn fired(clinic: &Simulated, rule: impl Fn(&[f64]) -> bool) -> f64 {
    let count = (0..clinic.dyads()).filter(|dyad| rule(clinic.client_scores(*dyad))).count();
    100.0 * count as f64 / clinic.dyads() as f64
}

fn own_mean_and_sd(scores: &[f64]) -> (f64, f64) {
    let own = mean(scores.iter().copied());
    let squares = scores.iter().map(|score| (score - own).powi(2)).sum::<f64>();
    (own, (squares / (scores.len() as f64 - 1.0)).sqrt())
}

/// A fall by a point; by 1.5 own SD; 2 own SD below the mean; `XmR` below CL - 3 sigma.
fn four_rules(clinic: &Simulated) -> [f64; 4] {
    let falls = |scores: &[f64], by: f64| scores.windows(2).any(|pair| pair[0] - pair[1] >= by);
    [
        fired(clinic, |scores| falls(scores, 1.0)),
        fired(clinic, |scores| {
            let (_, sd) = own_mean_and_sd(scores);
            sd > 0.0 && falls(scores, 1.5 * sd)
        }),
        fired(clinic, |scores| {
            let (own, sd) = own_mean_and_sd(scores);
            sd > 0.0 && scores.iter().any(|score| own - score >= 2.0 * sd)
        }),
        fired(clinic, |scores| {
            let (own, _) = own_mean_and_sd(scores);
            let sigma = mean(scores.windows(2).map(|pair| (pair[1] - pair[0]).abs())) / 1.128;
            scores.iter().any(|score| *score < own - 3.0 * sigma)
        }),
    ]
}

/// Four rows of table 1.8 of rupture-methods, within 3 sqrt(2) standard errors of 20 000 clients.
#[test]
fn the_null_presets_give_the_table_of_the_dossier() {
    let table: [(usize, [f64; 4], [f64; 4]); 3] = [
        (8, [14.5, 84.3, 6.0, 0.8], [12.2, 83.0, 11.0, 3.7]),
        (16, [28.4, 97.9, 26.1, 1.7], [20.9, 96.8, 33.9, 7.1]),
        (30, [47.3, 100.0, 52.2, 3.8], [30.1, 99.1, 59.3, 11.2]),
    ];
    for (sessions, gauss, unequal) in table {
        let presets = [
            (Simulation::null_gaussian(20_000, sessions), gauss),
            (Simulation::null_unequal_ceiling(20_000, sessions), unequal),
        ];
        for (preset, expected) in presets {
            let found = four_rules(&preset.run(18).unwrap());
            for (found, expected) in found.into_iter().zip(expected) {
                // Printed to one decimal; near 100 the error is at least that of a few clients.
                let variance = (expected * (100.0 - expected)).max(1.0) / 20_000.0;
                let bound = 3.0 * (2.0 * variance).sqrt() + 0.05;
                assert!((found - expected).abs() < bound, "{sessions} sessions: {found} for {expected}");
            }
        }
    }
}

/// As many episodes and as large a ceiling as in the pilot of the dossier (9.6): 151 to 183 and 345 to 367 episodes of
/// 400 dyads, about 15 % of scores at the ceiling.
#[test]
fn the_pilot_resembles_the_pilot_of_the_dossier() {
    let of_400 = |sessions, mean| {
        let clinic = Simulation::pilot(4000, sessions, mean).run(13).unwrap();
        let scored = clinic.client.iter().filter(|score| !score.is_nan()).count() as f64;
        let at_ceiling = clinic.client.iter().filter(|score| **score == 7.0).count() as f64;
        (clinic.truth.ruptures.len() as f64 / 10.0, at_ceiling / scored)
    };
    let ((short, _), (long, ceiling)) = (of_400(12, 5.5), of_400(24, 6.1));
    assert!((151.0..183.0).contains(&short), "{short}");
    assert!((345.0..385.0).contains(&long), "{long}");
    assert!((0.10..0.20).contains(&ceiling), "{ceiling}");
}

/// What the documentation of the defaults says they give.
#[test]
fn the_defaults_resemble_published_clinics() {
    let clinic = Simulation::new(8000, 16).run(1).unwrap();
    let dropouts = clinic.dropout.iter().flatten().count() as f64 / 8000.0;
    assert!((0.17..0.21).contains(&dropouts), "{dropouts}");
    let mut ruptured: Vec<usize> = clinic.truth.ruptures.iter().map(|rupture| rupture.dyad).collect();
    ruptured.dedup();
    assert!((0.44..0.50).contains(&(ruptured.len() as f64 / 8000.0)), "{}", ruptured.len());

    // Joint forms of dyads that have six of them.
    let joint: Vec<Vec<(f64, f64)>> = (0..8000)
        .map(|dyad| {
            let both = clinic.client_scores(dyad).iter().zip(clinic.therapist_scores(dyad));
            both.filter(|(c, t)| !c.is_nan() && !t.is_nan()).map(|(c, t)| (*c, *t)).collect()
        })
        .filter(|forms: &Vec<_>| forms.len() >= 6)
        .collect();
    let correlation = |pairs: &[(f64, f64)]| {
        let mut products = alliance_statistics::CrossProducts::new(2);
        for (client, therapist) in pairs {
            products.add_row(&[*client, *therapist]);
        }
        (products.correlation(0, 1), products.variance(0))
    };
    let centre =
        |forms: &[(f64, f64)]| (mean(forms.iter().map(|form| form.0)), mean(forms.iter().map(|form| form.1)));
    let centres: Vec<(f64, f64)> = joint.iter().map(|forms| centre(forms)).collect();
    let within: Vec<(f64, f64)> = joint
        .iter()
        .zip(&centres)
        .flat_map(|(forms, centre)| forms.iter().map(move |form| (form.0 - centre.0, form.1 - centre.1)))
        .collect();
    let ((between_r, between), (within_r, within)) = (correlation(&centres), correlation(&within));
    assert!((0.36..0.44).contains(&between_r), "{between_r}");
    assert!((0.32..0.38).contains(&within_r), "{within_r}");
    let intraclass = between / (between + within);
    assert!((0.60..0.70).contains(&intraclass), "{intraclass}");
}

#[test]
fn nonsense_is_refused_by_name() {
    type Change = fn(&mut Simulation);
    let cases: [(&str, Change); 22] = [
        ("sessions", |s| s.sessions = SessionCount::Between(5, 2)),
        ("sessions", |s| s.sessions = SessionCount::Fixed(usize::MAX)),
        ("dyads", |s| s.dyads = usize::MAX),
        ("dyads_per_therapist", |s| s.dyads_per_therapist = 0),
        ("scale", |s| s.scale = Some(scale(7.0, 1.0, None))),
        ("scale", |s| s.scale = Some(scale(1.0, f64::NAN, None))),
        ("scale", |s| s.scale = Some(scale(1.0, 7.0, Some(0.7)))),
        ("scale", |s| s.scale = Some(scale(1.0, 7.0, Some(-1.0)))),
        ("scale", |s| s.scale = Some(scale(1.0, f64::INFINITY, Some(1.0)))),
        ("scale", |s| {
            s.scale = s.scale.map(|scale| scale.with_orientation(Orientation::LowerIsBetter));
        }),
        ("clients.mean", |s| s.clients.mean = 8.0),
        ("clients.within_sd", |s| s.clients.within_sd = -0.1),
        ("clients.noise", |s| s.clients.noise = Noise::StudentT(2.0)),
        ("clients.autocorrelation", |s| s.clients.autocorrelation = 1.0),
        ("growth.early_sessions", |s| s.growth.early_sessions = 0.0),
        ("ruptures.hazard", |s| s.ruptures.hazard = f64::NAN),
        ("ruptures.depth", |s| s.ruptures.depth = Depth::fixed(0.0)),
        ("ruptures.u_sessions", |s| s.ruptures.u_sessions = (1, 3)),
        ("ruptures.u_easing", |s| s.ruptures.u_easing = 1.0),
        ("nuisance.sessions", |s| s.nuisance.sessions = (0, 1)),
        ("missing.forms", |s| s.missing.forms = 1.2),
        ("therapist.noise_correlation", |s| s.therapist.noise_correlation = -1.1),
    ];
    for (expected, change) in cases {
        let mut simulation = Simulation::default();
        change(&mut simulation);
        let error = simulation.run(1).unwrap_err();
        assert_eq!(error.code(), "invalid-option");
        let RuptureError::InvalidOption { option, problem } = error else { panic!("another error") };
        assert_eq!(option, expected);
        assert!(!problem.is_empty());
    }
}

#[test]
fn empty_and_short_series_have_answers() {
    for sessions in 0..=6 {
        for dyads in [0, 1, 3] {
            let clinic = Simulation::new(dyads, sessions).run(1).unwrap();
            assert_eq!((clinic.dyads(), clinic.client.len()), (dyads, dyads * sessions));
            assert_eq!(clinic.client_scores(0).len(), if dyads > 0 { sessions } else { 0 });
            assert!(clinic.client_scores(dyads).is_empty() && clinic.sessions(usize::MAX).is_empty());
        }
    }
    // Only the first session held.
    let mut simulation = Simulation::new(5, 6);
    simulation.missing = Missing::none();
    simulation.missing.sessions = 1.0;
    assert_eq!(simulation.run(1).unwrap().held.iter().filter(|held| **held).count(), 5);
    // Constant series.
    let mut simulation = Simulation::null_gaussian(5, 6);
    simulation.clients.within_sd = 0.0;
    let clinic = simulation.run(1).unwrap();
    assert!(clinic.client_scores(2).iter().all(|score| *score == clinic.truth.clients[2].level));
    // A rupture in the first session and, after each session of repair, the next.
    let mut simulation = Simulation::new(5, 6).without_gaps();
    simulation.ruptures.hazard = 1.0;
    simulation.ruptures.earliest = 0;
    (simulation.ruptures.v, simulation.ruptures.u) = (1.0, 0.0);
    (simulation.ruptures.slow_decline, simulation.ruptures.unrepaired) = (0.0, 0.0);
    let clinic = simulation.run(1).unwrap();
    let onsets: Vec<usize> = clinic.truth.ruptures.iter().map(|rupture| rupture.onset).collect();
    assert_eq!(onsets, [0, 2, 4].repeat(5));
    assert!(format!("{clinic:?}").len() < 200);
}

/// A number that most options accept, or any other.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![100 => 0.01..0.99_f64, 9 => Just(0.0), 3 => Just(1.0), 1 => -1e6..1e6_f64, 1 => any::<f64>()]
}

prop_compose! {
    /// Options of all kinds, sensible and not.
    fn any_simulation()(
        dyads in 0_usize..6,
        per_therapist in prop_oneof![9 => 1_usize..4, 1 => Just(0)],
        (from, more) in (0_usize..9, 0_usize..9),
        bounded: bool,
        step in prop_oneof![Just(None), Just(Some(1.0 / 12.0)), Just(Some(0.5)), Just(Some(2.0)), number().prop_map(Some)],
        noise in prop_oneof![Just(Noise::Normal), (1.9..8.0_f64).prop_map(Noise::StudentT)],
        mean in prop_oneof![9 => 1.0..7.0_f64, 1 => any::<f64>()],
        numbers in prop::collection::vec(number(), 29),
        sizes in prop::collection::vec(0_usize..6, 6),
    ) -> Simulation {
        let mut s = Simulation::new(dyads, from);
        s.sessions = SessionCount::Between(from, from + more);
        s.dyads_per_therapist = per_therapist;
        s.scale = if bounded { Some(scale(1.0, 7.0, step)) } else { None };
        s.clients.noise = noise;
        s.clients.mean = mean;
        s.ruptures.earliest = sizes[0];
        s.ruptures.u_sessions = (2, 2 + sizes[1]);
        s.ruptures.slow_sessions = (2, 2 + sizes[2]);
        s.nuisance.sessions = (sizes[3].min(1), 1 + sizes[4]);
        let targets = [
            &mut s.clients.between_sd, &mut s.clients.between_therapists_sd, &mut s.clients.within_sd,
            &mut s.clients.within_log_sd, &mut s.clients.autocorrelation, &mut s.growth.mean,
            &mut s.growth.sd, &mut s.growth.early_rise, &mut s.growth.early_sessions,
            &mut s.growth.walk_sd, &mut s.ruptures.hazard, &mut s.ruptures.depth.shallowest,
            &mut s.ruptures.depth.shape, &mut s.ruptures.depth.scale, &mut s.ruptures.v, &mut s.ruptures.u,
            &mut s.ruptures.slow_decline, &mut s.ruptures.unrepaired, &mut s.nuisance.hazard,
            &mut s.missing.forms, &mut s.missing.sessions, &mut s.missing.sessions_after_rupture,
            &mut s.dropout.hazard, &mut s.dropout.after_unrepaired, &mut s.therapist.offset,
            &mut s.therapist.tracking, &mut s.therapist.noise_correlation, &mut s.therapist.false_alarms,
            &mut s.missing.therapist_forms,
        ];
        for (target, number) in targets.into_iter().zip(numbers) {
            *target = number;
        }
        s
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_options_give_a_clinic_or_an_error(simulation in any_simulation(), seed: u64) {
        let clinic = match simulation.run(seed) {
            Ok(clinic) => clinic,
            Err(error) => {
                prop_assert_eq!(error.code(), "invalid-option");
                return Ok(());
            }
        };
        prop_assert_eq!(clinic.dyads(), simulation.dyads);
        prop_assert_eq!(clinic.offsets.last().copied(), Some(clinic.client.len()));
        let truth = &clinic.truth;
        let lengths = [clinic.therapist.len(), clinic.held.len(), truth.deficit.len(), truth.nuisance_deficit.len()];
        prop_assert_eq!(lengths, [clinic.client.len(); 4]);
        let lengths = [clinic.dropout.len(), clinic.therapist_of.len(), truth.clients.len()];
        prop_assert_eq!(lengths, [clinic.dyads(); 3]);
        for (score, held) in clinic.client.iter().chain(&clinic.therapist).zip(clinic.held.iter().cycle()) {
            prop_assert!(score.is_nan() || *held && score.is_finite());
            let fits = |scale: ScoreScale| (scale.lowest..=scale.highest).contains(score);
            prop_assert!(score.is_nan() || simulation.scale.is_none_or(fits));
        }
        for rupture in &truth.ruptures {
            let deficit = &truth.deficit[clinic.sessions(rupture.dyad)];
            prop_assert!(clinic.held[clinic.offsets[rupture.dyad] + rupture.onset]);
            prop_assert_eq!(deficit[rupture.nadir], rupture.depth);
            prop_assert!(rupture.onset >= simulation.ruptures.earliest && rupture.onset <= rupture.nadir);
            prop_assert!(rupture.recovery.is_none_or(|recovery| rupture.nadir < recovery));
        }
        prop_assert_eq!(checksum(&clinic), checksum(&simulation.run_with_threads(seed, 3).unwrap()));
    }
}
