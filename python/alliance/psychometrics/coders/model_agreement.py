"""Human coders against a model: whether the model is as good as one more human."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from alliance import _html, _native
from alliance.arguments import choice, number
from alliance.errors import from_code
from alliance.psychometrics.bootstrap import Bootstrap, said
from alliance.psychometrics.coders.coder_agreement import Metric, Weights
from alliance.psychometrics.coders.coding_table import read_codings, read_weights
from alliance.psychometrics.estimate import Estimate, told
from alliance.psychometrics.result import Result

__all__ = ["ModelAgreement", "RaterPair", "model_agreement"]


class RaterPair(NamedTuple):
    """Two coders, of whom the second may be the model."""

    human: str
    other: str
    with_model: bool
    agreement: Estimate


@dataclass(frozen=True, eq=False, repr=False)
class ModelAgreement(Result):
    """Agreement of a model with human coders beside that of humans with each other. Made by :func:`model_agreement`.

    Parameters
    ----------
    difference : Estimate
        Mean agreement with the model less mean agreement between humans, from the same resamples: below 0 the model
        agrees with people less than people do.
    mean_with_model, mean_between_humans : Estimate
        The two means.
    pairs : tuple of RaterPair
        Every two humans, then every human with the model.
    model : str
        The model.
    humans : tuple of str
        The human coders.
    coefficient, metric : str
        What was compared.
    margin : float or None
        Loss of agreement that would not matter, as the caller says.
    as_good_as_a_human : bool or None
        Whether the interval of the difference lies above minus the margin; None without a margin, or an interval.
    bootstrap : Bootstrap
        Resamples.
    confidence : float
        Confidence of the intervals.
    """

    difference: Estimate
    mean_with_model: Estimate
    mean_between_humans: Estimate
    pairs: tuple[RaterPair, ...]
    model: str
    humans: tuple[str, ...]
    coefficient: str
    metric: str
    margin: float | None
    as_good_as_a_human: bool | None
    bootstrap: Bootstrap
    confidence: float
    _units: int
    _kind: Any

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """The difference and the two means."""
        return {name: getattr(self, name) for name in ("difference", "mean_with_model", "mean_between_humans")}

    @property
    def _title(self) -> str:
        return "A model among human coders"

    @property
    def _line(self) -> str:
        return f"{self._said}, {len(self.humans)} humans, {self._units} units"

    @property
    def _said(self) -> str:
        return {
            "percent-agreement": "percent agreement",
            "kappa": "kappa",
            "krippendorff": f"Krippendorff's alpha ({self.metric})",
        }[self.coefficient]

    def _sentences(self) -> Sequence[str]:
        sentences = [
            f"Agreement ({self._said}) of a model with {len(self.humans)} human coders over {self._units} units was "
            f"{told(self.mean_with_model)} on average, that between humans {told(self.mean_between_humans)}; the "
            f"difference was {told(self.difference, f'{100 * self.confidence:g} % interval, {said(self.bootstrap)}')}."
        ]
        if self.margin is not None and self.as_good_as_a_human is not None:
            verdict = "as good as" if self.as_good_as_a_human else "not shown to be as good as"
            sentences.append(f"With a margin of {self.margin:g} the model is {verdict} one more human coder.")
        return sentences

    @property
    def _references(self) -> tuple[str, ...]:
        return {
            "percent-agreement": (),
            "kappa": ("cohen-1960", "cohen-1968"),
            "krippendorff": ("krippendorff-2011",),
        }[self.coefficient]

    def pair_frame(self) -> Any:
        """Give one row per two coders: human, other, whether the other is the model, units, agreement and interval.

        Returns
        -------
        frame
            Of the kind that went in.
        """
        import numpy as np

        from alliance import _frames

        kind = self._kind or _frames.installed_kind()
        ids = {name: [getattr(pair, name) for pair in self.pairs] for name in ("human", "other", "with_model")}
        columns: dict[str, Any] = {
            "units": np.array([pair.agreement.units for pair in self.pairs], dtype=np.int64),
            "agreement": np.array([pair.agreement.value for pair in self.pairs], dtype=float),
        }
        for end in ("low", "high"):
            columns[end] = np.array([getattr(pair.agreement, end) for pair in self.pairs], dtype=float)
        return _frames.beside(kind, _frames.frame_of(kind, ids), columns)

    def _more_html(self) -> str:
        # Coders' names may be cells of a frame: a view numbers them.
        named = {human: f"human {place}" for place, human in enumerate(self.humans, 1)}
        rows = [(named[pair.human], named.get(pair.other, "model"), str(pair.agreement)) for pair in self.pairs]
        return _html.table(("coder", "other", self._said), rows)


def model_agreement(
    data: Any,
    *,
    model: str,
    unit: str | Sequence[str] | None = None,
    coder: str | None = None,
    code: str | None = None,
    coders: Sequence[str] | None = None,
    coefficient: Literal["percent-agreement", "kappa", "krippendorff"] = "krippendorff",
    metric: Metric = "nominal",
    categories: Sequence[Any] | None = None,
    weights: Weights | None = None,
    margin: float | None = None,
    bootstrap: Bootstrap | None = None,
    confidence: float = 0.95,
) -> ModelAgreement:
    """Say whether a model agrees with human coders as they agree with each other.

    The model is one more rater, and each human stays one: no human consensus is taken as the truth.

    Parameters
    ----------
    data : frame
        Long or wide, as for :func:`coder_agreement`, with the model among the coders.
    model : str
        The model: its cell in the ``coder`` column, or its column.
    unit, coder, code, coders
        As for :func:`coder_agreement`.
    coefficient : {"percent-agreement", "kappa", "krippendorff"}
        What is compared, for every two coders.
    metric, categories, weights
        As for :func:`coder_agreement`; ``weights`` are those of kappa.
    margin : float, optional
        Loss of agreement that would not matter to you. Without it no verdict is given: we know no source for one.
    bootstrap : Bootstrap, optional
        Resamples of units; by default 2000 with seed 1.
    confidence : float
        Confidence of the intervals.

    Returns
    -------
    ModelAgreement
        Difference and means with intervals, and all pairs.

    Raises
    ------
    AllianceError
        As :func:`coder_agreement`; ``invalid-option`` for fewer than two humans, or a model that is no coder.

    Notes
    -----
    The difference is the mean over humans of their agreement with the model, less the mean over pairs of humans. All
    pairs are worked out on the same resample, so that the interval is that of a paired difference.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> codes = pl.DataFrame({"ann": [1, 2, 1, 2, 1, 1, 2, 2], "bob": [1, 2, 1, 1, 1, 1, 2, 2],
    ...                       "net": [1, 2, 1, 1, 1, 2, 2, 2]})
    >>> found = al.model_agreement(codes, model="net", coders=["ann", "bob", "net"], coefficient="percent-agreement")
    >>> round(found.mean_between_humans.value, 3), found.humans
    (0.875, ('ann', 'bob'))
    """
    choice("coefficient", coefficient, ("percent-agreement", "kappa", "krippendorff"))
    table = read_codings(
        data,
        purpose="model agreement",
        unit=unit,
        coder=coder,
        code=code,
        coders=coders,
        metric=metric,
        categories=categories,
    )
    if str(model) not in table.coders:
        raise from_code("invalid-option", "model: name one of the coders, by its cell in `coder` or its column")
    place = table.coders.index(str(model))
    order = [*(other for other in range(len(table.coders)) if other != place), place]
    humans = tuple(table.coders[other] for other in order[:-1])
    own = Bootstrap() if bootstrap is None else bootstrap
    if not isinstance(own, Bootstrap):
        raise from_code("invalid-option", "bootstrap: give a `Bootstrap`")
    kind, matrix = read_weights(weights, table) if coefficient == "kappa" else ("none", [])
    found = _native.model_agreement(
        table.codes[order],
        len(humans),
        coefficient,
        {
            "metric": table.metric,
            "categories": table.categories(),
            "weights": kind,
            "matrix": matrix,
            "bootstrap": own._plain,
            "confidence": number("confidence", confidence),
        },
    )
    estimates = {name: Estimate._of(facts) for name, facts in found["estimates"].items()}
    pairs = tuple(
        RaterPair(humans[one], str(model) if other is None else humans[other], other is None, Estimate._of(facts))
        for one, other, facts in found["pairs"]
    )
    low, loss = estimates["difference"].low, None if margin is None else number("margin", margin)
    if loss is not None and loss < 0:
        raise from_code("invalid-option", "margin: 0 or more")
    return ModelAgreement(
        **estimates,
        pairs=pairs,
        model=str(model),
        humans=humans,
        coefficient=coefficient,
        metric=table.metric,
        margin=loss,
        as_good_as_a_human=None if loss is None or low != low else low > -loss,
        bootstrap=own,
        confidence=float(confidence),
        _units=table.units,
        _kind=table.kind,
    )
