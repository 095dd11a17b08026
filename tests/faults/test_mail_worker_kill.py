"""A worker process that is killed or stopped in the middle of sending: the mail still goes out, once more at most."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from events_app.kit import db
from events_app.kit.settings import Settings
from tests.factories import make_event, make_registration
from tests.outbox.sink import Sink, open_sink

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
async def sink(database: None) -> AsyncIterator[Sink]:
    async with open_sink() as opened:
        yield opened


@asynccontextmanager
async def worker(settings: Settings, sink: Sink) -> AsyncIterator[Process]:
    """`clustertreff worker` as an operator starts it."""
    environment = {
        **os.environ,
        "CLUSTERTREFF_DATA_DIR": str(settings.data_dir),
        "CLUSTERTREFF_DATABASE_URL": settings.database_url,
        "CLUSTERTREFF_QUEUE_URL": settings.queue_url,
        "CLUSTERTREFF_BASE_URL": settings.base_url,
        "CLUSTERTREFF_SECRET_KEY": settings.secret_key,
        "CLUSTERTREFF_SMTP_URL": sink.url,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "events_app", "worker", env=environment, cwd=ROOT
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def until(true: Callable[[], bool], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - looks at what a server got
            await asyncio.sleep(0.02)


async def owed() -> int:
    return int(await db.fetch_value("SELECT count(*) FROM outbox_mail WHERE status <> 'sent'"))


@pytest.mark.slow
async def test_worker_killed_between_send_and_mark_repeats_that_mail_alone(sink: Sink, app_settings: Settings) -> None:
    await make_registration(await make_event(), 4)
    async with worker(app_settings, sink) as first:

        def killing(_: str) -> str:
            if len(sink.taken) == 1:
                os.kill(first.pid, signal.SIGKILL)
            return "250 taken"

        sink.on_data = killing
        await first.wait()
    killed_at = len(sink.taken)
    assert killed_at >= 2
    assert await owed() == 5 - killed_at + 1
    await db.execute("UPDATE outbox_mail SET claimed_until = now() WHERE status = 'sending'")  # the lease has run out
    async with worker(app_settings, sink):
        await until(lambda: len(sink.taken) == 6)
        await asyncio.sleep(1)
    counted = Counter(mail["Message-ID"] for mail in sink.mails)
    assert sorted(counted.values()) == [1, 1, 1, 1, 2]
    assert await owed() == 0


@pytest.mark.slow
async def test_worker_told_to_stop_finishes_the_mail_in_hand_and_repeats_none(
    sink: Sink, app_settings: Settings
) -> None:
    await make_registration(await make_event(), 9)
    async with worker(app_settings, sink) as first:

        def stopping(_: str) -> str:
            if len(sink.taken) == 2:
                os.kill(first.pid, signal.SIGTERM)
            return "250 taken"

        sink.on_data = stopping
        async with asyncio.timeout(20):
            assert await first.wait() == 0
    assert 3 <= len(sink.taken) < 10
    assert await db.fetch_value("SELECT count(*) FROM outbox_mail WHERE status = 'sending'") == 0
    async with worker(app_settings, sink):
        await until(lambda: len(sink.taken) == 10)
        await asyncio.sleep(1)
    assert len({mail["Message-ID"] for mail in sink.mails}) == len(sink.taken) == 10


@pytest.mark.slow
async def test_two_workers_send_each_mail_once(sink: Sink, app_settings: Settings) -> None:
    async with worker(app_settings, sink), worker(app_settings, sink):
        await asyncio.sleep(3)
        event = await make_event()
        for _ in range(10):
            await make_registration(event, 4)
        await until(lambda: len(sink.taken) >= 50, 60)
        await asyncio.sleep(1)
    assert len(sink.taken) == len({mail["Message-ID"] for mail in sink.mails}) == 50
    assert await owed() == 0
