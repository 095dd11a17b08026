"""Meetings in people's calendars: written with the published run and with every change of who meets whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from events_app.calendar import service as calendar
from events_app.calendar.service import event_place
from events_app.events import queries as events
from events_app.events.queries import EventRow
from events_app.kit import db
from events_app.kit.i18n import translate
from events_app.matchmaking import queries
from events_app.matchmaking.service.timetable import Party, Person, Talk, talks_of
from events_app.outbox.service import NewMail, queue


@dataclass(frozen=True)
class Entry:
    """A meeting as it stands in somebody's calendar."""

    attendee_id: UUID
    uid: str
    sequence: int
    live: bool
    starts_at: datetime
    location: str


Owed = tuple[Entry, Mapping[str, object]]
"""An entry to be told of, with what the mail must remember."""


@dataclass(frozen=True)
class News:
    """What a change did to calendars: entries that are new, that changed (before, after), and that are gone."""

    added: Sequence[Entry]
    changed: Sequence[tuple[Entry, Entry]]
    gone: Sequence[Entry]

    @property
    def any(self) -> bool:
        return bool(self.added or self.changed or self.gone)


async def follow(event: EventRow) -> News:
    """Make everybody's calendars say what the published run says now, within the running transaction.

    Repeating it changes nothing. A meeting keeps its UID for ever, and its SEQUENCE rises only with time, table or
    counterpart.
    """
    before = await _entries(event.id)
    run = await queries.current_run(event.id)
    cancelled = event.public.status == "cancelled"
    talks = [] if run is None or cancelled else await talks_of(event, run)
    await calendar.set_meetings(event, [one for talk in talks for one in _as_entries(event, talk)])
    return _news(before, await _entries(event.id))


async def tell(event: EventRow, news: News) -> int:
    """Owe a mail for each entry that changed or is gone, to who had it; returns how many."""
    changed: list[Owed] = [(after, _as_it_was(before)) for before, after in news.changed]
    gone: list[Owed] = [(entry, {"gone": True}) for entry in news.gone]
    return await _owe(event, [*changed, *gone])


async def _owe(event: EventRow, owed: Sequence[Owed]) -> int:
    readers = await _readers([entry.attendee_id for entry, _ in owed])
    mails = [
        NewMail(
            kind="meeting-changed",
            recipient=reader.email,
            language=reader.language,
            payload={"uid": entry.uid, **payload},
            event_id=event.id,
            registration_id=reader.registration_id,
            attendee_id=entry.attendee_id,
            calendar_uid=entry.uid,
            sequence=entry.sequence,
        )
        for entry, payload in owed
        if (reader := readers.get(entry.attendee_id))
    ]
    if mails:
        await queue(mails)
    return len(mails)


async def announce(event: EventRow, news: News) -> int:
    """Owe each person with new meetings a mail with all of theirs; contacts get their organisation's elsewhere."""
    readers = await _readers([entry.attendee_id for entry in news.added])
    uids = {entry.attendee_id: entry.uid for entry in news.added}  # an only one is invited to, so it leaves in order
    mails = [
        NewMail(
            kind="matches-published",
            recipient=reader.email,
            language=reader.language,
            event_id=event.id,
            registration_id=reader.registration_id,
            attendee_id=reader.id,
            calendar_uid=uids[reader.id],
        )
        for reader in readers.values()
        if reader.email != reader.contact_email
    ]
    if mails:
        await queue(mails)
    return len(mails)


async def registrations_of(entries: Iterable[Entry]) -> set[UUID]:
    """Whose people have these entries."""
    return {one.registration_id for one in (await _readers([entry.attendee_id for entry in entries])).values()}


async def follow_people() -> int:
    """Let the meetings of all events to come follow those who gave back their place, were replaced or withdrew.

    Those of a cancelled event leave the calendars with it. Called by a worker; returns how many mails are owed now.
    """
    told = 0
    for row in await db.fetch(
        """SELECT DISTINCT e.id FROM event e JOIN matching_run m ON m.event = e.id AND m.published_at IS NOT NULL
           WHERE e.status IN ('published', 'cancelled') AND e.ends_at > now()
             AND EXISTS (SELECT FROM match t WHERE t.run = m.id AND t.starts_after IS NOT NULL)"""
    ):
        told += await follow_event(row["id"])
    return told


