"""Sections 2, 3B and 3C of the known statistics by the public face: panels, reliability, change.

A table from the identity of a case to what gives its values, or to the reason why nothing does. A word in the place of
a value says the same of that value.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
from panels import ITEMS, Lehmer, dropout_of_panel_a, panel_a, panel_b
from support import cells, ends, values, vector, with_error

import alliance as al

NO_MIXED_MODEL = "the mixed model has no face of its own"
IDS = {"client": "client", "session": "session"}
FORMS = {case["name"]: case["columns"] for case in vector("form-reliability")["cases"]}
JUDGES = next(case for case in vector("icc")["cases"] if case["name"] == "Shrout & Fleiss 1979")["columns"]
THURSTONE = vector("form-reliability")["hierarchical"][0]
THURSTONE_GROUPS = {"sentences": 1, "words": 4, "letters": 7}
TABLES = vector("polychoric")["tables"]
A, B = panel_a(), panel_b()


def minimal_standard(steps):
    random = Lehmer(1)
    for _ in range(steps):
        random.uniform()
    return random.state


def row_of_panel_a(place):
    return [A[name][place] for name in ("therapist", "client", "session", *ITEMS, "rated", "outcome")]


def dropouts():
    found = dropout_of_panel_a()
    return [len(found["left"]), sum(found["left"]), sum(found["before"])]


def form(columns, **options):
    frame = pl.DataFrame({f"q{item}": column for item, column in enumerate(columns, 1)}, strict=False)
    return al.reliability(frame, columns=frame.columns, **options)


@cache
def attitude(**options):
    return form(FORMS["attitude"], **options)


def of_items(found, name):
    return [getattr(item, name) for item in found.items]


def total_deviation(found):
    """Give the SD of the sum of the answers; a form without an instrument is in the unit of the mean."""
    error = len(found.items) * found.standard_error_of_measurement.value
    return [error / (1 - found.alpha.value) ** 0.5, error]


@cache
def thurstone():
    """Give forms whose correlations are exactly those that are known."""
    items = round(len(THURSTONE["correlations"]) ** 0.5)
    draws = np.random.default_rng(1).normal(size=(THURSTONE["rows"], items))
    unrelated, _ = np.linalg.qr(draws - draws.mean(axis=0))
    correlations = np.reshape(THURSTONE["correlations"], (items, items))
    answers = unrelated @ np.linalg.cholesky(correlations).T
    groups = {name: [f"q{item}" for item in range(first, first + 3)] for name, first in THURSTONE_GROUPS.items()}
    return form(list(answers.T), groups=groups)


def thurstone_coefficients():
    found = thurstone()
    said = values(found.omega_hierarchical, found.omega_total, found.alpha, found.lambda_6)
    # Of a form of ever more such items: the share of the common variance of the sum that is the general factor's.
    return [*said, said[0] / said[1]]


@cache
def ordinal(place):
    counts = np.reshape(TABLES[place]["table"], (TABLES[place]["rows"], -1))
    first, second = (np.repeat(places.ravel(), counts.ravel()) for places in np.indices(counts.shape))
    return al.ordinal_reliability(pl.DataFrame({"first": first, "second": second}), columns=["first", "second"])


@cache
def across(name):
    if name == "Shrout and Lane":
        rows = vector("sessions")["cases"][0]["data"]
        frame = pl.DataFrame(rows, schema=["client", "session", "i1", "i2", "i3"], orient="row")
        return al.session_reliability(frame, columns=["i1", "i2", "i3"], **IDS)
    return al.session_reliability(pl.DataFrame(A), columns=list(ITEMS), **IDS)


@cache
def with_therapists(name):
    panel = pl.DataFrame({"panel A": A, "panel B": B}[name])
    return al.session_reliability(panel, columns=["alliance"], therapist="therapist", **IDS)


def crossed(name):
    found = across(name)
    return values(found.r_kf, found.r_1r, found.r_kr, found.r_c)


def decision_study(icc, sessions):
    """Give the reliability of the means of so many sessions, from scores whose ICC(1) is this one."""
    level, within = ((icc + (1 - icc) / 2) / 2) ** 0.5, ((1 - icc) / 2) ** 0.5
    scores = [level + within, level - within, -level + within, -level - within]
    frame = pl.DataFrame({"client": [1, 1, 2, 2], "session": [1, 2, 1, 2], "score": scores})
    found = al.session_reliability(frame, columns=["score"], **IDS)
    return cells(found.decision_study(sessions), "between_clients")


def components_of_panel_b():
    said = values(*(with_therapists("panel B").score_components[name] for name in ("therapist", "client", "residual")))
    return [*said, *[NO_MIXED_MODEL] * 2]


def worked(**options):
    """Give the example of Jacobson and Truax: mean 40, SD 7.5, reliability .80, from 32.5 to 47.5."""
    frame = pl.DataFrame({"before": [32.5], "after": [47.5]})
    names = {"before": "before", "after": "after", "higher_is_better": True}
    return al.reliable_change(frame, 0.80, **names, mean=40, standard_deviation=7.5, **options)


def index(**options):
    return cells(worked(**options).clients, "index")[0]


def detectable(confidence):
    return worked(confidence=confidence).minimal_detectable_change.value


def of_hageman_arrindell():
    groups = {"dysfunctional": (40, 7.5), "functional": (60, 7.5)}
    after = {"mean_after": 50, "standard_deviation_after": 7.5, "correlation": 0.5}
    found = worked(method="hageman-arrindell", **groups, **after)
    return [
        found.reliability_of_differences.value,
        *(cells(found.clients, name)[0] for name in ("index", "cutoff_index")),
    ]


@cache
def growth():
    return al.growth_change(pl.DataFrame(A), score="alliance", higher_is_better=True, **IDS)


def of_growth(name, count=3):
    return cells(growth().clients, name)[:count]


def beyond(counts):
    return counts.improved + counts.deteriorated


@cache
def false_alarms():
    return al.jacobson_truax_false_alarms().rates


FOUND = {
    "2 minstd state 10000": lambda: [minimal_standard(10_000)],
    "2 panel A rows and item sums": lambda: [len(A["client"]), *(sum(A[item]) for item in ITEMS)],
    "2 panel A rated and outcome": lambda: [sum(A[name]) for name in ("rated", "outcome")],
    "2 panel A first row": lambda: row_of_panel_a(0),
    "2 panel A last row": lambda: row_of_panel_a(-1),
    "2 panel B": lambda: [len(B["client"]), sum(B["alliance"]), *B["alliance"][:3]],
    "2 dropout on panel A": dropouts,
    "2 attitude column sums": lambda: [
        round(attitude().alpha.rows_used * mean, 9) for mean in of_items(attitude(), "mean")
    ],
    "2 attitude trace and sum": lambda: [
        sum(deviation**2 for deviation in of_items(attitude(), "standard_deviation")),
        total_deviation(attitude())[0] ** 2,
    ],
    "B1 alpha, standardized, mean r, lambda 6": lambda: [
        *values(attitude().alpha, attitude().standardized_alpha),
        attitude().mean_correlation,
        attitude().lambda_6.value,
    ],
    "B1 Feldt": lambda: ends(attitude(interval="feldt").alpha),
    "B1 Bonett": lambda: ends(attitude(interval="bonett").alpha),
    "B1 van Zyl": "alpha has no normal-theory standard error in Python",
    "B1 distribution-free": lambda: [attitude().alpha.standard_error],
    "B1 alpha without": lambda: of_items(attitude(), "alpha_without"),
    "B1 item-rest": lambda: of_items(attitude(), "item_rest_correlation"),
    "B1 Shrout-Fleiss alpha": lambda: [form(JUDGES).alpha.value],
    # The correlation of the halves is what Spearman and Brown step up.
    "B2 odd-even": lambda: [
        attitude().split_half.value / (2 - attitude().split_half.value),
        *values(attitude().split_half, attitude().guttman_split_half),
        "Horst's coefficient is not shown",
    ],
    "B2 splits of twelve items": lambda: [form(FORMS["twelve items with a ceiling"]).splits[0]],
    "B2 total SD and SEM": lambda: total_deviation(attitude()),
    "B3 ML loadings": lambda: of_items(attitude(extraction="maximum-likelihood"), "loading"),
    "B3 ML omega": lambda: values(
        *(
            getattr(attitude(extraction="maximum-likelihood"), name)
            for name in ("standardized_omega", "omega", "omega_observed")
        )
    ),
    "B3 ML fit": lambda: [
        getattr(attitude(extraction="maximum-likelihood").fit, name)
        for name in ("chi_square", "degrees_of_freedom", "cfi", "rmsea")
    ],
    "B3 minres loadings": lambda: of_items(attitude(), "loading"),
    "B3 minres omega": lambda: [
        attitude().standardized_omega.value,
        "omega of standardized answers over their observed variance is not shown",
    ],
    "B4 Thurstone": thurstone_coefficients,
    "B4 Thurstone groups total": lambda: [group.omega_total for group in thurstone().subscales],
    "B4 Thurstone groups general": lambda: [group.omega_general for group in thurstone().subscales],
    "B4 Thurstone groups specific": lambda: [group.omega_specific for group in thurstone().subscales],
    "B5 row thresholds": lambda: list(ordinal(0).thresholds[0]),
    "B5 column thresholds": lambda: list(ordinal(0).thresholds[1]),
    "B5 polychoric": lambda: [ordinal(0).correlations[0][1]],
    "B5 likelihood": "the likelihood of a table is not shown",
    "B5 tetrachoric": lambda: [ordinal(1).correlations[0][1]],
    "B6 Shrout-Lane components": lambda: values(*across("Shrout and Lane").crossed_components.values()),
    "B6 Shrout-Lane coefficients": lambda: crossed("Shrout and Lane"),
    "B6 Shrout-Lane nested": lambda: [
        *values(*across("Shrout and Lane").nested_components.values()),
        *values(across("Shrout and Lane").r_krn, across("Shrout and Lane").r_cn),
    ],
    "B6 panel A coefficients": lambda: crossed("panel A"),
    "B6 panel A nested": lambda: values(across("panel A").r_krn, across("panel A").r_cn),
    "B6 panel A session by item": lambda: values(across("panel A").crossed_components["session_item"]),
    "B6 decision study of .77": lambda: decision_study(0.77, [2, 3, 4, 6]),
    "B7 alpha within, between, pooled": lambda: values(
        *(getattr(across("panel A"), f"{level}_alpha") for level in ("within", "between", "pooled"))
    ),
    "B7 item ICCs": lambda: values(*across("panel A").item_icc.values()),
    "B8 panel A ICC": lambda: values(across("panel A").icc, across("panel A").icc_of_mean),
    "B8 panel A REML": lambda: [
        *values(*(across("panel A").score_components[name] for name in ("client", "residual"))),
        *[NO_MIXED_MODEL] * 2,
    ],
    "B8 panel A deviance": NO_MIXED_MODEL,
    "B8 panel B REML": components_of_panel_b,
    "B8 panel B deviance": NO_MIXED_MODEL,
    "B8 panel B ML": NO_MIXED_MODEL,
    # The component itself is by mean squares and not cut at 0.
    "B8 panel A with therapists": lambda: [with_therapists("panel A").therapist_icc.value, NO_MIXED_MODEL],
    "C worked example": lambda: [
        *values(worked().standard_error_of_measurement, worked().standard_error_of_difference),
        index(),
    ],
    "C cut-offs": lambda: list(worked(dysfunctional=(40, 7.5), functional=(60, 7.5)).cutoffs),
    # The two multipliers, not the quantiles, are those of the dossier.
    "C minimal detectable change at 1.96 and 1.645": lambda: [
        detectable(0.950004209703559),
        detectable(0.9000301889217572),
    ],
    "C GLN, EN, HLL, NK": lambda: [
        index(method="gulliksen-lord-novick"),
        index(method="edwards-nunnally"),
        index(method="hsu-linn-lord", mean_after=50),
        index(method="nunnally-kotsch", reliability_after=0.8),
    ],
    # An interval of two standard errors.
    "C EN interval": lambda: [
        cells(worked(method="edwards-nunnally", confidence=0.954499736103642).clients, f"unchanged_{end}")[0]
        for end in ("low", "high")
    ],
    "C HA": of_hageman_arrindell,
    "C HLM fixed": lambda: [
        *with_error(growth().average_intercept),
        *with_error(growth().average_slope),
    ],
    "C HLM variances": lambda: [
        *values(growth().intercept_variance, growth().slope_variance, growth().intercept_slope_covariance),
        growth().residual_variance.value,
        growth().deviance,
    ],
    "C HLM deviations": lambda: [*of_growth("deviation"), *of_growth("standard_error", 1)],
    "C HLM z of deviations": lambda: of_growth("deviation_z"),
    "C HLM z of own slopes": lambda: of_growth("z"),
    "C HLM clients beyond 1.96": lambda: [beyond(growth().beyond_average), beyond(growth().counts)],
    "C5 per session": lambda: [rate.per_session for rate in false_alarms()],
    "C5 per client": lambda: [rate.per_client for rate in false_alarms()],
}
