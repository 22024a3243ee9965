"""Reliability across sessions: of clients' levels, of changes within one, and what more sessions or items give."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alliance import _html, _native
from alliance.arguments import number, whole
from alliance.errors import from_code
from alliance.instruments import Instrument
from alliance.psychometrics.estimate import Estimate
from alliance.psychometrics.result import Result

__all__ = ["SessionReliability"]


# What each coefficient says, in the words of a table.
_WORDS = {
    "r_krn": "R_kRn: a client's level, from the mean of the sessions",
    "r_1rn": "R_1Rn: a client's level, from one session",
    "r_cn": "R_Cn: changes of a client between sessions",
    "r_kf": "R_kF: a client's level, from the mean of these sessions",
    "r_1f": "R_1F: a client's level, from one session, the same for all",
    "r_kr": "R_kR: a client's level, from the mean of as many sessions",
    "r_1r": "R_1R: a client's level, from any one session",
    "r_c": "R_C: changes of a client between sessions",
    "within_alpha": "alpha within clients",
    "between_alpha": "alpha between clients",
    "pooled_alpha": "alpha of pooled rows",
    "standard_error_of_measurement": "standard error of measurement of one session",
    "icc": "ICC(1) of session scores",
    "icc_of_mean": "ICC of the mean of the sessions",
    "therapist_icc": "share of variance between therapists",
}
_SESSIONS_STUDIED = range(1, 13)


@dataclass(frozen=True, eq=False, repr=False)
class SessionReliability(Result):
    """Reliability of repeated sessions. Made by :func:`session_reliability`.

    The same answers give several reliabilities, one for each question. In the formulas P, T(P) and E are the variances
    of clients, of sessions within clients and of items within sessions; K is the number of sessions of a client and m
    that of items (harmonic means where they differ).

    Parameters
    ----------
    scale : str
        The scale.
    instrument : Instrument or None
        The form, where it is known.
    clients : int
        Clients (dyads, where therapists are known) with an answer.
    sessions, items : float
        K and m: harmonic means of sessions per client and of items answered per session.
    r_krn, r_1rn : Estimate
        For a client's level, from the mean of the sessions, ``P / (P + T(P)/K + E/(Km))``, and from one session. For
        sessions that are not aligned between clients: the usual case.
    r_cn : Estimate
        For changes of a client between sessions, ``T(P) / (T(P) + E/m)``.
    r_kf, r_1f, r_kr, r_1r, r_c : Estimate
        Cranford's coefficients of clients, sessions and items crossed, the sessions being fixed (F) or random (R), the
        mean of all (k) or one (1); and of change (C). Defined only if all clients have the same sessions with every
        item.
    within_alpha, between_alpha, pooled_alpha : Estimate
        Alpha of the covariances within clients, between clients, and of rows put together: neither of the two.
        ``between_alpha`` is free of the fluctuation within clients, and so not the reliability of an observed mean.
    standard_error_of_measurement : Estimate
        Of one session's score, in its unit (see ``metric``): its SD within clients times sqrt(1 - within_alpha).
    icc, icc_of_mean : Estimate
        ICC(1) of session scores (of forms with every item), the share of variance between clients, and that of the
        mean of the sessions.
    therapist_icc : Estimate or None
        Share of variance between therapists, where they are known.
    nested_components, crossed_components, score_components : mapping of str to Estimate
        Variance components: of the nested design (client, session, residual); of the crossed one (client, session,
        item, client_session, client_item, session_item, residual); of session scores (client, residual and, where
        known, therapist). Negative ones are given as they are; coefficients count them as 0 and say so.
    item_icc : mapping of str to Estimate
        ICC(1) of each item.
    metric : str
        ``mean``, ``sum`` or ``pomp``; variance components are those of answers and of their means all the same.
    item_means : str
        What became of differences between items' means.
    confidence : float
        Confidence of the intervals.
    resamples : int or None
        Resampled clients for the intervals of the alphas.
    """

    scale: str
    instrument: Instrument | None
    clients: int
    sessions: float
    items: float
    r_krn: Estimate
    r_1rn: Estimate
    r_cn: Estimate
    r_kf: Estimate
    r_1f: Estimate
    r_kr: Estimate
    r_1r: Estimate
    r_c: Estimate
    within_alpha: Estimate
    between_alpha: Estimate
    pooled_alpha: Estimate
    standard_error_of_measurement: Estimate
    icc: Estimate
    icc_of_mean: Estimate
    therapist_icc: Estimate | None
    nested_components: Mapping[str, Estimate]
    crossed_components: Mapping[str, Estimate]
    score_components: Mapping[str, Estimate]
    item_icc: Mapping[str, Estimate]
    metric: str
    item_means: str
    confidence: float
    resamples: int | None
    _described: str
    _kind: Any

    @property
    def is_aligned(self) -> bool:
        """Whether all clients have the same sessions with every item, so that the crossed design is defined."""
        return self.r_c.status != "undefined" and self.crossed_components["residual"].value > 0

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """All estimates, by name."""
        found = {name: getattr(self, name) for name in _WORDS}
        sides = (
            ("nested", self.nested_components),
            ("crossed", self.crossed_components),
            ("score", self.score_components),
        )
        found |= {f"{design} {name}": each for design, components in sides for name, each in components.items()}
        found |= {f"icc of {item}": each for item, each in self.item_icc.items()}
        return {name: each for name, each in found.items() if each is not None}

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The form, if it is known."""
        return () if self.instrument is None else (self.instrument,)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of this result should know."""
        shown = [each for _, each in self._shown]
        components = [*self.nested_components.items(), *(self.crossed_components.items() if self.is_aligned else ())]
        negative = [name.replace("_", " x ") for name, each in components if each.value < 0]
        listed = ", ".join(dict.fromkeys(negative))
        said = (
            (f"Estimated below 0, and 0 for a coefficient that uses it: the variance of {listed}.",) if negative else ()
        )
        return (*said, *dict.fromkeys(note for each in shown for note in each.notes))

    @property
    def _title(self) -> str:
        return "Reliability across sessions"

    @property
    def _line(self) -> str:
        name = f"{self.instrument.id} {self.scale}" if self.instrument is not None else self.scale
        used = self.nested_components["client"].rows_used or self.icc.rows_used
        return f"{name}, {self.clients} clients, {used} sessions with an answer, {self.sessions:.3g} a client"

    @property
    def _shown(self) -> Sequence[tuple[str, Estimate]]:
        crossed = ("r_kf", "r_1f", "r_kr", "r_1r", "r_c")
        names = [name for name in _WORDS if self.is_aligned or name not in crossed]
        found = [(_WORDS[name], getattr(self, name)) for name in names]
        return [(words, each) for words, each in found if each is not None]

    def __repr__(self) -> str:
        return f"<SessionReliability R_kRn {self.r_krn}, R_Cn {self.r_cn}; {self._line}>"

    def _sentences(self) -> Sequence[str]:
        counts = f"{self.clients} clients with {self.sessions:.3g} sessions each (harmonic mean)"
        sentences = [
            f"Reliability across sessions of {self._described} was worked out from {counts}.",
            f"Variance components of clients, sessions within clients and items ({self.r_krn.method}) gave a "
            f"reliability of {self.r_krn} for the mean of a client's sessions (R_kRn), {self.r_1rn} for one session, "
            f"and {self.r_cn} for changes between sessions of a client (R_Cn)."
            if not math.isnan(self.r_krn.value)
            else f"Variance components of clients, sessions within clients and items are not known: {self.r_krn}.",
        ]
        if self.is_aligned:
            sentences.append(
                f"With sessions crossed with clients, R_kF was {self.r_kf}, R_kR {self.r_kr} and R_C {self.r_c}."
            )
        sentences += [
            f"Alpha was {self.within_alpha} within clients, {self.between_alpha} between clients and "
            f"{self.pooled_alpha} over all rows.",
            f"ICC(1) of session scores was {self.icc}.",
        ]
        if self.therapist_icc is not None:
            sentences.append(f"The share of variance between therapists was {self.therapist_icc}.")
        return [*sentences, f"Intervals have a confidence of {100 * self.confidence:g} %."]

    @property
    def _references(self) -> tuple[str, ...]:
        return ("cranford-2006", "nezlek-2017", "geldhof-2014", "feldt-1965", "searle-1992")

    def decision_study(self, sessions: Sequence[int] = _SESSIONS_STUDIED, items: Sequence[int] | None = None) -> Any:
        """Give the reliabilities that numbers of sessions and items would have.

        Parameters
        ----------
        sessions : sequence of int
            Sessions per client.
        items : sequence of int, optional
            Items per session; by default as many as there are.

        Returns
        -------
        frame
            Of the kind that went in, one row per number of sessions and of items: ``sessions``, ``items``,
            ``between_clients`` (of the mean of the sessions, as R_kRn) and ``within_client`` (of changes, as R_Cn; more
            sessions do not help it).

        Raises
        ------
        AllianceError
            ``invalid-option`` unless all are whole numbers above 0.

        Examples
        --------
        >>> import alliance as al
        >>> clinic = al.simulate(dyads=60, sessions=6, seed=1)
        >>> scores = al.score(clinic.client_forms, "wai-sr-client", columns="wai_{item}",
        ...                   client="client", session="session")
        >>> len(al.session_reliability(scores).decision_study(sessions=[1, 4, 8], items=[6, 12]))
        6
        """
        import numpy as np

        from alliance import _frames

        rows = self._rows(sessions, items)
        kind = self._kind or _frames.installed_kind()
        counts = {name: [row[place] for row in rows] for place, name in enumerate(("sessions", "items"))}
        values = {
            name: np.array([row[place] for row in rows], dtype=float)
            for place, name in enumerate(("between_clients", "within_client"), 2)
        }
        return _frames.beside(kind, _frames.frame_of(kind, counts), values)

    def sessions_needed(self, target: float, items: int | None = None) -> int | None:
        """Give the fewest sessions whose mean tells clients apart with a reliability.

        Parameters
        ----------
        target : float
            Reliability, above 0 and below 1.
        items : int, optional
            Items per session; by default as many as there are.

        Returns
        -------
        int or None
            None if clients do not differ, or variances are not defined.
        """
        (row,) = self._rows([1], None if items is None else [items])
        return _native.times_needed(row[2], _reliability(target))

    def items_needed(self, target: float) -> int | None:
        """Give the fewest items in a session that tell a client's sessions apart with a reliability.

        Parameters
        ----------
        target : float
            Reliability, above 0 and below 1.

        Returns
        -------
        int or None
            None if sessions of a client do not differ, or variances are not defined, as with one item.
        """
        if len(self.item_icc) < 2:
            return None
        (row,) = self._rows([1], [1])
        return _native.times_needed(row[3], _reliability(target))

    def clients_needed(self, target: float, sessions: int | None = None) -> int | None:
        """Give the fewest clients of a therapist whose mean tells therapists apart with a reliability.

        Parameters
        ----------
        target : float
            Reliability, above 0 and below 1.
        sessions : int, optional
            Sessions of each client; by default about as many as there are.

        Returns
        -------
        int or None
            None if therapists do not differ.

        Raises
        ------
        AllianceError
            ``invalid-option`` where therapists are not known.
        """
        if self.therapist_icc is None:
            raise from_code("invalid-option", "clients_needed: the therapist of each form is not known")
        count = max(round(self.sessions), 1) if sessions is None else whole("sessions", sessions, least=1)
        # Clients in therapists and sessions in clients are to therapists what sessions and items are to clients.
        variances = [self.score_components[name].value for name in ("therapist", "client", "residual")]
        ((_, _, single, _),) = _native.decision_rows(variances, [1], [count])
        return _native.times_needed(single, _reliability(target))

    def plot(
        self, sessions: Sequence[int] = _SESSIONS_STUDIED, items: Sequence[int] | None = None, target: float = 0.80
    ) -> Any:
        """Draw the decision study: clients' levels by sessions, and changes within a client by items.

        Parameters
        ----------
        sessions : sequence of int
            Sessions per client.
        items : sequence of int, optional
            Items per session: a line each. By default half as many as there are, as many, and twice as many.
        target : float
            Reliability at which a line is drawn.

        Returns
        -------
        matplotlib.figure.Figure
            Two panels.

        Raises
        ------
        AllianceError
            ``missing-extra`` without matplotlib; ``invalid-option``.
        """
        from alliance.psychometrics.sessions.decision_study_figure import decision_study

        return decision_study(self, sessions, items, _reliability(target))

    def _rows(self, sessions: Sequence[int], items: Sequence[int] | None) -> list[tuple[int, int, float, float]]:
        count = len(self.item_icc)
        counts = [count] if items is None else _counts("items", items)
        if count < 2:
            # One score per session: what varies within a client is all that a session adds.
            variances = [
                _sum(self.score_components, "therapist", "client"),
                self.score_components["residual"].value,
                0.0,
            ]
        else:
            variances = [self.nested_components[name].value for name in ("client", "session", "residual")]
        return _native.decision_rows(variances, _counts("sessions", sessions), counts)

    def _more_html(self) -> str:
        components = [*(("nested", *pair) for pair in self.nested_components.items())]
        if self.is_aligned:
            components += [("crossed", *pair) for pair in self.crossed_components.items()]
        rows = [(f"{name.replace('_', ' x ')}, {design}", str(each), each.method) for design, name, each in components]
        study = [
            (sessions, _html.two(between), _html.two(within))
            for sessions, _, between, within in self._rows([1, 2, 4, 8, 12], None)
        ]
        return _html.table(("variance of", "estimate", "method"), rows) + _html.table(
            ("sessions", "clients' levels", "changes"), study
        )


def _sum(components: Mapping[str, Estimate], *names: str) -> float:
    return sum(max(components[name].value, 0.0) if name in components else 0.0 for name in names)


def _counts(option: str, counts: Sequence[int]) -> list[int]:
    return [whole(option, count, least=1) for count in counts]


def _reliability(target: float) -> float:
    if not 0 < number("target", target) < 1:
        raise from_code("invalid-option", "target: give a reliability above 0 and below 1")
    return float(target)
