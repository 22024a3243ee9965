"""Change of clients agrees with worked examples, lme4 and a published package's output, and says what it rests on."""

from __future__ import annotations

import datetime
import math
import pickle

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panels import panel_a, thinned
from support import cells, close, kind_of, own_form, vector

import alliance as al

CHANGE = vector("change")["cases"]
METHODS = (
    "jacobson-truax",
    "gulliksen-lord-novick",
    "hsu-linn-lord",
    "edwards-nunnally",
    "nunnally-kotsch",
    "hageman-arrindell",
)
IDS = {"client": "client", "session": "session"}


def cases(kind):
    return [case for case in CHANGE if case["kind"] == kind]


def panel(name):
    return panel_a() if name == "panel-a" else thinned(panel_a())


def of_pairs(before, after, reliability=0.8, **options):
    frame = pl.DataFrame({"before": before, "after": after}, schema=dict.fromkeys(("before", "after"), pl.Float64))
    options = {"higher_is_better": True, **options}
    return al.reliable_change(frame, reliability, before="before", after="after", **options)


def worked(**options):
    """Give the example of Jacobson and Truax: mean 40, standard deviation 7.5, reliability .80, 32.5 to 47.5."""
    return of_pairs([32.5], [47.5], mean=40, standard_deviation=7.5, **options)


@pytest.fixture(scope="module")
def clinic():
    return al.simulate(dyads=60, sessions=6, seed=3)


@pytest.fixture(scope="module")
def scores(clinic):
    return al.score(clinic.client_forms, "wai-sr-client", columns="wai_{item}", **IDS)


@pytest.fixture(scope="module")
def study(clinic):
    both = al.Study(**IDS).with_forms(clinic.client_forms, "wai-sr-client", columns="wai_{item}")
    return both.with_forms(clinic.therapist_forms, "wai-srt-therapist", columns="wai_{item}")


def read(study):
    """Give the scores of a study, which says of the therapist's form that its key is not attested whole."""
    with pytest.warns(al.EvidenceWarning):
        return study.scores()


class TestIndices:
    @pytest.mark.parametrize("case", cases("indices"), ids=lambda case: case["id"])
    def test_six_methods(self, case):
        for place, method in enumerate(METHODS):
            found = of_pairs(
                case["before"],
                case["after"],
                case["reliability"],
                method=method,
                mean=case["mean_before"],
                standard_deviation=case["sd_before"],
                mean_after=case["mean_after"],
                standard_deviation_after=case["sd_after"],
                correlation=case["correlation"],
                reliability_after=case["reliability_after"],
            )
            expected = [row[place] for row in case["indices"]]
            assert all(map(lambda one, other: close(one, other, 1e-9), cells(found.clients, "index"), expected)), method
            assert close(found.standard_error_of_measurement.value, case["sem"], 1e-9)
            assert close(found.standard_error_of_difference.value, case["s_diff"], 1e-9)
            if method == "hageman-arrindell":
                assert close(found.reliability_of_differences.value, case["reliability_of_differences"], 1e-9)
                assert close(found.critical_value, 1.6448536269514722, 1e-12)
            else:
                assert found.reliability_of_differences is None
                assert close(found.critical_value, 1.959963984540054, 1e-12)

    def test_the_minimal_detectable_change(self):
        case = cases("indices")[0]
        assert close(worked().minimal_detectable_change.value, case["mdc_95"], 1e-9)
        assert close(worked(confidence=0.90).minimal_detectable_change.value, case["mdc_90"], 1e-9)

    def test_trap_23_cutoff_b_takes_the_functional_standard_deviation(self):
        found = worked(dysfunctional=(40, 7.5), functional=(60, 7.5))
        assert found.cutoffs == (55, 45, 50)
        assert found.cutoff == 50
        unequal = worked(dysfunctional=(40, 7.5), functional=(60, 5), cutoff="b")
        assert unequal.cutoff == 50 != 45

    def test_the_second_index_of_hageman_and_arrindell(self):
        options = {"mean_after": 50, "standard_deviation_after": 7.5, "correlation": 0.5}
        groups = {"dysfunctional": (40, 7.5), "functional": (60, 7.5)}
        found = worked(method="hageman-arrindell", **options, **groups)
        assert close(cells(found.clients, "cutoff_index")[0], -2 / 3, 1e-9)
        assert "cutoff_index" not in worked(**groups).clients.columns

    def test_the_sample_says_mean_and_standard_deviation(self):
        rng = np.random.default_rng(1)
        before, after = rng.normal(5, 1, 40), rng.normal(5.5, 1.2, 40)
        after[3] = np.nan
        for method in METHODS:
            own = of_pairs(before, after, method=method)
            both = ~np.isnan(after)
            given = of_pairs(
                before,
                after,
                method=method,
                mean=float(before.mean()),
                standard_deviation=float(before.std(ddof=1)),
                mean_after=float(after[both].mean()),
                standard_deviation_after=float(after[both].std(ddof=1)),
                correlation=float(np.corrcoef(before[both], after[both])[0, 1]),
            )
            pairs = zip(cells(own.clients, "index"), cells(given.clients, "index"), strict=True)
            assert all(close(one, other, 1e-9) for one, other in pairs), method


