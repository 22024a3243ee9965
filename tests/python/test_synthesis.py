"""Syntheses of correlations agree with metafor, and say what they rest on."""

from __future__ import annotations

import math
import pickle

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import cells, close, kind_of, names_of, vector

import alliance as al

CASES = vector("synthesis")["cases"]


def of_kind(kind):
    return [case for case in CASES if case["kind"] == kind]


DATA = of_kind("data")[0]
MOLLOY = pl.DataFrame({"study": [f"study {k}" for k in range(16)], "r": DATA["molloy_r"], "n": DATA["molloy_n"]})
WALD = {"standard_errors": "normal", "prediction": "normal"}


def from_z(effects, variances, **more):
    """A frame whose Fisher's z and variances are these."""
    return pl.DataFrame({"r": np.tanh(effects), "n": 3 + 1 / np.asarray(variances, dtype=float)} | more, strict=False)


def near(found, expected, tolerance=1e-7):
    return math.isclose(found, expected, rel_tol=tolerance, abs_tol=1e-11)


class TestMetafor:
    @pytest.mark.parametrize(
        "case", [case for case in of_kind("meta") if case["data"] == "molloy"], ids=lambda case: case["id"]
    )
    def test_eight_estimators(self, case):
        found = al.meta_correlations(MOLLOY, estimator=case["estimator"], **WALD)
        z = found.coefficients[0]
        assert near(z.estimate.value, case["effect"]) and near(z.estimate.standard_error, case["se"])
        assert near(z.p_value, case["p"]) and near(found.q, case["q"]) and near(found.q_p, case["q_p"])
        assert near(found.tau_squared.value, case["tau2"])
        assert near(found.correlation.value, math.tanh(case["effect"]))
        assert near(found.correlation.low, math.tanh(case["interval"][0]))
        if case["estimator"] != "CE":
            assert near(found.i_squared.value, case["i2"]) and near(found.h_squared, case["h2"])
            assert near(found.prediction[0], math.tanh(case["prediction_normal"][0]))
            by_default = al.meta_correlations(MOLLOY, estimator=case["estimator"], standard_errors="normal")
            assert near(by_default.prediction[1], math.tanh(case["prediction_k2"][1]))
        knha = al.meta_correlations(MOLLOY, estimator=case["estimator"], prediction="t(k-1)")
        assert near(knha.coefficients[0].estimate.standard_error, case["knha_se"])
        assert near(knha.correlation.high, math.tanh(case["knha_interval"][1]))
        if case["estimator"] != "CE":
            assert near(knha.prediction[0], math.tanh(case["prediction_knha"][0]))

    @pytest.mark.parametrize("case", of_kind("regression"), ids=lambda case: case["id"])
    def test_moderators(self, case):
        more = {f"m{k}": column for k, column in enumerate(case["moderators"])}
        frame = from_z(case["effects"], case["variances"], **more)
        found = al.meta_correlations(frame, moderators=list(more), estimator=case["estimator"], **WALD)
        for name in ("coefficients", "se", "p", "low"):
            pick = {
                "coefficients": lambda each: each.estimate.value,
                "se": lambda each: each.estimate.standard_error,
                "p": lambda each: each.p_value,
                "low": lambda each: each.estimate.low,
            }[name]
            assert all(
                near(pick(each), value, 1e-6) for each, value in zip(found.coefficients, case[name], strict=True)
            )
        assert near(found.moderator_test.statistic, case["qm"], 1e-6) and near(found.q, case["q"])
        assert near(found.tau_squared.value, case["tau2"], 1e-6)
        if case["estimator"] != "CE":
            assert near(found.r_squared, case["r2"], 1e-5)
        knha = al.meta_correlations(frame, moderators=list(more), estimator=case["estimator"])
        assert near(knha.moderator_test.statistic, case["knha_f"], 1e-6)
        assert found.correlation is None and found.prediction is None

    @pytest.mark.parametrize("case", of_kind("three-level"), ids=lambda case: case["id"])
    def test_three_levels(self, case):
        more = {f"m{k}": column for k, column in enumerate(case["moderators"])}
        frame = from_z(case["effects"], case["variances"], sample=case["clusters"], **more)
        options = {"cluster": "sample", "moderators": list(more), "estimator": case["estimator"]}
        found = al.meta_correlations(frame, **options, **WALD)
        assert found.clusters == len(set(case["clusters"])) and found.studies == len(case["effects"])
        for each, value, error in zip(found.coefficients, case["coefficients"], case["se"], strict=True):
            assert near(each.estimate.value, value, 1e-5) and near(each.estimate.standard_error, error, 1e-5)
        for component, name in ((found.between_clusters, "between"), (found.within_clusters, "within")):
            assert math.isclose(component.value, case[name], rel_tol=1e-5, abs_tol=1e-9)
        if not more:
            assert near(found.prediction[0], math.tanh(case["prediction_normal"][0]), 1e-5)
            assert np.allclose(cells(found.study_frame(), "weight"), case["weights"], rtol=1e-5)
        if "without" in case:
            without = cells(found.leave_one_out(), "correlation")
            assert np.allclose(np.arctanh(without), case["without"], rtol=1e-5)
        by_t = al.meta_correlations(frame, **options)
        assert by_t.coefficients[0].estimate.degrees_of_freedom == case["degrees"]

    def test_leaving_one_out_and_small_studies(self):
        bias = of_kind("bias")[0]
        found = al.meta_correlations(MOLLOY, study="study", **WALD)
        frame = found.leave_one_out()
        assert np.allclose(np.arctanh(cells(frame, "correlation")), bias["without"], rtol=1e-7)
        assert cells(frame, "left_out") == MOLLOY["study"].to_list()
        small = found.small_studies()
        assert near(small.egger.value, bias["egger"], 1e-9) and not small.few and small.filled == 2
        trim = of_kind("trim")[0]
        assert near(small.correlation_filled.value, math.tanh(trim["effect"]))

    def test_trap_13_the_quantile_of_the_prediction_interval_is_said(self):
        found = al.meta_correlations(MOLLOY)
        assert found.prediction_degrees == 14 and "t(14)" in found.methods() and "t(14)" in found._repr_html_()
        normal = al.meta_correlations(MOLLOY, prediction="normal")
        assert normal.prediction[0] > found.prediction[0] and "quantile normal" in normal.methods()
        # I squared is no variance explained: the correlation explains 2.2 %.
        assert found.i_squared.value > 60 and found.correlation.value**2 < 0.023

    def test_trap_14_few_studies_are_said(self):
        small = al.meta_correlations(MOLLOY.head(9)).small_studies()
        assert small.few
        assert any("fewer than ten" in note for note in small.egger.notes + small.correlation_filled.notes)

    def test_trap_11_a_correlation_of_one_has_no_fisher_z(self):
        for r, n in ((1.0, 40), (-1.0, 40), (0.3, 3)):
            frame = pl.DataFrame({"r": [0.2, 0.3, r], "n": [50, 60, n], "s": [1, 1, 2], "x": [1.0, 2.0, 3.0]})
            for options in ({}, {"cluster": "s"}, {"moderators": "x"}):
                found = al.meta_correlations(frame, **options)
                first = found.coefficients[0].estimate
                assert first.status == "undefined" and math.isnan(first.value) and "Fisher" in " ".join(found.notes)
                assert found.prediction is None and found.methods() and found._repr_html_()
        mean = al.meta_correlations(MOLLOY).correlation.value
        assert abs(mean - MOLLOY["r"].mean()) > 0.005


