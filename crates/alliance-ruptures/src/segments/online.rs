//! Has the level just changed? Answered session by session.

use std::f64::consts::PI;
use std::fmt;

use super::NormalGamma;
use crate::RuptureError;

/// Run lengths kept apart by default: exact for the 8 to 40 sessions of a treatment.
const DEFAULT_LONGEST_RUN: usize = 40;

/// Bayesian online change point detection (Adams and `MacKay` 2007) with a normal-gamma prior and a constant hazard.
///
/// Keeps the posterior of the run length, the number of sessions since the last change. At a
/// missing session only the hazard is applied. **Take the prior from the sample**
/// ([`NormalGamma::pooled`]): with a vague one the detector hardly reacts in short series.
///
/// ```
/// use alliance_ruptures::segments::{NormalGamma, OnlineChangePoint};
///
/// let detector = OnlineChangePoint::new(NormalGamma::pooled(5.5, 0.25, 0.7, 20.0)?, 0.1)?;
/// let mut state = detector.start();
/// let steps: Vec<f64> = [5.5, 5.6, 5.4, 4.1].iter().map(|score| state.update(*score).change).collect();
/// assert!(steps[3] > 0.9 && steps[2] < 0.2);
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct OnlineChangePoint {
    prior: NormalGamma,
    hazard: f64,
    longest_run: usize,
    /// Constant of the log predictive density by number of scores in the run.
    constants: Vec<f64>,
}

/// What is known after a session, from that session and the ones before.
#[derive(Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct OnlineStep {
    /// Probability that this session is the first of a new level; 0 at the first session, which follows nothing.
    pub change: f64,
    /// P(run length <= 1) in the original's counting, where 0 means that a change follows this session (always the hazard).
    pub short_run: f64,
    /// Most likely run length above 0: sessions since the change, this one included. The longest kept run means "or longer".
    pub run_length: usize,
    /// Expected score of the next session, in score units.
    pub expected: f64,
    /// Whether the score was used; a missing, infinite or absurdly large one is not.
    pub scored: bool,
}

impl fmt::Debug for OnlineStep {
    // Right after a change the expectation is close to one score.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnlineStep")
            .field("change", &self.change)
            .field("run_length", &self.run_length)
            .field("scored", &self.scored)
            .finish_non_exhaustive()
    }
}

/// One run length: its probability and the posterior of its level and precision.
#[derive(Clone, Copy, PartialEq)]
struct Run {
    probability: f64,
    scores: u64,
    mean: f64,
    beta: f64,
    log_beta: f64,
}

/// The state of one client: bounded by the longest run.
#[derive(Clone, PartialEq)]
pub struct OnlineState {
    detector: OnlineChangePoint,
    sessions: u64,
    /// By run length, from 0.
    runs: Vec<Run>,
    /// Room for the next runs; empty between updates.
    next: Vec<Run>,
}

impl fmt::Debug for OnlineState {
    // It holds somebody's means.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnlineState").field("sessions", &self.sessions).finish_non_exhaustive()
    }
}

impl OnlineChangePoint {
    /// With a prior for each level and the probability of a change after each session (1 / expected run length).
    ///
    /// # Errors
    ///
    /// `invalid-option` for a prior outside its range or a hazard not between 0 and 1, both excluded.
    pub fn new(prior: NormalGamma, hazard: f64) -> Result<Self, RuptureError> {
        if !(hazard > 0.0 && hazard < 1.0) {
            return Err(RuptureError::InvalidOption {
                option: "hazard",
                problem: "the hazard must lie between 0 and 1, both excluded".into(),
            });
        }
        let prior = prior.validate()?;
        Ok(Self { prior, hazard, longest_run: 0, constants: Vec::new() }.tabulated(DEFAULT_LONGEST_RUN))
    }

    /// Longest run length that is kept apart; 40 unless set.
    ///
    /// Longer runs share one entry with the mean and variance of the longest of them, so the
    /// state stays bounded; up to this many sessions the posterior is exact.
    ///
    /// # Errors
    ///
    /// `invalid-option` unless 2 to 10000.
    pub fn with_longest_run(self, longest_run: usize) -> Result<Self, RuptureError> {
        if !(2..=10_000).contains(&longest_run) {
            return Err(RuptureError::InvalidOption {
                option: "longest_run",
                problem: "the longest run must be 2 to 10000 sessions".into(),
            });
        }
        Ok(self.tabulated(longest_run))
    }

    fn tabulated(mut self, longest_run: usize) -> Self {
        self.longest_run = longest_run;
        self.constants = (0..=longest_run as u64).map(|scores| self.constant(scores)).collect();
        self
    }

    /// ln Gamma(a + 1/2) - ln Gamma(a) + ln(k / (k + 1)) / 2 - ln(2 pi) / 2 after so many scores.
    fn constant(&self, scores: u64) -> f64 {
        let kappa = self.prior.kappa + scores as f64;
        let alpha = self.prior.alpha + 0.5 * scores as f64;
        libm::lgamma(alpha + 0.5)
            - libm::lgamma(alpha)
            - 0.5 * libm::log1p(1.0 / kappa)
            - 0.5 * libm::log(2.0 * PI)
    }

