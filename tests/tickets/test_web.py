from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import httpx
import pytest
import zxingcpp
from icalendar import Calendar
from PIL import Image

from events_app.events.queries import EventRow
from events_app.events.schemas import EventPatch, RegistrationWindow
from events_app.kit import db
from events_app.registration import service as registration
from events_app.registration.schemas import AttendeeOut, SwapIn
from tests.factories import ADMIN, make_event, make_registration, soon
from tests.pagecheck import Page, sound

ROOM = "https://room.example.org/secret-4711"


async def ticket_of(event: EventRow, people: int = 1, **fields: Any) -> AttendeeOut:
    return (await make_registration(event, people, **fields)).attendees[0]


def path(attendee: AttendeeOut) -> str:
    return f"/tickets/{attendee.ticket_token}"


async def page(client: httpx.AsyncClient, address: str, **headers: str) -> Page:
    answer = await client.get(address, headers=headers)
    assert answer.status_code == 200, answer.text
    return sound(answer.text)


async def test_ticket_shows_who_when_where_and_its_code(client: httpx.AsyncClient) -> None:
    attendee = await ticket_of(await make_event())
    shown = await page(client, path(attendee))
    assert attendee.name in shown.text
    assert f"{attendee.short_code[:4]} {attendee.short_code[4:]}" in shown.text
    for words in ("Auftakt in Halle", "Werkstatt", "Musterweg 1", "06112 Halle (Saale)"):
        assert words in shown.text
    assert [image["src"] for image in shown.all("img")] == [f"{path(attendee)}.svg"]
    assert {f"{path(attendee)}.pdf", f"{path(attendee)}.png", f"{path(attendee)}/calendar.ics"} <= set(shown.links())
    assert any(link.startswith("webcal://clustertreff.test/feeds/") for link in shown.links())


async def test_ticket_speaks_english(client: httpx.AsyncClient) -> None:
    attendee = await ticket_of(await make_event())
    for shown in (
        await page(client, f"{path(attendee)}?lang=en"),
        await page(client, path(attendee), **{"Accept-Language": "en"}),
    ):
        assert "Put it into your calendar" in shown.text


@pytest.mark.parametrize("suffix", ["", ".svg", ".png", ".pdf", "/calendar.ics", "/feed.ics"])
async def test_ticket_stays_with_its_holder(client: httpx.AsyncClient, suffix: str) -> None:
    attendee = await ticket_of(await make_event())
    answer = await client.get(path(attendee) + suffix)
    assert answer.status_code == 200
    assert answer.headers["x-robots-tag"] == "noindex"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "public" not in answer.headers["cache-control"]
    if suffix != "/feed.ics":
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("suffix", [".png", ".svg"])
async def test_qr_holds_the_code(client: httpx.AsyncClient, suffix: str) -> None:
    attendee = await ticket_of(await make_event())
    answer = await client.get(path(attendee) + suffix)
    if suffix == ".svg":
        assert answer.headers["content-type"] == "image/svg+xml"
        assert answer.text.startswith("<?xml")
        return
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(answer.content)))
    assert found.text == attendee.code


async def test_pdf_is_one_page_of_this_ticket(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{path(await ticket_of(await make_event(slug='auftakt')))}.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'inline; filename="ticket-auftakt.pdf"'
    assert answer.content.startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"capacity": 0}, "waiting", "Sie stehen auf der Warteliste"),
        ({"registration": RegistrationWindow(approval=True)}, "pending", "Ihre Anmeldung wird geprüft"),
    ],
)
async def test_place_not_confirmed_is_no_ticket(
    client: httpx.AsyncClient, fields: dict[str, Any], status: str, words: str
) -> None:
    attendee = await ticket_of(await make_event(mode="hybrid", online_url=ROOM, **fields))
    assert attendee.status == status
    answer = await client.get(path(attendee))
    assert words in sound(answer.text).text
    assert f'href="{path(attendee)}/place"' in answer.text
    assert attendee.short_code not in answer.text.replace(" ", "")
    assert ROOM not in answer.text
    assert not sound(answer.text).all("img")
    for suffix in (".svg", ".png", ".pdf"):
        assert (await client.get(path(attendee) + suffix)).status_code == 404
    calendar = (await client.get(f"{path(attendee)}/calendar.ics")).content
    assert Calendar.from_ical(calendar).walk("VEVENT")[0]["STATUS"] == "TENTATIVE"
    assert b"secret-4711" not in calendar.replace(b"\r\n ", b"")


async def test_cancelled_place_is_no_ticket(client: httpx.AsyncClient) -> None:
    made = await make_registration(await make_event(), people=1)
    attendee = made.attendees[0]
    await registration.cancel_registration(made.id, ADMIN)
    answer = await client.get(path(attendee))
    assert "Dieser Platz ist abgesagt" in sound(answer.text).text
    assert (await client.get(f"{path(attendee)}.svg")).status_code == 404
    (entry,) = await entries(client, f"{path(attendee)}/calendar.ics")
    assert entry["STATUS"] == "CANCELLED"


async def test_ticket_of_a_cancelled_event_says_why(client: httpx.AsyncClient) -> None:
    event = await make_event()
    attendee = await ticket_of(event)
    await registration.cancel_event(event.slug, "Die Halle steht unter Wasser.", ADMIN)
    shown = await page(client, path(attendee))
    assert "Diese Veranstaltung ist abgesagt" in shown.text
    assert "Die Halle steht unter Wasser." in shown.text
    assert not shown.all("img")
    assert (await client.get(f"{path(attendee)}.pdf")).status_code == 404


