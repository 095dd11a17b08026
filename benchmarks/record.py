"""The baseline's statements: those that our app really sends for a request, recorded so that they can be repeated.

A request is made twice in this process, about two different people. What differs between the two recordings is what a
repetition fills in anew (`replay.py`); everything else, BEGIN and COMMIT included, is sent as it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
from asyncpg.connection import LoggedQuery

from benchmarks.replay import Recording
from events_app.app import create_app
from events_app.kit import db, settings

Call = Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]
Statements = list[tuple[str, tuple[Any, ...]]]


async def record(calls: Sequence[Call]) -> list[Recording]:
    """What our app sends to the database for each of these calls. The clock stands still, so times don't differ."""
    usual = settings.current()
    settings.use(replace(usual, fixed_now=datetime.now(UTC)))
    try:
        async with db.pool(size=1), _logged() as statements, _client() as client:
            return [await _recorded(call, client, statements) for call in calls]
    finally:
        settings.use(usual)


def post(path: str, body: str, headers: dict[str, str] | None = None) -> Call:
    """A call with a JSON body."""
    sent = {"Content-Type": "application/json", **(headers or {})}
    return lambda client: client.post(path, content=body.encode(), headers=sent)


async def _recorded(call: Call, client: httpx.AsyncClient, statements: Statements) -> Recording:
    statements.clear()
    response = await call(client)
    await asyncio.sleep(0)  # the log is written a turn of the loop later
    assert response.is_success, response.text
    return Recording(list(statements), response.content)


@asynccontextmanager
async def _logged() -> AsyncIterator[Statements]:
    """All that goes through the pool's only connection."""
    statements: Statements = []

    def note(query: LoggedQuery) -> None:
        statements.append((query.query, tuple(query.args or ())))

    assert db.DB.pool is not None
    async with db.DB.pool.acquire() as connection:
        connection.add_query_logger(note)
    yield statements


@asynccontextmanager
async def _client() -> AsyncIterator[httpx.AsyncClient]:
    app = create_app()
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type] # Litestar spells the same protocol otherwise
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client
