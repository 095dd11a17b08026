"""A cluster's feed of 500 events, in-process: written anew from the database, and asked for by who has it already."""

from __future__ import annotations

import gzip
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from statistics import median
from typing import Any, cast
from uuid import uuid4

from litestar import Litestar, Response, get

from benchmarks import stage
from benchmarks.figures import Figure
from benchmarks.world import World
from events_app.app import create_app
from events_app.calendar import ical, queries
from events_app.kit import clock, db

SLUG = "feed"
PATH = f"/clusters/{SLUG}/calendar.ics"
Ask = Callable[[], Awaitable[bytes]]
Pairs = list[tuple[float, float]]


def feed(world: World) -> list[Figure]:
    """Time per request, Litestar and gzip included, fetched and put together anew for each, and of a 304.

    The texts of entries that have not changed are remembered, as in a process that has shown the feed once.

    The baselines are bare handlers that send the same statement: one joins its rows as f-strings, with nothing
    cleaned, escaped or folded; one answers 304.
    """
    world.run(_fill)
    world.run(stage.tidy_tables)
    anew, known, first = world.run(partial(_measured, world.pace.rounds, world.pace.seconds))
    note = f"{queries.MOST} events; the first request of a process {first:.0f} ms"
    return [Figure.of("feed", anew, "ms", note), Figure.of("feed-304", known, "ms")]


async def _fill() -> None:
    await db.execute(
        "INSERT INTO cluster (id, slug, name, agent_organisation, created_at) VALUES ($1, $2, $3, $4, $5)",
        uuid4(),
        SLUG,
        "TAB_MINT",
        "Beispielwerk",
        datetime.now(UTC),
    )
    for _ in range(queries.MOST):
        await stage.new_event(cluster=SLUG)


async def _measured(rounds: int, seconds: float) -> tuple[Pairs, Pairs, float]:
    """(feed, 304) in ms as (ours, baseline) by round, and how long the first request takes that writes all entries."""
    ours, bare = create_app(), _bare()
    async with ours.lifespan(), bare.lifespan():
        ical._published.cache_clear()  # noqa: SLF001 - as in a process that has just begun
        began = time.perf_counter()
        etag, body = await _tagged(ours)
        first = (time.perf_counter() - began) * 1000
        assert body.count(b"BEGIN:VEVENT") == queries.MOST

        async def anew() -> bytes:
            ours.state.services.pages.clear()
            return await _asked(ours, PATH)

        contests = [(anew, lambda: _asked(bare, "/feed")), (_known(ours, PATH, etag), _known(bare, "/known", etag))]
        found: list[Pairs] = [[await _side_by_side(n, seconds, *both) for n in range(rounds)] for both in contests]
    return found[0], found[1], first


def _bare() -> Litestar:
    @get("/feed")
    async def feed() -> Response[bytes]:
        events = await queries.public_events(SLUG, clock.now())
        lines = [
            f"BEGIN:VEVENT\r\nUID:{e.id}\r\nDTSTART:{e.starts_at}\r\nDTEND:{e.ends_at}\r\nDTSTAMP:{e.updated_at}\r\n"
            f"SEQUENCE:{e.sequence}\r\nSUMMARY:{e.title}\r\nDESCRIPTION:{e.summary}\r\nCATEGORIES:{e.cluster_name}\r\n"
            f"LOCATION:{e.venue_name}, {e.venue_street}, {e.venue_postcode} {e.venue_place}\r\nEND:VEVENT\r\n"
            for e in events
        ]
        return Response(gzip.compress("".join(lines).encode(), 6), headers={"Content-Encoding": "gzip"})

    @get("/known")
    async def known() -> Response[bytes]:
        await queries.extent(SLUG, clock.now())
        return Response(b"", status_code=304)

    return Litestar([feed, known], openapi_config=None)


def _known(app: Litestar, path: str, etag: bytes) -> Ask:
    return lambda: _asked(app, path, (b"if-none-match", etag))


async def _side_by_side(number: int, seconds: float, ours: Ask, baseline: Ask) -> tuple[float, float]:
    """Median ms of both; who goes first takes turns."""
    if number % 2:
        second = await _milliseconds(baseline, seconds)
        return await _milliseconds(ours, seconds), second
    return await _milliseconds(ours, seconds), await _milliseconds(baseline, seconds)


async def _milliseconds(ask: Ask, seconds: float) -> float:
    took: list[float] = []
    ends = time.perf_counter() + seconds
    while time.perf_counter() < ends:
        began = time.perf_counter()
        await ask()
        took.append((time.perf_counter() - began) * 1000)
    return median(took)


async def _tagged(app: Litestar) -> tuple[bytes, bytes]:
    headers: dict[bytes, bytes] = {}
    body = await _asked(app, PATH, into=headers)
    return headers[b"etag"], gzip.decompress(body)


async def _asked(
    app: Litestar, path: str, *extra: tuple[bytes, bytes], into: dict[bytes, bytes] | None = None
) -> bytes:
    """One request through ASGI, with no client's cost; its headers go `into`."""
    sent: list[dict[str, Any]] = []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1"), (b"accept-encoding", b"gzip"), *extra],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(cast("Any", scope), cast("Any", receive), send)
    assert sent[0]["status"] == (304 if any(name == b"if-none-match" for name, _ in extra) else 200), sent[0]
    if into is not None:
        into.update(sent[0]["headers"])
    return b"".join(message.get("body", b"") for message in sent[1:])
