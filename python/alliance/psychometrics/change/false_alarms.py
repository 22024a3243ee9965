"""How often the reliable change index flags a drop when nothing but usual fluctuation happens."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, NamedTuple

from alliance import _html, _native
from alliance.arguments import number, whole
from alliance.errors import from_code
from alliance.psychometrics.estimate import Estimate
from alliance.psychometrics.result import Result

__all__ = ["FalseAlarmRate", "FalseAlarms", "jacobson_truax_false_alarms"]


class FalseAlarmRate(NamedTuple):
    """Chances of a false flag under one set of conditions.

    Parameters
    ----------
    reliability, icc, autocorrelation : float
        The conditions.
    per_session : float
        Chance that a session is flagged as lower than the one before.
    per_client : float
        Chance that a client is flagged at least once, steps taken as independent: a little too low.
    expected : float
        Flags to expect for each client.
    """

    reliability: float
    icc: float
    autocorrelation: float
    per_session: float
    per_client: float
    expected: float


@dataclass(frozen=True, eq=False, repr=False)
class FalseAlarms(Result):
    """False alarms of the reliable change index. Made by :func:`jacobson_truax_false_alarms`.

    Parameters
    ----------
    rates : tuple of FalseAlarmRate
        One for each combination of the conditions.
    sessions : int
        Sessions of each client.
    confidence : float
        Confidence of the index, two-sided.
    """

    rates: tuple[FalseAlarmRate, ...]
    sessions: int
    confidence: float
    _kind: Any = None

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """None: these are computed chances, not estimates."""
        return {}

    @property
    def _title(self) -> str:
        return "False alarms of the reliable change index, session to session"

    @property
    def _line(self) -> str:
        return f"{self.sessions} sessions, {100 * self.confidence:g} % two-sided; {len(self.rates)} conditions"

    def to_frame(self) -> Any:
        """Give one row per combination: the fields of :class:`FalseAlarmRate`.

        Returns
        -------
        frame
            Of a library that is there.
        """
        from alliance._frames import frame_of, installed_kind

        columns = {name: [getattr(rate, name) for rate in self.rates] for name in FalseAlarmRate._fields}
        return frame_of(installed_kind(), columns)

    def _sentences(self) -> Sequence[str]:
        lowest, highest = (choose(self.rates, key=lambda rate: rate.per_client) for choose in (min, max))
        return (
            "If clients only fluctuate about their level, the Jacobson-Truax band used from session to session flags "
            f"{_span(lowest.per_client, highest.per_client)} % of clients within {self.sessions} sessions under the "
            "conditions looked at (normal scores, steps taken as independent).",
        )

    @property
    def _references(self) -> tuple[str, ...]:
        return ("jacobson-truax-1991",)

    def __repr__(self) -> str:
        return f"<FalseAlarms {self._line}>"

    def _repr_html_(self) -> str:
        rows = [
            (rate.reliability, rate.icc, rate.autocorrelation, f"{rate.per_session:.3f}", f"{rate.per_client:.2f}")
            for rate in self.rates
        ]
        names = ("reliability", "ICC", "autocorrelation", "per session", "per client")
        return _html.heading(self._title, self._line) + _html.table(names, rows)


def jacobson_truax_false_alarms(
    reliability: float | Sequence[float] = (0.85, 0.90, 0.93, 0.95),
    *,
    icc: float | Sequence[float] = 0.65,
    autocorrelation: float | Sequence[float] = (0.0, 0.3),
    sessions: int = 12,
    confidence: float = 0.95,
) -> FalseAlarms:
    """Say how often the reliable change index, used from session to session, flags a drop when nothing happens.

    Its band holds error of measurement only: what a client's alliance usually does from one session to the next counts
    as change. A better questionnaire makes it worse.

    Parameters
    ----------
    reliability : float or sequence of float
        Reliability of one form per client, from 0 to below 1.
    icc : float or sequence of float
        Share of the variance that lies between clients, from 0 to below 1.
    autocorrelation : float or sequence of float
        Correlation of a client's successive sessions about the client's level, between -1 and 1.
    sessions : int
        Sessions of each client.
    confidence : float
        Confidence of the index, two-sided.

    Returns
    -------
    FalseAlarms
        Rates for all combinations.

    Raises
    ------
    AllianceError
        ``invalid-option``.

    See Also
    --------
    session_drops : A threshold from the client's own sessions.

    Notes
    -----
    With total variance 1, the difference of successive sessions of a client at rest has standard deviation
    sqrt(2 (1 - icc) (1 - autocorrelation)); the band is z sqrt(2 (1 - reliability)). Only drops count. Clients are
    flagged at least once with probability 1 - (1 - p)^(sessions - 1), steps taken as independent. Successive steps
    share a session, so that a few clients more are flagged: 87 % in simulations where 83 % are told, 76 % for 71 %.

    Examples
    --------
    >>> import alliance as al
    >>> rate, = al.jacobson_truax_false_alarms(0.90, icc=0.65, autocorrelation=0.0).rates
    >>> round(rate.per_session, 3), round(rate.per_client, 2)
    (0.147, 0.83)
    """
    conditions = itertools.product(
        _listed("reliability", reliability), _listed("icc", icc), _listed("autocorrelation", autocorrelation)
    )
    count, level = whole("sessions", sessions, least=1), number("confidence", confidence)
    return FalseAlarms(
        rates=tuple(
            FalseAlarmRate(*each, *_native.jacobson_truax_false_alarms(*each, count, level)) for each in conditions
        ),
        sessions=count,
        confidence=level,
    )


def _span(low: float, high: float) -> str:
    ends = (f"{100 * low:.0f}", f"{100 * high:.0f}")
    return ends[0] if ends[0] == ends[1] else " to ".join(ends)


def _listed(option: str, given: Any) -> list[float]:
    if isinstance(given, Real) or not isinstance(given, Sequence) or isinstance(given, str):
        return [number(option, given)]
    if not given:
        raise from_code("invalid-option", f"{option}: give at least one number")
    return [number(option, value) for value in given]
