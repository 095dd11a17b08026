"""Registering: decide on what is known, write everything, take the seats last.

The decision is made in pure rules on the seats as read; the last statement takes them only if that reading still
holds. So the event's seats are locked for two round trips and no more, and never oversold (docs/decisions/0003).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import asyncpg

from events_app.calendar import service as calendar
from events_app.events import rules as event_rules
from events_app.events import service as events
from events_app.events.queries import EventRow, by_slug
from events_app.kit import clock, db
from events_app.kit.errors import (
    Conflict,
    DuplicateAttendee,
    EventCancelled,
    EventNotFound,
    FieldError,
    Invalid,
    RegistrationClosed,
)
from events_app.outbox.service import NewMail
from events_app.registration import offer_queries, queries
from events_app.registration.queries import AttendeeRow, RegistrationRow
from events_app.registration.rules import entry, invitations, seats
from events_app.registration.rules.entry import Asked
from events_app.registration.rules.room import ANYWHERE
from events_app.registration.rules.seats import Allocation, SeatFacts
from events_app.registration.schemas import RegistrationIn, RegistrationOut
from events_app.registration.service import announce, repeats, room, taking
from events_app.registration.service.admission import AT_THE_DOOR, Admission, admit
from events_app.registration.service.offers import expire_offers_of
from events_app.registration.service.rows import (
    columns,
    new_people,
    person_columns,
    person_keys,
    planned_tickets,
    registration_row,
)
from events_app.registration.service.view import answer
from events_app.tickets import service as tickets

Source = Literal["form", "api", "walk_in", "demo"]
TRIES = 20


class _SeatsMovedError(Exception):
    """Somebody was quicker: the decision was made on seats that have changed since."""


@dataclass(frozen=True)
class _Plan:
    """Everything one registration writes, decided before the transaction begins."""

    event: EventRow
    registration: RegistrationRow
    people: list[AttendeeRow]
    tickets: list[tickets.TicketRow]
    allocation: Allocation
    source: Source
    over_capacity: bool
    admission: Admission


@db.retried
async def register(
    slug: str,
    entered: RegistrationIn,
    *,
    source: Source = "api",
    idempotency_key: str | None = None,
    over_capacity: bool = False,
    ask_if_full: bool = False,
) -> RegistrationOut:
    """Register an organisation's people for an event: seats, tickets, calendar entries and mails in one transaction.

    People of the demo are invented and get no mail. A repeated `idempotency_key` is answered as it was the first time
    (`repeats.repeated`). `ask_if_full`: a walk-in for whom no seat is left waits, as
    `pending`, for somebody's decision (`seat_at_the_door`) instead of being refused.

    Raises `EventNotFound`, `EventCancelled`, `RegistrationClosed`, `InvitationRequired`, `Invalid` (with fields),
    `DuplicateAttendee`, `EventFull`, `IdempotencyKeyReused`.
    """
    entered = entry.tidied(entered)
    for _ in range(TRIES):
        event = await _shown_event(slug)
        if idempotency_key is not None and (known := await repeats.repeated(event, entered, idempotency_key)):
            return known  # whatever has become of the event since
        _refuse_if_shut(event, source)
        _refuse_if_wrong(entered, event, source)
        admission = AT_THE_DOOR if source == "walk_in" else await admit(event, entered)
        if await _seats_come_free(event, admission, len(entered.attendees)):
            continue
        try:
            plan = _planned(event, entered, source, admission, over_capacity=over_capacity, ask_if_full=ask_if_full)
            people = await _carry_out(plan, entered, idempotency_key)
        except (_SeatsMovedError, asyncpg.ForeignKeyViolationError):  # or the ticket group is no more
            continue
        except asyncpg.UniqueViolationError as error:
            if error.constraint_name == "attendee_once":
                if idempotency_key is not None and (known := await repeats.repeated(event, entered, idempotency_key)):
                    return known  # the same request at the same moment
                raise await _duplicates(plan) from None
            continue  # the same Idempotency-Key at the same moment: look again
        return await _answered(plan, people)
    raise Conflict("Very many people are registering right now. Please try again.")


async def preview(slug: str, entered: RegistrationIn, unreadable: Sequence[FieldError]) -> None:
    """Refuse a form with fields that could not be read, together with all else that is wrong. Raises `Invalid`."""
    entered = entry.tidied(entered)
    event = await _open_event(slug)
    known = {error.field for error in unreadable}
    others = [e for e in entry.problems(entered, Asked(event.public.questions)) if e.field not in known]
    raise Invalid(errors=[*unreadable, *others])


async def checked(slug: str, entered: RegistrationIn) -> EventRow:
    """The event, if it takes this (tidied) entry as things stand, apart from people who are registered already."""
    event = await _open_event(slug)
    _refuse_if_wrong(entered, event, "form")
    admission = await admit(event, entered)
    left = room.seen(event, admission.invitation).free_for(admission.place)
    seats.allocate(taking.facts(event, left, admission), len(entered.attendees), all_or_none=entered.all_or_none)
    return event


async def _open_event(slug: str) -> EventRow:
    event = await _shown_event(slug)
    _refuse_if_shut(event, "form")
    return event


async def _shown_event(slug: str) -> EventRow:
    event = await by_slug(slug)
    if event is None or event.public.status == "draft":
        raise EventNotFound
    return event


def _refuse_if_shut(event: EventRow, source: Source) -> None:
    window = event_rules.window(event.window_facts, clock.now())
    if window == "cancelled":
        raise EventCancelled
    if window != "open" and source in {"form", "api"}:
        raise RegistrationClosed


async def _seats_come_free(event: EventRow, admission: Admission, wanted: int) -> bool:
    """Whether seats that seemed taken were held for nobody any more: a dead worker must not keep them."""
    left = room.seen(event, admission.invitation).free_for(admission.place)
    if left is None or wanted <= left or not await offer_queries.any_expired(event.id, clock.now()):
        return False
    return await expire_offers_of(event.id) > 0


def _refuse_if_wrong(entered: RegistrationIn, event: EventRow, source: Source) -> None:
    at_door = source == "walk_in"
    found = entry.problems_at_door(entered) if at_door else entry.problems(entered, Asked(event.public.questions))
    unknown = invitations.unknown_group(event.groups, entered.group)
    if found or unknown:
        raise Invalid(errors=[*found, *([unknown] if unknown else [])])
    again = entry.twice(person_keys(entered))
    if again:
        raise DuplicateAttendee(errors=[entry.entered_twice_error(index) for index in again])


def _planned(
    event: EventRow,
    entered: RegistrationIn,
    source: Source,
    admission: Admission,
    *,
    over_capacity: bool,
    ask_if_full: bool,
) -> _Plan:
    left = None if over_capacity else room.seen(event, admission.invitation).free_for(admission.place)
    facts = taking.facts(event, left, admission)
    if source in {"walk_in", "demo"}:
        nobody_in = ask_if_full and facts.left is not None and facts.left < len(entered.attendees)
        facts = SeatFacts(facts.left, facts.waiting_list and source == "demo", approval=nobody_in)
    allocation = seats.allocate(facts, len(entered.attendees), all_or_none=entered.all_or_none)
    registration = registration_row(event, entered, seats.overall(allocation.statuses), admission.place)
    people = new_people(registration, entered.attendees, allocation.statuses)
    new_tickets = planned_tickets(registration, people)
    return _Plan(event, registration, people, new_tickets, allocation, source, over_capacity, admission)


async def _carry_out(plan: _Plan, entered: RegistrationIn, idempotency_key: str | None) -> Sequence[AttendeeRow]:
    """Write it all; gives the people as their answer tells of them."""
    registration, people = plan.registration, plan.people
    async with db.attempt():
        await queries.insert_registration(columns(registration, plan.source))
        await add_people(registration, people, plan.tickets)
        if idempotency_key is not None:
            await repeats.remember(idempotency_key, entered, registration, people, plan.tickets)
        if plan.source != "demo":
            await announce.send(_mails(registration, people))
        await _take_seats(plan)
        if idempotency_key is not None and "waiting" in plan.allocation.statuses:
            people = await queries.attendees(registration.id)
            await repeats.remember_positions(people, plan.tickets)
    return people


async def add_people(
    registration: RegistrationRow, people: Sequence[AttendeeRow], their_tickets: Sequence[tickets.TicketRow]
) -> None:
    """Write new people with their tickets and calendar entries: three statements, however many they are."""
    await queries.insert_attendees(registration.id, registration.event, [person_columns(p) for p in people])
    await tickets.store(their_tickets)
    await calendar.add_event_entries(registration.event, [p.id for p in people], [p.status for p in people])


async def _take_seats(plan: _Plan) -> None:
    if plan.over_capacity:
        await events.take_seats_anyway(plan.event.id, plan.allocation.taken)
        return
    if not await _taken(plan):
        raise _SeatsMovedError
    if "waiting" in plan.allocation.statuses:
        await queries.renumber_waiting(plan.registration.id)


async def _taken(plan: _Plan) -> bool:
    event, allocation = plan.event, plan.allocation
    if plan.admission.place != ANYWHERE:
        return await taking.take(event, plan.admission, allocation, all_or_none=plan.registration.all_or_none)
    return await events.take_seats(event.id, event.revision, allocation.taken, allocation.refused_seat_for)


def _mails(registration: RegistrationRow, people: Sequence[AttendeeRow]) -> list[NewMail]:
    entries = announce.fresh_entries(people)
    confirmed = [person for person in people if person.status == "confirmed"]
    return [
        announce.to_contact(registration, f"registration-{registration.status}"),
        *(announce.to_person(registration, person, "ticket", entries[person.id]) for person in confirmed),
    ]


async def _duplicates(plan: _Plan) -> DuplicateAttendee:
    keys = [person.person_key for person in plan.people]
    taken = await queries.taken_person_keys(plan.event.id, keys)
    return DuplicateAttendee(errors=[entry.duplicate_error(index) for index in entry.twice(keys, taken)])


async def _answered(plan: _Plan, people: Sequence[AttendeeRow]) -> RegistrationOut:
    if any(person.status == "waiting" and person.waiting_position is None for person in people):
        people = await queries.attendees(plan.registration.id)
    return answer(plan.event, plan.registration, people, {ticket.attendee_id: ticket for ticket in plan.tickets})
