"""What Outlook's renderer (Word's), Gmail and plain-text readers ask of a mail. `complaints` names what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import EmailMessage
from html.parser import HTMLParser

LONGEST_LINE = 998
TAGS: dict[str, set[str]] = {
    "html": {"lang"},
    "head": set(),
    "meta": {"charset", "name", "content"},
    "title": set(),
    "style": set(),
    "body": {"class", "style"},
    "div": {"style", "class", "lang"},
    "table": {"role", "width", "cellpadding", "cellspacing", "border", "bgcolor", "style", "class", "align"},
    "tr": set(),
    "td": {"width", "height", "align", "valign", "bgcolor", "style", "class", "colspan"},
    "p": {"style", "class", "lang"},
    "h1": {"style", "class"},
    "h2": {"style", "class"},
    "h3": {"style", "class"},
    "a": {"href", "style", "class", "rel"},
    "img": {"src", "width", "height", "alt", "style", "class"},
    "span": {"style", "class", "lang"},
    "ul": {"style", "class"},
    "ol": {"style", "class", "start"},
    "li": {"style", "class"},
    "blockquote": {"style", "class"},
    **{name: {"style", "class"} for name in ("b", "strong", "em", "s", "br", "hr", "code")},
}
VOID = {"meta", "img", "br", "hr"}
KNOWN_TO_WORD = re.compile(
    "color|background-color|font-(family|size|weight|style)|line-height|letter-spacing|text-(align|decoration)|"
    "vertical-align|white-space|padding(-left|-right)?|margin|border(-top|-bottom|-left|-color)?|width|height|"
    "display|mso-hide|mso-padding-alt"
)
IGNORED_BY_WORD = {"border-radius", "max-width", "max-height", "overflow"}
"""Nothing depends on these: without them corners are sharp, and a table for Word alone gives the width."""
_URL = re.compile(r"url\(|@import|expression\(", re.IGNORECASE)
_HIDDEN = "display:none;"


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.links: list[str] = []
        self.css = ""
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in TAGS:
            self.found.append(f"<{tag}> is not for mails")
        elif unknown := set(given) - TAGS[tag]:
            self.found.append(f"<{tag}> with {', '.join(sorted(unknown))}")
        self.found += _style(tag, given.get("style", ""))
        self.found += _shape(tag, given)
        if tag == "a":
            self.links.append(given.get("href", ""))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.found.append(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "style":
            self.css += data

    def close(self) -> None:
        super().close()
        self.found += [f"<{tag}> is not closed" for tag in self._open]


def _style(tag: str, style: str) -> Iterator[str]:
    if style.startswith(_HIDDEN):
        return  # the line that inboxes show after the subject
    for declaration in filter(None, style.split(";")):
        name, _, value = declaration.partition(":")
        if not KNOWN_TO_WORD.fullmatch(name.strip()) and name.strip() not in IGNORED_BY_WORD:
            yield f"<{tag}> has {name.strip()}, which Word does not know"
        if name == "display" and value.strip() != "block":
            yield f"<{tag}> is shown as {value}"
        if _URL.search(value):
            yield f"<{tag}> loads {value}"


def _shape(tag: str, given: dict[str, str]) -> Iterator[str]:
    """What has to be an attribute, because Word reads no style for it."""
    if tag == "table" and not {"role", "cellpadding", "cellspacing", "border"} <= set(given):
        yield "a table without role or with Word's own spacing"
    if tag == "td" and "background-color" in given.get("style", "") and "bgcolor" not in given:
        yield "a cell whose colour is not an attribute"
    if tag == "img":
        if not given.get("alt"):
            yield "a picture without alt"
        if not given.get("width", "").isdecimal():
            yield "a picture without width"
        if not given.get("src", "").startswith("cid:"):
            yield f"a picture from elsewhere: {given.get('src')}"
    if tag == "a" and not given.get("href", "").startswith(("https://", "http://", "mailto:", "tel:")):
        yield f"a link to {given.get('href')!r}"


def complaints(mail: EmailMessage, raw: bytes) -> list[str]:
    """What is wrong with this mail; nothing, one hopes."""
    page = _Page()
    html, text = _part(mail, "text/html"), _part(mail, "text/plain")
    page.feed(html)
    page.close()
    found = list(page.found)
    if _URL.search(page.css):
        found.append("the style sheet loads something")
    found += [f"no {name}" for name in ('name="color-scheme"', "prefers-color-scheme: dark") if name not in html]
    found += [f"only the HTML links to {link}" for link in page.links if link.removeprefix("mailto:") not in text]
    found += [f"no {name}" for name in ("Message-ID", "Date", "From", "To", "Subject") if not mail[name]]
    if mail["Auto-Submitted"] != "auto-generated":
        found.append("no Auto-Submitted")
    if max(map(len, raw.split(b"\r\n"))) > LONGEST_LINE:
        found.append("a line over 998 octets")
    if len(text.split()) < len(_words(html)) / 2:
        found.append("the plain text says far less than the HTML")
    return found


def _words(html: str) -> list[str]:
    body = re.sub(r"(?s)<head>.*?</head>|<!--.*?-->|<[^>]+>|&#?\w+;", " ", html)
    return [word for word in body.split() if word.isalnum()]


def _part(mail: EmailMessage, kind: str) -> str:
    for part in mail.walk():
        if part.get_content_type() == kind and not part.is_attachment():
            content: str = part.get_content()
            return content
    return ""
