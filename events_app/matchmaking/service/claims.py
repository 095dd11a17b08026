"""Who works on a run: one worker at a time, and never a forgotten one.

A claim is a lease on the run's row, renewed each second. Its `attempt` fences it: whoever lost the run, because it was
cancelled or because another worker took it up after a silence, can't write to it any more. Heartbeats are by the
database's clock, so that those of several machines don't matter.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec
import structlog

from events_app.kit import clock, db
from events_app.matchmaking.schemas import Keep, Mode, Stage

BEAT_SECONDS = 1.0
SILENCE_SECONDS = 30
"""A run without a heartbeat for so long has lost its worker."""
FORGOTTEN_SECONDS = 10
"""A run that nobody claimed for so long has lost its wake-up."""
MOST_ATTEMPTS = 3

_OUTAGES = (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError)
_log = structlog.get_logger(__name__)


class ClaimLost(Exception):  # noqa: N818 - says what happened
    """The run was cancelled, or another worker has it now."""


@dataclass
class Claim:
    """A worker's hold on a run, with what the run was asked for.

    `stage`, `progress` and `lost` are shared with the thread that computes.
    """

    run_id: UUID
    event_id: UUID
    attempt: int
    weights: str | None
    keep: Keep
    mode: Mode = "meetings"
    absent: tuple[str, ...] = ()
    settled_before: datetime | None = None
    stage: Stage = "scoring"
    progress: float = 0.0
    lost: bool = field(default=False, init=False)

    def reached(self, stage: Stage, progress: float) -> None:
        """Note how far the work is. Raises `ClaimLost` if it is wanted no more."""
        if self.lost:
            raise ClaimLost
        self.stage, self.progress = stage, progress


async def take(run_id: UUID) -> Claim | None:
    """Claim a run that waits or whose worker fell silent; None if it is in hand, has ended or is unknown."""
    row = await db.fetch_row(
        """UPDATE matching_run SET status = 'running', stage = 'scoring', progress = 0, attempts = attempts + 1,
             started_at = $3, heartbeat_at = clock_timestamp()
           WHERE id = $1 AND (status = 'queued' OR (status = 'running' AND
             heartbeat_at < clock_timestamp() - make_interval(secs => $2)))
           RETURNING id, event, attempts, weights, keep, mode, absent, settled_before""",
        run_id,
        SILENCE_SECONDS,
        clock.now(),
    )
    if row is None:
        return None
    return Claim(
        run_id=row["id"],
        event_id=row["event"],
        attempt=row["attempts"],
        weights=row["weights"],
        keep=row["keep"],
        mode=row["mode"],
        absent=() if row["absent"] is None else tuple(msgspec.json.decode(row["absent"], type=list[str])),
        settled_before=row["settled_before"],
    )


@asynccontextmanager
async def held(claim: Claim) -> AsyncIterator[None]:
    """Renew the claim while the block runs. Enter it outside a transaction: the beats have their own connection."""
    beating = asyncio.create_task(_beat(claim))
    try:
        yield
    finally:
        beating.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beating


async def settle(claim: Claim, summary: str, input_hash: str, rules_version: str) -> None:
    """Mark the run done, in the transaction that writes its results. Raises `ClaimLost`."""
    settled = await db.execute(
        """UPDATE matching_run SET status = 'done', progress = 1, summary = $3, input_hash = $4, rules_version = $5,
             finished_at = $6, stage = $7 WHERE id = $1 AND status = 'running' AND attempts = $2""",
        claim.run_id,
        claim.attempt,
        summary,
        input_hash,
        rules_version,
        clock.now(),
        claim.stage,
    )
    if not settled:
        raise ClaimLost


async def fail(claim: Claim, error: Exception) -> None:
    """Mark the run failed, unless it was lost."""
    await db.execute(
        """UPDATE matching_run SET status = 'failed', error = $3, finished_at = $4
           WHERE id = $1 AND status = 'running' AND attempts = $2""",
        claim.run_id,
        claim.attempt,
        f"{type(error).__name__}: {error}"[:500],
        clock.now(),
    )


async def give_back(claim: Claim) -> None:
    """The worker stops in good order: the run waits again and this attempt doesn't count."""
    claim.lost = True
    await db.execute(
        """UPDATE matching_run SET status = 'queued', attempts = attempts - 1
           WHERE id = $1 AND status = 'running' AND attempts = $2""",
        claim.run_id,
        claim.attempt,
    )


async def ownerless() -> list[UUID]:
    """Runs that nobody works on: their wake-up got lost, or their worker died. Oldest first."""
    rows = await db.fetch(
        """SELECT id FROM matching_run
           WHERE (status = 'queued' AND heartbeat_at < clock_timestamp() - make_interval(secs => $1))
              OR (status = 'running' AND heartbeat_at < clock_timestamp() - make_interval(secs => $2))
           ORDER BY created_at, id""",
        FORGOTTEN_SECONDS,
        SILENCE_SECONDS,
    )
    return [row["id"] for row in rows]


async def fail_hopeless() -> int:
    """Give up the runs that lost their worker too often; returns how many."""
    return await db.execute(
        """UPDATE matching_run SET status = 'failed', finished_at = $3,
             error = 'The worker stopped ' || attempts || ' times while it worked on this run.'
           WHERE status = 'running' AND attempts >= $1
             AND heartbeat_at < clock_timestamp() - make_interval(secs => $2)""",
        MOST_ATTEMPTS,
        SILENCE_SECONDS,
        clock.now(),
    )


async def _beat(claim: Claim) -> None:
    while not claim.lost:
        await asyncio.sleep(BEAT_SECONDS)
        try:
            claim.lost = not await _renew(claim)
        except _OUTAGES as error:
            _log.warning("matching_heartbeat_failed", run=str(claim.run_id), error=type(error).__name__)


async def _renew(claim: Claim) -> bool:
    renewed = await db.execute(
        """UPDATE matching_run SET heartbeat_at = clock_timestamp(), stage = $3, progress = $4
           WHERE id = $1 AND status = 'running' AND attempts = $2""",
        claim.run_id,
        claim.attempt,
        claim.stage,
        claim.progress,
    )
    return renewed == 1
