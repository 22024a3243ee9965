//! How often the intervals of accuracies hold the value of the population the dyads were drawn from.

#![allow(clippy::unwrap_used, clippy::panic)]

use alliance_ruptures::accuracy::{Accuracy, AccuracyOptions, Estimate, detection_accuracy, onset_accuracy};
use alliance_ruptures::simulate::{Simulated, Simulation};
use alliance_ruptures::{Reference, Rule, ScoreScale, Series, Unit, detect};
use alliance_statistics::Generator;

const SESSIONS: usize = 16;
const REPLICATES: u64 = 1_000;

/// A kind of dyad: share of the population, chance of a rupture in a session, chance of a flag with and without one,
/// and chance that the dyad is coded.
struct Kind {
    share: f64,
    rupture: f64,
    hit: f64,
    false_alarm: f64,
    coded: f64,
}

/// Volatile dyads rupture more, are flagged more either way, and are coded more often.
const KINDS: [Kind; 3] = [
    Kind { share: 0.5, rupture: 0.05, hit: 0.4, false_alarm: 0.01, coded: 0.2 },
    Kind { share: 0.3, rupture: 0.15, hit: 0.6, false_alarm: 0.05, coded: 0.5 },
    Kind { share: 0.2, rupture: 0.35, hit: 0.9, false_alarm: 0.15, coded: 0.9 },
];

/// Sensitivity, precision, specificity and kappa of the whole population: ratios of expected counts.
fn population() -> [f64; 4] {
    let expected = |of: &dyn Fn(&Kind) -> f64| KINDS.iter().map(|kind| kind.share * of(kind)).sum::<f64>();
    let found = expected(&|kind| kind.rupture * kind.hit);
    let missed = expected(&|kind| kind.rupture * (1.0 - kind.hit));
    let wrong = expected(&|kind| (1.0 - kind.rupture) * kind.false_alarm);
    let quiet = expected(&|kind| (1.0 - kind.rupture) * (1.0 - kind.false_alarm));
    let chance = (found + wrong) * (found + missed) + (missed + quiet) * (wrong + quiet);
    let kappa = (found + quiet - chance) / (1.0 - chance);
    [found / (found + missed), found / (found + wrong), quiet / (quiet + wrong), kappa]
}

fn kind_of(random: &mut Generator) -> &'static Kind {
    let mut left = random.uniform();
    for kind in &KINDS {
        left -= kind.share;
        if left < 0.0 {
            return kind;
        }
    }
    &KINDS[2]
}

/// What is coded: everything; whole dyads, each with the chance of its kind; all ruptures and one in four other sessions.
#[derive(Clone, Copy, PartialEq)]
enum Coded {
    All,
    Dyads,
    RupturesAndControls,
}

/// Accuracy on a sample of dyads.
fn sample(dyads: usize, stream: u64, subset: Coded, weighted: bool) -> Accuracy {
    let mut random = Generator::stream(20_261_125, stream);
    let (mut flagged, mut coded, mut weights) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..dyads {
        let kind = kind_of(&mut random);
        let is_drawn = subset != Coded::Dyads || random.bernoulli(kind.coded);
        for _ in 0..SESSIONS {
            let rupture = random.bernoulli(kind.rupture);
            flagged.push(random.bernoulli(if rupture { kind.hit } else { kind.false_alarm }));
            let chance = match subset {
                Coded::All => 1.0,
                Coded::Dyads => kind.coded,
                Coded::RupturesAndControls => {
                    if rupture {
                        1.0
                    } else {
                        0.25
                    }
                }
            };
            let is_coded = is_drawn && (subset != Coded::RupturesAndControls || random.bernoulli(chance));
            coded.push(is_coded.then_some(rupture));
            weights.push(if weighted { 1.0 / chance } else { 1.0 });
        }
    }
    let offsets: Vec<usize> = (0..=dyads).map(|dyad| dyad * SESSIONS).collect();
    let mut options = AccuracyOptions::default();
    (options.tolerance, options.resamples, options.weights) = ((0, 0), 500, Some(weights));
    detection_accuracy(&flagged, &coded, &offsets, &options).unwrap()
}

/// Share of samples whose interval holds the population's value.
fn coverage<const MEASURES: usize>(
    truth: [f64; MEASURES],
    replicates: u64,
    sample: impl Fn(u64) -> [Estimate; MEASURES],
) -> [f64; MEASURES] {
    let mut held = [0_u32; MEASURES];
    for stream in 0..replicates {
        for ((held, estimate), truth) in held.iter_mut().zip(sample(stream)).zip(truth) {
            *held += u32::from(estimate.low <= truth && truth <= estimate.high);
        }
    }
    held.map(|held| f64::from(held) / replicates as f64)
}

