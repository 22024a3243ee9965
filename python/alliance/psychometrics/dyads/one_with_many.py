"""One with many: a therapist with several clients, and whose doing a rating is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from alliance import _native
from alliance.instruments import Instrument
from alliance.psychometrics.dyads.pairs import read_pairs
from alliance.psychometrics.estimate import Estimate
from alliance.psychometrics.result import Result

__all__ = ["OneWithMany", "Partition", "Reciprocity", "one_with_many"]


class Partition(NamedTuple):
    """The variance of one side's ratings.

    Parameters
    ----------
    between : Estimate
        Between therapists.
    within : Estimate
        Between the clients of one therapist: relationship and error.
    share_between : float
        Share of variance between therapists; NaN where undefined.
    """

    between: Estimate
    within: Estimate
    share_between: float


class Reciprocity(NamedTuple):
    """How both sides' ratings go together at one level: covariance and correlation."""

    covariance: Estimate
    correlation: Estimate


@dataclass(frozen=True, eq=False, repr=False)
class OneWithMany(Result):
    """Variance partition of a one-with-many design. Made by :func:`one_with_many`.

    Parameters
    ----------
    many, one : str
        The raters: the many (clients), and the one (their therapist).
    by_the_one : Partition
        Ratings by therapists: ``between`` is the perceiver's part, how a therapist rates all clients.
    by_the_many : Partition
        Ratings by clients: ``between`` is the partner's part, how a therapist is rated by all clients; ``within``
        holds the clients' own ways of rating too.
    generalized : Reciprocity
        Over therapists: is one who rates all relations as good rated so by clients?
    dyadic : Reciprocity
        Over the clients of a therapist: is the relation that stands out for the therapist the one that stands out for
        the client?
    """

    many: str
    one: str
    by_the_one: Partition
    by_the_many: Partition
    generalized: Reciprocity
    dyadic: Reciprocity
    _therapists: int
    _forms: tuple[Instrument, ...]
    _described: str
    _kind: Any

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """All estimates, by name."""
        found: dict[str, Estimate] = {}
        for name in ("by_the_one", "by_the_many"):
            part = getattr(self, name)
            found |= {f"{name}_between": part.between, f"{name}_within": part.within}
        for name in ("generalized", "dyadic"):
            part = getattr(self, name)
            found |= {f"{name}_covariance": part.covariance, f"{name}_correlation": part.correlation}
        return found

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The forms, where they are known."""
        return self._forms

    @property
    def _title(self) -> str:
        return f"One with many: {self.one} and {self.many}"

    @property
    def _line(self) -> str:
        each = self.by_the_one.within
        return f"{self._therapists} therapists, {each.rows_used} dyads that both rated, {each.rows_dropped} left out"

    @property
    def _shown(self) -> Sequence[tuple[str, Estimate]]:
        one, many = self.by_the_one, self.by_the_many
        return [
            (f"ratings by {self.one}, between therapists (perceiver)", one.between),
            (f"ratings by {self.one}, within (relationship, error)", one.within),
            (f"ratings by {self.many}, between therapists (partner)", many.between),
            (f"ratings by {self.many}, within (relationship, rater, error)", many.within),
            ("generalized reciprocity", self.generalized.correlation),
            ("dyadic reciprocity", self.dyadic.correlation),
        ]

    def _sentences(self) -> Sequence[str]:
        within = self.by_the_one.within
        if math.isnan(within.value):
            return (f"The variance of {self._described} could not be split between and within therapists: {within}.",)
        shares = [part.share_between for part in (self.by_the_one, self.by_the_many)]
        return (
            f"The variance of {self._described} was split between and within {self._therapists} therapists "
            f"({within.rows_used} dyads; mixed models by REML).",
            f"Between therapists lay {_percent(shares[0])} of the variance of ratings by {self.one} and "
            f"{_percent(shares[1])} of that of ratings by {self.many}.",
            f"Generalized reciprocity was {self.generalized.correlation}, dyadic reciprocity {self.dyadic.correlation} "
            "(correlations, without standard errors).",
        )

    @property
    def _references(self) -> tuple[str, ...]:
        return ("marcus-2009",)


def _percent(share: float) -> str:
    return "an unknown share" if share != share else f"{100 * share:.0f} %"


def one_with_many(
    data: Any,
    *,
    first: str = "client",
    second: str = "therapist",
    scale: str = "total",
    score: str | None = None,
    client: str | None = None,
    session: str | None = None,
    therapist: str | None = None,
    rater: str | None = None,
    at: Any = None,
) -> OneWithMany:
    """Split ratings of therapists with several clients into perceiver, partner and relationship (one with many).

    Parameters
    ----------
    data : Study, StudyScores or frame
        A study whose forms name the therapist; a long frame with a ``rater`` and a ``score`` column; or a frame with
        one column of scores per rater. Where dyads have several sessions their means count, over the sessions that
        both rated.
    first, second : str
        The raters of a study or of the ``rater`` column, or the two columns of scores: the many (clients) first, the
        one (therapist) second.
    scale : str
        Scale of a study.
    score : str, optional
        Column of scores of a long frame.
    client, session, therapist : str, optional
        Id columns of a frame; client and therapist are needed.
    rater : str, optional
        Column of a long frame that says who rated.
    at : optional
        One session, by its label, or a list of them.

    Returns
    -------
    OneWithMany
        Variances between and within therapists of both sides' ratings, and both reciprocities.

    Raises
    ------
    AllianceError
        ``missing-column``, ``missing-id``, ``duplicate-form``, ``text-answer``, ``not-finite``, ``invalid-option``.

    Notes
    -----
    Variances are those of two random-intercept models by REML. Covariances are (V(sum) - V(difference)) / 4 from the
    same model of sum and difference: with equally many clients per therapist those of the bivariate model (Marcus,
    Kashy and Baldwin 2009), else close to them.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> frame = pl.DataFrame({"who": list("aaabbbccc"), "case": range(9),
    ...                       "therapist": [4.0, 5.0, 4.5, 6.0, 6.5, 5.5, 5.0, 4.0, 5.5],
    ...                       "client": [5.0, 5.5, 5.0, 5.5, 6.5, 6.0, 6.0, 5.0, 6.5]})
    >>> found = al.one_with_many(frame, client="case", therapist="who")
    >>> print(found.dyadic.correlation)
    0.84
    """
    pairs = read_pairs(
        data,
        purpose="one_with_many",
        first=first,
        second=second,
        scale=scale,
        score=score,
        client=client,
        session=session,
        therapist=therapist,
        rater=rater,
        at=at,
        requires=("client", "therapist"),
    )
    table, _ = pairs.table.dyad_means()
    therapists = table.ids.codes("therapist")
    found = _native.one_with_many(table.values[1], table.values[0], therapists)
    parts = {
        name: Partition(
            Estimate._of(found[name]["between"]), Estimate._of(found[name]["within"]), found[name]["share_between"]
        )
        for name in ("by_the_one", "by_the_many")
    }
    reciprocities = {
        name: Reciprocity(*(Estimate._of(found[name][part]) for part in Reciprocity._fields))
        for name in ("generalized", "dyadic")
    }
    many, one = pairs.names
    return OneWithMany(
        many=many,
        one=one,
        by_the_one=parts["by_the_one"],
        by_the_many=parts["by_the_many"],
        generalized=reciprocities["generalized"],
        dyadic=reciprocities["dyadic"],
        _therapists=parts["by_the_one"].between.units,
        _forms=table.instruments,
        _described=table.described,
        _kind=table.kind,
    )
