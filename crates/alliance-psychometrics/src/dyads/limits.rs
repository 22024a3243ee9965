//! Who rates higher, and how far apart are two ratings of one session?

use super::pairs::{PairMoments, checked, has_both, pair_at, same_length};
use crate::distributions::student_t;
use crate::estimate::check_confidence;
use crate::groups::Groups;
use crate::least_squares::LeastSquares;
use crate::mixed::MixedModel;
use crate::{Columns, Estimate, Level, PsychometricsError, Status};

/// Elevation: the mean difference, and the limits that most single differences keep.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LimitsOfAgreement {
    /// Mean of first less second.
    pub mean_difference: Estimate,
    /// Variance between dyads of the differences; undefined if every dyad has one pair.
    pub between_variance: Estimate,
    /// Variance of the differences from session to session of one dyad; undefined if every dyad has one pair.
    pub within_variance: Estimate,
    /// SD of a single difference: the root of the sum of both variances.
    pub standard_deviation: Estimate,
    /// Mean difference less `multiplier` SDs.
    pub lower: Estimate,
    /// Mean difference plus `multiplier` SDs.
    pub upper: Estimate,
    /// Bland and Altman's (1986) rule of thumb for the standard error of a limit, `sqrt(3 / n) s`; NaN with several pairs per dyad.
    pub approximate_standard_error: f64,
    /// Slope of the difference on the mean of both: not 0 where differences grow or shrink with the level, as they
    /// do at a ceiling.
    pub slope_on_mean: Estimate,
}

const METHOD: &str = "Bland-Altman";
const REPEATED: &str = "Bland-Altman, repeated measures";

