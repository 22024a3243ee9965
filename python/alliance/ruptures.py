"""Ruptures and repairs in session series of the alliance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alliance import _native
from alliance.appointments import WORDS
from alliance.chance import ChanceRate
from alliance.errors import CannotEstimate, from_code
from alliance.exposure import STATES, appointment_notes
from alliance.instruments import Instrument
from alliance.rules import Preset, Rule, SuddenGain, default, require_rule
from alliance.rupture_types import UNCLASSIFIED, EpisodeTypes
from alliance.scores import Scores
from alliance.series import Sessions, read_sessions
from alliance.session_report import SessionArrays, SessionReport
from alliance.study import Study, StudyScores

__all__ = ["RuptureReport", "find_ruptures"]


def find_ruptures(
    scores: Scores | StudyScores | Study,
    *,
    rule: Rule | None = None,
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
    rule : Rule, optional
        One of ``al.rules``, but for sudden gains; thresholds in points are in points of the item mean. Without one,
        :func:`alliance.rules.default`.
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
    require_rule(rule)
    if isinstance(rule, SuddenGain):
        raise from_code("invalid-option", "rule: a gain is no rupture; give a `BelowReference` or another rule")
    run = read_sessions(scores, rater=rater, scale=scale, session_order=session_order)
    return report_on(scores, run, scale, rule, run.in_order(rule).detect(rule._fields(), threads), session_order)


def report_on(
    scores: Scores | StudyScores | Study,
    run: Sessions,
    scale: str,
    rule: Rule,
    detected: _native.Detected,
    session_order: Sequence[Any] | None,
    chance: ChanceRate | CannotEstimate | None = None,
) -> RuptureReport:
    """Make the report of what a rule found; a study's codes and self-reports set the type of episodes."""
    report = RuptureReport._of(run, scale, rule, detected, chance)
    study = scores._study if isinstance(scores, StudyScores) else scores if isinstance(scores, Study) else None
    types = None if study is None else EpisodeTypes.of(study, run, detected, session_order)
    object.__setattr__(report, "_types", types)
    return report


class RuptureReport(SessionReport):
    """What a rule found: sessions, episodes and clients. Made by :func:`find_ruptures`.

    A flag says that the rule's condition was met in a session. It does not say what kind of rupture it was, nor
    that there was one. Scores, references and limits are item means. In a notebook it shows counts, never a row.
    """

    __slots__ = ("_types",)

    _types: EpisodeTypes | None

    @property
    def _scores(self) -> Scores:
        return self._run.of_form

    @property
    def _axis(self) -> str:
        return f"{self.scale}, item mean"

    @property
    def _voice(self) -> str:
        return self.instrument.rater

    @property
    def instrument(self) -> Instrument:
        """The form the scores are of."""
        return self._scores.instrument

    def _session_columns(self, found: SessionArrays) -> dict[str, Any]:
        import numpy as np

        from alliance import _frames

        columns: dict[str, Any] = {"state": _frames.words(self._kind, STATES, found.states)}
        if self._knows_appointments:
            columns["appointment"] = _frames.words(self._kind, (None, *WORDS), found.appointments)
        # The row behind the last holds no error, for sessions without a form.
        errors = np.append(self._scores.in_metric("mean").standard_error(self.scale), np.nan)
        return {**columns, "score": found.scores, "standard_error": errors[found.rows]}

    @property
    def sessions(self) -> Any:
        """One row per session: ids, session, state, score, its standard error, reference, limit, flagged.

        ``state``: scored, not-scored (too little was answered), form-missing (held, no form), not-held, or no-form
        where neither form nor appointment is known. With appointments there are ``course`` and ``appointment`` too, and
        rows for sessions that were not held. Scores, references and limits are item means; the standard error is that
        of missing items, see :meth:`Scores.standard_error`. ``reference`` is the level the score is held against: of a
        control chart the centre line, of a partition the mean of the last segment that was no episode. ``limit`` is the
        score from which on the session is flagged, given the sessions before; there is none where a rule looks at more
        than that.
        """
        return super().sessions

    def _episode_columns(self) -> dict[str, Any]:
        count = len(self._detected.episodes())
        types = [UNCLASSIFIED] * count if self._types is None else self._types.episodes
        return {"type": [word for word, _ in types], "type_source": [source for _, source in types]}

    @property
    def episodes(self) -> Any:
        """One row per episode: ids, onset, nadir, recovery, resolution, magnitude, length, shape, type, type_source.

        Onset, nadir and recovery are the caller's session labels; the magnitude is in points of the item mean, the
        length in sessions that were held or may have been. ``resolution``: repaired, unrepaired, not-asked, or, if the
        series ended first, censored, with what ended it where that is known: censored-dropout, censored-planned-end,
        censored-ongoing, censored-gap (a session without a score, where gaps break).
        ``type``: withdrawal, confrontation, mixed or unclassified, from the sessions onset to last of the episode; only
        a study's codes or an explicit question set it. ``type_source``: codes (``unclassified`` then says that nothing
        was found), client-report, therapist-report, or none (nobody coded or named it).
        """
        return super().episodes

    def _client_columns(self) -> dict[str, Any]:
        return {"ending": [ending for *_, ending in self._detected.courses()]}

    @property
    def clients(self) -> Any:
        """One row per dyad and course: ids, observed and evaluable sessions, flagged, episodes, class, and more.

        ``class``: no-rupture, repaired, unrepaired, mixed, undecided (no episode could end before the series did)
        or not-assessed, with the ``reason``: too-few-sessions, no-unit (scores do not vary, or are too few),
        no-reference (no session with the history the rule needs), and of control charts too-few-moving-ranges,
        no-moving-range, too-few-off-median or out-of-range. ``ending``: unknown, ongoing, planned-end or dropout,
        from appointments. ``unit`` is the rule's unit in points for this client, such as sigma of a control chart.
        """
        return super().clients

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of this report should know."""
        limits = self.instrument.range
        misfit = self.rule.misfit(limits) if isinstance(self.rule, Preset) and limits else None
        found = self._columns() if self._knows_appointments else None
        return (
            *super().notes,
            *([misfit] if misfit else []),
            *(() if found is None else appointment_notes(found.states, found.appointments, self._detected.courses())),
            *(() if self._types is None else self._types.notes),
            "A flag says that the rule's condition was met, not that the alliance ruptured.",
        )

    def _sought(self) -> str:
        rule = "the default rule" if getattr(self.rule, "is_default", False) else "a rule"
        if isinstance(self.rule, Preset):
            rule = f"the rule {self.rule.name} ({self.rule.id})"
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
