"""Matching runs: woken by a job, and looked after so that none is forgotten or left half done."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

from arq import cron, func
from arq.connections import ArqRedis

from events_app.matchmaking import service
from events_app.matchmaking.service import calendars

RUN_SECONDS = 15 * 60
FOLLOW_AT_SECOND = 20
SWEEP_AT_SECONDS = set(range(0, 60, 10))
"""A run whose worker died is silent for 30 s before it may be taken up: with this it waits well under a minute."""


async def run_matching(ctx: dict[Any, Any], run_id: str) -> None:
    """Job: carry out a run, unless another worker does."""
    del ctx
    await service.execute_run(UUID(run_id))


async def take_up_matching(ctx: dict[Any, Any]) -> None:
    """Wake up for the runs that nobody works on; a job id of its own, as the lost job's may still be held."""
    redis: ArqRedis = ctx["redis"]
    for run_id in await service.take_up_stale_runs():
        job_id = f"matching:{run_id}:{int(time.time()) // 10}"
        await redis.enqueue_job("run_matching", str(run_id), _job_id=job_id)


async def follow_people(ctx: dict[Any, Any]) -> None:
    """Job, each minute: who gave back a place, was replaced or withdrew leaves meetings that others hear of.

    What the erased said in the exchange goes.
    """
    await service.forget_erased()
    if await calendars.follow_people():
        ctx["postman"].ring()


FUNCTIONS = [func(run_matching, timeout=RUN_SECONDS)]
CRON_JOBS = [
    cron(take_up_matching, second=SWEEP_AT_SECONDS, run_at_startup=True, timeout=10),
    cron(follow_people, second=FOLLOW_AT_SECOND, timeout=50),
]
