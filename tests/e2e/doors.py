"""A door in a browser: its camera's film, its handheld scanner, its pairing, and a cable that can be pulled out."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image
from playwright.async_api import BrowserContext, Page, expect

from events_app.checkin import service
from events_app.checkin.schemas import DeviceIn
from events_app.registration.schemas import AttendeeOut
from events_app.tickets import qr
from tests.checkin.doorway import Doorway
from tests.factories import ADMIN

PICTURE = (1280, 720)
FRAMES_PER_CODE = 20
FRAMES_BETWEEN = 10
FRAMES_AT_LEAST = 130
"""At 30 a second: the first code comes round after more than the 3 s in which it would be a repeat."""
PATIENCE_SECONDS = 10
CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


def film(path: Path, codes: Sequence[str | None]) -> str:
    """A camera's film as a Chromium flag: each code's QR for a while, nothing in between; it runs in a loop."""
    with path.open("wb") as file:
        for code in codes:
            file.write(_frame(code) * FRAMES_PER_CODE)
            file.write(_frame(None) * FRAMES_BETWEEN)
        shown = len(codes) * (FRAMES_PER_CODE + FRAMES_BETWEEN)
        file.write(_frame(None) * max(0, FRAMES_AT_LEAST - shown))
    return f"--use-file-for-fake-video-capture={path}"


def _frame(code: str | None) -> bytes:
    picture = Image.new("RGB", PICTURE, "#9a958c")
    if code is not None:
        symbol = Image.open(io.BytesIO(qr.png(code))).convert("RGB").resize((420, 420)).rotate(4, fillcolor="#9a958c")
        picture.paste(symbol, (430, 150))
    jpeg = io.BytesIO()
    picture.save(jpeg, "JPEG", quality=80)
    return jpeg.getvalue()


async def pairing_code(place: Doorway, name: str = "Tür 2", *, may_override: bool = False) -> str:
    return (await service.create_device(place.event.slug, DeviceIn(name, may_override), ADMIN)).pairing_code


async def paired_page(context: BrowserContext, address: str, place: Doorway, *, may_override: bool = False) -> Page:
    """A door's page, paired by the link of the QR on the desk."""
    page = await context.new_page()
    await page.goto(f"{address}/door/pair?code={await pairing_code(place, may_override=may_override)}")
    await page.get_by_role("button", name="Dieses Gerät koppeln").click()
    await expect(page.locator(".door")).to_have_attribute("data-screen", "scan")
    return page


async def expect_answer(page: Page, result: str, *texts: str) -> None:
    answer = page.locator("[data-door-answer]")
    await expect(answer).to_have_attribute("data-result", result)
    await expect(answer).to_be_visible()
    for text in texts:
        await expect(answer).to_contain_text(text)


async def scan_by_handheld(page: Page, code: str, *, enter: bool = True) -> None:
    """Keys faster than any hand, as a scanner in keyboard mode sends them."""
    keys = [*code, *(["Enter"] if enter else [])]
    await page.evaluate(
        """keys => keys.forEach(key => document.activeElement.dispatchEvent(
             new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true})))""",
        keys,
    )


def code_of(person: AttendeeOut) -> str:
    assert person.code is not None
    return person.code


async def ready_offline(page: Page) -> None:
    """The page, its scripts and its list lie on the device."""
    await expect(page.locator(".door")).to_have_attribute("data-offline-ready", "yes")
    await ready_list(page)


async def ready_list(page: Page) -> None:
    """The list lies on the device."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while not await page.evaluate(LIST_IS_KEPT):
        assert asyncio.get_running_loop().time() < deadline, "no list on the device"
        await asyncio.sleep(0.05)


LIST_IS_KEPT = """() => new Promise(resolve => {
  const open = indexedDB.open("clustertreff-door")
  open.onsuccess = () => {
    const asked = open.result.transaction("facts").objectStore("facts").get("roster")
    asked.onsuccess = () => { open.result.close(); resolve(asked.result !== undefined) }
  }
})"""


class Cable:
    """A wire between browser and server, with an address of its own. Cut, nobody answers there any more."""

    def __init__(self, server: str) -> None:
        self._host, self._port = urlsplit(server).hostname, urlsplit(server).port
        self._listening: asyncio.Server | None = None
        self._streams: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._own_port = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._own_port}"

    async def mend(self) -> None:
        self._listening = await asyncio.start_server(self._carry, "127.0.0.1", self._own_port)
        self._own_port = self._listening.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        if self._listening:
            self._listening.close()
        for stream in self._streams:
            stream.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self._host, self._port)
        for source, target in ((reader, back), (there, writer)):
            task = asyncio.create_task(self._pass_on(source, target))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass_on(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        self._streams.add(target)
        with suppress(ConnectionError):
            while data := await source.read(65_536):
                target.write(data)
                await target.drain()
        self._streams.discard(target)
        target.close()
