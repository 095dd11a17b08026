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


async def test_head_answers_like_get_without_a_body(client: httpx.AsyncClient) -> None:
    got, head = await client.get("/programme"), await client.head("/programme")
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-type"] == got.headers["content-type"]


async def test_head_changes_nothing_where_only_post_is(client: httpx.AsyncClient) -> None:
    assert (await client.head("/logout")).status_code in {404, 405}
