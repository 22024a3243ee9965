"""Whose series of sessions is more stable: two raters of the same sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from alliance import _html, _native
from alliance.arguments import number, whole
from alliance.errors import from_code
from alliance.instruments import Instrument
from alliance.psychometrics.estimate import Estimate
from alliance.psychometrics.rater_table import AcrossForms, read_raters
from alliance.psychometrics.result import Result
from alliance.psychometrics.sessions.stability import session_ids

__all__ = ["RaterContrast", "RaterDifference", "rater_contrast"]

_WORDS = {
    "icc": "ICC(1)",
    "within_deviation": "SD within clients",
    "successive_change": "root mean square successive difference",
    "slope": "slope per session",
}


class RaterDifference(NamedTuple):
    """One statistic of two raters.

    Parameters
    ----------
    first, second : Estimate
        Of each rater.
    difference : Estimate
        First less second.
    """

    first: Estimate
    second: Estimate
    difference: Estimate


@dataclass(frozen=True, eq=False, repr=False)
class RaterContrast(Result):
    """How two raters' series of the same sessions differ. Made by :func:`rater_contrast`.

    Parameters
    ----------
    raters : tuple of str
        First and second rater.
    clients, sessions : int
        Clients (dyads, where therapists are known) and sessions that both rated.
    icc : RaterDifference
        ICC(1), the share of variance between clients: high where a rater sees little change.
    within_deviation : RaterDifference
        SD of a client's sessions about their mean, in points of the score.
    successive_change : RaterDifference
        Root mean square of the change from one session to the next; only of sessions whose numbers follow each other.
    slope : RaterDifference
        Average change per session within clients.
    scale : str
        The scale, or the column.
    unit : str
        ``mean``, ``sum``, ``pomp`` or ``score``.
    confidence : float
        Confidence of the intervals.
    resamples, seed : int
        Draws of clients, and their seed.
    """

    raters: tuple[str, str]
    clients: int
    sessions: int
    icc: RaterDifference
    within_deviation: RaterDifference
    successive_change: RaterDifference
    slope: RaterDifference
    scale: str
    unit: str
    confidence: float
    resamples: int
    seed: int
    _instruments: tuple[Instrument, ...]
    _described: str
    _kind: Any

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The forms, where they are known."""
        return self._instruments

    @property
    def contrasts(self) -> Mapping[str, RaterDifference]:
        """The four statistics, by name."""
        names = ("icc", "within_deviation", "successive_change", "slope")
        return {name: getattr(self, name) for name in names}

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """All estimates, by statistic and side."""
        sides = (*self.raters, "difference")
        return {
            f"{name}, {side}": each
            for name, contrast in self.contrasts.items()
            for side, each in zip(sides, contrast, strict=True)
        }

    @property
    def _keys(self) -> Mapping[str, Sequence[str]]:
        sides = (*self.raters, "difference")
        return {
            "statistic": [name for name in self.contrasts for _ in sides],
            "rater": [side for _ in self.contrasts for side in sides],
        }

    @property
    def _title(self) -> str:
        return "Stability of two raters"

    @property
    def _line(self) -> str:
        return f"{self.scale}, {' and '.join(self.raters)}, {self.clients} clients, {self.sessions} sessions of both"

    @property
    def _shown(self) -> Sequence[tuple[str, Estimate]]:
        first, second = self.raters
        return [(f"{_WORDS[name]}, {first} less {second}", each.difference) for name, each in self.contrasts.items()]

    def _more_html(self) -> str:
        rows = [(_WORDS[name], str(each.first), str(each.second)) for name, each in self.contrasts.items()]
        return _html.table(("", *self.raters), rows)

    def __repr__(self) -> str:
        return f"<RaterContrast icc difference {self.icc.difference}; {self._line}>"

    def _sentences(self) -> Sequence[str]:
        first, second = self.raters
        counts = f"{self.sessions} sessions of {self.clients} clients that both rated"
        found = "; ".join(
            f"{_WORDS[name]} was {each.first} ({first}) and {each.second} ({second}), a difference of {each.difference}"
            for name, each in self.contrasts.items()
        )
        return (
            f"Stability of {self._described} was compared on {counts}: {found}.",
            f"Intervals ({100 * self.confidence:g} %) are percentiles of {self.resamples} resamples of clients.",
        )


