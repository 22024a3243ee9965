"""Omega within and between clients, by a two-level factor model in lavaan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from alliance.arguments import choice
from alliance.errors import from_code
from alliance.export.panel import Keep, Part, panel_of
from alliance.export.recipe import Recipe, make_recipe
from alliance.export.scripts import fill, read_call, variable_names, vector
from alliance.item_answers import read_items

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alliance.instruments import Instrument
    from alliance.item_answers import ItemAnswers
    from alliance.request import Columns

__all__ = ["two_level_omega"]

LEAST_ITEMS = 3
PER_LINE = 4
PURPOSE = "two-level omega"


def two_level_omega(
    data: Any,
    instrument: Instrument | str | None = None,
    *,
    columns: Columns | None = None,
    scale: str = "total",
    client: str | None = None,
    session: str | None = None,
    therapist: str | None = None,
    rater: str | None = None,
    missing: Literal["listwise", "fiml"] = "listwise",
    session_order: Sequence[Any] | None = None,
    keep: Keep = "recoded",
) -> Recipe:
    """Export answers for omega within and between clients: a two-level factor model in lavaan.

    Parameters
    ----------
    data : frame, Scores, StudyScores or Study
        One form per row, several sessions per client.
    instrument : Instrument or str, optional
        The form, whose key turns reversed items; only for frames.
    columns : str, mapping or sequence of str, optional
        Item columns, as in :func:`alliance.score`; without an instrument a list of items that all run the same way.
    scale : str
        The scale whose items are meant.
    client, session, therapist : str, optional
        Id columns of a frame; client and session are needed. With a therapist, a client with two therapists is two.
    rater : str, optional
        Whose forms, of a study.
    missing : {"listwise", "fiml"}
        Forms with a missing answer are left out, or all answers are used by full-information maximum likelihood. The
        latter often fails in lavaan 0.6-14 when several items of one level have gaps; the script then says so.
    session_order : sequence, optional
        All session labels in their order, where they are neither numbers nor dates.
    keep : {"recoded", "as-given"}
        Client ids: numbered from 1, or as they are.

    Returns
    -------
    Recipe
        R script for lavaan. One row per client and session; an item column each, reversed items turned.

    Raises
    ------
    AllianceError
        ``invalid-option`` for fewer than three items; ``duplicate-form``; ``missing-column``; ``missing-id``.

    Notes
    -----
    omega_W = (sum l_W)^2 / ((sum l_W)^2 + sum t_W) with loadings l and uniquenesses t within clients, omega_B alike
    between them (Geldhof, Preacher & Zyphur 2014). The reliability of the observed mean of a client over T sessions has
    (sum l_B)^2 / ((sum l_B)^2 + sum t_B + [(sum l_W)^2 + sum t_W] / T) (Lai 2021); for unequal T its harmonic mean.
    Moment-based alpha within and between clients needs no export.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> forms = pl.DataFrame({"case": [1, 1, 2, 2], "visit": [1, 2, 1, 2],
    ...                       "q1": [4, 5, 2, 3], "q2": [4, 4, 3, 3], "q3": [5, 5, 2, 1]})
    >>> recipe = al.export.two_level_omega(forms, columns=["q1", "q2", "q3"], client="case", session="visit")
    >>> recipe.data.columns
    ['client', 'session', 'q1', 'q2', 'q3']
    """
    choice("missing", missing, ("listwise", "fiml"))
    answers = read_items(
        data,
        instrument,
        purpose=PURPOSE,
        columns=columns,
        scale=scale,
        client=client,
        session=session,
        therapist=therapist,
        rater=rater,
    )
    if len(answers.items) < LEAST_ITEMS:
        raise from_code("invalid-option", f"columns: one factor needs at least {LEAST_ITEMS} items")
    given = [f"item_{item}" if answers.instrument is not None else item for item in answers.items]
    names = variable_names(given, "item")
    what = [f"item {item}" if answers.instrument is not None else f"column `{item}`" for item in answers.items]
    part = Part(
        answers.ids,
        dict(zip(names, answers.answers, strict=True)),
        dict(zip(names, what, strict=True)),
        () if answers.instrument is None else (answers.instrument,),
    )
    panel = panel_of([part], purpose=PURPOSE, session_order=session_order)
    kept = panel.ids(keep)
    levels = ("within", "between")
    places = {level: _factor(level, names) for level in levels}
    places |= {f"loadings_{level}": _sum("loading", level, names) for level in levels}
    places |= {f"uniquenesses_{level}": _sum("uniqueness", level, names) for level in levels}
    text = () if keep == "recoded" else kept
    places |= {"read": read_call("two-level-omega", "R", text), "items": vector(names), "missing": missing}
    places |= _MISSING[missing]
    exported: dict[str, tuple[str, Any]] = {"session": ("session number", panel.session)}
    exported |= {name: (panel.described[name], panel.values[name]) for name in names}
    notes = [_SAID[missing], *_notes(answers), *panel.remarks(*names)]
    return make_recipe(
        "two-level-omega", "R", fill("two-level-omega.R", places), panel, exported, kept=kept, notes=notes
    )


_MISSING = {
    "listwise": {
        "used": "complete.cases(data[items])",
        "advice": "Does one factor hold?",
    },
    "fiml": {"used": "rowSums(!is.na(data[items])) > 0", "advice": 'Export with missing = \\"listwise\\".'},
}
_SAID = {
    "listwise": "Forms with a missing answer are left out.",
    "fiml": "All answers are used (full-information maximum likelihood), as if they were missing at random.",
}


def _factor(level: str, names: Sequence[str]) -> str:
    """Give the model of one level."""
    factor = f"alliance_{level}"
    loadings = [f"  {factor} =~ loading_{level}_{place}*{name}" for place, name in enumerate(names, 1)]
    unique = [f"  {name} ~~ uniqueness_{level}_{place}*{name}" for place, name in enumerate(names, 1)]
    return "\n".join([*loadings, f"  {factor} ~~ 1*{factor}", *unique])


def _sum(what: str, level: str, names: Sequence[str]) -> str:
    """Give a sum of parameters; a line that goes on ends in its sign, as lavaan wants it."""
    parts = [f"{what}_{level}_{place}" for place in range(1, len(names) + 1)]
    lines = [" + ".join(parts[start : start + PER_LINE]) for start in range(0, len(parts), PER_LINE)]
    return " +\n  ".join(lines)


def _notes(answers: ItemAnswers) -> list[str]:
    if answers.instrument is None:
        return ["The items are taken as they are: all have to run the same way."]
    turned = [str(item) for item in answers.instrument.reversed or () if str(item) in answers.items]
    return [f"Items {', '.join(turned)} are reversed and were turned."] if turned else []
