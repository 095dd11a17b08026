"""Chosen sessions: their places, and how their entries follow the agenda."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from icalendar import Calendar

from events_app.accounts.rules import Actor
from events_app.calendar import rules, service
from events_app.calendar.rules import Entry
from events_app.events import service as events
from events_app.events.queries import EventRow
from events_app.events.schemas import AgendaItem, EventPatch, Venue
from events_app.kit import db, settings
from events_app.kit.errors import Conflict, EventCancelled, NotFound
from events_app.registration import service as registration
from events_app.registration.schemas import RegistrationOut, SwapIn
from tests.factories import ADMIN, make_event, make_registration, soon

START = soon()
HOUR = timedelta(hours=1)
WELD, PROGRAM, TALK, LUNCH = (UUID(int=number) for number in range(1, 5))


def agenda(**changes: Any) -> list[AgendaItem]:
    """Two workshops side by side, a talk after them, and lunch for everybody."""
    ten, eleven = START + HOUR, START + 2 * HOUR
    return [
        AgendaItem(ten, "Schweißen", eleven, "Frau Muster", "Halle 1", WELD, choosable=True, **{"seats": 2, **changes}),
        AgendaItem(ten, "Programmieren", eleven, None, "Saal 2", PROGRAM, choosable=True),
        AgendaItem(eleven, "Vortrag", None, None, None, TALK, choosable=True),
        AgendaItem(START + 3 * HOUR, "Mittagessen", id=LUNCH),
    ]


async def made(people: int = 1, **fields: Any) -> tuple[EventRow, RegistrationOut]:
    event = await make_event(starts_at=START, ends_at=START + 5 * HOUR, agenda=agenda(), **fields)
    return event, await make_registration(event, people)


async def choose(event: EventRow, attendee: UUID, *sessions: UUID) -> None:
    await service.choose(event.id, attendee, sessions, Actor("attendee", attendee))


async def entries(event: EventRow, attendee: UUID) -> dict[str, Entry]:
    """By the last part of the UID: `event`, or the session's number."""
    now = await events.event_by_id(event.id)
    found = (await service.entries_of(now, [attendee], "de"))[attendee]
    return {one.uid.partition("@")[0].removeprefix(f"{attendee}-").lstrip("0-"): one for one in found}


async def changed(event: EventRow, **fields: Any) -> None:
    await registration.change_event(event.slug, EventPatch(**fields), ADMIN)


async def test_chosen_sessions_stand_in_the_calendar_with_uids_of_their_own(database: None) -> None:
    event, registered = await made()
    [person] = registered.attendees
    await choose(event, person.id, WELD, TALK)
    found = await entries(event, person.id)
    assert set(found) == {"event", "1", "3"}
    weld, talk = found["1"], found["3"]
    assert (weld.summary, weld.starts_at, weld.ends_at, weld.sequence) == (
        "Schweißen",
        START + HOUR,
        START + 2 * HOUR,
        0,
    )
    assert weld.location == "Halle 1, Werkhalle, Musterweg 1, 06112 Halle (Saale)"
    assert weld.description == "Frau Muster\n\nAuftakt in Halle"
    assert talk.ends_at == START + 3 * HOUR
    assert weld.uid == rules.attendee_uid(person.id, settings.current().mail_host, WELD)


async def test_a_choice_taken_back_is_cancelled_and_taken_again_keeps_its_uid(database: None) -> None:
    event, registered = await made()
    [person] = registered.attendees
    await choose(event, person.id, WELD)
    before = (await entries(event, person.id))["1"]
    await choose(event, person.id)
    gone = (await entries(event, person.id))["1"]
    assert (gone.status, gone.sequence, gone.uid) == ("cancelled", 1, before.uid)
    await choose(event, person.id, WELD)
    again = (await entries(event, person.id))["1"]
    assert (again.status, again.sequence, again.uid) == ("confirmed", 2, before.uid)


async def test_choosing_the_same_again_changes_nothing(database: None) -> None:
    event, registered = await made()
    [person] = registered.attendees
    await choose(event, person.id, WELD, TALK)
    before = await entries(event, person.id)
    await choose(event, person.id, TALK, WELD)
    assert await entries(event, person.id) == before
    assert await db.fetch_value("SELECT count(*) FROM audit_entry WHERE action = 'sessions-chosen'") == 1


async def test_seats_of_a_session_hold_under_a_rush(database: None) -> None:
    event, registered = await made(people=12)
    people = [person.id for person in registered.attendees]
    found = await asyncio.gather(*(choose(event, person, WELD) for person in people), return_exceptions=True)
    refused = [one for one in found if one is not None]
    assert len(refused) == 10
    assert all(isinstance(one, Conflict) for one in refused)
    taken = "SELECT count(*) FROM calendar_entry WHERE session_id = $1 AND status = 'confirmed'"
    assert await db.fetch_value(taken, WELD) == 2
    [first, *_] = [person for person, one in zip(people, found, strict=True) if one is None]
    left = {one.id: (one.left, one.chosen) for one in await service.choices_of(event, first)}
    assert left == {WELD: (0, True), PROGRAM: (None, False), TALK: (None, False)}