async def test_ticket_of_a_past_event_thanks(client: httpx.AsyncClient) -> None:
    event = await make_event()
    attendee = await ticket_of(event)
    await db.execute("UPDATE event SET starts_at = now() - interval '2 days', ends_at = now() - interval '1 day'")
    assert "Danke, dass Sie dabei waren." in (await page(client, path(attendee))).text


async def test_swapped_ticket_belongs_to_the_colleague_alone(client: httpx.AsyncClient) -> None:
    made = await make_registration(await make_event(), people=1)
    old = made.attendees[0]
    swap = SwapIn("Kim", "Ersatz", "kim@example.org")
    new = (await registration.swap_attendee(made.id, old.id, swap, ADMIN)).attendees[0]
    gone = await client.get(path(old))
    assert gone.status_code == 404
    assert "Dieser Link zum Ticket gilt nicht (mehr)." in sound(gone.text).text
    assert "Kim Ersatz" in (await page(client, path(new))).text


@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 43 + ".svg", "%00", "ä" * 20, "." * 5])
@pytest.mark.parametrize("suffix", ["", "/calendar.ics", "/feed.ics"])
async def test_forged_link_opens_nothing(client: httpx.AsyncClient, token: str, suffix: str) -> None:
    answer = await client.get(f"/tickets/{token}{suffix}")
    assert answer.status_code == 404
    assert "Seite nicht gefunden" in sound(answer.text).text


@pytest.mark.parametrize("suffix", [".gif", ".", ".svg.png", ".PDF"])
async def test_unknown_file_of_a_ticket_is_404(client: httpx.AsyncClient, suffix: str) -> None:
    attendee = await ticket_of(await make_event())
    assert (await client.get(path(attendee) + suffix)).status_code == 404


@pytest.mark.parametrize("mode", ["online", "hybrid"])
async def test_confirmed_find_the_way_into_the_online_room(client: httpx.AsyncClient, mode: str) -> None:
    attendee = await ticket_of(await make_event(mode=mode, online_url=ROOM))
    shown = await page(client, path(attendee))
    (room,) = [link for link in shown.all("a") if link["href"] == ROOM]
    assert "noreferrer" in room["rel"]
    (entry,) = await entries(client, f"{path(attendee)}/calendar.ics")
    assert entry["CONFERENCE"] == ROOM


async def test_on_site_ticket_never_shows_an_online_room(client: httpx.AsyncClient) -> None:
    attendee = await ticket_of(await make_event(mode="onsite", online_url=ROOM))
    assert ROOM not in (await client.get(path(attendee))).text
    (entry,) = await entries(client, f"{path(attendee)}/calendar.ics")
    assert "CONFERENCE" not in entry


async def test_names_from_right_to_left_stand_apart(client: httpx.AsyncClient) -> None:
    person = {"given_name": "דנה", "family_name": "<b>כהן</b>", "email": "d@example.org"}
    attendee = (await make_registration(await make_event(), attendees=[person])).attendees[0]
    answer = await client.get(path(attendee))
    assert "<bdi>דנה &lt;b&gt;כהן&lt;/b&gt;</bdi>" in answer.text
    sound(answer.text)


async def entries(client: httpx.AsyncClient, address: str) -> list[Any]:
    answer = await client.get(address)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    return Calendar.from_ical(answer.content).walk("VEVENT")


async def test_calendar_carries_this_persons_entry_and_no_secret(client: httpx.AsyncClient) -> None:
    event = await make_event()
    attendee = await ticket_of(event)
    answer = await client.get(f"{path(attendee)}/calendar.ics")
    (entry,) = Calendar.from_ical(answer.content).walk("VEVENT")
    assert str(entry["UID"]) == f"{attendee.id}-event@clustertreff.test"
    assert entry["DTSTART"].dt == event.public.starts_at
    assert "ATTENDEE" not in entry
    unfolded = answer.content.replace(b"\r\n ", b"").decode()
    for secret in (attendee.ticket_token, attendee.short_code, attendee.code or "-"):
        assert secret not in unfolded


async def test_feed_follows_when_the_event_moves(client: httpx.AsyncClient) -> None:
    event = await make_event()
    attendee = await ticket_of(event)
    address = f"{path(attendee)}/feed.ics"
    first = await client.get(address)
    same = await client.get(address, headers={"If-None-Match": first.headers["etag"]})
    later = event.public.starts_at + timedelta(days=7)
    patch = EventPatch(starts_at=later, ends_at=later + timedelta(hours=2))
    await registration.change_event(event.slug, patch, ADMIN)
    moved = await client.get(address, headers={"If-None-Match": first.headers["etag"]})
    before, after = (Calendar.from_ical(answer.content).walk("VEVENT")[0] for answer in (first, moved))
    assert (same.status_code, same.content, moved.status_code) == (304, b"", 200)
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] == before["SEQUENCE"] + 1
    assert after["DTSTART"].dt == later


async def test_feed_says_its_name_and_when_to_come_back(client: httpx.AsyncClient) -> None:
    attendee = await ticket_of(await make_event(title="Auftakt", starts_at=soon(days=3)))
    answer = await client.get(f"{path(attendee)}/feed.ics")
    calendar = Calendar.from_ical(answer.content)
    assert str(calendar["NAME"]) == "Auftakt"
    assert calendar["REFRESH-INTERVAL"].dt == timedelta(hours=1)
    assert answer.headers["cache-control"] == "private, no-cache"
