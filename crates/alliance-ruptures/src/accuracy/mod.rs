//! How well flagged sessions agree with a criterion: coded, self-reported or planted ruptures.
//!
//! # Matching
//!
//! Within a dyad each flag may explain one criterion session and each criterion session one flag. A flag at session
//! `f` may explain one at `c` if `c - before <= f <= c + after`. Of all ways to match, the one with the most pairs is
//! taken; of those, the one with the smallest sum of distances; of those, the one that leaves later flags, then later
//! criterion sessions, unmatched.
//!
//! # Sessions that were not coded
//!
//! "Not coded" is not "none found". A flag can be called true or false only if every session it may explain was
//! coded; other flags are undecided and left out, whether or not they are matched, because leaving out only the
//! unmatched ones would flatter the rule. The same holds for sessions without a flag. Sensitivity rests on every
//! session coded as a rupture.

mod bootstrap;
mod matching;
mod onset;

pub use bootstrap::Estimate;
pub use onset::{OnsetAccuracy, OnsetMatch, onset_accuracy};

use std::borrow::Cow;
use std::ops::Range;

use crate::RuptureError;
use bootstrap::bootstrap;
use matching::Matching;

/// How a rule is held against a criterion.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AccuracyOptions {
    /// Sessions a flag may come before the criterion, and sessions it may come after: (0, 1) by default, since what
    /// happens in one session may show only on the form of the next.
    pub tolerance: (usize, usize),
    /// Bootstrap samples of dyads, 2 000 by default; 0 gives no intervals.
    pub resamples: usize,
    /// Seed of the bootstrap.
    pub seed: u64,
    /// Confidence level of the intervals, .95 by default.
    pub level: f64,
    /// One weight per session, such as one over its chance to have been coded; `None` weighs all the same. A session of
    /// weight 0 counts as not coded.
    ///
    /// Weights may differ between the coded sessions of a dyad only with the tolerance (0, 0): otherwise several sessions
    /// have to be coded for a flag to be judged, and the chance of that does not follow from the chances of each.
    pub weights: Option<Vec<f64>>,
}

impl Default for AccuracyOptions {
    fn default() -> Self {
        Self { tolerance: (0, 1), resamples: 2_000, seed: 1, level: 0.95, weights: None }
    }
}

impl AccuracyOptions {
    /// The options themselves if they are within their ranges for so many sessions.
    ///
    /// # Errors
    ///
    /// `invalid-option` naming the option and what is allowed.
    pub fn checked(self, sessions: usize) -> Result<Self, RuptureError> {
        self.check(sessions)?;
        Ok(self)
    }

    fn check(&self, sessions: usize) -> Result<(), RuptureError> {
        let require = |holds: bool, option: &'static str, problem: &str| {
            if holds { Ok(()) } else { Err(RuptureError::InvalidOption { option, problem: problem.into() }) }
        };
        require(self.level > 0.0 && self.level < 1.0, "level", "the level is above 0 and below 1")?;
        require(
            self.resamples <= MOST_RESAMPLES,
            "resamples",
            "there are at most 1 000 000 bootstrap samples",
        )?;
        let Some(weights) = &self.weights else { return Ok(()) };
        let is_sound = |weight: &f64| weight.is_finite() && *weight >= 0.0;
        require(
            weights.len() == sessions && weights.iter().all(is_sound),
            "weights",
            "there is one weight per session, finite and not negative",
        )
    }

    /// What was coded in the sessions of a dyad, and their weights, empty if all weigh the same.
    fn dyad<'a>(&'a self, coded: &'a [Option<bool>], run: Range<usize>) -> Result<Coded<'a>, RuptureError> {
        let coded = coded.get(run.clone()).unwrap_or_default();
        let Some(weights) = &self.weights else { return Ok((coded.into(), &[])) };
        let weights = weights.get(run).unwrap_or_default();
        let weighed = coded.iter().zip(weights).map(|(code, weight)| code.filter(|_| *weight > 0.0));
        let coded: Vec<_> = weighed.collect();
        let mut own = coded.iter().zip(weights).filter(|(code, _)| code.is_some()).map(|(_, weight)| *weight);
        let first = own.next();
        if self.tolerance == (0, 0) || own.all(|weight| Some(weight) == first) {
            return Ok((coded.into(), weights));
        }
        let problem = "weights that differ between the coded sessions of a dyad need the tolerance (0, 0)";
        Err(RuptureError::InvalidOption { option: "weights", problem: problem.into() })
    }
}

/// Codes and weights of the sessions of a dyad.
type Coded<'a> = (Cow<'a, [Option<bool>]>, &'a [f64]);