class TestKinds:
    def test_every_kind_of_frame_gives_the_same(self, make_frame):
        columns = {name: MOLLOY[name].to_list() for name in MOLLOY.columns}
        found = al.meta_correlations(make_frame(columns), study="study")
        assert found.estimates == al.meta_correlations(MOLLOY, study="study").estimates
        assert kind_of(found.to_frame()) == kind_of(found.study_frame()) == kind_of(found.leave_one_out())
        assert cells(found.study_frame(), "study") == columns["study"]

    def test_words_are_moderators_by_level(self):
        frame = MOLLOY.with_columns(design=pl.Series(["before", "after", "while", "after"] * 4))
        found = al.meta_correlations(frame, moderators="design")
        assert [each.name for each in found.coefficients] == ["intercept", "design: before", "design: while"]
        dummies = frame.with_columns(
            before=(pl.col("design") == "before").cast(pl.Float64),
            while_=(pl.col("design") == "while").cast(pl.Float64),
        )
        expected = al.meta_correlations(dummies, moderators=["before", "while_"])
        for one, other in zip(found.coefficients, expected.coefficients, strict=True):
            assert one.estimate == other.estimate
        assert names_of(found.leave_one_out()) == ["left_out", "intercept", "design: before", "design: while"]

    def test_missing_studies_are_counted(self):
        frame = MOLLOY.with_columns(r=pl.when(pl.col("study") == "study 3").then(None).otherwise(pl.col("r")))
        found = al.meta_correlations(frame, study="study")
        assert (found.studies, found.correlation.rows_dropped) == (15, 1)
        assert len(cells(found.leave_one_out(), "left_out")) == 15
        assert cells(found.study_frame(), "weight")[3] is None
        expected = al.meta_correlations(MOLLOY.filter(pl.col("study") != "study 3"))
        assert found.correlation.value == expected.correlation.value


