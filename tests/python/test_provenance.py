"""Tables on disk, and the file beside them that says how they came about."""

from __future__ import annotations

import json
import os

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from support import ROOT, SR, cells, sr_columns

import alliance as al

COLUMNS = sr_columns(6) | {
    "q4": [1, 2, None, 4, 5, 3],
    "who": [f"SECRET-{row}" for row in range(6)],
    "when": [f"2961-03-0{row + 1}" for row in range(6)],
}


def scores_of(frame, **options):
    options = {"missing": al.Prorate(min_share=0.75)} | options
    return al.score(frame, SR, columns="q{item}", client="who", session="when", **options)


def write(scores, kind, path, shape="wide"):
    return {"csv": scores.write_csv, "parquet": scores.write_parquet}[kind](path, shape)


def beside(path):
    return path.with_name(path.name + ".provenance.json")


@pytest.mark.parametrize("kind", ["csv", "parquet"])
class TestFiles:
    def test_deterministic(self, kind, tmp_path, make_frame):
        files = [write(scores_of(make_frame(COLUMNS)), kind, tmp_path / f"{turn}.{kind}") for turn in "ab"]
        assert files[0].read_bytes() == files[1].read_bytes()
        assert beside(files[0]).read_bytes() == beside(files[1]).read_bytes()

    @pytest.mark.parametrize("shape", ["wide", "long"])
    def test_reads_back(self, kind, shape, tmp_path, make_frame):
        scores = scores_of(make_frame(COLUMNS))
        path = write(scores, kind, str(tmp_path / f"scores.{kind}"), shape)
        back = pl.read_csv(path) if kind == "csv" else pl.read_parquet(path)
        frame = scores.to_frame(shape)
        name = "total" if shape == "wide" else "score"
        assert cells(back, name) == pytest.approx(cells(frame, name), rel=1e-12)
        assert cells(back, "who") == cells(frame, "who")
        assert sorted(file.name for file in tmp_path.iterdir()) == [
            f"scores.{kind}",
            f"scores.{kind}.provenance.json",
        ]

    def test_writing_again_replaces_both(self, kind, tmp_path):
        path = tmp_path / f"scores.{kind}"
        write(scores_of(pl.DataFrame(COLUMNS), metric="sum"), kind, path)
        before = path.read_bytes(), beside(path).read_bytes()
        write(scores_of(pl.DataFrame(COLUMNS)), kind, path)
        assert path.read_bytes() != before[0]
        assert beside(path).read_bytes() != before[1]
        assert len(list(tmp_path.iterdir())) == 2

    def test_a_missing_folder(self, kind, tmp_path):
        with pytest.raises(FileNotFoundError):
            write(scores_of(pl.DataFrame(COLUMNS)), kind, tmp_path / "absent" / "scores")
        assert not list(tmp_path.iterdir())

    def test_a_file_for_a_folder(self, kind, tmp_path):
        (tmp_path / "file").write_text("mine", encoding="utf-8")
        with pytest.raises(OSError, match="file"):
            write(scores_of(pl.DataFrame(COLUMNS)), kind, tmp_path / "file" / "scores")
        assert [file.name for file in tmp_path.iterdir()] == ["file"]
        assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"

    def test_a_folder_for_a_file(self, kind, tmp_path):
        for taken in ("scores", "scores.provenance.json"):
            (tmp_path / taken).mkdir()
            with pytest.raises(IsADirectoryError):
                write(scores_of(pl.DataFrame(COLUMNS)), kind, tmp_path / "scores")
            assert [file.name for file in tmp_path.iterdir()] == [taken]
            (tmp_path / taken).rmdir()

    def test_a_folder_that_cannot_be_written_to(self, kind, tmp_path, monkeypatch):
        """As root every folder can be written to, so the refusal is played."""

        def refuse(*_arguments, **_options):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("tempfile.mkdtemp", refuse)
        with pytest.raises(PermissionError):
            write(scores_of(pl.DataFrame(COLUMNS)), kind, tmp_path / "scores")
        assert not list(tmp_path.iterdir())

    def test_a_disk_that_fills_up(self, kind, tmp_path, monkeypatch):
        scores = scores_of(pl.DataFrame(COLUMNS))
        path = write(scores, kind, tmp_path / "scores")
        before = path.read_bytes(), beside(path).read_bytes()

        def refuse(*_arguments, **_options):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("pathlib.Path.write_text", refuse)
        with pytest.raises(OSError, match="No space left"):
            write(scores.in_metric("sum"), kind, path)
        assert (path.read_bytes(), beside(path).read_bytes()) == before
        assert len(list(tmp_path.iterdir())) == 2

    def test_an_unwritable_table_leaves_nothing(self, kind, tmp_path):
        frame = pl.DataFrame(COLUMNS).rename({"who": "total"})
        scores = al.score(frame, SR, columns="q{item}", client="total")
        with pytest.raises(al.AllianceError):
            write(scores, kind, tmp_path / "scores")
        assert not list(tmp_path.iterdir())


