"""Figures of syntheses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alliance.figures import _STYLES, _notebook_figure

if TYPE_CHECKING:
    from alliance.meta_analysis import MetaAnalysis

_MOST_LABELLED = 120


def forest(found: MetaAnalysis) -> Any:
    """Draw each study's correlation and interval, and below them the mean with its two intervals."""
    asked = found._asked
    low, high, weight, _ = asked.numbers
    places = [place for place in range(len(asked.labels)) if weight[place] > 0]
    count = len(places)
    summary = found.correlation is not None
    rows = count + (2 if summary else 0)
    figure = _notebook_figure()(figsize=(6.4, min(0.21 * rows + 0.9, 40)), layout="constrained")
    panel = figure.subplots()
    colour, accent = _STYLES[0]["color"], _STYLES[1]["color"]
    heaviest = max((weight[place] for place in places), default=1.0)
    panel.axvline(0, color="0.6", linewidth=0.8)
    if summary and found.correlation is not None and found.correlation.value == found.correlation.value:
        panel.axvline(found.correlation.value, color=accent, linewidth=0.8, linestyle=(0, (4, 3)))
    right = []
    for line, place in enumerate(places):
        panel.hlines(line, low[place], high[place], color=colour, linewidth=1.1)
        size = 8 + 62 * weight[place] / heaviest
        panel.scatter(asked.r[place], line, s=size, color=colour, marker="s", linewidths=0, zorder=3)
        right.append(f"{_two(asked.r[place])} {_ends(low[place], high[place])} {weight[place]:5.1f} %")
    labels = [_short(asked.labels[place]) for place in places]
    if summary and found.correlation is not None:
        mean = found.correlation
        if mean.low == mean.low:
            ends = [mean.low, mean.value, mean.high, mean.value]
            panel.fill(
                ends, [count + 0.4, count + 0.12, count + 0.4, count + 0.68], color=accent, linewidth=0, zorder=3
            )
            right.append(f"{_two(mean.value)} {_ends(mean.low, mean.high)} 100.0 %")
        else:
            right.append("")
        labels.append("mean")
        labels.append(f"a further study, {found._quantile}" if found.prediction is not None else "")
        if found.prediction is not None:
            panel.hlines(count + 1.4, *found.prediction, color=accent, linewidth=3)
            right.append(f"      {_ends(*found.prediction)}        ")
        else:
            right.append("")
    ticks = [*range(count), *((count + 0.4, count + 1.4) if summary else ())]
    panel.set_ylim(rows + 0.1, -0.8)
    shown = count <= _MOST_LABELLED
    panel.set_yticks(ticks if shown else [], labels if shown else [], fontsize=7)
    panel.set_xlabel("correlation", fontsize=8)
    panel.spines[["top", "right", "left"]].set_visible(False)
    panel.tick_params(labelsize=7, left=False)
    if shown:
        values = panel.secondary_yaxis("right")
        values.set_yticks(ticks, right, fontsize=7, family="monospace")
        values.tick_params(right=False)
        values.spines["right"].set_visible(False)
    panel.set_title(f"{found._line}{_spread(found)}", fontsize=8, loc="left")
    return figure


def _spread(found: MetaAnalysis) -> str:
    if found.i_squared is not None and found.i_squared.value == found.i_squared.value:
        return f"; I² {found.i_squared.value:.0f} %, Q = {found.q:.1f} (df {found.q_degrees:g})"
    if found.clusters:
        between, within = found.i_squared_levels
        return f"; I² {between:.0f} % between and {within:.0f} % within clusters"
    return ""


def _two(number: float) -> str:
    """Give two decimals in five places, and no -0.00."""
    return f"{round(number, 2) + 0.0:5.2f}"


def _ends(low: float, high: float) -> str:
    return f"[{_two(low)}, {_two(high)}]"


def _short(label: Any, most: int = 34) -> str:
    text = str(label)
    return text if len(text) <= most else f"{text[: most - 1]}…"
