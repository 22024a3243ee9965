"""Frames of every kind give the same numbers, and get their own kind back."""

from __future__ import annotations

import datetime
import itertools

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from arro3.core import Table
from support import SR, as_columns, assert_close, cells, kind_of, names_of, own, plain, slow_scores, sr_columns

import alliance as al

THREE = own(3, low=1, high=7, reverse=[2], scales={"first": [1, 2], "total": [1, 2, 3]})
ROWS = [[1, 7, 4], [2, None, 3], [7, 1, 7], [None, None, None], [5, 5, 6], [3, 2, None], [6, 4, 1]]
PRORATE = al.Prorate(min_answered=1)

INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
FLOATS = ["float32", "float64"]


def expected(rows=ROWS, form=THREE):
    return slow_scores(form, rows, required=lambda _: 1)


def score(frame, form=THREE, **options):
    return al.score(frame, form, columns="q{item}", missing=PRORATE, **options)


def assert_scores(scores, rows=ROWS, form=THREE):
    for name, found in expected(rows, form).items():
        assert_close(scores[name], [mean for mean, _ in found])
        assert scores.answered(name).tolist() == [answered for _, answered in found]


class TestEveryKind:
    def test_same_numbers_and_same_kind(self, make_frame):
        scores = score(make_frame(as_columns(ROWS)))
        assert_scores(scores)
        frame = scores.to_frame()
        assert kind_of(frame) == make_frame.out
        assert names_of(frame) == ["first", "total"]
        for name in scores:
            assert_close(cells(frame, name), scores[name])

    def test_long_shape(self, make_frame):
        columns = as_columns(ROWS) | {"who": [f"p{row}" for row in range(len(ROWS))]}
        frame = score(make_frame(columns), client="who").to_frame("long")
        assert kind_of(frame) == make_frame.out
        assert cells(frame, "who") == 2 * columns["who"]
        assert cells(frame, "scale") == ["first"] * len(ROWS) + ["total"] * len(ROWS)
        means = [mean for name in ("first", "total") for mean, _ in expected()[name]]
        assert_close(cells(frame, "score"), means)

    def test_missing_scores_are_null_or_nan(self, make_frame):
        frame = score(make_frame(as_columns(ROWS))).to_frame()
        if make_frame.out == "polars":
            assert frame["first"].null_count() == 1
            assert not frame["first"].is_nan().any()
        elif make_frame.out == "pyarrow":
            assert frame.column("first").null_count == 1
        else:
            assert frame["first"].dtype == np.float64
            assert frame["first"].isna().sum() == 1

    def test_ids_pass_through_unchanged(self, make_frame):
        ids = {
            "text": [f"p{row}" for row in range(len(ROWS))],
            "number": list(range(100, 100 + len(ROWS))),
            "day": [datetime.datetime(2024, 1, row + 1) for row in range(len(ROWS))],
        }
        frame = make_frame(ids | as_columns(ROWS))
        scores = score(frame, client="text", session="number", therapist="day")
        found = scores.to_frame()
        assert names_of(found)[:3] == ["text", "day", "number"]  # client, therapist, session
        for name in ids:
            assert cells(found, name) == ids[name]
        if make_frame.out == "polars":
            assert [found[name].dtype for name in ids] == [frame[name].dtype for name in ids]
        if make_frame.out == "pandas":
            assert [found[name].dtype for name in ids] == [frame[name].dtype for name in ids]

    def test_columns_that_are_not_asked_for_play_no_part(self, make_simple):
        columns = as_columns(ROWS) | {"note": ["free text"] * len(ROWS), "odd": [99] * len(ROWS)}
        scores = score(make_simple(columns))
        assert_scores(scores)
        assert names_of(scores.to_frame()) == ["first", "total"]

    def test_labels(self, make_frame):
        words = {1: "never", 4: "often", 7: "always"}
        rows = [[1, 7, 4], [4, None, 7], [None, None, None]]
        text = [[words.get(answer) for answer in row] for row in rows]
        labels = {word: number for number, word in words.items()}
        assert_scores(score(make_frame(as_columns(text)), labels=labels), rows)

    def test_all_null_column(self, make_frame):
        rows = [[1, None, 4], [2, None, 3]]
        assert_scores(score(make_frame(as_columns(rows))), rows)

    def test_no_rows(self, make_frame):
        full = make_frame({"who": ["p"]} | as_columns([[1, 2, 3]]))
        empty = full[:0] if make_frame.name != "arro3" else full.slice(0, 0)
        scores = score(empty, client="who")
        assert len(scores) == 0
        frame = scores.to_frame()
        assert kind_of(frame) == make_frame.out
        assert names_of(frame) == ["who", "first", "total"]
        assert cells(frame, "total") == []
        assert kind_of(scores.to_frame("long")) == make_frame.out
        assert "0 forms" in repr(scores)
        assert scores.methods()
        assert scores.provenance()["input"]["forms"] == 0

    def test_one_row(self, make_frame):
        rows = [[1, 7, 4]]
        assert_scores(score(make_frame(as_columns(rows))), rows)

    @pytest.mark.parametrize("rows", [0, 1, 2, 7, 8, 9, 1023, 1024, 1025, 2500])
    def test_lengths_around_bytes_and_blocks(self, rows, make_simple):
        answers = [[1 + row % 7, None if row % 5 == 0 else 1 + row % 3, 1 + row % 4] for row in range(rows)]
        columns = as_columns(answers) if answers else {f"q{item}": [] for item in (1, 2, 3)}
        frame = make_simple(columns)
        if not rows:
            frame = frame.astype(float) if make_simple.out == "pandas" else frame
        scores = score(frame)
        assert_scores(scores, answers)
        assert_close(cells(scores.to_frame(), "first"), scores["first"])


