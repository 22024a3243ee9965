//! The level from which a fall is measured, session after session.

use super::spread::{Line, Moments, median};
use super::{Gaps, Reference, Rule, same_or_both_nan};
use crate::Orientation;

/// Gives the reference of a session from what came before it, or from the whole series where the rule says so.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Levels {
    rule: Rule,
    orientation: Orientation,
    /// A level that does not depend on the session: whole-series references and fixed ones.
    #[cfg_attr(feature = "serde", serde(with = "crate::live::nan_as_none"))]
    constant: f64,
    trend: Option<Line>,
    /// Last observed scores, as many as a fall may take; the oldest first.
    recent: Vec<f64>,
    /// Unflagged scores so far.
    past: Moments,
    /// The same, sorted, for the running median only.
    sorted: Vec<f64>,
    #[cfg_attr(feature = "serde", serde(with = "crate::live::nan_as_none"))]
    best: f64,
}

// A level that is not there yet equals another.
impl PartialEq for Levels {
    fn eq(&self, other: &Self) -> bool {
        self.rule == other.rule
            && self.orientation == other.orientation
            && same_or_both_nan(self.constant, other.constant)
            && self.trend == other.trend
            && self.recent == other.recent
            && self.past == other.past
            && self.sorted == other.sorted
            && same_or_both_nan(self.best, other.best)
    }
}

impl Levels {
    /// Levels that need only what comes before a session.
    pub(crate) fn online(rule: &Rule, orientation: Orientation) -> Self {
        let constant = if let Reference::Fixed(score) = rule.reference { score } else { f64::NAN };
        Self {
            rule: *rule,
            orientation,
            constant,
            trend: None,
            recent: Vec::new(),
            past: Moments::default(),
            sorted: Vec::new(),
            best: f64::NAN,
        }
    }

    /// Starts a client's series; whole-series references look at all of it.
    pub(crate) fn start(&mut self, scores: &[f64], scratch: &mut Vec<f64>) {
        self.recent.clear();
        self.past = Moments::default();
        self.sorted.clear();
        self.best = f64::NAN;
        match self.rule.reference {
            Reference::PersonMean => self.constant = mean_or_nan(&Moments::of(scores)),
            Reference::PersonMedian => {
                scratch.clear();
                scratch.extend(scores.iter().filter(|score| !score.is_nan()));
                self.constant = median(scratch);
            }
            Reference::Trend => self.trend = Some(Line::through(scores)),
            _ => {}
        }
    }

    /// The level for the session at `position`; NaN where there is none yet.
    pub(crate) fn at(&self, position: usize) -> f64 {
        let has_history = self.past.count >= f64::from(self.rule.history);
        match self.rule.reference {
            Reference::PersonMean | Reference::PersonMedian | Reference::Fixed(_) => self.constant,
            Reference::Trend => self
                .trend
                .filter(|line| line.count >= 2.0)
                .map_or(f64::NAN, |line| line.intercept + line.slope * position as f64),
            Reference::Previous => self.best_of_recent(),
            Reference::RunningMean if has_history => self.past.mean,
            Reference::RunningMedian if has_history => self.middle(),
            Reference::RunningMaximum if has_history => self.best,
            Reference::Baseline(first) if self.past.count >= f64::from(first) => self.past.mean,
            _ => f64::NAN,
        }
    }

    /// Takes note of an observed session: of what the rule's own reference needs, and nothing else.
    #[inline]
    pub(crate) fn observe(&mut self, score: f64, is_flagged: bool) {
        match self.rule.reference {
            Reference::Previous => {
                if self.recent.len() == usize::from(self.rule.fall_sessions) {
                    self.recent.remove(0);
                }
                self.recent.push(score);
            }
            // A baseline takes its sessions as they come and then stays what it is.
            Reference::Baseline(first) if self.past.count < f64::from(first) => self.past.add(score),
            Reference::RunningMean if !is_flagged => self.past.add(score),
            Reference::RunningMedian if !is_flagged => {
                self.past.count += 1.0;
                let place = self.sorted.partition_point(|known| *known < score);
                self.sorted.insert(place, score);
            }
            Reference::RunningMaximum if !is_flagged => {
                self.past.count += 1.0;
                if self.best.is_nan() || self.orientation.fall(self.best, score) < 0.0 {
                    self.best = score;
                }
            }
            _ => {}
        }
    }

    /// Takes note of a session without a score.
    pub(crate) fn miss(&mut self) {
        if self.rule.gaps == Gaps::Break {
            self.recent.clear();
        }
    }

    /// Whether these are levels of such a rule: a state that was stored says what it likes.
    #[cfg(feature = "serde")]
    pub(crate) fn fits(&self, rule: &Rule, orientation: Orientation) -> bool {
        let own = Self::online(rule, orientation);
        self.rule == own.rule
            && self.orientation == own.orientation
            && self.trend.is_none()
            && same_or_both_nan(self.constant, own.constant)
            && self.recent.len() <= usize::from(rule.fall_sessions)
            && self.sorted.is_sorted()
    }

    fn best_of_recent(&self) -> f64 {
        let better = |best: f64, score: &f64| {
            if best.is_nan() || self.orientation.fall(best, *score) < 0.0 { *score } else { best }
        };
        self.recent.iter().fold(f64::NAN, better)
    }

    fn middle(&self) -> f64 {
        let half = self.sorted.len() / 2;
        match (self.sorted.len() % 2, self.sorted.get(half), self.sorted.get(half.wrapping_sub(1))) {
            (1, Some(middle), _) => *middle,
            (0, Some(above), Some(below)) => f64::midpoint(*above, *below),
            _ => f64::NAN,
        }
    }
}

fn mean_or_nan(moments: &Moments) -> f64 {
    if moments.count > 0.0 { moments.mean } else { f64::NAN }
}
