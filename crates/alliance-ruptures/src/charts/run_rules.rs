//! Run rules of Western Electric and Nelson on the worse side of a chart.

use super::{Gaps, IndividualsChart, TOLERANCE};
use crate::{Orientation, RuptureError};

/// A run rule. Rules with a side are read on the worse side; "beyond" is off the centre line on that side.
///
/// Wording and counting as in qcc, whose windows are full: two of three needs three sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RunRule {
    /// One session beyond 3 sigma.
    WesternElectric1,
    /// Two of three consecutive sessions beyond 2 sigma, the last one among them.
    WesternElectric2,
    /// Four of five consecutive sessions beyond 1 sigma, the last one among them.
    WesternElectric3,
    /// Eight in a row beyond the centre line.
    WesternElectric4,
    /// One session beyond 3 sigma.
    Nelson1,
    /// Nine in a row beyond the centre line.
    Nelson2,
    /// Six in a row, each worse than the one before.
    Nelson3,
    /// Fourteen in a row that go up and down by turns; has no side.
    Nelson4,
    /// Two of three consecutive sessions beyond 2 sigma, the last one among them.
    Nelson5,
    /// Four of five consecutive sessions beyond 1 sigma, the last one among them.
    Nelson6,
    /// Fifteen in a row within 1 sigma; has no side.
    Nelson7,
    /// Eight in a row outside 1 sigma, some above and some below; has no side.
    Nelson8,
}

impl RunRule {
    /// All rules.
    pub const ALL: [Self; 12] = [
        Self::WesternElectric1,
        Self::WesternElectric2,
        Self::WesternElectric3,
        Self::WesternElectric4,
        Self::Nelson1,
        Self::Nelson2,
        Self::Nelson3,
        Self::Nelson4,
        Self::Nelson5,
        Self::Nelson6,
        Self::Nelson7,
        Self::Nelson8,
    ];

    /// Stable name, such as `western-electric-2`.
    pub fn name(self) -> &'static str {
        match self {
            Self::WesternElectric1 => "western-electric-1",
            Self::WesternElectric2 => "western-electric-2",
            Self::WesternElectric3 => "western-electric-3",
            Self::WesternElectric4 => "western-electric-4",
            Self::Nelson1 => "nelson-1",
            Self::Nelson2 => "nelson-2",
            Self::Nelson3 => "nelson-3",
            Self::Nelson4 => "nelson-4",
            Self::Nelson5 => "nelson-5",
            Self::Nelson6 => "nelson-6",
            Self::Nelson7 => "nelson-7",
            Self::Nelson8 => "nelson-8",
        }
    }

    /// Whether the rule looks at the worse side only.
    pub fn has_side(self) -> bool {
        !matches!(self, Self::Nelson4 | Self::Nelson7 | Self::Nelson8)
    }

    fn bit(self) -> u16 {
        1 << (self as u16)
    }
}

/// Which run rules are looked at, and what a missing session does to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct RunRules {
    switched_on: u16,
    gaps: Gaps,
}

impl RunRules {
    /// No rule; observed sessions on both sides of a gap count as consecutive.
    pub fn none() -> Self {
        Self { switched_on: 0, gaps: Gaps::Bridge }
    }

    /// The four Western Electric rules.
    pub fn western_electric() -> Self {
        RunRule::ALL.into_iter().take(4).fold(Self::none(), Self::with)
    }

    /// The eight Nelson rules.
    pub fn nelson() -> Self {
        RunRule::ALL.into_iter().skip(4).fold(Self::none(), Self::with)
    }

    /// Switches a rule on.
    #[must_use]
    pub fn with(self, rule: RunRule) -> Self {
        Self { switched_on: self.switched_on | rule.bit(), ..self }
    }

    /// Switches a rule off.
    #[must_use]
    pub fn without(self, rule: RunRule) -> Self {
        Self { switched_on: self.switched_on & !rule.bit(), ..self }
    }

    /// Whether a run goes on across missing sessions (the default) or starts anew.
    #[must_use]
    pub fn with_gaps(self, gaps: Gaps) -> Self {
        Self { gaps, ..self }
    }

    /// The rules themselves if there is one and each looks at the worse side only.
    pub(super) fn with_side(self) -> Result<Self, RuptureError> {
        let mut on = RunRule::ALL.into_iter().filter(|rule| self.contains(*rule)).peekable();
        let is_sound = on.peek().is_some() && on.all(RunRule::has_side);
        if is_sound {
            return Ok(self);
        }
        Err(RuptureError::InvalidOption {
            option: "rules",
            problem:
                "at least one rule, and each must look at the worse side: Nelson 4, 7 and 8 have no side"
                    .into(),
        })
    }

    /// Whether one session beyond 3 sigma is enough.
    pub(crate) fn has_action_limit(self) -> bool {
        self.contains(RunRule::WesternElectric1) || self.contains(RunRule::Nelson1)
    }

    /// Whether a rule is switched on.
    pub fn contains(&self, rule: RunRule) -> bool {
        self.switched_on & rule.bit() != 0
    }
}

/// A session at which a rule signals. A run signals from the session that makes it long enough onward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct RunSignal {
    /// Session that signals.
    pub session: usize,
    /// Rule that fired.
    pub rule: RunRule,
    /// First session of the run, or of the sessions looked at.
    pub start: usize,
}

