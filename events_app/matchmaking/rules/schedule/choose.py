"""A plan within the time given: construct, improve, prove, and keep the best that the verifier lets pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from random import Random
from time import monotonic
from typing import NamedTuple

import msgspec

from events_app.matchmaking.rules import verify
from events_app.matchmaking.rules.schedule.board import Board, board
from events_app.matchmaking.rules.schedule.bounds import least_gaps
from events_app.matchmaking.rules.schedule.child import Prover, Request
from events_app.matchmaking.rules.schedule.construct import construct, place_well
from events_app.matchmaking.rules.schedule.impossible import impossible
from events_app.matchmaking.rules.schedule.improve import Walk
from events_app.matchmaking.rules.schedule.news import News
from events_app.matchmaking.rules.schedule.seating import seat
from events_app.matchmaking.rules.schedule.timetable import NOWHERE, Timetable
from events_app.matchmaking.rules.schedule.unplaced import why_clash, why_unplaced
from events_app.matchmaking.rules.schedule.values import Limits, Placed, Plan, Problem

HOT, COLD = 0.4, 0.08  # gaps; the heat at the beginning and the end of a cycle of the walk
STEPS = 250  # of the walk between two looks at the clock and the proof
CYCLE = (1.0, 0.004, 12.0)  # seconds of the first cycle of the walk: at least, per meeting, at most; then doubled
ALONE = 10.0  # seconds that the first proof has the second core to itself; then another takes the place of the walk
SMALL = 800  # meetings up to which it climbs from below, and up to which a second proof is worth it
LISTEN = 0.1  # seconds
PROVABLE = 300_000  # ways (meeting and slot) up to which a proof is tried; its memory grows by 2.5 kB with each
EXPLAINING = 8.0  # seconds for making an explanation short
RESERVE = 0.05  # of the seconds, at most RESERVE_MOST, for seating and checking
RESERVE_MOST = 1.0
USUAL = Limits()


class PlanRejectedError(Exception):
    """The verifier found fault with a plan: a mistake in the planner."""


class Rank(NamedTuple):
    """How good a timetable is, the greater the better: first its score, then its moves and its gaps, both below 0."""

    worth: int
    moves: int
    gaps: int


@dataclass
class Search:
    """The state of one search. `best`: slots of the best timetable so far; `bound`: fewest gaps, as far as proved."""

    problem: Problem
    board: Board
    limits: Limits
    home: Sequence[int] = ()
    best: list[int] | None = None
    best_rank: Rank | None = None
    bound: int = 0
    optimal: bool = False
    infeasible: bool = False
    clash: News | None = None
    least: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bound = sum(self.least)
        self.most = sum(self.board.worth[m] for m in self.board.optional)

    def offer(self, slots: Sequence[int]) -> None:
        """Keep the timetable if it is complete, fair and better than the best."""
        each = Timetable(self.board, slots).gaps()
        rank = self._rank(slots, sum(each))
        if (self.best_rank is None or rank > self.best_rank) and self._complete(slots, each):
            self.best, self.best_rank = list(slots), rank

    def _rank(self, slots: Sequence[int], gaps: int) -> Rank:
        worth = sum(self.board.worth[m] for m in self.board.optional if slots[m] != NOWHERE)
        moves = sum(NOWHERE not in (old, new) and old != new for old, new in zip(self.home, slots, strict=False))
        return Rank(worth, -moves, -gaps)

    def _complete(self, slots: Sequence[int], gaps: Sequence[int]) -> bool:
        if any(must and slot == NOWHERE for must, slot in zip(self.board.required, slots, strict=True)):
            return False
        spread = self.board.spread
        return spread is None or not gaps or max(gaps) - min(gaps) <= spread

    def hear(self, news: Iterable[News]) -> None:
        for one in news:
            if one.kind == "plan":
                self.offer(one.slots)
            elif one.kind == "bound":
                self.bound = max(self.bound, one.bound)
            elif one.kind == "clash":
                self.clash = one
            else:
                self.optimal, self.infeasible = one.kind == "optimal", one.kind == "infeasible"

    @property
    def settled(self) -> bool:
        """Nothing can be better than the best: proved by the search, or plain to see."""
        if self.optimal or self.infeasible:
            return True
        best = self.best_rank
        return best is not None and best == Rank(self.most, 0, -self.bound)


def plan(problem: Problem, limits: Limits = USUAL, warm_start: Iterable[Placed] | None = None) -> Plan:
    """The best plan found within the limits, checked by the verifier.

    `warm_start`: an earlier plan to begin with; nothing binds the new one to it. Raises `KeyError` for names that the
    problem does not declare, `PlanRejectedError` never, unless the planner is wrong.
    """
    return search(problem, limits, warm_start, keep=False)


def search(problem: Problem, limits: Limits, before: Iterable[Placed] | None, *, keep: bool) -> Plan:
    """As `plan`; with `keep`, after the score, as few meetings as possible leave the slot they had before."""
    deadline = monotonic() + limits.seconds - min(RESERVE * limits.seconds, RESERVE_MOST)
    numbers = board(problem)
    because = impossible(problem, numbers)
    if because:
        return Plan("infeasible", because=tuple(because))
    old = {one.meeting: one for one in before or ()}
    slots = [old[one.id].slot - 1 if one.id in old else NOWHERE for one in problem.meetings]
    state = Search(problem, numbers, limits, slots if keep else (), least=least_gaps(numbers))
    random = Random(limits.seed)  # noqa: S311 - chance for a search, not for secrets
    table = begin(numbers, slots, random) if old else construct(numbers, random)
    state.offer(table.slot)
    if not state.settled:
        _race(state, table, random, deadline)
    return _result(state, old)


def begin(numbers: Board, slots: Sequence[int], random: Random) -> Timetable:
    """A timetable with the old slots as far as they still fit, and the rest where there is room."""
    table = Timetable(numbers)
    for meeting, slot in enumerate(slots):
        if 0 <= slot < numbers.slots and table.fits(meeting, slot):
            table.put(meeting, slot)
    for meeting in sorted(table.missing(), key=lambda one: (not numbers.required[one], -numbers.worth[one], one)):
        place_well(table, meeting, random)
    return table


def _race(state: Search, table: Timetable, random: Random, deadline: float) -> None:
    """Walk and prove side by side; one after the other where the same result is promised each time."""
    limits = state.limits
    walk = Walk(table, random, state.least, state.home)
    if limits.moves is not None:
        _walk_moves(state, walk, limits.moves, deadline)
    if not limits.prove or sum(allowed.bit_count() for allowed in state.board.allowed) > PROVABLE:
        if limits.moves is None:
            _walk_on(state, walk, None, deadline)
        return
    left = deadline - monotonic()
    if state.settled or left <= 0:
        return
    small = len(state.board.sides) <= SMALL
    request = Request(state.problem, state.home, limits.conflicts, left, climb=small and limits.conflicts is None)
    with ExitStack() as running:
        provers = [running.enter_context(Prover(request))]
        if limits.moves is None:
            both = request.climb and left > 2 * ALONE
            _walk_on(state, walk, provers[0], monotonic() + ALONE if both else deadline)
            if both and not state.settled:
                provers.append(running.enter_context(Prover(msgspec.structs.replace(request, climb=False))))
        _wait(state, provers, deadline)


def _walk_moves(state: Search, walk: Walk, moves: int, deadline: float) -> None:
    done = 0
    while done < moves and monotonic() < deadline and not state.settled:
        count = min(STEPS, moves - done)
        walk.steps(count, _heat(done / moves))
        done += count
    state.offer(walk.best_slots)


def _walk_on(state: Search, walk: Walk, prover: Prover | None, deadline: float) -> None:
    """Cycles of the walk, each twice as long as the one before, until all is proved or the time is over."""
    least, per_meeting, most = CYCLE
    length = min(max(least, per_meeting * len(state.board.sides)), most)
    while not state.settled and (left := deadline - monotonic()) > 0:
        _cycle(state, walk, prover, left if left < 2 * length else length)
        length *= 2


def _cycle(state: Search, walk: Walk, prover: Prover | None, seconds: float) -> None:
    began, offered = monotonic(), walk.best
    while not state.settled and (gone := monotonic() - began) < seconds:
        walk.steps(STEPS, _heat(gone / seconds))
        if walk.best < offered and walk.best <= state.bound:  # it may be the last word
            offered = walk.best
            state.offer(walk.best_slots)
        if prover:
            state.hear(prover.news())
    state.offer(walk.best_slots)
    walk.restart()


def _wait(state: Search, provers: Sequence[Prover], deadline: float) -> None:
    """Hear the proofs out, and after a proof that there is no plan wait a while for the reason."""
    while not state.settled and any(one.running for one in provers) and monotonic() < deadline:
        _hear(state, provers, deadline)
    until = min(deadline, monotonic() + EXPLAINING)
    while state.infeasible and all(one.running for one in provers) and monotonic() < until:
        _hear(state, provers, until)


def _hear(state: Search, provers: Sequence[Prover], until: float) -> None:
    """Listen to each for a moment."""
    for prover in provers:
        state.hear(prover.news(wait=max(min(LISTEN, until - monotonic()), 0)))


def _heat(part: float) -> float:
    return HOT * float((COLD / HOT) ** part)


def _result(state: Search, old: dict[str, Placed]) -> Plan:
    if state.infeasible:
        return Plan("infeasible", because=why_clash(state.problem, state.board, state.clash))
    if state.best is None:
        return Plan("unknown")
    made = _made(state, state.best, old)
    wrong = verify.complaints(state.problem, made)
    if wrong:
        raise PlanRejectedError("; ".join(wrong))
    return made


def _made(state: Search, slots: list[int], old: dict[str, Placed]) -> Plan:
    problem, numbers = state.problem, state.board
    before = {m: old[one.id].table for m, one in enumerate(problem.meetings) if one.id in old}
    tables = seat(numbers, slots, before)
    gaps = sum(Timetable(numbers, slots).gaps())
    done = Plan(
        "optimal" if state.settled else "feasible",
        meetings=tuple(Placed(problem.meetings[m].id, slots[m] + 1, tables[m]) for m in sorted(tables)),
        gaps=gaps,
        bound=gaps if state.settled else min(state.bound, gaps),
        score=sum(problem.meetings[m].score for m in sorted(tables)),
        unplaced=why_unplaced(problem, numbers, slots),
    )
    moved = (one.meeting for one in done.meetings if one.meeting in old and old[one.meeting].slot != one.slot)
    return replace(done, moved=tuple(moved))
