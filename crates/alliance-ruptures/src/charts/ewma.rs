//! Exponentially weighted moving average chart.

use std::fmt;

use super::{IndividualsChart, Limits, TOLERANCE, badness};
use crate::{Orientation, RuptureError};

/// Which sessions count in the exponent that widens the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum EwmaExponent {
    /// Observed sessions, which are those that entered the average.
    #[default]
    Observed,
    /// All sessions up to this one.
    Elapsed,
}

/// Weight, width and exponent of an [`Ewma`].
///
/// Defaults of qcc: `lambda` 0.2 and `width` 3 (2.7 to 3 are usual); observed sessions in the exponent.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct EwmaOptions {
    lambda: f64,
    width: f64,
    exponent: EwmaExponent,
}

impl Default for EwmaOptions {
    fn default() -> Self {
        Self { lambda: 0.2, width: 3.0, exponent: EwmaExponent::default() }
    }
}

impl EwmaOptions {
    /// Weight `lambda` of the present session and `width` L of the limits.
    ///
    /// # Errors
    ///
    /// `invalid-option` unless `0 < lambda <= 1` and the width is finite and above 0.
    pub fn new(lambda: f64, width: f64) -> Result<Self, RuptureError> {
        if !(lambda > 0.0 && lambda <= 1.0) {
            return Err(RuptureError::InvalidOption {
                option: "lambda",
                problem: "the weight must be above 0 and at most 1".into(),
            });
        }
        if !(width.is_finite() && width > 0.0) {
            return Err(RuptureError::InvalidOption {
                option: "width",
                problem: "the width of the limits must be finite and above 0".into(),
            });
        }
        Ok(Self { lambda, width, exponent: EwmaExponent::default() })
    }

    /// The same with limits of another width.
    ///
    /// # Errors
    ///
    /// `invalid-option` unless the width is finite and above 0.
    pub fn with_width(self, width: f64) -> Result<Self, RuptureError> {
        Ok(Self::new(self.lambda, width)?.with_exponent(self.exponent))
    }

    /// Which sessions count in the exponent.
    #[must_use]
    pub fn with_exponent(self, exponent: EwmaExponent) -> Self {
        Self { exponent, ..self }
    }

    /// Weight of the present session.
    pub fn lambda(&self) -> f64 {
        self.lambda
    }

    /// Width of the limits, L.
    pub fn width(&self) -> f64 {
        self.width
    }

    /// Which sessions count in the exponent.
    pub fn exponent(&self) -> EwmaExponent {
        self.exponent
    }
}

/// Exponentially weighted moving average with its limits.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Ewma {
    /// The average after each session, in units of the scores; NaN for a missing session.
    pub path: Vec<f64>,
    /// Centre line and limits of each session, in units of the scores.
    pub limits: Vec<Limits>,
    /// Sessions whose average lies beyond the limit on the worse side.
    pub signals: Vec<usize>,
}

impl IndividualsChart {
    /// Exponentially weighted moving average of the scores, begun at the centre line.
    ///
    /// `w[t] = lambda y[t] + (1 - lambda) w[t-1]`, limits at
    /// `CL ± L sigma sqrt(lambda / (2 - lambda) (1 - (1 - lambda)^(2 t)))`. A missing session is skipped;
    /// whether it counts in `t` is an option. With a trend adjustment the deviations are averaged.
    ///
    /// ```
    /// use alliance_ruptures::Orientation;
    /// use alliance_ruptures::charts::{ChartOptions, EwmaOptions, IndividualsChart};
    ///
    /// let scores = [5.5, 5.6, 5.4, 5.5, 5.6, 5.5, 5.4, 5.5, 5.1, 5.2, 5.1, 5.0];
    /// let chart = IndividualsChart::new(&scores, &ChartOptions::default())?;
    /// let ewma = chart.ewma(&EwmaOptions::default(), Orientation::HigherIsBetter);
    /// assert_eq!(ewma.signals, [11]);
    /// # Ok::<(), alliance_ruptures::charts::NotAssessable>(())
    /// ```
    pub fn ewma(&self, options: &EwmaOptions, orientation: Orientation) -> Ewma {
        let sessions = self.sessions();
        let mut ewma = Ewma {
            path: Vec::with_capacity(sessions),
            limits: Vec::with_capacity(sessions),
            signals: Vec::new(),
        };
        for (session, step) in self.averaged(options).enumerate() {
            ewma.limits.push(self.limits(session, step.half));
            ewma.path.push(self.centre(session) + step.average * self.sigma());
            if step.is_beyond(orientation) {
                ewma.signals.push(session);
            }
        }
        ewma
    }

    /// The average after each session.
    pub(super) fn averaged(&self, options: &EwmaOptions) -> impl Iterator<Item = EwmaStep> {
        let EwmaOptions { lambda, width, exponent } = *options;
        let spread = lambda / (2.0 - lambda);
        let shrink = (1.0 - lambda) * (1.0 - lambda);
        // In units of sigma: the average, and (1 - lambda)^(2 t).
        let (mut average, mut decay) = (0.0, 1.0);
        (0..self.sessions()).map(move |session| {
            let deviation = self.standardised(session);
            let is_observed = !deviation.is_nan();
            let before = average;
            if is_observed {
                average = lambda * deviation + (1.0 - lambda) * average;
            }
            if is_observed || exponent == EwmaExponent::Elapsed {
                decay *= shrink;
            }
            let half = width * (spread * (1.0 - decay)).sqrt();
            EwmaStep { before, average: if is_observed { average } else { f64::NAN }, half }
        })
    }
}

/// One session of a moving average, in units of sigma from the centre line.
#[derive(Debug, Clone, Copy)]
pub(super) struct EwmaStep {
    /// The average before the session.
    pub(super) before: f64,
    /// The average with it; NaN if it is missing.
    pub(super) average: f64,
    /// How far the limits lie off.
    pub(super) half: f64,
}

impl EwmaStep {
    pub(super) fn is_beyond(&self, orientation: Orientation) -> bool {
        badness(self.average, orientation) > self.half + TOLERANCE
    }

    /// How much worse than the centre line, in sigma, a session is that just moves the average beyond its limit.
    pub(super) fn limit(&self, options: &EwmaOptions, orientation: Orientation) -> f64 {
        (self.half - (1.0 - options.lambda) * badness(self.before, orientation)) / options.lambda
    }
}

/// Shows sizes and signals, never the path.
impl fmt::Debug for Ewma {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Ewma")
            .field("sessions", &self.path.len())
            .field("signals", &self.signals)
            .finish_non_exhaustive()
    }
}
