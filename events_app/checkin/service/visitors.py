"""Visitors who fill in the poster's form: a ticket at once, or word that a helper decides where all seats are taken."""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct

from events_app.checkin.poster import is_open
from events_app.checkin.service.walk_ins import own_fields
from events_app.events.queries import EventRow
from events_app.kit import clock
from events_app.kit.errors import DuplicateAttendee, FieldError, Invalid, RegistrationClosed
from events_app.kit.i18n import Language
from events_app.registration import queries, walk_in_queries
from events_app.registration import service as registration
from events_app.registration.rules import entry
from events_app.registration.schemas import (
    AttendeeIn,
    Consents,
    ContactIn,
    OrganisationIn,
    RegistrationIn,
    RegistrationOut,
)

NAMESAKE = FieldError(
    "/namesake",
    "duplicate_attendee",
    "Somebody of this name and organisation is already registered. If that is you: give your name at the door.",
)


class Visitor(Struct):
    """What the form asks. `namesake`: "I am somebody else of the same name". `form` makes sending twice harmless."""

    form: UUID
    given_name: str
    family_name: str
    email: str
    organisation: OrganisationIn
    consents: Consents
    language: Language
    namesake: bool = False


async def register_visitor(event: EventRow, visitor: Visitor) -> RegistrationOut:
    """Register somebody at the entrance; they are admitted when a device scans their ticket.

    Raises `RegistrationClosed` outside the hours of the event, `Invalid` and `DuplicateAttendee` with the form's own
    fields, `EventCancelled`.
    """
    if not is_open(event.public.starts_at, event.public.ends_at, clock.now()):
        raise RegistrationClosed
    entered = entry.tidied(_as_registration(visitor))
    key = f"poster:{visitor.form}"
    if not visitor.namesake and await _has_namesake(event, entered, key):
        raise DuplicateAttendee(errors=[NAMESAKE])
    try:
        return await registration.register(event.slug, entered, source="walk_in", idempotency_key=key, ask_if_full=True)
    except (Invalid, DuplicateAttendee) as refusal:
        refusal.errors = tuple(own_fields(refusal.errors))
        raise


def _as_registration(visitor: Visitor) -> RegistrationIn:
    given_name, family_name, email = visitor.given_name, visitor.family_name, visitor.email
    return RegistrationIn(
        organisation=visitor.organisation,
        contact=ContactIn(given_name, family_name, email),
        attendees=[AttendeeIn(given_name, family_name, email or None)],
        consents=visitor.consents,
        language=visitor.language,
    )


async def _has_namesake(event: EventRow, entered: RegistrationIn, key: str) -> bool:
    """The very form sent once more is nobody else."""
    [person], organisation = entered.attendees, entered.organisation.name
    if await queries.remembered(event.id, key):
        return False
    return await walk_in_queries.has_namesake(event.id, person.given_name, person.family_name, organisation)
