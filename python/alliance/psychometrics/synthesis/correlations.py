"""Two correlations of the same clients that share a variable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from alliance import _html, _native
from alliance.arguments import number
from alliance.errors import from_code
from alliance.psychometrics.estimate import Estimate, told
from alliance.psychometrics.result import Result
from alliance.sources import read_measure

__all__ = ["CorrelationComparison", "DifferenceTest", "compare_correlations"]


class DifferenceTest(NamedTuple):
    """A z with its two-sided p."""

    z: float
    p_value: float


@dataclass(frozen=True, eq=False, repr=False)
class CorrelationComparison(Result):
    """Two dependent correlations compared. Made by :func:`compare_correlations`.

    Parameters
    ----------
    difference : Estimate
        r(x, y) - r(z, y), with the interval of Zou (2007).
    r_xy, r_zy : Estimate
        The two correlations, with Fisher's interval.
    r_xz : float
        Correlation of the two predictors.
    dunn_clark, steiger, meng : DifferenceTest
        Tests of Dunn and Clark (1969), Steiger (1980), and Meng, Rosenthal and Rubin (1992). They nearly agree;
        choose one before looking.
    n : float
        Clients.
    confidence : float
        Confidence of the intervals.
    """

    difference: Estimate
    r_xy: Estimate
    r_zy: Estimate
    r_xz: float
    dunn_clark: DifferenceTest
    steiger: DifferenceTest
    meng: DifferenceTest
    n: float
    confidence: float
    _names: tuple[str, str, str]
    _kind: Any

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """The difference and the two correlations."""
        return {name: getattr(self, name) for name in ("difference", "r_xy", "r_zy")}

    @property
    def _title(self) -> str:
        return "Two correlations with a shared variable"

    @property
    def _line(self) -> str:
        x, z, y = self._names
        return f"{x} and {z} with {y}, n = {self.n:g}"

    def _sentences(self) -> Sequence[str]:
        x, z, y = self._names
        difference = "have a difference that is " + told(self.difference)
        if self.difference.value == self.difference.value:
            interval = f"{100 * self.confidence:g} % interval of Zou"
            test = f"Steiger's z = {self.steiger.z:.2f}, p = {self.steiger.p_value:.3f}"
            difference = f"differed by {told(self.difference, interval)}; {test}"
        return (
            f"The correlations of {x} ({told(self.r_xy)}) and {z} ({told(self.r_zy)}) with {y} in the same {self.n:g} "
            f"clients (the two correlate {self.r_xz:.2f}) {difference}.",
        )

    @property
    def _references(self) -> tuple[str, ...]:
        return ("steiger-1980", "zou-2007", "meng-1992", "dunn-clark-1969")

    def _more_html(self) -> str:
        rows = [
            (name, f"{test.z:.2f}", f"{test.p_value:.3f}")
            for name, test in (("Dunn and Clark", self.dunn_clark), ("Steiger", self.steiger), ("Meng", self.meng))
        ]
        return _html.table(("test", "z", "p"), rows)


def compare_correlations(
    data: Any = None,
    *,
    x: str | None = None,
    z: str | None = None,
    y: str | None = None,
    r_xy: float | None = None,
    r_zy: float | None = None,
    r_xz: float | None = None,
    n: float | None = None,
    confidence: float = 0.95,
) -> CorrelationComparison:
    """Compare r(x, y) with r(z, y) in one sample, such as the client's and the therapist's alliance with outcome.

    Parameters
    ----------
    data : frame, optional
        One row per client; rows with a missing value of the three are left out.
    x, z, y : str, optional
        Columns of that frame: the two predictors, and what both are correlated with.
    r_xy, r_zy, r_xz, n : float, optional
        Without a frame, the three correlations and the number of clients, such as a paper prints them.
    confidence : float
        Confidence of the intervals.

    Returns
    -------
    CorrelationComparison
        Difference with interval, and three tests.

    Raises
    ------
    AllianceError
        ``missing-column``; ``invalid-option`` for correlations beyond -1 and 1. Three correlations that cannot belong
        to one sample, a correlation of -1 or 1, and three clients or fewer raise nothing: the difference has a status.

    Examples
    --------
    >>> import alliance as al
    >>> found = al.compare_correlations(r_xy=0.396, r_zy=0.179, r_xz=0.088, n=66)
    >>> print(found.difference, round(found.steiger.p_value, 2))
    0.22 (-0.09 to 0.52) 0.17
    """
    from alliance._frames import Frame

    columns, numbers = {"x": x, "z": z, "y": y}, {"r_xy": r_xy, "r_zy": r_zy, "r_xz": r_xz, "n": n}
    kind = None
    if data is not None:
        given = [name for name, value in columns.items() if value is None]
        if given or any(value is not None for value in numbers.values()):
            raise from_code(
                "invalid-option", "compare_correlations: of a frame name the columns `x`, `z` and `y`, only"
            )
        import numpy as np

        frame = Frame(data)
        names = [str(name) for name in columns.values()]
        frame.require(names, "compare_correlations")
        if len(set(names)) < 3:
            raise from_code("invalid-option", "compare_correlations: `x`, `z` and `y` are three columns")
        block = np.array([read_measure(frame, name) for name in names], dtype=float)
        (of_xz, of_xy, of_zy), rows = _native.correlations(block.reshape(3, len(frame)))
        values, count = (of_xy, of_zy, of_xz), float(rows)
        kind = frame.kind
    else:
        if any(value is None for value in numbers.values()) or any(value is not None for value in columns.values()):
            raise from_code("invalid-option", "compare_correlations: give a frame, or `r_xy`, `r_zy`, `r_xz` and `n`")
        names = ["x", "z", "y"]
        values = (number("r_xy", r_xy), number("r_zy", r_zy), number("r_xz", r_xz))
        count = number("n", n)
    compared = _native.compare_correlations(values, count, number("confidence", confidence))
    return CorrelationComparison(
        **{name: Estimate._of(facts) for name, facts in compared["estimates"].items()},
        r_xz=values[2],
        dunn_clark=DifferenceTest(*compared["dunn_clark"]),
        steiger=DifferenceTest(*compared["steiger"]),
        meng=DifferenceTest(*compared["meng"]),
        n=count,
        confidence=float(confidence),
        _names=(names[0], names[1], names[2]),
        _kind=kind,
    )
