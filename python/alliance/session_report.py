"""What a rule found in session series of any measure: what reports of ruptures and of shifts share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

from alliance import _html, _native
from alliance.chance import ChanceRate, rate_of
from alliance.errors import CannotEstimate, from_code
from alliance.exposure import NOT_ASSESSED, censored_note, not_assessed_note
from alliance.rules import Rule
from alliance.series import Sessions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["SessionReport"]

CLASSES = ("no-rupture", "repaired", "unrepaired", "mixed", "undecided", "not-assessed")


class SessionArrays(NamedTuple):
    """One element per session of all courses, also of those that were not held."""

    rows: NDArray[np.int64]
    courses: NDArray[np.int64]
    numbers: NDArray[np.int64]
    states: NDArray[np.uint8]
    appointments: NDArray[np.uint8]
    scores: NDArray[np.float64]
    references: NDArray[np.float64]
    limits: NDArray[np.float64]
    flags: NDArray[np.uint8]


class SessionReport(ABC):
    """What a rule found in session series: sessions, episodes and clients."""

    __slots__ = ("_chance", "_detected", "_run", "rule", "scale")

    rule: Rule
    scale: str
    _run: Sessions
    _detected: _native.Detected
    _chance: ChanceRate | CannotEstimate | None

    def __init__(self) -> None:
        raise TypeError("a report is made by `al.find_ruptures` or `al.find_shifts`")

    @classmethod
    def _of(
        cls,
        run: Sessions,
        scale: str,
        rule: Rule,
        detected: _native.Detected,
        chance: ChanceRate | CannotEstimate | None = None,
    ) -> Self:
        new = object.__new__(cls)
        values = {"rule": rule, "scale": scale, "_run": run, "_detected": detected, "_chance": chance}
        for name, value in values.items():
            object.__setattr__(new, name, value)
        return new

    @property
    def _kind(self) -> Any:
        return self._run.ids.kind

    @property
    def _axis(self) -> str:
        """What the scores are, for a figure."""
        return self.scale

    @property
    def _voice(self) -> str:
        """Whose line it is, for a figure."""
        return self.scale

    @property
    def chance(self) -> ChanceRate:
        """How often the rule fires on data like these if nothing happened; simulated at the first look.

        :func:`chance_rate` takes options. Raises ``cannot-be-fitted`` with too few dyads or no variation.
        """
        found = self._expected()
        if isinstance(found, CannotEstimate):
            raise from_code(found.code, str(found))
        return found

    def _expected(self) -> ChanceRate | CannotEstimate:
        if self._chance is None:
            try:
                found: ChanceRate | CannotEstimate = rate_of(self.rule, self._run, self.scale)
            except CannotEstimate as error:
                found = error.with_traceback(None)
            object.__setattr__(self, "_chance", found)
            return found
        return self._chance

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a report cannot be changed")

    @property
    def _knows_appointments(self) -> bool:
        return self._run.appointments is not None

    def _columns(self) -> SessionArrays:
        """Give the sessions as arrays."""
        import numpy as np

        count = self._detected.session_count()
        filled = SessionArrays(
            rows=np.empty(count, dtype=np.int64),
            courses=np.empty(count, dtype=np.int64),
            numbers=np.empty(count, dtype=np.int64),
            states=np.empty(count, dtype=np.uint8),
            appointments=np.empty(count, dtype=np.uint8),
            scores=np.empty(count),
            references=np.empty(count),
            limits=np.empty(count),
            flags=np.empty(count, dtype=np.uint8),
        )
        self._detected.fill_sessions(*filled)
        return filled

    def _source_rows(self) -> NDArray[np.intp]:
        """Give a row of the forms or appointments of each course."""
        import numpy as np

        rows = np.zeros(int(self._run.dyads.max(initial=0)) + 1, dtype=np.intp)
        rows[self._run.dyads[::-1]] = np.arange(len(self._run.dyads))[::-1]
        return rows[[dyad for dyad, *_ in self._detected.courses()]]

    def _ids_of(self, courses: Any) -> Any:
        """Give client and therapist of these courses and, where there may be several, the number of the course."""
        import numpy as np

        from alliance import _frames

        chosen = np.asarray(courses, dtype=np.intp)
        ids = self._run.ids.take(self._source_rows()[chosen]).ids(self._run.by_dyad)
        ids = _frames.without_index(self._kind, ids)
        if not self._knows_appointments:
            return ids
        numbers = np.array([number for _, number, _ in self._detected.courses()], dtype=np.int64)
        return _frames.beside(self._kind, ids, {"course": numbers[chosen]})

    def _labels(self, courses: Sequence[int], numbers: Sequence[int | None]) -> list[Any]:
        """Give the caller's labels of sessions."""
        if self._run.labels is None:
            return list(numbers)
        dyads = [dyad for dyad, *_ in self._detected.courses()]
        name = self._run.labels
        return [
            None if number is None else name(dyads[course], number)
            for course, number in zip(courses, numbers, strict=True)
        ]

    def _session_columns(self, found: SessionArrays) -> dict[str, Any]:
        """Give what stands beside a session, between its label and its reference."""
        return {"score": found.scores}

    @property
    def sessions(self) -> Any:
        """One row per session: ids, session, score, reference, limit, flagged. Gaps have a row without a score.

        ``reference`` is the level the score is held against: of a control chart the centre line, of a partition the
        mean of the last segment that was no episode. ``limit`` is the score from which on the session is flagged, given
        the sessions before; there is none where a rule looks at more than that.
        """
        from alliance import _frames

        found = self._columns()
        labels: Any = found.numbers
        if self._run.labels is not None:
            labels = self._labels(found.courses.tolist(), found.numbers.tolist())
        columns = {
            "session": labels,
            **self._session_columns(found),
            "reference": found.references,
            "limit": found.limits,
            "flagged": found.flags.astype(bool),
        }
        return _frames.beside(self._kind, self._ids_of(found.courses), columns)

    def _episode_columns(self) -> dict[str, Any]:
        """Give what else is known of episodes."""
        return {}

    @property
    def episodes(self) -> Any:
        """One row per episode: ids, onset, nadir, recovery, resolution, magnitude, length, shape.

        Onset, nadir and recovery are the caller's session labels; the magnitude is in points of the score, the
        length in sessions. ``resolution``: repaired, unrepaired, censored (the series ended first) or not-asked; of
        shifts in other measures than the alliance returned and lasting.
        """
        import numpy as np

        from alliance import _frames

        found = self._detected.episodes()
        courses = [episode[0] for episode in found]
        columns: dict[str, Any] = {
            "onset": self._labels(courses, [episode[1] for episode in found]),
            "nadir": self._labels(courses, [episode[2] for episode in found]),
            "recovery": self._labels(courses, [episode[3] for episode in found]),
            "resolution": [self._run.said(episode[5]) for episode in found],
            "magnitude": np.array([episode[6] for episode in found], dtype=float),
            "length": np.array([episode[7] for episode in found], dtype=np.int64),
            "shape": [episode[8] for episode in found],
        }
        return _frames.beside(self._kind, self._ids_of(courses), columns | self._episode_columns())

    def _client_columns(self) -> dict[str, Any]:
        """Give what else is known of clients."""
        return {}

    def _reasons(self) -> Any:
        """Give the column that says why dyads were not assessed."""
        import numpy as np

        from alliance import _frames

        reasons = (None, *NOT_ASSESSED)
        codes = np.array([reasons.index(dyad[6]) for dyad in self._detected.dyads()], dtype=np.uint8)
        return _frames.words(self._kind, reasons, codes)

    @property
    def clients(self) -> Any:
        """One row per dyad: ids, observed and evaluable sessions, flagged sessions, episodes, class, reason, unit.

        ``class``: no-rupture, repaired, unrepaired, mixed, undecided (no episode could end before the series did)
        or not-assessed; of shifts no-shift, returned, lasting. ``reason`` says why a dyad was not assessed:
        too-few-sessions, no-unit (the scores do not vary), no-reference, too-few-moving-ranges, no-moving-range,
        too-few-off-median, out-of-range. ``unit`` is the rule's unit in points for this client, such as sigma of a
        control chart.
        """
        import numpy as np

        from alliance import _frames

        found = self._detected.dyads()
        names = ("observed", "evaluable", "flagged", "episodes")
        columns: dict[str, Any] = {name: [dyad[place] for dyad in found] for place, name in enumerate(names)}
        columns["class"] = [self._run.said(dyad[4]) for dyad in found]
        columns["reason"] = self._reasons()
        columns |= self._client_columns()
        columns["unit"] = np.array([dyad[5] for dyad in found], dtype=float)
        return _frames.beside(self._kind, self._ids_of(range(len(found))), columns)

    def to_frame(self, table: Literal["sessions", "episodes", "clients"] = "episodes") -> Any:
        """Give one of the three tables.

        Parameters
        ----------
        table : {"sessions", "episodes", "clients"}
            Which.

        Returns
        -------
        frame
            Of the kind the scores came in.
        """
        if table not in ("sessions", "episodes", "clients"):
            raise from_code("invalid-option", "table: choose `sessions`, `episodes` or `clients`")
        return getattr(self, table)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of this report should know."""
        return (
            *self.rule.notes,
            *not_assessed_note([dyad[6] for dyad in self._detected.dyads()], self.rule, self._size()[1]),
            *censored_note(episode[5] for episode in self._detected.episodes()),
        )

    def _size(self) -> tuple[str, str]:
        """Say how many dyads there are, and what the rows of `clients` are called."""
        courses = self._detected.courses()
        dyads = len({dyad for dyad, *_ in courses})
        if dyads == len(courses):
            return f"{dyads} dyads", "dyads"
        return f"{len(courses)} courses of {dyads} dyads", "courses"

    def _counts(self) -> dict[str, int]:
        classes = [dyad[4] for dyad in self._detected.dyads()]
        return {self._run.said(name): classes.count(name) for name in CLASSES if name in classes}

    @abstractmethod
    def _sought(self) -> str:
        """Say in a sentence what was looked for, in what."""

    def methods(self) -> str:
        """Give a paragraph for a methods section, of facts this report holds.

        Returns
        -------
        str
            Plain text.
        """
        dyads, (size, unit) = self._detected.dyads(), self._size()
        counts = ", ".join(f"{count} {name}" for name, count in self._counts().items())
        return (
            f"{self._sought()} {self.rule.describe()} {size} with {sum(dyad[0] for dyad in dyads)} scored sessions: "
            f"{sum(dyad[2] for dyad in dyads)} sessions flagged, {len(self._detected.episodes())} episodes; {unit}: "
            f"{counts or 'none'}. {' '.join(self.notes)} {_said(self._expected())}"
        )

    def plot(self, client: Any, *, therapist: Any = None) -> Any:
        """Draw a client's courses: scores of all raters, reference and limit, episodes, gaps and appointments.

        Parameters
        ----------
        client : object
            The client's label.
        therapist : object, optional
            A therapist's label, to draw only the course with this one.

        Returns
        -------
        matplotlib.figure.Figure
            One panel per course. Episodes are shaded, flagged sessions ringed; a session without a score breaks the
            line, one that was not held does not and has a sign at the foot. A second rater's parallel form is a
            thinner line, any other form has a small panel of its own: levels of forms that are not parallel are not to
            be compared.

        Raises
        ------
        AllianceError
            ``missing-extra`` without matplotlib; ``invalid-option`` for a client the report does not have.
        """
        from alliance.course_figures import course_of_client

        return course_of_client(self, client, therapist)

    def plot_clients(self, clients: Sequence[Any] | None = None, *, most: int = 12) -> Any:
        """Draw many clients, one small panel per course.

        Parameters
        ----------
        clients : sequence, optional
            Clients, by the caller's own labels; by default those with the deepest episodes, deepest first.
        most : int
            Panels at most.

        Returns
        -------
        matplotlib.figure.Figure
            With the same signs as :meth:`plot`; a second rater is drawn where the form is parallel. Client labels stand
            above the panels: mind who sees them.

        Raises
        ------
        AllianceError
            ``missing-extra`` without matplotlib; ``invalid-option`` for clients the report does not have.
        """
        from alliance.course_figures import grid_of_clients

        return grid_of_clients(self, clients, most)

    def _measure(self) -> str:
        """Name what was measured."""
        return self.scale

    @abstractmethod
    def _title(self) -> str:
        """Give the heading of the report."""

    def __repr__(self) -> str:
        episodes = len(self._detected.episodes())
        return f"<{type(self).__name__} {self._measure()}: {self._size()[0]}, {episodes} episodes>"

    def _repr_html_(self) -> str:
        size, unit = self._size()
        dyads, expected = self._detected.dyads(), self._expected()
        assessed = [dyad for dyad in dyads if dyad[4] != "not-assessed"]
        clients, sessions = sum(dyad[2] > 0 for dyad in assessed), sum(dyad[1] for dyad in assessed)
        observed = (
            (f"{unit} with a flag", _share(clients, len(assessed))),
            ("sessions flagged", _share(sum(dyad[2] for dyad in assessed), sessions)),
        )
        page = (
            _html.heading(self._title(), f"{self._measure()}, {size}")
            + f"<div>{_html.text(self.rule.describe())}</div>"
            + _html.table((unit, "count"), list(self._counts().items()))
        )
        if isinstance(expected, CannotEstimate):
            return page + _html.table(("", "observed"), observed) + _html.notes((*self.notes, _said(expected)))
        by_chance = (str(expected.per_client), str(expected.per_session))
        rows = [(*row, chance) for row, chance in zip(observed, by_chance, strict=True)]
        return (
            page
            + _html.table(("", "observed", "expected by chance (95 % interval of the fit)"), rows)
            + _html.notes((*self.notes, "Expected: the rate if nothing had happened, under a fitted model."))
        )


def _share(count: int, of: int) -> str:
    return f"{100 * count / of:.1f} %" if of else "none assessed"


def _said(expected: ChanceRate | CannotEstimate) -> str:
    return f"No chance rate: {expected}." if isinstance(expected, CannotEstimate) else expected.sentence
