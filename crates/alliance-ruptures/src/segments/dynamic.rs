//! The dynamic programme behind optimal partitioning.

use std::array::from_fn;

use super::SegmentCost;
use super::censored::CensoredSegment;
use super::cost::{Costs, LANES, absolute_step};

/// Best continuations, reused from series to series.
#[derive(Clone, Default)]
pub(super) struct Programme {
    /// Penalised cost of the best partition from each scored session on, with the penalty for the
    /// change before it; infinite where no segment fits, 0 behind the last session. Filled up with infinity to whole blocks.
    tails: Vec<f64>,
    /// The first step of that partition.
    steps: Vec<Step>,
    /// Costs of all sessions from each one on as one segment, from the last session down.
    whole: Vec<f64>,
    /// Cost of each first segment plus its tail.
    row: Vec<[f64; LANES]>,
}

/// First step of a partition of the scored sessions from some session on: its number of segments above
/// 32 bits that hold the end of the first one. The smaller of two steps has fewer changes, or as many and the earlier end.
type Step = u64;

/// One more segment than `rest`, with this end.
#[inline]
fn step_to(end: usize, rest: Step) -> Step {
    ((rest & !END) + ONE_SEGMENT) | end as u64
}

const ONE_SEGMENT: Step = 1 << 32;
const END: Step = ONE_SEGMENT - 1;

impl Programme {
    /// Finds the best partition into segments of at least `shortest` scores and writes the ends of its segments.
    pub(super) fn solve(
        &mut self,
        cost: &SegmentCost,
        costs: &mut Costs,
        penalty: f64,
        shortest: usize,
        ends: &mut Vec<usize>,
    ) {
        let count = costs.values.len();
        self.tails.clear();
        self.tails.resize(count + 1 + LANES, f64::INFINITY);
        self.steps.clear();
        self.steps.resize(count + 1, count as u64);
        self.row.resize(count / LANES + 2, [f64::INFINITY; LANES]);
        if let Some(last) = self.tails.get_mut(count) {
            *last = 0.0;
        }
        match *cost {
            SegmentCost::L2 | SegmentCost::Rank => self.by_sums(costs, penalty, shortest),
            SegmentCost::L1 => {
                costs.backward(cost, count, 0, &mut self.whole);
                let (values, sorted, tolerance) = (&costs.values, &mut costs.sorted, costs.tolerance);
                for start in (0..=count.saturating_sub(shortest)).rev() {
                    sorted.clear();
                    let mut total = 0.0;
                    let grow = |value: f64| {
                        total += absolute_step(sorted, value);
                        total
                    };
                    self.by_growth(values, start, (penalty, shortest, tolerance), grow);
                }
            }
            SegmentCost::CensoredNormal { sigma, lowest, highest } => {
                costs.backward(cost, count, 0, &mut self.whole);
                for start in (0..=count.saturating_sub(shortest)).rev() {
                    let mut segment = CensoredSegment::new(sigma, lowest, highest);
                    let grow = |value: f64| segment.push(value);
                    self.by_growth(&costs.values, start, (penalty, shortest, costs.tolerance), grow);
                }
            }
        }
        ends.clear();
        let mut at = 0;
        while at < count {
            // Every step leads on; `max` ends the walk even if a cost was not a number.
            at = self.steps.get(at).map_or(count, |step| (step & END) as usize).max(at + 1);
            ends.push(at);
        }
    }

    /// All starts, with costs from prefix sums.
    ///
    /// A segment costs what its squares add to the sum of all squares, less a share for its mean. The squares are the same
    /// for every partition, so totals here leave those behind the start out, and only the shares are weighed.
    fn by_sums(&mut self, costs: &Costs, penalty: f64, shortest: usize) {
        let Self { tails, steps, row, .. } = self;
        let length = tails.len();
        let tails = tails.as_mut_slice();
        let (Some(sums), Some(squares), Some(reciprocals)) =
            (costs.sums.get(..length), costs.squares.get(..length), costs.reciprocals.get(..length))
        else {
            return;
        };
        let (scale, tolerance) = (costs.scale, costs.tolerance);
        let count = costs.values.len();
        let all_squares = squares.get(count).copied().unwrap_or(0.0);
        for start in (0..=count.saturating_sub(shortest)).rev() {
            let sum_before = sums[start];
            let first = start + shortest;
            let share_to = |end: usize| {
                let sum = sums[end] - sum_before;
                sum * sum * (reciprocals[end - start] * scale)
            };
            let whole = -share_to(count);
            let mut least = whole;
            let mut used = 0;
            // The shortest segment leads to the tail found just before, the longer ones to older
            // tails. It is kept out of the blocks, so that they need not wait for it.
            let mut end = first + 1;
            while let (Some(sums), Some(tails), Some(reciprocals), Some(place)) = (
                block_at(sums, end),
                block_at(tails, end),
                block_at(reciprocals, end - start),
                row.get_mut(used),
            ) {
                let sum = sums.map(|sum| sum - sum_before);
                let share: [f64; LANES] = from_fn(|lane| sum[lane] * sum[lane] * (reciprocals[lane] * scale));
                let totals = from_fn(|lane| tails[lane] - share[lane]);
                *place = totals;
                used += 1;
                end += LANES;
                least = less(least, smallest(totals));
                let left = all_squares - squares[end - 1];
                if hopeless(
                    -share[LANES - 1] - left,
                    tails[LANES - 1] + left,
                    least + tolerance,
                    penalty,
                    shortest,
                ) {
                    break;
                }
            }
            let longer = choose(&row[..used], steps, first + 1, whole, least + tolerance);
            let total = tails[first] - share_to(first);
            tails[start] = penalty + less(least, total);
            let shorter = step_to(first, steps[first]);
            let tied = (total - least).abs() <= tolerance;
            let either = shorter.min(longer);
            let one = if total < least { shorter } else { longer };
            steps[start] = if tied { either } else { one };
        }
    }

