"""One row per client, one column per measure and session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alliance.arguments import whole
from alliance.errors import from_code

if TYPE_CHECKING:
    from alliance.export.panel import Keep, Panel

__all__ = ["Wide", "session_numbers", "spread"]


@dataclass(frozen=True, eq=False)
class Wide:
    """Clients with a value in at least one of the columns.

    Parameters
    ----------
    kept : mapping
        The client column.
    columns : mapping
        Name to what it is and its values, NaN where missing.
    """

    kept: Mapping[str, Any]
    columns: Mapping[str, tuple[str, Any]]

    def __len__(self) -> int:
        return len(self.kept["client"])


def spread(panel: Panel, cells: Mapping[str, tuple[str, int]], keep: Keep) -> Wide:
    """Give each named measure and session a column."""
    import numpy as np

    columns: dict[str, tuple[str, Any]] = {}
    has_value = np.zeros(panel.clients, dtype=bool)
    for name, (measure, number) in cells.items():
        rows = panel.session == number
        column = np.full(panel.clients, np.nan)
        column[panel.client[rows] - 1] = panel.values[measure][rows]
        has_value |= ~np.isnan(column)
        columns[name] = (f"{panel.described[measure]}, session {number}", column)
    clients = np.flatnonzero(has_value)
    first = np.searchsorted(panel.client, clients + 1)
    kept = {
        role: ids[first] if isinstance(ids, np.ndarray) else [ids[row] for row in first.tolist()]
        for role, ids in panel.ids(keep).items()
    }
    return Wide(kept, {name: (text, column[clients]) for name, (text, column) in columns.items()})


def session_numbers(option: str, given: Any) -> list[int]:
    """Check a list of session numbers."""
    problem = f"{option}: give session numbers, whole and at least 0"
    if isinstance(given, str | bytes) or not isinstance(given, Sequence):
        raise from_code("invalid-option", problem)
    numbers = [whole(option, number) for number in given]
    if not numbers:
        raise from_code("invalid-option", problem)
    return numbers
