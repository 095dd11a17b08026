from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events_app.directory import rules
from events_app.directory.rules import Known, Stated, surely

FORMS = [
    "GmbH",
    "gGmbH",
    "e. V.",
    "e.V.",
    "AG",
    "KG",
    "GmbH & Co. KG",
    "G.m.b.H.",
    "OHG",
    "UG (haftungsbeschränkt)",
    "",
]
NAMES = ["Müßig & Söhne", "Saaleblick Automation", "Bildungswerk Lausitz", "Köhler und Partner", "Werkhof"]
POSTCODES = ["06112", "06108", "03046", "01968", None]

places = st.tuples(st.sampled_from(POSTCODES), st.sampled_from(["", "Halle (Saale)", "Cottbus"]), st.just(None))
known = st.builds(
    lambda name, form, place: Known(uuid4(), f"{name} {form}".strip(), *place),
    st.sampled_from(NAMES),
    st.sampled_from(FORMS),
    places,
)


def halle(name: str, **fields: Any) -> Known:
    return Known(uuid4(), name, **{"postcode": "06112", **fields})


def near_duplicates(one: Known, other: Known) -> bool:
    return bool(rules.pairs([one, other], set()))


@given(known, known)
def test_being_near_duplicates_works_both_ways(one: Known, other: Known) -> None:
    assert near_duplicates(one, other) == near_duplicates(other, one)


@given(known)
def test_everything_is_its_own_near_duplicate(one: Known) -> None:
    assert near_duplicates(one, one)


@given(
    st.sampled_from(NAMES), st.sampled_from(FORMS), st.sampled_from(FORMS), st.sampled_from([str.upper, str.lower, str])
)
def test_legal_form_and_case_make_no_other_organisation(name: str, one: str, other: str, case: Any) -> None:
    assert near_duplicates(halle(f"{name} {one}"), halle(case(f"{name}, {other}").strip(" ,")))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müßig & Söhne GmbH", "MUESSIG UND SOEHNE gGmbH"),
        ("Saaleblick-Automation e. V.", "Saaleblick Automation AG"),
        ("Köhler & Partner KG", "Köhler und Partner GmbH & Co. KG"),
    ],
)
def test_umlauts_and_ampersands_are_spelled_in_two_ways(one: str, other: str) -> None:
    assert near_duplicates(halle(one), halle(other))


@pytest.mark.parametrize(
    "other", ["Saaleblick Anlagenbau GmbH", "Saaleblick GmbH", "Saaleblick Automation Service GmbH"]
)
def test_another_name_is_another_organisation(other: str) -> None:
    assert not near_duplicates(halle("Saaleblick Automation GmbH"), halle(other))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"postcode": "06112"}, {"postcode": "06112"}, True),
        ({"postcode": "06112"}, {"postcode": "06108"}, True),  # both Halle (Saale)
        ({"postcode": "06112"}, {"postcode": None, "district": "15002"}, True),
        ({"postcode": "06112"}, {"postcode": None, "place": "halle"}, True),
        ({"postcode": "06112"}, {"postcode": None}, True),  # says nothing: somebody has to look
        ({"postcode": "06112"}, {"postcode": "03046"}, False),
        ({"postcode": "06112"}, {"postcode": None, "district": "12052"}, False),
        ({"postcode": None, "place": "Cottbus"}, {"postcode": None, "place": "Halle (Saale)"}, False),
    ],
)
def test_a_place_is_a_postcode_a_town_or_a_district(one: dict[str, Any], other: dict[str, Any], *, same: bool) -> None:
    assert near_duplicates(halle("Werkhof", **one), halle("Werkhof GmbH", **other)) is same


@given(st.lists(known, max_size=12))
def test_pairs_are_the_near_duplicates_each_once(many: list[Known]) -> None:
    found = [frozenset((one.id, other.id)) for one, other in rules.pairs(many, set())]
    wanted = {
        frozenset((one.id, other.id))
        for one in many
        for other in many
        if one is not other and near_duplicates(one, other)
    }
    assert len(found) == len(set(found))
    assert set(found) == wanted
    assert rules.pairs(many, wanted) == []


def test_a_registration_is_surely_of_the_one_spelled_the_same_at_the_same_postcode() -> None:
    one = halle("Werkhof GmbH")
    assert surely(Stated("WERKHOF  GmbH", "06112"), [one, halle("Werkhof gGmbH")]) == one.id


@pytest.mark.parametrize(
    "stated",
    [
        Stated("Werkhof gGmbH", "06112"),
        Stated("Werkhof GmbH", "06108"),
        Stated("Werkhof GmbH"),
        Stated("Werkhof GmbH", None, "15002", "a@example.org"),
    ],
)
def test_anything_less_is_not_sure(stated: Stated) -> None:
    assert surely(stated, [halle("Werkhof GmbH")]) is None


def test_two_of_one_spelling_and_postcode_are_ambiguous_unless_the_contact_knows() -> None:
    one, other = halle("Werkhof GmbH"), halle("Werkhof GmbH", contacts=frozenset(["a@example.org"]))
    assert surely(Stated("Werkhof GmbH", "06112"), [one, other]) is None
    assert surely(Stated("Werkhof GmbH", "06112", None, "a@example.org"), [one, other]) == other.id


def test_of_two_that_differ_in_case_alone_it_is_the_one_written_so() -> None:
    one, other = halle("Werkhof GmbH"), halle("Werkhof Gmbh")
    assert surely(Stated("Werkhof GmbH", "06112"), [one, other]) == one.id
    assert surely(Stated("WERKHOF GMBH", "06112"), [one, other]) is None


def test_without_a_postcode_the_contact_counts_unless_the_place_speaks_against_it() -> None:
    one = Known(uuid4(), "Werkhof GmbH", contacts=frozenset(["a@example.org"]))
    assert surely(Stated("Werkhof GmbH", None, None, "a@example.org"), [one]) == one.id
    elsewhere = halle("Werkhof GmbH", postcode="03046", contacts=frozenset(["a@example.org"]))
    assert surely(Stated("Werkhof GmbH", "06112", None, "a@example.org"), [elsewhere]) is None


def row(**columns: Any) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "name": "Werkhof",
        "name_key": "werkhof",
        "kind": "company",
        "size": None,
        "startup": False,
        "postcode": "06112",
        "place": "",
        "district": None,
        "cluster": None,
        "from_registration": True,
        "created_at": datetime(2026, 11, 1, tzinfo=UTC),
        "employees": None,
        "turnover_meur": None,
        "balance_meur": None,
        "themes": [],
        "training": "{}",
        **columns,
    }


def test_a_member_survives_then_what_was_entered_by_hand_then_the_older() -> None:
    filed, by_hand, older = row(), row(from_registration=False), row(created_at=datetime(2026, 10, 1, tzinfo=UTC))
    member = row(cluster=UUID(int=7))
    assert rules.survivor(filed, member) == member["id"]
    assert rules.survivor(filed, by_hand) == by_hand["id"]
    assert rules.survivor(filed, older) == older["id"]


def test_a_merge_takes_what_was_chosen_and_what_only_the_other_one_has() -> None:
    kept = row(themes=["digital"])
    other = row(
        name="Werkhof GmbH", name_key="werkhof", size="small", cluster=UUID(int=7), employees=12, themes=["green"]
    )
    assert rules.merged(kept, other, {"name": other["id"]}) == {
        "name": "Werkhof GmbH",
        "cluster": UUID(int=7),
        "employees": 12,
    }
    assert rules.merged(kept, other, {"name": kept["id"], "kind": other["id"]})["size"] == "small"
