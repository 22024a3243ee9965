"""Alliance and outcome agree with lme4 and with plain readings of their definitions, and say what they rest on."""

from __future__ import annotations

import math
import pickle

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panels import panel_a, thinned
from support import assert_close, cells, close, kind_of, names_of, vector

import alliance as al

CASES = {case["id"]: case for case in vector("outcome")["cases"]}
PANELS = {"panel-a": panel_a(), "panel-a-thinned": thinned(panel_a())}
IDS = {"client": "client", "session": "session"}
SCORED = {"score": "alliance", **IDS}


def frame_of(name):
    return pl.DataFrame(PANELS[name])


def disaggregate(name="panel-a", **options):
    return al.disaggregate(frame_of(name), **SCORED, **options)


@pytest.fixture(scope="module")
def clinic():
    return al.simulate(dyads=40, sessions=(4, 9), seed=3)


@pytest.fixture(scope="module")
def study(clinic):
    return (
        al.Study(client="client", session="session", therapist="therapist")
        .with_forms(clinic.client_forms, "wai-sr-client", columns="wai_{item}")
        .with_appointments(clinic.appointments)
        .with_outcome(clinic.symptoms, score="score", measured="before")
    )


@pytest.fixture(scope="module")
def scored(clinic, study):
    """The same scores and outcomes as one frame."""
    scores = study.scores()["client"].to_frame().select("client", "therapist", "session", "total")
    return scores.join(clinic.symptoms.select("client", "session", "score"), on=["client", "session"], how="left")


MODELS = [case for case in CASES.values() if case["kind"] == "model" and case["extra"] == "session"]


class TestLme4:
    @pytest.mark.parametrize("case", MODELS, ids=lambda case: case["id"])
    def test_effects(self, case):
        options = {"therapist": "therapist"} if case["therapists"] else {}
        found = al.within_between(frame_of(case["panel"]), outcome="outcome", **SCORED, **options)
        effects = found.detrended if case["detrended"] else found.kept
        names = ["intercept", "within", "between", *(["therapist"] if case["therapists"] else []), "time"]
        for name, value, error in zip(names, case["coefficients"], case["errors"], strict=True):
            each = effects._named[name]
            assert close(each.value, value, 1e-5) and close(each.standard_error, error, 1e-5), name
        assert close(effects.contextual.value, case["contextual"], 1e-5)
        assert close(effects.contextual.standard_error, case["contextual_se"], 1e-5)
        assert close(effects.residual_variance.value, case["residual"], 1e-5)
        assert close(effects.client_variance.value, case["client"], 1e-4)
        assert close(effects.deviance, case["reml"], 1e-7)
        assert effects.within.rows_used == case["rows"]

    def test_the_parts(self):
        for case in MODELS:
            options = {"therapist": "therapist"} if case["therapists"] else {}
            found = disaggregate(case["panel"], detrend=case["detrended"], **options).to_frame()
            for part in ("within", "between"):
                for one, other in zip(cells(found, f"alliance_{part}"), case[f"{part}_rows"], strict=False):
                    assert close(one, other, 1e-9) or abs(one - other) < 1e-12

    def test_the_effect_within_is_that_of_dummies_and_raw_scores_mix_both(self):
        found = al.within_between(frame_of("panel-a"), outcome="outcome", **SCORED)
        single = CASES["single"]
        assert close(found.within.value, single["dummy"], 1e-5)
        assert close(found.within.standard_error, single["dummy_se"], 1e-5)
        assert found.between.value < single["raw"] < found.within.value

    def test_unreliable_means(self):
        case = CASES["true-levels"]
        found = al.within_between(frame_of("panel-a"), outcome="outcome", **SCORED)
        assert close(found.reliability.value, case["reliability"], 1e-5)
        assert close(found.kept.between_at_true_levels.value, case["value"], 1e-5)
        assert close(found.kept.between_at_true_levels.standard_error, case["error"], 1e-5)
        exact = al.within_between(frame_of("panel-a"), outcome="outcome", reliability=1.0, **SCORED)
        assert exact.kept.between_at_true_levels.value == exact.between.value
        half = al.within_between(frame_of("panel-a"), outcome="outcome", reliability=0.5, **SCORED)
        expected = 2 * half.between.value - half.within.value
        assert close(half.kept.between_at_true_levels.value, expected, 1e-9)

    def test_an_interaction_is_a_covariate(self):
        case = CASES["panel-a-interaction"]
        parts = disaggregate().to_frame()
        product = parts.with_columns(product=pl.col("alliance_within") * pl.col("alliance_between"))
        found = al.within_between(product, outcome="outcome", covariates=["product"], **SCORED)
        (name, estimate), *none = found.kept.covariates
        assert (name, none) == ("product", [])
        assert close(estimate.value, case["coefficients"][4], 1e-5)
        assert close(estimate.standard_error, case["errors"][4], 1e-5)
        assert 0 < found.kept.p_values["product"] < 1

    def test_a_lag_takes_the_parts_of_the_session_before(self):
        frame = disaggregate().to_frame()
        before = al.lag(frame, **{**SCORED, "score": "alliance_within"}, measured="after", outcome_measured="after")
        plain = before.to_frame().drop_nulls("alliance_within_lag1")
        found = al.within_between(
            frame_of("panel-a"), outcome="outcome", lag=1, measured="after", outcome_measured="after", **SCORED
        )
        assert (found.rows_used, found.rows_dropped) == (len(plain), 60)
        # The slope within of a model with dummies: deviations of both from their means over the rows used.
        means = plain.with_columns(
            x=pl.col("alliance_within_lag1") - pl.col("alliance_within_lag1").mean().over("client"),
            t=pl.col("session") - pl.col("session").mean().over("client"),
            y=pl.col("outcome") - pl.col("outcome").mean().over("client"),
        )
        x, t, y = (means[name].to_numpy() for name in "xty")
        slope = (x @ y * (t @ t) - t @ y * (x @ t)) / (x @ x * (t @ t) - (x @ t) ** 2)
        # Means over the rows used differ a little from means over all: not exactly the dummies' slope.
        assert abs(found.within.value - slope) < 0.05


