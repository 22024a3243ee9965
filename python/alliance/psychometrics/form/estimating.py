"""Working out the reliability of a form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from alliance import _native
from alliance.arguments import number, whole
from alliance.errors import from_code
from alliance.instruments import Instrument
from alliance.psychometrics.estimate import Estimate
from alliance.psychometrics.form.reliability import (
    ItemStatistics,
    ModelFit,
    Reliability,
    SplitRange,
    SubscaleReliability,
)
from alliance.psychometrics.item_answers import ItemAnswers, read_items
from alliance.request import Columns

if TYPE_CHECKING:
    pass

__all__ = ["reliability"]

Missing = Literal["listwise", "pairwise", "expectation-maximisation"]
AlphaInterval = Literal["distribution-free", "feldt", "bonett"]
OmegaInterval = Literal["distribution-free", "normal-theory", "bootstrap"]
Extraction = Literal["minimum-residuals", "maximum-likelihood"]
Groups = Literal["subscales"] | Mapping[str, Sequence[Any]] | int | None


def reliability(
    data: Any,
    instrument: Instrument | str | None = None,
    *,
    columns: Columns | None = None,
    scale: str = "total",
    client: str | None = None,
    session: str | None = None,
    therapist: str | None = None,
    rater: str | None = None,
    at: Any = None,
    groups: Groups = "subscales",
    interval: AlphaInterval = "distribution-free",
    omega_interval: OmegaInterval = "distribution-free",
    confidence: float = 0.95,
    missing: Missing = "listwise",
    extraction: Extraction = "minimum-residuals",
    most_splits: int = 10_000,
    resamples: int = 1000,
    seed: int = 1,
) -> Reliability:
    """Say how far the items of a form agree: alpha, omega, split halves, and the error of measurement.

    Parameters
    ----------
    data : frame, Scores, StudyScores or Study
        Forms. Scores and studies know their form and columns.
    instrument : Instrument or str, optional
        The form of a frame, or its id: its key turns reversed items. Without one, columns are taken as they are.
    columns : str, sequence or mapping, optional
        Item columns of a frame, as in :func:`score`; without an instrument a list.
    scale : str
        Scale.
    client, session, therapist : str, optional
        Id columns of a frame.
    rater : str, optional
        Of a study, whose forms; of a frame, the column with the rater.
    at : optional
        One session, by its label: forms of other sessions are left out. Without it all forms count, and where clients
        have several the result is marked ``pooled-rows``.
    groups : "subscales", mapping of str to sequence, int or None
        For omega hierarchical: the form's subscales where the scale has any, groups of items (by number or column), a
        number of factors to find, or none.
    interval : {"distribution-free", "feldt", "bonett"}
        Interval of alpha. The default asks for no distribution: alliance scores pile up at the upper end.
    omega_interval : {"distribution-free", "normal-theory", "bootstrap"}
        Interval of omega total: by the delta method, for any distribution or for normal answers and a factor that is
        true (as lavaan gives it), or percentiles over resampled forms, which then serve omega hierarchical too. The
        first two need complete forms and a solution without a Heywood case; otherwise there is no interval and a note.
    confidence : float
        Confidence of the intervals, above 0 and below 1.
    missing : {"listwise", "pairwise", "expectation-maximisation"}
        What becomes of forms with missing answers.
    extraction : {"minimum-residuals", "maximum-likelihood"}
        How the one factor of omega is found.
    most_splits : int
        All splits into halves if there are at most so many, else so many drawn.
    resamples : int
        Resamples of the bootstrap.
    seed : int
        Seed of both draws.

    Returns
    -------
    Reliability
        Estimates with intervals and statuses, items, subscales.

    Raises
    ------
    AllianceError
        As :func:`score` does; ``invalid-option``; ``unknown-scale``. Data on which a coefficient is not defined raise
        nothing: the estimate has a status.

    Notes
    -----
    Alpha is k/(k-1) (1 - trace/sum) of the covariances of k items (Cronbach 1951), its interval by default from the
    fourth moments of the answers (Maydeu-Olivares et al. 2007). Omega total is (sum of loadings)^2 over that and the
    sum of uniquenesses, in the metric of the raw answers (McDonald 1999); its standard error follows from its
    derivatives by the covariances of the items, and the answers' fourth moments or a normal distribution.

    Examples
    --------
    >>> import alliance as al
    >>> clinic = al.simulate(dyads=80, sessions=4, seed=1)
    >>> scores = al.score(clinic.client_forms, "wai-sr-client", columns="wai_{item}",
    ...                   client="client", session="session")
    >>> found = al.reliability(scores, at=1)
    >>> found.rows, len(found.items), found.alpha.status
    ('one-session', 12, 'defined')
    """
    answers = read_items(
        data,
        instrument,
        purpose="reliability",
        columns=columns,
        scale=scale,
        client=client,
        session=session,
        therapist=therapist,
        rater=rater,
    )
    answers = answers if at is None else answers.at(at)
    rows = answers.rows
    named = _groups(answers, groups)
    found = _native.form_reliability(
        answers.given,
        {
            "rows": rows,
            "missing": missing,
            "interval": interval,
            "omega_interval": omega_interval,
            "resamples": whole("resamples", resamples, least=1),
            "confidence": number("confidence", confidence),
            "extraction": extraction,
            "groups": list(named.values()) if isinstance(named, dict) else None,
            "factors": named if isinstance(named, int) else None,
            "most_splits": whole("most_splits", most_splits, least=1),
            "seed": whole("seed", seed),
        },
    )
    estimates = {name: Estimate._of(facts) for name, facts in found["estimates"].items()}
    # The crate speaks of the sum of the answers.
    error = estimates.pop("standard_error_of_measurement")
    without, hierarchy = found["alpha_without_constant_items"], found["hierarchical"]
    return Reliability(
        scale=answers.scale,
        instrument=answers.instrument,
        rows=rows,
        **estimates,
        alpha_without_constant_items=None if without is None else Estimate._of(without),
        omega_hierarchical=None if hierarchy is None else Estimate._of(hierarchy["hierarchical"]),
        omega_total=None if hierarchy is None else Estimate._of(hierarchy["total"]),
        standard_error_of_measurement=error._scaled(answers.points / len(answers.items)),
        metric=answers.metric,
        items=tuple(ItemStatistics(name, *row) for name, row in zip(answers.items, found["items"], strict=True)),
        subscales=_subscales(answers, named, found),
        split_ranges=(SplitRange(*found["split_ranges"][0]), SplitRange(*found["split_ranges"][1])),
        splits=found["splits"],
        mean_correlation=found["mean_correlation"],
        explained_common_variance=float("nan") if hierarchy is None else hierarchy["explained_common_variance"],
        fit=ModelFit(*found["fit"]),
        interval=interval,
        omega_interval=omega_interval,
        missing=missing,
        extraction=extraction,
        confidence=confidence,
        _described=answers.described,
        _kind=answers.kind,
    )


def _groups(answers: ItemAnswers, groups: Any) -> dict[str, list[int]] | int | None:
    """Resolve ``groups`` to places among the items, or a number of factors."""
    if groups is None:
        return None
    if groups == "subscales":
        return answers.parts or None
    if isinstance(groups, Mapping):
        places = {name: place for place, name in enumerate(answers.items)}
        named = {str(name): [str(item) for item in items] for name, items in groups.items()}
        unknown = sum(item not in places for items in named.values() for item in items)
        if unknown:
            raise from_code("invalid-option", f"groups: {unknown} items are not in the scale `{answers.scale}`")
        return {name: [places[item] for item in items] for name, items in named.items()}
    return whole("groups", groups, least=2)


def _subscales(answers: ItemAnswers, named: Any, found: Mapping[str, Any]) -> tuple[SubscaleReliability, ...]:
    hierarchy = found["hierarchical"]
    if not isinstance(named, dict):
        if not found["subscales"]:
            return ()
        named = {f"group {number}": group[0] for number, group in enumerate(hierarchy["groups"], 1)}
    shares = [group[1:] for group in hierarchy["groups"]] if hierarchy is not None else []
    shares += [(float("nan"),) * 3] * (len(named) - len(shares))
    return tuple(
        SubscaleReliability(
            name=name,
            items=tuple(answers.items[place] for place in places),
            alpha=Estimate._of(parts["alpha"]),
            omega=Estimate._of(parts["omega"]),
            omega_total=total,
            omega_general=general,
            omega_specific=specific,
            from_subscale=Estimate._of(parts["from_subscale"]),
            from_total=Estimate._of(parts["from_total"]),
            has_added_value=adds,
        )
        for (name, places), (parts, adds), (total, general, specific) in zip(
            named.items(), found["subscales"], shares, strict=True
        )
    )
