"""A timetable under work: nobody in more meetings than they can hold, no slot beyond its tables; some have no slot."""

from __future__ import annotations

from collections.abc import Sequence

from events_app.matchmaking.rules.schedule.board import Board, gaps_of

NOWHERE = -1


class Timetable:
    """`slot[m]` is the slot of meeting m or NOWHERE, `at[p][t]` the meetings of p in slot t, `busy[p]` their slots."""

    __slots__ = ("at", "board", "busy", "slot", "taken")

    def __init__(self, board: Board, slots: Sequence[int] = ()) -> None:
        self.board = board
        self.slot = [NOWHERE] * len(board.sides)
        self.at: list[list[list[int]]] = [[[] for _ in range(board.slots)] for _ in board.capacity]
        self.busy = [0] * len(board.capacity)
        self.taken = [0] * board.slots
        for meeting, slot in enumerate(slots):
            if slot != NOWHERE:
                self.put(meeting, slot)

    def put(self, meeting: int, slot: int) -> None:
        self.slot[meeting] = slot
        self.taken[slot] += 1
        for one in self.board.sides[meeting]:
            self.at[one][slot].append(meeting)
            self.busy[one] |= 1 << slot

    def take(self, meeting: int) -> int:
        """Take a meeting out; the slot it had."""
        slot = self.slot[meeting]
        self.slot[meeting] = NOWHERE
        self.taken[slot] -= 1
        for one in self.board.sides[meeting]:
            here = self.at[one][slot]
            here.remove(meeting)
            if not here:
                self.busy[one] &= ~(1 << slot)
        return slot

    def fits(self, meeting: int, slot: int) -> bool:
        """Whether a meeting without a slot may have this one as things stand."""
        board = self.board
        return (
            bool(board.allowed[meeting] >> slot & 1) and self.has_room(meeting, slot) and self.in_order(meeting, slot)
        )

    def has_room(self, meeting: int, slot: int) -> bool:
        """Whether there is a table, and both participants can hold one more."""
        board = self.board
        return self.taken[slot] < board.tables and all(
            len(self.at[one][slot]) < board.capacity[one] for one in board.sides[meeting]
        )

    def in_order(self, meeting: int, slot: int) -> bool:
        """Whether this slot is later than all that must be before, earlier than all that must be after."""
        early, late = self.board.earlier[meeting], self.board.later[meeting]
        return all(self.slot[one] < slot for one in early) and all(
            self.slot[one] > slot or self.slot[one] == NOWHERE for one in late
        )

    def gaps(self) -> list[int]:
        return [gaps_of(busy) for busy in self.busy]

    def missing(self) -> list[int]:
        """The meetings without a slot that could have one."""
        return [m for m, slot in enumerate(self.slot) if slot == NOWHERE and self.board.allowed[m]]
