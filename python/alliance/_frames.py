"""Frames of any library: the only module that knows them.

Columns go to the native module where they lie: as Arrow streams, as numpy buffers with or without a mask, or,
for cells of no number type, as lists. Scores come back as the kind of frame that went in.
"""

from __future__ import annotations

import contextlib
import difflib
import importlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal, cast

from alliance import _native
from alliance.errors import from_code

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from alliance._typing import Given

Kind = Literal["pandas", "polars", "pyarrow"]


class Frame:
    """A caller's frame, of whatever library."""

    def __init__(self, data: Any) -> None:
        self.native, self.kind = _recognise(data)
        names = list(self.native.column_names if self.kind == "pyarrow" else self.native.columns)
        self.columns: list[Any] = names
        if len(set(names)) != len(names):
            repeated = sorted({str(name) for name in names if names.count(name) > 1})
            raise from_code(
                "repeated-column",
                f"the frame has several columns called {_listed(repeated)}; rename them",
                column=repeated[0],
            )

    def __len__(self) -> int:
        return int(self.native.num_rows if self.kind == "pyarrow" else len(self.native))

    def require(self, names: Iterable[Any], purpose: str) -> None:
        """Raise ``missing-column`` unless the frame has all these columns."""
        wanted = list(names)
        missing = [name for name in wanted if name not in self.columns]
        if not missing:
            return
        unused = [str(name) for name in self.columns if name not in wanted]
        near = [match for name in missing[:3] for match in difflib.get_close_matches(str(name), unused, 1)]
        hint = f" Nearest unused: {_listed(dict.fromkeys(near))}." if near else ""
        if len(self.columns) == 1:
            hint += " Only one column was found: is the delimiter right?"
        raise from_code(
            "missing-column",
            f"{purpose}: {len(missing)} of {len(wanted)} columns are missing: {_listed(missing)}.{hint}",
            column=str(missing[0]),
        )

    def answers(self, name: Any) -> Given:
        """Give one column as the native module reads answers."""
        series = self._series(name)
        if self.kind == "polars":
            # Polars' object columns have no Arrow form, and its null columns one that is not read.
            return (str(name), series.to_list() if str(series.dtype) in ("Object", "Null") else series, None)
        if self.kind == "pyarrow":
            return (str(name), series, None)
        values, mask = _pandas_values(series)
        return (str(name), values, mask)

    def labels(self, name: Any) -> tuple[str, Any]:
        """Give one column as the native module reads ids."""
        series = self._series(name)
        if self.kind == "pandas":
            return (str(name), series.tolist())
        text = str(series.dtype if self.kind == "polars" else series.type)
        foreign = text.startswith(
            ("Object", "Null", "Categorical", "Enum", "dictionary", "Decimal", "decimal", "Boolean", "bool")
        )
        if foreign:
            return (str(name), series.to_list() if self.kind == "polars" else series.to_pylist())
        return (str(name), series)

    def _series(self, name: Any) -> Any:
        if self.kind == "polars":
            return self.native.get_column(name)
        return self.native.column(name) if self.kind == "pyarrow" else self.native[name]

    def ids(self, names: Sequence[Any]) -> Any:
        """Select the id columns; for pandas the index comes along."""
        return self.native[list(names)] if self.kind == "pandas" else self.native.select(list(names))

    def take(self, rows: NDArray[np.intp]) -> Frame:
        """Give the frame with these rows only."""
        native = {
            "pandas": lambda: self.native.iloc[rows],
            "polars": lambda: self.native[rows],
            "pyarrow": lambda: self.native.take(rows),
        }[self.kind]()
        return Frame(native)


