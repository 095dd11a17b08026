"""The improving walk: simulated annealing whose steps exchange two slots along a chain of clashes (Kempe chains).

Moving a meeting to another slot pushes out whoever is busy there; they go back to the slot it came from, push out
others there, and so on. What results has no clash, however full the timetable is.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from random import Random

from events_app.matchmaking.rules.schedule.timetable import NOWHERE, Timetable

LONGEST_CHAIN = 60  # meetings; longer exchanges of two slots are hardly ever taken
MISSING = 6.0  # what a required meeting without a slot costs, in gaps
MISSING_OPTIONAL = (3.0, 2.0)  # an optional one: at least, and more by its score; placing it costs two gaps at most
UNFAIR = 1.5  # what a gap beyond the fair number costs besides itself
MOVED = 2.5  # what a meeting costs that leaves the slot it had before
SQUEEZES = 0.1  # the share of steps that try to find room for a missing meeting, where there is one

TRIES = 6  # looks for a step that takes a gap from somebody
HALF = 0.5
BLIND = 0.15  # the share of steps taken without looking

Chain = tuple[list[int], dict[int, int]]


class Walk:
    """Walks from a timetable to better ones; `cost` goes up and down, `best` is the best seen with its slots."""

    def __init__(self, table: Timetable, random: Random, least: Sequence[int], home: Sequence[int] = ()) -> None:
        """`least`: the fewest gaps of each participant; `home`: the slots (or NOWHERE) that meetings rather keep."""
        self.table, self.random, self.home = table, random, home
        board = table.board
        self.fair = board.slots if board.spread is None else min(least, default=0) + board.spread
        top = max((board.worth[m] for m in board.optional), default=0) or 1
        low, more = MISSING_OPTIONAL
        self.price = [
            MISSING if required else low + more * worth / top
            for required, worth in zip(board.required, board.worth, strict=True)
        ]
        self.single = all(most == 1 for most in board.capacity)
        self.movable = [m for m, allowed in enumerate(board.allowed) if allowed & (allowed - 1)]
        self.missing = table.missing()
        self.cost = self._total()
        self.best, self.best_slots = self.cost, list(table.slot)

    def steps(self, count: int, heat: float) -> None:
        """Try so many steps; at `heat` (in gaps) a step that costs as much more is taken in 37 of 100 cases."""
        if not self.movable:
            return
        chance = self.random.random
        for _ in range(count):
            if self.missing and chance() < SQUEEZES:
                self._squeeze(heat)
            else:
                self._exchange(heat)
            if self.cost < self.best - 1e-6:
                self.best, self.best_slots = self.cost, list(self.table.slot)

    def restart(self) -> None:
        """Go on from the best seen."""
        self._back_to(self.best_slots)
        self.cost = self.best

    def _total(self) -> float:
        table = self.table
        away = sum(
            NOWHERE not in (home, slot) and home != slot for home, slot in zip(self.home, table.slot, strict=False)
        )
        return sum(map(self._burden, table.busy)) + sum(self.price[m] for m in self.missing) + MOVED * away

    def _burden(self, busy: int) -> float:
        gaps = (busy & ~(busy << 1)).bit_count() - (busy > 0)
        return gaps if gaps <= self.fair else gaps + UNFAIR * (gaps - self.fair)

    def _pick(self) -> tuple[int, int]:
        """A meeting and a slot to move it to; mostly such that one of its participants loses a gap."""
        random, table = self.random.random, self.table
        slots, movable = table.board.slots, self.movable
        meeting = target = 0
        for _ in range(TRIES):
            meeting = movable[int(random() * len(movable))]
            target = int(random() * slots)
            source = table.slot[meeting]
            if source == NOWHERE or not table.board.allowed[meeting] >> target & 1:
                continue
            one = table.board.sides[meeting][random() < HALF]
            busy = table.busy[one]
            after = (busy ^ 1 << source) | 1 << target
            if (after & ~(after << 1)).bit_count() < (busy & ~(busy << 1)).bit_count() or random() < BLIND:
                break
        return meeting, target

    def _exchange(self, heat: float) -> None:
        table, random = self.table, self.random
        meeting, target = self._pick()
        source = table.slot[meeting]
        if source in (NOWHERE, target) or not table.board.allowed[meeting] >> target & 1:
            return
        found = path(table, meeting, target) if self.single else chain(table, meeting, target)
        if found is None:
            return
        moved, net = found
        change = self._change(net, source, target)
        if self.home:
            change += MOVED * self._away(moved, source, target)
        if change <= 0 or random.random() < exp(-change / heat):
            if table.board.ordered and not _in_order(table, moved, source, target):
                return
            swap(table, moved, source, target)
            self.cost += change

    def _change(self, net: dict[int, int], source: int, target: int) -> float:
        """What the exchange adds to the cost; `net`: how many more meetings each has in the target slot."""
        table, change = self.table, 0.0
        for one, more in net.items():
            if more:
                busy, at = table.busy[one], table.at[one]
                after = busy | 1 << target if len(at[target]) + more else busy & ~(1 << target)
                after = after | 1 << source if len(at[source]) - more else after & ~(1 << source)
                if after != busy:
                    change += self._burden(after) - self._burden(busy)
        return change

    def _away(self, moved: list[int], source: int, target: int) -> int:
        """How many more of these meetings the exchange takes from the slot they had before."""
        table, home = self.table, self.home
        leaves = sum(table.slot[one] == home[one] for one in moved)
        return leaves - sum(source + target - table.slot[one] == home[one] for one in moved)

    def _squeeze(self, heat: float) -> None:
        """Give a missing meeting a slot, put out who is in the way, and find these another one where it is free."""
        table, random = self.table, self.random
        meeting = random.choice(self.missing)
        slots = [slot for slot in range(table.board.slots) if table.board.allowed[meeting] >> slot & 1]
        before = list(table.slot)
        cost = self.cost
        out = self._make_room(meeting, random.choice(slots))
        if out is not None:
            self._place_again(out)
            self.missing = table.missing()
            self.cost = self._total()
            change = self.cost - cost
            if change <= 0 or random.random() < exp(-change / heat):
                return
        self._back_to(before)
        self.cost = cost

    def _make_room(self, meeting: int, slot: int) -> list[int] | None:
        """Put the meeting into the slot; the meetings put out for it, None where one of them is pinned."""
        table, out = self.table, []
        for one in table.board.sides[meeting]:
            if len(table.at[one][slot]) >= table.board.capacity[one]:
                out.append(self.random.choice(table.at[one][slot]))
                table.take(out[-1])
        if table.taken[slot] >= table.board.tables:
            out.append(self.random.choice([m for m, at in enumerate(table.slot) if at == slot]))
            table.take(out[-1])
        if not table.fits(meeting, slot):
            out += self._out_of_order(meeting, slot)
        table.put(meeting, slot)
        return out

    def _out_of_order(self, meeting: int, slot: int) -> list[int]:
        table = self.table
        wrong = {m for m in table.board.earlier[meeting] if table.slot[m] >= slot}
        wrong |= {m for m in table.board.later[meeting] if NOWHERE != table.slot[m] <= slot}  # both: orders in a circle
        for other in sorted(wrong):
            table.take(other)
        return sorted(wrong)

    def _place_again(self, out: list[int]) -> None:
        table, random = self.table, self.random
        for meeting in out:
            free = [slot for slot in range(table.board.slots) if table.fits(meeting, slot)]
            if free:
                table.put(meeting, random.choice(free))

    def _back_to(self, slots: list[int]) -> None:
        table = self.table
        changed = [m for m, slot in enumerate(table.slot) if slot != slots[m]]
        for meeting in changed:
            if table.slot[meeting] != NOWHERE:
                table.take(meeting)
        for meeting in changed:
            if slots[meeting] != NOWHERE:
                table.put(meeting, slots[meeting])
        self.missing = table.missing()


def chain(table: Timetable, meeting: int, target: int) -> Chain | None:
    """All that must change between the meeting's slot and `target`, and by how much more each has in the target.

    None if somebody can't, if it grows too long, or if the tables do not suffice.
    """
    board, slot, at = table.board, table.slot, table.at
    allowed, capacity, sides = board.allowed, board.capacity, board.sides
    source = slot[meeting]
    moved, balance = [meeting], 0
    net: dict[int, int] = {}
    for one in moved:  # grows while it is walked
        there = slot[one] == source
        if not allowed[one] >> (target if there else source) & 1 or len(moved) > LONGEST_CHAIN:
            return None
        balance += 1 if there else -1
        for side in sides[one]:
            more = net.get(side, 0) + (1 if there else -1)
            net[side] = more
            full, size = (target, more) if there else (source, -more)
            here = at[side][full]
            if len(here) + size > capacity[side]:
                moved += next(([other] for other in here if other not in moved), [])
    if balance and table.taken[target if balance > 0 else source] + abs(balance) > board.tables:
        return None
    return moved, net


def path(table: Timetable, meeting: int, target: int) -> Chain | None:
    """As `chain`, in half the time, where nobody can hold two meetings at once: then it has no branches."""
    board, at = table.board, table.at
    allowed, sides = board.allowed, board.sides
    source = table.slot[meeting]
    moved, net, balance = [meeting], {}, 1
    for first in sides[meeting]:
        side, into, out = first, target, source
        while here := at[side][into]:
            other = here[0]
            if other == meeting:  # all the way round: nobody is left with more or less
                return moved, {}
            if not allowed[other] >> out & 1:
                return None
            moved.append(other)
            balance += 1 if out == target else -1
            one, two = sides[other]
            side = two if one == side else one
            into, out = out, into
        net[side] = 1 if into == target else -1
    if len(moved) > LONGEST_CHAIN or (
        balance and table.taken[target if balance > 0 else source] + abs(balance) > board.tables
    ):
        return None
    return moved, net


def swap(table: Timetable, moved: list[int], source: int, target: int) -> None:
    """Exchange the two slots for these meetings."""
    fresh = [source + target - table.take(meeting) for meeting in moved]
    for meeting, slot in zip(moved, fresh, strict=True):
        table.put(meeting, slot)


def _in_order(table: Timetable, moved: list[int], source: int, target: int) -> bool:
    """Whether all that have an order still keep it after the exchange."""
    slot, gone = table.slot, set(moved)

    def after(one: int) -> int:
        return source + target - slot[one] if one in gone else slot[one]

    return all(
        all(after(other) < after(one) for other in table.board.earlier[one])
        and all(after(other) > after(one) or slot[other] == NOWHERE for other in table.board.later[one])
        for one in moved
    )
