//! How much is simulated.

use std::thread;

use super::calibrate::Depths;
use crate::RuptureError;

/// Most simulated clients.
const MOST_CLIENTS: usize = 10_000_000;
/// Most sessions of one.
const MOST_SESSIONS: usize = 10_000;
/// Most refits.
const MOST_REFITS: usize = 10_000;

/// How much is simulated for a chance rate or a calibration.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ChanceOptions {
    /// Simulated clients. Default 20 000: Monte-Carlo error of a rate of 5 % of clients 0.15 %.
    pub clients: usize,
    /// Seed. Default 1.
    pub seed: u64,
    /// Refits to dyads drawn with replacement, for the interval of the fit; 0 for none. Default 100.
    pub bootstrap: usize,
    /// Sessions of each simulated client; `None`, the default, for the length and pattern of a client of the sample.
    /// With a number, sessions are missing at random as often as between first and last scored session in the sample,
    /// and the common trend stays where it is after the sample's longest series.
    pub sessions: Option<usize>,
    /// Threads; `None`, the default, for all cores. The numbers are the same with any.
    pub threads: Option<usize>,
    /// Depths of planted falls for which a calibration gives the recall. Default 1, 2, 3 and 4 pooled SDs within clients.
    pub depths: Depths,
}

impl Default for ChanceOptions {
    fn default() -> Self {
        Self {
            clients: 20_000,
            seed: 1,
            bootstrap: 100,
            sessions: None,
            threads: None,
            depths: Depths::PooledSds(vec![1.0, 2.0, 3.0, 4.0]),
        }
    }
}

impl ChanceOptions {
    /// Whether the options make sense.
    ///
    /// # Errors
    ///
    /// `invalid-option` with the name of the option and what it may be.
    pub fn check(&self) -> Result<(), RuptureError> {
        let require = |holds: bool, option: &'static str, allowed: &str| {
            if holds {
                Ok(())
            } else {
                Err(RuptureError::InvalidOption { option, problem: allowed.to_owned() })
            }
        };
        require((100..=MOST_CLIENTS).contains(&self.clients), "clients", "from 100 to 10000000 clients")?;
        require(self.bootstrap <= MOST_REFITS, "bootstrap", "at most 10000 refits")?;
        let sessions = self.sessions.is_none_or(|sessions| (1..=MOST_SESSIONS).contains(&sessions));
        require(sessions, "sessions", "from 1 to 10000 sessions")?;
        require(self.threads != Some(0), "threads", "at least one thread")?;
        let (Depths::Points(depths) | Depths::PooledSds(depths)) = &self.depths;
        let sound = depths.iter().all(|depth| depth.is_finite() && *depth >= 0.0);
        require(sound, "depths", "depths are finite and not negative")
    }

    pub(super) fn threads(&self) -> usize {
        self.threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from))
    }
}

/// Does `work` for 0 to `count - 1` on several threads; results in order.
pub(super) fn in_threads<T: Send>(count: usize, threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let each = count.div_ceil(threads.clamp(1, count.max(1))).max(1);
    if each >= count {
        return (0..count).map(work).collect();
    }
    let work = &work;
    thread::scope(|scope| {
        let running: Vec<_> = (0..count)
            .step_by(each)
            .map(|first| {
                scope.spawn(move || (first..(first + each).min(count)).map(work).collect::<Vec<_>>())
            })
            .collect();
        let join = |worker: thread::ScopedJoinHandle<'_, Vec<T>>| {
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        running.into_iter().flat_map(join).collect()
    })
}
