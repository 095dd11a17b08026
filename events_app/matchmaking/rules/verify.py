"""Checks a plan against its problem, by what docs/schedule-file.md says alone: knows nothing of how plans are made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from itertools import groupby

from events_app.matchmaking.rules.schedule.values import Meeting, Placed, Plan, Problem


def complaints(problem: Problem, plan: Plan) -> list[str]:
    """Everything that is wrong with the plan; empty for a good one. Names participants and meetings."""
    if plan.status in ("infeasible", "unknown"):
        return ["there is no plan, but meetings are placed"] if plan.meetings else []
    known = {one.id: one for one in problem.meetings}
    strange = [f"{one.meeting} is no meeting of the problem" for one in plan.meetings if one.meeting not in known]
    if strange:
        return strange
    placed = {one.meeting: one for one in plan.meetings}
    away = {one.id: one.unavailable for one in problem.participants}
    return [
        *_completeness(problem, plan, placed),
        *(text for one in placed.values() for text in _one_meeting(problem, away, known[one.meeting], one)),
        *_order(problem, placed),
        *_people(problem, plan),
        *_tables(plan),
        *_figures(problem, plan),
    ]


def gaps(busy: Collection[int]) -> int:
    """The maximal runs of slots without a meeting between two with one."""
    if not busy:
        return 0
    idle = [slot not in busy for slot in range(min(busy), max(busy) + 1)]
    return sum(is_gap for is_gap, _ in groupby(idle))


def gaps_of_everyone(problem: Problem, plan: Plan) -> dict[str, int]:
    """The gaps of every participant, also of those without a meeting."""
    between = {one.id: one.between for one in problem.meetings}
    busy: dict[str, set[int]] = {one.id: set() for one in problem.participants}
    for placed in plan.meetings:
        for participant in between[placed.meeting]:
            busy[participant].add(placed.slot)
    return {participant: gaps(slots) for participant, slots in busy.items()}


def _completeness(problem: Problem, plan: Plan, placed: Collection[str]) -> Iterator[str]:
    unplaced = [one.meeting for one in plan.unplaced]
    if len(placed) != len(plan.meetings):
        yield "a meeting is placed twice"
    if len(set(unplaced)) != len(unplaced) or not {one.id for one in problem.meetings}.issuperset(unplaced):
        yield "unplaced names a meeting twice, or one that the problem does not have"
    for meeting in problem.meetings:
        if meeting.required and meeting.id not in placed:
            yield f"{meeting.id} is required and not placed"
        if (meeting.id in placed) == (meeting.id in unplaced):
            yield f"{meeting.id} must be either placed or named as unplaced"


def _one_meeting(
    problem: Problem, away: Mapping[str, Collection[int]], meeting: Meeting, placed: Placed
) -> Iterator[str]:
    if not 1 <= placed.slot <= problem.slots:
        yield f"{meeting.id} is in slot {placed.slot} of {problem.slots}"
    if not 1 <= placed.table <= problem.tables:
        yield f"{meeting.id} is at table {placed.table} of {problem.tables}"
    if meeting.slot is not None and placed.slot != meeting.slot:
        yield f"{meeting.id} is pinned to slot {meeting.slot} and stands in {placed.slot}"
    if meeting.session is not None and placed.slot not in problem.sessions[meeting.session]:
        yield f"{meeting.id} is outside its session {meeting.session}"
    for participant in meeting.between:
        if placed.slot in away[participant]:
            yield f"{participant} is away in slot {placed.slot}, where {meeting.id} stands"


def _order(problem: Problem, placed: dict[str, Placed]) -> Iterator[str]:
    for meeting in problem.meetings:
        for other in meeting.after:
            if meeting.id in placed and other in placed and placed[meeting.id].slot <= placed[other].slot:
                yield f"{meeting.id} is not later than {other}"


def _people(problem: Problem, plan: Plan) -> Iterator[str]:
    between = {one.id: one.between for one in problem.meetings}
    at_once: dict[tuple[str, int], int] = defaultdict(int)
    for placed in plan.meetings:
        for participant in between[placed.meeting]:
            at_once[participant, placed.slot] += 1
    most = {one.id: one.parallel for one in problem.participants}
    for (participant, slot), count in at_once.items():
        if count > most[participant]:
            yield f"{participant} has {count} meetings in slot {slot}, and can hold {most[participant]}"


def _tables(plan: Plan) -> Iterator[str]:
    taken: set[tuple[int, int]] = set()
    for placed in plan.meetings:
        if (placed.slot, placed.table) in taken:
            yield f"table {placed.table} is taken twice in slot {placed.slot}"
        taken.add((placed.slot, placed.table))


def _figures(problem: Problem, plan: Plan) -> Iterator[str]:
    each = gaps_of_everyone(problem, plan)
    if plan.gaps != sum(each.values()):
        yield f"there are {sum(each.values())} gaps, not {plan.gaps}"
    if plan.bound is None or plan.gaps is None or plan.bound > plan.gaps:
        yield f"{plan.gaps} gaps contradict the bound {plan.bound}"
    if plan.status == "optimal" and plan.bound != plan.gaps:
        yield "an optimal plan's bound is its number of gaps"
    limit = problem.max_gap_difference
    if limit is not None and each and max(each.values()) - min(each.values()) > limit:
        least, most = min(each, key=each.__getitem__), max(each, key=each.__getitem__)
        yield f"{most} has {each[most]} gaps, {least} has {each[least]}: more than {limit} apart"
