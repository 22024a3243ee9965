"""Figures of coders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from alliance.figures import _STYLES, _notebook_figure

if TYPE_CHECKING:
    from alliance.estimate import Estimate
    from alliance.marker_agreement import CodedMarker, MarkerAgreement


def markers(found: MarkerAgreement) -> Any:
    """Draw two panels with a row per marker: AC1 of presence, and ICC(A,1) of counts."""
    listed = found.markers
    figure = _notebook_figure()(figsize=(6.6, 0.26 * max(len(listed), 3) + 1.0), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    panels: tuple[tuple[Any, str, Sequence[Estimate | None], Any], ...] = (
        (left, "presence, Gwet's AC1", [_told_apart(each) for each in listed], _STYLES[0]),
        (right, "counts, ICC(A,1)", [each.icc_agreement for each in listed], _STYLES[1]),
    )
    for panel, title, estimates, style in panels:
        _dots(panel, estimates, style)
        panel.set_title(title, fontsize=8, loc="left")
        panel.set_xlim(-0.35, 1.05)
        panel.axvline(0, color="0.6", linewidth=0.8)
        panel.axvline(1, color="0.85", linewidth=0.8)
        panel.spines[["top", "right", "left"]].set_visible(False)
        panel.tick_params(labelsize=7, left=False)
    names = [f"{each.title} ({each.found})" for each in listed]
    left.set_yticks(range(len(listed)), names)
    left.set_ylim(len(listed) - 0.4, -0.6)
    figure.supxlabel(f"in brackets: {found.unit}s of {found.units} in which some coder found it", fontsize=7)
    return figure


def _told_apart(marker: CodedMarker) -> Estimate | None:
    """Give AC1, but not where all coders said one and the same of every unit: it is 1 there by definition."""
    return marker.presence_ac1 if marker.presence_alpha.value == marker.presence_alpha.value else None


def _dots(panel: Any, estimates: Sequence[Estimate | None], style: Any) -> None:
    known = [(line, each) for line, each in enumerate(estimates) if each is not None and each.value == each.value]
    for line, each in known:
        panel.hlines(line, max(each.low, -0.35), min(each.high, 1.0), color=style["color"], linewidth=1.1)
    panel.plot([each.value for _, each in known], [line for line, _ in known], linestyle="none", markersize=5, **style)
