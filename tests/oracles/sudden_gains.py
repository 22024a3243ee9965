"""Sudden gains and losses by a port of the published algorithm, in exact arithmetic.

Run from the repository root:  python3 tests/oracles/sudden_gains.py [package output]
Writes:                        tests/vectors/sudden-gains.json
Needs:                         Python 3.9 or newer, nothing else

The port follows the description of the R package suddengains 0.7.2 (Wiedemann
et al.; github milanwiedemann/suddengains at e964e74) in rupture-methods.md
section 2.3; `compat` adds its quirks (section 2.4), `corrected` is this
project's own reading. Scores are fractions, so a tie is a tie; only the
critical value of t is a double. Given the stored output of the package on its
own data (suddengains_0.7.2_on_sgdata.json, 0.7.2 on R 4.2.2), the script stops unless
the port gives the same status, criteria and events everywhere. The file that
was used has the SHA-256 sum b6b421629a320cf2...e745f61eb8.

SGDATA_* are the teaching data of that package (`data/sgdata.RData`, constructed):
MIT License, Copyright (c) 2021 suddengains authors.
"""

import json
import math
import platform
import sys
from fractions import Fraction

MADE = "2026-11-23"  # day on which the numbers were made; change it with them
SCRIPT = "tests/oracles/sudden_gains.py"
OUT = "tests/vectors/sudden-gains.json"

