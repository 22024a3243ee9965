"""Agreement of coders agrees with statsmodels, krippendorff and irrCAC, and says what it rests on."""

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

CASES = vector("coders")["cases"]
BY_NAME = {case["name"]: case for case in CASES}
TABLED = [case for case in CASES if "kappa" in case["expected"]]
METRICS = ("nominal", "ordinal", "interval", "ratio")


def wide(codes):
    return pl.DataFrame({f"c{coder}": column for coder, column in enumerate(codes)}, strict=False)


def of(codes, **options):
    frame = codes if isinstance(codes, pl.DataFrame) else wide(codes)
    return al.coder_agreement(frame, coders=frame.columns, **options)


def listed(case):
    return [int(category) for category in case["categories"]] or None


class TestOracles:
    @pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
    def test_alpha_by_metric_with_its_error(self, case):
        for metric in METRICS:
            found = of(case["codes"], metric=metric).krippendorff_alpha
            assert math.isclose(found.value, case["expected"]["krippendorff"][metric], rel_tol=1e-9, abs_tol=1e-12)
            expected = case["expected"]["alpha_errors"][metric]
            if "se" in expected:
                assert abs(found.standard_error - expected["se"]) <= 1e-9 * max(expected["se"], 1e-5)

    @pytest.mark.parametrize(
        "case", [case for case in CASES if "kappa" in case["expected"]], ids=lambda case: case["name"]
    )
    def test_kappas(self, case):
        for weights in ("none", "linear", "quadratic"):
            expected = case["expected"]["kappa"]["unweighted" if weights == "none" else weights]
            options = {"categories": listed(case), "weights": weights}
            found = of(case["codes"][:2], **options)
            kappa = found.kappa if weights == "none" else found.weighted_kappa
            assert close(kappa.value, expected["kappa"], 1e-9)
            assert math.isclose(kappa.standard_error, expected["se"], rel_tol=1e-9, abs_tol=1e-12)
            assert weights != "none" or math.isclose(
                found.pairs[0].null_standard_error, expected["null_se"], rel_tol=1e-9
            )
        whole = of(case["codes"], categories=listed(case))
        expected = case["expected"]["whole"]
        assert close(whole.fleiss_kappa.value, expected["fleiss"], 1e-9)
        assert close(whole.gwet_ac1.value, expected["gwet"]["value"], 1e-9)
        assert close(whole.percent_agreement.value, expected["gwet"]["percent"], 1e-9)

    def test_trap_21_a_matrix_says_which_kind_it_is(self):
        case = BY_NAME["Cohen 1968"]
        rows = np.array(case["disagreement"]).reshape(3, 3)
        options = {"categories": [1, 2, 3]}
        found = of(case["codes"], weights={"disagreement": rows.tolist()}, **options).weighted_kappa
        assert close(found.value, case["expected"]["kappa"]["disagreement"]["kappa"], 1e-9)
        turned = of(case["codes"], weights={"agreement": (1 - rows / 6).tolist()}, **options).weighted_kappa
        assert close(turned.value, found.value, 1e-12)
        for wrong in ({"agreement": rows.tolist()}, {"disagreement": (1 - rows / 6).tolist()}, rows.tolist()):
            with pytest.raises(al.AllianceError, match="weights"):
                of(case["codes"], weights=wrong, **options)

    def test_pairs_show_what_helps_to_read_kappa(self):
        (pair,) = of(BY_NAME["two by two"]["codes"]).pairs
        shown = (pair.prevalence_adjusted, pair.maximum, pair.prevalence_index, pair.bias_index)
        assert all(map(close, shown, (0.4, 0.8, 0.1, 0.1), [1e-9] * 4))
        frame = of(BY_NAME["three coders, four categories"]["codes"]).pair_frame()
        assert cells(frame, "coder") == ["c0", "c0", "c1"] and cells(frame, "other") == ["c1", "c2", "c2"]


