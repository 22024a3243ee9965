"""Measurements with their ids, from a frame, scores or a study: one number per row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from alliance.errors import from_code
from alliance.request import id_columns
from alliance.scores import Scores
from alliance.series import _whole_numbers, choose, number_sessions
from alliance.sources import first_rows, grouped, read_measure, refuse_repeats
from alliance.study import Study, StudyScores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from alliance._frames import Frame, Kind
    from alliance.instruments import Instrument

__all__ = ["Ids", "Measurements", "NativeTable", "read_measurements"]

# Columns by name: element type, elements, which of them exist, words they are places in.
NativeTable = Mapping[str, tuple[str, bytes, bytes | None, list[str] | None]]


@dataclass(frozen=True, eq=False)
class Ids:
    """The id columns of some rows, by role: client, therapist, session, rater."""

    frame: Frame
    roles: Mapping[str, str]

    @classmethod
    def of(cls, frame: Frame, roles: Mapping[str, str]) -> Ids:
        """Select the id columns of a frame."""
        from alliance import _frames

        columns = frame.ids(list(roles.values()))
        return cls(_frames.Frame(_frames.without_index(frame.kind, columns)), dict(roles))

    def __contains__(self, role: str) -> bool:
        return role in self.roles

    def require(self, *roles: str, purpose: str) -> None:
        """Raise ``missing-column`` unless these ids were named."""
        for role in roles:
            if role not in self.roles:
                raise from_code("missing-column", f"{purpose}: name the {role} column with `{role}=...`", column=role)

    def codes(self, *roles: str) -> NDArray[np.uint32]:
        """Give each row the number of its ids, in the order of first appearance; refuse rows without an id."""
        return grouped(self.frame, [self.roles[role] for role in roles], "ids")

    def dyads(self) -> NDArray[np.uint32]:
        """Give each row the number of its dyad: the client, with the therapist where that is known."""
        return self.codes(*(role for role in ("client", "therapist") if role in self.roles))

    def notes_on_dyads(self, dyads: NDArray[np.uint32]) -> tuple[str, ...]:
        """Say where dyads, which are counted, are more than clients."""
        if "therapist" not in self.roles:
            return ()
        pairs, clients = len(first_rows(dyads)), len(first_rows(self.codes("client")))
        if pairs == clients:
            return ()
        return (f"What is counted as clients are pairs of client and therapist: {pairs} of {clients} clients.",)

    def session_numbers(
        self, order: Sequence[Any] | None = None, dyads: NDArray[np.uint32] | None = None
    ) -> NDArray[np.int64]:
        """Give each row the number of its session: as numbered, by date within a dyad, or as listed.

        Dyads that are known already need not be found again.
        """
        if order is None and (known := _whole_numbers(self.frame, self.roles["session"])) is not None:
            return known
        self.codes("session")  # refuses rows without one
        dyads = self.dyads() if dyads is None else dyads
        numbers, _ = number_sessions(self.frame, self.roles["session"], dyads, order)
        return numbers

    def rows_at(self, sessions: Any, *, what: str) -> NDArray[np.intp]:
        """Give the rows of one session, by its label, or of several, by a list of labels; ``what`` the rows are.

        A listed label that no row has is refused, as it may be mistyped; of a range some may be missing.
        """
        import numpy as np

        from alliance._frames import cells

        self.require("session", purpose="at")
        wanted = list(sessions) if isinstance(sessions, list | tuple | set | range) else [sessions]
        labels = cells(self.frame, self.roles["session"])
        try:
            rows = [row for row, label in enumerate(labels) if label in wanted]
            absent = 0 if isinstance(sessions, range) else sum(label not in labels for label in wanted)
        except Exception:  # a label's own error may say what it holds, so nothing of it is kept
            rows, absent = [], 0
        if not rows:
            raise from_code("invalid-option", f"at: no {what} is of this session")
        if absent:
            raise from_code("invalid-option", f"at: no {what} is of {absent} of these {len(wanted)} sessions")
        return np.array(rows, dtype=np.intp)

    def require_once(self, *roles: str, purpose: str) -> None:
        """Raise ``duplicate-form`` if rows repeat the ids of an earlier row."""
        refuse_repeats(self.codes(*roles), " and ".join(roles), purpose)

    def columns(self, *roles: str) -> Any:
        """Give the columns of these roles, for a table beside which results are put."""
        from alliance import _frames

        named = [self.roles[role] for role in roles if role in self.roles]
        return _frames.without_index(self.frame.kind, self.frame.ids(named))

    def one_row_each(self, codes: NDArray[np.uint32], *roles: str) -> Any:
        """Give the columns of these roles with one row per code, for a table beside which results are put."""
        from alliance import _frames

        columns = [self.roles[role] for role in roles if role in self.roles]
        return _frames.without_index(self.frame.kind, self.frame.take(first_rows(codes)).ids(columns))

    def table(self, codes: NDArray[np.uint32], roles: Sequence[str], columns: NativeTable, *, of: str) -> Any:
        """Put a table of the native module beside the ids of these roles; its column ``of`` holds the codes."""
        import numpy as np

        from alliance import _frames

        kind = self.frame.kind
        read: dict[str, Any] = {}
        for name, (dtype, elements, _, words) in columns.items():
            values = np.frombuffer(elements, dtype=dtype)
            read[name] = values if words is None else [words[place] for place in values.tolist()]
        rows = first_rows(codes)[read.pop(of)]
        if not roles:
            return _frames.frame_of(kind, read)
        ids = self.frame.take(rows).ids([self.roles[role] for role in roles])
        return _frames.beside(kind, _frames.without_index(kind, ids), read)


@dataclass(frozen=True, eq=False)
class Measurements:
    """One number per row with its ids.

    Parameters
    ----------
    values : ndarray of float64
        The numbers, NaN where missing.
    name : str
        What they are: the scale, or the column.
    unit : str
        ``mean``, ``sum`` or ``pomp`` for scores; ``score`` for a column of a frame.
    ids : Ids
        Their ids.
    instrument : Instrument or None
        The form, where it is known.
    """

    values: NDArray[np.float64]
    name: str
    unit: str
    ids: Ids
    instrument: Instrument | None

    @property
    def kind(self) -> Kind:
        """Kind of frame that came in."""
        return self.ids.frame.kind

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The form, if it is known."""
        return () if self.instrument is None else (self.instrument,)

    @property
    def described(self) -> str:
        """What was measured, for a sentence."""
        if self.instrument is None:
            return f"`{self.name}`"
        return f"the {self.name} score of the {self.instrument.rater} ({self.instrument.id})"


