//! Small dense matrices: what covariances, factor models and least squares need.

/// A square symmetric matrix, both triangles stored, row by row.
#[derive(Clone, PartialEq)]
pub(crate) struct Symmetric {
    size: usize,
    cells: Vec<f64>,
}

impl std::fmt::Debug for Symmetric {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Symmetric").field("size", &self.size).finish_non_exhaustive()
    }
}

/// Sweeps of rotations after which an eigenproblem is given up; ten are plenty.
const MOST_SWEEPS: usize = 64;

impl Symmetric {
    pub(crate) fn zeros(size: usize) -> Self {
        Self { size, cells: vec![0.0; size * size] }
    }

    pub(crate) fn from_fn(size: usize, mut cell: impl FnMut(usize, usize) -> f64) -> Self {
        let mut matrix = Self::zeros(size);
        for row in 0..size {
            for column in 0..=row {
                matrix.set(row, column, cell(row, column));
            }
        }
        matrix
    }

    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// A cell; NaN outside the matrix.
    #[inline]
    pub(crate) fn at(&self, row: usize, column: usize) -> f64 {
        if column < self.size {
            self.cells.get(row * self.size + column).copied().unwrap_or(f64::NAN)
        } else {
            f64::NAN
        }
    }

    /// Sets a cell and its mirror image.
    #[inline]
    pub(crate) fn set(&mut self, row: usize, column: usize, value: f64) {
        for (row, column) in [(row, column), (column, row)] {
            if let Some(cell) = self.cells.get_mut(row * self.size + column) {
                *cell = value;
            }
        }
    }

