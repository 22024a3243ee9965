"""Scores before and after: of two sessions, of each client's first and last, or of two columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from alliance import _native
from alliance.errors import from_code
from alliance.measures import outcome_of
from alliance.psychometrics.measurements import Ids, Measurements, is_scores, read_measurements
from alliance.request import id_columns
from alliance.sources import distinct_cells, read_measure
from alliance.study import Study

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from alliance._frames import Kind
    from alliance.instruments import Instrument

__all__ = ["ChangePairs", "better_direction", "look_up_outcome", "possible_range", "read_pairs"]


@dataclass(frozen=True, eq=False)
class ChangePairs:
    """One score before and one after for each client, NaN where there is none.

    Parameters
    ----------
    before, after : ndarray of float64
        The scores.
    ids : frame
        Id columns, one row per client.
    kind : str
        Kind of frame that came in.
    name, unit : str
        What was measured, and in what unit.
    described, occasions : str
        The same, and what was compared, for a sentence.
    instrument : Instrument or None
        The form, where it is known.
    notes : tuple of str
        Where what is counted are not clients.
    """

    before: NDArray[np.float64]
    after: NDArray[np.float64]
    ids: Any
    kind: Kind
    name: str
    unit: str
    described: str
    occasions: str
    instrument: Instrument | None
    notes: tuple[str, ...] = ()


def read_pairs(
    data: Any,
    *,
    purpose: str,
    before: Any,
    after: Any,
    score: str | None,
    scale: str,
    client: str | None,
    session: str | None,
    therapist: str | None,
    rater: str | None,
    metric: Literal["mean", "sum", "pomp"] | None,
    session_order: Sequence[Any] | None,
) -> ChangePairs:
    """Read scores before and after from scores, a study, or a frame with a row per session or with a row per client."""
    if (before is None) != (after is None):
        raise from_code("invalid-option", f"{purpose}: give both `before` and `after`, or neither")
    if not is_scores(data) and session is None:
        if score is not None or session_order is not None:
            raise from_code("missing-column", f"{purpose}: name the session column, `session=...`", column="session")
        return _of_columns(data, purpose, before, after, id_columns(client, therapist, None, rater))
    measured = read_measurements(
        data,
        purpose=purpose,
        score=score,
        scale=scale,
        client=client,
        session=session,
        therapist=therapist,
        rater=rater,
        metric=metric,
        needs=("client", "session"),
    )
    return _of_sessions(measured, before, after, session_order)


def _of_sessions(measured: Measurements, before: Any, after: Any, order: Sequence[Any] | None) -> ChangePairs:
    import numpy as np

    ids = measured.ids
    codes = ids.dyads()
    if before is None:
        numbers, chosen = ids.session_numbers(order, codes), None
        occasions = "each client's first session with a score to the last"
    else:
        if _is_same(before, after):
            raise from_code("invalid-option", "before, after: these are one session")
        groups, labels = distinct_cells(ids.frame, ids.roles["session"])
        numbers = groups.astype(np.int64)
        chosen = (_place(labels, before, "before"), _place(labels, after, "after"))
        occasions = "one session to another"
    table = ids.one_row_each(codes, "client", "therapist")
    first, second = np.empty(len(table)), np.empty(len(table))
    _native.change_pairs(measured.values, codes, numbers, chosen, first, second)
    return ChangePairs(
        before=first,
        after=second,
        ids=table,
        kind=measured.kind,
        name=measured.name,
        unit=measured.unit,
        described=measured.described,
        occasions=occasions,
        instrument=measured.instrument,
        notes=ids.notes_on_dyads(codes),
    )


def _is_same(before: Any, after: Any) -> bool:
    try:
        return bool(before == after)
    except Exception:  # as below
        return False


def _place(labels: Sequence[Any], session: Any, option: str) -> int:
    for place, label in enumerate(labels):
        try:
            if label is not None and bool(label == session):
                return place
        except Exception:  # a label's own error may say what it holds, so nothing of it is kept
            continue
    raise from_code("invalid-option", f"{option}: no score is of this session")


def _of_columns(data: Any, purpose: str, before: Any, after: Any, named: dict[str, str]) -> ChangePairs:
    from alliance._frames import Frame

    frame = Frame(data)
    if before is None:
        problem = "name the columns with the scores, `before=...` and `after=...`, or the session column"
        raise from_code("missing-column", f"{purpose}: {problem}", column="before")
    if before == after:
        raise from_code("repeated-column", f"{purpose}: `before` and `after` are one column", column=str(before))
    frame.require([before, after, *named.values()], purpose)
    ids = Ids.of(frame, named)
    if named:
        ids.require_once(*named, purpose=purpose)
    return ChangePairs(
        before=read_measure(frame, before),
        after=read_measure(frame, after),
        ids=ids.frame.native,
        kind=frame.kind,
        name=str(before),
        unit="score",
        described=f"`{before}` and `{after}`",
        occasions="the one to the other",
        instrument=None,
    )


class Asked(NamedTuple):
    """What the caller said of the data, once an outcome of a study has been looked up."""

    data: Any
    client: str | None
    session: str | None
    higher_is_better: bool | None


def look_up_outcome(
    data: Any, purpose: str, score: str | None, ids: Mapping[str, str | None], higher_is_better: bool | None
) -> Asked:
    """Give an outcome of a study as a frame whose ids and direction are known; leave other data as they are."""
    if not isinstance(data, Study) or score is None:
        return Asked(data, ids["client"], ids["session"], higher_is_better)
    outcome = outcome_of(data, score)
    said = [name for name, value in (*ids.items(), ("higher_is_better", higher_is_better)) if value is not None]
    if said:
        listed = ", ".join(f"`{name}`" for name in said)
        raise from_code("invalid-option", f"{purpose}: a study knows its outcome; leave out {listed}")
    return Asked(outcome.frame.native, data.client, data.session, outcome.higher_is_better)


def better_direction(given: Any, instrument: Instrument | None, purpose: str) -> bool:
    """Say whether higher scores are better: of an alliance form they are, of a frame the caller says it."""
    if given is None and instrument is not None:
        return True
    if not isinstance(given, bool):
        problem = "say whether higher scores are better, `higher_is_better=True` or `False`"
        raise from_code("invalid-option", f"{purpose}: {problem}")
    return given


def possible_range(
    given: tuple[float, float] | None, instrument: Instrument | None, scale: str, unit: str
) -> tuple[float, float] | None:
    """Give the lowest and highest possible score, where it is known."""
    from alliance.arguments import number

    if given is not None:
        if not isinstance(given, Sequence) or len(given) != 2:
            raise from_code("invalid-option", "range: give the lowest and the highest possible score")
        return number("range", given[0]), number("range", given[1])
    if instrument is None or instrument.range is None:
        return None
    low, high = instrument.range
    if unit == "pomp":
        return 0.0, 100.0
    items = len(instrument.scales[scale]) if unit == "sum" else 1
    return low * items, high * items
