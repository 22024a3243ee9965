//! Several effects of the same sample: a third level between studies and their effects.

use super::design::cell;
use super::heterogeneity::Studies;
use super::meta::{MetaOptions, PredictionDegrees, StandardErrors, TauEstimator, checked, quantile};
use super::profile::profile_interval;
use super::regression::{Coefficient, Fixed, ModeratorTest, studies_with};
use crate::groups::Groups;
use crate::linear::{Cholesky, Symmetric};
use crate::mixed::{Deviance, Found, search};
use crate::{Columns, Estimate, Interval, Level, PsychometricsError, Status};

/// Mean effect where clusters (samples, studies) give several effects.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ThreeLevelAnalysis {
    /// How.
    pub options: MetaOptions,
    /// The intercept, which is the mean effect without moderators, then one for each moderator.
    pub coefficients: Vec<Coefficient>,
    /// Test of all moderators together; NaN without any.
    pub moderators: ModeratorTest,
    /// Clusters.
    pub clusters: usize,
    /// Where the true effect of a further cluster would lie; none with moderators.
    pub prediction: Option<Interval>,
    /// Degrees of freedom of its quantile; infinite for the normal one.
    pub prediction_degrees: f64,
    /// Variance between clusters, interval by the profile of the likelihood.
    pub between_clusters: Estimate,
    /// Variance between effects of one cluster, beyond sampling error; interval as above.
    pub within_clusters: Estimate,
    /// Percent of the variance of the observed effects that lies between clusters.
    pub i_squared_between: f64,
    /// Percent of it that lies between effects of one cluster.
    pub i_squared_within: f64,
    /// Cochran's Q of what the moderators leave.
    pub q: f64,
    /// Its degrees of freedom, effects less coefficients.
    pub q_degrees: f64,
    /// Chance of a larger Q if there is one true effect.
    pub q_p: f64,
}

/// Three-level meta-analysis, with moderators if any: effect `ij` is `mu + u_i + w_ij + e_ij`, `u` of the cluster, `w` of the
/// effect in it, `e` with the given variance (Konstantopoulos 2011, Research Synthesis Methods 2, 61-76).
///
/// Several effects of one sample are not independent; taken as if they were, the mean looks surer than it is. Sampling
/// errors of one cluster are taken as independent, as in the field's three-level syntheses. By REML or ML. Where options
/// say Knapp-Hartung, which is not made for three levels, coefficients have t of clusters less coefficients instead, and
/// prediction intervals count clusters, not effects.
///
/// `TooFewUnits` for fewer than two clusters; `Undefined` where no cluster has two effects, since its levels cannot be told
/// apart; else as [`meta_regression`](super::meta_regression).
///
/// # Errors
///
/// `length-mismatch`, `not-finite`; `invalid-option` for a variance of 0 or less, an estimator other than REML and ML, or unless
/// `0 < confidence < 1`.
///
/// ```
/// use alliance_psychometrics::Columns;
/// use alliance_psychometrics::synthesis::{MetaOptions, three_level_analysis};
///
/// let (effects, variances) = ([0.30, 0.20, 0.45, 0.50, 0.05, 0.12], [0.010, 0.020, 0.015, 0.012, 0.020, 0.01]);
/// let none = Columns::new(&[])?;
/// let found = three_level_analysis(&effects, &variances, &[1, 1, 2, 2, 3, 3], &none, &MetaOptions::default())?;
/// assert_eq!((found.clusters, found.prediction_degrees), (3, 1.0));
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn three_level_analysis(
    effects: &[f64],
    variances: &[f64],
    clusters: &[u32],
    moderators: &Columns<'_>,
    options: &MetaOptions,
) -> Result<ThreeLevelAnalysis, PsychometricsError> {
    analyse(effects, variances, clusters, moderators, options, Intervals::Given)
}

/// The same, with or without intervals of the variances.
pub(super) fn analyse(
    effects: &[f64],
    variances: &[f64],
    clusters: &[u32],
    moderators: &Columns<'_>,
    options: &MetaOptions,
    intervals: Intervals,
) -> Result<ThreeLevelAnalysis, PsychometricsError> {
    checked(effects, variances, options)?;
    let is_restricted = match options.estimator {
        TauEstimator::RestrictedMaximumLikelihood => true,
        TauEstimator::MaximumLikelihood => false,
        _ => return Err(PsychometricsError::option("estimator", "REML or ML with three levels")),
    };
    if clusters.len() != effects.len() {
        return Err(PsychometricsError::LengthMismatch { what: "effects and clusters" });
    }
    let none = |status| ThreeLevelAnalysis::undefined(status, moderators.count() + 1, effects.len(), options);
    let (rows, studies) = match studies_with(effects, variances, moderators)? {
        Ok(found) => found,
        Err(status) => return Ok(none(status)),
    };
    let codes: Vec<u32> = rows.iter().filter_map(|row| clusters.get(*row).copied()).collect();
    let groups = Groups::new(&codes, |_| true);
    if groups.count() < 2 {
        return Ok(none(Status::TooFewUnits));
    }
    if groups.count() == rows.len() {
        return Ok(none(Status::Undefined).with_note("no cluster has two effects: leave the clusters out"));
    }
    let clustered = Clustered { unit: studies.typical_variance(), studies, groups, is_restricted };
    let found = search(&clustered).and_then(|found| Some((clustered.solve(&found.parameters)?, found)));
    Ok(found.map_or_else(
        || none(Status::NotConverged),
        |(solution, found)| clustered.describe(&solution, &found, effects.len(), options, intervals),
    ))
}

