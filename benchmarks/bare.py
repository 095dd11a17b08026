"""The baselines: bare Litestar handlers, served as our web is.

`python -m benchmarks.bare FILE` reads a `Plan` and answers `POST /replay/NAME` after sending a recorded request's
statements with raw asyncpg, and `GET /page/NAME` with a finished page.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import uvicorn
from litestar import Litestar, MediaType, Request, Response, get, post
from litestar.params import FromPath

from benchmarks.replay import Replay, Script


@dataclass(frozen=True)
class Page:
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Plan:
    """What the baseline serves; `pool` is as large as ours."""

    port: int
    dsn: str
    pool: int
    scripts: Mapping[str, Script] = field(default_factory=dict)
    pages: Mapping[str, Page] = field(default_factory=dict)


def create_app(plan: Plan) -> Litestar:
    replays = {name: Replay(script) for name, script in plan.scripts.items()}

    @asynccontextmanager
    async def connected(app: Litestar) -> AsyncIterator[None]:
        async with asyncpg.create_pool(plan.dsn, min_size=1, max_size=plan.pool, reset=_keep_session) as pool:
            app.state.pool = pool
            yield

    @post("/replay/{name:str}")
    async def replay(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
        await request.body()
        return Response(await replays[name].once(request.app.state.pool), media_type=MediaType.JSON)

    @get("/page/{name:str}")
    async def page(name: FromPath[str]) -> Response[bytes]:
        finished = plan.pages[name]
        return Response(finished.body, headers=finished.headers, media_type=MediaType.HTML)

    @get("/health")
    async def health() -> str:
        return "ok"

    return Litestar([replay, page, health], lifespan=[connected], openapi_config=None)


async def _keep_session(connection: asyncpg.Connection) -> None:
    """As in our pool: no statement to clear a session in which nothing was left."""


def main() -> None:
    plan: Plan = pickle.loads(Path(sys.argv[1]).read_bytes())  # noqa: S301 - our own file, just written
    uvicorn.run(
        create_app(plan),
        port=plan.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
    )


if __name__ == "__main__":
    main()
