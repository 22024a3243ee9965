"""Raters side by side: one row per rater, one column per rated unit, from a frame, scores or a study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from alliance import _native
from alliance.errors import from_code
from alliance.instruments import all_parallel
from alliance.psychometrics.measurements import Ids, is_scores
from alliance.request import id_columns
from alliance.scores import Scores
from alliance.sources import first_rows, grouped, read_measure
from alliance.study import Study, StudyScores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from alliance._frames import Frame, Kind
    from alliance.instruments import Instrument

__all__ = ["RaterTable", "joined", "read_raters"]

# Who rates the forms of the catalog.
_ROLES = ("caregiver", "client", "clinician", "observer", "partner", "supervisee", "team", "therapist")
AcrossForms = Literal["refuse", "pomp", "as-scored"]


@dataclass(frozen=True, eq=False)
class RaterTable:
    """What raters said of the same units, such as sessions of dyads.

    Parameters
    ----------
    values : ndarray of float64
        Raters by units, each rater contiguous; NaN where a rater did not rate.
    names : tuple of str
        The raters.
    what : str
        What they rated: the scale, or the column.
    unit : str
        ``mean``, ``sum``, ``pomp`` or ``score``.
    ids : Ids
        Ids of the units: client, session and, where known, therapist.
    instruments : tuple of Instrument
        The forms, where they are known.
    """

    values: NDArray[np.float64]
    names: tuple[str, ...]
    what: str
    unit: str
    ids: Ids
    instruments: tuple[Instrument, ...]

    @property
    def kind(self) -> Kind:
        """Kind of frame that came in."""
        return self.ids.frame.kind

    @property
    def described(self) -> str:
        """Who rated what, for a sentence."""
        raters = f"{', '.join(self.names[:-1])} and {self.names[-1]}" if len(self.names) > 1 else "".join(self.names)
        forms = f" ({', '.join(form.id for form in self.instruments)})" if self.instruments else ""
        return f"ratings by {raters}" if self.what == "ratings" else f"{self.what} as rated by {raters}{forms}"

    def at(self, sessions: Any) -> RaterTable:
        """Give the units of one session, by its label, or of several, by a list of labels."""
        return self.take(self.ids.rows_at(sessions, what="rating"))

    def take(self, units: NDArray[np.intp]) -> RaterTable:
        """Give some of the units."""
        import numpy as np

        ids = Ids(self.ids.frame.take(units), self.ids.roles)
        return replace(self, values=np.ascontiguousarray(self.values[:, units]), ids=ids)

    def dyad_means(self) -> tuple[RaterTable, NDArray[np.int64]]:
        """Give each rater's mean per dyad over the units that all raters rated, and the number of these units."""
        import numpy as np

        dyads = self.ids.dyads()
        first = first_rows(dyads)
        means, rows = np.full((len(self.names), len(first)), np.nan), np.zeros(len(first), dtype=np.int64)
        _native.dyad_means(self.values, len(self.names), dyads, means, rows)
        roles = {role: column for role, column in self.ids.roles.items() if role in ("client", "therapist")}
        ids = Ids.of(self.ids.frame.take(first), roles)
        return replace(self, values=means, ids=ids), rows


def read_raters(
    data: Any,
    raters: Sequence[str] | None,
    *,
    purpose: str,
    scale: str = "total",
    score: str | None = None,
    client: str | None = None,
    session: str | None = None,
    therapist: str | None = None,
    rater: str | None = None,
    across_forms: AcrossForms = "refuse",
    needs: Sequence[str] = ("client", "session"),
) -> RaterTable:
    """Read raters side by side.

    Of a study ``raters`` are those of its forms; forms that are not parallel are refused, put on 0 to 100 (``pomp``),
    or taken as they are where levels are not compared (``as-scored``). Of a frame with a ``rater`` column, cells of
    that column: without a list all of them, called by their role or numbered. Of another frame, columns, one per rater.
    """
    if across_forms not in ("refuse", "pomp", "as-scored"):
        raise from_code("invalid-option", "across_forms: choose `refuse`, `pomp` or `as-scored`")
    if isinstance(raters, str) or (raters is not None and len(set(raters)) < len(list(raters))):
        raise from_code("invalid-option", f"{purpose}: list the raters, each once")
    if is_scores(data):
        if score or client or session or therapist or rater:
            raise from_code("invalid-option", f"{purpose}: scores know their columns; leave them out")
        return _of_study(data, raters, scale, purpose, across_forms, needs)
    from alliance._frames import Frame

    frame, ids = Frame(data), id_columns(client, therapist, session, None)
    if rater is not None:
        if score is None:
            raise from_code("missing-column", f"{purpose}: name the column of scores, `score=...`", column="score")
        frame.require([rater, score, *ids.values()], purpose)
        return _of_long(frame, raters, ids, rater, score, purpose, needs)
    if raters is None:
        raise from_code(
            "missing-column",
            f"{purpose}: name the column of each rater, or the `rater` and `score` columns of a long frame",
            column="rater",
        )
    both = [name for name in raters if name in ids.values()]
    if both:
        problem = "is named as a rater's scores and as an id; name the columns of scores"
        raise from_code("repeated-column", f"{purpose}: `{both[0]}` {problem}", column=str(both[0]))
    frame.require([*raters, *ids.values()], purpose)
    own = Ids.of(frame, ids)
    own.require(*needs, purpose=purpose)
    if needs:
        own.require_once(*ids, purpose=purpose)
    import numpy as np

    values = np.empty((len(raters), len(frame)))
    for place, name in enumerate(raters):
        values[place] = read_measure(frame, name)
    return RaterTable(values, tuple(map(str, raters)), "ratings", "score", own, ())


