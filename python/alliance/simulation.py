"""A simulated clinic: what is written down of it, and the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from alliance import _html, _native
from alliance.errors import from_code
from alliance.instruments import Instrument

__all__ = ["Simulation", "Truth"]

Kind = Literal["polars", "pandas", "pyarrow"]

_TABLES = ("client_forms", "therapist_forms", "appointments", "self_reports", "codes", "symptoms")


@dataclass(frozen=True, repr=False, kw_only=True)
class Simulation:
    """A simulated clinic: no person answered these forms. Made by :func:`simulate`.

    Ids are invented (``C001``, ``T01``). Session numbers count planned appointments, so that a session that was not
    held has a number too. In pandas, columns that can have gaps are floats.

    Parameters
    ----------
    seed : int
        Seed.
    dyads : int
        Dyads.
    sessions : tuple of int
        Fewest and most planned sessions.
    dyads_per_therapist : int
        Clients of each therapist.
    client_form, therapist_form : Instrument
        Forms.
    frames : {"polars", "pandas", "pyarrow"}
        Library of the frames.
    """

    seed: int
    dyads: int
    sessions: tuple[int, int]
    dyads_per_therapist: int
    client_form: Instrument
    therapist_form: Instrument
    frames: Kind
    _settings: dict[str, Any]
    _tables: dict[str, dict[str, Any]]

    @property
    def settings(self) -> Mapping[str, Any]:
        """The settings, by the name of the argument of :func:`simulate`."""
        return dict(self._settings)

    def _frame(self, table: str) -> Any:
        from alliance import _frames

        return _frames.filled(self.frames, self._tables[table])

    def _rows(self, table: str) -> int:
        return len(self._column(table, "client"))

    def _column(self, table: str, name: str) -> Any:
        """Give the values of a column; of a column of words, their places in the list of words."""
        import numpy as np

        kind, elements, _, _ = self._tables[table][name]
        return np.frombuffer(elements, dtype=kind)

    @property
    def client_forms(self) -> Any:
        """One row per form of a client: client, therapist, session, and the answers as printed (``wai_1``, ...).

        Columns of answers are named after the form's family. Reversed items are turned round, as on the form.
        """
        return self._frame("client_forms")

    @property
    def therapist_forms(self) -> Any:
        """One row per form of a therapist, likewise."""
        return self._frame("therapist_forms")

    @property
    def appointments(self) -> Any:
        """One row per planned appointment: client, therapist, session, status.

        ``status``: attended, late, no-show, cancelled-by-client, cancelled-by-therapist, planned-end (held, and planned
        to be the last) or dropout (the first one the client did not come back to; none is planned after it).
        """
        return self._frame("appointments")

    @property
    def self_reports(self) -> Any:
        """One row per report after a session: client, session, rater, rupture, intensity, resolution.

        Intensity and resolution, from 1 to 5, are asked after a yes only.
        """
        return self._frame("self_reports")

    @property
    def codes(self) -> Any:
        """One row per marker a coder marked: client, session, coder, segment, marker, significance, resolution.

        A segment that was coded and in which none was found has a row without a marker; a session without rows was
        not coded. Significance of the marker and resolution in the session according to the coder are from 1 to 5.
        """
        return self._frame("codes")

    @property
    def symptoms(self) -> Any:
        """One row per measured session: client, session, score. Measured before the session, lower is better."""
        return self._frame("symptoms")

    @property
    def truth(self) -> Truth:
        """What happened behind the forms."""
        return Truth(self)

    def to_frame(
        self,
        table: Literal[
            "client_forms", "therapist_forms", "appointments", "self_reports", "codes", "symptoms"
        ] = "client_forms",
    ) -> Any:
        """Give one of the tables.

        Parameters
        ----------
        table : {"client_forms", "therapist_forms", "appointments", "self_reports", "codes", "symptoms"}
            Which; the truth has tables of its own.

        Returns
        -------
        frame
            Of the library that was chosen.
        """
        if table not in _TABLES:
            raise from_code("invalid-option", f"table: choose one of {', '.join(_TABLES)}")
        return self._frame(table)

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The forms, for :func:`cite`."""
        return (self.client_form, self.therapist_form)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of these data should know."""
        unknown = dict.fromkeys(form.id for form in self.instruments if form.reversed is None)
        return (
            "The data are SIMULATED: no person answered these forms.",
            "The settings are plausible and not estimated from data: a pilot generator made to look like published "
            "series, some published anchors, and guesses. `alliance.clinic` says which is which.",
            *(f"The reversed items of `{name}` are not known here; none was reversed." for name in unknown),
        )

    def methods(self) -> str:
        """Give a paragraph for a methods section: the generator, its settings, where they come from, and the seed.

        Returns
        -------
        str
            Plain text.
        """
        found = self._counts()
        fewest, most = self.sessions
        planned = f"{most}" if fewest == most else f"{fewest} to {most}"
        changed = self._changed()
        low, high = self.client_form.range or (0.0, 1.0)
        level = low + self._settings["clients"].mean / 100 * (high - low)
        return (
            f"{self.notes[0]} {self.dyads} dyads ({self.dyads_per_therapist} to a therapist) with {planned} planned "
            f"sessions were drawn with alliance {_native.version()} (`al.simulate`, seed {self.seed}). The client's "
            "rating is a level that differs between clients and therapists, plus growth, a random walk and "
            "autocorrelated disturbances whose SD differs between clients, less the deficit of planted ruptures and "
            f"of dips that are none; the mean level in the first session is {level:g} on {self.client_form.id} "
            f"({low:g} to {high:g}). The therapist ({self.therapist_form.id}) follows part of it and misses some "
            "ruptures. Ratings are put on the lattice of the forms; the answers to the items have that mean exactly. "
            "Appointments, reports after the session, codes of some sessions and symptoms are drawn from what is true "
            "of the session. "
            f"{found['ruptures']} ruptures were planted in {found['clients with a rupture']} clients; "
            f"{found['dropouts']} clients dropped out; {found['sessions held']} sessions were held. "
            f"Settings other than the defaults: {', '.join(changed) or 'none'}. {' '.join(self.notes[1:])}"
        )

    def _changed(self) -> list[str]:
        """Name the settings that are not at their defaults."""
        return [
            f"{name}.{field.name} {_said(getattr(setting, field.name))}"
            for name, setting in self._settings.items()
            for field in fields(setting)
            if getattr(setting, field.name) != field.default
        ]

    def _counts(self) -> dict[str, int]:
        import numpy as np

        return {
            "ruptures": self._rows("ruptures"),
            "clients with a rupture": len(np.unique(self._column("ruptures", "client"))),
            "dropouts": int(np.frombuffer(self._tables["clients"]["dropout"][2], dtype=bool).sum()),
            "sessions held": int(self._column("sessions", "held").sum()),
        }

    def cite(self) -> str:
        """Give BibTeX entries of the forms and this software.

        Returns
        -------
        str
            BibTeX.
        """
        from alliance.citing import cite

        return cite(self)

    def __repr__(self) -> str:
        fewest, most = self.sessions
        planned = f"{most}" if fewest == most else f"{fewest} to {most}"
        return (
            f"<Simulation, SIMULATED: {self.dyads} dyads, {planned} planned sessions, "
            f"{self._rows('ruptures')} ruptures, seed {self.seed}>"
        )

    def _repr_html_(self) -> str:
        forms = f"{self.client_form.id}, {self.therapist_form.id}, seed {self.seed}"
        tables = [(name, self._rows(name)) for name in _TABLES]
        changed = self._changed()
        return (
            _html.heading("Simulated clinic", forms)
            + _html.table(("", "count"), [("dyads", self.dyads), *self._counts().items()])
            + _html.table(("table", "rows"), tables)
            + _html.notes((*self.notes, f"Settings other than the defaults: {', '.join(changed) or 'none'}."))
        )


def _said(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True, repr=False)
class Truth:
    """What happened behind the forms of a simulated clinic. Points are those of the client form's item mean.

    Parameters
    ----------
    simulation : Simulation
        The clinic.
    """

    simulation: Simulation

    @property
    def ruptures(self) -> Any:
        """One row per planted rupture.

        client, therapist; onset, nadir and last (the last planned session with a deficit); depth at the nadir in
        points, before noise, lattice and ceiling; shape (v, u, slow-decline, unrepaired); type (withdrawal,
        confrontation, mixed); repaired; end (repaired, unrepaired, series-ended, dropped-out); seen_by_therapist.
        """
        return self.simulation._frame("ruptures")

    @property
    def sessions(self) -> Any:
        """One row per planned session before a dropout: a criterion for :func:`detection_accuracy`.

        client, therapist, session, held; rupture and onset (whether a planted rupture lowers the rating, and begins);
        rating (the client's, before lattice and ceiling); client_score and
        therapist_score (item means of their forms, where there is one); deficit (by how much a rupture lowers the
        rating) and nuisance (by how much a dip that is no rupture does), in points; coding_chance (with which the
        session was drawn to be coded: its inverse is the weight of a coded session).
        """
        return self.simulation._frame("sessions")

    @property
    def clients(self) -> Any:
        """One row per dyad.

        client, therapist, sessions (planned), dropout (the session the client did not come back to), level in the
        first session, growth per session and within_sd, in points.
        """
        return self.simulation._frame("clients")

    @property
    def dips(self) -> Any:
        """One row per dip that is no rupture: client, therapist, kind, onset, last, depth.

        ``kind``: nuisance (in the client's rating) or false-alarm (in the therapist's).
        """
        return self.simulation._frame("dips")

    def __repr__(self) -> str:
        counts = (f"{self.simulation._rows(name)} {name}" for name in ("ruptures", "dips", "sessions", "clients"))
        return f"<Truth of a simulated clinic: {', '.join(counts)}>"
