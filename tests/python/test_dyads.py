"""Two raters: association, elevation, tracking and congruence agree with R, and say what they rest on."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import cells, close, kind_of, names_of, own, vector

import alliance as al

CASES = {case["id"]: case for case in vector("dyads")["cases"]}
PINGOUIN = {case["id"]: case for case in vector("dyads-pingouin")["cases"]}
PANEL = CASES["concordance-panel-a"]
THINNED = CASES["concordance-thinned"]
WIDE = {"client": "case", "session": "visit", "first": "ours", "second": "theirs"}


def frame_of(case, **more):
    columns = {"case": case["clients"], "visit": case["sessions"], "ours": case["first"], "theirs": case["second"]}
    return pl.DataFrame({**columns, **more})


def pairs(first, second):
    return pl.DataFrame(
        {"client": first, "therapist": second}, schema=dict.fromkeys(["client", "therapist"], pl.Float64)
    )


def agrees(estimate, expected, tolerance=1e-9):
    """Value, perhaps standard error, low and high."""
    names = ("value", "low", "high") if len(expected) == 3 else ("value", "standard_error", "low", "high")
    for name, number in zip(names, expected, strict=True):
        assert close(getattr(estimate, name), number, tolerance), name


@pytest.fixture(scope="module")
def panel():
    return frame_of(PANEL)


@pytest.fixture(scope="module")
def study():
    """Forms of two raters that are parallel, with gaps."""
    random = np.random.default_rng(4)
    case, visit = np.repeat(np.arange(1, 31), 6), np.tile(np.arange(1, 7), 30)
    level = random.normal(size=30)[case - 1] + 0.6 * random.normal(size=180)
    sides = {}
    for rater, shift in (("client", 3.6), ("therapist", 3.2)):
        answers = np.clip(np.round(shift + 0.8 * level[:, None] + random.normal(size=(180, 4))), 1, 5)
        keep = random.random(180) < 0.9
        columns = {f"q{item}": answers[keep, item - 1] for item in range(1, 5)}
        sides[rater] = pl.DataFrame({"case": case[keep], "visit": visit[keep], **columns})
    made = al.Study(client="case", session="visit")
    for rater, frame in sides.items():
        made = made.with_forms(frame, own(4, rater=rater, family="twin"), columns="q{item}")
    return made


class TestR:
    def test_association(self):
        found = al.association(frame_of(THINNED), **WIDE)
        expected = CASES["tracking-thinned"]
        agrees(found.within_clients, expected["correlation"])
        assert close(found.within_slope, expected["slope"], 1e-9)
        assert close(found.within_p_value, expected["p"], 1e-6)
        assert found.within_clients.degrees_of_freedom == expected["degrees"]
        agrees(found.between_clients, CASES["profile-thinned"]["between"])

    @pytest.mark.parametrize("case", PINGOUIN.values(), ids=PINGOUIN)
    def test_repeated_measures_correlation_of_pingouin(self, case):
        frame = pl.DataFrame({"case": case["dyads"], "ours": case["first"], "theirs": case["second"]})
        found = al.association(frame, client="case", first="ours", second="theirs")
        assert close(found.within_clients.value, case["r"], 1e-9)
        assert close(found.within_p_value, case["p"], 1e-7)

    @pytest.mark.parametrize("name", [name for name, case in CASES.items() if case["kind"] == "level"])
    def test_concordance_of_lin(self, name):
        case = CASES[name]
        found = al.elevation(pairs(case["first"], case["second"]))
        agrees(found.concordance, case["concordance"], 1e-7)
        assert found.concordance.rows_used == case["pairs"]
        assert found.concordance_any_session is found.parts is None

    def test_limits_of_single_pairs(self):
        case = CASES["limits-random"]
        found = al.elevation(pairs(case["first"], case["second"]))
        agrees(found.mean_difference, case["mean"])
        agrees(found.lower_limit, case["lower"])
        agrees(found.slope_on_mean, case["slope"])

    def test_limits_of_repeated_pairs(self):
        case = CASES["limits-thinned"]
        found = al.elevation(frame_of(THINNED), **WIDE)
        agrees(found.mean_difference, case["mean"])
        agrees(found.upper_limit, case["upper"], 1e-8)
        agrees(found.slope_on_mean, case["slope"], 1e-5)
        assert close(found.between_variance.value, case["between"], 1e-9)
        assert close(found.within_variance.value, case["within"], 1e-9)
        assert close(found.standard_deviation.value, case["deviation"], 1e-9)

    @pytest.mark.parametrize("case", [PANEL, THINNED], ids=["panel", "thinned"])
    def test_concordance_of_repeated_ratings(self, case):
        found = al.elevation(frame_of(case), **WIDE)
        agrees(found.concordance, case["same_session"], 1e-5)
        agrees(found.concordance_any_session, case["any_session"], 1e-5)
        parts = found.parts
        order = (parts.dyad, parts.session, parts.dyad_by_role, parts.residual)
        for part, value in zip(order, case["components"], strict=True):
            assert close(part.value, value, 1e-5)
        assert close(parts.role.value, case["role"][0], 1e-5)

    @pytest.mark.parametrize("name", [name for name, case in CASES.items() if case["kind"] == "truth"])
    def test_truth_and_bias(self, name):
        case = CASES[name]
        therapist = [1 + (client - 1) // 6 for client in THINNED["clients"]]
        options = {"accuracy": "correlated" if case["correlated"] else "uncorrelated"}
        if case["therapists"]:
            options = {"accuracy": "common", "nested": "therapists", "therapist": "who"}
        found = al.tracking(frame_of(THINNED, who=therapist), **WIDE, **options)
        terms = (found.directional_bias, found.temporal_congruence, found.between_tracking)
        for place, term in enumerate(terms):
            assert close(term.value, case["coefficients"][place], 1e-5)
            assert close(term.standard_error, case["errors"][place], 1e-4)
            assert close(term.degrees_of_freedom, case["degrees"][place], 1e-2)
        assert close(found.deviance, case["deviance"], 1e-8)
        assert close(found.grand_mean, case["grand_mean"], 1e-12)
        assert close(found.bias_variance.value, case["bias_variance"], 1e-4)
        assert close(found.residual_variance.value, case["residual"], 1e-4)
        if case["correlated"]:
            assert close(found.bias_accuracy_correlation.value, case["correlation"], 1e-3)
        if case["therapists"]:
            assert close(found.therapist_variance.value, case["therapist"], 1e-4)
        dyads = found.dyad_frame()
        assert cells(dyads, "case") == list(range(1, 61))
        assert np.allclose(cells(dyads, "bias"), case["bias"], rtol=1e-4, atol=1e-5)
        assert np.allclose(cells(dyads, "accuracy"), case["accuracy"], rtol=1e-3, atol=1e-5)

    def test_profiles(self):
        case = CASES["profile-thinned"]
        found = al.tracking(frame_of(THINNED), **WIDE)
        agrees(found.profile_correlation, case["mean"], 1e-8)
        agrees(found.distinctive_correlation, case["mean_distinctive"], 1e-8)
        profiles = found.profile_frame()
        for name, theirs in (
            ("points", "sessions"),
            ("correlation", "correlations"),
            ("mean_difference", "elevations"),
            ("sd_difference", "scatters"),
            ("mean_squared_difference", "squared"),
            ("distinctive", "distinctive"),
        ):
            assert all(map(lambda one, other: close(one, other, 1e-9), cells(profiles, name), case[theirs])), name

    @pytest.mark.parametrize("name", [name for name, case in CASES.items() if case["kind"] == "surface"])
    def test_response_surface(self, name):
        case = CASES[name]
        frame = pl.DataFrame({"ours": case["first"], "theirs": case["second"], "outcome": case["outcome"]})
        found = al.congruence(frame, outcome="outcome", first="ours", second="theirs", centre=case["centre"])
        for place, term in enumerate(found.coefficients.values()):
            assert close(term.value, case["coefficients"][place], 1e-9)
            assert close(term.standard_error, case["errors"][place], 1e-9)
        for place, term in enumerate((found.a1, found.a2, found.a3, found.a4, found.a5)):
            assert close(term.value, case["surface"][2 * place], 1e-9)
            assert close(term.standard_error, case["surface"][2 * place + 1], 1e-9)
        for axis, expected in ((found.first_axis, case["first_axis"]), (found.second_axis, case["second_axis"])):
            assert close(axis.slope.value, expected[0], 1e-7) and close(axis.intercept.value, expected[2], 1e-7)
        assert close(found.r_squared, case["r_squared"], 1e-9)
        assert close(found.quadratic_terms.f, case["quadratic"][0], 1e-8)
        assert close(found.beyond_squared_difference.p_value, case["difference"][3], 1e-7)
        assert np.allclose(found.discrepancies, case["discrepancies"])
        # A point outside the data is no finding and is not shown.
        assert (found.stationary_point is not None) == (name == "surface-dome")
        if found.stationary_point is not None:
            assert close(found.stationary_point[0].value, case["stationary"][0], 1e-7)
        assert found.surface_at(case["centre"], case["centre"]) == found.coefficients["b0"].value


def test_trap_9_truth_is_a_name(panel):
    """Therapist and client exchanged as truth give another slope, and the result says so."""
    one, other = al.tracking(panel, **WIDE), al.tracking(panel, **WIDE, truth="second")
    assert abs(one.temporal_congruence.value - other.temporal_congruence.value) > 0.1
    assert close(one.directional_bias.value, -other.directional_bias.value, 1e-9)
    for found in (one, other):
        assert (
            f"Truth is nominal: {found.truth} is called so, and swapping roles changes the result." in found.methods()
        )
        assert "Truth is nominal" in found._repr_html_()
    assert (one.truth, one.judgment) == (other.judgment, other.truth) == ("ours", "theirs")


def test_trap_10_raters_without_variation():
    """No correlation, however well they agree; the difference of their levels is known all the same."""
    case, visit = [1] * 5 + [2] * 5 + [3] * 5, [1, 2, 3, 4, 5] * 3
    frame = pl.DataFrame({"case": case, "visit": visit, "ours": [7.0] * 15, "theirs": [6.0] * 15})
    found = al.agreement(frame, **WIDE)
    for name in ("between_clients", "within_clients", "concordance", "profile_correlation"):
        assert math.isnan(found.estimates[name].value), name
        assert found.estimates[name].status == "zero-variance", name
    assert (found.elevation.mean_difference.value, found.elevation.mean_difference.status) == (1.0, "defined")
    assert set(cells(found.tracking.profile_frame(), "mean_difference")) == {1.0}
    six = al.intraclass_correlations(frame, ["ours", "theirs"])
    assert {each.status for each in six.estimates.values()} == {"zero-variance"}


def test_trap_22_the_divisor_of_concordance_is_n():
    """The divisor n - 1 gives .94275, Lin's n gives .94274 (peak flow of Bland and Altman 1986)."""
    case = CASES["level-peak-flow"]
    whole = al.elevation(pairs(case["first"], case["second"]))
    found = whole.concordance
    assert np.allclose(whole.shifts, (0.9994306931, 1.0282679906, -0.0190302501))
    assert abs(found.value - 0.942_742_431_4) < 1e-10
    assert abs(found.value - 0.942_752_467_4) > 9e-6


