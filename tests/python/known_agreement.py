"""Sections 3D and 3F of the known statistics by the public face: dyads, intraclass correlations, coders.

A table as in ``known_reliability``.
"""

from __future__ import annotations

from functools import cache

import polars as pl
from panels import panel_a
from support import cells, ends, values, vector, with_error

import alliance as al

PANEL = pl.DataFrame(panel_a())
PAIRS = {"client": "client", "session": "session", "first": "alliance", "second": "rated"}
JUDGES = next(case for case in vector("icc")["cases"] if case["name"] == "Shrout & Fleiss 1979")["columns"]
ACIDITY = next(case for case in vector("dyads-pingouin")["cases"] if case["id"] == "acidity")
CODERS = {case["name"]: case for case in vector("coders")["cases"]}


def early():
    """Give each client's means of the first four sessions, by both raters, and the outcome at the eighth."""
    means = PANEL.filter(pl.col("session") <= 4).group_by("client", maintain_order=True)
    means = means.agg(pl.col("alliance", "rated").mean())
    last = PANEL.filter(pl.col("session") == 8)
    return means.join(last.select("client", "outcome"), on="client", maintain_order="left")


def with_interval(estimate):
    return [estimate.value, *ends(estimate)]


@cache
def judged(holes=(), **options):
    frame = pl.DataFrame({f"judge {place}": column for place, column in enumerate(JUDGES)})
    raters = frame.columns
    for rater, row in holes:
        kept = pl.int_range(pl.len()) != row
        frame = frame.with_columns(pl.when(kept).then(raters[rater]).alias(raters[rater]))
    return al.intraclass_correlations(frame, raters, **options)


def without_two_cells():
    found = judged(holes=((1, 0), (3, 3)), missing="reml")
    said = values(found.agreement, found.consistency)
    return [*["components of variance are not shown"] * 3, *said, "the deviance is not shown"]


@cache
def of_means():
    return al.intraclass_correlations(early(), ["alliance", "rated"])


def of_one_profile():
    """Take the clients as points of one profile."""
    points = early().with_columns(client=1, session=pl.col("client"))
    return [cells(al.tracking(points, **PAIRS).profile_frame(), name)[0] for name in ("correlation", "double_entry")]


@cache
def association():
    return al.association(PANEL, **PAIRS)


@cache
def tracking(accuracy="uncorrelated"):
    return al.tracking(PANEL, accuracy=accuracy, **PAIRS)


def of_profiles(name):
    return cells(tracking().profile_frame(), name)[:3]


def of_acidity():
    frame = pl.DataFrame({name: ACIDITY[name] for name in ("dyads", "first", "second")})
    found = al.association(frame, client="dyads", first="first", second="second")
    r = found.within_clients
    return [r.value, r.degrees_of_freedom, found.within_p_value, *ends(r)]


@cache
def surface():
    return al.congruence(early(), outcome="outcome", first="alliance", second="rated", centre=5.0)


def terms_of_surface():
    found = surface()
    return [number for term in (found.a1, found.a2, found.a3, found.a4, found.a5) for number in with_error(term)]


def rest_of_surface():
    found = surface()
    point = ["a stationary point outside the data is no finding and not shown"] * 2
    slopes = values(found.first_axis.slope, found.second_axis.slope)
    return [found.p_values["a1"], found.r_squared, *point, *slopes]


@cache
def peak_flow(multiplier=1.96):
    large, mini = vector("known-statistics")["peak_flow"]
    frame = pl.DataFrame({"first": large, "second": mini})
    return al.elevation(frame, first="first", second="second", multiplier=multiplier)


def concordance():
    found = peak_flow()
    value, shifts = found.concordance.value, found.shifts
    # Concordance is correlation times bias correction.
    return [value, value / shifts.bias_correction, shifts.bias_correction, shifts.scale, shifts.location]


def limits(found):
    return values(found.lower_limit, found.upper_limit)


def repeated_pairs():
    found = al.elevation(PANEL, **PAIRS)
    naive = al.elevation(PANEL, first="alliance", second="rated")
    names = ("mean_difference", "between_variance", "within_variance", "standard_deviation")
    return [*(getattr(found, name).value for name in names), *limits(found), naive.standard_deviation.value]


@cache
def partners():
    return al.actor_partner(PANEL, before=1, after=2, **PAIRS)


def of_partner(influence):
    return [n for term in (influence.intercept, influence.actor, influence.partner) for n in with_error(term)]


def teams(names, **columns):
    found = al.team_agreement(pl.DataFrame(columns), columns=names, client="team", options=7).team_frame()
    return list(zip(cells(found, "r_wg"), cells(found, "average_deviation"), strict=True))


def teams_of_one_item():
    answers = [5, 6, 5, 4, 6, 6, 7, 6, 3, 5, 2, 6]
    return [number for team in teams(["answer"], team=[1] * 4 + [2] * 4 + [3] * 4, answer=answers) for number in team]


def team_of_three_items():
    items = {"one": [5, 6, 5, 4], "two": [6, 6, 5, 5], "three": [5, 7, 6, 5]}
    return [teams(list(items), team=[1] * 4, **items)[0][0]]


@cache
def coded(name, weights=None, metric=None):
    case = CODERS[name]
    codes = pl.DataFrame({f"coder {place}": column for place, column in enumerate(case["codes"])}, strict=False)
    if weights == "of the case":
        size = len(case["categories"])
        rows = [case["disagreement"][size * row : size * (row + 1)] for row in range(size)]
        weights = {"disagreement": rows}
    categories = [int(category) for category in case["categories"]] or None
    return al.coder_agreement(codes, coders=codes.columns, categories=categories, weights=weights, metric=metric)


