//! The exact posterior over all ways to cut a series.

use std::fmt;

use super::marginal::Marginals;
use super::{NotAssessed, SegmentPrior};
use crate::RuptureError;

/// Exact posterior of a product partition: segments with independent levels, a change after each session with a fixed probability.
///
/// Sums over all 2^(T-1) partitions by one forward and one backward pass over segments (Barry
/// and Hartigan 1993; Fearnhead 2006), so no Markov chain is needed. Sessions without
/// a score take part: a change may fall on either side of them. Cost T^2, memory T.
/// A retrospective method.
///
/// ```
/// use alliance_ruptures::segments::{KnownSigma, ProductPartition, SegmentPrior};
///
/// let prior = SegmentPrior::KnownSigma(KnownSigma::new(5.5, 0.7, 0.25)?);
/// let detector = ProductPartition::new(prior, 0.1)?;
/// let posterior = detector.posterior(&[5.5, 5.6, 5.4, 4.1, 4.2, 4.0]).unwrap();
/// assert!(posterior.change_after[2] > 0.95 && posterior.change_after[1] < 0.2);
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ProductPartition {
    prior: SegmentPrior,
    change: f64,
}

/// What a [`ProductPartition`] knows of each session.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct ProductPosterior {
    /// Probability that the level changes after each session, before the next; 0 after the last.
    pub change_after: Vec<f64>,
    /// Posterior mean of the level at each session, the missing ones included, in score units.
    pub level: Vec<f64>,
    /// Log marginal likelihood of the scores, summed over all partitions: compare values of the change probability by it.
    pub log_evidence: f64,
}

impl fmt::Debug for ProductPosterior {
    // Levels of short segments are nearly scores.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProductPosterior")
            .field("change_after", &self.change_after)
            .field("log_evidence", &self.log_evidence)
            .finish_non_exhaustive()
    }
}

impl ProductPosterior {
    /// Expected number of changes.
    pub fn expected_changes(&self) -> f64 {
        self.change_after.iter().sum()
    }
}

/// Scored sessions as sums, and what the prior says of the gaps between them.
struct Observed {
    sessions: Vec<usize>,
    /// Sums of the first k deviations from the prior mean, and of their squares.
    sums: Vec<f64>,
    squares: Vec<f64>,
    /// For the gap before the k-th score: log probability of a change in it.
    log_change: Vec<f64>,
    /// Sums over the gaps before the k-th score, that included: log probability of no change.
    log_stay: Vec<f64>,
    marginals: Marginals,
}

impl Observed {
    /// Log of the likelihood of the scores `start..end` as one segment, times the probability of no change in it.
    fn log_segment(&self, start: usize, end: usize) -> f64 {
        let between = |sums: &[f64], from: usize, to: usize| match (sums.get(from), sums.get(to)) {
            (Some(before), Some(after)) => after - before,
            _ => f64::NAN,
        };
        let count = end - start;
        let likelihood = self.marginals.log_likelihood(
            count,
            between(&self.sums, start, end),
            between(&self.squares, start, end),
        );
        likelihood + between(&self.log_stay, start, end - 1)
    }

    fn level(&self, start: usize, end: usize) -> f64 {
        let sum = match (self.sums.get(start), self.sums.get(end)) {
            (Some(before), Some(after)) => after - before,
            _ => f64::NAN,
        };
        self.marginals.level(end - start, sum)
    }

    fn log_change_before(&self, score: usize) -> f64 {
        self.log_change.get(score).copied().unwrap_or(0.0)
    }
}

/// Posterior expectations for each scored session, as deviations from the prior mean.
struct Expectations {
    /// Probability that a segment begins (ends) with this score.
    begins: Vec<f64>,
    /// Level, and level times the indicator that its segment begins (ends) here.
    level: Vec<f64>,
    level_begins: Vec<f64>,
    level_ends: Vec<f64>,
}

impl ProductPartition {
    /// With a prior for each segment and the probability of a change after each session (geometric segment lengths).
    ///
    /// # Errors
    ///
    /// `invalid-option` for a prior outside its range or a probability not between 0 and 1, both excluded.
    pub fn new(prior: SegmentPrior, change_probability: f64) -> Result<Self, RuptureError> {
        if !(change_probability > 0.0 && change_probability < 1.0) {
            return Err(RuptureError::InvalidOption {
                option: "change_probability",
                problem: "the probability of a change must lie between 0 and 1, both excluded".into(),
            });
        }
        Ok(Self { prior: prior.validate()?, change: change_probability })
    }

    /// The posterior for one client's series.
    ///
    /// # Errors
    ///
    /// [`NotAssessed`] without any score (nothing but the prior would come back) or for scores too large to square.
    pub fn posterior(&self, scores: &[f64]) -> Result<ProductPosterior, NotAssessed> {
        let observed = self.observe(scores)?;
        let count = observed.sessions.len();
        // forward[e]: log weight of all partitions of the first e scores.
        let mut forward = vec![0.0; count + 1];
        let mut terms = Vec::with_capacity(count);
        for end in 1..=count {
            terms.clear();
            terms.extend((0..end).zip(&forward).map(|(start, before)| {
                before + observed.log_change_before(start) + observed.log_segment(start, end)
            }));
            set(&mut forward, end, log_sum(&terms));
        }
        // backward[s]: the same for the scores from s on, the change before s included.
        let mut backward = vec![0.0; count + 1];
        for start in (0..count).rev() {
            terms.clear();
            terms.extend((start + 1..=count).zip(backward.iter().skip(start + 1)).map(|(end, after)| {
                observed.log_change_before(start) + observed.log_segment(start, end) + after
            }));
            set(&mut backward, start, log_sum(&terms));
        }
        let log_evidence = forward.last().copied().unwrap_or(f64::NAN);
        if !log_evidence.is_finite() {
            return Err(NotAssessed::OutOfRange);
        }
        let expectations = expectations(&observed, &forward, &backward, log_evidence);
        let (change_after, level) = self.by_session(scores.len(), &observed.sessions, &expectations);
        if level.iter().any(|level| !level.is_finite()) {
            return Err(NotAssessed::OutOfRange);
        }
        Ok(ProductPosterior { change_after, level, log_evidence })
    }

