"""Reliability across sessions agrees with aov, psych and lme4, and each number says of which level it speaks."""

from __future__ import annotations

import math
import pickle

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panels import ITEMS, panel_a, panel_b, thinned
from support import cells, close, kind_of, own_form, vector

import alliance as al

CASES = vector("sessions")["cases"]
A, B = panel_a(), panel_b()
IDS = {"client": "client", "session": "session"}
CROSSED = ("r_1f", "r_kf", "r_1r", "r_kr", "r_c")


def of(kind):
    return pytest.mark.parametrize(
        "case", [case for case in CASES if case["kind"] == kind], ids=lambda case: case["id"]
    )


def with_gaps(panel):
    """Leave sessions and answers out, as the oracle does."""
    found = thinned(panel)
    for place, item in enumerate(ITEMS, 1):
        found[item] = [
            None if (client + 2 * session + 3 * place) % 11 == 0 else answer
            for client, session, answer in zip(found["client"], found["session"], found[item], strict=True)
        ]
    return found


def shrout():
    names = ("client", "session", "i1", "i2", "i3")
    return dict(zip(names, map(list, zip(*CASES[0]["data"], strict=True)), strict=True))


def panel(name):
    return {"panel-a": A, "gaps": with_gaps(A), "shrout": shrout(), "panel-a-thinned": thinned(A)}[name]


def across(columns, items=None, **options):
    items = [name for name in columns if name in ITEMS] if items is None else items
    return al.session_reliability(pl.DataFrame(columns), columns=items, **{**IDS, **options})


def values(estimates):
    return [each.value for each in estimates]


def agree(found, expected, tolerance):
    found = list(found)
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert close(one, other, tolerance) or abs(one - other) < tolerance / 100


@pytest.fixture(scope="module")
def clinic():
    return al.simulate(dyads=50, sessions=6, seed=3)


@pytest.fixture(scope="module")
def scores(clinic):
    return al.score(clinic.client_forms, "wai-sr-client", columns="wai_{item}", client="client", session="session")


@pytest.fixture(scope="module")
def study(clinic):
    return al.Study(client="client", session="session").with_forms(
        clinic.client_forms, "wai-sr-client", columns="wai_{item}"
    )


