"""Change points of one client's level, as rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from alliance.rules.rule import Choice, EpisodeRule, Rule, said

__all__ = ["LocalLevel", "OnlineChangePoint", "Partition", "ProductPartition"]

POOLED = "Sigma is pooled over the clients of the sample, so that a client's verdict rests on the others too."


def noise_in_words(noise: Choice) -> str:
    return {
        "pooled": "pooled over the sample",
        "shrunken": "of the client, shrunk to the sample's",
        "median-moving-range": "from the client's median moving range",
    }.get(noise if isinstance(noise, str) else "", said(noise))


class Pooling(Rule):
    """A rule whose sigma may come from the sample."""

    noise: Choice

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of a result of this rule should know."""
        return (*super().notes, POOLED) if self.pools else super().notes


@dataclass(frozen=True, kw_only=True)
class Partition(Pooling):
    """All sessions of a segment whose level lies so far below that of the last segment without a flag.

    Parameters
    ----------
    threshold : float
        The drop from one segment's mean to the next, above 0.
    unit : {"points", "sigmas"}
        In what the drop and the tolerance are given.
    tolerance : float
        How far below the level before it the next segment may lie for an episode to count as repaired.
    method : {"optimal", "binary"}
        The partition with the smallest cost, exactly; or binary segmentation, which may miss a dip between equal
        levels.
    cost : {"l2", "l1", "rank", "censored-normal"}
        Squared or absolute deviations, ranks, or a normal distribution of which scores at the ends of the scale say
        only "at least" and "at most".
    penalty : str or tuple
        What a change must gain: ``mbic``, ``sic``, ``sic0``, ``aic``, ``hannan-quinn``, or ``("value", number)`` in the
        units of the cost.
    noise : str or tuple
        Where sigma comes from, for criteria, the censored normal and drops in sigmas: ``shrunken`` (mean moving range /
        1.128 of the client, shrunk to the sample's, which counts for five moving ranges), ``("shrunken", k)``,
        ``pooled``, ``median-moving-range`` (of the client alone) or ``("known", sigma)``.
    shortest_segment : int
        Scored sessions a segment has at least; above 1, a fall of one session cannot be found.
    least_sessions : int
        Observed sessions a client needs.

    Raises
    ------
    AllianceError
        ``invalid-option`` naming the field and what is allowed.

    Notes
    -----
    Minimises the sum of costs plus penalties over all partitions. Episodes are runs of lower segments; nothing can be
    flagged before the first segment is over. References are segment means: of the last segment without a flag. The
    defaults of generic programs (python ``ruptures``: every fifth session, two sessions at least) cannot find a
    fall of one session.

    Examples
    --------
    >>> import alliance as al
    >>> al.rules.Partition(threshold=0.5, unit="points").method
    'optimal'
    """

    threshold: float = 2.0
    unit: Literal["points", "sigmas"] = "sigmas"
    tolerance: float = 0.0
    method: Literal["optimal", "binary"] = "optimal"
    cost: Literal["l2", "l1", "rank", "censored-normal"] = "l2"
    penalty: Choice = "mbic"
    noise: Choice = "shrunken"
    shortest_segment: int = 1
    least_sessions: int = 4

    _kind = "partition"
    _numbers = ("threshold", "tolerance")
    _counts = ("shortest_segment", "least_sessions")
    _choices = ("penalty", "noise")

    def describe(self) -> str:
        """Say the rule in words.

        Returns
        -------
        str
            Plain text.
        """
        how = {"optimal": "optimal partitioning", "binary": "binary segmentation"}[self.method]
        return (
            f"The sessions of a segment are flagged when its mean lies at least {self.threshold:g} {self.unit} worse "
            f"than that of the last segment without a flag ({how}, cost {self.cost}, penalty {said(self.penalty)}, "
            f"sigma {noise_in_words(self.noise)}); repair: a segment back to within {self.tolerance:g} {self.unit}."
        )


