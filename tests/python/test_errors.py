"""Every error code: its class, one call that raises it, and what the messages say."""

from __future__ import annotations

import inspect
import sys

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from arro3.core import Table
from support import SR, SRT, own, own_form, registry, sr_columns

import alliance as al
from alliance import _frames

BARE = al.instrument("casf-client")
POINT = al.rules.BelowReference(reference="previous", unit="points", threshold=1.0)


def frame(**columns):
    return pl.DataFrame(sr_columns(4) | columns, strict=False)


def score(data=None, form=SR, **options):
    return al.score(frame() if data is None else data, form, **({"columns": "q{item}"} | options))


def study():
    theirs = pl.DataFrame({f"t{item}": [4] * 4 for item in range(1, 11)} | {"who": list("abcd"), "when": [1] * 4})
    both = al.Study(client="who", session="when")
    both = both.with_forms(frame(who=list("abcd"), when=[1] * 4), SR, columns="q{item}")
    return both.with_forms(theirs, SRT.with_key(scales={"total": range(1, 11)}, source="x"), columns="t{item}")


def ruptures(sessions):
    """Look for ruptures in two forms of one client."""
    frame = pl.DataFrame({"who": ["a", "a"], "by": ["x", "y"], "when": sessions, "t": [4.0, 4.0]})
    ids = {"client": "who", "session": "when", "rater": "by"}
    scores = al.Scores.from_totals(frame, "wai-sr-client", totals={"total": "t"}, metric="mean", **ids)
    return al.find_ruptures(scores, rule=POINT)


def series(dyads):
    """Score six sessions of each of some dyads."""
    rows = [(f"c{dyad}", session, 3 + (dyad * session) % 5 / 4) for dyad in range(dyads) for session in range(1, 7)]
    frame = pl.DataFrame(rows, schema=["who", "when", "t"], orient="row")
    totals = {"totals": {"total": "t"}, "metric": "mean", "client": "who", "session": "when"}
    return al.Scores.from_totals(frame, "wai-sr-client", **totals)


def coded(markers, **options):
    """Read codes of two coders in one session."""
    frame = pl.DataFrame({"who": ["a", "a"], "when": [1, 1], "by": ["x", "y"], "marker": markers})
    return al.Study(client="who", session="when").with_codes(frame, coder="by", **({"combine": "mean"} | options))


def appointments(word):
    """Add an appointment of a client."""
    visits = pl.DataFrame({"who": ["a"], "when": [1], "status": [word]})
    return al.Study(client="who", session="when").with_appointments(visits)


IDS = {"client": "who", "session": "when"}


def sessions(**columns):
    """Make two sessions of one client."""
    return pl.DataFrame({"who": ["a", "a"], "when": [1, 2], "t": [4.0, 5.0], **columns})


CALLS = {
    "invalid-toml": lambda: al.Instrument.from_toml("id = [\n"),
    "invalid-instrument": lambda: own(3, scales={"total": [1, 9]}),
    "unknown-instrument": lambda: al.instrument("wai-srr-client"),
    "ambiguous-instrument": lambda: al.instrument("wai"),
    "unknown-preset": lambda: al.rules.preset("nobody-1999"),
    "repeated-session": lambda: ruptures([1, 1]),
    "unknown-marker": lambda: coded(["topic-shift", "sighs"]),
    "several-coders": lambda: coded([None, None], combine="consensus"),
    "unknown-appointment": lambda: appointments("came"),
    "session-span": lambda: ruptures([1, 20_260_101]),
    "key-needed": lambda: score(form=BARE),
    "unverified-key": lambda: score(form=al.instrument("calpas-client")),
    "range-needed": lambda: score(form=BARE.with_key(scales={"total": [1]}, source="x"), columns=["q1"]),
    "unknown-scale": lambda: score(scales=["trust"]),
    "invalid-option": lambda: score(entry="page"),
    "legal-missing-code": lambda: score(missing_codes=[3]),
    "wrong-column-count": lambda: score(columns=["q1", "q2"]),
    "missing-column": lambda: score(frame().drop("q3")),
    "repeated-column": lambda: score(columns=["q1"] * 12),
    "unsupported-column": lambda: score(frame(q1=[True] * 4)),
    "unsupported-frame": lambda: score([1, 2]),
    "out-of-range": lambda: score(frame(q7=[4, 7, 3, 7])),
    "undeclared-missing-code": lambda: score(frame(q7=[4, -99, 3, 4])),
    "off-step": lambda: score(frame(q7=[4, 2.5, 3, 4])),
    "not-finite": lambda: score(frame(q7=[4, float("inf"), 3, 4])),
    "text-answer": lambda: score(frame(q7=["4", "x", None, "4"])),
    "duplicate-form": lambda: score(frame(who=list("abab"), when=[1] * 4), client="who", session="when"),
    "missing-id": lambda: score(frame(who=["a", None, "b", None]), client="who"),
    "cannot-be-fitted": lambda: al.chance_rate(POINT, like=series(dyads=3)),
    "not-calibratable": lambda: al.calibrate(
        al.rules.BelowReference(reference=("fixed", 3.0), unit="points", threshold=1.0), like=series(dyads=20)
    ),
    "not-nested": lambda: al.disaggregate(sessions(by=["x", "y"]), score="t", therapist="by", **IDS),
    "contradicting-endings": lambda: al.person_period(
        sessions(end=["dropout", "planned"]), score="t", ending="end", **IDS
    ),
    "incomparable-forms": lambda: study().scores().differences(),
    "not-live": lambda: al.LiveRule(al.rules.preset("stiles-2004-as-read"), range=(1, 7)),
    "out-of-order": lambda: al.LiveRule(POINT, range=(1, 7)).replay([(2, 5.0), (1, 5.0)]),
}

