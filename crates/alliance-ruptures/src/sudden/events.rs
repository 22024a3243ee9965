//! What was found in one client's series.

use std::ops::AddAssign;

use super::criteria::{Around, Interval};
use super::options::Compat;
use super::rule::SuddenRule;

/// Whether at least half of a shift was lost again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reversed {
    /// A later score lies strictly beyond the reversal value.
    Yes,
    /// None of the later scores does.
    No,
    /// There is no later score.
    NotObserved,
}

/// Whether the share of the overall change is defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProportionStatus {
    /// The series changed overall in the direction of the shift.
    Defined,
    /// It changed the other way: the share is a number, but not one of a whole.
    OppositeChange,
    /// The last score equals the first: undefined.
    NoChange,
    /// The first session has no score: undefined.
    StartMissing,
    /// The last session has no score: undefined.
    EndMissing,
}

/// A sudden gain or a sudden loss.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct SuddenShift {
    /// Position of session N, the last one before the shift.
    pub session: usize,
    /// Position of session N + 1, the first one after it.
    pub post: usize,
    /// Scores of sessions N - 2, N - 1 and N; NaN where there is none.
    pub before: [f64; 3],
    /// Scores of sessions N + 1, N + 2 and N + 3; NaN where there is none.
    pub after: [f64; 3],
    /// Size of the shift in points, above 0.
    ///
    /// With [`Compat::SuddenGains072`] it is `x[N] - x[N+1]`, below 0 for losses.
    pub magnitude: f64,
    /// The shift as a share of the change from the first to the last score of the series.
    ///
    /// Above 1 if part of the shift was lost again, below 0 if the series changed the other way
    /// overall, NaN if undefined: see `proportion_status`. With [`Compat::SuddenGains072`] the
    /// change is always counted as improvement, so that losses in a worsening series have a share below 0.
    pub change_proportion: f64,
    /// Whether that share is defined.
    pub proportion_status: ProportionStatus,
    /// Half-way between the scores of N + 1 and N: beyond it at least half of the shift is lost.
    pub reversal_value: f64,
    /// Whether a session after N + 1 went beyond that value.
    pub reversed: Reversed,
}

impl SuddenShift {
    pub(super) fn new(rule: &SuddenRule, scores: &[f64], session: usize, around: &Around) -> Self {
        let compat = rule.options().compat == Compat::SuddenGains072;
        let fall = around.pre() - around.post();
        let (change_proportion, proportion_status) = share_of_change(scores, rule.sign(), fall.abs());
        Self {
            session,
            post: session + 1,
            before: around.before,
            after: around.after,
            magnitude: if compat { fall } else { fall.abs() },
            // That program divides by the first less the last score, whatever the direction.
            change_proportion: if compat { rule.sign() * change_proportion } else { change_proportion },
            proportion_status,
            reversal_value: around.post() + fall / 2.0,
            reversed: reversed(rule, scores, session, around),
        }
    }
}

/// The share of a shift in the change from the first to the last score, in the direction of `sign`.
fn share_of_change(scores: &[f64], sign: f64, size: f64) -> (f64, ProportionStatus) {
    let observed = |score: Option<&f64>| score.copied().filter(|score| score.is_finite());
    let Some(start) = observed(scores.first()) else {
        return (f64::NAN, ProportionStatus::StartMissing);
    };
    let Some(end) = observed(scores.last()) else {
        return (f64::NAN, ProportionStatus::EndMissing);
    };
    let change = sign * (start - end);
    if change == 0.0 {
        (f64::NAN, ProportionStatus::NoChange)
    } else if change > 0.0 {
        (size / change, ProportionStatus::Defined)
    } else {
        (size / change, ProportionStatus::OppositeChange)
    }
}

fn reversed(rule: &SuddenRule, scores: &[f64], session: usize, around: &Around) -> Reversed {
    let options = rule.options();
    let compat = options.compat == Compat::SuddenGains072;
    let first = if compat && !options.baseline_first { session + 3 } else { session + 2 };
    let limit = (around.pre() - around.post()).abs() / 2.0 + rule.slack(around);
    let mut later = scores.iter().skip(first).filter(|score| score.is_finite()).peekable();
    if later.peek().is_none() && !compat {
        Reversed::NotObserved
    } else if later.any(|score| rule.sign() * (score - around.post()) > limit) {
        Reversed::Yes
    } else {
        Reversed::No
    }
}

/// Which of several shifts stands for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Choose {
    /// The earliest.
    #[default]
    First,
    /// The latest.
    Last,
    /// The smallest, the earliest of equals.
    Smallest,
    /// The largest, the earliest of equals.
    Largest,
}

/// How many intervals of a series there are. Add the counts of several series for a study.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct IntervalCounts {
    /// Intervals between neighbouring sessions: sessions less 1.
    pub total: usize,
    /// Those with two sessions on each side: sessions less 3.
    pub testable: usize,
    /// Testable ones on which every criterion of the rule could be assessed.
    pub available: usize,
}

impl AddAssign for IntervalCounts {
    fn add_assign(&mut self, other: Self) {
        self.total += other.total;
        self.testable += other.testable;
        self.available += other.available;
    }
}

/// The shifts of one series and the verdict on each of its intervals.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct SuddenShifts {
    /// The testable intervals, in session order; none in a series of fewer than four sessions.
    pub intervals: Vec<Interval>,
    /// The shifts, in session order.
    pub events: Vec<SuddenShift>,
    /// Number of intervals.
    pub counts: IntervalCounts,
}

impl SuddenShifts {
    /// The shift that stands for the person, if there is one.
    ///
    /// By size, magnitudes are compared as they stand: with [`Compat::SuddenGains072`] losses are
    /// negative, and their `Largest` is the smallest one, as in that program.
    pub fn chosen(&self, choose: Choose) -> Option<&SuddenShift> {
        match choose {
            Choose::First => self.events.first(),
            Choose::Last => self.events.last(),
            Choose::Smallest => {
                self.events.iter().reduce(|kept, next| if exceeds(kept, next) { next } else { kept })
            }
            Choose::Largest => {
                self.events.iter().reduce(|kept, next| if exceeds(next, kept) { next } else { kept })
            }
        }
    }
}

/// Whether one magnitude is above another by more than the rounding of the scores behind them.
fn exceeds(one: &SuddenShift, other: &SuddenShift) -> bool {
    let slack = |shift: &SuddenShift| Around { before: shift.before, after: shift.after }.slack();
    one.magnitude - other.magnitude > slack(one) + slack(other)
}
