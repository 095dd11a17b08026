"""The database engine: Piccolo's, with a transaction that always gives its connection back.

Piccolo 1.38 leaks the pool's connection when COMMIT fails or the task is cancelled while it begins or ends
(five failed commits hang a pool of five). `Transaction` releases in `finally`, shielded from cancellation.
"""

from __future__ import annotations

import asyncio
import random
import traceback
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from functools import wraps
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar

import asyncpg
import msgspec
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction

P = ParamSpec("P")
T = TypeVar("T")
POOL_SIZE = 8
TRIES = 5
STATEMENT_TIMEOUT_SECONDS = 30


class DrawnTwiceError(Exception):
    """A random value that must be unique was there already; drawn again, it will hardly be."""


class Transaction(PostgresTransaction):
    """One database transaction; a nested one joins the outer (use `savepoint()` where a part may fail)."""

    async def __aenter__(self) -> Self:
        if self._parent is not None:
            return self._parent  # type: ignore[return-value] # Piccolo's base class; our engine makes none but ours
        self.connection = await self.get_connection()
        self.transaction = self.connection.transaction()
        try:
            await self.begin()
        except BaseException:
            await self._give_back()
            raise
        self.context = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if self._parent is not None:
            return False
        self.engine.current_transaction.reset(self.context)
        try:
            if exception is None and not (self._committed or self._rolled_back):
                await self.commit()
            elif exception is not None and not self._rolled_back:
                await self._roll_back_if_alive()
        finally:
            await self._give_back()
        return False

    async def commit(self) -> None:
        await super().commit()
        DB.commits += 1

    async def _roll_back_if_alive(self) -> None:
        """A connection that died has rolled back already: the first error is the one worth raising."""
        try:
            await self.rollback()
        except (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError):
            self.connection.terminate()

    async def _give_back(self) -> None:
        """Release the connection even if this task is being cancelled; the pool resets whatever is left open."""
        pool = self.engine.pool
        returning = asyncio.ensure_future(
            pool.release(self.connection) if pool else self.connection.close(),
        )
        try:
            await asyncio.shield(returning)
        except asyncio.CancelledError:
            await returning
            raise


class Engine(PostgresEngine):
    """The app's engine; `use_database` says where its database is before the first query."""

    commits = 0

    async def check_version(self) -> None:
        """Piccolo connects while it is imported, before the address is known; `doctor` asks for the version."""

    def transaction(self, allow_nested: bool = True) -> Transaction:  # noqa: FBT001, FBT002 - Piccolo's signature
        return Transaction(engine=self, allow_nested=allow_nested)


DB = Engine(config={})
_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # it is being stopped, or starts
    asyncpg.TooManyConnectionsError,
    asyncpg.ReadOnlySQLTransactionError,  # a stand-by before it takes over
)


def use_database(dsn: str) -> None:
    """Point the engine at a `postgresql://` address (a Unix socket as `?host=/folder`)."""
    DB.config = {"dsn": dsn, "server_settings": {"application_name": "clustertreff", "timezone": "UTC"}}


@asynccontextmanager
async def pool(size: int = POOL_SIZE) -> AsyncIterator[asyncpg.Pool]:
    """Hold a pool of up to `size` warm connections while the block runs; an inner call shares the outer one's."""
    if DB.pool is not None:
        yield DB.pool
        return
    await DB.start_connection_pool(
        min_size=1,
        max_size=size,
        command_timeout=STATEMENT_TIMEOUT_SECONDS,
        max_inactive_connection_lifetime=0,
        reset=_keep_session,
    )
    try:
        yield DB.pool
    finally:
        await DB.close_connection_pool()


async def _keep_session(_: asyncpg.Connection) -> None:
    """Spare asyncpg's RESET ALL after each use: a round trip that costs a third of a short request.

    Nothing here leaves settings, cursors, listeners or session locks in a connection; a transaction left open is
    rolled back by asyncpg before this is called.
    """


@asynccontextmanager
async def transaction() -> AsyncIterator[asyncpg.Connection]:
    """One use case, one transaction: commits at the end of the block, rolls back if it raises."""
    async with DB.transaction() as running:
        yield running.connection


@asynccontextmanager
async def attempt() -> AsyncIterator[None]:
    """What may fail and be tried again: a transaction of its own, or a savepoint within the running one."""
    running = DB.current_transaction.get()
    if running is None:
        async with DB.transaction():
            yield
        return
    point = await running.savepoint()
    try:
        yield
    except BaseException:
        await point.rollback_to()
        raise
    await point.release()


def _connection() -> AbstractAsyncContextManager[asyncpg.Connection]:
    """That of the running transaction, else one of the pool, else (in commands) one of its own."""
    running = DB.current_transaction.get()
    if running is not None:
        return nullcontext(running.connection)
    return _own_connection() if DB.pool is None else DB.pool.acquire()


@asynccontextmanager
async def _own_connection() -> AsyncIterator[asyncpg.Connection]:
    connection = await DB.get_new_connection()
    try:
        yield connection
    finally:
        await connection.close()


async def fetch(sql: str, *args: object) -> Sequence[asyncpg.Record]:
    """All rows of a statement with `$1`-style arguments, in the running transaction if there is one."""
    async with _connection() as connection:
        return await connection.fetch(sql, *args)  # type: ignore[no-any-return] # asyncpg has no types


async def fetch_row(sql: str, *args: object) -> asyncpg.Record | None:
    async with _connection() as connection:
        return await connection.fetchrow(sql, *args)


async def fetch_value(sql: str, *args: object) -> Any:
    async with _connection() as connection:
        return await connection.fetchval(sql, *args)


async def execute(sql: str, *args: object) -> int:
    """Run a statement and tell how many rows it touched (0 for statements that count none)."""
    async with _connection() as connection:
        status: str = await connection.execute(sql, *args)
    last = status.rpartition(" ")[2]
    return int(last) if last.isdecimal() else 0


def as_json(value: object) -> str:
    """What a JSONB column takes, in raw SQL and in Piccolo's: the text."""
    return msgspec.json.encode(value).decode()


def retried(use_case: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Run a use case again if PostgreSQL ended it to resolve a deadlock, or chance did: nothing of it has happened.

    Within a running transaction the outermost use case is the one to repeat.
    """

    @wraps(use_case)
    async def run(*args: P.args, **kwargs: P.kwargs) -> T:
        for tried in range(1, TRIES):
            try:
                return await use_case(*args, **kwargs)
            except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, DrawnTwiceError):
                if DB.current_transaction.get() is not None:
                    raise
            await asyncio.sleep(random.uniform(0, 0.05 * tried))  # noqa: S311 - only so that two don't meet again
        return await use_case(*args, **kwargs)

    return run


def is_away(error: BaseException) -> bool:
    """Whether this says that the database can't be reached or doesn't answer, and not that a statement is wrong."""
    if isinstance(error, asyncpg.InterfaceError):
        return "clos" in str(error)  # the connection or the pool: "is closed", "is closing"
    return isinstance(error, _AWAY) or (isinstance(error, OSError | TimeoutError) and _from_driver(error))


def _from_driver(error: BaseException) -> bool:
    frames = (frame for frame, _ in traceback.walk_tb(error.__traceback__))
    return any(str(frame.f_globals.get("__name__")).partition(".")[0] == "asyncpg" for frame in frames)


def commits() -> int:
    """How many transactions this process has committed: what was read before the last one may be out of date."""
    return DB.commits


async def answers() -> bool:
    """Whether the database answers within a second."""
    try:
        async with asyncio.timeout(1):
            return bool(await fetch_value("SELECT true"))
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
