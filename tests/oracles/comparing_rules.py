"""Hold flags against a criterion with other people's software and write the results as vectors.

Run from the repository root:  python3 tests/oracles/comparing_rules.py
Writes:                        tests/vectors/comparing-rules.json
Needs:                         Python 3.11 or newer, scikit-learn 1.9, scipy 1.17, statsmodels 0.15

Without tolerance, sensitivity, precision, specificity and Cohen's kappa are scikit-learn's over the coded sessions,
each with its weight. With tolerance, the best one-to-one matching is scipy's `linear_sum_assignment`: as many pairs as
possible, then the smallest sum of distances. Intervals of shares are statsmodels' (Wilson). Sessions are drawn with
Python's own generator.
"""

import json
import platform
import random
from importlib.metadata import version

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import cohen_kappa_score, precision_score, recall_score
from statsmodels.stats.proportion import proportion_confint

MADE = "2026-11-25"  # day on which the numbers were made; change it with them
SCRIPT = "tests/oracles/comparing_rules.py"
OUT = "tests/vectors/comparing-rules.json"

# More than any sum of distances: a pair is always worth it.
PAIR = 10_000


def draw(rng, dyads, may_be_uncoded):
    """Draw flags (F or .) and codes (R, . or ?) of some dyads."""
    flagged, coded = [], []
    for _ in range(dyads):
        sessions = rng.randint(4, 16)
        codes = rng.choices("R.?" if may_be_uncoded else "R.", [2, 6, 2] if may_be_uncoded else [2, 6], k=sessions)
        hit = rng.choice([0.3, 0.6, 0.9])
        flags = ["F" if rng.random() < (hit if code == "R" else 0.15) else "." for code in codes]
        flagged.append("".join(flags))
        coded.append("".join(codes))
    return flagged, coded


def plain(rng, dyads, weighted):
    """Measures over coded sessions that weigh the same, what their dyad does, or each its own."""
    flagged, coded = draw(rng, dyads, may_be_uncoded=True)
    weights = []
    for codes in coded:
        of_dyad = rng.choice([0.5, 1.0, 2.0, 3.25])
        own = [rng.choice([0.5, 1.0, 2.0, 3.25]) for _ in codes]
        weights.append({"no": [1.0] * len(codes), "dyads": [of_dyad] * len(codes), "sessions": own}[weighted])
    truth, flags, heavy = [], [], []
    for own, codes, weighing in zip(flagged, coded, weights):
        for flag, code, weight in zip(own, codes, weighing):
            if code != "?":
                truth.append(int(code == "R"))
                flags.append(int(flag == "F"))
                heavy.append(weight)
    return {
        "flagged": flagged,
        "coded": coded,
        "weights": None if weighted == "no" else weights,
        "tolerance": [0, 0],
        "sensitivity": recall_score(truth, flags, sample_weight=heavy),
        "precision": precision_score(truth, flags, sample_weight=heavy),
        "specificity": recall_score(truth, flags, pos_label=0, sample_weight=heavy),
        "kappa": cohen_kappa_score(truth, flags, sample_weight=heavy),
    }


def matched(flags, ruptures, before, after):
    """Pairs and sum of their distances in the best matching."""
    if not flags or not ruptures:
        return 0, 0
    distance = np.abs(np.subtract.outer(flags, ruptures))
    late = np.subtract.outer(flags, ruptures)
    allowed = (late <= after) & (late >= -before)
    cost = np.where(allowed, distance - PAIR, 0)
    rows, columns = linear_sum_assignment(cost)
    chosen = [(row, column) for row, column in zip(rows, columns) if allowed[row, column]]
    return len(chosen), int(sum(distance[row, column] for row, column in chosen))


def tolerant(rng, dyads, before, after):
    """Ruptures that a flag explains, where a flag may come early or late."""
    flagged, coded = draw(rng, dyads, may_be_uncoded=False)
    found = distances = 0
    for own, codes in zip(flagged, coded):
        flags = [at for at, flag in enumerate(own) if flag == "F"]
        ruptures = [at for at, code in enumerate(codes) if code == "R"]
        pairs, distance = matched(flags, ruptures, before, after)
        found, distances = found + pairs, distances + distance
    return {
        "flagged": flagged,
        "coded": coded,
        "tolerance": [before, after],
        "found": found,
        "distances": distances,
    }


def main():
    rng = random.Random(20_261_125)
    plains = [plain(rng, dyads, weighted) for dyads in (3, 8, 30) for weighted in ("no", "dyads", "sessions")]
    tolerances = [(0, 1), (1, 0), (1, 1), (0, 3), (2, 2)]
    with_tolerance = [tolerant(rng, dyads, *tolerance) for dyads in (3, 20) for tolerance in tolerances]
    shares = [
        {"found": found, "of": of, "low": low, "high": high}
        for found, of in [(0, 8), (8, 8), (23, 24), (2, 24), (150, 605)]
        for low, high in [proportion_confint(found, of, alpha=0.05, method="wilson")]
    ]
    tools = ["scikit-learn", "scipy", "statsmodels"]
    vector = {
        "topic": "comparing-rules",
        "script": SCRIPT,
        "tool": {
            "name": ", ".join(tools),
            "version": ", ".join(f"{tool} {version(tool)}" for tool in tools) + f", Python {platform.python_version()}",
        },
        "made": MADE,
        "note": "One text per dyad: F flagged, R coded as a rupture, ? not coded. plain: over coded sessions; weights "
        "of the sessions of each dyad. tolerant: ruptures that a flag explains and the sum of distances, in the best one-to-one matching. "
        "shares: 95 % Wilson intervals.",
        "plain": plains,
        "tolerant": with_tolerance,
        "shares": shares,
    }
    with open(OUT, "w", encoding="utf-8") as file:
        json.dump(vector, file, indent=1)
        file.write("\n")


main()
