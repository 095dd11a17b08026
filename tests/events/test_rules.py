from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from events_app.events import rules
from events_app.events.schemas import (
    AgendaItem,
    EventIn,
    GoodToKnow,
    Matchmaking,
    Medium,
    Organiser,
    Question,
    RegistrationWindow,
    ShowIf,
    Venue,
)

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 10, 20, 10, tzinfo=BERLIN)
HOUR = timedelta(hours=1)


def event(**fields: Any) -> EventIn:
    return EventIn(**{"title": "Auftakt", "kind": "kickoff", "mode": "onsite"} | span(START) | fields)


def span(start: datetime) -> dict[str, Any]:
    return {"starts_at": start, "ends_at": start + 5 * HOUR}


def facts(status: str = "published", **times: datetime) -> rules.WindowFacts:
    return rules.WindowFacts(status, START, START + 5 * HOUR, times.get("opens_at"), times.get("closes_at"))


@pytest.mark.parametrize(
    ("given_facts", "now", "expected"),
    [
        (facts(), START - HOUR, "open"),
        (facts(), START, "started"),
        (facts("draft"), START - HOUR, "draft"),
        (facts("cancelled"), START - HOUR, "cancelled"),
        (facts(opens_at=START - HOUR), START - 2 * HOUR, "not_yet"),
        (facts(opens_at=START - HOUR), START - HOUR, "open"),
        (facts(closes_at=START - HOUR), START - 2 * HOUR, "open"),
        (facts(closes_at=START - HOUR), START - HOUR, "closed"),
        (facts(closes_at=START + HOUR), START + HOUR / 2, "open"),
        (facts(closes_at=START + HOUR), START + HOUR, "closed"),
        (facts(closes_at=START + 9 * HOUR), START + 5 * HOUR, "started"),
    ],
)
def test_window_is_open_from_opening_to_closing(given_facts: rules.WindowFacts, now: datetime, expected: str) -> None:
    assert rules.window(given_facts, now) == expected


@pytest.mark.parametrize(("capacity", "taken", "left"), [(None, 9, None), (10, 0, 10), (10, 10, 0), (10, 12, 0)])
def test_seats_left_is_never_below_zero(capacity: int | None, taken: int, left: int | None) -> None:
    assert rules.seats_left(capacity, taken) == left


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Kick-off TAB_MINT", "kick-off-tab-mint-2026"),
        ("Größe & Übermut", "groesse-uebermut-2026"),
        ("  ", "event-2026"),
        ("لقاء", "event-2026"),
        ("x" * 300, "x" * 80 + "-2026"),
    ],
)
def test_slugify_makes_an_address_of_any_title(title: str, slug: str) -> None:
    assert rules.slugify(title, START) == slug


@given(st.text())
def test_slugify_always_makes_a_slug(title: str) -> None:
    assert rules.is_slug(rules.slugify(title, START))


@pytest.mark.parametrize("text", ["", "A", "a--b", "-a", "a-", "a_b", "a\n", "a\x00", "ä", "x" * 101])
def test_is_slug_refuses_what_no_address_has(text: str) -> None:
    assert not rules.is_slug(text)


def codes(entered: EventIn) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in rules.problems(rules.tidied(entered))]


def test_problems_finds_none_in_the_least_event() -> None:
    assert codes(event()) == []


