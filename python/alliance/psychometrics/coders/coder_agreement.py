"""Agreement of coders: kappas, Gwet's AC, Krippendorff's alpha, intraclass correlations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from alliance import _html, _native
from alliance.arguments import number
from alliance.psychometrics.bootstrap import Bootstrap, resampling, said
from alliance.psychometrics.coders.coding_table import read_codings, read_weights
from alliance.psychometrics.estimate import Estimate, told
from alliance.psychometrics.result import Result

if TYPE_CHECKING:
    from alliance.instruments import Instrument

__all__ = ["CoderAgreement", "CoderPair", "coder_agreement"]

Metric = Literal["nominal", "ordinal", "interval", "ratio"]
Weights = Literal["none", "linear", "quadratic"] | Mapping[str, Sequence[Sequence[float]]]


class CoderPair(NamedTuple):
    """Two coders.

    Parameters
    ----------
    coder, other : str
        The coders.
    percent_agreement, kappa : Estimate
        Of the units both coded; kappa is unweighted.
    null_standard_error : float
        Standard error of kappa if the two agreed by chance only, for a test against 0.
    observed, expected : float
        Share of units with the same code, and the share chance would give.
    prevalence_adjusted : float
        Kappa if categories were equally frequent and coders unbiased (PABAK).
    maximum : float
        Largest kappa the margins of the two allow.
    prevalence_index, bias_index : float
        How unequal two categories and two coders are; NaN for more than two categories.
    """

    coder: str
    other: str
    percent_agreement: Estimate
    kappa: Estimate
    null_standard_error: float
    observed: float
    expected: float
    prevalence_adjusted: float
    maximum: float
    prevalence_index: float
    bias_index: float


@dataclass(frozen=True, eq=False, repr=False)
class CoderAgreement(Result):
    """Agreement of coders. Made by :func:`coder_agreement`.

    Parameters
    ----------
    metric : str
        ``nominal``, ``ordinal``, ``interval`` or ``ratio``.
    coders : tuple of str
        The coders.
    categories : tuple
        The codes, in their order.
    units : int
        Units, coded by all or not.
    percent_agreement : Estimate
        Share of pairs of coders that gave the same code, averaged over units.
    kappa : Estimate
        Cohen's kappa of two coders; of more, Light's: the mean over pairs.
    weighted_kappa : Estimate or None
        The same with weights; None without.
    fleiss_kappa : Estimate
        Fleiss's kappa of the units that every coder coded; of two coders it is Scott's pi.
    randolph_kappa : Estimate
        Randolph's free-marginal kappa of the same units: chance takes each category as likely, so list them.
    gwet_ac1 : Estimate
        Gwet's AC1, which holds where one code is rare.
    gwet_ac2 : Estimate or None
        The same with weights; None without.
    krippendorff_alpha : Estimate
        Krippendorff's alpha by the metric, of all units with two codes or more.
    icc_agreement, icc_agreement_average, icc_consistency, icc_consistency_average, icc_one_way, \
