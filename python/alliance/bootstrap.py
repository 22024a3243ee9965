"""How intervals are bootstrapped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from alliance.arguments import whole
from alliance.errors import from_code

__all__ = ["Bootstrap"]


@dataclass(frozen=True)
class Bootstrap:
    """Standard errors and intervals from resamples of units, each drawn with all its rows.

    The same seed gives the same numbers on every machine and with any number of threads.

    Parameters
    ----------
    resamples : int
        100 to 1 000 000.
    seed : int
        Seed of the random numbers.
    threads : int, optional
        Threads; by default all cores.

    Examples
    --------
    >>> import alliance as al
    >>> al.Bootstrap(500, seed=7)
    Bootstrap(resamples=500, seed=7, threads=None)
    """

    resamples: int = 2000
    seed: int = 1
    threads: int | None = None

    def __post_init__(self) -> None:
        if whole("resamples", self.resamples, least=100) > 1_000_000:
            raise from_code("invalid-option", "resamples: from 100 to 1000000")
        whole("seed", self.seed)
        if self.threads is not None:
            whole("threads", self.threads, least=1)

    @property
    def _plain(self) -> tuple[int, int, int | None]:
        return (int(self.resamples), int(self.seed), None if self.threads is None else int(self.threads))


def resampling(interval: Literal["analytic"] | Bootstrap) -> tuple[int, int, int | None] | None:
    """Give the resamples an interval rests on; none for formulas."""
    if isinstance(interval, Bootstrap):
        return interval._plain
    if interval == "analytic":
        return None
    raise from_code("invalid-option", "interval: choose `analytic`, or give a `Bootstrap`")


def said(interval: Any) -> str:
    """Say where intervals come from."""
    if isinstance(interval, Bootstrap):
        return f"percentiles of {interval.resamples} bootstrap resamples of units (seed {interval.seed})"
    return "large-sample formulas"
