//! Whether client and therapist move together, in a window that moves with the sessions.

use super::{LEAST_JOINT_SESSIONS, ROUNDING, SessionRuns, largest, put};
use crate::RuptureError;

/// Moving congruence of each session. The name is ours; no readable source for it was found.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Congruence {
    /// Pearson correlation of the two raters' scores over the window's joint sessions, -1 to 1; NaN with fewer than
    /// [`LEAST_JOINT_SESSIONS`], or if one of the raters gave the same score in all of them.
    pub correlation: Vec<f64>,
    /// Minus the distance of the session's difference from the mean difference of the window, in points: 0 at best.
    /// NaN unless both rated the session, and with fewer than [`LEAST_JOINT_SESSIONS`] joint sessions in the window.
    pub closeness: Vec<f64>,
    /// Joint sessions in the window.
    pub joint: Vec<usize>,
}

/// Moving congruence: the window of session `t` are the sessions numbered `t - window + 1` to `t` of the same dyad, so
/// no verdict rests on a later session.
///
/// A correlation of four to seven pairs is a rough description. It says nothing about level.
///
/// ```
/// use alliance_ruptures::discrepancy::{SessionRuns, congruence};
///
/// let runs = SessionRuns::new(&[1, 2, 3, 4], &[0, 4])?;
/// let found = congruence(&[5.0, 5.5, 5.0, 6.0], &[4.0, 4.5, 4.0, 5.0], runs, 5)?;
/// assert!(found.correlation[2].is_nan());
/// assert!((found.correlation[3] - 1.0).abs() < 1e-12);
/// assert_eq!(found.closeness[3], 0.0);
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
///
/// # Errors
///
/// `invalid-option` for a window below [`LEAST_JOINT_SESSIONS`]; `length-mismatch`; `not-finite`.
pub fn congruence(
    client: &[f64],
    therapist: &[f64],
    runs: SessionRuns<'_>,
    window: usize,
) -> Result<Congruence, RuptureError> {
    if window < LEAST_JOINT_SESSIONS {
        let problem = format!("a window has {LEAST_JOINT_SESSIONS} sessions or more");
        return Err(RuptureError::InvalidOption { option: "window", problem });
    }
    let differences = runs.differences(client, therapist)?;
    let mut found = Congruence {
        correlation: vec![f64::NAN; runs.len()],
        closeness: vec![f64::NAN; runs.len()],
        joint: vec![0; runs.len()],
    };
    let reach = i64::try_from(window).unwrap_or(i64::MAX);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for run in runs.ranges() {
        let numbers = runs.numbers_of(run.clone());
        let mut first = 0;
        for (place, number) in numbers.iter().enumerate() {
            while numbers.get(first).is_some_and(|earlier| earlier.saturating_add(reach) <= *number) {
                first += 1;
            }
            let sessions = run.start + first..=run.start + place;
            ours.clear();
            theirs.clear();
            for session in sessions {
                if let (Some(difference), Some(client), Some(therapist)) =
                    (differences.get(session), client.get(session), therapist.get(session))
                    && !difference.is_nan()
                {
                    ours.push(*client);
                    theirs.push(*therapist);
                }
            }
            let session = run.start + place;
            put(&mut found.joint, session, ours.len());
            if ours.len() >= LEAST_JOINT_SESSIONS {
                put(&mut found.correlation, session, correlation(&ours, &theirs));
                let mean =
                    ours.iter().zip(&theirs).map(|(our, their)| our - their).sum::<f64>() / ours.len() as f64;
                let difference = differences.get(session).copied().unwrap_or(f64::NAN);
                // Minus a distance of 0 is written as 0.
                put(&mut found.closeness, session, 0.0 - (difference - mean).abs());
            }
        }
    }
    Ok(found)
}

/// Pearson's correlation of scores that are all there; NaN if one side does not vary.
fn correlation(ours: &[f64], theirs: &[f64]) -> f64 {
    let varies = |scores: &[f64]| {
        let (low, high) = scores
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), score| (score.min(low), score.max(high)));
        high - low > ROUNDING * largest(scores)
    };
    if !varies(ours) || !varies(theirs) {
        return f64::NAN;
    }
    let count = ours.len() as f64;
    let (our_mean, their_mean) = (ours.iter().sum::<f64>() / count, theirs.iter().sum::<f64>() / count);
    let (mut products, mut our_squares, mut their_squares) = (0.0, 0.0, 0.0);
    for (our, their) in ours.iter().zip(theirs) {
        let (our, their) = (our - our_mean, their - their_mean);
        products += our * their;
        our_squares += our * our;
        their_squares += their * their;
    }
    (products / (our_squares.sqrt() * their_squares.sqrt())).clamp(-1.0, 1.0)
}
