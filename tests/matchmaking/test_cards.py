from __future__ import annotations

import re
from itertools import chain
from typing import Any

import pytest

from events_app.kit.i18n import Language
from events_app.matchmaking.cards import Line, lines
from events_app.matchmaking.rules import advice, explain, reasons
from events_app.matchmaking.rules.values import Reason
from events_app.matchmaking.texts import Words

EXAMPLES: dict[str, Any] = {
    "need": "mechatroniker",
    "offer": "industriemechaniker",
    "occupation": "mechatroniker",
    "level": 3,
    "form": "grundlehrgang",
    "wanted": "grundlehrgang",
    "district": "15088",
    "nuts2": "DEE0",
    "state": "Sachsen-Anhalt",
    "km": 12,
    "themes": ["digital", "co2"],
    "by": "both",
    "criterion": "region",
    "count": 2,
    "unit": "places",
    "within_km": 100,
    "nearest_km": 131,
    "nearest": "id",
    "forms": ["werkstatt", "praktikum"],
}
SAME = (
    Reason("same_occupation", {"need": "mechatroniker"}),
    Reason("same_form", {"need": "mechatroniker", "form": "grundlehrgang"}),
    Reason("capacity", {"need": "mechatroniker", "offered": 12, "wanted": 2, "unit": "places"}),
)
OTHER = (
    Reason("related_occupation", {"need": "mechatroniker", "offer": "industriemechaniker", "level": 3}),
    Reason("related_form", {"need": "mechatroniker", "wanted": "auftragsausbildung", "offered": "verbund_leitbetrieb"}),
    Reason("capacity", {"need": "mechatroniker", "offered": 1, "wanted": 1, "unit": "places"}),
)


def documented() -> list[tuple[str, tuple[str, ...]]]:
    """(code, names of its values) of every row in the rules' tables."""
    rows = chain.from_iterable(
        re.findall(r"^\| (`[^|]*)\|([^|]*)\|", text.__doc__ or "", re.MULTILINE) for text in (reasons, explain, advice)
    )
    return [
        (code, tuple(re.findall(r"\w+", re.sub(r"\(.*?\)", "", values))))
        for codes, values in rows
        for code in re.findall(r"`(\w+)`", codes)
    ]


def example(code: str, name: str) -> Any:
    if name == "offered":
        return {"capacity": 12, "related_form": "pruefungsvorbereitung"}.get(code, ["werkstatt", "praktikum"])
    return 2 if (code, name) == ("capacity", "wanted") else EXAMPLES[name]


@pytest.mark.parametrize(("code", "values"), documented())
@pytest.mark.parametrize("language", ["de", "en"])
def test_every_code_of_the_rules_has_a_text(code: str, values: tuple[str, ...], language: Language) -> None:
    text = Words(language).reason(Reason(code, {name: example(code, name) for name in values}))
    assert text
    assert "%(" not in text
    assert not re.search(r"[äöüß]|\bund\b|\boder\b", text) or language == "de"


def test_codes_of_both_tables_are_found() -> None:
    assert len(documented()) > 35


def test_company_reads_what_is_offered_and_partner_what_is_sought() -> None:
    assert lines(SAME, "de", "company", "training_provider") == [
        Line("bietet Grundlehrgang für Mechatroniker/-in, 12 Plätze")
    ]
    assert lines(SAME, "de", "partner", "training_provider") == [
        Line("sucht Grundlehrgang für Mechatroniker/-in, 2 Plätze")
    ]
    assert lines(SAME, "en", "company", "training_provider") == [
        Line("offers basic workshop course for mechatronics technician, 12 places")
    ]


def test_company_as_partner_trains_and_what_differs_is_said() -> None:
    found = lines(OTHER, "de", "company", "company")
    assert found == [
        Line("bildet Industriemechaniker/-in aus (Verbundausbildung: Leitbetrieb mit Partnerbetrieb), 1 Platz"),
        Line("verwandter Beruf: Industriemechaniker/-in statt Mechatroniker/-in", strong=False),
        Line(
            "andere Kooperationsform als gesucht: "
            "Verbundausbildung: Leitbetrieb mit Partnerbetrieb statt Auftragsausbildung",
            strong=False,
        ),
    ]


@pytest.mark.parametrize(
    ("also", "criterion", "remark"),
    [
        ((Reason("neighbour_district", {"district": "15088"}),), "region", "im Nachbarkreis: Saalekreis"),
        ((Reason("distance", {"km": 40}),), "region", "schwächster Punkt: Entfernung"),
        ((), "themes", "keine gemeinsamen Themen"),
        ((), "capacity", "schwächster Punkt: Zahl der Plätze"),
        ((Reason("unmet_needs", {"count": 1}),), "occupation", "ein Wunsch bleibt hier offen"),
    ],
)
def test_weakest_criterion_is_said_once(also: tuple[Reason, ...], criterion: str, remark: str) -> None:
    found = lines((*SAME, *also, Reason("weakest", {"criterion": criterion})), "de", "company", "training_provider")
    assert [line.text for line in found if not line.strong] == [remark]


def test_partner_is_not_told_its_own_district_as_the_others() -> None:
    near = Reason("neighbour_district", {"district": "15088"})
    assert Line("im Nachbarkreis") in lines((*SAME, near), "de", "partner", "training_provider")


@pytest.mark.parametrize(
    ("by", "reader", "text"),
    [
        ("company", "company", "Sie möchten diese Organisation treffen"),
        ("company", "partner", "möchte Sie treffen"),
        ("both", "partner", "Sie möchten sich gegenseitig treffen"),
    ],
)
def test_wish_is_told_from_the_readers_side(by: str, reader: Any, text: str) -> None:
    assert Line(text) in lines((Reason("wish", {"by": by}),), "de", reader, "company")


def test_agent_reads_of_a_wish_from_outside() -> None:
    assert Line("Wunsch der suchenden Seite") in lines((Reason("wish", {"by": "company"}),), "de", None, "company")


def test_unknown_code_is_an_error_and_not_an_empty_text() -> None:
    with pytest.raises(LookupError):
        Words("de").reason(Reason("shrug", {}))