fn weight(weights: &[f64], session: usize) -> f64 {
    weights.get(session).copied().unwrap_or(1.0)
}

/// More bootstrap samples than anybody needs.
const MOST_RESAMPLES: usize = 1_000_000;

/// Sessions counted, without weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct AccuracyCounts {
    /// Dyads with any coded session.
    pub dyads: usize,
    /// Coded sessions.
    pub coded: usize,
    /// Sessions coded as a rupture.
    pub ruptures: usize,
    /// Of these, sessions that a flag explains.
    pub found: usize,
    /// Flagged sessions of all dyads.
    pub flags: usize,
    /// Flags that cannot be judged, because a session they may explain was not coded.
    pub undecided: usize,
    /// Flags that explain a rupture, of those that can be judged.
    pub true_flags: usize,
    /// Flags that explain none, of those that can be judged.
    pub false_flags: usize,
    /// Sessions that can be judged, with neither flag nor rupture.
    pub quiet: usize,
}

/// How well flags agree with a criterion.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Accuracy {
    /// Share of coded ruptures that a flag explains.
    pub sensitivity: Estimate,
    /// Share of flags that explain a rupture, of those that can be judged.
    pub precision: Estimate,
    /// Share of sessions without a flag among those that can be judged and have neither a rupture nor a flag that
    /// explains one elsewhere.
    pub specificity: Estimate,
    /// Cohen's kappa over the sessions that can be judged: found ruptures, false flags, missed ruptures, quiet sessions.
    pub kappa: Estimate,
    /// What these rest on.
    pub counts: AccuracyCounts,
}

/// Holds the flags of a rule against a criterion.
///
/// `criterion`: for each session whether it was coded as a rupture, `None` if it was not coded. Dyad `i` has the
/// sessions `offsets[i]..offsets[i + 1]`, as in [`Detection::flagged`](crate::Detection::flagged) and
/// [`Series::offsets`](crate::Series::offsets). A session without a score cannot be flagged; if it was coded as a
/// rupture, the rule missed it.
///
/// Intervals are percentile intervals of a bootstrap that draws whole dyads (those with a coded session), since
/// sessions of one dyad are alike. Of 95 % intervals, 93 to 95 % hold the population's value with 60 dyads and 88 to 94 %
/// with 15 (`tests/coverage.rs`). They are of no length where an estimate is 0 or 1 in every dyad.
///
/// ```
/// use alliance_ruptures::accuracy::{AccuracyOptions, detection_accuracy};
///
/// let flagged = [false, true, false, false, true, false];
/// let coded = [Some(true), Some(false), Some(false), Some(true), Some(false), None];
/// let found = detection_accuracy(&flagged, &coded, &[0, 4, 6], &AccuracyOptions::default())?;
/// // The first rupture shows a session later; the second does not show.
/// assert_eq!(found.sensitivity.value, 0.5);
/// assert_eq!((found.counts.true_flags, found.counts.false_flags), (1, 1));
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
///
/// # Errors
///
/// `length-mismatch`, `invalid-offsets`, and what [`AccuracyOptions::checked`] says.
pub fn detection_accuracy(
    flagged: &[bool],
    criterion: &[Option<bool>],
    offsets: &[usize],
    options: &AccuracyOptions,
) -> Result<Accuracy, RuptureError> {
    if flagged.len() != criterion.len() {
        return Err(RuptureError::LengthMismatch);
    }
    let dyads = runs(offsets, flagged.len())?;
    options.check(flagged.len())?;
    let mut counts = AccuracyCounts::default();
    let mut tallies = Vec::new();
    let mut matching = Matching::default();
    for run in dyads {
        let flagged = flagged.get(run.clone()).unwrap_or_default();
        let (coded, weights) = options.dyad(criterion, run)?;
        counts.flags += flagged.iter().filter(|flag| **flag).count();
        if coded.iter().any(Option::is_some) {
            let tally = Tally::of(flagged, &coded, weights, options.tolerance, &mut matching);
            tally.add_to(&mut counts);
            tallies.push(tally.sums);
        }
    }
    counts.undecided = counts.flags - counts.true_flags - counts.false_flags;
    let [sensitivity, precision, specificity, kappa] = bootstrap(&tallies, options, Tally::measures);
    Ok(Accuracy { sensitivity, precision, specificity, kappa, counts })
}

/// The sessions of each dyad.
fn runs(
    offsets: &[usize],
    sessions: usize,
) -> Result<impl ExactSizeIterator<Item = Range<usize>>, RuptureError> {
    if offsets.first() == Some(&0) && offsets.last() == Some(&sessions) && offsets.is_sorted() {
        Ok(offsets.windows(2).map(|pair| match pair {
            [start, end] => *start..*end,
            _ => 0..0,
        }))
    } else {
        Err(RuptureError::InvalidOffsets)
    }
}

