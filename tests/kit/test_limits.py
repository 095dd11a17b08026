from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from events_app.kit.http import limits
from events_app.kit.http.limits import Limiter, Rate
from events_app.supervisor.valkey import embedded_valkey

LONG = Rate(3, 86_400)
"""A window that no test runs into the end of."""


def redis_of(url: str) -> Redis:
    made: Redis = Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5)
    return made


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("30/minute", Rate(30, 60)),
        ("1/second", Rate(1, 1)),
        ("5/hour", Rate(5, 3600)),
        ("9/day", Rate(9, 86_400)),
        ("off", None),
    ],
)
def test_rate_is_read_as_it_is_written(text: str, rate: Rate | None) -> None:
    assert Rate.parse(text) == rate


async def test_limit_is_counted_for_all_processes_together(servers: tuple[str, str]) -> None:
    who = str(uuid4())
    here, there = Limiter(redis_of(servers[1])), Limiter(redis_of(servers[1]))
    results = [await limiter.retry_after("test", who, LONG) for limiter in (here, there, here, there)]
    assert results[:3] == [None, None, None]
    assert results[3] is not None
    assert 0 < results[3] <= LONG.seconds
    for limiter in (here, there):
        await limiter.redis.aclose()


async def test_limit_is_each_ones_own(servers: tuple[str, str]) -> None:
    limiter, once = Limiter(redis_of(servers[1])), Rate(1, 86_400)
    one, other = str(uuid4()), str(uuid4())
    asked = [("a", one), ("a", other), ("b", one)]
    assert [await limiter.retry_after(what, who, once) for what, who in asked] == [None, None, None]
    assert await limiter.retry_after("a", one, once) is not None
    await limiter.redis.aclose()


async def test_counts_are_forgotten_after_their_window(servers: tuple[str, str]) -> None:
    limiter, who = Limiter(redis_of(servers[1])), str(uuid4())
    await limiter.retry_after("test", who, LONG)
    (key,) = [key async for key in limiter.redis.scan_iter(f"rate:test:{who}:*")]
    assert 0 < await limiter.redis.ttl(key) <= LONG.seconds
    await limiter.redis.aclose()


async def test_limit_is_counted_in_memory_while_valkey_is_away(tmp_path: Path) -> None:
    with embedded_valkey(tmp_path) as url:
        limiter = Limiter(redis_of(url))
        assert await limiter.retry_after("test", "a", LONG) is None
    results = [await limiter.retry_after("test", "a", LONG) for _ in range(4)]
    assert results[:3] == [None, None, None]
    assert results[3] is not None
    await limiter.redis.aclose()


async def test_outage_is_noticed_once_and_then_left_alone(tmp_path: Path) -> None:
    with embedded_valkey(tmp_path) as url:
        limiter = Limiter(redis_of(url))
    await limiter.retry_after("test", "a", LONG)
    away_until = limiter._away_until  # noqa: SLF001 - what the test is about
    await limiter.retry_after("test", "a", LONG)
    assert limiter._away_until == away_until > 0  # noqa: SLF001 - same
    await limiter.redis.aclose()


async def test_memory_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "KEPT_KEYS", 5)
    limiter = Limiter(redis_of("redis://127.0.0.1:1"))
    for number in range(50):
        await limiter.retry_after("test", str(number), LONG)
    assert len(limiter._counts) == 5  # noqa: SLF001 - same
    await limiter.redis.aclose()
