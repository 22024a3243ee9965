//! Do dyads in agreement do better?

use super::congruence::{CongruenceChecklist, Discrepancies};
use super::pairs::checked;
use crate::estimate::check_confidence;
use crate::least_squares::{FTest, LeastSquares};
use crate::{Columns, Estimate, Level, PsychometricsError, Status};

/// Where both ratings are 0 for the surface.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Centre {
    /// A point of the common scale, such as its midpoint.
    Value(f64),
    /// The mean of all ratings of both.
    PooledMean,
}

/// A principal axis of the surface, `second = intercept + slope × first` in centred units.
///
/// `OutOfRange` where the axis does not cross the observed range of both ratings.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Axis {
    /// Its slope; 1 on the line of congruence.
    pub slope: Estimate,
    /// Its intercept; 0 on the line of congruence.
    pub intercept: Estimate,
}

/// A quadratic surface of the outcome over both ratings.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ResponseSurface {
    /// What was taken from both ratings.
    pub centre: f64,
    /// b0 to b5: intercept, first, second, first², first × second, second².
    pub coefficients: [Estimate; 6],
    /// a1 to a5: slope b1 + b2 and curvature b3 + b4 + b5 along the line of congruence, slope b1 - b2 and curvature b3 - b4 + b5 along the
    /// line of incongruence, and b3 - b5.
    pub surface: [Estimate; 5],
    /// Share of the outcome's variance that the surface explains; NaN if it has none.
    pub r_squared: f64,
    /// Whether the three quadratic terms add to the plane. If not, there is no surface to interpret.
    pub quadratic_terms: FTest,
    /// Whether the surface says more than the squared difference of both ratings alone.
    pub beyond_squared_difference: FTest,
    /// Where the surface is flat, first and second rating in centred units. `OutOfRange` outside the observed range:
    /// the number is then no finding. No interval.
    pub stationary_point: [Estimate; 2],
    /// The axis of the least downward (or most upward) curvature: the ridge of a congruence effect.
    pub first_axis: Axis,
    /// The axis at a right angle to it.
    pub second_axis: Axis,
    /// How many dyads disagree, and in which direction.
    pub discrepancies: Discrepancies,
    /// Whether the data bear the claim that agreement goes with higher outcome.
    pub congruence: CongruenceChecklist,
}

const METHOD: &str = "response surface, least squares";

/// Regression of an outcome on two ratings, their squares and product, and the shape of the surface.
///
/// One row per dyad; a row with a missing value is left out. Both ratings are on one scale and centred at one value: each at
/// its own mean would hide who rates higher.
///
/// ```text
/// Z = b0 + b1 X + b2 Y + b3 X² + b4 X Y + b5 Y² + e
/// ```
///
/// Standard errors of combinations are `sqrt(l' V l)`, those of the axes follow by the delta method (Edwards and Parry 1993, Academy of
/// Management Journal 36; Shanock and others 2010, Journal of Business and Psychology 25; in R: package RSA). Whether agreement itself matters is the
/// [checklist](CongruenceChecklist); a significant a4 alone does not show it (Humberg, Nestler and Back 2019, Social Psychological and Personality Science 10).
/// [`Estimate::t_test`] of 0 gives p-values.
///
/// # Errors
///
/// `length-mismatch`, `not-finite`; `invalid-option` unless `0 < confidence < 1` and the centre is finite.
///
/// ```
/// use alliance_psychometrics::dyads::{Centre, response_surface};
///
/// let client: Vec<f64> = (0..36).map(|dyad| f64::from(dyad % 6)).collect();
/// let therapist: Vec<f64> = (0..36).map(|dyad| f64::from(dyad / 6)).collect();
/// // The better they agree, the better it goes; what is left is not exactly 0.
/// let outcome: Vec<f64> =
///     (0..36).map(|dyad| f64::from(dyad * dyad % 7) * 0.1 - (client[dyad as usize] - therapist[dyad as usize]).powi(2)).collect();
/// let found = response_surface(&client, &therapist, &outcome, Centre::Value(2.5), 0.95)?;
/// assert!((found.surface[3].value + 4.0).abs() < 0.1);
/// assert!((found.first_axis.slope.value - 1.0).abs() < 0.1);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
pub fn response_surface(
    first: &[f64],
    second: &[f64],
    outcome: &[f64],
    centre: Centre,
    confidence: f64,
) -> Result<ResponseSurface, PsychometricsError> {
    check_confidence(confidence)?;
    checked(first, second)?;
    let table = Columns::new(&[first, second, outcome])?;
    let complete = |row: &usize| table.is_complete(*row);
    let rows: Vec<usize> = (0..table.rows()).filter(complete).collect();
    let kept = |column: usize| -> Vec<f64> {
        let values = table.column(column);
        rows.iter().filter_map(|row| values.get(*row).copied()).collect()
    };
    let (mut x, mut y, z) = (kept(0), kept(1), kept(2));
    let centre = match centre {
        Centre::Value(value) if value.is_finite() => value,
        Centre::Value(_) => return Err(PsychometricsError::option("centre", "finite")),
        Centre::PooledMean => 0.5 * (x.iter().sum::<f64>() + y.iter().sum::<f64>()) / rows.len() as f64,
    };
    x.iter_mut().chain(&mut y).for_each(|value| *value -= centre);
    let dropped = table.rows() - rows.len();
    Ok(Surface::new(&x, &y, &z, confidence)
        .map_or_else(|status| undefined(status, centre, dropped), |surface| surface.report(centre, dropped)))
}

