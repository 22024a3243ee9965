"""Rules: what counts as a fall, from what, how far, and what counts as its repair.

Every criterion rule of the literature is one point in the space of :class:`BelowReference`. Published rules are
presets; one whose numbers were not all read in its source is named ``...-as-read`` and says so in every result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal

from alliance import _native
from alliance.errors import from_code

__all__ = [
    "BelowReference",
    "Preset",
    "SuddenGain",
    "SuddenLoss",
    "SuddenShift",
    "all_presets",
    "default",
    "preset",
    "reliable_change_cutoff",
]

Choice = str | tuple[str, float]

MOST_COUNT = 65_535

DEFAULT_NOTE = (
    'The rule is the default of alliance, chosen by a benchmark on simulated clinics (documentation, "The default '
    'rule"), where it flagged about 2 of 100 sessions without ruptures. A threshold set to your own data is better: '
    "`al.calibrate`."
)


@dataclass(frozen=True, kw_only=True)
class BelowReference:
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
        ``("regain-share", share)`` or ``("rise", units)``.
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

    def __post_init__(self) -> None:
        _native.rule_is_retrospective(self._fields())

    def _fields(self) -> dict[str, Any]:
        """Give the fields as the native module takes them."""
        given = {field.name: getattr(self, field.name) for field in fields(BelowReference)}
        for name in ("reference", "unit", "repair"):
            given[name] = _choice(name, given[name])
        for name in ("threshold", "prior_degrees"):
            if not _is_number(given[name]):
                raise from_code("invalid-option", f"{name}: give a number")
        for name in ("fall_sessions", "repair_window", "least_sessions", "history"):
            if not isinstance(given[name], int) or isinstance(given[name], bool) or not 0 <= given[name] <= MOST_COUNT:
                raise from_code("invalid-option", f"{name}: give a whole number from 0 to {MOST_COUNT}")
        for name in ("comparison", "tolerance_in", "gaps", "overlap"):
            if not isinstance(given[name], str):
                raise from_code("invalid-option", f"{name}: give one of the words it takes")
        return given

    @property
    def is_retrospective(self) -> bool:
        """Whether the verdict on a session rests on later sessions too."""
        return _native.rule_is_retrospective(self._fields())

    @property
    def is_default(self) -> bool:
        """Whether this is the rule of :func:`default`, unchanged."""
        return self == default()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of a result of this rule should know."""
        chosen = (DEFAULT_NOTE,) if self.is_default else ()
        whole = "The rule looks at the whole series: it cannot run session by session."
        return (*chosen, whole) if self.is_retrospective else chosen

    def describe(self) -> str:
        """Say the rule in one sentence.

        Returns
        -------
        str
            Plain text.
        """
        word = "at least" if self.comparison == "at-least" else "more than"
        near = f" {self.tolerance_in}" if str(self.repair[0]).startswith("return") else ""
        repair = "no repair is asked" if self.repair == "not-asked" else f"repair: {_said(self.repair)}{near}"
        return (
            f"A session is flagged when the score lies {word} {self.threshold:g} x {_said(self.unit)} below the "
            f"reference ({_said(self.reference)}); {repair} within {self.repair_window} sessions."
        )


