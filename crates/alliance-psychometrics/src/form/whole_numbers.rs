//! Cross products of whole answers, which questionnaires mostly have: eight at a time in integers, and exact.

#![allow(clippy::inline_always)] // See `Scan`.

use crate::Columns;

/// Rows of a block: its products still fit 32 bits, 1024^3 = 2^30.
pub(super) const WHOLE_BLOCK: usize = 1_024;

/// Differences from the origin from minus this to below it are taken: the products of a block then fit 32 bits.
const FARTHEST: u64 = 1_024;

/// Adding and taking away 1.5 * 2^52 rounds to a whole number, which then stands in the lowest bits.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// A block of whole differences from an origin, one column after the other.
pub(super) struct WholeBlock {
    differences: Vec<i16>,
}

impl WholeBlock {
    pub(super) fn new(columns: usize) -> Self {
        Self { differences: vec![0; columns * WHOLE_BLOCK] }
    }

    /// Reads a full block; false if an answer is missing, no whole number, or far from the origin.
    #[inline(always)]
    pub(super) fn read(&mut self, columns: &Columns<'_>, origin: &[f64], start: usize) -> bool {
        let parts = columns.iter().zip(origin).zip(self.differences.chunks_exact_mut(WHOLE_BLOCK));
        for ((column, origin), differences) in parts {
            let Some(values) = column.get(start..start + WHOLE_BLOCK) else { return false };
            let mut wrong = [0_u64; 4];
            let pairs = values.as_chunks::<4>().0.iter().zip(differences.as_chunks_mut::<4>().0);
            for (values, places) in pairs {
                for ((value, place), wrong) in values.iter().zip(places).zip(&mut wrong) {
                    let difference = value - origin;
                    let rounded = difference + ROUND;
                    let bits = rounded.to_bits();
                    *place = bits as i16;
                    // Rounding changed nothing, and all but the lowest bits are those of the constant.
                    *wrong |= ((rounded - ROUND).to_bits() ^ difference.to_bits())
                        | ((bits.wrapping_add(FARTHEST) ^ ROUND.to_bits()) & !(2 * FARTHEST - 1));
                }
            }
            if wrong.iter().any(|wrong| *wrong != 0) {
                return false;
            }
        }
        true
    }

    /// Adds the sums of the columns and the products of the lower triangle, row by row.
    #[inline(always)]
    pub(super) fn add_to(&self, sums: &mut [f64], products: &mut [f64]) {
        let mut cell = products.iter_mut();
        let columns = || self.differences.as_chunks::<WHOLE_BLOCK>().0.iter();
        for ((position, left), sum) in columns().enumerate().zip(sums) {
            *sum += f64::from(left.iter().map(|difference| i32::from(*difference)).sum::<i32>());
            for (right, product) in columns().take(position + 1).zip(cell.by_ref()) {
                *product += f64::from(dot(left, right));
            }
        }
    }
}

#[inline(always)]
fn dot(left: &[i16; WHOLE_BLOCK], right: &[i16; WHOLE_BLOCK]) -> i32 {
    left.iter().zip(right).map(|(left, right)| i32::from(*left) * i32::from(*right)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_numbers_near_the_origin_are_taken() {
        let read = |value: f64| {
            let mut column = vec![5.0; WHOLE_BLOCK];
            column[77] = value;
            let mut block = WholeBlock::new(1);
            block.read(&Columns::new(&[&column]).unwrap(), &[5.0], 0).then(|| block.differences[77])
        };
        for (value, difference) in [(5.0, 0), (1.0, -4), (7.0, 2), (1_028.0, 1_023), (-1_019.0, -1_024)] {
            assert_eq!(read(value), Some(difference));
        }
        let far = [
            f64::NAN,
            -f64::NAN,
            5.5,
            5.0 + 1e-9,
            1_029.0,
            -1_020.0,
            65_541.0,
            1e15,
            -1e15,
            1e17,
            -1e300,
            f64::MAX,
        ];
        for value in far {
            assert_eq!(read(value), None, "{value}");
        }
    }
}
