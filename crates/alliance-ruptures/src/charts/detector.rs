//! Control charts as detectors.

use super::run_rules::Point;
use super::{
    AnhojOptions, AnhojRuns, Baseline, ChartFitter, ChartOptions, CusumOptions, EwmaOptions, RunRules,
    RunSignal, TOLERANCE,
};
use crate::detector::{Judge, Judged, Verdicts};
use crate::{EpisodeRule, Orientation, RuptureError};

/// What a chart signals.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum ChartSignal {
    /// One session more than this many sigma off the centre line: 3 for the usual action limit.
    Beyond(f64),
    /// Run rules that look at the worse side.
    RunRules(RunRules),
    /// A cumulative sum above its decision interval.
    Cusum(CusumOptions),
    /// A moving average beyond its limit.
    Ewma(EwmaOptions),
}

/// A control chart that flags sessions.
///
/// A session is flagged where the chart signals on the worse side and the score itself is worse than the centre line, so
/// that a score that is back is not flagged because of what came before. The reference is the
/// centre line, the unit sigma. With a frozen baseline its own sessions are not judged, and the detector needs the past only.
///
/// ```
/// use alliance_ruptures::charts::{ChartDetector, ChartOptions, ChartSignal, CusumOptions};
/// use alliance_ruptures::{ScoreScale, Series, detect};
///
/// let scores = vec![5.5, 5.6, 5.4, 5.5, 5.6, 5.5, 5.4, 5.5, 5.1, 5.2, 5.1, 5.0];
/// let series = Series::new(scores, vec![0, 12], ScoreScale::new(1.0, 7.0)?)?;
/// let chart = ChartDetector::new(ChartOptions::default(), ChartSignal::Cusum(CusumOptions::new(0.5, 4.0)?))?;
/// assert_eq!(detect(&series, chart).flagged.iter().position(|flag| *flag), Some(10));
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ChartDetector {
    /// How centre line and sigma are estimated.
    pub chart: ChartOptions,
    /// What is a signal.
    pub signal: ChartSignal,
    /// What makes episodes of the flagged sessions: back to the centre line within three sessions unless set.
    pub episodes: EpisodeRule,
}

impl ChartDetector {
    /// A chart with the default episodes.
    ///
    /// # Errors
    ///
    /// `invalid-option`, as [`checked`](Self::checked).
    pub fn new(chart: ChartOptions, signal: ChartSignal) -> Result<Self, RuptureError> {
        Self { chart, signal, episodes: EpisodeRule::default() }.checked()
    }

    /// The detector itself if its fields are within their ranges.
    ///
    /// # Errors
    ///
    /// `invalid-option` for a multiple of sigma that is not above 0, for no run rule or one without a side, and for
    /// options outside their ranges.
    pub fn checked(self) -> Result<Self, RuptureError> {
        self.chart.checked()?;
        self.episodes.checked()?;
        match self.signal {
            ChartSignal::Beyond(multiple) if !(multiple.is_finite() && multiple > 0.0) => {
                return Err(RuptureError::InvalidOption {
                    option: "threshold",
                    problem: "the multiple of sigma is finite and above 0".into(),
                });
            }
            ChartSignal::Beyond(_) => {}
            ChartSignal::RunRules(rules) => {
                rules.with_side()?;
            }
            ChartSignal::Cusum(cusum) => {
                CusumOptions::new(cusum.k(), cusum.h())?;
            }
            ChartSignal::Ewma(ewma) => {
                EwmaOptions::new(ewma.lambda(), ewma.width())?;
            }
        }
        Ok(self)
    }

    /// Whether the verdict on a session rests on later sessions too: not if the baseline is frozen.
    pub fn is_retrospective(&self) -> bool {
        self.chart.baseline() == Baseline::AllObserved
    }

    pub(crate) fn judge<'d>(&'d self, orientation: Orientation) -> Box<dyn Judge + 'd> {
        Box::new(ChartJudge {
            signal: self.signal,
            orientation,
            fitter: ChartFitter::new(&self.chart),
            points: Vec::new(),
            signals: Vec::new(),
        })
    }
}

struct ChartJudge {
    signal: ChartSignal,
    orientation: Orientation,
    fitter: ChartFitter,
    points: Vec<Point>,
    signals: Vec<RunSignal>,
}

