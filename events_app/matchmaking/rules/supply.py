"""Supply and demand: what is sought and offered, by group of occupations and district, the gaps first.

Groups are the first three digits of the KldB 2010 (`*`: all occupations). The form of cooperation doesn't matter here;
places are summed up where a form is counted in places, other entries are counted only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from events_app.matchmaking.rules.constants import ANY
from events_app.matchmaking.rules.values import Knowledge, Need, Offer, Participant

View = Literal["both", "occupation", "district"]
ALL, UNKNOWN = "", "?"
GROUP_DIGITS = 3


class Balance(NamedTuple):
    """One row: `group` and `district` may be `ALL`, a district `UNKNOWN`.

    An offer counts in each district that it serves. `near`: places of offers that could help besides: in a
    neighbouring district, online, or open to all occupations, each once.
    """

    group: str
    district: str
    needs: int
    sought: int
    offers: int
    offered: int
    near: int

    @property
    def missing(self) -> int:
        """Places sought for which nothing is offered there or near."""
        return max(0, self.sought - self.offered - self.near)


class _Supply(NamedTuple):
    """An offer with where it counts."""

    group: str
    districts: frozenset[str]
    remote: bool
    places: int


@dataclass
class _Row:
    needs: int = 0
    sought: int = 0
    offers: int = 0
    offered: int = 0
    counted: set[int] = field(default_factory=set)


def supply_and_demand(participants: Iterable[Participant], knowledge: Knowledge, view: View) -> list[Balance]:
    """Every group and district where something is sought or offered; the greatest lack first, then what is sought."""
    people = list(participants)
    rows: defaultdict[tuple[str, str], _Row] = defaultdict(_Row)
    supplies = [_supply(one, offer, knowledge) for one in people for offer in one.offers]
    for one in people:
        for need in one.needs:
            row = rows[_at(view, _group(need.occupation, knowledge), one.district or UNKNOWN)]
            row.needs += 1
            row.sought += _places(need, knowledge)
    for number, supply in enumerate(supplies):
        for key in {_at(view, supply.group, district) for district in supply.districts}:
            rows[key].offers += 1
            rows[key].offered += supply.places
            rows[key].counted.add(number)
    found = [
        Balance(*key, row.needs, row.sought, row.offers, row.offered, _near(key, row, supplies, knowledge))
        for key, row in rows.items()
    ]
    return sorted(found, key=lambda one: (-one.missing, one.offered - one.sought, -one.needs, one.group, one.district))


def _at(view: View, group: str, district: str) -> tuple[str, str]:
    return ALL if view == "district" else group, ALL if view == "occupation" else district


def _supply(one: Participant, offer: Offer, knowledge: Knowledge) -> _Supply:
    districts = offer.districts | ({one.district} if one.district else set())
    group = _group(offer.occupation, knowledge)
    return _Supply(group, frozenset(districts) or frozenset([UNKNOWN]), offer.remote, _places(offer, knowledge))


def _group(occupation: str, knowledge: Knowledge) -> str:
    return knowledge.kldb.get(occupation, "")[:GROUP_DIGITS] or ANY


def _places(entry: Need | Offer, knowledge: Knowledge) -> int:
    facts = knowledge.forms.get(entry.form)
    return entry.places if facts is not None and facts.unit == "places" else 0


def _near(key: tuple[str, str], row: _Row, supplies: Sequence[_Supply], knowledge: Knowledge) -> int:
    if not row.sought:
        return 0
    return sum(_helpful(key, row, supplies, knowledge))


def _helpful(key: tuple[str, str], row: _Row, supplies: Sequence[_Supply], knowledge: Knowledge) -> Iterator[int]:
    """The places of what isn't counted in the row, but could help."""
    group, district = key
    facts = knowledge.districts.get(district)
    around = {district, *(facts.neighbours if facts else ())}
    for number, supply in enumerate(supplies):
        fits = group in {ALL, ANY, supply.group} or supply.group == ANY
        if fits and number not in row.counted and (district == ALL or supply.remote or supply.districts & around):
            yield supply.places