fn estimates(found: &Accuracy) -> [Estimate; 4] {
    [found.sensitivity, found.precision, found.specificity, found.kappa]
}

/// Asserts that observed shares do not contradict a coverage between two values: they lie within three binomial
/// standard errors of it.
fn assert_between(observed: impl AsRef<[f64]>, replicates: u64, low: f64, high: f64) {
    let observed = observed.as_ref();
    let error = |share: f64| 3.0 * (share * (1.0 - share) / replicates as f64).sqrt();
    for share in observed {
        assert!(low - error(low) <= *share && *share <= high + error(high), "{observed:?}");
    }
}

/// 95 % intervals: right with many dyads, a little short with 60, and as the documentation says too short with 15.
#[test]
fn intervals_hold_the_population() {
    for (dyads, low, high) in [(400, 0.95, 0.95), (60, 0.93, 0.95), (15, 0.88, 0.94)] {
        let observed =
            coverage(population(), REPLICATES, |stream| estimates(&sample(dyads, stream, Coded::All, false)));
        assert_between(observed, REPLICATES, low, high);
    }
}

/// Where volatile dyads are coded more often, or sessions with a rupture, only weights by one over that chance give the
/// population.
#[test]
fn weights_undo_how_the_subset_was_chosen() {
    let of = |subset, weighted| {
        coverage(population(), REPLICATES, |stream| estimates(&sample(120, stream, subset, weighted)))
    };
    let (weighted, plain) = (of(Coded::Dyads, true), of(Coded::Dyads, false));
    assert_between(weighted, REPLICATES, 0.93, 0.95);
    assert!(plain[0] < 0.6 && plain[2] < 0.4, "{plain:?}");
    let (weighted, plain) = (of(Coded::RupturesAndControls, true), of(Coded::RupturesAndControls, false));
    assert_between(weighted, REPLICATES, 0.92, 0.95);
    // All ruptures were coded, so sensitivity is right without weights; precision is not.
    assert!(plain[0] > 0.9 && plain[1] < 0.1, "{plain:?}");
}

/// A rule on a simulated clinic, against what was planted, with tolerance; the population is 20 000 dyads.
#[test]
fn intervals_on_simulated_clinics() {
    let rule = Rule::new(Reference::RunningMean, Unit::Points, 0.8).unwrap();
    let of = |dyads: usize, seed: u64, resamples: usize| {
        let clinic = Simulation::new(dyads, SESSIONS).run(seed).unwrap();
        let (flags, onsets) = planted(&clinic);
        let series =
            Series::new(clinic.client.clone(), clinic.offsets.clone(), ScoreScale::new(1.0, 7.0).unwrap());
        let (found, offsets) = (detect(&series.unwrap(), &rule), &clinic.offsets);
        let mut options = AccuracyOptions::default();
        options.resamples = resamples;
        let sessions = detection_accuracy(&found.flagged, &flags, offsets, &options).unwrap();
        let episodes = onset_accuracy(&found, &onsets, offsets, &options).unwrap();
        let [sensitivity, precision, _, kappa] = estimates(&sessions);
        [episodes.error, sensitivity, precision, kappa, episodes.sensitivity, episodes.precision]
    };
    let truth = of(20_000, 1, 0).map(|estimate| estimate.value);
    let [error, shares @ ..] = coverage(truth, 400, |stream| of(60, 100 + stream, 500));
    assert_between(shares, 400, 0.92, 0.95);
    // Some 7 % of the matched onsets are late: where none of a sample is, the interval has no length.
    assert!(error < 0.8, "{error}");
}

/// Sessions with a planted deficit and sessions in which one began; unknown after dropout.
fn planted(clinic: &Simulated) -> (Vec<Option<bool>>, Vec<Option<bool>>) {
    let deficits = clinic.truth.deficit.iter();
    let flags: Vec<_> = deficits.map(|deficit| (!deficit.is_nan()).then_some(*deficit > 0.0)).collect();
    let mut onsets: Vec<_> = flags.iter().map(|known| known.map(|_| false)).collect();
    for rupture in &clinic.truth.ruptures {
        onsets[clinic.offsets[rupture.dyad] + rupture.onset] = Some(true);
    }
    (flags, onsets)
}
