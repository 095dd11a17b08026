"""Every door names who may open it, and the doors of the back office stay shut for everybody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute

from events_app.accounts import guards, service
from tests.factories import auth, make_api_token, make_event

PUBLIC = {guards.anyone, guards.guest_or_staff}
DESK = {guards.agent, guards.staff}
MADE_BY_LITESTAR = re.compile(r"^/(schema|static)(/|$)")
READING = {"GET", "HEAD", "OPTIONS"}


class Door(NamedTuple):
    path: str
    methods: frozenset[str]
    guards: tuple[Any, ...]


def doors(app: Litestar) -> Iterator[Door]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                methods = frozenset(map(str, getattr(handler, "http_methods", ())))
                if methods != {"OPTIONS"}:
                    yield Door(route.path_format, methods, tuple(_named_guards(handler)))


def _named_guards(handler: BaseRouteHandler) -> Iterator[Any]:
    """As they were written; Litestar wraps those that are not coroutines."""
    for layer in handler.ownership_layers:
        yield from layer.guards or ()


def known(guard: Any) -> bool:
    """A guard of a room's `guards.py`."""
    return bool(re.fullmatch(r"events_app\.(kit\.http|\w+)\.guards", guard.__module__))


def is_ours(door: Door) -> bool:
    return not MADE_BY_LITESTAR.match(door.path)


async def test_every_door_names_a_known_guard(app: Litestar) -> None:
    unguarded = [door for door in doors(app) if is_ours(door) and not any(map(known, door.guards))]
    assert unguarded == []


async def test_static_files_are_public_on_purpose(app: Litestar) -> None:
    assert all(guards.anyone in door.guards for door in doors(app) if door.path.startswith("/static"))


async def test_back_office_is_open_to_accounts_only(app: Litestar) -> None:
    desk = [door for door in doors(app) if f"{door.path}/".startswith("/desk/")]
    assert len(desk) >= 10
    assert [door for door in desk if not DESK & set(door.guards)] == []


async def test_back_office_has_one_page_for_door_helpers_only(app: Litestar) -> None:
    open_to_helpers = [door.path for door in doors(app) if guards.staff in door.guards and "desk" in door.path]
    assert open_to_helpers == ["/desk"]


async def test_public_changes_are_the_known_ones(app: Litestar) -> None:
    """Whatever the public may change by itself is listed here, so that a new such door is a decision."""
    public = {
        door.path for door in doors(app) if is_ours(door) and PUBLIC & set(door.guards) and door.methods - READING
    }
    assert public <= {
        "/login",
        "/login/code",
        "/login/{token}",
        "/logout",
        "/events/{slug}/register",
        "/events/{slug}/walk-in/{key}",
        "/embed/events/{slug}",
        "/events/{slug}/resend",
        "/registrations/confirm/{token}",
        "/api/v1/events/{slug}/registrations",
        "/api/v1/devices/pair",
        "/newsletter",
        "/newsletter/confirm/{token}",
        "/newsletter/unsubscribe/{token}",
    }


def addresses(app: Litestar) -> Iterator[tuple[str, str]]:
    """(method, path) of every door of the desk's guards, with something at each parameter's place."""
    for door in doors(app):
        if {guards.agent} & set(door.guards):
            path = door.path.replace("{slug}", "auftakt")
            path = re.sub(r"\{mail_id\}", "7", path)  # the only id that is a number
            path = re.sub(r"\{\w*id\}", str(uuid4()), path)
            yield from (
                (method, re.sub(r"\{\w+\}", "x", path)) for method in sorted(door.methods - {"HEAD", "OPTIONS"})
            )


async def test_stranger_is_sent_to_the_log_in_or_refused(app: Litestar, client: httpx.AsyncClient) -> None:
    for method, path in addresses(app):
        answer = await client.request(method, path)
        if path.startswith("/api/"):
            assert answer.status_code == 401, (method, path)
            assert answer.json()["code"] == "unauthorised"
        else:
            assert answer.status_code == 303, (method, path)
            assert answer.headers["location"].startswith("/login?next=%2Fdesk")


async def test_door_helper_is_refused_everywhere_but_at_the_door(app: Litestar, client: httpx.AsyncClient) -> None:
    event = await make_event(slug="auftakt")
    account = await service.create_account("tuer@example.org", "door", event_id=event.id)
    session = await service.log_in_by_link((await service.new_login(account)).token, "x")
    client.cookies.set("session", session)
    for method, path in addresses(app):
        answer = await client.request(method, path)
        assert answer.status_code == 403, (method, path, answer.status_code)
    assert "/door" in (await client.get("/desk")).text


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Basic eDp5", "Bearer cta_forged", "Bearer \x00", "bearer a b"]
)
async def test_forged_authorization_opens_nothing(app: Litestar, client: httpx.AsyncClient, header: str) -> None:
    answer = await client.get("/desk/events", headers={"Authorization": header})
    assert answer.status_code == 303


async def test_api_token_of_a_door_opens_no_desk(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/events", json={}, headers=auth(await make_api_token("door")))
    assert answer.status_code == 403


async def test_log_in_leads_back_to_the_page_wanted(client: httpx.AsyncClient) -> None:
    answer = await client.get("/desk/events?show=past")
    assert answer.headers["location"] == "/login?next=%2Fdesk%2Fevents%3Fshow%3Dpast"
    posted = await client.post("/desk/events/new", data={"title": "x"})
    assert posted.headers["location"] == "/login?next=%2Fdesk"
