"""Dropout, retention and attendance agree with glm, survival and sandwich, and leave no trap open."""

from __future__ import annotations

import math
import pickle

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panels import Lehmer, dropout_of_panel_a, panel_a
from support import assert_close, cells, close, kind_of, names_of, vector

import alliance as al

CASES = {case["id"]: case for case in vector("outcome")["cases"]}
LEUK = CASES["leuk"]
IDS = {"client": "client", "session": "session"}
SCORED = {"score": "alliance", "ending": "ending", **IDS}


def drop_panel():
    """Give panel A up to where each client left."""
    left = {
        client: session
        for client, session, is_left in zip(
            *(dropout_of_panel_a()[name] for name in ("client", "session", "left")), strict=True
        )
        if is_left
    }
    frame = pl.DataFrame(panel_a())
    last = pl.col("client").replace_strict(left, default=9, return_dtype=pl.Int64)
    ending = pl.when(last < 9).then(pl.lit("dropout")).otherwise(pl.lit("ongoing"))
    return frame.filter(pl.col("session") < last).with_columns(ending=ending)


DROP = drop_panel()


def leuk(**columns):
    words = {0.0: "ongoing", 1.0: "dropout", 2.0: "planned"}
    return pl.DataFrame(
        {
            "weeks": LEUK["time"],
            "event": [words[code] for code in LEUK["event"]],
            "state": [words[code] for code in LEUK["state"]],
            "arm": ["treated" if arm else "control" for arm in LEUK["treated"]],
            **columns,
        }
    )


@pytest.fixture(scope="module")
def clinic():
    return al.simulate(dyads=60, sessions=(4, 10), seed=5)


@pytest.fixture(scope="module")
def study(clinic):
    return (
        al.Study(client="client", session="session", therapist="therapist")
        .with_forms(clinic.client_forms, "wai-sr-client", columns="wai_{item}")
        .with_appointments(clinic.appointments)
    )


@pytest.fixture(scope="module")
def periods():
    return al.person_period(DROP, **SCORED)


