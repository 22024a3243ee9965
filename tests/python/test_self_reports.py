"""Post-session questionnaires: yes and no, skip logic, and the explicit question for a kind."""

from __future__ import annotations

import polars as pl
import pytest
from support import cells, names_of
from test_codes import RULE, simple, worked_study

import alliance as al

EMPTY = al.Study(client="who", session="when")
FORM = {
    "who": ["a", "a", "a", "b", "b"],
    "when": [1, 2, 3, 1, 2],
    "tension": [0, 1, 1, None, 1],
    "strength": [None, 2.0, None, None, 5.0],
    "mended": [None, 4.0, 1.0, None, None],
    "sort": [None, "withdrawal", None, None, "mixed"],
}
ALL = {"rupture": "tension", "intensity": "strength", "resolution": "mended", "kind": "sort"}


def report(frame, study=EMPTY, **options):
    return study.with_self_reports(frame, **({"rater": "client"} | ALL | options))


def only(frame, study=EMPTY, **options):
    """Read the first question alone."""
    return study.with_self_reports(frame, **({"rater": "client", "rupture": "tension"} | options))


def sessions(study):
    frame = study.indicators().sessions
    return {name: cells(frame, name) for name in names_of(frame)}


class TestReading:
    def test_by_hand(self, make_frame):
        study = report(make_frame(FORM))
        assert sessions(study) == {
            "who": ["a", "a", "a", "b", "b"],
            "when": [1, 2, 3, 1, 2],
            "reported_client": [False, True, True, None, True],
            "intensity_client": [None, 2.0, None, None, 5.0],
            "resolution_client": [None, 4.0, 1.0, None, None],
            "kind_client": [None, "withdrawal", None, None, "mixed"],
        }
        assert study.check().codes == ()

    @pytest.mark.parametrize(
        ("answers", "labels"),
        [
            ([False, True, None], None),
            ([0, 1, None], None),
            ([0.0, 1.0, None], None),
            (["no", "yes", None], None),
            (["nein", "ja", None], {"nein": "no", "ja": "yes"}),
            ([2, 1, None], {1: "yes", 2: "no"}),
            # Labels of the other question leave the plain words as they are.
            (["no", "yes", None], {"Rueckzug": "withdrawal"}),
        ],
    )
    def test_ways_to_say_yes(self, answers, labels, make_simple):
        frame = make_simple({"who": ["a"] * 3, "when": [1, 2, 3], "tension": answers})
        assert sessions(only(frame, labels=labels))["reported_client"] == [False, True, None]

    @pytest.mark.parametrize(
        ("answers", "labels"),
        [
            ([0, 2], None),
            (["no", "Yes"], None),
            (["no", "yes "], None),
            (["0", "1"], None),
            ([0.0, 0.5], None),
            # Who declares labels for a question is read by them alone.
            ([2, 0], {1: "yes", 2: "no"}),
            (["nein", "no"], {"nein": "no", "ja": "yes"}),
        ],
    )
    def test_nothing_is_guessed(self, answers, labels):
        frame = pl.DataFrame({"who": ["a", "a"], "when": [1, 2], "tension": answers})
        with pytest.raises(al.AllianceError) as caught:
            only(frame, labels=labels)
        assert (caught.value.code, caught.value.column) == ("text-answer", "tension")
        assert caught.value.count == (2 if answers == ["0", "1"] else 1)

    def test_the_kind_is_exact_too(self):
        frame = pl.DataFrame(FORM | {"sort": [None, "Withdrawal", None, None, "mixed"]})
        with pytest.raises(al.AllianceError) as caught:
            report(frame)
        assert (caught.value.code, caught.value.column, caught.value.rows) == ("text-answer", "sort", (1,))
        own = {"Withdrawal": "withdrawal", "mixed": "confrontation"}
        assert sessions(report(frame, labels=own))["kind_client"][4] == "confrontation"

    def test_two_raters(self):
        frame = pl.DataFrame(FORM)
        both = only(frame, only(frame), rater="therapist")
        assert {"reported_client", "reported_therapist"} <= set(sessions(both))
        with pytest.raises(al.errors.InvalidOption, match="client"):
            only(frame, both)
        assert repr(both) == "<Study of client self-report, therapist self-report>"

    @pytest.mark.parametrize(
        "options",
        [
            {"rater": "observer"},
            {"labels": {"x": "maybe"}},
            {"labels": {"x": True}},
            {"labels": "yes"},
        ],
    )
    def test_options(self, options):
        with pytest.raises(al.errors.InvalidOption, match=next(iter(options))):
            only(pl.DataFrame(FORM), **options)

    def test_columns_and_ids(self):
        frame = pl.DataFrame(FORM)
        for lacking in ("who", "when", "tension", "strength"):
            with pytest.raises(al.errors.ColumnError, match=lacking):
                report(frame.drop(lacking))
        with pytest.raises(al.errors.MissingId):
            only(frame.with_columns(who=pl.lit(None)))
        with pytest.raises(al.errors.DuplicateForm) as caught:
            only(pl.concat([frame, frame[1:2]]))
        assert (caught.value.rows, caught.value.count) == ((5,), 1)
        with pytest.raises(al.AllianceError) as caught:
            report(frame.with_columns(strength=pl.lit("strong")))
        assert caught.value.code == "text-answer"


