"""Who may read caught mail: whoever runs the app for themselves, and nobody where mail is really sent."""

from __future__ import annotations

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from events_app.kit import settings
from events_app.kit.errors import NotFound
from events_app.kit.settings import CATCH


async def while_catching(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Not found, unless mail is caught (`CLUSTERTREFF_SMTP_URL=catch`) outside production."""
    now = settings.current()
    if now.production or now.smtp_url != CATCH:
        raise NotFound
    connection.scope["user"] = None
