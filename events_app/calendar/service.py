"""The entries in people's calendars: one UID per attendee and occasion for ever, a SEQUENCE that only rises."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from events_app.kit import clock, db, settings


def event_uid(attendee_id: UUID) -> str:
    """The UID of the event's own entry in this attendee's calendar."""
    return f"{attendee_id}-event@{settings.current().mail_host}"


async def add_event_entries(event_id: UUID, attendee_ids: Sequence[UUID], statuses: Sequence[str]) -> None:
    """Entries for new attendees: confirmed people's are confirmed, the others' tentative. One statement for all."""
    await db.execute(
        """INSERT INTO calendar_entry (id, uid, event, attendee_id, kind, sequence, status, updated_at)
           SELECT id, uid, $5, attendee, 'event', 0,
             CASE WHEN status = 'confirmed' THEN 'confirmed' ELSE 'tentative' END, $6
           FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[]) AS e(id, uid, attendee, status)""",
        [uuid4() for _ in attendee_ids],
        [event_uid(attendee) for attendee in attendee_ids],
        list(attendee_ids),
        list(statuses),
        event_id,
        clock.now(),
    )


async def confirm(attendee_ids: Sequence[UUID]) -> None:
    """Tentative entries of people who moved up."""
    await _set(attendee_ids, "confirmed")


async def cancel(attendee_ids: Sequence[UUID]) -> None:
    """Entries of people who no longer come; their METHOD:CANCEL carries the risen SEQUENCE."""
    await _set(attendee_ids, "cancelled")


async def event_moved(event_id: UUID) -> None:
    """The event's time, place, mode or title changed: every live entry of it gets its next SEQUENCE."""
    await db.execute(
        """UPDATE calendar_entry SET sequence = sequence + 1, updated_at = $2
           WHERE event = $1 AND status <> 'cancelled'""",
        event_id,
        clock.now(),
    )


async def event_cancelled(event_id: UUID) -> None:
    await db.execute(
        """UPDATE calendar_entry SET sequence = sequence + 1, status = 'cancelled', updated_at = $2
           WHERE event = $1 AND status <> 'cancelled'""",
        event_id,
        clock.now(),
    )


async def sequences(attendee_ids: Sequence[UUID]) -> dict[UUID, tuple[str, int]]:
    """(UID, SEQUENCE) of the event's entry per attendee."""
    rows = await db.fetch(
        """SELECT attendee_id, uid, sequence FROM calendar_entry
           WHERE attendee_id = ANY($1::uuid[]) AND kind = 'event'""",
        list(attendee_ids),
    )
    return {row["attendee_id"]: (row["uid"], row["sequence"]) for row in rows}


async def _set(attendee_ids: Sequence[UUID], status: str) -> None:
    await db.execute(
        """UPDATE calendar_entry SET sequence = sequence + 1, status = $2::varchar, updated_at = $3
           WHERE attendee_id = ANY($1::uuid[]) AND kind = 'event' AND status <> $2::varchar""",
        list(attendee_ids),
        status,
        clock.now(),
    )
