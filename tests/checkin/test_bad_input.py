"""What else is held before the camera, clocks that are wrong, helpers who are let go in the middle of their work."""

from __future__ import annotations

import asyncio
import contextvars
import random
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from events_app.checkin import service
from events_app.checkin.schemas import ScanIn
from events_app.kit import db, settings
from events_app.kit.settings import Settings
from events_app.registration import service as registrations
from events_app.registration.schemas import SwapIn
from tests.checkin.doorway import Doorway, open_door, paired
from tests.checkin.test_service_scans import at, registration_of, until_somebody_waits
from tests.factories import ADMIN, auth, make_event, make_registration

SCANS = "/api/v1/door/scans"
BINARY = bytes(random.Random(7).randrange(256) for _ in range(3072)).decode("latin-1")  # noqa: S311 - any bytes will do
FOREIGN = {
    "link": "https://example.org/gewinnspiel?id=1",
    "our own link": "http://clustertreff.test/t/abc.def",
    "vcard": "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Erika Beispiel\r\nEMAIL:erika@example.org\r\nEND:VCARD",
    "wifi": "WIFI:T:WPA;S:Gast;P:geheim;;",
    "boarding pass": "M1BEISPIEL/ERIKA      EABC123 HALFRAXX 0123 326J001A0025 147>3180OO6326BXX 0000000000000",
    "pairing link": "http://clustertreff.test/door/pair?code=ACD234",
    "payment": "BCD\n002\n1\nSCT\n\nBeispiel\nDE00000000000000000000\nEUR1.00",
    "binary": BINARY,
    "emoji": "🎟️" * 40,
    "almost": "CT1",
    "sql": "'; DROP TABLE scan; --",
}


