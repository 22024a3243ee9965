//! Bootstrap over units, the same with any number of threads.

use std::thread;

use alliance_statistics::Generator;

use super::CodedUnits;
use crate::{Estimate, PsychometricsError};

/// How many replications, and from which seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Bootstrap {
    /// Number of replications.
    pub replications: usize,
    /// Seed; each replication has a stream of its own.
    pub seed: u64,
    /// Number of threads; `None` for one per core. The numbers do not depend on it.
    pub threads: Option<usize>,
}

impl Default for Bootstrap {
    /// 2 000 replications from seed 1.
    fn default() -> Self {
        Self { replications: 2_000, seed: 1, threads: None }
    }
}

impl Bootstrap {
    /// So many replications from a seed.
    pub fn new(replications: usize, seed: u64) -> Self {
        Self { replications, seed, ..Self::default() }
    }

    /// The same on so many threads.
    #[must_use]
    pub fn with_threads(self, threads: usize) -> Self {
        Self { threads: Some(threads), ..self }
    }

    pub(super) fn check(self) -> Result<(), PsychometricsError> {
        if self.replications < 2 {
            return Err(PsychometricsError::option("replications", "must be 2 or more"));
        }
        Ok(())
    }

    /// A statistic of each replication, in their order.
    pub(super) fn replicate(self, units: &CodedUnits, statistic: impl Fn(&[f64]) -> f64 + Sync) -> Vec<f64> {
        let threads = self.threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
        let share = self.replications.div_ceil(threads.max(1)).max(1);
        let mut values = vec![f64::NAN; self.replications];
        thread::scope(|scope| {
            for (part, values) in values.chunks_mut(share).enumerate() {
                let statistic = &statistic;
                scope.spawn(move || {
                    let mut counts = Vec::new();
                    for (place, value) in values.iter_mut().enumerate() {
                        let mut random = Generator::stream(self.seed, (part * share + place) as u64);
                        units.redraw(&mut random, &mut counts);
                        *value = statistic(&counts);
                    }
                });
            }
        });
        values
    }

    /// The estimate with the percentile interval; replications in which the statistic is undefined are left out and
    /// counted in a note.
    pub(super) fn interval(
        self,
        units: &CodedUnits,
        statistic: impl Fn(&[f64]) -> f64 + Sync,
        estimate: Estimate,
        confidence: f64,
    ) -> Estimate {
        let all = self.replicate(units, statistic);
        let mut values: Vec<f64> = all.iter().copied().filter(|value| value.is_finite()).collect();
        let undefined = all.len() - values.len();
        values.sort_by(f64::total_cmp);
        let lower = 0.5 - confidence / 2.0;
        let estimate = estimate.with_standard_error(deviation(&values)).with_interval(
            quantile(&values, lower),
            quantile(&values, 1.0 - lower),
            confidence,
        );
        if undefined == 0 {
            estimate
        } else {
            estimate.with_note(format!("undefined in {undefined} of {} replications", all.len()))
        }
    }
}

/// Quantile of sorted values, linear between them (type 7 of Hyndman & Fan 1996).
fn quantile(sorted: &[f64], p: f64) -> f64 {
    let position = p * sorted.len().saturating_sub(1) as f64;
    let below = position.floor();
    let at = |place: usize| sorted.get(place).copied();
    let Some(low) = at(below as usize) else { return f64::NAN };
    let high = at(below as usize + 1).unwrap_or(low);
    low + (position - below) * (high - low)
}

/// Standard deviation, n - 1 below.
fn deviation(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (n - 1.0)).sqrt()
}