def _recognise(data: Any) -> tuple[Any, Kind]:
    """Tell the library of a frame; import an Arrow stream into a library that is there."""
    module = type(data).__module__.partition(".")[0]
    name = type(data).__name__
    if module == "polars" and name == "LazyFrame":
        raise from_code("unsupported-frame", "this is a lazy frame; collect it first with `.collect()`")
    for base in type(data).__mro__:  # subclasses too
        library = base.__module__.partition(".")[0]
        if (library, base.__name__) in {("pandas", "DataFrame"), ("polars", "DataFrame"), ("pyarrow", "Table")}:
            return data, cast(Kind, library)
    if module == "narwhals" and hasattr(data, "to_native"):
        return _recognise(data.to_native())
    if (module, name) == ("pyarrow", "RecordBatch"):
        import pyarrow as pa

        return pa.Table.from_batches([data]), "pyarrow"
    if isinstance(data, Mapping):
        raise from_code(
            "unsupported-frame", "this is a mapping; make a frame of it first, such as `polars.DataFrame(data)`"
        )
    if hasattr(data, "__arrow_c_stream__"):
        return _import_stream(data)
    raise from_code(
        "unsupported-frame",
        f"an object of type `{type(data).__name__}` is not a frame; give a pandas, polars or pyarrow table, or an "
        "object with the Arrow stream interface",
    )


def _import_stream(data: Any) -> tuple[Any, Kind]:
    backends: tuple[tuple[Kind, str], ...] = (("pyarrow", "table"), ("polars", "DataFrame"))
    for backend, reader in backends:
        try:
            library = importlib.import_module(backend)
        except ImportError:
            continue
        with contextlib.suppress(Exception):  # the producer's error may quote a cell, so nothing of it is kept
            return getattr(library, reader)(data), backend
        problem = f"the Arrow stream of an object of type `{type(data).__name__}` cannot be read"
        raise from_code("unsupported-frame", problem)
    raise from_code("missing-extra", "reading an Arrow stream needs pyarrow or polars; neither of them is installed")


def _pandas_values(series: Any) -> tuple[Any, Any]:
    """Values and mask of a pandas column, without a copy where it holds numbers."""
    import numpy as np

    dtype = series.dtype
    if isinstance(dtype, np.dtype):
        if dtype.kind == "O":
            return series.tolist(), None
        values = series.to_numpy()
        return (values if dtype.isnative else values.astype(dtype.newbyteorder("="))), None
    array = series.array
    values, mask = getattr(array, "_data", None), getattr(array, "_mask", None)
    if isinstance(values, np.ndarray) and isinstance(mask, np.ndarray):
        return values, mask.view(np.uint8)
    if hasattr(array, "__arrow_array__") and type(array).__name__.startswith("Arrow"):
        arrow = array.__arrow_array__()
        return (arrow, None) if hasattr(arrow, "__arrow_c_stream__") else (series.tolist(), None)
    return series.tolist(), None


def table(
    kind: Kind, ids: Any, names: Sequence[str], block: NDArray[np.float64], bits: Any | None, kept: list[Any]
) -> Any:
    """Put score columns beside id columns, in the caller's kind of frame.

    ``block`` has one contiguous row per column; ``bits`` one bitmap row per column, or None where every
    value exists or the kind knows NaN only. A pandas frame shares the block with one put into ``kept``: as long
    as that is there, pandas copies what the caller changes and leaves the block as it is.
    """
    _refuse_taken(kind, ids, names)
    if kind == "pandas":
        import pandas as pd

        # The owner of the memory may be written to; scores themselves hold a read-only view of it.
        owner = block if block.base is None else block.base
        if owner.shape != block.shape:
            owner = block.copy()
        kept.append(pd.DataFrame(owner.T, columns=list(names), index=ids.index, copy=False))
        scores = kept[-1].copy(deep=False)
        return scores if ids.shape[1] == 0 else pd.concat([ids, scores], axis=1)
    lent = [_native.Lent(block[position], None if bits is None else bits[position]) for position in range(len(names))]
    if kind == "polars":
        import polars as pl

        columns = [pl.Series(column).alias(name) for name, column in zip(names, lent, strict=True)]
        return ids.hstack(columns) if ids.width else pl.DataFrame(columns)
    import pyarrow as pa

    for name, column in zip(names, lent, strict=True):
        ids = ids.append_column(name, pa.array(column)) if ids.num_columns else pa.table({name: pa.array(column)})
    return ids


