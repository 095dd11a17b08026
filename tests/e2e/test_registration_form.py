"""The registration form as companies use it: by keyboard, by paste, with slips, reloads and help."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import BrowserContext, Page, expect

from events_app.events.queries import EventRow
from events_app.events.schemas import Matchmaking
from events_app.kit import db
from tests.e2e.conftest import OpenBrowser
from tests.factories import make_event, make_registration

pytestmark = [pytest.mark.browser]

TOKENS = {
    "organisation.name": "organization",
    "organisation.postcode": "postal-code",
    "contact.given_name": "given-name",
    "contact.family_name": "family-name",
    "contact.email": "email",
}
MANY_TABS = 80


@pytest.fixture
async def event(database: None) -> EventRow:
    return await make_event(matchmaking=Matchmaking(enabled=True))


async def open_form(context: BrowserContext, address: str, event: EventRow) -> Page:
    page = await context.new_page()
    await page.goto(f"{address}/events/{event.slug}/register")
    return page


async def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus."""
    for _ in range(MANY_TABS):
        if await page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached by Tab")


async def type_into(page: Page, name: str, text: str) -> None:
    await tab_to(page, f'[name="{name}"]')
    await page.keyboard.type(text)


async def fill_contact(page: Page) -> None:
    for name, text in {
        "organisation.name": "Werkstatt Muster GmbH",
        "contact.given_name": "Kim",
        "contact.family_name": "Muster",
        "contact.email": "kim@example.org",
    }.items():
        await page.locator(f'[name="{name}"]').fill(text)


async def until_kept(page: Page, text: str) -> None:
    """Wait until the draft holds it; the page's security policy lets no function be waited for."""
    for _ in range(100):
        if text in await page.evaluate("Object.values(sessionStorage).join()"):
            return
        await page.wait_for_timeout(50)
    raise AssertionError(f"{text} was not kept")


async def open_paste(page: Page, text: str) -> None:
    await page.locator("summary", has_text=re.compile("Namensliste|Liste")).first.click()
    await page.locator("[name=paste]").fill(text)


async def test_registration_and_profile_are_done_by_keyboard_alone(
    event: EventRow, live_server: str, open_browser: OpenBrowser
) -> None:
    page = await open_form(await open_browser(), live_server, event)
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip-link")).to_be_focused()
    await type_into(page, "organisation.name", "Werkstatt Muster GmbH")
    await type_into(page, "organisation.postcode", "06112")
    await type_into(page, "contact.given_name", "Kim")
    await type_into(page, "contact.family_name", "Muster")
    await type_into(page, "contact.email", "kim@example.org")
    await type_into(page, "attendees.0.given_name", "Ada")
    await type_into(page, "attendees.0.family_name", "Beispiel")
    await tab_to(page, "[data-repeat-add=attendees]")
    await page.keyboard.press("Enter")
    await type_into(page, "attendees.1.given_name", "Bo")
    await type_into(page, "attendees.1.family_name", "Beispiel")
    await tab_to(page, '[name="consents.privacy"]')
    await page.keyboard.press("Space")
    await tab_to(page, ".button-primary")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/profile?new=1")
    await tab_to(page, '[data-repeat-add="training.needs"]')
    await page.keyboard.press("Enter")
    await type_into(page, "training.needs.0.occupation", "mechatronker")
    await expect(page.get_by_role("option").first).to_be_visible()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("combobox", name="Beruf")).to_have_value("Mechatroniker/-in")
    await tab_to(page, ".button-primary")  # without a topic: the error stands where it can be mended
    await page.keyboard.press("Enter")
    await page.locator(".error-summary a").press("Enter")
    await expect(page.locator("[id$=-topic]")).to_be_focused()
    await expect(page.locator("[id$=-topic]")).to_have_attribute("aria-invalid", "true")
    await page.keyboard.type("Kurse")
    await tab_to(page, '[name="training.needs.0.form"]')
    await page.keyboard.type("Grundlehrgang")
    await tab_to(page, ".button-primary")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**done=profile**")
    assert await db.fetch_value("SELECT count(*) FROM attendee WHERE status = 'confirmed'") == 3
    assert "mechatroniker" in await db.fetch_value("SELECT training::text FROM registration")


