//! The deviance of ratings with crossed targets and raters.

use std::f64::consts::TAU;

use super::information::Probe;
use super::search::Deviance;
use crate::linear::Symmetric;
use crate::{Columns, Status};

/// Residuals whose sum of squares is below this share of that of the ratings are rounding.
const REPRODUCED: f64 = 1e-26;
/// So are they below this share of the sum of squares within targets.
const ELIMINATED: f64 = 1e-13;

/// What of the ratings the likelihood needs.
pub(super) struct Cells {
    /// Number of ratings.
    pub(super) count: usize,
    pub(super) targets: Vec<Target>,
    /// Raters of each target's ratings, one target after the other.
    rated_by: Vec<usize>,
    /// Number of ratings of each rater.
    pub(super) raters: Vec<f64>,
    /// Sum of the ratings of each rater, less the centre.
    rater_sums: Vec<f64>,
    /// Mean of all ratings, taken out.
    pub(super) centre: f64,
    /// Sum of squares about the targets' means.
    within: f64,
    /// Sum of the squared ratings, as they came.
    squares: f64,
}

pub(super) struct Target {
    count: f64,
    /// Sum of its ratings less the centre.
    sum: f64,
    /// Where its raters stand.
    span: std::ops::Range<usize>,
}

/// Sums at one pair of relative variances, for W = (1, y); of symmetric 2 by 2 matrices the cells 11, 12, 22.
pub(super) struct Sums {
    pub(super) gram: [f64; 3],
    log_determinant: f64,
    /// Trace of Z' V^-1 Z for targets and raters, and the products of Z' V^-1 W.
    spread: [f64; 2],
    cross: [[f64; 3]; 2],
}

impl Sums {
    pub(super) fn coefficient(&self) -> f64 {
        self.gram[1] / self.gram[0]
    }

    /// v' M v for v = (-b, 1).
    fn squares(&self, [ones, mixed, squares]: [f64; 3]) -> f64 {
        let b = self.coefficient();
        squares - 2.0 * b * mixed + b * b * ones
    }
}

impl Cells {
    pub(super) fn new(ratings: &Columns<'_>) -> Self {
        let there = || ratings.iter().flatten().filter(|value| !value.is_nan());
        let count = there().count();
        let centre = there().sum::<f64>() / count as f64;
        let mut cells = Self {
            count,
            targets: Vec::new(),
            rated_by: Vec::with_capacity(count),
            raters: vec![0.0; ratings.count()],
            rater_sums: vec![0.0; ratings.count()],
            centre,
            within: 0.0,
            squares: there().map(|value| value * value).sum(),
        };
        let mut own = Vec::new();
        for row in 0..ratings.rows() {
            own.clear();
            let start = cells.rated_by.len();
            for (rater, column) in ratings.iter().enumerate() {
                let Some(value) = column.get(row).filter(|value| !value.is_nan()) else { continue };
                own.push(value - centre);
                cells.rated_by.push(rater);
                cells.raters[rater] += 1.0;
                cells.rater_sums[rater] += value - centre;
            }
            let (count, sum) = (own.len() as f64, own.iter().sum::<f64>());
            if count > 0.0 {
                cells.within +=
                    own.iter().map(|value| (value - sum / count) * (value - sum / count)).sum::<f64>();
                cells.targets.push(Target { count, sum, span: start..cells.rated_by.len() });
            }
        }
        cells
    }

    pub(super) fn refusal(&self) -> Option<Status> {
        let raters = self.raters.iter().filter(|count| **count > 0.0).count();
        if self.count == 0 {
            return Some(Status::AllMissing);
        }
        if self.targets.len() < 2 || raters < 2 || self.targets.len().max(raters) >= self.count {
            return Some(Status::TooFewUnits);
        }
        let rounding = (REPRODUCED * self.squares).max(ELIMINATED * self.within);
        (self.left_over() <= rounding).then_some(Status::ZeroVariance)
    }

