"""Sources side by side: discrepancy, recognition, codes, reports, adherence, outcome, and their chance rates."""

from __future__ import annotations

import dataclasses
import datetime
import pickle
import warnings

import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import cells, close, kind_of, names_of, own_form, vector
from test_codes import ONE_ITEM, WORKED, code

import alliance as al

EMPTY = al.Study(client="who", session="when")
CLIENT = al.Instrument.from_toml(ONE_ITEM)
THERAPIST = al.Instrument.from_toml(ONE_ITEM.replace("own-client", "own-therapist").replace('"client"', '"therapist"'))
SEEN = [5.0, 5.1, 5.2, 5.1, 4.9, 5.0, 5.2, 5.3, 5.2, 5.1, 4.3, 4.2, 4.4, 5.0, 5.2, 5.3]
RULE = al.rules.BelowReference(reference="previous", unit="points", threshold=0.75)


def forms(scores, make=pl.DataFrame, who="a", **more):
    """Give a frame of forms, one for each session with a score."""
    known = [place for place, score in enumerate(scores) if score is not None]
    columns = {
        "who": [who] * len(known),
        "when": [place + 1 for place in known],
        "q1": [scores[place] for place in known],
    }
    return make(columns | {name: [values[place] for place in known] for name, values in more.items()})


def dyads(client, therapist, study=EMPTY, make=pl.DataFrame, **more):
    study = study.with_forms(forms(client, make, **more), CLIENT, columns=["q1"])
    return study.with_forms(forms(therapist, make, **more), THERAPIST, columns=["q1"])


def worked(study=EMPTY, make=pl.DataFrame):
    return dyads(WORKED, SEEN, study, make)


def column(indicators, name):
    return cells(indicators.sessions, name)


class TestDiscrepancy:
    """Section 5 of the rupture dossier."""

    def test_the_worked_series(self, make_frame):
        found = worked(make=make_frame).indicators(window=16)
        assert kind_of(found.sessions) == make_frame.out
        z, centred = column(found, "discrepancy_z"), column(found, "discrepancy")
        case = next(case for case in vector("discrepancy")["cases"] if case["name"] == "worked series")
        for name in ("z", "centred", "correlation", "closeness"):
            expected = case[name]
            shown = {"z": z, "centred": centred}.get(name) or column(
                found, {"correlation": "congruence", "closeness": "closeness"}[name]
            )
            assert all(close(one, other, 1e-9) for one, other in zip(shown, expected, strict=True)), name
        assert round(centred[4] + 0.387, 2) == -0.70
        assert round(z[4], 1) == -8.1
        assert round(column(found, "congruence")[15], 3) == 0.858

    def test_scores_stand_beside(self):
        found = worked().indicators()
        assert column(found, "total_client") == WORKED
        assert column(found, "total_therapist") == SEEN
        assert column(found, "when") == list(range(1, 17))
        assert any("look back over 5 sessions" in note for note in found.notes)

    def test_undefined_dyads_are_counted(self):
        study = dyads([5.0, 4.0, 5.0], [4.0, 4.0, 4.0])
        both = pl.concat([forms([5.0] * 5), forms([5.0, 4.0, 5.0], who="b")])
        study = EMPTY.with_forms(both, CLIENT, columns=["q1"]).with_forms(both, THERAPIST, columns=["q1"])
        found = study.indicators()
        assert column(found, "discrepancy_z") == [None] * 8
        assert column(found, "discrepancy")[:5] == [0.0] * 5
        assert any(
            "defined in 0 of 2 dyads; 1 have fewer than four joint sessions, and in 1 half" in note
            for note in found.notes
        )

    def test_forms_of_different_range_are_compared_in_percent(self):
        other = al.Instrument.from_toml(
            ONE_ITEM.replace("own-client", "own-therapist")
            .replace('"client"', '"therapist"')
            .replace("max = 7", "max = 13")
        )
        study = EMPTY.with_forms(forms(WORKED), CLIENT, columns=["q1"])
        study = study.with_forms(forms([2 * score - 1 for score in SEEN]), other, columns=["q1"])
        found, same = study.indicators(), worked().indicators()
        assert all(close(*pair, 1e-9) for pair in zip(
            column(found, "discrepancy_z"), column(same, "discrepancy_z"), strict=True))  # fmt: skip
        assert any("percent of the maximum" in note for note in found.notes)
        assert any("points of the item mean" in note for note in same.notes)

    def test_a_change_of_therapist_starts_a_new_dyad(self):
        study = al.Study(client="who", session="when", therapist="by")
        whose = {"by": ["x"] * 8 + ["y"] * 8}
        apart = dyads(WORKED, SEEN, study, **whose).indicators()
        first = dyads(WORKED[:8], SEEN[:8], study, by=["x"] * 8).indicators()
        assert column(apart, "discrepancy_z")[:8] == column(first, "discrepancy_z")
        assert any("of 2 dyads" in note for note in apart.notes)
        assert any("of 1 dyads" in note for note in dyads(WORKED, SEEN, EMPTY, **whose).indicators().notes)

    def test_no_therapist_forms_no_discrepancy(self):
        study = EMPTY.with_forms(forms(WORKED), CLIENT, columns=["q1"])
        assert names_of(study.indicators().sessions) == ["who", "when", "total_client"]
        alone = worked().indicators(RULE, raters=["therapist"])
        assert names_of(alone.sessions) == ["who", "when", "total_therapist", "flagged_therapist"]


