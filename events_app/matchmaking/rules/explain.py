"""Why an organisation has no match: codes with values, and what would have been nearest.

Occupations and forms are ids of the reference data, `nearest` the id of an organisation; lists hold the three
entries with most places.

| code | values | says |
|---|---|---|
| `no_profile` | | it neither needs nor offers anything |
| `no_offers` / `no_needs` | | nobody else offers, or needs, anything |
| `none_left` | count | there are so many that fit, but none had room or could be met |
| `all_together` | count | there are so many that fit, and it said itself that it works with all of them already |
| `form_not_matched` | form | the form asked for is information only |
| `form_not_offerable` | form | an organisation of this kind may not offer the form |
| `only_other_forms` | occupation, form, offered | the occupation is offered, in other forms only |
| `no_partner_trains` | occupation, form | nobody offers this or a related occupation |
| `no_company_seeks` | occupation, form | nobody looks for what is offered |
| `too_far` | occupation, form, within_km, nearest_km, nearest | some fit, but none near enough |
| `no_location` | occupation, form | some fit, but the organisation gave neither district nor postcode |

`nearest_km` and `nearest` are null where no postcodes are known. A veto is never told: it counts as `none_left`, as
does what only the other side said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple, TypeVar

from events_app.matchmaking.rules.constants import (
    COUNTING_SIMILARITY,
    ELIGIBLE_FIT,
    EXPLAINED_ENTRIES,
    REACH_KM,
)
from events_app.matchmaking.rules.fit import admissible, form_factor, kilometres, nearness, similarity
from events_app.matchmaking.rules.score import is_kept_apart, is_same
from events_app.matchmaking.rules.values import Knowledge, Need, Offer, Participant, Reason

_Entry = TypeVar("_Entry", Need, Offer)


class _Pair(NamedTuple):
    """Two whose entries fit by occupation and form, with the offer of the two."""

    company: Participant
    partner: Participant
    offer: Offer


def explain_unmatched(
    unmatched: Collection[str],
    participants: Sequence[Participant],
    candidates: Mapping[str, int],
    knowledge: Knowledge,
) -> dict[str, tuple[Reason, ...]]:
    """The table's codes for each id in `unmatched`; `candidates`: how many candidates each id stands in."""
    explainer = _Explainer(participants, knowledge)
    return {
        one.id: _none_left(candidates[one.id]) if candidates.get(one.id) else _once(explainer.why_not(one))
        for one in participants
        if one.id in unmatched
    }


def _once(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Each reason once, where several entries share one."""
    found: list[Reason] = []
    for one in reasons:
        if one not in found:
            found.append(one)
    return tuple(found)


def _none_left(count: int) -> tuple[Reason, ...]:
    return (Reason("none_left", {"count": count}),)


class _Explainer:
    """Looks for what comes nearest; what fits a kind of entry is worked out once for all who have it."""

    def __init__(self, participants: Sequence[Participant], knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.offers = [(one, offer) for one in participants for offer in one.offers if self._may(one, offer)]
        self.needs = [(one, need) for one in participants for need in one.needs]
        self.offered = cache(self._offered)
        self.sought = cache(self._sought)

    def why_not(self, one: Participant) -> Iterator[Reason]:
        if not one.needs and not one.offers:
            yield Reason("no_profile", {})
        if one.needs and all(is_same(other, one) for other, _ in self.offers):
            yield Reason("no_offers", {})
        else:
            yield from (self._unanswered(one, need) for need in _largest(one.needs))
        if one.offers and all(is_same(other, one) for other, _ in self.needs):
            yield Reason("no_needs", {})
        else:
            yield from (self._unasked(one, offer) for offer in _largest(one.offers))

    def _unanswered(self, one: Participant, need: Need) -> Reason:
        facts = self.knowledge.forms.get(need.form)
        if facts is None or not facts.matchable:
            return Reason("form_not_matched", {"form": need.form})
        found = [_Pair(one, *rest) for rest in self.offered(need.occupation, need.form) if not is_same(rest[0], one)]
        return self._out_of_reach(one, need, found) if found else self._nobody_offers(one, need)

    def _unasked(self, one: Participant, offer: Offer) -> Reason:
        if not self._may(one, offer):
            return Reason("form_not_offerable", {"form": offer.form})
        seekers = self.sought(offer.occupation, offer.form)
        found = [_Pair(other, one, offer) for other in seekers if not is_same(other, one)]
        if found:
            return self._out_of_reach(one, offer, found)
        return Reason("no_company_seeks", {"occupation": offer.occupation, "form": offer.form})

    def _nobody_offers(self, one: Participant, need: Need) -> Reason:
        named = {"occupation": need.occupation, "form": need.form}
        forms = {
            offer.form
            for other, offer in self.offers
            if not is_same(other, one) and self._similar(need, offer) >= COUNTING_SIMILARITY
        }
        if forms:
            return Reason("only_other_forms", {**named, "offered": sorted(forms)})
        return Reason("no_partner_trains", named)

    def _out_of_reach(self, one: Participant, entry: Need | Offer, fitting: list[_Pair]) -> Reason:
        """Some fit: they are too far, or it is unknown where one is, or somebody's word keeps them apart."""
        others = {pair.partner.id if pair.company.id == one.id else pair.company.id for pair in fitting}
        free = [pair for pair in fitting if not is_kept_apart(pair.company, pair.partner)]
        if others <= one.together:
            return Reason("all_together", {"count": len(others)})
        if not free or any(nearness(*pair, self.knowledge).value > 0 for pair in free):
            return Reason("none_left", {"count": len(others)})
        named = {"occupation": entry.occupation, "form": entry.form}
        if one.district is None and one.point is None:
            return Reason("no_location", named)
        return Reason("too_far", {**named, "within_km": round(REACH_KM), **_nearest(one, free)})

    def _offered(self, occupation: str, form: str) -> list[tuple[Participant, Offer]]:
        """Offers that fit such a need."""
        need = Need(occupation, form)
        return [(other, offer) for other, offer in self.offers if self._fit(need, offer) >= ELIGIBLE_FIT]

    def _sought(self, occupation: str, form: str) -> list[Participant]:
        """Whose needs such an offer fits."""
        offer = Offer(occupation, form)
        return [other for other, need in self.needs if self._fit(need, offer) >= ELIGIBLE_FIT]

    def _may(self, one: Participant, offer: Offer) -> bool:
        return admissible(offer.form, one.kind, self.knowledge)

    def _fit(self, need: Need, offer: Offer) -> int:
        form = form_factor(need.form, offer.form, self.knowledge)
        return form and form * self._similar(need, offer)

    def _similar(self, need: Need, offer: Offer) -> int:
        return similarity(need.occupation, offer.occupation, self.knowledge)


def _largest(entries: Sequence[_Entry]) -> list[_Entry]:
    in_order = sorted(entries, key=lambda one: (-one.places, one.occupation, one.form))
    return in_order[:EXPLAINED_ENTRIES]


def _nearest(one: Participant, pairs: list[_Pair]) -> dict[str, str | int | None]:
    others = [pair.partner if pair.company.id == one.id else pair.company for pair in pairs]
    known = [(km, other.id) for other in others if (km := kilometres(one.point, other.point)) is not None]
    km, nearest = min(known, default=(None, None))
    return {"nearest_km": None if km is None else round(km), "nearest": nearest}
