"""Time reliability, change, agreement, coders, outcome and synthesis from Python: ``cargo just bench``.

Every row is the best of several runs in this one process; ratios compare rows of one table. Other libraries are timed
where they are installed.
"""

from __future__ import annotations

import gc
import importlib
import shutil
import subprocess
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


def in_r(package: str, before: str, call: str, runs: int = 3) -> float | None:
    """Give the shortest of several runs of a call in R, in seconds, or say that R or the package is not there."""
    code = f"""
    if (!suppressWarnings(suppressPackageStartupMessages(require({package})))) quit(status = 3)
    {before}
    seconds <- sapply(1:{runs}, function(run) system.time(suppressMessages(suppressWarnings(
        invisible(capture.output({call})))))[["elapsed"]])
    cat(min(seconds))
    """
    if shutil.which("Rscript") is None:
        print("  R is not installed")
        return None
    done = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"  R has no {package}" if done.returncode == 3 else f"  {package} stopped with an error")
        return None
    return float(done.stdout)


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
    for rows in (1_000, 100_000):
        before = f"""set.seed(1); alliance <- rnorm({rows})
        x <- as.data.frame(sapply(1:12, function(i) pmin(7, pmax(1, round(5 + alliance + rnorm({rows}))))))"""
        seconds = in_r("psych", before, "omega(x, 1, plot = FALSE)")
        if seconds is not None:
            some = frame.head(rows)
            ours = best(lambda some=some: al.reliability(some, columns=columns, groups=None))
            row(f"al.reliability(frame), {rows} x 12", ours, ours)
            row(f"psych::omega(x, 1), {rows} x 12, omega alone", seconds, ours)


def exports() -> None:
    print("exporting, 10 000 clients x 12 sessions")
    generator = np.random.default_rng(2)
    sessions = {"client": np.repeat(np.arange(10_000), 12), "session": np.tile(np.arange(1, 13), 10_000)}
    sessions |= {name: generator.normal(size=120_000).round(4) for name in ("alliance", "outcome")}
    sessions["ending"] = np.repeat(np.where(np.arange(10_000) % 3 == 0, "dropout", "ongoing"), 12)
    frame, ids = pl.DataFrame(sessions), {"client": "client", "session": "session"}
    ours = best(lambda: al.export.cox(frame, score="alliance", ending="ending", **ids))
    row("al.export.cox", ours, ours)
    wide = best(lambda: al.export.cross_lagged(frame, score="alliance", outcome="outcome", **ids))
    row("al.export.cross_lagged, 12 waves", wide, ours)
    recipe = al.export.cox(frame, score="alliance", ending="ending", **ids)
    row("recipe.csv", best(lambda: recipe.csv), ours)
    if (pandas := library("pandas")) is not None:
        table = pandas.DataFrame(sessions)
        one = {"index": "client", "columns": "session", "values": ["alliance", "outcome"]}
        row("pandas: pivot to 12 waves", best(lambda: table.pivot(**one)), ours)
        row("pandas: shift by client", best(lambda: table.groupby("client")["alliance"].shift(1)), ours)
        data = recipe.data.to_pandas()
        row("pandas: to_csv", best(lambda: data.to_csv(index=False)), ours)


def sessions() -> None:
    print("reliability across sessions")
    generator = np.random.default_rng(2)

    def forms(clients: int, sessions: int, items: int, missing: float) -> pl.DataFrame:
        client = np.repeat(np.arange(clients), sessions)
        level = np.repeat(generator.normal(size=clients), sessions) + 0.5 * generator.normal(size=clients * sessions)
        answers = np.clip(np.round(5 + level[:, None] + generator.normal(size=(len(client), items))), 1, 7)
        ids = {"client": client, "session": np.tile(np.arange(1, sessions + 1), clients)}
        frame = pl.DataFrame(ids | {f"q{item}": answers[:, item] for item in range(items)})
        return frame.filter(pl.Series(generator.random(len(frame)) >= missing))

    ids = {"client": "client", "session": "session"}
    small, large = forms(200, 10, 6, 0.0), forms(10_000, 12, 6, 0.1)
    columns = [f"q{item}" for item in range(6)]
    ours = best(lambda: al.session_reliability(small, columns=columns, **ids))
    row("al.session_reliability, 200 x 10 x 6", ours, ours)
    row(
        "the same with a tenth missing",
        best(lambda: al.session_reliability(forms(200, 10, 6, 0.1), columns=columns, **ids)),
        ours,
    )
    row(
        "al.session_reliability, 10 000 x 12 x 6, a tenth missing",
        best(lambda: al.session_reliability(large, columns=columns, **ids)),
        ours,
    )
    row("al.stability, 10 000 clients", best(lambda: al.stability(large, first=1, second=2, score="q1", **ids)), ours)
    row(
        "al.rater_contrast, 10 000 x 12, 2000 resamples",
        best(lambda: al.rater_contrast(large, ["q1", "q2"], **ids), 1),
        ours,
    )
    if (statsmodels := library("statsmodels.formula.api")) is not None:
        table = small.to_pandas()
        fit = lambda: statsmodels.mixedlm("q1 ~ 1", table, groups=table["client"]).fit(reml=True)  # noqa: E731
        row("statsmodels MixedLM, one item's ICC, 200 x 10", best(fit), ours)


