"""The post: one round of sending after the other, woken by jobs, and every few seconds whatever the queue does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import structlog

from events_app.accounts import mails as accounts
from events_app.attendance import mails as attendance
from events_app.matchmaking import mails as matchmaking
from events_app.newsletter import mails as newsletter
from events_app.outbox.service import delivery
from events_app.outbox.service.claims import OUTAGES
from events_app.outbox.service.delivery import Composer
from events_app.registration import mails as registration

COMPOSERS: Mapping[str, Composer] = {
    **accounts.COMPOSERS,
    **registration.COMPOSERS,
    **matchmaking.COMPOSERS,
    **newsletter.COMPOSERS,
    **attendance.COMPOSERS,
}
"""Who writes which kind of mail; each room brings its own."""

LINES = 3
SWEEP_SECONDS = 10.0
CLOSING_SECONDS = 3.0

_log = structlog.get_logger(__name__)


class Postman:
    """Sends mail in one task, so that a worker never sends twice at once; rings while he works are not lost.

    He looks by himself every `SWEEP_SECONDS`: for mail whose wake-up call got lost, whose back-off is over, or whose
    worker died.
    """

    def __init__(self, composers: Mapping[str, Composer]) -> None:
        self._composers = composers
        self._bell = asyncio.Event()
        self._closing = asyncio.Event()

    @property
    def closing(self) -> bool:
        return self._closing.is_set()

    def ring(self) -> None:
        """There may be mail."""
        self._bell.set()

    def close(self) -> None:
        """Come home after the mail in hand."""
        self._closing.set()
        self._bell.set()

    async def work(self) -> None:
        while not self._closing.is_set():
            self._bell.clear()
            await self._round()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SWEEP_SECONDS):
                    await self._bell.wait()

    async def _round(self) -> None:
        try:
            await delivery.deliver_due(self._composers, self._closing, lines=LINES)
        except* OUTAGES as errors:
            _log.warning("mail_waits_for_database", error=repr(errors.exceptions[0]))


@asynccontextmanager
async def postman_at_work() -> AsyncIterator[Postman]:
    """A postman for as long as the block runs; at its end he finishes the mail in hand, unless that takes too long.

    If he breaks down, so does the block, with his error: a worker without a postman must not go on.
    """
    postman, owner = Postman(COMPOSERS), asyncio.current_task()
    work = asyncio.create_task(postman.work())
    work.add_done_callback(lambda _: None if postman.closing or owner is None else owner.cancel())
    try:
        yield postman
    finally:
        postman.close()
        _, late = await asyncio.wait([work], timeout=CLOSING_SECONDS)
        for task in late:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work


async def deliver_mail(ctx: dict[Any, Any]) -> None:
    """Job: there is mail. It only rings, so that no time limit of the queue cuts a round short."""
    ctx["postman"].ring()
