//! Sums and cross products of several columns, in one pass over the rows.

use std::fmt;

/// A variance below this share of the terms it was computed from is rounding, and counts as zero.
const ROUNDING: f64 = 1e-12;

/// Means, covariances and correlations of columns over their complete rows.
///
/// A row counts when every value in it is finite. Differences from the first
/// such row are summed, not the values themselves: a common offset then costs no
/// digits, a column that does not vary has a variance of exactly zero, and
/// sums of whole numbers stay exact. Because the origin is one of the rows, the
/// cancellation that is left grows with the number of rows at worst, whatever the data.
///
/// ```
/// use alliance_statistics::CrossProducts;
///
/// let mut pairs = CrossProducts::new(2);
/// for (x, y) in [(1.0, 2.0), (2.0, 4.0), (4.0, 6.0)] {
///     pairs.add_row(&[x, y]);
/// }
/// assert_eq!(pairs.mean(1), 4.0);
/// assert_eq!(pairs.variance(1), 4.0);
/// assert_eq!(pairs.covariance(0, 1), 3.0);
/// assert!(pairs.covariance(0, 2).is_nan());
/// ```
#[derive(Clone)]
pub struct CrossProducts {
    count: usize,
    /// The first complete row.
    origin: Vec<f64>,
    /// Sums of the differences from it.
    sums: Vec<f64>,
    /// Sums of products of two differences: the lower triangle, row by row.
    products: Vec<f64>,
    /// Room for the differences of one row.
    differences: Vec<f64>,
}

impl fmt::Debug for CrossProducts {
    // The origin is somebody's row of answers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CrossProducts")
            .field("columns", &self.columns())
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

impl CrossProducts {
    /// Nothing yet, for rows of `columns` values.
    pub fn new(columns: usize) -> Self {
        Self {
            count: 0,
            origin: vec![0.0; columns],
            sums: vec![0.0; columns],
            products: vec![0.0; columns * (columns + 1) / 2],
            differences: vec![0.0; columns],
        }
    }

    /// Adds a row and says whether it counted: as many values as columns, all of them finite.
    pub fn add_row(&mut self, row: &[f64]) -> bool {
        if row.len() != self.columns() || !row.iter().all(|value| value.is_finite()) {
            return false;
        }
        if self.count == 0 {
            self.origin.copy_from_slice(row);
        }
        self.count += 1;
        for ((difference, value), origin) in self.differences.iter_mut().zip(row).zip(&self.origin) {
            *difference = value - origin;
        }
        let mut products = self.products.iter_mut();
        for (column, left) in self.differences.iter().enumerate() {
            if let Some(sum) = self.sums.get_mut(column) {
                *sum += left;
            }
            // The shorter one first: `zip` would take a product of the next column before it sees the end.
            for (right, product) in self.differences.iter().take(column + 1).zip(products.by_ref()) {
                *product += left * right;
            }
        }
        true
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.sums.len()
    }

    /// Number of complete rows.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Mean of a column; NaN without rows or for a column that does not exist.
    pub fn mean(&self, column: usize) -> f64 {
        match (self.origin.get(column), self.sums.get(column)) {
            (Some(origin), Some(sum)) if self.count > 0 => origin + sum / self.count as f64,
            _ => f64::NAN,
        }
    }

    /// Variance of a column, with n - 1 below; NaN for fewer than two rows.
    pub fn variance(&self, column: usize) -> f64 {
        self.covariance(column, column)
    }

    /// Covariance of two columns, with n - 1 below; NaN for fewer than two rows.
    pub fn covariance(&self, left: usize, right: usize) -> f64 {
        if self.count < 2 {
            return f64::NAN;
        }
        let products = self.product(left, right) - self.sum(left) * self.sum(right) / self.count as f64;
        // Rounding can take a variance below zero, never a true one.
        let products = if left == right && products < 0.0 { 0.0 } else { products };
        products / (self.count - 1) as f64
    }

    /// Pearson correlation of two columns; NaN where one of them does not vary.
    pub fn correlation(&self, left: usize, right: usize) -> f64 {
        let of = |column| Spread {
            sum: self.sum(column),
            squares: self.product(column, column),
            size: self.product(column, column),
        };
        self.pearson(&of(left), &of(right), self.product(left, right))
    }

    /// Correlation of an item with the sum of the others, each times its weight.
    ///
    /// `weights` has one number per column: 1 for an item, -1 for a reversed one, 0
    /// for one that is not of the scale. The item itself is weighted too, so a
    /// negative result means that it runs against the others after that key. NaN where the
    /// item or the sum of the others does not vary, and for weights of another length.
    pub fn item_rest_correlation(&self, item: usize, weights: &[f64]) -> f64 {
        if weights.len() != self.columns() {
            return f64::NAN;
        }
        let Some(&weight) = weights.get(item) else { return f64::NAN };
        let own = self.product(item, item) * weight * weight;
        let item_spread = Spread { sum: weight * self.sum(item), squares: own, size: own };
        let mut rest = Spread { sum: 0.0, squares: 0.0, size: 0.0 };
        let mut shared = 0.0;
        let others =
            || weights.iter().enumerate().filter(|(column, weight)| *column != item && **weight != 0.0);
        for (left, left_weight) in others() {
            rest.sum += left_weight * self.sum(left);
            shared += weight * left_weight * self.product(item, left);
            for (right, right_weight) in others() {
                let term = left_weight * right_weight * self.product(left, right);
                rest.squares += term;
                rest.size += term.abs();
            }
        }
        self.pearson(&item_spread, &rest, shared)
    }

    fn pearson(&self, left: &Spread, right: &Spread, products: f64) -> f64 {
        if self.count < 2 {
            return f64::NAN;
        }
        let n = self.count as f64;
        let scatter = |spread: &Spread| {
            let about_mean = spread.squares - spread.sum * spread.sum / n;
            if about_mean > ROUNDING * spread.size { about_mean.sqrt() } else { f64::NAN }
        };
        let together = products - left.sum * right.sum / n;
        // `clamp` hands NaN on.
        (together / scatter(left) / scatter(right)).clamp(-1.0, 1.0)
    }

    fn sum(&self, column: usize) -> f64 {
        self.sums.get(column).copied().unwrap_or(f64::NAN)
    }

    fn product(&self, left: usize, right: usize) -> f64 {
        let (low, high) = (left.min(right), left.max(right));
        if high >= self.columns() {
            return f64::NAN;
        }
        self.products.get(high * (high + 1) / 2 + low).copied().unwrap_or(f64::NAN)
    }
}

/// Sum and sum of squares of one variable about the origin.
struct Spread {
    sum: f64,
    squares: f64,
    /// Sum of the absolute terms that `squares` is made of: the measure of its rounding.
    size: f64,
}
