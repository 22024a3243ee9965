"""The way through the boundary: no copies, no hidden imports, no surprises from threads or forks."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from support import SR, sr_columns

import alliance as al
from alliance import _native

PACKAGE = Path(al.__file__).parent


def run(script):
    """Run a script in a fresh interpreter, where a warning is an error too."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def address(array):
    return array.__array_interface__["data"][0]


def exported(series):
    """Where the values of an Arrow stream's only chunk lie."""
    (chunk,) = pa.chunked_array(series).chunks
    return chunk.offset, chunk.buffers()[1].address


def score(frame, **options):
    return al.score(frame, SR, columns="q{item}", **options)


class TestNoCopyOut:
    def test_pandas(self):
        scores = score(pd.DataFrame(sr_columns(50)))
        frame = scores.to_frame()
        for name in scores:
            assert address(frame[name].to_numpy()) == address(scores[name])

    def test_pandas_beside_ids(self):
        scores = score(pd.DataFrame(sr_columns(50) | {"who": range(50)}), client="who")
        frame = scores.to_frame()
        for name in scores:
            assert address(frame[name].to_numpy()) == address(scores[name])

    @pytest.mark.parametrize("gap", [False, True])
    @pytest.mark.parametrize("client", [None, "who"])
    def test_polars(self, gap, client):
        columns = sr_columns(50) | {"who": list(range(50))}
        if gap:
            columns["q3"][7] = None
        scores = score(pl.DataFrame(columns), client=client)
        frame = scores.to_frame()
        for name in scores:
            assert exported(frame[name]) == (0, address(scores[name]))
        assert frame["bond"].null_count() == int(gap)

    @pytest.mark.parametrize("gap", [False, True])
    @pytest.mark.parametrize("client", [None, "who"])
    def test_pyarrow(self, gap, client):
        columns = sr_columns(50) | {"who": list(range(50))}
        if gap:
            columns["q3"][7] = None
        scores = score(pa.table(columns), client=client)
        frame = scores.to_frame()
        for name in scores:
            assert exported(frame.column(name)) == (0, address(scores[name]))
        assert frame.column("bond").null_count == int(gap)

    def test_scores_outlive_what_they_came_from(self):
        frame = score(pl.DataFrame(sr_columns(5000))).to_frame()
        again = score(pl.DataFrame(sr_columns(5000))).to_frame()
        for _ in range(20):
            np.full(4 * 5000, 7.0)
        assert frame.equals(again)


