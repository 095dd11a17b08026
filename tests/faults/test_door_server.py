"""A web process of its own at the door: killed in the middle of a batch, stopped while counters are followed."""

from __future__ import annotations

import asyncio
import signal
import socket
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest

from events_app.kit import db
from events_app.kit.settings import Settings
from tests.checkin.doorway import Doorway, open_door
from tests.factories import auth, make_api_token
from tests.faults.processes import started

SCANS, LIVE = "/api/v1/door/scans", "/api/v1/door/live"


@dataclass
class Web:
    """`clustertreff web` as an operator starts it, and a client of it."""

    process: Process
    client: httpx.AsyncClient


@asynccontextmanager
async def web(settings: Settings) -> AsyncIterator[Web]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    async with (
        started("web", settings, port=str(port)) as process,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client,
    ):
        await _until_it_answers(client)
        yield Web(process, client)


async def _until_it_answers(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                if (await client.get("/health")).status_code == 200:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.1)


async def somebody_waits_for_a_lock() -> None:
    async with asyncio.timeout(60):
        while not await db.fetch_value(  # noqa: ASYNC110 - PostgreSQL tells nobody
            "SELECT count(*) FROM pg_locks WHERE NOT granted"
        ):
            await asyncio.sleep(0.01)


def batch_of(place: Doorway) -> dict[str, Any]:
    codes = [person.code for person in place.people] + ["unlesbar"] * 50
    scans = [{"id": str(uuid4()), "code": code, "offline": True, "shown": "admitted"} for code in codes]
    return {"scans": scans}


async def kept() -> tuple[int, int, int]:
    """Scans, people inside, and tickets admitted, all at one moment."""
    row = await db.fetch_row(
        """SELECT (SELECT count(*) FROM scan), (SELECT count(*) FROM presence WHERE inside),
             (SELECT count(*) FROM ticket WHERE admitted_at IS NOT NULL)"""
    )
    assert row is not None
    return row[0], row[1], row[2]


async def test_process_killed_in_the_middle_of_a_batch_leaves_none_or_all_of_it_and_the_repeat_all(
    database: None, app_settings: Settings
) -> None:
    place = await open_door(people=20)
    batch = batch_of(place)
    async with web(app_settings) as first:
        async with db.transaction():
            await db.execute("SELECT FROM ticket WHERE id = (SELECT max(id::text)::uuid FROM ticket) FOR UPDATE")
            sending = asyncio.create_task(first.client.post(SCANS, json=batch, headers=auth(place.token)))
            await somebody_waits_for_a_lock()
            first.process.send_signal(signal.SIGKILL)
            with pytest.raises(httpx.TransportError):
                await sending
        assert await kept() in {(0, 0, 0), (70, 20, 20)}  # PostgreSQL may end a statement that it has begun
    async with web(app_settings) as second:
        answers = [await second.client.post(SCANS, json=batch, headers=auth(place.token)) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    results = [one["result"] for one in answers[0].json()["results"]]
    assert results == ["admitted"] * 20 + ["refused"] * 50
    assert await kept() == (70, 20, 20)


async def next_event(lines: AsyncIterator[str]) -> Mapping[str, Any]:
    async with asyncio.timeout(60):
        async for line in lines:
            if line.startswith("data: "):
                found: Mapping[str, Any] = msgspec.json.decode(line.removeprefix("data: "))
                return found
    raise AssertionError("the stream has ended")


async def test_counters_are_followed_live_until_the_process_stops(database: None, app_settings: Settings) -> None:
    place = await open_door()
    async with web(app_settings) as running:
        headers = {**auth(place.token), "Accept-Encoding": "gzip"}
        async with running.client.stream("GET", LIVE, headers=headers) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            assert "content-encoding" not in stream.headers
            lines = stream.aiter_lines()
            first = await next_event(lines)
            assert (first["expected"], first["inside"], first["conflicts"], first["queued"]) == (2, 0, 0, 0)
            scan = {"scans": [{"id": str(uuid4()), "code": place.people[0].code}], "device": {"queue": 3}}
            await running.client.post(SCANS, json=scan, headers=headers)
            then = await next_event(lines)
            assert (then["inside"], then["admitted_total"], then["queued"]) == (1, 1, 3)
            assert [minute["admitted"] for minute in then["by_minute"]] == [1]
            running.process.terminate()
            assert [line async for line in lines if line] == []  # it ends, and is not cut off
        await asyncio.wait_for(running.process.wait(), 10)
        assert running.process.returncode == 0


async def test_stream_is_for_paired_devices_and_the_events_agents(database: None, app_settings: Settings) -> None:
    place = await open_door()
    desk = f"/desk/events/{place.event.slug}/door/live"
    async with web(app_settings) as running:
        for path, token in ((LIVE, "ctd_unbekannt"), (LIVE, await make_api_token("admin"))):
            assert (await running.client.get(path, headers=auth(token))).status_code == 401
        assert (await running.client.get(desk)).status_code in {303, 401}
        admin = auth(await make_api_token("admin"))
        async with running.client.stream("GET", desk, headers=admin) as stream:
            assert (await next_event(stream.aiter_lines()))["expected"] == 2
