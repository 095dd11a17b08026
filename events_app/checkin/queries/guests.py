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
    """Somebody on the list; `asks`: they came by the poster when all seats were taken, and a helper decides."""

    ticket_id: UUID
    attendee_id: UUID
    name: str
    organisation: str
    status: str
    short_code: str
    asks: bool


@dataclass(frozen=True)
class Numbers:
    """`inside` and `arrivals` are one day's; `queued`: scans that devices have told they still have to send.

    `asking`: people who came by the poster and wait for a helper's decision.
    """

    expected: int
    inside: int
    admitted_total: int
    conflicts: int
    queued: int
    asking: int
    arrivals: Sequence[tuple[datetime, int]]


_ASKS = """CASE WHEN t.status = 'pending' THEN t.admitted_at IS NULL AND EXISTS (
  SELECT FROM registration r WHERE r.id = t.registration_id AND r.source = 'walk_in' AND r.erased_at IS NULL)
  ELSE false END"""


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
        f"""SELECT id, attendee_id, given_name || ' ' || family_name AS name, organisation, status, short_code, {_ASKS}
           FROM ticket t WHERE event = $1 AND status <> 'cancelled'""",  # noqa: S608 - our own words
        event_id,
    )
    return [GuestRow(*row) for row in rows]


async def asking(event_id: UUID) -> Sequence[GuestRow]:
    """Whom a helper has to decide on, in the order in which they came."""
    rows = await db.fetch(
        f"""SELECT id, attendee_id, given_name || ' ' || family_name AS name, organisation, status, short_code, true
           FROM ticket t WHERE event = $1 AND {_ASKS} ORDER BY created_at, id""",  # noqa: S608 - our own words
        event_id,
    )
    return [GuestRow(*row) for row in rows]


async def asking_among(ticket_ids: Sequence[UUID]) -> Mapping[UUID, UUID]:
    """The attendees of those of these tickets on whom a helper has to decide."""
    rows = await db.fetch(
        f"SELECT id, attendee_id FROM ticket t WHERE id = ANY($1::uuid[]) AND {_ASKS}",  # noqa: S608 - our own words
        ticket_ids,
    )
    return {row["id"]: row["attendee_id"] for row in rows}


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
        f"""WITH here AS (SELECT ticket, day, inside, admitted_at FROM presence WHERE event = $1),
           arrivals AS (SELECT date_trunc('minute', admitted_at) AS minute, count(*) AS admitted FROM here
                        WHERE day = $2 GROUP BY minute)
           SELECT (SELECT count(*) FROM ticket WHERE event = $1 AND status = 'confirmed'),
             (SELECT count(*) FROM here WHERE inside AND day = $2), (SELECT count(DISTINCT ticket) FROM here),
             (SELECT count(*) FROM scan WHERE event = $1 AND conflict AND settled_at IS NULL),
             (SELECT coalesce(sum(queue_length), 0) FROM device WHERE event = $1 AND revoked_at IS NULL),
             (SELECT count(*) FROM ticket t WHERE event = $1 AND {_ASKS}),
             (SELECT array_agg(minute ORDER BY minute) FROM arrivals),
             (SELECT array_agg(admitted ORDER BY minute) FROM arrivals)""",  # noqa: S608 - our own words
        event_id,
        day,
    )
    assert row is not None  # noqa: S101 - it always is one row
    expected, inside, total, conflicts, queued, asking, minutes, admitted = row
    arrivals = list(zip(minutes or (), admitted or (), strict=True))
    return Numbers(expected, inside, total, conflicts, queued, asking, arrivals)


async def attendee_of_scan(event_id: UUID, scan_id: UUID) -> UUID | None:
    """The attendee whom a stored scan of the event admitted."""
    attendee: UUID | None = await db.fetch_value(
        "SELECT t.attendee_id FROM scan s JOIN ticket t ON t.id = s.ticket WHERE s.id = $2 AND s.event = $1",
        event_id,
        scan_id,
    )
    return attendee