def test_courses_of_dated_sessions_are_compared_from_each_dyads_first(panel):
    """No two dyads meet on the same days, and their mean course is no dyad's own."""
    days = panel.with_columns(visit=pl.date(2024, 1, 1) + pl.duration(days=7 * pl.col("visit") + 100 * pl.col("case")))
    numbered, dated = al.tracking(panel, **WIDE), al.tracking(days, **WIDE)
    assert not math.isnan(numbered.distinctive_correlation.value)
    assert dated.distinctive_correlation == numbered.distinctive_correlation
    named = panel.with_columns(visit=pl.format("visit {}", "visit"))
    assert al.tracking(named, **WIDE).distinctive_correlation == numbered.distinctive_correlation


def test_actor_and_partner_need_two_sessions(panel):
    names = {"client": "case", "session": "visit", "first": "ours", "second": "theirs"}
    with pytest.raises(al.AllianceError, match="after: give another session"):
        al.actor_partner(panel, **names, before=1, after=1)
    with pytest.raises(al.AllianceError, match="before: name one session"):
        al.actor_partner(panel, **names, before=[1, 2], after=3)


def test_methods_do_not_claim_what_was_not_fitted(panel):
    """One dyad, or ratings without variation: no model, no limits, and no session said to be missing."""
    one = panel.filter(pl.col("case") == panel["case"][0])
    for said in (al.tracking(one, **WIDE).methods(), al.actor_partner(one, **WIDE).methods()):
        assert "could not be" in said and "too few units" in said
        assert "was fitted" not in said and " 0 s" not in said
    few = panel.unique("case").head(4).with_columns(outcome=pl.col("ours"))
    said = al.congruence(few, outcome="outcome", first="ours", second="theirs").methods()
    assert "could not be fitted" in said and "was regressed" not in said and "interval" not in said
    ceiling = panel.with_columns(ours=7.0, theirs=7.0)
    said = al.elevation(ceiling, **WIDE).methods()
    assert "nan" not in said and "limits of agreement" not in said


