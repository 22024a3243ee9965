"""Simulate clinics whose ruptures are known."""

from __future__ import annotations

from typing import Any

from alliance import _native
from alliance.arguments import whole
from alliance.clinic import (
    Answers,
    Attendance,
    Clients,
    Coding,
    Dropout,
    Growth,
    Missing,
    Nuisance,
    PostSession,
    Ruptures,
    SymptomCourse,
    TherapistRater,
    plain,
    session_range,
)
from alliance.errors import from_code
from alliance.instruments import Instrument, resolve
from alliance.simulation import Kind, Simulation

__all__ = ["simulate"]

_SETTINGS: dict[str, type] = {
    "clients": Clients,
    "growth": Growth,
    "ruptures": Ruptures,
    "nuisance": Nuisance,
    "missing": Missing,
    "dropout": Dropout,
    "therapist": TherapistRater,
    "answers": Answers,
    "attendance": Attendance,
    "post_session": PostSession,
    "coding": Coding,
    "symptoms": SymptomCourse,
}


def simulate(
    dyads: int = 60,
    sessions: int | tuple[int, int] = 16,
    *,
    seed: int,
    client_form: Instrument | str = "wai-sr-client",
    therapist_form: Instrument | str = "wai-srt-therapist",
    dyads_per_therapist: int = 6,
    clients: Clients | None = None,
    growth: Growth | None = None,
    ruptures: Ruptures | None = None,
    nuisance: Nuisance | None = None,
    missing: Missing | None = None,
    dropout: Dropout | None = None,
    therapist: TherapistRater | None = None,
    answers: Answers | None = None,
    attendance: Attendance | None = None,
    post_session: PostSession | None = None,
    coding: Coding | None = None,
    symptoms: SymptomCourse | None = None,
    frames: Kind | None = None,
) -> Simulation:
    """Simulate a clinic: forms of clients and therapists, appointments, reports, codes and symptoms, and the truth.

    Parameters
    ----------
    dyads : int
        Dyads of a client and a therapist.
    sessions : int or tuple of int
        Planned sessions of each; or the fewest and the most, each number between them equally likely.
    seed : int
        Seed, 0 or more: the same seed and settings give the same numbers on every platform.
    client_form, therapist_form : Instrument or str
        Forms they fill in. Items, range and reversed items are used and need not be attested; a form whose reversed
        items are not known is simulated without any.
    dyads_per_therapist : int
        Clients of each therapist.
    clients : alliance.clinic.Clients, optional
        Levels and volatility.
    growth : alliance.clinic.Growth, optional
        Growth over the sessions.
    ruptures : alliance.clinic.Ruptures, optional
        Planted ruptures.
    nuisance : alliance.clinic.Nuisance, optional
        Dips that are no ruptures.
    missing : alliance.clinic.Missing, optional
        Missing forms, answers and sessions.
    dropout : alliance.clinic.Dropout, optional
        Clients who do not come back.
    therapist : alliance.clinic.TherapistRater, optional
        How therapists rate.
    answers : alliance.clinic.Answers, optional
        How items scatter around the item mean.
    attendance : alliance.clinic.Attendance, optional
        What becomes of appointments.
    post_session : alliance.clinic.PostSession, optional
        What both say after the session.
    coding : alliance.clinic.Coding, optional
        What coders mark in some of the sessions.
    symptoms : alliance.clinic.SymptomCourse, optional
        Symptoms before each session.
    frames : {"polars", "pandas", "pyarrow"}, optional
        Library of the frames; by default one that is loaded, else one that is installed.

    Returns
    -------
    Simulation
        All tables as frames, and the truth beside them.

    Raises
    ------
    AllianceError
        ``invalid-option``, with the setting and what it may be; ``range-needed`` for a form whose range is not known.

    Notes
    -----
    The client's rating in session t (counted from 0) is ``level + growth(t) + walk(t) + within_sd * w(t) -
    deficit(t) - nuisance(t)``, where w is autocorrelated with SD 1 and the deficit is that of the planted ruptures.
    It is put on the lattice of the form; the answers to the items have that mean exactly. The parts have random
    streams of their own: ``ruptures=al.clinic.Ruptures(hazard=0)`` gives the same clients without ruptures.

    Examples
    --------
    >>> import alliance as al
    >>> clinic = al.simulate(dyads=30, sessions=12, seed=1)
    >>> clinic
    <Simulation, SIMULATED: 30 dyads, 12 planned sessions, 11 ruptures, seed 1>
    >>> scores = al.score(clinic.client_forms, "wai-sr-client", columns="wai_{item}", client="client",
    ...                   session="session", therapist="therapist", missing=al.Prorate(min_share=0.75))
    >>> len(scores) == len(clinic.client_forms)
    True
    """
    kind = _kind(frames)
    client, other = resolve(client_form), resolve(therapist_form)
    given = (
        *(clients, growth, ruptures, nuisance, missing, dropout),
        *(therapist, answers, attendance, post_session, coding, symptoms),
    )
    settings = dict(zip(_SETTINGS, given, strict=True))
    settings = {name: _setting(name, setting) for name, setting in settings.items()}
    planned = session_range("sessions", sessions if isinstance(sessions, tuple | list) else (sessions, sessions))
    options = {name: plain(name, setting) for name, setting in settings.items()}
    spread = options.pop("answers")
    tables = _native.simulate(
        {
            "dyads": whole("dyads", dyads),
            "dyads_per_therapist": whole("dyads_per_therapist", dyads_per_therapist, least=1),
            "sessions": planned,
            "client_form": _form("client_form", client) | spread,
            "therapist_form": _form("therapist_form", other) | spread,
            **options,
        },
        whole("seed", seed),
    )
    return Simulation(
        seed=seed,
        dyads=dyads,
        sessions=planned,
        dyads_per_therapist=dyads_per_therapist,
        client_form=client,
        therapist_form=other,
        frames=kind,
        _settings=settings,
        _tables=tables,
    )


def _kind(frames: Kind | None) -> Kind:
    from alliance import _frames

    if frames not in (None, "polars", "pandas", "pyarrow"):
        raise from_code("invalid-option", "frames: choose `polars`, `pandas` or `pyarrow`")
    return _frames.installed_kind() if frames is None else frames


def _setting(name: str, given: Any) -> Any:
    kind = _SETTINGS[name]
    if given is None:
        return kind()
    if not isinstance(given, kind):
        raise from_code("invalid-option", f"{name}: give an `alliance.clinic.{kind.__name__}`")
    return given


def _form(option: str, form: Instrument) -> dict[str, Any]:
    """Give what the simulation needs to know of a form."""
    if form.item_count is None:
        raise from_code("invalid-option", f"{option}: the number of items of `{form.id}` is not known here")
    if form.range is None:
        raise from_code(
            "range-needed", f"{option}: the response range of `{form.id}` is not known; state it with `with_range`"
        )
    low, high = form.range
    return {
        "stem": form.family,
        "items": form.item_count,
        "range": form.range,
        # A visual analogue line of ten centimetres, read to the millimetre.
        "step": (high - low) / 100 if form.step is None else form.step,
        "reversed": list(form.reversed or ()),
    }