@dataclass(frozen=True, kw_only=True)
class Preset(BelowReference):
    """A published rule, with how well each of its numbers is known.

    Parameters
    ----------
    id : str
        Id; ends in ``-as-read`` where a number was not read in the source.
    version : int
        Raised when the rule changes.
    name : str
        Name in words.
    measured : str
        On what it was used.
    base_rate : str
        The rate its study reports: a description, no evidence for the rule.
    note : str
        What was read and what was not.
    use_when : str
        When to use it.
    scale : tuple of float, optional
        Lowest and highest score of the scale its points are of; None where it has none.
    is_verified : bool
        Whether every number was read.
    provenance : mapping of str to str
        How each number came here: read, secondary, contested, inferred or recalled.
    citation : mapping
        Citation fields; ``recalled`` lists those that were not read.
    """

    id: str = ""
    version: int = 1
    name: str = ""
    measured: str = ""
    base_rate: str = ""
    note: str = ""
    use_when: str = ""
    scale: tuple[float, float] | None = None
    is_verified: bool = False
    provenance: Mapping[str, str] | None = None
    citation: Mapping[str, Any] | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of a result of this rule should know."""
        own = () if self.is_verified else (f"{self.id}: not every number of this rule is certain. {self.note}",)
        return (*own, *BelowReference.notes.fget(self))  # type: ignore[attr-defined]

    def misfit(self, limits: tuple[float, float]) -> str | None:
        """Say what to know if the points of the rule are of another scale than a form's.

        Parameters
        ----------
        limits : tuple of float
            Lowest and highest answer of the form.

        Returns
        -------
        str or None
            A sentence; None where they fit, or where the rule has no points.
        """
        if self.scale is None:
            return None
        said = _native.scale_misfit(self._fields(), self.scale, limits)
        return f"{self.id}: {said}" if said else None

    def __hash__(self) -> int:
        return hash((self.id, self.version))


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
    return BelowReference(**_with_choices(_native.recommended_rule()))


def preset(id: str) -> Preset:
    """Get a published rule.

    Parameters
    ----------
    id : str
        One of the ids of :func:`all_presets`.

    Returns
    -------
    Preset
        The rule with its provenance.

    Raises
    ------
    AllianceError
        ``unknown-preset``, naming those there are.

    Examples
    --------
    >>> import alliance as al
    >>> al.rules.preset("gumz-2012-2sd-as-read").threshold
    2.0
    """
    facts = dict(_native.preset(id))
    return Preset(**_with_choices(facts.pop("rule")), **facts)


def all_presets() -> tuple[Preset, ...]:
    """List all published rules.

    Returns
    -------
    tuple of Preset
        Sorted by id.
    """
    return tuple(preset(id) for id in _native.preset_ids())


@dataclass(frozen=True, kw_only=True)
class SuddenShift:
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

    Notes
    -----
    The change from session N to N + 1 is a shift when every criterion that is on is met. A V-shaped fall is none:
    criterion 3 asks that the change lasts.
    """

    cutoff: float | None = 7.0
    proportion: float | None = 0.25
    best_score: float | None = None
    stability: Literal["tang-derubeis", "t-test", "gaynor-2003", "kelly-2005", "off"] = "tang-derubeis"
    alpha: float = 0.05
    critical: float | None = None
    baseline_first: bool = False
    compat: Literal["suddengains-0.7.2"] | None = None

    _direction: ClassVar[str]

    def _fields(self) -> dict[str, Any]:
        """Give the fields as the native module takes them."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return given | {"direction": self._direction}


class SuddenGain(SuddenShift):
    """A sudden change towards the better end. Parameters: :class:`SuddenShift`."""

    _direction = "gain"


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
    return _native.reliable_change_cutoff(standard_deviation, reliability)[2]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _choice(name: str, choice: Any) -> tuple[str, float | None]:
    if isinstance(choice, str):
        return choice, None
    if isinstance(choice, tuple) and len(choice) == 2 and isinstance(choice[0], str) and _is_number(choice[1]):
        return choice[0], float(choice[1])
    raise from_code("invalid-option", f"{name}: give a word, or a word and a number as a tuple")


def _with_choices(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Give the fields of a rule from the native module as the class takes them."""
    chosen = dict(rule)
    for name in ("reference", "unit", "repair"):
        choice, number = chosen[name]
        chosen[name] = choice if number is None else (choice, number)
    return chosen


def _said(choice: Choice) -> str:
    return choice if isinstance(choice, str) else f"{choice[0]} {choice[1]:g}"


def require_criterion(rule: object) -> None:
    """Refuse what is no criterion rule."""
    if not isinstance(rule, BelowReference):
        raise from_code("invalid-option", "rule: give a `BelowReference`, or a published rule from `al.rules.preset`")
