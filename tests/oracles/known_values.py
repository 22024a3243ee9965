"""Check the hand-checked values of the dossiers and write them as vectors.

Run from the repository root:  python3 tests/oracles/known_values.py
Writes:                        tests/vectors/known-values.json
Needs:                         Python 3.9 or newer, nothing else

Every value below is typed as the dossier prints it, and so are the keys. The
script works each value out again with exact fractions and stops when one
differs by more than half a unit of its last printed digit.
"""

import json
import platform
from fractions import Fraction

MADE = "2026-11-23"  # day on which the numbers were made; change it with them
SCRIPT = "tests/oracles/known_values.py"
OUT = "tests/vectors/known-values.json"

WAI_SECTION = "instruments-wai.md section 12"
WAI_TOML = "instruments-wai.toml, test_vector"
STATISTICS = "statistics.md section 3A, A1"

# Keys, typed from instruments-wai.md sections 1 to 4.
FORMS = {
    "wai-36-client": {
        "items": 36,
        "min": 1,
        "max": 7,
        "reversed": [1, 3, 7, 9, 10, 11, 12, 15, 20, 27, 29, 31, 33, 34],
        "scales": {
            "task": [2, 4, 7, 11, 13, 15, 16, 18, 24, 31, 33, 35],
            "goal": [3, 6, 9, 10, 12, 14, 22, 25, 27, 30, 32, 34],
            "bond": [1, 5, 8, 17, 19, 20, 21, 23, 26, 28, 29, 36],
        },
    },
    "wai-s-client": {
        "items": 12,
        "min": 1,
        "max": 7,
        "reversed": [4, 10],
        "scales": {"task": [1, 2, 8, 12], "goal": [4, 6, 10, 11], "bond": [3, 5, 7, 9]},
    },
    "wai-sr-client": {
        "items": 12,
        "min": 1,
        "max": 5,
        "reversed": [],
        "scales": {"task": [1, 2, 10, 12], "goal": [4, 6, 8, 11], "bond": [3, 5, 7, 9]},
    },
    "wai-s-blocked-observer": {
        "items": 12,
        "min": 1,
        "max": 5,
        "reversed": [1, 3],
        "scales": {"goal": [1, 2, 3, 4], "task": [5, 6, 7, 8], "bond": [9, 10, 11, 12]},
    },
    # The example of six items in the statistics dossier; not a published form.
    "example-6": {
        "items": 6,
        "min": 1,
        "max": 7,
        "reversed": [2, 5],
        "scales": {},
    },
}
for form in FORMS.values():
    if form["scales"]:
        every = sorted(i for items in form["scales"].values() for i in items)
        assert every == list(range(1, form["items"] + 1)), form
    form["scales"]["total"] = list(range(1, form["items"] + 1))


def same(k, value):
    return [value] * k


def cycle(k, modulus):
    return [i % modulus + 1 for i in range(1, k + 1)]


# Form, id, answers, origin, {scale: {statistic: value as printed}}.
# sum and mean are of the answered items after reversing.
PRINTED = [
    (
        "wai-36-client",
        "wai-36-all-7",
        same(36, 7),
        WAI_SECTION,
        {"task": {"sum": "54"}, "goal": {"sum": "48"}, "bond": {"sum": "66"}, "total": {"sum": "168"}},
    ),
    (
        "wai-36-client",
        "wai-36-all-1",
        same(36, 1),
        WAI_SECTION,
        {"task": {"sum": "42"}, "goal": {"sum": "48"}, "bond": {"sum": "30"}, "total": {"sum": "120"}},
    ),
    (
        "wai-36-client",
        "wai-36-all-4",
        same(36, 4),
        WAI_TOML,
        {"task": {"sum": "48"}, "goal": {"sum": "48"}, "bond": {"sum": "48"}, "total": {"sum": "144"}},
    ),
    (
        "wai-36-client",
        "wai-36-mod-7",
        cycle(36, 7),
        WAI_SECTION,
        {"task": {"sum": "50"}, "goal": {"sum": "40"}, "bond": {"sum": "44"}, "total": {"sum": "134"}},
    ),
    (
        "wai-s-client",
        "wai-s-all-7",
        same(12, 7),
        WAI_SECTION,
        {"task": {"sum": "28"}, "goal": {"sum": "16"}, "bond": {"sum": "28"}, "total": {"sum": "72"}},
    ),
    (
        "wai-s-client",
        "wai-s-all-1",
        same(12, 1),
        WAI_SECTION,
        {"task": {"sum": "4"}, "goal": {"sum": "16"}, "bond": {"sum": "4"}, "total": {"sum": "24"}},
    ),
    (
        "wai-s-client",
        "wai-s-mod-7",
        cycle(12, 7),
        WAI_SECTION,
        {"task": {"sum": "13"}, "goal": {"sum": "19"}, "bond": {"sum": "14"}, "total": {"sum": "46"}},
    ),
    (
        "wai-sr-client",
        "wai-sr-mod-5",
        cycle(12, 5),
        WAI_SECTION,
        {"task": {"sum": "9"}, "goal": {"sum": "13"}, "bond": {"sum": "13"}, "total": {"sum": "35"}},
    ),
    (
        "wai-s-blocked-observer",
        "wai-s-blocked-all-5",
        same(12, 5),
        WAI_TOML,
        {"task": {"sum": "20"}, "goal": {"sum": "12"}, "bond": {"sum": "20"}, "total": {"sum": "52"}},
    ),
    (
        "example-6",
        "a1-complete",
        [5, 3, 6, 5, 2, 7],
        STATISTICS,
        {"total": {"sum": "34", "mean": "5.6666667", "pomp": "77.7777778"}},
    ),
    (
        "example-6",
        "a1-item-2-missing",
        [5, None, 6, 5, 2, 7],
        STATISTICS,
        {"total": {"sum": "29", "mean": "5.8", "prorated_sum": "34.8", "pomp": "80"}},
    ),
    (
        "example-6",
        "a1-items-2-3-missing",
        [5, None, None, 5, 2, 7],
        STATISTICS,
        {"total": {"sum": "23", "mean": "5.75", "prorated_sum": "34.5"}},
    ),
]


