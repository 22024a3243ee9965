"""Execute the examples of the instrument and method pages in the process that builds the site.

Each page has a short cell or two. A notebook kernel for each would take about two and a half seconds to start and
to import what the cell needs, and there are more than a hundred of them; here all imports happen once. Every
page gets names of its own, the output looks as myst-nb's does, and an example that fails stops the build.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import re
import warnings
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from myst_nb.core.read import UnexpectedCellDirective
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

FOLDERS = ("instruments/", "methods/")
FRONT_MATTER = re.compile(r"\A---\n.*?^---\n", re.DOTALL | re.MULTILINE)


def strip_front_matter(_app: Sphinx, docname: str, source: list[str]) -> None:
    """Make plain pages of the notebooks in these folders, so that myst-nb starts no kernel for them."""
    front = FRONT_MATTER.match(source[0])
    if docname.startswith(FOLDERS) and front and "kernelspec" in front[0]:
        # Empty lines keep the line numbers of messages right.
        source[0] = "\n" * front[0].count("\n") + source[0][front.end() :]


def run(code: str, names: dict[str, Any]) -> tuple[str, list[str], Any]:
    """Execute a cell: what it printed, what it warned of, and the value of its last expression."""
    tree = ast.parse(code)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    value = None
    with contextlib.redirect_stdout(printed), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        exec(compile(tree, "<example>", "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), "<example>", "eval"), names)
    return printed.getvalue(), [f"{each.category.__name__}: {each.message}" for each in caught], value


class ExecutedCell(SphinxDirective):
    """A cell with its output."""

    has_content = True
    optional_arguments = 1
    option_spec: ClassVar = {"tags": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """Execute the cell and show it."""
        if not self.env.docname.startswith(FOLDERS):
            return UnexpectedCellDirective.run(self)
        names = self.env.temp_data.setdefault("executed_cell_names", {"__name__": "__main__"})
        code = "\n".join(self.content)
        try:
            printed, warned, value = run(code, names)
        except Exception as error:
            place = f"{self.env.docname}:{self.lineno}"
            problem = f"{type(error).__name__}: {error}"
            raise ExtensionError(f"{place}: the example fails with {problem}") from error
        shown = [_text(line, "stderr") for line in warned]
        if printed:
            shown.append(_text(printed.rstrip(), "stream"))
        if value is not None:
            shown.append(_value(value))
        cell = nodes.container(classes=["cell"])
        source = nodes.literal_block(code, code, language="ipython3", classes=["highlight-ipython3"])
        cell += nodes.container("", source, classes=["cell_input"])
        if shown:
            cell += nodes.container("", *shown, classes=["cell_output"])
        return [cell]


def _text(text: str, kind: str) -> nodes.Node:
    return nodes.literal_block(text, text, language="none", classes=["output", kind])


def _value(value: Any) -> nodes.Node:
    if hasattr(value, "_repr_png_"):
        source = f"data:image/png;base64,{base64.b64encode(value._repr_png_()).decode()}"
        image = nodes.raw("", f"<img src='{source}' alt='figure of the cell above'>", format="html")
        return nodes.container("", image, classes=["output", "image_png"])
    if not hasattr(value, "_repr_html_"):
        return _text(repr(value), "text_plain")
    raw = nodes.raw("", value._repr_html_(), format="html")
    return nodes.container("", raw, classes=["output", "text_html"])


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx, after myst-nb."""
    app.setup_extension("myst_nb")
    app.connect("source-read", strip_front_matter)
    app.add_directive("code-cell", ExecutedCell, override=True)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