def test_one_session_each_that_all_rated_is_no_repetition():
    """Rows that a rater left out count for nothing, and so make no client have several sessions."""
    frame = pl.DataFrame({"case": [1, 1, 2, 2, 3, 3], "visit": [1, 2] * 3, "a": [1.0, 2, 3, 4, 5, 5]})
    frame = frame.with_columns(b=pl.when(pl.col("visit") == 1).then(pl.col("a") + pl.col("case") % 2))
    ids = {"client": "case", "session": "visit"}
    assert not any("several sessions" in note for note in al.intraclass_correlations(frame, ["a", "b"], **ids).notes)
    both = al.intraclass_correlations(frame, ["a", "b"], **ids, missing="reml")
    assert any("several sessions" in note for note in both.notes)


def test_one_therapist_splits_nothing():
    frame = pl.DataFrame({"case": range(4), "who": ["a"] * 4, "client": [1.0, 2, 3, 4], "therapist": [2.0, 2, 3, 3]})
    said = al.one_with_many(frame, client="case", therapist="who").methods()
    assert "could not be split" in said and "REML" not in said and "0 therapists" not in said


class TestInputs:
    def test_every_kind_of_frame_gives_the_same(self, panel, make_frame):
        columns = panel.head(80).to_dict(as_series=False)
        found, expected = al.agreement(make_frame(columns), **WIDE), al.agreement(panel.head(80), **WIDE)
        assert found.estimates == expected.estimates
        for frame in (found.to_frame(), found.tracking.dyad_frame(), found.tracking.profile_frame()):
            assert kind_of(frame) == make_frame.out
        assert cells(found.to_frame(), "value") == cells(expected.to_frame(), "value")

    def test_a_study_a_long_and_a_wide_frame_give_the_same(self, study):
        scores = study.scores()
        by_study = al.agreement(study)
        long = pl.concat(
            [
                each.to_frame().select("case", "visit", rater=pl.lit(rater), score="total")
                for rater, each in scores.items()
            ]
        )
        by_long = al.agreement(long, client="case", session="visit", rater="rater", score="score")
        sides = [each.to_frame().select("case", "visit", total=pl.col("total")) for each in scores.values()]
        wide = sides[0].join(sides[1], on=["case", "visit"], how="full", coalesce=True, suffix="_theirs")
        names = {"first": "total", "second": "total_theirs"}
        by_wide = al.agreement(wide.sort("case", "visit"), client="case", session="visit", **names)
        assert al.agreement(scores) == by_study
        assert by_long.estimates == by_study.estimates
        for name, estimate in by_study.estimates.items():
            assert close(by_wide.estimates[name].value, estimate.value, 1e-6), name
        assert [form.rater for form in by_study.instruments] == ["client", "therapist"]

    def test_the_order_of_rows_does_not_matter(self, panel):
        mixed = panel.sample(fraction=1, shuffle=True, seed=3)
        one, other = al.agreement(panel, **WIDE), al.agreement(mixed, **WIDE)
        for name, estimate in one.estimates.items():
            assert close(other.estimates[name].value, estimate.value, 1e-6), name

    def test_levels_of_forms_that_are_not_parallel_are_refused(self, study):
        frames = {name: each.to_frame() for name, each in study.scores().items()}
        mixed = al.Study(client="case", session="visit")
        answers = {f"q{item}": pl.lit(3) + (pl.col("visit") + item) % 2 for item in range(1, 5)}
        forms = {"client": own(4, rater="client", family="one"), "therapist": own(4, rater="therapist", family="two")}
        for rater, form in forms.items():
            mixed = mixed.with_forms(frames[rater].with_columns(**answers), form, columns="q{item}")
        for question in (al.elevation, al.tracking, al.agreement):
            with pytest.raises(al.AllianceError, match="parallel") as caught:
                question(mixed)
            assert caught.value.code == "incomparable-forms"
            assert question(mixed, across_forms="pomp").instruments[1].id == forms["therapist"].id
        assert any("no equating" in note for note in al.elevation(mixed, across_forms="pomp").notes)
        # Association and influence compare no levels.
        al.association(mixed)
        al.actor_partner(mixed)

    def test_pomp_is_a_view_of_the_same(self, study):
        mean, pomp = al.elevation(study), al.elevation(study, across_forms="pomp")
        assert close(25 * mean.mean_difference.value, pomp.mean_difference.value, 1e-9)
        assert close(mean.concordance.value, pomp.concordance.value, 1e-6)

    def test_one_session_or_some(self, panel):
        one = al.elevation(panel, **WIDE, at=3)
        third = CASES["concordance-one-session"]
        assert one.estimates == al.elevation(pairs(third["first"], third["second"])).estimates
        assert one.parts is None and one.mean_difference.rows_used == 60
        some = al.elevation(panel, **WIDE, at=[1, 2, 3, 4])
        assert some.mean_difference.rows_used == 240

    def test_outcomes_may_come_in_a_frame_of_their_own(self, study):
        clients = sorted(set(cells(study.scores()["client"].to_frame(), "case")))
        outcomes = pd.DataFrame({"case": clients[::-1], "gain": [float(7 * case % 11) for case in clients[::-1]]})
        found = al.congruence(study, outcome="gain", outcomes=outcomes)
        assert found.a1.units == 30
        # Means of sessions that both rated, by hand.
        scores = study.scores()
        both = scores["client"].to_frame().join(scores["therapist"].to_frame(), on=["case", "visit"], suffix="_theirs")
        both = both.drop_nulls(["total", "total_theirs"])
        means = both.group_by("case", maintain_order=True).agg(pl.col("total", "total_theirs").mean())
        joined = means.join(
            pl.DataFrame({"case": clients, "gain": [float(7 * case % 11) for case in clients]}), on="case"
        )
        by_hand = al.congruence(joined, outcome="gain", first="total", second="total_theirs", client="case")
        assert close(found.a4.value, by_hand.a4.value, 1e-8) and close(found.centre, by_hand.centre, 1e-12)
        midpoint = al.congruence(study, outcome="gain", outcomes=outcomes, centre="midpoint")
        assert midpoint.centre == 3.0 and close(midpoint.a4.value, found.a4.value, 1e-8)