class TestPersonPeriods:
    def test_the_table_is_that_of_the_generator(self, periods):
        expected, found = dropout_of_panel_a(), periods.to_frame()
        assert (periods.rows, periods.clients, periods.endings["dropout"]) == (309, 60, 31)
        assert cells(found, "client") == expected["client"]
        assert cells(found, "session") == expected["session"]
        assert cells(found, "dropout") == [int(left) for left in expected["left"]]
        assert_close([score - 5.3 for score in cells(found, "alliance_lag1")], expected["before"], 1e-9)
        table, case = periods.life_table(), CASES["life-table"]
        assert (cells(table, "at_risk"), cells(table, "dropouts")) == (case["at_risk"], case["dropouts"])

    def test_what_was_known_before(self, periods):
        so_far = al.disaggregate(DROP, mean="so-far", score="alliance", **IDS).to_frame()
        frame = periods.to_frame()
        joined = frame.join(
            so_far.select("client", (pl.col("session") + 1).alias("session"), "alliance", "alliance_within"),
            on=["client", "session"],
        )
        assert len(joined) == len(frame)
        assert_close(joined["alliance_lag1"], joined["alliance"])
        for one, other in zip(joined["alliance_within_lag1"], joined["alliance_within"], strict=True):
            assert abs(one - other) < 1e-12
        for score, mean, within in frame.select("^alliance.*lag1$").rows():
            assert abs(score - mean - within) < 1e-12

    def test_trap_16_the_rating_is_that_of_the_session_before_and_planned_ends_compete(self):
        frame = pl.DataFrame(
            {
                "client": ["a", "a", "b", "b", "c", "d"],
                "session": [1, 2, 1, 2, 1, 1],
                "alliance": [5.0, 4.0, 5.5, 6.0, 6.5, 3.0],
                "ending": ["dropout", None, None, "planned", None, "dropout"],
            }
        )
        found = al.person_period(frame, **SCORED)
        rows = found.to_frame().select("client", "session", "event", "dropout", "alliance_lag1").rows()
        assert rows == [
            ("a", 2, "stayed", 0, 5.0),
            ("a", 3, "dropout", 1, 4.0),
            ("b", 2, "stayed", 0, 5.5),
            ("b", 3, "planned", 0, 6.0),
            ("d", 2, "dropout", 1, 3.0),
        ]
        assert (found.clients, found.clients_never_at_risk) == (3, 1)
        assert found.endings == found.recorded == {"ongoing": 1, "dropout": 2, "planned": 1}
        without = al.person_period(frame, planned="no-longer-at-risk", **SCORED)
        assert cells(without.to_frame(), "event") == ["stayed", "dropout", "stayed", "dropout"]
        two = al.person_period(frame, lag=2, **SCORED)
        assert cells(two.to_frame(), "alliance_lag2") == [None, 5.0, None, 5.5, None]
        assert two.without_score == 3
        short = al.person_period(frame, fewer_than=2, **SCORED)
        assert short.endings == {"ongoing": 1, "dropout": 1, "planned": 2}
        assert short.recorded["dropout"] == 2 and "Report both" in short.notes[-1]

    def test_trap_16_a_mean_over_all_sessions_foretells_what_is_chance(self):
        random, rows = Lehmer(16), []
        for client in range(1500):
            level, left = 0.5 * random.normal(), "ongoing"
            sessions = []
            for session in range(1, 13):
                sessions.append((client, session, 4 + level + 0.15 * session + 0.3 * random.normal()))
                if random.uniform() < 0.1:
                    left = "dropout"
                    break
            rows += [(*session, left) for session in sessions]
        frame = pl.DataFrame(rows, schema=["client", "session", "alliance", "ending"], orient="row")
        table = al.person_period(frame, **SCORED).to_frame()
        whole = frame.group_by("client").agg(pl.col("alliance").mean().alias("whole_mean"))
        table = table.join(whole, on="client", how="left", maintain_order="left")

        def z(column):
            found = al.dropout_hazard(table, predictors=[column]).coefficients[column]
            return found.value / found.standard_error

        assert abs(z("alliance_lag1")) < 2.5 and abs(z("alliance_mean_lag1")) < 2.5
        assert z("whole_mean") < -10

    def test_a_study_counts_sessions_that_were_held(self):
        forms = pl.DataFrame({"client": ["a"] * 3, "session": [1, 2, 4], **{f"q{i}": [3, 4, 5] for i in range(1, 13)}})
        visits = pl.DataFrame(
            {
                "client": ["a"] * 5 + ["b"] * 2,
                "session": [1, 2, 3, 4, 5, 1, 2],
                "status": ["attended", "attended", "no-show", "attended", "dropout", "attended", "planned-end"],
            }
        )
        study = al.Study(client="client", session="session").with_forms(forms, "wai-sr-client", columns="q{item}")
        found = al.person_period(study.with_appointments(visits))
        rows = found.to_frame().select("client", "course", "session", "event", "total_lag1").rows()
        # Session 3 was not held: session 4 is the third, and the dropout stands in the one after it.
        assert rows == [
            ("a", 1, 2, "stayed", 3.0),
            ("a", 1, 3, "stayed", 4.0),
            ("a", 1, 4, "dropout", 5.0),
            ("b", 1, 2, "stayed", None),
            ("b", 1, 3, "planned", None),
        ]
        assert found.client_frame().select("client", "sessions", "ending", "time").rows() == [
            ("a", 3, "dropout", 4.0),
            ("b", 2, "planned", 3.0),
        ]

    def test_what_a_dropout_is_may_be_told_by_the_last_appointment(self):
        forms = pl.DataFrame(
            {"client": list("aabbcc"), "session": [1, 2] * 3, **{f"q{i}": [3] * 6 for i in range(1, 13)}}
        )
        visits = pl.DataFrame(
            {
                "client": list("aaabbbcc"),
                "session": [1, 2, 3, 1, 2, 3, 1, 2],
                "status": [
                    *("attended", "attended", "no-show", "attended", "attended", "cancelled-by-therapist"),
                    *("attended", "planned-end"),
                ],
            }
        )
        study = al.Study(client="client", session="session").with_forms(forms, "wai-sr-client", columns="q{item}")
        study = study.with_appointments(visits)
        recorded, missed = al.person_period(study), al.person_period(study, dropout="last-missed")
        assert recorded.endings == missed.recorded == {"ongoing": 2, "dropout": 0, "planned": 1}
        assert missed.endings == {"ongoing": 1, "dropout": 1, "planned": 1}
        assert cells(missed.client_frame(), "ending") == ["dropout", "ongoing", "planned"]
        assert "last appointment" in missed.notes[-1] and "missed last appointment" in missed.methods()
        with pytest.raises(al.AllianceError, match="only the appointments"):
            al.person_period(DROP, dropout="last-missed", **SCORED)

    def test_a_client_who_comes_back_begins_a_new_course(self):
        forms = pl.DataFrame({"client": ["a"] * 4, "session": [1, 2, 4, 5], **{f"q{i}": [3] * 4 for i in range(1, 13)}})
        visits = pl.DataFrame({"client": ["a"], "session": [3], "status": ["dropout"]})
        study = al.Study(client="client", session="session").with_forms(forms, "wai-sr-client", columns="q{item}")
        found = al.person_period(study.with_appointments(visits))
        assert found.client_frame().select("course", "sessions", "ending").rows() == [
            (1, 2, "dropout"),
            (2, 2, "ongoing"),
        ]

    def test_words_of_ones_own(self):
        frame = DROP.with_columns(ending=pl.col("ending").replace({"dropout": "ran", "ongoing": "here"}))
        found = al.person_period(frame, labels={"ran": "dropout", "here": "ongoing"}, **SCORED)
        assert found == al.person_period(DROP, **SCORED)


