"""Sudden gains and losses: a change between two sessions that is large, and lasts (Tang & DeRubeis 1999)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from alliance import _native
from alliance.errors import from_code
from alliance.rules.rule import Rule, number

__all__ = ["SuddenGain", "SuddenLoss", "SuddenShift", "reliable_change_cutoff"]


@dataclass(frozen=True, kw_only=True)
class SuddenShift(Rule):
    """A change between two sessions that is large, large for this person, and lasts.

    Parameters
    ----------
    cutoff : float or None
        Criterion 1: smallest change in points, inclusive; None switches it off. 7 for the Beck Depression Inventory
        (Tang & DeRubeis 1999); :func:`reliable_change_cutoff` gives one for other measures.
    proportion : float or None
        Criterion 2: smallest change as a share of the distance from the best score, inclusive; None switches it off.
    best_score : float, optional
        The best possible score, for criterion 2: 0 where lower is better unless you say otherwise; needed where
        higher is better.
    stability : {"tang-derubeis", "t-test", "gaynor-2003", "kelly-2005", "off"}
        Criterion 3, the comparison of the sessions before and after.
    alpha : float
        Two-tailed level of criterion 3, adjusted to the scores that are there (Lutz et al. 2013).
    critical : float, optional
        One critical value instead, whatever is missing: 2.776 in Tang & DeRubeis (1999).
    baseline_first : bool
        Whether the first session is a baseline before treatment.
    compat : {"suddengains-0.7.2"}, optional
        Give that R program's answers including its quirks, for symptom scores.

    Raises
    ------
    AllianceError
        ``invalid-option`` naming the field and what is allowed.

    Notes
    -----
    The change from session N to N + 1 is a shift when every criterion that is on is met. A V-shaped fall is none:
    criterion 3 asks that the change lasts. Session N + 1 is flagged; a reversal of half of the change counts as
    repair, whenever it comes.
    """

    cutoff: float | None = 7.0
    proportion: float | None = 0.25
    best_score: float | None = None
    stability: Literal["tang-derubeis", "t-test", "gaynor-2003", "kelly-2005", "off"] = "tang-derubeis"
    alpha: float = 0.05
    critical: float | None = None
    baseline_first: bool = False
    compat: Literal["suddengains-0.7.2"] | None = None

    _kind = "sudden-shift"
    _numbers = ("cutoff", "proportion", "best_score", "alpha", "critical")
    _may_be_none = ("cutoff", "proportion", "best_score", "critical", "compat")
    _threshold = "cutoff"
    _direction: ClassVar[Literal["gain", "loss"]]

    @property
    def _side(self) -> Literal["worse", "better"]:
        return "better" if self._direction == "gain" else "worse"

    def __post_init__(self) -> None:
        if not hasattr(self, "_direction"):
            raise TypeError("a sudden shift is a `SuddenGain` or a `SuddenLoss`")
        super().__post_init__()

    def _checked(self, name: str, value: Any) -> Any:
        if name != "baseline_first":
            return super()._checked(name, value)
        if not isinstance(value, bool):
            raise from_code("invalid-option", f"{name}: give True or False")
        return value

    def _fields(self) -> dict[str, Any]:
        return super()._fields() | {"direction": self._direction}

    def _facts(self) -> tuple[bool, bool, float | None]:
        # Which end of a measure is the better one is known only with the scores; lower is what every option allows.
        return _native.rule_facts(self._fields(), self._direction == "gain")

    def describe(self) -> str:
        """Say the rule in words.

        Returns
        -------
        str
            Plain text.
        """
        end = "better" if self._direction == "gain" else "worse"
        criteria = [] if self.cutoff is None else [f"at least {self.cutoff:g} points"]
        if self.proportion is not None:
            best = "" if self.best_score is None else f" ({self.best_score:g})"
            criteria.append(f"at least {100 * self.proportion:g} % of the distance from the best score{best}")
        if self.stability != "off":
            criteria.append(f"stable ({self.stability})")
        as_in = f", as in {self.compat}" if self.compat else ""
        return (
            f"A session is flagged when the change from the session before towards the {end} end is "
            f"{', '.join(criteria)}{as_in}; an episode ends with a reversal of half of it at any time."
        )


@dataclass(frozen=True, kw_only=True)
class SuddenGain(SuddenShift):
    """A sudden change towards the better end. Parameters: :class:`SuddenShift`."""

    _direction = "gain"


@dataclass(frozen=True, kw_only=True)
class SuddenLoss(SuddenShift):
    """A sudden change towards the worse end. Parameters: :class:`SuddenShift`."""

    _direction = "loss"


def reliable_change_cutoff(standard_deviation: float, reliability: float) -> float:
    """Give the smallest change that measurement error alone would rarely give.

    Parameters
    ----------
    standard_deviation : float
        Of the scores at the start, in points.
    reliability : float
        Of the scores, 0 to 1.

    Returns
    -------
    float
        1.96 sqrt(2) SD sqrt(1 - reliability), in points (Jacobson & Truax 1991).

    Raises
    ------
    AllianceError
        ``invalid-option`` outside these ranges.

    Examples
    --------
    >>> import alliance as al
    >>> round(al.rules.reliable_change_cutoff(10.5, 0.961), 4)
    5.7477
    """
    given = (number("standard_deviation", standard_deviation), number("reliability", reliability))
    return _native.reliable_change_cutoff(*given)[2]