    /// Sum of squares that targets and raters with fixed effects do not reproduce.
    fn left_over(&self) -> f64 {
        // Normal equations of the raters' effects with the targets' taken out, and the sum of squares as last row.
        let size = self.raters.len();
        let mut matrix = Symmetric::from_fn(size + 1, |row, column| match (row == size, column == size) {
            (false, false) if row == column => self.raters[row],
            (true, false) => self.rater_sums[column],
            (true, true) => self.within,
            _ => 0.0,
        });
        for target in &self.targets {
            let raters = &self.rated_by[target.span.clone()];
            for (place, one) in raters.iter().enumerate() {
                matrix.set(size, *one, matrix.at(size, *one) - target.sum / target.count);
                for other in &raters[..=place] {
                    matrix.set(*one, *other, matrix.at(*one, *other) - 1.0 / target.count);
                }
            }
        }
        for pivot in 0..size {
            let own = matrix.at(pivot, pivot);
            // Effects are known up to a constant in each connected set: there a pivot is 0 but for rounding.
            if own <= 1e-10 * self.raters[pivot] {
                continue;
            }
            for row in pivot + 1..=size {
                let share = matrix.at(row, pivot) / own;
                for column in pivot + 1..=row {
                    matrix.set(row, column, matrix.at(row, column) - share * matrix.at(column, pivot));
                }
            }
        }
        matrix.at(size, size)
    }

    pub(super) fn sums(&self, parameters: &[f64]) -> Option<Sums> {
        let [of_targets, of_raters] = parameters else { return None };
        let (of_targets, of_raters) = (of_targets * of_targets, of_raters * of_raters);
        // First V1, with the targets alone: V1^-1 = I - c Z Z' per target.
        let mut gram = [0.0, 0.0, self.within];
        let mut log_determinant = 0.0;
        // R' V1^-1 R and R' V1^-1 W for the raters' indicators R.
        let mut between =
            Symmetric::from_fn(
                self.raters.len(),
                |row, column| {
                    if row == column { self.raters[row] } else { 0.0 }
                },
            );
        let mut on_raters: Vec<[f64; 2]> =
            self.raters.iter().zip(&self.rater_sums).map(|(count, sum)| [*count, *sum]).collect();
        for target in &self.targets {
            let inflation = 1.0 + of_targets * target.count;
            let share = of_targets / inflation;
            log_determinant += libm::log(inflation);
            gram[0] += target.count / inflation;
            gram[1] += target.sum / inflation;
            gram[2] += target.sum * target.sum / (target.count * inflation);
            let raters = &self.rated_by[target.span.clone()];
            for (place, one) in raters.iter().enumerate() {
                on_raters[*one][0] -= share * target.count;
                on_raters[*one][1] -= share * target.sum;
                for other in &raters[..=place] {
                    between.set(*one, *other, between.at(*one, *other) - share);
                }
            }
        }
        // Then the raters: V = V1 + psi R R'.
        let inner = Symmetric::from_fn(self.raters.len(), |row, column| {
            of_raters * between.at(row, column) + if row == column { 1.0 } else { 0.0 }
        });
        let factor = inner.cholesky()?;
        log_determinant += factor.log_determinant();
        let inverse = factor.inverse();
        // R' V^-1 W, since R' V^-1 = (I + psi R'V1^-1 R)^-1 R' V1^-1.
        let pulled: Vec<[f64; 2]> =
            (0..self.raters.len())
                .map(|row| {
                    inverse.row(row).iter().zip(&on_raters).fold([0.0; 2], |sum, (weight, own)| {
                        [sum[0] + weight * own[0], sum[1] + weight * own[1]]
                    })
                })
                .collect();
        let mut spread = [0.0; 2];
        let mut cross = [[0.0; 3]; 2];
        for (rater, (own, pull)) in on_raters.iter().zip(&pulled).enumerate() {
            add_products(&mut gram, own, pull, -of_raters);
            add_products(&mut cross[1], pull, pull, 1.0);
            spread[1] += inverse.row(rater).iter().zip(between.row(rater)).map(|(a, b)| a * b).sum::<f64>();
        }
        for target in &self.targets {
            let inflation = 1.0 + of_targets * target.count;
            let raters = &self.rated_by[target.span.clone()];
            let mut own = [target.count, target.sum];
            let mut together = 0.0;
            for one in raters {
                own[0] -= of_raters * pulled[*one][0];
                own[1] -= of_raters * pulled[*one][1];
                together += raters.iter().map(|other| inverse.at(*one, *other)).sum::<f64>();
            }
            let own = own.map(|value| value / inflation);
            add_products(&mut cross[0], &own, &own, 1.0);
            spread[0] += (target.count - of_raters * together / inflation) / inflation;
        }
        Some(Sums { gram, log_determinant, spread, cross })
    }

