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


def episodes_of_client(report: Any, client: Any) -> Any:
    """Draw one client's trajectory with the rule's reference and limit; episodes are shaded."""
    from alliance._frames import Frame, cells

    column = report._run.by_dyad[0]
    sessions, episodes = Frame(report.sessions), Frame(report.episodes)
    mine = [who == client for who in cells(sessions, column)]
    if not any(mine):
        raise from_code("invalid-option", "client: there is no such client in this report")

    def of(frame: Frame, name: str, chosen: list[bool]) -> list[Any]:
        return [value for value, keep in zip(cells(frame, name), chosen, strict=True) if keep]

    labels = of(sessions, "session", mine)
    places = list(range(len(labels)))
    place_of = {label: place for place, label in enumerate(labels)}
    figure = _notebook_figure()(figsize=(6.4, 2.9), layout="constrained")
    panel = figure.subplots()
    theirs = [who == client for who in cells(episodes, column)]
    spans = zip(of(episodes, "onset", theirs), of(episodes, "length", theirs), strict=True)
    for onset, length in spans:
        start = place_of[onset]
        panel.axvspan(start - 0.5, start + length - 0.5, color="#E69F00", alpha=0.25, linewidth=0)
    gap = float("nan")
    for name, style in (
        ("reference", {"color": "0.35", "linewidth": 0.9, "drawstyle": "steps-mid"}),
        ("limit", {"color": "0.35", "linewidth": 0.9, "linestyle": (0, (4, 3)), "drawstyle": "steps-mid"}),
        ("score", {"color": "#0072B2", "linewidth": 1.4, "marker": "o", "markersize": 4}),
    ):
        values = [gap if value is None else value for value in of(sessions, name, mine)]
        if any(value == value for value in values):
            panel.plot(places, values, label=name, **style)
    flagged = [place for place, flag in zip(places, of(sessions, "flagged", mine), strict=True) if flag]
    if flagged:
        ring = {"linestyle": "none", "marker": "o", "markersize": 8, "markerfacecolor": "none", "color": "#D55E00"}
        panel.plot(flagged, [values[place] for place in flagged], label="flagged", **ring)
    panel.set_xticks(places, [str(label) for label in labels], fontsize=7)
    panel.tick_params(labelsize=7)
    panel.spines[["top", "right"]].set_visible(False)
    panel.set_xlabel("session", fontsize=8)
    panel.set_ylabel(report._axis, fontsize=8)
    if report._run.limits is not None:
        panel.set_ylim(*_with_room(*report._run.limits))
    figure.legend(loc="outside upper left", ncols=4, frameon=False, fontsize=8, reverse=True)
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
