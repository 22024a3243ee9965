"""Do client and therapist agree? Association, elevation and tracking in one result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alliance import _html
from alliance.arguments import choice, number
from alliance.association import Association, association_of
from alliance.elevation import Elevation, elevation_of
from alliance.estimate import Estimate
from alliance.instruments import Instrument
from alliance.pairs import read_pairs
from alliance.rater_table import AcrossForms
from alliance.result import Result
from alliance.tracking import Tracking, Truth, tracking_of

__all__ = ["Agreement", "agreement"]

_QUESTIONS = {
    "association": "do they order clients alike, and move together?",
    "elevation": "who rates higher, and how far apart are they?",
    "tracking": "does one follow the other from session to session?",
}


@dataclass(frozen=True, eq=False, repr=False)
class Agreement(Result):
    """Agreement of two raters, question by question. Made by :func:`agreement`.

    Parameters
    ----------
    association : Association
        Do they order clients alike, and do they move together?
    elevation : Elevation
        Who rates higher, and how far apart are two ratings of one session?
    tracking : Tracking
        Does one follow the other, and by how much is it off?
    """

    association: Association
    elevation: Elevation
    tracking: Tracking
    _kind: Any

    @property
    def _parts(self) -> tuple[tuple[str, Result], ...]:
        return (("association", self.association), ("elevation", self.elevation), ("tracking", self.tracking))

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """All estimates, by name."""
        return {name: each for _, part in self._parts for name, each in part.estimates.items()}

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The forms, where they are known."""
        return self.association.instruments

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of this result should know."""
        own = (
            "These are answers to different questions, and no single index: a high correlation beside a large mean "
            "difference is no contradiction.",
        )
        return tuple(dict.fromkeys((*own, *(note for _, part in self._parts for note in part.notes))))

    @property
    def _title(self) -> str:
        return f"Agreement of {self.association.first} and {self.association.second}"

    @property
    def _line(self) -> str:
        return self.association._line

    @property
    def _shown(self) -> Sequence[tuple[str, Estimate]]:
        return [shown for _, part in self._parts for shown in part._shown]

    def _sentences(self) -> Sequence[str]:
        return tuple(sentence for _, part in self._parts for sentence in part._sentences())

    @property
    def _references(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(key for _, part in self._parts for key in part._references))

    def to_frame(self) -> Any:
        """Give one row per estimate: its name, the fields of :class:`Estimate` without the notes, and the question.

        Returns
        -------
        frame
            Of the kind that went in. What is NaN here is null in polars and Arrow.
        """
        from alliance import _frames

        questions = [name for name, part in self._parts for _ in part.estimates]
        return _frames.beside(self._kind, super().to_frame(), {"question": questions})

    def plot(self) -> Any:
        """Draw :meth:`Elevation.plot`, each session's difference over its mean.

        Returns
        -------
        matplotlib.figure.Figure
            One dot per session that both rated, without a name.

        Raises
        ------
        AllianceError
            ``missing-extra`` without matplotlib.
        """
        return self.elevation.plot()

    def _repr_html_(self) -> str:
        rows = []
        for question, part in self._parts:
            rows.append((_QUESTIONS[question], "", ""))
            rows += [(f"\N{NO-BREAK SPACE} {name}", str(each), each.level) for name, each in part._shown]
        table = _html.table(("", "estimate", "level"), rows)
        return _html.heading(self._title, self._line) + table + _html.notes(self.notes)


def agreement(
    data: Any,
    *,
    first: str = "client",
    second: str = "therapist",
    truth: Truth = "first",
    scale: str = "total",
    score: str | None = None,
    client: str | None = None,
    session: str | None = None,
    therapist: str | None = None,
    rater: str | None = None,
    across_forms: AcrossForms = "refuse",
    confidence: float = 0.95,
) -> Agreement:
    """Say whether client and therapist (or any other two raters) agree: association, elevation and tracking at once.

    Parameters
    ----------
    data : Study, StudyScores or frame
        A study; a long frame with a ``rater`` and a ``score`` column; or a frame with one column of scores per rater.
    first, second : str
        The raters of a study or of the ``rater`` column, or the two columns of scores.
    truth : {"first", "second"}
        Which rating tracking calls truth.
    scale : str
        Scale of a study.
    score : str, optional
        Column of scores of a long frame.
    client, session, therapist : str, optional
        Id columns of a frame. A dyad is a client, with a therapist where that is named.
    rater : str, optional
        Column of a long frame that says who rated.
    across_forms : {"refuse", "pomp", "as-scored"}
        What to do when the forms of a study are not parallel.
    confidence : float
        Confidence of the intervals, above 0 and below 1.

    Returns
    -------
    Agreement
        One table of all estimates; each part is there too, as :func:`association`, :func:`elevation` and
        :func:`tracking` give it.

    Raises
    ------
    AllianceError
        As these do.

    See Also
    --------
    congruence : whether agreement goes with outcome.
    intraclass_correlations : any number of raters.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> frame = pl.DataFrame({"case": [1, 1, 1, 2, 2, 2, 3, 3, 3], "visit": [1, 2, 3] * 3,
    ...                       "client": [5.0, 5.5, 6.0, 4.0, 4.5, 5.5, 6.0, 5.0, 6.5],
    ...                       "therapist": [4.5, 4.5, 5.0, 4.0, 4.0, 5.0, 5.0, 4.5, 5.0]})
    >>> found = al.agreement(frame, client="case", session="visit")
    >>> print(found.elevation.mean_difference, "|", found.association.within_clients)
    0.72 (-0.14 to 1.58) | 0.89 (0.42 to 0.98)
    >>> sorted(set(found.to_frame()["question"]))
    ['association', 'elevation', 'tracking']
    """
    choice("truth", truth, ("first", "second"))
    pairs = read_pairs(
        data,
        purpose="agreement",
        first=first,
        second=second,
        scale=scale,
        score=score,
        client=client,
        session=session,
        therapist=therapist,
        rater=rater,
        across_forms=across_forms,
        requires=("client",),
    )
    confidence = number("confidence", confidence)
    return Agreement(
        association=association_of(pairs, confidence),
        elevation=elevation_of(pairs, 1.96, confidence),
        tracking=tracking_of(pairs, truth, "uncorrelated", "dyads", confidence),
        _kind=pairs.kind,
    )
