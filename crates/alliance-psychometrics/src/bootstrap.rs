//! Drawing clients with replacement.

use std::thread;

use alliance_statistics::Generator;

use crate::{Estimate, PsychometricsError};

/// Fewest and most resamples.
const RESAMPLES: std::ops::RangeInclusive<usize> = 100..=1_000_000;
/// An interval needs this share of the resamples to have a value.
const LEAST_DEFINED: f64 = 0.9;

/// How standard errors and intervals are bootstrapped: units (clients, dyads) are drawn with all their rows.
///
/// Sessions of a client resemble each other, so that drawing rows would pretend to more units than there are. Each
/// resample has a random stream of its own: the numbers do not depend on the number of threads.
///
/// ```
/// use alliance_psychometrics::Bootstrap;
///
/// let bootstrap = Bootstrap::new(2000, 1)?.with_threads(2)?;
/// assert_eq!(Bootstrap::new(5, 1).unwrap_err().code(), "invalid-option");
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bootstrap {
    resamples: usize,
    seed: u64,
    threads: Option<usize>,
}

impl Bootstrap {
    /// This many resamples from this seed, on all cores.
    ///
    /// # Errors
    ///
    /// `invalid-option` outside 100 to 1 000 000 resamples.
    pub fn new(resamples: usize, seed: u64) -> Result<Self, PsychometricsError> {
        if RESAMPLES.contains(&resamples) {
            Ok(Self { resamples, seed, threads: None })
        } else {
            Err(PsychometricsError::option("resamples", "from 100 to 1000000 resamples"))
        }
    }

    /// The same on this many threads.
    ///
    /// # Errors
    ///
    /// `invalid-option` for none.
    pub fn with_threads(self, threads: usize) -> Result<Self, PsychometricsError> {
        if threads == 0 {
            return Err(PsychometricsError::option("threads", "at least one thread"));
        }
        Ok(Self { threads: Some(threads), ..self })
    }

    /// Statistics of each resample; `statistic` is given the positions of the units drawn, as many as there are
    /// units.
    pub(crate) fn replicates<T: Send>(
        &self,
        units: usize,
        statistic: impl Fn(&[usize]) -> T + Sync,
    ) -> Vec<T> {
        self.each(|random| {
            let drawn: Vec<usize> = (0..units).map(|_| random.below(units)).collect();
            statistic(&drawn)
        })
    }

    /// What `resample` makes of each resample's own random numbers, in order.
    pub(crate) fn each<T: Send>(&self, resample: impl Fn(&mut Generator) -> T + Sync) -> Vec<T> {
        let resample = |nth: usize| resample(&mut Generator::stream(self.seed, nth as u64));
        let threads = self.threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
        let each = self.resamples.div_ceil(threads.clamp(1, self.resamples)).max(1);
        if each >= self.resamples {
            return (0..self.resamples).map(resample).collect();
        }
        let resample = &resample;
        thread::scope(|scope| {
            let running: Vec<_> = (0..self.resamples)
                .step_by(each)
                .map(|first| {
                    let last = (first + each).min(self.resamples);
                    scope.spawn(move || (first..last).map(resample).collect::<Vec<_>>())
                })
                .collect();
            let join = |worker: thread::ScopedJoinHandle<'_, Vec<T>>| {
                worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            running.into_iter().flat_map(join).collect()
        })
    }

    /// The estimate with the standard deviation of the replicates and their percentile interval.
    ///
    /// Resamples without a value are left out; with more than a tenth of them there is no interval, and a note.
    pub(crate) fn describe(
        &self,
        estimate: Estimate,
        mut replicates: Vec<f64>,
        confidence: f64,
        units: &str,
    ) -> Estimate {
        if estimate.value.is_nan() {
            return estimate;
        }
        replicates.retain(|value| value.is_finite());
        let defined = replicates.len();
        if (defined as f64) < LEAST_DEFINED * self.resamples as f64 {
            return estimate.with_note(format!(
                "{} of {} resamples have no value",
                self.resamples - defined,
                self.resamples
            ));
        }
        replicates.sort_unstable_by(f64::total_cmp);
        let mean = replicates.iter().sum::<f64>() / defined as f64;
        let squares: f64 = replicates.iter().map(|value| (value - mean) * (value - mean)).sum();
        let tail = 0.5 * (1.0 - confidence);
        estimate
            .with_standard_error((squares / (defined - 1) as f64).sqrt())
            .with_interval(quantile(&replicates, tail), quantile(&replicates, 1.0 - tail), confidence)
            .with_note(format!("interval: percentiles of {defined} resamples of {units}, seed {}", self.seed))
    }
}

/// Quantile of sorted values, linear between order statistics (type 7 of Hyndman and Fan 1996, American Statistician
/// 50).
fn quantile(sorted: &[f64], p: f64) -> f64 {
    let place = p * sorted.len().saturating_sub(1) as f64;
    let at = |place: f64| sorted.get(place as usize).copied().unwrap_or(f64::NAN);
    let (below, above) = (at(place.floor()), at(place.ceil()));
    below + (place - place.floor()) * (above - below)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Level;

    #[test]
    fn numbers_do_not_depend_on_the_threads() {
        let values: Vec<f64> = (0..40).map(f64::from).collect();
        let mean = |drawn: &[usize]| drawn.iter().map(|unit| values[*unit]).sum::<f64>() / 40.0;
        let one = Bootstrap::new(1000, 7).unwrap().with_threads(1).unwrap();
        let replicates = one.replicates(40, mean);
        for threads in [2, 3, 5000] {
            assert_eq!(one.with_threads(threads).unwrap().replicates(40, mean), replicates);
        }
        // The standard error of a mean of 40 numbers, with n below: sqrt((40^2 - 1) / 12 / 40) = 1.8253.
        let estimate =
            one.describe(Estimate::new(19.5, Level::BetweenClients, "mean"), replicates, 0.95, "clients");
        assert!((estimate.standard_error - 1.825).abs() < 0.1);
        let interval = estimate.interval.unwrap();
        assert!((interval.high - interval.low - 2.0 * 1.96 * 1.825).abs() < 0.5);
    }

    #[test]
    fn resamples_without_a_value_are_told() {
        let bootstrap = Bootstrap::new(100, 1).unwrap();
        let estimate = Estimate::new(1.0, Level::WithinClient, "test");
        let half: Vec<f64> = (0..100).map(|nth| if nth % 2 == 0 { f64::NAN } else { 1.0 }).collect();
        let described = bootstrap.describe(estimate, half, 0.95, "clients");
        assert!(described.interval.is_none());
        assert_eq!(described.notes, ["50 of 100 resamples have no value"]);
    }

    #[test]
    fn quantiles_are_those_of_r() {
        // quantile(c(1, 2, 4, 8, 16), c(0, 0.1, 0.5, 0.975))
        let sorted = [1.0, 2.0, 4.0, 8.0, 16.0];
        let found = [0.0, 0.1, 0.5, 0.975].map(|p| quantile(&sorted, p));
        assert_eq!(found, [1.0, 1.4, 4.0, 15.2]);
        assert!(quantile(&[], 0.5).is_nan());
    }
}
