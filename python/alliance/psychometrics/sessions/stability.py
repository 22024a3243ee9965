"""Stability of scores from one session to another, for each rater."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from alliance import _native
from alliance.arguments import number, whole
from alliance.errors import from_code
from alliance.instruments import Instrument
from alliance.psychometrics.estimate import Estimate
from alliance.psychometrics.measurements import Ids, read_measurements
from alliance.psychometrics.rater_table import RaterTable, read_raters
from alliance.psychometrics.result import Result
from alliance.scores import Scores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["RaterStability", "Stability", "stability"]


class RaterStability(NamedTuple):
    """Stability of one rater's scores.

    Parameters
    ----------
    agreement : Estimate
        ICC(A,1): a common change counts against it.
    consistency : Estimate
        ICC(C,1): a common change does not count.
    correlation : Estimate
        Pearson's correlation: stability of clients' order.
    standard_error_of_measurement : Estimate
        SD of the differences over the square root of 2, in points of the score.
    mean_change : Estimate
        Mean of the second session less that of the first.
    """

    agreement: Estimate
    consistency: Estimate
    correlation: Estimate
    standard_error_of_measurement: Estimate
    mean_change: Estimate


@dataclass(frozen=True, eq=False, repr=False)
class Stability(Result):
    """Stability between two sessions. Made by :func:`stability`.

    Parameters
    ----------
    raters : mapping of str to RaterStability
        Of each rater.
    clients : mapping of str to int
        Clients (dyads, where therapists are known) with both scores, of each rater.
    first, second : object
        The sessions.
    scale : str
        The scale, or the column.
    confidence : float
        Confidence of the intervals.
    """

    raters: Mapping[str, RaterStability]
    clients: Mapping[str, int]
    first: Any
    second: Any
    scale: str
    confidence: float
    _instruments: tuple[Instrument, ...]
    _described: str
    _kind: Any

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The forms, where they are known."""
        return self._instruments

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """All estimates, by rater and name."""
        return {f"{rater} {name}": each for rater, own in self.raters.items() for name, each in own._asdict().items()}

    @property
    def _keys(self) -> Mapping[str, Sequence[str]]:
        names = RaterStability._fields
        return {
            "rater": [rater for rater in self.raters for _ in names],
            "estimate": [name for _ in self.raters for name in names],
        }

    @property
    def _title(self) -> str:
        return "Stability between two sessions"

    @property
    def _line(self) -> str:
        counts = ", ".join(f"{count} clients ({rater})" for rater, count in self.clients.items())
        return f"{self.scale}, {counts}"

    def _sentences(self) -> Sequence[str]:
        sentences = [f"Stability of {self._described} was worked out from clients with scores at both sessions."]
        for rater, own in self.raters.items():
            sentences.append(
                f"Of the {rater} ({self.clients[rater]} clients), ICC(A,1) was {own.agreement}, ICC(C,1) "
                f"{own.consistency}, the correlation {own.correlation} and the mean change {own.mean_change}."
            )
        return [*sentences, f"Intervals have a confidence of {100 * self.confidence:g} %."]

    @property
    def _references(self) -> tuple[str, ...]:
        return ("mcgraw-1996",)


