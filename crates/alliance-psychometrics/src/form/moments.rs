//! Means and covariances of a form's items in one pass over the columns, block by block.

#![allow(clippy::inline_always)] // See `Scan`.

use super::expectation::expectation_maximisation;
use super::whole_numbers::{WHOLE_BLOCK, WholeBlock};
use crate::linear::Symmetric;
use crate::vectors::{Scan, scan};
use crate::{Columns, Status};

/// Rows read at a time: the block of a dozen items stays in the first-level cache.
const BLOCK: usize = 256;

/// Sums kept apart in one dot product, so that the order of additions is the same on every machine.
pub(super) const LANES: usize = 8;

/// A covariance this small beside the variances is rounding.
pub(super) const ROUNDING: f64 = 1e-12;

/// What becomes of rows with missing answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Missing {
    /// Rows without a missing answer count, the others do not.
    #[default]
    Listwise,
    /// Each covariance from the rows that have both answers, each variance from all answers to the item, as
    /// `cov(use = "pairwise")` of R has it. Correlations divide these covariances by these variances, as `cov2cor`
    /// does in psych 2.2.9, so that raw and standardized alpha rest on one matrix; `cor(use = "pairwise")`, which takes
    /// the variances of the pair's rows, differs. A matrix whose smallest eigenvalue is below -1e-8 times its
    /// trace is refused.
    Pairwise,
    /// Maximum likelihood under a normal distribution, by the EM algorithm (Little & Rubin 2019, Statistical Analysis
    /// with Missing Data, section 11.2), times n / (n - 1), so that without a missing answer it is the usual covariance.
    ExpectationMaximisation,
}

/// Means and covariances, and the rows they rest on.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Moments {
    pub(super) means: Vec<f64>,
    pub(super) covariances: Symmetric,
    pub(super) rows_used: usize,
    pub(super) rows_dropped: usize,
    /// `Defined`, or why the covariances are not to be used.
    pub(super) status: Status,
}

impl Moments {
    pub(super) fn new(columns: &Columns<'_>, missing: Missing) -> Self {
        match missing {
            Missing::Listwise => listwise(columns),
            Missing::Pairwise => scan(PairsOfAnswers(columns)),
            Missing::ExpectationMaximisation => expectation_maximisation(columns),
        }
    }

    /// The status of covariances from so many rows, as far as it does not depend on the statistic.
    pub(super) fn status_of(columns: &Columns<'_>, rows_used: usize) -> Status {
        match rows_used {
            0 if columns.rows() > 0 => Status::AllMissing,
            0 | 1 => Status::TooFewUnits,
            _ => Status::Defined,
        }
    }
}

/// Blocks of rows as differences from an origin, one column after the other.
struct Blocks<'a> {
    columns: &'a Columns<'a>,
    origin: &'a [f64],
    differences: Vec<f64>,
}

impl<'a> Blocks<'a> {
    fn new(columns: &'a Columns<'a>, origin: &'a [f64]) -> Self {
        Self { columns, origin, differences: vec![0.0; columns.count() * BLOCK] }
    }

    /// Reads the block that starts at a row, its complete rows first and zeros after them; their number.
    #[inline(always)]
    fn read(&mut self, start: usize) -> usize {
        let end = (start + BLOCK).min(self.columns.rows());
        let mut used = end.saturating_sub(start);
        // A NaN in the block makes this sum NaN.
        let mut total = 0.0;
        for ((column, origin), differences) in
            self.columns.iter().zip(self.origin).zip(self.differences.chunks_exact_mut(BLOCK))
        {
            let values = column.get(start..end).unwrap_or_default();
            let mut sums = [0.0; LANES];
            let (parts, rest) = values.as_chunks::<LANES>();
            let (places, _) = differences.as_chunks_mut::<LANES>();
            for (place, part) in places.iter_mut().zip(parts) {
                for ((difference, value), sum) in place.iter_mut().zip(part).zip(&mut sums) {
                    *difference = value - origin;
                    *sum += *difference;
                }
            }
            total += sums.iter().sum::<f64>();
            if used < BLOCK {
                for (difference, value) in places
                    .as_flattened_mut()
                    .iter_mut()
                    .skip(parts.len() * LANES)
                    .zip(rest.iter().map(|value| value - origin).chain(std::iter::repeat(0.0)))
                {
                    *difference = value;
                    total += value;
                }
            }
        }
        if total.is_nan() {
            used = self.move_complete_rows_forward(used);
        }
        used
    }

