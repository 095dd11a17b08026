"""Erasing people: names, addresses and answers go, the rows stay and are counted.

Who has been admitted stands on the attendance record that the funder may ask for: name, organisation and day are kept
for it in the ticket and its presence, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from events_app.accounts.rules import Actor
from events_app.audit import service as audit
from events_app.calendar import service as calendar
from events_app.events import service as events
from events_app.events.queries import EventRow
from events_app.kit import clock, db
from events_app.kit.errors import NotFound
from events_app.outbox.service import forget
from events_app.registration import choice_queries, invitation_queries, queries
from events_app.registration.queries import AttendeeRow, RegistrationRow
from events_app.registration.rules.seats import LIVE
from events_app.registration.service import announce
from events_app.registration.service.leave import cancel_attendees, event_of
from events_app.registration.service.line import fill_free_seats
from events_app.tickets import service as tickets


@db.retried
async def erase_attendee(registration_id: UUID, attendee_id: UUID, actor: Actor) -> bool:
    """Erase one person; the seat becomes free if the event has not begun, and the contact is told without a name.

    Gives whether the attendance record keeps the name. Raises `NotFound`.
    """
    event = await event_of(registration_id)
    async with db.transaction():
        await events.lock_seats(event.id)  # before the registration, as whoever cancels does
        registration = await queries.registration(registration_id, lock=True)
        people = [person for person in await queries.attendees(registration_id) if person.id == attendee_id]
        if registration is None or not people:
            raise NotFound
        kept = await _let_go(event, people, actor)
        if people[0].email and people[0].email != registration.contact_email:
            await forget.forget_address(registration_id, people[0].email)
        if people[0].status in LIVE and not event_has_begun(event):
            await _tell_contact(registration, had_ticket=people[0].status == "confirmed")
        await _note(actor, "attendee-erased", event, "attendee", attendee_id)
    return kept


@db.retried
async def erase_registration(registration_id: UUID, actor: Actor) -> bool:
    """Erase a registration with all its people and its contact; nobody is told, because no address is left.

    Gives whether the attendance record keeps names. Raises `NotFound`.
    """
    event = await event_of(registration_id)
    async with db.transaction():
        await events.lock_seats(event.id)
        registration = await queries.registration(registration_id, lock=True)
        if registration is None:
            raise NotFound
        kept = await _let_go(event, await queries.attendees(registration_id), actor)
        await forget.forget_registration(registration_id, event.id, registration.contact_email)
        await _forget_invitations(event, [registration.contact_email])
        await _empty_registration(registration)
        await _note(actor, "registration-erased", event, "registration", registration_id)
    return kept


class Place(NamedTuple):
    """A registration (`id` is its own), or a person in one."""

    id: UUID
    registration: UUID
    event: UUID


class Places(NamedTuple):
    """Where an address stands: as the contact of whole registrations, and in those of others."""

    registrations: list[Place]
    people: list[Place]


async def of_address(address: str) -> Places:
    """The registrations and people with this address (in lower case) that are not erased yet."""
    contacts = await db.fetch(
        """SELECT id, id AS registration, event FROM registration WHERE lower(contact_email) = $1 AND erased_at IS NULL
           ORDER BY id""",
        address,
    )
    people = await db.fetch(
        """SELECT a.id, a.registration, a.event FROM attendee a JOIN registration r ON r.id = a.registration
           WHERE lower(a.email) = $1 AND a.erased_at IS NULL AND lower(r.contact_email) <> $1 ORDER BY a.id""",
        address,
    )
    return Places([Place(*row) for row in contacts], [Place(*row) for row in people])


async def ended_before(moment: datetime, limit: int) -> list[UUID]:
    """Some registrations not erased yet of events that ended before; the earliest first."""
    rows = await db.fetch(
        """SELECT r.id FROM registration r JOIN event e ON e.id = r.event
           WHERE e.ends_at < $1 AND r.erased_at IS NULL ORDER BY e.ends_at, r.id LIMIT $2""",
        moment,
        limit,
    )
    return [row["id"] for row in rows]


@db.retried
async def forget_traces(address: str) -> None:
    """Invitations of an address (in lower case) and forms that it has not confirmed, of all events."""
    async with db.transaction():
        rows = await db.fetch("SELECT DISTINCT event FROM invitation WHERE email = $1 ORDER BY event", address)
        for row in rows:
            await events.lock_seats(row["event"])
            if await invitation_queries.forget(row["event"], [address]):
                await fill_free_seats(row["event"])
        await db.execute("DELETE FROM held_submission WHERE lower(body -> 'contact' ->> 'email') = $1", address)


async def is_contact(person: AttendeeRow) -> bool:
    """Whether this person also stands as the registration's contact, which erasing them as an attendee does not end."""
    registration = await queries.registration(person.registration)
    return registration is not None and (
        person.name == registration.contact_name or person.email == registration.contact_email
    )


