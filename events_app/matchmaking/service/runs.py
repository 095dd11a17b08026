"""A run as the agent handles it: start, look, cancel."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import msgspec

from events_app.accounts.rules import Actor
from events_app.audit import service as audit
from events_app.events import service as events
from events_app.events.queries import EventRow
from events_app.kit import clock, closing, db
from events_app.kit.errors import Conflict, EventCancelled, FieldError, Invalid, NotFound, RunActive
from events_app.matchmaking import queries
from events_app.matchmaking.queries import Pair, RunRow, Unplaced
from events_app.matchmaking.rules.values import CompanyWeights, PartnerWeights, Reason, Weights
from events_app.matchmaking.schemas import Keep, Mode, WeightsIn

WATCH_SECONDS = 1.0


@dataclass(frozen=True)
class Runs:
    """An event with its latest runs, the newest first, and the published one that participants see."""

    event: EventRow
    latest: Sequence[RunRow]
    published: RunRow | None


@dataclass(frozen=True)
class Missed:
    """An organisation that found nobody, and why; `id` is the registration's."""

    id: UUID
    name: str
    reasons: Sequence[Reason]


@dataclass(frozen=True)
class Result:
    """The matches, the best first; who has none; names by registration id (as text) for the reasons.

    `unplaced` are the matches for which no meeting was found.
    """

    pairs: Sequence[Pair] = ()
    missed: Sequence[Missed] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    unplaced: Sequence[Unplaced] = ()


async def start_run(
    slug: str, actor: Actor, weights: WeightsIn | None = None, keep: Keep = "published", mode: Mode | None = None
) -> RunRow:
    """Queue a run; the caller wakes a worker. Raises `RunActive`, `EventCancelled` or `Invalid` (weights).

    Without a `mode`, an event that has no slots for meetings gets introductions.
    """
    event = await events.managed_event(slug, actor)
    if event.public.status == "cancelled":
        raise EventCancelled
    run_id, stored = uuid4(), stored_weights(weights)
    mode = mode or ("meetings" if event.public.matchmaking.slots else "introductions")
    async with db.transaction():
        if not await queue_run(run_id, event.id, stored, keep, mode):
            raise RunActive
        await note(actor, "matching-run-started", run_id, event.id)
    return await reread(run_id)


async def get_run(run_id: UUID, actor: Actor) -> RunRow:
    """Raises `NotFound` or `Forbidden`."""
    run = await reread(run_id)
    await events.managed_event(run.slug, actor)
    return run


async def watch_run(run: RunRow) -> AsyncIterator[RunRow]:
    """The run as it stands, each second until it has ended, is gone, or the process is asked to stop.

    The caller has made sure that it may be read. No connection is held between two looks.
    """
    seen: RunRow | None = run
    while seen is not None:
        yield seen
        if not seen.active or closing.begun():
            return
        await asyncio.sleep(WATCH_SECONDS)
        seen = await queries.run_by_id(run.id)


async def runs_of_event(slug: str, actor: Actor) -> Runs:
    """What has been done for an event. Raises `EventNotFound` or `Forbidden`."""
    event = await events.managed_event(slug, actor)
    return Runs(event, await queries.runs_of(event.id), await queries.current_run(event.id))


async def candidates(run_id: UUID, actor: Actor) -> Sequence[Pair]:
    """Every eligible pair of a run, the best first; none before it is done. Raises `NotFound` or `Forbidden`."""
    run = await get_run(run_id, actor)
    return await queries.pairs(run.id)


async def result(run: RunRow) -> Result:
    """What the run found; nothing before it is done."""
    if run.summary is None:
        return Result()
    names = await queries.names(run.event_id)
    missed = [Missed(one.id, names[str(one.id)], one.reasons) for one in run.summary.unmatched if str(one.id) in names]
    unplaced = [one for one in run.summary.unplaced if {str(one.company), str(one.partner)} <= names.keys()]
    return Result(await queries.pairs(run.id, matched_only=True), missed, names, unplaced)


async def cancel_run(run_id: UUID, actor: Actor) -> RunRow:
    """Stop a run that waits or works: nothing of it is saved. Twice is harmless. Raises `Conflict` once it ended."""
    run = await get_run(run_id, actor)
    async with db.transaction():
        cancelled = await db.execute(
            """UPDATE matching_run SET status = 'cancelled', finished_at = $2
               WHERE id = $1 AND status IN ('queued', 'running')""",
            run_id,
            clock.now(),
        )
        if cancelled:
            await note(actor, "matching-run-cancelled", run_id, run.event_id)
    run = await reread(run_id)
    if run.status != "cancelled":
        raise Conflict("This run has ended already.")
    return run


async def reread(run_id: UUID) -> RunRow:
    """The run as it stands. Raises `NotFound`."""
    run = await queries.run_by_id(run_id)
    if run is None:
        raise NotFound
    return run


async def note(actor: Actor, action: str, run_id: UUID, event_id: UUID) -> None:
    await audit.record((actor.kind, actor.id), action, "matching-run", run_id, event_id=event_id)


def stored_weights(entered: WeightsIn | None) -> str | None:
    """The weights as JSON, null for the defaults. Raises `Invalid` at the side whose weights are none."""
    if entered is None:
        return None
    for side, rule in (("company", CompanyWeights), ("partner", PartnerWeights)):
        try:
            rule(**msgspec.to_builtins(getattr(entered, side)))
        except ValueError as error:
            text = "Please enter numbers from 0 up, at least one of them above 0."
            raise Invalid(errors=[FieldError(f"/weights/{side}", "invalid_weights", text)]) from error
    return db.as_json(entered)


def rule_weights(stored: str | None) -> Weights:
    """The weights of a run as the rules take them."""
    if stored is None:
        return Weights()
    sides: dict[str, Any] = msgspec.json.decode(stored)
    return Weights(CompanyWeights(**sides["company"]), PartnerWeights(**sides["partner"]))


async def queue_run(run_id: UUID, event_id: UUID, weights: str | None, keep: Keep, mode: Mode) -> bool:
    """Whether the run is queued; not while another one of the event waits or works."""
    inserted = await db.execute(
        """INSERT INTO matching_run (id, event, status, progress, weights, keep, attempts, created_at, mode,
             heartbeat_at)
           VALUES ($1, $2, 'queued', 0, $3, $4, 0, $5, $6, clock_timestamp())
           ON CONFLICT (event) WHERE status IN ('queued', 'running') DO NOTHING""",
        run_id,
        event_id,
        weights,
        keep,
        clock.now(),
        mode,
    )
    return inserted == 1