/// Mean difference and limits of agreement, with one pair of ratings per dyad or several.
///
/// `dyads` says to which dyad a row belongs; without it every row is a dyad. With several pairs per dyad the variance
/// of a difference is the sum of the parts between and within dyads from a one-way analysis of variance,
/// `MSB / n0 + (1 - 1 / n0) MSW` with `n0 = (N - Σ n² / N) / (J - 1)` (Bland and Altman 2007, Journal of Biopharmaceutical Statistics 17); the SD of all rows would be too small.
/// The standard error of the mean difference treats dyads as independent and rows of a dyad not; that of a limit
/// follows from the variances of mean and SD: `s sqrt(1 / n + m² / (2 (n - 1)))` with one pair per dyad and `m` the multiplier. Intervals
/// use t with one degree of freedom less than dyads. The slope is ordinary least squares with one pair per dyad, and
/// a mixed model with a random intercept per dyad with several.
///
/// # Errors
///
/// `length-mismatch`, `not-finite`; `invalid-option` unless `0 < confidence < 1` and `multiplier` (1.96 for 95 % of single differences)
/// is positive and finite.
///
/// ```
/// use alliance_psychometrics::dyads::limits_of_agreement;
///
/// let (client, therapist) = ([5.0, 6.0, 4.0, 7.0, 6.0], [4.0, 6.0, 3.5, 6.0, 5.5]);
/// let found = limits_of_agreement(&client, &therapist, None, 1.96, 0.95)?;
/// assert!((found.mean_difference.value - 0.6).abs() < 1e-12);
/// assert!(found.lower.value < 0.0 && found.upper.value > 1.0);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn limits_of_agreement(
    first: &[f64],
    second: &[f64],
    dyads: Option<&[u32]>,
    multiplier: f64,
    confidence: f64,
) -> Result<LimitsOfAgreement, PsychometricsError> {
    check_confidence(confidence)?;
    checked(first, second)?;
    if !(multiplier > 0.0 && multiplier.is_finite()) {
        return Err(PsychometricsError::option("multiplier", "positive and finite"));
    }
    let every: Vec<u32>;
    let codes = if let Some(codes) = dyads {
        same_length(codes, first.len(), "ratings and dyads")?;
        codes
    } else {
        every = (0..first.len() as u32).collect();
        &every
    };
    let groups = Groups::new(codes, |row| has_both(first, second, row));
    let layout = Layout::new(first, second, &groups);
    let (dyads, rows) = (groups.count(), groups.row_count());
    let dropped = first.len() - rows;
    let repeated = rows > dyads;
    let method = if repeated { REPEATED } else { METHOD };
    let status = match dyads {
        0 => Some(Status::AllMissing),
        1 => Some(Status::TooFewUnits),
        _ => None,
    };
    let single = if repeated { Level::PooledRows } else { Level::BetweenClients };
    let undefined =
        |status, level| Estimate::undefined(status, level, method).with_rows(dyads, rows, dropped);
    if let Some(status) = status {
        return Ok(LimitsOfAgreement {
            mean_difference: undefined(status, Level::BetweenClients),
            between_variance: undefined(status, Level::BetweenClients),
            within_variance: undefined(status, Level::WithinClient),
            standard_deviation: undefined(status, single),
            lower: undefined(status, single),
            upper: undefined(status, single),
            approximate_standard_error: f64::NAN,
            slope_on_mean: undefined(status, single),
        });
    }
    let estimate = |value, level| Estimate::new(value, level, method).with_rows(dyads, rows, dropped);
    let degrees = dyads as f64 - 1.0;
    let with_t = |value: f64, error: f64, level| {
        let reach = student_t(0.5 + 0.5 * confidence, degrees) * error;
        estimate(value, level).with_standard_error(error).with_degrees_of_freedom(degrees).with_interval(
            value - reach,
            value + reach,
            confidence,
        )
    };
    let slope_on_mean = slope(first, second, repeated.then_some(codes), single, confidence);
    let slope_on_mean =
        if slope_on_mean.value.is_nan() { undefined(slope_on_mean.status, single) } else { slope_on_mean };
    let (between_variance, within_variance) = if repeated {
        (
            estimate(layout.between_variance(), Level::BetweenClients).expected_within(0.0, f64::INFINITY),
            estimate(layout.within, Level::WithinClient),
        )
    } else {
        let without = |level| undefined(Status::Undefined, level).with_note("one pair per dyad");
        (without(Level::BetweenClients), without(Level::WithinClient))
    };
    let total = layout.total_variance();
    if total <= 0.0 {
        return Ok(LimitsOfAgreement {
            mean_difference: estimate(layout.mean, Level::BetweenClients)
                .with_note("all differences are equal: no standard error"),
            between_variance,
            within_variance,
            standard_deviation: undefined(Status::ZeroVariance, single),
            lower: undefined(Status::ZeroVariance, single),
            upper: undefined(Status::ZeroVariance, single),
            approximate_standard_error: f64::NAN,
            slope_on_mean: undefined(Status::ZeroVariance, single),
        });
    }
    let deviation = total.sqrt();
    let deviation_error = layout.total_variance_variance().sqrt() / (2.0 * deviation);
    let limit_error = libm::hypot(layout.mean_error, multiplier * deviation_error);
    Ok(LimitsOfAgreement {
        mean_difference: with_t(layout.mean, layout.mean_error, Level::BetweenClients),
        between_variance,
        within_variance,
        standard_deviation: estimate(deviation, single).with_standard_error(deviation_error),
        lower: with_t(layout.mean - multiplier * deviation, limit_error, single),
        upper: with_t(layout.mean + multiplier * deviation, limit_error, single),
        approximate_standard_error: if repeated { f64::NAN } else { (3.0 / dyads as f64).sqrt() * deviation },
        slope_on_mean,
    })
}

/// One-way layout of the differences.
struct Layout {
    mean: f64,
    /// Standard error of the mean, dyads being independent.
    mean_error: f64,
    between: f64,
    within: f64,
    /// Effective number of pairs per dyad.
    size: f64,
    between_degrees: f64,
    within_degrees: f64,
}

