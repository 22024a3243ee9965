"""Figures of reliability."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alliance.figures import _STYLES, _notebook_figure

if TYPE_CHECKING:
    from alliance.psychometrics.form.reliability import Reliability


def item_rest(found: Reliability) -> Any:
    """Draw each item's correlation with the sum of the others, lowest first."""
    known = [item for item in found.items if item.item_rest_correlation == item.item_rest_correlation]
    known.sort(key=lambda item: -item.item_rest_correlation)
    figure = _notebook_figure()(figsize=(5.2, 0.22 * max(len(known), 3) + 0.9), layout="constrained")
    panel = figure.subplots()
    places = range(len(known))
    panel.axvline(0, color="0.6", linewidth=0.8)
    panel.hlines(places, 0, [item.item_rest_correlation for item in known], color="0.85", linewidth=1)
    panel.plot([item.item_rest_correlation for item in known], places, linestyle="none", markersize=5, **_STYLES[0])
    panel.set_yticks(list(places), [f"item {item.item}" if item.item.isdigit() else item.item for item in known])
    lowest = min((item.item_rest_correlation for item in known), default=0.0)
    panel.set_xlim(min(0.0, lowest) - 0.03, 1)
    panel.set_xlabel("correlation with the sum of the other items", fontsize=8)
    panel.set_title(f"{found.scale}, {found.alpha.rows_used} forms", fontsize=8, loc="left")
    panel.spines[["top", "right", "left"]].set_visible(False)
    panel.tick_params(labelsize=7, left=False)
    return figure
