"""The door without network: the page from its service worker, answers from the device, and the sync after."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, expect

from benchmarks.camera import CAMERA, film
from events_app.checkin import service
from events_app.kit import db
from events_app.registration.schemas import AttendeeOut
from tests.checkin.doorway import Doorway, open_door
from tests.e2e.conftest import OpenBrowser
from tests.e2e.doors import Cable, code_of, expect_answer, paired_page, ready_offline, scan_by_handheld
from tests.factories import ADMIN, make_registration

pytestmark = [pytest.mark.browser]


@pytest.fixture
async def place(database: None) -> Doorway:
    return await open_door(people=3, title="Auftakt in Halle")


async def pull_out(context: BrowserContext, cable: Cable) -> None:
    """No network, and nobody who would answer if there were."""
    await context.set_offline(True)
    await cable.cut()


async def plug_in(context: BrowserContext, cable: Cable) -> None:
    await cable.mend()
    await context.set_offline(False)


async def expect_offline(page: Page, waiting: str) -> None:
    await expect(page.locator("[data-line]")).to_contain_text("Offline, Liste von")
    await expect(page.locator("[data-pending]")).to_have_text(waiting)


async def test_camera_scans_online_offline_and_after_closing_the_tab_and_all_arrive(
    place: Doorway, cable: Cable, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    first, second, third = place.people
    reel = film(tmp_path / "x.mjpeg", [code_of(first), code_of(second), "https://example.org/", code_of(third)])
    context = await open_browser(*CAMERA, reel, permissions=["camera"])
    page = await paired_page(context, cable.address, place)
    await expect_answer(page, "admitted", first.name)
    await ready_offline(page)
    await pull_out(context, cable)
    await expect(page.locator("[data-line]")).to_have_attribute("data-online", "no")
    assert await db.fetch_value("SELECT count(*) FROM scan WHERE offline") == 0
    await page.close()

    page = await context.new_page()
    await page.goto(f"{cable.address}/door")
    await expect(page.get_by_text("Auftakt in Halle")).to_be_visible()
    await expect_answer(page, "refused", "kein Ticket dieser Veranstaltung")
    await expect_answer(page, "admitted", third.name)
    await expect_answer(page, "already_inside", first.name, "Eingelassen um")
    await expect(page.locator("[data-line]")).to_contain_text("Offline, Liste von")
    await page.close()

    await plug_in(context, cable)
    page = await context.new_page()
    await page.goto(f"{cable.address}/door")
    await expect(page.locator("[data-line]")).to_have_attribute("data-online", "yes")
    await expect(page.locator("[data-pending]")).to_be_hidden()
    rows = await db.fetch("SELECT DISTINCT ticket, result FROM scan WHERE result = 'admitted'")
    assert len(rows) >= 2
    assert await db.fetch_value("SELECT count(*) FROM scan WHERE offline AND conflict") == 0
    assert await db.fetch_value("SELECT count(*) FROM scan WHERE offline AND ticket IS NOT NULL") >= 2


async def test_everything_works_without_network_and_is_recorded_once_when_it_is_back(
    place: Doorway, cable: Cable, open_browser: OpenBrowser
) -> None:
    context = await open_browser()
    page = await paired_page(context, cable.address, place)
    await ready_offline(page)
    since = (await make_registration(place.event, 1)).attendees[0]
    await pull_out(context, cable)
    await scan_by_handheld(page, code_of(place.people[0]))
    await expect_answer(page, "admitted", place.people[0].name)
    await scan_by_handheld(page, code_of(since))
    await expect_answer(page, "admitted", "Noch nicht auf der Liste", "Ticket ist echt")
    await admit_by_name(page, place.people[1])
    await expect_answer(page, "admitted", place.people[1].name)
    await walk_in(page, "Kim", "Öztürk")
    await expect_answer(page, "admitted", "Kim Öztürk", "später übertragen")
    await expect_offline(page, "4 warten")
    await page.reload()
    await expect_offline(page, "4 warten")
    await scan_by_handheld(page, code_of(place.people[1]))
    await expect_answer(page, "already_inside", place.people[1].name)
    await plug_in(context, cable)
    await expect(page.locator("[data-pending]")).to_be_hidden()
    await expect(page.get_by_text("4 drin, 5 erwartet")).to_be_visible()
    assert await db.fetch_value("SELECT count(*) FROM scan WHERE offline AND NOT conflict") == 5
    assert await db.fetch_value("SELECT count(*) FROM presence") == 4
    assert await db.fetch_value("SELECT count(*) FROM attendee WHERE family_name = 'Öztürk'") == 1


async def admit_by_name(page: Page, person: AttendeeOut) -> None:
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Name oder Kurzcode").click()
    await page.get_by_role("searchbox").fill(person.name)
    await page.get_by_role("button", name="Einlassen").first.click()


async def walk_in(page: Page, given_name: str, family_name: str) -> None:
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Ohne Anmeldung").click()
    await page.get_by_label("Vorname").fill(given_name)
    await page.get_by_label("Nachname").fill(family_name)
    await page.get_by_label("Organisation", exact=True).fill("Spätentschluss GmbH")
    await page.get_by_label("Hat die Datenschutzhinweise gelesen").check()
    await page.locator('[data-sheet="walk-in"]').get_by_role("button", name="Einlassen").click()


async def test_walk_in_beyond_capacity_needs_a_tick_and_offline_is_told_later(
    database: None, cable: Cable, open_browser: OpenBrowser
) -> None:
    place = await open_door(people=1, title="Auftakt in Halle", capacity=1)
    context = await open_browser()
    page = await paired_page(context, cable.address, place)
    await ready_offline(page)
    await walk_in(page, "Kim", "Beispiel")
    await expect(page.get_by_text("Alle Plätze sind vergeben")).to_be_visible()
    await page.get_by_role("checkbox", name="Über die Platzzahl hinaus einlassen").check()
    await page.locator('[data-sheet="walk-in"]').get_by_role("button", name="Einlassen").click()
    await expect_answer(page, "admitted", "Kim Beispiel", "Kurzcode")
    await pull_out(context, cable)
    await walk_in(page, "Noor", "Beispiel")
    await expect_answer(page, "admitted", "Noor Beispiel")
    await plug_in(context, cable)
    await expect(page.get_by_text("Nachträglich über die Platzzahl hinaus aufgenommen: Noor Beispiel")).to_be_visible()
    assert await db.fetch_value("SELECT count(*) FROM presence") == 2
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Menü").click()
    await page.get_by_role("listitem").filter(has_text="Noor").get_by_role("button", name="Zurücknehmen").click()
    await page.get_by_role("button", name="Falsche Person").click()
    await expect_answer(page, "undone", "Noor Beispiel")
    assert await db.fetch_value("SELECT count(*) FROM presence") == 1


async def test_network_that_goes_after_the_search_lets_in_by_name_only_whom_the_server_would(
    place: Doorway, cable: Cable, open_browser: OpenBrowser
) -> None:
    confirmed, waiting, inside = place.people
    await db.execute("UPDATE ticket SET status = 'waiting' WHERE attendee_id = $1", waiting.id)
    await place.scan(inside.code)
    context = await open_browser()
    page = await paired_page(context, cable.address, place)
    await page.get_by_role("button", name="Name oder Kurzcode").click()
    await page.get_by_role("searchbox").fill("werkstatt")
    boxes = page.locator("[data-found] input")
    await expect(boxes).to_have_count(3)
    for box in await boxes.all():
        await box.check()
    await pull_out(context, cable)
    await page.get_by_role("button", name="3 Personen einlassen").click()
    await expect_answer(page, "refused", "1 eingelassen, 2 nicht", f"{waiting.name}: nicht eingelassen", inside.name)
    await expect(page.locator("[data-pending]")).to_have_text("1 wartet")
    await plug_in(context, cable)
    await expect(page.locator("[data-pending]")).to_be_hidden()
    rows = await db.fetch("SELECT t.attendee_id, s.conflict FROM scan s JOIN ticket t ON t.id = s.ticket WHERE offline")
    assert [tuple(row) for row in rows] == [(confirmed.id, False)]


async def test_device_paired_with_another_door_first_sends_what_waits_for_the_former_one(
    place: Doorway, cable: Cable, open_browser: OpenBrowser
) -> None:
    other = await open_door(people=1, title="Abschluss in Jena")
    context = await open_browser()
    page = await paired_page(context, cable.address, place)
    await ready_offline(page)
    await pull_out(context, cable)
    await scan_by_handheld(page, code_of(place.people[0]))
    await expect_offline(page, "1 wartet")
    await page.close()
    await plug_in(context, cable)
    page = await paired_page(context, cable.address, other)
    await expect(page.get_by_text("Abschluss in Jena")).to_be_visible()
    rows = await db.fetch("SELECT s.event, d.name, s.result FROM scan s JOIN device d ON d.id = s.device")
    assert [tuple(row) for row in rows] == [(place.event.id, "Tür 2", "admitted")]
    await scan_by_handheld(page, code_of(place.people[1]))
    await expect_answer(page, "refused", "andere Veranstaltung")


async def test_names_and_codes_lie_on_the_device_sealed(
    place: Doorway, cable: Cable, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    context = await open_browser()
    page = await paired_page(context, cable.address, place)
    await ready_offline(page)
    await pull_out(context, cable)
    await scan_by_handheld(page, code_of(place.people[0]))
    await walk_in(page, "Kim", "Geheimnis")
    await expect_offline(page, "2 warten")
    kept = base64.b64decode(await page.evaluate(EVERYTHING_KEPT))
    assert b"roster" in kept
    for secret in (place.people[1].name, place.people[1].short_code, "Geheimnis", code_of(place.people[0])):
        assert secret.encode() not in kept
        assert secret.encode("utf-16-le") not in kept
    assert await page.evaluate(KEY_IS_SHOWN) is False


EVERYTHING_KEPT = """async () => {
  const database = await new Promise(done => {
    const open = indexedDB.open("clustertreff-door"); open.onsuccess = () => done(open.result)
  })
  const all = table => new Promise(done => {
    const asked = database.transaction(table).objectStore(table).openCursor(), found = []
    asked.onsuccess = () => {
      const at = asked.result
      if (!at) return done(found)
      found.push([at.key, at.value]); at.continue()
    }
  })
  const found = (await Promise.all([...database.objectStoreNames].map(all))).flat()
    .filter(([key]) => key !== "paired")
  const bytes = value => value instanceof ArrayBuffer || ArrayBuffer.isView(value)
    ? String.fromCharCode(...new Uint8Array(value.buffer ?? value))
    : value && typeof value === "object" ? Object.entries(value).flat().map(bytes).join() : String(value)
  const text = found.flat().map(bytes).join()
  return btoa(unescape(encodeURIComponent(text)))
}"""
KEY_IS_SHOWN = """async () => {
  const database = await new Promise(done => {
    const open = indexedDB.open("clustertreff-door"); open.onsuccess = () => done(open.result)
  })
  const key = await new Promise(done => {
    const asked = database.transaction("facts").objectStore("facts").get("key")
    asked.onsuccess = () => done(asked.result)
  })
  return crypto.subtle.exportKey("raw", key).then(() => true, () => false)
}"""


async def test_revoked_device_forgets_its_list_at_the_next_contact_and_keeps_what_waits(
    place: Doorway, cable: Cable, open_browser: OpenBrowser
) -> None:
    context = await open_browser()
    page = await paired_page(context, cable.address, place)
    await ready_offline(page)
    await pull_out(context, cable)
    await scan_by_handheld(page, code_of(place.people[0]))
    await expect_answer(page, "admitted")
    device = await db.fetch_value("SELECT id FROM device WHERE name = 'Tür 2'")
    await service.revoke_device(device, ADMIN)
    await plug_in(context, cable)
    await expect(page.get_by_text("Dieses Gerät wurde gesperrt")).to_be_visible()
    assert b"roster" not in base64.b64decode(await page.evaluate(EVERYTHING_KEPT))
    await page.close()
    await paired_page(context, cable.address, place)
    await expect_scans(1)


async def expect_scans(count: int) -> None:
    for _ in range(50):
        if await db.fetch_value("SELECT count(*) FROM scan") == count:
            return
        await asyncio.sleep(0.1)
    assert await db.fetch_value("SELECT count(*) FROM scan") == count


SHIFT = """() => {
  const real = Date.now.bind(Date)
  Date.now = () => real() + Number(localStorage.getItem("test-hours") ?? 0) * 3600000
}"""


async def set_clock(page: Page, hours: float) -> None:
    """Everything on the device reads another time from now on, after reloads too."""
    await page.evaluate("hours => localStorage.setItem('test-hours', hours)", hours)


async def test_device_without_contact_for_twelve_hours_refuses_to_scan_until_it_has_some(
    place: Doorway, cable: Cable, open_browser: OpenBrowser
) -> None:
    context = await open_browser()
    await context.add_init_script(f"({SHIFT})()")
    page = await paired_page(context, cable.address, place)
    await ready_offline(page)
    await pull_out(context, cable)
    await set_clock(page, 11.9)
    await scan_by_handheld(page, code_of(place.people[0]))
    await expect_answer(page, "admitted")
    await set_clock(page, 12.1)
    await scan_by_handheld(page, code_of(place.people[1]))
    await expect_answer(page, "locked", "Einlass gesperrt", "Seit 12 Stunden kein Kontakt")
    await expect_offline(page, "1 wartet")
    await set_clock(page, 0)
    await page.reload()
    await expect_offline(page, "1 wartet")
    await scan_by_handheld(page, code_of(place.people[1]))
    await expect_answer(page, "locked")
    await plug_in(context, cable)
    await expect(page.locator("[data-line]")).to_have_attribute("data-online", "yes")
    await scan_by_handheld(page, code_of(place.people[2]))
    await expect_answer(page, "admitted", place.people[2].name)


async def test_device_forgets_its_list_a_week_after_the_end(
    place: Doorway, cable: Cable, open_browser: OpenBrowser
) -> None:
    context = await open_browser()
    await context.add_init_script(f"({SHIFT})()")
    page = await paired_page(context, cable.address, place)
    await ready_offline(page)
    await pull_out(context, cable)
    await set_clock(page, 24 * 60)
    await page.reload()
    await expect(page.get_by_text("Dieses Gerät hat seine Liste vergessen")).to_be_visible()
    assert b"roster" not in base64.b64decode(await page.evaluate(EVERYTHING_KEPT))
