//! Session-by-session scores of many dyads, one run each.

use crate::RuptureError;

/// Whether a higher score is the better one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Orientation {
    /// Alliance and most measures of functioning.
    HigherIsBetter,
    /// Most symptom measures.
    LowerIsBetter,
}

impl Orientation {
    /// How much worse `score` is than `reference`: positive if it is.
    #[inline]
    pub fn fall(self, reference: f64, score: f64) -> f64 {
        match self {
            Self::HigherIsBetter => reference - score,
            Self::LowerIsBetter => score - reference,
        }
    }

    /// The score that is `points` worse than `reference`.
    #[inline]
    pub fn worse_by(self, reference: f64, points: f64) -> f64 {
        match self {
            Self::HigherIsBetter => reference - points,
            Self::LowerIsBetter => reference + points,
        }
    }
}

/// The scale scores are on.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ScoreScale {
    /// Lowest possible score.
    pub lowest: f64,
    /// Highest possible score.
    pub highest: f64,
    /// Distance of neighbouring scores, such as 1/12 for the mean of twelve items; `None` if any value is possible.
    pub step: Option<f64>,
    /// Which end is the better one.
    pub orientation: Orientation,
}

impl ScoreScale {
    /// A scale from `lowest` to `highest`, higher being better, without steps.
    ///
    /// # Errors
    ///
    /// `invalid-option` unless both are finite and `lowest < highest`.
    pub fn new(lowest: f64, highest: f64) -> Result<Self, RuptureError> {
        if lowest.is_finite() && highest.is_finite() && lowest < highest {
            Ok(Self { lowest, highest, step: None, orientation: Orientation::HigherIsBetter })
        } else {
            Err(RuptureError::InvalidOption {
                option: "scale",
                problem: "the lowest score must be below the highest, both finite".into(),
            })
        }
    }

    /// The same scale with steps.
    ///
    /// # Errors
    ///
    /// `invalid-option` unless the step is above 0 and at most the width of the scale.
    pub fn with_step(self, step: f64) -> Result<Self, RuptureError> {
        if step > 0.0 && step <= self.highest - self.lowest {
            Ok(Self { step: Some(step), ..self })
        } else {
            Err(RuptureError::InvalidOption {
                option: "step",
                problem: "the step must be above 0 and at most the width of the scale".into(),
            })
        }
    }

    /// The same scale with the other end the better one.
    #[must_use]
    pub fn with_orientation(self, orientation: Orientation) -> Self {
        Self { orientation, ..self }
    }
}

/// How far a score may lie outside its scale and still count as the end of it.
pub(crate) const RANGE_TOLERANCE: f64 = 1e-9;

/// Most sessions one dyad may span: a guard against session numbers that are years or ids.
pub(crate) const MOST_SESSIONS: usize = 10_000;

/// Scores of dyads (client and therapist), session after session, one rater, one measure.
///
/// Sessions of a dyad stand in their order with none left out: a session without a score is NaN, whether
/// it was not held or its form is missing. Runs may differ in length.
///
/// ```
/// use alliance_ruptures::{ScoreScale, Series};
///
/// let scale = ScoreScale::new(1.0, 7.0)?;
/// let series = Series::new(vec![5.4, f64::NAN, 5.6, 4.0, 4.2], vec![0, 3, 5], scale)?;
/// assert_eq!(series.dyads(), 2);
/// assert_eq!(series.dyad(1), &[4.0, 4.2]);
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Series {
    scores: Vec<f64>,
    offsets: Vec<usize>,
    scale: ScoreScale,
}

impl std::fmt::Debug for Series {
    // Scores are patients' and stay out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Series")
            .field("dyads", &self.dyads())
            .field("sessions", &self.scores.len())
            .finish_non_exhaustive()
    }
}

impl Series {
    /// Scores in runs: dyad `i` has `scores[offsets[i]..offsets[i + 1]]`.
    ///
    /// # Errors
    ///
    /// `invalid-offsets` unless they start at 0, never fall and end at the number of scores;
    /// `not-finite` for infinite scores; `out-of-range` for scores off the scale.
    pub fn new(scores: Vec<f64>, offsets: Vec<usize>, scale: ScoreScale) -> Result<Self, RuptureError> {
        let sound =
            offsets.first() == Some(&0) && offsets.last() == Some(&scores.len()) && offsets.is_sorted();
        if !sound {
            return Err(RuptureError::InvalidOffsets);
        }
        let infinite = RuptureError::rows_where(&scores, f64::is_infinite);
        if let Some((rows, count)) = infinite {
            return Err(RuptureError::NotFinite { rows, count });
        }
        let possible = scale.lowest - RANGE_TOLERANCE..=scale.highest + RANGE_TOLERANCE;
        if let Some((rows, count)) =
            RuptureError::rows_where(&scores, |score| !score.is_nan() && !possible.contains(&score))
        {
            let (lowest, highest) = (scale.lowest.to_string(), scale.highest.to_string());
            return Err(RuptureError::OutOfRange { rows, count, lowest, highest });
        }
        Ok(Self { scores, offsets, scale })
    }

