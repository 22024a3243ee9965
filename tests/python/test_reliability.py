"""Reliability of a form agrees with psych, and says what it rests on."""

from __future__ import annotations

import math
import pickle

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import cells, close, kind_of, own_form, vector

import alliance as al
from alliance.psychometrics.estimate import written

FORM = vector("form-reliability")
ORDINAL = vector("polychoric")


def columns_of(case):
    return {f"q{item}": column for item, column in enumerate(case["columns"], 1)}


def of(columns, **options):
    return al.reliability(pl.DataFrame(columns), columns=list(columns), **options)


@pytest.fixture(scope="module")
def clinic():
    return al.simulate(dyads=60, sessions=5, seed=3)


@pytest.fixture(scope="module")
def scores(clinic):
    return al.score(clinic.client_forms, "wai-sr-client", columns="wai_{item}", client="client", session="session")


@pytest.mark.parametrize("case", FORM["cases"], ids=lambda case: case["name"])
class TestPsych:
    def test_alpha_and_items(self, case):
        expected = case["expected"]
        found = of(columns_of(case), missing=case["missing"].replace("em", "expectation-maximisation"))
        assert close(found.alpha.value, expected["alpha"], 1e-9)
        assert close(found.standardized_alpha.value, expected["standardized"], 1e-9)
        assert close(found.lambda_6.value, expected["lambda_6"], 1e-8)
        assert found.alpha.rows_used == expected["rows"]
        rest = [item.item_rest_correlation for item in found.items]
        assert all(map(lambda one, other: close(one, other, 1e-9), rest, expected["item_rest"]))
        without = [item.alpha_without for item in found.items]
        assert all(map(lambda one, other: close(one, other, 1e-9), without, expected["without"]))
        assert close(len(found.items) * found.standard_error_of_measurement.value, expected["sem"], 1e-9)

    def test_intervals(self, case):
        expected = case["expected"]
        if case["missing"] != "listwise":
            ways = {"em": "expectation-maximisation", "pairwise": "pairwise"}
            for name in ("distribution-free", "feldt", "bonett"):
                found = of(columns_of(case), interval=name, missing=ways[case["missing"]]).alpha
                assert math.isnan(found.low) and any("complete rows" in note for note in found.notes)
            return
        for name in ("feldt", "bonett"):
            found = of(columns_of(case), interval=name).alpha
            assert close(found.low, expected[name][0], 1e-8)
            assert close(found.high, expected[name][1], 1e-8)
        free = of(columns_of(case)).alpha
        assert close(free.standard_error, expected["distribution_free_se"], 1e-9)

    def test_intervals_of_omega(self, case):
        for extraction, key in (("minimum-residuals", "minres"), ("maximum-likelihood", "ml")):
            expected = case["expected"].get("omega", {}).get(key, {}).get("errors")
            if expected is None:
                continue
            for name, of_r in (("normal-theory", "normal"), ("distribution-free", "free")):
                found = of(columns_of(case), extraction=extraction, omega_interval=name)
                errors = [found.omega.standard_error, found.standardized_omega.standard_error]
                assert all(map(lambda one, other: close(one / other, 1, 1e-4), errors, expected[of_r]))
                assert close(found.omega.high - found.omega.low, 2 * 1.959963984540054 * errors[0])


