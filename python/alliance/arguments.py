"""Arguments checked where they come in."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

from alliance.errors import from_code

__all__ = ["choice", "number", "whole"]


def whole(option: str, value: Any, least: int = 0, most: int = 2**63 - 1) -> int:
    """Give a whole number, or refuse what is none."""
    if isinstance(value, bool) or not isinstance(value, Integral) or not least <= int(value) <= most:
        allowed = f"{least} or more" if most == 2**63 - 1 else f"from {least} to {most}"
        raise from_code("invalid-option", f"{option}: give a whole number, {allowed}")
    return int(value)


def number(option: str, value: Any) -> float:
    """Give a number, or refuse what is none, or is infinite."""
    if isinstance(value, bool) or not isinstance(value, Real) or not abs(float(value)) < float("inf"):
        raise from_code("invalid-option", f"{option}: give a number")
    return float(value)


def choice(option: str, value: Any, choices: Sequence[str]) -> str:
    """Give one of the words an option takes, or refuse another."""
    if not isinstance(value, str) or value not in choices:
        raise from_code("invalid-option", f"{option}: choose {', '.join(f'`{word}`' for word in choices)}")
    return value
