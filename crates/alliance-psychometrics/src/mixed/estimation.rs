//! From a model to its fit.

use super::criterion::{Gradient, Relative, Solution, Sums, sandwich};
use super::effects::effects;
use super::fit::MixedFit;
use super::information::Information;
use super::minimum::minimum;
use super::model::{Likelihood, MixedModel, SlopeCovariance};
use super::reduced::Reduced;
use crate::Status;

/// Relative standard deviations from which the search may start.
const STARTS: [f64; 4] = [0.1, 0.5, 2.0, 8.0];
/// A relative standard deviation below this may be 0.
const NEAR_ZERO: f64 = 1e-3;

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
    let search = Search::new(&reduced, covariance, model.likelihood);
    let Some(found) = search.run() else { return undefined(Status::NotConverged) };
    let Some(state) = search.state(&found.parameters) else { return undefined(Status::NotConverged) };
    let information = Information::new(&search, &found.parameters, &state.solution);
    let effects = effects(&reduced, &state, &search.factor(&found.parameters));
    MixedFit::new(model, &reduced, &state, found.status, information, effects)
}

/// One parameter: a cell of the lower factor of the groups' relative covariance, or the outer relative deviation.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Parameter {
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
pub(super) struct Search<'a, const Q: usize> {
    pub(super) reduced: &'a Reduced<Q>,
    pub(super) likelihood: Likelihood,
    layout: Vec<Parameter>,
}

/// Where the search ended.
struct Found {
    parameters: Vec<f64>,
    status: Status,
}

impl<'a, const Q: usize> Search<'a, Q> {
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
    pub(super) fn factor(&self, parameters: &[f64]) -> [[f64; Q]; Q] {
        let mut factor = [[0.0; Q]; Q];
        for (parameter, value) in self.layout.iter().zip(parameters) {
            if let Parameter::Group(row, column) = parameter {
                factor[*row][*column] = *value;
            }
        }
        factor
    }

    pub(super) fn relative(&self, parameters: &[f64]) -> Relative<Q> {
        let mut unit = [[0.0; Q]; Q];
        (0..Q).for_each(|place| unit[place][place] = 1.0);
        let outer = self.layout.iter().zip(parameters).find(|(parameter, _)| **parameter == Parameter::Outer);
        Relative {
            group: sandwich(&self.factor(parameters), &unit),
            outer: outer.map_or(0.0, |(_, deviation)| deviation * deviation),
        }
    }

    pub(super) fn state(&self, parameters: &[f64]) -> Option<State<Q>> {
        let relative = self.relative(parameters);
        let sums = self.reduced.sums(&relative)?;
        let solution = self.reduced.solve(&sums, self.likelihood)?;
        Some(State { relative, sums, solution })
    }

    pub(super) fn covariance_gradient(&self, state: &State<Q>, residual_variance: f64) -> Gradient<Q> {
        self.reduced.gradient(&state.sums, &state.solution, self.likelihood, residual_variance)
    }

    /// The gradient with respect to the parameters, by the chain rule through `factor * factor'`.
    pub(super) fn parameter_gradient(&self, gradient: &Gradient<Q>, parameters: &[f64]) -> Vec<f64> {
        let factor = self.factor(parameters);
        let slope = |(parameter, value): (&Parameter, &f64)| match parameter {
            Parameter::Group(row, column) => {
                2.0 * (0..Q).map(|k| gradient.group[*row][k] * factor[k][*column]).sum::<f64>()
            }
            Parameter::Outer => 2.0 * gradient.outer * value,
        };
        self.layout.iter().zip(parameters).map(slope).collect()
    }

    /// Parameters that are a standard deviation given those before: 0 is the end of their range.
    fn is_deviation(&self, place: usize) -> bool {
        self.layout.get(place).is_some_and(|parameter| match parameter {
            Parameter::Group(row, column) => row == column,
            Parameter::Outer => true,
        })
    }

    fn run(&self) -> Option<Found> {
        let start = |size: f64| -> Vec<f64> {
            (0..self.layout.len()).map(|place| if self.is_deviation(place) { size } else { 0.0 }).collect()
        };
        let deviance =
            |size: &f64| self.state(&start(*size)).map_or(f64::INFINITY, |state| state.solution.deviance);
        let best = STARTS.iter().min_by(|one, other| deviance(one).total_cmp(&deviance(other)))?;
        let mut free: Vec<usize> = (0..self.layout.len()).collect();
        let (mut parameters, mut converged) = self.minimise(start(*best), &free)?;
        // At most one round for each parameter, and one more where the search had stopped on a saddle.
        for _ in 0..=self.layout.len() {
            let near = |place: &usize| {
                self.is_deviation(*place)
                    && parameters.get(*place).is_some_and(|value| value.abs() < NEAR_ZERO)
            };
            let Some(place) = free.iter().copied().find(near) else { break };
            let mut there = parameters.clone();
            *there.get_mut(place)? = 0.0;
            if self.rises_from(place, &there)? {
                free.retain(|other| *other != place);
                self.merge_row(place, &mut there, &mut free);
            } else {
                *there.get_mut(place)? = STARTS[0];
            }
            (parameters, converged) = self.minimise(there, &free)?;
        }
        let status = match (converged, free.len() == self.layout.len()) {
            (false, _) => Status::NotConverged,
            (true, false) => Status::Boundary,
            (true, true) => Status::Defined,
        };
        Some(Found { parameters, status })
    }

    /// Whether the deviance rises as the squared deviation leaves 0.
    fn rises_from(&self, place: usize, parameters: &[f64]) -> Option<bool> {
        let state = self.state(parameters)?;
        let gradient = self.covariance_gradient(&state, state.solution.residual_variance());
        Some(match self.layout.get(place)? {
            Parameter::Group(row, column) => gradient.group[*row][*column] >= 0.0,
            Parameter::Outer => gradient.outer >= 0.0,
        })
    }

    /// Without intercept variance the slope's row of the factor is its own deviation alone.
    fn merge_row(&self, place: usize, parameters: &mut [f64], free: &mut Vec<usize>) {
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

    fn minimise(&self, parameters: Vec<f64>, free: &[usize]) -> Option<(Vec<f64>, bool)> {
        let with = |values: &[f64]| {
            let mut all = parameters.clone();
            for (place, value) in free.iter().zip(values) {
                all[*place] = *value;
            }
            all
        };
        let start: Vec<f64> = free.iter().map(|place| parameters[*place]).collect();
        let found = minimum(start, |values| {
            let all = with(values);
            let state = self.state(&all)?;
            let gradient = self.covariance_gradient(&state, state.solution.residual_variance());
            let slopes = self.parameter_gradient(&gradient, &all);
            Some((state.solution.deviance, free.iter().map(|place| slopes[*place]).collect()))
        })?;
        let mut all = with(&found.point);
        // The deviance is even in each column of the factor: the diagonal is positive by convention.
        for (place, parameter) in self.layout.iter().enumerate() {
            let negative = all[place] < 0.0;
            match parameter {
                Parameter::Group(row, column) if row == column && negative => {
                    for (other, parameter) in self.layout.iter().enumerate() {
                        if matches!(parameter, Parameter::Group(_, of) if of == column) {
                            all[other] = -all[other];
                        }
                    }
                }
                Parameter::Outer => all[place] = all[place].abs(),
                Parameter::Group(..) => (),
            }
        }
        Some((all, found.converged))
    }
}
