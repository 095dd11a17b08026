from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from icalendar import Calendar

from events_app.events.schemas import EventPatch, Venue
from events_app.registration import service as registration
from tests.factories import ADMIN, make_cluster, make_event, make_registration, soon


async def calendar(client: httpx.AsyncClient, path: str, **headers: str) -> Any:
    answer = await client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    return Calendar.from_ical(answer.content)


async def titles(client: httpx.AsyncClient, path: str) -> list[str]:
    return [str(entry["SUMMARY"]) for entry in (await calendar(client, path)).walk("VEVENT")]


async def test_event_file_says_what_when_and_where(client: httpx.AsyncClient) -> None:
    await make_cluster("tab-mint", name="TAB_MINT")
    starts = datetime.fromisoformat("2027-03-28T09:00:00+02:00")
    event = await make_event(slug="auftakt", cluster="tab-mint", starts_at=starts, summary="Ein Tag, an dem …")
    read = await calendar(client, "/events/auftakt/calendar.ics")
    (entry,) = read.walk("VEVENT")
    assert str(entry["UID"]) == f"{event.id}@clustertreff.test"
    assert str(entry["SUMMARY"]) == "Auftakt in Halle"
    assert entry["DTSTART"].dt == starts
    assert str(entry["LOCATION"]) == "Werkhalle, Musterweg 1, 06112 Halle (Saale)"
    assert str(entry["DESCRIPTION"]) == "Ein Tag, an dem …"
    assert str(entry["URL"]) == "http://clustertreff.test/events/auftakt"
    assert entry["STATUS"] == "CONFIRMED"
    assert entry["CATEGORIES"].cats == ["TAB_MINT"]
    assert not entry.walk("VALARM")
    assert "NAME" not in read


async def test_event_file_is_named_after_the_event(client: httpx.AsyncClient) -> None:
    await make_event(slug="auftakt")
    answer = await client.get("/events/auftakt/calendar.ics")
    assert answer.headers["content-disposition"] == 'inline; filename="auftakt.ics"'


async def test_event_file_has_no_attendees_and_no_room(client: httpx.AsyncClient) -> None:
    event = await make_event(mode="online", online_url="https://room.example.org/secret-4711")
    made = await make_registration(event)
    text = (await client.get(f"/events/{event.slug}/calendar.ics")).text.replace("\r\n ", "")
    assert "ATTENDEE" not in text
    assert "secret-4711" not in text
    assert made.attendees[0].name not in text
    assert "LOCATION:Online" in text


async def test_event_without_a_place_yet_has_no_location(client: httpx.AsyncClient) -> None:
    event = await make_event(venue=Venue())
    (entry,) = (await calendar(client, f"/events/{event.slug}/calendar.ics")).walk("VEVENT")
    assert "LOCATION" not in entry


async def test_cancelled_event_is_cancelled_in_every_calendar(client: httpx.AsyncClient) -> None:
    await make_cluster("tab-mint")
    event = await make_event(cluster="tab-mint")
    await registration.cancel_event(event.slug, "Die Halle steht unter Wasser.", ADMIN)
    for path in (f"/events/{event.slug}/calendar.ics", "/clusters/tab-mint/calendar.ics", "/calendar.ics"):
        (entry,) = (await calendar(client, path)).walk("VEVENT")
        assert entry["STATUS"] == "CANCELLED"
        assert entry["SEQUENCE"] == 1
        assert "Wasser" in str(entry["DESCRIPTION"])


async def test_feed_of_all_has_every_public_event_and_a_name(client: httpx.AsyncClient) -> None:
    await make_cluster("tab-mint")
    await make_event(title="Eins", cluster="tab-mint", starts_at=soon(days=1))
    await make_event(title="Zwei", starts_at=soon(days=2))
    await make_event(title="Neulich", starts_at=soon(days=-300))
    await make_event(title="Lange her", starts_at=soon(days=-400))
    await make_event(title="Entwurf", published=False)
    assert await titles(client, "/calendar.ics") == ["Neulich", "Eins", "Zwei"]
    read = await calendar(client, "/calendar.ics")
    assert str(read["NAME"]) == str(read["X-WR-CALNAME"]) == "Veranstaltungen der Ausbildungscluster"
    assert read["REFRESH-INTERVAL"].dt == timedelta(hours=6)
    english = await calendar(client, "/calendar.ics", **{"Accept-Language": "en"})
    assert str(english["NAME"]) == "Events of the training clusters"


async def test_feed_without_events_is_a_calendar_still(client: httpx.AsyncClient) -> None:
    assert await titles(client, "/calendar.ics") == []


async def test_feed_of_a_cluster_has_its_events_only(client: httpx.AsyncClient) -> None:
    await make_cluster("tab-mint", name="TAB_MINT")
    await make_cluster("lausitz-cares")
    await make_event(title="Eigenes", cluster="tab-mint")
    await make_event(title="Fremdes", cluster="lausitz-cares")
    assert await titles(client, "/clusters/tab-mint/calendar.ics") == ["Eigenes"]
    assert str((await calendar(client, "/clusters/tab-mint/calendar.ics"))["NAME"]) == "TAB_MINT"


@pytest.mark.parametrize("path", ["/events/nowhere", "/clusters/nowhere", "/events/%00", "/clusters/%00"])
async def test_calendar_of_nothing_is_404(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(f"{path}/calendar.ics")).status_code == 404


async def test_calendar_of_a_draft_is_404(client: httpx.AsyncClient) -> None:
    event = await make_event(published=False)
    assert (await client.get(f"/events/{event.slug}/calendar.ics")).status_code == 404


@pytest.mark.parametrize("path", ["/events/auftakt/calendar.ics", "/clusters/tab-mint/calendar.ics", "/calendar.ics"])
async def test_unchanged_calendar_is_304_until_the_event_moves(client: httpx.AsyncClient, path: str) -> None:
    await make_cluster("tab-mint")
    event = await make_event(slug="auftakt", cluster="tab-mint")
    first = await client.get(path)
    known = {"If-None-Match": first.headers["etag"]}
    assert (await client.get(path, headers=known)).status_code == 304
    patch = EventPatch(title="Auftakt, verlegt", starts_at=event.public.starts_at + timedelta(hours=1))
    await registration.change_event("auftakt", patch, ADMIN)
    moved = await client.get(path, headers=known)
    assert moved.status_code == 200
    (entry,) = Calendar.from_ical(moved.content).walk("VEVENT")
    assert entry["SEQUENCE"] == 1
    assert str(entry["SUMMARY"]) == "Auftakt, verlegt"