def stability(
    data: Any,
    *,
    first: Any,
    second: Any,
    scale: str = "total",
    score: str | None = None,
    client: str | None = None,
    session: str | None = None,
    therapist: str | None = None,
    rater: str | None = None,
    raters: Sequence[str] | None = None,
    session_order: Sequence[Any] | None = None,
    confidence: float = 0.95,
) -> Stability:
    """Say how far scores of two sessions agree, for each rater.

    For something that truly changes, no number here separates change from error; with days between the sessions and no
    treatment they are retest reliabilities.

    Parameters
    ----------
    data : frame, Scores, StudyScores or Study
        Scores of clients' sessions. Of a study each rater's; the forms need not be parallel, since raters are not
        compared.
    first, second : object
        The two sessions: by number; by place among a client's sessions, from 1, where these are dates; by label where
        ``session_order`` lists them.
    scale : str
        Scale of scores or a study.
    score, client, session, therapist, rater : str, optional
        Columns of a frame: the scores, the ids and, for scores of several raters, the rater.
    raters : sequence of str, optional
        Some of the raters; of a frame without a rater column the column of each, instead of ``score``.
    session_order : sequence, optional
        Session labels in their order, where they are neither whole numbers nor dates.
    confidence : float
        Confidence of the intervals, above 0 and below 1.

    Returns
    -------
    Stability
        Agreement, consistency, correlation, error of measurement and mean change, of each rater.

    Raises
    ------
    AllianceError
        ``missing-column``; ``invalid-option``; ``duplicate-form`` or ``repeated-session`` if a client has two scores of
        a session. Data on which a coefficient is not defined raise nothing: the estimate has a status.

    Notes
    -----
    ICC(A,1) and ICC(C,1) of McGraw and Wong (1996), the sessions being the raters of their formulas; Fisher's z for the
    correlation; the mean change by t.

    Examples
    --------
    >>> import alliance as al
    >>> clinic = al.simulate(dyads=60, sessions=6, seed=1)
    >>> scores = al.score(clinic.client_forms, "wai-sr-client", columns="wai_{item}",
    ...                   client="client", session="session")
    >>> found = al.stability(scores, first=2, second=3)
    >>> found.raters["client"].agreement.status
    'defined'
    """
    table = _read(data, raters, score, scale, client, session, therapist, rater)
    numbers = table.ids.session_numbers(session_order)
    chosen = _number("first", first, session_order), _number("second", second, session_order)
    if chosen[0] == chosen[1]:
        raise from_code("invalid-option", "second: give another session than `first`")
    ids = session_ids(table.ids, numbers)
    found = _native.session_stability(table.values, len(table.names), ids, chosen, number("confidence", confidence))
    pairs = dict(zip(table.names, found, strict=True))
    return Stability(
        raters={
            name: RaterStability(**{key: Estimate._of(each) for key, each in own.items()})
            for name, (_, own) in pairs.items()
        },
        clients={name: count for name, (count, _) in pairs.items()},
        first=first,
        second=second,
        scale=table.what,
        _instruments=table.instruments,
        confidence=confidence,
        _described=table.described,
        _kind=table.kind,
    )


def session_ids(ids: Ids, numbers: NDArray[np.int64]) -> Any:
    """Give what the native functions of sessions are told of their rows."""
    return {"client": ids.dyads(), "session": numbers, "therapist": None}


def _number(option: Literal["first", "second"], label: Any, order: Sequence[Any] | None) -> int:
    if order is None:
        return whole(option, label, least=-(2**53))
    listed = list(order)
    if label not in listed:
        raise from_code("invalid-option", f"{option}: the session is not in `session_order`")
    return listed.index(label)


def _read(
    data: Any,
    raters: Sequence[str] | None,
    score: str | None,
    scale: str,
    client: str | None,
    session: str | None,
    therapist: str | None,
    rater: str | None,
) -> RaterTable:
    """Read raters side by side; one rater's scores are a table of one."""
    one_frame = score is not None and rater is None
    if not isinstance(data, Scores) and not one_frame:
        return read_raters(
            data,
            raters,
            purpose="stability",
            scale=scale,
            score=score,
            client=client,
            session=session,
            therapist=therapist,
            rater=rater,
            across_forms="as-scored",
        )
    if raters is not None:
        raise from_code("invalid-option", "raters: these are the scores of one rater; leave it out")
    found = read_measurements(
        data,
        purpose="stability",
        score=score,
        scale=scale,
        client=client,
        session=session,
        therapist=therapist,
        rater=rater,
        needs=("client", "session"),
    )
    name = "rater" if found.instrument is None else found.instrument.rater
    return RaterTable(found.values[None, :], (name,), found.name, found.unit, found.ids, found.instruments)