class TestHazard:
    @pytest.mark.parametrize("link", ["logit", "cloglog"])
    def test_it_agrees_with_glm(self, periods, link):
        table = periods.to_frame().with_columns(before=pl.col("alliance_lag1") - 5.3)
        found = al.dropout_hazard(table, predictors=["before"], link=link, time="constant")
        case = CASES[f"drop {link}"]
        for each, value, error in zip(found.coefficients.values(), case["coefficients"], case["errors"], strict=True):
            assert close(each.value, value, 1e-7) and close(each.standard_error, error, 1e-7)
        assert close(found.deviance, case["deviance"], 1e-9)
        assert (found.events, found.rows_used, found.rows_dropped) == (31, 309, 0)
        ratio = found.ratios["before"]
        assert close(ratio.value, math.exp(case["coefficients"][1]), 1e-7) and ratio.low < ratio.value < ratio.high

    @pytest.mark.parametrize("link", ["logit", "cloglog"])
    def test_robust_to_therapists_it_agrees_with_sandwich(self, periods, link):
        table = periods.to_frame().with_columns(
            before=pl.col("alliance_lag1") - 5.3, therapist=(pl.col("client") - 1) // 6
        )
        found = al.dropout_hazard(table, predictors=["before"], link=link, time="constant", cluster="therapist")
        for each, error in zip(found.coefficients.values(), CASES[f"robust {link}"]["errors"], strict=True):
            assert close(each.standard_error, error, 1e-7) and each.degrees_of_freedom == 9
        assert found.clusters == 10 and "cameron-2015" in found.cite()

    @pytest.mark.parametrize("link", ["logit", "cloglog"])
    def test_time(self, link):
        rows = [
            (week, float(week == time and event == 1), arm)
            for time, event, arm in zip(LEUK["time"], LEUK["event"], LEUK["treated"], strict=True)
            for week in range(1, int(time) + 1)
        ]
        frame = pl.DataFrame(rows, schema=["week", "event", "treated"], orient="row")
        named = {"predictors": ["treated"], "event": "event", "session": "week", "link": link}
        found = al.dropout_hazard(frame, time="logarithm", **named)
        intercept, log_week, treated = CASES[f"leuk {link}"]["coefficients"]
        for name, value in {"intercept": intercept, "ln(session)": log_week, "treated": treated}.items():
            assert close(found.coefficients[name].value, value, 1e-7)
        line = frame.with_columns(again=pl.col("week").cast(pl.Float64))
        constant = al.dropout_hazard(line, time="constant", **{**named, "predictors": ["treated", "again"]})
        linear = al.dropout_hazard(frame, time="linear", **named)
        assert constant.coefficients["again"].value == linear.coefficients["session"].value

    def test_each_session_has_the_hazard_of_the_life_table(self, periods):
        found = al.dropout_hazard(periods, predictors=[], time="each-session")
        case = CASES["life-table"]
        for place, (at_risk, left) in enumerate(zip(case["at_risk"], case["dropouts"], strict=True)):
            own = found.coefficients[f"session {place + 2}"].value if place else 0.0
            odds = math.exp(found.coefficients["intercept"].value + own)
            assert close(odds / (1 + odds), left / at_risk, 1e-9)

    def test_the_table_knows_its_predictor(self, study):
        table = al.person_period(study, rater="client")
        found = al.dropout_hazard(table, cluster="therapist")
        assert list(found.coefficients) == ["intercept", "total_lag1", "session"]
        assert found == al.dropout_hazard(table, predictors=["total_lag1"], cluster="therapist")
        both = al.dropout_hazard(table, predictors=["total_mean_lag1", "total_within_lag1"], time="constant")
        assert list(both.coefficients) == ["intercept", "total_mean_lag1", "total_within_lag1"]
        assert found.rows_used + found.rows_dropped == table.rows

    def test_planned_ends_have_a_hazard_of_their_own(self, study):
        table = al.person_period(study)
        found = al.dropout_hazard(table, event="planned")
        assert (found.events, al.dropout_hazard(table).events) != (0, 0) and "planned ends" in found.methods()
        by_hand = al.dropout_hazard(table.to_frame(), event="planned", predictors=["total_lag1"])
        assert by_hand.coefficients == found.coefficients
        every = al.dropout_hazard(table, event="planned", predictors=[], time="constant")
        assert every.events == table.endings["planned"]
        without = al.person_period(study, planned="no-longer-at-risk")
        with pytest.raises(al.AllianceError, match="only where they compete"):
            al.dropout_hazard(without, event="planned")

    @pytest.mark.parametrize(
        ("event", "predictor", "status"),
        [
            ([0, 0, 0, 0, 0], [1, 2, 3, 2, 1], "zero-variance"),
            ([1, 1, 1, 1, 1], [1, 2, 3, 2, 1], "zero-variance"),
            ([0, 1, 0, 1, 0], [3, 3, 3, 3, 3], "not-positive-definite"),
            ([0, 1, 0, 1, 0], [1, 2, 1, 2, 1], "undefined"),
            ([None] * 5, [1, 2, 3, 2, 1], "all-missing"),
            ([0, 1, None, None, None], [1, 2, 3, 2, 1], "too-few-units"),
        ],
    )
    def test_no_model_and_why(self, event, predictor, status):
        frame = pl.DataFrame({"session": [2, 3, 4, 5, 6], "dropout": event, "x": [float(x) for x in predictor]})
        found = al.dropout_hazard(frame.cast({"dropout": pl.Int64}), predictors=["x"], time="constant")
        assert found.status == status
        for each in (*found.coefficients.values(), *found.ratios.values()):
            assert math.isnan(each.value) and each.status == status and str(each) not in {"", "nan"}
        assert repr(found) and found._repr_html_() and found.methods() and len(found.to_frame()) == 2


