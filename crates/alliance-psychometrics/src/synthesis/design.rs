//! What effects are regressed on: an intercept and moderators.

use crate::least_squares::Basis;
use crate::linear::Symmetric;
use crate::{Columns, Status};

/// An intercept and moderators, centred and made orthonormal, row by row.
#[derive(Clone)]
pub(super) struct Design {
    width: usize,
    cells: Vec<f64>,
    /// Weights of the design's columns in each coefficient of the moderators as they were given, row by row.
    back: Vec<Vec<f64>>,
}

impl Design {
    /// An intercept.
    pub(super) fn intercept(rows: usize) -> Self {
        Self { width: 1, cells: vec![1.0; rows], back: vec![vec![1.0]] }
    }

    /// An intercept and these rows of the moderators.
    ///
    /// # Errors
    ///
    /// `NotPositiveDefinite` if a moderator is constant or a combination of others.
    pub(super) fn new(moderators: &Columns<'_>, rows: &[usize]) -> Result<Self, Status> {
        let kept = |values: &[f64]| -> Vec<f64> { rows.iter().map(|row| cell(values, *row)).collect() };
        let basis = Basis::new(moderators.iter().map(kept))?;
        let width = basis.columns.len() + 1;
        let cells = (0..rows.len())
            .flat_map(|row| {
                std::iter::once(1.0).chain(basis.columns.iter().map(move |column| cell(column, row)))
            })
            .collect();
        // Columns of the map from the design's coefficients to the moderators'.
        let slopes: Vec<Vec<f64>> = (0..width - 1)
            .map(|unit| {
                let unit: Vec<f64> = (0..width - 1).map(|place| f64::from(u8::from(place == unit))).collect();
                basis.back(&unit)
            })
            .collect();
        let shift = |slopes: &Vec<f64>| {
            -slopes.iter().zip(&basis.means).map(|(slope, mean)| slope * mean).sum::<f64>()
        };
        let intercept = std::iter::once(1.0).chain(slopes.iter().map(shift)).collect();
        let moderator = |place: usize| {
            std::iter::once(0.0).chain(slopes.iter().map(move |slopes| cell(slopes, place))).collect()
        };
        let back = std::iter::once(intercept).chain((0..width - 1).map(moderator)).collect();
        Ok(Self { width, cells, back })
    }

    /// Coefficients: one more than moderators.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// The rows, each an intercept and the moderators' columns.
    pub(super) fn rows(&self) -> impl ExactSizeIterator<Item = &[f64]> + '_ {
        self.cells.chunks_exact(self.width)
    }

    /// One row.
    pub(super) fn row(&self, row: usize) -> &[f64] {
        self.cells.get(row * self.width..(row + 1) * self.width).unwrap_or_default()
    }

    /// Coefficients of the moderators as they were given.
    pub(super) fn coefficients(&self, of_columns: &[f64]) -> Vec<f64> {
        self.back.iter().map(|row| row.iter().zip(of_columns).map(|(a, b)| a * b).sum()).collect()
    }

    /// Covariances of the moderators' coefficients.
    pub(super) fn covariance(&self, of_columns: &Symmetric) -> Symmetric {
        let half = |row: &Vec<f64>| -> Vec<f64> {
            (0..self.width)
                .map(|column| row.iter().enumerate().map(|(place, a)| a * of_columns.at(place, column)).sum())
                .collect()
        };
        let halves: Vec<Vec<f64>> = self.back.iter().map(half).collect();
        Symmetric::from_fn(self.width, |one, other| match (halves.get(one), self.back.get(other)) {
            (Some(left), Some(right)) => left.iter().zip(right).map(|(a, b)| a * b).sum(),
            _ => f64::NAN,
        })
    }
}

/// An element; NaN outside.
#[inline]
pub(super) fn cell(values: &[f64], place: usize) -> f64 {
    values.get(place).copied().unwrap_or(f64::NAN)
}

/// Trace of the product of two symmetric matrices.
pub(super) fn product_trace(one: &Symmetric, other: &Symmetric) -> f64 {
    (0..one.size()).map(|row| one.row(row).iter().zip(other.row(row)).map(|(a, b)| a * b).sum::<f64>()).sum()
}