@pytest.mark.parametrize(
    ("sessions", "refusal"),
    [((WELD, PROGRAM), Conflict), ((LUNCH,), NotFound), ((uuid4(),), NotFound)],
)
async def test_what_cannot_be_chosen_is_refused_whole(
    database: None, sessions: Sequence[UUID], refusal: type[Exception]
) -> None:
    event, registered = await made()
    [person] = registered.attendees
    with pytest.raises(refusal):
        await choose(event, person.id, TALK, *sessions)
    assert set(await entries(event, person.id)) == {"event"}


async def test_people_without_a_place_choose_nothing(database: None) -> None:
    event = await make_event(starts_at=START, ends_at=START + 5 * HOUR, agenda=agenda(), capacity=0)
    waiting = (await make_registration(event, 1)).attendees[0]
    with pytest.raises(Conflict):
        await choose(event, waiting.id, TALK)


async def test_nobody_chooses_at_a_cancelled_event(database: None) -> None:
    event, registered = await made()
    [person] = registered.attendees
    await registration.cancel_event(event.slug, "", ADMIN)
    with pytest.raises(EventCancelled):
        await choose(event, person.id, TALK)


async def test_sessions_that_have_begun_stay_as_they_are(database: None) -> None:
    event, registered = await made()
    [person] = registered.attendees
    await choose(event, person.id, WELD)
    await db.execute(
        "UPDATE event SET agenda = jsonb_set(agenda, '{0,starts_at}', to_jsonb(now() - interval '1 hour'))"
    )
    await choose(event, person.id, TALK)
    assert (await entries(event, person.id))["1"].status == "confirmed"


async def test_cancelling_a_person_frees_their_session(database: None) -> None:
    event, registered = await made(people=3)
    one, two, three = (person.id for person in registered.attendees)
    await choose(event, one, WELD)
    await choose(event, two, WELD)
    await registration.cancel_attendees(registered.id, [one], ADMIN)
    await choose(event, three, WELD)
    assert (await entries(event, one))["1"].status == "cancelled"
    assert (await entries(event, one))["1"].sequence == 1


async def test_a_colleague_who_comes_instead_chooses_anew(database: None) -> None:
    event, registered = await made()
    [leaving] = registered.attendees
    await choose(event, leaving.id, WELD)
    swapped = await registration.swap_attendee(registered.id, leaving.id, SwapIn("Neu", "Hier", None), ADMIN)
    [coming] = swapped.attendees
    assert (await entries(event, leaving.id))["1"].status == "cancelled"
    assert set(await entries(event, coming.id)) == {"event"}


async def test_moving_the_event_moves_its_sessions_with_the_next_sequence(database: None) -> None:
    event, registered = await made()
    [person] = registered.attendees
    await choose(event, person.id, WELD)
    await changed(event, starts_at=START + 24 * HOUR, ends_at=START + 29 * HOUR)
    found = await entries(event, person.id)
    assert (found["1"].starts_at, found["1"].sequence) == (START + 25 * HOUR, 1)
    assert found["event"].sequence == 1


async def test_moving_an_item_raises_its_own_sequence_alone(database: None) -> None:
    event, registered = await made()
    [person] = registered.attendees
    await choose(event, person.id, WELD, TALK)
    later = [one for one in agenda() if one.id != TALK]
    moved = AgendaItem(START + 4 * HOUR, "Vortrag", START + 5 * HOUR, id=TALK, choosable=True)
    await changed(event, agenda=[*later, moved])
    found = await entries(event, person.id)
    assert (found["3"].starts_at, found["3"].sequence) == (START + 4 * HOUR, 1)
    assert (found["1"].sequence, found["event"].sequence) == (0, 0)


async def test_another_speaker_is_told_without_a_sequence(database: None) -> None:
    event, registered = await made()
    [person] = registered.attendees
    await choose(event, person.id, WELD)
    items = agenda()
    items[0].speaker = "Herr Beispiel"
    await changed(event, agenda=items)
    weld = (await entries(event, person.id))["1"]
    assert (weld.description, weld.sequence) == ("Herr Beispiel\n\nAuftakt in Halle", 0)


async def test_another_room_or_place_raises_the_sequence(database: None) -> None:
    event, registered = await made()
    [person] = registered.attendees
    await choose(event, person.id, WELD)
    items = agenda()
    items[0].room = "Halle 9"
    await changed(event, agenda=items)
    await changed(event, venue=Venue(name="Anderswo"))
    weld = (await entries(event, person.id))["1"]
    assert weld.location.startswith("Halle 9, Anderswo")
    assert weld.sequence == 2


async def test_item_that_is_gone_is_cancelled_in_calendars(database: None) -> None:
    event, registered = await made()
    [person] = registered.attendees
    await choose(event, person.id, WELD, TALK)
    await changed(event, agenda=[one for one in agenda() if one.id != WELD])
    found = await entries(event, person.id)
    assert (found["1"].status, found["1"].sequence) == ("cancelled", 1)
    assert (found["1"].summary, found["3"].status) == ("Schweißen", "confirmed")


