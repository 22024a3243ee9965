"""Studies: several raters under one set of ids."""

from __future__ import annotations

import dataclasses
import warnings

import polars as pl
import pytest
from support import SR, SRT, cells, kind_of, names_of, own, sr_columns

import alliance as al

CLIENT = {
    "client": ["a", "a", "a", "b", "b", "c", "c"],
    "session": [1, 2, 3, 1, 2, 1, 2],
    **{f"q{item}": [4, 3, 5, 2, 2, None if item == 3 else 4, 4] for item in range(1, 13)},
}
THERAPIST = {
    "client": ["a", "a", "b", "c", "d"],
    "session": [1, 2, 1, 1, 1],
    **{f"t{item}": [5, 3, 4, 4, 2] for item in range(1, 11)},
}

# Two forms that are parallel: the same items, answers and key, for two raters.
OURS = own(4, reverse=[2], rater="client", family="twin")
THEIRS = own(4, reverse=[2], rater="therapist", family="twin")


@pytest.fixture
def study(make_frame):
    empty = al.Study(client="client", session="session")
    with_clients = empty.with_forms(make_frame(CLIENT), "wai-sr-client", columns="q{item}")
    return with_clients.with_forms(make_frame(THERAPIST), SRT, columns="t{item}")


def twins(make):
    data = {"client": ["a", "a", "b"], "session": [1, 2, 1], **{f"x{item}": [1 + item, 5, 2] for item in range(1, 5)}}
    other = data | {f"x{item}": [4, 1, 3] for item in range(1, 5)} | {"session": [1, 2, 9]}
    both = al.Study(client="client", session="session").with_forms(make(data), OURS, columns="x{item}")
    return both.with_forms(make(other), THEIRS, columns="x{item}")


