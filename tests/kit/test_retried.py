from __future__ import annotations

import asyncio
from contextvars import Context

import asyncpg
import pytest

from events_app.kit import db
from tests.factories import make_event, make_registration

pytestmark = pytest.mark.usefixtures("database")


async def test_a_use_case_that_lost_a_deadlock_runs_again() -> None:
    event = await make_event()
    runs: list[str] = []

    @db.retried
    async def both(first: str, then: str) -> str:
        runs.append(first)
        async with db.transaction():
            for table in (first, then):
                column = "id" if table == "event" else "event"
                await db.fetch(f"SELECT FROM {table} WHERE {column} = $1 FOR UPDATE", event.id)
                await asyncio.sleep(0.2)
        return first

    done = await asyncio.gather(both("event", "event_seats"), both("event_seats", "event"))
    assert done == ["event", "event_seats"]
    assert len(runs) == 3


async def test_within_a_transaction_it_is_left_to_the_outermost() -> None:
    tries = 0

    @db.retried
    async def loses() -> None:
        nonlocal tries
        tries += 1
        raise asyncpg.DeadlockDetectedError

    with pytest.raises(asyncpg.DeadlockDetectedError):
        async with db.transaction():
            await loses()
    assert tries == 1
    with pytest.raises(asyncpg.DeadlockDetectedError):
        await loses()
    assert tries == 1 + db.TRIES


async def test_registering_survives_a_deadlock_with_a_change_of_the_event() -> None:
    event = await make_event()
    async with db.transaction():
        await db.fetch("SELECT FROM event_seats WHERE event = $1 FOR UPDATE", event.id)
        registering = asyncio.create_task(make_registration(event), context=Context())  # on a connection of its own
        await asyncio.sleep(0.3)  # it has written its people by now, and waits for the seats
        await db.fetch("SELECT FROM event WHERE id = $1 FOR UPDATE", event.id)  # as a new slug would
    assert (await registering).status == "confirmed"
