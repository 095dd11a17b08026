from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events_app.registration.rules.paste import MAX_PEOPLE, Pasted, people

ANNA = Pasted("Anna", "Müller", "anna@example.org")
BO = Pasted("Bo", "Beispiel", "bo@example.org")


@pytest.mark.parametrize(
    "text",
    [
        "Anna Müller <anna@example.org>\nBo Beispiel <bo@example.org>",
        "Müller, Anna <anna@example.org>; Beispiel, Bo <bo@example.org>",
        '"Müller, Anna" <anna@example.org>; "Beispiel, Bo" <bo@example.org>;',
        "Anna Müller <anna@example.org>, Bo Beispiel <bo@example.org>",
        "Müller, Anna <anna@example.org>, Beispiel, Bo <bo@example.org>",
        "Anna\tMüller\tanna@example.org\r\nBo\tBeispiel\tbo@example.org\r\n",
        "Vorname\tNachname\tE-Mail\nAnna\tMüller\tanna@example.org\nBo\tBeispiel\tbo@example.org",
        "E-Mail\tName\tVorname\nanna@example.org\tMüller\tAnna\nbo@example.org\tBeispiel\tBo",
        "Anna Müller\tanna@example.org\nBo Beispiel\tbo@example.org",
        "Anna,Müller,anna@example.org\nBo,Beispiel,bo@example.org",
        "Anna Müller, anna@example.org\nBo Beispiel, bo@example.org",
        "Anna Müller;anna@example.org\nBo Beispiel;bo@example.org",
        "1. Frau Anna Müller (anna@example.org)\n2. Herr Bo Beispiel (bo@example.org)",
        "- Anna Müller anna@example.org\n- Bo Beispiel BO@example.org",
        "An: Anna Müller <anna@example.org>; Bo Beispiel <bo@example.org>",
        "Müller, Anna (Saale GmbH) <anna@example.org>; Beispiel, Bo (Saale GmbH, Halle) <bo@example.org>",
        "Vorname;Nachname;E-Mail\nAnna;Müller;anna@example.org\nBo;Beispiel;bo@example.org",
        "E-Mail,Nachname,Vorname\nanna@example.org,Müller,Anna\nbo@example.org,Beispiel,Bo",
        'Name;E-Mail\n"Müller, Anna";anna@example.org\n"Beispiel, Bo";bo@example.org',
        "1\tFrau\tAnna\tMüller\tanna@example.org\n2\tHerr\tBo\tBeispiel\tbo@example.org",
        "Müller, Anna\tSaale GmbH\tanna@example.org\nBeispiel, Bo\tSaale GmbH\tbo@example.org",
    ],
)
def test_people_are_understood_as_they_come_from_mails_and_sheets(text: str) -> None:
    assert people(text) == [ANNA, BO]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Anna Müller, Bo Beispiel, Cem Demir", [("Anna", "Müller"), ("Bo", "Beispiel"), ("Cem", "Demir")]),
        ("Müller, Anna", [("Anna", "Müller")]),
        ("von der Heide, Anna", [("Anna", "von der Heide")]),
        ("Dr. Anna Maria von der Heide", [("Dr. Anna Maria", "von der Heide")]),
        ("Anna-Lena Müller-Lüdenscheidt", [("Anna-Lena", "Müller-Lüdenscheidt")]),
        ("Madonna", [("Madonna", "")]),
        ("An Nguyen", [("An", "Nguyen")]),
    ],
)
def test_people_without_addresses_are_names(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(one.given_name, one.family_name) for one in people(text)] == expected


def test_address_alone_suggests_the_name_it_holds() -> None:
    assert people("anna.mueller@example.org, team@example.org") == [
        Pasted("Anna", "Mueller", "anna.mueller@example.org"),
        Pasted("", "", "team@example.org"),
    ]


def test_the_same_line_twice_is_one_person() -> None:
    assert people("Anna Müller <anna@example.org>\n" * 2) == [ANNA]


def test_a_long_paste_is_cut_at_what_one_registration_holds() -> None:
    assert len(people("\n".join(f"Anna Nummer{n}" for n in range(500)))) == MAX_PEOPLE


@given(st.text(max_size=400))
def test_any_text_gives_people_without_control_characters(text: str) -> None:
    for one in people(text):
        assert "\n" not in one.given_name + one.family_name + one.email
        assert one != Pasted("", "", "")
