"""Intraclass correlations: six forms, and what other programs call them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from alliance import _native
from alliance.arguments import choice, number
from alliance.instruments import Instrument
from alliance.psychometrics.estimate import Estimate
from alliance.psychometrics.measurements import is_scores
from alliance.psychometrics.rater_table import AcrossForms, read_raters
from alliance.psychometrics.result import Result

__all__ = ["IntraclassCorrelations", "MeanSquares", "intraclass_correlations"]

Units = Literal["sessions", "client-means"]
Missing = Literal["listwise", "reml"]

# Attribute here; McGraw and Wong; Shrout and Fleiss; psych, older pingouin; pingouin 0.7.
_NAMES = (
    ("one_way", "ICC(1)", "ICC(1,1)", "ICC1", "ICC(1,1)"),
    ("one_way_average", "ICC(k)", "ICC(1,k)", "ICC1k", "ICC(1,k)"),
    ("agreement", "ICC(A,1)", "ICC(2,1)", "ICC2", "ICC(A,1)"),
    ("agreement_average", "ICC(A,k)", "ICC(2,k)", "ICC2k", "ICC(A,k)"),
    ("consistency", "ICC(C,1)", "ICC(3,1)", "ICC3", "ICC(C,1)"),
    ("consistency_average", "ICC(C,k)", "ICC(3,k)", "ICC3k", "ICC(C,k)"),
)
_PROGRAMS = ("mcgraw_wong", "shrout_fleiss", "psych", "pingouin")


class MeanSquares(NamedTuple):
    """Mean squares of units, of raters, of residuals, and within units; NaN where variances were estimated by REML."""

    units: float
    raters: float
    residual: float
    within: float


@dataclass(frozen=True, eq=False, repr=False)
class IntraclassCorrelations(Result):
    """Six intraclass correlations. Made by :func:`intraclass_correlations`.

    Parameters
    ----------
    raters : tuple of str
        The raters.
    one_way, one_way_average : Estimate
        Raters differ from unit to unit: differences of level between raters are error. Of one rating, and of the mean
        of as many as there are raters.
    agreement, agreement_average : Estimate
        The same raters for all units, who must give the same values. The one for levels of client and therapist.
    consistency, consistency_average : Estimate
        The same raters, who may differ by a constant. The average form is alpha of the raters.
    mean_squares : MeanSquares
        Of the ratings; NaN with ``missing="reml"``.
    units : str
        What was rated: ``sessions`` or ``client-means``.
    missing : str
        What became of units with a missing rating.
    confidence : float
        Confidence of the intervals.
    """

    raters: tuple[str, ...]
    one_way: Estimate
    one_way_average: Estimate
    agreement: Estimate
    agreement_average: Estimate
    consistency: Estimate
    consistency_average: Estimate
    mean_squares: MeanSquares
    units: str
    missing: str
    confidence: float
    _clients: int
    _rows: int
    _rated: str
    _forms: tuple[Instrument, ...]
    _described: str
    _kind: Any

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """All estimates, by name."""
        return {name: getattr(self, name) for name, *_ in _NAMES}

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The forms, where they are known."""
        return self._forms

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of this result should know."""
        repeated = (
            (
                "Clients have several sessions, which count as independent units here: the intervals are too short, "
                'and what sessions share is called agreement. Give `at=` a session, or `units="client-means"`.',
            )
            if self._rows > self._clients
            else ()
        )
        return (*repeated, *super().notes)

    @property
    def _title(self) -> str:
        return "Intraclass correlations"

    @property
    def _line(self) -> str:
        each = self.agreement
        return f"{len(self.raters)} raters, {each.rows_used} {self._rated}, {each.rows_dropped} left out"

    @property
    def _shown(self) -> Sequence[tuple[str, Estimate]]:
        return [(f"{theirs}, {name.replace('_', ' ')}", getattr(self, name)) for name, theirs, *_ in _NAMES]

    def _sentences(self) -> Sequence[str]:
        each = self.agreement
        how = {
            "listwise": "mean squares of units that all rated",
            "reml": "variance components by REML, from all ratings",
        }[self.missing]
        words = f"{self._rated} over the sessions that all rated" if self.units == "client-means" else self._rated
        return (
            f"Agreement of {self._described} was worked out from {each.rows_used} {words} ({each.rows_dropped} left "
            f"out; {how}).",
            f"ICC(A,1), absolute agreement of one rating, was {self.agreement}; ICC(C,1), consistency, was "
            f"{self.consistency} ({100 * self.confidence:g} % intervals; names of McGraw and Wong 1996).",
        )

    @property
    def _references(self) -> tuple[str, ...]:
        return ("mcgraw-1996", "shrout-1979")

    def names_frame(self) -> Any:
        """Give one row per form: what this and other programs call it, and its value.

        Returns
        -------
        frame
            ``estimate``, ``mcgraw_wong``, ``shrout_fleiss``, ``psych`` (and older pingouin), ``pingouin`` (0.7) and
            ``value``. Of the kind that went in.
        """
        import numpy as np

        from alliance import _frames

        kind = self._kind or _frames.installed_kind()
        columns = {"estimate": [row[0] for row in _NAMES]}
        columns |= {program: [row[place] for row in _NAMES] for place, program in enumerate(_PROGRAMS, 1)}
        values = np.array([each.value for each in self.estimates.values()])
        return _frames.beside(kind, _frames.frame_of(kind, columns), {"value": values})


def intraclass_correlations(
    data: Any,
    raters: Sequence[str] | None = None,
    *,
    scale: str = "total",
    score: str | None = None,
    client: str | None = None,
    session: str | None = None,
    therapist: str | None = None,
    rater: str | None = None,
    at: Any = None,
    across_forms: AcrossForms = "refuse",
    units: Units = "sessions",
    missing: Missing = "listwise",
    confidence: float = 0.95,
) -> IntraclassCorrelations:
    """Work out the six intraclass correlations of raters, with intervals.

    Parameters
    ----------
    data : Study, StudyScores or frame
        A study; a long frame with a ``rater`` and a ``score`` column; or a frame with one column of scores per rater.
    raters : sequence of str, optional
        The raters of a study or of the ``rater`` column, all of them by default; or the columns of scores.
    scale : str
        Scale of a study.
    score : str, optional
        Column of scores of a long frame.
    client, session, therapist : str, optional
        Id columns of a frame. Without them every row of a frame with a column per rater is a unit.
    rater : str, optional
        Column of a long frame that says who rated.
    at : optional
        One session, by its label, or a list of them.
    across_forms : {"refuse", "pomp", "as-scored"}
        What to do when the forms of a study are not parallel.
    units : {"sessions", "client-means"}
        What is rated: every session, or each client as the mean of the sessions that all raters rated.
    missing : {"listwise", "reml"}
        Units with a missing rating are left out and mean squares taken; or all ratings count, by REML.
    confidence : float
        Confidence of the intervals, above 0 and below 1.

    Returns
    -------
    IntraclassCorrelations
        The six forms; :meth:`IntraclassCorrelations.names_frame` says which form other programs call what.

    Raises
    ------
    AllianceError
        ``incomparable-forms``; ``missing-column``, ``missing-id``, ``duplicate-form``, ``text-answer``,
        ``not-finite``, ``invalid-option``.

    Notes
    -----
    Names differ between programs. Agreement of client and therapist on levels needs ``agreement``, ICC(A,1), which
    Shrout and Fleiss call ICC(2,1): roles are fixed, and an offset is disagreement. ``consistency``, their ICC(3,1),
    does not see an offset. Formulas and intervals of single ratings: McGraw and Wong (1996); those of averages step
    the ends up.

    Examples
    --------
    Shrout and Fleiss (1979), four judges.

    >>> import alliance as al
    >>> import polars as pl
    >>> judges = pl.DataFrame({"a": [9, 6, 8, 7, 10, 6], "b": [2, 1, 4, 1, 5, 2], "c": [5, 3, 6, 2, 6, 4],
    ...                        "d": [8, 2, 8, 6, 9, 7]})
    >>> found = al.intraclass_correlations(judges, ["a", "b", "c", "d"])
    >>> print(found.agreement)
    0.29 (0.02 to 0.76)
    >>> print(found.consistency)
    0.71 (0.34 to 0.95)
    """
    import numpy as np

    choice("units", units, ("sessions", "client-means"))
    is_wide = not is_scores(data) and rater is None
    table = read_raters(
        data,
        raters,
        purpose="intraclass_correlations",
        scale=scale,
        score=score,
        client=client,
        session=session,
        therapist=therapist,
        rater=rater,
        across_forms=across_forms,
        needs=() if is_wide else ("client",),
    )
    if "client" in table.ids and "session" in table.ids:
        table.ids.require_once(*table.ids.roles, purpose="intraclass_correlations")
    table = table if at is None else table.at(at)
    if units == "client-means":
        table.ids.require("client", purpose="intraclass_correlations")
        table, _ = table.dyad_means()
    confidence = number("confidence", confidence)
    absent = np.isnan(table.values)
    used = ~(absent.any(axis=0) if missing == "listwise" else absent.all(axis=0))
    rows = int(used.sum())
    found = _native.intraclass_correlations(table.values, len(table.names), missing, confidence)
    return IntraclassCorrelations(
        raters=table.names,
        **{name: Estimate._of(facts) for name, facts in found["estimates"].items()},
        mean_squares=MeanSquares(*found["mean_squares"]),
        units=units,
        missing=missing,
        confidence=confidence,
        _clients=len(set(table.ids.dyads()[used].tolist())) if "client" in table.ids else rows,
        _rows=rows,
        _rated="clients' means" if units == "client-means" else "sessions" if "session" in table.ids else "units",
        _forms=table.instruments,
        _described=table.described,
        _kind=table.kind,
    )