class TestTraps:
    def test_trap_7_lags_go_by_session_number(self):
        frame = frame_of("panel-a-thinned")
        for steps, name in ((1, "one"), (2, "two")):
            found = al.lag(frame, measured="after", outcome_measured="before", lag=steps, **SCORED)
            assert_close(cells(found.to_frame(), f"alliance_lag{steps}"), CASES["lags"][name])
        rows = frame.with_columns(shifted=pl.col("alliance").shift(1).over("client"))
        shifted = rows["shifted"].null_count()
        assert found.rows_dropped > al.lag(frame, measured="after", outcome_measured="before", **SCORED).rows_dropped
        assert al.lag(frame, measured="after", outcome_measured="before", **SCORED).rows_dropped > shifted == 60

    def test_trap_7_sessions_need_not_be_equally_far_apart(self):
        days = [0.0, 7.0, 28.0, 35.0]
        frame = pl.DataFrame({"client": ["a"] * 4, "session": [1, 2, 3, 5], "alliance": [4.0] * 4, "days": days})
        found = al.lag(frame, measured="after", outcome_measured="before", time="days", **SCORED)
        assert cells(found.to_frame(), "days_passed") == [None, 7.0, 21.0, None]
        same = al.lag(frame, measured="before", outcome_measured="after", time="days", **SCORED)
        assert cells(same.to_frame(), "days_passed") == [0.0] * 4

    @pytest.mark.parametrize(
        ("measured", "outcome_measured", "back"),
        [("before", "after", 0), ("before", "before", 1), ("after", "after", 1), ("after", "before", 1)],
    )
    def test_trap_7_what_lag_1_means_is_said_by_the_caller(self, measured, outcome_measured, back):
        found = al.lag(frame_of("panel-a"), measured=measured, outcome_measured=outcome_measured, **SCORED)
        assert found.sessions_back == back
        assert found.rows_dropped == 60 * back

    def test_trap_8_means_so_far_hold_no_future(self):
        whole = frame_of("panel-a-thinned")
        later = pl.when(pl.col("session") > 5).then(1.0).otherwise(pl.col("alliance")).alias("alliance")
        changed = whole.with_columns(later)
        past = (whole["session"] <= 5).to_list()
        for mean, is_same in (("so-far", True), ("whole", False)):
            one, other = (al.disaggregate(frame, mean=mean, **SCORED).to_frame() for frame in (whole, changed))
            for part in ("alliance_within", "alliance_between"):
                before = [
                    (a, b) for a, b, is_past in zip(one[part], other[part], past, strict=True) if is_past and a != b
                ]
                assert (not before) == is_same
        found = al.disaggregate(whole, mean="so-far", **SCORED).to_frame()
        level = [a - b for a, b in zip(found["alliance"], found["alliance_within"], strict=True)]
        assert_close(level, CASES["lags"]["with"], 1e-9)

    def test_trap_8_the_whole_mean_says_what_it_is(self):
        assert "must not predict" in disaggregate().notes[0]
        assert not any("must not" in note for note in disaggregate(mean="so-far").notes)
        lagged = {"lag": 1, "measured": "after", "outcome_measured": "before", **SCORED}
        found = al.within_between(frame_of("panel-a"), outcome="outcome", **lagged)
        assert any("after the outcome" in note for note in found.notes)

    def test_trap_18_clients_numbered_anew_by_each_therapist_are_refused(self):
        frame = frame_of("panel-a").with_columns(client=(pl.col("client") - 1) % 6, session="session")
        with pytest.raises(al.AllianceError) as caught:
            al.disaggregate(frame, therapist="therapist", **SCORED)
        assert caught.value.code == "repeated-session"
        apart = frame.with_columns(session=pl.col("session") + 10 * pl.col("therapist"))
        with pytest.raises(al.AllianceError) as caught:
            al.disaggregate(apart, therapist="therapist", **SCORED)
        assert caught.value.code == "not-nested"
        assert al.disaggregate(apart, therapist="therapist", levels="client", **SCORED).therapists is None


