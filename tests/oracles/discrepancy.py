"""Work out client-therapist discrepancy and moving congruence with scipy and write them as vectors.

Run from the repository root:  python tests/oracles/discrepancy.py
Writes:                        tests/vectors/discrepancy.json
Needs:                         Python 3.10 or newer, scipy, numpy

scipy.stats.median_abs_deviation with scale 1 / 1.4826, numpy's mean, median and standard deviation (ddof 1), and
scipy.stats.pearsonr on each window. The numbers printed in rupture-methods.md section 5 for the worked series of
section 1.9 are typed below; the script stops when one differs by more than half a unit of its last digit.
"""

import json
import math
import platform
import random

import numpy as np
import scipy
from scipy import stats

MADE = "2026-11-25"  # day on which the numbers were made; change it with them
SCRIPT = "tests/oracles/discrepancy.py"
OUT = "tests/vectors/discrepancy.json"

LEAST = 4

# rupture-methods.md section 1.9; session 9 has no client form.
CLIENT = "5.4 5.6 5.7 5.5 4.2 5.3 5.8 5.9 - 5.7 4.6 4.4 4.5 5.6 5.9 6.0"
THERAPIST = "5.0 5.1 5.2 5.1 4.9 5.0 5.2 5.3 5.2 5.1 4.3 4.2 4.4 5.0 5.2 5.3"


def series(text):
    return [math.nan if word == "-" else float(word) for word in text.split()]


def dyad(name, numbers, client, therapist, window):
    client, therapist, numbers = (np.array(side, dtype=float) for side in (client, therapist, numbers))
    difference = client - therapist
    joint = ~np.isnan(difference)
    known = difference[joint]
    enough = len(known) >= LEAST
    mad = float(stats.median_abs_deviation(known, scale=1 / 1.4826)) if len(known) else math.nan
    deviation = float(np.std(known, ddof=1)) if len(known) > 1 else math.nan
    mean = float(np.mean(known)) if len(known) else math.nan
    middle = float(np.median(known)) if len(known) else math.nan
    flat = enough and mad < 1e-9
    status = "defined" if enough and not flat else "no-spread" if enough else "too-few-joint-sessions"
    z = (difference - middle) / mad if status == "defined" else np.full(len(client), math.nan)
    centred = difference - mean if enough else np.full(len(client), math.nan)
    z_of_mean = centred / deviation if enough and deviation > 1e-9 else np.full(len(client), math.nan)
    correlation, closeness, counts = [], [], []
    for place, number in enumerate(numbers):
        inside = joint & (numbers > number - window) & (numbers <= number)
        ours, theirs = client[inside], therapist[inside]
        counts.append(int(inside.sum()))
        if inside.sum() < LEAST:
            correlation.append(math.nan)
            closeness.append(math.nan)
            continue
        varies = np.ptp(ours) > 1e-9 and np.ptp(theirs) > 1e-9
        correlation.append(float(stats.pearsonr(ours, theirs).statistic) if varies else math.nan)
        closeness.append(-abs(float(difference[place] - np.mean(ours - theirs))))
    return {
        "name": name,
        "window": window,
        "sessions": [int(number) for number in numbers],
        "client": nulls(client),
        "therapist": nulls(therapist),
        "joint": len(known),
        "mean": null(mean),
        "standard_deviation": null(deviation),
        "median": null(middle),
        "robust_deviation": null(mad),
        "status": status,
        "centred": nulls(centred),
        "z": nulls(z),
        "z_of_mean": nulls(z_of_mean),
        "window_joint": counts,
        "correlation": nulls(correlation),
        "closeness": nulls(closeness),
    }


def null(value):
    return None if math.isnan(value) else float(value)


def nulls(values):
    return [null(value) for value in values]


def drawn(seed):
    """Draw a dyad on a lattice, with gaps in either side and in the numbers."""
    draw = random.Random(seed)
    items, length = draw.choice([1, 4, 12]), draw.randrange(0, 25)
    numbers = sorted(draw.sample(range(1, length * 5 // 4 + 2), length))
    sides = []
    for spread in (0.8, 0.4):
        level = draw.uniform(3, 6)
        scores = [round((level + draw.gauss(0, spread)) * items) / items for _ in numbers]
        sides.append([math.nan if draw.random() < 0.15 else min(max(score, 1.0), 7.0) for score in scores])
    return dyad(f"drawn {seed}", numbers, *sides, draw.randrange(4, 9))


def printed(worked):
    """Stop unless the numbers of the dossier come out."""
    assert abs(worked["mean"] - 0.387) <= 0.0005
    assert abs(worked["standard_deviation"] - 0.350) <= 0.0005
    assert abs(worked["z_of_mean"][4] + 3.1) <= 0.05
    assert abs(worked["client"][4] - worked["therapist"][4] + 0.70) <= 0.005
    shown = [worked["client"][place] - worked["therapist"][place] for place in (10, 11, 12)]
    assert all(abs(found - given) <= 0.005 for found, given in zip(shown, (0.3, 0.2, 0.1), strict=True))
    assert abs(worked["correlation"][15] - 0.858) <= 0.0005


def main():
    # A window of all 16 sessions: the last correlation is the one over the whole series.
    worked = dyad("worked series", range(1, 17), series(CLIENT), series(THERAPIST), 16)
    printed(worked)
    cases = [
        worked,
        dyad("worked series, window 5", range(1, 17), series(CLIENT), series(THERAPIST), 5),
        dyad("no spread", range(1, 7), [5, 5, 5, 5, 3, 5], [4, 4, 4, 4, 4, 4], 5),
        dyad("always the same distance", range(1, 6), [5.1, 5.3, 5.5, 5.2, 5.7], [4.1, 4.3, 4.5, 4.2, 4.7], 5),
        dyad("three joint sessions", range(1, 6), [5, 4, 3, math.nan, 5], [4, 4, 2, 4, math.nan], 4),
        *(drawn(seed) for seed in range(1, 41)),
    ]
    vectors = {
        "topic": "discrepancy",
        "script": SCRIPT,
        "tool": {
            "name": "scipy.stats (median_abs_deviation, pearsonr) and numpy",
            "version": f"scipy {scipy.__version__}, numpy {np.__version__}, Python {platform.python_version()}",
        },
        "made": MADE,
        "note": "One dyad per case; null is NaN. The window of a session holds the sessions numbered up to window - 1 "
        "before it. robust_deviation is 1.4826 times the median absolute deviation.",
        "cases": cases,
    }
    with open(OUT, "w", encoding="utf-8") as file:
        json.dump(vectors, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
