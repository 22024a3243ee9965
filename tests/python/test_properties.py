"""What must hold for every form, whatever its shape."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import as_columns, own, plain, slow_scores

import alliance as al

KEYED = [form for form in al.catalog() if form.scales]


@st.composite
def own_forms(draw):
    """Draw a form of 1 to 80 items with an odd range, overlapping scales and random reversals."""
    count = draw(st.integers(1, 80))
    items = list(range(1, count + 1))
    low = draw(st.one_of(st.integers(-20, 20), st.sampled_from([-0.5, 0.1, 2.25])))
    step = draw(st.sampled_from([1, 1, 1, 2, 0.5, 0.25, 0.1, None]))
    points = draw(st.one_of(st.integers(1, 12), st.sampled_from([100, 254, 255, 300])))
    high = low + (points if step is None else points * step)
    subset = st.lists(st.sampled_from(items), unique=True)
    some = st.lists(st.sampled_from(items), unique=True, min_size=1)
    scales = {f"scale-{number}": draw(some) for number in range(draw(st.integers(0 if count > 1 else 1, 4)))}
    partition = []
    if count > 1 and draw(st.booleans()):
        cut = draw(st.integers(1, count - 1))
        order = draw(st.permutations(items))
        scales |= {"first": order[:cut], "second": order[cut:]}
        partition = ["first", "second"]
    if draw(st.booleans()) or not scales:
        scales["total"] = items
    return own(
        count,
        low=low,
        high=high,
        step=step,
        reverse=draw(subset),
        backwards=draw(subset),
        scales=scales,
        partition=partition,
    )


def answers_to(form, most=12):
    """Draw forms that were filled in with possible answers, some of them missing."""
    low, high = form.range
    if form.step is None:
        answer = st.floats(low, high, allow_nan=False)
    else:
        points = round((high - low) / form.step)
        answer = st.integers(0, points).map(lambda point: low + point * form.step)
        if low == int(low) and form.step == int(form.step):
            answer = answer.map(int)
    share = st.sampled_from([0.0, 0.0, 0.2, 0.9])

    @st.composite
    def rows(draw):
        count, missing = draw(st.integers(0, most)), draw(share)
        values = st.lists(answer, min_size=form.item_count, max_size=form.item_count)
        generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        return [[None if generator.random() < missing else value for value in draw(values)] for _ in range(count)]

    return rows()


def legal(form, seed, count, missing):
    """Make possible answers without a strategy, for long tables."""
    generator = np.random.default_rng(seed)
    low, high = form.range
    if form.step is None:
        values = generator.uniform(low, high, size=(count, form.item_count))
    else:
        points = round((high - low) / form.step)
        values = low + form.step * generator.integers(0, points + 1, size=(count, form.item_count))
    holes = generator.random(values.shape) < missing
    return [
        [None if hole else float(value) for value, hole in zip(row, holes_of_row, strict=True)]
        for row, holes_of_row in zip(values, holes, strict=True)
    ]


def frame_of(kind, form, rows, more=()):
    columns = as_columns(rows) if rows else {f"q{item}": [] for item in range(1, form.item_count + 1)}
    columns |= dict(more)
    if kind == "polars":
        return pl.DataFrame(columns, strict=False)
    if kind == "pyarrow":
        return pa.table(columns)
    frame = pd.DataFrame(columns)
    return frame if rows else frame.astype({name: float for name in frame if name.startswith("q")})


KINDS = st.sampled_from(["polars", "pandas", "pyarrow"])
RULES = st.sampled_from(
    ["complete", al.Prorate(min_answered=1), al.Prorate(min_answered=3), al.Prorate(min_share=0.75)]
)


def needed(rule):
    if rule == "complete":
        return None
    if rule.min_answered is not None:
        return lambda items: min(items, rule.min_answered)
    return lambda items: next(count for count in range(1, items + 1) if count >= rule.min_share * items - 1e-9)


def score(form, rows, kind="polars", more=(), **options):
    options = {"accept_unverified": True, "metric": "mean", "scales": list(form.scales)} | options
    return al.score(frame_of(kind, form, rows, more), form, columns="q{item}", **options)


def tolerance(form):
    return 1e-12 * max(1.0, *(abs(end) for end in form.range))


def assert_same(form, found, expected):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert (one is None) == (other is None)
        assert one is None or abs(one - other) <= tolerance(form)


def assert_twin(form, rows, scores, rule, **options):
    twin = slow_scores(form, rows, required=needed(rule), **options)
    assert list(scores) == list(twin)
    for name, expected in twin.items():
        assert_same(form, plain(scores[name]), [mean for mean, _ in expected])
        assert scores.answered(name).tolist() == [answered for _, answered in expected]


def recoded(form, rows):
    """Reverse what the key reverses; rounding never leaves the range."""
    low, high = form.range
    return [
        [
            a if a is None or item not in form.reversed else min(max(low + high - a, low), high)
            for item, a in enumerate(row, 1)
        ]
        for row in rows
    ]


@st.composite
def cases(draw, most=12):
    form = draw(st.one_of(own_forms(), st.sampled_from(KEYED)))
    return form, draw(answers_to(form, most))


@given(case=cases(), kind=KINDS, rule=RULES, entry=st.sampled_from(["printed", "position"]))
def test_fast_equals_slow(case, kind, rule, entry):
    form, rows = case
    assert_twin(form, rows, score(form, rows, kind, missing=rule, entry=entry), rule, entry=entry)


@given(case=cases(), rule=RULES)
def test_reversing_twice_is_identity(case, rule):
    form, rows = case
    scores = score(form, rows, missing=rule)
    once = score(form, recoded(form, rows), missing=rule, already_reversed=True)
    twice = score(form, recoded(form, recoded(form, rows)), missing=rule)
    for name in scores:
        assert_same(form, plain(once[name]), plain(scores[name]))
        assert_same(form, plain(twice[name]), plain(scores[name]))


@given(case=cases(), rule=RULES, kind=KINDS)
def test_scores_stay_in_range(case, rule, kind):
    form, rows = case
    scores = score(form, rows, kind, missing=rule)
    low, high = form.range
    for scale in scores.scales:
        for metric, ends in (
            ("mean", (low, high)),
            ("sum", (low * scale.items, high * scale.items)),
            ("pomp", (0, 100)),
        ):
            for value in plain(scores.in_metric(metric)[scale.name]):
                slack = 1e-12 * max(1.0, abs(ends[0]), abs(ends[1]), 100 * max(abs(low), abs(high)) / (high - low))
                assert value is None or ends[0] - slack <= value <= ends[1] + slack


@given(case=cases(), rule=RULES, kind=KINDS, data=st.data())
def test_row_order_does_not_matter(case, rule, kind, data):
    form, rows = case
    order = data.draw(st.permutations(range(len(rows))))
    scores = score(form, rows, kind, missing=rule)
    shuffled = score(form, [rows[row] for row in order], kind, missing=rule)
    for name in scores:
        assert plain(shuffled[name]) == [plain(scores[name])[row] for row in order]
        assert shuffled.status(name).tolist() == [scores.status(name).tolist()[row] for row in order]


@given(case=cases(), kind=KINDS)
def test_a_sum_is_the_mean_times_the_count(case, kind):
    form, rows = case
    scores = score(form, rows, kind)
    for scale in scores.scales:
        means, sums = plain(scores[scale.name]), plain(scores.in_metric("sum")[scale.name])
        low, high = form.range
        for row, (mean, total) in enumerate(zip(means, sums, strict=True)):
            assert (mean is None) == (total is None)
            if mean is None:
                continue
            assert abs(total - mean * scale.items) <= tolerance(form) * scale.items
            keyed = [
                low + high - rows[row][item - 1] if item in form.reversed else rows[row][item - 1]
                for item in form.scales[scale.name]
            ]
            assert abs(total - math.fsum(keyed)) <= tolerance(form) * scale.items


@given(case=cases(), rule=RULES, kind=KINDS, data=st.data())
def test_removing_a_client_removes_only_its_rows(case, rule, kind, data):
    form, rows = case
    clients = data.draw(st.lists(st.sampled_from("abc"), min_size=len(rows), max_size=len(rows)))
    stay = [row for row, client in enumerate(clients) if client != "a"]
    scores = score(form, rows, kind, {"who": clients}, missing=rule, client="who")
    without = score(
        form, [rows[row] for row in stay], kind, {"who": [clients[row] for row in stay]}, missing=rule, client="who"
    )
    for name in scores:
        assert plain(without[name]) == [plain(scores[name])[row] for row in stay]


@given(case=cases(), rule=RULES)
def test_one_form_at_a_time(case, rule):
    form, rows = case
    scores = score(form, rows, missing=rule)
    for row, answers in enumerate(rows):
        alone = score(form, [answers], missing=rule)
        for name in scores:
            assert plain(alone[name]) == [plain(scores[name])[row]]


@given(case=cases(most=6), kind=KINDS)
def test_possible_answers_are_no_errors(case, kind):
    form, rows = case
    findings = al.check(frame_of(kind, form, rows), form, columns="q{item}", accept_unverified=True)
    assert findings.ok, str(findings)


@given(case=cases(most=6), data=st.data())
def test_impossible_answers_are_found(case, data):
    form, rows = case
    if not rows:
        return
    low, high = form.range
    row = data.draw(st.integers(0, len(rows) - 1))
    item = data.draw(st.sampled_from(sorted({item for items in form.scales.values() for item in items})))
    width = high - low
    stray = data.draw(st.sampled_from([low - width - 0.37, high + width + 0.37, math.inf, -math.inf]))
    broken = [[None if answer is None else float(answer) for answer in answers] for answers in rows]
    broken[row][item - 1] = stray
    with pytest.raises(al.errors.AnswerError) as caught:
        score(form, broken)
    assert (caught.value.column, caught.value.rows, caught.value.count) == (f"q{item}", (row,), 1)
    assert not al.check(frame_of("polars", form, broken), form, columns="q{item}").ok


@given(form=own_forms())
def test_own_forms_survive_a_round_trip(form):
    again = al.Instrument.from_toml(form.to_toml() + "\n")
    assert again == form
    assert again.hash == form.hash
    assert dict(again.scales) == dict(form.scales)


@pytest.mark.parametrize("form", KEYED, ids=lambda form: form.id)
@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_long_tables_of_catalog_forms(form, missing):
    rows = legal(form, 5, 1500, missing)
    rule = al.Prorate(min_share=0.75)
    assert_twin(form, rows, score(form, rows, missing=rule), rule)
    assert_twin(form, rows, score(form, rows, "pandas"), "complete")
