"""Criterion rules: a score falls below a reference by so many units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from alliance import _native
from alliance.rules.rule import Choice, Rule, repair_in_words, said

__all__ = ["BelowReference", "default", "with_choices"]


DEFAULT_NOTE = (
    'The rule is the default of alliance, chosen by a benchmark on simulated clinics (documentation, "The default '
    'rule"), where it flagged about 2 of 100 sessions without ruptures. A threshold set to your own data is better: '
    "`al.calibrate`."
)


@dataclass(frozen=True, kw_only=True)
class BelowReference(Rule):
    """A score falls below a reference by so many units.

    Parameters
    ----------
    reference : str or tuple
        ``previous`` (the best of the last sessions, as many as ``fall_sessions``), ``person-mean``,
        ``person-median``, ``running-mean``, ``running-median``, ``running-maximum``, ``trend``,
        ``("baseline", k)`` for the mean of the first k sessions, ``("fixed", score)``. Running references leave the
        current and all flagged sessions out. Those that look at the whole series are retrospective.
    unit : str or tuple
        ``points`` of the score, ``pomp``, ``own-sd``, ``own-residual-sd``, ``pooled-within-sd``, ``shrunken-sd``
        (own SD shrunk to the pool), ``stricter-of-own-and-pooled`` (Gumz et al. 2012), ``between-person-sd``,
        ``moving-range``, ``median-moving-range``, ``median-absolute-deviation``, or
        ``("difference-error", reliability)`` (Jacobson & Truax 1991).
    threshold : float
        How many units, above 0.
    comparison : {"at-least", "more-than"}
        Whether a fall of exactly the threshold counts.
    fall_sessions : int
        Sessions a fall from ``previous`` may take.
    repair : str or tuple
        ``not-asked``, ``("return-to-previous", tolerance)``, ``("return-to-reference", tolerance)``,
        ``("regain-share", share)``, ``("rise", units)``, or ``reversal`` for a score beyond the middle between the
        onset and the score before it.
    tolerance_in : {"points", "units"}
        In what a tolerance is given.
    repair_window : int
        Observed sessions after the nadir within which the repair must come.
    least_sessions : int
        Observed sessions a client needs to be assessed.
    history : int
        Unflagged sessions a running reference needs before it flags anything.
    gaps : {"bridge", "break", "interpolate"}
        What a session without a score does.
    overlap : {"merge", "first", "deepest"}
        What becomes of episodes that follow each other without a repair between them.
    prior_degrees : float
        Degrees of freedom the pooled SD counts for in ``shrunken-sd``.

    Raises
    ------
    AllianceError
        ``invalid-option`` naming the field and what is allowed.

    Notes
    -----
    A session is flagged when reference - score >= threshold * unit. That a rule fires says that this happened and
    not that the alliance ruptured: several published rules fire for most clients on pure noise.

    Examples
    --------
    >>> import alliance as al
    >>> rule = al.rules.BelowReference(reference="previous", unit="points", threshold=1.0)
    >>> rule.is_retrospective
    False
    """

    reference: Choice
    unit: Choice
    threshold: float
    comparison: Literal["at-least", "more-than"] = "at-least"
    fall_sessions: int = 1
    repair: Choice = ("return-to-previous", 0.0)
    tolerance_in: Literal["points", "units"] = "points"
    repair_window: int = 3
    least_sessions: int = 3
    history: int = 3
    gaps: Literal["bridge", "break", "interpolate"] = "bridge"
    overlap: Literal["merge", "first", "deepest"] = "merge"
    prior_degrees: float = 5.0

    _kind = "below-reference"
    _numbers = ("threshold", "prior_degrees")
    _counts = ("fall_sessions", "repair_window", "least_sessions", "history")
    _choices = ("reference", "unit", "repair")

    def _own_fields(self) -> dict[str, Any]:
        # A preset has more fields, which are not the rule's.
        return {field.name: getattr(self, field.name) for field in fields(BelowReference)}

    def _with_threshold(self, threshold: float) -> BelowReference:
        # A published rule with another threshold is no longer that rule.
        return BelowReference(**(self._own_fields() | {"threshold": threshold}))

    @property
    def is_default(self) -> bool:
        """Whether this is the rule of :func:`default`, unchanged."""
        return self == default()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of a result of this rule should know."""
        return (*((DEFAULT_NOTE,) if self.is_default else ()), *super().notes)

    def describe(self) -> str:
        """Say the rule in one sentence.

        Returns
        -------
        str
            Plain text.
        """
        word = "at least" if self.comparison == "at-least" else "more than"
        repair = repair_in_words(self.repair, self.tolerance_in, self.repair_window)
        return (
            f"A session is flagged when the score lies {word} {self.threshold:g} x {said(self.unit)} below the "
            f"reference ({said(self.reference)}); {repair}."
        )


def default() -> BelowReference:
    """Give the rule that is used where none is named.

    Returns
    -------
    BelowReference
        Two shrunken standard deviations below the mean of the client's earlier unflagged sessions; repaired when back
        within half of one, within three sessions.

    Notes
    -----
    It was chosen by a benchmark and not by tradition: of 35 rules it found planted ruptures most evenly over clients
    of equal and of very unequal volatility. The page "The default rule" of the documentation has the numbers and
    their limits. Its threshold is right for the simulated clinics; :func:`alliance.calibrate` sets one for yours.

    Examples
    --------
    >>> import alliance as al
    >>> rule = al.rules.default()
    >>> rule.reference, rule.unit, rule.threshold
    ('running-mean', 'shrunken-sd', 2.0)
    """
    return BelowReference(**with_choices(_native.recommended_rule()))


def with_choices(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Give the fields of a rule from the native module as the class takes them."""
    chosen = dict(rule)
    for name in ("reference", "unit", "repair"):
        choice, number = chosen[name]
        chosen[name] = choice if number is None else (choice, number)
    return chosen
