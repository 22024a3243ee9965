//! What of the rows the likelihood needs: computed once, in two passes.

use super::model::{MixedModel, SlopeCovariance};
use super::square::Square;
use crate::Status;
use crate::groups::Groups;
use crate::linear::Symmetric;

/// A column that shrinks below this share of its length once others are taken out is a combination of them.
const COLLINEAR: f64 = 1e-11;
/// Residuals whose sum of squares is below this share of that of the response are rounding.
const REPRODUCED: f64 = 1e-26;
/// So are they below this share of its sum of squares within groups.
const ELIMINATED: f64 = 1e-13;

/// A model reduced to an orthonormal basis of each group's random effects.
///
/// Fixed columns are made orthonormal and the response is replaced by its least-squares residual, which changes
/// coefficients in a known way and the likelihood not at all. Together they are the `width` columns W, the response
/// last. With Z = U R in a group (U orthonormal, R upper triangular) the rows enter the likelihood only through R,
/// U'W and what is left of W: V = I + Z Psi Z' acts as I + R Psi R' on U'W and as the identity on the rest.
pub(super) struct Reduced<const Q: usize> {
    /// Rows used.
    pub(super) rows: usize,
    /// Fixed columns, and one for the response.
    pub(super) width: usize,
    /// Cross products of W without its part in the span of the groups' Z, `width` by `width`.
    pub(super) within: Vec<f64>,
    /// R of each group.
    pub(super) roots: Vec<Square<Q>>,
    /// U'W of each group: Q rows of `width`.
    pub(super) projections: Vec<f64>,
    /// Where each outer group starts, and where the last ends; without an outer factor `None`.
    pub(super) outer_starts: Option<Vec<usize>>,
    /// Codes of the groups, in the order of `roots`.
    pub(super) codes: Vec<u32>,
    /// Codes of the outer groups.
    pub(super) outer_codes: Vec<u32>,
    /// Upper triangle that takes coefficients of the original columns to those of the orthonormal ones, by rows.
    pub(super) triangle: Vec<f64>,
    /// Coefficients of the response taken out, in orthonormal columns.
    pub(super) taken_out: Vec<f64>,
    /// The slope's variable is `centre + scale` times its column of Z.
    pub(super) centre: f64,
    pub(super) scale: f64,
}

impl<const Q: usize> Reduced<Q> {
    pub(super) fn new(model: &MixedModel<'_>) -> Result<Self, Status> {
        let inner = Groups::new(model.groups, |row| model.is_complete(row));
        let rows = inner.row_count();
        if rows == 0 {
            return Err(Status::AllMissing);
        }
        let (outer, order) = match model.outer {
            // That groups are nested was checked with no fewer rows.
            Some(codes) => {
                let of_group = inner.outer_of(codes).map_err(|_| Status::Undefined)?;
                let outer = Groups::new(&of_group, |_| true);
                let order: Vec<usize> = outer.iter().flatten().copied().collect();
                (Some(outer), order)
            }
            None => (None, (0..inner.count()).collect()),
        };
        let width = model.fixed.count() + 2;
        let enough = inner.count() >= 2
            && Q * inner.count() < rows
            && width - 1 < rows
            && outer.as_ref().is_none_or(|outer| (2..inner.count()).contains(&outer.count()));
        if !enough {
            return Err(Status::TooFewUnits);
        }
        let sorted: Vec<usize> = order.iter().flat_map(|group| inner.rows(*group)).copied().collect();
        let gather = |column: &[f64]| -> Vec<f64> {
            sorted.iter().map(|row| column.get(*row).copied().unwrap_or(f64::NAN)).collect()
        };
        let mut columns = vec![vec![1.0; rows]];
        columns.extend(model.fixed.iter().map(gather));
        let response = gather(model.response);
        let rounding = REPRODUCED * dot(&response, &response);
        columns.push(response);
        let Some((triangle, taken_out)) = orthonormal(&mut columns) else {
            return Err(Status::NotPositiveDefinite);
        };
        let (mut variable, centre, scale) = match model.slope {
            Some((variable, covariance)) => standardised(gather(variable), covariance)?,
            None => (Vec::new(), 0.0, 1.0),
        };
        let mut reduced = Self {
            rows,
            width,
            within: Vec::new(),
            roots: Vec::with_capacity(inner.count()),
            projections: Vec::with_capacity(inner.count() * Q * width),
            outer_starts: outer.as_ref().map(|outer| {
                let sizes = outer.iter().map(<[usize]>::len);
                std::iter::once(0)
                    .chain(sizes.scan(0, |sum, size| {
                        *sum += size;
                        Some(*sum)
                    }))
                    .collect()
            }),
            codes: order.iter().filter_map(|group| inner.codes().get(*group).copied()).collect(),
            outer_codes: outer.map_or_else(Vec::new, |outer| outer.codes().to_vec()),
            triangle,
            taken_out,
            centre,
            scale,
        };
        let mut start = 0;
        for group in order {
            let end = start + inner.rows(group).len();
            reduced.take_group(start..end, variable.get_mut(start..end).unwrap_or_default(), &mut columns);
            start = end;
        }
        reduced.within = (0..width * width)
            .map(|cell| {
                dot(&columns[(cell / width).min(cell % width)], &columns[(cell / width).max(cell % width)])
            })
            .collect();
        let within = reduced.within.last().copied().unwrap_or(0.0);
        if reduced.left_within() <= rounding.max(ELIMINATED * within) {
            // Rows that do vary are reproduced by as many effects as there are rows.
            let at = |row: &usize| model.response.get(*row);
            let varies = inner.iter().any(|own| own.iter().any(|row| at(row) != own.first().and_then(at)));
            let saturated = varies && rows <= Q * inner.count() + model.fixed.count();
            return Err(if saturated { Status::TooFewUnits } else { Status::ZeroVariance });
        }
        Ok(reduced)
    }

