"""Intraclass correlations, teams, one with many, actor and partner: agree with R, and say what they rest on."""

from __future__ import annotations

import math
import pickle

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import cells, close, kind_of, own, vector

import alliance as al

ICC = vector("icc")
CASES = {case["id"]: case for case in vector("dyads")["cases"]}
PANEL = CASES["concordance-panel-a"]
THINNED = CASES["concordance-thinned"]
SIX = ("one_way", "agreement", "consistency", "one_way_average", "agreement_average", "consistency_average")
WIDE = {"client": "case", "session": "visit", "first": "ours", "second": "theirs"}


def frame_of(case, **more):
    columns = {"case": case["clients"], "visit": case["sessions"], "ours": case["first"], "theirs": case["second"]}
    return pl.DataFrame({**columns, **more})


def judges(columns):
    return pl.DataFrame({f"judge {place}": column for place, column in enumerate(columns)}, strict=False)


def icc(columns, **options):
    frame = judges(columns)
    return al.intraclass_correlations(frame, frame.columns, **options)


class TestIntraclass:
    @pytest.mark.parametrize("case", ICC["cases"], ids=lambda case: case["name"])
    def test_six_forms_and_intervals_of_psych(self, case):
        found = icc(case["columns"])
        tolerance = 1e-6 if case["name"] == "far from 0" else 1e-9
        for place, name in enumerate(SIX):
            estimate = getattr(found, name)
            assert close(estimate.value, case["values"][place], tolerance)
            assert close(estimate.low, case["low"][place], tolerance)
            assert close(estimate.high, case["high"][place], tolerance)
            assert estimate.rows_used == case["rows"]

    @pytest.mark.parametrize("case", ICC["incomplete"], ids=lambda case: case["name"])
    def test_missing_cells_by_reml(self, case):
        """All ratings count: lme4's components, and intervals made of their covariance."""
        found = icc(case["columns"], missing="reml")
        for place, name in enumerate(SIX):
            estimate = getattr(found, name)
            assert close(estimate.value, case["values"][place], 1e-5)
            if case["low"][place] is not None:
                assert close(estimate.low, case["low"][place], 1e-5)
                assert close(estimate.high, case["high"][place], 1e-5)
        assert found.agreement.rows_used == case["rows"] >= icc(case["columns"]).agreement.rows_used
        assert math.isnan(found.mean_squares.units) and "REML" in found.methods()

    def test_one_session_of_a_study_and_means_of_clients(self):
        """Panel A: clients' and therapists' means of sessions 1 to 4."""
        frame = frame_of(PANEL)
        options = {"client": "case", "session": "visit"}
        found = al.intraclass_correlations(frame, ["ours", "theirs"], at=[1, 2, 3, 4], units="client-means", **options)
        assert close(found.one_way.value, 0.5545072, 1e-7)
        assert close(found.agreement.value, 0.5681504, 1e-6) and close(found.agreement.low, 0.3419639, 1e-6)
        assert close(found.consistency.value, 0.6052201, 1e-6)
        assert not found.notes
        pooled = al.intraclass_correlations(frame, ["ours", "theirs"], **options)
        assert "intervals are too short" in pooled.notes[0]
        long = frame.unpivot(["ours", "theirs"], index=["case", "visit"], variable_name="who", value_name="rating")
        again = al.intraclass_correlations(long, rater="who", score="rating", **options)
        assert again.estimates == pooled.estimates

    def test_every_kind_of_frame(self, make_frame):
        columns = judges(ICC["cases"][0]["columns"]).to_dict(as_series=False)
        found = al.intraclass_correlations(make_frame(columns), list(columns))
        assert found.estimates == icc(ICC["cases"][0]["columns"]).estimates
        assert kind_of(found.names_frame()) == make_frame.out

    def test_degenerate(self):
        assert icc([[4.0] * 5, [4.0] * 5]).agreement.status == "zero-variance"
        assert icc([[1.0], [2.0]]).agreement.status == "too-few-units"
        assert icc([[None] * 3, [1.0] * 3]).agreement.status == "all-missing"
        assert icc([[1.0, 2.0, 4.0]]).agreement.status == "too-few-items"
        assert icc([[1.0, 2.0, 4.0]] * 2).agreement.value == 1.0
        for missing in ("listwise", "reml"):
            for each in icc([[4.0] * 5, [4.0] * 5], missing=missing).estimates.values():
                assert math.isnan(each.value) and each.status != "defined"

    @pytest.mark.parametrize(
        "options",
        [{"units": "raters"}, {"units": "client-means"}, {"missing": "ignore"}, {"confidence": 2}, {"at": 1}],
    )
    def test_nonsense(self, options):
        with pytest.raises(al.AllianceError) as caught:
            icc(ICC["cases"][0]["columns"], **options)
        assert caught.value.code in al.errors.error_codes()