    /// The state before the first session.
    pub fn start(&self) -> OnlineState {
        OnlineState { sessions: 0, runs: vec![self.new_run(1.0)], next: Vec::new(), detector: self.clone() }
    }

    /// A whole series at once: the same as one update per session.
    pub fn run(&self, scores: &[f64]) -> Vec<OnlineStep> {
        let mut state = self.start();
        scores.iter().map(|score| state.update(*score)).collect()
    }

    /// The same with another expected level and rate of the precision, which no table depends on.
    fn recentre(&mut self, mean: f64, beta: f64) {
        self.prior.mean = mean;
        self.prior.beta = beta;
    }

    fn new_run(&self, probability: f64) -> Run {
        let NormalGamma { mean, beta, .. } = self.prior;
        Run { probability, scores: 0, mean, beta, log_beta: libm::log(beta) }
    }
}

impl OnlineState {
    /// Begins another client's series, with another prior mean and rate of the precision.
    pub(super) fn restart(&mut self, mean: f64, beta: f64) {
        self.detector.recentre(mean, beta);
        self.sessions = 0;
        self.runs.clear();
        let first = self.detector.new_run(1.0);
        self.runs.push(first);
    }

    /// Sessions seen, the missing ones included.
    pub fn sessions(&self) -> u64 {
        self.sessions
    }

    /// Posterior of the run length from 0 on, summing to 1; the last entry holds all longer runs.
    pub fn run_length_probabilities(&self) -> impl Iterator<Item = f64> + '_ {
        self.runs.iter().map(|run| run.probability)
    }

    /// Takes the next session's score, NaN if it is missing.
    ///
    /// With the run length posterior R and predictive densities p: R'(r + 1) = R(r) p(r) (1 - H),
    /// R'(0) = H sum R(r) p(r), normalised. Predictive densities are Student t with 2 alpha degrees of freedom.
    pub fn update(&mut self, score: f64) -> OnlineStep {
        let scored = score.is_finite() && self.observe(score);
        let hazard = self.detector.hazard;
        for run in &mut self.runs {
            run.probability *= 1.0 - hazard;
        }
        self.runs.insert(0, self.detector.new_run(hazard));
        if self.runs.len() > self.detector.longest_run + 1 {
            // The longest run keeps its mean and variance and takes the probability of the next.
            let longest = self.runs.pop();
            if let (Some(longest), Some(last)) = (longest, self.runs.last_mut()) {
                *last = Run { probability: longest.probability + last.probability, ..longest };
            }
        }
        self.sessions = self.sessions.saturating_add(1);
        self.step(scored)
    }

    /// Weighs the runs by how well each predicted the score, and adds it to each. No if that cannot be computed.
    fn observe(&mut self, score: f64) -> bool {
        let Self { detector, runs, next, .. } = self;
        next.clear();
        let mut most = f64::NEG_INFINITY;
        for run in runs.iter() {
            let kappa = detector.prior.kappa + run.scores as f64;
            let alpha = detector.prior.alpha + 0.5 * run.scores as f64;
            let off = score - run.mean;
            let step = off / (kappa + 1.0);
            let beta = run.beta + 0.5 * kappa * off * step;
            let log_beta = libm::log(beta);
            let constant = usize::try_from(run.scores).ok().and_then(|scores| detector.constants.get(scores));
            let constant = constant.copied().unwrap_or_else(|| detector.constant(run.scores));
            let density = constant + alpha * run.log_beta - (alpha + 0.5) * log_beta;
            most = most.max(density);
            next.push(Run {
                probability: density,
                scores: run.scores + 1,
                mean: run.mean + step,
                beta,
                log_beta,
            });
        }
        let mut total = 0.0;
        for (updated, run) in next.iter_mut().zip(runs.iter()) {
            updated.probability = run.probability * libm::exp(updated.probability - most);
            total += updated.probability;
        }
        let sound = most.is_finite() && total.is_finite() && total > 0.0;
        if sound {
            let share = 1.0 / total;
            for updated in next.iter_mut() {
                updated.probability *= share;
            }
            std::mem::swap(runs, next);
        }
        // Buffers are no part of the state: two states that know the same are equal.
        next.clear();
        sound
    }

    fn step(&self, scored: bool) -> OnlineStep {
        let hazard = self.detector.hazard;
        let probability = |run: usize| self.runs.get(run).map_or(0.0, |run| run.probability);
        let change = if self.sessions == 1 { 0.0 } else { (probability(1) / (1.0 - hazard)).min(1.0) };
        let mut run_length = 1;
        for run in 2..self.runs.len() {
            if probability(run) > probability(run_length) {
                run_length = run;
            }
        }
        let expected = self.runs.iter().map(|run| run.probability * run.mean).sum();
        let short_run = (probability(0) + probability(1)).min(1.0);
        OnlineStep { change, short_run, run_length, expected, scored }
    }
}
