"""Flags of a rule against a criterion: coded, self-reported or planted ruptures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from alliance import _html, _native
from alliance.criterion import is_number, read_criterion
from alliance.errors import from_code
from alliance.rules import Preset, Rule
from alliance.ruptures import RuptureReport

__all__ = ["Accuracy", "AccuracyCounts", "Measure", "OnsetAccuracy", "detection_accuracy"]

_MEASURES = ("sensitivity", "precision", "specificity", "kappa")
_ONSET_MEASURES = ("sensitivity", "precision", "error", "absolute_error", "delay")


@dataclass(frozen=True)
class Measure:
    """An estimate with its interval.

    Parameters
    ----------
    value : float
        The estimate; NaN where nothing defines it, such as sensitivity without a coded rupture.
    low, high : float
        Ends of the interval from dyads drawn with replacement; NaN without resamples and below two dyads.
    undefined : float
        Share of the resamples in which the estimate is not defined; the interval rests on the others.
    """

    value: float
    low: float
    high: float
    undefined: float

    def __str__(self) -> str:
        return self._said(".2f")

    @property
    def percent(self) -> str:
        """The estimate and its interval in percent."""
        return Measure(100 * self.value, 100 * self.low, 100 * self.high, self.undefined)._said(".0f", " %")

    def _said(self, form: str, unit: str = "") -> str:
        if self.value != self.value:
            return "not defined"
        # Where all dyads give the same, drawing them says nothing about how exact it is.
        interval = f" ({self.low:{form}} to {self.high:{form}})" if self.low < self.high else ""
        return f"{self.value:{form}}{unit}{interval}"

    def __eq__(self, other: object) -> bool:
        # As text, NaN equals NaN.
        return isinstance(other, Measure) and repr(vars(self)) == repr(vars(other))

    def __hash__(self) -> int:
        return hash(repr(vars(self)))


@dataclass(frozen=True)
class AccuracyCounts:
    """What an :class:`Accuracy` rests on; weights do not enter.

    Parameters
    ----------
    dyads, coded : int
        Dyads with a coded session, and coded sessions.
    ruptures, found : int
        Sessions coded as a rupture; of these, those a flag explains.
    flags, undecided : int
        Flagged sessions; of these, those that cannot be judged because a session they may explain was not coded.
    true_flags, false_flags : int
        Flags that can be judged and explain a rupture, or none.
    quiet : int
        Sessions that can be judged, with neither flag nor rupture.
    rows : int
        Coded rows of the criterion.
    unknown_clients, unknown_sessions : int
        Of these, rows whose dyad the report does not have, and rows whose session it does not have. They are left out.
    """

    dyads: int
    coded: int
    ruptures: int
    found: int
    flags: int
    undecided: int
    true_flags: int
    false_flags: int
    quiet: int
    rows: int
    unknown_clients: int
    unknown_sessions: int


@dataclass(frozen=True)
class OnsetAccuracy:
    """How well episodes find the onsets of known ruptures. Part of an :class:`Accuracy`.

    Parameters
    ----------
    sensitivity, precision : Measure
        Share of ruptures that an episode stands for, and of episodes that stand for a rupture.
    error, absolute_error : Measure
        Mean error of the onset in sessions, late being positive, and mean size of it, over matched onsets.
    delay : Measure
        Mean sessions from an onset to the first flag, over ruptures flagged within the tolerance after.
    ruptures, episodes : int
        Known ruptures, and episodes.
    matched : int
        Ruptures that an episode stands for.
    undecided : int
        Episodes that cannot be judged because a session they may stand for was not coded.
    """

    sensitivity: Measure
    precision: Measure
    error: Measure
    absolute_error: Measure
    delay: Measure
    ruptures: int
    episodes: int
    matched: int
    undecided: int

    @classmethod
    def _of(cls, found: Mapping[str, Any]) -> OnsetAccuracy:
        facts: dict[str, Any] = {
            name: Measure(*fact) if name in _ONSET_MEASURES else fact for name, fact in found.items()
        }
        return cls(**facts)


@dataclass(frozen=True)
class Accuracy:
    """How well the flags of a rule agree with a criterion. Made by :func:`detection_accuracy`.

    Parameters
    ----------
    rule : Rule
        The rule.
    sensitivity : Measure
        Share of coded ruptures that a flag explains.
    precision : Measure
        Share of flags that explain a rupture, of those that can be judged.
    specificity : Measure
        Share of sessions without a flag, of those that can be judged and have neither a rupture nor a flag that
        explains one elsewhere.
    kappa : Measure
        Cohen's kappa over the sessions that can be judged.
    onsets : OnsetAccuracy or None
        The same for onsets of episodes, if the criterion has onsets.
    counts : AccuracyCounts
        What these rest on.
    tolerance : tuple of int
        Sessions a flag may come before what it explains, and after.
    level : float
        Level of the intervals.
    resamples, seed : int
        Bootstrap samples of dyads, and their seed.
    is_weighted : bool
        Whether sessions have weights.
    """

    rule: Rule
    sensitivity: Measure
    precision: Measure
    specificity: Measure
    kappa: Measure
    onsets: OnsetAccuracy | None
    counts: AccuracyCounts
    tolerance: tuple[int, int]
    level: float
    resamples: int
    seed: int
    is_weighted: bool
    _kind: Any = field(repr=False, compare=False, default=None)

    def _named(self) -> list[tuple[str, Measure]]:
        named = [(name, getattr(self, name)) for name in _MEASURES]
        if self.onsets is not None:
            named += [(f"onset_{name}", getattr(self.onsets, name)) for name in _ONSET_MEASURES]
        return named

    def to_frame(self) -> Any:
        """Give one row per measure: measure, value, low, high, undefined.

        Returns
        -------
        frame
            Of the kind the scores came in.
        """
        import numpy as np

        from alliance import _frames

        named = self._named()
        columns = {
            part: np.array([getattr(measure, part) for _, measure in named], dtype=float)
            for part in ("value", "low", "high", "undefined")
        }
        names = _frames.frame_of(self._kind, {"measure": [name for name, _ in named]})
        return _frames.beside(self._kind, names, columns)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of these results should know."""
        counts = self.counts
        notes = list(self.rule.notes)
        if counts.unknown_clients or counts.unknown_sessions:
            notes.append(
                f"Of {counts.rows} coded rows, {counts.unknown_clients} are of dyads and {counts.unknown_sessions} of "
                "sessions that the report does not have; they were left out."
            )
        if counts.undecided:
            notes.append(
                f"{counts.undecided} of {counts.flags} flags could not be judged: a session they may explain was not "
                "coded."
            )
        if self.resamples and any(measure.low == measure.high for _, measure in self._named()):
            notes.append("An estimate without an interval is the same in all dyads; that does not make it exact.")
        if counts.dyads < _FEW_DYADS and self.resamples:
            notes.append(f"With {counts.dyads} dyads the intervals are too short.")
        return tuple(notes)

    def methods(self) -> str:
        """Give a paragraph for a methods section, of facts this result holds.

        Returns
        -------
        str
            Plain text.
        """
        counts = self.counts
        before, after = self.tolerance
        name = f"of the rule {self.rule.name} ({self.rule.id}) " if isinstance(self.rule, Preset) else ""
        weights = " Sessions were weighted." if self.is_weighted else ""
        drawn = f" {100 * self.level:g} % intervals come from {self.resamples} samples of whole dyads (bootstrap)."
        interval = drawn if self.resamples else ""
        text = (
            f"Flagged sessions {name}were held against {counts.ruptures} ruptures in {counts.coded} coded sessions of "
            f"{counts.dyads} dyads. {self.rule.describe()} A flag could explain a rupture up to {_sessions(after)} "
            f"before it and {_sessions(before)} after it, each flag one rupture and each rupture one flag; sessions "
            f"that were not coded count for nothing.{weights}{interval} Sensitivity {self.sensitivity.percent}, "
            f"precision {self.precision.percent}, specificity {self.specificity.percent}, Cohen's kappa {self.kappa}."
        )
        if self.onsets is not None and self.onsets.ruptures and self.onsets.episodes:
            text += (
                f" Of {self.onsets.ruptures} onsets, {self.onsets.sensitivity.percent} were found; of "
                f"{self.onsets.episodes} episodes, {self.onsets.precision.percent} stand for one; the mean error of "
                f"the onset is {self.onsets.error} sessions."
            )
        return " ".join((text, *self.notes))

    def __repr__(self) -> str:
        return (
            f"<Accuracy sensitivity {self.sensitivity.percent}, precision {self.precision.percent}, kappa "
            f"{self.kappa}; {self.counts.dyads} dyads>"
        )

    def _repr_html_(self) -> str:
        counts = self.counts
        line = (
            f"{counts.ruptures} ruptures in {counts.coded} coded sessions of {counts.dyads} dyads; "
            f"{100 * self.level:g} % intervals over dyads"
        )
        measures = [
            ("sensitivity", self.sensitivity.percent, f"{counts.found} of {counts.ruptures} ruptures"),
            (
                "precision",
                self.precision.percent,
                f"{counts.true_flags} of {counts.true_flags + counts.false_flags} flags",
            ),
            (
                "specificity",
                self.specificity.percent,
                f"{counts.quiet} of {counts.quiet + counts.false_flags} sessions",
            ),
            ("kappa", str(self.kappa), ""),
        ]
        if (onsets := self.onsets) is not None:
            judged = onsets.episodes - onsets.undecided
            measures += [
                ("onsets found", onsets.sensitivity.percent, f"{onsets.matched} of {onsets.ruptures} ruptures"),
                ("episodes that are one", onsets.precision.percent, f"of {judged} episodes"),
                ("error of the onset, sessions", str(onsets.error), f"{onsets.matched} onsets"),
                ("delay of the first flag, sessions", str(onsets.delay), ""),
            ]
        return (
            _html.heading("Flags against a criterion", line)
            + f"<div>{_html.text(self.rule.describe())}</div>"
            + _html.table(("", "estimate", "before weighting" if self.is_weighted else "counts"), measures)
            + _html.notes(self.notes)
        )


