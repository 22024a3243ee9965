"""Session series of scores: whose they are, and in what order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from alliance import _native
from alliance.errors import AllianceError, from_code
from alliance.scores import Scores
from alliance.study import Study, StudyScores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from alliance._frames import Frame
    from alliance.rules import Rule

__all__ = ["Sessions", "number_sessions", "read_sessions"]


_WORDS_FOR_SHIFTS = {"no-rupture": "no-shift", "repaired": "returned", "unrepaired": "lasting"}


class Sessions(NamedTuple):
    """Scores of one measure with dyad and session number: one per form and, without a score, per appointment.

    Item means where they are of a form.
    """

    chosen: Scores | None
    ids: Frame
    by_dyad: Sequence[Any]
    dyads: NDArray[np.uint32]
    numbers: NDArray[np.int64]
    scores: NDArray[np.float64]
    limits: tuple[float, float] | None
    labels: Callable[[int, int], Any] | None
    appointments: NDArray[np.uint8] | None = None
    others: Mapping[str, Scores] = MappingProxyType({})
    step: float | None = None
    higher_is_better: bool = True
    side: Literal["worse", "better"] = "worse"

    @property
    def of_form(self) -> Scores:
        """The scores of a form these are of: there are some wherever the measure is the alliance."""
        return cast("Scores", self.chosen)

    def in_order(self, rule: Rule | None = None) -> _native.DyadSeries:
        """Put the sessions of each dyad in order, for rules that look where this one does: else for the worse."""
        ends = (self.limits, self.worse_is_lower(rule))
        return _native.DyadSeries(self.dyads, self.numbers, self.scores, *ends, self.appointments)

    def forms(self) -> Sessions:
        """Give the rows of forms only."""
        if self.appointments is None:
            return self
        import numpy as np

        rows = np.flatnonzero(self.appointments == 0)
        return self._replace(
            ids=self.ids.take(rows),
            dyads=self.dyads[rows],
            numbers=self.numbers[rows],
            scores=self.scores[rows],
            appointments=None,
        )

    def said(self, word: str) -> str:
        """Give the word for a class or an outcome: ruptures and repairs are of the alliance only."""
        return word if self.chosen is not None else _WORDS_FOR_SHIFTS.get(word, word)

    def worse_is_lower(self, rule: Rule | None = None) -> bool:
        """Whether what a rule looks for lies lower: the worse end of the scale, or the better one."""
        side = (None if rule is None else rule._side) or self.side
        return self.higher_is_better == (side == "worse")


def read_sessions(
    scores: Scores | StudyScores | Study, *, rater: str | None, scale: str, session_order: Sequence[Any] | None
) -> Sessions:
    """Read scores with client and session ids as series."""
    import numpy as np

    from alliance._frames import Frame

    if isinstance(scores, Study):
        scores = scores.scores()
    chosen = choose(scores, rater)
    roles = chosen._id_roles
    for role in ("client", "session"):
        if role not in roles:
            raise from_code(
                "missing-column", f"ruptures need the {role} of each form; score with `{role}=...`", column=role
            )
    ids, appointments = Frame(chosen._ids), None
    values = np.ascontiguousarray(chosen.in_metric("mean")[scale])
    others: dict[str, Scores] = {}
    if isinstance(scores, StudyScores):
        others = {name: each for name, each in scores.items() if each is not chosen}
        visits = None if scores._study is None else scores._study._appointments
        if visits is not None:
            ids, appointments = visits.below(chosen)
            values = np.concatenate([values, np.full(len(ids) - len(values), np.nan)])
    by_dyad = [roles[role] for role in ("client", "therapist") if role in roles]
    groups = _native.group_keys([ids.labels(column) for column in by_dyad])
    dyads = np.frombuffer(groups["groups"], dtype=np.uint32)
    numbers, labels = number_sessions(ids, roles["session"], dyads, session_order)
    limits = chosen.instrument.range or (0.0, 1.0)
    return Sessions(chosen, ids, by_dyad, dyads, numbers, values, limits, labels, appointments, others)


def choose(scores: Any, rater: str | None) -> Scores:
    if isinstance(scores, Study):
        scores = scores.scores()
    if isinstance(scores, StudyScores):
        if rater is None and len(scores) > 1:
            known = ", ".join(f"`{name}`" for name in scores)
            raise from_code("invalid-option", f"rater: say whose scores; there are {known}")
        return scores[rater if rater is not None else next(iter(scores))]
    if not isinstance(scores, Scores):
        raise from_code("invalid-option", "scores: give `Scores`, the scores of a `Study`, or a `Study`")
    return scores


def number_sessions(
    ids: Any, column: str, dyads: NDArray[np.uint32], order: Sequence[Any] | None
) -> tuple[NDArray[np.int64], Callable[[int, int], Any] | None]:
    """Put sessions in order: as they are numbered, by date within a dyad, or as given.

    Gives a number for each row and, unless the labels are the numbers, the label of a dyad's session number.
    """
    import numpy as np

    from alliance._frames import cells

    if order is None:
        numbers = _whole_numbers(ids, column)
        if numbers is not None:
            return numbers, None
    labels = cells(ids, column)
    if order is not None:
        listed = list(order)
        places = {label: place for place, label in enumerate(listed)}
        unlisted = sum(label not in places for label in labels)
        if unlisted:
            raise from_code("invalid-option", f"session_order: {unlisted} rows have a session that is not in it")
        return np.array([places[label] for label in labels], dtype=np.int64), lambda _, number: listed[number]
    if all(isinstance(label, date) for label in labels):
        return _number_by_date(dyads.tolist(), labels)
    raise from_code(
        "invalid-option",
        f"the sessions in `{column}` are neither whole numbers nor dates, so their order is not known; number them, "
        "or give all labels in their order as `session_order`",
    )


def _whole_numbers(ids: Any, column: str) -> NDArray[np.int64] | None:
    """Give the column as whole numbers, or None if it holds anything else."""
    import numpy as np

    values = np.empty(len(ids))
    try:
        _native.read_numbers(ids.answers(column), values)
    except AllianceError:
        return None
    if not np.all(np.abs(values) < 2**53) or not np.array_equal(values, np.trunc(values)):
        return None
    return values.astype(np.int64)


def _number_by_date(dyads: list[int], labels: list[Any]) -> tuple[NDArray[np.int64], Callable[[int, int], Any]]:
    """Give each date of a dyad its place; two forms of one date have the same, for the engine to refuse."""
    import numpy as np

    dates: dict[int, set[Any]] = {}
    for dyad, label in zip(dyads, labels, strict=True):
        dates.setdefault(dyad, set()).add(label)
    in_order = {dyad: sorted(own) for dyad, own in dates.items()}
    places = {dyad: {label: place for place, label in enumerate(own, 1)} for dyad, own in in_order.items()}
    numbers = [places[dyad][label] for dyad, label in zip(dyads, labels, strict=True)]
    return np.array(numbers, dtype=np.int64), lambda dyad, number: in_order[dyad][number - 1]
