"""Clients and sessions in rows, ids recoded: what every recipe starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from alliance.arguments import choice
from alliance.errors import from_code
from alliance.measurements import Ids, is_scores
from alliance.request import id_columns
from alliance.series import choose
from alliance.sources import first_rows, read_measure
from alliance.study import Study, StudyScores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from alliance._frames import Kind
    from alliance.instruments import Instrument
    from alliance.scores import Scores

__all__ = ["Keep", "Panel", "Part", "measure_of", "panel_of", "read_parts", "remark"]

Keep = Literal["recoded", "as-given"]
MOST_SESSIONS = 100_000


@dataclass(frozen=True, eq=False)
class Part:
    """Measures of one frame with the ids of its rows.

    Parameters
    ----------
    ids : Ids
        Client, session and, where known, therapist.
    values : mapping of str to ndarray of float64
        Name in the recipe to the numbers, NaN where missing.
    described : mapping of str to str
        Name in the recipe to what it was for the caller.
    instruments : tuple of Instrument
        The forms, where they are known.
    """

    ids: Ids
    values: Mapping[str, NDArray[np.float64]]
    described: Mapping[str, str]
    instruments: tuple[Instrument, ...] = ()


@dataclass(frozen=True, eq=False)
class Panel:
    """One row per client and session, clients in the order of their first row, sessions rising.

    Parameters
    ----------
    client : ndarray of int64
        Clients numbered from 1; with a therapist known, a client with two therapists is two.
    session : ndarray of int64
        Session numbers.
    therapist : ndarray of int64 or None
        Therapists numbered from 1.
    values, described, instruments
        As in :class:`Part`.
    given : frame
        Id columns as they were given, one row per client.
    """

    kind: Kind
    client: NDArray[np.int64]
    session: NDArray[np.int64]
    therapist: NDArray[np.int64] | None
    values: Mapping[str, NDArray[np.float64]]
    described: Mapping[str, str]
    instruments: tuple[Instrument, ...]
    given: Any
    roles: Mapping[str, str]

    @property
    def clients(self) -> int:
        """Number of clients."""
        return int(self.client.max(initial=0))

    def label(self, role: str) -> list[Any]:
        """Give the ids of a role as they were given, one per row."""
        from alliance._frames import Frame, cells

        labels = cells(Frame(self.given), self.roles[role])
        return [labels[client - 1] for client in self.client.tolist()]

    def ids(self, keep: Keep, *roles: str) -> dict[str, Any]:
        """Give id columns, by default that of clients, recoded or as they were given."""
        roles = roles or ("client",)
        for role in roles:
            if role not in self.roles:
                raise from_code("missing-column", f"name the {role} column with `{role}=...`", column=role)
        if choice("keep", keep, ("recoded", "as-given")) == "recoded":
            codes = {"client": self.client, "therapist": self.therapist}
            return {role: codes[role] for role in roles}
        labels = {role: self.label(role) for role in roles}
        if len(set(labels["client"])) < len(set(self.client.tolist())):
            problem = "a client has two therapists or courses and is two here, which ids as given do not tell apart"
            raise from_code("invalid-option", f"keep: {problem}; choose `recoded`")
        return labels

    def remarks(self, *names: str) -> list[str]:
        """Say what leaves a model with nothing to go by: measures without a value or without variation, one client."""
        found = [said for name in names for said in remark(self.values[name], self.described[name])]
        if self.clients == 1:
            found.append("There is one client: nothing can be told between clients.")
        elif len(self.client) == self.clients:
            found.append("Every client has one session: nothing can be told within clients.")
        return found


def remark(values: NDArray[np.float64], described: str) -> list[str]:
    """Say what leaves a model with nothing to go by: a measure without a value, or without variation."""
    import numpy as np

    known = values[~np.isnan(values)]
    if len(known) == 0:
        return [f"There is no value of {described}: nothing can be fitted."]
    return [f"Every value of {described} is the same: nothing can be fitted."] if known.min() == known.max() else []


def measure_of(data: Any, score: str | None, scale: str, purpose: str) -> str:
    """Name the measure that is meant: the column of a frame, or the scale of scores."""
    if is_scores(data):
        if score is not None:
            raise from_code("invalid-option", f"{purpose}: scores know their columns; leave out `score`, name `scale`")
        return scale
    if score is None:
        raise from_code("missing-column", f"{purpose}: name the column with the scores, `score=...`", column="score")
    return score


def read_parts(
    data: Any,
    named: Mapping[str, str],
    *,
    purpose: str,
    client: str | None,
    session: str | None,
    therapist: str | None,
    rater: str | None,
) -> list[Part]:
    """Read measures from the columns of a frame, or from the scales of scores and the outcomes of a study."""
    if is_scores(data):
        given = id_columns(client, therapist, session, None)
        if given:
            listed = ", ".join(f"`{role}`" for role in given)
            raise from_code("invalid-option", f"{purpose}: scores know their id columns; leave out {listed}")
        return _of_scores(data, named, rater, purpose)
    if rater is not None:
        problem = "rater: says whose scores of a study are meant; of a frame, keep the rows of one rater"
        raise from_code("invalid-option", problem)
    from alliance._frames import Frame

    frame, ids = Frame(data), id_columns(client, therapist, session, None)
    twice = sorted({column for column in named.values() if [*named.values(), *ids.values()].count(column) > 1})
    if twice:
        raise from_code("repeated-column", f"{purpose}: `{twice[0]}` is named for two things", column=twice[0])
    frame.require([*ids.values(), *named.values()], purpose)
    values = {name: read_measure(frame, column) for name, column in named.items()}
    return [Part(Ids.of(frame, ids), values, {name: f"column `{column}`" for name, column in named.items()})]


def _of_scores(
    data: Scores | StudyScores | Study, named: Mapping[str, str], rater: str | None, purpose: str
) -> list[Part]:
    import numpy as np

    from alliance._frames import Frame

    study = data if isinstance(data, Study) else getattr(data, "_study", None)
    chosen = choose(data, rater)
    ids = Ids.of(Frame(chosen._ids), chosen._id_roles)
    of_form = {name: scale for name, scale in named.items() if scale in chosen.names}
    form = chosen.instrument
    what = {name: f"{scale} ({form.id}, {chosen.metric})" for name, scale in of_form.items()}
    values = {name: np.ascontiguousarray(chosen[scale]) for name, scale in of_form.items()}
    parts = [Part(ids, values, what, (form,))]
    for name, wanted in named.items():
        if name in of_form:
            continue
        outcomes = {each.score: each for each in (() if study is None else study._outcomes)}
        if wanted not in outcomes:
            known = ", ".join(f"`{each}`" for each in (*chosen.names, *outcomes))
            problem = f"{purpose}: there is neither a scale nor an outcome `{wanted}`; there are {known}"
            raise from_code("unknown-scale", problem)
        frame = outcomes[wanted].frame
        roles = {"client": study.client, "session": study.session}  # type: ignore[union-attr]
        measured = outcomes[wanted].measured
        described = f"outcome `{wanted}`, taken {measured} the session"
        parts.append(Part(Ids.of(frame, roles), {name: read_measure(frame, wanted)}, {name: described}))
    return [part for part in parts if part.values]


def panel_of(parts: Sequence[Part], *, purpose: str, session_order: Sequence[Any] | None = None) -> Panel:
    """Put parts together, one row per client and session; refuse a session that a part has twice."""
    import numpy as np

    from alliance import _frames

    for part in parts:
        part.ids.require("client", "session", purpose=purpose)
    roles = ("client", "therapist") if all("therapist" in part.ids for part in parts) else ("client",)
    for part in parts:
        part.ids.require_once(*roles, "session", purpose=purpose)
    first = parts[0].ids
    wanted = {role: first.roles[role] for role in (*roles, "session")}
    frame = _frames.Frame(first.frame.ids(list(wanted.values())))
    for part in parts[1:]:
        # A study has one name for each id in all its frames.
        frame = _frames.below(frame, part.ids.frame, list(wanted.values()))
    if len(frame) == 0:
        raise from_code("invalid-option", f"{purpose}: the data have no rows")
    ids = Ids(frame, wanted)
    units, numbers = ids.dyads(), ids.session_numbers(session_order)
    if np.abs(numbers).max() > MOST_SESSIONS:
        problem = f"session numbers go beyond {MOST_SESSIONS}; number the sessions of each client from 1"
        raise from_code("session-span", problem)
    starts = first_rows(units)
    order = np.lexsort((numbers, units))
    keys = units[order].astype(np.int64) * (2 * MOST_SESSIONS + 1) + numbers[order]
    is_new = np.ones(len(keys), dtype=bool)
    is_new[1:] = keys[1:] != keys[:-1]
    row_of = np.empty(len(keys), dtype=np.intp)
    row_of[order] = np.cumsum(is_new) - 1
    kept = order[is_new]
    values: dict[str, Any] = {}
    begin = 0
    for part in parts:
        rows = len(part.ids.frame)
        for name, column in part.values.items():
            values[name] = np.full(len(kept), np.nan)
            values[name][row_of[begin : begin + rows]] = column
        begin += rows
    return Panel(
        kind=frame.kind,
        client=units[kept].astype(np.int64) + 1,
        session=numbers[kept],
        therapist=ids.codes("therapist")[kept].astype(np.int64) + 1 if "therapist" in wanted else None,
        values=values,
        described={name: text for part in parts for name, text in part.described.items()},
        instruments=tuple({form.id: form for part in parts for form in part.instruments}.values()),
        given=_frames.without_index(frame.kind, frame.take(starts).ids([wanted[role] for role in roles])),
        roles=wanted,
    )