class TestNoCopyIn:
    """Numpy-backed answers are read where they lie whenever they are read: changed there, they hash otherwise."""

    @pytest.mark.parametrize("kind", ["int8", "int64", "float32", "float64"])
    def test_pandas_reads_the_array_itself(self, kind):
        array = np.asfortranarray(np.array([sr_columns(6)[f"q{item}"] for item in range(1, 13)], dtype=kind).T)
        frame = pd.DataFrame(array, columns=[f"q{item}" for item in range(1, 13)], copy=False)
        scores = score(frame)
        before = scores.provenance()["input"]["sha256"]
        array[0, 0] = 6 - array[0, 0]
        assert np.shares_memory(frame["q1"].to_numpy(), array)
        assert scores.provenance()["input"]["sha256"] != before

    def test_masked_pandas(self):
        frame = pd.DataFrame(sr_columns(6)).astype("Int64")
        scores = score(frame)
        before = scores.provenance()["input"]["sha256"]
        frame["q1"].array._data[0] = 3
        assert scores.provenance()["input"]["sha256"] != before

    def test_arrow_streams_give_the_buffers_themselves(self):
        array = np.array([1, 2, 5, 4], dtype=np.int8)
        assert exported(pa.array(array)) == (0, address(array))
        series = pl.Series(array)
        assert exported(series) == (0, address(series.to_numpy(allow_copy=False)))

    @pytest.mark.parametrize(
        "make",
        [
            "import polars as pl; frame = pl.DataFrame([pl.Series(f'q{i}', a) for i in range(1, 13)])",
            "import pyarrow as pa; frame = pa.table({f'q{i}': pa.array(a) for i in range(1, 13)})",
            "import pandas as pd; frame = pd.DataFrame({f'q{i}': a for i in range(1, 13)})",
            "import pandas as pd; frame = pd.DataFrame({f'q{i}': a for i in range(1, 13)})[::-1]",
            "import pandas as pd; frame = pd.DataFrame({f'q{i}': a for i in range(1, 13)}).astype('Int64')",
        ],
        ids=["polars", "pyarrow", "pandas", "pandas-strided", "pandas-masked"],
    )
    def test_peak_memory(self, make):
        """Scoring adds its output and little else; a copy of these twelve columns would be 92 MiB."""
        script = f"""
import resource
import numpy as np
import alliance as al

rows = 1_000_000
a = np.resize(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), rows)
{make}
form = al.instrument("wai-sr-client")
al.score(frame[:100] if "pyarrow" not in {make!r} else frame.slice(0, 100), form, columns="q{{item}}").to_frame()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
scores = al.score(frame, form, columns="q{{item}}", scales=["total"])
scores.to_frame()
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""
        output = 1_000_000 * (8 + 1 + 1 / 8) / 2**20
        assert float(run(script)) < output + 40


class TestImport:
    def test_import_is_light(self):
        script = "import sys; import alliance; print(*sorted(sys.modules))"
        loaded = set(run(script).split())
        heavy = {"pandas", "polars", "pyarrow", "matplotlib", "narwhals", "numpy"}
        assert not loaded & heavy

    def test_the_catalog_needs_no_frame_library(self):
        script = """
import sys
import alliance as al
form = al.instrument("vpps-observer").with_key(scales={"total": [1, 2]}, source="p. 1")
form.guide(), repr(form), al.catalog(), al.catalog()._repr_html_(), al.cite(form), al.Prorate(min_share=0.5)
print(*sorted(sys.modules))
"""
        heavy = {"pandas", "polars", "pyarrow", "matplotlib", "narwhals", "numpy"}
        assert not set(run(script).split()) & heavy

    @pytest.mark.parametrize("library", ["polars", "pandas", "pyarrow"])
    def test_scoring_loads_no_other_library(self, library):
        make = {"polars": "DataFrame", "pandas": "DataFrame", "pyarrow": "table"}[library]
        script = f"""
