"""A run that is cancelled, loses its worker or its planner while meetings are planned: nothing is half published."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from events_app.events.schemas import Matchmaking
from events_app.kit import db
from events_app.kit.jobs import Queue
from events_app.kit.settings import Settings
from events_app.matchmaking import service
from events_app.matchmaking.service import claims
from tests.factories import ADMIN, make_event, soon
from tests.faults.processes import started
from tests.faults.test_matching_worker_kill import NOWHERE, until
from tests.matchmaking.crowd import make_crowd
from tests.matchmaking.exchange import queued

pytestmark = pytest.mark.usefixtures("database")

PLANNER = b"events_app.matchmaking.planning"


async def tight_round() -> UUID:
    """A queued run whose meetings take many seconds to plan: 60 companies, 30 partners in 12 slots."""
    starts_at = soon()
    slots = [starts_at + timedelta(minutes=20 * number) for number in range(12)]
    limits = Matchmaking(enabled=True, slots=slots, tables=26, max_meetings_per_partner=11, max_meetings_per_company=5)
    event = await make_event(starts_at=starts_at, matchmaking=limits)
    await make_crowd(event, 60, 30)
    return await queued(event)


def planners() -> set[int]:
    """The processes that plan now, and were not started by tests that run beside these."""
    found, ours = set(), _beside(f"{name}={value}".encode() for name, value in os.environ.items())
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                theirs = _beside((folder / "environ").read_bytes().split(b"\0"))
                state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if PLANNER in words and theirs == ours and state != "Z":
                found.add(int(folder.name))
    return found


def _beside(environment: Iterable[bytes]) -> list[bytes]:
    """Which of the test processes that run at the same time it belongs to."""
    return [one for one in environment if one.startswith(b"PYTEST_XDIST_WORKER=")]


async def at_planning(run_id: UUID, before: set[int]) -> int:
    """The run's planner, once it plans."""
    async with asyncio.timeout(60):
        while not (new := planners() - before):  # noqa: ASYNC110 - looks at processes
            await asyncio.sleep(0.05)
    assert await db.fetch_value("SELECT status FROM matching_run WHERE id = $1", run_id) == "running"
    return new.pop()


async def gone(process: int) -> None:
    async with asyncio.timeout(20):
        while process in planners():  # noqa: ASYNC110 - looks at processes
            await asyncio.sleep(0.05)


async def saved(run_id: UUID) -> int:
    count: int = await db.fetch_value("SELECT count(*) FROM candidate WHERE run = $1", run_id)
    return count


@pytest.fixture
def quick_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "BEAT_SECONDS", 0.05)


@pytest.mark.usefixtures("quick_beats")
async def test_cancelled_run_ends_its_planner_and_saves_nothing() -> None:
    run_id, before = await tight_round(), planners()
    working = asyncio.create_task(service.execute_run(run_id))
    process = await at_planning(run_id, before)
    await until(run_id, "stage = 'scheduling'", 20)
    await service.cancel_run(run_id, ADMIN)
    async with asyncio.timeout(20):
        assert not await working
    await gone(process)
    assert await saved(run_id) == 0
    assert (await service.get_run(run_id, ADMIN)).status == "cancelled"


async def test_planner_that_is_killed_marks_the_run_failed() -> None:
    run_id, before = await tight_round(), planners()
    working = asyncio.create_task(service.execute_run(run_id))
    os.kill(await at_planning(run_id, before), signal.SIGKILL)
    with pytest.raises(Exception, match="exit -9"):
        await working
    run = await service.get_run(run_id, ADMIN)
    assert run.status == "failed"
    assert await saved(run_id) == 0


async def test_worker_that_stops_gives_the_run_back_and_takes_the_planner_along() -> None:
    run_id, before = await tight_round(), planners()
    working = asyncio.create_task(service.execute_run(run_id))
    process = await at_planning(run_id, before)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    await gone(process)
    assert await saved(run_id) == 0
    assert (await service.get_run(run_id, ADMIN)).status == "queued"


@pytest.mark.slow
async def test_worker_killed_while_planning_leaves_no_planner_and_the_next_one_does_it(app_settings: Settings) -> None:
    run_id, before = await tight_round(), planners()
    queue = Queue(app_settings.queue_url)
    await queue.wake("run_matching", str(run_id), job_id=f"matching:{run_id}")
    async with started("worker", app_settings, smtp_url=NOWHERE) as first:
        process = await at_planning(run_id, before)
        first.kill()
        await first.wait()
    await gone(process)
    assert await saved(run_id) == 0
    await db.execute("UPDATE matching_run SET heartbeat_at = heartbeat_at - make_interval(secs => 30)")  # time passes
    async with started("worker", app_settings, smtp_url=NOWHERE):
        await until(run_id, "status = 'done'", 110)
    summary = await db.fetch_row(
        """SELECT (summary->>'meetings')::int AS meetings, (summary->>'matches')::int AS matches, attempts
           FROM matching_run"""
    )
    assert summary is not None
    assert summary["meetings"] > 0
    assert summary["attempts"] == 2
    assert await db.fetch_value("SELECT count(*) FROM match WHERE starts_after IS NOT NULL") == summary["meetings"]
    await queue.close()
