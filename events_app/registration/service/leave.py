"""Cancelling people, and handing their seats to those who wait."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from events_app.accounts.rules import Actor
from events_app.audit import service as audit
from events_app.calendar import service as calendar
from events_app.events import queries as event_queries
from events_app.events import service as events
from events_app.events.queries import EventRow
from events_app.kit import clock, db
from events_app.kit.errors import AlreadyCheckedIn, EventNotFound, NotFound, RegistrationClosed
from events_app.registration import queries
from events_app.registration.queries import AttendeeRow, RegistrationRow
from events_app.registration.rules import seats
from events_app.registration.schemas import RegistrationOut
from events_app.registration.service import announce
from events_app.registration.service.view import get_registration
from events_app.tickets import service as tickets


async def cancel_registration(registration_id: UUID, actor: Actor, *, tell: bool = True) -> RegistrationOut:
    """Cancel everybody of a registration; without `tell` they get no mail of it.

    Raises `NotFound`, `RegistrationClosed`, `AlreadyCheckedIn`.
    """
    people = await queries.attendees(registration_id)
    return await cancel_attendees(registration_id, [person.id for person in people], actor, tell=tell)


async def cancel_attendees(
    registration_id: UUID, attendee_ids: Sequence[UUID], actor: Actor, *, tell: bool = True
) -> RegistrationOut:
    """Cancel some people of a registration; their seats go to those who wait. Repeating it is harmless.

    Possible until the event starts. Raises `NotFound`, `RegistrationClosed`, `AlreadyCheckedIn`.
    """
    event = await event_of(registration_id)
    if clock.now() >= event.public.starts_at:
        raise RegistrationClosed("The event has begun. Cancelling is no longer possible.")
    async with db.transaction():
        _, taken = await events.lock_seats(event.id)
        registration, leaving = await _leaving(registration_id, attendee_ids)
        if leaving:
            await _cancel(registration, leaving, actor, tell=tell)
            await events.set_taken(event.id, taken - sum(person.status == "confirmed" for person in leaving))
            await fill_free_seats(event.id)
    return await get_registration(registration_id)


async def event_of(registration_id: UUID) -> EventRow:
    """The event of a registration. Raises `NotFound`."""
    registration = await queries.registration(registration_id)
    if registration is None:
        raise NotFound
    event = await event_queries.by_id(registration.event)
    if event is None:
        raise EventNotFound
    return event


async def _leaving(registration_id: UUID, attendee_ids: Sequence[UUID]) -> tuple[RegistrationRow, list[AttendeeRow]]:
    """Those of the people named who are still live. Raises `NotFound` for strangers, `AlreadyCheckedIn`."""
    registration = await queries.registration(registration_id, lock=True)
    people = {person.id: person for person in await queries.attendees(registration_id)}
    if registration is None or not set(attendee_ids) <= set(people):
        raise NotFound
    leaving = [people[id_] for id_ in attendee_ids if people[id_].status in seats.LIVE]
    if await queries.admitted([person.id for person in leaving]):
        raise AlreadyCheckedIn
    return registration, leaving


async def _cancel(registration: RegistrationRow, leaving: Sequence[AttendeeRow], actor: Actor, *, tell: bool) -> None:
    ids = [person.id for person in leaving]
    await queries.set_attendee_status(ids, "cancelled")
    await tickets.set_status(ids, "cancelled")
    await calendar.cancel(ids)
    await queries.refresh_status([registration.id])
    if tell:
        await _tell(registration, leaving)
    await audit.record(
        (actor.kind, actor.id),
        "attendees-cancelled",
        "registration",
        registration.id,
        event_id=registration.event,
        details={"attendees": [str(id_) for id_ in ids]},
    )


async def _tell(registration: RegistrationRow, leaving: Sequence[AttendeeRow]) -> None:
    # people who waited or were pending have no entry in their calendar yet: nothing is to be taken out of it
    told = [(registration, person) for person in leaving if person.status == "confirmed"]
    await announce.tell_people(told, "registration-cancelled")
    left = await queries.registration(registration.id)
    kind = "registration-cancelled" if left is not None and left.status == "cancelled" else "registration-changed"
    payload = {"cancelled": [str(person.id) for person in leaving]}
    await announce.send([announce.to_contact(registration, kind, payload)])


async def fill_free_seats(event_id: UUID) -> None:
    """Let those in line have the free seats; call it in a transaction that holds the seats.

    Each person gets a ticket mail, each contact one `seat-available`. Nobody moves up once the event has begun.
    """
    event = await event_queries.by_id(event_id)
    if event is None or event.public.status != "published" or clock.now() >= event.public.starts_at:
        return
    moved = seats.move_up(await queries.waiting_line(event_id), event.seats_left)
    if moved:
        await confirm(event_id, moved)
        await events.set_taken(event_id, event.taken + len(moved))


async def confirm(event_id: UUID, attendee_ids: Sequence[UUID]) -> None:
    """Give people their seat: status, ticket, calendar, mails. The caller counts the seats."""
    await queries.set_attendee_status(attendee_ids, "confirmed")
    await tickets.set_status(attendee_ids, "confirmed")
    await calendar.confirm(attendee_ids)
    people = await queries.attendees_by_id(attendee_ids)
    registration_ids = sorted({person.registration for person in people})
    await queries.refresh_status(registration_ids)
    registrations = {id_: row for id_ in registration_ids if (row := await queries.registration(id_))}
    await announce.send(announce.to_contact(row, "seat-available") for row in registrations.values())
    await announce.tell_people([(registrations[person.registration], person) for person in people], "ticket")
    await audit.record(
        ("system", None),
        "attendees-moved-up",
        "event",
        event_id,
        event_id=event_id,
        details={"attendees": [str(id_) for id_ in attendee_ids]},
    )
