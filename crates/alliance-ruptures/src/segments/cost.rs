//! How badly one level fits a stretch of scores.

use super::NotAssessed;
use super::censored::CensoredSegment;
use crate::RuptureError;

/// What a segment costs: its misfit around one level.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum SegmentCost {
    /// Sum of absolute deviations from the median; in score units.
    L1,
    /// Sum of squared deviations from the mean; in squared score units.
    L2,
    /// -n r^2 / v: n sessions with mean rank r about the middle rank, v the variance of all ranks (ties: mean rank).
    ///
    /// For ordinal scores; without units, and in steps of -2 log likelihood
    /// (Lung-Yut-Fong, Lévy-Leduc and Cappé 2015).
    Rank,
    /// -2 log likelihood of a normal distribution with a known sigma, of which scores at
    /// the ends of the scale say only "at most" and "at least".
    ///
    /// The constant (count of scores inside times ln 2 pi sigma^2) is left out, so
    /// without scores at the ends this is the L2 cost over sigma^2. A
    /// segment with all scores at one end costs 0.
    CensoredNormal {
        /// Standard deviation within segments, pooled over clients; in score units.
        sigma: f64,
        /// Lowest possible score, or minus infinity.
        lowest: f64,
        /// Highest possible score, or infinity.
        highest: f64,
    },
}

impl SegmentCost {
    pub(super) fn validate(self) -> Result<Self, RuptureError> {
        let Self::CensoredNormal { sigma, lowest, highest } = self else { return Ok(self) };
        let problem = if !(sigma.is_finite() && sigma > 0.0) {
            "sigma must be finite and above 0"
        } else if lowest.partial_cmp(&highest) != Some(std::cmp::Ordering::Less) {
            "the lowest score must lie below the highest"
        } else {
            return Ok(self);
        };
        Err(RuptureError::InvalidOption { option: "cost", problem: problem.into() })
    }
}

/// Prefix sums are read in blocks of this many.
pub(super) const LANES: usize = 4;

/// One client's scores, prepared for one cost. Its buffers are reused from series to series.
#[derive(Clone, Default)]
pub(super) struct Costs {
    /// Scores without the missing ones, and their sessions.
    pub(super) values: Vec<f64>,
    pub(super) sessions: Vec<usize>,
    /// Sums of the first k centred values or ranks, and of their squares (for ranks times `scale`), filled up to whole blocks.
    pub(super) sums: Vec<f64>,
    pub(super) squares: Vec<f64>,
    /// 1/k.
    pub(super) reciprocals: Vec<f64>,
    /// Factor of the squared sums: 1 for squares, for ranks 1 / variance or 0 if all are equal.
    pub(super) scale: f64,
    /// Sorted values of the segment being grown; or the ranks.
    pub(super) sorted: Vec<f64>,
    order: Vec<usize>,
    /// Costs that differ by no more are ties: rounding error of the sums.
    pub(super) tolerance: f64,
}

impl Costs {
    /// Takes a series; says no to scores too large to square.
    pub(super) fn prepare(&mut self, cost: &SegmentCost, scores: &[f64]) -> Result<(), NotAssessed> {
        self.values.resize(scores.len(), 0.0);
        self.sessions.resize(scores.len(), 0);
        let mut seen = 0;
        for (session, score) in scores.iter().enumerate() {
            // A missing score is written over by the next one.
            if let (Some(value), Some(place)) = (self.values.get_mut(seen), self.sessions.get_mut(seen)) {
                *value = *score;
                *place = session;
            }
            seen += usize::from(!score.is_nan());
        }
        self.values.truncate(seen);
        self.sessions.truncate(seen);
        let count = self.values.len();
        for k in self.reciprocals.len()..=count + LANES {
            self.reciprocals.push(1.0 / k as f64);
        }
        // Deviations from one of the scores: what level they have costs no digits.
        let first = self.values.first().copied().unwrap_or(0.0);
        let misfit = match *cost {
            SegmentCost::L2 => self.accumulate(first),
            SegmentCost::Rank => {
                self.rank();
                count as f64
            }
            SegmentCost::L1 => self.values.iter().map(|value| (value - first).abs()).sum(),
            SegmentCost::CensoredNormal { sigma, .. } => {
                let squares = self.values.iter().map(|value| ((value - first) / sigma).powi(2));
                squares.sum::<f64>() + count as f64
            }
        };
        self.tolerance = 1e-10 * misfit;
        if misfit.is_finite() { Ok(()) } else { Err(NotAssessed::OutOfRange) }
    }

