//! Alpha with its intervals, what becomes of it without each item, and each item's correlation with the rest.

#![allow(clippy::inline_always)] // See `Scan`.

use super::moments::LANES;
use super::{Form, Missing};
use crate::distributions::{fisher_f, normal};
use crate::estimate::check_confidence;
use crate::linear::Symmetric;
use crate::vectors::{Scan, scan};
use crate::{Columns, Estimate, PsychometricsError, Status};

/// How the interval of alpha is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum AlphaInterval {
    /// Delta method on the fourth moments of the answers; asks for no distribution (Maydeu-Olivares, Coffman & Hartmann 2007,
    /// Psychological Methods 12, 157-176). The default, because alliance scores pile up at the upper end.
    #[default]
    DistributionFree,
    /// F distribution of (1 - alpha) / (1 - estimate); items parallel up to a constant, normal (Feldt 1965, Psychometrika 30,
    /// 357-370). What psych and pingouin give.
    Feldt,
    /// `ln(1 - alpha)` normal, with the bias term `ln(n / (n - 1))` that some programs leave out (Bonett 2002, Journal of
    /// Educational and Behavioral Statistics 27, 335-340).
    Bonett,
}

/// Alpha of a form.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Alpha {
    /// `k / (k - 1) * (1 - trace / sum)` of the covariances: of the sum of the answers. Items that never vary count
    /// in `k` and make it smaller, with a note.
    pub raw: Estimate,
    /// `k r / (1 + (k - 1) r)` of the mean correlation `r`: of the sum of standardized answers, without constant items.
    pub standardized: Estimate,
    /// Guttman's lambda 6 of the correlations, `1 - sum(1 - squared multiple correlation) / sum`.
    pub lambda_6: Estimate,
    /// Raw alpha of the items that vary, where some do not.
    pub without_constant_items: Option<Estimate>,
    /// Mean correlation between two items, without constant ones.
    pub mean_correlation: f64,
    /// Standard error of raw alpha if the answers were normal (van Zyl, Neudecker & Nel 2000, Psychometrika 65, 271-280), with
    /// n as divisor.
    pub normal_theory_standard_error: f64,
    /// The items one by one.
    pub items: Vec<ItemStatistics>,
    /// Items whose correlation with the rest is negative: usually an item that should have been reversed, or was twice.
    pub negative_items: Vec<usize>,
}

/// One item among the others.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ItemStatistics {
    /// Position among the columns.
    pub item: usize,
    /// Mean of the answers.
    pub mean: f64,
    /// Their standard deviation.
    pub standard_deviation: f64,
    /// Correlation with the sum of the other items; NaN where one of the two does not vary.
    pub item_rest_correlation: f64,
    /// Raw alpha without it; NaN for fewer than two other items.
    pub alpha_without: f64,
    /// Standardized alpha without it.
    pub standardized_alpha_without: f64,
}

const RAW: &str = "alpha";
const STANDARDIZED: &str = "standardized alpha";
const LAMBDA_6: &str = "lambda 6";

/// Alpha of covariances; NaN without variance.
fn alpha_of(size: f64, trace: f64, sum: f64) -> f64 {
    if sum == 0.0 || size < 2.0 { f64::NAN } else { size / (size - 1.0) * (1.0 - trace / sum) }
}

