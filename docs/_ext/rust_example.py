"""Show the examples of the Rust sources, where `cargo test` runs them, so that the two cannot differ."""

from __future__ import annotations

import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

COMMENT = re.compile(r"^\s*//[/!] ?", re.MULTILINE)
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
HIDDEN = re.compile(r"^# .*\n", re.MULTILINE)
ROOT = Path(__file__).parents[2]


class RustExample(SphinxDirective):
    """The first example of a README or of a source file's comments, named by its path from the root."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Read it and leave out the lines that rustdoc hides."""
        file = ROOT / self.arguments[0]
        self.env.note_dependency(str(file))
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        if file.suffix == ".rs":
            lines = [line for line in lines if COMMENT.match(line)]
        text = COMMENT.sub("", "".join(lines)) if file.suffix == ".rs" else "".join(lines)
        found = next((code for language, code in FENCED.findall(text) if language in ("", "rust")), None)
        if found is None:
            raise ExtensionError(f"{self.env.docname}:{self.lineno}: {self.arguments[0]} holds no example")
        code = HIDDEN.sub("", found).rstrip()
        return [nodes.literal_block(code, code, language="rust")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("rust-example", RustExample)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
