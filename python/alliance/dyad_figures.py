"""Figures of two raters: differences over means, and the response surface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alliance.figures import _STYLES, _notebook_figure

if TYPE_CHECKING:
    from alliance.congruence import Congruence
    from alliance.elevation import Elevation
    from alliance.estimate import Estimate

_BLUE, _ORANGE = _STYLES[0]["color"], _STYLES[1]["color"]
_UNITS = {"mean": "item mean", "sum": "sum", "pomp": "% of maximum possible", "score": "score"}
_GRID = 81


def bland_altman(found: Elevation) -> Any:
    """Draw each pair's difference over its mean, with mean difference, limits and slope."""
    import numpy as np

    figure = _notebook_figure()(figsize=(6.0, 3.8), layout="constrained")
    panel = figure.subplots()
    means, differences = found._points[:, ~np.isnan(found._points[1])]
    many = len(means)
    opacity = min(0.7, max(0.05, 150 / max(many, 1)))
    panel.plot(
        means,
        differences,
        linestyle="none",
        marker="o",
        markersize=3.5,
        markeredgewidth=0,
        color=_BLUE,
        alpha=opacity,
        zorder=2,
    )
    panel.axhline(0, color="0.6", linewidth=0.8, zorder=1)
    lines = (
        (found.mean_difference, "mean difference", "-"),
        (found.upper_limit, f"+ {found.multiplier:g} SD", "--"),
        (found.lower_limit, f"\N{MINUS SIGN} {found.multiplier:g} SD", "--"),
    )
    for estimate, words, style in lines:
        _line(panel, estimate, words, style)
    slope, level = found.slope_on_mean.value, found.mean_difference.value
    if many > 1 and slope == slope and level == level:
        ends = np.array([means.min(), means.max()])
        panel.plot(ends, level + slope * (ends - means.mean()), color="0.25", linewidth=1, linestyle=":", zorder=3)
    panel.set_xlabel(f"mean of {found.first} and {found.second}, {_UNITS[found.unit]}", fontsize=8)
    panel.set_ylabel(f"{found.first} \N{MINUS SIGN} {found.second}", fontsize=8)
    title = f"{found.mean_difference.units} dyads, {found.mean_difference.rows_used} sessions"
    dotted = f"; dotted: slope {slope:.2f}" if slope == slope else ""
    panel.set_title(title + dotted, fontsize=8, loc="left")
    panel.spines[["top", "right"]].set_visible(False)
    panel.tick_params(labelsize=7)
    return figure


def _line(panel: Any, estimate: Estimate, words: str, style: str) -> None:
    """Draw an estimate across the panel, its interval as a band, and its words at the right."""
    if estimate.value != estimate.value:
        return
    if estimate.low == estimate.low:
        panel.axhspan(estimate.low, estimate.high, color=_ORANGE, alpha=0.13, linewidth=0, zorder=0)
    panel.axhline(estimate.value, color=_ORANGE, linewidth=1.3, linestyle=style, zorder=3)
    panel.annotate(
        f"{words}  {estimate.value:.2f}".replace("-", "\N{MINUS SIGN}"),
        (1, estimate.value),
        xycoords=("axes fraction", "data"),
        xytext=(4, 0),
        textcoords="offset points",
        fontsize=7,
        va="center",
        annotation_clip=False,
    )


def surface(found: Congruence) -> Any:
    """Draw the surface as contours within the region that both ratings span."""
    import numpy as np

    figure = _notebook_figure()(figsize=(5.6, 4.8), layout="constrained")
    # Behind the line above, which says what to install where matplotlib is not there.
    from matplotlib.ticker import MaxNLocator

    panel = figure.subplots()
    panel.set_xlabel(f"{found.first}, {_UNITS[found.unit]}", fontsize=8)
    panel.set_ylabel(f"{found.second}, {_UNITS[found.unit]}", fontsize=8)
    panel.set_title(f"{found.outcome}, {found.a1.units} dyads; outline: where the ratings lie", fontsize=8, loc="left")
    panel.spines[["top", "right"]].set_visible(False)
    panel.tick_params(labelsize=7)
    if len(found._region) < 3 or found.a1.value != found.a1.value:
        panel.set_title(f"{found.outcome}: no surface", fontsize=8, loc="left")
        return figure
    corners = np.array(found._region)
    low, high = corners.min(), corners.max()
    room = 0.04 * (high - low)
    axis = np.linspace(low - room, high + room, _GRID)
    first, second = np.meshgrid(axis, axis)
    heights: Any = _heights(found, first, second)
    outline = panel.fill(*corners.T, facecolor="none", edgecolor="0.25", linewidth=1, zorder=3)[0]
    # Levels of what is seen: outside the outline the surface may go anywhere.
    inside = outline.get_path().contains_points(np.column_stack([first.ravel(), second.ravel()]))
    seen = heights.ravel()[inside]
    if len(seen) and seen.min() < seen.max():
        levels = MaxNLocator(9).tick_values(seen.min(), seen.max())
        filled = panel.contourf(first, second, heights, levels=levels, cmap="cividis", extend="both", zorder=1)
        lines = panel.contour(
            first, second, heights, levels=levels, colors="white", linewidths=0.5, linestyles="solid", zorder=2
        )
        for drawn in (filled, lines):
            drawn.set_clip_path(outline)
        bar = figure.colorbar(filled, ax=panel, shrink=0.85)
        bar.set_label(found.outcome, fontsize=8)
        bar.ax.tick_params(labelsize=7)
        bar.outline.set_visible(False)
    centre = 2 * found.centre
    ends = np.array([axis[0], axis[-1]])
    panel.plot(ends, ends, color=_ORANGE, linewidth=1.4, zorder=4, label="congruence")
    panel.plot(ends, centre - ends, color=_ORANGE, linewidth=1.4, linestyle="--", zorder=4, label="incongruence")
    if found.stationary_point is not None:
        x, y = (each.value + found.centre for each in found.stationary_point)
        panel.plot(
            [x],
            [y],
            linestyle="none",
            marker="D",
            markersize=5,
            color="white",
            markeredgecolor="0.1",
            zorder=5,
            label="stationary point",
        )
    panel.set_xlim(axis[0], axis[-1])
    panel.set_ylim(axis[0], axis[-1])
    panel.set_aspect("equal")
    figure.legend(loc="outside lower center", ncols=3, fontsize=7, frameon=False)
    return figure


def _heights(found: Congruence, first: Any, second: Any) -> Any:
    """Give the surface over a grid of ratings."""
    at: Any = found.surface_at
    return at(first, second)
