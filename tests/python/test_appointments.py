"""Appointments: which sessions were held, how courses ended, and what rules make of both."""

from __future__ import annotations

import datetime
import warnings

import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import SR, SRT, cells, kind_of, names_of

import alliance as al

POINT = al.rules.BelowReference(reference="previous", unit="points", threshold=1.0, repair=("return-to-reference", 0.0))
BREAK = al.rules.BelowReference(
    reference="previous", unit="points", threshold=1.0, repair=("return-to-reference", 0.0), gaps="break"
)
NEVER = al.rules.BelowReference(reference="previous", unit="points", threshold=4.0)


def forms(scores, *, who="a", start=1, **more):
    """Make WAI-SR forms: a session's score, None for no form, "empty" for one that cannot be scored."""
    rows = [(session, score) for session, score in enumerate(scores, start) if score is not None]
    columns = {"who": [who] * len(rows), "when": [session for session, _ in rows]} | {
        name: [value] * len(rows) for name, value in more.items()
    }
    return columns | {
        f"q{item}": [None if score == "empty" and item == 1 else 4 if score == "empty" else score for _, score in rows]
        for item in range(1, 13)
    }


def visits(words, *, who="a", start=1, **more):
    """Make appointments, one per session; None where there is none."""
    rows = [(session, word) for session, word in enumerate(words, start) if word is not None]
    return {
        "who": [who] * len(rows),
        "when": [session for session, _ in rows],
        "status": [word for _, word in rows],
    } | {name: [value] * len(rows) for name, value in more.items()}


def both(first, second):
    return {name: [*first[name], *second[name]] for name in first}


def study(form_columns, visit_columns=None, make=pl.DataFrame, **ids):
    made = al.Study(client="who", session="when", **ids).with_forms(make(form_columns), SR, columns="q{item}")
    return made if visit_columns is None else made.with_appointments(make(visit_columns))


def states(report):
    return cells(report.sessions, "state")


