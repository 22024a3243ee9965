//! The deviance of a reduced model and its gradient, in one pass over the groups.

use std::f64::consts::TAU;

use super::model::Likelihood;
use super::reduced::Reduced;
use crate::linear::{Cholesky, Symmetric};

/// Covariance of the random effects in units of the residual variance.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Relative<const Q: usize> {
    /// Of a group's effects.
    pub(super) group: [[f64; Q]; Q],
    /// Variance of the outer intercept.
    pub(super) outer: f64,
}

/// Sums over groups at one covariance. V is the covariance of the rows in units of the residual variance.
pub(super) struct Sums<const Q: usize> {
    /// W' V^-1 W.
    gram: Vec<f64>,
    /// ln |V|.
    log_determinant: f64,
    /// Z' V^-1 Z, summed over groups.
    spread: [[f64; Q]; Q],
    /// Products of rows k and l of Z' V^-1 W, summed over groups.
    cross: [[Vec<f64>; Q]; Q],
    /// The same two for the outer intercept.
    outer_spread: f64,
    outer_cross: Vec<f64>,
}

/// Fixed effects and deviance at one covariance.
pub(super) struct Solution {
    /// Coefficients of the orthonormal columns.
    pub(super) coefficients: Vec<f64>,
    /// Of X' V^-1 X.
    pub(super) cholesky: Cholesky,
    /// (y - X b)' V^-1 (y - X b).
    pub(super) sum_of_squares: f64,
    /// What the residual variance is divided by.
    pub(super) degrees: f64,
    /// The profiled deviance: -2 log likelihood.
    pub(super) deviance: f64,
}

impl Solution {
    pub(super) fn residual_variance(&self) -> f64 {
        self.sum_of_squares / self.degrees
    }

    /// Covariance of the coefficients at a residual variance.
    pub(super) fn covariance(&self, residual_variance: f64) -> Symmetric {
        let inverse = self.cholesky.inverse();
        Symmetric::from_fn(inverse.size(), |row, column| residual_variance * inverse.at(row, column))
    }

    /// Derivative of the deviance, not profiled, with respect to the residual variance.
    pub(super) fn of_residual(&self, residual_variance: f64) -> f64 {
        (self.degrees - self.sum_of_squares / residual_variance) / residual_variance
    }
}

/// Gradient of the deviance at a given residual variance.
pub(super) struct Gradient<const Q: usize> {
    /// The differential is the trace of this times that of the groups' covariance.
    pub(super) group: [[f64; Q]; Q],
    pub(super) outer: f64,
}

