"""Coders' markers as sessions, and the types of episodes they set."""

from __future__ import annotations

import datetime

import polars as pl
import pytest
from support import cells, kind_of, names_of

import alliance as al

OWN = {"withdrawal": ["away", "silent"], "confrontation": ["against"], "resolution": ["mends"]}
EMPTY = al.Study(client="who", session="when", therapist="by")
FORM = al.instrument("wai-36-client").with_range(1, 7)
WORKED = [5.4, 5.6, 5.7, 5.5, 4.2, 5.3, 5.8, 5.9, None, 5.7, 4.6, 4.4, 4.5, 5.6, 5.9, 6.0]
# Two episodes: session 5, back in 7; sessions 11 to 13, back in 15.
RULE = al.rules.BelowReference(reference="previous", unit="own-sd", threshold=1.0)


def rows(*coded):
    """Client, session, coder, segment, marker, significance and resolution of each row."""
    names = ("who", "when", "coder", "segment", "marker", "significance", "resolution")
    return {name: list(values) for name, values in zip(names, zip(*coded, strict=True), strict=True)}


CODED = rows(
    ("b", 2, "x", 1, "away", 3.0, None),
    ("b", 2, "x", 1, "away", 4.0, None),
    ("b", 2, "x", 2, "mends", None, 2.0),
    ("b", 2, "y", 1, None, None, 4.0),
    ("a", 7, "y", 1, None, None, None),
    ("a", 9, "x", None, "against", 5.0, None),
    ("a", 9, "y", None, "against", 1.0, None),
    ("a", 9, "y", None, "silent", 2.0, None),
)
ALL = {"coder": "coder", "segment": "segment", "significance": "significance", "resolution": "resolution"}


def code(frame, study=EMPTY, **options):
    return study.with_codes(frame, **({"combine": "mean", "system": OWN} | options))


def simple(*coded, **options):
    """Codes of one coder: client, session, marker."""
    frame = pl.DataFrame(list(coded), schema=["who", "when", "marker"], orient="row")
    return code(frame, **options)


class TestSessions:
    def test_by_hand(self, make_frame):
        frame = code(make_frame(CODED), **ALL).codes.to_frame()
        assert kind_of(frame) == make_frame.out
        found = {name: cells(frame, name) for name in names_of(frame)}
        assert found == {
            "who": ["b", "a", "a"],
            "when": [2, 7, 9],
            "coded_withdrawal": [True, False, True],
            "coded_confrontation": [False, False, True],
            "coders": [2, 1, 2],
            "segments": [2, 1, 0],
            "withdrawal_markers": [1.0, 0.0, 0.5],
            "confrontation_markers": [0.0, 0.0, 1.0],
            "other_markers": [0.5, 0.0, 0.0],
            "withdrawal_coders": [0.5, 0.0, 0.5],
            "confrontation_coders": [0.0, 0.0, 1.0],
            "coded_significance": [3.5, None, 3.25],
            "coded_resolution": [3.0, None, None],
        }

    def test_the_order_of_rows_means_nothing(self):
        frame = pl.DataFrame(CODED, strict=False)
        one = code(frame, **ALL).codes.to_frame().sort("who", "when")
        for seed in range(5):
            shuffled = frame.sample(fraction=1.0, shuffle=True, seed=seed)
            assert one.equals(code(shuffled, **ALL).codes.to_frame().sort("who", "when"))

    def test_removing_a_client_removes_only_its_rows(self):
        frame = pl.DataFrame(CODED, strict=False)
        whole = code(frame, **ALL).codes.to_frame()
        rest = code(frame.filter(pl.col("who") != "b"), **ALL).codes.to_frame()
        assert rest.equals(whole.filter(pl.col("who") != "b"))

    def test_the_share_is_the_callers(self):
        frame = pl.DataFrame(CODED, strict=False)
        strict = code(frame, share=1.0, **ALL).codes
        assert strict.to_frame()["coded_withdrawal"].to_list() == [False, False, False]
        assert "at least 100 %" in strict.methods()
        for share in (0, -1.0, 1.5, float("nan"), True, "half", None):
            with pytest.raises(al.errors.InvalidOption, match="share"):
                code(frame, share=share, **ALL)

    def test_a_consensus_has_one_coder(self):
        frame = pl.DataFrame(CODED, strict=False)
        one = code(frame.filter(pl.col("coder") == "y"), combine="consensus", coder="coder").codes
        assert one.to_frame()["coders"].to_list() == [1, 1, 1]
        assert "consensus" in one.methods()
        with pytest.raises(al.AllianceError) as caught:
            code(frame, combine="consensus", coder="coder")
        assert caught.value.code == "several-coders"
        assert "2 sessions" in str(caught.value)
        assert "(rows 3, 6)" in str(caught.value)

    def test_how_coders_are_combined_has_to_be_said(self):
        with pytest.raises(TypeError):
            EMPTY.with_codes(pl.DataFrame(CODED, strict=False), system=OWN)
        with pytest.raises(al.errors.InvalidOption, match="combine"):
            simple(("a", 1, "away"), combine="majority")

    def test_without_a_coder_column(self):
        study = simple(("a", 1, "away"), ("a", 1, None), ("a", 2, None))
        assert study.codes.to_frame().select("when", "coded_withdrawal", "coders").rows() == [
            (1, True, 1),
            (2, False, 1),
        ]
        assert any("one coder's" in note for note in study.codes.notes)

    def test_sessions_may_be_dates(self):
        days = [datetime.date(2026, 3, day) for day in (9, 2)]
        frame = simple(("a", days[0], "away"), ("a", days[1], None)).codes.to_frame()
        assert frame.select("when", "coded_withdrawal").rows() == [(days[0], True), (days[1], False)]

    def test_an_empty_frame(self):
        codes = code(pl.DataFrame({"who": [], "when": [], "marker": []})).codes
        assert len(codes.to_frame()) == 0
        assert repr(codes) == "<CodedSessions markers of the caller: 0 sessions>"

    def test_codes_only_once(self):
        study = simple(("a", 1, "away"))
        with pytest.raises(al.errors.InvalidOption, match="stack"):
            code(pl.DataFrame({"who": ["a"], "when": [1], "marker": ["away"]}), study)
        assert EMPTY.codes is None

    def test_reprs_hold_counts(self):
        study = simple(("SENTINEL-9", 1, "away"))
        codes = study.codes
        shown = repr(codes) + codes._repr_html_() + codes.methods() + repr(study)
        assert "SENTINEL" not in shown
        assert repr(study) == "<Study of codes>"
        assert "1 sessions of 1 clients were coded" in codes.methods()


