"""When a reminder, the caterer's numbers and a thank-you are due, and what is wrong with such a plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from events_app.kit.errors import FieldError

SENDING_HOUR = time(9)
"""On the event's own clock: when people at work read mail."""
NEW_PEOPLE = timedelta(hours=24)
"""Whoever registered so shortly before has just got the ticket and needs no reminder."""
MOVED_FAR = timedelta(days=7)
MAX_DAYS = 30
MAX_NOTE = 2000


@dataclass(frozen=True)
class Round:
    """What goes out by itself around an event, and what has gone out. Times are aware."""

    reminder_days: int | None = 3
    reminder_note: str = ""
    catering_at: datetime | None = None
    thanks: bool = True
    thanks_note: str = ""
    reminded_for: datetime | None = None
    reminded_at: datetime | None = None
    catering_told_for: datetime | None = None
    thanked_at: datetime | None = None


@dataclass(frozen=True)
class Day:
    """When an event takes place; `timezone` is an IANA name."""

    starts_at: datetime
    ends_at: datetime
    timezone: str


def reminder_moment(day: Day, days: int) -> datetime:
    """Nine in the morning so many days before, by the event's own clock."""
    return _morning(day.starts_at, day.timezone, -days)


def reminder_due(plan: Round, day: Day, now: datetime) -> bool:
    """Whether the reminder goes out now: once, and once more only if the event has moved by a week or further."""
    if plan.reminder_days is None or not reminder_moment(day, plan.reminder_days) <= now < day.starts_at:
        return False
    return plan.reminded_for is None or abs(day.starts_at - plan.reminded_for) >= MOVED_FAR


def catering_due(plan: Round, day: Day, now: datetime) -> bool:
    """Whether the organiser is told what to order: once for each deadline that was set, before the event only."""
    return (
        plan.catering_at is not None
        and plan.catering_at != plan.catering_told_for
        and (plan.catering_at <= now < day.starts_at)
    )


def thanks_moment(day: Day) -> datetime:
    """The morning after the last day."""
    return _morning(day.ends_at, day.timezone, 1)


def thanks_due(plan: Round, day: Day, now: datetime, late: timedelta) -> bool:
    """Whether the thank-you goes out now; not for an event that ended longer than `late` ago, as after an import."""
    moment = thanks_moment(day)
    return plan.thanks and plan.thanked_at is None and moment <= now < moment + late


def is_coming(coming_for: datetime | None, starts_at: datetime) -> bool:
    """A yes holds for the beginning that it was said to."""
    return coming_for == starts_at


def problems(plan: Round, day: Day) -> Iterator[FieldError]:
    """What is wrong with a plan as entered, in the order of the form."""
    if plan.reminder_days is not None and not 1 <= plan.reminder_days <= MAX_DAYS:
        yield FieldError("/reminder_days", "out_of_range", "Please enter 1 to 30 days.")
    if len(plan.reminder_note) > MAX_NOTE:
        yield FieldError("/reminder_note", "too_long", "Please use at most %(most)s characters.", {"most": MAX_NOTE})
    if plan.catering_at is not None and plan.catering_at >= day.starts_at:
        yield FieldError("/catering_at", "out_of_range", "The caterer has to know before the event begins.")
    if len(plan.thanks_note) > MAX_NOTE:
        yield FieldError("/thanks_note", "too_long", "Please use at most %(most)s characters.", {"most": MAX_NOTE})


def _morning(moment: datetime, timezone: str, days: int) -> datetime:
    zone = ZoneInfo(timezone)
    date = moment.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(date, SENDING_HOUR, zone)
