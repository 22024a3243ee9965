//! Cumulative sum chart.

use std::fmt;

use super::{IndividualsChart, TOLERANCE};
use crate::{Orientation, RuptureError};

/// Reference value and decision interval of a [`Cusum`], in units of sigma.
///
/// Defaults of qcc: `k` 0.5, half of the shift of one sigma that is looked for, and `h` 5. With `h` 4 it is quicker.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct CusumOptions {
    k: f64,
    h: f64,
}

impl Default for CusumOptions {
    fn default() -> Self {
        Self { k: 0.5, h: 5.0 }
    }
}

impl CusumOptions {
    /// Reference value `k` and decision interval `h`.
    ///
    /// # Errors
    ///
    /// `invalid-option` unless `k` is finite and not negative and `h` finite and above 0.
    pub fn new(k: f64, h: f64) -> Result<Self, RuptureError> {
        if !(k.is_finite() && k >= 0.0) {
            return Err(RuptureError::InvalidOption {
                option: "k",
                problem: "the reference value must be finite and not negative".into(),
            });
        }
        if !(h.is_finite() && h > 0.0) {
            return Err(RuptureError::InvalidOption {
                option: "h",
                problem: "the decision interval must be finite and above 0".into(),
            });
        }
        Ok(Self { k, h })
    }

    /// The same reference value with another decision interval.
    ///
    /// # Errors
    ///
    /// `invalid-option` unless `h` is finite and above 0.
    pub fn with_interval(self, h: f64) -> Result<Self, RuptureError> {
        Self::new(self.k, h)
    }

    /// Reference value, in sigma.
    pub fn k(&self) -> f64 {
        self.k
    }

    /// Decision interval, in sigma.
    pub fn h(&self) -> f64 {
        self.h
    }

    pub(super) fn is_exceeded_by(&self, sum: f64) -> bool {
        sum > self.h + TOLERANCE
    }
}

/// A session at which a cumulative sum exceeds its decision interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct CusumSignal {
    /// Session that signals.
    pub session: usize,
    /// Where the shift is estimated to have begun: the first observed session after the sum was last 0.
    pub onset: usize,
}

/// One-sided cumulative sum on the worse side.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Cusum {
    /// The sum after each session, in sigma, 0 or above; NaN for a missing session.
    pub path: Vec<f64>,
    /// Sessions whose sum exceeds the decision interval. The sum is not reset by a signal.
    pub signals: Vec<CusumSignal>,
}

impl IndividualsChart {
    /// Cumulative sum of what falls more than `k` sigma short of the centre line.
    ///
    /// `C[t] = max(0, C[t-1] - (z[t] + k))` where a higher score is better, with `z` the standardised score; its
    /// reflection where a lower one is. Signals where `C[t] > h`. A missing session leaves the sum as it is.
    ///
    /// It looks for shifts that last; a V of one or two sessions it will usually miss.
    ///
    /// ```
    /// use alliance_ruptures::Orientation;
    /// use alliance_ruptures::charts::{ChartOptions, CusumOptions, IndividualsChart, SigmaMethod};
    ///
    /// let missing = f64::NAN;
    /// let scores = [5.4, 5.6, 5.7, 5.5, 4.2, 5.3, 5.8, 5.9, missing, 5.7, 4.6, 4.4, 4.5, 5.6, 5.9, 6.0];
    /// let options = ChartOptions::default().with_sigma(SigmaMethod::MeanMovingRange);
    /// let chart = IndividualsChart::new(&scores, &options)?;
    /// let cusum = chart.cusum(&CusumOptions::new(0.5, 4.0)?, Orientation::HigherIsBetter);
    /// assert_eq!((cusum.signals[0].session, cusum.signals[0].onset), (12, 10));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cusum(&self, options: &CusumOptions, orientation: Orientation) -> Cusum {
        let mut cusum = Cusum { path: Vec::with_capacity(self.sessions()), signals: Vec::new() };
        let (mut before, mut onset) = (0.0, 0);
        for (session, sum) in self.cumulated(options, orientation).enumerate() {
            cusum.path.push(sum);
            if sum.is_nan() {
                continue;
            }
            if before == 0.0 {
                onset = session;
            }
            if options.is_exceeded_by(sum) {
                cusum.signals.push(CusumSignal { session, onset });
            }
            before = sum;
        }
        cusum
    }

    /// The sum after each session, NaN for a missing one.
    pub(super) fn cumulated(
        &self,
        options: &CusumOptions,
        orientation: Orientation,
    ) -> impl Iterator<Item = f64> {
        let mut sum = 0.0;
        self.badness(orientation).map(move |badness| {
            if badness.is_nan() {
                return f64::NAN;
            }
            sum += badness - options.k;
            // A rounding error above 0 would date the onset too early.
            if sum.is_nan() || sum < TOLERANCE {
                sum = 0.0;
            }
            sum
        })
    }
}

/// Shows sizes and signals, never the path.
impl fmt::Debug for Cusum {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Cusum")
            .field("sessions", &self.path.len())
            .field("signals", &self.signals)
            .finish_non_exhaustive()
    }
}
