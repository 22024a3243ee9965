"""Distribute simulated totals over items with a second, slower method, and list the defaults of the simulation.

Run from the repository root:  python3 tests/oracles/simulation.py
Writes:                        tests/vectors/simulation.json
Needs:                         Python 3.9 or newer, nothing else

Answers: what the items are drawn to be comes from the streams of random_numbers.py and from
statistics.NormalDist. The answers are found by dynamic programming over all answers with the total, which minimises the
sum of squares exactly, and once more by giving one step after the other, from none, to the item that gains most.
Defaults: typed from the dossiers (rupture-methods 9.6 and 6, statistics G2 and G3) in points of a scale from
1 to 7 where those have them, and given as hundredths of that range. What those do not have is a guess of ours.
"""

import json
import platform
from pathlib import Path
from statistics import NormalDist

from random_numbers import below, open_uniform, stream

MADE = "2026-11-25"  # day on which the numbers were made; change it with them
SCRIPT = "tests/oracles/simulation.py"
OUT = "tests/vectors/simulation.json"

# Purpose of a stream, in its upper eight bits.
ITEMS, ANSWERS = 9, {"client": 10, "therapist": 11}
RATERS = {"client": 0, "therapist": 1}


def normal(bits):
    return NormalDist().inv_cdf(open_uniform(next(bits)))


def uniform(bits):
    return (next(bits) >> 11) / (1 << 53)


def least_squares(wanted, steps, total):
    """The answers from 0 to `steps` with this total and the least sum of squares, by dynamic programming."""
    best = {0: (0.0, [])}
    for item in wanted:
        longer = {}
        for reached, (cost, answers) in best.items():
            for answer in range(steps + 1):
                candidate = (cost + (answer - item) ** 2, [*answers, answer])
                known = longer.get(reached + answer)
                if known is None or candidate[0] < known[0]:
                    longer[reached + answer] = candidate
        best = longer
    return best[total][1]


def one_by_one(wanted, steps, total):
    answers = [0] * len(wanted)
    for _ in range(total):
        open_items = [item for item, answer in enumerate(answers) if answer < steps]
        answers[max(open_items, key=lambda item: wanted[item] - answers[item])] += 1
    return answers


def forms(case):
    """The answers to each form, as printed; None where the session has no form or an answer was left out."""
    steps = case["highest"] - case["lowest"]
    bits = stream(case["seed"], ITEMS << 56 | RATERS[case["rater"]])
    effects = [case["item_sd"] * normal(bits) for _ in range(case["items"])]
    given = []
    for dyad, totals in enumerate(case["totals"]):
        bits = stream(case["seed"], ANSWERS[case["rater"]] << 56 | dyad)
        of_client = [effect + case["client_item_sd"] * normal(bits) for effect in effects]
        of_dyad = []
        for total in totals:
            drawn = [own + case["session_item_sd"] * normal(bits) for own in of_client]
            left_out = [uniform(bits) < case["left_out"] for _ in drawn]
            if total is None:
                of_dyad.append(None)
                continue
            mean = sum(drawn) / len(drawn)
            wanted = [total / len(drawn) + (item - mean) / 100 * steps for item in drawn]
            answers = least_squares(wanted, steps, total)
            assert answers == one_by_one(wanted, steps, total)
            turned = [steps - answer if item in case["reversed"] else answer for item, answer in enumerate(answers, 1)]
            of_dyad.append([None if lost else case["lowest"] + answer for answer, lost in zip(turned, left_out)])
        given.append(of_dyad)
    return given


def case(rater, items, lowest, highest, turned, seed, **spread):
    """Totals of four dyads with five sessions, some at the ends of the range, one session in five without a form."""
    bits = stream(seed, 1 << 63)
    most = items * (highest - lowest)
    totals = [[below(bits, most + 1) if below(bits, 5) else None for _ in range(5)] for _ in range(4)]
    totals[0][:2] = [0, most]
    made = {
        "rater": rater,
        "items": items,
        "lowest": lowest,
        "highest": highest,
        "reversed": turned,
        "seed": seed,
        "item_sd": 6.0,
        "client_item_sd": 8.0,
        "session_item_sd": 7.0,
        "left_out": 0.1,
        "totals": totals,
        **spread,
    }
    return {**made, "forms": forms(made)}


def of_range(points):
    """Points of a scale from 1 to 7 as hundredths of its range."""
    return points / 6 * 100


