"""Multiple imputation of answers within clients, by mice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from alliance.arguments import choice, whole
from alliance.errors import from_code
from alliance.export.panel import Keep, Part, panel_of, read_parts
from alliance.export.recipe import Recipe, make_recipe
from alliance.export.scripts import facts, fill, read_call, variable_names, vector
from alliance.item_answers import read_items

if TYPE_CHECKING:
    from alliance.export.panel import Panel
    from alliance.instruments import Instrument
    from alliance.request import Columns

__all__ = ["imputation"]

PURPOSE = "multiple imputation"
Method = Literal["2l.pan", "2l.lmer"]


def imputation(
    data: Any,
    instrument: Instrument | str | None = None,
    *,
    columns: Columns | None = None,
    scale: str = "total",
    scales: Mapping[str, Sequence[str]] | None = None,
    further: Sequence[str] = (),
    client: str | None = None,
    session: str | None = None,
    therapist: str | None = None,
    rater: str | None = None,
    method: Method = "2l.pan",
    trend: Literal["fixed", "random"] = "fixed",
    imputations: int = 20,
    iterations: int = 10,
    seed: int = 1,
    session_order: Sequence[Any] | None = None,
    keep: Keep = "recoded",
) -> Recipe:
    """Export answers or scores with gaps for multiple imputation within clients by mice.

    Parameters
    ----------
    data : frame, Scores, StudyScores or Study
        One row per client and session that took place.
    instrument : Instrument or str, optional
        The form, whose key turns reversed items; only for frames.
    columns : str, mapping or sequence of str, optional
        Item columns, as in :func:`alliance.score`. Without an instrument a list of columns: items, or scores.
    scale : str
        The scale whose items are meant, with an instrument; it is computed from the imputed answers.
    scales : mapping of str to sequence of str, optional
        Without an instrument: scales to compute from the imputed answers, as means of these of the columns.
    further : sequence of str
        Further columns of the frame, scales or outcomes of the study: what the later analysis holds beside the items.
    client, session, therapist : str, optional
        Id columns of a frame. With a therapist, a client with two therapists is two.
    rater : str, optional
        Whose forms, of a study.
    method : {"2l.pan", "2l.lmer"}
        Two-level method of mice. ``2l.pan`` takes relations within and between clients for two (each variable and its
        mean over the client predict), which an analysis that tells them apart needs; ``2l.lmer`` takes them for one.
    trend : {"fixed", "random"}
        Whether the trend over sessions is the same for all clients.
    imputations, iterations, seed : int
        ``m``, ``maxit`` and the seed of mice.
    session_order : sequence, optional
        All session labels in their order, where they are neither numbers nor dates.
    keep : {"recoded", "as-given"}
        Not for this recipe beyond ``recoded``: mice wants clients numbered.

    Returns
    -------
    Recipe
        R script for mice with the predictor matrix and the method of each variable written out.

    Raises
    ------
    AllianceError
        ``invalid-option``, also for a column without any value; ``duplicate-form``; ``missing-column``; ``missing-id``.

    Notes
    -----
    Each incomplete variable in turn is drawn from a linear mixed model on the others with a random intercept for the
    client (and a random trend if asked for); estimates of the completed data sets are combined by Rubin's rules. For
    single items that a respondent skipped, prorating (:class:`alliance.Prorate`) is simpler and usually enough.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> sessions = pl.DataFrame({"case": [1, 1, 2, 2], "visit": [1, 2, 1, 2],
    ...                          "wai": [4.0, None, 3.0, 3.5], "phq": [15, 14, None, 18]})
    >>> recipe = al.export.imputation(sessions, columns=["wai", "phq"], client="case", session="visit")
    >>> print(recipe.csv.splitlines()[2])
    1,2,,14
    """
    choice("method", method, ("2l.pan", "2l.lmer"))
    choice("trend", trend, ("fixed", "random"))
    if choice("keep", keep, ("recoded", "as-given")) != "recoded":
        raise from_code("invalid-option", "keep: mice wants clients numbered; choose `recoded`")
    for option, number in (("imputations", imputations), ("iterations", iterations)):
        if whole(option, number) < 1:
            raise from_code("invalid-option", f"{option}: at least 1")
    if whole("seed", seed) >= 2**31:
        raise from_code("invalid-option", "seed: R takes seeds below 2147483648")
    ids = {"client": client, "session": session, "therapist": therapist, "rater": rater}
    answers = read_items(data, instrument, purpose=PURPOSE, columns=columns, scale=scale, **ids)
    has_form = answers.instrument is not None
    of_items = variable_names([f"item_{item}" for item in answers.items] if has_form else list(answers.items), "item")
    if isinstance(further, str):
        raise from_code("invalid-option", "further: give a list of names")
    of_further = variable_names(list(further), "further")
    if set(of_items) & set(of_further):
        raise from_code("repeated-column", "further: names of further variables are those of items")
    what = [f"item {item}" if has_form else f"column `{item}`" for item in answers.items]
    parts = [
        Part(
            answers.ids,
            dict(zip(of_items, answers.answers, strict=True)),
            dict(zip(of_items, what, strict=True)),
            () if answers.instrument is None else (answers.instrument,),
        )
    ]
    if of_further:
        parts += read_parts(data, dict(zip(of_further, further, strict=True)), purpose=PURPOSE, **ids)
    panel = panel_of(parts, purpose=PURPOSE, session_order=session_order)
    names = [*of_items, *of_further]
    _refuse_empty(panel, names)
    if has_form and scales is not None:
        raise from_code("invalid-option", "scales: the instrument has its own; leave out one of the two")
    wanted = {scale: list(answers.items)} if has_form else scales
    made = _scales(wanted, dict(zip(answers.items, of_items, strict=True)), names)
    in_scales = {item for items in made.values() for item in items}
    places = {
        "read": read_call("imputation", "R", ()),
        "variables": vector(names),
        **_RELATIONS[method],
        **_TRENDS[trend],
        "method": method,
        "imputations": str(imputations),
        "iterations": str(iterations),
        "seed": str(seed),
        "scales": "".join(f"  one${name} <- rowMeans(one[{vector(items)}])\n" for name, items in made.items()),
        "analysed": vector([*made, *(name for name in names if name not in in_scales)]),
    }
    package = facts()["imputation"]["methods"][method]
    exported: dict[str, tuple[str, Any]] = {"session": ("session number", panel.session)}
    exported |= {name: (panel.described[name], panel.values[name]) for name in names}
    return make_recipe(
        "imputation",
        "R",
        fill("imputation.R", places),
        panel,
        exported,
        kept=panel.ids(keep),
        needs={package["package"]: package["version"]},
        notes=_notes(panel, names, method, imputations, iterations, seed),
    )


_RELATIONS = {
    "2l.pan": {"relation": "3", "relation_note": "3: as it is and as the mean of the client"},
    "2l.lmer": {"relation": "1", "relation_note": "1: as it is"},
}
_TRENDS = {
    "fixed": {"trend": "1", "trend_note": "1 under session: one trend for all"},
    "random": {"trend": "2", "trend_note": "2 under session: a trend of each client"},
}


def _scales(
    scales: Mapping[str, Sequence[str]] | None, variable: Mapping[str, str], taken: Sequence[str]
) -> dict[str, list[str]]:
    """Give the variables of each scale that is computed from imputed answers."""
    if scales is None:
        return {}
    problem = "scales: map names to lists of the item columns"
    if not isinstance(scales, Mapping) or not scales:
        raise from_code("invalid-option", problem)
    names = variable_names([str(name) for name in scales], "scale")
    if set(names) & set(taken):
        raise from_code("repeated-column", "scales: a scale has the name of a variable")
    made = {}
    for name, items in zip(names, scales.values(), strict=True):
        if isinstance(items, str) or not items or any(item not in variable for item in items):
            raise from_code("invalid-option", problem)
        made[name] = [variable[item] for item in items]
    return made


def _refuse_empty(panel: Panel, names: Sequence[str]) -> None:
    """Refuse variables without any value: there is nothing to draw them from."""
    import numpy as np

    empty = [name for name in names if bool(np.all(np.isnan(panel.values[name])))]
    if empty:
        raise from_code("invalid-option", f"{PURPOSE}: {panel.described[empty[0]]} has no value in any row")


def _notes(
    panel: Panel, names: Sequence[str], method: Method, imputations: int, iterations: int, seed: int
) -> list[str]:
    import numpy as np

    gaps, values = sum(int(np.isnan(panel.values[name]).sum()) for name in names), len(names) * len(panel.client)
    how = f"method {method}, {imputations} imputations, {iterations} iterations, seed {seed}"
    notes = [f"{gaps} of {values} values are missing ({100 * gaps / values:.1f} %); {how}."]
    notes += panel.remarks(*names)
    if gaps == 0:
        notes.append("Nothing is missing: there is nothing to impute.")
    if method == "2l.lmer":
        notes.append("2l.lmer takes relations within and between clients for one; 2l.pan tells them apart.")
    return notes
