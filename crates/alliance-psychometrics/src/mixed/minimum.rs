//! The minimum of a smooth function of a few parameters.

use crate::linear::Symmetric;

/// Full steps at the end; two are enough but where the second derivative vanishes as well.
const MOST_POLISHING: usize = 30;
/// Steps after which the search is given up.
const MOST_STEPS: usize = 100;
/// A step that promises less than this share of the value only polishes.
const SETTLED: f64 = 1e-11;
/// Distance over which gradients are differenced, as a share of the parameter, and at least.
const STEP: f64 = 1e-6;

/// An even parameter below this may step over 0.
const SMALL: f64 = 1e-4;

/// Where the search ended.
pub(super) struct Minimum {
    pub(super) point: Vec<f64>,
    pub(super) converged: bool,
}

/// Newton's method with second derivatives from differences of the gradient, along which negative curvature counts as
/// positive, so that saddles repel (Dauphin et al. 2014, NIPS 27), and with backtracking.
///
/// The function is even in the parameters that `is_even` names. `function` gives value and gradient, or `None` where
/// it is not defined, which must not be at `start`.
pub(super) fn minimum(
    start: Vec<f64>,
    is_even: impl Fn(usize) -> bool,
    mut function: impl FnMut(&[f64]) -> Option<(f64, Vec<f64>)>,
) -> Option<Minimum> {
    let (mut value, mut gradient) = function(&start)?;
    let mut point = start;
    for _ in 0..MOST_STEPS {
        let step = newton_step(&point, &gradient, &is_even, &mut function)?;
        let promise: f64 = 0.5 * step.iter().zip(&gradient).map(|(step, slope)| -step * slope).sum::<f64>();
        if promise <= SETTLED * (1.0 + value.abs()) {
            let point = polished(point, &gradient, step, &is_even, &mut function);
            return Some(Minimum { point, converged: true });
        }
        let mut share = 1.0;
        loop {
            let next: Vec<f64> = point.iter().zip(&step).map(|(place, step)| place + share * step).collect();
            match function(&next) {
                Some((lower, slope)) if lower <= value - 1e-4 * share * promise => {
                    (point, value, gradient) = (next, lower, slope);
                    break;
                }
                _ if share < 1e-10 => return Some(Minimum { point, converged: false }),
                _ => share *= if share == 1.0 { 0.5 } else { 0.25 },
            }
        }
    }
    Some(Minimum { point, converged: false })
}

/// Full steps while they make the gradient smaller: values are too coarse to tell here.
fn polished(
    mut point: Vec<f64>,
    gradient: &[f64],
    mut step: Vec<f64>,
    is_even: &impl Fn(usize) -> bool,
    function: &mut impl FnMut(&[f64]) -> Option<(f64, Vec<f64>)>,
) -> Vec<f64> {
    let mut size = largest(gradient);
    for _ in 0..MOST_POLISHING {
        let next: Vec<f64> = point.iter().zip(&step).map(|(place, step)| place + step).collect();
        let Some((_, slope)) = function(&next) else { break };
        if largest(&slope) >= size {
            break;
        }
        (point, size) = (next, largest(&slope));
        match newton_step(&point, &slope, is_even, function) {
            Some(next) => step = next,
            None => break,
        }
    }
    point
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |largest, value| value.abs().max(largest))
}

fn newton_step(
    point: &[f64],
    gradient: &[f64],
    is_even: &impl Fn(usize) -> bool,
    function: &mut impl FnMut(&[f64]) -> Option<(f64, Vec<f64>)>,
) -> Option<Vec<f64>> {
    let mut rows = Vec::with_capacity(point.len());
    for (place, at) in point.iter().enumerate() {
        let mut near = point.to_vec();
        // Away from 0, where relative standard deviations mirror.
        let distance = (STEP * at.abs().max(0.01)).copysign(*at);
        *near.get_mut(place)? += distance;
        let (_, slope) = function(&near)?;
        rows.push(
            slope.iter().zip(gradient).map(|(near, here)| (near - here) / distance).collect::<Vec<f64>>(),
        );
    }
    let at =
        |row: usize, column: usize| rows.get(row).and_then(|row| row.get(column)).copied().unwrap_or(0.0);
    let curvature = Symmetric::from_fn(point.len(), |row, column| 0.5 * (at(row, column) + at(column, row)));
    let eigen = curvature.eigen();
    let steepest = largest(&eigen.values);
    let mut step = vec![0.0; point.len()];
    for (value, vector) in eigen.values.iter().zip(&eigen.vectors) {
        let along: f64 = vector.iter().zip(gradient).map(|(a, b)| a * b).sum();
        let length = -along / value.abs().max(1e-12 * steepest).max(f64::MIN_POSITIVE);
        step.iter_mut().zip(vector).for_each(|(step, direction)| *step += length * direction);
    }
    // At once no parameter more than triples, and no even one loses more than nine tenths: over 0 it would meet its
    // image.
    let excess = point.iter().zip(&step).enumerate().map(|(place, (at, step))| {
        let shrinks = at * step < 0.0 && is_even(place);
        step.abs() / if shrinks { (0.9 * at.abs()).max(SMALL) } else { (2.0 * at.abs()).max(0.5) }
    });
    let shrink = excess.fold(1.0_f64, f64::max);
    for step in &mut step {
        *step /= shrink;
    }
    step.iter().all(|step| step.is_finite()).then_some(step)
}
