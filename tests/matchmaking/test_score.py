"""The pair-by-pair score on examples computed by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from events_app import reference
from events_app.matchmaking.knowledge import knowledge
from events_app.matchmaking.rules.fit import by_distance, by_district, form_factor, similarity
from events_app.matchmaking.rules.score import rounded, score_every_pair, score_pair
from events_app.matchmaking.rules.values import (
    Candidate,
    CompanyWeights,
    Knowledge,
    Need,
    Offer,
    Participant,
    PartnerWeights,
    Weights,
)

FACTS: Knowledge = knowledge()
HALLE, SAALEKREIS, LEIPZIG, LEIPZIG_COUNTY, GOERLITZ, DRESDEN, KIEL = (
    "15002",
    "15088",
    "14713",
    "14729",
    "14626",
    "14612",
    "01002",
)


def company(*needs: Need, district: str | None = HALLE, **more: Any) -> Participant:
    wanted = needs or (Need("mechatroniker", "grundlehrgang", 2),)
    return Participant("c", "company", district=district, needs=wanted, **more)


def provider(*offers: Offer, district: str | None = HALLE, **more: Any) -> Participant:
    given_ = offers or (Offer("mechatroniker", "grundlehrgang", 12),)
    return Participant("p", "training_provider", district=district, offers=given_, **more)


def scored(one: Participant, other: Participant, weights: Weights | None = None) -> Candidate:
    found = score_pair(one, other, FACTS, weights or Weights())
    assert found is not None
    return found


def codes(candidate: Candidate) -> list[str]:
    return [reason.code for reason in candidate.reasons]


def values(candidate: Candidate, code: str) -> dict[str, Any]:
    return dict(next(reason.values for reason in candidate.reasons if reason.code == code))


# --- occupation and form


@pytest.mark.parametrize(
    ("wanted", "offered", "hundredths"),
    [
        ("mechatroniker", "mechatroniker", 100),
        ("*", "mechatroniker", 100),
        ("mechatroniker", "*", 100),
        ("*", "*", 100),
        ("zerspanungsmechaniker", "fachkraft-fuer-metalltechnik-fachrichtung-zerspanungstechnik", 90),  # 24232
        ("hochbaufacharbeiter", "maurer", 45),  # 32102 and 32122: three digits
        ("mechatroniker", "elektroniker-fuer-automatisierungstechnik", 45),  # 26112, 26122
        ("mechatroniker", "elektroniker-fuer-betriebstechnik", 15),  # 26112, 26252
        ("mechatroniker", "industriemechaniker", 0),  # 26112, 25102
        ("elektroniker", "elektroniker-fachrichtung-energie-und-gebaeudetechnik", 45),  # own codes 26252, 26212
        ("mechatroniker", "no-such-occupation", 0),
        ("no-such-occupation", "no-such-occupation", 100),
    ],
)
def test_similarity_by_shared_digits(wanted: str, offered: str, hundredths: int) -> None:
    assert similarity(wanted, offered, FACTS) == hundredths
    assert similarity(offered, wanted, FACTS) == hundredths


def test_similarity_of_four_shared_digits_that_differ_in_level() -> None:
    facts = Knowledge({"helper": "26111", "expert": "26114"}, {}, {})
    assert similarity("helper", "expert", facts) == 75


@pytest.mark.parametrize(
    ("wanted", "offered", "halves"),
    [
        ("grundlehrgang", "grundlehrgang", 2),
        ("grundlehrgang", "pruefungsvorbereitung", 1),  # both kurs
        ("grundlehrgang", "werkstatt", 0),
        ("konsortium", "verbund_leitbetrieb", 1),
        ("nonsense", "werkstatt", 0),
    ],
)
def test_form_factor_by_family(wanted: str, offered: str, halves: int) -> None:
    assert form_factor(wanted, offered, FACTS) == halves


def test_offer_counts_only_if_the_organisations_kind_may_make_it() -> None:
    offer = Offer("mechatroniker", "pruefungsvorbereitung", 5)  # companies may not offer it
    need = company(Need("mechatroniker", "pruefungsvorbereitung"))
    assert score_pair(need, replace(provider(offer), kind="company"), FACTS) is None
    assert scored(need, provider(offer)).components.occupation == 1


def test_offer_of_a_form_open_to_all_counts_from_any_kind() -> None:
    offer = Offer("*", "unterkunft_mobilitaet", 5)
    need = company(Need("mechatroniker", "unterkunft_mobilitaet"))
    assert scored(need, replace(provider(offer), kind="other")).components.occupation == 1


def test_form_that_is_information_only_never_matches_and_still_weighs() -> None:
    part_time = Need("maschinen-und-anlagenfuehrer", "teilzeit", 1)
    offers = (Offer("mechatroniker", "grundlehrgang", 9), Offer("*", "teilzeit", 9))
    assert score_pair(company(part_time), provider(*offers), FACTS) is None
    both = scored(company(Need("mechatroniker", "grundlehrgang", 2), part_time), provider(*offers))
    assert both.components.occupation == pytest.approx(2 / 3)  # D16: two of three places
    assert values(both, "unmet_needs") == {"count": 1}


@pytest.mark.parametrize(
    ("offered", "form", "fit"),
    [
        ("mechatroniker", "pruefungsvorbereitung", 0.5),  # 1.0 times 0.5
        ("elektroniker-fuer-automatisierungstechnik", "grundlehrgang", 0.45),
        ("elektroniker-fuer-automatisierungstechnik", "pruefungsvorbereitung", None),  # 0.225
        ("elektroniker-fuer-betriebstechnik", "grundlehrgang", None),  # 0.15
    ],
)
def test_best_need_must_reach_0_4(offered: str, form: str, fit: float | None) -> None:
    found = score_pair(company(), provider(Offer(offered, form, 9)), FACTS)
    assert (found.components.occupation if found else None) == fit


# --- region


@pytest.mark.parametrize(
    ("home", "own", "served", "value", "code"),
    [
        (HALLE, HALLE, (), 1.0, "same_district"),
        (HALLE, SAALEKREIS, (HALLE,), 1.0, "served_district"),
        (HALLE, HALLE, (SAALEKREIS,), 1.0, "same_district"),
        (HALLE, SAALEKREIS, (), 0.7, "neighbour_district"),
        (LEIPZIG, LEIPZIG_COUNTY, (), 0.7, "neighbour_district"),  # two districts named Leipzig
        (SAALEKREIS, LEIPZIG, (), 0.0, "not_near"),  # no common border, other Land
        (LEIPZIG, DRESDEN, (), 0.2, "same_state"),
        (GOERLITZ, DRESDEN, (), 0.4, "same_nuts2"),  # DED2
        (KIEL, DRESDEN, (), 0.0, "not_near"),
        (KIEL, DRESDEN, (KIEL, LEIPZIG), 1.0, "served_district"),
        (None, HALLE, (HALLE,), 0.0, "not_near"),
        (HALLE, None, (), 0.0, "not_near"),
        (HALLE, None, (HALLE,), 1.0, "served_district"),
        ("99999", HALLE, (), 0.0, "not_near"),
    ],
)
def test_by_district(home: str | None, own: str | None, served: tuple[str, ...], value: float, code: str) -> None:
    near = by_district(home, own, frozenset(served), FACTS)
    assert (near.value, near.reason.code) == (value, code)


@pytest.mark.parametrize(
    ("km", "value"), [(0, 1.0), (33, 0.5), (66, 0.25), (100, 0.5 ** (100 / 33)), (100.001, 0.0), (381, 0.0)]
)
def test_by_distance_halves_every_33_km_up_to_100(km: float, value: float) -> None:
    assert by_distance(km) == value


def test_region_takes_the_greater_of_district_and_distance() -> None:
    # D18 Naunhof and D17 Leipzig are neighbours (0.7); 16.5 km are worth 0.5^(16.5/33) = 0.707.
    naunhof, leipzig = reference.location("04683", LEIPZIG_COUNTY), reference.location("04109", LEIPZIG)
    found = scored(company(district=LEIPZIG_COUNTY, point=naunhof), provider(district=LEIPZIG, point=leipzig))
    assert found.components.region == pytest.approx(0.708, abs=0.001)
    assert values(found, "distance") == {"km": 16}
    further = reference.location("06110", HALLE)
    assert further is not None
    found = scored(company(district=LEIPZIG_COUNTY, point=naunhof), provider(district=LEIPZIG, point=further))
    assert found.components.region == 0.7
    assert "neighbour_district" in codes(found)


def test_region_of_one_postcode_in_two_districts_follows_the_district() -> None:
    # D04 in Halle and D05 in Salzatal share 06120; a provider in Halle is at home for one, next door for the other.
    d04 = company(district=HALLE, point=reference.location("06120", HALLE))
    d05 = company(district=SAALEKREIS, point=reference.location("06120", SAALEKREIS))
    halle = provider(district=HALLE, point=reference.location("06108", HALLE))
    assert scored(d04, halle).components.region == 1.0
    assert 0.7 <= scored(d05, halle).components.region < 1.0
    assert values(scored(d05, halle), "distance")["km"] > values(scored(d04, halle), "distance")["km"]


def test_region_without_any_location_needs_remote() -> None:
    # D54 has no address.
    nowhere = replace(company(), district=None)
    assert score_pair(nowhere, provider(), FACTS) is None
    online = Offer("mechatroniker", "grundlehrgang", 12, remote=True)
    found = scored(nowhere, provider(online))
    assert found.components.region == 0.6
    assert "remote" in codes(found)


def test_region_remote_is_a_floor_not_a_ceiling() -> None:
    online = Offer("mechatroniker", "grundlehrgang", 12, remote=True)
    assert scored(company(district=KIEL), provider(online)).components.region == 0.6
    assert scored(company(), provider(online)).components.region == 1.0


def test_region_ignores_offers_of_another_trade() -> None:
    elsewhere = Offer("koch-koechin", "grundlehrgang", 12, districts=frozenset([KIEL]))
    assert score_pair(company(district=KIEL), provider(elsewhere, *provider().offers), FACTS) is None


def test_region_zero_is_not_eligible() -> None:
    assert score_pair(company(district=KIEL), provider(), FACTS) is None


# --- places, themes, and all together


def test_score_of_two_needs_by_hand() -> None:
    one = company(
        Need("mechatroniker", "grundlehrgang", 2),
        Need("industriemechaniker", "pruefungsvorbereitung", 4),
        themes=frozenset({"digital", "co2"}),
    )
    other = provider(
        Offer("mechatroniker", "grundlehrgang", 1),
        Offer("industriemechaniker", "grundlehrgang", 3),
        district=SAALEKREIS,
        themes=frozenset({"digital", "bildung"}),
    )
    found = scored(one, other)
    # P = (2 * 1.0 + 4 * 0.5) / 6 = 2/3; R = 0.7; form (2 * 1 + 4 * 0.5) / 6 = 2/3; C = (1 + 3) / 6 = 2/3; T = 1/3
    assert found.components == pytest.approx((2 / 3, 0.7, 2 / 3, 2 / 3, 1 / 3))
    # u_company = 0.6 * 0.66667 + 0.32 * 0.7 + 0.08 * 0.33333 = 0.650667
    # u_partner = 0.47 * 0.66667 + 0.28 * 0.7 + 0.18 * 0.66667 + 0.07 * 0.33333 = 0.652667
    # h = 2 * 0.650667 * 0.652667 / 1.303333 = 0.651665
    assert found.score == 652


def test_score_of_a_perfect_pair_is_1000_and_names_no_weakness() -> None:
    themes = frozenset({"digital"})
    found = scored(company(themes=themes), provider(themes=themes))
    assert found.score == 1000
    assert tuple(found.components) == (1, 1, 1, 1, 1)
    assert "weakest" not in codes(found)


def test_score_of_d01_and_d11_by_hand() -> None:
    # P = 1 (both needs offered), R = 0.7 (neighbours; 18 km are worth 0.69), C = 1 (12 and 16 of 2), T = 0
    # u_company = 0.60 + 0.224 = 0.824; u_partner = 0.47 + 0.196 + 0.18 = 0.846; h = 1.394208 / 1.67 = 0.834855
    one = Participant(
        "D01",
        "company",
        HALLE,
        reference.location("06112", HALLE),
        needs=(Need("mechatroniker", "grundlehrgang", 2), Need("mechatroniker", "pruefungsvorbereitung", 2)),
        themes=frozenset({"digital", "innovation"}),
    )
    other = Participant(
        "D11",
        "training_provider",
        SAALEKREIS,
        reference.location("06237", SAALEKREIS),
        offers=(
            Offer("mechatroniker", "grundlehrgang", 12),
            Offer("mechatroniker", "pruefungsvorbereitung", 16),
            Offer("*", "ausbilderqualifizierung", 15),
        ),
        themes=frozenset({"bildung", "fachkraefte"}),
    )
    found = scored(one, other)
    assert found.score == 835
    assert values(found, "weakest") == {"criterion": "region"}
    assert values(found, "distance") == {"km": 18}


def test_capacity_takes_the_largest_offer_whatever_fits_best() -> None:
    best, large = Offer("mechatroniker", "grundlehrgang", 1), Offer("mechatroniker", "pruefungsvorbereitung", 9)
    found = scored(company(Need("mechatroniker", "grundlehrgang", 4)), provider(best, large))
    assert (found.components.occupation, found.components.capacity) == (1, 1)


def test_capacity_in_different_units_is_no_shortage() -> None:
    need = company(Need("mechatroniker", "zusatzqualifikation", 10))  # places
    found = scored(need, provider(Offer("mechatroniker", "lernmodul", 1)))  # licences
    assert found.components.capacity == 1
    assert values(found, "capacity") == {
        "need": "mechatroniker",
        "offered": 1,
        "wanted": None,
        "unit": "licences",
    }


def test_themes_are_jaccard_and_zero_if_one_has_none() -> None:
    two, three = frozenset({"co2", "digital"}), frozenset({"digital", "bildung", "innovation"})
    assert scored(company(themes=two), provider(themes=three)).components.themes == 0.25
    assert scored(company(themes=frozenset()), provider(themes=three)).components.themes == 0


@pytest.mark.parametrize(
    ("value", "thousandths"), [(0.0, 0), (0.0005, 1), (0.00049, 0), (0.9995, 1000), (0.83485, 835), (1.0, 1000)]
)
def test_rounded_halves_go_up(value: float, thousandths: int) -> None:
    assert rounded(value) == thousandths


def test_weights_of_an_event_shift_the_score_and_need_not_sum_to_one() -> None:
    one, other = company(district=SAALEKREIS), provider()
    region_only = Weights(CompanyWeights(0, 5, 0), PartnerWeights(0, 2, 0, 0))
    assert scored(one, other, region_only).score == 700
    assert CompanyWeights(3, 1, 0).occupation == 0.75


@pytest.mark.parametrize("wrong", [(-1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (math.nan, 1.0, 1.0), (math.inf, 0.0, 0.0)])
def test_weights_refuse_what_is_no_weight(wrong: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="weights"):
        CompanyWeights(*wrong)


# --- wishes, vetoes, pins


def test_wish_of_one_side_adds_a_tenth_up_to_one() -> None:
    plain = scored(company(district=SAALEKREIS), provider()).score
    wished = scored(company(district=SAALEKREIS, wishes=frozenset("p")), provider())
    asked = scored(company(district=SAALEKREIS), provider(wishes=frozenset("c")))
    both = scored(company(district=SAALEKREIS, wishes=frozenset("p")), provider(wishes=frozenset("c")))
    assert wished.score == asked.score == both.score == plain + 100
    assert [values(one, "wish")["by"] for one in (wished, asked, both)] == ["company", "partner", "both"]
    assert scored(company(wishes=frozenset("p")), provider()).score <= 1000


def test_veto_of_either_side_keeps_apart_even_if_pinned() -> None:
    for mine, theirs in ((frozenset("p"), frozenset[str]()), (frozenset[str](), frozenset("c"))):
        one = company(vetoes=mine, musts=frozenset("p"))
        assert score_pair(one, provider(vetoes=theirs, musts=frozenset("c")), FACTS) is None


def test_pin_takes_both_sides_and_passes_thresholds() -> None:
    one, other = company(district=KIEL, musts=frozenset("p")), provider(musts=frozenset("c"))
    found = scored(one, other)
    assert (found.pinned, found.forced, found.components.region) == (True, True, 0)
    assert {"pinned", "not_near"} <= set(codes(found))
    assert score_pair(one, provider(), FACTS) is None
    near = scored(company(musts=frozenset("p")), other)
    assert (near.pinned, near.forced) == (True, False)


def test_pin_needs_a_side_that_needs_and_one_that_offers() -> None:
    one = replace(company(musts=frozenset("p")), needs=())
    assert score_pair(one, provider(musts=frozenset("c")), FACTS) is None


def test_pair_with_itself_is_none() -> None:
    both = replace(company(), offers=provider().offers, kind="training_provider")
    assert score_pair(both, both, FACTS) is None


def test_pairs_in_both_directions_keep_the_better_then_the_lower_id() -> None:
    need, offer = Need("mechatroniker", "konsortium", 1), Offer("mechatroniker", "konsortium", 1)
    one = Participant("a", "company", HALLE, needs=(need,), offers=(offer,))
    other = replace(one, id="b")
    assert [(c.company, c.partner) for c in score_every_pair([other, one], FACTS)] == [("a", "b")]
    wants_two = replace(one, needs=(replace_places(need, 2),))  # finds one place of two: the other way is better
    assert [(c.company, c.partner) for c in score_every_pair([wants_two, other], FACTS)] == [("b", "a")]


def replace_places(need: Need, places: int) -> Need:
    return Need(need.occupation, need.form, places)


# --- reasons


def test_reasons_name_the_best_three_needs_and_count_the_rest() -> None:
    needs = [Need("mechatroniker", form, 1) for form in ("grundlehrgang", "uelu", "ueba", "werkstatt")]
    found = scored(company(*needs), provider())
    assert codes(found).count("same_occupation") == 3
    assert codes(found)[:2] == ["same_occupation", "same_form"]
    assert values(found, "unmet_needs") == {"count": 1}
    assert values(found, "related_form")["offered"] == "grundlehrgang"


def test_reasons_of_a_related_occupation_say_how_related() -> None:
    found = scored(company(), provider(Offer("elektroniker-fuer-automatisierungstechnik", "grundlehrgang", 3)))
    assert values(found, "related_occupation") == {
        "need": "mechatroniker",
        "offer": "elektroniker-fuer-automatisierungstechnik",
        "level": 3,
    }
    assert values(found, "weakest") == {"criterion": "occupation"}


def test_reasons_blame_the_form_where_only_the_form_differs() -> None:
    found = scored(company(), provider(Offer("mechatroniker", "uelu", 5)))
    assert values(found, "weakest") == {"criterion": "cooperation"}


def test_reasons_blame_the_places_where_they_are_few() -> None:
    themes = frozenset({"co2"})
    found = scored(
        company(Need("mechatroniker", "uelu", 10), themes=themes),
        provider(Offer("mechatroniker", "uelu", 1), themes=themes),
    )
    assert values(found, "weakest") == {"criterion": "capacity"}
    assert values(found, "capacity")["wanted"] == 10
