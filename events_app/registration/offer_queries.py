"""Reading and writing offers of free seats in sets. Only open ones hold a seat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from events_app.kit import clock, db

Ended = Literal["taken", "declined", "expired"]


@dataclass(frozen=True)
class OpenOffer:
    attendee: UUID
    registration: UUID
    expires_at: datetime


async def insert(event_id: UUID, attendee_ids: Sequence[UUID], expires_at: datetime) -> None:
    """Hold a seat for each of these people of the event."""
    await db.execute(
        """INSERT INTO seat_offer (id, event, registration, attendee, state, expires_at, created_at)
           SELECT o.id, $3, a.registration, a.id, 'open', $4, $5
           FROM unnest($1::uuid[], $2::uuid[]) AS o(id, attendee) JOIN attendee a ON a.id = o.attendee""",
        [uuid4() for _ in attendee_ids],
        list(attendee_ids),
        event_id,
        expires_at,
        clock.now(),
    )


async def open_of_event(event_id: UUID) -> list[OpenOffer]:
    """In order of the line."""
    rows = await db.fetch(
        """SELECT o.attendee, o.registration, o.expires_at FROM seat_offer o JOIN attendee a ON a.id = o.attendee
           WHERE o.event = $1 AND o.state = 'open' ORDER BY a.waiting_number""",
        event_id,
    )
    return [OpenOffer(**dict(row)) for row in rows]


async def events_with_expired(now: datetime) -> list[UUID]:
    """Events with open offers, or seats held for invitations, whose time is over."""
    rows = await db.fetch(
        """SELECT event FROM seat_offer WHERE state = 'open' AND expires_at <= $1
           UNION SELECT event FROM invitation WHERE held > 0 AND expires_at <= $1""",
        now,
    )
    return [row["event"] for row in rows]


async def any_expired(event_id: UUID, now: datetime) -> bool:
    """Whether seats of the event are still held for somebody whose time is over."""
    found = await db.fetch_value(
        """SELECT EXISTS (SELECT FROM seat_offer WHERE event = $1 AND state = 'open' AND expires_at <= $2)
             OR EXISTS (SELECT FROM invitation WHERE event = $1 AND held > 0 AND expires_at <= $2)""",
        event_id,
        now,
    )
    return bool(found)


async def end(attendee_ids: Sequence[UUID], state: Ended) -> int:
    """End the open offers of these people; gives how many seats had been held for them."""
    return await db.execute(
        "UPDATE seat_offer SET state = $2 WHERE attendee = ANY($1::uuid[]) AND state = 'open'",
        list(attendee_ids),
        state,
    )


async def lapsed(registration_id: UUID) -> dict[UUID, datetime]:
    """Who of this registration has lost their place in line by not answering, and until when they could have."""
    rows = await db.fetch(
        """SELECT o.attendee, max(o.expires_at) AS until FROM seat_offer o JOIN attendee a ON a.id = o.attendee
           WHERE o.registration = $1 AND o.state = 'expired' AND a.status = 'cancelled' GROUP BY o.attendee""",
        registration_id,
    )
    return {row["attendee"]: row["until"] for row in rows}


async def set_deadline(attendee_ids: Sequence[UUID], expires_at: datetime) -> None:
    await db.execute(
        "UPDATE seat_offer SET expires_at = $2 WHERE attendee = ANY($1::uuid[]) AND state = 'open'",
        list(attendee_ids),
        expires_at,
    )


async def hand_over(old_attendee: UUID, new_attendee: UUID) -> None:
    """A colleague comes instead: the seat held is held for them, until the same moment."""
    await db.execute(
        "UPDATE seat_offer SET attendee = $2 WHERE attendee = $1 AND state = 'open'", old_attendee, new_attendee
    )
