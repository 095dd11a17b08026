"""Entries as iCalendar (RFC 5545, 5546, 7986): files and feeds to fetch, invitations and cancellations to mail.

`icalendar` writes them, and what it took 0.3 ms to write is kept for the feeds (docs/decisions/0008-feeds.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal

from icalendar import Alarm, Calendar, Event, vCalAddress, vDuration, vGeo, vText, vUri

from events_app.calendar.rules import Entry, Person, Status
from events_app.kit.formats import DEFAULT_ZONE, local
from events_app.kit.text import many_lines, one_line
from events_app.outbox.rules import wire_address

__all__ = ["MEDIA_TYPE", "Entry", "Person", "cancel", "publish", "request"]

MEDIA_TYPE = "text/calendar"

_PRODUCT = "-//Clustertreff//Clustertreff//DE"
_PARTICIPATION: dict[Status, str] = {"confirmed": "ACCEPTED", "tentative": "TENTATIVE", "cancelled": "DECLINED"}
_DEGREE_DIGITS = 6  # RFC 5545 3.8.1.6: a metre
_KEPT_ENTRIES = 2048
_NOT_IN_NAMES = str.maketrans("", "", '"^')  # can't stand in a parameter, or only in a spelling that few read
_NOT_IN_LINKS = str.maketrans({" ": "%20", '"': "%22", "\\": "%5C"})
_END = b"END:VCALENDAR\r\n"

# By hand, because icalendar writes lists of RDATEs for Berlin, which Thunderbird reads an hour wrong.
_BERLIN = b"\r\n".join(
    (
        b"BEGIN:VTIMEZONE",
        b"TZID:Europe/Berlin",
        b"BEGIN:DAYLIGHT",
        b"DTSTART:19700329T020000",
        b"TZOFFSETFROM:+0100",
        b"TZOFFSETTO:+0200",
        b"TZNAME:CEST",
        b"RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        b"END:DAYLIGHT",
        b"BEGIN:STANDARD",
        b"DTSTART:19701025T030000",
        b"TZOFFSETFROM:+0200",
        b"TZOFFSETTO:+0100",
        b"TZNAME:CET",
        b"RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
        b"END:STANDARD",
        b"END:VTIMEZONE",
        b"",
    )
)


def publish(entries: Iterable[Entry], *, name: str | None = None, refresh: timedelta | None = None) -> bytes:
    """A file to download, or a feed with a `name` and the interval at which to fetch it again.

    METHOD:PUBLISH, hence without attendees (RFC 5546 3.2.1). The same entries give the same bytes.
    """
    calendar = _calendar("PUBLISH")
    if name is not None:
        calendar.add("NAME", vText(one_line(name)))
        calendar.add("X-WR-CALNAME", vText(one_line(name)))
    if refresh is not None:
        calendar.add("REFRESH-INTERVAL", vDuration(refresh), parameters={"VALUE": "DURATION"})
        calendar.add("X-PUBLISHED-TTL", vDuration(refresh))
    return _joined(calendar, [_published(entry) for entry in entries])


def request(entry: Entry) -> bytes:
    """An invitation or its update (a higher `sequence`), to be mailed with `method=REQUEST`."""
    return _joined(_calendar("REQUEST"), [_event(entry).to_ical()])


def cancel(entry: Entry) -> bytes:
    """The end of an invitation, to be mailed with `method=CANCEL`; `sequence` must be higher than the last one's."""
    return _joined(_calendar("CANCEL"), [_event(replace(entry, status="cancelled", remind=None)).to_ical()])


def _calendar(method: Literal["PUBLISH", "REQUEST", "CANCEL"]) -> Calendar:
    calendar = Calendar()
    calendar.add("PRODID", _PRODUCT)
    calendar.add("VERSION", "2.0")
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("METHOD", method)
    return calendar


def _joined(calendar: Calendar, events: list[bytes]) -> bytes:
    head = calendar.to_ical().removesuffix(_END)
    zoned = not events or any(b";TZID=Europe/Berlin:" in event for event in events)  # never a calendar of nothing
    return b"".join([head, _BERLIN if zoned else b"", *events, _END])