@pytest.mark.parametrize("code", FOREIGN.values(), ids=FOREIGN.keys())
async def test_foreign_code_is_an_unknown_ticket(client: httpx.AsyncClient, doorway: Doorway, code: str) -> None:
    scan = {"id": str(uuid4()), "code": code}
    answers = [await client.post(SCANS, json={"scans": [scan]}, headers=auth(doorway.token)) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    [result] = answers[0].json()["results"]
    assert (result["result"], result["reason"], result["attendee"]) == ("refused", "unknown_ticket", None)
    assert answers[1].json() == answers[0].json()


async def test_code_cut_short_or_with_any_one_bit_changed_admits_nobody(doorway: Doorway) -> None:
    """Each character is five bits, so that a bit changed is another character of the alphabet."""
    code = doorway.people[0].code or ""
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUV"
    bent = [
        code[:place] + alphabet[alphabet.index(code[place]) ^ 1 << bit] + code[place + 1 :]
        for place in range(3, len(code))
        for bit in range(5)
    ]
    cut = [code[:length] for length in range(0, len(code), 7)] + [code + "0", code[1:]]
    for first in range(0, len(bent), 500):
        batch = [ScanIn(id=uuid4(), code=text) for text in bent[first : first + 500]]
        answers = await service.record_scans(doorway.door, batch)
        assert {answer.result for answer in answers} == {"refused"}
        assert {answer.reason for answer in answers} <= {"bad_signature", "unknown_ticket"}
        assert {answer.attendee for answer in answers} == {None}
    answers = await service.record_scans(doorway.door, [ScanIn(id=uuid4(), code=text) for text in cut])
    assert {answer.reason for answer in answers} == {"unknown_ticket"}
    assert await db.fetch_value("SELECT count(*) FROM presence") == 0


async def test_old_version_after_a_swap_and_the_new_one_in_one_batch(doorway: Doorway) -> None:
    person = doorway.people[0]
    after = await registrations.swap_attendee(
        await registration_of(doorway), person.id, SwapIn("Neue", "Person"), ADMIN
    )
    new = next(one.code for one in after.attendees if one.name == "Neue Person")
    sent = [ScanIn(id=uuid4(), code=code or "", offline=True, shown="admitted") for code in (person.code, new)]
    old, current = await service.record_scans(doorway.door, sent)
    assert (old.reason, old.conflict, current.result, current.conflict) == ("replaced", True, "admitted", False)


@pytest.mark.parametrize("wrong", [timedelta(hours=-3), timedelta(0), timedelta(hours=3)])
@pytest.mark.parametrize(
    ("summer_ends", "begins"),
    [(True, datetime(2026, 10, 25, 7, 0, tzinfo=UTC)), (False, datetime(2026, 3, 29, 7, 0, tzinfo=UTC))],
)
async def test_clock_three_hours_wrong_on_the_day_clocks_change_refuses_nobody_and_keeps_the_day(
    app_settings: Settings, database: None, *, summer_ends: bool, begins: datetime, wrong: timedelta
) -> None:
    at(app_settings, begins - timedelta(days=20))
    place = await open_door(starts_at=begins, ends_at=begins + timedelta(hours=8))
    at(app_settings, begins + timedelta(hours=4))
    now = settings.current().fixed_now
    assert now is not None
    answer = await place.scan(place.people[0].code, offline=True, shown="admitted", scanned_at=now + wrong)
    again = await place.scan(place.people[0].code)
    assert (answer.result, answer.conflict, again.result) == ("admitted", False, "already_inside")
    counted = await service.counters(place.door)
    assert (counted.inside, counted.admitted_total) == (1, 1)
    offset = answer.first_scanned_at.utcoffset() if answer.first_scanned_at else None
    assert offset == timedelta(hours=1 if summer_ends else 2)


async def test_500_scans_sent_twice_at_once_by_two_devices_are_counted_once(
    client: httpx.AsyncClient, database: None
) -> None:
    event = await make_event(capacity=500)
    people = [person for _ in range(3) for person in (await make_registration(event, 160)).attendees]
    tokens = [(await paired(event.slug, f"Tür {number}"))[1] for number in (1, 2)]
    codes = [person.code for person in people] + ["unlesbar"] * 20
    body = {"scans": [{"id": str(uuid4()), "code": code, "offline": True, "shown": "admitted"} for code in codes]}
    sent = [client.post(SCANS, json=body, headers=auth(token)) for token in tokens * 2]
    answers = await asyncio.gather(*sent)
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.text for answer in answers}) == 1
    counters = (await client.get("/api/v1/door/counters", headers=auth(tokens[0]))).json()
    assert (counters["expected"], counters["inside"], counters["admitted_total"]) == (480, 480, 480)
    assert sum(minute["admitted"] for minute in counters["by_minute"]) == 480
    rows = await db.fetch_row(
        "SELECT count(*), count(DISTINCT id), count(*) FILTER (WHERE result = 'admitted') FROM scan"
    )
    assert tuple(rows or ()) == (500, 500, 480)


async def test_device_revoked_in_the_middle_of_a_batch_leaves_all_of_it_or_nothing(
    client: httpx.AsyncClient, doorway: Doorway
) -> None:
    """What was asked while it was welcome is answered; what it asks then is not, and another device sends the rest."""
    codes = [person.code for person in doorway.people] + ["unlesbar"] * 30
    body = {"scans": [{"id": str(uuid4()), "code": code} for code in codes]}
    async with db.transaction():
        await db.execute("SELECT FROM ticket WHERE short_code = $1 FOR UPDATE", doorway.people[0].short_code)
        sending = asyncio.create_task(
            client.post(SCANS, json=body, headers=auth(doorway.token)), context=contextvars.Context()
        )
        await until_somebody_waits()
        revoking = asyncio.create_task(
            service.revoke_device(doorway.door.device_id, ADMIN), context=contextvars.Context()
        )
        await asyncio.sleep(0.1)
    first, _ = await asyncio.gather(sending, revoking)
    assert first.status_code == 200
    assert await db.fetch_value("SELECT count(*) FROM scan") == len(codes)
    assert (await client.post(SCANS, json=body, headers=auth(doorway.token))).status_code == 401
    _, token = await paired(doorway.event.slug, "Tür 2")
    assert (await client.post(SCANS, json=body, headers=auth(token))).json() == first.json()
    assert await db.fetch_value("SELECT count(*) FROM scan") == len(codes)
