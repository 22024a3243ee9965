//! Do scores of two sessions agree?

use crate::distributions::{normal, student_t};
use crate::estimate::check_confidence;
use crate::icc::MeanSquares;
use crate::{Columns, Estimate, Level, PsychometricsError, Status};

/// Stability of one rater's scores from one session to another.
///
/// For something that truly changes, none of these separates change from error; with days between the
/// sessions and no treatment they are retest reliabilities.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Stability {
    /// Clients with both scores.
    pub clients: usize,
    /// Pearson's correlation: stability of clients' order, with Fisher's z interval.
    pub correlation: Estimate,
    /// ICC(A,1): agreement; a common change counts against it. As in [`icc`](crate::icc), sessions being the raters.
    pub agreement: Estimate,
    /// ICC(C,1): consistency; a common change does not count.
    pub consistency: Estimate,
    /// Standard error of measurement as the retest gives it: SD of the differences over √2.
    pub standard_error_of_measurement: Estimate,
    /// Mean of the second session less that of the first, with its t interval.
    pub mean_change: Estimate,
}

/// Stability between two sessions, of the clients with both scores: one rater, one scale.
///
/// `McGraw` and Wong (1996, Psychological Methods 1, 30-46). [`SessionTable::pairs`](super::SessionTable::pairs)
/// makes the two columns. A correlation needs three clients; changes that are all equal have no standard error.
///
/// # Errors
///
/// `length-mismatch`, `not-finite`; `invalid-option` unless `0 < confidence < 1`.
///
/// ```
/// use alliance_psychometrics::sessions::stability;
///
/// let found = stability(&[4.0, 5.0, 6.0, 5.5, 3.0], &[4.5, 5.5, 6.5, 6.0, 3.5], 0.95)?;
/// // Everybody gains half a point: the order is kept, the level is not.
/// assert!((found.correlation.value - 1.0).abs() < 1e-12);
/// assert!(found.agreement.value < 1.0);
/// assert!((found.mean_change.value - 0.5).abs() < 1e-12);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn stability(first: &[f64], second: &[f64], confidence: f64) -> Result<Stability, PsychometricsError> {
    check_confidence(confidence)?;
    Columns::new(&[first, second])?;
    let pairs: Vec<(f64, f64)> = first
        .iter()
        .zip(second)
        .map(|(first, second)| (*first, *second))
        .filter(|(first, second)| !first.is_nan() && !second.is_nan())
        .collect();
    let n = pairs.len() as f64;
    let level = Level::BetweenClients;
    let rows = |estimate: Estimate| estimate.with_rows(pairs.len(), pairs.len(), first.len() - pairs.len());
    let refused = match pairs.len() {
        0 => Some(Status::AllMissing),
        1 => Some(Status::TooFewUnits),
        _ => None,
    };
    if let Some(status) = refused {
        let without = |level| rows(Estimate::undefined(status, level, "two sessions"));
        return Ok(Stability {
            clients: pairs.len(),
            correlation: without(level),
            agreement: without(level),
            consistency: without(level),
            standard_error_of_measurement: without(Level::WithinClient),
            mean_change: without(Level::WithinClient),
        });
    }
    let (mean_first, mean_second) =
        (pairs.iter().map(|pair| pair.0).sum::<f64>() / n, pairs.iter().map(|pair| pair.1).sum::<f64>() / n);
    let (mut first_squares, mut second_squares, mut products, mut size) = (0.0, 0.0, 0.0, 0.0);
    for (one, other) in &pairs {
        first_squares += (one - mean_first) * (one - mean_first);
        second_squares += (other - mean_second) * (other - mean_second);
        products += (one - mean_first) * (other - mean_second);
        size += one * one + other * other;
    }
    // Sums of squares of the two-way layout with two columns.
    let change = mean_second - mean_first;
    let targets = 0.5 * (first_squares + second_squares) + products;
    let residual = 0.5 * (first_squares + second_squares) - products;
    let rounding = 1e-28 * size;
    let zero = |sum: f64| if sum <= rounding { 0.0 } else { sum };
    let squares = MeanSquares {
        targets: zero(targets) / (n - 1.0),
        raters: zero(0.5 * n * change * change),
        residual: zero(residual) / (n - 1.0),
        within: (zero(0.5 * n * change * change) + zero(residual)) / n,
    };
    let correlations = squares
        .correlations(pairs.len(), 2, first.len() - pairs.len(), confidence)
        .map(|estimate| Estimate { level, ..estimate });
    let deviation = (2.0 * squares.residual).sqrt();
    let error = deviation / n.sqrt();
    let reach = student_t(0.5 + 0.5 * confidence, n - 1.0) * error;
    let mean_change = Estimate::new(change, Level::WithinClient, "mean difference, t");
    let mean_change = if error > 0.0 {
        mean_change.with_standard_error(error).with_degrees_of_freedom(n - 1.0).with_interval(
            change - reach,
            change + reach,
            confidence,
        )
    } else {
        mean_change.with_note("all changes are equal: no standard error")
    };
    let varies = zero(first_squares) > 0.0 && zero(second_squares) > 0.0;
    Ok(Stability {
        clients: pairs.len(),
        correlation: rows(correlation(
            varies.then(|| (products / first_squares.sqrt() / second_squares.sqrt()).clamp(-1.0, 1.0)),
            n,
            confidence,
        )),
        agreement: correlations.agreement.single,
        consistency: correlations.consistency.single,
        standard_error_of_measurement: rows(
            Estimate::new(squares.residual.sqrt(), Level::WithinClient, "SD of differences / sqrt(2)")
                .with_degrees_of_freedom(n - 1.0),
        ),
        mean_change: rows(mean_change),
    })
}

fn correlation(value: Option<f64>, n: f64, confidence: f64) -> Estimate {
    const METHOD: &str = "Pearson, Fisher z";
    // Two points always lie on a line.
    if n < 3.0 {
        return Estimate::undefined(Status::TooFewUnits, Level::BetweenClients, METHOD);
    }
    let Some(value) = value else {
        return Estimate::undefined(Status::ZeroVariance, Level::BetweenClients, METHOD);
    };
    let estimate = Estimate::new(value, Level::BetweenClients, METHOD);
    if n < 4.0 || value.abs() >= 1.0 {
        return estimate;
    }
    let z = libm::atanh(value);
    let reach = normal(0.5 + 0.5 * confidence) / (n - 3.0).sqrt();
    estimate.with_interval(libm::tanh(z - reach), libm::tanh(z + reach), confidence)
}
