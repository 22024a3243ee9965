"""Scores as they were before: lags by session number, never by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from alliance import _native
from alliance.arguments import choice, whole
from alliance.instruments import Instrument
from alliance.session_rows import RowResult, SessionRows, read_session_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["LaggedScores", "lag"]

Measured = Literal["before", "after"]

MEASURED = ("before", "after")
MOST_LAG = 100_000


@dataclass(frozen=True, eq=False, repr=False)
class LaggedScores(RowResult):
    """Scores as they were some measurements before. Made by :func:`lag`.

    Parameters
    ----------
    score : str
        The score.
    column : str
        The new column: ``{score}_lag{lag}``.
    lag : int
        Measurements back.
    measured, outcome_measured : str
        When in a session the score, and what it is to predict, were measured: ``before`` or ``after`` it.
    sessions_back : int
        What that comes to in session numbers.
    rows_used, rows_dropped : int
        Rows with an earlier score, and rows without.
    """

    score: str
    column: str
    lag: int
    measured: str
    outcome_measured: str
    sessions_back: int
    rows_used: int
    rows_dropped: int
    _columns: dict[str, NDArray[np.float64]]
    _rows: SessionRows

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The form, if it is known."""
        return self._rows.measured.instruments

    @property
    def _kind(self) -> Any:
        return self._rows.frame.kind

    def to_frame(self) -> Any:
        """Give the caller's rows with the earlier score.

        Returns
        -------
        frame
            Of the kind that went in, in its row order. Of a frame all columns, of scores the ids and the score; then
            ``{score}_lag{lag}`` and, with ``time``, ``{time}_passed`` since that session.
        """
        return self._rows.beside(self._columns)

    @property
    def _title(self) -> str:
        return "Scores as they were before"

    @property
    def _line(self) -> str:
        back = "the same session" if self.sessions_back == 0 else f"{self.sessions_back} back"
        return f"{self.column}, {back}: {self.rows_used} of {self.rows_used + self.rows_dropped} rows"

    @property
    def _counts(self) -> Sequence[tuple[str, object]]:
        return (("rows with an earlier score", self.rows_used), ("rows without", self.rows_dropped))

    def _sentences(self) -> Sequence[str]:
        back = (
            "of the same session" if self.sessions_back == 0 else f"of the session numbered {self.sessions_back} lower"
        )
        return (
            f"The lagged score ({self._rows.measured.described}, measured {self.measured} sessions, for an outcome "
            f"measured {self.outcome_measured} sessions, lag {self.lag}) was the one {back}; where that session has no "
            f"score there is none ({self.rows_dropped} of {self.rows_used + self.rows_dropped} rows).",
        )


def lag(
    data: Any,
    *,
    measured: Measured,
    outcome_measured: Measured,
    lag: int = 1,
    score: str | None = None,
    scale: str = "total",
    client: str | None = None,
    session: str | None = None,
    therapist: str | None = None,
    rater: str | None = None,
    time: str | None = None,
    session_order: Sequence[Any] | None = None,
) -> LaggedScores:
    """Give each row the client's score as it was before: strictly earlier than what it is to predict.

    Parameters
    ----------
    data : frame, Scores, StudyScores or Study
        One score per client and session. Scores and studies know their columns.
    measured, outcome_measured : {"before", "after"}
        When in a session the score was measured, and when what it is to predict. They decide what lag 1 means: a score
        taken before a session precedes an outcome taken after the same one; in the three other cases lag 1 is the
        session before.
    lag : int
        Measurements back, 1 or more.
    score : str, optional
        Column with the scores of a frame.
    scale : str
        Scale of scores or a study.
    client, session, therapist : str, optional
        Id columns of a frame.
    rater : str, optional
        Of a study, whose scores; of a frame, the column with the rater.
    time : str, optional
        Column of a frame with the time of each session as a number, such as days since intake, for how much of it has
        passed: a lag takes sessions as equally far apart.
    session_order : sequence, optional
        All session labels in their order, where they are neither numbers nor dates.

    Returns
    -------
    LaggedScores
        Counts; :meth:`LaggedScores.to_frame` gives the caller's rows with the earlier score.

    Raises
    ------
    AllianceError
        ``repeated-session`` if a client has a session twice; ``missing-column``; ``missing-id``; ``text-answer``;
        ``invalid-option``.

    Notes
    -----
    Sessions are found by their number, not by their row: where the session in question has no row or no score, there
    is no earlier score (NaN, null). Shifting rows would take the session before a gap for the one before this. With
    dates for sessions, each date of a client is one session further: a gap is not seen.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> frame = pl.DataFrame({"who": ["a"] * 3, "nth": [1, 2, 4], "wai": [5.0, 5.5, 6.0]})
    >>> found = al.lag(frame, measured="after", outcome_measured="before", score="wai", client="who", session="nth")
    >>> found.to_frame()["wai_lag1"].to_list()
    [None, 5.0, None]
    """
    import numpy as np

    choice("measured", measured, MEASURED)
    choice("outcome_measured", outcome_measured, MEASURED)
    steps = whole("lag", lag, least=1, most=MOST_LAG)
    rows = read_session_rows(
        data,
        purpose="lagged scores",
        score=score,
        scale=scale,
        client=client,
        session=session,
        therapist=therapist,
        rater=rater,
        session_order=session_order,
    )
    column = f"{rows.measured.name}_lag{steps}"
    columns = {column: np.empty(len(rows.clients))}
    if time is not None:
        columns[f"{time}_passed"] = np.empty(len(rows.clients))
    values = columns[column]
    back = _native.lagged(
        rows.measured.values,
        rows.clients,
        rows.sessions,
        None if time is None else rows.numbers(time, "lagged scores"),
        (measured, outcome_measured, steps),
        values,
        None if time is None else columns[f"{time}_passed"],
    )
    dropped = int(np.isnan(values).sum())
    return LaggedScores(
        score=rows.measured.name,
        column=column,
        lag=steps,
        measured=measured,
        outcome_measured=outcome_measured,
        sessions_back=back,
        rows_used=len(values) - dropped,
        rows_dropped=dropped,
        _columns=columns,
        _rows=rows,
    )