class TestKinds:
    def long(self, codes):
        rows = [(unit, f"c{coder}", code) for coder, column in enumerate(codes) for unit, code in enumerate(column)]
        return pl.DataFrame(rows, schema=["unit", "coder", "code"], orient="row")

    def test_long_and_wide_give_the_same(self):
        codes = BY_NAME["Krippendorff 2011"]["codes"]
        long = self.long(codes)
        for metric in METRICS:
            found = al.coder_agreement(long, unit="unit", coder="coder", code="code", metric=metric)
            assert found.estimates == of(codes, metric=metric).estimates
        absent = long.filter(pl.col("code").is_not_null())
        found = al.coder_agreement(absent, unit="unit", coder="coder", code="code")
        assert found.krippendorff_alpha.value == of(codes).krippendorff_alpha.value

    def test_units_of_several_columns(self):
        long = self.long(BY_NAME["two by two"]["codes"]).with_columns(
            client=pl.col("unit") // 10, at=pl.col("unit") % 10
        )
        found = al.coder_agreement(long, unit=["client", "at"], coder="coder", code="code")
        assert found.estimates == of(BY_NAME["two by two"]["codes"]).estimates

    def test_every_kind_of_frame_gives_the_same(self, make_frame):
        codes = BY_NAME["four coders, cells missing"]["codes"]
        frame = make_frame({f"c{coder}": column for coder, column in enumerate(codes)})
        found = al.coder_agreement(frame, coders=[f"c{coder}" for coder in range(4)])
        assert found.estimates == of(codes).estimates
        assert kind_of(found.pair_frame()) == kind_of(found.to_frame())

    def test_words_are_codes(self):
        codes = BY_NAME["three coders, four categories"]["codes"]
        words = [["abcd"[int(code) - 1] for code in column] for column in codes]
        found, expected = of(words), of(codes)
        assert found.estimates.keys() == expected.estimates.keys()
        for name, each in found.estimates.items():
            assert close(each.value, expected.estimates[name].value, 1e-12)
        ordered = of(words, metric="ordinal", categories=list("abcd"))
        assert close(ordered.krippendorff_alpha.value, of(codes, metric="ordinal").krippendorff_alpha.value, 1e-12)
        assert ordered.categories == ("a", "b", "c", "d")

    def test_scores_of_observers_are_codes_of_sessions(self):
        rng = np.random.default_rng(5)
        sessions = [(client, session) for client in range(12) for session in (1, 2)]
        level = rng.normal(4, 1, len(sessions))
        rows = {"client": [], "session": [], "observer": []} | {f"q{item}": [] for item in range(1, 13)}
        for observer in ("x", "y"):
            for (client, session), own in zip(sessions, level, strict=True):
                rows["client"].append(client)
                rows["session"].append(session)
                rows["observer"].append(observer)
                for item in range(1, 13):
                    rows[f"q{item}"].append(int(np.clip(round(own + rng.normal(0, 1)), 1, 5)))
        frame = pl.DataFrame(rows)
        ids = {"client": "client", "session": "session", "rater": "observer"}
        scores = al.score(frame, "wai-sr-client", columns="q{item}", **ids)
        found = al.coder_agreement(scores)
        table = frame.select("client", "session", "observer").with_columns(total=pl.Series(scores["total"]))
        expected = al.coder_agreement(
            table, unit=["client", "session"], coder="observer", code="total", metric="interval"
        )
        assert found.metric == "interval" and found.coders == ("x", "y") and found.units == 24
        assert found.estimates == expected.estimates
        assert found.instruments[0].id == "wai-sr-client" and found.icc_agreement.value > 0.5


def icc_of(columns):
    """ICC(1), ICC(A,1) and ICC(C,1) by their definitions."""
    values = np.array(columns).T
    n, k = values.shape
    row, column = values.mean(axis=1), values.mean(axis=0)
    targets = k * np.sum((row - values.mean()) ** 2) / (n - 1)
    coders = n * np.sum((column - values.mean()) ** 2) / (k - 1)
    rest = np.sum((values - row[:, None] - column + values.mean()) ** 2) / ((n - 1) * (k - 1))
    within = np.sum((values - row[:, None]) ** 2) / (n * (k - 1))
    return (
        (targets - within) / (targets + (k - 1) * within),
        (targets - rest) / (targets + (k - 1) * rest + k * (coders - rest) / n),
        (targets - rest) / (targets + (k - 1) * rest),
    )


