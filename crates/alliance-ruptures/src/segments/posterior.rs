//! Probable changes and shocks for the worse as detectors, with priors taken from the sample.

use super::local_level::Filtered;
use super::{
    InitialLevel, KnownSigma, LocalLevel, LocalLevelResult, NoiseScale, NormalGamma, OnlineChangePoint,
    OnlineState, ProductPartition, SegmentPrior,
};
use crate::detector::{Judge, Judged, ROUNDING, Verdicts};
use crate::{EpisodeRule, NotAssessed, Orientation, RuptureError, Spread};

fn require(holds: bool, option: &'static str, problem: &str) -> Result<(), RuptureError> {
    if holds { Ok(()) } else { Err(RuptureError::InvalidOption { option, problem: problem.into() }) }
}

fn check_probability(option: &'static str, probability: f64) -> Result<(), RuptureError> {
    require(
        probability > 0.0 && probability < 1.0,
        option,
        "a probability must lie between 0 and 1, both excluded",
    )
}

fn check_shift(shift: f64) -> Result<(), RuptureError> {
    require(
        (0.01..=100.0).contains(&shift),
        "shift",
        "the size of a shift must lie between 0.01 and 100 sigma",
    )
}

fn observed(run: &[f64]) -> impl Iterator<Item = f64> {
    run.iter().copied().filter(|score| !score.is_nan())
}

/// Flags sessions that are probably the first of a worse level, given the sessions before only ([`OnlineChangePoint`]).
///
/// The prior of each level is normal-gamma: around the mean of the client's first scored sessions, with a standard
/// deviation of [`shift`](Self::shift) sigma, and a precision of which sigma is known as from
/// [`worth`](Self::worth) deviations. Sigma is pooled over the sample: with a vague prior the
/// method hardly reacts in short series. The reference is the score expected from the sessions before; the first
/// sessions have none. A session is flagged if it is the first of a new level with at least the probability that is
/// the threshold, and its score is worse than expected.
///
/// ```
/// use alliance_ruptures::segments::OnlineDetector;
/// use alliance_ruptures::{ScoreScale, Series, detect};
///
/// // One client falls, one stays.
/// let fallen = [5.5, 5.6, 5.4, 5.5, 4.2, 4.3, 4.1, 4.2, 5.5, 5.6];
/// let steady = [6.0, 5.8, 6.1, 5.9, 6.0, 6.1, 5.9, 5.8, 6.0, 6.1];
/// let series = Series::new([fallen, steady].concat(), vec![0, 10, 20], ScoreScale::new(1.0, 7.0)?)?;
/// let found = detect(&series, OnlineDetector::new(0.8)?);
/// assert_eq!(found.flagged.iter().position(|flag| *flag), Some(4));
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct OnlineDetector {
    /// Probability of a change from which a session is flagged.
    pub threshold: f64,
    /// Probability of a change after each session: 0.1 unless set.
    pub hazard: f64,
    /// Standard deviation of levels around the client's first ones, in sigma: 2 unless set.
    pub shift: f64,
    /// Number of deviations that the knowledge of sigma is worth: 20 unless set.
    pub worth: f64,
    /// Where sigma comes from: pooled unless set.
    pub noise: NoiseScale,
    /// First scored sessions, whose mean is the expected level, and which are not judged: 3 unless set.
    pub baseline: u16,
    /// Observed sessions a dyad needs to be assessed: 4 unless set.
    pub least_sessions: u16,
    /// What makes episodes of the flagged sessions: back to the reference within three sessions unless set.
    pub episodes: EpisodeRule,
}

impl OnlineDetector {
    /// Changes with at least this probability.
    ///
    /// # Errors
    ///
    /// `invalid-option` unless it lies between 0 and 1, both excluded.
    pub fn new(threshold: f64) -> Result<Self, RuptureError> {
        Self {
            threshold,
            hazard: 0.1,
            shift: 2.0,
            worth: 20.0,
            noise: NoiseScale::Pooled,
            baseline: 3,
            least_sessions: 4,
            episodes: EpisodeRule::default(),
        }
        .checked()
    }

    /// The detector itself if its fields are within their ranges.
    ///
    /// # Errors
    ///
    /// `invalid-option` naming the field and what is allowed.
    pub fn checked(self) -> Result<Self, RuptureError> {
        check_probability("threshold", self.threshold)?;
        check_probability("hazard", self.hazard)?;
        check_shift(self.shift)?;
        require(
            (0.1..=1e6).contains(&self.worth),
            "worth",
            "the deviations that sigma is worth lie between 0.1 and 1000000",
        )?;
        require(self.baseline >= 1, "baseline", "a baseline has at least one session")?;
        self.noise.checked()?;
        self.episodes.checked()?;
        self.method()?;
        Ok(self)
    }

