"""A reliability that was handed over, and whether it may say how exact these scores are."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

from alliance.arguments import number
from alliance.errors import AllianceWarning, from_code, warn
from alliance.estimate import Estimate
from alliance.ordinal_reliability import OrdinalReliability
from alliance.reliability import Reliability

if TYPE_CHECKING:
    from alliance.instruments import Instrument

__all__ = ["TrustedReliability", "trusted"]

# What these are called as methods of estimates; such a reliability describes scores nobody has.
_LATENT = ("ordinal alpha", "ordinal omega")


@dataclass(frozen=True)
class TrustedReliability:
    """A reliability for an error of measurement.

    Parameters
    ----------
    value : float
        The reliability; NaN if it was estimated without a value.
    described : str
        Value and origin, for a sentence.
    notes : tuple of str
        Why it may be the wrong one for these scores.
    """

    value: float
    described: str
    notes: tuple[str, ...]


def trusted(given: Any, *, scale: str | None, instrument: Instrument | None, option: str) -> TrustedReliability:
    """Take a number, an estimate or a `Reliability`; refuse latent ones; warn where it is of other scores."""
    if isinstance(given, OrdinalReliability) or (isinstance(given, Estimate) and given.method.startswith(_LATENT)):
        problem = "the reliability of latent responses says nothing about the error of observed scores"
        raise from_code("invalid-option", f"{option}: {problem}; give alpha or omega of `al.reliability`")
    if isinstance(given, Reliability):
        notes = (*_of_other_scores(given, scale, instrument), *_of_other_level(given.alpha))
        found = TrustedReliability(given.alpha.value, f"{given.alpha.value:.2f} (alpha)", notes)
    elif isinstance(given, Estimate):
        found = TrustedReliability(given.value, f"{given.value:.2f} ({given.method})", tuple(_of_other_level(given)))
    elif isinstance(given, Real) and not isinstance(given, bool):
        value = number(option, given)
        if value < 0:
            raise from_code("invalid-option", f"{option}: a reliability is 0 or more")
        found = TrustedReliability(value, f"{value:.2f} (given)", ())
    else:
        raise from_code("invalid-option", f"{option}: give a number, an `Estimate` or a `Reliability`")
    for note in found.notes:
        warn(f"{option}: {note}", AllianceWarning)
    return found


def _of_other_level(estimate: Estimate) -> list[str]:
    if estimate.level == "one-session":
        return []
    level = estimate.level.replace("-", " ")
    return [
        f"The reliability is of another level ({level}): error of measurement of scores of one session needs the "
        "reliability of one form per client."
    ]


def _of_other_scores(given: Reliability, scale: str | None, instrument: Instrument | None) -> list[str]:
    own, notes = given.instrument, []
    if own is not None and instrument is not None and own.id != instrument.id:
        what = "rater" if own.rater != instrument.rater else "form"
        notes.append(f"The reliability is of another {what} ({own.id}) than the scores ({instrument.id}).")
    if scale is not None and instrument is not None and given.scale != scale:
        notes.append(f"The reliability is of the scale {given.scale}, the scores are of {scale}.")
    return notes