class TestTrajectories:
    def test_they_agree_with_their_definitions(self):
        case = CASES["courses"]
        found = al.trajectories(frame_of("panel-a-thinned"), **SCORED).to_frame()
        assert cells(found, "client") == case["client"]
        names = {
            **{"sessions": "n", "mean": "mean", "standard_deviation": "sd", "slope": "slope"},
            **{"slope_standard_error": "slope_se", "area": "area", "time_above": "time_above"},
            **{"sessions_above": "sessions_above", "lowest": "low", "lowest_session": "low_session"},
            **{"mean_square_successive_difference": "mssd", "early": "early", "final": "last"},
            **{"early_to_final": "change", "autocorrelation": "autocorrelation"},
        }
        for ours, theirs in names.items():
            for one, other in zip(cells(found, ours), case[theirs], strict=True):
                assert close(one, other, 1e-9) or abs(one - other) < 1e-12, ours

    def test_time_window_and_threshold(self):
        frame = frame_of("panel-a").with_columns(days=7.0 * pl.col("session"))
        weeks, days = al.trajectories(frame, **SCORED), al.trajectories(frame, time="days", **SCORED)
        one, other = weeks.to_frame(), days.to_frame()
        assert_close(cells(one, "slope"), [7 * slope for slope in cells(other, "slope")], 1e-9)
        assert_close(cells(one, "area"), cells(other, "area"), 1e-9)
        high = al.trajectories(frame, threshold=8.0, window=1, **SCORED).to_frame()
        assert set(cells(high, "time_above")) == {0.0}
        assert cells(high, "early") == frame.filter(pl.col("session") == 1)["alliance"].to_list()
        assert not any(cells(high, "autocorrelation_is_readable"))

    def test_a_client_without_scores_has_a_row_and_no_numbers(self):
        frame = pl.DataFrame({"client": ["a", "b"], "session": [1, 1], "alliance": [None, 4.0]})
        found = al.trajectories(frame, **SCORED)
        assert found.clients == 1
        assert found.to_frame().select("client", "sessions", "mean", "lowest_session").rows() == [
            ("a", 0, None, None),
            ("b", 1, 4.0, 1),
        ]


