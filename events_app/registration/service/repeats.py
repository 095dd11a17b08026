"""An `Idempotency-Key` that comes again gets the answer that it got the first time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import msgspec
from msgspec import Struct

from events_app.events.queries import EventRow
from events_app.kit import db
from events_app.kit.errors import IdempotencyKeyReused
from events_app.registration import queries
from events_app.registration.queries import AttendeeRow, RegistrationRow
from events_app.registration.rules import seats
from events_app.registration.rules.room import ANYWHERE
from events_app.registration.schemas import RegistrationIn, RegistrationOut
from events_app.registration.service.rows import new_people, planned_tickets, registration_row
from events_app.registration.service.view import answer, get_registration
from events_app.tickets.service import TicketRow


class Person(Struct, array_like=True):
    """What the first answer said of one person beyond what was sent; short codes change with a swap."""

    id: UUID
    status: seats.Status
    waiting_position: int | None
    ticket: UUID
    short_code: str


_people = msgspec.json.Decoder(list[Person])


async def repeated(event: EventRow, entered: RegistrationIn, key: str) -> RegistrationOut | None:
    """The first answer to this key; None for a new key. Raises `IdempotencyKeyReused` for another body.

    "Same key + same body → the same answer", so states, positions, links and codes are those of then, whatever has
    happened since; how things stand now is told by `GET /registrations/{id}`. A repeat thus gives nobody the links
    that a hand-over or a swap has made since: the old ones come back, and are dead. Names and addresses are taken from
    the body, which is the same; only ids, states and short codes are kept, for 24 hours or until the erasure.
    """
    remembered = await queries.remembered(event.id, key)
    if remembered is None:
        return None
    body_hash, registration_id, told = remembered
    if body_hash != _body_hash(entered):
        raise IdempotencyKeyReused
    if told is None:
        return await get_registration(registration_id)
    return _first_answer(event, entered, registration_id, _people.decode(told))


async def remember(
    key: str,
    entered: RegistrationIn,
    registration: RegistrationRow,
    people: Sequence[AttendeeRow],
    their_tickets: Sequence[TicketRow],
) -> None:
    """Keep what this key is answered. Raises asyncpg's unique violation."""
    told = _told(people, their_tickets)
    await queries.remember(registration.event, key, _body_hash(entered), registration.id, told)


async def remember_positions(people: Sequence[AttendeeRow], their_tickets: Sequence[TicketRow]) -> None:
    """Positions in line are known only once the seats are held."""
    await queries.remember_answer(people[0].registration, _told(people, their_tickets))


def _told(people: Sequence[AttendeeRow], their_tickets: Sequence[TicketRow]) -> str:
    of = {ticket.attendee_id: ticket for ticket in their_tickets}
    return db.as_json(
        [Person(p.id, p.status, p.waiting_position, of[p.id].id, of[p.id].short_code) for p in people],
    )


def _first_answer(
    event: EventRow, entered: RegistrationIn, registration_id: UUID, told: Sequence[Person]
) -> RegistrationOut:
    statuses = [one.status for one in told]
    registration = replace(registration_row(event, entered, seats.overall(statuses), ANYWHERE), id=registration_id)
    rows = new_people(registration, entered.attendees, statuses)
    people = [
        replace(row, id=one.id, waiting_position=one.waiting_position) for row, one in zip(rows, told, strict=True)
    ]
    planned = planned_tickets(registration, people)
    theirs = {
        ticket.attendee_id: replace(ticket, id=one.ticket, short_code=one.short_code)
        for ticket, one in zip(planned, told, strict=True)
    }
    return answer(event, registration, people, theirs)


def _body_hash(entered: RegistrationIn) -> str:
    return hashlib.sha256(msgspec.json.encode(entered, order="deterministic")).hexdigest()