class TestFlags:
    def test_flags_are_those_of_the_report(self):
        study = worked()
        found = study.indicators(RULE)
        for rater in ("client", "therapist"):
            flagged = al.find_ruptures(study, rule=RULE, rater=rater).sessions["flagged"].to_list()
            mine = column(found, f"flagged_{rater}")
            assert [flag or False for flag in mine] == flagged
        # The first session has nothing before it, and session 9 no client form.
        assert [place for place, flag in enumerate(column(found, "flagged_client")) if flag is None] == [0, 8]

    def test_short_series_are_not_judged(self):
        rule = al.rules.BelowReference(reference="previous", unit="points", threshold=1.0, least_sessions=5)
        found = dyads([5.0, 3.0, 5.0], [5.0, 3.0, 5.0]).indicators(rule)
        assert column(found, "flagged_client") == [None] * 3

    def test_recognition(self):
        found = worked().indicators(RULE)
        seen = column(found, "recognition")
        assert (seen[4], seen[10]) == ("unrecognised", "recognised")
        table = dict(zip(cells(found.recognition, "recognition"), cells(found.recognition, "sessions"), strict=True))
        # Client flags: 5 and 11. Therapist: 11. Unknown: the first session and the one without a client form.
        assert table == {
            "recognised": 1,
            "unrecognised": 1,
            "therapist-only": 0,
            "neither": 12,
            "recognised-nearby": 0,
            "unknown": 2,
        }
        assert cells(found.recognition, "dyads") == [1, 1, 0, 1, 0, 1]
        assert cells(found.recognition, "reports") == ["rule"] * 6
        assert "Client and therapist by rule, sessions: 1 recognised, 1 unrecognised" in found.methods()

    def test_recognition_in_words(self):
        ours = pl.DataFrame({"who": ["a"] * 4 + ["b"], "when": [1, 2, 3, 4, 1], "r": [1, 1, 0, None, 1]})
        theirs = pl.DataFrame({"who": ["a"] * 4, "when": [1, 2, 3, 4], "r": [1, 0, 1, 1]})
        study = EMPTY.with_self_reports(ours, rater="client", rupture="r")
        found = study.with_self_reports(theirs, rater="therapist", rupture="r").indicators()
        assert column(found, "recognition_reported") == ["recognised", "unrecognised", "therapist-only", None, None]
        assert cells(found.recognition, "reports") == ["self-report"] * 6
        assert cells(found.recognition, "sessions") == [1, 1, 1, 0, 0, 2]
        assert "recognition_reported" not in names_of(study.indicators().sessions)

    def test_tolerance(self):
        late = [*SEEN[:4], 5.2, 4.3, *SEEN[6:]]
        exact = dyads(WORKED, late).indicators(RULE)
        near = dyads(WORKED, late).indicators(RULE, tolerance=1)
        assert (column(exact, "recognition")[4], column(exact, "recognition")[5]) == ("unrecognised", "therapist-only")
        assert (column(near, "recognition")[4], column(near, "recognition")[5]) == ("recognised", "recognised-nearby")

    def test_without_a_rule_nobody_is_flagged(self):
        found = worked().indicators()
        assert "recognition" not in names_of(found.sessions)
        assert len(found.recognition) == 0
        assert found.rule is None


