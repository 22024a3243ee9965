"""Time the Python round trip beside what a user would write instead: ``cargo just bench``.

WAI-SR: 12 items, 2 % missing, three subscales and the total, prorated at 75 %; a polars frame in, a polars frame
out, no id columns, the same number of threads for both. Every row is the best of several runs in this one
process; ratios compare rows of one table. The other columns do no range check.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl

import alliance as al

SCALES = {"goal": [4, 6, 8, 11], "task": [1, 2, 10, 12], "bond": [3, 5, 7, 9], "total": list(range(1, 13))}
REQUIRED = {"goal": 3, "task": 3, "bond": 3, "total": 9}
FORM = al.instrument("wai-sr-client")


def frame(rows: int, dtype: type[pl.DataType]) -> pl.DataFrame:
    """Make answers, column by column so that no second copy is needed."""
    generator = np.random.default_rng(rows)
    columns = {}
    for item in range(1, 13):
        answers = pl.Series(generator.integers(1, 6, rows, dtype=np.int8)).cast(dtype)
        gaps = pl.Series(generator.integers(0, 50, rows, dtype=np.int8) == 0)
        columns[f"q{item}"] = pl.select(pl.when(~gaps).then(answers)).to_series()
    return pl.DataFrame(columns)


def ours(data: pl.DataFrame) -> pl.DataFrame:
    return al.score(data, FORM, columns="q{item}", missing=al.Prorate(min_share=0.75)).to_frame()


def with_polars(data: pl.DataFrame) -> pl.DataFrame:
    expressions = []
    for scale, items in SCALES.items():
        columns = [pl.col(f"q{item}") for item in items]
        total = pl.sum_horizontal([column.cast(pl.Int16) for column in columns])
        answered = pl.sum_horizontal([column.is_not_null().cast(pl.Int8) for column in columns])
        expressions.append(pl.when(answered >= REQUIRED[scale]).then(total / answered).alias(scale))
    return data.select(expressions)


def with_pandas(data: pd.DataFrame) -> pd.DataFrame:
    scores = {}
    for scale, items in SCALES.items():
        columns = data[[f"q{item}" for item in items]]
        scores[scale] = columns.mean(axis=1).where(columns.notna().sum(axis=1) >= REQUIRED[scale])
    return pd.DataFrame(scores)


def with_numpy(data: np.ndarray) -> dict[str, np.ndarray]:
    scores = {}
    for scale, items in SCALES.items():
        columns = data[:, [item - 1 for item in items]]
        answered = np.count_nonzero(~np.isnan(columns), axis=1)
        with np.errstate(invalid="ignore"):
            mean = np.nansum(columns, axis=1) / answered
        scores[scale] = np.where(answered >= REQUIRED[scale], mean, np.nan)
    return scores


def best(call: Callable[[], object], runs: int) -> float:
    """Give the shortest of several runs, in seconds; rubbish of earlier ones is taken out once."""
    times = []
    gc.collect()
    for _ in range(runs):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def row(name: str, seconds: float, rows: int, reference: float) -> None:
    print(
        f"  {name:<28} {seconds * 1e3:>10.1f} ms {rows / seconds / 1e6:>8.1f} M rows/s   {seconds / reference:>6.1f} x"
    )


def large(rows: int, dtype: type[pl.DataType]) -> None:
    data = frame(rows, dtype)
    check = with_polars(data.head(10_000))
    assert ours(data.head(10_000)).equals(check), "the two do not compute the same"
    print(f"\n{rows:,} rows x 12, {dtype.__name__}")
    reference = best(lambda: ours(data), 5)
    row("alliance", reference, rows, reference)
    row("polars expressions", best(lambda: with_polars(data), 5), rows, reference)
    if rows <= 10_000_000:
        pandas = data.to_pandas()
        row("pandas", best(lambda: with_pandas(pandas), 1), rows, reference)
        del pandas
        matrix = np.ascontiguousarray(data.select(pl.all().cast(pl.Float64)).fill_null(np.nan).to_numpy())
        row("numpy with NaN", best(lambda: with_numpy(matrix), 1), rows, reference)


def linear(dtype: type[pl.DataType]) -> None:
    print(f"\ncost per row, {dtype.__name__}")
    for rows in (10_000, 100_000, 1_000_000, 10_000_000):
        data = frame(rows, dtype)
        seconds = best(lambda data=data: ours(data), 7)
        print(f"  {rows:>12,} rows {seconds * 1e3:>10.2f} ms {seconds / rows * 1e9:>8.1f} ns per row")


def small() -> None:
    data = frame(10_000, pl.Int8)
    import alliance._native as native

    means = np.empty((4, 10_000))
    conversion = best(
        lambda: pl.DataFrame([pl.Series(native.Lent(means[i], None)).alias(str(i)) for i in range(4)]), 200
    )
    whole = best(lambda: ours(data), 200)
    print(f"\n10,000 rows: {whole * 1e3:.2f} ms, of which making the polars frame {conversion * 1e3:.2f} ms")


def every_call() -> None:
    """Give each public call that works on rows a line at its large size."""
    rows = 1_000_000
    data = frame(rows, pl.Int8)
    ids = pl.DataFrame({"client": np.arange(rows) // 20, "session": np.arange(rows) % 20 + 1}).with_columns(
        pl.format("c{}", "client").alias("client")
    )
    words = ["seldom", "sometimes", "fairly often", "very often", "always"]
    labels = {word: number for number, word in enumerate(words, 1)}
    text = data.select(pl.all().cast(pl.Int32).replace_strict(dict(enumerate(words, 1)), return_dtype=pl.String))
    whole = data.hstack(ids)
    prorated = al.Prorate(min_share=0.75)
    scores = al.score(data, FORM, columns="q{item}", missing=prorated)
    totals = scores.in_metric("sum").to_frame()
    named = {"client": "client", "session": "session"}
    study = al.Study(**named).with_forms(whole, FORM, columns="q{item}")
    calls: dict[str, Callable[[], object]] = {
        "score": lambda: al.score(data, FORM, columns="q{item}", missing=prorated),
        "score, two id columns": lambda: al.score(whole, FORM, columns="q{item}", missing=prorated, **named),
        "score, text labels": lambda: al.score(text, FORM, columns="q{item}", missing=prorated, labels=labels),
        "score, pandas in and out": lambda: al.score(pandas, FORM, columns="q{item}", missing=prorated).to_frame(),
        "check": lambda: al.check(data, FORM, columns="q{item}"),
        "Scores.from_totals": lambda: al.Scores.from_totals(totals, FORM, totals={"bond": "bond"}, metric="sum"),
        "Scores.to_frame": scores.to_frame,
        "Scores.to_frame, long": lambda: scores.to_frame("long"),
        "Scores.in_metric, to_frame": lambda: scores.in_metric("pomp").to_frame(),
        "Scores.status": lambda: scores.status("total"),
        "Scores.standard_error": lambda: scores.standard_error("total"),
        "Scores.provenance": scores.provenance,
        "Study.scores": lambda: study.scores(missing=prorated),
        "Study.flow": lambda: study.flow(missing=prorated),
    }
    pandas = data.to_pandas()
    print(f"\n{rows:,} rows, each call")
    for name, call in calls.items():
        seconds = best(call, 3)
        print(f"  {name:<28} {seconds * 1e3:>10.1f} ms {rows / seconds / 1e6:>8.1f} M rows/s")


def ruptures() -> None:
    """Compare a rule with episodes on 100 000 clients with its flags alone in polars expressions."""
    generator = np.random.default_rng(1)
    clients, sessions = 100_000, 20
    rows = clients * sessions
    frame = pl.DataFrame(
        {
            "client": np.repeat(np.arange(clients), sessions),
            "session": np.tile(np.arange(1, sessions + 1), clients),
            "total": np.clip(np.rint(generator.normal(4.2, 0.5, rows) * 12), 12, 60) / 12,
        }
    ).sample(fraction=1.0, shuffle=True, seed=1)
    rule = al.rules.BelowReference(reference="previous", unit="own-sd", threshold=1.5)
    options = {"totals": {"total": "total"}, "metric": "mean", "client": "client", "session": "session"}
    scores = al.Scores.from_totals(frame, FORM, **options)

    def by_hand() -> pl.DataFrame:
        fall = pl.col("total").shift(1).over("client") - pl.col("total")
        flag = (fall >= 1.5 * pl.col("total").std().over("client")).alias("flagged")
        return frame.sort("client", "session").with_columns(flag)

    print(f"\nruptures: {clients:,} clients x {sessions} sessions in any order")
    seconds = best(lambda: al.find_ruptures(scores, rule=rule), 3)
    row("find_ruptures, to the report", seconds, rows, seconds)
    row("flags by polars expressions", best(by_hand, 3), rows, seconds)
    for other in (al.rules.ControlChart(), al.rules.Partition(), al.rules.SuddenLoss(cutoff=1.0, proportion=None)):
        seconds = best(lambda rule=other: al.find_ruptures(scores, rule=rule), 2)
        row(f"find_ruptures, {type(other).__name__}", seconds, rows, seconds)
    ids = {"client": "client", "session": "session", "score": "total", "higher_is_better": True}
    seconds = best(lambda: al.find_shifts(frame, rule=rule, **ids), 2)
    row("find_shifts, the same rule", seconds, rows, seconds)
    report = al.find_ruptures(scores, rule=rule)
    for table in ("sessions", "episodes", "clients"):
        row(f"report.{table}", best(lambda table=table: report.to_frame(table), 2), rows, seconds)


MEMORY = """
import sys
sys.path.insert(0, {folder!r})
import polars as pl
from bench_scoring import frame, ours
data = frame(10_000_000, pl.Int8)
ours(data.head(1000))
def kib(name):
    return int(next(l for l in open("/proc/self/status") if l.startswith(name)).split()[1])
open("/proc/self/clear_refs", "w").write("5")
before = kib("VmRSS")
scores = ours(data)
print((kib("VmHWM") - before) / 1024, scores.estimated_size() / 2**20)
"""


def memory() -> None:
    """Print the peak of one call above what was there before (Linux)."""
    if not Path("/proc/self/clear_refs").exists():
        return
    script = MEMORY.format(folder=str(Path(__file__).parent))
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    peak, output = map(float, printed.split())
    print(f"\npeak memory of a call on 10,000,000 rows: {peak:.0f} MiB; the output is {output:.0f} MiB")


def imports() -> None:
    call = [sys.executable, "-c", "import alliance"]
    bare = [sys.executable, "-c", "pass"]
    seconds = best(lambda: subprocess.run(call, check=True), 5) - best(lambda: subprocess.run(bare, check=True), 5)
    print(f"\nimport alliance: {seconds * 1e3:.0f} ms")


if __name__ == "__main__":
    print(f"threads: {pl.thread_pool_size()}")
    imports()
    small()
    for kind in (pl.Int8, pl.Float64):
        large(10_000_000, kind)
        linear(kind)
    every_call()
    ruptures()
    memory()
