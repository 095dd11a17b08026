"""What is known of an event's meeting round: slots, tables, who is away, what participants know, what is fixed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from events_app.events.queries import EventRow
from events_app.kit import db
from events_app.matchmaking import queries
from events_app.matchmaking.queries import Entrant
from events_app.matchmaking.rules.meetings import Round, Seat, away_in, pair_key, usable_slots
from events_app.matchmaking.service.claims import Claim

Stands = Mapping[str, tuple[timedelta, int | None]]


async def load_round(event: EventRow, entrants: Sequence[Entrant], claim: Claim) -> Round | None:
    """None if the event has no slots or no tables for meetings, or the run is for introductions."""
    settings = event.public.matchmaking
    lasts = timedelta(minutes=settings.slot_minutes)
    slots = slots_of(event)
    if not slots or settings.tables < 1 or claim.mode != "meetings":
        return None
    starts = tuple(after_start(event, slot) for slot in slots)
    published, pins = await _published(event, claim), await _pins(event)
    gone = Counter(slot < claim.settled_before for slot in slots)[True] if claim.settled_before else 0
    settled = {key: stand for key, stand in published.items() if stand[0] in starts[:gone]}
    return Round(
        starts=starts,
        lasts=lasts,
        tables=settings.tables,
        away=_away(entrants, slots, lasts),
        parallel=await _parallel(event),
        standing=_seats(published, starts, settings.tables),
        fixed=_seats({**pins, **settled}, starts, settings.tables),
        open_from=gone + 1,
    )


def slots_of(event: EventRow) -> list[datetime]:
    """The slots in which meetings may stand, in order: those that begin during the event and don't overlap."""
    public = event.public
    during = [slot for slot in public.matchmaking.slots if public.starts_at <= slot < public.ends_at]
    return usable_slots(during, timedelta(minutes=public.matchmaking.slot_minutes))


def after_start(event: EventRow, moment: datetime) -> timedelta:
    """How long after the event's beginning, by the clock on the wall: so meetings move as slots do."""
    zone = ZoneInfo(event.public.timezone)
    began = event.public.starts_at.astimezone(zone)
    return moment.astimezone(zone).replace(tzinfo=None) - began.replace(tzinfo=None)


def _away(entrants: Sequence[Entrant], slots: Sequence[datetime], lasts: timedelta) -> dict[str, tuple[int, ...]]:
    away = {str(one.organisation.id): away_in(one.training.unavailable, slots, lasts) for one in entrants}
    return {id_: found for id_, found in away.items() if found}


def _seats(stands: Stands, starts: Sequence[timedelta], tables: int) -> dict[str, Seat]:
    """Those that stand in one of the slots, at one of the tables."""
    number = {start: place for place, start in enumerate(starts, 1)}
    return {
        key: Seat(number[start], table)
        for key, (start, table) in stands.items()
        if start in number and table is not None and table <= tables
    }


async def _published(event: EventRow, claim: Claim) -> Stands:
    current = await queries.current_run(event.id)
    if current is None or claim.keep != "published":
        return {}
    rows = await db.fetch(
        """SELECT c.company, c.partner, m.starts_after, m.meeting_table FROM match m
           JOIN candidate c ON c.id = m.candidate
           WHERE m.run = $1 AND m.starts_after IS NOT NULL ORDER BY c.company, c.partner""",
        current.id,
    )
    return {
        pair_key(str(row["company"]), str(row["partner"])): (row["starts_after"], row["meeting_table"]) for row in rows
    }


async def _pins(event: EventRow) -> Stands:
    rows = await db.fetch(
        "SELECT registration, counterpart, starts_after, meeting_table FROM meeting_pin WHERE event = $1 ORDER BY id",
        event.id,
    )
    return {
        pair_key(str(row["registration"]), str(row["counterpart"])): (row["starts_after"], row["meeting_table"])
        for row in rows
    }


async def _parallel(event: EventRow) -> dict[str, int]:
    """How many meetings an organisation holds at once: as many as it has people for them, if more than one."""
    rows = await db.fetch(
        """SELECT d.registration, count(DISTINCT d.attendee) AS people FROM meeting_delegate d
           JOIN attendee a ON a.id = d.attendee
           WHERE a.event = $1 AND a.status = 'confirmed' AND d.counterpart IS NULL
           GROUP BY d.registration HAVING count(DISTINCT d.attendee) > 1 ORDER BY d.registration""",
        event.id,
    )
    return {str(row["registration"]): row["people"] for row in rows}
