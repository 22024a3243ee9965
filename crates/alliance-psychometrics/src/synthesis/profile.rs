//! Intervals of the variances of three levels, by the profile of the likelihood.

use super::three_level::Clustered;
use crate::distributions::chi_square;
use crate::mixed::{Deviance, Found, search};

/// Doublings of a bracket, and steps of the search in it.
const MOST_STEPS: usize = 80;
/// A bracket this narrow beside its upper end is an end of the interval.
const NARROW: f64 = 1e-9;
/// Relative standard deviation from which the upper end is looked for when the estimate is 0.
const START: f64 = 0.1;

/// The deviance of the other relative standard deviation, one being held.
struct Held<'a> {
    clustered: &'a Clustered,
    place: usize,
    value: f64,
}

impl Held<'_> {
    fn both(&self, free: f64) -> [f64; 2] {
        if self.place == 0 { [self.value, free] } else { [free, self.value] }
    }
}

impl Deviance for Held<'_> {
    fn parameters(&self) -> usize {
        1
    }

    fn is_deviation(&self, _: usize) -> bool {
        true
    }

    fn evaluate(&self, parameters: &[f64]) -> Option<(f64, Vec<f64>)> {
        let (deviance, slopes) = self.clustered.evaluate(&self.both(*parameters.first()?))?;
        Some((deviance, vec![*slopes.get(1 - self.place)?]))
    }

    fn rises_from_zero(&self, _: usize, parameters: &[f64]) -> Option<bool> {
        self.clustered.rises_from_zero(1 - self.place, &self.both(*parameters.first()?))
    }
}

/// Ends of the interval of a relative standard deviation whose estimate is known: where the deviance, least in the
/// other, is a quantile of chi-square above its minimum; 0 below if it is not there yet.
///
/// NaN if the search does not settle.
pub(super) fn profile_interval(
    clustered: &Clustered,
    parameters: &[f64],
    place: usize,
    confidence: f64,
) -> (f64, f64) {
    let failed = (f64::NAN, f64::NAN);
    let Some((least, _)) = clustered.evaluate(parameters) else { return failed };
    let estimate = parameters.get(place).map_or(f64::NAN, |value| value.abs());
    let reach = least + chi_square(confidence, 1.0);
    let excess = |value: f64| {
        let held = Held { clustered, place, value };
        let Found { parameters, .. } = search(&held)?;
        held.evaluate(&parameters).map(|(deviance, _)| deviance - reach)
    };
    let Some(at_zero) = excess(0.0) else { return failed };
    let low = if at_zero <= 0.0 { Some(0.0) } else { root(0.0, at_zero, estimate, least - reach, excess) };
    let mut step = estimate.max(START);
    let (mut inside, mut inside_excess) = (estimate, least - reach);
    let mut high = None;
    for _ in 0..MOST_STEPS {
        let outside = estimate + step;
        let Some(outside_excess) = excess(outside) else { break };
        if outside_excess > 0.0 {
            high = root(outside, outside_excess, inside, inside_excess, excess);
            break;
        }
        (inside, inside_excess, step) = (outside, outside_excess, 2.0 * step);
    }
    low.zip(high).unwrap_or(failed)
}

/// The root between a place where the function is positive and one where it is not, by the Illinois method (Dowell and
/// Jarratt 1971, BIT 11, 168-174).
fn root(
    mut outside: f64,
    mut positive: f64,
    mut inside: f64,
    mut negative: f64,
    function: impl Fn(f64) -> Option<f64>,
) -> Option<f64> {
    for _ in 0..MOST_STEPS {
        if (outside - inside).abs() <= NARROW * outside.max(inside) {
            break;
        }
        let middle = (outside * negative - inside * positive) / (negative - positive);
        let value = function(middle)?;
        if value == 0.0 {
            return Some(middle);
        }
        if value > 0.0 {
            (outside, positive) = (middle, value);
            negative *= 0.5;
        } else {
            (inside, negative) = (middle, value);
            positive *= 0.5;
        }
        if value.abs() < 1e-9 {
            return Some(middle);
        }
    }
    Some(0.5 * (outside + inside))
}
