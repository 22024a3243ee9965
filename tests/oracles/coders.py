"""Agreement of coders by software that this project did not write.

Run from the repository root:  python tests/oracles/coders.py
Writes:                        tests/vectors/coders.json
Needs:                         Python 3.11 or newer, numpy, pandas, statsmodels 0.15, krippendorff 0.9, irrCAC 0.4

Kappas and their standard errors are statsmodels', alphas those of krippendorff, Gwet's AC1 and AC2
and the standard errors of Fleiss's kappa and of alpha those of irrCAC, which holds distances fixed: for the
ordinal metric, whose distances are counts of codes, there is a jackknife of krippendorff's alpha instead. statsmodels reads a matrix of weights as
disagreement. The numbers of the methods dossier stand in KNOWN; the script stops when one differs by
more than 1e-9. The day in MADE is typed: change it when the numbers change.
"""

import json
import platform
from importlib.metadata import version

import krippendorff
import numpy as np
import pandas as pd
from irrCAC.raw import CAC
from statsmodels.stats.inter_rater import cohens_kappa, fleiss_kappa

MADE = "2026-11-26"
SCRIPT = "tests/oracles/coders.py"
OUT = "tests/vectors/coders.json"
NAN = float("nan")

COHEN68 = [[88, 14, 18], [10, 40, 10], [2, 6, 12]]
COHEN68_DISAGREEMENT = [[0, 1, 3], [1, 0, 6], [3, 6, 0]]
K22 = [[20, 5], [10, 15]]
FLEISS = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]
KRIPP = ["123321412...", "1233224125.3", ".3332342251.", "1233244125 1.".replace(" ", "")]
METRICS = ["nominal", "ordinal", "interval", "ratio"]


def close(found, expected, tolerance=1e-9):
    assert abs(found - expected) <= tolerance, (found, expected)