class TestNumbers:
    def test_intraclass_correlations_of_numbers(self):
        columns = BY_NAME["decimals"]["codes"]
        found = of(columns, metric="interval")
        shown = (found.icc_one_way.value, found.icc_agreement.value, found.icc_consistency.value)
        assert all(map(close, shown, icc_of(columns), [1e-9] * 3))
        assert of(BY_NAME["two by two"]["codes"]).icc_agreement is None

    def test_no_code_is_lost_where_coders_are_missing(self):
        columns = [list(column) for column in BY_NAME["decimals"]["codes"]]
        columns[0][3] = columns[2][8] = None
        found = of(columns, metric="interval")
        assert found.icc_agreement.rows_used == 30 and "REML" in found.icc_agreement.method
        assert abs(found.icc_agreement.value - icc_of(BY_NAME["decimals"]["codes"])[1]) < 0.02

    def test_trap_15_units_are_drawn_with_all_their_codes(self):
        codes = BY_NAME["three coders, four categories"]["codes"]
        rows = [(unit, f"c{coder}", code) for coder, column in enumerate(codes) for unit, code in enumerate(column)]
        long = pl.DataFrame(rows, schema=["unit", "coder", "code"], orient="row")
        boot = al.Bootstrap(300, seed=2)
        found = al.coder_agreement(long, unit="unit", coder="coder", code="code", interval=boot)
        # As rows, a long frame has three times as many; resampled by unit it gives what the wide one gives.
        assert found.estimates == of(codes, interval=boot).estimates
        assert any("resamples of units" in note for note in found.krippendorff_alpha.notes)

    def test_bootstrap_is_repeatable_and_near_the_formula(self):
        codes = BY_NAME["Cohen 1968"]["codes"]
        boot = al.Bootstrap(400, seed=3, threads=1)
        found = of(codes, interval=boot)
        assert found.estimates == of(codes, interval=al.Bootstrap(400, seed=3)).estimates
        assert found.estimates != of(codes, interval=al.Bootstrap(400, seed=4)).estimates
        formula = of(codes).krippendorff_alpha.standard_error
        assert abs(found.krippendorff_alpha.standard_error / formula - 1) < 0.15
        assert "bootstrap" in found.methods()


DEGENERATE = {
    "one coder": ([[1.0, 2.0, 1.0]], "too-few-items"),
    "one unit": ([[1.0], [2.0]], "too-few-units"),
    "no unit": ([[], []], "too-few-units"),
    "all missing": ([[None, None], [None, None]], "all-missing"),
    "nothing in common": ([[1.0, None], [None, 2.0]], "all-missing"),
}


