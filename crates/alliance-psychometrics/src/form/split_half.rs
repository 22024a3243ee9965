//! Reliability from two halves of a form.

use alliance_statistics::Generator;

use super::Form;
use crate::{Estimate, PsychometricsError, Status};

/// Which splits are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SplitOptions {
    /// All splits into halves (or halves and one item more) if there are at most so many, else so many drawn at random.
    pub most_splits: usize,
    /// Seed of the draws.
    pub seed: u64,
}

impl Default for SplitOptions {
    /// All of up to 10 000 splits; twelve items have 462.
    fn default() -> Self {
        Self { most_splits: 10_000, seed: 1 }
    }
}

impl SplitOptions {
    /// Another greatest number of splits.
    #[must_use]
    pub fn with_most_splits(self, most_splits: usize) -> Self {
        Self { most_splits, ..self }
    }

    /// Another seed.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }
}

/// One split of a form.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Split {
    /// Items of the first half; the others make the second.
    pub first: Vec<usize>,
    /// Correlation of the halves' sums.
    pub correlation: Estimate,
    /// `2 r / (1 + r)` (Spearman 1910; Brown 1910): supposes halves of equal length and variance.
    pub spearman_brown: Estimate,
    /// `4 cov / variance of the sum` (Guttman 1945), the same as `1 - variance of the difference / variance of the sum` (Rulon
    /// 1939): halves may differ in variance.
    pub guttman: Estimate,
    /// For halves of unequal length (Horst 1951, Educational and Psychological Measurement 11, 368-371); equals
    /// Spearman-Brown where they are equal.
    pub horst: Estimate,
}

/// How a coefficient varies over the splits.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct SplitDistribution {
    /// Mean; of Guttman's coefficient over all splits into equal halves it is alpha.
    pub mean: f64,
    /// Smallest.
    pub minimum: f64,
    /// Median: the middle one, or the mean of the two middle ones.
    pub median: f64,
    /// Largest; of Guttman's coefficient over all splits it is lambda 4.
    pub maximum: f64,
}

/// Odd against even items, and the range over the splits.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SplitHalf {
    /// Items 0, 2, 4, ... against items 1, 3, 5, ...
    pub odd_even: Split,
    /// Number of splits looked at.
    pub splits: usize,
    /// Whether those were all.
    pub is_exhaustive: bool,
    /// Spearman-Brown over the splits.
    pub spearman_brown: SplitDistribution,
    /// Guttman over the splits.
    pub guttman: SplitDistribution,
}

struct Halves {
    correlation: f64,
    guttman: f64,
}

