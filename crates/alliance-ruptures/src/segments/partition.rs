//! The cheapest way to cut a series into stretches of one level.

use std::fmt;

use super::cost::Costs;
use super::dynamic::Programme;
use super::{NotAssessed, Penalty, SegmentCost};
use crate::RuptureError;

/// A stretch of sessions with one level.
///
/// It runs from its first to its last scored session; missing sessions between
/// these belong to it, those between two segments to neither.
#[derive(Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Segment {
    /// Its first scored session.
    pub start: usize,
    /// One past its last scored session.
    pub end: usize,
    /// Sessions with a score in it.
    pub observed: usize,
    /// Mean of its scores.
    pub mean: f64,
    /// The level that the cost fits: the median (L1), the most likely latent mean (censored
    /// normal; the bound if all scores lie on it), else the mean.
    pub level: f64,
}

impl fmt::Debug for Segment {
    // The mean of one session is somebody's score.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segment")
            .field("start", &self.start)
            .field("end", &self.end)
            .field("observed", &self.observed)
            .finish_non_exhaustive()
    }
}

/// A series cut into segments.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Partition {
    /// The segments in session order.
    pub segments: Vec<Segment>,
    /// Sum of their costs, without penalties, in the units of the cost.
    pub cost: f64,
    /// Penalty per change that was used, in the same units.
    pub penalty: f64,
}

impl Partition {
    /// Number of changes.
    pub fn change_count(&self) -> usize {
        self.segments.len().saturating_sub(1)
    }

    /// First session of each segment but the first.
    pub fn changes(&self) -> impl Iterator<Item = usize> + '_ {
        self.segments.iter().skip(1).map(|segment| segment.start)
    }

    /// Cost plus penalties: what was minimised.
    pub fn penalised_cost(&self) -> f64 {
        self.cost + self.penalty * self.change_count() as f64
    }
}

/// Buffers that are reused from series to series; holds the last result.
#[derive(Clone, Default)]
pub struct SegmentScratch {
    pub(super) costs: Costs,
    pub(super) row: Vec<f64>,
    pub(super) second_row: Vec<f64>,
    /// Segments that binary segmentation has still to try.
    pub(super) open: Vec<(usize, usize)>,
    /// Ends (exclusive, counted in scored sessions) of the segments found.
    pub(super) ends: Vec<usize>,
    programme: Programme,
    partition: Partition,
}

impl fmt::Debug for SegmentScratch {
    // It holds somebody's scores.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SegmentScratch").finish_non_exhaustive()
    }
}

impl SegmentScratch {
    /// Empty buffers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a series and gives its penalty.
    pub(super) fn prepare(
        &mut self,
        cost: &SegmentCost,
        penalty: Penalty,
        min_segment: usize,
        scores: &[f64],
    ) -> Result<f64, NotAssessed> {
        self.costs.prepare(cost, scores)?;
        let observed = self.costs.values.len();
        let needed = min_segment.saturating_mul(2);
        if observed < needed {
            return Err(NotAssessed::TooFewObserved { observed, needed });
        }
        let value = penalty.in_units_of(cost, scores, observed, &mut self.row)?;
        self.costs.tolerance += 1e-10 * value;
        if self.costs.tolerance.is_finite() { Ok(value) } else { Err(NotAssessed::OutOfRange) }
    }

    /// Describes the segments whose ends were found.
    pub(super) fn finish(&mut self, cost: &SegmentCost, penalty: f64) -> Result<&Partition, NotAssessed> {
        let partition = &mut self.partition;
        partition.segments.clear();
        partition.cost = 0.0;
        partition.penalty = penalty;
        let mut from = 0;
        for to in &self.ends {
            let (segment_cost, mean, level) = self.costs.describe(cost, from, *to);
            partition.cost += segment_cost;
            let sessions = self.costs.sessions.get(from..*to).unwrap_or_default();
            if let (Some(first), Some(last)) = (sessions.first(), sessions.last()) {
                partition.segments.push(Segment {
                    start: *first,
                    end: last + 1,
                    observed: sessions.len(),
                    mean,
                    level,
                });
            }
            from = *to;
        }
        let finite = partition.penalised_cost().is_finite()
            && partition.segments.iter().all(|segment| segment.mean.is_finite() && segment.level.is_finite());
        if finite { Ok(partition) } else { Err(NotAssessed::OutOfRange) }
    }
}

