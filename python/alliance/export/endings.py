"""Which sessions were held, and how each client's treatment ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from alliance.appointments import HELD, WORDS
from alliance.errors import from_code
from alliance.export.at_risk import DROPOUT, ONGOING, PLANNED_END
from alliance.export.panel import Panel, Part
from alliance.measurements import Ids
from alliance.sources import NO_WORD, first_rows, grouped, read_words
from alliance.study import Study

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["ended", "held", "of_appointments", "with_column"]

ENDINGS = {"ongoing": ONGOING, "dropout": DROPOUT, "planned-end": PLANNED_END}
ENDING, APPOINTMENT = "ending", "appointment"


def with_column(part: Part, data: Any, column: str | None, labels: Mapping[Any, str] | None) -> Part:
    """Read also the column of a frame that says how treatment ended; rows are sessions that were held."""
    import numpy as np

    from alliance._frames import Frame

    allowed = ", ".join(f"`{word}`" for word in ENDINGS)
    if column is None:
        problem = f"name the column that says how treatment ended ({allowed}), `ending=...`"
        raise from_code("missing-column", problem, column="ending")
    declared = labels or {}
    if not isinstance(declared, Mapping) or any(word not in ENDINGS for word in declared.values()):
        raise from_code("invalid-option", f"labels: map each of your words to one of {allowed}")
    frame = Frame(data)
    frame.require([column], "endings")
    codes, unknown = read_words(frame, column, ENDINGS | {own: ENDINGS[word] for own, word in declared.items()})
    if len(unknown):
        count = len(unknown)
        rows = unknown[:5].tolist()
        raise from_code(
            "invalid-option",
            f"column `{column}`: {count} cells hold none of {allowed}; say which they are with `labels`",
            column=column,
            rows=rows,
            count=count,
        )
    values = np.where(codes == NO_WORD, np.nan, codes.astype(float))
    return replace(part, values={**part.values, ENDING: values})


def of_appointments(data: Any) -> Part:
    """Read the appointments of a study, the one that counts for each session."""
    import numpy as np

    study = data if isinstance(data, Study) else getattr(data, "_study", None)
    if study is None or study._appointments is None:
        problem = "without appointments nobody is known to have left; give a study that has some, or a frame"
        raise from_code("invalid-option", f"ending: {problem}")
    visits = study._appointments
    roles = {"client": study.client, "session": study.session}
    if study.therapist in visits.ids.columns:
        roles["therapist"] = study.therapist
    groups = grouped(visits.ids, list(roles.values()), "appointments")
    first = first_rows(groups)
    codes = np.zeros(len(first), dtype=np.uint8)
    np.maximum.at(codes, groups, visits.codes)  # the words stand in the order in which one outweighs another
    values = np.where(codes > 0, codes.astype(float) - 1, np.nan)
    return Part(Ids.of(visits.ids.take(first), roles), {APPOINTMENT: values}, {})


def held(panel: Panel) -> NDArray[np.bool_]:
    """Say of each row whether the session was held: all of a frame's; of a study's, as scores and appointments say."""
    import numpy as np

    if APPOINTMENT not in panel.values:
        return np.ones(len(panel.client), dtype=bool)
    appointment = panel.values[APPOINTMENT]
    has_score = ~np.isnan(panel.values["alliance"])
    return has_score | np.isnan(appointment) | np.isin(appointment, [WORDS.index(word) for word in HELD])


def ended(panel: Panel) -> NDArray[np.int64]:
    """Give each client's ending."""
    import numpy as np

    found = np.full(panel.clients, ONGOING, dtype=np.int64)
    if APPOINTMENT not in panel.values:
        known = ~np.isnan(panel.values[ENDING])
        clients, codes = panel.client[known] - 1, panel.values[ENDING][known].astype(np.int64)
        found[clients] = codes
        if np.any(found[clients] != codes):
            different = len(np.unique(clients[found[clients] != codes]))
            problem = f"ending: {different} clients have two endings; give one for all rows of a client"
            raise from_code("invalid-option", problem, count=different)
        return found
    appointment, was_held = panel.values[APPOINTMENT], held(panel)
    last = np.full(panel.clients, np.iinfo(np.int64).min)
    np.maximum.at(last, panel.client[was_held] - 1, panel.session[was_held])
    at = last[panel.client - 1]
    planned = (appointment == WORDS.index("planned-end")) & (panel.session == at)
    left = (appointment == WORDS.index("dropout")) & (panel.session > at)
    found[panel.client[planned] - 1] = PLANNED_END
    found[panel.client[left] - 1] = DROPOUT
    return found
