"""Reliable change: changes of clients against error of measurement."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from alliance import _html
from alliance.instruments import Instrument
from alliance.psychometrics.estimate import Estimate
from alliance.psychometrics.result import Result

if TYPE_CHECKING:
    from numpy.typing import NDArray


__all__ = ["ChangeCounts", "Cutoffs", "ReliableChange"]

CLASSES = ("recovered", "improved", "unchanged", "deteriorated")
METHODS = {
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
        return f"{name}, {sum(self.counts)} clients: {said(self.counts)}"

    @property
    def _shown(self) -> Sequence[tuple[str, Estimate]]:
        names = ("minimal_detectable_change", "standard_error_of_measurement", "reliability_of_differences")
        return [(name.replace("_", " "), self.estimates[name]) for name in names if name in self.estimates]

    def _sentences(self) -> Sequence[str]:
        sample = self._sample
        sides = "one-sided" if self.method == "hageman-arrindell" else "two-sided"
        sentences = [
            f"Change of {self._described} from {self._occasions} was judged by the method of "
            f"{METHODS[self.method][0]} (error probability {1 - self.confidence:.2g}, {sides}).",
            f"It rests on a reliability of {self._trusted} and a standard deviation before of "
            f"{_plain(sample['standard_deviation'])} ({sample['origin']}); the minimal detectable change was "
            f"{self.minimal_detectable_change}.",
            f"Of {sum(self.counts)} clients {said(self.counts)}.",
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
        own = METHODS[self.method][1]
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
        from alliance.psychometrics.change.change_figures import before_and_after

        return before_and_after(self)

    def _more_html(self) -> str:
        share = [
            (name.replace("_", " "), count, _percent(count, sum(self.counts)))
            for name, count in zip(ChangeCounts._fields, self.counts, strict=True)
            if count or name in ("improved", "unchanged", "deteriorated")
        ]
        return _html.table(("class", "clients", "%"), share)


def said(counts: Any) -> str:
    """Say counts of classes; of those that need not occur only what does."""
    always = ("improved", "unchanged", "deteriorated")
    named = counts._asdict().items()
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in named if count or name in always)


def _percent(count: int, of: int) -> int | str:
    return round(100 * count / of) if of else ""


def _plain(value: float) -> str:
    return "no value" if math.isnan(value) else f"{value:.3g}"