BEFORE, AFTER = [32.5, 32.5, 52.0, 47.5, None], [47.5, 52.0, 64.0, 32.5, 40.0]
SAMPLE = {"mean": 40, "standard_deviation": 7.5}


class TestClasses:
    def test_nobody_recovers_without_two_groups(self):
        found = of_pairs(BEFORE, AFTER, **SAMPLE)
        assert cells(found.clients, "class") == ["improved", "improved", "improved", "deteriorated", None]
        assert found.counts == (0, 3, 0, 1, 1)
        with_groups = of_pairs(BEFORE, AFTER, **SAMPLE, dysfunctional=(40, 7.5), functional=(60, 7.5))
        assert cells(with_groups.clients, "class") == ["improved", "recovered", "improved", "deteriorated", None]
        assert "Recovered means" in with_groups.methods() and "not judged" in found.methods()

    def test_lower_may_be_better(self):
        found = of_pairs(BEFORE, AFTER, **SAMPLE, higher_is_better=False)
        assert found.counts.improved == 1 and found.counts.deteriorated == 3

    def test_near_the_end_of_the_scale(self):
        found = of_pairs([51.0, 50.0, None], [51.0, 50.0, 50.0], **SAMPLE, range=(0, 60))
        assert cells(found.clients, "ceiling_limited") == [True, False, None]
        assert cells(of_pairs([51.0], [51.0], **SAMPLE).clients, "ceiling_limited") == [None]
        assert "too near the end" in found.methods()

    @pytest.mark.parametrize(("metric", "unit"), [("mean", 1), ("sum", 12), ("pomp", 25)])
    def test_the_range_of_a_form_is_known_in_every_unit(self, scores, metric, unit):
        found = al.reliable_change(scores, 0.9, metric=metric)
        in_means = al.reliable_change(scores, 0.9, metric="mean")
        assert cells(found.clients, "class") == cells(in_means.clients, "class")
        assert cells(found.clients, "ceiling_limited") == cells(in_means.clients, "ceiling_limited")
        one, other = found.minimal_detectable_change.value, in_means.minimal_detectable_change.value
        assert close(one, unit * other, 1e-9)


ROWS = {
    "client": ["b", "a", "a", "b", "a", "c"],
    "session": [1, 3, 1, 2, 2, 1],
    "score": [4.0, 6.0, 3.0, 5.0, None, 2.0],
}


