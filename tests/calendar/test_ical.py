from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Event

from events_app.calendar import ical
from events_app.calendar.rules import Entry, Person
from events_app.kit.text import many_lines, one_line

ENTRY = Entry(
    uid="2f0c9a52-8f0e-4c44-9a5c-5d2b6f0f4a11-event@example.org",
    sequence=2,
    status="confirmed",
    starts_at=datetime(2026, 11, 5, 9, tzinfo=UTC),
    ends_at=datetime(2026, 11, 5, 14, tzinfo=UTC),
    timezone="Europe/Berlin",
    updated_at=datetime(2026, 10, 1, 8, 30, tzinfo=UTC),
    summary="Auftakt TAB_MINT",
    organizer=Person("Clustertreff", "events@example.org"),
    attendee=Person("Jördis Größlein", "joerdis@example.org"),
    description="Zeile 1\nZeile 2",
    location="SaltLabs, Musterstraße 7, 06112 Halle (Saale)",
    position=(51.48250412, 11.9705452),
    url="https://example.org/events/auftakt",
    conference_url="https://meet.example.org/auftakt",
    categories=("TAB_MINT", "Auftakt, groß"),
    remind=timedelta(hours=2),
)
ATTENDEE_LINE = (
    'ATTENDEE;CN="Jördis Größlein";CUTYPE=INDIVIDUAL;PARTSTAT=ACCEPTED;ROLE=REQ-PARTICIPANT;RSVP=FALSE'
    ":mailto:joerdis@example.org"
)


def entry(**changes: Any) -> Entry:
    return replace(ENTRY, **changes)


def events(data: bytes) -> list[Event]:
    calendar = Calendar.from_ical(data)
    assert isinstance(calendar, Calendar)
    return list(calendar.events)


def event(data: bytes) -> Event:
    (only,) = events(data)
    return only


def instants(read: Event) -> tuple[datetime, datetime]:
    assert isinstance(read.start, datetime)
    assert isinstance(read.end, datetime)
    return read.start.astimezone(UTC), read.end.astimezone(UTC)


def lines(data: bytes) -> list[str]:
    """The unfolded lines, after checking that the folded ones keep to RFC 5545."""
    assert data.endswith(b"\r\n")
    folded = data.removesuffix(b"\r\n").split(b"\r\n")
    for line in folded:
        assert len(line) <= 75
        line.decode()  # no character is split
        assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line)
    return re.sub(r"\r\n ", "", data.decode()).split("\r\n")[:-1]


def test_request_says_everything_a_calendar_shows() -> None:
    text = lines(ical.request(ENTRY))
    assert text[:5] == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Clustertreff//Clustertreff//DE",
        "CALSCALE:GREGORIAN",
        "METHOD:REQUEST",
    ]
    assert text[text.index("BEGIN:VEVENT") :] == [
        "BEGIN:VEVENT",
        "SUMMARY:Auftakt TAB_MINT",
        "DTSTART;TZID=Europe/Berlin:20261105T100000",
        "DTEND;TZID=Europe/Berlin:20261105T150000",
        "DTSTAMP:20261001T083000Z",
        "UID:2f0c9a52-8f0e-4c44-9a5c-5d2b6f0f4a11-event@example.org",
        "SEQUENCE:2",
        ATTENDEE_LINE,
        r"CATEGORIES:TAB_MINT,Auftakt\, groß",
        "CONFERENCE;FEATURE=VIDEO;VALUE=URI:https://meet.example.org/auftakt",
        r"DESCRIPTION:Zeile 1\nZeile 2",
        "GEO:51.482504;11.970545",
        "LAST-MODIFIED:20261001T083000Z",
        r"LOCATION:SaltLabs\, Musterstraße 7\, 06112 Halle (Saale)",
        "ORGANIZER;CN=Clustertreff:mailto:events@example.org",
        "STATUS:CONFIRMED",
        "TRANSP:OPAQUE",
        "URL:https://example.org/events/auftakt",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "DESCRIPTION:Auftakt TAB_MINT",
        "TRIGGER:-PT2H",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    ]


def test_berlin_is_one_daylight_and_one_standard_rule() -> None:
    text = lines(ical.request(ENTRY))
    zone = text[text.index("BEGIN:VTIMEZONE") : text.index("END:VTIMEZONE") + 1]
    assert [line for line in zone if line.startswith("RRULE")] == [
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
    ]
    assert not [line for line in zone if "RDATE" in line]
    assert [line for line in zone if line.startswith("DTSTART")] == [
        "DTSTART:19700329T020000",
        "DTSTART:19701025T030000",
    ]


@pytest.mark.parametrize("year", [1996, 2026, 2027, 2037])
@pytest.mark.parametrize(("month", "offset"), [(1, 1), (7, 2), (12, 1)])
def test_constant_zone_agrees_with_the_tz_database(year: int, month: int, offset: int) -> None:
    calendar = Calendar.from_ical(ical.publish([ENTRY]))
    assert isinstance(calendar, Calendar)
    moment = datetime(year, month, 15, 12, tzinfo=calendar.timezones[0].to_tz(lookup_tzid=False))
    assert moment.utcoffset() == timedelta(hours=offset)