    /// Takes the span of Z out of the group's rows of W, and keeps what was in it.
    fn take_group(&mut self, rows: std::ops::Range<usize>, slope: &mut [f64], columns: &mut [Vec<f64>]) {
        let length = (rows.len() as f64).sqrt();
        let mut root = [[0.0; Q]; Q];
        root[0][0] = length;
        if Q > 1 {
            let before = dot(slope, slope).sqrt();
            let mean = slope.iter().sum::<f64>() / rows.len() as f64;
            root[0][1] = mean * length;
            for value in slope.iter_mut() {
                *value -= mean;
            }
            let after = dot(slope, slope).sqrt();
            // A variable that does not vary in this group leaves no second direction.
            let size = if after > COLLINEAR * before.max(1.0) { after } else { 0.0 };
            root[1][1] = size;
            for value in slope.iter_mut() {
                *value = if size > 0.0 { *value / size } else { 0.0 };
            }
        }
        self.roots.push(root);
        let place = self.projections.len();
        self.projections.resize(place + Q * self.width, 0.0);
        for (column, values) in columns.iter_mut().enumerate() {
            let Some(values) = values.get_mut(rows.clone()) else { continue };
            let mean = values.iter().sum::<f64>() / rows.len() as f64;
            for value in values.iter_mut() {
                *value -= mean;
            }
            self.projections[place + column] = mean * length;
            if Q > 1 {
                let along = dot(slope, values);
                values.iter_mut().zip(&*slope).for_each(|(value, direction)| *value -= along * direction);
                self.projections[place + self.width + column] = along;
            }
        }
    }

    /// Sum of squares of the response that neither the groups' random effects nor fixed columns reproduce.
    fn left_within(&self) -> f64 {
        let width = self.width;
        let mut matrix = self.within.clone();
        for pivot in 0..width - 1 {
            let size = matrix[pivot * width + pivot];
            // Columns are unit vectors: what is left of one that varies between groups alone is rounding.
            if size <= 1e-12 {
                continue;
            }
            for row in pivot + 1..width {
                let share = matrix[row * width + pivot] / size;
                for column in pivot + 1..width {
                    matrix[row * width + column] -= share * matrix[pivot * width + column];
                }
            }
        }
        matrix[width * width - 1]
    }

    /// Groups of each outer group; all groups at once without an outer factor.
    pub(super) fn outer_groups(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        let all = [0, self.roots.len()];
        let count = self.outer_starts.as_ref().map_or(1, |starts| starts.len() - 1);
        (0..count).map(move |outer| {
            let starts = self.outer_starts.as_deref().unwrap_or(&all);
            starts[outer]..starts[outer + 1]
        })
    }
}

