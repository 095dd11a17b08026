"""Participants as columns, and the look-up tables that `scan.py` reads instead of asking pair by pair.

A "kind" of need is its occupation and form. A "site" is where some of a partner's offers stand: its own district
and the served ones, on site or remote too. All is counted from 0, in the order of the participants given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from events_app.matchmaking.rules.constants import (
    ANY,
    COUNTING_SIMILARITY,
    KLDB_DIGITS,
    NEIGHBOUR_DISTRICT,
    REMOTE,
    SAME_DISTRICT,
    SAME_NUTS2,
    SAME_OCCUPATION,
    SAME_STATE,
)
from events_app.matchmaking.rules.fit import admissible, by_shared_digits, form_factor
from events_app.matchmaking.rules.values import Knowledge, Offer, Participant

Whole = npt.NDArray[np.int64]
Count = npt.NDArray[np.int32]
Small = npt.NDArray[np.uint8]
Share = npt.NDArray[np.float64]
Flag = npt.NDArray[np.bool_]

_Key = TypeVar("_Key")
ENOUGH = np.iinfo(np.int32).max  # places that are counted in another unit
TABLE_CELLS = 4_000_000  # filled at once, to keep the work space small


@dataclass(frozen=True, eq=False)
class Companies:
    """Participants with needs: the needs of company i are the `count[i]` from `first[i]` on."""

    position: Whole
    first: Whole
    count: Whole
    places: Whole
    district: Whole
    need_kind: Whole
    need_places: Count


@dataclass(frozen=True, eq=False)
class Partners:
    """Participants with offers: the sites of partner j are the `count[j]` from `first[j]` on."""

    position: Whole
    first: Whole
    count: Whole


@dataclass(frozen=True, eq=False)
class Grid:
    """`fit` and `covered` by kind of need and partner, `counts` by kind and site, `near` by district and site."""

    companies: Companies
    partners: Partners
    fit: Small
    covered: Count
    counts: Flag
    near: Share


class _Kind(NamedTuple):
    occupation: str
    form: str


class _Site(NamedTuple):
    partner: int
    own: str
    served: tuple[str, ...]
    remote: bool


class _Offered(NamedTuple):
    """An offer at its site, with the kind of its organisation."""

    site: _Site
    offer: Offer
    by: str


def grid(participants: Sequence[Participant], knowledge: Knowledge) -> Grid | None:
    """The tables of both sides; None if nobody needs or nobody offers anything."""
    needing = [place for place, one in enumerate(participants) if one.needs]
    offered = sorted(_offered(participants), key=lambda one: one.site)
    if not needing or not offered:
        return None
    needs = [need for place in needing for need in participants[place].needs]
    kinds = list(dict.fromkeys(_Kind(need.occupation, need.form) for need in needs))
    homes = list(dict.fromkeys(participants[place].district or "" for place in needing))
    sites = list(dict.fromkeys(one.site for one in offered))
    partners = _partners(sites)
    fit, covered, counts = _fit_tables(kinds, offered, partners.first, knowledge)
    companies = _companies(participants, needing, kinds, homes)
    return Grid(companies, partners, fit, covered, counts, _near_table(homes, sites, knowledge))


def _offered(participants: Sequence[Participant]) -> list[_Offered]:
    return [
        _Offered(_Site(place, one.district or "", tuple(sorted(offer.districts)), offer.remote), offer, one.kind)
        for place, one in enumerate(participants)
        for offer in one.offers
    ]


def _companies(
    participants: Sequence[Participant], needing: list[int], kinds: list[_Kind], homes: list[str]
) -> Companies:
    number = {kind: place for place, kind in enumerate(kinds)}
    home = {district: place for place, district in enumerate(homes)}
    per_company = [participants[place].needs for place in needing]
    count = np.array([len(needs) for needs in per_company])
    return Companies(
        position=np.array(needing),
        first=np.cumsum(count) - count,
        count=count,
        places=np.array([sum(need.places for need in needs) for needs in per_company]),
        district=np.array([home[participants[place].district or ""] for place in needing]),
        need_kind=np.array([number[_Kind(*need[:2])] for needs in per_company for need in needs]),
        need_places=np.array([need.places for needs in per_company for need in needs], np.int32),
    )


def _partners(sites: list[_Site]) -> Partners:
    position, first, count = np.unique(
        np.array([site.partner for site in sites]), return_index=True, return_counts=True
    )
    return Partners(position, first, count)


def _fit_tables(
    kinds: list[_Kind], offered: list[_Offered], first_site: Whole, knowledge: Knowledge
) -> tuple[Small, Count, Flag]:
    """`fit` and `covered` by kind and partner, `counts` by kind and site; some kinds at a time."""
    sites, site = _distinct([one.site for one in offered])
    partner = np.searchsorted(first_site, site, side="right") - 1
    compare = _comparison(kinds, offered, knowledge)
    fit = np.zeros((len(kinds), len(first_site)), np.uint8)
    covered = np.zeros((len(kinds), len(first_site)), np.int32)
    counts = np.zeros((len(kinds), len(sites)), np.bool_)
    step = max(1, TABLE_CELLS // len(offered))
    for start in range(0, len(kinds), step):
        kind, offer, value, places = compare(start, start + step)
        counts[kind[places > 0], site[offer[places > 0]]] = True
        _set_greatest(fit, kind, partner[offer], value)
        _set_greatest(covered, kind, partner[offer], places)
    return fit, covered, counts


def _set_greatest(table: Small | Count, row: Whole, column: Whole, value: Small | Count) -> None:
    """Sets each cell to the greatest of its values; those of a cell stand together."""
    if len(row):
        first = np.flatnonzero(np.diff(row * table.shape[1] + column, prepend=-1))
        table[row[first], column[first]] = np.maximum.reduceat(value, first)


def _comparison(
    kinds: list[_Kind], offered: list[_Offered], knowledge: Knowledge
) -> Callable[[int, int], tuple[Whole, Whole, Small, Count]]:
    """For kinds from one to before another: the offers that answer, how well, with how many places.

    Places are 0 where the offer is of another trade.
    """
    wanted, asked = _distinct([kind.occupation for kind in kinds])
    given, answering = _distinct([one.offer.occupation for one in offered])
    similar = _similarities(wanted, given, knowledge)[:, answering]
    forms, form_asked = _distinct([kind.form for kind in kinds])
    doors, door = _distinct([(one.offer.form, one.by) for one in offered])
    factor = np.array([[_form(form, *one, knowledge) for one in doors] for form in forms], np.uint8)[:, door]
    unit = np.array([[_unit(form, knowledge) == _unit(one[0], knowledge) for one in doors] for form in forms])
    places = np.array([one.offer.places for one in offered], np.int32)

    def compare(start: int, stop: int) -> tuple[Whole, Whole, Small, Count]:
        fit = similar[asked[start:stop]] * factor[form_asked[start:stop]]
        row, offer = np.nonzero(fit)
        kind = row + start
        served = np.where(unit[form_asked[kind], door[offer]], places[offer], ENOUGH)
        served[similar[asked[kind], offer] < COUNTING_SIMILARITY] = 0
        return kind, offer, fit[row, offer], served

    return compare


def _similarities(wanted: list[str], given: list[str], knowledge: Knowledge) -> Small:
    """As `fit.similarity`, in hundredths, of all pairs at once."""
    codes = [
        np.array([list(knowledge.kldb.get(one, blank * KLDB_DIGITS)) for one in names])
        for names, blank in ((wanted, "-"), (given, "+"))  # what has no code is like nothing
    ]
    same_digit = codes[0][:, None, :] == codes[1][None, :, :]
    shared = np.logical_and.accumulate(same_digit, axis=2).sum(axis=2)
    values = np.array([by_shared_digits(count) for count in range(KLDB_DIGITS + 1)], np.uint8)
    similar: Small = values[shared]
    one, other = np.array(wanted)[:, None], np.array(given)[None, :]
    similar[(one == other) | (one == ANY) | (other == ANY)] = SAME_OCCUPATION
    return similar


def _distinct(keys: Sequence[_Key]) -> tuple[list[_Key], Whole]:
    """The different keys, and for each of the given ones the place of its own among them."""
    places = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    return list(places), np.array([places[key] for key in keys])


def _form(wanted: str, offered: str, by: str, knowledge: Knowledge) -> int:
    return form_factor(wanted, offered, knowledge) if admissible(offered, by, knowledge) else 0


def _unit(form: str, knowledge: Knowledge) -> str | None:
    facts = knowledge.forms.get(form)
    return facts.unit if facts else None


def _near_table(homes: list[str], sites: list[_Site], knowledge: Knowledge) -> Share:
    """By district and site, as `fit.by_district` and `remote` have it."""
    column = _near_columns(homes, knowledge)
    near = np.empty((len(homes), len(sites)))
    for place, site in enumerate(sites):
        by_district = column((site.own, *site.served))
        near[:, place] = np.maximum(by_district, REMOTE) if site.remote else by_district
    return near


def _near_columns(homes: list[str], knowledge: Knowledge) -> Callable[[tuple[str, ...]], Share]:
    row = {home: place for place, home in enumerate(homes) if home in knowledge.districts}
    by_state: dict[str, list[int]] = {}
    by_nuts2: dict[str, list[int]] = {}
    for home, place in row.items():
        by_state.setdefault(knowledge.districts[home].state, []).append(place)
        by_nuts2.setdefault(knowledge.districts[home].nuts2, []).append(place)

    @cache
    def column(areas: tuple[str, ...]) -> Share:
        """How near each home is to the nearest of the areas: the greater value overwrites the less."""
        near = np.zeros(len(homes))
        facts = [knowledge.districts[area] for area in areas if area in knowledge.districts]
        near[[at for one in facts for at in by_state.get(one.state, ())]] = SAME_STATE
        near[[at for one in facts for at in by_nuts2.get(one.nuts2, ())]] = SAME_NUTS2
        near[[row[other] for one in facts for other in one.neighbours if other in row]] = NEIGHBOUR_DISTRICT
        near[[row[area] for area in areas if area in row]] = SAME_DISTRICT
        return near

    return column
