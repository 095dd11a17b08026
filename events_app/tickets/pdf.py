"""Tickets as a tagged A4 PDF (PDF/UA-1), one page each, set by typst from `templates/pdf/ticket.typ`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from importlib.resources import files
from threading import Lock
from typing import Any
from unicodedata import category

from babel.dates import format_date, format_interval, format_time
from typst import Compiler, Fonts, TypstError

from events_app.events.rules import takes_whole_days
from events_app.kit.formats import DEFAULT_ZONE, local
from events_app.kit.i18n import Language, babel_locale, translate
from events_app.kit.templates import TEMPLATES_DIR
from events_app.kit.text import one_line
from events_app.tickets.qr import svg
from events_app.tickets.rules import shown_short_code

_TYPEFACE = "fontpkg_source_sans_3"  # the site's own; typst brings the others that fill its gaps
_STANDARD = "ua-1"
_BEYOND_BMP = 0xFFFF
_ENDLESS_WORD = re.compile(r"[^\s-]{40,}")
_BREAK = "\u200b"  # invisible: a line may end here


@dataclass(frozen=True, kw_only=True)
class TicketSheet:
    """What stands on a printed ticket. Times are aware; `place` is lines as on an envelope, empty for online events.

    `occasion` is the cluster's or the programme's name; `code` the QR's text; `short_code` as stored, 8 characters.
    """

    language: Language
    occasion: str
    event: str
    starts_at: datetime
    ends_at: datetime
    timezone: str
    place: tuple[str, ...]
    online_url: str
    holder: str
    organisation: str
    code: str
    short_code: str
    organiser_name: str
    organiser_email: str
    organiser_phone: str


def ticket_pdf(sheet: TicketSheet) -> bytes:
    """One ticket's PDF, byte for byte the same for the same sheet. Takes about 10 ms of CPU: call it in a thread."""
    return tickets_pdf([sheet])


def tickets_pdf(sheets: Sequence[TicketSheet]) -> bytes:
    """One or more tickets of an event, a page each. Takes about 10 ms of CPU a ticket: call it in a thread.

    Characters that no font at hand has are left as boxes; then it is a tagged PDF, but not PDF/UA.
    """
    return compiled("ticket.typ", {"tickets": [printed(sheet) for sheet in sheets]})


_compiling = Lock()  # a compiler refuses a second thread


def compiled(template: str, values: Mapping[str, object]) -> bytes:
    """A template of `templates/pdf` with its data as JSON: PDF/UA-1 if the fonts have every character, else tagged."""
    inputs = {name: json.dumps(value) for name, value in values.items()}
    try:
        return _compiled(template, inputs, [_STANDARD])
    except TypstError as error:
        if "PDF/UA" not in error.message:
            raise
        return _compiled(template, inputs, [])


def picture(template: str, values: Mapping[str, object], ppi: int) -> bytes:
    """As `compiled`, the first page as a PNG."""
    inputs = {name: json.dumps(value) for name, value in values.items()}
    with _compiling:
        pages = _compiler(template).compile(format="png", ppi=ppi, sys_inputs=inputs)
    if not pages:
        raise TypeError("typst gave no picture")
    return pages if isinstance(pages, bytes) else pages[0]


def _compiled(template: str, inputs: dict[str, str], standards: list[Any]) -> bytes:
    with _compiling:
        pdf = _compiler(template).compile(format="pdf", sys_inputs=inputs, pdf_standards=standards)
    if not isinstance(pdf, bytes):
        raise TypeError("typst gave no single PDF")
    return pdf


@cache
def _compiler(template: str) -> Compiler:
    """Kept, because reading fonts and template takes longer than a ticket."""
    fonts = Fonts(include_system_fonts=False, font_paths=[str(files(_TYPEFACE) / "files")])
    folder = TEMPLATES_DIR / "pdf"
    return Compiler(folder / template, root=folder, font_paths=fonts, ignore_system_fonts=True)


