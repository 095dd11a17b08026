"""One company joins a published plan: which pairs it drops and which meetings it moves, over 20 events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from statistics import median

import numpy as np

from benchmarks.figures import Figure
from benchmarks.matching import PER_COMPANY, PER_PARTNER
from benchmarks.world import World
from events_app.matchmaking.knowledge import knowledge
from events_app.matchmaking.planning import Order, planned
from events_app.matchmaking.rules.meetings import Pair, Round, Seat
from events_app.matchmaking.rules.scan import Candidates
from events_app.matchmaking.rules.select import select
from events_app.matchmaking.rules.values import DEFAULT_WEIGHTS, Participant

EVENTS, COMPANIES, EACH = 20, 60, 8
ROOMY, FULL = 48, 16
"""Partners: more than are needed for all matches; so few that each has as many as it may."""
SLOTS, TABLES = 16, 30
PEOPLE = tuple(Participant(id=f"{place:03}", kind="company") for place in range(COMPANIES + ROOMY))
AWAY = 0.1
SECONDS, MOVES, CONFLICTS = 20.0, 50_000, 5_000

Known = dict[str, Seat]


def joining(world: World) -> list[Figure]:
    """Pairs dropped and meetings moved by the newcomer, beside computing everything afresh. Measured once."""
    count = 1 if world.pace.seconds < 1 else EVENTS
    return [*_measured("join", ROOMY, count), *_measured("join-full", FULL, count)]


def _measured(name: str, partners: int, count: int) -> list[Figure]:
    found = [_joined(seed, partners) for seed in range(count)]
    dropped, moved = ([(ours[what], afresh[what]) for ours, afresh in found] for what in (0, 1))
    note = f"median of {count} events of {COMPANIES} companies and {partners} partners; baseline: computed afresh"
    return [_figure(f"{name}-dropped", dropped, "pairs", note), _figure(f"{name}-moved", moved, "meetings", note)]


def _figure(name: str, pairs: list[tuple[int, int]], unit: str, note: str) -> Figure:
    ours, afresh = (median(column) for column in zip(*pairs, strict=True))
    most = max(one for one, _ in pairs)
    return Figure(name, ours, afresh, round(ours / afresh, 3) if afresh else 0.0, unit, f"{note}; at most {most}")


def _joined(seed: int, partners: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """(dropped, moved) with the published plan in mind, and afresh."""
    everybody = _candidates(seed, partners)
    before = _chosen(_without_first(everybody), ())
    known = _planned(_round(seed), before, keep=False)
    kept = _chosen(everybody, [(pair.company, pair.partner) for pair in before])
    afresh = _chosen(everybody, ())
    ours = _planned(replace(_round(seed), standing=known), kept, keep=True)
    again = _planned(_round(seed + EVENTS), afresh, keep=False)
    return (_dropped(before, kept), _moved(known, ours)), (_dropped(before, afresh), _moved(known, again))


def _candidates(seed: int, partners: int) -> Candidates:
    """Each company fits several partners, who can't meet them all."""
    dice = np.random.default_rng(seed)
    company = np.repeat(np.arange(COMPANIES), EACH).astype(np.int32)
    partner = np.concatenate([dice.choice(partners, EACH, replace=False) for _ in range(COMPANIES)]) + COMPANIES
    score = dice.integers(400, 1001, len(company)).astype(np.int32)
    free = np.zeros(len(company), np.bool_)
    return Candidates(PEOPLE, company, partner.astype(np.int32), score, free, knowledge(), DEFAULT_WEIGHTS)


def _without_first(everybody: Candidates) -> Candidates:
    """The day before: the first company has not registered yet."""
    here = everybody.company != 0
    return replace(
        everybody,
        company=everybody.company[here],
        partner=everybody.partner[here],
        score=everybody.score[here],
        pinned=everybody.pinned[here],
    )


def _chosen(candidates: Candidates, published: Sequence[tuple[str, str]]) -> tuple[Pair, ...]:
    found = select(candidates, PER_COMPANY, PER_PARTNER, published)
    columns = (candidates.company, candidates.partner, candidates.score)
    rows = zip(*(column[found.chosen].tolist() for column in columns), strict=True)
    return tuple(Pair(PEOPLE[company].id, PEOPLE[partner].id, score) for company, partner, score in rows)


def _round(seed: int) -> Round:
    random = Random(seed)  # noqa: S311 - an example, no secret
    slots = range(1, SLOTS + 1)
    away = {one.id: tuple(slot for slot in slots if random.random() < AWAY) for one in PEOPLE}
    starts = tuple(timedelta(minutes=20 * number) for number in range(SLOTS))
    return Round(starts, timedelta(minutes=20), TABLES, away)


def _planned(round_: Round, pairs: tuple[Pair, ...], *, keep: bool) -> Known:
    found = planned(Order(round_, pairs, keep, SECONDS, MOVES, CONFLICTS))
    return {one.meeting: Seat(one.slot, one.table) for one in found.placed}


def _dropped(before: tuple[Pair, ...], after: tuple[Pair, ...]) -> int:
    return len({pair.key for pair in before} - {pair.key for pair in after})


def _moved(before: Known, after: Known) -> int:
    """Meetings that stand at another time."""
    return sum(key in after and after[key].slot != seat.slot for key, seat in before.items())
