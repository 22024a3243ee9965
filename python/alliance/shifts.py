"""Shifts in session series of any measure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

from alliance import _frames, _html, _native
from alliance.errors import from_code
from alliance.measures import outcome_of
from alliance.rules import Rule, SuddenShift, require_rule
from alliance.rules.rule import number
from alliance.series import Sessions, number_sessions
from alliance.session_report import SessionReport
from alliance.study import Study

__all__ = ["ShiftReport", "SuddenShiftReport", "find_shifts"]

Sudden = tuple[list[tuple[int, int, int, float, float, str, float, str]], list[tuple[int, int, int]]]


def find_shifts(
    data: Any,
    *,
    score: str,
    rule: Rule,
    client: str | None = None,
    session: str | None = None,
    higher_is_better: bool | None = None,
    side: Literal["worse", "better"] | None = None,
    range: tuple[float, float] | None = None,
    step: float | None = None,
    session_order: Sequence[Any] | None = None,
    threads: int | None = None,
) -> ShiftReport:
    """Find shifts in the scores of any measure: sudden gains and losses, or what any other rule flags.

    Parameters
    ----------
    data : frame or Study
        One row per client and session; null where there is no score. Or a study with this outcome.
    score : str
        Column with the scores, or the name of the study's outcome.
    rule : Rule
        One of ``al.rules``, in points of the score.
    client, session : str
        Columns, for a frame; a study knows them.
    higher_is_better : bool
        Which way the measure runs, for a frame: False for most symptom measures. A study knows it. Scores are never
        negated.
    side : {"worse", "better"}, optional
        Whether shifts for the worse or for the better are looked for: for the worse unless it is a sudden gain.
    range : tuple of float, optional
        Lowest and highest possible score. Without it there is no chance rate, and rules that need the ends of the scale
        are refused.
    step : float, optional
        Distance of neighbouring scores, for the chance rate: 1 for sums of items.
    session_order : sequence, optional
        All session labels in their order, where they are neither numbers nor dates.
    threads : int, optional
        Threads; the result is the same for any number.

    Returns
    -------
    ShiftReport
        Sessions, episodes and clients as frames of the kind that went in; for sudden gains and losses a
        :class:`SuddenShiftReport`, with events too.

    Raises
    ------
    AllianceError
        ``missing-column``, ``invalid-option``, ``repeated-session``, ``out-of-range``.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> bdi = [35, 37, 34, 23, 24, 21, 29, 17, 11, 11, 10, 7]
    >>> data = pl.DataFrame({"id": [1] * 12, "session": range(1, 13), "bdi": bdi})
    >>> ids = {"client": "id", "session": "session", "score": "bdi"}
    >>> report = al.find_shifts(data, rule=al.rules.SuddenGain(cutoff=7), higher_is_better=False, **ids)
    >>> report.events.select("session", "magnitude", "reversed").rows()
    [(3, 11.0, 'yes'), (7, 12.0, 'no')]
    >>> chart = al.rules.ControlChart(threshold=2.0, trend="least-squares")
    >>> al.find_shifts(data, rule=chart, higher_is_better=False, **ids).clients["flagged"].to_list()
    [1]
    """
    import numpy as np

    require_rule(rule)
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
    if not isinstance(higher_is_better, bool):
        raise from_code("invalid-option", "higher_is_better: give True or False")
    looked_at = _side(rule, side)
    limits, distance = _scale(range, step)
    frame = _frames.Frame(data)
    frame.require([client, session, score], "columns")
    dyads = np.frombuffer(_native.group_keys([frame.labels(client)])["groups"], dtype=np.uint32)
    numbers, labels = number_sessions(frame, session, dyads, session_order)
    values = np.empty(len(frame))
    _native.read_numbers(frame.answers(score), values)
    # Its own ids: the caller may go on editing the frame.
    ids = _frames.Frame(frame.ids([client]))
    run = Sessions(
        chosen=None,
        ids=ids,
        by_dyad=[client],
        dyads=dyads,
        numbers=numbers,
        scores=values,
        limits=limits,
        labels=labels,
        step=distance,
        higher_is_better=higher_is_better,
        side=looked_at,
    )
    kind = SuddenShiftReport if isinstance(rule, SuddenShift) else ShiftReport
    return kind._of(run, str(score), rule, run.in_order(rule).detect(rule._fields(), threads))


def _side(rule: Rule, side: Any) -> Literal["worse", "better"]:
    own = rule._side
    if side not in (None, "worse", "better"):
        raise from_code("invalid-option", "side: choose worse or better")
    if own is not None and side not in (None, own):
        raise from_code("invalid-option", f"side: this rule looks at the {own} side; leave `side` out")
    return own or side or "worse"


def _scale(range: Any, step: Any) -> tuple[tuple[float, float] | None, float | None]:
    """Take the possible scores and their distance."""
    limits = None
    if range is not None:
        if not isinstance(range, tuple | list) or len(range) != 2:
            raise from_code("invalid-option", "range: give the lowest and the highest possible score")
        lowest, highest = number("range", range[0]), number("range", range[1])
        if not (math.isfinite(lowest) and math.isfinite(highest) and lowest < highest):
            raise from_code("invalid-option", "range: the lowest score must be below the highest, both finite")
        limits = (lowest, highest)
    if step is None:
        return limits, None
    distance = number("step", step)
    if not (distance > 0 and math.isfinite(distance)):
        raise from_code("invalid-option", "step: the distance of neighbouring scores is finite and above 0")
    return limits, distance


class ShiftReport(SessionReport):
    """What a rule found in any measure: sessions, episodes and clients. Made by :func:`find_shifts`.

    A flag says that the rule's condition was met in a session. In a notebook it shows counts, never a row.
    """

    __slots__ = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of this report should know."""
        return (*super().notes, "A flag says that the rule's condition was met, not that anything happened.")

    def _sought(self) -> str:
        better = "higher" if self._run.higher_is_better else "lower"
        side = self._run.side
        swapped = "; what the rule says of worse holds for better" if side == "better" and not self.rule._side else ""
        return f"Shifts for the {side} were sought in {self.scale}, where {better} scores are better{swapped}."

    def _title(self) -> str:
        return f"Shifts for the {self._run.side}"