class TestOccasions:
    def test_first_and_last_session_with_a_score(self):
        found = al.reliable_change(pl.DataFrame(ROWS), 0.8, score="score", **IDS, higher_is_better=True)
        assert cells(found.clients, "client") == ["b", "a", "c"]
        assert cells(found.clients, "before") == [4.0, 3.0, 2.0]
        assert cells(found.clients, "after") == [5.0, 6.0, None]
        assert "first session" in found.methods()

    def test_two_sessions_by_their_labels(self):
        frame = pl.DataFrame(ROWS).with_columns(session=pl.col("session").cast(str))
        options = {"score": "score", **IDS, "higher_is_better": True}
        found = al.reliable_change(frame, 0.8, before="1", after="2", **options)
        assert cells(found.clients, "after") == [5.0, None, None]
        with pytest.raises(al.AllianceError, match="neither whole numbers nor dates"):
            al.reliable_change(frame.with_columns(session=pl.lit("x") + pl.col("session")), 0.8, **options)
        order = al.reliable_change(frame, 0.8, session_order=["3", "2", "1"], **options)
        assert cells(order.clients, "before") == [5.0, 6.0, 2.0]

    def test_dates(self):
        day = datetime.date(2026, 1, 1)
        dates = [day + datetime.timedelta(days=7 * number) for number in ROWS["session"]]
        frame = pl.DataFrame({**ROWS, "session": dates})
        found = al.reliable_change(frame, 0.8, score="score", **IDS, higher_is_better=True)
        assert cells(found.clients, "before") == [4.0, 3.0, 2.0]

    def test_every_kind_of_frame_gives_the_same(self, make_frame):
        frame = make_frame(ROWS)
        found = al.reliable_change(frame, 0.8, score="score", **IDS, higher_is_better=True)
        plain = al.reliable_change(pl.DataFrame(ROWS), 0.8, score="score", **IDS, higher_is_better=True)
        assert kind_of(found.clients) == kind_of(found.to_frame())
        for column in ("client", "before", "after", "index", "class", "unchanged_low", "ceiling_limited"):
            assert cells(found.clients, column) == cells(plain.clients, column)

    @pytest.mark.parametrize("named", [{}, {"client": "case"}])
    def test_one_row_per_client_in_every_kind_of_frame(self, make_frame, named):
        columns = {"case": ["p", "q", "r"], "pre": [32.5, 41.0, None], "post": [47.5, 44.0, 33.0]}
        found = al.reliable_change(
            make_frame(columns),
            0.8,
            before="pre",
            after="post",
            standard_deviation=7.5,
            mean=40,
            higher_is_better=True,
            **named,
        )
        assert cells(found.clients, "class") == ["improved", "unchanged", None]
        assert cells(found.clients, "change") == [15.0, 3.0, None]
        assert list(cells(found.clients, "case")) == columns["case"] if named else len(found.clients) == 3
        twice = make_frame({**columns, "case": ["p", "p", "r"]})
        if named:
            with pytest.raises(al.AllianceError, match="1 row repeats the client of an earlier row"):
                al.reliable_change(twice, 0.8, before="pre", after="post", higher_is_better=True, **named)

    def test_scores_a_study_and_a_frame_give_the_same(self, scores, study):
        table = pl.from_arrow(scores.to_frame()) if kind_of(scores.to_frame()) == "pyarrow" else scores.to_frame()
        of_scores = al.reliable_change(scores, 0.9)
        frame = al.reliable_change(
            table, 0.9, score="total", **IDS, higher_is_better=True, range=scores.instrument.range
        )
        assert of_scores == al.reliable_change(read(study), 0.9, rater="client")
        with pytest.warns(al.EvidenceWarning):
            assert of_scores == al.reliable_change(study, 0.9, rater="client")
        for column in ("index", "class", "ceiling_limited"):
            assert cells(frame.clients, column) == cells(of_scores.clients, column)

    def test_an_outcome_of_a_study_knows_its_direction(self):
        columns = {"client": [1, 1, 1, 2, 2, 2], "session": [1, 2, 3] * 2, "symptoms": [9.0, 8, 2, 4, 5, 11]}
        study = al.Study(**IDS).with_outcome(pl.DataFrame(columns), score="symptoms", measured="before")
        found = al.reliable_change(study, 0.9, score="symptoms", standard_deviation=3.0)
        assert not found.higher_is_better and cells(found.clients, "class") == ["improved", "deteriorated"]
        frame = al.reliable_change(
            pl.DataFrame(columns), 0.9, score="symptoms", **IDS, standard_deviation=3.0, higher_is_better=False
        )
        assert found == frame
        assert not al.growth_change(study, score="symptoms").higher_is_better
        drops = al.session_drops(study, score="symptoms", threshold="practical", points=2, least_sessions=1)
        assert cells(drops.sessions, "is_drop") == [None, False, False, None, False, True]
        with pytest.raises(al.AllianceError, match="leave out `client`, `higher_is_better`"):
            al.reliable_change(study, 0.9, score="symptoms", client="client", higher_is_better=False)
        with pytest.raises(al.AllianceError, match="no outcome"):
            al.growth_change(study, score="mood")

    def test_clients_of_two_therapists_are_dyads(self):
        frame = pl.DataFrame({"client": [1] * 4, "who": [1, 1, 2, 2], "session": [1, 2, 3, 4], "score": [3.0, 4, 2, 5]})
        found = al.reliable_change(frame, 0.8, score="score", **IDS, therapist="who", higher_is_better=True)
        assert cells(found.clients, "who") == [1, 2] and cells(found.clients, "after") == [4.0, 5.0]


class TestReliability:
    def test_a_number_an_estimate_and_a_result(self, scores):
        of_form = al.reliability(scores, at=1)
        one, other, third = (
            al.reliable_change(scores, given) for given in (of_form, of_form.alpha, of_form.alpha.value)
        )
        assert cells(one.clients, "index") == cells(other.clients, "index") == cells(third.clients, "index")
        assert "(alpha)" in one.methods() and "(given)" in third.methods()

    def test_omega_may_be_handed_over(self, scores):
        found = al.reliable_change(scores, al.reliability(scores, at=1).omega)
        assert found.reliability == al.reliability(scores, at=1).omega.value and found.notes == ()

    def test_trap_5_latent_reliabilities_are_refused(self, scores):
        latent = al.ordinal_reliability(scores, at=1, sparse="use")
        for reliability in (latent, latent.alpha, latent.omega):
            with pytest.raises(al.AllianceError, match="latent"):
                al.reliable_change(scores, reliability)
            with pytest.raises(al.AllianceError, match="latent"):
                al.session_drops(scores, threshold="measurement", reliability=reliability)

    def test_trap_2_another_level_rater_or_scale_warns(self, scores, study):
        with pytest.warns(al.AllianceWarning, match="another level"):
            found = al.reliable_change(scores, al.reliability(scores))
        assert any("another level" in note for note in found.notes)
        of_therapist = al.reliability(read(study), rater="therapist", at=1)
        with pytest.warns(al.AllianceWarning, match="another rater"):
            al.reliable_change(scores, of_therapist)
        with pytest.warns(al.AllianceWarning, match="scale bond"):
            al.reliable_change(scores, al.reliability(scores, scale="bond", at=1))

    def test_a_low_reliability_is_remarked(self):
        assert any("below .5" in note for note in of_pairs([1.0, 2, 3], [2.0, 2, 3], 0.4).notes)


WITHOUT_SLOPE = {
    "constant": (([1, 1, 1, 2, 2, 2, 3, 3, 3], [1, 2, 3] * 3, [4.0] * 9), "zero-variance"),
    "one client": (([1, 1, 1], [1, 2, 3], [1.0, 2, 4]), "too-few-units"),
    "one session": (([1, 2, 3], [1, 1, 1], [1.0, 2, 4]), None),
    "all missing": (([1, 2, 3], [1, 1, 1], [None] * 3), "all-missing"),
    "no row": (([], [], []), "all-missing"),
}


