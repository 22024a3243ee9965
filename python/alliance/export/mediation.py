"""Mediation between clients, by a path model in lavaan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alliance.arguments import whole
from alliance.errors import from_code
from alliance.export.panel import Keep, measure_of, panel_of, read_parts
from alliance.export.recipe import Recipe, make_recipe
from alliance.export.scripts import fill, read_call, vector
from alliance.export.wide import session_numbers, spread

__all__ = ["mediation"]

PURPOSE = "mediation model"
LEAST_SAMPLES, MOST_SAMPLES = 100, 100_000


def mediation(
    data: Any,
    *,
    mediator: str,
    outcome: str,
    alliance_sessions: Sequence[int],
    mediator_session: int,
    outcome_session: int,
    score: str | None = None,
    scale: str = "total",
    client: str | None = None,
    session: str | None = None,
    rater: str | None = None,
    adjust_at: int | None = None,
    resamples: int = 1000,
    seed: int = 1,
    session_order: Sequence[Any] | None = None,
    keep: Keep = "recoded",
) -> Recipe:
    """Export alliance, mediator and outcome of three times for a path model of clients in lavaan.

    Parameters
    ----------
    data : frame, Scores, StudyScores or Study
        One row per client and session. Of a study, mediator and outcome are scales or outcomes of
        :meth:`alliance.Study.with_outcome`.
    mediator, outcome : str
        Columns, scales or outcomes; they may be the same measure at two times.
    alliance_sessions : sequence of int
        Session numbers over which the alliance is averaged, those a client has.
    mediator_session, outcome_session : int
        Session numbers of mediator and outcome: after the alliance, and in this order.
    score : str, optional
        Column of a frame with the alliance.
    scale : str
        Scale of scores or of a study.
    client, session : str, optional
        Id columns of a frame.
    rater : str, optional
        Whose scores, of a study.
    adjust_at : int, optional
        Session, not after the first of the alliance, whose mediator and outcome are held constant.
    resamples, seed : int
        Bootstrap samples (100 to 100000) and the seed of R.
    session_order : sequence, optional
        All session labels in their order, where they are neither numbers nor dates.
    keep : {"recoded", "as-given"}
        Client ids: numbered from 1, or as they are.

    Returns
    -------
    Recipe
        R script for lavaan. One row per client.

    Raises
    ------
    AllianceError
        ``invalid-option`` unless alliance, mediator and outcome follow each other; ``duplicate-form``;
        ``missing-column``; ``missing-id``.

    Notes
    -----
    mediator = a alliance, outcome = b mediator + direct alliance; indirect = a b, total = direct + a b. Whole clients
    are drawn: rows of sessions are not independent. Clients of one therapist are not either, which is left out.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> sessions = pl.DataFrame({"case": [1] * 3 + [2] * 3, "visit": [1, 2, 3] * 2,
    ...                          "wai": [4.0, 4.5, 5.0, 3.0, None, 3.5],
    ...                          "homework": [1, 2, 3, 1, 1, 1], "phq": [15, 14, 11, 19, 18, 18]})
    >>> recipe = al.export.mediation(sessions, score="wai", mediator="homework", outcome="phq", client="case",
    ...     session="visit", alliance_sessions=[1], mediator_session=2, outcome_session=3)
    >>> recipe.data.columns
    ['client', 'alliance_1', 'mediator', 'outcome']
    """
    early = session_numbers("alliance_sessions", alliance_sessions)
    times = session_numbers("mediator_session, outcome_session", [mediator_session, outcome_session])
    if not max(early) < times[0] < times[1]:
        problem = "alliance_sessions, mediator_session, outcome_session: one after the other, in this order"
        raise from_code("invalid-option", problem)
    if adjust_at is not None and session_numbers("adjust_at", [adjust_at])[0] > min(early):
        raise from_code("invalid-option", "adjust_at: a session not after the first of `alliance_sessions`")
    if not LEAST_SAMPLES <= whole("resamples", resamples) <= MOST_SAMPLES:
        raise from_code("invalid-option", f"resamples: give {LEAST_SAMPLES} to {MOST_SAMPLES}")
    if whole("seed", seed) >= 2**31:
        raise from_code("invalid-option", "seed: R takes seeds below 2147483648")
    ids = {"client": client, "session": session, "therapist": None, "rater": rater}
    # Mediator and outcome may be one measure at two times.
    measures = {"alliance": measure_of(data, score, scale, PURPOSE), "mediator": mediator}
    measures |= {} if outcome == mediator else {"outcome": outcome}
    panel = panel_of(read_parts(data, measures, purpose=PURPOSE, **ids), purpose=PURPOSE, session_order=session_order)
    last = "mediator" if outcome == mediator else "outcome"
    cells = {f"alliance_{number}": ("alliance", number) for number in early}
    if adjust_at is not None:
        cells["mediator_before"] = ("mediator", adjust_at)
        cells |= {} if outcome == mediator else {"outcome_before": (last, adjust_at)}
    cells |= {"mediator": ("mediator", times[0]), "outcome": (last, times[1])}
    wide = spread(panel, cells, keep)
    covariates = "".join(f" + {name}" for name in cells if name.endswith("_before"))
    places = {
        "read": read_call("mediation", "R", () if keep == "recoded" else wide.kept),
        "alliance": vector(name for name in cells if name.startswith("alliance_")),
        "covariates": covariates,
        "resamples": str(resamples),
        "seed": str(seed),
    }
    when = f"Mean alliance of sessions {', '.join(map(str, early))}, mediator of {times[0]}, outcome of {times[1]}"
    notes = [f"{when}; {resamples} bootstrap samples, seed {seed}."]
    if adjust_at is None:
        notes.append("Mediator and outcome at the start are not held constant; say why, or give `adjust_at`.")
    notes += panel.remarks(*measures)
    return make_recipe("mediation", "R", fill("mediation.R", places), panel, wide.columns, kept=wide.kept, notes=notes)