def cohen(weights=None):
    found = coded("Cohen 1968", weights)
    if weights is None:
        return [*with_error(found.kappa), found.pairs[0].null_standard_error]
    return [*with_error(found.weighted_kappa), "the error by chance is shown of plain kappa only"]


def two_by_two():
    found = coded("two by two")
    (pair,) = found.pairs
    shown = (pair.null_standard_error, pair.prevalence_adjusted, pair.maximum, pair.prevalence_index, pair.bias_index)
    return [*with_error(pair.kappa), *shown, found.gwet_ac1.value]


def fleiss():
    found = coded("Fleiss 1971")
    kappa, observed = values(found.fleiss_kappa, found.percent_agreement)
    # Kappa is (observed - expected) / (1 - expected).
    return [kappa, found.fleiss_null_standard_error, observed, (observed - kappa) / (1 - kappa)]


def krippendorff():
    metrics = ("nominal", "ordinal", "interval", "ratio")
    return values(*(coded("Krippendorff 2011", metric=metric).krippendorff_alpha for metric in metrics))


FOUND = {
    "D1 mean squares": lambda: [getattr(judged().mean_squares, name) for name in ("units", "raters", "residual")],
    "D1 ICC(1)": lambda: with_interval(judged().one_way),
    "D1 ICC(A,1)": lambda: [*with_interval(judged().agreement), judged().agreement.degrees_of_freedom],
    "D1 ICC(C,1)": lambda: with_interval(judged().consistency),
    "D1 ICC(1,k)": lambda: with_interval(judged().one_way_average),
    "D1 ICC(A,k)": lambda: with_interval(judged().agreement_average),
    "D1 ICC(C,k)": lambda: with_interval(judged().consistency_average),
    "D1 two cells missing": without_two_cells,
    "D1 complete REML": "components of variance are not shown",
    "D1 panel A ICC(1)": lambda: with_interval(of_means().one_way),
    "D1 panel A ICC(A,1)": lambda: with_interval(of_means().agreement),
    "D1 panel A ICC(C,1)": lambda: with_interval(of_means().consistency),
    "D1 panel A r and double entry": of_one_profile,
    "D2 r": lambda: of_profiles("correlation"),
    "D2 mean difference": lambda: of_profiles("mean_difference"),
    "D2 mean absolute difference": lambda: of_profiles("mean_absolute_difference"),
    "D2 root mean square difference": lambda: [square**0.5 for square in of_profiles("mean_squared_difference")],
    "D2 concordance": lambda: of_profiles("concordance"),
    "D2 mean, by z, pooled, df, of means": lambda: [
        *(tracking().plain_mean_correlation, tracking().profile_correlation.value),
        *(association().within_clients.value, association().within_clients.degrees_of_freedom),
        association().between_clients.value,
    ],
    "D3 repeated-measures correlation": of_acidity,
    "D4 truth and bias": lambda: [
        number
        for term in ("directional_bias", "temporal_congruence", "between_tracking")
        for number in with_error(getattr(tracking(), term))
    ],
    "D4 variances": lambda: [
        *values(tracking().bias_variance, tracking().accuracy_variance, tracking().residual_variance),
        tracking().deviance,
    ],
    "D4 within only": "tracking between dyads is always in the model",
    "D5 coefficients": lambda: values(*surface().coefficients.values()),
    "D5 surface": terms_of_surface,
    "D5 p of a1, R2, X0, Y0, axes": rest_of_surface,
    "D6 concordance with n": concordance,
    "D6 z, error, interval": lambda: [*["Fisher's z of concordance is not shown"] * 2, *ends(peak_flow().concordance)],
    "D6 mean difference and SD": lambda: [
        *(peak_flow().mean_difference.value, peak_flow().standard_deviation.value),
        *(peak_flow().mean_difference.standard_error, *ends(peak_flow().mean_difference)),
    ],
    "D6 limits at 2 and 1.96": lambda: [*limits(peak_flow(2.0)), *limits(peak_flow())],
    "D6 errors of limits": lambda: [
        "the approximate error is not shown beside the exact one",
        peak_flow().upper_limit.standard_error,
    ],
    "D6 repeated pairs": repeated_pairs,
    "D7 client": lambda: of_partner(partners().of_first),
    "D7 therapist": lambda: of_partner(partners().of_second),
    "D7 residuals": lambda: [partners().residual_correlation.value],
    "D8 r_wg and AD": teams_of_one_item,
    "D8 r_wg(3)": team_of_three_items,
    "F2 Cohen unweighted": cohen,
    "F2 Cohen linear": lambda: cohen("linear"),
    "F2 Cohen quadratic": lambda: cohen("quadratic"),
    "F2 Cohen's weights": lambda: cohen("of the case"),
    "F2 two by two: kappa, errors, PABAK, maximum, prevalence, bias, AC1": two_by_two,
    "F3 Fleiss": fleiss,
    "F3 Randolph and AC1": lambda: [coded("Fleiss 1971").randolph_kappa.value, coded("Fleiss 1971").gwet_ac1.value],
    "F4 Krippendorff": krippendorff,
    "7 bias is the mean difference": lambda: [
        al.elevation(PANEL, **{**PAIRS, "first": "rated", "second": "alliance"}).mean_difference.value
    ],
}
