"""An issue's Markdown as a mail shows it: HTML with the styles that Outlook needs, and plain text that reads as well.

Neither has pictures, so that nothing is loaded and nobody is counted; links go where they say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from nh3 import clean

FACE = "font-family:'Source Sans 3','Segoe UI',Helvetica,Arial,sans-serif;"
INK = "color:#16222c;"
_RUNNING = f"{FACE}font-size:17px;line-height:26px;{INK}"
_STYLES: Mapping[str, tuple[str, str]] = {
    "p": ("ink", f"margin:0 0 16px;{_RUNNING}"),
    "h2": ("ink", f"margin:32px 0 8px;{FACE}font-size:21px;line-height:28px;font-weight:700;{INK}"),
    "h3": ("ink", f"margin:24px 0 8px;{FACE}font-size:17px;line-height:24px;font-weight:700;{INK}"),
    "ul": ("ink", f"margin:0 0 16px;padding:0 0 0 24px;{_RUNNING}"),
    "ol": ("ink", f"margin:0 0 16px;padding:0 0 0 24px;{_RUNNING}"),
    "li": ("ink", f"margin:0 0 6px;{_RUNNING}"),
    "blockquote": ("ink strong-left", "margin:0 0 16px;padding:2px 0 2px 16px;border-left:4px solid #16222c;"),
    "a": ("link", "color:#1a5a86;text-decoration:underline;"),
    "hr": ("hairline", "margin:24px 0;border:0;border-top:1px solid #dcd8cd;"),
}
_TAGS = {*_STYLES, "strong", "em", "br"}
_LEVELS = {"h1": "h2", "h4": "h3", "h5": "h3", "h6": "h3"}
_PARSER = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable(["code", "fence"])
"""Without code: indented text comes from a word processor."""
_SCHEMES = {"http", "https", "mailto", "tel"}


def mail_html(text: str) -> Markup:
    """Safe HTML with a class and a style at each tag; headings begin at the second level."""
    html = _PARSER.renderer.render(_parsed(text), _PARSER.options, {})
    values = {tag: {"class": name, "style": style} for tag, (name, style) in _STYLES.items()}
    cleaned = clean(html, tags=_TAGS, set_tag_attribute_values=values, url_schemes=_SCHEMES, link_rel=None)
    return Markup(cleaned)  # noqa: S704 - cleaned by nh3


def plain_text(text: str) -> str:
    """Paragraphs, lists with hyphens, headings underlined, the address behind each link."""
    return "\n".join(_blocks(_parsed(text))).strip()


def _parsed(text: str) -> list[Token]:
    """With headings of two levels, whatever was written: the subject is the first."""
    tokens = _PARSER.parse(text)
    for token in tokens:
        token.tag = _LEVELS.get(token.tag, token.tag)
    return tokens


def _blocks(tokens: Sequence[Token]) -> Iterator[str]:
    """Lines; a blank one after each paragraph, heading and list."""
    marks: list[str] = []
    opener = ""
    for token in tokens:
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            marks.append("- " if token.type == "bullet_list_open" else "1")
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            marks.pop()
            yield from [] if marks else [""]
        elif token.type == "list_item_open":
            marks[-1] = marks[-1] if marks[-1] == "- " else f"{token.info}. "
            opener = marks[-1]
        elif token.type == "heading_open":
            opener = token.tag
        elif token.type == "hr":
            yield from ("----", "")
        elif token.type == "inline":
            yield from _inline_lines(token, opener, "  " * (len(marks) - 1) if marks else "")
            opener = ""
        elif token.type == "paragraph_close" and not marks:
            yield ""


def _inline_lines(token: Token, opener: str, indent: str) -> Iterator[str]:
    words = _words(token.children or [])
    if opener in {"h2", "h3"}:
        yield from ("", words, ("=" if opener == "h2" else "-") * min(len(words), 60), "")
    else:
        yield indent + opener + words.replace("\n", f"\n{indent}{' ' * len(opener)}")


def _words(children: Sequence[Token]) -> str:
    parts: list[str] = []
    address, began = "", 0
    for child in children:
        if child.type == "link_open":
            address, began = str(child.attrGet("href") or ""), len(parts)
        elif child.type == "link_close":
            shown = "".join(parts[began:])
            parts.append("" if address.removeprefix("mailto:") == shown else f" ({address.removeprefix('mailto:')})")
        elif child.type in {"softbreak", "hardbreak"}:
            parts.append("\n")
        elif child.type != "image":
            parts.append(child.content)
    return "".join(parts)