def with_everything(study=None, make=pl.DataFrame):
    study = worked() if study is None else study
    study = code(make({"who": ["a", "a", "z"], "when": [5, 6, 1], "marker": ["away", None, "against"]}), study)
    study = study.with_self_reports(
        make({"who": ["a", "a"], "when": [5, 7], "r": [True, False]}), rater="client", rupture="r"
    )
    study = study.with_adherence(
        make({"who": ["a"] * 3, "when": [1, 2, 3], "work": [0.0, 3.0, None]}), score="work", below=0
    )
    return study.with_outcome(
        make({"who": ["a"] * 2, "when": [2, 20], "phq": [11.0, 9.0]}), score="phq", measured="before"
    )


class TestSideBySide:
    def test_one_row_per_session_of_any_source(self, make_simple):
        found = with_everything(make=make_simple).indicators(RULE)
        assert kind_of(found.sessions) == "polars"
        ids = list(zip(column(found, "who"), column(found, "when"), strict=True))
        assert ids == [*(("a", session) for session in range(1, 17)), ("a", 20), ("z", 1)]
        assert names_of(found.sessions) == [
            "who", "when", "total_client", "flagged_client", "total_therapist", "flagged_therapist",
            "discrepancy", "discrepancy_z", "congruence", "closeness", "recognition", "reported_client",
            "coded_withdrawal", "coded_confrontation", "coders", "withdrawal_markers", "confrontation_markers",
            "other_markers", "withdrawal_coders", "confrontation_coders", "adherence_work", "adherence_work_low",
            "outcome_phq",
        ]  # fmt: skip
        # Not named is not known, never a no.
        assert column(found, "coded_withdrawal")[3:8] == [None, True, False, None, None]
        assert column(found, "reported_client")[3:8] == [None, True, None, False, None]
        assert column(found, "adherence_work_low")[:4] == [True, False, None, None]
        assert column(found, "adherence_work")[:4] == [0.0, 3.0, None, None]
        assert [column(found, "outcome_phq")[place] for place in (1, 16)] == [11.0, 9.0]
        assert column(found, "coded_confrontation")[17] is True
        assert [type(found.to_frame(table)) for table in ("sessions", "summary", "recognition")] == [pl.DataFrame] * 3
        with pytest.raises(al.errors.InvalidOption, match="table"):
            found.to_frame("clients")

    def test_frames_without_forms(self, make_frame):
        found = with_everything(EMPTY, make_frame).indicators()
        assert kind_of(found.sessions) == make_frame.out
        assert kind_of(found.summary) == kind_of(found.recognition) == make_frame.out
        assert column(found, "when") == [1, 2, 3, 5, 6, 7, 20, 1]
        with pytest.raises(al.errors.InvalidOption, match="no forms"):
            with_everything(EMPTY).indicators(RULE)
        with pytest.raises(al.errors.InvalidOption, match="nothing to look at"):
            EMPTY.indicators()

    def test_notes_say_what_an_indicator_is_not(self):
        found = with_everything().indicators(RULE)
        assert any("is no rupture and sets no type" in note for note in found.notes)
        assert any("`phq` was taken before the session; lower is better." in note for note in found.notes)
        assert any("`work` is flagged at 0 and below, a value the caller chose." in note for note in found.notes)
        assert found.notes == tuple(dict.fromkeys(found.notes))
        assert all(note in found.methods() for note in found.notes)
        assert found.instruments == (CLIENT, THERAPIST)
        assert "@software{alliance" in found.cite()
        preset = al.rules.preset("gumz-2012-2sd-as-read")
        assert preset.id in with_everything().indicators(preset).cite()

    def test_results_are_frozen_and_travel(self):
        found = with_everything().indicators(RULE)
        codes = with_everything().codes
        for result, name in ((found, "rule"), (found, "notes"), (codes, "_source")):
            with pytest.raises(dataclasses.FrozenInstanceError):
                setattr(result, name, None)
        again = pickle.loads(pickle.dumps(found))
        assert again.sessions.equals(found.sessions)
        assert again.methods() == found.methods()
        assert pickle.loads(pickle.dumps(codes)).to_frame().equals(codes.to_frame())

    def test_reprs_hold_counts_only(self):
        found = with_everything(worked()).indicators(RULE)
        renamed = EMPTY.with_forms(forms(WORKED, who="SENTINEL-7"), CLIENT, columns=["q1"]).indicators(RULE)
        shown = repr(renamed) + renamed._repr_html_() + renamed.methods()
        assert "SENTINEL" not in shown
        assert found._repr_html_().count("<table") == 2
        assert repr(found) == (
            "<Indicators of 18 sessions: client forms, therapist forms, client and therapist, client self-report, "
            "codes, adherence, outcome>"
        )

    def test_removing_a_client_removes_only_its_rows(self):
        two = pl.concat([forms(WORKED), forms(SEEN, who="b")])
        other = pl.concat([forms(SEEN), forms(WORKED, who="b")])
        both = (
            EMPTY.with_forms(two, CLIENT, columns=["q1"]).with_forms(other, THERAPIST, columns=["q1"]).indicators(RULE)
        )
        alone = worked().indicators(RULE)
        assert both.sessions.filter(pl.col("who") == "a").equals(alone.sessions)

    @given(st.randoms(use_true_random=False))
    def test_row_order_does_not_matter(self, random):
        frames = [forms(WORKED), forms(SEEN)]
        order = [list(range(len(frame))) for frame in frames]
        for rows in order:
            random.shuffle(rows)
        shuffled = EMPTY.with_forms(frames[0][order[0]], CLIENT, columns=["q1"])
        shuffled = shuffled.with_forms(frames[1][order[1]], THERAPIST, columns=["q1"])
        one, other = worked().indicators(RULE), shuffled.indicators(RULE)
        assert one.sessions.equals(other.sessions)
        assert one.summary.equals(other.summary)

    def test_dates_and_given_orders(self):
        days = [datetime.date(2026, 1, 1) + datetime.timedelta(weeks=week) for week in range(16)]
        words = [f"s{session}" for session in range(1, 17)]
        plain = worked().indicators(RULE)
        for labels, options in ((days, {}), (words, {"session_order": words})):
            study = EMPTY
            for scores, form in ((WORKED, CLIENT), (SEEN, THERAPIST)):
                frame = forms(scores)
                frame = frame.with_columns(when=pl.Series([labels[session - 1] for session in frame["when"]]))
                study = study.with_forms(frame, form, columns=["q1"])
            found = study.indicators(RULE, **options)
            assert column(found, "when") == labels
            assert found.sessions.drop("when").equals(plain.sessions.drop("when"))
        with pytest.raises(al.errors.InvalidOption, match="order is not known"):
            study.indicators(RULE)

    def test_a_pandas_date_is_a_polars_date(self):
        days = [datetime.date(2026, 1, 8), datetime.date(2026, 1, 1)]
        first = pl.DataFrame({"who": ["a", "a"], "when": days, "r": [True, False]})
        second = pd.DataFrame({"who": ["a"], "when": pd.to_datetime(days[:1]), "work": [2.0]})
        study = EMPTY.with_self_reports(first, rater="client", rupture="r").with_adherence(second, score="work")
        found = study.indicators()
        assert column(found, "reported_client") == [False, True]
        assert column(found, "adherence_work") == [None, 2.0]


