"""Helpers that several test modules share."""

from __future__ import annotations

import json
import math
import tomllib
from pathlib import Path

import alliance as al

ROOT = Path(__file__).resolve().parents[2]
SR = al.instrument("wai-sr-client")
SRT = al.instrument("wai-srt-therapist")
WAI = al.instrument("wai-36-client")


def vector(topic):
    """Read the reference numbers of a topic; they must name the script that makes them."""
    found = json.loads((ROOT / "tests" / "vectors" / f"{topic}.json").read_text(encoding="utf-8"))
    assert (ROOT / found["script"]).is_file()
    return found


def registry():
    """Read the error codes as Rust, Python and the documentation do."""
    return tomllib.loads((ROOT / "crates" / "errors.toml").read_text(encoding="utf-8"))["error"]


def as_columns(rows, pattern="q{item}"):
    """Turn forms, one list of answers each, into named columns."""
    return {pattern.format(item=item): list(answers) for item, answers in enumerate(zip(*rows, strict=True), 1)}


def sr_columns(rows=4):
    """Make legal WAI-SR answers."""
    return {f"q{item}": [1 + (3 * row + item) % 5 for row in range(rows)] for item in range(1, 13)}


def kind_of(frame):
    return type(frame).__module__.partition(".")[0]


def names_of(frame):
    return list(frame.column_names if kind_of(frame) == "pyarrow" else frame.columns)


def cells(frame, name):
    """Give a column as a list of Python objects, with None for null and NaN."""
    kind = kind_of(frame)
    if kind == "polars":
        found = frame.get_column(name).to_list()
    elif kind == "pyarrow":
        found = frame.column(name).to_pylist()
    else:
        column = frame[name].astype(object)
        found = column.where(column.notna(), None).tolist()
    return [None if cell is None or cell != cell else cell for cell in found]


def plain(numbers):
    """Give floats as a list, with None for NaN."""
    return [None if math.isnan(number) else float(number) for number in numbers]


def close(found, expected, tolerance=1e-12):
    """Compare numbers, None and NaN being one missing value."""
    missing = [value is None or math.isnan(value) for value in (found, expected)]
    if any(missing):
        return all(missing)
    return math.isclose(found, expected, rel_tol=tolerance, abs_tol=1e-300)


def assert_close(found, expected, tolerance=1e-12):
    found, expected = list(found), list(expected)
    assert len(found) == len(expected)
    for row, (one, other) in enumerate(zip(found, expected, strict=True)):
        assert close(one, other, tolerance), f"row {row}: {one} is not {other}"


def values(*estimates):
    return [each.value for each in estimates]


def with_error(estimate):
    return [estimate.value, estimate.standard_error]


def ends(estimate):
    return [estimate.low, estimate.high]


def own_form(
    count=3,
    *,
    low=1,
    high=5,
    step=1,
    reverse=(),
    backwards=(),
    scales=None,
    partition=(),
    rater="client",
    statistic="mean",
    identity=None,
    family="own",
):
    """Write an instrument of one's own as TOML."""
    scales = {"total": range(1, count + 1)} if scales is None else scales
    lines = [
        f'id = "{identity or f"own-{rater}"}"',
        "version = 1",
        'kind = "questionnaire"',
        f'family = "{family}"',
        'name = "An own form"',
        "abbreviations = []",
        f'rater = "{rater}"',
        'period = "unknown"',
        "languages = []",
        f"partition = {json.dumps(list(partition))}",
        'gap = "Nothing is known but what is said here."',
        'key_in_print = "nowhere"',
        "[items]",
        f"count = {count}",
        'sources = ["own"]',
        "[response]",
        f"min = {low}",
        f"max = {high}",
        *([] if step is None else [f"step = {step}"]),
        'sources = ["own"]',
        "[printed_backwards]",
        f"items = {list(backwards)}",
        'sources = ["own"]',
        "[reversed]",
        f"items = {list(reverse)}",
        'sources = ["own"]',
        "[statistic]",
        f'value = "{statistic}"',
        'sources = ["own"]',
    ]
    for name, items in scales.items():
        lines += ["[[scales]]", f'name = "{name}"', f'title = "{name.title()}"', f"items = {list(items)}"]
        lines += ['sources = ["own"]']
    lines += ["[rights]", 'owner = "ourselves"', 'wording = "withheld"', 'obtain = "here"', "sources = []"]
    lines += ["[[sources]]", 'id = "own"', 'kind = "document"', 'title = "A test"', 'read = "whole"']
    return "\n".join(lines) + "\n"


def own(*args, **options):
    return al.Instrument.from_toml(own_form(*args, **options))


def slow_scores(form, rows, *, required=None, entry="printed", already=(), scales=None):
    """Score forms the slow and obvious way: (mean, answered) per scale and form.

    ``required`` gives the number of answers that a scale of so many items needs; None asks for all of them.
    """
    low, high = form.range or (0, 1)
    found = {name: [] for name in (form.scales if scales is None else scales)}
    for row in rows:
        keyed = []
        for item, answer in enumerate(row, 1):
            turn = item in form.reversed and item not in already
            if entry == "position" and item in form.printed_backwards:
                turn = not turn
            keyed.append(answer if answer is None else low + high - answer if turn else answer)
        answered = {name: sum(keyed[i - 1] is not None for i in form.scales[name]) for name in found}
        for name in found:
            items = form.scales[name]
            values = [keyed[item - 1] for item in items if keyed[item - 1] is not None]
            enough = len(values) >= (len(items) if required is None else required(len(items)))
            parts = form.partition if name == "total" and required is not None else ()
            whole = all(answered[part] for part in parts if set(parts) <= set(found))
            mean = math.fsum(values) / len(values) if values and enough and whole else None
            found[name].append((mean, len(values)))
    return found
