"""Why there can be no plan, as far as counting shows it: named before any search begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from events_app.matchmaking.rules.schedule.board import Board, each, open_slots
from events_app.matchmaking.rules.schedule.values import Problem, Reason, ReasonValues


class Crowd(NamedTuple):
    """Meetings that have only these slots, which are too few for them."""

    meetings: list[int]
    slots: list[int]


def impossible(problem: Problem, board: Board) -> list[Reason]:
    """The reasons found by counting; none found does not mean that there is a plan."""
    alone = _without_slot(problem, board)
    if alone:
        return alone
    return _overbooked(problem, board) or _short_of_tables(problem, board)


def _without_slot(problem: Problem, board: Board) -> list[Reason]:
    """Required meetings that no slot is open to, or that an order leaves none."""
    found = open_slots(problem)
    reasons = []
    for number, meeting in enumerate(problem.meetings):
        if meeting.required and not found[number]:
            reasons.append(Reason("no_common_slot", {"meeting": meeting.id, "participants": meeting.between}))
        elif meeting.required and not board.allowed[number]:
            reasons.append(order_leaves_no_slot(problem, board, number))
    return reasons


def order_leaves_no_slot(problem: Problem, board: Board, number: int) -> Reason:
    """The meeting has to be later or earlier than these others, and finds no slot that is."""
    meeting, ordered = problem.meetings[number], dict.fromkeys((*board.earlier[number], *board.later[number]))
    others = tuple(problem.meetings[m].id for m in ordered)
    named: ReasonValues = {"meeting": meeting.id, "participants": meeting.between, "others": others}
    return Reason("order_leaves_no_slot", named)


def _overbooked(problem: Problem, board: Board) -> list[Reason]:
    """Participants whose required meetings have fewer slots between them than they need."""
    reasons = []
    for one, person in enumerate(problem.participants):
        allowed = {m: board.allowed[m] for m in board.of[one] if board.required[m]}
        crowd = overfull(allowed, person.parallel)
        if crowd:
            values = {**_values(problem, crowd), "participant": person.id, "room": person.parallel * len(crowd.slots)}
            reasons.append(Reason("too_many_meetings", values))
    return reasons


def _short_of_tables(problem: Problem, board: Board) -> list[Reason]:
    crowd = overfull({m: board.allowed[m] for m, must in enumerate(board.required) if must}, board.tables)
    if not crowd:
        return []
    room = board.tables * len(crowd.slots)
    people = dict.fromkeys(one for m in crowd.meetings for one in problem.meetings[m].between)
    values = {**_values(problem, crowd), "participants": tuple(people), "tables": board.tables, "room": room}
    return [Reason("too_few_tables", values)]


def _values(problem: Problem, crowd: Crowd) -> dict[str, tuple[str, ...] | tuple[int, ...]]:
    meetings = tuple(problem.meetings[m].id for m in crowd.meetings)
    return {"meetings": meetings, "slots": tuple(slot + 1 for slot in crowd.slots)}


def overfull(allowed: Mapping[int, int], room: int) -> Crowd | None:
    """Meetings that can't all have a slot with at most `room` in one (Hall's theorem); None if they can."""
    held: dict[int, list[int]] = {}
    for meeting in sorted(allowed, key=lambda one: (allowed[one].bit_count(), one)):
        reached = _augment(meeting, allowed, room, held)
        if reached is not None:
            return Crowd(sorted({meeting, *(m for slot in reached for m in held[slot])}), sorted(reached))
    return None


def _augment(meeting: int, allowed: Mapping[int, int], room: int, held: dict[int, list[int]]) -> set[int] | None:
    """Find room along a path of meetings that make way for each other; the slots tried if there is none."""
    came: dict[int, tuple[int, int | None]] = {}
    queue: list[tuple[int, int | None]] = [(meeting, None)]
    tried = 0
    for one, source in queue:
        fresh = list(each(allowed[one] & ~tried))
        tried |= allowed[one]
        for slot in fresh:
            came[slot] = (one, source)
            if len(held.setdefault(slot, [])) < room:
                _shift(slot, came, held)
                return None
        queue += [(other, slot) for slot in fresh for other in held[slot]]
    return set(came)


def _shift(slot: int, came: Mapping[int, tuple[int, int | None]], held: dict[int, list[int]]) -> None:
    at: int | None = slot
    while at is not None:
        one, source = came[at]
        held[at].append(one)
        if source is not None:
            held[source].remove(one)
        at = source
