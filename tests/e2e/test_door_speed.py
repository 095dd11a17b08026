"""How quick the door is: a camera's picture to its answer, and a list of 5,000 on the device. Figures with `-s`."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from playwright.async_api import expect

from benchmarks.camera import CAMERA, PICTURES, film
from events_app.events.queries import EventRow
from events_app.kit import db
from events_app.tickets import service as tickets
from events_app.tickets.service import Holder
from tests.checkin.doorway import Doorway, open_door
from tests.e2e.conftest import OpenBrowser
from tests.e2e.doors import Cable, code_of, paired_page, ready_offline
from tests.factories import auth

pytestmark = [pytest.mark.browser]

MANY = 5000
CODES = 8


async def test_answer_follows_the_picture_at_once(
    database: None, live_server: str, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    place = await open_door(people=CODES)
    reel = film(tmp_path / "x.mjpeg", [code_of(person) for person in place.people])
    context = await open_browser(*CAMERA, reel, permissions=["camera"])
    page = await paired_page(context, live_server, place)
    await expect(page.locator(".door")).to_have_attribute("data-camera", "on")
    await page.evaluate(PICTURES)
    await page.wait_for_function("wanted => window.took.length >= wanted", arg=CODES, timeout=40_000)
    took: list[float] = await page.evaluate("window.took")
    tell("picture to answer", took)
    assert len(took) >= CODES


async def test_list_of_five_thousand_loads_and_answers_on_the_device(
    database: None, cable: Cable, open_browser: OpenBrowser
) -> None:
    place = await open_door(people=1)
    await hold_tickets(place.event, MANY - 1)
    await weigh(place, cable.address)
    context = await open_browser()
    page = await paired_page(context, cable.address, place)
    await ready_offline(page)
    await context.set_offline(True)
    await cable.cut()
    await page.reload()
    await expect(page.locator("[data-line]")).to_contain_text("Offline, Liste von")
    opened: float = await page.evaluate("performance.now()")
    await page.get_by_role("button", name="Name oder Kurzcode").click()
    found: list[Any] = [await page.evaluate(SEARCHED, text) for text in ("muller 4711", "werkstatt", "lia mul")]
    tell("page and list from the device, then open", [opened])
    tell("search of 5,000 offline, with 120 ms of waiting for the next key", [took for took, _ in found])
    assert [count for _, count in found] == [1, 50, 50]


SEARCHED = """async text => {
  const field = document.querySelector("#door-search"), list = document.querySelector("[data-found]")
  const begun = performance.now()
  const shown = new Promise(done => new MutationObserver((_, watch) => {
    watch.disconnect(); done([performance.now() - begun, list.querySelectorAll("input").length])
  }).observe(list, { childList: true }))
  field.value = text
  field.dispatchEvent(new Event("input", { bubbles: true }))
  return await shown
}"""


@db.retried
async def hold_tickets(event: EventRow, many: int) -> None:
    holders = [Holder(uuid4(), uuid4(), *named(number), "de", "confirmed") for number in range(many)]
    await tickets.store(tickets.planned(event.id, holders))


def named(number: int) -> tuple[str, str, str]:
    """Given name, family name, organisation."""
    return ("Lia", f"Müller-{number}", f"Werkstatt {UUID(int=number * 7919).hex[-6:]} GmbH")


async def weigh(place: Doorway, address: str) -> None:
    """The list's size on its way."""
    async with httpx.AsyncClient(base_url=address, headers=auth(place.token)) as client:
        answer = await client.get("/api/v1/door/roster", headers={"Accept-Encoding": "gzip"})
    size = int(answer.headers.get("content-length") or len(gzip.compress(answer.content, 4)))
    say(f"list of {len(answer.json()['tickets'])}: {len(answer.content) / 1000:.0f} kB, {size / 1000:.0f} kB gzipped")
    assert answer.headers["content-encoding"] == "gzip"


def tell(what: str, took: Sequence[float]) -> None:
    worst = quantiles(took, n=20)[-1] if len(took) > 1 else took[0]
    say(f"{what}: median {median(took):.0f} ms, 95th percentile {worst:.0f} ms, {len(took)} times")


def say(text: str) -> None:
    print(f"door-speed: {text}")  # noqa: T201 - the figure is what is asked for
