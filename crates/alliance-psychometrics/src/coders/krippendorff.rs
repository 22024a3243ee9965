//! Krippendorff's alpha.

use super::units::NOT_CODED;
use super::{CodedUnits, CoderOptions, Coefficients, StandardError};
use crate::{Estimate, PsychometricsError, Status};

/// How far apart two codes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Metric {
    /// The same or not.
    Nominal,
    /// The codes between them, and half of their own; the order is that of the categories.
    Ordinal,
    /// `(x - y)^2`.
    Interval,
    /// `((x - y) / (x + y))^2`, of values of 0 or more.
    Ratio,
}

/// Distinct values up to which expected disagreement of the ratio metric, which looks at every pair, is worked out.
const MOST_RATIO_VALUES: usize = 20_000;

impl Metric {
    fn method(self) -> &'static str {
        match self {
            Self::Nominal => "Krippendorff's alpha, nominal",
            Self::Ordinal => "Krippendorff's alpha, ordinal",
            Self::Interval => "Krippendorff's alpha, interval",
            Self::Ratio => "Krippendorff's alpha, ratio",
        }
    }

    /// Where each category lies, given how often each occurs.
    fn places(self, categories: &[f64], occurrences: &[f64]) -> Vec<f64> {
        match self {
            Self::Nominal | Self::Ratio => categories.to_vec(),
            Self::Interval => {
                let middle = categories.iter().zip(occurrences).map(|(value, n)| value * n).sum::<f64>()
                    / occurrences.iter().sum::<f64>();
                categories.iter().map(|value| value - middle).collect()
            }
            // The codes from one category to another, less half of both, is a difference of middle ranks.
            Self::Ordinal => {
                let mut below = -occurrences.iter().sum::<f64>() / 2.0;
                let place = |n: &f64| {
                    let middle = below + n / 2.0;
                    below += n;
                    middle
                };
                occurrences.iter().map(place).collect()
            }
        }
    }

    fn distance(self, one: f64, other: f64) -> f64 {
        let difference = one - other;
        match self {
            Self::Nominal => f64::from(u8::from(difference != 0.0)),
            Self::Ordinal | Self::Interval => difference * difference,
            Self::Ratio if difference == 0.0 => 0.0,
            Self::Ratio => (difference / (one + other)).powi(2),
        }
    }

    /// Sum of the distances of all pairs of codes.
    fn total(self, places: &[f64], occurrences: &[f64]) -> f64 {
        let n: f64 = occurrences.iter().sum();
        let weighted =
            |power: i32| places.iter().zip(occurrences).map(|(x, n)| x.powi(power) * n).sum::<f64>();
        match self {
            Self::Nominal => n * n - occurrences.iter().map(|n| n * n).sum::<f64>(),
            Self::Ordinal | Self::Interval => {
                let sum = weighted(1);
                2.0 * (n * weighted(2) - sum * sum)
            }
            Self::Ratio => {
                let mut total = 0.0;
                for (place, (one, times)) in places.iter().zip(occurrences).enumerate() {
                    let others = places.iter().zip(occurrences).take(place);
                    total +=
                        2.0 * times * others.map(|(other, n)| n * self.distance(*one, *other)).sum::<f64>();
                }
                total
            }
        }
    }
}

impl CodedUnits {
    /// Krippendorff's alpha of all units with two codes or more (Krippendorff 2011, Computing Krippendorff's
    /// Alpha-Reliability; Hayes & Krippendorff 2007, Communication Methods and Measures 1, 77-89).
    ///
    /// `1 - observed / expected disagreement`, up to 1, and below 0 where coders disagree more than chance would. Undefined
    /// where all codes are the same. Any coder may be missing anywhere. Its interval needs a bootstrap.
    ///
    /// Cost: by the unit for nominal, ordinal and interval; the ratio metric also looks at every pair of different
    /// values, and is undefined for more than 20 000 of them or a negative one.
    ///
    /// # Errors
    ///
    /// `invalid-option` for options out of range.
    pub fn krippendorff(
        &self,
        metric: Metric,
        options: CoderOptions,
    ) -> Result<Estimate, PsychometricsError> {
        options.check()?;
        let used = self.units_where(|codes| codes >= 2);
        let coefficients = Coefficients { units: self, method: metric.method(), used, options };
        if metric == Metric::Ratio {
            let problem = if self.categories().iter().any(|value| *value < 0.0) {
                Some("the ratio metric is for values of 0 or more")
            } else if self.categories().len() > MOST_RATIO_VALUES {
                Some("too many different values for the ratio metric")
            } else {
                None
            };
            if let Some(problem) = problem {
                return Ok(coefficients.undefined(Status::Undefined).with_note(problem));
            }
        }
        Ok(coefficients.estimate(|counts| self.krippendorff_value(metric, counts), |_| StandardError::None))
    }

    pub(super) fn krippendorff_value(&self, metric: Metric, counts: &[f64]) -> f64 {
        let mut occurrences = vec![0.0; self.categories().len()];
        let codes_of = |pattern: &[u32]| pattern.iter().filter(|code| **code != NOT_CODED).count();
        for (pattern, count) in self.weighted(counts).filter(|(pattern, _)| codes_of(pattern) >= 2) {
            for code in pattern.iter().filter(|code| **code != NOT_CODED) {
                if let Some(place) = occurrences.get_mut(*code as usize) {
                    *place += count;
                }
            }
        }
        let places = metric.places(self.categories(), &occurrences);
        let place = |code: &u32| places.get(*code as usize).copied();
        let mut observed = 0.0;
        for (pattern, count) in self.weighted(counts) {
            let codes = codes_of(pattern);
            if codes < 2 {
                continue;
            }
            let mut sum = 0.0;
            for (position, one) in pattern.iter().enumerate() {
                let Some(here) = place(one) else { continue };
                sum += pattern
                    .iter()
                    .take(position)
                    .filter_map(place)
                    .map(|there| metric.distance(here, there))
                    .sum::<f64>();
            }
            observed += count * 2.0 * sum / (codes as f64 - 1.0);
        }
        let n: f64 = occurrences.iter().sum();
        let varies = occurrences.iter().filter(|n| **n > 0.0).count() > 1;
        if varies { 1.0 - (n - 1.0) * observed / metric.total(&places, &occurrences) } else { f64::NAN }
    }
}