def utc(hour: int, minute: int = 0, *, day: int, month: int) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "starts", "ends"),
    [
        (
            utc(0, 30, day=29, month=3),
            utc(1, 30, day=29, month=3),
            ";TZID=Europe/Berlin:20260329T013000",
            ";TZID=Europe/Berlin:20260329T033000",
        ),
        (utc(0, 30, day=25, month=10), utc(2, day=25, month=10), ":20261025T003000Z", ":20261025T020000Z"),
        (
            utc(2, day=25, month=10),
            utc(3, day=25, month=10),
            ";TZID=Europe/Berlin:20261025T030000",
            ";TZID=Europe/Berlin:20261025T040000",
        ),
        (utc(1, 30, day=25, month=10), utc(2, day=25, month=10), ":20261025T013000Z", ":20261025T020000Z"),
        (utc(0, day=25, month=10), utc(1, 15, day=25, month=10), ":20261025T000000Z", ":20261025T011500Z"),
    ],
)
def test_both_ends_of_summer_time_keep_the_instant(
    starts_at: datetime, ends_at: datetime, starts: str, ends: str
) -> None:
    data = ical.request(entry(starts_at=starts_at, ends_at=ends_at))
    assert f"DTSTART{starts}" in lines(data)
    assert f"DTEND{ends}" in lines(data)
    assert instants(event(data)) == (starts_at, ends_at)


def test_other_zones_are_told_in_utc_without_a_zone_definition() -> None:
    data = ical.request(entry(timezone="Europe/Lisbon"))
    assert "DTSTART:20261105T090000Z" in lines(data)
    assert "BEGIN:VTIMEZONE" not in lines(data)


@pytest.mark.parametrize("ends_at", [utc(23, day=6, month=11), utc(15, day=6, month=11), utc(22, 59, day=6, month=11)])
def test_all_day_entry_ends_the_day_after_its_last(ends_at: datetime) -> None:
    data = ical.request(entry(all_day=True, starts_at=utc(23, day=4, month=11), ends_at=ends_at))
    assert "DTSTART;VALUE=DATE:20261105" in lines(data)
    read = event(data)
    assert read.end == date(2026, 11, 7)


def test_published_files_name_no_attendee() -> None:
    data = ical.publish([ENTRY])
    assert "METHOD:PUBLISH" in lines(data)
    assert "ATTENDEE" not in event(data)
    assert b"joerdis" not in data
    assert "ORGANIZER" in event(data)


def test_cancel_keeps_the_uid_and_frees_the_time() -> None:
    data = ical.cancel(entry(sequence=3))
    text = lines(data)
    assert "METHOD:CANCEL" in text
    assert {"STATUS:CANCELLED", "SEQUENCE:3", "TRANSP:TRANSPARENT", f"UID:{ENTRY.uid}"} <= set(text)
    assert "BEGIN:VALARM" not in text


@pytest.mark.parametrize(("status", "partstat"), [("confirmed", "ACCEPTED"), ("tentative", "TENTATIVE")])
def test_attendee_need_not_answer(status: str, partstat: str) -> None:
    attendee = event(ical.request(entry(status=status)))["ATTENDEE"]
    assert attendee.params["PARTSTAT"] == partstat
    assert attendee.params["RSVP"] == "FALSE"


def test_feed_tells_its_name_and_when_to_come_again() -> None:
    text = lines(ical.publish([ENTRY], name="Termine, alle", refresh=timedelta(hours=1)))
    assert text[5:9] == [
        r"NAME:Termine\, alle",
        r"X-WR-CALNAME:Termine\, alle",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    ]


def test_download_has_no_name_and_no_refresh() -> None:
    assert not [line for line in lines(ical.publish([ENTRY])) if line.startswith(("NAME", "X-", "REFRESH"))]


def test_feed_keeps_cancelled_entries_as_cancelled_and_silent() -> None:
    first, second = events(ical.publish([ENTRY, entry(uid="b@example.org", status="cancelled")]))
    assert (first["STATUS"], second["STATUS"]) == ("CONFIRMED", "CANCELLED")
    assert not second.subcomponents


def test_feed_defines_the_zone_once() -> None:
    text = lines(ical.publish([entry(uid=f"{number}@example.org") for number in range(3)]))
    assert text.count("BEGIN:VTIMEZONE") == 1
    assert text.count("BEGIN:VEVENT") == 3
    assert text[-1] == "END:VCALENDAR"


def test_empty_feed_is_a_calendar_all_the_same() -> None:
    data = ical.publish([], name="Termine")
    assert events(data) == []
    assert "BEGIN:VTIMEZONE" in lines(data)


def test_same_entry_gives_the_same_bytes() -> None:
    entries = [ENTRY, entry(uid="b@example.org")]
    once = ical.publish(entries, name="Termine")
    assert ical.publish([replace(one) for one in entries], name="Termine") == once
    assert ical.publish([entry(sequence=3), entries[1]], name="Termine") != once