def keyed(form, answers):
    """Answers after reversing, None where missing."""
    turned = []
    for number, answer in enumerate(answers, start=1):
        if answer is not None and number in form["reversed"]:
            answer = form["min"] + form["max"] - answer
        turned.append(answer)
    return turned


def statistics_of(form, answers, items):
    turned = keyed(form, answers)
    there = [turned[i - 1] for i in items if turned[i - 1] is not None]
    total = Fraction(sum(there))
    mean = total / len(there)
    return {
        "sum": total,
        "mean": mean,
        "prorated_sum": mean * len(items),
        "pomp": 100 * (mean - form["min"]) / (form["max"] - form["min"]),
        "answered": len(there),
    }


def agrees(value, printed):
    decimals = len(printed.partition(".")[2])
    if decimals == 0:
        return value == Fraction(printed)
    return abs(value - Fraction(printed)) <= Fraction(1, 2 * 10**decimals)


def number(value):
    """A whole number as such; else the nearest double, whose repr is exact."""
    return int(value) if value.denominator == 1 else float(value)


cases = []
for form_id, case_id, answers, origin, printed in PRINTED:
    form = FORMS[form_id]
    assert len(answers) == form["items"], case_id
    scores = {}
    for scale, values in printed.items():
        found = statistics_of(form, answers, form["scales"][scale])
        for statistic, text in values.items():
            assert agrees(found[statistic], text), (case_id, scale, statistic, found[statistic], text)
        scores[scale] = {"answered": found["answered"]}
        scores[scale].update({name: number(found[name]) for name in values})
    case = {
        "id": case_id,
        "form": form_id,
        "published": form_id != "example-6",
        "origin": origin,
        "min": form["min"],
        "max": form["max"],
        "reversed": form["reversed"],
        "answers": answers,
        "scores": scores,
        "printed": printed,
    }
    if form_id == "example-6":
        case["keyed"] = keyed(form, answers)
    cases.append(case)

# The keyed answers printed in the example.
assert keyed(FORMS["example-6"], [5, 3, 6, 5, 2, 7]) == [5, 5, 6, 5, 6, 7]

# The wrong key met in the wild (item 28 reversed instead of 29) gives 46 for
# Bond on the mod-7 answers, and the same as the right key on uniform answers.
wrong = dict(FORMS["wai-36-client"])
wrong["reversed"] = [28 if i == 29 else i for i in wrong["reversed"]]
assert statistics_of(wrong, cycle(36, 7), wrong["scales"]["bond"])["sum"] == 46
assert statistics_of(wrong, same(36, 7), wrong["scales"]["bond"])["sum"] == 66

header = {
    "topic": "known-values",
    "script": SCRIPT,
    "tool": {
        "name": "values printed in the dossiers, checked with Python fractions",
        "version": "Python " + platform.python_version(),
    },
    "made": MADE,
    "note": "Hand-checked values of the dossiers. scores holds only the statistics that the dossier prints, as full "
    "doubles; printed holds them as printed. sum and mean: answered items after reversing; prorated_sum: mean "
    "times the number of items; pomp: 100 (mean - min) / (max - min). Missing answers are null. published = "
    "false: example-6 is no form of the catalog, its items, range and reversed items stand in the case, and "
    "keyed gives its answers after reversing. On wai-36-mod-7 Bond is 44; a key with item 28 reversed instead "
    "of 29 gives 46.",
}
text = json.dumps(header, indent=1)[:-2]
text += ',\n "cases": [\n  '
text += ",\n  ".join(json.dumps(case, separators=(",", ":")) for case in cases)
text += "\n ]\n}\n"
json.loads(text)
with open(OUT, "w", encoding="utf-8", newline="\n") as file:
    file.write(text)
print("wrote", OUT, "with", len(cases), "cases")
