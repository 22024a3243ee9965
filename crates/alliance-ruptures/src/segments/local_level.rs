//! A level that drifts, and tests for shocks to it.

use std::fmt;

use super::NotAssessed;
use crate::RuptureError;

/// What is known of the level at the first session.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum InitialLevel {
    /// Nothing: the first score sets it (exact diffuse start).
    Diffuse,
    /// Normally distributed, for instance around the sample's mean.
    Known {
        /// Expected level at the first session, in score units.
        mean: f64,
        /// Its variance, not negative.
        variance: f64,
    },
}

/// Local level model: score = level + noise (variance R), level = level before + drift (variance Q).
///
/// Runs the Kalman filter and the disturbance smoother (de Jong 1988; Durbin and Koopman 2012, chapters
/// 2 and 4). Two tests tell an odd session from a lasting shift (Harvey and Koopman 1992; de
/// Jong and Penzer 1998): both are standard normal in every session if nothing happened, and
/// beyond 3 in size a shock is a candidate. Innovations use the past only and echo a dip: the odd session drags
/// the filter down, and normal ones after it look like a gain. The larger of the two tests
/// says which kind of shock fits better; each is disturbed by shocks nearby.
/// Missing sessions are predicted only.
///
/// ```
/// use alliance_ruptures::segments::{InitialLevel, LocalLevel};
///
/// let model = LocalLevel::new(0.04, 0.01, InitialLevel::Known { mean: 5.5, variance: 0.25 })?;
/// let result = model.run(&[5.4, 5.6, 5.7, 5.5, 4.2, 5.3, 5.8, 5.9]).unwrap();
/// assert!((result.sessions[4].standardised_innovation + 5.27).abs() < 0.005);
/// assert!(result.sessions[4].outlier < -4.0);
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct LocalLevel {
    noise: f64,
    drift: f64,
    initial: InitialLevel,
}

/// Filter, smoother and tests at one session. NaN says that a value is not defined there, never that it is zero.
#[derive(Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct LevelSession {
    /// Expected score from the sessions before; NaN before the first score of a diffuse start.
    pub predicted: f64,
    /// Variance of the score around it, F; infinite before the first score of a diffuse start.
    pub prediction_variance: f64,
    /// Score less prediction, v; NaN if the score is missing or the prediction diffuse.
    pub innovation: f64,
    /// v / sqrt F.
    pub standardised_innovation: f64,
    /// Level given this session and the ones before; NaN before the first score of a diffuse start.
    pub filtered: f64,
    /// Its variance.
    pub filtered_variance: f64,
    /// Level given all sessions.
    pub smoothed: f64,
    /// Its variance.
    pub smoothed_variance: f64,
    /// Test for an additive outlier, one odd session; NaN if the score is missing or nothing else says what it should be.
    pub outlier: f64,
    /// Test for a level shift between the session before and this one; NaN at the first session and where nothing is seen on one side.
    pub shift: f64,
}

impl fmt::Debug for LevelSession {
    // Level plus innovation would be the score.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LevelSession")
            .field("standardised_innovation", &self.standardised_innovation)
            .field("outlier", &self.outlier)
            .field("shift", &self.shift)
            .finish_non_exhaustive()
    }
}

/// One client's series under a [`LocalLevel`] model.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct LocalLevelResult {
    /// One element per session.
    pub sessions: Vec<LevelSession>,
    /// Log likelihood of the scores; with a diffuse start, of those after the first.
    pub log_likelihood: f64,
}

/// What the filter leaves for the smoother.
#[derive(Clone, Copy)]
pub(super) struct Filtered {
    gain: f64,
    /// v / F and 1 / F; 0 where nothing was learnt.
    scaled: f64,
    precision: f64,
    seen: bool,
}

impl LocalLevel {
    /// With known variances of the noise (R) and of the drift per session (Q), in squared score units.
    ///
    /// # Errors
    ///
    /// `invalid-option` unless both are finite, not negative and not both 0, and the initial level is finite with a variance not negative.
    pub fn new(
        noise_variance: f64,
        drift_variance: f64,
        initial: InitialLevel,
    ) -> Result<Self, RuptureError> {
        let variance = |value: f64| value.is_finite() && value >= 0.0;
        let sum = noise_variance + drift_variance;
        if !(variance(noise_variance) && variance(drift_variance) && sum.is_finite() && sum > 0.0) {
            return Err(RuptureError::InvalidOption {
                option: "variances",
                problem: "both variances must be finite and not negative, and one of them above 0".into(),
            });
        }
        if let InitialLevel::Known { mean, variance: spread } = initial
            && !(mean.is_finite() && variance(spread))
        {
            return Err(RuptureError::InvalidOption {
                option: "initial",
                problem: "the initial mean must be finite, its variance finite and not negative".into(),
            });
        }
        Ok(Self { noise: noise_variance, drift: drift_variance, initial })
    }

