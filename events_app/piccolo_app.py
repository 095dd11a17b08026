"""One Piccolo app for all rooms, so that there is one migration history."""

from __future__ import annotations

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

import piccolo_migrations

ROOMS = (
    "accounts",
    "audit",
    "outbox",
    "organisations",
    "events",
    "tickets",
    "calendar",
    "registration",
    "checkin",
    "matchmaking",
    "attendance",
    "directory",
    "newsletter",
)

APP_CONFIG = AppConfig(
    app_name="clustertreff",
    migrations_folder_path=str(Path(piccolo_migrations.__file__).parent),
    table_classes=table_finder([f"events_app.{room}.tables" for room in ROOMS]),
)
