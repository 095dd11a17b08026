"""Table signs and timetables as tagged A4 PDFs, a page each, from `templates/pdf/meetings.typ`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from babel.dates import format_time

from events_app.events.queries import EventRow
from events_app.kit.formats import local
from events_app.kit.i18n import Language, babel_locale, translate
from events_app.matchmaking.service.timetable import Party, Talk
from events_app.tickets.pdf import compiled, date_words, printable
from events_app.tickets.sheet import PROGRAMME

ROOM_FOR_WORDS = 26
"""So many rows keep their size; a longer list is set smaller."""


def table_signs_pdf(event: EventRow, talks: Sequence[Talk], language: Language) -> bytes:
    """A sign for each table that has meetings, by number. CPU work: call it in a thread."""
    _ = partial(translate, language)
    tables = sorted({talk.table for talk in talks})
    sheets = [
        _sheet(
            event,
            language,
            title=_("Table %(table)s", {"table": table}),
            large=True,
            rows=[
                _row(event, talk, language, f"{talk.company.name} – {talk.partner.name}", "")  # noqa: RUF001 - an en dash
                for talk in talks
                if talk.table == table
            ],
        )
        for table in tables
    ]
    return _set(event, sheets, language, _("Table signs"))


def timetables_pdf(event: EventRow, talks: Sequence[Talk], language: Language, only: str | None = None) -> bytes:
    """Each organisation's meetings, in order of their names; `only` one registration's. For a thread."""
    parties = {party.id: party for talk in talks for party, _ in talk.sides if only in (None, str(party.id))}
    in_order = sorted(parties.values(), key=lambda one: (one.name.casefold(), one.id))
    sheets = [_of_party(event, party, talks, language) for party in in_order]
    return _set(event, sheets, language, translate(language, "Timetables"))


def _of_party(event: EventRow, party: Party, talks: Sequence[Talk], language: Language) -> dict[str, Any]:
    rows = []
    for talk in talks:
        if party.id not in (talk.company.id, talk.partner.id):
            continue
        own, other = talk.side(party.id)
        table = translate(language, "Table %(table)s", {"table": talk.table})
        who = ", ".join(person.name for person in own.people)
        rows.append(_row(event, talk, language, other.name, " · ".join(filter(None, (table, who)))))
    return _sheet(event, language, title=party.name, large=False, rows=rows)


def _row(event: EventRow, talk: Talk, language: Language, who: str, note: str) -> list[str]:
    clock = partial(format_time, format="HH:mm", locale=babel_locale(language))
    zone = event.public.timezone
    span = f"{clock(local(talk.starts_at, zone))}–{clock(local(talk.ends_at, zone))}"  # noqa: RUF001 - an en dash
    return [span, printable(who), printable(note)]


def _sheet(event: EventRow, language: Language, *, title: str, large: bool, rows: list[list[str]]) -> dict[str, Any]:
    public = event.public
    return {
        "title": printable(title),
        "large": large,
        "event": printable(public.title),
        "date": date_words(public.starts_at, public.ends_at, public.timezone, language),
        "occasion": printable(event.cluster_name or PROGRAMME),
        "rows": rows,
        "tight": len(rows) > ROOM_FOR_WORDS,
    }


def _set(event: EventRow, sheets: list[dict[str, Any]], language: Language, what: str) -> bytes:
    words = {
        "language": language,
        "region": babel_locale(language).territory,
        "document_title": f"{what}: {printable(event.public.title)}",
        "nothing": translate(language, "No meetings"),
        "time": translate(language, "Time"),
        "meeting": translate(language, "Meeting"),
    }
    return compiled("meetings.typ", {"sheets": sheets, "words": words})
