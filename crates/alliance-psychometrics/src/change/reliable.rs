//! Change from one score to another against error of measurement.

use std::fmt;

use super::cutoffs::{Cutoff, ReferenceGroups};
use super::method::{BaselineSample, ChangeMethod, Expectation, finite, reliability_of_differences};
use super::{ChangeClass, Direction};
use crate::distributions::normal;
use crate::estimate::check_confidence;
use crate::{Columns, Estimate, Interval, Level, PsychometricsError, Status};

/// Below this, a reliability says little about one client.
const LOW_RELIABILITY: f64 = 0.5;

/// A rule that says of two scores whether a client changed reliably.
///
/// ```
/// use alliance_psychometrics::change::{BaselineSample, ChangeClass, ChangeMethod, Direction, ReliableChange};
///
/// // The worked example of Jacobson and Truax (1991): RC = 3.16.
/// let before = BaselineSample::new(40.0, 7.5, 0.80)?;
/// let rule = ReliableChange::new(ChangeMethod::JacobsonTruax, before, Direction::HigherIsBetter)?;
/// assert!((rule.index(32.5, 47.5) - 3.162_277_66).abs() < 1e-8);
/// let changes = rule.assess(&[32.5, 41.0], &[47.5, 44.0])?;
/// assert_eq!(changes.clients[0].class, Some(ChangeClass::Improved));
/// assert_eq!(changes.count(ChangeClass::Unchanged), 1);
/// # Ok::<(), alliance_psychometrics::PsychometricsError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ReliableChange {
    method: ChangeMethod,
    before: BaselineSample,
    direction: Direction,
    confidence: f64,
    range: Option<(f64, f64)>,
    cutoff: Option<f64>,
    expectation: Result<Expectation, Status>,
}

/// One client's change.
#[derive(Clone, Copy, PartialEq)]
pub struct ClientChange {
    /// The index, positive for a higher score after; NaN if a score is missing or the rule undefined.
    pub index: f64,
    /// What it amounts to; none without an index.
    pub class: Option<ChangeClass>,
    /// Whether even the best score of the form would not be a reliable improvement on the score before. Never without
    /// the form's range.
    pub ceiling_limited: bool,
}

impl fmt::Debug for ClientChange {
    // Somebody's change.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientChange").finish_non_exhaustive()
    }
}

/// Changes of clients, in the order given.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ReliableChanges {
    /// One for each row.
    pub clients: Vec<ClientChange>,
    /// `Undefined` if the rule has no unit, `AllMissing` without a complete pair.
    pub status: Status,
    /// What a reader should know.
    pub notes: Vec<String>,
}

impl ReliableChanges {
    /// Clients of a class.
    pub fn count(&self, class: ChangeClass) -> usize {
        self.clients.iter().filter(|client| client.class == Some(class)).count()
    }
}

impl ReliableChange {
    /// A rule with error probability .05: two-sided (Hageman-Arrindell: one-sided).
    ///
    /// # Errors
    ///
    /// `invalid-option` if a number of the method is outside its range.
    pub fn new(
        method: ChangeMethod,
        before: BaselineSample,
        direction: Direction,
    ) -> Result<Self, PsychometricsError> {
        method.check()?;
        Ok(Self {
            method,
            before,
            direction,
            confidence: 0.95,
            range: None,
            cutoff: None,
            expectation: method.expectation(&before),
        })
    }

    /// The same with another confidence.
    ///
    /// # Errors
    ///
    /// `invalid-option` unless `0 < confidence < 1`.
    pub fn with_confidence(self, confidence: f64) -> Result<Self, PsychometricsError> {
        check_confidence(confidence)?;
        Ok(Self { confidence, ..self })
    }

    /// The same for a form whose scores lie in this range, so that [`ClientChange::ceiling_limited`] is known.
    ///
    /// # Errors
    ///
    /// `invalid-option` unless `lowest < highest`, both finite.
    pub fn with_range(self, lowest: f64, highest: f64) -> Result<Self, PsychometricsError> {
        finite("lowest", lowest)?;
        finite("highest", highest)?;
        if lowest >= highest {
            return Err(PsychometricsError::option("lowest", "below the highest score"));
        }
        Ok(Self { range: Some((lowest, highest)), ..self })
    }

    /// The same with a cut-off from two reference groups: only with one can a client count as recovered, if reliably
    /// better, before it on the dysfunctional side and after it not.
    #[must_use]
    pub fn with_reference_groups(self, groups: &ReferenceGroups, cutoff: Cutoff) -> Self {
        let value = groups.cutoffs(self.direction).get(cutoff);
        Self { cutoff: Some(value), ..self }
    }

    /// Whether the rule is defined: `Undefined` for a reliability of 1 or more, a standard deviation of 0 or a reliability
    /// of differences of 0 or less.
    pub fn status(&self) -> Status {
        self.expectation.err().unwrap_or(Status::Defined)
    }

    /// What an index must exceed.
    pub fn critical_value(&self) -> f64 {
        normal(if self.method.is_one_sided() { self.confidence } else { 0.5 + self.confidence / 2.0 })
    }

