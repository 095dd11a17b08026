"""Feeds: a person's own with an address of its own, and what public ones say of what is over or cancelled."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest
from icalendar import Calendar

from events_app.accounts.rules import Actor
from events_app.calendar import queries, service
from events_app.events import service as events
from events_app.events.calendar_links import calendar_links
from events_app.events.schemas import AgendaItem, EventPatch, Venue
from events_app.kit import clock, db, settings
from events_app.kit.settings import Settings
from events_app.registration import service as registration
from events_app.registration.schemas import SwapIn
from events_app.registration.service import erase
from tests.factories import ADMIN, make_cluster, make_event, make_registration, soon
from tests.pagecheck import Page

HOUR = timedelta(hours=1)


async def fetched(client: httpx.AsyncClient, path: str) -> Any:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return Calendar.from_ical(answer.content)


async def feed_path(client: httpx.AsyncClient, ticket_token: str) -> str:
    """The address that the ticket's page tells."""
    page = Page((await client.get(f"/tickets/{ticket_token}")).text)
    [link] = [attrs["href"] for tag, attrs in page.elements if tag == "a" and attrs["href"].startswith("webcal://")]
    return urlsplit(link).path


async def test_ticket_page_tells_a_feed_that_is_not_the_tickets_link(client: httpx.AsyncClient) -> None:
    event = await make_event()
    person = (await make_registration(event, 1)).attendees[0]
    path = await feed_path(client, person.ticket_token)
    assert person.ticket_token not in path
    answer = await client.get(path)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "last-modified" in answer.headers
    read = Calendar.from_ical(answer.content)
    assert str(read["NAME"]) == str(read["X-WR-CALNAME"]) == "Auftakt in Halle"
    assert read["REFRESH-INTERVAL"].dt == HOUR
    assert str(read["X-PUBLISHED-TTL"]) == "PT1H"
    assert str(read.walk("VEVENT")[0]["UID"]).startswith(str(person.id))
    known = {"If-None-Match": answer.headers["etag"]}
    assert (await client.get(path, headers=known)).status_code == 304


async def test_new_address_ends_the_old_ones_and_leaves_the_ticket_alone(client: httpx.AsyncClient) -> None:
    person = (await make_registration(await make_event(), 1)).attendees[0]
    ticket = f"/tickets/{person.ticket_token}"
    old = await feed_path(client, person.ticket_token)
    answer = await client.post(f"{ticket}/feed/renew")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ticket}?done=feed")
    new = await feed_path(client, person.ticket_token)
    assert (await client.get(old)).status_code == 404
    assert (await client.get(f"{ticket}/feed.ics")).status_code == 404
    assert (await client.get(f"{ticket}/calendar.ics")).status_code == 200
    await fetched(client, new)
    await client.post(f"{ticket}/feed/renew")
    assert (await client.get(new)).status_code == 404
    assert "neue Adresse" in (await client.get(f"{ticket}?done=feed")).text


async def test_reading_the_page_renews_nothing(client: httpx.AsyncClient) -> None:
    person = (await make_registration(await make_event(), 1)).attendees[0]
    assert (await client.get(f"/tickets/{person.ticket_token}/feed/renew")).status_code == 405
    assert await feed_path(client, person.ticket_token) == await feed_path(client, person.ticket_token)


@pytest.mark.parametrize("token", ["x", "x.ics", "%00.ics", "A" * 43 + ".ics"])
async def test_invented_feed_address_is_404(client: httpx.AsyncClient, token: str) -> None:
    assert (await client.get(f"/feeds/{token}")).status_code == 404


async def test_ticket_link_opens_no_feed_and_feed_link_no_ticket(client: httpx.AsyncClient) -> None:
    person = (await make_registration(await make_event(), 1)).attendees[0]
    feed = await feed_path(client, person.ticket_token)
    assert (await client.get(f"/feeds/{person.ticket_token}.ics")).status_code == 404
    token = feed.rpartition("/")[2].removesuffix(".ics")
    assert (await client.get(f"/tickets/{token}")).status_code == 404


async def test_feed_of_who_was_swapped_out_says_cancelled_for_thirty_days(
    client: httpx.AsyncClient, app_settings: Settings
) -> None:
    registered = await make_registration(await make_event(starts_at=soon(days=90)), 1)
    leaving = registered.attendees[0]
    old = await feed_path(client, leaving.ticket_token)
    swapped = await registration.swap_attendee(registered.id, leaving.id, SwapIn("Neu", "Hier", None), ADMIN)
    [gone] = (await fetched(client, old)).walk("VEVENT")
    assert (gone["STATUS"], gone["SEQUENCE"]) == ("CANCELLED", 1)
    new = await feed_path(client, swapped.attendees[0].ticket_token)
    assert new != old
    [live] = (await fetched(client, new)).walk("VEVENT")
    assert (live["STATUS"], live["SEQUENCE"]) == ("CONFIRMED", 0)
    settings.use(replace(app_settings, fixed_now=datetime.now(UTC) + timedelta(days=31)))
    assert (await fetched(client, old)).walk("VEVENT") == []


