//! Ordinary least squares.

use crate::distributions::{fisher_f_upper, student_t};
use crate::linear::Symmetric;
use crate::{Columns, Estimate, Level, Status};

/// A predictor that keeps less than this share of its length beside the others is a combination of them.
const COLLINEAR: f64 = 1e-10;
/// Residuals whose sum of squares is below this share of that of the response are rounding.
const REPRODUCED: f64 = 1e-26;

/// A linear regression with an intercept, by orthogonal columns.
///
/// Predictors are centred and made orthonormal by the modified Gram-Schmidt process done twice (Giraud, Langou and
/// Rozloznik 2005, Computers & Mathematics with Applications 50), which keeps the digits of a Householder QR.
#[derive(Clone)]
pub(crate) struct LeastSquares {
    /// The intercept, then one for each predictor.
    coefficients: Vec<f64>,
    /// Inverse of the cross products, intercept first.
    inverse: Symmetric,
    /// Of the complete rows, in their order.
    residuals: Vec<f64>,
    residual_sum: f64,
    total_sum: f64,
    rows_dropped: usize,
}

impl std::fmt::Debug for LeastSquares {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LeastSquares")
            .field("coefficients", &self.coefficients)
            .field("rows_used", &self.rows_used())
            .finish_non_exhaustive()
    }
}

/// An F test of what a larger model adds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FTest {
    /// The statistic; NaN where it is undefined.
    pub f: f64,
    /// Degrees of freedom of the numerator.
    pub numerator_degrees: f64,
    /// Degrees of freedom of the denominator.
    pub denominator_degrees: f64,
    /// Probability of a larger statistic if nothing is added.
    pub p_value: f64,
}

impl LeastSquares {
    /// `response` on an intercept and the columns; a row with a missing value (NaN) is left out.
    ///
    /// # Errors
    ///
    /// A status: `AllMissing` without a complete row; `TooFewUnits` unless there are more rows than coefficients;
    /// `NotPositiveDefinite` if a column is constant or a combination of others; `Undefined` if the columns have
    /// another length than the response.
    pub(crate) fn fit(response: &[f64], predictors: &Columns<'_>) -> Result<Self, Status> {
        if predictors.count() > 0 && predictors.rows() != response.len() {
            return Err(Status::Undefined);
        }
        let is_complete = |row: &usize| {
            response.get(*row).is_some_and(|value| !value.is_nan())
                && (predictors.count() == 0 || predictors.is_complete(*row))
        };
        let rows: Vec<usize> = (0..response.len()).filter(is_complete).collect();
        if rows.is_empty() {
            return Err(Status::AllMissing);
        }
        if rows.len() <= predictors.count() + 1 {
            return Err(Status::TooFewUnits);
        }
        let kept = |values: &[f64]| -> Vec<f64> {
            rows.iter().map(|row| values.get(*row).copied().unwrap_or(f64::NAN)).collect()
        };
        let (mean, mut residuals) = centred(kept(response));
        let total_sum = squares(&residuals);
        let basis = Basis::new(predictors.iter().map(kept))?;
        let projections = basis.remove_from(&mut residuals);
        let slopes = basis.back(&projections);
        let residual_sum = squares(&residuals);
        let inner = basis.inverse();
        let size = slopes.len() + 1;
        // The intercept belongs to predictors at 0: mean(y) - sum of slope * mean(x).
        let with_means: Vec<f64> = (0..slopes.len())
            .map(|row| inner.row(row).iter().zip(&basis.means).map(|(cell, mean)| cell * mean).sum())
            .collect();
        let quadratic: f64 = with_means.iter().zip(&basis.means).map(|(one, other)| one * other).sum();
        let inverse = Symmetric::from_fn(size, |row, column| match (row, column) {
            (0, 0) => 1.0 / rows.len() as f64 + quadratic,
            (row, 0) => with_means.get(row - 1).map_or(f64::NAN, |value| -value),
            (row, column) => inner.at(row - 1, column - 1),
        });
        let shift: f64 = slopes.iter().zip(&basis.means).map(|(slope, mean)| slope * mean).sum();
        Ok(Self {
            coefficients: std::iter::once(mean - shift).chain(slopes).collect(),
            inverse,
            residual_sum: if residual_sum > REPRODUCED * total_sum { residual_sum } else { 0.0 },
            residuals,
            total_sum,
            rows_dropped: response.len() - rows.len(),
        })
    }

