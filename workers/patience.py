"""The queue's worker, made to outlive the queue."""

from __future__ import annotations

import asyncio
import contextlib

import structlog
from arq import Worker

from events_app.kit import db
from events_app.kit.jobs import OUTAGES
from workers.outbox import postman_at_work

POOL_SIZE = 4
QUEUE_RETRY_SECONDS = 1.0

_log = structlog.get_logger(__name__)


class PatientWorker(Worker):
    """Holds the database pool and the postman open, and goes on after the queue was away.

    arq's own worker ends with the first connection error that its retries don't cover, and can't start without the
    queue. Mail does not wait for it here: the postman needs the database only.
    """

    async def main(self) -> None:
        async with db.pool(POOL_SIZE), postman_at_work() as postman:
            self.ctx["postman"] = postman
            try:
                await self._serve()
            finally:
                await asyncio.gather(*self.tasks.values(), return_exceptions=True)

    async def close(self) -> None:
        with contextlib.suppress(*OUTAGES):
            await super().close()

    async def _serve(self) -> None:
        while True:
            try:
                await super().main()
            except OUTAGES as error:
                _log.warning("queue_away", error=repr(error))
                await asyncio.sleep(QUEUE_RETRY_SECONDS)
            else:
                return  # a burst is over