class TestOracles:
    @of("crossed")
    def test_crossed_components_and_coefficients(self, case):
        found = across(panel(case["id"].removeprefix("crossed-")))
        agree(values(found.crossed_components.values()), case["components"], 1e-9)
        agree(values(getattr(found, name) for name in CROSSED), case["coefficients"], 1e-9)
        agree(values((found.r_kf, found.r_1r, found.r_kr, found.r_c)), case["psych"], 1e-9)
        agree(values((found.r_krn, found.r_cn)), case["psych_nested"], 1e-5)
        agree((found.r_c.low, found.r_c.high), case["change_interval"], 1e-8)
        assert found.is_aligned

    @of("nested")
    def test_nested_components_and_coefficients(self, case):
        found = across(panel(case["panel"]), item_means="removed" if case["removed"] else "in-error")
        agree(values(found.nested_components.values()), case["components"], 1e-5)
        agree(values((found.r_1rn, found.r_krn, found.r_cn)), case["coefficients"], 1e-5)
        errors = [each.standard_error for each in (found.r_1rn, found.r_krn, found.r_cn)]
        agree(errors, case["coefficient_standard_errors"], 1e-4)
        assert found.clients == case["clients"]
        agree((found.sessions, found.items), (case["sessions"], case["items"]), 1e-9)
        assert found.is_aligned == (case["panel"] != "gaps")

    @of("alpha")
    def test_alphas(self, case):
        found = across(panel(case["panel"]))
        agree(
            values((found.within_alpha, found.between_alpha, found.pooled_alpha)),
            [case[name] for name in ("within", "between", "pooled")],
            1e-9,
        )
        agree(values(found.item_icc.values()), case["item_icc"], 1e-9)
        agree([found.standard_error_of_measurement.value], [case["sem"]], 1e-9)
        agree((found.within_alpha.low, found.within_alpha.high), case["feldt"], 1e-8)

    @of("icc")
    def test_intraclass_correlations(self, case):
        columns = {"panel-a": A, "gaps": with_gaps(A), "panel-b": B, "panel-b-thinned": thinned(B)}[case["panel"]]
        therapist = "therapist" if case["therapists"] else None
        items = list(ITEMS) if "i1" in columns else ["alliance"]
        found = across(columns, items, therapist=therapist)
        agree(values((found.icc, found.icc_of_mean)), (case["one"], case["mean"]), 1e-5)
        agree(
            values((found.score_components["client"], found.score_components["residual"])), case["components"][1:], 1e-5
        )
        if therapist is not None:
            agree([found.therapist_icc.value], [case["same_therapist"]], 1e-5)
            assert found.therapist_icc.level == "between-therapists"
        assert (found.therapist_icc is None) == (therapist is None)
        assert found.icc.status == "defined"

    @of("stability")
    def test_stability(self, case):
        score = {"all": "alliance", "rated": "rated"}[case["score"]]
        found = al.stability(pl.DataFrame(A), first=case["first"], second=case["second"], score=score, **IDS)
        own = found.raters["rater"]
        for name in ("agreement", "consistency", "correlation"):
            each = getattr(own, name)
            agree((each.value, each.low, each.high), case[name], 1e-7)
        agree([own.standard_error_of_measurement.value], [case["sem"]], 1e-9)
        change = own.mean_change
        agree((change.value, change.standard_error, change.low, change.high), case["change"], 1e-8)
        assert found.clients == {"rater": 60}

    @of("contrast")
    def test_contrast(self, case):
        found = al.rater_contrast(pl.DataFrame(panel(case["panel"])), ["alliance", "rated"], resamples=200, **IDS)
        assert (found.clients, found.sessions) == (case["clients"], case["rows"])
        agree(values(each.first for each in found.contrasts.values()), case["first"], 1e-9)
        agree(values(each.second for each in found.contrasts.values()), case["second"], 1e-9)
        for each in found.contrasts.values():
            assert close(each.difference.value, each.first.value - each.second.value, 1e-9)
            assert each.difference.low < each.difference.value < each.difference.high