/// Whether the variances get intervals, which cost some forty fits.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Intervals {
    Given,
    LeftOut,
}

/// Studies in clusters, as a deviance of the relative standard deviations of the two levels.
pub(super) struct Clustered {
    studies: Studies,
    groups: Groups,
    /// Typical sampling variance, in whose root the parameters are measured.
    unit: f64,
    is_restricted: bool,
}

/// Generalised least squares at one pair of variances.
struct Solution {
    between: f64,
    within: f64,
    coefficients: Vec<f64>,
    cholesky: Cholesky,
    deviance: f64,
    /// Of the deviance in the two variances.
    slopes: [f64; 2],
}

impl Clustered {
    fn solve(&self, parameters: &[f64]) -> Option<Solution> {
        let [between, within] = [cell(parameters, 0), cell(parameters, 1)].map(|x| x * x * self.unit);
        let width = self.studies.design.width();
        // Columns of the design, then the effect.
        let value = |row: usize, column: usize| {
            if column < width {
                cell(self.studies.design.row(row), column)
            } else {
                cell(&self.studies.effects, row)
            }
        };
        let weight = |row: usize| 1.0 / (cell(&self.studies.variances, row) + within);
        let mut gram = Symmetric::zeros(width + 1);
        let mut log_determinant = 0.0;
        for rows in self.groups.iter() {
            let total: f64 = rows.iter().map(|row| weight(*row)).sum();
            let inflation = 1.0 + between * total;
            log_determinant -= rows.iter().map(|row| libm::log(weight(*row))).sum::<f64>();
            log_determinant += libm::log(inflation);
            let sums: Vec<f64> = (0..=width)
                .map(|column| rows.iter().map(|row| weight(*row) * value(*row, column)).sum())
                .collect();
            for one in 0..=width {
                for other in 0..=one {
                    let own: f64 =
                        rows.iter().map(|row| weight(*row) * value(*row, one) * value(*row, other)).sum();
                    let pulled = between / inflation * cell(&sums, one) * cell(&sums, other);
                    gram.set(one, other, gram.at(one, other) + own - pulled);
                }
            }
        }
        let places: Vec<usize> = (0..width).collect();
        let cholesky = gram.part(&places).cholesky()?;
        let right: Vec<f64> = places.iter().map(|place| gram.at(*place, width)).collect();
        let coefficients = cholesky.solve(&right);
        let inverse = cholesky.inverse();
        let mut deviance = log_determinant;
        let mut slopes = [0.0; 2];
        // Columns of the design, then the residual, each times the inverse covariance of the cluster.
        let mut solved = vec![Vec::new(); width + 1];
        for rows in self.groups.iter() {
            let total: f64 = rows.iter().map(|row| weight(*row)).sum();
            let share = between / (1.0 + between * total);
            let column = |row: usize, column: usize| {
                if column < width {
                    return value(row, column);
                }
                let fitted: f64 =
                    places.iter().zip(&coefficients).map(|(place, b)| value(row, *place) * b).sum();
                value(row, width) - fitted
            };
            for (place, solved) in solved.iter_mut().enumerate() {
                let sum: f64 = rows.iter().map(|row| weight(*row) * column(*row, place)).sum();
                solved.clear();
                solved.extend(rows.iter().map(|row| weight(*row) * (column(*row, place) - share * sum)));
            }
            let residual = solved.last()?;
            deviance +=
                rows.iter().zip(residual).map(|(row, solved)| column(*row, width) * solved).sum::<f64>();
            let ones: f64 = total - share * total * total;
            let squared: f64 = rows.iter().map(|row| weight(*row).powi(2)).sum();
            let trace = total - share * squared;
            let sums: Vec<f64> = solved.iter().map(|solved| solved.iter().sum()).collect();
            slopes[0] += ones - cell(&sums, width).powi(2);
            slopes[1] += trace - residual.iter().map(|e| e * e).sum::<f64>();
            if self.is_restricted {
                for one in &places {
                    for other in &places {
                        let products = match (solved.get(*one), solved.get(*other)) {
                            (Some(left), Some(right)) => left.iter().zip(right).map(|(a, b)| a * b).sum(),
                            _ => f64::NAN,
                        };
                        slopes[0] -= inverse.at(*one, *other) * cell(&sums, *one) * cell(&sums, *other);
                        slopes[1] -= inverse.at(*one, *other) * products;
                    }
                }
            }
        }
        if self.is_restricted {
            deviance += cholesky.log_determinant();
        }
        deviance.is_finite().then_some(Solution { between, within, coefficients, cholesky, deviance, slopes })
    }