class TestGrowth:
    @pytest.mark.parametrize("case", cases("growth"), ids=lambda case: case["panel"])
    def test_slopes_are_those_of_lme4(self, case):
        frame = pl.DataFrame(panel(case["panel"]))
        found = al.growth_change(frame, score="alliance", **IDS, higher_is_better=True)
        assert close(found.average_slope.value, case["slope"], 1e-5)
        assert close(found.average_slope.standard_error, case["slope_se"], 1e-5)
        assert close(found.deviance, case["reml"], 1e-7)
        table = found.clients
        assert cells(table, "client") == case["clients"]
        for column, key in (("deviation", "deviation"), ("standard_error", "sd")):
            for one, other in zip(cells(table, column), case[key], strict=True):
                assert abs(one - other) < 1e-5
        for column, key in (("deviation_z", "deviation_z"), ("z", "own_z")):
            for one, other in zip(cells(table, column), case[key], strict=True):
                assert abs(one - other) < 1e-3 * max(1, abs(other))

    def test_a_column_of_times_and_session_numbers_agree(self):
        columns = thinned(panel_a())
        columns["week"] = [session - 1.0 for session in columns["session"]]
        by_session = al.growth_change(pl.DataFrame(columns), score="alliance", **IDS, higher_is_better=True)
        by_time = al.growth_change(
            pl.DataFrame(columns).drop("session"), score="alliance", client="client", time="week", higher_is_better=True
        )
        assert cells(by_time.clients, "z") == cells(by_session.clients, "z")
        assert "`week`" in by_time.methods()

    def test_kinds_scores_and_study(self, scores, study, make_frame):
        found = al.growth_change(scores)
        assert found == al.growth_change(read(study), rater="client") and found.higher_is_better
        columns = {name: panel_a()[name] for name in ("client", "session", "alliance")}
        options = {"score": "alliance", **IDS, "higher_is_better": False}
        given, plain = (al.growth_change(frame, **options) for frame in (make_frame(columns), pl.DataFrame(columns)))
        assert cells(given.clients, "class") == cells(plain.clients, "class")
        assert kind_of(given.clients) == kind_of(given.to_frame())
        assert plain.counts.deteriorated == 9

    @pytest.mark.parametrize("name", WITHOUT_SLOPE)
    def test_no_slope_and_why(self, name):
        (client, session, score), status = WITHOUT_SLOPE[name]
        columns = {"client": client, "session": session, "score": score}
        kinds = {"client": pl.Int64, "session": pl.Int64, "score": pl.Float64}
        found = al.growth_change(pl.DataFrame(columns, schema=kinds), score="score", **IDS, higher_is_better=True)
        assert found.status == status if status else found.status != "defined"
        assert found.counts[:3] == (0, 0, 0) and found.counts.not_assessed == len(set(client))
        assert found.average_slope.status != "defined" or not math.isnan(found.average_slope.value)
        assert found.methods() and found._repr_html_() and repr(found) and found.plot()


WITHOUT_SESSIONS = {
    "constant": (([1] * 5, range(1, 6), [4.0] * 5), "zero-variance"),
    "one session": (([1, 2], [1, 1], [4.0, 5.0]), "too-few-units"),
    "all missing": (([1, 1], [1, 2], [None, None]), "all-missing"),
    "no row": (([], [], []), "all-missing"),
}


