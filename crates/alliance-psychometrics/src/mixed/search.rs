//! The minimum of a deviance, whose standard deviations may be 0.

use super::minimum::minimum;
use crate::Status;

/// Relative standard deviations from which the search may start.
const STARTS: [f64; 4] = [0.1, 0.5, 2.0, 8.0];
/// A relative standard deviation below this may be 0.
const NEAR_ZERO: f64 = 1e-3;

/// A deviance as a function of relative standard deviations and other cells of a relative factor.
pub(crate) trait Deviance {
    /// How many parameters.
    fn parameters(&self) -> usize;

    /// Whether a parameter is a standard deviation given those before: the deviance is even in it, and 0 the end of
    /// its range.
    fn is_deviation(&self, place: usize) -> bool;

    /// Value and gradient, where they are defined.
    fn evaluate(&self, parameters: &[f64]) -> Option<(f64, Vec<f64>)>;

    /// Whether the value rises with the square of a deviation that is 0 here.
    fn rises_from_zero(&self, place: usize, parameters: &[f64]) -> Option<bool>;

    /// What else to fix when a deviation is fixed at 0.
    fn settle_at_zero(&self, _place: usize, _parameters: &mut [f64], _free: &mut Vec<usize>) {}
}

/// Where the search ended.
pub(crate) struct Found {
    /// The parameters; deviations may have either sign.
    pub(crate) parameters: Vec<f64>,
    /// `Defined`, `Boundary` or `NotConverged`.
    pub(crate) status: Status,
}

/// From the best of a few starting points downhill; deviations that vanish are set to 0.
pub(crate) fn search(deviance: &impl Deviance) -> Option<Found> {
    let count = deviance.parameters();
    let start = |size: f64| -> Vec<f64> {
        (0..count).map(|place| if deviance.is_deviation(place) { size } else { 0.0 }).collect()
    };
    let value = |size: &f64| deviance.evaluate(&start(*size)).map_or(f64::INFINITY, |(value, _)| value);
    let values = STARTS.map(|size| value(&size));
    let (best, _) = STARTS.iter().zip(values).min_by(|(_, one), (_, other)| one.total_cmp(other))?;
    let mut free: Vec<usize> = (0..count).collect();
    let (mut parameters, mut converged) = minimise(deviance, &start(*best), &free)?;
    // At most one round for each parameter, and one more where the search had stopped on a saddle.
    for _ in 0..=count {
        let vanishes = |place: &usize| {
            let small = parameters.get(*place).is_some_and(|value| value.abs() < NEAR_ZERO);
            small && deviance.is_deviation(*place)
        };
        let Some(place) = free.iter().copied().find(vanishes) else { break };
        let mut there = parameters.clone();
        there[place] = 0.0;
        if deviance.rises_from_zero(place, &there)? {
            free.retain(|other| *other != place);
            deviance.settle_at_zero(place, &mut there, &mut free);
        } else {
            there[place] = STARTS[0];
        }
        (parameters, converged) = minimise(deviance, &there, &free)?;
    }
    let status = match (converged, free.len() == count) {
        (false, _) => Status::NotConverged,
        (true, false) => Status::Boundary,
        (true, true) => Status::Defined,
    };
    Some(Found { parameters, status })
}

/// Over the free parameters, the others held.
fn minimise(deviance: &impl Deviance, parameters: &[f64], free: &[usize]) -> Option<(Vec<f64>, bool)> {
    let with = |values: &[f64]| {
        let mut all = parameters.to_vec();
        for (place, value) in free.iter().zip(values) {
            all[*place] = *value;
        }
        all
    };
    let start: Vec<f64> = free.iter().map(|place| parameters[*place]).collect();
    let is_even = |place: usize| free.get(place).is_some_and(|place| deviance.is_deviation(*place));
    let found = minimum(start, is_even, |values| {
        let (value, gradient) = deviance.evaluate(&with(values))?;
        Some((value, free.iter().map(|place| gradient[*place]).collect()))
    })?;
    Some((with(&found.point), found.converged))
}