    /// The intercept, then one for each predictor.
    pub(crate) fn coefficients(&self) -> &[f64] {
        &self.coefficients
    }

    /// Complete rows.
    pub(crate) fn rows_used(&self) -> usize {
        self.residuals.len()
    }

    /// Rows with a missing value.
    pub(crate) fn rows_dropped(&self) -> usize {
        self.rows_dropped
    }

    /// Residuals of the complete rows, in their order.
    pub(crate) fn residuals(&self) -> &[f64] {
        &self.residuals
    }

    /// Sum of squared residuals; 0 if they are rounding.
    pub(crate) fn residual_sum(&self) -> f64 {
        self.residual_sum
    }

    /// Rows less coefficients.
    pub(crate) fn degrees_of_freedom(&self) -> f64 {
        (self.residuals.len() - self.coefficients.len()) as f64
    }

    /// Residual sum of squares by its degrees of freedom.
    pub(crate) fn residual_variance(&self) -> f64 {
        self.residual_sum / self.degrees_of_freedom()
    }

    /// Share of the response's variance that the predictors explain; NaN if it has none.
    pub(crate) fn r_squared(&self) -> f64 {
        if self.total_sum > 0.0 { 1.0 - self.residual_sum / self.total_sum } else { f64::NAN }
    }

    /// Covariance of two estimated coefficients.
    pub(crate) fn covariance(&self, one: usize, other: usize) -> f64 {
        self.residual_variance() * self.inverse.at(one, other)
    }

    /// Standard error of a coefficient.
    pub(crate) fn standard_error(&self, place: usize) -> f64 {
        self.covariance(place, place).sqrt()
    }

    /// Standard error of a function of the coefficients with this gradient (a weighted sum has its weights).
    pub(crate) fn standard_error_along(&self, gradient: &[f64]) -> f64 {
        let row = |row: usize| self.inverse.row(row).iter().zip(gradient).map(|(a, b)| a * b).sum::<f64>();
        let form: f64 = gradient.iter().enumerate().map(|(place, weight)| weight * row(place)).sum();
        (self.residual_variance() * form).sqrt()
    }

    /// A weighted sum of the coefficients with its standard error and t interval.
    ///
    /// Predictors that reproduce every row leave no error to judge by: no standard error, no interval, a note.
    pub(crate) fn combination(
        &self,
        weights: &[f64],
        level: Level,
        method: &'static str,
        confidence: f64,
    ) -> Estimate {
        let value = weights.iter().zip(&self.coefficients).map(|(weight, value)| weight * value).sum();
        self.describe(value, self.standard_error_along(weights), level, method, confidence)
    }

    /// One coefficient as a [combination](Self::combination).
    pub(crate) fn coefficient(
        &self,
        place: usize,
        level: Level,
        method: &'static str,
        confidence: f64,
    ) -> Estimate {
        let value = self.coefficients.get(place).copied().unwrap_or(f64::NAN);
        self.describe(value, self.standard_error(place), level, method, confidence)
    }

