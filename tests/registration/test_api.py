from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from events_app.kit import clock, db
from events_app.registration.schemas import ContactIn
from events_app.registration.service import contact
from tests.factories import ADMIN, auth, make_event, make_registration, registration_body

URL = "/api/v1/events/{slug}/registrations"


async def post(client: httpx.AsyncClient, slug: str, body: dict[str, Any], **headers: str) -> httpx.Response:
    return await client.post(URL.format(slug=slug), json=body, headers=headers)


def errors(answer: httpx.Response) -> dict[str, str]:
    assert answer.headers["content-type"].startswith("application/problem+json")
    return {error["field"]: error["code"] for error in answer.json()["errors"]}


async def test_register_answers_the_contract_shape(client: httpx.AsyncClient) -> None:
    event = await make_event()
    answer = await post(client, event.slug, registration_body(2))
    made = answer.json()
    assert answer.status_code == 201
    assert made["status"] == "confirmed"
    assert made["manage_url"].endswith(f"/registrations/{made['manage_token']}")
    person = made["attendees"][0]
    assert person["code"].startswith("CT1")
    assert len(person["short_code"]) == 8
    assert person["ticket_url"].endswith(f"/tickets/{person['ticket_token']}")
    assert person["waiting_position"] is None


async def test_register_waits_in_order_once_the_seats_are_gone(client: httpx.AsyncClient) -> None:
    event = await make_event(capacity=3)
    first = (await post(client, event.slug, registration_body(2))).json()
    second = (await post(client, event.slug, registration_body(2))).json()
    third = (await post(client, event.slug, registration_body(1))).json()
    assert [a["status"] for a in first["attendees"]] == ["confirmed", "confirmed"]
    assert [(a["status"], a["waiting_position"]) for a in second["attendees"]] == [("confirmed", None), ("waiting", 1)]
    assert [(a["status"], a["waiting_position"], a["code"]) for a in third["attendees"]] == [("waiting", 2, None)]
    assert (second["status"], third["status"]) == ("confirmed", "waiting")


async def test_register_keeps_all_or_none_together(client: httpx.AsyncClient) -> None:
    event = await make_event(capacity=2)
    group = (await post(client, event.slug, registration_body(3, all_or_none=True))).json()
    single = (await post(client, event.slug, registration_body(1))).json()
    assert {a["status"] for a in group["attendees"]} == {"waiting"}
    assert single["status"] == "confirmed"


async def test_register_refuses_when_full_without_waiting_list(client: httpx.AsyncClient) -> None:
    event = await make_event(capacity=1, waiting_list=False)
    answer = await post(client, event.slug, registration_body(2))
    assert (answer.status_code, answer.json()["code"]) == (409, "event_full")
    assert await db.fetch_value("SELECT count(*) FROM registration") == 0


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"organisation": {"name": " ", "kind": "company"}}, "/organisation/name", "required"),
        ({"organisation": {"name": "A", "kind": "circus"}}, "/organisation/kind", "invalid"),
        (
            {"organisation": {"name": "A", "kind": "company", "postcode": "00000"}},
            "/organisation/postcode",
            "unknown_postcode",
        ),
        (
            {"organisation": {"name": "A", "kind": "company", "postcode": "06112", "district": "14625"}},
            "/organisation/district",
            "district_mismatch",
        ),
        ({"contact": {"given_name": "A", "family_name": "B", "email": "nonsense"}}, "/contact/email", "invalid_email"),
        ({"attendees": []}, "/attendees", "required"),
        ({"attendees": [{"given_name": "A"}]}, "/attendees/0/family_name", "required"),
        (
            {"attendees": [{"given_name": "A", "family_name": "B", "email": "x@"}]},
            "/attendees/0/email",
            "invalid_email",
        ),
        ({"consents": {"privacy": False}}, "/consents/privacy", "required"),
        (
            {"training": {"needs": [{"occupation": "zauberer", "form": "grundlehrgang", "places": 1}]}},
            "/training/needs/0/occupation",
            "unknown_occupation",
        ),
        (
            {"training": {"needs": [{"occupation": "mechatroniker", "form": "grundlehrgang", "places": 0}]}},
            "/training/needs/0/places",
            "out_of_range",
        ),
        (
            {"training": {"needs": [{"occupation": "mechatroniker", "form": "grundlehrgang", "places": "2"}]}},
            "/training/needs/0/places",
            "invalid",
        ),
        ({"consents": {"privacy": "true"}}, "/consents/privacy", "invalid"),
        ({"training": {"unavailable": [5]}}, "/training/unavailable/0", "invalid"),
        ({"training": {"themes": ["magie"]}}, "/training/themes/0", "unknown_theme"),
        ({"surprise": 1}, "/surprise", "unknown_field"),
        (
            {"attendees": [{"given_name": "A", "family_name": "B", "shoe_size": 43}]},
            "/attendees/0/shoe_size",
            "unknown_field",
        ),
    ],
)
async def test_register_names_the_bad_field(
    client: httpx.AsyncClient, change: dict[str, Any], field: str, code: str
) -> None:
    event = await make_event()
    answer = await post(client, event.slug, registration_body(1, **change))
    assert answer.status_code == 400
    assert errors(answer)[field] == code
    assert await db.fetch_value("SELECT count(*) FROM registration") == 0


