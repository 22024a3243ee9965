"""Shapes of clients' whole courses, and clusters of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from alliance import _html, _native
from alliance.errors import from_code
from alliance.instruments import Instrument
from alliance.scores import Scores
from alliance.series import Sessions, read_sessions
from alliance.study import Study, StudyScores

__all__ = ["Shapes", "shapes"]

STATUSES = ("fitted", "constant", "too-few-sessions")
MOST_COUNT = 65_535


def shapes(
    scores: Scores | StudyScores | Study,
    *,
    rater: str | None = None,
    scale: str = "total",
    clusters: int | None = None,
    first_sessions: int | None = None,
    session_order: Sequence[Any] | None = None,
) -> Shapes:
    """Describe each client's whole course by level, linear growth and curvature, and group clients by the last two.

    Parameters
    ----------
    scores : Scores, StudyScores or Study
        Scores with client and session columns, as for :func:`find_ruptures`.
    rater : str, optional
        Whose scores, where there are several.
    scale : str
        Scale.
    clusters : int, optional
        How many clusters; you say it, nothing guesses it. Two or more need as many different shapes, of at most
        20 000 clients.
    first_sessions : int, optional
        Contrasts over the first so many sessions, 3 or more, of clients who have them all, counted from the first
        form; instead of a curve over all sessions of clients with at least five. 4 is the design of Kivlighan &
        Shaughnessy (2000).
    session_order : sequence, optional
        All session labels in their order, where they are neither numbers nor dates.

    Returns
    -------
    Shapes
        Clients and clusters as frames of the kind the scores came in.

    Raises
    ------
    AllianceError
        ``missing-column`` without client or session ids; ``invalid-option``.

    Notes
    -----
    The curve is the least-squares fit of::

        y = level + linear x + quadratic (x^2 - mean of x^2) + e,    x = t - mean t

    with t the number of the session, means over the client's scored sessions, and the standard deviation of e with
    n - 3. Contrasts are orthogonal polynomials of length 1: (-3, -1, 1, 3) / sqrt(20) and (1, -1, -1, 1) / 2 for four
    sessions. Clusters are those of Ward's method on linear and quadratic, each over its standard deviation. It
    always finds as many as it is asked for: clusters describe a sample and prove no kinds of client.

    References
    ----------
    Kivlighan & Shaughnessy (2000), Journal of Counseling Psychology 47, 362-371. Stiles et al. (2004), Journal of
    Counseling Psychology 51, 81-92 (recalled). Ward (1963), JASA 58, 236-244.

    Examples
    --------
    >>> import alliance as al
    >>> forms = al.simulate(seed=20).client_forms
    >>> scores = al.score(forms, "wai-sr-client", columns="wai_{item}", client="client", session="session",
    ...                   missing=al.Prorate(min_share=0.75))
    >>> found = al.shapes(scores, clusters=3)
    >>> found
    <Shapes wai-sr-client total: 60 dyads, 3 clusters>
    >>> found.clusters["clients"].sum()
    56
    """
    for option, count, least in (("clusters", clusters, 1), ("first_sessions", first_sessions, 3)):
        if count is not None and (
            isinstance(count, bool) or not isinstance(count, int) or not least <= count <= MOST_COUNT
        ):
            raise from_code("invalid-option", f"{option}: give a whole number, {least} or more")
    run = read_sessions(scores, rater=rater, scale=scale, session_order=session_order).forms()
    found = _native.CourseShapes(
        run.dyads, run.numbers, run.scores, run.limits or (0.0, 1.0), first_sessions, clusters or 1
    )
    return Shapes._of(run, scale, clusters, first_sessions, found)


class Shapes:
    """Shapes of courses. Made by :func:`shapes`.

    In a notebook it shows counts and means of clusters, never a row.
    """

    __slots__ = ("_asked", "_first_sessions", "_found", "_run", "scale")

    scale: str
    _run: Sessions
    _asked: int | None
    _first_sessions: int | None
    _found: _native.CourseShapes

    def __init__(self) -> None:
        raise TypeError("shapes are made by `al.shapes`")

    @classmethod
    def _of(
        cls, run: Sessions, scale: str, asked: int | None, first_sessions: int | None, found: _native.CourseShapes
    ) -> Shapes:
        new = object.__new__(cls)
        values = {"scale": scale, "_run": run, "_asked": asked, "_first_sessions": first_sessions, "_found": found}
        for name, value in values.items():
            object.__setattr__(new, name, value)
        return new

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("shapes cannot be changed")

    @property
    def instrument(self) -> Instrument:
        """The form the scores are of."""
        return self._run.of_form.instrument

    @property
    def clients(self) -> Any:
        """One row per dyad: ids, observed, level, linear, quadratic, residual_sd, status, and cluster if asked for.

        ``level`` and ``residual_sd`` are in points of the item mean, ``linear`` in points per session, ``quadratic`` in
        points per squared session, positive where the course sags; contrasts over first sessions are in points.
        ``status`` is fitted, constant (all scores the same) or too-few-sessions. Clusters are numbered from 1, largest
        first.
        """
        import numpy as np

        from alliance import _frames

        found = self._found.clients()
        columns: dict[str, Any] = {"observed": [client[0] for client in found]}
        for place, name in enumerate(("level", "linear", "quadratic", "residual_sd"), 1):
            columns[name] = np.array([client[place] for client in found], dtype=float)
        columns["status"] = [client[5] for client in found]
        if self._asked is not None:
            columns["cluster"] = [None if client[6] is None else client[6] + 1 for client in found]
        kind = self._run.of_form._kind
        return _frames.beside(kind, _frames.without_index(kind, self._ids()), columns)

    def _ids(self) -> Any:
        """Select client and therapist of each dyad."""
        import numpy as np

        from alliance._frames import Frame

        dyads, roles = self._run.dyads, self._run.of_form._id_roles
        rows = np.zeros(len(self._found.offsets()) - 1, dtype=np.intp)
        rows[dyads[::-1]] = np.arange(len(dyads))[::-1]
        columns = [roles[role] for role in ("client", "therapist") if role in roles]
        return Frame(self._run.of_form._ids).take(rows).ids(columns)

    @property
    def clusters(self) -> Any:
        """One row per cluster, largest first: clients, and mean level, linear and quadratic.

        Without clusters asked for, one row of all clients that have a shape.
        """
        import numpy as np

        from alliance import _frames

        found = self._found.clusters()
        columns: dict[str, Any] = {"clients": [each[0] for each in found]}
        for place, name in enumerate(("level", "linear", "quadratic"), 1):
            columns[name] = np.array([each[place] for each in found], dtype=float)
        kind = self._run.of_form._kind
        return _frames.frame_of(kind, {"cluster": list(range(1, len(found) + 1)), **columns})

    @property
    def between(self) -> float:
        """Share of the variance of both standardised coefficients that lies between clusters, 0 to 1."""
        return self._found.between()

    def to_frame(self, table: Literal["clients", "clusters"] = "clients") -> Any:
        """Give one of the two tables.

        Parameters
        ----------
        table : {"clients", "clusters"}
            Which.

        Returns
        -------
        frame
            Of the kind the scores came in.
        """
        if table not in ("clients", "clusters"):
            raise from_code("invalid-option", "table: choose `clients` or `clusters`")
        return getattr(self, table)

    def plot(self) -> Any:
        """Draw the mean course of each cluster over its clients' own courses.

        Returns
        -------
        matplotlib.figure.Figure
            One panel per cluster. Sessions count from each client's first; those without a score break a line. Means
            are over the clients who have the session: towards the end they rest on those who stayed.
        """
        from alliance.figures import courses_of_clusters

        return courses_of_clusters(self)

    def _counts(self) -> dict[str, int]:
        found = [client[5] for client in self._found.clients()]
        return {name: found.count(name) for name in STATUSES if name in found}

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of these shapes should know."""
        if self._asked is None:
            return ()
        return ("Clusters describe this sample; that there are as many as asked for says nothing.",)

    def methods(self) -> str:
        """Give a paragraph for a methods section, of facts these shapes hold.

        Returns
        -------
        str
            Plain text.
        """
        counts = ", ".join(f"{count} {name}" for name, count in self._counts().items())
        if self._first_sessions is None:
            how = "a quadratic curve fitted by least squares to all scored sessions of each client with at least five"
        else:
            how = f"linear and quadratic orthogonal contrasts over the first {self._first_sessions} sessions"
        said = (
            f"Courses of the {self.scale} score of the {self.instrument.rater} were described by {how}. "
            f"Dyads: {counts or 'none'}."
        )
        if self._asked is not None:
            sizes = ", ".join(str(each[0]) for each in self._found.clusters())
            said += (
                f" Linear and quadratic coefficients, each over its standard deviation, were clustered by Ward's "
                f"method into {self._asked} clusters of {sizes} dyads, with {100 * self.between:.0f} % of their "
                f"variance between clusters."
            )
        return " ".join((said, *self.notes))

    def cite(self) -> str:
        """Give BibTeX entries of the instrument and this software.

        Returns
        -------
        str
            BibTeX.
        """
        from alliance.citing import cite

        return cite(self._run.of_form)

    def _summary(self) -> str:
        clusters = "" if self._asked is None else f", {self._asked} clusters"
        return f"{self.instrument.id} {self.scale}: {len(self._found.offsets()) - 1} dyads{clusters}"

    def __repr__(self) -> str:
        return f"<Shapes {self._summary()}>"

    def _repr_html_(self) -> str:
        rows = [
            (number, clients, f"{level:.2f}", f"{linear:+.3f}", f"{quadratic:+.4f}")
            for number, (clients, level, linear, quadratic) in enumerate(self._found.clusters(), 1)
        ]
        return (
            _html.heading("Shapes of courses", self._summary())
            + _html.table(("dyads", "count"), list(self._counts().items()))
            + _html.table(("cluster", "dyads", "mean level", "mean linear", "mean quadratic"), rows)
            + _html.notes(self.notes)
        )
