//! Client and therapist side by side: how far apart they are, whether they move together, who saw a rupture.
//!
//! Raters use a scale differently: therapists rate lower on average, and in a narrower range. So the level of
//! `client - therapist` says little; what can be read is how far a session's difference lies from the dyad's own. All
//! here rests on *joint* sessions, those that both have rated.
//!
//! A difference inherits the error of both ratings, and a client at the ceiling makes it shrink.

mod congruence;
mod recognition;

pub use congruence::{Congruence, congruence};
pub use recognition::{Recognition, RecognitionCounts, recognition};

use std::ops::Range;

use crate::RuptureError;
use crate::rule::{DEVIATION_TO_SD, Moments, median};

/// Joint sessions below which nothing about a dyad is said.
pub const LEAST_JOINT_SESSIONS: usize = 4;

/// Differences of scores are multiples of the scale's step up to this share of the scores themselves.
const ROUNDING: f64 = 1e-12;

/// Sessions of dyads, run after run, and the number of each session.
///
/// Dyad `i` has the sessions `offsets[i]..offsets[i + 1]`. Numbers rise within a run and may leave some out.
#[derive(Clone, Copy)]
pub struct SessionRuns<'a> {
    numbers: &'a [i64],
    offsets: &'a [usize],
}

impl std::fmt::Debug for SessionRuns<'_> {
    // Session numbers may be dates of patients and stay out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionRuns").field("sessions", &self.numbers.len()).finish_non_exhaustive()
    }
}

impl<'a> SessionRuns<'a> {
    /// Numbered sessions in runs.
    ///
    /// # Errors
    ///
    /// `invalid-offsets` unless they start at 0, never fall and end at the number of sessions; `invalid-option` unless
    /// the numbers rise within each run.
    pub fn new(numbers: &'a [i64], offsets: &'a [usize]) -> Result<Self, RuptureError> {
        let sound =
            offsets.first() == Some(&0) && offsets.last() == Some(&numbers.len()) && offsets.is_sorted();
        if !sound {
            return Err(RuptureError::InvalidOffsets);
        }
        let runs = Self { numbers, offsets };
        let rise = |run: &[i64]| run.is_sorted_by(|earlier, later| earlier < later);
        if runs.ranges().all(|run| rise(runs.numbers_of(run))) {
            Ok(runs)
        } else {
            let problem = "the session numbers of a dyad rise, each once".to_owned();
            Err(RuptureError::InvalidOption { option: "sessions", problem })
        }
    }

    fn ranges(&self) -> impl Iterator<Item = Range<usize>> + use<'a> {
        self.offsets.windows(2).filter_map(|ends| match ends {
            [start, end] => Some(*start..*end),
            _ => None,
        })
    }

    fn numbers_of(&self, run: Range<usize>) -> &'a [i64] {
        self.numbers.get(run).unwrap_or_default()
    }

    fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Differences `client - therapist`, NaN unless both rated.
    fn differences(&self, client: &[f64], therapist: &[f64]) -> Result<Vec<f64>, RuptureError> {
        if client.len() != self.len() || therapist.len() != self.len() {
            return Err(RuptureError::LengthMismatch);
        }
        for scores in [client, therapist] {
            if let Some((rows, count)) = RuptureError::rows_where(scores, f64::is_infinite) {
                return Err(RuptureError::NotFinite { rows, count });
            }
        }
        Ok(client.iter().zip(therapist).map(|(client, therapist)| client - therapist).collect())
    }
}

/// Why a dyad has standardised differences or has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DiscrepancyStatus {
    /// It has.
    Defined,
    /// Fewer than [`LEAST_JOINT_SESSIONS`] joint sessions.
    TooFewJointSessions,
    /// Half or more of the differences are the same, so their median absolute deviation is 0.
    NoSpread,
}

impl DiscrepancyStatus {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Defined => "defined",
            Self::TooFewJointSessions => "too-few-joint-sessions",
            Self::NoSpread => "no-spread",
        }
    }
}

/// The differences of one dyad as a whole.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct DyadDiscrepancy {
    /// Sessions that both rated.
    pub joint: usize,
    /// Mean of `client - therapist`; NaN without a joint session.
    pub mean: f64,
    /// Standard deviation of the differences (n - 1); NaN below two joint sessions.
    pub standard_deviation: f64,
    /// Median of the differences; NaN without a joint session.
    pub median: f64,
    /// 1.4826 times their median absolute deviation; NaN without a joint session.
    pub robust_deviation: f64,
    /// Whether sessions have a [`Discrepancy::z`].
    pub status: DiscrepancyStatus,
}

