"""Sources of evidence about sessions: how their frames are read, and how they are put side by side.

A source says something of some sessions. A session it does not name is unknown to it, never a "no".
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alliance import _native
from alliance.errors import from_code
from alliance.request import _grouped, _names, _rows
from alliance.series import number_sessions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from alliance._frames import Frame, Kind
    from alliance._typing import Given

__all__ = ["NO", "UNKNOWN", "YES", "SessionTable", "Source", "Words"]

NO, YES, UNKNOWN = 0, 1, 2
NO_WORD = 255


@dataclass(frozen=True, eq=False)
class Words:
    """A column of few different words: the place of each row's word, 255 where there is none."""

    places: NDArray[np.uint8]
    words: tuple[str, ...]


Column = Any  # uint8: no, yes, unknown; float64: a number, NaN where there is none; Words


@dataclass(frozen=True, eq=False)
class Source:
    """What one source says of its sessions.

    Parameters
    ----------
    name : str
        Name in tables, such as ``codes``.
    ids : Frame
        Client and session columns under the study's names, one row per session.
    columns : mapping of str to column
        Column name in tables to what is said of each row: uint8 of ``NO``, ``YES`` and ``UNKNOWN``, which counts as
        an indicator; float64, NaN where there is no number; or ``Words``.
    notes : tuple of str
        What a reader of these columns should know.
    """

    name: str
    ids: Frame
    columns: Mapping[str, Column]
    notes: tuple[str, ...] = ()


def grouped(frame: Frame, ids: Sequence[str], what: str) -> NDArray[np.uint32]:
    """Give each row the number of its ids, in the order of first appearance; refuse rows without one."""
    import numpy as np

    found = _grouped(frame, {name: name for name in ids})
    if found is None:
        problem = "ids of this type cannot be told apart; ids are text, integers or dates"
        raise from_code("unsupported-column", f"{what}, {_names(ids)}: {problem}")
    rows, count = found["missing"]
    if count:
        lack = "row lacks" if count == 1 else "rows lack"
        problem = f"{what}: {count} {lack} an id in {_names(ids)} ({_rows(rows, count)}); fill it in"
        raise from_code("missing-id", problem, rows=rows, count=count)
    return np.frombuffer(found["groups"], dtype=np.uint32)


def first_rows(groups: NDArray[np.uint32]) -> NDArray[np.intp]:
    """Give the first row of each group; groups are numbered without leaving any out."""
    import numpy as np

    rows = np.zeros(int(groups.max()) + 1 if len(groups) else 0, dtype=np.intp)
    rows[groups[::-1]] = np.arange(len(groups))[::-1]
    return rows


def require_columns(frame: Frame, ids: Mapping[str, str], columns: Mapping[str, str | None], what: str) -> None:
    """Refuse columns that are not there, or named for two things at once."""
    named: dict[str, str] = {}
    for role, name in (*ids.items(), *columns.items()):
        if name is not None and named.setdefault(name, role) != role:
            problem = f"{what}: `{name}` is named for {named[name]} and for {role}"
            raise from_code("repeated-column", problem, column=str(name))
    frame.require(named, f"{what}, columns")


def sessions_once(frame: Frame, client: str, session: str, what: str) -> Frame:
    """Give the id columns of a frame with one row per session; refuse a session that is there twice."""
    refuse_repeats(grouped(frame, [client, session], what), "client and session", what)
    return ids_of(frame, client, session)


def refuse_repeats(groups: NDArray[np.uint32], ids: str, what: str) -> None:
    """Raise ``duplicate-form`` if rows are of the group of an earlier row; ``ids`` says what makes a group."""
    import numpy as np

    first = first_rows(groups)
    if len(first) == len(groups):
        return
    again = np.setdiff1d(np.arange(len(groups)), first)
    rows, count = again[:5].tolist(), len(again)
    repeat = "row repeats" if count == 1 else "rows repeat"
    problem = f"{what}: {count} {repeat} the {ids} of an earlier row ({_rows(rows, count)}); remove what is double"
    raise from_code("duplicate-form", problem, rows=rows, count=count)