class TestSystems:
    def test_the_manuals(self):
        old = simple(("a", 1, "denial"), ("a", 1, "complaint-therapist"), ("a", 2, "validate-defensive-posture"),
                     system="3rs-2015-observer").codes  # fmt: skip
        assert old.to_frame()["coded_confrontation"].to_list() == [True, False]
        assert old.to_frame()["other_markers"].to_list() == [0.0, 1.0]
        assert old.system == "3rs-2015-observer"
        assert any("recalled" in note for note in old.notes)
        assert "3rs-2015-observer" in al.cite(old)

    def test_a_family_the_system_lacks_is_unknown_not_absent(self):
        new = EMPTY.with_codes(
            pl.DataFrame({"who": ["a"], "when": [1], "marker": ["topic-shift"]}), combine="consensus"
        ).codes
        assert new.system == "3rs-2022-observer"
        assert new.to_frame()["coded_withdrawal"].to_list() == [True]
        assert new.to_frame()["coded_confrontation"].to_list() == [None]
        assert "confrontation_markers" not in new.to_frame().columns
        assert any("no marker of confrontation" in note for note in new.notes)

    def test_names_are_matched_exactly(self):
        for word in ("Away", "away ", "AWAY", "avoidant", "1", "withdrawal"):
            with pytest.raises(al.AllianceError) as caught:
                simple(("a", 1, "away"), ("a", 2, word))
            assert (caught.value.code, caught.value.column) == ("unknown-marker", "marker")
            assert (caught.value.rows, caught.value.count) == ((1,), 1)
            assert word not in str(caught.value) or word == "1"

    def test_the_refusal_lists_what_a_manual_has_and_not_what_the_caller_wrote(self):
        with pytest.raises(al.AllianceError, match="withdrawal: avoidant-denial, minimal-response"):
            simple(("a", 1, "sighs"), system="3rs-2022-observer")
        with pytest.raises(al.AllianceError) as caught:
            simple(*[("a", session, "sighs") for session in range(9)])
        assert "rows 0, 1, 2, 3, 4, ...: 9 markers are not known" in str(caught.value)
        assert "away" not in str(caught.value)

    def test_markers_may_be_numbers(self):
        frame = pl.DataFrame({"who": ["a", "a"], "when": [1, 2], "marker": [11, None]})
        found = code(frame, system={"withdrawal": [11, 12]}).codes.to_frame()
        assert found["coded_withdrawal"].to_list() == [True, False]

    @pytest.mark.parametrize(
        "system",
        [
            {},
            {"withdrawal": []},
            {"resolution": ["mends"]},
            {"withdrawal": "away"},
            {"withdrawal": 3},
            {"withdrawal": ["x"], "confrontation": ["x"]},
            {"withdrawal": [None]},
            {"withdrawal": [True]},
            {"withdrawal": [["x"]]},
            7,
            "wai-sr-client",
        ],
    )
    def test_what_is_no_system(self, system):
        with pytest.raises(al.errors.InvalidOption, match="system"):
            simple(("a", 1, "away"), system=system)

    def test_an_unknown_system(self):
        with pytest.raises(al.errors.UnknownInstrument):
            simple(("a", 1, "away"), system="4rs-2030-observer")


