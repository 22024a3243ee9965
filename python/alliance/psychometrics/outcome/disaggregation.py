"""Scores taken apart: the client's level, the therapist's, and the session's deviation from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from alliance import _native
from alliance.arguments import choice
from alliance.errors import from_code
from alliance.instruments import Instrument
from alliance.psychometrics.outcome.session_rows import RowResult, SessionRows, read_session_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Disaggregation", "disaggregate"]

Mean = Literal["whole", "so-far"]

MEANS = ("whole", "so-far")
LEVELS = ("all", "client")


@dataclass(frozen=True, eq=False, repr=False)
class Disaggregation(RowResult):
    """Scores within and between clients. Made by :func:`disaggregate`.

    Parameters
    ----------
    score : str
        The score; the new columns begin with it.
    mean : str
        ``whole`` (of all of a client's sessions: describes) or ``so-far`` (of the sessions up to each: may predict).
    is_detrended : bool
        Whether a client's own line over time was taken out of the within part.
    grand_mean : float
        What all parts of a row add up to the score with: the mean of clients' means (of therapists' means, where they
        are known); with ``so-far`` the mean of clients' first scores.
    clients, single_session_clients : int
        Clients with a score, and those of them with one, who tell of differences between clients only.
    therapists : int or None
        Therapists, where they are known.
    rows_used, rows_dropped : int
        Rows with a within part and without: no score, or a client without a line.
    status : str
        ``defined``; ``all-missing`` without a score; ``zero-variance`` if no score differs from its client's mean.
    """

    score: str
    mean: str
    is_detrended: bool
    grand_mean: float
    clients: int
    single_session_clients: int
    therapists: int | None
    rows_used: int
    rows_dropped: int
    status: str
    _parts: dict[str, NDArray[np.float64]]
    _rows: SessionRows

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The form, if it is known."""
        return self._rows.measured.instruments

    @property
    def _kind(self) -> Any:
        return self._rows.frame.kind

    def to_frame(self) -> Any:
        """Give the caller's rows with a column for each part.

        Returns
        -------
        frame
            Of the kind that went in, in its row order. Of a frame all columns, of scores the ids and the score; then
            ``{score}_within``, ``{score}_between`` and, with therapists, ``{score}_therapist``, in points.
        """
        return self._rows.beside(self._parts)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of these parts should know."""
        said = []
        if self.mean == "whole":
            said.append(
                "A client's mean holds all their sessions, later ones too: it describes, and must not predict dropout "
                'or a later outcome. For that take mean="so-far".'
            )
        if self.single_session_clients:
            count = self.single_session_clients
            verb, tell = ("client has", "tells") if count == 1 else ("clients have", "tell")
            said.append(f"{count} {verb} one score and {tell} of differences between clients only.")
        return tuple(said)

    @property
    def _title(self) -> str:
        return "Scores within and between clients"

    @property
    def _line(self) -> str:
        therapists = "" if self.therapists is None else f", {self.therapists} therapists"
        return f"{self.score}: {self.rows_used} rows of {self.clients} clients{therapists}"

    @property
    def _counts(self) -> Sequence[tuple[str, object]]:
        return (
            ("clients", self.clients),
            *([] if self.therapists is None else [("therapists", self.therapists)]),
            ("clients with one score", self.single_session_clients),
            ("rows with a within part", self.rows_used),
            ("rows without", self.rows_dropped),
        )

    def _sentences(self) -> Sequence[str]:
        mean = {"whole": "mean over all sessions", "so-far": "mean over the sessions so far"}[self.mean]
        said = [
            f"Scores ({self._rows.measured.described}) of {self.clients} clients were taken apart into the client's "
            f"{mean} and the deviation of each session from it."
        ]
        if self.is_detrended:
            said.append("The client's own linear trend was taken out of the deviations.")
        if self.therapists is not None:
            said.append(f"Clients' means were taken as deviations from those of their {self.therapists} therapists.")
        return said

    @property
    def _references(self) -> tuple[str, ...]:
        therapists = ("baldwin-2007",) if self.therapists is not None else ()
        return ("curran-2011", *therapists)


def disaggregate(
    data: Any,
    *,
    score: str | None = None,
    scale: str = "total",
    client: str | None = None,
    session: str | None = None,
    therapist: str | None = None,
    rater: str | None = None,
    levels: Literal["all", "client"] = "all",
    mean: Mean = "whole",
    detrend: bool | str = False,
    session_order: Sequence[Any] | None = None,
) -> Disaggregation:
    """Take each score apart: how the client stands among others, and how this session stands for the client.

    Parameters
    ----------
    data : frame, Scores, StudyScores or Study
        One score per client and session. Scores and studies know their columns.
    score : str, optional
        Column with the scores of a frame.
    scale : str
        Scale of scores or a study.
    client, session, therapist : str, optional
        Id columns of a frame. With therapists, known to a study or named here, the client's part is the deviation from
        the therapist's.
    rater : str, optional
        Of a study, whose scores; of a frame, the column with the rater.
    levels : {"all", "client"}
        ``client`` leaves therapists aside where they are known, as for clients who change theirs.
    mean : {"whole", "so-far"}
        A client's mean over all sessions, which describes, or over the sessions up to each one, which may predict: it
        knows nothing of the future. ``so-far`` leaves therapists aside and takes no ``detrend``: both would know it.
    detrend : bool or str
        Take each client's own line over time out of the within part: over the session number (True) or over a column
        of numbers of the frame. Clients with fewer than three scores then have no within part.
    session_order : sequence, optional
        All session labels in their order, where they are neither numbers nor dates.

    Returns
    -------
    Disaggregation
        Counts; :meth:`Disaggregation.to_frame` gives the caller's rows with the parts.

    Raises
    ------
    AllianceError
        ``not-nested`` if a client has two therapists; ``repeated-session`` if a client has a session twice;
        ``missing-column``; ``missing-id``; ``text-answer``; ``invalid-option``.

    Notes
    -----
    score = grand mean + therapist + between + within in every row, where nothing is detrended. Clients count alike in
    their therapist's mean, whatever the number of their sessions (Baldwin et al. 2007).

    A client's own trend stays in the within part unless it is taken out: the part then mixes growth with
    fluctuation (Curran & Bauer 2011). Results change much with it (Falkenstrom et al. 2017): report both, as
    :func:`within_between` does.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> frame = pl.DataFrame({"who": ["a", "a", "b", "b"], "nth": [1, 2, 1, 2], "wai": [4.0, 6.0, 2.0, 4.0]})
    >>> parts = al.disaggregate(frame, score="wai", client="who", session="nth")
    >>> parts
    <Disaggregation wai: 4 rows of 2 clients>
    >>> parts.to_frame()["wai_within"].to_list(), parts.to_frame()["wai_between"].to_list()
    ([-1.0, 1.0, -1.0, 1.0], [1.0, 1.0, -1.0, -1.0])
    >>> so_far = al.disaggregate(frame, score="wai", client="who", session="nth", mean="so-far")
    >>> so_far.to_frame()["wai_within"].to_list()
    [0.0, 1.0, 0.0, 1.0]
    """
    import numpy as np

    choice("mean", mean, MEANS)
    if not isinstance(detrend, bool | str):
        raise from_code("invalid-option", "detrend: choose True, False or a column of numbers")
    rows = read_session_rows(
        data,
        purpose="within and between clients",
        score=score,
        scale=scale,
        client=client,
        session=session,
        therapist=therapist,
        rater=rater,
        session_order=session_order,
    )
    therapists = rows.therapists if choice("levels", levels, LEVELS) == "all" else None
    if mean == "so-far":
        if detrend:
            raise from_code("invalid-option", "detrend: a line over all sessions knows the future; leave it out")
        if therapist is not None:
            problem = "a therapist's mean so far would need the order in time of all clients' sessions; leave it out"
            raise from_code("invalid-option", f"therapist: {problem}")
        therapists = None
    time = None
    if detrend:
        time = rows.times if detrend is True else rows.numbers(str(detrend), "within and between clients")
    name = rows.measured.name
    parts = {f"{name}_within": np.empty(len(rows.clients)), f"{name}_between": np.empty(len(rows.clients))}
    if therapists is not None:
        parts[f"{name}_therapist"] = np.empty(len(rows.clients))
    found = _native.disaggregate(
        rows.measured.values,
        rows.clients,
        rows.sessions,
        therapists,
        time,
        mean == "so-far",
        parts[f"{name}_within"],
        parts[f"{name}_between"],
        parts.get(f"{name}_therapist"),
    )
    return Disaggregation(
        score=name,
        mean=mean,
        is_detrended=bool(detrend),
        therapists=None if therapists is None else len(np.unique(therapists)),
        **found,
        _parts=parts,
        _rows=rows,
    )
