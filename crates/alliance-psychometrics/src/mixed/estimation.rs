//! From a model to its fit.

use super::criterion::{Gradient, Relative, Solution, Sums};
use super::effects::effects;
use super::fit::{MixedFit, components};
use super::information::{Information, Probe};
use super::model::{Likelihood, MixedModel, SlopeCovariance};
use super::reduced::Reduced;
use super::search::{Deviance, Found, search};
use super::square::{Square, identity, sandwich};
use crate::Status;

pub(super) fn fit(model: &MixedModel<'_>) -> MixedFit {
    match model.slope {
        None => fit_reduced::<1>(model, SlopeCovariance::Uncorrelated),
        Some((_, covariance)) => fit_reduced::<2>(model, covariance),
    }
}

fn fit_reduced<const Q: usize>(model: &MixedModel<'_>, covariance: SlopeCovariance) -> MixedFit {
    let undefined = |status| MixedFit::undefined(model, status);
    let reduced = match Reduced::<Q>::new(model) {
        Ok(reduced) => reduced,
        Err(status) => return undefined(status),
    };
    let nested = Nested::new(&reduced, covariance, model.likelihood);
    let Some(Found { parameters, status }) = search(&nested) else { return undefined(Status::NotConverged) };
    let Some(state) = nested.state(&parameters) else { return undefined(Status::NotConverged) };
    let information =
        Information::new(state.solution.residual_variance(), &parameters, |residual, parameters| {
            nested.probe(residual, parameters)
        });
    let effects = effects(&reduced, &state, &nested.factor(&parameters));
    MixedFit::new(model, &reduced, &state, status, information, effects)
}

/// One parameter: a cell of the lower factor of the groups' relative covariance, or the outer relative deviation.
#[derive(Clone, Copy, PartialEq)]
enum Parameter {
    Group(usize, usize),
    Outer,
}

/// Everything at one value of the parameters.
pub(super) struct State<const Q: usize> {
    pub(super) relative: Relative<Q>,
    pub(super) sums: Sums<Q>,
    pub(super) solution: Solution,
}

/// A reduced model as a function of its parameters.
struct Nested<'a, const Q: usize> {
    reduced: &'a Reduced<Q>,
    likelihood: Likelihood,
    layout: Vec<Parameter>,
}

impl<'a, const Q: usize> Nested<'a, Q> {
    fn new(reduced: &'a Reduced<Q>, covariance: SlopeCovariance, likelihood: Likelihood) -> Self {
        let cells = (0..Q).flat_map(|row| (0..=row).map(move |column| Parameter::Group(row, column)));
        let correlated = covariance == SlopeCovariance::Correlated;
        let mut layout: Vec<Parameter> = cells
            .filter(|cell| correlated || matches!(cell, Parameter::Group(row, column) if row == column))
            .collect();
        if reduced.outer_starts.is_some() {
            layout.push(Parameter::Outer);
        }
        Self { reduced, likelihood, layout }
    }

    /// Lower factor of the groups' relative covariance.
    fn factor(&self, parameters: &[f64]) -> Square<Q> {
        let mut factor = [[0.0; Q]; Q];
        for (parameter, value) in self.layout.iter().zip(parameters) {
            if let Parameter::Group(row, column) = parameter {
                factor[*row][*column] = *value;
            }
        }
        factor
    }

    fn relative(&self, parameters: &[f64]) -> Relative<Q> {
        let outer = self.layout.iter().zip(parameters).find(|(parameter, _)| **parameter == Parameter::Outer);
        Relative {
            group: sandwich(&self.factor(parameters), &identity()),
            outer: outer.map_or(0.0, |(_, deviation)| deviation * deviation),
        }
    }

    fn state(&self, parameters: &[f64]) -> Option<State<Q>> {
        let relative = self.relative(parameters);
        let sums = self.reduced.sums(&relative)?;
        let solution = self.reduced.solve(&sums, self.likelihood)?;
        Some(State { relative, sums, solution })
    }

    fn covariance_gradient(&self, state: &State<Q>, residual_variance: f64) -> Gradient<Q> {
        self.reduced.gradient(&state.sums, &state.solution, self.likelihood, residual_variance)
    }

    /// The gradient with respect to the parameters, by the chain rule through `factor * factor'`.
    fn parameter_gradient(&self, gradient: &Gradient<Q>, parameters: &[f64]) -> Vec<f64> {
        let factor = self.factor(parameters);
        let slope = |(parameter, value): (&Parameter, &f64)| match parameter {
            Parameter::Group(row, column) => {
                2.0 * (0..Q).map(|k| gradient.group[*row][k] * factor[k][*column]).sum::<f64>()
            }
            Parameter::Outer => 2.0 * gradient.outer * value,
        };
        self.layout.iter().zip(parameters).map(slope).collect()
    }
}

impl<const Q: usize> Nested<'_, Q> {
    /// Derivatives and results at a residual variance and the parameters.
    fn probe(&self, residual: f64, parameters: &[f64]) -> Option<Probe> {
        let state = self.state(parameters)?;
        let of_factor = self.covariance_gradient(&state, residual);
        let back = sandwich(&self.reduced.to_users_units(), &state.relative.group);
        Some(Probe {
            of_residual: state.solution.of_residual(residual),
            of_parameters: self.parameter_gradient(&of_factor, parameters),
            coefficients: state.solution.covariance(residual),
            components: components(residual, &back, state.relative.outer).to_vec(),
        })
    }
}

impl<const Q: usize> Deviance for Nested<'_, Q> {
    fn parameters(&self) -> usize {
        self.layout.len()
    }

    fn is_deviation(&self, place: usize) -> bool {
        self.layout.get(place).is_some_and(|parameter| match parameter {
            Parameter::Group(row, column) => row == column,
            Parameter::Outer => true,
        })
    }

    fn evaluate(&self, parameters: &[f64]) -> Option<(f64, Vec<f64>)> {
        let state = self.state(parameters)?;
        let gradient = self.covariance_gradient(&state, state.solution.residual_variance());
        Some((state.solution.deviance, self.parameter_gradient(&gradient, parameters)))
    }

    fn rises_from_zero(&self, place: usize, parameters: &[f64]) -> Option<bool> {
        let state = self.state(parameters)?;
        let gradient = self.covariance_gradient(&state, state.solution.residual_variance());
        Some(match self.layout.get(place)? {
            Parameter::Group(row, column) => gradient.group[*row][*column] >= 0.0,
            Parameter::Outer => gradient.outer >= 0.0,
        })
    }

    /// Without intercept variance the slope's row of the factor is its own deviation alone.
    fn settle_at_zero(&self, place: usize, parameters: &mut [f64], free: &mut Vec<usize>) {
        let find = |parameter| self.layout.iter().position(|other| *other == parameter);
        if self.layout.get(place) != Some(&Parameter::Group(0, 0)) {
            return;
        }
        if let (Some(covariance), Some(slope)) = (find(Parameter::Group(1, 0)), find(Parameter::Group(1, 1)))
        {
            parameters[slope] = libm::hypot(parameters[covariance], parameters[slope]);
            parameters[covariance] = 0.0;
            free.retain(|other| *other != covariance);
        }
    }
}
