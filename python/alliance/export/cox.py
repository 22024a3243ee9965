"""Dropout on the alliance of an earlier session, by a Cox model in survival or statsmodels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from alliance.arguments import choice, whole
from alliance.errors import from_code
from alliance.export import endings
from alliance.export.at_risk import DROPOUT, at_risk
from alliance.export.panel import MOST_SESSIONS, Keep, panel_of, read_parts
from alliance.export.recipe import Recipe, make_recipe
from alliance.export.scripts import Language, fill, quoted, read_call, script_name, variable_names
from alliance.measurements import is_scores

__all__ = ["cox"]

PURPOSE = "Cox model"


def cox(
    data: Any,
    *,
    score: str = "total",
    ending: str | None = None,
    client: str | None = None,
    session: str | None = None,
    therapist: str | None = None,
    rater: str | None = None,
    labels: Mapping[Any, str] | None = None,
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
        One row per client and session that was held. A study has its appointments for endings.
    score : str
        Alliance: column of a frame, or scale.
    ending : str, optional
        Column of a frame that says how the client's treatment ended: ``dropout``, ``planned-end`` or ``ongoing`` in any
        or all of the client's rows; ``ongoing`` where there is nothing.
    client, session, therapist : str, optional
        Id columns of a frame. With a therapist, a client with two therapists is two.
    rater : str, optional
        Whose scores, of a study.
    labels : mapping, optional
        The caller's words to these, exactly.
    covariates : sequence of str
        Further columns, scales or outcomes, taken at the same earlier session.
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
        ``invalid-option`` for lag 0, unknown words or a client with two endings; ``duplicate-form``;
        ``missing-column``; ``missing-id``.

    Notes
    -----
    h(t) = h_0(t) exp(b alliance_{t-lag}). A client is at risk from the session after the first to the last, and,
    having left, in the session after it: there the dropout stands. A rating of the session at risk, or a mean over all
    sessions, would know who was to stay. Dropouts followed by a further session were none.

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
    if not 1 <= whole("lag", lag) <= MOST_SESSIONS:
        problem = f"1 to {MOST_SESSIONS}; with 0 the alliance would not be of an earlier session"
        raise from_code("invalid-option", f"lag: {problem}")
    if isinstance(covariates, str):
        raise from_code("invalid-option", "covariates: give a list of names")
    further = variable_names(list(covariates), "covariate")
    named = {"alliance": score, **dict(zip(further, covariates, strict=True))}
    ids = {"client": client, "session": session, "therapist": therapist, "rater": rater}
    parts = read_parts(data, named, purpose=PURPOSE, **ids)
    if is_scores(data):
        parts.append(endings.of_appointments(data))
    else:
        parts = [endings.with_column(parts[0], data, ending, labels)]
    panel = panel_of(parts, purpose=PURPOSE, session_order=session_order)
    roles = ("client",) if robust_by is None else ("client", "therapist")
    sessions = panel.take(endings.held(panel))
    measures = {name: sessions.values[name] for name in named}
    risk = at_risk(sessions.client, sessions.session, measures, endings.ended(panel), lag)
    kept = sessions.take(risk.row).ids(keep, *roles)
    when = f"{lag} {'session' if lag == 1 else 'sessions'} before the one at risk"
    exported: dict[str, tuple[str, Any]] = {
        "start": ("session before the one at risk", risk.start),
        "stop": ("session at risk", risk.stop),
        "event": ("0 stayed, 1 dropout, 2 planned end", risk.event),
        **{f"{name}_before": (f"{panel.described[name]}, {when}", risk.earlier[name]) for name in named},
    }
    body = _script(language, [f"{name}_before" for name in named], ties, robust_by, () if keep == "recoded" else kept)
    dropouts = int((risk.event == DROPOUT).sum())
    notes = [f"{len(risk.stop)} sessions at risk, {dropouts} dropouts; ties after {ties.title()}."]
    if dropouts == 0:
        notes.append("Nobody dropped out: there is nothing to model.")
    notes += panel.remarks(*named)
    if robust_by is not None:
        notes.append("Standard errors are robust to clients of one therapist being alike.")
    return make_recipe("cox", language, body, sessions, exported, kept=kept, notes=notes)


def _script(language: Language, predictors: Sequence[str], ties: str, robust_by: str | None, text: Any) -> str:
    places = {"read": read_call("cox", language, text), "ties": ties, "quoted_predictors": quoted(predictors)}
    if language == "R":
        cluster = [] if robust_by is None else [f"cluster({robust_by})"]
        places["predictors"] = " + ".join([*predictors, *cluster])
    else:
        places["groups"] = "" if robust_by is None else f'groups=used["{robust_by}"]'
    return fill(script_name("cox", language), places)
