//! Ruptures that both saw, and those that only one saw.

use std::ops::Range;

use super::SessionRuns;
use crate::RuptureError;

/// Who reports a rupture in a session (the interaction of Chen et al. 2018, as a table).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Recognition {
    /// The client, and the therapist in this session or near it.
    Recognised,
    /// The client, and the therapist neither in this session nor near it.
    Unrecognised,
    /// The therapist, and the client neither in this session nor near it.
    TherapistOnly,
    /// Nobody.
    Neither,
    /// The therapist, and the client in a session near it, which is the one that counts.
    RecognisedNearby,
}

impl Recognition {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recognised => "recognised",
            Self::Unrecognised => "unrecognised",
            Self::TherapistOnly => "therapist-only",
            Self::Neither => "neither",
            Self::RecognisedNearby => "recognised-nearby",
        }
    }
}

/// Sessions and dyads of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RecognitionCounts {
    /// Sessions.
    pub sessions: usize,
    /// Dyads with at least one of them.
    pub dyads: usize,
}

impl RecognitionCounts {
    /// How many of `sessions` are of this kind (`None`: not known), and in how many dyads.
    pub fn of(sessions: &[Option<Recognition>], runs: SessionRuns<'_>, kind: Option<Recognition>) -> Self {
        runs.ranges().fold(Self::default(), |counts, run| {
            let own = sessions.get(run).unwrap_or_default();
            let here = own.iter().filter(|session| **session == kind).count();
            Self { sessions: counts.sessions + here, dyads: counts.dyads + usize::from(here > 0) }
        })
    }
}

/// Who reports a rupture in each session.
///
/// `client` and `therapist`: whether the rater reports a rupture in the session, by a rule on their scores or in so many
/// words; `None` where nothing is known. With a `tolerance` above 0 a report of the other rater within so many sessions
/// (by session number, within the dyad) counts as one of the same rupture. That the other saw none is said only if all
/// of these sessions are known; otherwise the answer is `None`. A number that is left out between the first and the last
/// session of a dyad is a session of which nothing is known.
///
/// ```
/// use alliance_ruptures::discrepancy::{Recognition, SessionRuns, recognition};
///
/// let runs = SessionRuns::new(&[1, 2, 3, 4], &[0, 4])?;
/// let client = [Some(false), Some(true), Some(true), Some(true)];
/// let therapist = [Some(true), Some(false), Some(true), None];
/// let found = recognition(&client, &therapist, runs, 0)?;
/// assert_eq!(found[0], Some(Recognition::TherapistOnly));
/// assert_eq!(found[1], Some(Recognition::Unrecognised));
/// assert_eq!(found[2], Some(Recognition::Recognised));
/// assert_eq!(found[3], None);
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
///
/// # Errors
///
/// `length-mismatch`.
pub fn recognition(
    client: &[Option<bool>],
    therapist: &[Option<bool>],
    runs: SessionRuns<'_>,
    tolerance: usize,
) -> Result<Vec<Option<Recognition>>, RuptureError> {
    if client.len() != runs.len() || therapist.len() != runs.len() {
        return Err(RuptureError::LengthMismatch);
    }
    let reach = i64::try_from(tolerance).unwrap_or(i64::MAX);
    let mut found = Vec::with_capacity(runs.len());
    for run in runs.ranges() {
        let numbers = runs.numbers_of(run.clone());
        let (ours, theirs) =
            (client.get(run.clone()).unwrap_or_default(), therapist.get(run).unwrap_or_default());
        let (mut first, mut end) = (0, 0);
        for (place, number) in numbers.iter().enumerate() {
            while numbers.get(first).is_some_and(|other| other.saturating_add(reach) < *number) {
                first += 1;
            }
            while numbers.get(end).is_some_and(|other| *other <= number.saturating_add(reach)) {
                end += 1;
            }
            let is_whole =
                is_whole(numbers, first..end, number.saturating_sub(reach), number.saturating_add(reach));
            let near =
                |reports: &[Option<bool>]| anyone(reports.get(first..end).unwrap_or_default(), is_whole);
            let own = (ours.get(place).copied().flatten(), theirs.get(place).copied().flatten());
            found.push(match own {
                (Some(true), _) => near(theirs)
                    .map(|seen| if seen { Recognition::Recognised } else { Recognition::Unrecognised }),
                (Some(false), Some(true)) => near(ours).map(|seen| {
                    if seen { Recognition::RecognisedNearby } else { Recognition::TherapistOnly }
                }),
                (Some(false), Some(false)) => Some(Recognition::Neither),
                // A therapist's report beside an unknown one of the client may belong to a report nearby.
                (None, _) | (Some(false), None) => None,
            });
        }
    }
    Ok(found)
}

/// Whether any of the reports is one of a rupture; `None` if none is and some are not known.
fn anyone(reports: &[Option<bool>], is_whole: bool) -> Option<bool> {
    if reports.contains(&Some(true)) {
        Some(true)
    } else if !is_whole || reports.contains(&None) {
        None
    } else {
        Some(false)
    }
}

/// Whether the places hold every number from `lowest` to `highest` that lies between a dyad's first and last.
fn is_whole(numbers: &[i64], places: Range<usize>, lowest: i64, highest: i64) -> bool {
    let (Some(first), Some(last)) = (numbers.first(), numbers.last()) else { return true };
    let span = lowest.max(*first).abs_diff(highest.min(*last));
    u64::try_from(places.len()).is_ok_and(|count| count > span)
}
