"""The type of a rupture episode: set by coded markers or an explicit question, never by a score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from alliance import _native
from alliance.sources import NO_WORD, UNKNOWN, YES, SessionTable, Words, ids_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from alliance._frames import Frame
    from alliance.series import Sessions
    from alliance.study import Study

__all__ = ["EpisodeTypes"]

UNCLASSIFIED = ("unclassified", "none")


class EpisodeTypes(NamedTuple):
    """Type and source of each episode of a report, and what a reader should know of them."""

    episodes: list[tuple[str, str]]
    notes: tuple[str, ...]

    @classmethod
    def of(
        cls, study: Study, run: Sessions, detected: _native.Detected, order: Sequence[Any] | None
    ) -> EpisodeTypes | None:
        """Classify episodes; None if the study has nothing that could.

        The codes decide wherever any session of an episode was coded, also if nothing was found. Elsewhere the
        client's own word does, then the therapist's.
        """
        from alliance._frames import Frame

        voices = _voices(study)
        if not voices:
            return None
        forms = ids_of(Frame(run.of_form._ids), study.client, study.session)
        frames = [("forms", forms), *((name, ids) for name, ids, _ in voices)]
        table = SessionTable.of(frames, study.client, study.session, order)
        spans = _spans(run, detected, table)
        by_voice = []
        for place, (name, _, found) in enumerate(voices, 1):
            states = table.spread(Words(found, ()), place).places
            types = _native.span_types(table.clients, table.numbers, states, spans)
            by_voice.append([None if word is None else (word, name) for word in types])
        together = zip(*by_voice, strict=True)
        episodes = [next((said for said in sayings if said is not None), UNCLASSIFIED) for sayings in together]
        return cls(episodes, _notes(study, episodes))


def _voices(study: Study) -> list[tuple[str, Frame, NDArray[np.uint8]]]:
    """Give what each source found: 1 withdrawal, 2 confrontation, 3 both, 0 neither, 255 not known."""
    import numpy as np

    voices = []
    if study._codes is not None:
        source = study._codes._source
        withdrawal, confrontation = (source.columns[f"coded_{it}"] for it in ("withdrawal", "confrontation"))
        found = (withdrawal == YES) + np.uint8(2) * (confrontation == YES)
        is_unknown = (withdrawal == UNKNOWN) & (confrontation == UNKNOWN)
        voices.append(("codes", source.ids, np.where(is_unknown, NO_WORD, found).astype(np.uint8)))
    for report in sorted(study._self_reports, key=lambda report: report.rater):
        if report.kinds is not None:
            # Withdrawal, confrontation and mixed are words 0, 1 and 2.
            places = report.kinds.places
            found = np.where(places == NO_WORD, NO_WORD, np.minimum(places, 2) + 1).astype(np.uint8)
            voices.append((f"{report.rater}-report", report.source.ids, found))
    return voices


def _spans(run: Sessions, detected: _native.Detected, table: SessionTable) -> list[tuple[int, int, int]]:
    """Give client and first and last session number of each episode, in the numbers of the table."""
    import numpy as np

    places = table.places[0]
    forms = len(places)  # an episode begins and ends with a scored form; appointments stand below the forms
    dyads, numbers = run.dyads[:forms].astype(np.int64), run.numbers[:forms]
    order = np.lexsort((numbers, dyads))
    starts = np.searchsorted(dyads[order], np.arange(int(dyads.max(initial=-1)) + 2))
    in_order = numbers[order]
    dyad_of = [dyad for dyad, *_ in detected.courses()]

    def place(dyad: int, number: int) -> int:
        own = in_order[starts[dyad] : starts[dyad + 1]]
        return int(places[order[starts[dyad] + np.searchsorted(own, number)]])

    spans = []
    for course, onset, _, _, last, *_ in detected.episodes():
        first, end = place(dyad_of[course], onset), place(dyad_of[course], last)
        spans.append((int(table.clients[first]), int(table.numbers[first]), int(table.numbers[end])))
    return spans


def _notes(study: Study, episodes: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    counted = ", ".join(f"{count} {word} ({source})" for (word, source), count in sorted(Counter(episodes).items()))
    return (
        "Types come from coded markers or an explicit question, never from scores. `unclassified` from `codes` was "
        f"coded, with no marker found; from `none` nobody coded or named it. Episodes: {counted or 'none'}.",
        *(() if study._codes is None else study._codes.notes),
    )
