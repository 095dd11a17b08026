"""Links once more by the event's page: the asker learns nothing about who is registered."""

from __future__ import annotations

from uuid import uuid4

import httpx

from events_app.events.queries import EventRow
from events_app.kit import db
from events_app.registration import service
from tests.factories import ADMIN, make_event, make_registration
from tests.pagecheck import sound


async def ask(client: httpx.AsyncClient, event: EventRow, email: str) -> httpx.Response:
    return await client.post(f"/events/{event.slug}/resend", data={"email": email})


async def mails() -> list[tuple[str, str]]:
    return [(row["kind"], row["recipient"]) for row in await db.fetch("SELECT * FROM outbox_mail ORDER BY id")]


def fresh(name: str) -> str:
    """An address that no earlier run has asked for: the limit outlives the database."""
    return f"{name}.{uuid4().hex[:8]}@example.org"


async def event_of(contact: str, *people: str | None) -> EventRow:
    event = await make_event(capacity=2)
    attendees = [{"given_name": f"P{n}", "family_name": "Test", "email": email} for n, email in enumerate(people)]
    await make_registration(
        event, attendees=attendees, contact={"given_name": "Kim", "family_name": "Vogel", "email": contact}
    )
    await db.execute("DELETE FROM outbox_mail")
    return event


async def test_event_page_leads_to_the_form(client: httpx.AsyncClient) -> None:
    event = await make_event()
    assert f"/events/{event.slug}/resend" in sound((await client.get(f"/events/{event.slug}")).text).links()
    assert sound((await client.get(f"/events/{event.slug}/resend")).text)


async def test_contact_gets_the_registration_and_people_their_tickets(client: httpx.AsyncClient) -> None:
    contact, person = fresh("kim"), fresh("jonas")
    event = await event_of(contact, person, contact)
    await ask(client, event, f" {contact.upper()} ")
    assert await mails() == [("registration-confirmed", contact), ("ticket", contact)]
    await ask(client, event, person)
    assert (await mails())[2:] == [("ticket", person)]


async def test_waiting_people_get_no_ticket_and_their_contact_the_waiting_list(client: httpx.AsyncClient) -> None:
    contact, waiting = fresh("kim"), fresh("jonas")
    event = await event_of(fresh("a"), None, None)
    await make_registration(
        event,
        attendees=[{"given_name": "W", "family_name": "Test", "email": waiting}],
        contact={"given_name": "Kim", "family_name": "Vogel", "email": contact},
    )
    await db.execute("DELETE FROM outbox_mail")
    await ask(client, event, waiting)
    await ask(client, event, contact)
    assert await mails() == [("registration-waiting", contact)]


async def test_answer_is_the_same_for_known_and_unknown_addresses(client: httpx.AsyncClient) -> None:
    known, unknown = fresh("kim"), fresh("wer")
    event = await event_of(known, None)
    answers = {address: await ask(client, event, address) for address in (known, unknown)}
    assert answers[known].status_code == answers[unknown].status_code == 200
    assert answers[known].text.replace(known, "X") == answers[unknown].text.replace(unknown, "X")
    told = [{name: a.headers[name] for name in a.headers if name != "content-length"} for a in answers.values()]
    assert told[0] == told[1]


async def test_other_events_and_cancelled_registrations_are_left_alone(client: httpx.AsyncClient) -> None:
    contact = fresh("kim")
    event, elsewhere = await event_of(contact, contact), await make_event(title="Anderswo")
    await ask(client, elsewhere, contact)
    registration = await db.fetch_value("SELECT id FROM registration")
    await service.cancel_registration(registration, ADMIN, tell=False)
    await ask(client, event, contact)
    assert await mails() == []


async def test_an_address_is_mailed_three_times_an_hour_at_most_known_or_not(client: httpx.AsyncClient) -> None:
    known, unknown = fresh("kim"), fresh("wer")
    event = await event_of(known, None)
    for address in (known, unknown):
        answers = [(await ask(client, event, address)).status_code for _ in range(4)]
        assert answers == [200, 200, 200, 429]


async def test_what_is_no_address_comes_back_at_the_field(client: httpx.AsyncClient) -> None:
    answer = await ask(client, await make_event(), "kaputt@")
    assert answer.status_code == 400
    assert 'id="f-email-error"' in answer.text
    assert 'value="kaputt@"' in answer.text


async def test_drafts_and_cancelled_events_send_nothing(client: httpx.AsyncClient) -> None:
    draft = await make_event(published=False)
    assert (await ask(client, draft, fresh("kim"))).status_code == 404
    contact = fresh("kim")
    event = await event_of(contact, None)
    await service.cancel_event(event.slug, "", ADMIN)
    await db.execute("DELETE FROM outbox_mail")
    assert (await ask(client, event, contact)).status_code == 409
    assert await mails() == []