def from_table(table):
    """Codes of two coders whose cross table this is; categories 1, 2, ..."""
    pairs = [(i + 1, j + 1) for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
    return np.array(pairs, dtype=float).T


def from_counts(counts):
    """Codes of exchangeable coders from a table of counts."""
    return np.array([[c + 1 for c, n in enumerate(row) for _ in range(n)] for row in counts], dtype=float).T


def kappas(codes, categories, disagreement=None):
    seen = ~np.isnan(codes).any(axis=0)
    table = np.array([[np.sum((codes[0, seen] == a) & (codes[1, seen] == b)) for b in categories] for a in categories])
    found = {}
    kinds = {"unweighted": {}, "linear": {"wt": "linear"}, "quadratic": {"wt": "quadratic"}}
    if disagreement is not None:
        kinds["disagreement"] = {"weights": np.array(disagreement, dtype=float)}
    for name, options in kinds.items():
        result = cohens_kappa(table, **options)
        found[name] = {
            "kappa": float(result.kappa),
            "se": float(result.std_kappa),
            "null_se": float(result.std_kappa0),
            "maximum": float(result.kappa_max) if name == "unweighted" else None,
        }
    return found


def whole(codes, categories):
    complete = codes[:, ~np.isnan(codes).any(axis=0)]
    counts = np.array([[np.sum(unit == c) for c in categories] for unit in complete.T])
    frame = pd.DataFrame(codes.T).dropna(how="all")
    complete_frame = pd.DataFrame(complete.T)
    options = {"categories": list(categories), "digits": 15}
    gwet = CAC(frame, **options).gwet()["est"]
    fleiss = CAC(complete_frame, **options).fleiss()["est"]
    ac2 = CAC(frame, weights="quadratic", **options).gwet()["est"]
    found = {
        "fleiss": float(fleiss_kappa(counts, method="fleiss")),
        "fleiss_se": float(fleiss["se"]),
        "randolph": float(fleiss_kappa(counts, method="randolph")),
        "gwet": {"value": float(gwet["coefficient_value"]), "se": float(gwet["se"]), "percent": float(gwet["pa"])},
        "gwet_interval": [float(end) for end in gwet["confidence_interval"]],
        "gwet_quadratic": {"value": float(ac2["coefficient_value"]), "se": float(ac2["se"])},
    }
    close(float(fleiss["coefficient_value"]), found["fleiss"], 1e-9)
    return found


def alpha(codes, metric):
    return float(krippendorff.alpha(reliability_data=codes, level_of_measurement=metric))


def alphas(codes, metrics=METRICS):
    return {metric: alpha(codes, metric) for metric in metrics}


DISTANCES = {
    "nominal": lambda one, other: (one != other) * 1.0,
    "interval": lambda one, other: (one - other) ** 2,
    "ratio": lambda one, other: ((one - other) / np.where(one + other == 0, 1, one + other)) ** 2,
}


def alpha_errors(codes, metrics):
    """Standard error and interval of alpha: Gwet's with fixed distances, and the jackknife over units."""
    coded = codes[:, (~np.isnan(codes)).sum(axis=0) >= 2]
    values = np.unique(coded[~np.isnan(coded)])
    found = {}
    for metric in metrics:
        units = coded.shape[1]
        without = np.array([alpha(np.delete(coded, unit, axis=1), metric) for unit in range(units)])
        jackknife = float(np.sqrt((units - 1) / units * np.sum((without - without.mean()) ** 2)))
        found[metric] = {"jackknife": jackknife}
        if metric in DISTANCES:
            distances = DISTANCES[metric](values[:, None], values[None, :])
            options = {"weights": 1 - distances / distances.max(), "categories": list(values), "digits": 15}
            gwet = CAC(pd.DataFrame(coded.T), **options).krippendorff()["est"]
            close(float(gwet["coefficient_value"]), alpha(coded, metric))
            found[metric] |= {"se": float(gwet["se"]), "low": float(gwet["confidence_interval"][0])}
    return found


def case(name, codes, categories, *, disagreement=None, metrics=METRICS, nominal=True):
    codes = np.asarray(codes, dtype=float)
    expected = {"krippendorff": alphas(codes, metrics), "alpha_errors": alpha_errors(codes, metrics)}
    if nominal:
        expected["kappa"] = kappas(codes[:2], categories, disagreement)
        expected["whole"] = whole(codes, categories)
    shown = [[None if np.isnan(code) else code for code in coder] for coder in codes.tolist()]
    return {
        "name": name,
        "codes": shown,
        "categories": list(map(float, categories)),
        "disagreement": None if disagreement is None else np.ravel(disagreement).astype(float).tolist(),
        "expected": expected,
    }


def draw(rng, coders, units, categories, noise, share_missing=0.0):
    truth = rng.choice(categories, size=units)
    codes = np.where(rng.random((coders, units)) < noise, rng.choice(categories, size=(coders, units)), truth)
    codes = codes.astype(float)
    codes[rng.random((coders, units)) < share_missing] = NAN
    return codes


def main():
    rng = np.random.default_rng(20261125)
    kripp = [[NAN if c == "." else float(c) for c in coder] for coder in KRIPP]
    counts = rng.poisson(rng.gamma(0.6, 2.0, size=40), size=(3, 40)).astype(float)
    counts[rng.random(counts.shape) < 0.1] = NAN
    cases = [
        case("Cohen 1968", from_table(COHEN68), [1, 2, 3], disagreement=COHEN68_DISAGREEMENT),
        case("two by two", from_table(K22), [1, 2]),
        case("Fleiss 1971", from_counts(FLEISS), [1, 2, 3, 4, 5]),
        case("Krippendorff 2011", kripp, [1, 2, 3, 4, 5]),
        case("three coders, four categories", draw(rng, 3, 60, [1, 2, 3, 4], 0.3), [1, 2, 3, 4]),
        case("four coders, cells missing", draw(rng, 4, 80, [1, 2, 3], 0.4, 0.2), [1, 2, 3]),
        case("a category nobody used", draw(rng, 2, 50, [1, 2, 4], 0.3), [1, 2, 3, 4]),
        case("a rare category", np.array(draw(rng, 2, 100, [0] * 19 + [1], 0.05)), [0, 1]),
        case("disagreement beyond chance", [[1, 2, 1, 2, 1, 2, 1, 1], [2, 1, 2, 1, 2, 1, 1, 2]], [1, 2]),
        case("counts", counts, np.unique(counts[~np.isnan(counts)]), nominal=False),
        case("decimals", rng.normal(50, 10, 30) + rng.normal(0, 3, (4, 30)), [], nominal=False),
    ]
    by_name = {c["name"]: c["expected"] for c in cases}
    cohen, two = by_name["Cohen 1968"]["kappa"], by_name["two by two"]["kappa"]["unweighted"]
    known = [
        (cohen["unweighted"], (0.4915254237, 0.0510018156, 0.0519789367)),
        (cohen["linear"], (0.4736842105, 0.0544323092, 0.0546963413)),
        (cohen["quadratic"], (0.4545454545, 0.0664536816, 0.0673586675)),
        (cohen["disagreement"], (0.3478260870, 0.0755040153, 0.0597199936)),
    ]
    for found, expected in known:
        for key, value in zip(("kappa", "se", "null_se"), expected, strict=True):
            close(found[key], value)
    close(two["kappa"], 0.4)
    close(two["maximum"], 0.8)
    close(by_name["two by two"]["whole"]["gwet"]["value"], 0.4059405941)
    fleiss = by_name["Fleiss 1971"]["whole"]
    for found, value in (
        (fleiss["fleiss"], 0.2099307044),
        (fleiss["randolph"], 0.2225274725),
        (fleiss["gwet"]["value"], 0.2256141508),
    ):
        close(found, value)
    for metric, value in zip(METRICS, (0.7434210526, 0.8153875038, 0.8491071429, 0.7974027748), strict=True):
        close(by_name["Krippendorff 2011"]["krippendorff"][metric], value)
    tools = ("statsmodels", "krippendorff", "irrCAC", "numpy")
    document = {
        "topic": "coders",
        "script": SCRIPT,
        "tool": {
            "name": "statsmodels, krippendorff, irrCAC",
            "version": ", ".join([f"Python {platform.python_version()}", *(f"{t} {version(t)}" for t in tools)]),
        },
        "made": MADE,
        "cases": cases,
    }
    with open(OUT, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=0)
        file.write("\n")


if __name__ == "__main__":
    main()