class TestDrops:
    @pytest.mark.parametrize("case", cases("drops"), ids=lambda case: case["panel"])
    def test_the_definition(self, case):
        columns = panel(case["panel"])
        found = al.session_drops(
            pl.DataFrame(columns), score="alliance", **IDS, higher_is_better=True, prior_degrees=case["prior"]
        )
        assert close(found.pooled_standard_deviation.value, case["pooled"], 1e-9)
        shrunken = cells(found.clients, "shrunken_standard_deviation")
        assert all(map(lambda one, other: close(one, other, 1e-9), shrunken, case["shrunken"]))
        assert found.judged == case["judged"] and found.flagged == len(case["flagged"])
        rows = found.sessions
        is_drop = cells(rows, "is_drop")
        judged = [row for row, flag in enumerate(is_drop) if flag is not None]
        for column, key in (("reference", "references"), ("threshold", "thresholds")):
            listed = cells(rows, column)
            assert all(close(listed[row], other, 1e-9) for row, other in zip(judged, case[key], strict=True))
        flagged = [
            100 * client + session
            for client, session, flag in zip(cells(rows, "client"), cells(rows, "session"), is_drop, strict=True)
            if flag
        ]
        assert flagged == case["flagged"]
        assert close(found.expected_by_chance, 0.05 * case["judged"], 1e-9)
        assert found.clients_flagged == len({code // 100 for code in flagged})

    def test_trap_6_jacobson_truax_flags_by_chance_and_says_so(self):
        frame = pl.DataFrame(panel_a())
        options = {"score": "alliance", **IDS, "higher_is_better": True}
        usual = al.session_drops(frame, **options)
        jacobson = al.session_drops(frame, threshold="jacobson-truax", reliability=0.95, **options)
        assert jacobson.reference == "previous-session" and jacobson.least_sessions == 1
        assert jacobson.flagged / jacobson.judged > 3 * usual.flagged / usual.judged
        assert jacobson.expected_by_chance / jacobson.judged > 3 * usual.expected_by_chance / usual.judged
        assert jacobson.clients_expected_by_chance > 0.6 * jacobson.clients_judged
        assert "usually vary by" in jacobson.notes[0] and "by chance" in repr(jacobson)
        # The same flags as the index itself gives from session to session.
        sessions = frame.sort("client", "session")
        earlier = sessions.filter(pl.col("session") < 8)["alliance"].rename("before")
        later = sessions.filter(pl.col("session") > 1)["alliance"].rename("after")
        first = frame.filter(pl.col("session") == 1)["alliance"]
        found = al.reliable_change(
            pl.DataFrame([earlier, later]),
            0.95,
            before="before",
            after="after",
            standard_deviation=float(first.std()),
            higher_is_better=True,
        )
        assert found.counts.deteriorated == jacobson.flagged

    def test_thresholds_and_references(self):
        frame = pl.DataFrame({"client": [1] * 6, "session": range(1, 7), "score": [5.0, 6.0, 1.0, None, 5.0, 4.0]})
        options = {"score": "score", **IDS, "higher_is_better": True, "threshold": "practical", "points": 1.0}
        for reference, expected in (("running-mean", 4.25), ("running-median", 5.0), ("previous-session", 5.0)):
            found = al.session_drops(frame, reference=reference, least_sessions=2, **options)
            assert cells(found.sessions, "reference")[-1] == expected
            assert cells(found.sessions, "is_drop")[-1] == (expected - 4 >= 1)
            assert cells(found.sessions, "is_drop")[3] is None
        error = al.reliability(pl.DataFrame({"a": [1.0, 2, 3, 5], "b": [1.0, 3, 3, 4]}), columns=["a", "b"])
        options = {"score": "score", **IDS, "higher_is_better": False, "threshold": "measurement"}
        given = al.session_drops(
            frame, standard_error_of_measurement=error.standard_error_of_measurement, least_sessions=1, **options
        )
        assert given.standard_error_of_measurement == error.standard_error_of_measurement.value
        assert "which is worse" in given.methods()

    def test_later_sessions_have_no_part_in_a_reference(self):
        columns = panel_a()
        changed = {
            **columns,
            "alliance": [
                score + 3 * (session > 6)
                for score, session in zip(columns["alliance"], columns["session"], strict=True)
            ],
        }
        options = {"score": "alliance", **IDS, "higher_is_better": True}
        one, other = (al.session_drops(pl.DataFrame(each), **options) for each in (columns, changed))
        early = pl.col("session") <= 6
        names = ["reference", "drop"]
        assert one.sessions.filter(early).select(names).equals(other.sessions.filter(early).select(names))

    def test_kinds_scores_and_study(self, scores, study, make_frame):
        found = al.session_drops(scores)
        assert found == al.session_drops(read(study), rater="client")
        columns = {name: thinned(panel_a())[name] for name in ("client", "session", "alliance")}
        options = {"score": "alliance", **IDS, "higher_is_better": True}
        given, plain = (al.session_drops(frame, **options) for frame in (make_frame(columns), pl.DataFrame(columns)))
        for column in ("reference", "threshold", "is_drop"):
            assert cells(given.sessions, column) == cells(plain.sessions, column)
        assert kind_of(given.sessions) == kind_of(given.clients) == kind_of(given.to_frame())

    @pytest.mark.parametrize("name", WITHOUT_SESSIONS)
    @pytest.mark.parametrize("threshold", ["fluctuation", "jacobson-truax"])
    def test_no_session_judged_and_why(self, name, threshold):
        (client, session, score), status = WITHOUT_SESSIONS[name]
        kinds = {"client": pl.Int64, "session": pl.Int64, "score": pl.Float64}
        frame = pl.DataFrame({"client": client, "session": session, "score": score}, schema=kinds)
        options = {"least_sessions": 3} | ({"reliability": 0.9} if threshold == "jacobson-truax" else {})
        found = al.session_drops(frame, score="score", **IDS, higher_is_better=True, threshold=threshold, **options)
        assert found.status == status and found.judged == found.flagged == 0
        assert math.isnan(found.expected_by_chance)
        assert found.methods() and found._repr_html_() and repr(found)


class TestFalseAlarms:
    def test_the_formula(self):
        (case,) = cases("false-alarms")
        conditions = zip(case["reliability"], case["autocorrelation"], case["step"], case["client"], strict=True)
        for reliability, autocorrelation, step, client in conditions:
            options = {"icc": case["icc"], "autocorrelation": autocorrelation, "sessions": case["sessions"]}
            (rate,) = al.jacobson_truax_false_alarms(reliability, **options).rates
            assert close(rate.per_session, step, 1e-9) and close(rate.per_client, client, 1e-9)
            assert close(rate.expected, 11 * step, 1e-9)

    def test_the_table(self):
        found = al.jacobson_truax_false_alarms()
        assert cells(found.to_frame(), "per_session") == [rate.per_session for rate in found.rates]
        assert "51 to 94 %" in found.methods() and "jacobson-truax-1991" in found.cite()
        assert "0.147" in found._repr_html_() and pickle.loads(pickle.dumps(found)) == found

    def test_one_session_cannot_be_flagged(self):
        (rate,) = al.jacobson_truax_false_alarms(0.9, autocorrelation=0, sessions=1).rates
        assert rate.per_client == rate.expected == 0

    @pytest.mark.parametrize(
        "options",
        [
            {"reliability": 1.0},
            {"reliability": []},
            {"reliability": "high"},
            {"icc": 1.0},
            {"autocorrelation": -1.0},
            {"sessions": 0},
            {"confidence": 1.0},
        ],
    )
    def test_nonsense(self, options):
        with pytest.raises(al.AllianceError) as caught:
            al.jacobson_truax_false_alarms(**options)
        assert caught.value.code == "invalid-option"


class TestDegenerate:
    @pytest.mark.parametrize(
        ("before", "after", "status"),
        [
            ([4.0] * 3, [5.0] * 3, "undefined"),
            ([4.0], [5.0], "too-few-units"),
            ([None, None], [5.0, 4.0], "all-missing"),
            ([], [], "all-missing"),
        ],
    )
    @pytest.mark.parametrize("method", METHODS)
    def test_no_index_and_why(self, before, after, status, method):
        found = of_pairs(before, after, method=method)
        constant = before == [4.0] * 3 and method == "hageman-arrindell"
        assert found.status == ("zero-variance" if constant else status)
        assert found.counts == (0, 0, 0, 0, len(before))
        assert all(math.isnan(each.value) and each.status != "defined" for each in found.estimates.values())
        assert found.methods() and found._repr_html_() and repr(found) and found.plot()

    def test_a_perfect_reliability_leaves_no_error(self):
        for reliability in (1.0, 1.2):
            found = of_pairs([4.0, 5, 6], [5.0, 5, 7], reliability)
            assert found.status == "undefined" and math.isnan(found.minimal_detectable_change.value)

    def test_a_reliability_without_a_value_or_below_zero(self):
        items = pl.DataFrame({"a": [3.0] * 4, "b": [2.0] * 4})
        constant = al.reliability(items, columns=["a", "b"])
        against = al.reliability(pl.DataFrame({"a": [1.0, 2, 3, 4], "b": [4.0, 3, 1, 2]}), columns=["a", "b"])
        for reliability in (constant, against):
            found = of_pairs([4.0, 5, 6], [5.0, 5, 7], reliability)
            assert found.status == "undefined" and found.counts.not_assessed == 3

    def test_differences_that_are_all_error(self):
        found = worked(method="hageman-arrindell", mean_after=50, standard_deviation_after=7.5, correlation=0.9)
        assert found.status == "undefined" and found.reliability_of_differences.status == "out-of-range"
        assert found.reliability_of_differences.value < 0

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.tuples(*[st.one_of(st.none(), st.integers(1, 5))] * 2), max_size=6), st.sampled_from(METHODS))
    def test_whatever_the_scores(self, rows, method):
        before, after = ([float(row[side]) if row[side] else None for row in rows] for side in (0, 1))
        found = of_pairs(before, after, method=method)
        assert sum(found.counts) == len(rows)
        classes = cells(found.clients, "class")
        assert [cell is None for cell in classes] == [index is None for index in cells(found.clients, "index")]

    @settings(max_examples=30, deadline=None)
    @given(st.lists(st.tuples(st.integers(0, 3), st.one_of(st.none(), st.integers(1, 4))), max_size=14))
    def test_whatever_the_sessions(self, rows):
        columns = {"client": [row[0] for row in rows], "session": range(len(rows)), "score": [row[1] for row in rows]}
        kinds = {"client": pl.Int64, "session": pl.Int64, "score": pl.Float64}
        frame = pl.DataFrame(columns, schema=kinds)
        options = {"score": "score", **IDS, "higher_is_better": True}
        drops = al.session_drops(frame, **options)
        assert drops.judged == sum(cell is not None for cell in cells(drops.sessions, "is_drop"))
        growth = al.growth_change(frame, **options)
        assert sum(growth.counts) == len(set(columns["client"]))