    fn observe(&self, scores: &[f64]) -> Result<Observed, NotAssessed> {
        let sessions: Vec<usize> =
            scores.iter().enumerate().filter(|(_, score)| !score.is_nan()).map(|(at, _)| at).collect();
        if sessions.is_empty() {
            return Err(NotAssessed::TooFewObserved { observed: 0, needed: 1 });
        }
        let log_stay_once = libm::log1p(-self.change);
        let (mut sum, mut square, mut stay) = (0.0, 0.0, 0.0);
        let mut observed = Observed {
            marginals: Marginals::new(self.prior, sessions.len()),
            sums: vec![0.0],
            squares: vec![0.0],
            // Before the first score no change is needed.
            log_change: vec![0.0],
            log_stay: vec![0.0],
            sessions,
        };
        for (before, after) in observed.sessions.iter().zip(observed.sessions.iter().skip(1)) {
            let log_none = (after - before) as f64 * log_stay_once;
            stay += log_none;
            observed.log_stay.push(stay);
            observed.log_change.push(libm::log(-libm::expm1(log_none)));
        }
        for score in scores.iter().filter(|score| !score.is_nan()) {
            let deviation = score - self.prior.mean();
            sum += deviation;
            square += deviation * deviation;
            observed.sums.push(sum);
            observed.squares.push(square);
        }
        if square.is_finite() { Ok(observed) } else { Err(NotAssessed::OutOfRange) }
    }

    /// Spreads the changes in a gap over its sessions, and gives levels to the missing ones.
    fn by_session(&self, length: usize, sessions: &[usize], known: &Expectations) -> (Vec<f64>, Vec<f64>) {
        let stay = 1.0 - self.change;
        let stays = |steps: usize| libm::pow(stay, steps as f64);
        let mean = self.prior.mean();
        // Where nothing was seen on one side, the prior stands.
        let mut change_after = vec![self.change; length];
        if let Some(last) = change_after.last_mut() {
            *last = 0.0;
        }
        let mut level = vec![mean; length];
        let at = |values: &[f64], place: usize| values.get(place).copied().unwrap_or(0.0);
        for (place, session) in sessions.iter().enumerate() {
            set(&mut level, *session, mean + at(&known.level, place));
        }
        if let (Some(first), Some(last)) = (sessions.first(), sessions.last()) {
            for session in 0..*first {
                set(&mut level, session, mean + stays(first - session) * at(&known.level, 0));
            }
            for session in last + 1..length {
                let from_last = at(&known.level, sessions.len() - 1);
                set(&mut level, session, mean + stays(session - last) * from_last);
            }
        }
        for (place, (before, after)) in sessions.iter().zip(sessions.iter().skip(1)).enumerate() {
            let gap = after - before;
            let none = stays(gap);
            let some = 1.0 - none;
            let probability = at(&known.begins, place + 1);
            for session in *before..*after {
                // Changes after different sessions are independent, so each is as likely as before, given that there is one.
                let share = if gap == 1 { 1.0 } else { self.change / some };
                set(&mut change_after, session, probability * share);
            }
            for step in 1..gap {
                // No change in the gap; or the session still belongs to the score before, or already to the next.
                let same = at(&known.level, place) - at(&known.level_ends, place);
                let to_before = (stays(step) - none) / some;
                let to_after = (stays(gap - step) - none) / some;
                let off = same
                    + to_before * at(&known.level_ends, place)
                    + to_after * at(&known.level_begins, place + 1);
                set(&mut level, before + step, mean + off);
            }
        }
        (change_after, level)
    }
}

fn expectations(observed: &Observed, forward: &[f64], backward: &[f64], log_evidence: f64) -> Expectations {
    let count = observed.sessions.len();
    let empty = || vec![0.0; count];
    let mut known =
        Expectations { begins: empty(), level: empty(), level_begins: empty(), level_ends: empty() };
    for (start, before) in forward.iter().enumerate().take(count) {
        let entering = before + observed.log_change_before(start) - log_evidence;
        // From the longest segment down: what lasts to a later score covers the earlier ones too.
        let mut covering = 0.0;
        for end in (start + 1..=count).rev() {
            let after = backward.get(end).copied().unwrap_or(0.0);
            let weight = libm::exp(entering + observed.log_segment(start, end) + after);
            let weighted = weight * observed.level(start, end);
            covering += weighted;
            add(&mut known.begins, start, weight);
            add(&mut known.level, end - 1, covering);
            add(&mut known.level_begins, start, weighted);
            add(&mut known.level_ends, end - 1, weighted);
        }
    }
    for probability in &mut known.begins {
        *probability = probability.clamp(0.0, 1.0);
    }
    known
}

fn set(values: &mut [f64], place: usize, value: f64) {
    if let Some(old) = values.get_mut(place) {
        *old = value;
    }
}

fn add(values: &mut [f64], place: usize, value: f64) {
    if let Some(sum) = values.get_mut(place) {
        *sum += value;
    }
}

/// ln of the sum of exponentials, without overflow.
fn log_sum(terms: &[f64]) -> f64 {
    let most = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !most.is_finite() {
        return most;
    }
    most + libm::log(terms.iter().map(|term| libm::exp(term - most)).sum())
}