# bdi_s0 (before treatment) to bdi_s12, and rq_s1 to rq_s12; one person per line, ids 1 to 43.
SGDATA_BDI = """
33 35 37 34 23 24 21 29 17 11 11 10 7
26 26 . 26 . 27 17 19 11 10 3 . 7
40 35 38 35 37 36 37 . 35 26 24 . 19
33 31 30 32 22 22 20 21 19 24 33 30 28
39 39 37 36 26 26 23 21 19 6 7 8 8
35 37 . 23 . 23 21 . . 19 . 16 13
. 37 . 23 21 . 21 . . . . . 20
40 41 37 . . . . . . . . . .
33 35 34 32 23 24 22 21 17 14 10 13 11
34 35 35 25 25 17 17 16 16 11 9 7 8
30 40 . 36 37 36 37 . 34 26 25 . 19
32 38 38 31 23 21 22 24 25 30 31 . 25
34 34 33 36 23 25 23 19 18 10 9 8 9
37 39 37 23 . 23 21 . . 21 . 16 14
25 28 19 23 12 13 . 13 . . . . 22
. 25 . . . . . . . . . . 20
40 41 37 . . . . . . . . . .
33 . 38 35 24 . 22 17 16 . 9 11 13
33 32 30 29 28 26 23 19 21 20 20 19 12
27 35 24 24 22 22 21 18 16 16 14 13 12
37 37 36 33 33 31 29 27 27 25 25 24 23
38 35 20 19 21 24 25 20 16 16 13 11 10
34 35 33 33 32 . 25 21 21 22 23 22 21
31 30 25 20 15 10 5 3 1 2 3 2 1
30 29 27 25 25 21 22 18 19 17 14 13 14
27 26 26 24 24 23 20 19 16 15 15 14 13
36 35 34 33 29 . . 26 23 21 20 19 23
29 33 27 23 . 22 19 18 14 12 13 12 11
25 24 23 21 21 19 16 13 14 12 10 9 4
30 25 26 24 24 21 19 18 17 17 15 14 6
37 42 36 30 26 20 14 12 13 15 12 11 10
35 40 34 34 30 24 24 21 18 17 18 17 16
32 30 28 27 27 25 24 22 20 18 20 19 12
31 28 22 17 12 13 11 8 20 22 18 17 20
36 36 19 13 11 12 11 4 22 22 18 7 20
43 40 39 36 34 32 28 28 . . . . 20
37 31 26 22 17 19 18 17 14 14 13 12 11
39 37 35 33 32 29 27 24 22 22 20 19 18
37 35 34 33 24 25 22 20 16 14 12 8 9
35 30 31 23 22 21 10 12 11 1 2 3 8
36 40 41 39 30 29 26 15 12 11 3 2 0
55 50 45 40 38 39 15 13 10 1 2 3 3
56 49 47 45 37 35 21 19 5 7 8 8 8
"""
SGDATA_RQ = """
35 31 35 24 21 26 20 12 15 13 13 11
27 . 24 25 16 15 17 13 16 7 10 6
41 38 35 38 38 37 . 35 28 19 . 20
30 31 27 24 22 25 21 25 30 36 27 20
42 37 37 25 26 21 23 19 8 7 12 6
27 . 22 . 23 23 . . 19 . 13 11
24 . 23 20 . 20 . . . 4 . 22
41 39 . . . . . . . 2 . 0
37 33 31 24 21 23 17 16 12 10 10 9
35 35 25 23 20 18 18 12 15 10 7 10
26 . 36 35 40 38 . 33 24 21 . 19
38 35 33 23 21 19 25 22 29 33 . 25
38 32 35 25 26 29 19 18 13 12 6 8
34 38 24 . 26 23 . 6 20 4 14 12
26 . 21 22 26 15 0 . . . 0 25
25 . 0 4 0 2 0 1 5 . . 19
40 35 0 . 1 2 5 1 0 0 . 0
. 36 34 21 . 23 19 14 . 12 12 18
30 33 27 29 26 21 20 19 19 17 18 11
28 25 23 26 20 20 18 16 15 14 15 9
38 37 35 34 31 33 28 28 21 24 21 25
35 37 28 25 29 23 26 25 23 21 20 20
35 31 31 33 . 23 22 18 26 27 18 21
20 18 15 8 10 4 . 1 3 4 4 3
28 24 26 27 21 22 13 19 18 15 13 11
29 29 23 26 23 19 19 18 16 17 13 12
34 38 32 28 0 1 26 21 20 19 19 25
26 28 26 1 22 19 20 15 11 12 13 13
21 20 22 16 17 16 16 16 12 12 11 4
25 26 24 20 22 22 16 14 15 14 14 5
23 16 22 17 16 19 14 13 18 15 11 9
21 21 23 22 22 24 24 23 18 18 15 14
31 29 28 27 26 30 20 20 19 19 20 17
17 14 12 16 12 9 4 3 6 6 3 1
17 14 12 16 12 9 4 3 6 6 3 1
38 38 34 37 31 26 28 . . 0 4 22
23 21 19 20 19 19 17 14 13 15 11 10
38 35 37 34 27 29 20 19 22 24 19 16
39 34 35 24 27 22 20 19 16 10 13 12
25 28 24 20 20 10 10 11 2 3 3 5
39 45 37 32 29 31 16 10 10 2 6 .
56 60 41 35 45 14 16 8 . 1 3 3
58 63 45 37 37 20 19 7 7 7 7 9
"""


def series(text):
    """Scores as fractions; `.` and NA are missing."""
    return [None if x in (".", "NA") else Fraction(x) for x in text.replace(",", " ").split()]


BDI = [series(line) for line in SGDATA_BDI.strip().splitlines()]
RQ = [series(line) for line in SGDATA_RQ.strip().splitlines()]
SESSIONS = [row[1:] for row in BDI]
assert len(BDI) == 43 and all(len(row) == 13 for row in BDI)
assert len(RQ) == 43 and all(len(row) == 12 for row in RQ)

# ---------------------------------------------------------------- Student's t


def critical_t(alpha, df):
    """Two-tailed critical value from the closed distribution functions of t for 2, 3 and 4 degrees."""
    p = 4 * (alpha / 2) * (1 - alpha / 2)
    if df == 2:
        return (1 - alpha) * math.sqrt(2 / p)
    if df == 4:
        q = math.cos(math.acos(math.sqrt(p)) / 3) / math.sqrt(p)
        return 2 * math.sqrt(q - 1)
    assert df == 3

    def above(t):  # P(T > t)
        u = t / math.sqrt(3)
        return 0.5 - (u / (1 + u * u) + math.atan(u)) / math.pi

    low, high = 0.0, 1e4
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if above(middle) > alpha / 2 else (low, middle)
    return (low + high) / 2


