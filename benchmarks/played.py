"""Registrations played in a browser: what three people on a phone and seven by paste cost in inputs, taps, time.

Seconds of people are estimated by the keystroke-level model (Card, Moran & Newell, CACM 23, 1980): pointing 1.1 s,
getting ready for a field or a button 1.35 s, a key 0.28 s for people who are no typists. A tap counts as pointing, a
character on a phone 0.6 s: 20 words a minute, as novices reach on a soft keyboard (MacKenzie & Zhang, BIT 20, 2001).
"""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Page, Request, async_playwright

from benchmarks import stage
from benchmarks.figures import Figure
from benchmarks.world import World

POINT, READY, KEY, PHONE_KEY = 1.1, 1.35, 0.28, 0.6
PRETIX_REQUESTS = 11
"""For an order of several people there, as counted in its own form; each person is entered by hand."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 3,
    "is_mobile": True,
    "has_touch": True,
}
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
CONTACT = {
    "organisation.name": "Werkstatt Muster GmbH",
    "organisation.postcode": "06112",
    "contact.given_name": "Kim",
    "contact.family_name": "Muster",
    "contact.email": "kim.muster@example.org",
}
PEOPLE = (
    ("Ada", "Beispiel"),
    ("Bo", "Sommerfeld"),
    ("Cem", "Winterstein"),
    ("Dana", "Herbst"),
    ("Emil", "Lenz"),
    ("Fatma", "Tannhof"),
    ("Greta", "Birkner"),
)


@dataclass
class Player:
    """Somebody at a page, who counts what they do."""

    page: Page
    key_seconds: float
    inputs: int = 0
    taps: int = 0
    keys: int = 0
    loads: list[str] = field(default_factory=list)
    machine_seconds: float = 0.0

    def watch(self) -> None:
        """Count the pages that are loaded from now on."""
        self.page.on("request", self._note)

    def _note(self, request: Request) -> None:
        if request.resource_type == "document":
            self.loads.append(request.method)

    async def tap(self, selector: str) -> None:
        self.taps += 1
        target = self.page.locator(selector).first
        await (target.tap() if self.key_seconds == PHONE_KEY else target.click())

    async def type(self, name: str, text: str) -> None:
        """Fill in a field, as typed; the place of each letter costs no thought."""
        await self.tap(f'[name="{name}"]')
        await self.page.keyboard.type(text)
        self.inputs += 1
        self.keys += len(text)

    async def paste(self, name: str, text: str) -> None:
        """What was marked and copied elsewhere: two points and two keys there, two keys here."""
        await self.tap(f'[name="{name}"]')
        await self.page.keyboard.insert_text(text)
        self.inputs += 1
        self.taps += 2
        self.keys += 4

    async def tick(self, name: str) -> None:
        self.inputs += 1
        await self.tap(f'label:has([name="{name}"]) .check-label')

    @property
    def human_seconds(self) -> float:
        """By the keystroke-level model; reading, and looking names up, not included."""
        return self.taps * (POINT + READY) + self.keys * self.key_seconds

    def told(self) -> str:
        return (
            f"{self.inputs} inputs, {self.taps} taps, {self.keys} keys, {len(self.loads)} page loads, "
            f"{self.human_seconds:.0f} s by the keystroke-level model, {self.machine_seconds:.1f} s of the machine"
        )


async def three_on_a_phone(player: Player, address: str) -> None:
    """The contact and two colleagues; their tickets go to the contact."""
    await _begin(player, address)
    await _person(player, 0)
    await player.tap("[data-repeat-add=attendees]")
    await _person(player, 1)
    await _send(player)


async def seven_by_paste(player: Player, address: str) -> None:
    await _begin(player, address)
    await player.tap("details:has([name=paste]) > summary")
    await player.paste("paste", "; ".join(f"{family}, {given} <{_email(given)}>" for given, family in PEOPLE))
    await player.tap("button[value=paste]")
    await player.page.locator('[name="attendees.6.email"]').wait_for()
    await _send(player)


async def seven_by_hand(player: Player, address: str) -> None:
    """The same seven, typed one by one."""
    await _begin(player, address)
    for number in range(len(PEOPLE)):
        if number:
            await player.tap("[data-repeat-add=attendees]")
        await _person(player, number)
        await player.type(f"attendees.{number}.email", _email(PEOPLE[number][0]))
    await _send(player)


async def _begin(player: Player, address: str) -> None:
    player.watch()
    began = time.monotonic()
    await player.page.goto(address)
    player.machine_seconds = time.monotonic() - began
    for name, text in CONTACT.items():
        await player.type(name, text)


async def _person(player: Player, number: int) -> None:
    given, family = PEOPLE[number]
    await player.type(f"attendees.{number}.given_name", given)
    await player.type(f"attendees.{number}.family_name", family)


async def _send(player: Player) -> None:
    await player.tick("consents.privacy")
    began = time.monotonic()
    await player.tap("form .button-primary")
    await player.page.wait_for_url("**/registrations/*?new=1")
    player.machine_seconds += time.monotonic() - began


def _email(given: str) -> str:
    return f"{given.lower()}@example.org"


def chromium() -> str | None:
    """The browser of this machine: `CHROMIUM`, else what is installed."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)


def played(world: World) -> list[Figure]:
    """Page loads beside pretix's requests, and pasting beside typing; without a Chromium there is nothing to play."""
    program = chromium()
    if program is None:
        print("played: no Chromium found; set CHROMIUM=/path")
        return []
    rounds = [asyncio.run(_round(world, program)) for _ in range(world.pace.rounds)]
    return [
        Figure.of(
            "played-three-on-a-phone",
            [(len(three.loads), PRETIX_REQUESTS) for three, _, _ in rounds],
            "page loads",
            f"{rounds[-1][0].told()}; baseline: pretix's requests",
        ),
        Figure.of(
            "played-seven-by-paste",
            [(paste.human_seconds, hand.human_seconds) for _, paste, hand in rounds],
            "s (model)",
            f"{rounds[-1][1].told()}; baseline typed one by one: {rounds[-1][2].told()}",
        ),
    ]


async def _round(world: World, program: str) -> Sequence[Player]:
    games = ((three_on_a_phone, PHONE, PHONE_KEY), (seven_by_paste, DESK, KEY), (seven_by_hand, DESK, KEY))
    players = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for game, look, key_seconds in games:
            event = await asyncio.to_thread(world.run, stage.new_event)
            context = await browser.new_context(locale="de-DE", **look)
            player = Player(await context.new_page(), key_seconds)
            await game(player, f"http://127.0.0.1:{world.settings.port}/events/{event.slug}/register")
            players.append(player)
        await browser.close()
    return players
