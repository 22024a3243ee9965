"""Notebook tables: plain, readable on light and dark pages, no row data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

_TABLE = "border-collapse:collapse;font-variant-numeric:tabular-nums;margin:.4em 0"
_CELL = "padding:.15em .8em .15em 0;text-align:left;vertical-align:top;border:0"
_HEAD = _CELL + ";border-bottom:1px solid currentColor;font-weight:600"


def heading(title: str, line: str) -> str:
    """Give a title with one line below it."""
    return f"<div><strong>{escape(title)}</strong><br><span style='opacity:.75'>{text(line)}</span></div>"


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Give an HTML table; every cell is escaped."""
    listed = [tuple(row) for row in rows]
    numeric = [bool(listed) and all(_is_number(row[column]) for row in listed) for column in range(len(columns))]
    head = "".join(_cell("th", _HEAD, name, right) for name, right in zip(columns, numeric, strict=True))
    body = "".join(
        "<tr>" + "".join(_cell("td", _CELL, cell, right) for cell, right in zip(row, numeric, strict=True)) + "</tr>"
        for row in listed
    )
    return f"<table style='{_TABLE}'><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def two(number: float) -> str:
    """Write two decimals; nothing where there is no number."""
    return "" if number != number else f"{number:.2f}"


def _is_number(cell: object) -> bool:
    return cell == "" or (isinstance(cell, int | float) and not isinstance(cell, bool))


def _cell(tag: str, style: str, content: object, right: bool) -> str:
    align = ";text-align:right" if right else ""
    return f"<{tag} style='{style}{align}'>{text(str(content))}</{tag}>"


def text(text: str) -> str:
    """Escape text; what stands in backticks becomes code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text))


def notes(lines: Iterable[str]) -> str:
    """Give notes as a short list, or nothing."""
    items = "".join(f"<li>{text(line)}</li>" for line in lines)
    return f"<ul style='margin:.2em 0;padding-left:1.2em;opacity:.85'>{items}</ul>" if items else ""
