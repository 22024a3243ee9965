//! From flagged sessions to episodes with onset, nadir and repair.

use super::{Gaps, Overlap, Repair, Tolerance, same_or_both_nan};
use crate::{Ending, Orientation, RuptureError};

/// Scores are sums divided by counts: allow for their rounding, far below any step of a scale.
const ROUNDING: f64 = 1e-9;

/// What makes episodes of flagged sessions, whatever flagged them.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct EpisodeRule {
    /// What counts as repair.
    pub repair: Repair,
    /// Observed sessions after the nadir within which the repair must come; `None` for all that are left. An episode
    /// without a repair at the end of the series is then unrepaired, unless it began in the last session.
    pub repair_window: Option<u16>,
    /// Whether a session without a score ends an episode as censored ([`Gaps::Break`]) or not.
    pub gaps: Gaps,
    /// What becomes of episodes without a repair between them.
    pub overlap: Overlap,
}

impl Default for EpisodeRule {
    /// Back to the reference within three sessions; gaps are bridged, episodes without a repair between them are one.
    fn default() -> Self {
        Self {
            repair: Repair::ReturnToReference(Tolerance::Points(0.0)),
            repair_window: Some(3),
            gaps: Gaps::Bridge,
            overlap: Overlap::Merge,
        }
    }
}

impl EpisodeRule {
    /// The rule itself if its fields are within their ranges.
    ///
    /// # Errors
    ///
    /// `invalid-option` naming the field and what is allowed.
    pub fn checked(self) -> Result<Self, RuptureError> {
        let require = |holds: bool, option: &'static str, problem: &str| {
            if holds { Ok(()) } else { Err(RuptureError::InvalidOption { option, problem: problem.into() }) }
        };
        require(self.repair_window != Some(0), "repair_window", "the window has at least one session")?;
        let tolerance = |tolerance: Tolerance| match tolerance {
            Tolerance::Points(size) | Tolerance::Units(size) => size.is_finite() && size >= 0.0,
        };
        match self.repair {
            Repair::NotAsked | Repair::Reversal => Ok(()),
            Repair::ReturnToPrevious(near) | Repair::ReturnToReference(near) => {
                require(tolerance(near), "repair", "a tolerance is finite and not negative")
            }
            Repair::RegainShare(share) => {
                require(share > 0.0 && share <= 1.0, "repair", "the share to regain is above 0 and at most 1")
            }
            Repair::Rise(units) => {
                require(units.is_finite() && units > 0.0, "repair", "the rise is finite and above 0")
            }
        }?;
        Ok(self)
    }
}

/// Whether and how an episode ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Resolution {
    /// Repaired within the window.
    Repaired,
    /// The window passed without a repair.
    Unrepaired,
    /// The series, or an unbroken stretch of it, ended before the window did.
    Censored(Censoring),
    /// The rule asks for no repair.
    NotAsked,
}

impl Resolution {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Repaired => "repaired",
            Self::Unrepaired => "unrepaired",
            Self::Censored(censoring) => censoring.as_str(),
            Self::NotAsked => "not-asked",
        }
    }
}

/// By what an episode was censored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Censoring {
    /// A session without a score, under [`Gaps::Break`].
    Gap,
    /// The end of the series.
    End(Ending),
}

impl Censoring {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gap => "censored-gap",
            Self::End(Ending::Unknown) => "censored",
            Self::End(Ending::Ongoing) => "censored-ongoing",
            Self::End(Ending::PlannedEnd) => "censored-planned-end",
            Self::End(Ending::DroppedOut) => "censored-dropout",
        }
    }
}

/// The shape of an episode, by how many sessions the fall and the repair took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Shape {
    /// Down in one session, back in one.
    V,
    /// Down over several sessions, back in one.
    SlowFall,
    /// Down in one session, back over several.
    SlowRepair,
    /// Down and back over several sessions.
    SlowBoth,
    /// Never back.
    Open,
}

impl Shape {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V => "v",
            Self::SlowFall => "slow-fall",
            Self::SlowRepair => "slow-repair",
            Self::SlowBoth => "slow-both",
            Self::Open => "open",
        }
    }
}

/// A rupture: a fall with what became of it. Sessions are positions within the client's series, from 0.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Episode {
    /// First flagged session.
    pub onset: usize,
    /// Worst session, the earliest on ties.
    pub nadir: usize,
    /// First session that fulfils the repair criterion, if one does within the window.
    pub recovery: Option<usize>,
    /// Last session that belongs to the episode; with a repair, the one of the repair.
    pub last: usize,
    /// Whether and how it ended.
    pub resolution: Resolution,
    /// Fall from the reference at the onset to the nadir, in points.
    pub magnitude: f64,
}

impl Episode {
    /// Sessions from the onset to the repair, or to the last session of the episode, both counted but the repair.
    pub fn length(&self) -> usize {
        self.recovery.map_or(self.last + 1 - self.onset, |recovery| recovery - self.onset)
    }

