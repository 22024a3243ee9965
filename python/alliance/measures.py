"""Numbers per session that are no alliance score: outcome and adherence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from alliance.errors import from_code
from alliance.sources import NO, UNKNOWN, YES, Source, read_measure, require_columns, sessions_once

if TYPE_CHECKING:
    from alliance._frames import Frame
    from alliance.study import Study

__all__ = ["Adherence", "Outcome"]


@dataclass(frozen=True, eq=False)
class Outcome:
    """An outcome per session, and whether it was taken before or after the session."""

    score: str
    measured: Literal["before", "after"]
    higher_is_better: bool
    source: Source
    frame: Frame


@dataclass(frozen=True, eq=False)
class Adherence:
    """A number per session, and the value at or below which it is flagged."""

    score: str
    source: Source


def with_outcome(
    study: Study, data: Any, *, score: str, measured: Literal["before", "after"], higher_is_better: bool
) -> Study:
    """Give the study with this outcome."""
    from alliance import _frames

    if measured not in ("before", "after"):
        raise from_code("invalid-option", "measured: say whether it was taken `before` or `after` the session")
    if not isinstance(higher_is_better, bool):
        raise from_code("invalid-option", "higher_is_better: choose True or False")
    if any(known.score == score for known in study._outcomes):
        raise from_code("invalid-option", f"the study has an outcome `{score}` already")
    frame = _frames.Frame(data)
    require_columns(frame, {"client": study.client, "session": study.session}, {"score": score}, "outcome")
    ids = sessions_once(frame, study.client, study.session, "outcome")
    values = read_measure(frame, score)
    better = "higher" if higher_is_better else "lower"
    note = f"`{score}` was taken {measured} the session; {better} is better."
    source = Source("outcome", ids, {f"outcome_{score}": values}, (note,))
    kept = _frames.Frame(_frames.without_index(frame.kind, frame.ids([study.client, study.session, score])))
    return replace(study, _outcomes=(*study._outcomes, Outcome(score, measured, higher_is_better, source, kept)))


def with_adherence(study: Study, data: Any, *, score: str, below: float | None) -> Study:
    """Give the study with this measure of adherence."""
    import numpy as np

    from alliance._frames import Frame

    if below is not None and (isinstance(below, bool) or not isinstance(below, int | float) or below != below):
        raise from_code("invalid-option", "below: give a number")
    if any(known.score == score for known in study._adherence):
        raise from_code("invalid-option", f"the study has adherence `{score}` already")
    frame = Frame(data)
    require_columns(frame, {"client": study.client, "session": study.session}, {"score": score}, "adherence")
    ids = sessions_once(frame, study.client, study.session, "adherence")
    values = read_measure(frame, score)
    columns: dict[str, Any] = {f"adherence_{score}": values}
    notes: tuple[str, ...] = ()
    if below is not None:
        low = np.where(np.isnan(values), UNKNOWN, np.where(values <= below, YES, NO))
        columns[f"adherence_{score}_low"] = low.astype(np.uint8)
        notes = (f"`{score}` is flagged at {below:g} and below, a value the caller chose.",)
    return replace(study, _adherence=(*study._adherence, Adherence(score, Source("adherence", ids, columns, notes))))


def outcome_of(study: Study, score: str) -> Outcome:
    """Find an outcome of a study by its score column."""
    for outcome in study._outcomes:
        if outcome.score == score:
            return outcome
    known = ", ".join(f"`{outcome.score}`" for outcome in study._outcomes) or "none"
    raise from_code("invalid-option", f"score: the study has no outcome `{score}`; it has {known}")
