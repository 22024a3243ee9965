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

    /// Sum of the distances of each category to all codes.
    fn sums_to_all(self, places: &[f64], occurrences: &[f64]) -> Vec<f64> {
        let n: f64 = occurrences.iter().sum();
        let weighted =
            |power: i32| places.iter().zip(occurrences).map(|(x, n)| x.powi(power) * n).sum::<f64>();
        match self {
            Self::Nominal => occurrences.iter().map(|own| n - own).collect(),
            Self::Ordinal | Self::Interval => {
                let (sum, squares) = (weighted(1), weighted(2));
                places.iter().map(|place| (n * place - 2.0 * sum) * place + squares).collect()
            }
            Self::Ratio => {
                let mut sums = vec![0.0; places.len()];
                for (place, (one, times)) in places.iter().zip(occurrences).enumerate() {
                    let (before, rest) = sums.split_at_mut(place);
                    let mut own = 0.0;
                    for ((other, n), sum) in places.iter().zip(occurrences).zip(before) {
                        let distance = self.distance(*one, *other);
                        own += n * distance;
                        *sum += times * distance;
                    }
                    if let Some(sum) = rest.first_mut() {
                        *sum += own;
                    }
                }
                sums
            }
        }
    }
}

/// Codes of a pattern, and the sum of their distances over ordered pairs by one less than the codes; `None` for fewer
/// than two.
fn disagreement_of(metric: Metric, places: &[f64], pattern: &[u32]) -> Option<(f64, f64)> {
    let place = |code: &u32| places.get(*code as usize).copied();
    let codes = codes_of(pattern);
    if codes < 2 {
        return None;
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
    Some((codes as f64, 2.0 * sum / (codes as f64 - 1.0)))
}

fn codes_of(pattern: &[u32]) -> usize {
    pattern.iter().filter(|code| **code != NOT_CODED).count()
}

/// What alpha and its variance are made of.
struct Disagreement {
    occurrences: Vec<f64>,
    places: Vec<f64>,
    sums_to_all: Vec<f64>,
    /// Codes in units with two or more.
    codes: f64,
    /// Sums over all units, and over all pairs of codes.
    observed: f64,
    expected: f64,
}

impl Disagreement {
    fn new(units: &CodedUnits, metric: Metric, counts: &[f64]) -> Self {
        let mut occurrences = vec![0.0; units.categories().len()];
        for (pattern, count) in units.weighted(counts).filter(|(pattern, _)| codes_of(pattern) >= 2) {
            for code in pattern.iter().filter(|code| **code != NOT_CODED) {
                if let Some(place) = occurrences.get_mut(*code as usize) {
                    *place += count;
                }
            }
        }
        let places = metric.places(units.categories(), &occurrences);
        let sums_to_all = metric.sums_to_all(&places, &occurrences);
        let of_pattern = |pattern| disagreement_of(metric, &places, pattern).map_or(0.0, |(_, sum)| sum);
        let observed = units.weighted(counts).map(|(pattern, count)| count * of_pattern(pattern)).sum();
        let expected = sums_to_all.iter().zip(&occurrences).map(|(sum, n)| sum * n).sum();
        Self { codes: occurrences.iter().sum(), occurrences, places, sums_to_all, observed, expected }
    }

    fn alpha(&self) -> f64 {
        let varies = self.occurrences.iter().filter(|n| **n > 0.0).count() > 1;
        if varies { 1.0 - (self.codes - 1.0) * self.observed / self.expected } else { f64::NAN }
    }

    /// How much each code of a category moves alpha by moving the ordinal distances, which are made of the codes.
    fn by_place(&self, units: &CodedUnits, counts: &[f64]) -> Vec<f64> {
        let place = |code: &u32| self.places.get(*code as usize).copied();
        // Of observed disagreement, with respect to the place of each category.
        let mut slopes = vec![0.0; self.places.len()];
        for (pattern, count) in units.weighted(counts) {
            let codes = codes_of(pattern) as f64;
            if codes < 2.0 {
                continue;
            }
            let sum: f64 = pattern.iter().filter_map(place).sum();
            for code in pattern {
                if let (Some(here), Some(slope)) = (place(code), slopes.get_mut(*code as usize)) {
                    *slope += 4.0 * count * (codes * here - sum) / (codes - 1.0);
                }
            }
        }
        let middle: f64 = self.places.iter().zip(&self.occurrences).map(|(place, n)| place * n).sum();
        let ratio = self.observed / self.expected;
        for ((slope, place), n) in slopes.iter_mut().zip(&self.places).zip(&self.occurrences) {
            let of_expected = 4.0 * n * (self.codes * place - middle);
            *slope = self.codes / self.expected * (ratio * of_expected - *slope);
        }
        // A code moves its own category by half and all above it by one.
        let mut above = 0.0;
        for slope in slopes.iter_mut().rev() {
            let own = *slope;
            *slope = above + own / 2.0;
            above += own;
        }
        slopes
    }

    /// Gwet's standard error over units; see [`CodedUnits::krippendorff`].
    fn standard_error(&self, units: &CodedUnits, metric: Metric, counts: &[f64]) -> StandardError {
        let n = units
            .weighted(counts)
            .filter(|(pattern, _)| codes_of(pattern) >= 2)
            .map(|(_, count)| count)
            .sum::<f64>();
        let mean = self.codes / n;
        let expected = self.expected / (self.codes * self.codes);
        let observed = self.observed / self.codes;
        let ratio = observed / expected;
        // Gwet has here the agreement that alpha makes up for small samples.
        let observed_small = observed * (1.0 - 1.0 / self.codes);
        let by_place = if metric == Metric::Ordinal { self.by_place(units, counts) } else { Vec::new() };
        let mut squares = 0.0;
        for (pattern, count) in units.weighted(counts) {
            let Some((codes, own)) = disagreement_of(metric, &self.places, pattern) else { continue };
            let sum_of = |values: &[f64]| -> f64 {
                pattern.iter().filter_map(|code| values.get(*code as usize)).sum()
            };
            let size = codes / mean;
            let from_chance = sum_of(&self.sums_to_all) / self.codes / (mean * expected);
            let contribution = ratio + (observed_small * (size - 1.0) - own / mean) / expected
                - 2.0 * ratio * (size - from_chance)
                + n * sum_of(&by_place);
            squares += count * contribution * contribution;
        }
        StandardError::StudentT {
            standard_error: (squares / (n * (n - 1.0))).sqrt(),
            degrees_of_freedom: n - 1.0,
        }
    }
}

impl CodedUnits {
    /// Krippendorff's alpha of all units with two codes or more (Krippendorff 2011, Computing Krippendorff's
    /// Alpha-Reliability; Hayes & Krippendorff 2007, Communication Methods and Measures 1, 77-89).
    ///
    /// `1 - observed / expected disagreement`, up to 1, and below 0 where coders disagree more than chance would. Undefined
    /// where all codes are the same. Any coder may be missing anywhere.
    ///
    /// The analytic standard error takes units as the sample, with Student's t (Gwet 2014, Handbook of Inter-Rater
    /// Reliability; `krippen.alpha.raw` of the R package irrCAC, with which it agrees for nominal, interval and ratio). Gwet
    /// holds the distances between categories fixed; ordinal distances are counts of codes, and what they move
    /// with the units is added; without it the error is a few per cent too small.
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
        Ok(coefficients.estimate(
            |counts| self.krippendorff_value(metric, counts),
            |_| Disagreement::new(self, metric, self.counts()).standard_error(self, metric, self.counts()),
        ))
    }

    pub(super) fn krippendorff_value(&self, metric: Metric, counts: &[f64]) -> f64 {
        Disagreement::new(self, metric, counts).alpha()
    }
}
