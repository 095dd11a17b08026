"""Fixtures of the whole suite: a real PostgreSQL and Valkey, one database per test process, the app over ASGI."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Iterator

import httpx
import hypothesis
import pytest
from litestar import Litestar

from events_app.app import create_app
from events_app.kit import db, settings
from events_app.kit.migrations import migrate
from events_app.kit.settings import Settings
from events_app.supervisor.postgres import embedded_postgres
from events_app.supervisor.valkey import embedded_valkey

# Examples are the same every time, so that whoever breaks something sees it and nobody else does; how long one takes
# says nothing on a busy machine. `pytest --hypothesis-profile=explore` looks for new ones.
hypothesis.settings.register_profile("explore", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("repeatable", hypothesis.settings.get_profile("explore"), derandomize=True)
hypothesis.settings.load_profile("repeatable")

KEPT_TABLES = {"migration"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": False}


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium: `CHROMIUM`, else the usual names; skips where there is none, fails on a build machine."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("no Chromium found; set CHROMIUM=/path")
    return path


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """(PostgreSQL, Valkey) of this test process; tests that stop a server start their own."""
    folder = tmp_path_factory.mktemp("servers")
    with embedded_postgres(folder, fast=True) as dsn, embedded_valkey(folder) as queue_url:
        yield dsn, queue_url


@pytest.fixture(scope="session")
def base_settings(servers: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Settings:
    dsn, queue_url = servers
    return Settings(
        data_dir=tmp_path_factory.mktemp("data"),
        database_url=dsn,
        queue_url=queue_url,
        base_url="http://clustertreff.test",
        secret_key="a-secret-for-tests-of-32-characters-or-more",
        rate_registration="off",
    )


@pytest.fixture
def app_settings(base_settings: Settings) -> Iterator[Settings]:
    """The settings in force; `settings.use(replace(app_settings, …))` changes them for one test."""
    settings.use(base_settings)
    yield base_settings
    settings.use(base_settings)


@pytest.fixture(scope="session")
async def migrated(base_settings: Settings) -> AsyncIterator[None]:
    """The schema and this process's pool."""
    settings.use(base_settings)
    db.use_database(base_settings.database_url)
    await migrate()
    async with db.pool(size=12):
        yield


@pytest.fixture
async def database(migrated: None, app_settings: Settings) -> None:
    """An empty database with the current schema, reached through `events_app.kit.db`."""
    await empty_database()


async def empty_database() -> None:
    """One statement, so that rows may point at each other; truncating every table costs many times as much.

    Numbers begin at 1 again.
    """
    rows = await db.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    tables = [row["tablename"] for row in rows if row["tablename"] not in KEPT_TABLES]
    looks = " UNION ALL ".join(f"(SELECT '{table}' AS name FROM \"{table}\" LIMIT 1)" for table in tables)  # noqa: S608 - own names
    if filled := [row["name"] for row in await db.fetch(looks)]:
        deletions = ", ".join(f'd{number} AS (DELETE FROM "{table}")' for number, table in enumerate(filled))  # noqa: S608 - same
        await db.execute(f"WITH {deletions} SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'")  # noqa: S608 - same


@pytest.fixture(scope="session")
async def app(migrated: None, base_settings: Settings) -> AsyncIterator[Litestar]:
    """The application with its lifespan, on the tests' own pool."""
    made = create_app()
    async with made.lifespan():
        yield made


@pytest.fixture
async def client(app: Litestar, database: None) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app, as a script from another machine would be."""
    app.state.services.pages.clear()
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://clustertreff.test") as made:
        yield made
