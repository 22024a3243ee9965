"""Coders' markers, such as those of the 3RS, as one line per session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from alliance import _html, _native
from alliance.checking import Finding
from alliance.errors import from_code
from alliance.instruments import Instrument, resolve
from alliance.request import _rows
from alliance.sources import (
    NO_WORD,
    UNKNOWN,
    YES,
    Source,
    distinct_cells,
    first_rows,
    grouped,
    ids_of,
    read_measure,
    read_words,
    require_columns,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from alliance._frames import Frame
    from alliance.study import Study

__all__ = ["CodedSessions", "System"]

System = Instrument | str | Mapping[str, Sequence[Any]]

# The order of the native module's numbers; "coded, none found" is 0.
FAMILIES = ("withdrawal", "confrontation")
NO_SEGMENT = 2**32 - 1
NUMBERS = (
    "coders",
    "segments",
    "withdrawal_markers",
    "confrontation_markers",
    "other_markers",
    "withdrawal_coders",
    "confrontation_coders",
    "coded_significance",
    "coded_resolution",
)


@dataclass(frozen=True)
class CodingSystem:
    """Markers and their families: 1 withdrawal, 2 confrontation, 3 any other."""

    name: str
    instrument: Instrument | None
    families: Mapping[Any, int]

    @classmethod
    def of(cls, system: System) -> CodingSystem:
        if isinstance(system, str | Instrument):
            form = resolve(system)
            if not form.codes:
                raise from_code("invalid-option", f"system: `{form.id}` lists no codes; name a coding system")
            return cls(form.id, form, _families([(code, family) for family, _, code in form.codes]))
        if not isinstance(system, Mapping) or any(
            isinstance(codes, str) or not isinstance(codes, Sequence) for codes in system.values()
        ):
            raise from_code(
                "invalid-option",
                'system: name a coding system, or give lists of markers, such as `{"withdrawal": [...], '
                '"confrontation": [...]}`',
            )
        return cls(
            "markers of the caller", None, _families([(code, name) for name, codes in system.items() for code in codes])
        )

    def lists(self, family: str) -> bool:
        return FAMILIES.index(family) + 1 in self.families.values()

    @property
    def missing_families(self) -> list[str]:
        return [family for family in FAMILIES if not self.lists(family)]

    def allowed(self) -> str:
        """Say which markers there are; the caller's own words are not repeated."""
        if self.instrument is None:
            return "it is in none of the lists of `system`"
        by_family: dict[str, list[str]] = {}
        for family, _, code in self.instrument.codes:
            by_family.setdefault(family, []).append(code)
        listed = "; ".join(f"{family}: {', '.join(codes)}" for family, codes in by_family.items())
        return f"`{self.name}` lists {listed}. Names are matched exactly; lists of your own go into `system`"

    @property
    def notes(self) -> tuple[str, ...]:
        return (
            *(() if self.instrument is None else (f"{self.name}: {self.instrument.gap}",)),
            *(
                f"{self.name} lists no marker of {family}: whether there was one is unknown in every session, and a "
                f"mixed rupture would not be told from one of the other family."
                for family in self.missing_families
            ),
        )


def _families(pairs: list[tuple[Any, str]]) -> dict[Any, int]:
    families: dict[Any, int] = {}
    for code, family in pairs:
        number = FAMILIES.index(family) + 1 if family in FAMILIES else len(FAMILIES) + 1
        if not isinstance(code, str | int) or isinstance(code, bool):
            raise from_code("invalid-option", "system: markers are words or whole numbers")
        if families.setdefault(code, number) != number:
            raise from_code("invalid-option", "system: a marker stands in two families")
    if not any(number <= len(FAMILIES) for number in families.values()):
        raise from_code("invalid-option", "system: it has no marker of withdrawal or confrontation")
    return families


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class CodedSessions:
    """Codes of coders, combined to one line per session. Made by :meth:`Study.with_codes`.

    A session without a row was not coded, and nothing is known of it. In a notebook it shows counts, never a row.

    Parameters
    ----------
    system : str
        Id of the coding system, or that the markers are the caller's.
    instruments : tuple of Instrument
        The coding system, where it is not the caller's list.
    notes : tuple of str
        What a reader of these codes should know.
    """

    system: str
    instruments: tuple[Instrument, ...]
    notes: tuple[str, ...]
    _source: Source
    _combination: str
    _counts: Mapping[str, int]
    _findings: tuple[Finding, ...]

    def to_frame(self) -> Any:
        """Give one row per coded session.

        Returns
        -------
        frame
            Client, session, ``coded_withdrawal`` and ``coded_confrontation`` (null where the system has no such
            marker), coders, segments, markers per coder, share of coders who found each family, mean significance and
            resolution. Of the kind the codes came in.
        """
        from alliance import _frames

        return _frames.beside_sources(self._source.ids.kind, self._source.ids.native, self._source.columns)

    def methods(self) -> str:
        """Give a paragraph for a methods section, of facts these codes hold.

        Returns
        -------
        str
            Plain text.
        """
        counts = self._counts
        return (
            f"{counts['sessions']} sessions of {counts['clients']} clients were coded ({self.system}; {counts['rows']} "
            f"rows, up to {counts['coders']} coders per session); a withdrawal was found in {counts['withdrawal']}, a "
            f"confrontation in {counts['confrontation']}. {' '.join(self.notes)}"
        )

    def __repr__(self) -> str:
        return f"<CodedSessions {self.system}: {self._counts['sessions']} sessions>"

    def _repr_html_(self) -> str:
        rows = [
            ("sessions coded", self._counts["sessions"]),
            ("with a withdrawal", self._counts["withdrawal"]),
            ("with a confrontation", self._counts["confrontation"]),
            ("clients", self._counts["clients"]),
        ]
        line = f"{self.system}; {self._combination}"
        return _html.heading("Coded sessions", line) + _html.table(("", "count"), rows) + _html.notes(self.notes)


