"""What rules are held against: sessions coded as a rupture or as none."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from alliance import _native
from alliance.codes import CodedSessions
from alliance.errors import AllianceError, from_code
from alliance.exposure import STATES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from alliance._frames import Frame
    from alliance.ruptures import RuptureReport

__all__ = ["Criterion", "read_criterion"]

_NOT_CODED = 2


class Criterion(NamedTuple):
    """Rows of a criterion: the place of each row's session in the report, -1 for none, and what was coded."""

    places: NDArray[np.int64]
    codes: NDArray[np.uint8]
    onsets: NDArray[np.uint8] | None
    weights: NDArray[np.float64] | None
    counts: dict[str, int]


def read_criterion(
    report: RuptureReport,
    criterion: Any,
    *,
    column: str,
    onset: str | None,
    weights: str | Mapping[Any, float] | None,
) -> Criterion:
    """Read a criterion and find its sessions in a report."""
    from alliance._frames import Frame

    roles = report._scores._id_roles
    coded = criterion if isinstance(criterion, CodedSessions) else None
    frame = Frame(criterion) if coded is None else coded._source.ids
    # Codes know the client and the session; so may a frame, if no client has the session with two therapists.
    parts = [role for role in ("client", "therapist", "session") if role in roles]
    if "therapist" in roles and roles["therapist"] not in frame.columns:
        parts.remove("therapist")
    keys = [roles[role] for role in parts]
    has_onsets = coded is None and onset is not None and onset in frame.columns
    by_column = [weights] if isinstance(weights, str) else []
    asked = [] if coded is not None else [column, *([onset] if has_onsets else [])]
    frame.require([*keys, *asked, *by_column], "criterion")
    codes = _yes_no(frame, column) if coded is None else _found(coded)
    places, has_dyad = _places(report, frame, keys)
    is_coded = codes != _NOT_CODED
    rows = int(is_coded.sum())
    if not (is_coded & (places >= 0)).any():
        raise from_code(
            "invalid-option",
            f"criterion: none of its {rows} coded rows is of a session of the report; are ids and sessions written as "
            "in the scores?",
        )
    counts = {
        "rows": rows,
        "unknown_clients": int((is_coded & ~has_dyad).sum()),
        "unknown_sessions": int((is_coded & has_dyad & (places < 0)).sum()),
    }
    onsets = _yes_no(frame, onset) if has_onsets else None
    of_rows = None if weights is None else _weights(frame, weights, roles["client"])
    return Criterion(places, codes, onsets, of_rows, counts)


def _yes_no(frame: Frame, column: Any) -> NDArray[np.uint8]:
    import numpy as np

    codes = np.empty(len(frame), dtype=np.uint8)
    _native.read_yes_no(frame.answers(column), codes)
    return codes


def _places(report: RuptureReport, frame: Frame, keys: list[str]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Give the place of each row's session in the report's series, -1 for none, and whether its dyad is there."""
    import numpy as np

    from alliance._frames import Frame

    rows = _grouped([frame.labels(key) for key in keys], keys)
    if rows["missing"][1]:
        first, count = rows["missing"]
        problem = f"criterion: {count} rows lack an id in {_named(keys)}; fill it in or leave the rows out"
        raise from_code("missing-id", problem, rows=first, count=count)
    if rows["repeated"][1]:
        first, count = rows["repeated"]
        problem = f"criterion: {count} rows repeat a session of the same dyad; give one row per session"
        raise from_code("repeated-session", problem, rows=first, count=count)
    sessions = Frame(report.sessions)
    own = [*keys[:-1], "session"]
    if len(own) <= len(report._run.by_dyad):
        _require_one_dyad(sessions, own, report)
    of_session = _matched(sessions, own, frame, keys)
    # Nothing can be coded of a session that was not held.
    is_held = report._columns().states != STATES.index("not-held")
    of_session = np.where((of_session >= 0) & np.append(is_held, False)[of_session], of_session, -1)
    of_dyad = _matched(sessions, own[:-1], frame, keys[:-1])
    return of_session, of_dyad >= 0


def _require_one_dyad(sessions: Frame, keys: list[str], report: RuptureReport) -> None:
    """Refuse to find sessions without the therapist where a client has one with two of them."""
    twice = _grouped([sessions.labels(key) for key in keys], keys)["repeated"][1]
    if twice:
        therapist = report._run.by_dyad[1]
        problem = f"criterion: {twice} sessions are of a client with two therapists; add the column `{therapist}`"
        raise from_code("missing-column", problem, column=str(therapist))


def _found(coded: CodedSessions) -> NDArray[np.uint8]:
    """Say of each coded session whether a rupture was found: of either family, if both are known."""
    import numpy as np

    from alliance.sources import NO, YES

    families = [coded._source.columns[f"coded_{family}"] for family in ("withdrawal", "confrontation")]
    is_found = (families[0] == YES) | (families[1] == YES)
    is_none = (families[0] == NO) & (families[1] == NO)
    return np.where(is_found, 1, np.where(is_none, 0, _NOT_CODED)).astype(np.uint8)


def _matched(known: Frame, known_keys: list[str], asked: Frame, asked_keys: list[str]) -> NDArray[np.int64]:
    """Give for each asked row the first known row with the same labels, -1 for none."""
    import numpy as np

    from alliance._frames import cells

    both = [(name, cells(known, own) + cells(asked, name)) for own, name in zip(known_keys, asked_keys, strict=True)]
    groups = np.frombuffer(_grouped(both, asked_keys)["groups"], dtype=np.uint32)
    count = len(known)
    first = np.full(int(groups.max(initial=0)) + 1, -1, dtype=np.int64)
    first[groups[:count][::-1]] = np.arange(count)[::-1]
    return first[groups[count:]]


def _grouped(labels: Any, keys: list[str]) -> Any:
    try:
        return _native.group_keys(labels)
    except AllianceError:
        raise
    except Exception:
        pass  # the cell's own error may say what it holds, so nothing of it is kept
    problem = f"criterion: {_named(keys)} hold cells that cannot be compared; ids are text, integers or dates"
    raise from_code("unsupported-column", problem, column=keys[0])


def _weights(frame: Frame, weights: str | Mapping[Any, float], client: str) -> NDArray[np.float64]:
    """Give each row's weight, NaN for none."""
    import numpy as np

    from alliance._frames import cells

    if isinstance(weights, str):
        values = np.empty(len(frame))
        _native.read_numbers(frame.answers(weights), values)
        return values
    if not isinstance(weights, Mapping) or not all(is_number(weight) for weight in weights.values()):
        raise from_code("invalid-option", "weights: give a column, or a mapping of clients to numbers")
    with contextlib.suppress(Exception):  # the cell's own error may say what it holds, so nothing of it is kept
        return np.array([weights.get(who, np.nan) for who in cells(frame, client)], dtype=float)
    raise from_code("unsupported-column", f"criterion: `{client}` holds cells that cannot be compared", column=client)


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _named(columns: list[str]) -> str:
    return ", ".join(f"`{column}`" for column in columns)
