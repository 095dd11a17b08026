from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest

from events_app.events.schemas import Question
from events_app.kit import clock, db
from tests.checkin.doorway import Doorway, paired
from tests.checkin.test_service_guests import walk_in_body
from tests.factories import auth, make_api_token, make_cluster, make_event

SCANS = "/api/v1/door/scans"


def scan(code: str | None, **fields: Any) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "code": code,
        "scanned_at": clock.now().isoformat(),
        "direction": "entry",
        "offline": False,
        "shown": None,
        **fields,
    }


async def test_device_is_announced_paired_listed_and_revoked(client: httpx.AsyncClient, doorway: Doorway) -> None:
    admin = auth(await make_api_token("admin"))
    devices = f"/api/v1/events/{doorway.event.slug}/devices"
    made = (await client.post(devices, json={"name": "Tür 2"}, headers=admin)).json()
    assert made["pairing_url"] == f"http://clustertreff.test/door/pair?code={made['pairing_code']}"
    paired = (await client.post("/api/v1/devices/pair", json={"pairing_code": made["pairing_code"]})).json()
    assert paired["event"] == doorway.event.slug
    assert paired["token"].startswith("ctd_")
    listed = (await client.get(devices, headers=admin)).json()["items"]
    assert [item["name"] for item in listed] == ["Tür 1", "Tür 2"]
    mine = auth(paired["token"])
    assert (await client.get("/api/v1/door/counters", headers=mine)).status_code == 200
    revoked = await client.delete(f"/api/v1/devices/{made['id']}", headers=admin)
    assert (revoked.status_code, revoked.json()["id"]) == (200, made["id"])
    answer = await client.get("/api/v1/door/counters", headers=mine)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorised")


async def test_devices_are_the_desks(client: httpx.AsyncClient, doorway: Doorway) -> None:
    url = f"/api/v1/events/{doorway.event.slug}/devices"
    cluster = await make_cluster("tab-bau")
    foreign = auth(await make_api_token("agent", cluster.id))
    assert (await client.post(url, json={"name": "x"})).status_code == 401
    assert (await client.post(url, json={"name": "x"}, headers=foreign)).status_code == 403
    assert (await client.get(url, headers=auth(doorway.token))).status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/door/roster"),
        ("POST", "/api/v1/door/scans"),
        ("POST", "/api/v1/door/walk-ins"),
        ("POST", "/api/v1/door/admissions"),
        ("GET", "/api/v1/door/search?q=a"),
        ("GET", "/api/v1/door/counters"),
    ],
)
async def test_door_opens_to_devices_alone(client: httpx.AsyncClient, method: str, path: str) -> None:
    admin = auth(await make_api_token("admin"))
    for headers in ({}, auth("ctd_unbekannt"), admin, {"Authorization": "Basic eDp5"}):
        answer = await client.request(method, path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorised")


async def test_pairing_by_a_wrong_code_is_a_problem_document(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/devices/pair", json={"pairing_code": "XXXXXX"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.headers["content-type"].startswith("application/problem+json")


async def test_scans_answer_the_contract_shape(door_client: httpx.AsyncClient, doorway: Doorway) -> None:
    sent = [scan(doorway.people[0].code), scan(doorway.people[0].code), scan("unlesbar")]
    answer = await door_client.post(SCANS, json={"scans": sent})
    assert answer.status_code == 200
    first, second, third = answer.json()["results"]
    assert first == {
        "id": sent[0]["id"],
        "result": "admitted",
        "reason": None,
        "attendee": {"name": doorway.people[0].name, "organisation": first["attendee"]["organisation"]},
        "first_scanned_at": first["first_scanned_at"],
        "conflict": False,
        "door": "Tür 1",
    }
    assert (second["result"], second["first_scanned_at"]) == ("already_inside", first["first_scanned_at"])
    assert (third["result"], third["reason"], third["attendee"]) == ("refused", "unknown_ticket", None)


async def test_scan_needs_no_more_than_id_and_code(door_client: httpx.AsyncClient, doorway: Doorway) -> None:
    answer = await door_client.post(SCANS, json={"scans": [{"id": str(uuid4()), "code": doorway.people[0].code}]})
    assert answer.json()["results"][0]["result"] == "admitted"


@pytest.mark.parametrize(
    "code",
    [
        "",
        "\x00\x01\x1b[2J",
        "".join(chr(number % 256) for number in range(3000)),
        "https://example.org/?q=" + "a" * 4000,
        "\u202egnp.exe",
        "'; DROP TABLE scan; --",
    ],
)
async def test_scans_answer_200_whatever_a_code_contains(door_client: httpx.AsyncClient, code: str) -> None:
    answer = await door_client.post(SCANS, json={"scans": [scan(code)]})
    assert (answer.status_code, answer.json()["results"][0]["reason"]) == (200, "unknown_ticket")


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"scans": []}, "/scans", "invalid"),
        ({"scans": [scan("x")] * 501}, "/scans", "invalid"),
        ({"scans": [scan("x", id="keine-uuid")]}, "/scans/0/id", "invalid"),
        ({"scans": [{"code": "x"}]}, "/scans/0/id", "required"),
        ({"scans": [{"id": str(uuid4())}]}, "/scans/0/code", "required"),
        ({"scans": [scan(None)]}, "/scans/0/code", "invalid"),
        ({"scans": [scan("x", direction="up")]}, "/scans/0/direction", "invalid"),
        ({"scans": [scan("x", scanned_at="2026-11-05T10:00:00")]}, "/scans/0/scanned_at", "invalid"),
        ({"scans": [scan("x", extra=1)]}, "/scans/0/extra", "unknown_field"),
        ({}, "/scans", "required"),
    ],
)
async def test_scans_of_a_wrong_shape_are_refused_at_the_field(
    door_client: httpx.AsyncClient, body: dict[str, Any], field: str, code: str
) -> None:
    answer = await door_client.post(SCANS, json=body)
    assert answer.status_code == 400
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, code)]


