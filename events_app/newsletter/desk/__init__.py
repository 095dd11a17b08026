"""The back office's doors of this room: writing an issue, and sending it."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from events_app.newsletter.desk import issues, writing

routes: list[ControllerRouterHandler] = [*writing.routes, *issues.routes]