PAIRS = pl.DataFrame({"case": ["7431-a", "7431-b"], "pre": [1.0, 2.0], "post": [2.0, 2.0], "again": ["x", "x"]})


class TestNonsense:
    @pytest.mark.parametrize(
        "options",
        [
            {"method": "guess"},
            {"reliability": "high"},
            {"reliability": -0.1},
            {"reliability": True},
            {"reliability": float("nan")},
            {"higher_is_better": None},
            {"higher_is_better": 1},
            {"confidence": 1.0},
            {"cutoff": "d"},
            {"functional": (60, 7.5)},
            {"dysfunctional": (40, 7.5), "functional": 60},
            {"dysfunctional": (40, -1), "functional": (60, 7.5)},
            {"range": (5, 1)},
            {"range": 5},
            {"standard_deviation": -1},
            {"method": "hageman-arrindell", "correlation": 1.5},
            {"before": None},
            {"before": "nowhere"},
            {"before": "post"},
            {"score": "pre"},
            {"client": "again"},
            {"session": "case"},
        ],
    )
    def test_options(self, options):
        given_options = {"reliability": 0.8, "before": "pre", "after": "post", "higher_is_better": True, **options}
        with pytest.raises(al.AllianceError) as caught:
            al.reliable_change(PAIRS, given_options.pop("reliability"), **given_options)
        assert caught.value.code in al.errors.error_codes()
        assert "7431" not in str(caught.value)

    @pytest.mark.parametrize(
        "options",
        [
            {"threshold": "guess"},
            {"threshold": "measurement"},
            {"threshold": "jacobson-truax"},
            {"threshold": "measurement", "reliability": 0.9, "standard_error_of_measurement": 0.2},
            {"reliability": 0.9},
            {"threshold": "practical"},
            {"points": 1},
            {"threshold": "practical", "points": -1},
            {"threshold": "measurement", "standard_error_of_measurement": -1},
            {"reference": "the future"},
            {"least_sessions": 0},
            {"prior_degrees": -1},
            {"pooled_standard_deviation": -1},
            {"confidence": 0},
            {"higher_is_better": None},
            {"session": None},
            {"score": None},
            {"score": "again"},
        ],
    )
    def test_options_of_drops(self, options):
        frame = pl.DataFrame({"client": [1, 1], "session": [1, 2], "score": [1.0, 2.0], "again": ["7431", "2"]})
        with pytest.raises(al.AllianceError) as caught:
            al.session_drops(frame, **{"score": "score", **IDS, "higher_is_better": True, **options})
        assert caught.value.code in al.errors.error_codes() and "7431" not in str(caught.value)

    def test_options_of_growth(self, scores):
        with pytest.raises(al.AllianceError, match="no column of times"):
            al.growth_change(scores, time="week")
        frame = pl.DataFrame({"client": [1, 1], "session": [1, 1], "score": [1.0, 2.0]})
        with pytest.raises(al.AllianceError, match="repeat"):
            al.growth_change(frame, score="score", **IDS, higher_is_better=True)
        with pytest.raises(al.AllianceError) as caught:
            al.session_drops(frame, score="score", **IDS, higher_is_better=True)
        assert caught.value.code == "repeated-session"

    def test_sessions_that_are_not_there(self, scores):
        with pytest.raises(al.AllianceError, match="no score is of this session") as caught:
            al.reliable_change(scores, 0.9, before=1, after="the-secret-visit")
        assert "secret" not in str(caught.value)
        with pytest.raises(al.AllianceError, match="both"):
            al.reliable_change(scores, 0.9, before=1)
        with pytest.raises(al.AllianceError, match="leave out"):
            al.reliable_change(scores, 0.9, score="total")


