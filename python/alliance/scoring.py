"""Answers to scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from alliance import _native
from alliance._typing import Options
from alliance.errors import EvidenceWarning, from_code, warn
from alliance.instruments import Instrument, resolve
from alliance.missing import ItemSpread
from alliance.request import (
    Columns,
    Duplicates,
    IdColumn,
    Metric,
    MissingRule,
    Reading,
    check_metric,
    id_columns,
    kept_rows,
    options,
)
from alliance.scores import Input, LeftOut, Scale, Scores

__all__ = ["score"]


def score(
    data: Any,
    instrument: Instrument | str,
    *,
    columns: Columns,
    client: IdColumn = None,
    session: IdColumn = None,
    therapist: IdColumn = None,
    rater: IdColumn = None,
    missing: MissingRule = "complete",
    metric: Metric | None = None,
    scales: Sequence[str] | None = None,
    labels: Mapping[str, float] | None = None,
    missing_codes: Iterable[float | str] | None = None,
    entry: Literal["printed", "position"] = "printed",
    already_reversed: bool | Sequence[int] = False,
    duplicates: Duplicates = "error",
    accept_unverified: bool = False,
    threads: int | None = None,
) -> Scores:
    """Score forms: one row of answers in, one row of scores out.

    Parameters
    ----------
    data : frame
        pandas, polars or pyarrow table, or any object with the Arrow stream interface; one completed form per row.
    instrument : Instrument or str
        The form, from :func:`alliance.instrument` or of your own, or its id.
    columns : str, sequence or mapping
        Where the items are: a pattern such as ``"wai_{item}"``, a list of names in item order, or a mapping of
        item number to name.
    client, session, therapist, rater : str, optional
        Id columns. They come back beside the scores. ``rater`` is only needed when several people of the form's
        kind rate the same session.
    missing : "complete" or Prorate
        When a scale is scored although answers are missing. No published rule was found for any form.
    metric : {"mean", "sum", "pomp"}, optional
        Unit of the scores: item mean on the response scale, sum, or percentage of the maximum possible. All are
        views of the mean. Default: what the form's sources report, else the mean.
    scales : sequence of str, optional
        Scales to score; by default all whose evidence suffices, and an :class:`EvidenceWarning` names the others.
    labels : mapping of str to float, optional
        Number of each text answer. Exact: case and spaces count, and every text answer must be listed.
    missing_codes : sequence of float or str, optional
        Numbers and texts that mean a missing answer. Exact, and none may be a possible answer.
    entry : {"printed", "position"}
        Whether the printed number of an answer was typed in, or its position on the page; some forms print the
        answers of some items backwards.
    already_reversed : bool or sequence of int
        Whether the reversed items have been recoded already: all of them, or these.
    duplicates : {"error", "first", "last", "keep"}
        What to do with several forms of the same client, session and other ids.
    accept_unverified : bool
        Use a key that is derived, contested or recalled. The result carries a note.
    threads : int, optional
        Threads; by default one below 100 000 rows and all cores above. The numbers are the same.

    Returns
    -------
    Scores
        In the input's row order.

    Raises
    ------
    AllianceError
        For anything that would make a score wrong; ``code``, ``column`` and ``rows`` say what and where.
        :func:`alliance.check` lists all problems at once.

    Notes
    -----
    A reversed answer x counts as min + max - x. The score of a scale is the mean of its keyed answers; the sum is
    the mean times the number of items; POMP is 100 (mean - min) / (max - min) (Cohen et al. 1999).

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> answers = pl.DataFrame({f"q{i}": [1 + i % 5, 5] for i in range(1, 13)})
    >>> al.score(answers, al.instrument("wai-sr-client"), columns="q{item}").to_frame()["bond"].to_list()
    [3.25, 5.0]
    """
    return score_carrying(
        (),
        data,
        instrument,
        columns=columns,
        client=client,
        session=session,
        therapist=therapist,
        rater=rater,
        missing=missing,
        metric=metric,
        scales=scales,
        labels=labels,
        missing_codes=missing_codes,
        entry=entry,
        already_reversed=already_reversed,
        duplicates=duplicates,
        accept_unverified=accept_unverified,
        threads=threads,
    )


def score_carrying(
    carried: Sequence[str],
    data: Any,
    instrument: Instrument | str,
    *,
    columns: Columns,
    client: IdColumn = None,
    session: IdColumn = None,
    therapist: IdColumn = None,
    rater: IdColumn = None,
    missing: MissingRule = "complete",
    metric: Metric | None = None,
    scales: Sequence[str] | None = None,
    labels: Mapping[str, float] | None = None,
    missing_codes: Iterable[float | str] | None = None,
    entry: Literal["printed", "position"] = "printed",
    already_reversed: bool | Sequence[int] = False,
    duplicates: Duplicates = "error",
    accept_unverified: bool = False,
    threads: int | None = None,
) -> Scores:
    """Score forms as :func:`score` does, with further columns carried beside the ids."""
    import numpy as np

    from alliance._frames import Frame

    if threads is not None and not (isinstance(threads, int) and threads >= 1):
        raise from_code("invalid-option", "threads: give a whole number from 1, or None to leave the choice here")
    instrument = resolve(instrument)
    frame = Frame(data)
    unit = check_metric(metric, instrument)
    ids = id_columns(client, therapist, session, rater)
    if not instrument.scales:
        # Says which part of the key is missing and where it stands in print.
        _native.Scorer(instrument._native, _no_options(accept_unverified))
    reading = Reading.of(instrument, columns, labels, missing_codes)
    scorer = _native.Scorer(
        instrument._native,
        options(
            scales=scales,
            missing=missing,
            entry=entry,
            already_reversed=already_reversed,
            reading=reading,
            accept_unverified=accept_unverified,
        ),
    )
    given = reading.given(frame)
    rows_read = len(frame)
    kept = kept_rows(frame, ids, duplicates)
    if kept is not None:
        frame = frame.take(kept)
        given = reading.given(frame)
    rows = len(frame)
    facts = scorer.scales()
    means = np.empty((len(facts), rows))
    answered = np.empty((len(facts), rows), dtype=np.uint8)
    defined = np.empty((len(facts), (rows + 7) // 8), dtype=np.uint8)
    result = scorer.score(given, list(reading.labels), list(reading.missing_texts), means, answered, defined, threads)
    left_out = tuple(LeftOut(*scale) for scale in scorer.left_out())
    if left_out:
        _warn(instrument, left_out)
    return Scores._of(
        instrument=instrument,
        scales=tuple(
            Scale(name, items, required, level, *counts, ItemSpread(*spread))
            for (name, items, required, level, _), counts, spread in zip(
                facts, result["counts"], result["spread"], strict=True
            )
        ),
        metric=unit,
        missing=missing,
        left_out=left_out,
        means=means,
        answered=answered,
        defined=defined,
        kind=frame.kind,
        ids=frame.ids([*ids.values(), *carried]),
        id_roles=ids,
        source=Input(
            given=given,
            labels=reading.labels,
            missing_texts=reading.missing_texts,
            missing_numbers=reading.missing_numbers,
            columns=tuple(str(name) for name in reading.columns),
            rows_read=rows_read,
            duplicates=duplicates,
            entry=entry,
            already_reversed=(
                already_reversed if isinstance(already_reversed, bool) else tuple(map(int, already_reversed))
            ),
        ),
    )


def _no_options(accept_unverified: bool) -> Options:
    empty = Reading((), (), (), ())
    return options(
        scales=None,
        missing="complete",
        entry="printed",
        already_reversed=False,
        reading=empty,
        accept_unverified=accept_unverified,
    )


def _warn(instrument: Instrument, left_out: Sequence[LeftOut]) -> None:
    names = ", ".join(scale.name for scale in left_out)
    warn(
        f"{instrument.id}: {names} left out, because {'its key is' if len(left_out) == 1 else 'their keys are'} "
        f"unverified. {instrument.gap} Supply the key with `with_key`, or name the scales and set "
        "`accept_unverified=True`.",
        EvidenceWarning,
    )