class TestSessions:
    def test_a_missing_form_is_told_from_a_session_not_held(self, make_frame):
        words = ["attended", "no-show", "late", "attended", "attended", "cancelled-by-client", "planned-end"]
        report = al.find_ruptures(
            study(forms([4, None, 4, None, "empty", None, 3]), visits(words), make_frame), rule=POINT
        )
        sessions = report.sessions
        assert kind_of(sessions) == make_frame.out
        assert names_of(sessions) == [
            *("who", "course", "session", "state", "appointment"),
            *("score", "standard_error", "reference", "limit", "flagged"),
        ]
        assert cells(sessions, "session") == list(range(1, 8))
        assert cells(sessions, "appointment") == words
        assert states(report) == [*("scored", "not-held", "scored", "form-missing", "not-scored", "not-held", "scored")]
        assert cells(sessions, "score") == [4.0, None, 4.0, None, None, None, 3.0]
        assert cells(sessions, "reference") == [None, None, 4.0, None, None, None, 4.0]
        assert cells(sessions, "flagged") == [False] * 6 + [True]
        note = "Sessions: 3 scored, 2 held or with a form, without a score, 2 not held (no gap)."
        assert note in report.notes
        assert note in report.methods()

    def test_sessions_not_held_are_no_gap(self):
        data = forms([4, 4, None, 2, 4])
        held = study(data, visits(["attended"] * 5))
        missed = study(data, visits(["attended", "attended", "no-show", "attended", "attended"]))
        assert al.find_ruptures(held, rule=BREAK).episodes.height == 0
        episodes = al.find_ruptures(missed, rule=BREAK).episodes
        assert episodes.select("onset", "nadir", "recovery", "length").rows() == [(4, 4, 5, 1)]

    def test_held_sessions_before_the_first_form_and_after_the_last(self):
        report = al.find_ruptures(study(forms([None, 4, 4, 4, None]), visits(["attended"] * 5)), rule=POINT)
        assert states(report) == ["form-missing", "scored", "scored", "scored", "form-missing"]
        assert report.clients["observed"].to_list() == [3]

    def test_what_nothing_is_known_of_counts_between_held_sessions_only(self):
        words = ["attended", None, "attended", None, "no-show"]
        report = al.find_ruptures(study(forms([4, None, 4]), visits(words)), rule=POINT)
        assert report.sessions["session"].to_list() == [1, 2, 3, 5]
        assert states(report) == ["scored", "no-form", "scored", "not-held"]

    def test_a_score_outweighs_its_appointment(self):
        made = study(forms([4, 4, 2, "empty"]), visits(["attended", "attended", "no-show", "no-show"]))
        report = al.find_ruptures(made, rule=POINT)
        assert states(report) == ["scored", "scored", "scored", "not-held"]
        assert report.episodes["onset"].to_list() == [3]
        assert "1 score is of a session whose appointment was not held; scores outweigh appointments." in report.notes
        (finding,) = [finding for finding in made.check() if finding.code == "form-of-session-not-held"]
        assert (finding.severity, finding.count) == ("note", 2)

    @pytest.mark.parametrize("words", [["cancelled-by-client", "attended"], ["attended", "cancelled-by-client"]])
    def test_of_two_appointments_the_one_that_was_held_counts(self, words):
        twice = both(visits(["attended", words[0]]), visits([words[1]], start=2))
        report = al.find_ruptures(study(forms([4]), twice), rule=POINT)
        assert report.sessions.select("state", "appointment").rows()[1] == ("form-missing", "attended")

    def test_dates_are_put_in_order_with_those_of_appointments(self):
        days = [datetime.date(2026, 1, day) for day in (6, 13, 20, 27)]
        data = forms([4, 4, 2]) | {"when": [days[0], days[1], days[3]]}
        calendar = visits(["attended", "attended", "no-show", "attended"]) | {"when": days}
        report = al.find_ruptures(study(data, calendar), rule=BREAK)
        assert report.sessions["session"].to_list() == days
        assert states(report) == ["scored", "scored", "not-held", "scored"]
        assert report.episodes["onset"].to_list() == [days[3]]

    def test_a_given_order_holds_for_appointments_too(self):
        labels = ["intake", "s1", "s2", "s10"]
        data = forms([4, 4, 2]) | {"when": ["s10", "intake", "s1"]}
        calendar = visits(["no-show"]) | {"when": ["s2"]}
        made = study(data, calendar)
        report = al.find_ruptures(made, rule=POINT, session_order=labels)
        assert report.sessions["session"].to_list() == labels
        assert report.sessions["score"].to_list() == [4.0, 2.0, None, 4.0]
        with pytest.raises(al.errors.InvalidOption, match="1 rows"):
            al.find_ruptures(made, rule=POINT, session_order=["intake", "s1", "s10"])

    def test_without_appointments_nothing_is_said_of_them(self):
        report = al.find_ruptures(study(forms([4, None, "empty", 4])), rule=POINT)
        assert states(report) == ["scored", "no-form", "not-scored", "scored"]
        assert {"course", "appointment"}.isdisjoint(report.sessions.columns)
        assert report.clients["ending"].to_list() == ["unknown"]
        assert not any("appointment" in note for note in report.notes)

    def test_the_standard_error_of_missing_items_comes_along(self):
        columns = both(
            forms([4, 3, 5]), both(forms([2 + row % 3 for row in range(40)], who="b"), forms([3, 4], who="c"))
        )
        for item in range(2, 13):
            columns[f"q{item}"] = [answer - (row + item) % 2 for row, answer in enumerate(columns[f"q{item}"])]
        columns["q1"][0] = None
        made = al.Study(client="who", session="when").with_forms(pl.DataFrame(columns), SR, columns="q{item}")
        scores = made.scores(missing=al.Prorate(min_share=0.5))["client"]
        errors = al.find_ruptures(scores, rule=POINT).sessions["standard_error"].to_list()
        assert errors[0] > 0
        assert errors == scores.standard_error("total").tolist()


