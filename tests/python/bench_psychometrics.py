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


def change() -> None:
    clients, sessions = 100_000, 12
    print(f"change, {clients} clients x {sessions} sessions")
    generator = np.random.default_rng(1)
    score = generator.normal(5, 0.8, (clients, 1)) + generator.normal(0, 0.6, (clients, sessions))
    score += generator.normal(0.05, 0.1, (clients, 1)) * np.arange(sessions)
    frame = pl.DataFrame(
        {
            "client": np.repeat(np.arange(clients), sessions),
            "session": np.tile(np.arange(1, sessions + 1), clients),
            "score": score.ravel(),
        }
    )
    named = {"score": "score", "client": "client", "session": "session", "higher_is_better": True}
    ours = best(lambda: al.reliable_change(frame, 0.9, **named).clients)
    row("al.reliable_change(frame), first to last, with table", ours, ours)

    def first_to_last() -> pl.DataFrame:
        ends = frame.sort("client", "session").group_by("client", maintain_order=True)
        pair = ends.agg(pl.col("score").first().alias("before"), pl.col("score").last().alias("after"))
        unit = pair["before"].std() * (2 * (1 - 0.9)) ** 0.5
        index = ((pl.col("after") - pl.col("before")) / unit).alias("index")
        return pair.with_columns(index).with_columns((pl.col("index").abs() > 1.96).alias("changed"))

    row("the same index by hand in polars", best(first_to_last), ours)
    drops = best(lambda: al.session_drops(frame, **named).sessions)
    row("al.session_drops(frame), with table", drops, drops)
    part = frame.head(5_000 * sessions)
    drops = best(lambda: al.session_drops(part, **named).sessions)
    row("al.session_drops(frame), 5000 clients", drops, drops)
    table = part.to_pandas()

    def below_earlier_mean() -> Any:
        earlier = table.groupby("client")["score"].transform(lambda own: own.expanding().mean().shift())
        spread = table.groupby("client")["score"].transform("std")
        return (earlier - table["score"]) > 1.645 * spread

    row("below the earlier mean by hand in pandas, 5000 clients", best(below_earlier_mean, runs=1), drops)
    growth = best(lambda: al.growth_change(frame, **named).clients)
    row("al.growth_change(frame), with table", growth, growth)
    some = frame.head(500 * sessions)
    growth = best(lambda: al.growth_change(some, **named).clients)
    row("al.growth_change(frame), 500 clients", growth, growth)
    if (api := library("statsmodels.formula.api")) is not None:
        few = some.to_pandas()
        model = api.mixedlm("score ~ session", few, groups=few["client"], re_formula="~session")
        row("statsmodels MixedLM, 500 clients", best(lambda: model.fit(reml=True).random_effects, runs=1), growth)
    gaps = frame.head(10_000 * sessions).sample(fraction=5 / 6, seed=1)
    growth = best(lambda: al.growth_change(gaps, **named).clients)
    row("al.growth_change(frame), 10 000 clients, a sixth missing", growth, growth)
    before = """set.seed(1); data <- expand.grid(session = 1:12, client = 1:10000)
    data$score <- 5 + 0.8 * rnorm(10000)[data$client] + (0.05 + 0.1 * rnorm(10000))[data$client] * data$session +
        0.6 * rnorm(nrow(data)); data <- data[runif(nrow(data)) < 5 / 6, ]"""
    if (seconds := in_r("lme4", before, "lmer(score ~ session + (session | client), data)", runs=1)) is not None:
        row("lme4::lmer, the same model", seconds, growth)
    one = best(al.jacobson_truax_false_alarms)
    row("al.jacobson_truax_false_alarms(), 8 conditions", one, one)