class TestSummary:
    def test_the_check_of_the_dossier(self):
        """At 19 % missed visits, 97 % of clients miss one in 16."""
        visits = pl.DataFrame(
            {"who": [visit // 16 for visit in range(400)], "when": [visit % 16 for visit in range(400)]}
        )
        late = visits.with_columns(kept=pl.Series([0] * 76 + [1] * 324).shuffle(seed=3))
        (row,) = EMPTY.with_adherence(late, score="kept", below=0).indicators().occurrences
        assert (row.sessions, row.sessions_with, row.rate) == (400, 76, 0.19)
        assert close(row.clients_by_chance, 1 - 0.81**16, 1e-12)
        assert f"{row.clients_by_chance:.0%}" == "97%"

    def test_every_source_has_its_own_row(self):
        found = with_everything().indicators(RULE)
        rows = [(row.source, row.indicator, row.sessions, row.sessions_with) for row in found.occurrences]
        assert rows == [
            ("client forms", "flagged_client", 14, 2),
            ("therapist forms", "flagged_therapist", 15, 1),
            ("client self-report", "reported_client", 2, 1),
            ("codes", "coded_withdrawal", 3, 1),
            ("codes", "coded_confrontation", 3, 1),
            ("adherence", "adherence_work_low", 2, 1),
        ]
        frame = found.summary
        assert names_of(frame) == list(al.indicators.Occurrence.__dataclass_fields__)
        assert cells(frame, "clients_with") == [1, 1, 1, 1, 1, 1]
        # Codes: client a has two known sessions, client z one, at a pooled rate of a third.
        assert close(cells(frame, "clients_by_chance")[3], (1 - (2 / 3) ** 2 + 1 / 3) / 2)

    def test_an_indicator_nobody_knows(self):
        study = EMPTY.with_adherence(pl.DataFrame({"who": ["a"], "when": [1], "w": [None]}), score="w", below=1.0)
        found = study.indicators()
        assert cells(found.summary, "rate") == [None]
        assert "unknown by chance" in found.methods()
        assert "unknown" in found._repr_html_()


class TestMeasures:
    def test_an_outcome_says_when_it_was_measured(self):
        frame = pl.DataFrame({"who": ["a"], "when": [1], "phq": [3]})
        with pytest.raises(TypeError):
            EMPTY.with_outcome(frame, score="phq")
        for wrong in ("during", None, 1):
            with pytest.raises(al.errors.InvalidOption, match="measured"):
                EMPTY.with_outcome(frame, score="phq", measured=wrong)
        with pytest.raises(al.errors.InvalidOption, match="higher_is_better"):
            EMPTY.with_outcome(frame, score="phq", measured="after", higher_is_better=1)
        study = EMPTY.with_outcome(frame, score="phq", measured="after", higher_is_better=True)
        assert any("taken after the session; higher is better" in note for note in study.indicators().notes)
        with pytest.raises(al.errors.InvalidOption, match="phq"):
            study.with_outcome(frame, score="phq", measured="after")

    def test_several_measures(self):
        frame = pl.DataFrame({"who": ["a"], "when": [1], "phq": [3], "gad": [4]})
        study = EMPTY.with_outcome(frame, score="phq", measured="before").with_outcome(
            frame, score="gad", measured="after"
        )
        study = study.with_adherence(frame, score="phq").with_adherence(frame, score="gad", below=4)
        assert names_of(study.indicators().sessions)[2:] == [
            "adherence_phq", "adherence_gad", "adherence_gad_low", "outcome_phq", "outcome_gad",
        ]  # fmt: skip
        assert [row.indicator for row in study.indicators().occurrences] == ["adherence_gad_low"]
        with pytest.raises(al.errors.InvalidOption, match="gad"):
            study.with_adherence(frame, score="gad")

    @pytest.mark.parametrize("below", ["0", True, float("nan"), [1]])
    def test_a_value_of_adherence_is_a_number(self, below):
        frame = pl.DataFrame({"who": ["a"], "when": [1], "w": [3]})
        with pytest.raises(al.errors.InvalidOption, match="below"):
            EMPTY.with_adherence(frame, score="w", below=below)

    @pytest.mark.parametrize("add", [
        lambda frame: EMPTY.with_outcome(frame, score="w", measured="before"),
        lambda frame: EMPTY.with_adherence(frame, score="w"),
    ])  # fmt: skip
    def test_what_is_refused(self, add):
        frame = pl.DataFrame({"who": ["a", "b"], "when": [1, 1], "w": [1.0, 2.0]})
        for change, expected in (
            (frame.drop("w"), "missing-column"),
            (frame.drop("who"), "missing-column"),
            (frame.with_columns(who=pl.lit("a")), "duplicate-form"),
            (frame.with_columns(when=pl.Series([1, None])), "missing-id"),
            (frame.with_columns(w=pl.Series(["1", "2"])), "text-answer"),
            (frame.with_columns(w=pl.Series([1.0, float("-inf")])), "not-finite"),
            (frame.with_columns(w=pl.Series([True, False])), "unsupported-column"),
        ):
            with pytest.raises(al.AllianceError) as caught:
                add(change)
            assert caught.value.code == expected

    def test_a_column_is_one_thing(self):
        frame = pl.DataFrame({"who": ["a"], "when": [1], "w": [1.0]})
        for add in (
            lambda: EMPTY.with_outcome(frame, score="when", measured="before"),
            lambda: EMPTY.with_self_reports(frame, rater="client", rupture="w", intensity="w"),
            lambda: code(frame, marker="w", coder="who"),
            lambda: al.Study(client="who", session="who").with_adherence(frame, score="w"),
        ):
            with pytest.raises(al.errors.ColumnError, match="is named for"):
                add()

    def test_later_changes_of_a_frame_change_nothing(self):
        frame = pd.DataFrame({"who": ["a"], "when": [1], "w": [1.0]})
        study = EMPTY.with_adherence(frame, score="w").with_outcome(frame, score="w", measured="after")
        frame.loc[0, ["who", "w"]] = ["b", 9.0]
        found = study.indicators()
        assert (column(found, "who"), column(found, "adherence_w"), column(found, "outcome_w")) == (["a"], [1.0], [1.0])


class TestShifts:
    BDI = (35, 37, 34, 23, 24, 21, 29, 17, 11, 11, 10, 7)
    GAIN = al.rules.SuddenGain(cutoff=7)

    def test_a_study_gives_what_a_frame_gives(self, make_simple):
        data = make_simple({"who": [1] * 12, "when": list(range(1, 13)), "bdi": list(self.BDI)})
        frame = al.find_shifts(data, client="who", session="when", score="bdi", rule=self.GAIN, higher_is_better=False)
        study = EMPTY.with_outcome(data, score="bdi", measured="before")
        found = al.find_shifts(study, score="bdi", rule=self.GAIN)
        assert kind_of(found.events) == make_simple.out
        for name in ("who", "session", "magnitude", "reversed"):
            assert cells(found.events, name) == cells(frame.events, name)
        assert cells(found.events, "session") == [3, 7]

    def test_the_study_knows_its_own(self):
        data = pl.DataFrame({"who": [1], "when": [1], "bdi": [3]})
        study = EMPTY.with_outcome(data, score="bdi", measured="before")
        for more in ({"client": "who"}, {"session": "when"}, {"higher_is_better": False}):
            with pytest.raises(al.errors.InvalidOption, match="leave them out"):
                al.find_shifts(study, score="bdi", rule=self.GAIN, **more)
        with pytest.raises(al.errors.InvalidOption, match="it has `bdi`"):
            al.find_shifts(study, score="phq", rule=self.GAIN)
        with pytest.raises(al.errors.InvalidOption, match="it has none"):
            al.find_shifts(EMPTY, score="phq", rule=self.GAIN)
        with pytest.raises(al.errors.InvalidOption, match="client, session, higher_is_better"):
            al.find_shifts(data, score="bdi", rule=self.GAIN)


class TestRefusals:
    @pytest.mark.parametrize("options", [
        {"window": 3}, {"window": 5.0}, {"window": True}, {"window": 10**9},
        {"tolerance": -1}, {"tolerance": 0.5}, {"tolerance": None}, {"raters": "client"}, {"raters": ["observer"]},
    ])  # fmt: skip
    def test_options(self, options):
        with pytest.raises(al.errors.InvalidOption):
            worked().indicators(RULE, **options)
        with pytest.raises(al.errors.InvalidOption, match="rule"):
            worked().indicators("two points")
        with pytest.raises(al.errors.InvalidOption, match="raters"):
            with_everything(EMPTY).indicators(raters=["client"])

    def test_scales(self):
        with pytest.raises(al.errors.UnknownScale):
            worked().indicators(scale="trust")
        with pytest.raises(al.errors.UnknownScale):
            worked().indicators(scale="trust", raters=["client"])
        # A scale that only one rater has is looked at for that rater.
        two = al.Instrument.from_toml(own_form(1, rater="observer", scales={"bond": [1]}, high=7, step=None))
        study = worked().with_forms(forms(SEEN), two, columns=["q1"])
        assert names_of(study.indicators(scale="bond").sessions)[2:] == ["bond_observer"]

    def test_unverified_forms_have_to_be_accepted(self):
        form = al.instrument("wai-s-therapist")
        frame = pl.DataFrame({"who": ["a"], "when": [1], **{f"q{item}": [4] for item in range(1, 13)}})
        study = EMPTY.with_forms(frame, form, columns="q{item}")
        with pytest.raises(al.errors.UnverifiedKey):
            study.indicators()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert column(study.indicators(accept_unverified=True), "total_therapist") == [4.0]

    def test_a_session_twice(self):
        frame = pl.concat([forms(WORKED), forms(WORKED)])
        study = EMPTY.with_forms(frame, CLIENT, columns=["q1"], duplicates="keep")
        with pytest.raises(al.errors.DuplicateForm, match="client forms: a client has a session twice"):
            study.indicators()

    def test_ids_that_cannot_match(self):
        text = pl.DataFrame({"who": ["a"], "when": ["5"], "w": [1.0]})
        with pytest.raises(al.errors.ColumnError) as caught:
            worked().with_adherence(text, score="w").indicators()
        assert caught.value.column == "when"
        assert "numbers in client forms and text in adherence" in str(caught.value)

    def test_names_that_are_taken(self):
        study = al.Study(client="discrepancy", session="when")
        for scores, form in ((WORKED, CLIENT), (SEEN, THERAPIST)):
            study = study.with_forms(forms(scores).rename({"who": "discrepancy"}), form, columns=["q1"])
        with pytest.raises(al.errors.ColumnError, match="rename the id column"):
            _ = study.indicators().sessions
