//! Rules session by session, as forms come in.
//!
//! [`LiveRule`] takes a rule that needs only the past; after each session it says what [`detect_with`](crate::detect_with)
//! says of the sessions so far, in constant time and from a small state. Rules that need the future
//! ([`Rule::is_retrospective`]) are refused; [`LaggedRule`] runs any rule some sessions late.

mod event;
mod lag;
#[cfg(feature = "serde")]
mod stored;

pub use event::{Event, Update};
pub use lag::{LaggedRule, Verdict};
#[cfg(feature = "serde")]
pub(crate) use stored::nan_as_none;

use crate::rule::{Change, Episodes, Levels, unit_in_points};
use crate::series::{MOST_SESSIONS, RANGE_TOLERANCE};
use crate::{
    ClientClass, DyadDetection, Ending, Episode, Gaps, NotAssessed, Reference, Resolution, Rule,
    RuptureError, ScoreScale, Spread, Unit,
};

/// A rule running on one client, session after session.
///
/// References [`Previous`](Reference::Previous), [`RunningMean`](Reference::RunningMean),
/// [`RunningMedian`](Reference::RunningMedian), [`RunningMaximum`](Reference::RunningMaximum),
/// [`Baseline`](Reference::Baseline) and [`Fixed`](Reference::Fixed) are live; so are the units
/// [`Points`](Unit::Points), [`Pomp`](Unit::Pomp) and, with a [`Spread`] estimated elsewhere,
/// [`PooledWithinSd`](Unit::PooledWithinSd), [`BetweenPersonSd`](Unit::BetweenPersonSd) and
/// [`DifferenceError`](Unit::DifferenceError). Missing scores may be bridged or break the series.
///
/// The state holds the last [`fall_sessions`](Rule::fall_sessions) scores and some thirty numbers, however long the
/// therapy. The one exception is the running median, which keeps every unflagged score in order; it therefore takes at
/// most 10 000 sessions (80 kB).
///
/// Two live rules are equal if they are of the same rule and in the same state. With feature `serde` the state can be
/// stored; take a format that keeps every bit of a double (`serde_json` does with its feature `float_roundtrip`).
///
/// ```
/// use alliance_ruptures::live::{Event, LiveRule};
/// use alliance_ruptures::{Reference, Repair, Rule, ScoreScale, Tolerance, Unit};
///
/// let mut rule = Rule::new(Reference::RunningMean, Unit::Points, 1.0)?;
/// rule.repair = Repair::ReturnToPrevious(Tolerance::Points(0.25));
/// let mut live = LiveRule::new(&rule.checked()?, None, ScoreScale::new(1.0, 7.0)?)?;
/// for (session, score) in (1..).zip([5.4, 5.6, 5.7, 5.5]) {
///     assert!(!live.update(session, Some(score))?.is_flagged);
/// }
/// let update = live.update(5, Some(4.2))?;
/// assert!(update.is_flagged);
/// assert!(update.events().any(|event| matches!(event, Event::Onset(_))));
/// let update = live.update(6, Some(5.3))?;
/// assert!(update.events().any(|event| matches!(event, Event::Repaired(_))));
/// # Ok::<(), alliance_ruptures::RuptureError>(())
/// ```
#[derive(Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(into = "stored::Stored", try_from = "stored::Stored"))]
pub struct LiveRule {
    rule: Rule,
    scale: ScoreScale,
    unit: f64,
    levels: Levels,
    episodes: Episodes,
    /// First and last session taken, missing ones too.
    span: Option<(i64, i64)>,
    counts: Counts,
}

/// What has been counted so far.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Counts {
    observed: usize,
    evaluable: usize,
    flagged: usize,
    episodes: usize,
    repaired: usize,
    unrepaired: usize,
}

impl Counts {
    fn take(&mut self, change: Change) {
        let ended = match change {
            Change::Nothing => return,
            Change::Finished(episode) => {
                self.episodes += 1;
                episode.resolution
            }
            Change::Replaced(episode) => {
                // Only an episode that was left unrepaired can be replaced.
                self.unrepaired = self.unrepaired.saturating_sub(1);
                episode.resolution
            }
        };
        self.repaired += usize::from(ended == Resolution::Repaired);
        self.unrepaired += usize::from(ended == Resolution::Unrepaired);
    }
}

impl std::fmt::Debug for LiveRule {
    // The state holds a patient's scores, which stay out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveRule")
            .field("rule", &self.rule)
            .field("observed", &self.counts.observed)
            .finish_non_exhaustive()
    }
}

