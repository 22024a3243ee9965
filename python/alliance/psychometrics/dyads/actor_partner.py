"""Actor and partner effects: who follows whom from one session to the next."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from alliance import _native
from alliance.arguments import number
from alliance.errors import from_code
from alliance.instruments import Instrument
from alliance.psychometrics.dyads.pairs import Pairs, read_pairs
from alliance.psychometrics.estimate import Estimate
from alliance.psychometrics.result import Result

__all__ = ["ActorPartner", "Influence", "actor_partner"]


class Influence(NamedTuple):
    """What one rater's later rating owes to both earlier ones.

    Parameters
    ----------
    intercept : Estimate
        Expected rating where both earlier ratings are 0, or at their dyad's mean where all steps count.
    actor : Estimate
        On the own earlier rating.
    partner : Estimate
        On the partner's earlier rating.
    r_squared : float
        Share of variance explained, within dyads where all steps count; NaN where undefined.
    """

    intercept: Estimate
    actor: Estimate
    partner: Estimate
    r_squared: float


@dataclass(frozen=True, eq=False, repr=False)
class ActorPartner(Result):
    """Actor and partner effects. Made by :func:`actor_partner`.

    Parameters
    ----------
    first, second : str
        The raters.
    of_first, of_second : Influence
        What the first's, and the second's, later rating owes to both earlier ones.
    residual_correlation : Estimate
        Correlation of what is unexplained in both.
    steps : str
        ``two-sessions``, or ``all`` steps from a session to the next.
    confidence : float
        Confidence of the intervals.
    """

    first: str
    second: str
    of_first: Influence
    of_second: Influence
    residual_correlation: Estimate
    steps: str
    confidence: float
    _forms: tuple[Instrument, ...]
    _described: str
    _kind: Any

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """All estimates, by name: ``client_actor`` and so on, with the raters' names."""
        found = {
            f"{name}_{part}": getattr(influence, part)
            for name, influence in ((self.first, self.of_first), (self.second, self.of_second))
            for part in ("intercept", "actor", "partner")
        }
        return {**found, "residual_correlation": self.residual_correlation}

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The forms, where they are known."""
        return self._forms

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of this result should know."""
        own = (
            (
                "In short series actor effects within dyads are too low, by about (1 + effect) / (sessions - 1), and a "
                "trend of both ratings looks like influence.",
            )
            if self.steps == "all"
            else ("Differences of level between dyads are part of these effects.",)
        )
        return (*own, *super().notes)

    @property
    def _title(self) -> str:
        return f"Actor and partner effects of {self.first} and {self.second}"

    @property
    def _line(self) -> str:
        actor = self.of_first.actor
        return f"{actor.units} dyads, {actor.rows_used} {'steps' if self.steps == 'all' else 'pairs of sessions'}"

    @property
    def _shown(self) -> Sequence[tuple[str, Estimate]]:
        effects = [
            (f"{own} on {own} (actor)" if part == "actor" else f"{other} on {own} (partner)", getattr(influence, part))
            for own, other, influence in (
                (self.first, self.second, self.of_first),
                (self.second, self.first, self.of_second),
            )
            for part in ("actor", "partner")
        ]
        return [*effects, ("residual correlation", self.residual_correlation)]

    def _sentences(self) -> Sequence[str]:
        actor = self.of_first.actor
        if math.isnan(actor.value):
            return (f"Actor and partner effects of {self._described} could not be worked out: {actor}.",)
        how = (
            f"from {actor.rows_used} steps from a session to the next of {actor.units} dyads, earlier ratings less "
            "their dyad's mean, with a random intercept per dyad (REML)"
            if self.steps == "all"
            else f"from two sessions of {actor.units} dyads, by least squares"
        )
        said = "; ".join(f"{words} {each}" for words, each in self._shown)
        return (
            f"Actor and partner effects of {self._described} were worked out {how}.",
            f"{said} ({100 * self.confidence:g} % intervals).",
        )

    @property
    def _references(self) -> tuple[str, ...]:
        return ("cook-2005", *(("nickell-1981",) if self.steps == "all" else ()))


