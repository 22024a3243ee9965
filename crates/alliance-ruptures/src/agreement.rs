//! How far rules agree with each other on the same series.

use std::borrow::Borrow;

use crate::accuracy::cohens_kappa;
use crate::{ClientClass, Detection, RuptureError};

/// Agreement of every two rules. Rules are numbered as they were given.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Agreement {
    /// Number of rules.
    pub rules: usize,
    /// Cohen's kappa of the flags of rules `i` and `j` at `i * rules + j`.
    ///
    /// Over sessions that have a reference under both rules, of dyads that both assess. NaN if there are none, or if
    /// both rules flag all of them or none: agreement beyond chance is then not defined. A rule that flags all or none
    /// has kappa 0 with every rule that does not, and the diagonal is 1 or NaN.
    pub kappa: Vec<f64>,
    /// Sessions kappa rests on.
    pub sessions: Vec<usize>,
    /// Share of dyads that the two rules put into the same [`ClientClass`], of those both assess; NaN if there are none.
    pub alike: Vec<f64>,
    /// Dyads that share rests on.
    pub dyads: Vec<usize>,
}

impl Agreement {
    /// Kappa of two rules; NaN if there is no such rule.
    pub fn kappa(&self, one: usize, other: usize) -> f64 {
        self.place(one, other).and_then(|place| self.kappa.get(place)).copied().unwrap_or(f64::NAN)
    }

    /// Share of dyads that two rules class alike; NaN if there is no such rule.
    pub fn alike(&self, one: usize, other: usize) -> f64 {
        self.place(one, other).and_then(|place| self.alike.get(place)).copied().unwrap_or(f64::NAN)
    }

    fn place(&self, one: usize, other: usize) -> Option<usize> {
        (one < self.rules && other < self.rules).then(|| one * self.rules + other)
    }
}

/// Agreement of what several rules found in the same series: detections, or references to them.
///
/// `offsets`: where the dyads' sessions start, as in [`Series::offsets`](crate::Series::offsets).
///
/// ```
/// use alliance_ruptures::agreement::agreement;
/// use alliance_ruptures::{Reference, Rule, ScoreScale, Series, Unit, detect};
///
/// let series = Series::new(vec![5.0, 5.5, 4.5, 5.0, 3.0], vec![0, 5], ScoreScale::new(1.0, 7.0)?)?;
/// let found = [1.0, 1.5].map(|points| {
///     Rule::new(Reference::Previous, Unit::Points, points).map(|rule| detect(&series, &rule))
/// });
/// let [lenient, strict] = found;
/// let agreed = agreement(&[lenient?, strict?], series.offsets())?;
/// assert_eq!(agreed.kappa(0, 1), 0.5);
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
///
/// # Errors
///
/// `invalid-offsets` if they do not fit the first detection; `length-mismatch` if the detections are not of one series.
pub fn agreement<D: Borrow<Detection>>(
    detections: &[D],
    offsets: &[usize],
) -> Result<Agreement, RuptureError> {
    let detections: Vec<&Detection> = detections.iter().map(Borrow::borrow).collect();
    let rules = detections.len();
    if let Some(first) = detections.first() {
        let (sessions, dyads) = (first.flagged.len(), first.dyads.len());
        let is_one_series = |it: &Detection| {
            it.flagged.len() == sessions && it.reference.len() == sessions && it.dyads.len() == dyads
        };
        if !detections.iter().all(|found| is_one_series(found)) {
            return Err(RuptureError::LengthMismatch);
        }
        let fits = offsets.first() == Some(&0) && offsets.last() == Some(&sessions) && offsets.is_sorted();
        if !fits || offsets.len() != dyads + 1 {
            return Err(RuptureError::InvalidOffsets);
        }
    }
    let verdicts: Vec<Verdicts> = detections.iter().map(|found| Verdicts::of(found, offsets)).collect();
    let mut agreed = Agreement {
        rules,
        kappa: Vec::with_capacity(rules * rules),
        sessions: Vec::with_capacity(rules * rules),
        alike: Vec::with_capacity(rules * rules),
        dyads: Vec::with_capacity(rules * rules),
    };
    for (one, own) in detections.iter().zip(&verdicts) {
        for (other, theirs) in detections.iter().zip(&verdicts) {
            let table = own.table(theirs);
            agreed.kappa.push(cohens_kappa(table.map(|count| count as f64)));
            agreed.sessions.push(table.iter().sum());
            let (alike, dyads) = classed_alike(one, other);
            agreed.alike.push(alike as f64 / dyads as f64);
            agreed.dyads.push(dyads);
        }
    }
    Ok(agreed)
}

/// Dyads two rules class alike, and dyads both assess.
fn classed_alike(one: &Detection, other: &Detection) -> (usize, usize) {
    let assessed = |class: ClientClass| class != ClientClass::NotAssessed;
    let classes = one.dyads.iter().zip(&other.dyads).map(|(one, other)| (one.class, other.class));
    let both = classes.filter(|(one, other)| assessed(*one) && assessed(*other));
    both.fold((0, 0), |(alike, dyads), (one, other)| (alike + usize::from(one == other), dyads + 1))
}

/// Flags of one rule, 64 sessions to a word: every two rules are compared.
struct Verdicts {
    judged: Vec<u64>,
    flagged: Vec<u64>,
}

impl Verdicts {
    fn of(found: &Detection, offsets: &[usize]) -> Self {
        let words = found.flagged.len().div_ceil(64);
        let mut verdicts = Self { judged: vec![0; words], flagged: vec![0; words] };
        for (dyad, run) in found.dyads.iter().zip(offsets.windows(2)) {
            let &[start, end] = run else { continue };
            if dyad.class == ClientClass::NotAssessed {
                continue;
            }
            let references = found.reference.get(start..end).unwrap_or_default();
            let flags = found.flagged.get(start..end).unwrap_or_default();
            let sessions = (start..end).zip(references).zip(flags);
            for ((session, _), flag) in sessions.filter(|((_, reference), _)| !reference.is_nan()) {
                let bit = 1 << (session % 64);
                if let Some(word) = verdicts.judged.get_mut(session / 64) {
                    *word |= bit;
                }
                if let Some(word) = verdicts.flagged.get_mut(session / 64).filter(|_| *flag) {
                    *word |= bit;
                }
            }
        }
        verdicts
    }

    /// Sessions flagged by both, only here, only there, by neither.
    fn table(&self, other: &Self) -> [usize; 4] {
        let own = self.judged.iter().zip(&self.flagged);
        let theirs = other.judged.iter().zip(&other.flagged);
        own.zip(theirs).fold([0; 4], |[both, first, second, neither], (own, theirs)| {
            let judged = own.0 & theirs.0;
            let count = |word: u64| (word & judged).count_ones() as usize;
            [
                both + count(own.1 & theirs.1),
                first + count(own.1 & !theirs.1),
                second + count(!own.1 & theirs.1),
                neither + count(!own.1 & !theirs.1),
            ]
        })
    }
}
