"""Questions in the browser: what depends on another answer comes and goes, and the editor's rows trade places."""

from __future__ import annotations

from collections import defaultdict
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Locator, Page, expect

from events_app.events.schemas import Question, ShowIf
from events_app.kit.templates import environment
from events_app.registration.answer_forms import fields

pytestmark = pytest.mark.browser
HEAD = """
{% extends "base.html" %}
{% from "macros/ui.html" import button %}
{% block title %}Questions{% endblock %}
{% block scripts %}<script type="module" src="{{ asset("register.js") }}"></script>{% endblock %}
{% block main %}<form class="form" method="post" action="/sent" novalidate>
"""
ASKED = """
{% from "registration/_questions.html" import question_fields %}
{{ question_fields(for_all, "answers", "/answers", {}, wrong) }}
{{ question_fields(for_people, "contact.answers", "/contact/answers", {}, wrong) }}
"""
EDITOR = """
{% from "macros/forms.html" import repeat, repeat_row %}
{% from "events/desk/rows.html" import question_fields %}
{% call repeat("questions", "Add a question", 40) %}
<template data-repeat="questions">{% call repeat_row("questions", "__index__", "Question") %}
{{ question_fields("__index__", {}, wrong, options, [], {}) }}
{% endcall %}</template>
{% endcall %}
"""
TAIL = '{{ button("Send", "primary", attrs={"id": "send"}) }}</form>{% endblock %}'
OPTIONS = {
    "question_types": [("text", "Text"), ("choice", "Choice"), ("yes_no", "Yes or no")],
    "asked_per": [("attendee", "Each person"), ("registration", "Once")],
    "translations": [("de", "German"), ("en", "English")],
    "own_language": "de",
}


def opened(page: Page, middle: str, **context: object) -> None:
    html = environment("en").from_string(HEAD + middle + TAIL)
    body = html.render(request_path="/questions", wrong=defaultdict(lambda: None), **context)
    page.route("**/questions", lambda route: route.fulfill(body=body, content_type="text/html; charset=utf-8"))
    page.goto(urljoin(page.url, "/questions"))


def test_chain_of_questions_comes_and_goes_with_the_answers(page: Page) -> None:
    asked = [
        Question("stand", "A stand?", "yes_no", per="registration"),
        Question("size", "How many metres?", "number", per="registration", show_if=ShowIf("stand", True)),
        Question("helper", "Will you help?", "yes_no", show_if=ShowIf("size", 2.5)),
        Question("shirt", "Which shirt?", show_if=ShowIf("helper", True)),
    ]
    opened(page, ASKED, for_all=fields(asked, "registration", "en"), for_people=fields(asked, "attendee", "en"))
    metres, shirt = page.get_by_label("How many metres?"), page.get_by_label("Which shirt?")
    expect(metres).to_be_hidden()
    expect(page.get_by_text("Only if")).to_have_count(3)
    page.get_by_role("group", name="A stand?").get_by_label("Yes").check()
    expect(page.get_by_text("Only if").first).to_be_hidden()
    metres.fill("2,5")
    page.get_by_role("group", name="Will you help?").get_by_label("Yes").check()
    expect(shirt).to_be_visible()
    page.get_by_role("group", name="A stand?").get_by_label("No").check()
    expect(metres).to_be_hidden()
    expect(shirt).to_be_hidden()


def row_of(page: Page, label: str) -> Locator:
    """The row in which this question was typed."""
    names = page.locator("[data-repeat-row]").evaluate_all(
        """(rows, label) => rows.filter((row) => row.querySelector('[name$=".label"]').value === label)
             .map((row) => row.dataset.repeatRow)""",
        label,
    )
    return page.locator(f'[data-repeat-row="{names[0]}"]')


def add(page: Page, label: str, kind: str) -> None:
    page.get_by_role("button", name="Add a question").click()
    row = page.locator("[data-repeat-row]").last
    row.locator('[name$=".label"]').first.fill(label)
    row.locator('[name$=".type"]').select_option(kind)


def test_new_question_is_offered_as_a_condition_with_its_answers_and_may_be_moved(
    page: Page, posted: list[dict[str, list[str]]]
) -> None:
    opened(page, EDITOR, options=OPTIONS)
    add(page, "Größe des Hemds?", "choice")
    first = row_of(page, "Größe des Hemds?")
    expect(first.locator('[name$="0.options"]')).to_be_visible()
    first.locator('[name$="0.options"]').fill("S\nL")
    add(page, "Farbe?", "text")
    second = row_of(page, "Farbe?")
    expect(second.locator('[name$="1.options"]')).to_be_hidden()
    second.get_by_text("Only ask under a condition").click()
    second.locator('[name$="show_if.key"]').select_option("groesse_des_hemds")
    second.locator('[name$="show_if.equals"]').select_option("L")
    add(page, "Anreise?", "text")
    third = row_of(page, "Anreise?")
    third.get_by_role("button", name="Up").click()
    expect(third.get_by_role("button", name="Up")).to_be_focused()
    third.get_by_role("button", name="Up").press("Enter")
    expect(third.locator("[data-repeat-number]")).to_have_text("1")
    page.locator("#send").click()
    page.wait_for_url("**/sent")
    [form] = posted
    order = {form[f"questions.{index}.place"][0]: form[f"questions.{index}.key"][0] for index in range(3)}
    assert order == {"0": "anreise", "1": "groesse_des_hemds", "2": "farbe"}
    assert form["questions.1.show_if.key"] == ["groesse_des_hemds"]
    assert form["questions.1.show_if.equals"] == ["L"]


def test_condition_goes_with_the_question_it_named(page: Page) -> None:
    opened(page, EDITOR, options=OPTIONS)
    add(page, "Stand?", "yes_no")
    add(page, "Strom?", "text")
    power = row_of(page, "Strom?")
    power.get_by_text("Only ask under a condition").click()
    power.locator('[name$="show_if.key"]').select_option("stand")
    expect(power.locator('[name$="show_if.equals"] option')).to_have_text(["Yes", "No"])
    row_of(page, "Stand?").get_by_role("button", name="Remove").click()
    expect(power.locator('[name$="show_if.key"]')).to_have_value("")
    expect(power.locator("[data-equals]")).to_be_hidden()
