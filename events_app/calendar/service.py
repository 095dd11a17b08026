"""The entries in people's calendars: one UID per attendee and occasion for ever, a SEQUENCE that only rises."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from email.utils import parseaddr
from uuid import UUID, uuid4

import asyncpg

from events_app.calendar import rules
from events_app.calendar.rules import Entry, Person
from events_app.events.queries import EventRow
from events_app.kit import clock, db, settings
from events_app.kit.i18n import known_language, translate


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


async def entries_of(event: EventRow, attendee_ids: Sequence[UUID], language: str) -> dict[UUID, list[Entry]]:
    """Each attendee's entries at this event: the event's own first, then sessions and meetings by time.

    `Entry.attendee` is left out: people's addresses are known to the rooms above. The way into an online room is for
    the confirmed only.
    """
    rows = await db.fetch(
        """SELECT * FROM calendar_entry WHERE event = $1 AND attendee_id = ANY($2::uuid[])
           ORDER BY kind <> 'event', starts_at, uid""",
        event.id,
        list(attendee_ids),
    )
    entries = defaultdict(list)
    for row in rows:
        entries[row["attendee_id"]].append(_entry(event, row, language))
    return dict(entries)


def public_entry(event: EventRow) -> Entry:
    """The event as anybody may put it into a calendar: no way into its online room, no reminder of ours."""
    public = event.public
    cancelled = public.status == "cancelled"
    return Entry(
        uid=rules.event_uid(event.id, settings.current().mail_host),
        sequence=event.sequence,
        status="cancelled" if cancelled else "confirmed",
        starts_at=public.starts_at,
        ends_at=public.ends_at,
        timezone=public.timezone,
        updated_at=event.updated_at,
        summary=public.title,
        organizer=organizer(),
        description="\n\n".join(filter(None, (event.cancel_reason if cancelled else "", public.summary))),
        location="Online" if public.mode == "online" else ", ".join(event_place(event)),
        url=f"{settings.current().root_url}/events/{event.slug}",
        categories=tuple(filter(None, (event.cluster_name,))),
    )


def event_place(event: EventRow) -> tuple[str, ...]:
    """The venue's lines as on an envelope; none for an event that is online only."""
    venue = event.public.venue
    town = " ".join(filter(None, (venue.postcode, venue.place)))
    return tuple(filter(None, (venue.name, venue.street, town))) if event.public.mode != "online" else ()


def organizer() -> Person:
    """Who invites: the sender of our mails, because calendars act on a change from the same address only."""
    return Person(*parseaddr(settings.current().mail_from))


def _entry(event: EventRow, row: asyncpg.Record, language: str) -> Entry:
    public = event.public
    goes_in = public.mode != "onsite" and row["status"] == "confirmed"
    return Entry(
        uid=row["uid"],
        sequence=row["sequence"],
        status=row["status"],
        starts_at=row["starts_at"] or public.starts_at,
        ends_at=row["ends_at"] or row["starts_at"] or public.ends_at,
        timezone=public.timezone,
        updated_at=max(row["updated_at"], event.updated_at),
        summary=row["summary"] or public.title,
        organizer=organizer(),
        description=row["description"] or _description(event, language),
        location=row["location"] or ", ".join(event_place(event)),
        url=f"{settings.current().root_url}/events/{event.slug}",
        conference_url=(event.online_url or "") if goes_in else "",
        categories=tuple(filter(None, (event.cluster_name,))),
        remind=rules.reminder(row["kind"], online=public.mode == "online"),
    )


def _description(event: EventRow, language: str) -> str:
    """What the event is; no secret link stands here, because calendars are shared."""
    known = known_language(language)
    declining = translate(
        known,
        "Declining this entry does not give your place back. You do that with the link in the e-mail that brought "
        "your ticket.",
    )
    return "\n\n".join(filter(None, (event.public.summary, declining)))


async def _set(attendee_ids: Sequence[UUID], status: str) -> None:
    await db.execute(
        """UPDATE calendar_entry SET sequence = sequence + 1, status = $2::varchar, updated_at = $3
           WHERE attendee_id = ANY($1::uuid[]) AND kind = 'event' AND status <> $2::varchar""",
        list(attendee_ids),
        status,
        clock.now(),
    )
