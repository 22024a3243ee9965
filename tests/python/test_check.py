"""The key doctor through its Python face."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from support import ROOT, SR, WAI, as_columns, cells, kind_of, own, sr_columns

import alliance as al

ARM = al.instrument("arm-5-client")
RUST = ROOT / "crates" / "alliance-scoring" / "src" / "check" / "finding.rs"
CODES = set(re.findall(r'^    \w+ = "([a-z-]+)",$', RUST.read_text(encoding="utf-8"), re.MULTILINE))


def check(data=None, form=SR, **options):
    frame = pl.DataFrame(sr_columns(4)) if data is None else data
    return al.check(frame, form, **({"columns": "q{item}"} | options))


def with_cells(**columns):
    return pl.DataFrame(sr_columns(4) | columns, strict=False)


def people(form, count, seed=1):
    """Make forms of people who differ: keyed answers follow one opinion each."""
    generator = np.random.default_rng(seed)
    low, high = (int(end) for end in form.range)
    opinion = generator.normal(size=(count, 1))
    noise = generator.normal(size=(count, form.item_count))
    middle, width = (low + high) / 2, (high - low) / 4
    keyed = np.clip(np.rint(middle + width * (opinion + 0.6 * noise)), low, high).astype(int)
    for item in form.reversed:
        keyed[:, item - 1] = low + high - keyed[:, item - 1]
    return keyed


def table(answers):
    return pl.DataFrame({f"q{item}": answers[:, item - 1] for item in range(1, answers.shape[1] + 1)})


def keyed_sum(form, answers, scale, reverse):
    low, high = form.range
    columns = [item - 1 for item in form.scales[scale]]
    signs = np.isin(np.arange(1, form.item_count + 1), list(reverse))
    keyed = np.where(signs, low + high - answers, answers)
    return keyed[:, columns].sum(axis=1)


def wrong_item(form, items, count=60):
    """Make answers to a form whose items were typed in the wrong way round."""
    answers = people(form, count)
    low, high = form.range
    for item in items:
        answers[:, item - 1] = low + high - answers[:, item - 1]
    return table(answers)


WAI_ANSWERS = people(WAI, 60)
WAI_BOND = keyed_sum(WAI, WAI_ANSWERS, "bond", WAI.reversed)
WRONG_BOND = keyed_sum(WAI, WAI_ANSWERS, "bond", (set(WAI.reversed) - {29}) | {28})

BLOCKED = al.instrument("wai-s-blocked-observer")

CALLS = {
    "key-needed": lambda: check(form=al.instrument("casf-client")),
    "range-needed": lambda: check(
        form=al.instrument("casf-client").with_key(scales={"total": [1]}, source="x"), columns=["q1"]
    ),
    "unknown-scale": lambda: check(totals={"trust": "q1"}),
    "invalid-option": lambda: check(already_reversed=[3]),
    "legal-missing-code": lambda: check(missing_codes=[3]),
    "wrong-column-count": lambda: check(columns=["q1", "q2"]),
    "looks-like-totals": lambda: check(pl.DataFrame({f"q{i}": [40, 52, 47, 55] for i in range(1, 13)})),
    "other-range": lambda: check(
        pl.DataFrame(as_columns([[6, 7, 7, 5, 6, 4, 7, 6, 2, 7], [1, 7, 7, 5, 6, 4, 7, 6, 2, 7]])),
        al.instrument("wai-srt-therapist"),
    ),
    "other-form": lambda: check(pl.DataFrame(as_columns([[6, 7, 7, 5, 6, 4, 7, 6, 2, 7, 6, 6]] * 3))),
    "out-of-range": lambda: check(with_cells(q3=[4, 7, 3, 4])),
    "undeclared-missing-code": lambda: check(with_cells(q3=[4, -99, 3, 4])),
    "blank-as-zero": lambda: check(with_cells(q3=[4, 0, 3, 4])),
    "off-step": lambda: check(with_cells(q3=[4, 2.5, 3, 4])),
    "not-finite": lambda: check(with_cells(q3=[4, float("-inf"), 3, 4])),
    "text-answer": lambda: check(with_cells(q3=["x", None, None, None])),
    "missing-answers": lambda: check(with_cells(q3=[4, None, 3, 4])),
    "all-missing": lambda: check(with_cells(**{f"q{i}": [4, None, 3, 2] for i in range(1, 13)})),
    "straight-line": lambda: check(with_cells(**{f"q{i}": [4, 4, 3 + i % 2, 1] for i in range(1, 13)})),
    "all-maximum": lambda: check(with_cells(**{f"q{i}": [4 + i % 2, 5, 3, 2] for i in range(1, 13)})),
    "negative-item-rest": lambda: check(wrong_item(WAI, [8]), WAI),
    "totals-reproduced": lambda: check(
        table(WAI_ANSWERS).with_columns(bond=pl.Series(WAI_BOND)), WAI, totals={"bond": "bond"}
    ),
    "totals-differ": lambda: check(
        table(WAI_ANSWERS).with_columns(bond=pl.Series(100.0 - WAI_BOND)), WAI, totals={"bond": "bond"}
    ),
    "totals-not-compared": lambda: check(
        with_cells(bond=pl.Series([None] * 4, dtype=pl.Float64)), totals={"bond": "bond"}
    ),
    "key-variant": lambda: check(
        table(WAI_ANSWERS).with_columns(bond=pl.Series(WRONG_BOND)), WAI, totals={"bond": "bond"}
    ),
    # Of the Python layer:
    "missing-column": lambda: check(columns="item_{item}"),
    "repeated-column": lambda: check(columns=["q1"] * 12),
    "unsupported-column": lambda: check(with_cells(q3=[True, False, True, True])),
    "duplicate-form": lambda: check(with_cells(who=list("abab"), when=[1] * 4), client="who", session="when"),
    "missing-id": lambda: check(with_cells(who=["a", None, "b", "c"]), client="who"),
}

# The doctor always accepts an unverified key, and the columns of a frame are of one length
# (`test_errors` bends a frame to see the second).
UNREACHABLE = {"unverified-key", "length-mismatch"}


def test_every_code_of_the_doctor_is_here():
    assert len(CODES) >= 25
    assert set(CALLS) | UNREACHABLE >= CODES


@pytest.mark.parametrize("code", CALLS)
def test_every_code_is_found(code):
    findings = CALLS[code]()
    assert code in findings.codes
    finding = next(finding for finding in findings if finding.code == code)
    assert finding.severity in ("error", "warning", "note")
    assert finding.message
    assert len(finding.rows) <= 5
    assert findings.ok == all(finding.severity != "error" for finding in findings)


def test_clean_data():
    findings = check()
    assert findings.codes == ()
    assert findings.ok
    assert str(findings) == "nothing found"
    assert len(findings) == 0


@pytest.mark.parametrize("code", [code for code in CALLS if code in set(al.errors.error_codes())])
def test_what_is_an_error_here_stops_scoring(code):
    """Codes that scoring has too: an error in the findings is a refusal of `score`."""
    findings = CALLS[code]()
    finding = next(finding for finding in findings if finding.code == code)
    assert finding.severity == ("warning" if code == "unknown-scale" else "error")


class TestFiveProblems:
    """One 7, one -99, one blank, one form twice, one text cell."""

    COLUMNS = sr_columns(6) | {"client": list("aabbcc"), "session": [1, 2, 1, 2, 1, 1]}
    PROBLEMS = (("q2", 0, 7), ("q5", 1, -99), ("q8", 2, None), ("q11", 3, "often"))

    def columns(self, *problems):
        columns = {name: list(values) for name, values in self.COLUMNS.items()}
        for name, row, value in problems:
            columns[name] = [str(cell) if isinstance(value, str) else cell for cell in columns[name]]
            columns[name][row] = value
        return columns

    def options(self):
        labels = {str(number): number for number in range(1, 6)}
        return {"columns": "q{item}", "client": "client", "session": "session", "labels": labels}

    def test_check_says_everything_at_once(self, make_frame):
        findings = al.check(make_frame(self.columns(*self.PROBLEMS)), SR, **self.options())
        errors = {
            finding.code: (finding.column, finding.rows, finding.count)
            for finding in findings
            if finding.severity == "error"
        }
        assert errors == {
            "out-of-range": ("q2", (0,), 1),
            "undeclared-missing-code": ("q5", (1,), 1),
            "text-answer": ("q11", (3,), 1),
            "duplicate-form": (None, (5,), 1),
        }
        assert not findings.ok
        shown = f"{findings}{findings!r}{findings._repr_html_()}"
        assert "often" not in shown
        # A blank is a missing answer, which is legal: worth knowing, no reason to refuse.
        (blank,) = findings[len(errors) :]
        assert (blank.code, blank.severity, blank.column, blank.rows) == ("missing-answers", "note", "q8", (2,))

    @pytest.mark.parametrize(
        ("keep", "code", "column", "row"),
        [
            (0, "out-of-range", "q2", 0),
            (1, "undeclared-missing-code", "q5", 1),
            (3, "text-answer", "q11", 3),
        ],
    )
    def test_score_refuses_each(self, keep, code, column, row, make_frame):
        frame = make_frame(self.columns(self.PROBLEMS[keep]))
        with pytest.raises(al.errors.AnswerError) as caught:
            al.score(frame, SR, **self.options(), duplicates="keep")
        error = caught.value
        assert (error.code, error.column, error.rows, error.count) == (code, column, (row,), 1)
        assert "often" not in str(error)
        assert re.search(rf"column `{column}`, row {row}: ", str(error))
        if code == "out-of-range":
            assert "7" not in str(error)

    def test_score_refuses_all_of_them_at_once(self, make_frame):
        with pytest.raises(al.AllianceError) as caught:
            al.score(make_frame(self.columns(*self.PROBLEMS)), SR, **self.options())
        assert caught.value.code in ("duplicate-form", "out-of-range")

    def test_score_refuses_the_duplicate(self, make_frame):
        with pytest.raises(al.errors.DuplicateForm) as caught:
            al.score(make_frame(self.columns()), SR, **self.options())
        assert caught.value.rows == (5,)

    def test_score_leaves_the_blank_unscored(self, make_frame):
        frame = make_frame(self.columns(self.PROBLEMS[2]))
        scores = al.score(frame, SR, **self.options(), duplicates="first")
        assert np.isnan(scores["goal"]).tolist() == [False, False, True, False, False]
        assert np.isnan(scores["bond"]).sum() == 0
        frame = scores.to_frame()
        assert cells(frame, "goal")[2] is None


class TestKeyDoctor:
    def test_item_28_for_item_29(self):
        answers = table(WAI_ANSWERS).with_columns(bond=pl.Series(WRONG_BOND))
        (finding,) = [finding for finding in check(answers, WAI, totals={"bond": "bond"}) if finding.scale == "bond"]
        assert finding.code == "key-variant"
        assert finding.severity == "warning"
        assert set(finding.items) == {28, 29}
        assert finding.column == "bond"
        assert "reversing item 28 instead of item 29 reproduces 60 of 60" in finding.message

    def test_a_missing_reversal(self):
        answers = people(ARM, 40)
        totals = pl.Series(answers.sum(axis=1) / 5)
        findings = check(table(answers).with_columns(t=totals), ARM, totals={"total": "t"})
        assert [finding.items for finding in findings if finding.code == "key-variant"] == [(3,)]

    @pytest.mark.parametrize("metric", ["mean", "sum", "pomp"])
    def test_totals_of_our_own_are_reproduced(self, metric):
        frame = table(WAI_ANSWERS)
        scores = al.score(frame, WAI, columns="q{item}", metric=metric)
        frame = frame.with_columns(pl.Series(f"their_{name}", scores[name]) for name in scores)
        findings = check(frame, WAI, totals={name: f"their_{name}" for name in scores})
        assert [finding.scale for finding in findings if finding.code == "totals-reproduced"] == list(scores)
        assert findings.ok

    def test_an_item_typed_in_backwards(self):
        findings = check(wrong_item(WAI, [8]), WAI)
        (finding,) = [
            finding for finding in findings if finding.code == "negative-item-rest" and finding.scale == "bond"
        ]
        assert (finding.column, finding.items) == ("q8", (8,))

    def test_already_reversed_data_scored_again(self):
        frame = wrong_item(WAI, WAI.reversed)
        codes = check(frame, WAI).codes
        assert "negative-item-rest" in codes
        assert "negative-item-rest" not in check(frame, WAI, already_reversed=True).codes

    def test_declared_options_are_heeded(self):
        frame = with_cells(q3=[4, -99, 3, 4], q4=["often", "4", "4", "NA"])
        findings = check(frame, missing_codes=[-99, "NA"], labels={"4": 4, "often": 3})
        assert findings.ok


class TestFindings:
    def test_order_and_access(self):
        findings = check(with_cells(**{f"q{i}": [7 if i == 3 else 5, 5, 5, 5] for i in range(1, 13)}))
        order = ("error", "warning", "note")
        ranks = [order.index(finding.severity) for finding in findings]
        assert ranks == sorted(ranks)
        assert findings[0].code == findings.codes[0]
        assert findings[:1] == al.Findings([findings[0]])
        assert len(findings + findings) == 2 * len(findings)
        assert hash(findings) == hash(al.Findings(list(findings)))
        assert repr(findings).startswith("<Findings: 1 error, ")

    def test_to_frame(self, make_simple):
        findings = check(with_cells(q3=[4, 7, 3, 4]))
        frame = findings.to_frame(make_simple.out)
        assert kind_of(frame) == make_simple.out
        assert cells(frame, "code") == ["out-of-range"]
        assert cells(frame, "rows") == ["1"]
        assert kind_of(check().to_frame(make_simple.out)) == make_simple.out

    def test_html_is_escaped(self):
        frame = with_cells().rename({"q3": "<b>q3</b>"})
        findings = check(frame, columns=[*["q1", "q2", "<b>q3</b>"], *[f"q{i}" for i in range(4, 12)], "<i>"])
        assert findings.codes == ("missing-column",)
        assert "<i>" not in findings._repr_html_().replace("&lt;i&gt;", "")

    def test_data_are_never_a_reason_to_raise(self, make_frame):
        for column in (["x", "y"], [None, None], [float("inf"), 3.0], [-99, 10**9], [0.1, 0.2]):
            frame = make_frame(sr_columns(2) | {"q5": column})
            assert isinstance(al.check(frame, SR, columns="q{item}", client="nobody"), al.Findings)

    def test_calls_that_make_no_sense_raise(self):
        for options in ({"entry": "page"}, {"columns": "q"}, {"labels": {"a": "b"}}, {"missing_codes": "NA"}):
            with pytest.raises(al.errors.InvalidOption):
                check(**options)
        with pytest.raises(al.AllianceError):
            check(sr_columns())

    def test_no_rows(self):
        findings = check(pl.DataFrame(sr_columns(1))[:0])
        assert findings.ok

    def test_kinds_agree(self, make_frame):
        columns = sr_columns(6) | {"q2": [7, 1, 2, None, 0, 3], "t": [3.0] * 6}
        found = al.check(make_frame(columns), SR, columns="q{item}", totals={"total": "t"})
        assert found == al.check(pl.DataFrame(columns), SR, columns="q{item}", totals={"total": "t"})

    def test_own_instruments(self):
        form = own(7, low=0, high=3, reverse=[2])
        frame = pd.DataFrame({f"q{item}": [3, 0] for item in range(1, 8)})
        assert "straight-line" in al.check(frame, form, columns="q{item}").codes
