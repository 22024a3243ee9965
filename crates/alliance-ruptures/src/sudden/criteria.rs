//! The three criteria on one interval.

use super::options::{Compat, ShiftDirection, Stability};
use super::rule::SuddenRule;
use crate::Orientation;

/// Why a criterion cannot be assessed on an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unassessable {
    /// Session N has no score.
    BeforeMissing,
    /// Session N + 1 has no score.
    AfterMissing,
    /// Fewer than two scores in sessions N - 2 to N.
    TooFewBefore,
    /// Too few scores after session N: fewer than two in N + 1 to N + 3, or for
    /// [`Stability::Gaynor2003`] not both of N + 2 and N + 3.
    TooFewAfter,
    /// The score of session N lies beyond the best score, so a share of its distance means nothing.
    BeyondBestScore,
    /// All observed scores of the series are equal.
    NoSpread,
}

/// How an interval stands with a criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Criterion {
    /// The criterion is not part of the rule.
    Off,
    /// Met.
    Met,
    /// Not met.
    NotMet,
    /// Neither can be said.
    NotAssessable(Unassessable),
}

impl Criterion {
    /// Whether the criterion is met.
    pub fn is_met(self) -> bool {
        self == Self::Met
    }

    /// Whether the criterion is on and was assessed.
    pub fn is_assessed(self) -> bool {
        matches!(self, Self::Met | Self::NotMet)
    }

    fn of(met: bool) -> Self {
        if met { Self::Met } else { Self::NotMet }
    }
}

/// One interval between neighbouring sessions, and what the criteria say about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Interval {
    /// Position of session N in the series; the interval ends at the next position.
    pub session: usize,
    /// Criterion 1.
    pub size: Criterion,
    /// Criterion 2.
    pub proportion: Criterion,
    /// Criterion 3.
    pub stability: Criterion,
    /// All of them together; never `Off`.
    pub verdict: Criterion,
}

/// The scores around an interval, NaN where there is none.
#[derive(Clone, Copy)]
pub(super) struct Around {
    /// Sessions N - 2, N - 1, N.
    pub(super) before: [f64; 3],
    /// Sessions N + 1, N + 2, N + 3.
    pub(super) after: [f64; 3],
}

impl Around {
    pub(super) fn session(scores: &[f64], session: usize) -> Self {
        let at = |position: Option<usize>| {
            let score = position.and_then(|position| scores.get(position)).copied();
            score.filter(|score| score.is_finite()).unwrap_or(f64::NAN)
        };
        Self {
            before: [at(session.checked_sub(2)), at(session.checked_sub(1)), at(Some(session))],
            after: [session + 1, session + 2, session + 3].map(|position| at(Some(position))),
        }
    }

    pub(super) fn pre(&self) -> f64 {
        self.before[2]
    }

    pub(super) fn post(&self) -> f64 {
        self.after[0]
    }

    /// What rounding can do to differences of these scores and of their means.
    ///
    /// Item means are rounded quotients: 5.7 - 4.6 is not the double nearest 1.1.
    pub(super) fn slack(&self) -> f64 {
        let scores = self.before.into_iter().chain(self.after);
        rounding(scores.fold(0.0, |largest, score| largest.max(score.abs())))
    }
}

/// Allowance for the rounding of numbers up to this size.
fn rounding(size: f64) -> f64 {
    16.0 * f64::EPSILON * size
}

impl SuddenRule {
    /// Assesses the interval that begins at `session`. `spread` is the series' standard deviation if it is asked for.
    pub(super) fn assess(&self, session: usize, around: &Around, spread: f64) -> Interval {
        let options = self.options();
        let change = if around.pre().is_nan() {
            Err(Unassessable::BeforeMissing)
        } else if around.post().is_nan() {
            Err(Unassessable::AfterMissing)
        } else {
            Ok(self.sign() * (around.pre() - around.post()))
        };
        let size = options.cutoff.map(|cutoff| match change {
            Err(reason) => Criterion::NotAssessable(reason),
            Ok(change) => Criterion::of(change >= cutoff - self.slack(around)),
        });
        let proportion = options.proportion.map(|share| match change {
            Err(reason) => Criterion::NotAssessable(reason),
            Ok(change) => self.proportion(share, change, around),
        });
        let size = size.unwrap_or(Criterion::Off);
        let proportion = proportion.unwrap_or(Criterion::Off);
        let stability = match options.stability {
            Stability::Off => Criterion::Off,
            Stability::TangDeRubeis | Stability::TrueT => self.means_differ(around),
            Stability::Gaynor2003 => self.kept(change, around),
            Stability::Kelly2005 => self.exceeds_spread(change, around, spread),
        };
        let verdict = self.verdict(change, [size, proportion, stability]);
        Interval { session, size, proportion, stability, verdict }
    }

    /// The allowance for rounding: none where another program's answers are asked for.
    pub(super) fn slack(&self, around: &Around) -> f64 {
        match self.options().compat {
            Compat::Corrected => around.slack(),
            Compat::SuddenGains072 => 0.0,
        }
    }

