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

/// How a dyad's series ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Ending {
    /// Nothing is known of it.
    #[default]
    Unknown,
    /// It had not when the data were taken.
    Ongoing,
    /// With a session that was planned to be the last.
    PlannedEnd,
    /// The client did not come back.
    DroppedOut,
}

impl Ending {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Unknown, Self::Ongoing, Self::PlannedEnd, Self::DroppedOut];

    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Ongoing => "ongoing",
            Self::PlannedEnd => "planned-end",
            Self::DroppedOut => "dropout",
        }
    }
}

/// Most sessions one dyad may span: a guard against session numbers that are years or ids.
pub(crate) const MOST_SESSIONS: usize = 10_000;

/// Scores of dyads (client and therapist), session after session, one rater, one measure.
///
/// Sessions of a dyad stand in their order with none left out: a session without a score is NaN. A session that was
/// not held is no session of the series, for nothing is missing where nothing was held;
/// [`Courses`](crate::Courses) leaves such sessions out where appointments are known. Runs may differ in length.
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
    /// One per dyad, or none where nothing is known of any.
    endings: Vec<Ending>,
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
        check_scores(&scores, scale)?;
        Ok(Self { scores, offsets, scale, endings: Vec::new() })
    }

    /// The same series, knowing how each dyad's ended.
    ///
    /// # Errors
    ///
    /// `length-mismatch` unless there is one ending per dyad.
    pub fn with_endings(self, endings: Vec<Ending>) -> Result<Self, RuptureError> {
        if endings.len() != self.dyads() {
            return Err(RuptureError::LengthMismatch);
        }
        let is_known = endings.iter().any(|ending| *ending != Ending::Unknown);
        Ok(Self { endings: if is_known { endings } else { Vec::new() }, ..self })
    }

    /// How a dyad's series ended.
    pub fn ending(&self, dyad: usize) -> Ending {
        self.endings.get(dyad).copied().unwrap_or_default()
    }

    /// The series of those dyads that have any score.
    #[must_use]
    pub fn of_scored_dyads(&self) -> Self {
        let mut scored =
            Self { scores: Vec::new(), offsets: vec![0], scale: self.scale, endings: Vec::new() };
        for (dyad, run) in self.runs().enumerate() {
            if run.iter().any(|score| !score.is_nan()) {
                scored.scores.extend_from_slice(run);
                scored.offsets.push(scored.scores.len());
                scored.endings.extend(self.endings.get(dyad));
            }
        }
        scored
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
        Self::on_grid(dyads, sessions, scores, scale).map(|(series, rows, _)| (series, rows))
    }

    /// As [`from_rows`](Self::from_rows), with the first session number of each dyad.
    #[expect(clippy::type_complexity, reason = "three columns of one caller")]
    pub(crate) fn on_grid(
        dyads: &[u32],
        sessions: &[i64],
        scores: &[f64],
        scale: ScoreScale,
    ) -> Result<(Self, Vec<Option<usize>>, Vec<i64>), RuptureError> {
        if dyads.len() != scores.len() {
            return Err(RuptureError::LengthMismatch);
        }
        let grid = Grid::of(dyads, sessions)?;
        let mut values = vec![f64::NAN; grid.len()];
        let mut rows = vec![None; grid.len()];
        let mut repeated = Repeated::default();
        for (row, ((dyad, session), score)) in dyads.iter().zip(sessions).zip(scores).enumerate() {
            let Some(at) = grid.place(*dyad, *session) else { continue };
            let (Some(value), Some(source)) = (values.get_mut(at), rows.get_mut(at)) else { continue };
            repeated.note(row, source.is_some());
            *source = Some(row);
            *value = *score;
        }
        repeated.refuse()?;
        // Name rows of the caller's table, not positions of the series.
        check_scores(scores, scale)?;
        Ok((Self { scores: values, offsets: grid.offsets, scale, endings: Vec::new() }, rows, grid.first))
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

/// Refuses scores no form can have.
pub(crate) fn check_scores(scores: &[f64], scale: ScoreScale) -> Result<(), RuptureError> {
    let infinite = RuptureError::rows_where(scores, f64::is_infinite);
    if let Some((rows, count)) = infinite {
        return Err(RuptureError::NotFinite { rows, count });
    }
    let possible = scale.lowest - RANGE_TOLERANCE..=scale.highest + RANGE_TOLERANCE;
    if let Some((rows, count)) =
        RuptureError::rows_where(scores, |score| !score.is_nan() && !possible.contains(&score))
    {
        let (lowest, highest) = (scale.lowest.to_string(), scale.highest.to_string());
        return Err(RuptureError::OutOfRange { rows, count, lowest, highest });
    }
    Ok(())
}

/// Where the sessions of dyads lie beside each other: one place per session number from a dyad's first to its last.
#[derive(Debug)]
pub(crate) struct Grid {
    /// First session number of each dyad.
    pub(crate) first: Vec<i64>,
    /// Where each dyad's places start, and where the last ends.
    pub(crate) offsets: Vec<usize>,
}

impl Grid {
    pub(crate) fn of(dyads: &[u32], sessions: &[i64]) -> Result<Self, RuptureError> {
        if dyads.len() != sessions.len() {
            return Err(RuptureError::LengthMismatch);
        }
        let count = dyads.iter().max().map_or(0, |most| *most as usize + 1);
        let mut first = vec![i64::MAX; count];
        let mut last = vec![i64::MIN; count];
        for (dyad, session) in dyads.iter().zip(sessions) {
            let dyad = *dyad as usize;
            if let (Some(first), Some(last)) = (first.get_mut(dyad), last.get_mut(dyad)) {
                *first = (*first).min(*session);
                *last = (*last).max(*session);
            }
        }
        let mut offsets = Vec::with_capacity(count + 1);
        let mut total = 0_usize;
        offsets.push(0);
        for (first, last) in first.iter().zip(&last) {
            if first <= last {
                let after_first = last.abs_diff(*first);
                if after_first >= MOST_SESSIONS as u64 {
                    return Err(RuptureError::SessionSpan { most: MOST_SESSIONS });
                }
                total += after_first as usize + 1;
            }
            offsets.push(total);
        }
        Ok(Self { first, offsets })
    }

    /// Number of places.
    pub(crate) fn len(&self) -> usize {
        self.offsets.last().copied().unwrap_or(0)
    }

    /// Place of a session.
    pub(crate) fn place(&self, dyad: u32, session: i64) -> Option<usize> {
        let dyad = dyad as usize;
        Some(self.offsets.get(dyad)? + session.abs_diff(*self.first.get(dyad)?) as usize)
    }
}

/// Rows that repeat a session of their dyad.
#[derive(Debug, Default)]
pub(crate) struct Repeated {
    rows: Vec<usize>,
    count: usize,
}

impl Repeated {
    pub(crate) fn note(&mut self, row: usize, repeats: bool) {
        if repeats {
            self.count += 1;
            if self.rows.len() < crate::error::MOST_ROWS {
                self.rows.push(row);
            }
        }
    }

    pub(crate) fn refuse(self) -> Result<(), RuptureError> {
        let Self { rows, count } = self;
        if count > 0 { Err(RuptureError::RepeatedSession { rows, count }) } else { Ok(()) }
    }
}
