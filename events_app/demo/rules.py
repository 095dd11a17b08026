"""When the invented events take place: in the future of whoever loads them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Berlin")


def moment(day: date, at: time) -> datetime:
    """A time on the clocks of Berlin."""
    return datetime.combine(day, at, tzinfo=ZONE)


def moved_on(day: date, at: time, now: datetime) -> date:
    """The first of `day`, the same a year on, two years on … that begins after `now`; each keeps its weekday."""
    days = (same_weekday(day, day.year + years) for years in count())
    return next(found for found in days if moment(found, at) > now)


def same_weekday(day: date, year: int) -> date:
    """The day of that year with the same weekday that is nearest to the same date.

    The last Sunday of March or October lies between the 25th and the 31st, so that one on the 28th stays the Sunday
    on which the clocks change.
    """
    same_date = day.replace(year=year)
    later = (day.weekday() - same_date.weekday()) % 7
    return same_date + timedelta(days=later if later <= 3 else later - 7)  # noqa: PLR2004 - half a week
