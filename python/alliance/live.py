"""Rules session by session, as forms come in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, Self

from alliance import _native
from alliance.live_events import Event, LiveClient, LiveEpisode, Update
from alliance.rule_names import short_name
from alliance.rules import BelowReference, require_criterion
from alliance.running import RunningRule, direction, read_clinic
from alliance.scores import Scores
from alliance.spread import Spread
from alliance.study import Study, StudyScores

__all__ = ["LiveRule"]


class LiveRule(RunningRule):
    """A rule running on one client, session after session.

    After each session it says what :func:`find_ruptures` says of the sessions so far, in constant time and from a
    small state that can be stored.

    Parameters
    ----------
    rule : BelowReference
        A rule that needs only the past: a reference ``previous``, ``running-mean``, ``running-median``,
        ``running-maximum``, ``("baseline", k)`` or ``("fixed", score)``; a unit ``points`` or ``pomp`` or, with
        ``like``, ``pooled-within-sd``, ``between-person-sd`` or ``("difference-error", reliability)``; gaps bridged or
        breaking the series.
    like : Scores, StudyScores, Study or Spread, optional
        Scores of the clinic, or their :class:`Spread`, for units that pool over clients.
    range : tuple of float, optional
        Lowest and highest item mean; by default that of the form of ``like``.
    higher_is_better : bool
        Which way the measure runs; alliance measures run upwards.
    rater, scale, session_order
        As for :func:`find_ruptures`, where ``like`` are scores.

    Raises
    ------
    AllianceError
        ``not-live`` if the rule needs later sessions, saying which part of it does; :class:`LaggedRule` runs it some
        sessions late. ``invalid-option`` if ``like`` or ``range`` is needed and not given.

    Notes
    -----
    The running median is the one reference that keeps every score; it takes 10 000 sessions.

    Examples
    --------
    >>> import alliance as al
    >>> rule = al.rules.BelowReference(reference="running-mean", unit="points", threshold=1.0)
    >>> live = al.LiveRule(rule, range=(1, 7))
    >>> for session, score in enumerate([5.4, 5.6, 5.7, 5.5, 4.2], start=1):
    ...     update = live.update(session, score)
    >>> update
    <Update flagged, onset>
    >>> live.update(6, 5.8).events[0].episode.resolution
    'repaired'
    """

    __slots__ = ()

    @classmethod
    def _restore(cls, text: str) -> tuple[str | None, Any]:
        return _native.Live.from_json(text)

    def __init__(
        self,
        rule: BelowReference,
        *,
        like: Scores | StudyScores | Study | Spread | None = None,
        range: tuple[float, float] | None = None,
        higher_is_better: bool = True,
        rater: str | None = None,
        scale: str = "total",
        session_order: Sequence[Any] | None = None,
    ) -> None:
        require_criterion(rule)
        spread, ends = read_clinic(like, range, rater, scale, session_order)
        self._rule = rule
        self._state = _native.Live(rule._fields(), ends, direction(higher_is_better), spread)

    @property
    def unit(self) -> float:
        """The rule's unit in points."""
        found: float = self._state.unit()
        return found

    @property
    def so_far(self) -> LiveClient:
        """What a report would say of the client if the sessions so far were all."""
        return LiveClient(*self._state.so_far())

    @property
    def open_episode(self) -> LiveEpisode | None:
        """The episode that is not over yet."""
        facts = self._state.open_episode()
        return None if facts is None else LiveEpisode(*facts)

    def update(self, session: int, score: float | None) -> Update:
        """Take the next session.

        Parameters
        ----------
        session : int
            Its number, above that of the last one. Sessions left out count as missing.
        score : float or None
            The item mean; None or NaN without a form.

        Returns
        -------
        Update
            Whether the session is flagged, and what it brings.

        Raises
        ------
        AllianceError
            ``out-of-order`` for a session that is not after the last one: :meth:`replay` the corrected history;
            ``out-of-range``, ``not-finite``, ``session-span``, ``invalid-option``. Nothing changes then.
        """
        flagged, reference, limit, provisional, events = self._take(session, score)
        found = tuple(_event(*event) for event in events) if events else ()
        return Update(int(session), flagged, reference, limit, provisional, found)

    def replay(self, history: Iterable[tuple[int, float | None]]) -> tuple[Self, tuple[Update, ...]]:
        """Run the rule on a corrected history, for a form that came late or was wrong.

        Parameters
        ----------
        history : iterable of (int, float or None)
            All sessions with their scores, in their order.

        Returns
        -------
        LiveRule
            The rule after the last session; this one stays as it is.
        tuple of Update
            What it says on the way. What was reported before and does not come again is void.

        Raises
        ------
        AllianceError
            What :meth:`update` raises.
        """
        updates: list[Update] = []
        again = self._replay(history, lambda live, session, score: updates.append(live.update(session, score)))
        return again, tuple(updates)

    def finish(
        self, ending: Literal["unknown", "ongoing", "planned-end", "dropout"] = "unknown"
    ) -> tuple[LiveClient, Event | None]:
        """Say how the client's series ends, if it ends now.

        Parameters
        ----------
        ending : {"unknown", "ongoing", "planned-end", "dropout"}
            How: an episode that is still open is censored by it.

        Returns
        -------
        LiveClient
            What a report says of the client.
        Event or None
            An episode that is open now is over, repaired or not. The rule itself stays as it is.
        """
        event = self._state.ending(ending)
        return self.so_far, None if event is None else _event(*event)

    def __repr__(self) -> str:
        found = self.so_far
        return f"<LiveRule {short_name(self.rule)}: {found.observed} sessions observed>"


def _event(kind: str, episode: tuple[Any, ...] | None) -> Event:
    return Event(kind, None if episode is None else LiveEpisode(*episode))
