"""The way through, from a raw file to a table in a paper, on data made here."""

from __future__ import annotations

import csv
import io
import json
import warnings

import pandas as pd
import polars as pl
import pyarrow.csv
import pytest
from support import SR, assert_close, cells, kind_of, own_form

import alliance as al

# A personality form as formr exports it: every answer is text, reversed items end in R.
SCALES = {
    "extraversion": ["extra_1R", "extra_2", "extra_3R", "extra_4"],
    "agreeableness": ["agree_1R", "agree_2", "agree_3R", "agree_4R"],
    "openness": ["open_1", "open_2", "open_3", "open_4", "open_5R"],
}
NAMES = sorted(name for names in SCALES.values() for name in names)
NUMBER = {name: item for item, name in enumerate(NAMES, 1)}
TOML = own_form(
    len(NAMES),
    scales={scale: sorted(NUMBER[name] for name in names) for scale, names in SCALES.items()},
    reverse=[NUMBER[name] for name in NAMES if name.endswith("R")],
    partition=list(SCALES),
)
LABELS = {str(number): number for number in range(1, 6)}


def formr_rows(count=28):
    """Make rows as formr writes them: text answers, empty where skipped, and its own columns around them."""
    rows = []
    for row in range(count):
        answers = {name: str(1 + (7 * row + 3 * item) % 5) for name, item in NUMBER.items()}
        if row % 9 == 4:
            answers["open_3"] = None
        head = {"session": f"code{row:03}", "created": f"2024-01-{row + 1:02} 10:00:00", "ended": None}
        rows.append(head | answers | {"comment": "free, text"})
    return rows


def expected(rows):
    """Score the rows by hand."""
    found = {}
    for scale, names in SCALES.items():
        found[scale] = []
        for row in rows:
            values = [row[name] and (6 - int(row[name]) if name.endswith("R") else int(row[name])) for name in names]
            found[scale].append(None if None in values else sum(values) / len(values))
    return found


