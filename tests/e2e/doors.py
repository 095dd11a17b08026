"""A door in a browser: its camera's film, its handheld scanner, its pairing, and a cable that can be pulled out."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, Page, expect

from events_app.checkin import service
from events_app.checkin.schemas import DeviceIn
from events_app.registration.schemas import AttendeeOut
from tests.checkin.doorway import Doorway
from tests.factories import ADMIN

PATIENCE_SECONDS = 30


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