class TestKinds:
    def test_every_kind_of_frame_gives_the_same(self, make_frame):
        case = FORM["cases"][0]
        columns = columns_of(case)
        found = al.reliability(make_frame(columns), columns=list(columns))
        assert found.alpha == of(columns).alpha
        assert kind_of(found.item_frame()) == kind_of(found.to_frame())
        assert cells(found.item_frame(), "item") == list(columns)

    def test_scores_a_study_and_a_frame_give_the_same(self, clinic, scores):
        study = al.Study(client="client", session="session").with_forms(
            clinic.client_forms, "wai-sr-client", columns="wai_{item}"
        )
        frame = al.reliability(
            clinic.client_forms, "wai-sr-client", columns="wai_{item}", client="client", session="session", at=2
        )
        assert al.reliability(scores, at=2) == frame == al.reliability(study, rater="client", at=2)
        assert al.reliability(study.scores(), at=2) == frame

    def test_a_reversed_item_is_turned(self):
        form = al.Instrument.from_toml(own_form(3, reverse=(2,)))
        rows = pl.DataFrame({"q1": [1, 2, 4, 5], "q2": [5, 4, 2, 1], "q3": [1, 2, 4, 5]})
        assert close(al.reliability(rows, form, columns="q{item}").alpha.value, 1.0)
        assert al.reliability(rows, columns=["q1", "q2", "q3"]).alpha.status == "out-of-range"

    def test_printed_backwards_and_labels_are_read_as_for_the_score(self):
        words = {"never": 1, "seldom": 2, "often": 4, "always": 5}
        rows = pl.DataFrame({f"q{item}": list(words) for item in range(1, 13)})
        scores = al.score(rows, "wai-sr-client", columns="q{item}", labels=words)
        assert close(al.reliability(scores).alpha.value, 1.0)

    def test_subscales_of_the_form(self, scores):
        found = al.reliability(scores, at=1)
        assert [part.name for part in found.subscales] == list(scores.instrument.partition)
        for part in found.subscales:
            alone = al.reliability(scores, scale=part.name, at=1)
            assert len(part.items) == len(alone.items)
            # Forms that lack an answer elsewhere count for the subscale alone.
            assert abs(part.alpha.value - alone.alpha.value) < 0.1

    def test_groups_may_be_named_found_or_left_out(self, scores):
        halves = {"first": range(1, 7), "second": range(7, 13)}
        assert al.reliability(scores, at=1, groups=halves).subscales[0].items == tuple("123456")
        assert al.reliability(scores, at=1, groups=3).omega_hierarchical is not None
        assert al.reliability(scores, at=1, groups=None).omega_hierarchical is None

    @pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow"])
    def test_tables_are_of_the_kind_that_went_in(self, kind):
        pytest.importorskip(kind)
        columns = columns_of(FORM["cases"][0])
        frame = pl.DataFrame(columns)
        frame = {"pandas": frame.to_pandas, "polars": frame.clone, "pyarrow": frame.to_arrow}[kind]()
        assert kind_of(al.reliability(frame, columns=list(columns)).to_frame()) == kind

    def test_resampled_forms_serve_omega_hierarchical_too(self, scores):
        found = al.reliability(scores, at=1, omega_interval="bootstrap", resamples=100)
        for each in (found.omega, found.omega_hierarchical, found.omega_total):
            assert each.low < each.value < each.high
        assert "resampled" in found.methods() and "kelley-2016" in found.cite()
        assert found == al.reliability(scores, at=1, omega_interval="bootstrap", resamples=100)


class TestLevel:
    def test_several_sessions_are_said_to_be_pooled(self, scores):
        found = al.reliability(scores)
        assert found.rows == found.alpha.level == "pooled-rows"
        assert "neither" in found.notes[0]

    def test_one_session_is_one_form_per_client(self, scores):
        found = al.reliability(scores, at=1)
        assert found.rows == found.alpha.level == "one-session"
        assert found.alpha.rows_used + found.alpha.rows_dropped <= 60

    def test_the_error_is_in_the_unit_of_the_score(self, scores):
        mean, total = (al.reliability(scores.in_metric(metric), at=1) for metric in ("mean", "sum"))
        one, other = mean.standard_error_of_measurement.value, total.standard_error_of_measurement.value
        assert close(12 * one, other, 1e-12)


DEGENERATE = {
    "constant": ({"a": [3.0] * 9, "b": [3.0] * 9, "c": [3.0] * 9}, "zero-variance"),
    "all missing": ({"a": [None] * 5, "b": [None] * 5, "c": [1.0] * 5}, "all-missing"),
    "one item": ({"a": [1.0, 2.0, 4.0]}, "too-few-items"),
    "one client": ({"a": [1.0], "b": [2.0], "c": [4.0]}, "too-few-units"),
    "no row": ({"a": [], "b": [], "c": []}, "too-few-units"),
}


