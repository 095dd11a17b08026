"""Registering at the entrance: the poster, its form on the visitor's phone, the ticket, and a helper's tap."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import typst
import zxingcpp
from PIL import Image

from events_app.checkin import poster, service
from events_app.checkin.poster import PosterSheet
from events_app.checkin.schemas import WalkInIn
from events_app.checkin.typeset import poster_pdf
from events_app.events.queries import EventRow
from events_app.kit import db
from events_app.kit.errors import EventFull, NotFound
from events_app.registration import service as registrations
from events_app.registration.schemas import Consents, OrganisationIn
from tests.checkin.doorway import Doorway, open_door, paired, visitor
from tests.checkin.test_web import log_in
from tests.factories import ADMIN, auth, make_event, make_registration
from tests.registration.test_web import solved

BEGINS = datetime(2026, 11, 5, 9, tzinfo=UTC)
ENDS = BEGINS + timedelta(hours=5)
SHEET = PosterSheet(
    "Auftakt: Ausbildung im Verbund", "TAB_MINT", "https://t.example.org/w/7K2M-9XQA", "t.example.org/w/7K2M-9XQA"
)


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        (BEGINS - timedelta(hours=4, seconds=1), False),
        (BEGINS - timedelta(hours=4), True),
        (ENDS + timedelta(hours=2), True),
        (ENDS + timedelta(hours=2, seconds=1), False),
    ],
)
def test_form_is_open_from_four_hours_before_to_two_hours_after(now: datetime, *, is_open: bool) -> None:
    assert poster.is_open(BEGINS, ENDS, now) is is_open


def test_key_is_read_as_people_type_it() -> None:
    key = poster.new_key()
    assert poster.read_key(f" {key[:4].lower()}-{key[4:]} ") == key
    assert poster.read_key("") is None
    assert poster.read_key("\0" * 500) is None
    assert poster.new_key() != key


@pytest.mark.parametrize("event", ["Auftakt", "Ein sehr langer Titel einer Veranstaltung " * 8, "W" * 200, ""])
def test_poster_is_one_page_whose_code_leads_to_the_form(event: str, tmp_path: Path) -> None:
    made = poster_pdf(PosterSheet(event, "TAB_MINT", SHEET.address, SHEET.typed), "de")
    assert b"/Type/Pages/Count 1" in made
    assert b"<pdfuaid:part>1</pdfuaid:part>" in made
    (tmp_path / "poster.pdf").write_bytes(made)
    page = tmp_path / "page.typ"
    page.write_text('#set page(width: 210mm, height: 297mm, margin: 0mm)\n#image("poster.pdf")')
    png = typst.compile(page, root=tmp_path, format="png", ppi=100, ignore_system_fonts=True)
    assert isinstance(png, bytes)
    (barcode,) = zxingcpp.read_barcodes(Image.open(BytesIO(png)))
    assert barcode.text == SHEET.address
    width_px = barcode.position.top_right.x - barcode.position.top_left.x
    assert width_px / 100 * 2.54 > 6


def test_poster_puts_the_readers_language_on_top() -> None:
    german, english = poster_pdf(SHEET, "de"), poster_pdf(SHEET, "en")
    assert b"/Lang(de-DE)" in german
    assert b"/Lang(en-GB)" in english
    assert german != english


async def running(**fields: Any) -> EventRow:
    """An event that is going on, with a poster."""
    begins = datetime.now(UTC) - timedelta(hours=1)
    event = await make_event(starts_at=begins, ends_at=begins + timedelta(hours=5), **fields)
    await service.make_poster(event.slug, ADMIN)
    return event


async def key_of(event: EventRow) -> str:
    return (await service.entrance(event.slug, ADMIN)).key or ""


async def form_of(event: EventRow) -> str:
    return f"/events/{event.slug}/walk-in/{await key_of(event)}"


def entered(**changes: str) -> dict[str, str]:
    return {
        "form": str(uuid4()),
        "given_name": "Jördis",
        "family_name": "Größlein",
        "organisation.name": "Saaleblick GmbH",
        "organisation.kind": "company",
        "email": "",
        "consents.privacy": "yes",
        "altcha": solved(),
        **changes,
    }


@pytest.fixture
async def event(database: None) -> EventRow:
    return await running()


async def test_visitor_gets_a_ticket_at_once_and_a_scan_admits_them(client: httpx.AsyncClient, event: EventRow) -> None:
    form = await form_of(event)
    assert 'name="given_name"' in (await client.get(form)).text
    answer = await client.post(form, data=entered())
    assert answer.status_code == 303
    mine = answer.headers["location"]
    page = (await client.get(mine)).text
    assert "Wartet auf Einlass" in page
    assert "data-refetch" in page
    ticket = re.search(r"/tickets/([\w-]{43})\.svg", page)
    assert ticket is not None
    door, _ = await paired(event.slug)
    code = await db.fetch_value("SELECT short_code FROM ticket")
    [scanned] = await service.search(door, "Größlein")
    assert scanned.status == "confirmed"
    answers = await Doorway(event, [], door, "").scan(code)
    assert answers.result == "admitted"
    after = (await client.get(mine)).text
    assert "Sie sind drin" in after
    assert "data-refetch" not in after
    assert await db.fetch_value("SELECT source FROM registration") == "walk_in"
    assert await db.fetch_value("SELECT taken FROM event_seats WHERE event = $1", event.id) == 1


async def test_same_form_sent_twice_is_one_person(client: httpx.AsyncClient, event: EventRow) -> None:
    form, body = await form_of(event), entered()
    first, second = await client.post(form, data=body), await client.post(form, data={**body, "altcha": solved()})
    assert first.headers["location"] == second.headers["location"]
    assert await db.fetch_value("SELECT count(*) FROM attendee") == 1


async def test_consents_are_kept_with_their_wording(client: httpx.AsyncClient, event: EventRow) -> None:
    await client.post(await form_of(event), data=entered(email="j@example.org", **{"consents.newsletter": "yes"}))
    kept = await db.fetch_value("SELECT consents FROM registration")
    assert '"wording"' in kept
    assert kept.count('"given": true') == 2
    mails = await db.fetch("SELECT kind FROM outbox_mail WHERE recipient = 'j@example.org'")
    assert "ticket" in {row["kind"] for row in mails}


async def test_newsletter_needs_an_address(client: httpx.AsyncClient, event: EventRow) -> None:
    await client.post(await form_of(event), data=entered(**{"consents.newsletter": "yes"}))
    assert (await db.fetch_value("SELECT consents FROM registration")).count('"given": true') == 1


async def test_form_says_at_the_fields_what_is_missing(client: httpx.AsyncClient, event: EventRow) -> None:
    empty = {"form": str(uuid4()), "altcha": solved(), "given_name": "Jördis", "email": "kaputt@"}
    answer = await client.post(await form_of(event), data=empty)
    assert answer.status_code == 400
    for field in ("family_name", "organisation-name", "email", "consents-privacy"):
        assert f'id="f-{field}-error"' in answer.text
    assert 'value="Jördis"' in answer.text
    assert await db.fetch_value("SELECT count(*) FROM registration") == 0


async def test_somebody_registered_already_is_told_so_and_a_namesake_gets_in(
    client: httpx.AsyncClient, event: EventRow
) -> None:
    form = await form_of(event)
    await client.post(form, data=entered())
    again = await client.post(form, data=entered(given_name="JÖRDIS", email="other@example.org"))
    assert again.status_code == 409
    assert "schon angemeldet" in again.text
    assert 'name="namesake"' in again.text
    assert (await client.post(form, data=entered(namesake="yes"))).status_code == 303
    assert await db.fetch_value("SELECT count(*) FROM attendee") == 2


async def test_same_person_with_the_same_address_is_told_at_the_address(
    client: httpx.AsyncClient, event: EventRow
) -> None:
    form = await form_of(event)
    await client.post(form, data=entered(email="j@example.org"))
    again = await client.post(form, data=entered(email="j@example.org", namesake="yes"))
    assert again.status_code == 409
    assert 'id="f-email-error"' in again.text


async def test_programs_are_kept_out(client: httpx.AsyncClient, event: EventRow) -> None:
    form = await form_of(event)
    assert (await client.post(form, data=entered(website="x"))).status_code == 403
    unproved = await client.post(form, data=entered(altcha=""))
    assert unproved.status_code == 403
    assert "JavaScript" in unproved.text
    assert 'value="Größlein"' in unproved.text
    assert await db.fetch_value("SELECT count(*) FROM registration") == 0


async def test_form_is_shut_on_other_days(client: httpx.AsyncClient, database: None) -> None:
    event = await make_event()
    await service.make_poster(event.slug, ADMIN)
    form = await form_of(event)
    page = await client.get(form)
    assert page.status_code == 200
    assert "nur an den Tagen der Veranstaltung" in page.text
    assert 'name="given_name"' not in page.text
    assert (await client.post(form, data=entered())).status_code == 409
    assert await db.fetch_value("SELECT count(*) FROM registration") == 0


async def test_only_the_posters_own_key_opens_the_form(client: httpx.AsyncClient, event: EventRow) -> None:
    other = await running(title="Andere")
    old = await form_of(event)
    for path in (f"/events/{event.slug}/walk-in/{await key_of(other)}", f"/events/{event.slug}/walk-in/falsch", "/w/x"):
        assert (await client.get(path)).status_code == 404
    await service.make_poster(event.slug, ADMIN)
    assert (await client.get(old)).status_code == 404
    assert (await client.post(old, data=entered())).status_code == 404
    renewed = await form_of(event)
    assert (await client.get(renewed)).status_code == 200
    await service.remove_poster(event.slug, ADMIN)
    assert (await client.get(renewed)).status_code == 404


async def test_short_address_leads_to_the_form(client: httpx.AsyncClient, event: EventRow) -> None:
    key = await key_of(event)
    answer = await client.get(f"/w/{key[:4].lower()}-{key[4:]}")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"/events/{event.slug}/walk-in/")
    assert (await client.get(answer.headers["location"])).status_code == 200


async def test_who_tries_many_keys_has_to_wait(client: httpx.AsyncClient, database: None) -> None:
    codes = [(await client.get(f"/w/AAAA-{number:04}")).status_code for number in range(122)]  # a minute may end within
    assert codes[0] == 404
    assert 429 in codes


async def test_other_events_ticket_is_not_shown_at_this_entrance(client: httpx.AsyncClient, event: EventRow) -> None:
    other = await make_event(title="Andere")
    ticket = (await make_registration(other, 1)).attendees[0].ticket_token
    assert (await client.get(f"{await form_of(event)}/{ticket}")).status_code == 404


async def full(client: httpx.AsyncClient) -> tuple[EventRow, str]:
    """An event whose one seat is taken, and the page of a visitor who came too late."""
    event = await running(capacity=1, waiting_list=True)
    form = await form_of(event)
    assert (await client.post(form, data=entered())).status_code == 303
    assert "Alle Plätze sind belegt" in (await client.get(form)).text
    late = await client.post(form, data=entered(given_name="Zu", family_name="Spät"))
    assert late.status_code == 303
    return event, late.headers["location"]


async def test_when_all_seats_are_taken_a_helper_decides_at_the_desk(client: httpx.AsyncClient, database: None) -> None:
    event, page = await full(client)
    shown = (await client.get(page)).text
    assert "Der Einlass entscheidet" in shown
    assert ".svg" not in shown.partition("how-it-stands")[2]
    assert await db.fetch_value("SELECT taken FROM event_seats WHERE event = $1", event.id) == 1
    door, _ = await paired(event.slug)
    code = await db.fetch_value("SELECT short_code FROM ticket WHERE family_name = 'Spät'")
    refused = await Doorway(event, [], door, "").scan(code)
    assert (refused.result, refused.reason) == ("refused", "pending")
    await log_in(client)
    desk = (await client.get(f"/desk/events/{event.slug}/entrance")).text
    assert "Zu Spät" in desk
    seat = re.search(r'action="([^"]+/seat)"', desk)
    assert seat is not None
    assert (await client.post(seat[1])).status_code == 303
    assert (await client.post(seat[1])).status_code == 303
    assert "Wartet auf Einlass" in (await client.get(page)).text
    assert (await Doorway(event, [], door, "").scan(code)).result == "admitted"
    assert await db.fetch_value("SELECT taken FROM event_seats WHERE event = $1", event.id) == 2


async def test_seat_at_the_door_keeps_to_the_capacity_unless_told_otherwise(
    client: httpx.AsyncClient, database: None
) -> None:
    event, _ = await full(client)
    late = await db.fetch_value("SELECT registration FROM attendee WHERE family_name = 'Spät'")
    with pytest.raises(EventFull):
        await registrations.seat_at_the_door(late, ADMIN)
    made = await registrations.seat_at_the_door(late, ADMIN, over_capacity=True)
    assert made.status == "confirmed"
    assert await db.fetch_value("SELECT excess FROM event_seats WHERE event = $1", event.id) == 1


async def test_only_walk_ins_are_seated_at_the_door(database: None) -> None:
    doorway = await open_door()
    someone = await db.fetch_value("SELECT registration FROM attendee LIMIT 1")
    with pytest.raises(NotFound):
        await registrations.seat_at_the_door(someone, ADMIN)
    other = await make_event(title="Andere")
    with pytest.raises(NotFound):
        await service.seat_walk_in(other.slug, someone, ADMIN)
    assert doorway.event.id != other.id


async def test_walk_in_at_the_device_is_refused_rather_than_left_pending(database: None) -> None:
    """The helper stands there and decides at once: by `over_capacity`."""
    event = await running(capacity=1)
    door, _ = await paired(event.slug)
    someone = WalkInIn(uuid4(), "Eine", "Person", OrganisationIn("Werk", "company"), Consents(privacy=True))
    await service.walk_in(door, someone)
    other = WalkInIn(uuid4(), "Noch", "Eine", OrganisationIn("Werk", "company"), Consents(privacy=True))
    with pytest.raises(EventFull):
        await service.walk_in(door, other)


async def test_desk_makes_renews_and_removes_the_poster(client: httpx.AsyncClient, database: None) -> None:
    event = await make_event()
    await log_in(client)
    at = f"/desk/events/{event.slug}/entrance"
    assert "Noch gibt es keinen Aushang" in (await client.get(at)).text
    assert (await client.get(f"{at}/poster.pdf")).status_code == 404
    assert (await client.post(at)).status_code == 303
    page = (await client.get(at)).text
    assert f"/w/{(await key_of(event))[:4]}-" in page
    assert '<svg xmlns="http' in page
    file = await client.get(f"{at}/poster.pdf")
    assert file.headers["content-type"] == "application/pdf"
    before = await key_of(event)
    await client.post(at)
    assert await key_of(event) != before
    await client.post(f"{at}/remove")
    assert await key_of(event) == ""
    assert await db.fetch_value("SELECT count(*) FROM audit_entry WHERE action LIKE 'poster-%'") == 3


async def test_entrance_is_its_own_agents_only(client: httpx.AsyncClient, event: EventRow) -> None:
    at = f"/desk/events/{event.slug}/entrance"
    assert (await client.get(at)).headers["location"].startswith("/login")
    await log_in(client, "tab-bau")
    answers = [
        await client.get(at),
        await client.post(at),
        await client.get(f"{at}/poster.pdf"),
        await client.post(f"{at}/remove"),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4


async def test_device_lets_somebody_in_for_whom_no_seat_was_left(client: httpx.AsyncClient, database: None) -> None:
    event, page = await full(client)
    door, token = await paired(event.slug)
    [late] = await service.search(door, "Spät")
    assert late.status == "pending"
    at, body = f"/api/v1/door/walk-ins/{late.attendee_id}/admission", {"id": str(uuid4())}
    refused = await client.post(at, json=body, headers=auth(token))
    assert (refused.status_code, refused.json()["code"]) == (409, "event_full")
    answers = [await client.post(at, json={**body, "over_capacity": True}, headers=auth(token)) for _ in range(2)]
    assert [answer.json()["result"] for answer in answers] == ["admitted", "admitted"]
    assert answers[0].json()["status"] == "confirmed"
    assert "Sie sind drin" in (await client.get(page)).text
    assert await db.fetch_value("SELECT taken FROM event_seats WHERE event = $1", event.id) == 2
    assert (await service.entrance(event.slug, ADMIN)).pending == []


async def test_device_lets_in_by_this_way_only_those_who_came_by_the_poster(
    client: httpx.AsyncClient, database: None
) -> None:
    doorway, other = await open_door(), await open_door(title="Andere")
    for someone in (doorway.people[0], other.people[0]):
        path, headers = f"/api/v1/door/walk-ins/{someone.id}", auth(doorway.token)
        answer = await client.post(f"{path}/admission", json={"id": str(uuid4())}, headers=headers)
        assert answer.status_code == 404
        assert (await client.post(f"{path}/refusal", headers=headers)).status_code == 404
    assert await db.fetch_value("SELECT count(*) FROM scan") == 0


async def test_device_sees_who_waits_for_a_decision_and_turns_them_away(
    client: httpx.AsyncClient, database: None
) -> None:
    event, page = await full(client)
    door, token = await paired(event.slug)
    code = await db.fetch_value("SELECT short_code FROM ticket WHERE family_name = 'Spät'")
    refused = await Doorway(event, [], door, "").scan(code)
    [late] = (await client.get("/api/v1/door/walk-ins", headers=auth(token))).json()["items"]
    assert (late["name"], late["asks"], late["attendee_id"]) == ("Zu Spät", True, str(refused.asks))
    assert (await service.counters(door)).asking == 1
    at = f"/api/v1/door/walk-ins/{late['attendee_id']}/refusal"
    answers = [await client.post(at, headers=auth(token)) for _ in range(2)]
    assert [answer.json()["status"] for answer in answers] == ["cancelled", "cancelled"]
    assert "Dieser Platz ist abgesagt" in (await client.get(page)).text
    assert (await service.counters(door)).asking == 0
    assert await service.asking(door) == []
    assert await db.fetch_value("SELECT taken FROM event_seats WHERE event = $1", event.id) == 1


async def test_desk_turns_away_while_the_event_is_running(client: httpx.AsyncClient, database: None) -> None:
    event, _ = await full(client)
    await log_in(client)
    desk = (await client.get(f"/desk/events/{event.slug}/entrance")).text
    refusal = re.search(r'action="([^"]+/refusal)"', desk)
    assert refusal is not None
    assert (await client.post(refusal[1])).status_code == 303
    assert (await service.entrance(event.slug, ADMIN)).pending == []
    other = await make_event(title="Andere")
    with pytest.raises(NotFound):
        await service.turn_walk_in_away(other.slug, UUID(refusal[1].split("/")[-2]), ADMIN)


async def test_last_seat_is_given_once_and_everybody_else_waits_for_a_decision(database: None) -> None:
    event = await running(capacity=3)
    made = await asyncio.gather(*(service.register_visitor(event, visitor(number)) for number in range(12)))
    assert sorted(one.status for one in made) == ["confirmed"] * 3 + ["pending"] * 9
    assert await db.fetch_value("SELECT taken FROM event_seats WHERE event = $1", event.id) == 3
    assert len((await service.entrance(event.slug, ADMIN)).pending) == 9


async def test_same_form_sent_by_many_taps_at_once_is_one_person(database: None) -> None:
    event = await running()
    taps = [visitor(1)] * 8
    made = await asyncio.gather(*(service.register_visitor(event, tap) for tap in taps))
    assert len({one.id for one in made}) == 1
    assert await db.fetch_value("SELECT count(*) FROM attendee") == 1
