"""Hold NumPy and SciPy against the vectors that course_shapes.R wrote.

Run from the repository root:  python3 tests/oracles/course_shapes_scipy.py
Reads:                         tests/vectors/course-shapes.json
Needs:                         Python 3.11 or newer, numpy, scipy (run with numpy 2.4.6, scipy 1.17.1)

Curves by numpy.linalg.lstsq, contrasts by a QR decomposition of the powers of
time, clusters by scipy.cluster.hierarchy. Stops at the first difference.
"""

import json
import math

import numpy as np
import scipy
from scipy.cluster.hierarchy import fcluster, linkage

TOLERANCE = 1e-9


def numbers(values):
    return np.array([math.nan if value is None else value for value in values], dtype=float)


def curve(scores):
    seen = ~np.isnan(scores)
    if seen.sum() < 5:
        return np.full(4, math.nan)
    time = np.arange(len(scores))[seen] - np.arange(len(scores))[seen].mean()
    design = np.column_stack([np.ones_like(time), time, time**2 - (time**2).mean()])
    found, *_ = np.linalg.lstsq(design, scores[seen], rcond=None)
    left = scores[seen] - design @ found
    return np.append(found, math.sqrt(left @ left / (seen.sum() - 3)))


def contrasts(scores, count):
    first = scores[:count]
    if len(first) < count or np.isnan(first).any():
        return np.full(4, math.nan)
    basis, triangle = np.linalg.qr(np.vander(np.arange(count) - (count - 1) / 2, 3, increasing=True))
    basis = basis * np.sign(np.diag(triangle))
    found = basis.T @ first
    left = first - basis @ found
    spread = math.sqrt(left @ left / (count - 3)) if count > 3 else math.nan
    return np.array([first.mean(), found[1], found[2], spread])


def same(ours, theirs):
    return np.allclose(ours, theirs, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)


with open("tests/vectors/course-shapes.json", encoding="utf-8") as file:
    cases = json.load(file)["cases"]
for case in cases:
    count = case["first_sessions"]
    courses = [numbers(course) for course in case["courses"]]
    shapes = np.array([curve(course) if count is None else contrasts(course, count) for course in courses])
    assert same(shapes, np.array([numbers(row) for row in case["shapes"]])), case["id"]
    has = ~np.isnan(shapes[:, 1])
    points = shapes[has, 1:3]
    points = (points - points.mean(axis=0)) / points.std(axis=0, ddof=1)
    tree = linkage(points, method="ward")
    assert same(tree[:, 2], numbers(case["heights"])), case["id"]
    for cut in case["cuts"]:
        groups = fcluster(tree, cut["clusters"], criterion="maxclust")
        given = numbers(cut["of"])[has].astype(int)
        pairs = set(zip(groups.tolist(), given.tolist(), strict=True))
        assert len(pairs) == len(set(groups)) == len(set(given)) == cut["clusters"], (case["id"], cut["clusters"])
    print(case["id"], "agrees:", int(has.sum()), "clients,", len(case["cuts"]), "cuts")
print("numpy", np.__version__, "scipy", scipy.__version__)
