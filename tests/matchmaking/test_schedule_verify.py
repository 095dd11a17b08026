"""The verifier lets a good plan pass and finds each kind of fault in a broken one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from events_app.matchmaking.rules.schedule.values import Attendance, Meeting, Placed, Plan, Problem, Reason, Unplaced
from events_app.matchmaking.rules.verify import complaints, gaps_of_everyone

PROBLEM = Problem(
    slots=6,
    tables=2,
    participants=(
        Attendance("a", frozenset({6})),
        Attendance("b"),
        Attendance("c", parallel=2),
        Attendance("d"),
        Attendance("idle"),
    ),
    meetings=(
        Meeting("ab", ("a", "b"), session="early"),
        Meeting("ac", ("a", "c"), slot=3),
        Meeting("bc", ("b", "c"), after=("ab",)),
        Meeting("cd", ("c", "d")),
        Meeting("bd", ("b", "d"), required=False),
    ),
    sessions={"early": frozenset({1, 2})},
    max_gap_difference=1,
)
GOOD = Plan(
    "feasible",
    meetings=(Placed("ab", 1, 1), Placed("ac", 3, 2), Placed("bc", 3, 1), Placed("cd", 2, 2)),
    gaps=2,
    bound=1,
    score=4.0,
    unplaced=(Unplaced("bd", Reason("costs_gaps", {})),),
)


def put(meeting: str, slot: int, table: int) -> Callable[[Plan], Plan]:
    """The plan with this meeting elsewhere."""
    return lambda plan: replace(
        plan,
        meetings=tuple(Placed(meeting, slot, table) if one.meeting == meeting else one for one in plan.meetings),
    )


def without(meeting: str) -> Callable[[Plan], Plan]:
    return lambda plan: replace(plan, meetings=tuple(one for one in plan.meetings if one.meeting != meeting))


def test_good_plan_passes() -> None:
    assert complaints(PROBLEM, GOOD) == []
    assert gaps_of_everyone(PROBLEM, GOOD) == {"a": 1, "b": 1, "c": 0, "d": 0, "idle": 0}


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (put("cd", 7, 1), "cd is in slot 7 of 6"),
        (put("cd", 0, 1), "cd is in slot 0 of 6"),
        (put("cd", 2, 3), "cd is at table 3 of 2"),
        (put("cd", 2, 0), "cd is at table 0 of 2"),
        (put("cd", 3, 1), "table 1 is taken twice in slot 3"),
        (put("cd", 3, 2), "c has 3 meetings in slot 3, and can hold 2"),
        (put("bc", 1, 2), "b has 2 meetings in slot 1, and can hold 1"),
        (put("ac", 4, 1), "ac is pinned to slot 3 and stands in 4"),
        (put("ac", 6, 1), "a is away in slot 6, where ac stands"),
        (put("ab", 4, 1), "ab is outside its session early"),
        (put("bc", 1, 2), "bc is not later than ab"),
        (without("cd"), "cd is required and not placed"),
        (without("cd"), "cd must be either placed or named as unplaced"),
        (lambda plan: replace(plan, unplaced=()), "bd must be either placed or named as unplaced"),
        (lambda plan: replace(plan, unplaced=plan.unplaced * 2), "unplaced names a meeting twice"),
        (lambda plan: replace(plan, meetings=(*plan.meetings, Placed("ab", 5, 1))), "a meeting is placed twice"),
        (lambda plan: replace(plan, meetings=(*plan.meetings, Placed("zz", 5, 1))), "zz is no meeting of the problem"),
        (lambda plan: replace(plan, gaps=1), "there are 2 gaps, not 1"),
        (lambda plan: replace(plan, bound=3), "2 gaps contradict the bound 3"),
        (lambda plan: replace(plan, bound=None), "2 gaps contradict the bound None"),
        (lambda plan: replace(plan, status="optimal"), "an optimal plan's bound is its number of gaps"),
        (lambda plan: replace(plan, status="infeasible"), "there is no plan, but meetings are placed"),
    ],
)
def test_broken_plan_is_found_out(broken: Callable[[Plan], Plan], says: str) -> None:
    assert any(says in one for one in complaints(PROBLEM, broken(GOOD))), complaints(PROBLEM, broken(GOOD))


def test_unfair_plan_is_found_out() -> None:
    fair = replace(PROBLEM, max_gap_difference=0)
    assert "a has 1 gaps, c has 0: more than 0 apart" in complaints(fair, GOOD)
