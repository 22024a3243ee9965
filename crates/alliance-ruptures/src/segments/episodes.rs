//! Which segments are ruptures.

use std::fmt;

use super::Segment;
use crate::{Orientation, RuptureError};

/// Whether the level came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SegmentOutcome {
    /// The segment after the episode reaches the level before it.
    Resolved,
    /// It is no rupture any more, but does not reach the level before.
    Unresolved,
    /// The series ends within the episode.
    Censored,
}

/// One or more segments in a row that lie below the level before them.
#[derive(Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct SegmentEpisode {
    /// First session of the episode.
    pub onset: usize,
    /// One past its last scored session.
    pub end: usize,
    /// First session of its worst segment.
    pub nadir: usize,
    /// First session of the segment after it.
    pub next: Option<usize>,
    /// Mean of the segment before it.
    pub reference: f64,
    /// How far the worst segment mean lies from the reference, in score units; positive.
    pub magnitude: f64,
    /// Whether the level came back.
    pub outcome: SegmentOutcome,
}

impl fmt::Debug for SegmentEpisode {
    // The reference may be one session's score.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SegmentEpisode")
            .field("onset", &self.onset)
            .field("end", &self.end)
            .field("nadir", &self.nadir)
            .field("next", &self.next)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

/// Ruptures among segments: those whose mean lies at least `delta` on the worse side of the last segment that was none.
///
/// Rupture segments in a row are one episode, each compared with the segment before the episode. It is resolved if
/// the mean of the segment after it is worse than that reference by at most `tolerance`,
/// unresolved if not, censored if the series ends first. The first segment is never a rupture: nothing precedes it.
/// Both limits are in score units and inclusive (a difference within 1e-9 of a limit counts as on it).
///
/// # Errors
///
/// `invalid-option` unless `delta` is finite and above 0 and `tolerance` finite and not negative.
///
/// ```
/// use alliance_ruptures::Orientation;
/// use alliance_ruptures::segments::{OptimalPartition, Penalty, SegmentCost, SegmentOutcome, episodes_of_segments};
///
/// let detector = OptimalPartition::new(SegmentCost::L2, Penalty::Value(0.5))?;
/// let partition = detector.partition(&[5.0, 5.1, 5.0, 4.0, 4.1, 5.2, 5.1]).unwrap();
/// let episodes = episodes_of_segments(&partition.segments, 0.5, 0.25, Orientation::HigherIsBetter)?;
/// assert_eq!((episodes[0].onset, episodes[0].next), (3, Some(5)));
/// assert_eq!(episodes[0].outcome, SegmentOutcome::Resolved);
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
pub fn episodes_of_segments(
    segments: &[Segment],
    delta: f64,
    tolerance: f64,
    orientation: Orientation,
) -> Result<Vec<SegmentEpisode>, RuptureError> {
    check_drop("delta", delta, tolerance)?;
    let mut episodes = Vec::new();
    find_episodes(segments, delta, tolerance, orientation, &mut episodes);
    Ok(episodes)
}

/// Refuses drops and tolerances that are none.
pub(super) fn check_drop(name: &'static str, drop: f64, tolerance: f64) -> Result<(), RuptureError> {
    if !(drop.is_finite() && drop > 0.0) {
        return Err(RuptureError::InvalidOption {
            option: name,
            problem: "the drop must be finite and above 0".into(),
        });
    }
    if !(tolerance.is_finite() && tolerance >= 0.0) {
        return Err(RuptureError::InvalidOption {
            option: "tolerance",
            problem: "the tolerance must be finite and not negative".into(),
        });
    }
    Ok(())
}

/// The same into a buffer that is used again, for limits that were checked.
pub(super) fn find_episodes(
    segments: &[Segment],
    delta: f64,
    tolerance: f64,
    orientation: Orientation,
    episodes: &mut Vec<SegmentEpisode>,
) {
    episodes.clear();
    let worse_by = |reference: f64, mean: f64| orientation.fall(reference, mean);
    let mut open: Option<SegmentEpisode> = None;
    let mut reference = None;
    for segment in segments {
        let drop = reference.map_or(0.0, |level| worse_by(level, segment.mean));
        match (&mut open, reference) {
            (Some(episode), _) if drop >= delta - SLACK => {
                episode.end = segment.end;
                if drop > episode.magnitude {
                    episode.magnitude = drop;
                    episode.nadir = segment.start;
                }
            }
            (None, Some(level)) if drop >= delta - SLACK => {
                open = Some(SegmentEpisode {
                    onset: segment.start,
                    end: segment.end,
                    nadir: segment.start,
                    next: None,
                    reference: level,
                    magnitude: drop,
                    outcome: SegmentOutcome::Censored,
                });
            }
            _ => {
                if let Some(mut episode) = open.take() {
                    episode.next = Some(segment.start);
                    let back = drop <= tolerance + SLACK;
                    episode.outcome =
                        if back { SegmentOutcome::Resolved } else { SegmentOutcome::Unresolved };
                    episodes.push(episode);
                }
                reference = Some(segment.mean);
            }
        }
    }
    episodes.extend(open);
}

/// Means of lattice scores miss a limit by rounding.
const SLACK: f64 = 1e-9;