    /// Variance of the noise, R.
    pub fn noise_variance(&self) -> f64 {
        self.noise
    }

    /// Variance of the drift per session, Q.
    pub fn drift_variance(&self) -> f64 {
        self.drift
    }

    /// What is known of the level at the first session.
    pub fn initial(&self) -> InitialLevel {
        self.initial
    }

    /// Filters, smooths and tests one client's series.
    ///
    /// # Errors
    ///
    /// [`NotAssessed`] without any score, or for infinite scores or ones too large to square.
    pub fn run(&self, scores: &[f64]) -> Result<LocalLevelResult, NotAssessed> {
        let mut result = LocalLevelResult::default();
        self.run_into(scores, &mut result, &mut Vec::new())?;
        Ok(result)
    }

    /// The same into a result and a buffer that are used again.
    pub(super) fn run_into(
        &self,
        scores: &[f64],
        result: &mut LocalLevelResult,
        passed: &mut Vec<Filtered>,
    ) -> Result<(), NotAssessed> {
        if scores.iter().any(|score| score.is_infinite()) {
            return Err(NotAssessed::OutOfRange);
        }
        if scores.iter().all(|score| score.is_nan()) {
            return Err(NotAssessed::TooFewObserved { observed: 0, needed: 1 });
        }
        result.log_likelihood = self.filter(scores, &mut result.sessions, passed);
        if !result.log_likelihood.is_finite() {
            return Err(NotAssessed::OutOfRange);
        }
        self.smooth(&mut result.sessions, passed);
        Ok(())
    }

    /// Fills both and gives the log likelihood.
    fn filter(&self, scores: &[f64], sessions: &mut Vec<LevelSession>, passed: &mut Vec<Filtered>) -> f64 {
        let (mut level, mut variance) = match self.initial {
            InitialLevel::Diffuse => (f64::NAN, f64::INFINITY),
            InitialLevel::Known { mean, variance } => (mean, variance),
        };
        let mut log_likelihood = 0.0;
        sessions.clear();
        passed.clear();
        for score in scores {
            let predicted = level;
            let prediction_variance = variance + self.noise;
            let seen = !score.is_nan();
            let mut innovation = f64::NAN;
            let mut step = Filtered { gain: 0.0, scaled: 0.0, precision: 0.0, seen };
            if seen && prediction_variance.is_infinite() {
                // The first score of a diffuse start becomes the level.
                step.gain = 1.0;
                level = *score;
                variance = self.noise;
            } else if seen {
                innovation = score - predicted;
                if prediction_variance > 0.0 {
                    step.gain = variance / prediction_variance;
                    step.scaled = innovation / prediction_variance;
                    step.precision = 1.0 / prediction_variance;
                    level += step.gain * innovation;
                    variance *= self.noise / prediction_variance;
                    log_likelihood -= 0.5
                        * (libm::log(2.0 * std::f64::consts::PI * prediction_variance)
                            + innovation * step.scaled);
                }
            }
            let known = variance.is_finite();
            sessions.push(LevelSession {
                predicted,
                prediction_variance,
                innovation,
                standardised_innovation: innovation / libm::sqrt(prediction_variance),
                filtered: if known { level } else { f64::NAN },
                filtered_variance: variance,
                smoothed: f64::NAN,
                smoothed_variance: f64::NAN,
                outlier: f64::NAN,
                shift: f64::NAN,
            });
            passed.push(step);
            variance += self.drift;
        }
        log_likelihood
    }

    /// The backward pass: weighted sums of later innovations (r) and their precision (N).
    fn smooth(&self, sessions: &mut [LevelSession], passed: &[Filtered]) {
        let (mut sum, mut precision) = (0.0, 0.0);
        // Level and variance of the session after, for sessions before the first score of a diffuse start.
        let mut next = (f64::NAN, f64::INFINITY);
        for (place, (session, step)) in sessions.iter_mut().zip(passed).enumerate().rev() {
            if session.filtered.is_nan() {
                session.smoothed = next.0;
                session.smoothed_variance = next.1 + self.drift;
            } else {
                let variance = session.filtered_variance;
                session.smoothed = session.filtered + variance * sum;
                session.smoothed_variance = (variance - variance * variance * precision).max(0.0);
            }
            next = (session.smoothed, session.smoothed_variance);
            if step.seen {
                let error = step.scaled - step.gain * sum;
                let error_precision = step.precision + step.gain * step.gain * precision;
                if error_precision > 0.0 {
                    session.outlier = error / libm::sqrt(error_precision);
                }
                let keep = 1.0 - step.gain;
                sum = step.scaled + keep * sum;
                precision = step.precision + keep * keep * precision;
            }
            if place > 0 && precision > 0.0 {
                session.shift = sum / libm::sqrt(precision);
            }
        }
    }
}
