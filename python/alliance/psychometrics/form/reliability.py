"""What is known of the reliability of a form: alpha, omega, split halves, error of measurement, and the items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from alliance import _html
from alliance.instruments import Instrument
from alliance.psychometrics.estimate import Estimate, told
from alliance.psychometrics.result import Result

if TYPE_CHECKING:
    pass

__all__ = ["ItemStatistics", "Reliability", "SubscaleReliability"]

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
        ``mean``, ``sum`` or ``pomp``.
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
            f"Alpha was {told(self.alpha, f'{100 * self.confidence:g} % interval, {interval}')}; omega total of one "
            f"factor ({self.extraction.replace('-', ' ')}) was {told(self.omega, f'interval {of_omega}')}.",
        ]
        if self.omega_hierarchical is not None:
            sentences.append(f"Omega hierarchical was {told(self.omega_hierarchical, f'interval {of_omega}')}.")
        unit = {"mean": "of the item mean", "sum": "of the sum", "pomp": "of 100"}[self.metric]
        error = self.standard_error_of_measurement
        if error.value == error.value:
            sentences.append(f"The standard error of measurement was {error} points {unit} (from alpha).")
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
                *(_html.two(number) for number in (item.mean, item.standard_deviation, item.item_rest_correlation)),
                _html.two(item.alpha_without),
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