    fn move_complete_rows_forward(&mut self, rows: usize) -> usize {
        let mut complete = [true; BLOCK];
        for differences in self.differences.chunks_exact(BLOCK) {
            for (complete, difference) in complete.iter_mut().zip(differences) {
                *complete &= !difference.is_nan();
            }
        }
        let used = complete.iter().take(rows).filter(|complete| **complete).count();
        for differences in self.differences.chunks_exact_mut(BLOCK) {
            let mut next = 0;
            for row in 0..rows {
                if complete.get(row) == Some(&true) {
                    differences.copy_within(row..=row, next);
                    next += 1;
                }
            }
            differences.iter_mut().skip(next).for_each(|difference| *difference = 0.0);
        }
        used
    }
}

/// The first row without a missing answer.
pub(super) fn first_complete_row(columns: &Columns<'_>) -> Option<Vec<f64>> {
    let row = (0..columns.rows()).find(|row| columns.is_complete(*row))?;
    columns.iter().map(|column| column.get(row).copied()).collect()
}

#[inline(always)]
fn dot(left: &[f64], right: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    for (left, right) in left.as_chunks::<LANES>().0.iter().zip(right.as_chunks::<LANES>().0) {
        for ((sum, left), right) in sums.iter_mut().zip(left).zip(right) {
            *sum += left * right;
        }
    }
    sums.iter().sum()
}

#[inline(always)]
fn total(values: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    for values in values.as_chunks::<LANES>().0 {
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += value;
        }
    }
    sums.iter().sum()
}

/// Sums and products of the differences from the origin.
struct Totals {
    sums: Vec<f64>,
    /// The lower triangle, row by row.
    products: Vec<f64>,
    rows_used: usize,
}

/// Totals of the complete rows.
struct CompleteRows<'a> {
    columns: &'a Columns<'a>,
    origin: &'a [f64],
}

impl Scan for CompleteRows<'_> {
    type Found = Totals;

    #[inline(always)]
    fn run(self) -> Totals {
        let Self { columns, origin } = self;
        let size = columns.count();
        let mut found =
            Totals { sums: vec![0.0; size], products: vec![0.0; size * (size + 1) / 2], rows_used: 0 };
        let mut whole = WholeBlock::new(size);
        let mut blocks = Blocks::new(columns, origin);
        for start in (0..columns.rows()).step_by(WHOLE_BLOCK) {
            if whole.read(columns, origin, start) {
                found.rows_used += WHOLE_BLOCK;
                whole.add_to(&mut found.sums, &mut found.products);
                continue;
            }
            for start in (start..columns.rows().min(start + WHOLE_BLOCK)).step_by(BLOCK) {
                found.rows_used += blocks.read(start);
                found.add(&blocks.differences);
            }
        }
        found
    }
}

impl Totals {
    #[inline(always)]
    fn add(&mut self, differences: &[f64]) {
        let mut cell = self.products.iter_mut();
        for ((position, left), sum) in differences.chunks_exact(BLOCK).enumerate().zip(&mut self.sums) {
            *sum += total(left);
            for (right, product) in differences.chunks_exact(BLOCK).take(position + 1).zip(cell.by_ref()) {
                *product += dot(left, right);
            }
        }
    }
}

fn listwise(columns: &Columns<'_>) -> Moments {
    let size = columns.count();
    let origin = first_complete_row(columns).unwrap_or_else(|| vec![0.0; size]);
    let Totals { sums, products, rows_used } = scan(CompleteRows { columns, origin: &origin });
    let n = rows_used as f64;
    let at = |place: usize| sums.get(place).copied().unwrap_or(f64::NAN);
    let covariances = Symmetric::from_fn(size, |row, column| {
        let product = products.get(row * (row + 1) / 2 + column).copied().unwrap_or(f64::NAN);
        covariance(product, at(row), at(column), n, row == column)
    });
    let means = origin.iter().zip(&sums).map(|(origin, sum)| origin + sum / n).collect();
    Moments {
        means,
        covariances,
        rows_used,
        rows_dropped: columns.rows() - rows_used,
        status: Moments::status_of(columns, rows_used),
    }
}

/// A covariance from sums of differences; variances that are rounding become 0.
pub(super) fn covariance(product: f64, left: f64, right: f64, n: f64, is_variance: bool) -> f64 {
    let rest = product - left * right / n;
    let rest = if is_variance && rest < ROUNDING * product { 0.0 } else { rest };
    rest / (n - 1.0)
}