# As printed in tables of t.
for df, printed in ((2, 4.303), (3, 3.182), (4, 2.776)):
    assert abs(critical_t(0.05, df) - printed) < 5e-4

# ------------------------------------------------------------------- the rule

DEFAULT = {
    "mode": "corrected",  # or "compat"
    "direction": "gain",  # or "loss"
    "orientation": "lower",  # lower or higher scores are better
    "cutoff": "7",  # criterion 1, None: off
    "proportion": "0.25",  # criterion 2, None: off
    "best": None,  # best possible score, 0 if lower is better
    "stability": "tang-derubeis",  # true-t, gaynor-2003, kelly-2005, off
    "alpha": 0.05,
    "constant": None,  # a constant critical value in place of alpha
    "baseline_first": False,
}


def mean(values):
    return sum(values) / len(values)


def squares(values):
    return sum((v - mean(values)) ** 2 for v in values)


def exceeds(difference, factor, variance):
    """difference > factor * sqrt(variance), exactly."""
    return difference > 0 and difference**2 > factor**2 * variance


def third(rule, x, n, sign):
    """Criterion 3 for the interval n -> n + 1 (positions from 0): True, False or None."""
    kind = rule["stability"]
    if kind == "gaynor-2003":
        if x[n] is None or x[n + 1] is None:
            return None
        size = sign * (x[n] - x[n + 1])
        if size <= 0:
            return False
        kept = []
        for k in (n + 2, n + 3):
            seen = k < len(x) and x[k] is not None
            kept.append(2 * sign * (x[k] - x[n + 1]) <= size if seen else None)
        return False if False in kept else (None if None in kept else True)
    if kind == "kelly-2005":
        if x[n] is None or x[n + 1] is None:
            return None
        seen = [v for v in x if v is not None]
        variance = squares(seen) / (len(seen) - 1)
        if variance == 0:
            return None
        size = sign * (x[n] - x[n + 1])
        return size > 0 and size**2 >= Fraction(9, 4) * variance
    before = [v for v in x[max(0, n - 2) : n + 1] if v is not None]
    after = [v for v in x[n + 1 : n + 4] if v is not None]
    if len(before) < 2 or len(after) < 2:
        return None
    df = len(before) + len(after) - 2
    t = Fraction(rule["constant"]) if rule["constant"] else Fraction(critical_t(rule["alpha"], df))
    variance = (squares(before) + squares(after)) / df
    if kind == "true-t":
        variance *= Fraction(1, len(before)) + Fraction(1, len(after))
    return exceeds(sign * (mean(before) - mean(after)), t, variance)


def interval(rule, x, n):
    """Criteria 1, 2, 3 ("-" if off) and the verdict."""
    compat = rule["mode"] == "compat"
    lower = rule["orientation"] == "lower"
    sign = 1 if (rule["direction"] == "gain") == lower else -1
    pair = x[n] is not None and x[n + 1] is not None
    size = sign * (x[n] - x[n + 1]) if pair else None
    c1 = c2 = c3 = "-"
    if rule["cutoff"] is not None:
        c1 = None if not pair else size >= Fraction(rule["cutoff"])
    if rule["proportion"] is not None:
        share = Fraction(rule["proportion"])
        if not pair:
            c2 = None
        elif compat and rule["direction"] == "loss":
            c2 = x[n] - x[n + 1] <= share * x[n]
        elif compat:
            c2 = size >= share * x[n]
        else:
            best = Fraction(rule["best"] or 0)
            base = x[n] - best if lower else best - x[n]
            c2 = None if base < 0 else size > 0 and size >= share * base
    if rule["stability"] != "off":
        c3 = third(rule, x, n, sign)
    on = [c for c in (c1, c2, c3) if c != "-"]
    if not pair or (compat and None in on):
        verdict = None
    elif False in on or (not compat and size <= 0):
        verdict = False
    else:
        verdict = None if None in on else True
    return c1, c2, c3, verdict


