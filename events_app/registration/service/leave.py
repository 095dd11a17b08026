"""Cancelling people, and offering their seats to those who wait."""

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
from events_app.registration import offer_queries, queries
from events_app.registration.queries import AttendeeRow, RegistrationRow
from events_app.registration.rules import seats
from events_app.registration.schemas import RegistrationOut
from events_app.registration.service import announce
from events_app.registration.service.line import fill_free_seats
from events_app.registration.service.view import get_registration
from events_app.tickets import service as tickets


@db.retried
async def cancel_registration(registration_id: UUID, actor: Actor, *, tell: bool = True) -> RegistrationOut:
    """Cancel everybody of a registration; without `tell` they get no mail of it.

    Raises `NotFound`, `RegistrationClosed`, `AlreadyCheckedIn`.
    """
    people = await queries.attendees(registration_id)
    return await cancel_attendees(registration_id, [person.id for person in people], actor, tell=tell)


@db.retried
async def cancel_attendees(
    registration_id: UUID, attendee_ids: Sequence[UUID], actor: Actor, *, tell: bool = True
) -> RegistrationOut:
    """Cancel some people of a registration; their seats are offered to those who wait. Repeating it is harmless.

    Possible until the event starts. Raises `NotFound`, `RegistrationClosed`, `AlreadyCheckedIn`.
    """
    event = await event_of(registration_id)
    async with db.transaction():
        _, taken = await events.lock_seats(event.id)
        registration, leaving = await _leaving(registration_id, attendee_ids)
        if leaving:
            _refuse_if_begun(event)
            freed = await take_out(registration, leaving, actor, tell=tell)
            await events.set_taken(event.id, taken - freed)
            await fill_free_seats(event.id)
    return await get_registration(registration_id)


def _refuse_if_begun(event: EventRow) -> None:
    if clock.now() >= event.public.starts_at:
        raise RegistrationClosed("The event has begun. Cancelling is no longer possible.")


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


async def take_out(
    registration: RegistrationRow, leaving: Sequence[AttendeeRow], actor: Actor | None, *, tell: bool = True
) -> int:
    """Cancel live people of a registration; without an actor their offers have expired.

    Gives the number of seats that they had or that were held for them: the caller counts.
    """
    ids = [person.id for person in leaving]
    held = await offer_queries.end(ids, "expired" if actor is None else "declined")
    await queries.set_attendee_status(ids, "cancelled")
    await tickets.set_status(ids, "cancelled")
    await calendar.cancel(ids)
    await queries.refresh_status([registration.id])
    if tell:
        await _tell(registration, leaving, actor)
    await audit.record(
        ("system", None) if actor is None else (actor.kind, actor.id),
        "offers-expired" if actor is None else "attendees-cancelled",
        "registration",
        registration.id,
        event_id=registration.event,
        details={"attendees": [str(id_) for id_ in ids]},
    )
    return held + sum(person.status == "confirmed" for person in leaving)


async def _tell(registration: RegistrationRow, leaving: Sequence[AttendeeRow], actor: Actor | None) -> None:
    # people who waited or were pending have no entry in their calendar yet: nothing is to be taken out of it
    told = [(registration, person) for person in leaving if person.status == "confirmed"]
    await announce.tell_people(told, "registration-cancelled")
    left = await queries.registration(registration.id)
    kind = "registration-cancelled" if left is not None and left.status == "cancelled" else "registration-changed"
    payload = {
        "cancelled": [str(person.id) for person in leaving],
        "expired": actor is None,
        "refused": actor is not None and actor.kind == "account" and {one.status for one in leaving} == {"pending"},
        "had_tickets": bool(told),
    }
    await announce.send([announce.to_contact(registration, kind, payload)])