# These need a world that is not as it should be.
BENT = {"length-mismatch", "missing-extra"}
# Raised by the Rust crates alone, whose own tests hold them: Python has no way to these mistakes.
RUST_ONLY = {"invalid-offsets", "invalid-preset"}


def assert_clean(error):
    """Nothing of a library's own error, which may quote a cell, hangs on ours."""
    assert error.__cause__ is None
    assert error.__context__ is None or error.__suppress_context__
    assert error.code in str(al.errors.error_codes())
    assert not getattr(error, "__notes__", [])
    assert all(isinstance(row, int) for row in error.rows)
    assert len(error.rows) <= 5


class TestRegistry:
    def test_every_code_has_a_class(self):
        for entry in registry():
            kind = getattr(al.errors, entry["exception"])
            assert issubclass(kind, al.AllianceError)
            assert kind.__name__ in al.errors.__all__
            error = al.errors.from_code(entry["code"], "text", column="c", rows=[1], count=2)
            assert type(error) is kind
            assert (str(error), error.code, error.column, error.rows, error.count) == (
                "text",
                entry["code"],
                "c",
                (1,),
                2,
            )

    def test_every_class_has_a_code(self):
        used = {entry["exception"] for entry in registry()}
        classes = {
            name
            for name, kind in vars(al.errors).items()
            if inspect.isclass(kind) and issubclass(kind, al.AllianceError) and kind is not al.AllianceError
        }
        assert classes == used

    def test_python_reads_the_same_file(self):
        assert al.errors.error_codes() == {entry["code"]: entry["meaning"] for entry in registry()}

    def test_entries_are_complete(self):
        codes = [entry["code"] for entry in registry()]
        assert len(codes) == len(set(codes))
        for entry in registry():
            assert set(entry) == {"code", "exception", "meaning", "remedy"}
            assert entry["meaning"].endswith(".")
            assert entry["remedy"].endswith(".")

    def test_the_table_below_is_complete(self):
        assert set(CALLS) | BENT | RUST_ONLY == {entry["code"] for entry in registry()}

    def test_errors_are_value_errors(self):
        assert issubclass(al.AllianceError, ValueError)
        assert issubclass(al.EvidenceWarning, al.AllianceWarning)
        assert issubclass(al.AllianceWarning, UserWarning)


class TestEveryCode:
    @pytest.mark.parametrize("code", CALLS)
    def test_is_raised(self, code):
        with pytest.raises(al.AllianceError) as caught:
            CALLS[code]()
        assert caught.value.code == code
        assert_clean(caught.value)

    def test_length_mismatch(self, monkeypatch):
        whole = _frames.Frame.answers

        def shorter(self, name):
            given = whole(self, name)
            return (given[0], given[1][:2], given[2]) if name == "q5" else given

        monkeypatch.setattr(_frames.Frame, "answers", shorter)
        with pytest.raises(al.errors.ColumnError) as caught:
            score()
        assert caught.value.code == "length-mismatch"
        assert str(caught.value) == "column `q5` has 2 rows, the first column has 4"
        assert_clean(caught.value)
        assert "length-mismatch" in al.check(frame(), SR, columns="q{item}").codes

    def test_missing_extra(self, monkeypatch):
        stream = Table.from_arrow(pa.table(sr_columns()))
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        monkeypatch.setitem(sys.modules, "polars", None)
        with pytest.raises(al.errors.MissingExtra) as caught:
            score(stream)
        assert caught.value.code == "missing-extra"
        assert_clean(caught.value)

    def test_no_library_for_a_table(self, monkeypatch):
        import importlib.util

        for library in ("polars", "pandas", "pyarrow"):
            monkeypatch.delitem(sys.modules, library, raising=False)
        monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
        with pytest.raises(al.errors.MissingExtra):
            al.catalog().to_frame()