impl LiveRule {
    /// The rule before a client's first session.
    ///
    /// `spread`: for units that pool over clients, from data seen before, such as those of the clinic.
    ///
    /// # Errors
    ///
    /// `not-live` if the rule needs later sessions; `invalid-option` if the unit needs a spread and that is not given
    /// or not above 0, and what [`Rule::checked`] says.
    pub fn new(rule: &Rule, spread: Option<&Spread>, scale: ScoreScale) -> Result<Self, RuptureError> {
        let rule = rule.checked()?;
        if let Some(reason) = needs_the_future(&rule) {
            return Err(RuptureError::NotLive { reason });
        }
        require_spread(&rule, spread)?;
        let unit = unit_in_points(&rule, &[], spread.unwrap_or(&Spread::UNKNOWN), scale, &mut Vec::new());
        if !unit.is_finite() {
            let problem = "the unit of the rule must be a finite number of points above 0".into();
            return Err(RuptureError::InvalidOption { option: "unit", problem });
        }
        Ok(Self::started(rule, scale, unit))
    }

    fn started(rule: Rule, scale: ScoreScale, unit: f64) -> Self {
        Self {
            rule,
            scale,
            unit,
            levels: Levels::online(&rule, scale.orientation),
            episodes: Episodes::new(&rule.episode_rule(), scale.orientation, unit),
            span: None,
            counts: Counts::default(),
        }
    }

    /// The rule.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Length of the rule's unit in points.
    pub fn unit(&self) -> f64 {
        self.unit
    }

    /// The last session taken.
    pub fn last_session(&self) -> Option<i64> {
        self.span.map(|(_, last)| last)
    }

    /// The session at a position of an [`Episode`]: positions count from 0 at the first session taken.
    pub fn session_at(&self, position: usize) -> Option<i64> {
        let (first, last) = self.span?;
        let session = first.checked_add_unsigned(position as u64)?;
        (session <= last).then_some(session)
    }

    /// The episode that is not over yet; its resolution is open whatever it says.
    pub fn open_episode(&self) -> Option<&Episode> {
        self.episodes.current()
    }

    /// Takes the next session: its number and its score, `None` or NaN if there is none.
    ///
    /// Sessions left out since the last one count as missing. Nothing changes on an error. A session that was not held is
    /// no session of the series: number those that were, or, if gaps [break](Gaps::Break) it, a missed visit looks
    /// like a missing form.
    ///
    /// # Errors
    ///
    /// `out-of-order` if the session is not after the last one: [`replay`](Self::replay) the corrected history;
    /// `session-span` if 10 000 sessions or more are left out, or with a running median if the sessions span more than
    /// 10 000; `not-finite` or `out-of-range` for scores that are.
    pub fn update(&mut self, session: i64, score: Option<f64>) -> Result<Update, RuptureError> {
        let score = score.filter(|score| !score.is_nan());
        check_score(score, self.scale)?;
        let (first, skips) = next_session(self.span, session)?;
        let span = first.abs_diff(session);
        if self.rule.reference == Reference::RunningMedian && span >= MOST_SESSIONS as u64 {
            return Err(RuptureError::SessionSpan { most: MOST_SESSIONS });
        }
        self.span = Some((first, session));
        let mut update = Update::new(session, span as usize);
        // Gaps of one session and of many are the same to a rule that is live.
        if skips || score.is_none() {
            self.levels.miss();
            let change = self.episodes.miss();
            self.counts.take(change);
            update.push_closed(change);
        }
        if let Some(score) = score {
            self.observe(score, &mut update);
        }
        update.is_provisional = !self.is_assessed();
        Ok(update)
    }

    fn observe(&mut self, score: f64, update: &mut Update) {
        let position = update.position;
        let reference = self.levels.at(position);
        let fall = self.scale.orientation.fall(reference, score);
        let can_be_flagged = !reference.is_nan();
        let is_flagged = can_be_flagged && self.rule.is_reached(fall, self.unit);
        self.levels.observe(score, is_flagged);
        let nadir = self.episodes.current().map(|episode| episode.nadir);
        let change = self.episodes.observe(position, score, reference, is_flagged);
        self.counts.observed += 1;
        self.counts.evaluable += usize::from(can_be_flagged);
        self.counts.flagged += usize::from(is_flagged);
        self.counts.take(change);
        if can_be_flagged {
            let limit = self.scale.orientation.worse_by(reference, self.rule.threshold * self.unit);
            (update.reference, update.limit) = (Some(reference), Some(limit));
        }
        update.is_flagged = is_flagged;
        if is_flagged {
            update.push(Event::Flagged);
        }
        match (change, nadir, self.episodes.current()) {
            (Change::Nothing, None, Some(episode)) => update.push(Event::Onset(*episode)),
            (Change::Nothing, Some(before), Some(episode)) if episode.nadir != before => {
                update.push(Event::Deepened(*episode));
            }
            _ => update.push_closed(change),
        }
    }

    /// Whether as many sessions were observed as the rule asks for.
    fn is_assessed(&self) -> bool {
        self.counts.observed >= usize::from(self.rule.least_sessions)
    }

