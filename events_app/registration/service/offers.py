"""What becomes of an offered seat: taken, declined, expired, extended; or given by hand."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from events_app.accounts.rules import Actor
from events_app.events import service as events
from events_app.kit import clock, db
from events_app.kit.errors import Conflict, EventCancelled, EventFull, NotFound
from events_app.registration import invitation_queries, offer_queries, queries
from events_app.registration.queries import AttendeeRow, RegistrationRow
from events_app.registration.rules import seats
from events_app.registration.schemas import RegistrationOut
from events_app.registration.service import room
from events_app.registration.service.approve import refuse_if_too_late
from events_app.registration.service.leave import event_of, take_out
from events_app.registration.service.line import fill_free_seats, hold_until, note, seat
from events_app.registration.service.view import get_registration


@db.retried
async def take_offers(registration_id: UUID, attendee_ids: Sequence[UUID], actor: Actor) -> RegistrationOut:
    """Take the seats held for these people; a group that wants all or none takes all of its. Repeating is harmless.

    Raises `NotFound`, `EventCancelled`, and `Conflict` for an offer that has ended.
    """
    event = await event_of(registration_id)
    if event.public.status == "cancelled":
        raise EventCancelled
    async with db.transaction():
        await events.lock_seats(event.id)
        _, offered = await _offered(registration_id, attendee_ids, done="confirmed")
        if offered:
            await seat(event.id, [person.id for person in offered], "taken", actor)
    return await get_registration(registration_id)


@db.retried
async def decline_offers(registration_id: UUID, attendee_ids: Sequence[UUID], actor: Actor) -> RegistrationOut:
    """Give the seats held for these people back, and their places in line too. Repeating is harmless.

    For a group that wants all or none it is all of its people. Raises as `take_offers`.
    """
    event = await event_of(registration_id)
    async with db.transaction():
        _, taken = await events.lock_seats(event.id)
        registration, offered = await _offered(registration_id, attendee_ids, done="cancelled")
        if offered:
            await events.set_taken(event.id, taken - await take_out(registration, offered, actor))
            await fill_free_seats(event.id)
    return await get_registration(registration_id)


@db.retried
async def extend_offers(registration_id: UUID, actor: Actor) -> RegistrationOut:
    """Give a registration's open offers another 48 hours, as far as the event leaves them; its contact is told.

    Raises `NotFound`, and `Conflict` where no offer is open or no later deadline possible.
    """
    event = await event_of(registration_id)
    async with db.transaction():
        await events.lock_seats(event.id)
        held = [person for person in await queries.attendees(registration_id) if _is_open(person)]
        deadlines = [person.offered_until for person in held if person.offered_until is not None]
        later = seats.extended_deadline(max(deadlines), event.public.starts_at) if deadlines else None
        if later is None or later == max(deadlines):
            raise Conflict("This offer cannot be extended.")
        await hold_until([person.id for person in held], later)
        await note(actor, "offers-extended", event.id, [person.id for person in held])
    return await get_registration(registration_id)


@db.retried
async def promote(
    registration_id: UUID, attendee_id: UUID, actor: Actor, *, over_capacity: bool = False
) -> RegistrationOut:
    """Give somebody in line a seat, whatever their place; with all of their group, if it wants all or none.

    `over_capacity`: also where no seat is free; the event or the group then has more people than seats. Repeating is
    harmless.
    Raises `NotFound`, `EventFull`, `EventCancelled`, `RegistrationClosed` once the event has begun, and `Conflict`
    for people who are not in line.
    """
    event = await event_of(registration_id)
    refuse_if_too_late(event)
    async with db.transaction():
        await events.lock_seats(event.id)
        registration, people = await _waiting(registration_id, attendee_id)
        needed = sum(person.offered_until is None for person in people)
        left = (await room.counted(event.id)).free_for(room.place_of(registration))
        if left is not None and needed > left and not over_capacity:
            raise EventFull
        if people:
            await events.take_seats_anyway(event.id, needed)
            await seat(event.id, [person.id for person in people], "promoted", actor)
            await room.counted(event.id, beyond=over_capacity)
            await fill_free_seats(event.id)
    return await get_registration(registration_id)


async def expire_offers() -> int:
    """End what nobody took in time, offers and holds of invitations, and offer it on, a transaction for each event.

    Gives how many had expired.
    """
    return sum([await expire_offers_of(event_id) for event_id in await offer_queries.events_with_expired(clock.now())])


@db.retried
async def expire_offers_of(event_id: UUID) -> int:
    """End an event's offers whose deadline has passed: their people leave the line, the seats are offered on.

    So are those held for invitations that have expired. Gives how many of both there were.
    """
    async with db.transaction():
        _, taken = await events.lock_seats(event_id)
        now = clock.now()
        late = [offer for offer in await offer_queries.open_of_event(event_id) if offer.expires_at <= now]
        freed = 0
        for registration_id in dict.fromkeys(offer.registration for offer in late):
            registration = await _locked(registration_id)
            theirs = [offer.attendee for offer in late if offer.registration == registration_id]
            freed += await take_out(registration, await queries.attendees_by_id(theirs), None)
        freed += await offer_queries.end([offer.attendee for offer in late], "expired")  # of people erased meanwhile
        outlived = await invitation_queries.outlived(event_id, now)
        if late or outlived:
            await events.set_taken(event_id, taken - freed)
            await fill_free_seats(event_id)
    return len(late) + outlived


async def _offered(
    registration_id: UUID, attendee_ids: Sequence[UUID], *, done: seats.Status
) -> tuple[RegistrationRow, list[AttendeeRow]]:
    """Those of the people named for whom a seat is held, or all of a group; none if all are `done` already."""
    registration = await _locked(registration_id)
    people = await queries.attendees(registration_id)
    named = [person for person in people if person.id in set(attendee_ids)]
    if len(named) != len(set(attendee_ids)) or not named:
        raise NotFound
    offered = [p for p in people if _is_open(p) and (registration.all_or_none or p in named)]
    if any(person not in offered and person.status != done for person in named):
        raise Conflict("This offer has ended. The seat has gone to somebody else.")
    return registration, [] if all(person.status == done for person in named) else offered


async def _waiting(registration_id: UUID, attendee_id: UUID) -> tuple[RegistrationRow, list[AttendeeRow]]:
    registration = await _locked(registration_id)
    people = {person.id: person for person in await queries.attendees(registration_id)}
    if attendee_id not in people:
        raise NotFound
    if people[attendee_id].status == "confirmed":
        return registration, []
    if people[attendee_id].status != "waiting":
        raise Conflict("This person is not on the waiting list.")
    together = registration.all_or_none
    return registration, [p for p in people.values() if p.status == "waiting" and (together or p.id == attendee_id)]


async def _locked(registration_id: UUID) -> RegistrationRow:
    registration = await queries.registration(registration_id, lock=True)
    if registration is None:
        raise NotFound
    return registration


def _is_open(person: AttendeeRow) -> bool:
    return person.offered_until is not None and person.offered_until > clock.now()
