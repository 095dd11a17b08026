"""Bad input and faults at the door: foreign and damaged codes, wrong clocks, a full device, a choice of cameras."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from benchmarks.camera import CAMERA, film
from events_app.kit import db
from events_app.registration import service as registrations
from events_app.registration.schemas import SwapIn
from tests.checkin.doorway import Doorway, open_door
from tests.e2e.conftest import OpenBrowser
from tests.e2e.doors import code_of, expect_answer, paired_page, ready_offline, scan_by_handheld
from tests.factories import ADMIN

pytestmark = [pytest.mark.browser]

VCARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Beispiel;Kim\r\nEND:VCARD\r\n"
BOARDING = "M1BEISPIEL/KIM       EABC123 LEJFRALH 0123 309Y012A0001 100"
BINARY = "".join(map(chr, random.Random(5).choices(range(256), k=1200)))  # noqa: S311 - a picture of noise
FOREIGN = ["https://example.org/?x=1", VCARD, "WIFI:T:WPA;S:Werkhalle;P:geheim;;", BOARDING, BINARY]


@pytest.fixture
async def place(database: None) -> Doorway:
    return await open_door(people=4, title="Auftakt in Halle")


async def test_foreign_codes_in_front_of_the_camera_are_refused_and_the_next_ticket_is_read(
    place: Doorway, live_server: str, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    reel = film(tmp_path / "x.mjpeg", [*FOREIGN, code_of(place.people[0])])
    context = await open_browser(*CAMERA, reel, permissions=["camera"])
    page = await paired_page(context, live_server, place)
    lines = page.locator("[data-history] > li")
    await expect(lines.and_(page.locator("[data-result=refused]"))).to_have_count(len(FOREIGN), timeout=15_000)
    await expect(page.locator("[data-history] > [data-result=admitted]")).to_have_count(1)
    assert await db.fetch_value("SELECT count(*) FROM presence") == 1


async def test_damaged_foreign_and_old_codes_get_the_same_answers_without_network(
    place: Doorway, live_server: str, open_browser: OpenBrowser
) -> None:
    cancelled, swapped, late, kept = place.people
    registration = await db.fetch_value("SELECT registration FROM attendee WHERE id = $1", cancelled.id)
    await registrations.cancel_attendees(registration, [cancelled.id], ADMIN)
    await registrations.swap_attendee(registration, swapped.id, SwapIn("Neue", "Person"), ADMIN)
    other = await open_door()
    context = await open_browser()
    page = await paired_page(context, live_server, place)
    await ready_offline(page)
    await registrations.cancel_attendees(registration, [late.id], ADMIN)
    await context.set_offline(True)
    own = code_of(kept)
    for code, text in {
        code_of(cancelled): "storniert",
        code_of(swapped): "Ersatzperson",
        code_of(other.people[0]): "andere Veranstaltung",
        own[:40] + ("0" if own[40] != "0" else "1") + own[41:]: "gefälscht oder beschädigt",
        own[:100]: "kein Ticket dieser Veranstaltung",
        FOREIGN[0]: "kein Ticket dieser Veranstaltung",
        BOARDING: "kein Ticket dieser Veranstaltung",
        "A" * 3000: "kein Ticket dieser Veranstaltung",
        other.people[0].short_code: "Nicht auf dieser Liste",
    }.items():
        await scan_by_handheld(page, code)
        await expect_answer(page, "refused", text)
    await scan_by_handheld(page, code_of(late))
    await expect_answer(page, "admitted", late.name)
    await scan_by_handheld(page, own)
    await expect_answer(page, "admitted", kept.name)
    await context.set_offline(False)
    await expect(page.get_by_text(f"anderes Ergebnis: {late.name}")).to_be_visible()
    await expect(page.locator("[data-pending]")).to_be_hidden()
    conflicts = await db.fetch("SELECT reason FROM scan WHERE conflict")
    assert [row["reason"] for row in conflicts] == ["cancelled"]
    assert await db.fetch_value("SELECT count(*) FROM scan WHERE offline") == 10


SHIFT = """hours => {
  const real = Date.now.bind(Date)
  Date.now = () => real() + hours * 3600000
}"""


@pytest.mark.parametrize("hours", [-3, 3])
async def test_wrong_clock_of_the_device_changes_neither_answers_nor_times(
    place: Doorway, live_server: str, open_browser: OpenBrowser, hours: int
) -> None:
    context = await open_browser(timezone_id="America/New_York")
    await context.add_init_script(f"({SHIFT})({hours})")
    page = await paired_page(context, live_server, place)
    await ready_offline(page)
    await context.set_offline(True)
    await scan_by_handheld(page, code_of(place.people[0]))
    await expect_answer(page, "admitted", place.people[0].name)
    await context.set_offline(False)
    await expect(page.locator("[data-pending]")).to_be_hidden()
    row = await db.fetch_row("SELECT day, scanned_at FROM scan")
    assert row is not None
    assert abs(row["scanned_at"] - datetime.now(UTC)) < timedelta(minutes=1)
    assert await db.fetch_value("SELECT day = (scanned_at AT TIME ZONE 'Europe/Berlin')::date FROM scan")


async def test_full_device_says_so_and_goes_on_with_what_it_can(
    place: Doorway, live_server: str, open_browser: OpenBrowser
) -> None:
    context = await open_browser()
    page = await paired_page(context, live_server, place)
    await ready_offline(page)
    await page.evaluate(
        "() => { IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError') } }"
    )
    await context.set_offline(True)
    for person in place.people[:2]:
        await scan_by_handheld(page, code_of(person))
        await expect_answer(page, "admitted", person.name, "Speicher voll")
    await expect(page.get_by_text("2 nur gemerkt, solange diese Seite offen ist")).to_be_visible()
    await scan_by_handheld(page, f" {code_of(place.people[0])}")
    await expect_answer(page, "already_inside", place.people[0].name)
    await context.set_offline(False)
    await expect(page.locator("[data-storage]")).to_be_hidden()
    assert await db.fetch_value("SELECT count(*) FROM scan WHERE offline AND NOT conflict") == 3


CONNECTIONS = """() => {
  window.connections = []
  const real = IDBFactory.prototype.open
  IDBFactory.prototype.open = function (...asked) {
    const request = real.apply(this, asked)
    request.addEventListener("success", () => window.connections.push(request.result))
    return request
  }
}"""
STRANGE_ROW = """event => new Promise(done => {
  const open = indexedDB.open("clustertreff-door")
  open.onsuccess = () => {
    const transaction = open.result.transaction("waiting", "readwrite")
    const sealed = {iv: new Uint8Array(12), data: new ArrayBuffer(40)}
    transaction.objectStore("waiting").put({id: crypto.randomUUID(), event, number: 1, sealed})
    transaction.oncomplete = () => { open.result.close(); done() }
  }
})"""


async def test_lost_connection_to_the_storage_is_made_anew_and_what_can_not_be_read_holds_up_nothing(
    place: Doorway, live_server: str, open_browser: OpenBrowser
) -> None:
    context = await open_browser()
    await context.add_init_script(f"({CONNECTIONS})()")
    page = await paired_page(context, live_server, place)
    await ready_offline(page)
    await page.evaluate(STRANGE_ROW, place.event.slug)
    await context.set_offline(True)
    await page.evaluate("() => window.connections.forEach(connection => connection.close())")
    await scan_by_handheld(page, code_of(place.people[0]))
    await expect_answer(page, "admitted", place.people[0].name)
    await expect(page.locator("[data-storage]")).to_be_hidden()
    await page.reload()
    await expect(page.locator("[data-pending]")).to_have_text("1 wartet")
    await context.set_offline(False)
    await expect(page.locator("[data-pending]")).to_be_hidden()
    assert await db.fetch_value("SELECT count(*) FROM scan WHERE offline") == 1
    await page.get_by_role("button", name="Menü").click()
    await expect(page.locator("[data-failures]")).to_contain_text("Lässt sich auf diesem Gerät nicht mehr lesen")


CAMERAS = """() => {
  if (!navigator.mediaDevices) return
  window.asked = []
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
  navigator.mediaDevices.getUserMedia = wanted => { window.asked.push(wanted.video.facingMode); return real(wanted) }
}"""


async def test_back_camera_is_asked_for_first_and_the_next_only_when_chosen(
    place: Doorway, live_server: str, open_browser: OpenBrowser
) -> None:
    context = await open_browser(
        "--use-fake-device-for-media-stream=device-count=2", "--use-fake-ui-for-media-stream", permissions=["camera"]
    )
    await context.add_init_script(f"({CAMERAS})()")
    page = await paired_page(context, live_server, place)
    await expect(page.locator(".door")).to_have_attribute("data-camera", "on")
    asked = await page.evaluate("window.asked")
    assert asked[0] == {"exact": "environment"}
    assert "user" not in str(asked)
    before = await used_camera(page)
    await page.get_by_role("button", name="Andere Kamera").click()
    await page.wait_for_function(f"before => {USED} !== before", arg=before)
    await page.reload()
    await page.wait_for_function(f"before => {USED} && {USED} !== before", arg=before)


USED = "document.querySelector('video').srcObject?.getVideoTracks()[0].label"


async def used_camera(page: Page) -> str:
    label: str = await page.evaluate(USED)
    return label