class TestDegenerate:
    @pytest.mark.parametrize("name", DEGENERATE)
    def test_no_value_and_why(self, name):
        columns, status = DEGENERATE[name]
        frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.Float64))
        found = al.reliability(frame, columns=list(columns))
        assert math.isnan(found.alpha.value)
        assert found.alpha.status == status
        for each in found.estimates.values():
            assert each.status != "defined" or not math.isnan(each.value)
            assert str(each) not in {"", "nan"}
        assert found.methods() and found._repr_html_() and repr(found)
        found.plot()

    def test_a_constant_item_is_named(self):
        found = of({"a": [1.0, 2, 3, 4], "b": [2.0, 2, 4, 4], "c": [3.0] * 4})
        assert found.alpha_without_constant_items is not None
        assert found.alpha.value < found.alpha_without_constant_items.value

    def test_notes_call_items_by_name(self):
        found = of({"warm": [1.0, 2, 3, 5], "cold": [5.0, 4, 2, 1], "kind": [1.0, 2, 4, 5], "same": [2.0] * 4})
        assert any("cold" in note for note in found.alpha.notes)
        assert any("same" in note for note in found.omega.notes)
        ordinal = al.ordinal_reliability(pl.DataFrame({"warm": [1, 2, 3], "kind": [1, 2, 2]}), columns=["warm", "kind"])
        assert "warm, kind" in ordinal.alpha.notes[0]

    def test_perfect_agreement_is_one(self):
        found = of({"a": [1.0, 2, 3, 4], "b": [1.0, 2, 3, 4], "c": [1.0, 2, 3, 4]})
        assert close(found.alpha.value, 1.0)

    def test_fewer_rows_than_items(self):
        rng = np.random.default_rng(1)
        found = of({f"q{item}": rng.integers(1, 6, 4).astype(float) for item in range(9)})
        assert found.omega.status in {"defined", "heywood", "not-positive-definite", "not-converged"}

    @settings(max_examples=40, deadline=None)
    @given(
        st.integers(1, 6).flatmap(
            lambda items: st.lists(
                st.lists(st.one_of(st.none(), st.integers(1, 5)), min_size=items, max_size=items), max_size=6
            ).map(lambda rows: (items, rows))
        )
    )
    def test_whatever_the_answers(self, drawn):
        items, rows = drawn
        columns = {f"q{item}": [row[item] for row in rows] for item in range(items)}
        frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.Float64))
        for missing in ("listwise", "pairwise", "expectation-maximisation"):
            found = al.reliability(frame, columns=list(columns), missing=missing)
            for each in found.estimates.values():
                assert each.status != "defined" or not math.isnan(each.value)


class TestNonsense:
    @pytest.mark.parametrize(
        "options",
        [
            {"interval": "wald"},
            {"omega_interval": "wald"},
            {"omega_interval": "bootstrap", "resamples": 5},
            {"confidence": 1.0},
            {"confidence": "high"},
            {"missing": "ignore"},
            {"extraction": "principal axis"},
            {"groups": 1},
            {"groups": {"one": ["q1"], "two": ["q99"]}},
            {"groups": {"one": ["q1", "q1"], "two": ["q2"]}},
            {"most_splits": 0},
            {"seed": -1},
            {"columns": "q{item}"},
            {"columns": ["q1", "q1"]},
            {"columns": None},
            {"scale": "bond", "instrument": "nothing-like-it"},
            {"at": 1},
        ],
    )
    def test_options(self, options):
        frame = pl.DataFrame({"q1": [1, 2, 3], "q2": [1, 3, 2], "q3": [2, 2, 4]})
        options = {"columns": ["q1", "q2", "q3"], **options}
        with pytest.raises(al.AllianceError) as caught:
            al.reliability(frame, options.pop("instrument", None), **options)
        assert caught.value.code in al.errors.error_codes()

    def test_scores_need_no_columns(self, scores):
        with pytest.raises(al.AllianceError, match="know their"):
            al.reliability(scores, columns="wai_{item}")
        with pytest.raises(al.AllianceError, match="no form is of this session"):
            al.reliability(scores, at="the-secret-visit")
        with pytest.raises(al.AllianceError, match="no form is of 1 of these 2 sessions"):
            al.reliability(scores, at=[1, 99])
        assert al.reliability(scores, at=range(1, 99)).alpha == al.reliability(scores).alpha

    def test_no_value_is_told(self):
        frame = pl.DataFrame({"q1": ["4", "7431-secret", "2"], "q2": ["1", "2", "3"]})
        with pytest.raises(al.AllianceError) as caught:
            al.reliability(frame, columns=["q1", "q2"])
        assert "7431" not in str(caught.value)
        assert caught.value.__cause__ is None

    def test_totals_have_no_items(self):
        totals = pl.DataFrame({"case": [1, 2], "total": [40.0, 44.0]})
        scores = al.Scores.from_totals(totals, "wai-sr-client", totals={"total": "total"}, metric="sum", client="case")
        with pytest.raises(al.AllianceError, match="score again"):
            al.reliability(scores)