impl Form<'_> {
    /// Split-half reliability of the sum of the answers, from their covariances.
    ///
    /// All splits are those into `k / 2` items and the rest, each once: with an odd number of items every choice of the
    /// smaller half. psych 2.2.9 looks at half of these when the number is odd, and at correlations unless told
    /// otherwise. No item is reversed here.
    ///
    /// # Errors
    ///
    /// `invalid-option` for no split at all.
    pub fn split_half(&self, options: SplitOptions) -> Result<SplitHalf, PsychometricsError> {
        if options.most_splits == 0 {
            return Err(PsychometricsError::option("most_splits", "must be 1 or more"));
        }
        let size = self.items();
        let odd: Vec<usize> = (0..size).step_by(2).collect();
        let odd_even = self.split(&odd);
        if self.obstacle(2).is_some() || self.total_variance() == 0.0 {
            let nothing =
                SplitDistribution { mean: f64::NAN, minimum: f64::NAN, median: f64::NAN, maximum: f64::NAN };
            let (spearman_brown, guttman) = (nothing, nothing);
            return Ok(SplitHalf { odd_even, splits: 0, is_exhaustive: false, spearman_brown, guttman });
        }
        let half = size / 2;
        let possible = number_of_splits(size);
        let is_exhaustive = possible.is_some_and(|possible| possible <= options.most_splits as u128);
        let mut found = Vec::new();
        if is_exhaustive {
            let mut choice: Vec<usize> = (0..half).collect();
            loop {
                found.push(self.halves(&choice));
                if !next_choice(&mut choice, size) || (size.is_multiple_of(2) && choice.first() != Some(&0)) {
                    break;
                }
            }
        } else {
            let mut random = Generator::stream(options.seed, 0);
            for _ in 0..options.most_splits {
                let mut choice = random.permutation(size);
                choice.truncate(half);
                found.push(self.halves(&choice));
            }
        }
        let spearman_brown =
            distribution(found.iter().map(|halves| spearman_brown(halves.correlation)).collect());
        let guttman = distribution(found.iter().map(|halves| halves.guttman).collect());
        Ok(SplitHalf { odd_even, splits: found.len(), is_exhaustive, spearman_brown, guttman })
    }

    /// One split: these items against the others.
    pub fn split(&self, first: &[usize]) -> Split {
        let size = self.items();
        let mut chosen: Vec<usize> = first.iter().copied().filter(|item| *item < size).collect();
        chosen.sort_unstable();
        chosen.dedup();
        let obstacle = if chosen.is_empty() || chosen.len() == size {
            Some(Status::TooFewItems)
        } else {
            self.obstacle(2)
        };
        let make = |value: f64, method| match obstacle {
            Some(status) => self.undefined(status, method),
            None if value.is_nan() => self.undefined(Status::ZeroVariance, method),
            // Halves that are each other's opposite: Spearman and Brown divide by 0.
            None if value.is_infinite() => self.undefined(Status::Undefined, method),
            None => self.estimate(value, method),
        };
        let Halves { correlation, guttman } = self.halves(&chosen);
        let p = chosen.len() as f64 / size as f64;
        let within = |estimate: Estimate| estimate.expected_within(0.0, 1.0);
        Split {
            correlation: make(correlation, "correlation of halves").expected_within(-1.0, 1.0),
            spearman_brown: within(make(spearman_brown(correlation), "split-half, Spearman-Brown")),
            guttman: within(make(guttman, "split-half, Guttman and Rulon")),
            horst: within(make(horst(correlation, p), "split-half, Horst")),
            first: chosen,
        }
    }

    fn halves(&self, first: &[usize]) -> Halves {
        let covariances = &self.moments.covariances;
        let total = self.total_variance();
        let (mut own, mut with_all) = (0.0, 0.0);
        for item in first {
            let row = covariances.row(*item);
            with_all += row.iter().sum::<f64>();
            own += first.iter().filter_map(|other| row.get(*other)).sum::<f64>();
        }
        let shared = with_all - own;
        let other = total - own - 2.0 * shared;
        let correlation =
            if own > 0.0 && other > 0.0 { shared / (own.sqrt() * other.sqrt()) } else { f64::NAN };
        Halves { correlation, guttman: if total == 0.0 { f64::NAN } else { 4.0 * shared / total } }
    }
}

fn spearman_brown(correlation: f64) -> f64 {
    2.0 * correlation / (1.0 + correlation)
}

fn horst(correlation: f64, p: f64) -> f64 {
    let (square, product) = (correlation * correlation, p * (1.0 - p));
    if square >= 1.0 {
        return spearman_brown(correlation);
    }
    let root = (square + 4.0 * product * (1.0 - square)).sqrt();
    correlation * (root - correlation) / (2.0 * product * (1.0 - square))
}

/// Splits of so many items into two halves; `None` beyond counting.
fn number_of_splits(size: usize) -> Option<u128> {
    let half = (size / 2) as u128;
    let mut count: u128 = 1;
    for step in 1..=half {
        count = count.checked_mul(size as u128 - half + step)? / step;
    }
    Some(if size.is_multiple_of(2) { count / 2 } else { count })
}

/// The next choice in lexical order; false after the last.
fn next_choice(choice: &mut [usize], size: usize) -> bool {
    let length = choice.len();
    for place in (0..length).rev() {
        let Some(item) = choice.get(place).copied() else { return false };
        if item < size - length + place {
            for (offset, later) in choice.iter_mut().skip(place).enumerate() {
                *later = item + 1 + offset;
            }
            return true;
        }
    }
    false
}

fn distribution(mut values: Vec<f64>) -> SplitDistribution {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.sort_by(f64::total_cmp);
    let at = |place: usize| values.get(place).copied().unwrap_or(f64::NAN);
    let last = values.len().saturating_sub(1);
    SplitDistribution {
        mean,
        minimum: at(0),
        median: f64::midpoint(at(last / 2), at(values.len() / 2)),
        maximum: at(last),
    }
}
