"""Control charts of one client's sessions, as rules.

Formulas follow the R packages qcc and qicharts2. Control charts were proposed for ruptures by Eubanks-Carter, Gorman
and Muran (2012, Psychotherapy Research 22, 621-637).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from alliance.rules.rule import EpisodeRule

__all__ = ["AnhojRuns", "ControlChart", "Cusum", "Ewma", "RunRules"]

WESTERN_ELECTRIC = tuple(f"western-electric-{place}" for place in (1, 2, 3, 4))
# Rules 4, 7 and 8 have no side.
NELSON = tuple(f"nelson-{place}" for place in (1, 2, 3, 5, 6))

SIGMAS = {
    "mean-moving-range": "the mean moving range",
    "screened-moving-range": "the screened mean moving range",
    "median-moving-range": "the median moving range",
}
# Convention, not from a source that was read.
FIRM = 12
PROVISIONAL = f"Limits that rest on fewer than {FIRM} sessions are provisional."
LASTING = "The chart looks for shifts that last: a fall of one session it usually misses."


@dataclass(frozen=True, kw_only=True)
class Chart(EpisodeRule):
    """How centre line and sigma of a chart are estimated."""

    sigma: Literal["median-moving-range", "mean-moving-range", "screened-moving-range"] = "median-moving-range"
    baseline: int | None = None
    trend: Literal["none", "least-squares", "theil-sen"] = "none"
    autocorrelation: Literal["ignore", "correct"] = "ignore"
    gaps: Literal["break", "bridge"] = "break"
    least_sessions: int = 8

    _numbers: ClassVar[tuple[str, ...]] = ("threshold",)
    _counts = ("baseline", "least_sessions")
    _may_be_none = ("baseline",)
    # What is to be said of every result of this chart.
    _caution: ClassVar[tuple[str, ...]] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of a result of this rule should know."""
        return (*super().notes, *((PROVISIONAL,) if self.least_sessions < FIRM else ()), *self._caution)

    def _centre_in_words(self) -> str:
        sessions = "all observed sessions" if self.baseline is None else f"the first {self.baseline} observed sessions"
        line = {"none": "mean", "least-squares": "least-squares line", "theil-sen": "Theil-Sen line"}[self.trend]
        corrected = ", corrected for autocorrelation" if self.autocorrelation == "correct" else ""
        return f"the centre line ({line} of {sessions}; sigma from {SIGMAS[self.sigma]}{corrected})"


@dataclass(frozen=True, kw_only=True)
class ControlChart(Chart):
    """A score lies more than so many sigma off the centre line of an individuals chart, on the worse side.

    Parameters
    ----------
    threshold : float
        Sigmas, above 0: 3 for the usual action limit, 2 for the warning limit.
    sigma : {"median-moving-range", "mean-moving-range", "screened-moving-range"}
        Median moving range / 0.954, mean moving range / 1.128, or the latter without ranges of 3.267 times the mean and
        more (Nelson 1982). In a short series one rupture inflates the mean so much that it hides itself.
    baseline : int, optional
        First observed sessions that set centre line and sigma and are not judged; without it, all sessions do, and
        the rule looks back.
    trend : {"none", "least-squares", "theil-sen"}
        Line about which scores are charted.
    autocorrelation : {"ignore", "correct"}
        Whether sigma is divided by sqrt(1 - rho), with rho corrected for short series.
    gaps : {"break", "bridge"}
        Whether there is a moving range across sessions without a score.
    least_sessions : int
        Observed sessions a client needs, of the baseline if there is one; 3 or more.
    repair : str or tuple
        ``("return-to-reference", tolerance)``, where the reference is the centre line at the onset, or another of the
        repairs of :class:`BelowReference`.
    tolerance_in : {"units", "points"}
        In what a tolerance is given; a unit is one sigma.
    repair_window : int, optional
        Observed sessions after the nadir within which the repair must come; None for all that are left.
    overlap : {"merge", "first", "deepest"}
        What becomes of episodes that follow each other without a repair between them.

    Raises
    ------
    AllianceError
        ``invalid-option`` naming the field and what is allowed.

    Notes
    -----
    Everything a rule says of "worse" holds for the other side where :func:`alliance.find_shifts` looks at the better
    one.

    Examples
    --------
    >>> import alliance as al
    >>> al.rules.ControlChart(threshold=3.0, baseline=8).is_retrospective
    False
    """

    threshold: float = 3.0

    _kind = "control-chart"

    def _signal_in_words(self) -> str:
        return f"its score lies more than {self.threshold:g} sigma on the worse side of {self._centre_in_words()}"