    pub(crate) fn diagonal(&self) -> impl Iterator<Item = f64> + '_ {
        (0..self.size).map(|place| self.at(place, place))
    }

    pub(crate) fn trace(&self) -> f64 {
        self.diagonal().sum()
    }

    /// Sum of all cells.
    pub(crate) fn sum(&self) -> f64 {
        self.cells.iter().sum()
    }

    pub(crate) fn row(&self, row: usize) -> &[f64] {
        self.cells.get(row * self.size..(row + 1) * self.size).unwrap_or_default()
    }

    /// Correlations from covariances; NaN for what does not vary.
    pub(crate) fn to_correlation(&self) -> Self {
        let deviations: Vec<f64> = self.diagonal().map(f64::sqrt).collect();
        let deviation = |place: usize| deviations.get(place).copied().unwrap_or(f64::NAN);
        Self::from_fn(self.size, |row, column| {
            if row == column && deviation(row) > 0.0 {
                1.0
            } else {
                let product = deviation(row) * deviation(column);
                if product > 0.0 { self.at(row, column) / product } else { f64::NAN }
            }
        })
    }

    /// The matrix of these rows and columns.
    pub(crate) fn part(&self, places: &[usize]) -> Self {
        let place = |index: usize| places.get(index).copied().unwrap_or(usize::MAX);
        Self::from_fn(places.len(), |row, column| self.at(place(row), place(column)))
    }

    /// Lower Cholesky factor, if the matrix is positive definite.
    pub(crate) fn cholesky(&self) -> Option<Cholesky> {
        let size = self.size;
        let mut factor = vec![0.0; size * size];
        for row in 0..size {
            for column in 0..=row {
                let left = factor.get(row * size..row * size + column)?;
                let right = factor.get(column * size..column * size + column)?;
                let dot: f64 = left.iter().zip(right).map(|(a, b)| a * b).sum();
                let rest = self.at(row, column) - dot;
                let value = if row == column {
                    // A pivot this small beside its diagonal is rounding.
                    if !(rest.is_finite() && rest > 1e-13 * self.at(row, row).abs()) {
                        return None;
                    }
                    rest.sqrt()
                } else {
                    rest / factor.get(column * size + column)?
                };
                *factor.get_mut(row * size + column)? = value;
            }
        }
        Some(Cholesky { size, factor })
    }

    /// Eigenvalues in falling order with their unit eigenvectors, by Jacobi's rotations.
    ///
    /// Golub & Van Loan (2013), Matrix Computations, section 8.5. NaN throughout if a cell is not finite.
    pub(crate) fn eigen(&self) -> Eigen {
        let size = self.size;
        let mut matrix = self.clone();
        let mut vectors = vec![0.0; size * size];
        for place in 0..size {
            if let Some(cell) = vectors.get_mut(place * size + place) {
                *cell = 1.0;
            }
        }
        if self.cells.iter().any(|cell| !cell.is_finite()) {
            return Eigen { values: vec![f64::NAN; size], vectors: vec![vec![f64::NAN; size]; size] };
        }
        for _ in 0..MOST_SWEEPS {
            let off: f64 = (0..size)
                .flat_map(|row| (0..row).map(move |column| (row, column)))
                .map(|(row, column)| matrix.at(row, column).powi(2))
                .sum();
            let scale: f64 = matrix.diagonal().map(|value| value * value).sum();
            if off <= 1e-30 * scale.max(f64::MIN_POSITIVE) {
                break;
            }
            for p in 0..size {
                for q in p + 1..size {
                    matrix.rotate(p, q, &mut vectors);
                }
            }
        }
        let mut order: Vec<usize> = (0..size).collect();
        order.sort_by(|one, other| matrix.at(*other, *other).total_cmp(&matrix.at(*one, *one)));
        let vector = |place: usize| -> Vec<f64> {
            (0..size).map(|row| vectors.get(row * size + place).copied().unwrap_or(f64::NAN)).collect()
        };
        Eigen {
            values: order.iter().map(|place| matrix.at(*place, *place)).collect(),
            vectors: order.iter().map(|place| vector(*place)).collect(),
        }
    }

    #[expect(clippy::many_single_char_names, reason = "the names of Golub and Van Loan")]
    fn rotate(&mut self, p: usize, q: usize, vectors: &mut [f64]) {
        let size = self.size;
        let apq = self.at(p, q);
        if apq == 0.0 {
            return;
        }
        let tau = (self.at(q, q) - self.at(p, p)) / (2.0 * apq);
        let t = if tau >= 0.0 {
            1.0 / (tau + libm::hypot(1.0, tau))
        } else {
            -1.0 / (-tau + libm::hypot(1.0, tau))
        };
        let c = 1.0 / libm::hypot(1.0, t);
        let s = t * c;
        let (app, aqq) = (self.at(p, p), self.at(q, q));
        self.set(p, p, app - t * apq);
        self.set(q, q, aqq + t * apq);
        self.set(p, q, 0.0);
        for other in (0..size).filter(|other| *other != p && *other != q) {
            let (aop, aoq) = (self.at(other, p), self.at(other, q));
            self.set(other, p, c * aop - s * aoq);
            self.set(other, q, s * aop + c * aoq);
        }
        for row in vectors.chunks_exact_mut(size) {
            if let (Some(&vp), Some(&vq)) = (row.get(p), row.get(q)) {
                if let Some(cell) = row.get_mut(p) {
                    *cell = c * vp - s * vq;
                }
                if let Some(cell) = row.get_mut(q) {
                    *cell = s * vp + c * vq;
                }
            }
        }
    }
}

/// Eigenvalues in falling order, with their unit eigenvectors.
#[derive(Debug, Clone)]
pub(crate) struct Eigen {
    pub(crate) values: Vec<f64>,
    pub(crate) vectors: Vec<Vec<f64>>,
}

/// A lower Cholesky factor.
#[derive(Clone)]
pub(crate) struct Cholesky {
    size: usize,
    factor: Vec<f64>,
}

impl std::fmt::Debug for Cholesky {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cholesky").field("size", &self.size).finish_non_exhaustive()
    }
}

impl Cholesky {
    fn at(&self, row: usize, column: usize) -> f64 {
        self.factor.get(row * self.size + column).copied().unwrap_or(f64::NAN)
    }

    /// Natural logarithm of the determinant of the matrix.
    pub(crate) fn log_determinant(&self) -> f64 {
        2.0 * (0..self.size).map(|place| libm::log(self.at(place, place))).sum::<f64>()
    }

