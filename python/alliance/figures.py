"""Figures: colour-blind safe, gaps visible, nothing that is not data."""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from alliance.errors import from_code
from alliance.instruments import all_parallel

if TYPE_CHECKING:
    from alliance.study import StudyScores

# Okabe and Ito's palette: told apart with every common colour vision.
_STYLES = (
    {"color": "#0072B2", "marker": "o"},
    {"color": "#D55E00", "marker": "s"},
    {"color": "#009E73", "marker": "^"},
    {"color": "#CC79A7", "marker": "D"},
)
_PANELS_PER_ROW = 4
_MOST_PANELS = 12


def trajectories(scores: StudyScores, scale: str, clients: Sequence[Any] | None) -> Any:
    """Draw one panel per client with a line per rater; a session without a score breaks the line."""
    comparable = all_parallel(scores.instruments, scale)
    drawn = {rater: each if comparable else each.in_metric("pomp") for rater, each in scores.items()}
    series = {rater: _series(each, scale, scores._client, scores._session) for rater, each in drawn.items()}
    everyone = sorted({client for by_client in series.values() for client in by_client}, key=str)
    chosen = list(clients) if clients is not None else everyone[:_MOST_PANELS]
    if not chosen or any(client not in everyone for client in chosen):
        raise from_code("invalid-option", "clients: name clients of the study, at least one")
    columns = min(len(chosen), _PANELS_PER_ROW)
    rows = -(-len(chosen) // columns)
    figure = _notebook_figure()(figsize=(2.4 * columns + 0.6, 1.7 * rows + 0.7), layout="constrained")
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for panel, client in zip(panels.flat, chosen, strict=False):
        for (_, by_client), style in zip(series.items(), _STYLES, strict=False):
            sessions, values = by_client.get(client, ([], []))
            panel.plot(sessions, values, linewidth=1.3, markersize=3.5, markeredgewidth=0, **style)
        panel.set_title(str(client), fontsize=8, loc="left")
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=7)
    panels.flat[0].xaxis.get_major_locator().set_params(integer=True)
    panels.flat[0].set_ylim(*_limits(next(iter(drawn.values())), scale))
    for panel in panels.flat[len(chosen) :]:
        panel.set_visible(False)
    for rater, style in zip(series, _STYLES, strict=False):
        panels.flat[0].plot([], [], label=f"{rater} ({scores[rater].instrument.id})", linewidth=1.3, **style)
    figure.legend(loc="outside upper left", ncols=len(series), frameon=False, fontsize=8)
    figure.supxlabel("session", fontsize=8)
    unit = {"mean": "item mean", "sum": "sum", "pomp": "% of maximum possible"}[next(iter(drawn.values())).metric]
    figure.supylabel(f"{scale}, {unit}", fontsize=8)
    return figure


@functools.cache
def _notebook_figure() -> Any:
    """Give a figure class that a notebook shows by itself, without pyplot and its global state."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise from_code("missing-extra", "figures need matplotlib; install `alliance[plot]`") from None

    class NotebookFigure(Figure):
        def _repr_png_(self) -> bytes:
            image = io.BytesIO()
            self.savefig(image, format="png", dpi=110)
            return image.getvalue()

    return NotebookFigure


def _limits(scores: Any, scale: str) -> tuple[float, float]:
    """Give the possible scores with a little room, so that a figure does not exaggerate small changes."""
    low, high = scores.instrument.range
    if scores.metric == "pomp":
        low, high = 0.0, 100.0
    elif scores.metric == "sum":
        items = len(scores.instrument.scales[scale])
        low, high = low * items, high * items
    return _with_room(low, high)


def _with_room(low: float, high: float) -> tuple[float, float]:
    room = 0.03 * (high - low)
    return low - room, high + room


def _series(scores: Any, scale: str, client: str, session: str) -> dict[Any, tuple[list[Any], list[float]]]:
    """Give sessions and scores of each client, with a gap where a session number was left out."""
    from alliance._frames import Frame, cells

    ids = Frame(scores._ids)
    labels = cells(ids, session)
    if not all(isinstance(label, int | float) for label in labels):
        raise from_code("invalid-option", "figures need numbered sessions, so that their order is known")
    points: dict[Any, dict[int, float]] = {}
    for who, when, value in zip(cells(ids, client), labels, scores[scale].tolist(), strict=True):
        points.setdefault(who, {})[int(when)] = value
    gap = float("nan")
    return {
        who: (whole := list(range(min(known), max(known) + 1)), [known.get(number, gap) for number in whole])
        for who, known in points.items()
    }


_MOST_LINES = 200


def courses_of_clusters(shapes: Any) -> Any:
    """Draw one panel per cluster: the mean course, and thin lines for up to 200 clients."""
    import numpy as np

    offsets, courses = shapes._found.offsets(), shapes._found.courses()
    scores = np.empty(offsets[-1])
    shapes._found.fill_scores(scores)
    members: list[list[int]] = [[] for _ in courses]
    for dyad, client in enumerate(shapes._found.clients()):
        if client[6] is not None:
            members[client[6]].append(dyad)
    columns = min(len(courses), _PANELS_PER_ROW)
    rows = -(-len(courses) // columns)
    figure = _notebook_figure()(figsize=(2.6 * columns + 0.8, 2.2 * rows + 0.5), layout="constrained")
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for number, (panel, own, (mean, observed)) in enumerate(zip(panels.flat, members, courses, strict=False), 1):
        last = shapes._first_sessions or max((place for place, count in enumerate(observed, 1) if count), default=0)
        for dyad in own[:_MOST_LINES]:
            course = scores[offsets[dyad] : offsets[dyad + 1]][:last]
            panel.plot(range(1, len(course) + 1), course, color="0.6", linewidth=0.5, alpha=0.6)
        # The dots show sessions between two gaps, which no line reaches.
        panel.plot(
            range(1, last + 1), mean[:last], color=_STYLES[0]["color"], linewidth=2.2, marker="o", markersize=2.2
        )
        shown = f"{_MOST_LINES} of {len(own)}" if len(own) > _MOST_LINES else str(len(own))
        panel.set_title(f"cluster {number}, {shown} {'dyad' if shown == '1' else 'dyads'}", fontsize=8, loc="left")
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=7)
    for panel in panels.flat[len(courses) :]:
        panel.set_visible(False)
    panels.flat[0].xaxis.get_major_locator().set_params(integer=True)
    panels.flat[0].set_ylim(*_limits(shapes._run.chosen.in_metric("mean"), shapes.scale))
    figure.supxlabel("session, counted from each client's first", fontsize=8)
    figure.supylabel(f"{shapes.scale}, item mean", fontsize=8)
    return figure