async def follow_event(event_id: UUID) -> int:
    """`follow` as a use case of its own: calendars and the mails about them; returns how many mails are owed now."""
    async with db.transaction():
        await db.execute("SELECT 1 FROM matching_run WHERE event = $1 ORDER BY id FOR NO KEY UPDATE", event_id)
        event = await events.by_id(event_id)
        if event is None:
            return 0
        news = await follow(event)
        told = await announce(event, news) + await tell(event, news)
        return told + await _catch_up(event)


async def _catch_up(event: EventRow) -> int:
    """Owe a mail for each meeting that moved with its event, or is gone with it or with the person: none has said so.

    What is gone is told to whoever was told of meetings at all.
    """
    rows = await db.fetch(
        """SELECT c.attendee_id, c.uid, c.sequence, c.status <> 'cancelled' AS live, c.starts_at, c.location
           FROM calendar_entry c JOIN attendee a ON a.id = c.attendee_id
             LEFT JOIN (SELECT calendar_uid, max(sequence) AS sequence FROM outbox_mail
               WHERE event_id = $1 AND kind = 'meeting-changed' GROUP BY calendar_uid) m ON m.calendar_uid = c.uid
           WHERE c.event = $1 AND c.kind = 'meeting' AND c.sequence > coalesce(m.sequence, 0)
             AND (c.status <> 'cancelled' OR EXISTS (SELECT FROM outbox_mail o
               WHERE o.registration_id = a.registration AND o.kind = 'matches-published'))
           ORDER BY c.uid""",
        event.id,
    )
    return await _owe(event, [(Entry(**dict(row)), {}) for row in rows])


def _as_entries(event: EventRow, talk: Talk) -> Iterable[calendar.Meeting]:
    for party, other in talk.sides:
        for person in party.people:
            yield _as_entry(event, talk, party, other, person)


def _as_entry(event: EventRow, talk: Talk, party: Party, other: Party, person: Person) -> calendar.Meeting:
    table = translate(party.language, "Table %(table)s", {"table": talk.table})
    return calendar.Meeting(
        id=talk.id,
        attendee_id=person.id,
        starts_at=talk.starts_at,
        ends_at=talk.ends_at,
        summary=translate(party.language, "Meeting with %(name)s", {"name": other.name}),
        location=", ".join((table, *event_place(event))),
    )


async def _entries(event_id: UUID) -> dict[str, Entry]:
    rows = await db.fetch(
        """SELECT attendee_id, uid, sequence, status <> 'cancelled' AS live, starts_at, location FROM calendar_entry
           WHERE event = $1 AND kind = 'meeting' ORDER BY starts_at, uid""",
        event_id,
    )
    return {row["uid"]: Entry(**dict(row)) for row in rows}


def _news(before: Mapping[str, Entry], after: Mapping[str, Entry]) -> News:
    had = {uid for uid, entry in before.items() if entry.live}
    has = {uid for uid, entry in after.items() if entry.live}
    return News(
        added=[entry for uid, entry in after.items() if uid in has - had],
        changed=[(before[uid], after[uid]) for uid in has & had if after[uid].sequence > before[uid].sequence],
        gone=[entry for uid, entry in after.items() if uid in had - has],
    )


def _as_it_was(entry: Entry) -> dict[str, object]:
    return {"old_starts_at": entry.starts_at.isoformat(), "old_location": entry.location}


@dataclass(frozen=True)
class _Reader:
    id: UUID
    registration_id: UUID
    email: str
    contact_email: str
    language: str


async def _readers(attendee_ids: Sequence[UUID]) -> dict[UUID, _Reader]:
    """Where these people's mails go; without those who were erased."""
    rows = await db.fetch(
        """SELECT a.id, a.registration AS registration_id, coalesce(a.email, r.contact_email) AS email,
             r.contact_email, r.language
           FROM attendee a JOIN registration r ON r.id = a.registration
           WHERE a.id = ANY($1::uuid[]) AND a.erased_at IS NULL AND r.erased_at IS NULL ORDER BY a.id""",
        list(attendee_ids),
    )
    return {row["id"]: _Reader(**dict(row)) for row in rows}