def event(rule, x, n):
    compat = rule["mode"] == "compat"
    gain = rule["direction"] == "gain"
    sign = 1 if gain == (rule["orientation"] == "lower") else -1
    at = lambda k: x[k] if 0 <= k < len(x) else None
    drop = x[n] - x[n + 1]
    total = None if x[0] is None or x[-1] is None else x[0] - x[-1]
    size = drop if compat else abs(drop)
    proportion = None
    if total:
        proportion = abs(drop) / total if compat else abs(drop) / (sign * total)
    limit = x[n + 1] + drop / 2
    # The program looks from N + 3 on, except with a baseline column first.
    first = n + 3 if compat and not rule["baseline_first"] else n + 2
    later = [v for v in x[first:] if v is not None]
    reversed_ = any(sign * (v - limit) > 0 for v in later)
    return {
        "session": n,
        "before": [at(n - 2), at(n - 1), at(n)],
        "after": [at(n + 1), at(n + 2), at(n + 3)],
        "magnitude": size,
        "change_proportion": proportion,
        "reversal_value": limit,
        "reversed": "yes" if reversed_ else "no" if later or compat else "not-observed",
    }


def run(rule, rows):
    people = []
    for x in rows:
        intervals = [interval(rule, x, n) for n in range(1, len(x) - 2)]
        events = [event(rule, x, n) for n, row in enumerate(intervals, 1) if row[3] is True]
        people.append((intervals, events))
    return people


def chosen(events):
    """Session by first, last, smallest, largest; the earliest of equals."""
    sizes = [e["magnitude"] for e in events]
    pick = (0, len(sizes) - 1, sizes.index(min(sizes)), sizes.index(max(sizes)))
    return [events[k]["session"] for k in pick]


# -------------------------------------------------- the package's stored output

RUNS = {
    "bdi_default_cut7": (SESSIONS, {}),
    "bdi_fixedcrit_cut7": (SESSIONS, {"constant": "2.776"}),
    "rq_default_cut7": (RQ, {}),
    "bdi_default_cut7_1to2": (BDI, {"baseline_first": True}),
    "bdi_default_cut5_alpha10": (SESSIONS, {"cutoff": "5", "alpha": 0.10}),
}


def check_against_package(path):
    with open(path, encoding="utf-8") as file:
        stored = json.load(file)
    output = stored["output"]
    for k in range(13):
        assert stored["input"]["bdi_s%d" % k] == [None if r[k] is None else int(r[k]) for r in BDI], k
    for k in range(12):
        assert stored["input"]["rq_s%d" % (k + 1)] == [None if r[k] is None else int(r[k]) for r in RQ], k
    compared = 0
    for name, (rows, options) in RUNS.items():
        for direction in ("gain", "loss"):
            package = output[name][direction + ("s" if direction == "gain" else "es")]
            people = run({**DEFAULT, **options, "mode": "compat", "direction": direction}, rows)
            statuses = [[None if i[3] is None else int(i[3]) for i in intervals] for intervals, _ in people]
            assert statuses == package["status_rowmajor"], (name, direction)
            compared += sum(map(len, statuses))
            for k, criterion in enumerate(("crit1", "crit2", "crit3")):
                if criterion in package:
                    found = [[i[k] for i in intervals] for intervals, _ in people]
                    assert found == package[criterion], (name, direction, criterion)
                    compared += sum(map(len, found))
            found = [(who, e["session"] + 1) for who, (_, events) in enumerate(people, 1) for e in events]
            assert found == list(zip(package["id"], package["from_index"])), (name, direction)
    table = output["bdi_bysg"]
    events = [
        (who, len(of), e) for who, (_, of) in enumerate(run({**DEFAULT, "mode": "compat"}, SESSIONS), 1) for e in of
    ]
    assert len(events) == len(table["id"])
    columns = ["sg_bdi_2n", "sg_bdi_1n", "sg_bdi_n", "sg_bdi_n1", "sg_bdi_n2", "sg_bdi_n3"]
    for k, (who, count, e) in enumerate(events):
        assert (who, count) == (table["id"][k], table["sg_freq_byperson"][k])
        assert e["session"] + 1 == table["sg_session_n"][k]
        assert e["before"] + e["after"] == [table[c][k] for c in columns]
        assert e["magnitude"] == table["sg_magnitude"][k] and e["reversal_value"] == table["sg_reversal_value"][k]
        assert int(e["reversed"] == "yes") == table["sg_reversal"][k]
        proportion = table["sg_change_proportion"][k]
        assert (proportion is None) == (e["change_proportion"] is None)
        assert proportion is None or abs(float(e["change_proportion"]) - proportion) < 1e-12
        compared += 1
    counts = output["count_intervals_bdi"]
    assert counts["available_between_sess_intervals_sg"] == 298
    print("agrees with", path, "on", compared, "cells and events")


