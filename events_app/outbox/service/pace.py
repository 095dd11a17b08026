"""At most so many mails a second (`CLUSTERTREFF_MAIL_RATE`), all workers together: each mail takes the next turn."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta

from events_app.kit import db, settings

WAITING = 100
"""More turns than this are never given ahead; a later one stands there because the clock was set back."""


async def turn(stopping: asyncio.Event) -> None:
    """Wait for this mail's turn, at most until `stopping` is set; at once if there is no limit."""
    gap = settings.current().mail_gap
    if gap is None:
        return
    wait: timedelta = await db.fetch_value(
        """INSERT INTO outbox_pace AS pace (id, next_at) VALUES (1, now() + $1)
           ON CONFLICT (id) DO UPDATE SET next_at = $1 + CASE
             WHEN pace.next_at BETWEEN now() AND now() + $2 THEN pace.next_at ELSE now() END
           RETURNING next_at - $1 - now()""",
        gap,
        gap * WAITING,
    )
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(wait.total_seconds()):
            await stopping.wait()
