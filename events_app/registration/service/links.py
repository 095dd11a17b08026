"""Links once more: who has lost a mail gets it again, at the address that we know."""

from __future__ import annotations

from uuid import UUID

from events_app.accounts.rules import Actor, normal_email
from events_app.audit import service as audit
from events_app.events.queries import EventRow
from events_app.kit import db
from events_app.kit.errors import NotFound
from events_app.registration import queries
from events_app.registration.service import announce

MOST = 200
"""People of one address who get their ticket again at once: as many as one registration can have."""


async def resend(event: EventRow, email: str) -> int:
    """Mail everything at this event that belongs to an address to it: to a contact the registration, to people tickets.

    Gives how many mails that makes; the asker must not learn it.
    """
    address = normal_email(email)
    async with db.transaction():
        registrations = await _registrations_of(event.id, address)
        people = await _people_of(event.id, address)
        await announce.send(announce.to_contact(row, f"registration-{row.status}") for row in registrations)
        theirs = {id_: await queries.registration(id_) for id_ in {person.registration for person in people}}
        pairs = [(row, person) for person in people if (row := theirs[person.registration])]
        await announce.tell_people(pairs, "ticket")
    return len(registrations) + len(pairs)


async def resend_ticket(registration_id: UUID, attendee_id: UUID, actor: Actor) -> str:
    """Mail a confirmed person's ticket again; gives the address it goes to. Raises `NotFound`."""
    async with db.transaction():
        registration = await queries.registration(registration_id)
        people = {person.id: person for person in await queries.attendees(registration_id)}
        person = people.get(attendee_id)
        if registration is None or person is None or person.status != "confirmed":
            raise NotFound
        await announce.tell_people([(registration, person)], "ticket")
        await audit.record((actor.kind, actor.id), "ticket-resent", "attendee", attendee_id, event_id=person.event)
    return person.address(registration)


async def _registrations_of(event_id: UUID, email: str) -> list[queries.RegistrationRow]:
    rows = await db.fetch(
        """SELECT id FROM registration WHERE contact_email = $2 AND event = $1 AND status <> 'cancelled'
           ORDER BY created_at LIMIT $3""",
        event_id,
        email,
        MOST,
    )
    return [found for row in rows if (found := await queries.registration(row["id"]))]


async def _people_of(event_id: UUID, email: str) -> list[queries.AttendeeRow]:
    """Confirmed people with this address of their own; the others' tickets are behind their contact's link."""
    rows = await db.fetch(
        """SELECT id FROM attendee WHERE lower(email) = $2 AND event = $1 AND status = 'confirmed'
           ORDER BY registration, position LIMIT $3""",
        event_id,
        email,
        MOST,
    )
    return await queries.attendees_by_id([row["id"] for row in rows])
