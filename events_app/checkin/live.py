"""Live numbers for any number of listeners: each process asks the database once a second per event that is watched.

Nothing is asked while nobody listens, no connection to the database is held between two questions, and nothing is kept
anywhere but in the listeners' own process: any number of web processes each do the same.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final
from uuid import UUID

import asyncpg

from events_app.kit import closing

ASK_SECONDS: Final = 1.0
HEARTBEAT_SECONDS: Final = 15.0
_TROUBLE = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)

Ask = Callable[[], Awaitable[bytes]]


class Feed:
    """One event's numbers as long as somebody listens; `latest` is what the database answered last."""

    def __init__(self, ask: Ask, pause: float, ended: Callable[[], object]) -> None:
        self.ask, self.pause, self.ended = ask, pause, ended
        self.listeners = 0
        self.latest: bytes | None = None
        self.changed = asyncio.Event()
        self._asking: asyncio.Task[None] | None = None

    def join(self) -> None:
        self.listeners += 1
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._keep_asking())

    def leave(self) -> None:
        self.listeners -= 1

    def tell(self) -> None:
        """Wake everybody who waits; who comes later waits for the next time."""
        self.changed.set()
        self.changed = asyncio.Event()

    async def _keep_asking(self) -> None:
        """Until nobody listens. A database that is away for a moment is asked again: the listeners just wait."""
        while self.listeners and not closing.begun():
            with contextlib.suppress(*_TROUBLE):
                self._show(await self.ask())
            await asyncio.sleep(self.pause)
        self.ended()

    def _show(self, found: bytes) -> None:
        if found != self.latest:
            self.latest = found
            self.tell()


class Feeds:
    """All feeds of this process, by event."""

    def __init__(self, pause: float = ASK_SECONDS, heartbeat: float = HEARTBEAT_SECONDS) -> None:
        self.pause, self.heartbeat = pause, heartbeat
        self.feeds: dict[UUID, Feed] = {}

    async def follow(
        self, event_id: UUID, ask: Ask, still_allowed: Callable[[], Awaitable[bool]]
    ) -> AsyncIterator[bytes | None]:
        """The numbers at once and whenever they change; None as a sign of life in quiet times.

        It ends when `still_allowed`, asked at each sign of life, says no, and when the process is asked to stop.
        """
        feed = self._feed(event_id, ask)
        feed.join()
        forget = closing.call(feed.tell)
        try:
            async for told in self._told(feed, still_allowed):
                yield told
        finally:
            forget()
            feed.leave()

    def _feed(self, event_id: UUID, ask: Ask) -> Feed:
        """It goes when its last question is past, so that somebody who comes back at once starts no second one."""
        if event_id not in self.feeds:
            self.feeds[event_id] = Feed(ask, self.pause, lambda: self.feeds.pop(event_id, None))
        return self.feeds[event_id]

    async def _told(self, feed: Feed, still_allowed: Callable[[], Awaitable[bool]]) -> AsyncIterator[bytes | None]:
        shown: bytes | None = None
        allowed_until = asyncio.get_running_loop().time() + self.heartbeat
        while not closing.begun():
            changed = feed.changed
            if feed.latest is not None and feed.latest != shown:
                shown = feed.latest
                yield shown
                continue
            left = allowed_until - asyncio.get_running_loop().time()
            if left > 0 and await _happens(changed, left):
                continue
            if not await still_allowed():
                return
            allowed_until = asyncio.get_running_loop().time() + self.heartbeat
            yield None


async def _happens(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


FEEDS = Feeds()
