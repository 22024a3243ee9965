"""What a rule says session by session. None of it shows a score in its repr."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Event", "LiveClient", "LiveEpisode", "Update", "Verdict"]


@dataclass(frozen=True, repr=False)
class LiveEpisode:
    """An episode as it stands.

    Parameters
    ----------
    onset, nadir : int
        First flagged session, and the worst.
    recovery : int or None
        Session of the repair.
    last : int
        Last session that belongs to it so far.
    resolution : str
        open, repaired, unrepaired, censored or not-asked.
    magnitude : float
        Fall from the reference at the onset to the nadir, in points.
    length : int
        Sessions from the onset to the repair or the last session.
    shape : str
        As in the episodes of a :class:`RuptureReport`.
    """

    onset: int
    nadir: int
    recovery: int | None
    last: int
    resolution: str
    magnitude: float
    length: int
    shape: str

    def __repr__(self) -> str:
        return f"<LiveEpisode {self.resolution}>"


@dataclass(frozen=True)
class Event:
    """Something a session brings.

    Parameters
    ----------
    kind : str
        ``flagged``; ``onset``, an episode begins; ``deepened``, it has a new nadir; ``repaired``; ``window-passed``, it
        was not repaired in time; ``run-ended``, where no repair is asked; ``censored``, the series or a stretch of it
        ended first; ``replaced``, this episode takes the place of the one that was over last.
    episode : LiveEpisode or None
        The episode as it stands; None for ``flagged``.
    """

    kind: str
    episode: LiveEpisode | None


@dataclass(frozen=True, repr=False, slots=True)
class Update:
    """What a live rule says about a session.

    Parameters
    ----------
    session : int
        The session.
    is_flagged : bool
        Whether it is flagged.
    reference, limit : float or None
        The level a fall is measured from, and the score one threshold below it, in points of the item mean; None
        without a score or without enough history.
    is_provisional : bool
        Whether fewer sessions were observed so far than the rule asks for: if no more come, flags are void.
    events : tuple of Event
        What the session brings, in order; usually nothing.
    """

    session: int
    is_flagged: bool
    reference: float | None
    limit: float | None
    is_provisional: bool
    events: tuple[Event, ...]

    def __repr__(self) -> str:
        words = ", ".join(event.kind for event in self.events) or "nothing new"
        return f"<Update {words}{', provisional' if self.is_provisional else ''}>"


@dataclass(frozen=True, repr=False)
class LiveClient:
    """What a report would say of the client if the sessions so far were all.

    Parameters
    ----------
    observed, evaluable, flagged : int
        Scored sessions; of these, those that had a reference, and flagged ones.
    client_class : str
        As in the clients of a :class:`RuptureReport`.
    unit : float
        The rule's unit in points.
    """

    observed: int
    evaluable: int
    flagged: int
    client_class: str
    unit: float

    def __repr__(self) -> str:
        return f"<LiveClient {self.client_class}: {self.flagged} of {self.evaluable} sessions flagged>"


@dataclass(frozen=True, repr=False)
class Verdict:
    """What a lagged rule says about a session once the lag has passed.

    Parameters
    ----------
    session : int
        The session.
    reference : float or None
        The level a fall is measured from, if there is one.
    is_flagged : bool
        Whether the session is flagged.
    """

    session: int
    reference: float | None
    is_flagged: bool

    def __repr__(self) -> str:
        return f"<Verdict {'flagged' if self.is_flagged else 'not flagged'}>"
