"""What must hold for the scores of any two organisations, and that the scan agrees with the plain rules."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events_app import reference
from events_app.matchmaking.knowledge import knowledge
from events_app.matchmaking.rules import grid, scan
from events_app.matchmaking.rules.fit import form_factor, similarity
from events_app.matchmaking.rules.scan import Candidates, score_all
from events_app.matchmaking.rules.score import score_every_pair, score_pair, shared_share
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
HALLE, KIEL = "15002", "01002"
OCCUPATIONS = st.sampled_from(
    ["*", "mechatroniker", "elektroniker-fuer-automatisierungstechnik", "elektroniker", "zerspanungsmechaniker"]
)
FORMS = st.sampled_from(["grundlehrgang", "pruefungsvorbereitung", "lernmodul", "zusatzqualifikation", "werkstatt"])
AREAS = st.sampled_from([HALLE, "15088", "14713", "14729", "14626", "14612", KIEL])
POINTS = st.tuples(st.floats(50.5, 52.0), st.floats(11.0, 14.5))
THEMES = st.frozensets(st.sampled_from([one.id for one in reference.themes()]))
NEEDS = st.builds(Need, OCCUPATIONS, FORMS, st.integers(1, 20))
OFFERS = st.builds(Offer, OCCUPATIONS, FORMS, st.integers(1, 20), st.frozensets(AREAS, max_size=2), st.booleans())


def someone(identifier: str, needs: int, offers: int) -> st.SearchStrategy[Participant]:
    return st.builds(
        Participant,
        st.just(identifier),
        st.sampled_from(["company", "training_provider"]),
        st.none() | AREAS,
        st.none() | POINTS,
        st.lists(NEEDS, min_size=needs, max_size=needs + 3).map(tuple),
        st.lists(OFFERS, min_size=offers, max_size=offers + 3).map(tuple),
        THEMES,
    )


COMPANIES, PARTNERS = someone("c", 1, 0), someone("p", 0, 1)


def score_of(one: Participant, other: Participant) -> int:
    found = score_pair(one, other, FACTS)
    return found.score if found else -1


@settings(max_examples=300)
@given(COMPANIES, PARTNERS)
def test_scores_lie_between_0_and_1(one: Participant, other: Participant) -> None:
    found = score_pair(one, other, FACTS)
    if found:
        assert 0 < found.score <= 1000
        assert all(0 <= part <= 1 for part in found.components)


@settings(max_examples=200)
@given(COMPANIES, PARTNERS, st.randoms(use_true_random=False))
def test_scores_and_reasons_ignore_the_order_of_rows(one: Participant, other: Participant, dice: Random) -> None:
    needs, offers = list(one.needs), list(other.offers)
    dice.shuffle(needs)
    dice.shuffle(offers)
    shuffled = score_pair(replace(one, needs=tuple(needs)), replace(other, offers=tuple(offers)), FACTS)
    assert shuffled == score_pair(one, other, FACTS)


@settings(max_examples=200)
@given(COMPANIES, PARTNERS, OFFERS)
def test_scores_never_fall_by_a_further_offer(one: Participant, other: Participant, offer: Offer) -> None:
    assert score_of(one, replace(other, offers=(*other.offers, offer))) >= score_of(one, other)


@settings(max_examples=200)
@given(COMPANIES, PARTNERS, st.integers(1, 50), st.frozensets(AREAS))
def test_scores_never_fall_by_a_larger_wider_or_remote_offer(
    one: Participant, other: Participant, more: int, areas: frozenset[str]
) -> None:
    better = tuple(
        Offer(offer.occupation, offer.form, offer.places + more, offer.districts | areas, remote=True)
        for offer in other.offers
    )
    assert score_of(one, replace(other, offers=better)) >= score_of(one, other)


@settings(max_examples=200)
@given(COMPANIES, PARTNERS, POINTS, st.floats(0, 1))
def test_scores_never_rise_by_distance(
    one: Participant, other: Participant, far: tuple[float, float], share: float
) -> None:
    here = one.point or (51.5, 12.0)
    nearer = (here[0] + share * (far[0] - here[0]), here[1] + share * (far[1] - here[1]))
    if reference.distance_km(here, nearer) <= reference.distance_km(here, far):
        settled = replace(one, point=here)
        assert score_of(settled, replace(other, point=nearer)) >= score_of(settled, replace(other, point=far))


@settings(max_examples=200)
@given(COMPANIES, PARTNERS)
def test_scores_never_fall_by_a_wish(one: Participant, other: Participant) -> None:
    wishing = replace(one, wishes=frozenset("p"))
    assert score_of(wishing, other) >= score_of(one, other)
    assert score_of(wishing, replace(other, wishes=frozenset("c"))) == score_of(wishing, other)


APART = st.sampled_from(["vetoes", "together"])
FREE_WEIGHTS = st.builds(
    Weights,
    st.builds(CompanyWeights, *[st.floats(0.01, 9)] * 3),
    st.builds(PartnerWeights, *[st.floats(0.01, 9)] * 4),
)


@settings(max_examples=200)
@given(COMPANIES, PARTNERS, FREE_WEIGHTS, APART, st.sampled_from(["cp", "c", "p", ""]))
def test_either_sides_word_keeps_a_pair_apart_whatever_the_weights(
    one: Participant, other: Participant, weights: Weights, said: str, insisting: str
) -> None:
    one, other = _insisting(one, insisting), _insisting(other, insisting)
    for apart in ((replace(one, **_named(said, "p")), other), (one, replace(other, **_named(said, "c")))):
        assert score_pair(*apart, FACTS, weights) is None
        assert len(score_all(apart, FACTS, weights)) == 0


def _insisting(one: Participant, those: str) -> Participant:
    return replace(one, musts=frozenset("cp") if one.id in those else frozenset())


def _named(said: str, other: str) -> dict[str, Any]:
    return {said: frozenset(other)}


@settings(max_examples=100)
@given(COMPANIES, PARTNERS, FREE_WEIGHTS, st.booleans())
def test_a_must_of_one_side_is_a_wish_and_of_both_a_pin(
    one: Participant,
    other: Participant,
    weights: Weights,
    mutual: bool,  # noqa: FBT001 - a property's parameter
) -> None:
    insisting = replace(one, musts=frozenset("p"))
    found = score_pair(insisting, replace(other, musts=frozenset("c" if mutual else "")), FACTS, weights)
    wished = score_pair(replace(one, wishes=frozenset("p")), other, FACTS, weights)
    if mutual:
        assert found is not None
        assert found.pinned
    else:
        assert found == wished


@settings(max_examples=100)
@given(COMPANIES, PARTNERS)
def test_two_registrations_of_one_organisation_are_never_a_pair(one: Participant, other: Participant) -> None:
    same = [replace(who, organisation="o", musts=frozenset("cp")) for who in (one, other)]
    assert len(score_all(same, FACTS)) == 0


@settings(max_examples=100)
@given(st.tuples(OCCUPATIONS, OCCUPATIONS), st.tuples(FORMS, FORMS), st.tuples(THEMES, THEMES))
def test_similarity_form_and_themes_are_symmetric(
    occupations: tuple[str, str], forms: tuple[str, str], themes: tuple[frozenset[str], frozenset[str]]
) -> None:
    assert similarity(*occupations, FACTS) == similarity(*reversed(occupations), FACTS)
    assert form_factor(*forms, FACTS) == form_factor(*reversed(forms), FACTS)
    assert shared_share(*themes) == shared_share(*reversed(themes))


def pairs_of(candidates: Iterable[Candidate]) -> list[tuple[str, str, int, bool]]:
    return [(one.company, one.partner, one.score, one.pinned) for one in candidates]


def columns_of(candidates: Candidates) -> list[tuple[str, str, int, bool]]:
    people = candidates.participants
    rows = zip(candidates.company, candidates.partner, candidates.score, candidates.pinned, strict=True)
    return [(people[one].id, people[other].id, int(score), bool(pin)) for one, other, score, pin in rows]


IDS = st.frozensets(st.sampled_from("abcdefgh"), max_size=3)
ANYBODY = st.builds(
    Participant,
    st.just(""),
    st.sampled_from(["company", "training_provider", "other"]),
    st.none() | AREAS | st.just("99999"),
    st.none() | POINTS,
    st.lists(NEEDS, max_size=3).map(tuple),
    st.lists(OFFERS, max_size=3).map(tuple),
    THEMES,
    wishes=IDS,
    musts=IDS,
    vetoes=st.frozensets(st.sampled_from("abcdefgh"), max_size=1),
    together=st.frozensets(st.sampled_from("abcdefgh"), max_size=1),
    organisation=st.sampled_from([None, None, "one", "other"]),
)
EVENTS = st.lists(ANYBODY, max_size=8).map(
    lambda people: [replace(one, id=name) for one, name in zip(people, "dbhafgce", strict=False)]
)
WEIGHTS = st.sampled_from([Weights(), Weights(CompanyWeights(0, 1, 0)), Weights(partner=PartnerWeights(1, 0, 3, 0))])


@settings(max_examples=400)
@given(EVENTS, WEIGHTS)
def test_scan_finds_what_pair_by_pair_finds(people: list[Participant], weights: Weights) -> None:
    plain = score_every_pair(people, FACTS, weights)
    found = score_all(people, FACTS, weights)
    assert columns_of(found) == pairs_of(plain)
    assert list(found) == plain


@settings(max_examples=100)
@given(EVENTS, st.randoms(use_true_random=False))
def test_scan_ignores_the_order_of_participants(people: list[Participant], dice: Random) -> None:
    shuffled = list(people)
    dice.shuffle(shuffled)
    assert columns_of(score_all(shuffled, FACTS)) == columns_of(score_all(people, FACTS))


def test_scan_agrees_in_blocks_and_near_the_limits_of_distance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "CELLS", 7)
    monkeypatch.setattr(grid, "TABLE_CELLS", 5)
    dice = Random(11)  # noqa: S311 - makes test data
    north = 100 / 111.195  # degrees of latitude, about 100 km
    people = [
        Participant(
            f"{number:02}",
            dice.choice(["company", "training_provider"]),
            dice.choice([None, HALLE, KIEL]),
            (51 + dice.choice([0, north, north * (1 + 1e-5), north * (1 - 1e-5), 0.3]), 12.0),
            needs=(Need("mechatroniker", dice.choice(["werkstatt", "lernmodul"]), dice.randint(1, 9)),),
            offers=(Offer("*", dice.choice(["werkstatt", "lernmodul"]), dice.randint(1, 9)),),
        )
        for number in range(40)
    ]
    plain = pairs_of(score_every_pair(people, FACTS))
    assert len(plain) > 50
    assert columns_of(score_all(people, FACTS)) == plain


def test_scan_leaves_doubtful_digits_to_the_plain_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "DOUBT", 1.0)  # now every pair with a distance is doubtful
    dice = Random(5)  # noqa: S311 - makes test data
    people = [
        Participant(
            f"{number:02}",
            "company",
            None,
            (51 + dice.random(), 12 + dice.random()),
            needs=(Need("mechatroniker", "werkstatt", 1),),
            offers=(Offer("mechatroniker", "werkstatt", 1),),
        )
        for number in range(12)
    ]
    assert columns_of(score_all(people, FACTS)) == pairs_of(score_every_pair(people, FACTS))


def test_scan_refuses_an_id_that_comes_twice() -> None:
    with pytest.raises(ValueError, match="twice"):
        score_all([Participant("a", "company"), Participant("a", "company")], FACTS)


@pytest.mark.parametrize("people", [[], [Participant("a", "company")]])
def test_scan_of_nobody_is_empty(people: list[Participant]) -> None:
    assert len(score_all(people, FACTS)) == 0


def test_rules_leave_numpy_and_the_solver_unloaded_until_they_are_used() -> None:
    code = (
        "import sys; import events_app.matchmaking.rules.score, events_app.matchmaking.rules.explain; "
        "sys.exit('numpy' in sys.modules or 'ortools' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
