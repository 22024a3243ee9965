//! Variance components and the coefficients made of them.

use crate::distributions::{fisher_f, normal};
use crate::linear::Symmetric;
use crate::{Estimate, Level, Status};

/// A mean square with its degrees of freedom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct MeanSquare {
    pub(super) value: f64,
    pub(super) degrees: f64,
}

/// Estimated variances with the covariance of their estimates, and the rows they rest on.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Components {
    pub(super) values: Vec<f64>,
    pub(super) covariance: Symmetric,
    /// `Defined` and `Boundary` carry values, and so does `NotConverged`.
    pub(super) status: Status,
    pub(super) method: &'static str,
    pub(super) units: usize,
    pub(super) rows_used: usize,
    pub(super) rows_dropped: usize,
}

impl Components {
    pub(super) fn undefined(count: usize, status: Status, method: &'static str, rows_dropped: usize) -> Self {
        Self {
            values: vec![f64::NAN; count],
            covariance: Symmetric::zeros(0),
            status,
            method,
            units: 0,
            rows_used: 0,
            rows_dropped,
        }
    }

    /// Linear combinations of mean squares: one row of weights per component.
    ///
    /// The variance of a mean square is estimated by 2 MS^2 / df, as the likelihood does (Searle, Casella and
    /// `McCulloch` 1992, Variance Components, section 3.6).
    pub(super) fn of_mean_squares(weights: &[&[f64]], squares: &[MeanSquare]) -> (Vec<f64>, Symmetric) {
        let values = weights
            .iter()
            .map(|row| row.iter().zip(squares).map(|(weight, square)| weight * square.value).sum())
            .collect();
        let covariance = Symmetric::from_fn(weights.len(), |one, other| {
            let pairs = weights[one].iter().zip(weights[other]).zip(squares);
            pairs.map(|((a, b), square)| a * b * 2.0 * square.value * square.value / square.degrees).sum()
        });
        (values, covariance)
    }

    fn has_values(&self) -> bool {
        matches!(self.status, Status::Defined | Status::Boundary | Status::NotConverged)
    }

    /// One component, not clipped.
    pub(super) fn component(&self, place: usize, level: Level) -> Estimate {
        if !self.has_values() {
            return self.without_value(level);
        }
        let value = self.values.get(place).copied().unwrap_or(f64::NAN);
        let at_boundary = value == 0.0 && self.status == Status::Boundary;
        let error = if at_boundary { f64::NAN } else { self.covariance.at(place, place).sqrt() };
        let estimate = Estimate::new(value, level, self.method)
            .with_standard_error(error)
            .with_rows(self.units, self.rows_used, self.rows_dropped)
            .expected_within(0.0, f64::INFINITY);
        match self.status {
            Status::NotConverged => estimate.with_status(Status::NotConverged),
            Status::Boundary if at_boundary => estimate.with_status(Status::Boundary),
            _ => estimate,
        }
    }

    /// The ratio of two sums of components, negative ones counting as 0.
    ///
    /// Its standard error is that of the delta method; the interval is made on ln(1 - ratio). If the ratio is
    /// 1 - MS2 / MS1 of independent mean squares, its interval is exact for normal scores.
    pub(super) fn ratio(
        &self,
        numerator: &[f64],
        denominator: &[f64],
        level: Level,
        confidence: f64,
        exact: Option<[MeanSquare; 2]>,
    ) -> Estimate {
        if !self.has_values() {
            return self.without_value(level);
        }
        let counted: Vec<f64> = self.values.iter().map(|value| value.max(0.0)).collect();
        let sum =
            |weights: &[f64]| weights.iter().zip(&counted).map(|(weight, value)| weight * value).sum::<f64>();
        let (above, below) = (sum(numerator), sum(denominator));
        let rows = |estimate: Estimate| estimate.with_rows(self.units, self.rows_used, self.rows_dropped);
        if below <= 0.0 {
            return rows(Estimate::undefined(Status::ZeroVariance, level, self.method));
        }
        let value = above / below;
        let slopes: Vec<f64> = numerator
            .iter()
            .zip(denominator)
            .zip(&self.values)
            .map(|((n, d), value)| if *value > 0.0 { (n - d * above / below) / below } else { 0.0 })
            .collect();
        let pairs = (0..slopes.len()).flat_map(|k| (0..slopes.len()).map(move |l| (k, l)));
        let variance: f64 = pairs.map(|(k, l)| slopes[k] * slopes[l] * self.covariance.at(k, l)).sum();
        let error = variance.sqrt();
        let used = |(weights, value): (&f64, &f64)| *weights > 0.0 && *value <= 0.0;
        let clipped = denominator.iter().zip(&self.values).any(used);
        let (low, high) = match exact {
            Some(squares) if !clipped => exact_interval(squares, confidence),
            _ => {
                let reach = libm::exp(normal(0.5 + 0.5 * confidence) * error / (1.0 - value));
                (1.0 - (1.0 - value) * reach, 1.0 - (1.0 - value) / reach)
            }
        };
        let mut estimate = rows(Estimate::new(value, level, self.method)).with_standard_error(error);
        // Without an error of its own (all of its variances at 0) a ratio has no interval either.
        if error > 0.0 {
            estimate = estimate.with_interval(low, high, confidence);
        }
        if self.status == Status::NotConverged {
            estimate = estimate.with_status(Status::NotConverged);
        } else if clipped {
            // Another variance at 0 does not put the ratio itself at an end of its range.
            if value <= 0.0 || value >= 1.0 {
                estimate = estimate.with_status(Status::Boundary);
            }
            estimate = estimate.with_note("a variance that was estimated as 0 or below counts as 0");
        }
        estimate
    }

    pub(super) fn without_value(&self, level: Level) -> Estimate {
        Estimate::undefined(self.status, level, self.method).with_rows(
            self.units,
            self.rows_used,
            self.rows_dropped,
        )
    }
}

/// Interval of 1 - MS2 / MS1 from the F distribution.
pub(super) fn exact_interval([first, second]: [MeanSquare; 2], confidence: f64) -> (f64, f64) {
    let upper = 0.5 + 0.5 * confidence;
    let ratio = second.value / first.value;
    let low = 1.0 - ratio * fisher_f(upper, first.degrees, second.degrees);
    let high = 1.0 - ratio / fisher_f(upper, second.degrees, first.degrees);
    (low, high)
}
