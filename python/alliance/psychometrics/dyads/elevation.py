"""Elevation: who rates higher, and how far apart two ratings of one session are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from alliance import _html, _native
from alliance.arguments import number
from alliance.instruments import Instrument
from alliance.psychometrics.dyads.pairs import Pairs, read_pairs
from alliance.psychometrics.estimate import Estimate
from alliance.psychometrics.rater_table import AcrossForms
from alliance.psychometrics.result import Result

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["ConcordanceParts", "Elevation", "Shifts", "elevation"]


class Shifts(NamedTuple):
    """Why a concordance lies below the correlation. Part of an :class:`Elevation` with one pair per dyad.

    Parameters
    ----------
    bias_correction : float
        C_b, from 0 to 1: concordance = correlation * C_b.
    scale : float
        v, SD of the first by SD of the second.
    location : float
        u, difference of means in units of the geometric mean of the SDs.
    """

    bias_correction: float
    scale: float
    location: float


class ConcordanceParts(NamedTuple):
    """Variances of one rating. Part of an :class:`Elevation`.

    Parameters
    ----------
    dyad : Estimate
        Between dyads, shared by both raters in all sessions.
    session : Estimate
        Between sessions of a dyad, shared by both raters.
    dyad_by_role : Estimate
        The dyad's own bias: by how much one rater is higher in this dyad than in others.
    role : Estimate
        Of the raters' mean difference.
    residual : Estimate
        What is left.
    """

    dyad: Estimate
    session: Estimate
    dyad_by_role: Estimate
    role: Estimate
    residual: Estimate


@dataclass(frozen=True, eq=False, repr=False)
class Elevation(Result):
    """How far apart two ratings are. Made by :func:`elevation`.

    Parameters
    ----------
    first, second : str
        The raters; differences are first minus second.
    unit : str
        Unit of the scores: ``mean``, ``sum``, ``pomp`` or ``score``.
    mean_difference : Estimate
        Mean difference, dyads being independent and sessions of a dyad not.
    lower_limit, upper_limit : Estimate
        Limits of agreement: mean difference plus and minus ``multiplier`` standard deviations of a single difference.
    standard_deviation : Estimate
        Of a single difference, between dyads and from session to session.
    between_variance, within_variance : Estimate
        Variance of the differences between dyads, and from session to session of a dyad; undefined with one pair per
        dyad.
    slope_on_mean : Estimate
        Slope of the difference on the mean of both: not 0 where differences grow or shrink with the level, as they do
        at a ceiling.
    concordance : Estimate
        Concordance correlation of two ratings of one session: Lin's with one pair per dyad (divisor n), else from
        variance components.
    concordance_any_session : Estimate or None
        Of the ratings of two sessions of one dyad; None with one pair per dyad.
    parts : ConcordanceParts or None
        The variances behind both; None with one pair per dyad.
    shifts : Shifts or None
        Shifts of location and scale behind Lin's concordance; None with several sessions per dyad.
    multiplier : float
        Standard deviations from the mean difference to a limit.
    confidence : float
        Confidence of the intervals.
    """

    first: str
    second: str
    unit: str
    mean_difference: Estimate
    lower_limit: Estimate
    upper_limit: Estimate
    standard_deviation: Estimate
    between_variance: Estimate
    within_variance: Estimate
    slope_on_mean: Estimate
    concordance: Estimate
    concordance_any_session: Estimate | None
    parts: ConcordanceParts | None
    shifts: Shifts | None
    multiplier: float
    confidence: float
    _forms: tuple[Instrument, ...]
    _described: str
    _kind: Any
    _points: NDArray[np.float64]

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """All estimates, by name; of ``parts`` as ``variance_dyad`` and so on."""
        names = (
            *("mean_difference", "lower_limit", "upper_limit", "standard_deviation", "between_variance"),
            *("within_variance", "slope_on_mean", "concordance", "concordance_any_session"),
        )
        found = {name: getattr(self, name) for name in names}
        parts = {} if self.parts is None else {f"variance_{name}": part for name, part in self.parts._asdict().items()}
        return {name: each for name, each in found.items() if each is not None} | parts

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The forms, where they are known."""
        return self._forms

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of this result should know."""
        own: tuple[str, ...] = ()
        if self.unit == "pomp" and len({form.id for form in self._forms}) > 1:
            own = (
                "Scores are percentages of the maximum possible: a common ruler for two forms, no equating. A mean "
                "difference may be one of the forms.",
            )
        parts = {id(each) for each in (self.parts or ())} | {id(self.between_variance), id(self.within_variance)}
        shown = (each for each in self.estimates.values() if id(each) not in parts)
        return tuple(dict.fromkeys((*own, *(note for each in shown for note in each.notes))))

    @property
    def _title(self) -> str:
        return f"Elevation: {self.first} minus {self.second}"

    @property
    def _line(self) -> str:
        mean = self.mean_difference
        return f"{mean.units} dyads, {mean.rows_used} sessions that both rated, {mean.rows_dropped} left out"

    @property
    def _shown(self) -> Sequence[tuple[str, Estimate]]:
        shown = (
            *("mean_difference", "lower_limit", "upper_limit", "slope_on_mean"),
            *("concordance", "concordance_any_session"),
        )
        return [(name.replace("_", " "), self.estimates[name]) for name in shown if name in self.estimates]

    def _sentences(self) -> Sequence[str]:
        mean = self.mean_difference
        limits = (
            f"; limits of agreement ({self.multiplier:g} SD, {mean.method}) were {self.lower_limit.value:.2f} and "
            f"{self.upper_limit.value:.2f}"
            if not math.isnan(self.lower_limit.value)
            else ""
        )
        return (
            f"Levels of {self._described} were compared in {mean.rows_used} sessions of {mean.units} dyads that both "
            f"rated ({mean.rows_dropped} left out).",
            f"The mean difference ({self.first} minus {self.second}) was {mean}{limits}.",
            f"Differences changed with the level by {self.slope_on_mean} points per point.",
            f"The concordance correlation was {self.concordance} ({self.concordance.method}; "
            f"{100 * self.confidence:g} % intervals).",
        )

    @property
    def _references(self) -> tuple[str, ...]:
        if self.parts is None:
            return ("bland-altman-1986", "lin-1989")
        return ("bland-altman-2007", "carrasco-2003", "carrasco-2009")

    def plot(self) -> Any:
        """Draw each session's difference over its mean (Bland and Altman), with mean difference, limits and slope.

        Returns
        -------
        matplotlib.figure.Figure
            One dot per session that both rated, without a name; bands are intervals.

        Raises
        ------
        AllianceError
            ``missing-extra`` without matplotlib.
        """
        from alliance.psychometrics.dyads.dyad_figures import bland_altman

        return bland_altman(self)

    def _more_html(self) -> str:
        if self.parts is None:
            return ""
        rows = [(name.replace("_", " "), str(each)) for name, each in self.parts._asdict().items()]
        return _html.table(("variance of a rating", "estimate"), rows)


def elevation(
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
    at: Any = None,
    across_forms: AcrossForms = "refuse",
    multiplier: float = 1.96,
    confidence: float = 0.95,
) -> Elevation:
    """Say who rates higher, and within which limits single differences lie (Bland and Altman; Lin's concordance).

    Parameters
    ----------
    data : Study, StudyScores or frame
        A study; a long frame with a ``rater`` and a ``score`` column; or a frame with one column of scores per rater.
    first, second : str
        The raters of a study or of the ``rater`` column, or the two columns of scores. Differences are first minus
        second.
    scale : str
        Scale of a study.
    score : str, optional
        Column of scores of a long frame.
    client, session, therapist : str, optional
        Id columns of a frame. A dyad is a client, with a therapist where that is named; without a client every row is
        a dyad.
    rater : str, optional
        Column of a long frame that says who rated.
    at : optional
        One session, by its label, or a list of them.
    across_forms : {"refuse", "pomp", "as-scored"}
        What to do when the forms of a study are not parallel: ``pomp`` puts both on 0 to 100, a ruler and no equating.
    multiplier : float
        Standard deviations from the mean difference to a limit; 1.96 holds 95 % of normal differences.
    confidence : float
        Confidence of the intervals, above 0 and below 1.

    Returns
    -------
    Elevation
        Mean difference, limits, slope on the mean and concordance, with intervals.

    Raises
    ------
    AllianceError
        ``incomparable-forms``; ``missing-column``, ``missing-id``, ``duplicate-form``, ``text-answer``,
        ``not-finite``, ``invalid-option``.

    Notes
    -----
    With several sessions per dyad the variance of a difference is the sum of the parts between and within dyads (Bland
    and Altman 2007): the SD of all rows would be too small. Concordance is 2 s_xy / (s_x² + s_y² + (mean x - mean y)²)
    with divisor n (Lin 1989), and with several sessions (V_dyad + V_session) / (V_dyad + V_session + V_dyad-by-role +
    V_role + V_e) from variance components (Carrasco et al. 2009); ``concordance_any_session`` has V_dyad alone above.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> frame = pl.DataFrame({"client": [5.0, 6.0, 4.0, 7.0, 6.0], "therapist": [4.0, 6.0, 3.5, 6.0, 5.5]})
    >>> found = al.elevation(frame)
    >>> print(found.mean_difference)
    0.60 (0.08 to 1.12)
    >>> print(found.concordance)
    0.80 (0.20 to 0.96)
    """
    pairs = read_pairs(
        data,
        purpose="elevation",
        first=first,
        second=second,
        scale=scale,
        score=score,
        client=client,
        session=session,
        therapist=therapist,
        rater=rater,
        at=at,
        across_forms=across_forms,
    )
    return elevation_of(pairs, number("multiplier", multiplier), number("confidence", confidence))


def elevation_of(pairs: Pairs, multiplier: float, confidence: float) -> Elevation:
    """Compare the levels of ratings that were read."""
    import numpy as np

    both = (pairs.first, pairs.second)
    limits = _native.limits_of_agreement(*both, pairs.dyads, multiplier, confidence)
    found: dict[str, Any] = {name: Estimate._of(facts) for name, facts in limits.items()}
    any_session, parts, shifts = None, None, None
    mean = found["mean_difference"]
    if mean.rows_used > mean.units:
        repeated = _native.repeated_concordance(*both, pairs.dyads, confidence)
        named = {name: Estimate._of(facts) for name, facts in repeated.items()}
        concordance, any_session = named.pop("same_session"), named.pop("any_session")
        parts = ConcordanceParts(**named)
    else:
        level = _native.level_agreement(*both, confidence)
        concordance = Estimate._of(level["concordance"])
        shifts = Shifts(level["bias_correction"], level["scale_shift"], level["location_shift"])
    points = np.empty((2, len(pairs.dyads)))
    _native.mean_and_difference(*both, points)
    return Elevation(
        *pairs.names,
        unit=pairs.table.unit,
        **found,
        concordance=concordance,
        concordance_any_session=any_session,
        parts=parts,
        shifts=shifts,
        multiplier=multiplier,
        confidence=confidence,
        _forms=pairs.instruments,
        _described=pairs.table.described,
        _kind=pairs.kind,
        _points=points,
    )
