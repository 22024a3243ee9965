"""Who came to their appointments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from alliance import _html, _native
from alliance.appointments import read_words as read_appointments
from alliance.arguments import choice, number, whole
from alliance.errors import from_code
from alliance.estimate import Estimate
from alliance.result import Result
from alliance.study import Study

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Attendance", "attendance"]

PURPOSE = "attendance"
WORDS: tuple[str, ...] = tuple(_native.attendance_words())
CANCELLATIONS = ("not-kept", "left-out")


@dataclass(frozen=True, eq=False, repr=False)
class Attendance(Result):
    """Rates of attendance. Made by :func:`attendance`.

    Parameters
    ----------
    all, first, follow_up : Estimate
        Share attended of all appointments that count, of clients' first ones and of later ones, with Wilson's
        interval, which takes appointments as independent.
    by_clients : Estimate or None
        The share of all, with an interval by drawing clients, whose appointments resemble each other.
    no_shows, late_cancellations, client_cancellations, therapist_cancellations : int
        Appointments not kept without a word (drop-outs among them), cancelled by the client too late, cancelled by the
        client in time as far as is known, and cancelled by the therapist.
    cancellations : str
        What the client's cancellations in time are: ``not-kept`` or ``left-out``.
    appointments, clients : int
        Appointments, and clients with one that counts.
    """

    all: Estimate
    first: Estimate
    follow_up: Estimate
    by_clients: Estimate | None
    no_shows: int
    late_cancellations: int
    client_cancellations: int
    therapist_cancellations: int
    cancellations: str
    appointments: int
    clients: int
    _kind: Any

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """The rates, by name."""
        found = {name: getattr(self, name) for name in ("all", "first", "follow_up", "by_clients")}
        return {name: each for name, each in found.items() if each is not None}

    @property
    def _title(self) -> str:
        return "Attendance"

    @property
    def _line(self) -> str:
        return f"{self.appointments} appointments of {self.clients} clients"

    def _more_html(self) -> str:
        return _html.table(("not kept", "appointments"), self._absences())

    def _absences(self) -> Sequence[tuple[str, int]]:
        return (
            ("no-show", self.no_shows),
            ("cancelled late by the client", self.late_cancellations),
            ("cancelled by the client", self.client_cancellations),
            ("cancelled by the therapist", self.therapist_cancellations),
        )

    def _sentences(self) -> Sequence[str]:
        kept = {"not-kept": "counted as not kept", "left-out": "left out"}[self.cancellations]
        said = [
            f"Attendance is the share of appointments kept ({self.appointments} appointments of {self.clients} "
            f"clients); those the therapist cancelled ({self.therapist_cancellations}) were left out, those the client "
            f"cancelled in time ({self.client_cancellations}) were {kept}.",
            f"It was {self.all} of all appointments, {self.first} of first and {self.follow_up} of later ones "
            "(Wilson's intervals).",
        ]
        if self.by_clients is not None:
            said.append(f"With clients drawn with replacement it was {self.by_clients} of all.")
        return said

    @property
    def _references(self) -> tuple[str, ...]:
        return ("wilson-1927",)


def attendance(
    data: Any,
    *,
    status: str = "status",
    labels: Mapping[Any, str] | None = None,
    client: str | None = None,
    session: str | None = None,
    cancellations: Literal["not-kept", "left-out"] = "not-kept",
    confidence: float = 0.95,
    resamples: int | None = 2000,
    seed: int = 1,
    threads: int | None = None,
    session_order: Sequence[Any] | None = None,
) -> Attendance:
    """Say which share of appointments clients kept, first and later ones apart.

    Parameters
    ----------
    data : Study or frame
        A study with appointments, or one appointment per row.
    status : str
        Column of a frame with what became of each appointment: the words of :meth:`Study.with_appointments`
        (``attended``, ``late``, ``planned-end``, ``no-show``, ``cancelled-by-client``, ``cancelled-by-therapist``,
        ``dropout``), and ``cancelled-late`` for what the client cancelled too late.
    labels : mapping, optional
        Words of your own to these, exactly.
    client, session : str, optional
        Id columns of a frame. Sessions put a client's appointments in order.
    cancellations : {"not-kept", "left-out"}
        What becomes of appointments that the client cancelled in time. Those the therapist cancelled are left out
        always.
    confidence : float
        Confidence of the intervals.
    resamples : int, optional
        How often clients are drawn for the second interval, 100 or more; None for none.
    seed : int
        Seed of that draw.
    threads : int, optional
        Threads of that draw; by default one per core. They do not change the numbers.
    session_order : sequence, optional
        All session labels in their order, where they are neither numbers nor dates.

    Returns
    -------
    Attendance
        Rates with intervals, and counts of what was not kept.

    Raises
    ------
    AllianceError
        ``unknown-appointment`` for other words; ``missing-column``; ``missing-id``; ``invalid-option``.

    Notes
    -----
    The rate is attended/(scheduled less left out) with Wilson's interval (1927). Appointments of one client resemble
    each other: the interval that draws clients is the honest one where they have several.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> visits = pl.DataFrame({"who": ["a", "a", "a", "b", "b"], "nth": [1, 2, 3, 1, 2],
    ...     "status": ["attended", "no-show", "attended", "attended", "cancelled-by-therapist"]})
    >>> found = al.attendance(visits, client="who", session="nth", resamples=None)
    >>> print(found.all, "|", found.first)
    0.75 (0.30 to 0.95) | 1.00 (0.34 to 1.00)
    """
    from alliance._frames import Frame
    from alliance.series import number_sessions
    from alliance.sources import grouped

    choice("cancellations", cancellations, CANCELLATIONS)
    codes: NDArray[np.uint8]
    if isinstance(data, Study):
        for option, value in {"labels": labels, "client": client, "session": session}.items():
            if value is not None:
                raise from_code("invalid-option", f"{option}: a study knows its columns; leave it out")
        visits = data._appointments
        if visits is None:
            raise from_code("invalid-option", f"{PURPOSE}: the study has no appointments; add `with_appointments`")
        frame, codes, client, session = visits.ids, visits.codes, data.client, data.session
    else:
        frame = Frame(data)
        for role, column in (("client", client), ("session", session)):
            if column is None:
                raise from_code("missing-column", f"{PURPOSE}: name the {role} column with `{role}=...`", column=role)
        frame.require([client, session, status], PURPOSE)
        codes = read_appointments(frame, status, labels, WORDS)
    clients = grouped(frame, [str(client)], "appointments")
    order, _ = number_sessions(frame, str(session), clients, session_order)
    found = _native.attendance(
        codes,
        clients,
        order,
        {
            "client_cancellations_count": cancellations == "not-kept",
            "confidence": number("confidence", confidence),
            "resamples": None if resamples is None else whole("resamples", resamples, least=1),
            "seed": whole("seed", seed),
            "threads": None if threads is None else whole("threads", threads, least=1),
        },
    )
    rates = {name: Estimate._of(found[name]) for name in ("all", "first", "follow_up")}
    return Attendance(
        **rates,
        by_clients=None if found["by_clients"] is None else Estimate._of(found["by_clients"]),
        no_shows=found["no_shows"],
        late_cancellations=found["late_cancellations"],
        client_cancellations=found["client_cancellations"],
        therapist_cancellations=found["provider_cancellations"],
        cancellations=cancellations,
        appointments=len(codes),
        clients=rates["all"].units,
        _kind=frame.kind,
    )