DEFAULTS = {
    "clients": {
        "mean": of_range(5.5 - 1),
        "between_sd": of_range(0.6),
        "between_therapists_sd": of_range(0.15),
        "within_sd": of_range(0.30),
        "within_log_sd": 0.35,
        "noise_df": 6,
        "autocorrelation": 0.3,
    },
    "growth": {
        "mean": of_range(0.015),
        "sd": of_range(0.02),
        "early_rise": of_range(0.15),
        "early_sessions": 3,
        "walk_sd": of_range(0.06),
    },
    "ruptures": {
        "hazard": 0.05,
        "earliest": 2,  # counted from 1
        "shallowest": of_range(0.5),
        "depth_shape": 3,
        "depth_scale": of_range(0.3),
        "v": 0.45,
        "u": 0.30,
        "slow_decline": 0.15,
        "unrepaired": 0.10,
        "u_sessions": [2, 4],
        "u_easing": 0.5,
        "slow_sessions": [3, 6],
        "withdrawal": 0.5,
        "confrontation": 0.25,
        "mixed": 0.25,
    },
    "nuisance": {
        "hazard": 0.02,
        "shallowest": of_range(0.3),
        "depth_shape": 2,
        "depth_scale": of_range(0.2),
        "sessions": [1, 2],
    },
    "missing": {
        "forms": 0.12,
        "forms_after_rupture": 0.10,
        "therapist_forms": 0.08,
        "answers": 0.01,
        "symptoms": 0.05,
        "sessions": 0.10,
        "sessions_after_rupture": 0.10,
    },
    "dropout": {"hazard": 0.012, "after_unrepaired": 0.08},
    "therapist": {
        "offset": of_range(-0.4),
        "level_correlation": 0.35,
        "tracking": 0.5,
        "noise_sd": of_range(0.3),
        "noise_correlation": 0.2,
        "seen": 0.6,
        "false_alarms": 0.02,
        "false_shallowest": of_range(0.3),
        "false_depth_shape": 2,
        "false_depth_scale": of_range(0.2),
    },
    "answers": {"item_sd": 6, "client_item_sd": 8, "session_item_sd": 7},
    "attendance": {"late": 0.08, "no_show": 0.35, "cancelled_by_client": 0.45, "cancelled_by_therapist": 0.20},
    "post_session": {
        "client_sensitivity": 0.7,
        "client_false_yes": 0.18,
        "therapist_sensitivity": 0.8,
        "therapist_false_yes": 0.42,
        "intensity_without": 1.5,
        "intensity_per_tenth": 0.8,
        "intensity_sd": 0.7,
        "resolution_resolved": 4,
        "resolution_unresolved": 2,
        "resolution_sd": 0.8,
    },
    "coding": {
        "share": 0.2,
        "coders": 2,
        "segments": 10,
        "withdrawal_background": 0.04,
        "confrontation_background": 0.01,
        "in_rupture": 0.3,
        "sensitivity": 0.85,
        "confusion": 0.1,
        "false_codes": 0.005,
        "significance_without": 1.5,
        "significance_per_tenth": 0.8,
        "significance_sd": 0.7,
        "resolution_resolved": 4,
        "resolution_unresolved": 2,
        "resolution_sd": 0.8,
    },
    "symptoms": {
        "lowest": 0,
        "highest": 27,
        "mean": 14,
        "between_sd": 4.5,
        "change": -0.35,
        "change_sd": 0.25,
        "change_correlation": -0.28,
        "per_alliance": -0.06,
        "within_sd": 2.2,
        "autocorrelation": 0.3,
    },
}


def main():
    vector = {
        "topic": "simulation",
        "script": SCRIPT,
        "tool": {
            "name": "dynamic programming in plain Python; statistics.NormalDist",
            "version": f"Python {platform.python_version()}",
        },
        "made": MADE,
        "note": "answers: totals per dyad and session count steps above the lowest total, null without a form; forms "
        "as printed, reversed items turned round, null where an answer was left out. defaults: points are hundredths "
        "of the range of the form, sessions counted from 1.",
        "answers": [
            case("client", 12, 1, 5, [], 1),
            case("client", 12, 1, 7, [4, 10], 20260101),
            case("therapist", 10, 1, 5, [], 3),
            case("therapist", 6, 0, 5, [1, 6], 4, item_sd=30.0, session_item_sd=25.0),
            case("client", 3, -3, 3, [2], 5, left_out=0.0),
        ],
        "defaults": DEFAULTS,
    }
    Path(OUT).write_text(json.dumps(vector, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
