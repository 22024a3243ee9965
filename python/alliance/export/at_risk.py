"""Sessions at risk of dropout in counting-process form, with what was measured strictly earlier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["DROPOUT", "ONGOING", "PLANNED_END", "AtRisk", "at_risk"]

ONGOING, DROPOUT, PLANNED_END = 0, 1, 2
# Wider than all session numbers less the longest lag: what is earlier for one client is never found in another.
_KEY = 1 << 20


@dataclass(frozen=True, eq=False)
class AtRisk:
    """One row per client and session at risk.

    Parameters
    ----------
    row : ndarray of int
        A row of the client's in what came in, for ids.
    start, stop : ndarray of int64
        The session before, and the session at risk.
    event : ndarray of int64
        0 stayed, 1 dropout, 2 planned end.
    earlier : mapping of str to ndarray of float64
        Measures as they were the lag before; NaN where there was none.
    """

    row: NDArray[np.intp]
    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    event: NDArray[np.int64]
    earlier: Mapping[str, NDArray[np.float64]]


def at_risk(
    client: NDArray[np.int64],
    session: NDArray[np.int64],
    values: Mapping[str, NDArray[np.float64]],
    ending: NDArray[np.int64],
    lag: int,
) -> AtRisk:
    """Make the table from sessions that were held, sorted by client and session, and each client's ending.

    A client is at risk from the session after the first to the last, and after an ending in the session after the
    last: that is where the dropout or planned end stands. Sessions are found by number.
    """
    import numpy as np

    first = np.flatnonzero(np.diff(client, prepend=-1))
    last = np.append(first[1:], len(client)) - 1 if len(first) else first
    ended = ending[client[first] - 1]
    counts = session[last] - session[first] + (ended != ONGOING)
    row = np.repeat(first, counts)
    begins = np.repeat(np.cumsum(counts) - counts, counts)
    stop = session[row] + 1 + (np.arange(len(row)) - begins)
    event = np.where(stop > np.repeat(session[last], counts), np.repeat(ended, counts), ONGOING)
    keys = client * _KEY + session
    wanted = client[row] * _KEY + stop - lag
    place = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
    known = keys[place] == wanted if len(keys) else np.zeros(0, dtype=bool)
    earlier: dict[str, Any] = {name: np.where(known, column[place], np.nan) for name, column in values.items()}
    return AtRisk(row, stop - 1, stop, event.astype(np.int64), earlier)
