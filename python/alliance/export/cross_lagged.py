"""Cross-lagged effects within clients, by a random-intercept panel model in lavaan."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, Literal

from alliance.arguments import choice
from alliance.errors import from_code
from alliance.export.panel import Keep, measure_of, panel_of, read_parts
from alliance.export.recipe import Recipe, make_recipe
from alliance.export.scripts import fill, read_call
from alliance.export.wide import session_numbers, spread

__all__ = ["cross_lagged"]

LEAST_WAVES = 3
FEW_CLIENTS = 100
PURPOSE = "cross-lagged model"


def cross_lagged(
    data: Any,
    *,
    outcome: str,
    score: str | None = None,
    scale: str = "total",
    client: str | None = None,
    session: str | None = None,
    rater: str | None = None,
    waves: Sequence[int] | None = None,
    lagged: Literal["equal-over-waves", "free"] = "equal-over-waves",
    session_order: Sequence[Any] | None = None,
    keep: Keep = "recoded",
) -> Recipe:
    """Export alliance and outcome for a random-intercept cross-lagged panel model in lavaan.

    Parameters
    ----------
    data : frame, Scores, StudyScores or Study
        One row per client and session. Of a study, the outcome is one of :meth:`alliance.Study.with_outcome`.
    outcome : str
        Column, further scale, or outcome of the study.
    score : str, optional
        Column of a frame with the alliance.
    scale : str
        Scale of scores or of a study.
    client, session : str, optional
        Id columns of a frame.
    rater : str, optional
        Whose scores, of a study.
    waves : sequence of int, optional
        Session numbers that are the waves, rising and equally far apart; by default every session number there is. Give
        few: each further wave adds means and paths, and clients who left have none of the late ones.
    lagged : {"equal-over-waves", "free"}
        Whether lagged effects, and variances and covariance of what is new in a wave, are the same in all waves.
    session_order : sequence, optional
        All session labels in their order, where they are neither numbers nor dates.
    keep : {"recoded", "as-given"}
        Client ids: numbered from 1, or as they are.

    Returns
    -------
    Recipe
        R script for lavaan. One row per client, ``alliance_<session>`` and ``outcome_<session>`` columns.

    Raises
    ------
    AllianceError
        ``invalid-option`` for fewer than three waves, or waves that are not equally far apart; ``duplicate-form``;
        ``missing-column``; ``missing-id``.

    Notes
    -----
    y_t = mean_t + stable part of the client + w_t, and w_t = a w_{t-1} + c x_{t-1} + new, for both measures (Hamaker,
    Kuiper & Grasman 2015). Without the stable part, differences between clients pass for effects within them. If the
    outcome was taken before the session and the alliance after it, what stands in one wave is not quite simultaneous,
    while the lagged effect of the alliance on the outcome reaches from one session to the next.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> sessions = pl.DataFrame({"case": [1] * 3 + [2] * 3, "visit": [1, 2, 3] * 2,
    ...                          "wai": [4.0, 4.5, 5.0, 3.0, None, 3.5], "phq": [15, 14, 11, 19, 18, 18]})
    >>> recipe = al.export.cross_lagged(sessions, score="wai", outcome="phq", client="case", session="visit")
    >>> recipe.data.columns[:4]
    ['client', 'alliance_1', 'alliance_2', 'alliance_3']
    """
    choice("lagged", lagged, ("equal-over-waves", "free"))
    named = {"alliance": measure_of(data, score, scale, PURPOSE), "outcome": outcome}
    ids = {"client": client, "session": session, "therapist": None, "rater": rater}
    panel = panel_of(read_parts(data, named, purpose=PURPOSE, **ids), purpose=PURPOSE, session_order=session_order)
    there = sorted({number for number in panel.session.tolist() if number >= 0})
    numbers = there if waves is None else _waves(waves, there)
    if len(numbers) < LEAST_WAVES:
        raise from_code("invalid-option", f"waves: the stable part needs at least {LEAST_WAVES} waves")
    if len({later - earlier for earlier, later in itertools.pairwise(numbers)}) > 1:
        raise from_code("invalid-option", "waves: sessions are not equally far apart; name those that are with `waves`")
    cells = {f"{name}_{number}": (name, number) for name in named for number in numbers}
    wide = spread(panel, cells, keep)
    places = _model(numbers, is_equal=lagged == "equal-over-waves")
    places["read"] = read_call("cross-lagged", "R", () if keep == "recoded" else wide.kept)
    notes = [*_notes(len(wide), numbers, lagged), *panel.remarks(*named)]
    body = fill("cross-lagged.R", places)
    return make_recipe("cross-lagged", "R", body, panel, wide.columns, kept=wide.kept, notes=notes)


def _waves(given: Any, there: Sequence[int]) -> list[int]:
    """Check the waves that were asked for."""
    numbers = session_numbers("waves", given)
    missing = [number for number in numbers if number not in there]
    if missing or numbers != sorted(set(numbers)):
        raise from_code("invalid-option", "waves: give session numbers that are there, rising")
    return numbers


def _model(waves: Sequence[int], *, is_equal: bool) -> dict[str, str]:
    """Write the parts of the model."""
    names = ("alliance", "outcome")
    other = {"alliance": "outcome", "outcome": "alliance"}
    parts, lagged, together, means = [], [], [], []
    stable = [f"stable_{name} =~ " + " + ".join(f"1*{name}_{wave}" for wave in waves) for name in names]
    stable += [f"stable_{name} ~~ stable_variance_{name}*stable_{name}" for name in names]
    stable.append("stable_alliance ~~ stable_covariance*stable_outcome")
    for name in names:
        parts += [f"within_{name}_{wave} =~ 1*{name}_{wave}" for wave in waves]
        parts += [f"{name}_{wave} ~~ 0*{name}_{wave}" for wave in waves]
        means.append("\n".join(f"{name}_{wave} ~ 1" for wave in waves))
    for place, wave in enumerate(waves):
        at, sort = ("", "first") if place == 0 else ("" if is_equal else f"_{wave}", "new")
        together += [f"within_{name}_{wave} ~~ {sort}_variance_{name}{at}*within_{name}_{wave}" for name in names]
        together.append(f"within_alliance_{wave} ~~ {sort}_covariance{at}*within_outcome_{wave}")
        if place > 0:
            before = waves[place - 1]
            lagged += [
                f"within_{name}_{wave} ~ a_{name}{at}*within_{name}_{before} + "
                f"c_{other[name]}_{name}{at}*within_{other[name]}_{before}"
                for name in names
            ]
    written = {"intercepts": stable, "parts": parts, "lagged": lagged, "together": together, "means": means}
    return {place: "\n".join(lines) for place, lines in written.items()}


def _notes(clients: int, waves: Sequence[int], lagged: str) -> list[str]:
    same = "the same in all waves" if lagged == "equal-over-waves" else "free in every wave"
    notes = [f"{len(waves)} waves; lagged effects, and variances and covariance of what is new in a wave, are {same}."]
    if clients < FEW_CLIENTS:
        notes.append(f"{clients} clients are few: such models are usually fitted to {FEW_CLIENTS} and more.")
    return notes
