"""Scores and outcomes by client and session, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from alliance.errors import from_code
from alliance.measurements import is_scores, read_measurements
from alliance.measures import outcome_of
from alliance.session_rows import read_session_rows
from alliance.sources import SessionTable, grouped
from alliance.study import Study

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from alliance._frames import Kind
    from alliance.instruments import Instrument

__all__ = ["OutcomeRows", "read_outcome_rows"]


@dataclass(frozen=True, eq=False, repr=False)
class OutcomeRows:
    """One row per client and session, with a score, an outcome, or both; NaN where there is none.

    Parameters
    ----------
    scores, outcome, time : ndarray of float64
        By row.
    covariates : tuple of ndarray of float64
        By row.
    clients, therapists : ndarray of uint32
        Numbers of clients and, where they are known, therapists.
    sessions : ndarray of int64
        Numbers of sessions.
    described : str
        What was measured, for a sentence.
    outcome_measured : str or None
        When in a session the outcome was measured, where it is known.
    """

    scores: NDArray[np.float64]
    outcome: NDArray[np.float64]
    time: NDArray[np.float64]
    covariates: tuple[NDArray[np.float64], ...]
    clients: NDArray[np.uint32]
    sessions: NDArray[np.int64]
    therapists: NDArray[np.uint32] | None
    name: str
    described: str
    instruments: tuple[Instrument, ...]
    kind: Kind
    outcome_measured: str | None


def read_outcome_rows(
    data: Any,
    *,
    purpose: str,
    outcome: str,
    score: str | None,
    scale: str,
    client: str | None,
    session: str | None,
    therapist: str | None,
    rater: str | None,
    time: str | None,
    covariates: Sequence[str],
    session_order: Sequence[Any] | None,
) -> OutcomeRows:
    """Read scores and outcome from one frame, or from a study that has the outcome."""
    if is_scores(data):
        if not isinstance(data, Study):
            problem = "scores have no outcome; add it with `Study.with_outcome` and give the study, or give one frame"
            raise from_code("invalid-option", f"{purpose}: {problem}")
        if time is not None or covariates:
            problem = "a study has no such columns; give one frame to use `time` or `covariates`"
            raise from_code("invalid-option", f"{purpose}: {problem}")
        named = {"score": score, "client": client, "session": session, "therapist": therapist}
        return _of_study(data, purpose, outcome, scale, rater, session_order, named)
    rows = read_session_rows(
        data,
        purpose=purpose,
        score=score,
        scale=scale,
        client=client,
        session=session,
        therapist=therapist,
        rater=rater,
        session_order=session_order,
    )
    rows.frame.require([outcome, *([] if time is None else [time]), *covariates], purpose)
    return OutcomeRows(
        scores=rows.measured.values,
        outcome=rows.numbers(outcome, purpose),
        time=rows.times if time is None else rows.numbers(time, purpose),
        covariates=tuple(rows.numbers(name, purpose) for name in covariates),
        clients=rows.clients,
        sessions=rows.sessions,
        therapists=rows.therapists,
        name=rows.measured.name,
        described=rows.measured.described,
        instruments=rows.measured.instruments,
        kind=rows.frame.kind,
        outcome_measured=None,
    )


def _of_study(
    study: Study,
    purpose: str,
    outcome: str,
    scale: str,
    rater: str | None,
    session_order: Sequence[Any] | None,
    named: dict[str, str | None],
) -> OutcomeRows:
    import numpy as np

    from alliance._frames import Frame

    known = outcome_of(study, outcome)
    measured = read_measurements(
        study, purpose=purpose, scale=scale, rater=rater, needs=("client", "session"), **cast("Any", named)
    )
    ids = measured.ids.frame
    forms = Frame(ids.ids([study.client, study.session]))
    table = SessionTable.of(
        [("forms", forms), (f"outcome `{outcome}`", known.source.ids)], study.client, study.session, session_order
    )
    therapists = None
    if "therapist" in measured.ids:
        # An outcome knows no therapist: it has that of the client's first form.
        of_forms = grouped(ids, [measured.ids.roles["therapist"]], "ids")
        by_client = np.zeros(int(table.clients.max(initial=0)) + 1, dtype=np.uint32)
        by_client[table.clients[table.places[0]][::-1]] = of_forms[::-1]
        therapists = by_client[table.clients]
        therapists[table.places[0]] = of_forms
    return OutcomeRows(
        scores=table.spread(measured.values, 0),
        outcome=table.spread(known.source.columns[f"outcome_{outcome}"], 1),
        time=table.numbers.astype(float),
        covariates=(),
        clients=table.clients,
        sessions=table.numbers,
        therapists=therapists,
        name=measured.name,
        described=measured.described,
        instruments=measured.instruments,
        kind=measured.kind,
        outcome_measured=known.measured,
    )