    /// Whether the verdict on a session rests on later sessions too: not if sigma is pooled or known.
    pub fn is_retrospective(&self) -> bool {
        self.noise.is_retrospective()
    }

    /// Whether sigma is pooled over a sample.
    pub fn pools(&self) -> bool {
        self.noise.pools()
    }

    /// For levels around 0 and a sigma of 1.
    fn method(&self) -> Result<OnlineChangePoint, RuptureError> {
        let prior = NormalGamma::new(0.0, self.shift.powi(-2), 0.5 * self.worth, 0.5 * self.worth)?;
        OnlineChangePoint::new(prior, self.hazard)
    }

    pub(crate) fn judge<'d>(&'d self, spread: &'d Spread, orientation: Orientation) -> Box<dyn Judge + 'd> {
        // A method is missing only if the fields were never checked; then nobody is assessed.
        let state = self.method().ok().map(|method| method.start());
        Box::new(OnlineJudge { detector: self, spread, orientation, state, scratch: Vec::new() })
    }
}

struct OnlineJudge<'d> {
    detector: &'d OnlineDetector,
    spread: &'d Spread,
    orientation: Orientation,
    state: Option<OnlineState>,
    scratch: Vec<f64>,
}

impl OnlineJudge<'_> {
    fn try_judge(&mut self, run: &[f64], verdicts: &mut Verdicts<'_>) -> Result<f64, NotAssessed> {
        let Self { detector, spread, orientation, state, scratch } = self;
        let state = state.as_mut().ok_or(NotAssessed::OutOfRange)?;
        let sigma = detector.noise.sigma(run, spread, scratch)?;
        let baseline = usize::from(detector.baseline);
        let (sum, count) =
            observed(run).take(baseline).fold((0.0, 0.0), |(sum, count), score| (sum + score, count + 1.0));
        state.restart(sum / count, 0.5 * detector.worth * sigma * sigma);
        let (mut expected, mut seen) = (f64::NAN, 0);
        let places = verdicts.reference.iter_mut().zip(verdicts.flagged.iter_mut());
        for (score, (reference, flag)) in run.iter().zip(places) {
            let step = state.update(*score);
            if !score.is_nan() {
                if seen >= baseline && step.scored {
                    *reference = expected;
                    *flag =
                        step.change >= detector.threshold && orientation.fall(expected, *score) > ROUNDING;
                }
                seen += 1;
            }
            expected = step.expected;
        }
        Ok(sigma)
    }
}

impl Judge for OnlineJudge<'_> {
    fn judge(&mut self, run: &[f64], observed: usize, verdicts: &mut Verdicts<'_>) -> Judged {
        let needed = usize::from(self.detector.least_sessions);
        if observed < needed {
            return Judged::refused(NotAssessed::TooFewSessions { observed, needed });
        }
        self.try_judge(run, verdicts).map_or_else(Judged::refused, Judged::assessed)
    }
}

/// Flags sessions before which the level probably fell, given the whole series ([`ProductPartition`], exact).
///
/// The prior of each level is normal around the client's median, with a standard deviation of [`shift`](Self::shift) sigma.
/// The reference is the posterior mean of the level in the scored session before. A session is flagged if the level changed
/// between the two with at least the probability that is the threshold, for the worse, and the
/// score is worse than the reference. It looks back.
///
/// ```
/// use alliance_ruptures::segments::ProductDetector;
/// use alliance_ruptures::{ScoreScale, Series, detect};
///
/// // One client falls, one stays.
/// let fallen = [5.5, 5.6, 5.4, 5.5, 4.2, 4.3, 4.1, 4.2, 5.5, 5.6];
/// let steady = [6.0, 5.8, 6.1, 5.9, 6.0, 6.1, 5.9, 5.8, 6.0, 6.1];
/// let series = Series::new([fallen, steady].concat(), vec![0, 10, 20], ScoreScale::new(1.0, 7.0)?)?;
/// let found = detect(&series, ProductDetector::new(0.8)?);
/// assert_eq!(found.flagged.iter().position(|flag| *flag), Some(4));
/// assert_eq!((found.dyads[0].flagged, found.dyads[1].flagged), (1, 0));
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ProductDetector {
    /// Probability of a change from which a session is flagged.
    pub threshold: f64,
    /// Probability of a change after each session beforehand: 0.1 unless set.
    pub change: f64,
    /// Standard deviation of levels around the client's median, in sigma: 2 unless set.
    pub shift: f64,
    /// Where sigma comes from: own, shrunk to the pool, unless set.
    pub noise: NoiseScale,
    /// Observed sessions a dyad needs to be assessed: 4 unless set.
    pub least_sessions: u16,
    /// What makes episodes of the flagged sessions: back to the reference within three sessions unless set.
    pub episodes: EpisodeRule,
}

