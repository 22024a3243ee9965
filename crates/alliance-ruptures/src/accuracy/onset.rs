//! Onsets of episodes against onsets that are known.

use super::bootstrap::{Estimate, bootstrap};
use super::matching::Matching;
use super::{AccuracyOptions, runs};
use crate::{Detection, RuptureError};

/// An episode and the rupture it stands for. Sessions are positions in the dyad's series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct OnsetMatch {
    /// The dyad.
    pub dyad: usize,
    /// Onset of the episode.
    pub episode: usize,
    /// Onset of the rupture.
    pub rupture: usize,
}

impl OnsetMatch {
    /// Sessions from the onset of the rupture to that of the episode: negative if the episode begins earlier.
    pub fn error(&self) -> i64 {
        self.episode as i64 - self.rupture as i64
    }
}

/// How well episodes find known ruptures.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct OnsetAccuracy {
    /// Share of ruptures that an episode stands for.
    pub sensitivity: Estimate,
    /// Share of episodes that stand for a rupture.
    pub precision: Estimate,
    /// Mean error of the onset in sessions, over the matched ones.
    pub error: Estimate,
    /// Mean size of that error.
    pub absolute_error: Estimate,
    /// Mean number of sessions from the onset of a rupture to the first flag at or after it, over the ruptures that are
    /// flagged within the tolerance after: how long the alarm takes, given that it comes.
    pub delay: Estimate,
    /// Known ruptures.
    pub ruptures: usize,
    /// Episodes.
    pub episodes: usize,
    /// Which episode stands for which rupture.
    pub matches: Vec<OnsetMatch>,
}

/// Holds onsets of episodes against known onsets, such as planted ones: matched as sessions are (see
/// [`accuracy`](super)), so at most `before` sessions early and `after` sessions late.
///
/// `onsets`: dyad and position of every known onset, in any order; every session counts as coded. `offsets`: where the
/// dyads' sessions start, as in [`Series::offsets`](crate::Series::offsets).
///
/// ```
/// use alliance_ruptures::accuracy::{AccuracyOptions, onset_accuracy};
/// use alliance_ruptures::{Reference, Rule, ScoreScale, Series, Unit, detect};
///
/// let series = Series::new(vec![5.0, 5.0, 4.5, 3.5, 5.0], vec![0, 5], ScoreScale::new(1.0, 7.0)?)?;
/// let found = detect(&series, &Rule::new(Reference::Previous, Unit::Points, 1.0)?);
/// // The rupture began a session before the rule saw it.
/// let accuracy = onset_accuracy(&found, series.offsets(), &[(0, 2)], &AccuracyOptions::default())?;
/// assert_eq!((accuracy.sensitivity.value, accuracy.error.value, accuracy.delay.value), (1.0, 1.0, 1.0));
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
///
/// # Errors
///
/// `invalid-offsets` if they are not those of the detection; `invalid-option` for an onset outside its dyad's series or
/// given twice, and what [`AccuracyOptions::checked`] says.
pub fn onset_accuracy(
    detection: &Detection,
    offsets: &[usize],
    onsets: &[(usize, usize)],
    options: &AccuracyOptions,
) -> Result<OnsetAccuracy, RuptureError> {
    let dyads = runs(offsets, detection.flagged.len())?;
    if dyads.len() != detection.dyads.len() {
        return Err(RuptureError::InvalidOffsets);
    }
    options.check(dyads.len())?;
    let mut sorted = onsets.to_vec();
    sorted.sort_unstable();
    let is_known = |(dyad, onset): &(usize, usize)| match offsets.get(*dyad..).unwrap_or_default() {
        [start, end, ..] => *onset < end - start,
        _ => false,
    };
    if !sorted.iter().all(is_known) || !sorted.is_sorted_by(|one, next| one < next) {
        let problem = "an onset lies within its dyad's series, and a session has one at most".into();
        return Err(RuptureError::InvalidOption { option: "onsets", problem });
    }
    let (before, after) = options.tolerance;
    let mut matching = Matching::default();
    let mut matches = Vec::new();
    let mut tallies = Vec::with_capacity(dyads.len());
    let mut rest = &sorted[..];
    for (dyad, run) in dyads.enumerate() {
        let (known, others) = rest.split_at(rest.partition_point(|(of, _)| *of == dyad));
        rest = others;
        let flagged = detection.flagged.get(run).unwrap_or_default();
        let episodes = detection.episodes_of(dyad);
        // Episodes stand in the order of their onsets.
        matching.run(
            episodes.iter().map(|it| it.onset),
            known.iter().map(|(_, onset)| *onset),
            before,
            after,
        );
        let mut tally = [known.len() as f64, episodes.len() as f64, 0.0, 0.0, 0.0, 0.0, 0.0];
        let [_, _, pairs, errors, sizes, alarms, delays] = &mut tally;
        for (episode, rupture) in matching.pairs() {
            let found = OnsetMatch { dyad, episode: *episode, rupture: *rupture };
            *pairs += 1.0;
            *errors += found.error() as f64;
            *sizes += found.error().abs() as f64;
            matches.push(found);
        }
        for (_, onset) in known {
            let later = flagged.iter().skip(*onset);
            if let Some(delay) = later.take(after.saturating_add(1)).position(|flag| *flag) {
                *alarms += 1.0;
                *delays += delay as f64;
            }
        }
        tallies.push(tally.map(|count| count * options.weight(dyad)));
    }
    let measures = |sums: &[f64; 7]| {
        let [ruptures, episodes, pairs, errors, sizes, alarms, delays] = *sums;
        [pairs / ruptures, pairs / episodes, errors / pairs, sizes / pairs, delays / alarms]
    };
    let [sensitivity, precision, error, absolute_error, delay] = bootstrap(&tallies, options, measures);
    let (ruptures, episodes) = (sorted.len(), detection.episodes.len());
    Ok(OnsetAccuracy { sensitivity, precision, error, absolute_error, delay, ruptures, episodes, matches })
}
