"""A real `clustertreff web` on the tests' database, and a Chromium to visit it with; for every end-to-end test."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Playwright, async_playwright, expect

from events_app.frontend.hatch_build import build_assets
from events_app.kit.settings import Settings
from tests.e2e.doors import Cable

ROOT = Path(__file__).parents[2]
STOP_SECONDS = 30
PATIENCE_MS = 30_000

OpenBrowser = Callable[..., Awaitable[BrowserContext]]


@pytest.fixture(scope="session")
def live_server(migrated: None, base_settings: Settings) -> Iterator[str]:
    """The address of a web process that serves what the test writes; it shares database, queue and secret."""
    build_assets(ROOT)
    environment = {
        **os.environ,
        "CLUSTERTREFF_DATA_DIR": str(base_settings.data_dir),
        "CLUSTERTREFF_DATABASE_URL": base_settings.database_url,
        "CLUSTERTREFF_QUEUE_URL": base_settings.queue_url,
        "CLUSTERTREFF_SECRET_KEY": base_settings.secret_key,
        "CLUSTERTREFF_PORT": "0",
        "CLUSTERTREFF_RATE_REGISTRATION": "off",
    }
    command = [sys.executable, "-m", "events_app", "web"]
    with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().split()[-1]
        finally:
            server.terminate()
            server.wait(STOP_SECONDS)


@pytest.fixture
async def cable(live_server: str) -> AsyncIterator[Cable]:
    """A way to the web process that a test can cut."""
    wire = Cable(live_server)
    await wire.mend()
    yield wire
    await wire.cut()


@pytest.fixture(scope="session")
async def playwright() -> AsyncIterator[Playwright]:
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
async def browser(playwright: Playwright, chromium: str) -> AsyncIterator[Browser]:
    """One for all tests that want no flags: starting one takes a second, a fresh profile in it nothing."""
    started = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
    yield started
    await started.close()


@pytest.fixture
async def open_browser(playwright: Playwright, browser: Browser, chromium: str) -> AsyncIterator[OpenBrowser]:
    """`await open_browser("--flag", …, locale="de-DE", …)` opens a fresh profile; several may be open at once.

    Whatever the security policy or a script objects to fails the test.
    """
    complaints: list[str] = []
    async with AsyncExitStack() as stack:

        async def open_one(*flags: str, **options: object) -> BrowserContext:
            started = browser
            if flags:
                started = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", *flags])
                stack.push_async_callback(started.close)
            context = await started.new_context(**{"locale": "de-DE", **options})  # type: ignore[arg-type] # playwright's own
            stack.push_async_callback(context.close)
            context.set_default_timeout(PATIENCE_MS)
            context.on("weberror", lambda error: complaints.append(str(error.error)))
            context.on("console", lambda message: _note(complaints, message.type, message.text))
            return context

        yield open_one
    assert complaints == []


def _note(complaints: list[str], kind: str, text: str) -> None:
    """Chromium calls requests errors, too, that were refused or cut off on purpose: tests look at those themselves."""
    if kind == "error" and not text.startswith("Failed to load resource"):
        complaints.append(text)
