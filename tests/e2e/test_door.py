"""The door as a helper uses it: in a browser, with its camera, its keyboard and its bad network."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from PIL import Image
from playwright.async_api import BrowserContext, Page, Route, expect

from events_app.checkin import service
from events_app.checkin.schemas import DeviceIn
from events_app.kit import db
from events_app.registration import service as registrations
from events_app.registration.schemas import AttendeeOut, SwapIn
from events_app.tickets import qr
from tests.checkin.doorway import Doorway, open_door
from tests.e2e.conftest import OpenBrowser
from tests.factories import ADMIN

pytestmark = [pytest.mark.browser]

PICTURE = (1280, 720)
FRAMES_PER_CODE = 20
CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


def film(path: Path, codes: Sequence[str | None]) -> str:
    """A camera's film as a Chromium flag: each code's QR for a while, nothing in between; it runs in a loop."""
    with path.open("wb") as file:
        for code in codes:
            file.write(_frame(code) * FRAMES_PER_CODE)
            file.write(_frame(None) * FRAMES_PER_CODE)
    return f"--use-file-for-fake-video-capture={path}"


def _frame(code: str | None) -> bytes:
    picture = Image.new("RGB", PICTURE, "#9a958c")
    if code is not None:
        symbol = Image.open(io.BytesIO(qr.png(code))).convert("RGB").resize((420, 420)).rotate(4, fillcolor="#9a958c")
        picture.paste(symbol, (430, 150))
    jpeg = io.BytesIO()
    picture.save(jpeg, "JPEG", quality=80)
    return jpeg.getvalue()


async def pairing_code(place: Doorway, name: str = "Tür 2") -> str:
    return (await service.create_device(place.event.slug, DeviceIn(name), ADMIN)).pairing_code


async def paired_page(context: BrowserContext, address: str, place: Doorway) -> Page:
    """A door's page, paired by the link of the QR on the desk."""
    page = await context.new_page()
    await page.goto(f"{address}/door/pair?code={await pairing_code(place)}")
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


@pytest.fixture
async def place(database: None) -> Doorway:
    return await open_door(people=3, title="Auftakt in Halle")


