"""Notebook tables: plain, readable on light and dark pages, no row data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

_TABLE = "border-collapse:collapse;font-variant-numeric:tabular-nums;margin:.4em 0"
_CELL = "padding:.15em .8em .15em 0;text-align:left;vertical-align:top;border:0"
_HEAD = _CELL + ";border-bottom:1px solid currentColor;font-weight:600"


def heading(title: str, line: str) -> str:
    """Give a title with one line below it."""
    return f"<div><strong>{escape(title)}</strong><br><span style='opacity:.75'>{escape(line)}</span></div>"


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Give an HTML table; every cell is escaped."""
    head = "".join(f"<th style='{_HEAD}'>{escape(name)}</th>" for name in columns)
    body = "".join(
        "<tr>" + "".join(f"<td style='{_CELL}'>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table style='{_TABLE}'><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def notes(lines: Iterable[str]) -> str:
    """Give notes as a short list, or nothing."""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<ul style='margin:.2em 0;padding-left:1.2em;opacity:.85'>{items}</ul>" if items else ""