class TestNumberTypes:
    @pytest.mark.parametrize("kind", INTEGERS + FLOATS)
    def test_polars(self, kind):
        kind = {"int": "Int", "uint": "UInt", "float": "Float"}[kind.rstrip("0123456789")] + kind.lstrip("uintfloa")
        assert_scores(score(pl.DataFrame(as_columns(ROWS)).cast(getattr(pl, kind))))

    @pytest.mark.parametrize("kind", INTEGERS + FLOATS)
    def test_pyarrow(self, kind):
        columns = {name: pa.array(values, type=getattr(pa, kind)()) for name, values in as_columns(ROWS).items()}
        assert_scores(score(pa.table(columns)))

    @pytest.mark.parametrize("kind", INTEGERS + FLOATS)
    def test_pandas(self, kind):
        rows = [row for row in ROWS if None not in row]
        assert_scores(score(pd.DataFrame(as_columns(rows), dtype=kind)), rows)

    @pytest.mark.parametrize("kind", [name.replace("i", "I", 1).replace("uI", "UI") for name in INTEGERS])
    def test_pandas_masked_integers(self, kind):
        assert_scores(score(pd.DataFrame(as_columns(ROWS)).astype(kind)))

    @pytest.mark.parametrize("kind", ["Float32", "Float64"])
    def test_pandas_masked_floats(self, kind):
        frame = pd.DataFrame({name: pd.array(values, dtype=kind) for name, values in as_columns(ROWS).items()})
        assert_scores(score(frame))

    @pytest.mark.parametrize("kind", INTEGERS + FLOATS)
    def test_pandas_arrow(self, kind):
        kind = pd.ArrowDtype(getattr(pa, kind)())
        frame = pd.DataFrame({name: pd.array(values, dtype=kind) for name, values in as_columns(ROWS).items()})
        assert_scores(score(frame))

    @pytest.mark.parametrize("kind", INTEGERS + FLOATS)
    def test_negative_and_broad_ranges(self, kind):
        low = 0 if kind.startswith("u") else -3
        form = own(2, low=low, high=90, reverse=[1])
        rows = [[low, 90], [0, 1], [7, low]]
        frame = pd.DataFrame(as_columns(rows), dtype=kind)
        assert_scores(score(frame, form), rows, form)

    @pytest.mark.parametrize("order", ["<", ">"])
    @pytest.mark.parametrize("kind", ["i2", "i4", "i8", "u2", "f4", "f8"])
    def test_either_byte_order(self, order, kind):
        rows = [row for row in ROWS if None not in row]
        frame = pd.DataFrame({name: np.array(values, dtype=order + kind) for name, values in as_columns(rows).items()})
        assert_scores(score(frame), rows)
        shifted = pd.DataFrame({name: np.array([256], dtype=order + "i2") for name in ("q1", "q2", "q3")})
        with pytest.raises(al.errors.AnswerError):
            score(shifted)

    def test_columns_of_different_types(self):
        frame = pl.DataFrame(as_columns(ROWS)).with_columns(
            pl.col("q1").cast(pl.Int8), pl.col("q2").cast(pl.Float32), pl.col("q3").cast(pl.UInt64)
        )
        assert_scores(score(frame))

    def test_pandas_object_numbers(self):
        frame = pd.DataFrame(as_columns(ROWS)).astype(object)
        frame.loc[0, "q1"] = np.int16(1)
        frame.loc[1, "q1"] = np.float32(2)
        frame.loc[5, "q3"] = pd.NA
        assert_scores(score(frame))

    @pytest.mark.parametrize("kind", ["float16", "bool", "complex128", "datetime64[ns]", "timedelta64[ns]"])
    def test_types_that_hold_no_answers(self, kind):
        frame = pd.DataFrame({"q1": np.zeros(2, dtype=kind), "q2": [1, 2], "q3": [1, 2]})
        with pytest.raises(al.errors.ColumnError) as caught:
            score(frame)
        assert caught.value.code == "unsupported-column"
        assert "`q1`" in str(caught.value)

    @pytest.mark.parametrize("kind", [pl.Boolean, pl.Date, pl.Decimal(10, 2), pl.Binary, pl.List(pl.Int64), pl.Float16])
    def test_polars_types_that_hold_no_answers(self, kind):
        frame = pl.DataFrame({"q1": pl.Series([None, None], dtype=kind), "q2": [1, 2], "q3": [1, 2]})
        with pytest.raises(al.errors.ColumnError) as caught:
            score(frame)
        assert caught.value.code == "unsupported-column"
        assert "`q1`" in str(caught.value)


