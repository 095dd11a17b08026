from __future__ import annotations

import random
from dataclasses import dataclass, replace
from itertools import product

import highspy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events_app.matchmaking.rules.scan import Candidates
from events_app.matchmaking.rules.select import Selection, SelectionError, _Network, select
from events_app.matchmaking.rules.values import Knowledge, Participant, Weights

Pair = tuple[str, str]


@dataclass(frozen=True)
class Problem:
    """Pairs with their scores, limits, the published plan and the pins."""

    scores: dict[Pair, int]
    per_company: int
    per_partner: int
    published: frozenset[Pair] = frozenset()
    pins: frozenset[Pair] = frozenset()


def columns(problem: Problem) -> Candidates:
    ids = sorted({one for pair in problem.scores for one in pair})
    place = {one: position for position, one in enumerate(ids)}
    pairs = sorted(problem.scores)
    return Candidates(
        participants=tuple(Participant(one, "company") for one in ids),
        company=np.array([place[one] for one, _ in pairs], np.int32),
        partner=np.array([place[other] for _, other in pairs], np.int32),
        score=np.array([problem.scores[pair] for pair in pairs], np.int32),
        pinned=np.array([pair in problem.pins for pair in pairs], np.bool_),
        knowledge=Knowledge({}, {}, {}),
        weights=Weights(),
    )


def solve(problem: Problem) -> Selection:
    return select(columns(problem), problem.per_company, problem.per_partner, problem.published)


def chosen(problem: Problem) -> set[Pair]:
    pairs = sorted(problem.scores)
    return {pairs[place] for place in solve(problem).chosen}


def levels(problem: Problem, pairs: set[Pair]) -> tuple[int, int, int, int]:
    """What is maximised, one after the other: pins, companies with a match, scores, published pairs."""
    return (
        len(pairs & problem.pins),
        len({company for company, _ in pairs}),
        sum(problem.scores[pair] for pair in pairs),
        len(pairs & problem.published),
    )


def by_linear_programme(problem: Problem) -> tuple[int, ...]:
    """The four levels by HiGHS, each bound by the optimum of those before it.

    The constraints are those of a network, so the polytope has whole corners; fixing an objective at its optimum
    leaves a face of it, whose corners are whole as well. Hence a linear programme is enough.
    """
    solver = highspy.Highs()
    solver.silent()
    pairs = sorted(problem.scores)
    x = {pair: solver.addVariable(0, 1) for pair in pairs}
    matched = {company: solver.addVariable(0, 1) for company, _ in pairs}
    for company, one in matched.items():
        mine = [x[pair] for pair in pairs if pair[0] == company]
        solver.addConstr(solver.qsum(mine) <= problem.per_company)
        solver.addConstr(solver.qsum(mine) - one >= 0)
    for partner in {partner for _, partner in pairs}:
        solver.addConstr(solver.qsum([x[p] for p in pairs if p[1] == partner]) <= problem.per_partner)
    objectives = (
        [x[pair] for pair in pairs if pair in problem.pins],
        list(matched.values()),
        [problem.scores[pair] * x[pair] for pair in pairs],
        [x[pair] for pair in pairs if pair in problem.published],
    )
    return tuple(_best(solver, terms) for terms in objectives)


def _best(solver: highspy.Highs, terms: list[highspy.highs.highs_linear_expression]) -> int:
    if not terms:
        return 0
    solver.maximize(solver.qsum(terms))
    best = round(solver.getObjectiveValue())
    assert abs(best - solver.getObjectiveValue()) < 0.01
    solver.addConstr(solver.qsum(terms) >= best)
    return best


def random_problem(seed: int) -> Problem:
    """From tiny to medium; half of them with few different scores, so that there are many equal optima."""
    dice = random.Random(seed)  # noqa: S311 - makes test data
    companies, partners = dice.randint(1, 22), dice.randint(1, 12)
    everyone = list(product([f"c{n:02}" for n in range(companies)], [f"p{n:02}" for n in range(partners)]))
    pairs = [pair for pair in everyone if dice.random() < dice.choice([0.15, 0.4, 0.9])] or everyone[:1]
    steps = [1, 2, 3, 500] if dice.random() < 0.5 else range(1001)
    scores = {pair: dice.choice(steps) for pair in pairs}
    return Problem(
        scores,
        per_company=dice.randint(1, 5),
        per_partner=dice.randint(1, 8),
        published=frozenset(dice.sample(pairs, dice.randint(0, len(pairs)))) if dice.random() < 0.7 else frozenset(),
        pins=frozenset(dice.sample(pairs, min(len(pairs), dice.choice([0, 0, 1, 2, 6])))),
    )


def test_select_is_the_optimum_of_a_linear_programme_in_300_events() -> None:
    for seed in range(300):
        problem = random_problem(seed)
        assert levels(problem, chosen(problem)) == by_linear_programme(problem), seed


def test_select_reports_its_own_figures() -> None:
    for seed in range(300, 330):
        problem = random_problem(seed)
        found, pairs = solve(problem), chosen(problem)
        _, companies, score, kept = levels(problem, pairs)
        assert (found.companies, found.total_score, found.kept) == (companies, score, kept)
        assert found.dropped == len(problem.published - pairs)
        in_order = sorted(problem.scores)
        assert {in_order[place] for place in found.dropped_pins} == problem.pins - pairs


def test_select_keeps_the_limits() -> None:
    for seed in range(330, 360):
        problem = random_problem(seed)
        pairs = chosen(problem)
        for side, limit in ((0, problem.per_company), (1, problem.per_partner)):
            ones = [pair[side] for pair in pairs]
            assert all(ones.count(one) <= limit for one in ones)


