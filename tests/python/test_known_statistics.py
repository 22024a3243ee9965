"""Every statistic that is known from other software is found again by the public face, or said to be out of reach."""

from __future__ import annotations

import known_agreement
import known_outcomes
import known_reliability
import pytest
from support import vector

FAMILIES = (known_reliability.FOUND, known_agreement.FOUND, known_outcomes.FOUND)
FOUND = {identity: how for family in FAMILIES for identity, how in family.items()}
CASES = {case["id"]: case for case in vector("known-statistics")["cases"]}
REACHED = [case for identity, case in CASES.items() if callable(FOUND.get(identity))]


def allowed(printed, tolerance):
    """Give how far a value may lie from what is printed: half a unit of the last decimal or the tolerance."""
    _, point, decimals = printed.partition(".")
    # Counts are exact.
    return max(0.50001 * 10.0 ** -len(decimals), tolerance * max(1, abs(float(printed)))) if point else 0


@pytest.mark.parametrize("case", REACHED, ids=lambda case: case["id"])
def test_a_known_statistic_is_found_again(case):
    found = list(FOUND[case["id"]]())
    assert len(found) == len(case["printed"])
    known = [pair for pair in zip(found, case["printed"], strict=True) if not isinstance(pair[0], str)]
    assert known
    for value, printed in known:
        assert abs(value - float(printed)) <= allowed(printed, case["tolerance"]), f"{value} is not {printed}"


def test_every_case_is_tested_or_said_to_be_out_of_reach():
    assert sum(map(len, FAMILIES)) == len(FOUND)
    assert FOUND.keys() == CASES.keys()
    assert all(how for how in FOUND.values())