    fn degrees(&self) -> f64 {
        self.count as f64 - 1.0
    }

    pub(super) fn residual_variance(&self, sums: &Sums) -> f64 {
        sums.squares(sums.gram) / self.degrees()
    }

    pub(super) fn deviance(&self, sums: &Sums) -> f64 {
        self.degrees() * (1.0 + libm::log(TAU * self.residual_variance(sums)))
            + sums.log_determinant
            + libm::log(sums.gram[0])
    }

    /// Derivatives with respect to the two relative variances, the residual variance being held.
    fn slopes(sums: &Sums, residual: f64) -> [f64; 2] {
        [0, 1].map(|factor| {
            let cross = sums.cross[factor];
            sums.spread[factor] - sums.squares(cross) / residual - cross[0] / sums.gram[0]
        })
    }

    fn gradient(sums: &Sums, residual: f64, parameters: &[f64]) -> Vec<f64> {
        let slopes = Self::slopes(sums, residual);
        slopes.iter().zip(parameters).map(|(slope, deviation)| 2.0 * slope * deviation).collect()
    }

    pub(super) fn components(residual: f64, parameters: &[f64]) -> [f64; 3] {
        let of = |place: usize| parameters.get(place).map_or(f64::NAN, |value| residual * value * value);
        [residual, of(0), of(1)]
    }

    pub(super) fn probe(&self, residual: f64, parameters: &[f64]) -> Option<Probe> {
        let sums = self.sums(parameters)?;
        Some(Probe {
            of_residual: (self.degrees() - sums.squares(sums.gram) / residual) / residual,
            of_parameters: Self::gradient(&sums, residual, parameters),
            coefficients: Symmetric::from_fn(1, |_, _| residual / sums.gram[0]),
            components: Self::components(residual, parameters).to_vec(),
        })
    }
}

/// Adds the cells 11, 12 and 22 of an outer product.
fn add_products(sum: &mut [f64; 3], left: &[f64; 2], right: &[f64; 2], scale: f64) {
    sum[0] += scale * left[0] * right[0];
    sum[1] += scale * left[0] * right[1];
    sum[2] += scale * left[1] * right[1];
}

impl Deviance for Cells {
    fn parameters(&self) -> usize {
        2
    }

    fn is_deviation(&self, _place: usize) -> bool {
        true
    }

    fn evaluate(&self, parameters: &[f64]) -> Option<(f64, Vec<f64>)> {
        let sums = self.sums(parameters)?;
        let gradient = Self::gradient(&sums, self.residual_variance(&sums), parameters);
        let value = self.deviance(&sums);
        value.is_finite().then_some((value, gradient))
    }

    fn rises_from_zero(&self, place: usize, parameters: &[f64]) -> Option<bool> {
        let sums = self.sums(parameters)?;
        Some(Self::slopes(&sums, self.residual_variance(&sums)).get(place)? >= &0.0)
    }
}
