"""Dropout on the alliance of an earlier session, by a Cox model in survival or statsmodels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from alliance.arguments import choice
from alliance.errors import from_code
from alliance.export.panel import Keep, Panel, measure_of, remark
from alliance.export.recipe import Recipe, make_recipe
from alliance.export.scripts import Language, fill, quoted, read_call, script_name, variable_names
from alliance.measurements import is_scores
from alliance.person_periods import PersonPeriods, person_period
from alliance.sources import grouped

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["cox"]

PURPOSE = "Cox model"


def cox(
    data: Any,
    *,
    score: str | None = None,
    scale: str = "total",
    ending: str | None = None,
    client: str | None = None,
    session: str | None = None,
    therapist: str | None = None,
    rater: str | None = None,
    labels: Mapping[Any, str] | None = None,
    fewer_than: int | None = None,
    covariates: Sequence[str] = (),
    lag: int = 1,
    ties: Literal["efron", "breslow"] = "efron",
    robust_by: Literal["therapist"] | None = None,
    language: Language = "R",
    session_order: Sequence[Any] | None = None,
    keep: Keep = "recoded",
) -> Recipe:
    """Export sessions at risk of dropout, with the alliance of an earlier session, for a Cox model.

    Parameters
    ----------
    data : frame, StudyScores or Study
        One row per client and session that was held, or a study with appointments.
    score : str, optional
        Column of a frame with the alliance.
    scale : str
        Scale of a study.
    ending, client, session, therapist, rater, labels, fewer_than
        As in :func:`alliance.person_period`, which makes the table.
    covariates : sequence of str
        Further columns of a frame, or scales of a study, taken at the same earlier session.
    lag : int
        How many sessions before the session at risk the alliance was rated: 1 or more.
    ties : {"efron", "breslow"}
        What is done with dropouts in the same session. Sessions are few, so that ties are many and this matters; R
        takes Efron's by default, statsmodels and many others Breslow's. The script names it.
    robust_by : "therapist", optional
        Sandwich standard errors that allow for clients of one therapist being alike. In Python with Breslow only:
        statsmodels 0.15 computes them as after Breslow even with Efron's estimates.
    language : {"R", "Python"}
        ``survival`` or ``statsmodels``.
    session_order : sequence, optional
        All session labels in their order, where they are neither numbers nor dates.
    keep : {"recoded", "as-given"}
        Client and therapist ids: numbered from 1, or as they are.

    Returns
    -------
    Recipe
        One row per client and session at risk: start, stop, event and what was measured before.

    Raises
    ------
    AllianceError
        As :func:`alliance.person_period` does; ``invalid-option`` for robust errors after Efron in Python.

    Notes
    -----
    h(t) = h_0(t) exp(b alliance_{t-lag}). A client is at risk from the session after the first to the last, and,
    having left, in the session after it: there the dropout stands. A rating of the session at risk, or a mean over all
    sessions, would know who was to stay.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> held = pl.DataFrame({"case": ["x", "x", "y", "y"], "visit": [1, 2, 1, 2], "wai": [5.0, 4.0, 5.5, 6.0],
    ...                      "end": ["dropout", None, None, None]})
    >>> recipe = al.export.cox(held, score="wai", ending="end", client="case", session="visit")
    >>> recipe.data.rows()
    [(1, 1, 2, 0, 5.0), (1, 2, 3, 1, 4.0), (2, 1, 2, 0, 5.5)]
    """
    for option, given, choices in (("ties", ties, ("efron", "breslow")), ("language", language, ("R", "Python"))):
        choice(option, given, choices)
    if robust_by is not None:
        choice("robust_by", robust_by, ("therapist",))
        if language == "Python" and ties == "efron":
            problem = "statsmodels computes robust errors as after Breslow, whatever the ties"
            raise from_code("invalid-option", f'robust_by: {problem}; choose `R`, or `ties="breslow"`')
    if isinstance(covariates, str):
        raise from_code("invalid-option", "covariates: give a list of names")
    measures = [measure_of(data, score, scale, PURPOSE), *covariates]
    if len(set(measures)) < len(measures):
        raise from_code("repeated-column", f"{PURPOSE}: a measure is named twice")
    reading: dict[str, Any] = {
        "ending": ending,
        "client": client,
        "session": session,
        "therapist": therapist,
        "rater": rater,
    }
    reading |= {"labels": labels, "fewer_than": fewer_than, "lag": lag, "session_order": session_order}
    which = "scale" if is_scores(data) else "score"
    tables = [person_period(data, **{**reading, which: measure}) for measure in measures]
    periods = tables[0]
    if len(periods._held) == 0:
        raise from_code("invalid-option", f"{PURPOSE}: the data have no rows")
    names = ["alliance", *variable_names(list(covariates), "covariate")]
    panel = _panel(periods)
    kept = panel.ids(keep, *(("client",) if robust_by is None else ("client", "therapist")))
    when = f"{lag} {'session' if lag == 1 else 'sessions'} before the one at risk"
    before = {
        f"{name}_before": (f"{each._described}, {when}", _score(each)) for name, each in zip(names, tables, strict=True)
    }
    exported: dict[str, tuple[str, Any]] = {
        "start": ("session before the one at risk", periods._session - 1),
        "stop": ("session at risk", periods._session),
        "event": ("0 stayed, 1 dropout, 2 planned end", periods._event.astype("int64")),
        **before,
    }
    body = _script(language, list(before), ties, robust_by, () if keep == "recoded" else kept)
    notes = _notes(periods, ties, robust_by)
    return make_recipe("cox", language, body, panel, exported, kept=kept, notes=notes)


def _panel(periods: PersonPeriods) -> Panel:
    """Give the sessions at risk with the ids of their clients."""
    from alliance._frames import Frame

    ids, roles = Frame(periods._ids), periods._id_roles
    client = periods._client.astype("int64") + 1
    therapist = None
    if "therapist" in roles:
        therapist = grouped(ids, [roles["therapist"]], PURPOSE)[periods._client].astype("int64") + 1
    instruments, kind = periods.instruments, periods._kind
    return Panel(kind, client, periods._session, therapist, {}, {}, instruments, periods._ids, roles)


def _score(periods: PersonPeriods) -> NDArray[np.float64]:
    """Give the measure as it was before; further predictors of the table stand after it."""
    return next(iter(periods._predictors.values()))


def _notes(periods: PersonPeriods, ties: str, robust_by: str | None) -> list[str]:
    dropouts = int((periods._event == 1).sum())
    notes = [f"{periods.rows} sessions at risk, {dropouts} dropouts; ties after {ties.title()}.", *periods.notes]
    if dropouts == 0:
        notes.append("Nobody dropped out: there is nothing to model.")
    if periods.rows:
        notes += remark(_score(periods), f"{periods._described} before a session at risk")
    if periods.clients == 1:
        notes.append("There is one client at risk: nothing can be told between clients.")
    if robust_by is not None:
        notes.append("Standard errors are robust to clients of one therapist being alike.")
    return notes


def _script(language: Language, predictors: Sequence[str], ties: str, robust_by: str | None, text: Any) -> str:
    places = {"read": read_call("cox", language, text), "ties": ties, "quoted_predictors": quoted(predictors)}
    if language == "R":
        cluster = [] if robust_by is None else [f"cluster({robust_by})"]
        places["predictors"] = " + ".join([*predictors, *cluster])
    else:
        places["groups"] = "" if robust_by is None else f'groups=used["{robust_by}"]'
    return fill(script_name("cox", language), places)
