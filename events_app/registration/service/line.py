"""The waiting list: whose turn it is when seats are free. Everything here runs while the event's seats are locked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from events_app.accounts.rules import Actor
from events_app.audit import service as audit
from events_app.calendar import service as calendar
from events_app.events import queries as event_queries
from events_app.events import service as events
from events_app.events.queries import EventRow
from events_app.kit import clock
from events_app.registration import offer_queries, queries
from events_app.registration.queries import AttendeeRow, RegistrationRow
from events_app.registration.rules import seats
from events_app.registration.service import announce, room
from events_app.tickets import service as tickets

Why = Literal["near", "taken", "promoted"]
"""How somebody in line came by a seat: the event is near, they took an offer, the organiser gave it to them."""


async def fill_free_seats(event_id: UUID) -> None:
    """Offer the free seats to those in line; close to the event they get them without being asked.

    Nobody is offered anything once the event has begun.
    """
    free = await room.counted(event_id)
    event = await event_queries.by_id(event_id)
    if event is None or not _fills(event):
        return
    moved = seats.move_up(await queries.waiting_line(event_id), free)
    if not moved:
        return
    await events.set_taken(event_id, event.taken + len(moved))
    deadline = seats.offer_deadline(clock.now(), event.public.starts_at)
    if deadline is None:
        await seat(event_id, moved, "near")
    else:
        await _offer(event_id, moved, deadline)
    await room.counted(event_id)


async def seat(event_id: UUID, attendee_ids: Sequence[UUID], why: Why, actor: Actor | None = None) -> None:
    """Give people in line their seat: status, ticket, calendar, mails. The caller counts the seats."""
    await offer_queries.end(attendee_ids, "taken")
    await queries.set_attendee_status(attendee_ids, "confirmed")
    await tickets.set_status(attendee_ids, "confirmed")
    await calendar.confirm(attendee_ids)
    people = await queries.attendees_by_id(attendee_ids)
    await queries.refresh_status(sorted({person.registration for person in people}))
    owners = await _owners(people)
    kind = "registration-confirmed" if why == "taken" else "seat-available"
    await _tell(owners, people, kind, {"why": why})
    await announce.tell_people([(owners[person.registration], person) for person in people], "ticket")
    await note(actor, f"attendees-{_DEEDS[why]}", event_id, attendee_ids)


async def keep_deadlines(event: EventRow) -> None:
    """After an event was moved nearer: its open offers end in time, or are seats at once."""
    now, starts_at = clock.now(), event.public.starts_at
    latest = seats.latest_deadline(starts_at)
    late = [o.attendee for o in await offer_queries.open_of_event(event.id) if now < o.expires_at > latest]
    if not late or not _fills(event):
        return
    deadline = seats.offer_deadline(now, starts_at)
    if deadline is None:
        await seat(event.id, late, "near")
    else:
        await hold_until(late, deadline)


async def hold_until(attendee_ids: Sequence[UUID], deadline: datetime) -> None:
    """Give open offers another deadline, and tell the contacts."""
    await offer_queries.set_deadline(attendee_ids, deadline)
    await _tell_offered(attendee_ids, deadline)


async def end_offers(event_id: UUID) -> None:
    """End all offers of an event that will not take place, and give their seats back."""
    _, taken = await events.lock_seats(event_id)
    held = [offer.attendee for offer in await offer_queries.open_of_event(event_id)]
    await events.set_taken(event_id, taken - await offer_queries.end(held, "expired"))


async def note(actor: Actor | None, action: str, event_id: UUID, attendee_ids: Sequence[UUID]) -> None:
    """What happened to people in line; without an actor it happened by itself."""
    await audit.record(
        ("system", None) if actor is None else (actor.kind, actor.id),
        action,
        "event",
        event_id,
        event_id=event_id,
        details={"attendees": [str(id_) for id_ in attendee_ids]},
    )


_DEEDS: Mapping[Why, str] = {"near": "moved-up", "taken": "took-seats", "promoted": "promoted"}


def _fills(event: EventRow) -> bool:
    return event.public.status == "published" and clock.now() < event.public.starts_at


async def _offer(event_id: UUID, attendee_ids: Sequence[UUID], deadline: datetime) -> None:
    await offer_queries.insert(event_id, attendee_ids, deadline)
    await _tell_offered(attendee_ids, deadline)
    await note(None, "seats-offered", event_id, attendee_ids)


async def _tell_offered(attendee_ids: Sequence[UUID], deadline: datetime) -> None:
    people = await queries.attendees_by_id(attendee_ids)
    await _tell(await _owners(people), people, "seat-available", {"why": "offered", "expires_at": deadline.isoformat()})


async def _owners(people: Sequence[AttendeeRow]) -> dict[UUID, RegistrationRow]:
    ids = sorted({person.registration for person in people})
    return {id_: row for id_ in ids if (row := await queries.registration(id_))}


async def _tell(
    owners: Mapping[UUID, RegistrationRow], people: Sequence[AttendeeRow], kind: str, payload: Mapping[str, Any]
) -> None:
    """One mail to each contact, however many of their people it is about."""
    theirs = {id_: [str(p.id) for p in people if p.registration == id_] for id_ in owners}
    await announce.send(
        announce.to_contact(owner, kind, {**payload, "people": theirs[id_]}) for id_, owner in owners.items()
    )