class SuddenShiftReport(ShiftReport):
    """Sudden gains or losses: with a row per event besides. Made by :func:`find_shifts`."""

    __slots__ = ("_sudden",)

    _sudden: Sudden

    def _found(self) -> Sudden:
        """Give the events, and the interval counts of each client."""
        if not hasattr(self, "_sudden"):
            run = self._run
            found = _native.sudden_shifts(
                run.dyads, run.numbers, run.scores, self.rule._fields(), run.worse_is_lower(self.rule)
            )
            object.__setattr__(self, "_sudden", found)
        return self._sudden

    @property
    def events(self) -> Any:
        """One row per event: client, session (the last before the shift), next session, magnitude, and more.

        ``magnitude`` is the change in points; ``change_proportion`` its share of the change over the whole series,
        with a status; ``reversal_value`` the score beyond which half of it is lost again, and ``reversed`` whether a
        later score is: yes, no or not-observed.
        """
        import numpy as np

        events, _ = self._found()
        # A dyad is a course here, for there are no appointments.
        first = np.full(len(self._detected.courses()), np.iinfo(np.int64).max)
        np.minimum.at(first, self._run.dyads, self._run.numbers)

        def label(dyad: int, position: int) -> Any:
            return self._labels([dyad], [int(first[dyad]) + position])[0]

        columns = {
            "session": [label(event[0], event[1]) for event in events],
            "next_session": [label(event[0], event[2]) for event in events],
            "magnitude": np.array([event[3] for event in events], dtype=float),
            "change_proportion": np.array([event[4] for event in events], dtype=float),
            "proportion_status": [event[5] for event in events],
            "reversal_value": np.array([event[6] for event in events], dtype=float),
            "reversed": [event[7] for event in events],
        }
        return _frames.beside(self._kind, self._ids_of([event[0] for event in events]), columns)

    @property
    def clients(self) -> Any:
        """One row per client: shifts, intervals in all, that can be tested, that have the scores for it; class, reason.

        ``class``: no-shift, returned (reversed), lasting, mixed, undecided or not-assessed, with the reason.
        """
        events, counts = self._found()
        shifts = [0] * len(counts)
        for event in events:
            shifts[event[0]] += 1
        found = self._detected.dyads()
        columns = {
            "shifts": shifts,
            "intervals": [count[0] for count in counts],
            "testable": [count[1] for count in counts],
            "available": [count[2] for count in counts],
            "class": [self._run.said(dyad[4]) for dyad in found],
            "reason": self._reasons(),
        }
        return _frames.beside(self._kind, self._ids_of(range(len(found))), columns)

    def __len__(self) -> int:
        return len(self._found()[0])

    def _title(self) -> str:
        return "Sudden gains" if self._run.side == "better" else "Sudden losses"

    def __repr__(self) -> str:
        events, counts = self._found()
        having = len({event[0] for event in events})
        return f"<SuddenShiftReport: {len(events)} shifts in {having} of {len(counts)} clients>"

    def _repr_html_(self) -> str:
        events, counts = self._found()
        reversals = sum(event[7] == "yes" for event in events)
        having = len({event[0] for event in events})
        rows = (
            ("shifts", len(events)),
            ("reversed", reversals),
            ("clients with one", having),
            ("clients", len(counts)),
        )
        return super()._repr_html_() + _html.table(("", "count"), rows)