    /// Sums of deviations from an origin; gives the sum of squared deviations from the mean.
    fn accumulate(&mut self, origin: f64) -> f64 {
        self.restart_sums();
        self.scale = 1.0;
        let (mut sum, mut square) = (0.0, 0.0);
        let places = self.sums.iter_mut().zip(&mut self.squares).skip(1);
        for (value, (sum_place, square_place)) in self.values.iter().zip(places) {
            let value = value - origin;
            sum += value;
            square += value * value;
            *sum_place = sum;
            *square_place = square;
        }
        let misfit = square - sum * sum / self.values.len().max(1) as f64;
        // Not `max`, which would make a zero of what is not a number.
        if misfit < 0.0 { 0.0 } else { misfit }
    }

    fn restart_sums(&mut self) {
        let length = self.values.len() + 1 + LANES;
        for sums in [&mut self.sums, &mut self.squares] {
            sums.clear();
            sums.resize(length, 0.0);
        }
    }

    /// Sums of the mean ranks about the middle rank. They are multiples of one half, so the sums are exact.
    fn rank(&mut self) {
        let values = &self.values;
        self.order.clear();
        self.order.extend(0..values.len());
        let value_of = |position: &usize| values.get(*position).copied().unwrap_or(0.0);
        self.order.sort_unstable_by(|a, b| value_of(a).total_cmp(&value_of(b)));
        self.sorted.clear();
        self.sorted.resize(values.len(), 0.0);
        let middle = f64::midpoint(values.len() as f64, 1.0);
        let mut before = 0;
        for tied in self.order.chunk_by(|a, b| value_of(a) == value_of(b)) {
            let rank = before as f64 + f64::midpoint(tied.len() as f64, 1.0);
            before += tied.len();
            for position in tied {
                if let Some(place) = self.sorted.get_mut(*position) {
                    *place = rank - middle;
                }
            }
        }
        self.restart_sums();
        let square: f64 = self.sorted.iter().map(|rank| rank * rank).sum();
        self.scale = if square > 0.0 { self.values.len() as f64 / square } else { 0.0 };
        let (mut sum, mut square) = (0.0, 0.0);
        let places = self.sums.iter_mut().zip(&mut self.squares).skip(1);
        for (rank, (sum_place, square_place)) in self.sorted.iter().zip(places) {
            sum += rank;
            square += rank * rank;
            *sum_place = sum;
            *square_place = square * self.scale;
        }
    }

    /// Writes the costs of the segments from `start` to each end up to `last_end` (exclusive ends).
    pub(super) fn forward(&mut self, cost: &SegmentCost, start: usize, last_end: usize, row: &mut Vec<f64>) {
        row.clear();
        let values = self.values.get(start..last_end).unwrap_or_default();
        match *cost {
            SegmentCost::L2 | SegmentCost::Rank => {
                row.extend((start + 1..=last_end).map(|end| self.prefix_cost(start, end)));
            }
            SegmentCost::L1 => absolute_costs(values.iter(), &mut self.sorted, row),
            SegmentCost::CensoredNormal { sigma, lowest, highest } => {
                let mut segment = CensoredSegment::new(sigma, lowest, highest);
                row.extend(values.iter().map(|value| segment.push(*value)));
            }
        }
    }