class TestKinds:
    def test_every_kind_of_frame_gives_the_same(self, make_frame):
        columns = {name: PANELS["panel-a"][name][:40] for name in ("client", "session", "alliance", "outcome")}
        frame, plain = make_frame(columns), pl.DataFrame(columns)
        for call in (
            lambda data: al.disaggregate(data, **SCORED),
            lambda data: al.lag(data, measured="after", outcome_measured="before", **SCORED),
            lambda data: al.trajectories(data, **SCORED),
            lambda data: al.within_between(data, outcome="outcome", **SCORED),
        ):
            found, expected = call(frame).to_frame(), call(plain).to_frame()
            assert kind_of(found) == make_frame.out
            assert names_of(found) == names_of(expected)
            for name in names_of(expected):
                one, other = cells(found, name), cells(expected, name)
                assert one == other or all(map(lambda a, b: a == b or close(a, b, 1e-13), one, other)), name

    def test_pandas_rows_keep_their_index(self):
        frame = frame_of("panel-a").to_pandas().set_index("outcome", drop=False)
        found = al.disaggregate(frame, **SCORED).to_frame()
        assert found.index.equals(frame.index) and list(found.columns[:-2]) == list(frame.columns)

    def test_scores_a_study_and_a_frame_give_the_same(self, study, scored):
        named = {"score": "total", "therapist": "therapist", **IDS}
        frame = al.disaggregate(scored, **named)
        for data in (study, study.scores(), study.scores()["client"]):
            found = al.disaggregate(data)
            for part in ("within", "between", "therapist"):
                assert cells(found.to_frame(), f"total_{part}") == cells(frame.to_frame(), f"total_{part}")
        courses = al.trajectories(scored, **named).to_frame()
        assert al.trajectories(study, rater="client").to_frame().equals(courses)
        when = {"measured": "after", "outcome_measured": "before"}
        assert cells(al.lag(study, **when).to_frame(), "total_lag1") == cells(
            al.lag(scored, **when, **named).to_frame(), "total_lag1"
        )

    def test_a_study_and_a_frame_give_the_same_model(self, study, scored):
        named = {"score": "total", "therapist": "therapist", **IDS}
        frame = al.within_between(scored, outcome="score", **named)
        found = al.within_between(study, outcome="score", rater="client")
        for name, each in frame.estimates.items():
            assert close(found.estimates[name].value, each.value, 1e-7), name
        assert (found.rows_used, found.clients, found.therapists) == (frame.rows_used, frame.clients, frame.therapists)
        assert "wai-sr-client" in found.methods() and "wai-sr-client" in found.cite()

    def test_a_study_knows_outcomes_of_sessions_without_a_form(self, study, scored):
        lagged = al.within_between(study, outcome="score", lag=1, measured="after", levels="client")
        named = {"score": "total", "measured": "after", "outcome_measured": "before", "levels": "client", **IDS}
        only_forms = al.within_between(scored.drop_nulls("total"), outcome="score", lag=1, **named)
        assert lagged.rows_used >= only_forms.rows_used
        assert lagged.outcome_measured == "before"

    def test_dates_are_one_session_each(self):
        import datetime

        days = [datetime.date(2024, 1, 1), datetime.date(2024, 1, 8), datetime.date(2024, 3, 1)]
        frame = pl.DataFrame({"client": ["a"] * 3, "session": days, "alliance": [4.0, 5.0, 6.0]})
        found = al.lag(frame, measured="after", outcome_measured="before", **SCORED)
        assert cells(found.to_frame(), "alliance_lag1") == [None, 4.0, 5.0]


