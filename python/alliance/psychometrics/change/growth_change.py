"""Reliable change of clients with three or more sessions, by their slopes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from alliance import _html, _native
from alliance.arguments import number
from alliance.errors import from_code
from alliance.instruments import Instrument
from alliance.psychometrics.change.change_pairs import better_direction, look_up_outcome
from alliance.psychometrics.change.reliable_change import CLASSES, said
from alliance.psychometrics.estimate import Estimate
from alliance.psychometrics.measurements import is_scores, read_measurements
from alliance.psychometrics.result import Result
from alliance.sources import read_measure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["GrowthChange", "GrowthCounts", "growth_change"]


class GrowthCounts(NamedTuple):
    """How many clients' slopes are reliably better than 0, not reliably different, worse; and not assessed."""

    improved: int
    unchanged: int
    deteriorated: int
    not_assessed: int


@dataclass(frozen=True, eq=False, repr=False)
class GrowthChange(Result):
    """Slopes of clients. Made by :func:`growth_change`.

    Parameters
    ----------
    name : str
        The scale, or the column.
    instrument : Instrument or None
        The form, where it is known.
    status : str
        ``defined``, or what the model came to: see :class:`Estimate`. With a slope variance of 0 (``boundary``) all
        slopes are the average one and nobody is assessed.
    counts : GrowthCounts
        Clients by their own slope.
    beyond_average : GrowthCounts
        Clients by how their slope differs from the average one.
    average_slope : Estimate
        Change per unit of time of the average client.
    average_intercept : Estimate
        Score of the average client where time is 0; with session numbers for time, at session 1.
    intercept_variance, slope_variance, intercept_slope_covariance, residual_variance : Estimate
        Variances of the mixed model.
    critical_value : float
        What a z must exceed.
    deviance : float
        REML criterion of the model.
    higher_is_better : bool
        Direction of the score.
    confidence : float
        One less the error probability, two-sided.
    """

    name: str
    instrument: Instrument | None
    status: str
    counts: GrowthCounts
    beyond_average: GrowthCounts
    average_slope: Estimate
    average_intercept: Estimate
    intercept_variance: Estimate
    slope_variance: Estimate
    intercept_slope_covariance: Estimate
    residual_variance: Estimate
    critical_value: float
    deviance: float
    higher_is_better: bool
    confidence: float
    _ids: Any
    _columns: Mapping[str, NDArray[Any]]
    _described: str
    _time: str
    _more_notes: tuple[str, ...]
    _kind: Any

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """All estimates, by name."""
        names = (
            *("average_slope", "average_intercept", "intercept_variance", "slope_variance"),
            *("intercept_slope_covariance", "residual_variance"),
        )
        return {name: getattr(self, name) for name in names}

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The form, if it is known."""
        return () if self.instrument is None else (self.instrument,)

    @property
    def clients(self) -> Any:
        """One row per client: ids, sessions, slope, standard_error, z, class, and the deviation from the average.

        ``slope`` is the client's own, shrunk to the average as far as the sessions say little; ``z`` is the slope over
        its standard error, and ``class`` what that amounts to. ``deviation``, ``deviation_z`` and ``deviation_class``
        compare the slope with the average one.

        Returns
        -------
        frame
            Of the kind that went in.
        """
        from alliance import _frames
        from alliance.sources import Words

        given = self._columns
        columns: dict[str, Any] = {name: given[name] for name in ("sessions", "slope", "standard_error", "z")}
        columns["class"] = Words(given["class"], CLASSES)
        columns |= {name: given[name] for name in ("deviation", "deviation_z")}
        columns["deviation_class"] = Words(given["deviation_class"], CLASSES)
        return _frames.beside_sources(self._kind, self._ids, columns)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of this result should know."""
        return tuple(dict.fromkeys((*self._more_notes, *super().notes)))

    @property
    def _title(self) -> str:
        return "Change over sessions"

    @property
    def _line(self) -> str:
        name = f"{self.instrument.id} {self.name}" if self.instrument is not None else self.name
        return f"{name}, {sum(self.counts)} clients: {said(self.counts)}"

    @property
    def _shown(self) -> Sequence[tuple[str, Estimate]]:
        return [(name.replace("_", " "), self.estimates[name]) for name in ("average_slope", "slope_variance")]

    def _sentences(self) -> Sequence[str]:
        return (
            f"Change of {self._described} was estimated for each client as the slope on {self._time} in a mixed model "
            f"with correlated random intercepts and slopes (REML, {self.average_slope.rows_used} scores of "
            f"{self.average_slope.units} clients); the average slope was {self.average_slope}.",
            f"A client's own slope (average and deviation) counts as change if it exceeds {self.critical_value:.2f} "
            f"conditional standard deviations: of {sum(self.counts)} clients {said(self.counts)}.",
            f"Compared with the average slope instead, {self.beyond_average.improved} did better and "
            f"{self.beyond_average.deteriorated} worse.",
        )

    @property
    def _references(self) -> tuple[str, ...]:
        return ("atkins-2005", "bauer-2004")

    def plot(self) -> Any:
        """Draw all clients' slopes, lowest first, with their intervals.

        Returns
        -------
        matplotlib.figure.Figure
            One line per client; colour and shape say the class. The dashed line is the average slope.

        Raises
        ------
        AllianceError
            ``missing-extra`` without matplotlib.
        """
        from alliance.psychometrics.change.change_figures import slopes

        return slopes(self)

    def _more_html(self) -> str:
        names = [name.replace("_", " ") for name in GrowthCounts._fields]
        rows = list(zip(names, self.counts, self.beyond_average, strict=True))
        return _html.table(("class", "by own slope", "against the average"), rows)


