"""Profile agreement: whether two raters see the same items as high and low in one session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from alliance import _native
from alliance.arguments import number
from alliance.errors import from_code
from alliance.estimate import Estimate
from alliance.instruments import Instrument, all_parallel
from alliance.item_answers import ItemAnswers, read_items
from alliance.measurements import Ids, is_scores
from alliance.rater_table import joined
from alliance.result import Result
from alliance.scores import Scores
from alliance.sources import first_rows
from alliance.study import Study

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["ProfileAgreement", "profile_agreement"]


@dataclass(frozen=True, eq=False, repr=False)
class ProfileAgreement(Result):
    """Agreement of two raters over items. Made by :func:`profile_agreement`.

    Parameters
    ----------
    first, second : str
        The raters.
    correlation : Estimate
        Mean over profiles of the correlation over items, by Fisher's z with weights of items less three.
    distinctive : Estimate
        The same after each item's mean is taken from each rating: what is left when the items that everybody rates
        high or low no longer count.
    plain_mean : float
        Plain mean of the correlations, for comparison only.
    items : tuple of str
        The items.
    confidence : float
        Confidence of the intervals.
    """

    first: str
    second: str
    correlation: Estimate
    distinctive: Estimate
    plain_mean: float
    items: tuple[str, ...]
    confidence: float
    _repeated: bool
    _forms: tuple[Instrument, ...]
    _kind: Any
    _profiles: Any

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """Both mean correlations, by name."""
        return {"correlation": self.correlation, "distinctive": self.distinctive}

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The forms, where they are known."""
        return self._forms

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of this result should know."""
        own = [
            "Profiles of items correlate because some items are easier for everybody; `distinctive` leaves that out."
        ]
        if self._repeated:
            own.append("Dyads have several sessions, which count as independent profiles: give `at=` a session.")
        return tuple(dict.fromkeys((*own, *super().notes)))

    @property
    def _title(self) -> str:
        return f"Profile agreement of {self.first} and {self.second}"

    @property
    def _line(self) -> str:
        each = self.correlation
        return f"{each.units} profiles of {len(self.items)} items, {each.rows_dropped} pairs of answers left out"

    def _sentences(self) -> Sequence[str]:
        each = self.correlation
        return (
            f"Profiles of {self.first} and {self.second} over {len(self.items)} items were compared in {each.units} "
            f"sessions ({each.rows_dropped} pairs of answers left out).",
            f"The mean correlation of a pair of profiles was {each}, after the items' means were taken out "
            f"{self.distinctive} ({100 * self.confidence:g} % intervals, Fisher's z).",
        )

    @property
    def _references(self) -> tuple[str, ...]:
        return ("cronbach-1955", "furr-2008")

    def profile_frame(self) -> Any:
        """Give one row per pair of profiles: shape, elevation and scatter.

        Returns
        -------
        frame
            The ids and the columns of :meth:`Tracking.profile_frame`; ``points`` are items. Of the kind that went in.
        """
        return self._profiles


def profile_agreement(
    data: Any,
    *,
    first: str | Sequence[str] = "client",
    second: str | Sequence[str] = "therapist",
    scale: str = "total",
    client: str | None = None,
    session: str | None = None,
    therapist: str | None = None,
    at: Any = None,
    confidence: float = 0.95,
) -> ProfileAgreement:
    """Compare two raters item by item: shape, elevation and scatter of their profiles in a session.

    Parameters
    ----------
    data : Study, StudyScores or frame
        A study with parallel forms of two raters, or a frame with one row per session and the items of both.
    first, second : str or sequence of str
        The raters of a study; of a frame, the item columns of each, in the same order and running the same way.
    scale : str
        Scale of a study.
    client, session, therapist : str, optional
        Id columns of a frame. Without them every row is a pair of profiles of its own.
    at : optional
        One session, by its label, or a list of them. Without it all sessions count.
    confidence : float
        Confidence of the intervals, above 0 and below 1.

    Returns
    -------
    ProfileAgreement
        Mean correlations with intervals; :meth:`ProfileAgreement.profile_frame` has each pair.

    Raises
    ------
    AllianceError
        ``incomparable-forms`` unless the forms are parallel; ``missing-column``, ``missing-id``, ``duplicate-form``,
        ``text-answer``, ``invalid-option``.

    See Also
    --------
    tracking : profiles of one score over sessions.

    Notes
    -----
    D²/n = (mean1 - mean2)² + (s1 - s2)² + 2 s1 s2 (1 - r): elevation, scatter and shape, with SDs of divisor n. Item
    profiles share what items are like for everybody (Cronbach 1955); ``distinctive`` is of profiles less the mean of
    all (Furr 2008). A flat profile has no shape but an elevation.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> frame = pl.DataFrame({"c1": [5, 4, 3], "c2": [4, 4, 2], "c3": [2, 5, 1], "c4": [5, 3, 3],
    ...                       "t1": [4, 4, 3], "t2": [4, 3, 1], "t3": [1, 5, 2], "t4": [4, 3, 3]})
    >>> found = al.profile_agreement(frame, first=["c1", "c2", "c3", "c4"], second=["t1", "t2", "t3", "t4"])
    >>> round(found.correlation.value, 2)
    0.85
    """
    confidence = number("confidence", confidence)
    if is_scores(data):
        if client or session or therapist:
            raise from_code("invalid-option", "profile_agreement: scores know their columns; leave them out")
        sides, answers, ids = _of_study(data, first, second, scale)
    else:
        sides, answers, ids = _of_frame(
            data, first, second, {"client": client, "session": session, "therapist": therapist}
        )
    import numpy as np

    if at is not None:
        rows = ids.rows_at(at, what="form")
        ids, answers = Ids(ids.frame.take(rows), ids.roles), [np.ascontiguousarray(each[:, rows]) for each in answers]
    items, units = answers[0].shape
    profiles = np.tile(np.arange(units, dtype=np.uint32), items)
    points = np.repeat(np.arange(items, dtype=np.uint32), units)
    found = _native.profile_agreement(answers[0].ravel(), answers[1].ravel(), profiles, points, confidence)
    whose = [role for role in ("client", "therapist", "session") if role in ids]
    repeated = "client" in ids and units > len(first_rows(ids.dyads()))
    level = "pooled-rows" if repeated else "one-session"
    return ProfileAgreement(
        first=sides.names[0],
        second=sides.names[1],
        # The crate's profiles are of sessions; these are of items.
        correlation=replace(Estimate._of(found["correlation"]), level=level),
        distinctive=replace(Estimate._of(found["distinctive"]), level=level),
        plain_mean=found["plain_mean"],
        items=sides.items,
        confidence=confidence,
        _repeated=repeated,
        _forms=sides.forms,
        _kind=ids.frame.kind,
        _profiles=ids.table(np.arange(units, dtype=np.uint32), whose, found["dyads"], of="dyad"),
    )


@dataclass(frozen=True, eq=False)
class _Sides:
    """Who rated what."""

    names: tuple[str, str]
    items: tuple[str, ...]
    forms: tuple[Instrument, ...]


def _of_study(data: Any, first: Any, second: Any, scale: str) -> tuple[_Sides, list[NDArray[np.float64]], Ids]:
    import numpy as np

    purpose = "profile_agreement"
    if not isinstance(first, str) or not isinstance(second, str) or first == second:
        raise from_code("invalid-option", "first, second: name two raters of the study")
    scores = data.scores() if isinstance(data, Study) else data
    if isinstance(scores, Scores):
        raise from_code("invalid-option", f"{purpose}: these are one rater's scores; give a study, or a frame")
    read = [read_items(scores[name], None, purpose=purpose, scale=scale) for name in (first, second)]
    forms = tuple(each.instrument for each in read if each.instrument is not None)
    if not all_parallel(forms, scale):
        listed = " and ".join(f"`{form.id}`" for form in forms)
        raise from_code(
            "incomparable-forms", f"{purpose}: {listed} are not parallel forms: their items are not the same"
        )
    shared = {
        role: column for role, column in read[0].ids.roles.items() if role != "rater" and role in read[1].ids.roles
    }
    sides = {
        name: (each.ids.frame, np.arange(len(each.ids.frame), dtype=float))
        for name, each in zip((first, second), read, strict=True)
    }
    rows, ids = joined(sides, shared, purpose, ("client",))
    answers = [_rows_of(each, own) for each, own in zip(read, rows, strict=True)]
    return _Sides((first, second), read[0].items, forms), answers, ids


def _rows_of(answers: ItemAnswers, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the forms at these rows, NaN where there is none."""
    import numpy as np

    found = np.full((len(answers.items), len(rows)), np.nan)
    known = ~np.isnan(rows)
    found[:, known] = answers.answers[:, rows[known].astype(np.intp)]
    return found


def _of_frame(
    data: Any, first: Any, second: Any, roles: Mapping[str, str | None]
) -> tuple[_Sides, list[NDArray[np.float64]], Ids]:
    for option, columns in (("first", first), ("second", second)):
        if isinstance(columns, str) or not isinstance(columns, Sequence):
            raise from_code("invalid-option", f"{option}: of a frame, list the item columns of this rater")
    if len(first) != len(second):
        raise from_code("invalid-option", "first, second: list as many item columns for both")
    given: dict[str, Any] = {role: name for role, name in roles.items() if name is not None}
    sides = [
        read_items(data, None, purpose="profile_agreement", columns=list(each), **given) for each in (first, second)
    ]
    ids = sides[0].ids
    if "client" in ids:
        ids.require_once(*ids.roles, purpose="profile_agreement")
    return _Sides(("first", "second"), sides[0].items, ()), [each.answers for each in sides], ids
