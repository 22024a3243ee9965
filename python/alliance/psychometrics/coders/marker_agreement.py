"""Agreement of coders on each marker of a coding system, such as the 3RS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from alliance import _html, _native
from alliance.arguments import choice, number, whole
from alliance.codes import CodingSystem, System
from alliance.errors import from_code
from alliance.psychometrics.bootstrap import Bootstrap, resampling, said
from alliance.psychometrics.coders.coding_table import written_labels
from alliance.psychometrics.estimate import Estimate
from alliance.psychometrics.result import Result
from alliance.sources import distinct_cells, first_rows, grouped, require_columns

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from alliance._frames import Frame
    from alliance.instruments import Instrument

__all__ = ["CodedMarker", "MarkerAgreement", "marker_agreement"]

NO_MARKER = 2**32 - 1


@dataclass(frozen=True)
class CodedMarker:
    """How coders agree on one marker, or on a family of markers.

    Parameters
    ----------
    name : str
        The marker, or the family.
    is_family : bool
        Whether counts of several markers were added.
    units, found : int
        Sessions (or segments), and those in which some coder found it.
    presence_agreement, presence_kappa, presence_ac1, presence_alpha : Estimate
        Of whether it occurred: percent agreement, kappa (Light's for more than two coders), Gwet's AC1, Krippendorff's
        nominal alpha.
    count_alpha : Estimate
        Krippendorff's alpha of how often, ratio metric.
    icc_agreement, icc_agreement_average, icc_consistency, icc_consistency_average, icc_one_way, \
icc_one_way_average : Estimate
        Intraclass correlations of how often, of one coder and of the mean of all: by mean squares, or by REML where a
        coder did not code a session. The one-way form where pairs of coders change from session to session.
    log_icc_agreement, log_icc_agreement_average, log_icc_consistency, log_icc_consistency_average, log_icc_one_way, \
log_icc_one_way_average : Estimate
        The same of ln(1 + count): a few sessions with many markers weigh less.
    """

    name: str
    is_family: bool
    units: int
    found: int
    presence_agreement: Estimate
    presence_kappa: Estimate
    presence_ac1: Estimate
    presence_alpha: Estimate
    count_alpha: Estimate
    icc_agreement: Estimate
    icc_agreement_average: Estimate
    icc_consistency: Estimate
    icc_consistency_average: Estimate
    icc_one_way: Estimate
    icc_one_way_average: Estimate
    log_icc_agreement: Estimate
    log_icc_agreement_average: Estimate
    log_icc_consistency: Estimate
    log_icc_consistency_average: Estimate
    log_icc_one_way: Estimate
    log_icc_one_way_average: Estimate

    @property
    def title(self) -> str:
        """The marker, or "all" and the family."""
        return f"all {self.name}" if self.is_family else self.name

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """All estimates, by name."""
        return {name: each for name, each in vars(self).items() if isinstance(each, Estimate)}


@dataclass(frozen=True, eq=False, repr=False)
class MarkerAgreement(Result):
    """Agreement of coders marker by marker. Made by :func:`marker_agreement`.

    Parameters
    ----------
    markers : tuple of CodedMarker
        The markers, then the families of the coding system.
    unit : str
        ``session`` or ``segment``.
    coders : tuple of str
        The coders.
    units : int
        Sessions or segments that some coder coded.
    least_units : int
        Units in which a marker must occur for intraclass correlations.
    instrument : Instrument or None
        The coding system, where it is known.
    interval : "analytic" or Bootstrap
        Where intervals of kappa, AC1 and alpha come from.
    confidence : float
        Confidence of all intervals.
    """

    markers: tuple[CodedMarker, ...]
    unit: str
    coders: tuple[str, ...]
    units: int
    least_units: int
    instrument: Instrument | None
    interval: Literal["analytic"] | Bootstrap
    confidence: float
    _kind: Any

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """All estimates, by marker and name."""
        return {f"{each.title}: {name}": own for each in self.markers for name, own in each.estimates.items()}

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The coding system, if it is known."""
        return () if self.instrument is None else (self.instrument,)

    def __getitem__(self, name: str) -> CodedMarker:
        for each in self.markers:
            if each.name == name:
                return each
        raise from_code("unknown-marker", f"marker_agreement: no such marker; `.markers` lists {len(self.markers)}")

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of this result should know."""
        notes = []
        few = sum(each.found < self.least_units for each in self.markers)
        if few:
            notes.append(
                f"{few} of {len(self.markers)} occur in fewer than {self.least_units} {self.unit}s: no intraclass "
                "correlation of their counts is given."
            )
        constant = sum(each.presence_alpha.status == "undefined" for each in self.markers)
        if constant:
            notes.append(
                f"{constant} of {len(self.markers)} were seen by some coder in every {self.unit} or in none: percent "
                "agreement may be 100 %, and nothing corrected for chance can be said."
            )
        pairs = sum(each.presence_kappa.status == "undefined" for each in self.markers) - constant
        if pairs:
            notes.append(
                f"{pairs} of {len(self.markers)} have a pair of coders without a kappa (nothing coded by both, or one "
                "code only), and so no Light's kappa."
            )
        return tuple(notes)

    @property
    def _title(self) -> str:
        return "Agreement of coders by marker"

    @property
    def _line(self) -> str:
        return f"{len(self.markers)} markers and families, {len(self.coders)} coders, {self.units} {self.unit}s"

    @property
    def _shown(self) -> Sequence[tuple[str, Estimate]]:
        return [(f"{each.title}, presence", each.presence_ac1) for each in self.markers]

    def _sentences(self) -> Sequence[str]:
        system = f" ({self.instrument.id})" if self.instrument is not None else ""
        return (
            f"{len(self.coders)} coders coded {self.units} {self.unit}s for {len(self.markers)} markers and families"
            f"{system}. Agreement on presence is given as percent agreement, kappa, Gwet's AC1 and Krippendorff's "
            "alpha, on frequency as Krippendorff's alpha (ratio) and intraclass correlations of counts and of "
            "ln(1 + count).",
            f"Intervals have {100 * self.confidence:g} % confidence ({said(self.interval)}).",
        )

    @property
    def _references(self) -> tuple[str, ...]:
        return ("cohen-1960", "gwet-2008", "krippendorff-2011", "gwet-2014", "mcgraw-1996")

    @property
    def _keys(self) -> Mapping[str, Sequence[str]]:
        return {
            "marker": [each.title for each in self.markers for _ in each.estimates],
            "estimate": [name for each in self.markers for name in each.estimates],
        }

    def marker_frame(self) -> Any:
        """Give one row per marker: units, units in which it was found, and the value of every estimate.

        Returns
        -------
        frame
            Of the kind that went in.
        """
        import numpy as np

        from alliance import _frames

        kind = self._kind or _frames.installed_kind()
        columns: dict[str, Any] = {
            name: np.array([getattr(each, name) for each in self.markers], dtype=np.int64)
            for name in ("units", "found")
        }
        for name in self.markers[0].estimates if self.markers else ():
            columns[name] = np.array([getattr(each, name).value for each in self.markers], dtype=float)
        ids = {"marker": [each.name for each in self.markers], "is_family": [each.is_family for each in self.markers]}
        return _frames.beside(kind, _frames.frame_of(kind, ids), columns)

    def plot(self) -> Any:
        """Draw Gwet's AC1 of presence and the intraclass correlation of counts, marker by marker.

        Returns
        -------
        matplotlib.figure.Figure
            Dots with intervals; a marker without an estimate has a row and no dot.

        Raises
        ------
        AllianceError
            ``missing-extra`` without matplotlib.
        """
        from alliance.psychometrics.coders.coder_figures import markers

        return markers(self)

    def _repr_html_(self) -> str:
        rows = [
            (
                each.title,
                each.found,
                str(each.presence_agreement),
                str(each.presence_kappa),
                str(each.presence_ac1),
                str(each.count_alpha),
                str(each.icc_agreement) if each.found >= self.least_units else "too few",
            )
            for each in self.markers
        ]
        heads = (f"{self.unit}s with it", "percent agreement", "kappa", "AC1", "alpha of counts", "ICC(A,1) of counts")
        table = _html.table(("marker", *heads), rows)
        return _html.heading(self._title, self._line) + table + _html.notes(self.notes)


def marker_agreement(
    codes: Any,
    *,
    client: str,
    session: str,
    coder: str,
    marker: str = "marker",
    segment: str | None = None,
    unit: Literal["session", "segment"] = "session",
    system: System | None = None,
    least_units: int = 5,
    interval: Literal["analytic"] | Bootstrap = "analytic",
    confidence: float = 0.95,
) -> MarkerAgreement:
    """Say how far coders agree on each marker: whether it occurred, and how often.

    Parameters
    ----------
    codes : frame
        As for :meth:`Study.with_codes`: one marker per row, by one coder. A session that a coder coded without finding
        anything has a row with a null marker; a session without a row was not coded by them, which is not the same.
    client, session, coder, marker : str
        Columns.
    segment : str, optional
        Column with the segment, such as the 3RS's five minutes.
    unit : {"session", "segment"}
        What counts as one unit. Segments of a session that anybody named were coded by all who coded the session, so
        list segments without a marker too (one row with a null marker). A row without segment and marker says that
        the coder found nothing in the session.
    system : str, Instrument or mapping, optional
        Coding system: its markers are looked for, others are refused, and its families are counted as well. Without
        it, the markers that occur.
    least_units : int
        Units in which some coder must have found a marker for its counts to be correlated. Our rule; no source fixes a
        number.
    interval : "analytic" or Bootstrap
        Intervals of kappa, AC1 and alpha; those of intraclass correlations are from F.
    confidence : float
        Confidence of the intervals.

    Returns
    -------
    MarkerAgreement
        One entry per marker and family.

    Raises
    ------
    AllianceError
        ``missing-column``; ``missing-id``; ``unknown-marker`` for markers the system does not list, by count and row;
        ``invalid-option``.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> codes = pl.DataFrame({"client": ["a", "a", "a", "b", "b"], "session": [1, 1, 2, 1, 1],
    ...                       "coder": ["x", "y", "x", "x", "y"],
    ...                       "marker": ["withdraws", "withdraws", None, None, "withdraws"]})
    >>> found = al.marker_agreement(codes, client="client", session="session", coder="coder")
    >>> found["withdraws"].units, found["withdraws"].found
    (3, 2)
    """
    from alliance._frames import Frame, cells

    choice("unit", unit, ("session", "segment"))
    if unit == "segment" and segment is None:
        raise from_code(
            "missing-column", "marker_agreement: name the column of segments, `segment=...`", column="segment"
        )
    frame = Frame(codes)
    ids = {"client": client, "session": session}
    require_columns(frame, ids, {"coder": coder, "marker": marker, "segment": segment}, "codes")
    sessions = grouped(frame, [client, session], "codes")
    coders = grouped(frame, [coder], "codes")
    known = None if system is None else CodingSystem.of(system)
    places, names = _markers(frame, marker, known)
    units = sessions if unit == "session" else _segments(frame, [client, session], str(segment), places)
    groups = [(name, False, [place]) for place, name in enumerate(names)]
    groups += _families(known)
    found = _native.marker_agreement(
        {"units": units, "sessions": sessions, "coders": coders, "markers": places},
        len(names),
        [own for _, _, own in groups],
        whole("least_units", least_units, least=2),
        resampling(interval),
        number("confidence", confidence),
    )
    listed = tuple(
        CodedMarker(
            name, is_family, found["units"], count, **{key: Estimate._of(facts) for key, facts in estimates.items()}
        )
        for (name, is_family, _), (count, estimates) in zip(groups, found["markers"], strict=True)
    )
    return MarkerAgreement(
        markers=listed,
        unit=unit,
        coders=written_labels(cells(frame.take(first_rows(coders)), coder)),
        units=found["units"],
        least_units=int(least_units),
        instrument=None if known is None else known.instrument,
        interval=interval,
        confidence=float(confidence),
        _kind=frame.kind,
    )


def _markers(frame: Frame, marker: str, known: CodingSystem | None) -> tuple[NDArray[np.uint32], list[str]]:
    """Give each row the place of its marker, and the markers."""
    import numpy as np

    from alliance.request import _rows

    groups, found = distinct_cells(frame, marker)
    listed = [cell for cell in found if cell is not None] if known is None else list(known.families)
    place_of = {cell: place for place, cell in enumerate(listed)}
    by_group = np.array([NO_MARKER if cell is None else place_of.get(cell, -1) for cell in found], dtype=np.int64)
    strange = np.flatnonzero(by_group[groups] < 0)
    if len(strange) and known is not None:
        rows, count = strange[:5].tolist(), len(strange)
        problem = f"column `{marker}`, {_rows(rows, count)}: {count} markers are not known: {known.allowed()}"
        raise from_code("unknown-marker", problem, column=marker, rows=rows, count=count)
    return by_group[groups].astype(np.uint32), [str(cell) for cell in listed]


def _segments(frame: Frame, ids: list[str], segment: str, places: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Give each row the number of its segment; none where nothing was found in the session."""
    import numpy as np

    from alliance.request import _rows

    cells_of, found = distinct_cells(frame, segment)
    is_none = np.array([cell is None for cell in found], dtype=bool)[cells_of]
    stray = np.flatnonzero(is_none & (places != NO_MARKER))
    if len(stray):
        rows, count = stray[:5].tolist(), len(stray)
        problem = f"column `{segment}`, {_rows(rows, count)}: {count} markers have no segment"
        raise from_code("missing-id", problem, column=segment, rows=rows, count=count)
    units = np.full(len(frame), NO_MARKER, dtype=np.uint32)
    units[~is_none] = grouped(frame.take(np.flatnonzero(~is_none)), [*ids, segment], "codes")
    return units


def _families(known: CodingSystem | None) -> list[tuple[str, bool, list[int]]]:
    """Give the families of a system with the places of their markers."""
    if known is None:
        return []
    numbers = list(known.families.values())
    words = ("withdrawal", "confrontation")
    families = [
        (word, True, [place for place, number in enumerate(numbers) if number == family])
        for family, word in enumerate(words, 1)
    ]
    return [(name, is_family, places) for name, is_family, places in families if places]
