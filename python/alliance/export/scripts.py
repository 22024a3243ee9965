"""Scripts from templates: text files with `{{places}}`, and the facts about them."""

from __future__ import annotations

import functools
import re
import textwrap
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from typing import Any, Literal

__all__ = ["Language", "facts", "fill", "quoted", "variable_names", "vector"]

Language = Literal["R", "Python"]
_ENDINGS: dict[Language, str] = {"R": "R", "Python": "py"}
_PLACE = re.compile(r"\{\{(\w+)\}\}")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,39}")
WIDTH = 116


@functools.cache
def facts() -> Mapping[str, Any]:
    """Give what is known of each recipe."""
    return tomllib.loads(_text("recipes.toml"))


@functools.cache
def _text(name: str) -> str:
    return resources.files("alliance.export").joinpath(*name.split("/")).read_text("utf-8")


def script_name(recipe: str, language: Language) -> str:
    """Name the script of a recipe."""
    return f"{recipe}.{_ENDINGS[language]}"


def fill(name: str, places: Mapping[str, str]) -> str:
    """Fill the places of a template: all of them, and no others."""
    template = _text(f"recipes/{name}.template")
    known = set(_PLACE.findall(template))
    if known != set(places):
        raise KeyError(f"places of `{name}`: {sorted(known ^ set(places))}")
    return _PLACE.sub(lambda place: places[place[1]], template)


def header(
    recipe: str,
    language: Language,
    *,
    needs: Mapping[str, str],
    columns: Mapping[str, str],
    notes: Sequence[str],
) -> str:
    """Say at the top of a script what it is, what it needs and what its columns are."""
    known = facts()[recipe]
    data, script = f"{recipe}.csv", script_name(recipe, language)
    tested = ", ".join(f"{package} {version}" for package, version in needs.items())
    return fill(
        "header",
        {
            "title": known["title"],
            "question": _comment(known["question"]),
            "recipe": _comment(
                f"Recipe `{recipe}`, version {known['version']}, of the Python package alliance; tested with {tested}."
            ),
            "data": data,
            "run": f"{'Rscript' if language == 'R' else 'python'} {script}",
            "columns": "\n".join(_comment(f"{name}: {_line(what)}", "  ") for name, what in columns.items()),
            "notes": "\n".join(_comment(note) for note in notes),
        },
    )


def _line(text: str) -> str:
    """Give text as part of one line, whatever a column may be called."""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:160]


def _comment(text: str, indent: str = "") -> str:
    start = f"# {indent}"
    return textwrap.fill(text, WIDTH, initial_indent=start, subsequent_indent=f"{start}  ", break_on_hyphens=False)


def read_call(recipe: str, language: Language, given: Iterable[str]) -> str:
    """Give the call that reads the data; ids that were kept as given are text whatever they look like."""
    if language == "R":
        types = ", ".join(f'{name} = "character"' for name in given)
        return f'read.csv("{recipe}.csv", na.strings = ""' + (f", colClasses = c({types}))" if types else ")")
    types = ", ".join(f'"{name}": str' for name in given)
    read = f'pd.read_csv("{recipe}.csv", keep_default_na=False, na_values=[""]'
    return read + (f", dtype={{{types}}})" if types else ")")


def quoted(names: Iterable[str]) -> str:
    """List names in quotes."""
    return ", ".join(f'"{name}"' for name in names)


def vector(names: Iterable[str]) -> str:
    """Give names as a character vector of R, wrapped."""
    return textwrap.fill(f"c({quoted(names)})", WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def variable_names(names: Sequence[str], stem: str) -> list[str]:
    """Name variables after columns where all of these are plain names in R, else by number."""
    taken = set(facts()["names"]["taken"])
    folded = [name.lower() for name in names]
    plain = [
        _PLAIN.fullmatch(name) is not None and name not in taken and folded.count(name.lower()) == 1 for name in names
    ]
    if all(plain):
        return list(names)
    return [f"{stem}_{place}" for place in range(1, len(names) + 1)]
