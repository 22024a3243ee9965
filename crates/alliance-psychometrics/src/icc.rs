//! Intraclass correlations: the six forms, with their intervals.
//!
//! Names follow McGraw & Wong 1996; other programs call the same numbers otherwise:
//!
//! | here | McGraw & Wong | Shrout & Fleiss | psych, older pingouin | pingouin 0.7 |
//! |---|---|---|---|---|
//! | `one_way` | ICC(1), ICC(k) | ICC(1,1), ICC(1,k) | ICC1, ICC1k | ICC(1,1), ICC(1,k) |
//! | `agreement` | ICC(A,1), ICC(A,k) | ICC(2,1), ICC(2,k) | ICC2, ICC2k | ICC(A,1), ICC(A,k) |
//! | `consistency` | ICC(C,1), ICC(C,k) | ICC(3,1), ICC(3,k) | ICC3, ICC3k | ICC(C,1), ICC(C,k) |
//!
//! psych's `ICC` estimates by REML unless told `lmer = FALSE`, which differs from mean squares where a component would be
//! negative. [`intraclass_correlations`] takes mean squares of the complete rows;
//! [`intraclass_correlations_by_reml`] takes all ratings, where cells are missing.

#![allow(clippy::doc_markdown)] // Names of people and of other programs' output.

mod incomplete;

pub use incomplete::intraclass_correlations_by_reml;

use crate::distributions::fisher_f;
use crate::estimate::check_confidence;
use crate::{Columns, Estimate, Level, PsychometricsError, Status};

/// Of one rater's value and of the mean of all raters.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SingleAndAverage {
    /// Reliability of one rater's value.
    pub single: Estimate,
    /// Reliability of the mean of as many raters as there are columns. For an analysis that uses that mean only.
    pub average: Estimate,
}

/// The six forms.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct IntraclassCorrelations {
    /// Raters are different for every target: differences of level between raters are error.
    pub one_way: SingleAndAverage,
    /// The same raters for all targets, who must give the same values. Agreement of client and therapist on levels.
    pub agreement: SingleAndAverage,
    /// The same raters for all targets, who may differ by a constant. The average form is alpha of the raters.
    pub consistency: SingleAndAverage,
    /// The mean squares; NaN where the numbers come from variance components.
    pub mean_squares: MeanSquares,
}

/// Mean squares of targets by raters.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct MeanSquares {
    /// Between targets (rows).
    pub targets: f64,
    /// Between raters (columns).
    pub raters: f64,
    /// Residual of targets and raters.
    pub residual: f64,
    /// Within targets.
    pub within: f64,
}

const NAMES: [&str; 6] = ["ICC(1)", "ICC(1,k)", "ICC(A,1)", "ICC(A,k)", "ICC(C,1)", "ICC(C,k)"];

/// Six intraclass correlations of targets (rows) rated by raters (columns), from complete rows.
///
/// Up to 1; negative ones are given as they are and marked [`Status::OutOfRange`]. Formulas and intervals of single
/// ratings: McGraw & Wong 1996, Psychological Methods 1, 30-46, tables 4 and 7. Those of averages step the ends up
/// by `k x / (1 + (k - 1) x)`, as psych and pingouin do, which for ICC(A,k) is the interval of McGraw & Wong. The R
/// package irr puts the average's coefficient into the single form's degrees of freedom and gives another. [`Status::ZeroVariance`] where neither targets' means nor residuals differ, and of a form whose
/// denominator is 0; if only the targets' means are all one, as where two raters mirror each other, there is no interval.
///
/// ```
/// use alliance_psychometrics::{Columns, icc::intraclass_correlations};
///
/// // Shrout & Fleiss 1979.
/// let judges: [&[f64]; 4] = [
///     &[9.0, 6.0, 8.0, 7.0, 10.0, 6.0],
///     &[2.0, 1.0, 4.0, 1.0, 5.0, 2.0],
///     &[5.0, 3.0, 6.0, 2.0, 6.0, 4.0],
///     &[8.0, 2.0, 8.0, 6.0, 9.0, 7.0],
/// ];
/// let found = intraclass_correlations(&Columns::new(&judges)?, 0.95)?;
/// assert!((found.agreement.single.value - 0.289_763_78).abs() < 1e-8);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
///
/// # Errors
///
/// `invalid-option` unless `confidence` lies between 0 and 1.
pub fn intraclass_correlations(
    ratings: &Columns<'_>,
    confidence: f64,
) -> Result<IntraclassCorrelations, PsychometricsError> {
    check_confidence(confidence)?;
    let raters = ratings.count();
    if raters < 2 {
        return Ok(undefined(Status::TooFewItems, ratings, 0));
    }
    let (mean_squares, rows) = mean_squares(ratings);
    let status = match rows {
        0 if ratings.rows() > 0 => Some(Status::AllMissing),
        0 | 1 => Some(Status::TooFewUnits),
        _ => None,
    };
    if let Some(status) = status {
        return Ok(IntraclassCorrelations { mean_squares, ..undefined(status, ratings, rows) });
    }
    Ok(mean_squares.correlations(rows, raters, ratings.rows() - rows, confidence))
}

