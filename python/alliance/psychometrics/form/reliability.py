"""Reliability of a form: alpha, omega, split halves, error of measurement, and its items one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from alliance import _html, _native
from alliance.arguments import number, whole
from alliance.errors import from_code
from alliance.instruments import Instrument
from alliance.psychometrics.estimate import Estimate
from alliance.psychometrics.item_answers import ItemAnswers, read_items
from alliance.psychometrics.result import Result
from alliance.request import Columns

if TYPE_CHECKING:
    pass

__all__ = ["ItemStatistics", "Reliability", "SubscaleReliability", "reliability"]

Missing = Literal["listwise", "pairwise", "expectation-maximisation"]
AlphaInterval = Literal["distribution-free", "feldt", "bonett"]
OmegaInterval = Literal["distribution-free", "normal-theory", "bootstrap"]
Extraction = Literal["minimum-residuals", "maximum-likelihood"]
Groups = Literal["subscales"] | Mapping[str, Sequence[Any]] | int | None

_INTERVALS = {
    "distribution-free": ("distribution-free", "maydeu-olivares-2007"),
    "feldt": ("Feldt's", "feldt-1965"),
    "bonett": ("Bonett's", "bonett-2002"),
}
_OMEGA_INTERVALS = {
    "distribution-free": ("distribution-free", ()),
    "normal-theory": ("of normal theory", ("raykov-2002",)),
    "bootstrap": ("of resampled forms", ("kelley-2016",)),
}
_MISSING = {
    "listwise": "Forms with a missing answer were left out",
    "pairwise": "Covariances rest on the forms that have both answers",
    "expectation-maximisation": "Covariances with missing answers are maximum-likelihood estimates (EM)",
}


class ItemStatistics(NamedTuple):
    """One item among the others.

    Parameters
    ----------
    item : str
        Number of the form's item, or column.
    mean, standard_deviation : float
        Of its answers, reversed items turned.
    item_rest_correlation : float
        Correlation with the sum of the other items.
    alpha_without, standardized_alpha_without : float
        Alpha of the other items.
    loading : float
        Loading on one factor, of standardized answers.
    """

    item: str
    mean: float
    standard_deviation: float
    item_rest_correlation: float
    alpha_without: float
    standardized_alpha_without: float
    loading: float


class SubscaleReliability(NamedTuple):
    """A subscale beside the total.

    Parameters
    ----------
    name : str
        Name.
    items : tuple of str
        Its items.
    alpha, omega : Estimate
        Of its own sum.
    omega_total, omega_general, omega_specific : float
        Shares of the variance of its sum, answers being standardized: of the general factor and its own together, of
        the general one, and of its own (omega hierarchical of the subscale); NaN where not worked out.
    from_subscale, from_total : Estimate
        How far its true score can be told from its own sum, and from the total (Haberman 2008), as a proportional
        reduction of mean squared error.
    has_added_value : bool or None
        Whether its own sum tells more than the total does; if not, report the total only. None where unknown.
    """

    name: str
    items: tuple[str, ...]
    alpha: Estimate
    omega: Estimate
    omega_total: float
    omega_general: float
    omega_specific: float
    from_subscale: Estimate
    from_total: Estimate
    has_added_value: bool | None


class ModelFit(NamedTuple):
    """How well one factor fits: chi square with its degrees of freedom and p value, RMSEA, CFI."""

    chi_square: float
    degrees_of_freedom: float
    p_value: float
    rmsea: float
    cfi: float


class SplitRange(NamedTuple):
    """A coefficient over the splits into halves: mean, smallest, median, largest."""

    mean: float
    minimum: float
    median: float
    maximum: float


@dataclass(frozen=True, eq=False, repr=False)
class Reliability(Result):
    """Reliability of a form. Made by :func:`reliability`.

    Parameters
    ----------
    scale : str
        The scale.
    instrument : Instrument or None
        The form, where it is known.
    rows : str
        What the forms are: ``one-session`` (one form per client) or ``pooled-rows``.
    alpha, standardized_alpha, lambda_6 : Estimate
        Alpha of the sum of the answers, of standardized answers, and Guttman's lambda 6.
    alpha_without_constant_items : Estimate or None
        Alpha of the items that vary, where some do not.
    omega, omega_observed, standardized_omega : Estimate
        Omega total of one factor, with the model's variance as denominator; the same with the observed variance; and
        of standardized answers.
    omega_hierarchical, omega_total : Estimate or None
        Share of the variance of the sum that is the general factor's, and all common factors'; None without groups.
    split_half, guttman_split_half : Estimate
        Odd against even items: Spearman-Brown, and Guttman's.
    split_ranges : tuple of SplitRange
        Spearman-Brown and Guttman over the splits into halves.
    splits : tuple of int and bool
        Number of splits looked at, and whether those were all.
    standard_error_of_measurement : Estimate
        SD * sqrt(1 - alpha), in the unit of the score (see ``metric``).
    metric : str
        ``mean`` or ``sum``.
    items : tuple of ItemStatistics
        The items one by one.
    subscales : tuple of SubscaleReliability
        The groups, where they were given.
    mean_correlation : float
        Mean correlation between two items.
    explained_common_variance : float
        Share of the common variance that is the general factor's; NaN without groups.
    fit : ModelFit
        Fit of one factor.
    interval, omega_interval, missing, extraction : str
        What was asked for.
    confidence : float
        Confidence of the intervals.
    """

    scale: str
    instrument: Instrument | None
    rows: str
    alpha: Estimate
    standardized_alpha: Estimate
    lambda_6: Estimate
    alpha_without_constant_items: Estimate | None
    omega: Estimate
    omega_observed: Estimate
    standardized_omega: Estimate
    omega_hierarchical: Estimate | None
    omega_total: Estimate | None
    split_half: Estimate
    guttman_split_half: Estimate
    split_ranges: tuple[SplitRange, SplitRange]
    splits: tuple[int, bool]
    standard_error_of_measurement: Estimate
    metric: str
    items: tuple[ItemStatistics, ...]
    subscales: tuple[SubscaleReliability, ...]
    mean_correlation: float
    explained_common_variance: float
    fit: ModelFit
    interval: str
    omega_interval: str
    missing: str
    extraction: str
    confidence: float
    _described: str
    _kind: Any

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """All estimates, by name."""
        names = (
            *("alpha", "standardized_alpha", "alpha_without_constant_items", "omega", "omega_observed"),
            *("standardized_omega", "omega_hierarchical", "omega_total", "lambda_6", "split_half"),
            *("guttman_split_half", "standard_error_of_measurement"),
        )
        found = {name: getattr(self, name) for name in names}
        return {name: each for name, each in found.items() if each is not None}

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The form, if it is known."""
        return () if self.instrument is None else (self.instrument,)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of this result should know."""
        pooled = (
            (
                "Forms of several sessions of a client were put together: this alpha is neither the reliability of "
                "differences between clients nor that of change within one. Give `at=` a session, or use "
                "`session_reliability`.",
            )
            if self.rows == "pooled-rows"
            else ()
        )
        return (*pooled, *super().notes)

    @property
    def _title(self) -> str:
        return "Reliability of a form"

    @property
    def _line(self) -> str:
        name = f"{self.instrument.id} {self.scale}" if self.instrument is not None else self.scale
        alpha = self.alpha
        return f"{name}, {len(self.items)} items, {alpha.rows_used} forms, {alpha.rows_dropped} left out"

    @property
    def _shown(self) -> Sequence[tuple[str, Estimate]]:
        shown = ("alpha", "omega", "omega_hierarchical", "split_half", "standard_error_of_measurement")
        return [(name.replace("_", " "), self.estimates[name]) for name in shown if name in self.estimates]

    def _sentences(self) -> Sequence[str]:
        interval, _ = _INTERVALS[self.interval]
        of_omega, _ = _OMEGA_INTERVALS[self.omega_interval]
        sentences = [
            f"Internal consistency of {self._described} was worked out from {self.alpha.rows_used} forms.",
            f"{_MISSING[self.missing]} ({self.alpha.rows_dropped} left out).",
            f"Alpha was {self.alpha} ({100 * self.confidence:g} % interval, {interval}); omega total of one factor "
            f"({self.extraction.replace('-', ' ')}) was {self.omega} (interval {of_omega}).",
        ]
        if self.omega_hierarchical is not None:
            sentences.append(f"Omega hierarchical was {self.omega_hierarchical}.")
        unit = {"mean": "of the item mean", "sum": "of the sum"}[self.metric]
        sentences.append(
            f"The standard error of measurement was {self.standard_error_of_measurement} points {unit} (from alpha)."
        )
        return sentences

    @property
    def _references(self) -> tuple[str, ...]:
        more = ("revelle-2009",) if self.omega_hierarchical is not None else ()
        subscales = ("haberman-2008",) if self.subscales else ()
        of_omega = _OMEGA_INTERVALS[self.omega_interval][1]
        return ("cronbach-1951", _INTERVALS[self.interval][1], "mcdonald-1999", *of_omega, *more, *subscales)

    def item_frame(self) -> Any:
        """Give one row per item: item and the fields of :class:`ItemStatistics`.

        Returns
        -------
        frame
            Of the kind that went in.
        """
        import numpy as np

        from alliance import _frames

        kind = self._kind or _frames.installed_kind()
        columns = {
            name: np.array([getattr(item, name) for item in self.items], dtype=float)
            for name in ItemStatistics._fields[1:]
        }
        return _frames.beside(kind, _frames.frame_of(kind, {"item": [item.item for item in self.items]}), columns)

    def plot(self) -> Any:
        """Draw each item's correlation with the rest, lowest first.

        Returns
        -------
        matplotlib.figure.Figure
            One dot per item; an item that runs against the others lies left of the line at 0.

        Raises
        ------
        AllianceError
            ``missing-extra`` without matplotlib.
        """
        from alliance.psychometrics.form.reliability_figures import item_rest

        return item_rest(self)

    def _more_html(self) -> str:
        rows = [
            (
                item.item,
                *(_two(number) for number in (item.mean, item.standard_deviation, item.item_rest_correlation)),
                _two(item.alpha_without),
            )
            for item in self.items
        ]
        items = _html.table(("item", "mean", "SD", "with the rest", "alpha without"), rows)
        if not self.subscales:
            return items
        added = {True: "adds to the total", False: "adds nothing to the total", None: "not known"}
        parts = [
            (part.name, len(part.items), str(part.alpha), str(part.omega), added[part.has_added_value])
            for part in self.subscales
        ]
        return items + _html.table(("subscale", "items", "alpha", "omega", "its own score"), parts)


def _two(number: float) -> str:
    return "" if number != number else f"{number:.2f}"


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
    points = len(answers.items) if answers.metric == "mean" else 1
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
        standard_error_of_measurement=error._scaled(1 / points),
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