class TestResult:
    def test_tables_words_and_citations(self, scores):
        found = al.reliability(scores, at=1, interval="feldt")
        assert cells(found.to_frame(), "estimate") == list(found.estimates)
        assert cells(found.to_frame(), "value") == [each.value for each in found.estimates.values()]
        assert "Feldt" in found.methods() and "wai-sr-client" in found.methods()
        assert "feldt-1965" in found.cite() and "wai-sr-client" in found.cite() and "@software" in found.cite()
        assert pickle.loads(pickle.dumps(found)) == found
        assert found != al.reliability(scores, at=2, interval="feldt")

    def test_a_view_holds_no_row(self, clinic, scores):
        found = al.reliability(scores, at=1)
        shown = found._repr_html_() + repr(found) + found.methods()
        for client in cells(clinic.client_forms, "client"):
            assert f">{client}<" not in shown and f" {client} " not in found.methods()

    def test_one_form_is_no_forms(self):
        one = al.reliability(pl.DataFrame({"a": [1.0], "b": [2.0], "c": [4.0]}), columns=["a", "b", "c"])
        assert "1 form," in repr(one) and "1 forms" not in one.methods() + one._repr_html_()

    def test_a_paragraph_claims_no_interval_that_is_not_there(self):
        rows = pl.DataFrame({"a": [1.0, 2, 3, 5], "b": [2.0, 1, None, 5], "c": [1.0, 2, 4, 4]})
        pairwise = al.reliability(rows, columns=["a", "b", "c"], missing="pairwise").methods()
        assert "% interval" not in pairwise and "distribution-free" not in pairwise
        two = al.reliability(rows, columns=["a", "c"]).methods()
        assert "% interval, distribution-free" in two and "was not defined (too few items)" in two

    def test_two_forms_have_no_interval_of_no_width(self):
        rows = pl.DataFrame({"a": [1.0, 4], "b": [2.0, 3], "c": [1.0, 5]})
        found = al.reliability(rows, columns=["a", "b", "c"]).alpha
        assert math.isnan(found.low) and any("three forms" in note for note in found.notes)

    def test_a_question_ends_a_sentence(self):
        rows = pl.DataFrame({"a": [5.0, 4, 2, 1, 3], "b": [1.0, 2, 4, 5, 4], "c": [1.0, 3, 4, 5, 3]})
        found = al.reliability(rows, columns=["a", "b", "c"]).methods()
        assert "reversed twice? " in found and "?." not in found

    def test_opposed_halves_have_no_infinite_reliability(self):
        rows = pl.DataFrame({"a": [1.0, 2, 4, 5], "b": [5.0, 4, 2, 1]})
        found = al.reliability(rows, columns=["a", "b"]).split_half
        assert math.isnan(found.value) and str(found) == "not defined"

    def test_numbers_are_written_as_far_as_they_can_be_read(self):
        assert written(1e-17, -1e-17, 5e-7) == ("0.00", "0.00", "0.00") and written(1.2e-5) == ("0.000012",)
        assert written(0.5, 0.1, 1500.0) == ("0.50", "0.10", "1500.00") and written(85.4, 151.5) == ("85.4", "151.5")
        assert written(1e300) == ("1e+300",) and written(1234567.8) == ("1234568",)

    def test_the_figure_draws_one_dot_per_item(self, scores):
        figure = al.reliability(scores, at=1).plot()
        assert figure._repr_png_()[:4] == b"\x89PNG"
        assert len(figure.axes[0].lines[-1].get_xdata()) == 12

    def test_an_estimate_is_a_number_and_says_itself(self, scores):
        alpha = al.reliability(scores, at=1).alpha
        assert float(alpha) == alpha.value
        assert str(alpha).startswith(f"{alpha.value:.2f} (") and "interval" in alpha._repr_html_()
        assert hash(alpha) == hash(pickle.loads(pickle.dumps(alpha)))


class TestOrdinal:
    def test_thin_categories_are_refused(self):
        frame = pl.DataFrame({"a": [1, 2, 3, 4, 5], "b": [1, 2, 3, 4, 5], "c": [2, 1, 3, 5, 4]})
        found = al.ordinal_reliability(frame, columns=["a", "b", "c"])
        assert found.alpha.status == "undefined" and found.refused_items == ("a", "b", "c")

    def test_it_is_said_to_be_latent(self, scores):
        found = al.ordinal_reliability(scores, at=1, sparse="use")
        assert any("latent" in note for note in found.notes)
        assert found.alpha.value > al.reliability(scores, at=1).standardized_alpha.value
        assert "zumbo-2007" in found.cite() and pickle.loads(pickle.dumps(found)) == found

    def test_notes_call_items_by_name(self):
        first = np.tile([1.0, 2, 3, 4, 5], 6)
        rows = pl.DataFrame(
            {"a": 6 - first, "b": np.roll(first, 5), "c": first, "d": np.where(first > 2, first, 3 - first)}
        )
        found = al.ordinal_reliability(rows, columns=rows.columns, sparse="use")
        assert any(note == "items a load against the others" for note in found.notes)

    def test_nonsense(self, scores):
        with pytest.raises(al.AllianceError, match="sparse"):
            al.ordinal_reliability(scores, sparse="perhaps")
