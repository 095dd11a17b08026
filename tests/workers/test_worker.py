from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from events_app.kit import db, settings
from events_app.kit.jobs import Queue
from events_app.kit.settings import Settings
from events_app.supervisor.valkey import Valkey
from tests.factories import make_event, make_registration
from tests.outbox.sink import Sink, open_sink
from workers.settings import make_worker

BEFORE_IT_LOOKS_BY_ITSELF = 8
"""Seconds; it does so every ten."""


@pytest.fixture
async def sink(database: None, app_settings: Settings) -> AsyncIterator[Sink]:
    async with open_sink() as opened:
        settings.use(replace(app_settings, smtp_url=opened.url))
        yield opened


@asynccontextmanager
async def worker_at(queue_url: str) -> AsyncIterator[asyncio.Task[None]]:
    """A worker in this process for as long as the block runs."""
    settings.use(replace(settings.current(), queue_url=queue_url))
    worker = make_worker(handle_signals=False)
    working = asyncio.create_task(worker.async_run())
    try:
        yield working
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        await worker.close()


async def until(true: Callable[[], bool], seconds: float) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - looks at what a server got
            await asyncio.sleep(0.02)


async def test_worker_sends_soon_after_it_was_woken(sink: Sink, servers: tuple[str, str]) -> None:
    queue = Queue(servers[1])
    async with worker_at(servers[1]):
        await asyncio.sleep(0.3)  # past the look it takes by itself when it starts
        await make_registration(await make_event(), 2)
        assert await queue.wake("deliver_mail")
        await until(lambda: len(sink.taken) == 3, BEFORE_IT_LOOKS_BY_ITSELF)
    await queue.close()


@pytest.mark.slow
async def test_mail_goes_out_within_seconds_while_valkey_is_down_the_whole_time(sink: Sink) -> None:
    async with worker_at("redis://127.0.0.1:1/0"):
        await asyncio.sleep(0.3)
        await make_registration(await make_event(), 1)
        await until(lambda: len(sink.taken) == 2, 30)


@pytest.mark.slow
async def test_worker_outlives_killed_valkeys_and_takes_jobs_again(sink: Sink, tmp_path: Path) -> None:
    event = await make_event()
    server = Valkey.at(tmp_path)
    server.start()
    queue = Queue(server.url)
    try:
        async with worker_at(server.url) as working:
            for people in (1, 2, 3):
                assert await queue.wake("deliver_mail")
                await asyncio.sleep(0.5 * people)  # die in the middle of a poll, of a job, of nothing
                await _kill(server)
                await asyncio.sleep(1.5)
                server.start()
            await make_registration(event, 1)
            await asyncio.sleep(1.5)
            assert await queue.wake("deliver_mail")
            await until(lambda: len(sink.taken) == 2, BEFORE_IT_LOOKS_BY_ITSELF)
            assert not working.done()
    finally:
        await queue.close()
        server.process.stop(4)


async def _kill(server: Valkey) -> None:
    assert server.process.pid is not None
    os.kill(server.process.pid, signal.SIGKILL)
    await until(lambda: not server.process.alive, 5)


async def test_worker_stops_without_waiting_for_its_next_look(sink: Sink, servers: tuple[str, str]) -> None:
    async with worker_at(servers[1]):
        await asyncio.sleep(0.3)
        began = time.monotonic()
    assert time.monotonic() - began < BEFORE_IT_LOOKS_BY_ITSELF


async def test_worker_ends_with_its_postman(sink: Sink, servers: tuple[str, str]) -> None:
    queue = Queue(servers[1])
    async with worker_at(servers[1]) as working:
        await asyncio.sleep(0.3)
        await db.execute("ALTER TABLE outbox_mail RENAME TO elsewhere")
        try:
            assert await queue.wake("deliver_mail")
            with pytest.raises(ExceptionGroup) as caught:
                await asyncio.wait_for(working, 15)
            assert caught.group_contains(asyncpg.UndefinedTableError)
        finally:
            await db.execute("ALTER TABLE elsewhere RENAME TO outbox_mail")
            await queue.close()