impl Judge for ChartJudge {
    fn judge(&mut self, run: &[f64], _observed: usize, verdicts: &mut Verdicts<'_>) -> Judged {
        let Self { signal, orientation, fitter, points, signals } = self;
        let orientation = *orientation;
        let chart = match fitter.fit(run) {
            Ok(chart) => chart,
            Err(reason) => return Judged::refused(reason.into()),
        };
        let (first, sigma) = (chart.first_after_baseline(), chart.sigma());
        let references = verdicts.reference.iter_mut().zip(run).enumerate().skip(first);
        for (session, (reference, _)) in references.filter(|(_, (_, score))| !score.is_nan()) {
            *reference = chart.centre(session);
        }
        // The limit of a session that moves a sum or an average: never on the better side of the centre line.
        let limit = |session: usize, badness: f64| {
            orientation.worse_by(chart.centre(session), badness.max(0.0) * sigma)
        };
        let flags = verdicts.flagged.iter_mut();
        match signal {
            ChartSignal::Beyond(multiple) => {
                for (flag, badness) in flags.zip(chart.badness(orientation)) {
                    *flag = badness > *multiple + TOLERANCE;
                }
            }
            ChartSignal::RunRules(rules) => {
                chart.run_rules_into(*rules, orientation, points, signals);
                for signal in signals {
                    if let Some(flag) = verdicts.flagged.get_mut(signal.session) {
                        *flag = true;
                    }
                }
            }
            ChartSignal::Cusum(options) => {
                let mut before = 0.0;
                let sums = chart.cumulated(options, orientation).enumerate();
                for ((flag, place), (session, sum)) in flags.zip(verdicts.limit.iter_mut()).zip(sums) {
                    if !sum.is_nan() {
                        *flag = options.is_exceeded_by(sum);
                        *place = limit(session, options.k() + options.h() - before);
                        before = sum;
                    }
                }
            }
            ChartSignal::Ewma(options) => {
                let steps = chart.averaged(options).enumerate();
                for ((flag, place), (session, step)) in flags.zip(verdicts.limit.iter_mut()).zip(steps) {
                    if !step.average.is_nan() {
                        *flag = step.is_beyond(orientation);
                        *place = limit(session, step.limit(options, orientation));
                    }
                }
            }
        }
        for (session, (flag, badness)) in
            verdicts.flagged.iter_mut().zip(chart.badness(orientation)).enumerate()
        {
            *flag &= badness > TOLERANCE && session >= first;
        }
        if let Some(limits) = verdicts.limit.get_mut(..first.min(verdicts.limit.len())) {
            limits.fill(f64::NAN);
        }
        Judged::assessed(sigma)
    }
}

/// Anhøj's runs as a detector: sessions of an unusually long run on the worse side of the median, from the one that makes
/// it longer than its limit onward.
///
/// The reference is the median; tolerances of the repair in units are in points. Unusually few crossings have no side and
/// name no session, so they flag nothing.
///
/// ```
/// use alliance_ruptures::charts::{AnhojDetector, AnhojOptions};
/// use alliance_ruptures::{ScoreScale, Series, detect};
///
/// let scores = vec![6.0, 5.9, 6.1, 6.2, 5.8, 6.0, 6.3, 5.95, 5.0, 4.9, 5.1, 5.2, 4.8, 5.0, 5.3, 5.1];
/// let series = Series::new(scores, vec![0, 16], ScoreScale::new(1.0, 7.0)?)?;
/// let found = detect(&series, AnhojDetector::new(AnhojOptions::default()));
/// assert_eq!(found.flagged.iter().position(|flag| *flag), Some(15));
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct AnhojDetector {
    /// When there is an answer.
    pub runs: AnhojOptions,
    /// What makes episodes of the flagged sessions: back to the median within three sessions unless set.
    pub episodes: EpisodeRule,
}

impl AnhojDetector {
    /// Runs with the default episodes.
    pub fn new(runs: AnhojOptions) -> Self {
        Self { runs, episodes: EpisodeRule::default() }
    }

    /// The detector itself if its fields are within their ranges.
    ///
    /// # Errors
    ///
    /// `invalid-option` naming the field and what is allowed.
    pub fn checked(self) -> Result<Self, RuptureError> {
        self.runs.with_min_useful(self.runs.min_useful())?;
        self.episodes.checked()?;
        Ok(self)
    }

    pub(crate) fn judge(&self, orientation: Orientation) -> Box<dyn Judge> {
        Box::new(AnhojJudge {
            options: self.runs,
            orientation,
            runs: AnhojRuns::default(),
            scratch: Vec::new(),
        })
    }
}

struct AnhojJudge {
    options: AnhojOptions,
    orientation: Orientation,
    runs: AnhojRuns,
    scratch: Vec<f64>,
}

impl Judge for AnhojJudge {
    fn judge(&mut self, run: &[f64], _observed: usize, verdicts: &mut Verdicts<'_>) -> Judged {
        if let Err(reason) = self.runs.look(run, self.orientation, self.options, &mut self.scratch) {
            return Judged::refused(reason.into());
        }
        for (reference, _) in verdicts.reference.iter_mut().zip(run).filter(|(_, score)| !score.is_nan()) {
            *reference = self.runs.median;
        }
        for session in &self.runs.signals {
            if let Some(flag) = verdicts.flagged.get_mut(*session) {
                *flag = true;
            }
        }
        Judged::assessed(1.0)
    }
}
