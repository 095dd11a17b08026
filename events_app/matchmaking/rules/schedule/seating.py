"""Tables for a timetable: whoever has the most meetings keeps a table, and nobody walks without need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from events_app.matchmaking.rules.schedule.board import Board
from events_app.matchmaking.rules.schedule.timetable import NOWHERE


def seat(board: Board, slots: Sequence[int], before: Mapping[int, int] | None = None) -> dict[int, int]:
    """The table (from 1) of each meeting that has a slot; those of `before` are kept where they can be."""
    by_slot: dict[int, list[int]] = {}
    for meeting, slot in enumerate(slots):
        if slot != NOWHERE:
            by_slot.setdefault(slot, []).append(meeting)
    count = Counter(one for meetings in by_slot.values() for m in meetings for one in board.sides[m])
    last: dict[int, int] = {}
    seated: dict[int, int] = {}
    for slot in sorted(by_slot):
        seated |= _one_slot(board, by_slot[slot], count, last, before or {})
    return seated


def _one_slot(
    board: Board, meetings: list[int], count: Counter[int], last: dict[int, int], before: Mapping[int, int]
) -> dict[int, int]:
    """The tables of one slot; `last` remembers where everybody sat."""
    free = set(range(1, board.tables + 1))
    seated: dict[int, int] = {}

    def take(meeting: int, table: int | None) -> None:
        if table in free and meeting not in seated:
            free.discard(table)
            seated[meeting] = table
            last.update(dict.fromkeys(board.sides[meeting], table))

    order = sorted(meetings, key=lambda one: -max(count[side] for side in board.sides[one]))
    for meeting in order:
        take(meeting, before.get(meeting))
    for rank in (0, 1):
        for meeting in order:
            sides = sorted(board.sides[meeting], key=lambda one: (-count[one], one))
            take(meeting, last.get(sides[rank]))
    kept = set(last.values())
    fresh = sorted(free, key=lambda table: (table in kept, table))
    for meeting, table in zip([one for one in order if one not in seated], fresh, strict=False):
        take(meeting, table)
    return seated