async def test_500_scans_of_one_code_at_once_are_one_admission(
    door_client: httpx.AsyncClient, doorway: Doorway
) -> None:
    body = {"scans": [scan(doorway.people[0].code, offline=True, shown="admitted") for _ in range(500)]}
    answer = await door_client.post(SCANS, json=body)
    assert sum(result["conflict"] for result in answer.json()["results"]) == 499


async def test_token_revoked_between_two_batches_answers_401(door_client: httpx.AsyncClient, doorway: Doorway) -> None:
    assert (await door_client.post(SCANS, json={"scans": [scan("x")]})).status_code == 200
    admin = auth(await make_api_token("admin"))
    await door_client.delete(f"/api/v1/devices/{doorway.door.device_id}", headers=admin)
    assert (await door_client.post(SCANS, json={"scans": [scan("x")]})).status_code == 401


async def test_roster_has_an_etag_that_saves_the_second_download(door_client: httpx.AsyncClient) -> None:
    first = await door_client.get("/api/v1/door/roster")
    assert {"event", "as_of", "version", "public_key", "tickets"} <= set(first.json())
    assert set(first.json()["tickets"][0]) == {"id", "name", "organisation", "status", "version", "short_code"}
    again = await door_client.get("/api/v1/door/roster", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])


async def test_search_admissions_and_counters_answer_their_shapes(
    door_client: httpx.AsyncClient, doorway: Doorway
) -> None:
    found = (await door_client.get("/api/v1/door/search", params={"q": "test"})).json()["items"]
    assert {guest["attendee_id"] for guest in found} == {str(person.id) for person in doorway.people}
    body = {"id": str(uuid4()), "attendee_ids": [guest["attendee_id"] for guest in found], "offline": False}
    admitted = await door_client.post("/api/v1/door/admissions", json={**body, "at": clock.now().isoformat()})
    assert [result["result"] for result in admitted.json()["results"]] == ["admitted", "admitted"]
    counted = (await door_client.get("/api/v1/door/counters")).json()
    assert (counted["expected"], counted["inside"], counted["admitted_total"]) == (2, 2, 2)
    assert sum(minute["admitted"] for minute in counted["by_minute"]) == 2


async def test_walk_in_answers_the_admitted_attendee(door_client: httpx.AsyncClient) -> None:
    body = walk_in_body(at=clock.now().isoformat(), offline=False)
    answer = await door_client.post("/api/v1/door/walk-ins", json=body)
    again = await door_client.post("/api/v1/door/walk-ins", json=body)
    made = answer.json()
    assert (answer.status_code, made["result"], made["status"], made["email"]) == (
        *(200, "admitted", "confirmed"),
        body["email"],
    )
    assert made.keys() >= {"id", "name", "waiting_position", "ticket_url", "ticket_token", "code", "short_code"}
    assert made["code"].startswith("CT1")
    assert again.json() == made


async def test_walk_in_at_a_full_event_is_409(client: httpx.AsyncClient, database: None) -> None:
    event = await make_event(capacity=0)
    _, token = await paired(event.slug)
    answer = await client.post("/api/v1/door/walk-ins", json=walk_in_body(), headers=auth(token))
    assert (answer.status_code, answer.json()["code"]) == (409, "event_full")
    answer = await client.post("/api/v1/door/walk-ins", json=walk_in_body(over_capacity=True), headers=auth(token))
    assert answer.json()["result"] == "admitted"


async def test_scan_of_half_a_character_is_an_unknown_ticket_and_spoils_no_other(
    client: httpx.AsyncClient, doorway: Doorway
) -> None:
    scans = [scan("HALF"), scan(doorway.people[0].code)]
    body = msgspec.json.encode({"scans": scans}).replace(b"HALF", rb"\ud800")
    answer = await client.post(SCANS, content=body, headers=auth(doorway.token))
    assert answer.status_code == 200
    assert [(r["result"], r["reason"]) for r in answer.json()["results"]] == [
        ("refused", "unknown_ticket"),
        ("admitted", None),
    ]


async def test_walk_in_without_an_address_or_answers_is_let_in(client: httpx.AsyncClient) -> None:
    question = Question("diet", "Was essen Sie?", "choice", ["alles"], required=True)
    event = await make_event(questions=[question])
    _, token = await paired(event.slug)
    before = await db.fetch_value("SELECT count(*) FROM outbox_mail")
    for _ in range(2):
        body = {
            "id": str(uuid4()),
            "given_name": "Ohne",
            "family_name": "Adresse",
            "organisation": {"name": "Werkstatt", "kind": "company"},
            "consents": {"privacy": True},
        }
        answer = await client.post("/api/v1/door/walk-ins", json=body, headers=auth(token))
        assert (answer.status_code, answer.json()["result"]) == (200, "admitted")
    assert await db.fetch_value("SELECT count(*) FROM outbox_mail") == before
