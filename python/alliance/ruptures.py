"""Ruptures and repairs in session series of the alliance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Self, cast

from alliance import _html, _native
from alliance.chance import ChanceRate, rate_of
from alliance.errors import CannotEstimate, from_code
from alliance.instruments import Instrument
from alliance.rules import Preset, Rule, SuddenGain, require_rule
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
    rule: Rule,
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
        was named: a dyad is a client with a therapist.
    rule : Rule
        One of ``al.rules``, but for sudden gains; thresholds in points are in points of the item mean.
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
    require_rule(rule)
    if isinstance(rule, SuddenGain):
        raise from_code("invalid-option", "rule: a gain is no rupture; give a `BelowReference` or another rule")
    run = read_sessions(scores, rater=rater, scale=scale, session_order=session_order)
    return RuptureReport._of(run, scale, rule, detect(run, rule, threads))


def detect(run: Sessions, rule: Rule, threads: int | None) -> _native.Detected:
    """Apply a rule to series."""
    ends = (run.limits, run.worse_is_lower(rule))
    return _native.Detected(run.dyads, run.numbers, run.scores, ends, rule._fields(), threads)


class SessionReport:
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
    def _of(cls, run: Sessions, scale: str, rule: Rule, detected: _native.Detected) -> Self:
        new = object.__new__(cls)
        values = {"rule": rule, "scale": scale, "_run": run, "_detected": detected, "_chance": None}
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

    def _first_rows(self) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """Give a source row and the first session number of each dyad."""
        import numpy as np

        count = len(self._detected.offsets()) - 1
        first = np.full(count, np.iinfo(np.int64).max)
        np.minimum.at(first, self._run.dyads, self._run.numbers)
        rows = np.zeros(count, dtype=np.intp)
        rows[self._run.dyads[::-1]] = np.arange(len(self._run.dyads))[::-1]
        return rows, first

    def _ids_of(self, rows: NDArray[np.intp]) -> Any:
        """Select client and therapist of these source rows."""
        return self._run.ids.take(rows).ids(self._run.by_dyad)

    @property
    def sessions(self) -> Any:
        """One row per session: ids, session, score, reference, limit, flagged. Gaps have a row without a score.

        ``reference`` is the level the score is held against: of a control chart the centre line, of a partition the
        mean of the last segment that was no episode. ``limit`` is the score from which on the session is flagged, given
        the sessions before; there is none where a rule looks at more than that.
        """
        import numpy as np

        from alliance import _frames

        count = self._detected.session_count()
        rows, dyads = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
        score, reference, limit = (np.empty(count) for _ in range(3))
        flags = np.empty(count, dtype=np.uint8)
        self._detected.fill_sessions(rows, dyads, score, reference, limit, flags)
        starts = np.asarray(self._detected.offsets()[:-1], dtype=np.int64)
        first_rows, first = self._first_rows()
        numbers = first[dyads] + np.arange(count) - starts[dyads] if count else rows
        labels: Any = numbers
        if self._run.labels is not None:
            labels = [self._run.labels(int(dyad), int(number)) for dyad, number in zip(dyads, numbers, strict=True)]
        columns = {
            "session": labels,
            "score": score,
            "reference": reference,
            "limit": limit,
            "flagged": flags.astype(bool),
        }
        ids = _frames.without_index(self._kind, self._ids_of(first_rows[dyads]))
        return _frames.beside(self._kind, ids, columns)

    @property
    def episodes(self) -> Any:
        """One row per episode: ids, onset, nadir, recovery, resolution, magnitude, length, shape.

        Onset, nadir and recovery are the caller's session labels; the magnitude is in points of the score, the
        length in sessions. ``resolution``: repaired, unrepaired, censored (the series ended first) or not-asked; of
        shifts in other measures than the alliance returned and lasting.
        """
        import numpy as np

        from alliance import _frames

        first_rows, first = self._first_rows()
        found = self._detected.episodes()
        dyads = np.array([episode[0] for episode in found], dtype=np.intp)

        def label(dyad: int, position: int | None) -> Any:
            if position is None:
                return None
            number = int(first[dyad]) + position
            return number if self._run.labels is None else self._run.labels(dyad, number)

        columns: dict[str, Any] = {
            "onset": [label(dyad, onset) for dyad, onset, *_ in found],
            "nadir": [label(episode[0], episode[2]) for episode in found],
            "recovery": [label(episode[0], episode[3]) for episode in found],
            "resolution": [self._run.said(episode[5]) for episode in found],
            "magnitude": np.array([episode[6] for episode in found], dtype=float),
            "length": np.array([episode[7] for episode in found], dtype=np.int64),
            "shape": [episode[8] for episode in found],
        }
        ids = _frames.without_index(self._kind, self._ids_of(first_rows[dyads]))
        return _frames.beside(self._kind, ids, columns)

    @property
    def clients(self) -> Any:
        """One row per dyad: ids, observed and evaluable sessions, flagged sessions, episodes, class, unit, reason.

        ``class``: no-rupture, repaired, unrepaired, mixed, undecided (no episode could end before the series did)
        or not-assessed; of shifts no-shift, returned, lasting. ``unit`` is the rule's unit in points for this client,
        such as sigma of a control chart. ``reason`` says why a dyad was not assessed: too-few-sessions, no-unit (the
        scores do not vary), no-reference, too-few-moving-ranges, no-moving-range, too-few-off-median, out-of-range.
        """
        import numpy as np

        from alliance import _frames

        first_rows, _ = self._first_rows()
        found = self._detected.dyads()
        names = ("observed", "evaluable", "flagged", "episodes")
        columns: dict[str, Any] = {name: [dyad[place] for dyad in found] for place, name in enumerate(names)}
        columns["class"] = [self._run.said(dyad[4]) for dyad in found]
        columns["unit"] = np.array([dyad[5] for dyad in found], dtype=float)
        columns["reason"] = [dyad[6] for dyad in found]
        return _frames.beside(self._kind, _frames.without_index(self._kind, self._ids_of(first_rows)), columns)

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
        return self.rule.notes

    def _counts(self) -> dict[str, int]:
        classes = [dyad[4] for dyad in self._detected.dyads()]
        return {self._run.said(name): classes.count(name) for name in CLASSES if name in classes}

    def _sought(self) -> str:
        """Say in a sentence what was looked for, in what."""
        raise NotImplementedError

    def methods(self) -> str:
        """Give a paragraph for a methods section, of facts this report holds.

        Returns
        -------
        str
            Plain text.
        """
        dyads = self._detected.dyads()
        counts = ", ".join(f"{count} {name}" for name, count in self._counts().items())
        return (
            f"{self._sought()} {self.rule.describe()} {len(dyads)} dyads with {sum(dyad[0] for dyad in dyads)} scored "
            f"sessions: {sum(dyad[2] for dyad in dyads)} sessions flagged, {len(self._detected.episodes())} episodes; "
            f"dyads: {counts or 'none'}. {' '.join(self.notes)} {_said(self._expected())}"
        )

    def plot(self, client: Any) -> Any:
        """Draw a client's trajectory with reference, limit and episodes.

        Parameters
        ----------
        client : object
            The client's label.

        Returns
        -------
        matplotlib.figure.Figure
            Episodes are shaded; sessions without a score break the line.
        """
        from alliance.figures import episodes_of_client

        return episodes_of_client(self, client)

    def _measure(self) -> str:
        """Name what was measured."""
        return self.scale

    def _title(self) -> str:
        raise NotImplementedError

    def __repr__(self) -> str:
        dyads, episodes = len(self._detected.offsets()) - 1, len(self._detected.episodes())
        return f"<{type(self).__name__} {self._measure()}: {dyads} dyads, {episodes} episodes>"

    def _repr_html_(self) -> str:
        line = f"{self._measure()}, {len(self._detected.offsets()) - 1} dyads"
        dyads, expected = self._detected.dyads(), self._expected()
        assessed = [dyad for dyad in dyads if dyad[4] != "not-assessed"]
        clients, sessions = sum(dyad[2] > 0 for dyad in assessed), sum(dyad[1] for dyad in assessed)
        observed = (
            ("dyads with a flag", _share(clients, len(assessed))),
            ("sessions flagged", _share(sum(dyad[2] for dyad in assessed), sessions)),
        )
        page = (
            _html.heading(self._title(), line)
            + f"<div>{_html.text(self.rule.describe())}</div>"
            + _html.table(("dyads", "count"), list(self._counts().items()))
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


class RuptureReport(SessionReport):
    """What a rule found: sessions, episodes and clients. Made by :func:`find_ruptures`.

    A flag says that the rule's condition was met in a session. It does not say what kind of rupture it was, nor
    that there was one. Scores, references and limits are item means. In a notebook it shows counts, never a row.
    """

    __slots__ = ()

    @property
    def _scores(self) -> Scores:
        return cast(Scores, self._run.chosen)

    @property
    def _axis(self) -> str:
        return f"{self.scale}, item mean"

    @property
    def instrument(self) -> Instrument:
        """The form the scores are of."""
        return self._scores.instrument

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of this report should know."""
        return (*super().notes, "A flag says that the rule's condition was met, not that the alliance ruptured.")

    def _sought(self) -> str:
        rule = f"the rule {self.rule.name} ({self.rule.id})" if isinstance(self.rule, Preset) else "a rule"
        return f"Ruptures in the {self.scale} score of the {self.instrument.rater} were sought with {rule}."

    def _measure(self) -> str:
        return f"{self.instrument.id} {self.scale}"

    def _title(self) -> str:
        return "Ruptures and repairs"

    def cite(self) -> str:
        """Give BibTeX entries of the instrument, the rule and this software.

        Returns
        -------
        str
            BibTeX.
        """
        from alliance.citing import cite

        return cite(self._scores, *((self.rule,) if isinstance(self.rule, Preset) else ()))


def _share(count: int, of: int) -> str:
    return f"{100 * count / of:.1f} %" if of else "none assessed"


def _said(expected: ChanceRate | CannotEstimate) -> str:
    return f"No chance rate: {expected}." if isinstance(expected, CannotEstimate) else expected.sentence
