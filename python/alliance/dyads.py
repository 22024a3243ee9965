"""Client and therapist side by side, within dyads: discrepancy, moving congruence, recognition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alliance import _native
from alliance.sources import SessionTable, Words, grouped, run_offsets

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from alliance.scores import Scores

__all__ = ["DyadRuns", "RecognitionRow"]

# Whose reports, who made one, sessions, dyads with one.
RecognitionRow = tuple[str, str, int, int]


@dataclass(frozen=True, eq=False)
class DyadRuns:
    """The rows of a session table by dyad: their order, session numbers, and where each dyad's run starts."""

    order: NDArray[np.intp]
    numbers: NDArray[np.int64]
    offsets: NDArray[np.int64]

    @classmethod
    def of(cls, table: SessionTable, scores: Mapping[str, Scores]) -> DyadRuns:
        """Put sessions into dyads; the scores are the first sources of the table."""
        import numpy as np

        dyads = _dyads(table, scores)
        order = np.lexsort((table.numbers, dyads))
        return cls(order, table.numbers[order], run_offsets(dyads[order]))

    def _sorted(self, values: NDArray[Any]) -> NDArray[Any]:
        import numpy as np

        return np.ascontiguousarray(values[self.order])

    def _restored(self, values: NDArray[Any]) -> NDArray[Any]:
        import numpy as np

        restored = np.empty_like(values)
        restored[self.order] = values
        return restored

    def discrepancy(
        self, client: NDArray[np.float64], therapist: NDArray[np.float64], window: int
    ) -> tuple[dict[str, NDArray[np.float64]], dict[str, int]]:
        """Give the columns of discrepancy and moving congruence, and the number of dyads of each status."""
        import numpy as np

        out = np.empty((4, len(self.order)))
        statuses = _native.discrepancy(
            self._sorted(client), self._sorted(therapist), self.numbers, self.offsets, window, out
        )
        names = ("discrepancy", "discrepancy_z", "congruence", "closeness")
        return {name: self._restored(values) for name, values in zip(names, out, strict=True)}, dict(statuses)

    def recognition(
        self, client: NDArray[np.uint8], therapist: NDArray[np.uint8], tolerance: int, whose: str
    ) -> tuple[Words, list[RecognitionRow]]:
        """Give who reported each session, and the counts."""
        import numpy as np

        seen = np.empty(len(self.order), dtype=np.uint8)
        counts = _native.recognition(
            self._sorted(client), self._sorted(therapist), self.numbers, self.offsets, tolerance, seen
        )
        words = tuple(word for word, *_ in counts[:-1])
        return Words(self._restored(seen), words), [(whose, *row) for row in counts]


def _dyads(table: SessionTable, scores: Mapping[str, Scores]) -> NDArray[np.int64]:
    """Give each session its dyad: clients, or clients with their therapists where a form names the therapist."""
    import numpy as np

    from alliance._frames import Frame

    for place, each in enumerate(scores.values()):
        roles = each._id_roles
        if "therapist" in roles:
            named = np.full(len(table), -1, dtype=np.int64)
            named[table.places[place]] = grouped(Frame(each._ids), [roles["client"], roles["therapist"]], "forms")
            return _carried_on(named, table.clients)
    return table.clients.astype(np.int64)


def _carried_on(dyads: NDArray[np.int64], clients: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Give sessions without a dyad that of the client's session before, else of the one after."""
    import numpy as np

    count = len(dyads)
    if not count:
        return dyads
    rows, known = np.arange(count), dyads >= 0
    before = np.maximum.accumulate(np.where(known, rows, -1))
    after = np.minimum.accumulate(np.where(known, rows, count)[::-1])[::-1]
    filled = dyads.copy()
    for neighbour in (before, after):
        there = (neighbour >= 0) & (neighbour < count)
        neighbour = np.where(there, neighbour, 0)
        fits = (filled < 0) & there & (clients[neighbour] == clients)
        filled[fits] = dyads[neighbour[fits]]
    # A client of whom no form names a therapist is a dyad of their own.
    alone = filled < 0
    filled[alone] = dyads.max() + 1 + clients[alone]
    return filled