class TestRetention:
    @pytest.mark.parametrize("arm", ["treated", "control"])
    def test_it_agrees_with_survfit(self, arm):
        case = CASES[arm]
        found = al.retention(leuk().filter(pl.col("arm") == arm), time="weeks", ending="event").to_frame()
        assert (cells(found, "time"), cells(found, "at_risk")) == (case["time"], case["at_risk"])
        for ours, theirs in (("", "remaining"), ("_standard_error", "error"), ("_low", "low"), ("_high", "high")):
            for row, (one, other) in enumerate(zip(cells(found, f"remaining{ours}"), case[theirs], strict=True)):
                assert close(one, other, 1e-9) or case["remaining"][row] == 0

    def test_planned_ends_compete(self):
        case = CASES["competing"]
        found = al.retention(leuk(), time="weeks", ending="state")
        for ours, theirs in (("dropout", "event"), ("planned", "competing")):
            table = found.to_frame()
            assert_close(cells(table, ours), case[theirs], 1e-9)
            for one, other in zip(cells(table, f"{ours}_standard_error"), case[f"{theirs}_error"], strict=True):
                assert close(one, other, 1e-9)
            assert_close(cells(table, f"{ours}_low"), case[f"{theirs}_low"], 1e-9)
            assert_close(cells(table, f"{ours}_high"), case[f"{theirs}_high"], 1e-9)
        censored = leuk().with_columns(state=pl.col("state").replace({"planned": "ongoing"}))
        naive = al.retention(censored, time="weeks", ending="state")
        assert naive.at(30)["dropout"].value > found.at(30)["dropout"].value + 0.05
        assert "too high" in found.notes[0] and naive.notes == ()

    def test_shares_add_up_at_any_time(self):
        found = al.retention(leuk(), time="weeks", ending="state")
        for time in (0, 1, 5.5, 12, 35):
            shares = found.at(time)
            assert close(sum(each.value for each in shares.values()), 1.0, 1e-12)
        assert found.at(0.5)["remaining"].value == 1.0 and found.at(0.5)["dropout"].value == 0.0
        assert "followed that long" in found.at(99)["dropout"].notes[0]

    def test_log_rank(self):
        test = al.retention(leuk(), time="weeks", ending="event", by="arm").log_rank
        assert close(test.chi_square, CASES["log-rank"]["chi_square"], 1e-9) and test.degrees_of_freedom == 1
        case = CASES["log-rank-groups"]
        groups = [f"g{code:g}" for code in case["group"]]
        found = al.retention(leuk(group=groups), time="weeks", ending="event", by="group")
        assert close(found.log_rank.chi_square, case["chi_square"], 1e-9)
        assert close(found.log_rank.p_value, case["p"], 1e-7) and found.log_rank.degrees_of_freedom == 3
        assert list(found.groups) == ["g0", "g1", "g2", "g3"] and sum(found.groups.values()) == 42
        assert found.at(20, group="g0") != found.at(20, group="g1") and "mantel-1966" in found.cite()
        assert al.retention(leuk(group=["x"] * 42), time="weeks", ending="event", by="group").log_rank.status == (
            "too-few-units"
        )

    def test_sessions_at_risk_and_their_clients_say_the_same(self, periods):
        found = al.retention(periods)
        table, case = found.to_frame(), CASES["life-table"]
        assert (cells(table, "at_risk"), cells(table, "dropouts")) == (case["at_risk"], case["dropouts"])
        clients = al.retention(periods.client_frame(), time="time", ending="ending").to_frame()
        assert clients.equals(table) and found.time == "session"

    def test_a_study_and_its_sessions_at_risk_say_the_same(self, study, clinic):
        found = al.retention(study)
        assert sum(found.groups.values()) == 60 and found.time == "session"
        bare = al.Study(client="client", session="session", therapist="therapist")
        assert al.retention(bare.with_appointments(clinic.appointments)) == found
        # Forms of sessions without an appointment count where forms are read too.
        scored = al.retention(al.person_period(study))
        assert (scored.dropouts, scored.planned) == (found.dropouts, found.planned)
        with pytest.raises(al.AllianceError, match="no appointments"):
            al.retention(bare)

    def test_missing_times_are_left_out(self):
        rows = pl.DataFrame({"weeks": [2.0, None, 4.0], "how": ["dropout", None, "ongoing"]})
        found = al.retention(rows, time="weeks", ending="how")
        assert (found.groups, found.rows_dropped) == ({"": 2}, 1)

    @pytest.mark.parametrize(
        ("time", "how"),
        [([], []), ([None], ["dropout"]), ([3.0, 3.0], ["ongoing"] * 2), ([1.0], ["dropout"]), ([2.0], ["planned"])],
    )
    def test_few_and_equal_ends(self, time, how):
        rows = pl.DataFrame({"weeks": time, "how": how}, schema={"weeks": pl.Float64, "how": pl.String})
        for options in ({}, {"by": "how"}):
            found = al.retention(rows, time="weeks", ending="how", **options)
            for each in found.estimates.values():
                assert each.status != "defined" or not math.isnan(each.value)
            assert repr(found) and found._repr_html_() and found.methods()
            found.plot()._repr_png_()
            assert len(found.to_frame()) <= 1

    def test_the_figure_has_the_numbers_at_risk(self):
        figure = al.retention(leuk(), time="weeks", ending="event", by="arm").plot()
        assert figure._repr_png_()[:4] == b"\x89PNG"
        curves, below = figure.axes
        assert len(curves.lines) == 2
        texts = [text.get_text() for text in below.texts]
        assert texts[0] == "21" and "0" not in texts[0]
        one = al.retention(leuk(), time="weeks", ending="state").plot()
        assert len(one.axes[0].lines) == 3