/// How far client and therapist are apart in each session, and what is usual for the dyad.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Discrepancy {
    /// `client - therapist` of rater-centred scores: each rater's score less the rater's own mean over the dyad's joint
    /// sessions. NaN unless both rated, and in dyads with too few joint sessions.
    pub centred: Vec<f64>,
    /// `(difference - median) / (1.4826 MAD)` within the dyad; NaN unless the dyad's status is `Defined`.
    pub z: Vec<f64>,
    /// `(difference - mean) / SD` within the dyad. A rupture inflates the SD that is meant to reveal it, so this is for
    /// comparison with other work. NaN with too few joint sessions or an SD of 0.
    pub z_of_mean: Vec<f64>,
    /// One entry per dyad.
    pub dyads: Vec<DyadDiscrepancy>,
}

/// How far apart client and therapist are, session by session.
///
/// One score per session and rater, NaN where there is none, both raters on the same scale. A negative value says that
/// the client rated lower than usual beside the therapist.
///
/// ```
/// use alliance_ruptures::discrepancy::{SessionRuns, discrepancy};
///
/// let client = [5.4, 5.6, 5.7, 5.5, 4.2, 5.3];
/// let therapist = [5.0, 5.1, 5.2, 5.1, 4.9, 5.0];
/// let runs = SessionRuns::new(&[1, 2, 3, 4, 5, 6], &[0, 6])?;
/// let found = discrepancy(&client, &therapist, runs)?;
/// // In session 5 the client's rating fell and the therapist's hardly did.
/// assert!(found.z[4] < -7.0);
/// assert!(found.z.iter().enumerate().all(|(session, z)| session == 4 || z.abs() < 2.0));
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
///
/// # Errors
///
/// `length-mismatch`; `not-finite` for infinite scores.
pub fn discrepancy(
    client: &[f64],
    therapist: &[f64],
    runs: SessionRuns<'_>,
) -> Result<Discrepancy, RuptureError> {
    let differences = runs.differences(client, therapist)?;
    let mut found = Discrepancy {
        centred: vec![f64::NAN; runs.len()],
        z: vec![f64::NAN; runs.len()],
        z_of_mean: vec![f64::NAN; runs.len()],
        dyads: Vec::new(),
    };
    let mut scratch = Vec::new();
    for run in runs.ranges() {
        let of_run = |scores: &'_ [f64]| largest(scores.get(run.clone()).unwrap_or_default());
        let negligible = ROUNDING * of_run(client).max(of_run(therapist));
        let own = differences.get(run.clone()).unwrap_or_default();
        let dyad = describe(own, negligible, &mut scratch);
        found.dyads.push(dyad);
        if dyad.status == DiscrepancyStatus::TooFewJointSessions {
            continue;
        }
        let has_deviation = dyad.standard_deviation > negligible;
        for (session, difference) in run.zip(own) {
            let from_mean = difference - dyad.mean;
            put(&mut found.centred, session, from_mean);
            if has_deviation {
                put(&mut found.z_of_mean, session, from_mean / dyad.standard_deviation);
            }
            if dyad.status == DiscrepancyStatus::Defined {
                put(&mut found.z, session, (difference - dyad.median) / dyad.robust_deviation);
            }
        }
    }
    Ok(found)
}

fn describe(differences: &[f64], negligible: f64, scratch: &mut Vec<f64>) -> DyadDiscrepancy {
    let moments = Moments::of(differences);
    scratch.clear();
    scratch.extend(differences.iter().filter(|difference| !difference.is_nan()));
    let joint = scratch.len();
    let middle = median(scratch);
    for difference in scratch.iter_mut() {
        *difference = (*difference - middle).abs();
    }
    let robust_deviation = DEVIATION_TO_SD * median(scratch);
    let status = if joint < LEAST_JOINT_SESSIONS {
        DiscrepancyStatus::TooFewJointSessions
    } else if robust_deviation > negligible {
        DiscrepancyStatus::Defined
    } else {
        DiscrepancyStatus::NoSpread
    };
    DyadDiscrepancy {
        joint,
        mean: if joint == 0 { f64::NAN } else { moments.mean },
        standard_deviation: moments.sd(),
        median: middle,
        robust_deviation,
        status,
    }
}

/// The largest size of a score; 0 where there is none.
fn largest(scores: &[f64]) -> f64 {
    scores.iter().filter(|score| !score.is_nan()).fold(0.0, |largest: f64, score| largest.max(score.abs()))
}

fn put<T>(values: &mut [T], position: usize, value: T) {
    if let Some(to) = values.get_mut(position) {
        *to = value;
    }
}
