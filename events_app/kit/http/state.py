"""What the process holds open besides the database: the queue's door, its waker and the rate limiter."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from litestar.connection import ASGIConnection
from redis.asyncio import Redis

from events_app.kit import db
from events_app.kit.errors import TooManyRequests
from events_app.kit.http.cache import Keeper
from events_app.kit.http.limits import Limiter, Rate
from events_app.kit.jobs import Queue
from events_app.kit.settings import Settings

WAKE_PAUSE_SECONDS = 0.1


@dataclass
class Services:
    """Reached as `request.app.state.services`."""

    queue: Queue
    limiter: Limiter
    registration_rate: Rate | None
    pages: Keeper = field(default_factory=lambda: Keeper(version=db.commits))
    _mail_waiting: asyncio.Event = field(default_factory=asyncio.Event)

    def wake_outbox(self) -> None:
        """Tell the worker that there is mail, after the commit; many calls in a moment become one job."""
        self._mail_waiting.set()

    async def limit(self, connection: ASGIConnection[Any, Any, Any, Any], what: str, rate: Rate | None) -> None:
        """Count this request for its client's address. Raises `TooManyRequests`."""
        if rate is None:
            return
        who = connection.client.host if connection.client else "unknown"
        wait = await self.limiter.retry_after(what, who, rate)
        if wait is not None:
            raise TooManyRequests(wait)

    async def _keep_waking(self) -> None:
        while True:
            await self._mail_waiting.wait()
            self._mail_waiting.clear()
            await self.queue.wake("deliver_mail")
            await asyncio.sleep(WAKE_PAUSE_SECONDS)


def services_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Services:
    held: Services = connection.app.state.services
    return held


@asynccontextmanager
async def services(settings: Settings) -> AsyncIterator[Services]:
    redis: Redis = Redis.from_url(settings.queue_url, socket_timeout=0.5, socket_connect_timeout=0.5)
    held = Services(Queue(settings.queue_url), Limiter(redis), Rate.parse(settings.rate_registration))
    waking = asyncio.create_task(held._keep_waking())  # noqa: SLF001 - its own loop
    try:
        yield held
    finally:
        waking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waking
        await held.queue.close()
        await redis.aclose()
