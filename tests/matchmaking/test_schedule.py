"""The planner against brute force, and what it promises about time, repetition and reasons."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from time import monotonic

import pytest
from hypothesis import HealthCheck, given, settings

from events_app.matchmaking.plan_file import in_english
from events_app.matchmaking.rules import verify
from events_app.matchmaking.rules.schedule.board import board, gaps_of
from events_app.matchmaking.rules.schedule.bounds import fewest_gaps, least_gaps
from events_app.matchmaking.rules.schedule.choose import plan
from events_app.matchmaking.rules.schedule.construct import construct
from events_app.matchmaking.rules.schedule.impossible import impossible
from events_app.matchmaking.rules.schedule.improve import Walk
from events_app.matchmaking.rules.schedule.news import News
from events_app.matchmaking.rules.schedule.prove import prove
from events_app.matchmaking.rules.schedule.timetable import NOWHERE, Timetable
from events_app.matchmaking.rules.schedule.values import Attendance, Limits, Meeting, Problem
from tests.matchmaking.rounds import by_trying_all, problems

CHANCE = Random  # for examples, not for secrets
SLOW = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def people(*names: str) -> tuple[Attendance, ...]:
    return tuple(Attendance(name) for name in names)


@settings(SLOW, max_examples=60)
@given(problems())
def test_plan_is_the_optimum_of_all_plans(problem: Problem) -> None:
    found, best = plan(problem, Limits(seconds=20)), by_trying_all(problem)
    if best is None:
        assert found.status == "infeasible"
        assert found.because
    else:
        assert (found.status, round(found.score, 9), found.gaps) == ("optimal", *best)
    assert verify.complaints(problem, found) == []


@pytest.mark.parametrize("climb", [False, True], ids=["by_cores", "from_below"])
@settings(SLOW, max_examples=200)
@given(problem=problems())
def test_proof_alone_is_the_optimum_of_all_plans(problem: Problem, *, climb: bool) -> None:
    best, numbers, told = by_trying_all(problem), board(problem), list[News]()
    prove(numbers, (), None, told.append, climb=climb)
    if best is None:
        assert told[0].kind == "infeasible"
        return
    assert told[-1].kind == "optimal"
    slots = [one.slots for one in told if one.kind == "plan"][-1]
    placed = [one for one, slot in zip(problem.meetings, slots, strict=True) if slot != NOWHERE]
    assert round(sum(one.score for one in placed), 9) == best.score
    assert sum(Timetable(numbers, slots).gaps()) == best.gaps
    assert all(one.bound <= best.gaps for one in told if one.kind == "bound")


@settings(SLOW, max_examples=400)
@given(problems())
def test_counting_finds_no_reason_against_a_problem_with_a_plan(problem: Problem) -> None:
    best, numbers = by_trying_all(problem), board(problem)
    if best is not None:
        assert impossible(problem, numbers) == []
        assert sum(least_gaps(numbers)) <= best.gaps


@settings(SLOW, max_examples=200)
@given(problems())
def test_walk_keeps_every_rule_at_every_step(problem: Problem) -> None:
    numbers = board(problem)
    walk = Walk(construct(numbers, CHANCE(1)), CHANCE(1), least_gaps(numbers))
    for _ in range(10):
        walk.steps(20, heat=1.0)
        _assert_sound(walk.table)
        assert walk.cost == pytest.approx(Walk(walk.table, CHANCE(1), least_gaps(numbers)).cost)


def _assert_sound(table: Timetable) -> None:
    numbers = table.board
    fresh = Timetable(numbers, table.slot)
    assert (fresh.busy, fresh.taken) == (table.busy, table.taken)
    assert max(fresh.taken) <= numbers.tables
    for one, most in enumerate(numbers.capacity):
        assert all(len(here) <= most for here in fresh.at[one])
    for meeting, slot in enumerate(table.slot):
        assert slot == NOWHERE or (numbers.allowed[meeting] >> slot & 1 and fresh.in_order(meeting, slot))


@pytest.mark.parametrize(
    ("busy", "gaps"), [(0b0, 0), (0b1000, 0), (0b0110, 0), (0b1011, 1), (0b1001, 1), (0b101010101, 4)]
)
def test_gaps_are_the_runs_between_meetings(busy: int, gaps: int) -> None:
    assert gaps_of(busy) == gaps
    assert verify.gaps({slot for slot in range(9) if busy >> slot & 1}) == gaps


def test_fewest_gaps_counts_what_absence_and_pins_force() -> None:
    assert fewest_gaps(6, 0b111011, 0, 4, 4) == 1
    assert fewest_gaps(6, 0b111011, 0, 3, 4) == 0
    assert fewest_gaps(6, 0b111111, 0b100001, 2, 2) == 1
    assert fewest_gaps(6, 0b111111, 0b100001, 2, 6) == 0


def test_more_meetings_than_free_slots_are_named_with_their_participant() -> None:
    there = (Attendance("p1", frozenset({2})), *people("p2", "p3", "p4"))
    meetings = tuple(Meeting(f"m{n}", ("p1", f"p{n}")) for n in (2, 3, 4))
    found = plan(Problem(3, 5, there, meetings))
    assert found.status == "infeasible"
    (text,) = map(in_english, found.because)
    assert text == "p1: the meetings m2, m3, m4 have only the slots 1, 3, which hold 2"


def test_too_few_tables_name_meetings_and_participants() -> None:
    meetings = tuple(Meeting(f"m{n}", (f"a{n}", f"b{n}"), slot=1) for n in range(3))
    there = people(*(name for one in meetings for name in one.between))
    (text,) = map(in_english, plan(Problem(2, 2, there, meetings)).because)
    assert "m0, m1, m2" in text
    assert "a2, b2" in text


def test_order_in_a_ring_names_its_meetings() -> None:
    ring = tuple(Meeting(f"m{n}", (f"a{n}", f"b{n}"), after=(f"m{(n + 1) % 3}",)) for n in range(3))
    found = plan(Problem(5, 5, people(*(name for one in ring for name in one.between)), ring))
    assert found.status == "infeasible"
    assert {one.values["meeting"] for one in found.because} == {"m0", "m1", "m2"}


def test_optional_meetings_in_a_ring_of_orders_are_planned_as_far_as_they_go() -> None:
    """Two that must each be later than the other: one of them stands, and the third between them."""
    ring = (
        Meeting("m0", ("a", "b"), after=("m2",), required=False),
        Meeting("m1", ("c", "a"), after=("m0",)),
        Meeting("m2", ("d", "c"), after=("m0", "m1"), required=False),
    )
    problem = Problem(5, 2, people("a", "b", "c", "d"), ring)
    found = plan(problem, Limits(seconds=20))
    assert verify.complaints(problem, found) == []
    assert (found.status, found.score) == ("optimal", 2.0)


def test_clash_that_only_a_search_finds_names_few_participants() -> None:
    """Three who all meet each other in two slots, beside twenty others who have room."""
    ring = (Meeting("x", ("a", "b")), Meeting("y", ("b", "c")), Meeting("z", ("c", "a")))
    others = tuple(Meeting(f"o{n}", (f"q{n}", f"r{n}")) for n in range(20))
    there = people("a", "b", "c", *(name for one in others for name in one.between))
    found = plan(Problem(2, 30, there, (*others, *ring)))
    assert found.status == "infeasible"
    assert found.because[0].values["participants"] == ("a", "b", "c")
    assert found.because[0].values["meetings"] == ("x", "y", "z")


def test_fairness_that_can_not_be_kept_is_said() -> None:
    there = people("a", "b", "c")
    meetings = (Meeting("x", ("a", "b"), slot=1), Meeting("y", ("a", "b"), slot=3))
    found = plan(Problem(3, 1, there, meetings, max_gap_difference=0))
    assert found.status == "infeasible"
    assert "gaps may differ by 0 at most" in in_english(found.because[0])


def test_optional_meetings_left_out_have_a_reason() -> None:
    there = people("a", "b", "c")
    meetings = (
        Meeting("x", ("a", "b"), required=False, score=0.4),
        Meeting("y", ("a", "c"), required=False, score=0.3),
    )
    found = plan(Problem(1, 2, there, meetings))
    assert [one.meeting for one in found.meetings] == ["x"]
    assert [one.meeting for one in found.unplaced] == ["y"]
    assert in_english(found.unplaced[0].reason).startswith("of 1 slots open to a, c")


def test_meetings_that_their_order_leaves_out_say_so() -> None:
    ring = (
        Meeting("x", ("a", "b"), after=("y",), required=False, score=2),
        Meeting("y", ("b", "c"), after=("x",), required=False),
    )
    (out,) = plan(Problem(4, 2, people("a", "b", "c"), ring)).unplaced
    assert in_english(out.reason) == "y: its order with x leaves no slot for this meeting of b, c"
    last = (Meeting("x", ("a", "b"), slot=4), Meeting("y", ("b", "c"), after=("x",), required=False))
    (out,) = plan(Problem(4, 2, people("a", "b", "c"), last)).unplaced
    assert in_english(out.reason) == "y: its order with x leaves no slot for this meeting of b, c"


def large(meetings: int = 3000) -> Problem:
    """Too large to be proved in a second."""
    random = CHANCE(5)
    companies, partners = [f"c{n}" for n in range(500)], [f"p{n}" for n in range(200)]
    there = tuple(
        Attendance(name, frozenset(s for s in range(1, 21) if random.random() < 0.1)) for name in companies + partners
    )
    pairs = [(random.choice(companies), partners[n % len(partners)]) for n in range(meetings)]
    return Problem(20, 200, there, tuple(Meeting(f"m{n}", pair) for n, pair in enumerate(pairs)))


def test_seconds_are_kept_while_the_solver_works() -> None:
    began = monotonic()
    found = plan(large(), Limits(seconds=3))
    assert monotonic() - began < 30  # the solver would take minutes
    assert found.status in ("feasible", "unknown")
    assert found.bound is None or (found.gaps is not None and found.bound <= found.gaps)


def test_capped_moves_give_the_same_plan_each_time() -> None:
    limits = Limits(seconds=60, moves=20_000, prove=False, seed=3)
    one, other = (plan(large(1500), limits) for _ in range(2))
    assert one == other
    assert one.status == "feasible"


def test_warm_start_is_not_worse_than_what_it_starts_with() -> None:
    problem = large(1500)
    first = plan(problem, Limits(moves=20_000, prove=False))
    again = plan(problem, Limits(moves=0, prove=False), warm_start=first.meetings)
    assert again.gaps == first.gaps
    assert again.moved == ()


def test_nothing_to_plan_is_an_optimal_plan() -> None:
    assert plan(Problem(3, 1, (), ())).status == "optimal"
    assert plan(Problem(3, 1, people("a"), (), max_gap_difference=0)).gaps == 0


def test_a_pin_is_kept_and_a_parallel_organisation_holds_two_at_once() -> None:
    there = (Attendance("a", parallel=2), *people("b", "c"))
    meetings = (Meeting("x", ("a", "b"), slot=2), Meeting("y", ("a", "c"), slot=2))
    assert [one.slot for one in plan(Problem(2, 2, there, meetings)).meetings] == [2, 2]
    alone = replace(Problem(2, 2, there, meetings), participants=people("a", "b", "c"))
    assert plan(alone).status == "infeasible"