if len(sys.argv) > 1:
    check_against_package(sys.argv[1])

# --------------------------------------------------------------------- cases

SECTION = "rupture-methods.md section "
WORKED = "5.4 5.6 5.7 5.5 4.2 5.3 5.8 5.9 . 5.7 4.6 4.4 4.5 5.6 5.9 6.0"

# Unit tables of the package's tests, with the verdicts as printed there.
GAIN_UNITS = [
    ("28 19 23 12 13 NA", "00?"),
    ("28 19 23 11 12 NA", "01?"),
    ("28 19 NA 12 13 NA", "???"),
    ("28 26 28 11 12 NA", "01?"),
    ("NA 26 28 NA 12 11", "???"),
    ("35 37 23 23 24 21", "100"),
    ("35 37 34 24 24 21", "010"),
    ("35 37 34 34 24 21", "001"),
    ("35 37 34 37 37 37", "000"),
]
LOSS_UNITS = [
    ("10 11 12 30 28 33", "010"),
    ("10 11 12 10 28 33", "001"),
    ("10 11 30 30 28 33", "100"),
    ("35 37 34 23 24 21", "000"),
]
# Rows of the package's tests of create_bysg, with N, magnitude, change proportion, reversal value and reversal.
ROWS = [
    ("35 37 34 23 24 21 29 17 11 11 10 7", [(3, "11", "11/28", "28.5", 1), (7, "12", "12/28", "23", 0)]),
    ("35 38 35 37 36 37 NA 35 26 24 NA 19", [(8, "9", "9/16", "30.5", 0)]),
    ("31 30 32 22 22 20 21 19 24 33 30 28", [(3, "10", "10/3", "27", 1)]),
    ("39 37 23 NA 23 21 NA NA 21 NA 16 14", [(2, "14", "14/25", "30", 0)]),
    ("NA 38 35 24 NA 22 17 16 NA 9 11 13", [(3, "11", None, "29.5", 0)]),
]
COUNTEREXAMPLE = "30 31 30 18 26 17 18 17 16"
TIES = "9 9 9 6.3 6.3 6.3 3.6 3.6 3.6 0.9 0.9 0.9"  # three equal falls of 2.7
UNDONE = "20 20 20 10 10 10 20 20 20"  # falls and comes back: no change over the whole series
LATTICE = "60/12 61/12 60/12 54/12 55/12 54/12 54/12"  # a fall of exactly 6/12, which doubles miss

cases = []


