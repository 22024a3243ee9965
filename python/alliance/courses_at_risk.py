"""Courses of treatment with their sessions, scores and endings, from a study or a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alliance import _native
from alliance.errors import from_code
from alliance.request import _rows
from alliance.series import choose, read_sessions
from alliance.session_rows import read_session_rows
from alliance.sources import NO_WORD, first_rows, read_words
from alliance.study import Study, StudyScores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from alliance._frames import Frame, Kind
    from alliance.instruments import Instrument

__all__ = ["Courses", "of_frame", "of_study", "read_endings"]

PURPOSE = "sessions at risk"
MOST_ROWS = 5


@dataclass(frozen=True, eq=False, repr=False)
class Courses:
    """One row per session, with the number of its course.

    Parameters
    ----------
    scores : ndarray of float64
        Alliance of each session, NaN where missing.
    courses : ndarray of uint32
        Number of each row's course, from 0 without gaps.
    sessions : ndarray of int64
        Number of each row's session.
    endings : ndarray of uint8
        How each course stands, as a place in :func:`alliance._native.ending_words`.
    ids : frame
        One row per course.
    roles : mapping of str to str
        Columns of ``ids`` by role.
    """

    scores: NDArray[np.float64]
    courses: NDArray[np.uint32]
    sessions: NDArray[np.int64]
    endings: NDArray[np.uint8]
    ids: Any
    roles: Mapping[str, str]
    name: str
    described: str
    instruments: tuple[Instrument, ...]
    kind: Kind


def of_study(data: Any, *, scale: str, rater: str | None, session_order: Sequence[Any] | None) -> Courses:
    """Read the sessions that were held, as a study's appointments tell them."""
    import numpy as np

    from alliance import _frames

    scores = data.scores() if isinstance(data, Study) else data
    study = scores._study if isinstance(scores, StudyScores) else None
    if study is None or study._appointments is None:
        problem = "endings are not known; add appointments with `Study.with_appointments`, or give a frame and `ending`"
        raise from_code("invalid-option", f"{PURPOSE}: {problem}")
    chosen = choose(scores, rater)
    run = read_sessions(scores, rater=rater, scale=scale, session_order=session_order)
    values = np.full(len(run.dyads), np.nan)
    values[: len(chosen)] = chosen[scale]
    appointments = np.zeros(len(values), dtype=np.uint8) if run.appointments is None else run.appointments
    found = _native.held_sessions(run.dyads, run.numbers, values, appointments)
    dyads = np.frombuffer(found["dyads"], dtype=np.uint32)
    roles = {role: column for role, column in chosen._id_roles.items() if column in run.by_dyad}
    rows = first_rows(run.dyads)[dyads]
    ids = _frames.without_index(run.ids.kind, run.ids.take(rows).ids(list(roles.values())))
    nth = np.frombuffer(found["nth"], dtype=np.int64)
    form = chosen.instrument
    return Courses(
        scores=np.frombuffer(found["score"], dtype=np.float64),
        courses=np.frombuffer(found["course"], dtype=np.uint32),
        sessions=np.frombuffer(found["position"], dtype=np.int64),
        endings=np.frombuffer(found["endings"], dtype=np.uint8),
        ids=_frames.beside(run.ids.kind, ids, {"course": nth}),
        roles=roles,
        name=scale,
        described=f"the {scale} score of the {form.rater} ({form.id})",
        instruments=(form,),
        kind=run.ids.kind,
    )


def of_frame(
    data: Any,
    *,
    ending: str | None,
    labels: Mapping[Any, str] | None,
    score: str | None,
    client: str | None,
    session: str | None,
    therapist: str | None,
    rater: str | None,
    session_order: Sequence[Any] | None,
) -> Courses:
    """Read sessions of a frame, each client being one course."""
    import numpy as np

    rows = read_session_rows(
        data,
        purpose=PURPOSE,
        score=score,
        scale="total",
        client=client,
        session=session,
        therapist=therapist,
        rater=rater,
        session_order=session_order,
    )
    if ending is None:
        problem = "name the column that says how each treatment stands with `ending=...`"
        raise from_code("missing-column", f"{PURPOSE}: {problem}", column="ending")
    rows.frame.require([ending], PURPOSE)
    codes = read_endings(rows.frame, ending, labels)
    clients = rows.clients
    count = int(clients.max()) + 1 if len(clients) else 0
    lowest = np.full(count, NO_WORD, dtype=np.uint8)
    highest = np.zeros(count, dtype=np.uint8)
    said = codes != NO_WORD
    np.minimum.at(lowest, clients[said], codes[said])
    np.maximum.at(highest, clients[said], codes[said])
    unsound = np.flatnonzero(said & (lowest != highest)[clients])
    if len(unsound):
        listed, several = unsound[:MOST_ROWS].tolist(), len(np.unique(clients[unsound]))
        raise from_code(
            "contradicting-endings",
            f"column `{ending}` ({_rows(listed, len(unsound))}): {several} clients have rows with different words; "
            "a treatment stands one way",
            column=str(ending),
            rows=listed,
            count=len(unsound),
        )
    roles = {role: column for role, column in rows.measured.ids.roles.items() if role in ("client", "therapist")}
    return Courses(
        scores=rows.measured.values,
        courses=clients,
        sessions=rows.sessions,
        endings=highest,
        ids=rows.measured.ids.one_row_each(clients, "client", "therapist"),
        roles=roles,
        name=rows.measured.name,
        described=rows.measured.described,
        instruments=(),
        kind=rows.frame.kind,
    )


def read_endings(frame: Frame, column: str, labels: Mapping[Any, str] | None) -> NDArray[np.uint8]:
    """Read words for how treatments stand: places in ``ending_words``, 255 where there is none."""
    words: list[str] = _native.ending_words()
    own = {word: place for place, word in enumerate(words)}
    allowed = ", ".join(f"`{word}`" for word in words)
    if labels is not None and not isinstance(labels, Mapping):
        raise from_code("invalid-option", f"labels: give a mapping of your words to {allowed}")
    declared = dict(labels or {})
    if any(not isinstance(word, str) or word not in own for word in declared.values()):
        raise from_code("invalid-option", f"labels: map each of your words to one of {allowed}")
    codes, unknown = read_words(frame, column, own | {theirs: own[ours] for theirs, ours in declared.items()})
    if len(unknown):
        rows, count = unknown[:MOST_ROWS].tolist(), len(unknown)
        holds = "cell holds" if count == 1 else "cells hold"
        raise from_code(
            "text-answer",
            f"{count} {holds} none of {allowed} in `{column}` ({_rows(rows, count)}); say which they are with `labels`",
            column=str(column),
            rows=rows,
            count=count,
        )
    return codes