DEGENERATE = {
    "no study": ([], [], "all-missing"),
    "all missing": ([None, None], [40.0, 50.0], "all-missing"),
    "one study": ([0.3], [40.0], "defined"),
    "two studies": ([0.3, 0.1], [40.0, 60.0], "defined"),
    "all the same": ([0.3] * 5, [40.0] * 5, "defined"),
}


class TestDegenerate:
    @pytest.mark.parametrize("name", DEGENERATE)
    def test_a_status_and_never_a_value_by_accident(self, name):
        r, n, status = DEGENERATE[name]
        frame = pl.DataFrame({"r": r, "n": n}, schema={"r": pl.Float64, "n": pl.Float64})
        found = al.meta_correlations(frame)
        assert found.correlation.status == status
        assert found.correlation.status == "defined" or math.isnan(found.correlation.value)
        assert found.methods() and found._repr_html_() and repr(found) and found.plot()._repr_png_()
        found.leave_one_out(), found.study_frame(), found.small_studies(), found.to_frame()
        if len(r) < 2 or status != "defined":
            assert math.isnan(found.tau_squared.value) and found.prediction is None

    def test_levels_that_cannot_be_told_apart(self):
        for clusters, status in (([1] * 16, "too-few-units"), (list(range(16)), "undefined")):
            found = al.meta_correlations(MOLLOY.with_columns(s=pl.Series(clusters)), cluster="s")
            assert found.coefficients[0].estimate.status == found.between_clusters.status == status
            assert found.methods() and found.plot()._repr_png_()

    def test_moderators_that_say_nothing(self):
        frame = MOLLOY.with_columns(same=pl.lit(1.0), x=pl.col("n") * 1.0, twice=pl.col("n") * 2.0)
        for moderators in ("same", ["x", "twice"]):
            found = al.meta_correlations(frame, moderators=moderators)
            assert found.coefficients[1].estimate.status == "not-positive-definite"
        few = al.meta_correlations(frame.head(2), moderators="x")
        assert few.coefficients[0].estimate.status == "too-few-units"

    def test_a_level_of_left_out_studies_only_has_no_column(self):
        frame = pl.DataFrame({"r": [0.3, 0.1, 0.2, 0.5, None], "n": [40] * 5, "design": ["a", "b", "a", "b", "c"]})
        found, expected = (al.meta_correlations(each, moderators="design") for each in (frame, frame.head(4)))
        assert [each.name for each in found.coefficients] == ["intercept", "design: b"]
        assert found.coefficients[1].estimate.value == expected.coefficients[1].estimate.value
        assert found.studies == 4

    def test_a_model_that_is_not_defined_still_knows_its_clusters(self):
        frame = pl.DataFrame(
            {"r": [0.3, 0.2, 0.1, 0.4, 0.3, 1.0], "n": [50] * 6, "sample": ["z", "z", "y", "y", "x", "x"]}
        )
        found = al.meta_correlations(frame, cluster="sample")
        left = found.leave_one_out()
        assert cells(left, "left_out") == ["z", "y", "x"]
        # The study of r = 1 stays until its own cluster is left out.
        assert [value is None for value in cells(left, "correlation")] == [True, True, False]
        assert cells(left, "correlation")[2] == al.meta_correlations(frame.head(4), cluster="sample").correlation.value
        with pytest.raises(al.AllianceError, match="independent"):
            found.small_studies()

    def test_a_study_without_fisher_z_is_never_left_out_silently(self):
        frame = pl.DataFrame({"study": ["a", "b", "c", "d"], "r": [0.3, 1.0, 0.2, 0.1], "n": [40, 20, 50, 60]})
        found = al.meta_correlations(frame, study="study")
        left = found.leave_one_out()
        assert cells(left, "left_out") == ["a", "b", "c", "d"]
        values = cells(left, "correlation")
        assert [value is None for value in values] == [True, False, True, True]
        assert values[1] == al.meta_correlations(frame.filter(pl.col("study") != "b")).correlation.value
        small = found.small_studies()
        assert small.egger.status == small.correlation_filled.status == "undefined" and small.filled == 0
        assert "Fisher" in small.egger.notes[0]

    def test_one_true_effect_claims_no_spread(self):
        # metafor 3.8-1, rma(yi, vi, method = "EE"): I2 and H2 from Q.
        frame = pl.DataFrame({"r": [0.3, 0.1, 0.2, -0.5, 0.6, 0.45, -0.1], "n": [10, 40, 400, 40, 25, 4, 90]})
        found = al.meta_correlations(frame, estimator="CE")
        assert near(found.i_squared.value, 80.72666289, 1e-8) and near(found.h_squared, 5.18851507, 1e-8)
        assert found.prediction is None and "further study" not in found.methods()
        assert "profile of Q" not in found.methods() and "viechtbauer-2007" not in found.cite()

    def test_a_paragraph_claims_no_interval_that_is_not_there(self):
        one = al.meta_correlations(pl.DataFrame({"r": [0.3], "n": [40]}))
        assert "interval" not in one.methods() and "too few" not in one.methods()
        assert "of 1 study " in one.methods() and "1 study," in repr(one)
        none = al.meta_correlations(pl.DataFrame({"r": [0.3, 1.0], "n": [40, 50]}))
        assert "The correlation was not defined." in none.methods()

    @settings(max_examples=40, deadline=None)
    @given(
        st.lists(
            st.tuples(st.one_of(st.none(), st.floats(-0.9, 0.9)), st.integers(4, 500), st.integers(1, 3)), max_size=8
        ),
        st.sampled_from(["REML", "ML", "DL", "PM", "HS", "SJ", "HE", "CE"]),
        st.booleans(),
    )
    def test_whatever_the_studies(self, rows, estimator, nested):
        frame = pl.DataFrame(rows, schema={"r": pl.Float64, "n": pl.Int64, "s": pl.Int64}, orient="row")
        nested = nested and estimator in ("REML", "ML")
        found = al.meta_correlations(frame, estimator=estimator, cluster="s" if nested else None)
        for each in found.estimates.values():
            is_there = each.status in ("defined", "boundary", "not-converged")
            assert is_there == (not math.isnan(each.value))
        assert found.methods()


