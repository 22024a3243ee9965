"""Indicators: what every source says of a session, side by side and never added up."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from alliance import _html, _native
from alliance.dyads import DyadRuns, RecognitionRow
from alliance.errors import from_code
from alliance.instruments import Instrument
from alliance.request import MissingRule
from alliance.rules import Preset, Rule, require_rule
from alliance.sources import Column, SessionTable, Source, Words, ids_of

if TYPE_CHECKING:
    from alliance.scores import Scores
    from alliance.study import Study

__all__ = ["Indicators", "Occurrence"]

ALWAYS = (
    "An indicator is no rupture and sets no type: only coded markers or an explicit question do.",
    "By chance: the share of clients who would have it at least once if it fell on their known sessions independently, "
    "at the pooled rate. It grows with every session. It is no rate of false alarms; for a rule, "
    "`find_ruptures(...).chance` says how often it fires if nothing happened.",
)


@dataclass(frozen=True)
class Occurrence:
    """How often one indicator occurs.

    Parameters
    ----------
    source, indicator : str
        Where it comes from, and its column in the table of sessions.
    sessions, sessions_with : int
        Sessions of which it is known, and those that have it.
    rate : float
        Share of known sessions that have it; NaN without one.
    clients, clients_with : int
        Clients with a known session, and those who have it at least once.
    clients_by_chance : float
        Share of these clients who would have it at least once if it fell on sessions independently at the pooled
        rate: the mean of 1 - (1 - rate)^n over clients with n known sessions.
    """

    source: str
    indicator: str
    sessions: int
    sessions_with: int
    rate: float
    clients: int
    clients_with: int
    clients_by_chance: float


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Indicators:
    """Every source's word on every session. Made by :meth:`Study.indicators`.

    Sources stand side by side and are never averaged into one number. In a notebook it shows counts, never a row.

    Parameters
    ----------
    rule : Rule, optional
        The rule the scores were judged by.
    instruments : tuple of Instrument
        The forms and the coding system used.
    notes : tuple of str
        What a reader of the tables should know.
    """

    rule: Rule | None
    instruments: tuple[Instrument, ...]
    notes: tuple[str, ...]
    _table: SessionTable
    _groups: tuple[tuple[str, Mapping[str, Column]], ...]
    _recognition: tuple[RecognitionRow, ...]
    _occurrences: tuple[Occurrence, ...]

    @property
    def sessions(self) -> Any:
        """One row per client and session of any source, clients in order of appearance, sessions in their order.

        Columns stand source by source. A flag is true, false or null: null is "not known", as is a missing number or
        word. Scores are item means. ``discrepancy`` is client minus therapist, each centred on the own mean over the
        dyad's joint sessions, and ``discrepancy_z`` its robust z within the dyad (negative: the client rated lower
        than usual beside the therapist). ``congruence`` is the correlation of both over the last sessions of the
        window, and ``closeness`` minus the distance of the session's difference from the window's mean difference;
        both names are ours. ``recognition`` says whose scores were flagged, ``recognition_reported`` who reported a
        rupture in so many words.
        """
        from alliance import _frames

        columns = {name: values for _, group in self._groups for name, values in group.items()}
        return _frames.beside_sources(self._table.kind, self._table.ids, columns)

    @property
    def occurrences(self) -> tuple[Occurrence, ...]:
        """How often each indicator occurs, in the order of the columns."""
        return self._occurrences

    @property
    def summary(self) -> Any:
        """One row per indicator; its columns are the fields of :class:`Occurrence`."""
        import numpy as np

        from alliance import _frames

        columns: dict[str, Any] = {
            name: [getattr(row, name) for row in self._occurrences] for name in Occurrence.__dataclass_fields__
        }
        for name in ("rate", "clients_by_chance"):
            columns[name] = np.array(columns[name], dtype=float)
        words = _frames.frame_of(self._table.kind, {name: columns.pop(name) for name in ("source", "indicator")})
        return _frames.beside(self._table.kind, words, columns)

    @property
    def recognition(self) -> Any:
        """Sessions and dyads by who reports a rupture: client and therapist, one of them, neither; and unknown.

        ``reports``: ``rule`` for flags of the rule on their scores, ``self-report`` for what they said.
        ``recognition``: ``recognised`` (both, the therapist within the tolerance), ``unrecognised`` (the client alone),
        ``therapist-only``, ``neither``, ``recognised-nearby`` (a therapist's report that belongs to a client's in
        another session, where it is counted), ``unknown``. Empty unless both raters are there.
        """
        from alliance import _frames

        names = ("reports", "recognition", "sessions", "dyads")
        columns = {name: [row[place] for row in self._recognition] for place, name in enumerate(names)}
        return _frames.frame_of(self._table.kind, columns)

    def to_frame(self, table: Literal["sessions", "summary", "recognition"] = "sessions") -> Any:
        """Give one of the three tables.

        Parameters
        ----------
        table : {"sessions", "summary", "recognition"}
            Which.

        Returns
        -------
        frame
            Of the kind the first source came in.
        """
        if table not in ("sessions", "summary", "recognition"):
            raise from_code("invalid-option", "table: choose `sessions`, `summary` or `recognition`")
        return getattr(self, table)

    def methods(self) -> str:
        """Give a paragraph for a methods section, of facts these tables hold.

        Returns
        -------
        str
            Plain text.
        """
        clients = len(self._table.offsets) - 1
        lines = [f"{len(self._table)} sessions of {clients} clients have at least one source."]
        if self.rule is not None:
            lines.append(self.rule.describe())
        lines += [
            f"{row.indicator} ({row.source}): {row.sessions_with} of {row.sessions} known sessions, {row.clients_with} "
            f"of {row.clients} clients at least once ({_percent(row.clients_by_chance)} by chance)."
            for row in self._occurrences
        ]
        for reports in dict.fromkeys(row[0] for row in self._recognition):
            own = [f"{sessions} {word}" for whose, word, sessions, _ in self._recognition if whose == reports]
            lines.append(f"Client and therapist by {reports}, sessions: {', '.join(own)}.")
        return " ".join([*lines, *self.notes])

    def cite(self) -> str:
        """Give BibTeX entries of the instruments, the rule and this software.

        Returns
        -------
        str
            BibTeX.
        """
        from alliance.citing import cite

        return cite(self, *((self.rule,) if isinstance(self.rule, Preset) else ()))

    def __repr__(self) -> str:
        sources = ", ".join(dict.fromkeys(name for name, _ in self._groups))
        return f"<Indicators of {len(self._table)} sessions: {sources}>"

    def _repr_html_(self) -> str:
        clients = len(self._table.offsets) - 1
        rows = [
            (
                row.source,
                row.indicator,
                f"{row.sessions_with} of {row.sessions}",
                _percent(row.rate),
                f"{row.clients_with} of {row.clients}",
                _percent(row.clients_with / row.clients if row.clients else math.nan),
                _percent(row.clients_by_chance),
            )
            for row in self._occurrences
        ]
        columns = ("source", "indicator", "sessions", "rate", "clients with one", "share", "by chance")
        page = _html.heading("Indicators by session", f"{len(self._table)} sessions of {clients} clients")
        page += _html.table(columns, rows) if rows else ""
        if self._recognition:
            page += _html.table(("reports", "recognition", "sessions", "dyads"), self._recognition)
        return page + _html.notes(self.notes)


def _percent(rate: float) -> str:
    return "unknown" if rate != rate else f"{100 * rate:.1f} %"


def indicators_of(
    study: Study,
    rule: Rule | None,
    *,
    raters: Sequence[str] | None,
    scale: str,
    window: int,
    tolerance: int,
    missing: MissingRule,
    session_order: Sequence[Any] | None,
    accept_unverified: bool,
) -> Indicators:
    """Put the sources of a study side by side, for :meth:`Study.indicators`."""
    if rule is not None:
        require_rule(rule)
    for name, count, least in (("window", window, 4), ("tolerance", tolerance, 0)):
        if isinstance(count, bool) or not isinstance(count, int) or not least <= count <= 10_000:
            raise from_code("invalid-option", f"{name}: give a whole number from {least} to 10000")
    scores = _scores(study, scale, raters, missing, accept_unverified)
    if rule is not None and not scores:
        raise from_code("invalid-option", "rule: the study has no forms to apply it to")
    forms = [_form_source(rater, each, study, scale, rule, session_order) for rater, each in scores.items()]
    others = sources_of(study)
    if not forms and not others:
        raise from_code("invalid-option", "the study has nothing to look at; add forms, codes or other sources")
    sources = [*forms, *others]
    table = SessionTable.of(
        [(source.name, source.ids) for source in sources], study.client, study.session, session_order
    )
    filled = [
        (source.name, {name: table.spread(column, place) for name, column in source.columns.items()})
        for place, source in enumerate(sources)
    ]
    notes = [note for source in sources for note in source.notes]
    found = _side_by_side(table, dict(filled), scores, scale=scale, window=window, tolerance=tolerance)
    if found.columns:
        filled.insert(len(forms), ("client and therapist", found.columns))
    occurrences = [
        Occurrence(name, column, *_native.occurrence(states, table.offsets))
        for name, columns in filled
        for column, states in columns.items()
        if not isinstance(states, Words) and states.dtype.kind == "u"
    ]
    coding = () if study._codes is None else study._codes.instruments
    rule_notes = () if rule is None else rule.notes
    return Indicators(
        rule=rule,
        instruments=(*(each.instrument for each in scores.values()), *coding),
        notes=tuple(dict.fromkeys((*rule_notes, *notes, *found.notes, *ALWAYS))),
        _table=table,
        _groups=tuple(filled),
        _recognition=tuple(found.recognition),
        _occurrences=tuple(occurrences),
    )


def sources_of(study: Study) -> list[Source]:
    """List what a study holds besides forms; a new kind of evidence about sessions is added here."""
    visits = study._appointments
    return [
        *(() if visits is None else (visits.source(study.client, study.session),)),
        *(report.source for report in study._self_reports),
        *(() if study._codes is None else (study._codes._source,)),
        *(adherence.source for adherence in study._adherence),
        *(outcome.source for outcome in study._outcomes),
    ]


def _scores(
    study: Study, scale: str, raters: Sequence[str] | None, missing: MissingRule, accept_unverified: bool
) -> dict[str, Scores]:
    if not study._forms:
        if raters:
            raise from_code("invalid-option", "raters: the study has no forms")
        return {}
    scored = study.scores(missing=missing, accept_unverified=accept_unverified)
    if raters is not None:
        if isinstance(raters, str):
            raise from_code("invalid-option", "raters: give a list of raters")
        chosen = {rater: scored[rater] for rater in raters}
    else:
        chosen = {rater: each for rater, each in scored.items() if scale in each.names}
        if not chosen:
            raise from_code("unknown-scale", f"no form of the study has a scored scale `{scale}`")
    for each in chosen.values():
        each.answered(scale)  # refuses a scale that was not scored
    return chosen


def _form_source(
    rater: str, scores: Scores, study: Study, scale: str, rule: Rule | None, order: Sequence[Any] | None
) -> Source:
    """Give scores and flags of one rater."""
    import numpy as np

    from alliance._frames import Frame
    from alliance.series import read_sessions

    columns: dict[str, Any] = {f"{scale}_{rater}": np.array(scores.in_metric("mean")[scale])}
    if rule is not None:
        run = read_sessions(scores, rater=None, scale=scale, session_order=order)
        detected = run.in_order(rule).detect(rule._fields(), None)
        columns[f"flagged_{rater}"] = np.empty(len(scores), dtype=np.uint8)
        detected.judge_rows(columns[f"flagged_{rater}"])
    return Source(f"{rater} forms", ids_of(Frame(scores._ids), study.client, study.session), columns)


class _SideBySide(NamedTuple):
    """What client and therapist say of the same sessions."""

    columns: dict[str, Column]
    recognition: list[RecognitionRow]
    notes: list[str]


def _side_by_side(
    table: SessionTable,
    filled: Mapping[str, Mapping[str, Column]],
    scores: Mapping[str, Scores],
    *,
    scale: str,
    window: int,
    tolerance: int,
) -> _SideBySide:
    """Compare client and therapist within dyads, in their scores, their flags and their words."""
    import numpy as np

    found = _SideBySide({}, [], [])
    runs = DyadRuns.of(table, scores)
    if {"client", "therapist"} <= set(scores):
        ours, theirs = (filled[f"{rater} forms"][f"{scale}_{rater}"] for rater in ("client", "therapist"))
        is_one_range = scores["client"].instrument.range == scores["therapist"].instrument.range
        if not is_one_range:
            places = list(scores)
            ours, theirs = (
                table.spread(np.array(scores[rater].in_metric("pomp")[scale]), places.index(rater))
                for rater in ("client", "therapist")
            )
        columns, counts = runs.discrepancy(ours, theirs, window)
        found.columns.update(columns)
        unit = "points of the item mean" if is_one_range else "percent of the maximum possible, as the ranges differ"
        found.notes.append(
            f"`discrepancy` is in {unit}. Its z is defined in {counts['defined']} of {sum(counts.values())} dyads; "
            f"{counts['too-few-joint-sessions']} have fewer than four joint sessions, and in {counts['no-spread']} "
            "half or more of the differences are the same."
        )
        found.notes.append(f"`congruence` and `closeness` look back over {window} sessions; the names are ours.")
    for name, whose, source, flag in (
        ("recognition", "rule", "forms", "flagged"),
        ("recognition_reported", "self-report", "self-report", "reported"),
    ):
        reports = [filled.get(f"{rater} {source}", {}).get(f"{flag}_{rater}") for rater in ("client", "therapist")]
        if reports[0] is not None and reports[1] is not None:
            found.columns[name], counted = runs.recognition(reports[0], reports[1], tolerance, whose)
            found.recognition.extend(counted)
            found.notes.append(
                f"`{name}` compares `{flag}_client` and `{flag}_therapist` (tolerance in sessions: {tolerance}); where "
                "one of them is not known it is unknown."
            )
    return found
