"""Time reports, rules side by side, against a criterion and session by session: ``cargo just bench``.

Every row is the best of several runs in this one process; ratios compare rows of one table.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

import alliance as al

FORM = al.instrument("wai-36-client").with_range(1, 7)
POINT = al.rules.BelowReference(reference="previous", unit="points", threshold=1.0)


def clinic(dyads: int, sessions: int) -> al.Scores:
    """Score clients to whom nothing happens, unequally volatile."""
    generator = np.random.default_rng(dyads)
    volatility = np.exp(generator.normal(np.log(0.3), 0.5, (dyads, 1)))
    values = generator.normal(5.2, 0.5, (dyads, 1)) + volatility * generator.normal(size=(dyads, sessions))
    frame = pl.DataFrame(
        {
            "client": np.repeat(range(dyads), sessions),
            "session": np.tile(range(1, sessions + 1), dyads),
            "total": np.clip(values, 1, 7).ravel(),
        }
    )
    ids = {"client": "client", "session": "session"}
    return al.Scores.from_totals(frame, FORM, totals={"total": "total"}, metric="mean", **ids)


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
    print(f"  {name:<44} {seconds * 1e3:>10.2f} ms {seconds / reference:>8.1f} x")


def reports() -> None:
    scores = clinic(100_000, 20)
    frame = scores.to_frame().sample(fraction=1.0, shuffle=True, seed=4)
    ids = {"client": "client", "session": "session"}
    shuffled = al.Scores.from_totals(frame, FORM, totals={"total": "total"}, metric="mean", **ids)
    table = frame.to_pandas()

    def polars() -> pl.DataFrame:
        """Flag falls of a point from the session before: no episodes, no repair, no missing sessions."""
        fall = pl.col("total").shift(1).over("client") - pl.col("total")
        return frame.sort("client", "session").with_columns((fall >= 1.0).alias("flagged"))

    def pandas() -> Any:
        """Do the same in pandas."""
        ordered = table.sort_values(["client", "session"])
        return ordered.assign(flagged=ordered.groupby("client")["total"].shift(1) - ordered["total"] >= 1.0)

    print("\n100,000 dyads x 20 sessions in any row order, a fall of a point")
    seconds = best(lambda: al.find_ruptures(shuffled, rule=POINT))
    row("find_ruptures, with episodes and repair", seconds, seconds)
    row("the default rule", best(lambda: al.find_ruptures(shuffled)), seconds)
    row("polars by hand, flags only", best(polars), seconds)
    row("pandas by hand, flags only", best(pandas), seconds)
    report = al.find_ruptures(shuffled, rule=POINT)
    row("report.sessions", best(lambda: report.sessions), seconds)
    row("report.episodes", best(lambda: report.episodes), seconds)
    row("report.clients", best(lambda: report.clients), seconds)
    row("a control chart", best(lambda: al.find_ruptures(shuffled, rule=al.rules.ControlChart(threshold=3.0))), seconds)
    print("\nchance, fitted to 400 dyads x 16 sessions, 100,000 simulated clients")
    few = clinic(400, 16)
    seconds = best(lambda: al.chance_rate(POINT, like=few, clients=100_000, bootstrap=0))
    row("chance_rate", seconds, seconds)
    row("chance_rate with 100 refits", best(lambda: al.chance_rate(POINT, like=few, clients=100_000)), seconds)
    row("calibrate with recall", best(lambda: al.calibrate(POINT, like=few, clients=20_000)), seconds)
    print("\nfrom a simulated clinic of 10,000 dyads x 16 sessions to the report and a figure")
    start = time.perf_counter()
    made = al.simulate(10_000, 16, seed=1, frames="polars")
    study = (
        al.Study(client="client", session="session", therapist="therapist")
        .with_forms(made.client_forms, "wai-sr-client", columns="wai_{item}")
        .with_appointments(made.appointments)
    )
    report = al.find_ruptures(study)
    tables = len(report.sessions), len(report.episodes), len(report.clients)
    _ = report.chance, report.plot_clients()._repr_png_()
    print(
        f"  {tables[0]:,} sessions, {tables[1]:,} episodes, {tables[2]:,} courses: {time.perf_counter() - start:.1f} s"
    )


def multiverse() -> None:
    for dyads in (60, 10_000):
        scores = clinic(dyads, 16)
        rules = al.multiverse(scores, chance=False).reports
        print(f"\n{len(rules)} published rules, {dyads:,} dyads x 16 sessions")

        def one_by_one(scores: al.Scores = scores, names: tuple[str, ...] = tuple(rules)) -> None:
            for name in names:
                report = al.find_ruptures(scores, rule=al.rules.preset(name))
                _ = report.clients, report.chance

        seconds = best(lambda scores=scores: al.multiverse(scores).to_frame())
        row("multiverse, to the table", seconds, seconds)
        row("find_ruptures and chance, rule by rule", best(one_by_one, 1), seconds)
        row("multiverse without chance", best(lambda scores=scores: al.multiverse(scores, chance=False)), seconds)


def accuracy() -> None:
    scores = clinic(2_000, 16)
    report = al.find_ruptures(scores, rule=POINT)
    generator = np.random.default_rng(2)
    flags = report.sessions["flagged"].to_numpy()
    coded = generator.random(len(flags)) < np.where(flags, 0.6, 0.05)
    criterion = report.sessions.select("client", "session").with_columns(rupture=coded)

    def by_hand() -> None:
        """Compute the same four measures in numpy, without tolerance: counts per client, then sums of drawn clients."""
        dyads = criterion["client"].to_numpy()
        cells = [flags & coded, flags & ~coded, ~flags & coded, ~flags & ~coded]
        counts = np.column_stack([np.bincount(dyads, weights=cell) for cell in cells])
        drawn = np.random.default_rng(3).integers(0, len(counts), (2_000, len(counts)))
        both, first, second, neither = np.array([counts[sample].sum(axis=0) for sample in drawn]).T
        chance = (both + first) * (first + neither) + (both + second) * (second + neither)
        kappa = 2 * (both * neither - first * second) / chance
        for measure in (both / (both + second), both / (both + first), neither / (neither + first), kappa):
            np.percentile(measure, [2.5, 97.5])

    print("\naccuracy, 2,000 dyads x 16 sessions, 2,000 resamples")
    seconds = best(lambda: al.detection_accuracy(report, criterion))
    row("detection_accuracy", seconds, seconds)
    row("numpy by hand, no tolerance", best(by_hand), seconds)
    row(
        "detection_accuracy, no resamples", best(lambda: al.detection_accuracy(report, criterion, resamples=0)), seconds
    )


def live() -> None:
    values = [5.0 + (session * 7919 % 25) / 25 for session in range(1, 1_001)]
    rule = al.LiveRule(POINT, range=(1, 7))
    late = al.LaggedRule(POINT, 3, range=(1, 7))

    def update(rule: Any, count: int) -> None:
        running = rule.copy()
        for session in range(1, count + 1):
            running.update(session, values[session - 1])

    def report_each_time(count: int) -> None:
        """Find ruptures anew after every session."""
        frame = pl.DataFrame({"client": ["a"] * count, "session": range(1, count + 1), "total": values[:count]})
        ids = {"client": "client", "session": "session"}
        for session in range(1, count + 1):
            scores = al.Scores.from_totals(frame.head(session), FORM, totals={"total": "total"}, metric="mean", **ids)
            al.find_ruptures(scores, rule=POINT)

    print("\none client, 40 sessions, one at a time")
    seconds = best(lambda: update(rule, 40), 20)
    row("LiveRule", seconds, seconds)
    row("LaggedRule, 3 sessions late", best(lambda: update(late, 40), 20), seconds)
    row("a report after each session", best(lambda: report_each_time(40)), seconds)
    print("\ncost of an update")
    for count in (10, 100, 1_000):
        seconds = best(lambda count=count: update(rule, count), 20)
        print(f"  {count:>6,} sessions {seconds / count * 1e6:>8.2f} microseconds each")
    running = rule.copy()
    for session, value in enumerate(values, 1):
        running.update(session, value)
    row("to_json and from_json", best(lambda: al.LiveRule.from_json(running.to_json()), 20), seconds)


if __name__ == "__main__":
    reports()
    multiverse()
    accuracy()
    live()