impl ProductDetector {
    /// Changes with at least this probability.
    ///
    /// # Errors
    ///
    /// `invalid-option` unless it lies between 0 and 1, both excluded.
    pub fn new(threshold: f64) -> Result<Self, RuptureError> {
        Self {
            threshold,
            change: 0.1,
            shift: 2.0,
            noise: NoiseScale::default(),
            least_sessions: 4,
            episodes: EpisodeRule::default(),
        }
        .checked()
    }

    /// The detector itself if its fields are within their ranges.
    ///
    /// # Errors
    ///
    /// `invalid-option` naming the field and what is allowed.
    pub fn checked(self) -> Result<Self, RuptureError> {
        check_probability("threshold", self.threshold)?;
        check_probability("change", self.change)?;
        check_shift(self.shift)?;
        self.noise.checked()?;
        self.episodes.checked()?;
        Ok(self)
    }

    /// Whether sigma is pooled over a sample.
    pub fn pools(&self) -> bool {
        self.noise.pools()
    }

    pub(crate) fn judge<'d>(&'d self, spread: &'d Spread, orientation: Orientation) -> Box<dyn Judge + 'd> {
        Box::new(ProductJudge { detector: self, spread, orientation, scratch: Vec::new() })
    }
}

struct ProductJudge<'d> {
    detector: &'d ProductDetector,
    spread: &'d Spread,
    orientation: Orientation,
    scratch: Vec<f64>,
}

impl ProductJudge<'_> {
    fn try_judge(&mut self, run: &[f64], verdicts: &mut Verdicts<'_>) -> Result<f64, NotAssessed> {
        let Self { detector, spread, orientation, scratch } = self;
        let sigma = detector.noise.sigma(run, spread, scratch)?;
        scratch.clear();
        scratch.extend(observed(run));
        let prior = KnownSigma::new(crate::rule::median(scratch), detector.shift * sigma, sigma);
        let method =
            prior.and_then(|prior| ProductPartition::new(SegmentPrior::KnownSigma(prior), detector.change));
        let posterior = method.map_err(|_| NotAssessed::OutOfRange)?.posterior(run)?;
        let mut before: Option<(usize, f64)> = None;
        let places = verdicts.reference.iter_mut().zip(verdicts.flagged.iter_mut());
        let sessions = run.iter().zip(&posterior.level).enumerate().zip(places);
        for ((session, (score, level)), (reference, flag)) in
            sessions.filter(|((_, (score, _)), _)| !score.is_nan())
        {
            if let Some((last, level_before)) = before {
                *reference = level_before;
                let after_last = posterior.change_after.get(last).copied().unwrap_or(0.0);
                // Over missing sessions changes are independent, so the first place tells of all.
                let stays = libm::pow(1.0 - detector.change, (session - last) as f64);
                let probability = after_last * (1.0 - stays) / detector.change;
                *flag = probability >= detector.threshold
                    && orientation.fall(level_before, *level) > 0.0
                    && orientation.fall(level_before, *score) > ROUNDING;
            }
            before = Some((session, *level));
        }
        Ok(sigma)
    }
}

impl Judge for ProductJudge<'_> {
    fn judge(&mut self, run: &[f64], observed: usize, verdicts: &mut Verdicts<'_>) -> Judged {
        let needed = usize::from(self.detector.least_sessions);
        if observed < needed {
            return Judged::refused(NotAssessed::TooFewSessions { observed, needed });
        }
        self.try_judge(run, verdicts).map_or_else(Judged::refused, Judged::assessed)
    }
}

/// Which test of the [`LocalLevel`] model flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum LevelTest {
    /// The score against what the sessions before let expect. It echoes: after a dip, the filter is low for a while.
    Innovation,
    /// One odd session, against those before and after.
    Outlier,
    /// A lasting shift of the level between the session before and this one.
    Shift,
}

/// Flags shocks for the worse to a level that drifts ([`LocalLevel`], diffuse start).
///
/// Both variances are made of sigma and of the share of it that is drift, pooled over the sample
/// ([`Spread::drift_share`]): noise `sigma^2 (1 - share)`, drift per session `2 sigma^2 share`. The reference is the score
/// expected from the sessions before; the first scored session has none. A session is flagged if the test is at least
/// the threshold, in standard errors, on the worse side, and its score is worse than the reference.
///
/// ```
/// use alliance_ruptures::segments::{LevelDetector, LevelTest};
/// use alliance_ruptures::{ScoreScale, Series, detect};
///
/// let scores = vec![5.5, 5.6, 5.4, 5.5, 4.2, 5.4, 5.5, 5.6, 5.5, 5.6];
/// let series = Series::new(scores, vec![0, 10], ScoreScale::new(1.0, 7.0)?)?;
/// let found = detect(&series, LevelDetector::new(LevelTest::Outlier, 2.5)?);
/// assert_eq!(found.flagged.iter().position(|flag| *flag), Some(4));
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct LevelDetector {
    /// Which test.
    pub test: LevelTest,
    /// Standard errors from which a session is flagged, above 0.
    pub threshold: f64,
    /// Where sigma comes from: own, shrunk to the pool, unless set.
    pub noise: NoiseScale,
    /// Share of the variance of successive differences that is drift, 0 to 1; `None` for that of the sample.
    pub drift: Option<f64>,
    /// Observed sessions a dyad needs to be assessed: 4 unless set.
    pub least_sessions: u16,
    /// What makes episodes of the flagged sessions: back to the reference within three sessions unless set.
    pub episodes: EpisodeRule,
}