def test_select_gives_every_company_one_a_match_before_better_scores() -> None:
    # p takes one, and c2 has no other partner: its pair of 1 goes before the pair of 1000.
    problem = Problem({("c1", "p"): 1000, ("c1", "q"): 2, ("c2", "p"): 1}, per_company=2, per_partner=1)
    assert chosen(problem) == {("c1", "q"), ("c2", "p")}


def test_select_does_not_add_a_pair_at_the_price_of_a_better_one() -> None:
    # Four pairs would fit, 500 + 1 + 900 + 1; but p1 and c2 are worth more to each other: 500 + 1000 + 900.
    scores = {("c1", "p4"): 500, ("c1", "p1"): 1, ("c2", "p1"): 1000, ("c2", "p3"): 900, ("c2", "p2"): 1}
    problem = Problem(scores, per_company=2, per_partner=1)
    assert chosen(problem) == {("c1", "p4"), ("c2", "p1"), ("c2", "p3")}


def test_select_prefers_what_is_published_among_equals_only() -> None:
    scores = {("c1", "p1"): 500, ("c1", "p2"): 500, ("c1", "p3"): 501}
    equal = Problem(scores, 2, 1, frozenset({("c1", "p2")}))
    assert chosen(equal) == {("c1", "p2"), ("c1", "p3")}
    assert chosen(replace(equal, per_company=1)) == {("c1", "p3")}


def test_select_knows_a_published_pair_in_either_order() -> None:
    problem = Problem({("c1", "p1"): 5, ("c1", "p2"): 5}, 1, 1, frozenset({("p2", "c1")}))
    found = solve(problem)
    assert (chosen(problem), found.kept, found.dropped) == ({("c1", "p2")}, 1, 0)


def test_select_counts_published_pairs_that_are_gone_as_dropped() -> None:
    found = solve(Problem({("c1", "p1"): 5}, 1, 1, frozenset({("c1", "p1"), ("gone", "p1"), ("x", "y")})))
    assert (found.kept, found.dropped) == (1, 2)


def test_select_takes_pins_first_and_reports_those_beyond_a_limit() -> None:
    scores = {("c1", "p1"): 0, ("c1", "p2"): 1000, ("c2", "p1"): 1, ("c3", "p1"): 1000}
    problem = Problem(scores, 1, 2, pins=frozenset({("c1", "p1"), ("c2", "p1"), ("c3", "p1")}))
    found = solve(problem)
    # p1 has room for two of the three pins; with c1's dropped, c1 still gets p2.
    assert chosen(problem) == {("c2", "p1"), ("c3", "p1"), ("c1", "p2")}
    assert [sorted(scores)[place] for place in found.dropped_pins] == [("c1", "p1")]


def test_select_lets_one_joining_company_change_little() -> None:
    dice = random.Random(3)  # noqa: S311 - makes test data
    companies, partners = [f"c{n:03}" for n in range(200)], [f"p{n:02}" for n in range(40)]
    scores = {pair: dice.choice([300, 500, 700]) for pair in product(companies, partners) if dice.random() < 0.3}
    before = chosen(Problem(scores, 3, 12))
    joined = {**scores, **{("zz", partner): 500 for partner in partners[:6]}}
    after = chosen(Problem(joined, 3, 12, frozenset(before)))
    assert len(before - after) <= 3
    assert any(company == "zz" for company, _ in after)


@pytest.mark.parametrize(("per_company", "per_partner"), [(0, 5), (5, 0), (0, 0)])
def test_select_with_no_room_chooses_nothing(per_company: int, per_partner: int) -> None:
    problem = Problem({("c", "p"): 5}, per_company, per_partner, pins=frozenset({("c", "p")}))
    found = solve(problem)
    assert (len(found.chosen), found.companies, found.total_score) == (0, 0, 0)
    assert list(found.dropped_pins) == [0]


def test_select_without_candidates_is_empty() -> None:
    found = solve(Problem({}, 3, 3, frozenset({("a", "b")})))
    assert (len(found.chosen), found.dropped, len(found.dropped_pins)) == (0, 1, 0)


def test_select_refuses_negative_limits() -> None:
    with pytest.raises(ValueError, match="limits"):
        solve(Problem({("c", "p"): 5}, -1, 1))


def test_select_lets_an_organisation_stand_on_both_sides() -> None:
    problem = Problem({("a", "b"): 400, ("b", "c"): 300, ("c", "a"): 200}, 1, 1)
    assert chosen(problem) == {("a", "b"), ("b", "c"), ("c", "a")}


def test_select_refuses_weights_beyond_whole_numbers() -> None:
    network = _Network(100_000, 1)
    with pytest.raises(SelectionError, match="too many"):
        network.add(0, 1, 1, 10**15)


def test_select_serves_one_company_with_5000_partners() -> None:
    problem = Problem({("c", f"p{n:04}"): n % 1001 for n in range(5000)}, 6, 12)
    assert solve(problem).total_score == 1000 * 4 + 999 * 2  # 1000 comes at n = 1000, 2001, 3002, 4003


@settings(max_examples=60)
@given(
    st.dictionaries(st.tuples(st.sampled_from("abcdef"), st.sampled_from("uvwxyz")), st.integers(0, 1000), min_size=1),
    st.integers(1, 3),
    st.integers(1, 3),
)
def test_select_repeats_itself_and_gains_by_wider_limits(
    scores: dict[Pair, int], per_company: int, per_partner: int
) -> None:
    problem = Problem(scores, per_company, per_partner)
    assert list(solve(problem).chosen) == list(solve(problem).chosen)
    wider = Problem(scores, per_company + 1, per_partner + 1)
    assert levels(wider, chosen(wider)) >= levels(problem, chosen(problem))
