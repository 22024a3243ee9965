//! The one pass over the answers: block by block, item by item.

use std::thread;

use crate::MissingRule;
use crate::coding::Coding;
use crate::column::{BLOCK, Column};
use crate::plan::{Group, Plan};
use crate::spread::SpreadSums;

/// Rows per unit of work. Threads start at its multiples, and sums of a unit are
/// added up in the order of the units, so that any number of threads gives the same numbers.
pub(crate) const UNIT: usize = 64 * BLOCK;

/// Below this many rows one thread does the work when the caller leaves the choice.
const ROWS_WORTH_THREADS: usize = 100_000;

/// Where the scores of one scale go; all slices have one element per row.
#[derive(Debug)]
#[non_exhaustive]
pub struct ScaleOutput<'o> {
    /// Item mean, NaN where there is no score.
    pub mean: &'o mut [f64],
    /// How many items of the scale are answered.
    pub answered: &'o mut [u8],
    /// Bit `row`, lowest bit first, is set where there is a score; `(rows + 7) / 8` bytes, or none.
    pub defined: Option<&'o mut [u8]>,
}

impl<'o> ScaleOutput<'o> {
    /// Output slices for one scale.
    pub fn new(mean: &'o mut [f64], answered: &'o mut [u8]) -> Self {
        Self { mean, answered, defined: None }
    }

    /// Asks for a bitmap of defined scores too.
    #[must_use]
    pub fn with_defined(mut self, defined: &'o mut [u8]) -> Self {
        self.defined = Some(defined);
        self
    }

    /// Splits after `rows` rows, a multiple of 8.
    fn split(self, rows: usize) -> (Self, Self) {
        let (mean, mean_rest) = self.mean.split_at_mut(rows);
        let (answered, answered_rest) = self.answered.split_at_mut(rows);
        let (defined, defined_rest) = match self.defined {
            Some(defined) => {
                let (first, rest) = defined.split_at_mut(rows / 8);
                (Some(first), Some(rest))
            }
            None => (None, None),
        };
        (
            Self { mean, answered, defined },
            Self { mean: mean_rest, answered: answered_rest, defined: defined_rest },
        )
    }
}

/// How many forms a scale was scored for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ScaleCounts {
    /// Forms with every item answered.
    pub complete: usize,
    /// Forms scored although items are missing.
    pub prorated: usize,
    /// Forms without a score.
    pub not_scored: usize,
}

/// What a pass found besides the scores.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Some answer is not of the response scale; the scores are void.
    pub(crate) stray: bool,
    pub(crate) counts: Vec<ScaleCounts>,
    /// Sums of each unit, in order.
    pub(crate) sums: Vec<SpreadSums>,
}

/// How many threads to use for `rows` rows.
fn thread_count(rows: usize, asked: Option<usize>) -> usize {
    let most = rows.div_ceil(UNIT).max(1);
    let available = || thread::available_parallelism().map_or(1, usize::from);
    let wanted = asked.unwrap_or_else(|| if rows < ROWS_WORTH_THREADS { 1 } else { available() });
    wanted.clamp(1, most)
}

/// Scores all rows.
pub(crate) fn run<C: Coding>(
    plan: &Plan,
    coding: C,
    columns: &[Column<'_>],
    rows: usize,
    mut outputs: Vec<ScaleOutput<'_>>,
    threads: Option<usize>,
) -> Outcome {
    let threads = thread_count(rows, threads);
    let rows_each = rows.div_ceil(UNIT).div_ceil(threads) * UNIT;
    let mut parts = thread::scope(|scope| {
        let mut running = Vec::new();
        let mut first = 0;
        while first < rows {
            let count = rows_each.min(rows - first);
            let (now, rest): (Vec<_>, Vec<_>) =
                outputs.into_iter().map(|output| output.split_rows(count)).unzip();
            outputs = rest;
            let start = first;
            running.push(scope.spawn(move || Worker::new(plan, coding, columns, start).run(now, count)));
            first += count;
        }
        running
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect::<Vec<_>>()
    })
    .into_iter();
    let mut all = parts.next().unwrap_or_else(|| Outcome::empty(plan));
    for part in parts {
        all.stray |= part.stray;
        for (sum, more) in all.counts.iter_mut().zip(part.counts) {
            sum.complete += more.complete;
            sum.prorated += more.prorated;
            sum.not_scored += more.not_scored;
        }
        all.sums.extend(part.sums);
    }
    all
}

impl ScaleOutput<'_> {
    /// Splits after `rows` rows; the last part of the output may end anywhere.
    fn split_rows(self, rows: usize) -> (Self, Self) {
        if rows < self.mean.len() {
            return self.split(rows);
        }
        let empty = Self { mean: &mut [], answered: &mut [], defined: None };
        (self, empty)
    }
}

