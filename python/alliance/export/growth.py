"""Growth of a score over sessions, by a mixed model in nlme."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from alliance.arguments import choice
from alliance.errors import from_code
from alliance.export.panel import Keep, measure_of, panel_of, read_parts
from alliance.export.recipe import Recipe, make_recipe
from alliance.export.scripts import fill, read_call

__all__ = ["growth"]

PURPOSE = "growth model"


def growth(
    data: Any,
    *,
    score: str | None = None,
    scale: str = "total",
    client: str | None = None,
    session: str | None = None,
    therapist: str | None = None,
    rater: str | None = None,
    slope: Literal["random", "fixed"] = "random",
    time: Literal["session", "log-session"] | tuple[str, int] = "session",
    residuals: Literal["ar1", "independent"] = "ar1",
    session_order: Sequence[Any] | None = None,
    keep: Keep = "recoded",
) -> Recipe:
    """Export a score for a growth model with autocorrelated residuals in nlme.

    Parameters
    ----------
    data : frame, Scores, StudyScores or Study
        One row per client and session.
    score : str, optional
        Column of a frame.
    scale : str
        Scale of scores or of a study.
    client, session, therapist : str, optional
        Id columns of a frame. With a therapist, a client with two therapists is two.
    rater : str, optional
        Whose scores, of a study.
    slope : {"random", "fixed"}
        Whether clients differ in how they change, or only in where they start.
    time : {"session", "log-session"} or ("piecewise", session)
        Session number less 1; its logarithm, for change that slows down; or two lines that meet at a session.
    residuals : {"ar1", "independent"}
        Whether sessions next to each other are alike beyond the client's line. Sessions that are not there count: two
        sessions with one missing between them are two apart.
    session_order : sequence, optional
        All session labels in their order, where they are neither numbers nor dates.
    keep : {"recoded", "as-given"}
        Client ids: numbered from 1, or as they are.

    Returns
    -------
    Recipe
        R script for nlme. One row per client and session.

    Raises
    ------
    AllianceError
        ``invalid-option``; ``duplicate-form``; ``missing-column``; ``missing-id``.

    Notes
    -----
    y_jt = (g0 + u0_j) + (g1 + u1_j) time_t + e_jt, with cor(e_jt, e_js) = phi^|t - s|; REML.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> sessions = pl.DataFrame({"case": ["x", "x", "y"], "visit": [1, 2, 1], "wai": [4.0, 4.5, 5.0]})
    >>> recipe = al.export.growth(sessions, score="wai", client="case", session="visit", time=("piecewise", 4))
    >>> recipe.data.columns
    ['client', 'session', 'score']
    """
    choice("slope", slope, ("random", "fixed"))
    choice("residuals", residuals, ("ar1", "independent"))
    ids = {"client": client, "session": session, "therapist": therapist, "rater": rater}
    parts = read_parts(data, {"score": measure_of(data, score, scale, PURPOSE)}, purpose=PURPOSE, **ids)
    panel = panel_of(parts, purpose=PURPOSE, session_order=session_order)
    kept = panel.ids(keep)
    coded, terms, note = _time(time, panel.session.min(initial=1))
    is_autocorrelated = residuals == "ar1"
    places = {
        "read": read_call("growth", "R", () if keep == "recoded" else kept),
        "time": coded,
        "fixed": terms,
        "random": terms if slope == "random" else "1",
        "correlation": " correlation = corAR1(form = ~ session | client)," if is_autocorrelated else "",
        "phi": _PHI if is_autocorrelated else "",
    }
    exported = {
        "session": ("session number", panel.session),
        "score": (panel.described["score"], panel.values["score"]),
    }
    notes = [note, _RESIDUALS[residuals], _SLOPES[slope], *panel.remarks("score")]
    return make_recipe("growth", "R", fill("growth.R", places), panel, exported, kept=kept, notes=notes)


_PHI = (
    'cat("Autocorrelation of neighbouring sessions", coef(fit$modelStruct$corStruct, unconstrained = FALSE), "\\n")\n'
)
_RESIDUALS = {
    "ar1": "Residuals of a client are autocorrelated, phi to the number of sessions between them.",
    "independent": "Residuals are independent.",
}
_SLOPES = {
    "random": "Clients differ in intercept and slope.",
    "fixed": "Clients differ in intercept only.",
}


def _time(time: Any, first: int) -> tuple[str, str, str]:
    """Give the lines that make the time variables, the terms of the model, and what they mean."""
    if time == "session":
        return "data$time <- data$session - 1", "time", "Time is the session number less 1: the intercept is session 1."
    if time == "log-session":
        if first < 1:
            raise from_code("invalid-option", "time: the logarithm needs session numbers from 1")
        return (
            "data$time <- log(data$session)",
            "time",
            "Time is the logarithm of the session: the intercept is session 1.",
        )
    if isinstance(time, tuple) and len(time) == 2 and time[0] == "piecewise":
        turn = time[1]
        if isinstance(turn, int) and not isinstance(turn, bool) and turn > 1:
            lines = f"data$early <- pmin(data$session, {turn}) - 1\ndata$late <- pmax(data$session - {turn}, 0)"
            return (
                lines,
                "early + late",
                f"Two lines meet at session {turn}; early counts from session 1, late from there.",
            )
    raise from_code("invalid-option", 'time: choose `session`, `log-session` or ("piecewise", session after the first)')