def _of_study(
    data: Scores | StudyScores | Study,
    raters: Sequence[str] | None,
    scale: str,
    purpose: str,
    across_forms: AcrossForms,
    needs: Sequence[str],
) -> RaterTable:
    from alliance._frames import Frame

    scores = data.scores() if isinstance(data, Study) else data
    if isinstance(scores, Scores):
        raise from_code("invalid-option", f"{purpose}: these are one rater's scores; give a study, or a frame")
    chosen = {name: scores[name] for name in (raters if raters is not None else scores)}
    forms = tuple(each.instrument for each in chosen.values())
    if across_forms == "pomp":
        chosen = {name: each.in_metric("pomp") for name, each in chosen.items()}
    elif across_forms == "refuse" and len({form.id for form in forms}) > 1 and not all_parallel(forms, scale):
        listed = ", ".join(f"`{form.id}`" for form in forms)
        problem = "are not parallel forms, so their levels cannot be compared"
        raise from_code(
            "incomparable-forms",
            f'{purpose}: {listed} {problem}; `across_forms="pomp"` puts all on 0 to 100, a ruler and no equating',
        )
    units = {each.metric for each in chosen.values()}
    roles = [each._id_roles for each in chosen.values()]
    shared = {
        role: column for role, column in roles[0].items() if all(role in own for own in roles) and role != "rater"
    }
    sides = {name: (Frame(each._ids), each[scale]) for name, each in chosen.items()}
    table = joined(sides, shared, purpose, needs)
    return RaterTable(table[0], tuple(chosen), scale, units.pop() if len(units) == 1 else "score", table[1], forms)


def _of_long(
    frame: Frame,
    raters: Sequence[str] | None,
    ids: dict[str, str],
    rater: str,
    score: str,
    purpose: str,
    needs: Sequence[str],
) -> RaterTable:
    import numpy as np

    from alliance._frames import cells

    codes = grouped(frame, [rater], purpose)
    labels = cells(frame.take(first_rows(codes)), rater)
    chosen = list(range(len(labels))) if raters is None else [_place_of(name, labels) for name in raters]
    absent = chosen.count(-1)
    if absent:
        raise from_code("invalid-option", f"{purpose}: {absent} of the raters asked for are not in `{rater}`")
    # A view shows roles, and what the caller wrote; another cell may be anybody's name.
    names = _roles_or_numbers(labels) if raters is None else [str(name) for name in raters]
    values = read_measure(frame, score)
    rows = [np.flatnonzero(codes == code) for code in chosen]
    sides = {name: (frame.take(own), values[own]) for name, own in zip(names, rows, strict=True)}
    table = joined(sides, ids, purpose, needs)
    return RaterTable(table[0], tuple(sides), score, "score", table[1], ())


def _place_of(name: str, labels: Sequence[Any]) -> int:
    """Find a label; -1 where it is none of them."""
    for place, label in enumerate(labels):
        if isinstance(label, str | int) and label == name:
            return place
    return -1


def _roles_or_numbers(labels: Sequence[Any]) -> list[str]:
    """Call raters by their role, or number them."""
    return [
        label if isinstance(label, str) and label in _ROLES else f"rater {place}"
        for place, label in enumerate(labels, 1)
    ]


def joined(
    sides: Mapping[str, tuple[Frame, NDArray[np.float64]]],
    roles: Mapping[str, str],
    purpose: str,
    needs: Sequence[str],
) -> tuple[NDArray[np.float64], Ids]:
    """Put raters side by side, one column for every unit that any of them rated."""
    import numpy as np

    from alliance import _frames

    columns = list(roles.values())
    owns = [Ids.of(frame, roles) for frame, _ in sides.values()]
    for own in owns:
        own.require(*needs, purpose=purpose)
        own.require_once(*roles, purpose=purpose)
    stacked = owns[0].frame
    for own in owns[1:]:
        stacked = _frames.below(stacked, own.frame, columns)
    codes = grouped(stacked, columns, purpose)
    units = first_rows(codes)
    table = np.full((len(sides), len(units)), np.nan)
    start = 0
    for place, (_, values) in enumerate(sides.values()):
        table[place, codes[start : start + len(values)]] = values
        start += len(values)
    return table, Ids.of(stacked.take(units), roles)