    /// What a batch would say of the client if the sessions so far were all.
    pub fn so_far(&self) -> DyadDetection {
        let Counts { observed, evaluable, flagged, .. } = self.counts;
        if !self.is_assessed() {
            let class = ClientClass::NotAssessed;
            let needed = usize::from(self.rule.least_sessions);
            let not_assessed = Some(NotAssessed::TooFewSessions { observed, needed });
            return DyadDetection {
                observed,
                evaluable: 0,
                flagged: 0,
                unit: self.unit,
                class,
                not_assessed,
            };
        }
        let mut counts = self.counts;
        // The episodes of a rule are a few numbers: ending a copy of them is cheap.
        counts.take(self.episodes.clone().finish(Ending::Unknown));
        let class = if evaluable > 0 {
            ClientClass::of_counts(counts.episodes, counts.repaired, counts.unrepaired)
        } else {
            ClientClass::NotAssessed
        };
        let not_assessed = (evaluable == 0).then_some(NotAssessed::NoReference);
        DyadDetection { observed, evaluable, flagged, unit: self.unit, class, not_assessed }
    }

    /// Ends the client's series, in this way: an episode that is still open is over.
    ///
    /// Below [`least_sessions`](Rule::least_sessions) the client is not assessed, and no earlier event counts.
    pub fn finish(mut self, ending: Ending) -> (DyadDetection, Option<Event>) {
        let found = self.so_far();
        (found, Event::closing(self.episodes.finish(ending)))
    }

    /// The same rule before its first session.
    #[must_use]
    pub fn fresh(&self) -> Self {
        Self::started(self.rule, self.scale, self.unit)
    }

    /// The rule after a corrected history, in order of sessions; `each` sees every update on the way.
    ///
    /// For a form that came late or was corrected: events that were reported before and do not come again are void.
    ///
    /// # Errors
    ///
    /// What [`update`](Self::update) says, at the first session it refuses.
    pub fn replay(
        &self,
        history: impl IntoIterator<Item = (i64, Option<f64>)>,
        mut each: impl FnMut(&Update),
    ) -> Result<Self, RuptureError> {
        let mut again = self.fresh();
        for (session, score) in history {
            each(&again.update(session, score)?);
        }
        Ok(again)
    }
}

/// What a rule needs of sessions that have not happened yet, if anything.
fn needs_the_future(rule: &Rule) -> Option<&'static str> {
    if matches!(rule.reference, Reference::PersonMean | Reference::PersonMedian | Reference::Trend) {
        Some("its reference is estimated from the whole series; take a running one, or a fixed lag")
    } else if rule.gaps == Gaps::Interpolate {
        Some("interpolating a missing score needs the next one; bridge or break, or take a fixed lag")
    } else if rule.is_retrospective() {
        Some("its unit is estimated from the whole series; take points or a pooled unit, or a fixed lag")
    } else {
        None
    }
}

/// Refuses a rule whose unit pools over clients if there is no spread to take it from.
fn require_spread(rule: &Rule, spread: Option<&Spread>) -> Result<(), RuptureError> {
    let (named, value): (_, fn(&Spread) -> f64) = match rule.unit {
        Unit::PooledWithinSd | Unit::ShrunkenSd | Unit::StricterOfOwnAndPooled => {
            ("pooled_within", |spread| spread.pooled_within)
        }
        Unit::BetweenPersonSd => ("between", |spread| spread.between),
        Unit::DifferenceError(_) => ("first", |spread| spread.first),
        _ => return Ok(()),
    };
    if spread.map(value).is_some_and(|value| value.is_finite() && value > 0.0) {
        return Ok(());
    }
    let problem =
        format!("the unit of this rule needs a spread from other data with `{named}` finite and above 0");
    Err(RuptureError::InvalidOption { option: "spread", problem })
}

fn check_score(score: Option<f64>, scale: ScoreScale) -> Result<(), RuptureError> {
    let Some(score) = score else { return Ok(()) };
    if score.is_infinite() {
        return Err(RuptureError::NotFinite { rows: vec![0], count: 1 });
    }
    if (scale.lowest - RANGE_TOLERANCE..=scale.highest + RANGE_TOLERANCE).contains(&score) {
        return Ok(());
    }
    let (lowest, highest) = (scale.lowest.to_string(), scale.highest.to_string());
    Err(RuptureError::OutOfRange { rows: vec![0], count: 1, lowest, highest })
}

/// The first session of all, and whether any is left out before this one.
fn next_session(span: Option<(i64, i64)>, session: i64) -> Result<(i64, bool), RuptureError> {
    let Some((first, last)) = span else { return Ok((session, false)) };
    if session <= last {
        return Err(RuptureError::OutOfOrder);
    }
    let step = last.abs_diff(session);
    if step > MOST_SESSIONS as u64 {
        return Err(RuptureError::SessionSpan { most: MOST_SESSIONS });
    }
    Ok((first, step > 1))
}