class TestNonsense:
    def test_cells_that_can_be_none_are_named_by_column_and_row(self):
        studies = pl.DataFrame({"r": [0.1, 1.7431, -2.0], "n": [20, 30, 0]})
        with pytest.raises(al.AllianceError, match="column `r`, rows 1, 2: each of 2 cells") as caught:
            al.meta_correlations(studies)
        assert caught.value.code == "out-of-range" and "7431" not in str(caught.value)
        with pytest.raises(al.AllianceError, match="column `n`, row 2"):
            al.meta_correlations(studies.with_columns(r=pl.Series([0.1, 0.2, 0.3])))

    @pytest.mark.parametrize(
        ("options", "match"),
        [
            ({"r": "absent"}, "absent"),
            ({"estimator": "magic"}, "estimator"),
            ({"standard_errors": "robust"}, "standard_errors"),
            ({"prediction": "t"}, "prediction"),
            ({"confidence": 1.0}, "confidence"),
            ({"moderators": ["r"]}, "moderators"),
            ({"moderators": ["n", "n"]}, "moderators"),
            ({"moderators": "study"}, "levels"),
            ({"cluster": "gap"}, "lack"),
            ({"cluster": "study", "estimator": "DL"}, "REML or ML"),
            ({"r": "study"}, "study"),
            ({"r": "n"}, "moderators|correlations"),
        ],
    )
    def test_is_refused(self, options, match):
        frame = MOLLOY.with_columns(gap=pl.when(pl.col("n") > 100).then(1).otherwise(None))
        with pytest.raises(al.AllianceError, match=match) as caught:
            al.meta_correlations(frame, **options)
        assert "study 1" not in str(caught.value)

    def test_small_studies_are_for_independent_studies(self):
        frame = MOLLOY.with_columns(s=pl.Series([1, 2] * 8), x=pl.col("n") * 1.0)
        for options in ({"cluster": "s"}, {"moderators": "x"}):
            with pytest.raises(al.AllianceError, match="independent"):
                al.meta_correlations(frame, **options).small_studies()
        with pytest.raises(al.AllianceError, match="side"):
            al.meta_correlations(MOLLOY).small_studies("up")


