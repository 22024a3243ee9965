//! Onsets of episodes against onsets that are known.

use super::bootstrap::{Estimate, bootstrap};
use super::matching::Matching;
use super::{AccuracyOptions, judged, runs};
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
    /// Episodes of all dyads, but those of weight 0.
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
    options.check(dyads.len())?;
    let mut matching = Matching::default();
    let (mut matches, mut tallies) = (Vec::new(), Vec::new());
    let (mut ruptures, mut episodes, mut undecided) = (0, 0, 0);
    for (dyad, run) in dyads.enumerate().filter(|(dyad, _)| options.weight(*dyad) > 0.0) {
        let found = detection.episodes_of(dyad);
        episodes += found.len();
        let flagged = detection.flagged.get(run.clone()).unwrap_or_default();
        let coded = onsets.get(run).unwrap_or_default();
        if coded.iter().all(Option::is_none) {
            undecided += found.len();
            continue;
        }
        let tally = Tally::of(found, flagged, coded, options.tolerance, &mut matching);
        ruptures += tally.ruptures;
        undecided += found.len() - tally.judged;
        let pairs = matching.pairs().iter();
        matches.extend(pairs.map(|(episode, rupture)| OnsetMatch {
            dyad,
            episode: *episode,
            rupture: *rupture,
        }));
        tallies.push(tally.weighted(options.weight(dyad)));
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

/// Counts and sums of one dyad.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    ruptures: usize,
    judged: usize,
    judged_pairs: usize,
    pairs: usize,
    errors: i64,
    sizes: u64,
    alarms: usize,
    delays: usize,
}

impl Tally {
    /// Leaves the pairs of the dyad in `matching`.
    fn of(
        episodes: &[Episode],
        flagged: &[bool],
        onsets: &[Option<bool>],
        (before, after): (usize, usize),
        matching: &mut Matching,
    ) -> Self {
        let mut tally = Self::default();
        let known = || (0..).zip(onsets).filter(|(_, onset)| **onset == Some(true)).map(|(at, _)| at);
        // Episodes stand in the order of their onsets.
        matching.run(episodes.iter().map(|it| it.onset), known(), before, after);
        let mut matched = matching.pairs().iter().peekable();
        let mut sessions = judged(onsets, (before, after)).enumerate();
        for episode in episodes {
            let pair = matched.next_if(|pair| pair.0 == episode.onset);
            // Every episode has an onset of its own.
            let is_judged = sessions.find(|(at, _)| *at == episode.onset).is_some_and(|(_, is)| is);
            tally.judged += usize::from(is_judged);
            if let Some((episode, rupture)) = pair {
                tally.pairs += 1;
                tally.judged_pairs += usize::from(is_judged);
                tally.errors += *episode as i64 - *rupture as i64;
                tally.sizes += episode.abs_diff(*rupture) as u64;
            }
        }
        for onset in known() {
            tally.ruptures += 1;
            let mut later = flagged.iter().skip(onset).take(after.saturating_add(1));
            if let Some(delay) = later.position(|flag| *flag) {
                tally.alarms += 1;
                tally.delays += delay;
            }
        }
        tally
    }

    fn weighted(&self, weight: f64) -> [f64; 8] {
        let counts = [
            self.ruptures as f64,
            self.judged as f64,
            self.judged_pairs as f64,
            self.pairs as f64,
            self.errors as f64,
            self.sizes as f64,
            self.alarms as f64,
            self.delays as f64,
        ];
        counts.map(|count| weight * count)
    }

    /// Sensitivity, precision, error, size of the error and delay from summed counts.
    fn measures(sums: &[f64; 8]) -> [f64; 5] {
        let [ruptures, judged, judged_pairs, pairs, errors, sizes, alarms, delays] = *sums;
        [pairs / ruptures, judged_pairs / judged, errors / pairs, sizes / pairs, delays / alarms]
    }
}
