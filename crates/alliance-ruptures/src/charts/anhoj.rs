//! Anhøj rules: an unusually long run on one side of the median, unusually few crossings of it.

use std::fmt;

use super::{NotAssessable, badness, median_of};
use crate::{Orientation, RuptureError};

/// When [`anhoj_runs`] gives an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct AnhojOptions {
    min_useful: usize,
}

impl Default for AnhojOptions {
    /// At least 10 sessions off the median. This is convention; qicharts2 has no such minimum.
    fn default() -> Self {
        Self { min_useful: 10 }
    }
}

impl AnhojOptions {
    /// Fewest sessions off the median for an answer.
    ///
    /// # Errors
    ///
    /// `invalid-option` for 0.
    pub fn with_min_useful(self, min_useful: usize) -> Result<Self, RuptureError> {
        if min_useful == 0 {
            return Err(RuptureError::InvalidOption {
                option: "min_useful",
                problem: "at least one session off the median is needed".into(),
            });
        }
        Ok(Self { min_useful })
    }

    /// Fewest sessions off the median for an answer.
    pub fn min_useful(&self) -> usize {
        self.min_useful
    }
}

/// Runs about the median.
#[derive(Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct AnhojRuns {
    /// Median of the observed scores.
    pub median: f64,
    /// Sessions off the median.
    pub useful: usize,
    /// Longest run on one side, whichever.
    pub longest_run: usize,
    /// Longest run on the worse side.
    pub longest_worse_run: usize,
    /// Longest run that is not unusual: log2 of the useful sessions, rounded, plus 3.
    pub longest_run_limit: usize,
    /// How often neighbouring useful sessions lie on different sides.
    pub crossings: usize,
    /// Fewest crossings that are not unusual: 5 % quantile of the binomial of useful less 1 with probability 1/2.
    pub crossings_limit: usize,
    /// Sessions of runs on the worse side, from the one that makes the run longer than its limit onward.
    pub signals: Vec<usize>,
}

impl AnhojRuns {
    /// Whether a run on the worse side is unusually long.
    pub fn has_long_worse_run(&self) -> bool {
        self.longest_worse_run > self.longest_run_limit
    }

    /// Whether a run on either side is unusually long, as qicharts2 asks.
    pub fn has_long_run(&self) -> bool {
        self.longest_run > self.longest_run_limit
    }

    /// Whether crossings are unusually few; this has no side and names no session.
    pub fn has_few_crossings(&self) -> bool {
        self.crossings < self.crossings_limit
    }
}

/// Looks for runs about the median of the observed scores; scores on the median are left out.
///
/// As in qicharts2; the median is of the whole series, so the answer looks back.
///
/// # Errors
///
/// Why the series has no answer: all scores equal, too few off the median, or infinite.
///
/// ```
/// use alliance_ruptures::Orientation;
/// use alliance_ruptures::charts::{AnhojOptions, anhoj_runs};
///
/// let scores = [6.0, 5.9, 6.1, 6.2, 5.8, 6.0, 6.3, 5.0, 4.9, 5.1, 5.2, 4.8, 5.0, 5.3];
/// let runs = anhoj_runs(&scores, Orientation::HigherIsBetter, &AnhojOptions::default())?;
/// assert_eq!((runs.longest_worse_run, runs.longest_run_limit), (7, 7));
/// assert_eq!((runs.crossings, runs.crossings_limit), (1, 4));
/// assert!(runs.has_few_crossings() && !runs.has_long_worse_run());
/// # Ok::<(), alliance_ruptures::charts::NotAssessable>(())
/// ```
pub fn anhoj_runs(
    scores: &[f64],
    orientation: Orientation,
    options: &AnhojOptions,
) -> Result<AnhojRuns, NotAssessable> {
    let mut runs = AnhojRuns::default();
    runs.look(scores, orientation, *options, &mut Vec::new())?;
    Ok(runs)
}