VISITS = {
    "client": ["a", "a", "a", "b", "b", "b"],
    "session": [3, 1, 2, 1, 2, 3],
    "status": [
        *("attended", "cancelled-by-therapist", "no-show"),
        *("cancelled-late", "attended", "cancelled-by-client"),
    ],
}


class TestAttendance:
    def test_rates_and_counts(self):
        found = al.attendance(pl.DataFrame(VISITS), **IDS)
        assert (found.all.value, found.first.value, found.follow_up.value) == (0.4, 0.0, 2 / 3)
        assert (found.no_shows, found.late_cancellations) == (1, 1)
        assert (found.client_cancellations, found.therapist_cancellations) == (1, 1)
        assert (found.all.rows_used, found.all.rows_dropped, found.clients, found.appointments) == (5, 1, 2, 6)
        out = al.attendance(pl.DataFrame(VISITS), cancellations="left-out", **IDS)
        assert (out.all.value, out.all.rows_dropped) == (0.5, 2)

    def test_intervals_are_wilsons(self):
        case = CASES["wilson"]
        for kept, booked, low, high in zip(case["successes"], case["trials"], case["low"], case["high"], strict=True):
            words = ["attended"] * int(kept) + ["no-show"] * int(booked - kept)
            frame = pl.DataFrame({"client": list(range(int(booked))), "session": [1] * int(booked), "status": words})
            found = al.attendance(frame, resamples=None, **IDS)
            assert close(found.all.low, low, 1e-9) and close(found.all.high, high, 1e-9)
            assert found.first == found.all or found.first.value == found.all.value
            assert found.follow_up.status == "all-missing" and found.by_clients is None

    def test_trap_15_clients_are_drawn_not_rows(self):
        rows = [
            (client, session, "no-show" if client % 3 == 0 and session > 1 else "attended")
            for client in range(30)
            for session in range(1, 21)
        ]
        frame = pl.DataFrame(rows, schema=["client", "session", "status"], orient="row")
        found = al.attendance(frame, **IDS)
        width = found.by_clients.high - found.by_clients.low
        assert 3 < width / (found.all.high - found.all.low) < 6 and found.first.value == 1.0
        assert al.attendance(frame, threads=1, **IDS) == found == al.attendance(frame, threads=3, **IDS)
        assert al.attendance(frame, seed=2, **IDS).by_clients != found.by_clients

    def test_a_study_and_a_frame_say_the_same(self, study, clinic):
        found = al.attendance(study)
        assert al.attendance(clinic.appointments, **IDS) == found
        assert found.all.rows_used + found.all.rows_dropped == len(clinic.appointments)

    def test_words_of_ones_own(self):
        frame = pl.DataFrame(VISITS).with_columns(status=pl.col("status").replace({"no-show": "DNA"}))
        assert al.attendance(frame, labels={"DNA": "no-show"}, **IDS) == al.attendance(pl.DataFrame(VISITS), **IDS)
        with pytest.raises(al.AllianceError) as caught:
            al.attendance(frame, **IDS)
        assert caught.value.code == "unknown-appointment" and "DNA" not in str(caught.value)

    def test_none(self):
        frame = pl.DataFrame({name: [] for name in VISITS}, schema=dict.fromkeys(VISITS, pl.String))
        found = al.attendance(frame.cast({"session": pl.Int64}), **IDS)
        assert {each.status for each in found.estimates.values()} == {"all-missing"}
        assert repr(found) and found._repr_html_() and found.methods()