fn undefined(status: Status, centre: f64, dropped: usize) -> ResponseSurface {
    let none = || Estimate::undefined(status, Level::BetweenClients, METHOD).with_rows(0, 0, dropped);
    let no_test =
        FTest { f: f64::NAN, numerator_degrees: f64::NAN, denominator_degrees: f64::NAN, p_value: f64::NAN };
    let no_axis = || Axis { slope: none(), intercept: none() };
    ResponseSurface {
        centre,
        coefficients: std::array::from_fn(|_| none()),
        surface: std::array::from_fn(|_| none()),
        r_squared: f64::NAN,
        quadratic_terms: no_test,
        beyond_squared_difference: no_test,
        stationary_point: [none(), none()],
        first_axis: no_axis(),
        second_axis: no_axis(),
        discrepancies: Discrepancies::undefined(),
        congruence: CongruenceChecklist::undetermined(),
    }
}

/// Value and gradient in b0 to b5.
type Derived = (f64, [f64; 6]);

struct Surface<'a> {
    x: &'a [f64],
    y: &'a [f64],
    full: LeastSquares,
    plane: LeastSquares,
    difference: LeastSquares,
    confidence: f64,
}

impl<'a> Surface<'a> {
    fn new(x: &'a [f64], y: &'a [f64], z: &[f64], confidence: f64) -> Result<Self, Status> {
        let product = |one: &[f64], other: &[f64]| -> Vec<f64> {
            one.iter().zip(other).map(|(one, other)| one * other).collect()
        };
        let (xx, xy, yy) = (product(x, x), product(x, y), product(y, y));
        let squared: Vec<f64> = x.iter().zip(y).map(|(x, y)| (x - y) * (x - y)).collect();
        let fit =
            |columns: &[&[f64]]| LeastSquares::fit(z, &Columns::new(columns).map_err(|_| Status::Undefined)?);
        let full = fit(&[x, y, &xx, &xy, &yy])?;
        Ok(Self { x, y, full, plane: fit(&[x, y])?, difference: fit(&[&squared])?, confidence })
    }

