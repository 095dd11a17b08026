from __future__ import annotations

import httpx


async def test_health_names_database_and_queue(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "database": "ok", "queue": "ok"}


async def test_answer_carries_security_headers_on_every_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health")
    assert "unsafe-inline" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
