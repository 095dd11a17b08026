"""Dates, times and numbers as a reader of the language writes them (Babel)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_decimal

from events_app.kit.i18n import Language, babel_locale

DEFAULT_ZONE = "Europe/Berlin"
REMEMBERED = 512


def local(moment: datetime, zone: str = DEFAULT_ZONE) -> datetime:
    return moment.astimezone(ZoneInfo(zone))


@lru_cache(maxsize=4)
def filters(language: Language) -> dict[str, Callable[..., str]]:
    """Jinja filters; each takes an aware datetime (and the zone to show it in) except `number`.

    They remember what they wrote: pages and mails show the same few moments again and again, and Babel takes 40 us.
    """
    locale = babel_locale(language)
    clock = "HH:mm"

    def dated(pattern: str) -> Callable[..., str]:
        def show(moment: datetime, zone: str = DEFAULT_ZONE) -> str:
            return format_datetime(local(moment, zone), pattern, locale=locale)

        return show

    def date_long(moment: datetime, zone: str = DEFAULT_ZONE) -> str:
        return format_date(local(moment, zone), "full", locale=locale)

    def date_medium(moment: datetime, zone: str = DEFAULT_ZONE) -> str:
        return format_date(local(moment, zone), "long", locale=locale)

    def time_short(moment: datetime, zone: str = DEFAULT_ZONE) -> str:
        text = format_time(local(moment, zone).timetz(), clock, locale=locale)
        return f"{text} Uhr" if language == "de" else text

    def time_bare(moment: datetime, zone: str = DEFAULT_ZONE) -> str:
        return format_time(local(moment, zone).timetz(), clock, locale=locale)

    def iso(moment: datetime, zone: str = DEFAULT_ZONE) -> str:
        return local(moment, zone).isoformat(timespec="seconds")

    def number(value: float) -> str:
        return format_decimal(value, locale=locale)

    shown = {
        "date_long": date_long,
        "date_medium": date_medium,
        "time": time_short,
        "time_bare": time_bare,
        "day": dated("d"),
        "weekday": dated("EEEE"),
        "weekday_short": dated("EEE"),
        "month": dated("MMMM"),
        "month_short": dated("MMM"),
        "year": dated("y"),
        "iso": iso,
    }
    return {**{name: lru_cache(maxsize=REMEMBERED)(show) for name, show in shown.items()}, "number": number}