    /// A function of the coefficients, given its value and standard error.
    pub(crate) fn describe(
        &self,
        value: f64,
        standard_error: f64,
        level: Level,
        method: &'static str,
        confidence: f64,
    ) -> Estimate {
        let rows = self.rows_used();
        let estimate = Estimate::new(value, level, method)
            .with_rows(rows, rows, self.rows_dropped)
            .with_degrees_of_freedom(self.degrees_of_freedom());
        if self.residual_sum == 0.0 {
            return estimate.with_note("the predictors reproduce every row: no standard error");
        }
        let reach = student_t(0.5 + confidence / 2.0, self.degrees_of_freedom()) * standard_error;
        estimate.with_standard_error(standard_error).with_interval(value - reach, value + reach, confidence)
    }

    /// Whether this model explains more than a smaller one of the same rows.
    pub(crate) fn adds_to(&self, smaller: &Self) -> FTest {
        let numerator_degrees = self.coefficients.len() as f64 - smaller.coefficients.len() as f64;
        let denominator_degrees = self.degrees_of_freedom();
        let gain = (smaller.residual_sum - self.residual_sum) / numerator_degrees;
        let f = if self.residual_sum > 0.0 && smaller.rows_used() == self.rows_used() {
            gain / self.residual_variance()
        } else {
            f64::NAN
        };
        let p_value =
            if f.is_nan() { f } else { fisher_f_upper(f.max(0.0), numerator_degrees, denominator_degrees) };
        FTest { f, numerator_degrees, denominator_degrees, p_value }
    }
}

/// Orthonormal columns that span centred predictors, with the triangle that makes the predictors of them.
pub(crate) struct Basis {
    pub(crate) means: Vec<f64>,
    pub(crate) columns: Vec<Vec<f64>>,
    /// `triangle[k]` are the parts of predictor `k` along the columns up to `k`.
    triangle: Vec<Vec<f64>>,
}

impl Basis {
    pub(crate) fn new(predictors: impl Iterator<Item = Vec<f64>>) -> Result<Self, Status> {
        let mut basis = Self { means: Vec::new(), columns: Vec::new(), triangle: Vec::new() };
        for predictor in predictors {
            let raw = squares(&predictor);
            let (mean, mut column) = centred(predictor);
            let before = squares(&column);
            let mut parts = basis.remove_from(&mut column);
            let rest = squares(&column).sqrt();
            // A column that varies by rounding only, and one that the others make, leave next to nothing.
            if !(before > COLLINEAR * COLLINEAR * raw && rest > COLLINEAR * before.sqrt()) {
                return Err(Status::NotPositiveDefinite);
            }
            for value in &mut column {
                *value /= rest;
            }
            parts.push(rest);
            basis.means.push(mean);
            basis.columns.push(column);
            basis.triangle.push(parts);
        }
        Ok(basis)
    }

    /// Takes from `values` what lies along the columns, twice, and says how much that was.
    fn remove_from(&self, values: &mut [f64]) -> Vec<f64> {
        let mut parts = vec![0.0; self.columns.len()];
        for _ in 0..2 {
            for (column, part) in self.columns.iter().zip(&mut parts) {
                let along: f64 = column.iter().zip(values.iter()).map(|(one, other)| one * other).sum();
                values.iter_mut().zip(column).for_each(|(value, unit)| *value -= along * unit);
                *part += along;
            }
        }
        parts
    }

    /// Coefficients of the predictors from those of the columns.
    pub(crate) fn back(&self, parts: &[f64]) -> Vec<f64> {
        let mut solved = parts.to_vec();
        for place in (0..solved.len()).rev() {
            let later: f64 = (place + 1..solved.len())
                .map(|later| self.part(later, place) * solved.get(later).copied().unwrap_or(f64::NAN))
                .sum();
            let pivot = self.part(place, place);
            if let Some(value) = solved.get_mut(place) {
                *value = (*value - later) / pivot;
            }
        }
        solved
    }

