"""Bringing the database to the current schema."""

from __future__ import annotations

import contextlib
import io
import os
import re
from pathlib import Path

import piccolo_migrations
from events_app.kit import db
from events_app.supervisor.errors import ServerError

APP = "clustertreff"
LOCK = 0x636C7573746572  # "cluster": one number that all machines agree on
ID_LINE = re.compile(r'^ID = "(.+)"$', re.MULTILINE)


async def migrate() -> set[str]:
    """Apply the migrations that the database lacks, all or none of them, one machine at a time; gives their ids.

    One transaction around all of them, so that a kill between a migration and the note that it ran (Piccolo writes
    them apart) leaves neither, and the lock goes with it. Raises `ServerError` if Piccolo refuses.
    """
    if not await missing_migrations():
        return set()
    async with db.transaction() as connection:
        await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
        missing = await missing_migrations()  # another machine may have been here while we waited
        await _run_forwards()
    return missing


async def missing_migrations() -> set[str]:
    """The ids of the migrations that come with this version and did not run yet."""
    if await db.fetch_value("SELECT to_regclass('migration')") is None:
        return _known()
    rows = await db.fetch("SELECT name FROM migration WHERE app_name = $1", APP)
    return _known() - {row["name"] for row in rows}


def _known() -> set[str]:
    """Read from the files without importing them: their imports cost more than all the rest of a later start."""
    files = Path(piccolo_migrations.__file__).parent.glob(f"{APP}_*.py")
    return {found[1] for file in files if (found := ID_LINE.search(file.read_text()))}


async def _run_forwards() -> None:
    os.environ["PICCOLO_CONF"] = "events_app.piccolo_conf"
    from piccolo.apps.migrations.commands.forwards import run_forwards  # noqa: PLC0415 - reads PICCOLO_CONF

    with contextlib.redirect_stdout(io.StringIO()) as said:
        result = await run_forwards(APP)
    if not result.success:
        raise ServerError(f"the migrations did not run: {result.message}\n{said.getvalue()}")