async def test_feed_of_an_erased_person_ends(client: httpx.AsyncClient) -> None:
    registered = await make_registration(await make_event(), 1)
    person = registered.attendees[0]
    feed = await feed_path(client, person.ticket_token)
    await erase.erase_attendee(registered.id, person.id, Actor("attendee", person.id))
    assert (await client.get(feed)).status_code == 404


async def test_online_room_stands_in_feeds_of_the_confirmed_alone(client: httpx.AsyncClient) -> None:
    agenda = [AgendaItem(soon(), "Werkstatt", choosable=True)]
    event = await make_event(mode="online", online_url="https://room.example.org/4711", capacity=1, agenda=agenda)
    confirmed = (await make_registration(event, 1)).attendees[0]
    waiting = (await make_registration(event, 1)).attendees[0]
    await service.choose(event.id, confirmed.id, [event.agenda[0].id or uuid4()], Actor("attendee", confirmed.id))
    inside = await fetched(client, await feed_path(client, confirmed.ticket_token))
    assert {one["CONFERENCE"] for one in inside.walk("VEVENT")} == {"https://room.example.org/4711"}
    assert len(inside.walk("VEVENT")) == 2
    outside = (await client.get(await feed_path(client, waiting.ticket_token))).text
    assert "STATUS:TENTATIVE" in outside
    assert "4711" not in outside


async def test_public_feed_forgets_what_was_cancelled_after_thirty_days(
    client: httpx.AsyncClient, app_settings: Settings
) -> None:
    event = await make_event(starts_at=soon(days=60))
    await registration.cancel_event(event.slug, "Sturm", ADMIN)
    first = await client.get("/calendar.ics")
    assert b"STATUS:CANCELLED" in first.content
    for days, entries in ((29, 1), (31, 0)):
        settings.use(replace(app_settings, fixed_now=datetime.now(UTC) + timedelta(days=days)))
        now = await client.get("/calendar.ics", headers={"If-None-Match": first.headers["etag"]})
        assert now.status_code == (304 if entries else 200)
    assert Calendar.from_ical(now.content).walk("VEVENT") == []


async def test_public_feed_tells_when_it_changed_last(client: httpx.AsyncClient) -> None:
    event = await make_event()
    answer = await client.get("/calendar.ics")
    assert answer.headers["last-modified"] == event.updated_at.strftime("%a, %d %b %Y %H:%M:%S GMT")


async def test_mark_of_a_feed_depends_on_whatever_its_bytes_do(
    client: httpx.AsyncClient, app_settings: Settings
) -> None:
    cluster = await make_cluster("tab-mint", name="TAB_MINT")
    await make_event(cluster="tab-mint", title="Eins")
    marks = [await mark(client)]
    await make_event(cluster="tab-mint", title="Zwei")
    marks.append(await mark(client))
    await db.execute("UPDATE cluster SET name = 'TAB_NEU' WHERE id = $1", cluster.id)
    marks.append(await mark(client))
    settings.use(replace(app_settings, mail_from="Andere <andere@example.org>"))
    marks.append(await mark(client))
    assert len(set(marks)) == 4
    assert await mark(client) == marks[-1]


async def mark(client: httpx.AsyncClient) -> str:
    return str((await client.get("/clusters/tab-mint/calendar.ics")).headers["etag"])


async def test_drafts_and_full_houses_change_no_feed(client: httpx.AsyncClient) -> None:
    event = await make_event()
    before = (await client.get("/calendar.ics")).headers["etag"]
    await make_event(published=False)
    await make_registration(event, 3)
    assert (await client.get("/calendar.ics")).headers["etag"] == before


async def test_feed_is_sent_gzipped_to_who_takes_it(client: httpx.AsyncClient) -> None:
    await make_event()
    async with client.stream("GET", "/calendar.ics", headers={"Accept-Encoding": "gzip"}) as answer:
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert answer.headers["content-encoding"] == "gzip"
    assert b"BEGIN:VEVENT" in gzip.decompress(raw)