def printed(sheet: TicketSheet) -> dict[str, Any]:
    """What stands on the page: ready words and texts; the template only decides where."""
    locale = babel_locale(sheet.language)
    starts = local(sheet.starts_at, sheet.timezone)
    words = _words(sheet)
    event = printable(sheet.event) or words["ticket"]
    return {
        "language": sheet.language,
        "region": locale.territory,
        "document_title": f"{words['ticket']}: {event}",
        "occasion": printable(sheet.occasion),
        "event": event,
        "day": format_date(starts, "d", locale),
        "month": format_date(starts, "MMM", locale),
        "weekday": format_date(starts, "EEEE", locale),
        "date": date_words(sheet.starts_at, sheet.ends_at, sheet.timezone, sheet.language),
        "time": time_words(sheet.starts_at, sheet.ends_at, sheet.timezone, sheet.language),
        "place": [line for line in map(printable, sheet.place) if line],
        "online_url": one_line(sheet.online_url),
        "holder": printable(sheet.holder),
        "organisation": printable(sheet.organisation),
        "qr": svg(sheet.code),
        "short_code": shown_short_code(sheet.short_code),
        "words": words,
        "notes": _notes(sheet),
    }


def _words(sheet: TicketSheet) -> dict[str, str]:
    _ = partial(translate, sheet.language)
    return {
        "ticket": _("Ticket"),
        "holder": _("Issued to"),
        "online": _("Take part online"),
        "short_code": _("Short code"),
        "qr": _("QR code of this ticket. Short code: %(code)s", {"code": shown_short_code(sheet.short_code)}),
    }


def _notes(sheet: TicketSheet) -> list[dict[str, Any]]:
    _ = partial(translate, sheet.language)
    organiser = map(printable, (sheet.organiser_name, sheet.organiser_email, sheet.organiser_phone))
    at_the_door = [
        _("Show the QR code on your phone or on paper. It admits one person."),
        _("If it can't be scanned, the short code or your name will do."),
    ]
    change = [
        _("The link in your e-mail gives the seat back or passes it to a colleague. This ticket is void then."),
    ]
    notes = [
        {"title": _("At the door"), "lines": at_the_door},
        {"title": _("If something comes up"), "lines": change},
        {"title": _("Questions?"), "lines": [line for line in organiser if line]},
    ]
    return [note for note in notes if note["lines"]]


def date_words(starts_at: datetime, ends_at: datetime, timezone: str, language: Language) -> str:
    """The day with its weekday, or the span of days."""
    locale = babel_locale(language)
    first, last = local(starts_at, timezone), local(ends_at, timezone)
    if first.date() == last.date():
        return format_date(first, "full", locale)
    return format_interval(first, last, "yMMMEd", locale=locale)


def time_words(starts_at: datetime, ends_at: datetime, timezone: str, language: Language) -> str:
    """`10:00-15:00 Uhr`, with the zone where it is not ours; over several days, which is the start's; `ganztägig`."""
    _ = partial(translate, language)
    if takes_whole_days(starts_at, ends_at, timezone):
        return _("all day")
    first, last = local(starts_at, timezone), local(ends_at, timezone)
    clock = partial(format_time, format="HH:mm", locale=babel_locale(language))
    span: dict[str, object] = {"start": clock(first), "end": clock(last)}
    one_day = first.date() == last.date()
    times = _("%(start)s–%(end)s", span) if one_day else _("Begins %(start)s, ends %(end)s", span)  # noqa: RUF001 - an en dash
    return times if timezone == DEFAULT_ZONE else f"{times} ({timezone})"


def printable(text: str) -> str:
    """One line without controls and without emoji, which none of the fonts has; endless words may break anywhere."""
    line = one_line("".join(c for c in text if ord(c) <= _BEYOND_BMP or category(c) != "So"))
    return _ENDLESS_WORD.sub(lambda word: _BREAK.join(word[0]), line)
