"""Entry rows: made with a person's place, moved and ended with whatever they stand for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import asyncpg

from events_app.calendar import queries, rules
from events_app.calendar.queries import PublicEvent
from events_app.calendar.rules import Entry, Kind
from events_app.calendar.service.public import event_place, event_url, organizer, position
from events_app.events import rules as event_rules
from events_app.events.queries import EventRow
from events_app.events.schemas import AgendaItem
from events_app.kit import clock, db, settings
from events_app.kit.i18n import known_language, translate


@dataclass(frozen=True)
class Meeting:
    """A meeting as it stands in one attendee's calendar; the same `id` has the same UID for ever."""

    id: UUID
    attendee_id: UUID
    starts_at: datetime
    ends_at: datetime
    summary: str
    location: str
    description: str = ""


def event_uid(attendee_id: UUID) -> str:
    """The UID of the event's own entry in this attendee's calendar."""
    return rules.attendee_uid(attendee_id, settings.current().mail_host)


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
    await db.execute(
        """UPDATE calendar_entry SET sequence = sequence + 1, status = 'confirmed', updated_at = $2
           WHERE attendee_id = ANY($1::uuid[]) AND kind = 'event' AND status <> 'confirmed'""",
        list(attendee_ids),
        clock.now(),
    )


async def cancel(attendee_ids: Sequence[UUID]) -> None:
    """All entries of people who no longer come; a METHOD:CANCEL carries the risen SEQUENCE.

    The places that they had in sessions are free with it.
    """
    await db.execute(
        """UPDATE calendar_entry SET sequence = sequence + 1, status = 'cancelled', updated_at = $2
           WHERE attendee_id = ANY($1::uuid[]) AND status <> 'cancelled'""",
        list(attendee_ids),
        clock.now(),
    )


async def event_cancelled(event_id: UUID) -> None:
    await db.execute(
        """UPDATE calendar_entry SET sequence = sequence + 1, status = 'cancelled', updated_at = $2
           WHERE event = $1 AND status <> 'cancelled'""",
        event_id,
        clock.now(),
    )


async def event_changed(before: EventRow, after: EventRow) -> None:
    """Let all live entries follow a change of their event, in its transaction.

    Where its time, place, mode or title changed, every entry gets its next SEQUENCE, and meetings move along. Sessions
    follow the agenda: one that changed gets its next SEQUENCE, one that is gone is cancelled.
    """
    if after.sequence != before.sequence:
        await _raise_sequences(after.id)
        await _move_meetings(before, after)
    await _follow_agenda(after, all_of_them=after.sequence != before.sequence)


async def set_meetings(event: EventRow, meetings: Sequence[Meeting]) -> None:
    """Make these the meetings in the calendars of everybody at the event; repeating it changes nothing.

    A meeting that moved gets its next SEQUENCE, and one that is no longer there is cancelled.
    """
    await put(event.id, "meeting", meetings)
    await db.execute(
        """UPDATE calendar_entry c SET sequence = sequence + 1, status = 'cancelled', updated_at = $2
           WHERE event = $1 AND kind = 'meeting' AND status <> 'cancelled' AND NOT EXISTS (
             SELECT FROM unnest($3::uuid[], $4::uuid[]) AS m(attendee, id)
             WHERE m.attendee = c.attendee_id AND m.id = c.session_id)""",
        event.id,
        clock.now(),
        [meeting.attendee_id for meeting in meetings],
        [meeting.id for meeting in meetings],
    )