@dataclass(frozen=True, kw_only=True)
class OnlineChangePoint(Pooling, EpisodeRule):
    """A session is probably the first of a worse level, given the sessions before (Adams & MacKay 2007).

    Parameters
    ----------
    threshold : float
        Probability from which a session is flagged, between 0 and 1.
    hazard : float
        Probability of a change after each session.
    shift : float
        SD of levels around the mean of the client's first sessions, in sigma: how large changes are expected to be.
    worth : float
        Number of deviations that the knowledge of sigma is worth.
    noise : str or tuple
        Where sigma comes from, as for :class:`Partition`. Pooled, the rule needs the past only.
    baseline : int
        First observed sessions, whose mean is the expected level, and which are not judged.
    least_sessions : int
        Observed sessions a client needs.
    repair, tolerance_in, repair_window, overlap
        As for :class:`ControlChart`; the reference is the score expected at the onset, a unit one sigma.

    Raises
    ------
    AllianceError
        ``invalid-option`` naming the field and what is allowed.

    Notes
    -----
    The prior of each level is normal-gamma and taken from the sample: with a vague one the method hardly reacts in
    short series. The session's score must also be worse than expected.

    Examples
    --------
    >>> import alliance as al
    >>> al.rules.OnlineChangePoint(threshold=0.8).is_retrospective
    False
    """

    threshold: float = 0.5
    hazard: float = 0.1
    shift: float = 2.0
    worth: float = 20.0
    noise: Choice = "pooled"
    baseline: int = 3
    least_sessions: int = 4

    _kind = "online-change-point"
    _numbers = ("threshold", "hazard", "shift", "worth")
    _counts = ("baseline", "least_sessions")
    _choices = ("noise",)

    def _signal_in_words(self) -> str:
        return (
            "it is, given the sessions before, the first of a new level with a probability "
            f"of at least {self.threshold:.6g} and worse than expected (Bayesian online change point; hazard "
            f"{self.hazard:g}, sigma {noise_in_words(self.noise)})"
        )


@dataclass(frozen=True, kw_only=True)
class ProductPartition(Pooling, EpisodeRule):
    """The level probably fell before this session, given the whole series (exact posterior over all partitions).

    Parameters
    ----------
    threshold : float
        Probability from which a session is flagged, between 0 and 1.
    change_probability : float
        Probability of a change after each session beforehand.
    shift : float
        SD of levels around the client's median, in sigma: how large changes are expected to be.
    noise : str or tuple
        Where sigma comes from, as for :class:`Partition`.
    least_sessions : int
        Observed sessions a client needs.
    repair, tolerance_in, repair_window, overlap
        As for :class:`ControlChart`; the reference is the level before the onset, a unit one sigma.

    Raises
    ------
    AllianceError
        ``invalid-option`` naming the field and what is allowed.

    Notes
    -----
    The model of Barry & Hartigan (1993), summed over all partitions without a Markov chain (Fearnhead 2006). Only the
    first session of a worse level is flagged, and only if its score is worse than the level before.

    Examples
    --------
    >>> import alliance as al
    >>> al.rules.ProductPartition().threshold
    0.5
    """

    threshold: float = 0.5
    change_probability: float = 0.1
    shift: float = 2.0
    noise: Choice = "shrunken"
    least_sessions: int = 4

    _kind = "product-partition"
    _numbers = ("threshold", "change_probability", "shift")
    _counts = ("least_sessions",)
    _choices = ("noise",)

    def _signal_in_words(self) -> str:
        return (
            "the level fell before it, given the whole series, with a probability of at "
            f"least {self.threshold:.6g} (product partition; change probability {self.change_probability:g}, sigma "
            f"{noise_in_words(self.noise)})"
        )


@dataclass(frozen=True, kw_only=True)
class LocalLevel(Pooling, EpisodeRule):
    """A shock to a level that drifts, in the local level model (Harvey & Koopman 1992).

    Parameters
    ----------
    test : {"outlier", "shift", "innovation"}
        One odd session, against those before and after; a lasting shift of the level; or the score against what the
        sessions before let expect, which echoes after a fall.
    threshold : float
        Standard errors from which a session is flagged, above 0; 3 is usual.
    noise : str or tuple
        Where sigma comes from, as for :class:`Partition`.
    drift : float, optional
        Share of the variance of successive differences that is drift of the level, 0 to 1; without it, that of the
        sample.
    least_sessions : int
        Observed sessions a client needs.
    repair, tolerance_in, repair_window, overlap
        As for :class:`ControlChart`; the reference is the score expected at the onset, a unit one sigma.

    Raises
    ------
    AllianceError
        ``invalid-option`` naming the field and what is allowed.

    Notes
    -----
    score = level + noise, level = level before + drift, with variances sigma^2 (1 - share) and 2 sigma^2 share. The
    session's score must also be worse than expected from the sessions before.

    Examples
    --------
    >>> import alliance as al
    >>> al.rules.LocalLevel(test="innovation", noise="pooled").is_retrospective
    False
    """

    test: Literal["outlier", "shift", "innovation"] = "outlier"
    threshold: float = 3.0
    noise: Choice = "shrunken"
    drift: float | None = None
    least_sessions: int = 4

    _kind = "local-level"
    _numbers = ("threshold", "drift")
    _counts = ("least_sessions",)
    _choices = ("noise",)
    _may_be_none = ("drift",)

    def _signal_in_words(self) -> str:
        what = {"outlier": "one odd session", "shift": "a shift of the level", "innovation": "an unexpected score"}
        return (
            f"the test for {what[self.test]} is at least {self.threshold:g} standard errors "
            f"on the worse side (local level model; sigma {noise_in_words(self.noise)})"
        )