async def test_cancelled_event_cancels_sessions(database: None) -> None:
    event, registered = await made()
    [person] = registered.attendees
    await choose(event, person.id, WELD)
    await registration.cancel_event(event.slug, "", ADMIN)
    assert (await entries(event, person.id))["1"].status == "cancelled"


def meeting(attendee: UUID, number: int, starts_at: datetime, summary: str = "Gespräch") -> service.Meeting:
    id_ = UUID(int=100 + number)
    return service.Meeting(id_, attendee, starts_at, starts_at + timedelta(minutes=20), summary, "Tisch 3")


async def test_meetings_follow_what_was_published(database: None) -> None:
    event, registered = await made(people=2)
    one, two = (person.id for person in registered.attendees)
    at = START + 4 * HOUR
    await service.set_meetings(event, [meeting(one, 1, at), meeting(two, 1, at), meeting(one, 2, at + HOUR / 2)])
    assert (await entries(event, one))["65"].remind == timedelta(minutes=5)
    again = [meeting(one, 1, at), meeting(two, 1, at, "Gespräch mit Muster GmbH")]
    await service.set_meetings(event, again)
    await service.set_meetings(event, again)
    first, second = await entries(event, one), await entries(event, two)
    assert first["65"].sequence == 0
    assert (first["66"].status, first["66"].sequence) == ("cancelled", 1)
    assert (second["65"].summary, second["65"].sequence) == ("Gespräch mit Muster GmbH", 1)


async def test_meetings_move_with_the_event_by_the_clock_on_the_wall(database: None) -> None:
    before_summer = datetime.fromisoformat("2027-03-27T10:00:00+01:00")
    event = await make_event(starts_at=before_summer, ends_at=before_summer + 5 * HOUR)
    person = (await make_registration(event, 1)).attendees[0].id
    await service.set_meetings(event, [meeting(person, 1, before_summer + 3 * HOUR)])
    summer = datetime.fromisoformat("2027-03-29T10:00:00+02:00")
    await changed(event, starts_at=summer, ends_at=summer + 5 * HOUR)
    moved = (await entries(event, person))["65"]
    assert moved.starts_at == datetime.fromisoformat("2027-03-29T13:00:00+02:00")
    assert moved.ends_at - moved.starts_at == timedelta(minutes=20)
    assert moved.sequence == 1


async def test_attendee_chooses_on_the_page_of_their_ticket(client: httpx.AsyncClient) -> None:
    event, registered = await made()
    [person] = registered.attendees
    path = f"/tickets/{person.ticket_token}"
    assert "Programmpunkte wählen" in (await client.get(path)).text
    page = (await client.get(f"{path}/sessions")).text
    assert "Schweißen" in page
    assert "noch 2 Plätze" in page
    assert "Mittagessen" not in page
    answer = await client.post(f"{path}/sessions", data={"session": [str(WELD), str(TALK)]})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{path}?done=sessions")
    assert set(await entries(event, person.id)) == {"event", "1", "3"}
    shown = (await client.get(path)).text
    assert "Ihre Programmpunkte" in shown
    assert "Schweißen" in shown
    feed = Calendar.from_ical((await client.get(f"{path}/feed.ics")).content)
    assert [str(one["SUMMARY"]) for one in feed.walk("VEVENT")] == ["Auftakt in Halle", "Schweißen", "Vortrag"]


async def test_page_says_what_stands_against_a_choice_and_keeps_it(client: httpx.AsyncClient) -> None:
    _, registered = await made()
    path = f"/tickets/{registered.attendees[0].ticket_token}/sessions"
    answer = await client.post(path, data={"session": [str(WELD), str(PROGRAM), "x"]})
    assert answer.status_code == 409
    assert "finden gleichzeitig statt" in answer.text
    assert answer.text.count(" checked") == 2


async def test_contact_chooses_for_their_people(client: httpx.AsyncClient) -> None:
    event, registered = await made(people=2)
    person, home = registered.attendees[1], f"/registrations/{registered.manage_token}"
    assert f"{home}/attendees/{person.id}/sessions" in (await client.get(home)).text
    path = f"{home}/attendees/{person.id}/sessions"
    assert person.name in (await client.get(path)).text
    answer = await client.post(path, data={"session": str(PROGRAM)})
    assert answer.status_code == 303
    assert set(await entries(event, person.id)) == {"event", "2"}
    wrong = await client.post(path, data={"session": [str(WELD), str(PROGRAM)]})
    assert wrong.status_code == 409
    assert (await client.get(f"{home}/attendees/{uuid4()}/sessions")).status_code == 404


async def test_event_without_sessions_offers_none(client: httpx.AsyncClient) -> None:
    registered = await make_registration(await make_event(), 1)
    person = registered.attendees[0]
    assert "Programmpunkte wählen" not in (await client.get(f"/tickets/{person.ticket_token}")).text
    assert "Programmpunkte wählen" not in (await client.get(f"/registrations/{registered.manage_token}")).text
    page = await client.get(f"/tickets/{person.ticket_token}/sessions")
    assert "gibt es nichts zu wählen" in page.text