class TestKinds:
    def test_every_kind_of_frame_gives_the_same(self, make_frame):
        ends = {name: leuk()[name].to_list() for name in ("weeks", "state", "arm")}
        panel = {name: DROP[name].to_list()[:60] for name in ("client", "session", "alliance", "ending")}
        calls = {
            "period": (panel, lambda data: al.person_period(data, **SCORED)),
            "retention": (ends, lambda data: al.retention(data, time="weeks", ending="state", by="arm")),
            "attendance": (VISITS, lambda data: al.attendance(data, **IDS)),
        }
        for columns, call in calls.values():
            found, expected = call(make_frame(columns)), call(pl.DataFrame(columns))
            one, other = found.to_frame(), expected.to_frame()
            assert kind_of(one) == make_frame.out and names_of(one) == names_of(other)
            for name in names_of(other):
                assert cells(one, name) == cells(other, name), name
        table = al.person_period(make_frame(panel), **SCORED)
        assert kind_of(table.client_frame()) == kind_of(table.life_table()) == make_frame.out
        expected = al.dropout_hazard(al.person_period(pl.DataFrame(panel), **SCORED))
        assert al.dropout_hazard(table).coefficients == expected.coefficients
        assert al.dropout_hazard(table.to_frame(), predictors=["alliance_lag1"]).ratios == expected.ratios

    @settings(max_examples=40, deadline=None)
    @given(
        st.lists(
            st.tuples(st.integers(0, 5), st.integers(1, 9), st.one_of(st.none(), st.integers(1, 7))),
            max_size=30,
            unique_by=lambda row: row[:2],
        )
    )
    def test_whatever_the_rows(self, rows):
        words = ("ongoing", "dropout", "planned")
        frame = pl.DataFrame(
            [(*row, words[row[0] % 3]) for row in rows],
            schema={"client": pl.Int64, "session": pl.Int64, "alliance": pl.Float64, "ending": pl.String},
            orient="row",
        )
        found = al.person_period(frame, **SCORED)
        table = found.to_frame()
        left = {row[0] for row in rows if row[0] % 3 == 1}
        assert sum(cells(table, "dropout")) == len(left) == found.endings["dropout"]
        assert sum(cells(found.life_table(), "at_risk")) == found.rows
        kept = al.retention(found)
        assert cells(kept.to_frame(), "dropouts") == [
            count
            for count, planned in zip(
                *(cells(found.life_table(), name) for name in ("dropouts", "planned")), strict=True
            )
            if count + planned
        ]
        hazard = al.dropout_hazard(found)
        for each in hazard.estimates.values():
            assert (each.status != "defined") == math.isnan(each.value)