# Below this many dyads fewer than 93 % of 95 % intervals hold the value they are for (tests/coverage.rs of the crate).
_FEW_DYADS = 30


def detection_accuracy(
    report: RuptureReport,
    criterion: Any,
    *,
    tolerance: tuple[int, int] = (0, 1),
    column: str = "rupture",
    onset: str | None = "onset",
    weights: str | Mapping[Any, float] | None = None,
    resamples: int = 2000,
    level: float = 0.95,
    seed: int = 1,
) -> Accuracy:
    """Hold the flags of a rule against coded, self-reported or planted ruptures.

    Parameters
    ----------
    report : RuptureReport
        What the rule found.
    criterion : frame or CodedSessions
        One row per session, in any order: the client and session columns of the report, its therapist column where a
        client has a session with two of them, and ``column``. A session without a row, or null in ``column``, was not
        coded, which is not "none found". Or the codes of a study, :attr:`Study.codes`: a rupture is a marker of
        withdrawal or of confrontation.
    tolerance : tuple of int
        Sessions a flag may come before the rupture it explains, and after it. What happens in one session may show
        only on the form of the next.
    column : str
        Whether the session was a rupture: true and false, or 1 and 0.
    onset : str or None
        Column that says likewise whether a rupture began in the session. Used where the criterion has it.
    weights : str or mapping, optional
        For a coded subset that was not drawn at random: a column, or a mapping of clients to weights, such as one over
        the chance to be coded. Weights that differ between the coded sessions of a dyad need the tolerance (0, 0). A
        session of weight 0 counts as not coded.
    resamples : int
        Bootstrap samples of dyads for the intervals; 0 for none.
    level : float
        Level of the intervals, above 0 and below 1.
    seed : int
        Seed; the same seed gives the same numbers on every machine.

    Returns
    -------
    Accuracy
        Sensitivity, precision, specificity and kappa with intervals, counts, and onsets.

    Raises
    ------
    AllianceError
        ``missing-column``, ``missing-id``, ``repeated-session``; ``out-of-range`` for cells that are neither yes nor
        no; ``invalid-option``, also if no coded row is of a session of the report.

    Notes
    -----
    Within a dyad each flag may explain one rupture and each rupture one flag; of all such matchings the one with most
    pairs counts, then the one with the smallest distances. A flag is true or false only if every session it may
    explain was coded. Rows of dyads or sessions that the report does not have are counted and left out. Sessions of
    one dyad are alike, so intervals come from drawing whole dyads (percentile bootstrap).

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> totals = pl.DataFrame({"client": ["a"] * 4 + ["b"] * 4, "session": [1, 2, 3, 4] * 2,
    ...                        "total": [5.0, 3.5, 5.0, 5.0, 4.0, 4.2, 4.1, 2.5]})
    >>> scores = al.Scores.from_totals(totals, al.instrument("wai-36-client").with_range(1, 7), metric="mean",
    ...                                totals={"total": "total"}, client="client", session="session")
    >>> rule = al.rules.BelowReference(reference="previous", unit="points", threshold=1.0)
    >>> report = al.find_ruptures(scores, rule=rule)
    >>> coded = pl.DataFrame({"client": ["a"] * 4 + ["b"] * 4, "session": [1, 2, 3, 4] * 2,
    ...                       "rupture": [1, 0, 0, 0, 0, 1, 0, 0]})
    >>> found = al.detection_accuracy(report, coded)
    >>> found.sensitivity.value, found.precision.value, found.counts.true_flags
    (0.5, 0.5, 1)
    """
    if not isinstance(report, RuptureReport):
        raise from_code("invalid-option", "report: give what `find_ruptures` found")
    options = _checked(tolerance, resamples, level, seed)
    held = read_criterion(report, criterion, column=column, onset=onset, weights=weights)
    found = _native.detection_accuracy(report._detected, held.places, held.codes, held.onsets, held.weights, options)
    return Accuracy(
        report.rule,
        sensitivity=Measure(*found["sensitivity"]),
        precision=Measure(*found["precision"]),
        specificity=Measure(*found["specificity"]),
        kappa=Measure(*found["kappa"]),
        onsets=None if found["onsets"] is None else OnsetAccuracy._of(found["onsets"]),
        counts=AccuracyCounts(**found["counts"], **held.counts),
        tolerance=options["tolerance"],
        level=options["level"],
        resamples=resamples,
        seed=seed,
        is_weighted=weights is not None,
        _kind=report._scores._kind,
    )


def _checked(tolerance: Any, resamples: Any, level: Any, seed: Any) -> dict[str, Any]:
    if not isinstance(tolerance, tuple | list) or len(tolerance) != 2 or not all(map(_is_count, tolerance)):
        raise from_code("invalid-option", "tolerance: give two whole numbers, sessions before and sessions after")
    for name, count in (("resamples", resamples), ("seed", seed)):
        if not _is_count(count):
            raise from_code("invalid-option", f"{name}: give a whole number, 0 or more")
    if not is_number(level):
        raise from_code("invalid-option", "level: give a number above 0 and below 1")
    return {"tolerance": tuple(tolerance), "resamples": resamples, "level": float(level), "seed": seed}


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _sessions(count: int) -> str:
    return f"{count} session{'' if count == 1 else 's'}"