DEGENERATE = {
    "nothing": ([], []),
    "one client": ([1, 1, 1], [4.0, 5.0, 3.0]),
    "one session": ([1, 2, 3, 4], [4.0, 5.0, 3.0, 4.0]),
    "all missing": ([1, 1, 2, 2], [None] * 4),
    "constant": ([1, 1, 2, 2, 3, 3], [4.0] * 6),
}


class TestDegenerate:
    @pytest.mark.parametrize("name", DEGENERATE)
    @pytest.mark.parametrize("same", [True, False])
    def test_a_status_and_no_number_by_accident(self, name, same):
        case, ours = DEGENERATE[name]
        visit = [case[:row].count(each) + 1 for row, each in enumerate(case)]
        theirs = ours if same else [3.0] * len(ours)
        schema = {"case": pl.Int64, "visit": pl.Int64, "ours": pl.Float64, "theirs": pl.Float64}
        frame = pl.DataFrame({"case": case, "visit": visit, "ours": ours, "theirs": theirs}, schema=schema)
        found = al.agreement(frame, **WIDE)
        if name in ("one session", "constant"):
            # One rating at least does not vary, or not within clients.
            assert math.isnan(found.association.within_clients.value)
        more = [al.actor_partner(frame, **WIDE), al.intraclass_correlations(frame, ["ours", "theirs"])]
        clients = sorted(set(case))
        outcomes = pl.DataFrame({"case": clients, "y": clients}, schema={"case": pl.Int64, "y": pl.Float64})
        surface = al.congruence(frame, outcome="y", outcomes=outcomes, **WIDE)
        for result in (found, *more, surface):
            for label, each in result.estimates.items():
                sound = each.status in {"defined", "boundary", "out-of-range", "not-converged"}
                assert math.isnan(each.value) != sound, label
            assert result.methods() and repr(result) and result._repr_html_() and result.cite()
        found.plot()
        surface.plot()

    def test_perfect_agreement(self, panel):
        found = al.agreement(panel.with_columns(theirs="ours"), **WIDE)
        assert found.elevation.concordance.value == found.association.within_clients.value == 1.0
        assert found.elevation.mean_difference.value == 0.0
        assert math.isnan(found.elevation.upper_limit.value)

    @settings(max_examples=40)
    @given(st.lists(st.tuples(st.integers(1, 3), *[st.one_of(st.none(), st.integers(1, 5))] * 2), max_size=14))
    def test_whatever_the_rows(self, rows):
        case = [row[0] for row in rows]
        visit = list(range(len(rows)))
        schema = {"case": pl.Int64, "visit": pl.Int64, "ours": pl.Float64, "theirs": pl.Float64}
        columns = {"case": case, "visit": visit, "ours": [row[1] for row in rows], "theirs": [row[2] for row in rows]}
        found = al.agreement(pl.DataFrame(columns, schema=schema), **WIDE)
        for each in found.estimates.values():
            assert each.status != "defined" or not math.isnan(each.value)


