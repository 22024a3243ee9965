"""Judging whether clients have changed reliably."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from alliance import _native
from alliance.arguments import choice, number
from alliance.errors import from_code
from alliance.psychometrics.change.change_pairs import better_direction, look_up_outcome, possible_range, read_pairs
from alliance.psychometrics.change.reliable_change import METHODS, ChangeCounts, Cutoffs, ReliableChange
from alliance.psychometrics.change.trusted_reliability import trusted
from alliance.psychometrics.estimate import Estimate
from alliance.psychometrics.form.reliability import Reliability

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from alliance._typing import ChangeOptions

__all__ = ["reliable_change"]

ChangeMethod = Literal[
    "jacobson-truax",
    "gulliksen-lord-novick",
    "hsu-linn-lord",
    "edwards-nunnally",
    "nunnally-kotsch",
    "hageman-arrindell",
]
Cutoff = Literal["a", "b", "c"]


def reliable_change(
    data: Any,
    reliability: float | Estimate | Reliability,
    *,
    before: Any = None,
    after: Any = None,
    score: str | None = None,
    scale: str = "total",
    client: str | None = None,
    session: str | None = None,
    therapist: str | None = None,
    rater: str | None = None,
    metric: Literal["mean", "sum", "pomp"] | None = None,
    session_order: Sequence[Any] | None = None,
    method: ChangeMethod = "jacobson-truax",
    higher_is_better: bool | None = None,
    range: tuple[float, float] | None = None,
    mean: float | None = None,
    standard_deviation: float | None = None,
    mean_after: float | None = None,
    standard_deviation_after: float | None = None,
    correlation: float | None = None,
    reliability_after: float | Estimate | Reliability | None = None,
    dysfunctional: tuple[float, float] | None = None,
    functional: tuple[float, float] | None = None,
    cutoff: Cutoff = "c",
    confidence: float = 0.95,
) -> ReliableChange:
    """Say of each client whether the change from before to after is larger than error of measurement.

    It says nothing about ruptures: used from session to session it flags most clients by chance
    (:func:`jacobson_truax_false_alarms`); for drops there is :func:`session_drops`.

    Parameters
    ----------
    data : frame, Scores, StudyScores or Study
        Scores. A frame has one row per session (name ``score``, ``client``, ``session``), or one row per client with
        two columns of scores (name ``before`` and ``after``).
    reliability : float, Estimate or Reliability
        Reliability of the scores before: of one form per client, of this rater. Of a :class:`Reliability` alpha is
        taken; any other is handed over as an estimate. One of latent responses is refused.
    before, after : optional
        Two sessions by their labels, or two columns. Without them, each client's first and last session with a score.
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
    method : str
        ``jacobson-truax``, ``gulliksen-lord-novick``, ``hsu-linn-lord``, ``edwards-nunnally``, ``nunnally-kotsch`` or
        ``hageman-arrindell``.
    higher_is_better : bool, optional
        Direction. Of an alliance form higher is better, an outcome of a study knows its own; of a frame say it.
    range : tuple of float, optional
        Lowest and highest possible score, for ``ceiling_limited``; a form's own is known.
    mean, standard_deviation : float, optional
        Of the scores before, in a sample that stands for the clients; without them of this sample's scores before.
    mean_after, standard_deviation_after, correlation : float, optional
        Of the scores after, and of the two (Hsu-Linn-Lord, Hageman-Arrindell); without them of this sample.
    reliability_after : float, Estimate or Reliability, optional
        Reliability after (Nunnally-Kotsch); without it that before.
    dysfunctional, functional : tuple of float, optional
        Mean and standard deviation of two reference groups. None are shipped: no functional norm of the alliance has
        been established. Without both nobody is ``recovered``.
    cutoff : {"a", "b", "c"}
        Which cut-off between them counts.
    confidence : float
        One less the error probability, two-sided; one-sided for Hageman-Arrindell.

    Returns
    -------
    ReliableChange
        Counts, error of measurement, minimal detectable change, and a row per client.

    Raises
    ------
    AllianceError
        ``missing-column``, ``invalid-option``, ``repeated-session``, ``duplicate-form``. Data on which no index is
        defined raise nothing: the result has a status.

    Warns
    -----
    AllianceWarning
        If the reliability is of another rater, form, scale or level.

    Notes
    -----
    All indices are (after - expected) / unit, with M, s, r the mean, standard deviation and reliability before and
    SEM = s sqrt(1 - r). Jacobson-Truax: expected is the score before, unit sqrt(2) SEM (Jacobson and Truax 1991).
    Gulliksen-Lord-Novick: M + r (before - M), s sqrt(1 - r^2). Hsu-Linn-Lord: the same about the mean after. Edwards-
    Nunnally: as Gulliksen-Lord-Novick with unit SEM (Speer 1992). Nunnally-Kotsch: unit sqrt(r^2 s^2 (1 - r) +
    s^2 (1 - r2)). Hageman-Arrindell: the change shrunk to the mean change by the reliability of differences.
    Cut-off b takes the standard deviation of the functional group; the R package ``clinicalsignificance`` takes the
    other one.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> data = pl.DataFrame({"case": ["a", "b", "c"], "pre": [32.5, 41.0, 45.0], "post": [47.5, 44.0, 33.0]})
    >>> found = al.reliable_change(data, 0.80, before="pre", after="post", client="case", mean=40,
    ...                            standard_deviation=7.5, higher_is_better=True)
    >>> found.clients["class"].to_list()
    ['improved', 'unchanged', 'deteriorated']
    >>> print(found.minimal_detectable_change)
    9.30
    """
    import numpy as np

    purpose = "reliable change"
    choice("method", method, tuple(METHODS))
    asked = look_up_outcome(
        data,
        purpose,
        score,
        {"client": client, "session": session, "therapist": therapist, "rater": rater},
        higher_is_better,
    )
    pairs = read_pairs(
        asked.data,
        purpose=purpose,
        before=before,
        after=after,
        score=score,
        scale=scale,
        client=asked.client,
        session=asked.session,
        therapist=therapist,
        rater=rater,
        metric=metric,
        session_order=session_order,
    )
    better = better_direction(asked.higher_is_better, pairs.instrument, purpose)
    form = pairs.instrument
    first = trusted(reliability, scale=pairs.name, instrument=form, option="reliability")
    second = (
        None
        if reliability_after is None
        else trusted(reliability_after, scale=pairs.name, instrument=form, option="reliability_after")
    )
    options: ChangeOptions = {
        "method": method,
        "reliability": first.value,
        "reliability_after": None if second is None else second.value,
        "mean": _optional("mean", mean),
        "standard_deviation": _optional("standard_deviation", standard_deviation),
        "mean_after": _optional("mean_after", mean_after),
        "standard_deviation_after": _optional("standard_deviation_after", standard_deviation_after),
        "correlation": _optional("correlation", correlation),
        "higher_is_better": better,
        "confidence": number("confidence", confidence),
        "range": possible_range(range, pairs.instrument, pairs.name, pairs.unit),
        "groups": _groups(dysfunctional, functional, is_higher_better=better),
        "cutoff": choice("cutoff", cutoff, ("a", "b", "c")),
    }
    count = len(pairs.before)
    numbers = np.empty((5, count))
    columns: dict[str, Any] = dict(zip(("change", "index", "low", "high", "cutoff_index"), numbers, strict=True))
    columns |= {"before": pairs.before, "after": pairs.after}
    columns |= {name: np.empty(count, dtype=np.uint8) for name in ("class", "limited")}
    found = _native.reliable_change(pairs.before, pairs.after, options, numbers, columns["class"], columns["limited"])
    # Without an index nothing can be said of the best score's.
    if options["range"] is None or found["status"] == "undefined":
        columns["limited"][:] = 255
    estimates = {name: Estimate._of(facts) for name, facts in found["estimates"].items()}
    cutoffs, spread = found["cutoffs"], options["standard_deviation"]
    return ReliableChange(
        name=pairs.name,
        instrument=pairs.instrument,
        method=method,
        status=found["status"],
        counts=_counts(columns["class"]),
        standard_error_of_measurement=estimates["standard_error_of_measurement"],
        standard_error_of_difference=estimates["standard_error_of_difference"],
        minimal_detectable_change=estimates["minimal_detectable_change"],
        reliability_of_differences=estimates.get("reliability_of_differences"),
        cutoffs=None if cutoffs is None else Cutoffs(*cutoffs[:3]),
        cutoff=math.nan if cutoffs is None else cutoffs[3],
        critical_value=math.nan if found["critical_value"] is None else found["critical_value"],
        reliability=first.value,
        higher_is_better=better,
        confidence=confidence,
        _ids=pairs.ids,
        _columns=columns,
        _described=pairs.described,
        _occasions=pairs.occasions,
        _sample={
            "standard_deviation": found["before"][2] if spread is None else spread,
            "origin": f"of {found['before'][0]} clients" if spread is None else "given",
        },
        _more_notes=(*pairs.notes, *first.notes, *(() if second is None else second.notes), *found["notes"]),
        _trusted=first.described,
        _kind=pairs.kind,
    )


def _optional(option: str, value: Any) -> float | None:
    return None if value is None else number(option, value)


def _groups(dysfunctional: Any, functional: Any, *, is_higher_better: bool) -> tuple[float, float, float, float] | None:
    if dysfunctional is None and functional is None:
        return None
    both = {"dysfunctional": dysfunctional, "functional": functional}
    for name, group in both.items():
        if not isinstance(group, Sequence) or isinstance(group, str) or len(group) != 2:
            problem = "give mean and standard deviation of both groups, or of none"
            raise from_code("invalid-option", f"{name}: {problem}")
    low, high = ([number(name, value) for value in group] for name, group in both.items())
    if low[0] >= high[0] if is_higher_better else low[0] <= high[0]:
        side = "above" if is_higher_better else "below"
        raise from_code("invalid-option", f"functional: give a mean {side} that of the dysfunctional group")
    return low[0], low[1], high[0], high[1]


def _counts(places: NDArray[np.uint8]) -> ChangeCounts:
    import numpy as np

    counted = np.bincount(places, minlength=256)
    recovered, improved, unchanged, deteriorated = counted[:4].tolist()
    return ChangeCounts(recovered, improved, unchanged, deteriorated, int(counted[255]))
