"""Each client's course in a few numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from alliance import _native
from alliance.arguments import number, whole
from alliance.errors import from_code
from alliance.instruments import Instrument
from alliance.session_rows import RowResult, SessionRows, read_session_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Trajectories", "trajectories"]


@dataclass(frozen=True, eq=False, repr=False)
class Trajectories(RowResult):
    """Summaries of clients' courses. Made by :func:`trajectories`.

    Parameters
    ----------
    score : str
        The score.
    window : int
        Sessions of the early and of the final mean.
    threshold : float or None
        Above what time is counted; None for each client's own early mean.
    time : str
        ``session``, or the column time was taken from.
    clients : int
        Clients with a score.
    """

    score: str
    window: int
    threshold: float | None
    time: str
    clients: int
    _numbers: dict[str, NDArray[np.float64]]
    _rows: SessionRows

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The form, if it is known."""
        return self._rows.measured.instruments

    @property
    def _kind(self) -> Any:
        return self._rows.frame.kind

    def to_frame(self) -> Any:
        """Give one row per client, in the order of their first row.

        Returns
        -------
        frame
            Of the kind that went in: client and, where it is known, therapist; then ``sessions`` with a score,
            ``mean``, ``standard_deviation``; ``slope`` per unit of time with ``slope_standard_error``; ``area`` under
            the course over its duration, that is the mean over time; ``time_above`` and ``sessions_above`` the
            threshold, as shares; ``lowest`` and the number of the ``lowest_session``;
            ``mean_square_successive_difference``; means of the first and last sessions, ``early`` and ``final``, and
            ``early_to_final``; lag-1 ``autocorrelation``, about how much it is too low or too high
            (``autocorrelation_bias``), and whether there are sessions enough to read it
            (``autocorrelation_is_readable``). What a client has too few sessions for is NaN.
        """
        from alliance import _frames

        columns: dict[str, Any] = dict(self._numbers)
        for name in ("sessions", "lowest_session"):
            columns[name] = [None if each != each else int(each) for each in columns[name].tolist()]
        columns["autocorrelation_is_readable"] = columns["autocorrelation_is_readable"] == 1
        ids = self._rows.measured.ids.one_row_each(self._rows.clients, "client", "therapist")
        return _frames.beside(self._kind, ids, columns)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of these courses should know."""
        return (
            "Standard errors of slopes take a client's deviations from their line as independent. An autocorrelation "
            "of fewer than ten sessions is not to be read.",
        )

    @property
    def _title(self) -> str:
        return "Courses in a few numbers"

    @property
    def _line(self) -> str:
        return f"{self.score}: {self.clients} clients"

    @property
    def _counts(self) -> Sequence[tuple[str, object]]:
        import numpy as np

        sessions = self._numbers["sessions"]
        return (
            ("clients with a score", self.clients),
            ("with a slope", int(np.sum(~np.isnan(self._numbers["slope"])))),
            (f"with {2 * self.window} sessions or more (early to final)", int(np.sum(sessions >= 2 * self.window))),
        )

    def _sentences(self) -> Sequence[str]:
        above = "the client's own early mean" if self.threshold is None else f"{self.threshold:g} points"
        time = "session number" if self.time == "session" else f"`{self.time}`"
        return (
            f"The course of each of {self.clients} clients ({self._rows.measured.described}) was described by its "
            f"mean, least-squares slope over {time}, area by trapezoids over its duration, share of time above "
            f"{above}, and the means of the first and last {self.window} sessions.",
        )


def trajectories(
    data: Any,
    *,
    score: str | None = None,
    scale: str = "total",
    client: str | None = None,
    session: str | None = None,
    therapist: str | None = None,
    rater: str | None = None,
    time: str | None = None,
    window: int = 3,
    threshold: float | Literal["early-mean"] = "early-mean",
    session_order: Sequence[Any] | None = None,
) -> Trajectories:
    """Describe each client's course: level, slope, area, time above a threshold, early and final level, instability.

    Parameters
    ----------
    data : frame, Scores, StudyScores or Study
        One score per client and session. Scores and studies know their columns.
    score : str, optional
        Column with the scores of a frame.
    scale : str
        Scale of scores or a study.
    client, session, therapist : str, optional
        Id columns of a frame.
    rater : str, optional
        Of a study, whose scores; of a frame, the column with the rater.
    time : str, optional
        Column of a frame with the time of each session as a number, such as days since intake; it must not fall from
        session to session. By default the session number.
    window : int
        Sessions of the early and of the final mean.
    threshold : float or "early-mean"
        Above what time is counted, in the unit of the score; by default the client's own early mean.
    session_order : sequence, optional
        All session labels in their order, where they are neither numbers nor dates.

    Returns
    -------
    Trajectories
        One row per client; see :meth:`Trajectories.to_frame`.

    Raises
    ------
    AllianceError
        ``repeated-session`` if a client has a session twice; ``missing-column``; ``missing-id``; ``text-answer``;
        ``invalid-option``.

    See Also
    --------
    shapes : Level, growth and curvature of whole courses, and clusters of them.

    Notes
    -----
    The slope is the client's own least-squares line with the standard error sqrt(s^2 / sum of squared deviations of
    time), s^2 with n - 2. The area is by trapezoids, over the duration, and the time above the threshold takes the
    course as straight between sessions. The mean square successive difference and the autocorrelation take only
    sessions whose numbers follow each other; the autocorrelation of a short course is biased by about -(1 + 3 r)/T
    (Marriott & Pope 1954).

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> frame = pl.DataFrame({"who": ["a"] * 5, "nth": [1, 2, 3, 4, 5], "wai": [4.0, 5.0, 3.0, 6.0, 6.0]})
    >>> found = al.trajectories(frame, score="wai", client="who", session="nth", window=2, threshold=4.5)
    >>> found.to_frame().select("slope", "early", "final", "early_to_final", "lowest_session").rows()
    [(0.5, 4.5, 6.0, 1.5, 3)]
    """
    import numpy as np

    rows = read_session_rows(
        data,
        purpose="trajectories",
        score=score,
        scale=scale,
        client=client,
        session=session,
        therapist=therapist,
        rater=rater,
        session_order=session_order,
    )
    if isinstance(threshold, str) and threshold != "early-mean":
        raise from_code("invalid-option", "threshold: give a number or `early-mean`")
    above = None if isinstance(threshold, str) else number("threshold", threshold)
    names = _native.trajectory_numbers()
    clients = int(rows.clients.max()) + 1 if len(rows.clients) else 0
    block = np.full((len(names), clients), np.nan)
    block[names.index("sessions")] = 0
    sessions = whole("window", window, least=1)
    _native.trajectories(
        rows.measured.values,
        rows.clients,
        rows.sessions,
        rows.times if time is None else rows.numbers(time, "trajectories"),
        sessions,
        above,
        block,
    )
    return Trajectories(
        score=rows.measured.name,
        window=sessions,
        threshold=above,
        time="session" if time is None else time,
        clients=int(np.sum(block[names.index("sessions")] > 0)),
        _numbers=dict(zip(names, block, strict=True)),
        _rows=rows,
    )