async def test_register_names_all_bad_fields_at_once(client: httpx.AsyncClient) -> None:
    event = await make_event()
    body = registration_body(2, consents={"privacy": False})
    body["attendees"][1]["email"] = "@"
    body["organisation"]["name"] = ""
    assert set(errors(await post(client, event.slug, body))) == {
        "/organisation/name",
        "/attendees/1/email",
        "/consents/privacy",
    }


async def test_register_answers_in_the_readers_language(client: httpx.AsyncClient) -> None:
    event = await make_event(capacity=0, waiting_list=False)
    german = (await post(client, event.slug, registration_body(1))).json()
    english = (await post(client, event.slug, registration_body(1), **{"Accept-Language": "en"})).json()
    assert german["detail"] == "Die Veranstaltung ist ausgebucht."
    assert english["detail"] == "The event is fully booked."


async def test_register_refuses_unknown_draft_closed_and_cancelled_events(client: httpx.AsyncClient) -> None:
    draft = await make_event(published=False)
    closed = await make_event()
    await db.execute("UPDATE event SET closes_at = now() - interval '1 minute' WHERE id = $1", closed.id)
    cancelled = await make_event()
    await db.execute("UPDATE event SET status = 'cancelled', cancelled_at = now() WHERE id = $1", cancelled.id)
    seen = {
        slug: (answer.status_code, answer.json()["code"])
        for slug in ("nowhere", draft.slug, closed.slug, cancelled.slug)
        if (answer := await post(client, slug, registration_body(1))) is not None
    }
    assert seen == {
        "nowhere": (404, "event_not_found"),
        draft.slug: (404, "event_not_found"),
        closed.slug: (409, "registration_closed"),
        cancelled.slug: (409, "event_cancelled"),
    }


async def test_register_refuses_the_same_person_twice(client: httpx.AsyncClient) -> None:
    event = await make_event()
    body = registration_body(2)
    assert (await post(client, event.slug, body)).status_code == 201
    again = registration_body(1, attendees=[{**body["attendees"][1], "given_name": "TEST1"}])
    answer = await post(client, event.slug, again)
    assert (answer.status_code, answer.json()["code"]) == (409, "duplicate_attendee")
    assert errors(answer) == {"/attendees/0": "duplicate_attendee"}


async def test_register_takes_several_people_with_one_address(client: httpx.AsyncClient) -> None:
    event = await make_event()
    body = registration_body(3)
    for person in body["attendees"]:
        person["email"] = "team@example.org"
    assert (await post(client, event.slug, body)).status_code == 201


async def test_register_repeats_the_answer_for_a_repeated_key(client: httpx.AsyncClient) -> None:
    event = await make_event()
    body = registration_body(2)
    first = await post(client, event.slug, body, **{"Idempotency-Key": "k1"})
    second = await post(client, event.slug, body, **{"Idempotency-Key": "k1"})
    other = await post(client, event.slug, registration_body(2), **{"Idempotency-Key": "k1"})
    assert first.json() == second.json()
    assert (second.status_code, await db.fetch_value("SELECT count(*) FROM registration")) == (201, 1)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_register_repeats_the_first_answer_whatever_has_happened_since(client: httpx.AsyncClient) -> None:
    """A repeat by the former contact's program must not be given the links that replaced theirs."""
    event = await make_event(capacity=1)
    await make_registration(event, 1)
    body = registration_body(2)
    first = (await post(client, event.slug, body, **{"Idempotency-Key": "k1"})).json()
    assert [one["waiting_position"] for one in first["attendees"]] == [1, 2]
    at, mine = f"/api/v1/registrations/{first['id']}", auth(first["manage_token"])
    swapped, gone = (f"{at}/attendees/{one['id']}" for one in first["attendees"])
    assert (
        await client.post(f"{swapped}/swap", json={"given_name": "Nora", "family_name": "Neu"}, headers=mine)
    ).is_success
    assert (await client.delete(gone, headers=mine)).is_success
    await contact.hand_over(UUID(first["id"]), ContactIn("Neu", "Zuständig", "neu@example.org"), ADMIN)
    kept = dict((await db.fetch("SELECT key, body_hash, told FROM idempotency_key"))[0])
    assert not [name for name in ("example.org", body["attendees"][0]["family_name"]) if name in str(kept)]
    again = await post(client, event.slug, body, **{"Idempotency-Key": "k1"})
    assert (again.status_code, again.json()) == (201, first)
    assert (await client.get(at, headers=mine)).status_code == 401


