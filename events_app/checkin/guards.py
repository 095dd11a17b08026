"""The guard of a door's device: it shows the token it got when it was paired."""

from __future__ import annotations

from litestar.handlers import BaseRouteHandler

from events_app.accounts.guards import Connection, bearer
from events_app.accounts.rules import Actor
from events_app.checkin.service import living_door


async def device(connection: Connection, _: BaseRouteHandler) -> None:
    """Paired devices only; `request.auth` is the `Door`, `request.user` the device as an actor."""
    door = await living_door(bearer(connection))
    connection.scope["auth"] = door
    connection.scope["user"] = Actor("device", door.device_id, event_id=door.event_id, name=door.device_name)
