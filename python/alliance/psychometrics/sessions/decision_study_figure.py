"""The figure of a decision study."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from alliance.figures import _STYLES, _notebook_figure

if TYPE_CHECKING:
    from alliance.psychometrics.sessions.session_reliability import SessionReliability


def decision_study(
    found: SessionReliability, sessions: Sequence[int], items: Sequence[int] | None, target: float
) -> Any:
    """Draw clients' levels by sessions, a line per number of items, and changes within a client by items."""
    own = len(found.item_icc)
    lines = list(items) if items is not None else sorted({max(own // 2, 1), own, 2 * own}) if own > 1 else [own]
    figure = _notebook_figure()(figsize=(6.4 if own > 1 else 3.6, 2.7), layout="constrained")
    panels = figure.subplots(1, 2 if own > 1 else 1, sharey=True, squeeze=False)[0]
    for place, count in enumerate(lines):
        rows = found._rows(sessions, [count])
        style = {**_STYLES[place % len(_STYLES)], "markersize": 3.5, "linewidth": 1.3, "markeredgewidth": 0}
        label = (f"{count} items" if count > 1 else "1 item") if own > 1 else None
        panels[0].plot([row[0] for row in rows], [row[2] for row in rows], label=label, **style)
    panels[0].set_xlabel("sessions", fontsize=8)
    panels[0].set_ylabel("reliability", fontsize=8)
    panels[0].set_title("a client's level, mean of the sessions", fontsize=8, loc="left")
    if own > 1:
        panels[0].legend(frameon=False, fontsize=7, loc="lower right")
        rows = found._rows([1], range(1, max(*lines, own) + 1))
        panels[1].plot([row[1] for row in rows], [row[3] for row in rows], linewidth=1.3, color="0.3")
        for place, count in enumerate(lines):
            (row,) = found._rows([1], [count])
            style = {**_STYLES[place % len(_STYLES)], "markersize": 5, "markeredgewidth": 0}
            panels[1].plot([count], [row[3]], linestyle="none", **style)
        panels[1].set_xlabel("items", fontsize=8)
        panels[1].set_title("changes within a client", fontsize=8, loc="left")
    for panel in panels:
        panel.axhline(target, color="0.6", linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
        panel.set_ylim(0, 1)
        panel.xaxis.get_major_locator().set_params(integer=True)
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=7)
    return figure