class TestNonsense:
    @pytest.mark.parametrize(
        ("question", "options"),
        [
            (al.association, {"client": None}),
            (al.association, {"first": "theirs"}),
            (al.association, {"first": 3}),
            (al.association, {"second": "nobody"}),
            (al.association, {"score": "ours"}),
            (al.association, {"confidence": 0}),
            (al.association, {"confidence": "high"}),
            (al.elevation, {"multiplier": -1.0}),
            (al.elevation, {"at": "the-secret-visit"}),
            (al.elevation, {"across_forms": "perhaps"}),
            (al.tracking, {"truth": "client"}),
            (al.tracking, {"accuracy": "high"}),
            (al.tracking, {"nested": "therapists"}),
            (al.agreement, {"truth": "therapist"}),
            (al.congruence, {"outcome": "nothing"}),
            (al.congruence, {"outcome": "ours"}),
            (al.congruence, {"outcome": "visit"}),
            (al.congruence, {"outcome": "visit", "at": 1, "centre": "midpoint"}),
            (al.congruence, {"outcome": "visit", "at": 1, "centre": "top"}),
            (al.congruence, {"outcome": "y", "outcomes": pl.DataFrame({"case": [1, 1], "y": [1.0, 2.0]})}),
        ],
    )
    def test_options(self, panel, question, options):
        with pytest.raises(al.AllianceError) as caught:
            question(panel, **{**WIDE, **options})
        assert caught.value.code in al.errors.error_codes()
        assert "secret" not in str(caught.value)

    def test_an_id_is_no_rating(self, panel):
        """Numbered clients and therapists must not be taken for ratings by client and therapist."""
        frame = panel.select(client="case", therapist=pl.col("case") % 7, session="visit")
        with pytest.raises(al.AllianceError) as caught:
            al.agreement(frame, client="client", therapist="therapist", session="session")
        assert caught.value.code == "repeated-column"

    def test_a_session_twice(self, panel):
        with pytest.raises(al.AllianceError) as caught:
            al.tracking(pl.concat([panel, panel.head(1)]), **WIDE)
        assert caught.value.code == "duplicate-form" and caught.value.rows == (480,)

    def test_one_rater_alone(self, study):
        with pytest.raises(al.AllianceError, match="one rater's"):
            al.agreement(study.scores()["client"])

    def test_no_value_or_id_is_told(self):
        frame = pl.DataFrame({"case": ["Q-7431"], "visit": [1], "ours": ["7431-secret"], "theirs": ["3"]})
        with pytest.raises(al.AllianceError) as caught:
            al.elevation(frame, **WIDE)
        assert "7431" not in str(caught.value) and caught.value.__cause__ is None


