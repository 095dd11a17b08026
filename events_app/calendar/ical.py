"""Entries as iCalendar (RFC 5545, 5546, 7986): files and feeds to fetch, invitations and cancellations to mail.

Written by hand, property by property: the structure is constant, and a library took 0.4 ms an entry, which makes
200 ms of a feed (docs/decisions/0008-feeds.md). Five programs' parsers read it back in the tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal

from events_app.calendar.rules import Entry, Person, Status
from events_app.kit.formats import DEFAULT_ZONE, local
from events_app.kit.text import many_lines, one_line

__all__ = ["MEDIA_TYPE", "Entry", "Person", "cancel", "publish", "request"]

MEDIA_TYPE = "text/calendar"

_PARTICIPATION: dict[Status, str] = {"confirmed": "ACCEPTED", "tentative": "TENTATIVE", "cancelled": "DECLINED"}
_OCTETS = 75  # RFC 5545 3.1: of a line, without its end
_REPEATED_HOUR = 2
_WITHIN_A_CHARACTER = 0x80  # the upper two bits of UTF-8's octets after the first
_NOT_IN_NAMES = str.maketrans("", "", '"^')  # can't stand in a parameter, or only in a spelling that few read
_HEAD = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Clustertreff//Clustertreff//DE", "CALSCALE:GREGORIAN")

# Rules since 1970, because lists of RDATEs for Berlin are read an hour wrong by Thunderbird and others.
_BERLIN = (
    "BEGIN:VTIMEZONE",
    "TZID:Europe/Berlin",
    "BEGIN:DAYLIGHT",
    "DTSTART:19700329T020000",
    "TZOFFSETFROM:+0100",
    "TZOFFSETTO:+0200",
    "TZNAME:CEST",
    "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
    "END:DAYLIGHT",
    "BEGIN:STANDARD",
    "DTSTART:19701025T030000",
    "TZOFFSETFROM:+0200",
    "TZOFFSETTO:+0100",
    "TZNAME:CET",
    "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
    "END:STANDARD",
    "END:VTIMEZONE",
)


def publish(entries: Iterable[Entry], *, name: str | None = None, refresh: timedelta | None = None) -> bytes:
    """A file to download, or a feed with a `name` and the interval at which to fetch it again.

    METHOD:PUBLISH, hence without attendees (RFC 5546 3.2.1). The same entries give the same bytes.
    """
    told = [replace(entry, attendee=None) if entry.attendee else entry for entry in entries]
    return _calendar("PUBLISH", told, _feed_properties(name, refresh))


def request(entry: Entry) -> bytes:
    """An invitation or its update (a higher `sequence`), to be mailed with `method=REQUEST`."""
    return _calendar("REQUEST", [entry])


def cancel(entry: Entry) -> bytes:
    """The end of an invitation, to be mailed with `method=CANCEL`; `sequence` must be higher than the last one's."""
    return _calendar("CANCEL", [replace(entry, status="cancelled", remind=None)])


def _calendar(
    method: Literal["PUBLISH", "REQUEST", "CANCEL"], entries: Iterable[Entry], properties: Iterable[str] = ()
) -> bytes:
    events = [line for entry in entries for line in _event(entry)]
    zoned = not events or any(line.startswith("DTSTART;TZID=") for line in events)  # never one of nothing
    lines = [*_HEAD, f"METHOD:{method}", *properties, *(_BERLIN if zoned else ()), *events, "END:VCALENDAR", ""]
    fits = [line if len(line) <= _OCTETS and line.isascii() else _folded(line) for line in lines]
    return "\r\n".join(fits).encode()


def _feed_properties(name: str | None, refresh: timedelta | None) -> Iterator[str]:
    """Each twice: as RFC 7986 has it, and as programs did before."""
    if name is not None:
        yield f"NAME:{_text(one_line(name))}"
        yield f"X-WR-CALNAME:{_text(one_line(name))}"
    if refresh is not None:
        yield f"REFRESH-INTERVAL;VALUE=DURATION:{_duration(refresh)}"
        yield f"X-PUBLISHED-TTL:{_duration(refresh)}"


def _event(entry: Entry) -> Iterator[str]:
    """The unfolded lines. Whatever came from people is cleaned here, so that no text can begin a property."""
    updated = _in_utc(entry.updated_at)
    yield "BEGIN:VEVENT"
    yield f"SUMMARY:{_text(one_line(entry.summary))}"
    yield from _times(entry)
    yield f"DTSTAMP{updated}"
    yield f"UID:{entry.uid}"
    yield f"SEQUENCE:{entry.sequence}"
    yield from _attendee(entry)
    yield from _texts(entry)
    yield f"LAST-MODIFIED{updated}"
    yield from _place(entry)
    yield f"ORGANIZER{_address(entry.organizer)}"
    yield f"STATUS:{entry.status.upper()}"
    yield f"TRANSP:{'TRANSPARENT' if entry.status == 'cancelled' else 'OPAQUE'}"
    yield from _reminder(entry)
    yield "END:VEVENT"