class TestEndings:
    @pytest.mark.parametrize(
        ("last", "ending", "resolution"),
        [
            ([None, None], "unknown", "censored"),
            (["attended", None], "ongoing", "censored-ongoing"),
            (["planned-end", None], "planned-end", "censored-planned-end"),
            (["attended", "dropout"], "dropout", "censored-dropout"),
            ([None, "dropout"], "dropout", "censored-dropout"),
        ],
    )
    def test_episodes_are_censored_by_what_ended_the_course(self, last, ending, resolution):
        calendar = both(visits([None, None, None, *last]), visits(["attended"], who="b"))
        data = both(forms([4, 4, 4, 2]), forms([4], who="b"))
        report = al.find_ruptures(study(data, calendar), rule=POINT)
        assert report.clients["ending"].to_list() == [ending, "ongoing"]
        assert report.episodes["resolution"].to_list() == [resolution]
        assert report.clients["class"].to_list() == ["undecided", "not-assessed"]
        assert "1 episode is censored: 1 " in " ".join(report.notes)

    def test_a_gap_that_breaks_is_named(self):
        report = al.find_ruptures(study(forms([4, 4, 2, None, 4, 4]), visits(["attended"] * 6)), rule=BREAK)
        assert report.episodes["resolution"].to_list() == ["censored-gap"]
        assert "1 episode is censored: 1 by a session without a score." in report.notes
        assert "censored-gap" in al.find_ruptures(study(forms([4, 4, 2, None, 4])), rule=BREAK).episodes["resolution"]

    def test_whoever_comes_back_begins_a_new_course(self):
        words = [*["attended"] * 4, "dropout", None, None, *["attended"] * 4]
        made = study(forms([4, 4, 4, 2, None, None, None, 4, 4, 2, 4]), visits(words))
        report = al.find_ruptures(made, rule=POINT)
        assert report.clients.select("course", "class", "ending").rows() == [
            (1, "undecided", "dropout"),
            (2, "repaired", "ongoing"),
        ]
        assert report.episodes.select("course", "onset", "recovery", "resolution").rows() == [
            (1, 4, None, "censored-dropout"),
            (2, 10, 11, "repaired"),
        ]
        assert report.sessions["session"].to_list() == [1, 2, 3, 4, 5, 8, 9, 10, 11]
        assert report.sessions["reference"].to_list()[5] is None
        assert repr(report) == "<RuptureReport wai-sr-client total: 2 courses of 1 dyads, 2 episodes>"
        assert "1 course begins after a drop-out or planned end; no rule looks across." in report.notes

    def test_interpolation_does_not_cross_a_dropout(self):
        words = ["attended", "attended", "dropout", "attended", "attended"]
        rule = al.rules.BelowReference(
            reference="trend", unit="points", threshold=0.5, gaps="interpolate", least_sessions=2
        )
        report = al.find_ruptures(study(forms([5, 4, None, 1, 2]), visits(words)), rule=rule)
        assert report.sessions["reference"].to_list() == [5.0, 4.0, None, 1.0, 2.0]

    def test_ends_that_were_not_recorded_are_said_to_be(self):
        note = "No appointment is a planned end or a drop-out: `ongoing` says only that."
        ongoing = al.find_ruptures(study(forms([4, 4, 4]), visits(["attended"] * 3)), rule=POINT)
        ended = al.find_ruptures(study(forms([4, 4, 4]), visits([*["attended"] * 2, "planned-end"])), rule=POINT)
        assert (note in ongoing.notes, note in ended.notes) == (True, False)


