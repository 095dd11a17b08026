"""Reading what anybody may put into a calendar: the few columns of an event that an entry shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from asyncpg import Record
from msgspec import Struct

from events_app.events.queries import EventRow
from events_app.kit import db

MOST = 500
LOOK_BACK = timedelta(days=365)
KEPT_CANCELLED = timedelta(days=30)
"""So long a feed says that something was cancelled: most programs keep what a feed merely leaves out."""


class PublicEvent(Struct, frozen=True):
    """An event's public side, without what a calendar doesn't show."""

    id: UUID
    slug: str
    title: str
    status: str
    starts_at: datetime
    ends_at: datetime
    timezone: str
    mode: str
    venue_name: str
    venue_street: str
    venue_postcode: str
    venue_place: str
    venue_district: str
    summary: str
    cancel_reason: str
    sequence: int
    updated_at: datetime
    cluster_name: str | None

    @classmethod
    def of(cls, event: EventRow) -> Self:
        public, venue = event.public, event.public.venue
        return cls(
            id=event.id,
            slug=event.slug,
            title=public.title,
            status=public.status,
            starts_at=public.starts_at,
            ends_at=public.ends_at,
            timezone=public.timezone,
            mode=public.mode,
            venue_name=venue.name or "",
            venue_street=venue.street or "",
            venue_postcode=venue.postcode or "",
            venue_place=venue.place or "",
            venue_district=venue.district or "",
            summary=public.summary,
            cancel_reason=event.cancel_reason,
            sequence=event.sequence,
            updated_at=event.updated_at,
            cluster_name=event.cluster_name,
        )


@dataclass(frozen=True)
class Extent:
    """What a feed has, in a few values: another feed has other values. `changed_at` is null for an empty one."""

    count: int
    changed_at: datetime | None
    mark: int


_COLUMNS = ", ".join(f"e.{name}" for name in PublicEvent.__struct_fields__ if name != "cluster_name")
_FEED = """FROM event e LEFT JOIN cluster c ON c.id = e.cluster
WHERE ($1::text IS NULL OR c.slug = $1) AND e.starts_at >= $2
  AND (e.status = 'published' OR e.status = 'cancelled' AND e.cancelled_at >= $3)
ORDER BY e.starts_at DESC, e.id DESC LIMIT $4"""


async def public_events(cluster: str | None, now: datetime) -> list[PublicEvent]:
    """What a cluster's feed has (null: everybody's), by start: what is coming, and what was in the last year.

    If there are more than a feed holds, the earliest are left out.
    """
    rows = await db.fetch(
        f"SELECT {_COLUMNS}, c.name AS cluster_name {_FEED}",
        *_window(cluster, now),
    )
    return [PublicEvent(*row) for row in reversed(rows)]


async def extent(cluster: str | None, now: datetime) -> Extent:
    """Which events `public_events` has, and as of when, for a tenth of its price."""
    row = await db.fetch_row(
        f"""SELECT count(*), max(updated_at), coalesce(bit_xor(hashtextextended(words, 0)), 0)
            FROM (SELECT e.updated_at, e.id::text || e.updated_at::text || coalesce(c.name, '') AS words {_FEED}) f""",  # noqa: S608 - same
        *_window(cluster, now),
    )
    assert row is not None  # noqa: S101 - an aggregate always has a row
    return Extent(*row)


def _window(cluster: str | None, now: datetime) -> tuple[str | None, datetime, datetime, int]:
    return cluster, now - LOOK_BACK, now - KEPT_CANCELLED, MOST


async def entry_rows(event_id: UUID, attendee_ids: list[UUID], cancelled_since: datetime | None) -> Sequence[Record]:
    """Entries of these people at an event: its own first, then sessions and meetings by time."""
    return await db.fetch(
        """SELECT * FROM calendar_entry WHERE event = $1 AND attendee_id = ANY($2::uuid[])
             AND (status <> 'cancelled' OR $3::timestamptz IS NULL OR updated_at >= $3)
           ORDER BY kind <> 'event', starts_at, uid""",
        event_id,
        attendee_ids,
        cancelled_since,
    )