NAIVE = datetime(2026, 10, 20, 10)  # noqa: DTZ001 - the wrong input itself
FAR = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"title": " \u200b\u202e "}, "/title", "required"),
        ({"title": "x" * 201}, "/title", "too_long"),
        ({"summary": "x" * 20_001}, "/summary", "too_long"),
        ({"slug": "Nein!"}, "/slug", "invalid_slug"),
        ({"timezone": "Mars/Olympus"}, "/timezone", "invalid_timezone"),
        ({"timezone": "../../etc/passwd"}, "/timezone", "invalid_timezone"),
        ({"starts_at": NAIVE}, "/starts_at", "invalid_time"),
        ({"ends_at": START - HOUR}, "/ends_at", "ends_before_start"),
        ({"ends_at": FAR}, "/ends_at", "out_of_range"),
        ({"starts_at": datetime.min.replace(tzinfo=UTC)}, "/starts_at", "out_of_range"),
        ({"registration": RegistrationWindow(opens_at=NAIVE)}, "/registration/opens_at", "invalid_time"),
        (
            {"registration": RegistrationWindow(opens_at=START, closes_at=START)},
            "/registration/closes_at",
            "closes_before_opening",
        ),
        ({"venue": Venue(postcode="99999")}, "/venue/postcode", "unknown_postcode"),
        ({"venue": Venue(postcode="061120")}, "/venue/postcode", "unknown_postcode"),
        ({"venue": Venue(district="00000")}, "/venue/district", "unknown_district"),
        ({"venue": Venue(name="x" * 201)}, "/venue/name", "too_long"),
        ({"online_url": "javascript:alert(1)"}, "/online_url", "invalid_url"),
        ({"online_url": "https://"}, "/online_url", "invalid_url"),
        ({"online_url": "https://[x"}, "/online_url", "invalid_url"),
        ({"organiser": Organiser(email="niemand")}, "/organiser/email", "invalid_email"),
        ({"good_to_know": GoodToKnow(parking="x" * 2001)}, "/good_to_know/parking", "too_long"),
        ({"capacity": -1}, "/capacity", "out_of_range"),
        ({"capacity": 2**31}, "/capacity", "out_of_range"),
        ({"matchmaking": Matchmaking(tables=0)}, "/matchmaking/tables", "out_of_range"),
        ({"matchmaking": Matchmaking(slots=[NAIVE])}, "/matchmaking/slots/0", "invalid_time"),
        ({"questions": [Question("Diet", "Kost?")]}, "/questions/0/key", "invalid_key"),
        ({"questions": [Question("a", "?"), Question("a", "?")]}, "/questions/1/key", "invalid_key"),
        ({"questions": [Question("a", " ")]}, "/questions/0/label", "required"),
        ({"questions": [Question("a", "?", "choice", ["", " "])]}, "/questions/0/options", "required"),
        (
            {"questions": [Question("a", "?", show_if=ShowIf("b", "x")), Question("b", "?")]},
            "/questions/0/show_if/key",
            "unknown_key",
        ),
        ({"agenda": [AgendaItem(START, "")]}, "/agenda/0/title", "required"),
        ({"agenda": [AgendaItem(START, "x", START - HOUR)]}, "/agenda/0/ends_at", "ends_before_start"),
        ({"agenda": [AgendaItem(NAIVE, "x")]}, "/agenda/0/starts_at", "invalid_time"),
        ({"media": [Medium("Film", "file:///etc/passwd")]}, "/media/0/url", "invalid_url"),
    ],
)
def test_problems_names_each_wrong_field(fields: dict[str, Any], field: str, code: str) -> None:
    assert (field, code) in codes(event(**fields))


def test_tidied_finds_the_district_of_a_clear_postcode() -> None:
    assert rules.tidied(event(venue=Venue(postcode=" 06112 "))).venue == Venue(postcode="06112", district="15002")


def test_tidied_leaves_nothing_that_a_database_refuses() -> None:
    dirty = "a\x00b\x07"
    tidy = rules.tidied(
        event(
            title=dirty,
            summary=dirty,
            description=dirty,
            online_url=dirty,
            venue=Venue(dirty, dirty, dirty, dirty, dirty),
            organiser=Organiser(dirty, dirty, dirty),
            good_to_know=GoodToKnow(directions=dirty, costs=dirty),
            questions=[Question("a", dirty, "choice", [dirty], show_if=ShowIf("b", [dirty]))],
            agenda=[AgendaItem(START, dirty, None, dirty, dirty)],
            media=[Medium(dirty, dirty)],
        )
    )
    assert "\\x00" not in repr(replace(tidy, organiser=Organiser(tidy.organiser.name)))
    assert ("/organiser/email", "invalid_email") in codes(tidy)


def test_tidied_keeps_the_indents_of_markdown_lists() -> None:
    assert rules.tidied(event(description="- a\r\n  - b\r\n\r\nc ")).description == "- a\n  - b\n\nc"


def test_moved_event_takes_slots_and_agenda_along_by_the_clock_on_the_wall() -> None:
    slot = datetime(2026, 10, 20, 13, 20, tzinfo=BERLIN)
    before = event(matchmaking=Matchmaking(slots=[slot]), agenda=[AgendaItem(START, "Beginn", START + HOUR)])
    winter = datetime(2026, 11, 5, 9, tzinfo=BERLIN)
    after = rules.with_what_moves_along(before, replace(before, **span(winter)))
    assert [slot.isoformat() for slot in after.matchmaking.slots] == ["2026-11-05T12:20:00+01:00"]
    assert (after.agenda[0].starts_at, after.agenda[0].ends_at) == (winter, winter + HOUR)