    fn verdict(&self, change: Result<f64, Unassessable>, criteria: [Criterion; 3]) -> Criterion {
        let change = match change {
            Ok(change) => change,
            Err(reason) => return Criterion::NotAssessable(reason),
        };
        let unassessable =
            criteria.into_iter().find(|criterion| matches!(criterion, Criterion::NotAssessable(_)));
        let not_met = criteria.contains(&Criterion::NotMet);
        match self.options().compat {
            Compat::SuddenGains072 => unassessable.unwrap_or(Criterion::of(!not_met)),
            // Without criteria 1 and 2 the means can differ although the two sessions do not.
            Compat::Corrected if not_met || change <= 0.0 => Criterion::NotMet,
            Compat::Corrected => unassessable.unwrap_or(Criterion::Met),
        }
    }

    fn proportion(&self, share: f64, change: f64, around: &Around) -> Criterion {
        let options = self.options();
        if options.compat == Compat::SuddenGains072 {
            return Criterion::of(match options.direction {
                ShiftDirection::Gain => change >= share * around.pre(),
                ShiftDirection::Loss => around.pre() - around.post() <= share * around.pre(),
            });
        }
        let best = options.best_score.unwrap_or(0.0);
        let distance = match options.orientation {
            Orientation::LowerIsBetter => around.pre() - best,
            Orientation::HigherIsBetter => best - around.pre(),
        };
        let slack = self.slack(around).max(rounding(best.abs()));
        if distance < -slack {
            return Criterion::NotAssessable(Unassessable::BeyondBestScore);
        }
        Criterion::of(change > 0.0 && change >= share * distance - slack)
    }

    /// Tang and DeRubeis: difference of means against t times the pooled standard deviation.
    fn means_differ(&self, around: &Around) -> Criterion {
        let Some(centre) = around.before.into_iter().chain(around.after).find(|score| !score.is_nan()) else {
            return Criterion::NotAssessable(Unassessable::TooFewBefore);
        };
        let (before, after) = (Side::of(around.before, centre), Side::of(around.after, centre));
        if before.count < 2.0 {
            return Criterion::NotAssessable(Unassessable::TooFewBefore);
        }
        if after.count < 2.0 {
            return Criterion::NotAssessable(Unassessable::TooFewAfter);
        }
        let freedom = before.count + after.count - 2.0;
        let mut deviation = ((before.squares + after.squares) / freedom).sqrt();
        if self.options().stability == Stability::TrueT {
            deviation *= (1.0 / before.count + 1.0 / after.count).sqrt();
        }
        let difference = self.sign() * (before.mean - after.mean);
        Criterion::of(difference > self.critical(freedom) * deviation + self.slack(around))
    }

    /// Gaynor et al.: at least half is kept in both of the next two sessions.
    fn kept(&self, change: Result<f64, Unassessable>, around: &Around) -> Criterion {
        let change = match change {
            Ok(change) => change,
            Err(reason) => return Criterion::NotAssessable(reason),
        };
        let [_, next, last] = around.after;
        let limit = change / 2.0 + self.slack(around);
        let lost = |score: f64| self.sign() * (score - around.post()) > limit;
        if change <= 0.0 || lost(next) || lost(last) {
            Criterion::NotMet
        } else if next.is_nan() || last.is_nan() {
            Criterion::NotAssessable(Unassessable::TooFewAfter)
        } else {
            Criterion::Met
        }
    }

    /// Kelly et al.: at least 1.5 standard deviations of the series.
    fn exceeds_spread(&self, change: Result<f64, Unassessable>, around: &Around, spread: f64) -> Criterion {
        match change {
            Err(reason) => Criterion::NotAssessable(reason),
            Ok(_) if spread == 0.0 => Criterion::NotAssessable(Unassessable::NoSpread),
            Ok(change) => Criterion::of(change > 0.0 && change >= 1.5 * spread - self.slack(around)),
        }
    }
}

/// Observed scores on one side of an interval. Taken from a score among them, so that equal
/// scores have a sum of squares of exactly 0 and a constant added to all changes nothing.
struct Side {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Side {
    fn of(scores: [f64; 3], centre: f64) -> Self {
        let (count, mean, squares) = moments(&scores, centre);
        Self { count, mean, squares }
    }
}

/// Count, mean above `centre` and sum of squares about the mean of the observed scores.
fn moments(scores: &[f64], centre: f64) -> (f64, f64, f64) {
    let observed = || scores.iter().filter(|score| score.is_finite()).map(|score| score - centre);
    let (count, sum) = observed().fold((0.0, 0.0), |(count, sum), score| (count + 1.0, sum + score));
    let mean = sum / count;
    (count, mean, observed().map(|score| (score - mean).powi(2)).sum())
}

/// Standard deviation (n - 1) of the observed scores; exactly 0 if they are all equal.
pub(super) fn spread(scores: &[f64]) -> f64 {
    let centre = scores.iter().copied().find(|score| score.is_finite()).unwrap_or(0.0);
    let (count, _, squares) = moments(scores, centre);
    (squares / (count - 1.0)).sqrt()
}