DEGENERATE = {
    "constant": [("a", 1, 4.0, 9.0), ("a", 2, 4.0, 8.0), ("b", 1, 4.0, 7.0), ("b", 2, 4.0, 9.0)],
    "constant outcome": [("a", 1, 4.0, 9.0), ("a", 2, 5.0, 9.0), ("b", 1, 4.5, 9.0), ("b", 2, 6.0, 9.0)],
    "one client": [("a", 1, 4.0, 9.0), ("a", 2, 5.0, 8.0), ("a", 3, 4.5, 7.0)],
    "one session": [("a", 1, 4.0, 9.0), ("b", 1, 5.0, 8.0), ("c", 1, 4.5, 7.0)],
    "all missing": [("a", 1, None, None), ("b", 1, None, None)],
    "one row": [("a", 1, 4.0, 9.0)],
    "no row": [],
    "perfect": [(who, nth, 4.0 + nth + 2 * place, 9.0 - nth) for place, who in enumerate("abcd") for nth in range(3)],
}
SCHEMA = {"client": pl.String, "session": pl.Int64, "alliance": pl.Float64, "outcome": pl.Float64}


class TestDegenerate:
    @pytest.mark.parametrize("name", DEGENERATE)
    def test_a_status_and_why(self, name):
        frame = pl.DataFrame(DEGENERATE[name], schema=SCHEMA, orient="row")
        found = al.within_between(frame, outcome="outcome", **SCORED)
        for key, each in found.estimates.items():
            assert each.status != "defined" or not math.isnan(each.value), key
            assert str(each) not in {"", "nan"}
        if name not in ("perfect", "constant outcome"):
            assert math.isnan(found.within.value) and found.within.status != "defined"
        assert found.methods() and found._repr_html_() and repr(found)
        found.plot()
        for result in (
            al.disaggregate(frame, **SCORED),
            al.disaggregate(frame, detrend=True, **SCORED),
            al.trajectories(frame, **SCORED),
            al.lag(frame, measured="after", outcome_measured="before", **SCORED),
        ):
            assert len(result.to_frame()) >= 0
            assert result.methods() and result._repr_html_() and repr(result)

    def test_statuses_of_parts(self):
        status = {
            name: al.disaggregate(pl.DataFrame(rows, schema=SCHEMA, orient="row"), **SCORED).status
            for name, rows in DEGENERATE.items()
        }
        assert status["all missing"] == status["no row"] == "all-missing"
        assert status["constant"] == status["one session"] == "zero-variance"
        assert status["perfect"] == status["one client"] == "defined"

    def test_single_sessions_speak_of_differences_between_clients_only(self):
        rows = [*DEGENERATE["perfect"], ("e", 1, 6.5, 8.0)]
        found = al.disaggregate(pl.DataFrame(rows, schema=SCHEMA, orient="row"), **SCORED)
        assert found.single_session_clients == 1 and "one score" in found.notes[1]
        assert cells(found.to_frame(), "alliance_within")[-1] == 0.0

    @settings(max_examples=40, deadline=None)
    @given(
        st.lists(
            st.tuples(
                st.integers(0, 4),
                st.integers(1, 6),
                st.one_of(st.none(), st.integers(1, 7)),
                st.one_of(st.none(), st.integers(0, 9)),
            ),
            max_size=25,
            unique_by=lambda row: row[:2],
        ),
        st.randoms(use_true_random=False),
    )
    def test_whatever_the_rows_and_in_whatever_order(self, rows, random):
        schema = SCHEMA | {"client": pl.Int64}
        frame = pl.DataFrame(rows, schema=schema, orient="row")
        found = al.disaggregate(frame, **SCORED)
        parts = found.to_frame()
        for score, within, between in parts.select("alliance", "alliance_within", "alliance_between").rows():
            assert (score is None) == (within is None) == (between is None)
            assert score is None or abs(found.grand_mean + within + between - score) < 1e-12
        shuffled = rows.copy()
        random.shuffle(shuffled)
        again = al.disaggregate(pl.DataFrame(shuffled, schema=schema, orient="row"), **SCORED).to_frame()
        one, other = (
            dict(zip(part.select("client", "session").rows(), part["alliance_within"], strict=True))
            for part in (parts, again)
        )
        assert all(close(one[key], other[key], 1e-12) or abs(one[key] - other[key]) < 1e-12 for key in one)
        model = al.within_between(frame, outcome="outcome", **SCORED)
        for each in model.estimates.values():
            assert each.status != "defined" or not math.isnan(each.value)