def actor_partner(
    data: Any,
    *,
    first: str = "client",
    second: str = "therapist",
    scale: str = "total",
    score: str | None = None,
    client: str | None = None,
    session: str | None = None,
    therapist: str | None = None,
    rater: str | None = None,
    session_order: Sequence[Any] | None = None,
    before: Any = None,
    after: Any = None,
    confidence: float = 0.95,
) -> ActorPartner:
    """Say who follows whom: each later rating on both earlier ones (actor-partner interdependence model).

    Parameters
    ----------
    data : Study, StudyScores or frame
        A study; a long frame with a ``rater`` and a ``score`` column; or a frame with one column of scores per rater.
    first, second : str
        The raters of a study or of the ``rater`` column, or the two columns of scores.
    scale : str
        Scale of a study.
    score : str, optional
        Column of scores of a long frame.
    client, session, therapist : str, optional
        Id columns of a frame. A dyad is a client, with a therapist where that is named.
    rater : str, optional
        Column of a long frame that says who rated.
    session_order : sequence, optional
        All session labels in their order, where they are neither whole numbers nor dates.
    before, after : optional
        Two sessions, by their labels: one step per dyad, with differences of level between dyads. By default all steps
        from a session to the one numbered one higher count, within dyads; where that session is missing there is no
        step.
    confidence : float
        Confidence of the intervals, above 0 and below 1.

    Returns
    -------
    ActorPartner
        Actor and partner effects of both raters with intervals.

    Raises
    ------
    AllianceError
        ``missing-column``, ``missing-id``, ``duplicate-form``, ``text-answer``, ``not-finite``, ``invalid-option``.

    Notes
    -----
    Two sessions: C2 = a C1 + p T1 and T2 = a T1 + p C1, each by least squares, which is generalized least squares too
    since both have the same predictors (Cook and Kenny 2005). All steps: the same with earlier ratings less their
    dyad's mean and a random intercept per dyad, by REML. Levels are not compared, so that forms need not be parallel,
    but each effect is in the units of its two ratings.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> frame = pl.DataFrame({"case": [1, 2, 3, 4, 5, 6] * 2, "visit": [1] * 6 + [2] * 6,
    ...                       "client": [4.0, 5.0, 6.0, 5.5, 3.0, 4.5, 4.5, 5.0, 6.5, 5.5, 3.5, 4.0],
    ...                       "therapist": [4.5, 4.0, 5.0, 6.0, 3.5, 4.0, 4.0, 4.5, 5.5, 6.0, 3.0, 4.5]})
    >>> found = al.actor_partner(frame, client="case", session="visit", before=1, after=2)
    >>> found.of_first.actor.value > found.of_first.partner.value
    True
    """
    pairs = read_pairs(
        data,
        purpose="actor_partner",
        first=first,
        second=second,
        scale=scale,
        score=score,
        client=client,
        session=session,
        therapist=therapist,
        rater=rater,
        requires=("client", "session"),
    )
    confidence = number("confidence", confidence)
    if (before is None) != (after is None):
        raise from_code("invalid-option", "before, after: name both sessions or neither")
    for option, label in (("before", before), ("after", after)):
        if isinstance(label, list | tuple | set | range):
            raise from_code(
                "invalid-option", f"{option}: name one session; without `before` and `after` all steps count"
            )
    if before is not None and before == after:
        raise from_code("invalid-option", "after: give another session than `before`")
    if before is None:
        numbers = pairs.table.ids.session_numbers(session_order)
        found = _native.actor_partner_over_sessions(pairs.first, pairs.second, pairs.dyads, numbers, confidence)
    else:
        found = _native.actor_partner(_at(pairs, before), _at(pairs, after), confidence)
    influences = [
        Influence(
            intercept=Estimate._of(side["intercept"]),
            actor=Estimate._of(side["actor"]),
            partner=Estimate._of(side["partner"]),
            r_squared=side["r_squared"],
        )
        for side in (found["first"], found["second"])
    ]
    return ActorPartner(
        *pairs.names,
        of_first=influences[0],
        of_second=influences[1],
        residual_correlation=Estimate._of(found["residual_correlation"]),
        steps="all" if before is None else "two-sessions",
        confidence=confidence,
        _forms=pairs.instruments,
        _described=pairs.table.described,
        _kind=pairs.kind,
    )


def _at(pairs: Pairs, session: Any) -> tuple[Any, Any]:
    """Give both ratings of each dyad at one session, NaN where there is none."""
    import numpy as np

    rows = pairs.table.ids.rows_at(session, what="rating")
    sides = np.full((2, int(pairs.dyads.max()) + 1), np.nan)
    sides[:, pairs.dyads[rows]] = pairs.table.values[:, rows]
    return sides[0], sides[1]
