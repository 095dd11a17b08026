from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from events_app.checkin import service
from events_app.checkin.schemas import WalkInIn
from events_app.kit import db, settings
from events_app.kit.errors import DuplicateAttendee, EventFull, Invalid
from events_app.kit.settings import Settings
from events_app.registration import service as registrations
from events_app.registration.schemas import AttendeePatch
from tests.checkin.doorway import Doorway, open_door, paired
from tests.factories import ADMIN, make_event, make_registration


def walk_in_body(**fields: Any) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "given_name": "Spontane",
        "family_name": "Person",
        "email": f"s.{uuid4().hex[:8]}@example.org",
        "organisation": {"name": "Werkstatt Süd", "kind": "company"},
        "consents": {"privacy": True},
        **fields,
    }


def walk_in_of(**fields: Any) -> WalkInIn:
    return msgspec.convert(walk_in_body(**fields), WalkInIn)


async def people_called(*names: str) -> Doorway:
    event = await make_event()
    attendees = [{"given_name": name.split()[0], "family_name": name.split()[1], "email": None} for name in names]
    registration = await make_registration(
        event, attendees=attendees, organisation={"name": "Maschinenbau Köthen GmbH", "kind": "company"}
    )
    return Doorway(event, registration.attendees, *await paired(event.slug))


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("mueller", ["Jürgen Müller"]),
        ("MÜLL", ["Jürgen Müller"]),
        ("sofia", ["Sofía Öztürk"]),
        ("ozturk", ["Sofía Öztürk"]),
        ("koethen", ["Jürgen Müller", "Sofía Öztürk"]),
        ("maschinenbau so", ["Sofía Öztürk"]),
        ("%", []),
        ("   ", []),
        ("\0", []),
    ],
)
async def test_search_finds_people_and_organisations(database: None, query: str, names: list[str]) -> None:
    place = await people_called("Jürgen Müller", "Sofía Öztürk")
    assert [guest.name for guest in await service.search(place.door, query)] == names


async def test_search_takes_a_short_code_and_shows_who_is_inside(doorway: Doorway) -> None:
    person = doorway.people[0]
    before = await service.search(doorway.door, person.short_code.lower())
    await doorway.scan(person.code)
    [after] = [g for g in await service.search(doorway.door, person.short_code) if g.attendee_id == person.id]
    assert (before[0].attendee_id, before[0].inside, before[0].admitted_at) == (person.id, False, None)
    assert after.inside
    assert after.admitted_at is not None


async def test_search_stays_within_the_devices_event_and_leaves_out_the_cancelled(doorway: Doorway) -> None:
    other = await open_door()
    registration = await db.fetch_value("SELECT registration FROM attendee WHERE id = $1", doorway.people[0].id)
    await registrations.cancel_attendees(registration, [doorway.people[0].id], ADMIN)
    found = {guest.attendee_id for guest in await service.search(doorway.door, "test")}
    assert found == {doorway.people[1].id}
    assert not found & {person.id for person in other.people}


async def test_roster_lists_every_ticket_and_its_version_follows_changes(doorway: Doorway) -> None:
    roster = await service.roster(doorway.door, None)
    assert roster is not None
    assert {ticket.name for ticket in roster.tickets} == {person.name for person in doorway.people}
    assert await service.roster(doorway.door, roster.version) is None
    await doorway.scan(doorway.people[0].code)
    assert await service.roster(doorway.door, roster.version) is None
    registration = await db.fetch_value("SELECT registration FROM attendee WHERE id = $1", doorway.people[0].id)
    await registrations.change_attendee(registration, doorway.people[0].id, AttendeePatch(family_name="Neu"), ADMIN)
    renamed = await service.roster(doorway.door, roster.version)
    assert renamed is not None
    await registrations.cancel_attendees(registration, [doorway.people[1].id], ADMIN)
    cancelled = await service.roster(doorway.door, renamed.version)
    assert cancelled is not None
    assert [ticket.status for ticket in cancelled.tickets].count("cancelled") == 1
    assert await service.roster(doorway.door, cancelled.version) is None


async def test_counters_count_people_not_scans(app_settings: Settings, doorway: Doorway) -> None:
    noon = datetime.fromisoformat("2026-11-05T11:00:00+00:00")
    for minute, code in (
        (0, doorway.people[0].code),
        (0, "?"),
        (1, doorway.people[0].code),
        (2, doorway.people[1].code),
    ):
        settings.use(replace(app_settings, fixed_now=noon + timedelta(minutes=minute)))
        await doorway.scan(code)
    await doorway.scan(doorway.people[1].code, direction="exit")
    counted = await service.counters(doorway.door)
    assert (counted.expected, counted.inside, counted.admitted_total) == (2, 1, 2)
    assert [(minute.minute.isoformat(), minute.admitted) for minute in counted.by_minute] == [
        ("2026-11-05T12:00:00+01:00", 1),
        ("2026-11-05T12:02:00+01:00", 1),
    ]


async def test_walk_in_is_registered_and_admitted_once(doorway: Doorway) -> None:
    entered = walk_in_of()
    made = await service.walk_in(doorway.door, entered)
    assert (made.status, made.result, made.name) == ("confirmed", "admitted", "Spontane Person")
    assert await service.walk_in(doorway.door, entered) == made
    assert (await service.counters(doorway.door)).inside == 1
    assert (await doorway.scan(made.short_code)).result == "already_inside"
    assert await db.fetch_value("SELECT source FROM registration ORDER BY created_at DESC LIMIT 1") == "walk_in"


async def test_parallel_repeats_of_a_walk_in_register_once(doorway: Doorway) -> None:
    entered = walk_in_of()
    answers = await asyncio.gather(*(service.walk_in(doorway.door, entered) for _ in range(6)))
    assert len({answer.id for answer in answers}) == 1
    assert {answer.result for answer in answers} == {"admitted"}
    assert await db.fetch_value("SELECT count(*) FROM attendee WHERE family_name = 'Person'") == 1


async def test_walk_in_goes_on_where_a_crash_stopped_it(doorway: Doorway) -> None:
    entered = walk_in_of()
    made = await service.walk_in(doorway.door, entered)
    await db.execute("DELETE FROM presence")
    await db.execute("DELETE FROM scan")
    again = await service.walk_in(doorway.door, entered)
    assert (again.id, again.result) == (made.id, "admitted")


async def test_walk_in_at_a_full_event_needs_somebody_who_wants_it(database: None) -> None:
    place = await open_door(people=1, capacity=1)
    entered = walk_in_of()
    with pytest.raises(EventFull):
        await service.walk_in(place.door, entered)
    allowed = msgspec.structs.replace(entered, over_capacity=True)
    assert (await service.walk_in(place.door, allowed)).result == "admitted"


async def test_walk_in_names_wrong_fields_as_its_own(doorway: Doorway) -> None:
    entered = walk_in_of(
        given_name=" ", email="kein", consents={"privacy": False}, organisation={"name": "", "kind": "other"}
    )
    with pytest.raises(Invalid) as refusal:
        await service.walk_in(doorway.door, entered)
    fields = [error.field for error in refusal.value.errors]
    assert sorted(fields) == ["/consents/privacy", "/email", "/given_name", "/organisation/name"]


async def test_walk_in_of_somebody_registered_is_a_duplicate(doorway: Doorway) -> None:
    person = doorway.people[0]
    given_name, family_name = person.name.split(" ")
    with pytest.raises(DuplicateAttendee) as refusal:
        await service.walk_in(
            doorway.door, walk_in_of(given_name=given_name, family_name=family_name, email=person.email)
        )
    assert [error.field for error in refusal.value.errors] == [""]