import sys
import {library}
known = set(sys.modules)
import alliance as al
frame = {library}.{make}({{f"q{{i}}": [4, 5] for i in range(1, 13)}})
al.score(frame, al.instrument("wai-sr-client"), columns="q{{item}}").to_frame("long")
print(*sorted(set(sys.modules) - known))
"""
        loaded = set(run(script).split())
        heavy = {"polars", "pandas", "pyarrow", "matplotlib", "narwhals"} - {library}
        # pyarrow itself loads pandas to make arrays, pandas itself loads pyarrow for its text.
        heavy -= {"pyarrow": {"pandas"}, "pandas": {"pyarrow"}, "polars": set()}[library]
        assert not loaded & heavy


class TestNativeModule:
    def test_every_name_is_used(self):
        text = "\n".join(file.read_text(encoding="utf-8") for file in sorted(PACKAGE.rglob("*.py")))
        used = set(re.findall(r"_native\.(\w+)", text))
        there = {name for name in dir(_native) if not name.startswith("_")}
        assert there <= used, sorted(there - used)

    def test_stub_names_everything(self):
        stub = (PACKAGE / "_native.pyi").read_text(encoding="utf-8")
        stated = set(re.findall(r"^(?:class|def) (\w+)", stub, re.MULTILINE))
        assert stated == {name for name in dir(_native) if not name.startswith("_")}

    def test_classes_are_frozen(self):
        lent = _native.Lent(np.ones(3), None)
        scorer = _native.Scorer(
            SR._native,
            {
                "scales": None,
                "min_share": None,
                "min_answered": None,
                "entry": "printed",
                "already_reversed": None,
                "all_reversed": False,
                "missing_codes": [],
                "accept_unverified": False,
            },
        )
        for native in (SR._native, lent, scorer):
            with pytest.raises((AttributeError, TypeError)):
                native.anything = 1
            with pytest.raises(TypeError):
                type("Sub", (type(native),), {})


def many_rows(rows):
    generator = np.random.default_rng(7)
    answers = generator.integers(1, 6, size=(12, rows), dtype=np.int8)
    holes = generator.random((12, rows)) < 0.05
    return pl.DataFrame(
        [pl.Series(f"q{item}", answers[item - 1]).set(pl.Series(holes[item - 1]), None) for item in range(1, 13)]
    )


@pytest.fixture(scope="module")
def big():
    return many_rows(300_000)


class TestThreads:
    def test_any_number_gives_the_same_bytes(self, big):
        rule = al.Prorate(min_answered=1)
        one = score(big, missing=rule, threads=1)
        for threads in (2, 5, None, 64):
            other = score(big, missing=rule, threads=threads)
            assert other._means.tobytes() == one._means.tobytes()
            assert other._answered.tobytes() == one._answered.tobytes()
            assert other._defined.tobytes() == one._defined.tobytes()
            assert other.scales == one.scales
            assert other == one

    def test_a_line_of_answers(self, big):
        """Real-valued answers are added in a fixed order too."""
        frame = big.cast(pl.Float64) * 1.1
        form = al.instrument("srs-client")
        results = [
            al.score(frame, form, columns="q{item}", missing=al.Prorate(min_answered=1), threads=threads)
            for threads in (1, 2, 5)
        ]
        assert len({scores._means.tobytes() for scores in results}) == 1
        assert len({scores.scales[0].spread.variance for scores in results}) == 1

    def test_errors_name_the_same_rows(self, big):
        broken = big.with_columns(q3=pl.when(pl.int_range(pl.len()) % 70_000 == 69_999).then(77).otherwise("q3"))
        found = set()
        for threads in (1, 2, 5):
            with pytest.raises(al.errors.AnswerError) as caught:
                score(broken, threads=threads)
            found.add(
                (caught.value.code, caught.value.column, caught.value.rows, caught.value.count, str(caught.value))
            )
        assert len(found) == 1
        assert caught.value.rows == (69_999, 139_999, 209_999, 279_999)

    @pytest.mark.parametrize("threads", [0, -1, 1.5, "2"])
    def test_numbers_that_make_no_sense(self, threads):
        with pytest.raises(al.errors.InvalidOption) as caught:
            score(pl.DataFrame(sr_columns()), threads=threads)
        assert caught.value.code == "invalid-option"

    def test_several_python_threads_at_once(self):
        frames = [many_rows(20_000 + step) for step in range(4)]
        expected = [score(frame, threads=1) for frame in frames]
        found = [None] * 12
        errors = []

        def work(position):
            try:
                found[position] = score(frames[position % 4], threads=2)
                al.check(frames[position % 4], SR, columns="q{item}")
            except BaseException as error:
                errors.append(error)

        workers = [threading.Thread(target=work, args=(position,)) for position in range(12)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert not errors
        assert all(scores == expected[position % 4] for position, scores in enumerate(found))

    def test_fork(self):
        script = """
import os
import numpy as np
import pyarrow as pa
import alliance as al

frame = pa.table({f"q{i}": pa.array(np.resize(np.arange(1, 6, dtype="i1"), 200_000)) for i in range(1, 13)})
form = al.instrument("wai-sr-client")
before = al.score(frame, form, columns="q{item}", threads=2)
child = os.fork()
if child == 0:
    again = al.score(frame, form, columns="q{item}", threads=2)
    os._exit(0 if again == before else 3)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
        assert run(script).strip() == "0"