class TestNonsense:
    @pytest.mark.parametrize(
        ("call", "options"),
        [
            (al.disaggregate, {"mean": "later"}),
            (al.disaggregate, {"detrend": 3}),
            (al.disaggregate, {"detrend": "nowhere"}),
            (al.disaggregate, {"detrend": True, "mean": "so-far"}),
            (al.disaggregate, {"therapist": "therapist", "mean": "so-far"}),
            (al.disaggregate, {"levels": "therapist"}),
            (al.disaggregate, {"score": None}),
            (al.disaggregate, {"client": None}),
            (al.disaggregate, {"session": None}),
            (al.disaggregate, {"score": "nowhere"}),
            (al.lag, {}),
            (al.lag, {"measured": "during", "outcome_measured": "after"}),
            (al.lag, {"measured": "after", "outcome_measured": "after", "time": "nowhere"}),
            (al.lag, {"measured": "after", "outcome_measured": "after", "lag": 0}),
            (al.lag, {"measured": "after", "outcome_measured": "after", "lag": 1.5}),
            (al.lag, {"measured": "after", "outcome_measured": "after", "lag": 2**40}),
            (al.trajectories, {"window": 0}),
            (al.trajectories, {"threshold": "high"}),
            (al.trajectories, {"threshold": float("nan")}),
            (al.trajectories, {"time": "nowhere"}),
            (al.within_between, {"outcome": "nowhere"}),
            (al.within_between, {"outcome": "outcome", "lag": 1}),
            (al.within_between, {"outcome": "outcome", "lag": 1, "measured": "after"}),
            (al.within_between, {"outcome": "outcome", "lag": -1}),
            (al.within_between, {"outcome": "outcome", "measured": "sometimes"}),
            (al.within_between, {"outcome": "outcome", "reliability": 0.0}),
            (al.within_between, {"outcome": "outcome", "reliability": 1.2}),
            (al.within_between, {"outcome": "outcome", "confidence": 1.0}),
            (al.within_between, {"outcome": "outcome", "covariates": "session"}),
            (al.within_between, {"outcome": "outcome", "covariates": ["time"]}),
            (al.within_between, {"outcome": "outcome", "covariates": ["rated", "rated"]}),
            (al.within_between, {"outcome": "outcome", "levels": "therapist"}),
        ],
    )
    def test_options(self, call, options):
        with pytest.raises((al.AllianceError, TypeError)) as caught:
            call(frame_of("panel-a"), **{**SCORED, **options})
        assert options == {} or caught.value.code in al.errors.error_codes()

    @pytest.mark.parametrize("role", ["client", "session", "therapist"])
    def test_rows_without_an_id_are_refused(self, role):
        frame = frame_of("panel-a").head(9)
        gap = frame.with_columns(pl.when(pl.col("session") == 3).then(None).otherwise(pl.col(role)).alias(role))
        with pytest.raises(al.AllianceError) as caught:
            al.disaggregate(gap, therapist="therapist", **SCORED)
        assert caught.value.code == "missing-id" and caught.value.rows == (2,)

    def test_scores_need_no_columns_and_have_no_outcome(self, study):
        with pytest.raises(al.AllianceError, match="know their"):
            al.disaggregate(study, score="total")
        with pytest.raises(al.AllianceError, match="have no outcome"):
            al.within_between(study.scores(), outcome="score")
        with pytest.raises(al.AllianceError, match="no outcome `other`"):
            al.within_between(study, outcome="other")
        with pytest.raises(al.AllianceError, match="one frame"):
            al.within_between(study, outcome="score", covariates=["age"])
        with pytest.raises(al.AllianceError, match="the study says"):
            al.within_between(study, outcome="score", lag=1, measured="after", outcome_measured="after")

    def test_no_value_is_told(self):
        secret = {"client": ["7431-x", "7431-x"], "session": [1, 1], "alliance": [1.0, 2.0], "outcome": ["x7431", "2"]}
        for call in (
            lambda frame: al.disaggregate(frame, **SCORED),
            lambda frame: al.within_between(frame, outcome="outcome", **SCORED),
            lambda frame: al.lag(frame, measured="after", outcome_measured="after", **SCORED),
            lambda frame: al.trajectories(frame, **SCORED),
            lambda frame: al.trajectories(frame, **{**SCORED, "score": "outcome", "session": "alliance"}),
        ):
            with pytest.raises(al.AllianceError) as caught:
                call(pl.DataFrame(secret))
            assert "7431" not in str(caught.value)
            assert caught.value.__cause__ is None


