"""Drops from session to session: sessions lower than the same client's sessions before."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from alliance import _html, _native
from alliance.arguments import choice, number, whole
from alliance.errors import from_code
from alliance.instruments import Instrument
from alliance.psychometrics.change.change_pairs import better_direction, look_up_outcome
from alliance.psychometrics.change.trusted_reliability import TrustedReliability, trusted
from alliance.psychometrics.estimate import Estimate
from alliance.psychometrics.form.reliability import Reliability
from alliance.psychometrics.measurements import read_measurements
from alliance.psychometrics.result import Result

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SessionDrops", "session_drops"]

Threshold = Literal["fluctuation", "measurement", "practical", "jacobson-truax"]
Reference = Literal["running-mean", "running-median", "previous-session"]

_REFERENCES = {
    "running-mean": "the mean of the client's sessions before",
    "running-median": "the median of the client's sessions before",
    "previous-session": "the client's last session before with a score",
}
_UNITS = {
    "fluctuation": "usual fluctuation of the client",
    "measurement": "error of measurement",
    "practical": "a difference that was given",
    "jacobson-truax": "error of measurement, by Jacobson and Truax",
}


@dataclass(frozen=True, eq=False, repr=False)
class SessionDrops(Result):
    """Sessions judged against the client's sessions before. Made by :func:`session_drops`.

    Parameters
    ----------
    name : str
        The scale, or the column.
    instrument : Instrument or None
        The form, where it is known.
    threshold : str
        Than what a drop must be larger.
    reference : str
        With what a session is compared.
    least_sessions : int
        Sessions before the first that is judged.
    confidence : float
        One-sided for each session; two-sided for ``jacobson-truax``.
    status : str
        ``defined``, or why no session was judged: see :class:`Estimate`.
    judged, flagged : int
        Sessions.
    clients_judged, clients_flagged : int
        Clients with at least one such session.
    expected_by_chance : float
        Flags to expect if clients only fluctuate about their level as much as these do; NaN without judged sessions.
    clients_expected_by_chance : float
        Clients to expect with at least one such flag, a client's sessions taken as independent. Differences to the
        session before are not: there it is too low, by up to a tenth of the clients.
    pooled_standard_deviation : Estimate
        Of sessions within clients.
    successive_difference : Estimate
        Root mean square difference of successive sessions.
    standard_error_of_measurement : float
        Where the threshold rests on it; else NaN.
    higher_is_better : bool
        Direction of the score: a drop is a change for the worse.
    """

    name: str
    instrument: Instrument | None
    threshold: str
    reference: str
    least_sessions: int
    confidence: float
    status: str
    judged: int
    flagged: int
    clients_judged: int
    clients_flagged: int
    expected_by_chance: float
    clients_expected_by_chance: float
    pooled_standard_deviation: Estimate
    successive_difference: Estimate
    standard_error_of_measurement: float
    higher_is_better: bool
    _ids: Any
    _rows: Mapping[str, NDArray[Any]]
    _client_ids: Any
    _clients: Mapping[str, NDArray[Any]]
    _dyads: NDArray[Any]
    _numbers: NDArray[Any]
    _client: str
    _described: str
    _more_notes: tuple[str, ...]
    _kind: Any

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """All estimates, by name."""
        names = ("pooled_standard_deviation", "successive_difference")
        return {name: getattr(self, name) for name in names}

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The form, if it is known."""
        return () if self.instrument is None else (self.instrument,)

    @property
    def sessions(self) -> Any:
        """One row per row that went in, in its order: ids, score, reference, drop, threshold, is_drop.

        ``drop`` is how far the session lies on the worse side of the reference, ``threshold`` what it must exceed, and
        ``is_drop`` null for a session that is not judged.

        Returns
        -------
        frame
            Of the kind that went in.
        """
        from alliance import _frames

        return _frames.beside_sources(self._kind, self._ids, self._rows)

    @property
    def clients(self) -> Any:
        """One row per client: ids, sessions, judged, flagged, standard_deviation, shrunken_standard_deviation.

        The standard deviation is of the client's own sessions; shrunken, it leans on all clients' as far as the client
        has few sessions.

        Returns
        -------
        frame
            Of the kind that went in.
        """
        from alliance import _frames

        return _frames.beside_sources(self._kind, self._client_ids, self._clients)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of this result should know."""
        return tuple(dict.fromkeys((*self._more_notes, *super().notes)))

    @property
    def _title(self) -> str:
        return "Drops from session to session"

    @property
    def _line(self) -> str:
        name = f"{self.instrument.id} {self.name}" if self.instrument is not None else self.name
        return (
            f"{name}: {self.flagged} of {self.judged} sessions flagged ({_one(self.expected_by_chance)} by chance), "
            f"{self.clients_flagged} of {self.clients_judged} clients "
            f"({_one(self.clients_expected_by_chance)} by chance)"
        )

    def _sentences(self) -> Sequence[str]:
        sides = "two-sided" if self.threshold == "jacobson-truax" else "one-sided"
        error = "" if self.threshold == "practical" else f" ({sides} error probability {1 - self.confidence:.2g})"
        worse = "lower" if self.higher_is_better else "higher, which is worse,"
        by = "at least" if self.threshold == "practical" else "more than"
        return (
            f"Sessions of {self._described} were compared with {_REFERENCES[self.reference]} (at least "
            f"{self.least_sessions}) and flagged if {worse} by {by} {_UNITS[self.threshold]}{error}.",
            f"Of {self.judged} sessions {self.flagged} were flagged, of {self.clients_judged} clients "
            f"{self.clients_flagged}; if clients only fluctuated about their level, "
            f"{_one(self.expected_by_chance)} sessions and {_one(self.clients_expected_by_chance)} clients would be.",
            f"The standard deviation of sessions within clients was {self.pooled_standard_deviation}.",
        )

    @property
    def _references(self) -> tuple[str, ...]:
        return ("jacobson-truax-1991",) if self.threshold == "jacobson-truax" else ()

    def plot(self, client: Any) -> Any:
        """Draw one client's sessions with the reference and the threshold below it.

        Parameters
        ----------
        client : hashable
            The client's label; of several therapists' sessions with it, the first dyad.

        Returns
        -------
        matplotlib.figure.Figure
            The scores, the reference and the line that a flagged session lies beyond.

        Raises
        ------
        AllianceError
            ``invalid-option`` for a client who is not there; ``missing-extra`` without matplotlib.
        """
        from alliance.psychometrics.change.change_figures import course_with_drops

        return course_with_drops(self, client)

    def _more_html(self) -> str:
        rows = [
            ("sessions", self.judged, self.flagged, _one(self.expected_by_chance)),
            ("clients", self.clients_judged, self.clients_flagged, _one(self.clients_expected_by_chance)),
        ]
        return _html.table(("", "judged", "flagged", "expected by chance"), rows)


def _one(value: float) -> str:
    return "unknown" if math.isnan(value) else f"{value:.1f}"


def session_drops(
    data: Any,
    *,
    score: str | None = None,
    scale: str = "total",
    client: str | None = None,
    session: str | None = None,
    therapist: str | None = None,
    rater: str | None = None,
    metric: Literal["mean", "sum", "pomp"] | None = None,
    session_order: Sequence[Any] | None = None,
    threshold: Threshold = "fluctuation",
    reference: Reference | None = None,
    least_sessions: int | None = None,
    prior_degrees: float = 5.0,
    pooled_standard_deviation: float | None = None,
    reliability: float | Estimate | Reliability | None = None,
    standard_error_of_measurement: float | Estimate | None = None,
    points: float | None = None,
    higher_is_better: bool | None = None,
    confidence: float = 0.95,
) -> SessionDrops:
    """Flag sessions lower than the client's own sessions before by more than usual, and say how many chance would flag.

    Parameters
    ----------
    data : frame, Scores, StudyScores or Study
        Scores, one row per session.
    score : str, optional
        Column of a frame with the scores, or an outcome of a study, whose direction is known.
    scale : str
        Scale of scores or a study.
    client, session, therapist : str, optional
        Id columns of a frame.
    rater : str, optional
        Of a study, whose scores; of a frame, the column with the rater.
    metric : {"mean", "sum", "pomp"}, optional
        Unit of scores; their own without it.
    session_order : sequence, optional
        All session labels in their order, where they are neither numbers nor dates.
    threshold : {"fluctuation", "measurement", "practical", "jacobson-truax"}
        Than what a drop must be larger. ``fluctuation``: than the client's sessions usually vary, from the client's own
        sessions shrunk to the pool of all. ``measurement``: than error of measurement. ``practical``: than ``points``.
        ``jacobson-truax``: error of measurement of the difference to the session before, two-sided; what it flags by
        chance is told.
    reference : {"running-mean", "running-median", "previous-session"}, optional
        With what a session is compared: by default the mean of all sessions before, for ``jacobson-truax`` the last
        session before with a score, however long ago.
    least_sessions : int, optional
        Sessions before the first that is judged: by default 3, with ``previous-session`` 1.
    prior_degrees : float
        Degrees of freedom that the pooled variance counts for; 4 to 6 are usual.
    pooled_standard_deviation : float, optional
        Standard deviation within clients of another sample, for few clients.
    reliability : float, Estimate or Reliability, optional
        For ``measurement`` and ``jacobson-truax``: with the standard deviation of the clients' first sessions it gives
        the error of measurement.
    standard_error_of_measurement : float or Estimate, optional
        That error itself, in points of the score.
    points : float, optional
        For ``practical``: a drop of so many points or more is flagged.
    higher_is_better : bool, optional
        Direction. Of an alliance form higher is better, an outcome of a study knows its own; of a frame say it.
    confidence : float
        One less the error probability for each session.

    Returns
    -------
    SessionDrops
        Counts, what chance would flag, and a row per session and per client.

    Raises
    ------
    AllianceError
        ``missing-column``, ``invalid-option``, ``repeated-session``. Data without a session to judge raise nothing: the
        result has a status.

    Warns
    -----
    AllianceWarning
        If the reliability is of another rater, form, scale or level.

    See Also
    --------
    find_ruptures : Published and own rules, with chance rates that know bounds, steps and gaps of the scale.

    Notes
    -----
    With z of the confidence and m sessions in the reference the threshold is z s_j sqrt(1 + 1/m), where s_j^2 = (nu
    s_w^2 + SS_j) / (nu + df_j) of the client's sum of squares SS_j and the pooled variance s_w^2; ``measurement`` has
    the error of measurement in place of s_j. A client's standard deviation rests on all the client's sessions: the
    table is described, not foretold. Trends are not removed. What chance would flag supposes normal fluctuation: of
    ``fluctuation`` it is the error probability; of other thresholds it follows from the client's shrunken standard
    deviation, or against the session before from the client's successive differences, shrunken likewise. Against the
    session before, more clients than told are flagged by chance (90 % where 82 % are told, in simulations of 12
    sessions), since each session stands in two differences. ``fluctuation`` flags less than its error probability
    where clients have few sessions, or fluctuate unlike each other (3 % of sessions in place of 5 %).

    Examples
    --------
    >>> import alliance as al
    >>> clinic = al.simulate(dyads=60, sessions=12, seed=1)
    >>> scores = al.score(clinic.client_forms, "wai-sr-client", columns="wai_{item}",
    ...                   client="client", session="session")
    >>> usual = al.session_drops(scores)
    >>> jacobson = al.session_drops(scores, threshold="jacobson-truax", reliability=0.93)
    >>> usual.expected_by_chance / usual.judged < jacobson.expected_by_chance / jacobson.judged
    True
    """
    import numpy as np

    purpose = "session drops"
    choice("threshold", threshold, tuple(_UNITS))
    asked = look_up_outcome(
        data,
        purpose,
        score,
        {"client": client, "session": session, "therapist": therapist, "rater": rater},
        higher_is_better,
    )
    measured = read_measurements(
        asked.data,
        purpose=purpose,
        score=score,
        scale=scale,
        client=asked.client,
        session=asked.session,
        therapist=therapist,
        rater=rater,
        metric=metric,
        needs=("client", "session"),
    )
    better = better_direction(asked.higher_is_better, measured.instrument, purpose)
    first = (
        None
        if reliability is None
        else trusted(reliability, scale=measured.name, instrument=measured.instrument, option="reliability")
    )
    error = _error(threshold, first, standard_error_of_measurement)
    compared = reference if reference is not None else _default_reference(threshold)
    choice("reference", compared, tuple(_REFERENCES))
    least = least_sessions if least_sessions is not None else (1 if compared == "previous-session" else 3)
    confidence = number("confidence", confidence)
    ids = measured.ids
    codes = ids.dyads()
    numbers = ids.session_numbers(session_order, codes)
    count, clients = len(codes), int(codes.max()) + 1 if len(codes) else 0
    rows, per_client = np.empty((3, count)), np.empty((5, clients))
    is_drop = np.empty(count, dtype=np.uint8)
    found = _native.session_drops(
        measured.values,
        codes,
        numbers,
        {
            "threshold": threshold,
            "number": _number(threshold, prior_degrees, error, points),
            "reliability": first.value if first is not None and error is None else None,
            "reference": compared,
            "least_sessions": whole("least_sessions", least, least=1),
            "higher_is_better": better,
            # Two-sided, as Jacobson and Truax have it: half of the error on the side of drops.
            "confidence": 0.5 + confidence / 2 if threshold == "jacobson-truax" else confidence,
            "pooled_standard_deviation": None
            if pooled_standard_deviation is None
            else number("pooled_standard_deviation", pooled_standard_deviation),
        },
        rows,
        is_drop,
        per_client,
    )
    names = ("sessions", "judged", "flagged", "standard_deviation", "shrunken_standard_deviation")
    table: dict[str, Any] = dict(zip(names, per_client, strict=True))
    table |= {name: table[name].astype(np.int64) for name in names[:3]}
    return SessionDrops(
        name=measured.name,
        instrument=measured.instrument,
        threshold=threshold,
        reference=compared,
        least_sessions=least,
        confidence=confidence,
        status=found["status"],
        judged=found["judged"],
        flagged=found["flagged"],
        clients_judged=found["clients_judged"],
        clients_flagged=found["clients_flagged"],
        expected_by_chance=found["expected_by_chance"],
        clients_expected_by_chance=found["clients_expected_by_chance"],
        **{name: Estimate._of(facts) for name, facts in found["estimates"].items()},
        standard_error_of_measurement=found["standard_error_of_measurement"],
        higher_is_better=better,
        _ids=ids.columns("client", "therapist", "session"),
        _rows={"score": measured.values}
        | dict(zip(("reference", "drop", "threshold"), rows, strict=True))
        | {"is_drop": is_drop},
        _client_ids=ids.one_row_each(codes, "client", "therapist"),
        _clients=table,
        _dyads=codes,
        _numbers=numbers,
        _client=ids.roles["client"],
        _described=measured.described,
        _more_notes=(*ids.notes_on_dyads(codes), *_notes(threshold, first)),
        _kind=measured.kind,
    )


def _default_reference(threshold: str) -> str:
    return "previous-session" if threshold == "jacobson-truax" else "running-mean"


def _error(threshold: str, reliability: TrustedReliability | None, given: Any) -> float | None:
    """Give the error of measurement that was handed over, and refuse what does not fit the threshold."""
    needs_error = threshold in ("measurement", "jacobson-truax")
    if (reliability is not None) + (given is not None) != (1 if needs_error else 0):
        problem = (
            "needs `reliability` or `standard_error_of_measurement`, one of them" if needs_error else "takes neither"
        )
        raise from_code("invalid-option", f"threshold: `{threshold}` {problem}")
    if given is None:
        return None
    return given.value if isinstance(given, Estimate) else number("standard_error_of_measurement", given)


def _number(threshold: str, prior_degrees: float, error: float | None, points: float | None) -> float | None:
    if (points is not None) != (threshold == "practical"):
        raise from_code("invalid-option", "points: give them for the threshold `practical`, and for no other")
    if threshold == "practical":
        return number("points", points)
    return number("prior_degrees", prior_degrees) if threshold == "fluctuation" else error


def _notes(threshold: str, reliability: TrustedReliability | None) -> tuple[str, ...]:
    of_reliability = () if reliability is None else reliability.notes
    if threshold not in ("measurement", "jacobson-truax"):
        return of_reliability
    return (
        *of_reliability,
        "Error of measurement is smaller than what a client's sessions usually vary by: look at what chance would "
        "flag.",
    )
