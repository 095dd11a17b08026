"""The rehearsal's test ticket: every device admits it, and it counts nowhere."""

from __future__ import annotations

import json
import re
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

from events_app.checkin import service
from events_app.checkin.schemas import ScanIn
from events_app.kit import db
from events_app.tickets.rules import read_code, verify
from tests.checkin.doorway import Doorway, open_door
from tests.checkin.test_web import TEXTS, log_in
from tests.factories import auth

SCRIPTS = Path(__file__).parents[2] / "events_app/frontend/src"


def code_of(doorway: Doorway) -> str:
    code = service.trial_code(doorway.door)
    assert code is not None
    return code


async def kept() -> tuple[int, int]:
    return await db.fetch_value("SELECT count(*) FROM scan"), await db.fetch_value("SELECT count(*) FROM presence")


async def test_test_ticket_is_genuine_and_nobodys(doorway: Doorway) -> None:
    parsed = read_code(code_of(doorway))
    assert verify(parsed, doorway.event.public_key)
    assert parsed.ticket_id == UUID(int=0)
    assert await db.fetch_value("SELECT count(*) FROM ticket WHERE id = $1", parsed.ticket_id) == 0


async def test_test_ticket_is_admitted_each_time_and_counts_nowhere(doorway: Doorway) -> None:
    before = await service.counters(doorway.door)
    answers = [await doorway.scan(code_of(doorway), offline=offline) for offline in (False, False, True)]
    assert [answer.result for answer in answers] == ["admitted"] * 3
    assert {answer.conflict for answer in answers} == {False}
    assert answers[0].attendee is not None
    assert answers[0].attendee.name == "Testticket"
    assert (await doorway.scan(code_of(doorway), direction="exit")).result == "left"
    assert await kept() == (0, 0)
    assert await service.counters(doorway.door) == before


async def test_test_ticket_is_known_as_handheld_scanners_write_it(doorway: Doorway) -> None:
    assert (await doorway.scan(f" {code_of(doorway).lower()}\r\n")).result == "admitted"
    assert await kept() == (0, 0)


async def test_test_ticket_among_others_leaves_them_as_they_are(doorway: Doorway) -> None:
    real = doorway.people[0].code
    assert real is not None
    codes = [code_of(doorway), real, "Unsinn", code_of(doorway), real]
    answers = await service.record_scans(doorway.door, [ScanIn(uuid4(), code) for code in codes])
    assert [answer.result for answer in answers] == ["admitted", "admitted", "refused", "admitted", "already_inside"]
    assert await kept() == (3, 1)


async def test_other_events_test_ticket_is_refused(doorway: Doorway) -> None:
    other = await open_door(title="Andere")
    answer = await doorway.scan(code_of(other))
    assert (answer.result, answer.reason) == ("refused", "wrong_event")


async def test_device_gets_the_test_ticket_and_nobody_else(client: httpx.AsyncClient, doorway: Doorway) -> None:
    answer = await client.get("/door/rehearsal/ticket", headers=auth(doorway.token))
    assert answer.json()["code"] == code_of(doorway)
    assert answer.json()["symbol"].startswith("<svg")
    assert answer.headers["cache-control"] == "no-store"
    assert (await client.get("/door/rehearsal/ticket")).status_code == 401


@pytest.mark.parametrize(("language", "word"), [("de", "Probelauf"), ("en", "Rehearsal")])
async def test_page_holds_no_data_and_has_a_text_for_all_it_says(
    client: httpx.AsyncClient, language: str, word: str
) -> None:
    page = (await client.get("/door/rehearsal", headers={"Accept-Language": language})).text
    assert word in page
    found = TEXTS.search(page)
    assert found is not None
    texts = json.loads(found[1])
    sources = [SCRIPTS / "rehearsal.ts", *(SCRIPTS / "rehearsal").glob("*.ts")]
    said = {key for path in sources for key in re.findall(r'\b(?:say|good|bad|ask)\(\s*"(\w+)"', path.read_text())}
    assert said
    assert said | {"camera_denied", "camera_missing", "camera_failed"} <= texts.keys()


async def test_desk_shows_the_test_ticket_and_prints_it(client: httpx.AsyncClient, doorway: Doorway) -> None:
    await log_in(client)
    at = f"/desk/events/{doorway.event.slug}/rehearsal"
    page = (await client.get(at)).text
    assert page.count("<svg xmlns") >= 2
    assert "Tür 1" in page
    for form in ("sheet", "label", "folded"):
        badge = await client.get(f"{at}/badge.pdf", params={"format": form})
        assert badge.headers["content-type"] == "application/pdf"
    assert await db.fetch_value("SELECT count(*) FROM printed_badge") == 0


async def test_rehearsal_is_its_own_agents_only(client: httpx.AsyncClient, doorway: Doorway) -> None:
    await log_in(client, "tab-bau")
    at = f"/desk/events/{doorway.event.slug}/rehearsal"
    assert [(await client.get(path)).status_code for path in (at, f"{at}/badge.pdf")] == [403, 403]