icc_one_way_average : Estimate or None
        Intraclass correlations of numbers (interval and ratio), of one coder and of the mean of all: by mean squares,
        or by REML where codes are missing; None for categories. Their intervals are from F, whatever ``interval`` says.
    pairs : tuple of CoderPair
        Every two coders.
    fleiss_null_standard_error : float
        Standard error of Fleiss's kappa if coders agreed by chance only.
    weights : str
        ``none``, ``linear``, ``quadratic``, or what a matrix of the caller holds.
    interval : "analytic" or Bootstrap
        Where intervals come from.
    confidence : float
        Their confidence.
    instrument : Instrument or None
        The form, where it is known.
    """

    metric: str
    coders: tuple[str, ...]
    categories: tuple[Any, ...]
    units: int
    percent_agreement: Estimate
    kappa: Estimate
    weighted_kappa: Estimate | None
    fleiss_kappa: Estimate
    randolph_kappa: Estimate
    gwet_ac1: Estimate
    gwet_ac2: Estimate | None
    krippendorff_alpha: Estimate
    icc_agreement: Estimate | None
    icc_agreement_average: Estimate | None
    icc_consistency: Estimate | None
    icc_consistency_average: Estimate | None
    icc_one_way: Estimate | None
    icc_one_way_average: Estimate | None
    pairs: tuple[CoderPair, ...]
    fleiss_null_standard_error: float
    weights: str
    interval: Literal["analytic"] | Bootstrap
    confidence: float
    instrument: Instrument | None
    _what: str
    _categories_given: bool
    _kind: Any

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """All estimates, by name."""
        found = {name: getattr(self, name) for name in _ESTIMATES}
        return {name: each for name, each in found.items() if each is not None}

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The form, if it is known."""
        return () if self.instrument is None else (self.instrument,)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of this result should know."""
        ours: tuple[str, ...] = ()
        if not self._categories_given and self.metric in ("nominal", "ordinal"):
            ours = (
                "Categories are the codes that occur; one that nobody used changes AC1 and weights, so list them with "
                "`categories=` if there are more.",
            )
        return (*ours, *super().notes)

    @property
    def _title(self) -> str:
        return "Agreement of coders"

    @property
    def _line(self) -> str:
        codes = f"{len(self.categories)} different codes" if self.categories else "no codes"
        return f"{self.metric}, {len(self.coders)} coders, {self.units} units, {codes}"

    @property
    def _shown(self) -> Sequence[tuple[str, Estimate]]:
        first = ("krippendorff_alpha", "kappa") if self.metric in ("nominal", "ordinal") else ("krippendorff_alpha",)
        rest = [name for name in self.estimates if name not in first]
        if self.metric in ("interval", "ratio"):
            rest = [name for name in rest if name.startswith("icc") or name == "percent_agreement"]
        words = {"gwet_ac1": "Gwet's AC1", "gwet_ac2": "Gwet's AC2", "fleiss_kappa": "Fleiss's kappa"}
        words["randolph_kappa"] = "Randolph's kappa"
        words["krippendorff_alpha"] = "Krippendorff's alpha"
        plain = {name: name.replace("icc", "ICC").replace("_", " ") for name in self.estimates}
        return [(words.get(name, plain[name]), self.estimates[name]) for name in (*first, *rest)]

    def _sentences(self) -> Sequence[str]:
        of, interval = self.krippendorff_alpha, f"{100 * self.confidence:g} % interval, {said(self.interval)}"
        sentences = [
            f"Agreement of {len(self.coders)} coders on {self._what} was worked out over {self.units} units "
            f"({of.rows_used} with two codes or more).",
            f"Krippendorff's alpha ({self.metric}) was {told(of, interval)}.",
        ]
        if self.metric in ("nominal", "ordinal"):
            name = "Cohen's kappa" if len(self.coders) == 2 else "Light's kappa"
            sentences.append(f"{name} was {told(self.kappa)}; percent agreement {told(self.percent_agreement)}.")
            sentences.append(f"Gwet's AC1 was {told(self.gwet_ac1)}.")
            if self.weighted_kappa is not None:
                sentences.append(f"Weighted kappa ({self.weights} weights) was {told(self.weighted_kappa)}.")
        elif self.icc_agreement is not None and self.icc_one_way is not None:
            shown = (self.icc_agreement, self.icc_one_way)
            sentences.append(" ".join(f"{each.method} was {each} of {each.units} units." for each in shown))
        return sentences

    @property
    def _references(self) -> tuple[str, ...]:
        keys = ["krippendorff-2011", "gwet-2014"]
        if self.metric in ("nominal", "ordinal"):
            keys += ["cohen-1960", "fleiss-cohen-everitt-1969", "fleiss-1971", "gwet-2008"]
            keys += ["light-1971"] if len(self.coders) > 2 else []
            keys += ["cohen-1968"] if self.weighted_kappa is not None else []
        else:
            keys += ["mcgraw-1996"]
        return tuple(keys)

    def pair_frame(self) -> Any:
        """Give one row per two coders: agreement, kappa with its interval, and what helps to read it.

        Returns
        -------
        frame
            Of the kind that went in.
        """
        import numpy as np

        from alliance import _frames

        kind = self._kind or _frames.installed_kind()
        ids = {name: [getattr(pair, name) for pair in self.pairs] for name in ("coder", "other")}
        columns: dict[str, Any] = {
            "units": np.array([pair.kappa.units for pair in self.pairs], dtype=np.int64),
            "percent_agreement": np.array([pair.percent_agreement.value for pair in self.pairs], dtype=float),
            "kappa": np.array([pair.kappa.value for pair in self.pairs], dtype=float),
        }
        for end in ("low", "high"):
            columns[end] = np.array([getattr(pair.kappa, end) for pair in self.pairs], dtype=float)
        for name in CoderPair._fields[4:]:
            columns[name] = np.array([getattr(pair, name) for pair in self.pairs], dtype=float)
        return _frames.beside(kind, _frames.frame_of(kind, ids), columns)

    def _more_html(self) -> str:
        if len(self.pairs) < 2 or self.metric in ("interval", "ratio"):
            return ""
        # Coders' names may be cells of a frame: a view numbers them, in the order of `coders`.
        place = {name: f"coder {number}" for number, name in enumerate(self.coders, 1)}
        rows = [
            (place[pair.coder], place[pair.other], str(pair.percent_agreement), str(pair.kappa)) for pair in self.pairs
        ]
        return _html.table(("coder", "other", "percent agreement", "kappa"), rows)


_ESTIMATES = (
    *("percent_agreement", "kappa", "weighted_kappa", "fleiss_kappa", "randolph_kappa"),
    *("gwet_ac1", "gwet_ac2", "krippendorff_alpha"),
    *("icc_agreement", "icc_agreement_average", "icc_consistency", "icc_consistency_average"),
    *("icc_one_way", "icc_one_way_average"),
)


def coder_agreement(
    data: Any,
    *,
    unit: str | Sequence[str] | None = None,
    coder: str | None = None,
    code: str | None = None,
    coders: Sequence[str] | None = None,
    metric: Metric | None = None,
    categories: Sequence[Any] | None = None,
    weights: Weights | None = None,
    scale: str = "total",
    interval: Literal["analytic"] | Bootstrap = "analytic",
    confidence: float = 0.95,
) -> CoderAgreement:
    """Say how far coders agree on the same units, beyond chance.

    Parameters
    ----------
    data : frame or Scores
        A long frame with a row per unit and coder, a wide one with a column per coder, or scores with a rater column
        (observers who rated the same sessions).
    unit : str or sequence of str, optional
        Columns that make a unit, such as client, session and segment.
    coder, code : str, optional
        Columns of a long frame.
    coders : sequence of str, optional
        Columns of a wide frame, one per coder. A missing code is null: coders may be missing anywhere.
    metric : {"nominal", "ordinal", "interval", "ratio"}, optional
        What the codes are. By default categories without an order; of scores, numbers (interval).
    categories : sequence, optional
        All codes there are, in their order. Needed for words with an order, and for codes nobody used.
    weights : {"none", "linear", "quadratic"} or mapping, optional
        How near two different categories count; of a matrix say which kind it is, ``{"agreement": rows}`` (1 on the
        diagonal) or ``{"disagreement": rows}`` (0 on the diagonal). By default quadratic for ordinal codes, else none.
    scale : str
        Scale of scores.
    interval : "analytic" or Bootstrap
        Formulas, or resamples of units.
    confidence : float
        Confidence of the intervals.

    Returns
    -------
    CoderAgreement
        Estimates, pairs of coders.

    Raises
    ------
    AllianceError
        ``missing-column``; ``invalid-option``, also for codes that are none of ``categories``, by count and row;
        ``duplicate-form`` where a coder coded a unit twice. Codes on which a coefficient is not defined raise nothing:
        the estimate has a status.

    Notes
    -----
    All coefficients are (observed - chance) / (1 - chance) agreement and differ in what chance is. Krippendorff's
    alpha is 1 - observed / expected disagreement; its analytic standard error is Gwet's (2014), which for ordinal codes
    takes along that distances are made of the codes. Where all codes are one category there is full agreement and no
    telling it from chance: everything but percent agreement is undefined, never 1.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> codes = pl.DataFrame({"ann": [1, 2, 3, 3, 2, 1, 4, 1, 2], "bob": [1, 2, 3, 3, 2, 2, 4, 1, 2]})
    >>> print(al.coder_agreement(codes, coders=["ann", "bob"]).kappa)
    0.84 (0.56 to 1.13)
    """
    table = read_codings(
        data,
        purpose="coder agreement",
        unit=unit,
        coder=coder,
        code=code,
        coders=coders,
        metric=metric,
        categories=categories,
        scale=scale,
    )
    kind, matrix = read_weights(weights, table)
    found = _native.coder_agreement(
        table.codes,
        len(table.coders),
        {
            "metric": table.metric,
            "categories": table.categories(),
            "weights": kind,
            "matrix": matrix,
            "bootstrap": resampling(interval),
            "confidence": number("confidence", confidence),
        },
    )
    estimates = {name: Estimate._of(facts) for name, facts in found["estimates"].items()}
    pairs = tuple(
        CoderPair(table.coders[one], table.coders[other], Estimate._of(agreement), Estimate._of(kappa), *details)
        for one, other, agreement, kappa, details in found["pairs"]
    )
    return CoderAgreement(
        metric=table.metric,
        coders=table.coders,
        categories=tuple(map(table.label, found["categories"])),
        units=table.units,
        **{name: estimates.get(name) for name in _ESTIMATES},  # type: ignore[arg-type]
        pairs=pairs,
        fleiss_null_standard_error=found["fleiss_null_standard_error"],
        weights=kind,
        interval=interval,
        confidence=float(confidence),
        instrument=table.instruments[0] if table.instruments else None,
        _what=table.what,
        _categories_given=table.is_given,
        _kind=table.kind,
    )