impl<const Q: usize> Reduced<Q> {
    /// The sums at one covariance; `None` if I + R Psi R' is not positive definite.
    pub(super) fn sums(&self, relative: &Relative<Q>) -> Option<Sums<Q>> {
        let width = self.width;
        let square = width * width;
        let mut sums = Sums {
            gram: self.within.clone(),
            log_determinant: 0.0,
            spread: [[0.0; Q]; Q],
            cross: std::array::from_fn(|_| std::array::from_fn(|_| vec![0.0; square])),
            outer_spread: 0.0,
            outer_cross: vec![0.0; if self.outer_starts.is_some() { square } else { 0 }],
        };
        // Determinants are multiplied, and a logarithm taken when they get large.
        let mut determinant = 1.0_f64;
        // Per group of the outer group at hand: L^-1 R and L^-1 U'W, with L L' = I + R Psi R'.
        let mut roots: Vec<[[f64; Q]; Q]> = Vec::new();
        let mut whitened: Vec<f64> = Vec::new();
        let mut mean = vec![0.0; width];
        let mut row = vec![0.0; width];
        let mut directions: [Vec<f64>; Q] = std::array::from_fn(|_| vec![0.0; width]);
        for groups in self.outer_groups() {
            roots.clear();
            whitened.clear();
            mean.fill(0.0);
            let mut weight = 0.0;
            let projections = self.projections.get(groups.start * Q * width..groups.end * Q * width)?;
            whitened.extend_from_slice(projections);
            for (root, own) in self.roots.get(groups)?.iter().zip(whitened.chunks_exact_mut(Q * width)) {
                let factor = relative_factor(root, &relative.group)?;
                for place in 0..Q {
                    determinant *= factor[place][place] * factor[place][place];
                }
                if !(1e-100..1e100).contains(&determinant) {
                    sums.log_determinant += libm::log(determinant);
                    determinant = 1.0;
                }
                let root = whiten_root(&factor, root);
                whiten_rows(&factor, own, width);
                if self.outer_starts.is_some() {
                    for (root, own) in root.iter().zip(own.chunks_exact(width)) {
                        weight += root[0] * root[0];
                        add_scaled(&mut mean, own, root[0]);
                    }
                }
                roots.push(root);
            }
            // Share of the outer mean that is ascribed to the outer intercept.
            let mut shrinkage = 0.0;
            if self.outer_starts.is_some() {
                let inflation = 1.0 + relative.outer * weight;
                if inflation <= 0.0 {
                    return None;
                }
                sums.log_determinant += libm::log(inflation);
                sums.outer_spread += weight / inflation;
                add_products(&mut sums.outer_cross, &mean, &mean, 1.0 / (inflation * inflation));
                mean.iter_mut().for_each(|sum| *sum /= weight);
                add_products(&mut sums.gram, &mean, &mean, weight / inflation);
                shrinkage = relative.outer * weight / inflation;
            }
            for (root, own) in roots.iter().zip(whitened.chunks_exact(Q * width)) {
                directions.iter_mut().for_each(|direction| direction.fill(0.0));
                let mut on_intercept = [0.0; Q];
                for (root, own) in root.iter().zip(own.chunks_exact(width)) {
                    for ((row, own), mean) in row.iter_mut().zip(own).zip(&mean) {
                        *row = own - root[0] * mean;
                    }
                    add_products(&mut sums.gram, &row, &row, 1.0);
                    for ((row, own), mean) in row.iter_mut().zip(own).zip(&mean) {
                        *row = own - root[0] * shrinkage * mean;
                    }
                    for (place, direction) in directions.iter_mut().enumerate() {
                        add_scaled(direction, &row, root[place]);
                        on_intercept[place] += root[place] * root[0];
                    }
                }
                let outer_share = if weight > 0.0 { shrinkage / weight } else { 0.0 };
                for k in 0..Q {
                    for l in k..Q {
                        let own: f64 = root.iter().map(|row| row[k] * row[l]).sum();
                        sums.spread[k][l] += own - outer_share * on_intercept[k] * on_intercept[l];
                        add_products(&mut sums.cross[k][l], &directions[k], &directions[l], 1.0);
                    }
                }
            }
        }
        sums.log_determinant += libm::log(determinant);
        Some(sums)
    }

    /// Generalised least squares at one covariance.
    pub(super) fn solve(&self, sums: &Sums<Q>, likelihood: Likelihood) -> Option<Solution> {
        let (width, fixed) = (self.width, self.width - 1);
        let at = |row: usize, column: usize| sums.gram[row * width + column];
        let cholesky = Symmetric::from_fn(fixed, at).cholesky()?;
        let right: Vec<f64> = (0..fixed).map(|row| at(row, fixed)).collect();
        let coefficients = cholesky.solve(&right);
        let sum_of_squares = quadratic(&sums.gram, &residual_weights(&coefficients));
        let restricted = likelihood == Likelihood::Restricted;
        let degrees = (self.rows - if restricted { fixed } else { 0 }) as f64;
        let mut deviance = degrees * (1.0 + libm::log(TAU * sum_of_squares / degrees)) + sums.log_determinant;
        if restricted {
            let triangle = (0..fixed).map(|place| libm::log(self.triangle[place * fixed + place]));
            deviance += cholesky.log_determinant() + 2.0 * triangle.sum::<f64>();
        }
        deviance.is_finite().then_some(Solution { coefficients, cholesky, sum_of_squares, degrees, deviance })
    }

