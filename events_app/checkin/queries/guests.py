"""Who is expected and who is there: roster, search and counters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from events_app.kit import db


@dataclass(frozen=True)
class RosterRow:
    id: UUID
    name: str
    organisation: str
    status: str
    version: int
    short_code: str


class GuestRow(NamedTuple):
    """Somebody on the list."""

    ticket_id: UUID
    attendee_id: UUID
    name: str
    organisation: str
    status: str
    short_code: str


@dataclass(frozen=True)
class Numbers:
    """`inside` and `arrivals` are one day's; `queued`: scans that devices have told they still have to send."""

    expected: int
    inside: int
    admitted_total: int
    conflicts: int
    queued: int
    arrivals: Sequence[tuple[datetime, int]]


async def roster_mark(event_id: UUID) -> str:
    """Changes with everything that the roster shows, and with nothing else.

    (The latest `updated_at` would not do: a transaction that began earlier may commit later.)
    """
    mark: str = await db.fetch_value(
        """SELECT concat_ws('-', count(t.id), bit_xor(hashtextextended(concat_ws('|', t.id, t.version, t.status,
             t.short_code, t.given_name, t.family_name, t.organisation), 0)),
             min(e.title), min(e.ends_at), min(e.status), bool_or(s.exits))
           FROM event e LEFT JOIN ticket t ON t.event = e.id LEFT JOIN door_settings s ON s.event = e.id
           WHERE e.id = $1""",
        event_id,
    )
    return mark


async def roster(event_id: UUID) -> Sequence[RosterRow]:
    """All tickets of the event, cancelled ones too: the device must know them to refuse them."""
    rows = await db.fetch(
        """SELECT id, given_name || ' ' || family_name AS name, organisation, status, version, short_code
           FROM ticket WHERE event = $1 ORDER BY id""",
        event_id,
    )
    return [RosterRow(*row) for row in rows]


async def guests(event_id: UUID) -> Sequence[GuestRow]:
    """Everybody who is on the list and not cancelled."""
    rows = await db.fetch(
        """SELECT id, attendee_id, given_name || ' ' || family_name AS name, organisation, status, short_code
           FROM ticket WHERE event = $1 AND status <> 'cancelled'""",
        event_id,
    )
    return [GuestRow(*row) for row in rows]


async def presence(ticket_ids: Sequence[UUID], day: date) -> Mapping[UUID, tuple[bool, datetime]]:
    """Of those who were admitted that day: (inside, first admission)."""
    rows = await db.fetch(
        "SELECT ticket, inside, admitted_at FROM presence WHERE ticket = ANY($1::uuid[]) AND day = $2", ticket_ids, day
    )
    return {row["ticket"]: (row["inside"], row["admitted_at"]) for row in rows}


async def numbers(event_id: UUID, day: date) -> Numbers:
    """All that the counters show, in one statement: each web process asks it once a second for whoever is looking.

    Arrivals are the day's first admissions by minute; minutes without any are left out.
    """
    row = await db.fetch_row(
        """WITH here AS (SELECT ticket, day, inside, admitted_at FROM presence WHERE event = $1),
           arrivals AS (SELECT date_trunc('minute', admitted_at) AS minute, count(*) AS admitted FROM here
                        WHERE day = $2 GROUP BY minute)
           SELECT (SELECT count(*) FROM ticket WHERE event = $1 AND status = 'confirmed'),
             (SELECT count(*) FROM here WHERE inside AND day = $2), (SELECT count(DISTINCT ticket) FROM here),
             (SELECT count(*) FROM scan WHERE event = $1 AND conflict AND settled_at IS NULL),
             (SELECT coalesce(sum(queue_length), 0) FROM device WHERE event = $1 AND revoked_at IS NULL),
             (SELECT array_agg(minute ORDER BY minute) FROM arrivals),
             (SELECT array_agg(admitted ORDER BY minute) FROM arrivals)""",
        event_id,
        day,
    )
    assert row is not None  # noqa: S101 - it always is one row
    expected, inside, total, conflicts, queued, minutes, admitted = row
    return Numbers(expected, inside, total, conflicts, queued, list(zip(minutes or (), admitted or (), strict=True)))


async def attendee_of_scan(event_id: UUID, scan_id: UUID) -> UUID | None:
    """The attendee whom a stored scan of the event admitted."""
    attendee: UUID | None = await db.fetch_value(
        "SELECT t.attendee_id FROM scan s JOIN ticket t ON t.id = s.ticket WHERE s.id = $2 AND s.event = $1",
        event_id,
        scan_id,
    )
    return attendee
