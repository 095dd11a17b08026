"""The reminder, the caterer's numbers, and the thank-you with its certificate."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from events_app.attendance import queries, service
from events_app.events.queries import EventRow
from events_app.events.schemas import Medium
from events_app.kit import clock, settings
from events_app.kit.i18n import known_language, translate
from events_app.outbox.letters import letter
from events_app.outbox.mime import Attachment, Letter
from events_app.outbox.service.claims import OwedMail
from events_app.outbox.service.delivery import Composer, Obsolete
from events_app.registration import choice_queries
from events_app.registration.mails.facts import MailPerson, Matter, one_person, whole_registration
from events_app.registration.texts import COUNTED_NEEDS
from events_app.tickets import service as tickets
from events_app.tickets.certificate import Certificate, certificates_pdf
from events_app.tickets.service import TicketRow

ROOM = "attendance"


async def reminder(mail: OwedMail) -> Letter:
    """To a person, or to the contact about people without an address; to the organiser: what to order."""
    if mail.payload.get("about") == "catering":
        return await _catering(mail)
    matter, people, held = await _guests(mail)
    _refuse_if_begun(matter.row)
    stops = _stop_url(mail, matter, held[0])
    written = letter(
        ROOM,
        "reminder",
        mail.language,
        event=matter.event,
        registration=matter.registration,
        people=[(person, ticket.url) for person, ticket in zip(people, held, strict=True)],
        own=mail.attendee_id is not None,
        note=(await queries.plan_of(matter.row.id)).reminder_note,
        online_url=matter.row.online_url if matter.event.mode != "onsite" else None,
        stop_url=stops,
    )
    return _signed(written, matter.row, stops)


async def certificate(mail: OwedMail) -> Letter:
    """Thanks, what there is to read and see, and a certificate for everybody who was admitted."""
    matter, people, held = await _guests(mail)
    stops = _stop_url(mail, matter, held[0])
    written = letter(
        ROOM,
        "certificate",
        mail.language,
        event=matter.event,
        registration=matter.registration,
        people=people,
        own=mail.attendee_id is not None,
        note=(await queries.plan_of(matter.row.id)).thanks_note,
        media=[medium for medium in matter.row.public.media if _reachable(medium)],
        stop_url=stops,
    )
    language = known_language(mail.language)
    sheets = [Certificate.of(matter.row, ticket, language) for ticket in held]
    pdf = await asyncio.to_thread(certificates_pdf, sheets)
    name = f"{translate(language, 'attendance')}-{matter.row.slug}.pdf"
    attached = replace(written, attachments=(Attachment(name, pdf, "application/pdf"),))
    return _signed(attached, matter.row, stops)


async def _catering(mail: OwedMail) -> Letter:
    matter = await whole_registration(mail)
    event = matter.row
    if event.public.status != "published":
        raise Obsolete("the event does not take place")
    _refuse_if_begun(event)
    needs = await choice_queries.counted(event.id)
    return letter(
        ROOM,
        "catering",
        mail.language,
        event=matter.event,
        taken=(await queries.replies(event.id, event.public.starts_at)),
        counts=await service.counts(event),
        needs=needs,
        need_texts=COUNTED_NEEDS,
        desk_url=f"{settings.current().root_url}/desk/events/{event.slug}/round",
    )


def _refuse_if_begun(event: EventRow) -> None:
    """Mail that was held up until then asks for nothing any more."""
    if clock.now() >= event.public.starts_at:
        raise Obsolete("the event has begun")


async def _guests(mail: OwedMail) -> tuple[Matter, Sequence[MailPerson], Sequence[TicketRow]]:
    """Who of those named still has a place, with their tickets. Raises `Obsolete` if nobody has."""
    matter = await (whole_registration(mail) if mail.attendee_id is None else _own(mail))
    if matter.event.cancelled:
        raise Obsolete("the event does not take place")
    named = mail.payload.get("people") or [str(mail.attendee_id)]
    people = [person for person in matter.people if str(person.id) in named and person.status == "confirmed"]
    held = await tickets.of_attendees([person.id for person in people])
    if not people:
        raise Obsolete("the place has been given back")
    return matter, people, [held[person.id] for person in people]


async def _own(mail: OwedMail) -> Matter:
    """Without the contact's link."""
    return (await one_person(mail))[0]


def _stop_url(mail: OwedMail, matter: Matter, ticket: TicketRow) -> str:
    assert matter.registration is not None  # noqa: S101 - reminders name one
    return f"{ticket.url if mail.attendee_id else matter.registration.manage_url}/quiet"


def _signed(written: Letter, event: EventRow, stop_url: str) -> Letter:
    """With one click to hear no more (RFC 8058), and the organiser to answer to."""
    organiser = event.public.organiser
    headers = {"List-Unsubscribe": f"<{stop_url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    reply_to = (organiser.name or "", organiser.email) if organiser.email else None
    return replace(written, reply_to=reply_to, headers={**written.headers, **headers})


def _reachable(medium: Medium) -> bool:
    return medium.url.startswith(("https://", "http://"))


COMPOSERS: Mapping[str, Composer] = {"reminder": reminder, "certificate": certificate}
