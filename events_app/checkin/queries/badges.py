"""For whom there are badges, and for whom one has been printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from events_app.kit import db
from events_app.kit.search import folded, patterns, sorted_by
from events_app.registration.rules.seats import Status


@dataclass(frozen=True)
class Wanted:
    """Which people of an event. `organisation`: words of its name; `group`: a ticket group's key."""

    status: Status | None = "confirmed"
    organisation: str = ""
    group: str | None = None
    unprinted: bool = False
    attendee: UUID | None = None


@dataclass(frozen=True)
class BadgeRow:
    ticket: UUID
    version: int
    status: Status
    given_name: str
    family_name: str
    organisation: str
    role: str


_PEOPLE = f"""
SELECT t.id, t.version, t.status, t.given_name, t.family_name, t.organisation, a.role
FROM ticket t JOIN attendee a ON a.id = t.attendee_id JOIN registration r ON r.id = a.registration
  LEFT JOIN ticket_group g ON g.id = r.ticket_group LEFT JOIN printed_badge b ON b.ticket = t.id
WHERE t.event = $1 AND a.erased_at IS NULL AND t.status <> 'cancelled'
  AND ($2::text IS NULL OR t.status = $2)
  AND (cardinality($3::text[]) = 0 OR {folded("t.organisation")} LIKE ALL($3::text[]))
  AND ($4::text IS NULL OR g.key = $4) AND (NOT $5::bool OR b.version IS DISTINCT FROM t.version)
  AND ($6::uuid IS NULL OR a.id = $6)
ORDER BY {sorted_by("t.family_name")}, {sorted_by("t.given_name")}, t.id
"""  # noqa: S608 - own column names


async def people(event_id: UUID, wanted: Wanted) -> Sequence[BadgeRow]:
    """By family name, so that the badges lie in the order in which people look for them."""
    rows = await db.fetch(
        _PEOPLE,
        event_id,
        wanted.status,
        patterns(wanted.organisation),
        wanted.group,
        wanted.unprinted,
        wanted.attendee,
    )
    return [BadgeRow(*row) for row in rows]


async def remember_printed(rows: Sequence[BadgeRow], now: datetime) -> None:
    """One statement for any number of badges."""
    await db.execute(
        """INSERT INTO printed_badge (id, ticket, version, printed_at)
           SELECT one.id, one.ticket, one.version, $4 FROM unnest($1::uuid[], $2::uuid[], $3::int[])
             AS one(id, ticket, version)
           ON CONFLICT (ticket) DO UPDATE SET version = EXCLUDED.version, printed_at = EXCLUDED.printed_at""",
        [uuid4() for _ in rows],
        [row.ticket for row in rows],
        [row.version for row in rows],
        now,
    )