SECRET = "K-9824-q"


def questions():
    """Give every question of the family, asked of a frame."""
    names = {"client": "case", "session": "visit", "first": "ours", "second": "theirs"}
    raters = {name: names[name] for name in ("client", "session")}
    return {
        "association": lambda frame: al.association(frame, **names),
        "elevation": lambda frame: al.elevation(frame, **names),
        "tracking": lambda frame: al.tracking(frame, **names),
        "agreement": lambda frame: al.agreement(frame, **names),
        "congruence": lambda frame: al.congruence(frame, outcome="theirs", outcomes=frame, **names),
        "actor_partner": lambda frame: al.actor_partner(frame, **names),
        "one_with_many": lambda frame: al.one_with_many(frame, **names, therapist="who"),
        "intraclass_correlations": lambda frame: al.intraclass_correlations(frame, ["ours", "theirs"], **raters),
        "team_agreement": lambda frame: al.team_agreement(frame, columns=["ours"], rater="who", options=7, **raters),
    }


class TestPrivacy:
    @pytest.mark.parametrize("question", questions())
    @pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow"])
    def test_what_is_wrong_with_a_row_is_told_without_the_row(self, question, kind):
        good = {"case": [SECRET] * 2 + ["b"] * 2, "visit": [1, 2, 1, 2], "who": ["x"] * 4, "ours": [982451.0, 2, 3, 4]}
        good["theirs"] = [1.0, 2, 4, 3]
        for name, cells_ in (
            ("ours", ["982451 points", "2", "3", "4"]),
            ("ours", [float("inf"), 982451.0, 3.0, 4.0]),
            ("case", [SECRET, None, "b", "b"]),
            ("visit", [1, 1, 2, 2]),
        ):
            columns = {**good, name: cells_}
            frame = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}[kind](columns)
            with pytest.raises(al.AllianceError) as caught:
                questions()[question](frame)
            told = f"{caught.value} {caught.value!r} {vars(caught.value)} {caught.value.__cause__}"
            assert SECRET not in told and "982451" not in told
            assert caught.value.code in al.errors.error_codes()