impl Layout {
    fn new(first: &[f64], second: &[f64], groups: &Groups) -> Self {
        // Differences beside the ratings they are made of: rounding is judged by the latter.
        let moments = |rows: &[usize]| {
            let difference = |row: &usize| {
                let (first, second) = pair_at(first, second, *row);
                (first - second, first.abs().max(second.abs()))
            };
            let largest = rows.iter().map(|row| difference(row).1).fold(0.0, f64::max);
            let found = PairMoments::new(rows.iter().map(|row| (difference(row).0, 0.0)));
            let floor = found.count as f64 * (8.0 * f64::EPSILON * largest).powi(2);
            let squares = if found.squares[0] > floor { found.squares[0] } else { 0.0 };
            (found.count as f64, found.means[0], squares, floor)
        };
        let dyads: Vec<(f64, f64, f64, f64)> = groups.iter().map(moments).collect();
        let rows = groups.row_count() as f64;
        let count = dyads.len() as f64;
        let rough = dyads.iter().map(|(n, own, ..)| n * own).sum::<f64>() / rows;
        // What rounding left in the mean.
        let mean = rough + dyads.iter().map(|(n, own, ..)| n * (own - rough)).sum::<f64>() / rows;
        let mut sums = [0.0; 4];
        for (n, own, squares, floor) in &dyads {
            let apart = n * (own - mean) * (own - mean);
            sums[0] += apart;
            sums[1] += squares;
            sums[2] += n * apart;
            sums[3] += floor;
        }
        let [between, within, weighted, floor] = sums;
        let between = if between > floor { between } else { 0.0 };
        let sizes: f64 = dyads.iter().map(|(n, ..)| n * n).sum();
        let (between_degrees, within_degrees) = (count - 1.0, rows - count);
        Self {
            mean,
            mean_error: (weighted * count / between_degrees).sqrt() / rows,
            between: between / between_degrees,
            within: if within_degrees > 0.0 { within / within_degrees } else { 0.0 },
            size: (rows - sizes / rows) / between_degrees,
            between_degrees,
            within_degrees,
        }
    }

    fn between_variance(&self) -> f64 {
        (self.between - self.within) / self.size
    }

    fn total_variance(&self) -> f64 {
        self.between / self.size + (1.0 - 1.0 / self.size) * self.within
    }

    /// Variance of the estimated total variance: that of a mean square is 2 MS² / df.
    fn total_variance_variance(&self) -> f64 {
        let between = (self.between / self.size).powi(2) / self.between_degrees;
        let within = if self.within_degrees > 0.0 {
            ((1.0 - 1.0 / self.size) * self.within).powi(2) / self.within_degrees
        } else {
            0.0
        };
        2.0 * (between + within)
    }
}

fn slope(first: &[f64], second: &[f64], dyads: Option<&[u32]>, level: Level, confidence: f64) -> Estimate {
    const SLOPE: &str = "least squares";
    let difference: Vec<f64> = first.iter().zip(second).map(|(first, second)| first - second).collect();
    let mean: Vec<f64> = first.iter().zip(second).map(|(first, second)| 0.5 * (first + second)).collect();
    let no_slope = |status| Estimate::undefined(status, level, SLOPE);
    let Ok(predictors) = Columns::new(&[&mean]) else { return no_slope(Status::Undefined) };
    let Some(dyads) = dyads else {
        return LeastSquares::fit(&difference, &predictors).map_or_else(
            // The only predictor is "collinear" if it does not vary.
            |status| {
                no_slope(if status == Status::NotPositiveDefinite { Status::ZeroVariance } else { status })
            },
            |fit| fit.coefficient(1, level, SLOPE, confidence),
        );
    };
    MixedModel::new(&difference, &predictors, dyads)
        .and_then(|model| model.fit().coefficient(1, level, confidence))
        .unwrap_or_else(|_| no_slope(Status::Undefined))
}