@dataclass(frozen=True, kw_only=True)
class RunRules(Chart):
    """Run rules of Western Electric or Nelson, on the worse side of the centre line.

    Parameters
    ----------
    rules : {"western-electric", "nelson"} or tuple of str
        All four of Western Electric; those of Nelson that have a side (1, 2, 3, 5, 6); or some of
        ``western-electric-1`` to ``-4`` and these, by name. 1: one session beyond 3 sigma. 2 (Nelson 5): two of three
        beyond 2. 3 (Nelson 6): four of five beyond 1. 4: eight in a row (Nelson 2: nine) beyond the centre line.
        Nelson 3: six in a row, each worse than the one before.
    run_gaps : {"bridge", "break"}
        Whether a run goes on across sessions without a score.
    sigma, baseline, trend, autocorrelation, gaps, least_sessions
        As for :class:`ControlChart`.
    repair, tolerance_in, repair_window, overlap
        As for :class:`ControlChart`.

    Raises
    ------
    AllianceError
        ``invalid-option`` naming the field and what is allowed.

    Notes
    -----
    A session is flagged where a rule fires and its score is itself worse than the centre line. These rules have no
    threshold that could be moved.

    Examples
    --------
    >>> import alliance as al
    >>> al.rules.RunRules(rules=("western-electric-1", "western-electric-4")).rules
    ('western-electric-1', 'western-electric-4')
    """

    rules: str | tuple[str, ...] = "western-electric"
    run_gaps: Literal["bridge", "break"] = "bridge"

    _kind = "run-rules"
    _numbers = ()

    def __post_init__(self) -> None:
        if isinstance(self.rules, list):
            object.__setattr__(self, "rules", tuple(self.rules))
        super().__post_init__()

    def _checked(self, name: str, value: Any) -> Any:
        if name != "rules":
            return super()._checked(name, value)
        sets = {"western-electric": WESTERN_ELECTRIC, "nelson": NELSON}
        named = (value,) if isinstance(value, str) else value if isinstance(value, tuple) else ("",)
        listed = [sets.get(name, (name,)) if isinstance(name, str) else ("",) for name in named]
        return [name for names in listed for name in names]

    def _signal_in_words(self) -> str:
        names = self.rules if isinstance(self.rules, str) else ", ".join(self.rules)
        return f"a run rule ({names}) fires on the worse side of {self._centre_in_words()}"


@dataclass(frozen=True, kw_only=True)
class Cusum(Chart):
    """A cumulative sum of what scores fall short of the centre line exceeds its decision interval.

    Parameters
    ----------
    threshold : float
        Decision interval h in sigma, above 0; 5 in qcc, 4 is quicker.
    reference_value : float
        k in sigma: half of the shift that is looked for.
    sigma, baseline, trend, autocorrelation, gaps, least_sessions
        As for :class:`ControlChart`.
    repair, tolerance_in, repair_window, overlap
        As for :class:`ControlChart`.

    Raises
    ------
    AllianceError
        ``invalid-option`` naming the field and what is allowed.

    Notes
    -----
    C(t) = max(0, C(t-1) + badness(t) - k), with the badness in sigma, positive where worse. A session is flagged where
    C exceeds h and its score is itself worse than the centre line. The limit of a session is the score that just
    takes the sum to h.

    Examples
    --------
    >>> import alliance as al
    >>> al.rules.Cusum(threshold=4.0).reference_value
    0.5
    """

    threshold: float = 5.0
    reference_value: float = 0.5

    _kind = "cusum"
    _caution = (LASTING,)
    _numbers = ("threshold", "reference_value")

    def _signal_in_words(self) -> str:
        return (
            f"the cumulative sum of falls beyond {self.reference_value:g} sigma below {self._centre_in_words()} "
            f"exceeds {self.threshold:g} sigma"
        )


@dataclass(frozen=True, kw_only=True)
class Ewma(Chart):
    """An exponentially weighted moving average lies beyond its limit.

    Parameters
    ----------
    threshold : float
        Width L of the limits, in standard deviations of the average, above 0; 2.7 to 3 are usual.
    weight : float
        Weight lambda of the present session, above 0 and at most 1.
    exponent : {"observed", "elapsed"}
        Whether sessions without a score count in the exponent that widens the limits.
    sigma, baseline, trend, autocorrelation, gaps, least_sessions
        As for :class:`ControlChart`.
    repair, tolerance_in, repair_window, overlap
        As for :class:`ControlChart`.

    Raises
    ------
    AllianceError
        ``invalid-option`` naming the field and what is allowed.

    Notes
    -----
    w(t) = lambda y(t) + (1 - lambda) w(t-1), from the centre line, with limits at
    L sigma sqrt(lambda / (2 - lambda) (1 - (1 - lambda)^(2 t))). A session is flagged where w lies beyond its limit and
    its score is itself worse than the centre line. The limit of a session is the score that just takes w to its limit.

    Examples
    --------
    >>> import alliance as al
    >>> al.rules.Ewma(weight=0.3).threshold
    3.0
    """

    threshold: float = 3.0
    weight: float = 0.2
    exponent: Literal["observed", "elapsed"] = "observed"

    _kind = "ewma"
    _caution = (LASTING,)
    _numbers = ("threshold", "weight")

    def _signal_in_words(self) -> str:
        return (
            f"the moving average with weight {self.weight:g} lies more than {self.threshold:g} of its standard "
            f"deviations on the worse side of {self._centre_in_words()}"
        )


@dataclass(frozen=True, kw_only=True)
class AnhojRuns(EpisodeRule):
    """An unusually long run on the worse side of the client's median (Anhøj's rule).

    Parameters
    ----------
    least_off_median : int
        Sessions off the median a client needs.
    repair, tolerance_in, repair_window, overlap
        As for :class:`ControlChart`; a unit is one point.

    Raises
    ------
    AllianceError
        ``invalid-option`` naming the field and what is allowed.

    Notes
    -----
    A run is unusual if it is longer than log2 of the sessions off the median, rounded, plus 3; its sessions are flagged
    from there on. Unusually few crossings have no side and flag nothing. The rule has no threshold that could be moved.

    Examples
    --------
    >>> import alliance as al
    >>> al.rules.AnhojRuns().is_retrospective
    True
    """

    least_off_median: int = 10

    _kind = "anhoj-runs"
    _counts = ("least_off_median",)

    def _signal_in_words(self) -> str:
        return "it lengthens an unusually long run on the worse side of the client's median (Anhøj)"