    /// Shape of the episode.
    pub fn shape(&self) -> Shape {
        let Some(recovery) = self.recovery else { return Shape::Open };
        match (self.nadir > self.onset, recovery - self.nadir > 1) {
            (false, false) => Shape::V,
            (true, false) => Shape::SlowFall,
            (false, true) => Shape::SlowRepair,
            (true, true) => Shape::SlowBoth,
        }
    }
}

/// What a client's episodes say together (after Larsson et al. 2018, with mixed courses apart).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClientClass {
    /// The series does not allow a verdict.
    NotAssessed,
    /// No episode.
    NoRupture,
    /// Every episode that could end was repaired.
    Repaired,
    /// Every episode that could end was left unrepaired.
    Unrepaired,
    /// Some were repaired and some were not.
    Mixed,
    /// No episode could end before the series did, or the rule asks for no repair.
    Undecided,
}

impl ClientClass {
    /// All classes.
    pub const ALL: [Self; 6] =
        [Self::NoRupture, Self::Repaired, Self::Unrepaired, Self::Mixed, Self::Undecided, Self::NotAssessed];

    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotAssessed => "not-assessed",
            Self::NoRupture => "no-rupture",
            Self::Repaired => "repaired",
            Self::Unrepaired => "unrepaired",
            Self::Mixed => "mixed",
            Self::Undecided => "undecided",
        }
    }

    pub(crate) fn of(episodes: &[Episode]) -> Self {
        let count = |wanted| episodes.iter().filter(|episode| episode.resolution == wanted).count();
        Self::of_counts(episodes.len(), count(Resolution::Repaired), count(Resolution::Unrepaired))
    }

    pub(crate) fn of_counts(episodes: usize, repaired: usize, unrepaired: usize) -> Self {
        match (repaired, unrepaired) {
            _ if episodes == 0 => Self::NoRupture,
            (0, 0) => Self::Undecided,
            (_, 0) => Self::Repaired,
            (0, _) => Self::Unrepaired,
            _ => Self::Mixed,
        }
    }
}

/// An episode that is not over yet.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Open {
    episode: Episode,
    reference: f64,
    /// Last observed score before the onset, else the reference.
    before: f64,
    onset_score: f64,
    nadir_score: f64,
    /// Observed sessions since the nadir.
    waited: u16,
}

/// Turns one client's sessions into episodes, one session at a time.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Episodes {
    rule: EpisodeRule,
    orientation: Orientation,
    unit: f64,
    open: Option<Open>,
    /// The last unrepaired episode, until some session comes back to where it started.
    unfinished: Option<Open>,
    #[cfg_attr(feature = "serde", serde(with = "crate::live::nan_as_none"))]
    previous: f64,
}

/// What a session did to the episodes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Change {
    /// Nothing was finished.
    Nothing,
    /// This episode is over.
    Finished(Episode),
    /// This episode takes the place of the one finished last.
    Replaced(Episode),
}

// A score that is not there yet equals another.
impl PartialEq for Episodes {
    fn eq(&self, other: &Self) -> bool {
        self.fits(&other.rule, other.orientation, other.unit)
            && self.open == other.open
            && self.unfinished == other.unfinished
            && same_or_both_nan(self.previous, other.previous)
    }
}

impl Episodes {
    pub(crate) fn new(rule: &EpisodeRule, orientation: Orientation, unit: f64) -> Self {
        Self { rule: *rule, orientation, unit, open: None, unfinished: None, previous: f64::NAN }
    }

    pub(crate) fn observe(
        &mut self,
        position: usize,
        score: f64,
        reference: f64,
        is_flagged: bool,
    ) -> Change {
        let before = self.previous;
        self.previous = score;
        if self.rule.repair == Repair::NotAsked {
            return self.observe_run(position, score, reference, is_flagged);
        }
        if let Some(open) = self.open {
            return self.go_on(open, position, score);
        }
        if let Some(unfinished) = self.unfinished
            && self.is_repaired(&unfinished, score)
        {
            self.unfinished = None;
        }
        if !is_flagged {
            return Change::Nothing;
        }
        match (self.unfinished, self.rule.overlap) {
            (Some(_), Overlap::First) => Change::Nothing,
            (Some(mut unfinished), Overlap::Merge) => {
                unfinished.episode.last = position;
                self.deepen(&mut unfinished, position, score);
                self.unfinished = Some(unfinished);
                Change::Replaced(unfinished.episode)
            }
            _ => {
                self.open = Some(self.begin(position, score, reference, before));
                Change::Nothing
            }
        }
    }

    /// The episode that is not over yet.
    pub(crate) fn current(&self) -> Option<&Episode> {
        self.open.as_ref().map(|open| &open.episode)
    }

    /// The last unrepaired episode while it can still be extended or replaced.
    #[cfg(feature = "serde")]
    pub(crate) fn unfinished(&self) -> Option<&Episode> {
        self.unfinished.as_ref().map(|open| &open.episode)
    }

