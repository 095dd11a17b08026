"""The score of a pair: how well a partner's offers answer a company's needs, for both sides.

The plain, pair-by-pair truth. `scan.py` finds the same candidates among all pairs quickly.
Source of every rule and number: the project's design, "Matching: score"; numbers in `constants.py`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import product

from events_app.matchmaking.rules.constants import ELIGIBLE_FIT, FULL_FIT, SAME_FORM, THOUSANDTHS, WISH_BONUS
from events_app.matchmaking.rules.fit import NOT_NEAR, Answer, Nearness, NeedMet, answers, nearness, served_places
from events_app.matchmaking.rules.reasons import pair_reasons, weakest
from events_app.matchmaking.rules.values import (
    DEFAULT_WEIGHTS,
    Candidate,
    Components,
    Knowledge,
    Need,
    Offer,
    Participant,
    Weights,
)


def score_pair(
    company: Participant, partner: Participant, knowledge: Knowledge, weights: Weights = DEFAULT_WEIGHTS
) -> Candidate | None:
    """The pair with its score, components and reasons; None if it can't be matched.

    `company` is the side that needs, `partner` the side that offers. A pin lets a pair in that no threshold would,
    a veto of either side keeps any pair out, and so does, neutrally, that they work together already.
    """
    if not may_be_paired(company, partner):
        return None
    met = [_need_met(need, partner, knowledge) for need in company.needs]
    near = _best_nearness(company, partner, knowledge)
    eligible = max(one.fit for one in met) >= ELIGIBLE_FIT and near.value > 0
    pinned = is_pinned(company, partner)
    if not eligible and not pinned:
        return None
    themes = shared_share(company.themes, partner.themes)
    components = combined(met, near.value, themes)
    return Candidate(
        company=company.id,
        partner=partner.id,
        score=rounded(together(components, weights, wished=is_wished(company, partner))),
        components=components,
        reasons=(
            *pair_reasons(company, partner, met, near, knowledge),
            *weakest(met, components, weights),
        ),
        pinned=pinned,
        forced=not eligible,
    )


def score_every_pair(
    participants: Sequence[Participant], knowledge: Knowledge, weights: Weights = DEFAULT_WEIGHTS
) -> list[Candidate]:
    """All candidates, by the ids of company and partner: each pair looked at on its own."""
    scored = (score_pair(one, other, knowledge, weights) for one, other in product(participants, repeat=2))
    return one_direction_each(found for found in scored if found)


def one_direction_each(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Of two organisations that could each be the other's partner, the better direction, by ids.

    An eligible one goes before a forced one, then the higher score, then the lower id on the company's side.
    """
    best: dict[frozenset[str], Candidate] = {}
    for one in sorted(candidates, key=lambda one: (one.forced, -one.score, one.company)):
        best.setdefault(frozenset((one.company, one.partner)), one)
    return sorted(best.values(), key=lambda one: (one.company, one.partner))


def may_be_paired(company: Participant, partner: Participant) -> bool:
    sides = not is_same(company, partner) and bool(company.needs and partner.offers)
    return sides and not is_kept_apart(company, partner)


def is_same(one: Participant, other: Participant) -> bool:
    """One registration, or two of one organisation."""
    return one.id == other.id or (one.organisation is not None and one.organisation == other.organisation)


def is_kept_apart(one: Participant, other: Participant) -> bool:
    return is_vetoed(one, other) or other.id in one.together or one.id in other.together


def is_vetoed(one: Participant, other: Participant) -> bool:
    return other.id in one.vetoes or one.id in other.vetoes


def is_pinned(one: Participant, other: Participant) -> bool:
    return other.id in one.musts and one.id in other.musts


def is_wished(one: Participant, other: Participant) -> bool:
    """Whether at least one of the two wants to meet; a second wish adds nothing."""
    return other.id in one.wishes | one.musts or one.id in other.wishes | other.musts


def together(components: Components, weights: Weights, *, wished: bool) -> float:
    """The harmonic mean of both sides' utilities, 0 to 1, with the bonus of a wish."""
    company, partner = weights.company, weights.partner
    p, r, _, c, t = components
    one = company.occupation * p + company.region * r + company.themes * t
    other = partner.occupation * p + partner.region * r + partner.capacity * c + partner.themes * t
    mean = 2 * one * other / (one + other) if one + other else 0.0
    return min(1.0, mean + WISH_BONUS if wished else mean)


def combined(met: Sequence[NeedMet], region: float, themes: float) -> Components:
    """The five parts; those over needs are shares of whole numbers, so that their order can't matter."""
    places = sum(one.need.places for one in met)
    return Components(
        occupation=sum(one.need.places * one.fit for one in met) / (FULL_FIT * places),
        region=region,
        cooperation=sum(one.need.places * one.form for one in met) / (SAME_FORM * places),
        capacity=sum(one.covered for one in met) / places,
        themes=themes,
    )


def rounded(value: float) -> int:
    """Thousandths, halves up."""
    return math.floor(THOUSANDTHS * value + 0.5)


def _need_met(need: Need, partner: Participant, knowledge: Knowledge) -> NeedMet:
    found = [one for one in answers(need, partner, knowledge) if one.fit]
    covered = max((served_places(one, knowledge) for one in found if one.counts), default=0)
    return NeedMet(need, max(found, key=_preference, default=None), covered)


def _preference(one: Answer) -> tuple[int, int, str, str, int]:
    return (one.fit, one.form, one.offer.occupation, one.offer.form, one.offer.places)


def _best_nearness(company: Participant, partner: Participant, knowledge: Knowledge) -> Nearness:
    """Of the offers that count for any need; 0 where none does."""
    counting = {one.offer for need in company.needs for one in answers(need, partner, knowledge) if one.counts}
    found = [nearness(company, partner, offer, knowledge) for offer in sorted(counting, key=_spelled_out)]
    return max(found, key=lambda one: one.value, default=NOT_NEAR)


def _spelled_out(offer: Offer) -> tuple[list[str], bool]:
    return (sorted(offer.districts), offer.remote)


def shared_share(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard: shared themes of all themes, 0 if either has none."""
    return len(one & other) / len(one | other) if one and other else 0.0