def rater_contrast(
    data: Any,
    raters: Sequence[str] | None = None,
    *,
    scale: str = "total",
    score: str | None = None,
    client: str | None = None,
    session: str | None = None,
    therapist: str | None = None,
    rater: str | None = None,
    session_order: Sequence[Any] | None = None,
    across_forms: AcrossForms = "refuse",
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 1,
) -> RaterContrast:
    """Compare the stability of two raters' scores on the sessions that both rated.

    Parameters
    ----------
    data : frame, StudyScores or Study
        Scores of both raters.
    raters : sequence of str, optional
        The two, the first less the second; by default those of a study's two forms, or of the rater column. Of a frame
        without a rater column the two columns.
    scale : str
        Scale of a study.
    score, client, session, therapist, rater : str, optional
        Columns of a frame: the scores and the rater of a long one, the ids.
    session_order : sequence, optional
        Session labels in their order, where they are neither whole numbers nor dates.
    across_forms : {"refuse", "pomp", "as-scored"}
        What becomes of forms that are not parallel: spreads and slopes are in points of the score.
    confidence : float
        Confidence of the intervals, above 0 and below 1.
    resamples : int
        Draws of clients, 100 or more.
    seed : int
        Their seed.

    Returns
    -------
    RaterContrast
        Of each rater and their difference: ICC(1), SD within clients, successive change, slope.

    Raises
    ------
    AllianceError
        ``incomparable-forms``; ``missing-column``; ``invalid-option`` unless there are two raters;
        ``duplicate-form`` if a rater rated a session twice. Data on which a statistic is not defined raise nothing: the
        estimate has a status.

    Notes
    -----
    Raters often do not rate the same sessions; only common ones are compared. ICC(1) is (MSB - MSW) / (MSB +
    (n0 - 1) MSW) of the analysis of variance of sessions in clients. Clients are drawn, never sessions.

    Examples
    --------
    >>> import alliance as al
    >>> clinic = al.simulate(dyads=40, sessions=6, seed=1, client_form="wai-36-client",
    ...                      therapist_form="wai-36-therapist")
    >>> study = (al.Study(client="client", session="session")
    ...     .with_forms(clinic.client_forms, "wai-36-client", columns="wai_{item}")
    ...     .with_forms(clinic.therapist_forms, "wai-36-therapist", columns="wai_{item}"))
    >>> found = al.rater_contrast(study, resamples=200)
    >>> found.raters, found.within_deviation.difference.level
    (('client', 'therapist'), 'within-client')
    """
    table = read_raters(
        data,
        raters,
        purpose="rater_contrast",
        scale=scale,
        score=score,
        client=client,
        session=session,
        therapist=therapist,
        rater=rater,
        across_forms=across_forms,
    )
    if len(table.names) != 2:
        raise from_code("invalid-option", f"raters: name two; there are {len(table.names)}")
    ids = session_ids(table.ids, table.ids.session_numbers(session_order))
    draws = whole("resamples", resamples, least=1)
    clients, sessions, found = _native.rater_contrast(
        table.values, ids, number("confidence", confidence), draws, whole("seed", seed)
    )
    contrasts = {
        name: RaterDifference(**{side: Estimate._of(each) for side, each in sides.items()})
        for name, sides in found.items()
    }
    return RaterContrast(
        raters=(table.names[0], table.names[1]),
        clients=clients,
        sessions=sessions,
        **contrasts,
        scale=table.what,
        unit=table.unit,
        _instruments=table.instruments,
        confidence=confidence,
        resamples=draws,
        seed=seed,
        _described=table.described,
        _kind=table.kind,
    )