def add(case_id, origin, rule, rows, expected_events=None, verdicts=None, data=None):
    rule = {**DEFAULT, **rule}
    people = run(rule, rows)
    letters = {True: "1", False: "0", None: "?", "-": "-"}
    text = [["".join(letters[i[k]] for i in intervals) for k in range(4)] for intervals, _ in people]
    if expected_events is not None:
        assert sum(len(events) for _, events in people) == expected_events, (case_id, expected_events)
    if verdicts is not None:
        assert [t[3] for t in text] == verdicts, (case_id, text, verdicts)
    case = {"id": case_id, "origin": origin, "rule": rule}
    if data:
        case["data"] = data
    else:
        case["scores"] = [[number(v) for v in row] for row in rows]
    # Available: both scores of the interval there and every criterion that is on assessable.
    # The program counts with all three criteria, whichever are on.
    full = {**rule, "cutoff": "1", "proportion": "0.25", "stability": "tang-derubeis"}
    counted = run(full, rows) if rule["mode"] == "compat" else people
    pair = lambda x, n: x[n] is not None and x[n + 1] is not None
    case["available"] = sum(
        pair(x, n) and None not in row[:3] for x, (rs, _) in zip(rows, counted) for n, row in enumerate(rs, 1)
    )
    case["testable"] = sum(len(intervals) for intervals, _ in people)
    case["total"] = sum(len(x) - 1 for x in rows)
    if rule["mode"] == "compat" and rule["baseline_first"]:
        case["testable"] = sum(len(x) - 2 for x in rows)  # one more than it looks at
    case["events"] = sum(len(events) for _, events in people)
    case["people"] = sum(bool(events) for _, events in people)
    case["several"] = sum(len(events) > 1 for _, events in people)
    case["reversals"] = sum(e["reversed"] == "yes" for _, events in people for e in events)
    case["each"] = []
    for (_, events), criteria in zip(people, text):
        each = {"criteria": criteria, "events": [{k: number(v) for k, v in e.items()} for e in events]}
        if events:
            each["chosen"] = chosen(events)
        case["each"].append(each)
    cases.append(case)
    return people


def number(value):
    if isinstance(value, list):
        return [number(v) for v in value]
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else float(value)
    return value


both = ("compat", "corrected")
rows = [series(text) for text, _ in GAIN_UNITS]
add("unit-gains-compat", SECTION + "2.5", {"mode": "compat"}, rows, verdicts=[v for _, v in GAIN_UNITS])
# Where one criterion is not met the interval is no gain, whatever the others would say.
corrected = ["000", "010", "??0", "010", "0??", "100", "010", "001", "000"]
add("unit-gains", SECTION + "2.5, verdicts by definite criteria", {}, rows, verdicts=corrected)
rows = [series(text) for text, _ in LOSS_UNITS]
for mode in both:
    rule = {"mode": mode, "direction": "loss"}
    add("unit-losses-" + mode, SECTION + "2.5", rule, rows, verdicts=[v for _, v in LOSS_UNITS])

people = add("rows-compat", SECTION + "2.5", {"mode": "compat"}, [series(text) for text, _ in ROWS])
add("rows", SECTION + "2.5", {}, [series(text) for text, _ in ROWS])
for (_, printed), (_, events) in zip(ROWS, people):
    assert len(printed) == len(events)
    for (n, size, proportion, limit, back), e in zip(printed, events):
        assert e["session"] + 1 == n and e["magnitude"] == Fraction(size)
        assert e["change_proportion"] == (proportion and Fraction(proportion))
        assert e["reversal_value"] == Fraction(limit) and (e["reversed"] == "yes") == back

