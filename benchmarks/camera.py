"""The door's camera in a real browser: from a picture with a code to the answer on the screen."""

from __future__ import annotations

import asyncio
import io
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles

from PIL import Image
from playwright.async_api import async_playwright

from benchmarks import stage
from benchmarks.figures import Figure
from benchmarks.played import chromium
from benchmarks.world import World
from events_app.tickets import qr

CODES, QUICK_CODES = 100, 3
AIMS_MS = {"": 150.0, "-p95": 300.0}
SECONDS_PER_CODE = 2.0
"""A code is shown for 1 s of a film of 30 frames a second; more, because a busy browser falls behind."""

PICTURE = (1280, 720)
FRAMES_PER_CODE = 20
FRAMES_BETWEEN = 10
FRAMES_AT_LEAST = 130
"""At 30 a second: the first code comes round after more than the 3 s in which it would be a repeat."""
CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")

PICTURES = """() => {
  const video = document.querySelector("[data-video]"), answer = document.querySelector("[data-door-answer]")
  const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 36 })
  const context = canvas.getContext("2d", { willReadFrequently: true })
  let seen = 0
  window.took = []
  const look = () => {
    context.drawImage(video, 0, 0, 64, 36)
    const { data } = context.getImageData(20, 8, 24, 20)
    let dark = 0
    for (let at = 0; at < data.length; at += 4) if (data[at] < 110) dark++
    const shown = dark > 40
    if (shown && !seen) seen = performance.now()
    if (!shown) seen = 0
    video.requestVideoFrameCallback(look)
  }
  video.requestVideoFrameCallback(look)
  new MutationObserver(() => {
    if (answer.hidden || answer.dataset.result === "checking" || !seen) return
    window.took.push(performance.now() - seen)
    seen = Infinity
  }).observe(answer, { attributes: true })
}"""
"""Milliseconds from the first picture that shows a code to the answer on the screen, for each code."""


def door_camera(world: World) -> list[Figure]:
    """Median and 95th percentile beside the door's aims; without a Chromium there is no camera."""
    program = chromium()
    if program is None:
        print("door-camera: no Chromium found; set CHROMIUM=/path")
        return []
    event = world.run(stage.new_event)
    pairing = world.run(lambda: stage.pairing_code(event))
    tickets = world.run(lambda: stage.issue_tickets(event, CODES if world.pace.rounds > 1 else QUICK_CODES))
    took = asyncio.run(
        _took(program, f"http://127.0.0.1:{world.settings.port}", pairing, [code for _, code in tickets])
    )
    note = f"picture to answer, {len(took)} codes, worst {max(took):.0f} ms; baseline: the aim"
    found = {"": median(took), "-p95": quantiles(took, n=20)[-1]}
    return [Figure.of(f"door-camera{name}", [(found[name], AIMS_MS[name])], "ms", note) for name in AIMS_MS]


async def _took(program: str, address: str, pairing: str, codes: Sequence[str]) -> list[float]:
    """Milliseconds for each code."""
    with tempfile.TemporaryDirectory() as folder:
        flags = ["--no-sandbox", *CAMERA, film(Path(folder) / "film.mjpeg", codes)]
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=program, args=flags)
            page = await (await browser.new_context(locale="de-DE", permissions=["camera"])).new_page()
            await page.goto(f"{address}/door/pair?code={pairing}")
            await page.get_by_role("button", name="Dieses Gerät koppeln").click()
            await page.locator(".door[data-camera=on]").wait_for()
            await page.evaluate(PICTURES)
            patience = 10_000 + 1000 * SECONDS_PER_CODE * len(codes)
            await page.wait_for_function("wanted => window.took.length >= wanted", arg=len(codes), timeout=patience)
            took: list[float] = await page.evaluate("window.took")
            await browser.close()
            return took


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
