"""Rules some sessions late."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Self

from alliance import _native
from alliance.errors import from_code
from alliance.live_events import Verdict
from alliance.rule_names import short_name
from alliance.rules import BelowReference, require_criterion
from alliance.running import RunningRule, direction, read_clinic
from alliance.scores import Scores
from alliance.spread import Spread
from alliance.study import Study, StudyScores

__all__ = ["LaggedRule"]


class LaggedRule(RunningRule):
    """A rule that looks a fixed number of sessions ahead: how a retrospective rule can run on one client.

    The verdict on a session is what the rule says of it given the sessions up to ``lag`` later, and is then final. A
    report over the longer series may say otherwise, because references and units of the whole series move on.

    Parameters
    ----------
    rule : BelowReference
        Any rule.
    lag : int
        Sessions, held or not, after which a verdict is given.
    like, range, higher_is_better, rater, scale, session_order
        As for :class:`LiveRule`; ``like`` is needed for ``shrunken-sd`` and ``stricter-of-own-and-pooled`` too.

    Raises
    ------
    AllianceError
        ``invalid-option`` if ``like`` or ``range`` is needed and not given.

    Notes
    -----
    It keeps the client's scores, at most 10 000 sessions, and an update takes time in proportion to them.

    Examples
    --------
    >>> import alliance as al
    >>> rule = al.rules.BelowReference(reference="person-mean", unit="points", threshold=1.0)
    >>> late = al.LaggedRule(rule, 2, range=(1, 7))
    >>> scores = [5.4, 5.6, 5.7, 5.5, 4.2, 5.3, 5.8]
    >>> verdicts = [verdict for session, score in enumerate(scores, 1) for verdict in late.update(session, score)]
    >>> [verdict.session for verdict in verdicts if verdict.is_flagged]
    [5]
    """

    __slots__ = ()

    @classmethod
    def _restore(cls, text: str) -> tuple[str | None, Any]:
        return _native.Lagged.from_json(text)

    def __init__(
        self,
        rule: BelowReference,
        lag: int,
        *,
        like: Scores | StudyScores | Study | Spread | None = None,
        range: tuple[float, float] | None = None,
        higher_is_better: bool = True,
        rater: str | None = None,
        scale: str = "total",
        session_order: Sequence[Any] | None = None,
    ) -> None:
        require_criterion(rule)
        if isinstance(lag, bool) or not isinstance(lag, int) or not 0 <= lag < 2**31:
            raise from_code("invalid-option", "lag: give a whole number of sessions, 0 or more")
        spread, ends = read_clinic(like, range, rater, scale, session_order)
        self._rule = rule
        self._state = _native.Lagged(rule._fields(), lag, ends, direction(higher_is_better), spread)

    @property
    def lag(self) -> int:
        """Sessions after which a verdict is given."""
        found: int = self._state.lag()
        return found

    def update(self, session: int, score: float | None) -> tuple[Verdict, ...]:
        """Take the next session and give the verdicts that are now due.

        Parameters
        ----------
        session : int
            Its number, above that of the last one. Sessions left out have their turn as missing ones.
        score : float or None
            The item mean; None or NaN without a form.

        Returns
        -------
        tuple of Verdict
            None before the lag has passed, then one, or with sessions left out several.

        Raises
        ------
        AllianceError
            As for :meth:`LiveRule.update`.
        """
        return tuple(Verdict(*facts) for facts in self._take(session, score))

    def replay(self, history: Iterable[tuple[int, float | None]]) -> tuple[Self, tuple[Verdict, ...]]:
        """Run the rule on a corrected history, for a form that came late or was wrong.

        Parameters
        ----------
        history : iterable of (int, float or None)
            All sessions with their scores, in their order.

        Returns
        -------
        LaggedRule
            The rule after the last session; this one stays as it is.
        tuple of Verdict
            The verdicts on the way.

        Raises
        ------
        AllianceError
            What :meth:`update` raises.
        """
        verdicts: list[Verdict] = []
        again = self._replay(history, lambda late, session, score: verdicts.extend(late.update(session, score)))
        return again, tuple(verdicts)

    def finish(self) -> tuple[Verdict, ...]:
        """Give the verdicts that are not due yet, from the sessions there are.

        Returns
        -------
        tuple of Verdict
            On the last sessions, as many as the lag. The rule itself stays as it is.
        """
        return tuple(Verdict(*facts) for facts in self._state.finish())

    def __repr__(self) -> str:
        return f"<LaggedRule {short_name(self.rule)}, {self.lag} sessions late>"
