from __future__ import annotations

import httpx


async def counted(client: httpx.AsyncClient, line: str) -> float:
    text = (await client.get("/metrics")).text
    return next((float(found.rsplit(" ", 1)[1]) for found in text.splitlines() if found.startswith(line)), 0)


async def test_requests_are_counted_by_route_and_answer(client: httpx.AsyncClient) -> None:
    line = 'clustertreff_requests_total{method="GET",path="/api/v1/events/{slug}",status_code="404"}'
    before = await counted(client, line)

    await client.get("/api/v1/events/no-such-event")

    assert await counted(client, line) == before + 1


async def test_durations_are_measured(client: httpx.AsyncClient) -> None:
    line = 'clustertreff_request_duration_seconds_count{method="GET",path="/api/v1/events",status_code="200"}'
    before = await counted(client, line)

    await client.get("/api/v1/events")

    assert await counted(client, line) == before + 1


async def test_tokens_in_addresses_are_not_shown(client: httpx.AsyncClient) -> None:
    await client.get("/tickets/a-secret-token")

    text = (await client.get("/metrics")).text

    assert "/tickets/{" in text
    assert "a-secret-token" not in text


async def test_probes_are_not_counted(client: httpx.AsyncClient) -> None:
    await client.get("/health")

    assert 'path="/health"' not in (await client.get("/metrics")).text


async def test_nothing_is_in_progress_afterwards(client: httpx.AsyncClient) -> None:
    await client.get("/api/v1/events")

    assert await counted(client, "clustertreff_requests_in_progress") == 0
