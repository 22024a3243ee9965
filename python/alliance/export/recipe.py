"""What an exporter gives: data, a script, and what a reader should know of both."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from alliance import _html, _native
from alliance.arguments import choice
from alliance.export import table
from alliance.export.scripts import Language, facts, header, script_name
from alliance.result import same

if TYPE_CHECKING:
    from alliance.export.panel import Panel
    from alliance.instruments import Instrument

__all__ = ["Recipe"]


@dataclass(frozen=True, eq=False, repr=False)
class Recipe:
    """Data and a complete script for a model of another library. Made by the functions of ``alliance.export``.

    In a notebook it shows the script, the columns and counts, never a row.

    Parameters
    ----------
    id : str
        Name of the recipe, such as ``cox``; the files are called after it.
    language : str
        ``R`` or ``Python``.
    script : str
        The complete script. It reads ``<id>.csv`` from the folder it is run in and prints estimates.
    needs : mapping of str to str
        What the script needs, and the version of each that it was tested with.
    columns : mapping of str to str
        Columns of the data, and what they were.
    notes : tuple of str
        What a reader of the results should know.
    clients : int
        Number of clients.
    instruments : tuple of Instrument
        The instruments, where they are known.

    Examples
    --------
    >>> import alliance as al
    >>> import polars as pl
    >>> forms = pl.DataFrame({"case": ["a", "a", "b"], "visit": [1, 2, 1], "alliance": [4.0, 4.5, 5.0]})
    >>> recipe = al.export.growth(forms, client="case", session="visit", score="alliance")
    >>> dict(recipe.needs)
    {'R': '4.2.2', 'nlme': '3.1-162'}
    >>> print(recipe.csv.splitlines()[:2])
    ['client,session,score', '1,1,4']
    """

    id: str
    language: Language
    script: str
    needs: Mapping[str, str]
    columns: Mapping[str, str]
    notes: tuple[str, ...]
    clients: int
    instruments: tuple[Instrument, ...]
    _table: Mapping[str, Any]
    _kind: Any
    _given: Any

    @property
    def title(self) -> str:
        """What the model is called."""
        return str(facts()[self.id]["title"])

    @property
    def rows(self) -> int:
        """Number of rows of the data."""
        return len(next(iter(self._table.values())))

    @property
    def data(self) -> Any:
        """The data the script reads, as a frame of the kind that went in."""
        return table.to_frame(self._kind, self._table)

    @property
    def csv(self) -> str:
        """The data as the script reads them: the same text whatever kind of frame went in."""
        return table.to_csv(self._table)

    @property
    def key(self) -> Any:
        """Whose data are whose: the recoded client beside the ids as given. A frame; no file has it."""
        import numpy as np

        from alliance import _frames

        columns = {name: _frames.cells(_frames.Frame(self._given), name) for name in _frames.Frame(self._given).columns}
        number = "client_in_recipe"
        clients = len(_frames.Frame(self._given))
        return table.to_frame(self._kind, {number: np.arange(1, clients + 1), **columns})

    def to_frame(self) -> Any:
        """Give the data.

        Returns
        -------
        frame
            Of the kind that went in; the same as ``data``.
        """
        return self.data

    def write(self, folder: str | Path, *, existing: Literal["refuse", "replace"] = "refuse") -> Path:
        """Write the data and the script into a folder.

        Parameters
        ----------
        folder : str or Path
            Made if it is not there. ``<id>.csv`` and the script come into it, both whole or neither.
        existing : {"refuse", "replace"}
            What to do with files of these names.

        Returns
        -------
        Path
            The script.

        Raises
        ------
        FileExistsError
            If one of the files is there and was not to be replaced.
        """
        choice("existing", existing, ("refuse", "replace"))
        folder = Path(folder).expanduser()
        texts = {f"{self.id}.csv": self.csv, script_name(self.id, self.language): self.script}
        folder.mkdir(parents=True, exist_ok=True)
        _write_together(folder, texts, existing)
        return folder / script_name(self.id, self.language)

    def methods(self) -> str:
        """Give a paragraph for a methods section, of facts this recipe holds.

        Returns
        -------
        str
            Plain text.
        """
        tested = ", ".join(f"{package} {version}" for package, version in self.needs.items())
        forms = [f"the {form.name} ({form.id})" for form in self.instruments]
        sentences = [
            f"Data for the model ({self.title.lower()}): {self.rows} rows of {self.clients} clients.",
            *([f"The alliance was measured with {' and '.join(forms)}."] if forms else []),
            *self.notes,
            f"Data and {self.language} script were made with alliance {_native.version()} (recipe {self.id}, version "
            f"{facts()[self.id]['version']}), which was tested with {tested}; say which versions it was run with.",
        ]
        return " ".join(sentences)

    def cite(self) -> str:
        """Give BibTeX entries of the instruments, the method, the package that fits it and this software.

        Returns
        -------
        str
            BibTeX.
        """
        from alliance.citing import cite

        return cite(self)

    @property
    def _references(self) -> tuple[str, ...]:
        known = facts()[self.id]
        return (*known["references"], *known.get("packages", {}).get(self.language, ()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Recipe) and same(vars(self), vars(other))

    __hash__ = None  # type: ignore[assignment]

    @property
    def _line(self) -> str:
        rows = "1 row" if self.rows == 1 else f"{self.rows} rows"
        return f"{rows}, {'1 client' if self.clients == 1 else f'{self.clients} clients'}"

    def __repr__(self) -> str:
        return f"<Recipe {self.id} ({self.language}): {self._line}>"

    def _repr_html_(self) -> str:
        needs = ", ".join(f"{package} {version}" for package, version in self.needs.items())
        line = f"{facts()[self.id]['question']} {self._line}; {self.language} script, tested with {needs}"
        columns = _html.table(("column", "what it is"), self.columns.items())
        style = "font-size:.85em;line-height:1.35;overflow-x:auto;margin:.4em 0"
        script = f"<details><summary>script</summary><pre style='{style}'>{escape(self.script)}</pre></details>"
        return _html.heading(self.title, line) + columns + _html.notes(self.notes) + script


def make_recipe(
    recipe: str,
    language: Language,
    body: str,
    panel: Panel,
    columns: Mapping[str, tuple[str, Any]],
    *,
    notes: Sequence[str] = (),
    needs: Mapping[str, str] | None = None,
    kept: Mapping[str, Any],
) -> Recipe:
    """Put a recipe together.

    ``columns`` gives for each name what it is and its values; ``kept`` the client ids as they are exported, which come
    before them.
    """
    known = facts()[recipe]
    needed = dict(known["tested"][language]) | dict(needs or {})
    what = {name: _ID_WORDS[name] for name in kept} | {name: text for name, (text, _) in columns.items()}
    said = (*known["notes"], *notes)
    return Recipe(
        id=recipe,
        language=language,
        script=header(recipe, language, needs=needed, columns=what, notes=said) + body,
        needs=needed,
        columns=what,
        notes=said,
        clients=len(set(_listed(kept["client"]))),
        instruments=panel.instruments,
        _table=dict(kept) | {name: values for name, (_, values) in columns.items()},
        _kind=panel.kind,
        _given=panel.given,
    )


def _listed(values: Any) -> list[Any]:
    return values if isinstance(values, list) else list(values.tolist())


_ID_WORDS = {"client": "client", "therapist": "therapist"}


def _write_together(folder: Path, texts: Mapping[str, str], existing: str) -> None:
    """Write all files or none; what was there comes back if one cannot be written."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".alliance-") as beside:
        for name, text in texts.items():
            (Path(beside) / name).write_bytes(text.encode())
        undo: list[tuple[Path, Path | None]] = []
        try:
            for name in texts:
                target, before = folder / name, Path(beside) / f"{name}.before"
                if target.is_dir():
                    raise IsADirectoryError(errno.EISDIR, "is a folder", str(target))
                if target.exists() and existing == "refuse":
                    problem = 'is there already; choose another folder or `existing="replace"`'
                    raise FileExistsError(errno.EEXIST, problem, str(target))
                was_there = target.exists()
                if was_there:
                    target.rename(before)
                undo.append((target, before if was_there else None))
                (Path(beside) / name).rename(target)
        except BaseException:
            for target, earlier in reversed(undo):
                target.unlink(missing_ok=True)
                if earlier is not None:
                    earlier.rename(target)
            raise
