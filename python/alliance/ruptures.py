"""Ruptures and repairs in session series of the alliance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from alliance import _html, _native
from alliance.appointments import WORDS
from alliance.chance import ChanceRate, rate_of
from alliance.errors import CannotEstimate, from_code
from alliance.exposure import NOT_ASSESSED, STATES, appointment_notes, censored_note, not_assessed_note
from alliance.instruments import Instrument
from alliance.rules import BelowReference, Preset, default, require_criterion
from alliance.rupture_types import UNCLASSIFIED, EpisodeTypes
from alliance.scores import Scores
from alliance.series import Sessions, read_sessions
from alliance.study import Study, StudyScores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["RuptureReport", "find_ruptures"]

CLASSES = ("no-rupture", "repaired", "unrepaired", "mixed", "undecided", "not-assessed")


def find_ruptures(
    scores: Scores | StudyScores | Study,
    *,
    rule: BelowReference | None = None,
    rater: str | None = None,
    scale: str = "total",
    session_order: Sequence[Any] | None = None,
    threads: int | None = None,
) -> RuptureReport:
    """Find ruptures and repairs in alliance scores.

    Parameters
    ----------
    scores : Scores, StudyScores or Study
        Scores with client and session columns. A change of therapist starts a new series where a therapist column
        was named: a dyad is a client with a therapist. Appointments of a study tell forms that are missing from
        sessions that were not held, and how courses ended: see :meth:`Study.with_appointments`. A study's codes and
        self-reports set the type of episodes.
    rule : BelowReference, optional
        The rule; thresholds in points are in points of the item mean. Without one, :func:`alliance.rules.default`.
    rater : str, optional
        Whose scores, where there are several.
    scale : str
        Scale.
    session_order : sequence, optional
        All session labels in their order, where they are neither numbers nor dates.
    threads : int, optional
        Threads; the result is the same for any number.

    Returns
    -------
    RuptureReport
        Sessions, episodes and clients as frames of the kind the scores came in.

    Raises
    ------
    AllianceError
        ``missing-column`` without client or session ids; ``invalid-option`` for sessions without a known order.

    Notes
    -----
    How often a rule fires when nothing happens depends on the data; :func:`chance_rate` says it for yours.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> forms = pl.DataFrame({"client": ["a"] * 5, "session": [1, 2, 3, 4, 5],
    ...                       **{f"q{i}": [4, 4, 4, 2, 4] for i in range(1, 13)}})
    >>> scores = al.score(forms, "wai-sr-client", columns="q{item}", client="client", session="session")
    >>> rule = al.rules.BelowReference(reference="previous", unit="points", threshold=1.0)
    >>> report = al.find_ruptures(scores, rule=rule)
    >>> report.episodes.select("onset", "nadir", "recovery", "resolution").rows()
    [(4, 4, 5, 'repaired')]
    """
    rule = default() if rule is None else rule
    require_criterion(rule)
    run = read_sessions(scores, rater=rater, scale=scale, session_order=session_order)
    return report_on(scores, run, scale, rule, run.in_order().detect(rule._fields(), threads), session_order)


def report_on(
    scores: Scores | StudyScores | Study,
    run: Sessions,
    scale: str,
    rule: BelowReference,
    detected: _native.Detected,
    session_order: Sequence[Any] | None,
    chance: ChanceRate | CannotEstimate | None = None,
) -> RuptureReport:
    """Make the report of what a rule found; a study's codes and self-reports set the type of episodes."""
    types = EpisodeTypes.of(scores, run, detected, session_order) if isinstance(scores, Study) else None
    return RuptureReport._of(run, scale, rule, detected, types, chance)


class _Sessions(NamedTuple):
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


