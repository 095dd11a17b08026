"""A ticket and its event as the sheet that is printed."""

from __future__ import annotations

from events_app.calendar.service import event_place
from events_app.events.queries import EventRow
from events_app.kit.i18n import Language
from events_app.tickets.pdf import TicketSheet
from events_app.tickets.service import TicketRow

PROGRAMME = "Ausbildungscluster 4.0 in den Braunkohleregionen"


def ticket_sheet(event: EventRow, ticket: TicketRow, code: str, language: Language) -> TicketSheet:
    """`code` is the QR's text; what the confirmed alone may know (the way into an online room) stands on it."""
    public = event.public
    return TicketSheet(
        language=language,
        occasion=event.cluster_name or PROGRAMME,
        event=public.title,
        starts_at=public.starts_at,
        ends_at=public.ends_at,
        timezone=public.timezone,
        place=event_place(event),
        online_url=(event.online_url or "") if public.mode != "onsite" else "",
        holder=ticket.name,
        organisation=ticket.organisation,
        code=code,
        short_code=ticket.short_code,
        organiser_name=public.organiser.name or "",
        organiser_email=public.organiser.email or "",
        organiser_phone=public.organiser.phone or "",
    )
