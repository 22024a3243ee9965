//! The deviance of a reduced model and its gradient, in one pass over the groups.

use std::f64::consts::TAU;

use super::model::Likelihood;
use super::reduced::Reduced;
use super::square::{Square, relative_factor, whiten_rows, whitened_by};
use crate::linear::{Cholesky, Symmetric};

/// Covariance of the random effects in units of the residual variance.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Relative<const Q: usize> {
    /// Of a group's effects.
    pub(super) group: Square<Q>,
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
    spread: Square<Q>,
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
    pub(super) group: Square<Q>,
    pub(super) outer: f64,
}

/// Generalised least squares of W on the outer intercept, in one outer group.
struct OuterMean {
    /// The estimate; 0 without an outer factor.
    mean: Vec<f64>,
    /// Its precision, 1' V1^-1 1 for the covariance V1 of the rows without the outer intercept.
    weight: f64,
    /// psi / (1 + psi weight): times the weight, the share of the mean that is the outer intercept's.
    share: f64,
}

impl OuterMean {
    fn add_groups<const Q: usize>(&mut self, roots: &[Square<Q>], whitened: &[f64]) {
        let rows = roots.iter().flatten().zip(whitened.chunks_exact(self.mean.len()));
        for (root, own) in rows {
            self.weight += root[0] * root[0];
            add_scaled(&mut self.mean, own, root[0]);
        }
        for sum in &mut self.mean {
            *sum /= self.weight;
        }
    }
}

/// Room for one group.
struct Scratch<const Q: usize> {
    row: Vec<f64>,
    directions: [Vec<f64>; Q],
}

impl<const Q: usize> Scratch<Q> {
    fn new(width: usize) -> Self {
        Self { row: vec![0.0; width], directions: std::array::from_fn(|_| vec![0.0; width]) }
    }

    /// The row `own - scale * mean`.
    fn less(&mut self, own: &[f64], mean: &[f64], scale: f64) -> &[f64] {
        for ((row, own), mean) in self.row.iter_mut().zip(own).zip(mean) {
            *row = own - scale * mean;
        }
        &self.row
    }
}

impl<const Q: usize> Sums<Q> {
    fn new(within: &[f64], width: usize) -> Self {
        let square = || vec![0.0; width * width];
        Self {
            gram: within.to_vec(),
            log_determinant: 0.0,
            spread: [[0.0; Q]; Q],
            cross: std::array::from_fn(|_| std::array::from_fn(|_| square())),
            outer_spread: 0.0,
            outer_cross: square(),
        }
    }

    fn add_outer(&mut self, outer: &OuterMean, inflation: f64) {
        let pulled = outer.weight / inflation;
        add_products(&mut self.gram, &outer.mean, &outer.mean, pulled);
        add_products(&mut self.outer_cross, &outer.mean, &outer.mean, pulled * pulled);
        self.outer_spread += pulled;
    }

    /// Adds a group, given as L^-1 R and L^-1 U'W.
    fn add_group(&mut self, root: &Square<Q>, whitened: &[f64], outer: &OuterMean, scratch: &mut Scratch<Q>) {
        for direction in &mut scratch.directions {
            direction.fill(0.0);
        }
        let mut on_intercept = [0.0; Q];
        for (root, own) in root.iter().zip(whitened.chunks_exact(outer.mean.len())) {
            let deviation = scratch.less(own, &outer.mean, root[0]);
            add_products(&mut self.gram, deviation, deviation, 1.0);
            scratch.less(own, &outer.mean, root[0] * outer.share * outer.weight);
            for (place, direction) in scratch.directions.iter_mut().enumerate() {
                add_scaled(direction, &scratch.row, root[place]);
                on_intercept[place] += root[place] * root[0];
            }
        }
        for k in 0..Q {
            for l in k..Q {
                let own: f64 = root.iter().map(|row| row[k] * row[l]).sum();
                self.spread[k][l] += own - outer.share * on_intercept[k] * on_intercept[l];
                add_products(&mut self.cross[k][l], &scratch.directions[k], &scratch.directions[l], 1.0);
            }
        }
    }
}

/// A product of many numbers, whose logarithm is taken only when it gets large or small.
struct Determinant {
    product: f64,
    logarithm: f64,
}

impl Default for Determinant {
    fn default() -> Self {
        Self { product: 1.0, logarithm: 0.0 }
    }
}

impl Determinant {
    fn multiply(&mut self, factor: f64) {
        self.product *= factor;
        if !(1e-100..1e100).contains(&self.product) {
            self.logarithm += libm::log(self.product);
            self.product = 1.0;
        }
    }

    fn logarithm(&self) -> f64 {
        self.logarithm + libm::log(self.product)
    }
}

impl<const Q: usize> Reduced<Q> {
    /// The sums at one covariance; `None` if I + R Psi R' is not positive definite.
    pub(super) fn sums(&self, relative: &Relative<Q>) -> Option<Sums<Q>> {
        let width = self.width;
        let mut sums = Sums::new(&self.within, width);
        let mut determinant = Determinant::default();
        // Per group of the outer group at hand: L^-1 R and L^-1 U'W, with L L' = I + R Psi R'.
        let mut roots: Vec<Square<Q>> = Vec::new();
        let mut whitened: Vec<f64> = Vec::new();
        let mut scratch = Scratch::new(width);
        for groups in self.outer_groups() {
            roots.clear();
            whitened.clear();
            whitened
                .extend_from_slice(self.projections.get(groups.start * Q * width..groups.end * Q * width)?);
            for (root, own) in self.roots.get(groups)?.iter().zip(whitened.chunks_exact_mut(Q * width)) {
                let lower = relative_factor(root, &relative.group)?;
                determinant
                    .multiply(lower.iter().enumerate().map(|(place, row)| row[place]).product::<f64>());
                whiten_rows(&lower, own, width);
                roots.push(whitened_by(&lower, root));
            }
            let mut outer = OuterMean { mean: vec![0.0; width], weight: 0.0, share: 0.0 };
            if self.outer_starts.is_some() {
                outer.add_groups(&roots, &whitened);
                let inflation = 1.0 + relative.outer * outer.weight;
                determinant.multiply((inflation > 0.0).then(|| inflation.sqrt())?);
                outer.share = relative.outer / inflation;
                sums.add_outer(&outer, inflation);
            }
            for (root, own) in roots.iter().zip(whitened.chunks_exact(Q * width)) {
                sums.add_group(root, own, &outer, &mut scratch);
            }
        }
        sums.log_determinant = 2.0 * determinant.logarithm();
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

fn add_scaled(sum: &mut [f64], values: &[f64], scale: f64) {
    sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += scale * value);
}

/// Adds `scale` times the outer product.
fn add_products(sum: &mut [f64], left: &[f64], right: &[f64], scale: f64) {
    for (row, value) in sum.chunks_exact_mut(right.len()).zip(left) {
        add_scaled(row, right, scale * value);
    }
}