/// Exact optimal partitioning: the segments with the smallest sum of costs plus penalties.
///
/// Minimises `sum of segment costs + penalty * changes` over all partitions whose segments
/// have at least `min_segment` scored sessions, by dynamic programming over the
/// remaining sessions: `G(s) = min over e > s of C(s, e) + penalty + G(e)` (Jackson et al.
/// 2005). Cost T^2 at most: the search for the end of a first segment stops where no longer one can be
/// better. Unlike the pruning of `ruptures` this loses nothing when segments have a minimum length.
///
/// **Ties** (penalised costs within 1e-10 of the series' total misfit plus one penalty): fewest changes,
/// then the earliest first change, then the earliest second, and so on.
///
/// Agrees with python `ruptures` at `jump=1`; its defaults `jump=5` and `min_size=2` cannot find a one-session dip.
/// A retrospective method: the sessions after a change are needed to place it.
///
/// ```
/// use alliance_ruptures::segments::{OptimalPartition, Penalty, SegmentCost};
///
/// let missing = f64::NAN;
/// let scores = [5.4, 5.6, 5.7, 5.5, 4.2, 5.3, 5.8, 5.9, missing, 5.7, 4.6, 4.4, 4.5, 5.6, 5.9, 6.0];
/// let detector = OptimalPartition::new(SegmentCost::L2, Penalty::Value(0.516))?;
/// let partition = detector.partition(&scores).unwrap();
/// assert_eq!(partition.changes().collect::<Vec<_>>(), [4, 5, 10, 13]);
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct OptimalPartition {
    cost: SegmentCost,
    penalty: Penalty,
    min_segment: usize,
}

impl Default for OptimalPartition {
    /// `L2`, the default [`Penalty`], segments of at least one session.
    fn default() -> Self {
        Self { cost: SegmentCost::L2, penalty: Penalty::default(), min_segment: 1 }
    }
}

impl OptimalPartition {
    /// With segments of at least one scored session.
    ///
    /// # Errors
    ///
    /// `invalid-option` for a penalty below 0 or not finite, a sigma not above 0, or a lowest score not below the highest.
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

    /// The cost of a segment.
    pub fn cost(&self) -> SegmentCost {
        self.cost
    }

    /// The penalty per change.
    pub fn penalty(&self) -> Penalty {
        self.penalty
    }

    /// Fewest scored sessions of a segment.
    pub fn min_segment(&self) -> usize {
        self.min_segment
    }

    /// Cuts one client's series.
    ///
    /// # Errors
    ///
    /// [`NotAssessed`] with fewer than `2 * min_segment` scores, without a sigma for the penalty, or
    /// for scores too large to square. A constant series has one segment.
    pub fn partition(&self, scores: &[f64]) -> Result<Partition, NotAssessed> {
        let mut scratch = SegmentScratch::new();
        self.partition_with(scores, &mut scratch).cloned()
    }

    /// The same with buffers from the series before: allocates nothing once they are long enough.
    ///
    /// # Errors
    ///
    /// As [`OptimalPartition::partition`].
    pub fn partition_with<'s>(
        &self,
        scores: &[f64],
        scratch: &'s mut SegmentScratch,
    ) -> Result<&'s Partition, NotAssessed> {
        let penalty = scratch.prepare(&self.cost, self.penalty, self.min_segment, scores)?;
        let SegmentScratch { costs, programme, ends, .. } = scratch;
        programme.solve(&self.cost, costs, penalty, self.min_segment, ends);
        scratch.finish(&self.cost, penalty)
    }
}

pub(super) fn at_least_one(min_segment: usize) -> Result<usize, RuptureError> {
    if min_segment > 0 {
        return Ok(min_segment);
    }
    Err(RuptureError::InvalidOption {
        option: "min_segment",
        problem: "a segment needs at least one scored session".into(),
    })
}