    /// Scores in any row order: row `i` is session `sessions[i]` of dyad `dyads[i]`.
    ///
    /// Dyads are numbered from 0; session numbers are whole. Sessions between a dyad's first and last
    /// that have no row become NaN. Gives the series and, for each of its sessions, the row it came
    /// from, or `None`.
    ///
    /// # Errors
    ///
    /// `length-mismatch`; `repeated-session` if a dyad has a session twice; `session-span` if a dyad's
    /// session numbers span more than 10 000; what [`new`](Self::new) says.
    pub fn from_rows(
        dyads: &[u32],
        sessions: &[i64],
        scores: &[f64],
        scale: ScoreScale,
    ) -> Result<(Self, Vec<Option<usize>>), RuptureError> {
        if dyads.len() != sessions.len() || dyads.len() != scores.len() {
            return Err(RuptureError::LengthMismatch);
        }
        let count = dyads.iter().max().map_or(0, |most| *most as usize + 1);
        // First and last session of each dyad fix where its run lies.
        let mut span = vec![(i64::MAX, i64::MIN); count];
        for (dyad, session) in dyads.iter().zip(sessions) {
            if let Some((first, last)) = span.get_mut(*dyad as usize) {
                *first = (*first).min(*session);
                *last = (*last).max(*session);
            }
        }
        let mut offsets = Vec::with_capacity(count + 1);
        let mut total = 0_usize;
        offsets.push(0);
        for (first, last) in &span {
            if first <= last {
                let after_first = last.abs_diff(*first);
                if after_first >= MOST_SESSIONS as u64 {
                    return Err(RuptureError::SessionSpan { most: MOST_SESSIONS });
                }
                total += after_first as usize + 1;
            }
            offsets.push(total);
        }
        let mut values = vec![f64::NAN; total];
        let mut rows = vec![None; total];
        let (mut repeated, mut repeats) = (Vec::new(), 0);
        for (row, ((dyad, session), score)) in dyads.iter().zip(sessions).zip(scores).enumerate() {
            let dyad = *dyad as usize;
            let (Some(start), Some((first, _))) = (offsets.get(dyad), span.get(dyad)) else { continue };
            let at = start + session.abs_diff(*first) as usize;
            let (Some(value), Some(source)) = (values.get_mut(at), rows.get_mut(at)) else { continue };
            if source.is_some() {
                repeats += 1;
                if repeated.len() < crate::error::MOST_ROWS {
                    repeated.push(row);
                }
            }
            *source = Some(row);
            *value = *score;
        }
        if repeats > 0 {
            return Err(RuptureError::RepeatedSession { rows: repeated, count: repeats });
        }
        // Name rows of the caller's table, not positions of the series.
        Self::new(scores.to_vec(), vec![0, scores.len()], scale)?;
        Ok((Self { scores: values, offsets, scale }, rows))
    }

    /// Number of dyads.
    pub fn dyads(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Number of sessions of all dyads, with and without a score.
    pub fn len(&self) -> usize {
        self.scores.len()
    }

    /// Whether there are no sessions.
    pub fn is_empty(&self) -> bool {
        self.scores.is_empty()
    }

    /// Scores of one dyad, empty if there is no such dyad.
    pub fn dyad(&self, dyad: usize) -> &[f64] {
        match (self.offsets.get(dyad), self.offsets.get(dyad + 1)) {
            (Some(start), Some(end)) => self.scores.get(*start..*end).unwrap_or_default(),
            _ => &[],
        }
    }

    /// Where each dyad's sessions start, and where the last ends.
    pub fn offsets(&self) -> &[usize] {
        &self.offsets
    }

    /// All scores, run after run.
    pub fn scores(&self) -> &[f64] {
        &self.scores
    }

    /// The scale of the scores.
    pub fn scale(&self) -> ScoreScale {
        self.scale
    }

    /// Number of sessions of some neighbouring dyads.
    pub(crate) fn sessions_of(&self, dyads: std::ops::Range<usize>) -> usize {
        match (self.offsets.get(dyads.start), self.offsets.get(dyads.end)) {
            (Some(start), Some(end)) => end - start,
            _ => 0,
        }
    }

    /// Runs of all dyads.
    pub fn runs(&self) -> impl Iterator<Item = &[f64]> {
        (0..self.dyads()).map(|dyad| self.dyad(dyad))
    }
}
