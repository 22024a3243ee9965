"""Courses of a report as figures draw them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from alliance.appointments import WORDS
from alliance.exposure import STATES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from alliance.scores import Scores
    from alliance.session_report import SessionReport

__all__ = ["Course", "Episode", "people", "read_courses", "same"]


class Episode(NamedTuple):
    """First and last place of an episode; a session that repairs it is not part of it."""

    first: float
    last: float


@dataclass(frozen=True, eq=False)
class Course:
    """One course, with a place on the session axis for each session.

    Places are session numbers or, for dates and given orders, counted from 1.
    """

    client: Any
    therapist: Any
    number: int
    ending: str
    places: NDArray[np.float64]
    labels: list[str] | None
    scores: NDArray[np.float64]
    references: NDArray[np.float64]
    limits: NDArray[np.float64]
    is_flagged: NDArray[np.bool_]
    states: list[str]
    appointments: list[str | None]
    episodes: list[Episode]
    others: Mapping[str, tuple[list[float], list[float]]]

    @property
    def is_held(self) -> NDArray[np.bool_]:
        """Whether each session is one of the series: lines go past those that are not."""
        import numpy as np

        return np.array([state != "not-held" for state in self.states], dtype=bool)

    @property
    def span(self) -> tuple[float, float]:
        """First and last place, also of sessions that only another rater rated."""
        theirs = [place for places, _ in self.others.values() for place in places]
        whole = [*self.places.tolist(), *theirs]
        return (min(whole), max(whole)) if whole else (0.0, 0.0)

    @property
    def end(self) -> float:
        """Where a course that ended did: at the session the client dropped out of, or after the last one."""
        both = zip(self.states, self.appointments, strict=True)
        missed = [state == "not-held" and appointment == "dropout" for state, appointment in both]
        if True in missed:
            return float(self.places[missed.index(True)])
        return self.span[1] + 0.5


def people(report: SessionReport) -> list[tuple[Any, Any]]:
    """Give client and therapist of each course; None where therapists are not known."""
    from alliance._frames import cells

    ids, (client, *therapist) = report._run.ids.take(report._source_rows()), report._run.by_dyad
    clients = cells(ids, client)
    therapists = cells(ids, therapist[0]) if therapist else [None] * len(clients)
    return list(zip(clients, therapists, strict=True))


def same(one: Any, other: Any) -> bool:
    """Compare two ids."""
    try:
        return bool(one == other)
    except Exception:
        return False  # ids that cannot be compared are not the same, and their error may say what they hold


def read_courses(report: SessionReport, chosen: Sequence[int]) -> list[Course]:
    """Take these courses out of a report."""
    import numpy as np

    found, offsets, facts = report._columns(), report._detected.offsets(), report._detected.courses()
    episodes: dict[int, list[Any]] = {}
    for episode in report._detected.episodes():
        episodes.setdefault(episode[0], []).append(episode)
    persons = people(report)
    raters = {
        name: _by_person(report, each, {persons[course][0] for course in chosen})
        for name, each in report._run.others.items()
        if report.scale in each.names
    }
    courses = []
    for course in chosen:
        here = slice(offsets[course], offsets[course + 1])
        numbers = found.numbers[here]
        labels = report._labels([course] * len(numbers), numbers.tolist())
        is_numbered = report._run.labels is None
        places = numbers.astype(np.float64) if is_numbered else np.arange(1, len(numbers) + 1, dtype=np.float64)
        place_of = dict(zip(numbers.tolist(), places.tolist(), strict=True))
        bounds = _bounds(course, facts, offsets, found.numbers)
        held = [
            place
            for place, state in zip(places.tolist(), found.states[here].tolist(), strict=True)
            if STATES[state] != "not-held"
        ]
        others = {}
        for name, by_person in raters.items():
            theirs = by_person.get(persons[course]) or by_person.get((persons[course][0], None)) or {}
            if is_numbered:
                values = {float(each): value for each, value in theirs.items() if bounds[0] < each < bounds[1]}
            else:
                values = {
                    place: theirs[label]
                    for label, place in zip(labels, places.tolist(), strict=True)
                    if label in theirs
                }
            if values:
                drawn = sorted({*held, *values})
                others[name] = (drawn, [values.get(place, float("nan")) for place in drawn])
        courses.append(
            Course(
                *persons[course],
                number=facts[course][1],
                ending=facts[course][2],
                places=places,
                labels=None if is_numbered else [str(label) for label in labels],
                scores=found.scores[here],
                references=found.references[here],
                limits=found.limits[here],
                is_flagged=found.flags[here].astype(bool),
                states=[STATES[code] for code in found.states[here].tolist()],
                appointments=[WORDS[code - 1] if code else None for code in found.appointments[here].tolist()],
                episodes=[
                    Episode(place_of[onset], _last(places, place_of, last, recovery))
                    for _, onset, _, recovery, last, *_ in episodes.get(course, [])
                ],
                others=others,
            )
        )
    return courses


def _last(places: NDArray[np.float64], place_of: Mapping[int, float], last: int, recovery: int | None) -> float:
    """Give the last place of an episode: that of the session before its repair, or its own last."""
    if recovery is None:
        return place_of[last]
    return float(places[places < place_of[recovery]].max())


def _bounds(
    course: int, facts: Sequence[tuple[int, int, str]], offsets: Sequence[int], numbers: NDArray[np.int64]
) -> tuple[float, float]:
    """Give the session numbers between which all of a dyad's sessions belong to this course."""
    dyad = facts[course][0]
    has_before = course > 0 and facts[course - 1][0] == dyad and offsets[course] > offsets[course - 1]
    has_after = course + 1 < len(facts) and facts[course + 1][0] == dyad and offsets[course + 2] > offsets[course + 1]
    before = float(numbers[offsets[course] - 1]) if has_before else float("-inf")
    after = float(numbers[offsets[course + 1]]) if has_after else float("inf")
    return before, after


def _by_person(report: SessionReport, scores: Scores, clients: set[Any]) -> dict[tuple[Any, Any], dict[Any, float]]:
    """Give another rater's item means of these clients by person and session."""
    from alliance._frames import Frame, cells

    ids, roles = Frame(scores._ids), scores._id_roles
    who, when = cells(ids, roles["client"]), cells(ids, roles["session"])
    both_know = "therapist" in roles and len(report._run.by_dyad) > 1
    with_whom = cells(ids, roles["therapist"]) if both_know else [None] * len(who)
    values = scores.in_metric("mean")[report.scale].tolist()
    by_person: dict[tuple[Any, Any], dict[Any, float]] = {}
    for client, therapist, session, value in zip(who, with_whom, when, values, strict=True):
        if client in clients and value == value:
            by_person.setdefault((client, therapist), {})[session] = value
    return by_person
