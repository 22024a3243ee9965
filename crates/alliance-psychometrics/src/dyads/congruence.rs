//! What a claim of congruence needs.

use super::pairs::PairMoments;
use super::response_surface::Axis;
use crate::Estimate;
use crate::least_squares::FTest;

/// Standardized difference beyond which a dyad disagrees (Shanock and others 2010).
const DISCREPANT: f64 = 0.5;
/// Least share of dyads that must disagree in each direction (Shanock and others 2010).
const LEAST_SHARE: f64 = 0.1;

/// Shares of dyads by which rating, standardized by its own mean and SD, is higher by more than half a unit.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Discrepancies {
    /// First rating higher.
    pub first_higher: f64,
    /// Neither.
    pub in_agreement: f64,
    /// Second rating higher.
    pub second_higher: f64,
}

impl Discrepancies {
    pub(super) fn undefined() -> Self {
        Self { first_higher: f64::NAN, in_agreement: f64::NAN, second_higher: f64::NAN }
    }

    /// Of complete pairs.
    pub(super) fn new(first: &[f64], second: &[f64]) -> Self {
        let moments = PairMoments::new(first.iter().copied().zip(second.iter().copied()));
        let degrees = moments.count as f64 - 1.0;
        let [first_sd, second_sd] = moments.squares.map(|squares| (squares / degrees).sqrt());
        if !(first_sd > 0.0 && second_sd > 0.0) {
            return Self::undefined();
        }
        let (mut higher, mut lower) = (0.0, 0.0);
        for (first, second) in first.iter().zip(second) {
            let difference = (first - moments.means[0]) / first_sd - (second - moments.means[1]) / second_sd;
            higher += f64::from(u8::from(difference > DISCREPANT));
            lower += f64::from(u8::from(difference < -DISCREPANT));
        }
        let n = moments.count as f64;
        Self { first_higher: higher / n, in_agreement: (n - higher - lower) / n, second_higher: lower / n }
    }
}

/// Whether a condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Condition {
    /// It holds.
    Met,
    /// It does not.
    NotMet,
    /// The data cannot say.
    Undetermined,
}

impl Condition {
    fn of(holds: bool) -> Self {
        if holds { Self::Met } else { Self::NotMet }
    }
}

/// The conditions of a congruence effect in the strict sense: agreement itself goes with higher outcome.
///
/// After Humberg, Nestler and Back (2019, Social Psychological and Personality Science 10, 409-419), with the screening of Shanock and others (2010). All
/// are needed. Intervals that cover 1 or 0 because they are wide meet a condition without showing much: look at them too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CongruenceChecklist {
    /// At least a tenth of dyads disagrees by more than half an SD in each direction.
    pub discrepancies_in_both_directions: Condition,
    /// The quadratic terms add to the plane.
    pub quadratic_terms_add: Condition,
    /// The interval of the first principal axis's slope covers 1.
    pub first_axis_has_slope_one: Condition,
    /// The interval of its intercept covers 0.
    pub first_axis_has_intercept_zero: Condition,
    /// The interval of a3 covers 0: no side of the line of congruence does better.
    pub no_slope_along_incongruence: Condition,
    /// The interval of a4 lies below 0: the outcome falls with disagreement.
    pub falls_with_incongruence: Condition,
}

impl CongruenceChecklist {
    pub(super) fn undetermined() -> Self {
        Self {
            discrepancies_in_both_directions: Condition::Undetermined,
            quadratic_terms_add: Condition::Undetermined,
            first_axis_has_slope_one: Condition::Undetermined,
            first_axis_has_intercept_zero: Condition::Undetermined,
            no_slope_along_incongruence: Condition::Undetermined,
            falls_with_incongruence: Condition::Undetermined,
        }
    }

    pub(super) fn new(
        quadratic_terms: &FTest,
        first_axis: &Axis,
        slope_along_incongruence: &Estimate,
        curvature_along_incongruence: &Estimate,
        discrepancies: &Discrepancies,
        confidence: f64,
    ) -> Self {
        let covers = |estimate: &Estimate, value: f64| match estimate.interval {
            Some(interval) => Condition::of((interval.low..=interval.high).contains(&value)),
            None => Condition::Undetermined,
        };
        let (first, second) = (discrepancies.first_higher, discrepancies.second_higher);
        Self {
            discrepancies_in_both_directions: if first.is_nan() {
                Condition::Undetermined
            } else {
                Condition::of(first.min(second) >= LEAST_SHARE)
            },
            quadratic_terms_add: if quadratic_terms.p_value.is_nan() {
                Condition::Undetermined
            } else {
                Condition::of(quadratic_terms.p_value < 1.0 - confidence)
            },
            first_axis_has_slope_one: covers(&first_axis.slope, 1.0),
            first_axis_has_intercept_zero: covers(&first_axis.intercept, 0.0),
            no_slope_along_incongruence: covers(slope_along_incongruence, 0.0),
            falls_with_incongruence: curvature_along_incongruence
                .interval
                .map_or(Condition::Undetermined, |interval| Condition::of(interval.high < 0.0)),
        }
    }

    /// All conditions together: not met if one is not, undetermined if one is and none is not met.
    pub fn verdict(&self) -> Condition {
        let all = [
            self.discrepancies_in_both_directions,
            self.quadratic_terms_add,
            self.first_axis_has_slope_one,
            self.first_axis_has_intercept_zero,
            self.no_slope_along_incongruence,
            self.falls_with_incongruence,
        ];
        if all.contains(&Condition::NotMet) {
            Condition::NotMet
        } else if all.contains(&Condition::Undetermined) {
            Condition::Undetermined
        } else {
            Condition::Met
        }
    }
}