class TestInputs:
    def test_every_kind_of_frame_gives_the_same(self, make_frame):
        frame = make_frame(with_gaps(A))
        found = al.session_reliability(frame, columns=list(ITEMS), **IDS)
        assert found.estimates == across(with_gaps(A)).estimates
        assert kind_of(found.to_frame()) == kind_of(found.decision_study()) == make_frame.out
        contrast = al.rater_contrast(frame, ["alliance", "rated"], resamples=100, **IDS)
        stable = al.stability(frame, first=1, second=2, score="rated", **IDS)
        assert kind_of(contrast.to_frame()) == kind_of(stable.to_frame()) == make_frame.out

    def test_scores_a_study_and_a_frame_give_the_same(self, clinic, scores, study):
        frame = al.session_reliability(clinic.client_forms, "wai-sr-client", columns="wai_{item}", **IDS)
        assert al.session_reliability(scores) == frame == al.session_reliability(study, rater="client")
        assert al.session_reliability(study.scores()) == frame
        stable = al.stability(scores, first=2, second=3)
        assert stable == al.stability(study, first=2, second=3) == al.stability(study.scores(), first=2, second=3)
        columns = {
            "client": clinic.client_forms["client"],
            "session": clinic.client_forms["session"],
            "x": scores["total"],
        }
        again = al.stability(pl.DataFrame(columns), first=2, second=3, score="x", **IDS)
        assert list(stable.raters.values()) == list(again.raters.values())

    def test_a_reversed_item_is_turned(self):
        form = al.Instrument.from_toml(own_form(4, high=7, reverse=(2,)))
        columns = {**A, "i2": [8 - answer for answer in A["i2"]]}
        found = al.session_reliability(
            pl.DataFrame(columns), form, columns=dict(zip(range(1, 5), ITEMS, strict=True)), **IDS
        )
        assert found.r_cn.value == across(A).r_cn.value

    def test_a_sum_has_its_error_in_its_unit(self, scores):
        mean, total = (al.session_reliability(scores.in_metric(metric)) for metric in ("mean", "sum"))
        one, other = mean.standard_error_of_measurement.value, total.standard_error_of_measurement.value
        assert close(12 * one, other)
        assert mean.r_krn == total.r_krn

    def test_sessions_by_date_and_by_label(self):
        dates = pl.Series(
            [f"2026-0{session}-0{1 + client % 9}" for client, session in zip(A["client"], A["session"], strict=True)]
        )
        by_date = pl.DataFrame({**A, "session": dates.str.to_date()})
        words = [f"visit {number}" for number in range(1, 9)]
        by_word = pl.DataFrame({**A, "session": [words[session - 1] for session in A["session"]]})
        options = {"score": "rated", **IDS}
        expected = al.stability(pl.DataFrame(A), first=1, second=2, **options)
        assert al.stability(by_date, first=1, second=2, **options).estimates == expected.estimates
        found = al.stability(by_word, first="visit 1", second="visit 2", session_order=words, **options)
        assert found.estimates == expected.estimates
        assert across(by_word.to_dict(as_series=False), session_order=words).r_kr == across(A).r_kr

    def test_raters_of_a_long_frame(self):
        both = [
            (*row, rater, score)
            for rater in ("alliance", "rated")
            for row, score in zip(zip(A["client"], A["session"], strict=True), A[rater], strict=True)
        ]
        long = pl.DataFrame(both, schema=["client", "session", "who", "score"], orient="row")
        wide = al.rater_contrast(pl.DataFrame(A), ["alliance", "rated"], resamples=100, **IDS)
        found = al.rater_contrast(long, ["alliance", "rated"], score="score", rater="who", resamples=100, **IDS)
        assert found.estimates == wide.estimates
        # Cells that are no role and that nobody named are not shown.
        unnamed = al.rater_contrast(long, score="score", rater="who", resamples=100, **IDS)
        assert unnamed.icc.difference == wide.icc.difference and "alliance" not in unnamed._repr_html_()
        turned = al.rater_contrast(long, ["rated", "alliance"], score="score", rater="who", resamples=100, **IDS)
        assert close(turned.icc.difference.value, -found.icc.difference.value)
        stable = al.stability(long, first=1, second=2, score="score", rater="who", raters=["alliance", "rated"], **IDS)
        alone = al.stability(pl.DataFrame(A), first=1, second=2, score="rated", **IDS)
        assert stable.raters["rated"] == alone.raters["rater"]
        assert cells(stable.to_frame(), "rater") == ["alliance"] * 5 + ["rated"] * 5

    def test_a_wide_frame_names_the_raters(self):
        wide = al.stability(pl.DataFrame(A), first=1, second=2, raters=["alliance", "rated"], **IDS)
        alone = al.stability(pl.DataFrame(A), first=1, second=2, score="rated", **IDS)
        assert wide.raters["rated"] == alone.raters["rater"]

    def test_a_study_with_therapists(self, clinic):
        study = al.Study(client="client", session="session", therapist="therapist").with_forms(
            clinic.client_forms, "wai-sr-client", columns="wai_{item}"
        )
        found = al.session_reliability(study)
        ids = {**IDS, "therapist": "therapist"}
        assert found == al.session_reliability(clinic.client_forms, "wai-sr-client", columns="wai_{item}", **ids)
        assert found.therapist_icc is not None and "between therapists" in found.methods()

    def test_one_column_of_scores(self):
        found = across(A, ["alliance"])
        assert close(found.icc.value, 0.6737925844, 1e-9)
        assert found.r_krn.status == found.within_alpha.status == "too-few-items"
        assert found.sessions_needed(0.9) == 5 and found.items_needed(0.9) is None
        assert close(cells(found.decision_study([8]), "between_clients")[0], found.icc_of_mean.value)
        assert len(found.plot().axes) == 1


