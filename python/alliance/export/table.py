"""A table of few types, as a frame of any kind and as the same bytes of CSV whatever the kind."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alliance._frames import Kind

__all__ = ["to_csv", "to_frame"]

Columns = Mapping[str, Any]
"""Name to an array of int64, an array of float64 with NaN where missing, or a list of ids as they were given."""


def to_frame(kind: Kind, columns: Columns) -> Any:
    """Make a frame; a missing number is null in polars and Arrow and NaN in pandas."""
    from alliance import _frames

    (first, values), *rest = columns.items()
    return _frames.beside(kind, _frames.frame_of(kind, {first: values}), dict(rest))


def to_csv(columns: Columns) -> str:
    """Give CSV: LF line ends, shortest decimals that read back as the same double, empty fields where missing."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*(_cells(values) for values in columns.values()), strict=True))
    return out.getvalue()


def _cells(values: Any) -> list[str]:
    import numpy as np

    if not isinstance(values, np.ndarray):
        return [str(value) for value in values]
    if values.dtype.kind == "i":
        return [str(value) for value in values.tolist()]
    return ["" if value != value else repr(value).removesuffix(".0") for value in values.tolist()]
