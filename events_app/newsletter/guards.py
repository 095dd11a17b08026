"""Whoever follows a link of the newsletter's mails acts for that reader."""

from __future__ import annotations

from litestar.handlers import BaseRouteHandler

from events_app.accounts.guards import Connection
from events_app.kit.errors import NotFound
from events_app.newsletter.service import links


async def reader_link(connection: Connection, _: BaseRouteHandler) -> None:
    """The token in the path is genuine; whether its reader is still there, the use case finds out."""
    if links.reader_id(str(connection.path_params["token"])) is None:
        raise NotFound
    connection.scope["user"] = None