class TestNonsense:
    @pytest.mark.parametrize(
        "options",
        [
            {"ending": None},
            {"ending": "nowhere"},
            {"labels": {"dropout": "left"}},
            {"labels": ["dropout"]},
            {"lag": 0},
            {"lag": True},
            {"planned": "censored"},
            {"dropout": "felt"},
            {"fewer_than": 0},
            {"fewer_than": 2.5},
            {"score": None},
            {"client": None},
            {"session": "ending"},
            {"ending": "alliance"},
        ],
    )
    def test_person_period(self, options):
        with pytest.raises(al.AllianceError) as caught:
            al.person_period(DROP, **{**SCORED, **options})
        assert caught.value.code in al.errors.error_codes()

    def test_contradicting_endings(self):
        frame = pl.DataFrame({"client": ["7431"] * 2, "session": [1, 2], "alliance": [1.0, 2.0]})
        frame = frame.with_columns(ending=pl.Series(["dropout", "planned"]))
        with pytest.raises(al.AllianceError) as caught:
            al.person_period(frame, **SCORED)
        assert caught.value.code == "contradicting-endings" and caught.value.rows == (0, 1)
        assert "7431" not in str(caught.value)

    def test_studies_without_endings(self, clinic, study):
        bare = al.Study(client="client", session="session").with_forms(
            clinic.client_forms, "wai-sr-client", columns="wai_{item}"
        )
        for data in (bare, bare.scores(), study.scores()["client"]):
            with pytest.raises(al.AllianceError, match="endings are not known"):
                al.person_period(data)
        with pytest.raises(al.AllianceError, match="no appointments"):
            al.attendance(bare)
        for call, options in (
            (al.person_period, {"ending": "x"}),
            (al.attendance, {"client": "client"}),
            (al.attendance, {"labels": {}}),
        ):
            with pytest.raises(al.AllianceError, match="knows its columns"):
                call(study, **options)

    @pytest.mark.parametrize(
        "options",
        [
            {"predictors": "alliance_lag1"},
            {"predictors": ["nowhere"]},
            {"predictors": ["alliance_lag1"] * 2},
            {"event": "event"},
            {"cluster": "nowhere"},
            {"link": "probit"},
            {"time": "cubic"},
            {"confidence": 0},
        ],
    )
    def test_hazard(self, periods, options):
        with pytest.raises(al.AllianceError) as caught:
            al.dropout_hazard(periods, **options)
        assert caught.value.code in al.errors.error_codes()

    def test_hazard_of_a_frame(self, periods):
        frame = periods.to_frame()
        for data, options in (
            (frame, {}),
            (frame.with_columns(dropout=pl.lit(7431)), {"predictors": ["alliance_lag1"]}),
            (frame.with_columns(session=pl.lit("7431")), {"predictors": ["alliance_lag1"]}),
            (frame, {"predictors": ["event"]}),
        ):
            with pytest.raises(al.AllianceError) as caught:
                al.dropout_hazard(data, **options)
            assert "7431" not in str(caught.value)

    @pytest.mark.parametrize(
        "options",
        [
            {"time": None},
            {"ending": None},
            {"ending": "arm"},
            {"by": "nowhere"},
            {"by": "share"},
            {"confidence": 2},
            {"time": "arm"},
        ],
    )
    def test_retention(self, periods, options):
        with pytest.raises(al.AllianceError) as caught:
            al.retention(leuk(share=[0.5] * 42), **{"time": "weeks", "ending": "event", **options})
        assert caught.value.code in al.errors.error_codes()
        with pytest.raises(al.AllianceError, match="data know theirs"):
            al.retention(periods, time="weeks")

    def test_retention_without_a_word_or_a_group(self):
        rows = pl.DataFrame({"weeks": [2.0, 3.0], "how": ["dropout", None], "arm": ["x", None]})
        with pytest.raises(al.AllianceError, match="no word"):
            al.retention(rows, time="weeks", ending="how")
        with pytest.raises(al.AllianceError, match="no group"):
            al.retention(rows.with_columns(how=pl.lit("dropout")), time="weeks", ending="how", by="arm")
        with pytest.raises(al.AllianceError, match="choose one of"):
            al.retention(leuk(), time="weeks", ending="event", by="arm").at(3)

    @pytest.mark.parametrize(
        "options",
        [
            {"client": None},
            {"session": None},
            {"status": "nowhere"},
            {"cancellations": "forgiven"},
            {"resamples": 5},
            {"seed": -1},
            {"threads": 0},
            {"confidence": 1},
            {"labels": {"x": "came"}},
        ],
    )
    def test_attendance(self, options):
        with pytest.raises(al.AllianceError) as caught:
            al.attendance(pl.DataFrame(VISITS), **{**IDS, **options})
        assert caught.value.code in al.errors.error_codes()


class TestResult:
    def test_words_and_citations(self, periods):
        hazard = al.dropout_hazard(periods)
        assert "singer-2003" in periods.cite() and "singer-2003" in hazard.cite()
        assert "31 dropouts" in periods.methods() and "odds ratio" in hazard.methods()
        table = hazard.to_frame()
        assert cells(table, "ratio") == [each.value for each in hazard.ratios.values()]
        assert cells(table, "p_value") == list(hazard.p_values.values())
        assert "No end was recorded as planned" in periods.notes[0]
        kept = al.retention(leuk(), time="weeks", ending="state")
        assert {"kaplan-1958", "aalen-1978"} <= {line.partition("{")[2].rstrip(",") for line in kept.cite().split("\n")}
        assert "wilson-1927" in al.attendance(pl.DataFrame(VISITS), **IDS).cite()

    def test_results_are_values(self, periods, study):
        makers = (
            lambda: al.person_period(DROP, **SCORED),
            lambda: al.person_period(study),
            lambda: al.dropout_hazard(periods),
            lambda: al.retention(leuk(), time="weeks", ending="state", by="arm"),
            lambda: al.attendance(pl.DataFrame(VISITS), **IDS),
        )
        for make in makers:
            one = make()
            assert pickle.loads(pickle.dumps(one)) == one == make()
            assert one != al.attendance(study)
            with pytest.raises(AttributeError):
                one.clients = 3

    def test_views_hold_no_row(self, clinic, study):
        table = al.person_period(study)
        results = (table, al.dropout_hazard(table), al.retention(table), al.attendance(study))
        for found in results:
            shown = found._repr_html_() + repr(found) + found.methods()
            for client in set(cells(clinic.client_forms, "client")):
                assert client not in shown
        grouped = al.retention(leuk(group=[f"p{row}" for row in range(42)]), time="weeks", ending="event", by="group")
        assert "p7" not in repr(grouped)