class TestDyads:
    def test_one_client_under_two_therapists(self):
        data = both(forms([4, 4, 4, 2], by="x"), forms([4, 4, 2, 4], by="y"))
        calendar = both(
            visits(["attended"] * 4 + ["dropout"], by="x"), visits(["attended"] * 3 + ["planned-end"], by="y")
        )
        report = al.find_ruptures(study(data, calendar, therapist="by"), rule=POINT)
        assert report.clients.select("by", "ending").rows() == [("x", "dropout"), ("y", "planned-end")]
        assert report.episodes.select("by", "onset", "resolution").rows() == [
            ("x", 4, "censored-dropout"),
            ("y", 3, "repaired"),
        ]

    def test_the_therapist_is_needed_where_forms_have_one(self):
        made = study(forms([4, 4, 4], by="x"), visits(["attended"] * 3), therapist="by")
        with pytest.raises(al.errors.ColumnError) as caught:
            al.find_ruptures(made, rule=POINT)
        assert (caught.value.code, caught.value.column) == ("missing-column", "by")
        spare = study(forms([4, 4, 4]), visits(["attended"] * 3, by="x"), therapist="by")
        assert al.find_ruptures(spare, rule=POINT).clients["ending"].to_list() == ["ongoing"]

    def test_a_client_without_any_form_is_not_assessed(self):
        calendar = both(visits(["attended"] * 3), visits(["no-show", "dropout"], who="b"))
        report = al.find_ruptures(study(forms([4, 4, 4]), calendar), rule=POINT)
        assert report.clients.select("who", "observed", "class", "reason", "ending").rows() == [
            ("a", 3, "no-rupture", None, "ongoing"),
            ("b", 0, "not-assessed", "too-few-sessions", "dropout"),
        ]
        assert report.sessions.filter(pl.col("who") == "b")["state"].to_list() == ["not-held", "not-held"]

    def test_reasons_are_counted_in_notes_and_methods(self):
        rule = al.rules.BelowReference(reference="running-mean", unit="own-sd", threshold=2.0, history=3)
        data = both(
            both(forms([4, 3, 4, 3, 4]), forms([4, 3], who="b")),
            both(forms([4] * 5, who="c"), forms([4, 3, 4], who="d")),
        )
        report = al.find_ruptures(study(data), rule=rule)
        assert report.clients["reason"].to_list() == [None, "too-few-sessions", "no-unit", "no-reference"]
        note = (
            "3 of 4 dyads could not be assessed: 1 with fewer than 3 scored sessions; 1 with no own SD, because scores "
            "do not vary or are too few; 1 with no session with a reference (a running mean needs 3 unflagged sessions "
            "first)."
        )
        assert note in report.notes
        assert note in report.methods()
        assert "1 with fewer than 3 scored sessions" in report._repr_html_()


