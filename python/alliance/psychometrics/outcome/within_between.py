"""Outcome on the alliance within and between clients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from alliance import _html, _native
from alliance.arguments import choice, number, whole
from alliance.errors import from_code
from alliance.instruments import Instrument
from alliance.psychometrics.estimate import Estimate, as_frame
from alliance.psychometrics.outcome.disaggregation import LEVELS
from alliance.psychometrics.outcome.effects import Effects
from alliance.psychometrics.outcome.lagged_scores import MEASURED, MOST_LAG, Measured
from alliance.psychometrics.outcome.outcome_rows import OutcomeRows, read_outcome_rows
from alliance.psychometrics.result import Result

__all__ = ["WithinBetween", "within_between"]


@dataclass(frozen=True, eq=False, repr=False)
class WithinBetween(Result):
    """Outcome on the alliance within and between clients. Made by :func:`within_between`.

    Parameters
    ----------
    score, outcome : str
        Predictor and outcome.
    kept : Effects
        The model with the client's own trend left in the within part.
    detrended : Effects
        The model with it taken out.
    lag : int
        Measurements between predictor and outcome; 0 for the same session.
    measured, outcome_measured : str or None
        When in a session both were measured, where a lag asked for it.
    reliability : Estimate
        Reliability of clients' means that the correction of the effect between clients rests on.
    confidence : float
        Confidence of the intervals.
    clients : int
        Clients in the model.
    therapists : int or None
        Therapists in it, where they are known.
    rows_used, rows_dropped : int
        Rows in the model with the trend kept, and rows without all of its numbers.
    """

    score: str
    outcome: str
    kept: Effects
    detrended: Effects
    lag: int
    measured: str | None
    outcome_measured: str | None
    reliability: Estimate
    confidence: float
    clients: int
    therapists: int | None
    rows_used: int
    rows_dropped: int
    _described: str
    _instruments: tuple[Instrument, ...]
    _kind: Any

    @property
    def within(self) -> Estimate:
        """The effect within clients, the trend kept."""
        return self.kept.within

    @property
    def between(self) -> Estimate:
        """The effect between clients, the trend kept."""
        return self.kept.between

    @property
    def contextual(self) -> Estimate:
        """Between less within, the trend kept."""
        return self.kept.contextual

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """All estimates; those of the model with the trend taken out end in ``_detrended``."""
        detrended = {f"{name}_detrended": each for name, each in self.detrended._named.items()}
        return {**self.kept._named, **detrended, "reliability_of_means": self.reliability}

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The form, if it is known."""
        return self._instruments

    def to_frame(self) -> Any:
        """Give one row per effect and model.

        Returns
        -------
        frame
            Of the kind that went in: the fields of :class:`Estimate` without the notes, then ``p_value`` and ``trend``
            (``kept`` or ``removed``).
        """
        import numpy as np

        from alliance import _frames

        parts = []
        for trend, effects in (("kept", self.kept), ("removed", self.detrended)):
            named = effects._named
            p_values = np.array([effects.p_values.get(name, float("nan")) for name in named])
            frame = _frames.beside(self._kind, as_frame(self._kind, named), {"p_value": p_values})
            parts.append(_frames.beside(self._kind, frame, {"trend": [trend] * len(named)}))
        return _frames.stack(self._kind, parts)

    def plot(self) -> Any:
        """Draw the effects with their intervals, the trend kept and taken out side by side.

        Returns
        -------
        matplotlib.figure.Figure
            In points of outcome per point of alliance.

        Raises
        ------
        AllianceError
            ``missing-extra`` without matplotlib.
        """
        from alliance.psychometrics.outcome.outcome_figures import effects

        return effects(self)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of these effects should know."""
        lagged = (
            (
                "Clients' means hold sessions after the outcome too: the effect between clients describes and does not "
                "predict.",
            )
            if self.lag
            else ()
        )
        return (*lagged, *super().notes)

    @property
    def _title(self) -> str:
        return "Outcome within and between clients"

    @property
    def _line(self) -> str:
        therapists = "" if self.therapists is None else f", {self.therapists} therapists"
        lag = "" if self.lag == 0 else f", lag {self.lag}"
        return (
            f"{self.outcome} on {self.score}{lag}: {self.rows_used} rows of {self.clients} clients{therapists}, "
            f"{self.rows_dropped} rows left out"
        )

    @property
    def _shown(self) -> Sequence[tuple[str, Estimate]]:
        names = ("within", "between", "contextual", "between_at_true_levels", "therapist")
        shown = []
        for words, effects in (("", self.kept), (", trend removed", self.detrended)):
            named = effects._named
            shown += [(name.replace("_", " ") + words, named[name]) for name in names if name in named]
        return shown

    def _more_html(self) -> str:
        rows = [
            (name.replace("_", " "), str(each))
            for name, each in self.kept._named.items()
            if name.endswith("_variance") or name in ("intercept", "time") or name in dict(self.kept.covariates)
        ]
        return _html.table(("in the same model, trend kept", "estimate"), rows)

    def _sentences(self) -> Sequence[str]:
        levels = "client and therapist" if self.therapists is not None else "client"
        said = [
            f"Outcome (`{self.outcome}`) was regressed on the alliance ({self._described}) within and between clients: "
            f"deviations from clients' means over all their sessions, and these means, with time as a covariate and "
            f"random intercepts of {levels}, by REML ({self.rows_used} rows of {self.clients} clients, "
            f"{self.rows_dropped} rows left out)."
        ]
        if self.lag:
            said.append(
                f"The alliance was that of {self.lag} measurement{'s' if self.lag > 1 else ''} before the outcome "
                f"(alliance measured {self.measured}, outcome {self.outcome_measured} the session), by session number."
            )
        said.append(
            f"The effect within clients was {self.kept.within}, between clients {self.kept.between}, their difference "
            f"{self.kept.contextual} ({100 * self.confidence:g} % intervals)."
        )
        said.append(
            f"With clients' own trends taken out of the alliance the effect within clients was {self.detrended.within}."
        )
        if self.reliability.value > 0:
            said.append(
                f"Corrected for the reliability of clients' means ({self.reliability.value:.2f}, taken as known) the "
                f"effect between clients was {self.kept.between_at_true_levels}."
            )
        return said

    @property
    def _references(self) -> tuple[str, ...]:
        therapists = ("baldwin-2007",) if self.therapists is not None else ()
        return ("curran-2011", "falkenstrom-2017", "luedtke-2008", *therapists)


def within_between(
    data: Any,
    *,
    outcome: str,
    score: str | None = None,
    scale: str = "total",
    client: str | None = None,
    session: str | None = None,
    therapist: str | None = None,
    rater: str | None = None,
    time: str | None = None,
    covariates: Sequence[str] = (),
    levels: Literal["all", "client"] = "all",
    lag: int = 0,
    measured: Measured | None = None,
    outcome_measured: Measured | None = None,
    reliability: float | None = None,
    confidence: float = 0.95,
    session_order: Sequence[Any] | None = None,
) -> WithinBetween:
    """Tell how outcome goes with the alliance within clients, between them, and between therapists.

    Parameters
    ----------
    data : frame or Study
        One row per client and session with score and outcome, or a study with forms and the outcome.
    outcome : str
        Column with the outcome; of a study, the outcome's name.
    score : str, optional
        Column with the alliance scores of a frame.
    scale : str
        Scale of a study's scores.
    client, session, therapist : str, optional
        Id columns of a frame. Therapists, named here or known to the study, become a third level.
    rater : str, optional
        Of a study, whose scores; of a frame, the column with the rater.
    time : str, optional
        Column of a frame with time as a number; by default the session number.
    covariates : sequence of str
        Further columns of a frame, as numbers.
    levels : {"all", "client"}
        ``client`` leaves therapists aside where they are known.
    lag : int
        0 for alliance and outcome of one session; else how many measurements the alliance lies before the outcome, by
        session number, as in :func:`lag`.
    measured, outcome_measured : {"before", "after"}, optional
        When in a session alliance and outcome were measured; a lag needs them (a study knows that of its outcome).
    reliability : float, optional
        Reliability of clients' means, above 0 and at most 1, for the correction of the effect between clients; by
        default worked out from the scores.
    confidence : float
        Confidence of the intervals.
    session_order : sequence, optional
        All session labels in their order, where they are neither numbers nor dates.

    Returns
    -------
    WithinBetween
        Effects with the client's own trend kept and taken out.

    Raises
    ------
    AllianceError
        ``not-nested`` if a client has two therapists; ``repeated-session`` if a client has a session twice;
        ``missing-column``; ``missing-id``; ``text-answer``; ``invalid-option``. Data on which the model is not
        defined raise nothing: the estimates have a status.

    Notes
    -----
    The model is::

        outcome = b0 + w within + b between (+ t therapist) + time + covariates + u_client (+ v_therapist) + e

    by REML, with Satterthwaite's degrees of freedom. w equals the slope of a regression with a dummy variable for each
    client, exactly where all clients have the same sessions and there is no lag, else nearly; b - w is the contextual
    effect. A single coefficient of scores as they are would be a mixture of w and b. The correction is b* = (b - (1 -
    r) w)/r for means of reliability r, by default T ICC/(1 + (T - 1) ICC) with the harmonic mean T of sessions (Luedtke
    et al. 2008); its interval takes r as known. Means are those over all sessions: means so far, in a model with random
    intercepts, would bias the effect within. A lagged *outcome* is no covariate here either: with few sessions its
    coefficient and the clients' variance are biased (see the method page).

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> frame = pl.DataFrame({
    ...     "who": ["a"] * 4 + ["b"] * 4 + ["c"] * 4, "nth": [1, 2, 3, 4] * 3,
    ...     "wai": [4.0, 5.0, 4.5, 5.2, 6.0, 6.5, 5.5, 6.3, 5.0, 5.5, 5.2, 4.6],
    ...     "phq": [14.0, 11.0, 13.0, 10.5, 9.0, 7.0, 10.0, 7.5, 12.0, 11.0, 10.5, 12.5]})
    >>> found = al.within_between(frame, outcome="phq", score="wai", client="who", session="nth")
    >>> print(f"{found.within.value:.2f} {found.detrended.within.value:.2f}")
    -2.75 -3.05
    """
    steps = whole("lag", lag, most=MOST_LAG)
    rows = read_outcome_rows(
        data,
        purpose="outcome within and between clients",
        outcome=outcome,
        score=score,
        scale=scale,
        client=client,
        session=session,
        therapist=therapist,
        rater=rater,
        time=time,
        covariates=_names(covariates),
        session_order=session_order,
    )
    when = _when(steps, measured, outcome_measured, rows)
    therapists = rows.therapists if choice("levels", levels, LEVELS) == "all" else None
    found = _native.within_between(
        rows.outcome,
        rows.scores,
        rows.clients,
        rows.sessions,
        therapists,
        rows.time,
        list(rows.covariates),
        {
            "lag": None if when is None else (*when, steps),
            "reliability": None if reliability is None else number("reliability", reliability),
            "confidence": number("confidence", confidence),
        },
    )
    kept, detrended = (Effects._of(model, covariates) for model in found["models"])
    first = found["models"][0]
    return WithinBetween(
        score=rows.name,
        outcome=outcome,
        kept=kept,
        detrended=detrended,
        lag=steps,
        measured=None if when is None else when[0],
        outcome_measured=None if when is None else when[1],
        reliability=Estimate._of(found["reliability"]),
        confidence=float(confidence),
        clients=first["clients"],
        therapists=None if therapists is None else first["therapists"],
        rows_used=first["rows_used"],
        rows_dropped=first["rows_dropped"],
        _described=rows.described,
        _instruments=rows.instruments,
        _kind=rows.kind,
    )


def _names(covariates: Any) -> tuple[str, ...]:
    if isinstance(covariates, str) or not isinstance(covariates, Sequence):
        raise from_code("invalid-option", "covariates: give a list of columns")
    taken = {"within", "between", "contextual", "between_at_true_levels", "therapist", "time", "intercept"}
    if len({*covariates}) < len(covariates) or taken & {*covariates}:
        raise from_code("invalid-option", f"covariates: name each once, and none of {', '.join(sorted(taken))}")
    return tuple(covariates)


def _when(steps: int, measured: str | None, outcome_measured: str | None, rows: OutcomeRows) -> tuple[str, str] | None:
    """Say when both were measured, if there is a lag."""
    known = rows.outcome_measured
    if known is not None and outcome_measured not in (None, known):
        raise from_code("invalid-option", f"outcome_measured: the study says `{known}`")
    if steps == 0:
        for option, word in (("measured", measured), ("outcome_measured", outcome_measured)):
            if word is not None:
                choice(option, word, MEASURED)
        return None
    for option, word in (("measured", measured), ("outcome_measured", outcome_measured or known)):
        if word is None:
            problem = "say `before` or `after` the session: that decides what the lag means"
            raise from_code("invalid-option", f"{option}: {problem}")
    return (
        choice("measured", measured, MEASURED),
        choice("outcome_measured", outcome_measured or known, MEASURED),
    )
