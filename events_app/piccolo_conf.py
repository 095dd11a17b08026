"""Where Piccolo's commands find the database and the app."""

from __future__ import annotations

from piccolo.conf.apps import AppRegistry

from events_app.kit.db import DB

__all__ = ["APP_REGISTRY", "DB"]

APP_REGISTRY = AppRegistry(apps=["events_app.piccolo_app"])
