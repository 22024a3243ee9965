"""How far the scores of a clinic lie apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from alliance.errors import from_code
from alliance.scores import Scores
from alliance.series import read_sessions
from alliance.study import Study, StudyScores

__all__ = ["Spread"]


@dataclass(frozen=True)
class Spread:
    """How far scores lie apart in a clinic: what a rule needs whose unit pools over clients.

    Plain numbers, to be stored with the rule; :meth:`of` takes them from scores.

    Parameters
    ----------
    pooled_within : float
        Standard deviation within clients, pooled, in points of the item mean; NaN if it is not known.
    between : float
        Standard deviation of the clients' means.
    first : float
        Standard deviation of the clients' first scores.
    """

    pooled_within: float = float("nan")
    between: float = float("nan")
    first: float = float("nan")

    @classmethod
    def of(
        cls,
        scores: Scores | StudyScores | Study,
        *,
        rater: str | None = None,
        scale: str = "total",
        session_order: Sequence[Any] | None = None,
    ) -> Spread:
        """Take the spread of scores.

        Parameters
        ----------
        scores : Scores, StudyScores or Study
            As for :func:`find_ruptures`.
        rater, scale, session_order
            As for :func:`find_ruptures`.

        Returns
        -------
        Spread
            The standard deviations; NaN where there are too few scores.
        """
        run = read_sessions(scores, rater=rater, scale=scale, session_order=session_order)
        return cls(*run.in_order().spread())

    def _fields(self) -> tuple[float, float, float]:
        for name, value in vars(self).items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise from_code("invalid-option", f"{name}: give a number, NaN if it is not known")
        return (float(self.pooled_within), float(self.between), float(self.first))
