//! Two ratings side by side.

use crate::distributions::normal;
use crate::mixed::{Component, MixedFit};
use crate::{Columns, Estimate, Level, PsychometricsError, Status};

/// Deviations below this share of the largest value are rounding.
const ROUNDING: f64 = 8.0 * f64::EPSILON;

/// Moments of complete pairs about their means.
#[derive(Debug, Clone, Copy)]
pub(super) struct PairMoments {
    pub(super) count: usize,
    pub(super) means: [f64; 2],
    /// Sums of squares; 0 if they are rounding.
    pub(super) squares: [f64; 2],
    /// Sum of products; 0 if one of the two does not vary.
    pub(super) products: f64,
}

impl PairMoments {
    /// Moments of these pairs; those with a missing value count for nothing.
    pub(super) fn new(pairs: impl Iterator<Item = (f64, f64)> + Clone) -> Self {
        let pairs = pairs.filter(|(first, second)| !first.is_nan() && !second.is_nan());
        let (mut count, mut sums, mut largest) = (0_usize, [0.0; 2], [0.0_f64; 2]);
        for (first, second) in pairs.clone() {
            count += 1;
            sums[0] += first;
            sums[1] += second;
            largest[0] = largest[0].max(first.abs());
            largest[1] = largest[1].max(second.abs());
        }
        let n = count as f64;
        let rough = sums.map(|sum| sum / n);
        let (mut rest, mut squares, mut products) = ([0.0; 2], [0.0; 2], 0.0);
        for (first, second) in pairs {
            let (first, second) = (first - rough[0], second - rough[1]);
            rest[0] += first;
            rest[1] += second;
            squares[0] += first * first;
            squares[1] += second * second;
            products += first * second;
        }
        // What rounding left in the means (Chan, Golub and LeVeque 1983, American Statistician 37).
        let squares = [0, 1].map(|side| {
            let corrected = squares[side] - rest[side] * rest[side] / n;
            let floor = n * (ROUNDING * largest[side]).powi(2);
            if corrected > floor { corrected } else { 0.0 }
        });
        let products =
            if squares[0] > 0.0 && squares[1] > 0.0 { products - rest[0] * rest[1] / n } else { 0.0 };
        Self { count, means: [0, 1].map(|side| rough[side] + rest[side] / n), squares, products }
    }

    /// Pearson's correlation; NaN if one of the two does not vary.
    pub(super) fn correlation(&self) -> f64 {
        let [first, second] = self.squares;
        if first > 0.0 && second > 0.0 {
            without_rounding(self.products / first.sqrt() / second.sqrt())
        } else {
            f64::NAN
        }
    }

    /// First mean less second mean.
    pub(super) fn difference(&self) -> f64 {
        self.means[0] - self.means[1]
    }

    /// Lin's concordance correlation, with n as divisor; NaN if one of the two does not vary.
    pub(super) fn concordance(&self) -> f64 {
        if self.correlation().is_nan() {
            return f64::NAN;
        }
        let offset = self.count as f64 * self.difference().powi(2);
        without_rounding(2.0 * self.products / (self.squares[0] + self.squares[1] + offset))
    }

    /// Correlation after each pair is entered in both orders; NaN if nothing varies.
    pub(super) fn double_entry(&self) -> f64 {
        let offset = self.count as f64 * self.difference().powi(2) / 4.0;
        let spread = 0.5 * (self.squares[0] + self.squares[1]) + offset;
        if self.squares == [0.0; 2] { f64::NAN } else { without_rounding((self.products - offset) / spread) }
    }
}

/// A correlation that differs from -1 or 1 by rounding is -1 or 1.
pub(super) fn without_rounding(correlation: f64) -> f64 {
    if 1.0 - correlation.abs() < 1e-14 { 1.0_f64.copysign(correlation) } else { correlation }
}

/// Both ratings, checked.
pub(super) fn checked<'a>(first: &'a [f64], second: &'a [f64]) -> Result<(), PsychometricsError> {
    Columns::new(&[first, second]).map(|_| ())
}

/// One row of both.
pub(super) fn pair_at(first: &[f64], second: &[f64], row: usize) -> (f64, f64) {
    let at = |values: &[f64]| values.get(row).copied().unwrap_or(f64::NAN);
    (at(first), at(second))
}

/// Whether a row has both ratings.
pub(super) fn has_both(first: &[f64], second: &[f64], row: usize) -> bool {
    let (first, second) = pair_at(first, second, row);
    !first.is_nan() && !second.is_nan()
}

/// Codes of dyads or groups must stand for every row.
pub(super) fn same_length(codes: &[u32], rows: usize, what: &'static str) -> Result<(), PsychometricsError> {
    if codes.len() == rows { Ok(()) } else { Err(PsychometricsError::LengthMismatch { what }) }
}

/// A correlation with the interval of Fisher's z, whose variance is `1 / precision`.
///
/// There is none for -1 and 1, nor without a positive precision.
pub(super) fn correlation_estimate(
    value: f64,
    precision: f64,
    level: Level,
    method: &'static str,
    confidence: f64,
) -> Estimate {
    if value.is_nan() {
        return Estimate::undefined(Status::ZeroVariance, level, method);
    }
    let estimate = Estimate::new(value, level, method);
    if value.abs() >= 1.0 {
        return estimate.with_note("all points lie on a line: no interval");
    }
    if precision <= 0.0 {
        return estimate.with_note("too few rows for an interval");
    }
    let z = libm::atanh(value);
    let reach = normal(0.5 + 0.5 * confidence) / precision.sqrt();
    estimate.with_standard_error((1.0 - value * value) / precision.sqrt()).with_interval(
        libm::tanh(z - reach),
        libm::tanh(z + reach),
        confidence,
    )
}

/// A variance of a mixed model, marked if it lies at 0.
pub(super) fn variance_estimate(fit: &MixedFit, component: Component, level: Level) -> Estimate {
    const METHOD: &str = "mixed model, REML";
    let value = fit.variance(component);
    let estimate = if value.is_nan() {
        Estimate::undefined(fit.status(), level, METHOD)
    } else if value == 0.0 {
        Estimate::new(value, level, METHOD).with_status(Status::Boundary)
    } else if fit.status() == Status::NotConverged {
        Estimate::new(value, level, METHOD).with_status(Status::NotConverged)
    } else {
        Estimate::new(value, level, METHOD).with_standard_error(fit.variance_standard_error(component))
    };
    estimate.with_rows(fit.group_count(), fit.rows_used(), fit.rows_dropped())
}
