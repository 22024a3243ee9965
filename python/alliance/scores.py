"""Scores: item means and counts of answers, and the views on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from alliance import _html, _native
from alliance.errors import from_code
from alliance.instruments import Instrument
from alliance.missing import ItemSpread
from alliance.request import Metric, MissingRule, check_metric

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from alliance._frames import Kind
    from alliance._typing import Given

__all__ = ["Scale", "Scores"]

STATUSES = ("complete", "prorated", "not-scored")


@dataclass(frozen=True)
class Scale:
    """One scored scale.

    Parameters
    ----------
    name : str
        Name.
    items : int
        Number of items.
    required : int
        How many must be answered for a score.
    level : str
        Level of evidence for the score.
    complete, prorated, not_scored : int
        How many forms were scored with all items, scored with some missing, and not scored.
    spread : ItemSpread
        Spread of the items within a form; NaN unless prorating was allowed and 30 forms are complete.
    """

    name: str
    items: int
    required: int
    level: str
    complete: int
    prorated: int
    not_scored: int
    spread: ItemSpread

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Scale):
            return False
        return all(
            str(getattr(self, name)) == str(getattr(other, name)) for name in self.__dataclass_fields__
        )  # as text, NaN equals NaN

    def __hash__(self) -> int:
        return hash((self.name, self.items, self.required))


@dataclass(frozen=True)
class LeftOut:
    """A scale that was not scored for want of evidence."""

    name: str
    level: str
    part: str


@dataclass(frozen=True)
class Input:
    """What the scores were made from: for provenance only, and without the answers once pickled."""

    columns: tuple[str, ...]
    rows_read: int
    duplicates: str
    entry: str
    already_reversed: bool | tuple[int, ...]
    labels: tuple[tuple[str, float], ...]
    missing_texts: tuple[str, ...]
    missing_numbers: tuple[float, ...]
    given: list[Given] | None = field(compare=False, repr=False, default=None)
    known_hash: str | None = field(compare=False, default=None)

    def hash(self) -> str:
        """Give the SHA-256 of the answers as they are read now."""
        if self.known_hash is not None:
            return self.known_hash
        return _native.input_hash(self.given or [], list(self.labels), list(self.missing_texts))

    def __reduce__(self) -> tuple[Any, ...]:
        return (
            Input,
            (
                self.columns,
                self.rows_read,
                self.duplicates,
                self.entry,
                self.already_reversed,
                self.labels,
                self.missing_texts,
                self.missing_numbers,
                None,
                self.hash(),
            ),
        )


class Scores:
    """The scores of a batch of forms, with everything needed to say how they came about.

    Made by :func:`alliance.score` or :meth:`from_totals`. Item means and counts of answered items are stored; sums,
    POMP, status and standard error are views. In a notebook it shows counts per scale, never a row.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> answers = pl.DataFrame({f"q{i}": [4, None if i == 2 else 5] for i in range(1, 6)})
    >>> scores = al.score(answers, al.instrument("arm-5-client"), columns="q{item}")
    >>> scores.status("total").tolist()
    ['complete', 'not-scored']
    """

    __slots__ = (
        "_answered",
        "_defined",
        "_id_roles",
        "_ids",
        "_kept",
        "_kind",
        "_means",
        "_source",
        "instrument",
        "left_out",
        "metric",
        "missing",
        "scales",
    )

    instrument: Instrument
    scales: tuple[Scale, ...]
    metric: Metric
    missing: MissingRule
    left_out: tuple[LeftOut, ...]
    _means: NDArray[np.float64]
    _answered: NDArray[np.uint8]
    _defined: NDArray[np.uint8]
    _kept: list[Any]
    _kind: Kind
    _ids: Any
    _id_roles: Mapping[str, str]
    _source: Input

    def __init__(self) -> None:
        raise TypeError("scores are made by `al.score` or `al.Scores.from_totals`")

    @classmethod
    def _of(
        cls,
        *,
        instrument: Instrument,
        scales: tuple[Scale, ...],
        metric: Metric,
        missing: MissingRule,
        left_out: tuple[LeftOut, ...],
        means: NDArray[np.float64],
        answered: NDArray[np.uint8],
        defined: NDArray[np.uint8],
        kind: Kind,
        ids: Any,
        id_roles: Mapping[str, str],
        source: Input,
    ) -> Scores:
        new = object.__new__(cls)
        means, answered, defined = means.view(), answered.view(), defined.view()
        for array in (means, answered, defined):
            array.flags.writeable = False
        values = {
            "instrument": instrument,
            "scales": scales,
            "metric": metric,
            "missing": missing,
            "left_out": left_out,
            "_means": means,
            "_answered": answered,
            "_defined": defined,
            "_kind": kind,
            "_ids": ids,
            "_id_roles": dict(id_roles),
            "_source": source,
            "_kept": [],
        }
        for name, value in values.items():
            object.__setattr__(new, name, value)
        return new

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("scores cannot be changed; score again, or take another view with `in_metric`")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("scores cannot be changed; score again, or take another view with `in_metric`")

    @classmethod
    def from_totals(
        cls,
        data: Any,
        instrument: Instrument | str,
        *,
        totals: Mapping[str, str],
        metric: Literal["mean", "sum", "pomp"],
        client: str | None = None,
        session: str | None = None,
        therapist: str | None = None,
        rater: str | None = None,
        accept_unverified: bool = False,
    ) -> Scores:
        """Take totals that were computed elsewhere, without items.

        Parameters
        ----------
        data : frame
            One form per row.
        instrument : Instrument or str
            The form they belong to, or its id.
        totals : mapping of str to str
            Scale name to the column with its totals.
        metric : {"mean", "sum", "pomp"}
            Unit of the totals.
        client, session, therapist, rater : str, optional
            Id columns.
        accept_unverified : bool
            Take totals of scales whose key is unverified here; whoever computed them had a key.

        Returns
        -------
        Scores
            With status ``complete`` where there is a total: what was answered is not known.

        Raises
        ------
        AllianceError
            ``unknown-scale``; ``out-of-range`` for totals no form can have; ``unverified-key``.

        Examples
        --------
        >>> import alliance as al
        >>> import polars as pl
        >>> published = pl.DataFrame({"case": [1, 2], "wai_bond": [18, 20]})
        >>> scores = al.Scores.from_totals(published, al.instrument("wai-sr-client"),
        ...                                totals={"bond": "wai_bond"}, metric="sum", client="case")
        >>> scores.in_metric("mean")["bond"].tolist()
        [4.5, 5.0]
        """
        from alliance.totals import scores_from_totals

        ids = {"client": client, "session": session, "therapist": therapist, "rater": rater}
        return scores_from_totals(
            data, instrument, totals=totals, metric=metric, ids=ids, accept_unverified=accept_unverified
        )

    def in_metric(self, metric: Literal["mean", "sum", "pomp"]) -> Scores:
        """Give the same scores in another unit.

        Parameters
        ----------
        metric : {"mean", "sum", "pomp"}
            Item mean, sum, or percentage of the maximum possible.

        Returns
        -------
        Scores
            Sharing the memory of these.
        """
        return Scores._of(
            instrument=self.instrument,
            scales=self.scales,
            metric=check_metric(metric, self.instrument),
            missing=self.missing,
            left_out=self.left_out,
            means=self._means,
            answered=self._answered,
            defined=self._defined,
            kind=self._kind,
            ids=self._ids,
            id_roles=self._id_roles,
            source=self._source,
        )

    def __len__(self) -> int:
        return int(self._means.shape[1])

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    @property
    def _forms(self) -> str:
        return "1 form" if len(self) == 1 else f"{len(self)} forms"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the scored scales."""
        # Not `tuple(self)`: that makes room for as many names as there are forms.
        return tuple(scale.name for scale in self.scales)

    def _position(self, scale: str) -> int:
        for position, known in enumerate(self.scales):
            if known.name == scale:
                return position
        known_names = ", ".join(f"`{name}`" for name in self.names)
        raise from_code("unknown-scale", f"`{scale}` was not scored; these were: {known_names}")

    def __getitem__(self, scale: str) -> NDArray[np.float64]:
        """Give the scores of one scale in the metric of these scores: float64, one per form, NaN where none."""
        one: NDArray[np.float64] = self._view([self._position(scale)])[0]
        return one

    def _view(self, positions: Sequence[int]) -> NDArray[np.float64]:
        """Give neighbouring scales in the metric of these scores: shape (scales, forms)."""
        import numpy as np

        if self.metric == "mean":
            first, count = positions[0], len(positions)
            return self._means[first : first + count]
        out = np.empty((len(positions), len(self)))
        limits = self.instrument.range or (0.0, 1.0)
        for row, position in enumerate(positions):
            _native.view(self._means[position], out[row], self.metric, self.scales[position].items, limits)
        return out

    def answered(self, scale: str) -> NDArray[np.uint8]:
        """Give the number of answered items.

        Parameters
        ----------
        scale : str
            Name of the scale.

        Returns
        -------
        ndarray of uint8
            One count per form.
        """
        counts: NDArray[np.uint8] = self._answered[self._position(scale)]
        return counts

    def status(self, scale: str) -> NDArray[np.str_]:
        """Say how each score came about.

        Parameters
        ----------
        scale : str
            Name of the scale.

        Returns
        -------
        ndarray of str
            ``complete``, ``prorated`` or ``not-scored``, one per form.
        """
        import numpy as np

        position = self._position(scale)
        codes = np.empty(len(self), dtype=np.uint8)
        _native.statuses(self._means[position], self._answered[position], codes, self.scales[position].items)
        return np.array(STATUSES)[codes]

    def standard_error(self, scale: str, *, reference: ItemSpread | None = None) -> NDArray[np.float64]:
        """Give the standard error of each score that comes from its missing items.

        Parameters
        ----------
        scale : str
            Name of the scale.
        reference : ItemSpread, optional
            Spread to use instead of the batch's own, which needs 30 complete forms.

        Returns
        -------
        ndarray of float64
            In the metric of these scores: 0 for a complete form, NaN where there is no score or no spread.

        Notes
        -----
        sqrt(spread * (1/m - 1/k)) on the item mean for m of k items; see :class:`ItemSpread`.
        """
        import numpy as np

        position = self._position(scale)
        known = self.scales[position]
        spread = known.spread if reference is None else reference
        out = np.empty(len(self))
        _native.item_spread_error(
            self._means[position], self._answered[position], out, known.items, float(spread.variance)
        )
        low, high = self.instrument.range or (0.0, 1.0)
        factor = {"mean": 1.0, "sum": float(known.items), "pomp": 100.0 / (high - low)}[self.metric]
        return out * factor

    def to_frame(self, shape: Literal["wide", "long"] = "wide") -> Any:
        """Give the scores as a frame of the kind that went in.

        Parameters
        ----------
        shape : {"wide", "long"}
            Wide: the id columns and one column per scale, in the input's row order. Long: one row per form and
            scale, with rater, form, scale, score, metric, answered, items, status and standard error.

        Returns
        -------
        frame
            Null where there is no score in polars and Arrow, NaN in pandas.
        """
        from alliance import _frames

        if shape == "wide":
            block = self._view(range(len(self.scales)))
            bits = self._defined if any(scale.not_scored for scale in self.scales) else None
            return _frames.table(self._kind, self._ids, self.names, block, bits, self._kept)
        if shape != "long":
            raise from_code("invalid-option", "shape: choose `wide` or `long`")
        parts = [self._long_part(position) for position in range(len(self.scales))]
        return _frames.stack(self._kind, parts)

    def _long_part(self, position: int) -> Any:
        from alliance import _frames

        scale = self.scales[position]
        one = self._view([position])
        bits = self._defined[position : position + 1] if scale.not_scored else None
        part = _frames.table(self._kind, self._ids, ("score",), one, bits, [])
        columns = {
            "rater": self.instrument.rater,
            "form": self.instrument.id,
            "scale": scale.name,
            "metric": self.metric,
            "answered": self._answered[position],
            "items": scale.items,
            "status": self.status(scale.name).tolist(),
            "standard_error": self.standard_error(scale.name),
        }
        if "rater" in self._id_roles:
            del columns["rater"]
        return _frames.beside(self._kind, part, columns)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of these scores should know."""
        notes = []
        single = [scale.name for scale in self.scales if scale.level == "single-source"]
        unverified = [scale.name for scale in self.scales if scale.level == "unverified"]
        if single:
            notes.append(f"{', '.join(single)}: the key rests on a single source.")
        if unverified:
            notes.append(f"{', '.join(unverified)}: the key is unverified and was accepted. {self.instrument.gap}")
        if self.left_out:
            names = ", ".join(scale.name for scale in self.left_out)
            notes.append(f"{names}: left out for want of evidence.")
        own = {source.id: source.title for source in self.instrument.sources if source.kind == "caller"}
        notes.extend(f"Key or range supplied by the caller: {title}." for title in own.values())
        response = self.instrument.evidence["response"]
        if response.note is not None and own.keys() & set(response.sources):
            notes.append(response.note)
        if self.missing != "complete":
            notes.append("Prorated: the rule for missing answers is the analyst's, not the instrument's.")
        return tuple(notes)

    @property
    def level(self) -> str:
        """Level of the weakest of these scores."""
        order = ("key-needed", "unverified", "single-source", "attested")
        return min((scale.level for scale in self.scales), key=order.index)

    def methods(self) -> str:
        """Give a paragraph for a methods section, of facts these scores hold.

        Returns
        -------
        str
            Plain text.
        """
        from alliance.citing import scoring_paragraph

        return scoring_paragraph(self)

    def cite(self) -> str:
        """Give BibTeX entries of the instrument and this software.

        Returns
        -------
        str
            BibTeX.
        """
        from alliance.citing import cite

        return cite(self)

    def provenance(self) -> dict[str, Any]:
        """Say how these scores came about, without ids, dates or answers.

        Returns
        -------
        dict
            Software, input hash and mapping, instrument version and hash, missing rule, counts. The same for the
            same input; the hash is of the answers as they are when this is called.
        """
        from alliance.provenance import of_scores

        return of_scores(self)

    def write_csv(self, path: str | Path, shape: Literal["wide", "long"] = "wide") -> Path:
        """Write the scores as CSV with their provenance beside them.

        Parameters
        ----------
        path : str or Path
            File to write; ``<path>.provenance.json`` comes beside it.
        shape : {"wide", "long"}
            As in :meth:`to_frame`.

        Returns
        -------
        Path
            The file. Both files appear whole or not at all.
        """
        from alliance.provenance import write_table

        return write_table(self.to_frame(shape), Path(path), "csv", self.provenance())

    def write_parquet(self, path: str | Path, shape: Literal["wide", "long"] = "wide") -> Path:
        """Write the scores as Parquet with their provenance beside them.

        Parameters
        ----------
        path : str or Path
            File to write; ``<path>.provenance.json`` comes beside it.
        shape : {"wide", "long"}
            As in :meth:`to_frame`.

        Returns
        -------
        Path
            The file. Both files appear whole or not at all.
        """
        from alliance.provenance import write_table

        return write_table(self.to_frame(shape), Path(path), "parquet", self.provenance())

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        frame = self.to_frame()
        if not hasattr(frame, "__arrow_c_stream__"):
            raise from_code("missing-extra", "this frame has no Arrow form here; install pyarrow")
        return frame.__arrow_c_stream__(requested_schema)

    def __eq__(self, other: object) -> bool:
        import numpy as np

        if not isinstance(other, Scores):
            return NotImplemented
        same = ("instrument", "scales", "metric", "missing", "left_out", "_kind", "_id_roles", "_source")
        return (
            all(getattr(self, name) == getattr(other, name) for name in same)
            and np.array_equal(self._means, other._means, equal_nan=True)
            and np.array_equal(self._answered, other._answered)
            and self._same_ids(other)
        )

    def _same_ids(self, other: Scores) -> bool:
        # Without columns only pandas' index says anything; an Arrow table then forgets its length when pickled.
        return (self._kind != "pandas" and not self._id_roles) or bool(self._ids.equals(other._ids))

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return (_unpickle, ({name: getattr(self, name) for name in self.__slots__ if name != "_kept"},))

    def __repr__(self) -> str:
        return f"<Scores {self.instrument.id}: {self._forms}, {', '.join(self.names)} ({self.metric})>"

    def _repr_html_(self) -> str:
        line = f"{self.instrument.id}, {self._forms}, {_METRIC_NAMES[self.metric]}"
        rows = (
            (scale.name, scale.items, scale.level, scale.complete, scale.prorated, scale.not_scored)
            for scale in self.scales
        )
        columns = ("scale", "items", "evidence", "complete", "prorated", "not scored")
        return _html.heading(self.instrument.name, line) + _html.table(columns, rows) + _html.notes(self.notes)


_METRIC_NAMES = {"mean": "item means", "sum": "sums", "pomp": "percent of the maximum possible"}


def _unpickle(values: dict[str, Any]) -> Scores:
    public = {name: values[name] for name in ("instrument", "scales", "metric", "missing", "left_out")}
    private = {name[1:]: value for name, value in values.items() if name.startswith("_")}
    return Scores._of(**public, **private)