class TestResult:
    def test_tables_words_and_citations(self):
        found = al.meta_correlations(MOLLOY, study="study")
        assert cells(found.to_frame(), "estimate") == list(found.estimates)
        assert "16 studies" in found.methods() and "Knapp and Hartung" in found.methods()
        assert "viechtbauer-2010" in found.cite() and "knapp-hartung-2003" in found.cite()
        assert pickle.loads(pickle.dumps(found)) == found and found != al.meta_correlations(
            MOLLOY.head(15), study="study"
        )
        nested = al.meta_correlations(MOLLOY.with_columns(s=pl.Series([1, 1, 2, 2, 3, 3, 4, 4] * 2)), cluster="s")
        assert "konstantopoulos-2011" in nested.cite() and "three-level" in nested.methods()

    def test_the_forest_has_a_line_per_study(self):
        figure = al.meta_correlations(MOLLOY, study="study").plot()
        assert figure._repr_png_()[:4] == b"\x89PNG"
        labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
        assert labels[:16] == MOLLOY["study"].to_list() and labels[16] == "mean"
        regression = al.meta_correlations(MOLLOY, moderators="n" if False else [], study="study").plot()
        assert regression._repr_png_()


class TestComparison:
    @pytest.mark.parametrize("case", of_kind("dependent"), ids=lambda case: case["id"])
    def test_tests_and_interval(self, case):
        found = al.compare_correlations(**{name: case[name] for name in ("r_xy", "r_zy", "r_xz", "n")})
        assert close(found.steiger.z, case["steiger"], 1e-9) and close(found.meng.z, case["meng"], 1e-9)
        assert close(found.dunn_clark.z, case["dunn_clark"], 1e-9)
        assert close(found.difference.low, case["zou"][0], 1e-9) and close(found.difference.high, case["zou"][1], 1e-9)
        assert "zou-2007" in found.cite() and pickle.loads(pickle.dumps(found)) == found and found._repr_html_()

    def test_columns_of_clients(self, make_simple):
        rng = np.random.default_rng(2)
        x, z = rng.normal(size=(2, 60))
        columns = {"client_wai": x, "therapist_wai": z + 0.4 * x, "outcome": x + rng.normal(size=60)}
        columns = {name: [None if k == 7 else float(v) for k, v in enumerate(own)] for name, own in columns.items()}
        roles = {"x": "client_wai", "z": "therapist_wai", "y": "outcome"}
        found = al.compare_correlations(make_simple(columns), **roles)
        table = np.array([[v for v in own if v is not None] for own in columns.values()])
        r = np.corrcoef(table)
        assert found.n == 59 and close(found.r_xz, r[0, 1], 1e-9)
        assert close(found.r_xy.value, r[0, 2], 1e-9) and close(found.r_zy.value, r[1, 2], 1e-9)
        expected = al.compare_correlations(r_xy=r[0, 2], r_zy=r[1, 2], r_xz=r[0, 1], n=59)
        assert close(found.steiger.z, expected.steiger.z, 1e-9)
        assert kind_of(found.to_frame()) == make_simple.name

    def test_a_paragraph_claims_no_interval_that_is_not_there(self):
        found = al.compare_correlations(r_xy=0.9, r_zy=-0.9, r_xz=0.9, n=66).methods()
        assert "have a difference that is not defined (matrix not positive definite)" in found
        assert "Zou" not in found and "nan" not in found

    def test_what_is_not_defined_has_a_status(self):
        frame = pl.DataFrame({"x": [1.0] * 9, "z": range(9), "y": [1, 4, 2, 3, 5, 6, 8, 7, 9]})
        assert al.compare_correlations(frame, x="x", z="z", y="y").difference.status == "zero-variance"
        assert al.compare_correlations(frame.head(2), x="x", z="z", y="y").difference.status == "too-few-units"
        assert al.compare_correlations(r_xy=0.9, r_zy=-0.9, r_xz=0.9, n=50).difference.status == "not-positive-definite"
        assert al.compare_correlations(r_xy=1, r_zy=0.2, r_xz=0.2, n=50).difference.status == "undefined"

    def test_nonsense(self):
        frame = pl.DataFrame({"x": [1.0], "z": [1.0], "y": [1.0]})
        for data, options in (
            (None, {"r_xy": 0.1}),
            (None, {"r_xy": 2, "r_zy": 0.1, "r_xz": 0.1, "n": 50}),
            (frame, {"x": "x", "z": "z"}),
            (frame, {"x": "x", "z": "x", "y": "y"}),
            (frame, {"x": "x", "z": "z", "y": "y", "n": 4}),
            (frame, {"x": "x", "z": "z", "y": "absent"}),
        ):
            with pytest.raises(al.AllianceError):
                al.compare_correlations(data, **options)