class TestMemoryLayouts:
    def test_polars_chunks(self):
        one = pl.DataFrame(as_columns(ROWS))
        parts = [pl.concat([one["q1"][:2], one["q1"][2:]], rechunk=False)]
        parts.append(pl.concat([one["q2"][:5], one["q2"][5:6], one["q2"][6:]], rechunk=False))
        parts.append(one["q3"])
        frame = pl.DataFrame(parts)
        assert [series.n_chunks() for series in frame] == [2, 3, 1]
        assert_scores(score(frame))

    def test_pyarrow_chunks(self):
        def chunked(values, *cuts):
            ends = [0, *cuts, len(values)]
            return pa.chunked_array([values[a:b] for a, b in itertools.pairwise(ends)], type=pa.int8())

        columns = as_columns(ROWS)
        frame = pa.table(
            {"q1": chunked(columns["q1"], 1, 1, 4), "q2": chunked(columns["q2"], 3), "q3": chunked(columns["q3"], 2, 5)}
        )
        assert [column.num_chunks for column in frame.columns] == [4, 2, 3]
        assert_scores(score(frame))

    def test_chunks_across_blocks(self):
        rows = [[1 + row % 7, 1 + row % 5, None if row % 11 == 0 else 1 + row % 3] for row in range(5000)]
        columns = as_columns(rows)
        cuts = {"q1": [1000, 1024, 3000], "q2": [7], "q3": [4096, 4999]}
        frame = pa.table(
            {
                name: pa.chunked_array(
                    [values[a:b] for a, b in zip([0, *cuts[name]], [*cuts[name], 5000], strict=True)]
                )
                for name, values in columns.items()
            }
        )
        assert_scores(score(frame), rows)
        assert_scores(score(pl.from_arrow(frame, rechunk=False)), rows)

    @pytest.mark.parametrize(("first", "length"), [(1, 5), (3, 3), (6, 1), (2, 0)])
    def test_slices(self, first, length, make_frame):
        if make_frame.name == "arro3":
            frame = Table.from_arrow(pa.table(as_columns(ROWS))).slice(first, length)
        elif make_frame.out == "pandas":
            frame = make_frame(as_columns(ROWS)).iloc[first : first + length]
        else:
            frame = make_frame(as_columns(ROWS)).slice(first, length)
        assert_scores(score(frame), ROWS[first : first + length])

    def test_slices_that_do_not_start_at_a_byte(self):
        rows = [[1 + row % 7, None if row % 3 else 1 + row % 5, 1 + row % 2] for row in range(3000)]
        for first in (1, 7, 8, 1025):
            assert_scores(score(pl.DataFrame(as_columns(rows))[first:]), rows[first:])
            assert_scores(score(pa.table(as_columns(rows)).slice(first)), rows[first:])

    @pytest.mark.parametrize("step", [2, 3, -1, -2])
    def test_strided_views_of_pandas(self, step, make_frame):
        if make_frame.out == "pandas":
            assert_scores(score(make_frame(as_columns(ROWS))[::step]), ROWS[::step])

    @pytest.mark.parametrize("order", ["C", "F"])
    @pytest.mark.parametrize("kind", ["int8", "int64", "float32", "float64"])
    def test_columns_of_one_array(self, order, kind):
        rows = [row for row in ROWS if None not in row]
        array = np.array(rows, dtype=kind, order=order)
        frame = pd.DataFrame(array, columns=["q1", "q2", "q3"], copy=False)
        assert_scores(score(frame), rows)
        assert_scores(score(frame[::-1]), rows[::-1])
        assert_scores(score(frame[["q3", "q2", "q1"]]), rows)

    def test_read_only_arrays(self):
        array = np.array([row for row in ROWS if None not in row], dtype=float)
        array.flags.writeable = False
        frame = pd.DataFrame(array, columns=["q1", "q2", "q3"], copy=False)
        assert not frame["q1"].to_numpy().flags.writeable
        assert_scores(score(frame), array.tolist())

    def test_strided_masks(self):
        frame = pd.DataFrame(as_columns(ROWS)).astype("Int16")
        assert_scores(score(frame[::2]), ROWS[::2])
        assert_scores(score(frame[::-1]), ROWS[::-1])