class TestRefusals:
    def test_ids(self):
        frame = pl.DataFrame({"who": ["a", None], "when": [1, 1], "marker": [None, None], "coder": ["x", None]})
        with pytest.raises(al.errors.MissingId) as caught:
            code(frame)
        assert (caught.value.rows, caught.value.count) == ((1,), 1)
        with pytest.raises(al.errors.MissingId, match="coder"):
            code(frame.with_columns(who=pl.lit("a")), coder="coder")
        for lacking in ("who", "when", "marker"):
            with pytest.raises(al.errors.ColumnError, match=lacking):
                code(frame.drop(lacking))
        with pytest.raises(al.errors.ColumnError, match="strength"):
            code(frame.drop_nulls("who"), significance="strength")

    def test_ratings(self):
        frame = pl.DataFrame({"who": ["a"], "when": [1], "marker": ["away"]})
        for cell, expected in (("strong", "text-answer"), (float("inf"), "not-finite")):
            with pytest.raises(al.AllianceError) as caught:
                code(frame.with_columns(strength=pl.lit(cell)), significance="strength")
            assert caught.value.code == expected


class TestCheck:
    def test_repeated_rows_are_named(self):
        study = simple(("a", 1, "away"), ("a", 1, "silent"), ("a", 1, "away"))
        (finding,) = study.check()
        assert (finding.code, finding.rows, finding.count) == ("repeated-codes", (2,), 1)
        assert simple(("a", 1, "away"), ("a", 2, "away")).check().codes == ()

    def test_sessions_without_a_form(self):
        forms = {"who": ["a", "a"], "when": [1, 2], **{f"q{item}": [4, 3] for item in range(1, 13)}}
        study = EMPTY.with_forms(pl.DataFrame(forms), "wai-sr-client", columns="q{item}")
        some = simple(("a", 1, None), ("a", 3, None), study=study).check()
        (finding,) = [finding for finding in some if finding.code == "unpaired-sessions"]
        assert (finding.severity, finding.count) == ("note", 1)
        none = simple(("A", 1, None), study=study).check()
        (finding,) = [finding for finding in none if finding.code == "unpaired-sessions"]
        assert finding.severity == "warning"
        text = simple(("a", "1", None), study=study).check()
        assert [finding.code for finding in text if finding.severity == "error"] == ["unsupported-column"]
        assert not text.ok


def worked_study(values=WORKED, who="a"):
    """Give the worked series of the rupture dossier as forms whose twelve items all have the score."""
    sessions = [session for session, value in enumerate(values, 1) if value is not None]
    scores = [value for value in values if value is not None]
    form = al.Instrument.from_toml(ONE_ITEM)
    frame = pl.DataFrame({"who": [who] * len(scores), "when": sessions, "q1": scores})
    return EMPTY.with_forms(frame, form, columns=["q1"])


ONE_ITEM = """
id = "own-client"
version = 1
kind = "questionnaire"
family = "own"
name = "One item without steps"
abbreviations = []
rater = "client"
period = "unknown"
languages = []
gap = "nothing"
key_in_print = "nowhere"
[items]
count = 1
sources = ["own"]
[response]
min = 1
max = 7
sources = ["own"]
[reversed]
items = []
sources = ["own"]
[statistic]
value = "mean"
sources = ["own"]
[[scales]]
name = "total"
title = "Total"
items = [1]
sources = ["own"]
[rights]
owner = "ourselves"
wording = "withheld"
obtain = "here"
sources = []
[[sources]]
id = "own"
kind = "document"
title = "A test"
read = "whole"
"""


