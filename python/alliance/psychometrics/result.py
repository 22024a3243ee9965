"""What results made of estimates share: a table, a paragraph, citations and a notebook view."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from alliance import _html, _native
from alliance.psychometrics.estimate import Estimate, as_frame

if TYPE_CHECKING:
    from alliance.instruments import Instrument

__all__ = ["Result"]

# What counts are of.
_COUNTED = (
    *("client", "therapist", "dyad", "team", "member", "rater", "coder", "human coder"),
    *("session", "form", "appointment", "row", "unit", "item", "score", "event", "dropout", "planned end", "marker"),
)


class Result(ABC):
    """A frozen result made of estimates.

    A subclass is a dataclass with ``frozen=True, eq=False, repr=False``. It says its estimates by name, a title, what
    it rests on in one line, and the sentences of its methods paragraph; the rest is here.
    """

    _kind: Any
    """Kind of frame that came in; None takes a library that is there."""

    @property
    @abstractmethod
    def estimates(self) -> Mapping[str, Estimate]:
        """All estimates, by name."""

    @property
    @abstractmethod
    def _title(self) -> str:
        """Heading of the notebook view."""

    @property
    @abstractmethod
    def _line(self) -> str:
        """What it rests on, in a line: counts, never a row."""

    @abstractmethod
    def _sentences(self) -> Sequence[str]:
        """Sentences of the methods paragraph, of facts this result holds."""

    @property
    def _references(self) -> tuple[str, ...]:
        """Keys of ``references.toml`` that :meth:`cite` gives."""
        return ()

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The instruments used, where they are known."""
        return ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of this result should know; each note once."""
        return tuple(dict.fromkeys(note for each in self.estimates.values() for note in each.notes))

    @property
    def _shown(self) -> Sequence[tuple[str, Estimate]]:
        """Estimates of the notebook view, with the words for their names."""
        return [(name.replace("_", " "), each) for name, each in self.estimates.items()]

    @property
    def _keys(self) -> Mapping[str, Sequence[str]]:
        """Columns of the table that say which estimate a row is."""
        return {"estimate": list(self.estimates)}

    def to_frame(self) -> Any:
        """Give one row per estimate: its name and the fields of :class:`Estimate`, without the notes.

        Returns
        -------
        frame
            Of the kind that went in. What is NaN here is null in polars and Arrow.
        """
        from alliance._frames import installed_kind

        return as_frame(self._kind or installed_kind(), self.estimates, self._keys)

    def methods(self) -> str:
        """Give a paragraph for a methods section, of facts this result holds.

        Returns
        -------
        str
            Plain text.
        """
        notes = (f"{note[:1].upper()}{note[1:]}{'' if note.endswith(('.', '?')) else '.'}" for note in self.notes)
        return _one(" ".join((*self._sentences(), *notes, f"Computed with alliance {_native.version()}.")))

    def cite(self) -> str:
        """Give BibTeX entries of the instruments, the methods and this software.

        Returns
        -------
        str
            BibTeX.
        """
        from alliance.citing import cite

        return cite(self)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and same(vars(self), vars(other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        first = ", ".join(f"{name} {each}" for name, each in list(self._shown)[:2])
        return _one(f"<{type(self).__name__} {first}; {self._line}>")

    def _repr_html_(self) -> str:
        shown, levels = list(self._shown), {each.level for _, each in self._shown}
        line = self._line if len(levels) > 1 else f"{self._line}; {''.join(levels)}"
        named = {"": [name for name, _ in shown], "estimate": [str(each) for _, each in shown]}
        if len(levels) > 1:
            named["level"] = [each.level for _, each in shown]
        named["method"] = [each.method for _, each in shown]
        table = _html.table(list(named), zip(*named.values(), strict=True))
        notes = map(_one, self.notes)
        return _html.heading(self._title, _one(line)) + table + self._more_html() + _html.notes(notes)

    def _more_html(self) -> str:
        """Give further tables of the notebook view."""
        return ""


def _one(text: str) -> str:
    """Write one client and not "1 clients"."""
    return re.sub(rf"(?<![\d.,-])1 (?:({'|'.join(_COUNTED)})s|(stud)ies)\b", _singular, text)


def _singular(found: re.Match[str]) -> str:
    return f"1 {found[1] or found[2] + 'y'}"


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same, NaN being the same as NaN."""
    import numpy as np

    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return one.shape == other.shape and bool(np.array_equal(one, other, equal_nan=one.dtype.kind == "f"))
    if isinstance(one, Mapping):
        return list(one) == list(other) and all(same(one[name], other[name]) for name in one)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float):
        return one == other or (one != one and other != other)
    if hasattr(one, "equals"):
        return bool(one.equals(other))
    return bool(one == other)
