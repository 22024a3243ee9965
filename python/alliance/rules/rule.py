"""What all rules have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace
from numbers import Integral, Real
from typing import Any, ClassVar, Literal

from alliance import _native
from alliance.errors import from_code

__all__ = ["Choice", "EpisodeRule", "Rule", "require_criterion", "require_rule"]

Choice = str | tuple[str, float]

MOST_COUNT = 65_535


class Rule(ABC):
    """Something that flags sessions. The rules are its subclasses: frozen, and checked when they are made."""

    _kind: ClassVar[str]
    # What the fields hold; a field that is not listed holds a word.
    _numbers: ClassVar[tuple[str, ...]] = ()
    _counts: ClassVar[tuple[str, ...]] = ()
    _choices: ClassVar[tuple[str, ...]] = ()
    _may_be_none: ClassVar[tuple[str, ...]] = ()
    # The field a calibration sets.
    _threshold: ClassVar[str] = "threshold"

    def __post_init__(self) -> None:
        self._facts()

    @property
    def _side(self) -> Literal["worse", "better"] | None:
        """The side of the scale the rule looks at, if that is not for the caller to say."""
        return None

    def _own_fields(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]

    def _fields(self) -> dict[str, Any]:
        """Give the fields as the native module takes them."""
        return {name: self._checked(name, value) for name, value in self._own_fields().items()} | {"kind": self._kind}

    def _checked(self, name: str, value: Any) -> Any:
        if value is None and name in self._may_be_none:
            return None
        if name in self._numbers:
            return number(name, value)
        if name in self._counts:
            return count(name, value)
        # Of what is no word, the native module says which words there are.
        return choice(value) if name in self._choices else value if isinstance(value, str) else ""

    def _facts(self) -> tuple[bool, bool, float | None]:
        """Give whether the rule looks back, whether it pools, and its threshold; refuse what is not sound."""
        return _native.rule_facts(self._fields(), True)

    def _with_threshold(self, threshold: float) -> Rule:
        """Give the rule with another threshold."""
        return replace(self, **{self._threshold: threshold})  # type: ignore[type-var]

    @property
    def is_retrospective(self) -> bool:
        """Whether the verdict on a session rests on later sessions too."""
        return self._facts()[0]

    @property
    def pools(self) -> bool:
        """Whether the verdict on one client rests on numbers pooled over all."""
        return self._facts()[1]

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of a result of this rule should know."""
        return (
            ("The rule looks at the whole series: it cannot run session by session.",) if self.is_retrospective else ()
        )

    @abstractmethod
    def describe(self) -> str:
        """Say the rule in words.

        Returns
        -------
        str
            Plain text.
        """


@dataclass(frozen=True, kw_only=True)
class EpisodeRule(Rule):
    """What makes episodes of the flagged sessions. Rules that flag session by session share these fields."""

    repair: Choice = ("return-to-reference", 0.0)
    tolerance_in: Literal["points", "units"] = "units"
    repair_window: int | None = 3
    overlap: Literal["merge", "first", "deepest"] = "merge"

    def _checked(self, name: str, value: Any) -> Any:
        if name == "repair":
            return choice(value)
        if name == "repair_window":
            return None if value is None else count(name, value)
        return super()._checked(name, value)

    @abstractmethod
    def _signal_in_words(self) -> str:
        """Say when a session is flagged, as the end of a sentence."""

    def describe(self) -> str:
        """Say the rule in words.

        Returns
        -------
        str
            Plain text.
        """
        repair = repair_in_words(self.repair, self.tolerance_in, self.repair_window)
        return f"A session is flagged when {self._signal_in_words()}; {repair}."


def repair_in_words(repair: Choice, tolerance_in: str, window: int | None) -> str:
    """Say what ends an episode as repaired."""
    if repair == "not-asked":
        return "no repair is asked"
    unit = f" {tolerance_in}" if str(repair[0]).startswith("return") else ""
    within = "" if window is None else f" within {window} session{'' if window == 1 else 's'}"
    return f"repair: {said(repair)}{unit}{within}"


def number(name: str, value: Any) -> float:
    """Take a number."""
    if isinstance(value, Real) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            pass
    raise from_code("invalid-option", f"{name}: give a number")


def count(name: str, value: Any) -> int:
    """Take a whole number."""
    if isinstance(value, Integral) and not isinstance(value, bool) and 0 <= int(value) <= MOST_COUNT:
        return int(value)
    raise from_code("invalid-option", f"{name}: give a whole number from 0 to {MOST_COUNT}")


def choice(value: Any) -> tuple[str, float | None]:
    """Take a word, or a word and a number; give no word for what is neither, which no choice knows."""
    if isinstance(value, str):
        return value, None
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str):
        word, size = value
        if isinstance(size, Real) and not isinstance(size, bool):
            return word, number(word, size)
    return "", None


def said(value: Choice) -> str:
    """Say a choice in words."""
    return value if isinstance(value, str) else f"{value[0]} {value[1]:g}"


def require_rule(rule: object) -> None:
    """Refuse what is no rule."""
    if not isinstance(rule, Rule):
        raise from_code(
            "invalid-option",
            "rule: give one of the rules of `al.rules`, such as a `BelowReference`, or a published one from "
            "`al.rules.preset`",
        )


def require_criterion(rule: object) -> None:
    """Refuse what is no criterion rule."""
    from alliance.rules.below_reference import BelowReference

    if not isinstance(rule, BelowReference):
        raise from_code("invalid-option", "rule: give a `BelowReference`, or a published rule from `al.rules.preset`")
