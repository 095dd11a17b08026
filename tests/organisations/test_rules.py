from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from events_app.organisations import rules
from events_app.organisations.rules import name_key
from events_app.organisations.schemas import NewCluster, NewOrganisation

TOKENS = Path(__file__).parents[2] / "events_app/frontend/css/parts/tokens.css"
CLUSTER = NewCluster(slug="tab-mint", name="TAB_MINT", agent_organisation="Beispielwerk e. V.", color="#1f7a6c")
ORGANISATION = NewOrganisation(name="Saaleblick Automation GmbH", kind="company", size="small")


def cluster_errors(**changes: object) -> list[tuple[str, str]]:
    entered = rules.tidied_cluster(replace(CLUSTER, **changes))
    return [(error.field, error.code) for error in rules.cluster_problems(entered)]


def organisation_errors(**changes: object) -> list[tuple[str, str]]:
    entered = rules.tidied_organisation(replace(ORGANISATION, **changes))
    return [(error.field, error.code) for error in rules.organisation_problems(entered)]


@pytest.mark.parametrize(
    "other",
    [
        "Saaleblick Automation Gmbh",
        "SAALEBLICK AUTOMATION GMBH",
        "Saaleblick  Automation G.m.b.H.",
        "Saaleblick-Automation GmbH & Co. KG",
        "Saaleblick Automation UG (haftungsbeschränkt)",
        "Saaleblick Automation e. V.",
        "Saaleblick Automation, e.K.",
        "Saaleblick Automation gGmbH",
        "Saaleblick Automation GmbH und Co. KG",
    ],
)
def test_case_punctuation_and_legal_form_make_no_other_organisation(other: str) -> None:
    assert name_key(other) == "saaleblick automation"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Köhler & Söhne OHG", "koehler und soehne"),
        ("Haushaltsnah und Herzlich", "haushaltsnah und herzlich"),
        ("Haushaltsnah & Herzlich", "haushaltsnah und herzlich"),
        ("CoWorking Görlitz", "coworking goerlitz"),
        ("Agentur für Arbeit", "agentur fuer arbeit"),
        ("Segelwerft", "segelwerft"),
        ("Dübener Heide Holzenergie eG", "duebener heide holzenergie"),
        ("Wirtschaftsförderung Spreeseen GmbH (Demo)", "wirtschaftsfoerderung spreeseen demo"),
    ],
)
def test_what_makes_a_name_stays(name: str, key: str) -> None:
    assert name_key(name) == key


@pytest.mark.parametrize("name", ["AG", "GmbH & Co. KG", "e. V."])
def test_a_name_that_is_a_legal_form_keeps_it(name: str) -> None:
    assert name_key(name)


@given(st.text(min_size=1, max_size=200))
def test_a_key_fits_its_column_and_knows_no_case(name: str) -> None:
    assert len(name_key(name)) <= rules.MAX_NAME_KEY
    assert name_key(name) == name_key(f"  {name} ")


def test_the_grounds_are_those_of_the_pages() -> None:
    css = TOKENS.read_text()
    assert all(f"--ground: {ground};" in css for ground in rules.GROUNDS)


def test_contrast_of_black_and_white_is_21() -> None:
    assert rules.contrast("#ffffff", "#000000") == pytest.approx(21)


@pytest.mark.parametrize("colour", ["#f2c14e", "#16222c"])
def test_a_colour_that_vanishes_on_one_of_the_grounds_is_refused(colour: str) -> None:
    assert cluster_errors(color=colour) == [("/color", "low_contrast")]


def test_a_complete_cluster_has_no_problems() -> None:
    assert cluster_errors() == []


def test_what_is_wrong_with_a_cluster_is_named_field_by_field() -> None:
    found = cluster_errors(
        slug="TAB MINT",
        name=" ",
        agent_email="nobody",
        color="green",
        tagline_de="x" * 201,
        occupations=["mechatroniker", "zauberer"],
        districts=["15002", "99999"],
    )
    assert found == [
        ("/slug", "invalid_slug"),
        ("/name", "required"),
        ("/agent_email", "invalid_email"),
        ("/color", "invalid_colour"),
        ("/tagline_de", "too_long"),
        ("/occupations/1", "unknown_id"),
        ("/districts/1", "unknown_id"),
    ]


def test_what_is_wrong_with_an_organisation_is_named_field_by_field() -> None:
    found = organisation_errors(
        name="x" * 201, kind="chamber", employees=-1, postcode="06112", district="14713", themes=["digital", "alchemy"]
    )
    assert found == [
        ("/name", "too_long"),
        ("/size", "not_applicable"),
        ("/employees", "out_of_range"),
        ("/district", "district_mismatch"),
        ("/themes/1", "unknown_id"),
    ]


def test_an_unknown_postcode_or_district_is_refused() -> None:
    assert organisation_errors(postcode="00000") == [("/postcode", "unknown_postcode")]
    assert organisation_errors(district="00000") == [("/district", "unknown_district")]