def outcome() -> None:
    print("alliance and outcome, 10 000 clients x 12 sessions, a sixth missing")
    generator = np.random.default_rng(4)
    clients = 10_000
    client, session = np.repeat(np.arange(clients), 12), np.tile(np.arange(1, 13), clients)
    level = np.repeat(generator.normal(size=clients), 12)
    change = 0.6 * generator.normal(size=client.size) + 0.05 * session
    columns = {
        "client": client,
        "session": session,
        "alliance": 5 + level + change,
        "symptoms": 20 - 2 * level - change + generator.normal(size=client.size),
        "ending": np.where(client % 3 == 0, "dropout", np.where(client % 3 == 1, "planned", "ongoing")),
    }
    frame = pl.DataFrame(columns).filter(generator.random(client.size) > 1 / 6)
    named: dict[str, Any] = {"score": "alliance", "client": "client", "session": "session"}
    when: dict[str, Any] = {"measured": "after", "outcome_measured": "before"}
    ours = best(lambda: al.disaggregate(frame, **named))
    row("al.disaggregate", ours, ours)
    row("al.disaggregate, so far", best(lambda: al.disaggregate(frame, mean="so-far", **named)), ours)
    row("al.disaggregate, detrended", best(lambda: al.disaggregate(frame, detrend=True, **named)), ours)
    table = frame.to_pandas()
    means = lambda: table["alliance"] - table.groupby("client")["alliance"].transform("mean")  # noqa: E731
    row("pandas: means by client alone", best(means), ours)
    row("al.lag", best(lambda: al.lag(frame, **when, **named)), ours)
    shift = lambda: table.groupby("client")["alliance"].shift(1)  # noqa: E731
    row("pandas: shift by row (wrong at gaps)", best(shift), ours)
    row("al.trajectories", best(lambda: al.trajectories(frame, **named)), ours)
    row("al.within_between, two models", best(lambda: al.within_between(frame, outcome="symptoms", **named)), ours)
    periods = al.person_period(frame, ending="ending", **named)
    row("al.person_period", best(lambda: al.person_period(frame, ending="ending", **named)), ours)
    row("al.retention", best(lambda: al.retention(periods)), ours)
    hazard = best(lambda: al.dropout_hazard(periods))
    row(f"al.dropout_hazard, {periods.rows} sessions at risk", hazard, ours)
    visits = frame.select("client", "session").with_columns(
        status=pl.Series(generator.choice(["attended", "attended", "no-show"], len(frame)))
    )
    ids = {"client": "client", "session": "session"}
    row("al.attendance", best(lambda: al.attendance(visits, resamples=None, **ids)), ours)
    row("al.attendance, 2000 draws of clients", best(lambda: al.attendance(visits, **ids), runs=1), ours)
    if (models := library("statsmodels.formula.api")) is not None:
        parts = al.disaggregate(frame, **named).to_frame().to_pandas()
        formula = "symptoms ~ alliance_within + alliance_between + session"
        mixed = models.mixedlm(formula, parts, groups=parts["client"])
        row("statsmodels mixedlm, one model", best(mixed.fit, runs=1), ours)
        at_risk = periods.to_frame().drop_nulls("alliance_lag1").to_pandas()
        logit = models.logit("dropout ~ alliance_lag1 + session", at_risk)
        row("statsmodels logit of the same table", best(lambda: logit.fit(disp=0)), ours)


if __name__ == "__main__":
    reliability()
    exports()
    sessions()
    outcome()
