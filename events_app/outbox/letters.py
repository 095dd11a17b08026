"""Letters from templates: `templates/<room>/mail/<kind>/{subject.txt,body.txt,body.html}`."""

from __future__ import annotations

import re
from textwrap import wrap

from events_app.kit import settings
from events_app.kit.i18n import known_language
from events_app.kit.templates import render
from events_app.kit.text import one_line
from events_app.outbox.mime import Letter

LINE = 72
_BLANK_LINES = re.compile(r"\n{3,}")


def letter(room: str, kind: str, language: str, **context: object) -> Letter:
    """The letter's texts in the reader's language. Every template sees `root_url` besides the context."""
    known = known_language(language)
    root_url = settings.current().root_url

    def part(name: str) -> str:
        return render(f"{room}/mail/{kind}/{name}", known, root_url=root_url, **context)

    return Letter(subject=one_line(part("subject.txt")), text=wrapped(part("body.txt")), html=part("body.html"))


def wrapped(text: str) -> str:
    """Plain text with lines of at most 72 characters (addresses stay whole) and single blank lines."""
    lines = (short for line in text.splitlines() for short in _wrapped_line(line.rstrip()))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip() + "\n"


def _wrapped_line(line: str) -> list[str]:
    if len(line) <= LINE:
        return [line]
    indent = " " * (len(line) - len(line.lstrip(" ")))
    return wrap(line, LINE, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False) or [""]
