"""Sudden gains and losses in session series of any measure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from alliance import _html, _native
from alliance.errors import from_code
from alliance.measures import outcome_of
from alliance.rules import SuddenGain, SuddenLoss
from alliance.series import number_sessions
from alliance.study import Study

if TYPE_CHECKING:
    from alliance._frames import Frame

__all__ = ["ShiftReport", "find_shifts"]


def find_shifts(
    data: Any,
    *,
    score: str,
    rule: SuddenGain | SuddenLoss,
    client: str | None = None,
    session: str | None = None,
    higher_is_better: bool | None = None,
    session_order: Sequence[Any] | None = None,
) -> ShiftReport:
    """Find sudden gains or losses in the scores of any measure.

    Parameters
    ----------
    data : frame or Study
        One row per client and session; null where there is no score. Or a study with this outcome.
    score : str
        Column with the scores, or the name of the study's outcome.
    rule : SuddenGain or SuddenLoss
        The rule, in points of the score.
    client, session : str
        Columns, for a frame; a study knows them.
    higher_is_better : bool
        Which way the measure runs, for a frame: False for most symptom measures. A study knows it. Scores are never
        negated.
    session_order : sequence, optional
        All session labels in their order, where they are neither numbers nor dates.

    Returns
    -------
    ShiftReport
        Events and clients as frames of the kind that went in.

    Raises
    ------
    AllianceError
        ``missing-column``, ``invalid-option``, ``repeated-session``.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> bdi = [35, 37, 34, 23, 24, 21, 29, 17, 11, 11, 10, 7]
    >>> data = pl.DataFrame({"id": [1] * 12, "session": range(1, 13), "bdi": bdi})
    >>> report = al.find_shifts(data, client="id", session="session", score="bdi",
    ...                         rule=al.rules.SuddenGain(cutoff=7), higher_is_better=False)
    >>> report.events.select("session", "magnitude", "reversed").rows()
    [(3, 11.0, 'yes'), (7, 12.0, 'no')]
    """
    import numpy as np

    from alliance._frames import Frame

    if not isinstance(rule, SuddenGain | SuddenLoss):
        raise from_code("invalid-option", "rule: give a `SuddenGain` or a `SuddenLoss`")
    asked = {"client": client, "session": session, "higher_is_better": higher_is_better}
    if isinstance(data, Study):
        if any(value is not None for value in asked.values()):
            raise from_code("invalid-option", f"a study knows its {', '.join(asked)}; leave them out")
        outcome = outcome_of(data, score)
        client, session, higher_is_better = data.client, data.session, outcome.higher_is_better
        data = outcome.frame.native
    if client is None or session is None or higher_is_better is None:
        lacking = ", ".join(name for name, value in asked.items() if value is None)
        raise from_code("invalid-option", f"a frame needs {lacking} too")
    _native.check_shift_rule(rule._fields(), higher_is_better)
    frame = Frame(data)
    frame.require([client, session, score], "columns")
    dyads = np.frombuffer(_native.group_keys([frame.labels(client)])["groups"], dtype=np.uint32)
    numbers, labels = number_sessions(frame, session, dyads, session_order)
    values = np.empty(len(frame))
    _native.read_numbers(frame.answers(score), values)
    events, counts = _native.sudden_shifts(dyads, numbers, values, rule._fields(), higher_is_better)
    rows = np.zeros(len(counts), dtype=np.intp)
    rows[dyads[::-1]] = np.arange(len(dyads))[::-1]
    first = np.full(len(counts), np.iinfo(np.int64).max)
    np.minimum.at(first, dyads, numbers)
    return ShiftReport(rule, frame, client, rows, first, labels, events, counts)


class ShiftReport:
    """Sudden shifts: one row per event, one per client. Made by :func:`find_shifts`.

    In a notebook it shows counts, never a row.
    """

    def __init__(
        self,
        rule: SuddenGain | SuddenLoss,
        frame: Frame,
        client: str,
        rows: Any,
        first: Any,
        labels: Callable[[int, int], Any] | None,
        events: list[tuple[int, int, int, float, float, str, float, str]],
        counts: list[tuple[int, int, int]],
    ) -> None:
        self.rule = rule
        self._kind = frame.kind
        self._ids = frame.take(rows).ids([client])
        self._first, self._labels = first, labels
        self._events, self._counts = events, counts

    def _label(self, dyad: int, position: int) -> Any:
        number = int(self._first[dyad]) + position
        return number if self._labels is None else self._labels(dyad, number)

    @property
    def events(self) -> Any:
        """One row per event: client, session (the last before the shift), next session, magnitude, and more.

        ``magnitude`` is the change in points; ``change_proportion`` its share of the change over the whole series,
        with a status; ``reversal_value`` the score beyond which half of it is lost again, and ``reversed`` whether a
        later score is: yes, no or not-observed.
        """
        import numpy as np

        from alliance import _frames

        events = self._events
        columns = {
            "session": [self._label(event[0], event[1]) for event in events],
            "next_session": [self._label(event[0], event[2]) for event in events],
            "magnitude": np.array([event[3] for event in events], dtype=float),
            "change_proportion": np.array([event[4] for event in events], dtype=float),
            "proportion_status": [event[5] for event in events],
            "reversal_value": np.array([event[6] for event in events], dtype=float),
            "reversed": [event[7] for event in events],
        }
        places = np.array([event[0] for event in events], dtype=np.intp)
        ids = _frames.Frame(self._ids).take(places).native
        return _frames.beside(self._kind, _frames.without_index(self._kind, ids), columns)

    @property
    def clients(self) -> Any:
        """One row per client: shifts, and how many intervals there are, can be tested, and have the scores for it."""
        from alliance import _frames

        shifts = [0] * len(self._counts)
        for event in self._events:
            shifts[event[0]] += 1
        columns = {
            "shifts": shifts,
            "intervals": [count[0] for count in self._counts],
            "testable": [count[1] for count in self._counts],
            "available": [count[2] for count in self._counts],
        }
        return _frames.beside(self._kind, _frames.without_index(self._kind, self._ids), columns)

    def __len__(self) -> int:
        return len(self._events)

    def _summary(self) -> tuple[int, int, int]:
        """Give shifts, clients with one, clients."""
        return len(self._events), len({event[0] for event in self._events}), len(self._counts)

    def __repr__(self) -> str:
        shifts, having, clients = self._summary()
        return f"<ShiftReport: {shifts} shifts in {having} of {clients} clients>"

    def _repr_html_(self) -> str:
        shifts, having, clients = self._summary()
        title = "Sudden gains" if isinstance(self.rule, SuddenGain) else "Sudden losses"
        reversals = sum(event[7] == "yes" for event in self._events)
        rows = (("shifts", shifts), ("reversed", reversals), ("clients with one", having), ("clients", clients))
        return _html.heading(title, "counts of this report") + _html.table(("", "count"), rows)
