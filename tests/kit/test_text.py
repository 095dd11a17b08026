from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events_app.kit.text import many_lines, one_line, search_key


@pytest.mark.parametrize(
    ("entered", "kept"),
    [
        ("  Anna   Müller ", "Anna Müller"),
        ("Anna\tMüller\r\nGmbH", "Anna Müller GmbH"),
        ("A\x00n\x07n\x1ba", "Anna"),
        ("Mu\u0308ller", "Müller"),
        ("Anna\u00a0Müller", "Anna Müller"),
        ("\ufeffAnna\u200b", "Anna"),
        ("\u202eannA\u202c", "annA"),
        ("\ud800Anna", "Anna"),
        ("\u200e\u2066\u061c", ""),
    ],
)
def test_one_line_keeps_what_can_be_seen(entered: str, kept: str) -> None:
    assert one_line(entered) == kept


@pytest.mark.parametrize("name", ["محمد الأحمد", "נועה כהן", "Zoë D'Årgent-Łoś", "李小龍", "नि\u200dम", "👩🏽‍🔧"])
def test_one_line_keeps_names_of_every_script(name: str) -> None:
    assert one_line(name) == unicodedata.normalize("NFC", name)


@given(st.text())
def test_one_line_is_storable_and_settled(text: str) -> None:
    kept = one_line(text)
    assert "\x00" not in kept
    assert kept.encode().decode() == kept
    assert one_line(kept) == kept
    assert not any(unicodedata.category(character) == "Cc" for character in kept)


@given(st.text())
def test_many_lines_is_storable_and_settled(text: str) -> None:
    kept = many_lines(text)
    assert many_lines(kept) == kept
    assert "\x00" not in kept
    assert "\r" not in kept


def test_many_lines_keeps_paragraphs_and_indents() -> None:
    assert many_lines("\r\n- a \r\n  - b\x07\r\r\nc\n\n") == "- a\n  - b\n\nc"


@pytest.mark.parametrize(
    ("text", "key"),
    [("Müller", "mueller"), ("MUELLER", "mueller"), ("Große Straße", "grosse strasse"), ("Renée  Łoś", "renee łos")],
)
def test_search_key_knows_no_case_or_accent(text: str, key: str) -> None:
    assert search_key(text) == key
