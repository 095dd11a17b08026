"""Deciding about people whose registration the organiser wants to approve."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from events_app.accounts.rules import Actor
from events_app.audit import service as audit
from events_app.calendar import service as calendar
from events_app.events import service as events
from events_app.events.queries import EventRow
from events_app.kit import clock, db
from events_app.kit.errors import EventCancelled, NotFound, RegistrationClosed
from events_app.registration import queries, walk_in_queries
from events_app.registration.queries import AttendeeRow
from events_app.registration.rules import seats
from events_app.registration.rules.seats import SeatFacts
from events_app.registration.schemas import RegistrationOut
from events_app.registration.service import announce, room
from events_app.registration.service.leave import cancel_attendees, event_of, take_out
from events_app.registration.service.line import fill_free_seats
from events_app.registration.service.view import get_registration
from events_app.tickets import service as tickets


@db.retried
async def approve_registration(registration_id: UUID, actor: Actor) -> RegistrationOut:
    """Give the pending people of a registration their seats; those who find none join the line.

    Approving twice is harmless. Raises `NotFound`, `EventCancelled`, `RegistrationClosed` once the event has begun,
    and `EventFull` where there is neither a seat nor a waiting list.
    """
    event = await event_of(registration_id)
    refuse_if_too_late(event)
    async with db.transaction():
        _, taken = await events.lock_seats(event.id)
        registration = await queries.registration(registration_id, lock=True)
        pending = await _pending(registration_id)
        if registration is not None and pending:
            left = (await room.counted(event.id)).free_for(room.place_of(registration))
            facts = SeatFacts(left, event.public.waiting_list, approval=False)
            allocation = seats.allocate(facts, len(pending), all_or_none=registration.all_or_none)
            await _decide(pending, allocation)
            await events.set_taken(event.id, taken + allocation.taken)
            await fill_free_seats(event.id)
            await _tell(registration_id, [person.id for person in pending])
            await _note(actor, event, pending)
    return await get_registration(registration_id)


@db.retried
async def seat_at_the_door(registration_id: UUID, actor: Actor, *, over_capacity: bool = False) -> RegistrationOut:
    """Give a walk-in's people, who came when all seats were taken, their seats: now, while the event is running.

    Repeating is harmless. Raises `NotFound` for other registrations than walk-ins', `EventCancelled`, and `EventFull`
    unless `over_capacity`.
    """
    event = await event_of(registration_id)
    if event.public.status == "cancelled":
        raise EventCancelled
    async with db.transaction():
        _, taken = await events.lock_seats(event.id)
        registration = await queries.registration(registration_id, lock=True)
        if registration is None or not await walk_in_queries.is_walk_in(registration_id):
            raise NotFound
        pending = await _pending(registration_id)
        if pending:
            left = (await room.counted(event.id)).free_for(room.place_of(registration))
            facts = SeatFacts(None if over_capacity else left, waiting_list=False, approval=False)
            allocation = seats.allocate(facts, len(pending), all_or_none=True)
            await _decide(pending, allocation)
            await events.set_taken(event.id, taken + allocation.taken)
            await room.counted(event.id, beyond=over_capacity)
            await _tell(registration_id, [person.id for person in pending])
            await _note(actor, event, pending)
    return await get_registration(registration_id)


@db.retried
async def turn_away_at_the_door(registration_id: UUID, actor: Actor) -> RegistrationOut:
    """Cancel a walk-in's people who wait for a decision, now, while the event is running; the contact is told.

    Repeating is harmless. Raises `NotFound` for other registrations than walk-ins'.
    """
    event = await event_of(registration_id)
    async with db.transaction():
        await events.lock_seats(event.id)  # before the registration, as whoever seats them does
        registration = await queries.registration(registration_id, lock=True)
        if registration is None or not await walk_in_queries.is_walk_in(registration_id):
            raise NotFound
        pending = await _pending(registration_id)
        if pending:
            await take_out(registration, pending, actor)  # frees nothing: they had no seat
    return await get_registration(registration_id)


@db.retried
async def decline_registration(registration_id: UUID, actor: Actor) -> RegistrationOut:
    """Cancel the pending people of a registration and tell the contact. Raises as `cancel_attendees`."""
    pending = await _pending(registration_id)
    return await cancel_attendees(registration_id, [person.id for person in pending], actor)


def refuse_if_too_late(event: EventRow) -> None:
    """Raises `EventCancelled`, or `RegistrationClosed` once the event has begun."""
    if event.public.status == "cancelled":
        raise EventCancelled
    if clock.now() >= event.public.starts_at:
        raise RegistrationClosed


async def _pending(registration_id: UUID) -> list[AttendeeRow]:
    return [person for person in await queries.attendees(registration_id) if person.status == "pending"]


async def _decide(pending: Sequence[AttendeeRow], allocation: seats.Allocation) -> None:
    """One by one, so that people get their places in line in the order in which they were entered."""
    for person, status in zip(pending, allocation.statuses, strict=True):
        await queries.set_attendee_status([person.id], status)
        await tickets.set_status([person.id], status)
    seated = [person.id for person, status in zip(pending, allocation.statuses, strict=True) if status == "confirmed"]
    await calendar.confirm(seated)
    await queries.refresh_status([pending[0].registration])


async def _tell(registration_id: UUID, decided: Sequence[UUID]) -> None:
    registration = await queries.registration(registration_id)
    assert registration is not None  # noqa: S101 - locked in this transaction
    people = [person for person in await queries.attendees_by_id(decided) if person.status == "confirmed"]
    await announce.send([announce.to_contact(registration, f"registration-{registration.status}")])
    await announce.tell_people([(registration, person) for person in people], "ticket")


async def _note(actor: Actor, event: EventRow, people: Sequence[AttendeeRow]) -> None:
    await audit.record(
        (actor.kind, actor.id),
        "attendees-approved",
        "registration",
        people[0].registration,
        event_id=event.id,
        details={"attendees": [str(person.id) for person in people]},
    )
