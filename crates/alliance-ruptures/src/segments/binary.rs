//! Greedy segmentation: cut where it gains most, again and again.

use super::partition::at_least_one;
use super::{NotAssessed, Partition, Penalty, SegmentCost, SegmentScratch};
use crate::RuptureError;

/// Binary segmentation: splits the segment with the largest gain until no gain exceeds the penalty.
///
/// The gain of a split is the cost of the segment less the costs of its two parts (Scott and Knott
/// 1974). Not exact: a dip between two equal levels may gain too little at the first split and be missed
/// altogether, which is just the shape of a repaired rupture. Offered to compare with other
/// software (python `ruptures` `Binseg(jump=1)`); use [`OptimalPartition`](super::OptimalPartition).
///
/// **Ties** (gains within 1e-10 of the series' total misfit plus one penalty): the earliest split. `ruptures`
/// takes the latest within a segment. A gain that equals the penalty is no change.
///
/// ```
/// use alliance_ruptures::segments::{BinarySegmentation, Penalty, SegmentCost};
///
/// let detector = BinarySegmentation::new(SegmentCost::L2, Penalty::Value(0.5))?;
/// let partition = detector.partition(&[5.0, 5.1, 5.0, 4.0, 4.1, 4.0]).unwrap();
/// assert_eq!(partition.changes().collect::<Vec<_>>(), [3]);
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct BinarySegmentation {
    cost: SegmentCost,
    penalty: Penalty,
    min_segment: usize,
}

impl Default for BinarySegmentation {
    /// `L2`, the default [`Penalty`], segments of at least one session.
    fn default() -> Self {
        Self { cost: SegmentCost::L2, penalty: Penalty::default(), min_segment: 1 }
    }
}

/// Gain of the best split of a segment, and where it is.
#[derive(Clone, Copy)]
struct Split {
    gain: f64,
    at: usize,
}

impl BinarySegmentation {
    /// With segments of at least one scored session.
    ///
    /// # Errors
    ///
    /// `invalid-option`, as for [`OptimalPartition::new`](super::OptimalPartition::new).
    pub fn new(cost: SegmentCost, penalty: Penalty) -> Result<Self, RuptureError> {
        Ok(Self { cost: cost.validate()?, penalty: penalty.validate()?, min_segment: 1 })
    }

    /// Fewest scored sessions of a segment.
    ///
    /// # Errors
    ///
    /// `invalid-option` for 0.
    pub fn with_min_segment(self, min_segment: usize) -> Result<Self, RuptureError> {
        Ok(Self { min_segment: at_least_one(min_segment)?, ..self })
    }

    /// Cuts one client's series.
    ///
    /// # Errors
    ///
    /// [`NotAssessed`], as for [`OptimalPartition::partition`](super::OptimalPartition::partition).
    pub fn partition(&self, scores: &[f64]) -> Result<Partition, NotAssessed> {
        let mut scratch = SegmentScratch::new();
        self.partition_with(scores, &mut scratch).cloned()
    }

    /// The same with buffers from the series before.
    ///
    /// # Errors
    ///
    /// As [`BinarySegmentation::partition`].
    pub fn partition_with<'s>(
        &self,
        scores: &[f64],
        scratch: &'s mut SegmentScratch,
    ) -> Result<&'s Partition, NotAssessed> {
        let penalty = scratch.prepare(&self.cost, self.penalty, self.min_segment, scores)?;
        let count = scratch.costs.values.len();
        scratch.ends.clear();
        // Segments still to try. Splitting one does not change another's gain, so
        // the order of splits does not matter and each is kept as soon as it gains enough.
        scratch.open.clear();
        scratch.open.push((0, count));
        while let Some((start, end)) = scratch.open.pop() {
            match self.best_split(start, end, scratch) {
                Some(split) if split.gain > penalty + scratch.costs.tolerance => {
                    scratch.open.push((split.at, end));
                    scratch.open.push((start, split.at));
                }
                _ => scratch.ends.push(end),
            }
        }
        scratch.finish(&self.cost, penalty)
    }

    fn best_split(&self, start: usize, end: usize, scratch: &mut SegmentScratch) -> Option<Split> {
        if end - start < 2 * self.min_segment {
            return None;
        }
        let SegmentScratch { costs, row, second_row, .. } = scratch;
        costs.forward(&self.cost, start, end, row);
        costs.backward(&self.cost, end, start, second_row);
        let whole = row.last().copied()?;
        let (first, last) = (start + self.min_segment, end - self.min_segment);
        let gain_at = |at: usize| {
            let left = row.get(at - start - 1)?;
            let right = second_row.get(end - at - 1)?;
            Some(Split { gain: whole - left - right, at })
        };
        let splits = || (first..=last).filter_map(gain_at);
        let most = splits().map(|split| split.gain).fold(f64::NEG_INFINITY, f64::max);
        splits().find(|split| split.gain >= most - costs.tolerance)
    }
}
