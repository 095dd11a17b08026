"""Choosing the matches of a very large event, and scoring all its pairs, each beside the bare solver on the same pairs.

`python -m benchmarks.matching WHAT SIDE SEED COMPANIES` measures once, alone in a process, and prints seconds, MiB at
the peak and pairs: so the memory is that of one side only.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from ortools.graph.python import min_cost_flow

from benchmarks.figures import Figure, Pace, side_by_side
from benchmarks.world import CHECKOUT, World
from events_app import reference
from events_app.matchmaking.knowledge import knowledge
from events_app.matchmaking.rules.scan import Candidates, score_all
from events_app.matchmaking.rules.select import select
from events_app.matchmaking.rules.values import DEFAULT_WEIGHTS, Need, Offer, Participant

COMPANIES, EACH = 20_000, 50
"""A million candidates: each company fits 50 partners."""
SCORED_COMPANIES = 5_000
PER_PARTNER_COMPANIES = 5
"""So many companies for one partner, in both."""
PER_COMPANY, PER_PARTNER = 6, 12
FULL = Pace()


class Once(NamedTuple):
    seconds: float
    mib: float
    pairs: int


def matching_select(world: World) -> list[Figure]:
    """The whole call on a million candidates, and its memory, beside OR-tools fed with finished columns."""
    companies = max(4_000, COMPANIES * world.pace.drained // FULL.drained)
    pairs = [
        side_by_side(
            number,
            partial(_once, "select", "ours", number, companies),
            partial(_once, "select", "bare", number, companies),
        )
        for number in range(world.pace.rounds)
    ]
    note = f"{pairs[0][0].pairs:,} pairs of {companies:,} companies and {companies // PER_PARTNER_COMPANIES:,} partners"
    return [
        Figure.of("matching-select", [(one.seconds, other.seconds) for one, other in pairs], "s", note),
        Figure.of("matching-select-memory", [(one.mib, other.mib) for one, other in pairs], "MiB at the peak"),
    ]


def matching_score(world: World) -> list[Figure]:
    """From participants to candidates, beside the bare solve on what comes out."""
    companies = max(2_000, SCORED_COMPANIES * world.pace.drained // FULL.drained)
    pairs = [
        side_by_side(
            number,
            partial(_once, "score", "ours", number, companies),
            partial(_once, "score", "bare", number, companies),
        )
        for number in range(world.pace.rounds)
    ]
    all_pairs, [first, *_] = companies * (companies // PER_PARTNER_COMPANIES), pairs
    rate = all_pairs / first[0].seconds
    note = f"{all_pairs:,} pairs looked at, {rate:,.0f} a second; {first[0].pairs:,} candidates"
    return [Figure.of("matching-score", [(one.seconds, other.seconds) for one, other in pairs], "s", note)]


def _once(what: str, side: str, seed: int, companies: int) -> Once:
    argv = [sys.executable, "-m", "benchmarks.matching", what, side, str(seed), str(companies)]
    said = subprocess.run(argv, cwd=CHECKOUT, check=True, capture_output=True, text=True).stdout
    return Once(*json.loads(said))


def many(seed: int, companies: int) -> Candidates:
    """Candidates with random scores; each company fits up to 50 partners of its own choice."""
    dice = np.random.default_rng(seed)
    partners = companies // PER_PARTNER_COMPANIES
    each = min(EACH, partners)
    company = np.repeat(np.arange(companies), each)
    partner = np.concatenate([dice.choice(partners, each, replace=False) for _ in range(companies)]) + companies
    score = dice.integers(200, 1001, len(company))
    people = tuple(Participant(id=f"{place:06}", kind="company") for place in range(companies + partners))
    free = np.zeros(len(company), np.bool_)
    pairs, scores = (company.astype(np.int32), partner.astype(np.int32)), score.astype(np.int32)
    return Candidates(people, *pairs, scores, free, knowledge(), DEFAULT_WEIGHTS)


def crowd(seed: int, companies: int) -> list[Participant]:
    """Companies with one to three needs and partners with one to four offers, in the lignite districts."""
    dice = np.random.default_rng(seed)
    districts = [one.ags for one in reference.districts() if one.coalfield]
    occupations = [one.id for one in reference.occupations() if one.focus]
    forms = [one for one in reference.forms() if one.matchable]

    def pick(among: Sequence[Any], most: int = 1) -> list[Any]:
        return [among[place] for place in dice.integers(0, len(among), int(dice.integers(1, most + 1)))]

    needing = [
        Participant(
            id=f"c{number:05}",
            kind="company",
            district=pick(districts)[0],
            needs=tuple(Need(occupation, pick(forms)[0].id, 1) for occupation in pick(occupations, 3)),
        )
        for number in range(companies)
    ]
    offering = []
    for number in range(companies // PER_PARTNER_COMPANIES):
        form = pick(forms)[0]
        offers = tuple(Offer(occupation, form.id, 5) for occupation in pick(occupations, 4))
        kind = min(form.offered_by)
        offering.append(Participant(id=f"p{number:05}", kind=kind, district=pick(districts)[0], offers=offers))
    return needing + offering


def bare_solve(company: Any, partner: Any, score: Any) -> Callable[[], None]:
    """OR-tools fed with ready columns of the same network: a first match of each company before the sum of scores."""
    companies, company = np.unique(company, return_inverse=True)
    partners, partner = np.unique(partner, return_inverse=True)
    source, sink = len(companies) + len(partners), len(companies) + len(partners) + 1
    units = min(len(companies) * PER_COMPANY, len(partners) * PER_PARTNER)

    def arcs(tail: Any, head: Any, capacity: int, cost: Any) -> tuple[Any, ...]:
        columns = np.broadcast_arrays(tail, head, capacity, cost)
        kinds = (np.int32, np.int32, np.int64, np.int64)
        return tuple(np.ascontiguousarray(column, kind) for column, kind in zip(columns, kinds, strict=True))

    columns = [
        arcs(company, partner + len(companies), 1, -score.astype(np.int64)),
        arcs(source, np.arange(len(companies)), 1, -(len(partners) * int(score.max()) + 1)),
        arcs(source, np.arange(len(companies)), PER_COMPANY - 1, 0),
        arcs(np.arange(len(companies), source), sink, PER_PARTNER, 0),
        arcs(np.array([source]), sink, units, 0),
    ]

    def solve() -> None:
        solver = min_cost_flow.SimpleMinCostFlow()
        for column in columns:
            solver.add_arcs_with_capacity_and_unit_cost(*column)
        solver.set_node_supply(source, units)
        solver.set_node_supply(sink, -units)
        assert solver.solve() == solver.OPTIMAL

    return solve


def _measured(what: str, side: str, seed: int, companies: int) -> Once:
    candidates = many(seed, companies) if what == "select" else None
    people = crowd(seed, companies) if what == "score" else []
    if side == "bare":
        found = candidates or score_all(people, knowledge())
        run: Callable[[], Any] = bare_solve(found.company, found.partner, found.score)
    elif candidates is not None:
        found = candidates

        def run() -> Any:
            return select(candidates, PER_COMPANY, PER_PARTNER)
    else:
        facts = knowledge()

        def run() -> Any:
            return score_all(people, facts)

    began = time.perf_counter()
    made = run()
    seconds = time.perf_counter() - began
    pairs = len(made) if what == "score" and side == "ours" else len(found)
    return Once(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, pairs)


if __name__ == "__main__":
    print(json.dumps(_measured(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))))
