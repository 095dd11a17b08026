from __future__ import annotations

from dataclasses import replace

import pytest

from events_app import reference
from events_app.matchmaking.knowledge import knowledge
from events_app.matchmaking.rules.explain import explain_unmatched
from events_app.matchmaking.rules.values import Need, Offer, Participant, Reason

FACTS = knowledge()
BEDBURG = Participant(
    "d52",
    "company",
    "05362",
    reference.location("50181", "05362"),
    needs=(Need("mechatroniker", "grundlehrgang", 1),),
)
LEUNA = Participant(
    "d11",
    "training_provider",
    "15088",
    reference.location("06237", "15088"),
    offers=(Offer("mechatroniker", "grundlehrgang", 12),),
)


def why(one: Participant, *others: Participant, candidates: int = 0) -> tuple[Reason, ...]:
    return explain_unmatched([one.id], [one, *others], {one.id: candidates}, FACTS)[one.id]


def needing(*needs: Need) -> Participant:
    return replace(BEDBURG, needs=needs)


def test_explain_names_the_nearest_beyond_reach() -> None:
    assert why(BEDBURG, LEUNA) == (
        Reason(
            "too_far",
            {
                "occupation": "mechatroniker",
                "form": "grundlehrgang",
                "within_km": 100,
                "nearest_km": 381,
                "nearest": "d11",
            },
        ),
    )


def test_explain_tells_a_partner_the_nearest_company() -> None:
    (reason,) = why(LEUNA, BEDBURG)
    assert (reason.code, reason.values["nearest"]) == ("too_far", "d52")


def test_explain_without_postcodes_has_no_kilometres() -> None:
    (reason,) = why(replace(BEDBURG, point=None), LEUNA)
    assert (reason.code, reason.values["nearest_km"], reason.values["nearest"]) == ("too_far", None, None)


def test_explain_asks_for_a_location_where_none_was_given() -> None:
    assert why(replace(BEDBURG, point=None, district=None), LEUNA)[0].code == "no_location"


@pytest.mark.parametrize(
    ("need", "code"),
    [
        (Need("koch-koechin", "grundlehrgang"), "no_partner_trains"),
        (Need("mechatroniker", "werkstatt"), "only_other_forms"),
        (Need("mechatroniker", "teilzeit"), "form_not_matched"),
    ],
)
def test_explain_says_what_nobody_offers(need: Need, code: str) -> None:
    assert [reason.code for reason in why(needing(need), LEUNA)] == [code]


def test_explain_lists_the_other_forms() -> None:
    (reason,) = why(needing(Need("mechatroniker", "werkstatt")), LEUNA)
    assert reason.values["offered"] == ["grundlehrgang"]


def test_explain_tells_a_partner_what_nobody_seeks_or_it_may_not_offer() -> None:
    cooks = replace(LEUNA, offers=(Offer("koch-koechin", "grundlehrgang"), Offer("mechatroniker", "konsortium")))
    codes = [reason.code for reason in why(cooks, BEDBURG)]
    assert codes == ["no_company_seeks", "form_not_offerable"]


def test_explain_an_empty_profile_and_empty_sides() -> None:
    assert why(replace(BEDBURG, needs=()), LEUNA) == (Reason("no_profile", {}),)
    assert why(BEDBURG) == (Reason("no_offers", {}),)
    assert why(LEUNA) == (Reason("no_needs", {}),)


def test_explain_ignores_ones_own_offers() -> None:
    both = replace(BEDBURG, kind="training_provider", offers=LEUNA.offers)
    assert why(both) == (Reason("no_offers", {}), Reason("no_needs", {}))


def test_explain_says_none_left_where_candidates_exist() -> None:
    assert why(BEDBURG, LEUNA, candidates=3) == (Reason("none_left", {"count": 3}),)


@pytest.mark.parametrize("mine", [True, False])
def test_explain_never_tells_a_veto(mine: bool) -> None:  # noqa: FBT001 - a parameter of the test
    near = replace(BEDBURG, district="15088", vetoes=frozenset(["d11"] if mine else []))
    partner = replace(LEUNA, vetoes=frozenset([] if mine else ["d52"]))
    assert why(near, partner) == (Reason("none_left", {"count": 1}),)


def test_explain_keeps_to_the_three_largest_entries() -> None:
    needs = [Need("koch-koechin", form, places) for places, form in enumerate(["uelu", "ueba", "eq", "sprache"], 1)]
    reasons = why(needing(*needs), LEUNA)
    assert [reason.values["form"] for reason in reasons] == ["sprache", "eq", "ueba"]


@pytest.mark.parametrize(("mine", "code"), [(True, "all_together"), (False, "none_left")])
def test_explain_tells_of_working_together_whoever_said_so_alone(mine: bool, code: str) -> None:  # noqa: FBT001 - a parameter of the test
    near = replace(BEDBURG, district="15088", together=frozenset(["d11"] if mine else []))
    partner = replace(LEUNA, together=frozenset([] if mine else ["d52"]))
    assert why(near, partner) == (Reason(code, {"count": 1}),)


def test_explain_counts_another_registration_of_ones_own_organisation_as_nobody() -> None:
    assert why(replace(BEDBURG, organisation="o"), replace(LEUNA, organisation="o")) == (Reason("no_offers", {}),)
