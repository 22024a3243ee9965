"""Exceptions and warnings.

Every exception is an :class:`AllianceError` with a stable ``code``. Messages name columns, row positions
counted from 0, counts and the allowed set; they never hold a cell value, a client id or a date.
"""

from __future__ import annotations

import functools
import sys
import tomllib
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = [
    "AllianceError",
    "AllianceWarning",
    "AmbiguousInstrument",
    "AnswerError",
    "CannotEstimate",
    "ColumnError",
    "DuplicateForm",
    "EvidenceWarning",
    "IncomparableForms",
    "InvalidInstrument",
    "InvalidOption",
    "KeyNeeded",
    "MissingExtra",
    "MissingId",
    "RangeNeeded",
    "UnknownInstrument",
    "UnknownScale",
    "UnverifiedKey",
    "error_codes",
]


class AllianceError(ValueError):
    """Base of all exceptions of this package.

    Attributes
    ----------
    code : str
        Stable code; :func:`alliance.errors.error_codes` lists them all.
    column : str or None
        Column concerned.
    rows : tuple of int
        The first rows concerned, positions counted from 0, at most five.
    count : int
        How many rows are concerned.
    """

    def __init__(
        self, message: str, *, code: str, column: str | None = None, rows: Sequence[int] = (), count: int = 0
    ) -> None:
        super().__init__(message)
        self.code = code
        self.column = column
        self.rows = tuple(rows)
        self.count = count

    def __reduce__(self) -> tuple[Any, ...]:
        state = {"code": self.code, "column": self.column, "rows": self.rows, "count": self.count}
        return (_rebuild, (type(self), str(self), state))


def _rebuild(kind: type[AllianceError], message: str, state: Mapping[str, Any]) -> AllianceError:
    return kind(message, **state)


class InvalidInstrument(AllianceError):
    """An instrument file is malformed or contradicts itself."""


class UnknownInstrument(AllianceError):
    """No form has this name."""


class AmbiguousInstrument(AllianceError):
    """Several forms go by this name."""


class KeyNeeded(AllianceError):
    """The key is not known; the caller has to supply it."""


class UnverifiedKey(AllianceError):
    """The key is derived, contested or recalled, and that was not accepted."""


class RangeNeeded(AllianceError):
    """The response range is not known; the caller has to state it."""


class UnknownScale(AllianceError):
    """The form has no such scale."""


class InvalidOption(AllianceError):
    """An option has a value it cannot have."""


class CannotEstimate(AllianceError):
    """The data are too few, or too alike, for what was asked."""


class ColumnError(AllianceError):
    """A frame or its columns cannot be read."""


class AnswerError(AllianceError):
    """Answers that no respondent can have given."""


class DuplicateForm(AllianceError):
    """Several forms for the same client and session."""


class MissingId(AllianceError):
    """Rows without a client, session or other id."""


class IncomparableForms(AllianceError):
    """Levels of forms that are not parallel were to be compared."""


class MissingExtra(AllianceError):
    """An optional library is not installed."""


class AllianceWarning(UserWarning):
    """Base of all warnings of this package."""


class EvidenceWarning(AllianceWarning):
    """Scales were left out because their key is not sufficiently attested."""


def warn(message: str, category: type[AllianceWarning]) -> None:
    """Warn at the first line outside this package, whichever of its functions was called."""
    package = str(Path(__file__).parent)
    depth, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(package):
        depth, frame = depth + 1, frame.f_back
    warnings.warn(message, category, stacklevel=depth)


@functools.cache
def _registry() -> dict[str, dict[str, str]]:
    from alliance import _native

    return {entry["code"]: entry for entry in tomllib.loads(_native.error_registry())["error"]}


def error_codes() -> dict[str, str]:
    """All error codes with their meaning.

    Returns
    -------
    dict of str to str
        Code to meaning.

    Examples
    --------
    >>> import alliance as al
    >>> al.errors.error_codes()["text-answer"]
    'Cells hold text without a declared meaning.'
    """
    return {code: entry["meaning"] for code, entry in _registry().items()}


def from_code(
    code: str, message: str, *, column: str | None = None, rows: Sequence[int] = (), count: int = 0
) -> AllianceError:
    """Build the exception that belongs to a code.

    Parameters
    ----------
    code : str
        One of :func:`error_codes`.
    message : str
        Text without cell values, ids or dates.
    column : str, optional
        Column concerned.
    rows : sequence of int
        First rows concerned.
    count : int
        How many rows are concerned.

    Returns
    -------
    AllianceError
        An instance of the class the registry names.
    """
    kind: type[AllianceError] = globals()[_registry()[code]["exception"]]
    return kind(message, code=code, column=column, rows=rows, count=count)