class TestReading:
    def test_the_callers_words(self):
        calendar = visits([1, "kam", "no-show", 4]) | {"status": ["1", "kam", "no-show", "4"]}
        made = study(forms([4, 4, None, 2]))
        labels = {"1": "attended", "kam": "attended", "4": "dropout"}
        report = al.find_ruptures(made.with_appointments(pl.DataFrame(calendar), labels=labels), rule=POINT)
        assert report.sessions["appointment"].to_list() == ["attended", "attended", "no-show", "dropout"]
        numbers = pl.DataFrame(calendar | {"code": [1, 1, 2, 3]})
        codes = {1: "attended", 2: "no-show", 3: "planned-end"}
        coded = made.with_appointments(numbers, status="code", labels=codes)
        assert al.find_ruptures(coded, rule=POINT).clients["ending"].to_list() == ["planned-end"]

    def test_unknown_words_are_refused_and_not_repeated(self, make_frame):
        calendar = visits(["attended", "SENTINEL", None, "Attended", "no-show"]) | {}
        with pytest.raises(al.AllianceError) as caught:
            study(forms([4]), calendar, make_frame)
        error = caught.value
        assert (error.code, error.column, error.rows, error.count) == ("unknown-appointment", "status", (1, 2), 2)
        assert "SENTINEL" not in str(error)
        for word in ("attended", "late", "planned-end", "no-show", "dropout"):
            assert f"`{word}`" in str(error)

    def test_no_word_is_none_of_them(self):
        calendar = {"who": ["a", "a"], "when": [1, 2], "status": ["attended", None]}
        with pytest.raises(al.AllianceError, match="row 1"):
            study(forms([4]), calendar)

    @pytest.mark.parametrize("labels", [{"x": "came"}, {"x": 1}, {"x": None}, "x", ["x"]])
    def test_labels_lead_to_known_words(self, labels):
        with pytest.raises(al.errors.InvalidOption, match="labels"):
            study(forms([4])).with_appointments(pl.DataFrame(visits(["x"])), labels=labels)

    def test_ids_are_needed(self):
        made = study(forms([4]))
        with pytest.raises(al.errors.MissingId) as caught:
            made.with_appointments(pl.DataFrame({"who": ["a", None], "when": [1, 2], "status": ["late", "late"]}))
        assert (caught.value.rows, caught.value.count) == ((1,), 1)
        with pytest.raises(al.errors.ColumnError) as caught:
            made.with_appointments(pl.DataFrame(visits(["late"])).drop("when"))
        assert caught.value.column == "when"
        with pytest.raises(al.errors.ColumnError):
            made.with_appointments(pl.DataFrame(visits(["late"])), status="what")

    def test_only_one_frame(self):
        made = study(forms([4]), visits(["attended"]))
        with pytest.raises(al.errors.InvalidOption, match="already"):
            made.with_appointments(pl.DataFrame(visits(["attended"])))

    def test_the_study_is_another_one(self):
        made = study(forms([4, 4, 4]))
        calendar = pd.DataFrame(visits(["attended", "no-show", "attended"]))
        more = made.with_appointments(calendar)
        calendar["status"] = "dropout"
        calendar["when"] = 77
        assert repr(made) == "<Study of wai-sr-client>"
        assert repr(more) == "<Study of wai-sr-client, 3 appointments>"
        words = al.find_ruptures(more, rule=POINT).sessions["appointment"].to_list()
        assert words == ["attended", "no-show", "attended"]

    def test_libraries_can_be_mixed(self, make_frame):
        made = al.Study(client="who", session="when").with_forms(
            pl.DataFrame(forms([4, None, 2])), SR, columns="q{item}"
        )
        report = al.find_ruptures(
            made.with_appointments(make_frame(visits(["attended", "no-show", "dropout"]))), rule=POINT
        )
        assert report.sessions["session"].to_list() == [1, 2, 3]
        assert report.sessions.schema["who"] == pl.String

    def test_numbers_are_alike_as_integers_and_as_floats(self):
        calendar = visits(["attended", "no-show", "attended"]) | {"who": [7.0] * 3, "when": [1.0, 2.0, 3.0]}
        data = forms([4, None, 2]) | {"who": [7, 7]}
        sessions = al.find_ruptures(study(data, calendar), rule=POINT).sessions
        assert sessions.schema["who"] == pl.Int64
        assert sessions["state"].to_list() == ["scored", "not-held", "scored"]

    @pytest.mark.parametrize(
        ("column", "values"),
        [("who", [1, 1, 1]), ("when", ["1", "2", "3"]), ("when", [datetime.date(2026, 1, day) for day in (1, 2, 3)])],
    )
    def test_ids_of_another_type_are_refused(self, column, values, make_simple):
        calendar = visits(["attended"] * 3) | {column: values}
        made = study(forms([4, 4, 4]), calendar, make_simple)
        with pytest.raises(al.errors.ColumnError) as caught:
            al.find_ruptures(made, rule=POINT)
        assert (caught.value.code, caught.value.column) == ("unsupported-column", column)