    /// The gradient with respect to the relative covariance, the residual variance being held.
    pub(super) fn gradient(
        &self,
        sums: &Sums<Q>,
        solution: &Solution,
        likelihood: Likelihood,
        residual_variance: f64,
    ) -> Gradient<Q> {
        let weights = residual_weights(&solution.coefficients);
        let inverse = (likelihood == Likelihood::Restricted).then(|| solution.cholesky.inverse());
        let slope = |spread: f64, cross: &[f64]| {
            let correction = inverse.as_ref().map_or(0.0, |inverse| {
                let rows = cross.chunks_exact(self.width).enumerate().take(inverse.size());
                rows.map(|(row, cells)| cells.iter().zip(inverse.row(row)).map(|(a, b)| a * b).sum::<f64>())
                    .sum()
            });
            spread - quadratic(cross, &weights) / residual_variance - correction
        };
        let mut gradient = Gradient { group: [[0.0; Q]; Q], outer: 0.0 };
        for k in 0..Q {
            for l in k..Q {
                gradient.group[k][l] = slope(sums.spread[k][l], &sums.cross[k][l]);
                gradient.group[l][k] = gradient.group[k][l];
            }
        }
        if self.outer_starts.is_some() {
            gradient.outer = slope(sums.outer_spread, &sums.outer_cross);
        }
        gradient
    }
}

/// Weights of the columns of W that make the residual.
fn residual_weights(coefficients: &[f64]) -> Vec<f64> {
    coefficients.iter().map(|coefficient| -coefficient).chain([1.0]).collect()
}

/// v' M v.
fn quadratic(matrix: &[f64], vector: &[f64]) -> f64 {
    let rows = matrix.chunks_exact(vector.len()).zip(vector);
    rows.map(|(row, weight)| weight * row.iter().zip(vector).map(|(a, b)| a * b).sum::<f64>()).sum()
}

/// Cholesky factor of I + R Psi R'.
pub(super) fn relative_factor<const Q: usize>(
    root: &[[f64; Q]; Q],
    covariance: &[[f64; Q]; Q],
) -> Option<[[f64; Q]; Q]> {
    let mut matrix = sandwich(root, covariance);
    (0..Q).for_each(|place| matrix[place][place] += 1.0);
    factor(&matrix)
}

/// A M A'.
pub(super) fn sandwich<const Q: usize>(outside: &[[f64; Q]; Q], inside: &[[f64; Q]; Q]) -> [[f64; Q]; Q] {
    std::array::from_fn(|row| {
        std::array::from_fn(|column| {
            let terms = (0..Q).flat_map(|k| (0..Q).map(move |l| (k, l)));
            terms.map(|(k, l)| outside[row][k] * inside[k][l] * outside[column][l]).sum()
        })
    })
}

/// Lower Cholesky factor.
pub(super) fn factor<const Q: usize>(matrix: &[[f64; Q]; Q]) -> Option<[[f64; Q]; Q]> {
    let mut factor = [[0.0; Q]; Q];
    for row in 0..Q {
        for column in 0..=row {
            let before: f64 = (0..column).map(|before| factor[row][before] * factor[column][before]).sum();
            let rest = matrix[row][column] - before;
            if row == column {
                if rest <= 0.0 || !rest.is_finite() {
                    return None;
                }
                factor[row][row] = rest.sqrt();
            } else {
                factor[row][column] = rest / factor[column][column];
            }
        }
    }
    Some(factor)
}

/// L^-1 R.
pub(super) fn whiten_root<const Q: usize>(factor: &[[f64; Q]; Q], root: &[[f64; Q]; Q]) -> [[f64; Q]; Q] {
    let mut whitened = *root;
    for row in 0..Q {
        for column in 0..Q {
            for before in 0..row {
                whitened[row][column] -= factor[row][before] * whitened[before][column];
            }
            whitened[row][column] /= factor[row][row];
        }
    }
    whitened
}

/// L^-1 times Q rows, in place.
pub(super) fn whiten_rows<const Q: usize>(factor: &[[f64; Q]; Q], rows: &mut [f64], width: usize) {
    for row in 0..Q {
        let (before, rest) = rows.split_at_mut(row * width);
        let own = &mut rest[..width];
        for (earlier, values) in before.chunks_exact(width).enumerate() {
            add_scaled(own, values, -factor[row][earlier]);
        }
        own.iter_mut().for_each(|value| *value /= factor[row][row]);
    }
}

fn add_scaled(sum: &mut [f64], values: &[f64], scale: f64) {
    sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += scale * value);
}

/// Adds `scale` times the outer product.
fn add_products(sum: &mut [f64], left: &[f64], right: &[f64], scale: f64) {
    for (row, value) in sum.chunks_exact_mut(right.len()).zip(left) {
        add_scaled(row, right, scale * value);
    }
}