    /// Writes the costs of the segments that end before `end`, from start `end - 1` down to `last_start`.
    pub(super) fn backward(&mut self, cost: &SegmentCost, end: usize, last_start: usize, row: &mut Vec<f64>) {
        row.clear();
        let values = self.values.get(last_start..end).unwrap_or_default();
        match *cost {
            SegmentCost::L2 | SegmentCost::Rank => {
                row.extend((last_start..end).rev().map(|start| self.prefix_cost(start, end)));
            }
            SegmentCost::L1 => absolute_costs(values.iter().rev(), &mut self.sorted, row),
            SegmentCost::CensoredNormal { sigma, lowest, highest } => {
                let mut segment = CensoredSegment::new(sigma, lowest, highest);
                row.extend(values.iter().rev().map(|value| segment.push(*value)));
            }
        }
    }

    /// Squared deviations from the segment's mean. For ranks this is the rank cost plus a sum over
    /// its sessions, which is the same for every partition.
    fn prefix_cost(&self, start: usize, end: usize) -> f64 {
        let difference = |sums: &[f64]| match (sums.get(start), sums.get(end)) {
            (Some(before), Some(after)) => after - before,
            _ => 0.0,
        };
        let sum = difference(&self.sums);
        let reciprocal = self.reciprocals.get(end - start).copied().unwrap_or(0.0);
        difference(&self.squares) - sum * sum * (reciprocal * self.scale)
    }

    /// Exact cost, mean and level of one segment.
    pub(super) fn describe(&mut self, cost: &SegmentCost, start: usize, end: usize) -> (f64, f64, f64) {
        let values = self.values.get(start..end).unwrap_or_default();
        let Some(first) = values.first().copied() else { return (0.0, 0.0, 0.0) };
        // Differences from the first score: equal scores then have exactly that mean and no cost, and
        // the first is one of those that cost, so no digits are lost.
        let (mut sum, mut square) = (0.0, 0.0);
        for value in values {
            let difference = value - first;
            sum += difference;
            square += difference * difference;
        }
        let off = sum / values.len() as f64;
        let mean = first + off;
        match *cost {
            SegmentCost::L2 => ((square - sum * off).max(0.0), mean, mean),
            SegmentCost::Rank => {
                let squares = match (self.squares.get(start), self.squares.get(end)) {
                    (Some(before), Some(after)) => after - before,
                    _ => 0.0,
                };
                (self.prefix_cost(start, end) - squares, mean, mean)
            }
            SegmentCost::L1 => {
                self.sorted.clear();
                self.sorted.extend_from_slice(values);
                self.sorted.sort_unstable_by(f64::total_cmp);
                let (lower, upper) = medians(&self.sorted);
                let median = lower + 0.5 * (upper - lower);
                (values.iter().map(|value| (value - median).abs()).sum(), mean, median)
            }
            SegmentCost::CensoredNormal { sigma, lowest, highest } => {
                let mut segment = CensoredSegment::new(sigma, lowest, highest);
                let total = values.iter().map(|value| segment.push(*value)).last().unwrap_or(0.0);
                (total, mean, segment.level())
            }
        }
    }
}

/// The two middle values of a sorted slice; the same value twice if the count is odd.
fn medians(sorted: &[f64]) -> (f64, f64) {
    let at = |place: usize| sorted.get(place).copied().unwrap_or(0.0);
    (at(sorted.len().saturating_sub(1) / 2), at(sorted.len() / 2))
}

/// Adds a value to sorted ones and gives what it adds to the sum of absolute deviations from the median.
///
/// That is its distance from the median interval of the values so far: the old sum is flat
/// there and steeper than the new term outside. So the sum has no cancellation.
pub(super) fn absolute_step(sorted: &mut Vec<f64>, value: f64) -> f64 {
    let (lower, upper) = medians(sorted);
    let distance = if sorted.is_empty() { 0.0 } else { (lower - value).max(value - upper).max(0.0) };
    let place = sorted.partition_point(|other| *other <= value);
    sorted.insert(place, value);
    distance
}

/// Sums of absolute deviations from the median, after each value.
fn absolute_costs<'a>(values: impl Iterator<Item = &'a f64>, sorted: &mut Vec<f64>, row: &mut Vec<f64>) {
    sorted.clear();
    let mut total = 0.0;
    row.extend(values.map(|value| {
        total += absolute_step(sorted, *value);
        total
    }));
}
