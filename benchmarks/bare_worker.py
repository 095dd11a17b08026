"""`python -m benchmarks.bare_worker URL`: an arq worker with nothing to do, beside which ours is weighed."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import uvloop
from arq.connections import RedisSettings
from arq.worker import Worker


async def nothing(ctx: dict[Any, Any]) -> None:
    del ctx


def main() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        asyncio.set_event_loop(runner.get_loop())  # arq asks for it when the worker is made
        Worker([nothing], queue_name="benchmarks", redis_settings=RedisSettings.from_dsn(sys.argv[1])).run()


if __name__ == "__main__":
    main()
