"""Sessions at risk of dropout: the person-period table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from alliance import _html, _native
from alliance.arguments import choice, whole
from alliance.errors import from_code
from alliance.instruments import Instrument
from alliance.psychometrics.measurements import is_scores
from alliance.psychometrics.outcome.lagged_scores import MOST_LAG
from alliance.psychometrics.outcome.session_rows import RowResult
from alliance.sources import first_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


__all__ = ["PersonPeriods", "person_period"]

ENDINGS: tuple[str, ...] = tuple(_native.ending_words())
EVENTS = ("stayed", "dropout", "planned")
DROPOUT = ("recorded", "last-missed")
PLANNED = ("competing", "no-longer-at-risk")
MOST_SHOWN = 24


@dataclass(frozen=True, eq=False, repr=False)
class PersonPeriods(RowResult):
    """Sessions at risk of dropout, with the alliance before each. Made by :func:`person_period`.

    Parameters
    ----------
    score : str
        The alliance score.
    lag : int
        Sessions between the rating and the session at risk.
    dropout : str
        What a dropout is: ``recorded``, or ``last-missed``: also a treatment without a recorded end whose last
        appointment the client missed.
    planned : str
        What planned ends are: ``competing`` events, or the end of being at risk (``no-longer-at-risk``).
    fewer_than : int or None
        Sessions below which whoever ended counts as a dropout; None for the endings as recorded.
    rows : int
        Sessions at risk.
    clients, clients_never_at_risk : int
        Clients (courses of treatment, for a study) with a session at risk, and those with one session who did not
        leave after it.
    recorded, endings : mapping of str to int
        How many are ``ongoing``, ended by ``dropout`` or as ``planned``: as recorded, and as counted here.
    without_score : int
        Sessions at risk without an alliance score before them: a model leaves them out.
    """

    score: str
    lag: int
    dropout: str
    planned: str
    fewer_than: int | None
    rows: int
    clients: int
    clients_never_at_risk: int
    recorded: Mapping[str, int]
    endings: Mapping[str, int]
    without_score: int
    _client: NDArray[np.uint32]
    _session: NDArray[np.int64]
    _event: NDArray[np.uint8]
    _predictors: dict[str, NDArray[np.float64]]
    _life_table: tuple[tuple[int, int, int, int], ...]
    _held: NDArray[np.int64]
    _times: NDArray[np.float64]
    _endings: NDArray[np.uint8]
    _ids: Any
    _id_roles: Mapping[str, str]
    _instruments: tuple[Instrument, ...]
    _described: str
    _kind: Any

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The form, if it is known."""
        return self._instruments

    def to_frame(self) -> Any:
        """Give one row per session at risk, clients in the order of their first row.

        Returns
        -------
        frame
            Of the kind that went in: the client (and therapist and course, where they are known), ``session``,
            ``event`` (``stayed``, ``dropout``, ``planned``), ``dropout`` and ``planned`` (1 or 0: responses of hazard
            models), and what was known ``lag`` sessions before: ``{score}_lag1``, the client's mean of the sessions so
            far, ``{score}_mean_lag1``, and the deviation from it, ``{score}_within_lag1``.
        """
        from alliance import _frames

        ids = _frames.Frame(self._ids).take(self._client.astype("intp"))
        columns = {
            "session": self._session,
            "event": _frames.words(self._kind, EVENTS, self._event),
            "dropout": (self._event == 1).astype("int8"),
            "planned": (self._event == 2).astype("int8"),
            **self._predictors,
        }
        return _frames.beside(self._kind, _frames.without_index(self._kind, ids.native), columns)

    def client_frame(self) -> Any:
        """Give one row per client (or course), in the order of their first row.

        Returns
        -------
        frame
            Of the kind that went in: the ids, ``sessions`` held, ``ending`` (``ongoing``, ``dropout``, ``planned``) and
            the ``time`` at which it stands: the session after the last one, or the last one of treatments that go on.
            Put covariates beside it for :func:`retention`.
        """
        from alliance import _frames

        columns = {
            "sessions": self._held,
            "ending": _frames.words(self._kind, ENDINGS, self._endings),
            "time": self._times,
        }
        return _frames.beside(self._kind, self._ids, columns)

    def life_table(self) -> Any:
        """Give one row per session: clients at risk, dropouts and planned ends.

        Returns
        -------
        frame
            Of the kind that went in: ``session``, ``at_risk``, ``dropouts``, ``planned``.
        """
        from alliance import _frames

        columns = zip(*self._life_table, strict=True) if self._life_table else ((), (), (), ())
        names = ("session", "at_risk", "dropouts", "planned")
        return _frames.frame_of(self._kind, {name: list(each) for name, each in zip(names, columns, strict=True)})

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of this table should know."""
        from alliance.psychometrics.outcome.courses_at_risk import notes_on_courses

        said = []
        if self.recorded["planned"] == 0:
            said.append(
                "No end was recorded as planned: if some were, they are counted as ongoing or as dropouts here."
            )
        if self.fewer_than is not None or self.dropout != "recorded":
            how = "by length" if self.fewer_than is not None else "by the last appointment"
            said.append(
                f"Dropout is {how} here; as recorded {self.recorded['dropout']} dropped out and "
                f"{self.recorded['planned']} ended as planned. Report both."
            )
        if late := self._late:
            whose = "1 client's sessions begin" if late == 1 else f"{late} clients' sessions begin"
            said.append(
                f"{whose} later than those of others: at risk here from the session after the first, in `retention` "
                "from the beginning."
            )
        return (*said, *notes_on_courses(self._ids, self._id_roles, self._held, self._endings))

    @property
    def _late(self) -> int:
        """Clients at risk from a later session on than others."""
        starts = self._session[first_rows(self._client)]
        return int((starts > starts.min()).sum()) if len(starts) else 0

    @property
    def _ends(self) -> tuple[int, int]:
        """Dropouts and planned ends of courses with a session that was held."""
        held = self._endings[self._held > 0]
        return int((held == 1).sum()), int((held == 2).sum())

    @property
    def _title(self) -> str:
        return "Sessions at risk of dropout"

    @property
    def _line(self) -> str:
        ends = "{} dropouts, {} planned ends".format(*self._ends)
        return f"{self.score}, lag {self.lag}: {self.rows} sessions at risk of {self.clients} clients, {ends}"

    @property
    def _counts(self) -> Sequence[tuple[str, object]]:
        return (
            ("sessions at risk", self.rows),
            ("of them without a score before", self.without_score),
            ("clients at risk", self.clients),
            ("clients never at risk", self.clients_never_at_risk),
            ("dropouts", self._ends[0]),
            ("planned ends", self._ends[1]),
            ("ongoing", self.endings["ongoing"]),
        )

    def _more_html(self) -> str:
        rows = self._life_table[:MOST_SHOWN]
        more = len(self._life_table) - len(rows)
        said = _html.notes([f"{more} more sessions stand in `life_table()`."] if more else [])
        return _html.table(("session", "at risk", "dropouts", "planned ends"), rows) + said

    def _sentences(self) -> Sequence[str]:
        planned = {
            "competing": "planned ends were competing events",
            "no-longer-at-risk": "clients whose treatment ended as planned were no longer at risk",
        }[self.planned]
        definition = {
            "recorded": "as recorded",
            "last-missed": "as recorded, or a missed last appointment of a treatment without a recorded end",
        }[self.dropout]
        if self.fewer_than is not None:
            definition = f"an end ({definition}) before session {self.fewer_than} was held, whatever its kind"
        return (
            f"Clients were at risk of dropout from their second session to the one after their last; dropout was "
            f"{definition}, and {planned}. There were {self.rows} sessions at risk of {self.clients} clients, with "
            f"{self._ends[0]} dropouts and {self._ends[1]} planned ends.",
            f"The alliance ({self._described}) of a session at risk was that of {self.lag} "
            f"session{'s' if self.lag > 1 else ''} before, by session number.",
        )

    @property
    def _references(self) -> tuple[str, ...]:
        return ("singer-2003",)


def person_period(
    data: Any,
    *,
    ending: str | None = None,
    labels: Mapping[Any, str] | None = None,
    score: str | None = None,
    scale: str = "total",
    client: str | None = None,
    session: str | None = None,
    therapist: str | None = None,
    rater: str | None = None,
    lag: int = 1,
    dropout: Literal["recorded", "last-missed"] = "recorded",
    planned: Literal["competing", "no-longer-at-risk"] = "competing",
    fewer_than: int | None = None,
    session_order: Sequence[Any] | None = None,
) -> PersonPeriods:
    """Make the table of sessions at risk of dropout, each with the alliance before it.

    Parameters
    ----------
    data : frame, StudyScores or Study
        A study with appointments, or one row per client and session.
    ending : str, optional
        Column of a frame that says how the client's treatment stands: ``dropout`` (left after the last session),
        ``planned`` (ended as planned after it) or ``ongoing`` (goes on, or was not followed further). On any or all
        of a client's rows; a client without a word is ongoing. A study's appointments say it.
    labels : mapping, optional
        Words of ``ending`` of your own to these, exactly.
    score : str, optional
        Column with the alliance scores of a frame.
    scale : str
        Scale of a study's scores.
    client, session, therapist : str, optional
        Id columns of a frame.
    rater : str, optional
        Of a study, whose scores; of a frame, the column with the rater.
    lag : int
        Sessions between the rating and the session at risk, 1 or more. 1 is the rating of the session after which
        the client left.
    dropout : {"recorded", "last-missed"}
        Of a study: dropouts as appointments record them, or also treatments without a recorded end whose last
        appointment the client missed. The latter needs data in which clients who come back have time to do so.
    planned : {"competing", "no-longer-at-risk"}
        Planned ends are events of their own, or end being at risk. Never dropout, and no mere censoring.
    fewer_than : int, optional
        Another definition of dropout: treatments that ended, however it was recorded, after fewer sessions than this,
        and no others.
    session_order : sequence, optional
        All session labels in their order, where they are neither numbers nor dates.

    Returns
    -------
    PersonPeriods
        Counts; :meth:`PersonPeriods.to_frame` is the table.

    Raises
    ------
    AllianceError
        ``contradicting-endings`` if a client's rows say two things; ``repeated-session`` if a client has a session
        twice; ``missing-column``; ``missing-id``; ``text-answer``; ``invalid-option``.

    Notes
    -----
    A client is at risk from the session after the first to the last one, and, having left, in the session after it:
    that is where the dropout stands. What is known of a session at risk stems from earlier sessions only. A rating
    of the same session does not exist for those who left, and a mean over all sessions knows how long the client
    stayed: both "foretell" dropout where there is nothing to foretell.

    Of a study, sessions that were not held do not count: ``session`` is the number of the held session in its course,
    and a client who comes back after an end begins a new course. Of a frame, sessions are as they are numbered.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> frame = pl.DataFrame({"who": ["a", "a", "b", "b"], "nth": [1, 2, 1, 2], "wai": [5.0, 4.0, 5.5, 6.0],
    ...                       "end": ["dropout", None, None, "ongoing"]})
    >>> found = al.person_period(frame, ending="end", score="wai", client="who", session="nth")
    >>> found.to_frame().select("who", "session", "event", "wai_lag1").rows()
    [('a', 2, 'stayed', 5.0), ('a', 3, 'dropout', 4.0), ('b', 2, 'stayed', 5.5)]
    """
    import numpy as np

    from alliance.psychometrics.outcome.courses_at_risk import of_frame, of_study

    choice("dropout", dropout, DROPOUT)
    choice("planned", planned, PLANNED)
    steps = whole("lag", lag, least=1, most=MOST_LAG)
    if is_scores(data):
        given = {"ending": ending, "labels": labels, "score": score, "client": client, "session": session}
        for option, value in {**given, "therapist": therapist}.items():
            if value is not None:
                raise from_code("invalid-option", f"{option}: a study knows its columns; leave it out")
        courses = of_study(data, scale=scale, rater=rater, session_order=session_order)
    else:
        courses = of_frame(
            data,
            ending=ending,
            labels=labels,
            score=score,
            client=client,
            session=session,
            therapist=therapist,
            rater=rater,
            session_order=session_order,
        )
    endings = courses.endings
    if dropout == "last-missed":
        if courses.last_missed is None:
            raise from_code("invalid-option", "dropout: only the appointments of a study tell which were missed")
        endings = np.where(courses.last_missed & (endings == 0), np.uint8(1), endings)
    found = _native.person_periods(
        courses.scores,
        courses.courses,
        courses.sessions,
        endings,
        {
            "lag": steps,
            "planned_compete": planned == "competing",
            "fewer_than": None if fewer_than is None else whole("fewer_than", fewer_than, least=1),
        },
    )
    numbers = [np.frombuffer(each, dtype=np.float64) for each in found["predictors"]]
    name = courses.name
    predictors = dict(
        zip((f"{name}_lag{steps}", f"{name}_mean_lag{steps}", f"{name}_within_lag{steps}"), numbers, strict=True)
    )
    return PersonPeriods(
        score=name,
        lag=steps,
        dropout=dropout,
        planned=planned,
        fewer_than=fewer_than,
        rows=len(numbers[0]),
        clients=found["clients"],
        clients_never_at_risk=found["clients_never_at_risk"],
        recorded=dict(zip(ENDINGS, np.bincount(courses.endings, minlength=3).tolist(), strict=True)),
        endings=dict(zip(ENDINGS, found["endings"], strict=True)),
        without_score=int(np.isnan(numbers[0]).sum()),
        _client=np.frombuffer(found["client"], dtype=np.uint32),
        _session=np.frombuffer(found["session"], dtype=np.int64),
        _event=np.frombuffer(found["event"], dtype=np.uint8),
        _predictors=predictors,
        _life_table=tuple(found["life_table"]),
        _held=np.frombuffer(found["held"], dtype=np.int64),
        _times=np.frombuffer(found["times"], dtype=np.float64),
        _endings=np.frombuffer(found["ending_codes"], dtype=np.uint8),
        _ids=courses.ids,
        _id_roles=courses.roles,
        _instruments=courses.instruments,
        _described=courses.described,
        _kind=courses.kind,
    )