async def test_errors_take_the_focus_and_lead_to_their_fields(
    event: EventRow, live_server: str, open_browser: OpenBrowser
) -> None:
    page = await open_form(await open_browser(), live_server, event)
    await page.locator('[name="contact.email"]').fill("kaputt@")
    await page.locator(".button-primary").click()
    summary = page.locator(".error-summary")
    await expect(summary).to_be_focused()
    links = summary.get_by_role("link")
    for place in range(await links.count()):
        await links.nth(place).press("Enter")
        field = page.locator(":focus")
        await expect(field).to_have_attribute("aria-invalid", "true")
        described = (await field.get_attribute("aria-describedby") or "").split()
        assert any([await page.locator(f"#{one}.field-error").count() for one in described])
    await expect(page.locator('[name="contact.email"]')).to_have_value("kaputt@")


async def test_pasted_people_are_announced_and_mended_in_place(
    event: EventRow, live_server: str, open_browser: OpenBrowser
) -> None:
    context = await open_browser()
    page = await open_form(context, live_server, event)
    await fill_contact(page)
    loads: list[str] = []
    page.on("request", lambda sent: loads.append(sent.url) if sent.resource_type == "document" else None)
    await open_paste(page, "Müller, Anna <anna@example.org>; Bo Beispiel <bo@example.org>\nDilan")
    said = page.locator("#recognised[role=status]")
    await expect(said).to_have_text("")  # a live region has to be there before it speaks
    await page.get_by_role("button", name="Liste übernehmen").click()
    await expect(said).to_have_text(re.compile("3 erkannt, 1 Fehler"))
    await expect(page.locator('[name="attendees.2.family_name"]')).to_be_focused()
    await expect(page.locator("[name=paste]")).to_have_value("")
    await page.keyboard.type("Yildiz")
    await page.get_by_label("Datenschutz").check()
    await page.locator(".button-primary").click()
    await page.wait_for_url("**/profile?new=1")
    assert len(loads) == 2, "only the sent form and what follows it are loaded"
    assert await db.fetch_value("SELECT count(*) FROM attendee") == 4


async def test_a_text_without_people_is_said_and_takes_nothing_away(
    event: EventRow, live_server: str, open_browser: OpenBrowser
) -> None:
    page = await open_form(await open_browser(), live_server, event)
    await page.locator('[name="attendees.0.given_name"]').fill("Ada")
    await open_paste(page, " ;; \n ")
    await page.get_by_role("button", name="Liste übernehmen").click()
    await expect(page.locator("#recognised")).to_contain_text("Niemanden erkannt")
    await expect(page.locator('[name="attendees.0.given_name"]')).to_have_value("Ada")


async def test_size_is_worked_out_from_figures(event: EventRow, live_server: str, open_browser: OpenBrowser) -> None:
    """2003/361/EC: 49 people and 12 million turnover are medium-sized, unless the balance sheet stays within 10."""
    page = await open_form(await open_browser(), live_server, event)
    await page.locator("summary", has_text="Größe").click()
    await page.locator("summary", has_text="Aus Zahlen").click()
    await page.locator('[name="figures.employees"]').fill("viele")
    await page.get_by_role("button", name="Größe ermitteln").click()
    await expect(page.locator('[name="figures.employees"]')).to_be_focused()
    await expect(page.locator('[name="figures.employees"]')).to_have_attribute("aria-invalid", "true")
    for figures, size, words in [
        (("49", "12", ""), "medium", "Mittleres Unternehmen"),
        (("49", "12", "9,5"), "small", "Kleines Unternehmen"),
        (("1.250", "", ""), "large", "Großunternehmen"),
    ]:
        for name, text in zip(("employees", "turnover", "balance"), figures, strict=True):
            await page.locator(f'[name="figures.{name}"]').fill(text)
        await page.get_by_role("button", name="Größe ermitteln").click()
        await expect(page.locator("#worked-out")).to_contain_text(words)
        await expect(page.locator('[name="organisation.size"]')).to_have_value(size)


async def test_fields_say_to_browsers_what_they_are(
    event: EventRow, live_server: str, open_browser: OpenBrowser
) -> None:
    """WCAG 1.3.5: what is about the person at the keyboard can be filled in by the browser; colleagues' data can't."""
    page = await open_form(await open_browser(), live_server, event)
    found = {name: await page.locator(f'[name="{name}"]').get_attribute("autocomplete") for name in TOKENS}
    assert found == TOKENS
    for name in ("given_name", "family_name", "email"):
        await expect(page.locator(f'[name="attendees.0.{name}"]')).to_have_attribute("autocomplete", "off")