impl Outcome {
    fn empty(plan: &Plan) -> Self {
        Self { stray: false, counts: vec![ScaleCounts::default(); plan.scales.len()], sums: Vec::new() }
    }
}

/// The buffers of one thread.
struct Worker<'p, 'c, 'a, C: Coding> {
    plan: &'p Plan,
    coding: C,
    columns: &'c [Column<'a>],
    first: usize,
    /// Codes and validity of each column used, block after block.
    codes: Vec<C::Code>,
    valid: Vec<u8>,
    /// Sum and number of keyed answers of each group.
    sums: Vec<C::Sum>,
    counts: Vec<u8>,
    scale_sum: Vec<C::Sum>,
    scale_count: Vec<Vec<u8>>,
    part_count: Vec<u8>,
    /// 1 for a form on which every used item is answered.
    complete: Vec<u8>,
    /// Sums for the item spread, kept while a score can be prorated.
    spread: Option<SpreadSums>,
}

impl<'p, 'c, 'a, C: Coding> Worker<'p, 'c, 'a, C> {
    fn new(plan: &'p Plan, coding: C, columns: &'c [Column<'a>], first: usize) -> Self {
        let groups = plan.groups.len();
        Self {
            plan,
            coding,
            columns,
            first,
            codes: vec![C::Code::default(); plan.item_count * BLOCK],
            valid: vec![0; plan.item_count * BLOCK],
            sums: vec![C::Sum::default(); groups * BLOCK],
            counts: vec![0; groups * BLOCK],
            scale_sum: vec![C::Sum::default(); BLOCK],
            scale_count: vec![vec![0; BLOCK]; plan.scales.len()],
            part_count: vec![0; BLOCK],
            complete: vec![0; BLOCK],
            spread: (plan.missing != MissingRule::Complete).then(|| SpreadSums::new(plan)),
        }
    }

    fn run(mut self, mut outputs: Vec<ScaleOutput<'_>>, rows: usize) -> Outcome {
        let mut outcome = Outcome::empty(self.plan);
        let mut cursors: Vec<_> = self.columns.iter().map(|column| column.cursor(self.first)).collect();
        let mut done = 0;
        while done < rows {
            let count = BLOCK.min(rows - done);
            for (group, found) in self.plan.groups.iter().zip(0..) {
                for item in &group.items {
                    let at = item * BLOCK;
                    let (Some(cursor), Some(codes), Some(valid)) = (
                        cursors.get_mut(*item),
                        self.codes.get_mut(at..at + count),
                        self.valid.get_mut(at..at + count),
                    ) else {
                        continue;
                    };
                    outcome.stray |= self.coding.read(cursor, codes, valid);
                }
                self.add_group(group, found, count);
            }
            if outcome.stray {
                // The call is refused; sums of answers outside the range need not even be numbers.
                return outcome;
            }
            self.add_complete_forms(count);
            self.finish_scales(&mut outputs, done, count, &mut outcome.counts);
            done += count;
            if (done % UNIT == 0 || done == rows)
                && let Some(spread) = &mut self.spread
            {
                outcome.sums.push(std::mem::replace(spread, SpreadSums::new(self.plan)));
            }
        }
        outcome
    }

    /// Adds up the items of a group.
    fn add_group(&mut self, group: &Group, position: usize, count: usize) {
        let at = position * BLOCK;
        let sums = &mut self.sums[at..at + count];
        let counts = &mut self.counts[at..at + count];
        sums.fill(C::Sum::default());
        counts.fill(0);
        for item in &group.items {
            let from = item * BLOCK;
            let codes = &self.codes[from..from + count];
            let valid = &self.valid[from..from + count];
            for (((sum, answered), code), valid) in
                sums.iter_mut().zip(counts.iter_mut()).zip(codes).zip(valid)
            {
                *sum += self.coding.keyed(*code, *valid, group.turned);
                *answered += valid;
            }
        }
    }

    /// Finds the complete forms of the block and adds their items to the sums for the spread.
    fn add_complete_forms(&mut self, count: usize) {
        let Some(spread) = &mut self.spread else { return };
        let complete = &mut self.complete[..count];
        complete.fill(0);
        for group in self.counts.chunks(BLOCK) {
            for (answered, more) in complete.iter_mut().zip(group) {
                *answered += more;
            }
        }
        let used: usize = self.plan.groups.iter().map(|group| group.items.len()).sum();
        for answered in complete.iter_mut() {
            *answered = u8::from(usize::from(*answered) == used);
        }
        spread.add_items::<C>(self.plan, &self.codes, complete);
    }

    /// Turns sums of groups into means of scales.
    fn finish_scales(
        &mut self,
        outputs: &mut [ScaleOutput<'_>],
        done: usize,
        count: usize,
        totals: &mut [ScaleCounts],
    ) {
        for (scale, answered) in self.plan.scales.iter().zip(&mut self.scale_count) {
            answered.fill(0);
            for group in &scale.groups {
                let at = group * BLOCK;
                for (sum, more) in answered.iter_mut().zip(&self.counts[at..at + count]) {
                    *sum += more;
                }
            }
        }
        let scales = self.plan.scales.iter().enumerate();
        for (((position, scale), output), total) in scales.zip(outputs).zip(totals) {
            self.scale_sum.fill(C::Sum::default());
            for group in &scale.groups {
                let at = group * BLOCK;
                for (sum, more) in self.scale_sum.iter_mut().zip(&self.sums[at..at + count]) {
                    *sum += *more;
                }
            }
            if let Some(spread) = &mut self.spread {
                spread.add_scale::<C>(position, &self.scale_sum[..count], &self.complete[..count]);
            }
            let answered = &self.scale_count[position][..count];
            let means = &mut output.mean[done..done + count];
            let required = scale.required;
            for ((mean, sum), answered) in means.iter_mut().zip(&self.scale_sum).zip(answered) {
                let value = self.coding.total(C::above_min(*sum), *answered) / f64::from(*answered);
                *mean = if *answered >= required { value } else { f64::NAN };
            }
            for part in &scale.parts {
                self.part_count.fill(0);
                for group in part {
                    let at = group * BLOCK;
                    for (sum, more) in self.part_count.iter_mut().zip(&self.counts[at..at + count]) {
                        *sum += more;
                    }
                }
                for (mean, answered) in means.iter_mut().zip(&self.part_count) {
                    if *answered == 0 {
                        *mean = f64::NAN;
                    }
                }
            }
            output.answered[done..done + count].copy_from_slice(answered);
            let complete: usize = answered.iter().map(|answered| usize::from(*answered == scale.items)).sum();
            let defined: usize = means.iter().map(|mean| usize::from(!mean.is_nan())).sum();
            total.complete += complete;
            total.prorated += defined - complete;
            total.not_scored += count - defined;
            if let Some(bits) = &mut output.defined {
                let bits = &mut bits[done / 8..(done + count).div_ceil(8)];
                for (byte, means) in bits.iter_mut().zip(means.chunks(8)) {
                    *byte = means.iter().rev().fold(0, |byte, mean| byte << 1 | u8::from(!mean.is_nan()));
                }
            }
        }
    }
}
