"""Instruments: one form for one rater, with the sources of its key."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import Any

from alliance import _html, _native
from alliance.errors import from_code

__all__ = ["Catalog", "Evidence", "Instrument", "Source", "catalog", "instrument"]


@dataclass(frozen=True)
class Source:
    """A source that parts of an instrument rest on.

    Parameters
    ----------
    id : str
        Name within the instrument.
    kind : str
        ``author-form``, ``publication``, ``abstract``, ``document``, ``code``, ``data``, ``derivation``,
        ``recollection`` or ``caller``.
    title : str
        What it is.
    address : str or None
        Where it is.
    read : str
        How much of it was read.
    """

    id: str
    kind: str
    title: str
    address: str | None
    read: str


@dataclass(frozen=True)
class Evidence:
    """How well a part of an instrument is attested.

    Parameters
    ----------
    level : str
        ``attested``, ``single-source``, ``unverified`` or ``key-needed``; computed from the sources.
    sources : tuple of str
        Ids of the sources that support the part.
    disputed_by : tuple of str
        Ids of the sources that say otherwise.
    note : str or None
        What a reader of the part should know.
    """

    level: str
    sources: tuple[str, ...]
    disputed_by: tuple[str, ...]
    note: str | None = None


class Instrument:
    """One form for one rater: facts, key and sources.

    Get one with :func:`instrument` or :meth:`from_toml`. It cannot be changed; :meth:`with_key` and
    :meth:`with_range` give a new one. In a notebook it shows its guide page.

    Examples
    --------
    >>> import alliance as al
    >>> form = al.instrument("wai-s-client")
    >>> form.reversed
    (4, 10)
    >>> form.evidence["reversed"].level
    'attested'
    """

    __slots__ = ("_facts", "_native")

    def __init__(self, native: _native.Instrument) -> None:
        object.__setattr__(self, "_native", native)
        object.__setattr__(self, "_facts", native.facts())

    _native: _native.Instrument
    _facts: dict[str, Any]

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("an instrument cannot be changed; use `with_key` or `with_range`")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("an instrument cannot be changed; use `with_key` or `with_range`")

    @classmethod
    def from_toml(cls, source: str | Path) -> Instrument:
        """Read an instrument of your own.

        Parameters
        ----------
        source : str or Path
            A file, or TOML text of the catalog's schema.

        Returns
        -------
        Instrument
            Checked in all its parts.

        Raises
        ------
        AllianceError
            ``invalid-toml`` or ``invalid-instrument``; the message names the part.
        OSError
            If the file cannot be read.
        """
        is_file = isinstance(source, Path) or ("\n" not in source and source.endswith(".toml"))
        text = Path(source).read_text(encoding="utf-8") if is_file else str(source)
        return cls(_native.Instrument.from_toml(text))

    def to_toml(self) -> str:
        """Give the instrument as TOML that :meth:`from_toml` reads back.

        Returns
        -------
        str
            TOML text.
        """
        return self._native.to_toml()

    def with_key(self, *, scales: Mapping[str, Sequence[int]], reversed: Sequence[int] = (), source: str) -> Instrument:
        """Give the same form with a key of your own.

        Parameters
        ----------
        scales : mapping of str to sequence of int
            Scale name in kebab-case to item numbers, counted from 1.
        reversed : sequence of int
            Reversed items.
        source : str
            Where the key stands, such as ``"manual p. 12"``. It is recorded and shown with every result.

        Returns
        -------
        Instrument
            At the level ``single-source``.

        Raises
        ------
        AllianceError
            ``invalid-instrument`` if the key does not fit the form.

        Examples
        --------
        >>> import alliance as al
        >>> vpps = al.instrument("vpps-observer").with_key(
        ...     scales={"patient-participation": [1, 2, 3]}, reversed=[2], source="manual p. 12")
        >>> vpps.level
        'single-source'
        """
        key = [(name, _numbers("scales", items)) for name, items in scales.items()]
        return Instrument(self._native.with_key(key, _numbers("reversed", reversed), source))

    def with_range(self, min: float, max: float) -> Instrument:
        """Give the same form with another response range.

        Parameters
        ----------
        min, max : float
            Lowest and highest answer.

        Returns
        -------
        Instrument
            The form with this range.

        Raises
        ------
        AllianceError
            ``invalid-instrument`` unless ``min < max`` and the step divides the range.
        """
        return Instrument(self._native.with_range(float(min), float(max)))

    @property
    def id(self) -> str:
        """Id; ends in the rater."""
        return str(self._facts["id"])

    @property
    def version(self) -> int:
        """Raised when a score of this form can change."""
        return int(self._facts["version"])

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical key: forms with the same hash give the same scores."""
        return self._native.key_hash()

    @property
    def kind(self) -> str:
        """``questionnaire``, ``rating`` or ``coding system``."""
        return str(self._facts["kind"])

    @property
    def family(self) -> str:
        """Forms that share a history."""
        return str(self._facts["family"])

    @property
    def name(self) -> str:
        """Full name."""
        return str(self._facts["name"])

    @property
    def abbreviations(self) -> tuple[str, ...]:
        """Abbreviations used in the literature."""
        return tuple(self._facts["abbreviations"])

    @property
    def rater(self) -> str:
        """Who fills it in."""
        return str(self._facts["rater"])

    @property
    def period(self) -> str:
        """The period the answers refer to."""
        return str(self._facts["period"])

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages that sources name, as BCP 47 tags."""
        return tuple(self._facts["languages"])

    @property
    def minutes(self) -> tuple[int, int] | None:
        """Shortest and longest time to complete it, where a source says."""
        minutes = self._facts["minutes"]
        return None if minutes is None else (int(minutes[0]), int(minutes[1]))

    @property
    def gap(self) -> str:
        """What is not known about this form here."""
        return str(self._facts["gap"])

    @property
    def key_in_print(self) -> str:
        """Where the key stands in print."""
        return str(self._facts["key_in_print"])

    @property
    def item_count(self) -> int | None:
        """Number of items, if known."""
        count = self._facts["item_count"]
        return None if count is None else int(count)

    @property
    def labels(self) -> tuple[str, ...]:
        """Neutral topics of the items, never their wording; empty where none are given."""
        return tuple(self._facts["labels"])

    @property
    def range(self) -> tuple[float, float] | None:
        """Lowest and highest answer, if known."""
        ends = self._facts["range"]
        return None if ends is None else (float(ends[0]), float(ends[1]))

    @property
    def step(self) -> float | None:
        """Distance of neighbouring answers; None for a visual analogue line or an unknown range."""
        step = self._facts["step"]
        return None if step is None else float(step)

    @property
    def anchors(self) -> tuple[str, ...]:
        """Words of the response points, lowest first; empty where not known."""
        return tuple(self._facts["anchors"] or ())

    @property
    def printed_backwards(self) -> tuple[int, ...]:
        """Items whose answers are printed highest first."""
        return tuple(self._facts["printed_backwards"])

    @property
    def reversed(self) -> tuple[int, ...] | None:
        """Reversed items: empty where none is, None where the set is not known."""
        items = self._facts["reversed"]
        return None if items is None else tuple(items)

    @property
    def statistic(self) -> str | None:
        """``mean``, ``sum`` or ``separate``: how sources report a scale."""
        statistic = self._facts["statistic"]
        return None if statistic is None else str(statistic)

    @property
    def scales(self) -> Mapping[str, tuple[int, ...]]:
        """Scale name to item numbers; empty where no key is known."""
        return {name: tuple(items) for name, items in self._facts["scales"]}

    @property
    def dimensions(self) -> Mapping[str, str]:
        """Scale name to ``goal``, ``task`` or ``bond``, where the source names one."""
        return dict(self._facts["dimensions"])

    @property
    def partition(self) -> tuple[str, ...]:
        """Scales that split the items exactly."""
        return tuple(self._facts["partition"])

    @property
    def codes(self) -> tuple[tuple[str, str | None, str], ...]:
        """Family, group and name of each code of a coding system."""
        return tuple(self._facts["codes"])

    @property
    def derived_from(self) -> str | None:
        """Id of the form this one was made from."""
        parent = self._facts["derived_from"]
        return None if parent is None else str(parent)

    @property
    def evidence(self) -> Mapping[str, Evidence]:
        """Evidence for each part: ``items``, ``response``, ``reversed``, ``statistic``, ``scales.<name>``."""
        return {
            part: Evidence(level, tuple(sources), tuple(disputed_by), note)
            for part, level, sources, disputed_by, note in self._facts["evidence"]
        }

    @property
    def sources(self) -> tuple[Source, ...]:
        """Register of sources."""
        return tuple(Source(**source) for source in self._facts["sources"])

    @property
    def reliability(self) -> tuple[Mapping[str, Any], ...]:
        """Published reliability figures: statistic, scale, low, high, n, population, source."""
        return tuple(dict(figure) for figure in self._facts["reliability"])

    @property
    def rights(self) -> Mapping[str, str]:
        """Owner of the form and where to get its wording, which is not here."""
        return dict(self._facts["rights"])

    @property
    def reference(self) -> Mapping[str, Any] | None:
        """Fields of the primary citation; ``recalled`` lists those that were not read."""
        reference = self._facts["reference"]
        return None if reference is None else dict(reference)

    @property
    def level(self) -> str:
        """Level of the best-attested score of this form."""
        return self._native.level()

    def score_level(self, scale: str) -> str:
        """Give the level of a score: that of the weakest part it needs.

        Parameters
        ----------
        scale : str
            Name of the scale.

        Returns
        -------
        str
            ``attested``, ``single-source``, ``unverified`` or ``key-needed``.
        """
        return self._native.score_level(scale)

    def guide(self) -> str:
        """Give the guide page of this form.

        Returns
        -------
        str
            Markdown.
        """
        return self._native.guide()

    def __repr__(self) -> str:
        items = "items unknown" if self.item_count is None else f"{self.item_count} items"
        return f"<Instrument {self.id}: {items}, {self.level}>"

    def _repr_markdown_(self) -> str:
        return self.guide()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Instrument) and self.to_toml() == other.to_toml()

    def __hash__(self) -> int:
        return hash(self.to_toml())

    def __reduce__(self) -> tuple[Any, ...]:
        return (Instrument.from_toml, (self.to_toml() + "\n",))


def resolve(given: Instrument | str) -> Instrument:
    """Give the instrument itself, or the one of this name."""
    if isinstance(given, str):
        return instrument(given)
    if not isinstance(given, Instrument):
        raise from_code("invalid-option", "instrument: give an `Instrument` or the name of a form")
    return given


def all_parallel(forms: Sequence[Instrument], scale: str) -> bool:
    """Say whether levels of a scale can be compared across forms.

    Forms are parallel when family, items, range, reversal and the scale's items are the same.
    """
    keys = {(form.family, form.item_count, form.range, form.reversed, form.scales.get(scale)) for form in forms}
    return len(keys) == 1


class Catalog(Sequence[Instrument]):
    """All forms of the catalog, sorted by id. In a notebook it shows as a table.

    Examples
    --------
    >>> import alliance as al
    >>> sum(form.level == "attested" for form in al.catalog())
    6
    """

    def __init__(self, forms: Sequence[Instrument]) -> None:
        self._forms = tuple(forms)

    def __len__(self) -> int:
        return len(self._forms)

    def __iter__(self) -> Iterator[Instrument]:
        return iter(self._forms)

    def __getitem__(self, index: Any) -> Any:
        return Catalog(self._forms[index]) if isinstance(index, slice) else self._forms[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Catalog) and self._forms == other._forms

    def __hash__(self) -> int:
        return hash(self._forms)

    _COLUMNS = ("id", "name", "rater", "kind", "items", "min", "max", "scales", "level")

    def _rows(self) -> Iterator[tuple[Any, ...]]:
        for form in self._forms:
            low, high = form.range or (None, None)
            scales = ", ".join(form.scales)
            yield (form.id, form.name, form.rater, form.kind, form.item_count, low, high, scales, form.level)

    def to_frame(self, kind: str | None = None) -> Any:
        """Give the catalog as a frame.

        Parameters
        ----------
        kind : {"polars", "pandas", "pyarrow"}, optional
            Library; by default one that is already loaded, else one that is installed.

        Returns
        -------
        frame
            One row per form: id, name, rater, kind, items, min, max, scales, level.
        """
        from alliance import _frames

        columns = list(zip(*self._rows(), strict=True))
        named = {name: list(column) for name, column in zip(self._COLUMNS, columns, strict=True)}
        return _frames.frame_of(_frame_kind(kind), named)

    def __repr__(self) -> str:
        return f"<Catalog of {len(self)} forms; .to_frame() gives a table>"

    def _repr_html_(self) -> str:
        shown = ("id", "rater", "items", "answers", "scales", "level")
        rows = (
            (
                form.id,
                form.rater,
                form.item_count or "",
                f"{form.range[0]:g} to {form.range[1]:g}" if form.range else "",
                ", ".join(form.scales),
                form.level,
            )
            for form in self._forms
        )
        title = _html.heading(f"{len(self)} forms", "level: how well the best score of a form is attested")
        return title + _html.table(shown, rows)


def _frame_kind(kind: str | None) -> Any:
    from alliance import _frames

    if kind is None:
        return _frames.installed_kind()
    if kind not in ("polars", "pandas", "pyarrow"):
        raise from_code("invalid-option", "kind: choose `polars`, `pandas` or `pyarrow`")
    return kind


def _numbers(option: str, items: Sequence[int]) -> list[int]:
    numbers = list(items)
    if not all(isinstance(number, Integral) and 0 <= number <= 65535 for number in numbers):
        raise from_code("invalid-option", f"{option}: items are whole numbers counted from 1")
    return [int(number) for number in numbers]


@functools.cache
def catalog() -> Catalog:
    """List all forms of the catalog.

    Returns
    -------
    Catalog
        An iterable of :class:`Instrument`, sorted by id.
    """
    return Catalog([Instrument(native) for native in _native.catalog()])


def instrument(name: str) -> Instrument:
    """Find a form.

    Parameters
    ----------
    name : str
        Id or unambiguous other name; case does not matter, nor hyphens, underscores or spaces between words.

    Returns
    -------
    Instrument
        The form.

    Raises
    ------
    AllianceError
        ``ambiguous-instrument`` for a name that several forms go by, with how they differ;
        ``unknown-instrument`` for any other, with the nearest ids.

    Examples
    --------
    >>> import alliance as al
    >>> al.instrument("SRS").id
    'srs-client'
    """
    return Instrument(_native.instrument(name))
