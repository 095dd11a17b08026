"""Live numbers as server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import msgspec
from litestar.response import ServerSentEvent
from litestar.response.sse import ServerSentEventMessage

from events_app.checkin.live import FEEDS
from events_app.checkin.service import guests

RETRY_MS = 3000
"""After how long a browser comes back: not all at once with a server that is being restarted."""


def stream(event_id: UUID, timezone: str, still_allowed: Callable[[], Awaitable[bool]]) -> ServerSentEvent:
    """`LiveOut` as JSON whenever it changes. The route needs `opt={PRECOMPRESSED: True}`: gzip would hold it back."""

    async def ask() -> bytes:
        return msgspec.json.encode(await guests.live(event_id, timezone))

    async def messages() -> AsyncIterator[ServerSentEventMessage]:
        yield ServerSentEventMessage(data=None, retry=RETRY_MS)
        async for told in FEEDS.follow(event_id, ask, still_allowed):
            quiet = told is None
            yield ServerSentEventMessage(data=told, comment="still here" if quiet else None)

    return ServerSentEvent(messages())
