"""Processes of ours as an operator starts them, on the tests' database and queue."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from events_app.kit.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
SHARED = ("data_dir", "database_url", "queue_url", "base_url", "secret_key")


@asynccontextmanager
async def started(command: str, settings: Settings, **more: str) -> AsyncIterator[Process]:
    """`clustertreff <command>` with the tests' settings and `more` of them; killed if it still runs at the end."""
    ours = {name: str(getattr(settings, name)) for name in SHARED} | more
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "events_app", command),
        env=os.environ | {PREFIX + name.upper(): value for name, value in ours.items()},
        cwd=ROOT,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