def growth_change(
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
    time: str | None = None,
    higher_is_better: bool | None = None,
    confidence: float = 0.95,
) -> GrowthChange:
    """Say of each client whether the slope over three or more sessions differs from 0 (HLM method).

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
    time : str, optional
        Column of a frame with the time of each row, such as weeks since the first session. Without it the session
        number: sessions that were missed count.
    higher_is_better : bool, optional
        Direction. Of an alliance form higher is better, an outcome of a study knows its own; of a frame say it.
    confidence : float
        One less the error probability, two-sided.

    Returns
    -------
    GrowthChange
        The average slope, variances, counts, and a row per client.

    Raises
    ------
    AllianceError
        ``missing-column``, ``invalid-option``, ``repeated-session``. Data that the model cannot be fitted to raise
        nothing: the result has a status.

    Notes
    -----
    Score on time with random intercept and slope by REML; a client's own slope is the average slope and the empirical
    Bayes deviation, and is divided by the conditional standard deviation of the deviation. The error of the average
    slope is not in it. Two questions are answered: does the client change (``class``), and does the client change
    otherwise than the average (``deviation_class``)? Users mean the first; the R package ``clinicalsignificance`` tests
    the second.

    Examples
    --------
    >>> import alliance as al
    >>> clinic = al.simulate(dyads=60, sessions=8, seed=1)
    >>> scores = al.score(clinic.client_forms, "wai-sr-client", columns="wai_{item}",
    ...                   client="client", session="session")
    >>> found = al.growth_change(scores)
    >>> sum(found.counts), found.average_slope.level
    (60, 'within-client')
    """
    import numpy as np

    purpose = "change over sessions"
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
        needs=("client",) if time is not None and not is_scores(asked.data) else ("client", "session"),
    )
    better = better_direction(asked.higher_is_better, measured.instrument, purpose)
    codes = measured.ids.dyads()
    if time is None:
        measured.ids.require_once(*(role for role in _DYAD if role in measured.ids), "session", purpose=purpose)
        # The intercept lies at session 1.
        when, origin = measured.ids.session_numbers(session_order, codes).astype(np.float64), 1.0
    else:
        when, origin = _times(asked.data, time, purpose), 0.0
    ids = measured.ids.one_row_each(codes, *_DYAD)
    count = len(ids)
    numbers = np.empty((6, count))
    names = ("sessions", "slope", "standard_error", "z", "deviation", "deviation_z")
    columns: dict[str, Any] = dict(zip(names, numbers, strict=True))
    columns |= {name: np.empty(count, dtype=np.uint8) for name in ("class", "deviation_class")}
    found = _native.growth_change(
        measured.values,
        when,
        origin,
        codes,
        better,
        number("confidence", confidence),
        numbers,
        columns["class"],
        columns["deviation_class"],
    )
    columns["sessions"] = columns["sessions"].astype(np.int64)
    return GrowthChange(
        name=measured.name,
        instrument=measured.instrument,
        status=found["status"],
        counts=_counts(columns["class"]),
        beyond_average=_counts(columns["deviation_class"]),
        **{name: Estimate._of(facts) for name, facts in found["estimates"].items()},
        critical_value=found["critical_value"],
        deviance=found["deviance"],
        higher_is_better=better,
        confidence=confidence,
        _ids=ids,
        _columns=columns,
        _described=measured.described,
        _time="session number" if time is None else f"`{time}`",
        _more_notes=measured.ids.notes_on_dyads(codes),
        _kind=measured.kind,
    )


_DYAD = ("client", "therapist")


def _times(data: Any, time: str, purpose: str) -> Any:
    from alliance._frames import Frame

    if is_scores(data):
        raise from_code("invalid-option", f"{purpose}: scores have no column of times; leave out `time`")
    frame = Frame(data)
    frame.require([time], purpose)
    return read_measure(frame, time)


def _counts(places: NDArray[np.uint8]) -> GrowthCounts:
    import numpy as np

    counted = np.bincount(places, minlength=256)
    _, improved, unchanged, deteriorated = counted[:4].tolist()
    return GrowthCounts(improved, unchanged, deteriorated, int(counted[255]))
