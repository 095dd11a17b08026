"""The door for the table of scenes: what has happened there, and its page paired with the open event, then used."""

from __future__ import annotations

from playwright.async_api import Page, expect

from events_app.checkin import service
from events_app.checkin.schemas import DeviceIn
from events_app.events import service as events
from events_app.kit import db
from events_app.registration import service as registrations
from tests.checkin.doorway import open_door, paired
from tests.checkin.test_service_corrections import scanned_offline
from tests.checkin.test_service_scans import registration_of
from tests.e2e.doors import ready_list, scan_by_handheld
from tests.factories import ADMIN, make_registration

TITLE = "Auftakt in Halle"
FOREIGN = "4006381333931"
ANSWER = "[data-door-answer]"


async def make_door(open_event: str) -> dict[str, str]:
    """Two doors that let the same person in, a cancelled place, and at the open event somebody who asks to come in."""
    place = await open_door(people=3, title="Einlass läuft")
    other, _ = await paired(place.event.slug, "Tür 2")
    first, _, gone = place.people
    await registrations.cancel_attendees(await registration_of(place), [gone.id], ADMIN)
    await place.scan(first.code)
    await scanned_offline(other, first.code)
    refused = await place.scan(gone.code)
    asking = await make_registration(await events.get_event(open_event), 1, source="walk_in")
    await db.execute("UPDATE ticket SET status = 'pending' WHERE registration_id = $1", asking.id)
    return {"door": place.event.slug, "refused": str(refused.id)}


async def at_door(page: Page) -> None:
    """The scanner; a browser that has been here before is paired already."""
    door = page.locator(".door")
    await expect(door).not_to_have_attribute("data-screen", "start")
    if await door.get_attribute("data-screen") == "pair":
        slug = await db.fetch_value("SELECT slug FROM event WHERE title = $1", TITLE)
        made = await service.create_device(slug, DeviceIn("Tür 1"), ADMIN)
        await page.locator("#pairing-code").fill(made.pairing_code)
        await page.locator("[data-pair-form] button").click()
    await expect(door).to_have_attribute("data-screen", "scan")
    await ready_list(page)


async def at_door_admitted(page: Page) -> None:
    await at_door(page)
    await db.execute("DELETE FROM presence")
    await _scan(page, await _short_code(), "admitted")


async def at_door_already_inside(page: Page) -> None:
    await at_door_admitted(page)
    await _scan(page, f" {await _short_code()}", "already_inside")


async def at_door_refused(page: Page) -> None:
    await at_door(page)
    await _scan(page, FOREIGN, "refused")


async def at_door_searching(page: Page) -> None:
    await at_door(page)
    await page.locator(".door-foot [data-do=search]").click()
    await page.locator("#door-search").fill("werkstatt")
    await expect(page.locator("[data-found] input").first).to_be_visible()


async def at_door_without_registration(page: Page) -> None:
    await at_door(page)
    await page.locator(".door-foot [data-do=walk-in]").click()
    await page.locator("[data-walk-in-form] .button-primary").click()
    await expect(page.locator("#walk-in-given_name-problem")).not_to_be_empty()


async def at_door_asking(page: Page) -> None:
    """The event has seats, so the tick for more is shown by hand."""
    await at_door(page)
    await page.locator("[data-do=asking]").click()
    await expect(page.locator("[data-asking-list] li")).to_have_count(1)
    await page.evaluate("document.querySelector('[data-beyond]').hidden = false")


async def overrule(page: Page) -> None:
    """At the desk, without a reason."""
    await page.locator("main form.form button.button-primary").click()
    await expect(page.locator("[name=reason]")).to_have_attribute("aria-invalid", "true")


async def at_door_menu(page: Page) -> None:
    await at_door_refused(page)
    await page.keyboard.press("Escape")
    await page.locator("[data-do=menu]").click()


async def at_door_offline(page: Page) -> None:
    await at_door(page)
    await page.route("**/api/v1/door/**", lambda route: route.abort())
    await _scan(page, FOREIGN, "refused")
    await expect(page.locator("[data-line]")).to_have_attribute("data-online", "no")


async def at_door_locked(page: Page) -> None:
    await at_door_offline(page)
    await page.evaluate("() => { const real = Date.now.bind(Date); Date.now = () => real() + 13 * 3600000 }")
    await _scan(page, f"{FOREIGN}0", "locked")


async def _scan(page: Page, code: str, answer: str) -> None:
    await scan_by_handheld(page, code)
    await expect(page.locator(ANSWER)).to_have_attribute("data-result", answer)
    await expect(page.locator(ANSWER)).to_be_visible()


async def _short_code() -> str:
    """Of somebody at the open event."""
    code: str = await db.fetch_value(
        """SELECT t.short_code FROM ticket t JOIN event e ON e.id = t.event
           WHERE e.title = $1 AND t.status = 'confirmed' ORDER BY t.id LIMIT 1""",
        TITLE,
    )
    return code
