//! The rule, checked and ready, and the walk over a series.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::criteria::{Around, Interval, spread};
use super::events::{IntervalCounts, SuddenShift, SuddenShifts};
use super::options::{Compat, CriticalT, ShiftDirection, Stability, SuddenOptions};
use crate::{Orientation, RuptureError};

/// Detects sudden gains or sudden losses in one client's series.
///
/// ```
/// use alliance_ruptures::Orientation;
/// use alliance_ruptures::sudden::{Choose, Reversed, ShiftDirection, SuddenOptions, SuddenRule};
///
/// // Beck Depression Inventory, sessions 1 to 12.
/// let scores = [35.0, 37.0, 34.0, 23.0, 24.0, 21.0, 29.0, 17.0, 11.0, 11.0, 10.0, 7.0];
/// let rule = SuddenOptions::new(ShiftDirection::Gain, Orientation::LowerIsBetter, Some(7.0));
/// let found = SuddenRule::new(rule).unwrap().detect(&scores);
///
/// // From session 3 to 4 and from session 7 to 8; positions count from 0.
/// assert_eq!(found.events.iter().map(|gain| gain.session).collect::<Vec<_>>(), [2, 6]);
/// let largest = found.chosen(Choose::Largest).unwrap();
/// assert_eq!((largest.magnitude, largest.reversed), (12.0, Reversed::No));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "SuddenOptions", into = "SuddenOptions"))]
pub struct SuddenRule {
    options: SuddenOptions,
    /// Factor of the pooled standard deviation with 2, 3 and 4 degrees of freedom.
    critical: [f64; 3],
}

impl From<SuddenRule> for SuddenOptions {
    fn from(rule: SuddenRule) -> Self {
        rule.options
    }
}

impl TryFrom<SuddenOptions> for SuddenRule {
    type Error = RuptureError;

    fn try_from(options: SuddenOptions) -> Result<Self, RuptureError> {
        Self::new(options)
    }
}

impl SuddenRule {
    /// Checks the options.
    ///
    /// # Errors
    ///
    /// `invalid-option` for an option outside its range, for a rule without a criterion, for
    /// criterion 2 on scores where higher is better without the best score, and for
    /// [`Compat::SuddenGains072`] with an option that program does not have.
    pub fn new(options: SuddenOptions) -> Result<Self, RuptureError> {
        let refuse =
            |option, problem: &str| Err(RuptureError::InvalidOption { option, problem: problem.into() });
        if options.cutoff.is_some_and(|cutoff| !(cutoff.is_finite() && cutoff > 0.0)) {
            return refuse("cutoff", "must be finite and above 0, in points, for losses too; or off");
        }
        if options.proportion.is_some_and(|share| !(share > 0.0 && share <= 1.0)) {
            return refuse("proportion", "must be above 0 and at most 1 (0.25 for 25 %), or off");
        }
        if options.best_score.is_some_and(|best| !best.is_finite()) {
            return refuse("best_score", "must be finite");
        }
        let higher = options.orientation == Orientation::HigherIsBetter;
        if higher && options.proportion.is_some() && options.best_score.is_none() {
            return refuse(
                "best_score",
                "must be given (the top of the scale) where higher scores are better and `proportion` is on: it is a \
                 share of the distance from the best score. Else turn `proportion` off",
            );
        }
        if options.cutoff.is_none() && options.proportion.is_none() && options.stability == Stability::Off {
            return refuse("cutoff", "at least one of `cutoff`, `proportion` and `stability` must be on");
        }
        if options.compat == Compat::SuddenGains072 {
            if higher {
                return refuse(
                    "compat",
                    "suddengains takes every measure as one where lower scores are better",
                );
            }
            if options.best_score.is_some() {
                return refuse("compat", "suddengains knows no best score but 0: leave `best_score` out");
            }
            if !matches!(options.stability, Stability::TangDeRubeis | Stability::Off) {
                return refuse("compat", "suddengains has criterion 3 of Tang and DeRubeis or none");
            }
        }
        Ok(Self { options, critical: critical_values(options.critical)? })
    }

    /// What the rule is made of.
    pub fn options(&self) -> &SuddenOptions {
        &self.options
    }

