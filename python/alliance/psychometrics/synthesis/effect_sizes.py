"""One effect size as another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alliance import _html, _native
from alliance.arguments import number
from alliance.errors import from_code
from alliance.psychometrics.estimate import Estimate
from alliance.psychometrics.result import Result

__all__ = ["EffectSize", "effect_size"]


@dataclass(frozen=True, eq=False, repr=False)
class EffectSize(Result):
    """An effect as a correlation and as everything else it is reported as. Made by :func:`effect_size`.

    Parameters
    ----------
    correlation : Estimate
        The correlation, with Fisher's interval where the number of pairs was given.
    disattenuated : Estimate or None
        The correlation without error of measurement; None without reliabilities.
    d : float
        Cohen's d.
    odds_ratio : float
        exp(d pi / sqrt 3).
    fisher_z : float
        atanh(r).
    variance_explained : float
        r squared: of r = .26 it is .068.
    success_above, success_below : float
        Success rates above and below the median of the predictor (binomial effect size display).
    common_language : float
        Chance that a member of the higher group exceeds one of the lower.
    given : str
        What it was made of.
    """

    correlation: Estimate
    disattenuated: Estimate | None
    d: float
    odds_ratio: float
    fisher_z: float
    variance_explained: float
    success_above: float
    success_below: float
    common_language: float
    given: str
    _kind: Any

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """The correlation, and without error of measurement."""
        found = {"correlation": self.correlation, "disattenuated": self.disattenuated}
        return {name: each for name, each in found.items() if each is not None}

    @property
    def _title(self) -> str:
        return "Effect size"

    @property
    def _line(self) -> str:
        return f"{100 * self.variance_explained:.1f} % of variance, d = {self.d:.2f}, odds ratio {self.odds_ratio:.2f}"

    def _sentences(self) -> Sequence[str]:
        if self.correlation.value != self.correlation.value:
            return ["The effect size is not defined."]
        sentences = [
            f"A correlation of {self.correlation} is {100 * self.variance_explained:.1f} % of variance, "
            f"d = {self.d:.2f}, an odds ratio of {self.odds_ratio:.2f}, success rates of "
            f"{100 * self.success_above:.0f} % against {100 * self.success_below:.0f} %, and a chance of "
            f"{100 * self.common_language:.0f} % that a member of the higher group exceeds one of the lower."
        ]
        if self.disattenuated is not None:
            sentences.append(f"Without error of measurement it would be {self.disattenuated}.")
        return sentences

    @property
    def _references(self) -> tuple[str, ...]:
        return ("rosenthal-rubin-1982", "hasselblad-hedges-1995")

    def _more_html(self) -> str:
        rows = [
            ("percent of variance", f"{100 * self.variance_explained:.1f}"),
            ("Cohen's d", f"{self.d:.2f}"),
            ("odds ratio", f"{self.odds_ratio:.2f}"),
            ("Fisher's z", f"{self.fisher_z:.2f}"),
            (
                "success above and below the median",
                f"{100 * self.success_above:.0f} % and {100 * self.success_below:.0f} %",
            ),
            ("higher exceeds lower", f"{100 * self.common_language:.0f} %"),
        ]
        return _html.table(("as", ""), rows)


def effect_size(
    *,
    r: float | None = None,
    d: float | None = None,
    odds_ratio: float | None = None,
    fisher_z: float | None = None,
    n: float | None = None,
    groups: tuple[float, float] | None = None,
    reliabilities: tuple[float, float] | None = None,
    confidence: float = 0.95,
) -> EffectSize:
    """Give one effect size as all others.

    Parameters
    ----------
    r, d, odds_ratio, fisher_z : float, optional
        One of them.
    n : float, optional
        Number of pairs, for an interval of the correlation.
    groups : tuple of float, optional
        Sizes of the two groups of ``d`` or ``odds_ratio``; equal ones without.
    reliabilities : tuple of float, optional
        Of the two variables, to correct the correlation for error of measurement. A correlation between scores of one
        session asks for the reliability of one session, not for that of a mean.
    confidence : float
        Confidence of the interval.

    Returns
    -------
    EffectSize
        Correlation, d, odds ratio, Fisher's z, share of variance, success rates, common language effect size.

    Raises
    ------
    AllianceError
        ``invalid-option`` unless one effect size is given. An odds ratio of 0 or less, or an r of 1 or -1, raises
        nothing: what is not defined is NaN.

    Notes
    -----
    d = 2 r / sqrt(1 - r^2); r = d / sqrt(d^2 + a) with a = (n1 + n2)^2 / (n1 n2), 4 for equal groups;
    d = ln(OR) sqrt(3) / pi (Hasselblad and Hedges 1995); rates .5 + r/2 and .5 - r/2 (Rosenthal and Rubin 1982);
    Phi(d / sqrt 2); r / sqrt(reliability of x times that of y).

    Examples
    --------
    >>> import alliance as al
    >>> al.effect_size(r=0.26)
    <EffectSize correlation 0.26; 6.8 % of variance, d = 0.54, odds ratio 2.66>
    """
    given = {"r": r, "d": d, "odds_ratio": odds_ratio, "fisher_z": fisher_z}
    known = [(name, number(name, value)) for name, value in given.items() if value is not None]
    if len(known) != 1:
        raise from_code("invalid-option", "effect_size: give one of `r`, `d`, `odds_ratio` and `fisher_z`")
    if known[0][0] == "r" and abs(known[0][1]) > 1:
        raise from_code("invalid-option", "r: from -1 to 1")
    found = _native.effect_size(
        known[0],
        float("nan") if n is None else number("n", n),
        _pair("groups", groups),
        _pair("reliabilities", reliabilities),
        number("confidence", confidence),
    )
    corrected = found.pop("disattenuated")
    return EffectSize(
        correlation=Estimate._of(found.pop("correlation")),
        disattenuated=None if corrected is None else Estimate._of(corrected),
        given=known[0][0],
        _kind=None,
        **found,
    )


def _pair(option: str, values: Any) -> tuple[float, float] | None:
    if values is None:
        return None
    if not isinstance(values, tuple | list) or len(values) != 2:
        raise from_code("invalid-option", f"{option}: give two numbers")
    return number(option, values[0]), number(option, values[1])
