"""What a caller asks for when scoring or checking, checked and put in the form the native module takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal

from alliance.errors import AllianceError, from_code
from alliance.instruments import Instrument, _numbers
from alliance.missing import Prorate

if TYPE_CHECKING:
    from alliance._frames import Frame
    from alliance._typing import Given, Groups, Options

Columns = str | Sequence[Any] | Mapping[int, Any]
MissingRule = Literal["complete"] | Prorate
Metric = Literal["mean", "sum", "pomp"]
Duplicates = Literal["error", "first", "last", "keep"]
IdColumn = str | None

METRICS = ("mean", "sum", "pomp")


@dataclass(frozen=True)
class Reading:
    """How cells become answers: the columns, what text means, which codes are missing answers."""

    columns: tuple[Any, ...]
    labels: tuple[tuple[str, float], ...]
    missing_numbers: tuple[float, ...]
    missing_texts: tuple[str, ...]

    @classmethod
    def of(
        cls,
        instrument: Instrument,
        columns: Columns,
        labels: Mapping[str, float] | None,
        missing_codes: Iterable[float | str] | None,
    ) -> Reading:
        """Check and resolve the arguments of the same names."""
        codes = [] if missing_codes is None else list(missing_codes)
        if isinstance(missing_codes, str):
            raise from_code("invalid-option", 'missing_codes: give a list, such as `[-99]` or `["NA"]`')
        texts = tuple(code for code in codes if isinstance(code, str))
        numbers = tuple(float(code) for code in codes if not isinstance(code, str))
        return cls(item_columns(instrument, columns), _pairs(labels), numbers, texts)

    def given(self, frame: Frame) -> list[Given]:
        """Give the item columns as the native module reads them."""
        frame.require(self.columns, "item columns")
        return [frame.answers(name) for name in self.columns]


def item_columns(instrument: Instrument, columns: Columns) -> tuple[Any, ...]:
    """Resolve ``columns`` to one column name per item."""
    count = instrument.item_count
    if isinstance(columns, str):
        if count is None:
            raise from_code(
                "key-needed",
                f"the number of items of `{instrument.id}` is not known, so a column pattern cannot be filled in; "
                "supply the key with `with_key`",
            )
        if re.search(r"\{item(:0?\d{1,2}d?)?\}", columns) is None:
            raise from_code(
                "invalid-option",
                'columns: give a pattern with `{item}` for the item number, such as "wai_{item}" or "q{item:02}", '
                "a list of names, or a mapping of item numbers to names",
            )
        try:
            names: tuple[Any, ...] = tuple(columns.format(item=item) for item in range(1, count + 1))
        except (AttributeError, KeyError, IndexError, TypeError, ValueError):
            raise from_code("invalid-option", "columns: the only field of the pattern is `{item}`") from None
    elif isinstance(columns, Mapping):
        expected = range(1, (count if count is not None else len(columns)) + 1)
        if set(columns) != set(expected):
            raise from_code(
                "wrong-column-count",
                f"columns: the mapping needs the items 1 to {len(expected)} of `{instrument.id}`, each once",
            )
        names = tuple(columns[item] for item in expected)
    else:
        names = tuple(columns)
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        raise from_code(
            "repeated-column", f"columns: `{repeated[0]}` is named for more than one item", column=str(repeated[0])
        )
    return names


def _pairs(labels: Mapping[str, float] | None) -> tuple[tuple[str, float], ...]:
    pairs = tuple((labels or {}).items())
    for text, number in pairs:
        if not isinstance(text, str) or isinstance(number, bool) or not isinstance(number, Real):
            raise from_code("invalid-option", "labels: map each text answer to a number")
    return tuple((text, float(number)) for text, number in pairs)


def options(
    *,
    scales: Sequence[str] | None,
    missing: MissingRule,
    entry: Literal["printed", "position"],
    already_reversed: bool | Sequence[int],
    reading: Reading,
    accept_unverified: bool,
) -> Options:
    """Check the options of a scorer."""
    if entry not in ("printed", "position"):
        raise from_code("invalid-option", "entry: choose `printed` or `position`")
    if missing != "complete" and not isinstance(missing, Prorate):
        raise from_code(
            "invalid-option",
            'missing: choose "complete", `al.Prorate(min_share=...)` or `al.Prorate(min_answered=...)`',
        )
    if isinstance(scales, str):
        raise from_code("invalid-option", "scales: give a list of names")
    some = None if isinstance(already_reversed, bool) else _numbers("already_reversed", already_reversed)
    return {
        "scales": None if scales is None else list(scales),
        "min_share": missing.min_share if isinstance(missing, Prorate) else None,
        "min_answered": missing.min_answered if isinstance(missing, Prorate) else None,
        "entry": entry,
        "already_reversed": some,
        "all_reversed": already_reversed is True,
        "missing_codes": list(reading.missing_numbers),
        "accept_unverified": bool(accept_unverified),
    }


def check_metric(metric: str | None, instrument: Instrument) -> Metric:
    """Resolve ``metric``; None is the instrument's own, the mean where no source says."""
    if metric is None:
        return "sum" if instrument.statistic == "sum" else "mean"
    if metric not in METRICS:
        raise from_code("invalid-option", "metric: choose `mean`, `sum` or `pomp`")
    return metric  # type: ignore[return-value]


