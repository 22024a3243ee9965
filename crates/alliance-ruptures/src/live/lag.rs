//! Any rule, some sessions late.

use super::{check_score, next_session, require_spread};
use crate::rule::same_or_both_nan;
use crate::series::MOST_SESSIONS;
use crate::{Rule, RuptureError, ScoreScale, Series, Spread, detect_with};

/// What a rule says about a session once the lag has passed.
#[derive(Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Verdict {
    /// The session.
    pub session: i64,
    /// The level from which a fall is measured, if there is one.
    pub reference: Option<f64>,
    /// Whether the session is flagged.
    pub is_flagged: bool,
}

impl std::fmt::Debug for Verdict {
    // The reference is near a patient's scores, which stay out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verdict").field("is_flagged", &self.is_flagged).finish_non_exhaustive()
    }
}

/// A rule that looks a fixed number of sessions ahead: the form in which a retrospective rule can run on one client.
///
/// The verdict on a session is what the rule says of it given the sessions up to `lag` sessions later, and is then
/// final: a batch over a longer series may say otherwise, because references and units of the whole series move on.
/// With a lag as long as the series the two agree. It keeps the client's scores (at most 10 000 sessions), and an
/// update takes time in proportion to them. Equality and feature `serde` are as for [`LiveRule`](super::LiveRule).
///
/// ```
/// use alliance_ruptures::live::LaggedRule;
/// use alliance_ruptures::{Reference, Rule, ScoreScale, Unit};
///
/// let rule = Rule::new(Reference::PersonMean, Unit::Points, 1.0)?;
/// let mut late = LaggedRule::new(&rule, None, ScoreScale::new(1.0, 7.0)?, 2)?;
/// let mut flagged = Vec::new();
/// for (session, score) in (1..).zip([5.4, 5.6, 5.7, 5.5, 4.2, 5.3, 5.8]) {
///     flagged.extend(late.update(session, Some(score))?.iter().filter(|it| it.is_flagged).map(|it| it.session));
/// }
/// assert_eq!(flagged, [5]);
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
#[derive(Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(into = "super::stored::StoredLag", try_from = "super::stored::StoredLag")
)]
pub struct LaggedRule {
    pub(super) rule: Rule,
    pub(super) spread: Spread,
    pub(super) scale: ScoreScale,
    pub(super) lag: usize,
    pub(super) scores: Vec<f64>,
    pub(super) span: Option<(i64, i64)>,
}

impl PartialEq for LaggedRule {
    // Missing scores and unknown spreads are NaN.
    fn eq(&self, other: &Self) -> bool {
        let spread = |it: &Spread| [it.pooled_within, it.between, it.first];
        let same = |one: &[f64], other: &[f64]| {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| same_or_both_nan(*one, *other))
        };
        self.rule == other.rule
            && self.scale == other.scale
            && self.lag == other.lag
            && self.span == other.span
            && same(&spread(&self.spread), &spread(&other.spread))
            && same(&self.scores, &other.scores)
    }
}

impl std::fmt::Debug for LaggedRule {
    // Scores are patients' and stay out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LaggedRule").field("rule", &self.rule).field("lag", &self.lag).finish_non_exhaustive()
    }
}

impl LaggedRule {
    /// The rule before a client's first session. `lag`: sessions, held or not, after which a verdict is given.
    ///
    /// # Errors
    ///
    /// `invalid-option` if the unit needs a spread and there is none, and what [`Rule::checked`] says.
    pub fn new(
        rule: &Rule,
        spread: Option<&Spread>,
        scale: ScoreScale,
        lag: usize,
    ) -> Result<Self, RuptureError> {
        let rule = rule.checked()?;
        require_spread(&rule, spread)?;
        let spread = spread.copied().unwrap_or(Spread::UNKNOWN);
        Ok(Self { rule, spread, scale, lag, scores: Vec::new(), span: None })
    }

    /// The rule.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Sessions after which a verdict is given.
    pub fn lag(&self) -> usize {
        self.lag
    }

    /// The last session taken.
    pub fn last_session(&self) -> Option<i64> {
        self.span.map(|(_, last)| last)
    }

    /// The same rule before its first session.
    #[must_use]
    pub fn fresh(&self) -> Self {
        Self { scores: Vec::new(), span: None, ..*self }
    }

    /// Takes the next session and gives the verdicts that are now due: one, or with sessions left out several.
    ///
    /// # Errors
    ///
    /// As for [`LiveRule::update`](super::LiveRule::update); the sessions may span at most 10 000.
    pub fn update(&mut self, session: i64, score: Option<f64>) -> Result<Vec<Verdict>, RuptureError> {
        check_score(score.filter(|score| !score.is_nan()), self.scale)?;
        let (first, _) = next_session(self.span, session)?;
        let position = first.abs_diff(session) as usize;
        if position >= MOST_SESSIONS {
            return Err(RuptureError::SessionSpan { most: MOST_SESSIONS });
        }
        let mut due = Vec::new();
        // A session left out has its turn as a missing one: the verdict must not rest on what came after the lag.
        while self.scores.len() <= position {
            let is_this = self.scores.len() == position;
            self.scores.push(score.filter(|_| is_this).unwrap_or(f64::NAN));
            if let Some(judged) = (self.scores.len() - 1).checked_sub(self.lag) {
                due.extend(self.verdicts(first, judged)?.next());
            }
        }
        self.span = Some((first, session));
        Ok(due)
    }

    /// Ends the series: verdicts on the sessions that had none yet, from all there are.
    pub fn finish(&self) -> Vec<Verdict> {
        let Some((first, _)) = self.span else { return Vec::new() };
        let judged = self.scores.len().saturating_sub(self.lag);
        // Every score was checked when it came, so there is a series.
        self.verdicts(first, judged).map(Iterator::collect).unwrap_or_default()
    }

    /// Verdicts from a position on, given all sessions so far.
    fn verdicts(
        &self,
        first: i64,
        from: usize,
    ) -> Result<impl Iterator<Item = Verdict> + use<>, RuptureError> {
        let series = Series::new(self.scores.clone(), vec![0, self.scores.len()], self.scale)?;
        let found = detect_with(&series, &self.rule, &self.spread, Some(1));
        let sessions = (0_u64..).map(move |position| first.saturating_add_unsigned(position));
        let verdicts =
            sessions.zip(found.reference).zip(found.flagged).map(|((session, reference), is_flagged)| {
                Verdict { session, reference: (!reference.is_nan()).then_some(reference), is_flagged }
            });
        Ok(verdicts.skip(from))
    }
}