def ids_of(frame: Frame, client: str, session: str) -> Frame:
    """Select the id columns, as a frame of its own."""
    from alliance import _frames

    return _frames.Frame(_frames.without_index(frame.kind, frame.ids([client, session])))


def read_measure(frame: Frame, column: str) -> NDArray[np.float64]:
    """Read a column of numbers, NaN where missing; refuse text and what is infinite."""
    import numpy as np

    values = np.empty(len(frame))
    read_given(frame.answers(column), values)
    return values


def read_given(column: Given, values: NDArray[np.float64]) -> None:
    """Read a column of numbers into an array, NaN where missing; refuse text and what is infinite."""
    import numpy as np

    _native.read_numbers(column, values)
    infinite = np.flatnonzero(np.isinf(values))
    if len(infinite):
        name, rows, count = column[0], infinite[:5].tolist(), len(infinite)
        problem = f"column `{name}`, {_rows(rows, count)}: {count} numbers are infinite; a missing one is null or NaN"
        raise from_code("not-finite", problem, column=name, rows=rows, count=count)


def read_words(frame: Frame, column: str, meanings: Mapping[Any, int]) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """Read a column of few different cells: the meaning of each row, 255 where missing, and rows without a meaning.

    Cells are compared as Python compares them; nothing is trimmed, folded or guessed.
    """
    import numpy as np

    groups, distinct = distinct_cells(frame, column)
    by_group = np.array([_meaning(cell, meanings) for cell in distinct], dtype=np.int16)
    found = by_group[groups]
    return found.astype(np.uint8), np.flatnonzero(found < 0)


def distinct_cells(frame: Frame, column: str) -> tuple[NDArray[np.uint32], list[Any]]:
    """Give each row the number of its cell, and the cells; all missing ones are one, which is None."""
    groups = _cell_groups(frame, column)
    if groups is None:
        problem = f"column `{column}`: cells of this type cannot be told apart"
        raise from_code("unsupported-column", problem, column=column)
    from alliance._frames import cells

    return groups, [None if _is_missing(cell) else cell for cell in cells(frame.take(first_rows(groups)), column)]


def _cell_groups(frame: Frame, column: str) -> NDArray[np.uint32] | None:
    import numpy as np

    from alliance._frames import cells

    for labels in (lambda: frame.labels(column), lambda: (column, cells(frame, column))):
        with contextlib.suppress(Exception):  # the cell's own error may say what it holds, so nothing of it is kept
            return np.frombuffer(_native.group_keys([labels()])["groups"], dtype=np.uint32)
    return None


def _is_missing(cell: Any) -> bool:
    try:
        return cell is None or bool(cell != cell)
    except Exception:
        return True  # as in ids: what cannot say whether it equals itself is missing


def _meaning(cell: Any, meanings: Mapping[Any, int]) -> int:
    """Give the meaning of a cell, 255 if it is missing, -1 if it has none."""
    if cell is None:
        return NO_WORD
    try:
        return meanings.get(cell, -1)
    except Exception:
        return -1  # not even its hash can be had


