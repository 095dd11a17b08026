"""A worker process killed with -9 in the middle of a matching run: another one does it, nothing is half done."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from events_app.kit import db
from events_app.kit.jobs import Queue
from events_app.kit.settings import Settings
from tests.faults.processes import started
from tests.matchmaking.crowd import make_crowd
from tests.matchmaking.exchange import make_exchange, queued

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.slow]

NOWHERE = "smtp://127.0.0.1:9"


async def until(run_id: UUID, condition: str, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not await db.fetch_value(f"SELECT {condition} FROM matching_run WHERE id = $1", run_id):  # noqa: ASYNC110, S608 - looks at a table; our own words
            await asyncio.sleep(0.02)


async def test_killed_run_is_done_by_the_next_worker(app_settings: Settings) -> None:
    event = await make_exchange(per_company=2, per_partner=4)
    count = await make_crowd(event, 300, 150)
    run_id = await queued(event)
    queue = Queue(app_settings.queue_url)
    await queue.wake("run_matching", str(run_id), job_id=f"matching:{run_id}")
    async with started("worker", app_settings, smtp_url=NOWHERE) as first:
        await until(run_id, "progress > 0.5", 60)
        first.kill()
        await first.wait()
    assert await db.fetch_value("SELECT count(*) FROM candidate") == 0
    await db.execute("UPDATE matching_run SET heartbeat_at = heartbeat_at - make_interval(secs => 30)")  # time passes
    async with started("worker", app_settings, smtp_url=NOWHERE):
        await until(run_id, "status = 'done'", 60)
    assert await db.fetch_value("SELECT count(*) FROM candidate") == count
    assert await db.fetch_value("SELECT attempts FROM matching_run") == 2
    await queue.close()


async def test_run_whose_wake_up_got_lost_is_done_all_the_same(app_settings: Settings) -> None:
    event = await make_exchange()
    await make_crowd(event, 3, 2)
    run_id = await queued(event)
    await db.execute("UPDATE matching_run SET heartbeat_at = heartbeat_at - make_interval(secs => 10)")
    async with started("worker", app_settings, smtp_url=NOWHERE):
        await until(run_id, "status = 'done'", 60)
