"""How far rules agree with each other on the same series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from alliance import _html, _native

__all__ = ["RuleAgreement"]

_Cell = TypeVar("_Cell", int, float)


@dataclass(frozen=True)
class RuleAgreement:
    """How far every two rules agree on the same sessions and clients. Part of a :class:`Multiverse`.

    Parameters
    ----------
    rules : tuple of str
        Names of the rules that were used.
    kappa : tuple of tuple of float
        Cohen's kappa of the flags, rules by rules, over sessions that both could flag; NaN where both flag none or all.
    sessions : tuple of tuple of int
        Sessions kappa rests on.
    alike : tuple of tuple of float
        Share of dyads that both put into the same class, of those both assess; NaN without any.
    dyads : tuple of tuple of int
        Dyads that share rests on.
    """

    rules: tuple[str, ...]
    kappa: tuple[tuple[float, ...], ...]
    sessions: tuple[tuple[int, ...], ...]
    alike: tuple[tuple[float, ...], ...]
    dyads: tuple[tuple[int, ...], ...]

    @classmethod
    def _of(cls, detected: Mapping[str, _native.Detected]) -> RuleAgreement:
        kappa, sessions, alike, dyads = _native.agreement(list(detected.values()))
        count = len(detected)
        return cls(
            tuple(detected),
            _square(kappa, count),
            _square(sessions, count),
            _square(alike, count),
            _square(dyads, count),
        )

    def _pairs(self) -> list[tuple[int, int]]:
        return [(one, other) for one in range(len(self.rules)) for other in range(one + 1, len(self.rules))]

    def to_frame(self, kind: str | None = None) -> Any:
        """Give one row per two rules: rule, other, kappa, sessions, alike, dyads.

        Parameters
        ----------
        kind : {"polars", "pandas", "pyarrow"}, optional
            Library; by default one that is already loaded, else one that is installed.

        Returns
        -------
        frame
            Missing values where kappa or the share is not defined.
        """
        import numpy as np

        from alliance import _frames
        from alliance.instruments import _frame_kind

        pairs = self._pairs()
        names = {
            "rule": [self.rules[one] for one, _ in pairs],
            "other": [self.rules[other] for _, other in pairs],
        }
        numbers = {
            "kappa": np.array([self.kappa[one][other] for one, other in pairs], dtype=float),
            "sessions": np.array([self.sessions[one][other] for one, other in pairs], dtype=np.int64),
            "alike": np.array([self.alike[one][other] for one, other in pairs], dtype=float),
            "dyads": np.array([self.dyads[one][other] for one, other in pairs], dtype=np.int64),
        }
        chosen = _frame_kind(kind)
        return _frames.beside(chosen, _frames.frame_of(chosen, names), numbers)

    def __eq__(self, other: object) -> bool:
        # As text, NaN equals NaN.
        return isinstance(other, RuleAgreement) and repr(vars(self)) == repr(vars(other))

    def __hash__(self) -> int:
        return hash(self.rules)

    def __repr__(self) -> str:
        return f"<RuleAgreement of {len(self.rules)} rules>"

    def _repr_html_(self) -> str:
        last = len(self.rules) - 1
        rows = []
        for one, name in enumerate(self.rules):
            kappas = [_html.two(self.kappa[one][other]) if other < one else "" for other in range(last)]
            rows.append((f"{one + 1}  {name}", *kappas))
        line = "Cohen's kappa of the flags, over sessions that both rules could flag"
        return _html.heading("Agreement of rules", line) + _html.table(("", *map(str, range(1, last + 1))), rows)


def _square(cells: Sequence[_Cell], count: int) -> tuple[tuple[_Cell, ...], ...]:
    return tuple(tuple(cells[row * count : (row + 1) * count]) for row in range(count))
