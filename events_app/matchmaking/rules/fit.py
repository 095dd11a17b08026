"""How well offers answer needs: occupation, form, places, nearness. Used by the scoring and by the explanations."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from typing import NamedTuple

from events_app.matchmaking.rules.constants import (
    ANY,
    COUNTING_SIMILARITY,
    HALVING_KM,
    NEIGHBOUR_DISTRICT,
    REACH_KM,
    REMOTE,
    SAME_DISTRICT,
    SAME_FAMILY,
    SAME_FORM,
    SAME_NUTS2,
    SAME_OCCUPATION,
    SAME_STATE,
    SIMILARITY_BY_DIGITS,
)
from events_app.matchmaking.rules.values import Knowledge, Need, Offer, Participant, Point, Reason
from events_app.reference import distance_km


class Answer(NamedTuple):
    """An admissible offer for a need: `similarity` in hundredths, `form` in halves."""

    need: Need
    offer: Offer
    similarity: int
    form: int

    @property
    def fit(self) -> int:
        """Similarity times form factor, of `FULL_FIT`."""
        return self.similarity * self.form

    @property
    def counts(self) -> bool:
        return self.similarity >= COUNTING_SIMILARITY


class NeedMet(NamedTuple):
    """What a partner has for one need: the best answer, if any, and how many places it covers at most."""

    need: Need
    best: Answer | None
    covered: int

    @property
    def similarity(self) -> int:
        return self.best.similarity if self.best else 0

    @property
    def form(self) -> int:
        return self.best.form if self.best else 0

    @property
    def fit(self) -> int:
        return self.similarity * self.form


class Nearness(NamedTuple):
    value: float
    reason: Reason


NOT_NEAR = Nearness(0.0, Reason("not_near", {}))


def answers(need: Need, partner: Participant, knowledge: Knowledge) -> Iterator[Answer]:
    """The partner's offers that count for the need: its kind may offer them and the form is of the same family."""
    for offer in partner.offers:
        form = form_factor(need.form, offer.form, knowledge)
        if form and admissible(offer.form, partner.kind, knowledge):
            yield Answer(need, offer, similarity(need.occupation, offer.occupation, knowledge), form)


def admissible(form: str, kind: str, knowledge: Knowledge) -> bool:
    facts = knowledge.forms.get(form)
    return facts is not None and facts.matchable and (ANY in facts.offered_by or kind in facts.offered_by)


def form_factor(wanted: str, offered: str, knowledge: Knowledge) -> int:
    """In halves: 2 the same form, 1 one of its family, 0 another."""
    if wanted == offered:
        return SAME_FORM
    one, other = knowledge.forms.get(wanted), knowledge.forms.get(offered)
    return SAME_FAMILY if one and other and one.family == other.family else 0


def similarity(wanted: str, offered: str, knowledge: Knowledge) -> int:
    """In hundredths, by the digits of the KldB code that two occupations share."""
    if wanted == offered or ANY in (wanted, offered):
        return SAME_OCCUPATION
    return by_shared_digits(shared_digits(wanted, offered, knowledge))


def by_shared_digits(digits: int) -> int:
    return next((value for length, value in SIMILARITY_BY_DIGITS if digits >= length), 0)


def shared_digits(one: str, other: str, knowledge: Knowledge) -> int:
    """How many leading digits two occupations' own KldB codes share, 0 to 5."""
    pairs = zip(knowledge.kldb.get(one, ""), knowledge.kldb.get(other, ""), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def served_places(answer: Answer, knowledge: Knowledge) -> int:
    """How many of the needed places the offer covers; all of them where the two count different things."""
    if knowledge.forms[answer.need.form].unit != knowledge.forms[answer.offer.form].unit:
        return answer.need.places
    return min(answer.need.places, answer.offer.places)


def nearness(company: Participant, partner: Participant, offer: Offer, knowledge: Knowledge) -> Nearness:
    """The best of district, distance and remote; of equal ones the first."""
    options = [by_district(company.district, partner.district, offer.districts, knowledge)]
    km = kilometres(company.point, partner.point)
    if km is not None:
        options.append(Nearness(by_distance(km), Reason("distance", {"km": round(km)})))
    if offer.remote:
        options.append(Nearness(REMOTE, Reason("remote", {})))
    return max(options, key=lambda one: one.value)


def by_distance(km: float) -> float:
    return 0.5 ** (km / HALVING_KM) if km <= REACH_KM else 0.0


def kilometres(one: Point | None, other: Point | None) -> float | None:
    return distance_km(one, other) if one and other else None


def by_district(home: str | None, own: str | None, served: frozenset[str], knowledge: Knowledge) -> Nearness:
    """How near a company's district is to the offerer's own and the served ones."""
    here = knowledge.districts.get(home or "")
    if home is None or here is None:
        return NOT_NEAR
    if home == own:
        return Nearness(SAME_DISTRICT, Reason("same_district", {"district": home}))
    if home in served:
        return Nearness(SAME_DISTRICT, Reason("served_district", {"district": home}))
    return _beside(home, sorted(served | {own} if own else served), knowledge)


def _beside(home: str, areas: list[str], knowledge: Knowledge) -> Nearness:
    here = knowledge.districts[home]
    known = [(area, knowledge.districts[area]) for area in areas if area in knowledge.districts]
    for area, _ in known:
        if area in here.neighbours:
            return Nearness(NEIGHBOUR_DISTRICT, Reason("neighbour_district", {"district": area}))
    if any(facts.nuts2 == here.nuts2 for _, facts in known):
        return Nearness(SAME_NUTS2, Reason("same_nuts2", {"nuts2": here.nuts2}))
    if any(facts.state == here.state for _, facts in known):
        return Nearness(SAME_STATE, Reason("same_state", {"state": here.state}))
    return NOT_NEAR