def id_columns(client: IdColumn, therapist: IdColumn, session: IdColumn, rater: IdColumn) -> dict[str, str]:
    """Collect the id columns that were named, by role."""
    roles = {"client": client, "therapist": therapist, "session": session, "rater": rater}
    named = {role: column for role, column in roles.items() if column is not None}
    if len(set(named.values())) != len(named):
        raise from_code("repeated-column", "one column is named for two of client, therapist, session and rater")
    return named


def kept_rows(frame: Frame, ids: Mapping[str, str], duplicates: Duplicates) -> Any | None:
    """Apply the duplicates policy: row positions to keep, or None for all.

    Forms are duplicates when they agree in every id column. Without a client and a session column nothing
    can be said, and every row is kept.
    """
    import numpy as np

    if duplicates not in ("error", "first", "last", "keep"):
        raise from_code("invalid-option", "duplicates: choose `error`, `first`, `last` or `keep`")
    frame.require(ids.values(), "id columns")
    if not ids:
        return None
    groups = _grouped(frame, ids)
    if groups is None:
        problem = "ids of this type cannot be told apart; ids are text, integers or dates"
        raise from_code("unsupported-column", f"{_names(ids.values())}: {problem}")
    rows, count = groups["missing"]
    if count:
        raise from_code(
            "missing-id",
            f"{count} {'row lacks' if count == 1 else 'rows lack'} an id in {_names(ids.values())} "
            f"({_rows(rows, count)}); fill it in, or leave the column out",
            rows=rows,
            count=count,
        )
    if "client" not in ids or "session" not in ids or duplicates == "keep":
        return None
    rows, count = groups["repeated"]
    if not count:
        return None
    if duplicates == "error":
        raise from_code(
            "duplicate-form",
            f"{count} {'form repeats' if count == 1 else 'forms repeat'} the {' and '.join(ids)} of an earlier row "
            f"({_rows(rows, count)}). Remove what is double, name a further id column, or choose "
            '`duplicates="first"` or `"last"`',
            rows=rows,
            count=count,
        )
    codes = np.frombuffer(groups["groups"], dtype=np.uint32)
    if duplicates == "first":
        return np.unique(codes, return_index=True)[1][np.argsort(np.unique(codes, return_index=True)[1])]
    last = len(codes) - 1 - np.unique(codes[::-1], return_index=True)[1]
    return np.sort(last)


def _grouped(frame: Frame, ids: Mapping[str, str]) -> Groups | None:
    """Group the rows by their ids; None where cells cannot be hashed or compared."""
    from alliance import _native

    try:
        return _native.group_keys([frame.labels(column) for column in ids.values()])
    except AllianceError:
        raise
    except Exception:
        return None  # the cell's own error may say what it holds, so nothing of it is kept


def _rows(rows: Sequence[int], count: int) -> str:
    word = "row" if count == 1 else "rows"
    return f"{word} {', '.join(map(str, rows))}{', ...' if count > len(rows) else ''}"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
