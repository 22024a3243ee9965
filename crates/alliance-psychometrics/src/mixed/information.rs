//! How well the variances are known, and what that means for tests of fixed effects.

use super::criterion::{Solution, sandwich};
use super::estimation::Search;
use super::fit::Component;
use crate::linear::Symmetric;

/// Distance over which derivatives are differenced, as a share of the parameter.
const STEP: f64 = 1e-4;

/// What follows from the second derivatives of the deviance in the residual variance and the relative factor.
pub(super) struct Information {
    /// Covariance of the estimated components, in the order of [`Component::ALL`]; NaN for what is at its boundary.
    pub(super) components: Symmetric,
    /// For Satterthwaite's degrees of freedom: covariance of the parameters, and the derivative with respect to each of the
    /// covariance of the (orthonormal) coefficients. Empty if the information is not positive definite.
    pub(super) parameters: Symmetric,
    pub(super) slopes: Vec<Symmetric>,
}

/// Derivatives and results near the estimates.
struct Probe {
    gradient: Vec<f64>,
    coefficients: Symmetric,
    components: [f64; Component::ALL.len()],
}

impl Information {
    /// Observed information by central differences of the exact gradient, of the parameters that are not 0.
    pub(super) fn new<const Q: usize>(
        search: &Search<'_, Q>,
        parameters: &[f64],
        solution: &Solution,
    ) -> Self {
        let unknown = || Self {
            components: Symmetric::from_fn(Component::ALL.len(), |_, _| f64::NAN),
            parameters: Symmetric::zeros(0),
            slopes: Vec::new(),
        };
        let at: Vec<f64> =
            std::iter::once(solution.residual_variance()).chain(parameters.iter().copied()).collect();
        let free: Vec<usize> = (0..at.len()).filter(|place| at[*place] != 0.0).collect();
        let mut differences = Vec::with_capacity(free.len());
        for place in &free {
            let distance = STEP * at[*place].abs().max(if *place == 0 { 0.0 } else { 0.01 });
            let near = |distance: f64| {
                let mut near = at.clone();
                near[*place] += distance;
                probe(search, &near)
            };
            let (Some(above), Some(below)) = (near(distance), near(-distance)) else { return unknown() };
            differences.push((above, below, 2.0 * distance));
        }
        let slope = |row: usize, column: usize| {
            let (above, below, distance) = &differences[column];
            (above.gradient[free[row]] - below.gradient[free[row]]) / distance
        };
        // The deviance is twice the negative log likelihood.
        let information =
            Symmetric::from_fn(free.len(), |row, column| 0.25 * (slope(row, column) + slope(column, row)));
        let Some(parameters) = information.cholesky().map(|factor| factor.inverse()) else {
            return unknown();
        };
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
        let components = Symmetric::from_fn(Component::ALL.len(), |row, column| {
            let pairs = (0..free.len()).flat_map(|k| (0..free.len()).map(move |l| (k, l)));
            pairs.map(|(k, l)| steps[k][row] * parameters.at(k, l) * steps[l][column]).sum()
        });
        Self { components, parameters, slopes }
    }
}

/// At a residual variance and the parameters of the relative factor.
fn probe<const Q: usize>(search: &Search<'_, Q>, at: &[f64]) -> Option<Probe> {
    let (residual, parameters) = at.split_first()?;
    let state = search.state(parameters)?;
    let solution = &state.solution;
    let of_residual = solution.degrees / residual - solution.sum_of_squares / (residual * residual);
    let of_factor = search.covariance_gradient(&state, *residual);
    let inverse = solution.cholesky.inverse();
    Some(Probe {
        gradient: std::iter::once(of_residual)
            .chain(search.parameter_gradient(&of_factor, parameters))
            .collect(),
        coefficients: Symmetric::from_fn(inverse.size(), |row, column| residual * inverse.at(row, column)),
        components: components(
            *residual,
            &sandwich(&search.reduced.to_users_units(), &state.relative.group),
            state.relative.outer,
        ),
    })
}

/// Variances in the order of [`Component::ALL`], from the residual one and relative covariances in the user's units.
pub(super) fn components<const Q: usize>(
    residual: f64,
    group: &[[f64; Q]; Q],
    outer: f64,
) -> [f64; Component::ALL.len()] {
    let slope = group.get(1).map_or([0.0; 2], |row| [row[0], row[1]]);
    [residual, group[0][0] * residual, slope[1] * residual, slope[0] * residual, outer * residual]
}
