"""Every page in every state, as axe, a narrow screen, a zoomed one and a keyboard meet it (WCAG 2.2 AA)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route

from tests.conftest import empty_database
from tests.e2e import measures
from tests.e2e.scenes import SCENES, Scene, World, make_world

pytestmark = [pytest.mark.browser]

LEAST_PX = 24
PATIENCE_MS = 30_000


class Look(NamedTuple):
    """How somebody looks at the pages."""

    language: str
    scheme: str
    width: int
    height: int = 844


PHONE, DESK = Look("de-DE", "light", 390), Look("en-GB", "dark", 1280)
NARROW, TWICE_AS_LARGE = 320, 640
"""1280 px at 400 % and at 200 %."""


class Stage(NamedTuple):
    """A server with a world in it, a browser, and its profiles by how they look."""

    address: str
    world: World
    browser: Browser
    contexts: dict[tuple[object, ...], BrowserContext]


@pytest.fixture(scope="module")
async def stage(live_server: str, browser: Browser) -> AsyncIterator[Stage]:
    await empty_database()
    made = Stage(live_server, await make_world(), browser, {})
    yield made
    for context in made.contexts.values():
        await context.close()


async def _context(stage: Stage, look: Look, scene: Scene) -> BrowserContext:
    key = (look, scene.staff, scene.script)
    if key not in stage.contexts:
        context = await stage.browser.new_context(
            locale=look.language,
            color_scheme=look.scheme,  # type: ignore[arg-type] # one of the two
            viewport={"width": look.width, "height": look.height},
            reduced_motion="reduce",
            bypass_csp=True,
            service_workers="block",
        )
        context.set_default_timeout(PATIENCE_MS)
        if not scene.script:
            await context.route("**/*", _without_script)
        if scene.staff:
            await context.add_cookies([{"name": "session", "value": stage.world["session"], "url": stage.address}])
        stage.contexts[key] = context
    return stage.contexts[key]


async def _without_script(route: Route) -> None:
    """Pages as browsers without JavaScript show them; axe itself needs a script, so it can't just be turned off."""
    if route.request.resource_type == "script":
        await route.abort()
    elif route.request.resource_type != "document":
        await route.continue_()
    else:
        answer = await route.fetch(max_redirects=0)
        await route.fulfill(response=answer, body=re.sub(r"</?noscript>", "", await answer.text()))


@asynccontextmanager
async def opened(stage: Stage, scene: Scene, look: Look) -> AsyncIterator[Page]:
    """The scene's page, brought into its state. The tab is one that others had before: a new one costs a process."""
    context = await _context(stage, look, scene)
    page = context.pages[0] if context.pages else await context.new_page()
    await page.set_viewport_size({"width": look.width, "height": look.height})
    path = scene.path.format_map(stage.world)
    answer = await page.goto(f"{stage.address}{path}")
    assert answer is not None
    assert answer.status == scene.status, f"{path}: {answer.status}"
    assert urlsplit(page.url).path == urlsplit(path).path, f"led to {page.url}"
    if scene.act:
        await scene.act(page)
    yield page


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
async def test_page_has_no_barrier_on_a_phone(stage: Stage, scene: Scene) -> None:
    """No sideways scrolling at 200 and 400 % (1.4.4, 1.4.10), targets of 24 px (2.5.8), focus in sight (2.4.11)."""
    async with opened(stage, scene, PHONE) as page:
        found = await measures.barriers(page)
        assert found == [], "\n".join(found)
        await page.set_viewport_size({"width": NARROW, "height": PHONE.height})
        assert await page.evaluate(measures.OVERFLOW) == []
        assert await page.evaluate(measures.HIDDEN_FOCUS) == []
        assert await page.evaluate(measures.SMALL_TARGETS, LEAST_PX) == []
        await page.set_viewport_size({"width": TWICE_AS_LARGE, "height": 512})
        assert await page.evaluate(measures.OVERFLOW) == []


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
async def test_page_has_no_barrier_on_a_desk(stage: Stage, scene: Scene) -> None:
    async with opened(stage, scene, DESK) as page:
        found = await measures.barriers(page)
    assert found == [], "\n".join(found)
