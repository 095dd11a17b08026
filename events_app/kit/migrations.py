"""Bringing the database to the current schema: safe to run twice and from two machines at once."""

from __future__ import annotations

import contextlib
import io
import os

from events_app.kit import db

ADVISORY_LOCK = 4_211_874_093
"""Held while migrating, so that a second machine waits and then finds nothing to do."""


class MigrationFailedError(Exception):
    """Piccolo could not apply a migration; the text is what it printed."""


async def migrate() -> None:
    """Apply the migrations that are missing. Raises `MigrationFailedError`."""
    os.environ.setdefault("PICCOLO_CONF", "events_app.piccolo_conf")
    from piccolo.apps.migrations.commands.forwards import ForwardsMigrationManager  # noqa: PLC0415 - reads PICCOLO_CONF

    lock = await db.DB.get_new_connection()
    try:
        await lock.execute("SELECT pg_advisory_lock($1)", ADVISORY_LOCK)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            result = await ForwardsMigrationManager(app_name="clustertreff", migration_id="all").run()
        if not result.success:
            raise MigrationFailedError(f"{result.message}\n{printed.getvalue()}")
    finally:
        await lock.close()