    /// How many sessions after N + 1 can change the verdict on an interval; `None` if all can.
    ///
    /// The last interval of a series is never tested, so even a rule without criterion 3 waits for one.
    pub fn later_sessions(&self) -> Option<usize> {
        match self.options.stability {
            Stability::TangDeRubeis | Stability::TrueT | Stability::Gaynor2003 => Some(2),
            Stability::Off => Some(1),
            Stability::Kelly2005 => None,
        }
    }

    /// Finds the shifts of one series, in session order, NaN for missing.
    pub fn detect(&self, scores: &[f64]) -> SuddenShifts {
        let mut found = SuddenShifts::default();
        self.detect_into(scores, &mut found);
        found
    }

    /// The same into a result that is used again, so that many series cost no allocation.
    pub fn detect_into(&self, scores: &[f64], found: &mut SuddenShifts) {
        found.intervals.clear();
        found.events.clear();
        let sessions = scores.len();
        let spread = if self.options.stability == Stability::Kelly2005 { spread(scores) } else { f64::NAN };
        let mut available = 0;
        // The first and the last interval have a single score on one side.
        for session in 1..sessions.saturating_sub(2) {
            let around = Around::session(scores, session);
            let interval = self.assess(session, &around, spread);
            available += usize::from(self.is_available(&interval, &around));
            if interval.verdict.is_met() {
                found.events.push(SuddenShift::new(self, scores, session, &around));
            }
            found.intervals.push(interval);
        }
        let testable = match self.options.compat {
            Compat::SuddenGains072 if self.options.baseline_first => sessions.saturating_sub(2),
            _ => sessions.saturating_sub(3),
        };
        found.counts = IntervalCounts { total: sessions.saturating_sub(1), testable, available };
    }

    /// 1 if the shifts looked for lower the score, else -1.
    pub(super) fn sign(&self) -> f64 {
        match (self.options.direction, self.options.orientation) {
            (ShiftDirection::Gain, Orientation::LowerIsBetter)
            | (ShiftDirection::Loss, Orientation::HigherIsBetter) => 1.0,
            _ => -1.0,
        }
    }

    /// The orientation of a scale on which the shifts looked for are falls.
    pub(crate) fn falls_under(&self) -> Orientation {
        if self.sign() > 0.0 { Orientation::HigherIsBetter } else { Orientation::LowerIsBetter }
    }

    /// Factor of the pooled standard deviation at 2, 3 or 4 degrees of freedom.
    pub(super) fn critical(&self, freedom: f64) -> f64 {
        let [two, three, four] = self.critical;
        if freedom < 2.5 {
            two
        } else if freedom < 3.5 {
            three
        } else {
            four
        }
    }

    fn is_available(&self, interval: &Interval, around: &Around) -> bool {
        if around.pre().is_nan() || around.post().is_nan() {
            return false;
        }
        if self.options.compat == Compat::SuddenGains072 {
            let enough = |side: [f64; 3]| side.iter().filter(|score| !score.is_nan()).count() >= 2;
            return enough(around.before) && enough(around.after);
        }
        let mut criteria = [interval.size, interval.proportion, interval.stability].into_iter();
        criteria.all(|criterion| criterion == super::Criterion::Off || criterion.is_assessed())
    }
}

/// The factor of the pooled standard deviation with 2, 3 and 4 degrees of freedom.
fn critical_values(critical: CriticalT) -> Result<[f64; 3], RuptureError> {
    match critical {
        CriticalT::Constant(value) if value.is_finite() && value > 0.0 => Ok([value; 3]),
        CriticalT::Constant(_) => Err(RuptureError::InvalidOption {
            option: "critical",
            problem: "a constant critical value must be finite and above 0".into(),
        }),
        CriticalT::Adjusted { alpha } => {
            let unusable = || RuptureError::InvalidOption {
                option: "critical",
                problem: "alpha must lie between 1e-9 and 0.5".into(),
            };
            if !(1e-9..=0.5).contains(&alpha) {
                return Err(unusable());
            }
            let mut values = [0.0; 3];
            for (value, freedom) in values.iter_mut().zip([2.0, 3.0, 4.0]) {
                // The lower tail: 1 - alpha / 2 would lose the digits of a small alpha.
                let t = StudentsT::new(0.0, 1.0, freedom).map_err(|_| unusable())?;
                *value = -t.inverse_cdf(alpha / 2.0);
            }
            Ok(values)
        }
    }
}
