"""The door as a helper uses it: in a browser, with its camera, its keyboard and its bad network."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import Route, expect

from benchmarks.camera import CAMERA, film
from events_app.checkin import service
from events_app.checkin.schemas import DoorSettingsIn
from events_app.checkin.service.devices import change_door_settings
from events_app.kit import db
from events_app.registration import service as registrations
from events_app.registration.schemas import SwapIn
from tests.checkin.doorway import Doorway, open_door, visitor
from tests.e2e.conftest import OpenBrowser
from tests.e2e.doors import code_of, expect_answer, paired_page, pairing_code, ready_offline, scan_by_handheld
from tests.factories import ADMIN, soon

pytestmark = [pytest.mark.browser]


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


async def test_late_answers_that_differ_are_told(place: Doorway, live_server: str, open_browser: OpenBrowser) -> None:
    context = await open_browser()
    page = await paired_page(context, live_server, place)
    await ready_offline(page)
    await place.scan(place.people[0].code)
    await page.route("**/api/v1/door/**", lambda route: route.abort())
    await scan_by_handheld(page, code_of(place.people[0]))
    await expect_answer(page, "admitted", place.people[0].name)
    await expect(page.get_by_text("1 wartet")).to_be_visible()
    await page.unroute("**/api/v1/door/**")
    await page.reload()
    await expect(page.get_by_text(f"Nachträglich geprüft, anderes Ergebnis: {place.people[0].name}")).to_be_visible()
    await expect(page.locator("[data-pending]")).to_be_hidden()
    assert await db.fetch_value("SELECT count(*) FROM scan WHERE conflict") == 1


async def test_device_without_a_list_keeps_what_it_can_not_judge(
    place: Doorway, live_server: str, open_browser: OpenBrowser
) -> None:
    context = await open_browser(service_workers="block")
    await context.route("**/api/v1/door/**", lambda route: route.abort())
    page = await paired_page(context, live_server, place)
    await scan_by_handheld(page, code_of(place.people[0]))
    await expect_answer(page, "kept", "Nicht geprüft", "Keine Verbindung")
    await expect(page.get_by_text("Offline, ohne Liste")).to_be_visible()
    await context.unroute("**/api/v1/door/**")
    await expect(page.locator("[data-pending]")).to_be_hidden()
    assert await db.fetch_value("SELECT count(*) FROM scan WHERE offline AND result = 'admitted'") == 1


async def test_revoked_device_goes_back_to_pairing(place: Doorway, live_server: str, open_browser: OpenBrowser) -> None:
    page = await paired_page(await open_browser(), live_server, place)
    device = await db.fetch_value("SELECT id FROM device WHERE name = 'Tür 2'")
    await scan_by_handheld(page, code_of(place.people[0]))
    await expect_answer(page, "admitted", place.people[0].name)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Name oder Kurzcode").click()
    await service.revoke_device(device, ADMIN)
    await page.get_by_role("searchbox").fill("Werkstatt")
    await expect(page.get_by_text("Dieses Gerät wurde gesperrt")).to_be_visible()
    await expect(page.locator("[data-history] li")).to_have_count(0)


async def test_exit_mode_is_an_option_of_the_event_always_in_sight_and_checks_out(
    place: Doorway, live_server: str, open_browser: OpenBrowser
) -> None:
    await place.scan(place.people[0].code)
    page = await paired_page(await open_browser(), live_server, place)
    await page.get_by_role("button", name="Menü").click()
    await expect(page.get_by_role("switch", name="Ton")).to_be_visible()
    await expect(page.get_by_role("switch", name="Personen auschecken")).to_be_hidden()
    await change_door_settings(place.event.slug, DoorSettingsIn(exit_scanning=True), ADMIN)
    await page.reload()
    await page.get_by_role("button", name="Menü").click()
    await page.get_by_role("switch", name="Personen auschecken").check()
    await page.get_by_role("button", name="Schließen").click()
    await expect(page.locator("[data-direction]")).to_be_visible()
    await scan_by_handheld(page, code_of(place.people[0]))
    await expect_answer(page, "left", place.people[0].name)
    await scan_by_handheld(page, code_of(place.people[1]))
    await expect_answer(page, "refused", "heute nicht eingelassen")


async def test_last_scan_is_taken_back_with_a_reason(
    place: Doorway, live_server: str, open_browser: OpenBrowser
) -> None:
    page = await paired_page(await open_browser(), live_server, place)
    await scan_by_handheld(page, code_of(place.people[0]))
    await expect_answer(page, "admitted")
    await page.get_by_role("button", name="Menü").click()
    await page.get_by_role("button", name="Zurücknehmen").click()
    await expect(page.get_by_role("heading", name="Diesen Scan zurücknehmen")).to_be_visible()
    await page.get_by_role("button", name="Falsche Person").click()
    await expect_answer(page, "undone", "Zurückgenommen", place.people[0].name)
    assert await db.fetch_value("SELECT count(*) FROM presence WHERE inside") == 0
    await scan_by_handheld(page, f" {code_of(place.people[0])}")
    await expect_answer(page, "admitted", place.people[0].name)


@pytest.mark.parametrize("may_override", [True, False])
async def test_refused_guest_is_admitted_all_the_same_where_the_device_may(
    place: Doorway, live_server: str, open_browser: OpenBrowser, *, may_override: bool
) -> None:
    registration = await db.fetch_value("SELECT registration FROM attendee WHERE id = $1", place.people[0].id)
    await registrations.cancel_attendees(registration, [place.people[0].id], ADMIN)
    page = await paired_page(await open_browser(), live_server, place, may_override=may_override)
    await scan_by_handheld(page, code_of(place.people[0]))
    await expect_answer(page, "refused", "storniert")
    button = page.get_by_role("button", name="Trotzdem einlassen")
    await expect(button).to_be_visible(visible=may_override)
    if not may_override:
        return
    await button.click()
    await page.get_by_label("Anderer Grund").fill("Die Absage war ein Versehen")
    await page.get_by_role("button", name="Bestätigen").click()
    await expect_answer(page, "admitted", place.people[0].name, "mit Grund vermerkt")
    assert await db.fetch_value("SELECT count(*) FROM presence WHERE inside") == 1


async def test_people_from_the_poster_are_let_in_beyond_capacity_or_turned_away(
    database: None, live_server: str, open_browser: OpenBrowser
) -> None:
    place = await open_door(people=1, capacity=1, starts_at=soon(hours=2))
    await service.register_visitor(place.event, visitor(1))
    page = await paired_page(await open_browser(), live_server, place)
    await expect(page.get_by_role("button", name="1 Person wartet auf Ihre Entscheidung")).to_be_visible()
    await service.register_visitor(place.event, visitor(2))
    # told at once by the stream: the next question would be 15 s away
    await page.get_by_role("button", name="2 Personen warten auf Ihre Entscheidung").click()
    sheet = page.locator('[data-sheet="asking"]')
    await sheet.get_by_role("button", name="Einlassen").first.click()
    await expect(sheet.get_by_text("Alle Plätze sind vergeben")).to_be_visible()
    await sheet.get_by_role("checkbox", name="Über die Platzzahl hinaus").check()
    await sheet.get_by_role("button", name="Einlassen").first.click()
    await expect_answer(page, "admitted", "Gast1 Beispiel")
    code: str = await db.fetch_value("SELECT short_code FROM ticket WHERE given_name = 'Gast2'")
    await scan_by_handheld(page, code)
    await expect_answer(page, "asks", "Gast2 Beispiel", "alle Plätze belegt")
    await page.locator("[data-do=let-in]").click()
    await expect(sheet.get_by_text("Alle Plätze sind vergeben")).to_be_visible()
    page.once("dialog", lambda dialog: dialog.accept())
    await sheet.get_by_role("button", name="Abweisen").click()
    await expect(sheet.get_by_text("Niemand wartet mehr")).to_be_visible()
    rows = await db.fetch("SELECT status FROM ticket WHERE given_name LIKE 'Gast_' ORDER BY given_name")
    assert [row["status"] for row in rows] == ["confirmed", "cancelled"]


async def test_device_that_was_offline_learns_that_the_event_is_cancelled(
    place: Doorway, live_server: str, open_browser: OpenBrowser
) -> None:
    context = await open_browser()
    page = await paired_page(context, live_server, place)
    await ready_offline(page)
    await context.set_offline(True)
    await registrations.cancel_event(place.event.slug, "Der Raum ist gesperrt.", ADMIN)
    await scan_by_handheld(page, code_of(place.people[0]))
    await expect_answer(page, "admitted")
    await page.keyboard.press("Escape")
    await context.set_offline(False)
    await expect(page.get_by_text("Diese Veranstaltung ist abgesagt. Niemand wird eingelassen.")).to_be_visible()
    await scan_by_handheld(page, code_of(place.people[1]))
    await expect_answer(page, "refused", "ganze Veranstaltung ist abgesagt")
    await context.set_offline(True)
    await scan_by_handheld(page, code_of(place.people[2]))
    await expect_answer(page, "refused", "ganze Veranstaltung ist abgesagt")
    assert await db.fetch_value("SELECT count(*) FROM scan WHERE conflict AND reason = 'cancelled'") == 1


async def test_slow_server_is_waited_for_in_sight(place: Doorway, live_server: str, open_browser: OpenBrowser) -> None:
    page = await paired_page(await open_browser(), live_server, place)

    async def slowly(route: Route) -> None:
        await asyncio.sleep(1)
        await route.continue_()

    await page.route("**/api/v1/door/scans", slowly)
    await scan_by_handheld(page, code_of(place.people[0]))
    await expect_answer(page, "checking", "Wird geprüft")
    await expect_answer(page, "admitted", place.people[0].name)


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