    /// Inverse of the cross products of the centred predictors.
    fn inverse(&self) -> Symmetric {
        let count = self.columns.len();
        // Columns of the inverse triangle.
        let columns: Vec<Vec<f64>> = (0..count)
            .map(|unit| {
                self.back(&(0..count).map(|place| f64::from(u8::from(place == unit))).collect::<Vec<_>>())
            })
            .collect();
        let at = |column: &Vec<f64>, row: usize| column.get(row).copied().unwrap_or(f64::NAN);
        Symmetric::from_fn(count, |row, other| {
            columns.iter().map(|column| at(column, row) * at(column, other)).sum()
        })
    }

    fn part(&self, predictor: usize, column: usize) -> f64 {
        self.triangle.get(predictor).and_then(|parts| parts.get(column)).copied().unwrap_or(f64::NAN)
    }
}

/// Values less their mean, with the mean.
fn centred(mut values: Vec<f64>) -> (f64, Vec<f64>) {
    let count = values.len() as f64;
    let first = values.iter().sum::<f64>() / count;
    for value in &mut values {
        *value -= first;
    }
    // What rounding left.
    let rest = values.iter().sum::<f64>() / count;
    for value in &mut values {
        *value -= rest;
    }
    (first + rest, values)
}

fn squares(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Longley's data, a test of every regression program; certified by NIST (Statistical Reference Datasets).
    #[test]
    fn longley_is_solved_to_the_certified_digits() {
        let rows = [
            [60323.0, 83.0, 234_289.0, 2356.0, 1590.0, 107_608.0, 1947.0],
            [61122.0, 88.5, 259_426.0, 2325.0, 1456.0, 108_632.0, 1948.0],
            [60171.0, 88.2, 258_054.0, 3682.0, 1616.0, 109_773.0, 1949.0],
            [61187.0, 89.5, 284_599.0, 3351.0, 1650.0, 110_929.0, 1950.0],
            [63221.0, 96.2, 328_975.0, 2099.0, 3099.0, 112_075.0, 1951.0],
            [63639.0, 98.1, 346_999.0, 1932.0, 3594.0, 113_270.0, 1952.0],
            [64989.0, 99.0, 365_385.0, 1870.0, 3547.0, 115_094.0, 1953.0],
            [63761.0, 100.0, 363_112.0, 3578.0, 3350.0, 116_219.0, 1954.0],
            [66019.0, 101.2, 397_469.0, 2904.0, 3048.0, 117_388.0, 1955.0],
            [67857.0, 104.6, 419_180.0, 2822.0, 2857.0, 118_734.0, 1956.0],
            [68169.0, 108.4, 442_769.0, 2936.0, 2798.0, 120_445.0, 1957.0],
            [66513.0, 110.8, 444_546.0, 4681.0, 2637.0, 121_950.0, 1958.0],
            [68655.0, 112.6, 482_704.0, 3813.0, 2552.0, 123_366.0, 1959.0],
            [69564.0, 114.2, 502_601.0, 3931.0, 2514.0, 125_368.0, 1960.0],
            [69331.0, 115.7, 518_173.0, 4806.0, 2572.0, 127_852.0, 1961.0],
            [70551.0, 116.9, 554_894.0, 4007.0, 2827.0, 130_081.0, 1962.0],
        ];
        let column = |place: usize| rows.iter().map(|row| row[place]).collect::<Vec<f64>>();
        let columns: Vec<Vec<f64>> = (1..7).map(column).collect();
        let predictors = Columns::new(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
        let fit = LeastSquares::fit(&column(0), &predictors).unwrap();
        let certified = [
            (-3_482_258.634_595_82, 890_420.383_607_373),
            (15.061_872_271_373_3, 84.914_925_774_766_9),
            (-0.035_819_179_292_591, 0.033_491_007_772_243_2),
            (-2.020_229_803_816_83, 0.488_399_681_651_699),
            (-1.033_226_867_173_59, 0.214_274_163_161_675),
            (-0.051_104_105_653_580_7, 0.226_073_200_069_37),
            (1_829.151_464_613_55, 455.478_499_142_212),
        ];
        for (place, (value, error)) in certified.into_iter().enumerate() {
            assert!((fit.coefficients()[place] / value - 1.0).abs() < 1e-9, "{place}");
            assert!((fit.standard_error(place) / error - 1.0).abs() < 1e-9, "{place}");
        }
        assert!((fit.r_squared() - 0.995_479_004_577_296).abs() < 1e-12);
        assert!((fit.residual_variance().sqrt() / 304.854_073_561_965 - 1.0).abs() < 1e-10);
        let nothing = LeastSquares::fit(&column(0), &Columns::new(&[]).unwrap()).unwrap();
        let test = fit.adds_to(&nothing);
        assert!((test.f / 330.285_339_234_588 - 1.0).abs() < 1e-9);
        assert_eq!((test.numerator_degrees, test.denominator_degrees), (6.0, 9.0));
    }

    #[test]
    fn what_cannot_be_fitted_has_a_status() {
        let y = [1.0, 2.0, 4.0, 3.0];
        let fit = |columns: &[&[f64]]| LeastSquares::fit(&y, &Columns::new(columns).unwrap()).map(|_| ());
        let x = [1.0, 2.0, 3.0, 5.0];
        let twice = x.map(|value| 2.0 * value + 1.0);
        assert_eq!(fit(&[&x, &twice]), Err(Status::NotPositiveDefinite));
        assert_eq!(fit(&[&[0.1; 4]]), Err(Status::NotPositiveDefinite));
        assert_eq!(fit(&[&[f64::NAN; 4]]), Err(Status::AllMissing));
        assert_eq!(fit(&[&[1.0, 2.0, f64::NAN, f64::NAN]]), Err(Status::TooFewUnits));
        assert_eq!(fit(&[&[1.0]]), Err(Status::Undefined));
        assert_eq!(fit(&[&x]), Ok(()));
    }

    #[test]
    fn a_perfect_fit_has_no_standard_error() {
        let x = [1.0, 2.0, 3.0, 5.0];
        let fit =
            LeastSquares::fit(&x.map(|value| 0.3 + 0.1 * value), &Columns::new(&[&x]).unwrap()).unwrap();
        let slope = fit.coefficient(1, Level::OneSession, "test", 0.95);
        assert!((slope.value - 0.1).abs() < 1e-12);
        assert!(slope.standard_error.is_nan() && slope.interval.is_none());
        assert_eq!(slope.notes.len(), 1);
    }

    proptest! {
        /// Residuals are orthogonal to every predictor, and shifting one moves only the intercept.
        #[test]
        fn residuals_have_nothing_to_do_with_predictors(rows in proptest::collection::vec((-3.0..3.0_f64, -3.0..3.0_f64, -3.0..3.0_f64), 6..30), shift in -100.0..100.0_f64) {
            let y: Vec<f64> = rows.iter().map(|row| row.0).collect();
            let x: Vec<f64> = rows.iter().map(|row| row.1).collect();
            let z: Vec<f64> = rows.iter().map(|row| row.2).collect();
            let moved: Vec<f64> = x.iter().map(|value| value + shift).collect();
            let fit = LeastSquares::fit(&y, &Columns::new(&[&x, &z]).unwrap()).unwrap();
            for column in [&x, &z] {
                let product: f64 = fit.residuals().iter().zip(column).map(|(e, x)| e * x).sum();
                prop_assert!(product.abs() < 1e-9);
            }
            let other = LeastSquares::fit(&y, &Columns::new(&[&moved, &z]).unwrap()).unwrap();
            prop_assert!((fit.coefficients()[1] - other.coefficients()[1]).abs() < 1e-7);
            prop_assert!((fit.standard_error(2) / other.standard_error(2) - 1.0).abs() < 1e-7);
            let at_zero = other.coefficients()[0] + shift * other.coefficients()[1];
            prop_assert!((fit.coefficients()[0] - at_zero).abs() < 1e-6);
        }
    }
}