class TestResults:
    def test_tables_words_and_citations(self, panel):
        found = al.agreement(panel, **WIDE)
        table = found.to_frame()
        assert cells(table, "estimate") == list(found.estimates)
        assert cells(table, "value") == [each.value for each in found.estimates.values()]
        assert list(dict.fromkeys(cells(table, "question"))) == ["association", "elevation", "tracking"]
        assert "repeated-measures correlation" in found.methods() and "Satterthwaite" in found.methods()
        for key in ("west-2011", "carrasco-2009", "bakdash-2017", "@software"):
            assert key in found.cite()
        assert pickle.loads(pickle.dumps(found)) == found != al.agreement(panel, **WIDE, confidence=0.9)

    def test_views_hold_no_row(self, panel):
        ids = [f"K-{client:04d}-q" for client in panel["case"]]
        found = al.agreement(panel.with_columns(case=pl.Series(ids)), **WIDE)
        surface = al.congruence(
            pl.DataFrame(
                {
                    "case": ids[::8],
                    "ours": PANEL["first"][::8],
                    "theirs": PANEL["second"][::8],
                    "y": [float(row % 7) for row in range(60)],
                }
            ),
            outcome="y",
            client="case",
            first="ours",
            second="theirs",
        )
        for result in (found, found.elevation, found.tracking, surface):
            shown = result._repr_html_() + repr(result) + result.methods()
            assert not any(each in shown for each in set(ids))
            assert "60 dyads" in repr(result)

    def test_figures_draw(self, panel):
        figure = al.elevation(panel, **WIDE).plot()
        assert figure._repr_png_()[:4] == b"\x89PNG"
        assert len(figure.axes[0].lines[0].get_xdata()) == 480
        case = CASES["surface-dome"]
        frame = pl.DataFrame({"ours": case["first"], "theirs": case["second"], "outcome": case["outcome"]})
        figure = al.congruence(frame, outcome="outcome", first="ours", second="theirs").plot()
        assert figure._repr_png_()[:4] == b"\x89PNG"

    def test_ids_of_therapists_are_in_the_tables(self):
        frame = frame_of(THINNED, who=[f"T{client % 4}" for client in THINNED["clients"]])
        found = al.tracking(frame, **WIDE, therapist="who")
        assert names_of(found.dyad_frame())[:2] == ["case", "who"]
