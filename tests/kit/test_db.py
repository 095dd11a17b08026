from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import asyncpg
import pytest

from events_app.kit import db

SIZE = 5


@pytest.fixture
async def pool_of_five(migrated: None) -> AsyncIterator[None]:
    """A small pool instead of the suite's, and a table whose rows come in pairs or not at all."""
    suites_pool = db.DB.pool
    await db.execute(
        "CREATE TABLE probe (id int PRIMARY KEY, twin int NOT NULL REFERENCES probe DEFERRABLE INITIALLY DEFERRED)"
    )
    db.DB.pool = None
    async with db.pool(size=SIZE) as pool:
        yield
        pool.terminate()  # a pool that lost connections would wait for them for ever
    db.DB.pool = suites_pool
    await db.execute("DROP TABLE probe")


async def insert_pair(number: int) -> None:
    async with db.transaction():
        await db.execute("INSERT INTO probe VALUES ($1, $2)", 2 * number, 2 * number + 1)
        await asyncio.sleep(0)
        await db.execute("INSERT INTO probe VALUES ($1, $2)", 2 * number + 1, 2 * number)


async def fail_at_commit(number: int) -> None:
    async with db.transaction():
        await db.execute("INSERT INTO probe VALUES ($1, -1)", number)


async def assert_all_connections_work() -> None:
    """As many transactions at once as the pool has connections, each really beginning and ending."""
    together = asyncio.Barrier(SIZE)

    async def one() -> int:
        async with db.transaction() as connection:
            await together.wait()
            process: int = await connection.fetchval("SELECT pg_backend_pid()")
            return process

    async with asyncio.timeout(60):
        processes = await asyncio.gather(*(one() for _ in range(SIZE)))
    assert len(set(processes)) == SIZE


async def rows() -> int:
    found: int = await db.fetch_value("SELECT count(*) FROM probe")
    return found


async def test_pool_survives_400_random_cancellations(pool_of_five: None) -> None:
    chance = random.Random(1)  # noqa: S311 - a repeatable test
    tasks = []
    for number in range(400):
        task = asyncio.create_task(insert_pair(number))
        tasks.append(task)
        asyncio.get_running_loop().call_later(chance.random() * 0.02 * (1 + len(tasks) / 20), task.cancel)
        if number % 10 == 9:
            await asyncio.sleep(0.002)
    async with asyncio.timeout(60):
        results = await asyncio.gather(*tasks, return_exceptions=True)
    cancelled = sum(isinstance(result, asyncio.CancelledError) for result in results)
    assert {type(result) for result in results} <= {type(None), asyncio.CancelledError}
    assert 0 < cancelled < 400
    await assert_all_connections_work()
    assert await rows() % 2 == 0


async def test_pool_survives_commits_that_fail(pool_of_five: None) -> None:
    async with asyncio.timeout(60):
        results = await asyncio.gather(*(fail_at_commit(number) for number in range(20)), return_exceptions=True)
    assert {type(result) for result in results} == {asyncpg.ForeignKeyViolationError}
    await assert_all_connections_work()
    assert await rows() == 0


async def test_pool_survives_connections_that_die_inside(pool_of_five: None) -> None:
    async def die() -> None:
        async with db.transaction() as connection:
            await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    results = await asyncio.gather(*(die() for _ in range(SIZE)), return_exceptions=True)
    assert all(isinstance(result, (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)) for result in results)
    await assert_all_connections_work()


async def insert_and_fail(*, inside: bool) -> None:
    async with db.transaction() as outer:
        async with db.transaction() as inner:
            await db.execute("INSERT INTO probe VALUES (1, 1)")
            assert inner is outer
            if inside:
                raise LookupError
        raise LookupError


@pytest.mark.parametrize("inside", [True, False])
async def test_inner_transaction_is_part_of_the_outer_and_undone_with_it(pool_of_five: None, inside: bool) -> None:  # noqa: FBT001 - a parameter
    with pytest.raises(LookupError):
        await insert_and_fail(inside=inside)
    await assert_all_connections_work()
    assert await rows() == 0


async def test_statements_outside_a_transaction_stand_alone(pool_of_five: None) -> None:
    assert await db.execute("INSERT INTO probe VALUES (1, 1), (2, 2)") == 2
    assert await db.execute("DELETE FROM probe WHERE id = 9") == 0
    assert await rows() == 2


async def test_answers_says_no_while_the_database_is_away(migrated: None) -> None:
    suites_pool, config = db.DB.pool, db.DB.config
    db.DB.pool = None
    db.use_database("postgresql://nobody@127.0.0.1:1/none")
    try:
        assert not await db.answers()
    finally:
        db.DB.pool, db.DB.config = suites_pool, config
    assert await db.answers()
