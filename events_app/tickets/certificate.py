"""Certificates of attendance as a tagged A4 PDF, a page each, from `templates/pdf/certificate.typ`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Self

from babel.dates import format_date

from events_app.calendar.service import event_place
from events_app.events.queries import EventRow
from events_app.kit import clock
from events_app.kit.formats import local
from events_app.kit.i18n import Language, babel_locale, translate
from events_app.tickets.pdf import compiled, date_words, printable, time_words
from events_app.tickets.service import TicketRow
from events_app.tickets.sheet import PROGRAMME


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """That somebody took part. Times are aware; `place` is lines as on an envelope, empty for online events."""

    language: Language
    holder: str
    organisation: str
    event: str
    occasion: str
    starts_at: datetime
    ends_at: datetime
    timezone: str
    place: tuple[str, ...]
    agenda: tuple[str, ...]
    organiser: str
    issued_at: datetime

    @classmethod
    def of(cls, event: EventRow, ticket: TicketRow, language: Language) -> Self:
        """The certificate of an admitted holder; whether they were admitted, the caller knows."""
        public = event.public
        return cls(
            language=language,
            holder=ticket.name,
            organisation=ticket.organisation,
            event=public.title,
            occasion=event.cluster_name or PROGRAMME,
            starts_at=public.starts_at,
            ends_at=public.ends_at,
            timezone=public.timezone,
            place=event_place(event),
            agenda=tuple(item.title for item in public.agenda),
            organiser=public.organiser.name or event.cluster_name or PROGRAMME,
            issued_at=clock.now(),
        )


def certificates_pdf(certificates: Sequence[Certificate]) -> bytes:
    """One or more certificates. Takes about 10 ms of CPU each: call it in a thread."""
    return compiled("certificate.typ", {"certificates": [_printed(one) for one in certificates]})


def _printed(one: Certificate) -> dict[str, Any]:
    """What stands on the page: ready words; the template only decides where."""
    _ = partial(translate, one.language)
    locale = babel_locale(one.language)
    holder, event = printable(one.holder), printable(one.event)
    issued = format_date(local(one.issued_at, one.timezone), "long", locale)
    return {
        "language": one.language,
        "region": locale.territory,
        "document_title": f"{_('Certificate of attendance')}: {holder}",
        "title": _("Certificate of attendance"),
        "occasion": printable(one.occasion),
        "holder": holder,
        "organisation": printable(one.organisation),
        "took_part": _("took part in"),
        "event": event,
        "facts": [
            (_("Date"), date_words(one.starts_at, one.ends_at, one.timezone, one.language)),
            (_("Time"), time_words(one.starts_at, one.ends_at, one.timezone, one.language)),
            (_("Place"), printable(", ".join(one.place)) or _("Online")),
            (_("Organiser"), printable(one.organiser)),
        ],
        "agenda_title": _("Agenda"),
        "agenda": [printable(title) for title in one.agenda][:MOST_ITEMS],
        "note": _("Issued on %(date)s. Made by machine and valid without a signature.", {"date": issued}),
    }


MOST_ITEMS = 12
"""So that the page stays one page."""