class TestText:
    LABELS = {"low": 1, "mid": 4, "high": 7}  # noqa: RUF012
    TEXT = [["low", "high", "mid"], ["mid", None, "high"], ["high", "low", "low"]]  # noqa: RUF012
    ROWS = [[1, 7, 4], [4, None, 7], [7, 1, 1]]  # noqa: RUF012

    def check(self, frame):
        assert_scores(score(frame, labels=self.LABELS), self.ROWS)

    @pytest.mark.parametrize("kind", [pl.String, pl.Categorical, pl.Enum(["high", "low", "mid"]), pl.Object])
    def test_polars(self, kind):
        columns = as_columns(self.TEXT)
        self.check(pl.DataFrame({name: pl.Series(values, dtype=kind) for name, values in columns.items()}))

    @pytest.mark.parametrize("index", ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"])
    def test_pyarrow_dictionaries(self, index):
        kind = pa.dictionary(getattr(pa, index)(), pa.string())
        columns = as_columns(self.TEXT)
        self.check(pa.table({name: pa.array(values).cast(kind) for name, values in columns.items()}))

    @pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
    def test_pyarrow(self, kind):
        columns = as_columns(self.TEXT)
        self.check(pa.table({name: pa.array(values, type=kind) for name, values in columns.items()}))

    @pytest.mark.parametrize("kind", ["str", "string", "object", "category", "string[python]", "string[pyarrow]"])
    def test_pandas(self, kind):
        self.check(pd.DataFrame(as_columns(self.TEXT)).astype(kind))

    def test_chunked_dictionaries_with_different_values(self):
        first, second = pa.array(["low", "mid"]).dictionary_encode(), pa.array(["high"]).dictionary_encode()
        columns = {"q1": pa.chunked_array([first, second])} | {
            name: pa.array(values) for name, values in list(as_columns(self.TEXT).items())[1:]
        }
        self.check(pa.table(columns))

    def test_sliced_dictionaries(self):
        columns = as_columns(self.TEXT)
        frame = pa.table({name: pa.array(values).dictionary_encode() for name, values in columns.items()})
        assert_scores(score(frame.slice(1), labels=self.LABELS), self.ROWS[1:])

    def test_a_category_that_is_no_text(self):
        frame = pa.table({"q1": pa.array([1, 2]).dictionary_encode(), "q2": [1, 2], "q3": [1, 2]})
        with pytest.raises(al.errors.ColumnError) as caught:
            score(frame)
        assert caught.value.code == "unsupported-column"

    def test_pandas_number_categories(self):
        rows = [row for row in ROWS if None not in row]
        assert_scores(score(pd.DataFrame(as_columns(rows)).astype("category")), rows)

    def test_text_and_numbers_mixed(self):
        frame = pd.DataFrame(as_columns([["low", 7, 4.0], [4, None, "high"], [7.0, "low", 1]])).astype(object)
        self.check(frame)

    def test_numerals_are_text(self, make_simple):
        frame = make_simple(as_columns([["1", "7", "4"]]))
        with pytest.raises(al.errors.AnswerError) as caught:
            score(frame)
        assert (caught.value.code, caught.value.column, caught.value.rows) == ("text-answer", "q1", (0,))

    def test_labels_are_exact(self, make_simple):
        for text in ("Low", "low ", " low", ""):
            with pytest.raises(al.errors.AnswerError) as caught:
                score(make_simple(as_columns([[text, "high", "mid"]])), labels=self.LABELS)
            assert caught.value.code == "text-answer"


class TestPandasIndex:
    @pytest.mark.parametrize(
        "index",
        [
            pd.Index([5, 3, 3, 0], name="row"),
            pd.Index(["a", "b", "a", "d"]),
            pd.date_range("2024-01-01", periods=4),
            pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1), ("b", 2)], names=["x", "y"]),
        ],
    )
    @pytest.mark.parametrize("client", [None, "who"])
    def test_index_comes_back(self, index, client):
        frame = pd.DataFrame(as_columns(ROWS[:4]) | {"who": list("wxyz")}, index=index)
        found = score(frame, client=client).to_frame()
        pd.testing.assert_index_equal(found.index, index)
        assert_close(cells(found, "total"), [mean for mean, _ in expected()["total"]][:4])

    def test_index_of_kept_rows(self):
        frame = pd.DataFrame(as_columns(ROWS[:3]) | {"who": ["a", "a", "b"], "when": [1, 1, 1]}, index=[9, 8, 7])
        for policy, kept in (("first", [9, 7]), ("last", [8, 7]), ("keep", [9, 8, 7])):
            scores = score(frame, client="who", session="when", duplicates=policy)
            assert scores.to_frame().index.tolist() == kept

    def test_error_rows_are_positions(self):
        frame = pd.DataFrame(as_columns([[1, 1, 1], [1, 1, 1], [8, 1, 1]]), index=[70, 80, 90])
        with pytest.raises(al.errors.AnswerError) as caught:
            score(frame)
        assert caught.value.rows == (2,)

    def test_column_names_of_other_types(self):
        frame = pd.DataFrame(ROWS, columns=[10, 20, 30])
        scores = al.score(frame, THREE, columns=[10, 20, 30], missing=PRORATE)
        assert_scores(scores)


