"""Sections 3E and 4 of the known statistics by the public face: alliance and outcome, syntheses.

A table as in ``known_reliability``.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import polars as pl
from known_reliability import NO_MIXED_MODEL, decision_study
from panels import dropout_of_panel_a, panel_a
from support import cells, ends, values, vector, with_error

import alliance as al

PANEL = pl.DataFrame(panel_a())
SCORED = {"score": "alliance", "client": "client", "session": "session"}
SYNTHESIS = {case["id"]: case for case in vector("synthesis")["cases"]}
LEUKAEMIA = next(case for case in vector("outcome")["cases"] if case["id"] == "leuk")
WALD = {"standard_errors": "normal", "prediction": "normal"}


@cache
def effects():
    return al.within_between(PANEL, outcome="outcome", **SCORED).kept


def interaction():
    parts = al.disaggregate(PANEL, **SCORED).to_frame()
    frame = parts.with_columns(product=pl.col("alliance_within") * pl.col("alliance_between"))
    found = al.within_between(frame, outcome="outcome", covariates=["product"], **SCORED)
    return with_error(dict(found.kept.covariates)["product"])


def outcome_of_the_session_before():
    measured = {"measured": "after", "outcome_measured": "after"}
    frame = al.lag(PANEL, **{**SCORED, "score": "outcome"}, **measured).to_frame()
    found = al.within_between(frame, outcome="outcome", covariates=["outcome_lag1"], lag=1, **measured, **SCORED).kept
    terms = (found.within, dict(found.covariates)["outcome_lag1"], found.between)
    return [found.client_variance.value, *(number for term in terms for number in with_error(term))]


@cache
def molloy(**options):
    data = SYNTHESIS["data"]
    return al.meta_correlations(pl.DataFrame({"r": data["molloy_r"], "n": data["molloy_n"]}), **options)


def by_estimator(estimator, with_r_interval):
    found = molloy(estimator=estimator, **WALD)
    z, r = found.coefficients[0].estimate, found.correlation
    variances = values(found.tau_squared, found.i_squared)
    return [*with_error(z), *ends(z), *variances, r.value, *(ends(r) if with_r_interval else [])]


def heterogeneity():
    found = molloy(**WALD)
    return [found.tau_squared.standard_error, found.q, found.q_p, *ends(found.tau_squared)]


def knapp_hartung():
    coefficient = molloy().coefficients[0]
    return [coefficient.estimate.standard_error, *ends(coefficient.estimate), coefficient.p_value]


def predictions():
    """Give the ends of prediction intervals in Fisher's z."""
    found = [molloy(**WALD), molloy(standard_errors="normal"), molloy(prediction="t(k-1)")]
    return [math.atanh(end) for each in found for end in each.prediction]


def from_z(case, **more):
    """Give correlations whose Fisher's z and variances are these."""
    variances = np.array(case["variances"], dtype=float)
    return pl.DataFrame({"r": np.tanh(case["effects"]), "n": 3 + 1 / variances, **more}, strict=False)


def three_levels():
    case = SYNTHESIS["schools REML"]
    found = al.meta_correlations(from_z(case, cluster=case["clusters"]), cluster="cluster", **WALD)
    mean = found.coefficients[0].estimate
    return [*values(found.between_clusters, found.within_clusters), *with_error(mean), *ends(mean), found.q]


def moderated():
    case = SYNTHESIS["design REML"]
    more = {f"moderator {place}": column for place, column in enumerate(case["moderators"])}
    found = al.meta_correlations(from_z(case, **more), moderators=list(more), **WALD)
    test = (found.moderator_test.statistic, found.q, found.q_degrees)
    return [*with_error(found.coefficients[1].estimate), found.tau_squared.value, *test]


def egger():
    found = molloy(**WALD).small_studies()
    return [found.egger.value / found.egger.standard_error, found.egger.degrees_of_freedom, found.egger_p]


def egger_by_the_mixed_model():
    r, n = (np.array(SYNTHESIS["data"][name], dtype=float) for name in ("molloy_r", "molloy_n"))
    frame = pl.DataFrame({"r": r, "n": n, "error": 1 / np.sqrt(n - 3)})
    slope = al.meta_correlations(frame, moderators="error", **WALD).coefficients[1]
    return [slope.statistic, slope.p_value]


def trim_and_fill():
    found = molloy(**WALD).small_studies()
    low, high = (math.atanh(end) for end in ends(found.correlation_filled))
    return [found.filled, math.atanh(found.correlation_filled.value), (high - low) / (2 * 1.959963984540054)]


def leave_one_out():
    without = cells(molloy(**WALD).leave_one_out(), "correlation")
    return [math.atanh(end(without)) for end in (min, max)]


def disattenuated():
    def of(*reliabilities):
        return al.effect_size(r=0.26, reliabilities=reliabilities).disattenuated.value

    # A true alliance correlates by more; the mean of four sessions by what its reliability leaves of that.
    (of_four,) = decision_study(0.77, [4])
    return [of(0.77, 0.90), of(0.77, 1.0) * of_four**0.5]


def success_rates():
    rates = al.effect_size(r=0.26)
    return [rates.success_above, rates.success_below, al.effect_size(d=0.579).common_language]


def attended(count, of):
    statuses = ["attended"] * count + ["no-show"] * (of - count)
    frame = pl.DataFrame({"client": range(of), "session": [1] * of, "status": statuses})
    return ends(al.attendance(frame, client="client", session="session", resamples=None).all)


