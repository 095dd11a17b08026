"""A cluster's site, as a browser sees it: another origin around our frame (`localhost` is not `127.0.0.1`)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.async_api import Frame, Page, async_playwright, expect

from events_app.kit import db
from tests.e2e.conftest import PATIENCE_MS, OpenBrowser
from tests.factories import make_cluster, make_event

pytestmark = pytest.mark.slow
Site = Callable[[str], str]


@pytest.fixture
def site() -> Iterator[Site]:
    """`site(html)` puts a page on another origin and gives its address."""
    shown = {"html": ""}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(shown["html"].encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Nothing: a test's output is not for this."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def put(html: str) -> str:
        shown["html"] = f"<!doctype html><title>Eine Website</title><body>{html}</body>"
        return f"http://localhost:{server.server_port}"

    yield put
    server.shutdown()
    server.server_close()


def snippet(ours: str, *, script: bool = True) -> str:
    """What the desk gives out, with a page above and below it."""
    code = (
        f'<iframe src="{ours}/embed/clusters/own" title="Termine" data-clustertreff width="100%" height="300"></iframe>'
    )
    loaded = f'<script src="{ours}/embed.js" async></script>' if script else ""
    return f"<h1>Unser Cluster</h1>{code}{loaded}<p>Ende</p>"


async def inner(page: Page, ours: str) -> Frame:
    handle = await page.wait_for_selector("iframe")
    assert handle is not None
    frame = await handle.content_frame()
    assert frame is not None
    await frame.wait_for_load_state()
    assert frame.url.startswith(ours)
    return frame


async def height_of(page: Page) -> float:
    box = await page.locator("iframe").bounding_box()
    assert box is not None
    return box["height"]


@pytest.mark.usefixtures("database")
async def test_a_visitor_registers_inside_another_site(open_browser: OpenBrowser, live_server: str, site: Site) -> None:
    outside = site(snippet(live_server))
    await make_cluster("own", embed_hosts=[outside])
    await make_event(slug="auftakt", cluster="own", title="Auftakt im Rahmen")
    context = await open_browser(viewport={"width": 1000, "height": 700})
    page = await context.new_page()
    await page.goto(outside)
    frame = await inner(page, live_server)
    await frame.get_by_role("link", name="Auftakt im Rahmen").first.click()
    await frame.locator("[name='organisation.name']").wait_for()
    assert await height_of(page) > 800  # the frame has grown to the form
    for name, text in {
        "organisation.name": "Werkhof GmbH",
        "contact.given_name": "Erika",
        "contact.family_name": "Muster",
        "contact.email": "erika@example.org",
    }.items():
        await frame.locator(f"[name='{name}']").fill(text)
    await frame.locator("[name='consents.privacy']").check()
    async with page.expect_response(lambda answer: answer.request.method == "POST") as answered:
        await frame.get_by_role("button", name="Anmelden", exact=True).click()
    await expect(frame.get_by_role("heading", name="Sie sind angemeldet")).to_be_visible()
    assert page.url.startswith(outside)
    row = await db.fetch_row("SELECT status, source, organisation_name FROM registration")
    assert row is not None
    assert tuple(row) == ("confirmed", "form", "Werkhof GmbH")  # the proof of work was solved inside the frame
    posted = await (await answered.value).request.all_headers()
    assert posted["sec-fetch-site"] == "same-origin"
    assert "cookie" not in posted
    assert await height_of(page) < 800  # and has shrunk again
    assert await page.locator("iframe").evaluate("frame => frame.getBoundingClientRect().top") >= 0
    await frame.get_by_role("link", name="Zu Ihrer Seite").click()
    await page.wait_for_url(f"{live_server}/registrations/**")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.usefixtures("database")
async def test_without_the_script_the_frame_keeps_its_height(
    open_browser: OpenBrowser, live_server: str, site: Site
) -> None:
    outside = site(snippet(live_server, script=False))
    await make_cluster("own", embed_hosts=[outside])
    await make_event(slug="auftakt", cluster="own")
    page = await (await open_browser()).new_page()
    await page.goto(outside)
    frame = await inner(page, live_server)
    await expect(frame.get_by_role("link", name="Auftakt in Halle").first).to_be_visible()
    assert 300 <= await height_of(page) < 310


@pytest.mark.usefixtures("database")
async def test_a_script_that_comes_after_the_frame_still_learns_its_height(
    open_browser: OpenBrowser, live_server: str, site: Site
) -> None:
    outside = site(snippet(live_server, script=False))
    await make_cluster("own", embed_hosts=[outside])
    page = await (await open_browser()).new_page()
    await page.goto(outside)
    await (await inner(page, live_server)).wait_for_load_state("networkidle")
    await page.add_script_tag(url=f"{live_server}/embed.js")
    await page.wait_for_function("document.querySelector('iframe').style.height !== ''")


@pytest.mark.usefixtures("database")
async def test_the_script_leaves_nothing_behind_and_believes_nobody_else(
    open_browser: OpenBrowser, live_server: str, site: Site
) -> None:
    outside = site(snippet(live_server, script=False))
    await make_cluster("own", embed_hosts=[outside])
    page = await (await open_browser()).new_page()
    await page.goto(outside)
    before = set(await page.evaluate("Object.keys(window)"))
    site(snippet(live_server))
    await page.goto(outside)
    await inner(page, live_server)
    await page.wait_for_function("document.querySelector('iframe').style.height !== ''")
    assert set(await page.evaluate("Object.keys(window)")) == before
    height = await height_of(page)
    await page.evaluate("postMessage({clustertreff: 5000}, '*')")
    await page.wait_for_timeout(200)
    assert await height_of(page) == height


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("path", ["/embed/clusters/own", "/embed/events/auftakt", "/events/auftakt/register", "/login"])
async def test_a_site_that_is_not_named_gets_an_empty_box(
    chromium: str, live_server: str, site: Site, path: str
) -> None:
    """Not by `open_browser`: here the browser's complaint is what is wanted."""
    outside = site(f'<iframe src="{live_server}{path}"></iframe>')
    await make_cluster("own", embed_hosts=["https://somebody-else.example"])
    await make_event(slug="auftakt", cluster="own")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = await browser.new_page()
        page.set_default_timeout(PATIENCE_MS)
        async with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
            await page.goto(outside)
        await browser.close()