impl Form<'_> {
    /// Alpha (Cronbach 1951, Psychometrika 16, 297-334) with its interval.
    ///
    /// Up to 1; negative values are legal, are given as they are and marked [`Status::OutOfRange`]. The
    /// interval rests on complete rows: with other ways of treating missing answers there is none, and a note. An end
    /// of the distribution-free interval can lie above 1. `standard_error` is the one of the interval's method.
    ///
    /// # Errors
    ///
    /// `invalid-option` unless `confidence` lies between 0 and 1.
    pub fn alpha(&self, interval: AlphaInterval, confidence: f64) -> Result<Alpha, PsychometricsError> {
        check_confidence(confidence)?;
        let constant = self.constant_items();
        let varying = self.without(&constant);
        let correlations = varying.moments.covariances.to_correlation();
        let items = self.item_statistics(&constant, &correlations);
        let negative_items: Vec<usize> =
            items.iter().filter(|item| item.item_rest_correlation < 0.0).map(|item| item.item).collect();
        let mut raw = self.raw_alpha();
        let mut without_constant_items = None;
        if raw.value.is_finite() {
            raw = self.with_interval(raw, interval, confidence);
            if !constant.is_empty() {
                raw = raw.with_note(format!("the answers to items {} do not vary", self.listed(&constant)));
                without_constant_items = Some(varying.raw_alpha());
            }
            if !negative_items.is_empty() {
                raw = raw.with_note(format!(
                    "items {} run against the others: not reversed, or reversed twice?",
                    self.listed(&negative_items)
                ));
            }
        }
        Ok(Alpha {
            raw,
            standardized: varying.standardized_alpha(&correlations),
            lambda_6: varying.lambda_6(&correlations),
            without_constant_items,
            mean_correlation: mean_correlation(&correlations),
            normal_theory_standard_error: self.normal_theory_standard_error(),
            items,
            negative_items,
        })
    }

    pub(super) fn raw_alpha(&self) -> Estimate {
        if let Some(status) = self.obstacle(2) {
            return self.undefined(status, RAW);
        }
        let sum = self.total_variance();
        if sum == 0.0 {
            return self.undefined(Status::ZeroVariance, RAW);
        }
        let value = alpha_of(self.items() as f64, self.moments.covariances.trace(), sum);
        let estimate = self.estimate(value, RAW).expected_within(0.0, 1.0);
        if self.moments.status == Status::NotConverged {
            estimate.with_status(Status::NotConverged)
        } else {
            estimate
        }
    }

    pub(super) fn standardized_alpha(&self, correlations: &Symmetric) -> Estimate {
        if let Some(status) = self.obstacle(2) {
            return self.undefined(status, STANDARDIZED);
        }
        let size = self.items() as f64;
        let sum = correlations.sum();
        if sum <= super::moments::ROUNDING * size {
            return self.undefined(Status::ZeroVariance, STANDARDIZED);
        }
        self.estimate(alpha_of(size, size, sum), STANDARDIZED).expected_within(0.0, 1.0)
    }

    fn lambda_6(&self, correlations: &Symmetric) -> Estimate {
        if let Some(status) = self.obstacle(2) {
            return self.undefined(status, LAMBDA_6);
        }
        let Some(factor) = correlations.cholesky() else {
            return self.undefined(Status::NotPositiveDefinite, LAMBDA_6);
        };
        let unique: f64 = factor.inverse().diagonal().map(|cell| 1.0 / cell).sum();
        self.estimate(1.0 - unique / correlations.sum(), LAMBDA_6).expected_within(0.0, 1.0)
    }

    fn item_statistics(&self, constant: &[usize], correlations: &Symmetric) -> Vec<ItemStatistics> {
        let covariances = &self.moments.covariances;
        let (size, trace, sum) = (self.items() as f64, covariances.trace(), covariances.sum());
        let varying = correlations.size() as f64;
        let mut next_varying = 0;
        let statistics = (0..self.items()).map(|item| {
            let own = covariances.at(item, item);
            let with_all: f64 = covariances.row(item).iter().sum();
            let rest = sum - 2.0 * with_all + own;
            let rest = if rest <= super::moments::ROUNDING * trace * size { 0.0 } else { rest };
            let sum_of_correlations = if constant.contains(&item) {
                correlations.sum()
            } else {
                let row: f64 = correlations.row(next_varying).iter().sum();
                next_varying += 1;
                correlations.sum() - 2.0 * row + 1.0
            };
            let others = if constant.contains(&item) { varying } else { varying - 1.0 };
            let scale = own.sqrt() * rest.sqrt();
            ItemStatistics {
                item,
                mean: self.mean(item),
                standard_deviation: own.sqrt(),
                item_rest_correlation: if scale > 0.0 { (with_all - own) / scale } else { f64::NAN },
                alpha_without: alpha_of(size - 1.0, trace - own, rest),
                standardized_alpha_without: alpha_of(others, others, sum_of_correlations),
            }
        });
        let statistics: Vec<ItemStatistics> = statistics.collect();
        if self.obstacle(1).is_some() { Vec::new() } else { statistics }
    }

    fn normal_theory_standard_error(&self) -> f64 {
        let covariances = &self.moments.covariances;
        let (size, trace, sum) = (self.items() as f64, covariances.trace(), covariances.sum());
        let mut trace_of_square = 0.0;
        let mut sum_of_square = 0.0;
        for item in 0..self.items() {
            let row = covariances.row(item);
            trace_of_square += row.iter().map(|cell| cell * cell).sum::<f64>();
            sum_of_square += row.iter().sum::<f64>().powi(2);
        }
        let bracket = sum * (trace_of_square + trace * trace) - 2.0 * trace * sum_of_square;
        let variance = 2.0 * size * size / ((size - 1.0).powi(2) * sum.powi(3)) * bracket
            / self.moments.rows_used as f64;
        if self.obstacle(2).is_some() || self.total_variance() == 0.0 {
            f64::NAN
        } else {
            variance.max(0.0).sqrt()
        }
    }

    fn with_interval(&self, alpha: Estimate, interval: AlphaInterval, confidence: f64) -> Estimate {
        if self.missing != Missing::Listwise {
            return alpha.with_note("no interval: intervals of alpha rest on complete rows");
        }
        let (n, size) = (self.moments.rows_used as f64, self.items() as f64);
        let upper = 0.5 + confidence / 2.0;
        let rest = 1.0 - alpha.value;
        match interval {
            AlphaInterval::DistributionFree => {
                if n < 3.0 {
                    // Two rows lie equally far from their mean: the variance of their squares is 0 whatever they are.
                    return alpha.with_note("no interval: the distribution-free one needs three forms");
                }
                let Some(standard_error) = self.distribution_free_standard_error() else {
                    return alpha.with_note(
                        "no interval: the distribution-free one needs the answers, not only covariances",
                    );
                };
                let (value, half) = (alpha.value, normal(upper) * standard_error);
                alpha.with_standard_error(standard_error).with_interval(
                    value - half,
                    value + half,
                    confidence,
                )
            }
            AlphaInterval::Feldt => {
                let (rows, residual) = (n - 1.0, (n - 1.0) * (size - 1.0));
                let quantile = |p| fisher_f(p, rows, residual);
                alpha
                    .with_standard_error(self.normal_theory_standard_error())
                    .with_interval(
                        1.0 - rest * quantile(upper),
                        1.0 - rest * quantile(1.0 - upper),
                        confidence,
                    )
                    .with_degrees_of_freedom(rows)
            }
            AlphaInterval::Bonett => {
                let half = normal(upper) * (2.0 * size / ((size - 1.0) * (n - 2.0))).sqrt();
                let centre = libm::log(rest) - libm::log(n / (n - 1.0));
                alpha.with_standard_error(self.normal_theory_standard_error()).with_interval(
                    1.0 - libm::exp(centre + half),
                    1.0 - libm::exp(centre - half),
                    confidence,
                )
            }
        }
    }

    /// `sqrt(sum(q^2) / (n (n - 1)))`, where `q` of a row is the derivative of alpha by the covariances times the
    /// row's products of deviations less the covariances.
    fn distribution_free_standard_error(&self) -> Option<f64> {
        let answers = self.answers.as_ref()?;
        let (size, n) = (self.items() as f64, self.moments.rows_used as f64);
        let (trace, sum) = (self.moments.covariances.trace(), self.moments.covariances.sum());
        let on_diagonal = -size / (size - 1.0) * (sum - trace) / (sum * sum);
        let off_diagonal = size / (size - 1.0) * trace / (sum * sum);
        let centre = on_diagonal * trace + off_diagonal * (sum - trace);
        let result =
            scan(SquaredInfluence { answers, means: &self.moments.means, on_diagonal, off_diagonal, centre });
        Some((result / (n * (n - 1.0))).sqrt())
    }
}

