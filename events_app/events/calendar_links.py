"""Links that open an event in somebody's calendar on the web. Only what is public stands in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

from events_app.events import rules
from events_app.events.schemas import EventOut

GOOGLE = "https://calendar.google.com/calendar/render"
OUTLOOK = "https://outlook.office.com/calendar/0/deeplink/compose"
MOST_WORDS = 500
"""Characters of the summary: addresses much longer than 2,000 are cut by some programs."""


@dataclass(frozen=True)
class CalendarLinks:
    google: str
    outlook: str


def calendar_links(event: EventOut, page_url: str) -> CalendarLinks:
    """`page_url` is where the event is described: it stands in the entry's text."""
    words = event.summary if len(event.summary) <= MOST_WORDS else f"{event.summary[:MOST_WORDS]} …"
    details = "\n\n".join(filter(None, (words, page_url)))
    return CalendarLinks(_google(event, details), _outlook(event, details))


def _google(event: EventOut, details: str) -> str:
    whole_days = rules.takes_whole_days(event.starts_at, event.ends_at, event.timezone)
    form = "%Y%m%d" if whole_days else "%Y%m%dT%H%M%SZ"
    return _address(
        GOOGLE,
        action="TEMPLATE",
        text=event.title,
        dates="/".join(moment.strftime(form) for moment in _span(event, whole_days=whole_days)),
        ctz=event.timezone,
        details=details,
        location=_place(event),
    )


def _outlook(event: EventOut, details: str) -> str:
    whole_days = rules.takes_whole_days(event.starts_at, event.ends_at, event.timezone)
    starts, ends = _span(event, whole_days=whole_days)
    form = "%Y-%m-%d" if whole_days else "%Y-%m-%dT%H:%M:%SZ"
    return _address(
        OUTLOOK,
        path="/calendar/action/compose",
        rru="addevent",
        subject=event.title,
        startdt=starts.strftime(form),
        enddt=ends.strftime(form),
        allday="true" if whole_days else "",
        body=details,
        location=_place(event),
    )


def _span(event: EventOut, *, whole_days: bool) -> tuple[datetime, datetime]:
    """(start, end) in UTC; of whole days the first and the one after the last, in the event's zone."""
    if not whole_days:
        return event.starts_at.astimezone(UTC), event.ends_at.astimezone(UTC)
    last = rules.in_zone(event.ends_at, event.timezone) - timedelta(microseconds=1)
    return rules.in_zone(event.starts_at, event.timezone), last + timedelta(days=1)


def _place(event: EventOut) -> str:
    venue = event.venue
    town = " ".join(filter(None, (venue.postcode, venue.place)))
    return "Online" if event.mode == "online" else ", ".join(filter(None, (venue.name, venue.street, town)))


def _address(page: str, **query: str) -> str:
    return f"{page}?{urlencode({name: value for name, value in query.items() if value}, quote_via=quote)}"