# (id, rule, rows, number of gains printed in section 2.5 or None)
SGDATA = [
    ("default", {}, SESSIONS, 24),
    ("criterion-3-off", {"stability": "off"}, SESSIONS, 30),
    ("criterion-1-off", {"cutoff": None}, SESSIONS, 30),
    ("criterion-2-off", {"proportion": None}, SESSIONS, 26),
    ("constant", {"constant": "2.776"}, SESSIONS, 26),
    ("cutoff-5", {"cutoff": "5"}, SESSIONS, 29),
    ("alpha-01", {"alpha": 0.01}, SESSIONS, 17),
    ("cutoff-5-alpha-10", {"cutoff": "5", "alpha": 0.10}, SESSIONS, 34),
    ("baseline", {"baseline_first": True}, BDI, 26),
    ("rq", {}, RQ, 26),
    ("losses", {"direction": "loss"}, SESSIONS, 3),
    ("losses-constant", {"direction": "loss", "constant": "2.776"}, SESSIONS, None),
    ("losses-baseline", {"direction": "loss", "baseline_first": True}, BDI, 3),
    ("losses-cutoff-5-alpha-10", {"direction": "loss", "cutoff": "5", "alpha": 0.10}, SESSIONS, None),
    ("losses-rq", {"direction": "loss"}, RQ, None),
    ("only-corrected-true-t", {"stability": "true-t"}, SESSIONS, 27),
    ("only-corrected-gaynor-2003", {"stability": "gaynor-2003"}, SESSIONS, None),
    ("only-corrected-kelly-2005", {"stability": "kelly-2005"}, SESSIONS, None),
]
for name, rule, rows, printed in SGDATA:
    data = "rq" if rows is RQ else "bdi" if rows is BDI else "bdi-sessions"
    for mode in both:
        if mode == "compat" and name.startswith("only-corrected"):
            continue
        case_id = "sgdata-" + name.replace("only-corrected-", "") + ("-compat" if mode == "compat" else "")
        people = add(case_id, SECTION + "2.5", {**rule, "mode": mode}, rows, printed, data=data)
        if name == "default":
            sizes = [e["magnitude"] for _, events in people for e in events]
            case = cases[-1]
            assert (case["people"], case["several"], case["available"], case["testable"]) == (15, 8, 298, 387)
            assert mode == "corrected" or case["reversals"] == 4
            case["mean_magnitude"] = float(mean(sizes))
            case["sd_magnitude"] = math.sqrt(squares(sizes) / (len(sizes) - 1))
            assert round(case["mean_magnitude"], 2) == 11.00 and round(case["sd_magnitude"], 2) == 3.43

rows = [series(WORKED)]
worked = {"orientation": "higher", "cutoff": "0.55", "proportion": None}
(loss,) = add("worked-loss", SECTION + "2.6", {**worked, "direction": "loss"}, rows, 1)
(gain,) = add("worked-gain", SECTION + "2.6", worked, rows, 1)
assert [e["session"] + 1 for e in loss[1]] == [10] and [e["session"] + 1 for e in gain[1]] == [13]
# Intervals start with 2 -> 3: 4 -> 5 stands at position 2, 5 -> 6 at 3.
assert loss[0][2][0] is True and loss[0][2][2] is False and gain[0][3][2] is False
best = {**worked, "proportion": "0.25", "best": "7"}
add("worked-loss-proportion", "own: criterion 2 on 7 - score", {**best, "direction": "loss"}, rows)
add("worked-gain-proportion", "own: criterion 2 on 7 - score", best, rows)

for mode in both:
    ((_, events),) = add("counterexample-" + mode, SECTION + "2.4(2)", {"mode": mode}, [series(COUNTEREXAMPLE)], 1)
    assert events[0]["session"] + 1 == 3 and events[0]["reversal_value"] == 24
    assert events[0]["reversed"] == ("no" if mode == "compat" else "yes")
    # With a baseline first the program does look at N + 2.
    rule = {"mode": mode, "baseline_first": True}
    ((_, events),) = add("counterexample-baseline-" + mode, SECTION + "2.4(2)", rule, [series(COUNTEREXAMPLE)], 1)
    assert events[0]["reversed"] == "yes"
    small = {"mode": mode, "direction": "loss", "cutoff": "1"}
    # A loss of 6 % of the score before: criterion 2 is empty in the program.
    add("small-loss-" + mode, SECTION + "2.4(1)", small, [series("30 30 30 32 32 32 32")], 1 if mode == "compat" else 0)
    double = {"mode": mode, "direction": "loss", "cutoff": "5"}
    # Losses of 9 and 19: "largest" is the smaller one in the program.
    rising = [series("10 10 10 19 19 19 38 38 38 38")]
    ((_, events),) = add("two-losses-" + mode, SECTION + "2.4(3)", double, rising, 2)
    assert chosen(events)[3] == (2 if mode == "compat" else 5)
    add("undone-" + mode, "own: no change over the whole series", {"mode": mode}, [series(UNDONE)], 1)
