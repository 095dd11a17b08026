"""A problem in numbers: participants, meetings and slots count from 0, a set of slots is the bits of a whole number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import lcm

from events_app.matchmaking.rules.schedule.values import Problem


@dataclass(frozen=True, eq=False)
class Board:
    """`allowed[m]`: the slots meeting m may have; `worth[m]`: the score of an optional meeting as a whole number.

    `earlier[m]` must be before m, `later[m]` after it, as far as they have a slot. `spread`: the greatest difference
    of two participants' gaps.
    """

    slots: int
    tables: int
    capacity: Sequence[int]
    sides: Sequence[tuple[int, int]]
    allowed: Sequence[int]
    earlier: Sequence[Sequence[int]]
    later: Sequence[Sequence[int]]
    required: Sequence[bool]
    worth: Sequence[int]
    spread: int | None

    @cached_property
    def of(self) -> list[list[int]]:
        """The meetings of each participant that can have a slot at all."""
        found: list[list[int]] = [[] for _ in self.capacity]
        for meeting, sides in enumerate(self.sides):
            for one in sides if self.allowed[meeting] else ():
                found[one].append(meeting)
        return found

    @cached_property
    def ordered(self) -> bool:
        """Whether any meeting must be later than another."""
        return any(self.earlier)

    @cached_property
    def optional(self) -> list[int]:
        """The meetings that need not be held, but can."""
        return [m for m, required in enumerate(self.required) if not required and self.allowed[m]]


def board(problem: Problem) -> Board:
    """Raises `KeyError` for a name that the problem does not declare."""
    place = {one.id: number for number, one in enumerate(problem.participants)}
    number = {one.id: position for position, one in enumerate(problem.meetings)}
    earlier = [sorted({number[other] for other in one.after}) for one in problem.meetings]
    later: list[list[int]] = [[] for _ in problem.meetings]
    for meeting, others in enumerate(earlier):
        for other in others:
            later[other].append(meeting)
    required = [one.required for one in problem.meetings]
    return Board(
        slots=problem.slots,
        tables=problem.tables,
        capacity=[one.parallel for one in problem.participants],
        sides=[(place[one.between[0]], place[one.between[1]]) for one in problem.meetings],
        allowed=_in_order(open_slots(problem), earlier, required),
        earlier=earlier,
        later=later,
        required=required,
        worth=_whole([one.score for one in problem.meetings]),
        spread=problem.max_gap_difference,
    )


def open_slots(problem: Problem) -> list[int]:
    """For each meeting the slots that its session, its pin and its participants leave open."""
    every = (1 << problem.slots) - 1
    free = {one.id: every & ~bits(one.unavailable) for one in problem.participants}
    session = {name: bits(slots) for name, slots in problem.sessions.items()}
    return [
        free[one.between[0]]
        & free[one.between[1]]
        & (every if one.session is None else session[one.session])
        & (every if one.slot is None else bits([one.slot]))
        for one in problem.meetings
    ]


def bits(slots: Iterable[int]) -> int:
    """A set of slots counted from 1, as bits."""
    return sum(1 << (slot - 1) for slot in set(slots))


def each(mask: int) -> Iterator[int]:
    """The slots of a set, counted from 0, ascending."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def gaps_of(busy: int) -> int:
    """The gaps between the busy slots: runs of them, less one."""
    return (busy & ~(busy << 1)).bit_count() - (busy > 0)


def _in_order(allowed: list[int], earlier: Sequence[Sequence[int]], required: Sequence[bool]) -> list[int]:
    """Without the slots that leave a required meeting before or after no room; repeated until nothing changes."""
    changed = True
    while changed:
        changed = False
        for late, others in enumerate(earlier):
            for early in others:
                cut = _cut(allowed[early], allowed[late], early_required=required[early], late_required=required[late])
                changed = changed or cut != (allowed[early], allowed[late])
                allowed[early], allowed[late] = cut
    return allowed


def _cut(early: int, late: int, *, early_required: bool, late_required: bool) -> tuple[int, int]:
    """Both sets without the slots that the other meeting, if it must be held, rules out."""
    after_first = ~((early & -early) * 2 - 1) if early else 0
    before_last = (1 << (late.bit_length() - 1)) - 1 if late else 0
    return (early & before_last if late_required else early), (late & after_first if early_required else late)


def _whole(scores: Sequence[float]) -> list[int]:
    """The scores as whole numbers in the same proportions, exact by their decimal spelling."""
    exact = [Fraction(repr(float(score))) for score in scores]
    unit = lcm(*(one.denominator for one in exact))
    return [int(one * unit) for one in exact]