def types(study, **options):
    frame = al.find_ruptures(study, rule=RULE, **options).episodes
    return frame.select("onset", "type", "type_source").rows()


class TestTypes:
    def test_nothing_says_a_type_by_default(self):
        study = worked_study()
        assert types(study) == [(5, "unclassified", "none"), (11, "unclassified", "none")]
        scores = study.scores()["client"]
        frame = al.find_ruptures(scores, rule=RULE).episodes
        assert frame["type"].to_list() == ["unclassified"] * 2

    @pytest.mark.parametrize(
        ("coded", "expected"),
        [
            # The sessions of an episode run from its onset to its last, the one of the repair included.
            ([(5, "away")], ["withdrawal codes", "unclassified none"]),
            ([(7, "against")], ["confrontation codes", "unclassified none"]),
            ([(4, "away"), (8, "away")], ["unclassified none", "unclassified none"]),
            ([(5, "away"), (6, "against")], ["mixed codes", "unclassified none"]),
            # Coded, and none found: not the same as not coded.
            ([(6, None), (14, None)], ["unclassified codes", "unclassified codes"]),
            ([(5, None), (6, "away")], ["withdrawal codes", "unclassified none"]),
            # A strategy of resolution sets no type.
            ([(11, "mends"), (16, "against")], ["unclassified none", "unclassified codes"]),
        ],
    )
    def test_by_hand(self, coded, expected):
        study = simple(*[("a", session, marker) for session, marker in coded], study=worked_study())
        assert [f"{word} {source}" for _, word, source in types(study)] == expected

    def test_a_coded_session_without_a_form_counts(self):
        values = list(WORKED)
        values[11] = None
        study = simple(("a", 12, "away"), study=worked_study(values))
        assert types(study)[1] == (11, "withdrawal", "codes")

    def test_other_clients_codes_do_not(self):
        study = simple(("b", 5, "away"), ("A", 11, "against"), study=worked_study())
        assert {source for *_, source in types(study)} == {"none"}

    def test_given_orders_and_dates(self):
        labels = [f"s{session}" for session in range(1, 17)]
        days = [datetime.date(2026, 1, 1) + datetime.timedelta(weeks=week) for week in range(16)]
        for sessions, options in ((labels, {"session_order": labels}), (days, {})):
            known = [place for place, value in enumerate(WORKED) if value is not None]
            frame = pl.DataFrame(
                {
                    "who": ["a"] * len(known),
                    "when": [sessions[place] for place in known],
                    "q1": [WORKED[place] for place in known],
                }
            )
            study = EMPTY.with_forms(frame, al.Instrument.from_toml(ONE_ITEM), columns=["q1"])
            study = simple(("a", sessions[5], "away"), ("a", sessions[8], "against"), study=study)
            assert [(word, source) for _, word, source in types(study, **options)] == [
                ("withdrawal", "codes"),
                ("unclassified", "none"),
            ]

    def test_ids_that_cannot_match_are_refused(self):
        with pytest.raises(al.errors.ColumnError, match="holds numbers in forms and text in codes"):
            types(simple(("a", "5", "away"), study=worked_study()))

    def test_a_session_under_two_therapists_is_refused(self):
        frame = pl.DataFrame(
            {"who": ["a"] * 6, "by": list("xxxyyy"), "when": [1, 2, 3] * 2, "q1": [6.0, 6, 3, 6, 6, 3]}
        )
        study = EMPTY.with_forms(frame, al.Instrument.from_toml(ONE_ITEM), columns=["q1"])
        assert len(types(study)) == 2
        with pytest.raises(al.errors.DuplicateForm, match="therapist changes"):
            types(simple(("a", 3, "away"), study=study))

    def test_the_report_says_where_types_come_from(self):
        plain = al.find_ruptures(worked_study(), rule=RULE)
        coded = al.find_ruptures(simple(("a", 5, "away"), study=worked_study()), rule=RULE)
        assert "never from scores" in coded.methods()
        assert "never from scores" not in plain.methods()

    def test_libraries_can_be_mixed(self):
        import pandas as pd

        codes = pd.DataFrame({"who": pd.Categorical(["a"]), "when": [5.0], "marker": ["away"]})
        study = code(codes, worked_study())
        assert types(study)[0] == (5, "withdrawal", "codes")
