"""The keys of posters at entrances."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from events_app.kit import db


async def key_of(event_id: UUID) -> str | None:
    key: str | None = await db.fetch_value("SELECT key FROM walk_in_poster WHERE event = $1", event_id)
    return key


async def slug_of(key: str) -> str | None:
    """The slug of the event to whose poster the key belongs."""
    slug: str | None = await db.fetch_value(
        "SELECT e.slug FROM walk_in_poster p JOIN event e ON e.id = p.event WHERE p.key = $1", key
    )
    return slug


async def set_key(event_id: UUID, key: str, now: datetime) -> bool:
    """Put this key in the place of any earlier one; False if it is another event's."""
    return (
        await db.execute(
            """INSERT INTO walk_in_poster (id, event, key, made_at)
               SELECT $1, $2, $3::varchar, $4 WHERE NOT EXISTS (SELECT FROM walk_in_poster WHERE key = $3::varchar)
               ON CONFLICT (event) DO UPDATE SET key = EXCLUDED.key, made_at = EXCLUDED.made_at""",
            uuid4(),
            event_id,
            key,
            now,
        )
        == 1
    )


async def forget_key(event_id: UUID) -> None:
    await db.execute("DELETE FROM walk_in_poster WHERE event = $1", event_id)


async def admitted_at(ticket_id: UUID) -> datetime | None:
    """The first admission with that ticket."""
    admitted: datetime | None = await db.fetch_value("SELECT admitted_at FROM ticket WHERE id = $1", ticket_id)
    return admitted
