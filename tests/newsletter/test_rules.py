from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events_app.newsletter import rules, texts
from events_app.newsletter.plain import mail_html, plain_text
from events_app.newsletter.schemas import Audience, IssueIn, SignUp
from tests.newsletter.readers import written
from tests.pagecheck import Page


def fields(problems: list[rules.FieldError]) -> list[str]:
    return [problem.field for problem in problems]


def test_sign_up_is_tidied() -> None:
    entered = SignUp(email="  Lesen@Example.ORG ", name=" Kim\u202e  Muster ", topics=["digital", "digital"])
    tidied = rules.tidied(entered)
    assert (tidied.email, tidied.name, tidied.topics) == ("lesen@example.org", "Kim Muster", ["digital"])


def test_sign_up_with_an_address_alone_is_fine() -> None:
    assert rules.signup_problems(SignUp(email="a@example.org"), set()) == []


@pytest.mark.parametrize("email", ["", "a", "a@b", "a b@example.org", "a@example.org,b@example.org", "a@ex..org"])
def test_address_that_is_none_is_refused(email: str) -> None:
    assert fields(rules.signup_problems(SignUp(email=email), set())) == ["/email"]


def test_unknown_choices_and_long_names_are_refused() -> None:
    entered = SignUp(
        email="a@example.org",
        name="x" * 101,
        organisation="x" * 201,
        role="king",
        region="mars",
        clusters=["nirgends"],
        topics=["wetter"],
    )
    wanted = ["/name", "/organisation", "/role", "/region", "/clusters", "/topics"]
    assert fields(rules.signup_problems(entered, {"tab-mint"})) == wanted


def test_every_role_and_region_has_words() -> None:
    assert set(texts.ROLES) == rules.ROLES
    assert set(texts.REGIONS) == rules.REGIONS
    assert set(rules.ROLE_OF_KIND.values()) <= rules.ROLES


@pytest.mark.parametrize(
    ("district", "region"),
    [("15002", "mitteldeutschland"), ("14625", "lausitz"), ("02000", "elsewhere"), (None, ""), ("99999", "")],
)
def test_region_follows_from_the_district(district: str | None, region: str) -> None:
    assert rules.region_of(district) == region


def test_address_is_asked_ever_more_rarely() -> None:
    waits = [rules.wait_after(asks) for asks in range(12)]
    assert waits[:4] == [timedelta(), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4)]
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(days=7)


def test_draft_needs_a_subject_alone_and_sending_needs_the_text() -> None:
    draft = IssueIn(subject_de="Betreff")
    assert rules.issue_problems(draft) == []
    assert fields(rules.issue_problems(IssueIn(subject_de=""))) == ["/subject_de"]
    assert fields(rules.sending_problems(draft)) == ["/body_de"]


def test_half_an_english_issue_can_not_be_sent() -> None:
    assert fields(rules.sending_problems(written(subject_en="News"))) == ["/body_en"]
    assert fields(rules.sending_problems(written(body_en="Hello"))) == ["/subject_en"]
    assert rules.sending_problems(written(subject_en="News", body_en="Hello")) == []


def test_wrong_issue_is_refused_field_by_field() -> None:
    audience = Audience(topics=["x"], roles=["x"], regions=["x"])
    issue = written(subject_de="x" * 151, body_de="x" * 50_001, events=[uuid4() for _ in range(21)], audience=audience)
    wanted = ["/subject_de", "/body_de", "/events", "/topics", "/roles", "/regions"]
    assert fields(rules.issue_problems(issue)) == wanted


def test_reader_gets_german_where_english_is_not_whole() -> None:
    assert rules.language_of(written(subject_en="News", body_en="Hello"), "en") == "en"
    assert rules.language_of(written(subject_en="News"), "en") == "de"
    assert rules.language_of(written(subject_en="News", body_en="Hello"), "de") == "de"


@given(st.text(max_size=200))
def test_slug_is_an_address_whatever_the_subject(subject: str) -> None:
    slug = rules.slug_of(subject, date(2026, 11, 5))
    assert slug.startswith("2026-11-")
    assert slug.strip("-") == slug
    assert len(slug) <= rules.MAX_SLUG
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_markdown_becomes_html_with_styles_at_each_tag() -> None:
    html = mail_html("# Titel\nText mit [Link](https://example.org/?a=1&b=2)\n\n- eins")
    elements = Page(f"<div>{html}</div>").elements[1:]
    assert [tag for tag, _ in elements] == ["h2", "p", "a", "ul", "li"]
    assert all(attributes["class"] and attributes["style"] for _, attributes in elements)
    assert 'href="https://example.org/?a=1&amp;b=2"' in html


@pytest.mark.parametrize(
    "evil",
    ["<script>alert(1)</script>", "![x](https://example.org/pixel.png)", "[x](javascript:alert(1))", "<img src=x>"],
)
def test_markdown_brings_no_script_and_no_picture_into_a_mail(evil: str) -> None:
    elements = Page(f"<div>{mail_html(evil)}</div>").elements
    assert {tag for tag, _ in elements} <= {"div", "p", "a"}
    assert not any(attributes.get("href", "").startswith("javascript") for _, attributes in elements)
    assert "pixel.png" not in plain_text("![x](https://example.org/pixel.png)")


def test_plain_text_reads_as_well_as_the_html() -> None:
    lists = "- eins\n- zwei\n  1. innen"
    text = f"# Titel\n\nAbsatz mit [Link](https://example.org/z) und **fett**.\n\n{lists}\n\n## Mehr\n\nEnde"
    assert plain_text(text).split("\n") == [
        "Titel",
        "=====",
        "",
        "Absatz mit Link (https://example.org/z) und fett.",
        "",
        "- eins",
        "- zwei",
        "  1. innen",
        "",
        "",
        "Mehr",
        "====",
        "",
        "Ende",
    ]


@pytest.mark.parametrize(
    ("text", "tags", "plain"),
    [
        ("Titel\n===\n\nText", ["h2", "p"], "Titel\n=====\n\nText"),
        (" # Titel", ["h2"], "Titel\n====="),
        ("#### Titel", ["h3"], "Titel\n-----"),
        ("Text\n\n    eingerückt", ["p", "p"], "Text\n\neingerückt"),
        ("```\nText\n```", ["p"], "Text"),
    ],
)
def test_headings_and_indents_of_any_kind_are_shown_in_both_forms(text: str, tags: list[str], plain: str) -> None:
    assert [tag for tag, _ in Page(f"<div>{mail_html(text)}</div>").elements[1:] if tag != "br"] == tags
    assert plain_text(text) == plain


@given(st.text(alphabet="ab*_[]()#-1. \n>`!<&", max_size=80))
def test_any_markdown_can_be_read(text: str) -> None:
    Page(f"<div>{mail_html(text)}</div>")
    plain_text(text)
