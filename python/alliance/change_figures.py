"""Figures of change: before against after, slopes, a course with its drops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alliance.errors import from_code
from alliance.figures import _notebook_figure
from alliance.reliable_change import CLASSES

if TYPE_CHECKING:
    from alliance.growth_change import GrowthChange
    from alliance.reliable_change import ReliableChange
    from alliance.session_drops import SessionDrops

# Okabe and Ito's colours, with a shape each: recovered, improved, unchanged, deteriorated.
_MARKS: tuple[dict[str, Any], ...] = (
    {"color": "#009E73", "marker": "D"},
    {"color": "#0072B2", "marker": "^"},
    {"color": "0.55", "marker": "o"},
    {"color": "#D55E00", "marker": "v"},
)


def before_and_after(found: ReliableChange) -> Any:
    """Draw scores after against scores before, with the band of no reliable change."""
    import numpy as np

    columns = found._columns
    before, after = columns["before"], columns["after"]
    figure = _notebook_figure()(figsize=(4.6, 4.4), layout="constrained")
    panel = figure.subplots()
    ends = _ends(before, after)
    # The ends of the band lie on two lines, which two clients fix.
    known = np.flatnonzero(~np.isnan(before) & ~np.isnan(columns["low"]))
    if len(known):
        lowest, highest = known[before[known].argmin()], known[before[known].argmax()]
        sides = [_line(before[[lowest, highest]], columns[name][[lowest, highest]], ends) for name in ("low", "high")]
        panel.fill_between(ends, *sides, color="0.9", linewidth=0, label="no reliable change")
    panel.plot(ends, ends, color="0.5", linewidth=0.8)
    for place, (word, mark) in enumerate(zip(CLASSES, _MARKS, strict=True)):
        rows = columns["class"] == place
        if rows.any():
            label = f"{word} ({int(rows.sum())})"
            panel.plot(before[rows], after[rows], linestyle="none", markersize=4, alpha=0.75, label=label, **mark)
    if found.cutoffs is not None:
        panel.axhline(found.cutoff, color="0.4", linewidth=0.8, linestyle=(0, (4, 3)))
        panel.axvline(found.cutoff, color="0.4", linewidth=0.8, linestyle=(0, (4, 3)))
    panel.set_xlim(*ends)
    panel.set_ylim(*ends)
    panel.set_aspect("equal")
    panel.set_xlabel("score before", fontsize=8)
    panel.set_ylabel("score after", fontsize=8)
    panel.set_title(found.name, fontsize=8, loc="left")
    _finish(panel)
    _legend(figure, "outside lower left", 3)
    return figure


def slopes(found: GrowthChange) -> Any:
    """Draw all clients' slopes with their intervals, lowest first."""
    import numpy as np

    columns = found._columns
    known = np.flatnonzero(~np.isnan(columns["slope"]))
    order = known[np.argsort(columns["slope"][known], kind="stable")]
    figure = _notebook_figure()(figsize=(4.8, 3.6), layout="constrained")
    panel = figure.subplots()
    panel.axhline(0, color="0.6", linewidth=0.8)
    if found.average_slope.value == found.average_slope.value:
        panel.axhline(
            found.average_slope.value, color="0.3", linewidth=0.8, linestyle=(0, (4, 3)), label="average client"
        )
    places = np.arange(len(order))
    reach = found.critical_value * columns["standard_error"][order]
    for place, (word, mark) in enumerate(zip(CLASSES, _MARKS, strict=True)):
        rows = columns["class"][order] == place
        if rows.any():
            middle = columns["slope"][order][rows]
            panel.vlines(places[rows], middle - reach[rows], middle + reach[rows], color=mark["color"], linewidth=0.7)
            label = f"{word} ({int(rows.sum())})"
            panel.plot(places[rows], middle, linestyle="none", markersize=3, label=label, **mark)
    panel.set_xticks([])
    panel.set_xlabel("clients, lowest slope first", fontsize=8)
    panel.set_ylabel(f"slope of {found.name} on {found._time.strip('`')}", fontsize=8)
    _finish(panel)
    _legend(figure, "outside upper left", 4)
    return figure


def course_with_drops(found: SessionDrops, client: Any) -> Any:
    """Draw one client's sessions with the reference and the threshold."""
    import numpy as np

    rows = _rows_of(found, client)
    order = rows[np.argsort(found._numbers[rows], kind="stable")]
    numbers = found._numbers[order]
    values = {
        "score": found._rows["score"][order],
        "reference": found._rows["reference"][order],
        "threshold": found._rows["threshold"][order],
    }
    flagged = found._rows["is_drop"][order] == 1
    away = -1.0 if found.higher_is_better else 1.0
    figure = _notebook_figure()(figsize=(5.2, 2.8), layout="constrained")
    panel = figure.subplots()
    limit = values["reference"] + away * values["threshold"]
    panel.fill_between(numbers, values["reference"], limit, color="0.92", linewidth=0, label="within the threshold")
    panel.plot(numbers, values["reference"], color="0.5", linewidth=0.8, label="sessions before")
    # A session number without a score breaks the line.
    every = np.arange(numbers[0], numbers[-1] + 1) if len(numbers) else numbers
    line = np.full(len(every), np.nan)
    line[numbers - (numbers[0] if len(numbers) else 0)] = values["score"]
    panel.plot(every, line, linewidth=1.3, markersize=4, color=_MARKS[1]["color"], marker="o", label="score")
    panel.plot(numbers[flagged], values["score"][flagged], linestyle="none", markersize=7, label="drop", **_MARKS[3])
    panel.xaxis.get_major_locator().set_params(integer=True)
    panel.set_xlabel("session", fontsize=8)
    panel.set_ylabel(found.name, fontsize=8)
    _finish(panel)
    _legend(figure, "outside upper left", 4)
    return figure


def _rows_of(found: SessionDrops, client: Any) -> Any:
    """Give the rows of a client's first dyad."""
    import numpy as np

    from alliance._frames import Frame
    from alliance.sources import distinct_cells

    places, labels = distinct_cells(Frame(found._ids), found._client)
    try:
        place = next(place for place, label in enumerate(labels) if label == client)
    except Exception:  # a label's own error may say what it holds, so nothing of it is kept
        raise from_code("invalid-option", "client: name a client of these sessions") from None
    rows = np.flatnonzero(places == place)
    return rows[found._dyads[rows] == found._dyads[rows[0]]]


def _line(x: Any, y: Any, ends: tuple[float, float]) -> list[float]:
    """Give a line through two points at the ends of the panel; through one, or twice the same, a level one."""
    slope = (y[1] - y[0]) / (x[1] - x[0]) if x[1] > x[0] else 0.0
    return [float(y[0] + slope * (end - x[0])) for end in ends]


def _ends(*columns: Any) -> tuple[float, float]:
    import numpy as np

    values = np.concatenate(columns)
    values = values[~np.isnan(values)]
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    room = 0.05 * (high - low) or 0.5
    return low - room, high + room


def _legend(figure: Any, place: str, columns: int) -> None:
    """Put a legend outside, if there is anything to tell apart."""
    if figure.axes[0].get_legend_handles_labels()[0]:
        figure.legend(loc=place, ncols=columns, frameon=False, fontsize=7, columnspacing=1.0, handletextpad=0.4)


def _finish(panel: Any) -> None:
    panel.spines[["top", "right"]].set_visible(False)
    panel.tick_params(labelsize=7)