class TestDegenerate:
    @pytest.mark.parametrize("metric", METRICS)
    @pytest.mark.parametrize("name", DEGENERATE)
    def test_no_value_and_why(self, name, metric):
        codes, status = DEGENERATE[name]
        frame = pl.DataFrame(
            {f"c{n}": c for n, c in enumerate(codes)}, schema={f"c{n}": pl.Float64 for n in range(len(codes))}
        )
        found = of(frame, metric=metric)
        for name, each in found.estimates.items():
            assert math.isnan(each.value) and (each.status == status or name.startswith("icc"))
            assert each.status != "defined"
        assert found.methods() and found._repr_html_() and repr(found)
        found.pair_frame()

    @pytest.mark.parametrize("metric", METRICS)
    def test_trap_10_one_code_only_is_full_agreement_and_no_reliability(self, metric):
        found = of([[3.0] * 8, [3.0] * 8], metric=metric)
        assert found.percent_agreement.value == 1
        for name, each in found.estimates.items():
            assert name == "percent_agreement" or (math.isnan(each.value) and each.status != "defined"), name

    def test_perfect_agreement_is_one(self):
        found = of([[1.0, 2, 3, 2]] * 3, metric="ordinal")
        for name in ("kappa", "fleiss_kappa", "krippendorff_alpha", "gwet_ac1", "weighted_kappa"):
            assert close(getattr(found, name).value, 1.0, 1e-12)

    def test_a_coder_who_coded_nothing_is_not_one_code(self):
        nan = math.nan
        found = of([[1.0, 2, 1, 2, 3], [1.0, 2, 2, 2, 3], [nan] * 5])
        assert math.isnan(found.kappa.value) and found.kappa.status == "undefined"
        assert "2 of 3 pairs" in found.kappa.notes[0]
        assert "one category" not in found.methods() and close(found.pairs[0].kappa.value, 0.6875, 1e-12)

    def test_less_than_chance_is_within_the_range_of_kappa(self):
        found = of([[0.0, 0, 0, 0, 0], [0.0, 1, 1, 0, 0]])
        assert found.fleiss_kappa.value < 0 and found.krippendorff_alpha.value < 0
        assert found.fleiss_kappa.status == found.krippendorff_alpha.status == "defined"
        assert str(found.kappa) == "0.00 (0.00 to 0.00)"

    def test_a_paragraph_claims_no_interval_that_is_not_there(self):
        alone = of([[1.0, 2, 3]], metric="ordinal").methods()
        assert "interval" not in alone and "alpha (ordinal) was not defined (too few items)." in alone

    def test_measurements_make_no_table(self):
        values = np.random.default_rng(1).normal(size=(2, 5000))
        found = of(list(values), metric="interval")
        assert found.kappa.status == "undefined" and found.krippendorff_alpha.status in ("defined", "out-of-range")

    @settings(max_examples=40, deadline=None)
    @given(
        st.integers(1, 4).flatmap(
            lambda coders: st.lists(
                st.lists(st.one_of(st.none(), st.integers(0, 4)), min_size=coders, max_size=coders), max_size=7
            ).map(lambda rows: (coders, rows))
        ),
        st.sampled_from(METRICS),
    )
    def test_whatever_the_codes(self, drawn, metric):
        coders, rows = drawn
        columns = {f"c{coder}": [row[coder] for row in rows] for coder in range(coders)}
        frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.Float64))
        found = of(frame, metric=metric)
        for each in found.estimates.values():
            assert each.status != "defined" or not math.isnan(each.value)
        # Order of units and of coders does not matter.
        other = of(frame.reverse().select(reversed(frame.columns)), metric=metric)
        for name in ("krippendorff_alpha", "fleiss_kappa", "gwet_ac1", "percent_agreement"):
            assert close(getattr(other, name).value, getattr(found, name).value, 1e-9)


class TestNonsense:
    CODES = pl.DataFrame({"unit": [1, 1, 2], "who": ["x", "y", "x"], "code": ["secret-77", "b", "b"]})

    @pytest.mark.parametrize(
        ("options", "match"),
        [
            ({}, "coder"),
            ({"unit": "unit", "coder": "who"}, "code"),
            ({"unit": "unit", "coder": "who", "code": "absent"}, "missing"),
            ({"unit": "unit", "coder": "who", "code": "code", "coders": ["code"]}, "not both"),
            ({"unit": "who", "coder": "who", "code": "code"}, "repeat"),
            ({"coders": ["code", "code"]}, "once"),
            ({"coders": "code"}, "list the columns"),
            ({"unit": "unit", "coder": "who", "code": "code", "metric": "fuzzy"}, "metric"),
            ({"unit": "unit", "coder": "who", "code": "code", "metric": "ordinal"}, "order"),
            ({"unit": "unit", "coder": "who", "code": "code", "metric": "ratio"}, "code"),
            ({"unit": "unit", "coder": "who", "code": "code", "categories": ["a", "b"]}, "none of `categories`"),
            ({"unit": "unit", "coder": "who", "code": "code", "categories": ["b"]}, "at least two"),
            ({"unit": "unit", "coder": "who", "code": "code", "categories": ["b", "b"]}, "each code once"),
            ({"unit": "unit", "coder": "who", "code": "code", "weights": "linear"}, "order"),
            ({"unit": "unit", "coder": "who", "code": "code", "weights": "cubic"}, "weights"),
            ({"unit": "unit", "coder": "who", "code": "code", "weights": {"agreement": [[1]]}}, "categories"),
            ({"unit": "unit", "coder": "who", "code": "code", "interval": "jackknife"}, "interval"),
            ({"unit": "unit", "coder": "who", "code": "code", "confidence": 1.5}, "confidence"),
        ],
    )
    def test_is_refused_without_naming_a_code(self, options, match):
        with pytest.raises(al.AllianceError, match=match) as caught:
            al.coder_agreement(self.CODES, **options)
        assert "secret" not in str(caught.value) and caught.value.__cause__ is None

    def test_weights_that_make_all_categories_one_are_refused(self):
        nothing = {"disagreement": [[0, 0], [0, 0]]}
        with pytest.raises(al.AllianceError, match="all categories one"):
            of([[1.0, 2, 1], [1.0, 2, 2]], categories=[1, 2], weights=nothing)

    def test_a_study_is_refused_with_a_word(self):
        with pytest.raises(al.AllianceError, match="one rating of each kind"):
            al.coder_agreement(al.Study(client="client", session="session"))

    def test_a_unit_coded_twice_is_refused(self):
        again = pl.concat([self.CODES, self.CODES])
        with pytest.raises(al.AllianceError) as caught:
            al.coder_agreement(again, unit="unit", coder="who", code="code")
        assert caught.value.code == "duplicate-form" and list(caught.value.rows) == [3, 4, 5]

    def test_a_bootstrap_is_checked(self):
        for wrong in ({"resamples": 5}, {"resamples": 10_000_000}, {"seed": -1}, {"threads": 0}):
            with pytest.raises(al.AllianceError):
                al.Bootstrap(**wrong)


