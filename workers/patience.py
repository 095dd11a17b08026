"""The queue's worker, made to outlive the queue."""

from __future__ import annotations

import asyncio
import contextlib
import time

import structlog
from arq import Worker

from events_app.kit import db
from events_app.kit.jobs import OUTAGES
from workers.outbox import postman_at_work

POOL_SIZE = 4
QUEUE_RETRY_SECONDS = 1.0
QUEUE_BACK_SECONDS = 5.0  # so long without trouble is a new outage when the next one comes

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
                await self._end_jobs()

    async def close(self) -> None:
        """After `main`. arq's own uses what redis deprecates, and fails if the queue is away."""
        queue, self._pool = self._pool, None
        if queue is not None:
            with contextlib.suppress(*OUTAGES):
                await queue.delete(self.health_check_key)
            await queue.aclose()

    async def _serve(self) -> None:
        told = False
        while True:
            began = time.monotonic()
            try:
                await super().main()
            except OUTAGES as error:
                if not told or time.monotonic() - began > QUEUE_BACK_SECONDS:
                    _log.warning("queue_away", error=repr(error))
                told = True
                await asyncio.sleep(QUEUE_RETRY_SECONDS)
            else:
                return  # a burst is over

    async def _end_jobs(self) -> None:
        """Cancelled jobs are queued again by arq; they may still need the database to clear up."""
        for task in self.tasks.values():
            task.cancel()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)