def event_has_begun(event: EventRow) -> bool:
    return clock.now() >= event.public.starts_at


async def record_kept_until(event: EventRow) -> date | None:
    """Until when the attendance record of this event is kept; None while its cluster has set no date."""
    found: date | None = await db.fetch_value(
        "SELECT attendance_kept_until FROM cluster WHERE id = $1", event.cluster_id
    )
    return found


async def _let_go(event: EventRow, people: Sequence[AttendeeRow], actor: Actor) -> bool:
    """Free their seats where that still helps somebody, then forget them; whether one of them has been admitted."""
    ids = [person.id for person in people]
    admitted = await queries.admitted(ids)
    leaving = [person.id for person in people if person.status in LIVE and person.id not in admitted]
    if leaving and not event_has_begun(event):
        await cancel_attendees(people[0].registration, leaving, actor, tell=False)
    await forget.forget_people(ids)
    await choice_queries.forget_choices(ids)
    await _forget_invitations(event, [person.email for person in people if person.email])
    await tickets.erase(ids)
    await calendar.end_feeds(ids)
    await _empty_people(ids)
    return bool(admitted)


async def _forget_invitations(event: EventRow, emails: Sequence[str]) -> None:
    """What was held for invitations of these people's own goes to those in line."""
    if emails and await invitation_queries.forget(event.id, emails):
        await fill_free_seats(event.id)


async def _empty_people(ids: Sequence[UUID]) -> None:
    await db.execute(
        """UPDATE attendee SET given_name = $2::varchar, family_name = $2::varchar, email = NULL, role = '',
             answers = '{}', earlier_answers = '[]', own_answers = '[]',
             person_key = id::text, erased_at = $3, updated_at = $3 WHERE id = ANY($1::uuid[])""",
        list(ids),
        tickets.NOBODY,
        clock.now(),
    )


async def _empty_registration(registration: RegistrationRow) -> None:
    """What can be counted stays: kind, size and district of the organisation."""
    now = clock.now()
    await db.execute(
        """UPDATE registration SET organisation_name = $2::varchar, organisation = NULL, organisation_postcode = NULL,
             contact_given_name = $2::varchar, contact_family_name = $2::varchar, contact_email = '',
             contact_phone = NULL, training = '{}', answers = '{}', earlier_answers = '[]', consents = '{}',
             match_consent = false, generation = generation + 1, erased_at = $3, updated_at = $3 WHERE id = $1""",
        registration.id,
        tickets.NOBODY,
        now,
    )
    await db.execute("DELETE FROM idempotency_key WHERE registration = $1", registration.id)
    await db.execute(
        "DELETE FROM held_submission WHERE event = $1 AND body -> 'contact' ->> 'email' = $2",
        registration.event,
        registration.contact_email,
    )


async def _tell_contact(registration: RegistrationRow, *, had_ticket: bool) -> None:
    left = await queries.registration(registration.id)
    gone = left is None or left.status == "cancelled"
    kind = "registration-cancelled" if gone else "registration-changed"
    await announce.send([announce.to_contact(registration, kind, {"had_tickets": had_ticket})])


async def _note(actor: Actor, action: str, event: EventRow, kind: str, id_: UUID) -> None:
    await audit.record((actor.kind, actor.id), action, kind, id_, event_id=event.id)