class TestDecision:
    def test_the_observed_design_is_found_again(self):
        found = across(A)
        study = found.decision_study([1, 8], [4])
        agree(cells(study, "between_clients"), values((found.r_1rn, found.r_krn)), 1e-12)
        agree(cells(study, "within_client"), [found.r_cn.value] * 2, 1e-12)
        assert cells(study, "sessions") == [1, 8] and cells(study, "items") == [4, 4]

    def test_needed_is_the_fewest(self):
        found = across(A)
        for target in (0.5, 0.8, 0.9, 0.99):
            sessions, items = found.sessions_needed(target), found.items_needed(target)
            at = cells(found.decision_study([max(sessions - 1, 1), sessions]), "between_clients")
            assert at[1] >= target and (sessions == 1 or at[0] < target)
            at = cells(found.decision_study([1], [max(items - 1, 1), items]), "within_client")
            assert at[1] >= target and (items == 1 or at[0] < target)
        assert found.sessions_needed(0.8, items=40) <= found.sessions_needed(0.8) <= found.sessions_needed(0.8, items=1)

    def test_therapists_need_many_clients(self):
        found = across(B, ["alliance"], therapist="therapist")
        therapist, client, residual = (
            found.score_components[name].value for name in ("therapist", "client", "residual")
        )
        for target, sessions in ((0.8, 4), (0.9, 1)):
            needed = found.clients_needed(target, sessions)
            of = [therapist / (therapist + client / c + residual / (c * sessions)) for c in (needed - 1, needed)]
            assert of[0] < target <= of[1]
        assert found.clients_needed(0.8) == found.clients_needed(0.8, 4)
        with pytest.raises(al.AllianceError, match="therapist"):
            across(B, ["alliance"]).clients_needed(0.8)
        with pytest.raises(al.AllianceError, match="sessions"):
            found.clients_needed(0.8, 0)

    @pytest.mark.parametrize("target", [0, 1, 1.5, -1, math.nan, "much", None, True])
    def test_a_target_is_a_reliability(self, target):
        found = across(A)
        for ask in (found.sessions_needed, found.items_needed, lambda target: found.plot(target=target)):
            with pytest.raises(al.AllianceError, match="target"):
                ask(target)

    def test_counts_are_whole(self):
        for sessions, items in (([0], None), ([1.5], None), ([1], [0]), ([True], None)):
            with pytest.raises(al.AllianceError) as caught:
                across(A).decision_study(sessions, items)
            assert caught.value.code == "invalid-option"


class TestTraps:
    def test_trap_1_three_alphas_three_labels(self):
        found = across(A)
        three = (found.within_alpha, found.between_alpha, found.pooled_alpha)
        assert [round(each.value, 3) for each in three] == [0.551, 0.995, 0.849]
        assert [each.level for each in three] == ["within-client", "between-clients", "pooled-rows"]

    def test_trap_2_the_error_of_measurement_keeps_to_one_level(self):
        found = across(A)
        error = found.standard_error_of_measurement
        assert error.level == "within-client"
        mean = sum(A["alliance"]) / 480
        pooled = math.sqrt(sum((score - mean) ** 2 for score in A["alliance"]) / 479)
        # The SD of all rows with the alpha of changes would nearly double the band.
        assert pooled * math.sqrt(1 - found.within_alpha.value) > 1.7 * error.value

    def test_trap_18_ids_that_start_anew_with_each_therapist(self):
        reused = {**A, "client": [(client - 1) % 6 for client in A["client"]]}
        with pytest.raises(al.AllianceError) as caught:
            across(reused)
        assert caught.value.code == "repeated-session"
        # With the therapist named a dyad is a client of its own.
        found = across(reused, therapist="therapist")
        assert found.clients == 60
        assert found.r_krn == across(A, therapist="therapist").r_krn

    def test_trap_19_negative_components_are_not_hidden(self):
        found = across(A)
        negative = found.crossed_components["session_item"]
        assert close(negative.value, -0.0022136, 1e-4) and negative.status == "out-of-range"
        assert "session x item" in found.methods()
        turns = {"client": [1, 1, 2, 2, 3, 3, 4, 4], "session": [1, 2] * 4}
        turns |= {"i1": [1, 4, 2, 5, 3, 6, 2, 5], "i2": [4, 1, 5, 2, 6, 3, 5, 2]}
        found = across(turns)
        assert found.nested_components["session"].value < 0
        assert (found.r_cn.value, found.r_cn.status) == (0.0, "boundary")
        assert found.items_needed(0.8) is None
        assert any("counts as 0" in note for note in found.notes)


