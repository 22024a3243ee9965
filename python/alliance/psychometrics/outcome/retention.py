"""How many clients are still there, and how the others ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from alliance import _html, _native
from alliance.arguments import number
from alliance.errors import from_code
from alliance.instruments import Instrument
from alliance.psychometrics.estimate import Estimate
from alliance.psychometrics.outcome.courses_at_risk import notes_on_courses, of_appointments, read_endings
from alliance.psychometrics.outcome.person_periods import PersonPeriods
from alliance.psychometrics.result import Result
from alliance.study import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from alliance._typing import PeriodOptions

__all__ = ["LogRank", "Retention", "retention"]

PURPOSE = "retention"
NO_GROUP = ""
SHARES = ("remaining", "dropout", "planned")


class LogRank(NamedTuple):
    """A log-rank test of groups: dropout is the event, other ends are censored.

    Parameters
    ----------
    chi_square, p_value : float
        NaN where it is not defined.
    degrees_of_freedom : int
        Groups in which a dropout could be expected, less one.
    status : str
        ``defined``; ``too-few-units`` with one group; ``zero-variance`` without dropouts while groups were followed.
    """

    chi_square: float
    p_value: float
    degrees_of_freedom: int
    status: str


@dataclass(frozen=True, eq=False, repr=False)
class Retention(Result):
    """Shares of clients remaining and ended. Made by :func:`retention`.

    Parameters
    ----------
    groups : mapping of str to int
        Clients of each group; one group without a name where none were given.
    dropouts, planned : int
        Dropouts and planned ends.
    time : str
        ``session``, or the column the times were taken from.
    by : str or None
        Column of the groups.
    log_rank : LogRank or None
        Test of the groups' hazards of dropout.
    confidence : float
        Confidence of the intervals.
    rows_dropped : int
        Clients without a time.
    """

    groups: Mapping[str, int]
    dropouts: int
    planned: int
    time: str
    by: str | None
    log_rank: LogRank | None
    confidence: float
    rows_dropped: int
    _curves: tuple[Mapping[str, NDArray[Any]], ...]
    _times: tuple[NDArray[Any], ...]
    _dropped: tuple[int, ...]
    _instruments: tuple[Instrument, ...]
    _of_courses: tuple[str, ...]
    _kind: Any

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """Shares at the last time anybody ended: ``remaining``, ``dropout``, ``planned``; with groups, of each."""
        found = {}
        for group in self.groups:
            last = max((float(curve["time"][-1]) for curve in self._curves if len(curve["time"])), default=0.0)
            for name, each in self.at(last, group=group or None).items():
                found[f"{name}, {group}" if group else name] = each
        return found

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The form, if it is known."""
        return self._instruments

    def at(self, time: float, *, group: str | None = None) -> dict[str, Estimate]:
        """Give the shares after a time.

        Parameters
        ----------
        time : float
            The time, such as a session number.
        group : str, optional
            Which group, where there are several.

        Returns
        -------
        dict of str to Estimate
            ``remaining`` (Kaplan-Meier), ``dropout`` and ``planned`` (Aalen-Johansen), which add up to 1.

        Raises
        ------
        AllianceError
            ``invalid-option`` for a group there is not.
        """
        import numpy as np

        names = list(self.groups)
        chosen = names[0] if group is None and len(names) == 1 else group
        if chosen is None or chosen not in self.groups:
            raise from_code("invalid-option", f"group: choose one of the {len(names)} groups")
        curve, times = self._curves[names.index(chosen)], self._times[names.index(chosen)]
        place = int(np.searchsorted(curve["time"], number("time", time), side="right")) - 1
        clients, dropped = self.groups[chosen], self._dropped[names.index(chosen)]
        # After everybody has ended, shares stay what they are.
        is_over = len(curve["remaining"]) > 0 and curve["remaining"][-1] == 0.0
        beyond = len(times) == 0 or (time > times.max() and not is_over)
        return {name: self._share(name, curve, place, clients, dropped, beyond=bool(beyond)) for name in SHARES}

    def _share(
        self, name: str, curve: Mapping[str, NDArray[Any]], place: int, clients: int, dropped: int, *, beyond: bool
    ) -> Estimate:
        method = "Kaplan-Meier" if name == "remaining" else "Aalen-Johansen"
        if clients == 0:
            value = low = high = error = float("nan")
        elif place < 0:
            value, low, high, error = (1.0 if name == "remaining" else 0.0), float("nan"), float("nan"), 0.0
        else:
            value = float(curve[name][place])
            low, high = float(curve[f"{name}_low"][place]), float(curve[f"{name}_high"][place])
            error = float(curve[f"{name}_standard_error"][place])
        return Estimate(
            value=value,
            standard_error=error,
            low=low,
            high=high,
            confidence=float("nan") if low != low else self.confidence,
            degrees_of_freedom=float("nan"),
            level="between-clients",
            method=method,
            units=clients,
            rows_used=clients,
            rows_dropped=dropped,
            status="all-missing" if clients == 0 else "defined",
            notes=("Nobody was followed that long: the share is that of the last time known.",)
            if beyond and clients
            else (),
        )

    def to_frame(self) -> Any:
        """Give one row per time at which somebody ended.

        Returns
        -------
        frame
            Of the kind that went in: ``group`` where there are several, ``time``, ``at_risk`` just before it,
            ``dropouts``, ``planned_ends``, and the shares after it with their standard errors and intervals:
            ``remaining``, ``dropout``, ``planned``.
        """
        from alliance import _frames

        parts = []
        for group, curve in zip(self.groups, self._curves, strict=True):
            columns: dict[str, Any] = {"group": [group] * len(curve["time"])} if self.by is not None else {}
            columns["time"] = curve["time"]
            columns["at_risk"] = curve["at_risk"].astype("int64")
            columns["dropouts"] = curve["events"].astype("int64")
            columns["planned_ends"] = curve["competing"].astype("int64")
            frame = _frames.frame_of(self._kind, columns)
            shares = {
                f"{name}{end}": curve[f"{name}{end}"]
                for name in SHARES
                for end in ("", "_standard_error", "_low", "_high")
            }
            parts.append(_frames.beside(self._kind, frame, shares))
        return _frames.stack(self._kind, parts)

    def plot(self) -> Any:
        """Draw the shares over time, with the number at risk below.

        Returns
        -------
        matplotlib.figure.Figure
            One group: shares remaining, dropped out and ended as planned, stacked. Several: the share that dropped out
            of each, with its interval.

        Raises
        ------
        AllianceError
            ``missing-extra`` without matplotlib.
        """
        from alliance.psychometrics.outcome.outcome_figures import retention_curves

        return retention_curves(self)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of these shares should know."""
        planned = (
            (
                "Planned ends compete: the share that dropped out is Aalen-Johansen's. Censoring planned ends instead "
                "would put it too high.",
            )
            if self.planned
            else ()
        )
        return (*planned, *self._of_courses, *super().notes)

    def __repr__(self) -> str:
        # Names of groups stand in the tables; a line has counts.
        return super().__repr__() if self.by is None else f"<Retention {self._line}>"

    @property
    def _title(self) -> str:
        return "Retention"

    @property
    def _line(self) -> str:
        clients = sum(self.groups.values())
        groups = "" if self.by is None else f" in {len(self.groups)} groups"
        return f"{clients} clients{groups}, {self.dropouts} dropouts, {self.planned} planned ends"

    def _more_html(self) -> str:
        if self.log_rank is None:
            return ""
        test = self.log_rank
        row: tuple[object, ...] = (f"{test.chi_square:.2f}", test.degrees_of_freedom, f"{test.p_value:.3f}")
        if test.status != "defined":
            row = (test.status.replace("-", " "), "", "")
        return _html.table(("log-rank chi square", "df", "p"), [row])

    def _sentences(self) -> Sequence[str]:
        said = [
            f"Retention of {sum(self.groups.values())} clients ({self.dropouts} dropouts, {self.planned} planned ends) "
            f"was estimated by Kaplan and Meier's method, shares that dropped out or ended as planned by Aalen and "
            f"Johansen's, with {100 * self.confidence:g} % intervals on the scale of the logarithm."
        ]
        shares = [f"{name}: {each}" for name, each in self.estimates.items()]
        said.append(f"Shares at the end: {'; '.join(shares)}.")
        if self.log_rank is not None:
            test = self.log_rank
            said.append(
                f"A log-rank test of {len(self.groups)} groups was not defined ({test.status.replace('-', ' ')})."
                if test.status != "defined"
                else f"A log-rank test compared the hazards of dropout of {len(self.groups)} groups (chi square "
                f"{test.chi_square:.2f}, {test.degrees_of_freedom} df, p = {test.p_value:.3f})."
            )
        return said

    @property
    def _references(self) -> tuple[str, ...]:
        test = ("mantel-1966",) if self.log_rank is not None else ()
        return ("kaplan-1958", *(("aalen-1978",) if self.planned else ()), *test)


def retention(
    data: Any,
    *,
    time: str | None = None,
    ending: str | None = None,
    by: str | None = None,
    labels: Mapping[Any, str] | None = None,
    confidence: float = 0.95,
) -> Retention:
    """Say how many clients are still there at each time, and how the others ended: by dropout, or as planned.

    Parameters
    ----------
    data : Study, PersonPeriods or frame
        A study with appointments, sessions at risk from :func:`person_period`, or one row per client.
    time : str, optional
        Column of a frame with the time, in sessions, weeks or days, at which the client ended or was last followed.
    ending : str, optional
        Column of a frame with ``dropout``, ``planned`` or ``ongoing`` (followed no further; censored).
    by : str, optional
        Column of a frame with groups to compare, such as the arm.
    labels : mapping, optional
        Words of ``ending`` of your own to these, exactly.
    confidence : float
        Confidence of the intervals.

    Returns
    -------
    Retention
        Shares; :meth:`Retention.plot` draws them with the number at risk.

    Raises
    ------
    AllianceError
        ``missing-column``; ``missing-id`` for a row without a group; ``text-answer``; ``invalid-option`` for a row with
        a time and no ending.

    Notes
    -----
    The share remaining is Kaplan and Meier's with Greenwood's standard error; shares that ended one way are Aalen and
    Johansen's, sum of S(t-) d/n over times, with the standard error of the delta method. All intervals are on the
    scale of the logarithm, as R's ``survfit`` gives them. Censored at a time counts as at risk at it. In a table of
    sessions at risk a dropout stands in the session after the last one.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> ends = pl.DataFrame({"weeks": [2.0, 3.0, 4.0, 5.0], "how": ["dropout", "planned", "dropout", "ongoing"]})
    >>> found = al.retention(ends, time="weeks", ending="how")
    >>> found
    <Retention remaining 0.25 (0.05 to 1.00), dropout 0.50 (0.19 to 1.00); 4 clients, 2 dropouts, 1 planned end>
    """
    import numpy as np

    from alliance._frames import Frame
    from alliance.sources import NO_WORD, distinct_cells, read_measure

    if isinstance(data, Study | PersonPeriods):
        for option, value in {"time": time, "ending": ending, "by": by, "labels": labels}.items():
            if value is not None:
                problem = "these data know theirs; put columns beside `PersonPeriods.client_frame()` and give that"
                raise from_code("invalid-option", f"{option}: {problem}")
        times, codes, kind, instruments, said = _of_courses(data)
        places, words = np.zeros(len(times), dtype=np.uint32), [NO_GROUP]
    else:
        frame = Frame(data)
        if time is None or ending is None:
            problem = "name the columns with `time=...` and `ending=...`"
            raise from_code("missing-column", f"{PURPOSE}: {problem}", column="time" if time is None else "ending")
        frame.require([time, ending, *([] if by is None else [by])], PURPOSE)
        times, codes, kind, instruments = read_measure(frame, time), read_endings(frame, ending, labels), frame.kind, ()
        said = ()
        unsaid = int(np.sum((codes == NO_WORD) & ~np.isnan(times)))
        if unsaid:
            raise from_code("invalid-option", f"{PURPOSE}: {unsaid} rows have a time and no word in `{ending}`")
        codes = np.where(codes == NO_WORD, 0, codes).astype(np.uint8)
        places, words = np.zeros(len(times), dtype=np.uint32), [NO_GROUP]
        if by is not None:
            places, cells = distinct_cells(frame, by)
            missing = int(np.sum(np.isin(places, [place for place, cell in enumerate(cells) if cell is None])))
            if missing:
                raise from_code(
                    "missing-id", f"{PURPOSE}: {missing} rows have no group in `{by}`", column=by, count=missing
                )
            words = [_word(cell, by) for cell in cells] or [NO_GROUP]
    found = _native.incidence(times, codes, places, number("confidence", confidence))
    followed = ~np.isnan(times)
    in_order = sorted(range(len(words)), key=lambda place: words[place])
    curves = tuple(
        {name: np.array(column, dtype=float) for name, column in found["groups"][place].items()} for place in in_order
    )
    of_group = [followed & (places == place) for place in in_order]
    test = LogRank(*(found[name] for name in ("chi_square", "p_value", "degrees_of_freedom", "status")))
    return Retention(
        groups={words[place]: int(np.sum(rows)) for place, rows in zip(in_order, of_group, strict=True)},
        dropouts=int(np.sum(codes[followed] == 1)),
        planned=int(np.sum(codes[followed] == 2)),
        time="session" if time is None else str(time),
        by=by,
        log_rank=None if by is None else test,
        confidence=float(confidence),
        rows_dropped=int(np.sum(~followed)),
        _curves=curves,
        _times=tuple(times[rows] for rows in of_group),
        _dropped=tuple(int(np.sum(~followed & (places == place))) for place in in_order),
        _instruments=instruments,
        _of_courses=said,
        _kind=kind,
    )


def _of_courses(data: Study | PersonPeriods) -> tuple[Any, Any, Any, tuple[Instrument, ...], tuple[str, ...]]:
    """Give times, endings and kind of frame of courses of treatment, and what to say of them."""
    import numpy as np

    if isinstance(data, PersonPeriods):
        said = notes_on_courses(data._ids, data._id_roles, data._held, data._endings)
        if data._late:
            late = "1 client whose sessions begin" if data._late == 1 else f"{data._late} clients whose sessions begin"
            said += (f"{late} later than those of others count as followed from the beginning, too.",)
        return data._times, data._endings, data._kind, data.instruments, said
    courses = of_appointments(data)
    options: PeriodOptions = {"lag": 1, "planned_compete": True, "fewer_than": None}
    found = _native.person_periods(courses.scores, courses.courses, courses.sessions, courses.endings, options)
    times = np.frombuffer(found["times"], dtype=np.float64)
    held = np.frombuffer(found["held"], dtype=np.int64)
    said = notes_on_courses(courses.ids, courses.roles, held, courses.endings)
    return times, np.frombuffer(found["ending_codes"], dtype=np.uint8), courses.kind, (), said


def _word(cell: Any, by: str) -> str:
    if isinstance(cell, str | int):
        return str(cell)
    raise from_code("unsupported-column", f"column `{by}`: groups are words or whole numbers", column=by)