    /// Solves `matrix * x = right`.
    pub(crate) fn solve(&self, right: &[f64]) -> Vec<f64> {
        let mut x = self.solve_lower(right);
        for row in (0..self.size).rev() {
            let below: f64 = (row + 1..self.size)
                .map(|other| self.at(other, row) * x.get(other).copied().unwrap_or(0.0))
                .sum();
            if let Some(cell) = x.get_mut(row) {
                *cell = (*cell - below) / self.at(row, row);
            }
        }
        x
    }

    /// Solves `factor * x = right`.
    pub(crate) fn solve_lower(&self, right: &[f64]) -> Vec<f64> {
        let mut x: Vec<f64> = Vec::with_capacity(self.size);
        for row in 0..self.size {
            let before: f64 = x.iter().enumerate().map(|(column, value)| self.at(row, column) * value).sum();
            x.push((right.get(row).copied().unwrap_or(f64::NAN) - before) / self.at(row, row));
        }
        x
    }

    /// The inverse of the matrix.
    pub(crate) fn inverse(&self) -> Symmetric {
        let mut inverse = Symmetric::zeros(self.size);
        for column in 0..self.size {
            let mut unit = vec![0.0; self.size];
            if let Some(cell) = unit.get_mut(column) {
                *cell = 1.0;
            }
            for (row, value) in self.solve(&unit).into_iter().enumerate().skip(column) {
                inverse.set(row, column, value);
            }
        }
        inverse
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A positive definite matrix from numbers: `A A' + 0.1 I`.
    fn definite(size: usize, numbers: &[f64]) -> Symmetric {
        let at = |row: usize, column: usize| numbers[(row * size + column) % numbers.len()];
        Symmetric::from_fn(size, |row, column| {
            let product: f64 = (0..size).map(|k| at(row, k) * at(column, k)).sum();
            product + if row == column { 0.1 } else { 0.0 }
        })
    }

    proptest! {
        #[test]
        fn inverse_times_matrix_is_identity(size in 1_usize..7, numbers in proptest::collection::vec(-2.0..2.0_f64, 49)) {
            let matrix = definite(size, &numbers);
            let inverse = matrix.cholesky().unwrap().inverse();
            for row in 0..size {
                for column in 0..size {
                    let cell: f64 = (0..size).map(|k| matrix.at(row, k) * inverse.at(k, column)).sum();
                    prop_assert!((cell - f64::from(u8::from(row == column))).abs() < 1e-6);
                }
            }
        }

        #[test]
        fn eigenvectors_rebuild_the_matrix(size in 1_usize..7, numbers in proptest::collection::vec(-2.0..2.0_f64, 49)) {
            let matrix = definite(size, &numbers);
            let Eigen { values, vectors } = matrix.eigen();
            prop_assert!(values.is_sorted_by(|one, next| one >= next));
            for row in 0..size {
                for column in 0..size {
                    let cell: f64 = values.iter().zip(&vectors).map(|(value, vector)| value * vector[row] * vector[column]).sum();
                    prop_assert!((cell - matrix.at(row, column)).abs() < 1e-9 * matrix.trace());
                }
            }
            let from_eigen: f64 = values.iter().map(|value| value.ln()).sum();
            prop_assert!((matrix.cholesky().unwrap().log_determinant() - from_eigen).abs() < 1e-6);
        }
    }

    #[test]
    fn an_indefinite_matrix_has_no_factor() {
        let matrix = Symmetric::from_fn(2, |row, column| if row == column { 1.0 } else { 1.5 });
        assert!(matrix.cholesky().is_none());
        let eigen = matrix.eigen();
        assert!((eigen.values[1] + 0.5).abs() < 1e-12);
        assert!(Symmetric::from_fn(2, |_, _| f64::NAN).cholesky().is_none());
        assert!(Symmetric::from_fn(2, |_, _| f64::NAN).eigen().values[0].is_nan());
    }
}
