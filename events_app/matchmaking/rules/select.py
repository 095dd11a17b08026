"""Which candidates become matches: one minimum cost flow, exact in four levels.

0. as many pins as the limits leave room for, 1. as many companies as possible with at least one match, 2. the
greatest sum of scores, 3. as many pairs as possible that are published already (the fewest changes).

Each unit of flow is a match: source → company → partner → sink. A company's first match takes an arc of its own with
a bonus; flow that finds no match goes from source to sink at no cost.

Why weights can stand for the levels: two solutions differ by cycles of the flow network, each passing a company, a
partner, source and sink at most once. So a cycle gives up at most L pairs, L the lesser number of companies or
partners, and one company's only match. A level worth more than what a cycle can lose below it is never sold for it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from events_app.matchmaking.rules.grid import Count, Flag, Whole
from events_app.matchmaking.rules.scan import Candidates

Ends = int | Whole
LARGEST = np.iinfo(np.int64).max


class SelectionError(Exception):
    """The problem can't be solved exactly: its weights leave the range of whole numbers, or the solver gave up."""


@dataclass(frozen=True, eq=False)
class Selection:
    """`chosen` and `dropped_pins` are places among the candidates, ascending; `total_score` in thousandths.

    `companies` is how many have a match, `kept` how many chosen pairs were published, `dropped` how many published
    pairs are not chosen (those that are no candidates any more among them).
    """

    chosen: Whole
    companies: int
    total_score: int
    kept: int
    dropped: int
    dropped_pins: Whole


class _Worth(NamedTuple):
    """What an arc brings: a pair by its score and whether it stays, a company's first match, a pin."""

    pair: Whole
    first_match: int
    pin: int


def select(
    candidates: Candidates,
    per_company: int,
    per_partner: int,
    published: Collection[tuple[str, str]] = (),
) -> Selection:
    """The exact optimum, the same for the same candidates.

    At most `per_company` matches of an organisation as company and `per_partner` as partner; pins count in them.
    `published`: the pairs (ids, in either order) of the plan that participants know. Raises `SelectionError` where
    whole numbers of 64 bits are too small, `ValueError` for a limit below 0.
    """
    if min(per_company, per_partner) < 0:
        raise ValueError("limits start at 0")
    stays = _published(candidates, published)
    flow = np.zeros(len(candidates), np.bool_)
    if len(candidates) and per_company and per_partner:
        flow = _solved(candidates, stays, per_company, per_partner)
    kept = int(np.count_nonzero(flow & stays))
    return Selection(
        chosen=np.flatnonzero(flow),
        companies=len(np.unique(candidates.company[flow])),
        total_score=int(candidates.score[flow].sum(dtype=np.int64)),
        kept=kept,
        dropped=len({frozenset(pair) for pair in published}) - kept,
        dropped_pins=np.flatnonzero(candidates.pinned & ~flow),
    )


def _published(candidates: Candidates, published: Collection[tuple[str, str]]) -> Flag:
    if not published:
        return np.zeros(len(candidates), np.bool_)
    people = len(candidates.participants)
    place = {one.id: position for position, one in enumerate(candidates.participants)}
    known = [(place[one], place[other]) for one, other in published if one in place and other in place]
    keys = [min(pair) * people + max(pair) for pair in known]
    one, other = candidates.company.astype(np.int64), candidates.partner.astype(np.int64)
    return np.isin(np.minimum(one, other) * people + np.maximum(one, other), keys)


def _solved(candidates: Candidates, stays: Flag, per_company: int, per_partner: int) -> Flag:
    companies, company = _nodes(candidates.company)
    partners, partner = _nodes(candidates.partner)
    worth = _worth(candidates.score, stays, min(companies, partners))
    source, sink = companies + partners, companies + partners + 1
    units = min(companies * per_company, partners * per_partner)
    network = _Network(sink + 1, units)
    pairs = network.add(company, partner + companies, 1, -worth.pair - worth.pin * candidates.pinned)
    each_company, each_partner = np.arange(companies), np.arange(companies, source)
    network.add(source, each_company, 1, -worth.first_match)
    network.add(source, each_company, per_company - 1, 0)
    network.add(each_partner, sink, per_partner, 0)
    network.add(source, sink, units, 0)
    return network.flow(source, sink, pairs)


def _nodes(positions: Count) -> tuple[int, Whole]:
    """How many different ones there are, and the number of each in their order."""
    present = np.zeros(int(positions.max()) + 1, np.int64)
    present[positions] = 1
    return int(present.sum()), (np.cumsum(present) - 1)[positions]


def _worth(score: Count, stays: Flag, longest: int) -> _Worth:
    """Weights by which each level outweighs all that a cycle of `longest` pairs can lose below it."""
    pair = score.astype(np.int64) * (min(longest, int(np.count_nonzero(stays))) + 1) + stays
    first_match = longest * int(pair.max()) + 1
    return _Worth(pair, first_match, pin=2 * first_match)


class _Network:
    """The solver, fed with columns; raises `SelectionError` where its whole numbers would overflow."""

    def __init__(self, nodes: int, units: int) -> None:
        from ortools.graph.python import min_cost_flow  # noqa: PLC0415 - the web process never loads it

        self.solver = min_cost_flow.SimpleMinCostFlow()
        self.nodes, self.units = nodes, units

    def add(self, tail: Ends, head: Ends, capacity: int, cost: Ends) -> Count:
        """Arcs between nodes given one by one or as columns; their numbers."""
        columns = np.broadcast_arrays(tail, head, capacity, cost)
        if np.abs(columns[3]).max() > LARGEST // (2 * self.nodes):  # the solver multiplies costs by the nodes
            raise SelectionError("too many organisations for an exact selection")
        kinds = (np.int32, np.int32, np.int64, np.int64)
        arcs = [np.ascontiguousarray(column, kind) for column, kind in zip(columns, kinds, strict=True)]
        numbers: Count = self.solver.add_arcs_with_capacity_and_unit_cost(*map(np.atleast_1d, arcs))
        return numbers

    def flow(self, source: int, sink: int, arcs: Count) -> Flag:
        """Which of the arcs carry flow when all units go from source to sink at the least cost."""
        self.solver.set_node_supply(source, self.units)
        self.solver.set_node_supply(sink, -self.units)
        status = self.solver.solve()
        if status != self.solver.OPTIMAL:
            raise SelectionError(f"the solver ended with {status.name}")
        return np.asarray(self.solver.flows(arcs), np.bool_)
