"""Carrying out a run: by one worker, in a thread and a process, with everything saved or nothing."""

from __future__ import annotations

import asyncio
import time
from uuid import UUID

from events_app.matchmaking.service import claims
from events_app.matchmaking.service.claims import Claim, ClaimLost
from events_app.matchmaking.service.results import WithdrawnError, find, save
from events_app.matchmaking.service.scheduling import with_meetings
from events_app.matchmaking.service.task import load

MOST_RESTARTS = 3


async def execute_run(run_id: UUID) -> bool:
    """Carry out a run and save its results; False if somebody else has it or it isn't wanted any more.

    Called by a worker, outside a transaction. Nothing is saved but the whole result. What breaks marks the run
    failed and is raised; a worker that is told to stop gives the run back.
    """
    claim = await claims.take(run_id)
    if claim is None:
        return False
    try:
        async with claims.held(claim):
            await _carry_out(claim)
    except ClaimLost:
        return False
    except asyncio.CancelledError:
        await asyncio.shield(claims.give_back(claim))
        raise
    except Exception as error:
        await claims.fail(claim, error)
        raise
    return True


async def take_up_stale_runs() -> list[UUID]:
    """The runs to execute because nobody works on them; those that lost their worker too often fail for good."""
    await claims.fail_hopeless()
    return await claims.ownerless()


async def _carry_out(claim: Claim) -> None:
    """If an organisation withdraws in the meantime, all is worked out anew without it."""
    began = time.monotonic()
    for _ in range(MOST_RESTARTS):
        task = await load(claim)
        outcome = await with_meetings(task, await asyncio.to_thread(find, task, claim), claim)
        try:
            return await save(claim, task, outcome, time.monotonic() - began)
        except WithdrawnError as error:
            withdrawn = error
    raise withdrawn
