from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from events_app.events.schemas import Organiser, Question
from events_app.kit import clock, db, settings
from events_app.kit.settings import Settings
from events_app.registration import service
from events_app.registration.schemas import AttendeeOut, SwapIn
from tests.factories import ADMIN, make_event, make_registration
from tests.pagecheck import sound

PERSON = {"given_name": "Jonas", "family_name": "Beck", "email": "j.beck@example.org", "role": "Ausbilder"}


async def one_of_two() -> AttendeeOut:
    """Somebody with an answer, registered together with somebody else."""
    event = await make_event(
        questions=[Question("diet", "Essen", type="choice", options=["vegan", "alles"])],
        organiser=Organiser("Agentur", "agentur@example.org"),
    )
    people = [PERSON | {"answers": {"diet": "vegan"}}, {"given_name": "Ayşe", "family_name": "Öztürk"}]
    return (await make_registration(event, attendees=people)).attendees[0]


def path(attendee: AttendeeOut) -> str:
    return f"/tickets/{attendee.ticket_token}/place"


async def test_place_shows_what_is_stored_about_its_holder_and_nobody_else(client: httpx.AsyncClient) -> None:
    answer = await client.get(path(await one_of_two()))
    text = sound(answer.text).text
    for words in ("Jonas Beck", "j.beck@example.org", "Ausbilder", "vegan", "Kontakt Person", "agentur@example.org"):
        assert words in text
    assert "Öztürk" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_holder_corrects_name_and_role_and_keeps_ticket_and_answers(client: httpx.AsyncClient) -> None:
    attendee = await one_of_two()
    sent = {"given_name": " Jona ", "family_name": "Beck", "role": ""}
    answer = await client.post(path(attendee), data=sent)
    assert answer.headers["location"] == f"{path(attendee)}?done=changed"
    [person] = await db.fetch("SELECT * FROM attendee WHERE id = $1", attendee.id)
    assert (person["given_name"], person["role"], person["email"]) == ("Jona", "", "j.beck@example.org")
    assert "vegan" in person["answers"]
    assert "Jona Beck" in (await client.get(f"/tickets/{attendee.ticket_token}")).text


async def test_wrong_name_comes_back_at_its_field_with_what_was_typed(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        path(await one_of_two()), data={"given_name": "", "family_name": "Beck-Lang", "role": ""}
    )
    page = sound(answer.text)
    assert answer.status_code == 400
    assert 'id="f-given_name-error"' in answer.text
    assert "Beck-Lang" in [field["value"] for field in page.all("input") if field.get("value")]


async def test_holder_gives_back_one_place_and_the_other_stays(client: httpx.AsyncClient) -> None:
    attendee = await one_of_two()
    answer = await client.post(f"{path(attendee)}/cancel")
    assert answer.headers["location"] == f"/tickets/{attendee.ticket_token}"
    rows = await db.fetch("SELECT status FROM attendee ORDER BY position")
    assert [row["status"] for row in rows] == ["cancelled", "confirmed"]
    kinds = await db.fetch("SELECT kind FROM outbox_mail WHERE kind LIKE 'registration-c%' ORDER BY id")
    assert [row["kind"] for row in kinds] == [
        "registration-confirmed",
        "registration-cancelled",
        "registration-changed",
    ]
    again = await client.post(f"{path(attendee)}/cancel")
    assert again.status_code == 303


async def test_looking_changes_nothing(client: httpx.AsyncClient) -> None:
    attendee = await one_of_two()
    assert (await client.get(f"{path(attendee)}/cancel")).status_code in {404, 405}
    await client.get(path(attendee))
    assert await db.fetch_value("SELECT count(*) FROM attendee WHERE status = 'confirmed'") == 2


async def test_after_the_beginning_the_place_can_not_be_given_back(
    client: httpx.AsyncClient, app_settings: Settings
) -> None:
    attendee = await one_of_two()
    settings.use(replace(app_settings, fixed_now=clock.now() + timedelta(days=31)))
    assert "/place/cancel" not in (await client.get(path(attendee))).text
    assert (await client.post(f"{path(attendee)}/cancel")).status_code == 409


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_swapped_or_forged_link_opens_no_place(client: httpx.AsyncClient, method: str) -> None:
    attendee = await one_of_two()
    [registration] = await db.fetch("SELECT id FROM registration")
    await service.swap_attendee(registration["id"], attendee.id, SwapIn("Karla", "Neu", None), ADMIN)
    for address in (path(attendee), "/tickets/forged/place"):
        assert (await client.request(method, address)).status_code == 404