impl<const Q: usize> Reduced<Q> {
    /// Takes effects on the columns of Z to effects of 1 and the slope's variable.
    pub(super) fn to_users_units(&self) -> Square<Q> {
        let mut back = [[0.0; Q]; Q];
        back[0][0] = 1.0;
        if Q > 1 {
            back[0][1] = -self.centre / self.scale;
            back[1][1] = 1.0 / self.scale;
        }
        back
    }

    /// Coefficients of the user's columns from those that the orthonormal ones have on the residual.
    pub(super) fn coefficients(&self, orthonormal: &[f64]) -> Vec<f64> {
        let all: Vec<f64> =
            orthonormal.iter().zip(&self.taken_out).map(|(own, before)| own + before).collect();
        self.solve_triangle(all)
    }

    /// Covariance of the user's coefficients from that of the orthonormal ones.
    pub(super) fn covariance_of_coefficients(&self, matrix: &Symmetric) -> Symmetric {
        let size = matrix.size();
        let columns: Vec<Vec<f64>> =
            (0..size).map(|column| self.solve_triangle(matrix.row(column).to_vec())).collect();
        let rows: Vec<Vec<f64>> = (0..size)
            .map(|row| self.solve_triangle(columns.iter().map(|column| column[row]).collect()))
            .collect();
        Symmetric::from_fn(size, |row, column| rows[row][column])
    }

    fn solve_triangle(&self, mut right: Vec<f64>) -> Vec<f64> {
        let count = right.len();
        for row in (0..count).rev() {
            let cells = &self.triangle[row * count..(row + 1) * count];
            let known: f64 = (row + 1..count).map(|column| cells[column] * right[column]).sum();
            right[row] = (right[row] - known) / cells[row];
        }
        right
    }
}

/// Makes all columns but the last orthonormal and takes them out of the last, by modified Gram-Schmidt done twice.
///
/// Gives the triangle by rows, and what was taken out of the last column; `None` if a column depends on those before.
fn orthonormal(columns: &mut [Vec<f64>]) -> Option<(Vec<f64>, Vec<f64>)> {
    let count = columns.len() - 1;
    let mut triangle = vec![0.0; count * count];
    let mut taken_out = vec![0.0; count];
    for column in 0..=count {
        let (before, rest) = columns.split_at_mut(column);
        let values = rest.first_mut()?;
        let length = dot(values, values).sqrt();
        for _ in 0..2 {
            for (row, other) in before.iter().enumerate() {
                let along = dot(other, values);
                values.iter_mut().zip(other).for_each(|(value, direction)| *value -= along * direction);
                if column < count {
                    triangle[row * count + column] += along;
                } else {
                    taken_out[row] += along;
                }
            }
        }
        if column < count {
            let left = dot(values, values).sqrt();
            if left <= COLLINEAR * length {
                return None;
            }
            triangle[column * count + column] = left;
            for value in values.iter_mut() {
                *value /= left;
            }
        }
    }
    Some((triangle, taken_out))
}

/// The slope's variable in units of its spread: about its mean if a covariance makes up for the shift, else about 0.
fn standardised(mut variable: Vec<f64>, covariance: SlopeCovariance) -> Result<(Vec<f64>, f64, f64), Status> {
    let count = variable.len() as f64;
    let mean = variable.iter().sum::<f64>() / count;
    let largest = variable.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let deviation =
        (variable.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count).sqrt();
    if deviation <= COLLINEAR * largest {
        return Err(Status::NotPositiveDefinite);
    }
    let (centre, scale) = match covariance {
        SlopeCovariance::Correlated => (mean, deviation),
        SlopeCovariance::Uncorrelated => (0.0, libm::hypot(mean, deviation)),
    };
    for value in &mut variable {
        *value = (*value - centre) / scale;
    }
    Ok((variable, centre, scale))
}

/// Sum of products, in four interleaved parts.
pub(super) fn dot(left: &[f64], right: &[f64]) -> f64 {
    let mut lanes = [0.0; 4];
    let (left, left_rest) = left.as_chunks::<4>();
    let (right, right_rest) = right.as_chunks::<4>();
    for (a, b) in left.iter().zip(right) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a * b;
        }
    }
    let rest: f64 = left_rest.iter().zip(right_rest).map(|(a, b)| a * b).sum();
    (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]) + rest
}