def _times(entry: Entry) -> Iterator[str]:
    starts, ends = local(entry.starts_at, entry.timezone), local(entry.ends_at, entry.timezone)
    if entry.all_day:
        last_day = (ends - timedelta(microseconds=1)).date()
        yield f"DTSTART;VALUE=DATE:{starts:%Y%m%d}"
        yield f"DTEND;VALUE=DATE:{last_day + timedelta(days=1):%Y%m%d}"
        return
    write = (
        _in_berlin if entry.timezone == DEFAULT_ZONE and not (_comes_twice(starts) or _comes_twice(ends)) else _in_utc
    )
    yield f"DTSTART{write(starts)}"
    if ends > starts:  # RFC 5545 3.8.2.2: later, or left out
        yield f"DTEND{write(ends)}"


def _comes_twice(moment: datetime) -> bool:
    """Whether it is in the hour that the end of summer time repeats in Berlin.

    A local time there means the first one (RFC 5545 3.3.5), but ical.js and node-ical read the second.
    """
    return moment.hour == _REPEATED_HOUR and moment.utcoffset() != moment.replace(fold=1 - moment.fold).utcoffset()


def _in_berlin(moment: datetime) -> str:
    return f";TZID={DEFAULT_ZONE}:{_digits(moment)}"


def _in_utc(moment: datetime) -> str:
    return f":{_digits(moment.astimezone(UTC))}Z"


def _digits(moment: datetime) -> str:
    """`20261105T100000`; by slicing, as strftime takes three times as long."""
    return moment.isoformat()[:19].replace("-", "").replace(":", "")


def _attendee(entry: Entry) -> Iterator[str]:
    if entry.attendee is not None:
        part = _PARTICIPATION[entry.status]
        role = f";CUTYPE=INDIVIDUAL;PARTSTAT={part};ROLE=REQ-PARTICIPANT;RSVP=FALSE"
        yield f"ATTENDEE{role}{_address(entry.attendee)}"


@lru_cache(maxsize=64)
def _address(person: Person) -> str:
    """The name as a parameter, and the address."""
    name = one_line(person.name.translate(_NOT_IN_NAMES))
    quoted = f';CN="{name}"' if name else ""
    return f"{quoted}:mailto:{_link(person.email)}"


def _texts(entry: Entry) -> Iterator[str]:
    if entry.categories:
        yield f"CATEGORIES:{','.join(_text(one_line(category)) for category in entry.categories)}"
    if description := many_lines(entry.description):
        yield f"DESCRIPTION:{_text(description)}"
    if url := _link(entry.url):
        yield f"URL:{url}"


def _place(entry: Entry) -> Iterator[str]:
    link = _link(entry.conference_url)
    if where := one_line(entry.location) or link:
        yield f"LOCATION:{_text(where)}"
    if entry.position is not None:
        latitude, longitude = entry.position
        yield f"GEO:{latitude:.6f};{longitude:.6f}"
    if link:
        yield f"CONFERENCE;FEATURE=VIDEO;VALUE=URI:{link}"


def _reminder(entry: Entry) -> Iterator[str]:
    if entry.remind is not None and entry.status != "cancelled":
        yield "BEGIN:VALARM"
        yield "ACTION:DISPLAY"
        yield f"DESCRIPTION:{_text(one_line(entry.summary))}"
        yield f"TRIGGER:-{_duration(entry.remind)}"
        yield "END:VALARM"


def _link(url: str) -> str:
    return one_line(url).replace(" ", "%20").replace('"', "%22").replace("\\", "%5C") if url else ""


def _text(value: str) -> str:
    return value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _duration(length: timedelta) -> str:
    """To the minute, as `PT2H` or `PT1H30M`."""
    hours, minutes = divmod(length // timedelta(minutes=1), 60)
    return f"PT{f'{hours}H' if hours else ''}{f'{minutes}M' if minutes or not hours else ''}"


def _folded(line: str) -> str:
    """The line in pieces of 75 octets; no character is split."""
    octets = line.encode()
    pieces, begin, room = [], 0, _OCTETS
    while len(octets) - begin > room:
        end = begin + room
        while octets[end] & 0xC0 == _WITHIN_A_CHARACTER:
            end -= 1
        pieces.append(octets[begin:end].decode())
        begin, room = end, _OCTETS - 1  # the blank counts
    return "\r\n ".join([*pieces, octets[begin:].decode()])