def _refuse_taken(kind: Kind, ids: Any, names: Iterable[str]) -> None:
    taken = set(ids.column_names if kind == "pyarrow" else ids.columns) & set(names)
    if taken:
        raise from_code(
            "repeated-column",
            f"{_listed(sorted(taken))} is the name of an id column and of a score column; rename the id column",
            column=min(taken),
        )


def frame_of(kind: Kind, columns: Mapping[str, Any]) -> Any:
    """Make a frame of the given kind from named columns."""
    if kind == "pandas":
        import pandas as pd

        return pd.DataFrame(dict(columns))
    if kind == "polars":
        import polars as pl

        return pl.DataFrame(dict(columns), strict=False)
    import pyarrow as pa

    return pa.table({name: pa.array(list(values)) for name, values in columns.items()})


def installed_kind() -> Kind:
    """Choose a library for tables that no caller's frame decides: one that is loaded, else one that is there."""
    import importlib.util
    import sys

    order: tuple[Kind, ...] = ("polars", "pandas", "pyarrow")
    for kind in order:
        if kind in sys.modules:
            return kind
    for kind in order:
        if importlib.util.find_spec(kind) is not None:
            return kind
    raise from_code("missing-extra", "a table needs polars, pandas or pyarrow; none of them is installed")


def stack(kind: Kind, parts: Sequence[Any]) -> Any:
    """Put frames with the same columns below each other."""
    if kind == "pandas":
        import pandas as pd

        return pd.concat(parts, ignore_index=True)
    if kind == "polars":
        import polars as pl

        return pl.concat(parts, how="vertical_relaxed")
    import pyarrow as pa

    return pa.concat_tables(parts, promote_options="permissive")


def _listed(names: Iterable[Any], most: int = 8) -> str:
    shown = [f"`{str(name)[:64]}`" for name in names]
    return ", ".join(shown[:most]) + (", ..." if len(shown) > most else "")


def beside(kind: Kind, frame: Any, columns: Mapping[str, Any]) -> Any:
    """Put further columns to the right of a frame; a single value fills its column."""
    _refuse_taken(kind, frame, columns)
    if kind == "pandas":
        return frame.assign(**columns)
    if kind == "polars":
        import polars as pl

        made = [
            pl.lit(values).alias(name) if isinstance(values, str | int) else pl.Series(name, values, nan_to_null=True)
            for name, values in columns.items()
        ]
        # A polars frame without columns has no rows either.
        return frame.with_columns(made) if frame.width else pl.select(made)
    import pyarrow as pa

    for name, values in columns.items():
        one = isinstance(values, str | int)
        column = pa.repeat(values, frame.num_rows) if one else pa.array(values, from_pandas=True)
        frame = frame.append_column(name, column) if frame.num_columns else pa.table({name: column})
    return frame


def words(kind: Kind, known: Sequence[str | None], codes: NDArray[np.uint8]) -> Any:
    """Give a text column from the codes of its words, for :func:`beside`."""
    if kind == "polars":
        import polars as pl

        return pl.Series(known, dtype=pl.String).gather(codes)
    if kind == "pyarrow":
        import pyarrow as pa

        return pa.array(known, pa.string()).take(pa.array(codes))
    import numpy as np

    return np.array(known, dtype=object)[codes]


def cells(frame: Frame, name: Any) -> list[Any]:
    """Give the cells of an id column as Python objects, to compare them; they are never shown."""
    series = frame._series(name)
    listed = {"polars": "to_list", "pyarrow": "to_pylist", "pandas": "tolist"}[frame.kind]
    values: list[Any] = getattr(series, listed)()
    return values


def as_kind(kind: Kind, data: Any) -> Any:
    """Turn a frame into another library's."""
    native, own = _recognise(data)
    if own == kind:
        return native
    import narwhals as nw

    frame = nw.from_native(native, eager_only=True)
    return {"pandas": frame.to_pandas, "polars": frame.to_polars, "pyarrow": frame.to_arrow}[kind]()


