"""Alpha and omega of the latent responses behind ordered answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from alliance import _native
from alliance.arguments import choice
from alliance.instruments import Instrument
from alliance.psychometrics.estimate import Estimate
from alliance.psychometrics.item_answers import read_items
from alliance.psychometrics.result import Result
from alliance.request import Columns

__all__ = ["OrdinalReliability", "ordinal_reliability"]


@dataclass(frozen=True, eq=False, repr=False)
class OrdinalReliability(Result):
    """Reliability of latent responses. Made by :func:`ordinal_reliability`.

    Parameters
    ----------
    scale : str
        The scale.
    instrument : Instrument or None
        The form, where it is known.
    alpha, omega : Estimate
        Standardized alpha, and omega total of one factor, of the polychoric correlations.
    items : tuple of str
        The items.
    correlations : tuple of tuple of float
        Polychoric correlations, items by items; NaN where refused.
    thresholds : tuple of tuple of float
        Thresholds of each item between its categories, in standard deviations.
    smallest_eigenvalue : float
        Of the correlations, before they were made positive semidefinite.
    refused_items : tuple of str
        Items with categories too thin for thresholds.
    """

    scale: str
    instrument: Instrument | None
    alpha: Estimate
    omega: Estimate
    items: tuple[str, ...]
    correlations: tuple[tuple[float, ...], ...]
    thresholds: tuple[tuple[float, ...], ...]
    smallest_eigenvalue: float
    refused_items: tuple[str, ...]
    _described: str
    _kind: Any

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """All estimates, by name."""
        return {"ordinal_alpha": self.alpha, "ordinal_omega": self.omega}

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The form, if it is known."""
        return () if self.instrument is None else (self.instrument,)

    @property
    def _title(self) -> str:
        return "Reliability of latent responses"

    @property
    def _line(self) -> str:
        name = f"{self.instrument.id} {self.scale}" if self.instrument is not None else self.scale
        return f"{name}, {len(self.items)} items, {self.alpha.rows_used} forms, {self.alpha.rows_dropped} left out"

    def _sentences(self) -> Sequence[str]:
        return (
            f"Ordinal alpha and omega of {self._described} were worked out from polychoric correlations of "
            f"{self.alpha.rows_used} complete forms: alpha {self.alpha}, omega {self.omega}.",
        )

    @property
    def _references(self) -> tuple[str, ...]:
        return ("zumbo-2007",)


def ordinal_reliability(
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
    sparse: Literal["refuse", "use"] = "refuse",
) -> OrdinalReliability:
    """Work out alpha and omega of the normal variables behind ordered answers.

    Parameters
    ----------
    data, instrument, columns, scale, client, session, therapist, rater, at
        As in :func:`reliability`.
    sparse : {"refuse", "use"}
        What becomes of items with fewer than ten answers in a category, more than 60 % in one, or more than ten
        categories: the estimates are refused with a status, or worked out all the same. A rule of this project.

    Returns
    -------
    OrdinalReliability
        They describe scores that nobody observes, and are not for an error of measurement or reliable change.

    Raises
    ------
    AllianceError
        As :func:`reliability`.

    Notes
    -----
    Polychoric correlations by two-step maximum likelihood without a continuity correction (psych adds 0.5 to empty
    cells by default); then alpha and omega of them (Zumbo et al. 2007).

    Examples
    --------
    >>> import alliance as al
    >>> clinic = al.simulate(dyads=300, sessions=2, seed=1)
    >>> scores = al.score(clinic.client_forms, "wai-sr-client", columns="wai_{item}",
    ...                   client="client", session="session")
    >>> al.ordinal_reliability(scores, at=1, sparse="use").alpha.status
    'defined'
    """
    choice("sparse", sparse, ("refuse", "use"))
    answers = read_items(
        data,
        instrument,
        purpose="ordinal_reliability",
        columns=columns,
        scale=scale,
        client=client,
        session=session,
        therapist=therapist,
        rater=rater,
    )
    answers = answers if at is None else answers.at(at)
    count = len(answers.items)
    found = _native.ordinal_reliability(answers.given, answers.rows, sparse)
    cells = found["correlations"]
    return OrdinalReliability(
        scale=answers.scale,
        instrument=answers.instrument,
        alpha=Estimate._of(found["estimates"]["alpha"]),
        omega=Estimate._of(found["estimates"]["omega"]),
        items=answers.items,
        correlations=tuple(tuple(cells[row * count : (row + 1) * count]) for row in range(count)),
        thresholds=tuple(map(tuple, found["thresholds"])),
        smallest_eigenvalue=found["smallest_eigenvalue"],
        refused_items=tuple(answers.items[place] for place in found["refused_items"]),
        _described=answers.described,
        _kind=answers.kind,
    )
