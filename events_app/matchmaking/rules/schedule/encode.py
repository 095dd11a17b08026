"""A board as clauses, after Bofill et al., JAIR 74 (2022), on the Business-to-Business Meeting Scheduling Problem.

Literals are whole numbers, negative for "not". It differs from the paper in two things: tables are counted by the
people at them, two each, instead of by meetings, which proves the bounds many times sooner (docs/decisions/0013), and
organisations may hold several meetings at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations

from pysat.card import CardEnc, EncType

from events_app.matchmaking.rules.schedule.board import Board, each
from events_app.matchmaking.rules.schedule.timetable import NOWHERE

Clause = list[int]
PAIRWISE = 8  # up to so many literals "at most one" is written pair by pair


class Encoding:
    """Writes clauses to `add`. `x[m][t]`: meeting m is in slot t; `gap`: the literals of which each true one is a gap.

    With `guarded` the demands of each participant hold only if its literal in `guard` is true, those of tables and
    fairness only with `guard_tables` and `guard_spread`: for finding out whose demands clash.
    """

    def __init__(self, board: Board, add: Callable[[Clause], object], *, guarded: bool = False) -> None:
        self.board, self.add, self.guarded = board, add, guarded
        self.last = 0
        self.never = self.new()
        add([-self.never])
        self.x = [{slot: self.new() for slot in each(allowed)} for allowed in board.allowed]
        self.placed = [self._place(meeting) for meeting in range(len(board.sides))]
        self.guard = [self._guard() for _ in board.capacity]
        self.guard_tables, self.guard_spread = self._guard(), self._guard()
        self.used = [self._attend(one) for one in range(len(board.capacity))]
        self.gaps = [self._follow(one) for one in range(len(board.capacity))]
        self._seat()
        self._order()
        if board.spread is not None:
            self._spread(board.spread)

    @property
    def gap(self) -> list[int]:
        return [literal for literals in self.gaps for literal in literals]

    def new(self) -> int:
        self.last += 1
        return self.last

    def slots(self, model: Sequence[int]) -> list[int]:
        """Each meeting's slot in a model (literals by the number of their variable), or NOWHERE."""
        return [next((slot for slot, x in row.items() if model[x - 1] > 0), NOWHERE) for row in self.x]

    def phases(self, slots: Sequence[int]) -> list[int]:
        """The literals of a timetable, for a solver to begin with."""
        return [x if slots[m] == slot else -x for m, row in enumerate(self.x) for slot, x in row.items()]

    def _guard(self) -> int | None:
        return self.new() if self.guarded else None

    def _if(self, guard: int | None, clauses: Iterable[Clause]) -> None:
        extra = [] if guard is None else [-guard]
        for clause in clauses:
            self.add(clause + extra)

    def _place(self, meeting: int) -> int | None:
        """At most one slot, for a required one exactly one; the literal "has a slot" of an optional one."""
        row = list(self.x[meeting].values())
        self._if(None, self.at_most(row, 1))
        if self.board.required[meeting]:
            self.add([*row, self.never])
            return None
        placed = self.new()
        self.add([*row, -placed])
        for x in row:
            self.add([-x, placed])
        return placed

    def _attend(self, one: int) -> list[int]:
        """The literals "has a meeting in slot t", with no more meetings at once than it can hold."""
        board, guard = self.board, self.guard[one]
        used: list[int] = []
        for slot in range(board.slots if board.of[one] else 0):
            here = [self.x[m][slot] for m in board.of[one] if slot in self.x[m]]
            self._if(guard, self.at_most(here, board.capacity[one]))
            used.append(self.new())
            self.add([-used[-1], *here])
            for x in here:
                self.add([-x, used[-1]])
        if board.capacity[one] == 1 and used:
            self._if(guard, self._as_often(used, board.of[one]))
        return used

    def _as_often(self, used: list[int], meetings: list[int]) -> list[Clause]:
        """As many slots as meetings that have one: implied, and worth its room."""
        optional = [placed for m in meetings if (placed := self.placed[m]) is not None]
        must = len(meetings) - len(optional)
        if not optional:
            return self.exactly(used, must)
        clauses: list[Clause] = []
        slots, held = self._in_line(used, clauses), self._in_line(optional, clauses)
        for place, slot in enumerate(slots):
            if place < must:
                clauses.append([slot])
            elif place - must < len(held):
                clauses += [[-slot, held[place - must]], [slot, -held[place - must]]]
            else:
                clauses.append([-slot])
        return clauses + [[-one] for one in held[max(len(slots) - must, 0) :]]

    def _in_line(self, literals: list[int], clauses: list[Clause]) -> list[int]:
        """As many new literals, of which the first ones are true, as many as there are true ones (a totalizer)."""
        if len(literals) == 1:
            return literals
        half = len(literals) // 2
        one, other = self._in_line(literals[:half], clauses), self._in_line(literals[half:], clauses)
        line = [self.new() for _ in literals]
        for i in range(len(one) + 1):
            for j in range(len(other) + 1):
                reached = ([-one[i - 1]] if i else []) + ([-other[j - 1]] if j else [])
                if i + j:
                    clauses.append([*reached, line[i + j - 1]])
                if i + j < len(line):
                    short = ([one[i]] if i < len(one) else []) + ([other[j]] if j < len(other) else [])
                    clauses.append([*short, -line[i + j]])
        return line

    def _follow(self, one: int) -> list[int]:
        """The literals "a gap ends before slot t"; `begun` is true from the first meeting on."""
        used, ends = self.used[one], []
        if len(self.board.of[one]) < 2:  # noqa: PLR2004 - a gap needs two meetings
            return []
        begun = used[0]
        for slot in range(1, self.board.slots):
            now = self.new()
            for clause in ([-begun, now], [-used[slot], now], [-now, begun, used[slot]]):
                self.add(clause)
            if slot > 1:
                ends.append(self.new())
                for clause in (
                    [-begun, used[slot - 1], -used[slot], ends[-1]],
                    [-ends[-1], begun],
                    [-ends[-1], -used[slot - 1]],
                    [-ends[-1], used[slot]],
                ):
                    self.add(clause)
            begun = now
        return ends

    def _seat(self) -> None:
        """No more meetings in a slot than tables: two participants each, counted by heads where one head is one."""
        board = self.board
        for slot in range(board.slots):
            heads = [self.used[p][slot] for p, most in enumerate(board.capacity) if most == 1 and self.used[p]]
            heads += [
                row[slot]
                for row, sides in zip(self.x, board.sides, strict=True)
                for one in sides
                if board.capacity[one] > 1 and slot in row
            ]
            if sum(slot in row for row in self.x) > board.tables:
                self._if(self.guard_tables, self.at_most(heads, 2 * board.tables, EncType.totalizer))

    def _order(self) -> None:
        for late, others in enumerate(self.board.earlier):
            for early in others:
                for slot, x in self.x[late].items():
                    for other, y in self.x[early].items():
                        if other >= slot:
                            self.add([-x, -y])
                    if self.board.required[early]:
                        self.add([-x, *(y for other, y in self.x[early].items() if other < slot)])

    def _spread(self, spread: int) -> None:
        """Everybody's gaps between some level and `spread` more: level 0 where somebody can have none."""
        levels = min(map(self._most_gaps, range(len(self.board.capacity))), default=0) + 1
        chosen = [self.new() for _ in range(levels)]
        self._if(self.guard_spread, [chosen])
        for level, literal in enumerate(chosen):
            for ends in self.gaps:
                self._if(literal, self.at_most(ends, level + spread))
                self._if(literal, self.at_least(ends, level))

    def _most_gaps(self, one: int) -> int:
        reach = 0
        for meeting in self.board.of[one]:
            reach |= self.board.allowed[meeting]
        return min(max(len(self.board.of[one]) - 1, 0), max((reach.bit_length() - 1) // 2, 0))

    def at_most(self, literals: list[int], bound: int, encoding: int = EncType.seqcounter) -> list[Clause]:
        if len(literals) <= bound:
            return []
        if bound == 0:
            return [[-literal] for literal in literals]
        if bound == 1 and len(literals) <= PAIRWISE:
            return [[-one, -other] for one, other in combinations(literals, 2)]
        return self._counted(CardEnc.atmost(literals, bound, self.last, encoding=encoding))

    def at_least(self, literals: list[int], bound: int) -> list[Clause]:
        if bound <= 0:
            return []
        if len(literals) < bound:
            return [[self.never]]
        return self._counted(CardEnc.atleast(literals, bound, self.last, encoding=EncType.seqcounter))

    def exactly(self, literals: list[int], bound: int) -> list[Clause]:
        if len(literals) < bound:
            return [[self.never]]
        return (
            self._counted(CardEnc.equals(literals, bound, self.last, encoding=EncType.seqcounter)) if literals else []
        )

    def _counted(self, formula: object) -> list[Clause]:
        self.last = max(self.last, formula.nv)  # type: ignore[attr-defined] # CNFPlus comes without types
        return list(formula.clauses)  # type: ignore[attr-defined] # same
