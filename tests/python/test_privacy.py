"""No answer, id or date of a patient ever comes out in a message, a report, a warning or a log."""

from __future__ import annotations

import datetime
import decimal
import json
import logging
import traceback
import uuid
import warnings

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from arro3.core import Table
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support import SR, SRT

import alliance as al

ROWS = 5
POINT = al.rules.BelowReference(reference="previous", unit="points", threshold=1.0)
DAY = datetime.datetime(2961, 3, 7, 11, 12, 13)

# What must never be seen again, in the ways it could be written.
NUMBERS = ("982451653", "9.82451653", "9.8245e", "9.825e", "982,451")
DATES = ("2961-", "2961/", "2961, 3", "31277")


class Odd:
    """A cell that tells its secret to everybody who asks."""

    def __init__(self, secret):
        self.secret = secret

    def _tell(self, *_):
        raise ValueError(self.secret)

    __float__ = __int__ = __index__ = __str__ = __repr__ = __bool__ = __len__ = __iter__ = __array__ = _tell
    __lt__ = __gt__ = __add__ = __format__ = _tell

    def __hash__(self):
        return 7


class OddEqual(Odd):
    def __eq__(self, other):
        raise ValueError(self.secret)

    def __hash__(self):
        return 7


class OddHash(Odd):
    def __eq__(self, other):
        return self is other

    def __hash__(self):
        raise ValueError(self.secret)


class OddFloat(Odd):
    """Equal to itself, but no number."""

    def __eq__(self, other):
        return self is other

    __hash__ = object.__hash__


class Worse(Odd):
    def __float__(self):
        raise RuntimeError(self.secret)

    def __eq__(self, other):
        return self is other

    __hash__ = object.__hash__


def make_cells(secret):
    """Cells of every sort that carry a secret."""
    number = 982451653.25
    return {
        "text": secret,
        "long text": secret * 50,
        "number": number,
        "negative": -number,
        "integer": 982451653,
        "huge": 982451653 * 10**20,
        "bytes": secret.encode(),
        "list": [secret, secret],
        "numbers": [number, 2.0],
        "dict": {"a": secret},
        "datetime": DAY,
        "date": DAY.date(),
        "time": DAY.time(),
        "delta": datetime.timedelta(seconds=982451653),
        "decimal": decimal.Decimal("982451653.25"),
        "complex": complex(number, 1),
        "tuple": (secret, 1),
        "frozenset": frozenset([secret]),
        "uuid": uuid.UUID(int=982451653),
        "timestamp": pd.Timestamp(DAY),
        "exception": ValueError(secret),
        "odd": Odd(secret),
        "odd equal": OddEqual(secret),
        "odd float": OddFloat(secret),
        "odd hash": OddHash(secret),
        "worse": Worse(secret),
    }


CELLS = st.sampled_from(sorted(make_cells("x")))
KINDS = ("polars", "polars-object", "pandas", "pandas-object", "pandas-masked", "pandas-pyarrow", "pyarrow", "arro3")


def series(kind, values):
    """One column as the library would hold it, as objects where it can hold them no other way, else None."""
    if kind.startswith("polars"):
        try:
            objects = kind == "polars-object" or any(isinstance(value, Odd) for value in values)
            return pl.Series(values, dtype=pl.Object if objects else None)
        except Exception:
            return pl.Series(values, dtype=pl.Object)
    if kind.startswith("pandas"):
        objects = pd.Series(values, dtype=object)
        if kind == "pandas-object":
            return objects
        try:
            whole = pd.Series(values)
            if kind == "pandas-masked":
                return whole.convert_dtypes()
            return whole.convert_dtypes(dtype_backend="pyarrow") if kind == "pandas-pyarrow" else whole
        except Exception:
            return objects
    try:
        return pa.array(values)
    except Exception:
        return None


def frame_of(kind, columns):
    held = {name: series(kind, values) for name, values in columns.items()}
    if any(column is None for column in held.values()):
        return None
    if kind.startswith("polars"):
        return pl.DataFrame(held)
    if kind.startswith("pandas"):
        return pd.DataFrame(held)
    frame = pa.table(held)
    return Table.from_arrow(frame) if kind == "arro3" else frame