def marked(rows):
    return pl.DataFrame(rows, schema=["client", "session", "coder", "segment", "marker"], orient="row")


MARKS = marked(
    [
        (client, session, coder, segment, marker)
        for client in range(6)
        for session in (1, 2)
        for coder in ("x", "y")
        for segment in (1, 2)
        for marker in (
            ["topic-shift"] * ((client + session + (coder == "y" and client == 3)) % 3) if segment == 1 else []
        )
        or [None]
    ]
)
ROLES = {"client": "client", "session": "session", "coder": "coder"}


class TestMarkers:
    def test_counts_are_those_of_the_sessions(self):
        found = al.marker_agreement(MARKS, **ROLES)
        (only,) = found.markers
        assert (only.name, only.units, found.coders) == ("topic-shift", 12, ("x", "y"))
        counts = (
            MARKS.group_by("client", "session", "coder")
            .agg(count=pl.col("marker").is_not_null().sum())
            .sort("client", "session")
        )
        assert (
            only.found
            == counts.group_by("client", "session").agg(pl.col("count").max()).filter(pl.col("count") > 0).height
        )
        expected = al.coder_agreement(counts, unit=["client", "session"], coder="coder", code="count", metric="ratio")
        assert only.count_alpha == expected.krippendorff_alpha
        assert only.icc_agreement == expected.icc_agreement and only.icc_one_way == expected.icc_one_way
        presence = counts.with_columns(present=(pl.col("count") > 0).cast(pl.Int8))
        expected = al.coder_agreement(
            presence, unit=["client", "session"], coder="coder", code="present", categories=[0, 1]
        )
        assert only.presence_kappa == expected.kappa and only.presence_ac1 == expected.gwet_ac1
        assert only.presence_alpha == expected.krippendorff_alpha

    def test_not_coded_is_not_none_found(self):
        rows = [
            (1, 1, "x", 1, "m"),
            (1, 1, "y", 1, None),
            (1, 2, "x", 1, "m"),
            (1, 3, "x", 1, None),
            (1, 3, "y", 1, None),
        ]
        only = al.marker_agreement(marked(rows), **ROLES)["m"]
        assert (only.units, only.found, only.presence_agreement.units) == (3, 2, 2)
        assert only.presence_agreement.value == 0.5

    def test_a_system_gives_all_markers_and_families(self):
        found = al.marker_agreement(MARKS, **ROLES, system="3rs-2022-observer")
        names = [code for _, _, code in al.instrument("3rs-2022-observer").codes]
        assert [each.name for each in found.markers if not each.is_family] == names
        never = found["giving-up"]
        assert never.found == 0 and never.presence_agreement.value == 1 and never.presence_kappa.status == "undefined"
        family = next(each for each in found.markers if each.is_family)
        assert family.name == "withdrawal" and family.count_alpha.value == found["topic-shift"].count_alpha.value
        assert any("fewer than 5" in note for note in found.notes)
        assert found.instruments[0].id == "3rs-2022-observer"

    def test_segments_are_units_of_all_who_coded_the_session(self):
        found = al.marker_agreement(MARKS, **ROLES, segment="segment", unit="segment")
        assert found.units == 24 and found["topic-shift"].units == 24
        assert found["topic-shift"].presence_agreement.units == 24

    def test_nothing_found_in_a_session_needs_no_segment(self):
        rows = [(1, 1, "x", 1, "m"), (1, 1, "x", 2, None), (1, 1, "y", None, None), (2, 1, "x", None, None)]
        only = al.marker_agreement(marked(rows), **ROLES, segment="segment", unit="segment")["m"]
        assert (only.units, only.found) == (2, 1) and only.presence_agreement.value == 0.5
        with pytest.raises(al.AllianceError, match="no segment"):
            al.marker_agreement(marked([(1, 1, "x", None, "m")]), **ROLES, segment="segment", unit="segment")

    def test_rare_markers_have_no_correlation(self):
        found = al.marker_agreement(MARKS, **ROLES, least_units=20)["topic-shift"]
        assert found.icc_agreement.status == found.log_icc_one_way.status == "undefined"

    def test_coders_without_a_session_in_common_are_not_one_code(self):
        rows = [("a", "x", "w"), ("a", "y", "w"), ("b", "x", "w"), ("b", "y", None), ("d", "x", None), ("d", "y", None)]
        rows += [("e", "z", "w")]
        codes = pl.DataFrame(rows, schema=["client", "coder", "marker"], orient="row").with_columns(session=1)
        found = al.marker_agreement(codes, client="client", session="session", coder="coder")
        assert found["w"].presence_kappa.status == "undefined" and found["w"].presence_alpha.status == "defined"
        assert any("no Light's kappa" in note for note in found.notes)
        assert not any("in every session or in none" in note for note in found.notes)

    @pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow"])
    def test_tables_are_of_the_kind_that_went_in(self, kind):
        pytest.importorskip(kind)
        frame = {"pandas": MARKS.to_pandas, "polars": MARKS.clone, "pyarrow": MARKS.to_arrow}[kind]()
        found = al.marker_agreement(frame, **ROLES)
        assert found.estimates == al.marker_agreement(MARKS, **ROLES).estimates
        assert kind_of(found.to_frame()) == kind_of(found.marker_frame()) == kind
        assert cells(found.to_frame(), "marker") == ["topic-shift"] * 17
        assert names_of(found.marker_frame())[:4] == ["marker", "is_family", "units", "found"]

    def test_words_citations_and_figure(self):
        found = al.marker_agreement(MARKS, **ROLES, system="3rs-2022-observer", interval=al.Bootstrap(200))
        assert "12 sessions" in found.methods() and "gwet-2008" in found.cite()
        assert pickle.loads(pickle.dumps(found)) == found
        assert found.plot()._repr_png_()[:4] == b"\x89PNG"
        assert "topic-shift" in found._repr_html_() and "MarkerAgreement" in repr(found)

    def test_no_codes_at_all(self):
        found = al.marker_agreement(MARKS.clear(), **ROLES)
        assert found.markers == () and found.units == 0 and found.methods() and found._repr_html_()
        found.to_frame(), found.marker_frame(), found.plot()

    @pytest.mark.parametrize(
        ("options", "match"),
        [
            ({"unit": "segment"}, "segment"),
            ({"unit": "minute"}, "unit"),
            ({"marker": "absent"}, "absent"),
            ({"system": {"withdrawal": ["secret"]}}, "not known"),
            ({"system": "wai-sr-client"}, "lists no codes"),
            ({"least_units": 0}, "least_units"),
        ],
    )
    def test_nonsense_is_refused(self, options, match):
        with pytest.raises(al.AllianceError, match=match) as caught:
            al.marker_agreement(MARKS, **{**ROLES, **options})
        assert "topic" not in str(caught.value)
        with pytest.raises(al.AllianceError):
            al.marker_agreement(MARKS, **ROLES)["nothing"]


