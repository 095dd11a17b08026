"""All candidates among many participants at once, the same ones that `score.py` finds pair by pair.

Blocks of companies are compared with all partners by table look-up (`grid.py`); only pairs whose occupation fits
get places, nearness and a score. Every step rounds as the plain rules do; where a distance leaves the last digit
in doubt, the plain rule decides.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from events_app.matchmaking.rules.constants import (
    ELIGIBLE_FIT,
    FULL_FIT,
    HALVING_KM,
    REACH_KM,
    THOUSANDTHS,
    WISH_BONUS,
)
from events_app.matchmaking.rules.grid import Count, Flag, Grid, Share, Whole, grid
from events_app.matchmaking.rules.score import one_direction_each, score_pair
from events_app.matchmaking.rules.values import DEFAULT_WEIGHTS, Candidate, Knowledge, Participant, Weights
from events_app.reference.regions import EARTH_RADIUS_KM

CELLS = 4_000_000  # pairs looked at in one block
DOUBT = 1e-6  # far above the error of a distance, far below what anybody sees


@dataclass(frozen=True, eq=False)
class Candidates:
    """Candidates as columns: positions in `participants`, scores in thousandths; by company, then partner.

    Components and reasons are worked out when asked for: for a million pairs they would take minutes.
    """

    participants: tuple[Participant, ...]
    company: Count
    partner: Count
    score: Count
    pinned: Flag
    knowledge: Knowledge = field(repr=False)
    weights: Weights

    def __len__(self) -> int:
        return len(self.score)

    def __getitem__(self, index: int) -> Candidate:
        company, partner = (self.participants[side[index]] for side in (self.company, self.partner))
        found = score_pair(company, partner, self.knowledge, self.weights)
        if found is None:
            raise LookupError(f"{company.id} and {partner.id} are no candidates")
        return found

    def __iter__(self) -> Iterator[Candidate]:
        return map(self.__getitem__, range(len(self)))


class _Pairs(NamedTuple):
    """Positions among the participants, and thousandths (keys, as long as there are none)."""

    company: Whole
    partner: Whole
    score: Whole

    def where(self, kept: Flag) -> _Pairs:
        return _Pairs(*(column[kept] for column in self))


def score_all(
    participants: Sequence[Participant], knowledge: Knowledge, weights: Weights = DEFAULT_WEIGHTS
) -> Candidates:
    """The candidates of `score_every_pair`, in the same order. Raises `ValueError` if an id comes twice."""
    people = tuple(sorted(participants, key=lambda one: one.id))
    if len({one.id for one in people}) < len(people):
        raise ValueError("a participant comes twice")
    musts = _keys(people, lambda one: one.musts)
    pins = np.intersect1d(musts, _turned(musts, len(people)))  # each pair in both directions
    found = _scan(people, knowledge, weights)
    free = _one_direction(found.where(~np.isin(_key(found, len(people)), pins)), len(people))
    pinned = _pinned_pairs(people, pins, knowledge, weights)
    company, partner, score = (np.concatenate(columns).astype(np.int32) for columns in zip(free, pinned, strict=True))
    order = np.lexsort((partner, company))
    is_pinned = np.arange(len(order)) >= len(free.score)
    return Candidates(people, company[order], partner[order], score[order], is_pinned[order], knowledge, weights)


def _key(pairs: _Pairs, people: int) -> Whole:
    return pairs.company * people + pairs.partner


def _turned(keys: Whole, people: int) -> Whole:
    return keys % people * people + keys // people


def _keys(people: Sequence[Participant], named: Callable[[Participant], frozenset[str]]) -> Whole:
    """One key for each participant and other that it names; others that are not there are left out."""
    place = {one.id: position for position, one in enumerate(people)}
    pairs = [
        position * len(people) + place[other]
        for position, one in enumerate(people)
        for other in named(one)
        if other in place
    ]
    return np.array(sorted(pairs), np.int64)


def _one_direction(pairs: _Pairs, people: int) -> _Pairs:
    """As `one_direction_each`; the pairs come by company and partner, so their keys rise."""
    keys = _key(pairs, people)
    turned = _turned(keys, people)
    at = np.minimum(np.searchsorted(keys, turned), max(0, len(keys) - 1))
    both = keys[at] == turned
    other = pairs.score[at]
    worse = (other > pairs.score) | ((other == pairs.score) & (pairs.partner < pairs.company))
    return pairs.where(~(both & worse))


def _pinned_pairs(people: Sequence[Participant], pins: Whole, knowledge: Knowledge, weights: Weights) -> _Pairs:
    place = {one.id: position for position, one in enumerate(people)}
    both = (divmod(int(key), len(people)) for key in pins)
    scored = (score_pair(people[one], people[other], knowledge, weights) for one, other in both)
    kept = one_direction_each(one for one in scored if one)
    rows = [(place[one.company], place[one.partner], one.score) for one in kept]
    return _Pairs(*np.array(rows, np.int64).reshape(-1, 3).T)


def _scan(people: Sequence[Participant], knowledge: Knowledge, weights: Weights) -> _Pairs:
    """Every pair within the thresholds, in both directions, by company and partner."""
    tables = grid(people, knowledge)
    if tables is None:
        nothing = np.empty(0, np.int64)
        return _Pairs(nothing, nothing, nothing)
    scorer = _Scorer(people, tables, knowledge, weights)
    step = max(1, CELLS // len(tables.partners.position))
    blocks = [scorer.block(start, start + step) for start in range(0, len(tables.companies.position), step)]
    return _Pairs(*map(np.concatenate, zip(*blocks, strict=True)))


class _Scorer:
    """Scores blocks of companies against all partners; holds the columns that every block reads."""

    def __init__(self, people: Sequence[Participant], tables: Grid, knowledge: Knowledge, weights: Weights) -> None:
        self.people, self.tables, self.knowledge, self.weights = people, tables, knowledge, weights
        self.fits = tables.fit >= ELIGIBLE_FIT
        self.on_sphere = np.array([_on_unit_sphere(one.point) for one in people])
        self.themes = _theme_bits(people)
        apart = _keys(people, lambda one: one.vetoes | one.together)
        wishes = _keys(people, lambda one: one.wishes | one.musts)
        self.apart = np.concatenate([apart, _turned(apart, len(people))])
        self.organisation = _organisations(people)
        self.wished = np.concatenate([wishes, _turned(wishes, len(people))])

    def block(self, start: int, stop: int) -> _Pairs:
        """The pairs of the companies from `start` to before `stop`, counted as the tables count them."""
        company, partner = self._fitting(start, stop)
        one, other = self.tables.companies.position[company], self.tables.partners.position[partner]
        keys = one * len(self.people) + other
        same = self.organisation[one] == self.organisation[other]
        allowed = ~same & ~np.isin(keys, self.apart)
        found = _Pairs(one[allowed], other[allowed], keys[allowed])
        return self._scored(company[allowed], partner[allowed], found)

    def _fitting(self, start: int, stop: int) -> tuple[Whole, Whole]:
        """Pairs in which at least one need fits well enough."""
        side = self.tables.companies
        first, count = side.first[start:stop], side.count[start:stop]
        fits = self.fits[side.need_kind[first]]
        for further in range(1, count.max()):
            rows = np.flatnonzero(count > further)
            fits[rows] |= self.fits[side.need_kind[first[rows] + further]]
        company, partner = np.nonzero(fits)
        return company + start, partner

    def _scored(self, company: Whole, partner: Whole, pairs: _Pairs) -> _Pairs:
        """`pairs` with scores in place of the keys; those without any nearness left out."""
        km = self._kilometres(pairs)
        occupation, capacity, by_district = self._answered(company, partner)
        by_distance = np.where(km <= REACH_KM, 0.5 ** (km / HALVING_KM), 0.0)
        region = np.maximum(by_district, by_distance)
        value = self._together(occupation, region, capacity, self._shared_themes(pairs))
        value = np.where(np.isin(pairs.score, self.wished), np.minimum(1.0, value + WISH_BONUS), value)
        scaled = THOUSANDTHS * value + 0.5
        unsure = (np.abs(scaled - np.rint(scaled)) < DOUBT) & (by_distance > by_district - DOUBT)
        unsure |= np.abs(km - REACH_KM) < DOUBT
        score = np.where(region > 0, np.floor(scaled), -1).astype(np.int64)
        return self._settled(_Pairs(pairs.company, pairs.partner, score), np.flatnonzero(unsure))

    def _settled(self, pairs: _Pairs, unsure: Whole) -> _Pairs:
        """Unsure pairs are left to the plain rule; a score of -1 is no candidate."""
        for place in unsure:
            company, partner = self.people[pairs.company[place]], self.people[pairs.partner[place]]
            found = score_pair(company, partner, self.knowledge, self.weights)
            pairs.score[place] = found.score if found else -1
        return pairs.where(pairs.score >= 0)

    def _answered(self, company: Whole, partner: Whole) -> tuple[Share, Share, Share]:
        """Occupation and capacity over the needs, and the best nearness by district of the sites that count."""
        tables, side, sites = self.tables, self.tables.companies, self.tables.partners
        pair, need, first_need = _members(side.first[company], side.count[company])
        kind, places, at = side.need_kind[need], side.need_places[need], partner[pair]
        fit = np.add.reduceat(tables.fit[kind, at] * places.astype(np.int64), first_need)
        covered = np.add.reduceat(np.minimum(tables.covered[kind, at], places), first_need, dtype=np.int64)
        row, site, first_site = _members(sites.first[at], sites.count[at])
        near = tables.near[side.district[company[pair[row]]], site] * tables.counts[kind[row], site]
        total = side.places[company]
        return fit / (FULL_FIT * total), covered / total, np.maximum.reduceat(near, first_site[first_need])

    def _kilometres(self, pairs: _Pairs) -> Share:
        """Great-circle distances from chords; infinite where a point is missing."""
        apart = self.on_sphere[pairs.company] - self.on_sphere[pairs.partner]
        half_chord = np.sqrt(np.einsum("ij,ij->i", apart, apart)) / 2
        km: Share = 2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(half_chord, 1.0))
        return np.where(np.isnan(km), np.inf, km)

    def _shared_themes(self, pairs: _Pairs) -> Share:
        one, other = self.themes[pairs.company], self.themes[pairs.partner]
        shared, all_themes = np.bitwise_count(one & other), np.bitwise_count(one | other)
        return np.where((one > 0) & (other > 0), shared / np.maximum(all_themes, 1), 0.0)

    def _together(self, p: Share, r: Share, c: Share, t: Share) -> Share:
        """As `score.together`, in the same order of operations, hence to the same last digit."""
        company, partner = self.weights.company, self.weights.partner
        one = company.occupation * p + company.region * r + company.themes * t
        other = partner.occupation * p + partner.region * r + partner.capacity * c + partner.themes * t
        both = one + other
        mean: Share = 2 * one * other / np.where(both > 0, both, 1.0)
        return mean


def _members(first: Whole, count: Whole) -> tuple[Whole, Whole, Whole]:
    """For groups of `count` neighbours from `first` on: group and place of each member, and where groups begin."""
    ends = np.cumsum(count)
    starts = ends - count
    group = np.repeat(np.arange(len(first)), count)
    return group, np.arange(len(group)) + (first - starts)[group], starts


def _on_unit_sphere(point: tuple[float, float] | None) -> tuple[float, float, float]:
    if point is None:
        return (math.nan, math.nan, math.nan)
    lat, lon = map(math.radians, point)
    return (math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat))


def _organisations(people: Sequence[Participant]) -> Whole:
    """A number for each organisation; who names none is one of its own."""
    number: dict[str, int] = {}
    return np.array([number.setdefault(one.organisation or f"of {one.id}", len(number)) for one in people], np.int64)


def _theme_bits(people: Sequence[Participant]) -> npt.NDArray[np.uint64]:
    """One bit for each theme; there are seven, at most 64 are allowed for."""
    bit = {theme: 1 << place for place, theme in enumerate(sorted(set().union(*(p.themes for p in people))))}
    return np.array([sum(bit[theme] for theme in one.themes) for one in people], np.uint64)