class TestStudy:
    def test_check_compares_forms_and_appointments(self):
        made = study(forms([4, 4, 4, None, 4]), visits(["attended", "no-show", None, "attended"]))
        found = {finding.code: finding for finding in made.check()}
        counts = {"form-of-session-not-held": 1, "held-without-form": 1, "form-without-appointment": 2}
        assert {code: found[code].count for code in counts} == counts
        assert {found[code].severity for code in counts} == {"note"}
        assert all("`wai-sr-client`" in found[code].message for code in counts)

    def test_check_warns_where_nothing_fits(self):
        made = study(forms([4, 4]), visits(["attended"] * 2, who="A"))
        (finding,) = [
            finding for finding in made.check() if finding.severity == "warning" and "appoint" in finding.code
        ]
        assert (finding.code, finding.count) == ("unmatched-appointments", 2)
        assert "`who`, `when`" in finding.message

    def test_clean_studies_stay_silent(self):
        codes = study(forms([4, 3]), visits(["attended", "late"])).check().codes
        assert not [code for code in codes if "held" in code or "appointment" in code]

    def test_the_flow_begins_with_appointments(self, make_simple):
        twice = both(visits(["attended", "no-show", "attended", "attended"]), visits(["late"], start=4))
        flow = study(forms([4, None, 4, "empty"]), twice, make_simple).flow(min_sessions=2)
        assert flow.columns == (
            *("form", "appointments", "sessions held", "forms", "scored", "sessions", "clients"),
            "clients with 2+ sessions",
        )
        assert flow.rows == (("wai-sr-client", 3, 2, 2, 1, 1),)
        assert str(flow).startswith("wai-sr-client: 5 appointments, 3 sessions held; 3 forms, 2 scored")
        frame = flow.to_frame(make_simple.out)
        assert (cells(frame, "appointments"), cells(frame, "sessions held")) == ([5], [3])
        assert "sessions held" in flow._repr_html_()

    def test_two_raters_share_the_appointments(self):
        client = forms([4, 4, None, 2])
        theirs = {"who": ["a"] * 3, "when": [1, 3, 4], **{f"t{item}": [4, 4, 2] for item in range(1, 11)}}
        made = study(client, visits(["attended"] * 3 + ["planned-end"]))
        made = made.with_forms(
            pl.DataFrame(theirs), SRT.with_key(scales={"total": range(1, 11)}, source="x"), columns="t{item}"
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", al.EvidenceWarning)
            scores = made.scores()
        assert states(al.find_ruptures(scores, rule=POINT, rater="client")) == [
            *("scored", "scored", "form-missing", "scored")
        ]
        assert states(al.find_ruptures(scores, rule=POINT, rater="therapist")) == [
            *("scored", "form-missing", "scored", "scored")
        ]
        # The scores of one rater alone know nothing of the study.
        assert "appointment" not in al.find_ruptures(scores["client"], rule=POINT).sessions.columns


def clinic(missed):
    """Make forms and appointments of 14 clients; in ``missed`` sessions nobody came."""
    data, calendar = forms([]), visits([])
    for client in range(14):
        scores = [3 + (client * session + session * session) % 5 % 3 for session in range(8)]
        words = ["attended"] * 8
        for at in missed:
            scores.insert(at, None)
            words.insert(at, "no-show")
        data = both(data, forms(scores, who=f"c{client}"))
        calendar = both(calendar, visits(words, who=f"c{client}"))
    return data, calendar


def test_the_chance_model_sees_the_same_series():
    plain = study(clinic(())[0])
    missed = study(*clinic((2, 5)))
    options = {"clients": 400, "bootstrap": 0}
    one = al.chance_rate(BREAK, like=plain, **options)
    other = al.chance_rate(BREAK, like=missed, **options)
    unaware = al.chance_rate(BREAK, like=study(clinic((2, 5))[0]), **options)
    assert one.per_client == other.per_client
    assert one.parameters == other.parameters
    assert unaware.parameters != one.parameters
    assert al.calibrate(BREAK, like=missed, clients=400).rule == al.calibrate(BREAK, like=plain, clients=400).rule


def test_clients_without_a_score_are_none_of_the_models():
    data, calendar = clinic(())
    more = both(calendar, visits(["attended"] * 3, who="nobody"))
    report = al.find_ruptures(study(data, more), rule=BREAK)
    assert report.clients.height == 15
    assert report.chance.dyads == 14
    assert report.chance.parameters == al.find_ruptures(study(data), rule=BREAK).chance.parameters


def test_infinite_totals_are_refused():
    for infinite in (float("inf"), float("-inf")):
        frame = pl.DataFrame({"who": ["a"], "when": [1], "t": [infinite]})
        with pytest.raises(al.errors.AnswerError):
            al.Scores.from_totals(frame, SR, totals={"total": "t"}, metric="mean", client="who", session="when")


WORDS = ("attended", "late", "planned-end", "no-show", "cancelled-by-client", "cancelled-by-therapist", "dropout")
HELD = WORDS[:3]


def slow_courses(scores, words):
    """Say of one client, the slow and obvious way: (session, course, state, score), and how each course ended."""
    held = [
        any(word in HELD for word in here) or (score is not None and (score != "empty" or not here))
        for score, here in zip(scores, words, strict=True)
    ]
    known = [score is not None or bool(here) for score, here in zip(scores, words, strict=True)]
    course, ended, told, rows, endings = 1, None, False, [], []
    for session, (score, here) in enumerate(zip(scores, words, strict=True), 1):
        at = session - 1
        if held[at]:
            if ended is not None:
                endings.append(ended)
                course, ended, told = course + 1, None, False
            state = "form-missing" if score is None else "not-scored" if score == "empty" else "scored"
        elif known[at]:
            state = "not-held"
        else:
            mine = [row for row in rows if row[1] == course and row[2] != "not-held"]
            later = held.index(True, at) if any(held[at:]) else None
            same = later is not None and not any("dropout" in missed for missed in words[at:later])
            if ended is None and mine and same:
                rows.append((session, course, "no-form", None))
            continue
        rows.append((session, course, state, score if state == "scored" else None))
        told = told or bool(here)
        if ended is None and "planned-end" in here:
            ended = "planned-end"
        elif ended is None and "dropout" in here:
            ended = "dropout"
    endings.append(ended if ended is not None else "ongoing" if told else "unknown")
    return rows, endings


@given(
    st.lists(
        st.tuples(st.sampled_from([None, None, "empty", 1, 2, 3, 4, 5]), st.lists(st.sampled_from(WORDS), max_size=2)),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from(["polars", "pandas", "pyarrow"]),
)
def test_courses_are_those_of_the_slow_way(sessions, kind):
    make = {
        "polars": pl.DataFrame,
        "pandas": pd.DataFrame,
        "pyarrow": lambda columns: pl.DataFrame(columns).to_arrow(),
    }[kind]
    scores, words = [score for score, _ in sessions], [here for _, here in sessions]
    calendar = [(session, word) for session, here in enumerate(words, 1) for word in here]
    # Somebody else, so that no frame is empty.
    data = both(forms([3, 3, 3], who="z"), forms(scores))
    other = visits(["attended", "attended", "attended"], who="z")
    whole = both(
        other,
        {"who": ["a"] * len(calendar), "when": [at for at, _ in calendar], "status": [word for _, word in calendar]},
    )
    report = al.find_ruptures(study(data, whole, make), rule=NEVER)
    found = report.sessions
    mine = [who == "a" for who in cells(found, "who")]
    columns = [cells(found, name) for name in ("session", "course", "state", "score")]
    rows = [row for row, is_mine in zip(zip(*columns, strict=True), mine, strict=True) if is_mine]
    endings = [
        ending
        for who, ending in zip(cells(report.clients, "who"), cells(report.clients, "ending"), strict=True)
        if who == "a"
    ]
    expected_rows, expected_endings = slow_courses(scores, words)
    if not any(score is not None or here for score, here in sessions):
        assert rows == []
        return
    assert rows == expected_rows
    assert endings == expected_endings