    /// One start, with a cost that grows score by score.
    fn by_growth(
        &mut self,
        values: &[f64],
        start: usize,
        (penalty, shortest, tolerance): (f64, usize, f64),
        mut grow: impl FnMut(f64) -> f64,
    ) {
        let first = start + shortest;
        // No segment at all begins behind the last session.
        let from_end = values.len().checked_sub(start + 1);
        let whole = from_end.and_then(|place| self.whole.get(place)).copied().unwrap_or(f64::INFINITY);
        let mut least = whole;
        let mut used = 0;
        let mut costs = values.iter().skip(start).map(|value| grow(*value)).skip(shortest - 1);
        let tails = self.tails.get(first..).unwrap_or_default().as_chunks::<LANES>().0;
        'blocks: for (totals, tails) in self.row.iter_mut().zip(tails) {
            *totals = [f64::INFINITY; LANES];
            used += 1;
            for (total, tail) in totals.iter_mut().zip(tails) {
                let Some(cost) = costs.next() else { break 'blocks };
                *total = cost + tail;
                least = less(least, *total);
                if hopeless(cost, *tail, least + tolerance, penalty, shortest) {
                    break 'blocks;
                }
            }
        }
        let row = self.row.get(..used).unwrap_or_default();
        let step = choose(row, &self.steps, first, whole, least + tolerance);
        if let (Some(tail), Some(place)) = (self.tails.get_mut(start), self.steps.get_mut(start)) {
            *tail = least + penalty;
            *place = step;
        }
    }
}

/// Whether no longer first segment can lead to a total up to the limit, the whole series aside.
///
/// A longer one costs no less, and leads to a change. If segments may have any length, more is known: cutting
/// the longer one here saves its cost but for one penalty, and this end's tail
/// is the best continuation (the inequality behind PELT, Killick, Fearnhead and Eckley 2012). Nothing is lost.
#[inline]
fn hopeless(cost: f64, tail: f64, limit: f64, penalty: f64, shortest: usize) -> bool {
    cost + penalty > limit || (shortest == 1 && cost + (tail - penalty) > limit)
}

/// The choice among totals up to a limit: fewest changes, then the earliest end. `whole` is the total without a change.
#[inline]
fn choose(row: &[[f64; LANES]], steps: &[Step], first_end: usize, whole: f64, limit: f64) -> Step {
    /// Blocks with one bit per total in a word.
    const GROUP: usize = u64::BITS as usize / LANES;
    let count = steps.len().saturating_sub(1);
    if whole <= limit {
        return step_to(count, 0);
    }
    let mut best = Step::MAX;
    for (group, blocks) in row.chunks(GROUP).enumerate() {
        // There is nearly always just one candidate, so this branches less than a search.
        let mut candidates = 0_u64;
        for [a, b, c, d] in blocks.iter().rev() {
            let low = u64::from(*a <= limit) | (u64::from(*b <= limit) << 1);
            let high = u64::from(*c <= limit) | (u64::from(*d <= limit) << 1);
            candidates = (candidates << LANES) | low | (high << 2);
        }
        while candidates != 0 {
            let end = first_end + group * GROUP * LANES + candidates.trailing_zeros() as usize;
            candidates &= candidates - 1;
            let Some(rest) = steps.get(end) else { break };
            best = best.min(step_to(end, *rest));
        }
    }
    if best == Step::MAX { step_to(count, 0) } else { best }
}

/// The block from a position on, if it is whole.
#[inline]
fn block_at(values: &[f64], from: usize) -> Option<&[f64; LANES]> {
    values.get(from..)?.first_chunk()
}

/// The smaller one; the first if one is not a number.
#[inline]
fn less(a: f64, b: f64) -> f64 {
    if b < a { b } else { a }
}

/// Pairwise, so that the comparisons need not wait for each other.
#[inline]
fn smallest([a, b, c, d]: [f64; LANES]) -> f64 {
    less(less(a, c), less(b, d))
}
