"""What a rule could look at: sessions held and scored, dyads not assessed and why, episodes cut off and by what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from alliance import _native
from alliance.appointments import NOT_HELD, WORDS
from alliance.rules import BelowReference, Rule

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["NOT_ASSESSED", "STATES", "appointment_notes", "censored_note", "not_assessed_note"]

NOT_ASSESSED = (
    "too-few-sessions",
    "no-unit",
    "no-reference",
    "too-few-moving-ranges",
    "no-moving-range",
    "too-few-off-median",
    "out-of-range",
)
STATES: tuple[str, ...] = tuple(_native.session_states())

# By what an episode was censored, as it is said in a sentence.
_CUT_OFF_BY = {
    "censored-dropout": "by a drop-out",
    "censored-planned-end": "by a planned end",
    "censored-ongoing": "because the course was ongoing",
    "censored-gap": "by a session without a score",
    "censored": "because the series ended",
}

_HISTORY = {
    "running-mean": "a running mean",
    "running-median": "a running median",
    "running-maximum": "a running maximum",
}


def not_assessed_note(reasons: Sequence[str | None], rule: Rule, unit: str) -> tuple[str, ...]:
    """Say how many dyads, or courses of dyads, were not assessed by a rule, and why."""
    counts = Counter(reason for reason in reasons if reason is not None)
    if not counts:
        return ()
    least = getattr(rule, "least_sessions", None)
    of_unit, of_reference = "unit", "no session to compare with one before"
    if isinstance(rule, BelowReference):
        of_unit, of_reference = _choice(rule.unit), f"no session with a reference ({_reference_needs(rule)})"
    said = {
        "too-few-sessions": "too few scored sessions" if least is None else f"fewer than {least} scored sessions",
        "no-unit": f"no {of_unit}, because scores do not vary or are too few",
        "no-reference": of_reference,
        "too-few-moving-ranges": "too few neighbouring sessions that both have a score",
        "no-moving-range": "a moving range of zero",
        "too-few-off-median": "too few scores off the median",
        "out-of-range": "scores too large to square",
    }
    listed = [f"{counts[reason]} with {text}" for reason, text in said.items() if counts[reason]]
    return (f"{sum(counts.values())} of {len(reasons)} {unit} could not be assessed: {'; '.join(listed)}.",)


def _choice(choice: str | tuple[str, float]) -> str:
    return (choice if isinstance(choice, str) else choice[0]).replace("-sd", "-SD").replace("-", " ")


def _reference_needs(rule: BelowReference) -> str:
    name, number = (rule.reference, 0.0) if isinstance(rule.reference, str) else rule.reference
    if name in _HISTORY:
        return f"{_HISTORY[name]} needs {rule.history} unflagged sessions first"
    if name == "baseline":
        return f"a baseline needs {number:g} sessions first"
    return "no scored session right before it" if name == "previous" else "too few scored sessions"


def censored_note(resolutions: Iterable[str]) -> tuple[str, ...]:
    """Say how many episodes were cut off before their window passed, and by what."""
    counts = Counter(resolutions)
    listed = [f"{counts[word]} {text}" for word, text in _CUT_OFF_BY.items() if counts[word]]
    total = sum(counts[word] for word in _CUT_OFF_BY)
    episodes = "episode is" if total == 1 else "episodes are"
    return (f"{total} {episodes} censored: {', '.join(listed)}.",) if total else ()


def appointment_notes(
    states: NDArray[np.uint8], appointments: NDArray[np.uint8], courses: Sequence[tuple[int, int, str]]
) -> tuple[str, ...]:
    """Say what the appointments tell of the sessions."""
    import numpy as np

    in_state = dict(zip(STATES, np.bincount(states, minlength=len(STATES)).tolist(), strict=True))
    not_held = np.isin(appointments, [WORDS.index(word) + 1 for word in NOT_HELD])
    kept = int((not_held & (states != STATES.index("not-held"))).sum())
    came_back = sum(number > 1 for _, number, _ in courses)
    no_ends = not {"planned-end", "dropout"} & {ending for *_, ending in courses}
    said = {
        "scored": in_state["scored"],
        "held or with a form, without a score": in_state["form-missing"] + in_state["not-scored"],
        "not held (no gap)": in_state["not-held"],
        "with neither form nor appointment": in_state["no-form"],
    }
    notes = [f"Sessions: {', '.join(f'{count} {text}' for text, count in said.items() if count) or 'none'}."]
    if kept:
        which = "1 score is of a session" if kept == 1 else f"{kept} scores are of sessions"
        notes.append(f"{which} whose appointment was not held; scores outweigh appointments.")
    if came_back:
        courses_begin = "1 course begins" if came_back == 1 else f"{came_back} courses begin"
        notes.append(f"{courses_begin} after a drop-out or planned end; no rule looks across.")
    if no_ends:
        notes.append("No appointment is a planned end or a drop-out: `ongoing` says only that.")
    return tuple(notes)
