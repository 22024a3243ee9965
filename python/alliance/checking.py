"""The key doctor: everything that looks wrong, at once, without raising."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from alliance import _html, _native
from alliance._typing import Given, Options
from alliance.errors import AllianceError
from alliance.instruments import Instrument, resolve
from alliance.request import Columns, IdColumn, Reading, id_columns, options

__all__ = ["Finding", "Findings", "check"]


@dataclass(frozen=True)
class Finding:
    """One thing that looks wrong, or that a reader should know.

    Parameters
    ----------
    code : str
        Stable code.
    severity : str
        ``error``: :func:`alliance.score` would refuse; ``warning``: scores may be wrong; ``note``: worth knowing.
    message : str
        What was found and what to do, without any answer, id or date.
    column : str or None
        Column concerned.
    rows : tuple of int
        The first rows concerned, positions counted from 0; at most five.
    count : int
        How many rows are concerned.
    scale : str or None
        Scale concerned.
    items : tuple of int
        Items concerned.
    """

    code: str
    severity: Literal["error", "warning", "note"]
    message: str
    column: str | None = None
    rows: tuple[int, ...] = ()
    count: int = 0
    scale: str | None = None
    items: tuple[int, ...] = ()


class Findings(Sequence[Finding]):
    """What :func:`alliance.check` saw, most severe first. In a notebook it shows as a table."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        order = ("error", "warning", "note")
        self._findings = tuple(sorted(findings, key=lambda finding: order.index(finding.severity)))

    def __len__(self) -> int:
        return len(self._findings)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._findings)

    def __getitem__(self, index: Any) -> Any:
        return Findings(self._findings[index]) if isinstance(index, slice) else self._findings[index]

    def __add__(self, other: Findings) -> Findings:
        return Findings((*self._findings, *other._findings))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Findings) and self._findings == other._findings

    def __hash__(self) -> int:
        return hash(self._findings)

    @property
    def ok(self) -> bool:
        """Whether nothing was found that would stop :func:`alliance.score`."""
        return not any(finding.severity == "error" for finding in self)

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the findings, in order."""
        return tuple(finding.code for finding in self)

    def to_frame(self, kind: str | None = None) -> Any:
        """Give the findings as a frame.

        Parameters
        ----------
        kind : {"polars", "pandas", "pyarrow"}, optional
            Library; by default one that is already loaded, else one that is installed.

        Returns
        -------
        frame
            One row per finding: severity, code, message, column, rows, count, scale, items.
        """
        from alliance import _frames
        from alliance.instruments import _frame_kind

        return _frames.frame_of(
            _frame_kind(kind),
            {
                "severity": [finding.severity for finding in self],
                "code": [finding.code for finding in self],
                "message": [finding.message for finding in self],
                "column": [finding.column for finding in self],
                "rows": [", ".join(map(str, finding.rows)) for finding in self],
                "count": [finding.count for finding in self],
                "scale": [finding.scale for finding in self],
                "items": [", ".join(map(str, finding.items)) for finding in self],
            },
        )

    def _counts(self) -> str:
        counts = {kind: sum(finding.severity == kind for finding in self) for kind in ("error", "warning", "note")}
        return ", ".join(f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in counts.items())

    def __repr__(self) -> str:
        return f"<Findings: {self._counts()}>"

    def __str__(self) -> str:
        lines = [f"{finding.severity} {finding.code}: {finding.message}" for finding in self]
        return "\n".join(lines) if lines else "nothing found"

    def _repr_html_(self) -> str:
        title = _html.heading("Findings", self._counts())
        if not self._findings:
            return title
        rows = ((finding.severity, finding.code, finding.message) for finding in self)
        return title + _html.table(("severity", "code", "what was found"), rows)


def check(
    data: Any,
    instrument: Instrument | str,
    *,
    columns: Columns,
    client: IdColumn = None,
    session: IdColumn = None,
    therapist: IdColumn = None,
    rater: IdColumn = None,
    labels: Mapping[str, float] | None = None,
    missing_codes: Iterable[float | str] | None = None,
    entry: Literal["printed", "position"] = "printed",
    already_reversed: bool | Sequence[int] = False,
    totals: Mapping[str, str] | None = None,
    accept_unverified: bool = False,
) -> Findings:
    """Look for everything that would make scores wrong, and say it all at once.

    Parameters
    ----------
    data, instrument, columns, client, session, therapist, rater, labels, missing_codes, entry, already_reversed
        As in :func:`alliance.score`.
    totals : mapping of str to str, optional
        Scale name to a column with totals somebody else computed. Where they differ from the key's, the small
        changes of the key that reproduce them are named.
    accept_unverified : bool
        As in :func:`alliance.score`; otherwise an unverified key is a finding too.

    Returns
    -------
    Findings
        Errors, warnings and notes. Never raises for bad data: also a missing column or an unreadable one is a
        finding.

    Raises
    ------
    AllianceError
        ``unsupported-frame`` or ``invalid-option`` if the call itself makes no sense.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> answers = pl.DataFrame({f"q{i}": [7 if i == 3 else 4, 4] for i in range(1, 13)})
    >>> findings = al.check(answers, al.instrument("wai-sr-client"), columns="q{item}")
    >>> findings[0].code, findings[0].column, findings[0].rows
    ('out-of-range', 'q3', (0,))
    """
    from alliance._frames import Frame

    instrument = resolve(instrument)
    try:
        frame = Frame(data)
        ids = id_columns(client, therapist, session, rater)
    except AllianceError as error:
        if error.code == "unsupported-frame":
            raise
        return Findings([_as_finding(error)])
    found: list[Finding] = []
    _collect(found, lambda: _forms(frame, ids))
    try:
        reading = Reading.of(instrument, columns, labels, missing_codes)
        wanted = options(
            scales=None,
            missing="complete",
            entry=entry,
            already_reversed=already_reversed,
            reading=reading,
            accept_unverified=accept_unverified,
        )
        given = reading.given(frame)
    except AllianceError as error:
        if error.code == "invalid-option":
            raise
        return Findings([*found, _as_finding(error)])
    named = []
    for scale, column in (totals or {}).items():
        _collect(found, lambda column=column: frame.require([column], "totals"))
        if column in frame.columns:
            named.append((scale, frame.answers(column)))

    found.extend(_doctor(given, instrument, wanted, reading, named))
    return Findings(found)


def _doctor(
    given: list[Given], instrument: Instrument, wanted: Options, reading: Reading, totals: list[tuple[str, Given]]
) -> Iterator[Finding]:
    """Ask the native key doctor; a column that cannot be read is a finding, and the others are looked at without it."""
    unreadable = 0
    while True:
        try:
            entries = _native.check(
                given, instrument._native, wanted, list(reading.labels), list(reading.missing_texts), totals
            )
        except AllianceError as error:
            rest = [column for column in given if column[0] != error.column]
            rest_of_totals = [total for total in totals if total[1][0] != error.column]
            yield _as_finding(error)
            if len(rest) + len(rest_of_totals) == len(given) + len(totals):
                return
            unreadable += len(given) - len(rest)
            given, totals = rest, rest_of_totals
            continue
        for entry in entries:
            if not (unreadable and entry["code"] == "wrong-column-count"):
                yield _finding(entry)
        return


def _collect(found: list[Finding], look: Any) -> None:
    """Add what a look finds, or the error it meets."""
    try:
        found.extend(look() or ())
    except AllianceError as error:
        found.append(_as_finding(error))


def _forms(frame: Any, ids: Mapping[str, str]) -> None:
    from alliance.request import kept_rows

    kept_rows(frame, ids, "error")


def _as_finding(error: AllianceError) -> Finding:
    return Finding(error.code, "error", str(error), error.column, error.rows, error.count)


def _finding(entry: Mapping[str, Any]) -> Finding:
    return Finding(**{**entry, "rows": tuple(entry["rows"]), "items": tuple(entry["items"])})
