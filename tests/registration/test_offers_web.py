from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any

import httpx

from events_app.events.queries import EventRow
from events_app.kit import clock, settings
from events_app.kit.settings import Settings
from events_app.registration import service
from events_app.registration.schemas import RegistrationOut
from tests.factories import ADMIN, make_event, make_registration
from tests.pagecheck import Page


async def offered(people: int, **fields: Any) -> tuple[EventRow, RegistrationOut]:
    """A registration in line for whose people seats have just become free."""
    event = await make_event(capacity=people)
    first = await make_registration(event, people)
    made = await make_registration(event, people, **fields)
    await service.cancel_registration(first.id, ADMIN)
    return event, made


def button_of(html: str, words: str) -> tuple[str, dict[str, str]]:
    """(address, fields) of the form whose button says so."""
    for action, body in re.findall(r'<form method="post" action="([^"]+)" data-once>(.*?)</form>', html, re.DOTALL):
        if words in unescape(body):
            return action, dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', body))
    raise AssertionError(f"no button {words!r}")


async def test_manage_page_takes_an_offered_seat_with_one_button(client: httpx.AsyncClient) -> None:
    _, made = await offered(1)
    home = f"/registrations/{made.manage_token}"
    page = await client.get(home)
    Page(page.text)
    assert "Ein Platz ist frei geworden: bitte bis" in page.text
    assert "Warteliste, Platz 1" in page.text
    own = Page((await client.get(f"/tickets/{made.attendees[0].ticket_token}/place")).text).text
    assert "Warteliste, Platz 1" in own
    assert "Für Sie ist bis" in own
    assert "Der Platz auf der Warteliste verfällt dann." in (await client.get(f"{home}/cancel")).text
    assert (await service.get_registration(made.id)).status == "waiting"  # opening it takes nothing
    action, fields = button_of(page.text, "Platz annehmen")
    answer = await client.post(action, data=fields)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{home}?done=taken")
    done = await client.get(answer.headers["location"])
    assert "Der Platz gehört Ihnen" in done.text
    assert "Platz annehmen" not in done.text


async def test_manage_page_lets_one_be_taken_and_another_declined(client: httpx.AsyncClient) -> None:
    _, made = await offered(2)
    home = f"/registrations/{made.manage_token}"
    page = (await client.get(home)).text
    assert "2 Plätze sind frei geworden" in page
    taking, declining = (person.name for person in made.attendees)
    for words in (f"Platz für {taking} annehmen", f"Platz für {declining} ablehnen"):
        action, fields = button_of(page, words)
        assert (await client.post(action, data=fields)).status_code == 303
    after = await service.get_registration(made.id)
    assert [person.status for person in after.attendees] == ["confirmed", "cancelled"]


async def test_a_group_answers_for_all_of_its_people(client: httpx.AsyncClient) -> None:
    _, made = await offered(2, all_or_none=True)
    page = (await client.get(f"/registrations/{made.manage_token}")).text
    assert f"Platz für {made.attendees[0].name} annehmen" not in page
    action, fields = button_of(page, "Alle 2 Plätze ablehnen")
    assert (await client.post(action, data=fields)).status_code == 303
    assert (await service.get_registration(made.id)).status == "cancelled"


async def test_a_button_pressed_too_late_says_so(client: httpx.AsyncClient, app_settings: Settings) -> None:
    _, made = await offered(1)
    home = f"/registrations/{made.manage_token}"
    action, fields = button_of((await client.get(home)).text, "Platz annehmen")
    settings.use(replace(app_settings, fixed_now=clock.now() + timedelta(hours=49)))
    answer = await client.post(action, data=fields)
    assert answer.status_code == 409
    assert "Dieses Angebot ist beendet" in answer.text
    assert "Platz annehmen" not in answer.text
    assert "Platz annehmen" not in (await client.get(home)).text
    await service.expire_offers()
    told = Page((await client.get(home)).text).text
    assert "wurde nicht angenommen und ist an andere gegangen" in told
    assert "Dann melden Sie sie bitte neu an." in told


async def test_offers_of_others_cannot_be_taken(client: httpx.AsyncClient) -> None:
    event, made = await offered(1)
    other = await make_registration(event, 1)
    foreign = {"people": str(made.attendees[0].id)}
    for people in (foreign, {"people": "x"}, {}):
        answer = await client.post(f"/registrations/{other.manage_token}/offers/take", data=people)
        assert answer.status_code == 404
    assert (await service.get_registration(made.id)).status == "waiting"
