"""Guards: every route names one. They find out who acts and put an `Actor` into `request.user`."""

from __future__ import annotations

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from events_app.accounts import service
from events_app.accounts.rules import Actor
from events_app.kit import settings
from events_app.kit.errors import Forbidden, Unauthorised
from events_app.kit.http.guards import anyone

__all__ = [
    "agent",
    "anyone",
    "bearer",
    "find_desk_actor",
    "guest_or_staff",
    "session_cookie",
    "staff",
]

Connection = ASGIConnection[Any, Any, Any, Any]


def session_cookie() -> str:
    """The cookie's name; the prefix makes browsers insist on HTTPS, this host alone and the whole site."""
    return "__Host-session" if settings.current().production else "session"


def bearer(connection: Connection) -> str | None:
    """The token of an `Authorization: Bearer` header."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


async def find_desk_actor(connection: Connection) -> Actor | None:
    """The account or API token behind a request; a bearer token wins over a cookie."""
    token = bearer(connection)
    if token is not None:
        return await service.actor_of_api_token(token)
    cookie = connection.cookies.get(session_cookie())
    return await service.actor_of_session(cookie) if cookie else None


async def guest_or_staff(connection: Connection, _: BaseRouteHandler) -> None:
    """Public, but staff see more: `request.user` is an `Actor` or None."""
    connection.scope["user"] = await find_desk_actor(connection)


async def agent(connection: Connection, _: BaseRouteHandler) -> None:
    """Cluster agents and admins, by session or API token. Which cluster is checked by the use case."""
    actor = await find_desk_actor(connection)
    if actor is None:
        raise Unauthorised
    if not actor.is_desk:
        raise Forbidden
    connection.scope["user"] = actor


async def staff(connection: Connection, _: BaseRouteHandler) -> None:
    """Anybody with an account, door helpers included."""
    actor = await find_desk_actor(connection)
    if actor is None:
        raise Unauthorised
    connection.scope["user"] = actor