async def test_register_takes_two_hundred_people_and_no_more(client: httpx.AsyncClient) -> None:
    event = await make_event(capacity=200)
    made = await post(client, event.slug, registration_body(200))
    more = await post(client, event.slug, registration_body(201))
    assert (made.status_code, len(made.json()["attendees"])) == (201, 200)
    assert errors(more) == {"/attendees": "too_many"}


async def test_register_strips_control_characters_and_keeps_right_to_left_names(client: httpx.AsyncClient) -> None:
    event = await make_event()
    people = [{"given_name": "A\x00n\x07na\u202e", "family_name": "نور  الدين\n"}]
    made = (await post(client, event.slug, registration_body(1, attendees=people))).json()
    assert made["attendees"][0]["name"] == "Anna نور الدين"


async def test_register_refuses_ten_megabytes(client: httpx.AsyncClient) -> None:
    event = await make_event()
    body = registration_body(1)
    body["organisation"]["name"] = "x" * 10_000_000
    answer = await post(client, event.slug, body)
    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")


async def test_register_refuses_what_is_no_json(client: httpx.AsyncClient) -> None:
    event = await make_event()
    answer = await client.post(
        URL.format(slug=event.slug), content=b"{nonsense", headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 400
    assert answer.json()["code"] == "validation_failed"


async def test_registration_is_for_its_token_and_the_desk_only(client: httpx.AsyncClient) -> None:
    event = await make_event()
    made = (await post(client, event.slug, registration_body(1))).json()
    other = (await post(client, event.slug, registration_body(1))).json()
    url = f"/api/v1/registrations/{made['id']}"
    assert (await client.get(url)).json()["code"] == "unauthorised"
    assert (await client.get(url, headers=auth("nonsense"))).status_code == 401
    assert (await client.get(url, headers=auth(other["manage_token"]))).status_code == 403
    assert (await client.get(url, headers=auth(made["manage_token"]))).json() == made


async def test_swap_gives_the_place_to_a_new_person(client: httpx.AsyncClient) -> None:
    event = await make_event()
    made = (await post(client, event.slug, registration_body(2))).json()
    old = made["attendees"][0]
    answer = await client.post(
        f"/api/v1/registrations/{made['id']}/attendees/{old['id']}/swap",
        json={"given_name": "Neue", "family_name": "Kollegin", "email": "neu@example.org"},
        headers=auth(made["manage_token"]),
    )
    new = next(a for a in answer.json()["attendees"] if a["name"] == "Neue Kollegin")
    assert answer.status_code == 200
    assert len(answer.json()["attendees"]) == 2
    assert all(new[key] != old[key] for key in ("id", "ticket_token", "short_code", "code"))
    assert await db.fetch_value("SELECT version FROM ticket WHERE attendee_id = $1::uuid", new["id"]) == 2


async def test_cancel_offers_the_seat_to_the_first_in_line(client: httpx.AsyncClient) -> None:
    event = await make_event(capacity=2)
    made = (await post(client, event.slug, registration_body(2))).json()
    waiting = (await post(client, event.slug, registration_body(1))).json()
    gone = made["attendees"][0]["id"]
    url = f"/api/v1/registrations/{made['id']}/attendees/{gone}"
    answer = await client.delete(url, headers=auth(made["manage_token"]))
    after = await client.get(f"/api/v1/registrations/{waiting['id']}", headers=auth(waiting["manage_token"]))
    assert [a["status"] for a in answer.json()["attendees"]] == ["cancelled", "confirmed"]
    [offered] = after.json()["attendees"]
    assert (offered["status"], offered["waiting_position"], offered["code"]) == ("waiting", 1, None)
    assert datetime.fromisoformat(offered["offer"]["expires_at"]) - clock.now() > timedelta(hours=47)
    assert await db.fetch_value("SELECT taken FROM event_seats") == 2


async def test_cancel_all_leaves_a_cancelled_registration_and_is_repeatable(client: httpx.AsyncClient) -> None:
    event = await make_event(capacity=2)
    made = (await post(client, event.slug, registration_body(2))).json()
    for _ in range(2):
        url = f"/api/v1/registrations/{made['id']}"
        answer = await client.delete(url, headers=auth(made["manage_token"]))
        assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert await db.fetch_value("SELECT taken FROM event_seats") == 0


async def test_cancelled_person_may_register_again(client: httpx.AsyncClient) -> None:
    event = await make_event()
    body = registration_body(1)
    made = (await post(client, event.slug, body)).json()
    await client.delete(f"/api/v1/registrations/{made['id']}", headers=auth(made["manage_token"]))
    assert (await post(client, event.slug, body)).status_code == 201


async def test_add_attendee_counts_a_seat(client: httpx.AsyncClient) -> None:
    event = await make_event(capacity=2)
    made = (await post(client, event.slug, registration_body(1))).json()
    url = f"/api/v1/registrations/{made['id']}/attendees"
    for number in range(2):
        person = {"given_name": "Dazu", "family_name": f"Gekommen{number}"}
        answer = await client.post(url, json=person, headers=auth(made["manage_token"]))
        assert answer.status_code == 200
    assert [a["status"] for a in answer.json()["attendees"]] == ["confirmed", "confirmed", "waiting"]
    assert await db.fetch_value("SELECT taken FROM event_seats") == 2


async def test_patch_changes_only_what_is_sent(client: httpx.AsyncClient) -> None:
    event = await make_event()
    made = (await post(client, event.slug, registration_body(1))).json()
    url = f"/api/v1/registrations/{made['id']}"
    training = {"needs": [{"occupation": "mechatroniker", "form": "grundlehrgang", "places": 2}]}
    answer = await client.patch(url, json={"training": training}, headers=auth(made["manage_token"]))
    assert answer.json()["training"]["needs"] == training["needs"]
    await client.patch(url, json={"consents": {"match": False}}, headers=auth(made["manage_token"]))
    row = await db.fetch_row("SELECT match_consent, training->'needs'->0->>'places' AS places FROM registration")
    assert row is not None
    assert (row["match_consent"], row["places"]) == (False, "2")


async def test_unknown_attendee_is_not_found(client: httpx.AsyncClient) -> None:
    event = await make_event()
    made = (await post(client, event.slug, registration_body(1))).json()
    url = f"/api/v1/registrations/{made['id']}/attendees/{uuid4()}"
    assert (await client.delete(url, headers=auth(made["manage_token"]))).json()["code"] == "not_found"


async def test_consents_are_taken_back_whole_but_the_notice_stays_shown(client: httpx.AsyncClient) -> None:
    event = await make_event()
    made = (await post(client, event.slug, registration_body(1))).json()
    url, mine = f"/api/v1/registrations/{made['id']}", auth(made["manage_token"])
    whole = {"privacy": True, "newsletter": True, "match": False}
    assert (await client.patch(url, json={"consents": whole}, headers=mine)).status_code == 200
    refused = await client.patch(url, json={"consents": {**whole, "privacy": False}}, headers=mine)
    assert (refused.status_code, errors(refused)) == (400, {"/consents/privacy": "required"})
    given = "SELECT (consents->$1::text->>'given')::bool FROM registration"
    assert [await db.fetch_value(given, kind) for kind in whole] == list(whole.values())


async def test_repeated_key_is_answered_after_registration_has_closed(client: httpx.AsyncClient) -> None:
    event = await make_event()
    body, key = registration_body(1), {"Idempotency-Key": "once"}
    made = await post(client, event.slug, body, **key)
    await db.execute("UPDATE event SET closes_at = now() - interval '1 minute'")
    again = await post(client, event.slug, body, **key)
    assert (again.status_code, again.json()) == (201, made.json())
    other = await post(client, event.slug, registration_body(1))
    assert (other.status_code, other.json()["code"]) == (409, "registration_closed")


async def test_empty_key_is_none(client: httpx.AsyncClient) -> None:
    event = await make_event()
    made = [await post(client, event.slug, registration_body(1), **{"Idempotency-Key": ""}) for _ in range(2)]
    assert [answer.status_code for answer in made] == [201, 201]


async def test_online_url_is_shown_to_those_who_have_a_place(client: httpx.AsyncClient) -> None:
    event = await make_event(capacity=1, mode="online", online_url="https://example.org/raum")
    other = await make_event()
    placed, waiting = [(await post(client, event.slug, registration_body(1))).json() for _ in range(2)]
    elsewhere = (await post(client, other.slug, registration_body(1))).json()
    seen = {
        name: (await client.get(f"/api/v1/events/{event.slug}", headers=auth(made["manage_token"]))).json()[
            "online_url"
        ]
        for name, made in (("placed", placed), ("waiting", waiting), ("elsewhere", elsewhere))
    }
    assert seen == {"placed": "https://example.org/raum", "waiting": None, "elsewhere": None}