def test_online_entry_without_a_place_shows_its_link_as_place() -> None:
    read = event(ical.request(entry(location="", position=None)))
    assert read["LOCATION"] == "https://meet.example.org/auftakt"
    assert "GEO" not in read


def test_empty_fields_are_left_out() -> None:
    bare = entry(
        attendee=None, description="", location="", position=None, url="", conference_url="", categories=(), remind=None
    )
    assert set(event(ical.request(bare))) == {
        "UID",
        "SEQUENCE",
        "DTSTAMP",
        "LAST-MODIFIED",
        "STATUS",
        "TRANSP",
        "SUMMARY",
        "ORGANIZER",
        "DTSTART",
        "DTEND",
    }


INJECTION = "Titel\r\nATTENDEE:mailto:evil@example.org\nEND:VEVENT\u2028X:1\x0bY"


@pytest.mark.parametrize(
    "changes",
    [
        {"summary": INJECTION},
        {"location": INJECTION},
        {"description": INJECTION},
        {"url": "https://example.org/" + INJECTION},
        {"conference_url": "https://example.org/" + INJECTION},
        {"categories": (INJECTION,)},
        {"organizer": Person(INJECTION, "events@example.org" + INJECTION)},
        {"attendee": Person(INJECTION, "a@example.org" + INJECTION)},
    ],
)
def test_line_ends_in_a_text_begin_no_property(changes: dict[str, Any]) -> None:
    data = ical.request(entry(**changes))
    text = lines(data)
    assert sum(line.startswith("ATTENDEE") for line in text) == 1
    assert text.count("END:VEVENT") == 1
    assert not [line for line in text if line.startswith(("X:", "Y"))]
    assert event(data)["UID"] == ENTRY.uid


def test_line_ends_in_a_feeds_name_begin_no_property() -> None:
    text = lines(ical.publish([], name="Termine\r\nMETHOD:CANCEL\x07"))
    assert [line for line in text if line.startswith("METHOD")] == ["METHOD:PUBLISH"]
    assert "NAME:Termine METHOD:CANCEL" in text


def test_control_characters_are_stripped() -> None:
    data = ical.request(entry(summary="Glocke\x07 Null\x00 Ende\x1b", description="a\x00b\x07\nc"))
    assert event(data)["SUMMARY"] == "Glocke Null Ende"
    assert event(data)["DESCRIPTION"] == "ab\nc"


def test_hour_that_comes_twice_has_an_end() -> None:
    starts_at = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    written = ical.request(replace(ENTRY, starts_at=starts_at, ends_at=starts_at.replace(fold=1)))
    [event] = Calendar.from_ical(written).walk("VEVENT")
    assert event["DTEND"].dt - event["DTSTART"].dt == timedelta(hours=1)


def test_addresses_are_spelled_as_in_the_mail_around_them() -> None:
    written = ical.request(replace(ENTRY, attendee=Person("Jo", "jo@bücher.example")))
    [event] = Calendar.from_ical(written).walk("VEVENT")
    assert str(event["ATTENDEE"]) == "mailto:jo@xn--bcher-kva.example"


def test_quotes_and_carets_stay_out_of_names() -> None:
    data = ical.request(entry(attendee=Person('Anna "Änne" ^; Test: GmbH, Halle', "a@example.org")))
    assert "^" not in data.decode()
    assert event(data)["ATTENDEE"].params["CN"] == "Anna Änne ; Test: GmbH, Halle"


@pytest.mark.parametrize("shift", range(8))
def test_emoji_at_the_fold_stays_whole(shift: int) -> None:
    text = "x" * (60 + shift) + "😀👩🏽‍🔧é漢" * 12
    data = ical.request(entry(summary=text))
    assert "SUMMARY:" + one_line(text) in lines(data)
    assert event(data)["SUMMARY"] == one_line(text)


@given(summary=st.text(), description=st.text(), location=st.text(min_size=1), name=st.text())
def test_any_text_reads_back_as_it_was_shown(summary: str, description: str, location: str, name: str) -> None:
    data = ical.request(
        entry(summary=summary, description=description, location="x" + location, attendee=Person(name, "a@example.org"))
    )
    lines(data)
    read = event(data)
    assert read["SUMMARY"] == one_line(summary)
    assert read.get("DESCRIPTION", "") == many_lines(description)
    assert read["LOCATION"] == one_line("x" + location)
    assert read["ATTENDEE"] == "mailto:a@example.org"


@given(st.datetimes(datetime(2024, 1, 1), datetime(2036, 12, 31)), st.integers(1, 72 * 60))  # noqa: DTZ001 - UTC below
def test_any_instant_reads_back_as_itself(moment: datetime, minutes: int) -> None:
    starts_at = moment.replace(tzinfo=UTC, microsecond=0)
    ends_at = starts_at + timedelta(minutes=minutes)
    assert instants(event(ical.request(entry(starts_at=starts_at, ends_at=ends_at)))) == (starts_at, ends_at)