    fn describe(
        &self,
        solution: &Solution,
        found: &Found,
        rows: usize,
        options: &MetaOptions,
        intervals: Intervals,
    ) -> ThreeLevelAnalysis {
        let used = self.studies.effects.len();
        let clusters = self.groups.count();
        let counted = |estimate: Estimate| estimate.with_rows(clusters, used, rows - used);
        let width = self.studies.design.width();
        let degrees = match options.standard_errors {
            StandardErrors::Normal => f64::INFINITY,
            StandardErrors::KnappHartung => clusters as f64 - width as f64,
        };
        let fixed = Fixed {
            values: self.studies.design.coefficients(&solution.coefficients),
            covariance: self.studies.design.covariance(&solution.cholesky.inverse()),
            scale: 1.0,
            degrees,
        };
        let prediction_degrees = match options.prediction {
            PredictionDegrees::Normal => f64::INFINITY,
            PredictionDegrees::StudiesLessTwo => clusters as f64 - 2.0,
            PredictionDegrees::StudiesLessOne => clusters as f64 - 1.0,
        };
        let component = |value: f64, place: usize| {
            let (low, high) = match intervals {
                Intervals::Given => profile_interval(self, &found.parameters, place, options.confidence),
                Intervals::LeftOut => (f64::NAN, f64::NAN),
            };
            let estimate = counted(Estimate::new(value, Level::BetweenStudies, options.estimator.as_str()))
                .with_interval(low * low * self.unit, high * high * self.unit, options.confidence);
            match found.status {
                Status::NotConverged => estimate.with_status(Status::NotConverged),
                _ if value == 0.0 => estimate.with_status(Status::Boundary),
                _ => estimate,
            }
        };
        let total = solution.between + solution.within;
        let mut coefficients = fixed.coefficients(options, counted);
        if found.status == Status::NotConverged {
            for coefficient in &mut coefficients {
                coefficient.estimate.status = Status::NotConverged;
            }
        }
        let prediction = coefficients.first().filter(|_| width == 1).and_then(|effect| {
            let error = (total + effect.estimate.standard_error.powi(2)).sqrt();
            let around = quantile(0.5 + options.confidence / 2.0, prediction_degrees) * error;
            let (value, confidence) = (effect.estimate.value, options.confidence);
            (!around.is_nan()).then_some(Interval { low: value - around, high: value + around, confidence })
        });
        let (q, q_p) = self.studies.q();
        ThreeLevelAnalysis {
            options: *options,
            moderators: if width > 1 { fixed.moderators() } else { ModeratorTest::NONE },
            coefficients,
            clusters,
            prediction,
            prediction_degrees,
            between_clusters: component(solution.between, 0),
            within_clusters: component(solution.within, 1),
            i_squared_between: 100.0 * solution.between / (total + self.unit),
            i_squared_within: 100.0 * solution.within / (total + self.unit),
            q,
            q_degrees: self.studies.degrees(),
            q_p,
        }
    }
}

impl Deviance for Clustered {
    fn parameters(&self) -> usize {
        2
    }

    fn is_deviation(&self, _: usize) -> bool {
        true
    }

    fn evaluate(&self, parameters: &[f64]) -> Option<(f64, Vec<f64>)> {
        let solution = self.solve(parameters)?;
        let slopes = solution.slopes.iter().zip(parameters);
        Some((solution.deviance, slopes.map(|(slope, x)| 2.0 * self.unit * x * slope).collect()))
    }

    fn rises_from_zero(&self, place: usize, parameters: &[f64]) -> Option<bool> {
        self.solve(parameters)?.slopes.get(place).map(|slope| *slope > 0.0)
    }
}

impl ThreeLevelAnalysis {
    fn undefined(status: Status, size: usize, rows: usize, options: &MetaOptions) -> Self {
        let coefficient = Coefficient::undefined(status, rows, options);
        Self {
            options: *options,
            moderators: ModeratorTest::NONE,
            clusters: 0,
            prediction: None,
            prediction_degrees: f64::NAN,
            between_clusters: coefficient.estimate.clone(),
            within_clusters: coefficient.estimate.clone(),
            coefficients: vec![coefficient; size],
            i_squared_between: f64::NAN,
            i_squared_within: f64::NAN,
            q: f64::NAN,
            q_degrees: f64::NAN,
            q_p: f64::NAN,
        }
    }

    fn with_note(mut self, note: &str) -> Self {
        for coefficient in &mut self.coefficients {
            coefficient.estimate.notes.push(note.to_owned());
        }
        self
    }
}