class TestResult:
    def test_words_tables_citations_and_copies(self, scores):
        form = al.reliability(scores, at=1)
        found = [
            al.reliable_change(scores, form),
            al.reliable_change(scores, form, method="hageman-arrindell", before=1, after=4),
            al.growth_change(scores),
            al.session_drops(scores),
        ]
        for each in found:
            assert cells(each.to_frame(), "estimate") == list(each.estimates)
            assert "wai-sr-client" in each.methods() and "@software" in each.cite()
            assert pickle.loads(pickle.dumps(each)) == each
            with pytest.raises(AttributeError):
                each.name = "other"
        assert "jacobson-truax-1991" in found[0].cite() and "hageman-arrindell-1999" in found[1].cite()
        assert "one-sided" in found[1].methods()
        assert found[0] != al.reliable_change(scores, form, before=1, after=4)

    def test_a_view_holds_no_row(self, clinic, scores):
        found = [al.reliable_change(scores, 0.9), al.growth_change(scores), al.session_drops(scores)]
        shown = "".join(each._repr_html_() + repr(each) + each.methods() for each in found)
        for client in set(cells(clinic.client_forms, "client")):
            assert client not in shown

    def test_figures(self, scores):
        change = al.reliable_change(scores, 0.9, dysfunctional=(3, 0.5), functional=(4.5, 0.5))
        panel = change.plot().axes[0]
        drawn = sum(len(line.get_xdata()) for line in panel.lines if line.get_linestyle() == "None")
        assert drawn == sum(change.counts[:4])
        growth = al.growth_change(scores)
        marks = [line for line in growth.plot().axes[0].lines if line.get_linestyle() == "None"]
        assert sum(len(line.get_xdata()) for line in marks) == sum(growth.counts[:3])
        drops = al.session_drops(scores)
        client = cells(drops.clients, "client")[0]
        assert drops.plot(client)._repr_png_()[:4] == b"\x89PNG"
        with pytest.raises(al.AllianceError, match="name a client"):
            drops.plot("the-secret-client")

    def test_an_own_form_knows_its_direction_and_range(self):
        form = al.Instrument.from_toml(own_form(3))
        rows = {"client": [1, 1, 2, 2], "session": [1, 2, 1, 2]}
        answers = {f"q{item}": [2, 5, 3, 4] for item in (1, 2, 3)}
        scores = al.score(pl.DataFrame({**rows, **answers}), form, columns="q{item}", **IDS)
        found = al.reliable_change(scores, 0.8, standard_deviation=1.0)
        assert found.higher_is_better and cells(found.clients, "ceiling_limited") == [False, False]
        turned = al.reliable_change(scores, 0.8, standard_deviation=1.0, higher_is_better=False)
        assert turned.counts.deteriorated == found.counts.improved == 1