def _join(first: Any, second: Any, ids: tuple[str, str]) -> Any:
    problem = "ids of this type cannot be matched between two forms; ids are text, integers or dates in both"
    for name in ids:
        if any(str(side.to_native()[name].dtype) == "Object" for side in (first, second) if _is_polars(side)):
            raise from_code("unsupported-column", f"column `{name}`: {problem}", column=name)
    with contextlib.suppress(Exception):  # a library's error may quote a cell, so nothing of it is kept
        return first.join(second, on=list(ids), how="inner")
    raise from_code("unsupported-column", f"columns {_listed(ids)}: {problem}")


def _is_polars(frame: Any) -> bool:
    return type(frame.to_native()).__module__.partition(".")[0] == "polars"


def differences(scores: tuple[Any, Any], scale: str, ids: tuple[str, str], raters: tuple[str, str]) -> Any:
    """Join the scores of two raters by client and session and subtract them."""
    import narwhals as nw

    kind = scores[0]._kind
    # An id column may well be called `client`, as a rater is.
    names = [f"{scale}_{rater}" for rater in raters]
    sides = []
    for each, name in zip(scores, names, strict=True):
        wide = nw.from_native(as_kind(kind, each.to_frame()), eager_only=True)
        sides.append(wide.select(*ids, nw.col(scale).alias(name)))
    joined = _join(sides[0], sides[1], ids)
    difference = (nw.col(names[0]) - nw.col(names[1])).alias("difference")
    return joined.with_columns(difference).to_native()


def without_index(kind: Kind, frame: Any) -> Any:
    """Give a pandas frame a fresh index; other frames have none."""
    return frame.reset_index(drop=True) if kind == "pandas" else frame


def beside_sources(kind: Kind, ids: Any, columns: Mapping[str, Any]) -> Any:
    """Put columns of sources to the right of ids: flags and words with null where nothing is known, and numbers."""
    return beside(kind, ids, {name: _source_column(kind, values) for name, values in columns.items()})


def _source_column(kind: Kind, values: Any) -> Any:
    import numpy as np

    is_flag = isinstance(values, np.ndarray) and values.dtype == np.uint8
    if isinstance(values, np.ndarray) and not is_flag:
        return values
    if is_flag and kind == "pandas":
        import pandas as pd

        return pd.arrays.BooleanArray(values == 1, values > 1)
    words = (False, True) if is_flag else values.words
    places = np.minimum(values if is_flag else values.places, len(words))
    listed = np.array([*words, None], dtype=object)[places].tolist()
    if kind == "polars":
        import polars as pl

        return pl.Series(listed, dtype=pl.Boolean if is_flag else pl.String)
    if kind == "pyarrow":
        import pyarrow as pa

        return pa.array(listed, pa.bool_() if is_flag else pa.string())
    return listed


def filled(kind: Kind, columns: Mapping[str, tuple[str, bytes, bytes | None, list[str] | None]]) -> Any:
    """Make a frame of columns from the native module: element type, elements, which exist, words they are places in."""
    import numpy as np

    made = {}
    for name, (dtype, elements, exist, words) in columns.items():
        values = np.frombuffer(elements, dtype=dtype)
        known = None if exist is None else np.frombuffer(exist, dtype=bool)
        made[name] = _FILLERS[kind](values, known, words)
    if kind == "pandas":
        import pandas as pd

        return pd.DataFrame(made)
    if kind == "polars":
        import polars as pl

        return pl.DataFrame(made)
    import pyarrow as pa

    return pa.table(made)


def _fill_polars(values: NDArray[Any], known: NDArray[np.bool_] | None, words: list[str] | None) -> Any:
    import polars as pl

    column = pl.Series(values, nan_to_null=True)
    if words is not None:
        column = pl.Series(words, dtype=pl.String).gather(column)
    return column if known is None else pl.select(pl.when(pl.Series(known)).then(column)).to_series()


