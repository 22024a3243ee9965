"""Codes side by side: one row per coder, one column per unit, from a long or a wide frame, or scores."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alliance.arguments import choice
from alliance.errors import AllianceError, from_code
from alliance.psychometrics.measurements import is_scores
from alliance.request import _rows
from alliance.scores import Scores
from alliance.sources import distinct_cells, first_rows, grouped, read_measure, refuse_repeats

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from alliance._frames import Frame, Kind
    from alliance.instruments import Instrument

__all__ = ["CodingTable", "read_codings", "read_weights"]

METRICS = ("nominal", "ordinal", "interval", "ratio")


@dataclass(frozen=True, eq=False)
class CodingTable:
    """What coders said of the same units.

    Parameters
    ----------
    codes : ndarray of float64
        Coders by units, each coder contiguous; NaN where a coder did not code.
    coders : tuple of str
        The coders.
    metric : str
        ``nominal``, ``ordinal``, ``interval`` or ``ratio``.
    labels : tuple or None
        Code that each number of ``codes`` stands for, counted from 0; None where the numbers are the codes.
    is_given : bool
        Whether the caller listed the categories.
    what : str
        What was coded: a column, or the scale.
    kind : str
        Kind of frame that came in.
    instruments : tuple of Instrument
        The form, where it is known.
    """

    codes: NDArray[np.float64]
    coders: tuple[str, ...]
    metric: str
    labels: tuple[Any, ...] | None
    is_given: bool
    what: str
    kind: Kind
    instruments: tuple[Instrument, ...] = ()

    @property
    def units(self) -> int:
        """Number of units, coded or not."""
        return int(self.codes.shape[1])

    @property
    def has_order(self) -> bool:
        """Whether the categories have an order: that of numbers, or the one given."""
        return self.is_given or self.labels is None

    def categories(self) -> list[float] | None:
        """Give the categories as the native module knows them; None takes those that occur."""
        if not self.is_given or self.labels is None:
            return None
        if self.metric in ("interval", "ratio"):
            return [float(label) for label in self.labels]
        return [float(place) for place in range(len(self.labels))]

    def label(self, number: float) -> Any:
        """Give the code that a number stands for."""
        if self.labels is None or self.metric in ("interval", "ratio"):
            return int(number) if number == int(number) else number
        return self.labels[int(number)]


def read_codings(
    data: Any,
    *,
    purpose: str,
    unit: str | Sequence[str] | None,
    coder: str | None,
    code: str | None,
    coders: Sequence[str] | None,
    metric: str | None,
    categories: Sequence[Any] | None,
    scale: str = "total",
) -> CodingTable:
    """Read codes of several coders.

    A long frame names ``unit`` (one or several columns), ``coder`` and ``code``; a wide one lists its ``coders``, one
    column each. Scores with a rater column are codes of sessions.
    """
    from alliance._frames import Frame

    if metric is not None:
        choice("metric", metric, METRICS)
    units = [unit] if isinstance(unit, str) else list(unit or ())
    if categories is not None:
        categories = _checked(categories, metric)
    if is_scores(data) and not isinstance(data, Scores):
        problem = "a study has one rating of each kind per session; give a frame, or scores with a rater column"
        raise from_code("invalid-option", f"{purpose}: {problem}")
    if isinstance(data, Scores):
        if units or coder or code or coders:
            raise from_code("invalid-option", f"{purpose}: scores know their columns; leave them out")
        roles = data._id_roles
        if "rater" not in roles or "session" not in roles:
            raise from_code("missing-column", f"{purpose}: name `rater=` and `session=` when scoring", column="rater")
        ids = Frame(data._ids)
        own = [column for role, column in roles.items() if role != "rater"]
        values = [data[scale].copy()]
        table, names = _side_by_side(ids, own, roles["rater"], values[0], purpose)
        form = (data.instrument,)
        return CodingTable(table, names, metric or "interval", None, False, scale, ids.kind, form)
    frame, metric = Frame(data), metric or "nominal"
    if coders is not None:
        if coder is not None or code is not None:
            raise from_code("invalid-option", f"{purpose}: give `coders`, or `coder` and `code`, not both")
        return _of_wide(frame, units, coders, metric, categories, purpose)
    if coder is None or code is None or not units:
        raise from_code(
            "missing-column",
            f"{purpose}: name `unit`, `coder` and `code` of a long frame, or list the columns of `coders`",
            column="coder",
        )
    frame.require([*units, coder, code], purpose)
    values, labels = _numbers(frame, [code], metric, categories)
    table, names = _side_by_side(frame, units, coder, values[0], purpose)
    return CodingTable(table, names, metric, labels, categories is not None, code, frame.kind)


def _checked(categories: Sequence[Any], metric: str | None) -> tuple[Any, ...]:
    if isinstance(categories, str) or not isinstance(categories, Sequence) or len(categories) < 2:
        raise from_code("invalid-option", "categories: list at least two codes")
    listed = tuple(categories)
    if len(set(listed)) < len(listed):
        raise from_code("invalid-option", "categories: list each code once")
    is_number = all(isinstance(each, int | float) and not isinstance(each, bool) for each in listed)
    if metric in ("interval", "ratio") and not is_number:
        raise from_code("invalid-option", f"categories: the {metric} metric is for numbers")
    return listed


def _of_wide(
    frame: Frame, units: list[str], coders: Sequence[str], metric: str, categories: Any, purpose: str
) -> CodingTable:
    import numpy as np

    if isinstance(coders, str) or len(set(coders)) < len(list(coders)):
        raise from_code("invalid-option", f"{purpose}: list the columns of the coders, each once")
    frame.require([*units, *coders], purpose)
    if units:
        refuse_repeats(grouped(frame, units, purpose), "unit", purpose)
    values, labels = _numbers(frame, list(coders), metric, categories)
    table = np.ascontiguousarray(values).reshape(len(values), len(frame))
    names = tuple(map(str, coders))
    return CodingTable(table, names, metric, labels, categories is not None, "codes", frame.kind)


def _side_by_side(
    frame: Frame, units: Sequence[str], coder: str, values: NDArray[np.float64], purpose: str
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Put the codes of a long frame into a row per coder and a column per unit, in order of first appearance."""
    import numpy as np

    from alliance._frames import cells

    unit_of, coder_of = grouped(frame, units, purpose), grouped(frame, [coder], purpose)
    refuse_repeats(grouped(frame, [*units, coder], purpose), "unit and coder", purpose)
    first = first_rows(coder_of)
    names = written_labels(cells(frame.take(first), coder))
    table = np.full((len(names), len(first_rows(unit_of))), np.nan)
    table[coder_of, unit_of] = values
    return table, names


