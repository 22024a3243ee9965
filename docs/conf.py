"""Sphinx configuration of the documentation site."""

import hashlib
import logging
import os
import sys
from pathlib import Path

import alliance

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))


def _package_hash() -> str:
    """Hash the installed package: when it changes, every example is executed again."""
    folder = Path(alliance.__file__).parent
    files = sorted(file for file in folder.rglob("*") if file.suffix in {".py", ".so", ".pyd"})
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


project = "alliance"
author = "the alliance developers"
version = release = alliance.__version__
html_title = f"alliance {version}"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "numpydoc",
    "executed_cell",
    "rust_example",
]
exclude_patterns = ["_build"]
nitpicky = True
nitpick_ignore_regex = [
    # Types in the words of numpydoc, and private or foreign types in signatures.
    ("py:class", r".*"),
    ("py:data", r".*"),
]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 2

nb_execution_mode = "cache"
nb_execution_cache_path = str(HERE / "_build" / ".jupyter_cache" / _package_hash())
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_execution_timeout = 60
nb_render_markdown_format = "myst"

# Kernels start without the reader's own IPython settings, and say nothing when all is well.
_profile = HERE / "_build" / ".ipython" / "profile_default"
_profile.mkdir(parents=True, exist_ok=True)
(_profile / "ipython_kernel_config.py").write_text("c.IPKernelApp.log_level = 40\n", encoding="utf-8")
os.environ["IPYTHONDIR"] = str(_profile.parent)
logging.getLogger("traitlets").setLevel(logging.WARNING)

autodoc_member_order = "bysource"
autodoc_typehints = "none"
numpydoc_show_class_members = False

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
