"""Late joiners and people who do not come: who is moved, and who is not."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from statistics import median

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from events_app.matchmaking.rules import verify
from events_app.matchmaking.rules.schedule.adapt import insert, replan
from events_app.matchmaking.rules.schedule.choose import PlanRejectedError, plan
from events_app.matchmaking.rules.schedule.values import Attendance, Limits, Meeting, Placed, Problem
from tests.matchmaking.rounds import problems

CHANCE = Random  # for examples, not for secrets
SLOW = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
QUICK = Limits(seconds=10, moves=2_000, prove=False)


def people(*names: str) -> tuple[Attendance, ...]:
    return tuple(Attendance(name) for name in names)


def test_newcomer_takes_a_free_slot_without_a_gap() -> None:
    published = [Placed("ab", 1, 1), Placed("cd", 2, 1)]
    problem = Problem(4, 2, people("a", "b", "c", "d", "n"), (Meeting("ab", ("a", "b")), Meeting("cd", ("c", "d"))))
    found = insert(problem, published, [Meeting("na", ("n", "a"))])
    assert {one.meeting: one.slot for one in found.meetings} == {"ab": 1, "cd": 2, "na": 2}
    assert (found.moved, found.unplaced, found.gaps) == ((), (), 0)


def test_newcomer_moves_one_old_meeting_where_no_slot_is_free() -> None:
    there = (Attendance("n", frozenset({2, 3})), *people("a", "b"))
    problem = Problem(3, 2, there, (Meeting("ab", ("a", "b")),))
    found = insert(problem, [Placed("ab", 1, 1)], [Meeting("na", ("n", "a"))])
    assert {one.meeting: one.slot for one in found.meetings} == {"ab": 2, "na": 1}
    assert found.moved == ("ab",)


def test_newcomer_takes_the_table_of_a_meeting_that_can_stand_elsewhere() -> None:
    there = (Attendance("n", frozenset({2})), *people("a", "b", "c"))
    problem = Problem(2, 1, there, (Meeting("ab", ("a", "b")),))
    found = insert(problem, [Placed("ab", 1, 1)], [Meeting("nc", ("n", "c"))])
    assert {one.meeting: one.slot for one in found.meetings} == {"ab": 2, "nc": 1}


def test_newcomer_never_moves_a_pinned_meeting() -> None:
    there = (Attendance("n", frozenset({2, 3})), *people("a", "b"))
    problem = Problem(3, 2, there, (Meeting("ab", ("a", "b"), slot=1),))
    found = insert(problem, [Placed("ab", 1, 1)], [Meeting("na", ("n", "a"))])
    assert [one.meeting for one in found.unplaced] == ["na"]
    assert found.moved == ()


def test_published_plan_of_another_problem_is_refused() -> None:
    problem = Problem(2, 1, people("a", "b", "c"), (Meeting("ab", ("a", "b")), Meeting("ac", ("a", "c"))))
    with pytest.raises(PlanRejectedError):
        insert(problem, [Placed("ab", 1, 1), Placed("ac", 1, 1)], [])


@settings(SLOW, max_examples=100)
@given(problems())
def test_each_newcomer_moves_one_meeting_at_most(problem: Problem) -> None:
    assume(len(problem.meetings) > 1)
    *old, new = (replace(one, after=()) for one in problem.meetings)
    before = replace(problem, meetings=tuple(old))
    published = plan(before, QUICK)
    assume(published.status in ("optimal", "feasible"))
    found = insert(before, published.meetings, [new])
    assert len(found.moved) <= 1
    assert {one.meeting for one in published.meetings} <= {one.meeting for one in found.meetings}
    loose = replace(problem, meetings=(*old, replace(new, required=False)))
    assert verify.complaints(loose, found) == []


def busy_event(seed: int) -> Problem:
    """60 companies with 3 meetings each among 24 partners in 14 slots."""
    random = CHANCE(seed)
    partners = [f"p{n}" for n in range(24)]
    companies = [f"c{n}" for n in range(60)]
    there = tuple(
        Attendance(name, frozenset(s for s in range(1, 15) if random.random() < 0.1)) for name in companies + partners
    )
    meetings = [(one, other) for one in companies for other in random.sample(partners, 3)]
    return Problem(14, 24, there, tuple(Meeting(f"{a}-{b}", (a, b), required=False) for a, b in meetings))


def test_newcomer_moves_at_most_one_meeting_in_the_median_of_20_events() -> None:
    moves, left_out = [], []
    for seed in range(20):
        problem = busy_event(seed)
        published = plan(problem, QUICK)
        came = replace(problem, participants=(*problem.participants, Attendance("new")))
        partners = CHANCE(seed).sample([f"p{n}" for n in range(24)], 4)
        found = insert(came, published.meetings, [Meeting(f"new-{one}", ("new", one)) for one in partners])
        moves.append(len(found.moved))
        left_out.append(sum(one.meeting.startswith("new-") for one in found.unplaced))
    assert median(moves) <= 1
    assert median(left_out) == 0


def test_who_does_not_come_moves_nobody_else() -> None:
    problem = busy_event(1)
    published = plan(problem, QUICK)
    found = replan(problem, published.meetings, 1, {"p3": None}, Limits(seconds=10))
    theirs = {one.id for one in problem.meetings if "p3" in one.between}
    assert theirs.isdisjoint(one.meeting for one in found.meetings)
    assert {one.meeting for one in published.meetings} - theirs <= {one.meeting for one in found.meetings}
    assert found.moved == ()


def test_who_comes_late_has_their_meetings_later() -> None:
    meetings = (Meeting("ab", ("a", "b")), Meeting("ac", ("a", "c")), Meeting("bd", ("b", "d")))
    problem = Problem(4, 3, people("a", "b", "c", "d"), meetings)
    published = [Placed("ab", 1, 1), Placed("ac", 2, 2), Placed("bd", 2, 1)]
    found = replan(problem, published, 1, {"a": [1]}, Limits(seconds=10))
    slots = {one.meeting: one.slot for one in found.meetings}
    assert (slots["ac"], slots["bd"]) == (2, 2)
    assert slots["ab"] in (3, 4)
    assert (found.status, found.moved, found.gaps) == ("optimal", ("ab",), 0)


def test_what_has_been_held_stays_and_freed_slots_are_taken() -> None:
    meetings = (Meeting("ab", ("a", "b")), Meeting("bc", ("b", "c")), Meeting("bd", ("b", "d"), required=False))
    problem = Problem(2, 1, people("a", "b", "c", "d"), meetings)
    found = replan(problem, [Placed("ab", 1, 1), Placed("bc", 2, 1)], 2, {"c": None, "a": None}, Limits(seconds=10))
    assert [(one.meeting, one.slot) for one in found.meetings] == [("ab", 1), ("bd", 2)]
    assert [one.meeting for one in found.unplaced] == ["bc"]


@settings(SLOW, max_examples=30)
@given(problems(), st.integers(1, 5), st.data())
def test_replanned_afternoon_is_a_plan(problem: Problem, from_slot: int, data: st.DataObject) -> None:
    published = plan(problem, QUICK)
    assume(published.status in ("optimal", "feasible"))
    gone = data.draw(st.sampled_from(problem.participants)).id
    found = replan(problem, published.meetings, from_slot, {gone: None}, Limits(seconds=10))
    assert found.status == "optimal"
    held = {one for one in published.meetings if one.slot < from_slot}
    assert {(one.meeting, one.slot) for one in held} <= {(one.meeting, one.slot) for one in found.meetings}
    touched = {one.id for one in problem.meetings if gone in one.between}
    assert all(one.slot < from_slot for one in found.meetings if one.meeting in touched)
    kept = {one.meeting for one in found.meetings if one.slot >= from_slot or one in held}
    assert {one.meeting for one in published.meetings} - touched <= kept
    if kept <= {one.meeting for one in published.meetings}:  # a meeting that had no room may be worth a move
        assert found.moved == ()
