"""How often one address may do something: counted in Valkey, in this process while Valkey is away."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field

from redis.asyncio import Redis
from redis.exceptions import RedisError

UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
PAUSE_AFTER_OUTAGE_SECONDS = 5.0
KEPT_KEYS = 10_000


@dataclass(frozen=True)
class Rate:
    """`count` times in each window of `seconds`."""

    count: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Rate | None:
        """`30/minute` → Rate(30, 60); `off` → None."""
        if text == "off":
            return None
        count, _, unit = text.partition("/")
        return cls(int(count), UNITS[unit])


@dataclass
class Limiter:
    """Fixed windows. A queue outage is noticed once and then left alone for some seconds."""

    redis: Redis
    _away_until: float = 0.0
    _counts: OrderedDict[str, int] = field(default_factory=OrderedDict)

    async def retry_after(self, what: str, who: str, rate: Rate) -> int | None:
        """Count one more; None if that is fine, else the seconds until the window ends."""
        window, passed = divmod(int(time.time()), rate.seconds)
        key = f"rate:{what}:{who}:{window}"
        count = await self._count(key, rate.seconds)
        return rate.seconds - passed if count > rate.count else None

    async def _count(self, key: str, seconds: int) -> int:
        if time.monotonic() >= self._away_until:
            try:
                async with self.redis.pipeline(transaction=False) as pipe:
                    await pipe.incr(key)
                    await pipe.expire(key, seconds)
                    return int((await pipe.execute())[0])
            except (RedisError, OSError, TimeoutError):
                self._away_until = time.monotonic() + PAUSE_AFTER_OUTAGE_SECONDS
        return self._count_here(key)

    def _count_here(self, key: str) -> int:
        self._counts[key] = self._counts.pop(key, 0) + 1
        while len(self._counts) > KEPT_KEYS:
            self._counts.popitem(last=False)
        return self._counts[key]
