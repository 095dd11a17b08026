"""Introductions without a round of meetings: contacts are exchanged once both sides agreed."""

from __future__ import annotations

from uuid import UUID

from events_app.events import queries as events
from events_app.events.queries import EventRow
from events_app.kit import db
from events_app.kit.errors import NotFound
from events_app.matchmaking import opinion_queries, queries
from events_app.matchmaking.queries import Contact
from events_app.outbox.service import NewMail, queue
from events_app.registration import queries as registrations
from events_app.registration.queries import RegistrationRow


async def agree_to_exchange(registration_id: UUID, other_id: UUID) -> bool:
    """Agree that the other side gets one's contact; whether both have agreed and are being told each other's.

    Twice is harmless. Raises `NotFound` unless the two are proposed to each other by a published run of introductions.
    """
    async with db.transaction():
        await opinion_queries.hold([registration_id, other_id])
        await _refuse_if_not_proposed(registration_id, other_id)
        await opinion_queries.agree(registration_id, other_id)
        exchanged = await opinion_queries.exchange(registration_id, other_id)
        if exchanged:
            await _tell_both(registration_id, other_id)
    return exchanged


async def take_back_agreement(registration_id: UUID, other_id: UUID) -> None:
    """Not agree any more; once the contacts have been exchanged, nothing changes."""
    await opinion_queries.take_back(registration_id, other_id)


async def contact_of(registration_id: UUID, other_id: UUID) -> tuple[RegistrationRow, RegistrationRow, EventRow] | None:
    """(own, other, event) if their contacts were exchanged and both still agree to be matched."""
    if (await opinion_queries.agreements(registration_id)).get(other_id) != "exchanged":
        return None
    own, other = [await registrations.registration(id_) for id_ in (registration_id, other_id)]
    event = None if own is None else await events.by_id(own.event)
    if own is None or other is None or event is None or not (own.match_consent and other.match_consent):
        return None
    return own, other, event


async def _refuse_if_not_proposed(registration_id: UUID, other_id: UUID) -> None:
    registration = await registrations.registration(registration_id)
    run = None if registration is None else await queries.current_run(registration.event)
    if run is None or run.mode != "introductions" or not await queries.still_matchable([registration_id]):
        raise NotFound
    proposed = await queries.matches_of(run.id, registration_id)
    if all(pair.other(registration_id).id != other_id for pair in proposed):
        raise NotFound


async def _tell_both(one: UUID, other: UUID) -> None:
    named = {one: other, other: one}
    registration = await registrations.registration(one)
    contacts = await queries.contacts([one, other])
    if registration is not None:
        await queue([_exchanged(contact, named[contact.registration_id], registration.event) for contact in contacts])


def _exchanged(contact: Contact, other: UUID, event_id: UUID) -> NewMail:
    return NewMail(
        kind="matches-published",
        recipient=contact.email,
        language=contact.language,
        payload={"contact_of": str(other)},
        event_id=event_id,
        registration_id=contact.registration_id,
    )