class RuptureReport:
    """What a rule found: sessions, episodes and clients. Made by :func:`find_ruptures`.

    A flag says that the rule's condition was met in a session. It does not say what kind of rupture it was, nor
    that there was one. In a notebook it shows counts, never a row.
    """

    __slots__ = ("_chance", "_detected", "_run", "_types", "rule", "scale")

    rule: BelowReference
    scale: str
    _run: Sessions
    _detected: _native.Detected
    _chance: ChanceRate | CannotEstimate | None
    _types: EpisodeTypes | None

    def __init__(self) -> None:
        raise TypeError("a report is made by `al.find_ruptures`")

    @classmethod
    def _of(
        cls,
        run: Sessions,
        scale: str,
        rule: BelowReference,
        detected: _native.Detected,
        types: EpisodeTypes | None = None,
        chance: ChanceRate | CannotEstimate | None = None,
    ) -> RuptureReport:
        new = object.__new__(cls)
        values = {"rule": rule, "scale": scale, "_run": run, "_detected": detected, "_chance": chance, "_types": types}
        for name, value in values.items():
            object.__setattr__(new, name, value)
        return new

    @property
    def _scores(self) -> Scores:
        return self._run.chosen

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
    def instrument(self) -> Instrument:
        """The form the scores are of."""
        return self._scores.instrument

    @property
    def _knows_appointments(self) -> bool:
        return self._run.appointments is not None

    def _columns(self) -> _Sessions:
        """Give the sessions as arrays."""
        import numpy as np

        count = self._detected.session_count()
        filled = _Sessions(
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
        roles = self._scores._id_roles
        names = [roles[role] for role in ("client", "therapist") if role in roles]
        kind = self._scores._kind
        ids = _frames.without_index(kind, self._run.ids.take(self._source_rows()[chosen]).ids(names))
        if not self._knows_appointments:
            return ids
        numbers = np.array([number for _, number, _ in self._detected.courses()], dtype=np.int64)
        return _frames.beside(kind, ids, {"course": numbers[chosen]})

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

    @property
    def sessions(self) -> Any:
        """One row per session: ids, session, state, score, its standard error, reference, limit, flagged.

        ``state``: scored, not-scored (too little was answered), form-missing (held, no form), not-held, or no-form
        where neither form nor appointment is known. With appointments there are ``course`` and ``appointment`` too, and
        rows for sessions that were not held. Scores, references and limits are item means; the standard error is that
        of missing items, see :meth:`Scores.standard_error`. A session is flagged when its score is at or below the
        limit.
        """
        import numpy as np

        from alliance import _frames

        found = self._columns()
        # The row behind the last holds no error, for sessions without a form.
        errors = np.append(self._scores.in_metric("mean").standard_error(self.scale), np.nan)
        labels: Any = found.numbers
        if self._run.labels is not None:
            labels = self._labels(found.courses.tolist(), found.numbers.tolist())
        kind = self._scores._kind
        columns: dict[str, Any] = {"session": labels, "state": _frames.words(kind, STATES, found.states)}
        if self._knows_appointments:
            columns["appointment"] = _frames.words(kind, (None, *WORDS), found.appointments)
        columns |= {
            "score": found.scores,
            "standard_error": errors[found.rows],
            "reference": found.references,
            "limit": found.limits,
            "flagged": found.flags.astype(bool),
        }
        return _frames.beside(kind, self._ids_of(found.courses), columns)

    @property
    def episodes(self) -> Any:
        """One row per episode: ids, onset, nadir, recovery, resolution, magnitude, length, shape, type, its source.

        Onset, nadir and recovery are the caller's session labels; the magnitude is in points of the item mean, the
        length in sessions that were held or may have been. ``resolution``: repaired, unrepaired, not-asked, or, if the
        series ended first, censored, with what ended it where that is known: censored-dropout, censored-planned-end,
        censored-ongoing, censored-gap (a session without a score, where gaps break).
        ``type``: withdrawal, confrontation, mixed or unclassified, from the sessions onset to last of the episode; only
        a study's codes or an explicit question set it. ``type_source``: codes (``unclassified`` then says that nothing
        was found), client-report, therapist-report, or none (nobody coded or named it).
        """
        import numpy as np

        from alliance import _frames

        found = self._detected.episodes()
        courses = [episode[0] for episode in found]
        columns: dict[str, Any] = {
            "onset": self._labels(courses, [episode[1] for episode in found]),
            "nadir": self._labels(courses, [episode[2] for episode in found]),
            "recovery": self._labels(courses, [episode[3] for episode in found]),
            "resolution": [episode[5] for episode in found],
            "magnitude": np.array([episode[6] for episode in found], dtype=float),
            "length": np.array([episode[7] for episode in found], dtype=np.int64),
            "shape": [episode[8] for episode in found],
        }
        types = [UNCLASSIFIED] * len(found) if self._types is None else self._types.episodes
        columns |= {"type": [word for word, _ in types], "type_source": [source for _, source in types]}
        return _frames.beside(self._scores._kind, self._ids_of(courses), columns)

    @property
    def clients(self) -> Any:
        """One row per dyad and course: ids, observed and evaluable sessions, flagged, episodes, class, and more.

        ``class``: no-rupture, repaired, unrepaired, mixed, undecided (no episode could end before the series did)
        or not-assessed, with the ``reason``: too-few-sessions, no-unit (scores do not vary, or are too few) or
        no-reference (no session with the history the rule needs). ``ending``: unknown, ongoing, planned-end or dropout,
        from appointments. ``unit`` is the rule's unit in points for this client.
        """
        import numpy as np

        from alliance import _frames

        found = self._detected.dyads()
        names = ("observed", "evaluable", "flagged", "episodes", "class")
        columns: dict[str, Any] = {name: [dyad[place] for dyad in found] for place, name in enumerate(names)}
        reasons = (None, *NOT_ASSESSED)
        codes = np.array([reasons.index(dyad[6]) for dyad in found], dtype=np.uint8)
        columns["reason"] = _frames.words(self._scores._kind, reasons, codes)
        columns["ending"] = [ending for *_, ending in self._detected.courses()]
        columns["unit"] = np.array([dyad[5] for dyad in found], dtype=float)
        return _frames.beside(self._scores._kind, self._ids_of(range(len(found))), columns)

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
        limits = self._scores.instrument.range
        misfit = self.rule.misfit(limits) if isinstance(self.rule, Preset) and limits else None
        found = self._columns() if self._knows_appointments else None
        return (
            *self.rule.notes,
            *([misfit] if misfit else []),
            *not_assessed_note([dyad[6] for dyad in self._detected.dyads()], self.rule, self._size()[1]),
            *censored_note(episode[5] for episode in self._detected.episodes()),
            *(() if found is None else appointment_notes(found.states, found.appointments, self._detected.courses())),
            *(() if self._types is None else self._types.notes),
            "A flag says that the rule's condition was met, not that the alliance ruptured.",
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
        return {name: classes.count(name) for name in CLASSES if name in classes}

    def methods(self) -> str:
        """Give a paragraph for a methods section, of facts this report holds.

        Returns
        -------
        str
            Plain text.
        """
        dyads, (size, unit) = self._detected.dyads(), self._size()
        rule = "the default rule" if self.rule.is_default else "a rule"
        if isinstance(self.rule, Preset):
            rule = f"the rule {self.rule.name} ({self.rule.id})"
        counts = ", ".join(f"{count} {name}" for name, count in self._counts().items())
        return (
            f"Ruptures in the {self.scale} score of the {self._scores.instrument.rater} were sought with {rule}. "
            f"{self.rule.describe()} {size} with {sum(dyad[0] for dyad in dyads)} scored sessions: "
            f"{sum(dyad[2] for dyad in dyads)} sessions flagged, {len(self._detected.episodes())} episodes; {unit}: "
            f"{counts or 'none'}. {' '.join(self.notes)} {_said(self._expected())}"
        )

    def cite(self) -> str:
        """Give BibTeX entries of the instrument, the rule and this software.

        Returns
        -------
        str
            BibTeX.
        """
        from alliance.citing import cite

        return cite(self._scores, *((self.rule,) if isinstance(self.rule, Preset) else ()))

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

    def __repr__(self) -> str:
        episodes = len(self._detected.episodes())
        return f"<RuptureReport {self._scores.instrument.id} {self.scale}: {self._size()[0]}, {episodes} episodes>"

    def _repr_html_(self) -> str:
        size, unit = self._size()
        line = f"{self._scores.instrument.id}, {self.scale}, {size}"
        dyads, expected = self._detected.dyads(), self._expected()
        assessed = [dyad for dyad in dyads if dyad[4] != "not-assessed"]
        clients, sessions = sum(dyad[2] > 0 for dyad in assessed), sum(dyad[1] for dyad in assessed)
        observed = (
            (f"{unit} with a flag", _share(clients, len(assessed))),
            ("sessions flagged", _share(sum(dyad[2] for dyad in assessed), sessions)),
        )
        page = (
            _html.heading("Ruptures and repairs", line)
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
