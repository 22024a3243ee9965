"""Association of two raters: whether they order clients alike, and whether they move together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alliance import _native
from alliance.arguments import number
from alliance.estimate import Estimate
from alliance.instruments import Instrument
from alliance.pairs import Pairs, read_pairs
from alliance.result import Result

__all__ = ["Association", "association"]


@dataclass(frozen=True, eq=False, repr=False)
class Association(Result):
    """How two ratings go together. Made by :func:`association`.

    Parameters
    ----------
    first, second : str
        The raters.
    between_clients : Estimate
        Correlation of the clients' means, over the sessions that both rated.
    within_clients : Estimate
        Repeated-measures correlation: of scores less their client's mean.
    within_p_value : float
        Two-sided p value of no correlation within clients; NaN where undefined.
    within_slope : float
        Common slope of the second on the first within clients; NaN where undefined.
    confidence : float
        Confidence of the intervals.
    """

    first: str
    second: str
    between_clients: Estimate
    within_clients: Estimate
    within_p_value: float
    within_slope: float
    confidence: float
    _forms: tuple[Instrument, ...]
    _described: str
    _kind: Any

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """All estimates, by name."""
        return {"between_clients": self.between_clients, "within_clients": self.within_clients}

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The forms, where they are known."""
        return self._forms

    @property
    def _title(self) -> str:
        return f"Association of {self.first} and {self.second}"

    @property
    def _line(self) -> str:
        within = self.within_clients
        return f"{within.units} dyads, {within.rows_used} sessions that both rated, {within.rows_dropped} left out"

    def _sentences(self) -> Sequence[str]:
        within = self.within_clients
        return (
            f"Association of {self._described} was worked out from {within.rows_used} sessions of {within.units} dyads "
            f"that both rated ({within.rows_dropped} left out).",
            f"The means of dyads correlated {self.between_clients}; deviations from them correlated {within} "
            f"(repeated-measures correlation; {100 * self.confidence:g} % intervals by Fisher's z).",
            "Neither says who rates higher.",
        )

    @property
    def _references(self) -> tuple[str, ...]:
        return ("bland-altman-1995", "bakdash-2017")


def association(
    data: Any,
    *,
    first: str = "client",
    second: str = "therapist",
    scale: str = "total",
    score: str | None = None,
    client: str | None = None,
    session: str | None = None,
    therapist: str | None = None,
    rater: str | None = None,
    confidence: float = 0.95,
) -> Association:
    """Correlate two raters: clients' means between clients, and sessions within clients.

    Parameters
    ----------
    data : Study, StudyScores or frame
        A study; a long frame with a ``rater`` and a ``score`` column; or a frame with one column of scores per rater.
    first, second : str
        The raters of a study or of the ``rater`` column, or the two columns of scores.
    scale : str
        Scale of a study.
    score : str, optional
        Column of scores of a long frame.
    client, session, therapist : str, optional
        Id columns of a frame. A dyad is a client, with a therapist where that is named.
    rater : str, optional
        Column of a long frame that says who rated.
    confidence : float
        Confidence of the intervals, above 0 and below 1.

    Returns
    -------
    Association
        Both correlations with intervals.

    Raises
    ------
    AllianceError
        ``missing-column``, ``missing-id``, ``duplicate-form``, ``text-answer``, ``not-finite``, ``invalid-option``.

    Notes
    -----
    Within dyads r is that of scores less their dyad's mean, sign(b) sqrt(SS_b / (SS_b + SS_e)) of an analysis of
    covariance with an intercept per dyad, on N - J - 1 degrees of freedom (Bland and Altman 1995; Bakdash and Marusich
    2017). A trend that both ratings share makes a correlation within dyads. Levels do not enter, so that forms need
    not be parallel; who rates higher is the question of :func:`elevation`.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> frame = pl.DataFrame({"case": [1, 1, 1, 2, 2, 2, 3, 3, 3], "visit": [1, 2, 3] * 3,
    ...                       "client": [4.0, 5.0, 6.0, 6.0, 5.5, 6.5, 3.0, 3.5, 3.0],
    ...                       "therapist": [3.0, 3.5, 5.0, 5.0, 4.0, 5.5, 4.0, 4.0, 3.5]})
    >>> found = al.association(frame, client="case", session="visit")
    >>> print(found.within_clients)
    0.93 (0.58 to 0.99)
    """
    pairs = read_pairs(
        data,
        purpose="association",
        first=first,
        second=second,
        scale=scale,
        score=score,
        client=client,
        session=session,
        therapist=therapist,
        rater=rater,
        requires=("client",),
    )
    return association_of(pairs, number("confidence", confidence))


def association_of(pairs: Pairs, confidence: float) -> Association:
    """Correlate ratings that were read."""
    found = _native.association(pairs.first, pairs.second, pairs.dyads, confidence)
    return Association(
        *pairs.names,
        between_clients=Estimate._of(found["between_clients"]),
        within_clients=Estimate._of(found["within_clients"]),
        within_p_value=found["within_p_value"],
        within_slope=found["within_slope"],
        confidence=confidence,
        _forms=pairs.instruments,
        _described=pairs.table.described,
        _kind=pairs.kind,
    )