def read(kind, rows):
    """Read the rows as JSON or CSV, as text throughout."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    body = text.getvalue()
    if kind == "json":
        return pd.DataFrame(json.loads(json.dumps(rows)))
    if kind == "pandas":
        return pd.read_csv(io.StringIO(body), dtype=str)
    if kind == "polars":
        return pl.read_csv(io.StringIO(body), infer_schema=False)
    options = pyarrow.csv.ConvertOptions(
        column_types={name: pyarrow.string() for name in rows[0]}, strings_can_be_null=True
    )
    return pyarrow.csv.read_csv(io.BytesIO(body.encode()), convert_options=options)


@pytest.mark.parametrize("kind", ["json", "pandas", "polars", "pyarrow"])
class TestFormr:
    def test_scores(self, kind, tmp_path):
        rows = formr_rows()
        file = tmp_path / "own-client.toml"
        file.write_text(TOML, encoding="utf-8")
        form = al.Instrument.from_toml(file)
        frame = read(kind, rows)
        scores = al.score(frame, form, columns=NAMES, session="session", labels=LABELS)
        for scale, means in expected(rows).items():
            assert_close(scores[scale], means)
        found = scores.to_frame()
        assert kind_of(found) == ("pandas" if kind == "json" else kind)
        assert cells(found, "session") == [row["session"] for row in rows]

    def test_without_labels_it_is_refused(self, kind):
        frame = read(kind, formr_rows())
        form = al.Instrument.from_toml(TOML)
        with pytest.raises(al.errors.AnswerError) as caught:
            al.score(frame, form, columns=NAMES)
        assert (caught.value.code, caught.value.column) == ("text-answer", NAMES[0])
        assert caught.value.count == 28
        assert "labels" in str(caught.value)

    def test_the_doctor_reproduces_totals_computed_elsewhere(self, kind):
        rows = formr_rows()
        totals = expected(rows)["extraversion"]
        wrong = [sum(int(row[name]) for name in SCALES["extraversion"]) / 4 for row in rows]
        form = al.Instrument.from_toml(TOML)
        frame = read(
            kind,
            [row | {"theirs": total, "unreversed": raw} for row, total, raw in zip(rows, totals, wrong, strict=True)],
        )
        if kind == "polars":
            frame = frame.cast({"theirs": pl.Float64, "unreversed": pl.Float64})
        elif kind == "pyarrow":
            for name in ("theirs", "unreversed"):
                at = frame.column_names.index(name)
                frame = frame.set_column(at, name, frame.column(name).cast(pyarrow.float64()))
        else:
            frame = frame.astype({"theirs": float, "unreversed": float})
        options = {"columns": NAMES, "labels": LABELS}
        same = al.check(frame, form, **options, totals={"extraversion": "theirs"})
        assert "totals-reproduced" in same.codes
        other = al.check(frame, form, **options, totals={"extraversion": "unreversed"})
        assert {"totals-differ", "key-variant"} & set(other.codes)


class TestTheWholeWay:
    def test_from_a_raw_table_to_a_paper(self, make_frame, tmp_path):
        columns = {
            "case": ["p1", "p1", "p2", "p2", "p3"],
            "visit": [1, 2, 1, 2, 1],
            **{f"wai_{item}": [1 + (item + row) % 5 for row in range(5)] for item in range(1, 13)},
        }
        columns["wai_4"][1] = -99
        frame = make_frame(columns)
        ids = {"columns": "wai_{item}", "client": "case", "session": "visit"}

        findings = al.check(frame, SR, **ids)
        assert findings.codes == ("undeclared-missing-code",)
        assert (findings[0].column, findings[0].rows) == ("wai_4", (1,))

        with pytest.raises(al.errors.AnswerError):
            al.score(frame, SR, **ids)
        assert al.check(frame, SR, **ids, missing_codes=[-99]).ok

        scores = al.score(frame, SR, **ids, missing_codes=[-99], missing=al.Prorate(min_share=0.75))
        assert scores.status("goal").tolist() == ["complete", "prorated", "complete", "complete", "complete"]
        assert kind_of(scores.to_frame()) == make_frame.out
        assert "Working Alliance Inventory" in scores.methods()
        assert "wai-sr-client" in scores.cite()
        path = scores.write_csv(tmp_path / "scores.csv")
        beside = json.loads((tmp_path / "scores.csv.provenance.json").read_text(encoding="utf-8"))
        assert beside["scales"]["goal"]["prorated"] == 1
        assert pl.read_csv(path).height == 5

    def test_every_family_of_the_issue_is_reachable(self):
        """WAI, CALPAS, HAq-II and VPPS, each at the level it has earned."""
        reach = {"wai-sr-client": "attested", "haq-ii-client": "single-source", "calpas-client": "unverified"}
        reach |= {"vpps-observer": "key-needed"}
        assert {name: al.instrument(name).level for name in reach} == reach
        frame = pl.DataFrame({f"q{item}": [3, 4] for item in range(1, 81)})
        codes = {}
        for name in reach:
            form = al.instrument(name)
            columns = [f"q{item}" for item in range(1, form.item_count + 1)]
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("error")
                    al.score(frame, form, columns=columns)
                codes[name] = None
            except al.AllianceError as error:
                codes[name] = error.code
        assert codes == {
            "wai-sr-client": None,
            "haq-ii-client": None,
            "calpas-client": "unverified-key",
            "vpps-observer": "key-needed",
        }

    def test_no_item_wording(self):
        for form in al.catalog():
            assert form.rights["wording"] == "withheld"
            assert all(len(label.split()) <= 6 for label in form.labels)

    def test_levels_are_computed_from_sources(self):
        for form in al.catalog():
            known = {source.id for source in form.sources}
            for part in form.evidence.values():
                assert set(part.sources) | set(part.disputed_by) <= known
                assert part.level in ("attested", "single-source", "unverified", "key-needed")
                assert not part.disputed_by or part.level == "unverified"