def two_raters() -> None:
    print("two raters, 10 000 dyads x 12 sessions")
    generator = np.random.default_rng(2)
    dyad, visit = np.repeat(np.arange(10_000), 12), np.tile(np.arange(12), 10_000)
    level, change = generator.normal(size=10_000)[dyad], generator.normal(size=120_000)
    ours = 5 + level + 0.6 * change + 0.5 * generator.normal(size=120_000)
    theirs = 4.5 + 0.5 * level + 0.4 * change + 0.5 * generator.normal(size=120_000)
    frame = pl.DataFrame({"case": dyad, "visit": visit, "ours": ours, "theirs": theirs})
    names = {"client": "case", "session": "visit", "first": "ours", "second": "theirs"}
    outcomes = pl.DataFrame({"case": np.arange(10_000), "gain": generator.normal(size=10_000)})
    whole = best(lambda: al.agreement(frame, **names))
    row("al.agreement: association, elevation, tracking", whole, whole)
    row("al.association", best(lambda: al.association(frame, **names)), whole)
    row("al.elevation", best(lambda: al.elevation(frame, **names)), whole)
    tracking = best(lambda: al.tracking(frame, **names))
    row("al.tracking", tracking, whole)
    row("al.actor_partner, all steps", best(lambda: al.actor_partner(frame, **names)), whole)
    surface = best(lambda: al.congruence(frame, outcome="gain", outcomes=outcomes, **names))
    row("al.congruence", surface, whole)
    few = frame.filter(pl.col("case") < 200)
    few_ours = best(lambda: al.association(few, **names))
    row("al.association, 200 dyads", few_ours, whole)
    if (pingouin := library("pingouin")) is not None:
        table = few.to_pandas()
        theirs_few = best(lambda: pingouin.rm_corr(table, x="ours", y="theirs", subject="case"))
        row("pingouin.rm_corr, 200 dyads (ratio to the row above)", theirs_few, few_ours)
    if (models := library("statsmodels.formula.api")) is not None:
        table = few.to_pandas()
        table["within"] = table["ours"] - table.groupby("case")["ours"].transform("mean")
        few_tracking = best(lambda: al.tracking(few, accuracy="common", **names))
        row("al.tracking with one slope, 200 dyads", few_tracking, whole)
        # A random intercept only: with a random slope its optimiser does not settle.
        model = models.mixedlm("theirs ~ within", table, groups="case")
        row("statsmodels mixedlm, 200 dyads (ratio to the row above)", best(model.fit, runs=1), few_tracking)


def intraclass() -> None:
    print("six intraclass correlations, 100 000 x 4")
    generator = np.random.default_rng(3)
    ratings = generator.normal(size=(100_000, 1)) + generator.normal(size=(100_000, 4))
    frame = pl.DataFrame(ratings, schema=["a", "b", "c", "d"])
    ours = best(lambda: al.intraclass_correlations(frame, frame.columns))
    row("al.intraclass_correlations", ours, ours)
    if (pingouin := library("pingouin")) is not None:
        long = (
            frame.with_row_index("unit").unpivot(index="unit", variable_name="rater", value_name="rating").to_pandas()
        )
        names = {"targets": "unit", "raters": "rater", "ratings": "rating"}
        row("pingouin.intraclass_corr", best(lambda: pingouin.intraclass_corr(long, **names), runs=1), ours)


