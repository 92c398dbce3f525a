"""The documentation's site, which `make site` builds: whatever Sphinx warns of ends it."""

import inspect
from pathlib import Path
from typing import Any, get_type_hints

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

from crater_pipeline import __version__

ROOT = Path(__file__).parents[1].as_posix()

project = "Crater pipeline"
author = "crater pipeline developers"
version = release = __version__
language = "en"

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["images"]
highlight_language = "text"
default_role = "code"  # single backticks in docstrings are code, as they are in Markdown

myst_heading_anchors = 4
nb_execution_mode = "off"  # a test runs the notebook; here it is shown

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
napoleon_google_docstring = False

html_theme = "furo"
html_title = f"Crater pipeline {release}"
html_show_sourcelink = False
html_copy_source = False
html_show_copyright = False

PAGES = {
    "README": "index",
    "config/README": "configuration",
    "CONTRIBUTING": "contributing",
    "CHANGELOG": "changelog",
}
"""Documents outside this folder, from the repository's root, and the pages that show them."""

SECTIONS = {
    "real-regions": "regions",
    "without-a-network": "regions",
    "configuration": "regions",
    "on-a-cluster": "regions",
    "what-comes-out": "outputs",
    "how-good-it-is": "quality",
}
"""Headings of the README that are shown on another page than its beginning."""


def lead_inside(app: Sphinx, doctree: nodes.document) -> None:
    """Let links to documents outside this folder lead to the pages that include them."""
    for link in doctree.findall(addnodes.pending_xref):
        path, _, heading = str(link["reftarget"]).partition("#")
        document = path.removeprefix(f"{ROOT}/").removesuffix(".md")
        if document in PAGES:
            anchor = link.get("reftargetid") or heading or None
            page = SECTIONS.get(str(anchor), PAGES[document]) if document == "README" else PAGES[document]
            link["refdomain"], link["reftarget"], link["reftargetid"] = "doc", page, anchor


def show_plain_types(app: Sphinx, documented: Any, bound_method: bool) -> None:
    """Leave out what the command line is told of a type beside it: kinds of files, converters."""
    if inspect.isfunction(documented) and documented.__module__.startswith("crater_pipeline."):
        documented.__annotations__ = get_type_hints(documented)


def hide_constants(app: Sphinx, what: str, name: str, member: Any, skip: bool, options: Any) -> bool | None:
    """Of a module only functions, classes and names of columns are shown."""
    is_hidden = what == "module" and name != "COLUMNS" and not (inspect.isclass(member) or inspect.isfunction(member))
    return True if is_hidden else None


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls."""
    app.connect("doctree-read", lead_inside)
    app.connect("autodoc-before-process-signature", show_plain_types)
    app.connect("autodoc-skip-member", hide_constants)
    return {"parallel_read_safe": True}
