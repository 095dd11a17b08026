"""The first timetable: the meetings with the fewest ways first, each where it opens the fewest gaps."""

from __future__ import annotations

from random import Random

from events_app.matchmaking.rules.schedule.board import Board, each, gaps_of
from events_app.matchmaking.rules.schedule.timetable import Timetable


def construct(board: Board, random: Random) -> Timetable:
    """A timetable without clashes; what found no slot is left for the improving walk."""
    table = Timetable(board)
    for meeting in sorted(range(len(board.sides)), key=lambda one: _urgency(board, one, random.random())):
        place_well(table, meeting, random)
    return table


def _urgency(board: Board, meeting: int, tie: float) -> tuple[bool, int, int, float]:
    """Required ones first, then the fewest slots to choose from, then the busiest participants."""
    crowd = max(len(board.of[one]) for one in board.sides[meeting])
    return not board.required[meeting], board.allowed[meeting].bit_count(), -crowd, tie


def place_well(table: Timetable, meeting: int, random: Random) -> bool:
    """Put the meeting where it adds the fewest gaps; False if no slot is free for it."""
    free = [slot for slot in each(table.board.allowed[meeting]) if table.fits(meeting, slot)]
    if free:
        table.put(meeting, min(free, key=lambda slot: (added_gaps(table, meeting, slot), random.random())))
    return bool(free)


def added_gaps(table: Timetable, meeting: int, slot: int) -> int:
    bit = 1 << slot
    busy = (table.busy[one] for one in table.board.sides[meeting])
    return sum(gaps_of(mask | bit) - gaps_of(mask) for mask in busy)
