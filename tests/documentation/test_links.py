"""Every link from one document to another, or to a file, leads somewhere, on the forge as on the site."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "config/*.md", "crater_pipeline/**/*.md", ".github/**/*.md")
    for path in ROOT.glob(pattern)
)
READER = MarkdownIt().enable("table")


def parts(tokens: list[Token]) -> Iterator[Token]:
    """Tokens with those inside them."""
    for token in tokens:
        yield token
        yield from parts(token.children or [])


def targets(text: str) -> list[str]:
    """Links and pictures of a document that do not name a server."""
    found = [str(token.attrGet("href") or token.attrGet("src") or "") for token in parts(READER.parse(text))]
    return [each for each in found if each and not re.match(r"[a-z]+:", each)]


def anchors(text: str) -> set[str]:
    """The headings of a document as forges and MyST call them."""
    slugs: list[str] = []
    for opening, inline in pairwise(READER.parse(text)):
        if opening.type == "heading_open":
            words = "".join(part.content for part in inline.children or [] if part.type in ("text", "code_inline"))
            slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
            copies = sum(each == slug or re.fullmatch(rf"{re.escape(slug)}-\d+", each) is not None for each in slugs)
            slugs.append(f"{slug}-{copies}" if copies else slug)
    return set(slugs)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    broken = []
    for target in targets(text):
        name, _, anchor = unquote(target).partition("#")
        path = document.parent / name if name else document
        if not path.exists() or (anchor and anchor not in anchors(path.read_text(encoding="utf-8"))):
            broken.append(target)
    assert broken == []


def test_links_and_headings_are_found_wherever_they_stand() -> None:
    text = "# How `x.y` is, & why\n\n## Again\n\n## Again\n\n| a |\n|---|\n| [b](c.md#d) |\n\n![e](f.jpg) `[g](h.md)`\n[i](https://j)"
    assert targets(text) == ["c.md#d", "f.jpg"]
    assert anchors(text) == {"how-xy-is--why", "again", "again-1"}