async def test_feed_of_many_keeps_the_latest(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MOST", 2)
    for days in (1, 2, 3):
        await make_event(title=f"In {days}", starts_at=soon(days=days))
    assert [one.title for one in await queries.public_events(None, clock.now())] == ["In 2", "In 3"]
    assert (await queries.extent(None, clock.now())).count == 2


async def test_entry_has_the_position_of_its_town(client: httpx.AsyncClient) -> None:
    await make_event(slug="halle")
    [entry] = (await fetched(client, "/events/halle/calendar.ics")).walk("VEVENT")
    latitude, longitude = entry["GEO"].to_ical().split(";")
    assert (round(float(latitude)), round(float(longitude))) == (51, 12)
    await make_event(slug="online", mode="online", online_url="https://room.example.org/1")
    [entry] = (await fetched(client, "/events/online/calendar.ics")).walk("VEVENT")
    assert "GEO" not in entry


@pytest.mark.parametrize(("ends", "last"), [("2027-03-02T23:59+01:00", 3), ("2027-03-03T00:00+01:00", 3)])
async def test_event_without_a_time_of_day_takes_whole_days(client: httpx.AsyncClient, ends: str, last: int) -> None:
    starts_at = datetime.fromisoformat("2027-03-01T00:00+01:00")
    await make_event(slug="tage", starts_at=starts_at, ends_at=datetime.fromisoformat(ends))
    [entry] = (await fetched(client, "/events/tage/calendar.ics")).walk("VEVENT")
    assert (entry.start.isoformat(), entry.end.isoformat()) == ("2027-03-01", f"2027-03-0{last}")


async def test_links_to_other_calendars_carry_public_facts_alone(client: httpx.AsyncClient) -> None:
    starts = datetime.fromisoformat("2027-03-28T09:00:00+02:00")
    event = await make_event(
        slug="auftakt",
        starts_at=starts,
        summary="Ein Tag & mehr",
        mode="hybrid",
        online_url="https://room.example.org/4711",
    )
    person = (await make_registration(event, 1)).attendees[0]
    for path in ("/events/auftakt", f"/tickets/{person.ticket_token}"):
        page = Page((await client.get(path)).text)
        links = {urlsplit(attrs.get("href", "")).hostname: attrs for tag, attrs in page.elements if tag == "a"}
        google = parse_qs(urlsplit(links["calendar.google.com"]["href"]).query)
        assert google["dates"] == ["20270328T070000Z/20270328T120000Z"]
        assert google["text"] == ["Auftakt in Halle"]
        assert google["details"] == ["Ein Tag & mehr\n\nhttp://clustertreff.test/events/auftakt"]
        outlook = parse_qs(urlsplit(links["outlook.office.com"]["href"]).query)
        assert outlook["startdt"] == ["2027-03-28T07:00:00Z"]
        assert outlook["location"] == ["Werkhalle, Musterweg 1, 06112 Halle (Saale)"]
        for host in ("calendar.google.com", "outlook.office.com"):
            assert "noreferrer" in links[host]["rel"]
            for secret in (person.ticket_token, "4711", str(person.id), person.name):
                assert secret not in links[host]["href"]
        page_hosts = {urlsplit(attrs.get("src", "")).hostname for _, attrs in page.elements}
        assert page_hosts == {None}


async def test_links_for_whole_days_name_the_day_after_the_last(database: None) -> None:
    starts = datetime.fromisoformat("2027-03-01T00:00+01:00")
    event = await make_event(starts_at=starts, ends_at=starts + timedelta(days=2, minutes=-1), summary="x" * 900)
    links = calendar_links(event.public, "https://example.org/e")
    assert parse_qs(urlsplit(links.google).query)["dates"] == ["20270301/20270303"]
    outlook = parse_qs(urlsplit(links.outlook).query)
    assert (outlook["startdt"], outlook["enddt"], outlook["allday"]) == (["2027-03-01"], ["2027-03-03"], ["true"])
    assert len(links.google) < 2000


async def test_event_page_offers_the_file_and_a_subscription(client: httpx.AsyncClient) -> None:
    await make_event(slug="auftakt")
    page = (await client.get("/events/auftakt")).text
    assert 'href="webcal://clustertreff.test/events/auftakt/calendar.ics"' in page
    assert 'href="/events/auftakt/calendar.ics"' in page


async def test_moved_event_keeps_its_uid_in_public_files(client: httpx.AsyncClient) -> None:
    event = await make_event(slug="auftakt")
    [before] = (await fetched(client, "/events/auftakt/calendar.ics")).walk("VEVENT")
    await registration.change_event("auftakt", EventPatch(venue=Venue(name="Anderswo")), ADMIN)
    [after] = (await fetched(client, "/events/auftakt/calendar.ics")).walk("VEVENT")
    assert before["UID"] == after["UID"] == f"{event.id}@clustertreff.test"
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 1)
    assert (await events.event_by_id(event.id)).sequence == 1