class TestWhatIsNoFrame:
    @pytest.mark.parametrize(
        "data",
        [
            pl.DataFrame(sr_columns()).lazy(),
            sr_columns(),
            [sr_columns()],
            None,
            np.ones((2, 12)),
            "frame",
            3,
            pd.Series([1, 2]),
            pl.Series([1, 2]).to_list(),
            iter(()),
        ],
        ids=lambda data: type(data).__name__,
    )
    def test_refused(self, data):
        for call in (al.score, al.check):
            with pytest.raises(al.errors.ColumnError) as caught:
                call(data, SR, columns="q{item}")
            assert caught.value.code == "unsupported-frame"

    def test_lazy_frames_are_not_collected(self):
        with pytest.raises(al.AllianceError, match=r"collect it first with `\.collect\(\)`"):
            al.score(pl.LazyFrame(sr_columns()), SR, columns="q{item}")

    def test_repeated_column_names(self):
        arrow = pa.Table.from_arrays([pa.array([1])] * 3, names=["q1", "q1", "q2"])
        pandas = pd.DataFrame([[1, 1, 1]], columns=["q1", "q1", "q2"])
        for frame in (arrow, pandas, Table.from_arrow(arrow)):
            with pytest.raises(al.errors.ColumnError) as caught:
                al.score(frame, SR, columns="q{item}")
            assert (caught.value.code, caught.value.column) == ("repeated-column", "q1")
            assert al.check(frame, SR, columns="q{item}").codes == ("repeated-column",)


class TestOtherProducers:
    def test_record_batch(self):
        batch = pa.table(as_columns(ROWS)).to_batches()[0]
        scores = score(batch)
        assert_scores(scores)
        assert kind_of(scores.to_frame()) == "pyarrow"

    def test_subclasses(self):
        class Mine(pd.DataFrame):
            pass

        scores = score(Mine(as_columns(ROWS)))
        assert_scores(scores)
        assert isinstance(scores.to_frame(), pd.DataFrame)

    def test_narwhals(self, make_simple):
        import narwhals as nw

        scores = score(nw.from_native(make_simple(as_columns(ROWS))))
        assert_scores(scores)
        assert kind_of(scores.to_frame()) == make_simple.out

    def test_a_stream_that_breaks(self):
        class Broken:
            def __arrow_c_stream__(self, requested_schema=None):
                raise RuntimeError("cell 1234567")

        with pytest.raises(al.errors.ColumnError) as caught:
            score(Broken())
        assert caught.value.code == "unsupported-frame"
        assert "1234567" not in str(caught.value)


class TestScoresAreFramesToo:
    def test_arrow_stream(self, make_frame):
        scores = score(make_frame(as_columns(ROWS)))
        means = [mean for mean, _ in expected()["total"]]
        assert_close(cells(pl.DataFrame(scores), "total"), means)
        assert_close(cells(pa.table(scores), "total"), means)

    def test_item_access(self, make_simple):
        scores = score(make_simple(as_columns(ROWS)))
        assert list(scores) == ["first", "total"]
        assert len(scores) == len(ROWS)
        assert scores["total"].dtype == np.float64
        assert plain(scores["first"])[3] is None
        assert not scores["total"].flags.writeable
