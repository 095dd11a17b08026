"""The pictures of a ticket that go with its mail."""

from __future__ import annotations

from events_app.calendar.service import event_place
from events_app.events.queries import EventRow
from events_app.kit.i18n import Language
from events_app.tickets.qr import png
from events_app.tickets.service import TicketRow

PROGRAMME = "Ausbildungscluster 4.0 in den Braunkohleregionen"


def drawn(event: EventRow, held: TicketRow, code: str, language: Language) -> tuple[bytes, bytes]:
    """(PDF, PNG of the QR). Takes about 15 ms of CPU: call it in a thread."""
    from events_app.tickets.pdf import TicketSheet, ticket_pdf  # noqa: PLC0415 - typst is heavy; idle workers do without

    public = event.public
    sheet = TicketSheet(
        language=language,
        occasion=event.cluster_name or PROGRAMME,
        event=public.title,
        starts_at=public.starts_at,
        ends_at=public.ends_at,
        timezone=public.timezone,
        place=event_place(event),
        online_url=(event.online_url or "") if public.mode != "onsite" else "",
        holder=held.name,
        organisation=held.organisation,
        code=code,
        short_code=held.short_code,
        organiser_name=public.organiser.name or "",
        organiser_email=public.organiser.email or "",
        organiser_phone=public.organiser.phone or "",
    )
    return ticket_pdf(sheet), png(code)
