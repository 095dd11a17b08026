"""The guard of a personal feed: its address is the key."""

from __future__ import annotations

from litestar.handlers import BaseRouteHandler

from events_app.accounts.guards import Connection
from events_app.calendar import service
from events_app.kit.errors import NotFound


async def feed_link(connection: Connection, _: BaseRouteHandler) -> None:
    """Programs with an address that nobody has replaced; `request.auth` is the attendee's id."""
    token = str(connection.path_params["feed_token"]).removesuffix(".ics")
    attendee_id = await service.feed_holder(token)
    if attendee_id is None:
        raise NotFound(
            "This calendar address is not valid (any more). You find the new one on the page of your ticket."
        )
    connection.scope["auth"] = attendee_id