class Heard(logging.Handler):
    def __init__(self):
        super().__init__(level=0)
        self.lines = []

    def emit(self, record):
        self.lines.append(f"{record.getMessage()} {record.exc_info} {record.__dict__}")


def told(error):
    """Everything an exception can tell."""
    lines = [str(error), repr(error.args), *traceback.format_exception(error)]
    if isinstance(error, al.AllianceError):
        lines.append(repr((error.code, error.column, error.rows, error.count, vars(error))))
        assert error.__cause__ is None
        assert error.__context__ is None
    return lines


def about(result):
    """Everything a result shows without being asked for its rows."""
    lines = [repr(result), str(result), format(result)]
    shown = ("_repr_html_", "methods", "cite")
    lines += [getattr(result, method)() for method in shown if hasattr(result, method)]
    if isinstance(result, al.Scores):
        lines += [json.dumps(result.provenance()), repr(result.scales), repr(result.notes), repr(result.left_out)]
    if isinstance(result, al.Findings):
        lines += [repr(list(result)), str(result.to_frame("pandas").to_dict("list"))]
    return lines


def listen(calls):
    """Run all calls and collect whatever they say."""
    heard = Heard()
    root = logging.getLogger()
    level = root.level
    root.addHandler(heard)
    root.setLevel(0)
    lines = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for call in calls:
                try:
                    lines += about(call())
                except al.AllianceError as error:
                    lines += told(error)
        lines += [f"{warning.message!r} {warning.message}" for warning in caught]
    finally:
        root.removeHandler(heard)
        root.setLevel(level)
    return "\n".join(lines + heard.lines)


def clean_report(client, session):
    """Find ruptures in scores that hold no secret, with ids of these names."""
    frame = pl.DataFrame({client: list("aabbc"), session: [1, 2, 1, 2, 1], "total": [4.0, 2.0, 3.0, 3.5, 4.0]})
    ids = {"client": client, "session": session}
    scores = al.Scores.from_totals(frame, SR, totals={"total": "total"}, metric="mean", **ids)
    return al.find_ruptures(scores, rule=POINT)


def calls_on(frame, options, ids, policy):
    names = {"client": ids[0], "session": ids[1]}

    def study():
        both = al.Study(client=ids[0], session=ids[1]).with_forms(
            frame, SR, columns="q{item}", duplicates=policy, **options
        )
        return both.with_forms(frame, SRT, columns=[f"q{item}" for item in range(1, 11)], **options)

    scoring = {"columns": "q{item}", "duplicates": policy, "missing": al.Prorate(min_answered=1)} | options
    return [
        lambda: al.score(frame, SR, **names, **scoring),
        lambda: al.score(frame, SR, client=ids[0], **scoring),
        lambda: al.score(frame, SR, **scoring),
        lambda: al.score(frame, SR, columns=["q1", "q2"]),
        lambda: al.check(frame, SR, columns="q{item}", **names, **options, totals={"total": "extra", "bond": "q1"}),
        lambda: al.check(frame, SR, columns="q{item}", **options),
        lambda: al.Scores.from_totals(frame, SR, totals={"total": "extra"}, metric="sum", **names),
        lambda: al.Scores.from_totals(frame, SR, totals={"total": "q1"}, metric="mean"),
        lambda: study().scores(),
        lambda: study().check(),
        lambda: study().flow(),
        lambda: len(study().scores().differences(across_forms="pomp")),
        lambda: al.detection_accuracy(clean_report(*ids), frame, column="q3", onset="q1", resamples=5),
        lambda: al.detection_accuracy(clean_report(*ids), frame, column="q3", weights="extra", resamples=5),
        lambda: al.detection_accuracy(clean_report(*ids), frame, column="q3", weights={"a": 2.0}, resamples=5),
    ]


def assert_silent(text, secret):
    for found in (secret, *NUMBERS, *DATES):
        assert found not in text, text[max(0, text.index(found) - 200) : text.index(found) + 100]