class TestEffectSizes:
    def test_one_as_all_others(self):
        case = of_kind("conversions")[0]
        for r, d in zip(case["r"], case["d"], strict=True):
            assert close(al.effect_size(r=r).d, d, 1e-9) and close(al.effect_size(d=d).correlation.value, r, 1e-9)
        for odds, d in zip(case["odds"], case["d_odds"], strict=True):
            assert close(al.effect_size(odds_ratio=odds).d, d, 1e-9)
            assert close(al.effect_size(odds_ratio=odds).odds_ratio, odds, 1e-9)
        unequal = al.effect_size(d=case["d_groups"], groups=tuple(case["sizes"]))
        assert close(unequal.correlation.value, case["r_groups"], 1e-9)
        assert close(al.effect_size(d=0.579).common_language, case["cles"], 1e-9)
        corrected = al.effect_size(r=0.26, reliabilities=(0.77, 0.90)).disattenuated
        assert close(corrected.value, case["disattenuated"], 1e-9)
        assert close(al.effect_size(fisher_z=0.3).correlation.value, math.tanh(0.3), 1e-12)

    def test_too_few_pairs_take_the_interval_and_not_the_correlation(self):
        for r, n in ((0.26, 3), (1.0, 20)):
            found = al.effect_size(r=r, n=n).correlation
            assert found.value == r and math.isnan(found.low) and found.status == "defined" and found.notes
        assert "nan" not in al.effect_size(odds_ratio=0).methods()

    def test_the_alliance_and_outcome_is_seven_percent(self):
        found = al.effect_size(r=0.26, n=500)
        assert round(100 * found.variance_explained) == 7 and "6.8 %" in repr(found)
        assert round(found.success_above, 2) == 0.63 and round(found.success_below, 2) == 0.37
        assert found.correlation.low < 0.26 < found.correlation.high
        assert pickle.loads(pickle.dumps(found)) == found and found._repr_html_() and "hasselblad" in found.cite()
        assert cells(found.to_frame(), "estimate") == ["correlation"]

    def test_what_is_not_defined_is_nan(self):
        assert math.isnan(al.effect_size(r=1).d) and math.isnan(al.effect_size(odds_ratio=0).d)
        assert al.effect_size(odds_ratio=-1).correlation.status == "undefined"
        assert al.effect_size(r=0.9, reliabilities=(0.5, 0.5)).disattenuated.status == "out-of-range"

    def test_nonsense(self):
        for options in ({}, {"r": 0.1, "d": 0.2}, {"r": 2}, {"r": "x"}, {"d": 1, "groups": 4}, {"r": 0.1, "n": "many"}):
            with pytest.raises(al.AllianceError):
                al.effect_size(**options)
