"""Reasons after the search: why a meeting found no slot, and whose demands can't be met together."""

from __future__ import annotations

from collections.abc import Sequence

from events_app.matchmaking.rules.schedule.board import Board, each, open_slots
from events_app.matchmaking.rules.schedule.impossible import order_leaves_no_slot
from events_app.matchmaking.rules.schedule.news import News
from events_app.matchmaking.rules.schedule.timetable import NOWHERE, Timetable
from events_app.matchmaking.rules.schedule.values import Problem, Reason, ReasonValues, Unplaced


def why_unplaced(problem: Problem, board: Board, slots: Sequence[int]) -> tuple[Unplaced, ...]:
    """For each meeting left out what stands in its slots."""
    left_out = [m for m, slot in enumerate(slots) if slot == NOWHERE]
    table, found = Timetable(board, slots), open_slots(problem) if left_out else []
    return tuple(Unplaced(problem.meetings[m].id, _why(problem, table, m, found[m])) for m in left_out)


def _why(problem: Problem, table: Timetable, meeting: int, without_order: int) -> Reason:
    """`without_order`: the slots that would be open if no meeting had to be later than another."""
    board, between = table.board, problem.meetings[meeting].between
    if not without_order:
        return Reason("no_common_slot", {"meeting": problem.meetings[meeting].id, "participants": between})
    open_to = list(each(board.allowed[meeting]))
    if any(table.fits(meeting, slot) for slot in open_to):
        return Reason("costs_gaps", {"participants": between})
    if not open_to or any(table.has_room(meeting, slot) for slot in open_to):
        return order_leaves_no_slot(problem, board, meeting)
    one, other = (
        sum(len(table.at[side][slot]) >= board.capacity[side] for slot in open_to) for side in board.sides[meeting]
    )
    full = sum(table.taken[slot] >= board.tables for slot in open_to)
    values: ReasonValues = {"participants": between, "open": len(open_to), "one": one, "other": other, "tables": full}
    return Reason("all_taken", values)


def why_clash(problem: Problem, board: Board, clash: News | None) -> tuple[Reason, ...]:
    """Participants whose required meetings can't all be held; all of them where nothing shorter was found in time."""
    everyone = range(len(problem.participants))
    people = set(everyone if clash is None else clash.participants)
    meetings = [m for m, sides in enumerate(board.sides) if board.required[m] and (not people or people & set(sides))]
    named = sorted(people) or sorted({side for m in meetings for side in board.sides[m]})
    values: ReasonValues = {
        "participants": tuple(problem.participants[one].id for one in named),
        "meetings": tuple(problem.meetings[m].id for m in meetings),
        "tables": problem.tables if clash is not None and clash.tables else 0,
        "spread": problem.max_gap_difference
        if clash and clash.spread and problem.max_gap_difference is not None
        else -1,
    }
    return (Reason("can_not_all_be_held", values),)