def read_codes(
    study: Study,
    codes: Any,
    *,
    combine: Literal["mean", "consensus"],
    coder: str | None,
    segment: str | None,
    marker: str,
    significance: str | None,
    resolution: str | None,
    system: System,
    share: float,
) -> CodedSessions:
    """Read a frame of codes for :meth:`Study.with_codes`."""
    import numpy as np

    from alliance._frames import Frame

    known = CodingSystem.of(system)
    if combine not in ("mean", "consensus"):
        raise from_code("invalid-option", "combine: choose `mean` or `consensus`")
    if isinstance(share, bool) or not isinstance(share, int | float):
        raise from_code("invalid-option", "share: give a number above 0 and at most 1")
    frame = Frame(codes)
    columns = {"coder": coder, "segment": segment, "significance": significance, "resolution": resolution}
    require_columns(frame, {"client": study.client, "session": study.session}, {"marker": marker, **columns}, "codes")
    sessions = grouped(frame, [study.client, study.session], "codes")
    families, strange = read_words(frame, marker, known.families)
    if len(strange):
        rows, count = strange[:5].tolist(), len(strange)
        problem = f"column `{marker}`, {_rows(rows, count)}: {count} markers are not known: {known.allowed()}"
        raise from_code("unknown-marker", problem, column=marker, rows=rows, count=count)
    coders = None if coder is None else grouped(frame, [coder], "codes")
    segments = None if segment is None else _segments(frame, segment)
    first = first_rows(sessions)
    numbers = np.empty((len(NUMBERS), len(first)))
    found = np.empty((len(FAMILIES), len(first)), dtype=np.uint8)
    _native.combine_codes(
        {
            "sessions": sessions,
            "coders": coders,
            "segments": segments,
            "markers": np.where(families == NO_WORD, 0, families).astype(np.uint8),
            "significance": None if significance is None else read_measure(frame, significance),
            "resolution": None if resolution is None else read_measure(frame, resolution),
        },
        (combine, float(share)),
        numbers,
        found,
    )
    for place, family in enumerate(FAMILIES):
        if not known.lists(family):
            found[place] = UNKNOWN
    named = dict(zip(NUMBERS, numbers, strict=True))
    for name, column in (("segments", segment), ("coded_significance", significance), ("coded_resolution", resolution)):
        if column is None:
            del named[name]
    for family in known.missing_families:
        del named[f"{family}_markers"], named[f"{family}_coders"]
    combination = _said(combine, share, coder)
    ids = ids_of(frame.take(first), study.client, study.session)
    flags = {f"coded_{family}": found[place] for place, family in enumerate(FAMILIES)}
    notes = (*known.notes, combination, "A session that is not among the codes was not coded: nothing is known of it.")
    counts = {
        "rows": len(frame),
        "sessions": len(first),
        "clients": len(first_rows(grouped(ids, [study.client], "codes"))),
        "coders": int(numbers[0].max()) if len(first) else 0,
        **{family: int((found[place] == YES).sum()) for place, family in enumerate(FAMILIES)},
    }
    keys = [key for key in (sessions, coders, segments, distinct_cells(frame, marker)[0]) if key is not None]
    findings = _repeats(keys, families != NO_WORD, marker)
    return CodedSessions(
        system=known.name,
        instruments=() if known.instrument is None else (known.instrument,),
        notes=notes,
        _source=Source("codes", ids, flags | named, notes),
        _combination=combination,
        _counts=counts,
        _findings=findings,
    )


def _segments(frame: Frame, segment: str) -> NDArray[np.uint32]:
    """Give each row the number of its segment, the largest of all where it names none."""
    import numpy as np

    groups, distinct = distinct_cells(frame, segment)
    numbers = np.array([NO_SEGMENT if cell is None else place for place, cell in enumerate(distinct)], dtype=np.uint32)
    return numbers[groups]


def _repeats(keys: Sequence[NDArray[Any]], is_marker: NDArray[np.bool_], marker: str) -> tuple[Finding, ...]:
    """Find markers that say the same as an earlier row: they happened twice, or two frames were stacked by mistake."""
    import numpy as np

    marked = np.flatnonzero(is_marker)
    found = _native.group_keys([(str(place), key[marked].tolist()) for place, key in enumerate(keys)])
    rows, count = found["repeated"]
    if not count:
        return ()
    rows = marked[rows].tolist()
    say = "row says" if count == 1 else "rows say"
    message = (
        f"codes: {count} {say} the same as an earlier one ({_rows(rows, count)}). Each counts as a marker of its own; "
        "if it is there by mistake, remove it"
    )
    return (Finding("repeated-codes", "note", message, marker, tuple(rows), count),)


def _said(combine: str, share: float, coder: str | None) -> str:
    if combine == "consensus":
        return "Each session has one coding, taken as the coders' consensus."
    if coder is None:
        return "No coder column was named: the rows of a session are taken as one coder's."
    return (
        f"Counts and ratings are means over the coders of a session; a family counts as found when at least "
        f"{100 * share:.3g} % of them marked it."
    )


def with_codes(study: Study, codes: Any, **options: Any) -> Study:
    """Give the study with these codes."""
    if study._codes is not None:
        raise from_code("invalid-option", "the study has codes already; stack the two frames first")
    return replace(study, _codes=read_codes(study, codes, **options))