def read_measurements(
    data: Any,
    *,
    purpose: str,
    score: str | None = None,
    scale: str = "total",
    client: str | None = None,
    session: str | None = None,
    therapist: str | None = None,
    rater: str | None = None,
    metric: Literal["mean", "sum", "pomp"] | None = None,
    needs: Sequence[str] = ("client",),
) -> Measurements:
    """Read measurements from a frame, where ``score`` and the id columns are named, from scores, or from a study.

    Of a study ``rater`` says whose scores; of a frame it names the column with the rater. ``needs`` are the ids without
    which ``purpose`` is not served.
    """
    import numpy as np

    named = id_columns(client, therapist, session, None if is_scores(data) else rater)
    if is_scores(data):
        if named or score is not None:
            given = ", ".join(f"`{name}`" for name in [*named, *(["score"] if score is not None else [])])
            raise from_code("invalid-option", f"{purpose}: scores know their columns; leave out {given}")
        chosen = choose(data, rater)
        chosen = chosen if metric is None else chosen.in_metric(metric)
        ids = Ids.of(_frame(chosen._ids), chosen._id_roles)
        found = Measurements(np.ascontiguousarray(chosen[scale]), scale, chosen.metric, ids, chosen.instrument)
    else:
        frame = _frame(data)
        if score is None:
            raise from_code("missing-column", f"{purpose}: name the column of scores, `score=...`", column="score")
        frame.require([score, *named.values()], purpose)
        found = Measurements(read_measure(frame, score), score, "score", Ids.of(frame, named), None)
    found.ids.require(*needs, purpose=purpose)
    return found


def is_scores(data: Any) -> bool:
    """Whether data know their own columns."""
    return isinstance(data, Scores | StudyScores | Study)


def _frame(data: Any) -> Frame:
    from alliance._frames import Frame

    return Frame(data)
