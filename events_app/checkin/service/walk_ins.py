"""People who come without a registration: registered and admitted in one go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

import msgspec

from events_app.accounts.rules import Actor
from events_app.checkin.queries import guests as queries
from events_app.checkin.queries.devices import Door
from events_app.checkin.schemas import GuestOut, LetInIn, ScanOut, WalkInIn, WalkInOut
from events_app.checkin.service.scans import Asked, judge
from events_app.kit import clock
from events_app.kit.errors import DuplicateAttendee, FieldError, Invalid, NotFound
from events_app.kit.i18n import known_language
from events_app.registration import service as registration
from events_app.registration.schemas import AttendeeIn, ContactIn, RegistrationIn, RegistrationOut
from events_app.tickets import service as tickets


async def walk_in(door: Door, entered: WalkInIn) -> WalkInOut:
    """Register somebody who stands at the door, and admit them. The same id again gets the same answer.

    Raises `EventFull` (unless `over_capacity`), `EventCancelled`, `Invalid` (with the walk-in's own fields),
    `DuplicateAttendee`. Registering and admitting are two transactions; a repeat after a crash between them goes on
    where it stopped, because the registration knows the id too.
    """
    attendee = await queries.attendee_of_scan(door.event_id, entered.id) or await _registered(door, entered)
    moment = entered.at or clock.now()
    [answer] = await judge(door, [Asked(entered.id, "", None, attendee, "entry", moment, entered.offline)])
    ticket = (await tickets.of_attendees([attendee])).get(attendee)
    if ticket is None:
        raise NotFound
    return _walked_in(await registration.get_registration(ticket.registration_id), attendee, answer)


def _walked_in(made: RegistrationOut, attendee: UUID, answer: ScanOut) -> WalkInOut:
    person = next(one for one in made.attendees if one.id == attendee)
    return WalkInOut(
        **msgspec.structs.asdict(person),
        organisation=made.organisation,
        result=answer.result,
        first_scanned_at=answer.first_scanned_at,
    )


async def let_in(door: Door, attendee_id: UUID, entered: LetInIn) -> WalkInOut:
    """Give somebody who registered by the poster a seat, if they have none yet, and admit them. Repeating is harmless.

    Raises `NotFound` for people of other events and of other registrations than walk-ins', `EventCancelled`, and
    `EventFull` unless `over_capacity`.
    """
    registration_id = await _registration_of(door, attendee_id)
    made = await registration.seat_at_the_door(registration_id, _actor(door), over_capacity=entered.over_capacity)
    asked = Asked(entered.id, "", None, attendee_id, "entry", entered.at or clock.now(), offline=False)
    [answer] = await judge(door, [asked])
    return _walked_in(made, attendee_id, answer)


async def turn_away(door: Door, attendee_id: UUID) -> GuestOut:
    """Cancel somebody who registered by the poster and waits for a decision; they are told. Repeating is harmless.

    Raises `NotFound` for people of other events and of other registrations than walk-ins'.
    """
    made = await registration.turn_away_at_the_door(await _registration_of(door, attendee_id), _actor(door))
    person = next(one for one in made.attendees if one.id == attendee_id)
    return GuestOut(
        person.id,
        person.name,
        made.organisation,
        person.status,
        person.short_code,
        inside=False,
        admitted_at=None,
        asks=False,
    )


async def _registration_of(door: Door, attendee_id: UUID) -> UUID:
    ticket = (await tickets.of_attendees([attendee_id])).get(attendee_id)
    if ticket is None or ticket.event != door.event_id:
        raise NotFound
    return ticket.registration_id


def _actor(door: Door) -> Actor:
    return Actor("device", door.device_id, event_id=door.event_id, name=door.device_name)


async def _registered(door: Door, entered: WalkInIn) -> UUID:
    try:
        made = await registration.register(
            door.slug,
            _as_registration(door, entered),
            source="walk_in",
            idempotency_key=f"walk-in:{entered.id}",
            over_capacity=entered.over_capacity,
        )
    except (Invalid, DuplicateAttendee) as refusal:
        refusal.errors = tuple(own_fields(refusal.errors))
        raise
    return made.attendees[0].id


def _as_registration(door: Door, entered: WalkInIn) -> RegistrationIn:
    given_name, family_name, email = entered.given_name, entered.family_name, entered.email
    return RegistrationIn(
        organisation=entered.organisation,
        contact=ContactIn(given_name, family_name, email or ""),
        attendees=[AttendeeIn(given_name, family_name, email)],
        consents=entered.consents,
        language=known_language(door.language),
    )


def own_fields(errors: Sequence[FieldError]) -> Iterator[FieldError]:
    """A registration's fields as the walk-in's: `/contact/email` is `/email`, each named once."""
    seen = set()
    for error in errors:
        field = error.field.removeprefix("/attendees/0").removeprefix("/contact")
        if (field, error.code) not in seen:
            seen.add((field, error.code))
            yield FieldError(field, error.code, error.message, error.values)