class TestSkipLogic:
    def test_follow_ups_after_a_no_or_nothing(self):
        broken = FORM | {"strength": [3.0, 2.0, None, 1.0, 5.0], "mended": [2.0, 4.0, 1.0, None, None]}
        study = report(pl.DataFrame(broken))
        findings = [finding for finding in study.check() if finding.code == "skip-logic"]
        assert [(finding.severity, finding.rows, finding.count) for finding in findings] == [
            ("warning", (0,), 1),
            ("warning", (3,), 1),
        ]
        assert findings[0].message.startswith("client self-report: answers about intensity or resolution or kind in 1")
        # The answers that cannot stand are left out; the others are as they were.
        clean = sessions(report(pl.DataFrame(FORM)))
        assert sessions(study) == clean
        assert any("left out" in note for note in study.indicators().notes)
        assert not any("left out" in note for note in report(pl.DataFrame(FORM)).indicators().notes)

    def test_a_kind_of_what_did_not_happen(self):
        study = report(pl.DataFrame(FORM | {"sort": ["mixed", "withdrawal", None, None, "mixed"]}))
        assert study.check().codes == ("skip-logic",)
        assert sessions(study)["kind_client"][0] is None

    def test_a_yes_without_follow_ups_is_fine(self):
        frame = pl.DataFrame(FORM | {"strength": [None] * 5, "mended": [None] * 5, "sort": [None] * 5})
        assert report(frame).check().codes == ()

    def test_both_raters_are_named(self):
        broken = pl.DataFrame(FORM | {"strength": [3.0, 2.0, None, None, 5.0]})
        study = report(broken, report(broken), rater="therapist")
        assert [finding.message.partition(":")[0] for finding in study.check()] == [
            "client self-report",
            "therapist self-report",
        ]


class TestTypes:
    @staticmethod
    def types(study):
        frame = al.find_ruptures(study, rule=RULE).episodes
        return [f"{word} {source}" for word, source in zip(frame["type"], frame["type_source"], strict=True)]

    @staticmethod
    def said(*answers, study=None, rater="client"):
        """Session, rupture and kind of each answer of client a."""
        frame = pl.DataFrame(
            [("a", *answer) for answer in answers],
            schema={"who": pl.String, "when": pl.Int64, "tension": pl.Boolean, "sort": pl.String},
            orient="row",
        )
        start = worked_study() if study is None else study
        return start.with_self_reports(frame, rater=rater, rupture="tension", kind="sort")

    def test_an_explicit_question_sets_it(self):
        study = self.said((5, True, "withdrawal"), (11, True, "mixed"))
        assert self.types(study) == ["withdrawal client-report", "mixed client-report"]
        both = self.said((5, True, "withdrawal"), (6, True, "confrontation"))
        assert self.types(both)[0] == "mixed client-report"

    def test_a_report_without_a_kind_does_not(self):
        assert self.types(self.said((5, True, None), (11, False, None))) == ["unclassified none"] * 2
        frame = pl.DataFrame({"who": ["a"], "when": [5], "tension": [True], "how": [5]})
        study = worked_study().with_self_reports(frame, rater="client", rupture="tension", intensity="how")
        assert self.types(study) == ["unclassified none"] * 2

    def test_a_kind_against_the_skip_logic_does_not(self):
        assert self.types(self.said((5, False, "withdrawal"), (11, None, "mixed"))) == ["unclassified none"] * 2

    def test_codes_come_first_then_the_client(self):
        study = self.said((5, True, "confrontation"), (11, True, "withdrawal"), rater="therapist")
        study = self.said((5, True, "withdrawal"), study=study)
        assert self.types(study) == ["withdrawal client-report", "withdrawal therapist-report"]
        # Coded and none found is a finding: another source does not overrule it.
        study = simple(("a", 6, None), ("a", 12, "against"), study=study)
        assert self.types(study) == ["unclassified codes", "confrontation codes"]
