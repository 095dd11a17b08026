import pytest
from altcha import verify_solution
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
Posted = list[dict[str, list[str]]]


def test_typed_postcode_shows_its_place_and_district(page: Page) -> None:
    page.get_by_label("Postcode").press_sequentially("06112")
    expect(page.locator("output")).to_have_text("Halle (Saale)")
    expect(page.locator("select[name=district]")).to_have_value("15002")
    expect(page.locator("select[name=district]")).to_be_hidden()


def test_postcode_in_two_districts_asks_which(page: Page) -> None:
    page.get_by_label("Postcode").press_sequentially("06120")
    expect(page.get_by_label("District")).to_be_visible()
    expect(page.get_by_label("District")).to_have_value("")
    assert page.get_by_label("District").locator("option").count() > 2


def test_unknown_postcode_is_said_at_the_field(page: Page) -> None:
    page.get_by_label("Postcode").press_sequentially("00000")
    expect(page.locator("output")).to_contain_text("don't know this postcode")


def test_occupation_is_chosen_by_keyboard(page: Page, posted: Posted) -> None:
    box = page.get_by_role("combobox", name="Occupation")
    box.press_sequentially("mechatron")
    expect(page.get_by_role("listbox")).to_be_visible()
    box.press("ArrowDown")
    chosen = page.locator("[role=option][aria-selected=true]").inner_text()
    expect(box).to_have_attribute("aria-activedescendant", "f-occupation-list-0")
    box.press("Enter")
    expect(box).to_have_value(chosen)
    expect(page.locator("[role=listbox]")).to_be_hidden()
    assert posted == []


def test_escape_closes_the_suggestions_and_keeps_the_text(page: Page) -> None:
    box = page.get_by_role("combobox", name="Occupation")
    box.press_sequentially("mechatron")
    expect(page.get_by_role("listbox")).to_be_visible()
    box.press("Escape")
    expect(page.locator("[role=listbox]")).to_be_hidden()
    expect(box).to_have_value("mechatron")


def test_rows_come_up_to_the_maximum_and_go(page: Page) -> None:
    add = page.get_by_role("button", name="Add a person")
    add.click()
    add.click()
    expect(page.locator("[data-person]")).to_have_count(3)
    expect(add).to_be_disabled()
    page.get_by_role("button", name="Remove").first.click()
    expect(page.locator("[data-repeat-number]")).to_have_text(["1", "2"])
    expect(add).to_be_enabled()


def test_reload_keeps_what_was_typed_rows_included(page: Page) -> None:
    page.get_by_role("button", name="Add a person").click()
    page.locator("[data-person]").nth(1).fill("Jonas Muster")
    page.get_by_label("Postcode").fill("06112")
    while "06112" not in str(page.evaluate("sessionStorage['keep:/form']")):
        page.wait_for_timeout(50)
    page.reload()
    expect(page.locator("[data-person]").nth(1)).to_have_value("Jonas Muster")
    expect(page.locator("output")).to_have_text("Halle (Saale)")


def test_sent_form_carries_a_proof_of_work_that_the_server_accepts(page: Page, posted: Posted, pow_secret: str) -> None:
    page.locator("[data-person]").fill("Mara Beispiel")
    page.locator("#send").click()
    page.wait_for_url("**/sent")
    [form] = posted
    assert form["attendees.0.name"] == ["Mara Beispiel"]
    assert verify_solution(form["altcha"][0], hmac_secret=pow_secret).verified


def test_second_press_sends_nothing_more(page: Page, posted: Posted) -> None:
    page.locator("[data-person]").fill("Mara Beispiel")
    expect(page.locator("[name=altcha]")).not_to_have_value("")
    page.evaluate("const b = document.querySelector('#send'); b.click(); b.click()")
    page.wait_for_url("**/sent")
    assert len(posted) == 1


def test_sent_form_is_forgotten_on_arrival(page: Page) -> None:
    page.locator("[data-person]").fill("Mara Beispiel")
    while "Mara" not in str(page.evaluate("sessionStorage['keep:/form']")):
        page.wait_for_timeout(50)
    page.locator("#send").click()
    page.wait_for_url("**/sent")
    assert page.evaluate("sessionStorage.length") == 0
