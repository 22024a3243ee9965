//! Counts of simulated samples, and rates with their errors from them.

use super::draw::Drawn;
use crate::{ClientClass, Detection, Detector, Resolution};

/// The classes in the order of [`Tally::classes`].
pub(super) const CLASSES: [ClientClass; 5] = [
    ClientClass::NoRupture,
    ClientClass::Repaired,
    ClientClass::Unrepaired,
    ClientClass::Mixed,
    ClientClass::Undecided,
];

/// Most clients of a simulated sample: a spread pooled over more is as good as known.
const MOST_IN_SAMPLE: usize = 1_000;
/// At least this many simulated samples, for errors.
const LEAST_SAMPLES: usize = 20;
/// Clients of a simulated sample where the rule pools nothing over clients.
const UNPOOLED: usize = 250;

/// Counts of one simulated sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tally {
    pub(super) assessed: u64,
    pub(super) flagged_clients: u64,
    pub(super) observed: u64,
    pub(super) evaluable: u64,
    pub(super) flagged: u64,
    pub(super) episodes: u64,
    pub(super) repaired: u64,
    pub(super) unrepaired: u64,
    pub(super) classes: [u64; 5],
    /// Assessed and flagged clients by fifth of volatility.
    pub(super) fifths: [[u64; 2]; 5],
}

impl Tally {
    pub(super) fn of(found: &Detection, drawn: &[Drawn]) -> Self {
        let mut tally = Self::default();
        for (dyad, drawn) in found.dyads.iter().zip(drawn) {
            if dyad.class == ClientClass::NotAssessed {
                continue;
            }
            let is_flagged = u64::from(dyad.flagged > 0);
            tally.assessed += 1;
            tally.flagged_clients += is_flagged;
            tally.observed += dyad.observed as u64;
            tally.evaluable += dyad.evaluable as u64;
            tally.flagged += dyad.flagged as u64;
            for (count, class) in tally.classes.iter_mut().zip(CLASSES) {
                *count += u64::from(dyad.class == class);
            }
            if let Some([assessed, flagged]) = tally.fifths.get_mut(drawn.fifth) {
                *assessed += 1;
                *flagged += is_flagged;
            }
        }
        tally.episodes = found.episodes.len() as u64;
        for episode in &found.episodes {
            tally.repaired += u64::from(episode.resolution == Resolution::Repaired);
            tally.unrepaired += u64::from(episode.resolution == Resolution::Unrepaired);
        }
        tally
    }
}

/// How many samples of how many clients make up a simulation.
///
/// A detector that pools over clients pools over each simulated sample, which is as large as the user's.
pub(super) fn samples(rule: &Detector, dyads: usize, clients: usize) -> (usize, usize) {
    let most = (clients / LEAST_SAMPLES).max(1);
    let size = if rule.pools() { dyads.min(MOST_IN_SAMPLE) } else { UNPOOLED }.clamp(1, most);
    (clients.div_ceil(size), size)
}

/// A share over samples, with the error of a ratio estimate between samples.
///
/// `r = sum x / sum n`, variance `m / (m - 1) * sum (x - r n)^2 / (sum n)^2` over m samples (Cochran 1977, Sampling
/// Techniques, section 6.4). NaN where nothing can be counted.
pub(super) fn share(tallies: &[Tally], of: impl Fn(&Tally) -> (u64, u64)) -> (f64, f64) {
    let (part, whole) = tallies.iter().map(&of).fold((0, 0), |(x, n), (dx, dn)| (x + dx, n + dn));
    if whole == 0 {
        return (f64::NAN, f64::NAN);
    }
    let rate = part as f64 / whole as f64;
    let squares: f64 = tallies
        .iter()
        .map(|tally| {
            let (x, n) = of(tally);
            (x as f64 - rate * n as f64).powi(2)
        })
        .sum();
    let samples = tallies.len() as f64;
    let error =
        if samples > 1.0 { (samples / (samples - 1.0) * squares).sqrt() / whole as f64 } else { f64::NAN };
    (rate, error)
}
