"""The synthetic panels have the check-sums that Rust and R give."""

from __future__ import annotations

from panels import ITEMS, Lehmer, dropout_of_panel_a, panel_a, panel_b
from support import vector

PRINTED = {case["id"]: [float(text) for text in case["printed"]] for case in vector("known-statistics")["cases"]}


def assert_printed(identity, found):
    found = list(found)
    assert len(found) == len(PRINTED[identity])
    for one, expected in zip(found, PRINTED[identity], strict=True):
        assert abs(one - expected) < 1e-9 * max(1, abs(expected)), identity


def test_the_generator_is_the_minimal_standard_one():
    random = Lehmer(1)
    for _ in range(10_000):
        random.uniform()
    assert_printed("2 minstd state 10000", [random.state])


def test_panel_a():
    panel = panel_a()
    rated_and_outcome = ("rated", "outcome")
    assert_printed("2 panel A rows and item sums", [len(panel["client"]), *(sum(panel[item]) for item in ITEMS)])
    assert_printed("2 panel A rated and outcome", [sum(panel[name]) for name in rated_and_outcome])
    for identity, row in (("2 panel A first row", 0), ("2 panel A last row", -1)):
        names = ("therapist", "client", "session", *ITEMS, *rated_and_outcome)
        assert_printed(identity, [panel[name][row] for name in names])


def test_panel_b():
    score = panel_b()["alliance"]
    assert_printed("2 panel B", [len(score), sum(score), *score[:3]])


def test_dropout_of_panel_a():
    found = dropout_of_panel_a()
    assert_printed("2 dropout on panel A", [len(found["left"]), sum(found["left"]), sum(found["before"])])
