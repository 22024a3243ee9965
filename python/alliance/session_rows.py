"""Scores by client and session, with the rows they came in, for results that answer row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alliance import _html
from alliance.measurements import Measurements, is_scores, read_measurements
from alliance.result import Result, same

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from alliance._frames import Frame
    from alliance.estimate import Estimate
    from alliance.instruments import Instrument

__all__ = ["RowResult", "SessionRows", "read_session_rows"]


@dataclass(frozen=True, eq=False, repr=False)
class SessionRows:
    """One score per row, whose it is and in which session, beside the caller's own columns.

    Parameters
    ----------
    measured : Measurements
        The scores with their ids.
    frame : Frame
        The caller's rows: a frame as it came, or ids and score.
    clients : ndarray of uint32
        Number of each row's client, from 0 in the order of appearance.
    sessions : ndarray of int64
        Number of each row's session.
    """

    measured: Measurements
    frame: Frame
    clients: NDArray[np.uint32]
    sessions: NDArray[np.int64]

    @property
    def therapists(self) -> NDArray[np.uint32] | None:
        """Number of each row's therapist, where therapists are known."""
        return self.measured.ids.codes("therapist") if "therapist" in self.measured.ids else None

    @property
    def times(self) -> NDArray[np.float64]:
        """Session numbers as a measure of time."""
        return self.sessions.astype(float)

    def numbers(self, column: str, purpose: str) -> NDArray[np.float64]:
        """Read a further column of numbers."""
        from alliance.sources import read_measure

        self.frame.require([column], purpose)
        return read_measure(self.frame, column)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SessionRows):
            return NotImplemented
        mine, theirs = (
            (each.measured.values, each.clients, each.sessions, each.measured.instrument, each.frame.native)
            for each in (self, other)
        )
        return same(mine, theirs)

    __hash__ = None  # type: ignore[assignment]

    def beside(self, columns: Mapping[str, Any]) -> Any:
        """Put columns to the right of the caller's rows, in their order."""
        from alliance import _frames

        return _frames.beside(self.frame.kind, self.frame.native, columns)


def read_session_rows(
    data: Any,
    *,
    purpose: str,
    score: str | None,
    scale: str,
    client: str | None,
    session: str | None,
    therapist: str | None,
    rater: str | None,
    session_order: Sequence[Any] | None,
) -> SessionRows:
    """Read one score per client and session; a session that a client has twice is refused by the engine."""
    from alliance import _frames

    measured = read_measurements(
        data,
        purpose=purpose,
        score=score,
        scale=scale,
        client=client,
        session=session,
        therapist=therapist,
        rater=rater,
        needs=("client", "session"),
    )
    if is_scores(data):
        ids = measured.ids.frame
        frame = _frames.Frame(_frames.beside(ids.kind, ids.native, {measured.name: measured.values}))
    else:
        whole = _frames.Frame(data)
        # A selection, so that what the caller changes later stays outside.
        frame = _frames.Frame(whole.ids(whole.columns))
    return SessionRows(measured, frame, measured.ids.codes("client"), measured.ids.session_numbers(session_order))


class RowResult(Result):
    """A result that is a table of rows: its views show counts and never one of them."""

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """None: the result is its table."""
        return {}

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The form, if it is known."""
        return ()

    @property
    def _counts(self) -> Sequence[tuple[str, object]]:
        """What the notebook view counts."""
        return ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._line}>"

    def _repr_html_(self) -> str:
        return (
            _html.heading(self._title, self._line)
            + _html.table(("", "count"), self._counts)
            + self._more_html()
            + _html.notes(self.notes)
        )
