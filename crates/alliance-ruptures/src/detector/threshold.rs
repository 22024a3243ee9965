//! The number that makes a detector stricter, for calibration.

use super::Detector;
use crate::charts::{ChartDetector, ChartSignal};
use crate::sudden::SuddenRule;
use crate::{Comparison, Gaps, Reference, RuptureError, ScoreScale, Unit};

/// Which thresholds there are to try.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum ThresholdRange {
    /// Any number above 0.
    Positive,
    /// Multiples of a step: scores lie on a lattice and so do the differences that are compared.
    Steps(f64),
    /// Probabilities, 0 and 1 excluded.
    Probability,
}

impl Detector {
    /// The threshold that a [calibration](crate::chance::calibrate) moves: the larger, the fewer sessions are flagged.
    ///
    /// `None` where there is none: run rules and Anhøj's runs are fixed, a fixed score is its own threshold, and a sudden
    /// shift without criterion 1 has no cut-off.
    pub fn threshold(&self) -> Option<f64> {
        match self {
            Self::Rule(rule) => (!matches!(rule.reference, Reference::Fixed(_))).then_some(rule.threshold),
            Self::Chart(chart) => match chart.signal {
                ChartSignal::Beyond(multiple) => Some(multiple),
                ChartSignal::Cusum(cusum) => Some(cusum.h()),
                ChartSignal::Ewma(ewma) => Some(ewma.width()),
                ChartSignal::RunRules(_) => None,
            },
            Self::Anhoj(_) => None,
            Self::Segments(segments) => Some(segments.threshold),
            Self::Online(online) => Some(online.threshold),
            Self::Product(product) => Some(product.threshold),
            Self::Level(level) => Some(level.threshold),
            Self::Sudden(sudden) => sudden.options().cutoff,
        }
    }

    /// The same detector with another threshold.
    ///
    /// # Errors
    ///
    /// `invalid-option` if there is none to set, or for one outside its range.
    pub fn with_threshold(self, threshold: f64) -> Result<Self, RuptureError> {
        if self.threshold().is_none() {
            let problem = "this detector has no threshold that could be moved".into();
            return Err(RuptureError::InvalidOption { option: "threshold", problem });
        }
        match self {
            Self::Rule(mut rule) => {
                rule.threshold = threshold;
                Self::Rule(rule)
            }
            Self::Chart(chart) => {
                let signal = match chart.signal {
                    ChartSignal::Beyond(_) => ChartSignal::Beyond(threshold),
                    ChartSignal::Cusum(cusum) => ChartSignal::Cusum(cusum.with_interval(threshold)?),
                    ChartSignal::Ewma(ewma) => ChartSignal::Ewma(ewma.with_width(threshold)?),
                    ChartSignal::RunRules(_) => chart.signal,
                };
                Self::Chart(ChartDetector { signal, ..chart })
            }
            Self::Anhoj(_) => self,
            Self::Segments(mut segments) => {
                segments.threshold = threshold;
                Self::Segments(segments)
            }
            Self::Online(mut online) => {
                online.threshold = threshold;
                Self::Online(online)
            }
            Self::Product(mut product) => {
                product.threshold = threshold;
                Self::Product(product)
            }
            Self::Level(mut level) => {
                level.threshold = threshold;
                Self::Level(level)
            }
            Self::Sudden(sudden) => {
                let mut options = *sudden.options();
                options.cutoff = Some(threshold);
                Self::Sudden(SuddenRule::new(options)?)
            }
        }
        .checked()
    }

    /// Which thresholds differ on scores of this scale.
    pub(crate) fn threshold_range(&self, scale: ScoreScale) -> ThresholdRange {
        let steps = match (self, scale.step) {
            (Self::Online(_) | Self::Product(_), _) => return ThresholdRange::Probability,
            (Self::Sudden(_), step) => step,
            (Self::Rule(rule), Some(step)) => {
                let on_lattice = matches!(rule.reference, Reference::Previous | Reference::RunningMaximum)
                    && rule.gaps != Gaps::Interpolate;
                match rule.unit {
                    _ if !on_lattice => None,
                    Unit::Points => Some(step),
                    Unit::Pomp => Some(100.0 * step / (scale.highest - scale.lowest)),
                    _ => None,
                }
            }
            _ => None,
        };
        steps.map_or(ThresholdRange::Positive, ThresholdRange::Steps)
    }

    /// What the threshold says, as the subject of a sentence.
    pub(crate) fn threshold_in_words(&self) -> String {
        let threshold = self.threshold().unwrap_or(f64::NAN);
        match self {
            Self::Rule(rule) => {
                let comparison = match rule.comparison {
                    Comparison::AtLeast => "at least",
                    Comparison::MoreThan => "more than",
                };
                format!("A fall of {comparison} {:.4} units", rule.threshold)
            }
            Self::Chart(chart) => match chart.signal {
                ChartSignal::Cusum(_) => format!("A cumulative sum above {threshold:.4} sigma"),
                ChartSignal::Ewma(_) => {
                    format!("A moving average beyond limits of {threshold:.4} of its own sigma")
                }
                _ => format!("A score more than {threshold:.4} sigma off the centre line"),
            },
            Self::Segments(segments) => {
                let unit = segments.unit.as_str();
                format!("A segment at least {threshold:.4} {unit} below the one before")
            }
            Self::Online(_) | Self::Product(_) => {
                format!("A change for the worse with a probability of at least {threshold:.6}")
            }
            Self::Level(_) => format!("A shock of at least {threshold:.4} standard errors"),
            Self::Sudden(_) => format!("A sudden shift of at least {threshold:.4} points"),
            Self::Anhoj(_) => "A run about the median".to_owned(),
        }
    }
}
