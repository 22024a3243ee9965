//! Onsets of episodes against onsets that are known.

use super::bootstrap::{Estimate, bootstrap};
use super::matching::Matching;
use super::{AccuracyOptions, judged, runs, weight};
use crate::{Detection, Episode, RuptureError};

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
    /// Share of episodes that stand for a rupture, of those that can be judged.
    pub precision: Estimate,
    /// Mean error of the onset in sessions, over the matched ones. Where few of them are off, the interval is too short.
    pub error: Estimate,
    /// Mean size of that error.
    pub absolute_error: Estimate,
    /// Mean number of sessions from the onset of a rupture to the first flag at or after it, over the ruptures that are
    /// flagged within the tolerance after: how long the alarm takes, given that it comes.
    pub delay: Estimate,
    /// Known ruptures.
    pub ruptures: usize,
    /// Episodes of all dyads.
    pub episodes: usize,
    /// Episodes that cannot be judged, because a session they may stand for was not coded.
    pub undecided: usize,
    /// Which episode stands for which rupture.
    pub matches: Vec<OnsetMatch>,
}

/// Holds onsets of episodes against known onsets, such as planted ones: matched as sessions are (see
/// [`accuracy`](super)), so at most `before` sessions early and `after` sessions late.
///
/// `onsets`: for each session whether a rupture began in it, `None` if that is not known. `offsets`: where the dyads'
/// sessions start, as in [`Series::offsets`](crate::Series::offsets). Intervals are those of
/// [`detection_accuracy`](super::detection_accuracy).
///
/// ```
/// use alliance_ruptures::accuracy::{AccuracyOptions, onset_accuracy};
/// use alliance_ruptures::{Reference, Rule, ScoreScale, Series, Unit, detect};
///
/// let series = Series::new(vec![5.0, 5.0, 4.5, 3.5, 5.0], vec![0, 5], ScoreScale::new(1.0, 7.0)?)?;
/// let found = detect(&series, &Rule::new(Reference::Previous, Unit::Points, 1.0)?);
/// // The rupture began a session before the rule saw it.
/// let onsets = [false, false, true, false, false].map(Some);
/// let accuracy = onset_accuracy(&found, &onsets, series.offsets(), &AccuracyOptions::default())?;
/// assert_eq!((accuracy.sensitivity.value, accuracy.error.value, accuracy.delay.value), (1.0, 1.0, 1.0));
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
///
/// # Errors
///
/// `length-mismatch`; `invalid-offsets` if they are not those of the detection; what [`AccuracyOptions::checked`] says.
pub fn onset_accuracy(
    detection: &Detection,
    onsets: &[Option<bool>],
    offsets: &[usize],
    options: &AccuracyOptions,
) -> Result<OnsetAccuracy, RuptureError> {
    if detection.flagged.len() != onsets.len() {
        return Err(RuptureError::LengthMismatch);
    }
    let dyads = runs(offsets, detection.flagged.len())?;
    if dyads.len() != detection.dyads.len() {
        return Err(RuptureError::InvalidOffsets);
    }
    options.check(onsets.len())?;
    let mut matching = Matching::default();
    let (mut matches, mut tallies) = (Vec::new(), Vec::new());
    let (mut ruptures, mut episodes, mut undecided) = (0, 0, 0);
    for (dyad, run) in dyads.enumerate() {
        let found = detection.episodes_of(dyad);
        episodes += found.len();
        let flagged = detection.flagged.get(run.clone()).unwrap_or_default();
        let (coded, weights) = options.dyad(onsets, run)?;
        if coded.iter().all(Option::is_none) {
            undecided += found.len();
            continue;
        }
        let tally = Tally::of(found, flagged, &coded, weights, options.tolerance, &mut matching);
        ruptures += tally.ruptures;
        undecided += found.len() - tally.judged;
        let pairs = matching.pairs().iter();
        matches.extend(pairs.map(|(episode, rupture)| OnsetMatch {
            dyad,
            episode: *episode,
            rupture: *rupture,
        }));
        tallies.push(tally.sums);
    }
    let [sensitivity, precision, error, absolute_error, delay] =
        bootstrap(&tallies, options, Tally::measures);
    Ok(OnsetAccuracy {
        sensitivity,
        precision,
        error,
        absolute_error,
        delay,
        ruptures,
        episodes,
        undecided,
        matches,
    })
}

/// Counts of one dyad, and weighted sums.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    ruptures: usize,
    judged: usize,
    /// Ruptures, episodes that can be judged, the matched ones of these, all matched ones, their errors and the sizes of
    /// these, ruptures that are flagged in time, and how late.
    sums: [f64; 8],
}

impl Tally {
    /// Leaves the pairs of the dyad in `matching`.
    fn of(
        episodes: &[Episode],
        flagged: &[bool],
        onsets: &[Option<bool>],
        weights: &[f64],
        (before, after): (usize, usize),
        matching: &mut Matching,
    ) -> Self {
        let mut tally = Self::default();
        let [ruptures, judged_episodes, judged_pairs, pairs, errors, sizes, alarms, delays] = &mut tally.sums;
        let known = || (0..).zip(onsets).filter(|(_, onset)| **onset == Some(true)).map(|(at, _)| at);
        // Episodes stand in the order of their onsets.
        matching.run(episodes.iter().map(|it| it.onset), known(), before, after);
        let mut matched = matching.pairs().iter().peekable();
        let mut sessions = judged(onsets, (before, after)).enumerate();
        for episode in episodes {
            let pair = matched.next_if(|pair| pair.0 == episode.onset);
            // Every episode has an onset of its own.
            if sessions.find(|(at, _)| *at == episode.onset).is_some_and(|(_, is_judged)| is_judged) {
                let weight = weight(weights, episode.onset);
                tally.judged += 1;
                *judged_episodes += weight;
                *judged_pairs += if pair.is_some() { weight } else { 0.0 };
            }
            if let Some((episode, rupture)) = pair {
                let weight = weight(weights, *rupture);
                *pairs += weight;
                *errors += weight * (*episode as f64 - *rupture as f64);
                *sizes += weight * episode.abs_diff(*rupture) as f64;
            }
        }
        for onset in known() {
            let weight = weight(weights, onset);
            tally.ruptures += 1;
            *ruptures += weight;
            let mut later = flagged.iter().skip(onset).take(after.saturating_add(1));
            if let Some(delay) = later.position(|flag| *flag) {
                *alarms += weight;
                *delays += weight * delay as f64;
            }
        }
        tally
    }

    /// Sensitivity, precision, error, size of the error and delay from summed counts.
    fn measures(sums: &[f64; 8]) -> [f64; 5] {
        let [ruptures, judged, judged_pairs, pairs, errors, sizes, alarms, delays] = *sums;
        [pairs / ruptures, judged_pairs / judged, errors / pairs, sizes / pairs, delays / alarms]
    }
}
