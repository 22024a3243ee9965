"""Published rules.

A preset whose numbers were not all read in its source is named ``...-as-read`` and says so in every result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alliance import _native
from alliance.rules.below_reference import BelowReference, with_choices

__all__ = ["Preset", "all_presets", "preset"]


@dataclass(frozen=True, kw_only=True)
class Preset(BelowReference):
    """A published rule, with how well each of its numbers is known.

    Parameters
    ----------
    id : str
        Id; ends in ``-as-read`` where a number was not read in the source.
    version : int
        Raised when the rule changes.
    name : str
        Name in words.
    measured : str
        On what it was used.
    base_rate : str
        The rate its study reports: a description, no evidence for the rule.
    note : str
        What was read and what was not.
    use_when : str
        When to use it.
    scale : tuple of float, optional
        Lowest and highest score of the scale its points are of; None where it has none.
    is_verified : bool
        Whether every number was read.
    provenance : mapping of str to str
        How each number came here: read, secondary, contested, inferred or recalled.
    citation : mapping
        Citation fields; ``recalled`` lists those that were not read.
    """

    id: str = ""
    version: int = 1
    name: str = ""
    measured: str = ""
    base_rate: str = ""
    note: str = ""
    use_when: str = ""
    scale: tuple[float, float] | None = None
    is_verified: bool = False
    provenance: Mapping[str, str] | None = None
    citation: Mapping[str, Any] | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of a result of this rule should know."""
        own = () if self.is_verified else (f"{self.id}: not every number of this rule is certain. {self.note}",)
        return (*own, *BelowReference.notes.fget(self))  # type: ignore[attr-defined]

    def misfit(self, limits: tuple[float, float]) -> str | None:
        """Say what to know if the points of the rule are of another scale than a form's.

        Parameters
        ----------
        limits : tuple of float
            Lowest and highest answer of the form.

        Returns
        -------
        str or None
            A sentence; None where they fit, or where the rule has no points.
        """
        if self.scale is None:
            return None
        said = _native.scale_misfit(self._fields(), self.scale, limits)
        return f"{self.id}: {said}" if said else None

    def __hash__(self) -> int:
        return hash((self.id, self.version))


def preset(id: str) -> Preset:
    """Get a published rule.

    Parameters
    ----------
    id : str
        One of the ids of :func:`all_presets`.

    Returns
    -------
    Preset
        The rule with its provenance.

    Raises
    ------
    AllianceError
        ``unknown-preset``, naming those there are.

    Examples
    --------
    >>> import alliance as al
    >>> al.rules.preset("gumz-2012-2sd-as-read").threshold
    2.0
    """
    facts = dict(_native.preset(id))
    return Preset(**with_choices(facts.pop("rule")), **facts)


def all_presets() -> tuple[Preset, ...]:
    """List all published rules.

    Returns
    -------
    tuple of Preset
        Sorted by id.
    """
    return tuple(preset(id) for id in _native.preset_ids())
