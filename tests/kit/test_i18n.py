from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events_app.kit import i18n
from events_app.kit.i18n import accepted_language, known_language, translate, translations
from tests import checks


def test_every_text_has_its_german() -> None:
    german, contradictions = checks.german_texts()
    assert contradictions == []
    assert list(checks.untranslated(checks.used_texts(), german)) == []


def test_texts_are_found_in_templates_python_refusals_and_tables() -> None:
    """A check that finds nothing would pass for ever."""
    found = {used.msgid for used in checks.used_texts()}
    assert {
        "Log in",  # template
        "Please give the event a title.",  # FieldError
        "There is no such event.",  # class of refusal
        "This code is not right or has expired.",  # argument of a refusal
        "Cluster meeting",  # texts.py
        "Please enter day and time.",  # form.wrong
        ("%(num)s message could not be delivered", "%(num)s messages could not be delivered"),
    } <= found


def test_missing_and_wrong_german_is_told() -> None:
    german, _ = checks.german_texts()
    used = [checks.Used("No such text at all", "here:1")]
    assert list(checks.untranslated(used, german)) == ["here:1: no German for 'No such text at all'"]


async def test_migrations_are_current() -> None:
    assert await checks.pending_migration_statements() == []


async def test_forgotten_migration_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from events_app.piccolo_app import APP_CONFIG  # noqa: PLC0415 - only here

    monkeypatch.setattr(APP_CONFIG, "table_classes", APP_CONFIG.table_classes[1:])
    assert len(await checks.pending_migration_statements()) == 1


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "de"),
        ("en", "en"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("de-DE,de;q=0.9,en;q=0.8", "de"),
        ("fr,en;q=0.5", "en"),
        ("fr", "de"),
        ("en;q=0", "de"),
        ("en;q=0.3,de;q=0.3", "en"),
        ("*", "de"),
        ("EN-us", "en"),
        (";;,,q=,en;q=x", "de"),
    ],
)
def test_accepted_language_is_the_better_of_ours(header: str, language: str) -> None:
    assert accepted_language(header) == language


@given(st.text())
def test_accepted_language_survives_any_header(header: str) -> None:
    assert accepted_language(header) in i18n.LANGUAGES


@pytest.mark.parametrize(("text", "language"), [("en", "en"), ("de", "de"), ("fr", "de"), (None, "de"), ("EN", "de")])
def test_known_language_falls_back_to_german(text: str | None, language: str) -> None:
    assert known_language(text) == language


def test_translate_puts_values_in() -> None:
    german = translate("de", "Please use at most %(most)s characters.", {"most": 5})
    assert german != translate("en", "Please use at most %(most)s characters.", {"most": 5})
    assert "5" in german


def test_plural_follows_german_grammar() -> None:
    one, many = (translations("de").ngettext("%(num)s table", "%(num)s tables", number) for number in (1, 2))
    assert (one, many) == ("%(num)s Tisch", "%(num)s Tische")
    assert translations("de").ngettext("%(num)s table", "%(num)s tables", 0) == many
