"""Who was there on which day of an event, and for how long: the attendance record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from events_app.accounts.rules import Actor
from events_app.checkin import rules
from events_app.checkin.queries import devices, history
from events_app.checkin.queries.history import PresentRow
from events_app.events.queries import EventRow
from events_app.events.service import managed_event
from events_app.kit import clock
from events_app.kit.text import search_key

MOST_DAYS = 31


@dataclass(frozen=True)
class Present:
    """Somebody who was there; `stayed` is known of those who were scanned when they left."""

    row: PresentRow
    stayed: timedelta | None


@dataclass(frozen=True)
class DayList:
    """The people of one of an event's `days`, by family name; `exits`: people are, or were, scanned when they left."""

    event: EventRow
    days: Sequence[date]
    day: date
    exits: bool
    people: Sequence[Present]

    def noon(self, day: date) -> datetime:
        """A moment of that day where the event is, to be written as a date."""
        return datetime.combine(day, time(12), ZoneInfo(self.event.public.timezone))

    @property
    def stays(self) -> rules.Stays | None:
        return rules.stays_of([person.stayed for person in self.people if person.stayed is not None])


async def day_list(slug: str, day: date | None, actor: Actor) -> DayList:
    """Without a `day` today's, if the event is on, else the first. Raises `EventNotFound`, `Forbidden`."""
    event = await managed_event(slug, actor)
    days = await _days(event)
    today = rules.day_of(clock.now(), event.public.timezone)
    wanted = next((known for known in (day, today) if known is not None and known in days), days[0])
    deeds = await history.deeds(event.id, wanted)
    people = [Present(row, _stayed(deeds.get(row.ticket, ()))) for row in await history.present(event.id, wanted)]
    people.sort(key=lambda one: (search_key(one.row.family_name), search_key(one.row.given_name), str(one.row.ticket)))
    exits = await devices.exits(event.id) or any(person.row.left_at for person in people)
    return DayList(event, days, wanted, exits, people)


async def _days(event: EventRow) -> Sequence[date]:
    """The event's own, and those on which somebody was there all the same."""
    first, last = (rules.day_of(at, event.public.timezone) for at in (event.public.starts_at, event.public.ends_at))
    planned = [first + timedelta(days=n) for n in range(min((last - first).days + 1, MOST_DAYS))]
    return sorted({*planned, *(await history.days(event.id))})


def _stayed(deeds: Sequence[rules.Deed]) -> timedelta | None:
    visit = rules.visit_of(deeds)
    return None if visit is None else visit.stayed
