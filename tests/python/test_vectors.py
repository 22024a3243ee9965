"""Scores agree with software that this project did not write."""

from __future__ import annotations

import math

import polars as pl
import pytest
from support import as_columns, assert_close, close, own, own_form, plain, vector

import alliance as al

SCORING = vector("scoring")["cases"]
KNOWN = vector("known-values")["cases"]
MISSING = vector("missing-items")["cases"]


def expected_means(case, form, name):
    """Give psych's means; a prorated total over an empty scale of the partition is no score here, by design."""
    parts = [part for part in form.partition if name == "total" and set(form.partition) <= set(case["scales"])]
    means = []
    for respondent in case["respondents"]:
        scores = respondent["scores"]
        empty = any(scores[part]["answered"] == 0 for part in parts)
        means.append(None if empty else scores[name]["mean"])
    return means


def entry_of(case):
    return "position" if case["entry"] == "position" else "printed"


@pytest.mark.parametrize("case", SCORING, ids=lambda case: f"{case['form']}-{case['entry']}")
class TestPsych:
    def test_prorated_means_sums_and_counts(self, case, make_frame):
        form = al.instrument(case["form"])
        answers = as_columns([respondent["answers"] for respondent in case["respondents"]])
        scores = al.score(
            make_frame(answers),
            form,
            columns="q{item}",
            scales=list(case["scales"]),
            missing=al.Prorate(min_answered=1),
            metric="mean",
            entry=entry_of(case),
        )
        sums = scores.in_metric("sum")
        assert list(scores) == list(case["scales"])
        for name, items in case["scales"].items():
            given = [respondent["scores"][name] for respondent in case["respondents"]]
            means = expected_means(case, form, name)
            assert_close(scores[name], means)
            assert scores.answered(name).tolist() == [score["answered"] for score in given]
            for found, mean, score in zip(sums[name], means, given, strict=True):
                if mean is not None and score["answered"] == len(items):
                    assert close(found, score["sum"])
                else:
                    assert close(found, None if mean is None else mean * len(items))

    def test_complete_forms_only(self, case, make_simple):
        form = al.instrument(case["form"])
        answers = as_columns([respondent["answers"] for respondent in case["respondents"]])
        scores = al.score(
            make_simple(answers),
            form,
            columns="q{item}",
            scales=list(case["scales"]),
            metric="sum",
            entry=entry_of(case),
        )
        for name, items in case["scales"].items():
            given = [respondent["scores"][name] for respondent in case["respondents"]]
            expected = [score["sum"] if score["answered"] == len(items) else None for score in given]
            assert_close(scores[name], expected)

    def test_key_of_the_catalog_is_the_one_psych_was_given(self, case):
        form = al.instrument(case["form"])
        assert form.item_count == case["items"]
        assert form.range == (case["min"], case["max"])
        assert form.reversed == tuple(case["reversed"])
        assert form.printed_backwards == tuple(case["printed_backwards"])
        for name, items in case["scales"].items():
            assert sorted(form.scales[name]) == sorted(items)


def test_the_vector_holds_totals_that_are_refused():
    refused = [
        respondent
        for case in SCORING
        for form in [al.instrument(case["form"])]
        if "total" in case["scales"]
        for respondent, mean in zip(case["respondents"], expected_means(case, form, "total"), strict=True)
        if mean is None and respondent["scores"]["total"]["mean"] is not None
    ]
    assert refused


@pytest.mark.parametrize("case", KNOWN, ids=lambda case: case["id"])
def test_known_values(case, make_frame):
    if case["published"]:
        form = al.instrument(case["form"])
    else:
        ends = {"low": case["min"], "high": case["max"]}
        form = own(len(case["answers"]), reverse=case["reversed"], **ends)
    assert form.range == (case["min"], case["max"])
    assert form.reversed == tuple(case["reversed"])
    frame = make_frame(as_columns([case["answers"]]))
    scores = al.score(frame, form, columns="q{item}", scales=list(case["scores"]), missing=al.Prorate(min_answered=1))
    for name, given in case["scores"].items():
        assert scores.answered(name).tolist() == [given["answered"]]
        complete = given["answered"] == len(form.scales[name])
        expected = {
            "mean": given.get("mean"),
            "sum": given["sum"] if complete else given.get("prorated_sum"),
            "pomp": given.get("pomp"),
        }
        for metric, value in expected.items():
            if value is not None:
                assert close(scores.in_metric(metric)[name][0], value)


@pytest.mark.parametrize("case", MISSING, ids=lambda case: case["id"])
def test_standard_errors_of_prorated_scores(case):
    spread = al.ItemSpread(case["mean_variance"] - case["mean_covariance"])
    for entry in case["errors"]:
        found = spread.standard_error(entry["answered"], case["items"])
        assert math.isclose(found, entry["se_mean"], rel_tol=1e-12, abs_tol=0.0)


def test_exchangeable_spread():
    case = next(case for case in MISSING if case["id"] == "exchangeable")
    spread = al.ItemSpread.exchangeable(case["mean_variance"] ** 0.5, 0.5)
    assert close(spread.variance, case["spread"])


def test_spread_and_standard_errors_of_real_data():
    case = next(case for case in MISSING if case["id"] == "attitude")
    items, rows = case["items"], [list(map(float, row)) for row in case["data"]]
    # Each further form misses the last items; the spread comes from the thirty complete ones only.
    gaps = [[*rows[0][:answered], *([None] * (items - answered))] for answered in range(1, items + 1)]
    form = al.Instrument.from_toml(own_form(items, low=0, high=100, step=None))
    frame = pl.DataFrame(as_columns([*rows, *gaps[:-1]]))
    scores = al.score(frame, form, columns="q{item}", missing=al.Prorate(min_answered=1))
    (scale,) = scores.scales
    assert scale.spread.forms == len(rows)
    assert close(scale.spread.variance, case["spread"], 1e-9)
    errors = {entry["answered"]: entry["se_mean"] for entry in case["errors"]}
    assert plain(scores.standard_error("total"))[: len(rows)] == [0.0] * len(rows)
    assert_close(scores.standard_error("total")[len(rows) :], [errors[m] for m in range(1, items)], 1e-9)
    assert_close(
        scores.in_metric("sum").standard_error("total")[len(rows) :],
        [items * errors[m] for m in range(1, items)],
        1e-9,
    )
