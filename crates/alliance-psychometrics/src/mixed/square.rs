//! Square matrices of the size of a group's random effects.

/// By rows.
pub(super) type Square<const Q: usize> = [[f64; Q]; Q];

/// Lower Cholesky factor of I + R Psi R'.
pub(super) fn relative_factor<const Q: usize>(root: &Square<Q>, covariance: &Square<Q>) -> Option<Square<Q>> {
    factor(&plus_identity(sandwich(root, covariance)))
}

/// Lower Cholesky factor, if the matrix is positive definite.
pub(super) fn factor<const Q: usize>(matrix: &Square<Q>) -> Option<Square<Q>> {
    let mut factor = [[0.0; Q]; Q];
    for row in 0..Q {
        for column in 0..=row {
            let before: f64 = (0..column).map(|before| factor[row][before] * factor[column][before]).sum();
            let rest = matrix[row][column] - before;
            if row == column {
                if rest <= 0.0 || !rest.is_finite() {
                    return None;
                }
                factor[row][row] = rest.sqrt();
            } else {
                factor[row][column] = rest / factor[column][column];
            }
        }
    }
    Some(factor)
}

/// L^-1 M for a lower triangular L.
pub(super) fn whitened_by<const Q: usize>(lower: &Square<Q>, matrix: &Square<Q>) -> Square<Q> {
    let mut whitened = *matrix;
    whiten_rows(lower, whitened.as_flattened_mut(), Q);
    whitened
}

/// L^-1 times Q rows of `width`, in place.
pub(super) fn whiten_rows<const Q: usize>(lower: &Square<Q>, rows: &mut [f64], width: usize) {
    for (row, cells) in lower.iter().enumerate() {
        let (before, rest) = rows.split_at_mut(row * width);
        for (place, own) in rest.iter_mut().take(width).enumerate() {
            for (cell, earlier) in cells.iter().zip(before.chunks_exact(width)) {
                *own -= cell * earlier[place];
            }
            *own /= cells[row];
        }
    }
}

/// A M A'.
pub(super) fn sandwich<const Q: usize>(outside: &Square<Q>, inside: &Square<Q>) -> Square<Q> {
    product(outside, &product(inside, &transpose(outside)))
}

pub(super) fn product<const Q: usize>(left: &Square<Q>, right: &Square<Q>) -> Square<Q> {
    std::array::from_fn(|row| {
        std::array::from_fn(|column| (0..Q).map(|k| left[row][k] * right[k][column]).sum())
    })
}

pub(super) fn transpose<const Q: usize>(matrix: &Square<Q>) -> Square<Q> {
    std::array::from_fn(|row| std::array::from_fn(|column| matrix[column][row]))
}

pub(super) fn times<const Q: usize>(matrix: &Square<Q>, vector: &[f64; Q]) -> [f64; Q] {
    matrix.map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum())
}

pub(super) fn identity<const Q: usize>() -> Square<Q> {
    plus_identity([[0.0; Q]; Q])
}

pub(super) fn plus_identity<const Q: usize>(mut matrix: Square<Q>) -> Square<Q> {
    for (place, row) in matrix.iter_mut().enumerate() {
        row[place] += 1.0;
    }
    matrix
}
