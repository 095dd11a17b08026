"""Registering at the entrance with one's own phone: the poster and its key, and those who came by it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from events_app.accounts.rules import Actor
from events_app.audit import service as audit
from events_app.checkin import poster as rules
from events_app.checkin.poster import PosterSheet
from events_app.checkin.queries import posters as queries
from events_app.events import queries as event_queries
from events_app.events.queries import EventRow
from events_app.events.service import managed_event
from events_app.kit import clock, db, settings
from events_app.kit.errors import EventCancelled, EventNotFound, NotFound
from events_app.kit.i18n import Language
from events_app.registration import service as registration
from events_app.registration import walk_in_queries
from events_app.registration.schemas import RegistrationOut
from events_app.registration.walk_in_queries import PendingWalkIn
from events_app.tickets.rules import shown_short_code

GONE = "This poster is not valid any more. Please ask at the door."


@dataclass(frozen=True)
class Entrance:
    """An event's poster as its agent sees it; `key` None: there is none. `pending`: whom somebody must decide on."""

    event: EventRow
    key: str | None
    pending: Sequence[PendingWalkIn]

    @property
    def address(self) -> str:
        return f"{settings.current().root_url}/w/{shown_short_code(self.key or '')}"


async def entrance(slug: str, actor: Actor) -> Entrance:
    """Raises `EventNotFound`, `Forbidden`."""
    event = await managed_event(slug, actor)
    return Entrance(event, await queries.key_of(event.id), await walk_in_queries.pending(event.id))


async def make_poster(slug: str, actor: Actor) -> None:
    """A key for an event's poster; an earlier one is dead at once. Raises `EventNotFound`, `Forbidden`."""
    event = await managed_event(slug, actor)
    async with db.transaction():
        while not await queries.set_key(event.id, rules.new_key(), clock.now()):
            pass  # another event has that key
        await audit.record((actor.kind, actor.id), "poster-made", "event", event.id, event_id=event.id)


async def remove_poster(slug: str, actor: Actor) -> None:
    """Nobody can register by it any more. Raises `EventNotFound`, `Forbidden`."""
    event = await managed_event(slug, actor)
    async with db.transaction():
        await queries.forget_key(event.id)
        await audit.record((actor.kind, actor.id), "poster-removed", "event", event.id, event_id=event.id)


async def poster_file(slug: str, language: Language, actor: Actor) -> bytes:
    """The poster as a PDF, the given language on top. Raises `EventNotFound`, `Forbidden`, `NotFound` without a key."""
    from events_app.checkin.typeset import poster_pdf  # noqa: PLC0415 - typst is heavy; loaded with the first PDF

    made = await entrance(slug, actor)
    if made.key is None:
        raise NotFound
    public = made.event.public
    typed = made.address.partition("://")[2]
    sheet = PosterSheet(public.title, made.event.cluster_name or "", made.address, typed)
    return await asyncio.to_thread(poster_pdf, sheet, language)


async def event_of_poster(key: str) -> EventRow:
    """The published event to whose poster that key belongs. Raises `NotFound`, `EventCancelled`."""
    slug = await queries.slug_of(rules.read_key(key) or "")
    event = await event_queries.by_slug(slug) if slug else None
    if event is None or event.public.status == "draft":
        raise NotFound(GONE)
    if event.public.status == "cancelled":
        raise EventCancelled
    return event


async def seat_walk_in(slug: str, registration_id: UUID, actor: Actor) -> RegistrationOut:
    """A seat beyond the capacity, decided at the desk. Raises `EventNotFound`, `Forbidden`, `NotFound`."""
    await _refuse_if_elsewhere(slug, registration_id, actor)
    return await registration.seat_at_the_door(registration_id, actor, over_capacity=True)


async def turn_walk_in_away(slug: str, registration_id: UUID, actor: Actor) -> RegistrationOut:
    """No seat for somebody who came by the poster. Raises `EventNotFound`, `Forbidden`, `NotFound`."""
    await _refuse_if_elsewhere(slug, registration_id, actor)
    return await registration.turn_away_at_the_door(registration_id, actor)


async def _refuse_if_elsewhere(slug: str, registration_id: UUID, actor: Actor) -> None:
    event = await managed_event(slug, actor)
    if (await registration.event_of(registration_id)).id != event.id:
        raise EventNotFound
