"""The one door to the queue: everything that goes in is derived from PostgreSQL, so losing it loses nothing."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any

import msgpack
import structlog
from arq.connections import ArqRedis, RedisSettings, create_pool
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

QUEUE_NAME = "clustertreff:jobs"
OUTAGES = (RedisError, OSError, TimeoutError)
ENQUEUE_TIMEOUT_SECONDS = 1.0

_log = structlog.get_logger(__name__)


def redis_settings(url: str) -> RedisSettings:
    """Arq's settings for a `redis://`, `rediss://` or `unix://` address, patient with a queue that is away."""
    settings = RedisSettings.from_dsn(url)
    settings.conn_timeout = 1
    settings.conn_retries = 0
    settings.retry_on_timeout = True
    settings.retry_on_error = [RedisConnectionError, RedisTimeoutError, ConnectionError]
    settings.retry = Retry(ExponentialBackoff(cap=1, base=0.05), retries=3)
    return settings


def pack(job: dict[str, Any]) -> bytes:
    packed: bytes = msgpack.packb(job, use_bin_type=True, default=str)
    return packed


def unpack(packed: bytes) -> dict[str, Any]:
    job: dict[str, Any] = msgpack.unpackb(packed, raw=False)
    return job


@dataclass
class Queue:
    """A lazily connected queue. With the queue down a wake-up is dropped: the sweeper finds the work in a minute."""

    url: str
    _pool: ArqRedis | None = None

    async def wake(self, job: str, *args: str, job_id: str | None = None) -> bool:
        """Ask a worker to run `job`; False if the queue can't be reached now."""
        try:
            async with asyncio.timeout(ENQUEUE_TIMEOUT_SECONDS):
                pool = await self._connected()
                await pool.enqueue_job(job, *args, _job_id=job_id)
        except OUTAGES as error:
            _log.warning("queue_unreachable", job=job, error=type(error).__name__)
            return False
        return True

    async def ping(self) -> bool:
        try:
            async with asyncio.timeout(ENQUEUE_TIMEOUT_SECONDS):
                await (await self._connected()).ping()
        except OUTAGES:
            return False
        return True

    async def close(self) -> None:
        if self._pool is not None:
            with contextlib.suppress(*OUTAGES):
                await self._pool.aclose()
            self._pool = None

    async def _connected(self) -> ArqRedis:
        if self._pool is None:
            self._pool = await create_pool(
                redis_settings(self.url),
                job_serializer=pack,
                job_deserializer=unpack,
                default_queue_name=QUEUE_NAME,
            )
        return self._pool
