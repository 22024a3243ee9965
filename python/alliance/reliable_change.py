"""Reliable change: changes of clients against error of measurement."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from alliance import _html, _native
from alliance.arguments import choice, number
from alliance.change_pairs import better_direction, look_up_outcome, possible_range, read_pairs
from alliance.errors import from_code
from alliance.estimate import Estimate
from alliance.instruments import Instrument
from alliance.reliability import Reliability
from alliance.result import Result
from alliance.trusted_reliability import trusted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from alliance._typing import ChangeOptions

__all__ = ["ChangeCounts", "Cutoffs", "ReliableChange", "reliable_change"]

ChangeMethod = Literal[
    "jacobson-truax",
    "gulliksen-lord-novick",
    "hsu-linn-lord",
    "edwards-nunnally",
    "nunnally-kotsch",
    "hageman-arrindell",
]
Cutoff = Literal["a", "b", "c"]

CLASSES = ("recovered", "improved", "unchanged", "deteriorated")
_METHODS = {
    "jacobson-truax": ("Jacobson and Truax", "jacobson-truax-1991"),
    "gulliksen-lord-novick": ("Gulliksen, Lord and Novick", "atkins-2005"),
    "hsu-linn-lord": ("Hsu, Linn and Lord", "hsu-1989"),
    "edwards-nunnally": ("Edwards and Nunnally", "speer-1992"),
    "nunnally-kotsch": ("Nunnally and Kotsch", "atkins-2005"),
    "hageman-arrindell": ("Hageman and Arrindell", "hageman-arrindell-1999"),
}


class ChangeCounts(NamedTuple):
    """How many clients changed, and how.

    Parameters
    ----------
    recovered : int
        Reliably better, and over the cut-off between two reference groups; always 0 without those.
    improved, unchanged, deteriorated : int
        Reliably better, not reliably different, reliably worse.
    not_assessed : int
        Without an index: a score is missing, or the rule is not defined.
    """

    recovered: int
    improved: int
    unchanged: int
    deteriorated: int
    not_assessed: int


class Cutoffs(NamedTuple):
    """Cut-offs of Jacobson and Truax between a dysfunctional and a functional group.

    Parameters
    ----------
    a : float
        Two standard deviations of the dysfunctional group beyond its mean.
    b : float
        Two standard deviations of the functional group before its mean.
    c : float
        Between both means, weighted by the standard deviations.
    """

    a: float
    b: float
    c: float


@dataclass(frozen=True, eq=False, repr=False)
class ReliableChange(Result):
    """Changes of clients against error of measurement. Made by :func:`reliable_change`.

    Parameters
    ----------
    name : str
        The scale, or the column.
    instrument : Instrument or None
        The form, where it is known.
    method : str
        How change is measured against error.
    status : str
        ``defined``, or why there is no index: see :class:`Estimate`.
    counts : ChangeCounts
        Clients by class.
    standard_error_of_measurement : Estimate
        SD * sqrt(1 - reliability), in the unit of the score.
    standard_error_of_difference : Estimate
        sqrt(2) times that.
    minimal_detectable_change : Estimate
        The smallest difference of two scores that exceeds error of measurement, two-sided.
    reliability_of_differences : Estimate or None
        Of Hageman and Arrindell's method; None for others.
    cutoffs : Cutoffs or None
        Between the reference groups, where those were given.
    cutoff : float
        The one that counts for ``recovered``; NaN without groups.
    critical_value : float
        What an index must exceed; NaN if there is no rule.
    reliability : float
        Reliability of the scores before.
    higher_is_better : bool
        Direction of the score.
    confidence : float
        One less the error probability.
    """

    name: str
    instrument: Instrument | None
    method: str
    status: str
    counts: ChangeCounts
    standard_error_of_measurement: Estimate
    standard_error_of_difference: Estimate
    minimal_detectable_change: Estimate
    reliability_of_differences: Estimate | None
    cutoffs: Cutoffs | None
    cutoff: float
    critical_value: float
    reliability: float
    higher_is_better: bool
    confidence: float
    _ids: Any
    _columns: Mapping[str, NDArray[Any]]
    _described: str
    _occasions: str
    _sample: Mapping[str, Any]
    _more_notes: tuple[str, ...]
    _trusted: str
    _kind: Any

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """All estimates, by name."""
        names = (
            *("standard_error_of_measurement", "standard_error_of_difference", "minimal_detectable_change"),
            "reliability_of_differences",
        )
        found = {name: getattr(self, name) for name in names}
        return {name: each for name, each in found.items() if each is not None}

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The form, if it is known."""
        return () if self.instrument is None else (self.instrument,)

    @property
    def clients(self) -> Any:
        """One row per client: ids, before, after, change, index, class, unchanged_low, unchanged_high, ceiling_limited.

        ``index`` is positive for a higher score after. ``unchanged_low`` and ``unchanged_high`` bound the scores after
        that would have counted as unchanged. ``ceiling_limited`` says that even the best possible score would have been
        no reliable improvement; it is null where the range of scores is not known. By Hageman and Arrindell's method
        with reference groups there is ``cutoff_index`` too: their index of the score after against the cut-off.

        Returns
        -------
        frame
            Of the kind that went in.
        """
        from alliance import _frames
        from alliance.sources import Words

        names = ("before", "after", "change", "index")
        columns: dict[str, Any] = {name: self._columns[name] for name in names}
        columns["class"] = Words(self._columns["class"], CLASSES)
        columns["unchanged_low"], columns["unchanged_high"] = self._columns["low"], self._columns["high"]
        columns["ceiling_limited"] = self._columns["limited"]
        if self.method == "hageman-arrindell" and self.cutoffs is not None:
            columns["cutoff_index"] = self._columns["cutoff_index"]
        return _frames.beside_sources(self._kind, self._ids, columns)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of this result should know."""
        return tuple(dict.fromkeys((*self._more_notes, *super().notes)))

    @property
    def _title(self) -> str:
        return "Reliable change"

    @property
    def _line(self) -> str:
        name = f"{self.instrument.id} {self.name}" if self.instrument is not None else self.name
        return f"{name}, {sum(self.counts)} clients: {_said(self.counts)}"

    @property
    def _shown(self) -> Sequence[tuple[str, Estimate]]:
        names = ("minimal_detectable_change", "standard_error_of_measurement", "reliability_of_differences")
        return [(name.replace("_", " "), self.estimates[name]) for name in names if name in self.estimates]

    def _sentences(self) -> Sequence[str]:
        sample = self._sample
        sides = "one-sided" if self.method == "hageman-arrindell" else "two-sided"
        sentences = [
            f"Change of {self._described} from {self._occasions} was judged by the method of "
            f"{_METHODS[self.method][0]} (error probability {1 - self.confidence:.2g}, {sides}).",
            f"It rests on a reliability of {self._trusted} and a standard deviation before of "
            f"{_plain(sample['standard_deviation'])} ({sample['origin']}); the minimal detectable change was "
            f"{self.minimal_detectable_change}.",
            f"Of {sum(self.counts)} clients {_said(self.counts)}.",
        ]
        if self.cutoffs is None:
            sentences.append("Recovery was not judged: no reference groups were given.")
        else:
            sentences.append(f"Recovered means over the cut-off of {_plain(self.cutoff)} as well.")
        limited = int((self._columns["limited"] == 1).sum())
        if limited:
            sentences.append(f"{limited} clients began too near the end of the scale to improve detectably.")
        return sentences

    @property
    def _references(self) -> tuple[str, ...]:
        own = _METHODS[self.method][1]
        return (own,) if self.cutoffs is None else tuple(dict.fromkeys((own, "jacobson-truax-1991")))

    def plot(self) -> Any:
        """Draw each client's score after against the score before, with the band of no reliable change.

        Returns
        -------
        matplotlib.figure.Figure
            One mark per client: colour and shape say the class. Clients on the line did not change at all; those in the
            band not reliably.

        Raises
        ------
        AllianceError
            ``missing-extra`` without matplotlib.
        """
        from alliance.change_figures import before_and_after

        return before_and_after(self)

    def _more_html(self) -> str:
        share = [
            (name.replace("_", " "), count, _percent(count, sum(self.counts)))
            for name, count in zip(ChangeCounts._fields, self.counts, strict=True)
            if count or name in ("improved", "unchanged", "deteriorated")
        ]
        return _html.table(("class", "clients", "%"), share)


def _said(counts: ChangeCounts) -> str:
    said = [f"{counts.recovered} recovered"] if counts.recovered else []
    said += [f"{counts.improved} improved", f"{counts.unchanged} unchanged", f"{counts.deteriorated} deteriorated"]
    said += [f"{counts.not_assessed} not assessed"] if counts.not_assessed else []
    return ", ".join(said)


def _percent(count: int, of: int) -> int | str:
    return round(100 * count / of) if of else ""


def _plain(value: float) -> str:
    return "no value" if math.isnan(value) else f"{value:.3g}"


def reliable_change(
    data: Any,
    reliability: float | Estimate | Reliability,
    *,
    before: Any = None,
    after: Any = None,
    score: str | None = None,
    scale: str = "total",
    client: str | None = None,
    session: str | None = None,
    therapist: str | None = None,
    rater: str | None = None,
    metric: Literal["mean", "sum", "pomp"] | None = None,
    session_order: Sequence[Any] | None = None,
    method: ChangeMethod = "jacobson-truax",
    higher_is_better: bool | None = None,
    range: tuple[float, float] | None = None,
    mean: float | None = None,
    standard_deviation: float | None = None,
    mean_after: float | None = None,
    standard_deviation_after: float | None = None,
    correlation: float | None = None,
    reliability_after: float | Estimate | Reliability | None = None,
    dysfunctional: tuple[float, float] | None = None,
    functional: tuple[float, float] | None = None,
    cutoff: Cutoff = "c",
    confidence: float = 0.95,
) -> ReliableChange:
    """Say of each client whether the change from before to after is larger than error of measurement.

    It says nothing about ruptures: used from session to session it flags most clients by chance
    (:func:`jacobson_truax_false_alarms`); for drops there is :func:`session_drops`.

    Parameters
    ----------
    data : frame, Scores, StudyScores or Study
        Scores. A frame has one row per session (name ``score``, ``client``, ``session``), or one row per client with
        two columns of scores (name ``before`` and ``after``).
    reliability : float, Estimate or Reliability
        Reliability of the scores before: of one form per client, of this rater. Of a :class:`Reliability` alpha is
        taken; any other is handed over as an estimate. One of latent responses is refused.
    before, after : optional
        Two sessions by their labels, or two columns. Without them, each client's first and last session with a score.
    score : str, optional
        Column of a frame with the scores, or an outcome of a study, whose direction is known.
    scale : str
        Scale of scores or a study.
    client, session, therapist : str, optional
        Id columns of a frame.
    rater : str, optional
        Of a study, whose scores; of a frame, the column with the rater.
    metric : {"mean", "sum", "pomp"}, optional
        Unit of scores; their own without it.
    session_order : sequence, optional
        All session labels in their order, where they are neither numbers nor dates.
    method : str
        ``jacobson-truax``, ``gulliksen-lord-novick``, ``hsu-linn-lord``, ``edwards-nunnally``, ``nunnally-kotsch`` or
        ``hageman-arrindell``.
    higher_is_better : bool, optional
        Direction. Of an alliance form higher is better, an outcome of a study knows its own; of a frame say it.
    range : tuple of float, optional
        Lowest and highest possible score, for ``ceiling_limited``; a form's own is known.
    mean, standard_deviation : float, optional
        Of the scores before, in a sample that stands for the clients; without them of this sample's scores before.
    mean_after, standard_deviation_after, correlation : float, optional
        Of the scores after, and of the two (Hsu-Linn-Lord, Hageman-Arrindell); without them of this sample.
    reliability_after : float, Estimate or Reliability, optional
        Reliability after (Nunnally-Kotsch); without it that before.
    dysfunctional, functional : tuple of float, optional
        Mean and standard deviation of two reference groups. None are shipped: no functional norm of the alliance has
        been established. Without both nobody is ``recovered``.
    cutoff : {"a", "b", "c"}
        Which cut-off between them counts.
    confidence : float
        One less the error probability, two-sided; one-sided for Hageman-Arrindell.

    Returns
    -------
    ReliableChange
        Counts, error of measurement, minimal detectable change, and a row per client.

    Raises
    ------
    AllianceError
        ``missing-column``, ``invalid-option``, ``repeated-session``, ``duplicate-form``. Data on which no index is
        defined raise nothing: the result has a status.

    Warns
    -----
    AllianceWarning
        If the reliability is of another rater, form, scale or level.

    Notes
    -----
    All indices are (after - expected) / unit, with M, s, r the mean, standard deviation and reliability before and
    SEM = s sqrt(1 - r). Jacobson-Truax: expected is the score before, unit sqrt(2) SEM (Jacobson and Truax 1991).
    Gulliksen-Lord-Novick: M + r (before - M), s sqrt(1 - r^2). Hsu-Linn-Lord: the same about the mean after. Edwards-
    Nunnally: as Gulliksen-Lord-Novick with unit SEM (Speer 1992). Nunnally-Kotsch: unit sqrt(r^2 s^2 (1 - r) +
    s^2 (1 - r2)). Hageman-Arrindell: the change shrunk to the mean change by the reliability of differences.
    Cut-off b takes the standard deviation of the functional group; the R package ``clinicalsignificance`` takes the
    other one.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> data = pl.DataFrame({"case": ["a", "b", "c"], "pre": [32.5, 41.0, 45.0], "post": [47.5, 44.0, 33.0]})
    >>> found = al.reliable_change(data, 0.80, before="pre", after="post", client="case", mean=40,
    ...                            standard_deviation=7.5, higher_is_better=True)
    >>> found.clients["class"].to_list()
    ['improved', 'unchanged', 'deteriorated']
    >>> print(found.minimal_detectable_change)
    9.30
    """
    import numpy as np

    purpose = "reliable change"
    choice("method", method, tuple(_METHODS))
    asked = look_up_outcome(
        data,
        purpose,
        score,
        {"client": client, "session": session, "therapist": therapist, "rater": rater},
        higher_is_better,
    )
    pairs = read_pairs(
        asked.data,
        purpose=purpose,
        before=before,
        after=after,
        score=score,
        scale=scale,
        client=asked.client,
        session=asked.session,
        therapist=therapist,
        rater=rater,
        metric=metric,
        session_order=session_order,
    )
    better = better_direction(asked.higher_is_better, pairs.instrument, purpose)
    form = pairs.instrument
    first = trusted(reliability, scale=pairs.name, instrument=form, option="reliability")
    second = (
        None
        if reliability_after is None
        else trusted(reliability_after, scale=pairs.name, instrument=form, option="reliability_after")
    )
    options: ChangeOptions = {
        "method": method,
        "reliability": first.value,
        "reliability_after": None if second is None else second.value,
        "mean": _optional("mean", mean),
        "standard_deviation": _optional("standard_deviation", standard_deviation),
        "mean_after": _optional("mean_after", mean_after),
        "standard_deviation_after": _optional("standard_deviation_after", standard_deviation_after),
        "correlation": _optional("correlation", correlation),
        "higher_is_better": better,
        "confidence": number("confidence", confidence),
        "range": possible_range(range, pairs.instrument, pairs.name, pairs.unit),
        "groups": _groups(dysfunctional, functional),
        "cutoff": choice("cutoff", cutoff, ("a", "b", "c")),
    }
    count = len(pairs.before)
    numbers = np.empty((5, count))
    columns: dict[str, Any] = dict(zip(("change", "index", "low", "high", "cutoff_index"), numbers, strict=True))
    columns |= {"before": pairs.before, "after": pairs.after}
    columns |= {name: np.empty(count, dtype=np.uint8) for name in ("class", "limited")}
    found = _native.reliable_change(pairs.before, pairs.after, options, numbers, columns["class"], columns["limited"])
    if options["range"] is None:
        columns["limited"][:] = 255
    estimates = {name: Estimate._of(facts) for name, facts in found["estimates"].items()}
    cutoffs, spread = found["cutoffs"], options["standard_deviation"]
    return ReliableChange(
        name=pairs.name,
        instrument=pairs.instrument,
        method=method,
        status=found["status"],
        counts=_counts(columns["class"]),
        standard_error_of_measurement=estimates["standard_error_of_measurement"],
        standard_error_of_difference=estimates["standard_error_of_difference"],
        minimal_detectable_change=estimates["minimal_detectable_change"],
        reliability_of_differences=estimates.get("reliability_of_differences"),
        cutoffs=None if cutoffs is None else Cutoffs(*cutoffs[:3]),
        cutoff=math.nan if cutoffs is None else cutoffs[3],
        critical_value=math.nan if found["critical_value"] is None else found["critical_value"],
        reliability=first.value,
        higher_is_better=better,
        confidence=confidence,
        _ids=pairs.ids,
        _columns=columns,
        _described=pairs.described,
        _occasions=pairs.occasions,
        _sample={
            "standard_deviation": found["before"][2] if spread is None else spread,
            "origin": f"of {found['before'][0]} clients" if spread is None else "given",
        },
        _more_notes=(*first.notes, *(() if second is None else second.notes), *found["notes"]),
        _trusted=first.described,
        _kind=pairs.kind,
    )


def _optional(option: str, value: Any) -> float | None:
    return None if value is None else number(option, value)


def _groups(dysfunctional: Any, functional: Any) -> tuple[float, float, float, float] | None:
    if dysfunctional is None and functional is None:
        return None
    both = {"dysfunctional": dysfunctional, "functional": functional}
    for name, group in both.items():
        if not isinstance(group, Sequence) or isinstance(group, str) or len(group) != 2:
            problem = "give mean and standard deviation of both groups, or of none"
            raise from_code("invalid-option", f"{name}: {problem}")
    low, high = ([number(name, value) for value in group] for name, group in both.items())
    return low[0], low[1], high[0], high[1]


def _counts(places: NDArray[np.uint8]) -> ChangeCounts:
    import numpy as np

    counted = np.bincount(places, minlength=256)
    recovered, improved, unchanged, deteriorated = counted[:4].tolist()
    return ChangeCounts(recovered, improved, unchanged, deteriorated, int(counted[255]))
