"""The chance of leaving in a session, given that the client is still there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from alliance import _html, _native
from alliance.arguments import choice, number
from alliance.errors import from_code
from alliance.estimate import Estimate, as_frame
from alliance.instruments import Instrument
from alliance.person_periods import EVENTS, PersonPeriods
from alliance.result import Result

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from alliance._frames import Frame

__all__ = ["DropoutHazard", "dropout_hazard"]

LINKS = ("logit", "cloglog")
SAID = {"dropout": "dropout", "planned": "planned ends"}
TIMES = ("constant", "linear", "logarithm", "each-session")
PURPOSE = "hazard of dropout"


@dataclass(frozen=True, eq=False, repr=False)
class DropoutHazard(Result):
    """A discrete-time hazard of dropout. Made by :func:`dropout_hazard`.

    Parameters
    ----------
    event : str
        ``dropout``, ``planned``, or the column of the events.
    coefficients : mapping of str to Estimate
        The intercept, one per predictor, and those of time: log odds (``logit``) or log hazards (``cloglog``).
    ratios : mapping of str to Estimate
        The same exponentiated: odds ratios, or hazard ratios.
    p_values : mapping of str to float
        Two-sided, of each coefficient (Wald).
    link, time : str
        What was asked for.
    deviance : float
        -2 log likelihood.
    events : int
        Events among the rows used.
    rows_used, rows_dropped : int
        Sessions at risk in the model, and those with a missing number.
    cluster : str or None
        Column of clusters that standard errors are robust to.
    clusters : int or None
        How many.
    status : str
        ``defined``, or why there is no model: ``zero-variance`` without or with nothing but events, ``undefined``
        where a predictor tells events from others without error, ``not-positive-definite``, ``too-few-units``.
    confidence : float
        Confidence of the intervals.
    """

    event: str
    coefficients: Mapping[str, Estimate]
    ratios: Mapping[str, Estimate]
    p_values: Mapping[str, float]
    link: str
    time: str
    deviance: float
    events: int
    rows_used: int
    rows_dropped: int
    cluster: str | None
    clusters: int | None
    status: str
    confidence: float
    _instruments: tuple[Instrument, ...]
    _kind: Any

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """The coefficients."""
        return self.coefficients

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The form, if it is known."""
        return self._instruments

    def to_frame(self) -> Any:
        """Give one row per coefficient.

        Returns
        -------
        frame
            Of the kind that went in: the fields of :class:`Estimate` without the notes, then ``p_value``, ``ratio``,
            ``ratio_low`` and ``ratio_high``.
        """
        import numpy as np

        from alliance import _frames

        columns = {"p_value": np.array([self.p_values[name] for name in self.coefficients], dtype=float)}
        for column, field in (("ratio", "value"), ("ratio_low", "low"), ("ratio_high", "high")):
            columns[column] = np.array([getattr(self.ratios[name], field) for name in self.coefficients], dtype=float)
        return _frames.beside(self._kind, as_frame(self._kind, self.coefficients), columns)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of this model should know."""
        said = []
        if self.clusters is not None:
            said.append(f"Robust standard errors rest on {self.clusters} clusters; with few they are too small.")
        return (*said, *super().notes)

    @property
    def _title(self) -> str:
        return f"Hazard of {SAID.get(self.event, self.event)}"

    @property
    def _line(self) -> str:
        clusters = "" if self.clusters is None else f", {self.clusters} clusters"
        events = {"dropout": "dropouts", "planned": "planned ends"}.get(self.event, "events")
        return f"{self.events} {events} in {self.rows_used} sessions at risk, {self.rows_dropped} left out{clusters}"

    @property
    def _shown(self) -> Sequence[tuple[str, Estimate]]:
        return [(name, each) for name, each in self.coefficients.items() if name != "intercept"] or [
            *self.coefficients.items()
        ]

    def _more_html(self) -> str:
        word = {"logit": "odds ratio", "cloglog": "hazard ratio"}[self.link]
        rows = [(name, str(each), f"{self.p_values[name]:.3f}") for name, each in self.ratios.items()]
        return _html.table(("", word, "p"), [row for row in rows if row[0] != "intercept"])

    def _sentences(self) -> Sequence[str]:
        link = {"logit": "logit", "cloglog": "complementary log-log"}[self.link]
        time = {
            "constant": "a constant hazard",
            "linear": "a line in the session number",
            "logarithm": "the logarithm of the session number",
            "each-session": "a hazard of its own for each session",
        }[self.time]
        said = [
            f"The hazard of {SAID.get(self.event, self.event)} was modelled in discrete time ({link} link, {time}) "
            f"from {self.rows_used} sessions at risk with {self.events} events ({self.rows_dropped} sessions at risk "
            f"lacked a number)."
        ]
        word = {"logit": "odds ratio", "cloglog": "hazard ratio"}[self.link]
        shown = [name for name in self.ratios if name != "intercept" and not name.startswith(("session", "ln(session"))]
        said += [f"The {word} of one point more of `{name}` was {self.ratios[name]}." for name in shown]
        if self.clusters is not None:
            said.append(f"Standard errors are robust to clustering by `{self.cluster}`.")
        return said

    @property
    def _references(self) -> tuple[str, ...]:
        return ("singer-2003", *(("cameron-2015",) if self.clusters is not None else ()))


def dropout_hazard(
    data: Any,
    *,
    predictors: Sequence[str] | None = None,
    event: str = "dropout",
    session: str = "session",
    cluster: str | None = None,
    link: Literal["logit", "cloglog"] = "logit",
    time: Literal["constant", "linear", "logarithm", "each-session"] = "linear",
    confidence: float = 0.95,
) -> DropoutHazard:
    """Model the chance of dropping out in a session, for clients who are still there, on what was known before.

    Parameters
    ----------
    data : PersonPeriods or frame
        Sessions at risk: the table of :func:`person_period`, or its frame with further columns put beside it.
    predictors : sequence of str, optional
        Columns of numbers; by default the lagged alliance score of the table. Each must have been known before the
        session: a column named here is taken as it is.
    event : str
        Of sessions at risk ``dropout``, or ``planned`` for the hazard of planned ends; of a frame the column with 1 (or
        true) for the event, else 0.
    session : str
        Column of a frame with the session number.
    cluster : str, optional
        Id column, such as the therapist's, that standard errors are to be robust to. Sessions at risk of one client
        need none: given the past they are independent.
    link : {"logit", "cloglog"}
        Odds ratios, or hazard ratios of the continuous time behind the sessions.
    time : {"constant", "linear", "logarithm", "each-session"}
        How the hazard changes with the session number, all else equal.
    confidence : float
        Confidence of the intervals.

    Returns
    -------
    DropoutHazard
        Coefficients and ratios. Planned ends are no dropouts: theirs is a hazard of its own.

    Raises
    ------
    AllianceError
        ``missing-column``; ``text-answer``; ``out-of-range`` if an event is neither 0 nor 1; ``invalid-option``. Data
        on which the model is not defined raise nothing: the estimates have a status.

    Notes
    -----
    Maximum likelihood of logit(p) or log(-log(1 - p)) = intercept + predictors + time over sessions at risk (Singer &
    Willett 2003). With clusters the covariance is the sandwich with scores summed by cluster, times G/(G - 1), and
    intervals are those of t with G - 1 degrees of freedom (Cameron & Miller 2015).

    Examples
    --------
    >>> import alliance as al
    >>> clinic = al.simulate(dyads=150, sessions=(4, 12), seed=5)
    >>> study = (al.Study(client="client", session="session", therapist="therapist")
    ...     .with_forms(clinic.client_forms, "wai-sr-client", columns="wai_{item}")
    ...     .with_appointments(clinic.appointments))
    >>> periods = al.person_period(study, rater="client")
    >>> found = al.dropout_hazard(periods)
    >>> list(found.coefficients), found.status
    (['intercept', 'total_lag1', 'session'], 'defined')
    """
    from alliance._frames import Frame
    from alliance.sources import grouped, read_measure

    choice("link", link, LINKS)
    choice("time", time, TIMES)
    if predictors is not None and (isinstance(predictors, str) or not isinstance(predictors, Sequence)):
        raise from_code("invalid-option", "predictors: give a list of columns")
    instruments: tuple[Instrument, ...] = ()
    if isinstance(data, PersonPeriods):
        if session != "session":
            raise from_code("invalid-option", "session: sessions at risk know theirs; leave it out")
        if choice("event", event, EVENTS[1:]) == "planned" and data.planned != "competing":
            raise from_code("invalid-option", "event: planned ends are events only where they compete")
        names = [f"{data.score}_lag{data.lag}"] if predictors is None else list(predictors)
        instruments, frame = data.instruments, Frame(data.to_frame())
    else:
        if predictors is None:
            raise from_code("missing-column", f"{PURPOSE}: name the predictors", column="predictors")
        names, frame = list(predictors), Frame(data)
    frame.require([event, session, *names, *([] if cluster is None else [cluster])], PURPOSE)
    if len({*names, "intercept"}) <= len(names):
        raise from_code("invalid-option", "predictors: name each column once, and none of them `intercept`")
    found = _native.dropout_hazard(
        _events(frame, event),
        [read_measure(frame, name) for name in names],
        _sessions(frame, session),
        None if cluster is None else grouped(frame, [cluster], PURPOSE),
        {"link": link, "time": time, "confidence": number("confidence", confidence)},
    )
    of_time = [_name_of(time, each) for each in found["sessions"]]
    columns = ("intercept", *names, *of_time)
    return DropoutHazard(
        event=str(event),
        coefficients=dict(zip(columns, map(Estimate._of, found["coefficients"]), strict=True)),
        ratios=dict(zip(columns, map(Estimate._of, found["ratios"]), strict=True)),
        p_values=dict(zip(columns, found["p_values"], strict=True)),
        link=link,
        time=time,
        deviance=found["deviance"],
        events=found["events"],
        rows_used=found["rows_used"],
        rows_dropped=found["rows_dropped"],
        cluster=cluster,
        clusters=found["clusters"],
        status=found["status"],
        confidence=float(confidence),
        _instruments=instruments,
        _kind=frame.kind,
    )


def _name_of(time: str, session: int | None) -> str:
    if session is not None:
        return f"session {session}"
    return "ln(session)" if time == "logarithm" else "session"


def _events(frame: Frame, column: str) -> NDArray[np.float64]:
    import numpy as np

    codes = np.empty(len(frame), dtype=np.uint8)
    _native.read_yes_no(frame.answers(column), codes)
    return np.array([0.0, 1.0, np.nan])[codes]


def _sessions(frame: Frame, column: str) -> NDArray[np.int64]:
    from alliance.series import _whole_numbers

    numbers = _whole_numbers(frame, column)
    if numbers is None:
        raise from_code("invalid-option", f"session: `{column}` must hold whole numbers")
    return numbers
