from __future__ import annotations

from dataclasses import replace

import httpx
import pytest
from litestar.datastructures import Headers

from events_app.kit import settings
from events_app.kit.http.protection import is_foreign
from events_app.kit.settings import Settings

HERE = {"host": "clustertreff.test"}


@pytest.mark.parametrize(
    ("method", "headers", "foreign"),
    [
        ("POST", {"sec-fetch-site": "same-origin"}, False),
        ("POST", {"sec-fetch-site": "none"}, False),
        ("POST", {"sec-fetch-site": "cross-site"}, True),
        ("POST", {"sec-fetch-site": "same-site"}, True),
        ("DELETE", {"sec-fetch-site": "cross-site"}, True),
        ("GET", {"sec-fetch-site": "cross-site"}, False),
        ("POST", {"origin": "http://clustertreff.test"}, False),
        ("POST", {"origin": "http://evil.example"}, True),
        ("POST", {"origin": "null"}, True),
        ("POST", {"origin": "http://clustertreff.test.evil.example"}, True),
        ("POST", {"sec-fetch-site": "cross-site", "origin": "http://clustertreff.test"}, True),
        ("POST", {}, False),
        ("POST", {"sec-fetch-site": "cross-site", "authorization": "Bearer cta_x"}, False),
    ],
)
def test_is_foreign_believes_what_browsers_say(
    app_settings: Settings,
    method: str,
    headers: dict[str, str],
    foreign: bool,  # noqa: FBT001 - a parameter
) -> None:
    assert is_foreign(method, Headers({**HERE, **headers})) is foreign


def test_is_foreign_knows_the_public_address_behind_a_proxy(app_settings: Settings) -> None:
    settings.use(replace(app_settings, base_url="https://treff.example.org"))
    assert not is_foreign("POST", Headers({"host": "10.0.0.7:8000", "origin": "https://treff.example.org"}))


@pytest.mark.parametrize("path", ["/logout", "/desk/events/new", "/events/x/register", "/api/v1/events"])
async def test_post_from_another_site_changes_nothing(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.post(path, headers={"Sec-Fetch-Site": "cross-site", "Cookie": "session=cts_x"})
    assert answer.status_code in {401, 403, 303}
    assert answer.status_code != 303 or answer.headers["location"].startswith("/login?")


@pytest.mark.parametrize("path", ["/", "/login", "/gibt-es-nicht", "/api/v1/events", "/schema/openapi.json"])
async def test_every_answer_forbids_foreign_content(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert "http:" not in policy
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert "strict-transport-security" not in headers


async def test_production_insists_on_https(client: httpx.AsyncClient, app_settings: Settings) -> None:
    settings.use(replace(app_settings, env="production"))
    answer = await client.get("/login?lang=en")
    assert "max-age=31536000" in answer.headers["strict-transport-security"]
    assert "Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize("path", ["/", "/login"])
async def test_pages_hold_no_inline_script_or_style(client: httpx.AsyncClient, path: str) -> None:
    html = (await client.get(path)).text
    assert "<style" not in html
    assert ' style="' not in html
    assert "<script>" not in html