def columns_with(cell=None, *, at="q3", rows=(1,), fill=4):
    columns = {"who": list("aabbc"), "when": [1, 2, 1, 2, 1], "extra": [20, 30, 40, 50, 60]}
    columns |= {f"q{item}": [1 + (item + row) % 5 for row in range(ROWS)] for item in range(1, 13)}
    values = list(columns[at]) if fill is not None else [cell] * ROWS
    for row in rows:
        values[row] = cell
    return columns | {at: values}


@settings(max_examples=250)
@given(
    kind=st.sampled_from(KINDS),
    name=CELLS,
    at=st.sampled_from(["q1", "q3", "q12", "extra"]),
    rows=st.lists(st.integers(0, ROWS - 1), min_size=1, unique=True),
    whole=st.booleans(),
    tail=st.text("abcdefgh0123456789", min_size=12, max_size=20),
    policy=st.sampled_from(["error", "first", "last", "keep"]),
    labelled=st.booleans(),
)
@example(kind="pandas", name="odd", at="q3", rows=[0], whole=True, tail="x" * 12, policy="error", labelled=True)
@example(
    kind="pandas-object", name="worse", at="q3", rows=[0], whole=False, tail="x" * 12, policy="error", labelled=True
)
def test_answers(kind, name, at, rows, whole, tail, policy, labelled):
    secret = f"SENTINEL-{tail}"
    cell = make_cells(secret)[name]
    frame = frame_of(kind, columns_with(cell, at=at, rows=rows, fill=None if whole else 4))
    if frame is None:
        return
    options = {"labels": {"often": 4.0}, "missing_codes": ["NA", -99]} if labelled else {}
    assert_silent(listen(calls_on(frame, options, ("who", "when"), policy)), secret)


@settings(max_examples=200)
@given(
    kind=st.sampled_from(KINDS),
    name=CELLS,
    at=st.sampled_from(["who", "when"]),
    rows=st.lists(st.integers(0, ROWS - 1), min_size=1, unique=True),
    whole=st.booleans(),
    tail=st.text("abcdefgh0123456789", min_size=12, max_size=20),
    policy=st.sampled_from(["error", "first", "last", "keep"]),
)
def test_ids_and_dates(kind, name, at, rows, whole, tail, policy):
    secret = f"SENTINEL-{tail}"
    cell = make_cells(secret)[name]
    frame = frame_of(kind, columns_with(cell, at=at, rows=rows, fill=None if whole else 4))
    if frame is None:
        return
    assert_silent(listen(calls_on(frame, {}, ("who", "when"), policy)), secret)


@settings(max_examples=60)
@given(
    kind=st.sampled_from(KINDS),
    tail=st.text("abcdefgh0123456789", min_size=12, max_size=20),
    number=st.sampled_from([982451653.25, -982451653.0, 9.82451653e300]),
    text=st.booleans(),
)
def test_labels_and_missing_codes(kind, tail, number, text):
    """What the caller declares about cells is not echoed either."""
    secret = f"SENTINEL-{tail}"
    cells = columns_with(f"{secret}-other" if text else number, rows=(1, 3))
    if text:
        cells["q3"] = [str(cell) for cell in cells["q3"]]
    frame = frame_of(kind, cells)
    if frame is None:
        return
    for options in (
        {"labels": {secret: 3.0}, "missing_codes": [f"{secret}-code", number]},
        {"labels": {f"{secret}-other": number}},
        {"missing_codes": [f"{secret}-other", number]},
    ):
        assert_silent(listen(calls_on(frame, options, ("who", "when"), "error")), secret)


@settings(max_examples=30)
@given(kind=st.sampled_from(KINDS), tail=st.text("abcdefgh0123456789", min_size=12, max_size=20))
def test_clean_data_stay_silent(kind, tail):
    secret = f"SENTINEL-{tail}"
    columns = columns_with() | {"who": [f"{secret}{row}" for row in range(ROWS)], "when": [DAY] * ROWS}
    columns["q3"] = [1, 2, 3, 4, 5]
    frame = frame_of(kind, columns)
    calls = calls_on(frame, {}, ("who", "when"), "error")
    assert_silent(listen(calls), secret)
    assert isinstance(calls[0](), al.Scores)


