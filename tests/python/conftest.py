"""Frames of every kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from arro3.core import Table
from hypothesis import HealthCheck, settings

# The same examples every time; `--hypothesis-profile=explore` looks further.
slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
common = {"deadline": None, "database": None, "suppress_health_check": slow}
settings.register_profile("steady", derandomize=True, max_examples=60, **common)
settings.register_profile("explore", max_examples=3000, **common)
settings.load_profile("steady")


@dataclass(frozen=True)
class FrameMaker:
    """Makes frames of one kind from named columns; ``out`` is the library that scores come back in."""

    name: str
    out: str

    def __call__(self, columns: dict[str, list[Any]]) -> Any:
        if self.name == "polars":
            return pl.DataFrame(columns, strict=False)
        if self.name == "pandas":
            return pd.DataFrame(columns)
        if self.name == "pandas-masked":
            return pd.DataFrame(columns).convert_dtypes()
        if self.name == "pandas-pyarrow":
            return pd.DataFrame(columns).convert_dtypes(dtype_backend="pyarrow")
        if self.name == "pyarrow":
            return pa.table(columns)
        return Table.from_arrow(pa.table(columns))


MAKERS = (
    FrameMaker("polars", "polars"),
    FrameMaker("pandas", "pandas"),
    FrameMaker("pandas-masked", "pandas"),
    FrameMaker("pandas-pyarrow", "pandas"),
    FrameMaker("pyarrow", "pyarrow"),
    FrameMaker("arro3", "pyarrow"),
)


@pytest.fixture(params=MAKERS, ids=lambda maker: maker.name)
def make_frame(request) -> FrameMaker:
    return request.param


@pytest.fixture(params=["polars", "pandas", "pyarrow"])
def make_simple(request) -> FrameMaker:
    """One maker per library."""
    return next(maker for maker in MAKERS if maker.name == request.param)
