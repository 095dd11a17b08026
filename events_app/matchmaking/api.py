"""Runs of matching and their proposals over JSON."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, delete, get, post
from litestar.params import FromPath, JSONBody
from litestar.response import ServerSentEvent

from events_app.accounts.guards import agent
from events_app.accounts.rules import Actor
from events_app.kit.errors import (
    Conflict,
    EventCancelled,
    EventNotFound,
    Forbidden,
    NotFound,
    RunActive,
    Unauthorised,
)
from events_app.kit.http.cache import PRECOMPRESSED
from events_app.kit.http.documents import BEARER, refusals
from events_app.kit.http.pages import language_of
from events_app.kit.http.state import services_of
from events_app.matchmaking import service
from events_app.matchmaking.answers import candidates_out, progress_out, run_out
from events_app.matchmaking.queries import RunRow
from events_app.matchmaking.schemas import CandidatesOut, RunIn, RunOut, RunQueued

RUN = "/api/v1/matching-runs/{run_id:uuid}"
TAGS = ["matching"]
STRANGER = (Unauthorised, Forbidden, NotFound)
DEFAULTS = RunIn()
ApiRequest = Request[Actor, Any, Any]


@post(
    "/api/v1/events/{slug:str}/matching-runs",
    guards=[agent],
    status_code=202,
    tags=TAGS,
    responses=refusals(Unauthorised, Forbidden, EventNotFound, EventCancelled, RunActive),
    security=BEARER,
)
async def start(request: ApiRequest, slug: FromPath[str], data: JSONBody[RunIn] = DEFAULTS) -> RunQueued:
    """Queue a run that proposes partners for the event's organisations."""
    run = await service.start_run(slug, request.user, data.weights, data.keep, data.mode)
    await services_of(request).queue.wake("run_matching", str(run.id), job_id=f"matching:{run.id}")
    return RunQueued(run.id, run.status)


@get(RUN, guards=[agent], tags=TAGS, responses=refusals(*STRANGER), security=BEARER)
async def read(request: ApiRequest, run_id: FromPath[UUID]) -> RunOut:
    """A run: how far it is, and once it is done what it found."""
    return await _whole(request, await service.get_run(run_id, request.user))


@get(
    f"{RUN}/live",
    guards=[agent],
    tags=TAGS,
    media_type="text/event-stream",
    opt={PRECOMPRESSED: True},
    responses=refusals(*STRANGER),
    security=BEARER,
)
async def live(request: ApiRequest, run_id: FromPath[UUID]) -> ServerSentEvent:
    """Status, stage and progress as server-sent events, one a second; the last one says how the run ended."""
    run = await service.get_run(run_id, request.user)

    async def told() -> AsyncIterator[bytes]:
        async for seen in service.watch_run(run):
            yield msgspec.json.encode(progress_out(seen))

    return ServerSentEvent(told())


@get(f"{RUN}/candidates", guards=[agent], tags=TAGS, responses=refusals(*STRANGER), security=BEARER)
async def candidates(request: ApiRequest, run_id: FromPath[UUID]) -> CandidatesOut:
    """Every pair that may be matched, the best first."""
    pairs = await service.candidates(run_id, request.user)
    return CandidatesOut(candidates_out(pairs, language_of(request)))


@post(
    f"{RUN}/publish",
    guards=[agent],
    status_code=200,
    tags=TAGS,
    responses=refusals(*STRANGER, Conflict),
    security=BEARER,
)
async def publish(request: ApiRequest, run_id: FromPath[UUID]) -> RunOut:
    """Show the matches to the participants and tell them by mail."""
    run = await service.publish_run(run_id, request.user)
    services_of(request).wake_outbox()
    return await _whole(request, run)


@delete(RUN, guards=[agent], status_code=200, tags=TAGS, responses=refusals(*STRANGER, Conflict), security=BEARER)
async def cancel(request: ApiRequest, run_id: FromPath[UUID]) -> RunOut:
    """Stop a run that waits or works."""
    return await _whole(request, await service.cancel_run(run_id, request.user))


async def _whole(request: ApiRequest, run: RunRow) -> RunOut:
    return run_out(run, await service.result(run), language_of(request))


routes = [start, read, live, candidates, publish, cancel]