impl IndividualsChart {
    /// Sessions at which run rules signal, in order of sessions and then of rules.
    ///
    /// ```
    /// use alliance_ruptures::Orientation;
    /// use alliance_ruptures::charts::{ChartOptions, IndividualsChart, RunRule, RunRules};
    ///
    /// let scores = [5.5, 5.6, 5.4, 5.5, 5.6, 4.9, 5.5, 4.8, 5.6, 5.5, 5.4, 5.5];
    /// let chart = IndividualsChart::new(&scores, &ChartOptions::default())?;
    /// let signals = chart.run_rules(&RunRules::western_electric(), Orientation::HigherIsBetter);
    /// assert_eq!((signals[0].session, signals[0].rule), (5, RunRule::WesternElectric1));
    /// # Ok::<(), alliance_ruptures::charts::NotAssessable>(())
    /// ```
    pub fn run_rules(&self, rules: &RunRules, orientation: Orientation) -> Vec<RunSignal> {
        let mut signals = Vec::new();
        self.run_rules_into(*rules, orientation, &mut Vec::new(), &mut signals);
        signals.sort_unstable();
        signals
    }

    /// The same, out of order, into buffers that are used again.
    pub(super) fn run_rules_into(
        &self,
        rules: RunRules,
        orientation: Orientation,
        points: &mut Vec<Point>,
        signals: &mut Vec<RunSignal>,
    ) {
        points.clear();
        points.extend(
            self.badness(orientation)
                .enumerate()
                .filter(|(_, badness)| !badness.is_nan())
                .map(|(session, badness)| Point { session, badness }),
        );
        signals.clear();
        let together = |a: &Point, b: &Point| rules.gaps == Gaps::Bridge || a.session + 1 == b.session;
        for run in points.chunk_by(together) {
            for rule in RunRule::ALL.into_iter().filter(|rule| rules.contains(*rule)) {
                look(rule, run, signals);
            }
        }
    }
}

/// An observed session, its distance off the centre line in sigma, positive where worse.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    session: usize,
    badness: f64,
}

impl Point {
    fn is_beyond(self, multiple: f64) -> bool {
        self.badness > multiple + TOLERANCE
    }

    fn is_within_one_sigma(self) -> bool {
        self.badness.abs() <= 1.0 + TOLERANCE
    }

    /// 1 where worse than `before`, -1 where better, 0 where equal.
    fn step_from(self, before: Self) -> i8 {
        let step = self.badness - before.badness;
        i8::from(step > TOLERANCE) - i8::from(step < -TOLERANCE)
    }
}

fn look(rule: RunRule, points: &[Point], signals: &mut Vec<RunSignal>) {
    match rule {
        RunRule::WesternElectric1 | RunRule::Nelson1 => {
            runs(rule, points, 1, 1, |last| last.first().is_some_and(|point| point.is_beyond(3.0)), signals);
        }
        RunRule::WesternElectric2 | RunRule::Nelson5 => some_of(rule, points, (2, 3), 2.0, signals),
        RunRule::WesternElectric3 | RunRule::Nelson6 => some_of(rule, points, (4, 5), 1.0, signals),
        RunRule::WesternElectric4 | RunRule::Nelson2 => {
            let length = if rule == RunRule::Nelson2 { 9 } else { 8 };
            runs(
                rule,
                points,
                1,
                length,
                |last| last.first().is_some_and(|point| point.is_beyond(0.0)),
                signals,
            );
        }
        RunRule::Nelson3 => {
            let worsens = |last: &[Point]| matches!(last, [a, b] if b.step_from(*a) == 1);
            runs(rule, points, 2, 6, worsens, signals);
        }
        RunRule::Nelson4 => {
            let turns = |last: &[Point]| matches!(last, [a, b, c] if b.step_from(*a) * c.step_from(*b) == -1);
            runs(rule, points, 3, 14, turns, signals);
        }
        RunRule::Nelson7 => {
            let within = |last: &[Point]| last.first().is_some_and(|point| point.is_within_one_sigma());
            runs(rule, points, 1, 15, within, signals);
        }
        RunRule::Nelson8 => {
            for window in points.windows(8) {
                let outside = window.iter().all(|point| !point.is_within_one_sigma());
                let worse = window.iter().any(|point| point.badness > 0.0);
                let better = window.iter().any(|point| point.badness < 0.0);
                if outside && worse && better {
                    push(rule, window, signals);
                }
            }
        }
    }
}

/// Runs of at least `length` sessions of which every `width` consecutive ones hold a condition.
fn runs(
    rule: RunRule,
    points: &[Point],
    width: usize,
    length: usize,
    holds: impl Fn(&[Point]) -> bool,
    signals: &mut Vec<RunSignal>,
) {
    let mut held = 0;
    for (from, window) in points.windows(width).enumerate() {
        held = if holds(window) { held + 1 } else { 0 };
        // `held` windows of `width` sessions, each one later than the last, cover so many sessions:
        if held > 0 && held + width > length {
            push(rule, points.get(from + 1 - held..from + width).unwrap_or(&[]), signals);
        }
    }
}

/// At least `some` of `of` consecutive sessions beyond a multiple of sigma, the last one among them.
fn some_of(
    rule: RunRule,
    points: &[Point],
    (some, of): (usize, usize),
    multiple: f64,
    signals: &mut Vec<RunSignal>,
) {
    for window in points.windows(of) {
        let beyond = window.iter().filter(|point| point.is_beyond(multiple)).count();
        if beyond >= some && window.last().is_some_and(|point| point.is_beyond(multiple)) {
            push(rule, window, signals);
        }
    }
}

fn push(rule: RunRule, covered: &[Point], signals: &mut Vec<RunSignal>) {
    if let (Some(first), Some(last)) = (covered.first(), covered.last()) {
        signals.push(RunSignal { session: last.session, rule, start: first.session });
    }
}
