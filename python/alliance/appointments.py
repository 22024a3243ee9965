"""Appointments: which sessions were held, and how courses of treatment ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alliance import _native
from alliance.checking import Finding
from alliance.errors import from_code
from alliance.request import _names, _rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from alliance._frames import Frame
    from alliance.scores import Scores
    from alliance.sources import Source

__all__ = ["HELD", "NOT_HELD", "WORDS", "Appointments", "read_words"]

# Code 0 is no appointment; code i is the i-th of these.
WORDS: tuple[str, ...] = tuple(_native.appointment_words())
HELD = ("attended", "late", "planned-end")
NOT_HELD = tuple(word for word in WORDS if word not in HELD)
MISSED = ("no-show", "cancelled-by-client", "dropout")

MOST_ROWS = 5


@dataclass(frozen=True, eq=False)
class Appointments:
    """What became of appointments, by the study's ids. Made by :meth:`alliance.Study.with_appointments`."""

    ids: Frame
    codes: NDArray[np.uint8]

    @classmethod
    def read(cls, visits: Any, *, ids: Sequence[str], status: str, labels: Mapping[Any, str] | None) -> Appointments:
        """Read a frame with one row per appointment."""
        from alliance._frames import Frame
        from alliance.sources import grouped

        frame = Frame(visits)
        frame.require([*ids, status], "appointment columns")
        grouped(frame, ids, "appointments")
        # A selection, so that what the caller changes later stays outside.
        return cls(Frame(frame.ids(ids)), read_words(frame, status, labels, WORDS))

    def __len__(self) -> int:
        return len(self.codes)

    def has_held(self) -> NDArray[np.bool_]:
        """Say of each appointment whether it was held."""
        import numpy as np

        return np.isin(self.codes, [WORDS.index(word) + 1 for word in HELD])

    def count_held(self) -> int:
        """Count the sessions that were held; one with several appointments once."""
        import numpy as np

        groups = np.frombuffer(
            _native.group_keys([self.ids.labels(name) for name in self.ids.columns])["groups"], dtype=np.uint32
        )
        return len(np.unique(groups[self.has_held()]))

    def below(self, scores: Scores) -> tuple[Frame, NDArray[np.uint8]]:
        """Put the ids of appointments below those of forms; code 0 marks the forms."""
        import numpy as np

        from alliance import _frames

        roles = scores._id_roles
        columns = [roles[role] for role in ("client", "therapist", "session") if role in roles]
        self.ids.require(columns, "appointments of these forms")
        ids = _frames.below(_frames.Frame(scores._ids), self.ids, columns)
        return ids, np.concatenate([np.zeros(len(scores), dtype=np.uint8), self.codes])

    def source(self, client: str, session: str) -> Source:
        """Say of each session what became of it: the appointment that counts, a missed visit, a late one.

        A visit that the therapist called off is no missed one, and none that was kept: that is unknown.
        """
        import numpy as np

        from alliance.sources import NO, UNKNOWN, YES, Source, Words, first_rows, grouped, ids_of

        groups = grouped(self.ids, [client, session], "appointments")
        first = first_rows(groups)
        codes = np.zeros(len(first), dtype=np.uint8)
        np.maximum.at(codes, groups, self.codes)  # the words stand in the order in which one outweighs another
        code_of = {word: code for code, word in enumerate(WORDS, 1)}
        is_held = np.isin(codes, [code_of[word] for word in HELD])
        is_missed = np.isin(codes, [code_of[word] for word in MISSED])
        is_late = codes == code_of["late"]
        columns = {
            "appointment": Words(codes - np.uint8(1), WORDS),
            "missed_visit": np.where(is_missed, YES, np.where(is_held, NO, UNKNOWN)).astype(np.uint8),
            "late": np.where(is_late, YES, np.where(is_held, NO, UNKNOWN)).astype(np.uint8),
        }
        notes = (
            "A missed visit is a no-show, a cancellation by the client or a drop-out; one called off by the "
            "therapist is neither missed nor kept.",
        )
        return Source("appointments", ids_of(self.ids.take(first), client, session), columns, notes)

    def findings(self, form: str, frame: Frame) -> Iterator[Finding]:
        """Compare sessions with forms and sessions with appointments."""
        from alliance._frames import cells

        columns = [column for column in self.ids.columns if column in frame.columns]
        forms = set(zip(*(cells(frame, column) for column in columns), strict=True))
        keys = list(zip(*(cells(self.ids, column) for column in columns), strict=True))
        held = {key for key, was_held in zip(keys, self.has_held().tolist(), strict=True) if was_held}
        known = set(keys)
        if forms and known and not forms & known:
            yield Finding(
                "unmatched-appointments",
                "warning",
                f"no appointment is of a session with a form of `{form}`; are {_names(columns)} written alike?",
                count=len(known),
            )
            return
        counts = (
            (
                "form-of-session-not-held",
                len(forms & (known - held)),
                f"forms of `{form}` are of sessions that were not held; where there is a score, it counts and the "
                "session with it",
            ),
            ("held-without-form", len(held - forms), f"sessions were held without a form of `{form}`"),
            ("form-without-appointment", len(forms - known), f"forms of `{form}` are of sessions without appointment"),
        )
        for code, count, text in counts:
            if count:
                yield Finding(code, "note", f"{count} {text}", count=count)


def read_words(frame: Frame, status: str, labels: Mapping[Any, str] | None, words: Sequence[str]) -> NDArray[np.uint8]:
    """Turn words into codes from 1, exactly as declared."""
    import numpy as np

    from alliance import sources

    allowed = ", ".join(f"`{word}`" for word in words)
    own = {word: code for code, word in enumerate(words, 1)}
    if labels is not None and not isinstance(labels, Mapping):
        raise from_code("invalid-option", f"labels: give a mapping of your words to {allowed}")
    declared = dict(labels or {})
    if any(not isinstance(word, str) or word not in own for word in declared.values()):
        raise from_code("invalid-option", f"labels: map each of your words to one of {allowed}")
    codes, _ = sources.read_words(frame, status, own | {theirs: own[ours] for theirs, ours in declared.items()})
    unknown = np.flatnonzero(codes == sources.NO_WORD)
    if len(unknown):
        rows, count = unknown[:MOST_ROWS].tolist(), len(unknown)
        raise from_code(
            "unknown-appointment",
            f"{count} {'cell' if count == 1 else 'cells'} of `{status}` ({_rows(rows, count)}) "
            f"{'holds' if count == 1 else 'hold'} none of {allowed}; say which they are with `labels`, or leave the "
            "rows out",
            column=str(status),
            rows=rows,
            count=count,
        )
    return codes
