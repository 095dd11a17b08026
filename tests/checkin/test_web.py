from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import httpx
import pytest

from events_app.accounts import service as accounts
from events_app.checkin import service
from events_app.checkin.schemas import DeviceIn, PairIn
from events_app.kit import db
from tests.checkin.doorway import Doorway
from tests.factories import ADMIN, make_cluster

SCRIPTS = Path(__file__).parents[2] / "events_app/frontend/src/door"
TEXTS = re.compile(r'<script type="application/json" id="door-texts">(.*?)</script>', re.DOTALL)


async def log_in(client: httpx.AsyncClient, cluster: str | None = None) -> None:
    """As an admin, or as the agent of a cluster."""
    cluster_id = (await make_cluster(cluster)).id if cluster else None
    account = await accounts.create_account("a@example.org", "agent" if cluster else "admin", cluster_id=cluster_id)
    login = await accounts.new_login(account)
    client.cookies.set("session", await accounts.log_in_by_link(login.token, "test"))


@pytest.fixture
async def desk(client: httpx.AsyncClient, doorway: Doorway) -> httpx.AsyncClient:
    await log_in(client)
    return client


async def door_texts(client: httpx.AsyncClient, language: str) -> dict[str, str]:
    page = (await client.get("/door", headers={"Accept-Language": language})).text
    found = TEXTS.search(page)
    assert found is not None
    texts: dict[str, str] = json.loads(found[1])
    return texts


async def test_door_is_a_page_without_data_that_search_engines_leave_alone(client: httpx.AsyncClient) -> None:
    page = await client.get("/door")
    assert page.status_code == 200
    assert '<meta name="robots" content="noindex">' in page.text


async def test_door_has_a_text_for_everything_its_scripts_say(client: httpx.AsyncClient) -> None:
    said = {key for path in SCRIPTS.glob("*.ts") for key in re.findall(r'\bsay\(\s*"(\w+)"', path.read_text())}
    german, english = await door_texts(client, "de"), await door_texts(client, "en")
    reasons = {"unknown_ticket", "bad_signature", "wrong_event", "cancelled", "waiting", "pending", "replaced"}
    assert said | reasons | {"expired", "not_inside", "admitted", "already_inside", "left"} <= german.keys()
    assert german.keys() == english.keys()
    places = re.compile(r"\{\w+\}")
    assert {key: places.findall(german[key]) for key in german} == {
        key: places.findall(english[key]) for key in english
    }


async def test_service_worker_may_serve_the_page_above_its_folder_and_is_asked_for_each_time(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/door/sw.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["service-worker-allowed"] == "/door"
    assert answer.headers["cache-control"] == "no-cache"
    assert "default-src 'self'" in answer.headers["content-security-policy"]


async def test_service_worker_keeps_every_file_that_the_page_names(client: httpx.AsyncClient) -> None:
    script, page = (await client.get("/door/sw.js")).text, (await client.get("/door")).text
    kept = json.loads(script.partition("=")[2].partition(";\n")[0])
    wanted = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page))
    assert len(wanted) > 5
    assert wanted <= set(kept["files"])
    assert any(path.endswith(".wasm") for path in kept["files"])
    assert [(await client.get(path)).status_code for path in kept["files"]] == [200] * len(kept["files"])
    assert kept["languages"] == ["de", "en"]


async def test_service_worker_stays_the_same_until_the_page_changes(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    german, english = [await client.get("/door/sw.js", headers={"Accept-Language": one}) for one in ("de", "en")]
    assert german.content == english.content
    monkeypatch.setattr("events_app.checkin.web.door.KINDS", {"company": "Company"})
    assert (await client.get("/door/sw.js")).content != german.content


@pytest.mark.parametrize(("language", "name"), [("de", "Einlass"), ("en", "Door")])
async def test_manifest_makes_the_page_an_app(client: httpx.AsyncClient, language: str, name: str) -> None:
    link = f"/door/manifest.webmanifest?lang={language}"
    assert f'<link rel="manifest" href="{link}">' in (await client.get(f"/door?lang={language}")).text
    answer = await client.get(link)
    described = answer.json()
    assert answer.headers["content-type"].startswith("application/manifest+json")
    assert (described["short_name"], described["start_url"], described["scope"]) == (name, "/door", "/door")
    assert {icon["sizes"] for icon in described["icons"]} == {"192x192", "512x512"}
    assert [(await client.get(icon["src"])).status_code for icon in described["icons"]] == [200, 200]


@pytest.mark.parametrize(
    ("code", "shown"), [("acd-234", "ACD234"), ("", ""), ('"><script>alert(1)</script>', ""), ("%00", "")]
)
async def test_pairing_link_fills_the_form_and_pairs_nothing(client: httpx.AsyncClient, code: str, shown: str) -> None:
    page = await client.get("/door/pair", params={"code": code})
    assert f'data-pairing-code="{shown}"' in page.text
    assert "alert(1)" not in page.text


async def test_desk_announces_a_device_and_shows_its_code_until_it_is_paired(
    desk: httpx.AsyncClient, doorway: Doorway
) -> None:
    at = f"/desk/events/{doorway.event.slug}/devices"
    made = await desk.post(at, data={"name": "Tür <2>"})
    assert made.status_code == 303
    page = (await desk.get(made.headers["location"])).text
    code = re.sub(r"\s", "", unescape(re.search(r'aria-hidden="true">(\w{3} \w{3})<', page)[1]))
    assert "<svg" in page
    assert "Tür &lt;2&gt;" in page
    await service.pair_device(PairIn(code))
    after = (await desk.get(made.headers["location"])).text
    assert "Dieses Gerät ist gekoppelt." in after
    assert code not in after.replace(" ", "")


async def test_desk_lists_devices_and_withdraws_one(desk: httpx.AsyncClient, doorway: Doorway) -> None:
    at = f"/desk/events/{doorway.event.slug}/devices"
    assert "Tür 1" in (await desk.get(at)).text
    answer = await desk.post(f"{at}/{doorway.door.device_id}/revoke")
    assert (answer.status_code, answer.headers["location"]) == (303, at)
    assert await db.fetch_value("SELECT revoked_at IS NOT NULL FROM device") is True
    assert "gesperrt" in (await desk.get(at)).text


async def test_desk_says_at_the_field_that_a_device_needs_a_name(desk: httpx.AsyncClient, doorway: Doorway) -> None:
    answer = await desk.post(f"/desk/events/{doorway.event.slug}/devices", data={"name": "  "})
    assert answer.status_code == 400
    assert "Bitte ausfüllen" in answer.text or "Bitte füllen" in answer.text


async def test_desk_shows_devices_to_their_own_agent_only(client: httpx.AsyncClient, doorway: Doorway) -> None:
    made = await service.create_device(doorway.event.slug, DeviceIn("Tür 2"), ADMIN)
    at = f"/desk/events/{doorway.event.slug}/devices"
    assert (await client.get(at)).headers["location"].startswith("/login")
    await log_in(client, "tab-bau")
    answers = [await client.get(at), await client.get(f"{at}/{made.id}"), await client.post(f"{at}/{made.id}/revoke")]
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert await db.fetch_value("SELECT count(*) FROM device WHERE revoked_at IS NOT NULL") == 0
