"""Answers item by item, reversed items turned, from a frame, scores or a study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from alliance import _native
from alliance.errors import from_code
from alliance.instruments import Instrument, resolve
from alliance.psychometrics.measurements import Ids, is_scores
from alliance.request import Columns, Reading, id_columns, options
from alliance.scores import Scores
from alliance.scoring import score
from alliance.series import choose
from alliance.sources import first_rows, read_given

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from alliance._frames import Kind
    from alliance._typing import Given

__all__ = ["ItemAnswers", "read_items"]


@dataclass(frozen=True, eq=False)
class ItemAnswers:
    """The answers to the items of a scale.

    Parameters
    ----------
    given : list
        The answers to each item as the native module reads them, called by the item's name; reversed items turned.
    scale : str
        The scale.
    instrument : Instrument or None
        The form, where it is known.
    metric : str
        ``mean``, ``sum`` or ``pomp``: the unit in which the scale is reported.
    ids : Ids
        Ids of the forms.
    parts : mapping of str to list of int
        Subscales that split the items exactly, as places among them; empty where there are none.
    """

    given: list[Given]
    scale: str
    instrument: Instrument | None
    metric: str
    ids: Ids
    parts: dict[str, list[int]]

    @property
    def items(self) -> tuple[str, ...]:
        """Names of the items: numbers of the form's items, or columns."""
        return tuple(name for name, *_ in self.given)

    @property
    def answers(self) -> NDArray[np.float64]:
        """Items by forms, each item contiguous, NaN where missing: read anew at every call."""
        import numpy as np

        # Without id columns the frame of ids has no rows.
        rows = len(self.given[0][1]) if self.given else 0
        table = np.empty((len(self.given), rows))
        for row, column in zip(table, self.given, strict=True):
            read_given(column, row)
        return table

    @property
    def points(self) -> float:
        """How many points of the scale's unit a point of the items' mean is."""
        if self.metric == "pomp" and self.instrument is not None and self.instrument.range is not None:
            low, high = self.instrument.range
            return 100.0 / (high - low)
        return float(len(self.items)) if self.metric == "sum" else 1.0

    @property
    def kind(self) -> Kind:
        """Kind of frame that came in."""
        return self.ids.frame.kind

    @property
    def described(self) -> str:
        """The scale, for a sentence."""
        if self.instrument is None:
            return f"{len(self.items)} items"
        return f"the {self.scale} scale of the {self.instrument.name} ({self.instrument.id}; {len(self.items)} items)"

    @property
    def rows(self) -> str:
        """What the forms are: ``one-session``, or ``pooled-rows`` where clients have several.

        Without a client column nothing says that they have.
        """
        if "client" not in self.ids:
            return "one-session"
        dyads = self.ids.dyads()
        return "pooled-rows" if len(dyads) > len(first_rows(dyads)) else "one-session"

    def at(self, session: Any) -> ItemAnswers:
        """Give the forms of one session, by its label, or of several, by a list of labels."""
        return self.take(self.ids.rows_at(session, what="form"))

    def take(self, rows: NDArray[np.intp]) -> ItemAnswers:
        """Give some of the forms."""
        ids, answers = Ids(self.ids.frame.take(rows), self.ids.roles), self.answers
        given: list[Given] = [(name, row[rows], None) for name, row in zip(self.items, answers, strict=True)]
        return replace(self, given=given, ids=ids)


def read_items(
    data: Any,
    instrument: Instrument | str | None,
    *,
    purpose: str,
    columns: Columns | None = None,
    scale: str = "total",
    client: str | None = None,
    session: str | None = None,
    therapist: str | None = None,
    rater: str | None = None,
) -> ItemAnswers:
    """Read answers item by item.

    From scores or a study as they were read for scoring. From a frame with an instrument, whose key turns reversed
    items. From a frame without one, where ``columns`` lists items that already run the same way.
    """
    from alliance._frames import Frame

    if is_scores(data):
        if instrument is not None or columns is not None or client or session or therapist:
            raise from_code(
                "invalid-option",
                f"{purpose}: scores know their form and columns; leave out `instrument`, `columns` and ids",
            )
        return _of_scores(choose(data, rater), scale, purpose)
    if columns is None:
        Frame(data)  # refuses what is none
        raise from_code("missing-column", f"{purpose}: name the item columns, `columns=...`", column="columns")
    ids = id_columns(client, therapist, session, rater)
    if instrument is not None:
        form = resolve(instrument)
        scored = score(
            data,
            form,
            columns=columns,
            client=client,
            session=session,
            therapist=therapist,
            rater=rater,
            duplicates="keep",
            scales=[scale],
            accept_unverified=True,
        )
        return _of_scores(scored, scale, purpose)
    return _of_columns(data, columns, ids, purpose)


def _of_scores(scores: Scores, scale: str, purpose: str) -> ItemAnswers:
    import numpy as np

    from alliance._frames import Frame

    known = scores.instrument.scales
    scores._position(scale)
    source, items = scores._source, list(known[scale])
    if source.given is None or source.entry == "totals":
        problem = "the answers are not there any more (totals, or scores that were stored and read again); score again"
        raise from_code("invalid-option", f"{purpose}: {problem}")
    # A key with one scale per item: its scores are the answers, read, checked and turned as for any score.
    names = {f"item-{item}": [item] for item in items}
    key = scores.instrument.with_key(
        scales=names, reversed=scores.instrument.reversed or (), source="one scale per item"
    )
    scorer = _native.Scorer(
        key._native,
        options(
            scales=list(names),
            missing="complete",
            entry=source.entry,  # type: ignore[arg-type]
            already_reversed=source.already_reversed,
            reading=Reading((), source.labels, source.missing_numbers, source.missing_texts),
            accept_unverified=True,
        ),
    )
    rows = len(scores)
    answers = np.empty((len(items), rows))
    answered = np.empty((len(items), rows), dtype=np.uint8)
    defined = np.empty((len(items), (rows + 7) // 8), dtype=np.uint8)
    scorer.score(source.given, list(source.labels), list(source.missing_texts), answers, answered, defined, None)
    places = {item: place for place, item in enumerate(items)}
    split = [part for part in scores.instrument.partition if part != scale]
    parts = {part: [places[item] for item in known[part] if item in places] for part in split}
    whole = sorted(place for part in parts.values() for place in part) == list(range(len(items)))
    return ItemAnswers(
        [(str(item), row, None) for item, row in zip(items, answers, strict=True)],
        scale,
        scores.instrument,
        scores.metric,
        Ids.of(Frame(scores._ids), scores._id_roles),
        parts if whole and len(parts) > 1 else {},
    )


def _of_columns(data: Any, columns: Columns, ids: dict[str, str], purpose: str) -> ItemAnswers:

    from alliance._frames import Frame

    if isinstance(columns, str) or not isinstance(columns, Sequence):
        problem = "without an instrument, list the item columns; a pattern needs to know how many items there are"
        raise from_code("invalid-option", f"columns: {problem}")
    frame, names = Frame(data), list(columns)
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        raise from_code("repeated-column", f"columns: `{repeated[0]}` is listed twice", column=str(repeated[0]))
    frame.require([*names, *ids.values()], purpose)
    return ItemAnswers([frame.answers(name) for name in names], "items", None, "mean", Ids.of(frame, ids), {})
