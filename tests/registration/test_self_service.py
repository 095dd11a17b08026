"""What a contact does alone: mails again, all tickets, language, consents, download, hand-over."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import uuid4

import httpx
import pytest

from events_app.events.queries import EventRow
from events_app.events.schemas import Matchmaking
from events_app.kit import db
from events_app.registration import service
from events_app.registration.schemas import ContactIn, RegistrationOut
from events_app.registration.service import contact
from tests.factories import ADMIN, make_event, make_registration
from tests.pagecheck import sound

CONTACT = {"given_name": "Miriam", "family_name": "Vogel", "email": "m.vogel@example.org"}
PEOPLE = [
    {"given_name": "Jonas", "family_name": "Beck", "email": "j.beck@example.org"},
    {"given_name": "Ayşe", "family_name": "Öztürk"},
    {"given_name": "Kim", "family_name": "Dritte"},
]
SUCCESSOR = {"given_name": "Nora", "family_name": "Neumann", "email": "n.neumann@example.org"}


async def registered(**fields: Any) -> tuple[EventRow, RegistrationOut]:
    event = await make_event(capacity=2, matchmaking=Matchmaking(enabled=True), **fields)
    return event, await make_registration(event, attendees=PEOPLE, contact=CONTACT)


def home(made: RegistrationOut) -> str:
    return f"/registrations/{made.manage_token}"


async def forget_mails() -> None:
    await db.execute("DELETE FROM outbox_mail")


async def mails() -> list[tuple[str, str]]:
    return [(row["kind"], row["recipient"]) for row in await db.fetch("SELECT * FROM outbox_mail ORDER BY id")]


async def hand_over(client: httpx.AsyncClient, made: RegistrationOut, **changes: str) -> httpx.Response:
    sent = {f"contact.{name}": value for name, value in (SUCCESSOR | changes).items()}
    return await client.post(f"{home(made)}/hand-over", data=sent)


async def test_manage_page_offers_each_ticket_and_the_links_to_copy(client: httpx.AsyncClient) -> None:
    _, made = await registered()
    page = sound((await client.get(home(made) + "/")).text)
    for person in made.attendees[:2]:
        assert person.ticket_url in page.text
    assert made.attendees[2].ticket_url not in page.text  # on the waiting list: there is nothing to pass on
    for way in ("tickets.pdf", "data.json", "hand-over", "erase"):
        assert f"{home(made)}/{way}" in page.links()


async def test_ticket_mail_goes_out_again_and_to_the_contact_where_there_is_no_address(
    client: httpx.AsyncClient,
) -> None:
    _, made = await registered()
    await forget_mails()
    for person in made.attendees[:2]:
        answer = await client.post(f"{home(made)}/attendees/{person.id}/resend")
        assert answer.headers["location"] == f"{home(made)}?done=resent"
    assert await mails() == [("ticket", "j.beck@example.org"), ("ticket", "m.vogel@example.org")]


async def test_nobody_gets_a_ticket_who_has_none_or_belongs_to_others(client: httpx.AsyncClient) -> None:
    event, made = await registered()
    stranger = await make_registration(await make_event(title="Anderswo"), people=1)
    await forget_mails()
    for person in (made.attendees[2].id, stranger.attendees[0].id, uuid4()):
        assert (await client.post(f"{home(made)}/attendees/{person}/resend")).status_code == 404
    assert await mails() == []
    assert event.slug


async def test_the_same_ticket_mail_is_not_sent_for_ever(client: httpx.AsyncClient) -> None:
    _, made = await registered()
    codes = [(await client.post(f"{home(made)}/attendees/{made.attendees[0].id}/resend")) for _ in range(6)]
    assert [answer.status_code for answer in codes] == [303] * 5 + [429]


async def test_one_pdf_has_a_page_for_each_confirmed_person(client: httpx.AsyncClient) -> None:
    _, made = await registered()
    answer = await client.get(f"{home(made)}/tickets.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    count = re.search(rb"/Type/Pages/Count (\d+)", answer.content)
    assert count is not None
    assert int(count[1]) == 2


async def test_there_is_no_pdf_without_confirmed_people(client: httpx.AsyncClient) -> None:
    event, made = await registered()
    await service.cancel_event(event.slug, "", ADMIN)
    assert (await client.get(f"{home(made)}/tickets.pdf")).status_code == 404


async def test_language_changes_mails_and_tickets(client: httpx.AsyncClient) -> None:
    _, made = await registered()
    await client.post(f"{home(made)}/language", data={"language": "en"})
    await forget_mails()
    await client.post(f"{home(made)}/attendees/{made.attendees[0].id}/resend")
    assert await db.fetch_value("SELECT language FROM outbox_mail") == "en"
    assert {row["language"] for row in await db.fetch("SELECT language FROM ticket")} == {"en"}


@pytest.mark.parametrize("kind", ["match", "newsletter"])
async def test_consent_is_withdrawn_and_given_with_one_button(client: httpx.AsyncClient, kind: str) -> None:
    _, made = await registered()
    for given in ("yes", "no"):
        answer = await client.post(f"{home(made)}/consents/{kind}", data={"given": given})
        assert answer.headers["location"] == f"{home(made)}?done=consent"
        row = await db.fetch_row("SELECT consents, match_consent FROM registration")
        assert row is not None
        assert json.loads(row["consents"])[kind]["given"] is (given == "yes")
    assert row["match_consent"] is (kind == "newsletter")
    assert (await client.post(f"{home(made)}/consents/privacy", data={"given": "no"})).status_code == 404


async def test_download_holds_everything_of_the_registration_in_readable_form(client: httpx.AsyncClient) -> None:
    _, made = await registered()
    answer = await client.get(f"{home(made)}/data.json")
    found = answer.json()
    assert answer.text.startswith('{\n  "event"')
    assert [person["family_name"] for person in found["people"]] == ["Beck", "Öztürk", "Dritte"]
    assert found["registration"]["contact_email"] == "m.vogel@example.org"
    assert found["registration"]["consents"]["match"]["wording"]
    assert {"kind": "ticket", "to": "j.beck@example.org", "about": "Jonas Beck", "sent_at": None}.items() <= found[
        "mails"
    ][1].items()
    assert made.manage_token not in answer.text


async def test_hand_over_kills_the_old_link_and_mails_the_new_one_to_the_new_contact(
    client: httpx.AsyncClient,
) -> None:
    _, made = await registered()
    await forget_mails()
    assert sound((await client.get(f"{home(made)}/hand-over")).text)
    answer = await hand_over(client, made)
    assert "Nora Neumann bekommt eine E-Mail" in sound(answer.text).text
    assert (await client.get(home(made) + "/")).status_code == 404
    new = await service.get_registration(made.id)
    page = (await client.get(home(new) + "/")).text
    assert "n.neumann@example.org" in page
    assert "m.vogel@example.org" not in page
    assert await mails() == [
        ("registration-changed", "n.neumann@example.org"),
        ("registration-changed", "m.vogel@example.org"),
    ]


async def test_mails_still_owed_to_the_old_contact_go_to_the_new_one(client: httpx.AsyncClient) -> None:
    """They would bring the new link to the old address."""
    _, made = await registered()
    await hand_over(client, made)
    assert await mails() == [
        ("registration-confirmed", "n.neumann@example.org"),
        ("ticket", "j.beck@example.org"),
        ("ticket", "n.neumann@example.org"),
        ("registration-changed", "n.neumann@example.org"),
        ("registration-changed", "m.vogel@example.org"),
    ]


async def test_newsletter_consent_is_not_handed_over_and_the_organisations_is(database: None) -> None:
    _, made = await registered()
    await contact.hand_over(made.id, ContactIn(**SUCCESSOR), ADMIN)
    row = await db.fetch_row("SELECT consents, match_consent FROM registration")
    assert row is not None
    assert "newsletter" not in json.loads(row["consents"])
    assert row["match_consent"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"email": "kaputt@"}, "email"), ({"given_name": ""}, "given_name"), ({"email": "M.Vogel@example.org"}, "email")],
)
async def test_wrong_successor_comes_back_at_the_field_and_nothing_changes(
    client: httpx.AsyncClient, changes: dict[str, str], field: str
) -> None:
    _, made = await registered()
    answer = await hand_over(client, made, **changes)
    assert answer.status_code == 400
    assert f'id="f-contact-{field}-error"' in answer.text
    assert (await client.get(home(made) + "/")).status_code == 200


async def test_attendees_page_says_who_registered_them_and_who_looks_after_it_now(client: httpx.AsyncClient) -> None:
    _, made = await registered()
    await hand_over(client, made)
    text = sound((await client.get(f"/tickets/{made.attendees[0].ticket_token}/place")).text).text
    assert "Miriam" not in text
    assert f"Angemeldet von {made.organisation}" in text
    assert "Ansprechperson jetzt Nora Neumann" in text