@pytest.mark.parametrize("kind", ["polars", "pandas", "pyarrow"])
def test_written_provenance_is_silent(kind, tmp_path):
    secret = "SENTINEL-abcdefgh1234"
    columns = columns_with(None, at="q2", rows=(2,)) | {"who": [f"{secret}{row}" for row in range(ROWS)]}
    columns["q3"] = [1, 2, 3, 4, 5]
    scores = al.score(frame_of(kind, columns), SR, columns="q{item}", client="who", session="when")
    scores.write_csv(tmp_path / "scores.csv")
    scores.write_parquet(tmp_path / "scores.parquet")
    for file in tmp_path.glob("*.json"):
        assert_silent(file.read_text(encoding="utf-8"), secret)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", sorted(make_cells("x")))
@pytest.mark.parametrize("at", ["q3", "who"])
def test_every_cell_in_every_kind(kind, name, at):
    """Nothing but our own exceptions comes out, least of all a panic."""
    secret = "SENTINEL-0123456789abcdef"
    for fill in (None, 4):
        frame = frame_of(kind, columns_with(make_cells(secret)[name], at=at, fill=fill))
        if frame is not None:
            assert_silent(listen(calls_on(frame, {}, ("who", "when"), "error")), secret)


@pytest.mark.parametrize("name", sorted(make_cells("x")))
def test_no_cell_comes_out_of_a_live_rule(name):
    secret = "SENTINEL-0123456789abcdef"
    cell = make_cells(secret)[name]
    live = al.LiveRule(POINT, range=(1, 5))
    calls = [
        lambda: live.update(1, cell),
        lambda: live.update(cell, 4.0),
        lambda: live.replay([(1, cell)]),
        lambda: live.replay([cell]),
        lambda: al.LiveRule.from_json(cell),
        lambda: al.LiveRule(POINT, range=(1, 5), like=cell),
        lambda: al.LaggedRule(POINT, 1, range=(1, cell)),
    ]
    assert_silent(listen(calls), secret)


def test_a_total_is_not_quoted():
    frame = pl.DataFrame({"t": [20.0, 982451653.25]})
    with pytest.raises(al.errors.AnswerError) as caught:
        al.Scores.from_totals(frame, SR, totals={"total": "t"}, metric="sum")
    assert_silent(str(caught.value), "SENTINEL")


@settings(max_examples=250)
@given(
    kind=st.sampled_from(KINDS),
    other=st.sampled_from(KINDS),
    name=CELLS,
    at=st.sampled_from(["who", "when", "status"]),
    rows=st.lists(st.integers(0, ROWS - 1), min_size=1, unique=True),
    whole=st.booleans(),
    tail=st.text("abcdefgh0123456789", min_size=12, max_size=20),
)
def test_appointments(kind, other, name, at, rows, whole, tail):
    """Neither words for appointments nor their ids come out again, whatever they are."""
    secret = f"SENTINEL-{tail}"
    cell = make_cells(secret)[name]
    columns = {"who": list("aabbc"), "when": [1, 2, 1, 2, 1], "status": ["attended", "no-show", *["late"] * 3]}
    values = [cell] * ROWS if whole else [cell if row in rows else known for row, known in enumerate(columns[at])]
    visits, forms = frame_of(kind, columns | {at: values}), frame_of(other, columns_with(None, at="q2"))
    if visits is None or forms is None:
        return
    rule = al.rules.BelowReference(reference="previous", unit="points", threshold=1.0)

    def study(**options):
        made = al.Study(client="who", session="when").with_forms(forms, SR, columns="q{item}")
        return made.with_appointments(visits, **options)

    calls = [
        study,
        lambda: study(labels={secret: "attended"}),
        lambda: study(labels={"late": secret}),
        lambda: study().check(),
        lambda: study().flow(),
        lambda: al.find_ruptures(study(), rule=rule),
        lambda: al.find_ruptures(study(labels={secret: "dropout"}), rule=rule),
    ]
    assert_silent(listen(calls), secret)
