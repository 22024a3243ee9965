"""How many forms, sessions and clients of a study are left at each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from alliance import _html

__all__ = ["Flow"]


@dataclass(frozen=True)
class Flow:
    """How many forms, sessions and clients are left at each step.

    Parameters
    ----------
    rows : tuple of tuple
        One per form: its id, and the counts from the forms on.
    min_sessions : int
        Sessions with a score that make a client evaluable.
    appointments : tuple of int, optional
        Appointments, and sessions that were held, where they are known.
    """

    rows: tuple[tuple[str, int, int, int, int, int], ...]
    min_sessions: int
    appointments: tuple[int, int] | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the steps."""
        first = ("appointments", "sessions held") if self.appointments else ()
        enough = f"clients with {self.min_sessions}+ sessions"
        return ("form", *first, "forms", "scored", "sessions", "clients", enough)

    def _table(self) -> list[tuple[str | int, ...]]:
        return [(form, *(self.appointments or ()), *counts) for form, *counts in self.rows]

    def to_frame(self, kind: str | None = None) -> Any:
        """Give the flow as a frame.

        Parameters
        ----------
        kind : {"polars", "pandas", "pyarrow"}, optional
            Library; by default one that is already loaded, else one that is installed.

        Returns
        -------
        frame
            One row per form.
        """
        from alliance import _frames
        from alliance.instruments import _frame_kind

        named = dict(zip(self.columns, map(list, zip(*self._table(), strict=True)), strict=True))
        return _frames.frame_of(_frame_kind(kind), named)

    def __str__(self) -> str:
        first = "{} appointments, {} sessions held; ".format(*self.appointments) if self.appointments else ""
        return "\n".join(
            f"{form}: {first}{forms} forms, {scored} scored, {sessions} sessions, {clients} clients, {enough} of them "
            f"with {self.min_sessions} or more sessions"
            for form, forms, scored, sessions, clients, enough in self.rows
        )

    def _repr_html_(self) -> str:
        return _html.table(self.columns, self._table())
