from __future__ import annotations

import random

import pytest

from events_app import reference
from events_app.reference.words import folded, one_letter_off


def first(text: str) -> str | None:
    return next((one.id for one in reference.search_occupations(text)), None)


def test_occupations_all_with_their_codes_as_text() -> None:
    assert len(reference.occupations()) == 361
    assert all(len(one.kldb) == 5 and one.kldb in reference.kldb_titles() for one in reference.occupations())


def test_occupation_by_id_knows_code_and_names() -> None:
    found = reference.occupation("mechatroniker")
    assert found is not None
    assert (found.kldb, found.name_de) == ("26112", "Mechatroniker/-in")
    assert found.focus == ("TAB_MINT", "Die Zukunftsmacher")
    assert reference.label(found, "en") == "mechatronics technician"


def test_occupation_unknown_is_none() -> None:
    assert reference.occupation("raketenforscher") is None


def test_occupations_without_english_name_show_the_german_one() -> None:
    found = reference.occupation("landwirt")
    assert found is not None
    assert reference.label(found, "en") == "Landwirt/-in"


@pytest.mark.parametrize(
    "typed",
    [
        "mechatroniker",
        "MECHATRONIKER",
        "Mechatronikerin",
        "MechatronikerInnen",
        "Mechatroniker*in",
        "Mechatroniker:innen",
        "Mechatroniker_in (m/w/d)",
        "  Mechatroniker/-in ",
        "mechatr",
    ],
)
def test_search_tolerates_gender_forms_and_case(typed: str) -> None:
    assert first(typed) == "mechatroniker"


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("anlagenführer", "maschinen-und-anlagenfuehrer"),
        ("Anlagenfuehrerin", "maschinen-und-anlagenfuehrer"),
        ("ANLAGENFUHRER", "maschinen-und-anlagenfuehrer"),
        ("straßenbauer", "strassenbauer"),
        ("strassenbauer", "strassenbauer"),
        ("IT Systemelektroniker", "it-system-elektroniker"),
        ("it-system-elektroniker", "it-system-elektroniker"),
        ("Köchin", "koch-koechin"),
        ("Pflegefachfrau", "pflegefachmann-frau"),
        ("Kauffrau Büromanagement", "kaufmann-kauffrau-fuer-bueromanagement"),
        ("Technischer Produktdesigner", "technische-produktdesigner"),
        ("Mikrotechnologin", "mikrotechnologe-technologin"),
        ("kältetechnik mechatroniker", "mechatroniker-fuer-kaeltetechnik"),
        ("hydraulic engineering", "wasserbauer"),
    ],
)
def test_search_tolerates_umlauts_hyphens_and_word_order(typed: str, found: str) -> None:
    assert first(typed) == found


@pytest.mark.parametrize(
    ("typed", "found"),
    [("Elektriker", "elektroniker"), ("kfz-mechatroniker", "kraftfahrzeugmechatroniker"), ("SHK", "anlagenmechaniker")],
)
def test_search_knows_everyday_words(typed: str, found: str) -> None:
    assert (first(typed) or "").startswith(found)


def test_search_finds_the_occupations_of_an_official_example_title() -> None:
    ids = {one.id for one in reference.search_occupations("Blechstanzer")}
    assert "stanz-und-umformmechaniker" in ids


def test_search_puts_beginnings_before_inner_parts() -> None:
    ids = [one.id for one in reference.search_occupations("mechatroniker", limit=30)]
    assert ids.index("mechatroniker-fuer-kaeltetechnik") < ids.index("kraftfahrzeugmechatroniker")


def test_search_puts_what_clusters_train_first() -> None:
    found = reference.search_occupations("elektroniker für", limit=8)
    focus = [bool(one.focus) for one in found]
    assert True in focus
    assert focus == sorted(focus, reverse=True)


def test_search_respects_its_limit() -> None:
    assert len(reference.search_occupations("er", limit=3)) == 3


@pytest.mark.parametrize("typed", ["", "   ", "-", "(m/w/d)", "xyzzyqq", "q" * 5000])
def test_search_finds_nothing_for_nothing(typed: str) -> None:
    assert reference.search_occupations(typed) == ()


def misspelt(name: str, dice: random.Random) -> str:
    at = dice.randrange(len(name))
    letter = dice.choice("abcdefghijklmnoprstuvwz")
    pieces = [name[:at] + letter + name[at + 1 :], name[:at] + letter + name[at:], name[:at] + name[at + 1 :]]
    swapped = name[:at] + name[at + 1 : at + 2] + name[at : at + 1] + name[at + 2 :]
    return dice.choice([*pieces, swapped])


def test_search_finds_every_cluster_occupation_with_one_letter_wrong() -> None:
    dice = random.Random(7)  # noqa: S311 - chooses misspellings
    for one in (one for one in reference.occupations() if one.focus and not one.specialisation_of):
        typed = misspelt(folded(one.name_de).split()[0], dice)
        ids = {found.id for found in reference.search_occupations(typed, limit=361)}
        assert one.id in ids, typed


@pytest.mark.parametrize("typed", ["nechatroniker", "mchatroniker", "mmechatroniker", "emchatroniker", "mechatronikre"])
def test_one_letter_off_sees_wrong_missing_doubled_and_swapped(typed: str) -> None:
    assert one_letter_off(typed, "mechatroniker")


@pytest.mark.parametrize("typed", ["nekatroniker", "chatroniker", "elektroniker"])
def test_one_letter_off_refuses_two(typed: str) -> None:
    assert not one_letter_off(typed, "mechatroniker")


def test_find_occupation_knows_every_full_name() -> None:
    assert [one for one in reference.occupations() if reference.find_occupation(one.name_de) != one.id] == []


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("mechatroniker", "mechatroniker"),
        ("Mechatronikerin", "mechatroniker"),
        ("Kfz-Mechatronikerin", "kraftfahrzeugmechatroniker"),
        ("Blechstanzer/in", None),  # an example title of two occupations
        ("mechatronics technician", "mechatroniker"),
        ("Heizungsbauer", "anlagenmechaniker-fuer-sanitaer-heizungs-und-klimatechnik"),
        ("mechatron", None),
        ("", None),
        ("*", None),
    ],
)
def test_find_occupation_takes_whole_names_only(typed: str, found: str | None) -> None:
    assert reference.find_occupation(typed) == found


def test_sort_key_orders_german_names() -> None:
    names = ["Zoll", "Öhler", "Ober", "Äpfel", "Apfel", "Straße", "Strasse", "zander", "Ohm"]
    in_order = ["Apfel", "Äpfel", "Ober", "Öhler", "Ohm", "Strasse", "Straße", "zander", "Zoll"]
    assert sorted(names, key=reference.sort_key) == in_order