async def test_postcode_names_place_district_and_region(
    event: EventRow, live_server: str, open_browser: OpenBrowser
) -> None:
    page = await open_form(await open_browser(), live_server, event)
    postcode, choice = page.locator('[name="organisation.postcode"]'), page.get_by_label("Landkreis")
    await postcode.fill("06120")
    await expect(choice).to_have_value("")
    await choice.select_option("Saalekreis, Mitteldeutsches Revier")
    await expect(choice).to_have_value("15088")
    await postcode.fill("06112")
    await expect(choice).to_be_hidden()
    await expect(page.locator("output")).to_have_text("Halle (Saale), Mitteldeutsches Revier")


@pytest.mark.parametrize("typed", ["mechatroniker", "Mechatronikerin", "mechatronker", "Mechatroniker/-in"])
async def test_occupation_is_found_by_alias_and_despite_slips(
    event: EventRow, live_server: str, open_browser: OpenBrowser, typed: str
) -> None:
    made = await make_registration(event, 1)
    page = await (await open_browser()).new_page()
    await page.goto(f"{live_server}/registrations/{made.manage_token}/profile")
    await page.locator('[data-repeat-add="training.needs"]').click()
    await page.get_by_role("combobox", name="Beruf").fill(typed)
    await expect(page.get_by_role("option", name="Mechatroniker/-in", exact=True)).to_be_visible()


async def test_draft_outlives_reload_and_back_and_is_deleted_once_sent(
    event: EventRow, live_server: str, open_browser: OpenBrowser
) -> None:
    context = await open_browser()
    page = await open_form(context, live_server, event)
    await fill_contact(page)
    await open_paste(page, "Ada Beispiel, ada@example.org\nBo Beispiel, bo@example.org")
    await page.get_by_role("button", name="Liste übernehmen").click()
    last = page.locator('[name="attendees.1.email"]')
    await expect(last).to_have_value("bo@example.org")
    await until_kept(page, "bo@example.org")
    await page.reload()
    await expect(last).to_have_value("bo@example.org")
    await page.goto(f"{live_server}/privacy")
    await page.go_back()
    await expect(last).to_have_value("bo@example.org")
    await expect(page.locator('[name="contact.email"]')).to_have_value("kim@example.org")
    await page.get_by_label("Datenschutz").check()
    await page.locator(".button-primary").click()
    await page.wait_for_url("**/profile?new=1")
    assert await page.evaluate("sessionStorage.length + localStorage.length") == 0
    again = await open_form(context, live_server, event)
    await expect(again.locator('[name="contact.email"]')).to_have_value("")


async def test_draft_stays_in_its_tab(event: EventRow, live_server: str, open_browser: OpenBrowser) -> None:
    """Whoever sits down at a shared machine next opens a tab of their own and sees nothing of it."""
    context = await open_browser()
    page = await open_form(context, live_server, event)
    await fill_contact(page)
    await until_kept(page, "kim@example.org")
    other = await open_form(context, live_server, event)
    await expect(other.locator('[name="contact.email"]')).to_have_value("")
    assert await page.evaluate("localStorage.length") == 0


async def test_guards_against_programs_are_in_nobodys_way(
    event: EventRow, live_server: str, open_browser: OpenBrowser
) -> None:
    """The trap is neither reached by Tab nor read out; the proof of work asks nothing and is done before sending."""
    page = await open_form(await open_browser(), live_server, event)
    assert "website" not in await page.locator("main").aria_snapshot()
    reached = []
    await page.locator('[name="organisation.name"]').focus()
    for _ in range(MANY_TABS):
        reached.append(await page.evaluate("document.activeElement.name ?? ''"))
        await page.keyboard.press("Tab")
    assert "consents.privacy" in reached
    assert not {"website", "altcha"} & set(reached)
    await expect(page.locator("[name=altcha]")).not_to_have_value("")


async def test_motion_and_forced_colours_are_respected(
    event: EventRow, live_server: str, open_browser: OpenBrowser
) -> None:
    """No transition where it is not wanted; in forced colours fields, buttons and errors keep a border."""
    context = await open_browser(reduced_motion="reduce", forced_colors="active")
    page = await open_form(context, live_server, event)
    await page.locator(".button-primary").click()
    await expect(page.locator(".error-summary")).to_be_visible()
    moving = "one => getComputedStyle(one).transitionDuration.split(', ').some(time => parseFloat(time) > 0)"
    assert await page.evaluate(f"[...document.querySelectorAll('*')].filter({moving}).length") == 0
    for selector in (".button-primary", ".input", ".error-summary"):
        border = await page.locator(selector).first.evaluate("one => getComputedStyle(one).borderTopWidth")
        assert border != "0px", selector
