from __future__ import annotations

import re
from dataclasses import replace
from uuid import uuid4

import httpx
import msgspec
import pytest
from litestar import Litestar

from events_app.accounts import service
from events_app.accounts.web import ANSWER_AFTER_SECONDS, LOGIN_RATE
from events_app.kit import db, settings
from events_app.kit.settings import Settings

EMAIL = "agentin@example.org"


@pytest.fixture(autouse=True)
async def unlimited(app: Litestar) -> None:
    """All tests come from one address: each starts with nothing counted."""
    await app.state.services.limiter.redis.flushdb()


@pytest.fixture
async def account(database: None) -> None:
    await service.create_account(EMAIL, "agent", cluster_id=uuid4())


async def mailed() -> dict[str, str]:
    row = await db.fetch_row("SELECT payload FROM outbox_mail WHERE kind = 'login-link' ORDER BY id DESC LIMIT 1")
    assert row is not None
    payload: dict[str, str] = msgspec.json.decode(row["payload"])
    return payload


def link_path(payload: dict[str, str]) -> str:
    return payload["url"].removeprefix("http://clustertreff.test")


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found is not None
    return found[1]


async def test_mailed_link_logs_in_by_its_button_alone(client: httpx.AsyncClient, account: None) -> None:
    await client.post("/login", data={"email": EMAIL})
    path = link_path(await mailed())
    opened = await client.get(path)
    assert opened.status_code == 200
    assert f'action="{path}"' in opened.text
    assert "set-cookie" not in opened.headers
    pressed = await client.post(path)
    assert (pressed.status_code, pressed.headers["location"]) == (303, "/desk")
    assert await service.actor_of_session(pressed.cookies["session"])


async def test_session_cookie_is_out_of_reach_of_scripts_and_other_sites(
    client: httpx.AsyncClient, account: None
) -> None:
    await client.post("/login", data={"email": EMAIL})
    cookie = (await client.post(link_path(await mailed()))).headers["set-cookie"].lower()
    assert cookie.startswith("session=cts_")
    assert {"httponly", "samesite=lax", "path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "secure" not in cookie


async def test_session_cookie_in_production_is_bound_to_https_and_host(
    client: httpx.AsyncClient, account: None, app_settings: Settings
) -> None:
    await client.post("/login", data={"email": EMAIL})
    settings.use(replace(app_settings, env="production"))
    cookie = (await client.post(link_path(await mailed()))).headers["set-cookie"]
    assert cookie.startswith("__Host-session=cts_")
    assert "Secure" in cookie
    assert "Domain" not in cookie


async def test_link_used_before_says_so_and_opens_no_session(client: httpx.AsyncClient, account: None) -> None:
    await client.post("/login", data={"email": EMAIL})
    path = link_path(await mailed())
    await client.post(path)
    client.cookies.clear()
    for answer in (await client.get(path), await client.post(path)):
        assert answer.status_code == 410
        assert "Dieser Link gilt nicht mehr" in answer.text
        assert "set-cookie" not in answer.headers


async def test_typed_code_logs_in_and_leads_to_the_page_wanted(client: httpx.AsyncClient, account: None) -> None:
    asked = await client.post("/login", data={"email": EMAIL, "next": "/desk/people?q=x"})
    code = (await mailed())["code"]
    form = {"login": hidden(asked.text, "login"), "next": "/desk/people?q=x", "code": code}
    answer = await client.post("/login/code", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/people?q=x")
    assert await service.actor_of_session(answer.cookies["session"])


async def test_wrong_code_comes_back_at_its_field(client: httpx.AsyncClient, account: None) -> None:
    asked = await client.post("/login", data={"email": EMAIL})
    wrong = f"{(int((await mailed())['code']) + 1) % 10**6:06}"
    answer = await client.post("/login/code", data={"login": hidden(asked.text, "login"), "code": wrong})
    assert answer.status_code == 400
    assert 'id="f-code-error"' in answer.text
    assert hidden(answer.text, "login") == hidden(asked.text, "login")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("form", [{}, {"login": "x", "code": "123456"}, {"login": "", "code": "\x00"}])
async def test_forged_code_form_is_refused(client: httpx.AsyncClient, form: dict[str, str]) -> None:
    assert (await client.post("/login/code", data=form)).status_code == 400


async def test_unknown_address_reads_and_takes_the_same(client: httpx.AsyncClient, account: None) -> None:
    known = await client.post("/login", data={"email": EMAIL})
    unknown = await client.post("/login", data={"email": "fremde@example.org"})
    assert known.status_code == unknown.status_code == 200
    same = [
        answer.text.replace(hidden(answer.text, "login"), "").replace(address, "")
        for answer, address in ((known, EMAIL), (unknown, "fremde@example.org"))
    ]
    assert same[0] == same[1]
    assert min(known.elapsed, unknown.elapsed).total_seconds() >= ANSWER_AFTER_SECONDS
    assert await db.fetch_value("SELECT count(*) FROM outbox_mail") == 1


async def test_unusable_address_comes_back_at_its_field(client: httpx.AsyncClient) -> None:
    answer = await client.post("/login", data={"email": "agentin"})
    assert answer.status_code == 400
    assert 'id="f-email-error"' in answer.text
    assert 'value="agentin"' in answer.text


async def test_log_in_is_limited_per_address(client: httpx.AsyncClient) -> None:
    statuses = [(await client.post("/login/code", data={})).status_code for _ in range(2 * LOGIN_RATE.count + 1)]
    assert 429 in statuses
    refused = await client.post("/login/code", data={})
    assert int(refused.headers["retry-after"]) > 0


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/desk", "/\\evil.example"])
async def test_log_in_never_leads_to_another_site(client: httpx.AsyncClient, account: None, elsewhere: str) -> None:
    asked = await client.get("/login", params={"next": elsewhere})
    assert hidden(asked.text, "next") == "/desk"
    await client.post("/login", data={"email": EMAIL, "next": elsewhere})
    pressed = await client.post(link_path(await mailed()), data={"next": elsewhere})
    assert pressed.headers["location"] == "/desk"


async def test_log_in_ends_a_session_planted_before(client: httpx.AsyncClient, account: None) -> None:
    await service.create_account("fremde@example.org", "admin")
    planted = await service.log_in_by_link(
        (await service.new_login(await service.create_account("fremde@example.org", "admin"))).token, "x"
    )
    await client.post("/login", data={"email": EMAIL})
    pressed = await client.post(link_path(await mailed()), headers={"Cookie": f"session={planted}"})
    assert pressed.cookies["session"] != planted
    assert await service.actor_of_session(planted) is None


async def test_log_out_ends_the_session_on_the_server(client: httpx.AsyncClient, account: None) -> None:
    await client.post("/login", data={"email": EMAIL})
    session = (await client.post(link_path(await mailed()))).cookies["session"]
    answer = await client.post("/logout")
    assert answer.headers["location"] == "/login?out=1"
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert await service.actor_of_session(session) is None


@pytest.mark.parametrize("path", ["/login", "/logout", "/login/code", "/login/ctl_x"])
async def test_post_from_another_site_is_refused(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.post(path, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


async def test_login_pages_are_kept_by_no_cache(client: httpx.AsyncClient, account: None) -> None:
    for answer in (await client.get("/login"), await client.post("/login", data={"email": EMAIL})):
        assert answer.headers["cache-control"] == "no-store"


async def test_login_page_sends_whoever_is_logged_in_on(client: httpx.AsyncClient, account: None) -> None:
    await client.post("/login", data={"email": EMAIL})
    await client.post(link_path(await mailed()))
    answer = await client.get("/login", params={"next": "/desk/events"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/events")
