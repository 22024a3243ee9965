"""Time reliability, change, agreement, coders, outcome and synthesis from Python: ``cargo just bench``.

Every row is the best of several runs in this one process; ratios compare rows of one table. Other libraries are timed
where they are installed.
"""

from __future__ import annotations

import gc
import importlib
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

import alliance as al


def best(call: Callable[[], Any], runs: int = 3) -> float:
    """Give the shortest of several runs, in seconds."""
    times = []
    gc.collect()
    for _ in range(runs):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def row(name: str, seconds: float, reference: float) -> None:
    print(f"  {name:<52} {seconds * 1e3:>10.2f} ms {seconds / reference:>8.1f} x")


def library(name: str) -> Any | None:
    """Give a library, or say that it is not there."""
    try:
        return importlib.import_module(name)
    except ImportError:
        print(f"  {name} is not installed")
        return None


def reliability() -> None:
    print("reliability of a form, 100 000 x 12")
    generator = np.random.default_rng(1)
    alliance = generator.normal(size=(100_000, 1))
    answers = np.clip(np.round(5 + alliance + generator.normal(size=(100_000, 12))), 1, 7)
    columns = [f"q{item}" for item in range(1, 13)]
    frame = pl.DataFrame(answers, schema=columns)
    scores = al.score(frame, al.instrument("wai-sr-client").with_range(1, 7), columns="q{item}")
    ours = best(lambda: al.reliability(frame, columns=columns, groups=None))
    row("al.reliability(frame): everything", ours, ours)
    row("al.reliability(scores), with subscales", best(lambda: al.reliability(scores)), ours)
    if (pingouin := library("pingouin")) is not None:
        table = frame.to_pandas()
        row("pingouin.cronbach_alpha, alpha alone", best(lambda: pingouin.cronbach_alpha(table)), ours)


if __name__ == "__main__":
    reliability()