add("ties", "own: three equal falls", {"cutoff": "2.7"}, [series(TIES)], 3)
assert cases[-1]["each"][0]["chosen"] == [2, 8, 2, 2]
add(
    "lattice",
    "own: a fall of exactly the cut-off in twelfths",
    {"cutoff": "0.5", "proportion": None},
    [[Fraction(v) for v in LATTICE.split()]],
    1,
)
add("nothing-later", "own: no score after N + 1 but one", {"stability": "off"}, [series("30 30 18 .")], 1)
add("constant-kelly", "own: no spread", {"stability": "kelly-2005"}, [series("5 5 5 5 5 5")], 0)

cutoffs = []
# Printed in the package's tests; the first SD is that of bdi_s0.
before = [row[0] for row in BDI if row[0] is not None]
sd_before = math.sqrt(squares(before) / (len(before) - 1))
for sd, reliability, sem, difference, value in (
    (sd_before, 0.931, 1.680111, 2.376036, 4.65703),
    (10.5, 0.961, 2.073584, 2.93249, 5.747681),
):
    found = [sd * math.sqrt(1 - reliability)]
    found += [math.sqrt(2) * found[0], 1.96 * math.sqrt(2) * found[0]]
    assert all(abs(a - b) < 1e-5 for a, b in zip(found, (sem, difference, value))), found
    cutoffs.append({"sd": sd, "reliability": reliability, "sem": found[0], "difference": found[1], "cutoff": found[2]})

alphas = (0.5, 0.1, 0.05, 0.01, 0.001, 1e-6)
header = {
    "topic": "sudden-gains",
    "script": SCRIPT,
    "tool": {
        "name": "R suddengains 0.7.2 (e964e74), through an exact port checked against its output on sgdata",
        "version": "Python " + platform.python_version(),
    },
    "made": MADE,
    "note": "Criteria are the four texts criterion 1, criterion 2, criterion 3, verdict, one sign per interval from the "
    "second on: 1 met, 0 not met, ? not assessable, - off. Sessions count from 0; the dossier and the program count "
    "from 1. chosen: session by first, last, smallest, largest. Missing scores and undefined proportions are null. "
    "rule.best: best possible score. compat: quirks of the program; corrected: without. In data: the teaching data "
    "sgdata of suddengains (constructed), MIT License, Copyright (c) 2021 suddengains authors; bdi from before "
    "treatment to session 12, bdi-sessions the same from session 1, rq from session 1.",
    "data": {
        "bdi": [[number(v) for v in row] for row in BDI],
        "rq": [[number(v) for v in row] for row in RQ],
    },
    "critical_t": [[alpha, df, critical_t(alpha, df)] for alpha in alphas for df in (2, 3, 4)],
    "cutoffs": cutoffs,
}
lines = ["{"]
for key, value in header.items():
    if key == "data":
        tables = []
        for name, table in value.items():
            of = ",\n   ".join(json.dumps(row, separators=(",", ":")) for row in table)
            tables.append('"%s": [\n   %s\n  ]' % (name, of))
        lines.append(' "data": {\n  %s\n },' % ",\n  ".join(tables))
    else:
        lines.append(" %s: %s," % (json.dumps(key), json.dumps(value)))
text = "\n".join(lines) + '\n "cases": [\n  '
text += ",\n  ".join(json.dumps(case, separators=(",", ":")) for case in cases)
text += "\n ]\n}\n"
json.loads(text)
with open(OUT, "w", encoding="utf-8", newline="\n") as file:
    file.write(text)
print("wrote", OUT, "with", len(cases), "cases")
