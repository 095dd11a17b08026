"""A worker process that is killed or stopped in the middle of sending: the mail still goes out, once more at most."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator, Callable

import pytest

from events_app.kit import db
from events_app.kit.settings import Settings
from tests.factories import make_event, make_registration
from tests.faults.processes import started
from tests.outbox.sink import Sink, open_sink


@pytest.fixture
async def sink(database: None) -> AsyncIterator[Sink]:
    async with open_sink() as opened:
        yield opened


async def until(true: Callable[[], bool], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - looks at what a server got
            await asyncio.sleep(0.02)


async def stopped(worker: Process) -> None:
    """It has finished and marked the mails in hand: what it did not send by now, it never will."""
    worker.terminate()
    async with asyncio.timeout(60):
        assert await worker.wait() == 0


async def owed() -> int:
    return int(await db.fetch_value("SELECT count(*) FROM outbox_mail WHERE status <> 'sent'"))


@pytest.mark.slow
async def test_worker_killed_between_send_and_mark_repeats_that_mail_alone(sink: Sink, app_settings: Settings) -> None:
    await make_registration(await make_event(), 4)
    async with started("worker", app_settings, smtp_url=sink.url) as first:

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
    async with started("worker", app_settings, smtp_url=sink.url) as second:
        await until(lambda: len(sink.taken) == 6)
        await stopped(second)
    counted = Counter(mail["Message-ID"] for mail in sink.mails)
    assert sorted(counted.values()) == [1, 1, 1, 1, 2]
    assert await owed() == 0


@pytest.mark.slow
async def test_worker_told_to_stop_finishes_the_mail_in_hand_and_repeats_none(
    sink: Sink, app_settings: Settings
) -> None:
    await make_registration(await make_event(), 9)
    async with started("worker", app_settings, smtp_url=sink.url) as first:

        def stopping(_: str) -> str:
            if len(sink.taken) == 2:
                os.kill(first.pid, signal.SIGTERM)
            return "250 taken"

        sink.on_data = stopping
        async with asyncio.timeout(60):
            assert await first.wait() == 0
    assert 3 <= len(sink.taken) < 10
    assert await db.fetch_value("SELECT count(*) FROM outbox_mail WHERE status = 'sending'") == 0
    async with started("worker", app_settings, smtp_url=sink.url) as second:
        await until(lambda: len(sink.taken) == 10)
        await stopped(second)
    assert len({mail["Message-ID"] for mail in sink.mails}) == len(sink.taken) == 10


@pytest.mark.slow
async def test_two_workers_send_each_mail_once(sink: Sink, app_settings: Settings) -> None:
    async with (
        started("worker", app_settings, smtp_url=sink.url) as first,
        started("worker", app_settings, smtp_url=sink.url) as second,
    ):
        await asyncio.sleep(3)
        event = await make_event()
        for _ in range(10):
            await make_registration(event, 4)
        await until(lambda: len(sink.taken) >= 50, 60)
        await asyncio.gather(stopped(first), stopped(second))
    assert len(sink.taken) == len({mail["Message-ID"] for mail in sink.mails}) == 50
    assert await owed() == 0
