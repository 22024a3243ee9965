"""Courses of treatment with their sessions, scores and endings, from a study or a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alliance import _native
from alliance.errors import from_code
from alliance.psychometrics.outcome.session_rows import read_session_rows
from alliance.request import _rows
from alliance.series import choose, number_sessions, read_sessions
from alliance.sources import NO_WORD, first_rows, grouped, read_words
from alliance.study import Study, StudyScores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from alliance._frames import Frame, Kind
    from alliance.instruments import Instrument

__all__ = ["Courses", "notes_on_courses", "of_appointments", "of_frame", "of_study", "read_endings"]

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
    last_missed : ndarray of bool or None
        Whether the client missed the last appointment of each course; None without appointments.
    ids : frame
        One row per course.
    roles : mapping of str to str
        Columns of ``ids`` by role.
    """

    scores: NDArray[np.float64]
    courses: NDArray[np.uint32]
    sessions: NDArray[np.int64]
    endings: NDArray[np.uint8]
    last_missed: NDArray[np.bool_] | None
    ids: Any
    roles: Mapping[str, str]
    name: str
    described: str
    instruments: tuple[Instrument, ...]
    kind: Kind


def notes_on_courses(
    ids: Any, roles: Mapping[str, str], held: NDArray[np.int64], endings: NDArray[np.uint8]
) -> tuple[str, ...]:
    """Say where courses are not clients, and which courses have no session to be at risk in."""
    from alliance._frames import Frame

    said = []
    clients = len(first_rows(grouped(Frame(ids), [roles["client"]], PURPOSE)))
    if clients < len(held):
        said.append(f"What is counted as clients are courses of treatment: {len(held)} of {clients} clients.")
    if none := int((held == 0).sum()):
        has, is_left = ("course has", "is") if none == 1 else ("courses have", "are")
        left = int(((held == 0) & (endings == 1)).sum())
        said.append(f"{none} {has} no session that was held and {is_left} left out; {left} of them ended by dropout.")
    return tuple(said)


def of_study(data: Any, *, scale: str, rater: str | None, session_order: Sequence[Any] | None) -> Courses:
    """Read the sessions that were held, as a study's appointments tell them."""
    import numpy as np

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
    roles = {role: column for role, column in chosen._id_roles.items() if column in run.by_dyad}
    form = chosen.instrument
    described = f"the {scale} score of the {form.rater} ({form.id})"
    return _held(run.ids, roles, run.dyads, run.numbers, values, appointments, scale, described, (form,))


def _held(
    ids: Frame,
    roles: Mapping[str, str],
    dyads: NDArray[np.uint32],
    numbers: NDArray[np.int64],
    values: NDArray[np.float64],
    appointments: NDArray[np.uint8],
    name: str,
    described: str,
    instruments: tuple[Instrument, ...],
) -> Courses:
    """Put the sessions that were held in order, course by course."""
    import numpy as np

    from alliance import _frames

    found = _native.held_sessions(dyads, numbers, values, appointments)
    of_courses = np.frombuffer(found["dyads"], dtype=np.uint32)
    people = ids.take(first_rows(dyads)[of_courses]).ids(list(roles.values()))
    nth = np.frombuffer(found["nth"], dtype=np.int64)
    return Courses(
        scores=np.frombuffer(found["score"], dtype=np.float64),
        courses=np.frombuffer(found["course"], dtype=np.uint32),
        sessions=np.frombuffer(found["position"], dtype=np.int64),
        endings=np.frombuffer(found["endings"], dtype=np.uint8),
        last_missed=np.frombuffer(found["last_missed"], dtype=np.uint8) == 1,
        ids=_frames.beside(ids.kind, _frames.without_index(ids.kind, people), {"course": nth}),
        roles=roles,
        name=name,
        described=described,
        instruments=instruments,
        kind=ids.kind,
    )


def of_appointments(study: Study) -> Courses:
    """Read the sessions that were held from a study's appointments alone: no scores are needed."""
    import numpy as np

    visits = study._appointments
    if visits is None:
        raise from_code("invalid-option", "the study has no appointments; add some with `Study.with_appointments`")
    roles = {"client": study.client}
    if study.therapist is not None and study.therapist in visits.ids.columns:
        roles["therapist"] = study.therapist
    dyads = grouped(visits.ids, list(roles.values()), "appointments")
    numbers, _ = number_sessions(visits.ids, study.session, dyads, None)
    return _held(visits.ids, roles, dyads, numbers, np.full(len(dyads), np.nan), visits.codes, "", "", ())


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
        last_missed=None,
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