/// Sum over the complete rows of the squared `q` of the distribution-free standard error.
struct SquaredInfluence<'a> {
    answers: &'a Columns<'a>,
    means: &'a [f64],
    on_diagonal: f64,
    off_diagonal: f64,
    centre: f64,
}

impl SquaredInfluence<'_> {
    #[inline(always)]
    fn square(&self, squares: f64, total: f64) -> f64 {
        let q = (self.on_diagonal - self.off_diagonal) * squares + self.off_diagonal * total * total
            - self.centre;
        // A row with a missing answer is none.
        if q.is_nan() { 0.0 } else { q * q }
    }
}

impl Scan for SquaredInfluence<'_> {
    type Found = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        // Of each column: groups of rows, the rest, the mean.
        let columns: Vec<_> = self
            .answers
            .iter()
            .zip(self.means)
            .map(|(column, mean)| {
                let (groups, rest) = column.as_chunks::<LANES>();
                (groups, rest, *mean)
            })
            .collect();
        let mut sums = [0.0; LANES];
        for place in 0..self.answers.rows() / LANES {
            let (mut squares, mut totals) = ([0.0; LANES], [0.0; LANES]);
            for (groups, _, mean) in &columns {
                let Some(group) = groups.get(place) else { continue };
                for ((value, square), total) in group.iter().zip(&mut squares).zip(&mut totals) {
                    let difference = value - mean;
                    *square += difference * difference;
                    *total += difference;
                }
            }
            for ((sum, squares), total) in sums.iter_mut().zip(squares).zip(totals) {
                *sum += self.square(squares, total);
            }
        }
        let mut result = sums.iter().sum::<f64>();
        for place in 0..self.answers.rows() % LANES {
            let (mut squares, mut total) = (0.0, 0.0);
            for (_, rest, mean) in &columns {
                let difference = rest.get(place).map_or(f64::NAN, |value| value - mean);
                squares += difference * difference;
                total += difference;
            }
            result += self.square(squares, total);
        }
        result
    }
}

fn mean_correlation(correlations: &Symmetric) -> f64 {
    let size = correlations.size() as f64;
    if size < 2.0 { f64::NAN } else { (correlations.sum() - size) / (size * (size - 1.0)) }
}
