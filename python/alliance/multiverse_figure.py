"""The figure of many rules on one data set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alliance.errors import from_code
from alliance.figures import _notebook_figure

if TYPE_CHECKING:
    from alliance.multiverse import Multiverse, Row

# Cells with numbers in them are legible up to here.
_MOST_RULES_WITH_AGREEMENT = 12
_OBSERVED, _EXPECTED, _MUTED = "#0072B2", "#E69F00", "0.35"
_LEGEND = ("observed, 95 % interval", "if nothing had happened", "95 % interval of the fit")


def shares_beside_chance(found: Multiverse) -> Any:
    """Draw observed and expected shares, the largest on top, and the kappas of the rules in the same order."""
    rows = sorted(found._rows(), key=lambda row: (_share(row), row.name), reverse=True)
    if not rows:
        raise from_code("invalid-option", "plot: no rule could be used, so there is nothing to draw")
    has_agreement = 1 < len(rows) <= _MOST_RULES_WITH_AGREEMENT
    height = 0.3 * len(rows) + 1.2
    width = 6.4 + (0.3 * len(rows) if has_agreement else 0.0)
    figure = _notebook_figure()(figsize=(width, height), layout="constrained")
    if has_agreement:
        shares, matrix = figure.subplots(1, 2, sharey=True, width_ratios=(4.2, 0.3 * len(rows)))
        _draw_kappas(matrix, found, [row.name for row in rows])
    else:
        shares = figure.subplots()
    _draw_shares(shares, rows)
    handles, labels = shares.get_legend_handles_labels()
    order = sorted(range(len(labels)), key=lambda place: _LEGEND.index(labels[place]))
    figure.legend(
        [handles[place] for place in order],
        [labels[place] for place in order],
        loc="outside upper left",
        ncols=3,
        frameon=False,
        fontsize=8,
    )
    return figure


def _share(row: Row) -> float:
    share = row.share("with_episode", "assessed")
    return -1.0 if share != share else share


def _draw_shares(panel: Any, rows: list[Row]) -> None:
    places = range(len(rows))
    expected = [(place, row.expected.per_client) for place, row in enumerate(rows) if row.expected]
    intervals = [(place, rate.fit_interval) for place, rate in expected if rate.fit_interval]
    if intervals:
        panel.barh(
            [place for place, _ in intervals],
            [100 * (high - low) for _, (low, high) in intervals],
            left=[100 * low for _, (low, _) in intervals],
            height=0.5,
            color=_EXPECTED,
            alpha=0.35,
            linewidth=0,
            label=_LEGEND[2],
        )
    if expected:
        panel.plot(
            [100 * rate.rate for _, rate in expected],
            [place for place, _ in expected],
            linestyle="none",
            marker="|",
            markersize=11,
            markeredgewidth=1.8,
            color=_EXPECTED,
            label=_LEGEND[1],
        )
    lows, highs = zip(*(row.interval for row in rows), strict=True)
    panel.hlines(places, [100 * low for low in lows], [100 * high for high in highs], color=_OBSERVED, linewidth=1.1)
    panel.plot(
        [100 * row.share("with_episode", "assessed") for row in rows],
        places,
        linestyle="none",
        marker="o",
        markersize=6,
        markeredgewidth=0,
        color=_OBSERVED,
        label=_LEGEND[0],
    )
    panel.set_yticks(places, [row.name for row in rows], fontsize=8)
    panel.set_ylim(len(rows) - 0.5, -0.5)
    panel.set_xlim(-2, 102)
    panel.set_xlabel("dyads with an episode, % of those assessed", fontsize=8)
    panel.tick_params(labelsize=8, length=0)
    panel.tick_params(axis="x", length=3)
    panel.grid(axis="y", color="0.9", linewidth=0.6)
    panel.set_axisbelow(True)
    panel.spines[["top", "right", "left"]].set_visible(False)


def _draw_kappas(panel: Any, found: Multiverse, names: list[str]) -> None:
    """Draw the lower triangle: every two rules once."""
    from matplotlib.colors import LinearSegmentedColormap

    shade = LinearSegmentedColormap.from_list("agreement", ["#FFFFFF", _OBSERVED])
    place_of = {name: place for place, name in enumerate(found.agreement.rules)}
    for row, one in enumerate(names):
        for column, other in enumerate(names[:row]):
            kappa = found.agreement.kappa[place_of[one]][place_of[other]]
            known = kappa == kappa
            color = shade(min(max(kappa, 0.0), 1.0)) if known else "0.93"
            panel.add_patch(_square(column, row, color))
            panel.text(
                column,
                row,
                f"{kappa:.2f}".replace("0.", ".", 1) if known else "-",
                ha="center",
                va="center",
                fontsize=6.5,
                color="white" if known and kappa > 0.6 else "0.15",
            )
        panel.text(row, row, str(row + 1), ha="center", va="center", fontsize=7, color=_MUTED)
    panel.set_xlim(-0.5, len(names) - 0.5)
    panel.set_xticks([])
    panel.set_xlabel("agreement of the flags, kappa", fontsize=8)
    panel.tick_params(length=0)
    panel.spines[:].set_visible(False)


def _square(column: int, row: int, color: Any) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((column - 0.47, row - 0.47), 0.94, 0.94, facecolor=color, linewidth=0)