def scored(study, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", al.EvidenceWarning)
        return study.scores(**options)


class TestImmutability:
    def test_every_step_is_a_new_study(self):
        empty = al.Study(client="client", session="session")
        one = empty.with_forms(pl.DataFrame(CLIENT), SR, columns="q{item}")
        assert empty.instruments == ()
        assert one.instruments == (SR,)
        assert one is not empty
        assert repr(empty) == "<Study of no forms>"
        assert repr(one) == "<Study of wai-sr-client>"

    def test_nothing_can_be_set(self):
        study = al.Study(client="client", session="session")
        for name in ("client", "session", "therapist", "_forms"):
            with pytest.raises(dataclasses.FrozenInstanceError):
                setattr(study, name, "x")
            with pytest.raises(dataclasses.FrozenInstanceError):
                delattr(study, name)

    def test_arguments_are_keyword_only(self):
        with pytest.raises(TypeError):
            al.Study("client", "session")

    def test_missing_codes_are_kept(self):
        frame = pl.DataFrame(CLIENT | {"q1": [-99, 3, 5, 2, 2, 4, 4]})
        empty = al.Study(client="client", session="session")
        study = empty.with_forms(frame, SR, columns="q{item}", missing_codes=iter([-99]))
        for _ in range(2):
            assert study.scores()["client"].answered("total").tolist()[0] == 11
        with pytest.raises(al.errors.InvalidOption):
            empty.with_forms(frame, SR, columns="q{item}", missing_codes="NA").scores()


class TestForms:
    def test_a_form_only_once(self):
        study = al.Study(client="client", session="session").with_forms(pl.DataFrame(CLIENT), SR, columns="q{item}")
        with pytest.raises(al.errors.InvalidOption):
            study.with_forms(pl.DataFrame(CLIENT), "wai-sr-client", columns="q{item}")

    def test_ids_are_needed(self):
        study = al.Study(client="client", session="visit")
        with pytest.raises(al.errors.ColumnError) as caught:
            study.with_forms(pl.DataFrame(CLIENT), SR, columns="q{item}")
        assert (caught.value.code, caught.value.column) == ("missing-column", "visit")

    def test_what_is_no_frame_or_no_form(self):
        study = al.Study(client="client", session="session")
        with pytest.raises(al.AllianceError, match="mapping"):
            study.with_forms(CLIENT, SR, columns="q{item}")
        with pytest.raises(al.errors.UnknownInstrument):
            study.with_forms(pl.DataFrame(CLIENT), "wai-xx-client", columns="q{item}")

    def test_no_forms(self):
        with pytest.raises(al.errors.InvalidOption):
            al.Study(client="client", session="session").scores()

    def test_therapists_come_along_where_they_are(self, make_simple):
        study = al.Study(client="client", session="session", therapist="by")
        study = study.with_forms(make_simple(CLIENT | {"by": list("xxyyzzz")}), SR, columns="q{item}")
        study = study.with_forms(make_simple(THERAPIST), SRT, columns="t{item}")
        scores = scored(study)
        assert cells(scores["client"].to_frame(), "by") == list("xxyyzzz")
        assert "by" not in scores["therapist"]._id_roles.values()


class TestScores:
    def test_two_raters(self, study, make_frame):
        with pytest.warns(al.EvidenceWarning, match="wai-srt-therapist"):
            scores = study.scores()
        assert list(scores) == ["client", "therapist"]
        assert len(scores) == 2
        assert "client" in scores
        assert scores["client"] == al.score(
            make_frame(CLIENT), SR, columns="q{item}", client="client", session="session"
        )
        assert scores["therapist"]["total"].tolist() == [5.0, 3.0, 4.0, 4.0, 2.0]
        assert scores.instruments == (SR, SRT)
        assert repr(scores) == "<StudyScores of wai-sr-client, wai-srt-therapist>"
        assert "wai-srt-therapist" in scores.methods()
        assert "@software{alliance," in scores.cite()
        assert scores._repr_html_().count("<table") == 2

    def test_options(self, study):
        scores = scored(study, missing=al.Prorate(min_share=0.5), metric="pomp")
        assert {each.metric for each in scores.values()} == {"pomp"}
        assert scores["client"].status("bond")[5] == "prorated"
        accepted = study.scores(accept_unverified=True)
        assert "goal" in set(accepted["therapist"])

    def test_unknown_rater(self, study):
        with pytest.raises(al.errors.InvalidOption, match="`client`, `therapist`"):
            scored(study)["observer"]

    def test_a_rater_with_two_forms_goes_by_form(self):
        study = al.Study(client="client", session="session").with_forms(pl.DataFrame(CLIENT), SR, columns="q{item}")
        form = al.instrument("arm-5-client")
        study = study.with_forms(pl.DataFrame(CLIENT), form, columns=[f"q{item}" for item in (1, 2, 4, 5, 6)])
        assert list(study.scores()) == ["wai-sr-client", "arm-5-client"]

    def test_long_frame(self, study, make_frame):
        frame = scored(study).to_frame()
        assert kind_of(frame) == make_frame.out
        assert cells(frame, "rater") == ["client"] * 28 + ["therapist"] * 5
        assert cells(frame, "form") == ["wai-sr-client"] * 28 + ["wai-srt-therapist"] * 5
        assert set(cells(frame, "scale")) == {"goal", "task", "bond", "total"}
        assert cells(frame, "client")[-5:] == THERAPIST["client"]
        total = [s for s, scale in zip(cells(frame, "score"), cells(frame, "scale"), strict=True) if scale == "total"]
        assert total == [4.0, 3.0, 5.0, 2.0, 2.0, None, 4.0, 5.0, 3.0, 4.0, 4.0, 2.0]

    def test_libraries_can_be_mixed(self):
        import pandas as pd

        study = al.Study(client="client", session="session").with_forms(pd.DataFrame(CLIENT), SR, columns="q{item}")
        study = study.with_forms(pl.DataFrame(THERAPIST), SRT, columns="t{item}")
        frame = scored(study).to_frame()
        assert kind_of(frame) == "pandas"
        assert len(frame) == 33
        assert [finding.count for finding in study.check() if finding.code == "unpaired-sessions"] == [4]


class TestCheck:
    def test_unpaired_sessions(self, study):
        (finding,) = [finding for finding in study.check() if finding.code == "unpaired-sessions"]
        assert finding.severity == "note"
        assert finding.count == 4
        assert finding.message.startswith(
            "3 sessions have `wai-sr-client` without `wai-srt-therapist`, 1 have `wai-srt-therapist` without"
        )

    def test_paired_sessions(self, make_simple):
        frame = make_simple(CLIENT)
        study = al.Study(client="client", session="session").with_forms(frame, SR, columns="q{item}")
        assert "unpaired-sessions" not in study.check().codes

    def test_messages_name_the_form(self, make_simple):
        broken = CLIENT | {"q1": [4, 3, 5, 2, 2, 4, 7]}
        study = al.Study(client="client", session="session").with_forms(make_simple(broken), SR, columns="q{item}")
        errors = [finding for finding in study.check() if finding.severity == "error"]
        assert [(finding.code, finding.column, finding.rows) for finding in errors] == [("out-of-range", "q1", (6,))]
        assert errors[0].message.startswith("wai-sr-client: ")
        assert not study.check().ok


class TestFlow:
    def test_by_hand(self, study):
        with pytest.warns(al.EvidenceWarning):
            flow = study.flow(min_sessions=2)
        # Client forms: 7; the total of one lacks an answer; a has three sessions, b two, c one.
        # Therapist forms: 5; a has two sessions, b, c and d one each.
        assert flow.rows == (("wai-sr-client", 7, 6, 6, 3, 2), ("wai-srt-therapist", 5, 5, 5, 4, 1))
        assert flow.columns == ("form", "forms", "scored", "sessions", "clients", "clients with 2+ sessions")
        assert "7 forms, 6 scored" in str(flow)
        assert "<table" in flow._repr_html_()

    def test_options(self, make_simple):
        study = al.Study(client="client", session="session").with_forms(make_simple(CLIENT), SR, columns="q{item}")
        assert study.flow().rows == (("wai-sr-client", 7, 6, 6, 3, 1),)
        assert study.flow(scale="task").rows == (("wai-sr-client", 7, 7, 7, 3, 1),)
        prorated = study.flow(missing=al.Prorate(min_share=0.5), min_sessions=2)
        assert prorated.rows == (("wai-sr-client", 7, 7, 7, 3, 3),)
        assert cells(study.flow().to_frame(make_simple.out), "scored") == [6]
        with pytest.raises(al.errors.UnknownScale):
            study.flow(scale="trust")

    def test_duplicates_are_read_but_counted_once(self):
        doubled = pl.concat([pl.DataFrame(CLIENT)] * 2)
        empty = al.Study(client="client", session="session")
        for policy in ("first", "last"):
            study = empty.with_forms(doubled, SR, columns="q{item}", duplicates=policy)
            assert study.flow().rows == (("wai-sr-client", 14, 6, 6, 3, 1),)
        with pytest.raises(al.errors.DuplicateForm):
            empty.with_forms(doubled, SR, columns="q{item}").flow()


class TestDifferences:
    def test_refused_between_forms_that_are_not_parallel(self, study):
        with pytest.raises(al.errors.IncomparableForms) as caught:
            scored(study).differences()
        assert caught.value.code == "incomparable-forms"

    def test_pomp(self, study, make_frame):
        frame = scored(study).differences(across_forms="pomp")
        assert kind_of(frame) == make_frame.out
        names = ["client", "session", "total_client", "total_therapist", "difference"]
        assert names_of(frame) == names
        rows = zip(*(cells(frame, name) for name in names), strict=True)
        found = {(client, session): tuple(scores) for client, session, *scores in rows}
        assert found == {
            ("a", 1): (75.0, 100.0, -25.0),
            ("a", 2): (50.0, 50.0, 0.0),
            ("b", 1): (25.0, 75.0, -50.0),
            ("c", 1): (None, 75.0, None),
        }

    def test_parallel_forms(self, make_simple):
        frame = twins(make_simple).scores().differences()
        # Client: a1 answers 2 3 4 5, item 2 reversed: 2 + 3 + 4 + 5; a2 answers 5, so 5 + 1 + 5 + 5.
        # Therapist: a1 answers 4, so 4 + 2 + 4 + 4; a2 answers 1, so 1 + 5 + 1 + 1.
        assert sorted(cells(frame, "difference")) == [0.0, 2.0]

    def test_options(self, make_simple):
        scores = twins(make_simple).scores()
        with pytest.raises(al.errors.InvalidOption):
            scores.differences(across_forms="equate")
        with pytest.raises(al.errors.InvalidOption):
            scores.differences(second="observer")
        backwards = scores.differences(first="therapist", second="client")
        assert sorted(cells(backwards, "difference")) == [-2.0, 0.0]
        with pytest.raises(al.AllianceError):
            scores.differences("trust")


def test_sr_columns_are_legal():
    assert al.check(pl.DataFrame(sr_columns(9)), SR, columns="q{item}").ok
