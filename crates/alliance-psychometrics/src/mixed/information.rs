//! How well the variances are known, and what that means for tests of fixed effects.

use crate::linear::Symmetric;

/// Distance over which derivatives are differenced, as a share of the parameter.
const STEP: f64 = 1e-4;

/// What follows from the second derivatives of the deviance in the residual variance and the relative factor.
pub(super) struct Information {
    /// Covariance of the estimated components, in the order of the probes; NaN if the information is not positive
    /// definite.
    pub(super) components: Symmetric,
    /// For Satterthwaite's degrees of freedom: covariance of the parameters, and the derivative with respect to each
    /// of the covariance of the coefficients. Empty if the information is not positive definite.
    pub(super) parameters: Symmetric,
    pub(super) slopes: Vec<Symmetric>,
}

/// Derivatives and results at a residual variance and parameters of the relative factor.
pub(super) struct Probe {
    /// Derivative of the deviance with respect to the residual variance.
    pub(super) of_residual: f64,
    /// And to the parameters, the residual variance being held.
    pub(super) of_parameters: Vec<f64>,
    /// Covariance of the coefficients.
    pub(super) coefficients: Symmetric,
    /// Variances.
    pub(super) components: Vec<f64>,
}

impl Information {
    /// Observed information by central differences of the exact gradient, in the parameters that are not 0.
    pub(super) fn new(
        residual_variance: f64,
        parameters: &[f64],
        probe: impl Fn(f64, &[f64]) -> Option<Probe>,
    ) -> Self {
        Self::differenced(residual_variance, parameters, probe).unwrap_or_else(|| Self {
            components: Symmetric::zeros(0),
            parameters: Symmetric::zeros(0),
            slopes: Vec::new(),
        })
    }

    fn differenced(
        residual_variance: f64,
        parameters: &[f64],
        probe: impl Fn(f64, &[f64]) -> Option<Probe>,
    ) -> Option<Self> {
        let at: Vec<f64> = std::iter::once(residual_variance).chain(parameters.iter().copied()).collect();
        let free: Vec<usize> = (0..at.len()).filter(|place| at[*place] != 0.0).collect();
        let near = |place: usize, distance: f64| {
            let mut near = at.clone();
            near[place] += distance;
            let (residual, parameters) = near.split_first()?;
            probe(*residual, parameters)
        };
        let mut differences = Vec::with_capacity(free.len());
        for place in &free {
            let least = if *place == 0 { 0.0 } else { 0.01 };
            let distance = STEP * at[*place].abs().max(least);
            differences.push((near(*place, distance)?, near(*place, -distance)?, 2.0 * distance));
        }
        let gradient = |probe: &Probe, place: usize| {
            if place == 0 { probe.of_residual } else { probe.of_parameters[place - 1] }
        };
        let slope = |row: usize, column: usize| {
            let (above, below, distance) = &differences[column];
            (gradient(above, free[row]) - gradient(below, free[row])) / distance
        };
        // The deviance is twice the negative log likelihood.
        let information =
            Symmetric::from_fn(free.len(), |row, column| 0.25 * (slope(row, column) + slope(column, row)));
        let covariance = information.cholesky()?.inverse();
        let slopes: Vec<Symmetric> = differences
            .iter()
            .map(|(above, below, distance)| {
                Symmetric::from_fn(above.coefficients.size(), |row, column| {
                    (above.coefficients.at(row, column) - below.coefficients.at(row, column)) / distance
                })
            })
            .collect();
        // Components are quadratic in the factor and linear in the residual variance: differences are exact.
        let steps: Vec<Vec<f64>> = differences
            .iter()
            .map(|(above, below, distance)| {
                above.components.iter().zip(&below.components).map(|(a, b)| (a - b) / distance).collect()
            })
            .collect();
        let count = steps.first().map_or(0, Vec::len);
        let components = Symmetric::from_fn(count, |row, column| {
            let pairs = (0..free.len()).flat_map(|k| (0..free.len()).map(move |l| (k, l)));
            pairs.map(|(k, l)| steps[k][row] * covariance.at(k, l) * steps[l][column]).sum()
        });
        Some(Self { components, parameters: covariance, slopes })
    }
}