    /// The index of one pair of scores, positive for a higher score after; NaN if the rule is undefined.
    pub fn index(&self, before: f64, after: f64) -> f64 {
        self.expectation.as_ref().map_or(f64::NAN, |expectation| expectation.index(before, after))
    }

    /// Later scores that count as unchanged after this score.
    pub fn unchanged_range(&self, before: f64) -> Option<Interval> {
        let expectation = self.expectation.ok()?;
        let (expected, reach) = (expectation.after(before), self.critical_value() * expectation.unit);
        Some(Interval { low: expected - reach, high: expected + reach, confidence: self.confidence })
    }

    /// Standard error of measurement, s sqrt(1 - r).
    pub fn standard_error_of_measurement(&self) -> Estimate {
        self.described(self.before.standard_error_of_measurement(), "SD * sqrt(1 - reliability)")
    }

    /// Standard error of the difference of two scores, sqrt(2) SEM.
    pub fn standard_error_of_difference(&self) -> Estimate {
        let value = std::f64::consts::SQRT_2 * self.before.standard_error_of_measurement();
        self.described(value, "sqrt(2) * SEM")
    }

    /// Minimal detectable change: the smallest difference that exceeds error of measurement, two-sided,
    /// z sqrt(2) SEM.
    ///
    /// With the standard deviation within clients in place of SEM it is the smallest difference that exceeds usual
    /// fluctuation.
    pub fn minimal_detectable_change(&self) -> Estimate {
        let z = normal(0.5 + self.confidence / 2.0);
        let value = z * std::f64::consts::SQRT_2 * self.before.standard_error_of_measurement();
        self.described(value, "z * sqrt(2) * SEM")
    }

    /// Hageman and Arrindell's reliability of differences; undefined for other methods.
    pub fn reliability_of_differences(&self) -> Estimate {
        let method = "Hageman-Arrindell";
        match self.method {
            ChangeMethod::HagemanArrindell { standard_deviation_after, correlation, .. } => {
                let value = reliability_of_differences(&self.before, standard_deviation_after, correlation);
                Estimate::new(value, Level::BetweenClients, method).expected_within(0.0, 1.0)
            }
            _ => Estimate::undefined(Status::Undefined, Level::BetweenClients, method),
        }
    }

    /// Hageman and Arrindell's index of a client's later score against a cut-off between true scores:
    /// (M2 + (after - M2) r2 - cut-off) / (sqrt(r2) SEM), positive above the cut-off. NaN for other methods.
    pub fn hageman_arrindell_cutoff_index(&self, after: f64, cutoff: f64) -> f64 {
        match self.method {
            ChangeMethod::HagemanArrindell { mean_after, standard_deviation_after, .. } => {
                let error = self.before.standard_error_of_measurement();
                let reliability = 1.0 - (error / standard_deviation_after).powi(2);
                let index =
                    (mean_after + (after - mean_after) * reliability - cutoff) / (reliability.sqrt() * error);
                if index.is_finite() { index } else { f64::NAN }
            }
            _ => f64::NAN,
        }
    }

    /// Changes of clients, row by row; a missing score is NaN.
    ///
    /// # Errors
    ///
    /// `length-mismatch`, `not-finite`.
    pub fn assess(&self, before: &[f64], after: &[f64]) -> Result<ReliableChanges, PsychometricsError> {
        Columns::new(&[before, after])?;
        let critical = self.critical_value();
        let clients: Vec<ClientChange> =
            before.iter().zip(after).map(|(before, after)| self.client(*before, *after, critical)).collect();
        let none = !before.iter().zip(after).any(|(before, after)| !before.is_nan() && !after.is_nan());
        let mut notes = Vec::new();
        if self.before.reliability() < LOW_RELIABILITY {
            notes.push(
                "reliability below .5: few changes of single clients can be told from error".to_owned(),
            );
        }
        let status = match self.status() {
            Status::Defined if none => Status::AllMissing,
            status => status,
        };
        Ok(ReliableChanges { clients, status, notes })
    }

    fn client(&self, before: f64, after: f64, critical: f64) -> ClientChange {
        let index = self.index(before, after);
        let better = |score: f64, cutoff: f64| (score - cutoff) * self.direction.sign() > 0.0;
        let crosses = self.cutoff.is_some_and(|cutoff| !better(before, cutoff) && better(after, cutoff));
        let class = match ChangeClass::of_index(index, critical, self.direction) {
            Some(ChangeClass::Improved) if crosses => Some(ChangeClass::Recovered),
            class => class,
        };
        let ceiling_limited = self.range.is_some_and(|(lowest, highest)| {
            let best = if self.direction == Direction::HigherIsBetter { highest } else { lowest };
            self.index(before, best) * self.direction.sign() <= critical
        });
        ClientChange { index, class, ceiling_limited }
    }

    fn described(&self, value: f64, method: &'static str) -> Estimate {
        let level = Level::OneSession;
        if value > 0.0 {
            let estimate = Estimate::new(value, level, method);
            if self.before.reliability() < LOW_RELIABILITY {
                return estimate.with_note("reliability below .5");
            }
            return estimate;
        }
        Estimate::undefined(Status::Undefined, level, method)
    }
}
