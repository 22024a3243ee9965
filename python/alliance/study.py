"""A study: the forms of several raters under one set of ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from alliance.appointments import Appointments
from alliance.checking import Finding, Findings, check
from alliance.errors import from_code
from alliance.instruments import Instrument, resolve
from alliance.request import Columns, Duplicates, MissingRule
from alliance.scoring import score_carrying
from alliance.study_flow import Flow
from alliance.study_scores import StudyScores

if TYPE_CHECKING:
    from alliance.codes import CodedSessions, System
    from alliance.indicators import Indicators
    from alliance.measures import Adherence, Outcome
    from alliance.rules import Rule
    from alliance.self_reports import SelfReport

__all__ = ["Study", "StudyScores"]


@dataclass(frozen=True, eq=False)
class _Forms:
    """The forms of one rater: a frame and how to read it."""

    data: Any
    instrument: Instrument
    reading: dict[str, Any]

    @property
    def rater(self) -> str:
        return self.instrument.rater


@dataclass(frozen=True, eq=False, kw_only=True)
class Study:
    """Forms and other evidence under one set of ids, said once. Immutable: every ``with_`` gives a new study.

    Parameters
    ----------
    client, session : str
        Columns with the client and the session, the same in every frame.
    therapist : str, optional
        Column with the therapist.
    date : str, optional
        Column with the date of the session, kept beside the ids by frames that have it.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> forms = pl.DataFrame({"client": ["a", "a"], "session": [1, 2], **{f"q{i}": [4, 5] for i in range(1, 13)}})
    >>> study = al.Study(client="client", session="session").with_forms(forms, "wai-sr-client", columns="q{item}")
    >>> study.scores()["client"]["total"].tolist()
    [4.0, 5.0]
    """

    client: str
    session: str
    therapist: str | None = None
    date: str | None = None
    _forms: tuple[_Forms, ...] = ()
    _appointments: Appointments | None = None
    _codes: CodedSessions | None = None
    _self_reports: tuple[SelfReport, ...] = ()
    _outcomes: tuple[Outcome, ...] = ()
    _adherence: tuple[Adherence, ...] = ()

    def with_forms(
        self,
        data: Any,
        instrument: Instrument | str,
        *,
        columns: Columns,
        labels: Mapping[str, float] | None = None,
        missing_codes: Iterable[float | str] | None = None,
        entry: Literal["printed", "position"] = "printed",
        already_reversed: bool | Sequence[int] = False,
        duplicates: Duplicates = "error",
    ) -> Study:
        """Add the forms of one rater.

        Parameters
        ----------
        data : frame
            One form per row, with the study's id columns.
        instrument : Instrument or str
            The form, or its id.
        columns, labels, missing_codes, entry, already_reversed, duplicates
            As in :func:`alliance.score`.

        Returns
        -------
        Study
            With these forms too.

        Raises
        ------
        AllianceError
            ``missing-column`` if an id column is missing; ``invalid-option`` for a second frame of one form.
        """
        from alliance._frames import Frame

        form = resolve(instrument)
        if any(known.instrument.id == form.id for known in self._forms):
            raise from_code("invalid-option", f"the study has forms of `{form.id}` already; stack the two frames first")
        frame = Frame(data)
        frame.require([self.client, self.session], "id columns")
        reading = {
            "columns": _frozen(columns),
            "labels": None if labels is None else dict(labels),
            "missing_codes": _codes(missing_codes),
            "entry": entry,
            "already_reversed": already_reversed if isinstance(already_reversed, bool) else tuple(already_reversed),
            "duplicates": duplicates,
        }
        return replace(self, _forms=(*self._forms, _Forms(data, form, reading)))

    def with_appointments(
        self, visits: Any, *, status: str = "status", labels: Mapping[Any, str] | None = None
    ) -> Study:
        """Add what became of appointments, so that a missing form is told from a session that was not held.

        Parameters
        ----------
        visits : frame
            One appointment per row, with the study's id columns; the therapist where forms have one.
        status : str
            Column with one of these words: ``attended``, ``late`` (held, begun late), ``planned-end`` (held, and
            planned to be the last), ``no-show``, ``cancelled-by-client``, ``cancelled-by-therapist``, ``dropout`` (not
            held, and the client did not come back).
        labels : mapping, optional
            The caller's words to these, exactly.

        Returns
        -------
        Study
            With these appointments. They are read now: later changes of the frame do not matter.

        Raises
        ------
        AllianceError
            ``unknown-appointment`` for other words; ``missing-column``; ``missing-id``; ``invalid-option`` for a second
            frame of appointments.

        Notes
        -----
        A session may have several appointments, such as a cancelled one and one that was held: the one that was held
        counts. A session with a score was held, whatever its appointment says; :meth:`check` counts such
        contradictions. Sessions that were not held are no gap: the sessions before and after are neighbours. A client
        who comes back after a drop-out or planned end begins a new course. Without either a course is `ongoing`, which
        says no more than that no appointment ended it.

        Examples
        --------
        >>> import alliance as al
        >>> import polars as pl
        >>> forms = pl.DataFrame({"client": ["a"] * 3, "session": [1, 2, 4],
        ...                       **{f"q{i}": [4, 4, 4] for i in range(1, 13)}})
        >>> visits = pl.DataFrame({"client": ["a"] * 4, "session": [1, 2, 3, 4],
        ...                        "status": ["attended", "attended", "no-show", "planned-end"]})
        >>> study = (al.Study(client="client", session="session")
        ...     .with_forms(forms, "wai-sr-client", columns="q{item}")
        ...     .with_appointments(visits))
        >>> rule = al.rules.BelowReference(reference="previous", unit="points", threshold=1.0)
        >>> al.find_ruptures(study, rule=rule).sessions["state"].to_list()
        ['scored', 'scored', 'not-held', 'scored']
        """
        if self._appointments is not None:
            raise from_code("invalid-option", "the study has appointments already; stack the two frames first")
        from alliance._frames import Frame

        known = Frame(visits).columns
        therapist = [self.therapist] if self.therapist is not None and self.therapist in known else []
        ids = [self.client, *therapist, self.session]
        return replace(self, _appointments=Appointments.read(visits, ids=ids, status=status, labels=labels))

    def with_codes(
        self,
        codes: Any,
        *,
        combine: Literal["mean", "consensus"],
        coder: str | None = None,
        segment: str | None = None,
        marker: str = "marker",
        significance: str | None = None,
        resolution: str | None = None,
        system: System = "3rs-2022-observer",
        share: float = 0.5,
    ) -> Study:
        """Add coders' markers of ruptures, such as those of the 3RS.

        Parameters
        ----------
        codes : frame
            One marker per row: by one coder, in one segment of a session. A session that was coded and in which nothing
            was found has a row with a null marker. A session without a row was not coded: nothing is known of it.
        combine : {"mean", "consensus"}
            How several coders of a session become one. ``consensus``: they already are; a second coder is refused.
            ``mean``: counts and ratings are means over coders.
        coder, segment : str, optional
            Columns. Without a coder column the rows of a session are one coder's.
        marker : str
            Column with the marker's name, matched exactly.
        significance, resolution : str, optional
            Columns with ratings. Each coder's mean counts once.
        system : str, Instrument or mapping
            The coding system whose markers these are, or lists of markers of your own:
            ``{"withdrawal": [...], "confrontation": [...]}``. Markers of another family are allowed and set no type.
        share : float
            Under ``mean``: share of a session's coders who must have found a family for it to count as found.

        Returns
        -------
        Study
            With these codes too.

        Raises
        ------
        AllianceError
            ``unknown-marker`` for markers the system does not list, by count and row; ``several-coders``;
            ``missing-id``; ``missing-column``; ``invalid-option``.

        Examples
        --------
        >>> import alliance as al
        >>> import polars as pl
        >>> codes = pl.DataFrame({"client": ["a", "a", "a"], "session": [3, 3, 4], "coder": ["x", "y", "x"],
        ...                       "marker": ["withdraws", None, None]})
        >>> own = {"withdrawal": ["withdraws"], "confrontation": ["complains"]}
        >>> study = al.Study(client="client", session="session")
        >>> study = study.with_codes(codes, coder="coder", combine="mean", system=own)
        >>> study.codes.to_frame().select("session", "coded_withdrawal", "withdrawal_coders").rows()
        [(3, True, 0.5), (4, False, 0.0)]
        """
        from alliance.codes import with_codes

        options = {"combine": combine, "coder": coder, "segment": segment, "marker": marker, "share": share}
        return with_codes(self, codes, significance=significance, resolution=resolution, system=system, **options)

    @property
    def codes(self) -> CodedSessions | None:
        """The codes, combined to one line per session; None if the study has none."""
        return self._codes

    def with_self_reports(
        self,
        data: Any,
        *,
        rater: Literal["client", "therapist"],
        rupture: str,
        intensity: str | None = None,
        resolution: str | None = None,
        kind: str | None = None,
        labels: Mapping[Any, str] | None = None,
    ) -> Study:
        """Add what client or therapist report in so many words after a session.

        Parameters
        ----------
        data : frame
            One row per client and session, with the study's id columns.
        rater : {"client", "therapist"}
            Who reports.
        rupture : str
            Column that says whether there was a rupture or tension: true or false, 1 or 0, ``yes`` or ``no``, or what
            ``labels`` says; null where it was not answered.
        intensity, resolution : str, optional
            Columns with ratings, asked only after a yes.
        kind : str, optional
            Column with an explicit question for the kind of rupture: ``withdrawal``, ``confrontation`` or ``mixed``,
            or what ``labels`` says. It sets the type of an episode that was not coded.
        labels : mapping, optional
            Cell to its meaning: ``yes``, ``no``, ``withdrawal``, ``confrontation`` or ``mixed``. Exact. A question of
            which it says anything is read by these labels alone.

        Returns
        -------
        Study
            With these reports too. Follow-up answers after a no or an empty answer break the form's skip logic:
            :meth:`check` names them, and they are left out.

        Raises
        ------
        AllianceError
            ``text-answer`` for cells without a meaning, by count and row; ``duplicate-form``; ``missing-id``;
            ``missing-column``; ``invalid-option``.

        Examples
        --------
        >>> import alliance as al
        >>> import polars as pl
        >>> after = pl.DataFrame({"client": ["a", "a"], "session": [1, 2], "tension": [0, 1], "how_strong": [None, 4]})
        >>> study = al.Study(client="client", session="session").with_self_reports(
        ...     after, rater="client", rupture="tension", intensity="how_strong")
        >>> study.indicators().sessions.rows()
        [('a', 1, False, None), ('a', 2, True, 4.0)]
        """
        from alliance.self_reports import with_self_reports

        options = {"intensity": intensity, "resolution": resolution, "kind": kind, "labels": labels}
        return with_self_reports(self, data, rater=rater, rupture=rupture, **options)

    def with_outcome(
        self, data: Any, *, score: str, measured: Literal["before", "after"], higher_is_better: bool = False
    ) -> Study:
        """Add a symptom score or another outcome per session.

        Parameters
        ----------
        data : frame
            One row per client and session, with the study's id columns.
        score : str
            Column with the scores; also the outcome's name.
        measured : {"before", "after"}
            Whether it was taken before or after the session: that decides which session could have changed it.
        higher_is_better : bool
            Which way it runs: False for most symptom measures.

        Returns
        -------
        Study
            With this outcome too. It is shown beside the other sources and is no indicator;
            :func:`alliance.find_shifts` takes the study.

        Raises
        ------
        AllianceError
            ``duplicate-form``; ``missing-id``; ``missing-column``; ``text-answer``; ``invalid-option``.
        """
        from alliance.measures import with_outcome

        return with_outcome(self, data, score=score, measured=measured, higher_is_better=higher_is_better)

    def with_adherence(self, data: Any, *, score: str, below: float | None = None) -> Study:
        """Add a number per session that says how far the client kept to what was agreed, such as homework.

        Parameters
        ----------
        data : frame
            One row per client and session, with the study's id columns.
        score : str
            Column with the numbers; also the measure's name.
        below : float, optional
            Flag sessions at this value and below. There is no default: without a value of your own it is only shown.

        Returns
        -------
        Study
            With this measure too.

        Raises
        ------
        AllianceError
            ``duplicate-form``; ``missing-id``; ``missing-column``; ``text-answer``; ``invalid-option``.
        """
        from alliance.measures import with_adherence

        return with_adherence(self, data, score=score, below=below)

    def indicators(
        self,
        rule: Rule | None = None,
        *,
        raters: Sequence[str] | None = None,
        scale: str = "total",
        window: int = 5,
        tolerance: int = 0,
        missing: MissingRule = "complete",
        session_order: Sequence[Any] | None = None,
        accept_unverified: bool = False,
    ) -> Indicators:
        """Put every source's word on every session side by side; nothing is added up.

        Parameters
        ----------
        rule : Rule, optional
            A rule, for the flags of each rater and who recognised what.
        raters : sequence of str, optional
            Whose forms; by default all that have the scale.
        scale : str
            Scale.
        window : int
            Sessions of the moving congruence, 4 or more.
        tolerance : int
            Sessions by which the other rater's flag may lie apart and still be one of the same rupture.
        missing : "complete" or Prorate
            As in :func:`alliance.score`.
        session_order : sequence, optional
            All session labels in their order, where they are neither numbers nor dates.
        accept_unverified : bool
            As in :func:`alliance.score`.

        Returns
        -------
        Indicators
            One row per client and session; a summary with each indicator's own chance rate; who recognised what.

        Raises
        ------
        AllianceError
            ``duplicate-form`` if a client has a session twice in one source; ``unsupported-column`` if the ids of two
            sources cannot match; ``invalid-option``.

        Notes
        -----
        How the columns are computed stands at :attr:`Indicators.sessions`.
        """
        from alliance.indicators import indicators_of

        return indicators_of(
            self,
            rule,
            raters=raters,
            scale=scale,
            window=window,
            tolerance=tolerance,
            missing=missing,
            session_order=session_order,
            accept_unverified=accept_unverified,
        )

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The instruments of the study."""
        return tuple(forms.instrument for forms in self._forms)

    def _ids(self, forms: _Forms) -> dict[str, Any]:
        from alliance._frames import Frame

        has = Frame(forms.data).columns
        therapist = self.therapist if self.therapist in has else None
        return {"client": self.client, "session": self.session, "therapist": therapist}

    def _carried(self, forms: _Forms) -> list[str]:
        """Give the date column, where this frame has one."""
        from alliance._frames import Frame

        return [self.date] if self.date is not None and self.date in Frame(forms.data).columns else []

    def check(self, *, accept_unverified: bool = False) -> Findings:
        """Look for everything that would make scores wrong, in all forms, and for what looks wrong in other sources.

        Parameters
        ----------
        accept_unverified : bool
            As in :func:`alliance.score`.

        Returns
        -------
        Findings
            Of all forms and sources; messages begin with the form's id or the source's name.
        """
        from alliance.source_findings import findings_of

        found: list[Finding] = []
        for forms in self._forms:
            reading = {name: value for name, value in forms.reading.items() if name != "duplicates"}
            ids = self._ids(forms)
            found.extend(
                replace(finding, message=f"{forms.instrument.id}: {finding.message}")
                for finding in check(
                    forms.data, forms.instrument, **ids, **reading, accept_unverified=accept_unverified
                )
            )
        return Findings([*found, *self._unpaired(), *self._unheld(), *findings_of(self)])

    def _unpaired(self) -> Iterator[Finding]:
        """Compare the sessions of every two forms."""
        try:
            sessions = [(forms.instrument.id, self._sessions(forms)) for forms in self._forms]
        except Exception:
            return  # ids that cannot be told apart; the check of their form says so
        for position, (first, ours) in enumerate(sessions):
            for second, theirs in sessions[position + 1 :]:
                alone, others = len(ours - theirs), len(theirs - ours)
                if alone or others:
                    yield Finding(
                        "unpaired-sessions",
                        "note",
                        f"{alone} sessions have `{first}` without `{second}`, {others} have `{second}` without "
                        f"`{first}`; they stay unpaired",
                        count=alone + others,
                    )

    def _unheld(self) -> Iterator[Finding]:
        """Compare the sessions of forms and of appointments."""
        from alliance._frames import Frame

        visits = self._appointments
        if visits is None:
            return
        for forms in self._forms:
            try:
                yield from visits.findings(forms.instrument.id, Frame(forms.data))
            except Exception:
                continue  # ids that cannot be told apart; the check of their form says so

    def _sessions(self, forms: _Forms) -> set[tuple[Any, ...]]:
        from alliance._frames import Frame, cells

        frame = Frame(forms.data)
        return set(zip(cells(frame, self.client), cells(frame, self.session), strict=True))

    def scores(
        self,
        *,
        missing: MissingRule = "complete",
        metric: Literal["mean", "sum", "pomp"] | None = None,
        accept_unverified: bool = False,
    ) -> StudyScores:
        """Score all forms.

        Parameters
        ----------
        missing : "complete" or Prorate
            As in :func:`alliance.score`.
        metric : {"mean", "sum", "pomp"}, optional
            Unit; by default each form's own.
        accept_unverified : bool
            As in :func:`alliance.score`.

        Returns
        -------
        StudyScores
            The scores of each form.
        """
        if not self._forms:
            raise from_code("invalid-option", "the study has no forms; add some with `with_forms`")
        scored = [
            score_carrying(
                self._carried(forms),
                forms.data,
                forms.instrument,
                **self._ids(forms),
                **forms.reading,
                missing=missing,
                metric=metric,
                accept_unverified=accept_unverified,
            )
            for forms in self._forms
        ]
        return StudyScores(tuple(scored), client=self.client, session=self.session, study=self)

    def flow(self, *, scale: str = "total", missing: MissingRule = "complete", min_sessions: int = 3) -> Flow:
        """Follow the forms: given, scored, sessions with a score, clients with enough sessions.

        Where appointments are known, the flow begins with them and the sessions that were held.

        Parameters
        ----------
        scale : str
            The scale that counts as the score.
        missing : "complete" or Prorate
            As in :func:`alliance.score`.
        min_sessions : int
            Sessions with a score that make a client evaluable.

        Returns
        -------
        Flow
            One row per form.
        """
        import numpy as np

        from alliance._frames import Frame

        rows = []
        for scores in self.scores(missing=missing).values():
            ids = Frame(scores._ids)
            has_score = ~np.isnan(scores[scale])
            clients = _groups(ids, [self.client])[has_score]
            _, first = np.unique(_groups(ids, [self.client, self.session])[has_score], return_index=True)
            sessions = np.bincount(clients[first]) if len(first) else np.zeros(0, dtype=int)
            rows.append(
                (
                    scores.instrument.id,
                    scores._source.rows_read,
                    int(has_score.sum()),
                    len(first),
                    int((sessions > 0).sum()),
                    int((sessions >= min_sessions).sum()),
                )
            )
        visits = self._appointments
        return Flow(tuple(rows), min_sessions, None if visits is None else (len(visits), visits.count_held()))

    def __repr__(self) -> str:
        from alliance.indicators import sources_of

        visits = "" if self._appointments is None else f", {len(self._appointments)} appointments"
        sources = dict.fromkeys(source.name for source in sources_of(self) if source.name != "appointments")
        return f"<Study of {', '.join([*(form.id for form in self.instruments), *sources]) or 'no forms'}{visits}>"


def _codes(given: Iterable[float | str] | None) -> Any:
    # A single text is handed on as it is, for `score` to refuse.
    return given if given is None or isinstance(given, str) else tuple(given)


def _frozen(columns: Columns) -> Columns:
    """Copy what the caller might change later."""
    if isinstance(columns, str):
        return columns
    return dict(columns) if isinstance(columns, Mapping) else tuple(columns)


def _groups(ids: Any, columns: Sequence[str]) -> Any:
    """Give each row the number of its ids."""
    import numpy as np

    from alliance import _native

    return np.frombuffer(_native.group_keys([ids.labels(column) for column in columns])["groups"], dtype=np.uint32)