/// Whether a flag in each session can be judged: whether every session it may explain was coded.
///
/// A flag may explain the sessions from `after` before it to `before` after it.
fn judged(
    criterion: &[Option<bool>],
    (before, after): (usize, usize),
) -> impl Iterator<Item = bool> + use<'_> {
    // The last uncoded session up to here and the first from here on.
    let mut uncoded_before = None;
    let mut uncoded_next = 0;
    criterion.iter().enumerate().map(move |(session, coded)| {
        if coded.is_none() {
            uncoded_before = Some(session);
        }
        uncoded_next = uncoded_next.max(session);
        while criterion.get(uncoded_next).is_some_and(Option::is_some) {
            uncoded_next += 1;
        }
        uncoded_before.is_none_or(|uncoded| session - uncoded > after)
            && (uncoded_next >= criterion.len() || uncoded_next - session > before)
    })
}

/// Counts of one dyad, and their weighted sums.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    coded: usize,
    ruptures: usize,
    found: usize,
    true_flags: usize,
    false_flags: usize,
    quiet: usize,
    /// Ruptures and the found ones; the same of those that can be judged; true flags, false flags, quiet sessions.
    sums: [f64; 7],
}

impl Tally {
    fn of(
        flagged: &[bool],
        criterion: &[Option<bool>],
        weights: &[f64],
        (before, after): (usize, usize),
        matching: &mut Matching,
    ) -> Self {
        let mut tally = Self { coded: criterion.iter().flatten().count(), ..Self::default() };
        let flags = (0..).zip(flagged).filter(|(_, flag)| **flag).map(|(at, _)| at);
        let ruptures = (0..).zip(criterion).filter(|(_, coded)| **coded == Some(true)).map(|(at, _)| at);
        matching.run(flags, ruptures, before, after);
        let mut matched_flags = matching.pairs().iter().map(|pair| pair.0).peekable();
        let mut matched_ruptures = matching.pairs().iter().map(|pair| pair.1).peekable();
        let sessions = flagged.iter().zip(criterion).zip(judged(criterion, (before, after)));
        for (session, ((flag, coded), is_judged)) in sessions.enumerate() {
            let explains = matched_flags.next_if_eq(&session).is_some();
            let is_found = matched_ruptures.next_if_eq(&session).is_some();
            let is_rupture = *coded == Some(true);
            let is_true = is_judged && explains;
            let is_false = is_judged && *flag && !explains;
            let is_quiet = is_judged && !*flag && !is_rupture;
            tally.ruptures += usize::from(is_rupture);
            tally.found += usize::from(is_found);
            tally.true_flags += usize::from(is_true);
            tally.false_flags += usize::from(is_false);
            tally.quiet += usize::from(is_quiet);
            let counted = [
                is_rupture,
                is_found,
                is_judged && is_rupture,
                is_judged && is_found,
                is_true,
                is_false,
                is_quiet,
            ];
            let weight = weight(weights, session);
            for (sum, counts) in tally.sums.iter_mut().zip(counted) {
                *sum += if counts { weight } else { 0.0 };
            }
        }
        tally
    }

    fn add_to(&self, counts: &mut AccuracyCounts) {
        counts.dyads += 1;
        counts.coded += self.coded;
        counts.ruptures += self.ruptures;
        counts.found += self.found;
        counts.true_flags += self.true_flags;
        counts.false_flags += self.false_flags;
        counts.quiet += self.quiet;
    }

    /// Sensitivity, precision, specificity and kappa from summed counts.
    fn measures(sums: &[f64; 7]) -> [f64; 4] {
        let [ruptures, found, judged_ruptures, judged_found, true_flags, false_flags, quiet] = *sums;
        [
            found / ruptures,
            true_flags / (true_flags + false_flags),
            quiet / (quiet + false_flags),
            cohens_kappa([judged_found, false_flags, judged_ruptures - judged_found, quiet]),
        ]
    }
}

/// Cohen's kappa of two yes-or-no raters from the table both, only the first, only the second, neither.
///
/// `2 (ad - bc) / ((a + b)(b + d) + (a + c)(c + d))`; NaN if both always say the same one thing (or there is nothing).
pub(crate) fn cohens_kappa([both, first, second, neither]: [f64; 4]) -> f64 {
    let chance = (both + first) * (first + neither) + (both + second) * (second + neither);
    if chance > 0.0 { 2.0 * (both * neither - first * second) / chance } else { f64::NAN }
}
