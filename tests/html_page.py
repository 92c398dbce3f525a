"""Checks of a page that must stand by itself."""

import re
from html.parser import HTMLParser


class References(HTMLParser):
    """Everything a browser would fetch, and whether tags are closed in order."""

    VOID = frozenset({"meta", "input", "br", "link", "img", "hr", "use", "image", "path", "circle", "rect"})

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.ids: list[str] = []
        self.open: list[str] = []

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._look(attrs)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._look(attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def _look(self, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("src", "href", "xlink:href", "srcset", "poster", "data", "action") and value:
                self.fetched.append(value)
            if name == "id" and value:
                self.ids.append(value)


def check_page(page: str) -> References:
    found = References()
    found.feed(page)
    assert found.open == []
    assert all(each.startswith(("#", "data:image/")) for each in found.fetched)
    assert not re.search(r"@import|url\(\s*['\"]?(?!#)|<script[^>]*src|<link|<iframe", page)
    assert len(set(found.ids)) == len(found.ids)
    targets = {each[1:] for each in found.fetched if each.startswith("#")}
    assert targets <= set(found.ids)
    assert len(page.encode()) < 15e6
    assert "Undefined" not in page
    assert "nan %" not in page
    return found