def some(rows):
    return {name: [column[row] for row in rows] for name, column in A.items()}


DEGENERATE = {
    "constant": ({**A, **dict.fromkeys(ITEMS, [4] * 480)}, "zero-variance"),
    "all missing": ({**A, **dict.fromkeys(ITEMS, [None] * 480)}, "all-missing"),
    "one client": (some(range(8)), "too-few-units"),
    "one session": (some(range(0, 480, 8)), "too-few-units"),
    "no row": ({name: [] for name in A}, "all-missing"),
    "perfect agreement": ({**A, **dict.fromkeys(ITEMS, A["i1"])}, "zero-variance"),
}


class TestDegenerate:
    @pytest.mark.parametrize("name", DEGENERATE)
    def test_no_value_and_why(self, name):
        columns, status = DEGENERATE[name]
        frame = pl.DataFrame({**columns, **{item: pl.Series(columns[item], dtype=pl.Float64) for item in ITEMS}})
        frame = frame.with_columns(pl.col("client", "session").cast(pl.Int64))
        found = al.session_reliability(frame, columns=list(ITEMS), **IDS)
        assert found.r_cn.status == status and math.isnan(found.r_cn.value)
        for each in found.estimates.values():
            assert each.status != "defined" or not math.isnan(each.value)
            assert str(each) not in {"", "nan"}
        assert found.methods() and found._repr_html_() and repr(found)
        assert found.items_needed(0.8) is None
        found.plot()
        scores = pl.DataFrame(
            {**columns, **{name: pl.Series(columns[name], dtype=pl.Float64) for name in ("rated", "i1")}}
        )
        scores = scores.with_columns(pl.col("client", "session").cast(pl.Int64))
        stable = al.stability(scores, first=1, second=2, score="i1", **IDS)
        contrast = al.rater_contrast(scores, ["i1", "rated"], resamples=100, **IDS)
        for result in (stable, contrast):
            for each in result.estimates.values():
                assert each.status != "defined" or not math.isnan(each.value)
            assert result.methods() and result._repr_html_() and repr(result)

    def test_fewer_rows_than_items(self):
        found = across(some([0, 1, 8]))
        assert not math.isnan(found.pooled_alpha.value)

    @settings(max_examples=40, deadline=None)
    @given(
        st.lists(
            st.tuples(
                st.integers(1, 3), st.integers(1, 4), *[st.one_of(st.none(), st.integers(1, 3)) for _ in range(3)]
            ),
            max_size=10,
            unique_by=lambda row: row[:2],
        )
    )
    def test_whatever_the_answers(self, rows):
        names = {"client": pl.Int64, "session": pl.Int64, "a": pl.Float64, "b": pl.Float64, "c": pl.Float64}
        frame = pl.DataFrame(rows, schema=names, orient="row")
        found = [
            al.session_reliability(frame, columns=["a", "b", "c"], **IDS),
            al.stability(frame, first=1, second=2, score="a", **IDS),
            al.rater_contrast(frame, ["a", "b"], resamples=100, **IDS),
        ]
        for result in found:
            for each in result.estimates.values():
                assert each.status != "defined" or not math.isnan(each.value)