def test_trap_12_one_number_has_many_names():
    """Shrout and Fleiss 1979: their (2,1) is ICC(A,1), psych's ICC2; their (3,1) is ICC(C,1), psych's ICC3."""
    found = icc(ICC["cases"][0]["columns"])
    names = found.names_frame()
    rows = {name: place for place, name in enumerate(cells(names, "shrout_fleiss"))}
    for name, published in (("ICC(1,1)", 0.17), ("ICC(2,1)", 0.29), ("ICC(3,1)", 0.71)):
        assert round(cells(names, "value")[rows[name]], 2) == published
    for name, published in (("ICC(1,k)", 0.44), ("ICC(2,k)", 0.62), ("ICC(3,k)", 0.91)):
        assert round(cells(names, "value")[rows[name]], 2) == published
    assert cells(names, "mcgraw_wong")[rows["ICC(2,1)"]] == "ICC(A,1)" == cells(names, "pingouin")[rows["ICC(2,1)"]]
    assert cells(names, "psych")[rows["ICC(3,k)"]] == "ICC3k"
    assert cells(names, "estimate")[rows["ICC(2,1)"]] == "agreement"
    # A rater who is one point higher disagrees on the level and is consistent.
    ones = [1.0, 3.0, 2.0, 5.0, 4.0]
    shifted = icc([ones, [one + 1 for one in ones]])
    assert close(shifted.consistency.value, 1.0) and shifted.agreement.value < 0.9
    assert "names of McGraw and Wong 1996" in shifted.methods()


