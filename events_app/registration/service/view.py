"""A registration as its contact sees it, on the page and over JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from events_app.events import queries as events
from events_app.events.queries import EventRow
from events_app.kit import clock, settings
from events_app.kit.errors import NotFound
from events_app.kit.tokens import link_id, link_matches, link_token
from events_app.registration import queries
from events_app.registration.queries import AttendeeRow, RegistrationRow
from events_app.registration.schemas import AttendeeOut, RegistrationOut, SeatOfferOut
from events_app.tickets import service as tickets
from events_app.tickets.service import TicketRow

LINK_KIND = "manage"


def manage_token(registration: RegistrationRow) -> str:
    return link_token(settings.current().secret, LINK_KIND, registration.id, registration.generation)


def manage_url(registration: RegistrationRow) -> str:
    return f"{settings.current().root_url}/registrations/{manage_token(registration)}"


async def by_manage_token(token: str) -> RegistrationRow | None:
    """The registration of a manage link, if the link is genuine and has not been replaced."""
    registration_id = link_id(token)
    row = None if registration_id is None else await queries.registration(registration_id)
    if row is None:
        return None
    genuine = link_matches(token, settings.current().secret, LINK_KIND, row.id, row.generation)
    return row if genuine else None


async def get_registration(registration_id: UUID) -> RegistrationOut:
    """The registration with its people. Raises `NotFound`."""
    registration = await queries.registration(registration_id)
    if registration is None:
        raise NotFound
    event = await events.by_id(registration.event)
    if event is None:
        raise NotFound
    people = await queries.attendees(registration.id)
    return answer(event, registration, people, await tickets.of_attendees([person.id for person in people]))


def answer(
    event: EventRow,
    registration: RegistrationRow,
    people: Sequence[AttendeeRow],
    their_tickets: Mapping[UUID, TicketRow],
) -> RegistrationOut:
    """The registration as the API shows it; people whose ticket went to a colleague are no longer part of it."""
    signing = tickets.signing_of(event.signing_seed, event.key_id)
    return RegistrationOut(
        id=registration.id,
        status=registration.status,
        organisation=registration.organisation_name,
        manage_url=manage_url(registration),
        manage_token=manage_token(registration),
        attendees=[
            _attendee(person, their_tickets[person.id], signing) for person in people if person.id in their_tickets
        ],
        training=registration.training,
    )


def _attendee(person: AttendeeRow, ticket: TicketRow, signing: tuple[bytes, int]) -> AttendeeOut:
    return AttendeeOut(
        id=person.id,
        name=person.name,
        email=person.email,
        status=person.status,
        waiting_position=person.waiting_position,
        ticket_url=ticket.url,
        ticket_token=ticket.token,
        code=ticket.code(signing),
        short_code=ticket.short_code,
        offer=_offer(person),
    )


def _offer(person: AttendeeRow) -> SeatOfferOut | None:
    """One past its deadline is none, even before the worker has ended it."""
    until = person.offered_until
    return SeatOfferOut(until) if until is not None and until > clock.now() else None


async def cluster_of(registration_id: UUID) -> UUID | None:
    """The cluster whose event this is; null for a programme-wide one. Raises `NotFound`."""
    registration = await queries.registration(registration_id)
    event = None if registration is None else await events.by_id(registration.event)
    if event is None:
        raise NotFound
    return event.cluster_id
