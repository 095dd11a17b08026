"""The guard of what is public on purpose; those that ask who is there are in `accounts.guards`."""

from __future__ import annotations

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler


async def anyone(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Public: nobody is looked up, `request.user` is None."""
    connection.scope["user"] = None
