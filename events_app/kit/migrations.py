"""Bringing the database to the current schema: safe to run twice and from two machines at once."""

from __future__ import annotations

import contextlib
import io
import os
import re
from pathlib import Path

import piccolo_migrations
from events_app.kit import db

APP = "clustertreff"
ADVISORY_LOCK = 4_211_874_093
"""Held while migrating, so that a second machine waits and then finds nothing to do."""

_ID_LINE = re.compile(r'^ID = "(.+)"$', re.MULTILINE)


class MigrationFailedError(Exception):
    """Piccolo could not apply a migration; the text is what it printed."""


async def migrate() -> set[str]:
    """Apply the migrations that are missing, all or none of them; gives their ids. Raises `MigrationFailedError`.

    One transaction is around all of them, so that a kill between a migration and the note that it ran (Piccolo
    writes them apart) leaves neither; the lock goes with it.
    """
    if not await missing():
        return set()
    async with db.transaction() as connection:
        await connection.execute("SELECT pg_advisory_xact_lock($1)", ADVISORY_LOCK)
        applied = await missing()  # another machine may have been here while we waited
        await _run_forwards()
    return applied


async def missing() -> set[str]:
    """The ids of the migrations that come with this version and did not run yet."""
    if await db.fetch_value("SELECT to_regclass('migration')") is None:
        return _known()
    rows = await db.fetch("SELECT name FROM migration WHERE app_name = $1", APP)
    return _known() - {row["name"] for row in rows}


def _known() -> set[str]:
    """Read from the files without importing them: their imports cost more than all the rest of a later start."""
    files = Path(piccolo_migrations.__file__).parent.glob(f"{APP}_*.py")
    return {found[1] for file in files if (found := _ID_LINE.search(file.read_text()))}


async def _run_forwards() -> None:
    os.environ.setdefault("PICCOLO_CONF", "events_app.piccolo_conf")
    from piccolo.apps.migrations.commands.forwards import ForwardsMigrationManager  # noqa: PLC0415 - reads PICCOLO_CONF

    with contextlib.redirect_stdout(io.StringIO()) as printed:
        result = await ForwardsMigrationManager(app_name=APP, migration_id="all").run()
    if not result.success:
        raise MigrationFailedError(f"{result.message}\n{printed.getvalue()}")
