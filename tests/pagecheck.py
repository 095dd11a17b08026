"""What every public page owes its readers: well-formed HTML, one headline, and nothing from another host."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urlsplit

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
VOID |= {"circle", "path", "rect", "line", "polyline", "polygon", "ellipse"}  # in inline SVG
LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "use": "href"}
LOADED |= {"audio": "src", "embed": "src", "object": "data", "track": "src", "image": "href"}
WITHIN_WORDS = {"a", "b", "bdi", "code", "em", "i", "span", "strong", "time"}
LINKED_ONLY = {"canonical", "alternate"}


class Page(HTMLParser):
    """An HTML page taken apart. Raises `AssertionError` where elements are not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.json_ld = ""
        self._texts: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open, f"not closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice"
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in WITHIN_WORDS:
            self._texts.append(" ")
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self._open, f"</{tag}> closes nothing"
        assert self._open[-1] == tag, f"</{tag}> closes <{self._open[-1]}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "script":
            self.json_ld += data
        elif "style" not in self._open:
            self._texts.append(data)

    @property
    def text(self) -> str:
        """All that is shown, blanks evened out."""
        return re.sub(r"\s+", " ", "".join(self._texts)).strip()

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attrs for name, attrs in self.elements if name == tag]

    def links(self) -> list[str]:
        return [attrs["href"] for attrs in self.all("a") if "href" in attrs]

    def loaded(self) -> Iterator[str]:
        """The addresses that a browser fetches without being asked."""
        for tag, attrs in self.elements:
            if tag in LOADED and LOADED[tag] in attrs:
                yield attrs[LOADED[tag]]
            elif tag == "link" and not LINKED_ONLY & set(attrs.get("rel", "").split()):
                yield attrs["href"]
            if "srcset" in attrs:
                yield attrs["srcset"]


def sound(html: str) -> Page:
    """The page, once it has shown to be one. Raises `AssertionError` with what is wrong."""
    page = Page(html)
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids)), "an id stands twice"
    assert len(page.all("h1")) == 1, "a page has one headline"
    assert len(page.all("title")) == 1
    for address in page.loaded():
        assert not urlsplit(address).netloc, f"loads {address}"
        assert not urlsplit(address).scheme, f"loads {address}"
    assert not any("style" in attrs for _, attrs in page.elements), "inline style"
    for tag, attrs in page.elements:
        assert tag != "script" or "src" in attrs or attrs.get("type") == "application/ld+json", "inline script"
        for name in ("aria-labelledby", "aria-describedby"):
            assert set(attrs.get(name, "").split()) <= set(ids), f"{name} names nothing"
    return page