    /// Whether these are episodes of such a rule: a state that was stored says what it likes.
    pub(crate) fn fits(&self, rule: &EpisodeRule, orientation: Orientation, unit: f64) -> bool {
        self.rule == *rule
            && self.orientation == orientation
            && self.unit == unit
            && self.open.is_none_or(|open| !self.has_passed(&open))
    }

    /// Whether the window for the repair has passed.
    fn has_passed(&self, open: &Open) -> bool {
        self.rule.repair_window.is_some_and(|window| open.waited >= window)
    }

    /// Takes note of a session without a score.
    pub(crate) fn miss(&mut self) -> Change {
        if self.rule.gaps != Gaps::Break {
            return Change::Nothing;
        }
        self.previous = f64::NAN;
        self.censor(Censoring::Gap)
    }

    /// The series is over: an episode that is still open is censored.
    pub(crate) fn finish(&mut self, ending: Ending) -> Change {
        self.censor(Censoring::End(ending))
    }

    fn censor(&mut self, by: Censoring) -> Change {
        let Some(mut open) = self.open.take() else { return Change::Nothing };
        if self.rule.repair != Repair::NotAsked {
            // Without a window, every session there was could have brought the repair.
            let was_observed = self.rule.repair_window.is_none() && open.episode.last > open.episode.onset;
            open.episode.resolution =
                if was_observed { Resolution::Unrepaired } else { Resolution::Censored(by) };
        }
        self.close(open)
    }

    fn begin(&self, position: usize, score: f64, reference: f64, before: f64) -> Open {
        let episode = Episode {
            onset: position,
            nadir: position,
            recovery: None,
            last: position,
            resolution: Resolution::NotAsked,
            magnitude: self.orientation.fall(reference, score),
        };
        let before = if before.is_nan() { reference } else { before };
        Open { episode, reference, before, onset_score: score, nadir_score: score, waited: 0 }
    }

    /// Moves the nadir if the score is worse than it was.
    fn deepen(&self, open: &mut Open, position: usize, score: f64) -> bool {
        if self.orientation.fall(open.nadir_score, score) <= 0.0 {
            return false;
        }
        open.nadir_score = score;
        open.episode.nadir = position;
        open.episode.magnitude = self.orientation.fall(open.reference, score);
        true
    }

    fn go_on(&mut self, mut open: Open, position: usize, score: f64) -> Change {
        open.episode.last = position;
        if self.is_repaired(&open, score) {
            open.episode.recovery = Some(position);
            open.episode.resolution = Resolution::Repaired;
            self.open = None;
            return self.close(open);
        }
        open.waited = if self.deepen(&mut open, position, score) { 0 } else { open.waited.saturating_add(1) };
        if self.has_passed(&open) {
            open.episode.resolution = Resolution::Unrepaired;
            self.open = None;
            return self.close(open);
        }
        self.open = Some(open);
        Change::Nothing
    }

    /// Runs of flagged sessions, where no repair is asked.
    fn observe_run(&mut self, position: usize, score: f64, reference: f64, is_flagged: bool) -> Change {
        match (self.open.take(), is_flagged) {
            (None, false) => Change::Nothing,
            (None, true) => {
                self.open = Some(self.begin(position, score, reference, f64::NAN));
                Change::Nothing
            }
            (Some(mut open), true) => {
                open.episode.last = position;
                // A running reference may differ from session to session: the onset's counts.
                self.deepen(&mut open, position, score);
                self.open = Some(open);
                Change::Nothing
            }
            (Some(open), false) => Change::Finished(open.episode),
        }
    }

    /// Decides what a finished episode means for the one before it.
    fn close(&mut self, open: Open) -> Change {
        let earlier = self.unfinished;
        let is_unrepaired = open.episode.resolution == Resolution::Unrepaired;
        match earlier {
            Some(earlier) if self.rule.overlap == Overlap::Deepest => {
                let deepest = if open.episode.magnitude > earlier.episode.magnitude { open } else { earlier };
                self.unfinished = is_unrepaired.then_some(deepest);
                Change::Replaced(deepest.episode)
            }
            _ => {
                self.unfinished = is_unrepaired.then_some(open);
                Change::Finished(open.episode)
            }
        }
    }

    fn is_repaired(&self, open: &Open, score: f64) -> bool {
        let fall = |level: f64| self.orientation.fall(level, score);
        let within = |level: f64, tolerance: Tolerance| {
            let room = match tolerance {
                Tolerance::Points(points) => points,
                Tolerance::Units(units) => units * self.unit,
            };
            fall(level) <= room + ROUNDING
        };
        let regained = -fall(open.nadir_score);
        match self.rule.repair {
            Repair::NotAsked => false,
            Repair::ReturnToPrevious(tolerance) => within(open.before, tolerance),
            Repair::ReturnToReference(tolerance) => within(open.reference, tolerance),
            Repair::RegainShare(share) => regained >= share * open.episode.magnitude - ROUNDING,
            Repair::Rise(units) => regained >= units * self.unit - ROUNDING,
            Repair::Reversal => fall(f64::midpoint(open.before, open.onset_score)) < -ROUNDING,
        }
    }
}