class TestProfiles:
    def test_shape_elevation_and_scatter_of_r(self):
        """Profiles over sessions made the columns of a frame: the numbers of R."""
        case = CASES["profile-thinned"]
        wide = frame_of(THINNED).pivot("visit", index="case", values=["ours", "theirs"], sort_columns=True)
        sides = {
            side: [f"{name}_{visit}" for visit in range(1, 9)]
            for side, name in (("first", "ours"), ("second", "theirs"))
        }
        found = al.profile_agreement(wide, **sides, client="case")
        for estimate, expected in ((found.correlation, case["mean"]), (found.distinctive, case["mean_distinctive"])):
            assert np.allclose((estimate.value, estimate.standard_error, estimate.low, estimate.high), expected)
            assert estimate.level == "one-session"
        profiles = found.profile_frame()
        assert cells(profiles, "points") == case["sessions"]
        assert all(map(lambda one, other: close(one, other, 1e-9), cells(profiles, "sd_difference"), case["scatters"]))

    def test_items_of_a_study(self):
        """Reversed items are turned, sessions matched, and what everybody answers alike is taken out."""
        random = np.random.default_rng(5)
        rows = 60
        easy = np.array([1.2, 0.0, -1.0, 0.3, 0.8])
        own_view = random.normal(size=(rows, 5))
        sides = {}
        for rater in ("client", "therapist"):
            answers = np.clip(np.round(3 + easy + 0.7 * own_view + 0.5 * random.normal(size=(rows, 5))), 1, 5)
            answers[:, 1] = 6 - answers[:, 1]
            columns = {f"q{item}": answers[:, item - 1] for item in range(1, 6)}
            sides[rater] = pl.DataFrame({"case": np.arange(rows) // 2, "visit": np.arange(rows) % 2 + 1, **columns})
        study = al.Study(client="case", session="visit")
        for rater, frame in sides.items():
            mixed = frame.sample(fraction=1, shuffle=True, seed=len(rater))
            study = study.with_forms(mixed, own(5, reverse=[2], rater=rater, family="twin"), columns="q{item}")
        pooled, first = al.profile_agreement(study), al.profile_agreement(study, at=1)
        assert (
            any("independent profiles" in note for note in pooled.notes) and pooled.correlation.level == "pooled-rows"
        )
        assert first.correlation.units == 30 and first.items == ("1", "2", "3", "4", "5")
        assert first.distinctive.value < first.correlation.value
        turned = [frame.filter(pl.col("visit") == 1).with_columns(q2=6 - pl.col("q2")) for frame in sides.values()]
        wide = turned[0].join(turned[1], on=["case", "visit"], suffix="_theirs")
        items = [f"q{item}" for item in range(1, 6)]
        by_hand = al.profile_agreement(
            wide, first=items, second=[f"{item}_theirs" for item in items], client="case", session="visit"
        )
        for name, estimate in by_hand.estimates.items():
            assert close(first.estimates[name].value, estimate.value, 1e-9)
        assert pickle.loads(pickle.dumps(first)) == first and "furr-2008" in first.cite()
        assert "30 profiles of 5 items" in repr(first)

    def test_a_flat_profile_has_an_elevation_and_no_shape(self):
        frame = pl.DataFrame(
            {
                "c1": [7, 5],
                "c2": [7, 6],
                "c3": [7, 4],
                "c4": [7, 5],
                "t1": [5, 4],
                "t2": [6, 6],
                "t3": [5, 4],
                "t4": [6, 4],
            }
        )
        sides = {"first": ["c1", "c2", "c3", "c4"], "second": ["t1", "t2", "t3", "t4"]}
        profiles = al.profile_agreement(frame, **sides).profile_frame()
        assert cells(profiles, "status") == ["zero-variance", "defined"]
        assert cells(profiles, "mean_difference")[0] == 1.5 and cells(profiles, "correlation")[0] is None

    @pytest.mark.parametrize(
        "options",
        [
            {"first": "ours"},
            {"first": ["ours"], "second": ["theirs", "visit"]},
            {"first": ["ours", "ours"], "second": ["theirs", "visit"]},
            {"first": ["ours"], "second": ["nothing"]},
            {"at": 1, "session": None},
            {"session": None},
            {"confidence": 1},
        ],
    )
    def test_nonsense(self, options):
        given = {"first": ["ours"], "second": ["theirs"], "client": "case", "session": "visit", **options}
        with pytest.raises(al.AllianceError) as caught:
            al.profile_agreement(frame_of(PANEL), **given)
        assert caught.value.code in al.errors.error_codes()

    def test_forms_with_other_items_are_refused(self):
        study = al.Study(client="case", session="visit")
        for rater, count in (("client", 3), ("therapist", 4)):
            frame = pl.DataFrame(
                {"case": [1, 2], "visit": [1, 1], **{f"q{item}": [1, 2] for item in range(1, count + 1)}}
            )
            study = study.with_forms(frame, own(count, rater=rater), columns="q{item}")
        with pytest.raises(al.AllianceError) as caught:
            al.profile_agreement(study)
        assert caught.value.code == "incomparable-forms"


class TestActorPartner:
    def test_two_sessions_are_two_regressions(self):
        case = CASES["partner-thinned"]
        clients = list(range(1, 61))
        frame = pl.concat(
            [
                pl.DataFrame(
                    {
                        "case": clients,
                        "visit": [visit] * 60,
                        "ours": case[f"{when}_first"],
                        "theirs": case[f"{when}_second"],
                    },
                    strict=False,
                )
                for visit, when in ((1, "before"), (2, "after"))
            ]
        )
        found = al.actor_partner(frame, **WIDE, before=1, after=2)
        for influence, expected in ((found.of_first, case["first"]), (found.of_second, case["second"])):
            for place, term in enumerate((influence.intercept, influence.actor, influence.partner)):
                assert close(term.value, expected[2 * place], 1e-9)
                assert close(term.standard_error, expected[2 * place + 1], 1e-9)
        assert close(found.of_first.r_squared, case["r_squared"][0], 1e-9)
        assert close(found.residual_correlation.value, case["residual_correlation"], 1e-9)
        assert found.of_first.actor.units == case["dyads"] and found.steps == "two-sessions"
        assert list(found.estimates)[:3] == ["ours_intercept", "ours_actor", "ours_partner"]

    def test_all_steps_are_those_of_lmer(self):
        case = CASES["steps-thinned"]
        found = al.actor_partner(frame_of(THINNED), **WIDE)
        for influence, expected in ((found.of_first, case["first"]), (found.of_second, case["second"])):
            for place, term in enumerate((influence.intercept, influence.actor, influence.partner)):
                assert close(term.value, expected[3 * place], 1e-5)
                assert close(term.standard_error, expected[3 * place + 1], 1e-4)
        assert found.of_first.actor.rows_used == case["rows"] and found.steps == "all"
        assert close(found.residual_correlation.low, case["residual_correlation"][1], 1e-5)
        assert "too low" in found.notes[0] and "nickell-1981" in found.cite()
        assert pickle.loads(pickle.dumps(found)) == found

    def test_a_missing_session_is_a_gap(self):
        """Trap 7: the session before is the one numbered one lower, not the row before."""
        frame = frame_of(PANEL)
        whole = al.actor_partner(frame, **WIDE)
        assert whole.of_first.actor.rows_used == 60 * 7
        without = al.actor_partner(frame.filter(pl.col("visit") != 4), **WIDE)
        assert without.of_first.actor.rows_used == 60 * 5
        named = frame.with_columns(visit=pl.lit("visit ") + pl.col("visit").cast(pl.String))
        order = [f"visit {number}" for number in range(1, 9)]
        again = al.actor_partner(named, **WIDE, session_order=order)
        assert again.estimates == whole.estimates

    @pytest.mark.parametrize(
        "options",
        [{"before": 1}, {"before": 1, "after": "secret"}, {"session": None}, {"session_order": [1]}, {"confidence": 1}],
    )
    def test_nonsense(self, options):
        with pytest.raises(al.AllianceError) as caught:
            al.actor_partner(frame_of(PANEL), **{**WIDE, **options})
        assert caught.value.code in al.errors.error_codes() and "secret" not in str(caught.value)


class TestOneWithMany:
    @pytest.mark.parametrize("name", ["many-balanced", "many-unbalanced"])
    def test_bivariate_model_of_nlme(self, name):
        case = CASES[name]
        frame = pl.DataFrame(
            {
                "who": case["ones"],
                "case": range(len(case["ones"])),
                "therapist": case["by_the_one"],
                "client": case["by_the_many"],
            }
        )
        found = al.one_with_many(frame, client="case", therapist="who")
        tolerance = 1e-3 if name == "many-balanced" else 0.05
        for part, place in ((found.by_the_one, 0), (found.by_the_many, 1)):
            assert close(part.between.value, case["between"][place], tolerance)
            assert close(part.within.value, case["within"][place], tolerance)
        assert close(found.generalized.covariance.value, case["between"][2], tolerance)
        assert close(found.dyadic.covariance.value, case["within"][2], tolerance)
        assert (found.one, found.many) == ("therapist", "client")
        assert f"{len(set(case['ones']))} therapists" in repr(found) and "marcus-2009" in found.cite()
        assert pickle.loads(pickle.dumps(found)) == found

    def test_sessions_are_put_together_first(self):
        frame = frame_of(PANEL, who=[1 + (client - 1) // 6 for client in PANEL["clients"]])
        found = al.one_with_many(frame, **WIDE, therapist="who")
        means = frame.group_by("case", "who", maintain_order=True).agg(pl.col("ours", "theirs").mean())
        again = al.one_with_many(means, client="case", therapist="who", first="ours", second="theirs")
        for name, estimate in found.estimates.items():
            assert close(estimate.value, again.estimates[name].value, 1e-6), name

    def test_degenerate_and_nonsense(self):
        frame = pl.DataFrame({"who": ["a"] * 3, "case": [1, 2, 3], "ours": [4.0] * 3, "theirs": [4.0] * 3})
        options = {"client": "case", "therapist": "who", "first": "ours", "second": "theirs"}
        for each in al.one_with_many(frame, **options).estimates.values():
            assert math.isnan(each.value) and each.status != "defined"
        with pytest.raises(al.AllianceError) as caught:
            al.one_with_many(frame, **{**options, "therapist": None})
        assert caught.value.code == "missing-column"


TEAMS = CASES["teams-random"]


def meetings(**more):
    answers = {f"q{item}": column for item, column in enumerate(TEAMS["ratings"], 1)}
    return pl.DataFrame({"family": TEAMS["teams"], **answers, **more}, strict=False)


class TestTeams:
    def test_numbers_of_r(self):
        found = al.team_agreement(meetings(), columns=["q1", "q2", "q3"], client="family", options=7)
        table = found.team_frame()
        for name, theirs in (
            ("members", "members"),
            ("r_wg", "agreement"),
            ("average_deviation", "deviation"),
            ("lowest", "lowest"),
            ("range", "spread"),
            ("sd", "sd"),
        ):
            assert all(map(lambda one, other: close(one, other, 1e-9), cells(table, name), TEAMS[theirs])), name
        for estimate, expected in ((found.icc_1, TEAMS["one_member"]), (found.icc_2, TEAMS["team_mean"])):
            assert np.allclose((estimate.value, estimate.low, estimate.high), expected, rtol=1e-9)
        assert close(found.median_r_wg, float(np.median([r for r in TEAMS["agreement"] if r is not None])), 1e-9)
        assert found.set_to_zero == cells(table, "status").count("out-of-range")
        assert pickle.loads(pickle.dumps(found)) == found

    def test_one_item_by_hand(self):
        rows = pl.DataFrame({"family": [1] * 4 + [2] * 4 + [3] * 4, "q": [5, 6, 5, 4, 6, 6, 7, 6, 3, 5, 2, 6]})
        found = al.team_agreement(rows, columns=["q"], client="family", options=7)
        assert np.allclose(cells(found.team_frame(), "r_wg"), [0.8333333, 0.9375, 0.1666667])
        assert cells(found.team_frame(), "average_deviation") == [0.5, 0.375, 1.5]
        # A split alliance hides in the mean: two families of the same mean, one of them apart.
        assert cells(found.team_frame(), "range") == [2, 1, 4]
        flat, skewed = found, al.team_agreement(rows, columns=["q"], client="family", options=7, null="slight-skew")
        assert skewed.median_r_wg < flat.median_r_wg and "lebreton-2008" in skewed.cite()
        by_variance = al.team_agreement(rows, columns=["q"], client="family", options=7, null=2.9)
        assert by_variance.team_frame().equals(skewed.team_frame())
        assert any("ceiling" in note for note in flat.notes) and not any("ceiling" in note for note in skewed.notes)

    def test_scores_know_their_form_and_members(self):
        form = own(3, reverse=[2])
        frame = pl.DataFrame(
            {
                "family": ["a"] * 3 + ["b"] * 3,
                "visit": [1] * 6,
                "member": ["mother", "father", "child"] * 2,
                "q1": [5, 4, 5, 2, 3, 1],
                "q2": [1, 2, 1, 4, 3, 5],
                "q3": [5, 4, 4, 2, 3, 2],
            }
        )
        ids = {"client": "family", "session": "visit", "rater": "member"}
        by_frame = al.team_agreement(frame, form, columns="q{item}", **ids)
        scores = al.score(frame, form, columns="q{item}", **ids)
        assert al.team_agreement(scores) == by_frame
        assert by_frame.options == 5 and by_frame.instruments == (form,)
        turned = frame.with_columns(q2=6 - pl.col("q2"))
        plain = al.team_agreement(turned, columns=["q1", "q2", "q3"], options=5, **ids)
        assert cells(plain.team_frame(), "r_wg") == cells(by_frame.team_frame(), "r_wg")
        assert cells(by_frame.team_frame(), "family") == ["a", "b"]
        twice = pl.concat([frame, frame.head(1)])
        with pytest.raises(al.AllianceError) as caught:
            al.team_agreement(twice, columns=["q1"], options=5, **ids)
        assert caught.value.code == "duplicate-form"

    def test_every_kind_of_frame(self, make_frame):
        frame = meetings().to_dict(as_series=False)
        found = al.team_agreement(make_frame(frame), columns=["q1", "q2", "q3"], client="family", options=7)
        assert kind_of(found.team_frame()) == make_frame.out
        expected = al.team_agreement(meetings(), columns=["q1", "q2", "q3"], client="family", options=7)
        assert found.estimates == expected.estimates
        assert cells(found.team_frame(), "r_wg") == cells(expected.team_frame(), "r_wg")

    @pytest.mark.parametrize(
        ("columns", "status"),
        [
            ({"family": [1, 1, 2, 2], "q": [4.0] * 4}, "zero-variance"),
            ({"family": [1, 1, 2, 2], "q": [None] * 4}, "all-missing"),
            ({"family": [1, 2, 3], "q": [1.0, 2.0, 4.0]}, "too-few-units"),
            ({"family": [1, 1, 1], "q": [1.0, 2.0, 4.0]}, "too-few-units"),
        ],
    )
    def test_degenerate(self, columns, status):
        frame = pl.DataFrame(columns, schema={"family": pl.Int64, "q": pl.Float64})
        found = al.team_agreement(frame, columns=["q"], client="family", options=5)
        assert math.isnan(found.icc_1.value) and found.icc_1.status == status
        assert found.methods() and repr(found) and found._repr_html_()

    @pytest.mark.parametrize(
        "options",
        [
            {"options": None},
            {"options": 1},
            {"options": 2**40},
            {"null": "skewed"},
            {"null": "variance"},
            {"null": -1.0},
            {"null": "slight-skew", "options": 4},
            {"client": None},
            {"columns": None},
            {"confidence": 0.0},
        ],
    )
    def test_nonsense(self, options):
        given = {"columns": ["q1"], "client": "family", "options": 7, **options}
        with pytest.raises(al.AllianceError) as caught:
            al.team_agreement(meetings(), **given)
        assert caught.value.code in al.errors.error_codes()

    @settings(max_examples=40)
    @given(st.lists(st.tuples(st.integers(1, 3), st.one_of(st.none(), st.integers(1, 5))), max_size=12))
    def test_whatever_the_answers(self, rows):
        columns = {"family": [row[0] for row in rows], "q": [row[1] for row in rows]}
        frame = pl.DataFrame(columns, schema={"family": pl.Int64, "q": pl.Float64})
        found = al.team_agreement(frame, columns=["q"], client="family", options=5)
        for each in found.estimates.values():
            assert each.status != "defined" or not math.isnan(each.value)
        for r_wg in cells(found.team_frame(), "r_wg"):
            assert r_wg is None or 0 <= r_wg <= 1

    def test_views_hold_no_row(self):
        frame = meetings(name=[f"K-{team:04d}-q" for team in TEAMS["teams"]])
        found = al.team_agreement(frame, columns=["q1", "q2", "q3"], client="name", options=7)
        shown = found._repr_html_() + repr(found) + found.methods()
        assert "K-0" not in shown and "8 teams" in repr(found)