class TestModel:
    def codes(self, noise=0.15):
        rng = np.random.default_rng(8)
        truth = rng.integers(1, 4, 120)
        coders = {}
        for name, own in (("ann", 0.15), ("bob", 0.15), ("cem", 0.15), ("net", noise)):
            coders[name] = np.where(rng.random(120) < own, rng.integers(1, 4, 120), truth)
        return pl.DataFrame(coders)

    def fit(self, frame, **options):
        return al.model_agreement(frame, model="net", coders=frame.columns, bootstrap=al.Bootstrap(300), **options)

    @pytest.mark.parametrize("coefficient", ["percent-agreement", "kappa", "krippendorff"])
    def test_means_are_those_of_the_pairs(self, coefficient):
        found = self.fit(self.codes(), coefficient=coefficient)
        humans = [pair.agreement.value for pair in found.pairs if not pair.with_model]
        model = [pair.agreement.value for pair in found.pairs if pair.with_model]
        assert len(humans) == len(model) == 3 and found.humans == ("ann", "bob", "cem")
        assert close(found.mean_between_humans.value, np.mean(humans), 1e-12)
        assert close(found.mean_with_model.value, np.mean(model), 1e-12)
        assert close(found.difference.value, np.mean(model) - np.mean(humans), 1e-9)
        alone = of(self.codes().select("ann", "bob"))
        name = {"percent-agreement": "percent_agreement", "kappa": "kappa", "krippendorff": "krippendorff_alpha"}
        assert close(humans[0], getattr(alone, name[coefficient]).value, 1e-12)

    def test_a_model_that_coded_nothing_is_not_one_code(self):
        codes = pl.DataFrame({"a": [1.0, 2, 1, 2], "b": [1.0, 2, 2, 2], "net": [None] * 4}).cast(pl.Float64)
        found = al.model_agreement(codes, model="net", coders=["a", "b", "net"], margin=0.1)
        assert "2 of 2 pairs" in found.mean_with_model.notes[0] and "2 of 3 pairs" in found.difference.notes[0]
        assert found.mean_between_humans.status == "defined" and found.as_good_as_a_human is None
        assert "one category" not in found.methods() and "difference was not defined." in found.methods()

    def test_a_verdict_needs_a_margin(self):
        good, bad = self.fit(self.codes(), margin=0.2), self.fit(self.codes(noise=0.9), margin=0.2)
        assert good.as_good_as_a_human is True and bad.as_good_as_a_human is False
        assert bad.difference.high < 0 and "not shown" in bad.methods() and "as good as" in good.methods()
        assert self.fit(self.codes()).as_good_as_a_human is None

    def test_long_and_wide_give_the_same(self):
        frame = self.codes().with_row_index("unit")
        long = frame.unpivot(index="unit", variable_name="who", value_name="code")
        found = al.model_agreement(
            long, model="net", unit="unit", coder="who", code="code", bootstrap=al.Bootstrap(300)
        )
        assert found.estimates == self.fit(self.codes()).estimates
        assert cells(found.pair_frame(), "other")[-1] == "net"
        assert pickle.loads(pickle.dumps(found)) == found and found._repr_html_() and "humans" in repr(found)
        assert "krippendorff-2011" in found.cite()

    def test_nonsense_and_what_is_not_defined(self):
        frame = self.codes()
        for options, match in (
            ({"model": "hal", "coders": frame.columns}, "model"),
            ({"model": "net", "coders": ["ann", "net"]}, "humans"),
            ({"model": "net", "coders": frame.columns, "coefficient": "r"}, "coefficient"),
            ({"model": "net", "coders": frame.columns, "margin": -1}, "margin"),
            ({"model": "net", "coders": frame.columns, "bootstrap": 5}, "bootstrap"),
        ):
            with pytest.raises(al.AllianceError, match=match):
                al.model_agreement(frame, **options)
        constant = self.fit(frame.with_columns(pl.lit(1).alias(name) for name in frame.columns))
        assert constant.difference.status == "undefined" and math.isnan(constant.difference.value)


class TestResult:
    def test_tables_words_and_citations(self):
        found = of(BY_NAME["Krippendorff 2011"]["codes"], metric="ordinal")
        assert cells(found.to_frame(), "estimate") == list(found.estimates)
        assert "ordinal" in found.methods() and "krippendorff-2011" in found.cite() and "cohen-1968" in found.cite()
        assert pickle.loads(pickle.dumps(found)) == found
        assert found != of(BY_NAME["Krippendorff 2011"]["codes"], metric="nominal")

    def test_a_view_holds_counts_and_no_code(self):
        words = ["classified-one", "classified-two"]
        found = of([[words[0], words[1], words[0]], [words[0], words[1], words[1]]])
        assert "classified" not in found._repr_html_() + repr(found) + found.methods()
        assert "3 units" in repr(found)