class TestNonsense:
    @pytest.mark.parametrize(
        "options",
        [
            {"item_means": "away"},
            {"confidence": 1.0},
            {"confidence": "high"},
            {"resamples": 5},
            {"resamples": 0},
            {"seed": -1},
            {"columns": "i{item}"},
            {"columns": ["i1", "i1"]},
            {"session": None},
            {"client": None},
            {"client": "nobody"},
            {"session_order": ["one"]},
        ],
    )
    def test_session_reliability(self, options):
        with pytest.raises(al.AllianceError) as caught:
            al.session_reliability(pl.DataFrame(A), **{"columns": list(ITEMS), **IDS, **options})
        assert caught.value.code in al.errors.error_codes()

    @pytest.mark.parametrize(
        "options",
        [
            {"first": 1.5},
            {"first": "intake"},
            {"first": None},
            {"second": 1},
            {"session_order": list(range(1, 9)), "first": 99},
            {"confidence": 0},
            {"score": "nothing"},
            {"score": None},
            {"raters": ["client"]},
            {"client": None},
        ],
    )
    def test_stability(self, options):
        with pytest.raises(al.AllianceError) as caught:
            al.stability(pl.DataFrame(A), **{"first": 1, "second": 2, "score": "rated", **IDS, **options})
        assert caught.value.code in al.errors.error_codes()

    @pytest.mark.parametrize(
        ("raters", "options"),
        [
            (["rated"], {}),
            (["alliance", "rated", "outcome"], {}),
            (["rated", "rated"], {}),
            ("rated", {}),
            (None, {}),
            (["rated", "alliance"], {"resamples": 1}),
            (["rated", "alliance"], {"across_forms": "hope"}),
            (["rated", "alliance"], {"confidence": 2}),
            (["rated", "alliance"], {"seed": "x"}),
        ],
    )
    def test_rater_contrast(self, raters, options):
        with pytest.raises(al.AllianceError) as caught:
            al.rater_contrast(pl.DataFrame(A), raters, **IDS, **options)
        assert caught.value.code in al.errors.error_codes()

    def test_no_value_id_or_date_is_told(self):
        text = pl.DataFrame({**A, "i1": ["7431-secret", *map(str, A["i1"][1:])]})
        secret = pl.DataFrame({**A, "session": ["9 May 1999", *map(str, A["session"][1:])]})
        twice = pl.DataFrame({**A, "client": [987654] * 480})
        for frame in (text, secret, twice):
            for call in (
                lambda frame=frame: al.session_reliability(frame, columns=list(ITEMS), **IDS),
                lambda frame=frame: al.rater_contrast(frame, ["i1", "rated"], **IDS),
                lambda frame=frame: al.stability(frame, first=1, second=2, score="i1", **IDS),
            ):
                with pytest.raises(al.AllianceError) as caught:
                    call()
                assert not any(secret in str(caught.value) for secret in ("7431", "1999", "987654"))
                assert caught.value.__cause__ is None

    def test_infinite_numbers_are_refused_by_name(self):
        columns = {**A, "i2": [math.inf, *A["i2"][1:]], "rated": [math.inf, *A["rated"][1:]]}
        with pytest.raises(al.AllianceError, match="`i2`, row 0"):
            across(columns)
        with pytest.raises(al.AllianceError, match="`rated`, row 0"):
            al.stability(pl.DataFrame(columns), first=1, second=2, score="rated", **IDS)

    def test_forms_that_are_not_parallel_are_refused(self, clinic):
        columns = "wai_{item}"
        with pytest.warns(al.EvidenceWarning):
            both = (
                al.Study(client="client", session="session")
                .with_forms(clinic.client_forms, "wai-sr-client", columns=columns)
                .with_forms(clinic.therapist_forms, "wai-srt-therapist", columns=columns)
                .scores()
            )
        with pytest.raises(al.AllianceError) as caught:
            al.rater_contrast(both)
        assert caught.value.code == "incomparable-forms"
        assert al.rater_contrast(both, across_forms="pomp", resamples=100).unit == "pomp"
        # Stability compares a rater with itself.
        assert set(al.stability(both, first=1, second=2).raters) == {"client", "therapist"}