async def test_camera_scans_a_ticket_once_and_shows_who_it_is(
    place: Doorway, live_server: str, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    first, second, _ = place.people
    reel = film(tmp_path / "x.mjpeg", [code_of(first), code_of(second), "https://example.org/"])
    context = await open_browser(*CAMERA, reel, permissions=["camera"])
    page = await paired_page(context, live_server, place)
    await expect_answer(page, "admitted", "Willkommen", first.name)
    await expect_answer(page, "admitted", second.name)
    await expect_answer(page, "refused", "Kein Einlass", "kein Ticket dieser Veranstaltung")
    await expect_answer(page, "already_inside", "Schon im Haus", first.name)
    results = [row["result"] for row in await db.fetch("SELECT result FROM scan ORDER BY received_at, id LIMIT 3")]
    assert results == ["admitted", "admitted", "refused"]


async def test_link_of_the_pairing_code_changes_nothing_until_its_button_is_pressed(
    place: Doorway, live_server: str, open_browser: OpenBrowser
) -> None:
    page = await (await open_browser()).new_page()
    code = await pairing_code(place)
    await page.goto(f"{live_server}/door/pair?code={code}")
    await expect(page.get_by_label("Kopplungscode")).to_have_value(code)
    assert await db.fetch_value("SELECT count(*) FROM device WHERE paired_at IS NULL") == 1
    await page.get_by_role("button", name="Dieses Gerät koppeln").click()
    await expect(page.get_by_text("Auftakt in Halle")).to_be_visible()
    await expect(page).to_have_url(f"{live_server}/door")
    await page.reload()
    await expect(page.locator(".door")).to_have_attribute("data-screen", "scan")


async def test_wrong_pairing_code_is_said_at_the_form(
    database: None, live_server: str, open_browser: OpenBrowser
) -> None:
    page = await (await open_browser()).new_page()
    await page.goto(f"{live_server}/door")
    await page.get_by_label("Kopplungscode").fill("7K2M9X")
    await page.get_by_role("button", name="Dieses Gerät koppeln").click()
    await expect(page.get_by_role("alert").filter(has_text="Code")).to_be_visible()


@pytest.mark.parametrize("enter", [True, False])
async def test_handheld_scanner_works_wherever_the_focus_is(
    place: Doorway, live_server: str, open_browser: OpenBrowser, *, enter: bool
) -> None:
    page = await paired_page(await open_browser(), live_server, place)
    await scan_by_handheld(page, code_of(place.people[0]), enter=enter)
    await expect_answer(page, "admitted", place.people[0].name)
    await page.get_by_role("button", name="Name oder Kurzcode").click()
    await scan_by_handheld(page, code_of(place.people[1]).lower(), enter=enter)
    await expect_answer(page, "admitted", place.people[1].name)
    await expect(page.locator('[data-sheet="search"]')).to_be_hidden()


async def test_repeats_within_three_seconds_count_once(
    place: Doorway, live_server: str, open_browser: OpenBrowser
) -> None:
    page = await paired_page(await open_browser(), live_server, place)
    for _ in range(5):
        await scan_by_handheld(page, code_of(place.people[0]))
    await expect_answer(page, "admitted", place.people[0].name)
    await scan_by_handheld(page, code_of(place.people[1]))
    await expect_answer(page, "admitted", place.people[1].name)
    assert await db.fetch_value("SELECT count(*) FROM scan") == 2


async def test_guest_without_a_code_is_found_by_name_and_by_short_code(
    place: Doorway, live_server: str, open_browser: OpenBrowser
) -> None:
    page = await paired_page(await open_browser(), live_server, place)
    await page.get_by_role("button", name="Name oder Kurzcode").click()
    field = page.get_by_role("searchbox")
    await field.press_sequentially(place.people[0].name.split()[0], delay=80)
    await page.get_by_role("button", name="Einlassen").first.click()
    await expect_answer(page, "admitted", place.people[0].name)
    await page.get_by_role("button", name="Weiter").click()
    await page.get_by_role("button", name="Name oder Kurzcode").click()
    await field.fill(place.people[1].short_code)
    if re.search(r"\d", place.people[1].short_code):
        await field.press("Enter")
    else:
        await page.get_by_role("button", name="Einlassen").first.click()
    await expect_answer(page, "admitted", place.people[1].name)


async def test_people_of_one_organisation_are_admitted_together(
    place: Doorway, live_server: str, open_browser: OpenBrowser
) -> None:
    page = await paired_page(await open_browser(), live_server, place)
    await page.get_by_role("button", name="Name oder Kurzcode").click()
    await page.get_by_role("searchbox").fill("werkstatt")
    boxes = page.locator("[data-found] input")
    await expect(boxes).to_have_count(3)
    for box in await boxes.all():
        await box.check()
    await page.get_by_role("button", name="3 Personen einlassen").click()
    await expect_answer(page, "admitted", "3 Personen", *(person.name for person in place.people))
    await expect(page.get_by_text("3 drin, 3 erwartet")).to_be_visible()


async def test_each_refusal_says_what_to_do(place: Doorway, live_server: str, open_browser: OpenBrowser) -> None:
    cancelled, swapped, _ = place.people
    registration = await db.fetch_value("SELECT registration FROM attendee WHERE id = $1", cancelled.id)
    await registrations.cancel_attendees(registration, [cancelled.id], ADMIN)
    await registrations.swap_attendee(registration, swapped.id, SwapIn("Neue", "Person"), ADMIN)
    other = await open_door()
    page = await paired_page(await open_browser(), live_server, place)
    own = code_of(place.people[2])
    forged = own[:-1] + ("0" if own[-1] != "0" else "G")
    for code, text in {
        code_of(cancelled): "storniert",
        code_of(swapped): "Ersatzperson",
        code_of(other.people[0]): "andere Veranstaltung",
        forged: "gefälscht oder beschädigt",
        "4006381333931": "kein Ticket dieser Veranstaltung",
    }.items():
        await scan_by_handheld(page, code)
        await expect_answer(page, "refused", text)


async def test_scans_without_network_are_kept_and_sent_later(
    place: Doorway, live_server: str, open_browser: OpenBrowser
) -> None:
    context = await open_browser()
    page = await paired_page(context, live_server, place)
    await context.set_offline(True)
    for person in place.people[:2]:
        await scan_by_handheld(page, code_of(person))
        await expect_answer(page, "kept", "Nicht geprüft", "Keine Verbindung")
    await expect(page.get_by_text("2 warten")).to_be_visible()
    await expect(page.locator("[data-line]")).to_have_attribute("data-online", "no")
    assert await db.fetch_value("SELECT count(*) FROM scan") == 0
    await context.set_offline(False)
    await expect(page.locator("[data-pending]")).to_be_hidden()
    await expect(page.get_by_text("2 drin, 3 erwartet")).to_be_visible()
    assert await db.fetch_value("SELECT count(*) FROM scan WHERE offline AND result = 'admitted'") == 2


async def test_kept_scans_survive_a_reload_and_late_refusals_are_told(
    place: Doorway, live_server: str, open_browser: OpenBrowser
) -> None:
    await place.scan(place.people[0].code)
    context = await open_browser()
    page = await paired_page(context, live_server, place)
    await page.route("**/api/v1/door/scans", lambda route: route.abort())
    await scan_by_handheld(page, code_of(place.people[0]))
    await expect_answer(page, "kept")
    await page.unroute("**/api/v1/door/scans")
    await page.reload()
    await expect(page.get_by_text(f"Nachträglich geprüft, nicht eingelassen: {place.people[0].name}")).to_be_visible()
    await expect(page.locator("[data-pending]")).to_be_hidden()


async def test_revoked_device_goes_back_to_pairing(place: Doorway, live_server: str, open_browser: OpenBrowser) -> None:
    page = await paired_page(await open_browser(), live_server, place)
    device = await db.fetch_value("SELECT id FROM device WHERE name = 'Tür 2'")
    await service.revoke_device(device, ADMIN)
    await scan_by_handheld(page, code_of(place.people[0]))
    await expect(page.get_by_text("Dieses Gerät wurde gesperrt")).to_be_visible()
    assert await db.fetch_value("SELECT count(*) FROM scan") == 0


async def test_exit_mode_is_always_in_sight_and_checks_out(
    place: Doorway, live_server: str, open_browser: OpenBrowser
) -> None:
    await place.scan(place.people[0].code)
    page = await paired_page(await open_browser(), live_server, place)
    await page.get_by_role("button", name="Menü").click()
    await page.get_by_role("switch", name="Personen auschecken").check()
    await page.get_by_role("button", name="Schließen").click()
    await expect(page.locator("[data-direction]")).to_be_visible()
    await scan_by_handheld(page, code_of(place.people[0]))
    await expect_answer(page, "left", place.people[0].name)
    await scan_by_handheld(page, code_of(place.people[1]))
    await expect_answer(page, "refused", "heute nicht eingelassen")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_screen_is_accessible(
    place: Doorway, live_server: str, open_browser: OpenBrowser, scheme: str
) -> None:
    context = await open_browser(color_scheme=scheme, viewport={"width": 390, "height": 844}, bypass_csp=True)
    page = await context.new_page()
    await page.goto(f"{live_server}/door")
    await expect(page.get_by_label("Kopplungscode")).to_be_visible()
    await expect_no_barrier(page)
    page = await paired_page(context, live_server, place)
    await expect_no_barrier(page)
    for code in (code_of(place.people[0]), "4006381333931"):
        await scan_by_handheld(page, code)
        await expect(page.locator("[data-door-answer]")).to_be_visible()
        await expect_no_barrier(page)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Menü").click()
    await expect_no_barrier(page)
    await page.get_by_role("button", name="Schließen").click()
    await page.get_by_role("button", name="Name oder Kurzcode").click()
    await page.get_by_role("searchbox").fill("werkstatt")
    await expect(page.locator("[data-found] input")).to_have_count(3)
    await expect_no_barrier(page)


async def expect_no_barrier(page: Page) -> None:
    """What axe finds by itself, by the rules of WCAG 2.2 AA."""
    found = await Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    assert found.response["violations"] == [], found.generate_report()


async def test_slow_server_is_waited_for_in_sight(place: Doorway, live_server: str, open_browser: OpenBrowser) -> None:
    page = await paired_page(await open_browser(), live_server, place)

    async def slowly(route: Route) -> None:
        await asyncio.sleep(1)
        await route.continue_()

    await page.route("**/api/v1/door/scans", slowly)
    await scan_by_handheld(page, code_of(place.people[0]))
    await expect_answer(page, "checking", "Wird geprüft")
    await expect_answer(page, "admitted", place.people[0].name)


async def test_scan_that_can_not_even_be_kept_says_so(
    place: Doorway, live_server: str, open_browser: OpenBrowser
) -> None:
    context = await open_browser()
    page = await paired_page(context, live_server, place)
    await page.evaluate(
        "() => { IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError') } }"
    )
    await context.set_offline(True)
    await scan_by_handheld(page, code_of(place.people[0]))
    await expect_answer(page, "kept", "nicht gespeichert")


async def test_key_held_down_in_the_search_field_is_no_scan(
    place: Doorway, live_server: str, open_browser: OpenBrowser
) -> None:
    page = await paired_page(await open_browser(), live_server, place)
    await page.get_by_role("button", name="Name oder Kurzcode").click()
    for _ in range(12):
        await page.keyboard.down("w")  # playwright marks all but the first as repeats, as a browser does
    await page.keyboard.up("w")
    await expect(page.get_by_role("searchbox")).to_have_value("w" * 12)
    assert await db.fetch_value("SELECT count(*) FROM scan") == 0
