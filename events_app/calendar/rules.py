"""What stands in a calendar entry and what it is called for ever."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from events_app.events.schemas import AgendaItem

Status = Literal["confirmed", "tentative", "cancelled"]
Kind = Literal["event", "session", "meeting"]

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_REMIND_TO_TRAVEL = timedelta(hours=2)
_REMIND_TO_DIAL_IN = timedelta(minutes=15)
_REMIND_TO_CROSS_THE_ROOM = timedelta(minutes=5)


@dataclass(frozen=True)
class Person:
    """An organizer or attendee; `name` may be empty."""

    name: str
    email: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry in somebody's calendar, as plain values. Times are aware; `timezone` says how to show them.

    `ends_at` is exclusive, as of all-day entries too (the midnight after the last day, or any time on it).
    `updated_at` becomes DTSTAMP and LAST-MODIFIED, so that an unchanged entry is an unchanged file.
    `position` is (latitude, longitude) in degrees; `remind` is how long before the start, None for silence.
    Whoever fills this in keeps secrets out of it: no ticket code, no link that manages anything.
    """

    uid: str
    sequence: int
    status: Status
    starts_at: datetime
    ends_at: datetime
    timezone: str
    updated_at: datetime
    summary: str
    organizer: Person
    attendee: Person | None = None
    all_day: bool = False
    description: str = ""
    location: str = ""
    position: tuple[float, float] | None = None
    url: str = ""
    conference_url: str = ""
    categories: tuple[str, ...] = ()
    remind: timedelta | None = None


def event_uid(event_id: UUID, host: str) -> str:
    """The UID of an event in public files and feeds; `host` without a port."""
    return f"{event_id}@{host}"


def attendee_uid(attendee_id: UUID, host: str, session: UUID | None = None) -> str:
    """The UID of an attendee's own entry: the event itself, or the session or meeting with that id."""
    return f"{attendee_id}-{session or 'event'}@{host}"


def reminder(kind: Kind, *, online: bool) -> timedelta:
    """How long before the start an attendee's calendar should speak up: time to travel, to dial in, to walk over."""
    if kind != "event":
        return _REMIND_TO_CROSS_THE_ROOM
    return _REMIND_TO_DIAL_IN if online else _REMIND_TO_TRAVEL


def session_end(item: AgendaItem, agenda: Sequence[AgendaItem], event_ends_at: datetime) -> datetime:
    """When an item ends: as it says, else when the next begins, else with the event."""
    if item.ends_at is not None:
        return item.ends_at
    later = [other.starts_at for other in agenda if other.starts_at > item.starts_at]
    return min(later, default=max(item.starts_at, event_ends_at))


def clash(sessions: Sequence[tuple[datetime, datetime, str]]) -> tuple[str, str] | None:
    """The titles of two of these (start, end, title) that run at the same time, if any do."""
    in_order = sorted(sessions)
    for (_, ends_at, one), (starts_at, _, other) in pairwise(in_order):
        if starts_at < ends_at:
            return one, other
    return None


def moved_with(moment: datetime, old_start: datetime, new_start: datetime, zone: str) -> datetime:
    """A moment of an event that moved, by the clock on the wall: 13:00 stays 13:00 into summer time.

    Both starts are in their event's own zone; `zone` is the new one's.
    """
    by = new_start.replace(tzinfo=None) - old_start.replace(tzinfo=None)
    return (moment.astimezone(old_start.tzinfo).replace(tzinfo=None) + by).replace(tzinfo=ZoneInfo(zone))


def read_ids(texts: Iterable[object]) -> list[UUID]:
    """Ids as a form sent them; what is none is left out."""
    return [UUID(text) for text in texts if isinstance(text, str) and _UUID.fullmatch(text)]