async def put(event_id: UUID, kind: Kind, occasions: Sequence[Meeting]) -> None:
    """Write sessions or meetings; those that stand there already change only if something is different."""
    host = settings.current().mail_host
    await db.execute(
        """INSERT INTO calendar_entry AS c (id, uid, attendee_id, session_id, starts_at, ends_at, summary, location,
             description, event, kind, sequence, status, updated_at)
           SELECT m.*, $10, $11, 0, 'confirmed', $12
           FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::timestamptz[],
             $7::text[], $8::text[], $9::text[]) AS m
           ON CONFLICT (attendee_id, session_id) DO UPDATE SET sequence = c.sequence + 1, status = 'confirmed',
             starts_at = excluded.starts_at, ends_at = excluded.ends_at, summary = excluded.summary,
             location = excluded.location, description = excluded.description, updated_at = excluded.updated_at
           WHERE (c.status, c.starts_at, c.ends_at, c.summary, c.location, c.description)
             IS DISTINCT FROM ('confirmed', excluded.starts_at, excluded.ends_at, excluded.summary, excluded.location,
               excluded.description)""",
        [uuid4() for _ in occasions],
        [rules.attendee_uid(one.attendee_id, host, one.id) for one in occasions],
        [one.attendee_id for one in occasions],
        [one.id for one in occasions],
        [one.starts_at for one in occasions],
        [one.ends_at for one in occasions],
        [one.summary for one in occasions],
        [one.location for one in occasions],
        [one.description for one in occasions],
        event_id,
        kind,
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


async def entries_of(
    event: EventRow, attendee_ids: Sequence[UUID], language: str, *, cancelled_since: datetime | None = None
) -> dict[UUID, list[Entry]]:
    """Each attendee's entries at this event: the event's own first, then sessions and meetings by time.

    `cancelled_since` leaves out what was cancelled before. `Entry.attendee` is left out: people's addresses are known
    to the rooms above. The way into an online room is for the confirmed only.
    """
    entries = defaultdict(list)
    for row in await queries.entry_rows(event.id, list(attendee_ids), cancelled_since):
        entries[row["attendee_id"]].append(_entry(event, row, language))
    return dict(entries)


def as_session(event: EventRow, item: AgendaItem, attendee_id: UUID) -> Meeting:
    """An item of the agenda as it stands in somebody's calendar; one without an end lasts until the next begins."""
    assert item.id is not None  # noqa: S101 - stored items have one
    ends_at = rules.session_end(item, event.agenda, event.public.ends_at)
    where = ", ".join(filter(None, (item.room, *event_place(event))))
    return Meeting(item.id, attendee_id, item.starts_at, ends_at, item.title, where, item.speaker or "")


async def _raise_sequences(event_id: UUID) -> None:
    await db.execute(
        """UPDATE calendar_entry SET sequence = sequence + 1, updated_at = $2
           WHERE event = $1 AND kind <> 'session' AND status <> 'cancelled'""",
        event_id,
        clock.now(),
    )


async def _move_meetings(before: EventRow, after: EventRow) -> None:
    """Meetings keep their time of the day, as slots do."""
    rows = await db.fetch(
        "SELECT id, starts_at, ends_at FROM calendar_entry WHERE event = $1 AND kind = 'meeting'", after.id
    )
    old, new = before.public, after.public
    await db.execute(
        """UPDATE calendar_entry c SET starts_at = m.starts_at, ends_at = m.ends_at
           FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) AS m(id, starts_at, ends_at)
           WHERE c.id = m.id AND c.status <> 'cancelled'""",
        [row["id"] for row in rows],
        [rules.moved_with(row["starts_at"], old.starts_at, new.starts_at, new.timezone) for row in rows],
        [rules.moved_with(row["ends_at"], old.starts_at, new.starts_at, new.timezone) for row in rows],
    )


async def _follow_agenda(event: EventRow, *, all_of_them: bool) -> None:
    """Another speaker is written down too, but is no reason to trouble calendars with a SEQUENCE."""
    now, items = clock.now(), [as_session(event, item, event.id) for item in event.agenda]  # whose it is matters not
    await db.execute(
        """UPDATE calendar_entry SET sequence = sequence + 1, status = 'cancelled', updated_at = $2
           WHERE event = $1 AND kind = 'session' AND status <> 'cancelled' AND session_id <> ALL($3::uuid[])""",
        event.id,
        now,
        [item.id for item in items],
    )
    await db.execute(
        """UPDATE calendar_entry c SET updated_at = $2, starts_at = s.starts_at, ends_at = s.ends_at,
             summary = s.summary, location = s.location, description = s.description,
             sequence = c.sequence + ($3 OR (c.starts_at, c.ends_at, c.summary, c.location)
               IS DISTINCT FROM (s.starts_at, s.ends_at, s.summary, s.location))::int
           FROM unnest($4::uuid[], $5::timestamptz[], $6::timestamptz[], $7::text[], $8::text[], $9::text[])
             AS s(id, starts_at, ends_at, summary, location, description)
           WHERE c.event = $1 AND c.kind = 'session' AND c.session_id = s.id AND c.status <> 'cancelled'
             AND ($3 OR (c.starts_at, c.ends_at, c.summary, c.location, c.description)
               IS DISTINCT FROM (s.starts_at, s.ends_at, s.summary, s.location, s.description))""",
        event.id,
        now,
        all_of_them,
        [item.id for item in items],
        [item.starts_at for item in items],
        [item.ends_at for item in items],
        [item.summary for item in items],
        [item.location for item in items],
        [item.description for item in items],
    )


def _entry(event: EventRow, row: asyncpg.Record, language: str) -> Entry:
    public, itself = event.public, row["kind"] == "event"
    goes_in = public.mode != "onsite" and row["status"] == "confirmed"
    return Entry(
        uid=row["uid"],
        sequence=row["sequence"],
        status=row["status"],
        starts_at=row["starts_at"] or public.starts_at,
        ends_at=row["ends_at"] or row["starts_at"] or public.ends_at,
        timezone=public.timezone,
        all_day=itself and event_rules.takes_whole_days(public.starts_at, public.ends_at, public.timezone),
        updated_at=max(row["updated_at"], event.updated_at),
        summary=row["summary"] or public.title,
        organizer=organizer(),
        description=_description(event, language) if itself else _part_of(event, row["description"]),
        location=row["location"] or ", ".join(event_place(event)),
        position=position(PublicEvent.of(event)),
        url=event_url(event.slug),
        conference_url=(event.online_url or "") if goes_in else "",
        categories=tuple(filter(None, (event.cluster_name,))),
        remind=rules.reminder(row["kind"], online=public.mode == "online"),
    )


def _description(event: EventRow, language: str) -> str:
    """What the event is; no secret link stands here, because calendars are shared, but the page that mails it again."""
    declining = translate(
        known_language(language),
        "Declining this entry does not give your place back. You do that with the link in the e-mail that brought "
        "your ticket. Here we send it to you again: %(url)s",
        {"url": f"{event_url(event.slug)}/resend"},
    )
    return "\n\n".join(filter(None, (event.public.summary, declining)))


def _part_of(event: EventRow, description: str | None) -> str:
    return "\n\n".join(filter(None, (description, event.public.title)))