def written_labels(labels: list[Any]) -> tuple[str, ...]:
    """Write coders as text; those that cannot be written are numbered."""
    names = []
    for place, label in enumerate(labels, 1):
        try:
            names.append(str(label))
        except Exception:  # a label's own error may say what it holds, so nothing of it is kept
            names.append(f"coder {place}")
    return tuple(names)


def _numbers(
    frame: Frame, columns: list[str], metric: str, categories: tuple[Any, ...] | None
) -> tuple[list[NDArray[np.float64]], tuple[Any, ...] | None]:
    """Read columns of codes as numbers, with the codes they stand for; None where they are the codes."""
    if categories is None:
        if metric in ("interval", "ratio"):
            return [read_measure(frame, column) for column in columns], None
        with contextlib.suppress(AllianceError):
            return [read_measure(frame, column) for column in columns], None
        if metric == "ordinal":
            problem = "list the codes in their order; words have none of their own"
            raise from_code("invalid-option", f"categories: {problem}")
    places: dict[Any, int] = {label: place for place, label in enumerate(categories or ())}
    found = []
    for column in columns:
        groups, cells = distinct_cells(frame, column)
        found.append(_placed(groups, cells, places, column, metric, may_grow=categories is None))
    return found, tuple(places)


def _placed(
    groups: NDArray[np.uint32], cells: list[Any], places: dict[Any, int], column: str, metric: str, *, may_grow: bool
) -> NDArray[np.float64]:
    import numpy as np

    by_group = np.full(len(cells), np.nan)
    is_strange = np.zeros(len(cells), dtype=bool)
    for group, cell in enumerate(cells):
        if cell is None:
            continue
        try:
            known = places.setdefault(cell, len(places)) if may_grow else places.get(cell)
        except TypeError:
            known = None
        is_strange[group] = known is None
        if known is not None:
            by_group[group] = float(cell) if metric in ("interval", "ratio") else known
    strange = np.flatnonzero(is_strange[groups])
    if len(strange):
        rows, count = strange[:5].tolist(), len(strange)
        problem = f"column `{column}`, {_rows(rows, count)}: {count} codes are none of `categories`"
        raise from_code("invalid-option", problem, column=column, rows=rows, count=count)
    numbers: NDArray[np.float64] = by_group[groups]
    return numbers


def read_weights(weights: Any, table: CodingTable) -> tuple[str, list[float]]:
    """Give the kind of weights and, for a matrix, its cells row by row."""
    if weights is None:
        return ("quadratic" if table.metric == "ordinal" else "none"), []
    if isinstance(weights, str):
        choice("weights", weights, ("none", "linear", "quadratic"))
        if weights != "none" and not table.has_order:
            raise from_code("invalid-option", "categories: list the codes in their order; words have none of their own")
        return weights, []
    if (
        not isinstance(weights, Mapping)
        or len(weights) != 1
        or next(iter(weights)) not in ("agreement", "disagreement")
    ):
        raise from_code(
            "invalid-option",
            "weights: choose `none`, `linear` or `quadratic`, or say what a matrix holds, "
            '`{"agreement": rows}` or `{"disagreement": rows}`',
        )
    if not table.is_given:
        raise from_code("invalid-option", "categories: list the codes to which rows and columns of `weights` belong")
    kind, rows = next(iter(weights.items()))
    try:
        return kind, [float(cell) for row in rows for cell in row]
    except (TypeError, ValueError):
        raise from_code("invalid-option", f"weights: `{kind}` needs rows of numbers") from None