class TestSidecar:
    def read(self, tmp_path, frame=None, **options):
        scores = scores_of(pl.DataFrame(COLUMNS) if frame is None else frame, **options)
        text = beside(scores.write_csv(tmp_path / "s.csv")).read_text(encoding="utf-8")
        found = json.loads(text)
        assert text.endswith("}\n")
        assert found == json.loads(json.dumps(scores.provenance()))
        return text, found

    def test_content(self, tmp_path):
        _, found = self.read(tmp_path, missing_codes=[-99, "NA"], labels={"x": 3})
        assert found["alliance_provenance"] == 1
        assert found["software"] == {"name": "alliance", "version": al.__version__}
        assert found["input"]["rows_read"] == found["input"]["forms"] == 6
        mapping = found["mapping"]
        assert mapping["columns"] == [f"q{item}" for item in range(1, 13)]
        assert mapping["ids"] == {"client": "who", "session": "when"}
        assert (mapping["labels"], mapping["missing_codes"]) == (1, 2)
        assert (mapping["entry"], mapping["already_reversed"], mapping["duplicates"]) == ("printed", False, "error")
        form = found["instrument"]
        assert (form["id"], form["version"], form["key_sha256"]) == (SR.id, SR.version, SR.hash)
        assert form["key_supplied_by_caller"] == []
        assert found["scoring"] == {"metric": "mean", "missing": {"min_share": 0.75, "min_answered": None}}
        assert found["scales"]["goal"] == {
            "items": [4, 6, 8, 11],
            "required": 3,
            "evidence": "attested",
            "complete": 5,
            "prorated": 1,
            "not_scored": 0,
        }
        assert found["left_out"] == []
        assert any("analyst" in note for note in found["notes"])

    def test_no_ids_dates_or_answers(self, tmp_path):
        text, _ = self.read(tmp_path)
        assert "SECRET" not in text
        assert "2961" not in text

    def test_a_key_of_the_callers(self, tmp_path):
        form = al.instrument("vpps-observer").with_key(scales={"total": [1, 2]}, source="manual p. 12")
        frame = pl.DataFrame({f"v{item}": [3] for item in range(1, 81)})
        scores = al.score(frame, form, columns="v{item}", already_reversed=np.array([], dtype=int))
        found = json.loads(beside(scores.write_csv(tmp_path / "s.csv")).read_text(encoding="utf-8"))
        assert found["instrument"]["key_supplied_by_caller"] == ["manual p. 12"]

    def test_already_reversed_items(self, tmp_path):
        form = al.instrument("arm-5-client")
        scores = al.score(pl.DataFrame(COLUMNS), form, columns="q{item}", already_reversed=np.array([3]))
        found = json.loads(beside(scores.write_csv(tmp_path / "s.csv")).read_text(encoding="utf-8"))
        assert found["mapping"]["already_reversed"] == [3]


class TestInputHash:
    def hash(self, frame, **options):
        return scores_of(frame, **options).provenance()["input"]["sha256"]

    def test_every_kind_of_frame_agrees(self, make_frame):
        assert self.hash(make_frame(COLUMNS)) == self.hash(pl.DataFrame(COLUMNS))

    def test_types_chunks_and_ids_play_no_part(self):
        frame = pl.DataFrame(COLUMNS)
        same = [
            frame.cast({f"q{item}": pl.Int8 for item in range(1, 13)}),
            frame.cast({f"q{item}": pl.Float64 for item in range(1, 13)}),
            pl.concat([frame[:2], frame[2:]], rechunk=False),
            frame.with_columns(who=pl.lit("other")),
            frame.select(sorted(frame.columns)),
        ]
        assert {self.hash(other) for other in same} == {self.hash(frame)}
        assert self.hash(pd.DataFrame(COLUMNS)[::-1][::-1]) == self.hash(frame)
        assert self.hash(pa.table(COLUMNS), threads=2) == self.hash(frame)

    def test_what_changes_it(self):
        frame = pl.DataFrame(COLUMNS)
        others = [
            frame.with_columns(q1=6 - pl.col("q1")),
            frame.with_columns(q4=pl.col("q4").fill_null(1)),
            frame[::-1],
            frame[:5],
        ]
        renamed = al.score(frame.rename({"q1": "first"}), SR, columns=["first", *[f"q{i}" for i in range(2, 13)]])
        hashes = {self.hash(other) for other in [frame, *others]} | {renamed.provenance()["input"]["sha256"]}
        assert len(hashes) == 6

    def test_text_counts_as_what_it_means(self):
        numbers = pl.DataFrame(COLUMNS)
        words = numbers.with_columns(pl.col(f"q{item}").cast(pl.String) for item in range(1, 13))
        labels = {str(number): number for number in range(1, 6)}
        assert self.hash(words, labels=labels) == self.hash(numbers)

    def test_kept_rows_are_what_is_hashed(self):
        frame = pl.DataFrame(COLUMNS)
        doubled = pl.concat([frame, frame])
        assert self.hash(doubled, duplicates="first") == self.hash(frame)

    def test_the_environment_plays_no_part(self, monkeypatch, tmp_path):
        before = scores_of(pl.DataFrame(COLUMNS)).provenance()
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("TZ", "Asia/Tokyo")
        assert scores_of(pl.DataFrame(COLUMNS)).provenance() == before
        assert str(ROOT) not in json.dumps(before)
        assert os.sep + "tmp" not in json.dumps(before)
