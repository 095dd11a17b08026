"""Addresses of personal feeds: derived from the attendee and a number that replaces the address when it rises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from events_app.calendar import ical
from events_app.calendar.queries import KEPT_CANCELLED
from events_app.calendar.service.entries import entries_of
from events_app.events import queries as events
from events_app.kit import clock, db, settings
from events_app.kit.tokens import link_id, link_matches, link_token

LINK_KIND = "feed"
REFRESH = timedelta(hours=1)


@dataclass(frozen=True)
class Feed:
    text: bytes
    changed_at: datetime | None


async def feed_token(attendee_id: UUID) -> str:
    """The secret in the address of this attendee's feed, as it is now."""
    return link_token(settings.current().secret, LINK_KIND, attendee_id, await _generation(attendee_id))


async def feed_holder(token: str) -> UUID | None:
    """Whose feed has this address; None for a false or a replaced one."""
    attendee_id = link_id(token)
    if attendee_id is None:
        return None
    generation = await _generation(attendee_id)
    genuine = link_matches(token, settings.current().secret, LINK_KIND, attendee_id, generation)
    return attendee_id if genuine else None


async def end_feeds(attendee_ids: Sequence[UUID]) -> None:
    """Give these people's feeds new addresses; nobody reads the old ones any more."""
    await db.execute(
        """INSERT INTO calendar_feed AS f (attendee_id, generation) SELECT id, 1 FROM unnest($1::uuid[]) AS a(id)
           ON CONFLICT (attendee_id) DO UPDATE SET generation = f.generation + 1""",
        list(attendee_ids),
    )


async def link_still_feeds(attendee_id: UUID) -> bool:
    """Whether the feed below the ticket's own link is good: until its holder has asked for another address."""
    return await _generation(attendee_id) == 0


async def personal_feed(attendee_id: UUID, language: str) -> Feed | None:
    """The feed of this person's event, chosen sessions and meetings; what was cancelled stays for 30 days."""
    event_id = await db.fetch_value("SELECT event FROM calendar_entry WHERE attendee_id = $1 LIMIT 1", attendee_id)
    event = None if event_id is None else await events.by_id(event_id)
    if event is None:
        return None
    found = await entries_of(event, [attendee_id], language, cancelled_since=clock.now() - KEPT_CANCELLED)
    entries = found.get(attendee_id, ())
    text = ical.publish(entries, name=event.public.title, refresh=REFRESH)
    return Feed(text, max((entry.updated_at for entry in entries), default=None))


async def _generation(attendee_id: UUID) -> int:
    found: int | None = await db.fetch_value("SELECT generation FROM calendar_feed WHERE attendee_id = $1", attendee_id)
    return found or 0