    fn report(self, centre: f64, dropped: usize) -> ResponseSurface {
        let Self { full, confidence, .. } = &self;
        let with_dropped = |estimate: Estimate| Estimate { rows_dropped: dropped, ..estimate };
        let combination = |weights: [f64; 6]| {
            with_dropped(full.combination(&weights, Level::BetweenClients, METHOD, *confidence))
        };
        let coefficients = std::array::from_fn(|place| {
            combination(std::array::from_fn(|other| f64::from(u8::from(other == place))))
        });
        let surface = [
            [0.0, 1.0, 1.0, 0.0, 0.0, 0.0],
            [0.0, 0.0, 0.0, 1.0, 1.0, 1.0],
            [0.0, 1.0, -1.0, 0.0, 0.0, 0.0],
            [0.0, 0.0, 0.0, 1.0, -1.0, 1.0],
            [0.0, 0.0, 0.0, 1.0, 0.0, -1.0],
        ]
        .map(combination);
        let [x0, y0] = self.stationary_point();
        let (x_range, y_range) = (range(self.x), range(self.y));
        let within = |value: f64, [low, high]: [f64; 2]| value >= low && value <= high;
        let inside = within(x0.0, x_range) && within(y0.0, y_range);
        let marked = |estimate: Estimate, inside: bool| {
            let estimate = with_dropped(estimate);
            if inside || estimate.value.is_nan() {
                estimate
            } else {
                estimate.with_status(Status::OutOfRange).with_note("outside the observed range: no finding")
            }
        };
        let describe = |(value, gradient): Derived| {
            if value.is_finite() {
                let error = full.standard_error_along(&gradient);
                full.describe(value, error, Level::BetweenClients, METHOD, *confidence)
            } else {
                Estimate::undefined(Status::Undefined, Level::BetweenClients, METHOD)
            }
        };
        let axis = |sign: f64| {
            let (slope, intercept) = self.axis(sign, x0, y0);
            let ends = x_range.map(|x| intercept.0 + slope.0 * x);
            let (low, high) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
            let crosses = low <= y_range[1] && high >= y_range[0];
            Axis { slope: marked(describe(slope), crosses), intercept: marked(describe(intercept), crosses) }
        };
        let point = |of: Derived| {
            let found = marked(describe(of), inside);
            Estimate { interval: None, ..found }
        };
        let quadratic_terms = full.adds_to(&self.plane);
        let first_axis = axis(1.0);
        let discrepancies = Discrepancies::new(self.x, self.y);
        let congruence = CongruenceChecklist::new(
            &quadratic_terms,
            &first_axis,
            &surface[2],
            &surface[3],
            &discrepancies,
            *confidence,
        );
        ResponseSurface {
            centre,
            coefficients,
            r_squared: full.r_squared(),
            quadratic_terms,
            beyond_squared_difference: full.adds_to(&self.difference),
            stationary_point: [point(x0), point(y0)],
            first_axis,
            second_axis: axis(-1.0),
            discrepancies,
            congruence,
            surface,
        }
    }

    fn coefficients(&self) -> [f64; 6] {
        std::array::from_fn(|place| self.full.coefficients().get(place).copied().unwrap_or(f64::NAN))
    }

    /// X0 and Y0 with their gradients; infinite or NaN if the surface has none.
    fn stationary_point(&self) -> [Derived; 2] {
        let [_, b1, b2, b3, b4, b5] = self.coefficients();
        let below = 4.0 * b3 * b5 - b4 * b4;
        let by_below = [0.0, 0.0, 0.0, 4.0 * b5, -2.0 * b4, 4.0 * b3];
        let quotient = |above: f64, by_above: [f64; 6]| {
            let value = above / below;
            (value, std::array::from_fn(|place| (by_above[place] - value * by_below[place]) / below))
        };
        [
            quotient(b2 * b4 - 2.0 * b1 * b5, [0.0, -2.0 * b5, b4, 0.0, b2, -2.0 * b1]),
            quotient(b1 * b4 - 2.0 * b2 * b3, [0.0, b4, -2.0 * b3, -2.0 * b2, b1, 0.0]),
        ]
    }

    /// Slope and intercept of a principal axis, first (sign 1) or second (-1), with their gradients.
    fn axis(&self, sign: f64, x0: Derived, y0: Derived) -> (Derived, Derived) {
        let [_, _, _, b3, b4, b5] = self.coefficients();
        let root = sign * libm::hypot(b3 - b5, b4);
        let slope = (b5 - b3 + root) / b4;
        let tilt = (b3 - b5) / root;
        let by_slope = [0.0, 0.0, 0.0, (tilt - 1.0) / b4, 1.0 / root - slope / b4, (1.0 - tilt) / b4];
        let intercept = y0.0 - slope * x0.0;
        let by_intercept =
            std::array::from_fn(|place| y0.1[place] - slope * x0.1[place] - x0.0 * by_slope[place]);
        ((slope, by_slope), (intercept, by_intercept))
    }
}

fn range(values: &[f64]) -> [f64; 2] {
    values
        .iter()
        .fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| [low.min(*value), high.max(*value)])
}