fn undefined(status: Status, ratings: &Columns<'_>, rows: usize) -> IntraclassCorrelations {
    build(NAMES, MeanSquares::NONE, |method| {
        Estimate::undefined(status, Level::BetweenRaters, method).with_rows(rows, rows, ratings.rows() - rows)
    })
}

fn build(
    names: [&'static str; 6],
    mean_squares: MeanSquares,
    mut make: impl FnMut(&'static str) -> Estimate,
) -> IntraclassCorrelations {
    let [one, one_k, agreement, agreement_k, consistency, consistency_k] = names;
    let mut pair = |single, average| SingleAndAverage { single: make(single), average: make(average) };
    IntraclassCorrelations {
        one_way: pair(one, one_k),
        agreement: pair(agreement, agreement_k),
        consistency: pair(consistency, consistency_k),
        mean_squares,
    }
}

impl MeanSquares {
    const NONE: Self = Self { targets: f64::NAN, raters: f64::NAN, residual: f64::NAN, within: f64::NAN };
}

/// Mean squares of the complete rows and their number, in one pass and without a square of a large number.
fn mean_squares(ratings: &Columns<'_>) -> (MeanSquares, usize) {
    const BLOCK: usize = 256;
    let raters = ratings.count();
    let k = raters as f64;
    let origin = (0..ratings.rows())
        .find(|row| ratings.is_complete(*row))
        .and_then(|row| ratings.column(0).get(row).copied())
        .unwrap_or(0.0);
    let mut column_sums = vec![0.0; raters];
    let (mut total, mut squares, mut row_squares) = (0.0, 0.0, 0.0);
    let mut rows = 0_usize;
    let mut row_sums = [0.0; BLOCK];
    for start in (0..ratings.rows()).step_by(BLOCK) {
        let end = (start + BLOCK).min(ratings.rows());
        row_sums.fill(0.0);
        for column in ratings.iter() {
            for (sum, value) in row_sums.iter_mut().zip(column.get(start..end).unwrap_or_default()) {
                *sum += value - origin;
            }
        }
        let sums = row_sums.get(..end - start).unwrap_or_default();
        if sums.iter().sum::<f64>().is_nan() {
            for (column, column_sum) in ratings.iter().zip(&mut column_sums) {
                for (value, row_sum) in column.get(start..end).unwrap_or_default().iter().zip(sums) {
                    if !row_sum.is_nan() {
                        let difference = value - origin;
                        *column_sum += difference;
                        squares += difference * difference;
                    }
                }
            }
        } else {
            for (column, column_sum) in ratings.iter().zip(&mut column_sums) {
                let (sum, square) = sum_and_squares(column.get(start..end).unwrap_or_default(), origin);
                *column_sum += sum;
                squares += square;
            }
        }
        for sum in sums.iter().filter(|sum| !sum.is_nan()) {
            rows += 1;
            total += sum;
            row_squares += sum * sum;
        }
    }
    let n = rows as f64;
    let correction = total * total / (n * k);
    let all = squares - correction;
    // What is left of a difference of sums this small beside them is rounding.
    let clean = |value: f64| if value < 1e-12 * squares { 0.0 } else { value };
    let of_targets = clean(row_squares / k - correction);
    let of_raters = clean(column_sums.iter().map(|sum| sum * sum).sum::<f64>() / n - correction);
    let residual = clean(all - of_targets - of_raters);
    let mean_squares = MeanSquares {
        targets: of_targets / (n - 1.0),
        raters: of_raters / (k - 1.0),
        residual: residual / ((n - 1.0) * (k - 1.0)),
        within: (residual + of_raters) / (n * (k - 1.0)),
    };
    (mean_squares, rows)
}

fn sum_and_squares(values: &[f64], origin: f64) -> (f64, f64) {
    let (mut sums, mut squares) = ([0.0; 8], [0.0; 8]);
    let (parts, rest) = values.as_chunks::<8>();
    for part in parts {
        for ((value, sum), square) in part.iter().zip(&mut sums).zip(&mut squares) {
            let difference = value - origin;
            *sum += difference;
            *square += difference * difference;
        }
    }
    let rest_sum: f64 = rest.iter().map(|value| value - origin).sum();
    let rest_squares: f64 = rest.iter().map(|value| (value - origin) * (value - origin)).sum();
    (sums.iter().sum::<f64>() + rest_sum, squares.iter().sum::<f64>() + rest_squares)
}

impl MeanSquares {
    /// The six forms of complete ratings.
    pub(crate) fn correlations(
        self,
        rows: usize,
        raters: usize,
        dropped: usize,
        confidence: f64,
    ) -> IntraclassCorrelations {
        let (n, k) = (rows as f64, raters as f64);
        if self.targets == 0.0 && self.residual == 0.0 {
            return build(NAMES, self, |method| {
                Estimate::undefined(Status::ZeroVariance, Level::BetweenRaters, method)
                    .with_rows(rows, rows, dropped)
            });
        }
        let Self { targets, raters: of_raters, residual, within } = self;
        let square = |value: f64, degrees: f64| Square { value, degrees };
        let of_residual = 2.0 * residual * residual / ((n - 1.0) * (k - 1.0));
        let layout = TwoWay {
            targets: square(targets, n - 1.0),
            ratings_per_target: k,
            raters: (of_raters - residual) / n,
            residual: square(residual, (n - 1.0) * (k - 1.0)),
            raters_variance: (2.0 * of_raters * of_raters / (k - 1.0) + of_residual) / (n * n),
            raters_covariance: -of_residual / n,
        };
        let single = |noise: f64| (targets - noise) / (targets + (k - 1.0) * noise);
        let agreement =
            (targets - residual) / (targets + (k - 1.0) * residual + k * (of_raters - residual) / n);
        let one_way_ends = layout.targets.ends_over(square(within, n * (k - 1.0)), k, confidence);
        let agreement_ends = layout.agreement_ends(agreement, confidence);
        let consistency_ends = layout.consistency_ends(confidence);
        let values = [
            single(within),
            (targets - within) / targets,
            agreement,
            (targets - residual) / (targets + (of_raters - residual) / n),
            single(residual),
            (targets - residual) / targets,
        ];
        let ends = [one_way_ends, agreement_ends, consistency_ends]
            // Where targets' means are all one, F ratios are 0 and their ends no interval.
            .map(|ends| if targets == 0.0 { Ends::NONE } else { ends })
            .into_iter()
            .flat_map(|ends| [ends, ends.of_average(k)]);
        let mut numbers = values.into_iter().zip(ends);
        build(NAMES, self, |method| {
            let (value, ends) = numbers.next().unwrap_or((f64::NAN, Ends::NONE));
            if !value.is_finite() {
                return Estimate::undefined(Status::ZeroVariance, Level::BetweenRaters, method)
                    .with_rows(rows, rows, dropped)
                    .with_note("the means of the rated do not differ");
            }
            ends.describe(Estimate::new(value, Level::BetweenRaters, method), confidence)
                .with_rows(rows, rows, dropped)
                .expected_within(0.0, 1.0)
        })
    }
}

/// A mean square with its degrees of freedom.
#[derive(Clone, Copy)]
struct Square {
    value: f64,
    degrees: f64,
}

/// What the intervals of two crossed factors rest on.
struct TwoWay {
    /// Expects `ratings_per_target * T + E`, and is not correlated with the residual.
    targets: Square,
    ratings_per_target: f64,
    /// R, the variance of raters.
    raters: f64,
    /// Expects E.
    residual: Square,
    /// Variance of the estimated R, and its covariance with the estimated E.
    raters_variance: f64,
    raters_covariance: f64,
}

/// Ends of an interval, and the degrees of freedom of its error.
#[derive(Clone, Copy)]
struct Ends {
    low: f64,
    high: f64,
    degrees: f64,
}

impl Ends {
    const NONE: Self = Self { low: f64::NAN, high: f64::NAN, degrees: f64::NAN };

    /// Of the mean of so many raters, by Spearman and Brown.
    fn of_average(self, raters: f64) -> Self {
        let step_up = |end: f64| raters * end / (1.0 + (raters - 1.0) * end);
        Self { low: step_up(self.low), high: step_up(self.high), degrees: self.degrees }
    }

    fn describe(self, estimate: Estimate, confidence: f64) -> Estimate {
        estimate.with_interval(self.low, self.high, confidence).with_degrees_of_freedom(self.degrees)
    }
}

impl Square {
    /// Ends of `T / (T + E)` where this mean square expects `ratings * T + E` and `noise` expects `E`.
    fn ends_over(self, noise: Self, ratings: f64, confidence: f64) -> Ends {
        let upper = 0.5 + confidence / 2.0;
        let f = self.value / noise.value;
        let end = |f: f64| if f.is_infinite() { 1.0 } else { (f - 1.0) / (f + ratings - 1.0) };
        Ends {
            low: end(f / fisher_f(upper, self.degrees, noise.degrees)),
            high: end(f * fisher_f(upper, noise.degrees, self.degrees)),
            degrees: noise.degrees,
        }
    }
}

impl TwoWay {
    fn consistency_ends(&self, confidence: f64) -> Ends {
        self.targets.ends_over(self.residual, self.ratings_per_target, confidence)
    }

    /// Ends of `T / (T + R + E)`: the F ratio of `k T + E` to `k odds (R + E) + E`, with `odds = T / (R + E)` as
    /// estimated in Satterthwaite's degrees of freedom of the latter, and free where the ratio is solved for it.
    fn agreement_ends(&self, agreement: f64, confidence: f64) -> Ends {
        if agreement == 1.0 {
            return Ends { low: 1.0, high: 1.0, degrees: f64::NAN };
        }
        let k = self.ratings_per_target;
        let Square { value: residual, degrees: residual_degrees } = self.residual;
        let of_raters = k * agreement / (1.0 - agreement);
        let of_residual = of_raters + 1.0;
        let noise = of_raters * self.raters + of_residual * residual;
        let spread = of_raters * of_raters * self.raters_variance
            + of_residual * of_residual * 2.0 * residual * residual / residual_degrees
            + 2.0 * of_raters * of_residual * self.raters_covariance;
        let degrees = 2.0 * noise * noise / spread;
        let end = |f: f64| {
            let odds = (self.targets.value / f - residual) / (k * (self.raters + residual));
            odds / (1.0 + odds)
        };
        let upper = 0.5 + confidence / 2.0;
        Ends {
            low: end(fisher_f(upper, self.targets.degrees, degrees)),
            high: end(1.0 / fisher_f(upper, degrees, self.targets.degrees)),
            degrees,
        }
    }
}

impl IntraclassCorrelations {
    /// Each estimate changed.
    pub(crate) fn map(self, mut change: impl FnMut(Estimate) -> Estimate) -> Self {
        let mut pair = |pair: SingleAndAverage| SingleAndAverage {
            single: change(pair.single),
            average: change(pair.average),
        };
        Self {
            one_way: pair(self.one_way),
            agreement: pair(self.agreement),
            consistency: pair(self.consistency),
            mean_squares: self.mean_squares,
        }
    }

    /// From variance components of targets, raters and residuals that are known, such as published ones; from ratings,
    /// [`intraclass_correlations_by_reml`] gives intervals too.
    ///
    /// `raters` is the number the average stands for. The one-way forms are undefined: their model has no component of
    /// raters. No intervals. A component that is negative is used as it is.
    pub fn from_components(targets: f64, raters_component: f64, residual: f64, raters: usize) -> Self {
        let k = raters as f64;
        let share = |noise: f64| targets / (targets + noise);
        let (all, own) = (raters_component + residual, residual);
        let mut values =
            [f64::NAN, f64::NAN, share(all), share(all / k), share(own), share(own / k)].into_iter();
        build(NAMES, MeanSquares::NONE, |method| {
            Estimate::new(values.next().unwrap_or(f64::NAN), Level::BetweenRaters, method)
                .expected_within(0.0, 1.0)
        })
    }
}