class TestWhatIsSaid:
    """Sentences and words say what was done."""

    def test_a_practical_difference_is_flagged_from_there_on_and_says_so(self):
        frame = pl.DataFrame({"client": [1, 1], "session": [1, 2], "score": [5.0, 4.0]})
        options = {"score": "score", **IDS, "threshold": "practical", "points": 1, "least_sessions": 1}
        found = al.session_drops(frame, higher_is_better=True, **options)
        assert found.flagged == 1 and "if lower by at least a difference that was given." in found.methods()
        turned = al.session_drops(frame.with_columns(-pl.col("score")), higher_is_better=False, **options)
        assert turned.flagged == 1 and "if higher, which is worse, by at least" in turned.methods()

    def test_one_condition_has_no_span(self):
        one = al.jacobson_truax_false_alarms(0.9, autocorrelation=0.0).methods()
        assert "flags 83 % of clients" in one
        assert "flags 71 to 83 % of clients" in al.jacobson_truax_false_alarms(0.9).methods()

    @pytest.mark.parametrize("label", [1, 2])
    def test_one_session_is_no_change(self, label):
        frame = pl.DataFrame({"client": [1, 1], "session": [1, 2], "score": [5.0, 4.0]})
        with pytest.raises(al.AllianceError, match="these are one session"):
            al.reliable_change(frame, 0.8, score="score", **IDS, before=label, after=label, higher_is_better=True)

    def test_a_rule_without_error_knows_no_ceiling(self):
        assert cells(of_pairs([1.0, 2.0], [2.0, 3.0], 1.0, range=(0, 5)).clients, "ceiling_limited") == [None, None]
        assert cells(of_pairs([1.0, 2.0], [2.0, 3.0], 0.8, range=(0, 5)).clients, "ceiling_limited") == [False, False]

    @pytest.mark.parametrize(("higher_is_better", "functional"), [(True, 40.0), (True, 30.0), (False, 50.0)])
    def test_groups_the_wrong_way_round_are_refused(self, higher_is_better, functional):
        with pytest.raises(al.AllianceError, match="functional: give a mean"):
            worked(dysfunctional=(40.0, 7.5), functional=(functional, 7.5), higher_is_better=higher_is_better)

    def test_how_far_chance_rates_hold_for_clients_who_only_fluctuate(self):
        draw = np.random.default_rng(3)
        clients, sessions = 1500, 12
        deviation = draw.normal(0, 0.5, (clients, sessions))
        ids = {"client": np.repeat(range(clients), sessions), "session": np.tile(range(sessions), clients)}

        def judged(unit, **options):
            frame = pl.DataFrame({**ids, "score": (5 + unit * deviation).ravel()})
            found = al.session_drops(frame, score="score", **IDS, higher_is_better=True, **options)
            shares = (
                (found.flagged, found.expected_by_chance),
                (found.clients_flagged, found.clients_expected_by_chance),
            )
            return [share / found.judged for share in shares[0]] + [share / found.clients_judged for share in shares[1]]

        # What the documentation says of each: sessions flagged and told, clients flagged and told.
        jacobson = judged(1.0, threshold="jacobson-truax", standard_error_of_measurement=0.25)
        assert jacobson == pytest.approx([0.16, 0.16, 0.90, 0.82], abs=0.015)
        unlike = np.exp(draw.normal(0, 0.5, (clients, 1)))
        assert judged(unlike)[:2] == pytest.approx([0.03, 0.05], abs=0.006)
        assert judged(1.0) == pytest.approx([0.05, 0.05, 0.38, 0.37], abs=0.025)

    def test_no_error_of_measurement_is_not_called_none_at_all(self):
        one = pl.DataFrame({"client": [1] * 4, "session": [1, 2, 3, 4], "score": [5.0, 4.0, 6.0, 5.0]})
        found = al.session_drops(
            one, score="score", **IDS, higher_is_better=True, threshold="measurement", reliability=0.8
        )
        assert math.isnan(found.standard_error_of_measurement) and found.judged == 0

    def test_pairs_of_client_and_therapist_are_not_passed_off_as_clients(self):
        frame = pl.DataFrame(
            {
                "client": [1] * 6 + [2] * 4,
                "therapist": [1, 1, 1, 2, 2, 2, 1, 1, 1, 1],
                "session": [1, 2, 3, 4, 5, 6, 1, 2, 3, 4],
                "score": [1.0, 2.0, 4.0, 3.0, 5.0, 4.0, 2.0, 3.0, 2.0, 4.0],
            }
        )
        named = {"score": "score", **IDS, "higher_is_better": True}
        said = "What is counted as clients are pairs of client and therapist: 3 of 2 clients."
        for make in (
            lambda **ids: al.reliable_change(frame, 0.8, **ids),
            *(lambda make=make, **ids: make(frame, **ids) for make in (al.session_drops, al.growth_change)),
        ):
            assert said in make(**named, therapist="therapist").methods()
            assert "pairs of" not in make(**named).methods()
