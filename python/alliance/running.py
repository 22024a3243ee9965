"""What live and lagged rules have in common: a rule with a state that moves on session by session."""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

from alliance.criterion import is_number
from alliance.errors import AllianceError, from_code
from alliance.rules import BelowReference, Preset, preset
from alliance.series import read_sessions
from alliance.spread import Spread

__all__ = ["RunningRule", "direction", "read_clinic"]


class RunningRule(ABC):
    """A rule with a state that moves on session by session."""

    __slots__ = ("_rule", "_state")

    __hash__ = None  # type: ignore[assignment]

    _rule: BelowReference
    _state: Any

    @classmethod
    @abstractmethod
    def _restore(cls, text: str) -> tuple[str | None, Any]:
        """Give the id of the preset, if it is one, and the state that were stored."""

    @classmethod
    def _of(cls, rule: BelowReference, state: Any) -> Self:
        new = object.__new__(cls)
        new._rule, new._state = rule, state
        return new

    @property
    def rule(self) -> BelowReference:
        """The rule."""
        return self._rule

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of what this rule says should know."""
        return self.rule.notes

    @property
    def last_session(self) -> int | None:
        """The last session taken."""
        found: int | None = self._state.last_session()
        return found

    def _take(self, session: Any, score: Any) -> Any:
        return self._state.update(_whole(session), _score(score))

    def _replay(
        self, history: Iterable[tuple[int, float | None]], each: Callable[[Self, int, float | None], Any]
    ) -> Self:
        again = self._of(self.rule, self._state.fresh())
        for entry in history:
            if not isinstance(entry, tuple | list) or len(entry) != 2:
                raise from_code("invalid-option", "history: give pairs of a session and a score")
            each(again, *entry)
        return again

    def to_json(self) -> str:
        """Store the rule with its state.

        Returns
        -------
        str
            JSON. It holds scores of the client: keep it as you keep those.
        """
        text: str = self._state.to_json(self.rule.id if isinstance(self.rule, Preset) else None)
        return text

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Go on from a stored state.

        Parameters
        ----------
        text : str
            What :meth:`to_json` gave.

        Returns
        -------
        LiveRule or LaggedRule
            Equal to the one that was stored.

        Raises
        ------
        AllianceError
            ``invalid-option`` for text that this version did not store, or that was changed.
        """
        if not isinstance(text, str):
            raise from_code("invalid-option", "state: give the text that `to_json` gave")
        # Half characters that cannot be stored are no part of a state either.
        id, state = cls._restore(text.encode(errors="replace").decode())
        return cls._of(_rule_of(state.rule(), id), state)

    def copy(self) -> Self:
        """Copy rule and state.

        Returns
        -------
        LiveRule or LaggedRule
            It moves on by itself.
        """
        return self._of(self.rule, self._state.copy())

    def __copy__(self) -> Self:
        return self.copy()

    def __deepcopy__(self, memo: object) -> Self:
        return self.copy()

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and bool(self._state.equals(other._state))

    def __reduce__(self) -> tuple[Any, ...]:
        return (_unpickled, (type(self), self.rule, self.to_json()))


def read_clinic(
    like: Any, range: Any, rater: str | None, scale: str, session_order: Sequence[Any] | None
) -> tuple[tuple[float, float, float] | None, tuple[float, float]]:
    """Give the spread that units are pooled from, if there is one, and the ends of the scale."""
    spread, ends = None, None
    if isinstance(like, Spread):
        spread = like._fields()
    elif like is not None:
        run = read_sessions(like, rater=rater, scale=scale, session_order=session_order)
        spread, ends = run.in_order().spread(), run.limits
    if range is not None:
        if not isinstance(range, tuple | list) or len(range) != 2 or not all(map(is_number, range)):
            raise from_code("invalid-option", "range: give the lowest and the highest item mean")
        ends = (float(range[0]), float(range[1]))
    if ends is None:
        raise from_code("invalid-option", "range: give the lowest and the highest item mean, or scores as `like`")
    return spread, ends


def direction(higher_is_better: Any) -> bool:
    """Refuse what is no direction."""
    if not isinstance(higher_is_better, bool):
        raise from_code("invalid-option", "higher_is_better: say True or False")
    return higher_is_better


def _whole(session: Any) -> int:
    number = None
    if not isinstance(session, bool):
        try:
            number = operator.index(session)
        except Exception:  # an object's own error may say what it holds
            number = None
    if number is None or not -(2**63) <= number < 2**63:
        raise from_code("invalid-option", "session: give a whole number")
    return number


def _score(score: Any) -> float | None:
    if score is None or type(score) is float:
        return score
    number = None
    if not isinstance(score, bool | str | bytes):
        try:
            number = float(score)
        except Exception:  # an object's own error may say what it holds
            number = None
    if number is None:
        raise from_code("invalid-option", "score: give a number, or None where there is no form")
    return number


def _rule_of(fields: dict[str, Any], id: str | None) -> BelowReference:
    """Give the rule of a state: the preset of this id if it is still that rule, else the rule without a name."""
    if id is not None:
        try:
            published = preset(id)
        except AllianceError:
            published = None
        if published is not None and published._fields() == fields | {"kind": published._kind}:
            return published
    plain: dict[str, Any] = {
        name: (value[0] if value[1] is None else value) if isinstance(value, tuple) else value
        for name, value in fields.items()
    }
    return BelowReference(**plain)


def _unpickled(kind: type[RunningRule], rule: BelowReference, text: str) -> RunningRule:
    _, state = kind._restore(text)
    return kind._of(rule, state)
