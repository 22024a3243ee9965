"""Estimates: a value with what a reader must know to use it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from alliance import _html

__all__ = ["Estimate"]

# Why there is no value, or what is odd about it, in the words of a table.
_STATUSES = {
    "too-few-items": "too few items",
    "too-few-units": "too few units",
    "zero-variance": "nothing varies",
    "all-missing": "no complete row",
    "not-positive-definite": "matrix not positive definite",
    "not-converged": "not settled",
    "boundary": "at the end of its range",
    "heywood": "Heywood case",
    "out-of-range": "outside its range",
    "undefined": "not defined",
}


@dataclass(frozen=True)
class Estimate:
    """An estimate with its standard error, its interval and what it speaks of.

    Parameters
    ----------
    value : float
        The estimate; NaN where it is not defined, and ``status`` says why. Odd values, such as a negative alpha, are
        given as they are.
    standard_error : float
        Its standard error; NaN where none is given.
    low, high : float
        Ends of its interval; NaN where none is given.
    confidence : float
        Confidence of the interval, such as 0.95; NaN without an interval.
    degrees_of_freedom : float
        Where interval or test rest on them; NaN elsewhere.
    level : str
        Of what it speaks: ``one-session``, ``pooled-rows``, ``within-client``, ``between-clients``,
        ``between-therapists``, ``between-raters``, ``between-studies``.
    method : str
        How it was made, in a few words.
    units : int
        Independent units it rests on: clients, dyads, rated units or studies.
    rows_used, rows_dropped : int
        Rows used, and rows left out for missing values.
    status : str
        ``defined``, or what is odd about it: ``too-few-items``, ``too-few-units``, ``zero-variance``, ``all-missing``,
        ``not-positive-definite``, ``not-converged``, ``boundary``, ``heywood``, ``out-of-range``, ``undefined``.
    notes : tuple of str
        What else a reader should know.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> answers = pl.DataFrame({"one": [1, 2, 4, 5, 3], "two": [2, 2, 5, 4, 3], "three": [1, 3, 5, 5, 2]})
    >>> found = al.reliability(answers, columns=["one", "two", "three"])
    >>> print(found.alpha)
    0.94 (0.90 to 0.98)
    """

    value: float
    standard_error: float
    low: float
    high: float
    confidence: float
    degrees_of_freedom: float
    level: str
    method: str
    units: int
    rows_used: int
    rows_dropped: int
    status: str
    notes: tuple[str, ...]

    @classmethod
    def _of(cls, facts: Mapping[str, Any]) -> Estimate:
        return cls(**{**facts, "notes": tuple(facts["notes"])})

    def _scaled(self, factor: float) -> Estimate:
        """Give the same in another unit."""
        names = ("value", "standard_error", "low", "high")
        return replace(self, **{name: factor * getattr(self, name) for name in names})

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        if math.isnan(self.value):
            return _STATUSES[self.status]
        value, low, high = written(self.value, self.low, self.high)
        interval = "" if math.isnan(self.low) else f" ({low} to {high})"
        odd = f", {_STATUSES[self.status]}" if self.status != "defined" else ""
        return f"{value}{interval}{odd}"

    def __eq__(self, other: object) -> bool:
        # As text, NaN equals NaN.
        return isinstance(other, Estimate) and repr(vars(self)) == repr(vars(other))

    def __hash__(self) -> int:
        return hash(repr(vars(self)))

    def __repr__(self) -> str:
        return f"<Estimate {self}; {self.method}, {self.level}, {self.rows_used} rows>"

    def _repr_html_(self) -> str:
        units = f"{self.units} units, {self.rows_used} rows used, {self.rows_dropped} left out"
        interval = f"; {100 * self.confidence:g} % interval" if not math.isnan(self.low) else ""
        return _html.heading(f"{self}", f"{self.method}; {self.level}; {units}{interval}") + _html.notes(self.notes)


def written(*values: float) -> tuple[str, ...]:
    """Write numbers of one kind with as many decimals as the largest of them calls for."""
    size = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    # What six decimals would show as 0 is written as a 0.
    size = size if size > 5e-7 else 0.0
    exponent = math.floor(math.log10(size)) if size > 0 else 0
    # Two decimals from 0.1 to 100, and two digits of what is smaller, as far as a reader can use them.
    decimals = min(max(2 - max(exponent - 1, 0), 0), 2) if exponent >= -1 else min(1 - exponent, 6)
    if any(0.005 <= abs(value) < 1 for value in values):
        decimals = max(decimals, 2)  # beside a large number too it is no 0
    if exponent > 14:
        return tuple(f"{value:.3g}" for value in values)
    return tuple(f"{value:z.{decimals}f}" for value in values)


def told(estimate: Estimate, interval: str = "") -> str:
    """Write an estimate for a sentence: what its interval is, where it has one, or why there is no value."""
    if math.isnan(estimate.value):
        return "not defined" if estimate.status == "undefined" else f"not defined ({estimate})"
    return f"{estimate} ({interval})" if interval and not math.isnan(estimate.low) else f"{estimate}"


def as_frame(kind: Any, estimates: Mapping[str, Estimate], keys: Mapping[str, Sequence[str]] | None = None) -> Any:
    """Give one row per estimate, with its name, or with the columns that say in its stead which it is."""
    import numpy as np

    from alliance import _frames

    listed = list(estimates.values())
    floats = ("value", "standard_error", "low", "high", "confidence", "degrees_of_freedom")
    counts = ("units", "rows_used", "rows_dropped")
    frame = _frames.frame_of(kind, keys or {"estimate": list(estimates)})
    columns: dict[str, Any] = {name: np.array([getattr(each, name) for each in listed], dtype=float) for name in floats}
    columns |= {name: [getattr(each, name) for each in listed] for name in ("level", "method")}
    columns |= {name: np.array([getattr(each, name) for each in listed], dtype=np.int64) for name in counts}
    columns["status"] = [each.status for each in listed]
    return _frames.beside(kind, frame, columns)