class TestCoursesOfReturningClients:
    """Of a study, courses are counted: results say where these are not clients, and count no dropout in vain."""

    def study(self):
        visits = [
            *(
                ("x", 1, "attended"),
                ("x", 2, "attended"),
                ("x", 3, "dropout"),
                ("x", 4, "attended"),
                ("x", 5, "attended"),
            ),
            *(("y", 1, "no-show"), ("y", 2, "dropout")),
            *(("z", 1, "attended"), ("z", 2, "planned-end")),
        ]
        forms = pl.DataFrame(
            [(who, nth, *[4] * 12) for who, nth, status in visits if status in ("attended", "planned-end")],
            schema=["client", "session", *(f"wai_{item}" for item in range(1, 13))],
            orient="row",
        )
        appointments = pl.DataFrame(visits, schema=["client", "session", "status"], orient="row")
        return al.Study(**IDS).with_forms(forms, "wai-sr-client", columns="wai_{item}").with_appointments(appointments)

    def test_a_dropout_before_any_session_is_none_of_the_table(self):
        found = al.person_period(self.study())
        assert found.endings == {"ongoing": 1, "dropout": 2, "planned": 1}
        assert cells(found.to_frame(), "dropout").count(1) == 1
        assert "with 1 dropout and 1 planned end." in found.methods() and "1 dropout" in repr(found)
        assert "1 course has no session that was held and is left out; 1 of them ended by dropout." in found.notes

    def test_courses_are_not_passed_off_as_clients(self):
        said = "What is counted as clients are courses of treatment: 4 of 3 clients."
        study = self.study()
        periods = al.person_period(study)
        for found in (periods, al.retention(study), al.retention(periods)):
            assert said in found.notes and said in found.methods()
        assert not [note for note in al.person_period(DROP, **SCORED).notes if "courses" in note]

    def test_rows_without_a_time_are_counted_in_their_group(self):
        ends = pl.DataFrame(
            {"t": [1.0, None, 2.0, 3.0], "how": ["dropout", None, "dropout", "ongoing"], "arm": [*"aabb"]}
        )
        found = al.retention(ends, time="t", ending="how", by="arm")
        assert [found.at(1, group=arm)["dropout"].rows_dropped for arm in "ab"] == [1, 0]

    def test_late_beginnings_are_told_where_two_tables_count_them_otherwise(self):
        rows = {"client": [1, 1, 2, 2], "session": [1, 2, 3, 4], "alliance": [4.0, 5.0, 4.0, 5.0]}
        found = al.person_period(pl.DataFrame({**rows, "ending": ["dropout"] * 4}), **SCORED)
        kept = al.retention(found)
        assert (cells(found.life_table(), "at_risk"), cells(kept.to_frame(), "at_risk")) == ([1, 1, 1, 1], [2, 1])
        assert "1 client's sessions begin later than those of others" in found.methods()
        assert "1 client whose sessions begin later than those of others count" in kept.methods()
        same = al.person_period(pl.DataFrame({**rows, "session": [3, 4, 3, 4], "ending": ["dropout"] * 4}), **SCORED)
        assert not any("later than those" in note for note in (*same.notes, *al.retention(same).notes))

    def test_no_test_is_claimed_where_there_is_none_and_an_end_is_an_end(self):
        ends = pl.DataFrame({"t": [1.0, 2.0, 3.0, 4.0], "how": ["planned"] * 4, "arm": [*"xxyy"]})
        found = al.retention(ends, time="t", ending="how", by="arm")
        assert "log-rank test of 2 groups was not defined (zero variance)" in found.methods()
        assert "nan" not in found.methods() and "nan" not in found._repr_html_()
        assert found.at(9, group="x")["planned"].notes == ()
        goes_on = al.retention(ends.with_columns(how=pl.Series(["planned", "ongoing"] * 2)), time="t", ending="how")
        assert goes_on.at(9)["planned"].notes