def _fill_pandas(values: NDArray[Any], known: NDArray[np.bool_] | None, words: list[str] | None) -> Any:
    import numpy as np

    if words is None:
        # A column that can have gaps is one of floats, which know NaN.
        return values.copy() if known is None else np.where(known, values, np.nan)
    return np.array([*words, None], dtype=object)[values if known is None else np.where(known, values, -1)]


def _fill_pyarrow(values: NDArray[Any], known: NDArray[np.bool_] | None, words: list[str] | None) -> Any:
    import pyarrow as pa

    column = pa.array(values, mask=None if known is None else ~known, from_pandas=True)
    return column if words is None else pa.array(words, pa.string()).take(column)


_FILLERS = {"polars": _fill_polars, "pandas": _fill_pandas, "pyarrow": _fill_pyarrow}


def below(top: Frame, bottom: Frame, columns: Sequence[Any]) -> Frame:
    """Put the id columns of one frame below those of another, in the kind and the types of the upper one."""
    joined = {name: _column_below(top, bottom, name) for name in columns}
    if top.kind == "pandas":
        import pandas as pd

        return Frame(pd.DataFrame(joined))
    if top.kind == "polars":
        import polars as pl

        return Frame(pl.DataFrame(joined))
    import pyarrow as pa

    return Frame(pa.table(joined))


def _column_below(top: Frame, bottom: Frame, name: Any) -> Any:
    upper, lower = top._series(name), bottom._series(name)
    types = [
        series.type if kind == "pyarrow" else series.dtype for series, kind in ((upper, top.kind), (lower, bottom.kind))
    ]
    # Object columns may hold anything: only their cells say whether they are alike.
    if top.kind == bottom.kind and types[0] == types[1] and str(types[0]).lower() != "object":
        return _concatenated(top.kind, upper, lower)
    above, added = cells(top, name), cells(bottom, name)
    kinds = [_sorts(above), _sorts(added)]
    if kinds[0] and kinds[1] and kinds[0] != kinds[1]:
        found = [" and ".join(sorted(kind)) for kind in kinds]
        raise from_code(
            "unsupported-column",
            f"column `{name}` holds {found[0]} in one frame and {found[1]} in the other; write the ids alike in both",
            column=str(name),
        )
    if kinds[0] == {"numbers"} and all(isinstance(cell, int) for cell in above if cell is not None):
        added = [int(cell) if isinstance(cell, float) and cell.is_integer() else cell for cell in added]
    with contextlib.suppress(Exception):  # a library's error may quote a cell, so nothing of it is kept
        return _typed(top.kind, name, above + added, types[0])
    problem = "ids of this type cannot be matched between two frames; ids are text, integers or dates in both"
    raise from_code("unsupported-column", f"column `{name}`: {problem}", column=str(name))


def _concatenated(kind: Kind, upper: Any, lower: Any) -> Any:
    if kind == "pandas":
        import pandas as pd

        return pd.concat([upper, lower], ignore_index=True)
    if kind == "polars":
        import polars as pl

        return pl.concat([upper, lower])
    import pyarrow as pa

    return pa.chunked_array([*upper.chunks, *lower.chunks], type=upper.type)


def _typed(kind: Kind, name: Any, values: list[Any], dtype: Any) -> Any:
    if kind == "pandas":
        import pandas as pd

        return pd.Series(values, dtype=dtype)
    if kind == "polars":
        import polars as pl

        return pl.Series(name, values, dtype=dtype)
    import pyarrow as pa

    return pa.chunked_array([pa.array(values, type=dtype)])


def _sorts(values: Iterable[Any]) -> set[str]:
    """Say what sorts of ids there are."""
    return {_sort(value) for value in values if value is not None}


def _sort(value: Any) -> str:
    if isinstance(value, str):
        return "text"
    if isinstance(value, datetime):
        return "times"
    if isinstance(value, date):
        return "dates"
    return "numbers" if isinstance(value, Real) and not isinstance(value, bool) else "something else"
