"""The rehearsal on a device, in a browser: everything in order, everything wrong, and who came by the poster."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from benchmarks.camera import CAMERA, film
from events_app.checkin import service
from events_app.kit import db
from tests.checkin.doorway import Doorway, open_door, paired
from tests.e2e.conftest import OpenBrowser
from tests.e2e.doors import paired_page, ready_offline
from tests.factories import ADMIN, make_event

pytestmark = [pytest.mark.browser]
PRINTS_NOTHING = "window.print = () => { document.body.dataset.printed = 'yes'; }"


@pytest.fixture
async def place(database: None) -> Doorway:
    return await open_door(people=3, title="Auftakt in Halle")


async def expect_state(page: Page, check: str, state: str, text: str = "") -> None:
    row = page.locator(f'[data-check="{check}"]')
    await expect(row).to_have_attribute("data-state", state)
    await expect(row.get_by_role("status")).to_contain_text(text)


async def test_one_button_tests_the_whole_door_and_nothing_of_it_counts(
    place: Doorway, live_server: str, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    reel = film(tmp_path / "x.mjpeg", [service.trial_code(place.door)])
    context = await open_browser(*CAMERA, reel, permissions=["camera"])
    await context.add_init_script(PRINTS_NOTHING)
    door = await paired_page(context, live_server, place)
    await ready_offline(door)
    await door.get_by_role("button", name="Menü").click()
    await door.get_by_role("link", name="Probelauf").click()
    await door.get_by_role("button", name="Probelauf starten").click()
    await expect_state(door, "sync", "good", "Die Liste hat 3 Personen")
    await expect_state(door, "offline", "good")
    await expect_state(door, "camera", "good", "Das Testticket wurde gelesen")
    await expect_state(door, "sound", "ask", "zwei Töne")
    await door.get_by_role("button", name="Ja").click()
    await expect_state(door, "printer", "ask")
    await expect(door.locator("body")).to_have_attribute("data-printed", "yes")
    await door.emulate_media(media="print")
    await expect(door.locator(".sample-badge svg")).to_be_visible()
    await expect(door.locator(".checks")).to_be_hidden()
    await door.emulate_media(media="screen")
    await expect(door.locator(".sample-badge")).to_be_hidden()
    await door.get_by_role("button", name="Kein Drucker hier").click()
    await expect(door.locator("[data-summary]")).to_have_text("Alles in Ordnung. Dieser Einlass kann öffnen.")
    assert await db.fetch_value("SELECT count(*) FROM scan WHERE result <> 'refused'") == 0
    assert await db.fetch_value("SELECT count(*) FROM presence") == 0


async def test_each_fault_is_red_and_says_what_to_do_by_keyboard_alone(
    database: None, live_server: str, open_browser: OpenBrowser
) -> None:
    context = await open_browser("--deny-permission-prompts", service_workers="block")
    await context.add_init_script(PRINTS_NOTHING)
    page = await context.new_page()
    await page.goto(f"{live_server}/door/rehearsal")
    await page.get_by_role("button", name="Probelauf starten").focus()
    await page.keyboard.press("Enter")
    await expect_state(page, "sync", "bad", "mit keinem Einlass gekoppelt")
    await expect_state(page, "offline", "bad")
    await expect_state(page, "camera", "bad", "Kamera")
    await expect(page.locator('[data-check="sound"] [data-answer="yes"]')).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect_state(page, "sound", "bad", "Stellen Sie lauter")
    await expect(page.locator('[data-check="printer"] [data-answer="yes"]')).to_be_focused()
    await page.keyboard.press("Enter")
    await expect_state(page, "printer", "good")
    await expect(page.locator("[data-summary]")).to_contain_text("Nicht in Ordnung: 4")
    await expect(page.locator("[data-summary]")).to_be_focused()
    await page.get_by_role("button", name="Erneut prüfen: Ton").click()
    await page.get_by_role("button", name="Ja").click()
    await expect(page.locator("[data-summary]")).to_contain_text("Nicht in Ordnung: 3")


async def test_withdrawn_device_is_told_to_pair_again(
    place: Doorway, live_server: str, open_browser: OpenBrowser
) -> None:
    page = await paired_page(await open_browser(), live_server, place)
    await page.goto(f"{live_server}/door/rehearsal")
    await db.execute("UPDATE device SET revoked_at = now()")
    await page.get_by_role("button", name="Probelauf starten").click()
    await expect_state(page, "sync", "bad", "gekoppelt")


async def test_visitor_registers_by_the_poster_and_the_phone_notices_the_admission(
    database: None, live_server: str, open_browser: OpenBrowser
) -> None:
    begins = datetime.now(UTC) - timedelta(hours=1)
    event = await make_event(starts_at=begins, ends_at=begins + timedelta(hours=6))
    await service.make_poster(event.slug, ADMIN)
    key = (await service.entrance(event.slug, ADMIN)).key
    page = await (await open_browser(viewport={"width": 390, "height": 844})).new_page()
    await page.goto(f"{live_server}/w/{key}")
    await page.get_by_label("Vorname").fill("Jördis")
    await page.get_by_label("Nachname").fill("Größlein")
    await page.get_by_label("Organisation").fill("Saaleblick GmbH")
    await page.get_by_label("Ich habe die Datenschutzhinweise gelesen").check()
    await page.get_by_role("button", name="Ticket holen").click()
    await expect(page.get_by_text("Wartet auf Einlass")).to_be_visible()
    door, _ = await paired(event.slug)
    code = await db.fetch_value("SELECT short_code FROM ticket")
    assert (await Doorway(event, [], door, "").scan(code)).result == "admitted"
    await expect(page.get_by_text("Sie sind drin")).to_be_visible()