def teams() -> None:
    print("teams, 10 000 x 4 members x 12 items")
    generator = np.random.default_rng(4)
    answers = np.clip(np.round(5 + generator.normal(size=(40_000, 12))), 1, 7)
    columns = [f"q{item}" for item in range(1, 13)]
    frame = pl.DataFrame(answers, schema=columns).with_columns(team=np.repeat(np.arange(10_000), 4))
    ours = best(lambda: al.team_agreement(frame, columns=columns, client="team", options=7))
    row("al.team_agreement", ours, ours)
    dyads = frame.with_columns(who=pl.col("team") // 10, case=pl.int_range(pl.len()))
    many = {"client": "case", "therapist": "who", "first": "q1", "second": "q2"}
    row("al.one_with_many, 40 000 dyads", best(lambda: al.one_with_many(dyads, **many)), ours)
    sides = {"first": columns[:6], "second": columns[6:]}
    row("al.profile_agreement, 40 000 x 6 items", best(lambda: al.profile_agreement(frame, **sides)), ours)
    by_hand = best(lambda: frame.group_by("team").agg(pl.col(columns).var()))
    row("polars: the items' variances per team alone", by_hand, ours)


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


def coders() -> None:
    print("agreement of coders, 3 x 100 000")
    generator = np.random.default_rng(1)
    level = generator.normal(size=(100_000, 1))
    codes = np.clip(np.floor(3.5 + level + 0.5 * generator.normal(size=(100_000, 3))), 1, 5)
    frame = pl.DataFrame(codes, schema=["ann", "bob", "cem"])
    long = frame.with_row_index("unit").unpivot(index="unit", variable_name="coder", value_name="code")
    ours = best(lambda: al.coder_agreement(frame, coders=frame.columns, metric="ordinal"))
    row("al.coder_agreement, ordinal: all coefficients", ours, ours)
    names = {"unit": "unit", "coder": "coder", "code": "code"}
    row("the same of a long frame", best(lambda: al.coder_agreement(long, metric="ordinal", **names)), ours)
    some = frame.head(1_000)
    resampled = best(lambda: al.coder_agreement(some, coders=frame.columns, metric="ordinal", interval=al.Bootstrap()))
    row("1 000 units, 2 000 resamples of every coefficient", resampled, ours)
    if (krippendorff := library("krippendorff")) is not None:
        call = lambda: krippendorff.alpha(codes.T, level_of_measurement="ordinal")  # noqa: E731
        row("krippendorff.alpha, ordinal alpha alone", best(call), ours)
    if (statsmodels := library("statsmodels.stats.inter_rater")) is not None:
        call = lambda: statsmodels.fleiss_kappa(statsmodels.aggregate_raters(codes)[0])  # noqa: E731
        row("statsmodels, Fleiss's kappa alone", best(call), ours)
    markers = [code for _, _, code in al.instrument("3rs-2022-observer").codes]
    marks = pl.DataFrame(
        {
            "client": generator.integers(0, 2_000, 200_000),
            "session": generator.integers(0, 20, 200_000),
            "coder": generator.integers(0, 3, 200_000),
            "marker": generator.choice(markers, 200_000),
        }
    )
    roles = {"client": "client", "session": "session", "coder": "coder"}
    row("al.marker_agreement, 200 000 marks, 12 markers", best(lambda: al.marker_agreement(marks, **roles)), ours)
    few = al.Bootstrap(200)
    model = best(lambda: al.model_agreement(frame, model="cem", coders=frame.columns, bootstrap=few), runs=1)
    row("al.model_agreement, 200 resamples", model, ours)


def synthesis() -> None:
    print("synthesis of 1 000 correlations")
    generator = np.random.default_rng(1)
    studies = pl.DataFrame(
        {
            "r": np.tanh(generator.normal(0.3, 0.2, 1_000)),
            "n": generator.integers(20, 200, 1_000),
            "sample": generator.integers(0, 300, 1_000),
            "quality": generator.normal(size=1_000),
        }
    )
    ours = best(lambda: al.meta_correlations(studies))
    row("al.meta_correlations, REML, Q-profile", ours, ours)
    row("with a moderator", best(lambda: al.meta_correlations(studies, moderators="quality")), ours)
    nested = best(lambda: al.meta_correlations(studies, cluster="sample"))
    row("three levels, 300 samples", nested, ours)
    before = """set.seed(1); z <- rnorm(1000, .3, .2); v <- 1 / (sample(20:200, 1000, TRUE) - 3)
        data <- data.frame(z, v, sample = sample(300, 1000, TRUE), effect = 1:1000)"""
    seconds = in_r("metafor", before, "confint(rma(z, v))")
    if seconds is not None:
        row("metafor, rma and confint", seconds, ours)
    some = studies.head(200)
    nested = best(lambda: al.meta_correlations(some, cluster="sample"))
    row("three levels, 200 correlations", nested, ours)
    seconds = in_r("metafor", before, "rma.mv(z, v, random = ~ 1 | sample/effect, data = data[1:200, ])", runs=1)
    if seconds is not None:
        row("metafor, rma.mv, 200 correlations", seconds, ours)


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
    change()
    two_raters()
    intraclass()
    exports()
    sessions()
    teams()
    coders()
    synthesis()
    outcome()