/// Moments of the rows that have both answers.
struct PairsOfAnswers<'a>(&'a Columns<'a>);

impl Scan for PairsOfAnswers<'_> {
    type Found = Moments;

    #[inline(always)]
    fn run(self) -> Moments {
        pairwise(self.0)
    }
}

#[inline(always)]
fn pairwise(columns: &Columns<'_>) -> Moments {
    let size = columns.count();
    let origin: Vec<f64> = columns
        .iter()
        .map(|column| column.iter().copied().find(|value| !value.is_nan()).unwrap_or(0.0))
        .collect();
    let mut differences = vec![0.0; size * BLOCK];
    let mut answered = vec![0.0; size * BLOCK];
    // Of each pair: rows, sum of the first, sum of the second, products.
    let mut pairs = vec![[0.0; 4]; size * (size + 1) / 2];
    let mut rows_used = 0;
    for start in (0..columns.rows()).step_by(BLOCK) {
        let mut any = [false; BLOCK];
        for (((column, origin), differences), answered) in columns
            .iter()
            .zip(&origin)
            .zip(differences.chunks_exact_mut(BLOCK))
            .zip(answered.chunks_exact_mut(BLOCK))
        {
            let values = column.iter().skip(start).copied().chain(std::iter::repeat(f64::NAN));
            for (((value, difference), answered), any) in
                values.zip(differences.iter_mut()).zip(answered.iter_mut()).zip(&mut any)
            {
                let is_there = !value.is_nan();
                *difference = if is_there { value - origin } else { 0.0 };
                *answered = f64::from(u8::from(is_there));
                *any |= is_there;
            }
        }
        rows_used += any.iter().filter(|any| **any).count();
        let mut pair = pairs.iter_mut();
        let items = || differences.chunks_exact(BLOCK).zip(answered.chunks_exact(BLOCK));
        for (position, (left, left_there)) in items().enumerate() {
            for ((right, right_there), sums) in items().take(position + 1).zip(pair.by_ref()) {
                let found = [
                    dot(left_there, right_there),
                    dot(left, right_there),
                    dot(right, left_there),
                    dot(left, right),
                ];
                for (sum, found) in sums.iter_mut().zip(found) {
                    *sum += found;
                }
            }
        }
    }
    let pair =
        |row: usize, column: usize| pairs.get(row * (row + 1) / 2 + column).copied().unwrap_or([f64::NAN; 4]);
    let covariances = Symmetric::from_fn(size, |row, column| {
        let [n, left, right, product] = pair(row, column);
        if n < 2.0 { f64::NAN } else { covariance(product, left, right, n, row == column) }
    });
    let means = (0..size).zip(&origin).map(|(item, origin)| {
        let [n, sum, ..] = pair(item, item);
        origin + sum / n
    });
    let mut status = Moments::status_of(columns, rows_used);
    if status == Status::Defined {
        let least = covariances.eigen().values.last().copied().unwrap_or(0.0);
        if least.is_nan() {
            status = Status::TooFewUnits;
        } else if least < -LEAST_EIGENVALUE * covariances.trace() {
            status = Status::NotPositiveDefinite;
        }
    }
    Moments {
        means: means.collect(),
        rows_used,
        rows_dropped: columns.rows() - rows_used,
        status,
        covariances,
    }
}

/// Share of the trace below which a negative eigenvalue counts as rounding.
const LEAST_EIGENVALUE: f64 = 1e-8;

#[cfg(test)]
mod tests {
    use super::*;

    /// The loop compiled for any processor gives the bits of the one with wide vectors.
    #[test]
    fn the_processor_does_not_matter() {
        let column = |k: u32| -> Vec<f64> {
            (0..3_000).map(|row| f64::from(row % (k + 5)) * 0.37 + f64::from(row)).collect()
        };
        let columns = [column(1), column(2), column(3)];
        let columns = Columns::new(&[&columns[0], &columns[1], &columns[2]]).unwrap();
        let origin = first_complete_row(&columns).unwrap();
        let narrow = CompleteRows { columns: &columns, origin: &origin }.run();
        let wide = scan(CompleteRows { columns: &columns, origin: &origin });
        assert_eq!((narrow.sums, narrow.products), (wide.sums, wide.products));
        assert_eq!(pairwise(&columns), scan(PairsOfAnswers(&columns)));
    }
}
