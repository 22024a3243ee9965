"""What a simulated clinic is made of: the settings that :func:`alliance.simulate` takes.

Points are hundredths of the range of the form (percent of the maximum possible), so that the same clinic can be
given any form: on answers from 1 to 5, 25 of them are one point of the item mean. Shares and chances are from
0 to 1. Sessions are planned appointments, counted from 1.

All defaults are plausible, not estimated from data. Behind each stands where it comes from: *pilot* is the generator
on which our rules were first tried, made to look like published series; *guess* is a guess; *recalled* figures were not
read again in their source.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from numbers import Real
from typing import Any, Literal

from alliance.arguments import whole
from alliance.errors import from_code
from alliance.instruments import Instrument, resolve

__all__ = [
    "Answers",
    "Attendance",
    "Clients",
    "Coding",
    "Dropout",
    "Growth",
    "Missing",
    "Nuisance",
    "PostSession",
    "Ruptures",
    "SymptomCourse",
    "TherapistRater",
]


@dataclass(frozen=True, kw_only=True)
class Clients:
    """Levels and volatility of clients, in points.

    Parameters
    ----------
    mean : float
        Mean level in the first session. 75: 4.0 on answers from 1 to 5, 5.5 from 1 to 7 (pilot). With 85, a
        sixth of the WAI-SR scores are at the ceiling.
    between_sd : float
        SD of levels between the clients of one therapist. 10 (pilot).
    between_therapists_sd : float
        SD of therapists' effects on them. 2.5: about 6 % of the variance between clients (3 to 9 % in outpatients,
        recalled).
    within_sd : float
        Median over clients of the SD of a client around their course. 5 (pilot).
    within_log_sd : float
        SD of the natural logarithm of that SD; 0 makes all clients equally volatile. 0.35 (pilot).
    noise_df : float or None
        Degrees of freedom, above 2, of the disturbance of a session, which has a t distribution; None for a normal
        one. 6 (pilot).
    autocorrelation : float
        First-order autocorrelation of the disturbances. 0.3 (pilot; 0.2 to 0.4, recalled).
    """

    mean: float = 75.0
    between_sd: float = 10.0
    between_therapists_sd: float = 2.5
    within_sd: float = 5.0
    within_log_sd: float = 0.35
    noise_df: float | None = 6.0
    autocorrelation: float = 0.3


@dataclass(frozen=True, kw_only=True)
class Growth:
    """How the level moves over the sessions, in points.

    Parameters
    ----------
    mean : float
        Mean growth per session. 0.25 (pilot).
    sd : float
        SD of growth between clients. 1/3 (pilot).
    early_rise : float
        Height of an early rise that levels off. 2.5 (a guess; reviews describe an early rise).
    early_sessions : float
        Sessions until 63 % of the early rise are reached. 3 (guess).
    walk_sd : float
        SD of each session's step of a slow random walk. 1 (pilot).
    """

    mean: float = 0.25
    sd: float = 1 / 3
    early_rise: float = 2.5
    early_sessions: float = 3.0
    walk_sd: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Ruptures:
    """Planted ruptures. A depth is ``shallowest`` plus a gamma number, in points.

    Under the defaults 47 % of clients have one in 16 sessions (46 % with one or more in McLaughlin et al. 2014).

    Parameters
    ----------
    hazard : float
        Chance that one begins in a session that is held while none is going on; 0 plants none. 0.05 (pilot).
    earliest : int
        First session in which one can begin. 2: before it there is nothing to fall from.
    shallowest, depth_shape, depth_scale : float
        Depth at the nadir: 8.3 plus a gamma number of shape 3 and scale 5, mean 23.3 (pilot).
    v, u, slow_decline, unrepaired : float
        Shares of the shapes, relative to each other: one session; a sudden fall that eases and ends; deeper session
        by session, then over; a sudden fall that stays. 0.45, 0.30, 0.15, 0.10 (pilot).
    u_sessions, slow_sessions : tuple of int
        Fewest and most sessions of a U, and of a slow decline. (2, 4), (3, 6) (pilot).
    u_easing : float
        Share of its depth that a U has lost in its last session. 0.5 (guess).
    withdrawal, confrontation, mixed : float
        Shares of the types, relative to each other. 0.5, 0.25, 0.25 (guesses).
    """

    hazard: float = 0.05
    earliest: int = 2
    shallowest: float = 25 / 3
    depth_shape: float = 3.0
    depth_scale: float = 5.0
    v: float = 0.45
    u: float = 0.30
    slow_decline: float = 0.15
    unrepaired: float = 0.10
    u_sessions: tuple[int, int] = (2, 4)
    slow_sessions: tuple[int, int] = (3, 6)
    u_easing: float = 0.5
    withdrawal: float = 0.5
    confrontation: float = 0.25
    mixed: float = 0.25


@dataclass(frozen=True, kw_only=True)
class Nuisance:
    """Dips of the client's rating that are no ruptures, for example in a week of bad symptoms.

    Parameters
    ----------
    hazard : float
        Chance that one begins in a session that is held while none is going on. 0.02 (guess).
    shallowest, depth_shape, depth_scale : float
        Depth, the same in all its sessions: 5 plus a gamma number of shape 2 and scale 3.3 (guess).
    sessions : tuple of int
        Fewest and most sessions. (1, 2) (guess).
    """

    hazard: float = 0.02
    shallowest: float = 5.0
    depth_shape: float = 2.0
    depth_scale: float = 10 / 3
    sessions: tuple[int, int] = (1, 2)


@dataclass(frozen=True, kw_only=True)
class Missing:
    """Missing forms, answers and sessions. The first session is always held.

    Parameters
    ----------
    forms : float
        Share of held sessions without the client's form, at random. 0.12 (pilot).
    forms_after_rupture : float
        Added to it in the session after one with a rupture going on. 0.10 (guess).
    therapist_forms : float
        Share of held sessions without the therapist's form, at random. 0.08 (guess).
    answers : float
        Share of single answers that are left out of a form, at random. 0.01 (guess).
    symptoms : float
        Share of held sessions without a symptom score, at random. 0.05 (guess).
    sessions : float
        Share of planned sessions that are not held, at random. 0.10 (19.1 % of appointments in psychiatry
        and 11.7 % elsewhere were missed, Stubbe 2018).
    sessions_after_rupture : float
        Added to it in the session after one with a rupture going on. 0.10 (guess).
    """

    forms: float = 0.12
    forms_after_rupture: float = 0.10
    therapist_forms: float = 0.08
    answers: float = 0.01
    symptoms: float = 0.05
    sessions: float = 0.10
    sessions_after_rupture: float = 0.10

    @classmethod
    def none(cls) -> Missing:
        """Give the setting in which nothing is missing.

        Returns
        -------
        Missing
            With all shares 0.
        """
        return cls(**{field.name: 0.0 for field in fields(cls)})


@dataclass(frozen=True, kw_only=True)
class Dropout:
    """Clients who do not come back. Nobody drops out before the first session.

    Parameters
    ----------
    hazard : float
        Chance per session of not coming back. 0.012: with 16 sessions 17 %, to which ruptures add (about 20 % of
        psychotherapies, recalled).
    after_unrepaired : float
        Added to it after a session in which an unrepaired rupture was going on. 0.08 (guess).
    """

    hazard: float = 0.012
    after_unrepaired: float = 0.08

    @classmethod
    def none(cls) -> Dropout:
        """Give the setting in which everybody stays.

        Returns
        -------
        Dropout
            With both chances 0.
        """
        return cls(hazard=0.0, after_unrepaired=0.0)


@dataclass(frozen=True, kw_only=True)
class TherapistRater:
    """How the therapist rates the same sessions, in points.

    The rating is the therapist's level for this client, plus ``tracking`` times what both share (growth, random
    walk, and the fall of ruptures that are seen), less a false alarm, plus noise.

    Parameters
    ----------
    offset : float
        Mean difference of level, therapist less client. -6.7: d = 0.63 (Tryon et al. 2007, recalled).
    level_correlation : float
        Correlation of their levels over clients. 0.35 (guess, near r = .36 of Tryon et al. 2007, recalled).
    tracking : float
        Slope on what both share. 0.5 (pilot).
    noise_sd : float
        SD of the rating around it. 5 (pilot).
    noise_correlation : float
        Correlation of that noise with the client's disturbance. 0.2 (guess).
    seen : float
        Share of ruptures that are seen. 0.6 (guess).
    false_alarms : float
        Chance per held session of a dip where the client has no rupture. 0.02 (guess).
    false_shallowest, false_depth_shape, false_depth_scale : float
        Depth of such a dip: 5 plus a gamma number of shape 2 and scale 3.3 (guess).
    """

    offset: float = -20 / 3
    level_correlation: float = 0.35
    tracking: float = 0.5
    noise_sd: float = 5.0
    noise_correlation: float = 0.2
    seen: float = 0.6
    false_alarms: float = 0.02
    false_shallowest: float = 5.0
    false_depth_shape: float = 2.0
    false_depth_scale: float = 10 / 3


@dataclass(frozen=True, kw_only=True)
class Answers:
    """How the answers to single items scatter around the item mean, in points, before rounding.

    The item mean of a form is the simulated score exactly, whatever these are. Under the defaults Cronbach's alpha
    of the first client WAI-SR is about .90.

    Parameters
    ----------
    item_sd : float
        SD between items of how easily they are endorsed, the same for all clients. 6 (guess).
    client_item_sd : float
        SD between clients of how they take an item, the same in all sessions. 8 (guess).
    session_item_sd : float
        SD of an item from session to session. 7 (guess).
    """

    item_sd: float = 6.0
    client_item_sd: float = 8.0
    session_item_sd: float = 7.0


@dataclass(frozen=True, kw_only=True)
class Attendance:
    """What becomes of appointments.

    The last planned session is ``planned-end`` if it was held. After a ``dropout`` nothing is planned. The sessions
    that a rupture makes clients miss are never cancelled by the therapist.

    Parameters
    ----------
    late : float
        Share of held sessions, but the last, to which the client comes late. 0.08 (guess).
    no_show, cancelled_by_client, cancelled_by_therapist : float
        Shares of the reasons why a session is not held, relative to each other. 0.35, 0.45, 0.20 (guesses).
    """

    late: float = 0.08
    no_show: float = 0.35
    cancelled_by_client: float = 0.45
    cancelled_by_therapist: float = 0.20


@dataclass(frozen=True, kw_only=True)
class PostSession:
    """A questionnaire after the session: whether there was a rupture, how strong it was, how far resolved.

    It is filled in together with the alliance form of the same rater. A therapist who does not see a rupture
    answers as if there were none. Under the defaults clients say yes in 22 % of sessions (published: 19 to 42 %,
    read in another author's description) and therapists in 45 % (43 to 56 %, recalled); how those part into true
    and false ones is a guess.

    Parameters
    ----------
    client_sensitivity, therapist_sensitivity : float
        Chance of a yes in a session with a rupture; for the therapist, with one that they see. 0.7, 0.8.
    client_false_yes, therapist_false_yes : float
        Chance of a yes in any other session. 0.18, 0.42.
    intensity_without, intensity_per_tenth, intensity_sd : float
        Intensity from 1 to 5: mean where there is no rupture, what ten points of depth add, and SD. 1.5, 0.8, 0.7
        (guesses).
    resolution_resolved, resolution_unresolved, resolution_sd : float
        Resolution from 1 to 5: mean in the last session before a repair or without a rupture, mean while it goes
        on, and SD. 4, 2, 0.8 (guesses).
    """

    client_sensitivity: float = 0.7
    client_false_yes: float = 0.18
    therapist_sensitivity: float = 0.8
    therapist_false_yes: float = 0.42
    intensity_without: float = 1.5
    intensity_per_tenth: float = 0.8
    intensity_sd: float = 0.7
    resolution_resolved: float = 4.0
    resolution_unresolved: float = 2.0
    resolution_sd: float = 0.8


@dataclass(frozen=True, kw_only=True)
class Coding:
    """What coders mark in the recordings of some sessions, segment by segment.

    A segment holds at most one marker of each family that all coders could see. Each coder finds it or not, takes
    it for another of its family, and now and then marks what is not there. Under the defaults about half of the
    coded sessions have a marker (41 to 100 % for observers, read in another author's description).

    Parameters
    ----------
    sample : {"dyads", "ruptures-and-controls"}
        All held sessions of a share of the dyads, drawn at random; or all held sessions with a rupture and a share
        of the others.
    share : float
        That share of dyads, or of other sessions. 0.2 (guess).
    coders : int
        Coders; each codes all of these sessions. 2 (guess).
    segments : int
        Segments of a session. 10: five minutes each of fifty.
    markers : str, Instrument or mapping
        A coding system of the catalog, or names of the markers of the families ``withdrawal`` and
        ``confrontation``.
    withdrawal_background, confrontation_background : float
        Chance per segment of a marker of the family without a rupture of its type. 0.04, 0.01 (guesses).
    in_rupture : float
        Chance per segment of a marker of the rupture's family. 0.3 (guess).
    sensitivity : float
        Chance that a coder finds a marker. 0.85 (guess).
    confusion : float
        Chance that a coder takes a marker for another of its family. 0.1 (guess).
    false_codes : float
        Chance per segment and family that a coder marks what is not there. 0.005 (guess).
    significance_without, significance_per_tenth, significance_sd : float
        Significance of a marker from 1 to 5, as the intensity of :class:`PostSession`. 1.5, 0.8, 0.7 (guesses).
    resolution_resolved, resolution_unresolved, resolution_sd : float
        Resolution in the session from 1 to 5, as in :class:`PostSession`. 4, 2, 0.8 (guesses).
    """

    sample: Literal["dyads", "ruptures-and-controls"] = "dyads"
    share: float = 0.2
    coders: int = 2
    segments: int = 10
    markers: str | Instrument | Mapping[str, Sequence[str]] = "3rs-2015-observer"
    withdrawal_background: float = 0.04
    confrontation_background: float = 0.01
    in_rupture: float = 0.3
    sensitivity: float = 0.85
    confusion: float = 0.1
    false_codes: float = 0.005
    significance_without: float = 1.5
    significance_per_tenth: float = 0.8
    significance_sd: float = 0.7
    resolution_resolved: float = 4.0
    resolution_unresolved: float = 2.0
    resolution_sd: float = 0.8


@dataclass(frozen=True, kw_only=True)
class SymptomCourse:
    """A symptom total before each session: a whole number, lower being better.

    Under the defaults it correlates within clients by about -.2 with the client's alliance score of the session
    (small and negative in 17 studies, Flückiger et al. 2020). Which comes first is not said.

    Parameters
    ----------
    lowest, highest : float
        Possible totals, whole numbers. 0 to 27: nine items from 0 to 3.
    mean : float
        Mean before the first session. 14 (guess).
    between_sd : float
        SD between clients before the first session. 4.5 (guess).
    change, change_sd : float
        Mean and SD over clients of the change per session. -0.35, 0.25 (guesses).
    change_correlation : float
        Correlation over clients of that change with the level of the alliance. -0.28 (alliance and outcome
        correlate by .278 over 295 samples, Flückiger et al. 2018).
    per_alliance : float
        By how much the total moves with one point of the client's alliance, as far as it is off their course.
        -0.06, which gives the -.2.
    within_sd, autocorrelation : float
        SD and first-order autocorrelation within a client beside that. 2.2, 0.3 (guesses).
    """

    lowest: float = 0.0
    highest: float = 27.0
    mean: float = 14.0
    between_sd: float = 4.5
    change: float = -0.35
    change_sd: float = 0.25
    change_correlation: float = -0.28
    per_alliance: float = -0.06
    within_sd: float = 2.2
    autocorrelation: float = 0.3


def plain(group: str, setting: Any) -> dict[str, Any]:
    """Give the fields of a setting as the native module takes them."""
    given = {field.name: (field.type, getattr(setting, field.name)) for field in fields(setting)}
    made = {name: _value(f"{group}.{name}", str(kind), value) for name, (kind, value) in given.items()}
    if isinstance(setting, Coding):
        made |= _markers(made.pop("markers"))
    return made


def _value(option: str, kind: str, value: Any) -> Any:
    if kind.startswith("tuple"):
        return session_range(option, value)
    if kind == "int":
        return whole(option, value)
    if kind.startswith("float"):
        if value is None and kind.endswith("None"):
            return None
        if isinstance(value, bool) or not isinstance(value, Real):
            raise from_code("invalid-option", f"{option}: give a number")
        return float(value)
    if kind.startswith("Literal") and value not in ("dyads", "ruptures-and-controls"):
        raise from_code("invalid-option", f"{option}: choose `dyads` or `ruptures-and-controls`")
    return value


def session_range(option: str, value: Any) -> tuple[int, int]:
    """Give the fewest and the most sessions."""
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise from_code("invalid-option", f"{option}: give the fewest and the most sessions")
    return whole(option, value[0]), whole(option, value[1])


def _markers(given: Any) -> dict[str, list[str]]:
    """Give the names of the markers of the two families."""
    families = ("withdrawal", "confrontation")
    if isinstance(given, str | Instrument):
        codes = resolve(given).codes
        named = {family: [name for own, _, name in codes if own == family] for family in families}
    elif isinstance(given, Mapping):
        named = {family: list(given.get(family, ())) for family in families}
    else:
        named = {family: [] for family in families}
    if not all(named.values()) or not all(isinstance(name, str) for names in named.values() for name in names):
        raise from_code(
            "invalid-option",
            "coding.markers: name a coding system that lists withdrawal and confrontation markers, or give both "
            'families as `{"withdrawal": [...], "confrontation": [...]}`',
        )
    return named