class TestResult:
    def test_tables_words_and_citations(self, scores):
        found = al.session_reliability(scores, resamples=100)
        assert cells(found.to_frame(), "estimate") == list(found.estimates)
        assert cells(found.to_frame(), "value") == [
            None if math.isnan(each.value) else each.value for each in found.estimates.values()
        ]
        assert "R_Cn" in found.methods() and "wai-sr-client" in found.methods()
        for key in ("cranford-2006", "nezlek-2017", "geldhof-2014", "wai-sr-client", "@software"):
            assert key in found.cite()
        assert found.between_alpha.low < found.between_alpha.value
        assert pickle.loads(pickle.dumps(found)) == found
        assert found != al.session_reliability(scores)

    def test_of_the_others(self, scores):
        stable = al.stability(scores, first=1, second=2)
        contrast = al.rater_contrast(pl.DataFrame(A), ["alliance", "rated"], resamples=100, **IDS)
        for found in (stable, contrast):
            assert pickle.loads(pickle.dumps(found)) == found
            assert cells(found.to_frame(), "value") == [each.value for each in found.estimates.values()]
        assert "mcgraw-1996" in stable.cite() and "resamples of clients" in contrast.methods()
        assert cells(contrast.to_frame(), "rater") == ["alliance", "rated", "difference"] * 4

    def test_a_view_holds_no_row(self, clinic, scores):
        contrast = al.rater_contrast(pl.DataFrame(A), ["alliance", "rated"], resamples=100, **IDS)
        for found in (al.session_reliability(scores), al.stability(scores, first=1, second=2), contrast):
            shown = found._repr_html_() + repr(found) + found.methods()
            for client in cells(clinic.client_forms, "client"):
                assert f">{client}<" not in shown and f" {client} " not in found.methods()

    def test_the_figure_draws_a_line_per_number_of_items(self, scores):
        figure = al.session_reliability(scores).plot(sessions=range(1, 6), items=[6, 12])
        assert figure._repr_png_()[:4] == b"\x89PNG"
        levels, changes = figure.axes
        assert [len(line.get_xdata()) for line in levels.lines[:2]] == [5, 5]
        assert len(changes.lines[0].get_xdata()) == 12

    def test_resamples_give_the_same_numbers_again(self):
        one = across(A, resamples=100, seed=5)
        assert one == across(A, resamples=100, seed=5)
        assert one.between_alpha != across(A, resamples=100, seed=6).between_alpha


def test_the_error_of_measurement_is_in_the_unit_of_the_scores():
    """A percentage of the maximum possible on a form from 1 to 7 has 100 / 6 points for one of the mean."""
    forms = al.simulate(dyads=20, sessions=4, seed=3, client_form="wai-36-client").client_forms
    ids = {"columns": "wai_{item}", "client": "client", "session": "session"}
    for points, metric in ((1, "mean"), (36, "sum"), (100 / 6, "pomp")):
        scores = al.score(forms, "wai-36-client", **ids, metric=metric)
        mean = al.score(forms, "wai-36-client", **ids, metric="mean")
        found, expected = al.session_reliability(scores), al.session_reliability(mean)
        error, of_mean = found.standard_error_of_measurement, expected.standard_error_of_measurement
        assert math.isclose(error.value, points * of_mean.value, rel_tol=1e-12)
        assert (found.metric, found.r_krn) == (metric, expected.r_krn)
        one, one_of_mean = al.reliability(scores, at=1), al.reliability(mean, at=1)
        error, of_mean = one.standard_error_of_measurement, one_of_mean.standard_error_of_measurement
        assert math.isclose(error.value, points * of_mean.value, rel_tol=1e-12)
        assert one.metric == metric
    assert "points of 100" in one.methods()


def test_methods_say_what_is_not_known():
    answers = pl.DataFrame({"client": [1, 1, 2, 2, 3, 3], "session": [1, 2] * 3, "x": [1.0, 2, 4, 3, 6, 5.5]})
    said = al.session_reliability(answers, columns=["x"], **IDS).methods()
    assert "are not known: too few items" in said and "gave a reliability" not in said