def test_a_start_behind_the_old_end_takes_the_end_along() -> None:
    before = event(**span(datetime(2026, 10, 20, 9, tzinfo=BERLIN)))
    winter = datetime(2026, 11, 5, 9, tzinfo=BERLIN)
    length = before.ends_at - before.starts_at
    after = rules.with_end_behind(before, replace(before, starts_at=winter))
    assert (after.starts_at, after.ends_at) == (winter, winter + length)
    assert rules.with_end_behind(before, replace(before, starts_at=before.ends_at)).ends_at == before.ends_at + length


def test_a_start_before_the_old_end_shortens_or_lengthens_the_event() -> None:
    before = event()
    for start in (before.starts_at - HOUR, before.ends_at - timedelta(minutes=1)):
        after = replace(before, starts_at=start)
        assert rules.with_end_behind(before, after) == after


def test_moved_event_leaves_slots_that_were_changed_themselves() -> None:
    before = event(matchmaking=Matchmaking(slots=[START]))
    own = Matchmaking(slots=[START + 3 * HOUR])
    after = rules.with_what_moves_along(before, replace(before, matchmaking=own, **span(START + HOUR)))
    assert after.matchmaking == own


def test_other_time_zone_keeps_the_hours_of_the_day() -> None:
    before = event(matchmaking=Matchmaking(slots=[START + HOUR]))
    lisbon = ZoneInfo("Europe/Lisbon")
    moved = replace(before, timezone="Europe/Lisbon", **span(datetime(2026, 10, 20, 10, tzinfo=lisbon)))
    after = rules.with_what_moves_along(before, moved)
    assert after.matchmaking.slots == [datetime(2026, 10, 20, 11, tzinfo=lisbon)]


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001 - on the wall
    st.integers(0, 12 * 60),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001 - on the wall
)
def test_moved_moment_keeps_its_distance_on_the_wall(start: datetime, minutes: int, other: datetime) -> None:
    first = event(**span(start.replace(tzinfo=BERLIN)))
    second = event(**span(other.replace(tzinfo=BERLIN)))
    moment = (start + timedelta(minutes=minutes)).replace(tzinfo=BERLIN)
    if all(wall == wall.astimezone(UTC).astimezone(BERLIN) for wall in (moment, first.starts_at, second.starts_at)):
        there = (other + timedelta(minutes=minutes)).replace(tzinfo=None)
        assert rules.moved(moment, first, second).replace(tzinfo=None) == there


def test_an_event_may_end_on_the_wall_before_it_began_in_the_night_that_has_an_hour_twice() -> None:
    starts_at = datetime(2026, 10, 25, 2, 45, tzinfo=BERLIN)
    ends_at = datetime(2026, 10, 25, 2, 15, tzinfo=BERLIN, fold=1)
    assert rules.problems(event(starts_at=starts_at, ends_at=ends_at)) == []


@pytest.mark.parametrize(
    "change",
    [{"title": "Anders"}, span(START + HOUR), {"mode": "hybrid"}, {"venue": Venue(street="Gasse 2")}],
)
def test_calendars_hear_of_title_time_mode_and_place(change: dict[str, Any]) -> None:
    assert rules.calendar_changes(event(), event(**change))


@pytest.mark.parametrize(
    "change",
    [
        {"summary": "Neu"},
        {"capacity": 5},
        {"questions": [Question("a", "?")]},
        {"venue": Venue(district="15002")},
        {"online_url": "https://raum.example.org/unused-on-site"},
    ],
)
def test_calendars_hear_of_nothing_else(change: dict[str, Any]) -> None:
    assert not rules.calendar_changes(event(), event(**change))


@pytest.mark.parametrize(
    ("slots", "told"),
    [
        ([], ["no_slots"]),
        ([START, START + 4 * HOUR], []),
        ([START - HOUR, START], ["slots_outside"]),
        ([START + 5 * HOUR], ["slots_outside"]),
    ],
)
def test_whoever_plans_talks_at_no_time_or_outside_the_event_is_told(slots: list[datetime], told: list[str]) -> None:
    entered = event(
        matchmaking=Matchmaking(enabled=True, slots=slots),
        venue=Venue(place="Halle"),
        organiser=Organiser("Beispielwerk", "kontakt@example.org"),
        summary="Ein Tag",
    )
    assert rules.gaps(entered, START) == told
    assert not rules.gaps(replace(entered, matchmaking=Matchmaking(slots=slots)), START)
