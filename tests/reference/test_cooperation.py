from __future__ import annotations

import pytest

from events_app import reference


def test_forms_are_23_and_one_is_information_only() -> None:
    assert len(reference.forms()) == 23
    assert [one.id for one in reference.forms() if not one.matchable] == ["teilzeit"]


def test_form_has_names_family_and_unit() -> None:
    form = reference.form("werkstatt")
    assert form is not None
    assert (form.family, form.capacity_unit, form.offered_by) == ("werkstatt", "days", {"*"})
    assert reference.label(form, "en") == "Shared workshop, lab or equipment"
    assert reference.form("gibtsnicht") is None


def test_forms_offered_by_a_kind_include_those_open_to_all() -> None:
    company = {one.id for one in reference.forms_offered_by("company")}
    assert {"verbund_leitbetrieb", "werkstatt", "uebernahme"} <= company
    assert not company & {"uelu", "teilzeit", "asa_flex"}
    open_to_all = {"werkstatt", "lernmodul", "schulkooperation", "unterkunft_mobilitaet", "ausland"}
    assert {one.id for one in reference.forms_offered_by("other")} == open_to_all


def test_themes_are_seven() -> None:
    assert [one.id for one in reference.themes()][:2] == ["co2", "wertschoepfung"]
    assert len(reference.themes()) == 7
    digital = reference.theme("digital")
    assert digital is not None
    assert reference.label(digital, "de") == "Digitalisierung"
    assert reference.theme("mode") is None


@pytest.mark.parametrize(
    ("employees", "turnover", "balance", "expected"),
    [
        (9, 2.0, 2.0, "micro"),
        (9, 2.1, 1.9, "micro"),  # one of the two sums is enough
        (9, 2.1, 2.1, "small"),
        (10, 0.1, 0.1, "small"),
        (49, 10.0, 12.0, "small"),
        (50, 1.0, 1.0, "medium"),
        (249, 50.0, 43.1, "medium"),
        (249, 50.1, 43.0, "medium"),
        (249, 50.1, 43.1, "large"),
        (250, 0.0, 0.0, "large"),
        (5, None, None, "micro"),  # sums unknown: heads alone
        (5, 2.5, None, "small"),
        (5, None, 1.0, "micro"),
        (0, 60.0, 60.0, "large"),
    ],
)
def test_size_of_needs_heads_and_one_of_the_sums(
    employees: int, turnover: float | None, balance: float | None, expected: str
) -> None:
    assert reference.size_of(employees, turnover, balance).id == expected


@pytest.mark.parametrize(
    ("organisation", "employees", "turnover", "balance", "expected"),
    [
        ("D06 Elsteraue", 231, 49.8, 44.0, "medium"),  # balance sheet above, turnover within
        ("D16 Geiseltal", 49, 10.0, 12.0, "small"),  # the same, one class below
        ("D20 Zeitzer", 250, 50.0, 43.0, "large"),  # 250 heads are not below 250
        ("D15 Wasserstoffkante", 16, 0.6, 5.9, "small"),
        ("D03 Brikett", 4, 0.2, 0.1, "micro"),
        ("D12 Technikum", 23, 1.9, 1.2, "small"),
        ("D45 Klinikum", 690, 58.0, 74.0, "large"),
    ],
)
def test_size_of_the_demo_data_hard_cases(
    organisation: str, employees: int, turnover: float, balance: float, expected: str
) -> None:
    assert reference.size_of(employees, turnover, balance).id == expected


def test_size_classes_rise() -> None:
    assert [one.id for one in reference.size_classes()] == ["micro", "small", "medium", "large"]
    large = reference.size_class("large")
    assert large is not None
    assert (large.headcount_below, reference.label(large, "de")) == (None, "Großunternehmen")


def test_vocabulary_has_both_languages() -> None:
    assert len(reference.vocabulary()) == 55
    assert all(term.de and term.en for term in reference.vocabulary())
