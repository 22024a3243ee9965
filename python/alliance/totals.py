"""Totals that were computed elsewhere, as scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from alliance import _native
from alliance.errors import from_code
from alliance.instruments import Instrument, resolve
from alliance.missing import ItemSpread
from alliance.request import METRICS, id_columns, kept_rows
from alliance.scores import Input, Scale, Scores


def scores_from_totals(
    data: Any,
    instrument: Instrument | str,
    *,
    totals: Mapping[str, str],
    metric: Literal["mean", "sum", "pomp"],
    ids: Mapping[str, str | None],
    accept_unverified: bool,
) -> Scores:
    """Do what :meth:`alliance.Scores.from_totals` says."""
    import numpy as np

    from alliance._frames import Frame

    instrument = resolve(instrument)
    if metric not in METRICS:
        raise from_code("invalid-option", "metric: say whether the totals are `mean`, `sum` or `pomp`")
    if not totals:
        raise from_code("invalid-option", "totals: name at least one scale and its column")
    if instrument.range is None:
        raise from_code(
            "range-needed", f"the response range of `{instrument.id}` is not known here; state it with `with_range`"
        )
    _check_scales(instrument, totals, accept_unverified)
    frame = Frame(data)
    named = id_columns(ids["client"], ids["therapist"], ids["session"], ids["rater"])
    frame.require(totals.values(), "totals")
    kept = kept_rows(frame, named, "error")
    assert kept is None
    rows = len(frame)
    means = np.empty((len(totals), rows))
    answered = np.empty((len(totals), rows), dtype=np.uint8)
    defined = np.empty((len(totals), (rows + 7) // 8), dtype=np.uint8)
    scales = []
    for position, (name, column) in enumerate(totals.items()):
        items = len(instrument.scales[name])
        present = _native.totals_to_means(
            frame.answers(column),
            means[position],
            answered[position],
            defined[position],
            metric,
            items,
            instrument.range,
        )
        level = instrument.score_level(name)
        unknown = ItemSpread(float("nan"))
        scales.append(Scale(name, items, items, level, present, 0, rows - present, unknown))
    given = [frame.answers(column) for column in totals.values()]
    return Scores._of(
        instrument=instrument,
        scales=tuple(scales),
        metric=metric,
        missing="complete",
        left_out=(),
        means=means,
        answered=answered,
        defined=defined,
        kind=frame.kind,
        ids=frame.ids(list(named.values())),
        id_roles=named,
        source=Input(
            given=given,
            labels=(),
            missing_texts=(),
            missing_numbers=(),
            columns=tuple(str(column) for column in totals.values()),
            rows_read=rows,
            duplicates="error",
            entry="totals",
            already_reversed=True,
        ),
    )


def _check_scales(instrument: Instrument, totals: Mapping[str, str], accept_unverified: bool) -> None:
    for name in totals:
        if name not in instrument.scales:
            known = ", ".join(f"`{scale}`" for scale in instrument.scales) or "none"
            raise from_code("unknown-scale", f"`{instrument.id}` has no scale `{name}`; it has {known}")
        if instrument.score_level(name) == "unverified" and not accept_unverified:
            raise from_code(
                "unverified-key",
                f"the score `{name}` of `{instrument.id}` rests on an unverified key. {instrument.gap} If whoever "
                "computed the totals had the key, say `accept_unverified=True`",
            )
