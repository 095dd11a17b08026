"""What devices tell of themselves, undoing, overriding, conflicts and the door's settings over JSON."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from events_app.checkin.schemas import DeviceTold
from events_app.checkin.service.devices import note_told
from events_app.kit.settings import Settings
from tests.checkin.doorway import Doorway, paired
from tests.checkin.test_service_corrections import cancel_first, scanned_offline, trusted
from tests.checkin.test_service_scans import NOON, at
from tests.factories import auth, make_api_token

DOOR = "/api/v1/door"


async def admin() -> dict[str, str]:
    return auth(await make_api_token("admin"))


async def devices(client: httpx.AsyncClient, place: Doorway) -> list[dict[str, Any]]:
    answer = await client.get(f"/api/v1/events/{place.event.slug}/devices", headers=await admin())
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_device_tells_its_queue_and_battery_with_a_sign_of_life_or_its_scans(
    door_client: httpx.AsyncClient, doorway: Doorway
) -> None:
    answer = await door_client.post(f"{DOOR}/status", json={"queue": 3, "battery": 0.5})
    assert answer.status_code == 200
    assert answer.json().keys() == {"now", "lease_until", "exit_scanning", "may_override"}
    assert (answer.json()["exit_scanning"], answer.json()["may_override"]) == (False, False)
    [told] = await devices(door_client, doorway)
    assert (told["state"], told["queue"], told["battery"]) == ("paired", 3, 0.5)
    scan = {"scans": [{"id": str(uuid4()), "code": "?"}], "device": {"queue": 0}}
    await door_client.post(f"{DOOR}/scans", json=scan, headers=auth(doorway.token))
    [told] = await devices(door_client, doorway)
    assert (told["queue"], told["battery"]) == (0, None)


@pytest.mark.parametrize("told", [{}, {"queue": -1}, {"queue": 1, "battery": 1.1}, {"queue": 1, "mood": "good"}])
async def test_device_that_tells_nonsense_is_refused(door_client: httpx.AsyncClient, told: dict[str, Any]) -> None:
    assert (await door_client.post(f"{DOOR}/status", json=told)).status_code == 400


async def test_device_is_out_of_contact_after_its_lease(
    app_settings: Settings, client: httpx.AsyncClient, doorway: Doorway
) -> None:
    at(app_settings, NOON)
    await note_told(doorway.door, DeviceTold(0))
    at(app_settings, NOON + timedelta(hours=12))
    assert (await devices(client, doorway))[0]["state"] == "paired"
    at(app_settings, NOON + timedelta(hours=12, seconds=1))
    assert (await devices(client, doorway))[0]["state"] == "out_of_contact"


async def test_scan_is_undone_over_the_api(door_client: httpx.AsyncClient, doorway: Doorway) -> None:
    scan = await doorway.scan(doorway.people[0].code)
    undo = f"{DOOR}/scans/{scan.id}/undo"
    for wrong in ({}, {"reason": ""}, {"reason": "x", "more": 1}):
        assert (await door_client.post(undo, json=wrong)).status_code == 400
    answer = await door_client.post(undo, json={"reason": "Doppelt"})
    assert (answer.status_code, answer.json()["inside"]) == (200, False)
    assert (await door_client.post(undo, json={"reason": "Doppelt"})).json() == answer.json()
    assert (await door_client.post(f"{DOOR}/scans/{uuid4()}/undo", json={"reason": "x"})).status_code == 404
    assert (await door_client.get(f"{DOOR}/counters")).json()["admitted_total"] == 0


async def test_override_is_for_a_device_that_may(client: httpx.AsyncClient, doorway: Doorway) -> None:
    await cancel_first(doorway)
    scan = await doorway.scan(doorway.people[0].code)
    override = f"{DOOR}/scans/{scan.id}/override"
    refused = await client.post(override, json={"reason": "x"}, headers=auth(doorway.token))
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    made = await client.post(
        f"/api/v1/events/{doorway.event.slug}/devices",
        json={"name": "Leitung", "may_override": True},
        headers=await admin(),
    )
    pairing = {"pairing_code": made.json()["pairing_code"]}
    paired_device = (await client.post("/api/v1/devices/pair", json=pairing)).json()
    assert (paired_device["may_override"], paired_device["exit_scanning"]) == (True, False)
    allowed = await client.post(override, json={"reason": "Leitung"}, headers=auth(paired_device["token"]))
    assert (allowed.status_code, allowed.json()["inside"]) == (200, True)


async def test_exits_are_an_option_of_the_event_that_the_roster_tells(
    client: httpx.AsyncClient, doorway: Doorway
) -> None:
    door, token = f"/api/v1/events/{doorway.event.slug}/door", auth(doorway.token)
    before = await client.get(f"{DOOR}/roster", headers=token)
    assert before.json()["exit_scanning"] is False
    assert (await client.put(door, json={"exit_scanning": True}, headers=token)).status_code == 401
    changed = await client.put(door, json={"exit_scanning": True}, headers=await admin())
    assert (changed.status_code, changed.json()) == (200, {"exit_scanning": True})
    after = await client.get(f"{DOOR}/roster", headers={**token, "If-None-Match": before.headers["etag"]})
    assert (after.status_code, after.json()["exit_scanning"]) == (200, True)
    assert (await client.get(door, headers=await admin())).json() == {"exit_scanning": True}


async def test_conflicts_are_listed_and_settled_over_the_api(client: httpx.AsyncClient, doorway: Doorway) -> None:
    other, _ = await paired(doorway.event.slug, "Tür 2")
    await scanned_offline(doorway.door, doorway.people[0].code)
    second = await scanned_offline(other, doorway.people[0].code)
    at_desk = f"/api/v1/events/{doorway.event.slug}/door/conflicts"
    [conflict] = (await client.get(at_desk, headers=await admin())).json()["items"]
    assert (conflict["id"], conflict["attendee"]["name"]) == (str(second.id), doorway.people[0].name)
    assert (conflict["device"], conflict["door"], conflict["shown"]) == ("Tür 2", "Tür 1", "admitted")
    assert (await client.get(at_desk, headers=auth(doorway.token))).status_code == 401
    settled = await client.post(f"{at_desk}/{second.id}/settle", headers=await admin())
    assert (settled.status_code, settled.json()["items"]) == (200, [])


async def test_trusted_device_is_told_so(doorway: Doorway) -> None:
    assert (await trusted(doorway.event.slug)).may_override
    assert not doorway.door.may_override
