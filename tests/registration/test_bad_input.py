"""What people get wrong, as far as no other file has it: each is refused where it stands, and nothing is left."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from events_app.events.schemas import Matchmaking
from events_app.kit import db
from events_app.registration import service
from tests.checkin.doorway import open_door
from tests.factories import auth, make_event, make_registration, registration_body

NEED = {"occupation": "mechatroniker", "form": "grundlehrgang", "places": 2}
OFFER = {"occupation": "mechatroniker", "form": "pruefungsvorbereitung", "places": 5}


async def post(client: httpx.AsyncClient, slug: str, body: dict[str, Any]) -> httpx.Response:
    return await client.post(f"/api/v1/events/{slug}/registrations", json=body)


async def test_the_same_person_in_many_requests_at_once_gets_one_place(client: httpx.AsyncClient) -> None:
    event, person = await make_event(), registration_body(1)["attendees"]
    answers = await asyncio.gather(
        *(post(client, event.slug, registration_body(1, attendees=person)) for _ in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    assert {answer.json().get("code") for answer in answers} == {None, "duplicate_attendee"}
    assert await db.fetch_value("SELECT taken FROM event_seats") == 1


async def test_the_same_person_twice_in_one_delegation_is_named_at_the_second_row(client: httpx.AsyncClient) -> None:
    people = registration_body(2)["attendees"]
    again = {**people[0], "given_name": people[0]["given_name"].upper()}
    answer = await post(client, (await make_event()).slug, registration_body(attendees=[*people, again]))
    assert (answer.status_code, answer.json()["code"]) == (409, "duplicate_attendee")
    [error] = answer.json()["errors"]
    assert (error["field"], error["message"]) == ("/attendees/2", "Diese Person ist hier zweimal eingetragen.")


async def test_person_of_another_registration_is_named_at_their_row(client: httpx.AsyncClient) -> None:
    event, body = await make_event(), registration_body(1)
    await make_registration(event, attendees=body["attendees"])
    other = registration_body(1)["attendees"]
    answer = await post(client, event.slug, registration_body(attendees=[*other, *body["attendees"]]))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (409, "/attendees/1")
    assert await db.fetch_value("SELECT count(*) FROM registration") == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"organisation": {"name": "A", "kind": "company", "district": "99999"}}, "/organisation/district"),
        ({"training": {"offers": [{**OFFER, "districts": ["99999"]}]}}, "/training/offers/0/districts/0"),
    ],
)
async def test_unknown_districts_are_named(client: httpx.AsyncClient, change: dict[str, Any], field: str) -> None:
    answer = await post(client, (await make_event()).slug, registration_body(1, **change))
    assert answer.status_code == 400
    assert {error["field"]: error["code"] for error in answer.json()["errors"]} == {field: "unknown_district"}


async def test_company_may_need_and_offer_at_once(client: httpx.AsyncClient) -> None:
    event = await make_event(matchmaking=Matchmaking(enabled=True))
    made = await post(client, event.slug, registration_body(1, training={"needs": [NEED], "offers": [OFFER]}))
    headers = auth(made.json()["manage_token"])
    kept = (await client.get(f"/api/v1/registrations/{made.json()['id']}", headers=headers)).json()["training"]
    assert [row["occupation"] for row in (*kept["needs"], *kept["offers"])] == ["mechatroniker", "mechatroniker"]


async def test_cancelling_one_person_twice_frees_one_seat(client: httpx.AsyncClient) -> None:
    made = await make_registration(await make_event(), 2)
    address = f"/api/v1/registrations/{made.id}/attendees/{made.attendees[0].id}"
    headers = auth(made.manage_token)
    answers = [await client.delete(address, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert await db.fetch_value("SELECT taken FROM event_seats") == 1
    assert await db.fetch_value("SELECT count(*) FROM outbox_mail WHERE kind = 'registration-cancelled'") == 1


async def test_whoever_has_been_admitted_is_neither_swapped_nor_cancelled(client: httpx.AsyncClient) -> None:
    place = await open_door(people=2)
    person = place.people[0]
    assert (await place.scan(person.code)).result == "admitted"
    made = await service.get_registration(await db.fetch_value("SELECT id FROM registration"))
    headers = auth(made.manage_token)
    address = f"/api/v1/registrations/{made.id}/attendees/{person.id}"
    swap = await client.post(f"{address}/swap", headers=headers, json={"given_name": "Neu", "family_name": "Hier"})
    cancel = await client.delete(address, headers=headers)
    assert [(answer.status_code, answer.json()["code"]) for answer in (swap, cancel)] == [
        (409, "already_checked_in")
    ] * 2
    assert swap.json()["detail"]
    assert (await place.scan(person.code)).result == "already_inside"


async def test_after_the_beginning_cancelling_tells_what_stands_in_the_way(client: httpx.AsyncClient) -> None:
    place = await open_door(people=2)
    made = await service.get_registration(await db.fetch_value("SELECT id FROM registration"))
    headers, address = auth(made.manage_token), f"/api/v1/registrations/{made.id}/attendees"
    first, second = (f"{address}/{person.id}" for person in made.attendees)
    assert (await client.delete(second, headers=headers)).status_code == 200
    assert (await place.scan(place.people[0].code)).result == "admitted"
    await db.execute("UPDATE event SET starts_at = now() - interval '1 minute', ends_at = now() + interval '1 hour'")
    admitted, repeated = [await client.delete(url, headers=headers) for url in (first, second)]
    assert (admitted.status_code, admitted.json()["code"]) == (409, "already_checked_in")
    assert repeated.status_code == 200, "the repeat of what was done in time"
