"""Figures of outcome and dropout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alliance.figures import _STYLES, _notebook_figure

if TYPE_CHECKING:
    from alliance.retention import Retention
    from alliance.within_between import WithinBetween

_EFFECTS = ("within", "between", "contextual", "between_at_true_levels", "therapist")


def effects(found: WithinBetween) -> Any:
    """Draw effects with their intervals, the trend kept and taken out."""
    models = [("trend kept", found.kept, _STYLES[0]), ("trend removed", found.detrended, _STYLES[1])]
    names = [name for name in _EFFECTS if name in found.kept._named]
    figure = _notebook_figure()(figsize=(5.4, 0.45 * len(names) + 1.0), layout="constrained")
    panel = figure.subplots()
    panel.axvline(0, color="0.6", linewidth=0.8)
    for nth, (label, model, style) in enumerate(models):
        shift = 0.14 * (2 * nth - len(models) + 1)
        known = [(place, model._named[name]) for place, name in enumerate(names) if name in model._named]
        known = [(place, each) for place, each in known if each.value == each.value]
        places = [place + shift for place, _ in known]
        panel.hlines(places, [each.low for _, each in known], [each.high for _, each in known], color=style["color"])
        panel.plot([each.value for _, each in known], places, linestyle="none", markersize=5, label=label, **style)
    panel.set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
    panel.set_ylim(len(names) - 0.5, -0.5)
    panel.set_xlabel(f"points of {found.outcome} per point of {found.score}", fontsize=8)
    panel.spines[["top", "right", "left"]].set_visible(False)
    panel.tick_params(labelsize=7.5, left=False)
    figure.legend(loc="outside upper left", ncols=2, frameon=False, fontsize=8)
    return figure


def retention_curves(found: Retention) -> Any:
    """Draw shares over time as steps, with the number at risk below."""
    import numpy as np

    known = [times[~np.isnan(times)] for times in found._times]
    last = max((float(times.max()) for times in known if len(times)), default=1.0)
    rows = len(known)
    figure = _notebook_figure()(figsize=(5.8, 3.1 + 0.22 * rows), layout="constrained")
    panel, below = figure.subplots(2, 1, sharex=True, height_ratios=[3.0, 0.3 + 0.25 * rows])
    if found.by is None:
        lines = [("remaining", _STYLES[0], 1.0), ("dropout", _STYLES[1], 0.0), ("planned", _STYLES[2], 0.0)]
        drawn = lines if found.planned else lines[:1]
        labels = {"remaining": "remaining", "dropout": "dropped out", "planned": "ended as planned"}
        for name, style, start in drawn:
            _steps(panel, found._curves[0], name, start, last, style["color"], labels[name])
        panel.set_ylabel("share of clients", fontsize=8)
    else:
        for place, (group, curve) in enumerate(zip(found.groups, found._curves, strict=True)):
            _steps(panel, curve, "dropout", 0.0, last, _STYLES[place % len(_STYLES)]["color"], group)
        panel.set_ylabel("share that dropped out", fontsize=8)
    panel.set_ylim(-0.02, 1.02)
    panel.set_xlim(0, last * 1.02)
    if panel.get_legend_handles_labels()[0]:
        figure.legend(loc="outside upper left", ncols=4, frameon=False, fontsize=8)
    ticks = [tick for tick in panel.get_xticks() if 0 <= tick <= last]
    for row, times in enumerate(known):
        for tick in ticks:
            below.text(tick, row, str(int(np.sum(times >= tick))), ha="center", va="center", fontsize=7)
    below.set_ylim(rows - 0.5, -0.5)
    below.set_yticks(range(rows), [group or "all" for group in found.groups])
    below.set_title("at risk", fontsize=7.5, loc="left", color="0.35")
    below.set_xticks(ticks)
    panel.set_xlabel(found.time, fontsize=8)
    panel.tick_params(labelsize=7, labelbottom=True)
    below.tick_params(labelsize=7, length=0, labelbottom=False)
    below.tick_params(axis="y", pad=14)
    panel.spines[["top", "right"]].set_visible(False)
    below.spines[["top", "right", "left", "bottom"]].set_visible(False)
    return figure


def _steps(panel: Any, curve: Any, name: str, start: float, last: float, color: str, label: str) -> None:
    """Draw one share and its interval, from before the first end to the last client followed."""
    import numpy as np

    times = np.concatenate([[0.0], curve["time"], [last]])

    def whole(values: Any, first: float) -> Any:
        known = np.concatenate([[first], values])
        return np.concatenate([known, known[-1:]])

    panel.plot(times, whole(curve[name], start), drawstyle="steps-post", color=color, linewidth=1.6, label=label)
    low, high = whole(curve[f"{name}_low"], start), whole(curve[f"{name}_high"], start)
    panel.fill_between(times, low, high, step="post", color=color, alpha=0.15, linewidth=0)