class TestResult:
    def test_tables_words_and_citations(self):
        found = al.within_between(frame_of("panel-a"), outcome="outcome", therapist="therapist", **SCORED)
        table = found.to_frame()
        assert cells(table, "trend") == ["kept"] * (len(table) // 2) + ["removed"] * (len(table) // 2)
        assert cells(table, "value")[:3] == [found.within.value, found.between.value, found.contextual.value]
        p_value = dict(zip(cells(table, "estimate"), cells(table, "p_value"), strict=True))
        assert 0 <= p_value["within"] < 0.05 and p_value["client_variance"] is None
        said, cited = found.methods(), found.cite()
        assert "trends taken out" in said and "therapist" in said and "by REML" in said
        for key in ("curran-2011", "falkenstrom-2017", "luedtke-2008", "baldwin-2007", "@software"):
            assert key in cited

    def test_results_are_values(self):
        for call in (
            lambda name: disaggregate(name),
            lambda name: al.trajectories(frame_of(name), **SCORED),
            lambda name: al.lag(frame_of(name), measured="after", outcome_measured="before", **SCORED),
            lambda name: al.within_between(frame_of(name), outcome="outcome", **SCORED),
        ):
            one = call("panel-a")
            assert pickle.loads(pickle.dumps(one)) == one == call("panel-a") != call("panel-a-thinned")
            with pytest.raises(AttributeError):
                one.score = "other"
            assert "curran-2011" in one.cite() or "@software" in one.cite()

    def test_views_hold_no_row(self, study, clinic):
        results = (al.disaggregate(study), al.trajectories(study), al.within_between(study, outcome="score"))
        lagged = al.lag(study, measured="after", outcome_measured="before")
        for found in (*results, lagged):
            shown = found._repr_html_() + repr(found) + found.methods()
            for client in set(cells(clinic.client_forms, "client")):
                assert client not in shown

    def test_the_caller_may_change_the_frame_later(self):
        frame = frame_of("panel-a").to_pandas()
        found = al.disaggregate(frame, **SCORED)
        before = found.to_frame().copy()
        frame.loc[:, "alliance"] = 0.0
        assert found.to_frame().equals(before)

    def test_the_figure_has_a_dot_per_effect_and_model(self):
        found = al.within_between(frame_of("panel-a"), outcome="outcome", **SCORED)
        figure = found.plot()
        assert figure._repr_png_()[:4] == b"\x89PNG"
        dots = [line.get_xdata() for line in figure.axes[0].lines[1:]]
        assert [len(each) for each in dots] == [4, 4]
        assert dots[0][0] == found.within.value and dots[1][0] == found.detrended.within.value


def test_one_client_with_one_score_tells():
    frame = pl.DataFrame({"client": [1, 1, 2], "session": [1, 2, 1], "score": [5.0, 4.0, 3.0]})
    found = al.disaggregate(frame, score="score", client="client", session="session")
    assert "1 client has one score and tells of differences between clients only." in found.notes
