"""Temporal tracking: whether one rating follows the other from session to session, and by how much it is off."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from alliance import _native
from alliance.arguments import choice, number
from alliance.instruments import Instrument
from alliance.psychometrics.dyads.pairs import Pairs, read_pairs
from alliance.psychometrics.estimate import Estimate
from alliance.psychometrics.measurements import Ids
from alliance.psychometrics.rater_table import AcrossForms
from alliance.psychometrics.result import Result
from alliance.sources import first_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Tracking", "tracking"]

Truth = Literal["first", "second"]
Accuracy = Literal["uncorrelated", "correlated", "common"]
Nesting = Literal["dyads", "therapists"]

_ACCURACIES = {
    "uncorrelated": "a random intercept and slope per dyad, uncorrelated",
    "correlated": "a random intercept and slope per dyad, correlated",
    "common": "a random intercept per dyad and one slope",
}


@dataclass(frozen=True, eq=False, repr=False)
class Tracking(Result):
    """How one rating follows another. Made by :func:`tracking`.

    Parameters
    ----------
    truth, judgment : str
        The rating called truth, and the one held against it. Truth is a name: exchanged, the two give other numbers.
    directional_bias : Estimate
        b0: judgment less truth, where the truth is at its grand mean.
    temporal_congruence : Estimate
        b1: how much of a session's deviation from the dyad's mean the judgment shows.
    between_tracking : Estimate
        b2: how much of a dyad's deviation from the grand mean the judgment shows.
    bias_variance : Estimate
        Variance between dyads of the bias.
    accuracy_variance, bias_accuracy_correlation : Estimate or None
        Variance between dyads of the temporal congruence, and its correlation with the bias; None where not estimated.
    therapist_variance : Estimate or None
        Variance between therapists of the bias; None without them.
    residual_variance : Estimate
        Variance of what remains from session to session.
    profile_correlation : Estimate
        Mean correlation of a dyad's two courses, by Fisher's z with weights of sessions less three.
    distinctive_correlation : Estimate
        The same after the mean course of all dyads is taken from each rating; undefined without sessions. Dated
        sessions are counted from each dyad's first.
    plain_mean_correlation : float
        Plain mean of these correlations, for comparison only.
    grand_mean : float
        Mean of the truth, about which both ratings were centred.
    deviance : float
        -2 restricted log likelihood.
    accuracy, nested : str
        What was asked for.
    confidence : float
        Confidence of the intervals.
    """

    truth: str
    judgment: str
    directional_bias: Estimate
    temporal_congruence: Estimate
    between_tracking: Estimate
    bias_variance: Estimate
    accuracy_variance: Estimate | None
    bias_accuracy_correlation: Estimate | None
    therapist_variance: Estimate | None
    residual_variance: Estimate
    profile_correlation: Estimate
    distinctive_correlation: Estimate
    plain_mean_correlation: float
    grand_mean: float
    deviance: float
    accuracy: str
    nested: str
    confidence: float
    _forms: tuple[Instrument, ...]
    _described: str
    _kind: Any
    _effects: Any
    _profiles: Any

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """All estimates, by name."""
        names = (
            *("directional_bias", "temporal_congruence", "between_tracking", "bias_variance", "accuracy_variance"),
            *("bias_accuracy_correlation", "therapist_variance", "residual_variance", "profile_correlation"),
            "distinctive_correlation",
        )
        found = {name: getattr(self, name) for name in names}
        return {name: each for name, each in found.items() if each is not None}

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The forms, where they are known."""
        return self._forms

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of this result should know."""
        said = f"Truth is nominal: {self.truth} is called so, and swapping roles changes the result."
        others = (each for name, each in self.estimates.items() if name != "temporal_congruence")
        # The crate says the same of the one coefficient in other words.
        return tuple(dict.fromkeys((said, *(note for each in others for note in each.notes))))

    @property
    def _title(self) -> str:
        return f"Tracking: {self.judgment} follows {self.truth}"

    @property
    def _line(self) -> str:
        bias = self.directional_bias
        return f"{bias.units} dyads, {bias.rows_used} sessions that both rated, {bias.rows_dropped} left out"

    @property
    def _shown(self) -> Sequence[tuple[str, Estimate]]:
        shown = (
            *("directional_bias", "temporal_congruence", "between_tracking"),
            *("profile_correlation", "distinctive_correlation"),
        )
        return [(name.replace("_", " "), self.estimates[name]) for name in shown]

    def _sentences(self) -> Sequence[str]:
        bias = self.directional_bias
        therapists = " and one per therapist" if self.therapist_variance is not None else ""
        courses = f"The courses of a dyad's two ratings correlated {self.profile_correlation} on average (Fisher's z)."
        if math.isnan(bias.value):
            return (
                f"A truth and bias model of {self._described}, with {self.truth} as truth and {self.judgment} as "
                f"judgment, could not be fitted: {bias}.",
                courses,
            )
        return (
            f"A truth and bias model was fitted to {self._described}, with {self.truth} as truth and {self.judgment} "
            f"as judgment: {bias.rows_used} sessions of {bias.units} dyads ({bias.rows_dropped} left out), "
            f"{_ACCURACIES[self.accuracy]}{therapists}, REML.",
            f"Directional bias was {bias}, temporal congruence within dyads {self.temporal_congruence}, tracking "
            f"between dyads {self.between_tracking} ({100 * self.confidence:g} % intervals, Satterthwaite's degrees of "
            "freedom).",
            courses,
        )

    @property
    def _references(self) -> tuple[str, ...]:
        return ("west-2011", "atzil-slonim-2015", "cronbach-1955")

    def dyad_frame(self) -> Any:
        """Give one row per dyad: its bias and accuracy, drawn towards the mean of all (empirical Bayes).

        Returns
        -------
        frame
            The dyad's ids, ``bias`` (b0 and the dyad's deviation), ``accuracy`` (its slope), and their standard errors
            with fixed effects and variances taken as known. Of the kind that went in. As predictors of outcome they
            understate their own uncertainty.
        """
        return self._effects

    def profile_frame(self) -> Any:
        """Give one row per dyad: shape, elevation and scatter of its two courses over sessions.

        Returns
        -------
        frame
            The dyad's ids and ``points`` (sessions), ``correlation``, ``distinctive``, ``mean_difference`` (first less
            second), ``sd_difference``, ``mean_squared_difference`` with its parts ``elevation``, ``scatter`` and
            ``shape``, ``mean_absolute_difference``, ``concordance``, ``double_entry`` and the ``status`` of the
            correlation, which a flat course does not have. Of the kind that went in.
        """
        return self._profiles


def tracking(
    data: Any,
    *,
    first: str = "client",
    second: str = "therapist",
    truth: Truth = "first",
    scale: str = "total",
    score: str | None = None,
    client: str | None = None,
    session: str | None = None,
    therapist: str | None = None,
    rater: str | None = None,
    across_forms: AcrossForms = "refuse",
    accuracy: Accuracy = "uncorrelated",
    nested: Nesting = "dyads",
    confidence: float = 0.95,
) -> Tracking:
    """Say how closely one rating follows another from session to session, and how far off it is (Truth and Bias).

    Parameters
    ----------
    data : Study, StudyScores or frame
        A study; a long frame with a ``rater`` and a ``score`` column; or a frame with one column of scores per rater.
    first, second : str
        The raters of a study or of the ``rater`` column, or the two columns of scores.
    truth : {"first", "second"}
        Which rating is called truth; the other is the judgment. The name carries no proof: with the roles exchanged
        the coefficients are others.
    scale : str
        Scale of a study.
    score : str, optional
        Column of scores of a long frame.
    client, session, therapist : str, optional
        Id columns of a frame. A dyad is a client, with a therapist where that is named.
    rater : str, optional
        Column of a long frame that says who rated.
    across_forms : {"refuse", "pomp", "as-scored"}
        What to do when the forms of a study are not parallel; bias compares levels.
    accuracy : {"uncorrelated", "correlated", "common"}
        Whether dyads differ in temporal congruence: uncorrelated with their bias, correlated with it, or not at all.
    nested : {"dyads", "therapists"}
        ``therapists`` adds a random intercept per therapist; sensible from about ten therapists on.
    confidence : float
        Confidence of the intervals, above 0 and below 1.

    Returns
    -------
    Tracking
        Bias, congruence, profile agreement; :meth:`Tracking.dyad_frame` has each dyad.

    Raises
    ------
    AllianceError
        ``incomparable-forms``; ``missing-column``, ``missing-id``, ``duplicate-form``, ``text-answer``,
        ``not-finite``, ``invalid-option``.

    Notes
    -----
    W - G = b0 + b1 (T - mean T_j) + b2 (mean T_j - G) + u0_j + u1_j (T - mean T_j) + e for judgment W, truth T and its
    grand mean G (West and Kenny 2011; Atzil-Slonim et al. 2015 for the alliance). Both are centred on the truth's
    mean, so that b0 is bias. Residuals are independent: autocorrelation between sessions is not modelled. Courses that
    are flat have no correlation, and those that lie on a line no Fisher z: they are left out of the mean, and a note
    counts them.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> frame = pl.DataFrame({"case": [1, 1, 1, 2, 2, 2, 3, 3, 3], "visit": [1, 2, 3] * 3,
    ...                       "client": [5.0, 5.5, 6.0, 4.0, 4.5, 5.5, 6.0, 5.0, 6.5],
    ...                       "therapist": [4.5, 4.5, 5.0, 4.0, 4.0, 5.0, 5.0, 4.5, 5.0]})
    >>> found = al.tracking(frame, client="case", session="visit", accuracy="common")
    >>> print(f"{found.directional_bias.value:.3f}")
    -0.722
    >>> found.notes[0]
    'Truth is nominal: client is called so, and swapping roles changes the result.'
    """
    choice("truth", truth, ("first", "second"))
    choice("accuracy", accuracy, tuple(_ACCURACIES))
    choice("nested", nested, ("dyads", "therapists"))
    pairs = read_pairs(
        data,
        purpose="tracking",
        first=first,
        second=second,
        scale=scale,
        score=score,
        client=client,
        session=session,
        therapist=therapist,
        rater=rater,
        across_forms=across_forms,
        requires=("client", "therapist") if nested == "therapists" else ("client",),
    )
    return tracking_of(pairs, truth, accuracy, nested, number("confidence", confidence))


def tracking_of(pairs: Pairs, truth: Truth, accuracy: Accuracy, nested: Nesting, confidence: float) -> Tracking:
    """Fit ratings that were read."""
    both, names = (pairs.first, pairs.second), pairs.names
    true = 0 if truth == "first" else 1
    ids = pairs.table.ids
    therapists = ids.codes("therapist") if nested == "therapists" else None
    points = _points(ids, pairs.dyads) if "session" in ids else None
    model = _native.truth_and_bias(both[1 - true], both[true], pairs.dyads, therapists, accuracy, confidence)
    profiles = _native.profile_agreement(*both, pairs.dyads, points, confidence)
    optional = ("accuracy_variance", "bias_accuracy_correlation", "therapist_variance")
    said: dict[str, Any] = {name: Estimate._of(model[name]) if name in model else None for name in optional}
    always = ("directional_bias", "temporal_congruence", "between_tracking", "bias_variance", "residual_variance")
    return Tracking(
        truth=names[true],
        judgment=names[1 - true],
        **{name: Estimate._of(model[name]) for name in always},
        **said,
        profile_correlation=Estimate._of(profiles["correlation"]),
        distinctive_correlation=Estimate._of(profiles["distinctive"]),
        plain_mean_correlation=profiles["plain_mean"],
        grand_mean=model["grand_mean"],
        deviance=model["deviance"],
        accuracy=accuracy,
        nested=nested,
        confidence=confidence,
        _forms=pairs.instruments,
        _described=pairs.table.described,
        _kind=pairs.kind,
        _effects=pairs.dyad_table(model["dyads"]),
        _profiles=pairs.dyad_table(profiles["dyads"]),
    )


def _points(ids: Ids, dyads: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Give each row the point of the course that it has in common with rows of other dyads.

    That is its session's label; a date is a dyad's own, so that dated sessions are counted from each dyad's first.
    """
    import numpy as np

    from alliance._frames import cells

    codes = ids.codes("session")
    labels = cells(ids.frame.take(first_rows(codes)), ids.roles["session"])
    if not all(isinstance(label, date) for label in labels):
        return codes
    return np.unique(ids.session_numbers(dyads=dyads), return_inverse=True)[1].astype(np.uint32)