impl AnhojRuns {
    /// Takes another series; its own memory and the scratch are used again.
    pub(super) fn look(
        &mut self,
        scores: &[f64],
        orientation: Orientation,
        options: AnhojOptions,
        known: &mut Vec<f64>,
    ) -> Result<(), NotAssessable> {
        if scores.iter().any(|score| score.is_infinite()) {
            return Err(NotAssessable::NotFinite);
        }
        known.clear();
        known.extend(scores.iter().filter(|score| !score.is_nan()));
        let median = median_of(known);
        let useful = known.iter().filter(|score| **score != median).count();
        if useful == 0 && !known.is_empty() {
            return Err(NotAssessable::Constant);
        }
        if useful < options.min_useful {
            return Err(NotAssessable::TooFewOffMedian { found: useful, needed: options.min_useful });
        }

        let longest_run_limit = rounded_log2(useful) + 3;
        let mut signals = std::mem::take(&mut self.signals);
        signals.clear();
        *self = Self {
            median,
            useful,
            longest_run: 0,
            longest_worse_run: 0,
            longest_run_limit,
            crossings: 0,
            crossings_limit: fifth_percentile(useful - 1),
            signals,
        };
        let mut side = None;
        let mut length = 0;
        for (session, score) in scores.iter().enumerate() {
            if score.is_nan() || *score == median {
                continue;
            }
            // Compared, not subtracted: a difference of tiny scores could round to zero.
            let is_worse = badness(if *score > median { 1.0 } else { -1.0 }, orientation) > 0.0;
            if side == Some(is_worse) {
                length += 1;
            } else {
                self.crossings += usize::from(side.is_some());
                side = Some(is_worse);
                length = 1;
            }
            self.longest_run = self.longest_run.max(length);
            if is_worse {
                self.longest_worse_run = self.longest_worse_run.max(length);
                if length > longest_run_limit {
                    self.signals.push(session);
                }
            }
        }
        Ok(())
    }
}

/// log2 of a positive count, rounded to the nearest whole number, in whole numbers; it is never halfway.
fn rounded_log2(count: usize) -> usize {
    let below = count.max(1).ilog2();
    // Up if count > 2^(below + 1/2), that is count^2 > 2^(2 below + 1).
    let square = (count as u128) * (count as u128);
    (below + u32::from(square > 1_u128 << (2 * below + 1))) as usize
}

/// Smallest `q` with P(X <= q) >= 0.05 for X binomial with `trials` and probability 1/2.
///
/// Weights are relative to that of the middle; those that cannot matter to a double are left out. No cumulative
/// probability equals 1/20, as its denominator is a power of 2, so a double decides as whole numbers would.
fn fifth_percentile(trials: usize) -> usize {
    const NEGLIGIBLE: f64 = 1e-25;
    let n = trials as f64;
    let middle = trials / 2;
    let (mut lowest, mut weight) = (middle, 1.0);
    let mut below = 0.0;
    while lowest > 0 && weight > NEGLIGIBLE {
        weight *= lowest as f64 / (n - lowest as f64 + 1.0);
        lowest -= 1;
        below += weight;
    }
    // The other half is the mirror image, without a middle of its own where the number of trials is even.
    let total = if trials.is_multiple_of(2) { 2.0 * below + 1.0 } else { 2.0 * (below + 1.0) };
    let (mut quantile, mut cumulative) = (lowest, weight);
    while cumulative < 0.05 * total && quantile < middle {
        weight *= (n - quantile as f64) / (quantile as f64 + 1.0);
        quantile += 1;
        cumulative += weight;
    }
    quantile
}

/// Shows counts and signals, never the median.
impl fmt::Debug for AnhojRuns {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AnhojRuns")
            .field("useful", &self.useful)
            .field("longest_run", &self.longest_run)
            .field("longest_worse_run", &self.longest_worse_run)
            .field("longest_run_limit", &self.longest_run_limit)
            .field("crossings", &self.crossings)
            .field("crossings_limit", &self.crossings_limit)
            .field("signals", &self.signals)
            .finish_non_exhaustive()
    }
}
