"""Two ratings of the same sessions side by side: client and therapist, or any other two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from alliance.errors import from_code
from alliance.measurements import NativeTable, is_scores
from alliance.rater_table import AcrossForms, RaterTable, read_raters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from alliance._frames import Kind
    from alliance.instruments import Instrument

__all__ = ["Pairs", "read_pairs"]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Two ratings per row, and the dyad of each row.

    Parameters
    ----------
    table : RaterTable
        Both ratings with their ids.
    dyads : ndarray of uint32
        Number of each row's dyad: the client, with the therapist where that is known. Without a client every row is a
        dyad.
    also : tuple of ndarray of float64
        Further columns of numbers of a frame with one row per session or dyad.
    """

    table: RaterTable
    dyads: NDArray[np.uint32]
    also: tuple[NDArray[np.float64], ...] = ()

    @property
    def first(self) -> NDArray[np.float64]:
        """Ratings of the first, NaN where missing."""
        first: NDArray[np.float64] = self.table.values[0]
        return first

    @property
    def second(self) -> NDArray[np.float64]:
        """Ratings of the second, NaN where missing."""
        second: NDArray[np.float64] = self.table.values[1]
        return second

    @property
    def names(self) -> tuple[str, str]:
        """The two raters."""
        first, second = self.table.names
        return first, second

    @property
    def kind(self) -> Kind:
        """Kind of frame that came in."""
        return self.table.kind

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The forms, where they are known."""
        return self.table.instruments

    def dyad_table(self, columns: NativeTable) -> Any:
        """Put a table of the native module, one row per dyad, beside the dyads' ids."""
        whose = [role for role in ("client", "therapist") if role in self.table.ids]
        return self.table.ids.table(self.dyads, whose, columns, of="dyad")


def read_pairs(
    data: Any,
    *,
    purpose: str,
    first: str,
    second: str,
    scale: str = "total",
    score: str | None = None,
    client: str | None = None,
    session: str | None = None,
    therapist: str | None = None,
    rater: str | None = None,
    at: Any = None,
    across_forms: AcrossForms = "as-scored",
    requires: tuple[str, ...] = (),
    also: Sequence[str] = (),
) -> Pairs:
    """Read two ratings side by side.

    ``requires`` are the ids without which ``purpose`` is not served, ``also`` further columns of a frame with one
    column per rater.
    """
    import numpy as np

    for option, value in (("first", first), ("second", second)):
        if not isinstance(value, str):
            raise from_code("invalid-option", f"{option}: name a rater, or the column of their scores")
    is_wide = not is_scores(data) and rater is None
    if is_wide and score is not None:
        problem = "of a frame with one column per rater name these columns as `first` and `second`"
        raise from_code("invalid-option", f"score: {problem}; `score` goes with `rater`")
    for option, value in (("outcome", name) for name in also):
        if not isinstance(value, str):
            raise from_code("invalid-option", f"{option}: name a column")
    table = read_raters(
        data,
        (first, second, *also),
        purpose=purpose,
        scale=scale,
        score=score,
        client=client,
        session=session,
        therapist=therapist,
        rater=rater,
        across_forms=across_forms,
        needs=() if is_wide else ("client",),
    )
    table.ids.require(*requires, purpose=purpose)
    if is_wide and "client" in table.ids and "session" in table.ids:
        table.ids.require_once(*table.ids.roles, purpose=purpose)
    table = table if at is None else table.at(at)
    count = table.values.shape[1]
    dyads = table.ids.dyads() if "client" in table.ids else np.arange(count, dtype=np.uint32)
    further = tuple(table.values[2:])
    return Pairs(replace(table, values=table.values[:2], names=table.names[:2]), dyads, further)