@lru_cache(maxsize=_KEPT_ENTRIES)
def _published(entry: Entry) -> bytes:
    """Kept by all that it shows, because feeds repeat hundreds of unchanged entries; so it can't be stale."""
    written: bytes = _event(replace(entry, attendee=None)).to_ical()
    return written


def _event(entry: Entry) -> Event:
    event = Event()
    event.add("UID", entry.uid)
    event.add("SEQUENCE", entry.sequence)
    event.add("DTSTAMP", entry.updated_at.astimezone(UTC))
    event.add("LAST-MODIFIED", entry.updated_at.astimezone(UTC))
    event.add("STATUS", entry.status.upper())
    event.add("TRANSP", "TRANSPARENT" if entry.status == "cancelled" else "OPAQUE")
    event.add("SUMMARY", one_line(entry.summary))
    event.add("ORGANIZER", _address(entry.organizer))
    _add_times(event, entry)
    _add_attendee(event, entry)
    _add_place(event, entry)
    _add_texts(event, entry)
    _add_reminder(event, entry)
    return event


def _add_times(event: Event, entry: Entry) -> None:
    starts, ends = local(entry.starts_at, entry.timezone), local(entry.ends_at, entry.timezone)
    if entry.all_day:
        last_day = (ends - timedelta(microseconds=1)).date()
        event.add("DTSTART", starts.date())
        event.add("DTEND", last_day + timedelta(days=1))
        return
    zone_says_it = entry.timezone == DEFAULT_ZONE and not _comes_twice(starts) and not _comes_twice(ends)
    event.add("DTSTART", starts if zone_says_it else starts.astimezone(UTC))
    if ends.timestamp() > starts.timestamp():  # RFC 5545 3.8.2.2: later (not on the wall alone), or left out
        event.add("DTEND", ends if zone_says_it else ends.astimezone(UTC))


def _comes_twice(moment: datetime) -> bool:
    """Whether it is in the hour that the end of summer time repeats.

    A local time there means the first one (RFC 5545 3.3.5), but ical.js and node-ical read the second.
    """
    return moment.utcoffset() != moment.replace(fold=1 - moment.fold).utcoffset()


def _add_attendee(event: Event, entry: Entry) -> None:
    if entry.attendee is None:
        return
    attendee = _address(entry.attendee)
    attendee.params["CUTYPE"] = "INDIVIDUAL"
    attendee.params["ROLE"] = "REQ-PARTICIPANT"
    attendee.params["PARTSTAT"] = _PARTICIPATION[entry.status]
    attendee.params["RSVP"] = "FALSE"
    event.add("ATTENDEE", attendee)


def _address(person: Person) -> vCalAddress:
    address = vCalAddress(f"mailto:{_link(wire_address(person.email))}")  # as in the mail's To and From
    if name := one_line(person.name.translate(_NOT_IN_NAMES)):
        address.params["CN"] = name
    return address


def _add_place(event: Event, entry: Entry) -> None:
    link = _link(entry.conference_url)
    if where := one_line(entry.location) or link:
        event.add("LOCATION", where)
    if entry.position is not None:
        latitude, longitude = (round(degrees, _DEGREE_DIGITS) for degrees in entry.position)
        event.add("GEO", vGeo((latitude, longitude)))
    if link:
        event.add("CONFERENCE", vUri(link), parameters={"VALUE": "URI", "FEATURE": "VIDEO"})


def _add_texts(event: Event, entry: Entry) -> None:
    if description := many_lines(entry.description):
        event.add("DESCRIPTION", description)
    if url := _link(entry.url):
        event.add("URL", vUri(url))
    if categories := [one_line(category) for category in entry.categories]:
        event.add("CATEGORIES", categories)


def _link(url: str) -> str:
    return one_line(url).translate(_NOT_IN_LINKS)


def _add_reminder(event: Event, entry: Entry) -> None:
    if entry.remind is None or entry.status == "cancelled":
        return
    alarm = Alarm()
    alarm.add("ACTION", "DISPLAY")
    alarm.add("DESCRIPTION", one_line(entry.summary))
    alarm.add("TRIGGER", -entry.remind)
    event.add_component(alarm)