MESSAGES = {
    "out-of-range": (
        "column `q7`, rows 1, 3: each of 2 answers is outside 1 to 5. If the form was given with another range, say so "
        "with `with_range`"
    ),
    "undeclared-missing-code": (
        "column `q7`, row 1: the answer is -99, outside 1 to 5 and a usual missing code. If it is one, declare it: "
        "`missing_codes=[-99]`"
    ),
    "off-step": "column `q7`, row 1: the answer lies between two answers of the scale 1 to 5 in steps of 1",
    "not-finite": "column `q7`, row 1: the answer is infinite; a missing answer is null or NaN",
    "text-answer": (
        "column `q7`, rows 0, 1, 3: each of 3 cells is text. Give `labels` with a number for every text answer, or "
        "declare it in `missing_codes`; text is never guessed at"
    ),
    "duplicate-form": (
        "2 forms repeat the client and session of an earlier row (rows 2, 3). Remove what is double, name a further id "
        'column, or choose `duplicates="first"` or `"last"`'
    ),
    "missing-id": "2 rows lack an id in `who` (rows 1, 3); fill it in, or leave the column out",
    "missing-column": "item columns: 1 of 12 columns are missing: `q3`.",
    "unsupported-frame": (
        "an object of type `list` is not a frame; give a pandas, polars or pyarrow table, or an object with the Arrow "
        "stream interface"
    ),
    "range-needed": "the response range of `casf-client` is not known here; state it with `with_range`",
    "legal-missing-code": (
        "a declared missing code is a possible answer of `wai-sr-client` (1 to 5); answers cannot be told from "
        "missing ones"
    ),
    "unknown-instrument": (
        "the catalog has no instrument `wai-srr-client`. Did you mean `wai-sr-client`, `wai-s-client` or "
        "`wai-36-client`?"
    ),
    "invalid-instrument": ("instrument `own-client`, scales.total: item 9 does not exist; the form has items 1 to 3"),
    "incomparable-forms": (
        "`wai-sr-client` and `wai-srt-therapist` are not parallel forms, so a difference of their levels has no "
        'meaning. Compare changes within each form, or put both on 0 to 100 with `across_forms="pomp"`, which is a '
        "ruler and no equating"
    ),
}


class TestMessages:
    @pytest.mark.parametrize("code", MESSAGES)
    def test_in_full(self, code):
        with pytest.raises(al.AllianceError) as caught:
            CALLS[code]()
        assert str(caught.value) == MESSAGES[code]

    def test_many_rows_are_counted_and_five_are_named(self):
        with pytest.raises(al.errors.AnswerError) as caught:
            score(pl.DataFrame(sr_columns(9) | {"q2": [8] * 9}))
        assert (caught.value.rows, caught.value.count) == ((0, 1, 2, 3, 4), 9)
        assert "rows 0, 1, 2, 3, 4, ...: each of 9 answers" in str(caught.value)

    @pytest.mark.parametrize("code", [0, 9, 99, 999, -9, -99, -999])
    def test_usual_missing_codes_are_named(self, code):
        with pytest.raises(al.errors.AnswerError) as caught:
            score(frame(q7=[4, code, 3, 4]))
        assert caught.value.code == "undeclared-missing-code"
        assert f"`missing_codes=[{code}]`" in str(caught.value)

    def test_other_numbers_are_not(self):
        with pytest.raises(al.errors.AnswerError) as caught:
            score(frame(q7=[4, 8642, 3, 4]))
        assert caught.value.code == "out-of-range"
        assert "8642" not in str(caught.value)

    def test_the_hint_for_one_column(self):
        with pytest.raises(al.errors.ColumnError, match="is the delimiter right"):
            score(pl.DataFrame({"q1;q2;q3": ["1;2;3"]}))

    def test_long_column_names_are_cut(self):
        with pytest.raises(al.errors.ColumnError) as caught:
            score(columns=[f"{'x' * 500}{item}" for item in range(12)])
        assert len(str(caught.value)) < 1200

    def test_pandas_frames_speak_of_positions(self):
        data = pd.DataFrame(sr_columns(3), index=[10, 11, 12])
        data.loc[11, "q4"] = 6
        with pytest.raises(al.errors.AnswerError) as caught:
            score(data)
        assert "row 1: " in str(caught.value)

    def test_the_toml_error_shows_the_line(self):
        with pytest.raises(al.errors.InvalidInstrument, match="line 1, column 7"):
            al.Instrument.from_toml("id = [\n")

    def test_unknown_fields_are_refused(self):
        with pytest.raises(al.errors.InvalidInstrument, match="colour"):
            al.Instrument.from_toml('colour = "red"\n' + own_form())