@dataclass(frozen=True, eq=False)
class SessionTable:
    """The sessions of several sources: one row per client and session, clients in order of appearance."""

    kind: Kind
    ids: Any
    clients: NDArray[np.uint32]
    numbers: NDArray[np.int64]
    places: tuple[NDArray[np.intp], ...]

    @classmethod
    def of(
        cls, sources: Sequence[tuple[str, Frame]], client: str, session: str, order: Sequence[Any] | None
    ) -> SessionTable:
        """Put sources side by side; ``places`` says for each row of each source where it stands."""
        import numpy as np

        from alliance import _frames

        stacked, sizes = stack_ids(sources, client, session)
        clients = grouped(stacked, [client], "sources")
        groups = grouped(stacked, [client, session], "sources")
        numbers, _ = number_sessions(stacked, session, clients, order)
        first = first_rows(groups)
        in_order = np.lexsort((numbers[first], clients[first]))
        rank = np.empty(len(first), dtype=np.intp)
        rank[in_order] = np.arange(len(first))
        ends = np.cumsum([0, *sizes])
        places = tuple(rank[groups[start:end]] for start, end in itertools.pairwise(ends))
        for (name, _), rows in zip(sources, places, strict=True):
            if len(np.unique(rows)) < len(rows):
                raise from_code(
                    "duplicate-form",
                    f"{name}: a client has a session twice. Sessions are told apart by client and session: number them "
                    "through where the therapist changes, and keep one form per session and rater",
                    count=len(rows) - len(np.unique(rows)),
                )
        rows = first[in_order]
        ids = _frames.without_index(stacked.kind, stacked.take(rows).native)
        return cls(stacked.kind, ids, clients[rows], numbers[rows], places)

    def __len__(self) -> int:
        return len(self.clients)

    @property
    def offsets(self) -> NDArray[np.int64]:
        """Where each client's rows start, and where the last ends."""
        return run_offsets(self.clients)

    def spread(self, column: Column, source: int) -> Column:
        """Give a source's column an element per row of the table, unknown where the source has none."""
        import numpy as np

        places = self.places[source]
        if isinstance(column, Words):
            return Words(_filled(len(self), NO_WORD, places, column.places), column.words)
        empty = UNKNOWN if column.dtype == np.uint8 else np.nan
        return _filled(len(self), empty, places, column)


def _filled(count: int, empty: float, places: NDArray[np.intp], values: Any) -> Any:
    import numpy as np

    filled = np.full(count, empty, dtype=values.dtype)
    filled[places] = values
    return filled


def run_offsets(groups: NDArray[Any]) -> NDArray[np.int64]:
    """Give the offsets of runs of equal numbers."""
    import numpy as np

    if not len(groups):
        return np.zeros(1, dtype=np.int64)
    starts = np.flatnonzero(groups[1:] != groups[:-1]) + 1
    return np.concatenate(([0], starts, [len(groups)])).astype(np.int64)


def stack_ids(sources: Sequence[tuple[str, Frame]], client: str, session: str) -> tuple[Frame, list[int]]:
    """Put the ids of all sources below each other, in the library of the first."""
    from alliance import _frames

    kind = sources[0][1].kind
    sizes = [len(frame) for _, frame in sources]
    for name in (client, session):
        _require_alike(sources, name)
    with contextlib.suppress(Exception):  # a library's error may quote a cell, so nothing of it is kept
        parts = [_frames.as_kind(kind, frame.ids([client, session])) for _, frame in sources]
        return _frames.Frame(_frames.stack(kind, parts)), sizes
    raise from_code(
        "unsupported-column",
        f"{_names([client, session])}: ids of these types cannot be matched between sources; ids are text, integers "
        "or dates in all",
    )


def _require_alike(sources: Sequence[tuple[str, Frame]], column: str) -> None:
    """Refuse a column that holds, say, numbers in one source and text in another: nothing would match."""
    import narwhals as nw

    held: dict[str, str] = {}
    for name, frame in sources:
        if len(frame):
            dtype = nw.from_native(frame.native, eager_only=True).schema[column]
            word = _sort_of_ids(dtype)
            if word is not None:
                held.setdefault(word, name)
    if len(held) > 1:
        (first, ours), (second, theirs) = list(held.items())[:2]
        raise from_code(
            "unsupported-column",
            f"column `{column}` holds {first} in {ours} and {second} in {theirs}; make them alike, or no session "
            "matches another",
            column=column,
        )


def _sort_of_ids(dtype: Any) -> str | None:
    import narwhals as nw

    if dtype.is_numeric():
        return "numbers"
    if isinstance(dtype, nw.String | nw.Categorical | nw.Enum):
        return "text"
    return "dates" if isinstance(dtype, nw.Date | nw.Datetime) else None
