"""Ruptures and repairs in session series of the alliance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from alliance import _html, _native
from alliance.chance import ChanceRate, rate_of
from alliance.errors import CannotEstimate, from_code
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
        was named: a dyad is a client with a therapist. A study's codes and self-reports set the type of episodes.
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
        from alliance._frames import Frame

        roles = self._scores._id_roles
        frame = Frame(self._scores._ids).take(rows)
        return frame.ids([roles[role] for role in ("client", "therapist") if role in roles])

    @property
    def sessions(self) -> Any:
        """One row per session: ids, session, score, reference, limit, flagged. Gaps have a row without a score.

        Scores, references and limits are item means. A session is flagged when its score is at or below the limit.
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
        kind = self._scores._kind
        ids = _frames.without_index(kind, self._ids_of(first_rows[dyads]))
        return _frames.beside(kind, ids, columns)

    @property
    def episodes(self) -> Any:
        """One row per episode: ids, onset, nadir, recovery, resolution, magnitude, length, shape, type, its source.

        Onset, nadir and recovery are the caller's session labels; the magnitude is in points of the item mean, the
        length in sessions. ``resolution``: repaired, unrepaired, censored (the series ended first) or not-asked.
        ``type``: withdrawal, confrontation, mixed or unclassified, from the sessions onset to last of the episode; only
        a study's codes or an explicit question set it. ``type_source``: codes (``unclassified`` then says that nothing
        was found), client-report, therapist-report, or none (nobody coded or named it).
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
            "resolution": [episode[5] for episode in found],
            "magnitude": np.array([episode[6] for episode in found], dtype=float),
            "length": np.array([episode[7] for episode in found], dtype=np.int64),
            "shape": [episode[8] for episode in found],
        }
        types = [UNCLASSIFIED] * len(found) if self._types is None else self._types.episodes
        columns |= {"type": [word for word, _ in types], "type_source": [source for _, source in types]}
        kind = self._scores._kind
        ids = _frames.without_index(kind, self._ids_of(first_rows[dyads]))
        return _frames.beside(kind, ids, columns)

    @property
    def clients(self) -> Any:
        """One row per dyad: ids, observed and evaluable sessions, flagged sessions, episodes, class, unit.

        ``class``: no-rupture, repaired, unrepaired, mixed, undecided (no episode could end before the series did)
        or not-assessed (too few sessions, or no variation). ``unit`` is the rule's unit in points for this client.
        """
        import numpy as np

        from alliance import _frames

        first_rows, _ = self._first_rows()
        found = self._detected.dyads()
        names = ("observed", "evaluable", "flagged", "episodes", "class", "unit")
        columns: dict[str, Any] = {name: [dyad[place] for dyad in found] for place, name in enumerate(names)}
        columns["unit"] = np.array([dyad[5] for dyad in found], dtype=float)
        kind = self._scores._kind
        return _frames.beside(kind, _frames.without_index(kind, self._ids_of(first_rows)), columns)

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
        return (
            *self.rule.notes,
            *([misfit] if misfit else []),
            *(() if self._types is None else self._types.notes),
            "A flag says that the rule's condition was met, not that the alliance ruptured.",
        )

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
        dyads = self._detected.dyads()
        rule = "the default rule" if self.rule.is_default else "a rule"
        if isinstance(self.rule, Preset):
            rule = f"the rule {self.rule.name} ({self.rule.id})"
        counts = ", ".join(f"{count} {name}" for name, count in self._counts().items())
        return (
            f"Ruptures in the {self.scale} score of the {self._scores.instrument.rater} were sought with {rule}. "
            f"{self.rule.describe()} {len(dyads)} dyads with {sum(dyad[0] for dyad in dyads)} scored sessions: "
            f"{sum(dyad[2] for dyad in dyads)} sessions flagged, {len(self._detected.episodes())} episodes; dyads: "
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

    def __repr__(self) -> str:
        dyads, episodes = len(self._detected.offsets()) - 1, len(self._detected.episodes())
        return f"<RuptureReport {self._scores.instrument.id} {self.scale}: {dyads} dyads, {episodes} episodes>"

    def _repr_html_(self) -> str:
        line = f"{self._scores.instrument.id}, {self.scale}, {len(self._detected.offsets()) - 1} dyads"
        dyads, expected = self._detected.dyads(), self._expected()
        assessed = [dyad for dyad in dyads if dyad[4] != "not-assessed"]
        clients, sessions = sum(dyad[2] > 0 for dyad in assessed), sum(dyad[1] for dyad in assessed)
        observed = (
            ("dyads with a flag", _share(clients, len(assessed))),
            ("sessions flagged", _share(sum(dyad[2] for dyad in assessed), sessions)),
        )
        page = (
            _html.heading("Ruptures and repairs", line)
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


def _share(count: int, of: int) -> str:
    return f"{100 * count / of:.1f} %" if of else "none assessed"


def _said(expected: ChanceRate | CannotEstimate) -> str:
    return f"No chance rate: {expected}." if isinstance(expected, CannotEstimate) else expected.sentence