@cache
def leukaemia():
    words = {0.0: "ongoing", 1.0: "dropout"}
    frame = pl.DataFrame(
        {
            "weeks": LEUKAEMIA["time"],
            "ending": [words[event] for event in LEUKAEMIA["event"]],
            "arm": ["treated" if treated else "control" for treated in LEUKAEMIA["treated"]],
        }
    )
    return al.retention(frame, time="weeks", ending="ending", by="arm")


def remaining(arm, week):
    return with_error(leukaemia().at(week, group=arm)["remaining"])


@cache
def hazard_of_leukaemia(link):
    rows = [
        (week, float(week == time and event == 1), treated)
        for time, event, treated in zip(*(LEUKAEMIA[name] for name in ("time", "event", "treated")), strict=True)
        for week in range(1, int(time) + 1)
    ]
    frame = pl.DataFrame(rows, schema=["week", "event", "treated"], orient="row")
    named = {"predictors": ["treated"], "event": "event", "session": "week"}
    return al.dropout_hazard(frame, time="logarithm", link=link, **named)


def coefficients_of_leukaemia(link):
    found = hazard_of_leukaemia(link).coefficients
    return values(*(found[name] for name in ("intercept", "ln(session)", "treated")))


@cache
def periods():
    """Make the sessions at risk of panel A up to where each client left."""
    gone = dropout_of_panel_a()
    columns = zip(*(gone[name] for name in ("client", "session", "left")), strict=True)
    left = {client: session for client, session, is_left in columns if is_left}
    last = pl.col("client").replace_strict(left, default=9, return_dtype=pl.Int64)
    ending = pl.when(last < 9).then(pl.lit("dropout")).otherwise(pl.lit("ongoing"))
    frame = PANEL.filter(pl.col("session") < last).with_columns(ending=ending)
    return al.person_period(frame, ending="ending", **SCORED)


def hazard_of_dropout(link):
    table = periods().to_frame().with_columns(before=pl.col("alliance_lag1") - 5.3)
    found = al.dropout_hazard(table, predictors=["before"], time="constant", link=link)
    return [*(number for term in found.coefficients.values() for number in with_error(term)), found.deviance]


def life_table():
    table = periods().life_table()
    rows = zip(cells(table, "at_risk"), cells(table, "dropouts"), strict=True)
    return [count for row in rows for count in row]


FOUND = {
    "E1 within and between": lambda: [*with_error(effects().within), *with_error(effects().between)],
    "E1 session and intercept": lambda: [*with_error(effects().time), *with_error(effects().intercept)],
    "E1 variances": lambda: [*values(effects().client_variance, effects().residual_variance), effects().deviance],
    "E1 raw scores": NO_MIXED_MODEL,
    "E1 within by between": interaction,
    "E3 outcome of the session before": outcome_of_the_session_before,
    "E6.1 r of d .55, .62; d of r .278": lambda: [
        *(al.effect_size(d=d).correlation.value for d in (0.55, 0.62)),
        al.effect_size(r=0.278).d,
    ],
    "E6.2 DL": lambda: by_estimator("DL", with_r_interval=True),
    "E6.2 REML": lambda: by_estimator("REML", with_r_interval=True),
    "E6.2 ML": lambda: by_estimator("ML", with_r_interval=False),
    "E6.2 PM": lambda: by_estimator("PM", with_r_interval=False),
    "E6.2 HS": lambda: by_estimator("HS", with_r_interval=False),
    "E6.2 SJ": lambda: by_estimator("SJ", with_r_interval=False),
    "E6.2 HE": lambda: by_estimator("HE", with_r_interval=False),
    "E6.2 error of tau2 (REML), Q, p, Q-profile": heterogeneity,
    "E6.2 Hunter-Schmidt": "the synthesis of correlations themselves has no face",
    "E6.3 Knapp-Hartung": knapp_hartung,
    "E6.3 prediction: normal, t(k-2), Knapp-Hartung t(k-1)": predictions,
    "E6.4 three levels: components, mean, error, interval, Q": three_levels,
    "E6.5 design: coefficient, error, tau2, QM, QE, df": moderated,
    "E6.6 Egger by the mixed model": egger_by_the_mixed_model,
    "E6.6 Egger": egger,
    "E6.6 trim and fill": trim_and_fill,
    "E6.6 leave one out": leave_one_out,
    "E6.7 disattenuated; for the mean of four sessions": disattenuated,
    "E6.8 BESD, CLES": success_rates,
    "E7.1 Wilson": lambda: [*attended(31, of=100), *attended(0, of=10)],
    "E7.2 treated": lambda: [
        *remaining("treated", 6),
        remaining("treated", 10)[0],
        *remaining("treated", 23),
    ],
    "E7.2 control": lambda: [*remaining("control", 5), remaining("control", 23)[0]],
    "E7.2 log-rank": lambda: [leukaemia().log_rank.chi_square],
    "E7.3 leukaemia logit": lambda: [
        *coefficients_of_leukaemia("logit"),
        hazard_of_leukaemia("logit").coefficients["treated"].standard_error,
    ],
    "E7.3 leukaemia cloglog": lambda: coefficients_of_leukaemia("cloglog"),
    "E7.3 leukaemia person-periods": lambda: [
        hazard_of_leukaemia("logit").rows_used,
        hazard_of_leukaemia("logit").events,
    ],
    "E7.3 dropout logit": lambda: hazard_of_dropout("logit"),
    "E7.3 dropout cloglog": lambda: hazard_of_dropout("cloglog"),
    "E7.3 at risk and events": life_table,
    "4 variance explained by .22 and .26": lambda: [al.effect_size(r=r).variance_explained for r in (0.22, 0.26)],
    "4 Totura: r and interval of z .30 (.20 to .39)": lambda: [
        al.effect_size(fisher_z=z).correlation.value for z in (0.30, 0.20, 0.39)
    ],
}