impl LevelDetector {
    /// Shocks of at least so many standard errors: 3 is usual.
    ///
    /// # Errors
    ///
    /// `invalid-option` unless the threshold is finite and above 0.
    pub fn new(test: LevelTest, threshold: f64) -> Result<Self, RuptureError> {
        Self {
            test,
            threshold,
            noise: NoiseScale::default(),
            drift: None,
            least_sessions: 4,
            episodes: EpisodeRule::default(),
        }
        .checked()
    }

    /// The detector itself if its fields are within their ranges.
    ///
    /// # Errors
    ///
    /// `invalid-option` naming the field and what is allowed.
    pub fn checked(self) -> Result<Self, RuptureError> {
        require(
            self.threshold.is_finite() && self.threshold > 0.0,
            "threshold",
            "the threshold is finite and above 0",
        )?;
        let is_share = self.drift.is_none_or(|share| (0.0..=1.0).contains(&share));
        require(is_share, "drift", "the share of the drift lies between 0 and 1")?;
        self.noise.checked()?;
        self.episodes.checked()?;
        Ok(self)
    }

    /// Whether the verdict on a session rests on later sessions too: not on innovations with a pooled or known sigma.
    pub fn is_retrospective(&self) -> bool {
        self.test != LevelTest::Innovation || self.noise.is_retrospective()
    }

    /// Whether sigma or the share of the drift is pooled over a sample.
    pub fn pools(&self) -> bool {
        self.noise.pools() || self.drift.is_none()
    }

    pub(crate) fn judge<'d>(&'d self, spread: &'d Spread, orientation: Orientation) -> Box<dyn Judge + 'd> {
        Box::new(LevelJudge {
            detector: self,
            spread,
            orientation,
            result: LocalLevelResult::default(),
            passed: Vec::new(),
            scratch: Vec::new(),
        })
    }
}

struct LevelJudge<'d> {
    detector: &'d LevelDetector,
    spread: &'d Spread,
    orientation: Orientation,
    result: LocalLevelResult,
    passed: Vec<Filtered>,
    scratch: Vec<f64>,
}

impl LevelJudge<'_> {
    fn try_judge(&mut self, run: &[f64], verdicts: &mut Verdicts<'_>) -> Result<f64, NotAssessed> {
        let Self { detector, spread, orientation, result, passed, scratch } = self;
        let sigma = detector.noise.sigma(run, spread, scratch)?;
        let share = detector.drift.unwrap_or(spread.drift_share);
        if share.is_nan() {
            return Err(NotAssessed::NoUnit);
        }
        let variance = sigma * sigma;
        let model = LocalLevel::new(variance * (1.0 - share), 2.0 * variance * share, InitialLevel::Diffuse)
            .map_err(|_| NotAssessed::OutOfRange)?;
        model.run_into(run, result, passed)?;
        let places = verdicts.reference.iter_mut().zip(verdicts.flagged.iter_mut());
        let sessions = run.iter().zip(&result.sessions).zip(places);
        for ((score, session), (reference, flag)) in sessions.filter(|((score, _), _)| !score.is_nan()) {
            *reference = session.predicted;
            let test = match detector.test {
                LevelTest::Innovation => session.standardised_innovation,
                LevelTest::Outlier => session.outlier,
                LevelTest::Shift => session.shift,
            };
            *flag = orientation.fall(0.0, test) >= detector.threshold - ROUNDING
                && orientation.fall(*reference, *score) > ROUNDING;
        }
        let limits = verdicts.limit.iter_mut().zip(&*verdicts.reference).zip(&result.sessions);
        for ((limit, reference), session) in limits {
            let half = detector.threshold * libm::sqrt(session.prediction_variance);
            *limit = orientation.worse_by(*reference, half);
        }
        Ok(sigma)
    }
}

impl Judge for LevelJudge<'_> {
    fn judge(&mut self, run: &[f64], observed: usize, verdicts: &mut Verdicts<'_>) -> Judged {
        let needed = usize::from(self.detector.least_sessions);
        if observed < needed {
            return Judged::refused(NotAssessed::TooFewSessions { observed, needed });
        }
        self.try_judge(run, verdicts).map_or_else(Judged::refused, Judged::assessed)
    }
}
