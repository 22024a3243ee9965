//! What a session brings.

use crate::rule::Change;
use crate::{Episode, Resolution};

/// Most events of one session: an episode cut short by a gap, a flag, and what the flag does.
const MOST_EVENTS: usize = 3;

/// Something a session brings.
///
/// Positions within an [`Episode`] count from 0 at the first session taken;
/// [`LiveRule::session_at`](super::LiveRule::session_at) gives the session.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// The session is flagged. Not every flag begins an episode: one may be open, or overlap with the one before.
    Flagged,
    /// An episode begins.
    Onset(Episode),
    /// The open episode has a new, worse nadir.
    Deepened(Episode),
    /// The open episode is over, repaired within the window.
    Repaired(Episode),
    /// The open episode is over: the window passed without a repair.
    WindowPassed(Episode),
    /// A run of flagged sessions is over; the rule asks for no repair.
    RunEnded(Episode),
    /// The open episode is over because the series, or an unbroken stretch of it, is.
    Censored(Episode),
    /// This episode takes the place of the one that was over last, as the rule's [`Overlap`](crate::Overlap) says.
    Replaced(Episode),
}

impl Event {
    /// The word used in tables.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Flagged => "flagged",
            Self::Onset(_) => "onset",
            Self::Deepened(_) => "deepened",
            Self::Repaired(_) => "repaired",
            Self::WindowPassed(_) => "window-passed",
            Self::RunEnded(_) => "run-ended",
            Self::Censored(_) => "censored",
            Self::Replaced(_) => "replaced",
        }
    }

    /// The episode it is about, as it stands.
    pub fn episode(&self) -> Option<&Episode> {
        match self {
            Self::Flagged => None,
            Self::Onset(episode)
            | Self::Deepened(episode)
            | Self::Repaired(episode)
            | Self::WindowPassed(episode)
            | Self::RunEnded(episode)
            | Self::Censored(episode)
            | Self::Replaced(episode) => Some(episode),
        }
    }

    pub(super) fn closing(change: Change) -> Option<Self> {
        match change {
            Change::Nothing => None,
            Change::Replaced(episode) => Some(Self::Replaced(episode)),
            Change::Finished(episode) => Some(match episode.resolution {
                Resolution::Repaired => Self::Repaired(episode),
                Resolution::Unrepaired => Self::WindowPassed(episode),
                Resolution::Censored(_) => Self::Censored(episode),
                Resolution::NotAsked => Self::RunEnded(episode),
            }),
        }
    }
}

/// What a live rule says about a session.
#[derive(Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Update {
    /// The session.
    pub session: i64,
    /// Its position, counted from 0 at the first session taken.
    pub position: usize,
    /// The level from which a fall is measured; `None` without a score or without enough history.
    pub reference: Option<f64>,
    /// The score that is one threshold worse than the reference.
    pub limit: Option<f64>,
    /// Whether the session is flagged.
    pub is_flagged: bool,
    /// Whether fewer sessions were observed so far than the rule's [`least_sessions`](crate::Rule::least_sessions):
    /// if no more come, the client is not assessed and flags are void.
    pub is_provisional: bool,
    events: [Option<Event>; MOST_EVENTS],
}

impl std::fmt::Debug for Update {
    // Reference and limit are near a patient's scores, which stay out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words = self.events().map(Event::as_str).collect::<Vec<_>>();
        f.debug_struct("Update")
            .field("position", &self.position)
            .field("events", &words)
            .finish_non_exhaustive()
    }
}

impl Update {
    pub(super) fn new(session: i64, position: usize) -> Self {
        Self {
            session,
            position,
            reference: None,
            limit: None,
            is_flagged: false,
            is_provisional: false,
            events: [None; MOST_EVENTS],
        }
    }

    /// What the session brings, in order; usually nothing.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.events.iter().flatten()
    }

    pub(super) fn push(&mut self, event: Event) {
        if let Some(free) = self.events.iter_mut().find(|place| place.is_none()) {
            *free = Some(event);
        }
    }

    pub(super) fn push_closed(&mut self, change: Change) {
        if let Some(event) = Event::closing(change) {
            self.push(event);
        }
    }
}
